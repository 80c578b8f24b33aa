//! What an archive may cost: bytes, entries, ratio, time. Counted while inflating, shared by an archive and all inside it.

use std::cell::Cell;
use std::io::{Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use super::{Trouble, UnpackLimits};
use crate::domain::finding::Reason;

/// Below this much inflated, no ratio is judged: blank pages compress very well.
const RATIO_ALLOWANCE_BYTES: u64 = 8 << 20;
/// Below this much inflated, no ratio is judged by what was consumed so far: a file may begin with blank pages.
const EARLY_ALLOWANCE_BYTES: u64 = 32 << 20;
/// Bytes inflated and thrown away (bombs, wrong passwords) before the archive as a whole is given up.
const WASTE_BYTES_MAX: u64 = 256 << 20;
const STEP_BYTES: u64 = 256 << 10;
/// Nobody's word is taken for more memory than this beforehand.
const RESERVE_BYTES_MAX: u64 = 16 << 20;

/// What is known of an entry's size in the archive.
#[derive(Debug, Clone, Copy, Default)]
pub struct Packed<'a> {
    /// If it has a size of its own.
    pub total: Option<u64>,
    /// What its decoder has read so far.
    pub consumed: Option<&'a Cell<u64>>,
}

pub struct Budget {
    pub limits: UnpackLimits,
    deadline: Instant,
    archive_bytes: u64,
    kept_bytes: u64,
    wasted_bytes: u64,
    n_entries: u32,
}

/// An error that carries its reason through a library's `Read`.
#[derive(Debug, thiserror::Error)]
#[error("limit reached")]
struct LimitReached(Reason);

impl Budget {
    /// The only measure of time is how long this job has been running; no wall clock is read.
    pub fn new(limits: UnpackLimits, archive_bytes: usize) -> Budget {
        let deadline = Instant::now() + Duration::from_secs(u64::from(limits.seconds_max));
        let archive_bytes = u64::try_from(archive_bytes).unwrap_or(u64::MAX);
        Budget { limits, deadline, archive_bytes, kept_bytes: 0, wasted_bytes: 0, n_entries: 0 }
    }

    pub fn count_entry(&mut self) -> Result<(), Reason> {
        if self.n_entries >= self.limits.entries_max {
            return Err(Reason::ArchiveTooManyEntries);
        }
        self.n_entries += 1;
        self.check_time()
    }

