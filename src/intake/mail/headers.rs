//! The header section: dates, identifiers, and the signs by which machines give themselves away.
//!
//! Mail servers and web forms send raw 8-bit headers in any character set, `From ` lines of mboxes, byte order marks. Those are put right
//! before parsing; everything else is left as it came.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use mail_parser::{ContentType, Header, HeaderName, HeaderValue, Message, MessagePart, MimeHeaders};

use crate::domain::finding::Reason;

/// How many times `message/…` or `…/digest` may occur. Every level of nesting needs one, and the parser's result is dropped recursively.
const NESTING_MARKS_MAX: usize = 200;
/// A sign is kept up to this many characters.
const SIGN_CHARS_MAX: usize = 300;
const SIGNS_MAX: usize = 200;

/// A mail made ready for the parser.
pub struct Prepared<'a> {
    pub bytes: Cow<'a, [u8]>,
    pub finding: Option<Reason>,
}

/// Skips what mail stores put before a mail, bounds its nesting, and turns raw windows-1252 headers into UTF-8.
pub fn prepare(bytes: &[u8]) -> Prepared<'_> {
    if bytes.contains(&b'\r') && !bytes.contains(&b'\n') {
        // Line ends of an old Macintosh: no parser knows them.
        let lines: Vec<u8> = bytes.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte }).collect();
        let Prepared { bytes, finding } = prepare(&lines);
        return Prepared { bytes: Cow::Owned(bytes.into_owned()), finding };
    }
    let bytes = without_prefix(bytes);
    let (bytes, finding) = match nesting_cut(bytes) {
        Some(cut) => (bytes.get(..cut).unwrap_or(bytes), Some(Reason::ArchiveTooDeep)),
        None => (bytes, None),
    };
    let head_length = header_section_length(bytes);
    let (head, rest) = bytes.split_at_checked(head_length).unwrap_or((bytes, &[]));
    if std::str::from_utf8(head).is_ok() {
        return Prepared { bytes: Cow::Borrowed(bytes), finding };
    }
    let (decoded, _, _) = encoding_rs::WINDOWS_1252.decode(head);
    let mut whole = Vec::with_capacity(decoded.len() + rest.len());
    whole.extend_from_slice(decoded.as_bytes());
    whole.extend_from_slice(rest);
    Prepared { bytes: Cow::Owned(whole), finding }
}

fn without_prefix(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.trim_ascii_start();
    if bytes.starts_with(b"From ") || bytes.starts_with(b">From ") {
        let line_end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
        return bytes.get(line_end..).unwrap_or_default();
    }
    bytes
}

/// Where the header section ends, at most a mebibyte from the beginning.
pub fn header_section_length(bytes: &[u8]) -> usize {
    const HEAD_BYTES_MAX: usize = 1 << 20;
    let window = bytes.get(..bytes.len().min(HEAD_BYTES_MAX)).unwrap_or(bytes);
    let mut line_was_empty = false;
    for (position, byte) in window.iter().enumerate() {
        match byte {
            b'\n' if line_was_empty => return position,
            b'\n' => line_was_empty = true,
            b'\r' => {}
            _ => line_was_empty = false,
        }
    }
    window.len()
}

/// Where to cut a mail that nests beyond reason; `None` for all honest ones.
fn nesting_cut(bytes: &[u8]) -> Option<usize> {
    let mut marks = 0;
    for position in memchr::memchr_iter(b'/', bytes) {
        let before = bytes.get(position.saturating_sub(7)..position).unwrap_or_default();
        let after = bytes.get(position + 1..bytes.len().min(position + 7)).unwrap_or_default();
        if before.eq_ignore_ascii_case(b"message") || after.eq_ignore_ascii_case(b"digest") {
            marks += 1;
            if marks > NESTING_MARKS_MAX {
                return Some(position);
            }
        }
    }
    None
}

