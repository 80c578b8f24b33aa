//! 7z archives: solid blocks read in order; a password that does not fit shows only when the data makes no sense.

use std::cell::Cell;
use std::io::{Cursor, Read};

use sevenz_rust2::{ArchiveEntry, ArchiveReader, EntryDecision, Error, Password};

use super::budget::{Counted, Metered, Packed};
use super::{Job, Trouble, names, sniff};
use crate::domain::finding::Reason;

/// Dictionaries and models of one block, in KiB: `7z -mx=9` wants 64 MiB, PPMd 192.
const MEMORY_KIB_MAX: usize = 200 << 10;
const SIGNATURE: &[u8] = b"7z\xbc\xaf\x27\x1c";

/// Opens a 7z; the error is what is wrong with it as a whole.
pub fn open(job: &mut Job<'_>, bytes: &[u8], name: &str, prefix: &str, depth: u32) -> Result<(), Reason> {
    let start = if bytes.starts_with(SIGNATURE) { 0 } else { sniff::find(bytes, SIGNATURE).unwrap_or(0) };
    let bytes = bytes.get(start..).unwrap_or(bytes);
    if is_cut(bytes) {
        return Err(if sniff::is_part_of_many(name) { Reason::ArchiveSpanned } else { Reason::ArchiveTruncated });
    }
    let mut passwords = vec![Password::empty()];
    passwords.extend(job.passwords.iter().map(|password| Password::from(password.as_str())));
    let n_passwords = passwords.len();
    let mut failure = Reason::ArchivePassword;
    for (position, password) in passwords.into_iter().enumerate() {
        job.budget.check_time()?;
        let consumed = Cell::new(0);
        let source = Counted::new(Cursor::new(bytes), &consumed);
        let reader = match ArchiveReader::new_with_memory_limit(source, password, MEMORY_KIB_MAX) {
            Ok(reader) => reader,
            Err(error) if position == 0 && !is_locked(&error) => return Err(reason_of_opening(&error)),
            Err(_) => continue,
        };
        let is_encrypted = (0..reader.archive().files.len()).any(|file| reader.archive().is_file_encrypted(file));
        if is_encrypted && position == 0 && n_passwords > 1 {
            // An empty password fits nothing; the next ones may.
            continue;
        }
        if is_encrypted && position == 0 {
            return Err(Reason::ArchivePassword);
        }
        match read_all(job, reader, (bytes.len(), &consumed), is_encrypted, prefix, depth) {
            Outcome::Done => {
                if position > 1 {
                    job.passwords.swap(0, position - 1);
                }
                return Ok(());
            }
            Outcome::WrongPassword => failure = Reason::ArchivePassword,
            Outcome::Failed(reason) => return Err(reason),
        }
    }
    Err(failure)
}

enum Outcome {
    Done,
    WrongPassword,
    Failed(Reason),
}

/// The header stands at the end: a file too short for where the first bytes say it is was cut.
fn is_cut(bytes: &[u8]) -> bool {
    let field = |at: usize| bytes.get(at..at + 8).and_then(|eight| <[u8; 8]>::try_from(eight).ok()).map(u64::from_le_bytes);
    match (field(12), field(20)) {
        (Some(offset), Some(size)) => offset.saturating_add(size).saturating_add(32) > u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        _ => true,
    }
}

fn is_locked(error: &Error) -> bool {
    matches!(error, Error::PasswordRequired | Error::MaybeBadPassword(_))
}

fn reason_of_opening(error: &Error) -> Reason {
    match error {
        Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) | Error::UnsupportedVersion { .. } | Error::ExternalUnsupported => {
            Reason::ArchiveUnknownFormat
        }
        Error::MaxMemLimited { .. } => Reason::ArchiveTooLarge,
        _ => Reason::ArchiveDamaged,
    }
}

/// The archive's size, and what was read of it.
type Read7z<'c> = (usize, &'c Cell<u64>);

fn read_all(
    job: &mut Job<'_>,
    mut reader: ArchiveReader<Counted<'_, Cursor<&[u8]>>>,
    packed: Read7z<'_>,
    is_encrypted: bool,
    prefix: &str,
    depth: u32,
) -> Outcome {
    reader.set_thread_count(1);
    let n_files = reader.archive().files.iter().filter(|file| !file.is_directory).count();
    if n_files == 0 {
        return Outcome::Failed(Reason::ArchiveEmpty);
    }
    let mut n_read = 0;
    let mut n_visited = 0;
    let mut whole_trouble = None;
    let result = reader.for_each_entries_with_decision(|entry, contents| {
        if entry.is_directory || entry.is_anti_item {
            return Ok(EntryDecision::Continue);
        }
        n_visited += 1;
        match read_one(job, entry, contents, packed, prefix, depth, is_encrypted && n_read == 0) {
            Ok(()) => {
                n_read += 1;
                Ok(EntryDecision::Continue)
            }
            Err(Trouble::Entry(_)) if is_encrypted && n_read == 0 => {
                whole_trouble = Some(Outcome::WrongPassword);
                Ok(EntryDecision::Stop)
            }
            // What follows in a solid block depends on what could not be read.
            Err(Trouble::Entry(_)) => Ok(EntryDecision::SkipBlock),
            Err(Trouble::Whole(reason)) => {
                whole_trouble = Some(Outcome::Failed(reason));
                Ok(EntryDecision::Stop)
            }
        }
    });
    if let Some(outcome) = whole_trouble {
        return outcome;
    }
    match result {
        Err(_) if is_encrypted && n_read == 0 => Outcome::WrongPassword,
        Err(error) if n_read == 0 => Outcome::Failed(reason_of_opening(&error)),
        Ok(()) if n_visited >= n_files => Outcome::Done,
        // Entries behind the damage were never reached.
        _ => {
            job.add_archive_finding(Reason::ArchiveDamaged, prefix);
            Outcome::Done
        }
    }
}

fn read_one(
    job: &mut Job<'_>,
    entry: &ArchiveEntry,
    contents: &mut dyn Read,
    (packed, consumed): Read7z<'_>,
    prefix: &str,
    depth: u32,
    silent: bool,
) -> Result<(), Trouble> {
    let Some(path) = job.path_of(prefix, &names::repair_text(&entry.name)) else { return Ok(()) };
    job.count_entry().map_err(Trouble::Whole)?;
    const HAS_UNIX_MODE: u32 = 0x8000;
    let mode = if entry.windows_attributes & HAS_UNIX_MODE != 0 { entry.windows_attributes >> 16 } else { 0 };
    if matches!(mode & 0xf000, 0xa000 | 0x2000 | 0x6000 | 0x1000 | 0xc000) {
        job.add_finding(Reason::EntryUnsupported, Some(&path));
        return Ok(());
    }
    let packed_bytes = u64::try_from(packed).unwrap_or(u64::MAX);
    let read = job.budget.check_declared(entry.size, packed_bytes).and_then(|()| {
        let mut metered = Metered::new(contents, &job.budget, packed, Some(consumed));
        job.budget.read_entry(&mut metered, entry.size, Packed { total: Some(packed_bytes), consumed: None })
    });
    match read {
        Ok(contents) => {
            job.deliver(path, contents, depth);
            Ok(())
        }
        Err(Trouble::Entry(reason)) => {
            if !silent {
                job.add_finding(reason, Some(&path));
            }
            Err(Trouble::Entry(reason))
        }
        Err(trouble) => Err(trouble),
    }
}
