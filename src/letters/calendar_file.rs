//! The interview as a calendar file (iCalendar, RFC 5545), so that a telephone notes the hour in its own time zone.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::calendar::from_paris;
use crate::domain::letter::{CandidateLetter, LetterBody, LetterLanguage};
use crate::domain::rules::Rules;

/// File name and media type under which the calendar file is attached.
pub const FILE_NAME: &str = "entretien.ics";
pub const MEDIA_TYPE: &str = "text/calendar; charset=utf-8; method=PUBLISH";

/// The calendar file of an interview invitation; `None` for any other letter. `written_at` is the letter's own instant (DTSTAMP).
///
/// Instants are written in UTC, so that no time zone table is needed. The UID is the dossier's: a new invitation replaces the old one.
pub fn interview_ics(letter: &CandidateLetter, rules: &Rules, written_at: DateTime<Utc>) -> Option<String> {
    let LetterBody::Interview { at, place_or_link, duration_minutes } = &letter.body else {
        return None;
    };
    let begins = from_paris(*at);
    let ends = begins + TimeDelta::minutes(i64::from(*duration_minutes));
    let summary = match letter.language {
        LetterLanguage::French => format!("Entretien, {} (candidature {})", rules.school.name, letter.number),
        LetterLanguage::English => format!("Interview, {} (application {})", rules.school.name, letter.number),
    };
    let stamp = |instant: DateTime<Utc>| instant.format("%Y%m%dT%H%M%SZ").to_string();
    let lines = [
        String::from("BEGIN:VCALENDAR"),
        String::from("VERSION:2.0"),
        String::from("PRODID:-//guichet//interview//FR"),
        String::from("METHOD:PUBLISH"),
        String::from("BEGIN:VEVENT"),
        format!("UID:interview-{}@guichet", escaped(&letter.number)),
        format!("DTSTAMP:{}", stamp(written_at)),
        format!("SEQUENCE:{}", written_at.timestamp() / 60 % i64::from(i32::MAX)),
        format!("DTSTART:{}", stamp(begins)),
        format!("DTEND:{}", stamp(ends)),
        format!("SUMMARY:{}", escaped(&summary)),
        format!("LOCATION:{}", escaped(place_or_link)),
        format!("ORGANIZER:mailto:{}", rules.school.address),
        String::from("END:VEVENT"),
        String::from("END:VCALENDAR"),
    ];
    Some(lines.iter().map(|line| folded(line)).collect())
}

/// TEXT values (RFC 5545 § 3.3.11).
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for character in text.trim().chars() {
        match character {
            '\\' | ';' | ',' => safe.extend(['\\', character]),
            '\n' => safe.push_str("\\n"),
            _ if character.is_control() => {}
            _ => safe.push(character),
        }
    }
    safe
}

/// Lines of at most 75 octets (RFC 5545 § 3.1), never cut inside a character.
fn folded(line: &str) -> String {
    let mut text = String::new();
    let mut octets = 0;
    for character in line.chars() {
        if octets + character.len_utf8() > 75 {
            text.push_str("\r\n ");
            octets = 1;
        }
        text.push(character);
        octets += character.len_utf8();
    }
    text.push_str("\r\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letters::samples;

    #[test]
    fn the_hour_is_the_paris_hour_in_utc() {
        let rules = samples::rules().unwrap();
        let at = chrono::NaiveDate::from_ymd_opt(2024, 4, 2).unwrap().and_hms_opt(14, 30, 0).unwrap();
        let body = LetterBody::Interview { at, place_or_link: String::from("https://visio.example/salle; a, b"), duration_minutes: 30 };
        let letter = CandidateLetter { number: String::from("MS24-0042"), body, ..CandidateLetter::default() };
        let text = interview_ics(&letter, &rules, DateTime::UNIX_EPOCH).unwrap();
        assert!(text.contains("DTSTART:20240402T123000Z\r\nDTEND:20240402T130000Z\r\n"));
        assert!(text.contains("LOCATION:https://visio.example/salle\\; a\\, b\r\n"));
        assert!(text.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(interview_ics(&CandidateLetter::default(), &rules, DateTime::UNIX_EPOCH), None);
    }
}
