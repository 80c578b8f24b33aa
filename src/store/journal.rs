//! The journal of operations (*journal des opérations*): who did what, when and why. Append-only.

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};

use crate::store::instant_text;

/// One line of a dossier's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    pub at: String,
    pub actor: String,
    pub event: String,
    pub detail: String,
}

/// The program itself, as an actor.
pub const PROGRAM: &str = "guichet";

pub fn append(
    transaction: &Transaction<'_>,
    at: DateTime<Utc>,
    actor: &str,
    dossier_id: Option<i64>,
    event: &str,
    detail: &str,
) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO journal (at, actor, dossier_id, event, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![instant_text(at), actor, dossier_id, event, detail])
        .context("append to the journal")?;
    Ok(())
}

/// A dossier's history, oldest first.
pub fn of_dossier(connection: &Connection, dossier_id: i64) -> anyhow::Result<Vec<JournalLine>> {
    let mut statement = connection.prepare_cached("SELECT at, actor, event, detail FROM journal WHERE dossier_id = ?1 ORDER BY journal_id")?;
    let rows =
        statement.query_map([dossier_id], |row| Ok(JournalLine { at: row.get(0)?, actor: row.get(1)?, event: row.get(2)?, detail: row.get(3)? }))?;
    rows.collect::<Result<_, _>>().context("read the journal")
}

/// How many lines of an event fall in a half-open span of time.
pub fn count_between(connection: &Connection, event: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> anyhow::Result<u32> {
    connection
        .prepare_cached("SELECT count(*) FROM journal WHERE event = ?1 AND at >= ?2 AND at < ?3")?
        .query_row(params![event, instant_text(from), instant_text(to)], |row| row.get(0))
        .context("count journal lines")
}

/// Whether a person, not the program, did this.
pub fn a_person_did(connection: &Connection, dossier_id: i64, event: &str, detail: &str) -> anyhow::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM journal WHERE dossier_id = ?1 AND event = ?2 AND detail = ?3 AND actor <> ?4)")?
        .query_row(params![dossier_id, event, detail, PROGRAM], |row| row.get(0))
        .context("look into the journal")
}
