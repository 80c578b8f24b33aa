//! What a person who waits sees: one line on the terminal, rewritten, from the third second on. Nothing where nobody looks.
//!
//! The work knows nothing of it: the line is asked for from beside, and is gone when the work ends.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Below this, a line would only flicker.
const PATIENCE: Duration = Duration::from_secs(2);
const REWRITTEN_EVERY: Duration = Duration::from_millis(300);

/// A line that is shown until this is dropped.
#[derive(Debug)]
pub struct ProgressLine {
    shown: Option<(Sender<()>, JoinHandle<()>)>,
}

impl ProgressLine {
    /// Shows what `line` says, on a terminal, with the seconds that have passed behind it.
    pub fn show(line: impl Fn() -> String + Send + 'static) -> ProgressLine {
        if !std::io::stderr().is_terminal() {
            return ProgressLine { shown: None };
        }
        let (stop, stopped) = mpsc::channel();
        let started = Instant::now();
        let thread = std::thread::spawn(move || {
            let mut wait = PATIENCE;
            let mut written = false;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = REWRITTEN_EVERY;
                written = true;
                // The rest of a longer line is cleared (ECMA-48 EL).
                write(&format!("\r  {}, {} s\u{1b}[K", line(), started.elapsed().as_secs()));
            }
            if written {
                write("\r\u{1b}[K");
            }
        });
        ProgressLine { shown: Some((stop, thread)) }
    }

    /// Shows how many of how many are done: `shown("lecture", "fichiers", 12)` gives "lecture : 3 fichiers sur 12".
    pub fn count(doing: &'static str, of: &'static str, n_all: usize) -> (ProgressLine, Arc<AtomicUsize>) {
        let done = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&done);
        (ProgressLine::show(move || format!("{doing} : {} {of} sur {n_all}", seen.load(Ordering::Relaxed))), done)
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.shown.take() {
            drop(stop);
            if thread.join().is_err() {
                tracing::debug!("the progress line failed");
            }
        }
    }
}

/// A terminal that cannot be written to will not be missed.
fn write(text: &str) {
    let mut terminal = std::io::stderr();
    terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush()).unwrap_or_default();
}
