//! Worker processes, kept warm: started when first needed, replaced when they fail or have served long.

use std::io::{BufReader, BufWriter};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::permits::Permits;
use super::protocol::{Reply, Request, read_message, write_message};
use super::{Confinement, SandboxOptions, lock};
use crate::domain::finding::Reason;

/// A worker is replaced after so many files, so that no leak or fragmentation adds up.
const FILES_PER_WORKER_MAX: u32 = 2_000;

/// How a worker failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It panicked, was killed, or said something else than it was asked.
    Crashed,
    TooSlow,
}

impl Failure {
    /// The finding on the file that it was reading.
    pub fn reason(self) -> Reason {
        match self {
            Failure::Crashed => Reason::FileCrashedReader,
            Failure::TooSlow => Reason::FileTooSlow,
        }
    }
}

/// One worker process.
pub struct Worker {
    child: Child,
    requests: BufWriter<ChildStdin>,
    replies: Receiver<(Reply, Vec<u8>)>,
    files: u32,
    confinement: Confinement,
}

impl Worker {
    pub fn start(program: &Path, memory_bytes_max: u64, seconds_max: u32) -> anyhow::Result<Worker> {
        let mut child = Command::new(program)
            .arg("sandbox-worker")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting the sandbox worker {}", program.display()))?;
        let stdin = child.stdin.take().context("the worker has no standard input")?;
        let stdout = child.stdout.take().context("the worker has no standard output")?;
        widen(&stdin);
        widen(&stdout);
        let requests = BufWriter::new(stdin);
        // At most one reply waits here: a worker that is ahead of its reader blocks, and memory stays flat.
        let (sender, replies) = sync_channel(1);
        std::thread::Builder::new().name("worker-replies".to_owned()).spawn(move || {
            let mut stdout = BufReader::with_capacity(64 << 10, stdout);
            while let Ok(Some(message)) = read_message(&mut stdout) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        })?;
        let mut worker = Worker { child, requests, replies, files: 0, confinement: Confinement::default() };
        let answer =
            worker.ask(&Request::Start { memory_bytes_max, seconds_max }, &[]).and_then(|()| worker.answer(Instant::now() + Duration::from_secs(10)));
        match answer {
            Ok((Reply::Started(confinement), _)) => worker.confinement = confinement,
            Ok(_) | Err(_) => anyhow::bail!("the sandbox worker {} did not start", program.display()),
        }
        Ok(worker)
    }

    /// Sends a request.
    pub fn ask(&mut self, request: &Request, body: &[u8]) -> Result<(), Failure> {
        self.files += u32::from(!matches!(request, Request::Page { .. } | Request::JuryFile { .. }));
        write_message(&mut self.requests, request, body).map_err(|_| Failure::Crashed)
    }

    /// Waits for the next reply.
    pub fn answer(&mut self, deadline: Instant) -> Result<(Reply, Vec<u8>), Failure> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.replies.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => Failure::TooSlow,
            RecvTimeoutError::Disconnected => Failure::Crashed,
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Already gone is as good as killed; waiting leaves no zombie.
        self.child.kill().or_else(|_| self.child.wait().map(|_| ())).ok();
        self.child.wait().ok();
    }
}

/// Files of some megabytes pass through here: the kernel's usual 64 KiB would wake the other side for each of their small pieces.
fn widen(pipe: &impl AsFd) {
    const PIPE_BYTES: usize = 1 << 20;
    // A kernel that allows less keeps what it has, and all is only slower.
    rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BYTES).ok();
}

/// The workers that nobody uses at the moment, and the right to start more.
pub struct Pool {
    program: PathBuf,
    memory_bytes_max: u64,
    seconds_max: u32,
    idle: Mutex<Vec<Worker>>,
    permits: Permits,
    confinement: Confinement,
}

impl Pool {
    /// Starts the first worker.
    pub fn start(options: &SandboxOptions) -> anyhow::Result<Pool> {
        let first = Worker::start(&options.program, options.memory_bytes_max, options.seconds_max)?;
        Ok(Pool {
            program: options.program.clone(),
            memory_bytes_max: options.memory_bytes_max,
            seconds_max: options.seconds_max,
            confinement: first.confinement.clone(),
            idle: Mutex::new(vec![first]),
            permits: Permits::new(options.workers.max(1)),
        })
    }

    /// What the kernel granted to the first worker.
    pub fn confinement(&self) -> Confinement {
        self.confinement.clone()
    }

    /// Lends a worker for one file. One that failed, or has served long, is not kept.
    pub fn with<T>(&self, work: impl FnOnce(&mut Worker) -> Result<T, Failure>) -> Result<T, Failure> {
        let _permit = self.permits.take();
        let idle = lock(&self.idle).pop();
        let mut worker = match idle {
            Some(worker) => worker,
            None => Worker::start(&self.program, self.memory_bytes_max, self.seconds_max).map_err(|_| Failure::Crashed)?,
        };
        let outcome = work(&mut worker);
        if outcome.is_ok() && worker.files < FILES_PER_WORKER_MAX {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        }
        outcome
    }
}
