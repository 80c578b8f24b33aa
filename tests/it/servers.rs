//! Servers on the loopback interface for one test each: a private Dovecot, a scripted IMAP server that does what real ones do only on
//! bad days, an SMTP receiver with switches. All end with the test; none is skipped when a program is missing.

// The paths are said because the measures (tests/bench) use the same servers.
#[path = "servers/dovecot.rs"]
pub mod dovecot;
#[path = "servers/fake_imap.rs"]
pub mod fake_imap;
#[path = "servers/smtp_receiver.rs"]
pub mod smtp_receiver;
#[path = "servers/throwaway_ca.rs"]
pub mod throwaway_ca;
#[path = "servers/torn_proxy.rs"]
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
