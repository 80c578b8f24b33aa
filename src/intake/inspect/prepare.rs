//! A page picture made ready for an OCR engine: the desk around it gone, evenly lit, upright, straight, cut to its print, and of the
//! size at which engines read best.

use image::{GrayImage, imageops};

use super::binarise::flatten;
use super::components::Mark;
use super::look::Look;
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
/// Print whose letters are smaller than this is enlarged (pixels).
const LETTER_PIXELS_MIN: f32 = 17.0;
/// Enlarging may not make more pixels than this: time grows with them.
const ENLARGED_PIXELS_MAX: f32 = 2_000_000.0;

/// Prepares a gray page that was looked at.
pub fn prepare(picture: GrayImage, look: &Look) -> PagePicture {
    let working = flatten(&to_working_size(picture), 40);
    let working = whitened(working, look);
    let scale = working.width() as f32 / look.working_size.0.max(1) as f32;
    let letters: Vec<Mark> = look.lettering.letters.iter().map(|mark| scaled(mark, scale)).collect();
    let (mut gray, mut letters) = if look.lettering.sideways {
        let height = working.height();
        (imageops::rotate90(&working), letters.iter().map(|mark| quarter_turned(mark, height)).collect())
    } else {
        (working, letters)
    };
    let angle = skew_degrees(&letters);
    let upside_down = is_upside_down(&letters, angle);
    if upside_down {
        let (width, height) = gray.dimensions();
        gray = imageops::rotate180(&gray);
        letters = letters
            .iter()
            .map(|mark| Mark {
                left: width - mark.right,
                right: width - mark.left,
                top: height - mark.bottom,
                bottom: height - mark.top,
                pixels: mark.pixels,
            })
            .collect();
    }
    let hints = PictureHints {
        maybe_upside_down: upside_down || look.lettering.sideways,
        letters: u32::try_from(letters.len()).unwrap_or(u32::MAX),
        has_layer: false,
    };
    let frame = Frame::around(&letters, gray.dimensions(), angle, look.lettering.letter_pixels * scale);
    let gray = if frame.is_whole(gray.dimensions()) && angle.abs() < SKEW_DEGREES_MIN { gray } else { resampled(&gray, &frame, angle) };
    PagePicture { width: gray.width(), height: gray.height(), pixels: gray.into_raw(), hints }
}

fn whitened(mut gray: GrayImage, look: &Look) -> GrayImage {
    if let Some(sheet) = &look.sheet {
        sheet.whiten_outside(&mut gray);
    }
    gray
}

fn scaled(mark: &Mark, scale: f32) -> Mark {
    let side = |value: u32| (value as f32 * scale) as u32;
    Mark { left: side(mark.left), top: side(mark.top), right: side(mark.right), bottom: side(mark.bottom), pixels: mark.pixels }
}

fn quarter_turned(mark: &Mark, height: u32) -> Mark {
    Mark { left: height.saturating_sub(mark.bottom), right: height.saturating_sub(mark.top), top: mark.left, bottom: mark.right, pixels: mark.pixels }
}

/// The same picture turned by half.
pub fn upside_down(picture: &PagePicture) -> PagePicture {
    PagePicture { pixels: picture.pixels.iter().rev().copied().collect(), ..picture.clone() }
}

/// The same picture turned by a quarter, clockwise.
pub fn quarter_turn(picture: &PagePicture) -> PagePicture {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let column = |x: usize| (0..height).rev().filter_map(move |y| picture.pixels.get(y * width + x).copied());
    PagePicture { width: picture.height, height: picture.width, pixels: (0..width).flat_map(column).collect(), hints: picture.hints }
}

/// The same picture with everything white but these lines (left, top, right, bottom), each with a little room around it.
pub fn only_lines(picture: &PagePicture, lines: &[(u32, u32, u32, u32)]) -> PagePicture {
    const ROOM: u32 = 6;
    let width = picture.width.max(1) as usize;
    let mut pixels = vec![255_u8; picture.pixels.len()];
    for &(left, top, right, bottom) in lines {
        let (from, to) = (left.saturating_sub(ROOM) as usize, (right.saturating_add(ROOM) as usize).min(width));
        let rows = pixels.chunks_exact_mut(width).zip(picture.pixels.chunks_exact(width));
        let first = top.saturating_sub(ROOM) as usize;
        for (kept, row) in rows.skip(first).take((bottom.saturating_add(ROOM) as usize).saturating_sub(first)) {
            if let (Some(kept), Some(row)) = (kept.get_mut(from..to), row.get(from..to)) {
                kept.copy_from_slice(row);
            }
        }
    }
    PagePicture { pixels, ..picture.clone() }
}

