//! Whether the work goes on: each step says so when it moves, and the watchdog is fed only while somebody has said so recently.
//!
//! One value for the process, because one daemon runs in it and its steps are called from several threads.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

static BEGUN: OnceLock<Instant> = OnceLock::new();
static LAST_BEAT_SECONDS: AtomicU64 = AtomicU64::new(0);

/// No wait of any step may last longer: the longest are ten minutes, for the answer to a final dot and between two looks at the mailbox.
pub const ALIVE_WITHIN: Duration = Duration::from_secs(20 * 60);

fn now_seconds() -> u64 {
    BEGUN.get_or_init(Instant::now).elapsed().as_secs()
}

/// Something was done, or a bounded wait begins.
pub fn beat() {
    LAST_BEAT_SECONDS.store(now_seconds(), Ordering::Relaxed);
}

/// How long nothing was done.
pub fn silence() -> Duration {
    Duration::from_secs(now_seconds().saturating_sub(LAST_BEAT_SECONDS.load(Ordering::Relaxed)))
}

/// Whether the work goes on.
pub fn is_alive() -> bool {
    silence() < ALIVE_WITHIN
}
