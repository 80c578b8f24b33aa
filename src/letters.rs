//! The words: letters to candidates, the assistant's digest, the jury's announcement, and the mails they become.
//!
//! A letter arrives here as a closed value (`domain::letter`) in which everything is decided. This room chooses words and nothing else:
//! it reads no clock, asks nobody, and knows only the reasons that `wording::reasons` allows a candidate to hear. Sentences stand in
//! `config/letters`, one template for each kind and language; each gives the text part and the HTML part alike (see `page`).
//!
//! On the way: value → context (`status`, `context`, `staff`) → template → `page` → `plain` and `html` → `mime`.

pub mod calendar_file;
mod context;
mod file_names;
mod html;
pub mod mime;
mod page;
mod plain;
pub mod samples;
pub mod staff;
mod status;
mod templates;
mod typography;
pub mod wording;

use anyhow::{Context, bail};
use serde::Serialize;

use crate::domain::digest::Digest;
use crate::domain::letter::{CandidateLetter, LetterBody, LetterKind, LetterLanguage, Says, SaysTranslation};
use crate::domain::rules::Rules;

pub use calendar_file::interview_ics;
pub use mime::{Attachment, AutoSubmitted, Envelope, to_mime};
pub use staff::{BatchAnnouncement, BatchDelivery};
pub use templates::{Templates, embedded_names};

/// The Content-ID of the QR code that fills in a banking app.
pub const QR_CONTENT_ID: &str = "virement-qr@guichet";

/// A letter in words, before it has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedLetter {
    pub language: LetterLanguage,
    /// One line, Unicode, not yet encoded for a header.
    pub subject: String,
    /// Lines of at most 76 columns ended by `\n`, Unicode.
    pub text: String,
    /// A whole document, UTF-8; also well-formed XML.
    pub html: String,
    pub inline_images: Vec<InlineImage>,
}

/// A picture that the HTML part shows, carried inside the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineImage {
    /// Without angle brackets; the HTML says `cid:` and this.
    pub content_id: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Words a letter to a candidate. `qr_png` is the EPC QR code of the fee; it is carried only by letters that print the account.
///
/// # Errors
/// When the body does not belong to the kind, or a template fails (templates are all tried when they are loaded).
pub fn render(templates: &Templates, letter: &CandidateLetter, rules: &Rules, qr_png: Option<&[u8]>) -> anyhow::Result<RenderedLetter> {
    let frame = context::Frame::of(letter, rules);
    let finish = |source: &str| finish(templates, source, letter.language, qr_png);
    let template = format!("{}.{}.txt", letter.kind.slug(), letter.language.code());
    let source = match (&letter.body, letter.kind) {
        (
            LetterBody::Status(status),
            LetterKind::Acknowledgement
            | LetterKind::SupplementReceived
            | LetterKind::ArchiveProblem
            | LetterKind::FileComplete
            | LetterKind::Reminder,
        ) => templates.fill(&template, &frame, &status::StatusContext::of(status, letter, rules))?,
        (LetterBody::FeeReceived { received, booked_on, status }, LetterKind::FeeReceived) => {
            templates.fill(&template, &frame, &status::FeeReceivedContext::of(*received, *booked_on, status, letter, rules))?
        }
        (LetterBody::FeeShort { .. }, LetterKind::FeeShort)
        | (LetterBody::Interview { .. }, LetterKind::InterviewInvitation)
        | (
            LetterBody::Decision { .. },
            LetterKind::DecisionAdmitted
            | LetterKind::DecisionAdmittedSubjectToDegree
            | LetterKind::DecisionWaitingList
            | LetterKind::DecisionRefused
            | LetterKind::RegistrationReminder,
        )
        | (LetterBody::Plain, LetterKind::WithdrawalNoted | LetterKind::MailUnreadable) => {
            templates.fill(&template, &frame, &context::OccasionContext::of(letter, rules))?
        }
        (_, kind) => bail!("a letter of kind {} has a body that is not its own", kind.slug()),
    };
    finish(&source).with_context(|| template.clone())
}

/// Words the assistant's daily digest, in French.
pub fn render_digest(templates: &Templates, digest: &Digest, rules: &Rules) -> anyhow::Result<RenderedLetter> {
    render_staff(templates, LetterKind::DigestDaily, &staff::DigestContext::of(digest), rules)
}

