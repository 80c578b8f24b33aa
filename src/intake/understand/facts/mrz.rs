//! Machine-readable zones: ICAO 9303 TD1 (3 × 30), TD2 (2 × 36), TD3 (2 × 44), and the French identity card of 1988 (2 × 36).
//!
//! The check digits decide: what does not hold is not returned as checked. OCR's habits (`O` for `0`, `K` or `«` for `<`, a sign lost at
//! the end of a line) are undone first, and only where the format says which kind of sign must stand.

use chrono::{Datelike, NaiveDate};

use crate::domain::person::PersonName;
use crate::intake::understand::facts::countries;

/// What a machine-readable zone says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineReadable {
    pub name: PersonName,
    pub birth_date: Option<NaiveDate>,
    /// ISO 3166-1 alpha-3.
    pub nationality: Option<String>,
    pub expires_on: Option<NaiveDate>,
    /// The check digits of the dates (and, on the French card, of the line) hold.
    pub checked: bool,
}

/// Finds a zone in the lines of a page. `latest` is the year no birth can lie after (the season's).
pub fn find(lines: &[String], latest: i32) -> Option<MachineReadable> {
    let zone: Vec<String> = lines.iter().map(|line| normal(line)).collect();
    let mut best: Option<MachineReadable> = None;
    for (at, line) in zone.iter().enumerate() {
        let next = zone.get(at + 1).map(String::as_str).unwrap_or_default();
        let third = zone.get(at + 2).map(String::as_str).unwrap_or_default();
        for read in
            [td3(line, next, latest), td2(line, next, latest), td1(line, next, third, latest), french_card(line, next, latest)].into_iter().flatten()
        {
            if read.checked {
                return Some(read);
            }
            best = best.or(Some(read));
        }
    }
    best.or_else(|| zone.iter().find_map(|line| td3_second_line_alone(line, latest)))
}

/// The second line of a passport whose first was not read: dates and nationality without a name, so not "checked" as a whole.
fn td3_second_line_alone(line: &str, latest: i32) -> Option<MachineReadable> {
    let code = country(&part(line, 10, 13)).filter(|_| (40..=46).contains(&line.len()))?;
    let (birth, expiry) = (as_digits(&part(line, 13, 20)), as_digits(&part(line, 21, 28)));
    let both_hold = holds(birth.get(..6)?, birth.get(6..7)?) && holds(expiry.get(..6)?, expiry.get(6..7)?);
    both_hold.then_some(MachineReadable {
        name: PersonName::default(),
        birth_date: Some(date(birth.get(..6)?, latest - 1)?),
        nationality: Some(code),
        expires_on: Some(date(expiry.get(..6)?, latest + 40)?),
        checked: false,
    })
}

/// A line as the zone's alphabet: A-Z, 0-9, `<`. Lines that cannot be of a zone become empty.
fn normal(line: &str) -> String {
    let compact: String = line
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .flat_map(|letter| match letter {
            '«' | '≪' => ['<', '<'].into_iter().take(2),
            '‹' | '＜' | '(' | '{' | '[' | '€' => ['<', '<'].into_iter().take(1),
            _ => [letter.to_ascii_uppercase(), ' '].into_iter().take(1),
        })
        .filter(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || *letter == '<')
        .collect();
    let kept = compact.len();
    let printed = line.chars().filter(|letter| !letter.is_whitespace()).count();
    if (24..=52).contains(&kept) && kept * 10 >= printed * 9 { compact } else { String::new() }
}

/// The zone's signs `from..to`, padded with fillers when the line is short.
fn part(line: &str, from: usize, to: usize) -> String {
    let mut part: String = line.chars().skip(from).take(to - from).collect();
    while part.len() < to - from {
        part.push('<');
    }
    part
}

fn as_digits(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            'O' | 'Q' | 'D' | 'U' => '0',
            'I' | 'L' | 'T' => '1',
            'Z' => '2',
            'A' => '4',
            'S' => '5',
            'G' => '6',
            'B' => '8',
            _ => letter,
        })
        .collect()
}

fn as_letters(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '0' => 'O',
            '1' => 'I',
            '2' => 'Z',
            '5' => 'S',
            '6' => 'G',
            '8' => 'B',
            _ => letter,
        })
        .collect()
}

/// ICAO 9303 part 3, 4.9: weights 7, 3, 1; letters count from 10; fillers are 0.
pub fn check_digit(text: &str) -> u32 {
    let sum: u32 = text
        .chars()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(letter, weight)| weight * if letter == '<' { 0 } else { letter.to_digit(36).unwrap_or(0) })
        .sum();
    sum % 10
}

