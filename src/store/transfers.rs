//! Statements and transfers. What people decided about them stands in `decided`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chrono::NaiveDate;
use rusqlite::{Connection, Transaction, params};

use crate::bank::dedup::{self, KnownMovement};
use crate::bank::matching::{Credit, Outcome};
use crate::domain::payment::{Movement, TransferState};
use crate::store::{from_json, to_json};

/// A transfer with the matching's view of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferRow {
    pub transfer_id: i64,
    pub account: String,
    pub movement: Movement,
    pub state: TransferState,
    pub dossiers: Vec<String>,
    pub why: Vec<String>,
    /// The rule that decided.
    pub tier: String,
    /// File name and movement number of every place where it stands.
    pub sources: Vec<(String, u32)>,
    /// Whether some file that holds it added up.
    pub trusted: bool,
}

/// A statement file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRow {
    pub name: String,
    pub format: String,
    pub imported_at: String,
    /// It added up and its movements count.
    pub booked: bool,
    /// Slug and French sentence of what was found.
    pub findings: Vec<(String, String)>,
}

/// Statement files, in the order in which they were read.
pub fn statements(connection: &Connection) -> anyhow::Result<Vec<StatementRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, format, imported_at, booked, findings_json FROM statement_file WHERE undone_at IS NULL ORDER BY statement_file_id",
    )?;
    let mut rows = statement.query([])?;
    let mut files = Vec::new();
    while let Some(row) = rows.next().context("list statements")? {
        let findings = from_json(row.get_ref(4)?.as_str()?)?;
        files.push(StatementRow { name: row.get(0)?, format: row.get(1)?, imported_at: row.get(2)?, booked: row.get(3)?, findings });
    }
    Ok(files)
}

/// Known movements of one account in a closed span of days, each with the formats it was seen in; one that other families of formats print
/// differently stands there once for each. Those whose only file was undone are among them: they come back under their old numbers.
pub fn of_days(connection: &Connection, account: &str, from: NaiveDate, to: NaiveDate) -> anyhow::Result<Vec<KnownMovement>> {
    let mut statement = connection.prepare_cached(
        "SELECT transfer_id, movement_json, family, others_json
         FROM transfer WHERE account = ?1 AND booking_date BETWEEN ?2 AND ?3 ORDER BY transfer_id",
    )?;
    let mut rows = statement.query(params![account, from.to_string(), to.to_string()])?;
    let mut known = Vec::new();
    while let Some(row) = rows.next().context("read transfers")? {
        let id: i64 = row.get(0)?;
        known.push(KnownMovement { id, formats: BTreeSet::from([row.get(2)?]), movement: from_json(row.get_ref(1)?.as_str()?)? });
        let others = row.get_ref(3)?.as_str()?;
        if others != "[]" {
            let others: Vec<(String, Movement)> = from_json(others)?;
            known.extend(others.into_iter().map(|(family, movement)| KnownMovement { id, formats: BTreeSet::from([family]), movement }));
        }
    }
    Ok(known)
}

pub fn add(transaction: &Transaction<'_>, account: &str, family: &str, movement: &Movement) -> anyhow::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO transfer (account, booking_date, amount_cents, movement_json, family) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![account, movement.booking_date.to_string(), movement.amount.0, to_json(movement)?, family])
        .context("record a transfer")?;
    Ok(transaction.last_insert_rowid())
}

/// Keeps how one more family of formats prints a movement.
pub fn add_reading(transaction: &Transaction<'_>, transfer_id: i64, family: &str, movement: &Movement) -> anyhow::Result<()> {
    let (own, mut others) = readings(transaction, transfer_id)?;
    if own.0 == family || others.iter().any(|(known, _)| known == family) {
        return Ok(());
    }
    others.push((family.to_owned(), movement.clone()));
    others.sort_by(|one, other| one.0.cmp(&other.0));
    keep_readings(transaction, transfer_id, &own, &others)
}

type Reading = (String, Movement);

