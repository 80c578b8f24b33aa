//! Languages, by their ISO 639-1 codes.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A language as its two lower-case ISO 639-1 letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language([u8; 2]);

impl Language {
    pub const FRENCH: Language = Language(*b"fr");
    pub const ENGLISH: Language = Language(*b"en");

    /// Parses two lower-case ASCII letters; anything else is no language.
    pub fn parse(code: &str) -> Option<Language> {
        match code.as_bytes() {
            [a, b] if a.is_ascii_lowercase() && b.is_ascii_lowercase() => Some(Language([*a, *b])),
            _ => None,
        }
    }

    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("und")
    }

    /// Whether the school reads it without a translation (French or English; Latin diplomas are left alone too).
    pub fn is_read_by_the_school(self) -> bool {
        self == Language::FRENCH || self == Language::ENGLISH || self.0 == *b"la"
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Language::parse(&code).ok_or_else(|| serde::de::Error::custom("not an ISO 639-1 code"))
    }
}
