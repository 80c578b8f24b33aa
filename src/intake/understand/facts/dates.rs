//! Dates as documents of many countries print them: numeric, with month names, Chinese, with Arabic digits.
//!
//! Numeric dates are read day first (every country of our candidates but the United States), unless only month first makes sense.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};

use crate::folding;

/// How much of a date is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Day(NaiveDate),
    /// Year and month.
    Month(i32, u32),
    Year(i32),
}

impl Moment {
    /// The first day it can mean.
    pub fn first_day(self) -> Option<NaiveDate> {
        match self {
            Moment::Day(day) => Some(day),
            Moment::Month(year, month) => NaiveDate::from_ymd_opt(year, month, 1),
            Moment::Year(year) => NaiveDate::from_ymd_opt(year, 1, 1),
        }
    }

    /// The last day it can mean.
    pub fn last_day(self) -> Option<NaiveDate> {
        match self {
            Moment::Day(day) => Some(day),
            Moment::Month(year, 12) => NaiveDate::from_ymd_opt(year, 12, 31),
            Moment::Month(year, month) => NaiveDate::from_ymd_opt(year, month + 1, 1).and_then(|day| day.pred_opt()),
            Moment::Year(year) => NaiveDate::from_ymd_opt(year, 12, 31),
        }
    }

    pub fn year(self) -> i32 {
        match self {
            Moment::Day(day) => day.year(),
            Moment::Month(year, _) | Moment::Year(year) => year,
        }
    }
}

/// A piece of text: a number, a folded word, or a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Number { value: u32, digits: usize },
    Word(String),
    Sign(char),
    NewLine,
}

impl Token {
    fn number(&self) -> Option<(u32, usize)> {
        match self {
            Token::Number { value, digits } => Some((*value, *digits)),
            _ => None,
        }
    }

    /// The folded word, if it is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// A date found, and which tokens `start..end` it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub moment: Moment,
    pub start: usize,
    pub end: usize,
}

/// Cuts a text into tokens. Latin words are folded; ideographs stand alone; other scripts are transliterated by folding.
pub fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if let Some(first) = digit(letter) {
            let (mut value, mut digits) = (first, 1_usize);
            while let Some(next) = letters.peek().copied().and_then(digit) {
                letters.next();
                value = value.saturating_mul(10).saturating_add(next);
                digits += 1;
            }
            tokens.push(Token::Number { value, digits });
        } else if letter == '\n' {
            tokens.push(Token::NewLine);
        } else if is_ideograph(letter) {
            tokens.push(Token::Sign(letter));
        } else if letter.is_alphabetic() {
            let mut word = String::from(letter);
            while let Some(next) = letters.peek().copied().filter(|next| (next.is_alphabetic() && !is_ideograph(*next)) || is_mark(*next)) {
                letters.next();
                if next != DEVANAGARI_VIRAMA {
                    word.push(next);
                }
            }
            tokens.push(Token::Word(folding::fold(&word)));
        } else if !letter.is_whitespace() {
            tokens.push(Token::Sign(letter));
        }
    }
    tokens
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | DEVANAGARI_VIRAMA | '\'' | '’')
}

/// Joins two consonants; folding takes it for the end of a word.
const DEVANAGARI_VIRAMA: char = '\u{94d}';

fn digit(letter: char) -> Option<u32> {
    match letter {
        '٠'..='٩' => Some(u32::from(letter) - u32::from('٠')),
        '۰'..='۹' => Some(u32::from(letter) - u32::from('۰')),
        _ => letter.to_digit(10),
    }
}

/// Every date in a text, in order, without overlaps.
pub fn find(text: &str) -> Vec<Found> {
    find_in(&tokenize(text))
}

/// Every date in tokens.
pub fn find_in(tokens: &[Token]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < tokens.len() {
        let rest = tokens.get(start..).unwrap_or_default();
        match date_at(rest) {
            Some((moment, length)) => {
                found.push(Found { moment, start, end: start + length });
                start += length;
            }
            None => start += 1,
        }
    }
    found
}

