//! Sending: the only room that hands letters over, and none that was not first a committed row of the outbox.
//!
//! The attempt is counted and the row claimed before a word is said to a server. A row found half-way at start is in doubt, never sent again.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};

use crate::config::{MailboxKind, OutgoingKind, secret};
use crate::domain::letter::LetterKind;
use crate::mailbox::{ImapMailbox, token_from_command};
use crate::smtp::{self, Phase, Secret, SendError, SendReceipt, SmtpSession, SmtpSettings, Transport};
use crate::store::outbox::{Attempt, LetterRow};
use crate::store::{dossiers, hand_answers, journal, outbox};
use crate::tasks::receive::{imap_settings, tls};
use crate::tasks::{Office, decide, pulse};

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    pub n_sent: usize,
    pub n_put_off: usize,
    pub n_failed: usize,
}

/// Letters found half-way when the program starts: the process died while the server had them. Gives how many are in doubt.
pub fn recover(office: &Office) -> anyhow::Result<usize> {
    let half_way = office.store.read(outbox::sending)?;
    let now = office.clock.now();
    for letter in &half_way {
        match office.config.outgoing.kind {
            // The same letter has the same file name: writing it again changes nothing.
            OutgoingKind::Maildir => end(office, letter, Attempt::Retry(now, "interrupted"), "letter_put_off")?,
            OutgoingKind::Smtp => end(office, letter, Attempt::InDoubt, "letter_in_doubt")?,
        }
    }
    Ok(if office.config.outgoing.kind == OutgoingKind::Smtp { half_way.len() } else { 0 })
}

/// The way out with, for a relay, the one conversation that serves a whole round.
struct WayOut {
    transport: Transport,
    session: Option<SmtpSession>,
    /// Gets a copy of letters to candidates.
    copy_to: Option<String>,
}

impl WayOut {
    async fn send(&mut self, from: &str, letter: &LetterRow, message: &[u8]) -> Result<SendReceipt, SendError> {
        let Transport::Smtp(settings) = &self.transport else {
            return smtp::send(&self.transport, from, &letter.recipients_left, message).await;
        };
        if self.session.as_ref().is_none_or(SmtpSession::is_broken) {
            self.session = Some(SmtpSession::open(settings).await?);
        }
        let Some(session) = &mut self.session else { return Err(SendError::Transient { phase: Phase::Connect, reply: None }) };
        let copy_to = self.copy_to.as_deref().filter(|_| letter.dossier_id.is_some());
        session.send_with_copy(from, &letter.recipients_left, copy_to, message).await
    }
}

/// Hands over every letter that is due.
pub async fn step(office: &Office) -> anyhow::Result<Sent> {
    let mut sent = Sent::default();
    let now = office.clock.now();
    if office.store.read(|connection| decide::sending_is_off(connection, &office.config))?
        || office.store.read(|connection| outbox::due(connection, now, 1))?.is_empty()
    {
        return Ok(sent);
    }
    let mut way_out = WayOut { transport: transport(office).await?, session: None, copy_to: office.config.outgoing.bcc.clone() };
    let mut left: Vec<LetterRow> = Vec::new();
    let outcome = send_due(office, &mut way_out, &mut sent, &mut left).await;
    if let Some(session) = way_out.session {
        session.quit().await;
    }
    file_copies(office, &left).await?;
    outcome?;
    Ok(sent)
}

async fn send_due(office: &Office, way_out: &mut WayOut, sent: &mut Sent, left: &mut Vec<LetterRow>) -> anyhow::Result<()> {
    loop {
        let now = office.clock.now();
        let due = office.store.read(|connection| outbox::due(connection, now, 20))?;
        if due.is_empty() {
            return Ok(());
        }
        for letter in due {
            if office.stop.is_cancelled() {
                return Ok(());
            }
            pulse::beat();
            match held_back(office, &letter, now)? {
                Some((until, why)) => {
                    put_off(office, &letter, until, why)?;
                    sent.n_put_off += 1;
                }
                None => {
                    if send_one(office, way_out, &letter, sent).await? {
                        left.push(letter);
                    }
                }
            }
        }
    }
}

