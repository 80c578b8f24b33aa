//! Killed at every step: a season's worth of mails, statements and actions is run once to count the steps by which something becomes durable
//! or leaves the machine, then once for each step with the program killed exactly there and started again. What it ends with must be
//! the same, and so must the letters at the receiving server; a letter of which nobody can know whether it left is shown as in doubt.
//!
//! The season is cut into stretches, each begun from what the undisturbed run had before it. After each stretch the whole database is
//! compared, not only what the commands show of it, so that stretches that end alike are followed alike.

mod scenario;
mod steps;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use scenario::{Ground, SCENARIO, Stretch};
use steps::{KINDS, shim};

use crate::servers::dovecot::Dovecot;
use crate::servers::smtp_receiver::{Arrived, SmtpReceiver};

/// How many stretches are run at one time: the machine's other half belongs to the other tests.
const AT_ONCE: usize = 2;

/// A stretch of the undisturbed run.
struct Reference {
    stretch: &'static Stretch,
    /// A copy of everything before it.
    before: PathBuf,
    n_steps: u32,
    end: End,
}

/// What a stretch ends with.
struct End {
    /// Table to rows, with the key of each letter in doubt beside them.
    database: BTreeMap<String, Vec<String>>,
    in_doubt: Vec<String>,
    /// Every file that the program wrote, but the database.
    files: BTreeMap<String, Vec<u8>>,
    letters: Vec<Arrived>,
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step_nothing_is_lost_and_nothing_is_doubled() {
    let begun = Instant::now();
    let folder = tempfile::Builder::new().prefix("guichet-crash").tempdir_in(fast_disk()).unwrap();
    let shim = shim(folder.path());
    let dovecot = Dovecot::start();
    let mut grounds = Vec::new();
    for place in 0..AT_ONCE {
        let receiver = SmtpReceiver::start(|_| None).await;
        grounds.push(Ground::new(&folder.path().join(format!("ground-{place}")), &shim, receiver, dovecot.port));
    }
    scenario::fill(&dovecot);
    let (references, n_killed, doubts) = tokio::task::block_in_place(|| {
        let references = undisturbed(&grounds[0], folder.path());
        let (n_killed, doubts) = killed_everywhere(&grounds, &references);
        (references, n_killed, doubts)
    });
    let n_steps: u32 = references.iter().map(|reference| reference.n_steps).sum();
    let n_letters: usize = references.iter().map(|reference| reference.end.letters.len()).sum();
    println!(
        "{n_steps} steps in {} stretches with {n_letters} letters; killed {n_killed} times; {doubts} times a letter was in doubt; {:.0} s",
        references.len(),
        begun.elapsed().as_secs_f64()
    );
    assert!(n_steps > 500 && n_letters > 25, "the scenario is too small to prove anything");
    assert!(n_killed * 100 >= n_steps * 98, "steps were not reached: {n_killed} of {n_steps}");
}

/// Memory, where there is some: a killed process leaves the same behind there as on a disk.
fn fast_disk() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if tempfile::tempfile_in(memory).is_ok() { memory.to_owned() } else { std::env::temp_dir() }
}

/// The run that nobody disturbs, with a copy of everything before each stretch.
fn undisturbed(ground: &Ground, folder: &Path) -> Vec<Reference> {
    ground.begin_with_readings_kept();
    let mut references = Vec::new();
    for stretch in SCENARIO {
        let before = folder.join(format!("before-{}", stretch.name));
        ground.copy_to(&before);
        ground.page.arm(0, ground.receiver.port);
        ground.prepare(stretch);
        for arguments in stretch.commands {
            let outcome = ground.run(stretch, arguments);
            assert!(matches!(outcome.status, Some(0)), "{} {arguments:?}: {outcome:?}", stretch.name);
        }
        let report = ground.page.report();
        let kinds: Vec<String> = KINDS.iter().zip(report.by_kind).map(|(kind, count)| format!("{count} {kind}")).collect();
        let end = ground.end();
        assert!(end.in_doubt.is_empty());
        println!("{:>12}: {:3} steps ({}), {} letters", stretch.name, report.n_steps, kinds.join(", "), end.letters.len());
        references.push(Reference { stretch, before, n_steps: report.n_steps, end });
    }
    references
}

