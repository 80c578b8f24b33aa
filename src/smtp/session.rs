//! One conversation with the relay, for several letters (RFC 5321, by lettre's connection).
//!
//! lettre's own `send` treats the message and its answer as one step and has no time-out after the connection. Here each phase has its
//! own bound, and the moment before the final dot is told apart from the moment after it: before, nobody has the letter; after, nobody
//! knows until the answer is read.

use std::borrow::Cow;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error as LettreError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Severity;

use super::{Phase, RefusedRecipient, Reply, Secret, SendError, SendReceipt, SmtpSettings, SmtpTimeouts, Tls};
use crate::mailbox::wire::{TimedStream, Wire, client_config};

/// The message leaves in blocks of this size, each with its own bound.
const BLOCK_BYTES: usize = 64 * 1024;
/// QUIT is a courtesy.
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);

/// An open conversation. After an error that is not a plain refusal it is [broken](Self::is_broken) and sends nothing more.
pub struct SmtpSession {
    connection: AsyncSmtpConnection,
    timeouts: SmtpTimeouts,
    broken: bool,
}

/// What a phase that did not succeed means.
enum Failure {
    /// The server said no; the conversation goes on.
    Refused(Reply),
    /// Silence, a close, or words that are no SMTP: the conversation is over.
    Broken,
}

impl SmtpSession {
    /// Connects, greets, protects and authenticates. Every failure here is transient: the letters are not at fault.
    pub async fn open(settings: &SmtpSettings) -> Result<Self, SendError> {
        let failed = |phase| move |failure: Failure| SendError::Transient { phase, reply: failure.reply() };
        settings.validate().map_err(|_| SendError::Transient { phase: Phase::Settings, reply: None })?;
        let timeouts = settings.timeouts;
        let hello_name = settings.hello_name.clone().map(ClientId::Domain).unwrap_or_default();
        let (connection, careful) = within(timeouts.connect, connect(settings, &hello_name)).await.map_err(failed(Phase::Connect))?;
        let mut session = Self { connection, timeouts, broken: false };
        if settings.tls == Tls::StartTls {
            let upgraded = session.start_tls(settings, &hello_name).await;
            careful.store(false, Ordering::Release);
            upgraded.map_err(failed(Phase::StartTls))?;
        }
        if let Some((user, secret)) = &settings.credentials {
            let (mechanisms, secret): (&[Mechanism], _) = match secret {
                Secret::Password(secret) => (&[Mechanism::Plain, Mechanism::Login], secret),
                Secret::OAuthToken(secret) => (&[Mechanism::Xoauth2], secret),
            };
            let credentials = Credentials::new(user.clone(), secret.clone());
            within(timeouts.authentication, session.connection.auth(mechanisms, &credentials)).await.map_err(failed(Phase::Authentication))?;
        }
        Ok(session)
    }

    /// STARTTLS or nothing. The socket is read byte by byte until the handshake, so that lettre's buffer is empty when it begins.
    async fn start_tls(&mut self, settings: &SmtpSettings, hello_name: &ClientId) -> Result<(), Failure> {
        let mut parameters = TlsParameters::builder(settings.host.clone());
        if let Some(path) = &settings.ca_file {
            let pem = std::fs::read(path).map_err(|_| Failure::Broken)?;
            let certificate = Certificate::from_pem(&pem).map_err(|_| Failure::Broken)?;
            parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        }
        let parameters = parameters.build_rustls().map_err(|_| Failure::Broken)?;
        within(self.timeouts.connect, self.connection.starttls(parameters, hello_name)).await
    }

    /// Whether this conversation is over.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Sends one letter; see [`super::send`].
    pub async fn send(&mut self, envelope_from: &str, recipients: &[String], message: &[u8]) -> Result<SendReceipt, SendError> {
        self.send_with_copy(envelope_from, recipients, None, message).await
    }

    /// Sends one letter with a blind copy of our own. The copy decides nothing: it leaves only when some recipient was accepted, and its
    /// refusal is no failure. Found afterwards, it proves that the relay took the letter.
    pub async fn send_with_copy(
        &mut self,
        envelope_from: &str,
        recipients: &[String],
        copy_to: Option<&str>,
        message: &[u8],
    ) -> Result<SendReceipt, SendError> {
        if self.broken {
            return Err(SendError::Transient { phase: Phase::Connect, reply: None });
        }
        let sent = self.transaction(envelope_from, recipients, copy_to, message).await;
        if sent.is_err() && !self.broken {
            // The half-done transaction is taken back, so that the next letter begins afresh.
            self.broken = within(self.timeouts.mail_from, self.connection.command(Rset)).await.is_err();
        }
        sent
    }

