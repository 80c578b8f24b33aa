//! Mails, the cursor of each folder, the files that came with them, and the readings kept for good.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::domain::document::{FileReading, RawReading};
use crate::domain::mail::MailClass;
use crate::store::{from_json, instant_text, parse_instant, to_json};

/// A mail as it is recorded when it comes in.
#[derive(Debug, Clone)]
pub struct NewMail<'a> {
    pub mailbox: &'a str,
    pub uid_validity: u32,
    pub uid: u32,
    pub sha256: &'a str,
    pub size_bytes: u64,
    pub arrived_at: DateTime<Utc>,
    /// It lies in a folder whose mails are never answered without a person's word.
    pub in_doubt: bool,
    /// Nor are mails that arrived before this instant.
    pub backlog_before: Option<DateTime<Utc>>,
}

/// Why a mail of the mailbox could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// Above the size that is fetched.
    TooLarge { size_bytes: u64 },
    /// The server could not give it three times, though it gave others.
    NotGiven,
    /// The file in the Maildir cannot be read.
    NotReadable,
}

impl LeftOut {
    pub fn slug(self) -> &'static str {
        match self {
            LeftOut::TooLarge { .. } => "too_large",
            LeftOut::NotGiven => "not_given",
            LeftOut::NotReadable => "not_readable",
        }
    }

    /// What stands in the place of the subject that nobody could read, for the assistant.
    fn description(self, mailbox: &str, uid: u32) -> String {
        let folder = mailbox.strip_prefix(SENT_MARK).unwrap_or(mailbox);
        let folder = folder.strip_prefix("imap/").unwrap_or(folder);
        let why = match self {
            LeftOut::TooLarge { size_bytes } => format!("trop volumineux\u{a0}: {}\u{a0}Mo", size_bytes.div_ceil(1_000_000)),
            LeftOut::NotGiven => String::from("le serveur de messagerie n'arrive pas à le donner"),
            LeftOut::NotReadable => String::from("son fichier ne peut pas être lu"),
        };
        format!("[courriel nº\u{a0}{uid} du dossier {folder}, {why}]")
    }
}

/// A mail as it stands in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct MailRow {
    pub mail_id: i64,
    pub mailbox: String,
    pub uid: u32,
    pub sha256: String,
    pub arrived_at: DateTime<Utc>,
    pub state: String,
    pub backlog: bool,
    pub message_id: Option<String>,
    pub class: Option<MailClass>,
    pub may_answer: bool,
    pub subject: String,
    pub from_name: Option<String>,
    pub from_address: Option<String>,
    pub dossier_id: Option<i64>,
    pub dossier_basis: Option<String>,
    pub facts_json: Option<String>,
    pub answered_by: Option<String>,
}

/// What processing found out about a mail.
#[derive(Debug, Clone)]
pub struct ProcessedMail<'a> {
    pub message_id: Option<&'a str>,
    pub class: MailClass,
    pub may_answer: bool,
    pub subject: &'a str,
    pub from_name: Option<&'a str>,
    pub from_address: Option<&'a str>,
    pub dossier_id: Option<i64>,
    pub dossier_basis: Option<&'a str>,
    pub facts_json: &'a str,
    pub state: &'a str,
}

/// A file that came with a mail.
#[derive(Debug, Clone, PartialEq)]
pub struct MailFileRow {
    pub mail_id: i64,
    pub position: u32,
    pub name: String,
    pub archive_name: Option<String>,
    pub sha256: String,
    pub size_bytes: u64,
    pub reading: FileReading,
}

const COLUMNS: &str = "mail_id, mailbox, uid, sha256, arrived_at, state, backlog, message_id, class, may_answer, subject, from_name, from_address, \
     dossier_id, dossier_basis, facts_json, answered_by";

fn mail_row(row: &Row<'_>) -> rusqlite::Result<(MailRow, String)> {
    let class: Option<String> = row.get(8)?;
    let arrived_at: String = row.get(4)?;
    let mail = MailRow {
        mail_id: row.get(0)?,
        mailbox: row.get(1)?,
        uid: row.get(2)?,
        sha256: row.get(3)?,
        arrived_at: DateTime::UNIX_EPOCH,
        state: row.get(5)?,
        backlog: row.get(6)?,
        message_id: row.get(7)?,
        class: class.as_deref().and_then(MailClass::from_slug),
        may_answer: row.get(9)?,
        subject: row.get(10)?,
        from_name: row.get(11)?,
        from_address: row.get(12)?,
        dossier_id: row.get(13)?,
        dossier_basis: row.get(14)?,
        facts_json: row.get(15)?,
        answered_by: row.get(16)?,
    };
    Ok((mail, arrived_at))
}

