//! Receiving: mails become rows. Content is durable before the cursor moves, and the cursor passes no UID without a row.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::blobs::Durability;
use crate::config::{MailboxConfig, MailboxKind, TlsMode, secret};
use crate::mailbox::{FetchedMail, ImapMailbox, ImapSettings, MailboxError, Secret, Tls, scan_maildir};
use crate::store::mails::NewMail;
use crate::store::{journal, mails, settings};
use crate::tasks::Office;

/// What one look into the mailbox brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    pub n_new: usize,
    pub n_left_out: usize,
}

/// Keeps one mail: its bytes first, then its row and the cursor together.
fn keep(office: &Office, mailbox: &str, uid_validity: u32, fetched: &FetchedMail) -> anyhow::Result<bool> {
    let sha256 = office.blobs.put(&fetched.bytes, Durability::Synced)?;
    let backlog = office.config.mailbox.backlog_before.is_some_and(|before| fetched.arrived_at < before);
    let mail = NewMail {
        mailbox,
        uid_validity,
        uid: fetched.uid,
        sha256: &sha256,
        size_bytes: fetched.bytes.len() as u64,
        arrived_at: fetched.arrived_at,
        backlog,
    };
    office.store.write(|transaction| {
        let new = mails::record(transaction, &mail)?;
        let last_uid = match mails::cursor(transaction, mailbox)? {
            Some((validity, last_uid)) if validity == uid_validity => last_uid.max(fetched.uid),
            _ => fetched.uid,
        };
        mails::set_cursor(transaction, mailbox, uid_validity, last_uid)?;
        Ok(new.is_some())
    })
}

/// Records a mail that comes from no mailbox server (a folder, an mbox), as mail number `uid` of it.
pub fn keep_loose(office: &Office, mailbox: &str, uid: u32, arrived_at: DateTime<Utc>, bytes: Vec<u8>) -> anyhow::Result<bool> {
    keep(office, mailbox, 1, &FetchedMail { uid, arrived_at, bytes })
}

/// Looks once into every folder of the mailbox.
pub async fn step(office: &Office) -> anyhow::Result<Received> {
    match office.config.mailbox.kind {
        MailboxKind::Maildir => from_maildir(office, &office.config.path(&office.config.mailbox.path)),
        MailboxKind::Imap => {
            let mut received = Received::default();
            for folder in folders(&office.config.mailbox) {
                let mut mailbox = ImapMailbox::connect(imap_settings(office, &folder)?).await?;
                let found = from_imap(office, &mut mailbox, &folder).await;
                mailbox.logout().await;
                let found = found?;
                received.n_new += found.n_new;
                received.n_left_out += found.n_left_out;
            }
            Ok(received)
        }
    }
}

/// The folders that are watched, the inbox first.
pub fn folders(config: &MailboxConfig) -> Vec<String> {
    std::iter::once(config.folder.clone()).chain(config.also.iter().cloned()).collect()
}

/// A Maildir has no UIDs: a file's unique name, hashed, tells whether it was seen; the row's UID is its ordinal.
fn from_maildir(office: &Office, path: &Path) -> anyhow::Result<Received> {
    let mut received = Received::default();
    let entries = scan_maildir(path).with_context(|| format!("look into the Maildir {}", path.display()))?;
    for entry in entries {
        let name = entry.file_name.as_bytes();
        let digest = Sha256::digest(name);
        let seen = format!("maildir/{}", crate::blobs::hex(digest.get(..12).unwrap_or(&digest)));
        if office.store.read(|connection| settings::setting(connection, &seen))?.is_some() {
            continue;
        }
        let bytes = match std::fs::read(&entry.path) {
            Ok(bytes) => bytes,
            // Moved from new/ to cur/ by its reader meanwhile: the next look finds it there.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).context("read a mail from the Maildir"),
        };
        let uid = office.store.read(|connection| mails::cursor(connection, "maildir"))?.map_or(1, |(_, last_uid)| last_uid + 1);
        received.n_new += usize::from(keep_loose(office, "maildir", uid, entry.arrived_at, bytes)?);
        office.store.write(|transaction| settings::set_setting(transaction, &seen, &uid.to_string()))?;
    }
    Ok(received)
}

/// Fetches what lies beyond the cursor of a folder; what does not come is asked again, and after three refusals recorded as left out.
pub async fn from_imap(office: &Office, mailbox: &mut ImapMailbox, folder: &str) -> Result<Received, anyhow::Error> {
    let name = format!("imap/{folder}");
    let state = mailbox.examine(folder).await?;
    let cursor = office.store.read(|connection| mails::cursor(connection, &name))?;
    let last_uid = match cursor {
        Some((validity, last_uid)) if validity == state.uid_validity => last_uid,
        // Another UIDVALIDITY: every mail is looked at again and known by its content.
        _ => 0,
    };
    let mut asked = mailbox.uids_after(last_uid).await?;
    let mut received = Received::default();
    for _ in 0..ATTEMPTS_MAX {
        if asked.is_empty() {
            break;
        }
        let report = mailbox
            .fetch_batch(&asked, &mut |fetched| {
                received.n_new += usize::from(keep(office, &name, state.uid_validity, &fetched)?);
                Ok(())
            })
            .await?;
        for (uid, size_bytes) in &report.too_large {
            note_left_out(office, &name, *uid, &format!("too large: {size_bytes} bytes"))?;
            received.n_left_out += 1;
        }
        asked.retain(|uid| !report.received.contains(uid) && !report.vanished.contains(uid) && !report.too_large.contains_key(uid));
    }
    for uid in &asked {
        note_left_out(office, &name, *uid, "refused three times")?;
        received.n_left_out += 1;
    }
    Ok(received)
}

const ATTEMPTS_MAX: usize = 3;

/// A mail that the server cannot give is told to the assistant and does not block the next.
fn note_left_out(office: &Office, mailbox: &str, uid: u32, why: &str) -> anyhow::Result<()> {
    let now = office.clock.now();
    tracing::error!(mail.uid = uid, "the server does not give mail {uid}: {why}");
    office.store.write(|transaction| journal::append(transaction, now, journal::PROGRAM, None, "mail_left_out", &format!("{mailbox} {uid} {why}")))
}

/// The mailbox as the configuration describes it.
pub fn imap_settings(office: &Office, folder: &str) -> anyhow::Result<ImapSettings> {
    let config = &office.config.mailbox;
    let password = secret(&office.config, config.password_file.as_deref(), config.password_env.as_deref()).context("mailbox password")?;
    let mut settings = ImapSettings::new(&config.host, &config.user, Secret::Password(password));
    settings.port = config.port;
    settings.tls = tls(config.tls);
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

/// Waits on the inbox until something comes, at most for the poll's time.
pub async fn wait(office: &Office, mailbox: &mut ImapMailbox, stop: &CancellationToken) -> Result<(), MailboxError> {
    mailbox.idle(Duration::from_secs(office.config.mailbox.poll_seconds.max(1)), stop).await?;
    Ok(())
}
