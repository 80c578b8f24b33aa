//! When to try again: a pure function of age, so that no counter has to be kept and a restart changes nothing.

use chrono::{DateTime, Duration, Utc};

/// RFC 5321 §4.5.4.1 asks for four to five days.
pub const GIVEN_UP_AFTER_DAYS: i64 = 5;

/// The wait grows with the age of the letter, by this part of it.
const GROWTH: f64 = 0.5;
const WAIT_SECONDS_MIN: f64 = 60.0;
const WAIT_SECONDS_MAX: f64 = 4.0 * 3600.0;
/// Up to a fifth more, so that letters that failed together are not all tried together again.
const JITTER_PART: f64 = 0.2;

/// When a letter that could not leave `now` is tried next; `None` when it is five days old and a person must look.
///
/// `jitter` lies between 0 and 1. The last attempt falls on the end of the fifth day.
pub fn next_attempt(queued_at: DateTime<Utc>, now: DateTime<Utc>, jitter: f64) -> Option<DateTime<Utc>> {
    let given_up_at = queued_at + Duration::days(GIVEN_UP_AFTER_DAYS);
    if now >= given_up_at {
        return None;
    }
    // A clock that was set back gives a negative age; it counts as a fresh letter. Ages fit an f64 exactly for centuries.
    let age_seconds = (now - queued_at).num_seconds().max(0) as f64;
    let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.0 };
    let wait_seconds = (age_seconds * GROWTH).clamp(WAIT_SECONDS_MIN, WAIT_SECONDS_MAX) * (1.0 + JITTER_PART * jitter);
    let wait = Duration::milliseconds((wait_seconds * 1000.0) as i64);
    Some((now + wait).min(given_up_at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn queued_at() -> DateTime<Utc> {
        "2024-03-01T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_wait_grows_with_age_and_ends_after_five_days() {
        for (age_minutes, wait_minutes) in [(0, 1), (1, 1), (4, 2), (60, 30), (600, 240), (4 * 24 * 60, 240)] {
            let now = queued_at() + Duration::minutes(age_minutes);
            assert_eq!(next_attempt(queued_at(), now, 0.0), Some(now + Duration::minutes(wait_minutes)), "{age_minutes}");
        }
        let end = queued_at() + Duration::days(5);
        assert_eq!(next_attempt(queued_at(), end - Duration::minutes(1), 0.5), Some(end));
        assert_eq!(next_attempt(queued_at(), end, 0.0), None);
    }

    proptest! {
        #[test]
        fn a_letter_is_tried_a_bounded_number_of_times(jitter in 0.0_f64..=1.0) {
            let (mut now, mut attempts) = (queued_at(), 1);
            while let Some(next) = next_attempt(queued_at(), now, jitter) {
                prop_assert!(next > now && next <= queued_at() + Duration::days(5));
                now = next;
                attempts += 1;
            }
            prop_assert!((30..60).contains(&attempts), "{attempts}");
        }

        #[test]
        fn no_clock_and_no_jitter_can_break_it(minutes in -10_000_000_i64..10_000_000, jitter in any::<f64>()) {
            let now = queued_at() + Duration::minutes(minutes);
            if let Some(next) = next_attempt(queued_at(), now, jitter) {
                prop_assert!(next > now);
            }
        }
    }
}
