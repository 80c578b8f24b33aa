//! The measures of receiving and sending, against the same Dovecot that `mbsync` downloads from and on the same disk, in one run.
//!
//! `cargo bench --bench mailbox` takes all of them, some ten minutes; `cargo bench --bench mailbox -- receive memory` those named.
//! Each prints what was measured and what is asked of it; the end tells which were missed. Needs dovecot-imapd and isync.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

#[allow(dead_code)] // the tests use more of it
#[path = "../it/world.rs"]
mod world;

#[path = "../it/big_day.rs"]
mod big_day;

#[allow(dead_code)] // the tests use more of them
#[path = "../it/servers.rs"]
mod servers;

mod daemon;
mod distance;
mod mails;
mod throughput;

/// One thing measured, and what is asked of it.
pub struct Measure {
    pub what: String,
    pub value: f64,
    pub at_most: f64,
    pub unit: &'static str,
}

type Bench = fn() -> Vec<Measure>;

const BENCHES: [(&str, Bench); 6] = [
    ("receive", throughput::receive_and_work),
    ("distance", distance::small_mails_far_away),
    ("memory", daemon::memory),
    ("latency", daemon::latency),
    ("day", daemon::day),
    ("old", daemon::old_mails),
];

fn main() -> std::process::ExitCode {
    // An office in this process starts this program as its workers.
    if std::env::args().nth(1).as_deref() == Some("sandbox-worker") {
        return guichet::sandbox::worker_main();
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut missed = 0;
    for (name, bench) in BENCHES {
        if !wanted.is_empty() && !wanted.iter().any(|word| word == name) {
            continue;
        }
        println!("# {name}");
        for measure in bench() {
            let verdict = if measure.value <= measure.at_most { "" } else { "   MISSED" };
            missed += usize::from(measure.value > measure.at_most);
            println!("  {:<64} {:8.2} {} (asked: at most {}){verdict}", measure.what, measure.value, measure.unit, measure.at_most);
        }
    }
    if missed > 0 {
        println!("{missed} measures were missed");
        return std::process::ExitCode::FAILURE;
    }
    std::process::ExitCode::SUCCESS
}
