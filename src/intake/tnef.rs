//! `winmail.dat`: the box in which Outlook sends files to the rest of the world (MS-OXTNEF).
//!
//! Only what a candidate sends is read: files, their names, and the plain body. Every length is checked against what is there; what is
//! damaged ends the reading with a finding, and the files before it still count.

use crate::domain::finding::Reason;

/// A file from a `winmail.dat`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TnefAttachment {
    /// Empty when the box names none.
    pub name: String,
    pub media_type: Option<String>,
    pub contents: Vec<u8>,
}

/// What a `winmail.dat` held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tnef {
    pub body: String,
    pub attachments: Vec<TnefAttachment>,
    /// [`Reason::ArchiveDamaged`] when it ends too early or contradicts itself.
    pub finding: Option<Reason>,
}

const SIGNATURE: [u8; 4] = 0x223e_9f78_u32.to_le_bytes();
/// A message inside a message inside a message.
const DEPTH_MAX: u32 = 3;
const ATTACHMENTS_MAX: usize = 2_000;
const PROPERTIES_MAX: u32 = 10_000;

const ATT_BODY: u32 = 0x0002_800c;
const ATT_ATTACH_TITLE: u32 = 0x0001_8010;
const ATT_ATTACH_DATA: u32 = 0x0006_800f;
const ATT_ATTACH_REND_DATA: u32 = 0x0006_9002;
const ATT_ATTACHMENT: u32 = 0x0006_9005;
const ATT_OEM_CODEPAGE: u32 = 0x0006_9007;

const PID_ATTACH_DATA: u16 = 0x3701;
const PID_ATTACH_FILENAME: u16 = 0x3704;
const PID_ATTACH_LONG_FILENAME: u16 = 0x3707;
const PID_ATTACH_MIME_TAG: u16 = 0x370e;
const PID_DISPLAY_NAME: u16 = 0x3001;

/// Whether the bytes are a TNEF stream; names and media types lie, the signature does not.
pub fn is_tnef(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// Reads a TNEF stream.
pub fn read(bytes: &[u8]) -> Tnef {
    let mut tnef = Tnef::default();
    if read_stream(bytes, 0, &mut tnef).is_none() {
        tnef.finding = Some(Reason::ArchiveDamaged);
    }
    tnef
}

/// A place in the bytes that cannot leave them.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A counted value, padded to four bytes.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let value = self.take(length)?;
        let padding = (4 - length % 4) % 4;
        self.take(padding.min(self.rest.len()))?;
        Some(value)
    }
}

fn read_stream(bytes: &[u8], depth: u32, tnef: &mut Tnef) -> Option<()> {
    let mut cursor = Cursor { rest: bytes };
    cursor.take(4).filter(|signature| *signature == SIGNATURE)?;
    cursor.u16()?;
    let mut open: Option<TnefAttachment> = None;
    let mut code_page = 1252;
    let mut whole = Some(());
    while !cursor.rest.is_empty() {
        let Some((attribute, value)) = read_attribute(&mut cursor) else {
            whole = None;
            break;
        };
        match attribute {
            ATT_OEM_CODEPAGE => code_page = Cursor { rest: value }.u32().unwrap_or(code_page),
            ATT_BODY if tnef.body.is_empty() => tnef.body = decode_text(value, code_page),
            ATT_ATTACH_REND_DATA => {
                close(tnef, open.take());
                open = Some(TnefAttachment::default());
            }
            ATT_ATTACH_TITLE => open.get_or_insert_default().name = decode_text(value, code_page),
            ATT_ATTACH_DATA => open.get_or_insert_default().contents = value.to_vec(),
            ATT_ATTACHMENT => {
                let read = read_properties(value, code_page, depth, open.get_or_insert_default(), tnef);
                whole = whole.and(read);
            }
            _ => {}
        }
    }
    close(tnef, open);
    whole
}

fn close(tnef: &mut Tnef, attachment: Option<TnefAttachment>) {
    let is_news = |attachment: &TnefAttachment| !attachment.contents.is_empty() || !attachment.name.is_empty();
    if let Some(attachment) = attachment.filter(is_news).filter(|_| tnef.attachments.len() < ATTACHMENTS_MAX) {
        tnef.attachments.push(attachment);
    }
}

