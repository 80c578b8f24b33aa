//! Content transfer encodings (RFC 2045 §6, uuencode), read the way mail clients read them: what is damaged is skipped, the rest counts.

/// Decodes base64, leaving out every byte that is not of its alphabet.
///
/// Padding ends a group of four, not the data: several base64 texts set one behind the other are read on (seen from scanners). What list
/// servers and scanners write below, after a blank line or the padding and in words, is no data.
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let mut group = Group::default();
    let mut may_have_ended = false;
    for line in lines(bytes) {
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
        // Nearly every line is whole groups of the alphabet; what is left of it is looked at byte by byte.
        let rest = if group.sextets == 0 { whole_groups(line, &mut decoded) } else { line };
        for byte in rest {
            if *byte == b'=' {
                group.flush(&mut decoded);
                may_have_ended = true;
            } else if let Some(value) = sextet_of(*byte) {
                group.push(value, &mut decoded);
            }
        }
    }
    group.flush(&mut decoded);
    decoded
}

/// The lines of a text without their ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let (line, after) = match memchr::memchr(b'\n', bytes) {
            Some(end) => (bytes.get(..end)?, bytes.get(end + 1..)),
            None => (bytes, None),
        };
        rest = after;
        Some(line)
    })
}

/// Decodes groups of four from the beginning of a line, up to the first that holds anything but the alphabet; gives the rest.
fn whole_groups<'a>(line: &'a [u8], decoded: &mut Vec<u8>) -> &'a [u8] {
    let mut n_decoded = 0;
    for group in line.chunks_exact(4) {
        let &[first, second, third, fourth] = group else { break };
        let [first, second, third, fourth] = [first, second, third, fourth].map(|byte| SEXTETS.get(usize::from(byte)).copied().unwrap_or(NO_SEXTET));
        if (first | second | third | fourth) & NO_SEXTET != 0 {
            break;
        }
        let bits = u32::from(first) << 18 | u32::from(second) << 12 | u32::from(third) << 6 | u32::from(fourth);
        let [_, one, two, three] = bits.to_be_bytes();
        decoded.extend_from_slice(&[one, two, three]);
        n_decoded += 4;
    }
    line.get(n_decoded..).unwrap_or_default()
}

/// Marks what is not of the alphabet: no sextet has this bit.
const NO_SEXTET: u8 = 0x80;

/// [`sextet_of`] as a table.
static SEXTETS: [u8; 256] = {
    let mut table = [NO_SEXTET; 256];
    let mut byte = 0_u8;
    loop {
        if let (Some(value), Some((_, after))) = (sextet_of(byte), table.split_at_mut_checked(byte as usize))
            && let Some(place) = after.first_mut()
        {
            *place = value;
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    table
};

const fn sextet_of(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Up to three sextets that wait for the fourth.
#[derive(Default)]
struct Group {
    bits: u32,
    sextets: u32,
}

impl Group {
    fn push(&mut self, sextet: u8, decoded: &mut Vec<u8>) {
        self.bits = self.bits << 6 | u32::from(sextet);
        self.sextets += 1;
        if self.sextets == 4 {
            decoded.extend(self.bits.to_be_bytes().iter().skip(1));
            *self = Group::default();
        }
    }

    /// The data ends here, perhaps in the middle of a group.
    fn flush(&mut self, decoded: &mut Vec<u8>) {
        match self.sextets {
            2 => decoded.extend((self.bits >> 4).to_be_bytes().iter().skip(3)),
            3 => decoded.extend((self.bits >> 2).to_be_bytes().iter().skip(2)),
            _ => {}
        }
        *self = Group::default();
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
    fn lines_of_any_length_and_bytes_of_no_alphabet_between_them_change_nothing() {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut random = fastrand::Rng::with_seed(7);
        for length in 0..300 {
            let contents: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            let mut encoded = Vec::new();
            for group in contents.chunks(3) {
                let bits = group.iter().chain(&[0; 3]).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
                let sextets = (0..=group.len()).map(|place| ALPHABET[bits >> (18 - 6 * place) & 63]);
                encoded.extend(sextets.chain([b'='; 2]).take(4));
            }
            for width in [1, 4, 57, 76, 77] {
                let lines: Vec<Vec<u8>> = encoded.chunks(width).map(|line| [b"\t", line, b"\r\n"].concat()).collect();
                assert_eq!(base64(&lines.concat()), contents, "{length} bytes in lines of {width}");
                let dirty: Vec<u8> = encoded.chunks(width).flat_map(|line| [line, b"!\0"].concat()).collect();
                assert_eq!(base64(&dirty), contents, "{length} bytes with strays every {width}");
            }
        }
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