fn readings(connection: &Connection, transfer_id: i64) -> anyhow::Result<(Reading, Vec<Reading>)> {
    let (family, movement, others): (String, String, String) = connection
        .prepare_cached("SELECT family, movement_json, others_json FROM transfer WHERE transfer_id = ?1")?
        .query_row([transfer_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .context("read a transfer")?;
    Ok(((family, from_json(&movement)?), from_json(&others)?))
}

fn keep_readings(transaction: &Transaction<'_>, transfer_id: i64, own: &Reading, others: &[Reading]) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE transfer SET family = ?2, movement_json = ?3, others_json = ?4 WHERE transfer_id = ?1")?
        .execute(params![transfer_id, own.0, to_json(&own.1)?, to_json(&others)?])
        .context("keep how a movement is printed")?;
    Ok(())
}

/// Takes one file's movements out of the books; gives how many no other file holds.
pub fn remove_sources(transaction: &Transaction<'_>, statement_file_id: i64) -> anyhow::Result<usize> {
    let mut statement = transaction.prepare_cached("SELECT DISTINCT transfer_id FROM transfer_source WHERE statement_file_id = ?1")?;
    let touched: Vec<i64> =
        statement.query_map([statement_file_id], |row| row.get(0))?.collect::<Result<_, _>>().context("list movements of a file")?;
    transaction.prepare_cached("DELETE FROM transfer_source WHERE statement_file_id = ?1")?.execute([statement_file_id]).context("remove sources")?;
    let mut n_gone = 0;
    for transfer_id in touched {
        let mut statement = transaction
            .prepare_cached("SELECT DISTINCT format FROM transfer_source JOIN statement_file USING (statement_file_id) WHERE transfer_id = ?1")?;
        let formats: Vec<String> = statement.query_map([transfer_id], |row| row.get(0))?.collect::<Result<_, _>>().context("list formats")?;
        if formats.is_empty() {
            n_gone += 1;
            continue;
        }
        let left: BTreeSet<&str> = formats.iter().map(|format| dedup::family(format)).collect();
        let (own, others) = readings(transaction, transfer_id)?;
        let mut kept = std::iter::once(own).chain(others).filter(|(family, _)| left.contains(family.as_str()));
        if let Some(first) = kept.next() {
            let others: Vec<Reading> = kept.collect();
            keep_readings(transaction, transfer_id, &first, &others)?;
        }
    }
    Ok(n_gone)
}

pub fn add_source(transaction: &Transaction<'_>, statement_file_id: i64, entry: u32, transfer_id: i64) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO transfer_source (statement_file_id, entry, transfer_id) VALUES (?1, ?2, ?3)")?
        .execute(params![statement_file_id, entry, transfer_id])
        .context("record where a transfer stands")?;
    Ok(())
}

/// File name and movement number of each place, and whether one of the files added up.
type Sources = (Vec<(String, u32)>, bool);

/// The movement as the format that says most prints it.
fn fullest(own: &str, others: &str) -> anyhow::Result<Movement> {
    let own: Movement = from_json(own)?;
    if others == "[]" {
        return Ok(own);
    }
    let others: Vec<Reading> = from_json(others)?;
    Ok(dedup::richest(std::iter::once(&own).chain(others.iter().map(|(_, movement)| movement))).cloned().unwrap_or(own))
}

/// Every transfer that some file holds, in order of booking.
pub fn all(connection: &Connection) -> anyhow::Result<Vec<TransferRow>> {
    select(connection, "")
}

/// Those that count for some dossier, or did until they were sent back.
pub fn attributed(connection: &Connection) -> anyhow::Result<Vec<TransferRow>> {
    select(connection, "WHERE state IN ('matched', 'returned')")
}

/// Transfers in order of booking, of those rows only that the clause lets through.
fn select(connection: &Connection, clause: &'static str) -> anyhow::Result<Vec<TransferRow>> {
    let mut sources: BTreeMap<i64, Sources> = BTreeMap::new();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT transfer_id, name, entry, booked FROM transfer_source JOIN statement_file USING (statement_file_id)
             JOIN (SELECT transfer_id FROM transfer {clause}) USING (transfer_id) ORDER BY transfer_id, statement_file_id, entry"
    ))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next().context("read sources")? {
        let (places, trusted) = sources.entry(row.get(0)?).or_default();
        places.push((row.get(1)?, row.get(2)?));
        *trusted |= row.get::<_, bool>(3)?;
    }
    let mut statement = connection.prepare_cached(&format!(
        "SELECT transfer_id, account, movement_json, state, dossiers_json, why_json, tier, others_json FROM transfer {clause}
         ORDER BY booking_date, transfer_id"
    ))?;
    let mut rows = statement.query([])?;
    let mut transfers = Vec::new();
    while let Some(row) = rows.next().context("read transfers")? {
        let transfer_id = row.get(0)?;
        // What no file holds any more was undone: it waits, unseen, with what a person said of it.
        let Some((sources, trusted)) = sources.remove(&transfer_id) else { continue };
        transfers.push(TransferRow {
            transfer_id,
            account: row.get(1)?,
            movement: fullest(row.get_ref(2)?.as_str()?, row.get_ref(7)?.as_str()?)?,
            state: TransferState::from_slug(&row.get::<_, String>(3)?).unwrap_or(TransferState::Unrelated),
            dossiers: from_json(&row.get::<_, String>(4)?)?,
            why: from_json(&row.get::<_, String>(5)?)?,
            tier: row.get(6)?,
            sources,
            trusted,
        });
    }
    Ok(transfers)
}

