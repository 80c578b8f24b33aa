//! Erasing one person, and the purge of what has been kept long enough (GDPR articles 5 and 17; the dates are `domain::retention`'s).
//!
//! Rows go first, in one transaction; then the contents nobody needs any more. A stop between the two leaves contents without rows, which the
//! next purge removes. The mailbox belongs to people and is never touched; neither are bank statements, which are the school's books.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, Months, NaiveDate, Utc};
use rusqlite::{Connection, Transaction};

use crate::desk;
use crate::domain::calendar;
use crate::domain::dossier::{DossierState, Stage};
use crate::domain::letter::LetterKind;
use crate::domain::payment::TransferState;
use crate::domain::retention::{self, Closing, KeptUntil};
use crate::domain::rules::Rules;
use crate::store::dossiers::DossierRow;
use crate::store::forget::{self, MailTrace};
use crate::store::{decided, dossiers, from_json, journal, jury, parse_instant, transfers};
use crate::tasks::Office;
use crate::tasks::process::MailRecord;

/// What was removed of one person, and where a person must still look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erased {
    pub n_mails: usize,
    pub n_letters: usize,
    pub n_contents: usize,
    /// Contents that another dossier needs too.
    pub n_contents_kept: usize,
    /// Transfers that may have been this person's and may be another's: nothing attributes them by itself any more.
    pub transfers_to_look_at: Vec<i64>,
    /// Files about several people, which still name this one.
    pub to_remove_by_hand: Vec<PathBuf>,
}

/// One thing that a purge removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    Dossier {
        number: String,
        since: NaiveDate,
    },
    IdentityPapers {
        number: String,
        since: NaiveDate,
    },
    /// Mails of the season that belong to no dossier.
    OtherMails {
        n_mails: usize,
        since: NaiveDate,
    },
}

/// Removes everything held on one person. What stays is a line that says who did so, when and why.
///
/// # Errors
/// When there is no such dossier.
pub fn erase(office: &Office, number: &str, actor: &str, why: &str) -> anyhow::Result<Erased> {
    let now = office.clock.now();
    let row = office.store.read(|connection| dossiers::by_number(connection, number))?;
    let row = row.with_context(|| format!("there is no dossier {number}"))?;
    let (erased, contents) = office.store.write(|transaction| {
        let done = erase_rows(transaction, &row, now, actor)?;
        journal::append(transaction, now, actor, None, "erased", &format!("{number} ({why})"))?;
        Ok(done)
    })?;
    let erased = remove_contents(office, erased, &contents)?;
    let erased = Erased { to_remove_by_hand: remove_files_of(office, number)?, ..erased };
    office.store.compact()?;
    Ok(erased)
}

/// The rows of one person; gives the contents they named.
fn erase_rows(transaction: &Transaction<'_>, row: &DossierRow, now: DateTime<Utc>, actor: &str) -> anyhow::Result<(Erased, BTreeSet<String>)> {
    let state: Option<DossierState> = row.state_json.as_deref().map(from_json).transpose()?;
    let mails = forget::mails_of_person(transaction, row.dossier_id, &state.map(|state| state.addresses).unwrap_or_default())?;
    let contents = contents_of(transaction, &mails)?;
    // A payment stays in the books, and must not come back as a question about somebody nobody knows.
    // Where it was one of several possible payers, its absence must not make another the only one.
    let signed = decided::Signed { at: now, actor, why: "" };
    let mut transfers_to_look_at = Vec::new();
    for transfer in transfers::all(transaction)?.iter().filter(|transfer| transfer.dossiers.contains(&row.number)) {
        let others: Vec<String> = transfer.dossiers.iter().filter(|number| **number != row.number).cloned().collect();
        if others.is_empty() {
            decided::decide_transfer(transaction, transfer.transfer_id, signed, "not_a_fee", &[], None)?;
        } else if transfer.state == TransferState::ToReview {
            decided::decide_transfer(transaction, transfer.transfer_id, signed, "unmatch", &others, None)?;
            transfers_to_look_at.push(transfer.transfer_id);
        }
    }
    for mail in &mails {
        forget::erase_mail(transaction, mail.mail_id)?;
    }
    let n_letters = forget::erase_dossier(transaction, row.dossier_id, &row.number)?;
    forget::empty_staff_letters(transaction, DateTime::UNIX_EPOCH, Some(&row.number))?;
    for sha256 in &contents {
        if !forget::is_needed(transaction, sha256)? {
            forget::forget_reading(transaction, sha256)?;
        }
    }
    Ok((Erased { n_mails: mails.len(), n_letters, transfers_to_look_at, ..Erased::default() }, contents))
}

