//! The jury's batch: built by the calendar, frozen with a manifest, delivered; and the decision list read back, previewed, sent on approval.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::blobs::hex;
use crate::desk;
use crate::domain::calendar;
use crate::domain::dossier::{DossierState, Stage};
use crate::domain::rules::JurySession;
use crate::jury::{self, Batch, BatchCandidate, BatchPiece, Decision, DecisionLine, LeftOut, ManifestFile};
use crate::letters::{self, Attachment, BatchAnnouncement, BatchDelivery};
use crate::store::jury as rows;
use crate::store::jury::DecisionRow;
use crate::store::{dossiers, journal};
use crate::tasks::daily::StaffLetter;
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
    let mut batch = Batch {
        session_name: session.name.clone(),
        session_label: session.label_fr.clone(),
        date: session.date,
        season: office.rules.season.clone(),
        built_on: today,
        candidates: complete.iter().map(|state| candidate(office, state)).collect(),
        incomplete: incomplete
            .iter()
            .map(|state| {
                let lacking = wording::lacking(state);
                (state.number.clone(), state.name.clone(), if lacking.is_empty() { String::from("à vérifier") } else { lacking })
            })
            .collect(),
    };
    // Kept as the configuration says it, so that a relative folder stays right when everything is moved or restored elsewhere.
    let kept = office.config.jury.folder.join(format!("{}-{today}", session.name));
    let folder = office.config.path(&kept);
    let mut draft = Draft::begin(&folder)?;
    let left_out = add_dossiers(office, &mut batch, &mut draft)?;
    draft.add(&format!("00_Synthese_{}.pdf", session.name), &jury::summary_pdf(&batch)?)?;
    draft.add(&format!("00_Decisions_{}.xlsx", session.name), &jury::batch_xlsx(&batch)?)?;
    let manifest = jury::manifest(&batch, &draft.files, &left_out);
    let files = draft.publish(&folder, &manifest)?;
    let numbers: Vec<String> = batch.candidates.iter().map(|candidate| candidate.number.clone()).collect();
    let announcement = announcement(office, &batch, &files, &folder)?;
    let now = office.clock.now();
    office.store.write(|transaction| {
        rows::add_batch(transaction, &session.name, now, &kept.to_string_lossy(), &manifest, &numbers)?;
        journal::append(transaction, now, journal::PROGRAM, None, "batch_built", &format!("{} {}", session.name, numbers.len()))?;
        for number in &numbers {
            if let Some(row) = dossiers::by_number(transaction, number)? {
                dossiers::mark_dirty(transaction, row.dossier_id)?;
            }
        }
        announcement.map_or(Ok(()), |letter| letter.queue(transaction))
    })?;
    Ok(folder)
}

/// One PDF for each candidate, put together in a worker and written as it comes: the largest of their files is all that is held here.
///
/// What could not be included stands on a page of the dossier, in the list of notes of the summary and the sheet, and in the manifest.
fn add_dossiers(office: &Office, batch: &mut Batch, draft: &mut Draft) -> anyhow::Result<Vec<LeftOut>> {
    let sandbox = office.sandbox()?;
    let mut absent = Vec::new();
    let dossiers: Vec<jury::Dossier> = batch.candidates.iter().map(|candidate| batch.dossier(candidate)).collect();
    for (candidate, dossier) in batch.candidates.iter_mut().zip(dossiers) {
        let mut file = draft.create(&jury::file_name(candidate))?;
        let left_out = sandbox.jury_dossier(dossier, &mut |sha256| office.blobs.get(sha256).ok(), &mut file)?;
        draft.add_written(&jury::file_name(candidate), file)?;
        let lacking = left_out.iter().filter_map(|(position, hindrance)| Some((candidate.pieces.get(usize::try_from(*position).ok()?)?, *hindrance)));
        for (piece, hindrance) in lacking {
            candidate.notes.push(format!("Non reproduit dans le dossier\u{a0}: {}.", piece.title_fr));
            absent.push(LeftOut {
                number: candidate.number.clone(),
                title_fr: piece.title_fr.clone(),
                file_name: piece.file_name.clone(),
                hindrance,
            });
        }
    }
    Ok(absent)
}

/// A batch while it is written: all files beside each other first, then the folder under its own name. Nobody opens half a batch.
struct Draft {
    folder: TempDir,
    files: Vec<ManifestFile>,
}

impl Draft {
    fn begin(folder: &Path) -> anyhow::Result<Draft> {
        let parent = folder.parent().context("the batch folder has no parent")?;
        fs::create_dir_all(parent).context("make the folder of batches")?;
        throw_away_drafts(parent)?;
        let folder = tempfile::Builder::new().prefix(DRAFT).tempdir_in(parent).context("make a draft of the batch")?;
        Ok(Draft { folder, files: Vec::new() })
    }

    fn create(&self, name: &str) -> anyhow::Result<File> {
        File::options().read(true).write(true).create(true).truncate(true).open(self.folder.path().join(name)).context("make a file of the batch")
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        fs::write(self.folder.path().join(name), bytes).context("write a file of the batch")?;
        self.files.push(ManifestFile { name: name.to_owned(), size_bytes: bytes.len() as u64, sha256: hex(&Sha256::digest(bytes)) });
        Ok(())
    }

