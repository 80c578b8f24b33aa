//! Words that depend on the matter: kinds of document, languages, reasons, numbers, dates, amounts; French and English side by side.
//!
//! Sentences stand in the templates, where the school can change them; what needs grammar (gender, number, articles) is decided here.

pub mod kinds;
pub mod languages;
pub mod reasons;

use chrono::{NaiveDate, NaiveDateTime};

use crate::domain::calendar;
use crate::domain::letter::{JuryLine, LetterLanguage};
use crate::domain::money::Cents;
use crate::letters::typography::NO_BREAK;

pub use LetterLanguage::{English, French};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    Masculine,
    Feminine,
}

const NUMBERS_FR: [&str; 17] =
    ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize", "quatorze", "quinze", "seize"];
const NUMBERS_EN: [&str; 13] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// A small number in words, a larger one in digits: `deux`, `une`, `17`.
pub fn number(count: usize, gender: Gender, language: LetterLanguage) -> String {
    let word = match language {
        French if count == 1 && gender == Gender::Feminine => Some(&"une"),
        French => NUMBERS_FR.get(count),
        English => NUMBERS_EN.get(count),
    };
    word.map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

/// `une pièce`, `deux pièces` / `one document`, `two documents`.
pub fn pieces(count: usize, language: LetterLanguage) -> String {
    let noun = match (language, count) {
        (French, 0 | 1) => "pièce",
        (French, _) => "pièces",
        (English, 1) => "document",
        (English, _) => "documents",
    };
    format!("{}{NO_BREAK}{noun}", number(count, Gender::Feminine, language))
}

/// A list as a sentence holds it: `a, b et c`.
pub fn listed(items: &[String], language: LetterLanguage) -> String {
    let conjunction = match language {
        French => "et",
        English => "and",
    };
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

/// A name between quotation marks.
pub fn quoted(name: &str, language: LetterLanguage) -> String {
    match language {
        French => format!("«{NO_BREAK}{name}{NO_BREAK}»"),
        English => format!("“{name}”"),
    }
}

pub fn date(day: NaiveDate, language: LetterLanguage) -> String {
    match language {
        French => calendar::french_date(day),
        English => calendar::english_date(day),
    }
}

/// Without the weekday, for subjects: `5 avril 2024`.
pub fn short_date(day: NaiveDate, language: LetterLanguage) -> String {
    let whole = date(day, language);
    whole.split_once(' ').map_or(whole.clone(), |(_weekday, rest)| rest.to_owned())
}

pub fn date_time(civil: NaiveDateTime, language: LetterLanguage) -> String {
    match language {
        French => calendar::french_date_time(civil),
        English => calendar::english_date_time(civil),
    }
}

/// The last minute of a day as letters announce it: `jeudi 14 mars 2024 à 23 h 59 (heure de Paris)`.
pub fn end_of(day: NaiveDate, language: LetterLanguage) -> String {
    date_time(day.and_hms_opt(23, 59, 0).unwrap_or_default(), language)
}

/// The hour alone: `14 h 30` / `14:30`.
pub fn hour(civil: NaiveDateTime, language: LetterLanguage) -> String {
    match language {
        French => format!("{}{NO_BREAK}h{NO_BREAK}{}", civil.format("%-H"), civil.format("%M")),
        English => civil.format("%H:%M").to_string(),
    }
}

pub fn amount(cents: Cents, language: LetterLanguage) -> String {
    match language {
        French => cents.french(),
        English => cents.english(),
    }
}

/// The jury's name alone.
pub fn jury_label(jury: &JuryLine, language: LetterLanguage) -> &str {
    match language {
        French => &jury.label_fr,
        English => &jury.label_en,
    }
}

/// The jury with its date, which is never invented: `jury de mars, le jeudi 21 mars 2024`, `jury de mars (date à confirmer)`.
pub fn jury(jury: &JuryLine, language: LetterLanguage) -> String {
    let label = jury_label(jury, language);
    match (jury.date, language) {
        (Some(day), French) => format!("{label}, le {}", date(day, language)),
        (Some(day), English) => format!("{label} on {}", date(day, language)),
        (None, French) => format!("{label} (date à confirmer)"),
        (None, English) => format!("{label} (date to be confirmed)"),
    }
}

/// Years when they come out even, else months: `trois ans`, `30 mois`.
pub fn months_as_time(months: u32, language: LetterLanguage) -> String {
    let even = months.is_multiple_of(12) && months > 0;
    let count = if even { months / 12 } else { months } as usize;
    let unit = match (even, count, language) {
        (true, 1, French) => "an",
        (true, _, French) => "ans",
        (false, _, French) => "mois",
        (true, 1, English) => "year",
        (true, _, English) => "years",
        (false, 1, English) => "month",
        (false, _, English) => "months",
    };
    format!("{}{NO_BREAK}{unit}", number(count, Gender::Masculine, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_read_well() {
        assert_eq!(pieces(1, French), "une\u{a0}pièce");
        assert_eq!(pieces(2, English), "two\u{a0}documents");
        assert_eq!(pieces(20, French), "20\u{a0}pièces");
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()], French), "a, b et c");
        assert_eq!(months_as_time(36, French), "trois\u{a0}ans");
        assert_eq!(months_as_time(12, English), "one\u{a0}year");
        assert_eq!(months_as_time(30, French), "30\u{a0}mois");
    }
}
