//! Receiving: mails become rows. Content is durable before the cursor moves, and the cursor passes no UID without a row.
//!
//! Mails are kept in batches: their bytes are flushed together, then their rows and the cursor are committed as one. A mail that cannot be
//! had is a row too, which the assistant sees. Without room on the disk nothing is taken: what is not here stays in the mailbox.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};

use crate::config::{Config, MailboxConfig, MailboxKind, TlsMode, secret};
use crate::mailbox::{Fate, FetchedMail, ImapMailbox, ImapSettings, MailboxError, MaildirEntry, Secret, Tls, scan_maildir, token_from_command};
use crate::store::mails::{LeftOut, NewMail, SENT_MARK};
use crate::store::{journal, mails, settings};
use crate::tasks::process::mailbox_name;
use crate::tasks::{Office, pulse};

/// What one look into the mailbox brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    pub n_new: usize,
    pub n_left_out: usize,
}

/// The data disk has less room than the configuration demands.
#[derive(Debug, thiserror::Error)]
#[error("no room on the data disk: {free_bytes} bytes are free, {demanded_bytes} are demanded")]
pub struct NoRoom {
    pub free_bytes: u64,
    pub demanded_bytes: u64,
}

/// Refuses to take mail when the data disk is nearly full.
pub fn demand_room(office: &Office) -> anyhow::Result<()> {
    let demanded_bytes = office.config.mailbox.free_bytes_min;
    let disk = rustix::fs::statvfs(&office.data).context("ask for the room on the data disk")?;
    let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free_bytes < demanded_bytes {
        return Err(NoRoom { free_bytes, demanded_bytes }.into());
    }
    Ok(())
}

/// Mails that came and are not kept yet. They are kept when there are enough of them, or after a moment: their bytes are written and flushed
/// by a thread of their own while the next ones come in, then their rows and the cursor are committed.
struct Batch<'a> {
    office: &'a Office,
    mailbox: &'a str,
    uid_validity: u32,
    /// Never answered without a person's word: the junk folder.
    in_doubt: bool,
    came: Vec<FetchedMail>,
    left_out: Vec<(u32, LeftOut)>,
    /// The UID up to which everything is settled once this batch is kept.
    settled_through: Option<u32>,
    /// Names of a Maildir, with the UIDs given to their mails.
    names: Vec<(String, u32)>,
    bytes: usize,
    begun: Instant,
    /// The batch before this one, on its way to the disk.
    writing: Option<Writing>,
    received: Received,
}

/// A batch whose bytes are being written. Nothing of it is in the database yet.
struct Writing {
    hashes: JoinHandle<anyhow::Result<Vec<String>>>,
    mails: Vec<Came>,
    left_out: Vec<(u32, LeftOut)>,
    names: Vec<(String, u32)>,
    settled_through: u32,
}

/// A mail without its bytes.
struct Came {
    uid: u32,
    arrived_at: DateTime<Utc>,
    size_bytes: u64,
}

/// What may be fetched again when the process dies.
const BATCH_MAILS_MAX: usize = 256;
const BATCH_BYTES_MAX: usize = 16 << 20;
const BATCH_AGE_MAX: Duration = Duration::from_secs(2);

