//! Removing what may no longer be kept. Rows that prove that no mail was lost stay, without anything about a person.

use std::collections::BTreeSet;

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};

use crate::store::{from_json, instant_text, to_json};

/// A mail and what it left behind: its own content's hash, and the record that names its attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailTrace {
    pub mail_id: i64,
    pub sha256: String,
    pub facts_json: Option<String>,
}

/// Every mail of a dossier, with what is the same mail again, what its candidate wrote from those addresses outside any dossier, and what people
/// of the school answered by hand.
pub fn mails_of_person(connection: &Connection, dossier_id: i64, addresses: &[String]) -> anyhow::Result<Vec<MailTrace>> {
    traces(
        connection,
        "dossier_id = ?1
         OR (dossier_id IS NULL AND lower(from_address) IN (SELECT lower(value) FROM json_each(?2)))
         OR mail_id IN (SELECT mail_id FROM hand_answer WHERE dossier_id = ?1)
         OR (state = 'duplicate' AND (sha256 IN (SELECT sha256 FROM mail WHERE dossier_id = ?1)
             OR message_id IN (SELECT message_id FROM mail WHERE dossier_id = ?1)))",
        params![dossier_id, to_json(&addresses)?],
    )
}

/// Mails that belong to nobody's dossier and came before an instant.
pub fn mails_of_nobody(connection: &Connection, before: DateTime<Utc>) -> anyhow::Result<Vec<MailTrace>> {
    traces(connection, "dossier_id IS NULL AND state NOT IN ('received', 'erased', 'left_out') AND arrived_at < ?1", params![instant_text(before)])
}

/// The mails of a dossier whose content is still kept.
pub fn mails_of_dossier(connection: &Connection, dossier_id: i64) -> anyhow::Result<Vec<MailTrace>> {
    traces(
        connection,
        "sha256 IN (SELECT sha256 FROM mail WHERE dossier_id = ?1) AND sha256 NOT IN (SELECT sha256 FROM forgotten)",
        params![dossier_id],
    )
}

fn traces(connection: &Connection, condition: &str, parameters: impl rusqlite::Params) -> anyhow::Result<Vec<MailTrace>> {
    let mut statement = connection.prepare(&format!("SELECT mail_id, sha256, facts_json FROM mail WHERE {condition} ORDER BY mail_id"))?;
    let rows = statement.query_map(parameters, |row| Ok(MailTrace { mail_id: row.get(0)?, sha256: row.get(1)?, facts_json: row.get(2)? }))?;
    rows.collect::<Result<_, _>>().context("read what mails left behind")
}

/// The contents of a mail's files.
pub fn file_hashes(connection: &Connection, mail_id: i64) -> anyhow::Result<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT sha256 FROM mail_file WHERE mail_id = ?1")?;
    let rows = statement.query_map([mail_id], |row| row.get(0))?;
    rows.collect::<Result<_, _>>().context("read a mail's files")
}

/// Takes everything out of a mail's row but that it came: place, hash, instant.
pub fn erase_mail(transaction: &Transaction<'_>, mail_id: i64) -> anyhow::Result<()> {
    transaction.execute("DELETE FROM mail_file WHERE mail_id = ?1", [mail_id]).context("erase a mail's files")?;
    transaction
        .execute(
            "UPDATE mail SET state = 'erased', message_id = NULL, class = NULL, may_answer = 0, subject = '', from_name = NULL,
                 from_address = NULL, dossier_id = NULL, dossier_basis = NULL, facts_json = NULL, answered_by = NULL, left_out = NULL
             WHERE mail_id = ?1 AND left_out IS NULL",
            [mail_id],
        )
        .context("erase a mail")?;
    Ok(())
}

/// Removes a dossier with all that hangs on it; its mails must be erased before. Gives how many letters went.
pub fn erase_dossier(transaction: &Transaction<'_>, dossier_id: i64, number: &str) -> anyhow::Result<usize> {
    let n_letters = transaction.execute("DELETE FROM outbox WHERE dossier_id = ?1", [dossier_id]).context("erase letters")?;
    for table in ["journal", "correction", "decision", "hand_answer", "dossier"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE dossier_id = ?1"), [dossier_id]).with_context(|| format!("erase from {table}"))?;
    }
    erase_from_transfers(transaction, number)?;
    erase_from_batches(transaction, number)?;
    Ok(n_letters)
}

/// The account's movements are the school's books and stay; that one paid this fee does not.
fn erase_from_transfers(transaction: &Transaction<'_>, number: &str) -> anyhow::Result<()> {
    for (table, key) in [("transfer", "transfer_id"), ("transfer_decision", "transfer_decision_id")] {
        for (id, text) in rows_with_numbers(transaction, table, key, "dossiers_json")? {
            let numbers: Vec<String> = from_json(&text)?;
            if numbers.iter().any(|known| known == number) {
                let kept: Vec<&String> = numbers.iter().filter(|known| *known != number).collect();
                transaction
                    .execute(&format!("UPDATE {table} SET dossiers_json = ?2 WHERE {key} = ?1"), params![id, to_json(&kept)?])
                    .context("erase from transfers")?;
            }
        }
    }
    Ok(())
}

