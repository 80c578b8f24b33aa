//! What a worker gives up before it sees its first hostile byte: files, network, other programs and processes, and memory without end.
//!
//! Each fence is put up where the kernel allows it, and then tried: what is reported is what held, not what was asked for. A refused call
//! returns an error (`EPERM`), so that a library that tries something harmless goes on instead of dying.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use landlock::{ABI, Access, AccessFs, AccessNet, RulesetAttr, RulesetStatus};
use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};
use serde::{Deserialize, Serialize};

/// What is in force in a worker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confinement {
    /// No file can be opened or written, no port reached (landlock).
    pub landlock: bool,
    /// Only the calls that reading needs: no file, socket, program, process or thread (seccomp).
    pub seccomp: bool,
    /// Memory, files and core dumps are limited (setrlimit).
    pub rlimits: bool,
    /// What the worker tried and could do all the same; empty when every fence held.
    pub leaks: Vec<Leak>,
}

/// A way out that a worker found open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leak {
    ReadsFiles,
    WritesFiles,
    OpensSockets,
    StartsPrograms,
    StartsThreads,
    TakesMemory,
}

impl Leak {
    /// As the log says it at start.
    pub fn slug(self) -> &'static str {
        match self {
            Leak::ReadsFiles => "reads_files",
            Leak::WritesFiles => "writes_files",
            Leak::OpensSockets => "opens_sockets",
            Leak::StartsPrograms => "starts_programs",
            Leak::StartsThreads => "starts_threads",
            Leak::TakesMemory => "takes_memory",
        }
    }
}

/// Puts up every fence that the kernel allows, in the order in which none hinders the next, and tries them.
pub fn confine(memory_bytes_max: u64) -> Confinement {
    let (rlimits, landlock, seccomp) = (limit_resources(memory_bytes_max), close_files(), close_calls().is_some());
    Confinement { rlimits, landlock, seccomp, leaks: leaks(memory_bytes_max) }
}

/// Tries what a hostile file that took over this process would try first. Whatever succeeds is harmless and undone.
fn leaks(memory_bytes_max: u64) -> Vec<Leak> {
    let scratch = std::env::temp_dir().join(format!("guichet-leak-{}", std::process::id()));
    let writes = std::fs::write(&scratch, b"").is_ok();
    if writes {
        std::fs::remove_file(&scratch).ok();
    }
    let started = Command::new("/proc/self/exe").arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let room = usize::try_from(memory_bytes_max).unwrap_or(usize::MAX / 2);
    let tried = [
        (std::fs::read_dir("/").is_ok() || std::fs::File::open("/proc/self/exe").is_ok(), Leak::ReadsFiles),
        (writes, Leak::WritesFiles),
        (std::net::UdpSocket::bind("127.0.0.1:0").is_ok() || std::os::unix::net::UnixStream::pair().is_ok(), Leak::OpensSockets),
        (started.is_ok(), Leak::StartsPrograms),
        (std::thread::Builder::new().spawn(|| ()).is_ok_and(|thread| thread.join().is_ok()), Leak::StartsThreads),
        (Vec::<u8>::new().try_reserve_exact(room).is_ok(), Leak::TakesMemory),
    ];
    tried.into_iter().filter(|(succeeded, _)| *succeeded).map(|(_, leak)| leak).collect()
}

fn close_files() -> bool {
    let abi = ABI::V4;
    let ruleset =
        landlock::Ruleset::default().handle_access(AccessFs::from_all(abi)).and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)));
    // No rule is added: everything that is handled is refused.
    let status = ruleset.and_then(|ruleset| ruleset.create()).and_then(|created| created.restrict_self());
    status.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// Everything but what reading, computing and answering need is refused, so that a call invented tomorrow is refused too.
fn close_calls() -> Option<()> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = calls_allowed().into_iter().map(|call| (call, Vec::new())).collect();
    let own = u64::from(std::process::id());
    let argument = |position, operation, value| SeccompCondition::new(position, SeccompCmpArgLen::Dword, operation, value).ok();
    let when = |condition: Option<SeccompCondition>| SeccompRule::new(vec![condition?]).ok();
    // Its own limits, and no other process's.
    rules.insert(libc::SYS_prlimit64, vec![when(argument(0, SeccompCmpOp::Eq, 0))?]);
    // abort(3) signals itself.
    rules.insert(libc::SYS_tgkill, vec![when(argument(0, SeccompCmpOp::Eq, own))?]);
    // Memory that is written is never executed.
    let executable = u64::from(libc::PROT_EXEC.cast_unsigned());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![when(argument(2, SeccompCmpOp::MaskedEq(executable), 0))?]);
    }
    let architecture = std::env::consts::ARCH.try_into().ok()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Errno(libc::EPERM.cast_unsigned()), SeccompAction::Allow, architecture).ok()?;
    let program: seccompiler::BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter(&program).ok()
}

/// Calls without conditions. The pipes are open already: what is read and written goes through them.
fn calls_allowed() -> Vec<i64> {
    vec![
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_lseek,
        libc::SYS_ppoll,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_getrandom,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_getrusage,
        libc::SYS_uname,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_rseq,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ]
}

fn limit_resources(memory_bytes_max: u64) -> bool {
    [(libc::RLIMIT_AS, memory_bytes_max), (libc::RLIMIT_FSIZE, 0), (libc::RLIMIT_CORE, 0), (libc::RLIMIT_NOFILE, 16)]
        .into_iter()
        .all(|(resource, most)| set_limit(resource, most, most))
}

/// Allows this process so many more seconds of processor time; beyond, the kernel ends it (`SIGXCPU`).
pub fn allow_cpu_seconds(seconds: u32) {
    if let Some(used) = cpu_seconds_used() {
        set_limit(libc::RLIMIT_CPU, used + u64::from(seconds), libc::RLIM_INFINITY);
    }
}

/// Sets one limit of this process.
#[allow(unsafe_code)]
pub fn set_limit(resource: libc::__rlimit_resource_t, soft: u64, hard: u64) -> bool {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: setrlimit(2) only reads the structure it is given, which lives until it returns. It is safe to call after fork.
    unsafe { libc::setrlimit(resource, &raw const limit) == 0 }
}

#[allow(unsafe_code)]
fn cpu_seconds_used() -> Option<u64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime(2) writes only into the structure it is given, which lives until it returns.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if status == 0 { u64::try_from(time.tv_sec).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unconfined_process_leaks_everywhere() {
        // The attempts must be able to succeed, or their failing would prove nothing.
        assert_eq!(leaks(1 << 20).len(), 6, "{:?}", leaks(1 << 20));
    }
}
