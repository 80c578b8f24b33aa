//! Servers on the loopback interface for one test each: a private Dovecot, a scripted IMAP server that does what real ones do only on
//! bad days, an SMTP receiver with switches. All end with the test; none is skipped when a program is missing.

pub mod dovecot;
pub mod fake_imap;
pub mod smtp_receiver;
pub mod throwaway_ca;
pub mod torn_proxy;

use std::net::TcpListener;

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// What a scripted server does next.
#[derive(Debug, Clone)]
pub enum Action {
    Say(Vec<u8>),
    Close,
    /// Says nothing for ever and keeps the connection open.
    Stall,
}

impl Action {
    pub fn say(text: impl Into<Vec<u8>>) -> Self {
        Self::Say(text.into())
    }
}
