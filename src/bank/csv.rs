//! Statements as tables of separated values: the columns are guessed from their header, or given by the configuration.
//!
//! Every bank has its own. A table whose header says nothing is refused with the header shown, so that a person names the columns once.

use serde::{Deserialize, Serialize};

use crate::bank::finding::StatementFault;
use crate::bank::{StatementReading, amount, collapse, non_blank, without_bank_words};
use crate::domain::money::Cents;
use crate::domain::payment::{Movement, Statement};
use crate::folding::fold;

mod columns;

use columns::Columns;

/// Names of columns as the header prints them (case and accents do not matter). An unset one is guessed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CsvColumns {
    /// One character; guessed when unset.
    pub delimiter: Option<char>,
    pub date: Option<String>,
    pub value_date: Option<String>,
    /// A signed amount, or…
    pub amount: Option<String>,
    /// … a pair of columns.
    pub debit: Option<String>,
    pub credit: Option<String>,
    /// Payer or payee.
    pub name: Option<String>,
    /// Free text; several columns are joined in their order.
    pub text: Vec<String>,
    pub bank_reference: Option<String>,
    pub currency: Option<String>,
    pub iban: Option<String>,
}

/// The header of a table and what its columns were taken for, to be shown to a person once and remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableHeader {
    /// The folded cells, joined: equal for every statement of the same bank's export.
    pub fingerprint: String,
    /// The cells as printed.
    pub cells: Vec<String>,
    /// Cell as printed, and French word for what it was taken for; columns that are not used are left out.
    pub meanings: Vec<(String, String)>,
    /// What was given or guessed, as it can be given again.
    pub columns: CsvColumns,
}

impl TableHeader {
    /// `Date : date d'opération ; Montant : montant`.
    pub fn french(&self) -> String {
        let pairs: Vec<String> = self.meanings.iter().map(|(cell, meaning)| format!("«\u{a0}{cell}\u{a0}»\u{a0}: {meaning}")).collect();
        pairs.join("\u{a0}; ")
    }
}

fn fingerprint(cells: &[String]) -> String {
    let folded: Vec<String> = cells.iter().map(|cell| fold(cell)).collect();
    folded.join("|").trim_end_matches('|').to_owned()
}

/// Lines before the header that may be a title, the account or balances.
const PREAMBLE_LINES_MAX: usize = 40;
const ROWS_MAX: usize = 1_000_000;

/// Reads a decoded file.
pub fn read(text: &str, names: &CsvColumns) -> StatementReading {
    let text = text.trim_start_matches('\u{feff}');
    let delimiter = names.delimiter.and_then(|c| u8::try_from(c).ok()).unwrap_or_else(|| guess_delimiter(text));
    let mut rows = Vec::new();
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).quoting(true).from_reader(text.as_bytes());
    for record in reader.records() {
        match record {
            Ok(record) => rows.push((
                record.position().map_or(0, |position| u32::try_from(position.line()).unwrap_or(u32::MAX)),
                record.iter().map(collapse).collect::<Vec<String>>(),
            )),
            Err(error) => return StatementReading::refused(StatementFault::Unreadable { what: error.to_string() }),
        }
        if rows.len() > ROWS_MAX {
            return StatementReading::refused(StatementFault::TooLarge);
        }
    }
    read_rows(rows, names)
}

/// Reads the first sheet of a workbook that holds a table with known columns, else says what the first one lacks.
pub fn read_workbook(bytes: &[u8], names: &CsvColumns) -> StatementReading {
    let sheets = match crate::bank::xlsx::sheets(bytes) {
        Ok(sheets) => sheets,
        Err(fault) => return StatementReading::refused(fault),
    };
    let readings: Vec<StatementReading> = sheets.into_iter().map(|rows| read_rows(rows, names)).collect();
    let best =
        readings.iter().position(|reading| !reading.statements.is_empty()).or_else(|| readings.iter().position(|reading| reading.header.is_some()));
    let Some(mut reading) = readings.into_iter().nth(best.unwrap_or(0)) else { return StatementReading::refused(StatementFault::Empty) };
    if reading.format == "csv" {
        "xlsx".clone_into(&mut reading.format);
    }
    reading
}

