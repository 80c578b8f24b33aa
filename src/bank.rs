//! Bank statements become movements, and movements find their dossier.
//!
//! Ring 1: bytes in, values out; no file is opened here, no clock read, nothing logged. A format is recognised by its content,
//! never by its file name alone, and none is ever read as another: what is not understood is refused with the name of what it is.
//! A statement whose movements do not add up to its balances is read, shown, and never trusted.

pub mod amount;
pub mod camt;
pub mod cfonb;
pub mod csv;
pub mod dedup;
pub mod finding;
pub mod matching;
pub mod mt940;
pub mod qr;
pub mod reference;
pub mod sniff;
pub mod xlsx;

use serde::{Deserialize, Serialize};

use crate::domain::money::Cents;
use crate::domain::payment::{Movement, Statement};

pub use self::csv::{CsvColumns, TableHeader};
pub use self::finding::{StatementFault, StatementFinding};

/// What one file said.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StatementReading {
    /// `cfonb120`, `camt.053.001.NN` (052, 054 alike), `mt940`, `mt942`, `csv`, `xlsx`; `unknown` when refused.
    pub format: String,
    /// Of a table: its header, and what its columns were taken for.
    pub header: Option<TableHeader>,
    pub statements: Vec<Statement>,
    pub findings: Vec<StatementFinding>,
}

impl StatementReading {
    /// A file that is not read, and why.
    pub fn refused(fault: StatementFault) -> StatementReading {
        StatementReading { format: "unknown".to_owned(), findings: vec![StatementFinding::of_file(fault)], ..StatementReading::default() }
    }

    /// Whether the statement at this index may be booked: nothing found against it or against the whole file.
    pub fn trusted(&self, statement: usize) -> bool {
        self.findings.iter().all(|finding| !finding.fault.forbids_booking() || finding.statement.is_some_and(|other| other != statement))
    }

    /// All movements of the file, in its order.
    pub fn movements(&self) -> impl Iterator<Item = &Movement> {
        self.statements.iter().flat_map(|statement| statement.entries.iter())
    }

    pub fn note(&mut self, fault: StatementFault, statement: Option<usize>, line: Option<u32>) {
        self.findings.push(StatementFinding { fault, statement, line });
    }

    /// Numbers the movements over the whole file and checks opening + movements = closing for each statement.
    fn finish(mut self) -> StatementReading {
        let mut entry = 0u32;
        for movement in self.statements.iter_mut().flat_map(|statement| statement.entries.iter_mut()) {
            movement.entry = entry;
            entry = entry.saturating_add(1);
        }
        for index in 0..self.statements.len() {
            self.check_totals(index);
        }
        self.check_continuity();
        if self.statements.is_empty() && self.findings.is_empty() {
            self.note(StatementFault::Empty, None, None);
        }
        self
    }

    fn check_totals(&mut self, index: usize) {
        let Some(statement) = self.statements.get(index) else { return };
        let (Some(opening), Some(closing)) = (statement.opening_balance, statement.closing_balance) else { return };
        let sum = statement.entries.iter().fold(0i64, |sum, movement| sum.saturating_add(movement.amount.0));
        let difference = closing.0.saturating_sub(opening.0.saturating_add(sum));
        if difference != 0 {
            self.note(StatementFault::ControlTotalMismatch { difference: Cents(difference) }, Some(index), None);
        }
    }

    /// A closing balance that is not the next opening balance of the same account is shown; it may be a missing day, not a broken file.
    fn check_continuity(&mut self) {
        let mut gaps = Vec::new();
        let mut last: std::collections::BTreeMap<&str, Cents> = std::collections::BTreeMap::new();
        for (index, statement) in self.statements.iter().enumerate() {
            if let (Some(before), Some(opening)) = (last.get(statement.account.as_str()), statement.opening_balance)
                && *before != opening
            {
                gaps.push((index, Cents(opening.0.saturating_sub(before.0))));
            }
            match statement.closing_balance {
                Some(closing) => last.insert(&statement.account, closing),
                None => last.remove(statement.account.as_str()),
            };
        }
        for (index, difference) in gaps {
            self.note(StatementFault::BalanceGap { difference }, Some(index), None);
        }
    }
}

