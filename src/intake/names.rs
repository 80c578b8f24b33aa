//! File names as the candidate would recognise them, whatever program wrote them down.
//!
//! Archives carry names as bytes: UTF-8, the OEM page of a Windows (CP850 in France, CP437, CP866, …), windows-1252, GBK. Macs write
//! accents apart (NFD). Mails carry names that were read in the wrong set and written again. Names are never used as paths.

use oem_cp::code_table::{DECODING_TABLE_CP437, DECODING_TABLE_CP850, DECODING_TABLE_CP866};
use unicode_normalization::UnicodeNormalization;

/// The name behind the raw bytes of an archive entry, in NFC.
pub fn repair_name(raw: &[u8], utf8_flag: bool) -> String {
    let raw = raw.split(|byte| *byte == 0).next().unwrap_or_default();
    if let Ok(text) = std::str::from_utf8(raw) {
        return repair_text(text);
    }
    if utf8_flag {
        // Flagged and damaged: mostly UTF-8 with a letter cut in half by a limit on the name's length.
        let lossy = String::from_utf8_lossy(raw);
        if lossy.matches('\u{fffd}').count() == 1 {
            return lossy.replace('\u{fffd}', "_").nfc().collect();
        }
    }
    best_decoding(raw).nfc().collect()
}

/// Repairs a name that is already text: read in the wrong set (`DiplÃ´me`), escaped (`Dipl#U00f4me`), or written with accents apart.
pub fn repair_text(text: &str) -> String {
    let unescaped = unescape(text);
    let repaired = unmojibake(&unescaped).unwrap_or(unescaped);
    repaired.nfc().collect()
}

/// `#U00e9`, as Info-ZIP writes letters it cannot.
fn unescape(text: &str) -> String {
    let mut pieces = text.split("#U");
    let mut unescaped = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let letter =
            piece.get(..4).and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32).filter(|letter| !letter.is_control());
        match letter {
            Some(letter) => {
                unescaped.push(letter);
                unescaped.push_str(piece.get(4..).unwrap_or_default());
            }
            None => {
                unescaped.push_str("#U");
                unescaped.push_str(piece);
            }
        }
    }
    unescaped
}

/// UTF-8 that was taken for a single-byte page: written back in that page it is well-formed UTF-8, which real names never are by accident.
fn unmojibake(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let encoders: [fn(char) -> Option<u8>; 3] =
        [windows_1252_byte, |letter| table_byte(letter, &DECODING_TABLE_CP850), |letter| table_byte(letter, &DECODING_TABLE_CP437)];
    encoders.iter().find_map(|encode| {
        let bytes: Option<Vec<u8>> = text.chars().map(encode).collect();
        let repaired = String::from_utf8(bytes?).ok()?;
        let is_name = repaired.chars().all(|letter| !letter.is_control());
        (is_name && repaired.chars().count() < text.chars().count()).then_some(repaired)
    })
}

fn table_byte(letter: char, table: &[char; 128]) -> Option<u8> {
    if letter.is_ascii() {
        return u8::try_from(letter).ok();
    }
    table.iter().position(|known| *known == letter).and_then(|position| u8::try_from(position + 128).ok())
}

fn windows_1252_byte(letter: char) -> Option<u8> {
    if letter.is_ascii() || ('\u{a0}'..='\u{ff}').contains(&letter) {
        return u8::try_from(u32::from(letter)).ok();
    }
    (0x80..=0x9f_u8).find(|byte| windows_1252_letter(*byte) == letter)
}

fn windows_1252_letter(byte: u8) -> char {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or('\u{fffd}')
}

