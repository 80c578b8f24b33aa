//! Pictures: what a scanner and a telephone make of a page, and portraits of nobody.

use std::sync::Arc;

use fastrand::Rng;
use guichet::jury::sheet::{A4, Page, pdf};
use hayro::hayro_interpret::InterpreterSettings;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::{Rgb, RgbImage};

/// A page as pixels, on white.
fn pixels(page: &Page, dpi: f32) -> RgbImage {
    let bytes = pdf(std::slice::from_ref(page)).unwrap();
    let document = hayro::hayro_syntax::Pdf::new(bytes).unwrap();
    let settings = PixmapSettings { x_scale: dpi / 72.0, y_scale: dpi / 72.0, bg_color: WHITE };
    let first = &document.pages()[0];
    let pixmap = hayro::render(first, &RenderCache::new(), &InterpreterSettings::default(), &RenderSettings::default(), &settings);
    let png = pixmap.into_png().unwrap();
    image::load_from_memory(&png).unwrap().to_rgb8()
}

fn sample(picture: &RgbImage, x: f32, y: f32) -> Option<[f32; 3]> {
    let (width, height) = picture.dimensions();
    if x < 0.0 || y < 0.0 || x >= (width - 1) as f32 || y >= (height - 1) as f32 {
        return None;
    }
    let (left, top) = (x as u32, y as u32);
    let (right_share, low_share) = (x - left as f32, y - top as f32);
    let mut mixed = [0.0; 3];
    for (dx, dy, share) in [
        (0, 0, (1.0 - right_share) * (1.0 - low_share)),
        (1, 0, right_share * (1.0 - low_share)),
        (0, 1, (1.0 - right_share) * low_share),
        (1, 1, right_share * low_share),
    ] {
        let pixel = picture.get_pixel(left + dx, top + dy);
        for (channel, value) in mixed.iter_mut().enumerate() {
            *value += share * f32::from(pixel[channel]);
        }
    }
    Some(mixed)
}

fn jpeg(picture: &RgbImage, quality: u8, grey: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    if grey {
        let grey = image::DynamicImage::ImageRgb8(picture.clone()).to_luma8();
        encoder.encode_image(&grey).unwrap();
    } else {
        encoder.encode_image(picture).unwrap();
    }
    bytes
}

/// A page photographed with a telephone: a table behind, a little perspective, uneven light, noise.
pub fn photographed(page: &Page, seed: u64) -> Vec<u8> {
    let mut random = Rng::with_seed(seed);
    let source = pixels(page, 150.0);
    let (width, height) = source.dimensions();
    let margin = 34.0;
    let angle = (random.f32() - 0.5) * 0.045;
    let keystone = (random.f32() - 0.5) * 0.00006;
    let table = [118.0 + random.f32() * 40.0, 92.0 + random.f32() * 30.0, 70.0 + random.f32() * 24.0];
    let light = (random.f32() * width as f32, random.f32() * height as f32 * 0.5);
    let (out_width, out_height) = (width + 2 * margin as u32, height + 2 * margin as u32);
    let centre = (out_width as f32 / 2.0, out_height as f32 / 2.0);
    let mut shot = RgbImage::new(out_width, out_height);
    for (x, y, pixel) in shot.enumerate_pixels_mut() {
        let (dx, dy) = (x as f32 - centre.0, y as f32 - centre.1);
        let scale = 1.0 + keystone * dy;
        let (tx, ty) = (dx * angle.cos() - dy * angle.sin(), dx * angle.sin() + dy * angle.cos());
        let from = (tx * scale + width as f32 / 2.0, ty * scale + height as f32 / 2.0);
        let far = ((x as f32 - light.0).powi(2) + (y as f32 - light.1).powi(2)).sqrt() / out_height as f32;
        let shade = 1.0 - 0.16 * far.min(1.4);
        let paper = sample(&source, from.0, from.1).map(|[r, g, b]| [r * 0.97, g * 0.955, b * 0.92]);
        let grain = (random.f32() - 0.5) * 5.0;
        let [r, g, b] = paper.unwrap_or(table);
        *pixel = Rgb([r, g, b].map(|value| (value * shade + grain).clamp(0.0, 255.0) as u8));
    }
    jpeg(&shot, 50, false)
}

/// A page as a flat-bed scanner leaves it: grey, slightly askew, on an A4 page of its own.
pub fn scanned(page: &Page, seed: u64) -> Page {
    let mut random = Rng::with_seed(seed);
    let source = pixels(page, 150.0);
    let (width, height) = source.dimensions();
    let angle = (random.f32() - 0.5) * 0.016;
    let mut scan = RgbImage::new(width, height);
    for (x, y, pixel) in scan.enumerate_pixels_mut() {
        let (dx, dy) = (x as f32 - width as f32 / 2.0, y as f32 - height as f32 / 2.0);
        let from = (dx * angle.cos() - dy * angle.sin() + width as f32 / 2.0, dx * angle.sin() + dy * angle.cos() + height as f32 / 2.0);
        let [r, g, b] = sample(&source, from.0, from.1).unwrap_or([250.0; 3]);
        let grain = (random.f32() - 0.5) * 3.0;
        *pixel = Rgb([r, g, b].map(|value| (value * 0.97 + grain).clamp(0.0, 255.0) as u8));
    }
    let mut sheet = Page::default();
    sheet.picture(0.0, 0.0, A4.0, A4.1, Arc::new(jpeg(&scan, 42, true)));
    sheet
}

