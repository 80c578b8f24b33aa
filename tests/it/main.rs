//! The integration tests: one binary, one module for each subject.

// Clippy's leave for tests covers functions marked `#[test]`; here the helpers are tests too.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

mod bank;
mod big_day;
mod commands;
mod console;
mod correspondence;
mod crash;
mod daemon;
mod deployment;
mod disk;
mod documents;
mod jury_dossiers;
mod letters;
mod licences;
mod mailbox;
mod office;
mod replay;
mod robustness;
mod scenario;
mod scenarios;
mod season;
mod servers;
mod smtp;
mod steps;
mod tidy;
mod thousand;
mod torn_network;
mod second_engine;
mod worker;
mod world;
