//! The outbox (*boîte d'envoi*): every letter that was ever due, and how far it got.

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, Transaction, params};

use crate::store::{from_json, instant_text, parse_instant, to_json};

/// A letter to be queued; its bytes never change afterwards.
#[derive(Debug, Clone)]
pub struct NewLetter<'a> {
    pub letter_key: &'a str,
    pub dossier_id: Option<i64>,
    pub kind: &'a str,
    pub language: &'a str,
    pub held: bool,
    pub recipients: &'a [String],
    pub in_reply_to: Option<&'a str>,
    pub message_id: &'a str,
    pub subject: &'a str,
    pub message: &'a [u8],
    pub says_json: Option<&'a str>,
    pub queued_at: DateTime<Utc>,
}

/// A letter without its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct LetterRow {
    pub outbox_id: i64,
    pub letter_key: String,
    pub dossier_id: Option<i64>,
    pub kind: String,
    pub language: String,
    pub state: String,
    pub recipients: Vec<String>,
    /// Those that the relay has not taken yet.
    pub recipients_left: Vec<String>,
    pub in_reply_to: Option<String>,
    pub message_id: String,
    pub subject: String,
    pub says_json: Option<String>,
    pub queued_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub attempts: u32,
    pub first_attempt_at: Option<DateTime<Utc>>,
    pub failure: Option<String>,
    pub bounced: Option<String>,
}

const COLUMNS: &str = "outbox_id, letter_key, dossier_id, kind, language, state, recipients_json, in_reply_to, message_id, subject, says_json, \
     queued_at, sent_at, attempts, failure, bounced, recipients_left_json, first_attempt_at";

fn letter_row(row: &Row<'_>) -> rusqlite::Result<(LetterRow, [Option<String>; 5])> {
    let letter = LetterRow {
        outbox_id: row.get(0)?,
        letter_key: row.get(1)?,
        dossier_id: row.get(2)?,
        kind: row.get(3)?,
        language: row.get(4)?,
        state: row.get(5)?,
        recipients: Vec::new(),
        recipients_left: Vec::new(),
        in_reply_to: row.get(7)?,
        message_id: row.get(8)?,
        subject: row.get(9)?,
        says_json: row.get(10)?,
        queued_at: DateTime::UNIX_EPOCH,
        sent_at: None,
        attempts: row.get(13)?,
        first_attempt_at: None,
        failure: row.get(14)?,
        bounced: row.get(15)?,
    };
    Ok((letter, [row.get(6)?, row.get(11)?, row.get(12)?, row.get(16)?, row.get(17)?]))
}

fn select(connection: &Connection, condition: &str, parameters: impl rusqlite::Params) -> anyhow::Result<Vec<LetterRow>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox {condition}"))?;
    let rows = statement.query_map(parameters, letter_row)?.collect::<Result<Vec<_>, _>>().context("read letters")?;
    rows.into_iter()
        .map(|(letter, [recipients, queued_at, sent_at, recipients_left, first_attempt_at])| {
            let recipients = recipients.unwrap_or_else(|| String::from("[]"));
            Ok(LetterRow {
                recipients: from_json(&recipients)?,
                recipients_left: from_json(recipients_left.as_deref().unwrap_or(&recipients))?,
                first_attempt_at: first_attempt_at.as_deref().map(parse_instant).transpose()?,
                queued_at: parse_instant(queued_at.as_deref().unwrap_or_default())?,
                sent_at: sent_at.as_deref().map(parse_instant).transpose()?,
                ..letter
            })
        })
        .collect()
}

pub fn all(connection: &Connection) -> anyhow::Result<Vec<LetterRow>> {
    select(connection, "ORDER BY outbox_id", [])
}

pub fn of_dossier(connection: &Connection, dossier_id: i64) -> anyhow::Result<Vec<LetterRow>> {
    select(connection, "WHERE dossier_id = ?1 ORDER BY outbox_id", [dossier_id])
}

pub fn by_key(connection: &Connection, letter_key: &str) -> anyhow::Result<Option<LetterRow>> {
    Ok(select(connection, "WHERE letter_key = ?1", [letter_key])?.pop())
}

pub fn by_message_id(connection: &Connection, message_id: &str) -> anyhow::Result<Option<LetterRow>> {
    Ok(select(connection, "WHERE message_id = ?1", [message_id])?.pop())
}

/// Letters that may be tried now, oldest first.
pub fn due(connection: &Connection, now: DateTime<Utc>, n_max: u32) -> anyhow::Result<Vec<LetterRow>> {
    select(
        connection,
        "WHERE state = 'queued' AND next_attempt_at <= ?1 ORDER BY next_attempt_at, outbox_id LIMIT ?2",
        params![instant_text(now), n_max],
    )
}

