//! The only reader of the clock. Everything else is told what time it is.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Where "now" comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    /// A clock that stands still until it is set: `--now`, rehearsals, tests.
    Simulated(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    pub fn fixed(now: DateTime<Utc>) -> Clock {
        Clock::Simulated(Arc::new(Mutex::new(now)))
    }

    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Clock::System => Utc::now(),
            Clock::Simulated(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a simulated clock forward; the system's clock is left alone, and no clock goes back.
    pub fn advance_to(&self, instant: DateTime<Utc>) {
        if let Clock::Simulated(now) = self {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = (*now).max(instant);
        }
    }
}
