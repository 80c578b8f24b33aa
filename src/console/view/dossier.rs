//! One dossier: what waits for her word, its pieces, its money, its letters, and everything that happened, in order.

use rusqlite::Connection;
use serde::Serialize;

use super::letters::LetterView;
use super::mails::MailView;
use super::transfers::{Ledger, TransferView};
use super::{Choice, DossierLine};
use crate::console::view;
use crate::desk;
use crate::domain::document::DocumentKind;
use crate::domain::dossier::{DocumentState, DocumentStatus, DossierState};
use crate::domain::finding::Reason;
use crate::domain::payment::FeeState;
use crate::domain::plan::letters::base_name;
use crate::store::dossiers::CorrectionRow;
use crate::store::{dossiers, journal, mails, parse_instant};
use crate::tasks::Office;
use crate::wording;

#[derive(Debug, Serialize)]
pub struct DossierView {
    pub line: DossierLine,
    pub facts: Vec<(String, String)>,
    pub basis: Vec<String>,
    pub to_check: Vec<CheckView>,
    pub missing: Vec<MissingView>,
    pub missing_translations: Vec<String>,
    pub pieces: Vec<PieceView>,
    pub unreadable: Vec<UnreadableView>,
    pub mails: Vec<MailView>,
    pub transfers: Vec<TransferView>,
    pub letters: Vec<LetterView>,
    pub history: Vec<Event>,
    pub corrections: Vec<(String, String, String)>,
    pub routes: Vec<Choice>,
    pub programmes: Vec<Choice>,
    pub in_progress: Vec<Choice>,
    pub international: Vec<Choice>,
    pub language: Vec<Choice>,
    pub given: String,
    pub family: String,
    pub fee: String,
    /// The fee came otherwise than expected, and nobody has accepted it.
    pub fee_open: Option<String>,
    pub is_aside: bool,
    pub letters_off: bool,
    /// Other dossiers that bear the same family name.
    pub namesakes: Vec<(String, String)>,
}

/// A doubt with what can be done about it.
#[derive(Debug, Serialize)]
pub struct CheckView {
    pub sentence: String,
    pub requirement: &'static str,
    pub requirement_name: String,
    pub reason: String,
    pub sha256: String,
    pub file_name: String,
    /// `piece`, `route`, `degree` or `other`: which form fits.
    pub form: &'static str,
    /// What the button says.
    pub accept: String,
}

#[derive(Debug, Serialize)]
pub struct MissingView {
    pub kind: &'static str,
    pub name: &'static str,
    pub blocking: bool,
}

#[derive(Debug, Serialize)]
pub struct UnreadableView {
    pub sha256: String,
    pub file_name: String,
    pub why: &'static str,
    pub kinds: Vec<Choice>,
}

#[derive(Debug, Serialize)]
pub struct PieceView {
    pub id: String,
    pub kind: String,
    pub file_name: String,
    pub pages: String,
    pub first_page: u32,
    pub languages: String,
    pub status: &'static str,
    pub status_class: &'static str,
    pub evidence: Vec<String>,
    pub sha256: String,
    pub is_picture: bool,
    pub is_translation: bool,
    pub kinds: Vec<Choice>,
}

/// A line of the timeline.
#[derive(Debug, Serialize)]
pub struct Event {
    pub at: String,
    pub who: String,
    pub what: String,
    pub detail: String,
    pub by_person: bool,
}

