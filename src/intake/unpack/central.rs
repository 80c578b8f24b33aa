//! The zip container (APPNOTE 6.3.10): end record, central directory, local headers. Reads only what lists entries; inflates nothing.
//!
//! The zip crate keeps one entry per name and gives up at the first damaged record; candidates' archives repeat names and end too early,
//! so the directory is walked here and each entry handed to the crate by itself.

/// One entry, as its directory (or, without one, its local header) declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    pub name: Vec<u8>,
    /// From the Info-ZIP Unicode path field (0x7075), when its checksum fits the name.
    pub unicode_name: Option<String>,
    pub flags: u16,
    pub method: u16,
    pub time: u16,
    pub date: u16,
    pub crc32: u32,
    pub packed_bytes: u64,
    pub size_bytes: u64,
    /// From the beginning of the file, whatever stands before the archive.
    pub header_start: usize,
    /// The AES field (0x9901), whole.
    pub aes: Option<Vec<u8>>,
    /// Unix mode, when a Unix wrote the archive.
    pub unix_mode: u32,
    pub is_directory: bool,
}

impl Record {
    pub fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    pub fn has_utf8_flag(&self) -> bool {
        self.flags & 0x800 != 0
    }

    pub fn has_data_descriptor(&self) -> bool {
        self.flags & 8 != 0
    }
}

/// The central directory as it was found.
#[derive(Debug, Default)]
pub struct Directory {
    pub records: Vec<Record>,
    /// All records that the end record announces are there.
    pub is_whole: bool,
    pub is_spanned: bool,
    pub start: usize,
}

struct End {
    at: usize,
    disk: u32,
    n_records: u64,
    directory_bytes: u64,
    directory_offset: u64,
}

pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

fn has_mark(bytes: &[u8], at: usize, mark: &[u8; 4]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(mark))
}

/// Where the end record stands. Mail gateways append to files, so the whole file is searched, from its end.
///
/// A comment may hold the same four bytes: the last place counts at which a directory really lies where the record says, else the last whose
/// comment fits into the file.
pub fn end_record(bytes: &[u8]) -> Option<usize> {
    const PLACES_MAX: usize = 500;
    let mut places = end_marks(bytes).take(PLACES_MAX).peekable();
    let last = *places.peek()?;
    let leads_to_a_directory = |at: &usize| read_end_at(bytes, *at).is_some_and(|end| directory_start(bytes, &end).is_some());
    Some(places.find(leads_to_a_directory).unwrap_or(last))
}

/// The places of the mark from the end backwards, where a comment of the length that follows fits into the file.
fn end_marks(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut before = bytes.len().saturating_sub(21);
    std::iter::from_fn(move || {
        loop {
            let at = bytes.get(..before)?.iter().rposition(|byte| *byte == b'P')?;
            before = at;
            if has_mark(bytes, at, b"PK\x05\x06") && u16_at(bytes, at + 20).is_some_and(|comment| at + 22 + usize::from(comment) <= bytes.len()) {
                return Some(at);
            }
        }
    })
}

/// Where the directory begins: just before the end record, or where the record says.
fn directory_start(bytes: &[u8], end: &End) -> Option<usize> {
    let by_size = usize::try_from(end.directory_bytes).ok().and_then(|size| end.at.checked_sub(size));
    let by_offset = usize::try_from(end.directory_offset).ok();
    [by_size, by_offset].into_iter().flatten().find(|start| has_mark(bytes, *start, b"PK\x01\x02"))
}

fn read_end(bytes: &[u8]) -> Option<End> {
    read_end_at(bytes, end_record(bytes)?)
}

fn read_end_at(bytes: &[u8], at: usize) -> Option<End> {
    let mut end = End {
        at,
        disk: u32::from(u16_at(bytes, at + 4)?),
        n_records: u64::from(u16_at(bytes, at + 10)?),
        directory_bytes: u64::from(u32_at(bytes, at + 12)?),
        directory_offset: u64::from(u32_at(bytes, at + 16)?),
    };
    let locator = at.checked_sub(20).filter(|locator| has_mark(bytes, *locator, b"PK\x06\x07"));
    let needs_zip64 = end.n_records == 0xffff || end.directory_bytes == 0xffff_ffff || end.directory_offset == 0xffff_ffff || locator.is_some();
    if needs_zip64 && let Some(locator) = locator {
        let declared = usize::try_from(u64_at(bytes, locator + 8)?).ok();
        let just_before = locator.checked_sub(56);
        let found = [declared, just_before].into_iter().flatten().find(|place| has_mark(bytes, *place, b"PK\x06\x06"));
        if let Some(place) = found {
            end = End {
                at: place,
                disk: u32_at(bytes, place + 16)?,
                n_records: u64_at(bytes, place + 32)?,
                directory_bytes: u64_at(bytes, place + 40)?,
                directory_offset: u64_at(bytes, place + 48)?,
            };
        }
    }
    Some(end)
}

