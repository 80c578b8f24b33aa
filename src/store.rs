//! The database: SQLite, one writer, readers beside it. The only room that knows SQL.
//!
//! Every transaction is a synchronous closure, so none can be open while something is awaited. One function answers one question or makes
//! one change; the caller composes them inside [`Store::write`].

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub mod decided;
pub mod dossiers;
pub mod forget;
pub mod hand_answers;
pub mod journal;
pub mod jury;
pub mod mails;
pub mod migrations;
pub mod outbox;
pub mod settings;
pub mod statements;
pub mod transfers;

/// The open database.
#[derive(Debug)]
pub struct Store {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

/// How careful SQLite is with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// Every commit survives a power cut.
    Full,
    /// For rehearsals, which can be run again.
    Off,
}

impl Store {
    /// Opens the database file, making or migrating it.
    pub fn open(file: &Path, synchronous: Synchronous) -> anyhow::Result<Store> {
        let mut writer = connect(file, synchronous)?;
        migrations::migrate(&mut writer)?;
        let reader = connect(file, synchronous)?;
        reader.pragma_update(None, "query_only", true).context("make the reader read-only")?;
        Ok(Store { writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    /// Runs one write transaction: all of it is done, or nothing.
    pub fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).context("begin")?;
        let value = change(&transaction)?;
        transaction.commit().context("commit")?;
        Ok(value)
    }

    /// Runs queries on the reader.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> anyhow::Result<T>) -> anyhow::Result<T> {
        query(&self.reader.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// SQLite's own check of the file; empty when all is well.
    pub fn integrity_faults(&self) -> anyhow::Result<Vec<String>> {
        self.read(|connection| {
            let mut statement = connection.prepare("PRAGMA integrity_check")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(rows.into_iter().filter(|row| row != "ok").collect())
        })
    }

    /// Writes the file anew, so that what was deleted is not left in its free pages.
    pub fn compact(&self) -> anyhow::Result<()> {
        let connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);").context("compact the database")
    }

    /// Copies the whole database into a new file while it is in use.
    pub fn copy_to(&self, file: &Path) -> anyhow::Result<()> {
        let connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute("VACUUM INTO ?1", [file.to_string_lossy()]).context("copy the database")?;
        Ok(())
    }
}

/// Empties everything but the kept readings: a rehearsal begins anew, and reads no page twice.
pub fn forget_all_but_readings(transaction: &Transaction<'_>) -> anyhow::Result<()> {
    transaction
        .execute_batch(
            "DELETE FROM mail_decision; DELETE FROM document_shape; DELETE FROM hand_answer; DELETE FROM journal; DELETE FROM decision; DELETE FROM batch;
             DELETE FROM outbox; DELETE FROM transfer_decision;
             DELETE FROM transfer_source; DELETE FROM transfer; DELETE FROM statement_balance; DELETE FROM statement_file;
             DELETE FROM table_header; DELETE FROM correction; DELETE FROM mail_file;
             DELETE FROM mail; DELETE FROM forgotten; DELETE FROM dossier; DELETE FROM mailbox_cursor; DELETE FROM maildir_seen; DELETE FROM setting; DELETE FROM sqlite_sequence;",
        )
        .context("begin anew")
}

/// Forgets what the program made of the facts: mails whose content is there are to be processed again, dossiers keep their number and their
/// reference and know nothing. Readings of files are kept: they depend on the bytes alone.
pub fn forget_derived(transaction: &Transaction<'_>, is_kept: impl Fn(&str) -> bool) -> anyhow::Result<()> {
    let mut statement = transaction.prepare("SELECT mail_id, sha256 FROM mail WHERE state = 'processed'")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mails: Vec<(i64, String)> = rows.collect::<Result<_, _>>().context("list mails")?;
    for (mail_id, _) in mails.iter().filter(|(_, sha256)| is_kept(sha256)) {
        transaction.prepare_cached("DELETE FROM mail_file WHERE mail_id = ?1")?.execute([mail_id])?;
        transaction
            .prepare_cached(
                "UPDATE mail SET state = 'received', message_id = NULL, class = NULL, may_answer = 0, subject = '', from_name = NULL,
                     from_address = NULL, dossier_id = NULL, dossier_basis = NULL, facts_json = NULL WHERE mail_id = ?1",
            )?
            .execute([mail_id])?;
    }
    transaction
        .execute_batch(
            "UPDATE dossier SET state_json = NULL, review_at = NULL, dirty = 1;
             UPDATE transfer SET state = 'unrelated', dossiers_json = '[]', why_json = '[]', tier = '';",
        )
        .context("forget what is derived")
}

fn connect(file: &Path, synchronous: Synchronous) -> anyhow::Result<Connection> {
    let connection = Connection::open(file).with_context(|| format!("open the database {}", file.display()))?;
    connection.pragma_update(None, "journal_mode", "WAL").context("journal_mode")?;
    let level = match synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Off => "OFF",
    };
    connection.pragma_update(None, "synchronous", level).context("synchronous")?;
    connection.pragma_update(None, "foreign_keys", true).context("foreign_keys")?;
    connection.busy_timeout(std::time::Duration::from_secs(10)).context("busy_timeout")?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// An instant as the database holds it.
pub fn instant_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads what [`instant_text`] wrote.
pub fn parse_instant(text: &str) -> anyhow::Result<DateTime<Utc>> {
    Ok(DateTime::parse_from_rfc3339(text).with_context(|| format!("instant {text}"))?.with_timezone(&Utc))
}

/// Reads a JSON column.
pub fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> anyhow::Result<T> {
    serde_json::from_str(text).context("a JSON column")
}

/// Writes a JSON column.
pub fn to_json<T: serde::Serialize>(value: &T) -> anyhow::Result<String> {
    serde_json::to_string(value).context("a JSON column")
}
