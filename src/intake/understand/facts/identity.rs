//! Identity documents and what other documents say of birth and residence. The machine-readable zone is believed, the printed part is a fallback.

use chrono::{Datelike, NaiveDate};

use crate::domain::document::DocumentFacts;
use crate::intake::understand::facts::dates::{self, Moment};
use crate::intake::understand::facts::text::{Field, Line};
use crate::intake::understand::facts::{countries, mrz, names};

/// Reads a passport, an identity card or a residence permit. `season_starts` bounds births.
pub fn read(facts: &mut DocumentFacts, lines: &[Line], labelled: &[(Field, String)], season_starts: i32) {
    let latest_birth = season_starts.min(2060);
    let raw: Vec<String> = lines.iter().map(|line| line.raw.clone()).collect();
    let zone = mrz::find(&raw, latest_birth);
    if let Some(zone) = &zone {
        facts.names.extend((!zone.name.is_empty()).then(|| zone.name.clone()));
        facts.birth_date = zone.birth_date;
        facts.nationality = zone.nationality.clone();
        facts.expires_on = zone.expires_on;
        facts.mrz_checked = zone.checked;
    }
    let printed = names::of_document(crate::domain::document::DocumentKind::IdentityDocument, lines, labelled);
    facts.names.extend(printed);
    let (earliest, latest) = printed_dates(lines, latest_birth);
    facts.birth_date = facts.birth_date.or_else(|| birth_date(lines, labelled)).or(earliest);
    facts.issued_on = labelled.iter().filter(|(field, _)| *field == Field::Issue).find_map(|(_, value)| dates::first_day(value));
    let expiry = labelled.iter().filter(|(field, _)| *field == Field::Expiry).find_map(|(_, value)| dates::first_day(value));
    facts.expires_on = facts.expires_on.or(expiry).or(latest);
    if facts.nationality.is_none() {
        let stated = labelled.iter().filter(|(field, _)| *field == Field::Nationality).find_map(|(_, value)| countries::nationality(value));
        facts.nationality = stated.or_else(|| code_beside_sex(lines)).map(str::to_owned);
    }
}

/// The earliest date is the birth, the latest one, when it lies years after the others, the expiry.
fn printed_dates(lines: &[Line], latest_birth: i32) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let mut days: Vec<NaiveDate> = lines
        .iter()
        .flat_map(|line| dates::find(&line.raw))
        .filter_map(|found| match found.moment {
            Moment::Day(day) => Some(day),
            _ => None,
        })
        .collect();
    days.sort();
    let birth = days.first().copied().filter(|day| day.year() <= latest_birth - 16);
    let expiry = days.last().copied().filter(|day| days.len() >= 2 && day.year() >= latest_birth - 11 && Some(*day) != birth);
    (birth, expiry)
}

/// `F FRA 24 03 1992`: the code after the sex on the cards of 2021.
fn code_beside_sex(lines: &[Line]) -> Option<&'static str> {
    lines.iter().find_map(|line| {
        let words: Vec<&str> = line.raw.split_whitespace().collect();
        words.windows(2).find_map(|pair| match pair {
            [sex, code] if matches!(*sex, "F" | "M" | "X") && code.len() == 3 => countries::by_code(code),
            _ => None,
        })
    })
}

/// The birth date that a label or a sentence (`née le …`, `born on …`) announces.
pub fn birth_date(lines: &[Line], labelled: &[(Field, String)]) -> Option<NaiveDate> {
    let by_label = labelled.iter().filter(|(field, _)| *field == Field::BirthDate).find_map(|(_, value)| dates::first_day(value));
    by_label.or_else(|| in_sentence(lines))
}

fn in_sentence(lines: &[Line]) -> Option<NaiveDate> {
    let text: String = lines.iter().take(400).map(|line| line.raw.as_str()).collect::<Vec<_>>().join("\n");
    let tokens = dates::tokenize(&text);
    let announces = |word: &str| {
        matches!(
            word,
            "NE" | "NEE"
                | "BORN"
                | "GEBOREN"
                | "NACIDO"
                | "NACIDA"
                | "NATO"
                | "NATA"
                | "NASCIDO"
                | "NASCIDA"
                | "NASCUT"
                | "NASCUTA"
                | "BIRTH"
                | "NAISSANCE"
                | "SINH"
        )
    };
    let found = dates::find_in(&tokens);
    found.into_iter().find_map(|found| {
        let before = tokens.get(found.start.saturating_sub(5)..found.start).unwrap_or_default();
        let after = tokens.get(found.end..found.end + 2).unwrap_or_default();
        let announced =
            before.iter().filter_map(dates::Token::word).any(announces) || after.iter().any(|token| matches!(token, dates::Token::Sign('生')));
        match found.moment {
            Moment::Day(day) if announced => Some(day),
            _ => None,
        }
    })
}

/// The country of the address that a form states, the country's own line first.
pub fn residence(labelled: &[(Field, String)]) -> Option<String> {
    let of = |wanted: Field| labelled.iter().filter(move |(field, _)| *field == wanted).map(|(_, value)| value.as_str());
    of(Field::Country).find_map(countries::nationality).or_else(|| of(Field::Address).find_map(countries::of_address)).map(str::to_owned)
}
