//! The daemon's work, cut into steps: each does what is due now and can be stopped and asked again at any point.
//!
//! `receive` brings mails in, `process` understands them, `desk` decides, `money` reads statements and matches, `send` hands letters over,
//! `daily` writes the digest and builds batches, `decide` keeps what a person says. The rehearsal calls the same steps under a simulated clock.

pub mod daily;
pub mod decide;
pub mod digest;
pub mod forget;
pub mod jury;
pub mod lessons;
pub mod money;
pub mod office;
pub mod process;
pub mod pulse;
pub mod reading;
pub mod receive;
pub mod replay;
pub mod send;
pub mod supervisor;

pub use office::{Office, OfficeOptions};
