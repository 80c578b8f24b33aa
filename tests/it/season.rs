//! The product's own season: nineteen invented candidates, their mails and the account's statements, made here and committed under `fixtures/season`.
//!
//! `GUICHET_BLESS=1 cargo test --release --test it season` makes all of it again. Without it the test holds the cheap half: the files that are there are those
//! that the builder names, and the mails that need no drawing of pictures come out byte for byte.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

pub mod archive;
pub mod documents;
pub mod message;
pub mod people;
mod picture;
pub use picture::bad_scan;
mod situations;
mod statements;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Mails without photographs or scans: quick to make again.
const QUICK: [&str; 6] = [
    "005-question-only.eml",
    "006-payment-proof-only.eml",
    "008-newsletter.eml",
    "012-bounce.eml",
    "015-turkish-translation-follows.eml",
    "019-link-instead-of-a-file.eml",
];

/// The committed size may not grow beyond this.
const SIZE_BYTES_MAX: u64 = 7_000_000;

#[derive(Serialize)]
struct Truth {
    season: &'static str,
    candidates: Vec<situations::Expected>,
    mails: Vec<MailTruth>,
    transfers: Vec<TransferTruth>,
}

#[derive(Serialize)]
struct MailTruth {
    file: &'static str,
    class: &'static str,
    /// The address that stands for the candidate in `candidates`.
    candidate: Option<&'static str>,
}

/// A fee on a statement; the same movement stands twice when two statements overlap.
#[derive(Serialize)]
struct TransferTruth {
    file: String,
    entry: usize,
    date: String,
    cents: i64,
    candidate: &'static str,
    how: &'static str,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/season")
}

fn transfers() -> Vec<TransferTruth> {
    let mut truth = Vec::new();
    for statement in statements::statements() {
        for (entry, movement) in statement.movements.iter().enumerate() {
            if let Some((candidate, how)) = movement.fee_of {
                truth.push(TransferTruth {
                    file: statement.file.clone(),
                    entry,
                    date: movement.date.to_string(),
                    cents: movement.cents,
                    candidate,
                    how,
                });
            }
        }
    }
    truth
}

fn bless() {
    for part in ["mails", "statements"] {
        let place = folder().join(part);
        if place.exists() {
            fs::remove_dir_all(&place).unwrap();
        }
        fs::create_dir_all(&place).unwrap();
    }
    let mut mails = Vec::new();
    for (file, build) in situations::MAILS {
        let sent = build();
        assert_eq!(sent.file, file);
        fs::write(folder().join("mails").join(file), sent.message.bytes()).unwrap();
        mails.push(MailTruth { file, class: sent.class, candidate: sent.candidate });
    }
    for statement in statements::statements() {
        fs::write(folder().join("statements").join(&statement.file), &statement.bytes).unwrap();
    }
    let truth = Truth { season: "2024-2025", candidates: situations::candidates(), mails, transfers: transfers() };
    fs::write(folder().join("expected.json"), serde_json::to_string_pretty(&truth).unwrap() + "\n").unwrap();
}

fn names_in(part: &str) -> BTreeSet<String> {
    fs::read_dir(folder().join(part)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_committed_season_is_what_the_builder_makes() {
    if std::env::var_os("GUICHET_BLESS").is_some() {
        bless();
    }
    assert_eq!(names_in("mails"), situations::MAILS.iter().map(|(file, _)| (*file).to_owned()).collect());
    for (file, build) in situations::MAILS.iter().filter(|(file, _)| QUICK.contains(file)) {
        let committed = fs::read(folder().join("mails").join(file)).unwrap();
        assert!(committed == build().message.bytes(), "{file} differs from what the builder makes: run with GUICHET_BLESS=1");
    }
    for statement in statements::statements() {
        let committed = fs::read(folder().join("statements").join(&statement.file)).unwrap();
        assert!(committed == statement.bytes, "{} differs from what the builder makes", statement.file);
    }
    assert_eq!(names_in("statements"), statements::statements().into_iter().map(|statement| statement.file).collect());
    let size = |part: &str| -> u64 { fs::read_dir(folder().join(part)).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum() };
    assert!(size("mails") + size("statements") < SIZE_BYTES_MAX, "too large to commit");
}

#[test]
fn the_example_rules_date_every_jury() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/2024.toml")).unwrap();
    let rules = guichet::config::parse_rules(&text).unwrap();
    assert!(rules.juries.iter().all(|jury| jury.date.is_some()));
}
