//! Her word on a transfer: whose fee it is, that it is none, that a pair is wrong; and that word taken back.

use std::collections::BTreeSet;

use super::{Effect, Word, refuse};
use crate::domain::money::Cents;
use crate::store::decided::{self, TransferDecisionRow};
use crate::store::transfers::TransferRow;
use crate::store::{dossiers, journal, transfers};
use crate::tasks::{Office, money, supervisor};

/// A dossier's part of a transfer: all of it, or an even part, when no amount is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub number: String,
    pub amount: Option<Cents>,
}

/// Attributes a transfer to one dossier, or to several that share it. No later statement undoes it.
pub fn attribute(office: &Office, word: Word<'_>, transfer_id: i64, shares: &[Share]) -> anyhow::Result<Effect> {
    if shares.is_empty() {
        return refuse("Aucun dossier n'est nommé pour ce virement.");
    }
    let numbers: Vec<String> = shares.iter().map(|share| share.number.clone()).collect();
    if numbers.iter().collect::<BTreeSet<_>>().len() != numbers.len() {
        return refuse("Le même dossier est nommé deux fois.");
    }
    let amounts: Vec<i64> = shares.iter().filter_map(|share| share.amount).map(|amount| amount.0).collect();
    if !amounts.is_empty() && (amounts.len() != shares.len() || amounts.iter().any(|amount| *amount <= 0)) {
        return refuse("Chaque part du partage doit avoir un montant positif.");
    }
    let amounts = (!amounts.is_empty()).then_some(amounts);
    let effect = office.store.write(|transaction| {
        let row = transfer(transaction, transfer_id)?;
        let sum = amounts.iter().flatten().try_fold(0_i64, |sum, amount| sum.checked_add(*amount));
        if amounts.is_some() && sum.is_none_or(|sum| sum > row.movement.amount.0) {
            return refuse(format!("Les parts dépassent le virement, qui est de {}.", row.movement.amount.french()));
        }
        let before = decided::transfer_decision(transaction, transfer_id)?;
        if before.is_some_and(|before| before.verdict == "match" && before.dossiers == numbers && before.shares == amounts) {
            return Ok(Effect::Already);
        }
        let signed = word.signed(office);
        for number in &numbers {
            let Some(dossier) = dossiers::by_number(transaction, number)? else { return refuse(format!("Il n'y a pas de dossier {number}.")) };
            if dossiers::joined(transaction)?.contains_key(number) {
                return refuse(format!("Le dossier {number} a été réuni à un autre."));
            }
            journal::append(transaction, signed.at, word.actor, Some(dossier.dossier_id), "transfer_match", &detail(transfer_id, word))?;
            dossiers::mark_dirty(transaction, dossier.dossier_id)?;
        }
        decided::decide_transfer(transaction, transfer_id, signed, "match", &numbers, amounts.as_deref())?;
        Ok(Effect::Changed)
    })?;
    settle(office, effect)
}

/// Says that a transfer is no application fee.
pub fn reject(office: &Office, word: Word<'_>, transfer_id: i64) -> anyhow::Result<Effect> {
    let effect = office.store.write(|transaction| {
        let row = transfer(transaction, transfer_id)?;
        if decided::transfer_decision(transaction, transfer_id)?.is_some_and(|before| before.verdict == "not_a_fee") {
            return Ok(Effect::Already);
        }
        say(office, transaction, word, "transfer_not_a_fee", transfer_id, &row.dossiers)?;
        decided::decide_transfer(transaction, transfer_id, word.signed(office), "not_a_fee", &[], None)?;
        Ok(Effect::Changed)
    })?;
    settle(office, effect)
}

/// Says that an attribution is wrong: that pair is never made again by itself.
pub fn detach(office: &Office, word: Word<'_>, transfer_id: i64) -> anyhow::Result<Effect> {
    let effect = office.store.write(|transaction| {
        let row = transfer(transaction, transfer_id)?;
        let before = decided::transfer_decision(transaction, transfer_id)?;
        let nothing_new =
            |before: &TransferDecisionRow| before.verdict == "unmatch" && row.dossiers.iter().all(|number| before.dossiers.contains(number));
        if row.dossiers.is_empty() || before.as_ref().is_some_and(nothing_new) {
            return Ok(Effect::Already);
        }
        say(office, transaction, word, "transfer_unmatch", transfer_id, &row.dossiers)?;
        decided::decide_transfer(transaction, transfer_id, word.signed(office), "unmatch", &row.dossiers, None)?;
        Ok(Effect::Changed)
    })?;
    settle(office, effect)
}

/// Takes her latest word on a transfer back: everything is as it was before she said it.
pub fn take_back(office: &Office, word: Word<'_>, transfer_id: i64) -> anyhow::Result<Effect> {
    let effect = office.store.write(|transaction| {
        let row = transfer(transaction, transfer_id)?;
        let Some(before) = decided::transfer_decision(transaction, transfer_id)? else { return Ok(Effect::Already) };
        let concerned: Vec<String> = before.dossiers.iter().chain(&row.dossiers).collect::<BTreeSet<_>>().into_iter().cloned().collect();
        say(office, transaction, word, "transfer_word_taken_back", transfer_id, &concerned)?;
        decided::undo_transfer_decision(transaction, before.transfer_decision_id, word.signed(office))?;
        Ok(Effect::Changed)
    })?;
    settle(office, effect)
}

fn transfer(connection: &rusqlite::Connection, transfer_id: i64) -> anyhow::Result<TransferRow> {
    match transfers::all(connection)?.into_iter().find(|row| row.transfer_id == transfer_id) {
        Some(row) => Ok(row),
        None => refuse(format!("Il n'y a pas de virement {transfer_id}.")),
    }
}

fn detail(transfer_id: i64, word: Word<'_>) -> String {
    if word.why.is_empty() { transfer_id.to_string() } else { format!("{transfer_id} ({})", word.why) }
}

/// Tells it in the journal of each dossier concerned, or of none.
fn say(
    office: &Office,
    transaction: &rusqlite::Transaction<'_>,
    word: Word<'_>,
    event: &str,
    transfer_id: i64,
    numbers: &[String],
) -> anyhow::Result<()> {
    let now = office.clock.now();
    let detail = detail(transfer_id, word);
    let mut told = false;
    for number in numbers {
        let Some(dossier) = dossiers::by_number(transaction, number)? else { continue };
        journal::append(transaction, now, word.actor, Some(dossier.dossier_id), event, &detail)?;
        dossiers::mark_dirty(transaction, dossier.dossier_id)?;
        told = true;
    }
    if told { Ok(()) } else { journal::append(transaction, now, word.actor, None, event, &detail) }
}

fn settle(office: &Office, effect: Effect) -> anyhow::Result<Effect> {
    if effect == Effect::Changed {
        money::reconcile(office)?;
        supervisor::settle(office)?;
    }
    Ok(effect)
}
