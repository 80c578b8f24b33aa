//! The fee of one dossier, from the outcomes of its transfers.

use std::collections::BTreeMap;

use crate::bank::matching::{Credit, Outcome, Verdict, words};
use crate::domain::money::Cents;
use crate::domain::payment::{FeeState, TransferState};
use crate::folding::{fold, tokens};

/// How a dossier's fee stands by what was credited. Whether it was asked for, or a proof was seen, others know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeAccount {
    /// `Awaited`, `Short`, `Credited`, `Over`, `Double` or `Returned`.
    pub state: FeeState,
    pub credited_cents: Cents,
    /// Transfers attributed to the dossier, returned ones too, in order.
    pub transfers: Vec<i64>,
}

impl Default for FeeAccount {
    fn default() -> FeeAccount {
        FeeAccount { state: FeeState::Awaited, credited_cents: Cents(0), transfers: Vec::new() }
    }
}

/// The account of one dossier. For many, `fee_accounts` reads the outcomes once.
pub fn fee_account(dossier: &str, outcomes: &[Outcome], credits: &[Credit], fee: Cents) -> FeeAccount {
    fee_accounts(outcomes, credits, fee).remove(dossier).unwrap_or_default()
}

/// The accounts of every dossier some transfer was attributed to.
pub fn fee_accounts(outcomes: &[Outcome], credits: &[Credit], fee: Cents) -> BTreeMap<String, FeeAccount> {
    let amounts: BTreeMap<i64, Cents> = credits.iter().map(|credit| (credit.id, credit.movement.amount)).collect();
    let mut parts: BTreeMap<String, Vec<(i64, i64, bool)>> = BTreeMap::new();
    for outcome in outcomes {
        let returned = outcome.state == TransferState::Returned;
        let amount = amounts.get(&outcome.transfer).copied().unwrap_or_default().0;
        if amount <= 0 || !(returned || outcome.state == TransferState::Matched) {
            continue;
        }
        let sharers = i64::try_from(outcome.dossiers.len()).unwrap_or(1).max(1);
        for (place, dossier) in outcome.dossiers.iter().enumerate() {
            // The cents that do not divide go to the first.
            let share = amount / sharers + if place == 0 { amount % sharers } else { 0 };
            parts.entry(dossier.clone()).or_default().push((outcome.transfer, share, returned));
        }
    }
    parts.into_iter().map(|(dossier, parts)| (dossier, account(&parts, fee))).collect()
}

fn account(parts: &[(i64, i64, bool)], fee: Cents) -> FeeAccount {
    let kept: Vec<i64> = parts.iter().filter(|(_, _, returned)| !returned).map(|(_, share, _)| *share).collect();
    let sum: i64 = kept.iter().sum();
    let whole = kept.iter().filter(|share| **share >= fee.0).count();
    let state = if kept.is_empty() {
        FeeState::Returned
    } else if sum < fee.0 {
        FeeState::Short
    } else if sum == fee.0 {
        FeeState::Credited
    } else if whole >= 2 || sum == fee.0.saturating_mul(2) {
        FeeState::Double
    } else {
        FeeState::Over
    };
    FeeAccount { state, credited_cents: Cents(sum), transfers: parts.iter().map(|(transfer, _, _)| *transfer).collect() }
}

/// A payer who paid too little sends exactly the rest: the same name, the same dossier, the sum to the cent.
pub(crate) fn settle_complements(credits: &[&Credit], verdicts: &mut BTreeMap<i64, Verdict>, fee: Cents) {
    let payer = |credit: &Credit| -> Vec<String> {
        let mut words = tokens(credit.movement.debtor.as_deref().unwrap_or_default());
        words.retain(|word| word.len() >= 2 && words::kind(word) >= words::WordKind::Silent);
        words.sort();
        words
    };
    let mut short: BTreeMap<Vec<String>, Vec<(usize, &Credit)>> = BTreeMap::new();
    let mut paid: BTreeMap<usize, i64> = BTreeMap::new();
    for credit in credits {
        let Some(verdict) = verdicts.get(&credit.id).filter(|verdict| verdict.state == TransferState::Matched) else { continue };
        if let [only] = verdict.payees.as_slice() {
            *paid.entry(*only).or_insert(0) += credit.movement.amount.0;
            if credit.movement.amount < fee {
                short.entry(payer(credit)).or_default().push((*only, credit));
            }
        }
    }
    for credit in credits {
        let waits = verdicts.get(&credit.id).is_some_and(|verdict| matches!(verdict.tier, "review" | "other"));
        let words = payer(credit);
        let amount = credit.movement.amount.0;
        if !waits || words.len() < 2 || amount <= 0 || amount >= fee.0 || !credit.statement_trusted {
            continue;
        }
        let completes: Vec<usize> = short
            .get(&words)
            .into_iter()
            .flatten()
            .filter(|(payee, first)| {
                let days = (credit.movement.booking_date - first.movement.booking_date).num_days();
                (0..=120).contains(&days) && paid.get(payee).is_some_and(|paid| paid + amount == fee.0)
            })
            .map(|(payee, _)| *payee)
            .collect();
        let other_purpose = fold(&credit.movement.remittance).split(' ').any(|word| words::kind(word) == words::WordKind::OtherPurpose);
        if let ([only], false) = (completes.as_slice(), other_purpose) {
            paid.insert(*only, fee.0);
            verdicts.insert(credit.id, Verdict::matched(&[*only], "complement", "même payeur, complète exactement un premier versement trop court"));
        }
    }
}
