//! PDF (ISO 32000): the text of every page from the text layer, and a picture of the pages that have none worth believing.
//!
//! Text in drawing order is caught by a device of our own; pictures are drawn at 150 dpi. A file whose end is missing is rebuilt by
//! the parser as far as it goes, but what came out of it is not to be trusted: it counts as truncated.

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf, page::Page};
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache, InterpreterSettings, Paint, SoftMask,
    interpret_page,
};
use hayro::kurbo::{Affine, BezPath, Point, Rect, Shape};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::RgbImage;

use super::binarise::to_gray;
use super::layout::{PlacedGlyph, assemble};
use super::look::{self, Look};
use super::prepare::{self, Origin};
use super::{Content, Opened, OpenedPage, PAGES_MAX, PageText, PictureHints, TextSource, empty_page, gate, media};
use crate::domain::finding::{FileFinding, Reason};

const MEDIA_TYPE: &str = "application/pdf";
/// Resolution of page pictures: text suits the engine, and twice as much costs four times the time.
const DOTS_PER_INCH: f32 = 150.0;
/// The longest side of a page picture, for pages of posters and for hostile page sizes.
const PICTURE_SIDE_PIXELS_MAX: f32 = 2_400.0;
/// Glyphs beyond this number are not kept: a page of print holds 10,000.
const GLYPHS_MAX: usize = 150_000;
/// Fewer letters than this do not make a text layer when pictures cover the page.
const LAYER_LETTERS_MIN_ON_PICTURE: usize = 200;

/// An open PDF with the layer of every page.
pub struct PdfFile {
    pdf: Pdf,
    layers: Vec<Layer>,
    settings: InterpreterSettings,
}

/// What the drawing instructions of a page tell without drawing it.
#[derive(Debug, Clone, Default)]
struct Layer {
    text: String,
    width: f32,
    height: f32,
    /// Share of the page that pictures cover, 0 to 1 (overlaps count twice, then capped).
    picture_share: f32,
    /// Share of the page inside outlined glyphs, lines and areas, roughly.
    ink: f32,
    hidden_glyphs: usize,
    glyphs: usize,
    paths: usize,
    pictures: usize,
}

impl Layer {
    /// Whether the layer is text, and whether it is enough of it to leave the page's picture alone.
    fn judge(&self, shape: gate::TextShape) -> (bool, bool) {
        let behind_a_scan = self.picture_share > 0.5 && self.hidden_glyphs * 2 > self.glyphs;
        let trusted = if behind_a_scan { shape.passes_behind_a_scan() } else { shape.passes() };
        let letters_min = if self.picture_share > 0.4 && !behind_a_scan { LAYER_LETTERS_MIN_ON_PICTURE } else { 8 };
        (trusted, shape.letters >= letters_min)
    }

    fn is_picture(&self) -> bool {
        self.judge(gate::shape(&self.text)) != (true, true)
    }
}

/// Opens a PDF.
pub fn open(bytes: &[u8]) -> Opened {
    let truncated = !ends_properly(bytes);
    let pdf = match Pdf::new(bytes.to_vec()) {
        Ok(pdf) => pdf,
        Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm)) => {
            return Opened::unreadable(MEDIA_TYPE, Reason::FilePassword);
        }
        Err(_) => return Opened::unreadable(MEDIA_TYPE, if truncated { Reason::FileTruncated } else { Reason::FileDamaged }),
    };
    if pdf.pages().is_empty() {
        return Opened::unreadable(MEDIA_TYPE, if truncated { Reason::FileTruncated } else { Reason::FileDamaged });
    }
    if truncated {
        // What the parser rebuilt may lack pages or show pages that a later part replaced.
        return Opened::unreadable(MEDIA_TYPE, Reason::FileTruncated);
    }
    let settings = InterpreterSettings::default();
    let layers = layers(&pdf, &settings);
    let too_many = pdf.pages().len() > PAGES_MAX as usize;
    let nothing_drawn = layers.iter().all(|layer| layer.glyphs == 0 && layer.pictures == 0 && layer.paths == 0);
    let damaged = nothing_drawn && has_lost_contents(&pdf);
    if damaged {
        return Opened::unreadable(MEDIA_TYPE, Reason::FileDamaged);
    }
    let opened =
        Opened { media_type: MEDIA_TYPE, readable: true, findings: Vec::new(), content: Content::Pdf(Box::new(PdfFile { pdf, layers, settings })) };
    if too_many { opened.with_finding(Reason::FileTooManyPages) } else { opened }
}

/// Whether the file ends as a complete one does: `%%EOF` or `startxref` near its end. Mail gateways add a few bytes after it.
fn ends_properly(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(2_048)..).unwrap_or(bytes);
    media::find(tail, b"%%EOF").is_some() || media::find(tail, b"startxref").is_some()
}