    /// Enters a file that [`create`](Self::create) made, reading it once more for its hash.
    fn add_written(&mut self, name: &str, mut file: File) -> anyhow::Result<()> {
        file.rewind().context("read a file of the batch")?;
        let mut digest = Sha256::new();
        let mut size_bytes = 0;
        let mut part = vec![0_u8; 1 << 16];
        loop {
            let n_read = io::Read::read(&mut file, &mut part).context("read a file of the batch")?;
            if n_read == 0 {
                break;
            }
            digest.update(part.get(..n_read).unwrap_or_default());
            size_bytes += n_read as u64;
        }
        self.files.push(ManifestFile { name: name.to_owned(), size_bytes, sha256: hex(&digest.finalize()) });
        Ok(())
    }

    fn publish(self, folder: &Path, manifest: &str) -> anyhow::Result<Vec<ManifestFile>> {
        fs::write(self.folder.path().join("manifest.json"), manifest).context("write the manifest")?;
        // On disk before the database says that the batch is built.
        let opened = File::open(self.folder.path()).context("open the draft of the batch")?;
        rustix::fs::syncfs(opened).context("flush the batch")?;
        if folder.exists() {
            fs::remove_dir_all(folder).context("replace a half-built batch")?;
        }
        fs::rename(self.folder.keep(), folder).context("publish the batch")?;
        Ok(self.files)
    }
}

const DRAFT: &str = ".batch-";

/// What a process that was killed left of a batch.
fn throw_away_drafts(parent: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(parent).context("look for drafts of batches")? {
        let entry = entry.context("look for drafts of batches")?;
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            fs::remove_dir_all(entry.path()).context("throw away a draft of a batch")?;
        }
    }
    Ok(())
}

/// The letter that announces a batch to the jury, with its files attached while the mail stays small enough.
fn announcement(office: &Office, batch: &Batch, files: &[ManifestFile], folder: &Path) -> anyhow::Result<Option<StaffLetter>> {
    let config = &office.config.jury;
    // Nobody is asked to read nothing: the assistant's digest says that the batch is empty.
    if config.to.is_empty() || batch.candidates.is_empty() {
        return Ok(None);
    }
    let size_bytes: u64 = files.iter().map(|file| file.size_bytes).sum();
    // Base64 makes four bytes of three.
    let attached = size_bytes.saturating_mul(4) / 3 <= config.attachments_bytes_max;
    let file_names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
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
    let attachment = |file: &ManifestFile| {
        let bytes = fs::read(folder.join(&file.name)).context("read a file of the batch")?;
        Ok(Attachment { name: file.name.clone(), media_type: media_type(&file.name).to_owned(), bytes })
    };
    let attachments: Vec<Attachment> = if attached { files.iter().map(attachment).collect::<anyhow::Result<_>>()? } else { Vec::new() };
    let letter_key = format!("batch/{}/{}", batch.session_name, batch.built_on);
    daily::staff_letter(office, &letter_key, "batch_announcement", &config.to, &rendered, &attachments).map(Some)
}

fn media_type(name: &str) -> &'static str {
    if name.ends_with(".xlsx") { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" } else { "application/pdf" }
}

fn candidate(office: &Office, state: &DossierState) -> BatchCandidate {
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
            sha256: document.sha256.clone(),
            pages: (document.file_pages as usize > document.pages.len()).then(|| document.pages.clone()),
            note: None,
            hindrance: None,
        });
    }
    BatchCandidate {
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
        notes: wording::timeliness_note(state.timeliness).into_iter().map(str::to_owned).collect(),
        pieces,
    }
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
    line.decision.map(consequence).ok_or_else(|| String::from("pas de décision"))
}

/// What follows from a decision once it is approved, as the assistant reads it.
pub fn consequence(decision: Decision) -> &'static str {
    match decision {
        Decision::Deferred => "ajourné\u{a0}: aucune lettre, le dossier entre dans le lot du prochain jury",
        Decision::Admitted => "admission",
        Decision::AdmittedSubjectToDegree => "admission sous réserve du diplôme",
        Decision::WaitingList => "liste d'attente",
        Decision::Refused => "refus",
    }
}

/// Records the decisions of a list whose every line is right, or of those that are. Letters wait for [`approve`].
pub fn enter(office: &Office, session: &str, checked: &[CheckedLine], actor: &str) -> anyhow::Result<usize> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        let mut n_entered = 0;
        for line in checked.iter().filter(|line| line.verdict.is_ok()) {
            let (Some(row), Some(slug)) = (dossiers::by_number(transaction, &line.line.number)?, line.line.decision.map(Decision::slug)) else {
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
            n_entered += 1;
            // The same list read twice says nothing new: one decision, and one approval of it.
            let known = rows::decisions(transaction)?.into_iter().any(|known| known.says_the_same(&decision));
            if !known {
                rows::enter_decision(transaction, &decision, now, actor)?;
                journal::append(transaction, now, actor, Some(row.dossier_id), "decision_entered", slug)?;
            }
        }
        Ok(n_entered)
    })
}

/// Lets the letters of all entered decisions go. A deferral has none: its dossier is free for the next batch.
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