/// Every stretch, killed at each of its steps. Gives how often the program was killed and how often that left a letter in doubt.
fn killed_everywhere(grounds: &[Ground], references: &[Reference]) -> (u32, u32) {
    let jobs: Vec<(&Reference, u32)> = references.iter().flat_map(|reference| (1..=reference.n_steps).map(move |step| (reference, step))).collect();
    let queue = Mutex::new(jobs.into_iter());
    let (n_killed, n_doubts) = (AtomicU32::new(0), AtomicU32::new(0));
    let differences = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for ground in grounds {
            scope.spawn(|| {
                loop {
                    let Some((reference, step)) = queue.lock().unwrap().next() else { return };
                    let (killed, end) = killed_at(ground, reference, step);
                    n_killed.fetch_add(u32::from(killed), Ordering::Relaxed);
                    if step == reference.n_steps {
                        println!("{:>12}: killed everywhere", reference.stretch.name);
                    }
                    n_doubts.fetch_add(end.in_doubt.len() as u32, Ordering::Relaxed);
                    let mut found = differences_between(&reference.end, &end);
                    found.extend(ground.faults(&end));
                    if !found.is_empty() {
                        let report = format!("{} killed before step {step}: {}", reference.stretch.name, found.join("\n    "));
                        eprintln!("{report}");
                        differences.lock().unwrap().push(report);
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "{} of the kills left another state:\n{}", differences.len(), differences.join("\n"));
    (n_killed.into_inner(), n_doubts.into_inner())
}

/// One stretch, with the program killed before that step, and what was begun begun again until it ends.
fn killed_at(ground: &Ground, reference: &Reference, step: u32) -> (bool, End) {
    ground.go_back_to(&reference.before);
    ground.page.arm(step, ground.receiver.port);
    ground.prepare(reference.stretch);
    let mut killed = false;
    for arguments in reference.stretch.commands {
        let mut outcome = ground.run(reference.stretch, arguments);
        let repeated = outcome.status.is_none();
        if repeated {
            assert!(!killed, "killed twice");
            killed = true;
            outcome = ground.run(reference.stretch, arguments);
        }
        // A round that finds a letter in doubt says so; an action that was done before it was killed may refuse to be done again.
        let fine = outcome.status == Some(0) || (repeated && matches!(outcome.status, Some(1 | 2)));
        assert!(fine, "{} step {step}, {arguments:?}: {outcome:?}", reference.stretch.name);
    }
    (killed, ground.end())
}

/// In words, what the disturbed run ended with that the undisturbed one did not.
fn differences_between(wanted: &End, found: &End) -> Vec<String> {
    let mut differences = Vec::new();
    for (table, rows) in &wanted.database {
        let others = &found.database[table];
        let lacking = rows.iter().filter(|row| !others.contains(row)).map(|row| format!("{table} lacks {row:.900}"));
        let beyond = others.iter().filter(|row| !rows.contains(row)).map(|row| format!("{table} has beside {row:.900}"));
        differences.extend(lacking.chain(beyond));
        if rows.len() != others.len() {
            differences.push(format!("{table} has {} rows instead of {}", others.len(), rows.len()));
        }
    }
    for name in wanted.files.keys().chain(found.files.keys()) {
        match (wanted.files.get(name), found.files.get(name)) {
            (Some(one), Some(other)) if one == other => {}
            (Some(one), Some(other)) => differences.push(format!("file {name} has {} bytes instead of {}, or others", other.len(), one.len())),
            (Some(_), None) => differences.push(format!("file {name} is not there")),
            (None, _) => differences.push(format!("file {name} is left over")),
        }
    }
    let mut rest = wanted.letters.clone();
    for letter in &found.letters {
        match rest.iter().position(|wanted| wanted == letter) {
            Some(place) => drop(rest.remove(place)),
            None => differences.push(format!("a letter twice, or another letter, to {:?}", letter.recipients)),
        }
    }
    if rest.len() > found.in_doubt.len() {
        differences.push(format!("{} letters never came and {} are in doubt", rest.len(), found.in_doubt.len()));
    }
    if found.in_doubt.len() > 1 {
        differences.push(format!("{} letters are in doubt: one is handed over at a time", found.in_doubt.len()));
    }
    differences
}

/// The files below a folder, by their path in it.
fn files_below(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), &name, files);
        } else {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}
