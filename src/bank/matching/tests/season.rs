//! Whole seasons: never a wrong match, hardly a missed one, and the right dossier among the proposals for what is left.

use std::collections::BTreeMap;

use super::maker::{Made, Maker, Temper, season};
use super::*;

/// What became of the payments of one kind.
#[derive(Default)]
struct Tally {
    matched: u32,
    settled: u32,
    settled_matched: u32,
    offered: u32,
    not_offered: u32,
    unrelated: u32,
}

fn outcomes(maker: &Maker) -> Vec<Outcome> {
    let credits: Vec<Credit> = maker.made.iter().map(|made| made.credit.clone()).collect();
    match_transfers(&credits, &maker.payees, &[], FEE, &vocabulary(), &MatchingOptions::default())
}

/// Counts one outcome; gives the line that describes a wrong match.
fn count(made: &Made, outcome: &Outcome, tally: &mut Tally) -> Option<String> {
    let truth: BTreeSet<&String> = made.truth.iter().collect();
    let answer: BTreeSet<&String> = outcome.dossiers.iter().collect();
    tally.settled += u32::from(made.settled);
    match outcome.state {
        TransferState::Matched if truth == answer => {
            tally.matched += 1;
            tally.settled_matched += u32::from(made.settled);
        }
        TransferState::Matched => {
            let movement = &made.credit.movement;
            return Some(format!("{} | {} | {:?} true {truth:?} said {answer:?} {:?}", made.kind, movement.remittance, movement.debtor, outcome.why));
        }
        TransferState::ToReview if !truth.is_disjoint(&answer) => tally.offered += 1,
        TransferState::ToReview => tally.not_offered += 1,
        _ => tally.unrelated += 1,
    }
    None
}

/// Share in hundredths; everything of nothing is everything.
fn share(part: u32, whole: u32) -> u32 {
    (part * 100).checked_div(whole).unwrap_or(100)
}

/// Judges twenty seasons and prints what became of each kind of evidence; gives all fees together.
fn judge(with_references: bool, temper: Temper, seeds: std::ops::Range<u64>) -> Tally {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut reasons: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for seed in seeds {
        let maker = season(seed, with_references, temper);
        for (made, outcome) in maker.made.iter().zip(&outcomes(&maker)) {
            wrong.extend(count(made, outcome, tallies.entry(made.kind).or_default()));
            if !made.truth.is_empty() {
                assert!(outcome.state != TransferState::Unrelated, "lost from sight: {:?}", made.credit);
                if made.settled && outcome.state != TransferState::Matched {
                    let movement = &made.credit.movement;
                    let example = format!("{:?} | {}", movement.debtor.as_deref().unwrap_or_default(), movement.remittance);
                    reasons.entry((made.kind, outcome.why[0].clone())).or_default().push(example);
                }
            }
        }
    }
    println!("{temper:?}, references {with_references}:        matched  settled recall %  to review  offered %");
    let mut all = Tally::default();
    for (kind, tally) in &tallies {
        let left = tally.offered + tally.not_offered;
        println!(
            "{kind:28} {:8} {:8} {:8} {left:10} {:10}",
            tally.matched,
            tally.settled,
            share(tally.settled_matched, tally.settled),
            share(tally.offered, left)
        );
        if *kind != "foreign" {
            all.matched += tally.matched;
            all.settled += tally.settled;
            all.settled_matched += tally.settled_matched;
            all.offered += tally.offered;
            all.not_offered += tally.not_offered;
        }
    }
    for ((kind, why), examples) in &reasons {
        println!("  {:5} {kind:28} {why}, as {}", examples.len(), examples.last().map(String::as_str).unwrap_or_default());
    }
    assert!(wrong.is_empty(), "{} wrong of {}:\n{}", wrong.len(), all.matched, wrong.join("\n"));
    all
}

#[test]
fn misleading_seasons_have_no_wrong_match_and_hide_no_fee() {
    let mut matched = 0;
    for with_references in [false, true] {
        let all = judge(with_references, Temper::Misleading, 0..10);
        matched += all.matched;
        let recall = share(all.settled_matched, all.settled);
        let offered = share(all.offered, all.offered + all.not_offered);
        println!("recall of what the evidence settles {recall} %, offered {offered} %");
        assert!(recall >= 93, "{recall} % of what the evidence settles");
        assert!(offered >= 95, "{offered} % of the rest offered");
    }
    assert!(matched >= 3_000, "{matched}");
}

#[test]
fn where_nothing_misleads_most_is_matched() {
    for (with_references, wanted) in [(false, 75), (true, 88)] {
        let all = judge(with_references, Temper::Plain, 100..103);
        let matched = share(all.matched, all.matched + all.offered + all.not_offered);
        assert!(matched >= wanted, "{matched} % with references: {with_references}");
    }
}

#[test]
fn the_order_of_the_import_is_irrelevant() {
    let maker = season(77, true, Temper::Misleading);
    let mut credits: Vec<Credit> = maker.made.iter().map(|made| made.credit.clone()).collect();
    let mut payees = maker.payees.clone();
    let first = match_transfers(&credits, &payees, &[], FEE, &vocabulary(), &MatchingOptions::default());
    let mut random = fastrand::Rng::with_seed(5);
    random.shuffle(&mut credits);
    random.shuffle(&mut payees);
    assert_eq!(first, match_transfers(&credits, &payees, &[], FEE, &vocabulary(), &MatchingOptions::default()));
}

#[test]
fn a_namesake_may_only_demote() {
    let maker = season(78, false, Temper::Misleading);
    let credits: Vec<Credit> = maker.made.iter().take(400).map(|made| made.credit.clone()).collect();
    let before = match_transfers(&credits, &maker.payees, &[], FEE, &vocabulary(), &MatchingOptions::default());
    let mut payees = maker.payees.clone();
    let mut namesake = payees[10].clone();
    namesake.dossier = "MS24-0999".to_owned();
    namesake.reference = String::new();
    namesake.emails.clear();
    payees.push(namesake);
    let after = match_transfers(&credits, &payees, &[], FEE, &vocabulary(), &MatchingOptions::default());
    for (one, other) in before.iter().zip(&after).filter(|(_, other)| other.state == TransferState::Matched) {
        assert_eq!((one.state, &one.dossiers), (other.state, &other.dossiers));
    }
}
