//! Single situations as a table, then whole seasons made to mislead.

#![allow(clippy::string_slice)] // invented ASCII data

mod maker;
mod season;

use super::*;
use crate::bank::reference;

pub(super) const FEE: Cents = Cents(6000);

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn vocabulary() -> Vec<String> {
    ["MS data", "intelligence artificielle", "construction durable", "MS construction", "ferroviaire", "cybersécurité"].map(str::to_owned).to_vec()
}

pub(super) fn payee(number: u32, given: &str, family: &str, programme: &[&str]) -> Payee {
    Payee {
        dossier: format!("MS24-{number:04}"),
        reference: reference::issue("MS24", &[9; 32], u64::from(number), &BTreeSet::new()).as_str().to_owned(),
        names: vec![PersonName::new(given, family)],
        emails: vec![format!("{}.{}{number}@exemple.fr", crate::bank::compact(given).to_lowercase(), crate::bank::compact(family).to_lowercase())],
        programme_words: programme.iter().map(|word| (*word).to_owned()).collect(),
        opened_on: day("2024-02-01"),
        ..Payee::default()
    }
}

pub(super) fn credit(id: i64, on: NaiveDate, cents: i64, debtor: &str, remittance: &str) -> Credit {
    let movement = Movement {
        entry: 0,
        booking_date: on,
        value_date: Some(on),
        amount: Cents(cents),
        currency: "EUR".to_owned(),
        debtor: Some(debtor.to_owned()).filter(|debtor| !debtor.is_empty()),
        ultimate_debtor: None,
        debtor_iban: None,
        remittance: remittance.to_owned(),
        end_to_end_id: None,
        structured_reference: None,
        bank_reference: None,
        operation: None,
        is_return: false,
        original_amount: None,
    };
    Credit { id, movement, statement_trusted: true }
}

fn people() -> Vec<Payee> {
    vec![
        payee(1, "Élodie", "Dupont", &["MS data", "intelligence artificielle"]),
        payee(2, "Léa", "Meunier", &["construction durable", "MS construction"]),
        payee(3, "Dylan", "Lecomte", &["MS data", "intelligence artificielle"]),
        payee(4, "Thi Mai", "Nguyen", &["ferroviaire"]),
        payee(5, "Marie", "Martin", &["MS data", "intelligence artificielle"]),
        payee(6, "Marie", "Martin", &["construction durable", "MS construction"]),
        payee(7, "Omar", "El Idrissi", &["ferroviaire"]),
        payee(8, "Manon", "Meunier", &["MS data", "intelligence artificielle"]),
    ]
}

fn outcome_of(cents: i64, debtor: &str, remittance: &str) -> Outcome {
    let credits = [credit(1, day("2024-02-10"), cents, debtor, remittance)];
    match_transfers(&credits, &people(), &[], FEE, &vocabulary(), &MatchingOptions::default()).remove(0)
}

fn numbers(outcome: &Outcome) -> Vec<u32> {
    outcome.dossiers.iter().map(|dossier| dossier[5..].parse().unwrap()).collect()
}

