//! Whether a page is an identity photograph, a sheet of them, or something else.
//!
//! Cheap signs only: tones are continuous, hardly anything looks like lines of text, skin takes the middle of the frame and the ground
//! around the head is even. A photograph of a paper is bright and gray all over; a holiday picture has no even ground.

use image::{RgbImage, imageops};

/// The likelihood, 0 to 1, given how many marks on the page look like letters.
pub fn likelihood(picture: &RgbImage, letters: usize) -> f32 {
    let (width, height) = picture.dimensions();
    if width < 60 || height < 60 {
        return 0.0;
    }
    let thumb = imageops::thumbnail(picture, 96, (96 * height / width).clamp(24, 240));
    let whole = head_score(&thumb) * aspect_score(width, height);
    let likeliest = whole.max(sheet_score(&thumb)).max(framed_score(&thumb));
    // A head of hair and a patterned shirt make some marks like letters; a card makes a hundred.
    (likeliest * (1.0 - ramp(letters as f32, 60.0, 160.0))).clamp(0.0, 1.0)
}

/// Identity photographs are upright, 35 × 45 mm or nearly; square ones occur.
fn aspect_score(width: u32, height: u32) -> f32 {
    let aspect = width as f32 / height as f32;
    ramp(aspect, 0.5, 0.62) * (1.0 - ramp(aspect, 1.08, 1.35))
}

fn ramp(value: f32, from: f32, to: f32) -> f32 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// Skin in the middle, an even ground in the upper corners that is not skin.
fn head_score(thumb: &RgbImage) -> f32 {
    let (width, height) = (thumb.width() as f32, thumb.height() as f32);
    let (mut face, mut face_skin, mut ground, mut ground_skin) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
    let (mut sum, mut squares) = (0.0_f32, 0.0_f32);
    for (x, y, pixel) in thumb.enumerate_pixels() {
        let (across, down) = (x as f32 / width, y as f32 / height);
        let skin = f32::from(u8::from(is_skin(pixel.0)));
        let (dx, dy) = ((across - 0.5) / 0.21, (down - 0.45) / 0.24);
        if dx * dx + dy * dy <= 1.0 {
            face += 1.0;
            face_skin += skin;
        } else if down < 0.22 && !(0.2..=0.8).contains(&across) {
            ground += 1.0;
            ground_skin += skin;
            let tone = luminance(pixel.0);
            sum += tone;
            squares += tone * tone;
        }
    }
    let (face, ground) = (face.max(1.0), ground.max(1.0));
    let mean = sum / ground;
    let deviation = (squares / ground - mean * mean).max(0.0).sqrt();
    let skin_in_face = ramp(face_skin / face, 0.22, 0.5);
    let even_ground = 1.0 - ramp(deviation, 26.0, 55.0);
    let ground_is_no_skin = 1.0 - 0.6 * ramp(ground_skin / ground, 0.5, 0.95);
    skin_in_face * even_ground * ground_is_no_skin * mid_tones(thumb)
}

/// Photographs spread over the tones between black and white; print does not.
fn mid_tones(thumb: &RgbImage) -> f32 {
    let middle = thumb.pixels().filter(|pixel| (40.0..215.0).contains(&luminance(pixel.0))).count() as f32;
    ramp(middle / (thumb.width() * thumb.height()).max(1) as f32, 0.2, 0.4)
}

