//! A day of a thousand mails; the measures (tests/bench) have one of five thousand.

use std::time::Duration;

use crate::big_day::{DAY_PEAK_MIB, day};

#[test]
fn a_day_of_a_thousand_mails_is_accounted_for() {
    let day = day(1_000, Duration::from_secs(400));
    println!("received after {:.1} s, done after {:.1} s, at most {:.0} MiB", day.received.as_secs_f64(), day.done.as_secs_f64(), day.peak_mib);
    assert!(day.peak_mib <= DAY_PEAK_MIB, "{:.0} MiB", day.peak_mib);
}