impl<'a> Batch<'a> {
    fn new(office: &'a Office, mailbox: &'a str, uid_validity: u32, in_doubt: bool) -> Batch<'a> {
        Batch {
            office,
            mailbox,
            uid_validity,
            in_doubt,
            came: Vec::new(),
            left_out: Vec::new(),
            settled_through: None,
            names: Vec::new(),
            bytes: 0,
            begun: Instant::now(),
            writing: None,
            received: Received::default(),
        }
    }

    fn add(&mut self, fate: Fate, settled_through: u32) -> anyhow::Result<()> {
        self.settled_through = self.settled_through.max(Some(settled_through));
        match fate {
            Fate::Received(mail) => {
                if self.came.is_empty() {
                    self.begun = Instant::now();
                }
                self.bytes += mail.bytes.len();
                self.came.push(mail);
            }
            // A person removed it before we saw it: there is nothing to account for.
            Fate::Vanished { .. } => {}
            Fate::TooLarge { uid, size_bytes } => self.left_out.push((uid, LeftOut::TooLarge { size_bytes })),
            Fate::GivenUp { uid } => self.left_out.push((uid, LeftOut::NotGiven)),
        }
        if self.came.len() >= BATCH_MAILS_MAX || self.bytes >= BATCH_BYTES_MAX || (!self.came.is_empty() && self.begun.elapsed() > BATCH_AGE_MAX) {
            self.keep()?;
        } else if self.writing.as_ref().is_some_and(|writing| writing.hashes.is_finished()) {
            self.commit_what_was_written()?;
        }
        Ok(())
    }

    /// Has the bytes written, once those before them are kept.
    fn keep(&mut self) -> anyhow::Result<()> {
        self.commit_what_was_written()?;
        let Some(settled_through) = self.settled_through.take() else { return Ok(()) };
        pulse::beat();
        if !self.came.is_empty() {
            demand_room(self.office)?;
        }
        let came = std::mem::take(&mut self.came);
        let came_without_bytes = |mail: &FetchedMail| Came { uid: mail.uid, arrived_at: mail.arrived_at, size_bytes: mail.bytes.len() as u64 };
        let mails = came.iter().map(came_without_bytes).collect();
        let blobs = self.office.blobs.clone();
        let write = move || blobs.put_all(&came.iter().map(|mail| mail.bytes.as_slice()).collect::<Vec<_>>());
        self.writing = Some(Writing {
            hashes: std::thread::Builder::new().name("mails-to-disk".to_owned()).spawn(write).context("start to write mails")?,
            mails,
            left_out: std::mem::take(&mut self.left_out),
            names: std::mem::take(&mut self.names),
            settled_through,
        });
        self.bytes = 0;
        Ok(())
    }

    /// Keeps everything that was added, and waits until it is.
    fn finish(&mut self) -> anyhow::Result<()> {
        self.keep()?;
        self.commit_what_was_written()
    }

    /// Rows and cursor in one transaction, after their bytes.
    fn commit_what_was_written(&mut self) -> anyhow::Result<()> {
        let Some(writing) = self.writing.take() else { return Ok(()) };
        let hashes = writing.hashes.join().map_err(|_| anyhow::anyhow!("the thread that writes mails panicked"))??;
        let now = self.office.clock.now();
        let counted = self.office.store.write(|transaction| {
            let mut counted = Received::default();
            for (mail, sha256) in writing.mails.iter().zip(&hashes) {
                let row = NewMail {
                    mailbox: self.mailbox,
                    uid_validity: self.uid_validity,
                    uid: mail.uid,
                    sha256,
                    size_bytes: mail.size_bytes,
                    arrived_at: mail.arrived_at,
                    in_doubt: self.in_doubt,
                    backlog_before: self.office.config.mailbox.backlog_before.map(|before| before.to_utc()),
                };
                counted.n_new += usize::from(mails::record(transaction, &row)?.is_some());
            }
            for (uid, left_out) in &writing.left_out {
                if mails::record_left_out(transaction, self.mailbox, self.uid_validity, *uid, *left_out, now)? {
                    let detail = format!("{} {uid} {}", self.mailbox, left_out.slug());
                    journal::append(transaction, now, journal::PROGRAM, None, "mail_left_out", &detail)?;
                    tracing::error!(mail.uid = uid, "mail {uid} of the mailbox cannot be had ({}): it is left to the assistant", left_out.slug());
                    counted.n_left_out += 1;
                }
            }
            for (name, uid) in &writing.names {
                mails::remember_in_maildir(transaction, self.mailbox, name, *uid)?;
            }
            let last_uid = match mails::cursor(transaction, self.mailbox)? {
                Some((validity, last_uid)) if validity == self.uid_validity => last_uid.max(writing.settled_through),
                _ => writing.settled_through,
            };
            mails::set_cursor(transaction, self.mailbox, self.uid_validity, last_uid)?;
            Ok(counted)
        })?;
        self.received.n_new += counted.n_new;
        self.received.n_left_out += counted.n_left_out;
        Ok(())
    }
}

/// Records a mail that comes from no mailbox server (a folder, an mbox), as mail number `uid` of it.
pub fn keep_loose(office: &Office, mailbox: &str, uid: u32, arrived_at: DateTime<Utc>, bytes: Vec<u8>) -> anyhow::Result<bool> {
    let mut batch = Batch::new(office, mailbox, 1, false);
    batch.add(Fate::Received(FetchedMail { uid, arrived_at, bytes }), uid)?;
    batch.finish()?;
    Ok(batch.received.n_new > 0)
}

