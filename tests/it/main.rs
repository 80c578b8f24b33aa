//! The integration tests: one binary, one module for each subject.

mod mailbox;
mod servers;
mod smtp;