/// Of the readings possible, the one that looks most like a name; CP850, the page of a French Windows, where two look alike.
fn best_decoding(raw: &[u8]) -> String {
    let single_byte = |table: &[char; 128]| oem_cp::decode_string_complete_table(raw, table);
    let mut readings = vec![
        single_byte(&DECODING_TABLE_CP850),
        raw.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { windows_1252_letter(*byte) }).collect(),
        single_byte(&DECODING_TABLE_CP437),
        single_byte(&DECODING_TABLE_CP866),
    ];
    for encoding in [encoding_rs::GB18030, encoding_rs::SHIFT_JIS, encoding_rs::WINDOWS_1251, encoding_rs::WINDOWS_1256] {
        readings.extend(encoding.decode_without_bom_handling_and_without_replacement(raw).map(std::borrow::Cow::into_owned));
    }
    let mut best: Option<(i32, String)> = None;
    for reading in readings {
        let score = plausibility(&reading);
        if best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, reading));
        }
    }
    best.map(|(_, reading)| reading).unwrap_or_default()
}

/// Points for letters that names have, against signs, boxes, capitals amid small letters, and scripts mixed in one word.
fn plausibility(name: &str) -> i32 {
    let mut score = 0;
    let mut previous: Option<char> = None;
    for letter in name.chars() {
        let previous_letter = previous.filter(|before| before.is_alphabetic());
        if !letter.is_ascii() {
            score += letter_points(letter);
            if let Some(before) = previous_letter {
                score += neighbour_points(before, letter);
            }
        } else if let Some(before) = previous_letter.filter(|before| !before.is_ascii())
            && letter.is_ascii_alphabetic()
        {
            score += neighbour_points(before, letter);
        }
        previous = Some(letter);
    }
    score
}

fn letter_points(letter: char) -> i32 {
    match letter {
        'é' | 'è' | 'ê' | 'à' | 'â' | 'ç' | 'ô' | 'î' | 'ï' | 'û' | 'ù' | 'ë' | 'ü' | 'ö' | 'ä' | 'ñ' | 'á' | 'í' | 'ó' | 'ú' | 'É' | 'È' | 'Ê'
        | 'À' | 'Ç' => 6,
        'Â' | 'Ô' | 'Î' | 'Ö' | 'Ü' | 'Ä' | 'ß' | 'ã' | 'õ' | '°' | '’' | '–' | 'œ' | 'Œ' | '\u{a0}' => 3,
        '\u{c0}'..='\u{ff}' if letter.is_alphabetic() => 1,
        'а'..='я' | 'А'..='Я' | 'ё' => 3,
        '\u{4e00}'..='\u{9fff}' => 4,
        '\u{3040}'..='\u{30ff}' => 4,
        '\u{621}'..='\u{64a}' => 2,
        '\u{ff61}'..='\u{ff9f}' => -4,
        '\u{80}'..='\u{9f}' | '\u{fffd}' | '\u{e000}'..='\u{f8ff}' => -20,
        '\u{2500}'..='\u{25ff}' => -8,
        _ if letter.is_alphabetic() => -2,
        _ => -5,
    }
}

fn neighbour_points(before: char, letter: char) -> i32 {
    let script = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => 0,
        '\u{400}'..='\u{4ff}' => 1,
        '\u{600}'..='\u{6ff}' => 2,
        '\u{2e80}'..='\u{9fff}' => 3,
        _ => 4,
    };
    if script(before) != script(letter) {
        return -10;
    }
    match (before.is_lowercase(), letter.is_uppercase()) {
        (true, true) => -7,
        (false, false) if before.is_uppercase() && letter.is_lowercase() && !before.is_ascii() && script(letter) == 0 => -1,
        _ if before.is_uppercase() && letter.is_lowercase() && !letter.is_ascii() => 0,
        _ => 1,
    }
}

/// An entry's path made harmless: relative, with `/`, without `.` and `..`; and whether it was unsafe.
pub fn clean_path(name: &str) -> (String, bool) {
    const PATH_CHARS_MAX: usize = 500;
    let is_shown =
        |letter: &char| !letter.is_control() && !matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    let slashed: String = name.replace('\\', "/").chars().filter(is_shown).take(PATH_CHARS_MAX).collect();
    let mut is_unsafe = slashed.starts_with('/');
    let mut segments: Vec<&str> = Vec::new();
    for (position, segment) in slashed.split('/').enumerate() {
        let is_drive =
            position == 0 && segment.len() == 2 && segment.ends_with(':') && segment.starts_with(|drive: char| drive.is_ascii_alphabetic());
        match segment {
            "" | "." => {}
            ".." => is_unsafe = true,
            _ if is_drive => is_unsafe = true,
            _ => segments.push(segment),
        }
    }
    let first_with_drive = segments.first().and_then(|first| first.split_once(':')).filter(|(drive, rest)| drive.len() == 1 && !rest.is_empty());
    if let Some((_, rest)) = first_with_drive {
        is_unsafe = true;
        if let Some(first) = segments.first_mut() {
            *first = rest;
        }
    }
    (segments.join("/"), is_unsafe)
}

