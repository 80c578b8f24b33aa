//! A whole season over again, on a simulated clock, with the daemon's own steps. No code path of its own: it only tells the time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::bank::{self, CsvColumns};
use crate::blobs::Durability;
use crate::clock::Clock;
use crate::config::{Config, OutgoingKind};
use crate::domain::calendar;
use crate::mailbox::{arrival_of, scan_eml_folder, scan_maildir, split_mbox};
use crate::store::{dossiers, outbox, settings};
use crate::tasks::reading::{self, Progress};
use crate::tasks::{Office, OfficeOptions, daily, money, process, receive, send, supervisor};

/// What to rehearse.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    pub mails: PathBuf,
    pub statements: PathBuf,
    pub into: PathBuf,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub approve_all: bool,
    pub config: Config,
}

/// Something that happens at an instant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Mail(String),
    Statement(PathBuf),
    /// The daily work of a Paris day.
    Day(NaiveDate),
    End,
}

/// Runs the season and leaves the office as it stands afterwards.
pub async fn rehearse(rehearsal: &Rehearsal, report: &(dyn Fn(Progress) + Sync)) -> anyhow::Result<Office> {
    let mut config = rehearsal.config.clone();
    fs::create_dir_all(&rehearsal.into).context("make the folder of the rehearsal")?;
    let into = fs::canonicalize(&rehearsal.into).context("find the folder of the rehearsal")?;
    config.outgoing.kind = OutgoingKind::Maildir;
    config.outgoing.path = into.join("letters");
    config.outgoing.paused = false;
    config.digest.folder = into.join("digests");
    config.jury.folder = into.join("batches");
    clear(&into)?;
    let clock = Clock::fixed(DateTime::UNIX_EPOCH);
    let office = Office::open(OfficeOptions { config, data: into.join("data"), clock, rehearsal: true })?;
    office.store.write(crate::store::forget_all_but_readings)?;
    office.store.write(|transaction| settings::set_setting(transaction, "rehearsal", "1"))?;

    let mails = mails_of(&office, &rehearsal.mails)?;
    let hashes: Vec<String> = mails.iter().map(|(_, sha256)| sha256.clone()).collect();
    reading::read_ahead(&office, &hashes, report)?;
    let mut events = events(&office, rehearsal, mails)?;
    let mut uid = 0;
    while let Some((instant, event)) = next(&office, &mut events)? {
        office.clock.advance_to(instant);
        match event {
            Some(Event::Mail(sha256)) => {
                uid += 1;
                receive::keep_loose(&office, "rehearsal", uid, instant, office.blobs.get(&sha256)?)?;
                process::step(&office)?;
            }
            Some(Event::Statement(path)) => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                // A rehearsal has nobody to confirm columns: they are taken as guessed.
                let options = money::ImportOptions { columns_confirmed: true, ..money::ImportOptions::default() };
                money::import_with(&office, &fs::read(&path).context("read a statement")?, &name, "rehearsal", &options)?;
            }
            Some(Event::Day(day)) => daily::step(&office, day).await?,
            Some(Event::End) | None => {}
        }
        settle(&office, rehearsal.approve_all).await?;
    }
    Ok(office)
}

/// Decides, matches and sends until nothing is due any more at this instant.
async fn settle(office: &Office, approve_all: bool) -> anyhow::Result<()> {
    supervisor::settle(office)?;
    if approve_all && office.store.write(outbox::release_all)? > 0 {
        supervisor::settle(office)?;
    }
    if send::step(office).await?.n_sent > 0 {
        supervisor::settle(office)?;
    }
    Ok(())
}

/// What comes next: an event of the season, or an instant that the office itself waits for.
fn next(office: &Office, events: &mut BTreeMap<DateTime<Utc>, Vec<Event>>) -> anyhow::Result<Option<(DateTime<Utc>, Option<Event>)>> {
    let Some((&instant, _)) = events.first_key_value() else { return Ok(None) };
    let now = office.clock.now();
    let own = office.store.read(|connection| Ok([dossiers::next_review(connection)?, outbox::next_attempt(connection)?]))?;
    if let Some(own) = own.into_iter().flatten().filter(|own| *own > now && *own < instant).min() {
        return Ok(Some((own, None)));
    }
    let mut first = events.first_entry();
    let event = first.as_mut().and_then(|entry| (!entry.get().is_empty()).then(|| entry.get_mut().remove(0)));
    if first.is_some_and(|entry| entry.get().is_empty()) {
        events.remove(&instant);
    }
    Ok(Some((instant, event)))
}

