//! The jury's batch: built by the calendar, frozen with a manifest, delivered; and the decision list read back, previewed, sent on approval.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::NaiveDate;

use crate::desk;
use crate::domain::calendar;
use crate::domain::dossier::{DossierState, Stage};
use crate::domain::rules::JurySession;
use crate::jury::{self, Batch, BatchCandidate, BatchPiece, Decision, DecisionLine};
use crate::letters::{self, Attachment, BatchAnnouncement, BatchDelivery};
use crate::store::jury as rows;
use crate::store::jury::DecisionRow;
use crate::store::{dossiers, journal};
use crate::tasks::{Office, daily};
use crate::wording;

/// Builds every batch whose cut-off has passed and whose jury has not met yet.
pub fn build_due(office: &Office, today: NaiveDate) -> anyhow::Result<usize> {
    let built: BTreeSet<String> = office.store.read(rows::batches)?.into_iter().map(|batch| batch.session).collect();
    let due: Vec<&JurySession> = office
        .rules
        .juries
        .iter()
        .filter(|session| !built.contains(&session.name))
        .filter(|session| session.cut_off_day().is_some_and(|cut_off| cut_off < today) && session.date.is_some_and(|date| date >= today))
        .collect();
    for session in &due {
        build(office, session, today)?;
    }
    Ok(due.len())
}

/// Builds one session's batch: a PDF for each complete candidate, a summary, a sheet for decisions, a manifest.
pub fn build(office: &Office, session: &JurySession, today: NaiveDate) -> anyhow::Result<PathBuf> {
    let states = office.store.read(desk::states)?;
    let (complete, incomplete): (Vec<_>, Vec<_>) = states
        .values()
        .map(|(_, state)| state)
        .filter(|state| matches!(state.stage, Stage::Complete | Stage::Incomplete))
        .partition(|state| state.stage == Stage::Complete);
    let batch = Batch {
        session_name: session.name.clone(),
        session_label: session.label_fr.clone(),
        date: session.date,
        season: office.rules.season.clone(),
        built_on: today,
        candidates: complete.iter().map(|state| candidate(office, state)).collect::<anyhow::Result<_>>()?,
        incomplete: incomplete
            .iter()
            .map(|state| {
                let lacking = wording::lacking(state);
                (state.number.clone(), state.name.clone(), if lacking.is_empty() { String::from("à vérifier") } else { lacking })
            })
            .collect(),
    };
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for candidate in &batch.candidates {
        files.push((jury::file_name(candidate), jury::candidate_pdf(&batch, candidate)?));
    }
    files.push((format!("00_Synthese_{}.pdf", session.name), jury::summary_pdf(&batch)?));
    files.push((format!("00_Decisions_{}.xlsx", session.name), jury::batch_xlsx(&batch)?));
    let manifest = jury::manifest(&batch, &files);
    let folder = office.config.path(&office.config.jury.folder).join(format!("{}-{today}", session.name));
    write_batch(&folder, &files, &manifest)?;
    let numbers: Vec<String> = batch.candidates.iter().map(|candidate| candidate.number.clone()).collect();
    let now = office.clock.now();
    office.store.write(|transaction| {
        rows::add_batch(transaction, &session.name, now, &folder.to_string_lossy(), &manifest, &numbers)?;
        journal::append(transaction, now, journal::PROGRAM, None, "batch_built", &format!("{} {}", session.name, numbers.len()))?;
        for number in &numbers {
            if let Some(row) = dossiers::by_number(transaction, number)? {
                dossiers::mark_dirty(transaction, row.dossier_id)?;
            }
        }
        Ok(())
    })?;
    deliver(office, &batch, &files, &folder)?;
    Ok(folder)
}

/// All files beside each other first, then the folder under its own name: nobody opens half a batch.
fn write_batch(folder: &Path, files: &[(String, Vec<u8>)], manifest: &str) -> anyhow::Result<()> {
    let parent = folder.parent().context("the batch folder has no parent")?;
    fs::create_dir_all(parent).context("make the folder of batches")?;
    let draft = tempfile::Builder::new().prefix(".batch-").tempdir_in(parent).context("make a draft of the batch")?;
    for (name, bytes) in files {
        fs::write(draft.path().join(name), bytes).context("write a file of the batch")?;
    }
    fs::write(draft.path().join("manifest.json"), manifest).context("write the manifest")?;
    if folder.exists() {
        fs::remove_dir_all(folder).context("replace a half-built batch")?;
    }
    fs::rename(draft.keep(), folder).context("publish the batch")
}