    pub fn check_time(&self) -> Result<(), Reason> {
        if Instant::now() > self.deadline { Err(Reason::ArchiveTooSlow) } else { Ok(()) }
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether so much from so little is beyond honest compression.
    pub fn is_bomb(&self, inflated: u64, packed: u64) -> bool {
        inflated > RATIO_ALLOWANCE_BYTES && inflated > packed.saturating_mul(u64::from(self.limits.ratio_max))
    }

    /// Refuses an entry by its own declaration, before anything is inflated.
    pub fn check_declared(&self, declared: u64, packed: u64) -> Result<(), Trouble> {
        if self.is_bomb(declared, packed) {
            return Err(Trouble::Entry(Reason::ArchiveBomb));
        }
        if declared > self.limits.entry_bytes_max {
            return Err(Trouble::Entry(Reason::EntryTooLarge));
        }
        if self.kept_bytes.saturating_add(declared) > self.limits.total_bytes_max {
            return Err(Trouble::Whole(Reason::ArchiveTooLarge));
        }
        Ok(())
    }

    /// Reads an entry to its end within the limits.
    ///
    /// The bytes count as kept when this succeeds. A failing reader's error is `damaged`, unless a limit spoke through it.
    pub fn read_entry(&mut self, reader: &mut dyn Read, declared: u64, packed: Packed<'_>) -> Result<Vec<u8>, Trouble> {
        let mut contents = Vec::with_capacity(usize::try_from(declared.min(RESERVE_BYTES_MAX)).unwrap_or(0));
        let result = self.read_within(reader, packed, &mut contents);
        let length = u64::try_from(contents.len()).unwrap_or(u64::MAX);
        match result {
            Ok(()) => {
                self.kept_bytes = self.kept_bytes.saturating_add(length);
                contents.shrink_to_fit();
                Ok(contents)
            }
            Err(trouble) => {
                self.waste(length)?;
                Err(trouble)
            }
        }
    }

    fn read_within(&self, reader: &mut dyn Read, packed: Packed<'_>, contents: &mut Vec<u8>) -> Result<(), Trouble> {
        loop {
            let n_read = (&mut *reader)
                .take(STEP_BYTES)
                .read_to_end(contents)
                .map_err(|error| reason_of(&error).map_or(Trouble::Entry(Reason::EntryDamaged), Trouble::Whole))?;
            let length = u64::try_from(contents.len()).unwrap_or(u64::MAX);
            let consumed = packed.consumed.map(Cell::get).filter(|_| length > EARLY_ALLOWANCE_BYTES);
            if packed.total.into_iter().chain(consumed).any(|packed| self.is_bomb(length, packed)) {
                return Err(Trouble::Entry(Reason::ArchiveBomb));
            }
            if length > self.limits.entry_bytes_max {
                return Err(Trouble::Entry(Reason::EntryTooLarge));
            }
            if self.kept_bytes.saturating_add(length) > self.limits.total_bytes_max {
                return Err(Trouble::Whole(Reason::ArchiveTooLarge));
            }
            // Archives in archives multiply: what came out of all of them is measured against what was sent.
            if length > RATIO_ALLOWANCE_BYTES && self.is_bomb(self.kept_bytes.saturating_add(length), self.archive_bytes.saturating_mul(4)) {
                return Err(Trouble::Whole(Reason::ArchiveBomb));
            }
            self.check_time().map_err(Trouble::Whole)?;
            if n_read == 0 {
                return Ok(());
            }
        }
    }

    /// Counts bytes that were inflated for nothing.
    pub fn waste(&mut self, bytes: u64) -> Result<(), Trouble> {
        self.wasted_bytes = self.wasted_bytes.saturating_add(bytes);
        if self.wasted_bytes > WASTE_BYTES_MAX { Err(Trouble::Whole(Reason::ArchiveBomb)) } else { Ok(()) }
    }
}

/// The limit that an error reports, if it is one of ours.
pub fn reason_of(error: &std::io::Error) -> Option<Reason> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<LimitReached>()).map(|reached| reached.0)
}

/// Counts what a decoder reads of the archive.
pub struct Counted<'a, R> {
    inner: R,
    consumed: &'a Cell<u64>,
}

impl<'a, R> Counted<'a, R> {
    pub fn new(inner: R, consumed: &'a Cell<u64>) -> Counted<'a, R> {
        Counted { inner, consumed }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n_read = self.inner.read(buffer)?;
        self.consumed.set(self.consumed.get().saturating_add(u64::try_from(n_read).unwrap_or(u64::MAX)));
        Ok(n_read)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

/// A stream that stops when it gives more than the limits allow, wherever in a library it is read.
pub struct Metered<'a, R> {
    inner: R,
    consumed: Option<&'a Cell<u64>>,
    limits: UnpackLimits,
    deadline: Instant,
    packed: u64,
    inflated: u64,
}

impl<'a, R: Read> Metered<'a, R> {
    /// `packed` is the size of all that the stream is made from; `consumed`, what of it was read so far, where that can be counted.
    pub fn new(inner: R, budget: &Budget, packed: usize, consumed: Option<&'a Cell<u64>>) -> Metered<'a, R> {
        Metered { inner, consumed, limits: budget.limits, deadline: budget.deadline, packed: u64::try_from(packed).unwrap_or(u64::MAX), inflated: 0 }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n_read = self.inner.read(buffer)?;
        self.inflated = self.inflated.saturating_add(u64::try_from(n_read).unwrap_or(u64::MAX));
        let is_beyond =
            |packed: u64, allowance: u64| self.inflated > allowance && self.inflated > packed.saturating_mul(u64::from(self.limits.ratio_max));
        let early = self.consumed.is_some_and(|consumed| is_beyond(consumed.get(), EARLY_ALLOWANCE_BYTES));
        let refused = if early || is_beyond(self.packed, RATIO_ALLOWANCE_BYTES) {
            Some(Reason::ArchiveBomb)
        } else if self.inflated > self.limits.total_bytes_max.saturating_mul(2) {
            Some(Reason::ArchiveTooLarge)
        } else if Instant::now() > self.deadline {
            Some(Reason::ArchiveTooSlow)
        } else {
            None
        };
        match refused {
            Some(reason) => Err(std::io::Error::other(LimitReached(reason))),
            None => Ok(n_read),
        }
    }
}
