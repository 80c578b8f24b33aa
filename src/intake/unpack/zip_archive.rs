//! Zip archives: the directory decides what there is, each entry is inflated by itself, and what was cut off does not hurt the rest.

use std::cell::Cell;
use std::io::Read;
use std::ops::Range;

use zip::read::{ZipReadOptions, read_zipfile_from_stream_with_options};
use zip::result::ZipError;

use super::budget::{Budget, Counted, Packed};
use super::central::{self, Directory, Record};
use super::{Job, Trouble, names, sniff};
use crate::domain::finding::Reason;

/// Opens a zip; the error is what is wrong with it as a whole, when nothing in it could be read.
pub fn open(job: &mut Job<'_>, bytes: &[u8], name: &str, prefix: &str, depth: u32) -> Result<(), Reason> {
    let records_max = usize::try_from(job.budget.limits.entries_max).unwrap_or(usize::MAX).saturating_mul(4).saturating_add(1_000);
    let directory = central::read_directory(bytes, records_max);
    let mut archive = match directory {
        Some(directory) if directory.is_whole => Contents { limit: directory.start, directory, cut: Vec::new() },
        Some(directory) => fuller(directory, scan(&job.budget, bytes, records_max)?),
        None => scan(&job.budget, bytes, records_max)?,
    };
    let is_missing = |record: &Record| central::data_start(bytes, record.header_start).is_none();
    if archive.directory.is_spanned
        || (sniff::is_part_of_many(name) && archive.directory.is_whole && archive.directory.records.iter().any(is_missing))
    {
        job.add_archive_finding(Reason::ArchiveSpanned, prefix);
    } else if !archive.directory.is_whole {
        let is_part = bytes.starts_with(b"PK\x07\x08") || sniff::is_part_of_many(name);
        job.add_archive_finding(if is_part { Reason::ArchiveSpanned } else { Reason::ArchiveTruncated }, prefix);
    }
    for record in archive.directory.records.iter().filter(|record| record.is_directory && record.size_bytes > 0) {
        // A folder that holds bytes is a file that somebody hides.
        if let Some(path) = job.path_of(prefix, &shown_name(record)) {
            job.add_finding(Reason::EntryUnsupported, Some(&path));
        }
    }
    archive.directory.records.retain(|record| !record.is_directory);
    if archive.directory.records.is_empty() && archive.cut.is_empty() {
        return if archive.directory.is_whole && !archive.directory.is_spanned { Err(Reason::ArchiveEmpty) } else { Ok(()) };
    }
    let overlapping = overlapping_entries(bytes, &archive);
    if overlapping.iter().any(|overlaps| *overlaps) {
        job.add_archive_finding(Reason::ArchiveOverlapping, prefix);
    }
    let honest = archive.directory.records.iter().zip(overlapping).filter(|(_, overlaps)| !overlaps).map(|(record, _)| record);
    let outcome = read_entries(job, bytes, honest, prefix, depth);
    for record in archive.cut.iter().filter(|record| !record.is_directory) {
        if let Some(path) = job.path_of(prefix, &shown_name(record)) {
            job.add_finding(Reason::EntryDamaged, Some(&path));
        }
    }
    outcome
}

/// What an archive holds: whole entries, entries whose data is cut off, and where data may not reach.
struct Contents {
    directory: Directory,
    cut: Vec<Record>,
    limit: usize,
}

/// A directory that breaks off names fewer entries than are there; the local headers may name more.
fn fuller(directory: Directory, scanned: Contents) -> Contents {
    if scanned.directory.records.len() > directory.records.len() {
        return scanned;
    }
    Contents { limit: directory.start, directory, cut: Vec::new() }
}

/// The name as the candidate would recognise it.
fn shown_name(record: &Record) -> String {
    match &record.unicode_name {
        Some(name) => names::repair_text(name),
        None => names::repair_name(&record.name, record.has_utf8_flag()),
    }
}

