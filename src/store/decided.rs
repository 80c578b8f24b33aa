//! What people decided about transfers and mails, with who, when and why. Rows are added, or marked as taken back; none is changed or removed.

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::domain::document::DocumentKind;
use crate::store::{from_json, instant_text, to_json};

/// Who decided, when and why: what every decided fact carries.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    pub at: DateTime<Utc>,
    pub actor: &'a str,
    pub why: &'a str,
}

/// A person's word on a transfer, not taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferDecisionRow {
    pub transfer_decision_id: i64,
    pub transfer_id: i64,
    pub at: String,
    pub actor: String,
    pub why: String,
    /// `match`, `not_a_fee` or `unmatch`.
    pub verdict: String,
    pub dossiers: Vec<String>,
    /// Cents for each of the dossiers, when it was not shared out evenly.
    pub shares: Option<Vec<i64>>,
}

const DECISION: &str = "SELECT transfer_decision_id, transfer_id, at, actor, why, verdict, dossiers_json, shares_json FROM transfer_decision
     WHERE undone_at IS NULL";

fn decision_row(row: &Row<'_>) -> rusqlite::Result<(TransferDecisionRow, String, Option<String>)> {
    let decision = TransferDecisionRow {
        transfer_decision_id: row.get(0)?,
        transfer_id: row.get(1)?,
        at: row.get(2)?,
        actor: row.get(3)?,
        why: row.get(4)?,
        verdict: row.get(5)?,
        dossiers: Vec::new(),
        shares: None,
    };
    Ok((decision, row.get(6)?, row.get(7)?))
}

/// Every word on transfers that still stands, oldest first.
pub fn transfer_decisions(connection: &Connection) -> anyhow::Result<Vec<TransferDecisionRow>> {
    let mut statement = connection.prepare_cached(&format!("{DECISION} ORDER BY transfer_decision_id"))?;
    let rows = statement.query_map([], decision_row)?.collect::<Result<Vec<_>, _>>().context("read decisions on transfers")?;
    rows.into_iter()
        .map(|(decision, dossiers, shares)| {
            Ok(TransferDecisionRow { dossiers: from_json(&dossiers)?, shares: shares.as_deref().map(from_json).transpose()?, ..decision })
        })
        .collect()
}

/// The word in force on one transfer.
pub fn transfer_decision(connection: &Connection, transfer_id: i64) -> anyhow::Result<Option<TransferDecisionRow>> {
    Ok(transfer_decisions(connection)?.into_iter().rev().find(|row| row.transfer_id == transfer_id))
}

pub fn decide_transfer(
    transaction: &Transaction<'_>,
    transfer_id: i64,
    signed: Signed<'_>,
    verdict: &str,
    dossiers: &[String],
    shares: Option<&[i64]>,
) -> anyhow::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO transfer_decision (transfer_id, at, actor, why, verdict, dossiers_json, shares_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            transfer_id,
            instant_text(signed.at),
            signed.actor,
            signed.why,
            verdict,
            to_json(&dossiers)?,
            shares.map(|shares| to_json(&shares)).transpose()?,
        ])
        .context("record a decision on a transfer")?;
    Ok(())
}

/// Takes a word back: the row stays, and no longer counts.
pub fn undo_transfer_decision(transaction: &Transaction<'_>, transfer_decision_id: i64, signed: Signed<'_>) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE transfer_decision SET undone_at = ?2, undone_by = ?3 WHERE transfer_decision_id = ?1 AND undone_at IS NULL")?
        .execute(params![transfer_decision_id, instant_text(signed.at), signed.actor])
        .context("take a decision on a transfer back")?;
    Ok(())
}

/// A person's word on whose a mail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailDecisionRow {
    pub sha256: String,
    pub at: String,
    pub actor: String,
    pub why: String,
    /// Empty: nobody's.
    pub number: String,
}

fn mail_row(row: &Row<'_>) -> rusqlite::Result<MailDecisionRow> {
    Ok(MailDecisionRow { sha256: row.get(0)?, at: row.get(1)?, actor: row.get(2)?, why: row.get(3)?, number: row.get(4)? })
}

/// The word in force on a mail's content.
pub fn mail_decision(connection: &Connection, sha256: &str) -> anyhow::Result<Option<MailDecisionRow>> {
    connection
        .prepare_cached("SELECT sha256, at, actor, why, number FROM mail_decision WHERE sha256 = ?1 ORDER BY mail_decision_id DESC LIMIT 1")?
        .query_row([sha256], mail_row)
        .optional()
        .context("read a decision on a mail")
}

/// Every word on mails, oldest first.
pub fn mail_decisions(connection: &Connection) -> anyhow::Result<Vec<MailDecisionRow>> {
    let mut statement = connection.prepare_cached("SELECT sha256, at, actor, why, number FROM mail_decision ORDER BY mail_decision_id")?;
    let rows = statement.query_map([], mail_row)?;
    rows.collect::<Result<_, _>>().context("read decisions on mails")
}

pub fn decide_mail(transaction: &Transaction<'_>, sha256: &str, signed: Signed<'_>, number: &str) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO mail_decision (sha256, at, actor, why, number) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![sha256, instant_text(signed.at), signed.actor, signed.why, number])
        .context("record a decision on a mail")?;
    Ok(())
}

/// What a person said a document is, whichever dossier it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaughtKind {
    pub number: String,
    pub sha256: String,
    pub first_page: u32,
    pub kind: DocumentKind,
}

/// The newest word on the kind of every document, in the order in which they were said.
pub fn taught_kinds(connection: &Connection) -> anyhow::Result<Vec<TaughtKind>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, subject, value FROM correction AS mine JOIN dossier USING (dossier_id) WHERE subject GLOB 'kind:*' AND correction_id =
             (SELECT max(correction_id) FROM correction WHERE dossier_id = mine.dossier_id AND subject = mine.subject)
         ORDER BY correction_id",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?;
    let mut taught = Vec::new();
    for row in rows {
        let (number, subject, value) = row.context("read what was taught")?;
        let mut parts = subject.splitn(3, ':').skip(1);
        let place = parts.next().zip(parts.next().and_then(|page| page.parse().ok()));
        if let (Some((sha256, first_page)), Some(kind)) = (place, DocumentKind::from_slug(&value)) {
            taught.push(TaughtKind { number, sha256: sha256.to_owned(), first_page, kind });
        }
    }
    Ok(taught)
}

/// The kept shape of a document: what the program took it for, and the words of its first page.
pub fn document_shape(connection: &Connection, sha256: &str, first_page: u32) -> anyhow::Result<Option<(String, Vec<String>)>> {
    let row: Option<(String, String)> = connection
        .prepare_cached("SELECT kind, words_json FROM document_shape WHERE sha256 = ?1 AND first_page = ?2")?
        .query_row(params![sha256, first_page], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .context("read a document's shape")?;
    row.map(|(kind, words)| Ok((kind, from_json(&words)?))).transpose()
}

pub fn keep_document_shape(transaction: &Transaction<'_>, sha256: &str, first_page: u32, kind: &str, words: &[String]) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO document_shape (sha256, first_page, kind, words_json) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?
        .execute(params![sha256, first_page, kind, to_json(&words)?])
        .context("keep a document's shape")?;
    Ok(())
}
