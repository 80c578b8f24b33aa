//! Black and white: which pixels of a page are ink, and small measures on that.

use image::GrayImage;

/// The luminance of a colour picture (ITU-R BT.601 weights).
pub fn to_gray(picture: &image::RgbImage) -> GrayImage {
    let pixels: Vec<u8> = picture
        .pixels()
        .map(|&image::Rgb([red, green, blue])| ((u32::from(red) * 77 + u32::from(green) * 151 + u32::from(blue) * 28) >> 8) as u8)
        .collect();
    GrayImage::from_raw(picture.width(), picture.height(), pixels).unwrap_or_default()
}

/// How many pixels there are of each of the 256 values.
pub fn histogram(picture: &GrayImage) -> [u32; 256] {
    let mut counts = [0_u32; 256];
    for &value in picture.as_raw() {
        if let Some(count) = counts.get_mut(usize::from(value)) {
            *count += 1;
        }
    }
    counts
}

/// The value below which the given share of the pixels lies.
pub fn percentile(counts: &[u32; 256], share: f32) -> u8 {
    let total: u32 = counts.iter().sum();
    let wanted = (total as f32 * share) as u32;
    let mut seen = 0_u32;
    for (value, count) in (0..=255_u8).zip(counts) {
        seen += count;
        if seen > wanted {
            return value;
        }
    }
    255
}

/// The threshold that best parts two groups of pixels (Otsu 1979).
pub fn otsu(counts: &[u32; 256]) -> u8 {
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let sum: f64 = counts.iter().enumerate().map(|(value, &count)| value as f64 * f64::from(count)).sum();
    let (mut below, mut sum_below, mut best, mut threshold) = (0.0, 0.0, -1.0, 128_u8);
    for (value, &count) in (0..=255_u8).zip(counts) {
        below += f64::from(count);
        if below == 0.0 || below >= total {
            continue;
        }
        sum_below += f64::from(value) * f64::from(count);
        let difference = sum_below / below - (sum - sum_below) / (total - below);
        let between = below * (total - below) * difference * difference;
        if between > best {
            (best, threshold) = (between, value);
        }
    }
    threshold
}

/// Divides every pixel by the brightness of the paper around it, so that shadows and vignettes vanish.
///
/// The paper's brightness is a high percentile in blocks, smoothed and interpolated.
pub fn flatten(picture: &GrayImage, block_pixels: u32) -> GrayImage {
    let (width, height) = picture.dimensions();
    let columns = width.div_ceil(block_pixels).max(1);
    let rows = height.div_ceil(block_pixels).max(1);
    let mut paper = GrayImage::new(columns, rows);
    for (column, row, value) in paper.enumerate_pixels_mut() {
        let (left, top) = (column * block_pixels, row * block_pixels);
        let block = image::imageops::crop_imm(picture, left, top, block_pixels.min(width - left), block_pixels.min(height - top)).to_image();
        value.0 = [percentile(&histogram(&block), 0.85).max(40)];
    }
    // A block full of ink takes the brightness of its neighbours.
    let paper = image::imageops::blur(&widen(&paper), 1.0);
    let paper = image::imageops::resize(&paper, width, height, image::imageops::FilterType::Triangle);
    let pixels: Vec<u8> = picture
        .as_raw()
        .iter()
        .zip(paper.as_raw())
        .map(|(&value, &white)| ((u32::from(value) * 250 / u32::from(white.max(1))).min(255)) as u8)
        .collect();
    GrayImage::from_raw(width, height, pixels).unwrap_or_default()
}

/// Each pixel takes the largest value of its 3 × 3 neighbourhood.
fn widen(picture: &GrayImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    GrayImage::from_fn(width, height, |x, y| {
        let mut largest = 0;
        for near_y in y.saturating_sub(1)..=(y + 1).min(height - 1) {
            for near_x in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                largest = largest.max(picture.get_pixel(near_x, near_y).0.first().copied().unwrap_or(0));
            }
        }
        image::Luma([largest])
    })
}

/// The places of ink: pixels darker than the threshold, at most `points_max`, evenly thinned beyond.
pub fn ink_points(picture: &GrayImage, threshold: u8, points_max: usize) -> Vec<(f32, f32)> {
    let width = picture.width().max(1) as usize;
    let dark = |value: &u8| *value < threshold;
    let count = picture.as_raw().iter().filter(|value| dark(value)).count();
    let step = (count / points_max.max(1)) + 1;
    let points = picture.as_raw().iter().enumerate().filter(|(_, value)| dark(value)).step_by(step);
    points.map(|(position, _)| ((position % width) as f32, (position / width) as f32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn otsu_parts_ink_from_paper() {
        let mut counts = [0_u32; 256];
        counts[30] = 100;
        counts[220] = 900;
        let threshold = otsu(&counts);
        assert!((30..220).contains(&threshold), "{threshold}");
        assert_eq!(percentile(&counts, 0.5), 220);
        assert_eq!(percentile(&counts, 0.05), 30);
    }
}
