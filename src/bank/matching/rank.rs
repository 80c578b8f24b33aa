//! The dossiers proposed for a transfer a person has to decide, the likeliest first, with what speaks for each.

use std::collections::{BTreeMap, BTreeSet};

use crate::bank::matching::evidence::{Evidence, Index};
use crate::bank::matching::names::{Fit, NameFound};
use crate::bank::matching::{Credit, Payee};
use crate::bank::reference::Found;

const PROPOSALS_MAX: usize = 3;
/// Equals are shown together, up to so many: to leave one of them out would be to choose between them.
const EQUALS_MAX: usize = 6;
/// Points between two dossiers that are as good as equal: days and payments alone tell them apart.
const EQUAL_POINTS: i64 = 12;

/// Three dossiers by position, the likeliest first, and the equals of the third.
pub fn proposals(
    credit: &Credit,
    evidence: &Evidence,
    payees: &[Payee],
    index: &Index,
    paid: &BTreeSet<usize>,
    rejected: &BTreeSet<usize>,
) -> Vec<usize> {
    let mut points: BTreeMap<usize, i64> = BTreeMap::new();
    let mut add = |payee: usize, more: i64| *points.entry(payee).or_insert(0) += more;
    for (payee, how) in &evidence.references {
        add(*payee, reference_points(*how));
    }
    evidence.emails.iter().for_each(|payee| add(*payee, 70));
    evidence.emails_cut.difference(&evidence.emails).for_each(|payee| add(*payee, 40));
    for (payee, found) in &evidence.text {
        add(*payee, name_points(found) + 5);
    }
    for (payee, found) in evidence.payer.iter().filter(|(payee, _)| !(evidence.text_is_payer && evidence.text.contains_key(payee))) {
        let weight = if evidence.organisation { 2 } else { 1 };
        add(*payee, name_points(found) / weight);
    }
    evidence.hinted.iter().for_each(|payee| add(*payee, 25));
    // Where nothing else speaks, a stated programme leaves its own candidates.
    if points.len() < PROPOSALS_MAX && !evidence.programmes.is_empty() {
        for (position, _) in payees
            .iter()
            .enumerate()
            .filter(|(position, _)| index.programme(*position).is_some_and(|programme| evidence.programmes.contains(&programme)))
        {
            points.entry(position).or_insert(0);
        }
    }
    if points.is_empty() {
        let announced = |payee: &Payee| payee.announced_payment.is_some_and(|day| (credit.movement.booking_date - day).num_days().abs() <= 15);
        points.extend(payees.iter().enumerate().filter(|(_, payee)| announced(payee)).map(|(position, _)| (position, 0)));
    }
    let mut ranked: Vec<(i64, i64, usize)> = Vec::new();
    for (position, mut sum) in points.into_iter().filter(|(position, _)| !rejected.contains(position)) {
        let Some(payee) = payees.get(position) else { continue };
        let days = (credit.movement.booking_date - payee.opened_on).num_days();
        sum += i64::from(index.programme(position).is_some_and(|programme| evidence.programmes.contains(&programme))) * 12;
        sum += i64::from(payee.announced_payment.is_some_and(|day| (credit.movement.booking_date - day).num_days().abs() <= 15)) * 10;
        sum += if (-15..=45).contains(&days) { 4 } else { 0 };
        sum -= i64::from(paid.contains(&position)) * 8 + i64::from(payee.withdrawn) * 10;
        ranked.push((-sum, days.abs(), position));
    }
    ranked.sort_unstable();
    let third = ranked.get(PROPOSALS_MAX - 1).map_or(i64::MAX, |(points, _, _)| *points);
    let shown = |(place, (points, _, _)): &(usize, (i64, i64, usize))| {
        *place < PROPOSALS_MAX || (*points < -EQUAL_POINTS && *points <= third.saturating_add(EQUAL_POINTS))
    };
    ranked.into_iter().enumerate().take_while(shown).take(EQUALS_MAX).map(|(_, (_, _, position))| position).collect()
}

fn reference_points(how: Found) -> i64 {
    match how {
        Found::Exact | Found::Spaced => 110,
        Found::BodyOnly => 100,
        Found::Repaired => 80,
        Found::Partial => 60,
        Found::CodeOnly => 50,
        Found::Ambiguous => 40,
    }
}

fn name_points(found: &NameFound) -> i64 {
    let whole = match found.fit {
        Fit::Full => 55,
        Fit::Near => 40,
        Fit::FamilyInitial => 28,
        Fit::Family => 18,
        Fit::Given => 6,
    };
    whole - 3 * i64::from(found.sureness as u8)
}

/// One French line for each proposal.
pub fn explanation(proposals: &[usize], evidence: &Evidence, payees: &[Payee]) -> Vec<String> {
    let mut lines = Vec::new();
    for position in proposals {
        let Some(payee) = payees.get(*position) else { continue };
        let mut signs: Vec<&str> = Vec::new();
        if let Some((_, how)) = evidence.references.iter().find(|(payee, _)| payee == position) {
            signs.push(match how {
                Found::Exact | Found::Spaced | Found::BodyOnly => "référence citée",
                Found::Repaired => "référence abîmée",
                Found::Partial | Found::CodeOnly => "référence incomplète",
                Found::Ambiguous => "référence ambiguë",
            });
        }
        if evidence.emails.contains(position) {
            signs.push("adresse électronique citée");
        } else if evidence.emails_cut.contains(position) {
            signs.push("adresse électronique coupée");
        }
        if let Some(found) = evidence.best(*position) {
            signs.push(match found.fit {
                Fit::Full => "nom complet",
                Fit::Near => "prénom et une partie du nom",
                Fit::FamilyInitial => "nom et initiale",
                Fit::Family => "nom de famille seul",
                Fit::Given => "prénom seul",
            });
        }
        if evidence.hinted.contains(position) {
            signs.push("payeur annoncé");
        }
        if signs.is_empty() {
            signs.push(if evidence.programmes.is_empty() { "paiement annoncé vers cette date" } else { "même formation" });
        }
        lines.push(format!("{}\u{a0}: {}", payee.dossier, signs.join(", ")));
    }
    lines
}
