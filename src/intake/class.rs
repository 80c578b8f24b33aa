//! What a mail is to us, and whether a machine may answer it.
//!
//! Two questions, judged apart: the *class* says which room a mail goes to; *may_answer* says whether RFC 3834 and practice permit an
//! automatic letter. Headers are believed before words. In doubt between spam and a person it is a person; in doubt between a person and a
//! machine it is not answered. A supplement needs the history of its sender, so no mail is one here.

use crate::domain::mail::{Classification, MailAddress, MailClass};
use crate::intake::mail::{Attachment, ParsedMail};

mod machine_words;
pub mod parts;
mod person_words;
mod replies;
mod signs;
mod words;

pub use signs::is_forwarded_bounce;

/// What the judgement needs to know of the school.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClassContext<'a> {
    /// The mailbox's own addresses.
    pub own_addresses: &'a [String],
    /// The school's people; an entry that begins with `@` stands for a whole domain.
    pub staff_addresses: &'a [String],
    /// Our letters have Message-IDs that end in `@` and this.
    pub own_message_id_domain: &'a str,
    /// A person took this mail out of the junk folder: what filters wrote into it is void.
    pub vouched_for: bool,
}

/// Judges one mail, alone.
pub fn classify(mail: &ParsedMail, context: &ClassContext<'_>) -> Classification {
    if let Some(reason) = signs::own_mark(mail, context) {
        return machine(MailClass::Own, reason);
    }
    if mail.bounce.is_some() {
        return machine(MailClass::Bounce, "non_delivery_report");
    }
    if let Some(reason) = signs::report(mail) {
        return machine(MailClass::Report, reason);
    }
    let reply_signs = replies::automatic_reply(mail);
    if !reply_signs.is_empty() {
        return machine_for(MailClass::AutomaticReply, reply_signs);
    }
    if let Some(from) = &mail.from {
        if is_listed(from, context.own_addresses) {
            return machine(MailClass::Staff, "own_address");
        }
        if is_listed(from, context.staff_addresses) {
            return machine(MailClass::Staff, "staff_address");
        }
    }
    let list_signs = signs::list(mail, context);
    if !list_signs.is_empty() {
        return machine_for(MailClass::List, list_signs);
    }
    let facts = MailFacts::of(mail);
    if let Some(reasons) = spam(mail, &facts).filter(|_| !context.vouched_for) {
        return machine_for(MailClass::Spam, reasons);
    }
    let bulk_signs = signs::bulk(mail, context);
    if !bulk_signs.is_empty() {
        return machine_for(MailClass::Bulk, bulk_signs);
    }
    person(mail, &facts, context)
}

fn machine(class: MailClass, reason: &str) -> Classification {
    machine_for(class, vec![reason])
}

fn machine_for(class: MailClass, reasons: Vec<&str>) -> Classification {
    Classification { class, may_answer: false, reasons: reasons.into_iter().map(str::to_owned).collect() }
}

fn is_listed(address: &MailAddress, list: &[String]) -> bool {
    let key = address.key();
    list.iter().map(|listed| listed.trim().to_lowercase()).any(|listed| if listed.starts_with('@') { key.ends_with(&listed) } else { key == listed })
}

/// The words and files of a mail, as the judgement of its content sees them.
struct MailFacts<'a> {
    subject: String,
    /// Subject and own text, folded, padded with spaces so that whole words can be looked for; names of fees taken out.
    text: String,
    names: String,
    files: Vec<&'a Attachment>,
    n_application_words: usize,
    n_payment_words: usize,
}

impl MailFacts<'_> {
    fn of(mail: &ParsedMail) -> MailFacts<'_> {
        const TEXT_BYTES_JUDGED: usize = 16 << 10;
        let text = if mail.own_text.is_empty() { &mail.text } else { &mail.own_text };
        let judged = text.get(..text.floor_char_boundary(TEXT_BYTES_JUDGED)).unwrap_or_default();
        let mut text = format!(" {} {} ", words::folded(&mail.subject), words::folded(judged));
        let mut n_fees = 0;
        for fee in words::FEES {
            let fee = format!(" {fee} ");
            n_fees += usize::from(text.contains(&fee));
            text = text.replace(&fee, " ");
        }
        let files: Vec<&Attachment> = mail.attachments.iter().filter(|attachment| is_a_file(attachment)).collect();
        let names: Vec<String> = files.iter().take(500).map(|file| words::folded(&file.name)).collect();
        let names = format!(" {} ", names.join(" | "));
        let n_application_words = words::count(&text, words::APPLICATION) + words::count(&names, words::APPLICATION);
        let n_payment_words = n_fees + words::count(&text, words::PAYMENT);
        MailFacts { subject: format!(" {} ", words::folded(&mail.subject)), text, names, files, n_application_words, n_payment_words }
    }
}

