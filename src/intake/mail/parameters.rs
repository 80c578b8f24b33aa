//! The names that parts give themselves, read from their raw fields: values continued over several parameters (RFC 2231), encoded words
//! inside quotes (RFC 2047 §5 forbids them, most programs write them), raw bytes of old character sets, blanks about the equals sign.
//!
//! A character set counts for the whole value: programs cut names in the middle of a letter, so bytes are joined before they are decoded.

use super::{text, transfer};

const PARAMETERS_MAX: usize = 200;

/// The value of a parameter of a `Content-Disposition` or `Content-Type` field, decoded.
pub fn value_of(field: &[u8], parameter: &str) -> Option<String> {
    let all = parameters(field);
    let value = extended(&all, parameter).or_else(|| {
        let (_, value) = all.iter().find(|(name, _)| name == parameter)?;
        Some(decode_words(&text::decode(value, "")))
    })?;
    Some(value).filter(|value| !value.trim().is_empty())
}

/// The parameters of a field: names in lower case, values without quotes, as they stand.
fn parameters(field: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut rest = after_semicolon(field);
    while let Some(bytes) = rest.filter(|bytes| !bytes.is_empty() && found.len() < PARAMETERS_MAX) {
        let name_end = bytes.iter().position(|byte| matches!(byte, b'=' | b';')).unwrap_or(bytes.len());
        let name = String::from_utf8_lossy(bytes.get(..name_end).unwrap_or_default()).trim().to_ascii_lowercase();
        let Some(value) = bytes.get(name_end..).and_then(|after| after.strip_prefix(b"=")) else {
            rest = after_semicolon(bytes);
            continue;
        };
        let value = value.trim_ascii_start();
        let (value, after) = if value.starts_with(b"\"") { quoted(value) } else { bare(value) };
        found.push((name, value));
        rest = after_semicolon(after);
    }
    found
}

fn after_semicolon(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(bytes.iter().position(|byte| *byte == b';')? + 1..)
}

/// Up to the closing quote. A backslash escapes only quotes and itself: old programs write whole Windows paths.
fn quoted(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'"', _) => return (value, bytes.get(at + 1..).unwrap_or_default()),
            (b'\\', Some(escaped @ (b'"' | b'\\'))) => {
                value.push(*escaped);
                at += 1;
            }
            (b'\r' | b'\n', _) => {}
            _ => value.push(*byte),
        }
        at += 1;
    }
    (value, &[])
}

/// Up to the semicolon or the end of the line: names with blanks are written without quotes, too.
fn bare(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = bytes.iter().position(|byte| matches!(byte, b';' | b'\r' | b'\n')).unwrap_or(bytes.len());
    let (value, after) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    (value.trim_ascii().to_vec(), after)
}

/// `name*=utf-8''…`, or `name*0`, `name*1*`, … joined.
fn extended(all: &[(String, Vec<u8>)], parameter: &str) -> Option<String> {
    let mut pieces: Vec<(usize, bool, &[u8])> = all
        .iter()
        .filter_map(|(name, value)| {
            let mark = name.strip_prefix(parameter)?.strip_prefix('*')?;
            let (number, is_encoded) = mark.strip_suffix('*').map_or((mark, mark.is_empty()), |number| (number, true));
            let number = if number.is_empty() { 0 } else { number.parse().ok()? };
            Some((number, is_encoded, value.as_slice()))
        })
        .collect();
    pieces.sort_by_key(|(number, _, _)| *number);
    pieces.dedup_by_key(|(number, _, _)| *number);
    let (_, first_is_encoded, first) = *pieces.first()?;
    let (charset, first) = if first_is_encoded { split_charset(first) } else { (String::new(), first) };
    let mut bytes = if first_is_encoded { percent_decoded(first) } else { first.to_vec() };
    for (_, is_encoded, piece) in pieces.iter().skip(1) {
        bytes.extend(if *is_encoded { percent_decoded(piece) } else { piece.to_vec() });
    }
    let value = text::decode(&bytes, &charset);
    Some(if charset.is_empty() { decode_words(&value) } else { value })
}

/// `utf-8'fr'rest`; a value without the two apostrophes is all rest.
fn split_charset(value: &[u8]) -> (String, &[u8]) {
    let mut pieces = value.splitn(3, |byte| *byte == b'\'');
    match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(charset), Some(_), Some(rest)) => (String::from_utf8_lossy(charset).into_owned(), rest),
        _ => (String::new(), value),
    }
}

fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(|_| *byte == b'%') {
            Some(code) => {
                decoded.push(code);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(*byte);
                rest = after;
            }
        }
    }
    decoded
}