/// Announces a batch to the jury, with its files attached while the mail stays small enough.
fn deliver(office: &Office, batch: &Batch, files: &[(String, Vec<u8>)], folder: &Path) -> anyhow::Result<()> {
    let config = &office.config.jury;
    // Nobody is asked to read nothing: the assistant's digest says that the batch is empty.
    if config.to.is_empty() || batch.candidates.is_empty() {
        return Ok(());
    }
    let size_bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    // Base64 makes four bytes of three.
    let attached = (size_bytes as u64).saturating_mul(4) / 3 <= config.attachments_bytes_max;
    let file_names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    let announcement = BatchAnnouncement {
        session_label: batch.session_label.clone(),
        date: batch.date,
        n_candidates: u32::try_from(batch.candidates.len()).unwrap_or(u32::MAX),
        delivery: if attached {
            BatchDelivery::Attached { file_names }
        } else {
            BatchDelivery::Folder { path: folder.to_string_lossy().into_owned(), file_names }
        },
        addendum: None,
    };
    let rendered = letters::render_batch_announcement(&office.templates, &announcement, &office.rules)?;
    let attachment =
        |(name, bytes): &(String, Vec<u8>)| Attachment { name: name.clone(), media_type: media_type(name).to_owned(), bytes: bytes.clone() };
    let attachments: Vec<Attachment> = if attached { files.iter().map(attachment).collect() } else { Vec::new() };
    daily::queue_to_staff(
        office,
        &format!("batch/{}/{}", batch.session_name, batch.built_on),
        "batch_announcement",
        &config.to,
        &rendered,
        &attachments,
    )
}

fn media_type(name: &str) -> &'static str {
    if name.ends_with(".xlsx") { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" } else { "application/pdf" }
}

fn candidate(office: &Office, state: &DossierState) -> anyhow::Result<BatchCandidate> {
    let programme = state.programme.as_ref().and_then(|code| office.rules.programmes.iter().find(|programme| programme.code == *code));
    let mut documents: Vec<_> = state.documents.iter().collect();
    documents.sort_by_key(|document| (document.kind, document.is_translation, document.file_name.clone(), document.pages.clone()));
    let mut pieces = Vec::with_capacity(documents.len());
    for document in documents {
        let suffix = if document.is_translation { " (traduction)" } else { "" };
        pieces.push(BatchPiece {
            kind: document.kind,
            title_fr: format!("{}{suffix}", wording::kind(document.kind)),
            file_name: crate::domain::plan::letters::base_name(&document.file_name),
            media_type: document.media_type.clone(),
            bytes: office.blobs.get(&document.sha256)?,
            pages: (document.file_pages as usize > document.pages.len()).then(|| document.pages.clone()),
            note: None,
        });
    }
    Ok(BatchCandidate {
        number: state.number.clone(),
        name: state.person.clone().unwrap_or_default(),
        programme_code: state.programme.clone().unwrap_or_default(),
        programme_title: programme.map(|programme| programme.title.clone()).unwrap_or_default(),
        route_fr: wording::route(state.route).to_owned(),
        degree_in_progress: state.degree_in_progress == Some(true),
        nationality: state.nationality.clone(),
        international: state.international == Some(true),
        financing_fr: state.financing.map(|financing| wording::financing(financing).to_owned()),
        experience_months: state.experience_months,
        arrived_on: calendar::paris(state.first_arrival).date(),
        notes: Vec::new(),
        pieces,
    })
}

/// A line of the decision list held against the batch.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedLine {
    pub line: DecisionLine,
    /// What would be sent, or why nothing can be.
    pub verdict: Result<&'static str, String>,
}