/// Whether an attachment is something its sender meant to hand in, not what mail programs add.
fn is_a_file(attachment: &Attachment) -> bool {
    let name = attachment.name.to_lowercase();
    let added_by_programs = matches!(
        attachment.media_type.as_str(),
        "message/rfc822" | "text/calendar" | "text/vcard" | "text/x-vcard" | "application/ics" | "application/pgp-keys" | "application/pgp-encrypted"
    ) || (name.starts_with("att0") && [".txt", ".htm", ".html"].iter().any(|end| name.ends_with(end)))
        || [".ics", ".vcf", ".p7s", ".asc"].iter().any(|end| name.ends_with(end));
    !attachment.inline && !added_by_programs
}

/// Spam by its filter's word or by its own. Words of an application outweigh both: filters distrust mail from abroad.
fn spam(mail: &ParsedMail, facts: &MailFacts<'_>) -> Option<Vec<&'static str>> {
    let flagged = signs::spam_flag(mail);
    if flagged && facts.n_application_words < 2 {
        return Some(vec!["spam_flag"]);
    }
    let n_strong = words::count(&facts.text, words::COMMERCIAL);
    let mut points = n_strong * 2 + words::count(&facts.text, words::COMMERCIAL_WEAK);
    // People speak of prices and offers as well, above all to each other.
    let is_reply = !mail.in_reply_to.is_empty() || facts.subject.starts_with(" RE ");
    if n_strong == 0 && is_reply {
        points = 0;
    }
    let mut reasons = Vec::new();
    if points > 0 {
        reasons.push("commercial_words");
    }
    if signs::answers_go_elsewhere(mail) && points > 0 {
        points += 1;
        reasons.push("reply_to_differs");
    }
    let dangerous = facts.files.iter().any(|file| words::is_program(&file.name));
    if dangerous {
        points += 3;
        reasons.push("program_attached");
    }
    if words::count(&facts.names, words::INVOICE) > 0 && points > 0 {
        points += 1;
        reasons.push("invoice_attached");
    }
    if points > 0 && facts.n_application_words == 0 && words::count(&facts.text, words::CIVILITIES) == 0 {
        points += 1;
        reasons.push("no_greeting");
    }
    let needed = 5 + 3 * facts.n_application_words + facts.n_payment_words.min(1);
    let enough_alone = if n_strong == 0 && !dangerous { 6 } else { 4 };
    let alone =
        (points >= needed && points >= enough_alone) || (points >= enough_alone && facts.n_application_words == 0 && facts.n_payment_words == 0);
    alone.then_some(reasons)
}

/// A mail of a person: what do they send?
fn person(mail: &ParsedMail, facts: &MailFacts<'_>, context: &ClassContext<'_>) -> Classification {
    let mut reasons: Vec<&str> = Vec::new();
    let class = if is_forwarded_bounce(mail) {
        reasons.push("forwarded_bounce");
        MailClass::Question
    } else if facts.files.is_empty() && mail.file_store_links.is_empty() {
        reasons.push("no_files");
        MailClass::Question
    } else if facts.files.is_empty() {
        reasons.push("file_store_link");
        MailClass::Application
    } else if is_payment_proof(mail, facts) {
        reasons.push("proof_of_payment_only");
        MailClass::PaymentProof
    } else {
        reasons.push("files");
        MailClass::Application
    };
    let mut forbidden = signs::forbids_answer(mail);
    if context.vouched_for {
        forbidden.retain(|sign| *sign != "spam_flag");
    }
    reasons.extend(&forbidden);
    Classification { class, may_answer: forbidden.is_empty(), reasons: reasons.into_iter().map(str::to_owned).collect() }
}

/// Nothing but a proof of payment: every file is named like one, or has a neutral name and the mail speaks of paying and of nothing to hand in.
fn is_payment_proof(mail: &ParsedMail, facts: &MailFacts<'_>) -> bool {
    const FILES_MAX: usize = 3;
    if facts.files.len() > FILES_MAX || !mail.file_store_links.is_empty() || facts.files.iter().any(|file| words::has_archive_name(&file.name)) {
        return false;
    }
    let is_named_payment =
        |name: &str| words::count(name, words::PAYMENT) + words::count(name, words::PAYMENT_NAME) + words::count(name, words::FEES) > 0;
    let names: Vec<String> = facts.files.iter().map(|file| format!(" {} ", words::folded(&file.name))).collect();
    let other_pieces = names.iter().any(|name| !is_named_payment(name) && words::count(name, words::PIECES) > 0);
    if other_pieces {
        return false;
    }
    let speaks_of_pieces = words::count(&facts.text, words::HANDED_IN) > 0;
    if names.iter().all(|name| is_named_payment(name)) {
        return true;
    }
    let subject_pays = words::count(&facts.subject, words::PAYMENT) + words::count(&facts.subject, words::FEES) > 0;
    let any_named = names.iter().any(|name| is_named_payment(name));
    !speaks_of_pieces && (any_named || subject_pays || facts.n_payment_words >= 2)
}

#[cfg(test)]
mod tests;
