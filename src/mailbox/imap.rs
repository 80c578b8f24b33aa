//! An IMAP folder, read without leaving a trace (RFC 3501, RFC 2177 for IDLE).
//!
//! async-imap reports several failures as success: a FETCH answered NO, a BYE or a close just ends its streams. So its streams
//! are not used: commands go out by `run_command`, responses come in by `read_response`, and only the *tagged OK* counts.
//! Its parse errors quote mails and its trace records hold passwords: neither leaves this file.
//!
//! **After an error the connection is to be dropped and a new one made**; what did not come is asked again.

mod connect;
mod fetch;
mod names;
mod token;
mod visit;

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::Duration;

use async_imap::imap_proto::{MailboxDatum, RequestId, Response, ResponseCode, Status};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

pub use fetch::FetchReport;
pub use token::token_from_command;
pub use visit::Fate;

use super::wire::{ResponseTooLarge, Wire, deadline_after};
use super::{MailboxError, Tls, is_loopback};

/// How the user proves who they are. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    Password(String),
    /// An access token for XOAUTH2, as Microsoft 365 and Gmail want it. It lives about an hour: make a new connection with a new one.
    OAuthToken(String),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::OAuthToken(_) => "OAuthToken(…)",
        })
    }
}

/// Everything needed to open one folder of one mailbox.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub user: String,
    pub secret: Secret,
    /// As people write it (`INBOX`, `Courrier indésirable`); encoded for the wire here.
    pub folder: String,
    /// PEM roots to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// A larger mail is not fetched but reported. At most 512 MiB, the parser's own bound.
    pub literal_bytes_max: u64,
    /// What one FETCH command may ask for, unless a single mail is larger.
    pub batch_bytes_max: u64,
    /// How long a read or write may wait without a byte moving.
    pub progress_timeout: Duration,
}

/// async-imap holds a whole literal in memory and refuses more than this.
pub const LITERAL_BYTES_LIMIT: u64 = 500 * 1024 * 1024;

impl ImapSettings {
    /// Settings with the usual limits: implicit TLS on port 993, 100 MiB a mail, 12 MiB a batch, 60 seconds.
    pub fn new(host: impl Into<String>, user: impl Into<String>, secret: Secret) -> Self {
        Self {
            host: host.into(),
            port: 993,
            tls: Tls::Implicit,
            user: user.into(),
            secret,
            folder: "INBOX".to_owned(),
            ca_file: None,
            literal_bytes_max: 100 * 1024 * 1024,
            batch_bytes_max: 12 * 1024 * 1024,
            progress_timeout: Duration::from_secs(60),
        }
    }

    /// Refuses what cannot work or would be unsafe, before anything is sent.
    pub fn validate(&self) -> Result<(), MailboxError> {
        let secret = match &self.secret {
            Secret::Password(secret) | Secret::OAuthToken(secret) => secret,
        };
        let unspeakable = |text: &str| text.chars().any(|character| matches!(character, '\r' | '\n' | '\0'));
        if self.host.is_empty() {
            return Err(MailboxError::Settings("the host is empty"));
        }
        if self.tls == Tls::None && !is_loopback(&self.host) {
            return Err(MailboxError::Settings("tls = \"none\" is accepted on this machine (127.0.0.1, ::1, localhost) only"));
        }
        if self.user.is_empty() || unspeakable(&self.user) || unspeakable(secret) || unspeakable(&self.folder) {
            return Err(MailboxError::Settings("the user, the secret or the folder is empty or holds a line break"));
        }
        if self.literal_bytes_max == 0 || self.literal_bytes_max > LITERAL_BYTES_LIMIT {
            return Err(MailboxError::Settings("the largest mail must lie between 1 byte and 500 MiB"));
        }
        if self.batch_bytes_max == 0 || self.progress_timeout.is_zero() {
            return Err(MailboxError::Settings("the batch size and the progress time-out must not be zero"));
        }
        Ok(())
    }
}