fn read_entries<'r>(job: &mut Job<'_>, bytes: &[u8], records: impl Iterator<Item = &'r Record>, prefix: &str, depth: u32) -> Result<(), Reason> {
    let mut locked: Vec<String> = Vec::new();
    let mut n_open = 0;
    let mut n_seen = 0;
    for record in records {
        let Some(path) = job.path_of(prefix, &shown_name(record)) else { continue };
        n_seen += 1;
        job.count_entry()?;
        if is_special(record) || !is_known_method(record) {
            job.add_finding(Reason::EntryUnsupported, Some(&path));
            continue;
        }
        if has_another_name(bytes, record) {
            job.add_finding(Reason::EntryNameUnsafe, Some(&path));
        }
        match read_one(job, bytes, record) {
            Ok(contents) => {
                n_open += 1;
                job.deliver(path, contents, depth);
            }
            Err(Trouble::Entry(Reason::EntryPassword)) => locked.push(path),
            Err(Trouble::Entry(reason)) => job.add_finding(reason, Some(&path)),
            Err(Trouble::Whole(reason)) => return Err(reason),
        }
    }
    if n_seen == 0 {
        return Err(Reason::ArchiveEmpty);
    }
    if !locked.is_empty() && n_open == 0 && locked.len() == n_seen {
        return Err(Reason::ArchivePassword);
    }
    for path in locked {
        job.add_finding(Reason::EntryPassword, Some(&path));
    }
    Ok(())
}

/// Links, and devices, pipes and sockets; a "pipe" that holds data is a file that a pipe was zipped from.
fn is_special(record: &Record) -> bool {
    match record.unix_mode & 0xf000 {
        0xa000 => true,
        0x1000 | 0x2000 | 0x6000 | 0xc000 => record.size_bytes == 0,
        _ => false,
    }
}

/// What the zip crate inflates as it is built here; 99 is AES around one of the others (APPNOTE 4.4.5).
fn is_known_method(record: &Record) -> bool {
    let method = match (&record.aes, record.method) {
        (Some(aes), 99) => central::u16_at(aes, 9).unwrap_or(99),
        (_, method) => method,
    };
    matches!(method, 0 | 8 | 9 | 12 | 14 | 93 | 95 | 98)
}

/// Whether the entry's own header calls it otherwise than the directory does: two programs would show two files.
fn has_another_name(bytes: &[u8], record: &Record) -> bool {
    let local = central::local_name(bytes, record.header_start).unwrap_or(&record.name);
    // An empty name is what programs write that encrypt the directory or stream.
    local != record.name && !local.is_empty() && names::repair_name(local, record.has_utf8_flag()) != shown_name(record)
}