fn select(connection: &Connection, condition: &str, parameters: impl rusqlite::Params) -> anyhow::Result<Vec<MailRow>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM mail {condition}"))?;
    let rows = statement.query_map(parameters, mail_row)?.collect::<Result<Vec<_>, _>>().context("read mails")?;
    rows.into_iter().map(|(mail, arrived_at)| Ok(MailRow { arrived_at: parse_instant(&arrived_at)?, ..mail })).collect()
}

/// The UIDVALIDITY and last UID recorded for a folder.
pub fn cursor(connection: &Connection, mailbox: &str) -> anyhow::Result<Option<(u32, u32)>> {
    connection
        .prepare_cached("SELECT uid_validity, last_uid FROM mailbox_cursor WHERE mailbox = ?1")?
        .query_row([mailbox], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .context("read the cursor")
}

pub fn set_cursor(transaction: &Transaction<'_>, mailbox: &str, uid_validity: u32, last_uid: u32) -> anyhow::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO mailbox_cursor (mailbox, uid_validity, last_uid) VALUES (?1, ?2, ?3)
             ON CONFLICT (mailbox) DO UPDATE SET uid_validity = excluded.uid_validity, last_uid = excluded.last_uid",
        )?
        .execute(params![mailbox, uid_validity, last_uid])
        .context("move the cursor")?;
    Ok(())
}