/// What EXAMINE said of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderState {
    /// When this number changes, all UIDs known from before are void.
    pub uid_validity: u32,
    pub uid_next: Option<u32>,
    /// Number of mails.
    pub exists: u32,
}

/// Why IDLE ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleOutcome {
    NewMail,
    Timeout,
    Stopped,
}

/// Routers forget a silent connection after some minutes: IDLE is left and entered again before.
const IDLE_RENEWED_AFTER: Duration = Duration::from_secs(5 * 60);
/// What the server may take to answer DONE.
const IDLE_DONE_TIMEOUT: Duration = Duration::from_secs(15);
/// LOGOUT is a courtesy.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that has logged in.
#[derive(Debug)]
pub struct ImapMailbox {
    session: async_imap::Session<Wire>,
    settings: ImapSettings,
    server_can_idle: bool,
    open_folder: Option<(String, FolderState)>,
    exists: u32,
    /// An EXISTS came that no search has followed yet. Without it, a mail that arrives during a FETCH would wait for the next poll.
    news: bool,
}

/// The tagged answer to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tagged {
    Ok,
    No,
    Bad,
}

impl Tagged {
    fn demand_ok(self, command: &'static str) -> Result<(), MailboxError> {
        match self {
            Self::Ok => Ok(()),
            Self::No => Err(MailboxError::Refused { command, answer: "NO" }),
            Self::Bad => Err(MailboxError::Refused { command, answer: "BAD" }),
        }
    }
}

impl ImapMailbox {
    /// Connects, protects the connection and logs in.
    pub async fn connect(settings: ImapSettings) -> Result<Self, MailboxError> {
        settings.validate()?;
        let session = connect::open_session(&settings).await?;
        let mut mailbox = Self { session, settings, server_can_idle: false, open_folder: None, exists: 0, news: false };
        // Some room for the response around a literal, and for SEARCH answers of a very full folder.
        let response_bytes_max = mailbox.settings.literal_bytes_max.saturating_add(8 * 1024 * 1024);
        mailbox.session.get_mut().limit_response_bytes(response_bytes_max);
        let mut can_idle = false;
        let answer = mailbox.run("CAPABILITY", |response| can_idle |= announces_idle(response)).await?;
        answer.demand_ok("CAPABILITY")?;
        mailbox.server_can_idle = can_idle;
        Ok(mailbox)
    }

    /// Opens a folder read-only: nothing that happens afterwards can set `\Seen`.
    pub async fn examine(&mut self, folder: &str) -> Result<FolderState, MailboxError> {
        let (mut uid_validity, mut uid_next, mut exists) = (None, None, 0);
        self.open_folder = None;
        let mut missing = true;
        let command = format!("EXAMINE {}", names::quoted_folder(folder)?);
        let answer = self
            .run(&command, |response| match response {
                Response::MailboxData(MailboxDatum::Exists(count)) => exists = *count,
                Response::Data { outcome, .. } => match &outcome.code {
                    Some(ResponseCode::UidValidity(value)) => uid_validity = Some(*value),
                    Some(ResponseCode::UidNext(value)) => uid_next = Some(*value),
                    _ => {}
                },
                Response::Done { outcome, .. } => missing = !is_passing_refusal(outcome.information.as_deref()),
                _ => {}
            })
            .await?;
        if answer == Tagged::No && missing {
            return Err(MailboxError::FolderMissing);
        }
        answer.demand_ok("EXAMINE")?;
        let uid_validity = uid_validity.ok_or(MailboxError::Protocol("EXAMINE without UIDVALIDITY"))?;
        let state = FolderState { uid_validity, uid_next, exists };
        self.open_folder = Some((folder.to_owned(), state));
        self.exists = exists;
        self.news = false;
        Ok(state)
    }

