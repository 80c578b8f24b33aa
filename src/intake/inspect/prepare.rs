//! A page picture made ready for an OCR engine: cropped to the paper, evenly lit, upright, straight, and of the size at which engines
//! read best.

use image::{GrayImage, RgbImage, imageops};

use super::binarise::{flatten, histogram, ink_points, otsu, percentile, to_gray};
use super::{PagePicture, PictureHints};

/// Where a page picture comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Drawn from a PDF or written by a scanner or a screen: evenly lit, filling the frame.
    Drawn,
    /// A photograph: a desk around it, shadows, any of four orientations.
    Photographed,
}

/// The longer side of an A4 page at 150 dpi.
const LONG_SIDE_PIXELS: u32 = 1_754;
/// Angles beyond this are not straightened (degrees).
const SKEW_DEGREES_MAX: f32 = 10.0;
/// Angles below this do not disturb an engine (degrees).
const SKEW_DEGREES_MIN: f32 = 0.25;

/// Prepares a page.
pub fn prepare(picture: &RgbImage, origin: Origin) -> PagePicture {
    let mut gray = to_gray(picture);
    if origin == Origin::Photographed {
        gray = crop_to_paper(gray);
    }
    gray = to_working_size(gray);
    gray = if origin == Origin::Photographed || is_unevenly_lit(&gray) { flatten(&gray, 48) } else { stretch(gray) };
    let small = downscaled(&gray, 700);
    let threshold = otsu(&histogram(&small)).clamp(80, 200);
    let points = ink_points(&small, threshold, 40_000);
    let (upright, sideways) = (skew(&points), skew(&turned(&points)));
    let mut hints = PictureHints::default();
    let mut angle = upright.degrees;
    if sideways.sharpness > upright.sharpness * 1.35 {
        // Lines run up or down the page. Which of the two is told by the shape of the lines.
        angle = sideways.degrees;
        gray = imageops::rotate270(&gray);
        if is_upside_down(&downscaled(&gray, 1_000), threshold, angle) {
            gray = imageops::rotate180(&gray);
        }
        hints.maybe_upside_down = true;
    } else if is_upside_down(&downscaled(&gray, 1_000), threshold, angle) {
        gray = imageops::rotate180(&gray);
        hints.maybe_upside_down = true;
    }
    if angle.abs() >= SKEW_DEGREES_MIN {
        gray = rotated(&gray, -angle);
    }
    PagePicture { width: gray.width(), height: gray.height(), pixels: gray.into_raw(), hints }
}

/// The same picture turned by half.
pub fn upside_down(picture: &PagePicture) -> PagePicture {
    PagePicture { pixels: picture.pixels.iter().rev().copied().collect(), ..picture.clone() }
}

/// The same picture turned by a quarter clockwise.
pub fn quarter_turn(picture: &PagePicture) -> Option<PagePicture> {
    let turned = imageops::rotate90(&GrayImage::from_raw(picture.width, picture.height, picture.pixels.clone())?);
    Some(PagePicture { width: turned.width(), height: turned.height(), pixels: turned.into_raw(), hints: picture.hints })
}

fn to_working_size(gray: GrayImage) -> GrayImage {
    let longest = gray.width().max(gray.height()).max(1);
    let scale = LONG_SIDE_PIXELS as f32 / longest as f32;
    if (0.87..=1.12).contains(&scale) {
        return gray;
    }
    // A tiny picture is enlarged at most threefold: there is nothing more in it.
    let scale = scale.min(3.0);
    let (width, height) = (((gray.width() as f32 * scale) as u32).max(1), ((gray.height() as f32 * scale) as u32).max(1));
    if scale < 1.0 { imageops::thumbnail(&gray, width, height) } else { imageops::resize(&gray, width, height, imageops::FilterType::CatmullRom) }
}

fn downscaled(gray: &GrayImage, side: u32) -> GrayImage {
    let longest = gray.width().max(gray.height()).max(1);
    if longest <= side {
        return gray.clone();
    }
    imageops::thumbnail(gray, (gray.width() * side / longest).max(1), (gray.height() * side / longest).max(1))
}

/// Stretches the tones so that paper is white and ink black.
fn stretch(mut gray: GrayImage) -> GrayImage {
    let counts = histogram(&gray);
    let (low, high) = (percentile(&counts, 0.005), percentile(&counts, 0.6));
    if high < low.saturating_add(60) || (low < 40 && high > 240) {
        return gray;
    }
    let range = u32::from(high - low);
    for value in gray.iter_mut() {
        *value = (u32::from(value.saturating_sub(low)) * 250 / range).min(255) as u8;
    }
    gray
}

