//! Killed at every step: a season's worth of mails, statements and actions is run once to count the steps by which something becomes durable
//! or leaves the machine, then once for each step with the program killed exactly there and started again. What it ends with must be
//! the same, and so must the letters at the receiving server; a letter of which nobody can know whether it left is shown as in doubt.
//!
//! At some of the steps the disk becomes full or read-only instead, for the rest of that run: it ends with a clear word, and the next run
//! goes on as if nothing had been.
//!
//! `GUICHET_CRASH_EVERY=10` takes every tenth step only, for those who wait.
//!
//! The season is cut into stretches, each begun from what the undisturbed run had before it. After each stretch the whole database is
//! compared, not only what the commands show of it, so that stretches that end alike are followed alike.

mod scenario;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use crate::steps::{KINDS, shim};
use scenario::{Ground, SCENARIO, Stretch};

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
    let every: usize = std::env::var("GUICHET_CRASH_EVERY").map_or(1, |every| every.parse().unwrap());
    let folder = tempfile::Builder::new().prefix("guichet-crash").tempdir_in(fast_disk()).unwrap();
    let shim = shim(folder.path());
    let dovecot = Dovecot::start();
    let mut grounds = Vec::new();
    for place in 0..AT_ONCE {
        let receiver = SmtpReceiver::start(|_| None).await;
        grounds.push(Ground::new(&folder.path().join(format!("ground-{place}")), &shim, receiver, dovecot.port));
    }
    scenario::fill(&dovecot);
    let (references, killed, troubled) = tokio::task::block_in_place(|| {
        let references = undisturbed(&grounds[0], folder.path());
        let everywhere = references
            .iter()
            .flat_map(move |reference| (1..=reference.n_steps).step_by(every).map(move |step| Disturbance { reference, step, errno: None }));
        let killed = disturb(&grounds, everywhere.collect());
        let here_and_there = references.iter().enumerate().flat_map(|(place, reference)| {
            let steps = (1 + place as u32 % TROUBLE_EVERY..=reference.n_steps).step_by(TROUBLE_EVERY as usize * every);
            steps.enumerate().map(move |(turn, step)| Disturbance { reference, step, errno: Some([ENOSPC, EROFS][turn % 2]) })
        });
        let troubled = disturb(&grounds, here_and_there.collect());
        (references, killed, troubled)
    });
    let n_steps: u32 = references.iter().map(|reference| reference.n_steps).sum();
    let n_letters: usize = references.iter().map(|reference| reference.end.letters.len()).sum();
    println!(
        "{n_steps} steps in {} stretches with {n_letters} letters; killed {} times, and {} times a letter was in doubt; \
         {} times with a disk that failed, and {} times a letter was in doubt; {:.0} s",
        references.len(),
        killed.n_disturbed,
        killed.n_in_doubt,
        troubled.n_disturbed,
        troubled.n_in_doubt,
        begun.elapsed().as_secs_f64()
    );
    assert!(n_steps > 500 && n_letters > 25, "the scenario is too small to prove anything");
    assert!(killed.n_disturbed as usize * every * 100 >= n_steps as usize * 98, "steps were not reached: {} of {n_steps}", killed.n_disturbed);
    assert!(troubled.n_disturbed * TROUBLE_EVERY * every as u32 * 2 > n_steps, "the disk failed too rarely");
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
        ground.prepare(stretch);
        ground.page.arm(0, ground.receiver.port);
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

/// Every so many steps the disk fails in a run of its own.
const TROUBLE_EVERY: u32 = 11;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;

/// One stretch that is killed before a step, or whose disk fails from that step on.
struct Disturbance<'a> {
    reference: &'a Reference,
    step: u32,
    errno: Option<i32>,
}

#[derive(Default)]
struct Disturbed {
    n_disturbed: u32,
    n_in_doubt: u32,
}

/// Makes all of them, and fails with every difference that one of them left.
fn disturb(grounds: &[Ground], disturbances: Vec<Disturbance<'_>>) -> Disturbed {
    let queue = Mutex::new(disturbances.into_iter());
    let (n_disturbed, n_in_doubt) = (AtomicU32::new(0), AtomicU32::new(0));
    let differences = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for ground in grounds {
            scope.spawn(|| {
                loop {
                    let Some(disturbance) = queue.lock().unwrap().next() else { return };
                    let Disturbance { reference, step, errno } = disturbance;
                    let (disturbed, end) = disturbed_at(ground, &disturbance);
                    n_disturbed.fetch_add(u32::from(disturbed), Ordering::Relaxed);
                    n_in_doubt.fetch_add(end.in_doubt.len() as u32, Ordering::Relaxed);
                    let mut found = differences_between(&reference.end, &end);
                    // The database and all files were compared; what the program itself says of them is asked now and then, and of every doubt.
                    if !end.in_doubt.is_empty() || step % 10 == 0 {
                        found.extend(ground.faults(&end));
                    }
                    if !found.is_empty() {
                        let how = errno.map_or_else(|| String::from("killed"), |errno| format!("failing with {errno}"));
                        let report = format!("{} {how} from step {step} on: {}", reference.stretch.name, found.join("\n    "));
                        eprintln!("{report}");
                        differences.lock().unwrap().push(report);
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "{} disturbances left another state:\n{}", differences.len(), differences.join("\n"));
    Disturbed { n_disturbed: n_disturbed.into_inner(), n_in_doubt: n_in_doubt.into_inner() }
}

/// One stretch with its disturbance, and what was cut short begun again until it ends.
fn disturbed_at(ground: &Ground, disturbance: &Disturbance<'_>) -> (bool, End) {
    let Disturbance { reference, step, errno } = disturbance;
    ground.go_back_to(&reference.before);
    ground.prepare(reference.stretch);
    ground.page.arm(if errno.is_none() { *step } else { 0 }, ground.receiver.port);
    if let Some(errno) = errno {
        ground.page.fail_from(*step, *errno);
    }
    let mut disturbed = false;
    for arguments in reference.stretch.commands {
        let mut outcome = ground.run(reference.stretch, arguments);
        let what = || format!("{} step {step} {errno:?}, {arguments:?}", reference.stretch.name);
        let cut_short = outcome.status.is_none() || ground.page.report().n_faults > 0;
        let repeated = cut_short && !disturbed;
        if repeated {
            disturbed = true;
            // One that had done its work and only could not tidy up has nothing to say.
            if errno.is_some() && outcome.status != Some(0) {
                assert_eq!(outcome.status, Some(1), "{}: {outcome:?}", what());
                assert!(outcome.stderr.contains("guichet: ") && !outcome.stderr.contains("panicked"), "{}: {}", what(), outcome.stderr);
            }
            ground.page.fail_from(0, 0);
            outcome = ground.run(reference.stretch, arguments);
        }
        // A round that finds a letter in doubt says so; an action that was done before it was cut short may refuse to be done again.
        let fine = outcome.status == Some(0) || (repeated && matches!(outcome.status, Some(1 | 2)));
        assert!(fine, "{}: {outcome:?}", what());
    }
    (disturbed, ground.end())
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