/// Reads the central directory; `None` when there is none (a truncated archive). At most `records_max` records are kept.
pub fn read_directory(bytes: &[u8], records_max: usize) -> Option<Directory> {
    let end = read_end(bytes)?;
    let is_spanned = end.disk != 0 && end.disk != 0xffff && end.disk != 0xffff_ffff;
    let mark = b"PK\x01\x02";
    if end.n_records == 0 && end.directory_bytes == 0 {
        return Some(Directory { is_whole: true, is_spanned, start: end.at, ..Directory::default() });
    }
    let start = directory_start(bytes, &end)?;
    // What stands before the archive (a self-extractor, a mail gateway's banner) moves every offset.
    let shift = i64::try_from(start).ok()?.checked_sub(i64::try_from(end.directory_offset).ok()?)?;
    let mut directory = Directory { start, is_spanned, ..Directory::default() };
    let mut at = start;
    while has_mark(bytes, at, mark) && directory.records.len() < records_max {
        let Some((record, next)) = read_record(bytes, at, shift) else { break };
        directory.records.push(record);
        at = next;
    }
    mend_places(bytes, &mut directory.records, shift);
    let n_read = u64::try_from(directory.records.len()).unwrap_or(u64::MAX);
    // Old zippers count modulo 65,536.
    directory.is_whole = n_read >= end.n_records || n_read % 0x1_0000 == end.n_records || directory.records.len() >= records_max;
    Some(directory)
}

/// Where no entry lies at its place, the directory's own place may be wrong in the end record: entries are then where they say, unshifted.
fn mend_places(bytes: &[u8], records: &mut [Record], shift: i64) {
    const LOOKED_AT: usize = 50;
    let Some(back) = usize::try_from(shift.unsigned_abs()).ok().filter(|back| *back != 0) else { return };
    let unshifted = |record: &Record| if shift > 0 { record.header_start.checked_sub(back) } else { record.header_start.checked_add(back) };
    let is_there = |at: usize| has_mark(bytes, at, b"PK\x03\x04");
    let looked_at = records.iter().take(LOOKED_AT);
    if looked_at.clone().all(|record| !is_there(record.header_start)) && looked_at.clone().any(|record| unshifted(record).is_some_and(is_there)) {
        for record in records {
            record.header_start = unshifted(record).unwrap_or(usize::MAX);
        }
    }
}

fn read_record(bytes: &[u8], at: usize, shift: i64) -> Option<(Record, usize)> {
    let name_length = usize::from(u16_at(bytes, at + 28)?);
    let extra_length = usize::from(u16_at(bytes, at + 30)?);
    let comment_length = usize::from(u16_at(bytes, at + 32)?);
    let name = bytes.get(at + 46..at + 46 + name_length)?.to_vec();
    let extra = bytes.get(at + 46 + name_length..at + 46 + name_length + extra_length)?;
    let made_by_system = bytes.get(at + 5)?;
    let attributes = u32_at(bytes, at + 38)?;
    let mut offset = u64::from(u32_at(bytes, at + 42)?);
    let mut record = Record {
        flags: u16_at(bytes, at + 8)?,
        method: u16_at(bytes, at + 10)?,
        time: u16_at(bytes, at + 12)?,
        date: u16_at(bytes, at + 14)?,
        crc32: u32_at(bytes, at + 16)?,
        packed_bytes: u64::from(u32_at(bytes, at + 20)?),
        size_bytes: u64::from(u32_at(bytes, at + 24)?),
        // 3 Unix, 19 macOS; other systems put nothing of use into the upper half.
        unix_mode: if matches!(made_by_system, 3 | 19) { attributes >> 16 } else { 0 },
        name,
        ..Record::default()
    };
    read_extra(extra, &mut record, Some(&mut offset));
    record.is_directory = is_directory_name(&record.name)
        || (attributes & 0x10 != 0 && record.size_bytes == 0 && record.packed_bytes == 0)
        || record.unix_mode & 0xf000 == 0x4000;
    // A place outside the file is that entry's trouble alone.
    let place = i64::try_from(offset).ok().and_then(|offset| offset.checked_add(shift));
    record.header_start = place.and_then(|place| usize::try_from(place).ok()).unwrap_or(usize::MAX);
    Some((record, at + 46 + name_length + extra_length + comment_length))
}