    /// The UIDs above `uid`, sorted. Zero asks for all.
    pub async fn uids_after(&mut self, uid: u32) -> Result<Vec<u32>, MailboxError> {
        self.demand_folder()?;
        let Some(first) = uid.checked_add(1) else { return Ok(Vec::new()) };
        self.run("NOOP", |_| {}).await?.demand_ok("NOOP")?;
        self.news = false;
        if self.exists == 0 {
            // Some servers answer BAD to a set with `*` in an empty folder.
            return Ok(Vec::new());
        }
        let mut uids = self.search(&format!("UID {first}:*")).await?;
        // `n:*` also matches the last mail when its UID is below n (RFC 3501 §6.4.8).
        uids.retain(|found| *found >= first);
        Ok(uids.into_iter().collect())
    }

    /// The last UID of the mails that came into the open folder before a day (by the server's dates), 0 when there is none.
    pub async fn last_uid_before(&mut self, day: chrono::NaiveDate) -> Result<u32, MailboxError> {
        self.demand_folder()?;
        if self.exists == 0 {
            return Ok(0);
        }
        // `%b` is English whatever the machine's language, as RFC 3501 §9 wants it.
        let found = self.search(&format!("BEFORE {}", day.format("%-d-%b-%Y"))).await?;
        Ok(found.last().copied().unwrap_or(0))
    }

    /// Waits for new mail, for `at_most`, or for the stop signal. On a server without IDLE it only waits, and the caller polls.
    pub async fn idle(&mut self, at_most: Duration, stop: &CancellationToken) -> Result<IdleOutcome, MailboxError> {
        self.demand_folder()?;
        if self.news {
            return Ok(IdleOutcome::NewMail);
        }
        let end = deadline_after(at_most);
        if !self.server_can_idle {
            return Ok(tokio::select! {
                () = stop.cancelled() => IdleOutcome::Stopped,
                () = tokio::time::sleep_until(end) => IdleOutcome::Timeout,
            });
        }
        loop {
            let renewal = end.min(deadline_after(IDLE_RENEWED_AFTER));
            let outcome = self.idle_once(renewal, stop).await?;
            if outcome != IdleOutcome::Timeout || tokio::time::Instant::now() >= end {
                return Ok(outcome);
            }
        }
    }

    async fn idle_once(&mut self, until: tokio::time::Instant, stop: &CancellationToken) -> Result<IdleOutcome, MailboxError> {
        let tag = self.send("IDLE").await?;
        loop {
            let (continued, answer) = self.read_one(|response| (matches!(response, Response::Continue(_)), tagged(response, &tag))).await?;
            if let Some(answer) = answer {
                answer.demand_ok("IDLE")?;
                return Err(MailboxError::Protocol("IDLE ended before it began"));
            }
            if continued {
                break;
            }
        }
        // The server may now be silent for as long as we listen; the bound is the select below.
        self.session.get_mut().set_progress_timeout(IDLE_RENEWED_AFTER.saturating_mul(2));
        let outcome = loop {
            if self.news {
                break IdleOutcome::NewMail;
            }
            tokio::select! {
                () = stop.cancelled() => break IdleOutcome::Stopped,
                () = tokio::time::sleep_until(until) => break IdleOutcome::Timeout,
                // Cancelling this read is safe: what has come stays in the stream's buffer.
                read = self.read_one(|response| tagged(response, &tag)) => if read?.is_some() {
                    return Err(MailboxError::Protocol("IDLE ended by itself"));
                },
            }
        };
        self.session.get_mut().set_progress_timeout(self.settings.progress_timeout.min(IDLE_DONE_TIMEOUT));
        self.session.run_command_untagged("DONE").await.map_err(imap_failure)?;
        self.until_tagged(&tag, |_| {}).await?.demand_ok("IDLE")?;
        self.session.get_mut().set_progress_timeout(self.settings.progress_timeout);
        Ok(outcome)
    }

