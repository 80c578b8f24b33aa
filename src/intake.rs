//! Bytes in, facts out: what a mail is, what an archive holds, what a document is.
//!
//! Ring 1, pure: nothing here reads a file, a clock or a socket, and nothing here decides what is due. Bad input is data: every function
//! gives what it could read *and* what was wrong with it.

pub mod class;
pub mod inspect;
pub mod mail;
pub mod names;
pub mod reread;
pub mod tnef;
pub mod understand;
pub mod unpack;
