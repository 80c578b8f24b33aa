//! Amounts and dates as statement files write them. Integer arithmetic only; what is not exact is refused, not rounded.

use chrono::{Datelike, NaiveDate};

use crate::domain::money::Cents;

/// `digits` with `decimals` of them after the point, in hundredths. `None` when the amount is finer than a cent or too large.
pub fn scaled(digits: i64, decimals: u32) -> Option<Cents> {
    match decimals {
        0..=2 => digits.checked_mul(10i64.pow(2 - decimals)).map(Cents),
        3..=9 => {
            let divisor = 10i64.pow(decimals - 2);
            (digits % divisor == 0).then_some(Cents(digits / divisor))
        }
        _ => None,
    }
}

/// An ISO 20022 decimal: a point, up to five decimals of which only zeros past the second, no sign expected but one tolerated.
pub fn iso_decimal(text: &str) -> Option<Cents> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    unsigned(whole, fraction).map(|cents| Cents(if negative { -cents } else { cents }))
}

/// A SWIFT amount: the comma is the decimal mark and `12,` is legal; a point is tolerated in its place, and no mark at all.
pub fn swift_decimal(text: &str) -> Option<Cents> {
    let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, ""));
    unsigned(whole, fraction).map(Cents)
}

/// An amount as a person or a spreadsheet writes it: `1 234,56`, `1.234,56`, `1,234.56`, `+60,00`, `-60.00`, `60,00-`, `(60,00)`, `60 €`, `60,00 EUR`.
///
/// With one separator and three digits after it (`1,234`) the amount is ambiguous and is refused.
pub fn written(text: &str) -> Option<Cents> {
    let mut kept: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '€' | '\'' | '’' | '"')).collect();
    for currency in ["EUR", "eur", "Eur"] {
        kept = kept.replace(currency, "");
    }
    kept = kept.replace(['−', '–'], "-");
    let mut negative = false;
    if let Some(inner) = kept.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        negative = true;
        kept = inner.to_owned();
    }
    if let Some(rest) = kept.strip_prefix('-').or_else(|| kept.strip_suffix('-')) {
        negative = !negative;
        kept = rest.to_owned();
    } else if let Some(rest) = kept.strip_prefix('+').or_else(|| kept.strip_suffix('+')) {
        kept = rest.to_owned();
    }
    let mark = kept.rfind([',', '.']);
    let cents = match mark {
        None => unsigned(&kept, "")?,
        Some(position) => {
            let (whole, fraction) = kept.split_at_checked(position)?;
            let fraction = fraction.get(1..)?;
            let separators = whole.contains([',', '.']);
            if fraction.len() == 3 && separators {
                // `1.234.567`: thousands only.
                unsigned(&kept.replace([',', '.'], ""), "")?
            } else if fraction.len() == 3 {
                return None;
            } else {
                unsigned(&whole.replace([',', '.'], ""), fraction)?
            }
        }
    };
    Some(Cents(if negative { -cents } else { cents }))
}

fn unsigned(whole: &str, fraction: &str) -> Option<i64> {
    // Banks fill fixed fields with zeros.
    let whole = match whole.trim_start_matches('0') {
        "" if !whole.is_empty() => "0",
        shorter => shorter,
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) || whole.len() > 15 || fraction.len() > 9 {
        return None;
    }
    let kept = fraction.trim_end_matches('0');
    if kept.len() > 2 {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let hundredths: i64 = format!("{kept:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(hundredths)
}

/// A civil date, where banks that count thirty days a month may write the 30th of February: the month's last day is meant.
pub fn lenient_date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day).or_else(|| {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        (29..=31).contains(&day).then(|| first.checked_add_months(chrono::Months::new(1)).and_then(|next| next.pred_opt())).flatten()
    })
}

/// Two digits of a year: all statements are of this century.
pub fn full_year(two_digits: u32) -> i32 {
    2000 + i32::try_from(two_digits % 100).unwrap_or(0)
}

/// A date in a table: `13/11/2023`, `13/11/23`, `13.11.2023`, `13-11-2023`, `2023-11-13`, `20231113`, each perhaps with a time behind it.
pub fn written_date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let date = text.split([' ', 'T']).next()?;
    let parts: Vec<&str> = date.split(['/', '.', '-']).collect();
    let numbers: Option<Vec<u32>> = parts.iter().map(|part| part.parse().ok()).collect();
    match (numbers?.as_slice(), parts.first().map(|part| part.len())) {
        ([year, month, day], Some(4)) => lenient_date(i32::try_from(*year).ok()?, *month, *day),
        ([day, month, year], _) if *year < 100 => lenient_date(full_year(*year), *month, *day),
        ([day, month, year], _) => lenient_date(i32::try_from(*year).ok()?, *month, *day),
        ([packed], Some(8)) => lenient_date(i32::try_from(packed / 10_000).ok()?, packed / 100 % 100, packed % 100),
        _ => None,
    }
    .filter(|date| (1990..2100).contains(&date.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_amounts() {
        for (text, cents) in [
            ("60,00", Some(6000)),
            ("+60,00", Some(6000)),
            ("60.00", Some(6000)),
            ("60", Some(6000)),
            ("1\u{202f}234,56", Some(123_456)),
            ("1 234,5", Some(123_450)),
            ("1.234,56", Some(123_456)),
            ("1,234.56", Some(123_456)),
            ("1.234.567", Some(123_456_700)),
            ("-246,66", Some(-24_666)),
            ("246,66-", Some(-24_666)),
            ("(12,00)", Some(-1200)),
            ("263 858,24 EUR", Some(26_385_824)),
            ("1,234", None),
            ("douze", None),
            ("", None),
        ] {
            assert_eq!(written(text), cents.map(Cents), "{text}");
        }
    }

    #[test]
    fn exact_decimals_only() {
        assert_eq!(iso_decimal("60.00000"), Some(Cents(6000)));
        assert_eq!(iso_decimal("60.001"), None);
        assert_eq!(swift_decimal("12,"), Some(Cents(1200)));
        assert_eq!(swift_decimal("0000000000000060,00"), Some(Cents(6000)));
        assert_eq!(scaled(7200, 0), Some(Cents(720_000)));
        assert_eq!(scaled(60_005, 3), None);
    }

    #[test]
    fn dates_as_tables_write_them() {
        let expected = NaiveDate::from_ymd_opt(2023, 11, 13);
        for text in ["13/11/2023", "13/11/23", "13.11.2023", "2023-11-13", "20231113", "2023-11-13T10:00:00", "13/11/2023 10:00"] {
            assert_eq!(written_date(text), expected, "{text}");
        }
        assert_eq!(written_date("12"), None);
        assert_eq!(lenient_date(2023, 2, 30), NaiveDate::from_ymd_opt(2023, 2, 28));
    }
}
