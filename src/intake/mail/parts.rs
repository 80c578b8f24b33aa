//! The files of a mail: every part that is not its text, with a name, its exact bytes, and whether it is only shown inside the text.

use std::collections::BTreeSet;

use mail_parser::{Encoding, HeaderName, Message, MessagePart, MimeHeaders, PartType};

use super::headers::{clean_line, media_type_of};
use super::text::Body;
use super::transfer;
use super::{Attachment, NESTED_MESSAGES_MAX, PARTS_MAX, html, parameters};
use crate::domain::finding::Reason;
use crate::intake::{names, tnef};

/// What was collected.
#[derive(Default)]
pub struct Collected {
    pub attachments: Vec<Attachment>,
    pub findings: Vec<Reason>,
    /// The body that Outlook hid in a `winmail.dat`.
    pub text_of_tnef: String,
}

/// Collects all files. Of a bounce, the quoted mail and its files are left out: they are ours or somebody else's, not news.
pub fn collect(message: &Message<'_>, body: &Body, is_bounce: bool) -> Collected {
    let mut collected = Collected::default();
    for file in &body.uuencoded {
        let media_type = "application/octet-stream".to_owned();
        let attachment = Attachment { name: file_name(&file.name, &media_type, 0), media_type, inline: false, contents: file.contents.clone() };
        collected.attachments.push(attachment);
    }
    let shown = html::shown_content_ids(&body.html);
    collect_from(message, &shown, &body.recovered, is_bounce, 0, &mut collected);
    collected
}

fn collect_from(message: &Message<'_>, shown: &BTreeSet<String>, bodies: &[u32], is_bounce: bool, depth: usize, collected: &mut Collected) {
    let mut files: Vec<u32> = message.attachments.iter().filter(|id| !bodies.contains(id)).copied().collect();
    files.extend(text_files(message));
    files.sort_unstable();
    files.dedup();
    for id in files {
        if collected.attachments.len() >= PARTS_MAX {
            add_finding(collected, Reason::ArchiveTooManyEntries);
            return;
        }
        let Some(part) = message.part(id) else { continue };
        let media_type = media_type_of(part, "application/octet-stream");
        if is_machine_part(&media_type, part) {
            continue;
        }
        match &part.body {
            PartType::Message(nested) => {
                if !is_bounce {
                    collect_message(message, part, nested, depth, collected);
                }
            }
            PartType::Multipart(_) => {}
            PartType::Text(_) | PartType::Html(_) if is_bounce => {}
            _ => collect_file(message, part, media_type, shown, collected),
        }
    }
}

/// Parts without anything of the sender's: resource forks (RFC 1740), delivery status, quoted headers.
fn is_machine_part(media_type: &str, part: &MessagePart<'_>) -> bool {
    matches!(
        media_type,
        "application/applefile"
            | "message/delivery-status"
            | "message/global-delivery-status"
            | "message/disposition-notification"
            | "message/feedback-report"
            | "text/rfc822-headers"
    ) || part.attachment_name().is_some_and(|name| name.starts_with("._"))
}

/// A mail sent along: itself as a file, then the files it carries, unless it is a bounce.
fn collect_message(message: &Message<'_>, part: &MessagePart<'_>, nested: &Message<'_>, depth: usize, collected: &mut Collected) {
    if depth + 1 > NESTED_MESSAGES_MAX {
        add_finding(collected, Reason::ArchiveTooDeep);
        return;
    }
    let declared = declared_name(message, part).or_else(|| nested.subject().map(|subject| format!("{}.eml", clean_line(subject))));
    let name = file_name(&declared.unwrap_or_default(), "message/rfc822", collected.attachments.len());
    let contents = if part.encoding == Encoding::None { raw_body(message, part).to_vec() } else { nested.raw_message.to_vec() };
    collected.attachments.push(Attachment { name, media_type: "message/rfc822".to_owned(), inline: false, contents });
    if !super::bounce::is_delivery_report(nested) {
        let shown = html::shown_content_ids(&nested.body_html(0).unwrap_or_default());
        collect_from(nested, &shown, &[], false, depth + 1, collected);
    }
}

