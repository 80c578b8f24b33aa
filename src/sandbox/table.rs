//! Reads the table of words (TSV) that tesseract writes.

use crate::intake::inspect::layout::{PlacedGlyph, assemble};

/// The words of a page by printed line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PageWords {
    pub lines: Vec<TextLine>,
}

/// One printed line as the engine saw it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextLine {
    words: Vec<PlacedGlyph>,
    /// Bounds in pixels of the picture: left, top, right, bottom.
    pub bounds: (u32, u32, u32, u32),
    pub letters: usize,
    /// Letters in words that the engine is fairly sure of: what readings of one page are compared by.
    pub sure_letters: usize,
    /// Letters of other scripts than the Latin one.
    pub foreign_letters: usize,
    /// Sum over the letters of the confidence of their word, per cent.
    confidence_sum: f32,
}

impl TextLine {
    /// Read, but hardly any of it surely: perhaps another script than the engine was told of.
    pub fn is_doubtful(&self) -> bool {
        self.letters >= 3 && self.sure_letters * 2 < self.letters && self.confidence_sum < 55.0 * self.letters as f32
    }

    pub fn text(&self) -> String {
        separate_words(self.words.clone())
    }
}

impl PageWords {
    /// The text in lines, as a person reads it.
    pub fn text(&self) -> String {
        separate_words(self.lines.iter().flat_map(|line| line.words.iter().cloned()).collect())
    }

    /// Mean confidence of the words, by length, 0 to 1.
    pub fn confidence(&self) -> f32 {
        let sum: f32 = self.lines.iter().map(|line| line.confidence_sum).sum();
        if self.letters() == 0 { 0.0 } else { (sum / self.letters() as f32 / 100.0).clamp(0.0, 1.0) }
    }

    pub fn letters(&self) -> usize {
        self.lines.iter().map(|line| line.letters).sum()
    }

    pub fn sure_letters(&self) -> usize {
        self.lines.iter().map(|line| line.sure_letters).sum()
    }

    pub fn foreign_letters(&self) -> usize {
        self.lines.iter().map(|line| line.foreign_letters).sum()
    }

    /// Whether clearly more of the page was read this time.
    pub fn is_surer_than(&self, other: &PageWords) -> bool {
        self.sure_letters() > other.sure_letters() + other.sure_letters() / 8 + 4
    }

    pub fn doubtful(&self) -> impl Iterator<Item = &TextLine> {
        self.lines.iter().filter(|line| line.is_doubtful())
    }

    /// The lines that are not in doubt, with those of another reading.
    pub fn without_doubtful(mut self, others: Vec<TextLine>) -> PageWords {
        self.lines.retain(|line| !line.is_doubtful());
        self.lines.extend(others);
        self
    }
}

/// Words below this confidence (per cent) are specks and rules taken for print.
const WORD_CONFIDENCE_MIN: f32 = 20.0;
/// Words from this confidence on (per cent) are taken to be right.
const WORD_CONFIDENCE_SURE: f32 = 60.0;

/// Parses the table: `level page block par line word left top width height conf text`.
pub fn parse(table: &str) -> PageWords {
    let mut page = PageWords::default();
    let (mut middle, mut line_height) = (0.0_f32, 10.0_f32);
    for row in table.lines() {
        let columns: Vec<&str> = row.splitn(12, '\t').collect();
        let &[level, _, _, _, _, _, left, top, width, height, confidence, text] = columns.as_slice() else { continue };
        let number = |column: &str| column.parse::<f32>().unwrap_or(0.0);
        let (left, top, width, height, confidence) = (number(left), number(top), number(width), number(height), number(confidence));
        if level == "4" || page.lines.is_empty() {
            (middle, line_height) = (top + height / 2.0, height.max(4.0));
            let bounds = (left as u32, top as u32, (left + width) as u32, (top + height) as u32);
            page.lines.push(TextLine { bounds, ..TextLine::default() });
        }
        let Some(line) = page.lines.last_mut().filter(|_| level == "5" && !text.trim().is_empty()) else { continue };
        let length = text.chars().filter(|character| character.is_alphanumeric()).count();
        line.letters += length;
        line.confidence_sum += confidence.max(0.0) * length as f32;
        if confidence >= WORD_CONFIDENCE_SURE {
            line.sure_letters += length;
            line.foreign_letters += text.chars().filter(|letter| letter.is_alphabetic() && *letter > '\u{24f}').count();
        }
        if confidence < WORD_CONFIDENCE_MIN || (length == 0 && confidence < WORD_CONFIDENCE_SURE) {
            continue;
        }
        // A tall picture taken for a line must not swallow the lines beside it.
        let size = line_height.min(height * 1.6).max(4.0);
        let middle = if line_height > height * 2.5 { top + height / 2.0 } else { middle };
        line.words.push(PlacedGlyph { text: text.trim().to_owned(), start: left, end: left + width, baseline: middle, size });
    }
    page.lines.retain(|line| line.letters > 0 || !line.words.is_empty());
    page
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

    const TABLE: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
        4\t1\t1\t1\t1\t0\t100\t100\t300\t20\t-1\t\n\
        5\t1\t1\t1\t1\t1\t100\t100\t60\t20\t96.5\tNom\n\
        5\t1\t1\t1\t1\t2\t168\t100\t60\t20\t90\tde\n\
        5\t1\t1\t1\t1\t3\t400\t100\t60\t20\t93\tDurand\n\
        5\t1\t1\t1\t1\t4\t500\t100\t60\t20\t5\t~|~\n\
        4\t1\t1\t1\t2\t0\t100\t140\t300\t20\t-1\t\n\
        5\t1\t1\t1\t2\t1\t100\t140\t60\t20\t22\tgala\n\
        5\t1\t1\t1\t2\t2\t168\t140\t60\t20\t31\tpalall\n";

    #[test]
    fn words_become_lines_and_columns() {
        let words = parse(TABLE);
        assert_eq!(words.text(), "Nom de  Durand\ngala palall");
        assert_eq!((words.letters(), words.sure_letters()), (21, 11));
    }

    #[test]
    fn lines_in_doubt_give_way_to_another_reading() {
        let words = parse(TABLE);
        assert_eq!(words.doubtful().map(|line| line.bounds).collect::<Vec<_>>(), [(100, 140, 400, 160)]);
        let other = parse("4\t1\t1\t1\t2\t0\t100\t140\t300\t20\t-1\t\n5\t1\t1\t1\t2\t1\t100\t140\t60\t20\t92\tجامعة\n");
        assert_eq!(other.foreign_letters(), 5);
        let mended = words.without_doubtful(other.lines);
        assert_eq!(mended.text(), "Nom de  Durand\nجامعة");
        assert!(mended.confidence() > 0.9);
    }
}
