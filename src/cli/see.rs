//! Commands that look and change nothing. The fields of their `--json` objects are a contract.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::blobs::{Blobs, sha256_hex};
use crate::cli::progress::ProgressLine;
use crate::cli::{Common, table};
use crate::desk;
use crate::domain::dossier::{DocumentStatus, DossierState};
use crate::domain::letter::Says;
use crate::store::{dossiers, from_json, instant_text, journal, mails, outbox, transfers};
use crate::wording;

pub fn mails(common: &Common) -> anyhow::Result<ExitCode> {
    let (_, store) = common.store()?;
    let (rows, numbers) = store.read(|connection| Ok((mails::all(connection)?, numbers(connection)?)))?;
    if common.json {
        table::json_lines(rows.iter().map(|mail| {
            json!({
                "mail_id": mail.mail_id, "mailbox": mail.mailbox, "uid": mail.uid, "message_id": mail.message_id, "sha256": mail.sha256,
                "arrived_at": instant_text(mail.arrived_at), "class": mail.class.map(|class| class.slug()), "state": mail.state,
                "dossier": mail.dossier_id.and_then(|id| numbers.get(&id)), "dossier_basis": mail.dossier_basis,
                "answered_by": mail.answered_by,
            })
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|mail| {
            vec![
                mail.mail_id.to_string(),
                instant_text(mail.arrived_at),
                mail.class.map_or("-", wording::mail_class).to_owned(),
                mail.dossier_id.and_then(|id| numbers.get(&id)).cloned().unwrap_or_else(|| String::from("-")),
                mail.from_address.clone().unwrap_or_default(),
                mail.subject.clone(),
            ]
        })
        .collect();
    table::columns(&["n°", "arrivée", "nature", "dossier", "expéditeur", "objet"], &lines)?;
    Ok(ExitCode::SUCCESS)
}

fn numbers(connection: &rusqlite::Connection) -> anyhow::Result<BTreeMap<i64, String>> {
    Ok(dossiers::all(connection)?.into_iter().map(|row| (row.dossier_id, row.number)).collect())
}

pub fn dossiers(common: &Common) -> anyhow::Result<ExitCode> {
    let (_, store) = common.store()?;
    let states = store.read(desk::states)?;
    if common.json {
        table::json_lines(states.values().map(|(_, state)| dossier_json(state)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let lines: Vec<Vec<String>> = states
        .values()
        .map(|(_, state)| {
            vec![
                state.number.clone(),
                state.name.clone(),
                state.programme.clone().unwrap_or_else(|| String::from("-")),
                wording::route(state.route).to_owned(),
                wording::stage(state.stage).to_owned(),
                state.to_check.len().to_string(),
                wording::lacking(state),
            ]
        })
        .collect();
    table::columns(&["dossier", "nom", "prog.", "voie", "étape", "à vérifier", "il manque"], &lines)?;
    Ok(ExitCode::SUCCESS)
}

/// One dossier as acceptance checks and scripts read it.
pub fn dossier_json(state: &DossierState) -> Value {
    let documents: Vec<Value> = state
        .documents
        .iter()
        .map(|document| {
            json!({
                "kind": document.kind.slug(), "pages": document.pages, "sha256": document.sha256, "file_name": document.file_name,
                "languages": document.languages, "translation": document.is_translation, "translation_of": document.translation_of,
                "status": match document.status {
                    DocumentStatus::Accepted => "accepted",
                    DocumentStatus::Uncertain => "uncertain",
                    DocumentStatus::Kept => "kept",
                },
                "certainty": super::explain::rounded(document.certainty),
            })
        })
        .collect();
    let missing_translations: Vec<Value> =
        state.missing_translations.iter().map(|item| json!({ "kind": item.kind.slug(), "sha256": item.sha256, "language": item.language })).collect();
    let to_check: Vec<Value> = state
        .to_check
        .iter()
        .map(|check| json!({ "requirement": check.requirement.slug(), "sha256": check.sha256, "reason": check.reason.slug() }))
        .collect();
    json!({
        "number": state.number,
        "reference": state.reference,
        "candidate": { "name": state.name, "addresses": state.addresses, "birth_date": state.birth_date, "nationality": state.nationality },
        "language": state.language.code(),
        "programme": state.programme,
        "route": state.route.map_or("undetermined", |route| route.slug()),
        "route_basis": state.basis,
        "degree_in_progress": state.degree_in_progress,
        "international": state.international,
        "financing": state.financing,
        "documents": documents,
        "missing": state.missing.iter().map(|kind| kind.slug()).collect::<Vec<_>>(),
        "missing_translations": missing_translations,
        "unreadable": state.unreadable.iter().map(|item| json!({ "sha256": item.sha256, "reason": item.reason.slug() })).collect::<Vec<_>>(),
        "to_check": to_check,
        "experience_months": state.experience_months,
        "fee": { "state": state.fee_state.slug(), "credited_cents": state.fee_credited.0 },
        "documents_complete": state.documents_complete,
        "complete": state.complete,
        "timeliness": state.timeliness,
        "stage": state.stage,
        "jury_session": state.jury_session,
    })
}

pub fn transfers(common: &Common) -> anyhow::Result<ExitCode> {
    let (_, store) = common.store()?;
    let rows = store.read(transfers::all)?;
    if common.json {
        table::json_lines(rows.iter().map(|row| {
            let sources: Vec<Value> = row.sources.iter().map(|(file, entry)| json!({ "file": file, "entry": entry })).collect();
            json!({
                "transfer_id": row.transfer_id, "booking_date": row.movement.booking_date, "amount_cents": row.movement.amount.0,
                "debtor": row.movement.debtor, "remittance": row.movement.remittance, "sources": sources, "state": row.state.slug(),
                "dossiers": row.dossiers, "why": row.why, "tier": row.tier,
            })
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.transfer_id.to_string(),
                row.movement.booking_date.to_string(),
                row.movement.amount.french(),
                wording::transfer_state(row.state).to_owned(),
                row.dossiers.join(" "),
                row.movement.debtor.clone().unwrap_or_default(),
                row.movement.remittance.clone(),
                row.why.join(" ; "),
            ]
        })
        .collect();
    table::columns(&["n°", "date", "montant", "état", "dossiers", "payeur", "libellé", "pourquoi"], &lines)?;
    Ok(ExitCode::SUCCESS)
}

pub fn letters(common: &Common) -> anyhow::Result<ExitCode> {
    let (_, store) = common.store()?;
    let (rows, numbers) = store.read(|connection| Ok((outbox::all(connection)?, numbers(connection)?)))?;
    if common.json {
        let mut values = Vec::with_capacity(rows.len());
        for letter in &rows {
            let says: Option<Says> = letter.says_json.as_deref().map(from_json).transpose()?;
            values.push(json!({
                "letter_key": letter.letter_key, "dossier": letter.dossier_id.and_then(|id| numbers.get(&id)), "kind": letter.kind,
                "language": letter.language, "state": letter.state, "to": letter.recipients.join(", "), "in_reply_to": letter.in_reply_to,
                "message_id": letter.message_id, "queued_at": instant_text(letter.queued_at), "sent_at": letter.sent_at.map(instant_text),
                "says": says, "subject": letter.subject, "bounced": letter.bounced,
            }));
        }
        table::json_lines(values)?;
        return Ok(ExitCode::SUCCESS);
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|letter| {
            vec![
                instant_text(letter.queued_at),
                letter.state.clone(),
                letter.letter_key.clone(),
                letter.recipients.join(", "),
                letter.subject.clone(),
            ]
        })
        .collect();
    table::columns(&["écrite", "état", "clé", "à", "objet"], &lines)?;
    Ok(ExitCode::SUCCESS)
}

pub fn history(common: &Common, number: &str) -> anyhow::Result<ExitCode> {
    let (_, store) = common.store()?;
    let lines = store.read(|connection| match dossiers::by_number(connection, number)? {
        Some(row) => journal::of_dossier(connection, row.dossier_id).map(Some),
        None => Ok(None),
    })?;
    let Some(lines) = lines else {
        return Err(anyhow::Error::new(super::Unusable(format!("there is no dossier {number}"))));
    };
    if common.json {
        let object = |line: &journal::JournalLine| json!({ "at": line.at, "actor": line.actor, "event": line.event, "detail": line.detail });
        table::json_lines(lines.iter().map(object))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = lines.into_iter().map(|line| vec![line.at, line.actor, line.event, line.detail]).collect();
    table::columns(&["quand", "qui", "quoi", "détail"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

/// `plan --dry-run`: what would change, with nothing done.
pub fn plan(common: &Common) -> anyhow::Result<ExitCode> {
    let office = common.office()?;
    let mut values = Vec::new();
    let mut lines = Vec::new();
    for (row, plan) in desk::dry_run(&office)? {
        let before: Option<DossierState> = row.state_json.as_deref().map(from_json).transpose()?;
        let changed = before.as_ref() != Some(&plan.state);
        let letters: Vec<&str> = plan.letters.iter().map(|letter| letter.letter_key.as_str()).collect();
        if changed || !letters.is_empty() {
            lines.push(vec![row.number.clone(), if changed { "change" } else { "-" }.to_owned(), letters.join(" ")]);
            values.push(json!({
                "number": row.number, "changed": changed, "letters": plan.letters.iter().map(|letter| json!({
                    "letter_key": letter.letter_key, "kind": letter.letter.kind.slug(), "to": letter.to, "held": letter.held,
                })).collect::<Vec<_>>(), "missing": plan.state.missing.iter().map(|kind| kind.slug()).collect::<Vec<_>>(),
            }));
        }
    }
    if common.json {
        table::json_lines(values)?;
    } else if lines.is_empty() {
        println!("Rien à faire : tout est à jour.");
    } else {
        table::columns(&["dossier", "état", "lettres à écrire"], &lines)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every mail accounted for, every blob whole, the database sound, no letter half-way.
pub fn verify(common: &Common) -> anyhow::Result<ExitCode> {
    let (config, store) = common.store()?;
    let blobs = Blobs::open(&common.data(&config).join("blobs"), false)?;
    let mut faults: Vec<(&str, String)> = Vec::new();
    for fault in store.integrity_faults()? {
        faults.push(("database", fault));
    }
    let (mails, letters, hashes) =
        store.read(|connection| Ok((mails::all(connection)?, outbox::all(connection)?, mails::all_hashes(connection)?)))?;
    for mail in mails.iter().filter(|mail| mail.state == "received") {
        faults.push(("mail_not_processed", mail.mail_id.to_string()));
    }
    let (line, done) = ProgressLine::count("contrôle", "contenus", hashes.len());
    for hash in &hashes {
        done.fetch_add(1, Ordering::Relaxed);
        match blobs.get(hash) {
            Ok(bytes) if sha256_hex(&bytes) == *hash => {}
            Ok(_) => faults.push(("blob_damaged", hash.clone())),
            Err(_) => faults.push(("blob_missing", hash.clone())),
        }
    }
    drop(line);
    for letter in letters.iter().filter(|letter| letter.state == "sending" || letter.state == "in_doubt") {
        faults.push(("letter_in_doubt", letter.letter_key.clone()));
    }
    for mail in mails.iter().filter(|mail| mail.answered_by.as_ref().is_some_and(|key| !letters.iter().any(|letter| letter.letter_key == *key))) {
        faults.push(("answer_without_letter", mail.mail_id.to_string()));
    }
    let summary = json!({
        "mails": mails.len(), "blobs": hashes.len(), "letters": letters.len(),
        "faults": faults.iter().map(|(fault, about)| json!({ "fault": fault, "about": about })).collect::<Vec<_>>(),
    });
    if common.json {
        table::json_lines([summary])?;
    } else {
        let checked = [(mails.len(), "courriel"), (hashes.len(), "contenu"), (letters.len(), "lettre")];
        let checked = checked.map(|(count, words)| wording::counted(count, words)).join(", ");
        let found = if faults.is_empty() { String::from("aucune anomalie") } else { wording::counted(faults.len(), "anomalie") };
        println!("{checked} : {found}");
        for (fault, about) in &faults {
            println!("  {fault} {about}");
        }
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