fn collect_file(message: &Message<'_>, part: &MessagePart<'_>, media_type: String, shown: &BTreeSet<String>, collected: &mut Collected) {
    let contents = decoded_bytes(message, part);
    let declared = declared_name(message, part);
    if tnef::is_tnef(&contents) {
        let opened = tnef::read(&contents);
        collected.findings.extend(opened.finding.filter(|finding| !collected.findings.contains(finding)));
        if collected.text_of_tnef.is_empty() {
            collected.text_of_tnef = opened.body;
        }
        if !opened.attachments.is_empty() || opened.finding.is_none() {
            for file in opened.attachments.into_iter().take(PARTS_MAX) {
                let media_type = file.media_type.unwrap_or_else(|| "application/octet-stream".to_owned());
                let name = file_name(&file.name, &media_type, collected.attachments.len());
                collected.attachments.push(Attachment { name, media_type, inline: false, contents: file.contents });
            }
            return;
        }
    }
    if declared.is_none() && is_empty_text(&media_type, &contents) {
        return;
    }
    let inline = is_signature(&media_type) || is_shown_inside(part, &media_type, declared.as_deref(), &contents, shown);
    let name = file_name(&declared.unwrap_or_default(), &media_type, collected.attachments.len());
    collected.attachments.push(Attachment { name, media_type, inline, contents });
}

/// The seal of a whole mail (RFC 3156, RFC 8551): listed with its bytes, and no file of the sender's.
fn is_signature(media_type: &str) -> bool {
    matches!(media_type, "application/pkcs7-signature" | "application/x-pkcs7-signature" | "application/pgp-signature")
}

/// Text parts that are files though the parser takes them for text (RFC 8621 §4.1.4): those with a name behind the first of their kind, and
/// the first when its disposition names a file.
pub fn text_files(message: &Message<'_>) -> Vec<u32> {
    let firsts = [message.text_body.first(), message.html_body.first()];
    let is_file = |id: &u32| {
        let Some(part) = message.part(*id).filter(|part| matches!(part.body, PartType::Text(_) | PartType::Html(_))) else { return false };
        let disposed = part.content_disposition().is_some_and(|disposition| disposition.attribute("filename").is_some());
        disposed || (!firsts.contains(&Some(id)) && part.attachment_name().is_some())
    };
    let mut files: Vec<u32> = message.text_body.iter().chain(&message.html_body).take(2 * PARTS_MAX).copied().filter(|id| is_file(id)).collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// Blank text parts that list servers and Apple Mail put between files.
fn is_empty_text(media_type: &str, contents: &[u8]) -> bool {
    media_type.starts_with("text/") && contents.iter().all(u8::is_ascii_whitespace)
}

/// The bytes of a part as its sender had them: transfer encoding undone, character set untouched.
pub fn decoded_bytes(message: &Message<'_>, part: &MessagePart<'_>) -> Vec<u8> {
    let raw = raw_body(message, part);
    match (&part.body, transfer_encoding(part).as_str()) {
        (_, "x-uuencode" | "uuencode" | "x-uue" | "uue") => {
            let (mut files, _) = transfer::uudecode(raw);
            if files.is_empty() { raw.to_vec() } else { files.swap_remove(0).contents }
        }
        (_, "base64") => transfer::base64(raw),
        (_, "quoted-printable") => transfer::quoted_printable(raw),
        (PartType::Binary(contents) | PartType::InlineBinary(contents), _) if !part.is_encoding_problem && !contents.is_empty() => contents.to_vec(),
        _ => raw.to_vec(),
    }
}

/// The name of the encoding, without the quotes, comments and parameters that some programs add to it.
fn transfer_encoding(part: &MessagePart<'_>) -> String {
    let declared = part.content_transfer_encoding().unwrap_or_default();
    let word = declared.split(['(', ';', ',']).next().unwrap_or_default();
    word.trim_matches(|letter: char| letter.is_whitespace() || letter == '"' || letter == '\'').to_ascii_lowercase()
}

/// What stands between the fields of a part and its end. Without the empty line that ends them, the first line that is no field begins it.
fn raw_body<'m>(message: &'m Message<'_>, part: &MessagePart<'_>) -> &'m [u8] {
    let (header, body, end) = (part.offset_header as usize, part.offset_body as usize, part.offset_end as usize);
    let usual = message.raw_message.get(body..end).unwrap_or_default();
    if !usual.trim_ascii().is_empty() {
        return usual;
    }
    let fields = message.raw_message.get(header..body).unwrap_or_default();
    let start = first_line_that_is_no_field(fields).map_or(body, |at| header + at);
    message.raw_message.get(start..end).unwrap_or_default()
}

