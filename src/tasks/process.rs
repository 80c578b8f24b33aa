//! Processing: a mail that was received is opened, sorted, given to its dossier, and never touched again.
//!
//! Nothing here can lose a mail: what cannot be parsed or opened is a finding on its row, and the next mail follows.

pub mod by_hand;

use anyhow::Context;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use crate::bank::reference;
use crate::blobs::Durability;
use crate::domain::assignment::{self, Arrival, Assignment, KnownDossier};
use crate::domain::completeness;
use crate::domain::dossier::{Corrections, DossierState, FileFacts};
use crate::domain::finding::Reason;
use crate::domain::letter::ArchiveProblem;
use crate::domain::mail::{Classification, MailClass};
use crate::domain::profile::{self, Profile};
use crate::domain::route::Piece;
use crate::domain::rules::Rules;
use crate::intake::class::{ClassContext, classify};
use crate::intake::mail::{Attachment, ParsedMail, passwords_in};
use crate::intake::understand::facts::foreign_iban_announced;
use crate::intake::unpack::looks_like_archive;
use crate::store::mails::{MailFileRow, MailRow, ProcessedMail};
use crate::store::{decided, dossiers, from_json, journal, mails, outbox, to_json};
use crate::tasks::{Office, pulse, reading};

/// A mail as it is kept beside its row: everything but the attachments' bytes, which are blobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailRecord {
    pub parsed: ParsedMail,
    pub reasons: Vec<String>,
    pub attachments: Vec<AttachmentRecord>,
    pub archive_problems: Vec<ArchiveProblem>,
}

/// An attachment, by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentRecord {
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub sha256: String,
    pub is_archive: bool,
}

/// A mail opened, its archives unpacked, nothing decided.
#[derive(Debug, Clone)]
pub struct OpenedMail {
    pub record: MailRecord,
    pub classification: Classification,
    pub files: Vec<OpenedFile>,
}

/// A file out of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedFile {
    pub name: String,
    pub archive_name: Option<String>,
    pub sha256: String,
    pub size_bytes: u64,
}

/// Mails taken up in one go.
const BATCH: u32 = 32;

/// Processes every mail that waits, in order of arrival. Gives how many there were.
pub fn step(office: &Office) -> anyhow::Result<usize> {
    let mut n_processed = 0;
    loop {
        let waiting = office.store.read(|connection| mails::received(connection, BATCH))?;
        if waiting.is_empty() {
            return Ok(n_processed);
        }
        let hashes: Vec<String> =
            waiting.iter().map(|mail| mail.sha256.clone()).filter(|sha256| !office.ahead().opened.contains_key(sha256)).collect();
        if !hashes.is_empty() {
            reading::read_ahead(office, &hashes, &|_| pulse::beat())?;
        }
        for mail in waiting {
            pulse::beat();
            process(office, &mail).with_context(|| format!("process mail {}", mail.mail_id))?;
            n_processed += 1;
        }
    }
}

/// Parses a mail, sorts it, and unpacks what a person sent.
pub fn open_mail(office: &Office, sha256: &str) -> anyhow::Result<OpenedMail> {
    open_mail_as(office, sha256, None)
}

