//! CFONB 120: the French banks' account statement in records of 120 characters.
//!
//! Layout: CFONB, *Relevé de compte sur support informatique* (July 2004) and *Évolutions du relevé de compte 120 caractères* (March 2010).
//! Positions in comments count from 1 as the brochure does. Real files lose their line ends, their trailing blanks or their code page;
//! all three are repaired, an amount never is.

use chrono::NaiveDate;

use crate::bank::finding::StatementFault;
use crate::bank::{StatementReading, amount, collapse, non_blank, without_bank_words};
use crate::domain::money::Cents;
use crate::domain::payment::{Movement, Statement};

const RECORD_LENGTH: usize = 120;

/// Reads a decoded file.
pub fn read(text: &str) -> StatementReading {
    let mut reader = Reader { reading: StatementReading { format: "cfonb120".to_owned(), ..StatementReading::default() }, open: None, current: None };
    for (position, record) in records(text).enumerate() {
        reader.record(&record, u32::try_from(position + 1).unwrap_or(u32::MAX));
    }
    reader.close_movement();
    if let Some(index) = reader.open {
        reader.reading.note(StatementFault::Truncated, Some(index), None);
    }
    reader.reading.finish()
}

/// Cuts a file into records of 120 characters, with or without line ends; short lines are padded, blank ones dropped.
pub fn records(text: &str) -> impl Iterator<Item = Vec<char>> + '_ {
    text.split(['\n', '\r', '\u{1a}']).filter(|line| !line.trim().is_empty()).flat_map(|line| {
        // Blanks behind a whole record are an editor's; within a file without line ends they are the record's own.
        let used = line.trim_end();
        let kept = if used.chars().nth(RECORD_LENGTH).is_none() { used } else { line };
        let mut letters = kept.chars();
        std::iter::from_fn(move || {
            let mut record: Vec<char> = letters.by_ref().take(RECORD_LENGTH).collect();
            let more = !record.is_empty();
            record.resize(RECORD_LENGTH, ' ');
            more.then_some(record)
        })
        .filter(|record| record.iter().any(|c| !c.is_whitespace()))
    })
}

/// A zone by its positions in the brochure, both inclusive, from 1.
pub fn zone(record: &[char], from: usize, to: usize) -> String {
    record.get(from - 1..to).unwrap_or_default().iter().collect()
}

/// The amount zone: thirteen digits and a last one that carries the sign (*overpunch*). Files that went through a French EBCDIC
/// table write `é è` for `{ }`, some write small letters.
pub fn signed_amount(zone: &str, decimals: u32) -> Option<Cents> {
    let last = zone.chars().next_back()?;
    let digits: String = zone.chars().take(zone.chars().count() - 1).map(|c| if c == ' ' { '0' } else { c }).collect();
    let (digit, negative) = match last {
        '{' | 'é' | 'É' => (0, false),
        '}' | 'è' | 'È' => (0, true),
        'A'..='I' => (u32::from(last) - u32::from('A') + 1, false),
        'a'..='i' => (u32::from(last) - u32::from('a') + 1, false),
        'J'..='R' => (u32::from(last) - u32::from('J') + 1, true),
        'j'..='r' => (u32::from(last) - u32::from('j') + 1, true),
        _ => return None,
    };
    if digits.len() != 13 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let units: i64 = digits.parse::<i64>().ok()?.checked_mul(10)?.checked_add(i64::from(digit))?;
    amount::scaled(if negative { -units } else { units }, decimals)
}

fn date(zone: &str) -> Option<NaiveDate> {
    let number: u32 = zone.trim().parse().ok().filter(|_| zone.trim().len() == 6)?;
    amount::lenient_date(amount::full_year(number % 100), number / 100 % 100, number / 10_000)
}

struct Reader {
    reading: StatementReading,
    /// Index of the statement that waits for its closing balance.
    open: Option<usize>,
    current: Option<Building>,
}