/// The ordinal of a Maildir's mail that was seen before, and whether it had to be left out then (it is tried again at each look).
pub fn seen_in_maildir(connection: &Connection, mailbox: &str, name: &str) -> anyhow::Result<Option<(u32, bool)>> {
    connection
        .prepare_cached(
            "SELECT seen.uid, EXISTS (SELECT 1 FROM mail WHERE mail.mailbox = seen.mailbox AND mail.uid = seen.uid AND state = 'left_out')
             FROM maildir_seen AS seen WHERE seen.mailbox = ?1 AND seen.name = ?2",
        )?
        .query_row([mailbox, name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .context("look for a name of the Maildir")
}

/// Remembers a name of the Maildir with the ordinal that its mail was given.
pub fn remember_in_maildir(transaction: &Transaction<'_>, mailbox: &str, name: &str, uid: u32) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO maildir_seen (mailbox, name, uid) VALUES (?1, ?2, ?3) ON CONFLICT (mailbox, name) DO NOTHING")?
        .execute(params![mailbox, name, uid])
        .context("remember a name of the Maildir")?;
    Ok(())
}

/// Records a mail whose content could not be had, so that the assistant sees it and the cursor may pass. Says whether that is new.
pub fn record_left_out(
    transaction: &Transaction<'_>,
    mailbox: &str,
    uid_validity: u32,
    uid: u32,
    left_out: LeftOut,
    noticed_at: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let size_bytes = match left_out {
        LeftOut::TooLarge { size_bytes } => i64::try_from(size_bytes).unwrap_or(i64::MAX),
        LeftOut::NotGiven | LeftOut::NotReadable => 0,
    };
    let n_added = transaction
        .prepare_cached(
            "INSERT INTO mail (mailbox, uid_validity, uid, sha256, size_bytes, arrived_at, state, left_out, backlog, class, subject)
             VALUES (?1, ?2, ?3, '', ?4, ?5, 'left_out', ?6, 1, ?7, ?8) ON CONFLICT (mailbox, uid_validity, uid) DO NOTHING",
        )?
        .execute(params![
            mailbox,
            uid_validity,
            uid,
            size_bytes,
            instant_text(noticed_at),
            left_out.slug(),
            MailClass::Unreadable.slug(),
            left_out.description(mailbox, uid),
        ])
        .context("record a mail that was left out")?;
    Ok(n_added > 0)
}

/// Records a mail; one that is already there under this UID is left alone, unless its content could not be had until now. Gives the new
/// row's id.
///
/// Content seen before under another UID (a copy, a move, a new UIDVALIDITY) is recorded as a duplicate, so that it is answered by nobody
/// twice. One first seen in the junk folder and now put where mail is answered takes the place of that first sight: a person vouches for
/// it. It arrived when it first arrived, whatever the server says of the copy.
pub fn record(transaction: &Transaction<'_>, mail: &NewMail<'_>) -> anyhow::Result<Option<i64>> {
    let known: Option<(i64, bool, String)> = transaction
        .prepare_cached(
            "SELECT mail_id, backlog = 1 AND answered_by IS NULL, arrived_at FROM mail
             WHERE sha256 = ?1 AND state IN ('received', 'processed') ORDER BY mail_id LIMIT 1",
        )?
        .query_row([mail.sha256], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
        .context("look for the same mail")?;
    let first_arrival = known.as_ref().map(|(_, _, arrived_at)| parse_instant(arrived_at)).transpose()?;
    let arrived_at = first_arrival.map_or(mail.arrived_at, |first| first.min(mail.arrived_at));
    let backlog = mail.in_doubt || mail.backlog_before.is_some_and(|before| arrived_at < before);
    let vouched_for = known.as_ref().filter(|(_, in_doubt, _)| *in_doubt && !backlog).map(|(mail_id, _, _)| *mail_id);
    let recorded: Option<i64> = transaction
        .prepare_cached(
            "INSERT INTO mail (mailbox, uid_validity, uid, sha256, size_bytes, arrived_at, state, backlog)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (mailbox, uid_validity, uid) DO UPDATE SET sha256 = excluded.sha256, size_bytes = excluded.size_bytes,
                 arrived_at = excluded.arrived_at, state = excluded.state, backlog = excluded.backlog, left_out = NULL, class = NULL, subject = ''
             WHERE state = 'left_out'
             RETURNING mail_id",
        )?
        .query_row(
            params![
                mail.mailbox,
                mail.uid_validity,
                mail.uid,
                mail.sha256,
                i64::try_from(mail.size_bytes).unwrap_or(i64::MAX),
                instant_text(arrived_at),
                if known.is_some() && vouched_for.is_none() { "duplicate" } else { "received" },
                backlog,
            ],
            |row| row.get(0),
        )
        .optional()
        .context("record a mail")?;
    if let (Some(_), Some(first_sight)) = (recorded, vouched_for) {
        supersede(transaction, first_sight)?;
    }
    Ok(recorded)
}

/// Another row takes this one's place.
pub fn supersede(transaction: &Transaction<'_>, mail_id: i64) -> anyhow::Result<()> {
    transaction.prepare_cached("UPDATE mail SET state = 'duplicate' WHERE mail_id = ?1")?.execute([mail_id]).context("supersede a mail")?;
    Ok(())
}

/// The first sight of a mail in the junk folder, when a person has since put it where mail is answered.
pub fn superseded_by(connection: &Connection, mail: &MailRow) -> anyhow::Result<Option<MailRow>> {
    if mail.backlog {
        return Ok(None);
    }
    let condition = "WHERE sha256 = ?1 AND mail_id < ?2 AND backlog = 1 AND state = 'duplicate' ORDER BY mail_id LIMIT 1";
    Ok(select(connection, condition, params![mail.sha256, mail.mail_id])?.pop())
}

/// The mails that wait to be processed, in order of arrival. Only their numbers: after a first start there may be a hundred thousand.
pub fn received(connection: &Connection) -> anyhow::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT mail_id FROM mail WHERE state = 'received' ORDER BY arrived_at, mail_id")?;
    statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>().context("look for mails that wait")
}

/// Those of these mails that still wait, in the same order.
pub fn still_received(connection: &Connection, mail_ids: &[i64]) -> anyhow::Result<Vec<MailRow>> {
    let rows = mail_ids.iter().map(|mail_id| by_id(connection, *mail_id)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(rows.into_iter().flatten().filter(|row| row.state == "received").collect())
}

pub fn all(connection: &Connection) -> anyhow::Result<Vec<MailRow>> {
    select(connection, "ORDER BY mail_id", [])
}

pub fn by_id(connection: &Connection, mail_id: i64) -> anyhow::Result<Option<MailRow>> {
    Ok(select(connection, "WHERE mail_id = ?1", [mail_id])?.pop())
}

pub fn of_dossier(connection: &Connection, dossier_id: i64) -> anyhow::Result<Vec<MailRow>> {
    select(connection, "WHERE dossier_id = ?1 AND state = 'processed' ORDER BY arrived_at, mail_id", [dossier_id])
}

/// The mails of a dossier, without reading them.
pub fn ids_of_dossier(connection: &Connection, dossier_id: i64) -> anyhow::Result<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT mail_id FROM mail WHERE dossier_id = ?1 AND state = 'processed' ORDER BY arrived_at, mail_id")?;
    let rows = statement.query_map([dossier_id], |row| row.get(0))?;
    rows.collect::<Result<_, _>>().context("list a dossier's mails")
}

/// A processed mail of that Message-ID other than this one: the same mail copied to another folder with headers added.
pub fn same_message_id(connection: &Connection, message_id: &str, mail_id: i64) -> anyhow::Result<Option<MailRow>> {
    Ok(select(connection, "WHERE message_id = ?1 AND mail_id <> ?2 AND state = 'processed' ORDER BY mail_id LIMIT 1", params![message_id, mail_id])?
        .pop())
}

/// What ties a mail to its dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailTie {
    pub dossier_id: i64,
    pub message_id: Option<String>,
    pub subject: String,
    pub from_address: Option<String>,
    pub class: Option<MailClass>,
}

/// The ties of every mail that has a dossier, without the mails themselves.
pub fn ties(connection: &Connection) -> anyhow::Result<Vec<MailTie>> {
    let mut statement = connection
        .prepare_cached("SELECT dossier_id, message_id, subject, from_address, class FROM mail WHERE dossier_id IS NOT NULL ORDER BY mail_id")?;
    let rows = statement.query_map([], |row| {
        let class: Option<String> = row.get(4)?;
        Ok(MailTie {
            dossier_id: row.get(0)?,
            message_id: row.get(1)?,
            subject: row.get(2)?,
            from_address: row.get(3)?,
            class: class.as_deref().and_then(MailClass::from_slug),
        })
    })?;
    rows.collect::<Result<_, _>>().context("read what ties mails to dossiers")
}

/// What the school's own people wrote lies in folders of this mark: it is no mail that was received.
pub const SENT_MARK: &str = "sent/";

/// Mails that arrived in a half-open span of time, those of the Sent folder left out.
pub fn arrived_between(connection: &Connection, from: DateTime<Utc>, to: DateTime<Utc>) -> anyhow::Result<Vec<MailRow>> {
    select(
        connection,
        "WHERE arrived_at >= ?1 AND arrived_at < ?2 AND state NOT IN ('duplicate', 'erased') AND mailbox NOT LIKE 'sent/%' ORDER BY arrived_at, mail_id",
        params![instant_text(from), instant_text(to)],
    )
}

/// Writes what processing found out; the state is `processed`, or `duplicate` for the same mail under other headers.
pub fn finish(transaction: &Transaction<'_>, mail_id: i64, processed: &ProcessedMail<'_>) -> anyhow::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE mail SET state = ?2, message_id = ?3, class = ?4, may_answer = ?5, subject = ?6, from_name = ?7, from_address = ?8,
                 dossier_id = ?9, dossier_basis = ?10, facts_json = ?11
             WHERE mail_id = ?1",
        )?
        .execute(params![
            mail_id,
            processed.state,
            processed.message_id,
            processed.class.slug(),
            processed.may_answer,
            processed.subject,
            processed.from_name,
            processed.from_address,
            processed.dossier_id,
            processed.dossier_basis,
            processed.facts_json,
        ])
        .context("finish a mail")?;
    Ok(())
}

