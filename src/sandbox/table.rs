//! Reads the table of words (TSV) that tesseract writes.

use crate::intake::inspect::layout::{PlacedGlyph, assemble};

/// The words of a page, put in lines as a person reads them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PageWords {
    pub text: String,
    /// Mean confidence of the words, by length, 0 to 1.
    pub confidence: f32,
    pub letters: usize,
    /// Letters in words that the engine is fairly sure of: what readings of one page are compared by.
    pub sure_letters: usize,
}

impl PageWords {
    /// Whether clearly more of the page was read this time.
    pub fn is_surer_than(&self, other: &PageWords) -> bool {
        self.sure_letters > other.sure_letters + other.sure_letters / 8 + 4
    }
}

/// Words below this confidence (per cent) are specks and rules taken for print.
const WORD_CONFIDENCE_MIN: f32 = 20.0;

/// Parses the table: `level page block par line word left top width height conf text`.
pub fn parse(table: &str) -> PageWords {
    let mut glyphs: Vec<PlacedGlyph> = Vec::new();
    let (mut middle, mut line_height) = (0.0_f32, 10.0_f32);
    let (mut weighted, mut letters, mut sure_letters) = (0.0_f32, 0_usize, 0_usize);
    for row in table.lines() {
        let columns: Vec<&str> = row.splitn(12, '\t').collect();
        let &[level, _, _, _, _, _, left, top, width, height, confidence, text] = columns.as_slice() else { continue };
        let number = |column: &str| column.parse::<f32>().unwrap_or(0.0);
        let (left, top, width, height, confidence) = (number(left), number(top), number(width), number(height), number(confidence));
        if level == "4" {
            (middle, line_height) = (top + height / 2.0, height.max(4.0));
        }
        if level != "5" || text.trim().is_empty() {
            continue;
        }
        let length = text.chars().filter(|character| character.is_alphanumeric()).count();
        letters += length;
        weighted += confidence.max(0.0) * length as f32;
        sure_letters += if confidence >= 60.0 { length } else { 0 };
        if confidence < WORD_CONFIDENCE_MIN || (length == 0 && confidence < 60.0) {
            continue;
        }
        // A tall picture taken for a line must not swallow the lines beside it.
        let size = line_height.min(height * 1.6).max(4.0);
        let middle = if line_height > height * 2.5 { top + height / 2.0 } else { middle };
        glyphs.push(PlacedGlyph { text: text.trim().to_owned(), start: left, end: left + width, baseline: middle, size });
    }
    let confidence = if letters == 0 { 0.0 } else { (weighted / letters as f32 / 100.0).clamp(0.0, 1.0) };
    PageWords { text: separate_words(glyphs), confidence, letters, sure_letters }
}

/// Words that touch are still words: the gap between them is made at least a space wide before the lines are assembled.
fn separate_words(mut glyphs: Vec<PlacedGlyph>) -> String {
    for glyph in &mut glyphs {
        glyph.end = glyph.start + (glyph.end - glyph.start - glyph.size * 0.2).max(1.0);
    }
    assemble(glyphs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_lines_and_columns() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            4\t1\t1\t1\t1\t0\t100\t100\t300\t20\t-1\t\n\
            5\t1\t1\t1\t1\t1\t100\t100\t60\t20\t96.5\tNom\n\
            5\t1\t1\t1\t1\t2\t168\t100\t60\t20\t90\tde\n\
            5\t1\t1\t1\t1\t3\t400\t100\t60\t20\t93\tDurand\n\
            5\t1\t1\t1\t1\t4\t500\t100\t60\t20\t5\t~|~\n";
        let words = parse(table);
        assert_eq!(words.text, "Nom de  Durand");
        assert!(words.confidence > 0.9 && words.sure_letters == 11);
    }
}
