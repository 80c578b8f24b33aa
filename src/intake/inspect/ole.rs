//! Old Word files: the compound file ([MS-CFB]) and the text of a Word 97-2003 document through its piece table ([MS-DOC]).

use super::media::Media;
use super::{Opened, plain};
use crate::domain::finding::Reason;

/// Streams are not followed beyond this size.
const STREAM_BYTES_MAX: usize = 48 << 20;
const END_OF_CHAIN: u32 = 0xffff_fffa;

/// Opens a compound file.
pub fn open(bytes: &[u8]) -> Opened {
    let media_type = Media::Ole.media_type();
    let Some(file) = CompoundFile::open(bytes) else { return Opened::unreadable(media_type, Reason::FileDamaged) };
    if file.stream("EncryptedPackage").is_some() {
        return Opened::unreadable(Media::EncryptedOffice.media_type(), Reason::FilePassword);
    }
    let Some(document) = file.stream("WordDocument") else { return Opened::unreadable("application/x-ole-storage", Reason::FileUnknownFormat) };
    // FibBase flags, [MS-DOC] 2.5.2: bit 8 encrypted, bit 9 which of the two table streams.
    let flags = number(&document, 0x0a, 2).unwrap_or(0);
    if flags & 0x0100 != 0 {
        return Opened::unreadable(media_type, Reason::FilePassword);
    }
    let table = file.stream(if flags & 0x0200 != 0 { "1Table" } else { "0Table" });
    match table.and_then(|table| word_text(&document, &table)) {
        Some(text) if !text.trim().is_empty() => {
            let opened = Opened::texts(media_type, vec![text]);
            if file.has("VBA") { opened.with_finding(Reason::FileMacroOrExecutable) } else { opened }
        }
        _ => Opened::unreadable(media_type, Reason::FileDamaged),
    }
}

/// A little-endian number of up to four bytes.
fn number(bytes: &[u8], position: usize, length: usize) -> Option<u32> {
    let raw = bytes.get(position..position.checked_add(length)?)?;
    Some(raw.iter().rev().fold(0, |value, &byte| (value << 8) | u32::from(byte)))
}

struct Entry {
    name: String,
    start: u32,
    size: usize,
}

struct CompoundFile<'a> {
    bytes: &'a [u8],
    sector_bytes: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: Vec<u8>,
    mini_cutoff: usize,
    entries: Vec<Entry>,
}

impl<'a> CompoundFile<'a> {
    fn open(bytes: &'a [u8]) -> Option<CompoundFile<'a>> {
        let shift = number(bytes, 0x1e, 2).filter(|shift| (7..=16).contains(shift))?;
        let mut file = CompoundFile {
            bytes,
            sector_bytes: 1 << shift,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_stream: Vec::new(),
            mini_cutoff: number(bytes, 0x38, 4)? as usize,
            entries: Vec::new(),
        };
        file.fat = file.read_fat()?;
        let directory = file.chain(number(bytes, 0x30, 4)?, STREAM_BYTES_MAX);
        file.entries = directory.chunks_exact(128).filter_map(entry).collect();
        file.mini_fat = numbers(&file.chain(number(bytes, 0x3c, 4)?, STREAM_BYTES_MAX));
        if let Some(root) = file.entries.first() {
            file.mini_stream = file.chain(root.start, root.size);
        }
        Some(file)
    }

    fn sector(&self, index: u32) -> Option<&'a [u8]> {
        let start = (index as usize).checked_add(1)?.checked_mul(self.sector_bytes)?;
        let end = start.checked_add(self.sector_bytes)?.min(self.bytes.len());
        self.bytes.get(start..end)
    }

    /// The allocation table: 109 sectors named in the header, the others in a chain of their own.
    fn read_fat(&self) -> Option<Vec<u32>> {
        let mut sectors: Vec<u32> = (0..109).filter_map(|index| number(self.bytes, 0x4c + index * 4, 4)).collect();
        let mut next = number(self.bytes, 0x44, 4)?;
        let sectors_max = self.bytes.len() / self.sector_bytes + 1;
        let mut links = 0;
        while next < END_OF_CHAIN && links < sectors_max {
            let Some(sector) = self.sector(next) else { break };
            let mut listed = numbers(sector);
            next = listed.pop().unwrap_or(END_OF_CHAIN);
            sectors.extend(listed);
            links += 1;
        }
        let sectors = sectors.into_iter().filter(|&sector| sector < END_OF_CHAIN).take(sectors_max);
        Some(sectors.filter_map(|sector| self.sector(sector)).flat_map(numbers).collect())
    }

