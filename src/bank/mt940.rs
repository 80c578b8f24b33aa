//! SWIFT MT940 and MT942, tolerantly: the layout is fixed, what banks write in `:86:` is not.
//!
//! Two dialects are known, the German one (`?20`…) and the one of slash codewords (`/ORDP/`…); anything else is free text.

use chrono::{Datelike, NaiveDate};

use crate::bank::finding::StatementFault;
use crate::bank::{StatementReading, amount, non_blank, without_bank_words};
use crate::domain::money::Cents;
use crate::domain::payment::{Movement, Statement};

mod information;

/// Reads a decoded file.
pub fn read(text: &str) -> StatementReading {
    let fields = fields(text);
    let intraday = fields.iter().any(|field| field.tag == "34F") && !fields.iter().any(|field| field.tag.starts_with("60"));
    let mut reader = Reader {
        reading: StatementReading { format: if intraday { "mt942" } else { "mt940" }.to_owned(), ..StatementReading::default() },
        ..Reader::default()
    };
    for field in &fields {
        reader.field(field);
    }
    reader.close_statement();
    if intraday {
        reader.reading.note(StatementFault::NotFinal, None, None);
    }
    reader.reading.finish()
}

struct Field {
    tag: String,
    lines: Vec<String>,
    /// Line in the file, from 1.
    line: u32,
}

/// Fields begin with `:NN:` or `:NNA:` at a line's start; a lone `-` or a block brace ends a message.
fn fields(text: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut open = false;
    for (position, line) in text.split('\n').enumerate() {
        let line = line.trim_end_matches(['\r', '\u{3}', '\u{1}', '\u{1a}']);
        // `{4:` may stand on the line of the first field.
        let line = if line.trim_start().starts_with('{') { line.rsplit_once("{4:").map_or("", |(_, rest)| rest) } else { line };
        if let Some((tag, rest)) = tag(line) {
            fields.push(Field { tag, lines: vec![rest.to_owned()], line: u32::try_from(position + 1).unwrap_or(u32::MAX) });
            open = true;
        } else if line.trim() == "-" || line.starts_with("-}") {
            open = false;
        } else if let Some(field) = fields.last_mut().filter(|_| open) {
            field.lines.push(line.to_owned());
        }
    }
    fields
}

fn tag(line: &str) -> Option<(String, &str)> {
    let rest = line.strip_prefix(':')?;
    let (tag, value) = rest.split_once(':')?;
    let mut letters = tag.chars();
    let digits = letters.by_ref().take(2).filter(char::is_ascii_digit).count() == 2 || tag == "NS";
    let tail_ok = tag == "NS" || tag.chars().skip(2).all(|c| c.is_ascii_uppercase());
    (digits && tail_ok && (2..=3).contains(&tag.len())).then(|| (tag.to_owned(), value))
}

#[derive(Default)]
struct Reader {
    reading: StatementReading,
    statement: Option<Statement>,
    /// Account of the message, kept for further pages.
    account: String,
    movement: Option<Movement>,
    closed: bool,
}

impl Reader {
    fn field(&mut self, field: &Field) {
        let first = field.lines.first().map(String::as_str).unwrap_or_default();
        match field.tag.as_str() {
            "20" => self.close_statement(),
            "25" | "25P" => {
                self.account = first.trim().to_owned();
                if let Some(statement) = self.statement.as_mut().filter(|statement| statement.account.is_empty()) {
                    statement.account.clone_from(&self.account);
                }
            }
            "60F" | "60M" => self.opening(first, field.line),
            "62F" | "62M" => self.closing(first, field.line),
            "34F" => {
                let account = self.account.clone();
                let statement = self.statement.get_or_insert_with(|| Statement { account, ..Statement::default() });
                statement.currency = first.trim().chars().take(3).collect();
            }
            "61" => self.entry(field),
            "86" => self.information(field),
            _ => {}
        }
    }

    fn index(&self) -> usize {
        self.reading.statements.len()
    }

    fn malformed(&mut self, what: &str, line: u32) {
        let index = self.index();
        self.reading.note(StatementFault::MalformedRecord { what: what.to_owned() }, Some(index), Some(line));
    }

    fn opening(&mut self, value: &str, line: u32) {
        self.close_statement();
        let mut statement = Statement { account: self.account.clone(), ..Statement::default() };
        match balance(value) {
            Some((amount, date, currency)) => {
                statement.opening_balance = Some(amount);
                statement.opening_date = date;
                statement.currency = currency;
            }
            None => self.malformed("solde de départ illisible", line),
        }
        self.statement = Some(statement);
    }