/// The first full date of a text.
pub fn first_day(text: &str) -> Option<NaiveDate> {
    find(text).into_iter().find_map(|found| match found.moment {
        Moment::Day(day) => Some(day),
        _ => None,
    })
}

/// The date that begins at the first token, and how many tokens it takes.
fn date_at(tokens: &[Token]) -> Option<(Moment, usize)> {
    chinese(tokens)
        .or_else(|| numeric(tokens))
        .or_else(|| year_first_words(tokens))
        .or_else(|| day_first_words(tokens))
        .or_else(|| month_first_words(tokens))
        .or_else(|| month_and_year(tokens))
        .or_else(|| lone_year(tokens))
}

fn chinese(tokens: &[Token]) -> Option<(Moment, usize)> {
    let (year, 4) = tokens.first()?.number()? else { return None };
    let year = plausible_year(year)?;
    if !matches!(tokens.get(1)?, Token::Sign('年' | '년')) {
        return None;
    }
    let Some((month, _)) = tokens.get(2).and_then(Token::number).filter(|_| matches!(tokens.get(3), Some(Token::Sign('月' | '월')))) else {
        return Some((Moment::Year(year), 2));
    };
    match tokens.get(4).and_then(Token::number).filter(|_| matches!(tokens.get(5), Some(Token::Sign('日' | '일' | '号')))) {
        Some((day, _)) => Some((Moment::Day(NaiveDate::from_ymd_opt(year, month, day)?), 6)),
        None => (1..=12).contains(&month).then_some((Moment::Month(year, month), 4)),
    }
}

fn is_joint(token: Option<&Token>) -> bool {
    matches!(token, Some(Token::Sign('/' | '.' | '-' | '‐' | '‑' | '–' | '\\' | '|')))
}

fn numeric(tokens: &[Token]) -> Option<(Moment, usize)> {
    let (first, first_digits) = tokens.first()?.number()?;
    let joined = is_joint(tokens.get(1));
    let (second, second_digits) = tokens.get(if joined { 2 } else { 1 })?.number()?;
    if second_digits > 2 && !(joined && second_digits == 4) {
        return None;
    }
    // "10/2018" and "2018-10": a month and its year, unless a day follows.
    let day_follows = is_joint(tokens.get(3)) && matches!(tokens.get(4), Some(Token::Number { digits: 1 | 2, .. }));
    if joined {
        let month_year = match (first_digits, second_digits) {
            (1 | 2, 4) => Some((first, second)),
            (4, 1 | 2) if !day_follows => Some((second, first)),
            _ => None,
        };
        if let Some((month, year)) = month_year.filter(|(month, _)| (1..=12).contains(month)) {
            return Some((Moment::Month(plausible_year(year)?, month), 3));
        }
    }
    let third_at = if joined { 4 } else { 2 };
    if joined != is_joint(tokens.get(3)) && joined {
        return None;
    }
    let (third, third_digits) = tokens.get(third_at)?.number()?;
    let (year, month, day) = match (first_digits, second_digits, third_digits) {
        (4, 1 | 2, 1 | 2) => (first, second, third),
        (1 | 2, 1 | 2, 4) => (third, second, first),
        (2, 2, 2) if joined => (if third <= 40 { 2000 + third } else { 1900 + third }, second, first),
        _ => return None,
    };
    // Without joints only the spaced form of identity cards (`05 09 1999`) is a date.
    let spaced = first_digits == 2 && second_digits == 2;
    if !joined && !spaced {
        return None;
    }
    let year = plausible_year(year)?;
    let date = NaiveDate::from_ymd_opt(year, month, day).or_else(|| NaiveDate::from_ymd_opt(year, day, month))?;
    Some((Moment::Day(date), third_at + 1))
}

