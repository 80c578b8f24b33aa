//! What the pages show, as plain values: one struct for each page, every text already in French.

use std::collections::BTreeMap;

use mail_parser::MessageParser;
use serde::Serialize;

use crate::desk;
use crate::domain::calendar;
use crate::domain::dossier::{DocumentState, DocumentStatus, DossierState};
use crate::domain::payment::TransferState;
use crate::domain::plan::letters::base_name;
use crate::store::mails::MailRow;
use crate::store::outbox::LetterRow;
use crate::store::transfers::TransferRow;
use crate::store::{dossiers, journal, mails, outbox, transfers};
use crate::tasks::Office;
use crate::wording;

#[derive(Debug, Serialize)]
pub struct DossierLine {
    pub number: String,
    pub name: String,
    pub programme: String,
    pub route: String,
    pub stage: String,
    pub lacking: String,
    pub n_to_check: usize,
    pub arrived: String,
}

#[derive(Debug, Serialize)]
pub struct DossierView {
    pub line: DossierLine,
    pub facts: Vec<(String, String)>,
    pub basis: Vec<String>,
    pub to_check: Vec<String>,
    pub pieces: Vec<PieceView>,
    pub unreadable: Vec<(String, String)>,
    pub mails: Vec<MailView>,
    pub transfers: Vec<TransferView>,
    pub letters: Vec<LetterLine>,
    pub history: Vec<(String, String, String, String)>,
}

#[derive(Debug, Serialize)]
pub struct PieceView {
    pub kind: String,
    pub file_name: String,
    pub pages: String,
    pub languages: String,
    pub status: String,
    pub sure: bool,
    pub evidence: String,
    pub sha256: String,
}

