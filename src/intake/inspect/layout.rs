//! From glyphs on a page to lines as a person reads them.
//!
//! A PDF says where each glyph stands, not in which order to read them. Glyphs on one baseline make a line; a gap wider than a space
//! keeps at least two spaces, so that tables and columns stay visible; right-to-left lines, which come in visual order, are turned
//! into reading order.

use unicode_normalization::UnicodeNormalization;

/// A glyph with its place, in a system whose y grows downwards. The text runs along `direction` quarter turns.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedGlyph {
    pub text: String,
    /// Where the glyph begins and ends along the line, in points.
    pub start: f32,
    pub end: f32,
    /// The baseline across the lines, in points.
    pub baseline: f32,
    /// Font size in points.
    pub size: f32,
}

/// A gap of that many times the font size separates words.
const WORD_GAP: f32 = 0.16;
/// A gap of that many times the font size separates columns.
const COLUMN_GAP: f32 = 1.6;

struct Line {
    baseline: f32,
    size: f32,
    glyphs: Vec<PlacedGlyph>,
}

/// Assembles the text. Glyphs may come in any order.
pub fn assemble(mut glyphs: Vec<PlacedGlyph>) -> String {
    glyphs
        .retain(|glyph| glyph.start.is_finite() && glyph.end.is_finite() && glyph.baseline.is_finite() && glyph.size.is_finite() && glyph.size > 0.0);
    glyphs.sort_by(|left, right| left.baseline.total_cmp(&right.baseline));
    let mut lines = into_lines(glyphs);
    lines.sort_by(|left, right| left.baseline.total_cmp(&right.baseline));
    let mut text = String::new();
    let mut previous: Option<(f32, f32)> = None;
    for line in lines {
        let written = line_text(line.glyphs);
        let written = written.trim_end();
        if written.trim().is_empty() {
            continue;
        }
        if let Some((baseline, size)) = previous {
            text.push('\n');
            if line.baseline - baseline > 2.2 * size.max(line.size) {
                text.push('\n');
            }
        }
        text.push_str(written);
        previous = Some((line.baseline, line.size));
    }
    text
}

/// Groups glyphs, sorted by baseline, into lines. Small raised or lowered signs stay with their line.
fn into_lines(glyphs: Vec<PlacedGlyph>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for glyph in glyphs {
        let near =
            lines.iter_mut().rev().take(6).find(|line| (glyph.baseline - line.baseline).abs() <= 0.32 * line.size.min(glyph.size * 1.6).max(1.0));
        match near {
            Some(line) => {
                line.size = line.size.max(glyph.size);
                line.glyphs.push(glyph);
            }
            None => lines.push(Line { baseline: glyph.baseline, size: glyph.size, glyphs: vec![glyph] }),
        }
    }
    lines
}

fn line_text(mut glyphs: Vec<PlacedGlyph>) -> String {
    // A stable sort: glyphs at one place (accents) keep the order in which they were drawn.
    glyphs.sort_by(|left, right| left.start.total_cmp(&right.start));
    let mut pieces: Vec<String> = Vec::with_capacity(glyphs.len() + 8);
    let mut last: Option<&PlacedGlyph> = None;
    for glyph in &glyphs {
        if let Some(before) = last {
            let repeated = before.text == glyph.text && (glyph.start - before.start).abs() < 0.2 * glyph.size && glyph.text != " ";
            if repeated {
                // The same glyph drawn twice, a hair apart, is how some programs make bold type.
                continue;
            }
            let gap = (glyph.start - before.end) / before.size.max(glyph.size);
            if gap > COLUMN_GAP {
                pieces.push("  ".to_owned());
            } else if gap > WORD_GAP {
                pieces.push(" ".to_owned());
            }
        }
        pieces.push(glyph.text.clone());
        last = Some(glyph);
    }
    let ordered = into_reading_order(pieces);
    tidy(&ordered)
}

/// Collapses the spaces that glyphs and gaps wrote twice: runs of one space and a word gap become one, wider ones two.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut spaces = 0_usize;
    for character in text.nfc() {
        if character == ' ' || character == '\u{a0}' || character == '\t' {
            spaces += 1;
            continue;
        }
        match spaces {
            0 => {}
            1 | 2 if tidied.is_empty() => {}
            1 => tidied.push(' '),
            _ => tidied.push_str("  "),
        }
        spaces = 0;
        tidied.push(character);
    }
    tidied
}