    fn closing(&mut self, value: &str, line: u32) {
        self.close_movement();
        let read = balance(value);
        if read.is_none() {
            self.malformed("solde d'arrivée illisible", line);
        }
        let account = self.account.clone();
        let statement = self.statement.get_or_insert_with(|| Statement { account, ..Statement::default() });
        if let Some((amount, date, currency)) = read {
            statement.closing_balance = Some(amount);
            statement.closing_date = date;
            if statement.currency.is_empty() {
                statement.currency = currency;
            }
        }
        self.closed = true;
    }

    fn entry(&mut self, field: &Field) {
        self.close_movement();
        if self.closed {
            self.close_statement();
        }
        let account = self.account.clone();
        let statement = self.statement.get_or_insert_with(|| Statement { account, ..Statement::default() });
        let currency = statement.currency.clone();
        match parse_entry(field, &currency) {
            Ok(movement) => self.movement = Some(movement),
            Err(what) => self.malformed(what, field.line),
        }
    }

    /// `:86:` after a movement describes it; elsewhere it speaks of the statement and is left aside.
    fn information(&mut self, field: &Field) {
        if let Some(movement) = self.movement.as_mut() {
            information::apply(&field.lines, movement);
        }
    }

    fn close_movement(&mut self) {
        if let Some(mut movement) = self.movement.take() {
            if movement.debtor.is_none() {
                movement.debtor = non_blank(&without_bank_words(&movement.remittance)).filter(|name| *name != movement.remittance);
            }
            if let Some(statement) = self.statement.as_mut() {
                statement.entries.push(movement);
            }
        }
    }

    fn close_statement(&mut self) {
        self.close_movement();
        self.closed = false;
        let Some(statement) = self.statement.take() else { return };
        let index = self.index();
        if self.reading.format == "mt940" {
            match (statement.opening_balance, statement.closing_balance) {
                (_, None) => self.reading.note(StatementFault::Truncated, Some(index), None),
                (None, Some(_)) => self.reading.note(StatementFault::NoControlTotal, Some(index), None),
                (Some(_), Some(_)) => {}
            }
        }
        self.reading.statements.push(statement);
    }
}

/// `C|D` YYMMDD CCY amount.
fn balance(value: &str) -> Option<(Cents, Option<NaiveDate>, String)> {
    let value = value.trim();
    let mut letters = value.chars();
    let negative = match letters.next()? {
        'C' => false,
        'D' => true,
        _ => return None,
    };
    let date: String = letters.by_ref().take(6).collect();
    // Some programs leave the currency out where an earlier balance gave it.
    let rest = letters.as_str();
    let currency: String = rest.chars().take(3).take_while(char::is_ascii_uppercase).collect();
    if !matches!(currency.len(), 0 | 3) {
        return None;
    }
    let amount = amount::swift_decimal(rest.get(currency.len()..)?.trim())?;
    Some((Cents(if negative { -amount.0 } else { amount.0 }), yymmdd(&date), currency))
}

fn yymmdd(text: &str) -> Option<NaiveDate> {
    let number: u32 = text.parse().ok().filter(|_| text.len() == 6)?;
    amount::lenient_date(amount::full_year(number / 10_000), number / 100 % 100, number % 100)
}

/// The booking day has no year of its own: it is the one nearest to the value day.
fn booking_date(value: NaiveDate, mmdd: &str) -> Option<NaiveDate> {
    let number: u32 = mmdd.parse().ok().filter(|_| mmdd.len() == 4)?;
    (-1..=1)
        .filter_map(|years| amount::lenient_date(value.year() + years, number / 100, number % 100))
        .min_by_key(|date| (*date - value).num_days().abs())
}

fn take_while<'a>(text: &mut &'a str, limit: usize, accept: impl Fn(char) -> bool) -> &'a str {
    let end = text.char_indices().take(limit).take_while(|(_, c)| accept(*c)).last().map_or(0, |(at, c)| at + c.len_utf8());
    let (taken, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    *text = rest;
    taken
}