/// Whether pages that draw nothing were meant to draw something: their contents are there but cannot be inflated.
fn has_lost_contents(pdf: &Pdf) -> bool {
    pdf.pages()
        .iter()
        .take(PAGES_MAX as usize)
        .any(|page| page.raw().contains_key(b"Contents") && page.page_stream().is_none_or(|stream| stream.trim_ascii().is_empty()))
}

/// Reads the layer of every page, with one cache of fonts for all.
fn layers(pdf: &Pdf, settings: &InterpreterSettings) -> Vec<Layer> {
    let cache = InterpreterCache::new();
    pdf.pages().iter().take(PAGES_MAX as usize).map(|page| layer(page, &cache, settings)).collect()
}

fn layer<'a>(page: &Page<'a>, cache: &InterpreterCache<'a>, settings: &InterpreterSettings) -> Layer {
    let (width, height) = page.render_dimensions();
    let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let mut context = Context::new(to_affine(page), bounds, cache, page.xref(), settings.clone());
    let mut device = TextDevice { bounds, ..TextDevice::default() };
    interpret_page(page, &mut context, &mut device);
    let area = (bounds.area() as f32).max(1.0);
    let hidden_glyphs = device.hidden;
    let glyphs = device.turns.iter().map(Vec::len).sum();
    // The direction in which most of the text runs comes first, then notes in the margin.
    device.turns.sort_by_key(|glyphs| std::cmp::Reverse(glyphs.len()));
    let parts: Vec<String> = device.turns.into_iter().map(assemble).filter(|part| !part.is_empty()).collect();
    Layer {
        text: parts.join("\n\n"),
        width,
        height,
        picture_share: (device.picture_area / area).min(1.0),
        ink: (device.ink_area / area).min(1.0),
        hidden_glyphs,
        glyphs,
        paths: device.paths,
        pictures: device.pictures,
    }
}

fn to_affine(page: &Page<'_>) -> Affine {
    Affine::new(page.initial_transform(true).as_coeffs())
}

/// Catches glyphs and the areas of pictures; draws nothing.
#[derive(Default)]
struct TextDevice {
    bounds: Rect,
    /// Glyphs by the quarter turn along which they run: 0° (to the right), 90° (downwards), 180°, 270°.
    turns: [Vec<PlacedGlyph>; 4],
    kept: usize,
    hidden: usize,
    picture_area: f32,
    ink_area: f32,
    paths: usize,
    pictures: usize,
}

impl TextDevice {
    fn place(&mut self, text: String, origin: Point, end: Point, size: f64, hidden: bool) {
        let outside = !self.bounds.inflate(20.0, 20.0).contains(origin);
        if outside || self.kept >= GLYPHS_MAX || text.is_empty() {
            return;
        }
        let (dx, dy) = (end.x - origin.x, end.y - origin.y);
        let turn = if dx.abs() >= dy.abs() {
            if dx >= 0.0 { 0 } else { 2 }
        } else if dy > 0.0 {
            1
        } else {
            3
        };
        let (start, finish, baseline) = match turn {
            0 => (origin.x, end.x, origin.y),
            1 => (origin.y, end.y, -origin.x),
            2 => (-origin.x, -end.x, -origin.y),
            _ => (-origin.y, -end.y, origin.x),
        };
        self.kept += 1;
        self.hidden += usize::from(hidden);
        if let Some(glyphs) = self.turns.get_mut(turn) {
            glyphs.push(PlacedGlyph { text, start: start as f32, end: finish as f32, baseline: baseline as f32, size: size as f32 });
        }
    }
}

impl<'a> Device<'a> for TextDevice {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, draw_mode: &DrawMode) {
        self.paths += 1;
        if matches!(draw_mode, DrawMode::Fill(_)) && is_dark(&props.paint) {
            let area = (props.transform.transform_rect_bbox(path.bounding_box())).intersect(self.bounds).area();
            self.ink_area += area.max(0.0) as f32 * 0.5;
        }
    }
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, draw_mode: &DrawMode) {
        let hidden = matches!(draw_mode, DrawMode::Invisible);
        for glyph in run.glyphs() {
            let transform = props.transform * glyph.transform();
            let advance = match &**glyph {
                hayro::hayro_interpret::font::Glyph::Outline(outline) => outline.advance_width(),
                hayro::hayro_interpret::font::Glyph::Type3(drawn) => drawn.advance_width(),
            };
            let advance = f64::from(advance.unwrap_or(500.0)).clamp(1.0, 4_000.0);
            let origin = transform * Point::ORIGIN;
            let end = transform * Point::new(advance, 0.0);
            let size = ((transform * Point::new(0.0, 1_000.0)) - origin).hypot();
            let text = glyph_text(glyph.as_unicode());
            if !hidden && text.trim() != "" {
                self.ink_area += (size * (end - origin).hypot()) as f32 * 0.16;
            }
            self.place(text, origin, end, size, hidden);
        }
    }
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.pictures += 1;
        let size = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        self.picture_area += props.transform.transform_rect_bbox(size).intersect(self.bounds).area().max(0.0) as f32;
    }
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