#[derive(Debug, Serialize)]
pub struct MailView {
    pub at: String,
    pub class: String,
    pub from: String,
    pub subject: String,
    pub files: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
pub struct TransferView {
    pub day: String,
    pub amount: String,
    pub debtor: String,
    pub remittance: String,
    pub state: String,
    pub dossiers: Vec<String>,
    pub why: String,
}

#[derive(Debug, Serialize)]
pub struct LetterLine {
    pub id: i64,
    pub at: String,
    pub state: String,
    pub to: String,
    pub subject: String,
}

#[derive(Debug, Serialize)]
pub struct LetterView {
    pub line: LetterLine,
    pub text: String,
}

fn moment(instant: chrono::DateTime<chrono::Utc>) -> String {
    calendar::paris(instant).format("%d/%m/%Y %H:%M").to_string()
}

pub fn dossier_line(state: &DossierState) -> DossierLine {
    DossierLine {
        number: state.number.clone(),
        name: if state.name.is_empty() { String::from("(nom inconnu)") } else { state.name.clone() },
        programme: state.programme.clone().unwrap_or_else(|| String::from("—")),
        route: wording::route(state.route).to_owned(),
        stage: wording::stage(state.stage).to_owned(),
        lacking: wording::lacking(state),
        n_to_check: state.to_check.len(),
        arrived: moment(state.first_arrival),
    }
}

pub fn dossier_lines(office: &Office) -> anyhow::Result<Vec<DossierLine>> {
    let states = office.store.read(desk::states)?;
    Ok(states.values().map(|(_, state)| dossier_line(state)).collect())
}

pub fn dossier(office: &Office, number: &str) -> anyhow::Result<Option<DossierView>> {
    office.store.read(|connection| {
        let Some(row) = dossiers::by_number(connection, number)? else { return Ok(None) };
        let Some((_, state)) = desk::states(connection)?.remove(number) else { return Ok(None) };
        let mut mail_views = Vec::new();
        for mail in mails::of_dossier(connection, row.dossier_id)? {
            let files = mails::files_of_mail(connection, mail.mail_id)?;
            mail_views.push(mail_view(&mail, files.into_iter().map(|file| (base_name(&file.name), file.sha256)).collect()));
        }
        let transfers = transfers::all(connection)?;
        Ok(Some(DossierView {
            line: dossier_line(&state),
            facts: facts(&state),
            basis: state.basis.clone(),
            to_check: state.to_check.iter().map(wording::to_check).collect(),
            pieces: pieces(&state),
            unreadable: state.unreadable.iter().map(|item| (base_name(&item.file_name), wording::reason(item.reason).to_owned())).collect(),
            mails: mail_views,
            transfers: transfers.iter().filter(|row| row.dossiers.iter().any(|known| known == number)).map(transfer_view).collect(),
            letters: outbox::of_dossier(connection, row.dossier_id)?.iter().map(letter_line).collect(),
            history: journal::of_dossier(connection, row.dossier_id)?
                .into_iter()
                .map(|line| (line.at, line.actor, line.event, line.detail))
                .collect(),
        }))
    })
}

fn facts(state: &DossierState) -> Vec<(String, String)> {
    let day = |day: chrono::NaiveDate| day.format("%d/%m/%Y").to_string();
    let yes_no = |word: Option<bool>| match word {
        Some(true) => "oui",
        Some(false) => "non",
        None => "inconnu",
    };
    let unknown = || String::from("inconnu");
    [
        ("Programme", state.programme.clone().unwrap_or_else(unknown)),
        ("Voie d'admission", wording::route(state.route).to_owned()),
        ("Diplôme en cours", yes_no(state.degree_in_progress).to_owned()),
        ("Né(e) le", state.birth_date.map(day).unwrap_or_else(unknown)),
        ("Nationalité", state.nationality.clone().unwrap_or_else(unknown)),
        ("Candidat international", yes_no(state.international).to_owned()),
        ("Financement", state.financing.map_or_else(unknown, |financing| wording::financing(financing).to_owned())),
        ("Expérience", format!("{} mois", state.experience_months)),
        ("Frais de dossier", format!("{} ({})", wording::fee(state.fee_state), state.fee_credited.french())),
        ("Référence", state.reference.clone()),
        ("Délai", wording::timeliness(state.timeliness).to_owned()),
        ("Jury", state.jury_session.clone().unwrap_or_else(|| String::from("date à confirmer"))),
        ("Adresses", state.addresses.join(", ")),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn pieces(state: &DossierState) -> Vec<PieceView> {
    let mut documents: Vec<&DocumentState> = state.documents.iter().collect();
    documents.sort_by_key(|document| (document.kind, document.is_translation, document.file_name.clone(), document.pages.clone()));
    documents
        .into_iter()
        .map(|document| PieceView {
            kind: format!("{}{}", wording::kind(document.kind), if document.is_translation { " (traduction)" } else { "" }),
            file_name: base_name(&document.file_name),
            pages: match (document.pages.first(), document.pages.last()) {
                (Some(first), Some(last)) if first != last => format!("{first} à {last}"),
                (Some(first), _) if document.file_pages > 1 => first.to_string(),
                _ => String::new(),
            },
            languages: document.languages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            status: match document.status {
                DocumentStatus::Accepted => "reconnue",
                DocumentStatus::Uncertain => "à vérifier",
                DocumentStatus::Kept => "hors liste",
            }
            .to_owned(),
            sure: document.status != DocumentStatus::Uncertain,
            evidence: document.evidence.join(" ; "),
            sha256: document.sha256.clone(),
        })
        .collect()
}

fn mail_view(mail: &MailRow, files: Vec<(String, String)>) -> MailView {
    MailView {
        at: moment(mail.arrived_at),
        class: mail.class.map_or("—", wording::mail_class).to_owned(),
        from: mail.from_address.clone().unwrap_or_default(),
        subject: mail.subject.clone(),
        files,
    }
}

fn transfer_view(row: &TransferRow) -> TransferView {
    TransferView {
        day: row.movement.booking_date.format("%d/%m/%Y").to_string(),
        amount: row.movement.amount.french(),
        debtor: row.movement.debtor.clone().unwrap_or_default(),
        remittance: row.movement.remittance.clone(),
        state: match row.state {
            TransferState::Matched => "rapproché",
            TransferState::ToReview => "à vérifier",
            TransferState::Unrelated => "autre",
            TransferState::Returned => "retourné",
        }
        .to_owned(),
        dossiers: row.dossiers.clone(),
        why: row.why.join(" ; "),
    }
}

/// Everything that may be a fee; the school's other receipts are counted, not shown.
pub fn transfers(office: &Office) -> anyhow::Result<(Vec<TransferView>, usize)> {
    let rows = office.store.read(transfers::all)?;
    let other = rows.iter().filter(|row| row.state == TransferState::Unrelated).count();
    let mut shown: Vec<&TransferRow> = rows.iter().filter(|row| row.state != TransferState::Unrelated).collect();
    shown.sort_by_key(|row| (row.state != TransferState::ToReview, std::cmp::Reverse(row.movement.booking_date), row.transfer_id));
    Ok((shown.into_iter().map(transfer_view).collect(), other))
}

fn letter_line(letter: &LetterRow) -> LetterLine {
    let state = match letter.state.as_str() {
        _ if letter.bounced.is_some() => "revenue",
        "held" => "retenue",
        "queued" | "sending" => "en attente",
        "sent" => "partie",
        "failed" => "refusée",
        "in_doubt" => "incertaine",
        _ => "annulée",
    };
    LetterLine {
        id: letter.outbox_id,
        at: moment(letter.queued_at),
        state: state.to_owned(),
        to: letter.recipients.join(", "),
        subject: letter.subject.clone(),
    }
}

pub fn letters(office: &Office) -> anyhow::Result<Vec<LetterLine>> {
    Ok(office.store.read(outbox::all)?.iter().rev().map(letter_line).collect())
}

/// A letter as its reader has it in a text client.
pub fn letter(office: &Office, id: i64) -> anyhow::Result<Option<LetterView>> {
    office.store.read(|connection| {
        let Some(letter) = outbox::all(connection)?.into_iter().find(|letter| letter.outbox_id == id) else { return Ok(None) };
        let bytes = outbox::message(connection, id)?;
        let text = MessageParser::default().parse(&bytes).and_then(|message| message.body_text(0).map(|text| text.into_owned()));
        Ok(Some(LetterView { line: letter_line(&letter), text: text.unwrap_or_default() }))
    })
}

/// A file's media type and bytes, when it belongs to a mail.
pub fn file(office: &Office, sha256: &str) -> anyhow::Result<Option<(String, Vec<u8>)>> {
    let media_types: BTreeMap<String, String> = office.store.read(|connection| {
        let mut media_types = BTreeMap::new();
        for (_, state) in desk::states(connection)?.into_values() {
            media_types.extend(state.documents.into_iter().map(|document| (document.sha256, document.media_type)));
            media_types.extend(state.unreadable.into_iter().map(|item| (item.sha256, String::from("application/octet-stream"))));
        }
        Ok(media_types)
    })?;
    match media_types.get(sha256) {
        // Identity papers go before the rest of the dossier.
        Some(_) if !office.blobs.contains(sha256) => Ok(None),
        Some(media_type) => Ok(Some((media_type.clone(), office.blobs.get(sha256)?))),
        None => Ok(None),
    }
}
