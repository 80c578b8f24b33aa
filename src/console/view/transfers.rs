//! Transfers: the movement, the candidates in order with what speaks for each, her word.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::console::view;
use crate::desk;
use crate::domain::money::Cents;
use crate::domain::payment::TransferState;
use crate::store::decided::{self, TransferDecisionRow};
use crate::store::parse_instant;
use crate::store::transfers::{self, TransferRow};
use crate::tasks::Office;
use crate::wording;

#[derive(Debug, Clone, Serialize)]
pub struct TransferView {
    pub id: i64,
    pub day: String,
    pub amount: String,
    pub debtor: String,
    pub remittance: String,
    pub state: &'static str,
    pub state_class: &'static str,
    pub is_credit: bool,
    /// What speaks for the state as a whole.
    pub why: Vec<String>,
    pub candidates: Vec<CandidateView>,
    pub source: String,
    /// Who decided, when and why, when a person did.
    pub decided: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CandidateView {
    pub number: String,
    pub name: String,
    pub programme: String,
    pub reasons: String,
    pub fee: String,
    pub has_paid: bool,
    /// Her share, in a transfer that she divided.
    pub share: Option<String>,
}

/// What the pages about money look at, read once.
pub struct Ledger {
    rows: Vec<TransferRow>,
    words: BTreeMap<i64, TransferDecisionRow>,
    states: BTreeMap<String, crate::domain::dossier::DossierState>,
}

impl Ledger {
    pub fn read(office: &Office) -> anyhow::Result<Ledger> {
        office.store.read(|connection| {
            Ok(Ledger {
                rows: transfers::all(connection)?,
                words: decided::transfer_decisions(connection)?.into_iter().map(|row| (row.transfer_id, row)).collect(),
                states: desk::states(connection)?.into_iter().map(|(number, (_, state))| (number, state)).collect(),
            })
        })
    }

    /// Those of one state, the latest first.
    pub fn of_state(&self, state: TransferState) -> Vec<TransferView> {
        let mut rows: Vec<&TransferRow> = self.rows.iter().filter(|row| row.state == state).collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.movement.booking_date), row.transfer_id));
        rows.into_iter().map(|row| self.view(row)).collect()
    }

    /// Those she set aside herself.
    pub fn set_aside(&self) -> Vec<TransferView> {
        self.of_state(TransferState::Unrelated).into_iter().filter(|view| view.decided.is_some()).collect()
    }

    /// Other receipts that hold the words she looks for.
    pub fn others(&self, query: &str) -> Vec<TransferView> {
        let query = crate::folding::fold(query);
        let words: Vec<&str> = query.split(' ').filter(|word| !word.is_empty()).collect();
        let fits = |view: &TransferView| {
            let all = crate::folding::fold(&format!("{} {} {} {}", view.debtor, view.remittance, view.amount, view.day));
            words.iter().all(|word| all.contains(word))
        };
        let others = self.of_state(TransferState::Unrelated).into_iter().filter(|view| view.is_credit && fits(view));
        others.take(OTHERS_SHOWN_MAX).collect()
    }

    pub fn n_others(&self) -> usize {
        self.rows.iter().filter(|row| row.state == TransferState::Unrelated).count()
    }

    pub fn of_dossier(&self, number: &str) -> Vec<TransferView> {
        let about = |row: &&TransferRow| row.state != TransferState::Unrelated && row.dossiers.iter().any(|known| known == number);
        self.rows.iter().filter(about).map(|row| self.view(row)).collect()
    }

    fn view(&self, row: &TransferRow) -> TransferView {
        let word = self.words.get(&row.transfer_id);
        let (about, general): (Vec<&String>, Vec<&String>) =
            row.why.iter().partition(|line| row.dossiers.iter().any(|number| line.starts_with(number.as_str())));
        TransferView {
            id: row.transfer_id,
            day: view::day(row.movement.booking_date),
            amount: row.movement.amount.french(),
            debtor: row.movement.debtor.clone().unwrap_or_else(|| String::from("payeur non indiqué")),
            remittance: row.movement.remittance.clone(),
            state: match row.state {
                TransferState::Matched => "attribué",
                TransferState::ToReview => "à vérifier",
                TransferState::Unrelated => "autre recette",
                TransferState::Returned => "retourné",
            },
            state_class: match row.state {
                TransferState::Matched => "good",
                TransferState::ToReview => "wait",
                TransferState::Unrelated => "mute",
                TransferState::Returned => "bad",
            },
            is_credit: row.movement.amount.0 > 0,
            why: general.into_iter().cloned().collect(),
            candidates: row.dossiers.iter().enumerate().map(|(place, number)| self.candidate(number, &about, word, place)).collect(),
            source: row.sources.first().map(|(file, entry)| format!("{file}, écriture {}", entry + 1)).unwrap_or_default(),
            decided: word.map(said),
        }
    }

    fn candidate(&self, number: &str, about: &[&String], word: Option<&TransferDecisionRow>, place: usize) -> CandidateView {
        let state = self.states.get(number);
        let line = about.iter().find(|line| line.starts_with(number));
        let reasons = line.and_then(|line| line.split_once(':')).map(|(_, reasons)| reasons.trim().to_owned()).unwrap_or_default();
        CandidateView {
            number: number.to_owned(),
            name: state.map(view::name_of).unwrap_or_default(),
            programme: state.and_then(|state| state.programme.clone()).unwrap_or_default(),
            reasons,
            fee: state.map(|state| wording::fee(state.fee_state).to_owned()).unwrap_or_default(),
            has_paid: state.is_some_and(|state| state.fee_credited.0 > 0),
            share: word.and_then(|word| word.shares.as_ref()).and_then(|shares| shares.get(place)).map(|cents| Cents(*cents).french()),
        }
    }
}

/// More are found by looking for words.
const OTHERS_SHOWN_MAX: usize = 50;

fn said(word: &TransferDecisionRow) -> String {
    let at = parse_instant(&word.at).map(view::moment).unwrap_or_default();
    let what = match word.verdict.as_str() {
        "match" => "attribué",
        "not_a_fee" => "écarté",
        _ => "attribution refusée",
    };
    let why = if word.why.is_empty() { String::new() } else { format!(" — {}", word.why) };
    format!("{what} par {} le {at}{why}", word.actor)
}