/// `1er mars 2000`, `21. April 1992`, `6th of June, 1998`, `1 de marzo de 2000`, `ngày 21 tháng 4 năm 1992`, `22 SEP/SEPT 1999`.
fn day_first_words(tokens: &[Token]) -> Option<(Moment, usize)> {
    let (day, 1 | 2) = tokens.first()?.number()? else { return None };
    let mut at = skip(tokens, 1);
    let month = match tokens.get(at)? {
        Token::Word(word) => month_named(word)?,
        Token::Number { value, digits: 1 | 2 } if matches!(tokens.get(at.checked_sub(1)?), Some(Token::Word(word)) if word == "THANG") => *value,
        _ => return None,
    };
    at += 1;
    // Passports print the month in two languages: `SEP/SEPT`.
    if matches!(tokens.get(at), Some(Token::Sign('/'))) && tokens.get(at + 1).and_then(Token::word).and_then(month_named) == Some(month) {
        at += 2;
    }
    at = skip(tokens, at);
    let (year, digits) = tokens.get(at)?.number()?;
    let year = match digits {
        4 => plausible_year(year)?,
        2 => plausible_year(if year <= 40 { 2000 + year } else { 1900 + year })?,
        _ => return None,
    };
    Some((Moment::Day(NaiveDate::from_ymd_opt(year, month, day)?), at + 1))
}

/// `September 22, 2022`, `June 6th 1998`.
fn month_first_words(tokens: &[Token]) -> Option<(Moment, usize)> {
    let month = month_named(tokens.first()?.word()?)?;
    let at = skip(tokens, 1);
    let (day, 1 | 2) = tokens.get(at)?.number()? else { return None };
    let at = skip(tokens, at + 1);
    let (year, 4) = tokens.get(at)?.number()? else { return None };
    Some((Moment::Day(NaiveDate::from_ymd_opt(plausible_year(year)?, month, day)?), at + 1))
}

/// `2021. június 15.`, `2021 m. birželio 15 d.`: the order of Hungary and the Baltic.
fn year_first_words(tokens: &[Token]) -> Option<(Moment, usize)> {
    let (year, 4) = tokens.first()?.number()? else { return None };
    let after_year = match tokens.get(1..3)? {
        [Token::Sign('.'), Token::Word(word)] if word == "M" => 3,
        [Token::Word(word), Token::Sign('.')] if matches!(word.as_str(), "M" | "G") => 3,
        [Token::Sign('.' | ','), _] => 2,
        _ => 1,
    };
    let month = month_named(tokens.get(after_year)?.word()?)?;
    let (day, 1 | 2) = tokens.get(after_year + 1)?.number()? else { return None };
    // "2018, mars 20 personnes" is no date of 2018: the day is followed by a stop or by nothing.
    let closed = match tokens.get(after_year + 2) {
        None | Some(Token::Sign('.' | ',') | Token::NewLine) => true,
        Some(Token::Word(word)) => matches!(word.as_str(), "D" | "AN" | "EN" | "N" | "DIENA"),
        Some(_) => false,
    };
    closed.then_some((Moment::Day(NaiveDate::from_ymd_opt(plausible_year(year)?, month, day)?), after_year + 2))
}

fn month_and_year(tokens: &[Token]) -> Option<(Moment, usize)> {
    let month = month_named(tokens.first()?.word()?)?;
    let at = skip(tokens, 1);
    let (year, 4) = tokens.get(at)?.number()? else { return None };
    Some((Moment::Month(plausible_year(year)?, month), at + 1))
}

fn lone_year(tokens: &[Token]) -> Option<(Moment, usize)> {
    let (year, 4) = tokens.first()?.number()? else { return None };
    Some((Moment::Year(plausible_year(year)?), 1))
}

/// Passes over ordinals, particles and stops between the parts of a date, on one line or over a wrapped one.
fn skip(tokens: &[Token], from: usize) -> usize {
    let small = |token: &Token| match token {
        Token::Sign(sign) => matches!(sign, '.' | ',' | '-' | '°' | 'º' | 'ª'),
        Token::NewLine => true,
        Token::Word(word) => {
            matches!(
                word.as_str(),
                "ER" | "ST" | "ND" | "RD" | "TH" | "OF" | "DE" | "DEL" | "DI" | "DO" | "THE" | "THANG" | "NAM" | "E" | "EME" | "YNA"
            )
        }
        Token::Number { .. } => false,
    };
    let passed = tokens.get(from..).unwrap_or_default().iter().take(3).take_while(|token| small(token)).count();
    from + passed
}

