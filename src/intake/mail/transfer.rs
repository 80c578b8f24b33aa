//! Content transfer encodings (RFC 2045 §6, uuencode), read the way mail clients read them: what is damaged is skipped, the rest counts.

/// Decodes base64, leaving out every byte that is not of its alphabet.
///
/// Padding ends a group of four, not the data: several base64 texts set one behind the other are read on (seen from scanners). What list
/// servers and scanners write below, after a blank line or the padding and in words, is no data.
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let mut group: u32 = 0;
    let mut sextets = 0;
    let mut may_have_ended = false;
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            may_have_ended |= !decoded.is_empty();
            continue;
        }
        if may_have_ended && !line.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')) {
            break;
        }
        // The checksum of an armoured file (RFC 9580 §6.1) follows the padding.
        if may_have_ended && line.len() == 5 && line.starts_with(b"=") {
            break;
        }
        may_have_ended = false;
        for byte in line {
            if *byte == b'=' {
                flush_group(&mut decoded, group, sextets);
                (group, sextets) = (0, 0);
                may_have_ended = true;
                continue;
            }
            let Some(value) = sextet_of(*byte) else { continue };
            group = group << 6 | u32::from(value);
            sextets += 1;
            if sextets == 4 {
                decoded.extend(group.to_be_bytes().iter().skip(1));
                (group, sextets) = (0, 0);
            }
        }
    }
    flush_group(&mut decoded, group, sextets);
    decoded
}

fn sextet_of(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn flush_group(decoded: &mut Vec<u8>, group: u32, sextets: u32) {
    match sextets {
        2 => decoded.extend((group >> 4).to_be_bytes().iter().skip(3)),
        3 => decoded.extend((group >> 2).to_be_bytes().iter().skip(2)),
        _ => {}
    }
}

/// Decodes quoted-printable; a `=` that begins no code stands for itself.
pub fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'=' {
            decoded.push(*byte);
            continue;
        }
        let soft_break = after.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
        match (after.first().and_then(|digit| hex(*digit)), after.get(1).and_then(|digit| hex(*digit)), soft_break) {
            (Some(high), Some(low), _) => {
                decoded.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            (_, _, Some(end)) if after.get(end) == Some(&b'\n') => rest = after.get(end + 1..).unwrap_or_default(),
            (_, _, None) => rest = &[],
            _ => decoded.push(b'='),
        }
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// A file found in a uuencoded text.
pub struct UuFile {
    pub name: String,
    pub contents: Vec<u8>,
}

/// Takes `begin 644 name … end` blocks out of a text; gives the files and the text that remains.
pub fn uudecode(text: &[u8]) -> (Vec<UuFile>, Vec<u8>) {
    const FILES_MAX: usize = 200;
    let mut files = Vec::new();
    let mut remaining = Vec::new();
    let mut open: Option<UuFile> = None;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.trim_ascii_end();
        match &mut open {
            None => match begin_line(bare).filter(|_| files.len() < FILES_MAX) {
                Some(name) => open = Some(UuFile { name, contents: Vec::new() }),
                None => remaining.extend_from_slice(line),
            },
            Some(_) if bare == b"end" => files.extend(open.take()),
            Some(file) => uudecode_line(bare, &mut file.contents),
        }
    }
    files.extend(open);
    (files, remaining)
}

fn begin_line(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(b"begin ")?;
    let (mode, name) = rest.split_at_checked(rest.iter().position(|byte| *byte == b' ')?)?;
    let is_mode = (3..=4).contains(&mode.len()) && mode.iter().all(|digit| (b'0'..=b'7').contains(digit));
    let name = String::from_utf8_lossy(name).trim().trim_matches('"').to_owned();
    (is_mode && !name.is_empty()).then_some(name)
}

fn uudecode_line(line: &[u8], contents: &mut Vec<u8>) {
    let Some((length, data)) = line.split_first() else { return };
    let length = usize::from(length.wrapping_sub(32) & 0x3f);
    let mut decoded: Vec<u8> = Vec::with_capacity(64);
    // A blank is a zero, and blanks at the end of a line get lost on the way: the length says how many there were.
    for group in 0..length.div_ceil(3) {
        let sextet = |position: usize| u32::from(data.get(4 * group + position).copied().unwrap_or(b' ').wrapping_sub(32) & 0x3f);
        let word = sextet(0) << 18 | sextet(1) << 12 | sextet(2) << 6 | sextet(3);
        decoded.extend(word.to_be_bytes().iter().skip(1));
    }
    decoded.truncate(length);
    contents.extend(decoded);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_encodings_give_what_can_be_had() {
        assert_eq!(base64(b"Qm9uam91cg=="), b"Bonjour");
        assert_eq!(base64(b"Qm9uam91cg==\n=zH6Q\n"), b"Bonjour");
        assert_eq!(base64(b"Qm9u\r\nam91!cg"), b"Bonjour");
        assert_eq!(base64(b"Qm9uam91cg==\r\nQm9uam91cg=="), b"BonjourBonjour");
        assert_eq!(base64(b"Qm9uam91cg"), b"Bonjour");
        assert_eq!(base64(b"Qm9u\r\nam91\r\n\r\n-- \r\nscanned by a virus scanner\r\n"), b"Bonjou");
        assert_eq!(base64(b"Qm9uam91cg==\r\nscanned by a virus scanner\r\n"), b"Bonjour");
        assert_eq!(quoted_printable(b"d=C3=A9j=\r\n=c3=a0 = =2"), "déjà = =2".as_bytes());
        assert_eq!(quoted_printable(b"fin="), b"fin");
    }

    #[test]
    fn uuencoded_blocks_come_out_of_the_text() {
        let (files, rest) = uudecode(b"Bonjour\nbegin 644 note.txt\n'0F]N:F]U<@``\n`\nend\nCordialement\n");
        assert_eq!(rest, b"Bonjour\nCordialement\n");
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].name, "note.txt");
        assert_eq!(files[0].contents, b"Bonjour");
        // Six zeros, written as blanks that the way took away.
        assert_eq!(uudecode(b"begin 644 zeros\n&\n#\n\nend\n").0[0].contents, [0; 9]);
    }
}
