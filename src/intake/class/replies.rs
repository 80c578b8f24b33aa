//! Vacation messages, help desks and other automatic answers: RFC 3834, the fields of practice, and the words where there are none.

use super::machine_words::{
    ABSENCE_SENTENCES, CONFIRMATION_SENTENCES, MACHINE_SENTENCES, NAMED_ABSENCE_PARTS, PLAIN_ABSENCE, REPLY_SUBJECT_PARTS, REPLY_SUBJECTS,
    REPLY_SUBJECTS_NATIVE, USUAL_SUBJECTS,
};
use super::person_words::PERSON_SENTENCES;
use super::signs::{from_machine, has_word, is_forwarded, values};
use super::words::{count, folded};
use crate::intake::mail::ParsedMail;

/// The signs of an automatic answer; empty for all other mails. Words count only where nobody speaks for themselves.
pub fn automatic_reply(mail: &ParsedMail) -> Vec<&'static str> {
    let mut signs = header_signs(mail);
    let words = Words::of(mail);
    let has_files = mail.attachments.iter().any(|attachment| !attachment.inline);
    if has_files || words.is_forwarded {
        if signs.is_empty() && words.is_reply && from_machine(mail) {
            signs.push("machine_sender");
        }
        return signs;
    }
    if words.subject_is_a_machines(mail) {
        signs.push("subject_automatic_reply");
    }
    if signs.is_empty() && !words.is_a_persons {
        signs.extend(words.sign());
    }
    if signs.is_empty() && mail.return_path.as_deref() == Some("") {
        signs.push("null_return_path");
    }
    if signs.is_empty() && words.is_reply && from_machine(mail) {
        signs.push("machine_sender");
    }
    signs
}

fn header_signs(mail: &ParsedMail) -> Vec<&'static str> {
    const REPLY_FIELDS: &[&str] = &[
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-autoreply-from",
        "x-auto-reply-from",
        "x-mail-autoreply",
        "x-vacation",
        "x-ms-exchange-inbox-rules-loop",
        "x-auto-reply",
        "x-autoreply-domain",
        "x-autoresponse",
        "x-ovh-autoresponder",
        "x-mailinblack",
        "x-boxbe",
    ];
    let mut signs = Vec::new();
    if values(mail, "auto-submitted").any(|value| value.to_ascii_lowercase().contains("auto-replied")) {
        signs.push("auto_submitted");
    }
    if REPLY_FIELDS.iter().any(|name| values(mail, name).any(|value| !matches!(value.to_ascii_lowercase().as_str(), "no" | "false"))) {
        signs.push("autoreply_header");
    }
    if ["precedence", "x-precedence"].iter().any(|name| has_word(mail, name, &["auto_reply", "auto-reply", "autoreply"])) {
        signs.push("precedence");
    }
    let says_so = has_word(mail, "x-fc-machinegenerated", &["true", "yes"])
        || values(mail, "x-post-messageclass").any(|value| value.to_ascii_lowercase().contains("autoresponder"))
        || has_word(mail, "x-apple-action", &["oof", "ooo", "vacation"])
        || values(mail, "delivered-to").any(|value| value.to_ascii_lowercase().contains("autoresponder"));
    if says_so {
        signs.push("autoreply_header");
    }
    signs
}

/// Subject and own text of a mail, folded, and what they show.
struct Words {
    subject: String,
    text: String,
    n_absence: usize,
    is_a_persons: bool,
    is_reply: bool,
    is_forwarded: bool,
    is_short: bool,
}

impl Words {
    fn of(mail: &ParsedMail) -> Words {
        let subject = format!("{} ", folded(&mail.subject));
        let text = format!(" {} ", folded(mail.own_text.get(..mail.own_text.floor_char_boundary(4_000)).unwrap_or_default()));
        Words {
            n_absence: count_starts(&text, ABSENCE_SENTENCES) + count_starts(&text, PLAIN_ABSENCE),
            is_a_persons: count(&text, PERSON_SENTENCES) > 0,
            is_reply: !mail.in_reply_to.is_empty() || subject.starts_with("RE "),
            is_forwarded: is_forwarded(&mail.subject),
            is_short: mail.own_text.chars().count() < 1_500,
            subject,
            text,
        }
    }

    /// A subject that mail systems give. Of the words that people put there as well, only with a colon or with an absence in the text.
    fn subject_is_a_machines(&self, mail: &ParsedMail) -> bool {
        let native = mail.subject.to_lowercase();
        let subject = &self.subject;
        let starts = |words: &[&str]| words.iter().any(|word| subject.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')));
        let longest = REPLY_SUBJECTS.iter().filter(|word| starts(&[**word])).map(|word| word.len()).max().unwrap_or(0);
        let usual = USUAL_SUBJECTS.iter().filter(|word| starts(&[**word])).map(|word| word.len()).max().unwrap_or(0);
        let is_prefix = native.split_once([':', '：']).is_some_and(|(before, _)| before.split_whitespace().count() <= 4);
        if REPLY_SUBJECTS_NATIVE.iter().any(|start| native.starts_with(start))
            || (longest > 0 && (longest > usual || self.n_absence > 1) && !self.is_a_persons)
        {
            return true;
        }
        if longest > 0 && is_prefix {
            return true;
        }
        let passed_on = subject.starts_with("RE ");
        let padded = format!(" {subject}");
        let says = |parts: &[&str]| !passed_on && parts.iter().any(|part| padded.contains(part));
        says(REPLY_SUBJECT_PARTS) && (is_prefix || !self.is_a_persons)
            || says(NAMED_ABSENCE_PARTS) && !self.is_a_persons && (self.n_absence > 0 || names_sender(mail, &padded))
    }

    fn sign(&self) -> Option<&'static str> {
        // Two sentences of absence make an answer a machine's; three do without being an answer.
        if self.is_short && self.n_absence >= if self.is_reply { 2 } else { 3 } {
            return Some("absence_wording");
        }
        if self.is_reply && count(&self.text, MACHINE_SENTENCES) > 0 {
            return Some("automatic_wording");
        }
        (self.is_reply && self.is_short && count(&self.text, CONFIRMATION_SENTENCES) > 0).then_some("confirmation_wording")
    }
}

/// Lotus Notes writes absences as "Anne Dupont est absente".
fn names_sender(mail: &ParsedMail, padded_subject: &str) -> bool {
    let name = mail.from.as_ref().and_then(|from| from.name.as_deref()).map(folded).unwrap_or_default();
    name.split(' ').any(|word| word.len() > 2 && padded_subject.contains(&format!(" {word} ")))
}

/// Sentences whose last word may go on (`JUSQU'AU`).
fn count_starts(text: &str, sentences: &[&str]) -> usize {
    sentences.iter().filter(|sentence| text.contains(&format!(" {sentence}"))).count()
}