/// Level, identifier, length, value, checksum.
fn read_attribute<'a>(cursor: &mut Cursor<'a>) -> Option<(u32, &'a [u8])> {
    let level = cursor.u8()?;
    if !matches!(level, 1 | 2) {
        // Mail gateways pad the stream with zeros or a line end.
        return cursor.rest.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n')).then(|| {
            cursor.rest = &[];
            (0, cursor.rest)
        });
    }
    let attribute = cursor.u32()?;
    let length = usize::try_from(cursor.u32()?).ok()?;
    let value = cursor.take(length)?;
    cursor.u16()?;
    Some((attribute, value))
}

/// The MAPI properties of one attachment: its long name, its media type, and, for a message sent along, its contents.
fn read_properties(value: &[u8], code_page: u32, depth: u32, attachment: &mut TnefAttachment, tnef: &mut Tnef) -> Option<()> {
    let mut cursor = Cursor { rest: value };
    let n_properties = cursor.u32()?.min(PROPERTIES_MAX);
    let mut long_name = None;
    let mut short_name = None;
    for _ in 0..n_properties {
        let kind = cursor.u16()?;
        let id = cursor.u16()?;
        if id >= 0x8000 {
            skip_property_name(&mut cursor)?;
        }
        let values = read_values(&mut cursor, kind)?;
        let Some(first) = values.first() else { continue };
        let text = || if kind & 0xfff == 0x1f { utf16(first) } else { decode_text(first, code_page) };
        match id {
            PID_ATTACH_LONG_FILENAME => long_name = Some(text()),
            PID_ATTACH_FILENAME | PID_DISPLAY_NAME => short_name = Some(text()),
            PID_ATTACH_MIME_TAG => attachment.media_type = Some(text().to_lowercase()).filter(|media_type| media_type.contains('/')),
            PID_ATTACH_DATA => read_data(first, kind, depth, attachment, tnef),
            _ => {}
        }
    }
    if let Some(name) = long_name.or(short_name.filter(|_| attachment.name.is_empty())).filter(|name| !name.is_empty()) {
        attachment.name = name;
    }
    Some(())
}

/// Contents carried as a property: bytes, or an object that begins with the identifier of its interface.
fn read_data(value: &[u8], kind: u16, depth: u32, attachment: &mut TnefAttachment, tnef: &mut Tnef) {
    const OBJECT: u16 = 0x0d;
    let inner = if kind == OBJECT { value.get(16..).unwrap_or_default() } else { value };
    if is_tnef(inner) && depth < DEPTH_MAX {
        let body = std::mem::take(&mut tnef.body);
        if read_stream(inner, depth + 1, tnef).is_none() {
            tnef.finding = Some(Reason::ArchiveDamaged);
        }
        tnef.body = body;
    } else if attachment.contents.is_empty() {
        attachment.contents = inner.to_vec();
    }
}

fn skip_property_name(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.take(16)?;
    if cursor.u32()? == 0 {
        cursor.u32()?;
    } else {
        cursor.counted()?;
    }
    Some(())
}

/// All values of one property (MS-OXTNEF 2.1.3.4.2). Fixed sizes are padded to four bytes.
fn read_values<'a>(cursor: &mut Cursor<'a>, kind: u16) -> Option<Vec<&'a [u8]>> {
    const MULTIPLE: u16 = 0x1000;
    let size = match kind & 0xfff {
        0x01 => 0,
        0x02 | 0x03 | 0x04 | 0x0a | 0x0b => 4,
        0x05 | 0x06 | 0x07 | 0x14 | 0x40 => 8,
        0x48 => 16,
        0x0d | 0x1e | 0x1f | 0x102 => {
            let n_values = cursor.u32()?.min(PROPERTIES_MAX);
            return (0..n_values).map(|_| cursor.counted()).collect();
        }
        _ => return None,
    };
    let n_values = if kind & MULTIPLE == 0 { 1 } else { cursor.u32()?.min(PROPERTIES_MAX) };
    (0..n_values).map(|_| cursor.take(size)).collect()
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0)]));
    char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).take_while(|letter| *letter != '\0').collect()
}