    /// Whether the open folder holds a mail with this Message-ID (without angle brackets): the evidence that settles a letter of
    /// which nobody knows whether it left. Found in the Sent folder or as our own copy, it left.
    pub async fn holds_message(&mut self, message_id: &str) -> Result<bool, MailboxError> {
        self.demand_folder()?;
        // SEARCH matches substrings: without the brackets `1@a` would be found in `21@a`.
        if message_id.is_empty() || !message_id.chars().all(|character| character.is_ascii_graphic() && !"<>\"\\".contains(character)) {
            return Err(MailboxError::Settings("not a Message-ID"));
        }
        self.run("NOOP", |_| {}).await?.demand_ok("NOOP")?;
        Ok(!self.search(&format!("HEADER Message-ID \"<{message_id}>\"")).await?.is_empty())
    }

    /// Puts a copy into a folder (`Sent`), marked as read. Only on a connection that has opened no folder, so that the one
    /// that reads stays read-only in every sense.
    pub async fn append(&mut self, folder: &str, bytes: &[u8]) -> Result<(), MailboxError> {
        if self.open_folder.is_some() {
            return Err(MailboxError::Settings("a copy is written by a connection of its own"));
        }
        let folder = names::modified_utf7(folder);
        self.session.append(folder, Some("(\\Seen)"), None, bytes).await.map_err(|error| match error {
            async_imap::error::Error::No(_) | async_imap::error::Error::Append => MailboxError::Refused { command: "APPEND", answer: "NO" },
            other => imap_failure(other),
        })
    }

    /// Says goodbye. The answer does not matter: the connection is closed either way.
    pub async fn logout(mut self) {
        let farewell = async {
            self.send("LOGOUT").await?;
            self.read_one(|_| ()).await
        };
        if !matches!(tokio::time::timeout(LOGOUT_TIMEOUT, farewell).await, Ok(Ok(()) | Err(MailboxError::Lost))) {
            tracing::debug!("the mail server did not answer LOGOUT");
        }
    }

    fn demand_folder(&self) -> Result<(), MailboxError> {
        if self.open_folder.is_some() { Ok(()) } else { Err(MailboxError::Settings("no folder is open")) }
    }

