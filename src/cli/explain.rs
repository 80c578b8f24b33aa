//! `explain`: pure diagnosis of one file after another. Touches no database, sends nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::bank::{self, CsvColumns};
use crate::blobs::sha256_hex;
use crate::cli::progress::ProgressLine;
use crate::cli::{Common, table};
use crate::domain::document::{DocumentReading, RawReading};
use crate::domain::rules::Rules;
use crate::intake::class::{ClassContext, classify};
use crate::intake::understand::{UnderstandingContext, understand};
use crate::sandbox::Sandbox;
use crate::tasks::office::start_sandbox;

#[derive(Debug, Subcommand)]
pub enum Explain {
    /// What a mail is, and whether it may be answered.
    Mail { files: Vec<PathBuf> },
    /// What an archive holds.
    Archive {
        files: Vec<PathBuf>,
        /// A password to try; may be given several times.
        #[arg(long)]
        password: Vec<String>,
    },
    /// What documents a file holds, in which languages.
    Document {
        files: Vec<PathBuf>,
        /// Adds the text.
        #[arg(long)]
        text: bool,
    },
    /// What a bank statement says.
    Statement { files: Vec<PathBuf> },
}

pub fn run(common: &Common, explain: Explain) -> anyhow::Result<ExitCode> {
    let config = common.config()?;
    let rules = config.rules().map_err(|error| super::unusable(&error))?;
    match explain {
        Explain::Mail { files } => {
            let sandbox = start_sandbox(&config)?;
            each(common, &files, |path, bytes| Ok(mail(&sandbox, &rules, &config.mailbox.staff, path, bytes)))
        }
        Explain::Archive { files, password } => {
            let sandbox = start_sandbox(&config)?;
            each(common, &files, |path, bytes| Ok(archive(&sandbox, &password, path, bytes)))
        }
        Explain::Document { files, text } => {
            let sandbox = start_sandbox(&config)?;
            documents(common, &sandbox, &rules, &files, text)
        }
        Explain::Statement { files } => each(common, &files, |path, bytes| Ok(statement(path, bytes))),
    }
}

/// One object per file, in order; a file that cannot be read at all is an argument error.
fn each(common: &Common, files: &[PathBuf], explain: impl Fn(&Path, &[u8]) -> anyhow::Result<Value>) -> anyhow::Result<ExitCode> {
    for path in files {
        let bytes = read(path)?;
        print(common, &explain(path, &bytes)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("read {}", path.display())).map_err(|error| super::unusable(&error))
}

fn print(common: &Common, value: &Value) -> anyhow::Result<()> {
    if common.json {
        return table::json_lines([value.clone()]);
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    let rows: Vec<Vec<String>> = object.iter().map(|(key, value)| vec![key.clone(), plain(value)]).collect();
    table::columns(&["", ""], &rows)
}

/// A value for people: lists one item after another, objects as their JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::from("-"),
        Value::Array(items) if items.is_empty() => String::from("-"),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("\n    "),
        other => other.to_string(),
    }
}

fn mail(sandbox: &Sandbox, rules: &Rules, staff: &[String], path: &Path, bytes: &[u8]) -> Value {
    let file = path.display().to_string();
    let parsed = match sandbox.parse_mail(bytes) {
        Ok(parsed) => parsed,
        Err(reason) => {
            return json!({
                "file": file, "class": "unreadable", "may_answer": false, "reasons": [reason.slug()], "from": null, "subject": "",
                "message_id": null, "date": null, "attachments": [], "links": [], "findings": [reason.slug()],
            });
        }
    };
    let own = [rules.school.address.clone()];
    let domain = format!("guichet.{}", rules.school.address.rsplit('@').next().unwrap_or("localhost"));
    let context = ClassContext { own_addresses: &own, staff_addresses: staff, own_message_id_domain: &domain, vouched_for: false };
    let classification = classify(&parsed, &context);
    let attachments: Vec<Value> = parsed
        .attachments
        .iter()
        .map(|attachment| {
            json!({
                "name": attachment.name, "media_type": attachment.media_type, "size_bytes": attachment.contents.len(),
                "sha256": sha256_hex(&attachment.contents), "inline": attachment.inline,
            })
        })
        .collect();
    json!({
        "file": file,
        "class": classification.class.slug(),
        "may_answer": classification.may_answer,
        "reasons": classification.reasons,
        "from": parsed.from.as_ref().map(|from| from.address.clone()),
        "subject": parsed.subject,
        "message_id": parsed.message_id,
        "date": parsed.date.map(|date| date.to_rfc3339()),
        "attachments": attachments,
        "links": parsed.file_store_links,
        "findings": parsed.findings.iter().map(|finding| finding.slug()).collect::<Vec<_>>(),
    })
}

