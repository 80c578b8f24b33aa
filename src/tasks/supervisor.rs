//! The daemon: the steps in turn, woken by the mailbox, by a date that was reached, or by the poll; stopped by a signal, between two steps.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{NaiveDate, NaiveTime};
use tokio_util::sync::CancellationToken;

use crate::config::MailboxKind;
use crate::desk;
use crate::domain::calendar;
use crate::mailbox::ImapMailbox;
use crate::store::{dossiers, outbox, settings};
use crate::tasks::{Office, daily, money, process, receive, send};

/// Everything there is to do now: fetch, process, match, decide, send.
pub async fn once(office: &Office) -> anyhow::Result<()> {
    receive::step(office).await.context("fetch mail")?;
    work(office).await
}

/// The steps behind the mailbox, until nothing is due.
pub async fn work(office: &Office) -> anyhow::Result<()> {
    tokio::task::block_in_place(|| {
        process::step(office)?;
        money::watch_folder(office)?;
        settle(office)
    })?;
    if let Some(day) = due_day(office)? {
        daily::step(office, day).await?;
        office.store.write(|transaction| settings::set_setting(transaction, "daily_done", &day.to_string()))?;
        tokio::task::block_in_place(|| settle(office))?;
    }
    send::step(office).await?;
    Ok(())
}

/// Decides and matches until nothing changes any more.
pub fn settle(office: &Office) -> anyhow::Result<()> {
    for _ in 0..ROUNDS_MAX {
        let n_reviewed = desk::review(office)?;
        if !money::reconcile(office)? && n_reviewed == 0 {
            return Ok(());
        }
    }
    anyhow::bail!("the plan does not come to rest")
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
    while !stop.is_cancelled() {
        match round(&office, &stop).await {
            Ok(()) => n_failures = 0,
            Err(error) => {
                n_failures += 1;
                tracing::error!(n_failures, "this round failed: {error:#}");
                let patience = Duration::from_secs(5 << n_failures.min(6)).mul_f64(0.75 + fastrand::f64() / 2.0);
                tokio::select! { () = tokio::time::sleep(patience) => {}, () = stop.cancelled() => {} }
            }
        }
    }
    Ok(())
}

/// One look at the mailbox, the work that follows, and the wait for the next.
async fn round(office: &Office, stop: &CancellationToken) -> anyhow::Result<()> {
    match office.config.mailbox.kind {
        MailboxKind::Maildir => {
            once(office).await?;
            let patience = until_due(office)?.min(Duration::from_secs(office.config.mailbox.poll_seconds.clamp(1, 5)));
            tokio::select! { () = tokio::time::sleep(patience) => {}, () = stop.cancelled() => {} }
        }
        MailboxKind::Imap => {
            for folder in office.config.mailbox.also.clone() {
                let mut mailbox = ImapMailbox::connect(receive::imap_settings(office, &folder)?).await?;
                receive::from_imap(office, &mut mailbox, &folder).await?;
                mailbox.logout().await;
            }
            let folder = office.config.mailbox.folder.clone();
            let mut mailbox = ImapMailbox::connect(receive::imap_settings(office, &folder)?).await?;
            // One connection serves until it fails: look, work, wait in IDLE.
            while !stop.is_cancelled() {
                receive::from_imap(office, &mut mailbox, &folder).await?;
                work(office).await?;
                let patience = until_due(office)?.min(Duration::from_secs(office.config.mailbox.poll_seconds.max(1)));
                mailbox.idle(patience, stop).await?;
            }
            mailbox.logout().await;
        }
    }
    Ok(())
}

/// How long nothing of our own is due.
fn until_due(office: &Office) -> anyhow::Result<Duration> {
    let now = office.clock.now();
    let due = office.store.read(|connection| Ok([dossiers::next_review(connection)?, outbox::next_attempt(connection)?]))?;
    let soonest = due.into_iter().flatten().min().map_or(chrono::TimeDelta::hours(1), |instant| instant - now);
    Ok(soonest.to_std().unwrap_or(Duration::from_secs(1)).max(Duration::from_secs(1)))
}