/// Whether a character belongs to a script that runs from right to left (Hebrew, Arabic, Syriac, Thaana and their presentation forms).
pub fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}') && !is_arabic_digit(character)
}

fn is_arabic_digit(character: char) -> bool {
    matches!(character, '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    LeftToRight,
    RightToLeft,
    Neutral,
}

fn direction(piece: &str) -> Direction {
    let mut found = Direction::Neutral;
    for character in piece.chars() {
        if is_right_to_left(character) {
            return Direction::RightToLeft;
        }
        if character.is_alphanumeric() {
            found = Direction::LeftToRight;
        }
    }
    found
}

/// Turns pieces in visual order into reading order: the inverse, for one line, of what UAX #9 does for display.
fn into_reading_order(pieces: Vec<String>) -> String {
    let directions: Vec<Direction> = pieces.iter().map(|piece| direction(piece)).collect();
    let right_to_left = directions.iter().filter(|&&way| way == Direction::RightToLeft).count();
    if right_to_left == 0 {
        return pieces.concat();
    }
    // Digits run from left to right within lines of either kind, so only letters vote.
    let left_to_right = pieces.iter().filter(|piece| direction(piece) == Direction::LeftToRight && piece.chars().any(char::is_alphabetic)).count();
    let base = if right_to_left >= left_to_right { Direction::RightToLeft } else { Direction::LeftToRight };
    let mut items: Vec<(String, Direction)> = pieces.into_iter().zip(resolve_neutrals(&directions, base)).collect();
    if base == Direction::RightToLeft {
        items.reverse();
    }
    let mut ordered = String::new();
    let mut run: Vec<String> = Vec::new();
    for (piece, way) in items {
        if way == base {
            ordered.extend(run.drain(..).rev());
            ordered.push_str(&logical_form(&piece));
        } else {
            run.push(logical_form(&piece));
        }
    }
    ordered.extend(run.into_iter().rev());
    ordered
}

/// Gives each neutral piece (spaces, signs) the direction of its neighbours when they agree, else that of the line.
fn resolve_neutrals(directions: &[Direction], base: Direction) -> Vec<Direction> {
    let mut resolved = directions.to_vec();
    let mut before = base;
    for (position, slot) in resolved.iter_mut().enumerate() {
        if *slot != Direction::Neutral {
            before = *slot;
            continue;
        }
        let after = directions.iter().skip(position).copied().find(|&way| way != Direction::Neutral).unwrap_or(base);
        *slot = if before == after { before } else { base };
    }
    resolved
}

/// Presentation forms (the shapes of letters in their context) become the letters themselves.
fn logical_form(piece: &str) -> String {
    if piece.chars().any(|character| matches!(character, '\u{fb00}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')) {
        piece.nfkc().collect()
    } else {
        piece.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyphs(text: &str, x: f32, baseline: f32) -> Vec<PlacedGlyph> {
        let place = |(index, character): (usize, char)| {
            let start = x + index as f32 * 5.0;
            PlacedGlyph { text: character.to_string(), start, end: start + 5.0, baseline, size: 10.0 }
        };
        text.chars().enumerate().map(place).filter(|glyph| glyph.text != " ").collect()
    }

    #[test]
    fn lines_columns_and_directions() {
        let mut page = glyphs("Nom", 300.0, 100.2);
        page.extend(glyphs("la suite", 0.0, 112.0));
        page.extend(glyphs("une ligne", 0.0, 100.0));
        assert_eq!(assemble(page), "une ligne  Nom\nla suite");
    }

    #[test]
    fn right_to_left_lines_come_in_reading_order() {
        let visual: String = "شهادة الإجازة".chars().rev().collect();
        assert_eq!(assemble(glyphs(&visual, 0.0, 10.0)), "شهادة الإجازة");
        let visual: String = format!("2019 {}", "سنة".chars().rev().collect::<String>());
        assert_eq!(assemble(glyphs(&visual, 0.0, 10.0)), "سنة 2019");
    }
}
