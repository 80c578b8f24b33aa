//! The worker processes in which hostile files are opened, and the OCR engine beside them.
//!
//! The program re-executes itself as a worker that has given up files, network and most memory; bytes go in and values come out over
//! pipes. A worker that panics, is killed or takes too long becomes a finding on the file it was reading, and a new one takes its place.
//! An OCR engine may be a program of its own, which a worker could not start: it runs beside the workers and is handed only gray
//! pictures that a worker drew, under limits of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::domain::document::{PageText, RawReading, TextSource};
use crate::domain::finding::{ArchiveFinding, FileFinding, Reason};
use crate::intake::inspect::{PagePicture, empty_page};
use crate::intake::mail::ParsedMail;
use crate::intake::unpack::external::{ExternalUnpackers, unpack_with_external};
use crate::intake::unpack::{UnpackLimits, Unpacked, UnpackedEntry, looks_like_archive};

mod confine;
mod jury;
mod ocr;
mod permits;
mod pool;
mod program;
mod protocol;
mod second;
mod table;
mod worker;

use ocr::{OcrEngine, OcrOutcome};
use permits::Permits;
use pool::{Failure, Pool, Worker};
use protocol::{Reply, Request};
use second::SecondEngine;

pub use confine::{Confinement, Leak};
pub use program::program_main;
pub use worker::worker_main;

/// Which OCR engine to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OcrMode {
    /// Whatever is installed; none is not an error.
    #[default]
    Auto,
    Tesseract,
    Off,
}

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Worker processes, and OCR runs at one time: one for each core to be used.
    pub workers: usize,
    pub ocr: OcrMode,
    /// Where the second engine's networks are, if they are installed.
    pub ocr_models: PathBuf,
    /// The executable to re-execute as a worker: normally the running one.
    pub program: PathBuf,
    /// Wall-clock limit of one file in the worker, and of one page in the OCR engine.
    pub seconds_max: u32,
    /// Address space of one worker.
    pub memory_bytes_max: u64,
    pub unpack_limits: UnpackLimits,
}

/// What protects the host, and what can read pictures: said at start and in the digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxReport {
    pub confinement: Confinement,
    /// The engine's name and version, or `None` when pictures stay unread.
    pub ocr_engine: Option<String>,
    /// The engine's language packs, sorted.
    pub ocr_languages: Vec<String>,
    /// The second engine's name, for pages on which the first is unsure.
    pub second_ocr_engine: Option<String>,
}

/// The pool of workers and the OCR engine.
pub struct Sandbox {
    options: SandboxOptions,
    pool: Pool,
    engine: Option<OcrEngine>,
    second_engine: Option<SecondEngine>,
    ocr_permits: Permits,
}

impl Sandbox {
    /// Starts one worker, to learn what the kernel grants; the others start when they are first needed.
    pub fn start(options: SandboxOptions) -> anyhow::Result<Sandbox> {
        let workers = options.workers.max(1);
        let pool = Pool::start(&options)?;
        let engine = match options.ocr {
            OcrMode::Off => None,
            OcrMode::Auto => OcrEngine::find(),
            OcrMode::Tesseract => Some(OcrEngine::find().ok_or_else(|| anyhow::anyhow!("no tesseract with a language pack was found on PATH"))?),
        };
        let second_engine = match options.ocr {
            OcrMode::Auto => SecondEngine::find(&options.ocr_models, &options.program, options.seconds_max),
            OcrMode::Tesseract | OcrMode::Off => None,
        };
        Ok(Sandbox { options, pool, engine, second_engine, ocr_permits: Permits::new(workers) })
    }

    /// What is in force.
    pub fn report(&self) -> SandboxReport {
        SandboxReport {
            confinement: self.pool.confinement(),
            ocr_engine: self.engine.as_ref().map(|engine| engine.version().to_owned()),
            ocr_languages: self.engine.as_ref().map(|engine| engine.languages().to_vec()).unwrap_or_default(),
            second_ocr_engine: self.second_engine.as_ref().map(SecondEngine::version),
        }
    }

    /// Parses a mail in a worker.
    pub fn parse_mail(&self, bytes: &[u8]) -> Result<ParsedMail, Reason> {
        let deadline = self.deadline();
        let mut attachments: Vec<Vec<u8>> = Vec::new();
        let outcome = self.pool.with(|worker| {
            worker.ask(&Request::ParseMail, bytes)?;
            loop {
                match worker.answer(deadline)? {
                    (Reply::Attachment, contents) => attachments.push(contents),
                    (Reply::Mail(parsed), _) => return Ok(parsed),
                    _ => return Err(Failure::Crashed),
                }
            }
        });
        let mut parsed = outcome.map_err(|_| Reason::MailUnreadable)?.map(|mail| *mail)?;
        for (attachment, contents) in parsed.attachments.iter_mut().zip(attachments) {
            attachment.contents = contents;
        }
        Ok(parsed)
    }