fn first_line_that_is_no_field(fields: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut is_first = true;
    for line in fields.split_inclusive(|byte| *byte == b'\n') {
        let is_folded = !is_first && line.starts_with(b" ") || line.starts_with(b"\t");
        let name_end = line.iter().position(|byte| *byte == b':');
        let is_field = name_end.is_some_and(|end| end > 0 && line.iter().take(end).all(|byte| byte.is_ascii_graphic() || *byte == b' '));
        if !is_folded && !is_field && !line.trim_ascii().is_empty() {
            return (!line.starts_with(b"--")).then_some(at);
        }
        if line.trim_ascii().is_empty() && !is_first {
            return None;
        }
        is_first = false;
        at += line.len();
    }
    None
}

/// The name the sender gave, as the field has it; as the parser has it when the field cannot be found.
fn declared_name(message: &Message<'_>, part: &MessagePart<'_>) -> Option<String> {
    let of_field = |field: HeaderName<'_>, parameter: &str| {
        let header = part.headers.iter().rev().find(|header| header.name == field)?;
        let raw = message.raw_message.get(header.offset_start as usize..header.offset_end as usize)?;
        parameters::value_of(raw, parameter)
    };
    let name = of_field(HeaderName::ContentDisposition, "filename")
        .or_else(|| of_field(HeaderName::ContentType, "name"))
        .or_else(|| part.attachment_name().map(str::to_owned))?;
    Some(names::repair_text(&clean_line(&name))).filter(|name| !name.is_empty())
}

/// A file name without path; one made from the media type where there is none.
fn file_name(declared: &str, media_type: &str, position: usize) -> String {
    const NAME_CHARS_MAX: usize = 200;
    let last = declared.rsplit(['/', '\\']).find(|piece| !piece.trim().is_empty()).unwrap_or_default().trim();
    if !last.is_empty() {
        let shown: String = last.chars().filter(names::is_shown).take(NAME_CHARS_MAX).collect();
        if !shown.trim().is_empty() {
            return shown.trim().to_owned();
        }
    }
    let number = position + 1;
    let extension = match media_type {
        "application/pdf" => "pdf",
        "application/zip" | "application/x-zip-compressed" | "application/x-zip" => "zip",
        "application/x-7z-compressed" => "7z",
        "application/x-rar-compressed" | "application/vnd.rar" | "application/x-rar" => "rar",
        "application/gzip" | "application/x-gzip" => "gz",
        "application/x-tar" => "tar",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.oasis.opendocument.text" => "odt",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/rtf" | "text/rtf" => "rtf",
        "image/jpeg" | "image/jpg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/tiff" => "tif",
        "image/heic" | "image/heif" => "heic",
        "image/webp" => "webp",
        "image/bmp" => "bmp",
        "message/rfc822" => "eml",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "text/vcard" | "text/x-vcard" => "vcf",
        _ => "bin",
    };
    let noun = if media_type.starts_with("image/") { "image" } else { "document" };
    format!("{noun}-{number}.{extension}")
}

