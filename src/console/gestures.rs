//! What her clicks do: a form is read, the function of `tasks::decide` is called, and the page she was on is shown again with what was done.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Console, Failure};
use crate::bank::amount;
use crate::domain::document::DocumentKind;
use crate::domain::finding::Reason;
use crate::store::outbox;
use crate::tasks::Office;
use crate::tasks::decide::{self, Effect, MailTarget, Refusal, Share, Word};

type Fields = Form<Vec<(String, String)>>;

/// A form of ours, its token checked.
pub(super) struct Filled {
    fields: Vec<(String, String)>,
    actor: String,
}

impl Filled {
    pub(super) fn new(console: &Console, headers: &HeaderMap, Form(fields): Fields) -> anyhow::Result<Filled> {
        let actor = console.door.visitor(headers).unwrap_or_default();
        let filled = Filled { fields, actor };
        if !console.door.knows_token(filled.get("jeton")) {
            return Err(refusal("Cette page a été ouverte avant le dernier démarrage du service\u{a0}: rechargez-la, puis recommencez."));
        }
        Ok(filled)
    }

    /// The first field of that name; empty when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    pub(super) fn word(&self) -> Word<'_> {
        Word { actor: &self.actor, why: self.get("pourquoi") }
    }

    /// Back to the page she came from, which is one of ours.
    fn back(&self, effect: Effect, done: &str) -> Response {
        let page = Some(self.get("retour")).filter(|page| page.starts_with('/') && !page.starts_with("//") && !page.contains(['\\', '\r', '\n']));
        let (path, place) = page.unwrap_or("/").split_once('#').unwrap_or((page.unwrap_or("/"), ""));
        let done = if effect == Effect::Changed { done } else { "deja" };
        let separator = if path.contains('?') { '&' } else { '?' };
        let place = if place.is_empty() { String::new() } else { format!("#{place}") };
        Redirect::to(&format!("{path}{separator}fait={done}{place}")).into_response()
    }
}

pub(super) fn refusal(sentence: &str) -> anyhow::Error {
    anyhow::Error::new(Refusal(sentence.to_owned()))
}

