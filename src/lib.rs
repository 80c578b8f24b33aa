//! guichet: the counter where one hands in a file.

pub mod bank;
pub mod blobs;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod desk;
pub mod domain;
pub mod folding;
pub mod wording;
pub mod wording;
pub mod intake;
pub mod jury;
pub mod letters;
pub mod mailbox;
pub mod rehearse;
pub mod sandbox;
pub mod smtp;
pub mod store;
pub mod tasks;