pub fn mark_answered(transaction: &Transaction<'_>, mail_id: i64, letter_key: &str) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE mail SET answered_by = ?2 WHERE mail_id = ?1")?
        .execute(params![mail_id, letter_key])
        .context("mark a mail answered")?;
    Ok(())
}

pub fn add_file(transaction: &Transaction<'_>, file: &MailFileRow) -> anyhow::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO mail_file (mail_id, position, name, archive_name, sha256, size_bytes, reading_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (mail_id, position) DO UPDATE SET reading_json = excluded.reading_json",
        )?
        .execute(params![
            file.mail_id,
            file.position,
            file.name,
            file.archive_name,
            file.sha256,
            i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
            to_json(&file.reading)?,
        ])
        .context("record a file")?;
    // A content that had to go is kept again when somebody sends it again.
    transaction.prepare_cached("DELETE FROM forgotten WHERE sha256 = ?1")?.execute([&file.sha256]).context("keep a content again")?;
    Ok(())
}

/// Lets go of what was made of a mail's files, before it is taken up again.
pub fn forget_files(transaction: &Transaction<'_>, mail_id: i64) -> anyhow::Result<()> {
    transaction.prepare_cached("DELETE FROM mail_file WHERE mail_id = ?1")?.execute([mail_id]).context("forget files")?;
    Ok(())
}

