//! The pages: a view filled into its template. Templates are strict and escape everything.

use anyhow::Context;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior, context};

use crate::console::view;
use crate::domain::calendar;
use crate::letters;
use crate::tasks::{Office, daily};

const TEMPLATES: [(&str, &str); 7] = [
    ("layout.html", include_str!("layout.html")),
    ("today.html", include_str!("today.html")),
    ("dossiers.html", include_str!("dossiers.html")),
    ("dossier.html", include_str!("dossier.html")),
    ("transfers.html", include_str!("transfers.html")),
    ("letters.html", include_str!("letters.html")),
    ("letter.html", include_str!("letter.html")),
];

fn render(name: &str, values: Value) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).with_context(|| format!("template {name}"))?;
    }
    environment.get_template(name).context("template")?.render(values).with_context(|| format!("page {name}"))
}

pub fn today(office: &Office) -> anyhow::Result<Option<String>> {
    let day = calendar::paris(office.clock.now()).date();
    let digest = daily::compose(office, day)?;
    let rendered = letters::render_digest(&office.templates, &digest, &office.rules)?;
    let body = rendered.html.split_once("<body").and_then(|(_, rest)| rest.split_once('>')).map_or("", |(_, rest)| rest);
    let body = body.split_once("</body>").map_or(body, |(body, _)| body);
    render("today.html", context! { title => "Aujourd'hui", day => calendar::french_date(day), body }).map(Some)
}

pub fn dossiers(office: &Office) -> anyhow::Result<Option<String>> {
    render("dossiers.html", context! { title => "Dossiers", dossiers => Value::from(Serde(view::dossier_lines(office)?)) }).map(Some)
}

pub fn dossier(office: &Office, number: &str) -> anyhow::Result<Option<String>> {
    let Some(dossier) = view::dossier(office, number)? else { return Ok(None) };
    let title = format!("{} {}", dossier.line.number, dossier.line.name);
    render("dossier.html", context! { title, dossier => Value::from(Serde(dossier)) }).map(Some)
}

pub fn transfers(office: &Office) -> anyhow::Result<Option<String>> {
    let (transfers, n_other) = view::transfers(office)?;
    render("transfers.html", context! { title => "Virements", transfers => Value::from(Serde(transfers)), n_other }).map(Some)
}

pub fn letters(office: &Office) -> anyhow::Result<Option<String>> {
    render("letters.html", context! { title => "Lettres", letters => Value::from(Serde(view::letters(office)?)) }).map(Some)
}

pub fn letter(office: &Office, id: i64) -> anyhow::Result<Option<String>> {
    let Some(letter) = view::letter(office, id)? else { return Ok(None) };
    render("letter.html", context! { title => letter.line.subject.clone(), letter => Value::from(Serde(letter)) }).map(Some)
}

/// A page with one sentence.
pub fn plain(sentence: &str) -> String {
    format!("<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><title>guichet</title><p>{sentence}</p><p><a href=\"/\">Retour</a></p></html>")
}
