//! The counter of steps that is loaded into the program, and the page of numbers that it shares with the test.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Kinds of steps, in the order of the counter's own list.
pub const KINDS: [&str; 8] = ["first writes", "flushes", "renames", "links", "removals", "folders", "cuts", "sends"];

/// Compiles the counter into a folder.
pub fn shim(folder: &Path) -> PathBuf {
    let library = folder.join("steps.so");
    let source = crate::world::project().join("tests/it/steps/steps.c");
    let status = Command::new("cc").args(["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(status.expect("a C compiler is needed: tests/run installs it").success(), "the counter of steps does not compile");
    library
}

/// What the counter has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub n_steps: u32,
    pub n_faults: u32,
    pub by_kind: [u32; KINDS.len()],
}

/// The shared page: orders to the program, and its report. Changes are seen at once while it runs.
pub struct Page {
    pub path: PathBuf,
    file: File,
}

/// Places of the numbers, as the counter's `struct page` has them.
const KILL_AT: u64 = 1;
const SMTP_PORT: u64 = 2;
const FAULT_ERRNO: u64 = 3;
const FLUSH_DELAY_MS: u64 = 4;
const FAULT_FROM: u64 = 6 + KINDS.len() as u64;

impl Page {
    pub fn new(path: &Path) -> Self {
        fs::write(path, [0; 4096]).unwrap();
        Self { path: path.to_owned(), file: File::options().read(true).write(true).open(path).unwrap() }
    }

    fn set(&self, place: u64, value: u32) {
        self.file.write_all_at(&value.to_ne_bytes(), place * 4).unwrap();
    }

    /// Counts from zero, and kills before that step (0: never).
    pub fn arm(&self, kill_at: u32, smtp_port: u16) {
        self.file.write_all_at(&[0; 4096], 0).unwrap();
        self.set(KILL_AT, kill_at);
        self.set(SMTP_PORT, u32::from(smtp_port));
    }

    /// From that step on every change inside the world fails with this error number; 0: no more.
    pub fn fail_from(&self, step: u32, errno: i32) {
        self.set(FAULT_FROM, step);
        self.set(FAULT_ERRNO, errno.unsigned_abs());
    }

    /// From now on every flush takes so much longer.
    pub fn delay_flushes(&self, milliseconds: u32) {
        self.set(FLUSH_DELAY_MS, milliseconds);
    }

    pub fn report(&self) -> Report {
        let mut bytes = [0; 4 * 14];
        self.file.read_exact_at(&mut bytes, 0).unwrap();
        let number = |place: usize| u32::from_ne_bytes(bytes[place * 4..][..4].try_into().unwrap());
        Report { n_steps: number(0), n_faults: number(5), by_kind: std::array::from_fn(|kind| number(6 + kind)) }
    }
}
