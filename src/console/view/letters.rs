//! Letters: those that wait for her with their text as it will leave, and all the others.

use mail_parser::MessageParser;
use serde::Serialize;

use crate::console::view;
use crate::desk;
use crate::store::outbox::{self, LetterRow};
use crate::tasks::Office;

#[derive(Debug, Serialize)]
pub struct LetterView {
    pub id: i64,
    pub at: String,
    pub state: &'static str,
    pub state_class: &'static str,
    pub to: String,
    pub subject: String,
    pub number: String,
    pub name: String,
    /// As its reader has it in a text client.
    pub text: Option<String>,
    /// What is to be known before she lets it go.
    pub warning: Option<&'static str>,
    pub may_go: bool,
    pub may_be_held: bool,
    pub may_be_dropped: bool,
}

fn is_for_her(letter: &LetterRow) -> bool {
    matches!(letter.state.as_str(), "held" | "in_doubt" | "failed")
}

fn line(letter: &LetterRow) -> LetterView {
    let (state, state_class) = match letter.state.as_str() {
        _ if letter.bounced.as_deref() == Some("hard") => ("revenue : adresse fausse", "bad"),
        _ if letter.bounced.is_some() => ("revenue pour l'instant", "wait"),
        "held" => ("retenue", "wait"),
        "queued" if letter.failure.as_deref() == Some("capped") => ("freinée par le disjoncteur", "wait"),
        "queued" | "sending" => ("en attente d'envoi", "mute"),
        "sent" => ("partie", "good"),
        "failed" => ("n'a pas pu partir", "bad"),
        "in_doubt" => ("peut-être partie", "bad"),
        _ => ("abandonnée", "mute"),
    };
    LetterView {
        id: letter.outbox_id,
        at: view::moment(letter.sent_at.unwrap_or(letter.queued_at)),
        state,
        state_class,
        to: letter.recipients.join(", "),
        subject: letter.subject.clone(),
        number: String::new(),
        name: String::new(),
        text: None,
        warning: match letter.state.as_str() {
            "in_doubt" => Some("Le serveur n'a pas répondu : la lettre est peut-être déjà arrivée. L'envoyer de nouveau peut la doubler."),
            "failed" => Some("Le serveur l'a refusée, ou l'envoi a été tenté pendant cinq jours."),
            _ => None,
        },
        may_go: is_for_her(letter),
        may_be_held: letter.state == "queued",
        may_be_dropped: is_for_her(letter) || letter.state == "queued",
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    MessageParser::default().parse(bytes).and_then(|message| message.body_text(0).map(|text| text.into_owned()))
}

/// Her own summaries, one a day, would bury the candidates' letters.
fn is_summary_that_left(letter: &LetterRow) -> bool {
    letter.kind.starts_with("digest") && letter.state == "sent"
}

/// With texts: letters that wait for her word, the most doubtful first. Without: the rest, the latest first.
pub fn letters(office: &Office) -> anyhow::Result<(Vec<LetterView>, Vec<LetterView>)> {
    office.store.read(|connection| {
        let states = desk::states(connection)?;
        let dossier = |letter: &LetterRow| states.values().find(|(row, _)| Some(row.dossier_id) == letter.dossier_id).map(|(_, state)| state);
        let (mut hers, rest): (Vec<LetterRow>, Vec<LetterRow>) = outbox::all(connection)?.into_iter().partition(is_for_her);
        hers.sort_by_key(|letter| (letter.state == "held", letter.outbox_id));
        let mut waiting = Vec::new();
        for letter in &hers {
            let state = dossier(letter);
            let mut shown = line(letter);
            shown.text = text(&outbox::message(connection, letter.outbox_id)?);
            if shown.warning.is_none() && state.is_some_and(|state| state.last_arrival > letter.queued_at) {
                shown.warning = Some("Un courriel est arrivé depuis que cette lettre a été écrite : relisez-la.");
            }
            waiting.push(named(shown, state));
        }
        let rest = rest.iter().rev().filter(|letter| !is_summary_that_left(letter)).map(|letter| named(line(letter), dossier(letter))).collect();
        Ok((waiting, rest))
    })
}

fn named(mut shown: LetterView, state: Option<&crate::domain::dossier::DossierState>) -> LetterView {
    if let Some(state) = state {
        shown.number = state.number.clone();
        shown.name = view::name_of(state);
    }
    shown
}

pub fn letter(office: &Office, id: i64) -> anyhow::Result<Option<LetterView>> {
    office.store.read(|connection| {
        let Some(letter) = outbox::all(connection)?.into_iter().find(|letter| letter.outbox_id == id) else { return Ok(None) };
        let states = desk::states(connection)?;
        let state = states.values().find(|(row, _)| Some(row.dossier_id) == letter.dossier_id).map(|(_, state)| state);
        let mut shown = named(line(&letter), state);
        shown.text = text(&outbox::message(connection, id)?);
        Ok(Some(shown))
    })
}

pub fn of_dossier(office: &Office, dossier_id: i64) -> anyhow::Result<Vec<LetterView>> {
    office.store.read(|connection| {
        let rows = outbox::of_dossier(connection, dossier_id)?;
        rows.iter()
            .map(|letter| {
                let mut shown = line(letter);
                shown.text = text(&outbox::message(connection, letter.outbox_id)?);
                Ok(shown)
            })
            .collect()
    })
}
