//! (being written)

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::finding::Reason;
use crate::domain::mail::MailAddress;

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
pub fn parse(_bytes: &[u8]) -> Result<ParsedMail, Reason> {
    Err(Reason::MailUnreadable)
}