    /// Unpacks an archive in a worker, handing each file to `sink` as it comes.
    ///
    /// What no reader of ours opens (RAR) is given to a program of the system's, when one is installed.
    pub fn unpack(&self, bytes: &[u8], archive_name: &str, passwords: &[String], sink: &mut dyn FnMut(UnpackedEntry)) -> Unpacked {
        let unpacked = self.unpack_in_worker(bytes, archive_name, passwords, &self.options.unpack_limits, sink);
        let needs_a_program = unpacked.n_entries == 0
            && unpacked.findings.iter().any(|finding| finding.reason == Reason::ArchiveFormatNotInstalled && finding.entry.is_none());
        if !needs_a_program || ExternalUnpackers::find().is_empty() {
            return unpacked;
        }
        let confined = |folder: &Path, program: &Path| {
            let mut command = Command::new(&self.options.program);
            command.arg("sandbox-program").arg(folder).arg(program).arg("--");
            command
        };
        let limits = self.options.unpack_limits;
        let limits_within = UnpackLimits { depth_max: limits.depth_max.saturating_sub(1), ..limits };
        let mut nested = Vec::new();
        let mut unpacked = unpack_with_external(bytes, passwords, &limits, &confined, &mut |entry| {
            if !looks_like_archive(&entry.name, &entry.contents) {
                return sink(entry);
            }
            // What is an archive itself goes to a worker, as every archive does.
            let prefix = entry.name.clone();
            let inner = self.unpack_in_worker(&entry.contents, &entry.name, passwords, &limits_within, &mut |inner| {
                sink(UnpackedEntry { name: format!("{prefix}!/{}", inner.name), contents: inner.contents });
            });
            nested.push((prefix, inner));
        });
        for (prefix, inner) in nested {
            // The archive within was handed over as one file.
            unpacked.n_entries = (unpacked.n_entries + inner.n_entries).saturating_sub(1);
            unpacked.findings.extend(inner.findings.into_iter().map(|finding| ArchiveFinding {
                reason: finding.reason,
                entry: Some(finding.entry.map_or_else(|| prefix.clone(), |entry| format!("{prefix}!/{entry}"))),
            }));
        }
        unpacked
    }

    fn unpack_in_worker(
        &self,
        bytes: &[u8],
        archive_name: &str,
        passwords: &[String],
        limits: &UnpackLimits,
        sink: &mut dyn FnMut(UnpackedEntry),
    ) -> Unpacked {
        if limits.depth_max == 0 {
            return Unpacked { findings: vec![ArchiveFinding { reason: Reason::ArchiveTooDeep, entry: None }], ..Unpacked::default() };
        }
        let request = Request::Unpack { archive_name: archive_name.to_owned(), passwords: passwords.to_vec(), limits: *limits };
        let mut left = Duration::from_secs(u64::from(limits.seconds_max) + 5);
        let mut n_entries = 0;
        let outcome = self.pool.with(|worker| {
            worker.ask(&request, bytes)?;
            loop {
                // The time that the sink takes is not the archive's.
                let asked = Instant::now();
                let answer = worker.answer(asked + left)?;
                left = left.saturating_sub(asked.elapsed());
                match answer {
                    (Reply::Entry { name }, contents) => {
                        n_entries += 1;
                        sink(UnpackedEntry { name, contents });
                    }
                    (Reply::Unpacked(unpacked), _) => return Ok(unpacked),
                    _ => return Err(Failure::Crashed),
                }
            }
        });
        outcome.unwrap_or_else(|failure| {
            let reason = match failure {
                Failure::Crashed => Reason::ArchiveDamaged,
                Failure::TooSlow => Reason::ArchiveTooSlow,
            };
            Unpacked { format: String::new(), n_entries, findings: vec![ArchiveFinding { reason, entry: None }] }
        })
    }

    /// Opens a file and reads all its pages, with OCR where there is no text. Never fails: failures are findings.
    pub fn read_document(&self, bytes: &[u8], sha256: &str) -> RawReading {
        let mut reading = RawReading {
            sha256: sha256.to_owned(),
            media_type: "application/octet-stream".to_owned(),
            pages: Vec::new(),
            readable: false,
            findings: Vec::new(),
        };
        let outcome = self.pool.with(|worker| self.read_with(worker, bytes, &mut reading));
        if let Err(failure) = outcome {
            reading.findings.push(FileFinding { reason: failure.reason(), page: None });
        }
        let anything = reading.pages.iter().any(|page| !page.text.is_empty() || page.portrait >= 0.5);
        let failed = reading.findings.iter().any(|finding| matches!(finding.reason, Reason::FileCrashedReader | Reason::FileTooSlow));
        if failed && !anything {
            reading.readable = false;
        }
        reading.findings.sort_by_key(|finding| (finding.page, finding.reason));
        reading.findings.dedup();
        reading
    }

    fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_secs(u64::from(self.options.seconds_max.max(1)))
    }

    fn read_with(&self, worker: &mut Worker, bytes: &[u8], reading: &mut RawReading) -> Result<(), Failure> {
        let deadline = self.deadline();
        worker.ask(&Request::Open, bytes)?;
        let (Reply::Opened(opened), _) = worker.answer(deadline)? else { return Err(Failure::Crashed) };
        reading.media_type = opened.media_type;
        reading.readable = opened.readable;
        reading.findings = opened.findings;
        let session = Session {
            state: Mutex::new(SessionState { worker, left: deadline.saturating_duration_since(Instant::now()), failure: None }),
            next: AtomicU32::new(1),
            pages: opened.pages,
            results: Mutex::new(BTreeMap::new()),
        };
        let readers =
            if self.engine.is_some() || self.second_engine.is_some() { (opened.pictures as usize).clamp(1, self.options.workers.max(1)) } else { 1 };
        if readers > 1 {
            std::thread::scope(|scope| {
                for _ in 0..readers {
                    scope.spawn(|| self.read_pages(&session));
                }
            });
        } else {
            self.read_pages(&session);
        }
        let failure = session.state.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).failure;
        for (_, (page, findings)) in session.results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            reading.pages.push(page);
            reading.findings.extend(findings);
        }
        failure.map_or(Ok(()), Err)
    }

    /// Takes pages from the worker, one at a time, until there are none; reads those that are pictures.
    fn read_pages(&self, session: &Session<'_>) {
        loop {
            let number = session.next.fetch_add(1, Ordering::Relaxed);
            if number > session.pages {
                return;
            }
            let Some((mut page, mut findings, picture)) = session.page(number) else { return };
            if let Some(picture) = picture {
                self.read_picture(&picture, &mut page, &mut findings);
            }
            lock(&session.results).insert(number, (page, findings));
        }
    }

    fn read_picture(&self, picture: &PagePicture, page: &mut PageText, findings: &mut Vec<FileFinding>) {
        let mut add = |reason| findings.push(FileFinding { reason, page: Some(page.number) });
        let outcome = match (&self.engine, &self.second_engine) {
            (Some(engine), second) => {
                let _permit = self.ocr_permits.take();
                engine.read(picture, second.as_ref(), self.deadline())
            }
            (None, Some(second)) => second.read(picture),
            (None, None) => {
                page.unread = page.text.is_empty();
                if page.unread {
                    add(Reason::PageNotReadNoEngine);
                }
                return;
            }
        };
        match outcome {
            OcrOutcome::Read { text, confidence, unread_script } => {
                page.unread_script = unread_script.filter(|_| page.source != TextSource::Layer);
                if is_better_than_layer(&text, confidence, page) {
                    page.text = text;
                    page.quality = confidence;
                    page.source = TextSource::Ocr;
                }
                if page.text.is_empty() {
                    page.source = TextSource::None;
                    page.quality = 0.0;
                    page.unread = page.portrait < 0.3;
                    if page.unread {
                        add(Reason::PageNotRead);
                    }
                }
            }
            OcrOutcome::Failed => {
                page.unread = page.text.is_empty();
                if page.unread {
                    add(Reason::PageNotRead);
                }
            }
        }
    }
}

/// A layer that came with the page stands unless the engine read clearly more, and well.
fn is_better_than_layer(text: &str, confidence: f32, page: &PageText) -> bool {
    let letters = |text: &str| text.chars().filter(|character| character.is_alphabetic()).count();
    page.source != TextSource::Layer || (confidence > 0.5 && letters(text) > letters(&page.text) * 3 / 2)
}

struct Session<'a> {
    state: Mutex<SessionState<'a>>,
    next: AtomicU32,
    pages: u32,
    results: Mutex<BTreeMap<u32, (PageText, Vec<FileFinding>)>>,
}

struct SessionState<'a> {
    worker: &'a mut Worker,
    /// What is left of the file's time in the worker.
    left: Duration,
    failure: Option<Failure>,
}

impl Session<'_> {
    /// The next page out of the worker; `None` once the worker failed.
    fn page(&self, number: u32) -> Option<(PageText, Vec<FileFinding>, Option<PagePicture>)> {
        let mut state = lock(&self.state);
        if state.failure.is_some() {
            return None;
        }
        let asked = Instant::now();
        let deadline = asked + state.left;
        let answer = state.worker.ask(&Request::Page { number }, &[]).and_then(|()| state.worker.answer(deadline));
        state.left = state.left.saturating_sub(asked.elapsed());
        match answer {
            Ok((Reply::Page { page, findings, picture }, pixels)) => {
                let picture = picture.map(|picture| PagePicture { width: picture.width, height: picture.height, hints: picture.hints, pixels });
                Some((page, findings, picture))
            }
            Ok((Reply::Panicked, _)) => {
                // One page that makes the reader panic does not take the others with it.
                let mut page = empty_page(number).page;
                page.unread = true;
                Some((page, vec![FileFinding { reason: Reason::FileCrashedReader, page: Some(number) }], None))
            }
            Ok(_) => {
                state.failure = Some(Failure::Crashed);
                None
            }
            Err(failure) => {
                state.failure = Some(failure);
                None
            }
        }
    }
}

/// A panic in another thread leaves nothing half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
