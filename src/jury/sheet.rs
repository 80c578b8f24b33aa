//! Paper: pages described as data (texts, lines, boxes, pictures at a place) and laid down as PDF.
//!
//! Ring 1. Lengths are PDF points, the origin is the top left corner, a text's `y` is its baseline. A page is a list of marks, so that it can be looked at,
//! joined with others and drawn again. What this room refuses: flowing documents, bidirectional lines mixing two directions, fonts that are not given to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};

/// Width and height of A4 (ISO 216).
pub const A4: (f32, f32) = (595.28, 841.89);

/// A font: the bytes of a TrueType file, which live as long as the program.
#[derive(Clone, Copy)]
pub struct Face(pub &'static [u8]);

/// DejaVu Sans reduced to Latin, Greek, Cyrillic and Arabic letters (Bitstream Vera licence, beside the file).
pub const SANS: Face = Face(include_bytes!("../../config/fonts/DejaVuSans.ttf"));
/// DejaVu Sans Bold reduced to Latin, Greek and Cyrillic letters (Bitstream Vera licence, beside the file).
pub const BOLD: Face = Face(include_bytes!("../../config/fonts/DejaVuSans-Bold.ttf"));

impl Face {
    /// The width of a line of text, in points.
    pub fn width(self, size: f32, text: &str) -> f32 {
        let Some(face) = rustybuzz::Face::from_slice(self.0, 0) else { return 0.0 };
        let mut buffer = rustybuzz::UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let units = face.units_per_em().max(1) as f32;
        let advance: i64 = rustybuzz::shape(&face, &[], buffer).glyph_positions().iter().map(|glyph| i64::from(glyph.x_advance)).sum();
        advance as f32 * size / units
    }

    /// Breaks a text into lines no wider than `width`; a word that is too wide alone is broken between letters.
    pub fn lines(self, size: f32, width: f32, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.split('\n') {
            let mut line = String::new();
            for word in paragraph.split(' ').flat_map(|word| self.pieces(size, width, word)) {
                let longer = if line.is_empty() { word.clone() } else { format!("{line} {word}") };
                if line.is_empty() || self.width(size, &longer) <= width {
                    line = longer;
                } else {
                    lines.push(std::mem::replace(&mut line, word));
                }
            }
            lines.push(line);
        }
        lines
    }

    fn pieces(self, size: f32, width: f32, word: &str) -> Vec<String> {
        if self.width(size, word) <= width {
            return vec![word.to_owned()];
        }
        let mut pieces = vec![String::new()];
        for letter in word.chars() {
            if let Some(piece) = pieces.last_mut() {
                piece.push(letter);
                if self.width(size, piece) > width && piece.chars().count() > 1 {
                    piece.pop();
                    pieces.push(letter.to_string());
                }
            }
        }
        pieces
    }

    /// The text with every letter that the font lacks replaced by `?`, so that no reader sees an empty box without knowing it.
    pub fn printable(self, text: &str) -> String {
        let Some(face) = rustybuzz::Face::from_slice(self.0, 0) else { return text.to_owned() };
        text.chars().map(|letter| if letter == '\n' || face.glyph_index(letter).is_some() { letter } else { '?' }).collect()
    }
}

/// Red, green, blue.
pub type Colour = (u8, u8, u8);
pub const BLACK: Colour = (0, 0, 0);
pub const WHITE: Colour = (255, 255, 255);

/// One thing drawn on a page.
#[derive(Clone)]
pub enum Mark {
    Text {
        x: f32,
        y: f32,
        face: Face,
        size: f32,
        colour: Colour,
        text: String,
    },
    /// A filled box.
    Box {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        colour: Colour,
    },
    Line {
        from: (f32, f32),
        to: (f32, f32),
        width: f32,
        colour: Colour,
    },
    /// A smooth line through points (a signature, a seal).
    Curve {
        points: Vec<(f32, f32)>,
        width: f32,
        colour: Colour,
    },
    /// A JPEG or PNG picture stretched into a box.
    Picture {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        bytes: Arc<Vec<u8>>,
    },
}

/// One page.
#[derive(Clone)]
pub struct Page {
    pub width: f32,
    pub height: f32,
    pub marks: Vec<Mark>,
}

impl Default for Page {
    fn default() -> Page {
        Page { width: A4.0, height: A4.1, marks: Vec::new() }
    }
}

impl Page {
    pub fn text(&mut self, x: f32, y: f32, face: Face, size: f32, text: &str) {
        self.coloured(x, y, face, size, BLACK, text);
    }

    pub fn coloured(&mut self, x: f32, y: f32, face: Face, size: f32, colour: Colour, text: &str) {
        self.marks.push(Mark::Text { x, y, face, size, colour, text: text.to_owned() });
    }

    pub fn centred(&mut self, y: f32, face: Face, size: f32, text: &str) {
        let x = (self.width - face.width(size, text)) / 2.0;
        self.text(x, y, face, size, text);
    }

    /// A text that ends at `x`.
    pub fn ending_at(&mut self, x: f32, y: f32, face: Face, size: f32, text: &str) {
        self.text(x - face.width(size, text), y, face, size, text);
    }

    /// A paragraph from the baseline `y` on; returns the baseline that would follow it.
    pub fn paragraph(&mut self, x: f32, y: f32, width: f32, face: Face, size: f32, text: &str) -> f32 {
        let mut baseline = y;
        for line in face.lines(size, width, text) {
            self.text(x, baseline, face, size, &line);
            baseline += size * 1.4;
        }
        baseline
    }

    pub fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Colour) {
        self.marks.push(Mark::Box { x, y, width, height, colour });
    }

    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, colour: Colour) {
        self.marks.push(Mark::Line { from, to, width, colour });
    }

    /// The outline of a box.
    pub fn frame(&mut self, x: f32, y: f32, width: f32, height: f32, line: f32, colour: Colour) {
        let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)];
        for pair in corners.windows(2) {
            if let [from, to] = pair {
                self.line(*from, *to, line, colour);
            }
        }
    }

    pub fn picture(&mut self, x: f32, y: f32, width: f32, height: f32, bytes: Arc<Vec<u8>>) {
        self.marks.push(Mark::Picture { x, y, width, height, bytes });
    }
}

