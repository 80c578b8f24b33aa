//! From nothing to a session: TCP, TLS, greeting, login.

use std::sync::atomic::Ordering;

use async_imap::imap_proto::{Response, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{ImapSettings, MailboxError, Secret, Tls, imap_failure, io_failure};
use crate::mailbox::wire::{TimedStream, Wire, client_config, handshake_failure};

/// A greeting or an answer to STARTTLS longer than this is no IMAP.
const CLEAR_LINE_BYTES_MAX: usize = 4096;
/// Lines a server may write before it answers STARTTLS.
const CLEAR_LINES_MAX: usize = 16;

/// Opens the connection as the settings say and logs in.
pub(super) async fn open_session(settings: &ImapSettings) -> Result<async_imap::Session<Wire>, MailboxError> {
    let stream = TimedStream::connect(&settings.host, settings.port, settings.progress_timeout)
        .await
        .map_err(|error| MailboxError::Unreachable(error.kind()))?;
    let (wire, greeted) = match settings.tls {
        Tls::None => (Wire::clear(stream), false),
        Tls::Implicit => (protect(stream, settings).await?, false),
        Tls::StartTls => (protect(start_tls(stream).await?, settings).await?, true),
    };
    let mut client = async_imap::Client::new(wire);
    if !greeted {
        let greeting = client.read_response().await.map_err(|error| io_failure(&error))?.ok_or(MailboxError::Lost)?;
        match greeting.parsed() {
            Response::Data { status: Status::Ok, .. } => {}
            Response::Data { status: Status::Bye, .. } => return Err(MailboxError::Lost),
            _ => return Err(MailboxError::Protocol("a greeting that is not OK")),
        }
    }
    let logged_in = match &settings.secret {
        Secret::Password(password) if password.is_ascii() && settings.user.is_ascii() => client.login(&settings.user, password).await,
        // LOGIN's quoted strings are ASCII; SASL PLAIN (RFC 4616) carries UTF-8.
        Secret::Password(password) => client.authenticate("PLAIN", SaslOnce::plain(&settings.user, password)).await,
        Secret::OAuthToken(token) => client.authenticate("XOAUTH2", SaslOnce::xoauth2(&settings.user, token)).await,
    };
    logged_in.map_err(|(error, _)| match error {
        // RFC 5530: the password may be right, the server cannot tell at the moment.
        async_imap::error::Error::No(text) if text.contains("[UNAVAILABLE]") => MailboxError::Refused { command: "LOGIN", answer: "NO" },
        async_imap::error::Error::No(_) | async_imap::error::Error::Bad(_) => MailboxError::AuthenticationRefused,
        other => imap_failure(other),
    })
}

async fn protect(stream: TimedStream, settings: &ImapSettings) -> Result<Wire, MailboxError> {
    let config = client_config(settings.ca_file.as_deref()).map_err(MailboxError::TlsFailed)?;
    Wire::protect(stream, &settings.host, config).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::TimedOut => MailboxError::TimedOut,
        _ => MailboxError::TlsFailed(handshake_failure(&error)),
    })
}

/// STARTTLS on the bare socket, one byte at a time: whatever a man in the middle adds after the OK is still in the socket when the
/// handshake begins, and makes it fail, instead of being taken for the server's protected word.
async fn start_tls(mut stream: TimedStream) -> Result<TimedStream, MailboxError> {
    let careful = stream.byte_by_byte();
    careful.store(true, Ordering::Release);
    let greeting = clear_line(&mut stream).await?;
    if !greeting.starts_with("* OK") {
        // A PREAUTH greeting would leave no moment for STARTTLS (RFC 3501 §11.1).
        return Err(MailboxError::Protocol("a greeting that is not OK"));
    }
    stream.write_all(b"s1 STARTTLS\r\n").await.map_err(|error| io_failure(&error))?;
    for _ in 0..CLEAR_LINES_MAX {
        let line = clear_line(&mut stream).await?;
        if line.starts_with("* BYE") {
            return Err(MailboxError::Lost);
        }
        if let Some(answer) = line.strip_prefix("s1 ") {
            careful.store(false, Ordering::Release);
            return if answer.to_ascii_uppercase().starts_with("OK") {
                Ok(stream)
            } else {
                Err(MailboxError::TlsFailed("the server does not offer STARTTLS".to_owned()))
            };
        }
    }
    Err(MailboxError::Protocol("no answer to STARTTLS"))
}

async fn clear_line(stream: &mut TimedStream) -> Result<String, MailboxError> {
    let mut line = Vec::new();
    while line.len() < CLEAR_LINE_BYTES_MAX {
        let byte = stream.read_u8().await.map_err(|error| io_failure(&error))?;
        if byte == b'\n' {
            return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
        line.push(byte);
    }
    Err(MailboxError::Protocol("a line without an end"))
}

/// A SASL exchange of one message. A second challenge is an error report (XOAUTH2 sends JSON), to be answered by nothing at all;
/// the refusal follows.
struct SaslOnce {
    initial_response: Option<Vec<u8>>,
}

impl SaslOnce {
    fn plain(user: &str, password: &str) -> Self {
        Self { initial_response: Some(format!("\0{user}\0{password}").into_bytes()) }
    }

    fn xoauth2(user: &str, token: &str) -> Self {
        Self { initial_response: Some(format!("user={user}\u{1}auth=Bearer {token}\u{1}\u{1}").into_bytes()) }
    }
}

impl async_imap::Authenticator for SaslOnce {
    type Response = Vec<u8>;

    fn process(&mut self, _challenge: &[u8]) -> Vec<u8> {
        self.initial_response.take().unwrap_or_default()
    }
}
