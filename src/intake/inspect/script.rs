//! Whether lines of print are ideographs, by the build of their signs: for pages whose script no installed engine can read.
//!
//! Chinese, Japanese and Korean signs fill squares of the height of the line and are dense: a column of one crosses several strokes. Latin,
//! Cyrillic and Arabic letters are narrower or wider than high, of uneven height, and cross one or two.

use super::PagePicture;

/// Bounds of a line in pixels: left, top, right, bottom.
pub type LineBounds = (u32, u32, u32, u32);

/// Signs needed for a verdict.
const SIGNS_MIN: usize = 8;
/// Lines lower than this (pixels) show no strokes.
const LINE_PIXELS_MIN: u32 = 11;
/// Darker than this is ink: pages come flattened, with white paper.
const INK_BELOW: u8 = 150;

/// Whether most signs on these lines fill squares with several strokes one above the other.
pub fn looks_ideographic(picture: &PagePicture, lines: &[LineBounds]) -> bool {
    let (mut squares, mut signs, mut crossings) = (0_usize, 0_usize, 0.0_f32);
    for line in lines.iter().take(60) {
        for sign in signs_of_line(picture, *line) {
            signs += 1;
            if sign.is_square() {
                squares += 1;
                crossings += sign.crossings;
            }
        }
    }
    signs >= SIGNS_MIN && squares * 100 >= signs * 45 && crossings >= 2.1 * squares as f32
}

/// What stands between two gaps of a line.
#[derive(Debug, Clone, Copy)]
struct LineSign {
    width: u32,
    /// From the first inked row to the last.
    height: u32,
    line_height: u32,
    /// Strokes that a column crosses, in the mean.
    crossings: f32,
}

impl LineSign {
    fn is_square(&self) -> bool {
        let proportion = self.width as f32 / self.line_height.max(1) as f32;
        (0.68..=1.25).contains(&proportion) && self.height * 10 >= self.line_height * 7
    }
}

fn signs_of_line(picture: &PagePicture, line: LineBounds) -> Vec<LineSign> {
    let Some(columns) = columns_of(picture, line) else { return Vec::new() };
    let inked = || columns.iter().filter(|column| column.strokes > 0);
    let (Some(top), Some(bottom)) = (inked().map(|column| column.first).min(), inked().map(|column| column.last).max()) else {
        return Vec::new();
    };
    let line_height = bottom - top + 1;
    if line_height < LINE_PIXELS_MIN {
        return Vec::new();
    }
    let mut signs: Vec<LineSign> = Vec::new();
    let mut run: Vec<Column> = Vec::new();
    let mut gap = 0_u32;
    for column in columns.iter().copied().chain(std::iter::repeat_n(Column::default(), line_height as usize)) {
        if column.strokes > 0 {
            // Parts of one sign stand apart by less than signs do, and together still make no more than a square.
            let joins = gap <= line_height / 7 && (run.len() as u32 + gap) < line_height * 3 / 4;
            if gap > 0 && !joins && !run.is_empty() {
                signs.extend(sign(&std::mem::take(&mut run), line_height));
            } else {
                run.extend(std::iter::repeat_n(Column::default(), if run.is_empty() { 0 } else { gap as usize }));
            }
            gap = 0;
            run.push(column);
        } else {
            gap += 1;
        }
    }
    signs.extend(sign(&run, line_height));
    signs
}

fn sign(columns: &[Column], line_height: u32) -> Option<LineSign> {
    let inked = || columns.iter().filter(|column| column.strokes > 0);
    let (first, last) = (inked().map(|column| column.first).min()?, inked().map(|column| column.last).max()?);
    let crossings = inked().map(|column| column.strokes as f32).sum::<f32>() / inked().count().max(1) as f32;
    Some(LineSign { width: u32::try_from(columns.len()).unwrap_or(u32::MAX), height: last - first + 1, line_height, crossings })
}

/// One column of pixels of a line.
#[derive(Debug, Clone, Copy, Default)]
struct Column {
    first: u32,
    last: u32,
    /// Stretches of ink.
    strokes: u32,
}

fn columns_of(picture: &PagePicture, (left, top, right, bottom): LineBounds) -> Option<Vec<Column>> {
    let (right, bottom) = (right.min(picture.width), bottom.min(picture.height));
    if right <= left || bottom <= top {
        return None;
    }
    let width = picture.width as usize;
    let mut columns = vec![Column::default(); (right - left) as usize];
    let mut above = vec![false; columns.len()];
    for (row, pixels) in (top..bottom).zip(picture.pixels.chunks_exact(width.max(1)).skip(top as usize)) {
        let Some(part) = pixels.get(left as usize..right as usize) else { return None };
        for ((column, above), value) in columns.iter_mut().zip(&mut above).zip(part) {
            let ink = *value < INK_BELOW;
            if ink {
                if column.strokes == 0 {
                    column.first = row;
                }
                column.last = row;
                column.strokes += u32::from(!*above);
            }
            *above = ink;
        }
    }
    Some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::inspect::PictureHints;

    /// A line of signs, each drawn by a rule on its place within its cell.
    fn line(cell: u32, signs: u32, ink: impl Fn(u32, u32) -> bool) -> PagePicture {
        let (width, height) = (cell * signs + 20, 40);
        let pixels = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| {
                let inside = (10..10 + cell * signs).contains(&x) && (8..32).contains(&y);
                if inside && ink((x - 10) % cell, y - 8) { 20 } else { 255 }
            })
            .collect();
        PagePicture { width, height, pixels, hints: PictureHints::default() }
    }

    #[test]
    fn dense_squares_are_ideographs_and_letters_are_not() {
        // A frame with two strokes inside, in a square cell.
        let squares = line(26, 12, |x, y| x < 22 && (y < 2 || y > 21 || x < 2 || x > 19 || y == 8 || y == 15));
        assert!(looks_ideographic(&squares, &[(0, 0, squares.width, squares.height)]));
        // Narrow letters: one stem and a foot.
        let letters = line(13, 24, |x, y| (x < 3 || (y > 20 && x < 9)) && y > 6);
        assert!(!looks_ideographic(&letters, &[(0, 0, letters.width, letters.height)]));
        // Squares of one stroke, as Hebrew has.
        let hollow = line(26, 12, |x, y| x < 20 && (y < 3 || x > 17));
        assert!(!looks_ideographic(&hollow, &[(0, 0, hollow.width, hollow.height)]));
    }
}