fn plausible_year(year: u32) -> Option<i32> {
    i32::try_from(year).ok().filter(|year| (1930..=2060).contains(year))
}

/// Month names by the folded beginnings that tell them from other words.
#[rustfmt::skip]
const MONTHS: &[(&str, u32)] = &[
    ("JANVIER", 1), ("JANUARY", 1), ("JANV", 1), ("JAN", 1), ("JANUAR", 1), ("JANNER", 1), ("ENERO", 1), ("GENNAIO", 1), ("JANEIRO", 1),
    ("OCAK", 1), ("IANUARIE", 1), ("STYCZNIA", 1), ("FEVRIER", 2), ("FEBRUARY", 2), ("FEVR", 2), ("FEB", 2), ("FEV", 2), ("FEBRUAR", 2),
    ("FEBRERO", 2), ("FEBBRAIO", 2), ("FEVEREIRO", 2), ("SUBAT", 2), ("FEBRUARIE", 2), ("LUTEGO", 2), ("MARS", 3), ("MARCH", 3), ("MAR", 3),
    ("MARZ", 3), ("MAERZ", 3), ("MARZO", 3), ("MARCO", 3), ("MART", 3), ("MARTIE", 3), ("MARCA", 3), ("AVRIL", 4), ("APRIL", 4), ("AVR", 4),
    ("APR", 4), ("ABRIL", 4), ("APRILE", 4), ("NISAN", 4), ("APRILIE", 4), ("KWIETNIA", 4), ("MAI", 5), ("MAJ", 5), ("MEI", 5), ("JUNA", 6), ("JULA", 7), ("ZARI", 9), ("MAY", 5), ("MAYO", 5),
    ("MAGGIO", 5), ("MAIO", 5), ("MAYIS", 5), ("MAJA", 5), ("JUIN", 6), ("JUNE", 6), ("JUN", 6), ("JUNI", 6), ("JUNIO", 6), ("GIUGNO", 6),
    ("JUNHO", 6), ("HAZIRAN", 6), ("IUNIE", 6), ("CZERWCA", 6), ("JUILLET", 7), ("JULY", 7), ("JUIL", 7), ("JUL", 7), ("JULI", 7),
    ("JULIO", 7), ("LUGLIO", 7), ("JULHO", 7), ("TEMMUZ", 7), ("IULIE", 7), ("LIPCA", 7), ("AOUT", 8), ("AUGUST", 8), ("AUG", 8),
    ("AGOSTO", 8), ("AGUSTOS", 8), ("SIERPNIA", 8), ("SEPTEMBRE", 9), ("SEPTEMBER", 9), ("SEPT", 9), ("SEP", 9), ("SETTEMBRE", 9),
    ("EYLUL", 9), ("OCTOBRE", 10), ("OCTOBER", 10), ("OCT", 10), ("OKTOBER", 10), ("OTTOBRE", 10), ("EKIM", 10), ("NOVEMBRE", 11),
    ("NOV", 11), ("KASIM", 11), ("DECEMBRE", 12), ("DEC", 12), ("DEZEMBER", 12), ("DICIEMBRE", 12), ("ARALIK", 12),
];