/// The contents of one entry, with the first password that fits moved to the front for the next.
fn read_one(job: &mut Job<'_>, bytes: &[u8], record: &Record) -> Result<Vec<u8>, Trouble> {
    job.budget.check_declared(record.size_bytes, record.packed_bytes)?;
    let damaged = Trouble::Entry(Reason::EntryDamaged);
    let start = central::data_start(bytes, record.header_start).ok_or(damaged)?;
    let end = usize::try_from(record.packed_bytes).ok().and_then(|packed| start.checked_add(packed)).ok_or(damaged)?;
    let data = bytes.get(start..end).ok_or(damaged)?;
    if !record.is_encrypted() {
        return inflate(job, record, data, None);
    }
    const STRONG_ENCRYPTION: u16 = 0x40;
    if record.flags & STRONG_ENCRYPTION != 0 {
        return Err(Trouble::Entry(Reason::EntryUnsupported));
    }
    for position in 0..job.passwords.len() {
        let Some(password) = job.passwords.get(position).cloned() else { break };
        for written in spellings(&password) {
            job.budget.check_time().map_err(Trouble::Whole)?;
            match inflate(job, record, data, Some(&written)) {
                Ok(contents) => {
                    job.passwords.swap(0, position);
                    return Ok(contents);
                }
                // A wrong password is not always noticed before the checksum is.
                Err(Trouble::Entry(Reason::EntryPassword | Reason::EntryDamaged)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
    }
    Err(Trouble::Entry(Reason::EntryPassword))
}

/// The bytes of a password in the sets in which zip programs write it.
fn spellings(password: &str) -> Vec<Vec<u8>> {
    let mut spellings = vec![password.as_bytes().to_vec()];
    if !password.is_ascii() {
        let (windows, _, had_errors) = encoding_rs::WINDOWS_1252.encode(password);
        if !had_errors {
            spellings.push(windows.into_owned());
        }
        spellings.extend(oem_cp::encode_string_checked(password, &oem_cp::code_table::ENCODING_TABLE_CP850));
    }
    spellings
}

/// Inflates one entry by the zip crate, under a local header of our own making: what the directory says, and nothing else.
fn inflate(job: &mut Job<'_>, record: &Record, data: &[u8], password: Option<&[u8]>) -> Result<Vec<u8>, Trouble> {
    let header = local_header(record, data.len());
    let consumed = Cell::new(0);
    let mut stream = header.as_slice().chain(Counted::new(data, &consumed));
    let options = ZipReadOptions::new()
        .password(password)
        .override_compressed_size(record.packed_bytes)
        .override_uncompressed_size(record.size_bytes)
        .override_crc(record.crc32);
    let entry = read_zipfile_from_stream_with_options(&mut stream, options);
    match entry {
        Ok(Some(mut entry)) => {
            job.budget.read_entry(&mut entry, record.size_bytes, Packed { total: Some(record.packed_bytes), consumed: Some(&consumed) })
        }
        Ok(None) => Err(Trouble::Entry(Reason::EntryDamaged)),
        Err(ZipError::InvalidPassword) => Err(Trouble::Entry(Reason::EntryPassword)),
        Err(ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_)) => Err(Trouble::Entry(Reason::EntryUnsupported)),
        Err(_) => Err(Trouble::Entry(Reason::EntryDamaged)),
    }
}

fn local_header(record: &Record, packed: usize) -> Vec<u8> {
    let aes = record.aes.as_deref().unwrap_or_default();
    // The descriptor's bit stays on encrypted entries alone: ZipCrypto checks its password against the time then, else against the checksum.
    let flags = if record.is_encrypted() { record.flags & 0x0809 } else { record.flags & 0x0800 };
    let mut header = Vec::with_capacity(64);
    header.extend(b"PK\x03\x04");
    for field in [51, flags, record.method, record.time, record.date] {
        header.extend(field.to_le_bytes());
    }
    header.extend(record.crc32.to_le_bytes());
    header.extend(u32::try_from(packed).unwrap_or(u32::MAX).to_le_bytes());
    header.extend(0_u32.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(u16::try_from(aes.len()).unwrap_or(0).to_le_bytes());
    header.push(b'x');
    header.extend(aes);
    header
}

/// Which entries share bytes with another: bombs that inflate one body many times. Of entries that are one and the same, the first counts.
fn overlapping_entries(bytes: &[u8], archive: &Contents) -> Vec<bool> {
    let records = &archive.directory.records;
    let mut ranges: Vec<(Range<usize>, usize)> = Vec::with_capacity(records.len());
    for (position, record) in records.iter().enumerate() {
        if let Some(start) = central::data_start(bytes, record.header_start) {
            let end = start.saturating_add(usize::try_from(record.packed_bytes).unwrap_or(usize::MAX));
            // What would reach beyond the file cannot be read at all, and says nothing about its neighbours.
            if end <= bytes.len() {
                ranges.push((record.header_start..end, position));
            }
        }
    }
    ranges.sort_by_key(|(range, position)| (range.start, range.end, *position));
    let mut overlaps = vec![false; records.len()];
    let mut mark = |position: usize| {
        if let Some(overlap) = overlaps.get_mut(position) {
            *overlap = true;
        }
    };
    let mut last: Option<(Range<usize>, usize)> = None;
    for (range, position) in ranges {
        if range.end > archive.limit {
            mark(position);
        }
        match &last {
            Some((known, _)) if *known == range => mark(position),
            Some((known, known_position)) if known.end > range.start => {
                mark(*known_position);
                mark(position);
                if range.end > known.end {
                    last = Some((range, position));
                }
            }
            _ => last = Some((range, position)),
        }
    }
    overlaps
}

/// Finds entries by their local headers, where there is no directory: a transfer that broke off, one volume of many.
///
/// Streams of unknown length have to be inflated to find their ends, so this counts as work of the archive.
fn scan(budget: &Budget, bytes: &[u8], records_max: usize) -> Result<Contents, Reason> {
    const INFLATED_BYTES_MAX: u64 = 512 << 20;
    let mut inflatable = INFLATED_BYTES_MAX;
    let mut contents = Contents { directory: Directory::default(), cut: Vec::new(), limit: bytes.len() };
    let mut at = next_header(bytes, 0);
    while let Some(header) = at {
        if contents.directory.records.len() >= records_max {
            break;
        }
        budget.check_time()?;
        let (Some(mut record), Some(start)) = (central::read_local(bytes, header), central::data_start(bytes, header)) else { break };
        let end = if record.has_data_descriptor() && record.packed_bytes == 0 && !record.is_directory {
            measure(bytes, start, &mut record, &mut inflatable)
        } else {
            usize::try_from(record.packed_bytes).ok().and_then(|packed| start.checked_add(packed)).filter(|end| *end <= bytes.len())
        };
        match end {
            Some(end) => {
                contents.directory.records.push(record);
                at = next_header(bytes, end);
            }
            None => {
                contents.cut.push(record);
                at = None;
            }
        }
    }
    Ok(contents)
}

fn next_header(bytes: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..).and_then(|rest| sniff::find(rest, b"PK\x03\x04")).map(|at| from + at)
}

/// The end of data whose length stands behind it (APPNOTE 4.3.9): for deflate where the stream ends, else where the descriptor's mark is.
fn measure(bytes: &[u8], start: usize, record: &mut Record, inflatable: &mut u64) -> Option<usize> {
    const DEFLATE: u16 = 8;
    let data = bytes.get(start..)?;
    let packed =
        if record.method == DEFLATE && !record.is_encrypted() { deflated_length(data, inflatable)? } else { sniff::find(data, b"PK\x07\x08")? };
    let end = start.checked_add(packed)?;
    let fields = if bytes.get(end..)?.starts_with(b"PK\x07\x08") { end + 4 } else { end };
    record.crc32 = central::u32_at(bytes, fields)?;
    record.packed_bytes = u64::try_from(packed).ok()?;
    // Zip64 descriptors hold both sizes in eight bytes each; the packed size tells which one this is.
    let is_wide = u64::from(central::u32_at(bytes, fields + 4)?) == record.packed_bytes && central::u32_at(bytes, fields + 8) == Some(0);
    let is_next = |at: usize| bytes.get(at..).is_some_and(|rest| rest.starts_with(b"PK") || rest.is_empty());
    record.size_bytes = u64::from(central::u32_at(bytes, if is_wide && is_next(fields + 20) { fields + 12 } else { fields + 8 })?);
    Some(end)
}

/// How many bytes a deflate stream takes; `None` when it is cut off or inflates beyond reason.
fn deflated_length(data: &[u8], inflatable: &mut u64) -> Option<usize> {
    let mut inflater = flate2::Decompress::new(false);
    let mut scratch = vec![0_u8; 64 << 10];
    loop {
        let consumed = usize::try_from(inflater.total_in()).ok()?;
        let produced = inflater.total_out();
        let status = inflater.decompress(data.get(consumed..)?, &mut scratch, flate2::FlushDecompress::None).ok()?;
        *inflatable = inflatable.saturating_sub(inflater.total_out() - produced);
        if matches!(status, flate2::Status::StreamEnd) {
            return usize::try_from(inflater.total_in()).ok();
        }
        let moved = inflater.total_out() > produced || usize::try_from(inflater.total_in()).ok()? > consumed;
        if !moved || *inflatable == 0 {
            return None;
        }
    }
}