/// A part of the picture, enlarged as far as [`ENLARGED_PIXELS_MAX`] allows.
pub fn enlarged_part(picture: &PagePicture, (left, top, right, bottom): (u32, u32, u32, u32), enlarged: f32) -> Option<PagePicture> {
    let (right, bottom) = (right.min(picture.width), bottom.min(picture.height));
    if right <= left || bottom <= top {
        return None;
    }
    let gray = GrayImage::from_raw(picture.width, picture.height, picture.pixels.clone())?;
    let (width, height) = ((right - left) as f32, (bottom - top) as f32);
    let allowed = (ENLARGED_PIXELS_MAX / (width * height)).sqrt().max(1.0);
    let frame = Frame { left: left as f32, top: top as f32, width, height, enlarged: enlarged.clamp(1.0, 4.0).min(allowed) };
    let part = resampled(&gray, &frame, 0.0);
    Some(PagePicture { width: part.width(), height: part.height(), pixels: part.into_raw(), hints: picture.hints })
}

/// Brings large pictures down; small ones are enlarged later, in one step with the straightening.
fn to_working_size(gray: GrayImage) -> GrayImage {
    let scale = LONG_SIDE_PIXELS as f32 / gray.width().max(gray.height()).max(1) as f32;
    if scale > 0.87 {
        return gray;
    }
    imageops::thumbnail(&gray, ((gray.width() as f32 * scale) as u32).max(1), ((gray.height() as f32 * scale) as u32).max(1))
}

/// Finds the angle at which the feet of the letters fall into the sharpest lines.
fn skew_degrees(letters: &[Mark]) -> f32 {
    if letters.len() < 12 {
        return 0.0;
    }
    let step = letters.len() / 4_000 + 1;
    let feet: Vec<(f32, f32)> = letters.iter().step_by(step).map(|mark| ((mark.left + mark.right) as f32 / 2.0, mark.bottom as f32)).collect();
    let sweep = |from: f32, to: f32, step: f32| {
        let angles = (0..=((to - from) / step).round() as u32).map(|index| from + index as f32 * step);
        angles.map(|degrees| (degrees, sharpness(&feet, degrees))).fold((0.0_f32, -1.0_f32), |best, next| if next.1 > best.1 { next } else { best })
    };
    let coarse = sweep(-SKEW_DEGREES_MAX, SKEW_DEGREES_MAX, 0.5);
    let fine = sweep(coarse.0 - 0.4, coarse.0 + 0.4, 0.1);
    // No clear gain over leaving it alone: scattered print of cards and drawings.
    if fine.1 < sharpness(&feet, 0.0) * 1.04 { 0.0 } else { fine.0 }
}

/// How clearly points fall into rows at that angle: the sum of the squared counts, with neighbouring rows counted half.
fn sharpness(points: &[(f32, f32)], degrees: f32) -> f32 {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    const ROWS: usize = 3_000;
    let mut rows = [0_f32; ROWS];
    for &(x, y) in points {
        let row = (y * cosine - x * sine + 700.0).max(0.0) / 1.5;
        let part = row.fract();
        for (offset, share) in [(0, 1.0 - part), (1, part)] {
            if let Some(count) = rows.get_mut(row as usize + offset) {
                *count += share;
            }
        }
    }
    rows.iter().map(|count| count * count).sum()
}

/// Whether lines of Latin, Greek or Cyrillic print stand on their heads: their letters share the foot line and differ in height above it,
/// so upright feet lie in sharper rows than heads do.
fn is_upside_down(letters: &[Mark], degrees: f32) -> bool {
    if letters.len() < 60 {
        return false;
    }
    let row = |y: fn(&Mark) -> u32| letters.iter().map(|mark| ((mark.left + mark.right) as f32 / 2.0, y(mark) as f32)).collect::<Vec<(f32, f32)>>();
    let (feet, heads) = (sharpness(&row(|mark| mark.bottom), degrees), sharpness(&row(|mark| mark.top), degrees));
    heads > feet * 1.25
}

/// The part of the page that holds print, in the straightened page, and how much it is enlarged.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Frame {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    enlarged: f32,
}

impl Frame {
    fn around(letters: &[Mark], (width, height): (u32, u32), degrees: f32, letter_pixels: f32) -> Frame {
        let whole = Frame { left: 0.0, top: 0.0, width: width as f32, height: height as f32, enlarged: 1.0 };
        if letters.len() < 12 {
            return whole;
        }
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let (middle_x, middle_y) = (width as f32 / 2.0, height as f32 / 2.0);
        let places = letters.iter().map(|mark| {
            let (dx, dy) = ((mark.left + mark.right) as f32 / 2.0 - middle_x, (mark.top + mark.bottom) as f32 / 2.0 - middle_y);
            (dx * cosine + dy * sine + middle_x, dy * cosine - dx * sine + middle_y)
        });
        let (mut xs, mut ys): (Vec<f32>, Vec<f32>) = places.unzip();
        xs.sort_by(f32::total_cmp);
        ys.sort_by(f32::total_cmp);
        // A margin wide enough for letters that were not recognised as such at the ends of lines.
        let margin = 40.0 + letter_pixels * 3.0;
        let (left, right) = (xs.first().copied().unwrap_or(0.0) - margin, xs.last().copied().unwrap_or(0.0) + margin);
        let (top, bottom) = (ys.first().copied().unwrap_or(0.0) - margin, ys.last().copied().unwrap_or(0.0) + margin);
        let (left, top) = (left.max(0.0), top.max(0.0));
        let (width, height) = ((right.min(width as f32) - left).max(1.0), (bottom.min(height as f32) - top).max(1.0));
        let wanted = (LETTER_PIXELS_MIN / letter_pixels.max(1.0)).clamp(1.0, 2.5);
        let allowed = (ENLARGED_PIXELS_MAX / (width * height)).sqrt().max(1.0);
        Frame { left, top, width, height, enlarged: wanted.min(allowed) }
    }