fn decode_text(bytes: &[u8], code_page: u32) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let bytes = bytes.get(..end).unwrap_or_default();
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let label = match code_page {
        932 => "shift_jis".to_owned(),
        936 => "gb18030".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        page => format!("windows-{page}"),
    };
    encoding_rs::Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::WINDOWS_1252).decode(bytes).0.into_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn attribute(level: u8, id: u32, value: &[u8]) -> Vec<u8> {
        let mut bytes = vec![level];
        bytes.extend(id.to_le_bytes());
        bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend(value);
        bytes.extend(value.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).to_le_bytes());
        bytes
    }

    fn property(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = [kind.to_le_bytes(), id.to_le_bytes()].concat();
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    pub fn stream(parts: &[Vec<u8>]) -> Vec<u8> {
        [SIGNATURE.to_vec(), vec![1, 0], parts.concat()].concat()
    }

    /// Base64 for building mails in tests.
    pub fn base64(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut encoded = String::new();
        for group in bytes.chunks(3) {
            let word = (0..3).fold(0_u32, |word, at| word << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
            for sextet in 0..4 {
                let letter = ALPHABET[(word >> (18 - 6 * sextet) & 63) as usize];
                encoded.push(if sextet <= group.len() { char::from(letter) } else { '=' });
            }
        }
        encoded
    }

    pub fn sample() -> Vec<u8> {
        let long: Vec<u8> = "Relevé de notes.pdf\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let properties = [
            2_u32.to_le_bytes().to_vec(),
            property(0x1f, PID_ATTACH_LONG_FILENAME, &long),
            property(0x1e, PID_ATTACH_MIME_TAG, b"application/pdf\0"),
        ]
        .concat();
        stream(&[
            attribute(1, ATT_OEM_CODEPAGE, &[0xe4, 4, 0, 0, 0, 0, 0, 0]),
            attribute(1, ATT_BODY, b"Bonjour\0"),
            attribute(2, ATT_ATTACH_REND_DATA, &[0; 14]),
            attribute(2, ATT_ATTACH_TITLE, b"RELEVE~1.PDF\0"),
            attribute(2, ATT_ATTACH_DATA, b"%PDF-1.4 notes"),
            attribute(2, ATT_ATTACHMENT, &properties),
            attribute(2, ATT_ATTACH_REND_DATA, &[0; 14]),
            attribute(2, ATT_ATTACH_TITLE, b"cv\xe9.txt\0"),
            attribute(2, ATT_ATTACH_DATA, b"cv"),
        ])
    }

    #[test]
    fn files_come_out_with_their_long_names() {
        let tnef = read(&sample());
        assert_eq!(tnef.finding, None);
        assert_eq!(tnef.body, "Bonjour");
        let names: Vec<&str> = tnef.attachments.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["Relevé de notes.pdf", "cvé.txt"]);
        assert_eq!(tnef.attachments[0].contents, b"%PDF-1.4 notes");
        assert_eq!(tnef.attachments[0].media_type.as_deref(), Some("application/pdf"));
    }

    #[test]
    fn every_cut_is_survived_and_said() {
        let whole = sample();
        for end in 0..whole.len() {
            let tnef = read(&whole[..end]);
            assert!(tnef.attachments.len() <= 2);
        }
        let cut = read(&whole[..whole.len() - 4]);
        assert_eq!((cut.finding, cut.attachments.len()), (Some(Reason::ArchiveDamaged), 2));
    }

    #[test]
    fn a_message_sent_along_gives_its_files() {
        let mut object = vec![0_u8; 16];
        object.extend(sample());
        let properties = [1_u32.to_le_bytes().to_vec(), property(0x0d, PID_ATTACH_DATA, &object)].concat();
        let outer = stream(&[attribute(2, ATT_ATTACH_REND_DATA, &[0; 14]), attribute(2, ATT_ATTACHMENT, &properties)]);
        assert_eq!(read(&outer).attachments.len(), 2);
    }
}
