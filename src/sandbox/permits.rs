//! A counting semaphore: so many OCR runs at one time, whoever asks.

use std::sync::{Condvar, Mutex};

pub struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

/// Gives its permit back when dropped.
pub struct Permit<'a>(&'a Permits);

impl Permits {
    pub fn new(count: usize) -> Permits {
        Permits { free: Mutex::new(count), returned: Condvar::new() }
    }

    /// Waits for a permit.
    pub fn take(&self) -> Permit<'_> {
        let mut free = super::lock(&self.free);
        while *free == 0 {
            free = self.returned.wait(free).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        *free -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *super::lock(&self.0.free) += 1;
        self.0.returned.notify_one();
    }
}