/// Reads a statement file of any supported kind. `columns` names the columns of a CSV where guessing is not to be trusted.
///
/// Never fails: what cannot be read is a finding. `file_name` only helps to name a file that is refused.
pub fn read_statement(bytes: &[u8], file_name: &str, columns: &CsvColumns) -> StatementReading {
    match sniff::sniff(bytes, file_name) {
        sniff::Sniffed::Cfonb120 => cfonb::read(&sniff::decode(bytes)),
        sniff::Sniffed::Xml => camt::read(bytes),
        sniff::Sniffed::Mt940 => mt940::read(&sniff::decode(bytes)),
        sniff::Sniffed::Table => csv::read(&sniff::decode(bytes), columns),
        sniff::Sniffed::Spreadsheet => csv::read_workbook(bytes, columns),
        sniff::Sniffed::Other(name) => StatementReading::refused(StatementFault::OtherFormat { name }),
        sniff::Sniffed::Empty => StatementReading::refused(StatementFault::Empty),
        sniff::Sniffed::Unknown => StatementReading::refused(StatementFault::UnknownFormat),
    }
}

/// Adds what the school's own account and currency have to say: a statement of another account is named, never booked.
///
/// `iban` is the account the fee is paid to; an empty one is not compared.
pub fn check_account(reading: &mut StatementReading, iban: &str) {
    let mut found = Vec::new();
    for (index, statement) in reading.statements.iter().enumerate() {
        if !iban.is_empty() && !statement.account.is_empty() && !same_account(&statement.account, iban) {
            found.push((StatementFault::OtherAccount { found: statement.account.clone() }, index));
        }
        if !statement.currency.is_empty() && statement.currency != "EUR" {
            found.push((StatementFault::OtherCurrency { found: statement.currency.clone() }, index));
        }
    }
    for (fault, index) in found {
        reading.note(fault, Some(index), None);
    }
}

