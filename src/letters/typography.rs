//! The small print of typesetting: non-breaking spaces, grouped numbers, widths, and harmless names.
//!
//! What candidates wrote themselves (names, file names) is printed as they wrote it, save for control characters and for the invisible
//! characters that turn the direction of a line. It can never become markup: see [`shield`].

/// Non-breaking space, before `: ; ? !` and inside quotation marks and numbers.
pub const NO_BREAK: char = '\u{a0}';

/// First code point of the private range in which shielded ASCII characters travel through the templates.
const SHIELD_BASE: u32 = 0xE000;

/// French spacing of a text written with ordinary spaces: before `: ; ? ! % €` and inside « ».
pub fn french_spaces(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    let mut previous = '\n';
    while let Some(character) = characters.next() {
        let narrow = character == ' '
            && (previous == '«' || (!matches!(previous, '\n' | '|') && matches!(characters.peek(), Some(':' | ';' | '?' | '!' | '%' | '€' | '»'))));
        let written = if narrow { NO_BREAK } else { character };
        spaced.push(written);
        previous = written;
    }
    spaced
}

/// Groups of `size` characters, joined by ordinary spaces: an IBAN or a creditor reference as people copy it.
pub fn grouped(compact: &str, size: usize) -> String {
    let mut text = String::new();
    for (position, character) in compact.chars().filter(|character| !character.is_whitespace()).enumerate() {
        if position > 0 && position.is_multiple_of(size.max(1)) {
            text.push(' ');
        }
        text.push(character);
    }
    text
}

/// A name from outside, fit for a line of a letter: no control characters, no invisible marks of direction, no runs of white space,
/// at most `length_max` characters (the middle is left out, since the ending of a file name says what it is). A name written from right to
/// left is isolated, so that it does not turn the sentence around it.
pub fn printable(name: &str, length_max: usize) -> String {
    let cleaned: String = name.chars().map(|character| if is_hidden(character) || character.is_whitespace() { ' ' } else { character }).collect();
    let words: Vec<&str> = cleaned.split_whitespace().collect();
    let shortened = shorten(&words.join(" "), length_max);
    if shortened.chars().any(is_right_to_left) { format!("\u{2068}{shortened}\u{2069}") } else { shortened }
}

fn shorten(name: &str, length_max: usize) -> String {
    let length = name.chars().count();
    if length <= length_max || length_max < 12 {
        return name.to_owned();
    }
    let head: String = name.chars().take(length_max - 9).collect();
    let tail: String = name.chars().skip(length - 8).collect();
    format!("{}…{}", head.trim_end(), tail.trim_start())
}

/// Characters that change what is shown without being shown: controls, bidirectional overrides, zero-width marks, our own private range.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}' | '\u{fff9}'..='\u{fffb}')
}

fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

/// Hides in a value every character that the letters' markup would understand, until [`unshield`].
pub fn shield(value: &str) -> String {
    let mut shielded = String::with_capacity(value.len());
    for (position, character) in value.chars().enumerate() {
        let everywhere = matches!(character, ' ' | '*' | '<' | '>' | '|');
        let at_the_start = position == 0 && (matches!(character, '#' | '-' | '!' | '/' | '~' | '[') || character.is_ascii_digit());
        let written = match character {
            '\n' | '\r' | '\t' => char::from_u32(SHIELD_BASE + u32::from(' ')),
            _ if everywhere || at_the_start => char::from_u32(SHIELD_BASE + u32::from(character)),
            _ => Some(character),
        };
        shielded.extend(written);
    }
    shielded
}

/// Gives back what [`shield`] hid.
pub fn unshield(text: &str) -> String {
    text.chars()
        .map(|character| match u32::from(character).checked_sub(SHIELD_BASE) {
            Some(hidden) if hidden < 128 => char::from_u32(hidden).unwrap_or(character),
            _ => character,
        })
        .collect()
}

/// The columns a text takes in a fixed-width font: ideographs take two, combining and invisible marks none.
pub fn columns(text: &str) -> usize {
    text.chars()
        .map(|character| match u32::from(character) {
            0x300..=0x36f | 0x610..=0x61a | 0x64b..=0x65f | 0x200b..=0x200f | 0x2060..=0x206f | 0xfe00..=0xfe0f => 0,
            0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0x1f300..=0x1faff => 2,
            _ => 1,
        })
        .sum()
}

/// The first letter as a capital.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_spaces_do_not_break() {
        for (typed, expected) in [
            ("Objet : vu ?", "Objet\u{a0}: vu\u{a0}?"),
            ("« a » ; b", "«\u{a0}a\u{a0}»\u{a0}; b"),
            ("https://x.fr/?a", "https://x.fr/?a"),
            ("| : b", "| : b"),
        ] {
            assert_eq!(french_spaces(typed), expected);
        }
    }

    #[test]
    fn numbers_people_copy_are_grouped() {
        assert_eq!(grouped("RF24MS24K7QX2D", 4), "RF24 MS24 K7QX 2D");
        assert_eq!(grouped("FR76 1007", 4), "FR76 1007");
    }

    #[test]
    fn a_hostile_name_is_only_a_name() {
        assert_eq!(printable("cv\r\nBcc: x\u{202e}fdp.exe", 80), "cv Bcc: x fdp.exe");
        assert_eq!(printable("شهادة.pdf", 80), "\u{2068}شهادة.pdf\u{2069}");
        assert_eq!(printable("a very long name of a document indeed.pdf", 24), "a very long nam…deed.pdf");
        assert_eq!(unshield(&shield("# **a** | <b>")), "# **a** | <b>");
        assert!(!shield("1. x").starts_with('1'));
    }
}