/// Names of four letters or more that are enough by their beginning (case endings of Slavic languages, rarer spellings), folded.
#[rustfmt::skip]
const MONTH_STEMS: &[(&str, u32)] = &[
    ("IANVAR", 1), ("FEVRAL", 2), ("APREL", 4), ("IIUN", 6), ("IIUL", 7), ("AVGUST", 8), ("SENTIABR", 9), ("OKTIABR", 10), ("NOIABR", 11),
    ("DEKABR", 12), ("SEPTIEMBRE", 9), ("SETEMBRO", 9), ("OCTUBRE", 10), ("OUTUBRO", 10), ("NOVIEMBRE", 11), ("NOVEMBER", 11),
    ("NOVEMBRO", 11), ("DECEMBER", 12), ("DICEMBRE", 12), ("DEZEMBRO", 12), ("WRZESNIA", 9), ("PAZDZIERNIKA", 10), ("LISTOPADA", 11),
    ("GRUDNIA", 12), ("STYCZEN", 1), ("SEPTEMBRIE", 9), ("OCTOMBRIE", 10), ("NOIEMBRIE", 11), ("DECEMBRIE", 12), ("AUGUSTUS", 8),
    ("JANUARI", 1), ("FEBRUARI", 2), ("MAART", 3), ("MARTA", 3),
    // Czech, Slovak, Croatian, Hungarian, the North, Lithuanian, Latvian, Indonesian, Catalan.
    ("LEDNA", 1), ("UNORA", 2), ("BREZNA", 3), ("DUBNA", 4), ("KVETNA", 5), ("CERVNA", 6), ("CERVENCE", 7), ("SRPNA", 8), ("RIJNA", 10), ("LISTOPADU", 11), ("PROSINCE", 12),
    ("JANUARA", 1), ("FEBRUARA", 2), ("APRILA", 4), ("AUGUSTA", 8), ("SEPTEMBRA", 9), ("OKTOBRA", 10), ("NOVEMBRA", 11), ("DECEMBRA", 12),
    ("SIJECNJA", 1), ("VELJACE", 2), ("OZUJKA", 3), ("TRAVNJA", 4), ("SVIBNJA", 5), ("LIPNJA", 6), ("SRPNJA", 7), ("KOLOVOZA", 8), ("RUJNA", 9), ("STUDENOG", 11), ("PROSINCA", 12),
    ("MARCIUS", 3), ("APRILIS", 4), ("MAJUS", 5), ("JUNIUS", 6), ("JULIUS", 7), ("AUGUSZTUS", 8), ("SZEPTEMBER", 9),
    ("AUGUSTI", 8), ("TAMMIKUU", 1), ("HELMIKUU", 2), ("MAALISKUU", 3), ("HUHTIKUU", 4), ("TOUKOKUU", 5), ("KESAKUU", 6), ("HEINAKUU", 7), ("ELOKUU", 8), ("SYYSKUU", 9), ("LOKAKUU", 10), ("MARRASKUU", 11), ("JOULUKUU", 12),
    ("SAUSIO", 1), ("VASARIO", 2), ("BALANDZIO", 4), ("GEGUZES", 5), ("BIRZELIO", 6), ("LIEPOS", 7), ("RUGPJUCIO", 8), ("RUGSEJO", 9), ("SPALIO", 10), ("LAPKRICIO", 11), ("GRUODZIO", 12),
    ("MARET", 3), ("AGUSTUS", 8), ("DESEMBER", 12), ("FEBRER", 2), ("JULIOL", 7), ("DESEMBRE", 12),
];

/// Month names of other scripts. What [`folding::fold`] makes of them is good only for comparing, so they are folded here too.
#[rustfmt::skip]
const NATIVE_MONTHS: [&[&str]; 12] = [
    &["يناير", "جانفي", "كانون الثاني", "січня", "ιανουαρίου", "януари", "јануара", "जनवरी", "იანვარი", "มกราคม", "қаңтар"],
    &["فبراير", "فيفري", "شباط", "лютого", "φεβρουαρίου", "февруари", "фебруара", "फरवरी", "თებერვალი", "กุมภาพันธ์", "ақпан"],
    &["مارس", "آذار", "березня", "μαρτίου", "март", "марта", "मार्च", "მარტი", "มีนาคม", "наурыз"],
    &["أبريل", "أفريل", "نيسان", "квітня", "απριλίου", "април", "априла", "अप्रैल", "აპრილი", "เมษายน", "сәуір"],
    &["ماي", "مايو", "أيار", "травня", "μαΐου", "май", "маја", "मई", "მაისი", "พฤษภาคม", "мамыр"],
    &["يونيو", "جوان", "حزيران", "червня", "ιουνίου", "юни", "јуна", "जून", "ივნისი", "มิถุนายน", "маусым"],
    &["يوليو", "جويلية", "يوليوز", "تموز", "липня", "ιουλίου", "юли", "јула", "जुलाई", "ივლისი", "กรกฎาคม", "шілде"],
    &["أغسطس", "غشت", "أوت", "آب", "серпня", "αυγούστου", "август", "августа", "अगस्त", "აგვისტო", "สิงหาคม", "тамыз"],
    &["سبتمبر", "شتنبر", "أيلول", "вересня", "σεπτεμβρίου", "септември", "септембра", "सितंबर", "სექტემბერი", "กันยายน", "қыркүйек"],
    &["أكتوبر", "تشرين الأول", "жовтня", "οκτωβρίου", "октомври", "октобра", "अक्टूबर", "ოქტომბერი", "ตุลาคม", "қазан"],
    &["نوفمبر", "نونبر", "تشرين الثاني", "листопада", "νοεμβρίου", "ноември", "новембра", "नवंबर", "ნოემბერი", "พฤศจิกายน", "қараша"],
    &["ديسمبر", "دجنبر", "грудня", "δεκεμβρίου", "декември", "децембра", "दिसंबर", "დეკემბერი", "ธันวาคม", "желтоқсан"],
];