fn is_dark(paint: &Paint<'_>) -> bool {
    match paint {
        Paint::Color(color) => {
            let [red, green, blue, alpha] = color.to_rgba().to_rgba8();
            alpha > 100 && u32::from(red) + u32::from(green) + u32::from(blue) < 450
        }
        Paint::Pattern(_) => false,
    }
}

fn glyph_text(unicode: Option<hayro::hayro_interpret::hayro_cmap::BfString>) -> String {
    use hayro::hayro_interpret::hayro_cmap::BfString;
    let text = match unicode {
        Some(BfString::Char(character)) => character.to_string(),
        Some(BfString::String(text)) => text,
        None => '\u{fffd}'.to_string(),
    };
    let cleaned: String = text.chars().filter(|character| *character == '\u{fffd}' || !character.is_control()).collect();
    match cleaned.as_str() {
        "\u{fb00}" => "ff".to_owned(),
        "\u{fb01}" => "fi".to_owned(),
        "\u{fb02}" => "fl".to_owned(),
        "\u{fb03}" => "ffi".to_owned(),
        "\u{fb04}" => "ffl".to_owned(),
        "\u{ad}" => "-".to_owned(),
        _ => cleaned,
    }
}

impl PdfFile {
    /// Pages that are read, at most [`PAGES_MAX`].
    pub fn page_count(&self) -> u32 {
        u32::try_from(self.layers.len()).unwrap_or(PAGES_MAX)
    }

    /// How many pages have no layer to speak of.
    pub fn picture_count(&self) -> u32 {
        u32::try_from(self.layers.iter().filter(|layer| layer.is_picture()).count()).unwrap_or(PAGES_MAX)
    }

    /// Opens one page: its layer if that is text, else its picture.
    pub fn page(&self, number: u32) -> OpenedPage {
        let index = number.saturating_sub(1) as usize;
        let mut opened = empty_page(number);
        let (Some(layer), Some(page)) = (self.layers.get(index), self.pdf.pages().get(index)) else { return opened };
        let shape = gate::shape(&layer.text);
        opened.page.width = layer.width.clamp(0.0, 1e6) as u32;
        opened.page.height = layer.height.clamp(0.0, 1e6) as u32;
        opened.page.ink = layer.ink;
        let (trusted, enough) = layer.judge(shape);
        if trusted {
            set_layer(&mut opened.page, &layer.text, shape.quality());
        }
        if trusted && enough {
            return opened;
        }
        if layer.glyphs == 0 && layer.paths == 0 && layer.pictures == 0 {
            opened.findings.push(FileFinding { reason: Reason::PageBlank, page: Some(number) });
            return opened;
        }
        self.look_at(page, &mut opened, shape.letters);
        opened
    }

    fn look_at(&self, page: &Page<'_>, opened: &mut OpenedPage, layer_letters: usize) {
        let Some(picture) = self.draw(page) else {
            opened.page.unread = true;
            opened.findings.push(FileFinding { reason: Reason::PageNotRead, page: Some(opened.page.number) });
            return;
        };
        let gray = to_gray(&picture);
        let look = Look::of(&picture, &gray, Origin::Drawn);
        opened.page.ink = look.ink;
        opened.page.portrait = if layer_letters > 20 { 0.0 } else { look.portrait };
        look::add_findings(&look, Origin::Drawn, opened.page.number, &mut opened.findings);
        if look.worth_reading() {
            let has_layer = opened.page.source == TextSource::Layer;
            let mut prepared = prepare::prepare(gray, &look);
            prepared.hints = PictureHints { has_layer, ..prepared.hints };
            opened.picture = Some(prepared);
        }
    }

    fn draw(&self, page: &Page<'_>) -> Option<RgbImage> {
        let (width, height) = page.render_dimensions();
        if !(width.is_finite() && height.is_finite() && width >= 1.0 && height >= 1.0) {
            return None;
        }
        let scale = (DOTS_PER_INCH / 72.0).min(PICTURE_SIDE_PIXELS_MAX / width.max(height));
        if width * scale < 1.0 || height * scale < 1.0 {
            return None;
        }
        let render_settings = RenderSettings { force_image_interpolation: true, ..RenderSettings::default() };
        let pixmap_settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
        let pixmap = render(page, &RenderCache::new(), &self.settings, &render_settings, &pixmap_settings);
        let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
        let mut pixels: Vec<u8> = Vec::with_capacity(width as usize * height as usize * 3);
        for [red, green, blue, _] in pixmap.data_as_u8_slice().as_chunks::<4>().0 {
            pixels.extend_from_slice(&[*red, *green, *blue]);
        }
        RgbImage::from_raw(width, height, pixels)
    }
}

fn set_layer(page: &mut PageText, text: &str, quality: f32) {
    if text.trim().is_empty() {
        return;
    }
    page.text = text.to_owned();
    page.source = TextSource::Layer;
    page.quality = quality;
}
