//! Files that she hands over: a bank statement, the jury's list of decisions. Each is looked at first and shown, and counts only after her second click.
//!
//! Between the two clicks the file is held in memory alone; whoever leaves it there leaves nothing on the disk.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;

use super::gestures::{Filled, refusal};
use super::{Console, Failure, NotFound, view};
use crate::jury::Decision;
use crate::store::{jury as jury_rows, parse_instant, statements};
use crate::tasks::jury;
use crate::tasks::money::{self, Import, ImportOptions};
use crate::tasks::{Office, supervisor};

/// The file between the two clicks.
#[derive(Default)]
pub struct Counter(Mutex<Option<Deposit>>);

struct Deposit {
    bytes: Vec<u8>,
    shown: Shown,
}

/// What she sees before she confirms.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    pub name: String,
    pub is_statement: bool,
    /// Why nothing can be taken from it.
    pub refused: Vec<String>,
    /// What it would do, in a sentence.
    pub sentence: String,
    pub findings: Vec<String>,
    /// What the columns of a table were taken for, when that was a guess.
    pub columns: String,
    /// The confirmation has to say this too.
    pub asks_columns: bool,
    pub asks_gap: bool,
    /// Row, dossier, name, letter or problem.
    pub lines: Vec<DecisionShown>,
}

#[derive(Debug, Clone, Serialize)]
pub struct DecisionShown {
    pub row: u32,
    pub number: String,
    pub name: String,
    pub letter: String,
    pub is_wrong: bool,
}

/// Everything on the page of deposits.
#[derive(Debug, Serialize)]
pub struct DepositPage {
    pub waiting: Option<Shown>,
    pub statements: Vec<StatementShown>,
    /// Decisions entered and not approved: number, name, letter.
    pub decisions: Vec<(String, String, String)>,
    pub batches: Vec<(String, String, usize)>,
}

#[derive(Debug, Serialize)]
pub struct StatementShown {
    pub sha256: String,
    pub name: String,
    pub format: String,
    pub at: String,
    pub state: &'static str,
    pub state_class: &'static str,
    pub may_be_undone: bool,
}

pub fn page(console: &Console) -> anyhow::Result<DepositPage> {
    let waiting = console.counter.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|deposit| deposit.shown.clone());
    let names = view::names(&console.office)?;
    console.office.store.read(|connection| {
        let statement = |row: statements::StatementFileRow| {
            let (state, state_class) = match (row.undone, row.booked) {
                (true, _) => ("import annulé", "mute"),
                (false, true) => ("comptabilisé", "good"),
                (false, false) => ("non comptabilisé", "bad"),
            };
            let at = parse_instant(&row.imported_at).map(view::moment).unwrap_or_default();
            StatementShown {
                may_be_undone: row.booked && !row.undone,
                sha256: row.sha256,
                name: row.name,
                format: row.format,
                at,
                state,
                state_class,
            }
        };
        let mut decisions = Vec::new();
        for row in jury_rows::decisions(connection)?.into_iter().filter(|row| row.approved_at.is_none()) {
            let number = crate::store::dossiers::by_id(connection, row.dossier_id)?.map(|dossier| dossier.number).unwrap_or_default();
            let name = names.iter().find(|(known, _)| *known == number).map(|(_, name)| name.clone()).unwrap_or_default();
            decisions.push((
                number,
                name,
                Decision::from_slug(&row.decision).map_or(row.decision, |decision| jury::consequence(decision).to_owned()),
            ));
        }
        let batch = |row: jury_rows::BatchRow| (row.session, parse_instant(&row.built_at).map(view::moment).unwrap_or_default(), row.numbers.len());
        Ok(DepositPage {
            waiting,
            statements: statements::all(connection)?.into_iter().rev().map(statement).collect(),
            decisions,
            batches: jury_rows::batches(connection)?.into_iter().rev().map(batch).collect(),
        })
    })
}

