//! Black and white: which pixels of a page are ink, and small measures on that.

use image::GrayImage;

/// The luminance of a colour picture (ITU-R BT.601 weights).
pub fn to_gray(picture: &image::RgbImage) -> GrayImage {
    let luminance = |pixel: &[u8; 3]| {
        let [red, green, blue] = pixel.map(u32::from);
        ((red * 77 + green * 151 + blue * 28) >> 8) as u8
    };
    let pixels: Vec<u8> = picture.as_raw().as_chunks::<3>().0.iter().map(luminance).collect();
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

/// Divides every pixel by the brightness of the paper around it, so that shadows, vignettes and tinted cards vanish.
///
/// The paper's brightness is a high percentile of each block, raised to that of its neighbours and interpolated between blocks.
pub fn flatten(picture: &GrayImage, block_pixels: u32) -> GrayImage {
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return picture.clone();
    }
    let (columns, rows) = (width.div_ceil(block_pixels), height.div_ceil(block_pixels));
    let mut paper = GrayImage::new(columns, rows);
    for (column, row, value) in paper.enumerate_pixels_mut() {
        value.0 = [block_percentile(picture, column * block_pixels, row * block_pixels, block_pixels).max(40)];
    }
    let paper = image::imageops::blur(&widen(&paper), 0.8);
    // 256ths by which a value is multiplied when its paper has that brightness.
    let factors: Vec<u32> = (0..=255_u32).map(|white| 250 * 256 / white.max(1)).collect();
    let mut pixels: Vec<u8> = Vec::with_capacity(picture.as_raw().len());
    let mut factor_row: Vec<u32> = Vec::with_capacity(width as usize);
    for (y, line) in (0_u32..).zip(picture.as_raw().chunks_exact(width as usize)) {
        // The paper changes so slowly that every second row is enough.
        if y % 2 == 0 {
            factor_row.clear();
            interpolate_row(&paper, y, width, block_pixels, &factors, &mut factor_row);
        }
        pixels.extend(line.iter().zip(&factor_row).map(|(&value, &factor)| ((u32::from(value) * factor) >> 8).min(255) as u8));
    }
    GrayImage::from_raw(width, height, pixels).unwrap_or_default()
}

/// A high percentile of every second pixel of every second row of a block.
fn block_percentile(picture: &GrayImage, left: u32, top: u32, block_pixels: u32) -> u8 {
    let width = picture.width() as usize;
    let mut counts = [0_u32; 256];
    for row in picture.as_raw().chunks_exact(width).skip(top as usize).take(block_pixels as usize).step_by(2) {
        for &value in row.iter().skip(left as usize).take(block_pixels as usize).step_by(2) {
            if let Some(count) = counts.get_mut(usize::from(value)) {
                *count += 1;
            }
        }
    }
    percentile(&counts, 0.85)
}

/// The factors along one row, for the paper's brightness between the middles of the blocks.
fn interpolate_row(paper: &GrayImage, y: u32, width: u32, block_pixels: u32, factors: &[u32], into: &mut Vec<u32>) {
    let (columns, rows) = paper.dimensions();
    let half = block_pixels / 2;
    let (row, down) = if y < half { (0, 0) } else { ((y - half) / block_pixels, ((y - half) % block_pixels) * 256 / block_pixels) };
    let at = |column: u32, row: u32| {
        paper.get_pixel_checked(column.min(columns - 1), row.min(rows - 1)).map_or(255, |pixel| pixel.0.first().copied().map_or(255, u32::from))
    };
    let column_value = |column: u32| at(column, row) * (256 - down) + at(column, row + 1) * down;
    let factor = |white: u32| factors.get((white >> 8) as usize).copied().unwrap_or(256);
    into.extend(std::iter::repeat_n(factor(column_value(0)), half.min(width) as usize));
    for column in 0..columns {
        let (from, to) = (column_value(column), column_value(column + 1));
        into.extend((0..block_pixels).map(|step| factor((from * (block_pixels - step) + to * step) / block_pixels)));
    }
    into.truncate(width as usize);
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