/// A movement whose complements (records 05) are still coming.
struct Building {
    statement: usize,
    movement: Movement,
    label: String,
    payer: Option<String>,
    payee: Option<String>,
    /// Client-to-client text, raw so that line 2 continues line 1.
    message: String,
    labels: Vec<String>,
    others: Vec<String>,
}

impl Reader {
    fn record(&mut self, record: &[char], line: u32) {
        match zone(record, 1, 2).as_str() {
            "01" => self.opening(record, line),
            "04" => self.movement(record, line),
            "05" => self.complement(record, line),
            "07" => self.closing(record, line),
            _ => self.malformed("code d'enregistrement inconnu", line),
        }
    }

    fn malformed(&mut self, what: &str, line: u32) {
        let statement = self.current.as_ref().map(|building| building.statement).or(self.open);
        self.reading.note(StatementFault::MalformedRecord { what: what.to_owned() }, statement, Some(line));
    }

    fn opening(&mut self, record: &[char], line: u32) {
        self.close_movement();
        if let Some(index) = self.open.take() {
            self.reading.note(StatementFault::Truncated, Some(index), Some(line));
        }
        self.open = Some(self.reading.statements.len());
        let balance = signed_amount(&zone(record, 91, 104), decimals(record));
        if balance.is_none() {
            self.malformed("solde de départ illisible", line);
        }
        let statement = Statement { opening_balance: balance, opening_date: date(&zone(record, 35, 40)), ..blank_statement(record) };
        self.reading.statements.push(statement);
    }

    fn closing(&mut self, record: &[char], line: u32) {
        self.close_movement();
        let index = match self.open.take() {
            Some(index) if self.is_of(index, record) => index,
            other => {
                if let Some(index) = other {
                    self.reading.note(StatementFault::Truncated, Some(index), Some(line));
                }
                self.reading.statements.push(blank_statement(record));
                let index = self.reading.statements.len() - 1;
                self.reading.note(
                    StatementFault::MalformedRecord { what: "solde d'arrivée sans solde de départ".to_owned() },
                    Some(index),
                    Some(line),
                );
                index
            }
        };
        let balance = signed_amount(&zone(record, 91, 104), decimals(record));
        if balance.is_none() {
            self.reading.note(StatementFault::MalformedRecord { what: "solde d'arrivée illisible".to_owned() }, Some(index), Some(line));
        }
        if let Some(statement) = self.reading.statements.get_mut(index) {
            statement.closing_balance = balance;
            statement.closing_date = date(&zone(record, 35, 40));
        }
    }

    /// Branch and account number say whose record it is; the bank code differs between records of one file in practice.
    fn is_of(&self, index: usize, record: &[char]) -> bool {
        let own = account(record);
        self.reading.statements.get(index).is_some_and(|statement| statement.account.get(5..) == own.get(5..))
    }

    fn movement(&mut self, record: &[char], line: u32) {
        self.close_movement();
        let statement = match self.open {
            Some(index) if self.is_of(index, record) => index,
            _ => {
                self.reading.statements.push(blank_statement(record));
                let index = self.reading.statements.len() - 1;
                self.reading.note(StatementFault::MalformedRecord { what: "mouvement sans solde de départ".to_owned() }, Some(index), Some(line));
                self.open = Some(index);
                index
            }
        };
        let Some(amount) = signed_amount(&zone(record, 91, 104), decimals(record)) else {
            return self.malformed("montant illisible", line);
        };
        let Some(booking_date) = date(&zone(record, 35, 40)) else {
            return self.malformed("date d'opération illisible", line);
        };
        let operation = non_blank(&zone(record, 33, 34));
        // Rejected and cancelled transfers: interbank codes 12 and 99, or a reject reason in 41-42.
        let is_return = operation.as_deref() == Some("12") || non_blank(&zone(record, 41, 42)).is_some_and(|code| code != "00");
        self.current = Some(Building {
            statement,
            label: collapse(&zone(record, 49, 79)),
            payer: None,
            payee: None,
            message: String::new(),
            labels: Vec::new(),
            others: Vec::new(),
            movement: Movement {
                entry: 0,
                booking_date,
                value_date: date(&zone(record, 43, 48)),
                amount,
                currency: currency(record),
                debtor: None,
                ultimate_debtor: None,
                debtor_iban: None,
                remittance: String::new(),
                end_to_end_id: None,
                structured_reference: None,
                bank_reference: bank_reference(record),
                operation,
                is_return,
                original_amount: None,
            },
        });
    }

