//! Single values under a name.

use anyhow::Context;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

pub fn setting(connection: &Connection, name: &str) -> anyhow::Result<Option<String>> {
    connection.prepare_cached("SELECT value FROM setting WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional().context("read a setting")
}

pub fn set_setting(transaction: &Transaction<'_>, name: &str, value: &str) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?
        .execute(params![name, value])
        .context("write a setting")?;
    Ok(())
}
