//! Pictures made ready for paper: upright, of a sane size, as JPEG or PNG.

use std::io::Cursor;
use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

/// Enough for a page at 200 dots per inch; telephones send three times that.
const SIDE_PIXELS_MAX: u32 = 2300;
/// Pictures up to this size are left as they are.
const SIZE_BYTES_KEPT: usize = 600_000;
/// Memory that decoding one picture may take.
const DECODED_BYTES_MAX: u64 = 256 * 1024 * 1024;
const HEIF_PIXELS_MAX: u64 = 60_000_000;
const JPEG_QUALITY: u8 = 80;
/// Dots per inch of a page that has to be drawn instead of merged.
const DRAWN_DPI: f32 = 140.0;

/// A picture to lay on a page, with its size in pixels.
pub struct Picture {
    pub bytes: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// Turns a picture upright (EXIF orientation), shrinks it and writes it as JPEG; small upright JPEG and PNG files are left untouched.
/// `None` when it cannot be decoded.
pub fn for_paper(bytes: &[u8]) -> Option<Picture> {
    if bytes.get(4..8) == Some(b"ftyp") {
        return encode(heif(bytes)?);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    limits.max_image_width = Some(30_000);
    limits.max_image_height = Some(30_000);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    reader.limits(limits);
    let is_jpeg = reader.format() == Some(image::ImageFormat::Jpeg);
    let mut decoder = reader.into_decoder().ok()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let (width, height) = decoder.dimensions();
    let is_colour_or_grey = matches!(decoder.original_color_type(), image::ExtendedColorType::Rgb8 | image::ExtendedColorType::L8);
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    if is_jpeg
        && is_colour_or_grey
        && orientation == Orientation::NoTransforms
        && bytes.len() <= SIZE_BYTES_KEPT
        && width.max(height) <= SIDE_PIXELS_MAX
    {
        return Some(Picture { bytes: bytes.to_vec(), width, height });
    }
    image.apply_orientation(orientation);
    encode(image)
}

/// HEIC and HEIF (ISO 23008-12), which telephones write; the decoder turns them upright itself.
fn heif(bytes: &[u8]) -> Option<DynamicImage> {
    let options = heic_rs::DecodeOptions { max_pixels: Some(HEIF_PIXELS_MAX), threads: Some(1), ..heic_rs::DecodeOptions::default() };
    let decoded = heic_rs::decode(bytes, &options).ok()?;
    image::RgbImage::from_raw(decoded.width, decoded.height, decoded.data).map(DynamicImage::ImageRgb8)
}

fn encode(mut image: DynamicImage) -> Option<Picture> {
    if image.width().max(image.height()) > SIDE_PIXELS_MAX {
        image = image.resize(SIDE_PIXELS_MAX, SIDE_PIXELS_MAX, image::imageops::FilterType::Triangle);
    }
    let flat = on_white(&image);
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode_image(&flat).ok()?;
    Some(Picture { bytes, width: flat.width(), height: flat.height() })
}

/// JPEG knows no transparency: what shows through is paper.
fn on_white(image: &DynamicImage) -> image::RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let source = image.to_rgba8();
    image::RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let image::Rgba([red, green, blue, alpha]) = *source.get_pixel(x, y);
        let mixed = |value: u8| (u32::from(value) * u32::from(alpha) / 255 + 255 - u32::from(alpha)) as u8;
        image::Rgb([mixed(red), mixed(green), mixed(blue)])
    })
}

/// Draws pages of a PDF (0-based) with their annotations: filled form fields, stamps and signatures live there and are lost when pages are merged.
/// `None` for a page that cannot be drawn.
pub fn drawn_pages(bytes: &Arc<Vec<u8>>, pages: &[usize]) -> Option<Vec<Option<Picture>>> {
    let pdf = hayro::hayro_syntax::Pdf::new(Arc::clone(bytes)).ok()?;
    let cache = RenderCache::new();
    let settings = PixmapSettings { x_scale: DRAWN_DPI / 72.0, y_scale: DRAWN_DPI / 72.0, bg_color: WHITE };
    let draw = |index: &usize| {
        let page = pdf.pages().get(*index)?;
        let (width, height) = page.render_dimensions();
        let side = width.max(height);
        if !(side > 0.0 && side <= 3000.0) {
            return None;
        }
        let pixmap = hayro::render(page, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &settings);
        let png = pixmap.into_png().ok()?;
        encode(image::load_from_memory(&png).ok()?)
    };
    Some(pages.iter().map(draw).collect())
}