/// Whether there is at least one field of its sender's. What servers write in front of anything (`Return-Path`, `Received`, `Delivered-To`)
/// makes no mail of it.
pub fn looks_like_a_mail(message: &Message<'_>) -> bool {
    message.headers().iter().any(|header| {
        let empty = matches!(header.value, HeaderValue::Empty);
        match &header.name {
            HeaderName::From | HeaderName::Sender | HeaderName::Date | HeaderName::MessageId | HeaderName::To => !empty,
            HeaderName::Subject | HeaderName::ReplyTo | HeaderName::Cc | HeaderName::MimeVersion => true,
            HeaderName::ContentType | HeaderName::References | HeaderName::InReplyTo => !empty,
            name => name.as_str().eq_ignore_ascii_case("x-mailer"),
        }
    })
}

/// One line, no control characters, no surrounding space.
pub fn clean_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// `Some("")` for the null return path.
pub fn return_path(message: &Message<'_>) -> Option<String> {
    let field = message.headers().iter().find(|header| header.name == HeaderName::ReturnPath)?;
    let raw = raw_value(message, field);
    Some(raw.trim().trim_start_matches('<').trim_end_matches('>').trim().to_owned())
}

/// The text of a field as it stands in the mail, unfolded.
pub fn raw_value(message: &Message<'_>, field: &Header<'_>) -> String {
    let raw = message.raw_message.get(field.offset_start as usize..field.offset_end as usize).unwrap_or_default();
    clean_line(&String::from_utf8_lossy(raw))
}

/// The date of the topmost `Received:` stamp that has one.
pub fn received_at(message: &Message<'_>) -> Option<DateTime<Utc>> {
    const STAMPS_MAX: usize = 50;
    message.headers().iter().filter(|header| header.name == HeaderName::Received).take(STAMPS_MAX).find_map(|header| {
        let parsed = header.value.as_received().and_then(|received| received.date()).and_then(|date| instant(&date));
        parsed.or_else(|| {
            let raw = raw_value(message, header);
            let stamp = raw.rsplit_once(';')?.1;
            let without_comment = stamp.split('(').next().unwrap_or_default().trim();
            DateTime::parse_from_rfc2822(without_comment).ok().map(|date| date.to_utc())
        })
    })
}

/// A date that a calendar knows.
pub fn instant(date: &mail_parser::DateTime) -> Option<DateTime<Utc>> {
    if !date.is_valid() {
        return None;
    }
    DateTime::from_timestamp(date.to_timestamp(), 0)
}

/// Message-IDs without angle brackets.
pub fn identifiers(field: &HeaderValue<'_>) -> Vec<String> {
    const IDENTIFIERS_MAX: usize = 200;
    let all: Vec<String> = match field {
        HeaderValue::Text(one) => vec![one.to_string()],
        HeaderValue::TextList(many) => many.iter().map(|one| one.to_string()).collect(),
        _ => Vec::new(),
    };
    let trim = |id: String| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
    all.into_iter().map(trim).filter(|id| !id.is_empty()).take(IDENTIFIERS_MAX).collect()
}

/// `type/subtype`, lower case.
pub fn media_type_of(part: &MessagePart<'_>, default: &str) -> String {
    match part.content_type() {
        Some(ContentType { c_type, c_subtype: Some(subtype), .. }) => format!("{c_type}/{subtype}").to_ascii_lowercase(),
        Some(ContentType { c_type, .. }) => c_type.to_ascii_lowercase(),
        None => default.to_owned(),
    }
}