/// The same, with what a person says the mail is.
fn open_mail_as(office: &Office, sha256: &str, class: Option<MailClass>) -> anyhow::Result<OpenedMail> {
    // A blob that was lost cannot stop the mails behind it: its mail is shown as unreadable, and `verify` names the blob.
    if !office.blobs.contains(sha256) {
        return Ok(unreadable(Reason::MailUnreadable));
    }
    let bytes = office.blobs.get(sha256)?;
    let sandbox = office.sandbox()?;
    let mut parsed = match sandbox.parse_mail(&bytes) {
        Ok(parsed) => parsed,
        Err(reason) => return Ok(unreadable(reason)),
    };
    let own = [office.rules.school.address.clone()];
    let domain = office.message_id_domain();
    let context = ClassContext { own_addresses: &own, staff_addresses: &office.config.mailbox.staff, own_message_id_domain: &domain };
    let mut classification = classify(&parsed, &context);
    if let Some(class) = class {
        classification.class = class;
    }
    if foreign_iban_announced(&parsed.text, &office.rules.fee.iban) {
        parsed.findings.push(Reason::ForeignIban);
    }
    let attachments = std::mem::take(&mut parsed.attachments);
    let mut opened = OpenedMail {
        record: MailRecord { reasons: classification.reasons.clone(), parsed, attachments: Vec::new(), archive_problems: Vec::new() },
        classification,
        files: Vec::new(),
    };
    let passwords = passwords_in(&opened.record.parsed.text, &opened.record.parsed.subject);
    for attachment in attachments.into_iter().filter(|attachment| !attachment.inline) {
        open_attachment(office, attachment, &passwords, &mut opened)?;
    }
    Ok(opened)
}

fn unreadable(reason: Reason) -> OpenedMail {
    let classification = Classification { class: MailClass::Unreadable, may_answer: false, reasons: vec![reason.slug()] };
    let parsed = ParsedMail { findings: vec![reason], ..ParsedMail::default() };
    OpenedMail {
        record: MailRecord { parsed, reasons: classification.reasons.clone(), attachments: Vec::new(), archive_problems: Vec::new() },
        classification,
        files: Vec::new(),
    }
}

fn open_attachment(office: &Office, attachment: Attachment, passwords: &[String], opened: &mut OpenedMail) -> anyhow::Result<()> {
    let sha256 = office.blobs.put(&attachment.contents, Durability::Derived)?;
    let size_bytes = attachment.contents.len() as u64;
    let is_archive = looks_like_archive(&attachment.name, &attachment.contents);
    if opened.classification.class.brings_documents() {
        if is_archive {
            unpack(office, &attachment.contents, &attachment.name, passwords, opened)?;
        } else {
            opened.files.push(OpenedFile { name: attachment.name.clone(), archive_name: None, sha256: sha256.clone(), size_bytes });
        }
    }
    opened.record.attachments.push(AttachmentRecord { name: attachment.name, media_type: attachment.media_type, size_bytes, sha256, is_archive });
    Ok(())
}

/// Takes the files out of an archive; what cannot be had becomes a problem that the letter names.
fn unpack(office: &Office, bytes: &[u8], archive_name: &str, passwords: &[String], opened: &mut OpenedMail) -> anyhow::Result<usize> {
    let mut failure = None;
    let mut files = Vec::new();
    let unpacked =
        office.sandbox()?.unpack(bytes, archive_name, passwords, &mut |entry| match office.blobs.put(&entry.contents, Durability::Derived) {
            Ok(sha256) => files.push(OpenedFile {
                name: entry.name,
                archive_name: Some(archive_name.to_owned()),
                sha256,
                size_bytes: entry.contents.len() as u64,
            }),
            Err(error) => failure = Some(error),
        });
    if let Some(error) = failure {
        return Err(error.context("keep the files of an archive"));
    }
    let n_files = files.len();
    opened.files.extend(files);
    for finding in unpacked.findings {
        opened.record.archive_problems.push(ArchiveProblem { archive_name: archive_name.to_owned(), reason: finding.reason, entry: finding.entry });
    }
    Ok(n_files)
}

