//! The daemon: the steps in turn, woken by the mailbox, by a date that was reached, or by the poll; stopped by a signal, between two steps and
//! inside long ones between two mails.
//!
//! It never spins: what should be due and was not settled by the steps is looked at again after a minute. A step that fails does not keep
//! the others from their work, and a full disk stops the taking of mail alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{NaiveDate, NaiveTime};
use tokio_util::sync::CancellationToken;

use crate::config::MailboxKind;
use crate::desk;
use crate::domain::calendar;
use crate::mailbox::ImapMailbox;
use crate::store::{dossiers, outbox, settings};
use crate::tasks::receive::NoRoom;
use crate::tasks::{Office, daily, decide, money, process, pulse, receive, send};

/// Everything there is to do now: fetch, process, match, decide, send.
pub async fn once(office: &Office) -> anyhow::Result<()> {
    let received = receive::step(office).await.context("fetch mail");
    let worked = work(office).await;
    received.and(worked)
}

/// The steps behind the mailbox, until nothing is due. Each is tried, whatever became of those before; the first failure is reported.
pub async fn work(office: &Office) -> anyhow::Result<()> {
    pulse::beat();
    let mut outcome = tokio::task::block_in_place(|| {
        let processed = process::step(office).map(|_| ());
        let watched = money::watch_folder(office).map(|_| ());
        processed.and(watched).and(settle_or_say_so(office))
    });
    if office.stop.is_cancelled() {
        return outcome;
    }
    pulse::beat();
    outcome = outcome.and(day_work(office).await);
    pulse::beat();
    let settled = send::settle_doubts(office).await.map(|_| ()).context("settle letters in doubt");
    let sent = send::step(office).await.context("send letters");
    if sent.as_ref().is_ok_and(|sent| sent.n_sent > 0) {
        // A letter that has left is news to its dossier: what follows from it is not put off until somebody writes.
        outcome = outcome.and(tokio::task::block_in_place(|| settle_or_say_so(office)));
    }
    outcome.and(sent.map(|_| ())).and(settled)
}

/// Digest and batches, once a day.
async fn day_work(office: &Office) -> anyhow::Result<()> {
    let Some(day) = due_day(office)? else { return Ok(()) };
    daily::step(office, day).await?;
    office.store.write(|transaction| settings::set_setting(transaction, "daily_done", &day.to_string()))?;
    tokio::task::block_in_place(|| settle_or_say_so(office))
}

/// A plan that does not come to rest is a fault of ours that must not keep letters of other dossiers from leaving.
pub fn settle_or_say_so(office: &Office) -> anyhow::Result<()> {
    if !comes_to_rest(office)? {
        tracing::error!("the plan does not come to rest: it is asked again later");
    }
    Ok(())
}

/// Decides and matches until nothing changes any more.
pub fn settle(office: &Office) -> anyhow::Result<()> {
    anyhow::ensure!(comes_to_rest(office)?, "the plan does not come to rest");
    Ok(())
}