/// Whether the paper is much darker in some corner than in another.
fn is_unevenly_lit(gray: &GrayImage) -> bool {
    let small = imageops::thumbnail(gray, 12, 16);
    let counts = histogram(&small);
    percentile(&counts, 0.9).saturating_sub(percentile(&counts, 0.15)) > 60
}

/// Cuts away the desk around a bright sheet: the longest run of rows and of columns that are mostly paper.
fn crop_to_paper(gray: GrayImage) -> GrayImage {
    let small = downscaled(&gray, 240);
    let counts = histogram(&small);
    let threshold = otsu(&counts);
    let (width, height) = (small.width() as usize, small.height() as usize);
    let bright = |value: &u8| *value > threshold;
    let rows: Vec<f32> =
        small.as_raw().chunks_exact(width.max(1)).map(|row| row.iter().filter(|value| bright(value)).count() as f32 / width as f32).collect();
    let columns: Vec<f32> = (0..width)
        .map(|column| small.as_raw().iter().skip(column).step_by(width.max(1)).filter(|value| bright(value)).count() as f32 / height as f32)
        .collect();
    let (Some((top, bottom)), Some((left, right))) = (paper_run(&rows), paper_run(&columns)) else { return gray };
    let share = ((bottom - top) * (right - left)) as f32 / (width * height).max(1) as f32;
    if !(0.2..0.97).contains(&share) {
        return gray;
    }
    let scale = gray.width() as f32 / width.max(1) as f32;
    let at = |position: usize| (position as f32 * scale) as u32;
    imageops::crop_imm(&gray, at(left), at(top), at(right - left).max(1), at(bottom - top).max(1)).to_image()
}

/// From the first to the last position at which paper takes a fair part of the way across.
fn paper_run(shares: &[f32]) -> Option<(usize, usize)> {
    let highest = shares.iter().copied().fold(0.0, f32::max);
    let first = shares.iter().position(|&share| share > highest * 0.45)?;
    let last = shares.iter().rposition(|&share| share > highest * 0.45)?;
    (last > first).then_some((first, last + 1))
}

/// How lines of text lie.
#[derive(Debug, Clone, Copy)]
struct Skew {
    degrees: f32,
    /// How clearly the ink falls into lines at that angle; larger is clearer.
    sharpness: f32,
}

fn turned(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    points.iter().map(|&(x, y)| (y, -x)).collect()
}

/// Finds the angle at which the ink falls into the sharpest lines.
fn skew(points: &[(f32, f32)]) -> Skew {
    if points.len() < 50 {
        return Skew { degrees: 0.0, sharpness: 0.0 };
    }
    let steps = |from: f32, to: f32, step: f32| (0..=((to - from) / step).round() as u32).map(move |index| from + index as f32 * step);
    let best = |angles: &mut dyn Iterator<Item = f32>| {
        angles
            .map(|degrees| Skew { degrees, sharpness: sharpness(points, degrees) })
            .fold(Skew { degrees: 0.0, sharpness: -1.0 }, |best, next| if next.sharpness > best.sharpness { next } else { best })
    };
    let coarse = best(&mut steps(-SKEW_DEGREES_MAX, SKEW_DEGREES_MAX, 1.0));
    let fine = best(&mut steps(coarse.degrees - 0.8, coarse.degrees + 0.8, 0.2));
    let flat = sharpness(points, 0.0);
    // No clear gain over leaving it alone: pages of drawings and cards.
    if fine.sharpness < flat * 1.03 { Skew { degrees: 0.0, sharpness: flat } } else { fine }
}

/// The sum of squared differences between neighbouring rows of the profile, per point.
fn sharpness(points: &[(f32, f32)], degrees: f32) -> f32 {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    const ROWS: usize = 2_400;
    let mut profile = [0_f32; ROWS];
    for &(x, y) in points {
        let row = y * cosine - x * sine + 1_000.0;
        if let Some(count) = profile.get_mut(row.max(0.0) as usize) {
            *count += 1.0;
        }
    }
    let differences: f32 = profile.iter().zip(profile.iter().skip(1)).map(|(here, next)| (next - here) * (next - here)).sum();
    differences / points.len() as f32
}

