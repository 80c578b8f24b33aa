//! Statements in: each file read once, each movement booked once however many files and formats hold it, and every import as a whole
//! previewed, booked or taken back in one transaction.
//!
//! The order in which files come does not count: a statement that contradicts its neighbour waits for the one that is missing, and the
//! details of a pooled booking find it whether they come before or after it.

use std::collections::BTreeMap;

use anyhow::bail;
use chrono::{Days, NaiveDate};
use rusqlite::{Connection, Transaction};

use crate::bank::camt;
use crate::bank::dedup::{family, reconcile as reconcile_movements};
use crate::bank::{self, CsvColumns, StatementFault, StatementReading};
use crate::blobs::{Durability, sha256_hex};
use crate::domain::money::Cents;
use crate::domain::payment::{Movement, Statement};
use crate::domain::rules::Rules;
use crate::store::statements::{self, BalanceRow, NewStatementFile, StatementFileRow};
use crate::store::{from_json, journal, to_json, transfers};
use crate::tasks::Office;

/// What became of one statement file.
#[derive(Debug, Clone, PartialEq)]
pub enum Import {
    AlreadyKnown { imported_at: String },
    Done { reading: Box<StatementReading>, n_new: usize, n_known: usize },
}

impl Import {
    /// French reasons why nothing of the file was booked; empty when something was, or was before.
    pub fn refusal(&self) -> Vec<String> {
        match self {
            Import::Done { reading, .. } if (0..reading.statements.len()).all(|index| !reading.trusted(index)) => {
                reading.findings.iter().map(|finding| finding.fault.french()).collect()
            }
            Import::Done { .. } | Import::AlreadyKnown { .. } => Vec::new(),
        }
    }
}

/// How a file is to be taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Show what would be booked, and book nothing.
    pub dry_run: bool,
    /// A person has seen what the columns of the table were taken for, and agrees, for this header and for ever.
    pub columns_confirmed: bool,
    /// Columns named by a person, where guessing failed.
    pub columns: CsvColumns,
    /// A person knows why the balance does not continue the one before.
    pub despite_gap: bool,
}

/// Reads a statement and books its movements, in one transaction. Reading it again changes nothing.
pub fn import(office: &Office, bytes: &[u8], name: &str, actor: &str) -> anyhow::Result<Import> {
    import_with(office, bytes, name, actor, &ImportOptions::default())
}

/// [`import`] with a person's word on how.
pub fn import_with(office: &Office, bytes: &[u8], name: &str, actor: &str, options: &ImportOptions) -> anyhow::Result<Import> {
    let sha256 = sha256_hex(bytes);
    let before = office.store.read(|connection| statements::by_sha256(connection, &sha256))?;
    if let Some(row) = before.filter(|row| row.booked && !row.undone) {
        return Ok(Import::AlreadyKnown { imported_at: row.imported_at });
    }
    let mut reading = office.store.read(|connection| read(office, connection, bytes, name, options))?;
    if !options.dry_run {
        office.blobs.put(bytes, Durability::Synced)?;
    }
    let now = office.clock.now();
    let mut counts = (0, 0);
    let written = office.store.write(|transaction| {
        if let Some(header) = reading.header.as_ref().filter(|_| options.columns_confirmed) {
            statements::confirm_columns(transaction, &header.fingerprint, &header.columns, now, actor)?;
        }
        if !options.despite_gap {
            check_neighbours(transaction, &mut reading, &office.rules)?;
        }
        let file = FileInHand { sha256: &sha256, name };
        counts = keep(transaction, office, &file, &reading)?;
        journal::append(transaction, now, actor, None, "statement_imported", &format!("{} {}", reading.format, counts.0))?;
        take_up_others(transaction, office, &reading, &sha256)?;
        if options.dry_run {
            bail!(Preview);
        }
        Ok(())
    });
    match written {
        Err(error) if error.is::<Preview>() => {}
        other => other?,
    }
    let (n_new, n_known) = counts;
    if !options.dry_run {
        tracing::info!(n_new, n_known, format = %reading.format, "statement read: {n_new} new movements");
    }
    Ok(Import::Done { reading: Box::new(reading), n_new, n_known })
}