/// Gives one mail its class, its dossier and its files, in one transaction.
fn process(office: &Office, mail: &MailRow) -> anyhow::Result<()> {
    let ready = office.ahead().opened.remove(&mail.sha256);
    if let Some(word) = office.store.read(|connection| decided::mail_decision(connection, &mail.sha256))? {
        return by_hand::place(office, mail, &word.number);
    }
    let mut opened = match ready {
        Some(opened) => opened,
        None => open_mail(office, &mail.sha256)?,
    };
    let message_id = opened.record.parsed.message_id.clone();
    let copy_of = match &message_id {
        Some(message_id) => office.store.read(|connection| mails::same_message_id(connection, message_id, mail.mail_id))?,
        None => None,
    };
    if copy_of.is_some_and(|original| original.subject == opened.record.parsed.subject) {
        return record(office, mail, &opened, "duplicate", None, None, &[]);
    }
    if opened.classification.class == MailClass::Bounce {
        return process_bounce(office, mail, &opened);
    }
    let known = office.store.read(|connection| known_dossiers(connection, &office.rules))?;
    if opened.classification.class == MailClass::Question {
        try_late_passwords(office, &mut opened, &known)?;
    }
    let files = read_files(office, mail.mail_id, &opened)?;
    let assignment = assignment_of(office, &opened, &files, &known);
    match assignment {
        Assignment::Existing { dossier_id, basis } => {
            let dossier_id = office.store.read(|connection| by_hand::joined_to(connection, dossier_id))?;
            if opened.classification.class == MailClass::Application {
                opened.classification.class = MailClass::Supplement;
            }
            record(office, mail, &opened, "processed", Some(dossier_id), Some(basis), &files)
        }
        Assignment::New { basis } => open_dossier(office, mail, &opened, basis, &files),
        Assignment::Nobody => record(office, mail, &opened, "processed", None, None, &files),
    }
}

/// A reply that holds the password we asked for: the archive that waited is opened now.
fn try_late_passwords(office: &Office, opened: &mut OpenedMail, known: &[KnownDossier]) -> anyhow::Result<()> {
    let Assignment::Existing { dossier_id, .. } = assignment::assign(&arrival(opened, None, None), known) else { return Ok(()) };
    let parsed = &opened.record.parsed;
    let mut passwords = passwords_in(&parsed.text, &parsed.subject);
    passwords.extend(parsed.own_text.split_whitespace().take(WORDS_TRIED_MAX).map(str::to_owned));
    let rows = office.store.read(|connection| mails::of_dossier(connection, dossier_id))?;
    for row in rows {
        let Some(facts) = &row.facts_json else { continue };
        let record: MailRecord = from_json(facts)?;
        let locked = |attachment: &&AttachmentRecord| {
            record
                .archive_problems
                .iter()
                .any(|problem| matches!(problem.reason, Reason::ArchivePassword | Reason::EntryPassword) && problem.archive_name == attachment.name)
        };
        for attachment in record.attachments.iter().filter(locked) {
            let bytes = office.blobs.get(&attachment.sha256)?;
            let n_problems = opened.record.archive_problems.len();
            if unpack(office, &bytes, &attachment.name, &passwords, opened)? > 0 {
                opened.classification.class = MailClass::Supplement;
            } else {
                opened.record.archive_problems.truncate(n_problems);
            }
        }
    }
    Ok(())
}

/// A reply with a password is short; a long mail is no list of passwords.
const WORDS_TRIED_MAX: usize = 12;

fn read_files(office: &Office, mail_id: i64, opened: &OpenedMail) -> anyhow::Result<Vec<MailFileRow>> {
    let mut rows = Vec::with_capacity(opened.files.len());
    for (position, file) in opened.files.iter().enumerate() {
        rows.push(MailFileRow {
            mail_id,
            position: u32::try_from(position).unwrap_or(u32::MAX),
            name: file.name.clone(),
            archive_name: file.archive_name.clone(),
            sha256: file.sha256.clone(),
            size_bytes: file.size_bytes,
            reading: reading::file_reading(office, &file.sha256, &file.name)?,
        });
    }
    Ok(rows)
}

fn assignment_of(office: &Office, opened: &OpenedMail, files: &[MailFileRow], known: &[KnownDossier]) -> Assignment {
    let drawn = profile_of(files, &office.rules);
    assignment::assign(&arrival(opened, drawn.name, drawn.birth_date), known)
}

