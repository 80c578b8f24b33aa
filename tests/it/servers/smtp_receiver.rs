//! An SMTP receiver that keeps every letter it said 250 to, and errs where the test's script says so.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guichet::smtp::{SmtpSettings, SmtpTimeouts, Tls};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Action;
use super::throwaway_ca::ThrowawayCa;

/// A letter as it arrived, dots unstuffed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub from: String,
    pub recipients: Vec<String>,
    pub message: Vec<u8>,
}

/// Called with each command line, with `"greeting"`, and with `"."` when a message is complete.
type Script = dyn FnMut(&str) -> Option<Action> + Send;

pub struct SmtpReceiver {
    pub port: u16,
    pub letters: Arc<Mutex<Vec<Arrived>>>,
    pub connections: Arc<Mutex<u32>>,
    task: JoinHandle<()>,
    ca_file: Option<PathBuf>,
    tls: Tls,
}

impl SmtpReceiver {
    pub async fn start(script: impl FnMut(&str) -> Option<Action> + Send + 'static) -> Self {
        Self::start_with(Tls::None, None, script).await
    }

    pub async fn start_with(tls: Tls, ca: Option<&ThrowawayCa>, script: impl FnMut(&str) -> Option<Action> + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (letters, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (kept, counted) = (Arc::clone(&letters), Arc::clone(&connections));
        let acceptor = ca.map(acceptor);
        let mut script: Box<Script> = Box::new(script);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *counted.lock().unwrap() += 1;
                // A client that goes away is no failure of the receiver; the test looks at the letters.
                receive(stream, tls, acceptor.clone(), &mut script, &kept).await.ok();
            }
        });
        Self { port, letters, connections, task, ca_file: ca.map(|ca| ca.ca_file.clone()), tls }
    }

    /// Settings with time-outs short enough for a test.
    pub fn settings(&self) -> SmtpSettings {
        let short = Duration::from_millis(400);
        SmtpSettings {
            ca_file: self.ca_file.clone(),
            timeouts: SmtpTimeouts {
                connect: Duration::from_secs(3),
                authentication: short,
                mail_from: short,
                rcpt_to: short,
                data: short,
                data_block: short,
                final_dot: short,
            },
            ..SmtpSettings::new("127.0.0.1", self.port, self.tls)
        }
    }

    pub fn letters(&self) -> Vec<Arrived> {
        self.letters.lock().unwrap().clone()
    }
}

impl Drop for SmtpReceiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn acceptor(ca: &ThrowawayCa) -> TlsAcceptor {
    let certificates = CertificateDer::pem_slice_iter(&std::fs::read(&ca.certificate_file).unwrap()).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(&std::fs::read(&ca.key_file).unwrap()).unwrap();
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

async fn receive(
    stream: tokio::net::TcpStream,
    tls: Tls,
    acceptor: Option<TlsAcceptor>,
    script: &mut Box<Script>,
    letters: &Mutex<Vec<Arrived>>,
) -> std::io::Result<()> {
    let mut stream: Box<dyn Stream> = match (tls, &acceptor) {
        (Tls::Implicit, Some(acceptor)) => Box::new(acceptor.accept(stream).await?),
        _ => Box::new(stream),
    };
    if !say(&mut stream, script("greeting"), "220 receiver.example ESMTP").await? {
        return Ok(());
    }
    let mut protected = tls != Tls::StartTls;
    let mut stream = BufReader::new(stream);
    let mut letter = Arrived { from: String::new(), recipients: Vec::new(), message: Vec::new() };
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let scripted = script(line);
        let refused = matches!(&scripted, Some(Action::Say(bytes)) if !bytes.starts_with(b"2") && !bytes.starts_with(b"3"));
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let usual = match word.as_str() {
            "EHLO" if protected => "250-receiver.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN XOAUTH2",
            "EHLO" => "250-receiver.example\r\n250 STARTTLS",
            "STARTTLS" => "220 2.0.0 ready",
            "AUTH" => "235 2.7.0 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 2.0.0 fine",
        };
        if !say(stream.get_mut(), scripted, usual).await? {
            return Ok(());
        }
        match word.as_str() {
            _ if refused => {}
            "STARTTLS" => {
                let Some(acceptor) = &acceptor else { return Ok(()) };
                stream = BufReader::new(Box::new(acceptor.accept(stream.into_inner()).await?));
                protected = true;
            }
            "MAIL" => letter = Arrived { from: path_of(line), recipients: Vec::new(), message: Vec::new() },
            "RCPT" => letter.recipients.push(path_of(line)),
            "DATA" => {
                letter.message = message(&mut stream).await?;
                let scripted = script(".");
                let kept = match &scripted {
                    Some(Action::Say(bytes)) => bytes.starts_with(b"2"),
                    // Taken, and the answer lost on the way: what makes a letter uncertain.
                    Some(Action::Close | Action::Stall) | None => true,
                };
                if kept {
                    letters.lock().unwrap().push(letter.clone());
                }
                if !say(stream.get_mut(), scripted, "250 2.0.0 taken").await? {
                    return Ok(());
                }
            }
            "QUIT" => return Ok(()),
            _ => {}
        }
    }
}

async fn say(stream: &mut Box<dyn Stream>, scripted: Option<Action>, usual: &str) -> std::io::Result<bool> {
    let text = match scripted {
        Some(Action::Say(bytes)) => bytes,
        Some(Action::Close) => return Ok(false),
        Some(Action::Stall) => {
            // The client's patience ends this.
            let mut ignored = Vec::new();
            stream.read_to_end(&mut ignored).await?;
            return Ok(false);
        }
        None => format!("{usual}\r\n").into_bytes(),
    };
    stream.write_all(&text).await?;
    stream.flush().await?;
    Ok(true)
}

async fn message(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(message);
        }
        message.extend(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn path_of(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