/// A letter that is held back: told in the journal once, and no attempt.
fn put_off(office: &Office, letter: &LetterRow, until: DateTime<Utc>, why: &str) -> anyhow::Result<()> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        outbox::put_off(transaction, letter.outbox_id, until, why)?;
        if letter.failure.as_deref() == Some(why) {
            return Ok(());
        }
        tracing::warn!(letter.id = letter.outbox_id, "letter {} waits: {why}", letter.outbox_id);
        journal::append(transaction, now, journal::PROGRAM, letter.dossier_id, &format!("letter_{why}"), &letter.letter_key)
    })
}

/// Until when a letter has to wait, and why.
fn held_back(office: &Office, letter: &LetterRow, now: DateTime<Utc>) -> anyhow::Result<Option<(DateTime<Utc>, &'static str)>> {
    if let Some(until) = silent(office, letter, now)? {
        return Ok(Some((until, "silent")));
    }
    Ok(capped(office, letter, now)?.map(|until| (until, "capped")))
}

/// A person has just written to this candidate by hand. What a person decided or approved leaves all the same.
fn silent(office: &Office, letter: &LetterRow, now: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
    let Some(dossier_id) = letter.dossier_id else { return Ok(None) };
    let by_a_person = ["decision", "interview_invitation", "registration_reminder"];
    if by_a_person.iter().any(|kind| letter.kind.starts_with(kind)) {
        return Ok(None);
    }
    let silence = TimeDelta::hours(i64::from(office.rules.letters.silence_hours_after_a_person));
    office.store.read(|connection| {
        let Some(at) = hand_answers::latest(connection, dossier_id)? else { return Ok(None) };
        let until = at + silence;
        let waits = now < until && !journal::a_person_did(connection, dossier_id, "letter_queued", &letter.letter_key)?;
        Ok(waits.then_some(until))
    })
}

/// The breakers: so many letters an hour in all, so many a day to one address. Letters to staff are under the first alone.
fn capped(office: &Office, letter: &LetterRow, now: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
    let rules = &office.rules.letters;
    office.store.read(|connection| {
        // What left before a person reset the breaker counts no more.
        let reset_at = decide::breaker_reset_at(connection)?.unwrap_or(DateTime::UNIX_EPOCH);
        let hour = TimeDelta::hours(1);
        // Instants are kept in whole seconds: those of this very second count too.
        let until = now + TimeDelta::seconds(1);
        if outbox::n_sent_between(connection, None, reset_at.max(now - hour), until)? >= rules.per_hour {
            return Ok(Some(now + TimeDelta::minutes(15)));
        }
        let to_candidate = letter.dossier_id.is_some() || letter.kind == LetterKind::MailUnreadable.slug();
        let (Some(address), true) = (letter.recipients.first(), to_candidate) else { return Ok(None) };
        let day = TimeDelta::days(1);
        let n_today = outbox::n_sent_between(connection, Some(&address.to_lowercase()), reset_at.max(now - day), until)?;
        Ok((n_today >= rules.per_address_and_day).then(|| now + TimeDelta::hours(6)))
    })
}