/// Whether lines of Latin, Greek or Cyrillic print stand on their heads: far more letters rise above the x-height than hang below the line.
fn is_upside_down(gray: &GrayImage, threshold: u8, degrees: f32) -> bool {
    let points = ink_points(gray, threshold, 120_000);
    let (sine, cosine) = degrees.to_radians().sin_cos();
    const ROWS: usize = 3_600;
    let mut profile = vec![0_f32; ROWS];
    for (x, y) in points {
        if let Some(count) = profile.get_mut((y * cosine - x * sine + 1_200.0).max(0.0) as usize) {
            *count += 1.0;
        }
    }
    let (mut above, mut below) = (0.0_f32, 0.0_f32);
    for line in profile.split(|&count| count < 1.0).filter(|line| (6..60).contains(&line.len())) {
        let peak = line.iter().copied().fold(0.0, f32::max);
        if peak < 15.0 {
            continue;
        }
        let (Some(first), Some(last)) = (line.iter().position(|&count| count > peak * 0.5), line.iter().rposition(|&count| count > peak * 0.5))
        else {
            continue;
        };
        above += line.iter().take(first).sum::<f32>();
        below += line.iter().skip(last + 1).sum::<f32>();
    }
    below > 1.25 * above && below > 200.0
}

/// Turns a picture by a small angle around its middle, white beyond the edges, bilinear.
fn rotated(gray: &GrayImage, degrees: f32) -> GrayImage {
    let (width, height) = gray.dimensions();
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let (middle_x, middle_y) = (width as f32 / 2.0, height as f32 / 2.0);
    let raw = gray.as_raw();
    let stride = width as usize;
    let mut pixels: Vec<u8> = Vec::with_capacity(raw.len());
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (x as f32 - middle_x, y as f32 - middle_y);
            let (from_x, from_y) = (dx * cosine + dy * sine + middle_x, dy * cosine - dx * sine + middle_y);
            pixels.push(sample(raw, stride, width, height, from_x, from_y));
        }
    }
    GrayImage::from_raw(width, height, pixels).unwrap_or_default()
}

fn sample(raw: &[u8], stride: usize, width: u32, height: u32, x: f32, y: f32) -> u8 {
    if x < 0.0 || y < 0.0 || x >= (width - 1) as f32 || y >= (height - 1) as f32 {
        return 255;
    }
    let start = y as usize * stride + x as usize;
    let (right, down) = (x.fract(), y.fract());
    let (Some(&[top_left, top_right]), Some(&[bottom_left, bottom_right])) = (
        raw.get(start..start + 2).and_then(|pair| pair.first_chunk()),
        raw.get(start + stride..start + stride + 2).and_then(|pair| pair.first_chunk()),
    ) else {
        return 255;
    };
    let mix = |left: u8, right_value: u8| f32::from(left) + (f32::from(right_value) - f32::from(left)) * right;
    let (top, bottom) = (mix(top_left, top_right), mix(bottom_left, bottom_right));
    (top + (bottom - top) * down) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of short strokes, as print looks from afar: tall strokes above the line, few below.
    fn page() -> GrayImage {
        GrayImage::from_fn(900, 1_200, |x, y| {
            let in_line = y % 40;
            let stroke = (x / 7) % 2 == 0 && (100..800).contains(&x) && (100..1_100).contains(&y);
            let body = (14..24).contains(&in_line);
            let ascender = (6..14).contains(&in_line) && (x / 7) % 6 == 0;
            image::Luma([if stroke && (body || ascender) { 20 } else { 245 }])
        })
    }

    fn measured(gray: &GrayImage) -> Skew {
        skew(&ink_points(&downscaled(gray, 700), 128, 40_000))
    }

    #[test]
    fn a_tilted_page_is_straightened() {
        for degrees in [-6.0_f32, -1.4, 2.6, 8.0] {
            let found = measured(&rotated(&page(), degrees));
            assert!((found.degrees - degrees).abs() < 0.35, "tilted by {degrees}, found {}", found.degrees);
        }
        assert_eq!(measured(&page()).degrees, 0.0);
    }

    #[test]
    fn a_page_on_its_head_is_recognised() {
        assert!(!is_upside_down(&page(), 128, 0.0));
        assert!(is_upside_down(&imageops::rotate180(&page()), 128, 0.0));
    }
}