/// How much of a pixel an ellipse covers, with a soft edge; `soft` in pixels.
/// A page of print as the worst machine sends it: blurred and covered with noise.
pub fn bad_scan(lines: &[&str]) -> Vec<u8> {
    let mut page = Page { width: A4.0, height: A4.1, marks: Vec::new() };
    for (number, line) in lines.iter().enumerate() {
        page.text(60.0, 80.0 + 24.0 * number as f32, guichet::jury::sheet::SANS, 12.0, line);
    }
    let mut rng = Rng::with_seed(3);
    let mut grey = image::imageops::blur(&image::imageops::grayscale(&pixels(&page, 150.0)), 1.2);
    for pixel in grey.pixels_mut() {
        let noise: f32 = (0..4).map(|_| rng.f32() - 0.5).sum::<f32>() * 130.0;
        pixel.0[0] = (f32::from(pixel.0[0]) + noise).clamp(0.0, 255.0) as u8;
    }
    let mut file = std::io::Cursor::new(Vec::new());
    grey.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}

fn ellipse(x: f32, y: f32, centre: (f32, f32), radii: (f32, f32), soft: f32) -> f32 {
    let (dx, dy) = ((x - centre.0) / radii.0, (y - centre.1) / radii.1);
    let outside = ((dx * dx + dy * dy).sqrt() - 1.0) * radii.0.min(radii.1);
    (0.5 - outside / soft).clamp(0.0, 1.0)
}

fn blend(under: &mut [f32; 3], over: [f32; 3], share: f32) {
    for (low, high) in under.iter_mut().zip(over) {
        *low += (high - *low) * share;
    }
}

/// An identity photograph of nobody: drawn from ellipses and gradients, 400 × 520 pixels.
pub fn portrait(seed: u64, woman: bool, dark: bool) -> Vec<u8> {
    let mut random = Rng::with_seed(seed);
    let skins = [[232.0, 190.0, 165.0], [214.0, 168.0, 136.0], [134.0, 92.0, 66.0], [104.0, 70.0, 50.0]];
    let hairs = [[38.0, 28.0, 24.0], [72.0, 48.0, 32.0], [120.0, 82.0, 48.0], [24.0, 22.0, 24.0]];
    let skin = skins[random.usize(0..2) + 2 * usize::from(dark)];
    let hair = if dark { hairs[3] } else { hairs[random.usize(0..4)] };
    let cloth = [40.0 + random.f32() * 120.0, 45.0 + random.f32() * 70.0, 60.0 + random.f32() * 90.0];
    let ground = 205.0 + random.f32() * 30.0;
    let (face_width, jaw) = (84.0 + random.f32() * 12.0, 112.0 + random.f32() * 12.0);
    let eye_height = 222.0 + random.f32() * 10.0;
    let mut picture = RgbImage::new(400, 520);
    for (column, row, pixel) in picture.enumerate_pixels_mut() {
        let (x, y) = (column as f32, row as f32);
        let mut colour = [ground - y * 0.03, ground + 3.0 - y * 0.03, ground + 6.0 - y * 0.025];
        let hair_length = if woman { 190.0 } else { 122.0 };
        blend(&mut colour, hair, ellipse(x, y, (200.0, 215.0 + (hair_length - 122.0) * 0.5), (face_width + 26.0, hair_length), 9.0));
        blend(&mut colour, cloth.map(|value| value - (x - 200.0).abs() * 0.12), ellipse(x, y, (200.0, 560.0), (185.0, 165.0), 4.0));
        blend(&mut colour, skin.map(|value| value * 0.84), ellipse(x, y, (200.0, 360.0), (46.0, 74.0), 5.0));
        let light = 1.05 - ((x - 175.0).powi(2) + (y - 215.0).powi(2)).sqrt() * 0.0014;
        blend(&mut colour, skin.map(|value| value * light), ellipse(x, y, (200.0, 245.0), (face_width, jaw), 5.0));
        blend(&mut colour, hair, ellipse(x, y, (200.0, 150.0), (face_width - 10.0, 42.0), 14.0) * 0.95);
        for side in [-1.0, 1.0] {
            let eye = 200.0 + side * face_width * 0.42;
            blend(&mut colour, hair, ellipse(x, y, (eye, eye_height - 20.0), (19.0, 3.6), 4.0) * 0.8);
            blend(&mut colour, [246.0, 243.0, 240.0], ellipse(x, y, (eye, eye_height), (14.0, 6.5), 3.0));
            blend(&mut colour, [58.0, 42.0, 34.0], ellipse(x, y, (eye, eye_height), (6.2, 6.2), 2.5));
            blend(&mut colour, [250.0; 3], ellipse(x, y, (eye - 2.0, eye_height - 2.0), (1.5, 1.5), 1.5));
            blend(&mut colour, skin.map(|value| value * 0.72), ellipse(x, y, (200.0 + side * 9.0, eye_height + 52.0), (4.0, 2.4), 5.0));
            blend(
                &mut colour,
                [skin[0], skin[1] * 0.82, skin[2] * 0.8],
                ellipse(x, y, (200.0 + side * 44.0, eye_height + 46.0), (22.0, 16.0), 26.0) * 0.35,
            );
        }
        blend(&mut colour, skin.map(|value| value * 0.86), ellipse(x, y, (206.0, eye_height + 30.0), (5.0, 24.0), 12.0) * 0.6);
        blend(&mut colour, [skin[0] * 0.82, skin[1] * 0.5, skin[2] * 0.5], ellipse(x, y, (200.0, eye_height + 80.0), (25.0, 6.5), 6.0));
        blend(&mut colour, skin.map(|value| value * 0.5), ellipse(x, y, (200.0, eye_height + 80.0), (23.0, 1.2), 2.5));
        let grain = (random.f32() - 0.5) * 4.0;
        *pixel = Rgb(colour.map(|value| (value + grain).clamp(0.0, 255.0) as u8));
    }
    jpeg(&picture, 72, false)
}
