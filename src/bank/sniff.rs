//! What kind of file this is, by its bytes; and its bytes as text.
//!
//! A kind that is no statement is named, so that the refusal says what came instead.

use std::borrow::Cow;

use crate::bank::cfonb;

/// What the bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sniffed {
    Cfonb120,
    Xml,
    Mt940,
    /// A table of separated values; whether it is a statement is seen from its columns.
    Table,
    /// A workbook; whether it holds a statement is seen from its columns.
    Spreadsheet,
    /// A known kind that is not read as a statement.
    Other(String),
    Empty,
    Unknown,
}

/// First bytes of kinds that are never statements here.
const MAGIC: [(&[u8], &str); 17] = [
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG (image)"),
    (b"\xff\xd8\xff", "JPEG (image)"),
    (b"GIF8", "GIF (image)"),
    (b"II*\0", "TIFF (image)"),
    (b"MM\0*", "TIFF (image)"),
    (b"\xd0\xcf\x11\xe0", "Excel ou Word ancien (.xls, .doc)"),
    (b"7z\xbc\xaf\x27\x1c", "7z (archive)"),
    (b"Rar!", "RAR (archive)"),
    (b"\x1f\x8b", "gzip (archive)"),
    (b"{\\rtf", "RTF"),
    (b"OFXHEADER", "OFX"),
    (b"!Type:", "QIF"),
    (b"!type:", "QIF"),
    (b"!Option:", "QIF"),
    (b"!Clear:", "QIF"),
    (b"!Account", "QIF"),
];

/// Recognises a file by its content. The name is only used to tell one kind of archive from another.
pub fn sniff(bytes: &[u8], file_name: &str) -> Sniffed {
    let start = trimmed_start(bytes);
    if start.is_empty() {
        return Sniffed::Empty;
    }
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Sniffed::Other((*name).to_owned());
    }
    if start.starts_with(b"PK\x03\x04") {
        let kind = zip_kind(bytes, file_name);
        return if kind == XLSX { Sniffed::Spreadsheet } else { Sniffed::Other(kind.to_owned()) };
    }
    // `01` in EBCDIC: the file was never converted.
    if start.starts_with(&[0xf0, 0xf1]) && !bytes.contains(&b'\n') {
        return Sniffed::Other("CFONB en EBCDIC".to_owned());
    }
    let text = decode(bytes);
    let text = text.trim_start_matches(|c: char| c.is_whitespace());
    if text.starts_with('<') {
        return xml_kind(text);
    }
    if text.starts_with(['{', '[']) && text.contains("\":") && !text.starts_with("{1:") {
        return Sniffed::Other("JSON".to_owned());
    }
    if text.chars().take(4096).filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1a}' | '\u{1}' | '\u{3}')).count() > 4 {
        return Sniffed::Unknown;
    }
    if let Some(name) = other_swift(text).or_else(|| other_bank_format(text)) {
        return Sniffed::Other(name);
    }
    if is_swift(text) {
        return Sniffed::Mt940;
    }
    if let Some(kind) = cfonb_kind(text) {
        return kind;
    }
    if looks_like_table(text) { Sniffed::Table } else { Sniffed::Unknown }
}

fn trimmed_start(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start()
}

const XLSX: &str = "Excel (.xlsx)";

fn zip_kind(bytes: &[u8], file_name: &str) -> &'static str {
    let holds = |needle: &[u8]| bytes.windows(needle.len()).take(64 * 1024).any(|window| window == needle);
    let name = file_name.to_ascii_lowercase();
    if name.ends_with(".xlsx") || holds(b"xl/") {
        XLSX
    } else if name.ends_with(".docx") || holds(b"word/") {
        "Word (.docx)"
    } else if name.ends_with(".ods") || holds(b"opendocument.spreadsheet") {
        "OpenDocument (.ods)"
    } else {
        "ZIP (archive)"
    }
}

