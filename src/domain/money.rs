//! Money: integer cents, never a float.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in euro cents, signed: credits are positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// As the French write it: `60,00 €`, with non-breaking spaces (U+202F in the thousands, U+00A0 before the sign).
    pub fn french(self) -> String {
        format!("{}{},{:02}\u{a0}€", self.sign(), self.grouped("\u{202f}"), self.0.unsigned_abs() % 100)
    }

    /// As the English write it: `€60.00`.
    pub fn english(self) -> String {
        format!("{}€{}.{:02}", self.sign(), self.grouped(","), self.0.unsigned_abs() % 100)
    }

    fn sign(self) -> &'static str {
        if self.0 < 0 { "−" } else { "" }
    }

    fn grouped(self, separator: &str) -> String {
        let digits = (self.0.unsigned_abs() / 100).to_string();
        let mut grouped = String::new();
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                grouped.push_str(separator);
            }
            grouped.push(digit);
        }
        grouped
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}.{:02}", if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::Cents;

    #[test]
    fn amounts_are_written_as_each_language_writes_them() {
        assert_eq!(Cents(6000).french(), "60,00\u{a0}€");
        assert_eq!(Cents(1_250_005).french(), "12\u{202f}500,05\u{a0}€");
        assert_eq!(Cents(6000).english(), "€60.00");
        assert_eq!(Cents(-250).to_string(), "-2.50");
    }
}
