//! Archives into files: every honest file comes out, everything else is a finding.
//!
//! An archive is known by its bytes, never by its name. What an archive declares is believed only against it: limits are counted while
//! inflating. Names found inside are repaired for people to read and never used as paths. A panic in a decompression library is the
//! archive's fault and becomes a finding. Nothing here runs a program, save [`external`], which only the worker calls.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use crate::domain::finding::{ArchiveFinding, Reason};
use crate::intake::names;

mod budget;
mod central;
pub mod external;
mod sevenz;
mod sniff;
mod stream;
mod zip_archive;

use budget::Budget;
pub use sniff::{ArchiveFormat, is_office_container, looks_like_archive, sniff};

/// Limits, counted while inflating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnpackLimits {
    pub total_bytes_max: u64,
    pub entry_bytes_max: u64,
    pub entries_max: u32,
    /// Inflated ÷ packed, judged over what was inflated so far, beyond a first allowance of a few MiB.
    pub ratio_max: u32,
    /// 1: an archive; 2: an archive in an archive.
    pub depth_max: u32,
    pub seconds_max: u32,
}

impl Default for UnpackLimits {
    fn default() -> UnpackLimits {
        UnpackLimits { total_bytes_max: 512 << 20, entry_bytes_max: 96 << 20, entries_max: 2_000, ratio_max: 200, depth_max: 2, seconds_max: 8 }
    }
}

/// One file out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackedEntry {
    /// The path as the candidate would recognise it, `inner.zip!/name` for nested ones. Never used as a path on disk.
    pub name: String,
    pub contents: Vec<u8>,
}

/// What became of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unpacked {
    /// `zip`, `7z`, `tar.gz`, `tar`, `gz`, `rar`, …; empty when unknown.
    pub format: String,
    pub n_entries: u32,
    pub findings: Vec<ArchiveFinding>,
}

/// Unpacks an archive of any known format, handing each honest file to `sink` as it comes.
///
/// `passwords` are tried on encrypted entries. What cannot be had is a finding; everything else still comes out.
pub fn unpack(bytes: &[u8], archive_name: &str, passwords: &[String], limits: &UnpackLimits, sink: &mut dyn FnMut(UnpackedEntry)) -> Unpacked {
    let mut job = Job::new(passwords, limits, bytes.len(), sink);
    let format = job.open(bytes, archive_name, "", 1);
    job.finish(format)
}

/// The work on one archive and those inside it, which share one budget.
struct Job<'a> {
    budget: Budget,
    passwords: Vec<String>,
    sink: &'a mut dyn FnMut(UnpackedEntry),
    findings: Vec<ArchiveFinding>,
    n_entries: u32,
    /// Names given so far, in small letters, so that no two files are told apart by case alone.
    taken: BTreeSet<String>,
}

/// Why the work stops: an entry's trouble is told and passed over, the whole archive's trouble ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Entry(Reason),
    Whole(Reason),
}

