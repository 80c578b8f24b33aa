//! One neutral sentence to the sender of a mail that cannot be parsed: a person will look. Never to a machine, once a day to one address.

use chrono::TimeDelta;
use rusqlite::Transaction;

use super::OpenedMail;
use crate::domain::dossier::DossierState;
use crate::domain::language::Language;
use crate::domain::letter::{CandidateLetter, LetterBody, LetterKind, LetterLanguage};
use crate::domain::mail::MailAddress;
use crate::domain::profile::{self, MailHint};
use crate::letters::{self, AutoSubmitted, Envelope};
use crate::store::mails::MailRow;
use crate::store::outbox::NewLetter;
use crate::store::{dossiers, from_json, hand_answers, journal, mails, outbox};
use crate::tasks::Office;

const KIND: LetterKind = LetterKind::MailUnreadable;

/// Queues that sentence when the mail may be answered.
pub fn answer(office: &Office, transaction: &Transaction<'_>, mail: &MailRow, opened: &OpenedMail, dossier_id: Option<i64>) -> anyhow::Result<()> {
    let Some(from) = opened.record.parsed.from.as_ref().filter(|_| opened.classification.may_answer && !mail.backlog) else { return Ok(()) };
    let now = office.clock.now();
    let silence = TimeDelta::hours(i64::from(office.rules.letters.silence_hours_after_a_person));
    let by_hand = dossier_id.map(|dossier_id| hand_answers::latest(transaction, dossier_id)).transpose()?.flatten();
    let a_person_wrote = by_hand.is_some_and(|at| now < at + silence);
    if a_person_wrote || outbox::wrote_to_since(transaction, KIND.slug(), &from.key(), now - TimeDelta::days(1))? {
        return Ok(());
    }
    let row = dossier_id.map(|dossier_id| dossiers::by_id(transaction, dossier_id)).transpose()?.flatten();
    let state: Option<DossierState> = row.as_ref().and_then(|row| row.state_json.as_deref()).map(from_json).transpose()?;
    let letter = CandidateLetter {
        kind: KIND,
        language: state.as_ref().map_or_else(|| language(opened), |state| state.language),
        number: row.map(|row| row.number).unwrap_or_default(),
        candidate_name: state.map(|state| state.name).unwrap_or_default(),
        programme_title: None,
        body: LetterBody::Plain,
        with_privacy_notice: false,
    };
    let rendered = letters::render(&office.templates, &letter, &office.rules, None)?;
    let letter_key = format!("unreadable/{}", mail.mail_id);
    let message_id = office.message_id(&letter_key);
    let in_reply_to = opened.record.parsed.message_id.clone();
    let envelope = Envelope {
        from: office.from_address(),
        to: vec![MailAddress { name: None, address: from.address.clone() }],
        message_id: message_id.clone(),
        date: now,
        in_reply_to: in_reply_to.clone(),
        references: in_reply_to.iter().cloned().collect(),
        auto_submitted: AutoSubmitted::Replied,
        number: letter.number.clone(),
    };
    let message = letters::to_mime(&rendered, &envelope, &[])?;
    let recipients = [from.address.clone()];
    let held = office.rules.letters.held.iter().any(|slug| slug == KIND.slug());
    let queued = NewLetter {
        letter_key: &letter_key,
        dossier_id,
        kind: KIND.slug(),
        language: letter.language.code(),
        held,
        recipients: &recipients,
        in_reply_to: in_reply_to.as_deref(),
        message_id: &message_id,
        subject: &rendered.subject,
        message: &message,
        says_json: None,
        queued_at: now,
    };
    if outbox::queue(transaction, &queued)? {
        let event = if held { "letter_held" } else { "letter_queued" };
        journal::append(transaction, now, journal::PROGRAM, dossier_id, event, &letter_key)?;
    }
    mails::mark_answered(transaction, mail.mail_id, &letter_key)
}

/// The language of what little can be read.
fn language(opened: &OpenedMail) -> LetterLanguage {
    let parsed = &opened.record.parsed;
    let hint = MailHint {
        from_name: parsed.from.as_ref().and_then(|from| from.name.as_deref()),
        from_address: parsed.from.as_ref().map_or("", |from| &from.address),
        subject: &parsed.subject,
        own_text: &parsed.own_text,
        programmes: &[],
    };
    if profile::correspondence_language(&[hint], &[], None) == Language::ENGLISH { LetterLanguage::English } else { LetterLanguage::French }
}
