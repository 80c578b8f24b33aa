//! Whether text out of a file is text: the quality gate before a text layer is believed.
//!
//! A PDF may show one thing and say another: fonts without a Unicode map, maps that are wrong, and the hidden layers that scanners
//! write with an OCR engine of their own. Judged by the shape of the words alone, so that it holds for every language and script.

/// The shape of a text.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TextShape {
    pub letters: usize,
    pub words: usize,
    /// Share of the characters that nothing maps to Unicode, or that no text holds (private use, controls), 0 to 1.
    pub unmapped: f32,
    /// Share of the words that no language writes (a digit or a sign between small letters), 0 to 1.
    pub odd: f32,
}

/// Looks at a text.
pub fn shape(text: &str) -> TextShape {
    let (mut letters, mut visible, mut unmapped) = (0_usize, 0_usize, 0_usize);
    for character in text.chars().filter(|character| !character.is_whitespace()) {
        visible += 1;
        letters += usize::from(character.is_alphabetic());
        unmapped += usize::from(is_no_text(character));
    }
    let (mut words, mut odd) = (0_usize, 0_usize);
    for word in text.split_whitespace() {
        let length = word.chars().filter(|character| character.is_alphanumeric()).count();
        if length < 2 || looks_like_address(word) || is_machine_readable(word) {
            continue;
        }
        words += 1;
        odd += usize::from(is_odd(word));
    }
    TextShape { letters, words, unmapped: ratio(unmapped, visible), odd: ratio(odd, words) }
}

impl TextShape {
    /// How far such a text layer can be trusted, 0 to 1.
    pub fn quality(self) -> f32 {
        (1.0 - 4.0 * self.unmapped - 2.0 * (self.odd - 0.03).max(0.0)).clamp(0.0, 1.0)
    }

    /// Whether a layer that the author's program wrote is text.
    pub fn passes(self) -> bool {
        self.unmapped <= 0.08 && self.odd <= 0.35
    }

    /// Whether a layer hidden behind a scan is good enough to spare reading the picture again. Stricter, as such layers are guesses.
    pub fn passes_behind_a_scan(self) -> bool {
        self.words >= 12 && self.unmapped <= 0.01 && self.odd <= 0.015
    }
}

fn ratio(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

fn is_no_text(character: char) -> bool {
    matches!(character, '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' | '\u{80}'..='\u{9f}')
        || (character.is_control() && !character.is_whitespace())
}

fn looks_like_address(word: &str) -> bool {
    word.contains('@') || word.contains("://") || word.starts_with("www.") || word.contains(".com") || word.contains(".fr")
}

/// A line of a machine-readable zone (ICAO 9303) has its own alphabet.
fn is_machine_readable(word: &str) -> bool {
    word.matches('<').count() >= 2 && !word.chars().any(char::is_lowercase)
}

/// Letters and digits mixed within one word, or a sign in the middle of small letters: `5urnarne`, `QU,C`, `fran;ais`.
fn is_odd(word: &str) -> bool {
    let inner: Vec<char> = word.trim_matches(|character: char| !character.is_alphanumeric()).chars().collect();
    let mut oddities = 0_usize;
    for window in inner.windows(3) {
        let &[before, here, after] = window else { continue };
        let sign = !here.is_alphanumeric()
            && !matches!(
                here,
                '-' | '\'' | '’' | '.' | '/' | '&' | '‑' | '–' | '(' | ')' | '_' | '·' | ':' | '@' | '+' | '|' | '\u{ad}' | '\u{200c}' | '\u{200d}'
            )
            && !is_combining(here);
        oddities += usize::from(sign && before.is_lowercase() && after.is_alphabetic());
        oddities += usize::from(here.is_ascii_digit() && (before.is_lowercase() && after.is_lowercase()));
    }
    let starts_with_digit_in_word = matches!(inner.as_slice(), [first, second, third, ..] if first.is_ascii_digit() && second.is_lowercase() && third.is_lowercase())
        && !is_ordinal_or_measure(&inner);
    oddities += usize::from(starts_with_digit_in_word);
    oddities > 0
}

fn is_combining(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// `2ème`, `1re`, `3rd`, `20th`, `12km`: a number with its ending.
fn is_ordinal_or_measure(word: &[char]) -> bool {
    let ending: String = word.iter().filter(|character| character.is_alphabetic()).flat_map(|character| character.to_lowercase()).collect();
    let digits_inside = word.iter().skip_while(|character| character.is_ascii_digit()).any(|character| character.is_ascii_digit());
    !digits_inside && ending.chars().count() <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_told_from_text() {
        let table = [
            ("Je soussigné certifie que Mme Durand est inscrite en 2ème année, du 01/09/2023 au 31/08/2024 (5 000 €).", true),
            ("Je 5ou5signé, chef d'établis5ement, certifie que Mme est inscrífe cn 5econde année de concepfion 5ous le nurnéro", false),
            ("Диплом о высшем образовании выдан Иванову Ивану Ивановичу 12 июня 2019 года, город Самара, регистрационный номер 44", true),
        ];
        for (text, expected) in table {
            assert_eq!(shape(text).passes_behind_a_scan(), expected, "{text}: {:?}", shape(text));
        }
        assert!(!shape("\u{e001}\u{e002}\u{e003} \u{e004}\u{e001}").passes());
    }
}
