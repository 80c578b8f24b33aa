//! The socket under IMAP and SMTP: TCP with a bound on every wait, then TLS checked against the system's roots or a private one.
//!
//! The bound is on *progress*: a slow mail of 40 MB may take as long as it takes, a server that says nothing for a minute may not.
//! There is no way to switch certificate checks off.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// Time given to one address of a host before the next one is tried, at the most.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(30);

/// A waiting direction of a socket: armed while nothing moves, forgotten as soon as something does.
#[derive(Debug, Default)]
struct Patience {
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    fn poll_waiting<T>(&mut self, context: &mut Context<'_>, limit: Duration) -> Poll<io::Result<T>> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::from(io::ErrorKind::TimedOut))),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// A TCP stream on which no read and no write waits longer than its limit without a byte moving.
#[derive(Debug)]
pub(crate) struct TimedStream {
    tcp: TcpStream,
    read_limit: Duration,
    write_limit: Duration,
    reading: Patience,
    writing: Patience,
    /// While set, one byte is read at a time. Before STARTTLS nobody above may hold bytes that arrived in clear text:
    /// they would be taken for protected ones afterwards (CVE-2011-0411 and its many children).
    byte_by_byte: Arc<AtomicBool>,
}

impl TimedStream {
    /// Connects to the first address of `host` that answers.
    pub(crate) async fn connect(host: &str, port: u16, progress_timeout: Duration) -> io::Result<Self> {
        let each = progress_timeout.min(CONNECT_TIMEOUT_MAX);
        let addresses = tokio::time::timeout(each, tokio::net::lookup_host((host, port))).await.map_err(|_| io::ErrorKind::TimedOut)??;
        let mut failure = io::Error::from(io::ErrorKind::NotFound);
        for address in addresses {
            match tokio::time::timeout(each, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => {
                    tcp.set_nodelay(true)?;
                    return Ok(Self {
                        tcp,
                        read_limit: progress_timeout,
                        write_limit: progress_timeout,
                        reading: Patience::default(),
                        writing: Patience::default(),
                        byte_by_byte: Arc::new(AtomicBool::new(false)),
                    });
                }
                Ok(Err(error)) => failure = error,
                Err(_) => failure = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(failure)
    }

    /// The switch of the reading mode used before STARTTLS.
    pub(crate) fn byte_by_byte(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.byte_by_byte)
    }

    /// Changes both limits and forgets waits that were under way.
    pub(crate) fn set_limits(&mut self, read_limit: Duration, write_limit: Duration) {
        self.read_limit = read_limit;
        self.write_limit = write_limit;
        self.reading = Patience::default();
        self.writing = Patience::default();
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = if this.byte_by_byte.load(Ordering::Acquire) {
            let mut byte = [0_u8; 1];
            let mut one = ReadBuf::new(&mut byte);
            let polled = Pin::new(&mut this.tcp).poll_read(context, &mut one);
            buffer.put_slice(one.filled());
            polled
        } else {
            Pin::new(&mut this.tcp).poll_read(context, buffer)
        };
        match polled {
            Poll::Ready(result) => {
                this.reading.timer = None;
                Poll::Ready(result)
            }
            Poll::Pending => this.reading.poll_waiting(context, this.read_limit),
        }
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.tcp).poll_write(context, bytes) {
            Poll::Ready(result) => {
                this.writing.timer = None;
                Poll::Ready(result)
            }
            Poll::Pending => this.writing.poll_waiting(context, this.write_limit),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(context)
    }
}

#[derive(Debug)]
enum Protection {
    Clear(TimedStream),
    Tls(Box<TlsStream<TimedStream>>),
}

/// What a protocol speaks through: the socket, protected or not, and a count of the bytes that no complete response has come out of.
#[derive(Debug)]
pub(crate) struct Wire {
    protection: Protection,
    pending_bytes: u64,
    pending_bytes_max: u64,
}

/// More bytes came than one response may have.
#[derive(Debug, thiserror::Error)]
#[error("one response is larger than the limit")]
pub(crate) struct ResponseTooLarge;

impl Wire {
    pub(crate) fn clear(stream: TimedStream) -> Self {
        Self { protection: Protection::Clear(stream), pending_bytes: 0, pending_bytes_max: u64::MAX }
    }

    /// The TLS handshake, with the server's certificate checked for `host`.
    pub(crate) async fn protect(stream: TimedStream, host: &str, config: Arc<ClientConfig>) -> io::Result<Self> {
        let limit = stream.read_limit.saturating_mul(2);
        let name = ServerName::try_from(host.to_owned()).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "not a host name"))?;
        let handshake = tokio_rustls::TlsConnector::from(config).connect(name, stream);
        let stream = tokio::time::timeout(limit, handshake).await.map_err(|_| io::ErrorKind::TimedOut)??;
        Ok(Self { protection: Protection::Tls(Box::new(stream)), pending_bytes: 0, pending_bytes_max: u64::MAX })
    }

    /// Bounds the bytes that may come without a complete response, against a server whose literal is not what it announced.
    pub(crate) fn limit_response_bytes(&mut self, response_bytes_max: u64) {
        self.pending_bytes_max = response_bytes_max;
    }

    /// A response is complete: the count begins again.
    pub(crate) fn response_complete(&mut self) {
        self.pending_bytes = 0;
    }

    /// Changes how long a silence may last (IDLE is one long silence).
    pub(crate) fn set_progress_timeout(&mut self, limit: Duration) {
        match &mut self.protection {
            Protection::Clear(stream) => stream.set_limits(limit, limit),
            Protection::Tls(stream) => stream.get_mut().0.set_limits(limit, limit),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = match &mut this.protection {
            Protection::Clear(stream) => Pin::new(stream).poll_read(context, buffer),
            Protection::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        };
        let read_bytes = buffer.filled().len().saturating_sub(before);
        this.pending_bytes = this.pending_bytes.saturating_add(u64::try_from(read_bytes).unwrap_or(u64::MAX));
        if this.pending_bytes > this.pending_bytes_max {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, ResponseTooLarge)));
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().protection {
            Protection::Clear(stream) => Pin::new(stream).poll_write(context, bytes),
            Protection::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().protection {
            Protection::Clear(stream) => Pin::new(stream).poll_flush(context),
            Protection::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().protection {
            Protection::Clear(stream) => Pin::new(stream).poll_shutdown(context),
            Protection::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}

impl lettre::transport::smtp::client::AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<std::net::SocketAddr> {
        match &self.protection {
            Protection::Clear(stream) => stream.tcp.peer_addr(),
            Protection::Tls(stream) => stream.get_ref().0.tcp.peer_addr(),
        }
    }
}

/// TLS 1.2 or 1.3 with the roots of `ca_file` (PEM) alone, or with those of the operating system.
pub(crate) fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let pem = std::fs::read(path).map_err(|error| format!("the CA file cannot be read ({})", error.kind()))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let certificate = certificate.map_err(|_| "the CA file is not PEM".to_owned())?;
                roots.add(certificate).map_err(|error| format!("the CA file holds an unusable certificate ({error})"))?;
            }
        }
        None => {
            // A few unreadable roots among the system's do not matter; having none does, and is said below.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err("there is no root certificate to check the server with".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What went wrong in a handshake, in words that come from the TLS library and never from the peer's mails.
pub(crate) fn handshake_failure(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>()) {
        Some(error) => error.to_string(),
        None => error.kind().to_string(),
    }
}

/// The moment after which waiting ends; a time too far away to be represented counts as a day.
pub(crate) fn deadline_after(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or_else(|| now + Duration::from_secs(86_400))
}