/// Ends the transaction of a preview without a trace.
#[derive(Debug, thiserror::Error)]
#[error("a preview changes nothing")]
struct Preview;

struct FileInHand<'a> {
    sha256: &'a str,
    name: &'a str,
}

/// Reads a file with what is known besides it: details of pooled bookings, and columns a person confirmed.
fn read(office: &Office, connection: &Connection, bytes: &[u8], name: &str, options: &ImportOptions) -> anyhow::Result<StatementReading> {
    let (rules, blobs) = (&office.rules, &office.blobs);
    let mut reading = bank::read_statement(bytes, name, &options.columns);
    if reading.format.starts_with("camt.053") && reading.movements().any(|movement| movement.debtor.is_none()) {
        let mut details = Vec::new();
        for row in overlapping(connection, &reading, "camt.054")? {
            details.extend(camt::batches(&blobs.get(&row.sha256)?));
        }
        if !details.is_empty() {
            reading = camt::read_with(bytes, &details);
        }
    }
    let mut confirmed = options.columns_confirmed;
    if let Some(header) = &reading.header
        && options.columns == CsvColumns::default()
        && let Some(columns) = statements::confirmed_columns(connection, &header.fingerprint)?
    {
        reading = bank::read_statement(bytes, name, &from_json(&columns)?);
        confirmed = true;
    }
    bank::check_account(&mut reading, &rules.fee.iban);
    if !confirmed {
        ask_about_columns(&mut reading);
    }
    Ok(reading)
}

/// A table without balances proves nothing: what its columns were taken for is shown, and a person says yes once.
fn ask_about_columns(reading: &mut StatementReading) {
    let proved = reading.statements.first().is_some_and(|statement| statement.opening_balance.is_some() && statement.closing_balance.is_some());
    let (Some(header), false) = (&reading.header, proved || reading.statements.is_empty()) else { return };
    let fault = StatementFault::ColumnsToConfirm {
        columns: header.french(),
        number: u32::try_from(reading.movements().count()).unwrap_or(u32::MAX),
        total: Cents(reading.movements().fold(0i64, |sum, movement| sum.saturating_add(movement.amount.0))),
    };
    reading.note(fault, Some(0), None);
}

/// The account under one spelling: an IBAN and the bank, branch and number in it are one account.
fn account_of(spelling: &str, rules: &Rules) -> String {
    if bank::same_account(spelling, &rules.fee.iban) { rules.fee.iban.clone() } else { spelling.to_owned() }
}

/// Compares each opening balance with the closing balance of the statement before it, in whatever file.
///
/// On the same day, or with nothing but a weekend between, another balance is a contradiction and the statement waits. Where days lie
/// between, a statement is missing: the gap is shown, and the movements count.
fn check_neighbours(connection: &Connection, reading: &mut StatementReading, rules: &Rules) -> anyhow::Result<()> {
    let mut found = Vec::new();
    for (index, statement) in reading.statements.iter().enumerate().filter(|(index, _)| reading.trusted(*index)) {
        let Some((day, opening)) = balances(statement, &reading.format).opening else { continue };
        let account = account_of(&statement.account, rules);
        let own_earlier = reading.statements.iter().take(index).any(|earlier| account_of(&earlier.account, rules) == account);
        if !own_earlier {
            found.extend(broken_chain(&statements::balances(connection, &account)?, opening, day).map(|fault| (fault, index)));
        }
    }
    for (fault, index) in found {
        reading.note(fault, Some(index), None);
    }
    Ok(())
}

/// A statement's balances, each as at the end of a day: CFONB and MT940 date the opening one on the day before, the others on the first day.
fn balances(statement: &Statement, format: &str) -> BalanceRow {
    let same_day = matches!(family(format), "cfonb120" | "mt940" | "mt942");
    let opened = statement.opening_date.and_then(|day| if same_day { Some(day) } else { day.pred_opt() });
    BalanceRow { opening: opened.zip(statement.opening_balance), closing: statement.closing_date.zip(statement.closing_balance) }
}