/// Whom these files are about.
fn profile_of(files: &[MailFileRow], rules: &Rules) -> Profile {
    let facts: Vec<FileFacts> = files
        .iter()
        .map(|file| FileFacts { mail_id: file.mail_id, name: file.name.clone(), sha256: file.sha256.clone(), reading: file.reading.clone() })
        .collect();
    let placed = completeness::placed_documents(&facts, &Corrections::default());
    let pieces: Vec<Piece<'_>> = placed
        .iter()
        .map(|document| Piece {
            kind: document.kind,
            certainty: document.certainty,
            is_translation: document.reading.translation.is_some(),
            facts: &document.reading.facts,
        })
        .collect();
    profile::profile(&pieces, &[], rules)
}

fn arrival(opened: &OpenedMail, person: Option<crate::domain::person::PersonName>, birth_date: Option<chrono::NaiveDate>) -> Arrival {
    let parsed = &opened.record.parsed;
    let mut references = parsed.in_reply_to.clone();
    references.extend(parsed.references.iter().rev().cloned());
    Arrival {
        from_address: parsed.from.as_ref().map(|from| from.key()).unwrap_or_default(),
        reply_to: parsed.reply_to.as_ref().map(|reply_to| reply_to.key()),
        references,
        subject: parsed.subject.clone(),
        own_text: parsed.own_text.clone(),
        brings_documents: opened.classification.class == MailClass::Application,
        person,
        birth_date,
    }
}

/// What all dossiers are known by.
fn known_dossiers(connection: &rusqlite::Connection, rules: &Rules) -> anyhow::Result<Vec<KnownDossier>> {
    let mut known: Vec<KnownDossier> = Vec::new();
    for row in dossiers::all(connection)? {
        let (person, birth_date) = match row.state_json.as_deref() {
            Some(state) => {
                let state: DossierState = from_json(state)?;
                (state.person, state.birth_date)
            }
            // Opened by an earlier mail of the same round, before the plan has looked at it.
            None => {
                let mut files = Vec::new();
                for mail in mails::of_dossier(connection, row.dossier_id)? {
                    files.extend(mails::files_of_mail(connection, mail.mail_id)?);
                }
                let drawn = profile_of(&files, rules);
                (drawn.name, drawn.birth_date)
            }
        };
        known.push(KnownDossier {
            dossier_id: row.dossier_id,
            number: row.number,
            reference: row.reference,
            person,
            birth_date,
            ..KnownDossier::default()
        });
    }
    let place = |known: &[KnownDossier], dossier_id: i64| known.iter().position(|dossier| dossier.dossier_id == dossier_id);
    for mail in mails::all(connection)? {
        let Some(dossier) = mail.dossier_id.and_then(|id| place(&known, id)).and_then(|index| known.get_mut(index)) else { continue };
        dossier.message_ids.extend(mail.message_id);
        dossier.subjects.push(mail.subject);
        if mail.class.is_some_and(|class| class.brings_documents() || class == MailClass::Question) {
            dossier.addresses.extend(mail.from_address);
        }
    }
    for letter in outbox::all(connection)? {
        let Some(dossier) = letter.dossier_id.and_then(|id| place(&known, id)).and_then(|index| known.get_mut(index)) else { continue };
        dossier.message_ids.push(letter.message_id);
    }
    Ok(known)
}

