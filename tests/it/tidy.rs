//! The house's own order, read from its sources: which room may know which, and what may be written nowhere. Every exception is named with its why.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::world::project;

/// The procedure and everything else that is pure: bytes to facts, facts to text.
const PURE: [&str; 7] = ["domain", "folding", "wording", "intake", "bank", "letters", "jury"];
/// One outside thing each.
const OUTSIDE: [&str; 6] = ["store", "blobs", "mailbox", "smtp", "sandbox", "clock"];
const WIRING: [&str; 6] = ["desk", "tasks", "rehearse", "console", "cli", "config"];

/// What a pure room may not name: everything that waits, stores, logs or touches the machine.
const IMPURE_CRATES: [&str; 11] =
    ["tokio", "rusqlite", "axum", "async_imap", "tokio_rustls", "tokio_util", "tracing", "tempfile", "landlock", "seccompiler", "sd_notify"];
const IMPURE_STD: [&str; 6] = ["fs", "net", "process", "env", "thread", "os"];

/// A file's program text: no comments, no tests.
struct Source {
    path: String,
    room: String,
    text: String,
    whole: String,
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(&project().join("src"), &mut sources);
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 100, "the sources were not found");
    sources
}

fn collect(folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let whole = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(project()).unwrap().to_str().unwrap().to_owned();
            let room = path.split('/').nth(1).unwrap().trim_end_matches(".rs").to_owned();
            let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
            let program = whole.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let lines = program.lines().filter(|line| !is_test && !line.trim_start().starts_with("//"));
            let text = lines.collect::<Vec<_>>().join("\n");
            sources.push(Source { path, room, text, whole });
        }
    }
}

/// Paths `first::second` in the text, wherever they begin.
fn paths(text: &str) -> BTreeSet<(&str, &str)> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut found = BTreeSet::new();
    for (place, _) in text.match_indices("::") {
        let (before, after) = (&text[..place], &text[place + 2..]);
        let start = before.char_indices().rev().take_while(|(_, letter)| is_word(*letter)).last().map_or(place, |(start, _)| start);
        let end = after.find(|letter| !is_word(letter)).unwrap_or(after.len());
        if start < place && !before[..start].ends_with("::") {
            found.insert((&before[start..], &after[..end]));
        }
    }
    found
}

/// Fails with every offence at once.
#[track_caller]
fn none(rule: &str, offences: impl IntoIterator<Item = String>) {
    let offences: Vec<_> = offences.into_iter().collect();
    assert!(offences.is_empty(), "{rule}:\n  {}", offences.join("\n  "));
}

/// Rooms that a room names, and the crates and standard modules it names.
fn names(source: &Source) -> impl Iterator<Item = (&str, &str)> {
    paths(&source.text).into_iter()
}

#[test]
fn every_room_stands_in_one_ring() {
    let known: BTreeSet<&str> = PURE.iter().chain(&OUTSIDE).chain(&WIRING).copied().chain(["lib", "main"]).collect();
    none("rooms in no ring", sources().iter().filter(|source| !known.contains(source.room.as_str())).map(|source| source.path.clone()));
}

#[test]
fn the_domain_knows_nothing_but_itself_and_the_calendar() {
    let allowed = ["std", "chrono", "chrono_tz", "serde"];
    let dependencies = dependencies();
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| source.room == "domain") {
        for (first, second) in names(source) {
            if dependencies.contains(first) && !allowed.contains(&first) || first == "crate" && second != "domain" {
                offences.push(format!("{}: {first}::{second}", source.path));
            }
        }
    }
    none("the domain imports std, chrono, serde and itself", offences);
}

fn dependencies() -> BTreeSet<String> {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(project().join("Cargo.toml")).unwrap()).unwrap();
    manifest["dependencies"].as_table().unwrap().keys().map(|name| name.replace('-', "_")).collect()
}

#[test]
fn imports_point_inward() {
    let mut offences = Vec::new();
    for source in &sources() {
        let room = source.room.as_str();
        let forbidden: Vec<&str> = if PURE.contains(&room) {
            OUTSIDE.iter().chain(&WIRING).copied().collect()
        } else if OUTSIDE.contains(&room) {
            WIRING.to_vec()
        } else {
            continue;
        };
        offences.extend(
            names(source)
                .filter(|(first, second)| *first == "crate" && forbidden.contains(second))
                .map(|(_, second)| format!("{}: {second}", source.path)),
        );
        if source.text.contains("crate::{") {
            offences.push(format!("{}: crate::{{…}} hides which room it names", source.path));
        }
    }
    none("imports that point outward", offences);
}