/// Whether two ways of writing an account mean the same one: an IBAN holds bank, branch and account number (RIB) in clear,
/// and some exports give the account number alone.
pub fn same_account(one: &str, other: &str) -> bool {
    let (one, other) = (compact(one), compact(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short == long || (short.len() >= 8 && long.contains(&short))
}

/// Upper-case ASCII letters and digits only.
pub(crate) fn compact(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// White space of any kind, collapsed to single spaces.
pub(crate) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `None` for text that is blank.
pub(crate) fn non_blank(text: &str) -> Option<String> {
    let text = collapse(text);
    (!text.is_empty()).then_some(text)
}

/// The label a bank prints before the payer's name, removed: `VIR SEPA RECU DE DUPONT` becomes `DUPONT`.
///
/// Only at the beginning: a candidate may be called *Instant*, and nobody's name ends in a bank's word.
pub(crate) fn without_bank_words(label: &str) -> String {
    const WORDS: [&str; 25] = [
        "VIR",
        "VRT",
        "VIRT",
        "VIREMENT",
        "VIREMENTS",
        "SEPA",
        "SCT",
        "INST",
        "INSTANTANE",
        "INSTANTANEE",
        "RECU",
        "RECUS",
        "REC",
        "EMIS",
        "DE",
        "DU",
        "FAVEUR",
        "EN",
        "VOTRE",
        "POUR",
        "PAR",
        "TRANSFER",
        "FROM",
        "CREDIT",
        "M/",
    ];
    let words: Vec<&str> = label.split_whitespace().collect();
    let Some(first) = words.first() else { return String::new() };
    let is_bank_word = |word: &&&str| WORDS.contains(&crate::folding::fold(word).trim_matches([':', '.', '-']).trim());
    let starts_with_transfer =
        ["VIR", "VRT", "VIRT", "VIREMENT", "SEPA", "SCT", "TRANSFER", "VIREMENTS"].contains(&crate::folding::fold(first).as_str());
    if !starts_with_transfer {
        return words.join(" ");
    }
    let skipped = words.iter().take_while(is_bank_word).count();
    words.get(skipped..).unwrap_or_default().join(" ").trim_start_matches([':', '/', '-', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bank_words_go_and_names_stay() {
        for (label, name) in [
            ("VIR SEPA RECU DE DUPONT ELODIE", "DUPONT ELODIE"),
            ("VIR DE M JEAN BERNARD", "M JEAN BERNARD"),
            ("Virement instantané reçu de Åsa Öberg", "Åsa Öberg"),
            ("DE BRUYNE JULIETTE EI", "DE BRUYNE JULIETTE EI"),
            ("VIR INST REC /DUPONT", "DUPONT"),
        ] {
            assert_eq!(without_bank_words(label), name);
        }
    }

    /// A statement of three movements in each format, with balances.
    fn samples() -> Vec<String> {
        let cfonb_record = |text: String| format!("{text:<120}\n");
        let cfonb_movement =
            |label: &str, amount: &str| cfonb_record(format!("0410071    59000EUR2 0000102433418040324  040324{label:<31}  0000000  {amount}"));
        let cfonb_balance = |code: &str, amount: &str| cfonb_record(format!("{code}10071    59000EUR2 00001024334  040324{:50}{amount}", ""));
        let camt_balance = |code: &str, amount: &str| {
            format!(
                "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-03-04</Dt></Dt></Bal>\n"
            )
        };
        let camt_entry = |amount: &str, sign: &str| {
            format!(
                "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-03-04</Dt></BookgDt></Ntry>\n"
            )
        };
        vec![
            [
                cfonb_balance("01", "0000000010000{"),
                cfonb_movement("DUPONT ELODIE", "0000000000600{"),
                cfonb_movement("BENALI YOUSSEF", "0000000000575{"),
                cfonb_movement("ENGIE", "0000000002466O"),
                cfonb_balance("07", "0000000008708D"),
            ]
            .concat(),
            format!(
                "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Acct><Ccy>EUR</Ccy></Acct>\n{}{}{}{}{}</Stmt></BkToCstmrStmt></Document>",
                camt_balance("OPBD", "1000.00"),
                camt_balance("CLBD", "870.84"),
                camt_entry("60.00", "CRDT"),
                camt_entry("57.50", "CRDT"),
                camt_entry("246.66", "DBIT")
            ),
            ":20:X\n:25:FR7610071590000000102433444\n:28C:1/1\n:60F:C240303EUR1000,00\n:61:2403040304C60,00NTRFNONREF\n:86:DUPONT\n\
             :61:2403040304C57,50NTRFNONREF\n:86:BENALI\n:61:2403040304D246,66NTRFNONREF\n:86:ENGIE\n:62F:C240304EUR870,84\n-\n"
                .to_owned(),
            "Solde initial;1000,00\nDate;Montant;Libellé\n04/03/2024;60,00;DUPONT\n04/03/2024;57,50;BENALI\n04/03/2024;-246,66;ENGIE\nSolde final;870,84\n"
                .to_owned(),
        ]
    }

    /// Bytes changed, lost, doubled or cut off: nothing panics, and what is still trusted says what the whole file said.
    #[test]
    fn damaged_files_are_never_silently_different() {
        let mut random = fastrand::Rng::with_seed(3);
        for sample in samples() {
            let whole = read_statement(sample.as_bytes(), "x", &CsvColumns::default());
            let sum = |reading: &StatementReading| reading.movements().map(|movement| movement.amount.0).sum::<i64>();
            assert_eq!((sum(&whole), whole.findings.as_slice(), whole.movements().count()), (-12_916, [].as_slice(), 3), "{sample}");
            for _ in 0..3000 {
                let mut bytes = sample.clone().into_bytes();
                let at = random.usize(0..bytes.len());
                match random.u8(0..5) {
                    0 => bytes.truncate(at),
                    1 => drop(bytes.remove(at)),
                    2 => bytes.insert(at, bytes[at]),
                    3 => bytes[at] = b'0' + random.u8(0..10),
                    _ => bytes[at] = random.u8(..),
                }
                let reading = read_statement(&bytes, "x", &CsvColumns::default());
                let balanced = reading.statements.iter().any(|statement| statement.opening_balance.is_some() && statement.closing_balance.is_some());
                let trusted = !reading.statements.is_empty() && (0..reading.statements.len()).all(|index| reading.trusted(index));
                if trusted && balanced {
                    let statement = &reading.statements[0];
                    let difference = statement.closing_balance.unwrap().0 - statement.opening_balance.unwrap().0;
                    assert_eq!(sum(&reading), difference, "{}", String::from_utf8_lossy(&bytes));
                }
                assert!(!trusted || dedup::family(&reading.format) == dedup::family(&whole.format), "{} read as {}", whole.format, reading.format);
            }
        }
    }

    #[test]
    fn an_iban_and_its_rib_are_one_account() {
        assert!(same_account("FR76 1007 1590 0000 0010 2433 444", "10071 59000 00001024334"));
        assert!(same_account("00001024334", "FR7610071590000000102433444"));
        assert!(!same_account("FR7610071590000000102433444", "FR7630001007941234567890185"));
    }
}
