//! Where letters leave: an SMTP relay, a Maildir (rehearsals, tests by hand) or a list in memory.
//!
//! This room sends bytes that were fixed when the letter was queued; it composes nothing, signs nothing (DKIM is the relay's work) and
//! decides nothing about retries beyond saying when. It refuses to guess: after the final dot, a close or a silence is
//! [`SendError::Uncertain`] (RFC 1047), because the letter may or may not be on its way, and sending it again by itself could double it.

mod retry;
mod session;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

pub use retry::{GIVEN_UP_AFTER_DAYS, next_attempt};
pub use session::SmtpSession;

pub use crate::mailbox::{Secret, Tls};
use crate::mailbox::{deliver_maildir, is_loopback};

/// The way out.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // One value for the life of the process.
pub enum Transport {
    Smtp(SmtpSettings),
    Maildir(PathBuf),
    Memory(Arc<Mutex<Vec<SentLetter>>>),
}

/// A letter that left into memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentLetter {
    pub envelope_from: String,
    pub recipients: Vec<String>,
    pub message: Vec<u8>,
}

/// How to reach the relay.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// Our name in EHLO; without one, the address literal `[127.0.0.1]`.
    pub hello_name: Option<String>,
    /// User and secret, when the relay asks for them.
    pub credentials: Option<(String, Secret)>,
    /// PEM roots to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    pub timeouts: SmtpTimeouts,
}

impl SmtpSettings {
    pub fn new(host: impl Into<String>, port: u16, tls: Tls) -> Self {
        Self { host: host.into(), port, tls, hello_name: None, credentials: None, ca_file: None, timeouts: SmtpTimeouts::default() }
    }

    /// Refuses what cannot work or would be unsafe.
    pub fn validate(&self) -> Result<(), &'static str> {
        if self.host.is_empty() {
            return Err("the host is empty");
        }
        if self.tls == Tls::None && !is_loopback(&self.host) {
            return Err("tls = \"none\" is accepted on this machine (127.0.0.1, ::1, localhost) only");
        }
        if self.hello_name.as_deref().is_some_and(|name| name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || ".-[]:".contains(c))) {
            return Err("the EHLO name is not a host name");
        }
        Ok(())
    }
}

/// How long each phase may last (RFC 5321 §4.5.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmtpTimeouts {
    /// Name, TCP, TLS, greeting and EHLO.
    pub connect: Duration,
    pub authentication: Duration,
    pub mail_from: Duration,
    pub rcpt_to: Duration,
    pub data: Duration,
    /// For each block of the message to leave.
    pub data_block: Duration,
    /// From the final dot to the answer. Long, because a relay may do all its work then, and giving up early makes doubles.
    pub final_dot: Duration,
}

impl Default for SmtpTimeouts {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            connect: minutes(5),
            authentication: minutes(2),
            mail_from: minutes(5),
            rcpt_to: minutes(5),
            data: minutes(2),
            data_block: minutes(3),
            final_dot: minutes(10),
        }
    }
}

/// Where in the dialogue something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Settings,
    Connect,
    StartTls,
    Authentication,
    MailFrom,
    RcptTo,
    Data,
    /// The message was on its way; its end was not.
    Message,
    FinalDot,
    /// Writing to the Maildir.
    Maildir,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Settings => "settings",
            Self::Connect => "connect",
            Self::StartTls => "STARTTLS",
            Self::Authentication => "AUTH",
            Self::MailFrom => "MAIL FROM",
            Self::RcptTo => "RCPT TO",
            Self::Data => "DATA",
            Self::Message => "message",
            Self::FinalDot => "final dot",
            Self::Maildir => "Maildir",
        })
    }
}

/// A server's refusal, without its words (they quote addresses).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, 400 to 599.
    pub code: u16,
    /// RFC 3463, such as (5, 1, 1): this mailbox does not exist.
    pub enhanced_status: Option<(u16, u16, u16)>,
}

impl std::fmt::Display for Reply {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.enhanced_status {
            Some((class, subject, detail)) => write!(formatter, "{} {class}.{subject}.{detail}", self.code),
            None => write!(formatter, "{}", self.code),
        }
    }
}