/// XML is left to the camt reader, which knows messages by their root; other families of XML and HTML are named here.
fn xml_kind(text: &str) -> Sniffed {
    let head: String = text.chars().take(2048).collect::<String>().to_ascii_lowercase();
    if head.contains("<!doctype html") || head.contains("<html") {
        Sniffed::Other("HTML".to_owned())
    } else if head.contains("<ofx") || head.contains("<?ofx") {
        Sniffed::Other("OFX".to_owned())
    } else {
        Sniffed::Xml
    }
}

/// SWIFT: field tags at line starts, at least an account or a balance and a reference or a movement.
fn is_swift(text: &str) -> bool {
    let has = |tag: &str| text.lines().take(400).any(|line| line.trim_start().starts_with(tag));
    let balance = [":60F:", ":60M:", ":62F:", ":62M:", ":34F:"].iter().any(|tag| has(tag));
    let other = [":20:", ":25:", ":28C:", ":28:", ":61:", ":86:"].iter().any(|tag| has(tag));
    (balance && other) || (has(":25:") && has(":61:"))
}

/// SWIFT messages that are no statements of an account's movements: by their application header (`{2:O103…`), or, where a program stripped
/// that, by fields a statement has not.
fn other_swift(text: &str) -> Option<String> {
    let header = text.split_once("{2:").map(|(_, rest)| rest.chars().skip(1).take(3).collect::<String>());
    if let Some(number) = header.filter(|number| number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit())) {
        return (!matches!(number.as_str(), "940" | "942")).then(|| format!("SWIFT MT{number}"));
    }
    let has = |tag: &str| text.lines().take(400).any(|line| line.trim_start().starts_with(tag));
    let entries = has(":61:");
    if has(":32A:") && !entries {
        let order = has(":50A:") || has(":50K:") || has(":50F:");
        return Some(if order { "SWIFT MT103 (virement)" } else { "SWIFT MT9xx (avis)" }.to_owned());
    }
    let counts = has(":90D:") || has(":90C:");
    (counts && !entries && has(":62F:") && !has(":34F:")).then(|| "SWIFT MT941 (soldes seuls)".to_owned())
}

/// Statements of other countries and other kinds of payment file, by the shape of their records.
fn other_bank_format(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(50).collect();
    let (first, second) = (lines.first()?, lines.get(1).copied().unwrap_or_default());
    let all_of = |length: usize| lines.iter().all(|line| line.trim_end_matches('\r').chars().count() == length);
    let name = if first.starts_with("01,") && second.starts_with("02,") {
        "BAI2"
    } else if first.starts_with("11") && all_of(80) && lines.iter().any(|line| line.starts_with("33")) {
        "Norma 43 (AEB)"
    } else if first.starts_with("00000") && all_of(128) && second.starts_with('1') {
        "CODA"
    } else if first.starts_with("0128A") {
        "DTAUS"
    } else {
        return None;
    };
    Some(name.to_owned())
}

/// The CFONB families share their first digits and differ in the length of their records.
fn cfonb_kind(text: &str) -> Option<Sniffed> {
    let mut head: Vec<char> = text.chars().take(16 * 1024).collect();
    // A truncated last line of the sample must not be judged.
    if text.chars().nth(16 * 1024).is_some() {
        let whole = head.iter().rposition(|c| *c == '\n').unwrap_or(head.len() / 120 * 120);
        head.truncate(whole);
    }
    let sample: String = head.into_iter().collect();
    let lines: Vec<&str> = sample.split(['\n', '\r']).filter(|line| !line.trim().is_empty()).collect();
    let longest = lines.iter().map(|line| line.chars().count()).max()?;
    let first = lines.first()?;
    let code: String = first.chars().take(2).collect();
    let unbroken = lines.len() == 1 && longest > 320;
    let of_length = |length: usize| if unbroken { longest.is_multiple_of(length) } else { longest <= length && longest > length * 3 / 4 };
    // A date at the start of a table's row begins with two digits too.
    if !first.chars().take(18).all(|c| c.is_alphanumeric() || c == ' ') {
        return None;
    }
    match code.as_str() {
        "31" if of_length(240) => return Some(Sniffed::Other("CFONB 240".to_owned())),
        "03" | "06" | "08" if of_length(160) => return Some(Sniffed::Other("CFONB 160".to_owned())),
        "03" if of_length(240) => return Some(Sniffed::Other("CFONB 240".to_owned())),
        "04" | "05" | "PI" | "03" if of_length(320) => return Some(Sniffed::Other("CFONB 320".to_owned())),
        _ => {}
    }
    if !matches!(code.as_str(), "01" | "04" | "05" | "07") {
        return None;
    }
    let money = cfonb::records(&sample).filter(|record| matches!(cfonb::zone(record, 1, 2).as_str(), "01" | "04" | "07"));
    let (mut good, mut seen) = (0usize, 0usize);
    for record in money {
        seen += 1;
        good += usize::from(cfonb::signed_amount(&cfonb::zone(&record, 91, 104), 2).is_some());
    }
    (good > 0 && good * 2 >= seen).then_some(Sniffed::Cfonb120)
}