/// The contents of mails: themselves, their attachments, and the files in those.
fn contents_of(connection: &Connection, mails: &[MailTrace]) -> anyhow::Result<BTreeSet<String>> {
    let mut contents = BTreeSet::new();
    for mail in mails {
        contents.extend(Some(mail.sha256.clone()).filter(|sha256| !sha256.is_empty()));
        contents.extend(forget::file_hashes(connection, mail.mail_id)?);
        let record: Option<MailRecord> = mail.facts_json.as_deref().map(from_json).transpose()?;
        contents
            .extend(record.into_iter().flat_map(|record| record.attachments).map(|attachment| attachment.sha256).filter(|sha256| !sha256.is_empty()));
    }
    Ok(contents)
}

fn remove_contents(office: &Office, mut erased: Erased, contents: &BTreeSet<String>) -> anyhow::Result<Erased> {
    for sha256 in contents {
        if office.store.read(|connection| forget::is_needed(connection, sha256))? {
            erased.n_contents_kept += 1;
        } else if office.blobs.remove(sha256)? {
            erased.n_contents += 1;
        }
    }
    Ok(erased)
}

/// Removes the candidate's own PDF from every batch, and the kept digests that name the dossier; gives the files of several people left.
fn remove_files_of(office: &Office, number: &str) -> anyhow::Result<Vec<PathBuf>> {
    for digest in files_in(&office.config.path(&office.config.digest.folder))? {
        if fs::read(&digest).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(number)) {
            fs::remove_file(&digest).context("remove a kept digest")?;
        }
    }
    let mut left = Vec::new();
    for folder in batch_folders(office)? {
        for file in files_in(&folder)? {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.strip_prefix(number).is_some_and(|rest| rest.starts_with(['_', '.'])) {
                fs::remove_file(&file).context("remove a dossier of a batch")?;
            } else if name.starts_with("00_") {
                left.push(file);
            }
        }
    }
    Ok(left)
}

fn batch_folders(office: &Office) -> anyhow::Result<Vec<PathBuf>> {
    Ok(office.store.read(jury::batches)?.into_iter().map(|batch| office.config.path(&batch.folder)).collect())
}

fn files_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>().context("list a folder")?;
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

/// What may no longer be kept on a day, dossiers in the order of their numbers.
pub fn due(connection: &Connection, rules: &Rules, day: NaiveDate) -> anyhow::Result<Vec<Due>> {
    let mut due = Vec::new();
    for (row, state) in desk::states(connection)?.into_values() {
        let KeptUntil { identity, whole } = retention::kept_until(closing(connection, &row, &state)?, rules);
        let number = row.number;
        if let Some(since) = whole.filter(|since| *since <= day) {
            due.push(Due::Dossier { number, since });
        } else if let Some(since) = identity.filter(|since| *since <= day)
            && !identity_contents(connection, row.dossier_id, &state)?.is_empty()
        {
            due.push(Due::IdentityPapers { number, since });
        }
    }
    if let Some(since) = retention::season_kept_until(rules).filter(|since| *since <= day) {
        let n_mails = forget::mails_of_nobody(connection, calendar::start_of_day(since))?.len();
        if n_mails > 0 {
            due.push(Due::OtherMails { n_mails, since });
        }
    }
    Ok(due)
}

fn closing(connection: &Connection, row: &DossierRow, state: &DossierState) -> anyhow::Result<Closing> {
    let decisions = jury::decisions(connection)?;
    let decided = decisions.into_iter().rev().filter(|decision| decision.dossier_id == row.dossier_id).find_map(|decision| {
        let approved_at = parse_instant(decision.approved_at.as_deref()?).ok()?;
        Some((LetterKind::from_slug(&format!("decision_{}", decision.decision))?, calendar::paris(approved_at).date()))
    });
    let disputed = desk::corrections(&dossiers::corrections(connection, row.dossier_id)?).disputed;
    Ok(Closing { withdrawn: state.stage == Stage::Withdrawn, decided, disputed })
}