impl<'a> Job<'a> {
    fn new(passwords: &[String], limits: &UnpackLimits, archive_bytes: usize, sink: &'a mut dyn FnMut(UnpackedEntry)) -> Job<'a> {
        const PASSWORDS_MAX: usize = 60;
        let mut known: Vec<String> = Vec::new();
        for password in passwords.iter().filter(|password| !password.is_empty()).take(PASSWORDS_MAX) {
            if !known.contains(password) {
                known.push(password.clone());
            }
        }
        Job { budget: Budget::new(*limits, archive_bytes), passwords: known, sink, findings: Vec::new(), n_entries: 0, taken: BTreeSet::new() }
    }

    fn finish(self, format: String) -> Unpacked {
        Unpacked { format, n_entries: self.n_entries, findings: self.findings }
    }

    /// Opens one archive. `prefix` is empty at the top and `inner.zip!/` inside; a panic inside ends this archive only.
    fn open(&mut self, bytes: &[u8], name: &str, prefix: &str, depth: u32) -> String {
        let format = sniff::sniff_leniently(bytes, name);
        let opened = catch_unwind(AssertUnwindSafe(|| self.open_as(format, bytes, name, prefix, depth)));
        match opened {
            Ok(Ok(format)) => format,
            Ok(Err(reason)) => {
                self.add_archive_finding(reason, prefix);
                format.map(|format| format.slug().to_owned()).unwrap_or_default()
            }
            Err(_) => {
                self.add_archive_finding(Reason::ArchiveDamaged, prefix);
                format.map(|format| format.slug().to_owned()).unwrap_or_default()
            }
        }
    }

    fn open_as(&mut self, format: Option<ArchiveFormat>, bytes: &[u8], name: &str, prefix: &str, depth: u32) -> Result<String, Reason> {
        if bytes.is_empty() {
            return Err(Reason::ArchiveEmpty);
        }
        let Some(format) = format else {
            return Err(if sniff::is_part_of_many(name) { Reason::ArchiveSpanned } else { Reason::ArchiveUnknownFormat });
        };
        match format {
            ArchiveFormat::Zip => zip_archive::open(self, bytes, name, prefix, depth).map(|()| format.slug().to_owned()),
            ArchiveFormat::SevenZip => sevenz::open(self, bytes, name, prefix, depth).map(|()| format.slug().to_owned()),
            ArchiveFormat::Rar => Err(Reason::ArchiveFormatNotInstalled),
            ArchiveFormat::Tar | ArchiveFormat::Gzip | ArchiveFormat::Bzip2 | ArchiveFormat::Xz | ArchiveFormat::Zstd => {
                stream::open(self, format, bytes, name, prefix, depth)
            }
            ArchiveFormat::Other => Err(Reason::ArchiveUnknownFormat),
        }
    }

    /// The path under which an entry will be known; `None` for what programs leave behind.
    fn path_of(&mut self, prefix: &str, name: &str) -> Option<String> {
        if names::is_left_aside(name) {
            return None;
        }
        let (cleaned, is_unsafe) = names::clean_path(name);
        let cleaned = if cleaned.is_empty() { "sans nom".to_owned() } else { cleaned };
        let path = format!("{prefix}{cleaned}");
        if is_unsafe {
            self.add_finding(Reason::EntryNameUnsafe, Some(&path));
        }
        Some(path)
    }

    /// Counts an entry before it is inflated.
    fn count_entry(&mut self) -> Result<(), Reason> {
        self.budget.count_entry()
    }

    /// Hands on a file, or opens it when it is itself an archive.
    fn deliver(&mut self, path: String, contents: Vec<u8>, depth: u32) {
        let path = self.claim(path);
        let is_archive = sniff(&contents).is_some() && !is_office_container(&contents) && !sniff::has_document_name(&path);
        if !is_archive {
            self.n_entries += 1;
            (self.sink)(UnpackedEntry { name: path, contents });
        } else if depth >= self.budget.limits.depth_max {
            self.add_finding(Reason::ArchiveTooDeep, Some(&path));
        } else {
            let inner_name = path.rsplit('/').next().unwrap_or_default().to_owned();
            self.open(&contents, &inner_name, &format!("{path}!/"), depth + 1);
        }
    }

    /// Makes a path unique, whatever its case: `cv.pdf`, `CV (2).pdf`.
    fn claim(&mut self, path: String) -> String {
        const COPIES_MAX: u32 = 100_000;
        if self.taken.insert(path.to_lowercase()) {
            return path;
        }
        self.add_finding(Reason::EntryNameRepeated, Some(&path));
        let name_start = path.rfind('/').map_or(0, |slash| slash + 1);
        let dot = path.rfind('.').filter(|dot| *dot > name_start).unwrap_or(path.len());
        let (stem, extension) = path.split_at_checked(dot).unwrap_or((&path, ""));
        for number in 2..COPIES_MAX {
            let numbered = format!("{stem} ({number}){extension}");
            if self.taken.insert(numbered.to_lowercase()) {
                return numbered;
            }
        }
        path
    }

    fn add_archive_finding(&mut self, reason: Reason, prefix: &str) {
        let entry = prefix.strip_suffix("!/").map(str::to_owned);
        self.add_finding(reason, entry.as_deref());
    }

    fn add_finding(&mut self, reason: Reason, entry: Option<&str>) {
        const FINDINGS_MAX: usize = 500;
        let finding = ArchiveFinding { reason, entry: entry.map(str::to_owned) };
        if self.findings.len() < FINDINGS_MAX && !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests;