/// What an opening balance has against it, by the booked statements of its account.
fn broken_chain(known: &[BalanceRow], opening: Cents, day: NaiveDate) -> Option<StatementFault> {
    // Banks date an opening balance on the day itself or on the one before; a longer statement may lie over this one.
    let near = |other: NaiveDate| (-7..=1).contains(&(other - day).num_days());
    let supported = known.iter().flat_map(|row| [row.opening, row.closing]).flatten().any(|(other, cents)| near(other) && cents == opening);
    let inside = known.iter().any(|row| row.opening.zip(row.closing).is_some_and(|((from, _), (to, _))| from < day && day < to));
    if supported || inside {
        return None;
    }
    let (closed_on, closing) =
        known.iter().filter_map(|row| row.closing).filter(|(closed_on, _)| *closed_on <= day).max_by_key(|(closed_on, _)| *closed_on)?;
    let difference = Cents(opening.0.saturating_sub(closing.0));
    Some(if working_days_after(closed_on, day) == 0 {
        StatementFault::BalanceContradiction { difference, day: closed_on.format("%d/%m/%Y").to_string() }
    } else {
        StatementFault::BalanceGap { difference }
    })
}

/// Days from Monday to Friday after the first day, the second one included: each could have had a statement.
fn working_days_after(from: NaiveDate, to: NaiveDate) -> usize {
    use chrono::{Datelike, Weekday};
    from.iter_days().skip(1).take(8).take_while(|day| *day <= to).filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)).count()
}

/// Records a file as it was read and books what is trusted of it. What the file had booked before is replaced.
fn keep(transaction: &Transaction<'_>, office: &Office, file: &FileInHand<'_>, reading: &StatementReading) -> anyhow::Result<(usize, usize)> {
    let findings: Vec<(String, String)> = reading.findings.iter().map(|finding| (finding.fault.slug().to_owned(), finding.fault.french())).collect();
    let days = || reading.movements().map(|movement| movement.booking_date);
    let booked = !reading.statements.is_empty() && (0..reading.statements.len()).any(|index| reading.trusted(index));
    let statement_file_id = statements::put(
        transaction,
        &NewStatementFile {
            sha256: file.sha256,
            name: file.name,
            format: &reading.format,
            imported_at: office.clock.now(),
            booked,
            findings_json: &to_json(&findings)?,
            days: days().min().zip(days().max()),
        },
    )?;
    transfers::remove_sources(transaction, statement_file_id)?;
    statements::forget_balances(transaction, statement_file_id)?;
    book(transaction, statement_file_id, reading, &office.rules)
}

/// Books each movement once, however many files hold it.
fn book(transaction: &Transaction<'_>, statement_file_id: i64, reading: &StatementReading, rules: &Rules) -> anyhow::Result<(usize, usize)> {
    let mut by_account: BTreeMap<String, Vec<&Movement>> = BTreeMap::new();
    for (index, statement) in reading.statements.iter().enumerate().filter(|(index, _)| reading.trusted(*index)) {
        let account = account_of(&statement.account, rules);
        statements::add_balance(transaction, statement_file_id, index, &account, &balances(statement, &reading.format))?;
        by_account.entry(account).or_default().extend(&statement.entries);
    }
    let family = family(&reading.format);
    let (mut n_new, mut n_known) = (0, 0);
    for (account, incoming) in by_account {
        let days = || incoming.iter().map(|movement| movement.booking_date);
        let (Some(first), Some(last)) = (days().min(), days().max()) else { continue };
        let margin = Days::new(DAYS_AROUND);
        let from = first.checked_sub_days(margin).unwrap_or(first);
        let to = last.checked_add_days(margin).unwrap_or(last);
        let known = transfers::of_days(transaction, &account, from, to)?;
        for (movement, same) in incoming.iter().zip(reconcile_movements(&known, &incoming, &reading.format)) {
            let transfer_id = match same {
                Some(transfer_id) => {
                    n_known += 1;
                    transfers::add_reading(transaction, transfer_id, family, movement)?;
                    transfer_id
                }
                None => {
                    n_new += 1;
                    transfers::add(transaction, &account, family, movement)?
                }
            };
            transfers::add_source(transaction, statement_file_id, movement.entry, transfer_id)?;
        }
    }
    Ok((n_new, n_known))
}

