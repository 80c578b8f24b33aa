//! What a worker gives up before it sees its first hostile byte: files, network, other programs, and memory without end.
//!
//! Each fence is put up where the kernel allows it, and what stands is reported. A refused call returns an error (`EPERM`), so that a
//! library that tries something harmless goes on instead of dying.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, RulesetAttr, RulesetStatus};
use seccompiler::{SeccompAction, SeccompFilter};
use serde::{Deserialize, Serialize};

/// What is in force in a worker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confinement {
    /// No file can be opened or written (landlock).
    pub landlock: bool,
    /// No socket, no other program, no tracing (seccomp).
    pub seccomp: bool,
    /// Memory, files and core dumps are limited (setrlimit).
    pub rlimits: bool,
}

/// Puts up every fence that the kernel allows, in the order in which none hinders the next.
pub fn confine(memory_bytes_max: u64) -> Confinement {
    Confinement { rlimits: limit_resources(memory_bytes_max), landlock: close_files(), seccomp: close_calls().is_some() }
}

fn close_files() -> bool {
    let abi = ABI::V4;
    let ruleset =
        landlock::Ruleset::default().handle_access(AccessFs::from_all(abi)).and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(abi)));
    // No rule is added: everything that is handled is refused.
    let status = ruleset.and_then(|ruleset| ruleset.create()).and_then(|created| created.restrict_self());
    status.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

fn close_calls() -> Option<()> {
    let mut refused: Vec<i64> = vec![
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_sendto,
        libc::SYS_sendmsg,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_openat,
        libc::SYS_openat2,
        libc::SYS_open_by_handle_at,
        libc::SYS_unlinkat,
        libc::SYS_renameat2,
        libc::SYS_mkdirat,
        libc::SYS_linkat,
        libc::SYS_symlinkat,
        libc::SYS_fchmodat,
        libc::SYS_fchownat,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_send_signal,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_io_uring_setup,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_userfaultfd,
        libc::SYS_memfd_create,
    ];
    #[cfg(target_arch = "x86_64")]
    refused.extend([
        libc::SYS_open,
        libc::SYS_creat,
        libc::SYS_fork,
        libc::SYS_vfork,
        libc::SYS_unlink,
        libc::SYS_rename,
        libc::SYS_mkdir,
        libc::SYS_rmdir,
        libc::SYS_link,
        libc::SYS_symlink,
    ]);
    let rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> = refused.into_iter().map(|call| (call, Vec::new())).collect();
    let architecture = std::env::consts::ARCH.try_into().ok()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM.cast_unsigned()), architecture).ok()?;
    let program: seccompiler::BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter(&program).ok()
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