/// Reads a table already cut into cells, each row with its line number. A spreadsheet comes in here too.
pub fn read_rows(rows: Vec<(u32, Vec<String>)>, names: &CsvColumns) -> StatementReading {
    let header = rows
        .iter()
        .take(PREAMBLE_LINES_MAX)
        .enumerate()
        .find_map(|(position, (_, cells))| Columns::recognise(cells, names).map(|columns| (position, columns)));
    let Some((header_at, columns)) = header else {
        let shown = rows.iter().map(|(_, cells)| cells).find(|cells| cells.iter().filter(|cell| !cell.is_empty()).count() >= 3);
        return match shown {
            // A table that has neither dates nor amounts is simply no statement.
            Some(cells) if rows.iter().any(|(_, row)| row.iter().any(|cell| amount::written_date(cell).is_some())) => {
                let header = TableHeader { fingerprint: fingerprint(cells), cells: cells.clone(), ..TableHeader::default() };
                let fault = StatementFault::ColumnsUnknown { header: cells.join(" · ").chars().take(200).collect() };
                StatementReading { header: Some(header), ..StatementReading::refused(fault) }
            }
            _ => StatementReading::refused(StatementFault::UnknownFormat),
        };
    };
    let cells = rows.get(header_at).map(|(_, cells)| cells.as_slice()).unwrap_or_default();
    let header = TableHeader {
        fingerprint: fingerprint(cells),
        cells: cells.to_vec(),
        meanings: columns.meanings(cells),
        columns: columns.named(cells, names),
    };
    let mut reading = StatementReading { format: "csv".to_owned(), header: Some(header), ..StatementReading::default() };
    let mut statement = Statement { currency: "EUR".to_owned(), ..Statement::default() };
    for (_, cells) in rows.iter().take(header_at) {
        preamble(cells, &mut statement);
    }
    let mut account_column = std::collections::BTreeSet::new();
    for (line, cells) in rows.into_iter().skip(header_at + 1) {
        let cells = cells.as_slice();
        // Most rows are movements; only one that speaks of a balance or a total is looked at twice.
        if !speaks_of_a_sum(cells)
            && let Ok(movement) = columns.movement(cells, &statement.currency)
        {
            account_column.extend(columns.own_account(cells));
            statement.entries.push(movement);
            continue;
        }
        if cells.iter().all(String::is_empty) || preamble(cells, &mut statement) || Columns::recognise(cells, names).is_some() {
            continue;
        }
        match columns.movement(cells, &statement.currency) {
            Ok(movement) => {
                account_column.extend(columns.own_account(cells));
                statement.entries.push(movement);
            }
            Err(Some(what)) => reading.note(StatementFault::MalformedRecord { what: what.to_owned() }, Some(0), Some(line)),
            Err(None) => {}
        }
    }
    if let (Some(account), 1) = (account_column.first(), account_column.len())
        && statement.account.is_empty()
    {
        statement.account.clone_from(account);
    }
    settle_currency(&mut statement, &mut reading);
    if statement.opening_balance.is_none() || statement.closing_balance.is_none() {
        reading.note(StatementFault::NoControlTotal, Some(0), None);
    }
    reading.statements.push(statement);
    reading.finish()
}

fn speaks_of_a_sum(cells: &[String]) -> bool {
    cells.iter().any(|cell| {
        let lower = cell.to_ascii_lowercase();
        ["solde", "balance", "saldo", "total"].iter().any(|word| lower.contains(word))
    })
}

/// One currency in every row is the account's.
fn settle_currency(statement: &mut Statement, reading: &mut StatementReading) {
    let currencies: std::collections::BTreeSet<&str> = statement.entries.iter().map(|movement| movement.currency.as_str()).collect();
    match (currencies.first(), currencies.len()) {
        (Some(only), 1) => statement.currency = (*only).to_owned(),
        (Some(_), _) => {
            let found = currencies.iter().find(|currency| **currency != "EUR").map(|currency| (*currency).to_owned()).unwrap_or_default();
            reading.note(StatementFault::MixedCurrencies { found }, Some(0), None);
        }
        (None, _) => {}
    }
}

/// The separator that cuts most lines alike.
fn guess_delimiter(text: &str) -> u8 {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(60).collect();
    let mut best = (0usize, b';');
    for delimiter in [b';', b'\t', b'|', b','] {
        let mut counts = std::collections::BTreeMap::new();
        for line in &lines {
            let count = line.bytes().filter(|byte| *byte == delimiter).count();
            if count >= 1 {
                *counts.entry(count).or_insert(0usize) += 1;
            }
        }
        // Decimal commas make lines of commas too: a separator earlier in the list wins when it cuts as many lines.
        let alike = counts.iter().filter(|(count, _)| **count >= 2).map(|(_, lines)| *lines).max().unwrap_or(0);
        if alike > best.0 {
            best = (alike, delimiter);
        }
    }
    best.1
}