/// Letters found half-way: the process died while they were being handed over.
pub fn sending(connection: &Connection) -> anyhow::Result<Vec<LetterRow>> {
    select(connection, "WHERE state = 'sending' ORDER BY outbox_id", [])
}

/// Letters of which nobody knows whether they left, claimed after `since`.
pub fn in_doubt(connection: &Connection, since: DateTime<Utc>) -> anyhow::Result<Vec<LetterRow>> {
    select(connection, "WHERE state = 'in_doubt' AND first_attempt_at >= ?1 ORDER BY outbox_id", [instant_text(since)])
}

/// Whether our own copy of a letter has come back into the mailbox: the relay had taken it.
pub fn copy_has_come(connection: &Connection, message_id: &str) -> anyhow::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM mail WHERE message_id = ?1)")?
        .query_row([message_id], |row| row.get(0))
        .context("look for a letter's copy")
}

/// When the next queued letter may be tried.
pub fn next_attempt(connection: &Connection) -> anyhow::Result<Option<DateTime<Utc>>> {
    let text: Option<String> =
        connection.query_row("SELECT min(next_attempt_at) FROM outbox WHERE state = 'queued'", [], |row| row.get(0)).context("next attempt")?;
    text.as_deref().map(parse_instant).transpose()
}

pub fn message(connection: &Connection, outbox_id: i64) -> anyhow::Result<Vec<u8>> {
    connection
        .prepare_cached("SELECT message FROM outbox WHERE outbox_id = ?1")?
        .query_row([outbox_id], |row| row.get(0))
        .context("read a letter's bytes")
}

/// Queues a letter; one of that key is left as it is. Says whether it is new.
pub fn queue(transaction: &Transaction<'_>, letter: &NewLetter<'_>) -> anyhow::Result<bool> {
    let n_added = transaction
        .prepare_cached(
            "INSERT INTO outbox (letter_key, dossier_id, kind, language, state, recipients_json, in_reply_to, message_id, subject, message,
                 says_json, queued_at, next_attempt_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12) ON CONFLICT (letter_key) DO NOTHING",
        )?
        .execute(params![
            letter.letter_key,
            letter.dossier_id,
            letter.kind,
            letter.language,
            if letter.held { "held" } else { "queued" },
            to_json(&letter.recipients)?,
            letter.in_reply_to,
            letter.message_id,
            letter.subject,
            letter.message,
            letter.says_json,
            instant_text(letter.queued_at),
        ])
        .context("queue a letter")?;
    Ok(n_added > 0)
}

/// Moves a letter from one of the given states to another; says whether it was there to be moved. Queued again, its retries begin anew.
pub fn change_state(transaction: &Transaction<'_>, letter_key: &str, from: &[&str], to: &str) -> anyhow::Result<bool> {
    let n_changed = transaction
        .prepare_cached(
            "UPDATE outbox SET state = ?2, first_attempt_at = iif(?2 = 'queued', NULL, first_attempt_at)
             WHERE letter_key = ?1 AND state IN (SELECT value FROM json_each(?3))",
        )?
        .execute(params![letter_key, to, to_json(&from)?])
        .context("change a letter's state")?;
    Ok(n_changed > 0)
}

/// Lets the letters go that the breaker holds back.
pub fn release_capped(transaction: &Transaction<'_>, now: DateTime<Utc>) -> anyhow::Result<usize> {
    transaction
        .execute("UPDATE outbox SET next_attempt_at = ?1, failure = NULL WHERE state = 'queued' AND failure = 'capped'", [instant_text(now)])
        .context("release capped letters")
}

/// Lets every held letter go, as if a person had approved each.
pub fn release_all(transaction: &Transaction<'_>) -> anyhow::Result<usize> {
    transaction.execute("UPDATE outbox SET state = 'queued' WHERE state = 'held'", []).context("release letters")
}

/// Claims a queued letter for sending and counts the attempt, before anything is said to a server.
pub fn begin_sending(transaction: &Transaction<'_>, outbox_id: i64, now: DateTime<Utc>) -> anyhow::Result<bool> {
    let n_changed = transaction
        .prepare_cached(
            "UPDATE outbox SET state = 'sending', attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, ?2)
             WHERE outbox_id = ?1 AND state = 'queued'",
        )?
        .execute(params![outbox_id, instant_text(now)])
        .context("claim a letter")?;
    Ok(n_changed > 0)
}

/// Makes a queued letter wait, which is no attempt.
pub fn put_off(transaction: &Transaction<'_>, outbox_id: i64, until: DateTime<Utc>, why: &str) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE outbox SET next_attempt_at = ?2, failure = ?3 WHERE outbox_id = ?1 AND state = 'queued'")?
        .execute(params![outbox_id, instant_text(until), why])
        .context("put off a letter")?;
    Ok(())
}

