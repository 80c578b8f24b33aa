//! Money: statements in, each movement once, and what the matching makes of all of them together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context;
use chrono::NaiveDate;
use rusqlite::{Connection, Transaction};

use crate::bank::dedup::{KnownMovement, reconcile_day};
use crate::bank::matching::{self, Credit, Decided, MatchingOptions, Outcome, Payee};
use crate::bank::{self, CsvColumns, StatementReading};
use crate::blobs::{Durability, sha256_hex};
use crate::domain::calendar;
use crate::domain::document::DocumentKind;
use crate::domain::dossier::{DossierState, FeeFacts};
use crate::domain::payment::Movement;
use crate::domain::rules::Rules;
use crate::store::{dossiers, from_json, journal, to_json, transfers};
use crate::tasks::Office;

/// What became of one statement file.
#[derive(Debug, Clone, PartialEq)]
pub enum Import {
    AlreadyKnown { imported_at: String },
    Done { reading: StatementReading, n_new: usize, n_known: usize },
}

/// Reads a statement and books its movements, in one transaction. Reading it again changes nothing.
pub fn import(office: &Office, bytes: &[u8], name: &str, actor: &str) -> anyhow::Result<Import> {
    let sha256 = sha256_hex(bytes);
    if let Some(imported_at) = office.store.read(|connection| transfers::statement_imported_at(connection, &sha256))? {
        return Ok(Import::AlreadyKnown { imported_at });
    }
    office.blobs.put(bytes, Durability::Synced)?;
    let mut reading = bank::read_statement(bytes, name, &CsvColumns::default());
    bank::check_account(&mut reading, &office.rules.fee.iban);
    let now = office.clock.now();
    let findings: Vec<(String, String)> = reading.findings.iter().map(|finding| (finding.slug().to_owned(), finding.french())).collect();
    let (n_new, n_known) = office.store.write(|transaction| {
        let trusted = (0..reading.statements.len()).all(|index| reading.trusted(index));
        let file_id = transfers::add_statement(transaction, &sha256, name, &reading.format, now, trusted, &to_json(&findings)?)?;
        let counts = book(transaction, file_id, &reading, &office.rules)?;
        journal::append(transaction, now, actor, None, "statement_imported", &format!("{} {}", reading.format, counts.0))?;
        Ok(counts)
    })?;
    tracing::info!(n_new, n_known, format = %reading.format, "statement read: {n_new} new movements");
    Ok(Import::Done { reading, n_new, n_known })
}

/// Books each movement once, however many files hold it.
fn book(transaction: &Transaction<'_>, file_id: i64, reading: &StatementReading, rules: &Rules) -> anyhow::Result<(usize, usize)> {
    let mut by_day: BTreeMap<(String, NaiveDate), Vec<&Movement>> = BTreeMap::new();
    for (index, statement) in reading.statements.iter().enumerate() {
        if !reading.trusted(index) {
            continue;
        }
        // One account under its several spellings (IBAN, bank and branch) is one account.
        let account = if bank::same_account(&statement.account, &rules.fee.iban) { rules.fee.iban.clone() } else { statement.account.clone() };
        for movement in &statement.entries {
            by_day.entry((account.clone(), movement.booking_date)).or_default().push(movement);
        }
    }
    let (mut n_new, mut n_known) = (0, 0);
    for ((account, day), incoming) in by_day {
        let known: Vec<KnownMovement> = transfers::of_day(transaction, &account, day)?
            .into_iter()
            .map(|(id, movement)| KnownMovement { id, account: account.clone(), movement })
            .collect();
        let incoming: Vec<Movement> = incoming.into_iter().cloned().collect();
        for (movement, same) in incoming.iter().zip(reconcile_day(&known, &incoming)) {
            let transfer_id = match same {
                Some(transfer_id) => {
                    n_known += 1;
                    transfer_id
                }
                None => {
                    n_new += 1;
                    transfers::add(transaction, &account, movement)?
                }
            };
            transfers::add_source(transaction, file_id, movement.entry, transfer_id)?;
        }
    }
    Ok((n_new, n_known))
}

/// Takes in whole statement files from the watched folder: read, then moved aside to `done/`, or to `refused/` with the reason beside it.
pub fn watch_folder(office: &Office) -> anyhow::Result<usize> {
    let folder = office.config.path(&office.config.statements.folder);
    if !folder.is_dir() {
        return Ok(0);
    }
    let mut paths: Vec<_> = fs::read_dir(&folder).context("look into the statements folder")?.collect::<Result<Vec<_>, _>>()?;
    paths.sort_by_key(fs::DirEntry::file_name);
    let mut n_read = 0;
    for path in paths.into_iter().map(|entry| entry.path()).filter(|path| path.is_file() && is_settled(path, office)) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = fs::read(&path).context("read a statement")?;
        let refused = match import(office, &bytes, &name, journal::PROGRAM)? {
            Import::Done { reading, .. } if reading.statements.is_empty() => {
                Some(reading.findings.iter().map(|finding| finding.french()).collect::<Vec<_>>().join("\n"))
            }
            Import::Done { .. } | Import::AlreadyKnown { .. } => None,
        };
        let aside = folder.join(if refused.is_some() { "refused" } else { "done" });
        fs::create_dir_all(&aside).context("make the folder for read statements")?;
        if let Some(why) = refused {
            fs::write(aside.join(format!("{name}.txt")), why).context("write why a statement was refused")?;
        }
        fs::rename(&path, aside.join(&name)).context("move a statement aside")?;
        n_read += 1;
    }
    Ok(n_read)
}

