//! A candidate's dossier for the jury, put together in a worker: files go in one by one, the PDF comes out in parts.
//!
//! What kills or stalls the worker is left out, a sentence stands in its place, and the work begins again without it. Each failure leaves
//! something out and the time of one dossier is bounded, so this ends; with nothing left in it that is a stranger's, a dossier cannot fail.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::Sandbox;
use super::pool::{Failure, Worker};
use super::protocol::{Reply, Request};
use crate::jury::{Dossier, Hindrance, Stage};

/// One dossier may take as long as so many files, however many it has and whatever goes wrong.
const FILE_TIMES_MAX: u32 = 4;
/// Of the worker's memory, the part that files may fill: opened and written, they take about three times their size.
const MEMORY_SHARE: u64 = 4;

/// What one attempt learnt before it ended.
#[derive(Default)]
struct Attempt {
    stage: Option<Stage>,
    /// Files that were handed over, and their sizes.
    sizes: Vec<(String, u64)>,
    /// The disk's trouble, which is not the candidate's.
    trouble: Option<io::Error>,
}

impl Sandbox {
    /// Puts a dossier together and writes the PDF into `into`, from its beginning. Returns what was left out: positions of pieces, and why.
    ///
    /// `fetch` gives a file's contents by SHA-256, one at a time, so that no more than one is held here; `None` when there is no such file.
    /// An error is the disk's, or that no worker starts.
    pub fn jury_dossier(
        &self,
        mut dossier: Dossier,
        fetch: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
        into: &mut File,
    ) -> anyhow::Result<Vec<(u32, Hindrance)>> {
        let file_time = Duration::from_secs(u64::from(self.options.seconds_max.max(1)));
        let mut left = file_time.saturating_mul(FILE_TIMES_MAX);
        loop {
            into.set_len(0).and_then(|()| into.rewind()).context("begin a dossier")?;
            let mut attempt = Attempt::default();
            let begun = Instant::now();
            let outcome = self.pool.with(|worker| self.put_together(worker, &mut dossier, fetch, into, file_time.min(left), &mut attempt));
            left = left.saturating_sub(begun.elapsed());
            if let Some(trouble) = attempt.trouble {
                return Err(trouble).context("write a dossier");
            }
            let failure = match outcome {
                Ok(left_out) => return Ok(left_out),
                Err(failure) => failure,
            };
            anyhow::ensure!(!dossier.files_wanted().is_empty(), "a dossier without any file could not be written");
            leave_out(&mut dossier, &attempt, failure, left);
        }
    }

    fn put_together(
        &self,
        worker: &mut Worker,
        dossier: &mut Dossier,
        fetch: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
        into: &mut File,
        file_time: Duration,
        attempt: &mut Attempt,
    ) -> Result<Vec<(u32, Hindrance)>, Failure> {
        let mut room = self.options.memory_bytes_max / MEMORY_SHARE;
        for sha256 in dossier.files_wanted() {
            match fetch(&sha256) {
                None => dossier.leave_out(&sha256, Hindrance::Lost),
                Some(bytes) if bytes.len() as u64 > room => dossier.leave_out(&sha256, Hindrance::TooLarge),
                Some(bytes) => {
                    room -= bytes.len() as u64;
                    attempt.sizes.push((sha256.clone(), bytes.len() as u64));
                    worker.ask(&Request::JuryFile { sha256 }, &bytes)?;
                }
            }
        }
        worker.ask(&Request::JuryDossier { dossier: Box::new(dossier.clone()) }, &[])?;
        loop {
            match worker.answer(Instant::now() + file_time)? {
                (Reply::JuryStage(stage), _) => attempt.stage = Some(stage),
                (Reply::JuryPart, part) => {
                    if let Err(error) = into.write_all(&part) {
                        attempt.trouble = Some(error);
                        return Err(Failure::Crashed);
                    }
                }
                (Reply::JuryWritten { left_out }, _) => return Ok(left_out),
                _ => return Err(Failure::Crashed),
            }
        }
    }
}

/// Leaves out what the worker failed on: the piece in hand, else the largest file, and everything once the dossier's time is used up.
fn leave_out(dossier: &mut Dossier, attempt: &Attempt, failure: Failure, left: Duration) {
    let hindrance = match failure {
        Failure::Crashed => Hindrance::Crashed,
        Failure::TooSlow => Hindrance::TooSlow,
    };
    let in_hand = match attempt.stage {
        Some(Stage::Piece(position)) => usize::try_from(position).ok().and_then(|position| dossier.candidate.pieces.get_mut(position)),
        _ => None,
    };
    match in_hand {
        // A file that is slow to open is slow for each piece in it; one that crashes its reader may do so on one page only.
        Some(piece) if failure == Failure::TooSlow => {
            let sha256 = piece.sha256.clone();
            dossier.leave_out(&sha256, hindrance);
        }
        Some(piece) => piece.hindrance = Some(hindrance),
        None => {
            let wanted = dossier.files_wanted();
            let largest = attempt.sizes.iter().filter(|(sha256, _)| wanted.contains(sha256)).max_by_key(|(_, size)| *size);
            match largest.map(|(sha256, _)| sha256.as_str()).or(wanted.first().map(String::as_str)) {
                Some(sha256) => dossier.leave_out(sha256, hindrance),
                None => return,
            }
        }
    }
    if left.is_zero() {
        for sha256 in dossier.files_wanted() {
            dossier.leave_out(&sha256, Hindrance::TooSlow);
        }
    }
}