    fn chain(&self, start: u32, size: usize) -> Vec<u8> {
        let mut contents = Vec::new();
        let mut next = start;
        // No chain is longer than the file, whatever its links say.
        while next < END_OF_CHAIN && contents.len() < size.min(self.bytes.len()).min(STREAM_BYTES_MAX) {
            let Some(sector) = self.sector(next) else { break };
            contents.extend_from_slice(sector);
            next = self.fat.get(next as usize).copied().unwrap_or(END_OF_CHAIN);
        }
        contents.truncate(size);
        contents
    }

    fn mini_chain(&self, start: u32, size: usize) -> Vec<u8> {
        let mut contents = Vec::new();
        let mut next = start;
        while next < END_OF_CHAIN && contents.len() < size.min(self.mini_stream.len()) {
            let from = next as usize * 64;
            let Some(sector) = self.mini_stream.get(from..(from + 64).min(self.mini_stream.len())) else { break };
            contents.extend_from_slice(sector);
            next = self.mini_fat.get(next as usize).copied().unwrap_or(END_OF_CHAIN);
        }
        contents.truncate(size);
        contents
    }

    fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        Some(if entry.size < self.mini_cutoff { self.mini_chain(entry.start, entry.size) } else { self.chain(entry.start, entry.size) })
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).filter_map(|chunk| number(chunk, 0, 4)).collect()
}

fn entry(raw: &[u8]) -> Option<Entry> {
    let name_bytes = (number(raw, 0x40, 2)? as usize).saturating_sub(2);
    let name = encoding_rs::UTF_16LE.decode_without_bom_handling(raw.get(..name_bytes.min(64))?).0.into_owned();
    Some(Entry { name, start: number(raw, 0x74, 4)?, size: number(raw, 0x78, 4)? as usize })
}

/// Follows the piece table (Clx, [MS-DOC] 2.9.38): stretches of one-byte (Windows-1252) or two-byte (UTF-16) characters.
fn word_text(document: &[u8], table: &[u8]) -> Option<String> {
    let (offset, length) = (number(document, 0x01a2, 4)? as usize, number(document, 0x01a6, 4)? as usize);
    let clx = table.get(offset..offset.checked_add(length)?)?;
    let mut position = 0;
    // Property stretches (1) precede the piece table (2).
    while clx.get(position) == Some(&1) {
        position += 3 + number(clx, position + 1, 2)? as usize;
    }
    if clx.get(position) != Some(&2) {
        return None;
    }
    let size = number(clx, position + 1, 4)? as usize;
    let plc = clx.get(position + 5..(position + 5).checked_add(size)?)?;
    let pieces = plc.len().checked_sub(4)? / 12;
    let mut text = String::new();
    for piece in 0..pieces {
        let (from, to) = (number(plc, piece * 4, 4)?, number(plc, piece * 4 + 4, 4)?);
        let descriptor = number(plc, (pieces + 1) * 4 + piece * 8 + 2, 4)?;
        let characters = to.checked_sub(from)? as usize;
        let compressed = descriptor & 0x4000_0000 != 0;
        let place = (descriptor & 0x3fff_ffff) as usize;
        let range =
            if compressed { place / 2..(place / 2).checked_add(characters)? } else { place..place.checked_add(characters.checked_mul(2)?)? };
        let Some(raw) = document.get(range) else { continue };
        let encoding = if compressed { encoding_rs::WINDOWS_1252 } else { encoding_rs::UTF_16LE };
        text.push_str(&encoding.decode_without_bom_handling(raw).0);
        if text.len() > STREAM_BYTES_MAX {
            break;
        }
    }
    Some(plain::decode(without_fields(&text).as_bytes()))
}

/// Control characters of Word: paragraph, cell and page marks become spaces and lines; the instructions of fields go, their results stay.
fn without_fields(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut instructions = 0_u32;
    for character in text.chars() {
        match character {
            '\u{13}' => instructions += 1,
            '\u{14}' | '\u{15}' => instructions = instructions.saturating_sub(1),
            _ if instructions > 0 => {}
            '\r' | '\u{0b}' | '\u{0c}' | '\n' => kept.push('\n'),
            '\u{7}' | '\t' => kept.push_str("  "),
            '\u{1e}' => kept.push('-'),
            '\u{a0}' => kept.push(' '),
            other if other.is_control() => {}
            other => kept.push(other),
        }
    }
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_instructions_go() {
        assert_eq!(without_fields("Voir \u{13} HYPERLINK \"x\" \u{14}ici\u{15}.\rFin\u{7}"), "Voir ici.\nFin");
    }

    #[test]
    fn rubbish_is_no_compound_file() {
        let mut rubbish = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        rubbish.resize(700, 0x41);
        assert!(!open(&rubbish).readable);
    }
}
