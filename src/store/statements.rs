//! Statement files: what was read, what of it is booked, the balances between which it stands, and headers of tables a person confirmed.

use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::domain::money::Cents;
use crate::store::{instant_text, to_json};

/// A statement file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementFileRow {
    pub statement_file_id: i64,
    pub sha256: String,
    pub name: String,
    pub format: String,
    pub imported_at: String,
    /// It added up and its movements count.
    pub booked: bool,
    /// Slug and French sentence of each finding, as JSON.
    pub findings_json: String,
    /// A person took the import back.
    pub undone: bool,
}

const COLUMNS: &str = "statement_file_id, sha256, name, format, imported_at, booked, findings_json, undone_at IS NOT NULL";

fn row(row: &Row<'_>) -> rusqlite::Result<StatementFileRow> {
    Ok(StatementFileRow {
        statement_file_id: row.get(0)?,
        sha256: row.get(1)?,
        name: row.get(2)?,
        format: row.get(3)?,
        imported_at: row.get(4)?,
        booked: row.get(5)?,
        findings_json: row.get(6)?,
        undone: row.get(7)?,
    })
}

/// Every file ever read, in order.
pub fn all(connection: &Connection) -> anyhow::Result<Vec<StatementFileRow>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM statement_file ORDER BY statement_file_id"))?;
    let rows = statement.query_map([], row)?;
    rows.collect::<Result<_, _>>().context("list statement files")
}

pub fn by_sha256(connection: &Connection, sha256: &str) -> anyhow::Result<Option<StatementFileRow>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM statement_file WHERE sha256 = ?1"))?;
    statement.query_row([sha256], row).optional().context("look for a statement file")
}

/// Files of a format (its beginning) with movements in a closed span of days, not undone.
pub fn of_format(connection: &Connection, format: &str, from: NaiveDate, to: NaiveDate) -> anyhow::Result<Vec<StatementFileRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM statement_file WHERE format LIKE ?1 || '%' AND undone_at IS NULL AND last_day >= ?2 AND first_day <= ?3
         ORDER BY sha256"
    ))?;
    let rows = statement.query_map(params![format, from.to_string(), to.to_string()], row)?;
    rows.collect::<Result<_, _>>().context("look for statement files of a format")
}

/// What is kept of a file that was read.
pub struct NewStatementFile<'a> {
    pub sha256: &'a str,
    pub name: &'a str,
    pub format: &'a str,
    pub imported_at: DateTime<Utc>,
    pub booked: bool,
    pub findings_json: &'a str,
    pub days: Option<(NaiveDate, NaiveDate)>,
}

/// Records a file, or records it anew when it was undone or could not be booked before. Gives its id.
pub fn put(transaction: &Transaction<'_>, file: &NewStatementFile<'_>) -> anyhow::Result<i64> {
    let (first, last) = file.days.map_or((None, None), |(first, last)| (Some(first.to_string()), Some(last.to_string())));
    transaction
        .prepare_cached(
            "INSERT INTO statement_file (sha256, name, format, imported_at, booked, findings_json, first_day, last_day)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (sha256) DO UPDATE SET name = excluded.name, format = excluded.format, imported_at = excluded.imported_at,
                 booked = excluded.booked, findings_json = excluded.findings_json, undone_at = NULL,
                 first_day = excluded.first_day, last_day = excluded.last_day
             RETURNING statement_file_id",
        )?
        .query_row(
            params![file.sha256, file.name, file.format, instant_text(file.imported_at), file.booked, file.findings_json, first, last],
            |row| row.get(0),
        )
        .context("record a statement file")
}

/// Takes a file out of the books. Its row stays, and says when.
pub fn mark_undone(transaction: &Transaction<'_>, statement_file_id: i64, at: DateTime<Utc>) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE statement_file SET undone_at = ?2, booked = 0 WHERE statement_file_id = ?1")?
        .execute(params![statement_file_id, instant_text(at)])
        .context("undo a statement file")?;
    forget_balances(transaction, statement_file_id)
}

pub fn forget_balances(transaction: &Transaction<'_>, statement_file_id: i64) -> anyhow::Result<()> {
    transaction
        .prepare_cached("DELETE FROM statement_balance WHERE statement_file_id = ?1")?
        .execute([statement_file_id])
        .context("forget balances")?;
    Ok(())
}

/// Keeps the balances of one statement of a file under the account's one spelling.
pub fn add_balance(transaction: &Transaction<'_>, statement_file_id: i64, index: usize, account: &str, balances: &BalanceRow) -> anyhow::Result<()> {
    let day = |balance: Option<(NaiveDate, Cents)>| balance.map(|(day, _)| day.to_string());
    let cents = |balance: Option<(NaiveDate, Cents)>| balance.map(|(_, cents)| cents.0);
    transaction
        .prepare_cached(
            "INSERT INTO statement_balance (statement_file_id, statement, account, opening_day, opening_cents, closing_day, closing_cents)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            statement_file_id,
            i64::try_from(index).unwrap_or(i64::MAX),
            account,
            day(balances.opening),
            cents(balances.opening),
            day(balances.closing),
            cents(balances.closing)
        ])
        .context("keep balances")?;
    Ok(())
}

/// Balances of one booked statement, each as it was at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BalanceRow {
    pub opening: Option<(NaiveDate, Cents)>,
    pub closing: Option<(NaiveDate, Cents)>,
}

/// The balances of every booked statement of an account.
pub fn balances(connection: &Connection, account: &str) -> anyhow::Result<Vec<BalanceRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT opening_day, opening_cents, closing_day, closing_cents FROM statement_balance WHERE account = ?1 ORDER BY statement_file_id, statement",
    )?;
    let pair = |row: &Row<'_>, day: usize, cents: usize| -> rusqlite::Result<Option<(NaiveDate, Cents)>> {
        let day = row.get::<_, Option<String>>(day)?.and_then(|day| day.parse().ok());
        Ok(day.zip(row.get::<_, Option<i64>>(cents)?.map(Cents)))
    };
    let rows = statement.query_map([account], |row| Ok(BalanceRow { opening: pair(row, 0, 1)?, closing: pair(row, 2, 3)? }))?;
    rows.collect::<Result<_, _>>().context("read balances")
}

/// The columns a person confirmed for a header, as JSON.
pub fn confirmed_columns(connection: &Connection, fingerprint: &str) -> anyhow::Result<Option<String>> {
    connection
        .prepare_cached("SELECT columns_json FROM table_header WHERE fingerprint = ?1")?
        .query_row([fingerprint], |row| row.get(0))
        .optional()
        .context("look for confirmed columns")
}

pub fn confirm_columns<T: serde::Serialize>(
    transaction: &Transaction<'_>,
    fingerprint: &str,
    columns: &T,
    at: DateTime<Utc>,
    actor: &str,
) -> anyhow::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO table_header (fingerprint, columns_json, confirmed_at, actor) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (fingerprint) DO UPDATE SET columns_json = excluded.columns_json, confirmed_at = excluded.confirmed_at, actor = excluded.actor",
        )?
        .execute(params![fingerprint, to_json(columns)?, instant_text(at), actor])
        .context("remember confirmed columns")?;
    Ok(())
}