    async fn transaction(
        &mut self,
        envelope_from: &str,
        recipients: &[String],
        copy_to: Option<&str>,
        message: &[u8],
    ) -> Result<SendReceipt, SendError> {
        let unusable = |phase| SendError::Permanent { phase, reply: None };
        let sender = match envelope_from {
            "" => None,
            address => Some(address.parse::<Address>().map_err(|_| unusable(Phase::MailFrom))?),
        };
        let addresses: Vec<_> = recipients.iter().map(|address| address.parse::<Address>().ok()).collect();
        let message = with_network_line_ends(message);
        let options = self.mail_options(sender.iter().chain(addresses.iter().flatten()), &message).ok_or(unusable(Phase::MailFrom))?;

        let mail_from = within(self.timeouts.mail_from, self.connection.command(Mail::new(sender, options))).await;
        mail_from.map_err(|failure| self.refusal(Phase::MailFrom, failure))?;

        let refused = self.announce_recipients(addresses).await?;
        if refused.len() == recipients.len() {
            let reply = refused.iter().find_map(|refusal| refusal.reply);
            let phase = Phase::RcptTo;
            let for_good = refused.iter().all(|refusal| refusal.permanent);
            return Err(if for_good { SendError::Permanent { phase, reply } } else { SendError::Transient { phase, reply } });
        }

        if let Some(copy_to) = copy_to
            && !self.announce_recipients(vec![copy_to.parse::<Address>().ok()]).await?.is_empty()
        {
            tracing::warn!("the relay refused our own copy");
        }
        let data = within(self.timeouts.data, self.connection.command(Data)).await.map_err(|failure| self.refusal(Phase::Data, failure))?;
        if !data.has_code(354) {
            self.broken = true;
            return Err(SendError::Transient { phase: Phase::Data, reply: None });
        }
        self.hand_over(&message).await?;
        Ok(SendReceipt { refused })
    }

    /// Options of MAIL FROM, or nothing when the server lacks what this letter needs.
    fn mail_options<'a>(&self, mut addresses: impl Iterator<Item = &'a Address>, message: &[u8]) -> Option<Vec<MailParameter>> {
        let server = self.connection.server_info();
        let mut options = Vec::new();
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        if !addresses.all(is_ascii) {
            server.supports_feature(Extension::SmtpUtfEight).then_some(())?;
            options.push(MailParameter::SmtpUtfEight);
        }
        if !message.is_ascii() {
            server.supports_feature(Extension::EightBitMime).then_some(())?;
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Some(options)
    }

    /// RCPT TO for each address; one that is no address at all counts as refused for good.
    async fn announce_recipients(&mut self, addresses: Vec<Option<Address>>) -> Result<Vec<RefusedRecipient>, SendError> {
        let mut refused = Vec::new();
        for (index, address) in addresses.into_iter().enumerate() {
            let Some(address) = address else {
                refused.push(RefusedRecipient { index, reply: None, permanent: true });
                continue;
            };
            match within(self.timeouts.rcpt_to, self.connection.command(Rcpt::new(address, Vec::new()))).await {
                Ok(_) => {}
                // 421: the server is about to close (RFC 5321 §3.8).
                Err(Failure::Refused(reply)) if reply.code != 421 => {
                    refused.push(RefusedRecipient { index, reply: Some(reply), permanent: reply.code >= 500 });
                }
                Err(failure) => return Err(self.refusal(Phase::RcptTo, failure)),
            }
        }
        Ok(refused)
    }

    /// The message and its final dot. From the dot on, only an answer that was read ends the doubt.
    async fn hand_over(&mut self, message: &[u8]) -> Result<(), SendError> {
        // lettre ends the message with a line end of its own before the dot.
        let body = message.strip_suffix(b"\r\n").unwrap_or(message);
        let dot_is_due = AtomicBool::new(false);
        let mut blocks = body.chunks(BLOCK_BYTES);
        let blocks_then_dot = std::iter::from_fn(|| {
            let block = blocks.next();
            if block.is_none() {
                dot_is_due.store(true, Ordering::Release);
            }
            block
        });
        // The socket bounds each block by itself; this is the bound of the whole.
        let block_count = u32::try_from(body.len() / BLOCK_BYTES).unwrap_or(u32::MAX).saturating_add(2);
        let whole = self.timeouts.data_block.saturating_mul(block_count).saturating_add(self.timeouts.final_dot);
        let answer = within(whole, self.connection.message_iter(blocks_then_dot)).await;
        let undecided =
            if dot_is_due.load(Ordering::Acquire) { SendError::Uncertain } else { SendError::Transient { phase: Phase::Message, reply: None } };
        match answer {
            Ok(response) if response.code().severity == Severity::PositiveCompletion => Ok(()),
            Err(Failure::Refused(reply)) => Err(self.refusal(Phase::FinalDot, Failure::Refused(reply))),
            Ok(_) | Err(Failure::Broken) => {
                self.broken = true;
                Err(undecided)
            }
        }
    }

    /// The meaning of a failure before or at the answer to the final dot.
    fn refusal(&mut self, phase: Phase, failure: Failure) -> SendError {
        match failure {
            Failure::Refused(reply) if reply.code >= 500 => SendError::Permanent { phase, reply: Some(reply) },
            Failure::Refused(reply) => {
                self.broken |= reply.code == 421;
                SendError::Transient { phase, reply: Some(reply) }
            }
            Failure::Broken => {
                self.broken = true;
                SendError::Transient { phase, reply: None }
            }
        }
    }

    /// Says goodbye; the letters do not depend on the answer.
    pub async fn quit(mut self) {
        if !self.broken && within(QUIT_TIMEOUT, self.connection.command(Quit)).await.is_err() {
            tracing::debug!("the relay did not answer QUIT");
        }
    }
}