/// A file still being written is left alone: it must not have changed for some seconds.
fn is_settled(path: &Path, office: &Office) -> bool {
    let Ok(modified) = fs::metadata(path).and_then(|metadata| metadata.modified()) else { return false };
    let age = office.clock.now() - chrono::DateTime::<chrono::Utc>::from(modified);
    age.num_seconds() >= 3
}

/// Matches all transfers with all dossiers again, and marks the dossiers whose account changed. Gives whether anything changed.
pub fn reconcile(office: &Office) -> anyhow::Result<bool> {
    office.store.write(|transaction| {
        let rows = transfers::all(transaction)?;
        if rows.is_empty() {
            return Ok(false);
        }
        let credits: Vec<Credit> = rows
            .iter()
            .map(|row| Credit { id: row.transfer_id, movement: row.movement.clone(), statement_trusted: row.trusted })
            .collect();
        let payees = payees(transaction, &office.rules)?;
        let decided = decided(transaction)?;
        let vocabulary: Vec<String> = office
            .rules
            .programmes
            .iter()
            .flat_map(|programme| [programme.title.clone(), programme.title_en.clone(), programme.code.clone()].into_iter().chain(programme.words.clone()))
            .collect();
        let options = MatchingOptions { by_name: office.rules.fee.match_by_name, ..MatchingOptions::default() };
        let outcomes = matching::match_transfers(&credits, &payees, &decided, office.rules.fee.cents, &vocabulary, &options);
        let before: BTreeSet<String> = transfers::outcomes(transaction)?.into_iter().collect();
        let mut touched: BTreeSet<String> = BTreeSet::new();
        for outcome in &outcomes {
            let text = to_json(outcome)?;
            if before.contains(&text) {
                continue;
            }
            if let Some(row) = rows.iter().find(|row| row.transfer_id == outcome.transfer) {
                touched.extend(row.dossiers.iter().cloned());
            }
            touched.extend(outcome.dossiers.iter().cloned());
            transfers::keep_outcome(transaction, outcome.transfer, outcome.state.slug(), &outcome.dossiers, &outcome.why, &text)?;
        }
        for number in &touched {
            if let Some(row) = dossiers::by_number(transaction, number)? {
                dossiers::mark_dirty(transaction, row.dossier_id)?;
            }
        }
        Ok(!touched.is_empty())
    })
}

/// Whom a transfer may come from: every dossier, under every name and address it is known by.
fn payees(connection: &Connection, rules: &Rules) -> anyhow::Result<Vec<Payee>> {
    let mut payees = Vec::new();
    for row in dossiers::all(connection)? {
        let Some(state) = row.state_json.as_deref().map(from_json::<DossierState>).transpose()? else { continue };
        let programme = state.programme.as_ref().and_then(|code| rules.programmes.iter().find(|programme| programme.code == *code));
        let opened_on = calendar::paris(row.opened_at).date();
        let proof = state.documents.iter().any(|document| document.kind == DocumentKind::PaymentProof);
        payees.push(Payee {
            dossier: row.number,
            reference: row.reference,
            reference_issued_on: Some(opened_on),
            names: state.person.clone().into_iter().collect(),
            emails: state.addresses.clone(),
            programme_words: programme
                .map(|programme| std::iter::once(programme.title.clone()).chain(programme.words.clone()).collect())
                .unwrap_or_default(),
            opened_on,
            withdrawn: state.stage == crate::domain::dossier::Stage::Withdrawn,
            announced_payment: proof.then(|| calendar::paris(state.last_arrival).date()),
            payer_hints: Vec::new(),
        });
    }
    Ok(payees)
}

/// The assistant's word, in the matching's terms.
fn decided(connection: &Connection) -> anyhow::Result<Vec<Decided>> {
    let rows = transfers::decisions(connection)?;
    Ok(rows
        .into_iter()
        .flat_map(|row| match row.verdict.as_str() {
            "match" => vec![Decided::Match { transfer: row.transfer_id, dossiers: row.dossiers }],
            "not_a_fee" => vec![Decided::NotAFee { transfer: row.transfer_id }],
            _ => row.dossiers.into_iter().map(|dossier| Decided::Rejected { transfer: row.transfer_id, dossier }).collect(),
        })
        .collect())
}

/// The fee account of every dossier that any transfer speaks of.
pub fn fees(connection: &Connection, rules: &Rules) -> anyhow::Result<BTreeMap<String, FeeFacts>> {
    let rows = transfers::all(connection)?;
    let credits: Vec<Credit> =
        rows.iter().map(|row| Credit { id: row.transfer_id, movement: row.movement.clone(), statement_trusted: row.trusted }).collect();
    let outcomes: Vec<Outcome> = transfers::outcomes(connection)?.iter().map(|text| from_json(text)).collect::<Result<_, _>>()?;
    let numbers: BTreeSet<&String> = outcomes.iter().flat_map(|outcome| &outcome.dossiers).collect();
    let mut fees = BTreeMap::new();
    for number in numbers {
        let account = matching::fee_account(number, &outcomes, &credits, rules.fee.cents);
        let booked_on = credits
            .iter()
            .filter(|credit| account.transfers.contains(&credit.id) && credit.movement.amount.0 > 0)
            .map(|credit| credit.movement.booking_date)
            .max();
        fees.insert(number.clone(), FeeFacts { state: account.state, credited: account.credited_cents, booked_on });
    }
    Ok(fees)
}