#[test]
fn each_situation_has_its_answer() {
    use TransferState::{Matched, ToReview, Unrelated};
    let reference = |number: usize| people()[number - 1].reference.clone();
    for (cents, debtor, remittance, state, dossiers) in [
        (6000, "M JEAN DURAND", reference(1).as_str(), Matched, vec![1]),
        (5750, "FLYWIRE", reference(1).as_str(), Matched, vec![1]),
        (6000, "MME DUPONT ELODIE", "", Matched, vec![1]),
        (6000, "MME DUPONT ELODIE", "frais de dossier", Matched, vec![1]),
        (6000, "MME DUPONT ELODIE", "COTISATION ANCIENS", ToReview, vec![1]),
        (6000, "MME DUPONT ELODIE", "tombola de printemps", ToReview, vec![1]),
        (6000, "MME DUPONT ELODIE", "bracelets", ToReview, vec![1]),
        (4500, "MME DUPONT ELODIE", "", ToReview, vec![1]),
        (4500, "MME DUPONT ELODIE", "candidature", Matched, vec![1]),
        (6000, "LECOMTE PAUL", "dossier Dylan Lecomte", Matched, vec![3]),
        (6000, "M LECOMTE DYLAN", "dossier Léa Meunier", ToReview, vec![2, 3]),
        (12000, "MME LEA MEUNIER", "2 dossiers Léa Meunier + Dylan Lecomte", Matched, vec![2, 3]),
        (12000, "MME LEA MEUNIER", "", ToReview, vec![2]),
        (6000, "MARTIN MARIE", "", ToReview, vec![5, 6]),
        (6000, "MARTIN MARIE", "MS construction", Matched, vec![6]),
        (6000, "MARTIN MARIE", "marie.martin5 exemple.fr", Matched, vec![5]),
        (6000, "OMAR ELIDRISSI", "VIR", Matched, vec![7]),
        (6000, "M PETIT LUC", "COTISATION SPORT", Unrelated, vec![]),
        (250_000, "MME DUPONT ELODIE", "SCOLARITE 2024", Unrelated, vec![]),
        (250_000, "REGION HDF", "SUBV 52073", Unrelated, vec![]),
        (6000, "M PETIT LUC", "", ToReview, vec![]),
    ] {
        let outcome = outcome_of(cents, debtor, remittance);
        assert_eq!(outcome.state, state, "{debtor} | {remittance}: {outcome:?}");
        let shown: Vec<u32> = numbers(&outcome).into_iter().take(dossiers.len()).collect();
        if state == Matched {
            assert_eq!(numbers(&outcome), dossiers, "{debtor} | {remittance}: {outcome:?}");
        } else {
            assert!(dossiers.iter().all(|dossier| shown.contains(dossier)), "{debtor} | {remittance}: {outcome:?}");
        }
    }
}

#[test]
fn a_reference_quoted_before_it_was_given_needs_its_candidates_name() {
    let mut payees = people();
    payees.iter_mut().for_each(|payee| payee.reference_issued_on = Some(payee.opened_on));
    let reference = payees[0].reference.clone();
    let state_of = |debtor: &str, remittance: &str| {
        let credits = [credit(1, day("2024-01-29"), 6000, debtor, remittance)];
        match_transfers(&credits, &payees, &[], FEE, &vocabulary(), &MatchingOptions::default()).remove(0).state
    };
    assert_eq!(state_of("MME DUPONT ELODIE", &reference), TransferState::Matched);
    assert_eq!(state_of("M DUPONT JEAN", &reference), TransferState::Matched);
    assert_eq!(state_of("FLYWIRE", &reference), TransferState::ToReview);
    let cut = &reference[..reference.len() - 2];
    assert_eq!(state_of("MME DUPONT ELODIE", cut), TransferState::Matched);
    assert_eq!(state_of("M DUPONT JEAN", cut), TransferState::ToReview);
}

#[test]
fn what_went_back_is_returned_and_what_completes_is_attributed() {
    let credits = [
        credit(1, day("2024-02-10"), 6000, "DUPONT ELODIE", "frais de dossier"),
        credit(2, day("2024-02-14"), -6000, "DUPONT ELODIE", "REJET VIR DUPONT ELODIE"),
        credit(3, day("2024-02-10"), 4500, "M LECOMTE PAUL", "frais Lecomte Dylan"),
        credit(4, day("2024-02-20"), 1500, "M LECOMTE PAUL", "le reste"),
    ];
    let outcomes = match_transfers(&credits, &people(), &[], FEE, &vocabulary(), &MatchingOptions::default());
    let seen: Vec<_> = outcomes.iter().map(|outcome| (outcome.state.slug(), numbers(outcome), outcome.of_return)).collect();
    assert_eq!(seen, [("returned", vec![1], None), ("returned", vec![1], Some(1)), ("matched", vec![3], None), ("matched", vec![3], None)]);
    let accounts = fee_accounts(&outcomes, &credits, FEE);
    assert_eq!(accounts["MS24-0001"].state, crate::domain::payment::FeeState::Returned);
    assert_eq!(accounts["MS24-0003"].state, crate::domain::payment::FeeState::Credited);
}

#[test]
fn the_assistants_word_wins() {
    let credits = [credit(1, day("2024-02-10"), 6000, "DUPONT ELODIE", ""), credit(2, day("2024-02-10"), 6000, "DUPONT ELODIE", "frais de dossier")];
    let decided =
        [Decided::Match { transfer: 1, dossiers: vec!["MS24-0003".to_owned()] }, Decided::Rejected { transfer: 2, dossier: "MS24-0001".to_owned() }];
    let outcomes = match_transfers(&credits, &people(), &decided, FEE, &vocabulary(), &MatchingOptions::default());
    assert_eq!((outcomes[0].state, numbers(&outcomes[0])), (TransferState::Matched, vec![3]));
    assert_eq!(outcomes[1].state, TransferState::ToReview);
    assert!(!numbers(&outcomes[1]).contains(&1));
}

