//! Statements and transfers. What people decided about them stands in `decided`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::domain::payment::{Movement, TransferState};
use crate::store::{from_json, instant_text, to_json};

/// A transfer with the matching's view of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferRow {
    pub transfer_id: i64,
    pub account: String,
    pub movement: Movement,
    pub state: TransferState,
    pub dossiers: Vec<String>,
    pub why: Vec<String>,
    /// The rule that decided.
    pub tier: String,
    /// File name and movement number of every place where it stands.
    pub sources: Vec<(String, u32)>,
    /// Whether some file that holds it added up.
    pub trusted: bool,
}

/// Whether a statement of that content was read, and when.
pub fn statement_imported_at(connection: &Connection, sha256: &str) -> anyhow::Result<Option<String>> {
    connection
        .prepare_cached("SELECT imported_at FROM statement_file WHERE sha256 = ?1")?
        .query_row([sha256], |row| row.get(0))
        .optional()
        .context("look for a statement")
}

pub fn add_statement(
    transaction: &Transaction<'_>,
    sha256: &str,
    name: &str,
    format: &str,
    imported_at: DateTime<Utc>,
    booked: bool,
    findings_json: &str,
) -> anyhow::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO statement_file (sha256, name, format, imported_at, booked, findings_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![sha256, name, format, instant_text(imported_at), booked, findings_json])
        .context("record a statement")?;
    Ok(transaction.last_insert_rowid())
}

/// Content and name of every statement file, in the order in which they were read.
pub fn statement_blobs(connection: &Connection) -> anyhow::Result<Vec<(String, String)>> {
    let mut statement = connection.prepare_cached("SELECT sha256, name FROM statement_file ORDER BY statement_file_id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect::<Result<_, _>>().context("list statement files")
}

/// A statement file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRow {
    pub name: String,
    pub format: String,
    pub imported_at: String,
    /// It added up and its movements count.
    pub booked: bool,
}

/// Statement files, in the order in which they were read.
pub fn statements(connection: &Connection) -> anyhow::Result<Vec<StatementRow>> {
    let mut statement = connection.prepare_cached("SELECT name, format, imported_at, booked FROM statement_file ORDER BY statement_file_id")?;
    let rows =
        statement.query_map([], |row| Ok(StatementRow { name: row.get(0)?, format: row.get(1)?, imported_at: row.get(2)?, booked: row.get(3)? }))?;
    rows.collect::<Result<_, _>>().context("list statements")
}

/// Known movements of one account in a closed span of days, each with the formats it was seen in.
pub fn of_days(connection: &Connection, account: &str, from: NaiveDate, to: NaiveDate) -> anyhow::Result<Vec<(i64, Movement, BTreeSet<String>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT transfer_id, movement_json, (SELECT json_group_array(format) FROM transfer_source JOIN statement_file USING (statement_file_id)
             WHERE transfer_source.transfer_id = transfer.transfer_id)
         FROM transfer WHERE account = ?1 AND booking_date BETWEEN ?2 AND ?3 ORDER BY transfer_id",
    )?;
    let rows = statement
        .query_map(params![account, from.to_string(), to.to_string()], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?;
    rows.map(|row| {
        let (transfer_id, movement, formats) = row.context("read transfers")?;
        Ok((transfer_id, from_json(&movement)?, from_json(&formats)?))
    })
    .collect()
}

pub fn add(transaction: &Transaction<'_>, account: &str, movement: &Movement) -> anyhow::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO transfer (account, booking_date, amount_cents, movement_json) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![account, movement.booking_date.to_string(), movement.amount.0, to_json(movement)?])
        .context("record a transfer")?;
    Ok(transaction.last_insert_rowid())
}

pub fn add_source(transaction: &Transaction<'_>, statement_file_id: i64, entry: u32, transfer_id: i64) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO transfer_source (statement_file_id, entry, transfer_id) VALUES (?1, ?2, ?3)")?
        .execute(params![statement_file_id, entry, transfer_id])
        .context("record where a transfer stands")?;
    Ok(())
}

/// File name and movement number of each place, and whether one of the files added up.
type Sources = (Vec<(String, u32)>, bool);

/// Every transfer, in order of booking.
pub fn all(connection: &Connection) -> anyhow::Result<Vec<TransferRow>> {
    let mut sources: BTreeMap<i64, Sources> = BTreeMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT transfer_id, name, entry, booked FROM transfer_source JOIN statement_file USING (statement_file_id)
         ORDER BY transfer_id, statement_file_id, entry",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next().context("read sources")? {
        let (places, trusted) = sources.entry(row.get(0)?).or_default();
        places.push((row.get(1)?, row.get(2)?));
        *trusted |= row.get::<_, bool>(3)?;
    }
    let mut statement = connection.prepare_cached(
        "SELECT transfer_id, account, movement_json, state, dossiers_json, why_json, tier FROM transfer ORDER BY booking_date, transfer_id",
    )?;
    let mut rows = statement.query([])?;
    let mut transfers = Vec::new();
    while let Some(row) = rows.next().context("read transfers")? {
        let transfer_id = row.get(0)?;
        let (sources, trusted) = sources.remove(&transfer_id).unwrap_or_default();
        transfers.push(TransferRow {
            transfer_id,
            account: row.get(1)?,
            movement: from_json(&row.get::<_, String>(2)?)?,
            state: TransferState::from_slug(&row.get::<_, String>(3)?).unwrap_or(TransferState::Unrelated),
            dossiers: from_json(&row.get::<_, String>(4)?)?,
            why: from_json(&row.get::<_, String>(5)?)?,
            tier: row.get(6)?,
            sources,
            trusted,
        });
    }
    Ok(transfers)
}

/// Keeps the matching's view of a transfer.
pub fn keep_outcome(
    transaction: &Transaction<'_>,
    transfer_id: i64,
    state: &str,
    tier: &str,
    dossiers: &[String],
    why: &[String],
) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE transfer SET state = ?2, tier = ?3, dossiers_json = ?4, why_json = ?5 WHERE transfer_id = ?1")?
        .execute(params![transfer_id, state, tier, to_json(&dossiers)?, to_json(&why)?])
        .context("keep a matching")?;
    Ok(())
}