#[test]
fn pure_rooms_touch_nothing_outside() {
    let exceptions = BTreeMap::from([
        // Formats without a reader in Rust (RAR) go through a program of the system, confined by the sandbox's launcher, in a folder of its own.
        ("src/intake/unpack/external.rs", vec!["env", "fs", "process", "thread", "tempdir", "Instant::now"]),
        // The limit on the time that one archive may take is counted while it is unpacked; no result depends on the hour.
        ("src/intake/unpack/budget.rs", vec!["Instant::now"]),
    ]);
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.room.as_str())) {
        let excused = exceptions.get(source.path.as_str()).cloned().unwrap_or_default();
        for (first, second) in names(source) {
            let impure = IMPURE_CRATES.contains(&first) || first == "std" && IMPURE_STD.contains(&second);
            if impure && !excused.contains(&second) {
                offences.push(format!("{}: {first}::{second}", source.path));
            }
        }
        for word in ["println!", "eprintln!", "dbg!", "Instant::now"] {
            if source.text.contains(word) && !excused.contains(&word) {
                offences.push(format!("{}: {word}", source.path));
            }
        }
    }
    none("pure rooms do no I/O, log nothing and read no clock", offences);
}

#[test]
fn only_the_clock_says_what_time_it_is() {
    let readers = sources().into_iter().filter(|source| source.path != "src/clock.rs");
    let offends = |source: &Source| ["Utc::now", "Local::now", "SystemTime::now"].iter().any(|word| source.text.contains(word));
    none("clocks read outside clock.rs", readers.filter(offends).map(|source| source.path));
}

#[test]
fn only_the_store_speaks_sql() {
    let words = ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "PRAGMA ", "CREATE TABLE", ".prepare(", ".prepare_cached(", ".execute_batch("];
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| source.room != "store") {
        offences.extend(words.iter().filter(|word| source.text.contains(**word)).map(|word| format!("{}: {word}", source.path)));
    }
    none("SQL outside the store", offences);
}

#[test]
fn letters_leave_through_one_door() {
    let doors = [
        "src/tasks/send.rs",
        // `check-config --connect` opens a session, says nothing and closes it.
        "src/cli/run.rs",
    ];
    let mut offences = Vec::new();
    for source in sources().iter().filter(|source| source.room != "smtp" && source.path != doors[0]) {
        if source.text.contains("smtp::send") || source.text.contains("SmtpSession") && source.path != doors[1] {
            offences.push(source.path.clone());
        }
    }
    none("letters that could leave without the outbox", offences);
    let check = sources().into_iter().find(|source| source.path == doors[1]).unwrap();
    let used: Vec<_> =
        check.text.match_indices("SmtpSession::").map(|(place, _)| check.text[place..].split('(').next().unwrap().to_owned()).collect();
    assert_eq!(used, ["SmtpSession::open"], "the check of the configuration does more than knock");
}

#[test]
fn unsafe_stays_in_the_sandbox() {
    // The lint denies it everywhere; only system calls that no crate wraps may lift the lint.
    let with = sources().into_iter().filter(|source| source.text.contains("allow(unsafe_code)"));
    none("unsafe outside the sandbox", with.filter(|source| source.room != "sandbox").map(|source| source.path));
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here so that this file does not find itself.
    let words = [["todo", "!("], ["unimplemented", "!("], ["#[ign", "ore"], ["FIX", "ME"], ["TO", "DO:"], ["XX", "X:"]].map(|parts| parts.concat());
    let mut offences = Vec::new();
    for (path, text) in tracked_texts() {
        if [".rs", ".toml", ".html", ".sql", ".txt"].iter().any(|end| path.ends_with(end)) {
            offences.extend(words.iter().filter(|word| text.contains(word.as_str())).map(|word| format!("{path}: {word}")));
        }
    }
    none("left for later", offences);
}

#[test]
fn the_product_speaks_of_itself_alone() {
    let word = ["../", "shared"].concat();
    none(
        "files that speak of a place outside the product",
        tracked_texts().into_iter().filter(|(_, text)| text.contains(&word)).map(|(path, _)| path),
    );
}

#[test]
fn every_source_says_what_it_is_for() {
    let silent = |source: &Source| !source.whole.starts_with("//!") && !source.whole.starts_with("#![doc");
    // A `tests.rs` belongs to the room beside it, which says what it is for.
    none("sources without a heading", sources().into_iter().filter(|source| silent(source) && !source.text.is_empty()).map(|source| source.path));
}

#[test]
fn nothing_large_is_committed() {
    let large = |path: &String| fs::metadata(project().join(path)).is_ok_and(|metadata| metadata.len() > 1 << 20);
    none("files over 1 MiB", tracked().into_iter().filter(large));
}

/// The project's files, as git knows them; without git, those that lie here.
fn tracked() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(project()).output();
    if let Some(output) = listed.ok().filter(|output| output.status.success()) {
        return String::from_utf8(output.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
    }
    let mut files = Vec::new();
    for part in ["src", "config", "fixtures", "tests", "deploy"] {
        walk(&project().join(part), &mut files);
    }
    files
}

fn walk(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path.strip_prefix(project()).unwrap().to_str().unwrap().to_owned());
        }
    }
}

fn tracked_texts() -> Vec<(String, String)> {
    let product = |path: &String| ["src/", "config/", "fixtures/", "tests/", "deploy/", "Cargo.toml"].iter().any(|part| path.starts_with(part));
    let read = |path: String| fs::read_to_string(project().join(&path)).ok().map(|text| (path, text));
    tracked().into_iter().filter(product).filter_map(read).collect()
}