/// Takes balances, the account and the currency out of a line that is no movement. Returns whether it was such a line.
fn preamble(cells: &[String], statement: &mut Statement) -> bool {
    let line = cells.join(" ");
    let folded = fold(&line);
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    let opening = has(&[
        "SOLDE INITIAL",
        "SOLDE DE DEPART",
        "ANCIEN SOLDE",
        "SOLDE PRECEDENT",
        "SOLDE DEBUT",
        "SOLDE D OUVERTURE",
        "SOLDE OUVERTURE",
        "SOLDE DOUVERTURE",
        "OPENING BALANCE",
        "ANFANGSSALDO",
        "SOLDE AU DEBUT",
    ]);
    let closing = has(&[
        "SOLDE FINAL",
        "SOLDE DE CLOTURE",
        "SOLDE DE FIN",
        "NOUVEAU SOLDE",
        "SOLDE FIN",
        "SOLDE CLOTURE",
        "CLOSING BALANCE",
        "ENDSALDO",
        "SOLDE A LA FIN",
    ]);
    if opening || closing {
        let balance = last_amount(cells);
        let day = line.split_whitespace().find_map(amount::written_date);
        if opening {
            (statement.opening_balance, statement.opening_date) = (balance, day);
        } else {
            (statement.closing_balance, statement.closing_date) = (balance, day);
        }
        return balance.is_some();
    }
    if statement.account.is_empty()
        && (has(&["COMPTE", "IBAN", "ACCOUNT", "KONTO"]) && !has(&["TOTAL"]))
        && statement.entries.is_empty()
        && let Some(account) = account_number(cells)
    {
        statement.account = account;
        return true;
    }
    // Totals at the foot are sums of what was read, not movements.
    folded.starts_with("TOTAL") || folded.starts_with("SOLDE ")
}

/// The last thing in the line that is an amount, in a cell of its own or behind a colon.
fn last_amount(cells: &[String]) -> Option<Cents> {
    cells.iter().rev().find_map(|cell| {
        let tail = cell.rsplit_once(':').map_or(cell.as_str(), |(_, tail)| tail);
        amount::written(tail).filter(|_| tail.contains([',', '.']) || tail.trim().parse::<i64>().is_ok()).or_else(|| {
            // `Solde au 01/03/2024 : 1 234,56 EUR` without a colon: the longest tail of words that is an amount.
            let words: Vec<&str> = tail.split_whitespace().collect();
            (0..words.len())
                .find_map(|from| amount::written(&words.get(from..)?.join("")).filter(|_| words.get(from).is_some_and(|word| !word.contains('/'))))
        })
    })
}

/// An IBAN or a run of at least eight digits.
fn account_number(cells: &[String]) -> Option<String> {
    for cell in cells {
        let tail = cell.rsplit_once(':').map_or(cell.as_str(), |(_, tail)| tail);
        let words: Vec<String> = tail.split_whitespace().map(crate::bank::compact).collect();
        let joined: String = words.iter().filter(|word| word.chars().any(|c| c.is_ascii_digit())).cloned().collect();
        if joined.len() >= 15 && joined.chars().take(2).all(|c| c.is_ascii_uppercase()) {
            return Some(joined);
        }
        if let Some(number) = words.iter().find(|word| word.len() >= 8 && word.bytes().filter(u8::is_ascii_digit).count() >= 8 && !tail.contains('/'))
        {
            return Some(number.clone());
        }
    }
    None
}

