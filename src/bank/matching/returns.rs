//! Money that went back: a fee and the debit that returned it.

use std::collections::{BTreeMap, BTreeSet};

use crate::bank::matching::{Credit, MatchingOptions, Verdict, words};
use crate::domain::money::Cents;
use crate::domain::payment::{Movement, TransferState};
use crate::folding::tokens;

/// Pairs every debit that sends a credit back with it: the same amount, the same name, not later than the options allow.
/// Both are then returned, and belong to the dossier the credit was attributed to, once it is. What a person decided about a debit stays.
pub fn settle_returns(credits: &[&Credit], verdicts: &mut BTreeMap<i64, Verdict>, options: &MatchingOptions) {
    let mut by_amount: BTreeMap<i64, Vec<&Credit>> = BTreeMap::new();
    for credit in credits.iter().filter(|credit| credit.movement.amount.0 > 0) {
        let candidate = verdicts.get(&credit.id).is_some_and(|verdict| verdict.state != TransferState::Unrelated);
        if candidate {
            by_amount.entry(credit.movement.amount.0).or_default().push(credit);
        }
    }
    let mut taken: BTreeSet<i64> = BTreeSet::new();
    let of_person: BTreeSet<i64> = verdicts.iter().filter(|(_, verdict)| verdict.tier == "person").map(|(id, _)| *id).collect();
    for debit in credits.iter().filter(|credit| credit.movement.amount.0 < 0 && !of_person.contains(&credit.id)) {
        let sent_back = sends_back(&debit.movement);
        let originals = by_amount.get(&debit.movement.amount.0.saturating_neg()).into_iter().flatten();
        // The latest credit before the debit is the one a bank rejects.
        let original = originals
            .filter(|credit| !taken.contains(&credit.id))
            .filter(|credit| (0..=options.days_to_return_max).contains(&(debit.movement.booking_date - credit.movement.booking_date).num_days()))
            .filter(|credit| same_party(&credit.movement, &debit.movement, sent_back))
            .max_by_key(|credit| (credit.movement.booking_date, credit.id));
        let Some(original) = original else { continue };
        taken.insert(original.id);
        let amount = Cents(original.movement.amount.0).french();
        let Some(verdict) = verdicts.get_mut(&original.id) else { continue };
        let on = debit.movement.booking_date.format("%d/%m/%Y");
        verdict.why.push(format!("renvoyé le {on}"));
        // Nobody knows yet whose fee went back: both stay a question.
        let state = if verdict.state == TransferState::Matched { TransferState::Returned } else { verdict.state };
        verdict.state = state;
        let payees = verdict.payees.clone();
        let word = if sent_back { "retour" } else { "remboursement" };
        let why = vec![format!("{word} du virement de {amount} reçu le {}", original.movement.booking_date.format("%d/%m/%Y"))];
        verdicts.insert(debit.id, Verdict { state, payees, why, tier: "return", of_return: Some(original.id), rests_on_payer: false });
    }
}

/// The debit that sent back a transfer to review offers the transfer's proposals.
pub fn offer_the_same(verdicts: &mut BTreeMap<i64, Verdict>) {
    let offers: Vec<(i64, Vec<usize>)> = verdicts
        .iter()
        .filter(|(_, verdict)| verdict.state == TransferState::ToReview)
        .filter_map(|(debit, verdict)| Some((*debit, verdicts.get(&verdict.of_return?)?.payees.clone())))
        .collect();
    for (debit, payees) in offers {
        if let Some(verdict) = verdicts.get_mut(&debit) {
            verdict.payees = payees;
        }
    }
}

fn sends_back(movement: &Movement) -> bool {
    let text = crate::folding::fold(&format!("{} {}", movement.remittance, movement.debtor.as_deref().unwrap_or_default()));
    movement.is_return || words::says_returned(&text) || words::says_refunded(&text)
}

fn person_words(text: &str) -> BTreeSet<String> {
    tokens(text)
        .into_iter()
        .filter(|word| word.len() >= 2 && words::kind(word) >= words::WordKind::Silent && !matches!(word.as_str(), "MM" | "OU"))
        .collect()
}

/// The payer's words stand in the debit's party or text. Without a word of return, only the whole name and no other purpose will do.
fn same_party(credit: &Movement, debit: &Movement, sent_back: bool) -> bool {
    if credit.end_to_end_id.is_some() && credit.end_to_end_id == debit.end_to_end_id {
        return true;
    }
    let payer = person_words(credit.debtor.as_deref().unwrap_or_default());
    let texts = person_words(&format!("{} {}", debit.debtor.as_deref().unwrap_or_default(), debit.remittance));
    let shared = payer.iter().filter(|word| texts.contains(*word)).count();
    if payer.is_empty() || shared == 0 {
        return false;
    }
    let other_purpose = tokens(&debit.remittance)
        .iter()
        .any(|word| words::kind(word) == words::WordKind::OtherPurpose && !word.starts_with("REMB") && !word.starts_with("REFUND"));
    if sent_back { !other_purpose && (shared == payer.len() || shared >= 2) } else { !other_purpose && shared == payer.len() && shared >= 2 }
}