    fn complement(&mut self, record: &[char], line: u32) {
        let Some(building) = self.current.as_mut() else {
            return self.malformed("complément sans mouvement", line);
        };
        building.complement(&zone(record, 46, 48), &zone(record, 49, 118));
    }

    fn close_movement(&mut self) {
        if let Some(building) = self.current.take() {
            let index = building.statement;
            let movement = building.finish();
            if let Some(statement) = self.reading.statements.get_mut(index) {
                statement.entries.push(movement);
            }
        }
    }
}

impl Building {
    fn complement(&mut self, qualifier: &str, text: &str) {
        let first: String = text.chars().take(35).collect();
        let second: String = text.chars().skip(35).collect();
        match qualifier {
            "NPY" => self.payer = non_blank(text),
            "NBE" => self.payee = non_blank(text),
            "NPO" => self.movement.ultimate_debtor = non_blank(text),
            "LCC" | "LC2" => self.message.push_str(text),
            "LCS" => self.movement.structured_reference = non_blank(text),
            "RCN" => self.movement.end_to_end_id = non_blank(&first).filter(|id| id != "NOTPROVIDED"),
            "CPY" | "CBE" => self.movement.debtor_iban = non_blank(text),
            "REF" if self.movement.bank_reference.is_none() => self.movement.bank_reference = non_blank(&second).or_else(|| non_blank(&first)),
            "MMO" => self.movement.original_amount = original_amount(text),
            "LIB" | "   " => self.labels.extend(non_blank(text)),
            "REF" | "IPY" | "IPO" | "IBE" | "IBU" | "NBU" | "RUM" | "FEE" => {}
            _ => self.others.extend(non_blank(text)),
        }
    }

    fn finish(self) -> Movement {
        let mut movement = self.movement;
        let label_name = || non_blank(&without_bank_words(&self.label));
        let party = if movement.amount.0 < 0 { self.payee.or(self.payer) } else { self.payer.or(self.payee) };
        let mut texts = Vec::new();
        texts.extend(non_blank(&self.message));
        texts.extend(self.labels);
        texts.extend(self.others);
        // The label repeats the payer or the message, cut to 31 characters; where it says more, or is all there is, it is kept.
        let known = crate::folding::fold(&format!("{} {}", party.as_deref().unwrap_or_default(), texts.join(" ")));
        let label_rest = crate::folding::fold(&without_bank_words(&self.label));
        if texts.is_empty() || (party.is_some() && !label_rest.is_empty() && !known.contains(&label_rest)) {
            texts.insert(0, self.label.clone());
        }
        movement.debtor = party.or_else(label_name);
        movement.remittance = collapse(&texts.join(" "));
        movement
    }
}

fn blank_statement(record: &[char]) -> Statement {
    Statement { account: account(record), currency: currency(record), ..Statement::default() }
}

/// Bank code, branch code and account number, as one word.
fn account(record: &[char]) -> String {
    format!("{}{}{}", zone(record, 3, 7), zone(record, 12, 16), zone(record, 22, 32))
}

/// Blank in files of some banks: then euros with two decimals.
fn currency(record: &[char]) -> String {
    non_blank(&zone(record, 17, 19)).unwrap_or_else(|| "EUR".to_owned())
}

fn decimals(record: &[char]) -> u32 {
    zone(record, 20, 20).trim().parse().unwrap_or(2)
}

/// The reference zone (105-120), else the entry number when it is one.
fn bank_reference(record: &[char]) -> Option<String> {
    non_blank(&zone(record, 105, 120))
}

