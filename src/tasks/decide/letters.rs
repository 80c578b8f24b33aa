//! Her word on letters: let one go, keep one, drop one; stop them all, let them go on; reset the breaker.

use anyhow::Context;
use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::{Effect, Word, refuse};
use crate::config::Config;
use crate::store::{from_json, journal, outbox, parse_instant, settings, to_json};
use crate::tasks::Office;

/// Lets a letter go: one that was held, or whose fate is not known, or that failed.
pub fn approve(office: &Office, word: Word<'_>, key: &str) -> anyhow::Result<Effect> {
    change(office, word, key, &["held", "in_doubt", "failed"], "queued")
}

/// Keeps a letter until she says otherwise.
pub fn hold(office: &Office, word: Word<'_>, key: &str) -> anyhow::Result<Effect> {
    change(office, word, key, &["queued"], "held")
}

/// Drops a letter for good.
pub fn cancel(office: &Office, word: Word<'_>, key: &str) -> anyhow::Result<Effect> {
    change(office, word, key, &["held", "queued", "in_doubt", "failed"], "cancelled")
}

fn change(office: &Office, word: Word<'_>, key: &str, from: &[&str], to: &str) -> anyhow::Result<Effect> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        let Some(letter) = outbox::by_key(transaction, key)? else { return refuse(format!("Il n'y a pas de lettre {key}.")) };
        if letter.state == to {
            return Ok(Effect::Already);
        }
        if !outbox::change_state(transaction, key, from, to)? {
            return refuse(match letter.state.as_str() {
                "sent" => "Cette lettre est déjà partie.",
                "sending" => "Cette lettre est en train de partir.",
                "cancelled" => "Cette lettre a été annulée.",
                _ => "Cette lettre n'est pas dans un état qui le permette.",
            });
        }
        // The key alone: by this line sending knows that a person let the letter go.
        journal::append(transaction, now, word.actor, letter.dossier_id, &format!("letter_{to}"), key)?;
        Ok(Effect::Changed)
    })
}

/// Who stopped all sending, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stopped {
    at: String,
    actor: String,
    why: String,
}

const STOPPED: &str = "sending_stopped";
const BREAKER_RESET: &str = "breaker_reset_at";

/// Whether letters leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// When and by whom all sending was stopped.
    pub stopped: Option<(DateTime<Utc>, String)>,
    /// The configuration's own switch, which no click moves.
    pub off_in_configuration: bool,
    /// Letters that the breaker holds back.
    pub n_capped: usize,
    pub n_queued: usize,
    pub n_held: usize,
}

/// Whether letters leave, and what keeps them.
pub fn sending(connection: &Connection, config: &Config) -> anyhow::Result<Sending> {
    let letters = outbox::all(connection)?;
    let count = |wanted: &dyn Fn(&outbox::LetterRow) -> bool| letters.iter().filter(|letter| wanted(letter)).count();
    Ok(Sending {
        stopped: stopped_by(connection)?,
        off_in_configuration: config.outgoing.paused,
        n_capped: count(&|letter| letter.state == "queued" && letter.failure.as_deref() == Some("capped")),
        n_queued: count(&|letter| letter.state == "queued"),
        n_held: count(&|letter| letter.state == "held"),
    })
}

fn stopped(connection: &Connection) -> anyhow::Result<Option<Stopped>> {
    settings::setting(connection, STOPPED)?.filter(|text| !text.is_empty()).as_deref().map(from_json).transpose()
}

/// When and by whom all sending was stopped with a click.
pub fn stopped_by(connection: &Connection) -> anyhow::Result<Option<(DateTime<Utc>, String)>> {
    stopped(connection)?.map(|stopped| Ok((parse_instant(&stopped.at)?, stopped.actor))).transpose()
}

/// Whether no letter may leave now: by her word or by the configuration.
pub fn sending_is_off(connection: &Connection, config: &Config) -> anyhow::Result<bool> {
    Ok(config.outgoing.paused || stopped(connection)?.is_some())
}

/// From when on the breaker counts.
pub fn breaker_reset_at(connection: &Connection) -> anyhow::Result<Option<DateTime<Utc>>> {
    settings::setting(connection, BREAKER_RESET)?.as_deref().map(parse_instant).transpose()
}

/// Stops all sending: letters are still written, and none leaves.
pub fn stop_sending(office: &Office, word: Word<'_>) -> anyhow::Result<Effect> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        if stopped(transaction)?.is_some() {
            return Ok(Effect::Already);
        }
        let stopped = Stopped { at: crate::store::instant_text(now), actor: word.actor.to_owned(), why: word.why.to_owned() };
        settings::set_setting(transaction, STOPPED, &to_json(&stopped)?)?;
        journal::append(transaction, now, word.actor, None, "sending_stopped", word.why)?;
        tracing::warn!("all sending was stopped by a person");
        Ok(Effect::Changed)
    })
}

/// Lets letters go on leaving.
pub fn resume_sending(office: &Office, word: Word<'_>) -> anyhow::Result<Effect> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        if stopped(transaction)?.is_none() {
            return Ok(Effect::Already);
        }
        settings::set_setting(transaction, STOPPED, "").context("resume")?;
        journal::append(transaction, now, word.actor, None, "sending_resumed", word.why)?;
        tracing::info!("sending was resumed by a person");
        Ok(Effect::Changed)
    })
}

/// Lets the letters go that the breaker holds back; it counts anew from now on.
pub fn reset_breaker(office: &Office, word: Word<'_>) -> anyhow::Result<Effect> {
    let now = office.clock.now();
    office.store.write(|transaction| {
        if outbox::release_capped(transaction, now)? == 0 {
            return Ok(Effect::Already);
        }
        settings::set_setting(transaction, BREAKER_RESET, &crate::store::instant_text(now))?;
        journal::append(transaction, now, word.actor, None, "breaker_reset", word.why)?;
        tracing::warn!("the breaker was reset by a person");
        Ok(Effect::Changed)
    })
}
