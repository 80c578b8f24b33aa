//! Archives that are read from beginning to end: tar, and tar or a single file behind gz, bz2, xz, zst.

use std::cell::Cell;
use std::io::{BufReader, Cursor, ErrorKind, Read};

use super::budget::{Counted, Metered, Packed, reason_of};
use super::{ArchiveFormat, Job, Trouble, names, sniff};
use crate::domain::finding::Reason;

/// What a decoder may hold for itself, in KiB.
const DECODER_KIB_MAX: u32 = 160 << 10;

/// Opens a stream; gives its format, for example `tar.gz`.
pub fn open(job: &mut Job<'_>, format: ArchiveFormat, bytes: &[u8], name: &str, prefix: &str, depth: u32) -> Result<String, Reason> {
    let consumed = Cell::new(0);
    let source = Counted::new(bytes, &consumed);
    let decoder: Box<dyn Read + '_> = match format {
        ArchiveFormat::Gzip => Box::new(flate2::read::MultiGzDecoder::new(source)),
        ArchiveFormat::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(source)),
        ArchiveFormat::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(BufReader::new(source), true, DECODER_KIB_MAX)),
        ArchiveFormat::Zstd => {
            const WINDOW_LOG_MAX: u32 = 27;
            let mut decoder = zstd::stream::read::Decoder::new(source).map_err(|_| Reason::ArchiveDamaged)?;
            decoder.window_log_max(WINDOW_LOG_MAX).map_err(|_| Reason::ArchiveDamaged)?;
            Box::new(decoder)
        }
        _ => Box::new(source),
    };
    let mut stream = Metered::new(decoder, &job.budget, bytes.len(), Some(&consumed));
    let mut head = Vec::with_capacity(512);
    let head_error = (&mut stream).take(512).read_to_end(&mut head).err();
    if sniff::is_tar_start(&head) {
        let slug = if format == ArchiveFormat::Tar { "tar".to_owned() } else { format!("tar.{}", format.slug()) };
        if let Err(reason) = read_tar(job, Cursor::new(head).chain(stream), prefix, depth) {
            job.add_archive_finding(reason, prefix);
        }
        return Ok(slug);
    }
    if let Some(error) = head_error {
        return Err(reason_of_stream(&error));
    }
    let inner = single_name(format, bytes, name);
    let Some(path) = job.path_of(prefix, &inner) else { return Ok(format.slug().to_owned()) };
    job.count_entry()?;
    let mut whole = Noting { inner: Cursor::new(head).chain(stream), ended_early: false };
    match job.budget.read_entry(&mut whole, 0, Packed::default()) {
        Ok(contents) => job.deliver(path, contents, depth),
        Err(Trouble::Entry(Reason::EntryDamaged)) if whole.ended_early => return Err(Reason::ArchiveTruncated),
        Err(Trouble::Entry(Reason::EntryDamaged)) => return Err(Reason::ArchiveDamaged),
        Err(Trouble::Entry(reason) | Trouble::Whole(reason)) => return Err(reason),
    }
    Ok(format.slug().to_owned())
}

/// Reads a tar stream of any maker (also what [`super::external`] turns other formats into).
pub fn read_tar(job: &mut Job<'_>, stream: impl Read, prefix: &str, depth: u32) -> Result<(), Reason> {
    let mut archive = tar::Archive::new(stream);
    let entries = archive.entries().map_err(|error| reason_of_stream(&error))?;
    let mut n_files = 0;
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return Err(reason_of_stream(&error)),
        };
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let Some(path) = job.path_of(prefix, &names::repair_name(&entry.path_bytes(), false)) else { continue };
        n_files += 1;
        job.count_entry()?;
        if !(kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) {
            job.add_finding(Reason::EntryUnsupported, Some(&path));
            continue;
        }
        let size = entry.size();
        if let Err(trouble) = job.budget.check_declared(size, size) {
            match trouble {
                Trouble::Entry(reason) => job.add_finding(reason, Some(&path)),
                Trouble::Whole(reason) => return Err(reason),
            }
            continue;
        }
        match job.budget.read_entry(&mut entry, size, Packed::default()) {
            Ok(contents) if u64::try_from(contents.len()).is_ok_and(|length| length == size) => job.deliver(path, contents, depth),
            Ok(_) | Err(Trouble::Entry(Reason::EntryDamaged)) => {
                job.add_finding(Reason::EntryDamaged, Some(&path));
                return Err(Reason::ArchiveTruncated);
            }
            Err(Trouble::Entry(reason)) => job.add_finding(reason, Some(&path)),
            Err(Trouble::Whole(reason)) => return Err(reason),
        }
    }
    if n_files == 0 { Err(Reason::ArchiveEmpty) } else { Ok(()) }
}

fn reason_of_stream(error: &std::io::Error) -> Reason {
    reason_of(error).unwrap_or(match error.kind() {
        ErrorKind::UnexpectedEof => Reason::ArchiveTruncated,
        _ => Reason::ArchiveDamaged,
    })
}

/// Remembers whether a stream ended where it should not have.
struct Noting<R> {
    inner: R,
    ended_early: bool,
}

impl<R: Read> Read for Noting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.inner.read(buffer).inspect_err(|error| self.ended_early |= error.kind() == ErrorKind::UnexpectedEof)
    }
}

/// The name of the one file in a gz (RFC 1952 FNAME), else the archive's without its ending.
fn single_name(format: ArchiveFormat, bytes: &[u8], name: &str) -> String {
    const FNAME: u8 = 8;
    let only_name = bytes.get(3).is_some_and(|flags| flags & 0b1_1110 == FNAME);
    if format == ArchiveFormat::Gzip && only_name {
        let raw = bytes.get(10..).unwrap_or_default().split(|byte| *byte == 0).next().unwrap_or_default();
        if !raw.is_empty() && raw.len() < 300 {
            return names::repair_name(raw, false);
        }
    }
    let lower = name.to_lowercase();
    let endings = [".gz", ".bz2", ".xz", ".zst", ".tgz", ".txz"];
    let ending = endings.iter().find(|ending| lower.ends_with(**ending)).map_or(0, |ending| ending.len());
    let stem = name.get(..name.len().saturating_sub(ending)).unwrap_or(name);
    if stem.is_empty() { "contenu".to_owned() } else { stem.to_owned() }
}