/// A text with its encoded words (RFC 2047) decoded. Blanks between two of them are none, and neighbours of one character set are one word.
pub fn decode_words(value: &str) -> String {
    let mut decoded = String::with_capacity(value.len());
    let mut open: Option<(String, Vec<u8>)> = None;
    let mut rest = value;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let Some((charset, bytes, after)) = encoded_word(from) else {
            close(&mut decoded, open.take());
            decoded.push_str(before);
            decoded.push_str("=?");
            rest = from.get(2..).unwrap_or_default();
            continue;
        };
        match &mut open {
            Some((known, pending)) if before.trim().is_empty() && known.eq_ignore_ascii_case(&charset) => pending.extend(bytes),
            _ => {
                let parts_words = !before.trim().is_empty() || open.is_none();
                close(&mut decoded, open.take());
                decoded.push_str(if parts_words { before } else { "" });
                open = Some((charset, bytes));
            }
        }
        rest = after;
    }
    close(&mut decoded, open);
    decoded.push_str(rest);
    decoded
}

fn close(decoded: &mut String, word: Option<(String, Vec<u8>)>) {
    if let Some((charset, bytes)) = word {
        decoded.push_str(&text::decode(&bytes, &charset));
    }
}

/// `=?charset?B|Q?data?=` at the beginning of a text: its character set, its bytes, and what follows it.
fn encoded_word(from: &str) -> Option<(String, Vec<u8>, &str)> {
    let (charset, after) = from.strip_prefix("=?")?.split_once('?')?;
    let (encoding, after) = after.split_once('?')?;
    let (data, after) = after.split_once("?=")?;
    let charset = charset.split('*').next().unwrap_or_default().trim();
    let bytes = match encoding {
        "B" | "b" => transfer::base64(data.as_bytes()),
        "Q" | "q" => transfer::quoted_printable(data.replace('_', " ").as_bytes()),
        _ => return None,
    };
    let is_charset = !charset.is_empty() && charset.bytes().all(|byte| byte.is_ascii_graphic());
    is_charset.then(|| (charset.to_owned(), bytes, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &str, expected: Option<&str>) {
        assert_eq!(value_of(field.as_bytes(), "filename").as_deref(), expected, "{field}");
    }

    #[test]
    fn names_are_read_in_all_their_spellings() {
        check(" attachment", None);
        check(" attachment; filename=\"\"", None);
        check(" attachment; filename=cv.pdf", Some("cv.pdf"));
        check(" attachment; size=12; FileName = \"mon cv.pdf\"; x=y", Some("mon cv.pdf"));
        check(" attachment; filename=mon cv final.pdf\r\n", Some("mon cv final.pdf"));
        check(" attachment; filename=\r\n\t\"relevé.pdf\"", Some("relevé.pdf"));
        check(" attachment; filename=\"a;b \\\"c\\\".pdf\"", Some("a;b \"c\".pdf"));
        check(" attachment; filename=\"C:\\Users\\zoe\\cv.pdf\"", Some("C:\\Users\\zoe\\cv.pdf"));
        check(" attachment; filename=\"cv.pdf", Some("cv.pdf"));
        check(" attachment; filename=\"wrong.pdf\"; filename*=utf-8''dipl%C3%B4me.pdf", Some("diplôme.pdf"));
        check(" attachment; filename*=iso-8859-1'fr'dipl%f4me.pdf", Some("diplôme.pdf"));
        check(" attachment; filename*=dipl%C3%B4me.pdf", Some("diplôme.pdf"));
        assert_eq!(value_of(b" x; name=\"dipl\xf4me.pdf\"", "name").as_deref(), Some("diplôme.pdf"));
    }

    #[test]
    fn a_letter_cut_in_two_is_one_letter() {
        check(" attachment;\r\n filename*0*=utf-8''dipl%C3;\r\n filename*1*=%B4me;\r\n filename*2=\".pdf\"", Some("diplôme.pdf"));
        check(" attachment; filename*1=\"me.pdf\"; filename*0=\"diplo\"", Some("diplome.pdf"));
        check(" attachment; filename=\"=?utf-8?B?ZGlwbMM=?=\r\n =?utf-8?B?tG1lLnBkZg==?=\"", Some("diplôme.pdf"));
        check(" attachment; filename*0=\"=?utf-8?Q?dipl=C3=\"; filename*1=\"B4me.pdf?=\"", Some("diplôme.pdf"));
        check(" inline; filename*0*=iso-2022-jp'ja'%1b$B%25F%25; filename*1*=9%25H%1b(B; filename*2=.txt", Some("テスト.txt"));
    }

    #[test]
    fn words_that_are_none_stay() {
        assert_eq!(decode_words("=?koi8-r?B?8MHLxdQ=?= =?koi8-r?Q?_16?= x"), "Пакет 16 x");
        assert_eq!(decode_words("=?utf-8?Q?a?= =?iso-8859-1?Q?=e9?="), "aé");
        assert_eq!(decode_words("what =? is =?utf-8?X?y?= this"), "what =? is =?utf-8?X?y?= this");
        assert_eq!(decode_words("plain"), "plain");
    }
}
