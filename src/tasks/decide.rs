//! What a person decides: one function for each gesture, called by the console and by the command line alike.
//!
//! Each writes a decided fact with who, when and why, and a line of the journal, in one transaction; then everything derived is made again.
//! The same gesture twice changes nothing the second time. Nothing here refuses a candidate: that is the jury's.

mod dossiers;
mod letters;
mod mails;
mod transfers;

pub use dossiers::{accept_document, accept_missing, correct, join, set_aside, teach};
pub use letters::{
    Sending, approve, breaker_reset_at, cancel, hold, reset_breaker, resume_sending, sending, sending_is_off, stop_sending, stopped_by,
};
pub use mails::{MailTarget, give};
pub use transfers::{Share, attribute, detach, reject, take_back};

use crate::store::decided::Signed;
use crate::tasks::Office;

/// Who speaks, and why.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    pub actor: &'a str,
    /// May be empty where the gesture says it all.
    pub why: &'a str,
}

impl<'a> Word<'a> {
    fn signed(self, office: &Office) -> Signed<'a> {
        Signed { at: office.clock.now(), actor: self.actor, why: self.why }
    }
}

/// Whether a gesture changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Changed,
    /// It was so already.
    Already,
}

/// A gesture that cannot be made; the sentence is for the person who made it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

fn refuse<T>(sentence: impl Into<String>) -> anyhow::Result<T> {
    Err(anyhow::Error::new(Refusal(sentence.into())))
}