fn holds(text: &str, digit: &str) -> bool {
    as_digits(digit).parse::<u32>().is_ok_and(|digit| digit == check_digit(text))
}

fn td3(first: &str, second: &str, latest: i32) -> Option<MachineReadable> {
    if !first.starts_with('P') || first.len() < 30 || second.len() < 28 {
        return None;
    }
    let (issuer, names) = (part(first, 2, 5), part(first, 5, 44));
    // A sign lost or doubled in the number shifts all that follows: the two dates with their check digits are looked for nearby.
    for shift in [0_i32, -1, 1, -2, 2] {
        let at = |position: usize| position.saturating_add_signed(shift as isize);
        if let Some(read) =
            dated(&part(second, at(10), at(13)), &part(second, at(13), at(20)), &part(second, at(21), at(28)), &names, &issuer, latest)
        {
            return Some(read);
        }
    }
    unchecked(&names, &part(second, 10, 13), &issuer)
}

fn td2(first: &str, second: &str, latest: i32) -> Option<MachineReadable> {
    let plausible = (33..=38).contains(&first.len()) && (33..=38).contains(&second.len()) && first.starts_with(['I', 'A', 'C', 'P', 'V', '1']);
    if !plausible || !second.chars().any(|letter| letter.is_ascii_digit()) {
        return None;
    }
    dated(&part(second, 10, 13), &part(second, 13, 20), &part(second, 21, 28), &part(first, 5, 36), &part(first, 2, 5), latest)
}

fn td1(first: &str, second: &str, third: &str, latest: i32) -> Option<MachineReadable> {
    if !first.starts_with(['I', 'A', 'C', '1']) || second.len() < 26 || third.is_empty() || first.len() > 33 || second.len() > 33 {
        return None;
    }
    let names = part(third, 0, 30);
    for shift in [0_i32, -1, 1] {
        let at = |position: usize| position.saturating_add_signed(shift as isize);
        if let Some(read) =
            dated(&part(second, at(15), at(18)), &part(second, at(0), at(7)), &part(second, at(8), at(15)), &names, &part(first, 2, 5), latest)
        {
            return Some(read);
        }
    }
    None
}

/// A zone whose birth date and expiry both hold: two check digits out of a hundred possibilities.
fn dated(nationality: &str, birth: &str, expiry: &str, names: &str, issuer: &str, latest: i32) -> Option<MachineReadable> {
    let (birth, expiry) = (as_digits(birth), as_digits(expiry));
    let both_hold = holds(birth.get(..6)?, birth.get(6..7)?) && holds(expiry.get(..6)?, expiry.get(6..7)?);
    let birth_date = date(birth.get(..6)?, latest - 1)?;
    let expires_on = date(expiry.get(..6)?, latest + 40)?;
    let name = name(names)?;
    both_hold.then(|| MachineReadable {
        name,
        birth_date: Some(birth_date),
        nationality: country(nationality).or_else(|| country(issuer)),
        expires_on: Some(expires_on),
        checked: true,
    })
}

/// The names alone, when the second line was misread.
fn unchecked(names: &str, nationality: &str, issuer: &str) -> Option<MachineReadable> {
    let name = name(names).filter(|name| !name.given.is_empty())?;
    Some(MachineReadable { name, birth_date: None, nationality: country(nationality).or_else(|| country(issuer)), expires_on: None, checked: false })
}

/// The French national identity card issued from 1988 to 2021: `IDFRA` + name (25) + office; number (12) + check + given names (14) +
/// birth (6) + check + sex + check over everything. It prints no expiry in the zone.
fn french_card(first: &str, second: &str, latest: i32) -> Option<MachineReadable> {
    if !(as_letters(first).starts_with("IDFRA") || as_letters(first).starts_with("1DFRA")) || second.len() < 34 || first.len() < 32 {
        return None;
    }
    let digits_at = as_digits(&part(second, 27, 34));
    let birth_date = date(digits_at.get(..6)?, latest - 1)?;
    let number = as_digits(&part(second, 0, 13));
    let checked = holds(digits_at.get(..6)?, digits_at.get(6..7)?) && holds(number.get(..12)?, number.get(12..13)?);
    let family = as_letters(&part(first, 5, 30));
    let given = as_letters(&part(second, 13, 27));
    let name = PersonName::new(given.split("<<").map(words).find(|name| !name.is_empty()).unwrap_or_default().as_str(), &words(&family));
    (checked && !name.family.is_empty()).then(|| MachineReadable {
        name,
        birth_date: Some(birth_date),
        nationality: Some("FRA".to_owned()),
        expires_on: None,
        checked,
    })
}

