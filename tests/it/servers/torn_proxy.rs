//! A network that breaks: everything passes between client and server until one chosen byte, on the first connection only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Both directions are closed.
    Cut,
    /// Nothing passes any more, and nothing is closed.
    Stall,
    /// One byte is not what was sent. Only TLS can notice.
    Corrupt,
    /// From there on, one small piece at a time.
    Trickle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    ToClient,
    ToServer,
}

pub struct TornProxy {
    pub port: u16,
    /// Whether the chosen byte was reached.
    pub struck: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl TornProxy {
    /// Passes everything to `server_port`; the byte number `at` (from 0) in the given direction meets the damage.
    pub async fn start(server_port: u16, damage: Damage, direction: Direction, at: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let struck = Arc::new(AtomicBool::new(false));
        let strikes = Arc::clone(&struck);
        let task = tokio::spawn(async move {
            let mut first = true;
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server_port)).await.unwrap();
                let strikes = Arc::clone(&strikes);
                let (to_client, to_server) = match (first, direction) {
                    (false, _) => (None, None),
                    (true, Direction::ToClient) => (Some((damage, at)), None),
                    (true, Direction::ToServer) => (None, Some((damage, at))),
                };
                first = false;
                tokio::spawn(async move {
                    let (client_reads, client_writes) = client.into_split();
                    let (server_reads, server_writes) = server.into_split();
                    // Whichever side ends first takes the other with it.
                    tokio::select! {
                        () = pump(client_reads, server_writes, to_server, &strikes) => {}
                        () = pump(server_reads, client_writes, to_client, &strikes) => {}
                    }
                });
            }
        });
        Self { port, struck, task }
    }
}

impl Drop for TornProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, trouble: Option<(Damage, usize)>, struck: &AtomicBool) {
    let mut passed = 0;
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            return;
        }
        let piece = &mut buffer[..read];
        let hit = trouble.filter(|(_, at)| (passed..passed + read).contains(at) || (*at < passed && struck.load(Ordering::SeqCst)));
        if let Some((damage, at)) = hit {
            struck.store(true, Ordering::SeqCst);
            let inside = at.saturating_sub(passed);
            match damage {
                Damage::Cut => {
                    to.write_all(&piece[..inside]).await.ok();
                    return;
                }
                Damage::Stall => {
                    to.write_all(&piece[..inside]).await.ok();
                    std::future::pending::<()>().await;
                }
                Damage::Corrupt if at >= passed => piece[inside] ^= 0x15,
                Damage::Corrupt => {}
                Damage::Trickle => {
                    for bytes in piece.chunks(64) {
                        if to.write_all(bytes).await.is_err() {
                            return;
                        }
                        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                    }
                    passed += read;
                    continue;
                }
            }
        }
        passed += read;
        if to.write_all(piece).await.is_err() {
            return;
        }
    }
}