/// Fields that show what wrote a mail.
const EXACT: &[&str] = &[
    "auto-submitted",
    "precedence",
    "return-path",
    "sender",
    "x-auto-response-suppress",
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply-from",
    "x-autogenerated",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-loop",
    "feedback-id",
    "x-failed-recipients",
    "x-guichet",
    "x-spam-flag",
    "x-spam-status",
    "x-spam",
    "x-spam-level",
    "x-ovh-spam-status",
    "x-proofpoint-spam-details-enc",
    "x-ms-exchange-generated-message-source",
    "x-ms-exchange-inbox-rules-loop",
    "x-ms-exchange-organization-scl",
    "x-forefront-antispam-report",
    "x-campaign",
    "x-campaignid",
    "x-mailer",
    "user-agent",
    "x-mc-user",
    "x-mailgun-sid",
    "x-sg-eid",
    "x-report-abuse",
    "x-csa-complaints",
    "x-ms-has-attach",
    "disposition-notification-to",
    "x-vacation",
    "x-amavis-alert",
    "x-fbl",
    "x-bulkmail",
    "x-github-reason",
    "content-class",
    "auto-generated",
    "x-google-group-id",
    "x-mailing-list",
    "mailing-list",
    "x-beenthere",
    "x-mailman-version",
    "x-delivered-to-mailing-list",
    "delivered-to",
    "x-cron-env",
    "x-ham-report",
    "x-original-to",
    "x-mailer-info",
    "x-notification",
    "x-facebook-notify",
    "x-linkedin-class",
    "x-msfbl",
    "x-virus-scanned",
    "x-php-originating-script",
    "errors-to",
    "x-auto-reply",
    "x-autoreply-domain",
    "x-autoresponse",
    "x-ovh-autoresponder",
    "x-fc-machinegenerated",
    "x-post-messageclass",
    "x-apple-action",
    "x-precedence",
    "x-ms-embedded-report",
    "x-mdarrival-date",
    "x-rt-loop-prevention",
    "x-otrs-loop",
    "x-ml-name",
    "x-mlserver",
    "x-sympa-to",
    "x-yahoo-newman-property",
    "x-ez-ml",
    "x-notes-item",
    "x-exim-deliver-bounce",
    "x-uidl-bounce",
    "x-mailinblack",
    "x-boxbe",
];

/// Beginnings of such fields: trackers, forges and list servers sign with families of them.
const SIGN_PREFIXES: &[&str] = &[
    "list-",
    "x-list",
    "x-bugzilla-",
    "x-jira-",
    "x-redmine-",
    "x-trac-",
    "x-gitlab-",
    "x-github-",
    "x-zendesk-",
    "x-freshdesk-",
    "x-egroups-",
    "x-yahoogroups-",
    "x-launchpad-",
    "x-osticket-",
];

/// Whether a field, named in lower case, is one from which [`crate::intake::class`] judges.
pub fn is_sign(name: &str) -> bool {
    EXACT.contains(&name) || SIGN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The fields from which [`crate::intake::class`] judges, names in lower case.
pub fn signs(message: &Message<'_>) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    for header in message.headers() {
        let name = header.name.as_str().to_ascii_lowercase();
        if is_sign(&name) {
            kept.push((name, raw_value(message, header).chars().take(SIGN_CHARS_MAX).collect()));
        }
        if kept.len() >= SIGNS_MAX {
            break;
        }
    }
    if let Some(content_type) = message.content_type() {
        for parameter in ["report-type", "method"] {
            if let Some(value) = content_type.attribute(parameter) {
                kept.push((format!("content-type {parameter}"), value.to_ascii_lowercase()));
            }
        }
    }
    for part in message.parts.iter().skip(1).take(super::PARTS_MAX) {
        kept.extend(sign_of_part(part));
    }
    kept
}

/// Parts that only machines send.
fn sign_of_part(part: &MessagePart<'_>) -> Option<(String, String)> {
    let media_type = media_type_of(part, "text/plain");
    match media_type.as_str() {
        "text/calendar" => {
            let declared = part.content_type().and_then(|content_type| content_type.attribute("method")).map(str::to_owned);
            let method = declared.or_else(|| {
                let text = part.text_contents()?;
                text.lines().take(50).find_map(|line| line.strip_prefix("METHOD:")).map(|method| method.trim().to_owned())
            })?;
            Some(("part text/calendar".to_owned(), method.to_ascii_lowercase()))
        }
        "message/delivery-status" | "message/disposition-notification" | "message/feedback-report" | "message/global-delivery-status" => {
            Some((format!("part {media_type}"), String::new()))
        }
        _ => None,
    }
}