/// Entries that programs leave behind and nobody sends: resource forks, thumbnails, lock files of office programs.
pub fn is_left_aside(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let lower = last.to_lowercase();
    path.split('/').any(|segment| segment == "__MACOSX" || segment == ".Trashes" || segment == ".Spotlight-V100")
        || matches!(lower.as_str(), ".ds_store" | "thumbs.db" | "ehthumbs.db" | "desktop.ini" | ".localized" | "icon\r" | ".directory")
        || last.starts_with("~$")
        || last.starts_with("._")
        || (last.starts_with(".~lock.") && last.ends_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_the_page_they_were_written_in() {
        let cases: [(&[u8], &str); 14] = [
            ("Diplôme.pdf".as_bytes(), "Diplôme.pdf"),
            ("Relevé.pdf".as_bytes(), "Relevé.pdf"),
            ("De\u{301}claration.pdf".as_bytes(), "Déclaration.pdf"),
            (b"Dipl\x93me.pdf", "Diplôme.pdf"),
            (b"Relev\x82s de notes.pdf", "Relevés de notes.pdf"),
            (b"pi\x8ace d'identit\x82.jpg", "pièce d'identité.jpg"),
            (b"Dipl\xf4me.pdf", "Diplôme.pdf"),
            (b"Relev\xe9s \xe0 jour.pdf", "Relevés à jour.pdf"),
            (b"\x90tudes/\xb7 lire.pdf", "Études/À lire.pdf"),
            (b"CV Fran\x87ois.pdf", "CV François.pdf"),
            (b"\x84\xa8\xaf\xab\xae\xac.pdf", "Диплом.pdf"),
            (b"\xb1\xcf\xd2\xb5\xd6\xa4\xca\xe9.pdf", "毕业证书.pdf"),
            ("DiplÃ´me.pdf".as_bytes(), "Diplôme.pdf"),
            ("Dipl├┤me.pdf".as_bytes(), "Diplôme.pdf"),
        ];
        for (raw, expected) in cases {
            assert_eq!(repair_name(raw, false), expected, "{raw:x?}");
        }
        assert_eq!(repair_text("Dipl#U00f4me#Ux.pdf"), "Diplôme#Ux.pdf");
        assert_eq!(repair_text("Über größe – 3°.pdf"), "Über größe – 3°.pdf");
    }

    #[test]
    fn paths_become_harmless() {
        let cases = [
            ("a/b.pdf", "a/b.pdf", false),
            ("../../etc/passwd", "etc/passwd", true),
            ("/abs/x.pdf", "abs/x.pdf", true),
            ("C:\\Users\\x\\cv.pdf", "Users/x/cv.pdf", true),
            ("C:cv.pdf", "cv.pdf", true),
            ("dossier\\cv.pdf", "dossier/cv.pdf", false),
            ("./a//b", "a/b", false),
            ("..", "", true),
            ("a\u{202e}fdp.exe", "afdp.exe", false),
            ("note 12:30.txt", "note 12:30.txt", false),
        ];
        for (name, cleaned, is_unsafe) in cases {
            assert_eq!(clean_path(name), (cleaned.to_owned(), is_unsafe), "{name}");
        }
    }

    #[test]
    fn what_programs_leave_behind_is_left_aside() {
        for path in ["__MACOSX/._cv.pdf", "a/.DS_Store", "Thumbs.db", "x/~$cv.docx", "desktop.ini", "._photo.jpg"] {
            assert!(is_left_aside(path), "{path}");
        }
        assert!(!is_left_aside("cv.pdf"));
    }
}