fn is_directory_name(name: &[u8]) -> bool {
    name.ends_with(b"/") || name.ends_with(b"\\")
}

/// Zip64 sizes (0x0001), the Unicode path (0x7075) and AES (0x9901).
fn read_extra(extra: &[u8], record: &mut Record, mut offset: Option<&mut u64>) {
    let mut rest = extra;
    while let (Some(id), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let Some(value) = rest.get(4..4 + usize::from(length)) else { return };
        match id {
            0x0001 if offset.is_some() || record.size_bytes == 0xffff_ffff || record.packed_bytes == 0xffff_ffff => {
                let mut at = 0;
                let mut next = |field: &mut u64| {
                    if *field == 0xffff_ffff
                        && let Some(wide) = u64_at(value, at)
                    {
                        *field = wide;
                        at += 8;
                    }
                };
                next(&mut record.size_bytes);
                next(&mut record.packed_bytes);
                if let Some(offset) = offset.as_deref_mut() {
                    next(offset);
                }
            }
            0x7075 if value.first() == Some(&1) && u32_at(value, 1) == Some(crc32(&record.name)) => {
                record.unicode_name = value.get(5..).and_then(|name| String::from_utf8(name.to_vec()).ok()).filter(|name| !name.is_empty());
            }
            0x9901 => record.aes = rest.get(..4 + usize::from(length)).map(<[u8]>::to_vec),
            _ => {}
        }
        rest = rest.get(4 + usize::from(length)..).unwrap_or_default();
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Where the data of the entry begins whose local header stands at `at`.
pub fn data_start(bytes: &[u8], at: usize) -> Option<usize> {
    if !has_mark(bytes, at, b"PK\x03\x04") {
        return None;
    }
    let name_length = usize::from(u16_at(bytes, at + 26)?);
    let extra_length = usize::from(u16_at(bytes, at + 28)?);
    Some(at + 30 + name_length + extra_length)
}

/// The name that the local header at `at` gives its entry.
pub fn local_name(bytes: &[u8], at: usize) -> Option<&[u8]> {
    data_start(bytes, at)?;
    bytes.get(at + 30..at + 30 + usize::from(u16_at(bytes, at + 26)?))
}

/// What a local header says of its entry, for archives without a directory.
pub fn read_local(bytes: &[u8], at: usize) -> Option<Record> {
    let start = data_start(bytes, at)?;
    let name_length = usize::from(u16_at(bytes, at + 26)?);
    let mut record = Record {
        name: bytes.get(at + 30..at + 30 + name_length)?.to_vec(),
        flags: u16_at(bytes, at + 6)?,
        method: u16_at(bytes, at + 8)?,
        time: u16_at(bytes, at + 10)?,
        date: u16_at(bytes, at + 12)?,
        crc32: u32_at(bytes, at + 14)?,
        packed_bytes: u64::from(u32_at(bytes, at + 18)?),
        size_bytes: u64::from(u32_at(bytes, at + 22)?),
        ..Record::default()
    };
    read_extra(bytes.get(at + 30 + name_length..start)?, &mut record, None);
    record.header_start = at;
    record.is_directory = is_directory_name(&record.name);
    Some(record)
}

/// The raw names of the entries, from the directory or, without one, from the local headers at the beginning.
pub fn entry_names(bytes: &[u8], names_max: usize) -> Vec<&[u8]> {
    let mut names = Vec::new();
    let mut at = read_end(bytes).and_then(|end| directory_start(bytes, &end)).unwrap_or(0);
    while names.len() < names_max {
        let (name_at, length, next) = if has_mark(bytes, at, b"PK\x01\x02") {
            let lengths = [28, 30, 32].map(|field| u16_at(bytes, at + field).map(usize::from));
            let [Some(name), Some(extra), Some(comment)] = lengths else { break };
            (at + 46, name, at + 46 + name + extra + comment)
        } else if has_mark(bytes, at, b"PK\x03\x04") {
            let (Some(name), Some(packed), Some(start)) = (u16_at(bytes, at + 26), u32_at(bytes, at + 18), data_start(bytes, at)) else { break };
            (at + 30, usize::from(name), start.saturating_add(usize::try_from(packed).unwrap_or(usize::MAX)))
        } else {
            break;
        };
        let Some(name) = bytes.get(name_at..name_at + length) else { break };
        names.push(name);
        at = next;
    }
    names
}
