//! Processing: a mail that was received is opened, sorted, given to its dossier, and never touched again.
//!
//! Nothing here can lose a mail: what cannot be parsed or opened is a finding on its row, and the next mail follows. Between two mails the
//! stop signal is heard.

mod hand;
mod known;
mod unreadable;

pub mod by_hand;

use std::collections::VecDeque;

use anyhow::Context;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use crate::bank::reference;
use crate::blobs::Durability;
use crate::domain::assignment::{Arrival, Assignment};
use crate::domain::completeness;
use crate::domain::dossier::{Corrections, FileFacts};
use crate::domain::finding::Reason;
use crate::domain::letter::ArchiveProblem;
use crate::domain::mail::{Classification, MailClass};
use crate::domain::profile::{self, MailHint, Profile};
use crate::domain::route::Piece;
use crate::domain::rules::Rules;
use crate::intake::class::{ClassContext, classify};
use crate::intake::mail::{Attachment, ParsedMail, passwords_in, salvage};
use crate::intake::understand::facts::foreign_iban_announced;
use crate::intake::unpack::looks_like_archive;
use crate::store::mails::{MailFileRow, MailRow, MailTie, ProcessedMail};
use crate::store::{decided, dossiers, from_json, hand_answers, journal, mails, outbox, to_json};
use crate::tasks::{Office, money, pulse, reading};

use known::Known;

pub use hand::mailbox_name;

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
    /// Empty for an archive that is no blob because all that was in it is.
    pub sha256: String,
    pub is_archive: bool,
}