pub fn files_of_mail(connection: &Connection, mail_id: i64) -> anyhow::Result<Vec<MailFileRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT mail_id, position, name, archive_name, sha256, size_bytes, reading_json FROM mail_file WHERE mail_id = ?1 ORDER BY position",
    )?;
    let rows = statement.query_map([mail_id], |row| {
        let reading: String = row.get(6)?;
        let size_bytes: i64 = row.get(5)?;
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, size_bytes, reading))
    })?;
    rows.map(|row| {
        let (mail_id, position, name, archive_name, sha256, size_bytes, reading) = row.context("read files")?;
        let size_bytes = u64::try_from(size_bytes).unwrap_or(0);
        Ok(MailFileRow { mail_id, position, name, archive_name, sha256, size_bytes, reading: from_json(&reading)? })
    })
    .collect()
}

/// The kept reading of a content, when this reader or an equal one made it.
pub fn raw_reading(connection: &Connection, sha256: &str, reader: &str) -> anyhow::Result<Option<RawReading>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT raw_json FROM raw_reading WHERE sha256 = ?1 AND reader = ?2")?
        .query_row([sha256, reader], |row| row.get(0))
        .optional()
        .context("look for a reading")?;
    text.as_deref().map(from_json).transpose()
}

/// The name under which a file of that content came, when a mail brought one.
pub fn name_of_file(connection: &Connection, sha256: &str) -> anyhow::Result<Option<String>> {
    connection
        .prepare_cached("SELECT name FROM mail_file WHERE sha256 = ?1 ORDER BY mail_id, position LIMIT 1")?
        .query_row([sha256], |row| row.get(0))
        .optional()
        .context("look for a file")
}

/// The kept reading of a content, whichever reader made it.
pub fn any_raw_reading(connection: &Connection, sha256: &str) -> anyhow::Result<Option<RawReading>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT raw_json FROM raw_reading WHERE sha256 = ?1")?
        .query_row([sha256], |row| row.get(0))
        .optional()
        .context("look for a reading")?;
    text.as_deref().map(from_json).transpose()
}

/// Every mail of that content.
pub fn by_sha256(connection: &Connection, sha256: &str) -> anyhow::Result<Vec<MailRow>> {
    select(connection, "WHERE sha256 = ?1 ORDER BY mail_id", [sha256])
}

pub fn keep_raw_reading(transaction: &Transaction<'_>, reader: &str, raw: &RawReading) -> anyhow::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO raw_reading (sha256, reader, raw_json) VALUES (?1, ?2, ?3)
             ON CONFLICT (sha256) DO UPDATE SET reader = excluded.reader, raw_json = excluded.raw_json",
        )?
        .execute(params![raw.sha256, reader, to_json(raw)?])
        .context("keep a reading")?;
    Ok(())
}

/// How many mails are in each state.
pub fn counts_by_state(connection: &Connection) -> anyhow::Result<BTreeMap<String, u32>> {
    let mut statement = connection.prepare("SELECT state, count(*) FROM mail GROUP BY state")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect::<Result<_, _>>().context("count mails")
}

/// Every content hash that the database speaks of, sorted.
pub fn all_hashes(connection: &Connection) -> anyhow::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT sha256 FROM mail WHERE sha256 <> '' AND state <> 'erased' UNION SELECT sha256 FROM mail_file UNION SELECT sha256 FROM statement_file
         EXCEPT SELECT sha256 FROM forgotten ORDER BY 1",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect::<Result<_, _>>().context("list hashes")
}