pub fn dossier(office: &Office, number: &str) -> anyhow::Result<Option<DossierView>> {
    let read = office.store.read(|connection| {
        let Some(row) = dossiers::by_number(connection, number)? else { return Ok(None) };
        let states = desk::states(connection)?;
        let Some((_, state)) = states.get(number) else { return Ok(None) };
        let words = dossiers::corrections(connection, row.dossier_id)?;
        let mut mail_views = Vec::new();
        for mail in mails::of_dossier(connection, row.dossier_id)? {
            mail_views.push(view::mails::view(connection, &mail)?);
        }
        let family = state.person.as_ref().map(|person| crate::folding::fold(&person.family)).unwrap_or_default();
        let is_namesake = |other: &DossierState| {
            other.number != number && other.person.as_ref().is_some_and(|person| !family.is_empty() && crate::folding::fold(&person.family) == family)
        };
        let namesakes =
            states.values().filter(|(_, other)| is_namesake(other)).map(|(_, other)| (other.number.clone(), view::name_of(other))).collect();
        Ok(Some((row.dossier_id, state.clone(), words, mail_views, history(connection, row.dossier_id)?, namesakes)))
    })?;
    let Some((dossier_id, state, words, mail_views, history, namesakes)) = read else { return Ok(None) };
    let said = |subject: &str| words.iter().find(|word| word.subject == subject).map_or("", |word| word.value.as_str());
    let yes_no = |value: Option<bool>| vec![Choice::new("true", "oui", value == Some(true)), Choice::new("false", "non", value == Some(false))];
    Ok(Some(DossierView {
        line: view::dossier_line(&state),
        facts: facts(&state, office),
        basis: state.basis.clone(),
        to_check: checks(&state),
        missing: missing(&state),
        missing_translations: state
            .missing_translations
            .iter()
            .map(|item| format!("{} «\u{a0}{}\u{a0}»", wording::kind(item.kind), base_name(&item.file_name)))
            .collect(),
        pieces: pieces(&state),
        unreadable: unreadable(&state),
        mails: mail_views,
        transfers: Ledger::read(office)?.of_dossier(number),
        letters: view::letters::of_dossier(office, dossier_id)?,
        history,
        corrections: words.iter().filter(|word| !word.value.is_empty()).map(|word| correction(word, &state)).collect(),
        routes: view::routes(state.route),
        programmes: office
            .rules
            .programmes
            .iter()
            .map(|programme| {
                Choice::new(&programme.code, format!("{} — {}", programme.code, programme.title), state.programme.as_ref() == Some(&programme.code))
            })
            .collect(),
        in_progress: yes_no(state.degree_in_progress),
        international: yes_no(state.international),
        language: vec![Choice::new("fr", "français", state.language.code() == "fr"), Choice::new("en", "anglais", state.language.code() == "en")],
        given: state.person.as_ref().map(|person| person.given.clone()).unwrap_or_default(),
        family: state.person.as_ref().map(|person| person.family.clone()).unwrap_or_default(),
        fee: format!("{} ({})", wording::fee(state.fee_state), state.fee_credited.french()),
        fee_open: (said("fee") != "accepted").then(|| fee_question(&state)).flatten(),
        is_aside: said("not_a_candidate") == "true",
        letters_off: said("letters_off") == "true",
        namesakes,
    }))
}

fn fee_question(state: &DossierState) -> Option<String> {
    let received = state.fee_credited.french();
    match state.fee_state {
        FeeState::Short => Some(format!("{received} reçus, moins que le montant demandé.")),
        FeeState::Over => Some(format!("{received} reçus, plus que le montant demandé.")),
        FeeState::Double => Some(format!("Payés deux fois ({received} en tout).")),
        FeeState::Returned => Some(String::from("Le virement a été retourné par la banque.")),
        FeeState::NotAsked => Some(String::from("Aucune voie d'admission ne semble possible\u{a0}: les frais n'ont pas été demandés.")),
        FeeState::Awaited | FeeState::ProofSeen | FeeState::Credited => None,
    }
}