/// `:61:` value day, booking day, mark, funds letter, amount, type, references.
fn parse_entry(field: &Field, currency: &str) -> Result<Movement, &'static str> {
    let mut rest = field.lines.first().map(|line| line.trim_start()).unwrap_or_default();
    let value_date = yymmdd(take_while(&mut rest, 6, |c| c.is_ascii_digit())).ok_or("date de valeur illisible")?;
    let booking = take_while(&mut rest, 4, |c| c.is_ascii_digit());
    let booking_date = if booking.is_empty() { value_date } else { booking_date(value_date, booking).ok_or("date d'opération illisible")? };
    let mark = take_while(&mut rest, 3, |c| c.is_ascii_uppercase());
    // RC takes a credit back, RD a debit; EC and ED are expected ones; a last letter is the currency's third.
    let (negative, reversal) = match mark {
        _ if mark.starts_with("RC") => (true, true),
        _ if mark.starts_with("RD") => (false, true),
        _ if mark.starts_with('C') || mark.starts_with("EC") => (false, false),
        _ if mark.starts_with('D') || mark.starts_with("ED") => (true, false),
        _ => return Err("sens du mouvement illisible"),
    };
    let amount = amount::swift_decimal(take_while(&mut rest, 20, |c| c.is_ascii_digit() || matches!(c, ',' | '.'))).ok_or("montant illisible")?;
    let kind = take_while(&mut rest, 4, |c| c.is_ascii_alphanumeric());
    let (own, bank) = rest.split_once("//").map_or((rest, None), |(own, bank)| (own, Some(bank)));
    let supplementary = field.lines.get(1..).unwrap_or_default().join(" ");
    let reference = |text: &str| non_blank(text).filter(|text| !matches!(text.as_str(), "NONREF" | "NOTPROVIDED" | "NOREF"));
    Ok(Movement {
        entry: 0,
        booking_date,
        value_date: Some(value_date),
        amount: Cents(if negative { -amount.0 } else { amount.0 }),
        currency: if currency.is_empty() { "EUR".to_owned() } else { currency.to_owned() },
        debtor: None,
        ultimate_debtor: None,
        debtor_iban: None,
        // Kept where no `:86:` follows, replaced by it where one does.
        remittance: non_blank(&supplementary).filter(|text| !text.starts_with("/OCMT/")).unwrap_or_default(),
        end_to_end_id: reference(own),
        structured_reference: None,
        bank_reference: bank.and_then(reference),
        operation: non_blank(kind),
        is_return: reversal || kind.ends_with("RTI"),
        original_amount: supplementary.split("/OCMT/").nth(1).and_then(|text| text.split('/').next()).and_then(non_blank),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_and_free_text() {
        let text = "{1:F01XXXX}{2:I940XXXX}{4:\r\n:20:1\r\n:25:FR7630006000011234567890189\r\n:28C:1/1\r\n:60F:C231231EUR100,00\r\n\
                    :61:2312310102CR60,NTRFE2E1//B1\r\n:86:/ORDP//NAME/Élodie Dupont/REMI/MS DATA/IA\r\n\
                    :61:240102C60,00N051NONREF\r\n:86:166?00GUTSCHRIFT?20EREF+X1ABCD SVWZ+frais de d?21ossier?32DUPONT?33 ELODIE\r\n\
                    :61:240102RC5,50NTRFNONREF\r\n:86:VIR DUPONT\r\n:62F:C240102EUR214,50\r\n-}\r\n";
        let reading = read(text);
        assert_eq!((reading.format.as_str(), reading.findings.as_slice()), ("mt940", [].as_slice()));
        let seen: Vec<_> = reading
            .movements()
            .map(|movement| (movement.amount.0, movement.debtor.as_deref().unwrap_or_default(), movement.remittance.as_str()))
            .collect();
        assert_eq!(seen, [(6000, "Élodie Dupont", "MS DATA/IA"), (6000, "DUPONT ELODIE", "frais de dossier"), (-550, "DUPONT", "VIR DUPONT")]);
        let first = reading.movements().next().unwrap();
        assert_eq!((first.booking_date, first.value_date), (NaiveDate::from_ymd_opt(2024, 1, 2).unwrap(), NaiveDate::from_ymd_opt(2023, 12, 31)));
        assert_eq!((first.bank_reference.as_deref(), first.end_to_end_id.as_deref()), (Some("B1"), Some("E2E1")));
    }

    #[test]
    fn a_message_without_its_end_is_truncated() {
        let reading = read(":20:1\n:25:X\n:60F:C240101EUR1,\n:61:240102C60,00NTRFNONREF\n");
        assert_eq!(reading.findings[0].fault, StatementFault::Truncated);
        assert!(!reading.trusted(0));
    }
}
