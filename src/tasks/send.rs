//! Sending: the only room that hands letters over, and none that was not first a committed row of the outbox.
//!
//! The attempt is counted and the row claimed before a word is said to a server. A row found half-way at start is in doubt, never sent again.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};

use crate::config::{OutgoingKind, secret};
use crate::smtp::{self, Secret, SendError, SmtpSettings, Transport};
use crate::store::outbox::{Attempt, LetterRow};
use crate::store::{dossiers, journal, outbox};
use crate::tasks::Office;
use crate::tasks::receive::tls;

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    pub n_sent: usize,
    pub n_put_off: usize,
    pub n_failed: usize,
}

/// Letters found half-way when the program starts: the process died while the server had them.
pub fn recover(office: &Office) -> anyhow::Result<usize> {
    let half_way = office.store.read(outbox::sending)?;
    for letter in &half_way {
        end(office, letter, Attempt::InDoubt, "letter_in_doubt")?;
    }
    Ok(half_way.len())
}

/// Hands over every letter that is due.
pub async fn step(office: &Office) -> anyhow::Result<Sent> {
    let mut sent = Sent::default();
    if office.config.outgoing.paused {
        return Ok(sent);
    }
    let transport = transport(office)?;
    loop {
        let now = office.clock.now();
        let due = office.store.read(|connection| outbox::due(connection, now, 20))?;
        if due.is_empty() {
            return Ok(sent);
        }
        for letter in due {
            if let Some(later) = capped(office, &letter, now)? {
                office.store.write(|transaction| {
                    outbox::begin_sending(transaction, letter.outbox_id)?;
                    outbox::end_sending(transaction, letter.outbox_id, Attempt::Retry(later, "capped"))
                })?;
                sent.n_put_off += 1;
                continue;
            }
            send_one(office, &transport, &letter, &mut sent).await?;
        }
    }
}

/// The breakers: so many letters an hour in all, so many a day to one address. Letters to staff are under the first alone.
fn capped(office: &Office, letter: &LetterRow, now: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
    let rules = &office.rules.letters;
    office.store.read(|connection| {
        let hour = TimeDelta::hours(1);
        if outbox::n_sent_between(connection, None, now - hour, now)? >= rules.per_hour {
            return Ok(Some(now + TimeDelta::minutes(15)));
        }
        let (Some(address), true) = (letter.recipients.first(), letter.dossier_id.is_some()) else { return Ok(None) };
        let day = TimeDelta::days(1);
        let n_today = outbox::n_sent_between(connection, Some(&address.to_lowercase()), now - day, now)?;
        Ok((n_today >= rules.per_address_and_day).then(|| now + TimeDelta::hours(6)))
    })
}

async fn send_one(office: &Office, transport: &Transport, letter: &LetterRow, sent: &mut Sent) -> anyhow::Result<()> {
    let message = office.store.read(|connection| outbox::message(connection, letter.outbox_id))?;
    if !office.store.write(|transaction| outbox::begin_sending(transaction, letter.outbox_id))? {
        return Ok(());
    }
    let from = office.from_address().address;
    let outcome = smtp::send(transport, &from, &letter.recipients, &message).await;
    let now = office.clock.now();
    match outcome {
        Ok(_) => {
            sent.n_sent += 1;
            end(office, letter, Attempt::Sent(now), "letter_sent")
        }
        Err(SendError::Uncertain) => {
            sent.n_failed += 1;
            end(office, letter, Attempt::InDoubt, "letter_in_doubt")
        }
        Err(error @ SendError::Permanent { .. }) => {
            sent.n_failed += 1;
            tracing::error!(letter.id = letter.outbox_id, "letter {} refused: {error}", letter.outbox_id);
            end(office, letter, Attempt::Failed("refused_for_good"), "letter_failed")
        }
        Err(error @ SendError::Transient { .. }) => {
            tracing::warn!(letter.id = letter.outbox_id, "letter {} put off: {error}", letter.outbox_id);
            match smtp::next_attempt(letter.queued_at, now, fastrand::f64()) {
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
    }
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
pub fn transport(office: &Office) -> anyhow::Result<Transport> {
    let config = &office.config.outgoing;
    match config.kind {
        OutgoingKind::Maildir => Ok(Transport::Maildir(office.config.path(&config.path))),
        OutgoingKind::Smtp => {
            let mut settings = SmtpSettings::new(&config.host, config.port, tls(config.tls));
            if !config.user.is_empty() {
                let password =
                    secret(&office.config, config.password_file.as_deref(), config.password_env.as_deref()).context("outgoing password")?;
                settings.credentials = Some((config.user.clone(), Secret::Password(password)));
            }
            settings.ca_file = config.ca_file.as_ref().map(|file| office.config.path(file));
            settings.validate().map_err(anyhow::Error::msg)?;
            Ok(Transport::Smtp(settings))
        }
    }
}
