//! The one exception to purity under `intake`: RAR (and other formats nothing free reads in Rust) through `bsdtar` or `unar`, when installed.
//!
//! Only the worker calls this. The program gets the archive as a temporary file, its output is measured like any archive, and it is killed
//! when a limit is reached: on some RAR5 files `bsdtar` writes zeros for ever. Names never reach a command line.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::budget::{Metered, Packed};
use super::{Job, UnpackLimits, Unpacked, UnpackedEntry, sniff, stream};
use crate::domain::finding::Reason;

/// The programs that could be used, found on `PATH`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExternalUnpackers {
    pub bsdtar: Option<PathBuf>,
    pub unar: Option<PathBuf>,
}

impl ExternalUnpackers {
    /// Looks the programs up on `PATH`.
    pub fn find() -> ExternalUnpackers {
        ExternalUnpackers { bsdtar: on_path("bsdtar"), unar: on_path("unar") }
    }

    pub fn is_empty(&self) -> bool {
        self.bsdtar.is_none() && self.unar.is_none()
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

/// Unpacks by an external program; the same contract as [`super::unpack`].
///
/// Without any program, [`Reason::ArchiveFormatNotInstalled`].
pub fn unpack_with_external(bytes: &[u8], passwords: &[String], limits: &UnpackLimits, sink: &mut dyn FnMut(UnpackedEntry)) -> Unpacked {
    let programs = ExternalUnpackers::find();
    let mut job = Job::new(passwords, limits, bytes.len(), sink);
    let format = sniff(bytes).map(|format| format.slug().to_owned()).unwrap_or_default();
    if let Err(reason) = run_any(&mut job, &programs, bytes) {
        job.add_archive_finding(reason, "");
    }
    job.finish(format)
}

fn run_any(job: &mut Job<'_>, programs: &ExternalUnpackers, bytes: &[u8]) -> Result<(), Reason> {
    if programs.is_empty() {
        return Err(Reason::ArchiveFormatNotInstalled);
    }
    let folder = tempfile::tempdir().map_err(|_| Reason::ArchiveFormatNotInstalled)?;
    let archive = folder.path().join("archive");
    std::fs::write(&archive, bytes).map_err(|_| Reason::ArchiveFormatNotInstalled)?;
    let mut failure = Reason::ArchiveDamaged;
    if let Some(bsdtar) = &programs.bsdtar {
        match run_bsdtar(job, bsdtar, &archive, bytes.len()) {
            Ok(()) => return Ok(()),
            Err(reason) if job.n_entries > 0 => return Err(reason),
            Err(reason) => failure = reason,
        }
    }
    let Some(unar) = &programs.unar else { return Err(failure) };
    const PASSWORDS_MAX: usize = 8;
    let passwords = job.passwords.clone();
    let attempts = std::iter::once(None).chain(passwords.iter().take(PASSWORDS_MAX).map(Some));
    for (number, password) in attempts.enumerate() {
        let into = folder.path().join(format!("out-{number}"));
        match run_unar(job, unar, &archive, &into, password) {
            Ok(()) => return Ok(()),
            // It does not say why it gives nothing. Where bsdtar named a password, the next one may fit.
            Err(Reason::ArchiveDamaged | Reason::ArchivePassword) if failure == Reason::ArchivePassword => {}
            Err(reason) => return Err(reason),
        }
    }
    Err(failure)
}

/// `bsdtar -cf - @archive` turns any archive it reads into a tar, which our own reader takes apart: nothing is written to disk.
fn run_bsdtar(job: &mut Job<'_>, bsdtar: &Path, archive: &Path, packed: usize) -> Result<(), Reason> {
    let mut source = std::ffi::OsString::from("@");
    source.push(archive);
    let mut command = Command::new(bsdtar);
    command.args([OsStr::new("--format=pax"), OsStr::new("-cf"), OsStr::new("-"), &source]);
    let mut running = Running::start(command, job.budget.deadline())?;
    let output = running.take_output().ok_or(Reason::ArchiveDamaged)?;
    let metered = Metered::new(output, &job.budget, packed, None);
    let read = stream::read_tar(job, metered, "", 1);
    let complaint = running.stop();
    let is_locked = ["encrypt", "passphrase", "password"].iter().any(|word| complaint.contains(word));
    match read {
        Err(Reason::ArchiveEmpty) if is_locked => Err(Reason::ArchivePassword),
        Err(Reason::ArchiveEmpty) if !complaint.is_empty() => Err(Reason::ArchiveDamaged),
        Ok(()) if is_locked => Err(Reason::ArchivePassword),
        Ok(()) if complaint.contains("truncated") || complaint.contains("damaged") => Err(Reason::ArchiveTruncated),
        read => read,
    }
}

/// `unar` knows encrypted RARs, but only writes to disk: the folder is watched while it grows.
fn run_unar(job: &mut Job<'_>, unar: &Path, archive: &Path, into: &Path, password: Option<&String>) -> Result<(), Reason> {
    std::fs::create_dir(into).map_err(|_| Reason::ArchiveDamaged)?;
    let mut command = Command::new(unar);
    command.args(["-q", "-D", "-f", "-p"]).arg(password.map_or("-", String::as_str)).arg("-o").arg(into).arg(archive);
    let mut running = Running::start(command, job.budget.deadline())?;
    loop {
        let (_, size) = files_under(into);
        if size > job.budget.limits.total_bytes_max {
            running.stop();
            return Err(Reason::ArchiveTooLarge);
        }
        if running.has_ended() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    job.budget.check_time()?;
    let complaint = running.stop();
    let (files, _) = files_under(into);
    if files.is_empty() || (running.has_failed() && files.iter().all(|(_, size)| *size == 0)) {
        return Err(if complaint.contains("password") { Reason::ArchivePassword } else { Reason::ArchiveDamaged });
    }
    for (file, size) in files {
        let name = file.strip_prefix(into).unwrap_or(&file).to_string_lossy().into_owned();
        let Some(path) = job.path_of("", &name) else { continue };
        job.count_entry()?;
        let opened = std::fs::File::open(&file).map_err(|_| Reason::ArchiveDamaged)?;
        match job.budget.read_entry(&mut { opened }, size, Packed::default()) {
            Ok(contents) => job.deliver(path, contents, 1),
            Err(super::Trouble::Entry(reason)) => job.add_finding(reason, Some(&path)),
            Err(super::Trouble::Whole(reason)) => return Err(reason),
        }
    }
    Ok(())
}

/// Regular files below a folder and their total size, links not followed.
fn files_under(folder: &Path) -> (Vec<(PathBuf, u64)>, u64) {
    const FILES_MAX: usize = 20_000;
    let mut files = Vec::new();
    let mut size = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if metadata.is_file() && files.len() < FILES_MAX {
                size += metadata.len();
                files.push((entry.path(), metadata.len()));
            }
        }
    }
    files.sort();
    (files, size)
}

/// A child process that does not outlive its deadline, nor this value.
struct Running {
    child: Arc<Mutex<Child>>,
    complaints: Option<std::thread::JoinHandle<String>>,
    done: Arc<std::sync::atomic::AtomicBool>,
}

impl Running {
    fn start(mut command: Command, deadline: Instant) -> Result<Running, Reason> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).env("LC_ALL", "C.UTF-8");
        let mut child = command.spawn().map_err(|_| Reason::ArchiveFormatNotInstalled)?;
        let complaints = child.stderr.take().map(|mut stderr| std::thread::spawn(move || read_complaints(&mut stderr)));
        let child = Arc::new(Mutex::new(child));
        let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (watched, watched_done) = (Arc::clone(&child), Arc::clone(&done));
        std::thread::spawn(move || {
            while !watched_done.load(std::sync::atomic::Ordering::Acquire) {
                if Instant::now() > deadline {
                    kill(&watched);
                    return;
                }
                std::thread::sleep(Duration::from_millis(25));
            }
        });
        Ok(Running { child, complaints, done })
    }

    fn take_output(&mut self) -> Option<std::process::ChildStdout> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).stdout.take()
    }

    fn has_ended(&self) -> bool {
        !matches!(self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait(), Ok(None))
    }

    /// Whether the program has ended and says that it failed.
    fn has_failed(&self) -> bool {
        matches!(self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait(), Ok(Some(status)) if !status.success())
    }

    /// Ends the program, after a moment in which it may end by itself, and gives what it complained about, in small letters.
    fn stop(&mut self) -> String {
        const GRACE_STEPS: u32 = 20;
        for _ in 0..GRACE_STEPS {
            if self.has_ended() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        kill(&self.child);
        self.done.store(true, std::sync::atomic::Ordering::Release);
        self.complaints.take().and_then(|reader| reader.join().ok()).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    // A child that has already ended cannot be killed, which is as good; waiting for it leaves no zombie.
    if child.kill().is_ok() || child.try_wait().is_err() {
        child.wait().ok();
    }
}

/// The first of what a program complains about. Then its pipe is closed: asked for a passphrase, `bsdtar` repeats its prompt for ever.
fn read_complaints(stderr: &mut dyn Read) -> String {
    const COMPLAINT_BYTES_MAX: u64 = 64 << 10;
    let mut bytes = Vec::new();
    match stderr.take(COMPLAINT_BYTES_MAX).read_to_end(&mut bytes) {
        Ok(_) => String::from_utf8_lossy(&bytes).to_lowercase(),
        Err(_) => String::new(),
    }
}