/// Formats may book one movement a day or two apart.
const DAYS_AROUND: u64 = 3;

/// Other files that this one changes: statements that waited for it, and pooled bookings whose details it gives.
fn take_up_others(transaction: &Transaction<'_>, office: &Office, reading: &StatementReading, own: &str) -> anyhow::Result<()> {
    if reading.format.starts_with("camt.054") {
        for row in overlapping(transaction, reading, "camt.053")?.into_iter().filter(|row| row.booked) {
            again(transaction, office, &row)?;
        }
    }
    // One statement may free the next: at most as many rounds as files wait.
    let waiting = |transaction: &Transaction<'_>| -> anyhow::Result<Vec<StatementFileRow>> {
        let rows = statements::all(transaction)?;
        Ok(rows
            .into_iter()
            .filter(|row| !row.booked && !row.undone && row.sha256 != own && row.findings_json.contains("balance_contradiction"))
            .collect())
    };
    for _ in 0..waiting(transaction)?.len() {
        let mut freed = false;
        for row in waiting(transaction)? {
            freed |= again(transaction, office, &row)?;
        }
        if !freed {
            break;
        }
    }
    Ok(())
}

fn overlapping(connection: &Connection, reading: &StatementReading, format: &str) -> anyhow::Result<Vec<StatementFileRow>> {
    let days = || reading.movements().map(|movement| movement.booking_date);
    let Some((first, last)) = days().min().zip(days().max()) else { return Ok(Vec::new()) };
    let margin = Days::new(DAYS_AROUND);
    statements::of_format(connection, format, first.checked_sub_days(margin).unwrap_or(first), last.checked_add_days(margin).unwrap_or(last))
}

/// Reads a file that is already kept once more and books it anew. Gives whether something of it is booked now.
fn again(transaction: &Transaction<'_>, office: &Office, row: &StatementFileRow) -> anyhow::Result<bool> {
    let bytes = office.blobs.get(&row.sha256)?;
    let mut reading = read(office, transaction, &bytes, &row.name, &ImportOptions::default())?;
    statements::forget_balances(transaction, row.statement_file_id)?;
    check_neighbours(transaction, &mut reading, &office.rules)?;
    keep(transaction, office, &FileInHand { sha256: &row.sha256, name: &row.name }, &reading)?;
    Ok((0..reading.statements.len()).any(|index| reading.trusted(index)))
}

/// Takes an import back as a whole: its movements are gone unless another file holds them, and with them what was matched. What a person
/// decided about them is kept, and counts again if they come back. Gives how many movements are gone; `None` when no such file is booked.
pub fn undo(office: &Office, sha256: &str, actor: &str) -> anyhow::Result<Option<usize>> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        let Some(row) = statements::by_sha256(transaction, sha256)?.filter(|row| !row.undone) else { return Ok(None) };
        let n_gone = transfers::remove_sources(transaction, row.statement_file_id)?;
        statements::mark_undone(transaction, row.statement_file_id, now)?;
        journal::append(transaction, now, actor, None, "statement_undone", &format!("{} {n_gone}", row.format))?;
        if row.format.starts_with("camt.054") && office.blobs.contains(&row.sha256) {
            let reading = bank::read_statement(&office.blobs.get(&row.sha256)?, &row.name, &CsvColumns::default());
            for statement in overlapping(transaction, &reading, "camt.053")?.into_iter().filter(|row| row.booked) {
                again(transaction, office, &statement)?;
            }
        }
        Ok(Some(n_gone))
    })
}
