//! Money: statements in, each movement once, and what the matching makes of all of them together.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::{Connection, Transaction};

use crate::bank::matching::{self, Credit, Decided, MatchingOptions, Outcome, Payee};
use crate::blobs::sha256_hex;
use crate::domain::calendar;
use crate::domain::document::DocumentKind;
use crate::domain::dossier::{DossierState, FeeFacts};
use crate::domain::money::Cents;
use crate::domain::rules::{Programme, Rules};
use crate::store::decided::{self, TransferDecisionRow};
use crate::store::{dossiers, from_json, settings, transfers};
use crate::tasks::Office;

mod by_mail;
mod import;
mod watch;

pub use by_mail::{NOT_AUTHENTICATED, statement_sender, take_mail};
pub use import::{Import, ImportOptions, import, import_with, undo};
pub use watch::watch_folder;

/// Matches all transfers with all dossiers again, and marks the dossiers whose account changed. Gives whether anything changed.
///
/// Nothing is computed while nothing that the matching looks at has changed since it was last done.
pub fn reconcile(office: &Office) -> anyhow::Result<bool> {
    office.store.write(|transaction| {
        let payees = payees(transaction, &office.rules)?;
        let decided = decided(transaction)?;
        let joined = dossiers::joined(transaction)?;
        let asked = fingerprint(&transfers::version(transaction)?, &payees, &decided, &joined, &office.rules);
        if settings::setting(transaction, MATCHED)?.as_deref() == Some(asked.as_str()) {
            return Ok(false);
        }
        let credits = transfers::credits(transaction)?;
        let options = MatchingOptions { match_by_name: office.rules.fee.match_by_name, ..MatchingOptions::default() };
        let mut outcomes = matching::match_transfers(&credits, &payees, &decided, office.rules.fee.cents, &vocabulary(&office.rules), &options);
        drop(credits);
        to_joined(&mut outcomes, &joined);
        let touched = transfers::keep_outcomes(transaction, &outcomes)?;
        for number in &touched {
            if let Some(row) = dossiers::by_number(transaction, number)? {
                dossiers::mark_dirty(transaction, row.dossier_id)?;
            }
        }
        settings::set_setting(transaction, MATCHED, &asked)?;
        Ok(!touched.is_empty())
    })
}

/// Lets the next [`reconcile`] look at everything, changed or not.
pub fn match_anew(transaction: &Transaction<'_>) -> anyhow::Result<()> {
    settings::set_setting(transaction, MATCHED, "")
}

/// Under which the fingerprint of what was matched last is kept.
const MATCHED: &str = "matched";

/// Everything the matching looks at, in one word. The program's version is part of it: a better rule looks again.
fn fingerprint(transfers: &str, payees: &[Payee], decided: &[Decided], joined: &BTreeMap<String, String>, rules: &Rules) -> String {
    let seen = format!("{} {transfers} {payees:?} {decided:?} {joined:?} {:?} {:?}", env!("CARGO_PKG_VERSION"), rules.fee, vocabulary(rules));
    sha256_hex(seen.as_bytes())
}

/// The words of all programmes, those without candidates too.
fn vocabulary(rules: &Rules) -> Vec<String> {
    let words = |programme: &Programme| {
        [programme.title.clone(), programme.title_en.clone(), programme.code.clone()].into_iter().chain(programme.words.clone()).collect::<Vec<_>>()
    };
    rules.programmes.iter().flat_map(words).collect()
}

/// What came for a dossier that was joined to another counts for that one.
fn to_joined(outcomes: &mut [Outcome], joined: &BTreeMap<String, String>) {
    if joined.is_empty() {
        return;
    }
    for outcome in outcomes {
        let mut numbers: Vec<String> = Vec::with_capacity(outcome.dossiers.len());
        for number in &outcome.dossiers {
            let number = joined.get(number).unwrap_or(number);
            if !numbers.contains(number) {
                numbers.push(number.clone());
            }
        }
        outcome.dossiers = numbers;
    }
}