fn country(code: &str) -> Option<String> {
    let code = as_letters(code).replace('<', "");
    countries::by_code(&code).map(str::to_owned)
}

/// `YYMMDD` as the latest such day not after the end of `latest`.
fn date(digits: &str, latest: i32) -> Option<NaiveDate> {
    let number = |from: usize| digits.get(from..from + 2).and_then(|text| text.parse::<u32>().ok());
    let (year, month, day) = (i32::try_from(number(0)?).ok()?, number(2)?, number(4)?);
    [2000, 1900].into_iter().filter_map(|century| NaiveDate::from_ymd_opt(century + year, month, day)).find(|date| date.year() <= latest)
}

/// `HOANG<<QUOC<BAO<<<`: family names, two fillers, given names. Fillers misread as K, C, L or S at the end are dropped with their run; E is none, for names such as Gaëlle end in it.
fn name(field: &str) -> Option<PersonName> {
    let field = as_letters(field);
    let (family, rest) = field.split_once("<<")?;
    let rest = rest.trim_start_matches('<');
    let given = rest.split("<<").next().unwrap_or_default();
    // Where two fillers follow the given names, they end there and nothing was misread.
    let given = if rest.contains("<<") { given } else { strip_misread_fillers(given) };
    let (family, given) = (words(family), words(given));
    let plausible = family.len() >= 2 && family.chars().all(|letter| letter.is_ascii_uppercase() || letter == ' ');
    plausible.then(|| PersonName::new(&given, &family))
}

/// The tail `<KKKK`, `<CCC`, `<LLKK` of a line is no name.
fn strip_misread_fillers(given: &str) -> &str {
    let trimmed = given.trim_end_matches('<').trim_end_matches(['K', 'C', 'L', 'S']);
    let lost = given.trim_end_matches('<').len() - trimmed.len();
    if lost >= 3 { trimmed } else { given }
}

fn words(field: &str) -> String {
    field.split('<').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &[&str], given: &str, family: &str, nationality: &str, birth: (i32, u32, u32)) {
        let lines: Vec<String> = zone.iter().map(|line| (*line).to_owned()).collect();
        let read = find(&lines, 2024).unwrap_or_else(|| panic!("{zone:?}"));
        assert!(read.checked, "{zone:?}");
        assert_eq!((read.name.given.as_str(), read.name.family.as_str()), (given, family));
        assert_eq!(read.nationality.as_deref(), Some(nationality));
        assert_eq!(read.birth_date, NaiveDate::from_ymd_opt(birth.0, birth.1, birth.2));
    }

    #[test]
    fn the_specimens_of_icao_9303_are_read() {
        let td3 = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];
        let lines: Vec<String> = td3.iter().map(|line| (*line).to_owned()).collect();
        let read = find(&lines, 2024).filter(|read| read.checked);
        assert_eq!(read.and_then(|read| read.birth_date), NaiveDate::from_ymd_opt(1974, 8, 12));
        check(
            &["P<DEUERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36D<<74O8122F12O4159ZE184226B<<<<<10"],
            "ANNA MARIA",
            "ERIKSSON",
            "DEU",
            (1974, 8, 12),
        );
        check(
            &["I<FRAD231458907<<<<<<<<<<<<<<<", "7408122F1204159FRA<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"],
            "ANNA MARIA",
            "ERIKSSON",
            "FRA",
            (1974, 8, 12),
        );
        check(&["I<FRAERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907FRA7408122F1204159<<<<<<<6"], "ANNA MARIA", "ERIKSSON", "FRA", (1974, 8, 12));
    }

    #[test]
    fn the_old_french_card_is_read() {
        check(&["IDFRABERTHIER<<<<<<<<<<<<<<<<<<<923024", "8806923102858CORINNE<<<<<<<6512068F6"], "CORINNE", "BERTHIER", "FRA", (1965, 12, 6));
    }

    #[test]
    fn a_wrong_check_digit_is_never_checked() {
        let lines = vec!["P<DEUERIKSSON<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<<".to_owned(), "L898902C36D<<7408123F1204159ZE184226B<<<<<10".to_owned()];
        assert!(find(&lines, 2024).is_none_or(|read| !read.checked));
    }
}
