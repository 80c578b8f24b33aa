//! Reading ahead: mails are opened and their files read on all cores before their turn comes, and no content is read twice in its life.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::domain::document::{FileReading, RawReading};
use crate::intake::understand::{UnderstandingContext, understand};
use crate::store::mails;
use crate::tasks::Office;
use crate::tasks::process;

/// Part of the key of kept readings: a reader that reads otherwise has another name.
pub const READER: &str = "2";

/// The raw reading of a content: kept, or made now and kept.
pub fn raw_reading(office: &Office, sha256: &str) -> anyhow::Result<RawReading> {
    let (raw, is_new) = known_or_read(office, sha256)?;
    if is_new {
        keep(office, std::slice::from_ref(&raw))?;
    }
    Ok(raw)
}

/// The raw reading of a content, and whether it was made now and is not kept yet.
fn known_or_read(office: &Office, sha256: &str) -> anyhow::Result<(RawReading, bool)> {
    let reader = reader_name(office)?;
    if let Some(known) = office.store.read(|connection| mails::raw_reading(connection, sha256, &reader))? {
        return Ok((known, false));
    }
    let bytes = office.blobs.get(sha256)?;
    Ok((office.sandbox()?.read_document(&bytes, sha256), true))
}

/// Keeps readings for good, in one transaction: each commit waits for the disk.
fn keep(office: &Office, readings: &[RawReading]) -> anyhow::Result<()> {
    if readings.is_empty() {
        return Ok(());
    }
    let reader = reader_name(office)?;
    office.store.write_derived(|transaction| readings.iter().try_for_each(|raw| mails::keep_raw_reading(transaction, &reader, raw)))
}

/// Readings are kept under the name of the reader that made them: another engine, or more languages, reads again.
fn reader_name(office: &Office) -> anyhow::Result<String> {
    let report = office.sandbox()?.report();
    let second = report.second_ocr_engine.map(|engine| format!("/{engine}")).unwrap_or_default();
    Ok(format!("{READER}/{}/{}{second}", report.ocr_engine.as_deref().unwrap_or("none"), report.ocr_languages.join("+")))
}

/// What a file is, under the name it came with.
pub fn file_reading(office: &Office, sha256: &str, name: &str) -> anyhow::Result<FileReading> {
    if let Some(known) = office.ahead().readings.remove(&(sha256.to_owned(), name.to_owned())) {
        return Ok(known);
    }
    Ok(understood(office, &raw_reading(office, sha256)?, name))
}

fn understood(office: &Office, raw: &RawReading, name: &str) -> FileReading {
    let context = UnderstandingContext {
        file_name: name,
        programmes: &office.rules.programmes,
        season: &office.rules.season,
        school_iban: &office.rules.fee.iban,
    };
    understand(raw, &context)
}

/// Progress of reading ahead, for a person who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub n_mails: usize,
    pub n_mails_opened: usize,
    pub n_files_read: usize,
}

struct Queue<'a> {
    mails: VecDeque<&'a str>,
    files: VecDeque<(String, String)>,
    claimed: BTreeSet<String>,
    n_busy: usize,
    progress: Progress,
    read: Vec<(String, String)>,
    /// Readings that were made and are not kept yet.
    unkept: Vec<RawReading>,
    kept_at: Instant,
    failure: Option<anyhow::Error>,
}

/// What may have to be read again when the process dies.
const KEPT_EVERY: Duration = Duration::from_secs(2);

/// Opens these mails and reads their files with all workers; what was found waits in the office until the mails are processed. Gives the
/// files, by content and name.
pub fn read_ahead(office: &Office, mail_hashes: &[String], report: &(dyn Fn(Progress) + Sync)) -> anyhow::Result<Vec<(String, String)>> {
    let progress = Progress { n_mails: mail_hashes.len(), n_mails_opened: 0, n_files_read: 0 };
    let queue = Mutex::new(Queue {
        mails: mail_hashes.iter().map(String::as_str).collect(),
        files: VecDeque::new(),
        claimed: BTreeSet::new(),
        n_busy: 0,
        progress,
        read: Vec::new(),
        unkept: Vec::new(),
        kept_at: Instant::now(),
        failure: None,
    });
    let changed = Condvar::new();
    office.sandbox()?;
    std::thread::scope(|scope| {
        for _ in 0..office.n_workers().min(mail_hashes.len().max(1) * 4) {
            scope.spawn(|| work(office, &queue, &changed, report));
        }
    });
    let queue = queue.into_inner().unwrap_or_else(PoisonError::into_inner);
    keep(office, &queue.unkept).context("keep readings")?;
    if let Some(failure) = queue.failure {
        return Err(failure).context("read ahead");
    }
    // The rows that will name the files are not written yet.
    office.blobs.flush()?;
    Ok(queue.read)
}

enum Job<'a> {
    Open(&'a str),
    Read(String, String),
}

fn work(office: &Office, queue: &Mutex<Queue<'_>>, changed: &Condvar, report: &(dyn Fn(Progress) + Sync)) {
    loop {
        let job = {
            let mut state = queue.lock().unwrap_or_else(PoisonError::into_inner);
            let job = loop {
                if state.failure.is_some() || office.stop.is_cancelled() {
                    return;
                }
                if let Some((sha256, name)) = state.files.pop_front() {
                    break Job::Read(sha256, name);
                }
                if let Some(mail) = state.mails.pop_front() {
                    break Job::Open(mail);
                }
                if state.n_busy == 0 {
                    return;
                }
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            // In the same breath, or another worker would see nothing to do and nobody busy, and go home.
            state.n_busy += 1;
            job
        };
        let done = perform(office, job, queue);
        let mut state = queue.lock().unwrap_or_else(PoisonError::into_inner);
        state.n_busy -= 1;
        if let Err(error) = done {
            state.failure = Some(error);
        }
        let progress = state.progress;
        drop(state);
        changed.notify_all();
        report(progress);
    }
}

fn perform(office: &Office, job: Job<'_>, queue: &Mutex<Queue<'_>>) -> anyhow::Result<()> {
    match job {
        Job::Open(mail) => {
            let opened = process::open_mail(office, mail)?;
            let mut state = queue.lock().unwrap_or_else(PoisonError::into_inner);
            for file in &opened.files {
                if state.claimed.insert(file.sha256.clone()) {
                    state.files.push_back((file.sha256.clone(), file.name.clone()));
                }
            }
            state.progress.n_mails_opened += 1;
            drop(state);
            office.ahead().opened.insert(mail.to_owned(), opened);
        }
        Job::Read(sha256, name) => {
            let (raw, is_new) = known_or_read(office, &sha256)?;
            let reading = understood(office, &raw, &name);
            let file = (sha256, name);
            office.ahead().readings.insert(file.clone(), reading);
            let mut state = queue.lock().unwrap_or_else(PoisonError::into_inner);
            state.read.push(file);
            state.progress.n_files_read += 1;
            if is_new {
                state.unkept.push(raw);
            }
            if state.kept_at.elapsed() >= KEPT_EVERY {
                state.kept_at = Instant::now();
                let readings = std::mem::take(&mut state.unkept);
                drop(state);
                keep(office, &readings)?;
            }
        }
    }
    Ok(())
}