/// Words the announcement of a jury's batch, in French.
pub fn render_batch_announcement(templates: &Templates, announcement: &BatchAnnouncement, rules: &Rules) -> anyhow::Result<RenderedLetter> {
    render_staff(templates, LetterKind::BatchAnnouncement, &staff::BatchContext::of(announcement), rules)
}

fn render_staff(templates: &Templates, kind: LetterKind, body: &impl Serialize, rules: &Rules) -> anyhow::Result<RenderedLetter> {
    let template = format!("{}.fr.txt", kind.slug());
    let source = templates.fill(&template, &context::Frame::of_staff(rules), body)?;
    finish(templates, &source, LetterLanguage::French, None).with_context(|| template.clone())
}

/// From the template's words to the two parts of a mail.
fn finish(templates: &Templates, source: &str, language: LetterLanguage, qr_png: Option<&[u8]>) -> anyhow::Result<RenderedLetter> {
    let spaced = match language {
        LetterLanguage::French => typography::french_spaces(source),
        LetterLanguage::English => source.to_owned(),
    };
    let page = page::parse(&spaced)?;
    let shows_qr = page.blocks.iter().any(|block| matches!(block, page::Block::QrCode { .. }));
    let inline_images = match qr_png {
        Some(bytes) if shows_qr => {
            vec![InlineImage { content_id: QR_CONTENT_ID.to_owned(), media_type: String::from("image/png"), bytes: bytes.to_vec() }]
        }
        _ => Vec::new(),
    };
    let body = html::body(&page, inline_images.first().map(|image| image.content_id.as_str()));
    let html = templates.lay_out(&page.subject, &body, language)?;
    Ok(RenderedLetter { language, text: plain::render(&page), subject: page.subject, html, inline_images })
}

/// What a letter claims is missing, untranslated or unreadable: exactly what its words say. `None` for letters that speak of no pieces.
///
/// A piece that is merely welcome (not blocking) is not claimed to be missing, and a reason that no candidate may hear claims nothing.
pub fn says(letter: &CandidateLetter) -> Option<Says> {
    match &letter.body {
        LetterBody::Status(status) | LetterBody::FeeReceived { status, .. } => {
            let claims = Says {
                missing: status.missing.iter().filter(|item| !item.not_blocking).map(|item| item.kind).collect(),
                missing_translations: status
                    .missing_translations
                    .iter()
                    .map(|item| SaysTranslation { kind: item.kind, sha256: item.sha256.clone() })
                    .collect(),
                unreadable: status::speakable(&status.unreadable).map(|item| item.sha256.clone()).collect(),
            };
            let lists_pieces = letter.kind != LetterKind::ArchiveProblem || claims != Says::default();
            lists_pieces.then_some(claims)
        }
        LetterBody::FeeShort { .. } | LetterBody::Interview { .. } | LetterBody::Decision { .. } | LetterBody::Plain => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::DocumentKind;
    use crate::domain::finding::Reason;
    use crate::domain::letter::{MissingItem, StatusLetter, UnreadableItem};

    #[test]
    fn a_letter_claims_what_it_says_and_no_more() {
        let status = StatusLetter {
            missing: vec![
                MissingItem { kind: DocumentKind::Cv, not_blocking: false },
                MissingItem { kind: DocumentKind::FundingCommitment, not_blocking: true },
            ],
            unreadable: vec![
                UnreadableItem { sha256: String::from("aa"), file_name: String::from("a.pdf"), reason: Reason::FileEmpty },
                UnreadableItem { sha256: String::from("bb"), file_name: String::from("b.pdf"), reason: Reason::FileCrashedReader },
            ],
            ..StatusLetter::default()
        };
        let letter = CandidateLetter { body: LetterBody::Status(Box::new(status)), ..CandidateLetter::default() };
        let expected = Says { missing: vec![DocumentKind::Cv], missing_translations: Vec::new(), unreadable: vec![String::from("aa")] };
        assert_eq!(says(&letter), Some(expected));
        assert_eq!(says(&CandidateLetter::default()), None);
    }

    #[test]
    fn a_body_of_another_kind_is_an_error_and_not_a_wrong_letter() {
        let templates = Templates::embedded().unwrap();
        let rules = crate::letters::samples::rules().unwrap();
        let letter = CandidateLetter { kind: LetterKind::FeeReceived, ..CandidateLetter::default() };
        assert!(render(&templates, &letter, &rules, None).is_err());
    }
}