fn comes_to_rest(office: &Office) -> anyhow::Result<bool> {
    // The console settles too: two at a time would plan with each other's stale accounts.
    let _turn = office.settling.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for _ in 0..ROUNDS_MAX {
        let n_reviewed = desk::review(office)?;
        if office.stop.is_cancelled() || (!money::reconcile(office)? && n_reviewed == 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

const ROUNDS_MAX: usize = 20;

/// The Paris day whose work is due and not done.
fn due_day(office: &Office) -> anyhow::Result<Option<NaiveDate>> {
    let now = calendar::paris(office.clock.now());
    let at = NaiveTime::parse_from_str(&office.config.digest.at, "%H:%M").context("digest.at")?;
    let done = office.store.read(|connection| settings::setting(connection, "daily_done"))?;
    let today = now.date();
    Ok((now.time() >= at && done.is_none_or(|done| done != today.to_string())).then_some(today))
}

/// Runs until it is told to stop. A failure is logged once, waited out with growing patience, and never ends the daemon.
pub async fn run(office: Arc<Office>, stop: CancellationToken) -> anyhow::Result<()> {
    let n_in_doubt = send::recover(&office)?;
    if n_in_doubt > 0 {
        tracing::error!(n_in_doubt, "{n_in_doubt} letters were being handed over when the program last stopped: nobody knows whether they left");
    }
    let mut n_failures = 0_u32;
    let mut without_room = false;
    while !stop.is_cancelled() {
        pulse::beat();
        let begun = Instant::now();
        let Err(error) = round(&office, &stop, &mut without_room).await else {
            n_failures = 0;
            continue;
        };
        if begun.elapsed() > PATIENCE_MAX {
            n_failures = 0;
        }
        let patience = if is_full_disk(&error) {
            if !without_room {
                tracing::error!("nothing can be written: no more mail is taken until there is room ({error:#})");
            }
            without_room = true;
            // What is already here can be worked on, and letters may leave.
            if let Err(error) = work(&office).await {
                tracing::debug!("with a full disk: {error:#}");
            }
            ROOM_ASKED_EVERY
        } else {
            n_failures = n_failures.saturating_add(1);
            tracing::error!(n_failures, "this round failed: {error:#}");
            Duration::from_secs(5 << n_failures.min(6)).min(PATIENCE_MAX).mul_f64(0.75 + fastrand::f64() / 2.0)
        };
        wait(patience, &stop).await;
    }
    Ok(())
}

const PATIENCE_MAX: Duration = Duration::from_secs(5 * 60);
const ROOM_ASKED_EVERY: Duration = Duration::from_secs(15);
/// The longest wait for mail; the watchdog counts on it.
const LOOK_EVERY_MAX: Duration = Duration::from_secs(10 * 60);

async fn wait(patience: Duration, stop: &CancellationToken) {
    tokio::select! { () = tokio::time::sleep(patience) => {}, () = stop.cancelled() => {} }
}

/// Whether nothing can be written (no room, or a disk that fails or has become read-only), by our own demand, the system's word or the
/// database's, which calls a write that the system refuses an I/O failure whatever the reason.
fn is_full_disk(error: &anyhow::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
    use std::io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    error.chain().any(|cause| {
        let by_system =
            cause.downcast_ref::<std::io::Error>().is_some_and(|error| matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem));
        let by_database = cause
            .downcast_ref::<rusqlite::Error>()
            .is_some_and(|error| matches!(error.sqlite_error_code(), Some(CannotOpen | DiskFull | ReadOnly | SystemIoFailure)));
        by_system || by_database || cause.is::<NoRoom>()
    })
}

fn note_room(without_room: &mut bool) {
    if std::mem::take(without_room) {
        tracing::info!("there is room on the disk again: mail is taken");
    }
}

/// Looks at the mailbox, does the work that follows, and waits for more; over one connection, until it fails or the daemon stops.
async fn round(office: &Office, stop: &CancellationToken, without_room: &mut bool) -> anyhow::Result<()> {
    let mut mailbox = match office.config.mailbox.kind {
        MailboxKind::Maildir => None,
        MailboxKind::Imap => {
            let settings = receive::imap_settings(office, &office.config.mailbox.folder).await?;
            let connected = tokio::select! { connected = ImapMailbox::connect(settings) => connected, () = stop.cancelled() => return Ok(()) };
            match connected {
                Ok(mailbox) => Some(mailbox),
                Err(error) => {
                    // Without the mailbox there is still a date that may be reached and a letter that may leave.
                    work(office).await?;
                    return Err(error.into());
                }
            }
        }
    };
    while !stop.is_cancelled() {
        let received = match &mut mailbox {
            None => receive::step(office).await,
            // What was kept before the signal stays; the rest is asked again at the next start.
            Some(mailbox) => tokio::select! {
                received = receive::from_all_folders(office, mailbox) => received,
                () = stop.cancelled() => return Ok(()),
            },
        };
        if received.is_ok() {
            note_room(without_room);
        } else if !received.as_ref().is_err_and(is_full_disk) {
            work(office).await?;
        }
        received?;
        work(office).await?;
        pulse::beat();
        let poll = Duration::from_secs(office.config.mailbox.poll_seconds.max(1)).min(LOOK_EVERY_MAX);
        match &mut mailbox {
            None => wait(until_due(office)?.min(poll).min(MAILDIR_LOOKED_AT_EVERY), stop).await,
            Some(mailbox) => {
                mailbox.idle(until_due(office)?.min(poll), stop).await?;
            }
        }
    }
    if let Some(mailbox) = mailbox {
        mailbox.logout().await;
    }
    Ok(())
}

const MAILDIR_LOOKED_AT_EVERY: Duration = Duration::from_secs(5);

/// How long nothing of our own is due. What is due already although every step has just been made waits a minute.
fn until_due(office: &Office) -> anyhow::Result<Duration> {
    let now = office.clock.now();
    let due = office.store.read(|connection| {
        let paused = decide::sending_is_off(connection, &office.config)?;
        let letter = if paused { None } else { outbox::next_attempt(connection)? };
        Ok([dossiers::next_review(connection)?, letter])
    })?;
    let waits = due.into_iter().flatten().map(|instant| match (instant - now).to_std() {
        // A second more, because instants are kept in whole seconds.
        Ok(ahead) if !ahead.is_zero() => ahead + Duration::from_secs(1),
        _ => Duration::from_secs(60),
    });
    Ok(waits.min().unwrap_or(Duration::from_secs(60 * 60)))
}