/// One attempt. Says whether the letter left.
async fn send_one(office: &Office, way_out: &mut WayOut, letter: &LetterRow, sent: &mut Sent) -> anyhow::Result<bool> {
    let message = office.store.read(|connection| outbox::message(connection, letter.outbox_id))?;
    let begun_at = office.clock.now();
    if !office.store.write(|transaction| outbox::begin_sending(transaction, letter.outbox_id, begun_at))? {
        return Ok(false);
    }
    let from = office.from_address().address;
    let outcome = way_out.send(&from, letter, &message).await;
    match outcome {
        Ok(receipt) => {
            end_in_part(office, letter, &receipt, sent)?;
            return Ok(true);
        }
        Err(SendError::Uncertain) => {
            sent.n_failed += 1;
            end(office, letter, Attempt::InDoubt, "letter_in_doubt")?;
        }
        Err(error @ SendError::Permanent { .. }) => {
            sent.n_failed += 1;
            tracing::error!(letter.id = letter.outbox_id, "letter {} refused: {error}", letter.outbox_id);
            end(office, letter, Attempt::Failed("refused_for_good"), "letter_failed")?;
        }
        Err(error @ SendError::Transient { .. }) => {
            tracing::warn!(letter.id = letter.outbox_id, "letter {} put off: {error}", letter.outbox_id);
            try_again(office, letter, sent)?;
        }
    }
    Ok(false)
}

/// Later, or never: a letter is tried for five days from its first attempt, however long it waited for a person's word before.
fn try_again(office: &Office, letter: &LetterRow, sent: &mut Sent) -> anyhow::Result<()> {
    let now = office.clock.now();
    match smtp::next_attempt(letter.first_attempt_at.unwrap_or(now), now, fastrand::f64()) {
        Some(later) => {
            sent.n_put_off += 1;
            end(office, letter, Attempt::Retry(later, "put_off"), "letter_put_off")
        }
        None => {
            sent.n_failed += 1;
            end(office, letter, Attempt::Failed("given_up"), "letter_failed")
        }
    }
}

/// The relay took the letter, perhaps not for everybody: who was refused for the moment is tried again alone, who was refused for good
/// is told in the journal by its place among the recipients.
fn end_in_part(office: &Office, letter: &LetterRow, receipt: &SendReceipt, sent: &mut Sent) -> anyhow::Result<()> {
    let now = office.clock.now();
    let refused: BTreeMap<usize, bool> = receipt.refused.iter().map(|refusal| (refusal.index, refusal.permanent)).collect();
    if refused.is_empty() {
        sent.n_sent += 1;
        let before = letter.failure.as_deref() == Some("some_recipients_refused");
        return end(office, letter, if before { Attempt::SentInPart(now) } else { Attempt::Sent(now) }, "letter_sent");
    }
    tracing::error!(letter.id = letter.outbox_id, n_refused = refused.len(), "letter {} left, and some recipients were refused", letter.outbox_id);
    let later: Vec<String> =
        letter.recipients_left.iter().enumerate().filter(|(index, _)| refused.get(index) == Some(&false)).map(|(_, to)| to.clone()).collect();
    office.store.write(|transaction| {
        for refusal in &receipt.refused {
            let code = refusal.reply.map(|reply| reply.to_string()).unwrap_or_default();
            let detail = format!("{} {} {code}", letter.letter_key, refusal.index + 1);
            journal::append(transaction, now, journal::PROGRAM, letter.dossier_id, "recipient_refused", detail.trim_end())?;
        }
        outbox::keep_recipients_left(transaction, letter.outbox_id, &later)
    })?;
    if later.is_empty() {
        sent.n_sent += 1;
        return end(office, letter, Attempt::SentInPart(now), "letter_sent");
    }
    try_again(office, letter, sent)
}