impl Columns {
    /// A movement, or why the row is none: `Err(None)` for a row without amount and date, which is decoration.
    fn movement(&self, cells: &[String], currency: &str) -> Result<Movement, Option<&'static str>> {
        let cell = |column: Option<usize>| column.and_then(|column| cells.get(column)).map(String::as_str).unwrap_or_default();
        let date = amount::written_date(cell(Some(self.date)));
        let amount = self.amount(cells)?;
        let (date, amount) = match (date, amount) {
            (Some(date), Some(amount)) => (date, amount),
            (None, None) => return Err(None),
            (None, Some(_)) => return Err(Some("date illisible")),
            (Some(_), None) => return Err(Some("montant absent")),
        };
        let texts: Vec<&str> =
            self.texts.iter().filter_map(|column| cells.get(*column)).map(String::as_str).filter(|text| !text.is_empty()).collect();
        let remittance = collapse(&texts.join(" "));
        let debtor = non_blank(cell(self.name)).map(|name| without_bank_words(&name)).filter(|name| !name.is_empty());
        Ok(Movement {
            entry: 0,
            booking_date: date,
            value_date: amount::written_date(cell(self.value_date)),
            amount,
            currency: non_blank(cell(self.currency)).unwrap_or_else(|| currency.to_owned()),
            debtor: debtor.or_else(|| non_blank(&without_bank_words(&remittance))),
            ultimate_debtor: None,
            debtor_iban: non_blank(cell(self.iban)),
            remittance,
            end_to_end_id: non_blank(cell(self.end_to_end_id)),
            structured_reference: None,
            bank_reference: non_blank(cell(self.bank_reference)),
            operation: non_blank(cell(self.operation)),
            is_return: false,
            original_amount: None,
        })
    }

    /// The signed amount; a debit column counts as negative whatever its sign.
    fn amount(&self, cells: &[String]) -> Result<Option<Cents>, Option<&'static str>> {
        let written = |column: Option<usize>| -> Result<Option<Cents>, Option<&'static str>> {
            let text = column.and_then(|column| cells.get(column)).map(|cell| cell.trim()).unwrap_or_default();
            if text.is_empty() || text == "-" { Ok(None) } else { amount::written(text).map(Some).ok_or(Some("montant illisible")) }
        };
        if let Some(single) = written(self.amount)? {
            let sign = self.sign.and_then(|column| cells.get(column)).map(|cell| fold(cell)).unwrap_or_default();
            let debit = matches!(sign.as_str(), "D" | "DEBIT" | "DBIT" | "DB" | "S" | "SOLL");
            return Ok(Some(if debit { Cents(-single.0.abs()) } else { single }));
        }
        let (debit, credit) = (written(self.debit)?, written(self.credit)?);
        Ok(match (debit.filter(|cents| cents.0 != 0), credit.filter(|cents| cents.0 != 0)) {
            (Some(debit), None) => Some(Cents(-debit.0.abs())),
            (None, Some(credit)) => Some(Cents(credit.0)),
            (None, None) => debit.or(credit),
            (Some(_), Some(_)) => return Err(Some("débit et crédit à la fois")),
        })
    }

    fn own_account(&self, cells: &[String]) -> Option<String> {
        self.account.and_then(|column| cells.get(column)).and_then(|cell| non_blank(cell)).map(|cell| crate::bank::compact(&cell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> (Vec<(i64, String, String)>, Vec<&'static str>) {
        let reading = read(text, &CsvColumns::default());
        let movements = reading
            .movements()
            .map(|movement| (movement.amount.0, movement.debtor.clone().unwrap_or_default(), movement.remittance.clone()))
            .collect();
        (movements, reading.findings.iter().map(|finding| finding.fault.slug()).collect())
    }

    #[test]
    fn tables_of_several_banks() {
        let expected = vec![(6000, "DUPONT ELODIE".to_owned(), "frais; dossier".to_owned()), (-24_666, "ENGIE".to_owned(), "GAZ".to_owned())];
        for text in [
            "Compte 00001024334;ECOLE\nSolde initial : 1 000,00 EUR\n\nDate;Montant;Contrepartie;Détail\n04/03/24;60,00;DUPONT ELODIE;\"frais; dossier\"\n05/03/24;-246,66;ENGIE;GAZ\n\nSolde final : 813,34 EUR\n",
            "Solde initial;1000,00\nDate opération;Date valeur;Libellé;Débit;Crédit;Tiers\n04/03/2024;04/03/2024;\"frais; dossier\";;60,00;DUPONT ELODIE\n05/03/2024;;GAZ;246,66;;ENGIE\nNouveau solde;813,34\n",
            "Opening balance,1000.00\nBooking Date,Amount,Counterparty,Description\n2024-03-04,60.00,DUPONT ELODIE,frais; dossier\n2024-03-05,-246.66,ENGIE,GAZ\nClosing balance,813.34\n",
        ] {
            assert_eq!(seen(text), (expected.clone(), vec![]), "{text}");
        }
    }

    #[test]
    fn a_table_without_balances_or_columns_says_so() {
        assert_eq!(seen("Date;Montant;Libellé\n04/03/24;60,00;VIR DUPONT\n").1, ["no_control_total"]);
        assert_eq!(seen("quand;combien;qui\n04/03/24;60,00;DUPONT\n").1, ["columns_unknown"]);
        assert_eq!(seen("Date;Montant;Libellé\n04/03/24;soixante;VIR\n").1, ["malformed_record", "no_control_total"]);
        let columns =
            CsvColumns { date: Some("quand".to_owned()), amount: Some("combien".to_owned()), name: Some("qui".to_owned()), ..CsvColumns::default() };
        assert_eq!(read("quand;combien;qui\n04/03/24;60,00;DUPONT\n", &columns).movements().count(), 1);
    }
}