fn luminance([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

/// Skin of every complexion lies in a narrow range of chroma (Chai and Ngan 1999), whatever its brightness.
fn is_skin([red, green, blue]: [u8; 3]) -> bool {
    let (red, green, blue) = (f32::from(red), f32::from(green), f32::from(blue));
    let blue_chroma = 128.0 - 0.168_7 * red - 0.331_3 * green + 0.5 * blue;
    let red_chroma = 128.0 + 0.5 * red - 0.418_7 * green - 0.081_3 * blue;
    (77.0..=128.0).contains(&blue_chroma) && (134.0..=176.0).contains(&red_chroma) && red > 45.0 && red - blue > 8.0
}

/// A sheet repeats one photograph side by side: shifted by a half, a third or a quarter it resembles itself, and one cell is a portrait.
fn sheet_score(thumb: &RgbImage) -> f32 {
    let mut best = 0.0_f32;
    for columns in 1..=4_u32 {
        for rows in 1..=4_u32 {
            if columns * rows < 2 {
                continue;
            }
            let (cell_width, cell_height) = (thumb.width() / columns, thumb.height() / rows);
            if cell_width < 14 || cell_height < 14 {
                continue;
            }
            let alike = likeness(thumb, cell_width, cell_height, columns, rows);
            if alike < 0.75 {
                continue;
            }
            let cell = imageops::crop_imm(thumb, 0, 0, cell_width, cell_height).to_image();
            best = best.max(head_score(&trim_white(&cell)) * ramp(alike, 0.7, 0.85));
        }
    }
    best
}

/// The mean correlation of the first cell with its right and lower neighbours, -1 to 1.
fn likeness(thumb: &RgbImage, cell_width: u32, cell_height: u32, columns: u32, rows: u32) -> f32 {
    let mut total = 0.0;
    let mut count = 0.0_f32;
    for (shift_x, shift_y) in [(cell_width, 0), (0, cell_height)] {
        if (shift_x > 0 && columns < 2) || (shift_y > 0 && rows < 2) {
            continue;
        }
        let pairs = (0..cell_height.min(thumb.height() - shift_y)).flat_map(|y| (0..cell_width.min(thumb.width() - shift_x)).map(move |x| (x, y)));
        let pairs = pairs.map(|(x, y)| (luminance(thumb.get_pixel(x, y).0), luminance(thumb.get_pixel(x + shift_x, y + shift_y).0)));
        total += correlation(pairs);
        count += 1.0;
    }
    total / count.max(1.0)
}

fn correlation(pairs: impl Iterator<Item = (f32, f32)>) -> f32 {
    let (mut n, mut sum_a, mut sum_b, mut squares_a, mut squares_b, mut products) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
    for (a, b) in pairs {
        n += 1.0;
        sum_a += a;
        sum_b += b;
        squares_a += a * a;
        squares_b += b * b;
        products += a * b;
    }
    let variance = (squares_a - sum_a * sum_a / n.max(1.0)) * (squares_b - sum_b * sum_b / n.max(1.0));
    if variance <= 1.0 { 0.0 } else { (products - sum_a * sum_b / n) / variance.sqrt() }
}

/// A photograph pasted on an otherwise white page, such as a PDF made of one.
fn framed_score(thumb: &RgbImage) -> f32 {
    let trimmed = trim_white(thumb);
    let share = (trimmed.width() * trimmed.height()) as f32 / (thumb.width() * thumb.height()).max(1) as f32;
    if !(0.02..=0.92).contains(&share) || trimmed.width() < 14 || trimmed.height() < 14 {
        return 0.0;
    }
    head_score(&trimmed) * aspect_score(trimmed.width(), trimmed.height())
}

/// Cuts away white margins.
fn trim_white(picture: &RgbImage) -> RgbImage {
    let inked = |pixel: &image::Rgb<u8>| luminance(pixel.0) < 238.0;
    let mut bounds: Option<(u32, u32, u32, u32)> = None;
    for (x, y, pixel) in picture.enumerate_pixels() {
        if inked(pixel) {
            let (left, top, right, bottom) = bounds.unwrap_or((x, y, x, y));
            bounds = Some((left.min(x), top.min(y), right.max(x), bottom.max(y)));
        }
    }
    let Some((left, top, right, bottom)) = bounds else { return picture.clone() };
    imageops::crop_imm(picture, left, top, right - left + 1, bottom - top + 1).to_image()
}
