//! Instants and civil dates: stored in UTC, counted in Europe/Paris.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Europe::Paris;

/// The civil date and time in Paris of an instant.
pub fn paris(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.with_timezone(&Paris).naive_local()
}

/// The instant of a civil date and time in Paris. Of the hour that occurs twice in October the later one is meant, which never
/// shortens a deadline; the hour that does not exist in March is taken as one hour later.
pub fn from_paris(civil: NaiveDateTime) -> DateTime<Utc> {
    match Paris.from_local_datetime(&civil) {
        chrono::LocalResult::Single(instant) => instant.with_timezone(&Utc),
        chrono::LocalResult::Ambiguous(_, later) => later.with_timezone(&Utc),
        chrono::LocalResult::None => {
            let later = civil + chrono::TimeDelta::hours(1);
            Paris.from_local_datetime(&later).latest().map_or_else(|| civil.and_utc(), |instant| instant.with_timezone(&Utc))
        }
    }
}

/// The last second of a civil day in Paris.
pub fn end_of_day(day: NaiveDate) -> DateTime<Utc> {
    start_of_day(day.checked_add_days(Days::new(1)).unwrap_or(day)) - chrono::TimeDelta::seconds(1)
}

/// The first instant of a civil day in Paris.
pub fn start_of_day(day: NaiveDate) -> DateTime<Utc> {
    from_paris(day.and_time(chrono::NaiveTime::MIN))
}

/// Whether banks settle euro transfers on that day: TARGET rests at week-ends, on 1 January, Good Friday, Easter Monday, 1 May, and on
/// 25 and 26 December.
pub fn is_banking_day(day: NaiveDate) -> bool {
    let fixed = matches!((day.month(), day.day()), (1 | 5, 1) | (12, 25 | 26));
    let from_easter = easter(day.year()).map(|easter| (day - easter).num_days());
    day.weekday().number_from_monday() <= 5 && !fixed && !matches!(from_easter, Some(-2 | 1))
}

/// The day that lies so many banking days after another: a transfer ordered on that other day is credited by then.
pub fn banking_days_after(day: NaiveDate, count: u32) -> NaiveDate {
    day.iter_days().skip(1).filter(|later| is_banking_day(*later)).take(count as usize).last().unwrap_or(day)
}

/// Easter Sunday of a year, by the anonymous Gregorian computus.
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let epact = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let to_sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let correction = (golden + 11 * epact + 22 * to_sunday) / 451;
    let days = epact + to_sunday - 7 * correction + 114;
    NaiveDate::from_ymd_opt(year, u32::try_from(days / 31).ok()?, u32::try_from(days % 31 + 1).ok()?)
}

const WEEKDAYS_FR: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const MONTHS_FR: [&str; 12] =
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];
const WEEKDAYS_EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS_EN: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// `jeudi 6 juin 2024`; the first of a month is `1er`. The day and its month never part at a line's end.
pub fn french_date(day: NaiveDate) -> String {
    let number = if day.day() == 1 { String::from("1er") } else { day.day().to_string() };
    let weekday = WEEKDAYS_FR.get(day.weekday().num_days_from_monday() as usize).unwrap_or(&"");
    let month = MONTHS_FR.get(day.month0() as usize).unwrap_or(&"");
    format!("{weekday} {number}\u{a0}{month} {}", day.year())
}

/// `jeudi 6 juin 2024 à 23 h 59 (heure de Paris)`, with non-breaking spaces inside the hour.
pub fn french_date_time(civil: NaiveDateTime) -> String {
    format!("{} à {}\u{a0}h\u{a0}{} (heure de Paris)", french_date(civil.date()), civil.format("%-H"), civil.format("%M"))
}

/// `Thursday 6 June 2024`.
pub fn english_date(day: NaiveDate) -> String {
    let weekday = WEEKDAYS_EN.get(day.weekday().num_days_from_monday() as usize).unwrap_or(&"");
    let month = MONTHS_EN.get(day.month0() as usize).unwrap_or(&"");
    format!("{weekday} {}\u{a0}{month} {}", day.day(), day.year())
}

/// `Thursday 6 June 2024, 23:59 (Paris time)`.
pub fn english_date_time(civil: NaiveDateTime) -> String {
    format!("{}, {} (Paris time)", english_date(civil.date()), civil.format("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_is_a_paris_instant() {
        let civil = NaiveDate::from_ymd_opt(2024, 6, 6).unwrap().and_hms_opt(23, 59, 0).unwrap();
        assert_eq!(from_paris(civil).to_rfc3339(), "2024-06-06T21:59:00+00:00");
        assert_eq!(french_date_time(civil), "jeudi 6\u{a0}juin 2024 à 23\u{a0}h\u{a0}59 (heure de Paris)");
        assert_eq!(english_date_time(civil), "Thursday 6\u{a0}June 2024, 23:59 (Paris time)");
    }

    #[test]
    fn banks_rest_when_target_does() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for rest in ["2024-03-29", "2024-04-01", "2024-05-01", "2024-12-25", "2024-06-08", "2025-04-18", "2025-04-21", "2026-04-06"] {
            assert!(!is_banking_day(day(rest)), "{rest}");
        }
        for open in ["2024-03-28", "2024-05-09", "2024-07-15", "2025-04-22"] {
            assert!(is_banking_day(day(open)), "{open}");
        }
        for (ordered, count, credited) in [
            ("2024-03-12", 2, "2024-03-14"),
            ("2024-03-15", 2, "2024-03-19"),
            ("2024-03-28", 1, "2024-04-02"),
            ("2024-03-30", 2, "2024-04-03"),
            ("2024-03-12", 0, "2024-03-12"),
        ] {
            assert_eq!(banking_days_after(day(ordered), count), day(credited), "{ordered} + {count}");
        }
    }

    #[test]
    fn the_change_of_clocks_shifts_the_end_of_day() {
        let day = NaiveDate::from_ymd_opt(2024, 3, 31).unwrap();
        assert_eq!(start_of_day(day).to_rfc3339(), "2024-03-30T23:00:00+00:00");
        assert_eq!(end_of_day(day).to_rfc3339(), "2024-03-31T21:59:59+00:00");
    }
}
