//! The first page: what waits for a person, the most urgent first, and how the season stands.

use serde::Serialize;

use super::letters::LetterView;
use super::transfers::{Ledger, TransferView};
use crate::console::view;
use crate::desk;
use crate::domain::calendar;
use crate::domain::dossier::{DossierState, Stage, Timeliness};
use crate::domain::finding::Reason;
use crate::domain::payment::{FeeState, TransferState};
use crate::domain::plan::next_jury;
use crate::store::{dossiers, transfers};
use crate::tasks::{Office, daily};
use crate::wording;

#[derive(Debug, Serialize)]
pub struct Today {
    pub day: String,
    /// Fraud, statements that do not add up, parts of the machine that do not work.
    pub alarms: Vec<(String, String)>,
    pub letters: Vec<LetterView>,
    pub transfers: Vec<TransferView>,
    pub fees: Vec<Waiting>,
    pub doubts: Vec<Waiting>,
    pub n_mails: usize,
    pub questions: Vec<Question>,
    pub n_waiting: usize,
    pub stages: Vec<(usize, &'static str, &'static str)>,
    pub jury: String,
    pub juries_without_date: String,
    pub mails: String,
    /// For the fields that suggest a dossier.
    pub names: Vec<(String, String)>,
}

/// A dossier with what is to be decided about it.
#[derive(Debug, Serialize)]
pub struct Waiting {
    pub number: String,
    pub name: String,
    pub programme: String,
    pub points: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Question {
    pub name: String,
    pub number: Option<String>,
    pub subject: String,
    pub state: String,
}

pub fn today(office: &Office) -> anyhow::Result<Today> {
    let day = calendar::paris(office.clock.now()).date();
    let digest = daily::compose(office, day)?;
    let (states, accepted, statements) = office.store.read(|connection| {
        let states: Vec<DossierState> = desk::states(connection)?.into_values().map(|(_, state)| state).collect();
        let mut accepted = Vec::new();
        for state in &states {
            let Some(row) = dossiers::by_number(connection, &state.number)? else { continue };
            let words = dossiers::corrections(connection, row.dossier_id)?;
            if words.iter().any(|word| word.subject == "fee" && word.value == "accepted") {
                accepted.push(state.number.clone());
            }
        }
        Ok((states, accepted, transfers::statements(connection)?))
    })?;
    let open = |state: &&DossierState| state.stage != Stage::Withdrawn;
    let fees: Vec<Waiting> =
        states.iter().filter(open).filter(|state| !accepted.contains(&state.number)).filter_map(|state| waiting(state, fee_points(state))).collect();
    let doubts: Vec<Waiting> = states.iter().filter(open).filter_map(|state| waiting(state, doubt_points(state))).collect();
    let transfers = Ledger::read(office)?.of_state(TransferState::ToReview);
    let letters = view::letters::letters(office)?.0;
    let n_mails = view::frame(office)?.n_mails;
    let alarms = alarms(&states, &statements, digest.warnings);
    let n = |wanted: &dyn Fn(&DossierState) -> bool| states.iter().filter(|state| wanted(state)).count();
    Ok(Today {
        names: view::names(office)?,
        day: calendar::french_date(day),
        n_waiting: alarms.len() + letters.len() + transfers.len() + fees.len() + doubts.len() + n_mails,
        alarms,
        letters,
        transfers,
        fees,
        doubts,
        n_mails,
        questions: digest
            .questions
            .into_iter()
            .map(|question| Question {
                name: question.name,
                number: question.number,
                subject: question.subject,
                state: question.state.unwrap_or_else(|| String::from("pas de dossier")),
            })
            .collect(),
        stages: vec![
            (n(&|state| state.stage == Stage::Incomplete), "incomplets", "incomplets"),
            (n(&|state| state.stage == Stage::Complete), "complets", "complets"),
            (n(&|state| matches!(state.stage, Stage::Batched | Stage::Notified)), "transmis au jury", "jury"),
            (n(&|state| state.stage == Stage::Withdrawn), "sans suite", "sans-suite"),
        ],
        jury: match next_jury(&office.rules, day) {
            Some(session) => {
                let date = session.date.map_or_else(|| String::from("date à confirmer"), calendar::french_date);
                let cut_off = session.cut_off_day().map(|day| format!(", clôture le {}", calendar::french_date(day))).unwrap_or_default();
                format!("{}\u{a0}: {date}{cut_off}", session.label_fr)
            }
            None => String::from("aucun jury à venir n'a de date"),
        },
        juries_without_date: digest.juries_without_date.join(", "),
        mails: match digest.mails.received {
            0 => String::from("aucun courriel reçu depuis hier"),
            1 => format!("1 courriel reçu depuis hier, {} traité", digest.mails.processed),
            received => {
                let processed = digest.mails.processed;
                format!("{received} courriels reçus depuis hier, {processed} traité{}", if processed > 1 { "s" } else { "" })
            }
        },
    })
}

fn waiting(state: &DossierState, points: Vec<String>) -> Option<Waiting> {
    (!points.is_empty()).then(|| Waiting {
        number: state.number.clone(),
        name: view::name_of(state),
        programme: state.programme.clone().unwrap_or_default(),
        points,
    })
}

fn fee_points(state: &DossierState) -> Vec<String> {
    let received = state.fee_credited.french();
    match state.fee_state {
        FeeState::Short => vec![format!("{received} reçus, il manque une partie des frais")],
        FeeState::Over => vec![format!("{received} reçus, plus que les frais")],
        FeeState::Double => vec![format!("frais payés deux fois ({received})")],
        FeeState::Returned => vec![String::from("virement retourné par la banque")],
        FeeState::NotAsked => vec![String::from("aucune voie ne semble possible\u{a0}: frais non demandés")],
        FeeState::Awaited | FeeState::ProofSeen | FeeState::Credited => Vec::new(),
    }
}

fn doubt_points(state: &DossierState) -> Vec<String> {
    let mut points: Vec<String> =
        state.to_check.iter().filter(|check| check.reason != Reason::ForeignIban).map(|check| view::french(&wording::to_check(check))).collect();
    points.dedup();
    if state.timeliness == Timeliness::GreyZone && state.stage == Stage::Incomplete {
        points.push(String::from("reçu entre les deux lectures de la date limite, traité comme étant dans les temps"));
    }
    points
}

fn alarms(states: &[DossierState], statements: &[transfers::StatementRow], warnings: Vec<String>) -> Vec<(String, String)> {
    let fraud = states.iter().filter(|state| state.to_check.iter().any(|check| check.reason == Reason::ForeignIban)).map(|state| {
        let sentence = format!("{}\u{a0}: un courriel ou une pièce annonce un autre IBAN de l'école. Fraude possible.", wording::who(state));
        (sentence, format!("/dossiers/{}", state.number))
    });
    let refused = statements.iter().filter(|file| !file.booked).map(|file| {
        let sentence = format!(
            "Le relevé «\u{a0}{}\u{a0}» n'a pas été comptabilisé\u{a0}: ses totaux ne s'accordent pas, ou son format est inconnu.",
            file.name
        );
        (sentence, String::from("/virements"))
    });
    fraud.chain(refused).chain(warnings.into_iter().map(|warning| (warning, String::new()))).collect()
}
