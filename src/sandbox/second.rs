//! The second OCR engine, from the program's side: two network files in a folder, and a worker for each page it is asked about.
//!
//! A worker of its own for every page costs a tenth of a second, leaves no memory behind, and nothing of one page in the next one's reach.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::lock;
use super::ocr::OcrOutcome;
use super::pool::Worker;
use super::protocol::{Reply, Request};
use super::table::{PageWords, parse};
use crate::intake::inspect::{PagePicture, prepare};

/// The files of the engine, as `deploy/install-ocr --second-engine` names them.
const FINDER: &str = "find-lines.onnx";
const READER: &str = "read-line.onnx";
/// No such file is larger.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Address space of its worker: the program's own 150 MiB, and what a full page takes.
const MEMORY_BYTES_MAX: u64 = 720 << 20;
/// Below this mean confidence the page may be on its head.
const CONFIDENCE_UPRIGHT: f32 = 0.5;

/// The engine as found.
pub struct SecondEngine {
    folder: PathBuf,
    program: PathBuf,
    seconds_max: u32,
    digest: String,
    /// One page at a time: each takes a quarter of a gigabyte.
    turn: Mutex<()>,
}

impl SecondEngine {
    /// Looks for the networks; `None` when they are absent or not what this program can use.
    pub fn find(folder: &Path, program: &Path, seconds_max: u32) -> Option<SecondEngine> {
        let (finder, reader) = read_networks(folder)?;
        let digest = digest_of(&finder, &reader);
        let engine = SecondEngine { folder: folder.to_owned(), program: program.to_owned(), seconds_max, digest, turn: Mutex::new(()) };
        engine.worker(engine.deadline())?;
        Some(engine)
    }

    /// Its name, with what tells these networks from any others.
    pub fn version(&self) -> String {
        format!("pp-ocr {}", self.digest.chars().take(12).collect::<String>())
    }

    /// The words of a page; `None` when it took too long or too much.
    pub fn words(&self, picture: &PagePicture) -> Option<PageWords> {
        let _turn = lock(&self.turn);
        let deadline = self.deadline();
        let mut worker = self.worker(deadline)?;
        worker.ask(&Request::Reread { width: picture.width, height: picture.height }, &picture.pixels).ok()?;
        match worker.answer(deadline).ok()? {
            (Reply::Reread, table) => Some(parse(&String::from_utf8_lossy(&table))),
            _ => None,
        }
    }

    /// Reads a page alone, where the first engine is not installed.
    pub fn read(&self, picture: &PagePicture) -> OcrOutcome {
        let Some(mut words) = self.words(picture) else { return OcrOutcome::Failed };
        if words.confidence() < CONFIDENCE_UPRIGHT
            && let Some(turned) = self.words(&prepare::upside_down(picture)).filter(|turned| turned.is_surer_than(&words))
        {
            words = turned;
        }
        OcrOutcome::Read { text: words.text(), confidence: words.confidence(), unread_script: None }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_secs(u64::from(self.seconds_max.max(1)))
    }

    /// A confined worker that holds the networks. Files that were exchanged since are another engine, and not used before the next start.
    fn worker(&self, deadline: Instant) -> Option<Worker> {
        let (finder, reader) = read_networks(&self.folder).filter(|(finder, reader)| digest_of(finder, reader) == self.digest)?;
        let mut worker = Worker::start(&self.program, MEMORY_BYTES_MAX, self.seconds_max).ok()?;
        worker.ask(&Request::LineFinder, &finder).ok()?;
        worker.ask(&Request::LineReader, &reader).ok()?;
        matches!(worker.answer(deadline), Ok((Reply::RereaderReady(true), _))).then_some(worker)
    }
}

fn read_networks(folder: &Path) -> Option<(Vec<u8>, Vec<u8>)> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::metadata(&path).ok().filter(|file| file.is_file() && file.len() <= FILE_BYTES_MAX)?;
        std::fs::read(path).ok()
    };
    Some((read(FINDER)?, read(READER)?))
}

fn digest_of(finder: &[u8], reader: &[u8]) -> String {
    let digest = Sha256::new().chain_update(Sha256::digest(finder)).chain_update(Sha256::digest(reader)).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