/// Some line with two separators and another with as many, or a header of known words.
fn looks_like_table(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(60).collect();
    [';', '\t', ',', '|'].iter().any(|separator| {
        let counts: Vec<usize> = lines.iter().map(|line| line.matches(*separator).count()).filter(|count| *count >= 2).collect();
        counts.iter().any(|count| counts.iter().filter(|other| *other == count).count() >= 2) || (counts.len() == 1 && lines.len() <= 6)
    })
}

/// Text of a file: UTF-16 by its mark, UTF-8 when it is valid, else Windows-1252.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, length)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(length..).unwrap_or_default()).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_get_their_name() {
        let line_240 = format!("31000000001{:229}\n34{:238}\n", "FR76", "");
        for (bytes, expected) in [
            (b"%PDF-1.7 ...".as_slice(), Sniffed::Other("PDF".to_owned())),
            (b"PK\x03\x04....xl/workbook.xml", Sniffed::Spreadsheet),
            (b"PK\x03\x04....word/document.xml", Sniffed::Other("Word (.docx)".to_owned())),
            (b"!Type:Bank\nD01/02/2024\nT60.00\n^\n", Sniffed::Other("QIF".to_owned())),
            (b"\xf0\xf1\xf1\xf2\xf3\x40\x40\xd0", Sniffed::Other("CFONB en EBCDIC".to_owned())),
            (b"{1:F01BANKFRPPAXXX}{2:O1031200240304}{4:\n:20:X\n:32A:240304EUR60,\n-}", Sniffed::Other("SWIFT MT103".to_owned())),
            (
                b"{1:F01BANKFRPPAXXX}{2:O9411200240304}{4:\n:20:X\n:25:Y\n:60F:C240304EUR1,\n:62F:C240304EUR1,\n-}",
                Sniffed::Other("SWIFT MT941".to_owned()),
            ),
            (b":20:X\n:25:Y\n:21:Z\n:32A:240304EUR60,\n:52A:BANKFRPP\n", Sniffed::Other("SWIFT MT9xx (avis)".to_owned())),
            (b"01,SENDER,RECEIVER,240304,1200,1,80,1,2/\n02,RECEIVER,SENDER,1,240304,,EUR,2/\n", Sniffed::Other("BAI2".to_owned())),
            (b"<?xml version=\"1.0\"?><!DOCTYPE html><html></html>", Sniffed::Other("HTML".to_owned())),
            (b"OFXHEADER:100\nDATA:OFXSGML", Sniffed::Other("OFX".to_owned())),
            (b"<?xml version=\"1.0\"?><?OFX OFXHEADER=\"200\"?><OFX/>", Sniffed::Other("OFX".to_owned())),
            (b"  \r\n ", Sniffed::Empty),
            (b"bonjour", Sniffed::Unknown),
            (line_240.as_bytes(), Sniffed::Other("CFONB 240".to_owned())),
        ] {
            assert_eq!(sniff(bytes, "x"), expected);
        }
    }
}