/// A decision's letter in her words.
/// A file comes: it is read and shown.
pub async fn bring(State(console): State<Arc<Console>>, Path(what): Path<String>, headers: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let act = move || {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let parts = form_parts(&body, kind).ok_or_else(|| refusal("Ce formulaire n'a pas pu être lu."))?;
        let fields = parts.iter().filter(|part| part.file_name.is_none());
        let fields = fields.map(|part| (part.name.clone(), String::from_utf8_lossy(part.bytes).into_owned())).collect();
        let filled = Filled::new(&console, &headers, axum::Form(fields))?;
        let file = parts.iter().find(|part| part.file_name.as_ref().is_some_and(|name| !name.is_empty()));
        let Some(file) = file else { return Err(refusal("Aucun fichier n'a été choisi.")) };
        let name = file.file_name.as_deref().and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or("fichier").to_owned();
        let shown = match what.as_str() {
            "releve" => look_at_statement(&console.office, file.bytes, &name, &filled)?,
            "decisions" => look_at_decisions(&console.office, file.bytes, &name)?,
            _ => return Err(anyhow::Error::new(NotFound)),
        };
        *console.counter.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Deposit { bytes: file.bytes.to_vec(), shown });
        Ok(Redirect::to("/depots").into_response())
    };
    tokio::task::spawn_blocking(act).await.map_err(|error| Failure(error.into()))?.map_err(Failure)
}

fn look_at_statement(office: &Office, bytes: &[u8], name: &str, filled: &Filled) -> anyhow::Result<Shown> {
    let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let outcome = money::import_with(office, bytes, name, filled.word().actor, &options)?;
    let refused = outcome.refusal();
    Ok(match outcome {
        Import::AlreadyKnown { imported_at } => Shown {
            name: name.to_owned(),
            is_statement: true,
            refused: vec![format!(
                "Ce relevé a déjà été lu le {}\u{a0}: il n'y a rien à faire.",
                parse_instant(&imported_at).map(view::moment).unwrap_or_default()
            )],
            sentence: String::new(),
            findings: Vec::new(),
            columns: String::new(),
            asks_columns: false,
            asks_gap: false,
            lines: Vec::new(),
        },
        Import::Done { reading, n_new, n_known } => {
            let has = |slug: &str| reading.findings.iter().any(|finding| finding.fault.slug() == slug);
            let (asks_columns, asks_gap) = (has("columns_to_confirm"), has("balance_gap"));
            Shown {
                name: name.to_owned(),
                is_statement: true,
                // What her word can settle is a question, not a refusal.
                refused: if asks_columns || asks_gap { Vec::new() } else { refused },
                sentence: format!("{}\u{a0}: {n_new} mouvement(s) nouveau(x), {n_known} déjà connu(s).", reading.format),
                findings: reading.findings.iter().map(|finding| finding.fault.french()).collect(),
                columns: reading.header.as_ref().filter(|header| !header.meanings.is_empty()).map(|header| header.french()).unwrap_or_default(),
                asks_columns,
                asks_gap,
                lines: Vec::new(),
            }
        }
    })
}

fn look_at_decisions(office: &Office, bytes: &[u8], name: &str) -> anyhow::Result<Shown> {
    let (session, checked) = jury::preview(office, bytes).map_err(|error| refusal(&format!("Cette liste n'a pas pu être lue\u{a0}: {error:#}.")))?;
    let lines: Vec<DecisionShown> = checked
        .iter()
        .map(|line| DecisionShown {
            row: line.line.row,
            number: line.line.number.clone(),
            name: line.line.name.clone(),
            letter: line.verdict.as_ref().map_or_else(Clone::clone, |words| (*words).to_owned()),
            is_wrong: line.verdict.is_err(),
        })
        .collect();
    let n_good = lines.iter().filter(|line| !line.is_wrong).count();
    Ok(Shown {
        name: name.to_owned(),
        is_statement: false,
        refused: if n_good == 0 { vec![String::from("Aucune ligne ne peut être prise en compte.")] } else { Vec::new() },
        sentence: format!("Jury de {session}\u{a0}: {n_good} décision(s), {} ligne(s) sans effet.", lines.len() - n_good),
        findings: Vec::new(),
        columns: String::new(),
        asks_columns: false,
        asks_gap: false,
        lines,
    })
}

