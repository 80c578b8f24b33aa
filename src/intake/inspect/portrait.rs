//! Whether a page is an identity photograph, a sheet of them, or something else.
//!
//! Cheap signs only: tones are continuous, hardly anything looks like lines of text, skin takes the middle of the frame and the ground
//! around the head is even. A photograph of a paper is bright and gray all over; a holiday picture has no even ground.

use image::{RgbImage, imageops};

/// The likelihood, 0 to 1, given how many marks on the page look like letters.
pub fn likelihood(picture: &RgbImage, letters: usize) -> f32 {
    let (width, height) = picture.dimensions();
    // A head of hair and a patterned shirt make some marks like letters; a card makes a hundred.
    let textless = 1.0 - ramp(letters as f32, 50.0, 120.0);
    if width < 60 || height < 60 || textless == 0.0 {
        return 0.0;
    }
    let shorter = width.min(height);
    let thumb = imageops::thumbnail(picture, (width * 96 / shorter).min(288), (height * 96 / shorter).min(288));
    let likeliest = photograph_score(&thumb).max(sheet_score(&thumb)).max(framed_score(&thumb));
    // Booths and photographers deliver small files; a telephone's own pictures are of something else more often.
    let modest = 1.0 - 0.35 * ramp(width.max(height) as f32, 1_600.0, 2_600.0);
    (likeliest * textless * modest).clamp(0.0, 1.0)
}

fn ramp(value: f32, from: f32, to: f32) -> f32 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// One photograph that fills the frame, upright or lying on a side.
fn photograph_score(thumb: &RgbImage) -> f32 {
    let aspect = thumb.width().min(thumb.height()) as f32 / thumb.width().max(thumb.height()).max(1) as f32;
    // 35 × 45 mm is 0.78; square ones occur, and some are cut narrower.
    let shape = ramp(aspect, 0.58, 0.69);
    if shape == 0.0 {
        return 0.0;
    }
    let turns = [thumb.clone(), imageops::rotate90(thumb), imageops::rotate180(thumb), imageops::rotate270(thumb)];
    let heads = turns.iter().enumerate().map(|(turn, picture)| {
        let upright = picture.height() >= picture.width();
        head_score(picture) * if upright { 1.0 } else { 0.7 } * if turn == 0 { 1.0 } else { 0.95 }
    });
    shape * heads.fold(0.0, f32::max) * mid_tones(thumb)
}

/// Sums over a region, for its mean and deviation.
#[derive(Default)]
struct Region {
    pixels: f32,
    tones: f32,
    squares: f32,
    warmth: f32,
    skin: f32,
}

impl Region {
    fn add(&mut self, pixel: [u8; 3]) {
        let tone = luminance(pixel);
        self.pixels += 1.0;
        self.tones += tone;
        self.squares += tone * tone;
        self.warmth += f32::from(pixel[0]) - f32::from(pixel[2]);
        self.skin += f32::from(u8::from(is_skin(pixel)));
    }

    fn mean(&self, sum: f32) -> f32 {
        sum / self.pixels.max(1.0)
    }

    fn deviation(&self) -> f32 {
        let mean = self.mean(self.tones);
        (self.mean(self.squares) - mean * mean).max(0.0).sqrt()
    }
}

/// A face in the middle, an even ground in at least one upper corner.
fn head_score(thumb: &RgbImage) -> f32 {
    let (width, height) = (thumb.width() as f32, thumb.height() as f32);
    let (mut face, mut left, mut right) = (Region::default(), Region::default(), Region::default());
    let mut colour = 0.0_f32;
    for (x, y, pixel) in thumb.enumerate_pixels() {
        let (across, down) = (x as f32 / width, y as f32 / height);
        colour += f32::from(pixel.0.iter().max().copied().unwrap_or(0)) - f32::from(pixel.0.iter().min().copied().unwrap_or(0));
        let (dx, dy) = ((across - 0.5) / 0.22, (down - 0.47) / 0.24);
        if dx * dx + dy * dy <= 1.0 {
            face.add(pixel.0);
        } else if down < 0.14 && across < 0.16 {
            left.add(pixel.0);
        } else if down < 0.14 && across > 0.84 {
            right.add(pixel.0);
        }
    }
    let ground = if left.deviation() <= right.deviation() { &left } else { &right };
    let even_ground = 1.0 - 0.7 * ramp(ground.deviation(), 14.0, 40.0);
    let has_features = ramp(face.deviation(), 9.0, 20.0);
    let warmer = face.mean(face.warmth) - ground.mean(ground.warmth);
    let complexion = if colour / (width * height) < 6.0 {
        // A black-and-white photograph: colour says nothing for or against.
        0.85
    } else {
        let skin = ramp(face.mean(face.skin), 0.12, 0.4).max(0.95 * ramp(warmer, 3.0, 14.0));
        let ground_too = ramp(ground.mean(ground.skin), 0.5, 0.95) * (1.0 - ramp(warmer, 5.0, 25.0));
        0.3 + 0.7 * skin * (1.0 - 0.6 * ground_too)
    };
    even_ground * has_features * complexion
}

/// Photographs spread over the tones between black and white; print does not.
fn mid_tones(thumb: &RgbImage) -> f32 {
    let middle = thumb.pixels().filter(|pixel| (30.0..225.0).contains(&luminance(pixel.0))).count() as f32;
    ramp(middle / (thumb.width() * thumb.height()).max(1) as f32, 0.15, 0.35)
}

fn luminance([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

/// Skin of every complexion lies in a narrow range of chroma (Chai and Ngan 1999), whatever its brightness.
fn is_skin([red, green, blue]: [u8; 3]) -> bool {
    let (red, green, blue) = (f32::from(red), f32::from(green), f32::from(blue));
    let blue_chroma = 128.0 - 0.168_7 * red - 0.331_3 * green + 0.5 * blue;
    let red_chroma = 128.0 + 0.5 * red - 0.418_7 * green - 0.081_3 * blue;
    (77.0..=127.0).contains(&blue_chroma) && (133.0..=176.0).contains(&red_chroma) && red > 40.0 && red - blue > 6.0
}

/// A sheet repeats one photograph: shifted by a half, a third or a quarter it resembles itself, and one cell is a portrait.
fn sheet_score(thumb: &RgbImage) -> f32 {
    let mut best = 0.0_f32;
    for columns in 1..=4_u32 {
        for rows in 1..=4_u32 {
            let (cell_width, cell_height) = (thumb.width() / columns, thumb.height() / rows);
            if columns * rows < 2 || cell_width < 18 || cell_height < 18 {
                continue;
            }
            // Margins between the cells shift them a little against an even division.
            let shifts = (0..25_u32).map(|step| (cell_width + step % 5, cell_height + step / 5)).filter(|(right, down)| *right > 2 && *down > 2);
            let alike = shifts.map(|(right, down)| likeness(thumb, right - 2, down - 2, columns, rows)).fold(0.0, f32::max);
            if alike < 0.7 {
                continue;
            }
            let cell = imageops::crop_imm(thumb, 0, 0, cell_width, cell_height).to_image();
            best = best.max(photograph_score(&trim_white(&cell)) * ramp(alike, 0.6, 0.8));
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
    photograph_score(&trimmed)
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
