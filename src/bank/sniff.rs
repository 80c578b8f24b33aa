//! What kind of file this is, by its bytes; and its bytes as text.
//!
//! A kind that is no statement is named, so that the refusal says what came instead.

use crate::bank::cfonb;

/// What the bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sniffed {
    Cfonb120,
    Xml,
    Mt940,
    /// A table of separated values; whether it is a statement is seen from its columns.
    Table,
    /// A known kind that is not read as a statement.
    Other(String),
    Empty,
    Unknown,
}

/// First bytes of kinds that are never statements here.
const MAGIC: [(&[u8], &str); 14] = [
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
        return Sniffed::Other(zip_kind(bytes, file_name).to_owned());
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

fn zip_kind(bytes: &[u8], file_name: &str) -> &'static str {
    let holds = |needle: &[u8]| bytes.windows(needle.len()).take(64 * 1024).any(|window| window == needle);
    let name = file_name.to_ascii_lowercase();
    if name.ends_with(".xlsx") || holds(b"xl/") {
        "Excel (.xlsx)"
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
    let records = cfonb::records(&sample);
    let money = records.iter().filter(|record| matches!(cfonb::zone(record, 1, 2).as_str(), "01" | "04" | "07"));
    let (mut good, mut seen) = (0usize, 0usize);
    for record in money {
        seen += 1;
        good += usize::from(cfonb::signed_amount(&cfonb::zone(record, 91, 104), 2).is_some());
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
pub fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, length)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(length..).unwrap_or_default()).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
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
            (b"PK\x03\x04....xl/workbook.xml", Sniffed::Other("Excel (.xlsx)".to_owned())),
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
