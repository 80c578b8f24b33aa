//! Runs inputs, and goes on doing so: the loop that keeps what reaches something new, in a process that may die of it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::coverage::Coverage;
use crate::mutation::mutate;
use crate::project;
use crate::targets::{TARGETS, Target};

thread_local! {
    /// Where this thread panicked last, and how often code of ours did, caught or not.
    static LAST_PANIC: Cell<Option<String>> = const { Cell::new(None) };
    static OWN_PANIC: Cell<Option<String>> = const { Cell::new(None) };
}

/// Makes panics of our own code count even where they are caught: a library may panic on hostile bytes, we may not.
pub fn count_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map_or_else(|| "somewhere".to_owned(), |place| format!("{}:{}", place.file(), place.line()));
            let message = panic.payload_as_str().unwrap_or_default();
            if place.starts_with("src/") {
                OWN_PANIC.set(Some(format!("{place}: {message}")));
            }
            let is_fuzzed =
                place.starts_with("src/") || place.contains("/registry/") || place.contains("fuzz/targets.rs") || place.starts_with("/rustc/");
            LAST_PANIC.set(Some(format!("{place}: {message}")));
            if !is_fuzzed {
                report(panic);
            }
        }));
    });
}

/// Reads one input; the error says what went wrong.
pub fn try_one(target: &Target, bytes: &[u8]) -> Result<(), String> {
    LAST_PANIC.set(None);
    OWN_PANIC.set(None);
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.read)(bytes)));
    match (outcome, OWN_PANIC.take()) {
        (Err(_), _) => Err(LAST_PANIC.take().unwrap_or_else(|| "panic".to_owned())),
        (Ok(()), Some(own)) => Err(format!("caught, but ours: {own}")),
        (Ok(()), None) => Ok(()),
    }
}

/// `TARGET SECONDS FOLDER`. The parent starts children, notes what killed them, and starts the next.
pub fn long_run(wanted: &str) {
    let mut words = wanted.split_whitespace();
    let name = words.next().unwrap();
    let seconds: u64 = words.next().unwrap().parse().unwrap();
    let folder = PathBuf::from(words.next().unwrap());
    let target = TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("no target {name}"));
    for part in ["corpus", "crashes"] {
        fs::create_dir_all(folder.join(part)).unwrap();
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    if std::env::var_os("GUICHET_FUZZ_CHILD").is_some() {
        return fuzz(target, &folder, until);
    }
    while Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now()).as_secs();
        // Address space: what the target may take, and as much again for the program itself and its threads.
        let kibibytes = (target.memory_mib_max + 1024) << 10;
        let status = Command::new("sh")
            .args(["-c", "ulimit -v \"$0\"; exec \"$@\"", &kibibytes.to_string()])
            .arg(std::env::current_exe().unwrap())
            .args(["long_run", "--exact", "--nocapture", "--test-threads=1"])
            .env("GUICHET_FUZZ_CHILD", "1")
            .env("GUICHET_FUZZ", format!("{name} {left} {}", folder.display()))
            .status()
            .unwrap();
        if !status.success()
            && let Ok(input) = fs::read(folder.join("current"))
        {
            keep(&folder.join("crashes"), "killed", &input);
            println!("{name}: a child ended with {status}");
        }
    }
}

/// What the watching thread sees of the reading one.
static NOW_READING: Mutex<Option<(Instant, Vec<u8>)>> = Mutex::new(None);

fn fuzz(target: &'static Target, folder: &Path, until: Instant) {
    count_panics();
    watch(target, folder.to_owned());
    let mut random = Rng::new();
    let mut coverage = Coverage::default();
    let mut known_faults: BTreeSet<String> = BTreeSet::new();
    let mut inputs: Vec<Vec<u8>> = Vec::new();
    let kept = fs::read_dir(folder.join("corpus")).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    for seed in (target.seeds)().into_iter().chain(kept) {
        let seed = seed[..seed.len().min(target.size_bytes_max)].to_vec();
        run(target, folder, &seed, &mut known_faults);
        if coverage.learn() || !Coverage::is_counted() {
            inputs.push(seed);
        }
    }
    let (begun, mut n_runs, mut told) = (Instant::now(), 0_u64, Instant::now());
    while Instant::now() < until {
        let input = mutate(&mut random, &inputs, target);
        run(target, folder, &input, &mut known_faults);
        n_runs += 1;
        if Coverage::is_counted() && coverage.learn() {
            keep(&folder.join("corpus"), "input", &input);
            inputs.push(input);
        }
        if told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            let rate = n_runs as f64 / begun.elapsed().as_secs_f64();
            println!(
                "{}: {n_runs} inputs, {rate:.0}/s, {} kept, {} branches, {} faults",
                target.name,
                inputs.len(),
                coverage.n_reached,
                known_faults.len()
            );
        }
    }
    let spent = begun.elapsed().as_secs();
    println!("{}: {n_runs} inputs in {spent} s, {} kept, {} branches, {} faults", target.name, inputs.len(), coverage.n_reached, known_faults.len());
}

/// One input, written down before it is read, so that it is known whatever happens.
fn run(target: &Target, folder: &Path, input: &[u8], known_faults: &mut BTreeSet<String>) {
    fs::write(folder.join("current"), input).unwrap();
    *NOW_READING.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), input.to_vec()));
    Coverage::reset();
    let outcome = try_one(target, input);
    *NOW_READING.lock().unwrap_or_else(PoisonError::into_inner) = None;
    if let Err(fault) = outcome
        && known_faults.insert(fault.clone())
    {
        println!("{}: {fault}", target.name);
        keep(&folder.join("crashes"), "fault", input);
    }
    let peak = peak_memory_mib();
    if peak > target.memory_mib_max + 100 {
        println!("{}: {peak} MiB", target.name);
        keep(&folder.join("crashes"), "memory", input);
        // The kernel forgets the peak (proc(5), clear_refs).
        fs::write("/proc/self/clear_refs", "5").ok();
    }
}

/// Ends the process when one input takes too long.
fn watch(target: &'static Target, folder: PathBuf) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(250));
            let reading = NOW_READING.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((begun, input)) = reading.as_ref()
                && begun.elapsed() > Duration::from_secs(target.seconds_max)
            {
                keep(&folder.join("crashes"), "slow", input);
                println!("{}: more than {} s", target.name, target.seconds_max);
                std::process::exit(0);
            }
        }
    });
}

fn peak_memory_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) >> 10
}

fn keep(folder: &Path, why: &str, input: &[u8]) {
    let name = format!("{why}-{}", &guichet::blobs::sha256_hex(input)[..16]);
    fs::write(folder.join(name), input).unwrap();
}

/// The smallest input that still fails in the same way, found by taking pieces away: `GUICHET_MINIMISE="TARGET FILE"`.
pub fn minimise(wanted: &str) {
    let (name, file) = wanted.split_once(' ').unwrap();
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let mut bytes = fs::read(project().join(file)).unwrap();
    count_panics();
    let Err(fault) = try_one(target, &bytes) else { return println!("{file} does not fail") };
    let mut size = bytes.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < bytes.len() {
            let mut shorter = bytes.clone();
            shorter.drain(at..(at + size).min(bytes.len()));
            if try_one(target, &shorter) == Err(fault.clone()) {
                bytes = shorter;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    println!("{fault}\n{} bytes left", bytes.len());
    fs::write(project().join(file), bytes).unwrap();
}
