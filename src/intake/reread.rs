//! The second OCR engine: two small networks (PP-OCR), one that finds the lines of a page and one that reads a line.
//!
//! It reads bad scans that the first engine cannot, and is several times slower. Everything runs on the calling thread, in one fixed
//! order, so the same picture gives the same words every time. It runs in a worker process, as whatever looks at hostile pixels does.

use rten::{Model, Value};

mod decode;
mod found;

use decode::{ReadWord, Vocabulary};
use found::{FoundLine, lines_of};

/// The longer side of the picture in which lines are looked for (pixels): smaller and small print is lost, larger only takes longer.
const LOOKED_AT_PIXELS_MAX: f32 = 1_280.0;
/// The network that finds lines halves the picture five times.
const FINDER_STEP: usize = 32;
/// The height of a line as the second network was trained on it (pixels).
const LINE_PIXELS: usize = 48;
/// No line is longer, as the network sees it: a page's width at the smallest print.
const LINE_LENGTH_MAX: usize = 2_400;
/// No page has more lines that are worth the time.
const LINES_MAX: usize = 150;

/// A gray picture: `width × height` bytes, row by row, 255 for paper.
#[derive(Debug, Clone, Copy)]
pub struct GrayPage<'a> {
    pub width: usize,
    pub height: usize,
    pub pixels: &'a [u8],
}

impl GrayPage<'_> {
    /// The brightness at a point between the pixels; paper outside of the picture.
    fn at(&self, x: f32, y: f32) -> f32 {
        let pixel = |x: f32, y: f32| -> f32 {
            if x < 0.0 || y < 0.0 || x >= self.width as f32 || y >= self.height as f32 {
                return 255.0;
            }
            self.pixels.get(y as usize * self.width + x as usize).map_or(255.0, |&value| f32::from(value))
        };
        let (left, top) = (x.floor(), y.floor());
        let (right_share, lower_share) = (x - left, y - top);
        let upper = pixel(left, top) * (1.0 - right_share) + pixel(left + 1.0, top) * right_share;
        let lower = pixel(left, top + 1.0) * (1.0 - right_share) + pixel(left + 1.0, top + 1.0) * right_share;
        upper * (1.0 - lower_share) + lower * lower_share
    }

    /// The mean brightness of the square around a point that becomes one pixel when the picture shrinks.
    fn mean_at(&self, x: f32, y: f32, side: f32) -> f32 {
        if side <= 1.2 {
            return self.at(x, y);
        }
        let quarter = side / 4.0;
        let corners = [(-quarter, -quarter), (quarter, -quarter), (-quarter, quarter), (quarter, quarter)];
        corners.iter().map(|(right, down)| self.at(x + right, y + down)).sum::<f32>() / 4.0
    }
}

/// The two networks, loaded.
pub struct Rereader {
    finder: Model,
    reader: Model,
    vocabulary: Vocabulary,
}

impl Rereader {
    /// Loads the networks from their files (ONNX); `None` when they are not what this reader can use.
    pub fn load(finder: Vec<u8>, reader: Vec<u8>) -> Option<Rereader> {
        let reader = Model::load(reader).ok()?;
        let vocabulary = Vocabulary::new(reader.metadata().get("character")?);
        Some(Rereader { finder: Model::load(finder).ok()?, reader, vocabulary })
    }

    /// Reads a page into a table of words like the first engine's, so that one parser serves both.
    pub fn read(&self, page: GrayPage<'_>) -> Option<String> {
        let lines = self.find_lines(page)?;
        let mut table = format!("1\t1\t0\t0\t0\t0\t0\t0\t{}\t{}\t-1\t\n", page.width, page.height);
        for (number, line) in lines.iter().take(LINES_MAX).enumerate() {
            let words = self.read_line(page, line)?;
            if words.is_empty() {
                continue;
            }
            let (left, top, right, bottom) = line.bounds();
            table.push_str(&format!("4\t1\t1\t1\t{number}\t0\t{left:.0}\t{top:.0}\t{:.0}\t{:.0}\t-1\t\n", right - left, bottom - top));
            // This engine is surer of itself than the first one; squared, their confidences mean about the same.
            for (position, word) in words.iter().enumerate() {
                let (start, end) = (line.left + word.start * line.length(), line.left + word.end * line.length());
                let top = line.middle_at((start + end) / 2.0) - line.height / 2.0;
                table.push_str(&format!(
                    "5\t1\t1\t1\t{number}\t{position}\t{start:.0}\t{top:.0}\t{:.0}\t{:.0}\t{:.2}\t{}\n",
                    end - start,
                    line.height,
                    word.confidence * word.confidence * 100.0,
                    word.text
                ));
            }
        }
        Some(table)
    }

    fn find_lines(&self, page: GrayPage<'_>) -> Option<Vec<FoundLine>> {
        let longer = page.width.max(page.height).max(1) as f32;
        let scale = (LOOKED_AT_PIXELS_MAX / longer).min(1.0);
        let stepped = |side: usize| ((side as f32 * scale / FINDER_STEP as f32).round() as usize).max(1) * FINDER_STEP;
        let (width, height) = (stepped(page.width), stepped(page.height));
        let (across, down) = (page.width as f32 / width as f32, page.height as f32 / height as f32);
        let mut plane = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                plane.push(normal(page.mean_at((x as f32 + 0.5) * across - 0.5, (y as f32 + 0.5) * down - 0.5, across.max(down))));
            }
        }
        let ([_, _, found_height, found_width], likely) = run(&self.finder, &plane, width, height)?;
        let mut lines = lines_of(&likely, found_width, found_height);
        for line in &mut lines {
            line.enlarge(page.width as f32 / found_width.max(1) as f32, page.height as f32 / found_height.max(1) as f32);
        }
        Some(lines)
    }

    fn read_line(&self, page: GrayPage<'_>, line: &FoundLine) -> Option<Vec<ReadWord>> {
        let scale = line.height / LINE_PIXELS as f32;
        let width = ((line.length() / scale).round() as usize).clamp(LINE_PIXELS / 2, LINE_LENGTH_MAX);
        let step = line.length() / width as f32;
        let mut plane = Vec::with_capacity(width * LINE_PIXELS);
        for y in 0..LINE_PIXELS {
            let down = ((y as f32 + 0.5) / LINE_PIXELS as f32 - 0.5) * line.height;
            for x in 0..width {
                let across = line.left + (x as f32 + 0.5) * step;
                plane.push(normal(page.mean_at(across - 0.5, line.middle_at(across) + down - 0.5, scale)));
            }
        }
        let ([_, steps, classes], likely) = run(&self.reader, &plane, width, LINE_PIXELS)?;
        Some(self.vocabulary.words(&likely, steps, classes))
    }
}

/// Brightness as both networks were trained on it.
fn normal(brightness: f32) -> f32 {
    brightness / 127.5 - 1.0
}

/// Runs a network on one gray picture, which it takes for a coloured one: the shape of what comes out, and its values.
fn run<const N: usize>(network: &Model, plane: &[f32], width: usize, height: usize) -> Option<([usize; N], Vec<f32>)> {
    let input = Value::from_shape([1, 3, height, width], plane.repeat(3)).ok()?;
    network.run_one(input.into(), None).ok()?.into_shape_vec().ok()
}