async fn connect(settings: &SmtpSettings, hello_name: &ClientId) -> Result<(AsyncSmtpConnection, std::sync::Arc<AtomicBool>), ConnectError> {
    let timeouts = &settings.timeouts;
    let mut stream = TimedStream::connect(&settings.host, settings.port, timeouts.connect).await.map_err(|_| ConnectError::Network)?;
    let careful = stream.byte_by_byte();
    stream.set_limits(timeouts.final_dot.max(timeouts.connect).max(timeouts.mail_from).max(timeouts.rcpt_to), timeouts.data_block);
    let wire = match settings.tls {
        Tls::None => Wire::clear(stream),
        Tls::StartTls => {
            careful.store(true, Ordering::Release);
            Wire::clear(stream)
        }
        Tls::Implicit => {
            let config = client_config(settings.ca_file.as_deref()).map_err(|_| ConnectError::Network)?;
            Wire::protect(stream, &settings.host, config).await.map_err(|_| ConnectError::Network)?
        }
    };
    let connection = AsyncSmtpConnection::connect_with_transport(Box::new(wire), hello_name).await.map_err(ConnectError::Server)?;
    Ok((connection, careful))
}

enum ConnectError {
    Network,
    Server(LettreError),
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Network => Self::Broken,
            ConnectError::Server(error) => error.into(),
        }
    }
}

impl From<LettreError> for Failure {
    /// Only an answer with a code is a refusal; the text stays behind but for its RFC 3463 status.
    fn from(error: LettreError) -> Self {
        let Some(code) = error.status() else { return Self::Broken };
        let text = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        Self::Refused(Reply { code: code.into(), enhanced_status: enhanced_status(&text) })
    }
}

impl Failure {
    fn reply(&self) -> Option<Reply> {
        match self {
            Self::Refused(reply) => Some(*reply),
            Self::Broken => None,
        }
    }
}

/// Runs one phase within its time.
async fn within<T, E: Into<Failure>>(limit: Duration, phase: impl Future<Output = Result<T, E>>) -> Result<T, Failure> {
    match tokio::time::timeout(limit, phase).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(Failure::Broken),
    }
}

/// `5.1.1 <a@b.example> unknown` begins with the status.
fn enhanced_status(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text.split_whitespace().next()?.splitn(3, '.').map(|part| part.parse::<u16>().ok());
    match (parts.next()??, parts.next()??, parts.next()??) {
        (class, subject, detail) if matches!(class, 2 | 4 | 5) && subject < 1000 && detail < 1000 => Some((class, subject, detail)),
        _ => None,
    }
}

/// Every line ends with CRLF: a bare LF or CR is refused by some relays and read as an end of message by others (SMTP smuggling).
fn with_network_line_ends(message: &[u8]) -> Cow<'_, [u8]> {
    let is_bare = |index: usize, byte: u8| match byte {
        b'\n' => index.checked_sub(1).and_then(|before| message.get(before)) != Some(&b'\r'),
        b'\r' => message.get(index + 1) != Some(&b'\n'),
        _ => false,
    };
    if !message.iter().enumerate().any(|(index, byte)| is_bare(index, *byte)) {
        return Cow::Borrowed(message);
    }
    let mut clean = Vec::with_capacity(message.len() + message.len() / 32);
    for (index, byte) in message.iter().enumerate() {
        if is_bare(index, *byte) {
            clean.extend_from_slice(b"\r\n");
        } else {
            clean.push(*byte);
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_those_of_the_network() {
        for (message, expected) in
            [("a\r\nb\r\n", "a\r\nb\r\n"), ("a\nb", "a\r\nb"), ("a\rb", "a\r\nb"), ("\n.\r\n", "\r\n.\r\n"), ("", ""), ("\r", "\r\n")]
        {
            assert_eq!(with_network_line_ends(message.as_bytes()).as_ref(), expected.as_bytes(), "{message:?}");
        }
    }

    #[test]
    fn only_a_status_is_taken_from_the_words_of_a_server() {
        for (text, expected) in [
            ("5.1.1 <a@b.example> unknown", Some((5, 1, 1))),
            ("4.2.2 full", Some((4, 2, 2))),
            ("unknown user", None),
            ("192.168.1.1 refused", None),
            ("9.1.1 x", None),
            ("", None),
        ] {
            assert_eq!(enhanced_status(text), expected, "{text:?}");
        }
    }
}