/// Contents with identity papers in them: the files, and the mails and archives they came in. Empty when they are gone already.
fn identity_contents(connection: &Connection, dossier_id: i64, state: &DossierState) -> anyhow::Result<BTreeSet<String>> {
    let papers = state.documents.iter().filter(|document| retention::is_identity_paper(document.kind));
    let files: BTreeSet<String> = papers.map(|document| document.sha256.clone()).collect();
    let mut contents = BTreeSet::new();
    for mail in forget::mails_of_dossier(connection, dossier_id)? {
        let of_mail = forget::file_hashes(connection, mail.mail_id)?;
        if !of_mail.iter().any(|sha256| files.contains(sha256)) {
            continue;
        }
        contents.extend(of_mail.into_iter().filter(|sha256| files.contains(sha256)));
        contents.insert(mail.sha256);
        let record: Option<MailRecord> = mail.facts_json.as_deref().map(from_json).transpose()?;
        let archives = record.into_iter().flat_map(|record| record.attachments).filter(|attachment| attachment.is_archive);
        contents.extend(archives.map(|attachment| attachment.sha256).filter(|sha256| !sha256.is_empty()));
    }
    Ok(contents)
}

/// Removes what is due, and contents that no row names any more. Each removal is certified by a line of the journal.
pub fn purge(office: &Office, actor: &str) -> anyhow::Result<Vec<Due>> {
    let now = office.clock.now();
    let today = calendar::paris(now).date();
    let due = office.store.read(|connection| due(connection, &office.rules, today))?;
    for item in &due {
        match item {
            Due::Dossier { number, .. } => {
                erase(office, number, actor, "durée de conservation")?;
            }
            Due::IdentityPapers { number, .. } => forget_identity_papers(office, number, actor, now)?,
            Due::OtherMails { since, .. } => forget_other_mails(office, *since, actor, now)?,
        }
    }
    let old = calendar::start_of_day(today.checked_sub_months(Months::new(office.rules.privacy.logs_months)).unwrap_or(today));
    office.store.write(|transaction| {
        forget::empty_staff_letters(transaction, old, None)?;
        forget::forget_old_journal(transaction, old)
    })?;
    for digest in files_in(&office.config.path(&office.config.digest.folder))? {
        let day = digest.file_stem().and_then(|stem| stem.to_string_lossy().parse::<NaiveDate>().ok());
        if day.is_some_and(|day| calendar::start_of_day(day) < old) {
            fs::remove_file(&digest).context("remove a kept digest")?;
        }
    }
    for sha256 in office.blobs.all()? {
        if !office.store.read(|connection| forget::is_needed(connection, &sha256))? {
            office.blobs.remove(&sha256)?;
        }
    }
    office.store.compact()?;
    Ok(due)
}

/// The dossier stays, as does what was understood of it; the papers themselves and the mails that brought them go.
fn forget_identity_papers(office: &Office, number: &str, actor: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
    office.store.write(|transaction| {
        let Some((row, state)) = desk::states(transaction)?.remove(number) else { return Ok(()) };
        for sha256 in identity_contents(transaction, row.dossier_id, &state)? {
            forget::forget_content(transaction, &sha256, now)?;
        }
        journal::append(transaction, now, actor, Some(row.dossier_id), "purged", "identity papers")
    })
}

fn forget_other_mails(office: &Office, since: NaiveDate, actor: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
    office.store.write(|transaction| {
        let mails = forget::mails_of_nobody(transaction, calendar::start_of_day(since))?;
        for sha256 in contents_of(transaction, &mails)? {
            forget::forget_reading(transaction, &sha256)?;
        }
        for mail in &mails {
            forget::erase_mail(transaction, mail.mail_id)?;
        }
        journal::append(transaction, now, actor, None, "purged", &format!("{} mails without a dossier", mails.len()))
    })
}
