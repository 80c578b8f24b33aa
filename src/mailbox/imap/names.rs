//! Names for the wire: folder names in modified UTF-7 (RFC 3501 §5.1.3), sets of UIDs.

use super::MailboxError;

const BASE64: [char; 64] = [
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c',
    'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5',
    '6', '7', '8', '9', '+', ',',
];

/// A folder name as a quoted string.
pub(super) fn quoted_folder(folder: &str) -> Result<String, MailboxError> {
    if folder.is_empty() || folder.chars().any(char::is_control) {
        return Err(MailboxError::Settings("the folder name is empty or holds a control character"));
    }
    let encoded = modified_utf7(folder);
    Ok(format!("\"{}\"", encoded.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// `Envoyés` becomes `Envoy&AOk-s`. A name that is ASCII only changes in its `&`.
pub(super) fn modified_utf7(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut beyond_ascii = Vec::new();
    for character in name.chars() {
        if matches!(character, ' '..='~') {
            flush_base64(&mut encoded, &mut beyond_ascii);
            encoded.push(character);
            if character == '&' {
                encoded.push('-');
            }
        } else {
            beyond_ascii.extend(character.encode_utf16(&mut [0; 2]).iter().copied());
        }
    }
    flush_base64(&mut encoded, &mut beyond_ascii);
    encoded
}

fn flush_base64(encoded: &mut String, units: &mut Vec<u16>) {
    if units.is_empty() {
        return;
    }
    encoded.push('&');
    let bits: Vec<u16> = units.drain(..).flat_map(|unit| (0..16).rev().map(move |shift| (unit >> shift) & 1)).collect();
    for six in bits.chunks(6) {
        let value = six.iter().fold(0_usize, |value, bit| value * 2 + usize::from(*bit)) << (6 - six.len());
        encoded.extend(BASE64.get(value));
    }
    encoded.push('-');
}

/// Writes sorted UIDs as a set, runs as ranges: `3,5:9`. Only UIDs that are listed are in the set.
pub(super) fn uid_set(uids: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => runs.push((*uid, *uid)),
        }
    }
    let words: Vec<_> = runs.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}:{last}") }).collect();
    words.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_encoded_as_the_rfc_says() {
        for (name, expected) in [
            ("INBOX", "INBOX"),
            ("Envoyés", "Envoy&AOk-s"),
            ("Courrier indésirable", "Courrier ind&AOk-sirable"),
            ("Éléments envoyés", "&AMk-l&AOk-ments envoy&AOk-s"),
            ("R&D", "R&-D"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("☺!", "&Jjo-!"),
        ] {
            assert_eq!(modified_utf7(name), expected);
        }
        assert_eq!(quoted_folder("a\"b\\c").unwrap(), "\"a\\\"b\\\\c\"");
        assert!(quoted_folder("a\r\nb").is_err());
    }

    #[test]
    fn sets_hold_what_was_listed_and_nothing_more() {
        for (uids, expected) in [(vec![], ""), (vec![7], "7"), (vec![1, 2, 3, 5], "1:3,5"), (vec![u32::MAX - 1, u32::MAX], "4294967294:4294967295")] {
            assert_eq!(uid_set(&uids), expected);
        }
    }
}