/// Her second click: what was shown is done; or what was done is undone, or approved.
pub async fn confirm(
    State(console): State<Arc<Console>>,
    Path(gesture): Path<String>,
    headers: HeaderMap,
    fields: axum::Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let act = move || {
        let filled = Filled::new(&console, &headers, fields)?;
        let office = &console.office;
        let actor = filled.word().actor;
        let take = || console.counter.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let done = match gesture.as_str() {
            "abandonner" => take().map_or("deja", |_| "depot_abandonne"),
            "confirmer" => match take() {
                // The second of two clicks finds nothing left to do.
                None => "deja",
                Some(deposit) if !deposit.shown.refused.is_empty() => return Err(refusal("Ce fichier ne peut pas être pris en compte.")),
                Some(deposit) if deposit.shown.is_statement => {
                    let options = ImportOptions {
                        columns_confirmed: filled.get("colonnes") == "oui",
                        despite_gap: filled.get("solde") == "oui",
                        ..ImportOptions::default()
                    };
                    let outcome = money::import_with(office, &deposit.bytes, &deposit.shown.name, actor, &options)?;
                    supervisor::settle(office)?;
                    if outcome.refusal().is_empty() { "releve_lu" } else { "releve_refuse" }
                }
                Some(deposit) => {
                    let (session, checked) = jury::preview(office, &deposit.bytes)?;
                    jury::enter(office, &session, &checked, actor)?;
                    "decisions_lues"
                }
            },
            "envoyer" => match jury::approve(office, actor)? {
                0 => "deja",
                _ => {
                    supervisor::settle(office)?;
                    "decisions_envoyees"
                }
            },
            "annuler" => match money::undo(office, filled.get("releve"), actor)? {
                None => "deja",
                Some(_) => {
                    supervisor::settle(office)?;
                    "releve_annule"
                }
            },
            _ => return Err(anyhow::Error::new(NotFound)),
        };
        Ok(Redirect::to(&format!("/depots?fait={done}")).into_response())
    };
    tokio::task::spawn_blocking(act).await.map_err(|error| Failure(error.into()))?.map_err(Failure)
}

/// A field or file of a form (RFC 7578).
#[derive(Debug, PartialEq, Eq)]
struct Part<'a> {
    name: String,
    file_name: Option<String>,
    bytes: &'a [u8],
}

/// Forms of ours have two or three parts.
const PARTS_MAX: usize = 8;

/// The parts of a `multipart/form-data` body; `None` for anything else.
fn form_parts<'a>(body: &'a [u8], content_type: &str) -> Option<Vec<Part<'a>>> {
    let (kind, boundary) = content_type.split_once("boundary=")?;
    if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        return None;
    }
    let delimiter = format!("--{}", boundary.trim().trim_matches('"')).into_bytes();
    let mut rest = body.get(find(body, &delimiter)? + delimiter.len()..)?;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") && parts.len() < PARTS_MAX {
        let end = find(rest, &[b"\r\n", delimiter.as_slice()].concat())?;
        let part = rest.get(2..end)?;
        let head_end = find(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(part.get(..head_end)?).into_owned();
        let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        parts.push(Part { name: parameter(disposition, "name")?, file_name: parameter(disposition, "filename"), bytes: part.get(head_end + 4..)? });
        rest = rest.get(end + 2 + delimiter.len()..)?;
    }
    Some(parts)
}

/// `name="value"`, with `%22` for a quotation mark, as browsers write it.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let start = format!("; {name}=\"");
    let (_, after) = disposition.split_once(start.as_str())?;
    Some(after.split('"').next().unwrap_or_default().replace("%22", "\""))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_taken_apart_as_browsers_put_it_together() {
        let body = "--x1\r\nContent-Disposition: form-data; name=\"jeton\"\r\n\r\nabc\r\n--x1\r\nContent-Disposition: form-data; name=\"fichier\"; \
                    filename=\"relevé %22mars%22.csv\"\r\nContent-Type: text/csv\r\n\r\na;b\r\n1;2\r\n\r\n--x1--\r\n";
        let parts = form_parts(body.as_bytes(), "multipart/form-data; boundary=x1").unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].name.as_str(), &parts[0].file_name, parts[0].bytes), ("jeton", &None, &b"abc"[..]));
        assert_eq!(parts[1].file_name.as_deref(), Some("relevé \"mars\".csv"));
        assert_eq!(parts[1].bytes, b"a;b\r\n1;2\r\n");
    }

    #[test]
    fn what_is_no_such_form_is_refused() {
        let check = |body: &str, kind: &str| assert_eq!(form_parts(body.as_bytes(), kind), None, "{body:?} {kind}");
        check("a=b", "application/x-www-form-urlencoded");
        check("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut", "multipart/form-data; boundary=x");
        check("", "multipart/form-data; boundary=x");
        check("--x", "multipart/form-data; boundary=x");
        check("--x\r\nno head", "multipart/form-data; boundary=x");
    }
}
