//! Runs a program of the system's on a hostile file (an unpacker for RAR), with what that needs and no more.
//!
//! A worker may start no program, so this is a process of its own: it gives up every folder but the system's (to read) and the one it is
//! given, the network, and memory, time and disk without end, and then becomes the program. Fences that the kernel lacks are left out.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use landlock::{ABI, Access, AccessFs, AccessNet, RulesetAttr, RulesetCreatedAttr, path_beneath_rules};
use seccompiler::{SeccompAction, SeccompFilter};

use super::confine::{allow_cpu_seconds, set_limit};

/// Address space of the program.
const MEMORY_BYTES_MAX: u64 = 1 << 30;
/// The largest file it may write.
const FILE_BYTES_MAX: u64 = 1 << 30;
/// Processor time; the caller's clock is stricter.
const CPU_SECONDS_MAX: u32 = 60;
/// What programs and their libraries are made of.
const SYSTEM: [&str; 8] = ["/usr", "/bin", "/lib", "/lib64", "/etc", "/opt", "/dev/null", "/dev/urandom"];

/// The body of `guichet sandbox-program FOLDER PROGRAM -- ARGUMENTS…`; returns only when the program cannot be started.
pub fn program_main(folder: &Path, program: &Path, arguments: &[OsString]) -> ExitCode {
    allow_cpu_seconds(CPU_SECONDS_MAX);
    for (resource, most) in
        [(libc::RLIMIT_AS, MEMORY_BYTES_MAX), (libc::RLIMIT_FSIZE, FILE_BYTES_MAX), (libc::RLIMIT_CORE, 0), (libc::RLIMIT_NOFILE, 256)]
    {
        set_limit(resource, most, most);
    }
    keep_to(folder).ok();
    refuse_calls();
    let failure = Command::new(program).args(arguments).env_clear().env("LC_ALL", "C.UTF-8").env("HOME", folder).env("TMPDIR", folder).exec();
    eprintln!("{failure}");
    ExitCode::FAILURE
}

fn keep_to(folder: &Path) -> Result<(), landlock::RulesetError> {
    let abi = ABI::V4;
    landlock::Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, AccessFs::from_read(abi)))?
        .add_rules(path_beneath_rules([folder], AccessFs::from_all(abi)))?
        .restrict_self()?;
    Ok(())
}

/// No socket, and no hand on other processes or the kernel. Which calls a foreign program needs is not known, so these are named.
fn refuse_calls() -> Option<()> {
    let refused = [
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_kill,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_open,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_keyctl,
        libc::SYS_io_uring_setup,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_mount,
        libc::SYS_userfaultfd,
    ];
    let rules: BTreeMap<i64, _> = refused.into_iter().map(|call| (call, Vec::new())).collect();
    let architecture = std::env::consts::ARCH.try_into().ok()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM.cast_unsigned()), architecture).ok()?;
    let program: seccompiler::BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter(&program).ok()
}