/// Puts copies of what left into the Sent folder. A copy that cannot be written delays nothing; the journal tells of it.
async fn file_copies(office: &Office, letters: &[LetterRow]) -> anyhow::Result<()> {
    let (Some(folder), false) = (&office.config.outgoing.sent_folder, letters.is_empty()) else { return Ok(()) };
    if office.config.mailbox.kind != MailboxKind::Imap || office.config.outgoing.kind != OutgoingKind::Smtp {
        return Ok(());
    }
    let connected = async { anyhow::Ok(ImapMailbox::connect(imap_settings(office, folder).await?).await?) };
    let mut mailbox = connected.await.map_err(|error| tracing::warn!("no copies in the Sent folder: {error:#}")).ok();
    for letter in letters {
        let message = office.store.read(|connection| outbox::message(connection, letter.outbox_id))?;
        let written = match &mut mailbox {
            Some(mailbox) => mailbox.append(folder, &message).await.map_err(|error| tracing::warn!("a copy was not written: {error}")).is_ok(),
            None => false,
        };
        let event = if written { "letter_copied" } else { "letter_not_copied" };
        let now = office.clock.now();
        office.store.write(|transaction| journal::append(transaction, now, journal::PROGRAM, letter.dossier_id, event, &letter.letter_key))?;
    }
    if let Some(mailbox) = mailbox {
        mailbox.logout().await;
    }
    Ok(())
}

/// How long evidence for a letter in doubt is looked for; then only a person can tell.
const EVIDENCE_DAYS: i64 = 5;

/// Settles letters in doubt by evidence: our own copy that came, or a mail of that Message-ID in the inbox or the Sent folder. Gives how
/// many were settled; the others stay in doubt and are shown.
pub async fn settle_doubts(office: &Office) -> anyhow::Result<usize> {
    let now = office.clock.now();
    let in_doubt = office.store.read(|connection| outbox::in_doubt(connection, now - TimeDelta::days(EVIDENCE_DAYS)))?;
    let mut n_settled = 0;
    let mut open = Vec::new();
    for letter in in_doubt {
        if office.store.read(|connection| outbox::copy_has_come(connection, &letter.message_id))? {
            end(office, &letter, Attempt::Sent(now), "letter_settled_by_copy")?;
            n_settled += 1;
        } else {
            open.push(letter);
        }
    }
    if open.is_empty() || office.config.mailbox.kind != MailboxKind::Imap {
        return Ok(n_settled);
    }
    let mut mailbox = ImapMailbox::connect(imap_settings(office, &office.config.mailbox.folder).await?).await?;
    for folder in [Some(&office.config.mailbox.folder), office.config.outgoing.sent_folder.as_ref()].into_iter().flatten() {
        mailbox.examine(folder).await?;
        let mut still_open = Vec::new();
        for letter in open {
            if mailbox.holds_message(&letter.message_id).await? {
                end(office, &letter, Attempt::Sent(now), "letter_settled_by_copy")?;
                n_settled += 1;
            } else {
                still_open.push(letter);
            }
        }
        open = still_open;
    }
    mailbox.logout().await;
    Ok(n_settled)
}

fn end(office: &Office, letter: &LetterRow, attempt: Attempt<'_>, event: &str) -> anyhow::Result<()> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        outbox::end_sending(transaction, letter.outbox_id, attempt)?;
        journal::append(transaction, now, journal::PROGRAM, letter.dossier_id, event, &letter.letter_key)?;
        letter.dossier_id.map_or(Ok(()), |dossier_id| dossiers::mark_dirty(transaction, dossier_id))
    })
}

/// The way out that the configuration names.
pub async fn transport(office: &Office) -> anyhow::Result<Transport> {
    let config = &office.config.outgoing;
    match config.kind {
        OutgoingKind::Maildir => Ok(Transport::Maildir(office.config.path(&config.path))),
        OutgoingKind::Smtp => {
            let mut settings = SmtpSettings::new(&config.host, config.port, tls(config.tls));
            if !config.user.is_empty() {
                let secret = if config.token_command.is_empty() {
                    let password = secret(&office.config, config.password_file.as_deref(), config.password_env.as_deref());
                    Secret::Password(password.context("outgoing password")?)
                } else {
                    token_from_command(&config.token_command).await.context("outgoing.token_command")?
                };
                settings.credentials = Some((config.user.clone(), secret));
            }
            settings.ca_file = config.ca_file.as_ref().map(|file| office.config.path(file));
            settings.validate().map_err(anyhow::Error::msg)?;
            Ok(Transport::Smtp(settings))
        }
    }
}
