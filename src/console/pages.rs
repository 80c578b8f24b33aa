//! The pages: a view filled into its template. Templates are strict and escape everything.

use std::sync::OnceLock;

use anyhow::Context;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior, context};

use super::{Asked, Console, deposit, view};
use crate::domain::payment::TransferState;

const TEMPLATES: [(&str, &str); 10] = [
    ("layout.html", include_str!("layout.html")),
    ("pieces.html", include_str!("pieces.html")),
    ("today.html", include_str!("today.html")),
    ("dossiers.html", include_str!("dossiers.html")),
    ("dossier.html", include_str!("dossier.html")),
    ("transfers.html", include_str!("transfers.html")),
    ("letters.html", include_str!("letters.html")),
    ("letter.html", include_str!("letter.html")),
    ("mails.html", include_str!("mails.html")),
    ("deposits.html", include_str!("deposits.html")),
];

fn environment() -> anyhow::Result<&'static Environment<'static>> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment);
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).with_context(|| format!("template {name}"))?;
    }
    Ok(ENVIRONMENT.get_or_init(|| environment))
}

/// Fills a template with its page's values and with what stands on every page.
fn render(console: &Console, name: &str, title: &str, here: &str, asked: &Asked, page: Value) -> anyhow::Result<String> {
    let frame = Value::from(Serde(view::frame(&console.office)?));
    let values = context! { title, here, frame, token => console.door.token.as_str(), said => said(&asked.fait), q => asked.q.as_str(), q_encoded => encoded(&asked.q), etat => asked.etat.as_str(), page };
    environment()?.get_template(name).context("template")?.render(values).with_context(|| format!("page {name}"))
}

/// As a query of an address holds it (RFC 3986).
fn encoded(text: &str) -> String {
    let byte = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

/// What was just done, in words; an unknown word says nothing.
fn said(word: &str) -> &'static str {
    match word {
        "attribue" => "Virement attribué.",
        "ecarte" => "Virement écarté\u{a0}: ce n'est pas un paiement de frais de dossier.",
        "detache" => "Attribution refusée\u{a0}: elle ne sera plus proposée d'elle-même.",
        "repris" => "Décision reprise\u{a0}: tout est comme avant.",
        "envoyee" => "Lettre mise en file d'envoi\u{a0}: elle part dans les minutes qui viennent.",
        "retenue" => "Lettre retenue.",
        "abandonnee" => "Lettre abandonnée\u{a0}: elle ne partira pas.",
        "arrete" => "Tous les envois sont arrêtés. Les lettres s'écrivent encore et attendent.",
        "repris_envois" => "Les envois ont repris.",
        "rearme" => "Disjoncteur réarmé\u{a0}: les lettres freinées partent.",
        "corrige" => "Correction enregistrée. Elle l'emporte désormais sur ce que le programme lit.",
        "accepte" => "Accepté.",
        "mis_de_cote" => "Mis de côté\u{a0}: ce n'est pas un candidat, aucune lettre ne partira.",
        "reuni" => "Les deux dossiers n'en font plus qu'un.",
        "rattache" => "Courriel rattaché.",
        "depot_abandonne" => "Fichier laissé\u{a0}: rien n'a été fait.",
        "releve_lu" => "Relevé comptabilisé.",
        "releve_refuse" => "Ce relevé n'a pas pu être comptabilisé\u{a0}; la raison est dans la liste ci-dessous.",
        "releve_annule" => "Import annulé, avec ses rapprochements.",
        "decisions_lues" => "Décisions enregistrées. Rien n'est parti\u{a0}: relisez la liste, puis envoyez les lettres.",
        "decisions_envoyees" => "Les lettres de décision sont en file d'envoi.",
        "deja" => "C'était déjà fait\u{a0}: rien n'a changé.",
        _ => "",
    }
}

pub fn today(console: &Console, asked: &Asked) -> anyhow::Result<Option<String>> {
    let page = view::today::today(&console.office)?;
    render(console, "today.html", "Aujourd'hui", "/", asked, Value::from(Serde(page))).map(Some)
}

pub fn dossiers(console: &Console, asked: &Asked) -> anyhow::Result<Option<String>> {
    let lines = view::dossier_lines(&console.office, &asked.q, &asked.etat)?;
    render(console, "dossiers.html", "Dossiers", "/dossiers", asked, context! { lines => Value::from(Serde(lines)) }).map(Some)
}

pub fn dossier(console: &Console, number: &str, asked: &Asked) -> anyhow::Result<Option<String>> {
    let Some(dossier) = view::dossier::dossier(&console.office, number)? else { return Ok(None) };
    let title = format!("{} {}", dossier.line.name, dossier.line.number);
    let names = Value::from(Serde(view::names(&console.office)?));
    let page = context! { dossier => Value::from(Serde(dossier)), names, kinds => Value::from(Serde(view::kinds(None))) };
    render(console, "dossier.html", &title, "/dossiers", asked, page).map(Some)
}

pub fn transfers(console: &Console, asked: &Asked) -> anyhow::Result<Option<String>> {
    let ledger = view::transfers::Ledger::read(&console.office)?;
    let listed = |state| Value::from(Serde(ledger.of_state(state)));
    let page = context! {
        to_review => listed(TransferState::ToReview),
        matched => listed(TransferState::Matched),
        returned => listed(TransferState::Returned),
        aside => Value::from(Serde(ledger.set_aside())),
        others => Value::from(Serde(if asked.q.is_empty() { Vec::new() } else { ledger.others(&asked.q) })),
        n_others => ledger.n_others(),
        names => Value::from(Serde(view::names(&console.office)?)),
    };
    render(console, "transfers.html", "Virements", "/virements", asked, page).map(Some)
}

pub fn letters(console: &Console, asked: &Asked) -> anyhow::Result<Option<String>> {
    let (waiting, rest) = view::letters::letters(&console.office)?;
    let page = context! { waiting => Value::from(Serde(waiting)), rest => Value::from(Serde(rest)) };
    render(console, "letters.html", "Lettres", "/lettres", asked, page).map(Some)
}

pub fn letter(console: &Console, id: i64, asked: &Asked) -> anyhow::Result<Option<String>> {
    let Some(letter) = view::letters::letter(&console.office, id)? else { return Ok(None) };
    let title = letter.subject.clone();
    render(console, "letter.html", &title, "/lettres", asked, context! { letter => Value::from(Serde(letter)) }).map(Some)
}

pub fn mails(console: &Console, asked: &Asked) -> anyhow::Result<Option<String>> {
    let (waiting, aside) = view::mails::without_dossier(&console.office)?;
    let names = Value::from(Serde(view::names(&console.office)?));
    let page = context! { waiting => Value::from(Serde(waiting)), aside => Value::from(Serde(aside)), names };
    render(console, "mails.html", "Courriels sans dossier", "/courriels", asked, page).map(Some)
}

pub fn deposits(console: &Console, asked: &Asked) -> anyhow::Result<Option<String>> {
    let page = Value::from(Serde(deposit::page(console)?));
    render(console, "deposits.html", "Relevés et décisions", "/depots", asked, page).map(Some)
}

/// A page with one sentence, which is escaped here.
pub fn plain(sentence: &str) -> String {
    let sentence = sentence.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>guichet</title>\
         <link rel=\"stylesheet\" href=\"/style.css\"><main><div class=\"card\"><p>{sentence}</p><p><a href=\"/\">Retour à la page du jour</a></p></div></main></html>"
    )
}