/// Why a letter did not leave, or may not have left. Printing it shows no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nobody has the letter; later it may pass. Troubles of the connection, of TLS and of the login are always of this kind: the letter
    /// is not at fault, and a mistake in the settings must not turn a day's letters into failures.
    #[error("not sent for the moment: {phase}{}", shown(.reply))]
    Transient { phase: Phase, reply: Option<Reply> },
    /// Nobody has the letter, and asking again would get the same answer.
    #[error("refused for good: {phase}{}", shown(.reply))]
    Permanent { phase: Phase, reply: Option<Reply> },
    /// The whole letter was handed over and no answer came: nobody knows. To be settled by evidence, never sent again by itself.
    #[error("handed over without an answer: nobody knows whether it left")]
    Uncertain,
}

fn shown(reply: &Option<Reply>) -> String {
    reply.map(|reply| format!(" ({reply})")).unwrap_or_default()
}

/// One recipient among several that the server did not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedRecipient {
    /// Its place in the list given to [`send`].
    pub index: usize,
    pub reply: Option<Reply>,
    pub permanent: bool,
}

/// A letter that left. **Look at `refused`**: the others have it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct SendReceipt {
    pub refused: Vec<RefusedRecipient>,
}

/// Sends one letter. `envelope_from` may be empty for the null return path. The letter goes to all recipients that are accepted;
/// when none is, it fails: for good if all refusals were.
pub async fn send(transport: &Transport, envelope_from: &str, recipients: &[String], message: &[u8]) -> Result<SendReceipt, SendError> {
    match transport {
        Transport::Smtp(settings) => {
            let mut session = SmtpSession::open(settings).await?;
            let sent = session.send(envelope_from, recipients, message).await;
            session.quit().await;
            sent
        }
        Transport::Maildir(path) => {
            let (path, name, message) = (path.clone(), maildir_name(message), message.to_vec());
            let failed = SendError::Transient { phase: Phase::Maildir, reply: None };
            let written = tokio::task::spawn_blocking(move || deliver_maildir(&path, &name, &message)).await;
            written.map_err(|_| failed)?.map_err(|_| failed)?;
            Ok(SendReceipt::default())
        }
        Transport::Memory(letters) => {
            let letter = SentLetter { envelope_from: envelope_from.to_owned(), recipients: recipients.to_vec(), message: message.to_vec() };
            letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
            Ok(SendReceipt::default())
        }
    }
}

/// The same letter has the same name, so that sending it a second time leaves one file.
fn maildir_name(message: &[u8]) -> String {
    let digest = Sha256::digest(message);
    let hexadecimal: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{hexadecimal}.guichet")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_well_and_hold_no_words_of_the_server() {
        let reply = Some(Reply { code: 550, enhanced_status: Some((5, 1, 1)) });
        assert_eq!(SendError::Permanent { phase: Phase::RcptTo, reply }.to_string(), "refused for good: RCPT TO (550 5.1.1)");
        assert_eq!(SendError::Transient { phase: Phase::Connect, reply: None }.to_string(), "not sent for the moment: connect");
    }

    #[test]
    fn an_unprotected_relay_is_on_this_machine() {
        assert!(SmtpSettings::new("127.0.0.1", 25, Tls::None).validate().is_ok());
        assert!(SmtpSettings::new("smtp.example.org", 25, Tls::None).validate().is_err());
        assert!(SmtpSettings { hello_name: Some("a\r\nMAIL".to_owned()), ..SmtpSettings::new("localhost", 25, Tls::None) }.validate().is_err());
    }

    #[tokio::test]
    async fn a_maildir_keeps_one_file_for_one_letter() {
        let dir = tempfile::tempdir().unwrap();
        let transport = Transport::Maildir(dir.path().to_owned());
        for _ in 0..2 {
            assert!(send(&transport, "a@b.example", &["c@d.example".to_owned()], b"Subject: x\r\n\r\n").await.unwrap().refused.is_empty());
        }
        assert_eq!(crate::mailbox::scan_maildir(dir.path()).unwrap().len(), 1);
    }
}