fn facts(state: &DossierState, office: &Office) -> Vec<(String, String)> {
    let jury =
        |name: &String| office.rules.juries.iter().find(|session| session.name == *name).map_or(name.clone(), |session| session.label_fr.clone());
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
        ("Né(e) le", state.birth_date.map(view::day).unwrap_or_else(unknown)),
        ("Nationalité", state.nationality.clone().unwrap_or_else(unknown)),
        ("Candidat international", yes_no(state.international).to_owned()),
        ("Financement", state.financing.map_or_else(unknown, |financing| wording::financing(financing).to_owned())),
        ("Expérience", format!("{} mois", state.experience_months)),
        ("Référence de paiement", state.reference.clone()),
        ("Délai", wording::timeliness(state.timeliness).to_owned()),
        ("Jury", state.jury_session.as_ref().map(jury).unwrap_or_else(|| String::from("date à confirmer"))),
        ("Adresses", state.addresses.join(", ")),
        ("Première arrivée", view::moment(state.first_arrival)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn checks(state: &DossierState) -> Vec<CheckView> {
    let mut seen: Vec<(Reason, DocumentKind, Option<&String>)> = Vec::new();
    let mut views = Vec::new();
    for check in &state.to_check {
        // One route decides for several pieces: asked once.
        let about_all = matches!(check.reason, Reason::RouteUndetermined | Reason::DegreeInProgressUncertain) && check.sha256.is_none();
        let key = (check.reason, if about_all { DocumentKind::Other } else { check.requirement }, check.sha256.as_ref());
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let form = match check.reason {
            Reason::RouteUndetermined => "route",
            Reason::DegreeInProgressUncertain => "degree",
            Reason::KindUncertain | Reason::PageNotRead | Reason::PageNotReadNoEngine if check.sha256.is_some() => "piece",
            _ => "other",
        };
        views.push(CheckView {
            sentence: view::french(&wording::to_check(check)),
            requirement: check.requirement.slug(),
            requirement_name: wording::small_kind(check.requirement),
            reason: check.reason.slug(),
            sha256: check.sha256.clone().unwrap_or_default(),
            file_name: check.file_name.as_deref().map(base_name).unwrap_or_default(),
            form,
            accept: match check.reason {
                Reason::TranslationUncertain => String::from("Aucune traduction à demander"),
                Reason::ForeignIban => String::from("J'ai vérifié, pas de fraude"),
                _ if form == "piece" => format!("Oui, c'est {}", wording::theirs(check.requirement)),
                _ => String::from("Vu, l'accepter ainsi"),
            },
        });
    }
    views
}

fn missing(state: &DossierState) -> Vec<MissingView> {
    let view =
        |kind: &DocumentKind| MissingView { kind: kind.slug(), name: wording::kind(*kind), blocking: !state.missing_not_blocking.contains(kind) };
    state.missing.iter().map(view).collect()
}

fn unreadable(state: &DossierState) -> Vec<UnreadableView> {
    let view = |item: &crate::domain::dossier::UnreadableFile| UnreadableView {
        sha256: item.sha256.clone(),
        file_name: base_name(&item.file_name),
        why: wording::reason(item.reason),
        kinds: view::kinds(item.name_hint),
    };
    state.unreadable.iter().map(view).collect()
}

fn pieces(state: &DossierState) -> Vec<PieceView> {
    let mut documents: Vec<&DocumentState> = state.documents.iter().collect();
    documents.sort_by_key(|document| (document.kind, document.is_translation, document.file_name.clone(), document.pages.clone()));
    documents.into_iter().map(piece).collect()
}

fn piece(document: &DocumentState) -> PieceView {
    let first_page = document.pages.first().copied().unwrap_or(1);
    let (status, status_class) = match document.status {
        DocumentStatus::Accepted => ("reconnue", "good"),
        DocumentStatus::Uncertain => ("à vérifier", "wait"),
        DocumentStatus::Kept => ("hors liste", "mute"),
    };
    PieceView {
        id: format!("p{}-{first_page}", document.sha256.get(..12).unwrap_or_default()),
        kind: format!("{}{}", wording::kind(document.kind), if document.is_translation { " (traduction)" } else { "" }),
        file_name: base_name(&document.file_name),
        pages: match (document.pages.first(), document.pages.last()) {
            (Some(first), Some(last)) if first != last => format!("pages {first} à {last}"),
            (Some(first), _) if document.file_pages > 1 => format!("page {first}"),
            _ => String::new(),
        },
        first_page,
        languages: document.languages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        status,
        status_class,
        evidence: document.evidence.iter().map(|sign| view::french(sign)).collect(),
        sha256: document.sha256.clone(),
        is_picture: matches!(document.media_type.as_str(), "image/jpeg" | "image/png" | "image/webp" | "image/gif"),
        is_translation: document.is_translation,
        kinds: view::kinds(Some(document.kind)),
    }
}

/// What she said, in words: about what, what, and who when why.
fn correction(word: &CorrectionRow, state: &DossierState) -> (String, String, String) {
    let file = |sha256: &str| {
        let documents = state.documents.iter().map(|document| (&document.sha256, &document.file_name));
        let unreadable = state.unreadable.iter().map(|item| (&item.sha256, &item.file_name));
        documents.chain(unreadable).find(|(known, _)| *known == sha256).map(|(_, name)| base_name(name)).unwrap_or_else(|| String::from("un fichier"))
    };
    let kind = |slug: &str| DocumentKind::from_slug(slug).map_or(slug.to_owned(), |kind| wording::kind(kind).to_owned());
    let value = word.value.as_str();
    let yes = |value: &str| if value == "true" { String::from("oui") } else { String::from("non") };
    let (about, said) = match word.subject.split(':').collect::<Vec<_>>().as_slice() {
        ["kind", sha256, page] => (format!("«\u{a0}{}\u{a0}», page {page}", file(sha256)), kind(value)),
        ["translation", sha256, _] => (
            format!("«\u{a0}{}\u{a0}»", file(sha256)),
            match value {
                "waived" => "pas de traduction à demander",
                "is_translation" => "est une traduction",
                _ => "est un original",
            }
            .to_owned(),
        ),
        ["readable", sha256] => {
            (format!("«\u{a0}{}\u{a0}»", file(sha256)), if value == "true" { "lisible" } else { "illisible, à redemander" }.to_owned())
        }
        ["checked", reason, _] => {
            (Reason::from_slug(reason).map_or((*reason).to_owned(), |reason| wording::reason(reason).to_owned()), String::from("vu, accepté"))
        }
        ["requirement", slug] => (
            kind(slug),
            match value {
                "present" => "reçue",
                "waived" => "dispensée",
                _ => "à demander",
            }
            .to_owned(),
        ),
        ["route"] => (String::from("Voie d'admission"), wording::route(crate::domain::route::Route::from_slug(value)).to_owned()),
        ["programme"] => (String::from("Programme"), value.to_owned()),
        ["name"] => (String::from("Nom"), value.replace('/', " ")),
        ["degree_in_progress"] => (String::from("Diplôme en cours"), yes(value)),
        ["international"] => (String::from("International"), yes(value)),
        ["withdrawn"] => (String::from("Désistement"), yes(value)),
        ["letters_off"] => (String::from("Lettres automatiques arrêtées"), yes(value)),
        ["not_a_candidate"] => (String::from("N'est pas un candidat"), yes(value)),
        ["registered"] => (String::from("Inscription administrative"), yes(value)),
        ["dispute"] => (String::from("Contestation en cours"), yes(value)),
        ["interview"] => (String::from("Entretien"), value.replace('T', " à ")),
        ["fee"] => (String::from("Frais de dossier"), String::from("acceptés ainsi")),
        [subject, ..] => ((*subject).to_owned(), value.to_owned()),
        [] => (String::new(), value.to_owned()),
    };
    let at = parse_instant(&word.at).map(view::moment).unwrap_or_default();
    let why = if word.why.is_empty() { String::new() } else { format!(" — {}", word.why) };
    (about, said, format!("{}, {at}{why}", word.actor))
}

/// The journal in words, the latest first.
fn history(connection: &Connection, dossier_id: i64) -> anyhow::Result<Vec<Event>> {
    let lines = journal::of_dossier(connection, dossier_id)?;
    let event = |line: journal::JournalLine| Event {
        at: parse_instant(&line.at).map(view::moment).unwrap_or_default(),
        by_person: line.actor != journal::PROGRAM,
        what: happened(&line.event).to_owned(),
        detail: detail(&line.event, &line.detail),
        who: line.actor,
    };
    Ok(lines.into_iter().rev().map(event).collect())
}

fn happened(event: &str) -> &str {
    match event {
        "dossier_opened" => "Dossier ouvert",
        "mail_processed" => "Courriel lu",
        "mail_given" => "Courriel rattaché",
        "missing" => "Pièces manquantes",
        "dossier_complete" => "Dossier complet",
        "dossier_incomplete_again" => "Dossier de nouveau incomplet",
        "fee_state" => "Frais de dossier",
        "letter_queued" => "Lettre écrite",
        "letter_held" => "Lettre retenue",
        "letter_sent" => "Lettre partie",
        "letter_cancelled" => "Lettre abandonnée",
        "letter_failed" => "Lettre refusée par le serveur",
        "letter_in_doubt" => "Lettre peut-être partie",
        "letter_put_off" => "Envoi remis à plus tard",
        "letter_capped" => "Lettre freinée par le disjoncteur",
        "corrected" => "Correction",
        "decision_entered" => "Décision du jury enregistrée",
        "decision_approved" => "Décision du jury approuvée",
        "recipient_refused" => "Un destinataire refusé par le serveur",
        "joined" => "Dossiers réunis",
        "transfer_match" => "Virement attribué",
        "transfer_unmatch" => "Attribution refusée",
        "transfer_not_a_fee" => "Virement écarté",
        "transfer_word_taken_back" => "Décision sur un virement reprise",
        other => other,
    }
}

/// Closed words of the journal in French; keys and numbers as they are.
fn detail(event: &str, detail: &str) -> String {
    match event {
        "missing" => {
            let names: Vec<String> = detail.split(' ').filter_map(DocumentKind::from_slug).map(wording::small_kind).collect();
            if names.is_empty() { String::from("aucune") } else { names.join(", ") }
        }
        "mail_processed" => {
            let class = detail.split(' ').nth(1).and_then(crate::domain::mail::MailClass::from_slug);
            class.map_or(String::new(), |class| wording::mail_class(class).to_owned())
        }
        "dossier_opened" => String::new(),
        _ => detail.to_owned(),
    }
}