/// What the matching looks at, and nothing more: a hundred thousand movements are kept in memory once.
pub fn credits(connection: &Connection) -> anyhow::Result<Vec<Credit>> {
    let mut statement = connection.prepare_cached(
        "SELECT transfer_id, movement_json, others_json, max(booked) FROM transfer
         JOIN transfer_source USING (transfer_id) JOIN statement_file USING (statement_file_id) GROUP BY transfer_id ORDER BY transfer_id",
    )?;
    let mut rows = statement.query([])?;
    let mut credits = Vec::new();
    while let Some(row) = rows.next().context("read movements")? {
        let movement = fullest(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?)?;
        credits.push(Credit { id: row.get(0)?, movement, statement_trusted: row.get(3)? });
    }
    Ok(credits)
}

/// Changes whenever a movement comes, goes, or is read from another file.
pub fn version(connection: &Connection) -> anyhow::Result<String> {
    connection
        .query_row(
            "SELECT (SELECT count(*) || ' ' || coalesce(max(transfer_id), 0) FROM transfer_source) || ' ' ||
                 coalesce((SELECT group_concat(sha256 || imported_at || booked || coalesce(undone_at, '')) FROM statement_file), '')",
            [],
            |row| row.get(0),
        )
        .context("see whether movements changed")
}

/// Keeps the matching's view of every transfer. Gives the dossiers whose transfers changed.
pub fn keep_outcomes(transaction: &Transaction<'_>, outcomes: &[Outcome]) -> anyhow::Result<BTreeSet<String>> {
    let mut known = transaction.prepare_cached("SELECT state, tier, dossiers_json, why_json FROM transfer WHERE transfer_id = ?1")?;
    let mut keep =
        transaction.prepare_cached("UPDATE transfer SET state = ?2, tier = ?3, dossiers_json = ?4, why_json = ?5 WHERE transfer_id = ?1")?;
    let mut touched = BTreeSet::new();
    for outcome in outcomes {
        let (dossiers, why) = (to_json(&outcome.dossiers)?, to_json(&outcome.why)?);
        let (state, tier) = (outcome.state.slug(), outcome.tier);
        let before: Option<String> = known
            .query_row([outcome.transfer], |row| {
                let same = row.get_ref(0)?.as_str()? == state
                    && row.get_ref(1)?.as_str()? == tier
                    && row.get_ref(2)?.as_str()? == dossiers
                    && row.get_ref(3)?.as_str()? == why;
                Ok(if same { None } else { Some(row.get::<_, String>(2)?) })
            })
            .context("read a matching")?;
        if let Some(before) = before {
            touched.extend(from_json::<Vec<String>>(&before)?);
            touched.extend(outcome.dossiers.iter().cloned());
            keep.execute(params![outcome.transfer, state, tier, dossiers, why]).context("keep a matching")?;
        }
    }
    Ok(touched)
}
