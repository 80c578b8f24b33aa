//! Dossiers, and what people decided about them.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::store::{instant_text, parse_instant};

/// A dossier as it stands in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct DossierRow {
    pub dossier_id: i64,
    pub number: String,
    /// ISO 11649, compact.
    pub reference: String,
    pub opened_at: DateTime<Utc>,
    pub dirty: bool,
    pub review_at: Option<DateTime<Utc>>,
    pub state_json: Option<String>,
}

/// What a person decided about a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectionRow {
    pub at: String,
    pub actor: String,
    pub why: String,
    pub subject: String,
    pub value: String,
}

type Raw = (i64, String, String, String, bool, Option<String>, Option<String>);

fn raw_row(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn select(connection: &Connection, condition: &str, parameters: impl rusqlite::Params) -> anyhow::Result<Vec<DossierRow>> {
    let sql = format!("SELECT dossier_id, number, reference, opened_at, dirty, review_at, state_json FROM dossier {condition}");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(parameters, raw_row)?.collect::<Result<Vec<Raw>, _>>().context("read dossiers")?;
    rows.into_iter()
        .map(|(dossier_id, number, reference, opened_at, dirty, review_at, state_json)| {
            let review_at = review_at.as_deref().map(parse_instant).transpose()?;
            Ok(DossierRow { dossier_id, number, reference, opened_at: parse_instant(&opened_at)?, dirty, review_at, state_json })
        })
        .collect()
}

pub fn all(connection: &Connection) -> anyhow::Result<Vec<DossierRow>> {
    select(connection, "ORDER BY dossier_id", [])
}

pub fn by_id(connection: &Connection, dossier_id: i64) -> anyhow::Result<Option<DossierRow>> {
    Ok(select(connection, "WHERE dossier_id = ?1", [dossier_id])?.pop())
}

pub fn by_number(connection: &Connection, number: &str) -> anyhow::Result<Option<DossierRow>> {
    Ok(select(connection, "WHERE number = ?1", [number])?.pop())
}

/// Dossiers that the plan must look at: something came, or a date was reached.
pub fn due(connection: &Connection, now: DateTime<Utc>) -> anyhow::Result<Vec<DossierRow>> {
    select(connection, "WHERE dirty = 1 OR review_at <= ?1 ORDER BY dossier_id", [instant_text(now)])
}

/// The next instant at which some plan wants to be asked again.
pub fn next_review(connection: &Connection) -> anyhow::Result<Option<DateTime<Utc>>> {
    let text: Option<String> = connection.query_row("SELECT min(review_at) FROM dossier", [], |row| row.get(0)).context("next review")?;
    text.as_deref().map(parse_instant).transpose()
}

/// How many dossiers were ever opened: the next ordinal is one more.
pub fn n_opened(connection: &Connection) -> anyhow::Result<u32> {
    let last: Option<u32> =
        connection.query_row("SELECT seq FROM sqlite_sequence WHERE name = 'dossier'", [], |row| row.get(0)).optional().context("count dossiers")?;
    Ok(last.unwrap_or(0))
}

pub fn open(transaction: &Transaction<'_>, number: &str, reference: &str, opened_at: DateTime<Utc>) -> anyhow::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO dossier (number, reference, opened_at) VALUES (?1, ?2, ?3)")?
        .execute(params![number, reference, instant_text(opened_at)])
        .context("open a dossier")?;
    Ok(transaction.last_insert_rowid())
}

/// A dossier that was opened at this instant and has no mail: its mails are being processed again, and this one had opened it.
pub fn waiting_for_its_mails(connection: &Connection, opened_at: DateTime<Utc>) -> anyhow::Result<Option<DossierRow>> {
    let condition = "WHERE opened_at = ?1 AND NOT EXISTS (SELECT 1 FROM mail WHERE mail.dossier_id = dossier.dossier_id) ORDER BY dossier_id LIMIT 1";
    Ok(select(connection, condition, [instant_text(opened_at)])?.pop())
}

pub fn mark_dirty(transaction: &Transaction<'_>, dossier_id: i64) -> anyhow::Result<()> {
    transaction.prepare_cached("UPDATE dossier SET dirty = 1 WHERE dossier_id = ?1")?.execute([dossier_id]).context("mark a dossier")?;
    Ok(())
}

/// Marks every dossier to be looked at again (new rules, new day).
pub fn mark_all_dirty(transaction: &Transaction<'_>) -> anyhow::Result<()> {
    transaction.execute("UPDATE dossier SET dirty = 1", []).context("mark all dossiers")?;
    Ok(())
}

/// Keeps what the plan says is true now.
pub fn keep_state(transaction: &Transaction<'_>, dossier_id: i64, state_json: &str, review_at: Option<DateTime<Utc>>) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE dossier SET dirty = 0, state_json = ?2, review_at = ?3 WHERE dossier_id = ?1")?
        .execute(params![dossier_id, state_json, review_at.map(instant_text)])
        .context("keep a dossier's state")?;
    Ok(())
}

/// A dossier that was joined to another has no state of its own any more.
pub fn forget_state(transaction: &Transaction<'_>, dossier_id: i64) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE dossier SET dirty = 0, state_json = NULL, review_at = NULL WHERE dossier_id = ?1")?
        .execute([dossier_id])
        .context("forget a dossier's state")?;
    Ok(())
}

/// Dossiers that a person joined to another one: number by number.
pub fn joined(connection: &Connection) -> anyhow::Result<BTreeMap<String, String>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, value FROM correction AS mine JOIN dossier USING (dossier_id) WHERE subject = 'joined_to' AND value <> '' AND correction_id =
             (SELECT max(correction_id) FROM correction WHERE dossier_id = mine.dossier_id AND subject = mine.subject)",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect::<Result<_, _>>().context("read which dossiers were joined")
}

/// The newest word of a person on each subject.
pub fn corrections(connection: &Connection, dossier_id: i64) -> anyhow::Result<Vec<CorrectionRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, actor, why, subject, value FROM correction AS mine WHERE dossier_id = ?1 AND correction_id =
             (SELECT max(correction_id) FROM correction WHERE dossier_id = mine.dossier_id AND subject = mine.subject)
         ORDER BY subject",
    )?;
    let rows = statement.query_map([dossier_id], |row| {
        Ok(CorrectionRow { at: row.get(0)?, actor: row.get(1)?, why: row.get(2)?, subject: row.get(3)?, value: row.get(4)? })
    })?;
    rows.collect::<Result<_, _>>().context("read corrections")
}

pub fn correct(
    transaction: &Transaction<'_>,
    dossier_id: i64,
    at: DateTime<Utc>,
    actor: &str,
    why: &str,
    subject: &str,
    value: &str,
) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO correction (dossier_id, at, actor, why, subject, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![dossier_id, instant_text(at), actor, why, subject, value])
        .context("record a correction")?;
    mark_dirty(transaction, dossier_id)
}
