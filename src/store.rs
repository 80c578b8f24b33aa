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
    synchronous: Synchronous,
}

/// How careful SQLite is with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// Every commit survives a power cut.
    Full,
    /// Commits are whole and in order, and reach the disk with the next full one.
    Later,
    /// For rehearsals, which can be run again.
    Off,
}

impl Synchronous {
    /// SQLite's word for it (`PRAGMA synchronous`, in WAL mode).
    fn pragma(self) -> &'static str {
        match self {
            Synchronous::Full => "FULL",
            Synchronous::Later => "NORMAL",
            Synchronous::Off => "OFF",
        }
    }
}

impl Store {
    /// Opens the database file, making or migrating it.
    pub fn open(file: &Path, synchronous: Synchronous) -> anyhow::Result<Store> {
        let mut writer = connect(file, synchronous)?;
        migrations::migrate(&mut writer)?;
        let reader = connect(file, synchronous)?;
        reader.pragma_update(None, "query_only", true).context("make the reader read-only")?;
        Ok(Store { writer: Mutex::new(writer), reader: Mutex::new(reader), synchronous })
    }

    /// Runs one write transaction: all of it is done, or nothing. It survives a power cut, and so does all that was written before it.
    pub fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.write_as(self.synchronous, change)
    }

    /// The same for what can be computed again from facts that are kept: it does not wait for the disk. A power cut may take back the last of
    /// these transactions, whole and in order, never one before a [`write`](Self::write); and no letter leaves without one.
    pub fn write_derived<T>(&self, change: impl FnOnce(&Transaction<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let level = if self.synchronous == Synchronous::Full { Synchronous::Later } else { self.synchronous };
        self.write_as(level, change)
    }

    fn write_as<T>(&self, level: Synchronous, change: impl FnOnce(&Transaction<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        connection.pragma_update(None, "synchronous", level.pragma()).context("synchronous")?;
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
    connection.pragma_update(None, "synchronous", synchronous.pragma()).context("synchronous")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("guichet.sqlite"), Synchronous::Full).unwrap();
        (folder, store)
    }

    fn level(store: &Store) -> u32 {
        let connection = store.writer.lock().unwrap();
        connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
    }

    #[test]
    fn only_what_can_be_computed_again_does_not_wait_for_the_disk() {
        let (_folder, store) = store();
        store.write_derived(|transaction| settings::set_setting(transaction, "a", "1")).unwrap();
        assert_eq!(level(&store), 1, "NORMAL");
        // A transaction that fails, or panics, leaves nothing that the next one would inherit.
        let failed = store.write_derived(|_| -> anyhow::Result<()> { anyhow::bail!("no") });
        assert!(failed.is_err());
        store.write(|transaction| settings::set_setting(transaction, "b", "2")).unwrap();
        assert_eq!(level(&store), 2, "FULL");
        assert_eq!(store.read(|connection| settings::setting(connection, "a")).unwrap().as_deref(), Some("1"));
    }

    #[test]
    fn looking_for_one_mail_walks_through_no_others() {
        let (_folder, store) = store();
        let plan = |query: &str| -> String {
            store
                .read(|connection| {
                    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
                    let rows = statement.query_map([], |row| row.get::<_, String>(3))?.collect::<Result<Vec<_>, _>>()?;
                    Ok(rows.join("; "))
                })
                .unwrap()
        };
        let by_message_id = "SELECT * FROM mail WHERE message_id = 'a' AND mail_id <> 2 AND state = 'processed' ORDER BY mail_id LIMIT 1";
        assert!(plan(by_message_id).contains("mail_message_id (message_id=?)"), "{}", plan(by_message_id));
        let by_content = "SELECT * FROM mail WHERE sha256 = 'a' AND mail_id < 3 AND backlog = 1 AND state = 'duplicate' ORDER BY mail_id LIMIT 1";
        assert!(plan(by_content).contains("mail_sha256 (sha256=?"), "{}", plan(by_content));
        let waiting = "SELECT mail_id FROM mail WHERE state = 'received' ORDER BY arrived_at, mail_id";
        assert!(plan(waiting).contains("mail_waiting") && !plan(waiting).contains("B-TREE"), "{}", plan(waiting));
    }
}
