//! Fuzzing: readers of strangers' bytes against inputs that nobody would write.
//!
//! In the ordinary tests each target reads its seeds, every crasher ever found (`fixtures/crashes/<target>`) and some hundred mutations that are
//! the same each time. `tests/fuzz/run TARGET SECONDS` goes on for as long as is wanted, led by coverage, in a process of its own with a
//! limit on memory and time. A target fails when it panics, when code of ours panics even if somebody catches it, when one
//! input takes too long or too much memory, or when what it returns breaks its promise.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

mod coverage;
mod engine;
mod mutation;
mod seeds;
mod targets;

use std::path::{Path, PathBuf};

use targets::{TARGETS, Target};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Inputs that once broke this target.
fn crashers(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(project().join("fixtures/crashes").join(target.name)) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Seeds, crashers and a bounded number of mutations, the same each time.
fn survives(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    engine::count_panics();
    for (path, bytes) in crashers(target) {
        if let Err(fault) = engine::try_one(target, &bytes) {
            panic!("{}: {fault}", path.display());
        }
    }
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{name} has nothing to begin with");
    for (number, seed) in seeds.iter().enumerate() {
        if let Err(fault) = engine::try_one(target, seed) {
            panic!("seed {number}: {fault}");
        }
    }
    let mut random = fastrand::Rng::with_seed(20_240_201);
    for number in 0..target.mutations_in_tests {
        let input = mutation::mutate(&mut random, &seeds, target);
        if let Err(fault) = engine::try_one(target, &input) {
            let kept = std::env::temp_dir().join(format!("guichet-{name}-{number}"));
            std::fs::write(&kept, &input).unwrap();
            panic!("mutation {number}, kept as {}: {fault}", kept.display());
        }
    }
}

#[test]
fn mails() {
    survives("mail");
}

#[test]
fn archives() {
    survives("archive");
}

#[test]
fn pdf_texts() {
    survives("pdf");
}

#[test]
fn statements() {
    survives("statement");
}

#[test]
fn machine_readable_zones() {
    survives("mrz");
}

/// The long run, when the environment asks for one (see `tests/fuzz/run`); without, there is nothing to do.
#[test]
fn long_run() {
    if let Ok(wanted) = std::env::var("GUICHET_FUZZ") {
        engine::long_run(&wanted);
    }
}

/// Makes a crasher small, when the environment names one (see `tests/fuzz/run`).
#[test]
fn minimised() {
    if let Ok(wanted) = std::env::var("GUICHET_MINIMISE") {
        engine::minimise(&wanted);
    }
}