/// A mail opened, its archives unpacked, nothing decided.
#[derive(Debug, Clone)]
pub struct OpenedMail {
    pub record: MailRecord,
    pub classification: Classification,
    pub files: Vec<OpenedFile>,
    /// The row of its first sight in the junk folder, whose place it takes.
    pub supersedes: Option<i64>,
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
const BATCH: usize = 32;

/// Processes every mail that waits, in order of arrival, until it is told to stop. Gives how many there were.
///
/// While some are given to their dossiers, the next ones are opened and read.
pub fn step(office: &Office) -> anyhow::Result<usize> {
    let mut n_processed = 0;
    let mut known: Option<Known> = None;
    let mut in_turn: VecDeque<i64> = VecDeque::new();
    let mut round = Round::default();
    while !office.stop.is_cancelled() {
        if round.mails.is_empty() {
            in_turn = office.store.read(mails::received)?.into();
            round = Round::open(office, &mut in_turn)?;
        }
        if round.mails.is_empty() {
            break;
        }
        let mut known_now = match known.take() {
            Some(known) => known,
            None => office.store.read(|connection| Known::read(connection, &office.rules, office.clock.now()))?,
        };
        let (processed, next) = std::thread::scope(|scope| {
            let next = scope.spawn(|| Round::open(office, &mut in_turn));
            let processed = process_round(office, &round, &mut known_now);
            (processed, next.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        n_processed += processed?;
        round = next?;
        known = Some(known_now);
    }
    Ok(n_processed)
}

/// Mails that are taken up in one go, opened and read.
#[derive(Default)]
struct Round {
    mails: Vec<i64>,
    /// The files that wait for them, read.
    readings: Vec<(String, String)>,
}

impl Round {
    fn open(office: &Office, in_turn: &mut VecDeque<i64>) -> anyhow::Result<Round> {
        let mails: Vec<i64> = in_turn.drain(..in_turn.len().min(BATCH)).collect();
        let waiting = office.store.read(|connection| mails::still_received(connection, &mails))?;
        let hashes: Vec<String> = waiting.into_iter().map(|mail| mail.sha256).filter(|sha256| !office.ahead().opened.contains_key(sha256)).collect();
        let readings = if hashes.is_empty() { Vec::new() } else { reading::read_ahead(office, &hashes, &|_| pulse::beat())? };
        Ok(Round { mails, readings })
    }
}

fn process_round(office: &Office, round: &Round, known: &mut Known) -> anyhow::Result<usize> {
    let waiting = office.store.read(|connection| mails::still_received(connection, &round.mails))?;
    let mut n_processed = 0;
    for mail in waiting {
        if office.stop.is_cancelled() {
            break;
        }
        pulse::beat();
        process(office, &mail, known).with_context(|| format!("process mail {}", mail.mail_id))?;
        n_processed += 1;
    }
    // What a duplicate brought was opened and is wanted by nobody.
    for file in &round.readings {
        office.ahead().readings.remove(file);
    }
    Ok(n_processed)
}

/// Parses a mail, sorts it, and unpacks what a person sent.
pub fn open_mail(office: &Office, sha256: &str) -> anyhow::Result<OpenedMail> {
    open_mail_as(office, sha256, &Opening::default())
}

/// What is known of a mail beside its bytes.
#[derive(Debug, Clone, Default)]
struct Opening {
    /// A person took it out of the junk folder: what spam filters wrote into it does not count.
    vouched_for: bool,
    /// What a person says it is.
    class: Option<MailClass>,
}

/// The same, with what is known of the mail.
fn open_mail_as(office: &Office, sha256: &str, opening: &Opening) -> anyhow::Result<OpenedMail> {
    // A blob that was lost cannot stop the mails behind it: its mail is shown as unreadable, and `verify` names the blob.
    if !office.blobs.contains(sha256) {
        return Ok(unreadable(Reason::MailUnreadable, ParsedMail::default(), None));
    }
    let bytes = office.blobs.get(sha256)?;
    let sandbox = office.sandbox()?;
    let own = [office.rules.school.address.clone()];
    let domain = office.message_id_domain();
    let context = ClassContext {
        own_addresses: &own,
        staff_addresses: &office.config.mailbox.staff,
        own_message_id_domain: &domain,
        vouched_for: opening.vouched_for,
    };
    let mut parsed = match sandbox.parse_mail(&bytes) {
        Ok(parsed) => parsed,
        Err(reason) => {
            let salvaged = salvage(&bytes);
            let sorted = classify(&salvaged, &context);
            return Ok(unreadable(reason, salvaged, Some(&sorted)));
        }
    };
    let mut classification = classify(&parsed, &context);
    if let Some(class) = opening.class {
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
        supersedes: None,
    };
    let passwords = passwords_in(&opened.record.parsed.text, &opened.record.parsed.subject);
    for attachment in attachments.into_iter().filter(|attachment| !attachment.inline) {
        open_attachment(office, attachment, &passwords, &mut opened)?;
    }
    Ok(opened)
}

/// A mail that nothing can be made of, with what was salvaged of it. It may be answered when that shows a person's address and no machine.
fn unreadable(reason: Reason, mut parsed: ParsedMail, sorted: Option<&Classification>) -> OpenedMail {
    let mut reasons = vec![reason.slug()];
    reasons.extend(sorted.into_iter().flat_map(|sorted| sorted.reasons.iter().cloned()));
    let classification = Classification { class: MailClass::Unreadable, may_answer: sorted.is_some_and(|sorted| sorted.may_answer), reasons };
    parsed.findings.push(reason);
    OpenedMail {
        record: MailRecord { parsed, reasons: classification.reasons.clone(), attachments: Vec::new(), archive_problems: Vec::new() },
        classification,
        files: Vec::new(),
        supersedes: None,
    }
}

/// Keeps a file as a blob. An archive that opened whole is kept by what was in it: the mail still holds it.
fn open_attachment(office: &Office, attachment: Attachment, passwords: &[String], opened: &mut OpenedMail) -> anyhow::Result<()> {
    let is_archive = looks_like_archive(&attachment.name, &attachment.contents);
    let n_problems = opened.record.archive_problems.len();
    let is_unpacked = is_archive && opened.classification.class.brings_documents();
    if is_unpacked {
        unpack(office, &attachment.contents, &attachment.name, passwords, opened)?;
    }
    let opened_whole = is_unpacked && opened.record.archive_problems.len() == n_problems;
    let sha256 = if opened_whole { String::new() } else { office.blobs.put(&attachment.contents, Durability::Derived)? };
    let size_bytes = attachment.contents.len() as u64;
    if !is_archive && opened.classification.class.brings_documents() {
        opened.files.push(OpenedFile { name: attachment.name.clone(), archive_name: None, sha256: sha256.clone(), size_bytes });
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
fn process(office: &Office, mail: &MailRow, known: &mut Known) -> anyhow::Result<()> {
    let ready = office.ahead().opened.remove(&mail.sha256);
    if let Some(word) = office.store.read(|connection| decided::mail_decision(connection, &mail.sha256))? {
        by_hand::place(office, mail, &word.number)?;
        *known = office.store.read(|connection| Known::read(connection, &office.rules, office.clock.now()))?;
        return Ok(());
    }
    let mut first_sight = office.store.read(|connection| mails::superseded_by(connection, mail))?;
    let mut opened = match ready.filter(|_| first_sight.is_none()) {
        Some(opened) => opened,
        None => open_mail_as(office, &mail.sha256, &Opening { vouched_for: first_sight.is_some(), class: None })?,
    };
    hand::settle_class(mail, &mut opened);
    let message_id = opened.record.parsed.message_id.clone();
    let copy_of = match &message_id {
        Some(message_id) => office.store.read(|connection| mails::same_message_id(connection, message_id, mail.mail_id))?,
        None => None,
    };
    if let Some(original) = copy_of.filter(|original| original.subject == opened.record.parsed.subject) {
        // The same mail with other headers, which a person took out of the junk folder: it takes the place of that first sight.
        if !original.backlog || original.answered_by.is_some() || mail.backlog {
            return record(office, mail, &opened, "duplicate", None, &[]);
        }
        opened = open_mail_as(office, &mail.sha256, &Opening { vouched_for: true, class: None })?;
        opened.supersedes = Some(original.mail_id);
        first_sight = Some(original);
    }
    if opened.classification.class == MailClass::Bounce {
        return process_bounce(office, mail, &opened);
    }
    if money::statement_sender(office, &opened) {
        opened.classification.class = MailClass::Staff;
        opened.classification.may_answer = false;
        let outcome = money::take_mail(office, &mail.sha256, &opened)?;
        opened.record.reasons = vec![outcome.to_owned()];
        return record(office, mail, &opened, "processed", None, &[]);
    }
    if opened.classification.class == MailClass::Question {
        try_late_passwords(office, &mut opened, known)?;
    }
    let files = read_files(office, mail.mail_id, &opened)?;
    let assignment = match first_sight.as_ref().and_then(|first| first.dossier_id) {
        Some(dossier_id) => Assignment::Existing { dossier_id, basis: "moved" },
        None => assignment_of(office, &opened, &files, known),
    };
    match assignment {
        Assignment::Existing { dossier_id, basis } => {
            let dossier_id = office.store.read(|connection| by_hand::joined_to(connection, dossier_id))?;
            if opened.classification.class == MailClass::Application && basis != "moved" {
                opened.classification.class = MailClass::Supplement;
            }
            finish(office, mail, &opened, Some((dossier_id, basis)), &files, known)
        }
        Assignment::New { basis } => open_dossier(office, mail, &opened, basis, &files, known),
        Assignment::Nobody => finish(office, mail, &opened, None, &files, known),
    }
}

/// Records a mail that opens no dossier, with what follows from it: a neutral word to whom nobody could understand, silence where a person
/// has written.
fn finish(
    office: &Office,
    mail: &MailRow,
    opened: &OpenedMail,
    dossier: Option<(i64, &'static str)>,
    files: &[MailFileRow],
    known: &mut Known,
) -> anyhow::Result<()> {
    let answered = hand::dossiers_answered(office, mail, opened, known);
    let dossier = dossier.or_else(|| answered.first().map(|dossier_id| (*dossier_id, "answered_by_hand")));
    office.store.write_derived(|transaction| {
        write_mail(transaction, office, mail, opened, "processed", dossier, files)?;
        for dossier_id in &answered {
            note_hand_answer(transaction, office, mail.mail_id, *dossier_id, mail.arrived_at)?;
        }
        if opened.classification.class == MailClass::Unreadable {
            unreadable::answer(office, transaction, mail, opened, dossier.map(|(dossier_id, _)| dossier_id))?;
        }
        Ok(())
    })?;
    match dossier {
        Some((dossier_id, _)) => remember(office, opened, dossier_id, known),
        None => Ok(()),
    }
}

fn note_hand_answer(
    transaction: &Transaction<'_>,
    office: &Office,
    mail_id: i64,
    dossier_id: i64,
    at: chrono::DateTime<chrono::Utc>,
) -> anyhow::Result<()> {
    hand_answers::record(transaction, mail_id, dossier_id, at)?;
    journal::append(transaction, office.clock.now(), journal::PROGRAM, Some(dossier_id), "answered_by_hand", &mail_id.to_string())?;
    dossiers::mark_dirty(transaction, dossier_id)
}

/// Lets the mails that follow find this dossier by this mail.
fn remember(office: &Office, opened: &OpenedMail, dossier_id: i64, known: &mut Known) -> anyhow::Result<()> {
    let parsed = &opened.record.parsed;
    known.add_mail(&MailTie {
        dossier_id,
        message_id: parsed.message_id.clone(),
        subject: parsed.subject.clone(),
        from_address: parsed.from.as_ref().map(|from| from.address.clone()),
        class: Some(opened.classification.class),
    });
    office.store.read(|connection| known.look_again(connection, dossier_id, &office.rules))
}

/// A reply that holds the password we asked for: the archive that waited is opened now.
fn try_late_passwords(office: &Office, opened: &mut OpenedMail, known: &Known) -> anyhow::Result<()> {
    let Assignment::Existing { dossier_id, .. } = known.assign(&arrival(opened, None, None)) else { return Ok(()) };
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

fn assignment_of(office: &Office, opened: &OpenedMail, files: &[MailFileRow], known: &Known) -> Assignment {
    let parsed = &opened.record.parsed;
    let from_address = parsed.from.as_ref().map(|from| from.key()).unwrap_or_default();
    // A translation may tell a birth date and no name that can be taken from it: then the sender's counts.
    let hint = MailHint {
        from_name: parsed.from.as_ref().and_then(|from| from.name.as_deref()),
        from_address: &from_address,
        subject: &parsed.subject,
        own_text: &parsed.own_text,
        programmes: &[],
    };
    let drawn = profile_of(files, &[hint], &office.rules);
    known.assign(&arrival(opened, drawn.name, drawn.birth_date))
}

/// Whom these files are about.
fn profile_of(files: &[MailFileRow], hints: &[MailHint<'_>], rules: &Rules) -> Profile {
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
    profile::profile(&pieces, hints, rules)
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

/// A non-delivery report: tied to its letter, by Message-ID and then by address.
fn process_bounce(office: &Office, mail: &MailRow, opened: &OpenedMail) -> anyhow::Result<()> {
    let report = opened.record.parsed.bounce.clone().unwrap_or_default();
    let letter = office.store.read(|connection| {
        if let Some(message_id) = &report.original_message_id
            && let Some(letter) = outbox::by_message_id(connection, message_id)?
        {
            return Ok(Some(letter));
        }
        for recipient in &report.recipients {
            if let Some(letter) = outbox::last_sent_to(connection, recipient)? {
                return Ok(Some(letter));
            }
        }
        Ok(None)
    })?;
    let dossier_id = letter.as_ref().and_then(|letter| letter.dossier_id);
    record(office, mail, opened, "processed", dossier_id.map(|dossier_id| (dossier_id, "bounced_letter")), &[])?;
    let Some(letter) = letter else { return Ok(()) };
    let now = office.clock.now();
    office.store.write_derived(|transaction| {
        outbox::mark_bounced(transaction, letter.outbox_id, report.hard)?;
        journal::append(transaction, now, journal::PROGRAM, dossier_id, "letter_bounced", &letter.letter_key)?;
        dossier_id.map_or(Ok(()), |dossier_id| dossiers::mark_dirty(transaction, dossier_id))
    })
}

fn open_dossier(
    office: &Office,
    mail: &MailRow,
    opened: &OpenedMail,
    basis: &'static str,
    files: &[MailFileRow],
    known: &mut Known,
) -> anyhow::Result<()> {
    let now = office.clock.now();
    let from_address = opened.record.parsed.from.as_ref().map(|from| from.key()).unwrap_or_default();
    let answers = |answer: &hand::LooseAnswer| answer.answers(office, opened.record.parsed.message_id.as_ref(), &from_address);
    let by_hand: Vec<hand::LooseAnswer> = known.loose_answers.iter().filter(|answer| answers(answer)).cloned().collect();
    let (dossier_id, number, reference) = office.store.write_derived(|transaction| {
        let (dossier_id, number, reference) = match dossiers::waiting_for_its_mails(transaction, mail.arrived_at)? {
            Some(dossier) => (dossier.dossier_id, dossier.number, dossier.reference),
            None => {
                let ordinal = dossiers::n_opened(transaction)? + 1;
                let number = format!("{}-{ordinal:04}", office.rules.prefix);
                let reference = reference::issue(&office.rules.prefix, &office.secret, u64::from(ordinal), &known.references);
                let dossier_id = dossiers::open(transaction, &number, reference.as_str(), mail.arrived_at)?;
                journal::append(transaction, now, journal::PROGRAM, Some(dossier_id), "dossier_opened", basis)?;
                (dossier_id, number, reference.as_str().to_owned())
            }
        };
        write_mail(transaction, office, mail, opened, "processed", Some((dossier_id, basis)), files)?;
        for answer in &by_hand {
            note_hand_answer(transaction, office, answer.mail_id, dossier_id, answer.at)?;
        }
        Ok((dossier_id, number, reference))
    })?;
    known.open(dossier_id, &number, &reference);
    remember(office, opened, dossier_id, known)
}

fn record(
    office: &Office,
    mail: &MailRow,
    opened: &OpenedMail,
    state: &str,
    dossier: Option<(i64, &'static str)>,
    files: &[MailFileRow],
) -> anyhow::Result<()> {
    office.store.write_derived(|transaction| write_mail(transaction, office, mail, opened, state, dossier, files))
}

fn write_mail(
    transaction: &Transaction<'_>,
    office: &Office,
    mail: &MailRow,
    opened: &OpenedMail,
    state: &str,
    dossier: Option<(i64, &'static str)>,
    files: &[MailFileRow],
) -> anyhow::Result<()> {
    let dossier_id = dossier.map(|(dossier_id, _)| dossier_id);
    if let Some(first_sight) = opened.supersedes {
        mails::supersede(transaction, first_sight)?;
    }
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
        dossier_basis: dossier.map(|(_, basis)| basis),
        facts_json: &to_json(&opened.record)?,
        state,
    };
    mails::finish(transaction, mail.mail_id, &processed)?;
    let now = office.clock.now();
    journal::append(transaction, now, journal::PROGRAM, dossier_id, "mail_processed", &format!("{} {}", mail.mail_id, class.slug()))?;
    tracing::info!(mail.id = mail.mail_id, mail.class = class.slug(), n_files = files.len(), "mail {} processed: {}", mail.mail_id, class.slug());
    dossier_id.map_or(Ok(()), |dossier_id| dossiers::mark_dirty(transaction, dossier_id))
}