/// Reads a decision list and holds each line against the newest batch; nothing is recorded.
pub fn preview(office: &Office, bytes: &[u8]) -> anyhow::Result<(String, Vec<CheckedLine>)> {
    let lines = jury::read_decisions(bytes)?;
    let batches = office.store.read(rows::batches)?;
    let Some(batch) = batches.iter().rev().find(|batch| lines.iter().any(|line| batch.numbers.contains(&line.number))) else {
        bail!("no line of this list belongs to a batch that was built")
    };
    let states = office.store.read(desk::states)?;
    let mut seen = BTreeSet::new();
    let checked = lines
        .into_iter()
        .map(|line| {
            let verdict = check_line(&line, &batch.numbers, states.get(&line.number).map(|(_, state)| state), &mut seen);
            CheckedLine { line, verdict }
        })
        .collect();
    Ok((batch.session.clone(), checked))
}

fn check_line(line: &DecisionLine, numbers: &[String], state: Option<&DossierState>, seen: &mut BTreeSet<String>) -> Result<&'static str, String> {
    if let Some(problem) = &line.problem {
        return Err(problem.clone());
    }
    if !numbers.contains(&line.number) {
        return Err(String::from("ce dossier n'est pas dans le lot de cette session"));
    }
    if !seen.insert(line.number.clone()) {
        return Err(String::from("ce dossier figure deux fois dans la liste"));
    }
    let Some(state) = state else { return Err(String::from("dossier inconnu")) };
    let same_name = crate::folding::fold(&state.name).split(' ').all(|word| crate::folding::fold(&line.name).contains(word));
    if !line.name.is_empty() && !same_name {
        return Err(format!("le nom ne correspond pas à celui du dossier ({})", state.name));
    }
    match line.decision {
        None => Err(String::from("pas de décision")),
        Some(Decision::Deferred) => Ok("ajourné : aucune lettre"),
        Some(Decision::Admitted) => Ok("admission"),
        Some(Decision::AdmittedSubjectToDegree) => Ok("admission sous réserve du diplôme"),
        Some(Decision::WaitingList) => Ok("liste d'attente"),
        Some(Decision::Refused) => Ok("refus"),
    }
}

/// Records the decisions of a list whose every line is right, or of those that are. Letters wait for [`approve`].
pub fn enter(office: &Office, session: &str, checked: &[CheckedLine], actor: &str) -> anyhow::Result<usize> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        let mut n_entered = 0;
        for line in checked.iter().filter(|line| line.verdict.is_ok()) {
            let (Some(row), Some(slug)) = (dossiers::by_number(transaction, &line.line.number)?, line.line.decision.and_then(decision_slug)) else {
                continue;
            };
            let decision = DecisionRow {
                decision_id: 0,
                dossier_id: row.dossier_id,
                session: session.to_owned(),
                decision: slug.to_owned(),
                opinion: line.line.opinion.clone(),
                comment: line.line.comment.clone(),
                approved_at: None,
            };
            rows::enter_decision(transaction, &decision, now, actor)?;
            journal::append(transaction, now, actor, Some(row.dossier_id), "decision_entered", slug)?;
            n_entered += 1;
        }
        Ok(n_entered)
    })
}

/// The decision as the letter kinds name it; a deferral has no letter.
fn decision_slug(decision: Decision) -> Option<&'static str> {
    match decision {
        Decision::Admitted => Some("admitted"),
        Decision::AdmittedSubjectToDegree => Some("admitted_subject_to_degree"),
        Decision::WaitingList => Some("waiting_list"),
        Decision::Refused => Some("refused"),
        Decision::Deferred => None,
    }
}

/// Lets the letters of all entered decisions go.
pub fn approve(office: &Office, actor: &str) -> anyhow::Result<usize> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        let waiting: Vec<DecisionRow> = rows::decisions(transaction)?.into_iter().filter(|row| row.approved_at.is_none()).collect();
        for row in &waiting {
            rows::approve_decision(transaction, row.decision_id, now)?;
            dossiers::mark_dirty(transaction, row.dossier_id)?;
            journal::append(transaction, now, actor, Some(row.dossier_id), "decision_approved", &row.decision)?;
        }
        Ok(waiting.len())
    })
}
