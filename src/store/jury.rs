//! Jury batches and decisions.

use std::path::PathBuf;

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};

use crate::store::{from_json, instant_text, to_json};

/// A frozen batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    pub session: String,
    pub built_at: String,
    /// Where its files lie, seen from the folder of the configuration.
    pub folder: PathBuf,
    pub manifest_json: String,
    pub numbers: Vec<String>,
}

/// A decision of the jury on one dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    pub decision_id: i64,
    pub dossier_id: i64,
    pub session: String,
    pub decision: String,
    pub opinion: Option<String>,
    pub comment: Option<String>,
    pub approved_at: Option<String>,
}

impl DecisionRow {
    /// Whether both record the same decision in the same words, approved or not.
    pub fn says_the_same(&self, other: &DecisionRow) -> bool {
        (self.dossier_id, &self.session, &self.decision, &self.opinion, &self.comment)
            == (other.dossier_id, &other.session, &other.decision, &other.opinion, &other.comment)
    }
}

pub fn batches(connection: &Connection) -> anyhow::Result<Vec<BatchRow>> {
    let mut statement = connection.prepare_cached("SELECT session, built_at, folder, manifest_json, numbers_json FROM batch ORDER BY batch_id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get::<_, String>(4)?)))?;
    rows.map(|row| {
        let (session, built_at, folder, manifest_json, numbers): (_, _, String, _, _) = row.context("read batches")?;
        Ok(BatchRow { session, built_at, folder: folder.into(), manifest_json, numbers: from_json(&numbers)? })
    })
    .collect()
}

pub fn add_batch(
    transaction: &Transaction<'_>,
    session: &str,
    built_at: DateTime<Utc>,
    folder: &str,
    manifest_json: &str,
    numbers: &[String],
) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO batch (session, built_at, folder, manifest_json, numbers_json) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![session, instant_text(built_at), folder, manifest_json, to_json(&numbers)?])
        .context("record a batch")?;
    Ok(())
}

/// The newest decision of each dossier and session.
pub fn decisions(connection: &Connection) -> anyhow::Result<Vec<DecisionRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT decision_id, dossier_id, session, decision, opinion, comment, approved_at FROM decision AS mine WHERE decision_id =
             (SELECT max(decision_id) FROM decision WHERE dossier_id = mine.dossier_id AND session = mine.session)
         ORDER BY decision_id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(DecisionRow {
            decision_id: row.get(0)?,
            dossier_id: row.get(1)?,
            session: row.get(2)?,
            decision: row.get(3)?,
            opinion: row.get(4)?,
            comment: row.get(5)?,
            approved_at: row.get(6)?,
        })
    })?;
    rows.collect::<Result<_, _>>().context("read decisions")
}

/// When and by whom a decision was entered.
pub fn entered(connection: &Connection, decision_id: i64) -> anyhow::Result<(String, String)> {
    connection
        .prepare_cached("SELECT entered_at, actor FROM decision WHERE decision_id = ?1")?
        .query_row([decision_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .context("read who entered a decision")
}

pub fn enter_decision(transaction: &Transaction<'_>, row: &DecisionRow, at: DateTime<Utc>, actor: &str) -> anyhow::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO decision (dossier_id, session, decision, opinion, comment, entered_at, actor) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![row.dossier_id, row.session, row.decision, row.opinion, row.comment, instant_text(at), actor])
        .context("enter a decision")?;
    Ok(())
}

pub fn approve_decision(transaction: &Transaction<'_>, decision_id: i64, at: DateTime<Utc>) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE decision SET approved_at = ?2 WHERE decision_id = ?1 AND approved_at IS NULL")?
        .execute(params![decision_id, instant_text(at)])
        .context("approve a decision")?;
    Ok(())
}
