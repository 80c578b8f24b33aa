//! A mail as it came, turned into values: who wrote, what they wrote themselves, what they sent along.
//!
//! Refuses only what nothing can be made of. Broken MIME, wrong character sets and lying headers are the ordinary case: whatever can be had
//! comes out, and what was wrong stands in `findings`. Nothing is decided here; [`crate::intake::class`] does that.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use mail_parser::{Address, Message, MessageParser};
use serde::{Deserialize, Serialize};

use crate::domain::finding::Reason;
use crate::domain::mail::MailAddress;

mod boundaries;
mod bounce;
mod bounce_words;
mod headers;
mod html;
mod links;
mod parameters;
mod parts;
mod passwords;
mod text;
mod transfer;
mod wreck;

pub use bounce::is_bounce_subject;
pub use html::to_text as html_to_text;
pub use passwords::passwords_in;
pub use wreck::salvage;

/// The longest body text that is kept, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 << 10;
/// The most MIME parts of one mail that are looked at.
pub const PARTS_MAX: usize = 2_000;
/// Messages attached to messages attached to messages: how deep we look.
pub const NESTED_MESSAGES_MAX: usize = 8;

/// One mail, parsed. Everything that a header or a body may lack is optional or empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ParsedMail {
    /// Without angle brackets.
    pub message_id: Option<String>,
    pub subject: String,
    pub from: Option<MailAddress>,
    pub reply_to: Option<MailAddress>,
    pub to: Vec<MailAddress>,
    pub cc: Vec<MailAddress>,
    /// `Some("")` for the null return path `<>`.
    pub return_path: Option<String>,
    /// What the sender's clock said.
    pub date: Option<DateTime<Utc>>,
    /// The topmost `Received:` stamp, written by the receiving server.
    pub received_at: Option<DateTime<Utc>>,
    /// Without angle brackets, as are `references`.
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    /// The text body (or the HTML one turned into text), at most 64 KiB.
    pub text: String,
    /// The same without quoted earlier mails and signature.
    pub own_text: String,
    /// Links to file stores (WeTransfer, Drive, …), seen and never followed.
    pub file_store_links: Vec<String>,
    /// Header signs that decide the class, as `name: value`, kept for [`crate::intake::class`].
    pub signs: Vec<(String, String)>,
    /// The media type of the whole message, for example `multipart/report`.
    pub media_type: String,
    pub bounce: Option<BounceReport>,
    pub attachments: Vec<Attachment>,
    pub findings: Vec<Reason>,
}

/// What a non-delivery report says (RFC 3464, and the shapes that do not follow it).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BounceReport {
    /// Message-ID of the letter that came back, when the report quotes it.
    pub original_message_id: Option<String>,
    pub recipients: Vec<String>,
    /// RFC 3463 status, for example `5.1.1`.
    pub status: Option<String>,
    /// Permanent failure.
    pub hard: bool,
}

/// A file that came with a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attachment {
    pub name: String,
    /// As declared by the sender.
    pub media_type: String,
    /// Shown inside the text (a signature's logo), not sent as a file.
    pub inline: bool,
    #[serde(skip)]
    pub contents: Vec<u8>,
}

/// Parses a mail (RFC 5322, MIME). The only failure is a mail that nothing can be made of.
///
/// The parser is a library fed with hostile bytes, so a panic in it is caught here and is the mail's fault, not ours.
pub fn parse(bytes: &[u8]) -> Result<ParsedMail, Reason> {
    catch_unwind(AssertUnwindSafe(|| parse_uncaught(bytes))).unwrap_or(Err(Reason::MailUnreadable))
}

fn parse_uncaught(bytes: &[u8]) -> Result<ParsedMail, Reason> {
    let mut prepared = headers::prepare(bytes);
    for repair in [boundaries::with_found_boundary, boundaries::with_ends] {
        if let Some(repaired) = repair(&prepared.bytes) {
            prepared.bytes = repaired.into();
        }
    }
    let message = MessageParser::default().parse(prepared.bytes.as_ref()).ok_or(Reason::MailUnreadable)?;
    if !headers::looks_like_a_mail(&message) {
        return Err(Reason::MailUnreadable);
    }
    let mut mail = envelope(&message);
    mail.findings.extend(prepared.finding);

    let body = text::body_of(&message);
    mail.bounce = bounce::read(&message, &mail, &body.text);
    let collected = parts::collect(&message, &body, mail.bounce.is_some());
    mail.attachments = collected.attachments;
    mail.findings.extend(collected.findings);

    mail.text = text::cut(if body.text.trim().is_empty() { collected.text_of_tnef } else { body.text.clone() });
    mail.own_text = text::own_part(&mail.text);
    let is_reply = !mail.in_reply_to.is_empty();
    mail.file_store_links = links::file_store_links(if is_reply { &mail.own_text } else { &mail.text }, &body.html, is_reply);
    if !mail.file_store_links.is_empty() && !mail.attachments.iter().any(|attachment| !attachment.inline) {
        mail.findings.push(Reason::LinkInsteadOfFile);
    }
    Ok(mail)
}

/// Everything that stands in the header section.
fn envelope(message: &Message<'_>) -> ParsedMail {
    ParsedMail {
        message_id: message.message_id().map(str::to_owned).filter(|id| !id.is_empty()),
        subject: headers::clean_line(message.subject().unwrap_or_default()),
        from: addresses(message.from()).into_iter().next().or_else(|| addresses(message.sender()).into_iter().next()),
        reply_to: addresses(message.reply_to()).into_iter().next(),
        to: addresses(message.to()),
        cc: addresses(message.cc()),
        return_path: headers::return_path(message),
        date: message.date().and_then(headers::instant),
        received_at: headers::received_at(message),
        in_reply_to: headers::identifiers(message.in_reply_to()),
        references: headers::identifiers(message.references()),
        signs: headers::signs(message),
        media_type: headers::media_type_of(message.root_part(), "text/plain"),
        ..ParsedMail::default()
    }
}

fn addresses(field: Option<&Address<'_>>) -> Vec<MailAddress> {
    const ADDRESSES_MAX: usize = 500;
    let Some(field) = field else { return Vec::new() };
    field
        .iter()
        .filter_map(|entry| {
            let name = entry.name.as_deref().map(headers::clean_line).filter(|name| !name.is_empty());
            let address = entry.address.as_deref().map(headers::clean_line).filter(|address| !address.is_empty());
            (name.is_some() || address.is_some()).then(|| MailAddress { name, address: address.unwrap_or_default() })
        })
        .take(ADDRESSES_MAX)
        .collect()
}

#[cfg(test)]
mod tests;
