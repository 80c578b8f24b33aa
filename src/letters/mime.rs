//! A letter as the bytes of a mail (RFC 5322, 2045–2049, 2387, 3834), the same bytes for the same letter.
//!
//! `multipart/alternative` with text and HTML, both quoted-printable; inside `multipart/related` when the QR code is carried; inside
//! `multipart/mixed` when files are attached. Boundaries come from the Message-ID, so that a retry is the same mail. Nothing taken from a
//! candidate's mail can add a header: identifiers with white space or control characters are left out.

use std::time::SystemTime;

use anyhow::Context;
use chrono::{DateTime, Utc};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as MailAttachment, Body, Mailbox, MultiPart, SinglePart};
use sha2::{Digest as _, Sha256};

use crate::domain::mail::MailAddress;
use crate::letters::RenderedLetter;

/// How a mail came to be written (RFC 3834 § 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoSubmitted {
    /// In answer to a mail.
    Replied,
    /// By the calendar, or after a person's click.
    Generated,
}

impl AutoSubmitted {
    pub fn header_value(self) -> &'static str {
        match self {
            AutoSubmitted::Replied => "auto-replied",
            AutoSubmitted::Generated => "auto-generated",
        }
    }
}

/// What stands on a mail beside its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub from: MailAddress,
    pub to: Vec<MailAddress>,
    /// With or without angle brackets.
    pub message_id: String,
    pub date: DateTime<Utc>,
    /// The mail answered, with or without angle brackets.
    pub in_reply_to: Option<String>,
    /// The thread, oldest first, as its own last mail referred to it.
    pub references: Vec<String>,
    pub auto_submitted: AutoSubmitted,
    /// The dossier number, for `X-Guichet`; empty for mail that is about no dossier.
    pub number: String,
}

/// A file that goes with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Ancestors named in `References` beside the first: threads are joined by their beginning and their end.
const REFERENCES_MAX: usize = 12;

/// Octets in a line of the header, its end not counted.
const HEADER_OCTETS_MAX: usize = 76;

/// The bytes of a mail.
///
/// # Errors
/// An address or a media type that the standards do not allow.
pub fn to_mime(rendered: &RenderedLetter, envelope: &Envelope, attachments: &[Attachment]) -> anyhow::Result<Vec<u8>> {
    let message_id = identifier(&envelope.message_id).context("the letter's Message-ID is not one")?;
    let mut builder = lettre::Message::builder().from(mailbox(&envelope.from)?);
    for recipient in &envelope.to {
        builder = builder.to(mailbox(recipient)?);
    }
    builder = builder.subject(one_line(&rendered.subject)).date(SystemTime::from(envelope.date)).message_id(Some(message_id.clone()));
    if let Some(answered) = envelope.in_reply_to.as_deref().and_then(identifier) {
        builder = builder.in_reply_to(answered);
    }
    let thread = references(envelope);
    if !thread.is_empty() {
        builder = builder.references(thread.join(" "));
    }
    builder = builder.raw_header(header("Auto-Submitted", envelope.auto_submitted.header_value()));
    builder = builder.raw_header(header("Content-Language", rendered.language.code()));
    let number: String = envelope.number.chars().filter(|character| character.is_ascii_graphic()).collect();
    if !number.is_empty() {
        builder = builder.raw_header(header("X-Guichet", &number));
    }
    let parts = parts(rendered, attachments, &message_id)?;
    let mail = builder.multipart(parts).context("the mail could not be put together")?.formatted();
    Ok(with_folded_header(&mail))
}

/// Folds header lines at the last space before column 76 (RFC 5322 § 2.2.3, RFC 2047 § 2): a long display name and its address.
fn with_folded_header(mail: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(mail.len() + 64);
    let mut lines = mail.split_inclusive(|byte| *byte == b'\n');
    for line in lines.by_ref() {
        let mut rest = line;
        while rest.len() > HEADER_OCTETS_MAX + 2 {
            let space = rest.iter().take(HEADER_OCTETS_MAX).rposition(|byte| *byte == b' ').filter(|position| *position > 0);
            let Some((before, after)) = space.and_then(|position| rest.split_at_checked(position)) else { break };
            folded.extend_from_slice(before);
            folded.extend_from_slice(b"\r\n");
            rest = after;
        }
        folded.extend_from_slice(rest);
        if line == b"\r\n" {
            break;
        }
    }
    lines.for_each(|line| folded.extend_from_slice(line));
    folded
}

fn parts(rendered: &RenderedLetter, attachments: &[Attachment], message_id: &str) -> anyhow::Result<MultiPart> {
    let boundary = |level: &str| {
        let digest = Sha256::digest(format!("{level} {message_id}"));
        let hexadecimal: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        format!("guichet-{level}-{hexadecimal}")
    };
    let mut parts = MultiPart::alternative()
        .boundary(boundary("alternative"))
        .singlepart(words(&rendered.text, ContentType::TEXT_PLAIN)?)
        .singlepart(words(&rendered.html, ContentType::TEXT_HTML)?);
    if !rendered.inline_images.is_empty() {
        let mut related = MultiPart::related().boundary(boundary("related")).multipart(parts);
        for image in &rendered.inline_images {
            let media_type = ContentType::parse(&image.media_type).context("media type of the picture")?;
            related = related.singlepart(MailAttachment::new_inline(image.content_id.clone()).body(image.bytes.clone(), media_type));
        }
        parts = related;
    }
    if !attachments.is_empty() {
        let mut mixed = MultiPart::mixed().boundary(boundary("mixed")).multipart(parts);
        for attachment in attachments {
            let media_type = ContentType::parse(&attachment.media_type).context("media type of an attachment")?;
            let body = Body::new_with_encoding(attachment.bytes.clone(), ContentTransferEncoding::Base64)
                .map_err(|_| anyhow::anyhow!("an attachment could not be encoded"))?;
            mixed = mixed.singlepart(MailAttachment::new(one_line(&attachment.name)).body(body, media_type));
        }
        parts = mixed;
    }
    Ok(parts)
}

fn words(text: &str, media_type: ContentType) -> anyhow::Result<SinglePart> {
    let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let body = Body::new_with_encoding(lines, ContentTransferEncoding::QuotedPrintable)
        .map_err(|_| anyhow::anyhow!("a part could not be written as quoted-printable"))?;
    Ok(SinglePart::builder().header(media_type).body(body))
}

fn mailbox(address: &MailAddress) -> anyhow::Result<Mailbox> {
    let parsed = address.address.trim().parse().context("an address to which no mail can be sent")?;
    let name = address.name.as_deref().map(one_line).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, parsed))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// `<id@host>`, or nothing when it could not stand in a header.
fn identifier(text: &str) -> Option<String> {
    let inner = text.trim().trim_start_matches('<').trim_end_matches('>');
    let allowed = |character: char| character.is_ascii_graphic() && !matches!(character, '<' | '>');
    (!inner.is_empty() && inner.len() <= 900 && inner.chars().all(allowed)).then(|| format!("<{inner}>"))
}

/// The thread that the answer belongs to (RFC 5322 § 3.6.4): its beginning, its last members, and the mail answered.
fn references(envelope: &Envelope) -> Vec<String> {
    let mut thread: Vec<String> = Vec::new();
    for known in envelope.references.iter().chain(&envelope.in_reply_to).filter_map(|text| identifier(text)) {
        thread.retain(|earlier| *earlier != known);
        thread.push(known);
    }
    if thread.len() > REFERENCES_MAX + 1 {
        thread.drain(1..thread.len() - REFERENCES_MAX);
    }
    thread
}

fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