/// A signature's logo, not a file: shown by the HTML (or disposed inline under a name programs make up), and small.
///
/// Apple Mail disposes everything inline, and people paste scans and portraits into the text: a picture of some size, or one with a
/// name a person gave, is a file.
fn is_shown_inside(part: &MessagePart<'_>, media_type: &str, name: Option<&str>, contents: &[u8], shown: &BTreeSet<String>) -> bool {
    if !media_type.starts_with("image/") {
        return false;
    }
    let disposed = part.content_disposition().map(|disposition| disposition.ctype().to_ascii_lowercase()).unwrap_or_default();
    let content_id = part.content_id().map(|id| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned());
    let is_shown = content_id.is_some_and(|id| shown.contains(&id));
    if !is_shown && (disposed == "attachment" || disposed.is_empty() && !is_made_up_name(name)) {
        return false;
    }
    let small_side = picture_size(contents).map(|(width, height)| width.min(height));
    if is_made_up_name(name) {
        let large = contents.len() > 100 << 10 && small_side.is_none_or(|side| side >= 500);
        return !large && (is_shown || contents.len() < 40 << 10);
    }
    is_shown && (contents.len() < 12 << 10 || small_side.is_some_and(|side| side < 120))
}

/// Names that mail programs and signature managers give, not people.
fn is_made_up_name(name: Option<&str>) -> bool {
    const BEGINNINGS: &[&str] = &[
        "image",
        "img_",
        "outlook-",
        "logo",
        "signature",
        "banner",
        "banniere",
        "bannière",
        "facebook",
        "linkedin",
        "twitter",
        "instagram",
        "youtube",
        "icon",
        "pastedgraphic",
        "unnamed",
        "att0",
        "unknown",
        "inline",
        "cid",
        "part",
        "mail",
        "footer",
        "x.",
        "emoji",
        "sign",
        "bandeau",
        "spacer",
        "pixel",
        "~wrd",
    ];
    let Some(name) = name else { return true };
    let name = name.to_lowercase();
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Width and height in pixels, from the first header of a PNG, GIF or JPEG.
fn picture_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let word = |at: usize| bytes.get(at..at + 2).and_then(|pair| <[u8; 2]>::try_from(pair).ok());
    if bytes.starts_with(b"\x89PNG") {
        let field = |at: usize| bytes.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok()).map(u32::from_be_bytes);
        return Some((field(16)?, field(20)?));
    }
    if bytes.starts_with(b"GIF8") {
        return Some((u16::from_le_bytes(word(6)?).into(), u16::from_le_bytes(word(8)?).into()));
    }
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return None;
    }
    const SEGMENTS_MAX: usize = 200;
    let mut at = 2;
    for _ in 0..SEGMENTS_MAX {
        let marker = *bytes.get(at + 1)?;
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return Some((u16::from_be_bytes(word(at + 7)?).into(), u16::from_be_bytes(word(at + 5)?).into()));
        }
        at += 2 + usize::from(u16::from_be_bytes(word(at + 2)?));
    }
    None
}

fn add_finding(collected: &mut Collected, reason: Reason) {
    if !collected.findings.contains(&reason) {
        collected.findings.push(reason);
    }
}

#[cfg(test)]
mod tests {
    use super::{file_name, picture_size};

    #[test]
    fn names_lose_their_path_and_are_made_up_when_absent() {
        assert_eq!(file_name("C:\\Users\\x\\CV.pdf", "application/pdf", 0), "CV.pdf");
        assert_eq!(file_name("../../etc/passwd", "text/plain", 0), "passwd");
        assert_eq!(file_name("", "image/jpeg", 1), "image-2.jpg");
        assert_eq!(file_name(" ", "application/x-unheard-of", 0), "document-1.bin");
    }

    #[test]
    fn picture_sizes() {
        assert_eq!(picture_size(b"GIF89a\x0a\x00\x05\x00"), Some((10, 5)));
        assert_eq!(picture_size(b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x20\x00\x40"), Some((64, 32)));
        assert_eq!(picture_size(b"\xff\xd8"), None);
    }
}