fn erase_from_batches(transaction: &Transaction<'_>, number: &str) -> anyhow::Result<()> {
    for (id, text) in rows_with_numbers(transaction, "batch", "batch_id", "numbers_json")? {
        let numbers: Vec<String> = from_json(&text)?;
        let kept: Vec<&String> = numbers.iter().filter(|known| *known != number).collect();
        // The manifest names the files, and those bear the candidates' names.
        transaction
            .execute(
                "UPDATE batch SET numbers_json = ?2, manifest_json = CASE WHEN instr(manifest_json, ?3) THEN '{}' ELSE manifest_json END
                 WHERE batch_id = ?1",
                params![id, to_json(&kept)?, number],
            )
            .context("erase from batches")?;
    }
    Ok(())
}

fn rows_with_numbers(transaction: &Transaction<'_>, table: &str, key: &str, column: &str) -> anyhow::Result<Vec<(i64, String)>> {
    let mut statement = transaction.prepare(&format!("SELECT {key}, {column} FROM {table}"))?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect::<Result<_, _>>().context("read attributions")
}

/// Whether anything that stays still needs a content: a mail, a file, an attachment, a statement.
pub fn is_needed(connection: &Connection, sha256: &str) -> anyhow::Result<bool> {
    connection
        .prepare_cached(
            "SELECT NOT EXISTS (SELECT 1 FROM forgotten WHERE sha256 = ?1)
                 AND (EXISTS (SELECT 1 FROM mail WHERE sha256 = ?1 AND state <> 'erased')
                     OR EXISTS (SELECT 1 FROM mail_file WHERE sha256 = ?1)
                     OR EXISTS (SELECT 1 FROM mail WHERE facts_json IS NOT NULL AND instr(facts_json, ?1))
                     OR EXISTS (SELECT 1 FROM statement_file WHERE sha256 = ?1))",
        )?
        .query_row([sha256], |row| row.get(0))
        .context("look whether a content is needed")
}

/// What was read of a content, and that it need not be there any more although rows still name it.
pub fn forget_content(transaction: &Transaction<'_>, sha256: &str, at: DateTime<Utc>) -> anyhow::Result<()> {
    forget_reading(transaction, sha256)?;
    transaction
        .execute("INSERT INTO forgotten (sha256, at) VALUES (?1, ?2) ON CONFLICT (sha256) DO NOTHING", params![sha256, instant_text(at)])
        .context("note a removed content")?;
    Ok(())
}

pub fn forget_reading(transaction: &Transaction<'_>, sha256: &str) -> anyhow::Result<()> {
    transaction.execute("DELETE FROM raw_reading WHERE sha256 = ?1", [sha256]).context("erase a reading")?;
    transaction.execute("DELETE FROM document_shape WHERE sha256 = ?1", [sha256]).context("erase a document's make")?;
    transaction.execute("DELETE FROM mail_decision WHERE sha256 = ?1", [sha256]).context("erase what was said of a mail")?;
    Ok(())
}

/// Empties the mails to the school's own people that were settled before an instant, or that name a dossier. Their rows stay: a digest is
/// never written twice.
pub fn empty_staff_letters(transaction: &Transaction<'_>, before: DateTime<Utc>, number: Option<&str>) -> anyhow::Result<usize> {
    let mut statement = transaction.prepare(
        "SELECT outbox_id, message, queued_at < ?1 FROM outbox
         WHERE dossier_id IS NULL AND length(message) > 0 AND state IN ('sent', 'cancelled', 'failed')",
    )?;
    let rows = statement.query_map([instant_text(before)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, bool>(2)?)))?;
    let rows = rows.collect::<Result<Vec<_>, _>>().context("read mails to staff")?;
    // Quoted-printable may break a line anywhere.
    let names = |message: &[u8], number: &str| String::from_utf8_lossy(message).replace("=\r\n", "").contains(number);
    let emptied: BTreeSet<i64> = rows
        .into_iter()
        .filter(|(_, message, is_old)| *is_old || number.is_some_and(|number| names(message, number)))
        .map(|(outbox_id, ..)| outbox_id)
        .collect();
    for outbox_id in &emptied {
        transaction.execute("UPDATE outbox SET message = x'' WHERE outbox_id = ?1", [outbox_id]).context("empty a mail to staff")?;
    }
    Ok(emptied.len())
}

/// Lines about no dossier that are older than an instant; what certifies a removal stays.
pub fn forget_old_journal(transaction: &Transaction<'_>, before: DateTime<Utc>) -> anyhow::Result<usize> {
    transaction
        .execute("DELETE FROM journal WHERE dossier_id IS NULL AND at < ?1 AND event NOT IN ('erased', 'purged')", [instant_text(before)])
        .context("purge the journal")
}