fn archive(sandbox: &Sandbox, passwords: &[String], path: &Path, bytes: &[u8]) -> Value {
    let started = Instant::now();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut entries = Vec::new();
    let unpacked = sandbox.unpack(bytes, &name, passwords, &mut |entry| {
        entries.push(json!({ "name": entry.name, "size_bytes": entry.contents.len(), "sha256": sha256_hex(&entry.contents) }));
    });
    json!({
        "file": path.display().to_string(),
        "format": unpacked.format,
        "entries": entries,
        "findings": unpacked.findings.iter().map(|finding| json!({ "reason": finding.reason.slug(), "entry": finding.entry })).collect::<Vec<_>>(),
        "elapsed_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// Files are read on all cores and printed in the order in which they were named, each as soon as those before it are.
fn documents(common: &Common, sandbox: &Sandbox, rules: &Rules, files: &[PathBuf], with_text: bool) -> anyhow::Result<ExitCode> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let next = AtomicUsize::new(0);
    let (line, n_done) = ProgressLine::count("lecture", "fichiers", files.len());
    // Bounded, so that answers do not pile up behind a terminal that scrolls slowly.
    let (answers, answered) = mpsc::sync_channel(workers * 4);
    let printed = std::thread::scope(|scope| {
        for _ in 0..workers.min(files.len()) {
            let answers = answers.clone();
            let next = &next;
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = files.get(index) else { return };
                    let answer = read(path).map(|bytes| document(sandbox, rules, path, &bytes, with_text));
                    if answers.send((index, answer)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(answers);
        let mut waiting = BTreeMap::new();
        let mut n_printed = 0;
        for (index, answer) in answered {
            n_done.fetch_add(1, Ordering::Relaxed);
            waiting.insert(index, answer);
            while let Some(answer) = waiting.remove(&n_printed) {
                print(common, &answer?)?;
                n_printed += 1;
            }
        }
        anyhow::Ok(())
    });
    drop(line);
    printed.map(|()| ExitCode::SUCCESS)
}

fn document(sandbox: &Sandbox, rules: &Rules, path: &Path, bytes: &[u8], with_text: bool) -> Value {
    let raw = sandbox.read_document(bytes, &sha256_hex(bytes));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let context = UnderstandingContext { file_name: &name, programmes: &rules.programmes, season: &rules.season, school_iban: &rules.fee.iban };
    let reading = understand(&raw, &context);
    let mut value = json!({
        "file": path.display().to_string(),
        "sha256": reading.sha256,
        "media_type": reading.media_type,
        "pages": reading.pages,
        "readable": reading.readable,
        "findings": reading.findings.iter().map(|finding| json!({ "reason": finding.reason.slug(), "page": finding.page })).collect::<Vec<_>>(),
        "documents": reading.documents.iter().map(described).collect::<Vec<_>>(),
    });
    if let Some(object) = value.as_object_mut().filter(|_| with_text) {
        object.insert(String::from("text"), Value::String(text_of(&raw)));
    }
    value
}

fn text_of(raw: &RawReading) -> String {
    raw.pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>().join("\n\u{c}\n")
}

fn described(document: &DocumentReading) -> Value {
    json!({
        "kind": document.kind.slug(),
        "pages": document.pages,
        "languages": document.languages,
        "translation": document.translation.as_ref().map(|translation| json!({ "target": translation.target, "sworn": translation.sworn })),
        "certainty": rounded(document.certainty),
        "evidence": document.evidence,
        "facts": document.facts,
    })
}

/// Three decimals: more would pretend.
pub fn rounded(probability: f32) -> f64 {
    (f64::from(probability) * 1000.0).round() / 1000.0
}

fn statement(path: &Path, bytes: &[u8]) -> Value {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let reading = bank::read_statement(bytes, &name, &CsvColumns::default());
    let statements: Vec<Value> = reading
        .statements
        .iter()
        .map(|statement| {
            let entries: Vec<Value> = statement
                .entries
                .iter()
                .map(|movement| {
                    json!({
                        "entry": movement.entry, "booking_date": movement.booking_date, "value_date": movement.value_date,
                        "amount_cents": movement.amount.0, "currency": movement.currency, "debtor": movement.debtor,
                        "debtor_iban": movement.debtor_iban, "remittance": movement.remittance, "end_to_end_id": movement.end_to_end_id,
                        "structured_reference": movement.structured_reference, "bank_reference": movement.bank_reference,
                    })
                })
                .collect();
            json!({
                "account": statement.account, "currency": statement.currency,
                "opening_balance_cents": statement.opening_balance.map(|cents| cents.0),
                "closing_balance_cents": statement.closing_balance.map(|cents| cents.0),
                "entries": entries,
            })
        })
        .collect();
    let findings: Vec<Value> = reading
        .findings
        .iter()
        .map(|finding| json!({ "reason": finding.fault.slug(), "explanation": finding.fault.french(), "line": finding.line }))
        .collect();
    json!({ "file": path.display().to_string(), "format": reading.format, "statements": statements, "findings": findings })
}