/// Looks once into every folder of the mailbox.
pub async fn step(office: &Office) -> anyhow::Result<Received> {
    demand_room(office)?;
    match office.config.mailbox.kind {
        MailboxKind::Maildir => tokio::task::block_in_place(|| from_all_maildirs(office)),
        MailboxKind::Imap => {
            let mut mailbox = ImapMailbox::connect(imap_settings(office, &office.config.mailbox.folder).await?).await?;
            let received = from_all_folders(office, &mut mailbox).await?;
            mailbox.logout().await;
            Ok(received)
        }
    }
}

/// The folders that are watched, the inbox first.
pub fn folders(config: &MailboxConfig) -> Vec<String> {
    std::iter::once(config.folder.clone()).chain(config.also.iter().cloned()).collect()
}

/// The folders beside the inbox: those whose mail is shown and not answered, and the one with the answers of people.
fn folders_beside(config: &Config) -> Vec<String> {
    config.mailbox.also.iter().map(String::as_str).chain(config.sent_folder()).map(str::to_owned).collect()
}

/// A folder that is not there keeps no mail of the others away; the digest speaks of it until it is there again.
fn note_missing_folders(office: &Office, missing: &[String]) -> anyhow::Result<()> {
    let known = office.store.read(|connection| settings::setting(connection, MISSING_FOLDERS))?.unwrap_or_default();
    let now_missing = missing.join("\n");
    if known == now_missing {
        return Ok(());
    }
    if !missing.is_empty() {
        tracing::error!(n_missing = missing.len(), "{} folders of the configuration are not in the mailbox: the others are read", missing.len());
    }
    office.store.write(|transaction| settings::set_setting(transaction, MISSING_FOLDERS, &now_missing))
}

/// The setting with the names of folders that were not there at the last look, one on each line.
pub const MISSING_FOLDERS: &str = "missing_folders";

/// Looks into a Maildir and, where they are its folders (Maildir++), those with doubtful mail and with the answers of people.
fn from_all_maildirs(office: &Office) -> anyhow::Result<Received> {
    let path = office.config.path(&office.config.mailbox.path);
    let mut received = Received::default();
    let mut missing = Vec::new();
    for folder in folders_beside(&office.config) {
        let inside = path.join(format!(".{}", folder.replace('/', ".")));
        if !inside.join("cur").is_dir() {
            missing.push(folder);
            continue;
        }
        let name = mailbox_name(&office.config, "maildir", &folder);
        let found = from_maildir_folder(office, &inside, &name, !name.starts_with(SENT_MARK))?;
        received.n_new += found.n_new;
        received.n_left_out += found.n_left_out;
    }
    note_missing_folders(office, &missing)?;
    let found = from_maildir(office, &path)?;
    Ok(Received { n_new: received.n_new + found.n_new, n_left_out: received.n_left_out + found.n_left_out })
}

/// Looks into the Maildir itself.
pub fn from_maildir(office: &Office, path: &Path) -> anyhow::Result<Received> {
    from_maildir_folder(office, path, "maildir", false)
}

/// A Maildir has no UIDs: a file's unique name tells whether it was seen; the row's UID is its ordinal.
fn from_maildir_folder(office: &Office, path: &Path, mailbox: &str, in_doubt: bool) -> anyhow::Result<Received> {
    let entries = scan_maildir(path).with_context(|| format!("look into the Maildir {}", path.display()))?;
    let mut batch = Batch::new(office, mailbox, 1, in_doubt);
    let mut next_uid = office.store.read(|connection| mails::cursor(connection, mailbox))?.map_or(1, |(_, last_uid)| last_uid + 1);
    for entry in entries {
        let uid = match office.store.read(|connection| mails::seen_in_maildir(connection, mailbox, &entry.file_name))? {
            Some((_, false)) => continue,
            // It could not be read when it was first seen.
            Some((uid, true)) => uid,
            None => next_uid,
        };
        let Some(fate) = maildir_fate(office, &entry, uid) else { continue };
        batch.names.push((entry.file_name, uid));
        if let Err(left_out) = &fate {
            batch.left_out.push((uid, *left_out));
            batch.settled_through = batch.settled_through.max(Some(uid));
        }
        next_uid = next_uid.max(uid + 1);
        if let Ok(mail) = fate {
            batch.add(Fate::Received(mail), uid)?;
        }
    }
    batch.finish()?;
    Ok(batch.received)
}