/// Removes what an earlier rehearsal left, save its database, whose readings are worth keeping.
fn clear(into: &Path) -> anyhow::Result<()> {
    let data = into.join("data");
    if data.join("guichet.sqlite").exists() && !into.join("letters").exists() {
        bail!("{} holds data that no rehearsal made: name another folder", into.display());
    }
    for name in ["letters", "digests", "batches"] {
        let path = into.join(name);
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("clear {}", path.display()))?;
        }
    }
    fs::create_dir_all(into.join("letters")).context("make the folder of letters")
}

/// All mails with their arrival, as blobs. A mail without a date arrives with its neighbour before.
fn mails_of(office: &Office, folder: &Path) -> anyhow::Result<Vec<(DateTime<Utc>, String)>> {
    let mut mails = Vec::new();
    let mut latest = None;
    let mut keep = |bytes: &[u8], fallback: Option<DateTime<Utc>>| -> anyhow::Result<()> {
        let arrival = arrival_of(bytes).or(fallback).or(latest).unwrap_or(DateTime::UNIX_EPOCH);
        latest = Some(arrival);
        mails.push((arrival, office.blobs.put(bytes, Durability::Synced)?));
        Ok(())
    };
    if folder.is_file() {
        let bytes = fs::read(folder).with_context(|| format!("read {}", folder.display()))?;
        for range in split_mbox(&bytes) {
            keep(bytes.get(range).unwrap_or_default(), None)?;
        }
    } else if folder.join("cur").is_dir() || folder.join("new").is_dir() {
        for entry in scan_maildir(folder).context("read the Maildir")? {
            keep(&fs::read(&entry.path).context("read a mail")?, Some(entry.arrived_at))?;
        }
    } else {
        for path in scan_eml_folder(folder).with_context(|| format!("read the mails in {}", folder.display()))? {
            keep(&fs::read(&path).context("read a mail")?, None)?;
        }
    }
    mails.sort_by_key(|(arrival, _)| *arrival);
    Ok(mails)
}

/// Everything that happens, by instant: mails at their arrival, statements the day after their last booking, a day's work at its hour.
fn events(office: &Office, rehearsal: &Rehearsal, mails: Vec<(DateTime<Utc>, String)>) -> anyhow::Result<BTreeMap<DateTime<Utc>, Vec<Event>>> {
    let mut events: BTreeMap<DateTime<Utc>, Vec<Event>> = BTreeMap::new();
    let first_day = rehearsal.from.unwrap_or(office.rules.campaign.opens);
    let begins = calendar::start_of_day(first_day);
    for (arrival, sha256) in mails {
        events.entry(arrival.max(begins)).or_default().push(Event::Mail(sha256));
    }
    for path in statement_paths(&rehearsal.statements)? {
        let bytes = fs::read(&path).context("read a statement")?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let reading = bank::read_statement(&bytes, &name, &CsvColumns::default());
        let last = reading.movements().map(|movement| movement.booking_date).max().unwrap_or(first_day);
        let morning = last.checked_add_days(Days::new(1)).unwrap_or(last).and_time(NaiveTime::MIN) + TimeDelta::hours(6);
        events.entry(calendar::from_paris(morning).max(begins)).or_default().push(Event::Statement(path));
    }
    let last_event = events.last_key_value().map_or(begins, |(instant, _)| *instant);
    let last_day = rehearsal.to.unwrap_or_else(|| {
        let after = calendar::paris(last_event + TimeDelta::days(2)).date();
        after.max(office.rules.juries.iter().filter_map(|jury| jury.date).max().unwrap_or(after))
    });
    let at = NaiveTime::parse_from_str(&office.config.digest.at, "%H:%M").context("digest.at")?;
    let mut day = first_day;
    while day <= last_day {
        events.entry(calendar::from_paris(day.and_time(at))).or_default().push(Event::Day(day));
        day = day.checked_add_days(Days::new(1)).context("the calendar ends")?;
    }
    events.entry(calendar::end_of_day(last_day)).or_default().push(Event::End);
    events.retain(|instant, _| *instant <= calendar::end_of_day(last_day));
    Ok(events)
}

fn statement_paths(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("read the statements in {}", folder.display()))? {
        let path = entry.context("read the statements folder")?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