    /// The UIDs that match an IMAP search key.
    async fn search(&mut self, key: &str) -> Result<std::collections::BTreeSet<u32>, MailboxError> {
        let mut found = std::collections::BTreeSet::new();
        let answer = self
            .run(&format!("UID SEARCH {key}"), |response| {
                if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                    found.extend(uids.iter().copied());
                }
            })
            .await?;
        answer.demand_ok("UID SEARCH")?;
        Ok(found)
    }

    /// Sends a command, shows each response to `look`, and returns the tagged answer.
    async fn run(&mut self, command: &str, look: impl FnMut(&Response<'_>)) -> Result<Tagged, MailboxError> {
        let tag = self.send(command).await?;
        self.until_tagged(&tag, look).await
    }

    async fn send(&mut self, command: &str) -> Result<RequestId, MailboxError> {
        self.session.run_command(command).await.map_err(imap_failure)
    }

    async fn until_tagged(&mut self, tag: &RequestId, mut look: impl FnMut(&Response<'_>)) -> Result<Tagged, MailboxError> {
        loop {
            let answer = self
                .read_one(|response| {
                    look(response);
                    tagged(response, tag)
                })
                .await?;
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }

    /// One response. BYE and the end of the stream are errors here and nowhere else.
    async fn read_one<T>(&mut self, look: impl FnOnce(&Response<'_>) -> T) -> Result<T, MailboxError> {
        // imap-proto cuts the text after a response code at its second byte, and panics when a letter with an accent begins there.
        let read = AssertUnwindSafe(self.session.read_response()).catch_unwind().await;
        let read = read.map_err(|_| MailboxError::Protocol("a response that breaks the parser"))?;
        let response = read.map_err(|error| io_failure(&error))?.ok_or(MailboxError::Lost)?;
        self.session.get_mut().response_complete();
        match response.parsed() {
            Response::Data { status: Status::Bye, .. } => return Err(MailboxError::Lost),
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                self.news |= *count > self.exists;
                self.exists = *count;
            }
            Response::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            _ => {}
        }
        Ok(look(response.parsed()))
    }
}

fn tagged(response: &Response<'_>, expected: &RequestId) -> Option<Tagged> {
    match response {
        Response::Done { tag, status, .. } if tag == expected => Some(match status {
            Status::Ok => Tagged::Ok,
            Status::No => Tagged::No,
            Status::Bad | Status::PreAuth | Status::Bye => Tagged::Bad,
        }),
        _ => None,
    }
}

fn announces_idle(response: &Response<'_>) -> bool {
    use async_imap::imap_proto::Capability;
    match response {
        Response::Capabilities(capabilities) => {
            capabilities.iter().any(|capability| matches!(capability, Capability::Atom(name) if name.eq_ignore_ascii_case("IDLE")))
        }
        _ => false,
    }
}

/// Response codes of RFC 5530 by which a server says "not now" rather than "no". The parser does not know them and leaves them in the text.
fn is_passing_refusal(information: Option<&str>) -> bool {
    let codes = ["[UNAVAILABLE]", "[SERVERBUG]", "[INUSE]", "[LIMIT]", "[OVERQUOTA]", "[CONTACTADMIN]"];
    information.is_some_and(|text| codes.iter().any(|code| text.starts_with(code)))
}

/// The kind of an error of async-imap, without its text: that may quote a mail.
fn imap_failure(error: async_imap::error::Error) -> MailboxError {
    use async_imap::error::Error;
    match error {
        Error::Io(error) => io_failure(&error),
        Error::ConnectionLost => MailboxError::Lost,
        Error::No(_) => MailboxError::Refused { command: "the command", answer: "NO" },
        Error::Bad(_) => MailboxError::Refused { command: "the command", answer: "BAD" },
        Error::Validate(_) => MailboxError::Settings("a text for the server holds a line break"),
        _ => MailboxError::Protocol("a response that is not IMAP"),
    }
}

fn io_failure(error: &std::io::Error) -> MailboxError {
    use std::io::ErrorKind;
    if error.get_ref().is_some_and(|inner| inner.is::<ResponseTooLarge>()) {
        return MailboxError::Protocol("a response larger than the limit");
    }
    match error.kind() {
        ErrorKind::TimedOut => MailboxError::TimedOut,
        // async-imap's own word for bytes that do not parse, or that it would not hold.
        ErrorKind::Other => MailboxError::Protocol("a response that is not IMAP, or too large"),
        _ => MailboxError::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ImapSettings {
        ImapSettings::new("imap.example.org", "ms", Secret::Password("secret".to_owned()))
    }

    #[test]
    fn an_unprotected_connection_is_for_this_machine_only() {
        for (host, tls, fine) in [
            ("imap.example.org", Tls::Implicit, true),
            ("imap.example.org", Tls::None, false),
            ("192.0.2.7", Tls::None, false),
            ("127.0.0.1.example.org", Tls::None, false),
            ("127.0.0.1", Tls::None, true),
            ("::1", Tls::None, true),
            ("localhost", Tls::None, true),
        ] {
            let checked = ImapSettings { host: host.to_owned(), tls, ..settings() }.validate();
            assert_eq!(checked.is_ok(), fine, "{host} {tls:?}");
        }
    }

    #[test]
    fn a_line_break_cannot_smuggle_a_command_and_no_secret_is_printed() {
        assert!(ImapSettings { secret: Secret::Password("a\r\nb DELETE INBOX".to_owned()), ..settings() }.validate().is_err());
        assert!(ImapSettings { user: "a\nb".to_owned(), ..settings() }.validate().is_err());
        assert!(ImapSettings { literal_bytes_max: u64::MAX, ..settings() }.validate().is_err());
        assert!(!format!("{:?}", settings()).contains("secret\""));
    }
}