/// Keeps who of several recipients the relay has not taken.
pub fn keep_recipients_left(transaction: &Transaction<'_>, outbox_id: i64, left: &[String]) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE outbox SET recipients_left_json = ?2 WHERE outbox_id = ?1")?
        .execute(params![outbox_id, to_json(&left)?])
        .context("keep the recipients left")?;
    Ok(())
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt<'a> {
    Sent(DateTime<Utc>),
    /// It left, and some of several recipients were refused for good.
    SentInPart(DateTime<Utc>),
    /// Try again then.
    Retry(DateTime<Utc>, &'a str),
    Failed(&'a str),
    /// Nobody knows whether the server took it (RFC 1047).
    InDoubt,
}

pub fn end_sending(transaction: &Transaction<'_>, outbox_id: i64, attempt: Attempt<'_>) -> anyhow::Result<()> {
    let (state, sent_at, next_attempt_at, failure) = match attempt {
        Attempt::Sent(at) => ("sent", Some(instant_text(at)), None, None),
        Attempt::SentInPart(at) => ("sent", Some(instant_text(at)), None, Some("some_recipients_refused")),
        Attempt::Retry(at, failure) => ("queued", None, Some(instant_text(at)), Some(failure)),
        Attempt::Failed(failure) => ("failed", None, None, Some(failure)),
        Attempt::InDoubt => ("in_doubt", None, None, Some("closed_after_final_dot")),
    };
    transaction
        .prepare_cached(
            "UPDATE outbox SET state = ?2, sent_at = ?3, next_attempt_at = coalesce(?4, next_attempt_at), failure = ?5 WHERE outbox_id = ?1",
        )?
        .execute(params![outbox_id, state, sent_at, next_attempt_at, failure])
        .context("end an attempt")?;
    Ok(())
}

/// Ties a non-delivery report to the letter that came back.
pub fn mark_bounced(transaction: &Transaction<'_>, outbox_id: i64, hard: bool) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE outbox SET bounced = ?2 WHERE outbox_id = ?1")?
        .execute(params![outbox_id, if hard { "hard" } else { "soft" }])
        .context("mark a letter bounced")?;
    Ok(())
}

/// The letter that last left to this address, to which a report that quotes no Message-ID is tied.
pub fn last_sent_to(connection: &Connection, address: &str) -> anyhow::Result<Option<LetterRow>> {
    Ok(select(
        connection,
        "WHERE lower(json_extract(recipients_json, '$[0]')) = ?1 AND sent_at IS NOT NULL ORDER BY sent_at DESC, outbox_id DESC LIMIT 1",
        [address.to_lowercase()],
    )?
    .pop())
}

/// Dossiers and the Message-IDs of their letters.
pub fn message_ids(connection: &Connection) -> anyhow::Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare_cached("SELECT dossier_id, message_id FROM outbox WHERE dossier_id IS NOT NULL ORDER BY outbox_id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect::<Result<_, _>>().context("list the letters' Message-IDs")
}

/// How many letters wait because too many had left.
pub fn n_capped(connection: &Connection) -> anyhow::Result<u32> {
    connection
        .prepare_cached("SELECT count(*) FROM outbox WHERE state = 'queued' AND failure = 'capped'")?
        .query_row([], |row| row.get(0))
        .context("count capped letters")
}

/// Letters that are ready to leave.
pub fn n_queued(connection: &Connection) -> anyhow::Result<u32> {
    connection.prepare_cached("SELECT count(*) FROM outbox WHERE state = 'queued'")?.query_row([], |row| row.get(0)).context("count queued letters")
}

/// Whether a letter of this kind was queued to this address since then.
pub fn wrote_to_since(connection: &Connection, kind: &str, address: &str, since: DateTime<Utc>) -> anyhow::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE lower(json_extract(recipients_json, '$[0]')) = ?1 AND kind = ?2 AND queued_at >= ?3)",
        )?
        .query_row(params![address.to_lowercase(), kind, instant_text(since)], |row| row.get(0))
        .context("look for letters to an address")
}

/// How many letters left in a half-open span of time, to one address (in lower case; letters to candidates have one) or to anybody.
pub fn n_sent_between(connection: &Connection, address: Option<&str>, from: DateTime<Utc>, to: DateTime<Utc>) -> anyhow::Result<u32> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM outbox WHERE sent_at >= ?1 AND sent_at < ?2
                 AND (?3 IS NULL OR lower(json_extract(recipients_json, '$[0]')) = ?3)",
        )?
        .query_row(params![instant_text(from), instant_text(to), address], |row| row.get(0))
        .context("count letters")
}