/// The mail, or why it is left out; nothing when it was moved or removed meanwhile (the next look finds it where it went).
fn maildir_fate(office: &Office, entry: &MaildirEntry, uid: u32) -> Option<Result<FetchedMail, LeftOut>> {
    let size_bytes = match std::fs::metadata(&entry.path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(_) => return Some(Err(LeftOut::NotReadable)),
    };
    if size_bytes > office.config.mailbox.mail_bytes_max {
        return Some(Err(LeftOut::TooLarge { size_bytes }));
    }
    match std::fs::read(&entry.path) {
        Ok(bytes) => Some(Ok(FetchedMail { uid, arrived_at: entry.arrived_at, bytes })),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!(mail.uid = uid, "a mail of the Maildir cannot be read: {}", error.kind());
            Some(Err(LeftOut::NotReadable))
        }
    }
}

/// Looks into every folder over one connection. The inbox comes last and stays open, so that its news are heard afterwards.
pub async fn from_all_folders(office: &Office, mailbox: &mut ImapMailbox) -> anyhow::Result<Received> {
    let mut received = Received::default();
    let mut missing = Vec::new();
    for folder in folders_beside(&office.config) {
        match from_imap(office, mailbox, &folder).await {
            Ok(found) => {
                received.n_new += found.n_new;
                received.n_left_out += found.n_left_out;
            }
            Err(error) if matches!(error.downcast_ref(), Some(MailboxError::FolderMissing)) => missing.push(folder),
            Err(error) => return Err(error.context(format!("folder {folder}"))),
        }
    }
    note_missing_folders(office, &missing)?;
    let folder = &office.config.mailbox.folder;
    let found = from_imap(office, mailbox, folder).await.with_context(|| format!("folder {folder}"))?;
    Ok(Received { n_new: received.n_new + found.n_new, n_left_out: received.n_left_out + found.n_left_out })
}

/// Fetches what lies beyond the cursor of a folder. What had come before an error is kept.
pub async fn from_imap(office: &Office, mailbox: &mut ImapMailbox, folder: &str) -> anyhow::Result<Received> {
    demand_room(office)?;
    let name = mailbox_name(&office.config, "imap", folder);
    let is_sent = name.starts_with(SENT_MARK);
    let state = mailbox.examine(folder).await?;
    let cursor = office.store.read(|connection| mails::cursor(connection, &name))?;
    let after = match cursor {
        Some((validity, last_uid)) if validity == state.uid_validity => last_uid,
        // What people answered long ago asks for no silence now: years of it need not be fetched.
        None | Some(_) if is_sent => mailbox.last_uid_before(office.clock.now().date_naive() - TimeDelta::days(SENT_DAYS)).await?,
        // Another UIDVALIDITY: every mail is looked at again and known by its content.
        Some(_) => {
            tracing::warn!("UIDVALIDITY changed: the folder is read again, and known mails are recognised by their content");
            0
        }
        None => 0,
    };
    let in_doubt = folder != office.config.mailbox.folder && !is_sent;
    let mut batch = Batch::new(office, &name, state.uid_validity, in_doubt);
    let fetched = mailbox.fetch_owed(after, &mut |fate, settled_through| batch.add(fate, settled_through)).await;
    match fetched {
        // What could not be kept is asked again: nothing more is tried with it now.
        Err(error @ crate::mailbox::MailboxError::NotKept(_)) => return Err(error.into()),
        fetched => {
            batch.finish()?;
            fetched?;
        }
    }
    Ok(batch.received)
}

/// How many days back the Sent folder is read when it is seen for the first time: longer than any silence.
const SENT_DAYS: i64 = 3;

/// The mailbox as the configuration describes it.
pub async fn imap_settings(office: &Office, folder: &str) -> anyhow::Result<ImapSettings> {
    let config = &office.config.mailbox;
    let secret = if config.token_command.is_empty() {
        let password = secret(&office.config, config.password_file.as_deref(), config.password_env.as_deref()).context("mailbox password")?;
        Secret::Password(password)
    } else {
        token_from_command(&config.token_command).await.context("mailbox.token_command")?
    };
    let mut settings = ImapSettings::new(&config.host, &config.user, secret);
    settings.port = config.port;
    settings.tls = tls(config.tls);
    settings.literal_bytes_max = config.mail_bytes_max;
    folder.clone_into(&mut settings.folder);
    settings.ca_file = config.ca_file.as_ref().map(|file| office.config.path(file));
    settings.validate()?;
    Ok(settings)
}

/// The configuration's word for it, as the wire takes it.
pub fn tls(mode: TlsMode) -> Tls {
    match mode {
        TlsMode::Implicit => Tls::Implicit,
        TlsMode::Starttls => Tls::StartTls,
        TlsMode::None => Tls::None,
    }
}