static FOLDED_NATIVE_MONTHS: LazyLock<BTreeMap<String, u32>> = LazyLock::new(|| {
    let named = (1_u32..)
        .zip(NATIVE_MONTHS)
        .flat_map(|(month, names)| names.iter().map(move |name| (folding::fold(&name.replace(DEVANAGARI_VIRAMA, "")), month)));
    // Names of two words are never one token, and very short foldings meet other words.
    named.filter(|(name, _)| name.len() >= 3 && !name.contains(' ')).collect()
});

/// The month a folded word names.
pub fn month_named(word: &str) -> Option<u32> {
    if word.len() < 3 || !word.is_ascii() {
        return None;
    }
    MONTHS
        .iter()
        .find(|(name, _)| *name == word)
        .or_else(|| MONTH_STEMS.iter().find(|(stem, _)| word.starts_with(stem)))
        .map(|(_, month)| *month)
        .or_else(|| FOLDED_NATIVE_MONTHS.get(word).copied())
        .or_else(|| (word == "MAIA" || word == "MAYA").then_some(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_many_spellings() {
        let expected = NaiveDate::from_ymd_opt(1999, 3, 4);
        for text in [
            "04/03/1999",
            "4.3.1999",
            "04-03-1999",
            "1999-03-04",
            "04 03 1999",
            "le 4 mars 1999 à Lille",
            "4th of March, 1999",
            "March 4, 1999",
            "4. März 1999",
            "4 de marzo de 1999",
            "4 marzo 1999",
            "1999年3月4日",
            "4 Mart 1999",
            "4 марта 1999 года",
            "ngày 4 tháng 3 năm 1999",
            "٠٤/٠٣/١٩٩٩",
            "04 MAR/MARS 1999",
            "4 mars\n1999",
            "1999. március 4.",
            "4. března 1999",
            "4. ožujka 1999.",
            "4 березня 1999 року",
            "4 Μαρτίου 1999",
            "4 март 1999 г.",
            "4 मार्च 1999",
            "4 Maret 1999",
            "4 آذار 1999",
            "03/14/1999 04/03/1999",
        ] {
            let found = find(text).last().map(|found| found.moment);
            assert_eq!(found, expected.map(Moment::Day), "{text}");
        }
        assert_eq!(first_day("1er avril 2001"), NaiveDate::from_ymd_opt(2001, 4, 1));
    }

    #[test]
    fn months_and_years_are_no_days() {
        for (text, expected) in [
            ("10/2018", Moment::Month(2018, 10)),
            ("2018-10", Moment::Month(2018, 10)),
            ("octobre 2018", Moment::Month(2018, 10)),
            ("Oct. 2018", Moment::Month(2018, 10)),
            ("2018年10月", Moment::Month(2018, 10)),
            ("en 2018", Moment::Year(2018)),
        ] {
            assert_eq!(find(text).first().map(|found| found.moment), Some(expected), "{text}");
        }
        assert!(find("02 23 45 67 89, 123456").is_empty());
    }
}