/// A non-delivery report: tied to its letter, by Message-ID and then by address.
fn process_bounce(office: &Office, mail: &MailRow, opened: &OpenedMail) -> anyhow::Result<()> {
    let report = opened.record.parsed.bounce.clone().unwrap_or_default();
    let letter = office.store.read(|connection| {
        if let Some(message_id) = &report.original_message_id
            && let Some(letter) = outbox::by_message_id(connection, message_id)?
        {
            return Ok(Some(letter));
        }
        let came_back = |letter: &outbox::LetterRow| {
            letter.sent_at.is_some()
                && letter.recipients.iter().any(|to| report.recipients.iter().any(|recipient| recipient.eq_ignore_ascii_case(to)))
        };
        Ok(outbox::all(connection)?.into_iter().rev().find(came_back))
    })?;
    let dossier_id = letter.as_ref().and_then(|letter| letter.dossier_id);
    record(office, mail, opened, "processed", dossier_id, dossier_id.map(|_| "bounced_letter"), &[])?;
    let Some(letter) = letter else { return Ok(()) };
    let now = office.clock.now();
    office.store.write(|transaction| {
        outbox::mark_bounced(transaction, letter.outbox_id, report.hard)?;
        journal::append(transaction, now, journal::PROGRAM, dossier_id, "letter_bounced", &letter.letter_key)?;
        dossier_id.map_or(Ok(()), |dossier_id| dossiers::mark_dirty(transaction, dossier_id))
    })
}

fn open_dossier(office: &Office, mail: &MailRow, opened: &OpenedMail, basis: &'static str, files: &[MailFileRow]) -> anyhow::Result<()> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        if let Some(dossier_id) = dossiers::waiting_for_its_mails(transaction, mail.arrived_at)? {
            return write_mail(transaction, office, mail, opened, "processed", Some(dossier_id), Some(basis), files);
        }
        let ordinal = dossiers::n_opened(transaction)? + 1;
        let number = format!("{}-{ordinal:04}", office.rules.prefix);
        let taken = dossiers::all(transaction)?.into_iter().map(|row| row.reference).collect();
        let reference = reference::issue(&office.rules.prefix, &office.secret, u64::from(ordinal), &taken);
        let dossier_id = dossiers::open(transaction, &number, reference.as_str(), mail.arrived_at)?;
        journal::append(transaction, now, journal::PROGRAM, Some(dossier_id), "dossier_opened", basis)?;
        write_mail(transaction, office, mail, opened, "processed", Some(dossier_id), Some(basis), files)
    })
}

fn record(
    office: &Office,
    mail: &MailRow,
    opened: &OpenedMail,
    state: &str,
    dossier_id: Option<i64>,
    basis: Option<&'static str>,
    files: &[MailFileRow],
) -> anyhow::Result<()> {
    office.store.write(|transaction| write_mail(transaction, office, mail, opened, state, dossier_id, basis, files))
}

#[allow(clippy::too_many_arguments)] // one row's worth of values, each named at its one call
fn write_mail(
    transaction: &Transaction<'_>,
    office: &Office,
    mail: &MailRow,
    opened: &OpenedMail,
    state: &str,
    dossier_id: Option<i64>,
    basis: Option<&str>,
    files: &[MailFileRow],
) -> anyhow::Result<()> {
    for file in files {
        mails::add_file(transaction, file)?;
    }
    let parsed = &opened.record.parsed;
    let class = opened.classification.class;
    let processed = ProcessedMail {
        message_id: parsed.message_id.as_deref(),
        class,
        may_answer: opened.classification.may_answer && !mail.backlog,
        subject: &parsed.subject,
        from_name: parsed.from.as_ref().and_then(|from| from.name.as_deref()),
        from_address: parsed.from.as_ref().map(|from| from.address.as_str()),
        dossier_id,
        dossier_basis: basis,
        facts_json: &to_json(&opened.record)?,
        state,
    };
    mails::finish(transaction, mail.mail_id, &processed)?;
    let now = office.clock.now();
    journal::append(transaction, now, journal::PROGRAM, dossier_id, "mail_processed", &format!("{} {}", mail.mail_id, class.slug()))?;
    tracing::info!(mail.id = mail.mail_id, mail.class = class.slug(), n_files = files.len(), "mail {} processed: {}", mail.mail_id, class.slug());
    dossier_id.map_or(Ok(()), |dossier_id| dossiers::mark_dirty(transaction, dossier_id))
}