/// Every situation a fee can be in: what each transfer becomes, and how the fee of the first dossier stands.
#[test]
fn each_state_of_a_fee() {
    use crate::domain::payment::FeeState;
    let reference = people()[0].reference.clone();
    let own = "MME DUPONT ELODIE";
    let later = |id: i64, on: &str, cents: i64, debtor: &str, text: &str| credit(id, day(on), cents, debtor, text);
    let first = |cents: i64, debtor: &str, text: &str| later(1, "2024-02-10", cents, debtor, text);
    let foreign = {
        let mut credit = first(5620, own, "");
        credit.movement.original_amount = Some("USD 65.00".to_owned());
        credit
    };
    let held_in_dollars = {
        let mut credit = first(6000, own, &reference);
        credit.movement.currency = "USD".to_owned();
        credit
    };
    for (situation, credits, states, fee) in [
        ("exact", vec![first(6000, own, &reference)], "matched", Some(FeeState::Credited)),
        ("short by bank charges", vec![first(5750, own, &reference)], "matched", Some(FeeState::Short)),
        ("over", vec![first(6500, own, &reference)], "matched", Some(FeeState::Over)),
        ("twice", vec![first(6000, own, &reference), later(2, "2024-02-12", 6000, own, &reference)], "matched matched", Some(FeeState::Double)),
        ("in parts", vec![first(3000, own, &reference), later(2, "2024-02-12", 3000, own, &reference)], "matched matched", Some(FeeState::Credited)),
        ("company", vec![first(6000, "SAS QUESNOY INDUSTRIE", "candidature Élodie Dupont")], "matched", Some(FeeState::Credited)),
        ("agency with nothing to go by", vec![first(6000, "FLYWIRE PAYMENTS", "PAYMENT 118842")], "to_review", None),
        ("foreign currency, converted", vec![foreign], "matched", Some(FeeState::Short)),
        ("not euros", vec![held_in_dollars], "to_review", None),
        (
            "returned later",
            vec![first(6000, own, &reference), later(2, "2024-02-14", -6000, own, "REJET VIR")],
            "returned returned",
            Some(FeeState::Returned),
        ),
        (
            "returned, then paid again",
            vec![first(6000, own, &reference), later(2, "2024-02-14", -6000, own, "REJET VIR"), later(3, "2024-02-20", 6000, own, &reference)],
            "returned returned matched",
            Some(FeeState::Credited),
        ),
        ("paid before the dossier came", vec![later(1, "2024-01-10", 6000, own, "frais de dossier")], "matched", Some(FeeState::Credited)),
        ("two of one name", vec![first(6000, "MARTIN MARIE", "frais de dossier")], "to_review", None),
        ("a refund by the school", vec![first(-6000, own, "REMBOURSEMENT")], "unrelated", None),
        ("a salary", vec![first(-6000, own, "SALAIRE FEVRIER")], "unrelated", None),
        ("a refund to the school", vec![first(6000, own, "REMBOURSEMENT TROP PERCU")], "to_review", None),
        ("a congress guest", vec![first(6000, "M PETIT LUC", "CONGRES MATERIAUX")], "unrelated", None),
    ] {
        let outcomes = match_transfers(&credits, &people(), &[], FEE, &vocabulary(), &MatchingOptions::default());
        let seen: Vec<&str> = outcomes.iter().map(|outcome| outcome.state.slug()).collect();
        assert_eq!(seen.join(" "), states, "{situation}: {outcomes:?}");
        assert_eq!(fee_accounts(&outcomes, &credits, FEE).get("MS24-0001").map(|account| account.state), fee, "{situation}");
        // Before the dossier exists nothing is decided and nothing is lost: a fee's amount stays in sight.
        let orphans = match_transfers(&credits, &[], &[], FEE, &vocabulary(), &MatchingOptions::default());
        assert!(orphans.iter().all(|outcome| outcome.state != TransferState::Matched && outcome.dossiers.is_empty()), "{situation}");
    }
}