/// Original currency 49-51, its decimals 52, amount 53-66 without sign.
fn original_amount(text: &str) -> Option<String> {
    let currency: String = text.chars().take(3).collect();
    let decimals: u32 = text.chars().skip(3).take(1).collect::<String>().parse().ok()?;
    let units: i64 = text.chars().skip(4).take(14).collect::<String>().trim().parse().ok()?;
    let cents = amount::scaled(units, decimals)?;
    Some(format!("{currency} {cents}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "12345    00001EUR2 0000000000A";

    fn balance(code: &str, day: &str, amount: &str) -> String {
        format!("{:<120}", format!("{code}{ACCOUNT}  {day}{:50}{amount}", ""))
    }

    fn movement(label: &str, amount: &str) -> String {
        format!("{:<120}", format!("04{ACCOUNT}18040324  050324{label:<31}  0000000  {amount}REF0000000000001"))
    }

    fn complement(qualifier: &str, text: &str) -> String {
        format!("{:<120}", format!("05{ACCOUNT}18040324     {qualifier}{text}"))
    }

    fn sample() -> Vec<String> {
        vec![
            balance("01", "030324", "0000000010000{"),
            movement("VIR SEPA DUPONT ELODIE", "0000000000600{"),
            complement("NPY", "DUPONT Élodie"),
            complement("LCC", &format!("{:<70}", "FRAIS DE DOSSIER")),
            complement("LCS", "RF18539007547034"),
            complement("RCN", &format!("{:<35}SALA", "NOTPROVIDED")),
            movement("REJET VIR X", "0000000000575}"),
            balance("07", "040324", "0000000010025{"),
        ]
    }

    #[test]
    fn records_become_movements() {
        let reading = read(&sample().join("\r\n"));
        assert_eq!(reading.findings, []);
        let statement = &reading.statements[0];
        assert_eq!((statement.opening_balance, statement.closing_balance), (Some(Cents(100_000)), Some(Cents(100_250))));
        assert_eq!(statement.account, "12345000010000000000A");
        let first = &statement.entries[0];
        assert_eq!((first.amount, first.debtor.as_deref(), first.remittance.as_str()), (Cents(6000), Some("DUPONT Élodie"), "FRAIS DE DOSSIER"));
        assert_eq!((first.structured_reference.as_deref(), first.end_to_end_id.as_deref()), (Some("RF18539007547034"), None));
        assert_eq!((first.booking_date, first.value_date), (NaiveDate::from_ymd_opt(2024, 3, 4).unwrap(), NaiveDate::from_ymd_opt(2024, 3, 5)));
        assert_eq!((statement.entries[1].amount, statement.entries[1].entry), (Cents(-5750), 1));
    }

    #[test]
    fn line_ends_blanks_and_code_pages_do_not_matter() {
        let whole = read(&sample().join("\n"));
        let trimmed: Vec<String> = sample().iter().map(|record| record.trim_end().to_owned()).collect();
        for text in [sample().concat(), trimmed.join("\r\n\r\n"), sample().join("\n").replace('{', "é").replace('}', "è")] {
            assert_eq!(read(&text), whole);
        }
        assert_eq!(crate::bank::read_statement(sample().concat().as_bytes(), "releve.txt", &crate::bank::CsvColumns::default()), whole);
    }

    #[test]
    fn what_does_not_add_up_is_said() {
        let mut records = sample();
        records.remove(6);
        let reading = read(&records.join("\n"));
        assert_eq!(reading.findings[0].fault, StatementFault::ControlTotalMismatch { difference: Cents(-5750) });
        assert!(!reading.trusted(0));
        records.pop();
        assert_eq!(read(&records.join("\n")).findings[0].fault, StatementFault::Truncated);
    }

    #[test]
    fn overpunched_amounts() {
        for (zone, decimals, cents) in
            [("0000000000600{", 2, Some(6000)), ("0000000000000q", 2, Some(-8)), ("0000000000006é", 0, Some(6000)), ("00000000006000", 2, None)]
        {
            assert_eq!(signed_amount(zone, decimals), cents.map(Cents), "{zone}");
        }
    }
}