/// Gestures write to the database and plan again: off the threads that serve sockets.
async fn done(
    console: Arc<Console>,
    headers: HeaderMap,
    fields: Fields,
    gesture: impl FnOnce(&Office, &Filled) -> anyhow::Result<(Effect, &'static str)> + Send + 'static,
) -> Result<Response, Failure> {
    let act = move || {
        let filled = Filled::new(&console, &headers, fields)?;
        let (effect, done) = gesture(&console.office, &filled)?;
        Ok(filled.back(effect, done))
    };
    tokio::task::spawn_blocking(act).await.map_err(|error| Failure(error.into()))?.map_err(Failure)
}

pub async fn transfer(
    State(console): State<Arc<Console>>,
    Path((id, gesture)): Path<(i64, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    done(console, headers, fields, move |office, filled| {
        let word = filled.word();
        Ok(match gesture.as_str() {
            "attribuer" => (decide::attribute(office, word, id, &shares(filled)?)?, "attribue"),
            "ecarter" => (decide::reject(office, word, id)?, "ecarte"),
            "detacher" => (decide::detach(office, word, id)?, "detache"),
            "annuler" => (decide::take_back(office, word, id)?, "repris"),
            _ => return Err(anyhow::Error::new(super::NotFound)),
        })
    })
    .await
}

/// The dossiers of the form with their amounts; lines left empty are none.
fn shares(filled: &Filled) -> anyhow::Result<Vec<Share>> {
    let mut amounts = filled.all("montant");
    let mut shares = Vec::new();
    for number in filled.all("dossier") {
        let written = amounts.next().unwrap_or_default();
        if number.is_empty() {
            continue;
        }
        let amount = match written {
            "" => None,
            written => Some(amount::written(written).ok_or_else(|| refusal(&format!("«\u{a0}{written}\u{a0}» n'est pas un montant.")))?),
        };
        shares.push(Share { number: number_in(number), amount });
    }
    Ok(shares)
}

/// `MS24-0042`, also out of `MS24-0042 Awa Ndiaye`, as a list of suggestions fills it in.
fn number_in(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_uppercase()
}

pub async fn letter(
    State(console): State<Arc<Console>>,
    Path((id, gesture)): Path<(i64, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    done(console, headers, fields, move |office, filled| {
        let letters = office.store.read(outbox::all)?;
        let Some(letter) = letters.into_iter().find(|letter| letter.outbox_id == id) else { return Err(anyhow::Error::new(super::NotFound)) };
        let word = filled.word();
        Ok(match gesture.as_str() {
            "envoyer" => (decide::approve(office, word, &letter.letter_key)?, "envoyee"),
            "retenir" => (decide::hold(office, word, &letter.letter_key)?, "retenue"),
            "abandonner" => (decide::cancel(office, word, &letter.letter_key)?, "abandonnee"),
            _ => return Err(anyhow::Error::new(super::NotFound)),
        })
    })
    .await
}

pub async fn sending(
    State(console): State<Arc<Console>>,
    Path(gesture): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    done(console, headers, fields, move |office, filled| {
        let word = filled.word();
        Ok(match gesture.as_str() {
            "arreter" => (decide::stop_sending(office, word)?, "arrete"),
            "reprendre" => (decide::resume_sending(office, word)?, "repris_envois"),
            "rearmer" => (decide::reset_breaker(office, word)?, "rearme"),
            _ => return Err(anyhow::Error::new(super::NotFound)),
        })
    })
    .await
}

pub async fn dossier(
    State(console): State<Arc<Console>>,
    Path((number, gesture)): Path<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    done(console, headers, fields, move |office, filled| {
        let word = filled.word();
        Ok(match gesture.as_str() {
            "corriger" => (decide::correct(office, word, &number, &corrections(filled))?, "corrige"),
            "nommer" => {
                let name = match (filled.get("prenom"), filled.get("nom")) {
                    ("", "") => String::new(),
                    (given, family) => format!("{}/{}", given.replace('/', " "), family.replace('/', " ")),
                };
                (decide::correct(office, word, &number, &[(String::from("name"), name)])?, "corrige")
            }
            "accepter" => {
                let piece = DocumentKind::from_slug(filled.get("piece")).ok_or_else(|| refusal("Cette pièce n'est pas connue."))?;
                let reason = Reason::from_slug(filled.get("motif")).ok_or_else(|| refusal("Ce motif n'est pas connu."))?;
                (decide::accept_document(office, word, &number, piece, filled.get("fichier"), reason)?, "accepte")
            }
            "dispenser" => {
                let piece = DocumentKind::from_slug(filled.get("piece")).ok_or_else(|| refusal("Cette pièce n'est pas connue."))?;
                (decide::accept_missing(office, word, &number, piece)?, "accepte")
            }
            "entretien" => (decide::correct(office, word, &number, &[(String::from("interview"), interview(filled)?)])?, "corrige"),
            "ecarter" => (decide::set_aside(office, word, &number, true)?, "mis_de_cote"),
            "reprendre" => (decide::set_aside(office, word, &number, false)?, "corrige"),
            "reunir" => (decide::join(office, word, &number, &number_in(filled.get("dossier")))?, "reuni"),
            _ => return Err(anyhow::Error::new(super::NotFound)),
        })
    })
    .await
}

/// When and where, as a correction keeps it; the moment is one of Paris.
fn interview(filled: &Filled) -> anyhow::Result<String> {
    let place: String = filled.get("lieu").split_whitespace().collect::<Vec<_>>().join(" ");
    let (at, minutes) = (filled.get("quand").get(..16).unwrap_or_default(), filled.get("minutes"));
    if place.is_empty() || at.is_empty() || minutes.parse::<u32>().ok().filter(|minutes| (1..=600).contains(minutes)).is_none() {
        return Err(refusal("Un entretien demande un jour, une heure, une durée et un lieu ou un lien."));
    }
    Ok(format!("{at} {minutes} {place}"))
}

/// Subjects and values in pairs; `inchange` leaves a subject alone.
fn corrections(filled: &Filled) -> Vec<(String, String)> {
    let pairs = filled.all("sujet").zip(filled.all("valeur"));
    pairs.filter(|(_, value)| *value != "inchange").map(|(subject, value)| (subject.to_owned(), value.to_owned())).collect()
}

pub async fn mail(State(console): State<Arc<Console>>, Path(id): Path<i64>, headers: HeaderMap, fields: Fields) -> Result<Response, Failure> {
    done(console, headers, fields, move |office, filled| {
        let target = match filled.get("cible") {
            "dossier" => MailTarget::Dossier(number_in(filled.get("dossier"))),
            "nouveau" => MailTarget::NewDossier,
            "personne" => MailTarget::Nobody,
            _ => return Err(refusal("Il manque le dossier auquel rattacher ce courriel.")),
        };
        let (effect, _) = decide::give(office, filled.word(), id, &target)?;
        Ok((effect, "rattache"))
    })
    .await
}