/// The fonts already opened for one document, by the place of their bytes.
#[derive(Default)]
pub struct Fonts(BTreeMap<usize, Font>);

impl Fonts {
    fn open(&mut self, face: Face) -> anyhow::Result<Font> {
        let place = face.0.as_ptr() as usize;
        if let Some(font) = self.0.get(&place) {
            return Ok(font.clone());
        }
        let font = Font::new(face.0.into(), 0).context("a font inside the program cannot be opened")?;
        self.0.insert(place, font.clone());
        Ok(font)
    }
}

/// Draws a page's marks. A picture that cannot be opened is left out: the caller checks pictures before.
pub fn draw(surface: &mut Surface, fonts: &mut Fonts, page: &Page) -> anyhow::Result<()> {
    for mark in &page.marks {
        match mark {
            Mark::Text { x, y, face, size, colour, text } => {
                surface.set_stroke(None);
                surface.set_fill(Some(fill(*colour)));
                let font = fonts.open(*face)?;
                surface.draw_text(Point::from_xy(*x, *y), font, *size, text, false, TextDirection::Auto);
            }
            Mark::Box { x, y, width, height, colour } => {
                let Some(rectangle) = Rect::from_xywh(*x, *y, *width, *height) else { continue };
                let mut path = PathBuilder::new();
                path.push_rect(rectangle);
                surface.set_stroke(None);
                surface.set_fill(Some(fill(*colour)));
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
            Mark::Line { from, to, width, colour } => draw_curve(surface, &[*from, *to], *width, *colour),
            Mark::Curve { points, width, colour } => draw_curve(surface, points, *width, *colour),
            Mark::Picture { x, y, width, height, bytes } => {
                if let (Ok(image), Some(size)) = (open_picture(bytes), Size::from_wh(*width, *height)) {
                    surface.push_transform(&Transform::from_translate(*x, *y));
                    surface.draw_image(image, size);
                    surface.pop();
                }
            }
        }
    }
    Ok(())
}

/// A JPEG or a PNG, by its first bytes.
pub fn open_picture(bytes: &Arc<Vec<u8>>) -> Result<Image, String> {
    if bytes.starts_with(&[0x89, b'P', b'N', b'G']) {
        Image::from_png(bytes.clone().into(), true)
    } else {
        Image::from_jpeg(bytes.clone().into(), true)
    }
}

fn fill(colour: Colour) -> Fill {
    Fill { paint: rgb::Color::new(colour.0, colour.1, colour.2).into(), opacity: NormalizedF32::ONE, rule: Default::default() }
}

fn draw_curve(surface: &mut Surface, points: &[(f32, f32)], width: f32, colour: Colour) {
    let mut path = PathBuilder::new();
    for (position, point) in points.iter().enumerate() {
        if position == 0 { path.move_to(point.0, point.1) } else { path.line_to(point.0, point.1) }
    }
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { paint: rgb::Color::new(colour.0, colour.1, colour.2).into(), width, ..Stroke::default() }));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// A PDF of these pages.
pub fn pdf(pages: &[Page]) -> anyhow::Result<Vec<u8>> {
    let mut document = Document::new();
    let mut fonts = Fonts::default();
    for page in pages {
        let settings = PageSettings::from_wh(page.width, page.height).context("a page without a size")?;
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        draw(&mut surface, &mut fonts, page)?;
        surface.finish();
        sheet.finish();
    }
    document.finish().map_err(|error| anyhow!("the PDF cannot be written: {error:?}"))
}