/// Whom a transfer may come from: every dossier, under every name and address it is known by.
fn payees(connection: &Connection, rules: &Rules) -> anyhow::Result<Vec<Payee>> {
    let mut payees = Vec::new();
    let joined = dossiers::joined(connection)?;
    for row in dossiers::all(connection)? {
        let Some(state) = row.state_json.as_deref().map(from_json::<DossierState>).transpose()? else {
            // Joined to another: its reference is still on papers that the candidate has.
            if joined.contains_key(&row.number) {
                let opened_on = calendar::paris(row.opened_at).date();
                payees.push(Payee {
                    dossier: row.number,
                    reference: row.reference,
                    reference_issued_on: Some(opened_on),
                    opened_on,
                    ..Payee::default()
                });
            }
            continue;
        };
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
                .map(|programme| [programme.title.clone(), programme.title_en.clone()].into_iter().chain(programme.words.clone()).collect())
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
    let rows = decided::transfer_decisions(connection)?;
    let newest: BTreeMap<i64, i64> = rows.iter().map(|row| (row.transfer_id, row.transfer_decision_id)).collect();
    let in_force = |row: &TransferDecisionRow| newest.get(&row.transfer_id) == Some(&row.transfer_decision_id);
    Ok(rows
        .into_iter()
        .flat_map(|row| match row.verdict.as_str() {
            // Refused pairs add up; of the rest the newest word counts.
            "unmatch" => row.dossiers.into_iter().map(|dossier| Decided::Rejected { transfer: row.transfer_id, dossier }).collect(),
            _ if !in_force(&row) => Vec::new(),
            "match" => vec![Decided::Match { transfer: row.transfer_id, dossiers: row.dossiers }],
            _ => vec![Decided::NotAFee { transfer: row.transfer_id }],
        })
        .collect())
}

/// A transfer that a person shared out unevenly is as many credits as there are shares, to those who count.
fn shared_out(connection: &Connection, rows: Vec<transfers::TransferRow>) -> anyhow::Result<Vec<transfers::TransferRow>> {
    let shares: BTreeMap<i64, TransferDecisionRow> =
        decided::transfer_decisions(connection)?.into_iter().map(|row| (row.transfer_id, row)).filter(|(_, row)| row.shares.is_some()).collect();
    let mut parts = Vec::with_capacity(rows.len());
    for row in rows {
        match shares.get(&row.transfer_id).filter(|word| word.verdict == "match" && word.dossiers == row.dossiers) {
            None => parts.push(row),
            Some(word) => {
                for (place, (number, cents)) in word.dossiers.iter().zip(word.shares.iter().flatten()).enumerate() {
                    let mut part = transfers::TransferRow { dossiers: vec![number.clone()], ..row.clone() };
                    part.movement.amount = Cents(*cents);
                    part.transfer_id = -(row.transfer_id * 100 + i64::try_from(place).unwrap_or(0));
                    parts.push(part);
                }
            }
        }
    }
    Ok(parts)
}

/// The fee account of every dossier that some transfer was attributed to.
pub fn fees(connection: &Connection, rules: &Rules) -> anyhow::Result<BTreeMap<String, FeeFacts>> {
    let rows = shared_out(connection, transfers::attributed(connection)?)?;
    let outcomes: Vec<Outcome> = rows
        .iter()
        .map(|row| Outcome {
            transfer: row.transfer_id,
            state: row.state,
            dossiers: row.dossiers.clone(),
            why: Vec::new(),
            tier: "kept",
            of_return: None,
        })
        .collect();
    let days: BTreeMap<i64, NaiveDate> = rows.iter().map(|row| (row.transfer_id, row.movement.booking_date)).collect();
    let credits: Vec<Credit> =
        rows.into_iter().map(|row| Credit { id: row.transfer_id, movement: row.movement, statement_trusted: row.trusted }).collect();
    let accounts = matching::fee_accounts(&outcomes, &credits, rules.fee.cents);
    Ok(accounts
        .into_iter()
        .map(|(number, account)| {
            let booked_on = account.transfers.iter().filter_map(|id| days.get(id)).max().copied();
            (number, FeeFacts { state: account.state, credited: account.credited_cents, booked_on })
        })
        .collect())
}

#[cfg(test)]
mod tests;
