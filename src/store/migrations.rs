//! The database's history: an append-only list of changes, counted in `user_version`. What was released is never edited.

use anyhow::{Context, bail};
use rusqlite::{Connection, TransactionBehavior};

/// Until the first release the schema is the commented file itself; what changes after it is appended here as its own script.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

/// Brings a database up to date. Running it again changes nothing.
pub fn migrate(connection: &mut Connection) -> anyhow::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).context("begin migration")?;
    let version: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).context("user_version")?;
    if version as usize > MIGRATIONS.len() {
        bail!("this database was made by a newer guichet (version {version}, this one knows {})", MIGRATIONS.len());
    }
    for (position, script) in MIGRATIONS.iter().enumerate().skip(version as usize) {
        transaction.execute_batch(script).with_context(|| format!("migration {}", position + 1))?;
    }
    transaction.pragma_update(None, "user_version", u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)).context("user_version")?;
    transaction.commit().context("commit migration")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(connection: &Connection) -> Vec<String> {
        let mut statement = connection.prepare("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").unwrap();
        let rows = statement.query_map([], |row| Ok(format!("{}: {}", row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn the_commented_schema_is_what_the_migrations_make_and_migrating_twice_changes_nothing() {
        let mut migrated = Connection::open_in_memory().unwrap();
        migrate(&mut migrated).unwrap();
        let commented = Connection::open_in_memory().unwrap();
        commented.execute_batch(include_str!("schema.sql")).unwrap();
        assert_eq!(schema(&migrated), schema(&commented));
        migrate(&mut migrated).unwrap();
        assert_eq!(schema(&migrated), schema(&commented));
    }

    #[test]
    fn a_newer_database_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(migrate(&mut connection).is_err());
    }
}