    fn is_whole(&self, (width, height): (u32, u32)) -> bool {
        self.enlarged < 1.1 && self.width * self.height > 0.9 * (width * height) as f32
    }
}

/// Straightens, cuts and enlarges in one step, bilinear, white beyond the edges.
fn resampled(gray: &GrayImage, frame: &Frame, degrees: f32) -> GrayImage {
    let (sine, cosine) = if degrees.abs() < SKEW_DEGREES_MIN { (0.0, 1.0) } else { degrees.to_radians().sin_cos() };
    let (middle_x, middle_y) = (gray.width() as f32 / 2.0, gray.height() as f32 / 2.0);
    let (width, height) = (((frame.width * frame.enlarged) as u32).max(1), ((frame.height * frame.enlarged) as u32).max(1));
    let raw = gray.as_raw();
    let bounds = (gray.width(), gray.height());
    let mut pixels: Vec<u8> = Vec::with_capacity((width * height) as usize);
    // Places in 65,536ths of a pixel, stepped along each row.
    let fixed = |value: f32| (f64::from(value) * 65_536.0) as i64;
    let (step_x, step_y) = (fixed(cosine / frame.enlarged), fixed(sine / frame.enlarged));
    for y in 0..height {
        let (dx, dy) = (frame.left - middle_x, y as f32 / frame.enlarged + frame.top - middle_y);
        let (mut from_x, mut from_y) = (fixed(dx * cosine - dy * sine + middle_x), fixed(dy * cosine + dx * sine + middle_y));
        for _ in 0..width {
            pixels.push(sample(raw, bounds, from_x, from_y));
            from_x += step_x;
            from_y += step_y;
        }
    }
    GrayImage::from_raw(width, height, pixels).unwrap_or_default()
}

/// The value between four pixels, at a place given in 65,536ths of a pixel.
fn sample(raw: &[u8], (width, height): (u32, u32), x: i64, y: i64) -> u8 {
    let (column, row) = (x >> 16, y >> 16);
    if column < 0 || row < 0 || column + 1 >= i64::from(width) || row + 1 >= i64::from(height) {
        return 255;
    }
    let start = row as usize * width as usize + column as usize;
    let (Some(&[top_left, top_right]), Some(&[bottom_left, bottom_right])) =
        (raw.get(start..).and_then(|rest| rest.first_chunk::<2>()), raw.get(start + width as usize..).and_then(|rest| rest.first_chunk::<2>()))
    else {
        return 255;
    };
    let (right, down) = (((x >> 8) & 0xff) as i32, ((y >> 8) & 0xff) as i32);
    let mix = |first: i32, second: i32, part: i32| first + (((second - first) * part) >> 8);
    let (top, bottom) = (mix(top_left.into(), top_right.into(), right), mix(bottom_left.into(), bottom_right.into(), right));
    mix(top, bottom, down) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::inspect::components::{lettering, marks};

    /// Rows of letters of one foot line and different heights, as print has.
    fn page() -> GrayImage {
        GrayImage::from_fn(900, 1_200, |x, y| {
            let (column, row) = (x / 9, y % 36);
            let height = if column % 3 == 0 { 14 } else { 9 };
            let inked = x % 9 < 6 && (100..800).contains(&x) && (100..1_100).contains(&y) && row < 24 && row >= 24 - height;
            image::Luma([if inked { 20 } else { 245 }])
        })
    }

    fn letters(gray: &GrayImage) -> Vec<Mark> {
        lettering(&marks(gray, 128)).letters
    }

    #[test]
    fn a_tilted_page_is_straightened() {
        let whole = Frame { left: 0.0, top: 0.0, width: 900.0, height: 1_200.0, enlarged: 1.0 };
        for degrees in [-6.0_f32, -1.4, 2.6, 8.0] {
            let tilted = resampled(&page(), &whole, -degrees);
            let found = skew_degrees(&letters(&tilted));
            assert!((found - degrees).abs() < 0.35, "tilted by {degrees}, found {found}");
            let straightened = resampled(&tilted, &whole, found);
            assert!(skew_degrees(&letters(&straightened)).abs() < 0.35, "tilted by {degrees}, stayed tilted");
        }
        assert!(skew_degrees(&letters(&page())).abs() < SKEW_DEGREES_MIN);
    }

    #[test]
    fn a_page_on_its_head_is_recognised() {
        assert!(!is_upside_down(&letters(&page()), 0.0));
        assert!(is_upside_down(&letters(&imageops::rotate180(&page())), 0.0));
    }
}
