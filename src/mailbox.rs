//! Where mail comes from: an IMAP folder, a Maildir, a folder of `.eml` files, an mbox. It yields raw mails and decides nothing.
//!
//! It refuses to change anything in a mailbox that belongs to people: folders are opened with EXAMINE and read with
//! `BODY.PEEK[]`, a Maildir is only listed. What has been seen is remembered by our own database, never by flags.
//! It also refuses to say that something worked when it did not: each command's tagged OK is demanded, what was asked
//! is compared with what came, and every wait has a bound.

pub mod arrival;
pub mod folder;
pub mod imap;
pub mod maildir;
pub(crate) mod wire;

pub use arrival::arrival_of;
pub use folder::{scan_eml_folder, split_mbox};
pub use imap::{Fate, FetchReport, FolderState, IdleOutcome, ImapMailbox, ImapSettings, Secret, token_from_command};
pub use maildir::{MaildirEntry, deliver_maildir, scan_maildir};

use chrono::{DateTime, Utc};

/// One mail as the server holds it, byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchedMail {
    /// Unique within one UIDVALIDITY of one folder.
    pub uid: u32,
    /// INTERNALDATE: when the mail reached the school's server, by which deadlines are judged.
    pub arrived_at: DateTime<Utc>,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for FetchedMail {
    /// A mail's contents never reach a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("FetchedMail").field("uid", &self.uid).field("size_bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte (ports 993 and 465, RFC 8314).
    Implicit,
    /// A clear greeting, then TLS or nothing (ports 143 and 587): without STARTTLS the connection is given up.
    StartTls,
    /// No protection: accepted on the loopback interface only.
    None,
}

/// Why the mailbox could not be read. Each kind is a branch of the caller's; none quotes a mail, a password or what
/// the server wrote.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    #[error("the mailbox settings cannot be used: {0}")]
    Settings(&'static str),
    #[error("the mail server cannot be reached ({0})")]
    Unreachable(std::io::ErrorKind),
    #[error("the mail server refused the user or the secret")]
    AuthenticationRefused,
    #[error("no protected connection: {0}")]
    TlsFailed(String),
    #[error("the mail server has no such folder, or does not show it to this user")]
    FolderMissing,
    /// A tagged NO or BAD. `answer` is one of these two words.
    #[error("the mail server answered {answer} to {command}")]
    Refused { command: &'static str, answer: &'static str },
    /// BYE, a close or a reset, at whatever moment.
    #[error("the mail server ended the connection")]
    Lost,
    #[error("the mail server made no progress within the allowed time")]
    TimedOut,
    #[error("the mail server does not follow the protocol: {0}")]
    Protocol(&'static str),
    /// The caller's own sink failed (a full disk, for example): nothing more was taken.
    #[error("a mail that arrived could not be kept")]
    NotKept(#[source] anyhow::Error),
}

impl MailboxError {
    /// Whether trying again later, with nothing changed, is reasonable. The others need a person.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Settings(_) | Self::AuthenticationRefused | Self::FolderMissing => false,
            Self::Unreachable(_) | Self::TlsFailed(_) | Self::Refused { .. } | Self::Lost | Self::TimedOut | Self::Protocol(_) | Self::NotKept(_) => {
                true
            }
        }
    }
}

/// Whether a host is this machine itself, the only place where a connection may go unprotected.
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
