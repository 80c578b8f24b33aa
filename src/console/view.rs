//! What the pages show, as plain values: one struct for each thing on a page, every text already in French.

pub mod dossier;
pub mod files;
pub mod letters;
pub mod mails;
pub mod today;
pub mod transfers;

use serde::Serialize;

use crate::desk;
use crate::domain::calendar;
use crate::domain::document::DocumentKind;
use crate::domain::dossier::{DossierState, Stage};
use crate::domain::route::Route;
use crate::folding::fold;
use crate::store::{mails as mail_rows, transfers as transfer_rows};
use crate::tasks::{Office, decide};
use crate::wording;

/// What stands on every page: how much waits where, and whether letters leave.
#[derive(Debug, Serialize)]
pub struct Frame {
    pub n_transfers: usize,
    pub n_letters: usize,
    pub n_mails: usize,
    /// Who stopped all sending, and when.
    pub stopped: Option<String>,
    pub off_in_configuration: bool,
    pub n_capped: usize,
    pub n_queued: usize,
}

pub fn frame(office: &Office) -> anyhow::Result<Frame> {
    office.store.read(|connection| {
        let sending = decide::sending(connection, &office.config)?;
        let letters = crate::store::outbox::all(connection)?;
        let in_trouble = letters.iter().filter(|letter| matches!(letter.state.as_str(), "held" | "in_doubt" | "failed")).count();
        let transfers = transfer_rows::all(connection)?;
        Ok(Frame {
            n_transfers: transfers.iter().filter(|row| row.state == crate::domain::payment::TransferState::ToReview).count(),
            n_letters: in_trouble,
            n_mails: mail_rows::all(connection)?.iter().filter(|mail| mails::waits(mail)).count(),
            stopped: sending.stopped.map(|(at, actor)| format!("{} par {actor}", moment(at))),
            off_in_configuration: sending.off_in_configuration,
            n_capped: sending.n_capped,
            n_queued: sending.n_queued,
        })
    })
}

/// `14/03/2024 à 09:12`, Paris time.
pub fn moment(instant: chrono::DateTime<chrono::Utc>) -> String {
    calendar::paris(instant).format("%d/%m/%Y à %H:%M").to_string()
}

pub fn day(day: chrono::NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

/// Guillemets and high punctuation keep to their words (French typography: non-breaking spaces).
pub fn french(text: &str) -> String {
    text.replace("« ", "«\u{a0}").replace(" »", "\u{a0}»").replace(" :", "\u{a0}:").replace(" ;", "\u{a0};").replace(" ?", "\u{a0}?")
}

/// A word to choose and how it is called.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>, chosen: bool) -> Choice {
        Choice { value: value.into(), label: label.into(), chosen }
    }
}

/// Every kind of document.
pub fn kinds(chosen: Option<DocumentKind>) -> Vec<Choice> {
    DocumentKind::ALL.into_iter().map(|kind| Choice::new(kind.slug(), wording::kind(kind), chosen == Some(kind))).collect()
}

pub fn routes(chosen: Option<Route>) -> Vec<Choice> {
    Route::ALL.into_iter().map(|route| Choice::new(route.slug(), wording::route(Some(route)), chosen == Some(route))).collect()
}

/// A dossier on a line.
#[derive(Debug, Serialize)]
pub struct DossierLine {
    pub number: String,
    pub name: String,
    pub programme: String,
    pub route: String,
    pub stage: String,
    pub stage_class: &'static str,
    pub lacking: String,
    pub n_to_check: usize,
    pub arrived: String,
}

pub fn name_of(state: &DossierState) -> String {
    if state.name.is_empty() { String::from("(nom inconnu)") } else { state.name.clone() }
}

pub fn dossier_line(state: &DossierState) -> DossierLine {
    DossierLine {
        number: state.number.clone(),
        name: name_of(state),
        programme: state.programme.clone().unwrap_or_else(|| String::from("—")),
        route: wording::route(state.route).to_owned(),
        stage: wording::stage(state.stage).to_owned(),
        stage_class: match state.stage {
            Stage::Incomplete => "wait",
            Stage::Complete => "good",
            Stage::Batched | Stage::Notified => "done",
            Stage::Withdrawn => "mute",
        },
        lacking: wording::lacking(state),
        n_to_check: state.to_check.len(),
        arrived: moment(state.first_arrival),
    }
}

/// Dossiers that hold every word she looks for: in name, number, reference, addresses, programme or stage.
pub fn dossier_lines(office: &Office, query: &str, part: &str) -> anyhow::Result<Vec<DossierLine>> {
    let words: Vec<String> = fold(query).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let fits = |state: &DossierState| {
        let stage = wording::stage(state.stage);
        let programme = state.programme.as_deref().unwrap_or_default();
        let all = format!("{} {} {} {} {programme} {stage}", state.name, state.number, state.reference, state.addresses.join(" "));
        let all = fold(&all);
        words.iter().all(|word| all.contains(word.as_str()))
    };
    let in_part = |state: &DossierState| match part {
        "a-verifier" => !state.to_check.is_empty() && state.stage != Stage::Withdrawn,
        "incomplets" => state.stage == Stage::Incomplete,
        "complets" => state.stage == Stage::Complete,
        "jury" => matches!(state.stage, Stage::Batched | Stage::Notified),
        "sans-suite" => state.stage == Stage::Withdrawn,
        _ => true,
    };
    let states = office.store.read(desk::states)?;
    Ok(states.values().map(|(_, state)| state).filter(|state| fits(state) && in_part(state)).map(dossier_line).collect())
}

/// Numbers and names, for fields that suggest them.
pub fn names(office: &Office) -> anyhow::Result<Vec<(String, String)>> {
    let states = office.store.read(desk::states)?;
    Ok(states.values().map(|(_, state)| (state.number.clone(), state.name.clone())).collect())
}
