//! Finds a sheet of paper that lies on a darker desk, so that the desk is not read as print.

use image::{GrayImage, imageops};

use super::binarise::{histogram, otsu};

/// The longer side at which the sheet is looked for.
const SIDE_PIXELS: u32 = 200;

/// The outline of a sheet: for every row of a small picture, from where to where paper reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    width: u32,
    height: u32,
    /// First and last column (exclusive) of paper, by row; equal where there is none.
    spans: Vec<(u32, u32)>,
}

/// Looks for the sheet; `None` when there is no desk around it to tell it from.
pub fn find(gray: &GrayImage) -> Option<Sheet> {
    let longest = gray.width().max(gray.height()).max(1);
    let (width, height) = ((gray.width() * SIDE_PIXELS / longest).max(1), (gray.height() * SIDE_PIXELS / longest).max(1));
    let small = imageops::blur(&imageops::thumbnail(gray, width, height), 1.2);
    let threshold = otsu(&histogram(&small));
    let inverted = GrayImage::from_raw(width, height, small.as_raw().iter().map(|&value| if value > threshold { 0 } else { 255 }).collect())?;
    let largest = super::components::marks(&inverted, 128).into_iter().max_by_key(|mark| mark.pixels)?;
    let bright = small.as_raw().iter().filter(|&&value| value > threshold).count() as f32;
    let total = (width * height) as f32;
    // Hardly any desk, hardly any paper, or brightness in many pieces: no sheet.
    if bright / total > 0.97 || (largest.pixels as f32) < total * 0.2 || (largest.pixels as f32) < bright * 0.75 {
        return None;
    }
    let rows = small.as_raw().chunks_exact(width as usize);
    let spans: Vec<(u32, u32)> = (0..height)
        .zip(rows)
        .map(|(row, pixels)| if (largest.top..largest.bottom).contains(&row) { span(pixels, threshold, &largest) } else { (0, 0) })
        .collect();
    let sheet = Sheet { width, height, spans: convex(&spans) };
    sheet.has_sharp_edges(&small).then_some(sheet)
}

/// From the first to the last stretch of at least a few bright pixels within the bounds.
fn span(pixels: &[u8], threshold: u8, bounds: &super::components::Mark) -> (u32, u32) {
    let bright = |window: &[u8]| window.iter().all(|&value| value > threshold);
    let first = pixels.windows(4).position(bright).map_or(0, |position| position as u32);
    let last = pixels.windows(4).rposition(bright).map_or(0, |position| position as u32 + 4);
    let (first, last) = (first.max(bounds.left), last.min(bounds.right));
    if last > first { (first, last) } else { (0, 0) }
}

/// A sheet is convex: where a dark picture at its edge seems to bite into it, the outline runs straight past.
fn convex(spans: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let filled = || (0_i64..).zip(spans).filter(|(_, (first, last))| last > first);
    let left = hull(filled().map(|(row, &(first, _))| (row, i64::from(first))));
    let right = hull(filled().map(|(row, &(_, last))| (row, -i64::from(last))));
    let outline = |corners: &[(i64, i64)], row: i64| {
        let beside = corners.iter().zip(corners.iter().skip(1)).find(|((from, _), (to, _))| (*from..=*to).contains(&row));
        beside.map(|(&(from, start), &(to, end))| start + (end - start) * (row - from) / (to - from).max(1))
    };
    (0_i64..)
        .zip(spans)
        .map(|(row, &(first, last))| match (outline(&left, row), outline(&right, row)) {
            (Some(from), Some(to)) if last > first => (u32::try_from(from).unwrap_or(first), u32::try_from(-to).unwrap_or(last)),
            _ => (first, last),
        })
        .collect()
}

/// The lower convex hull of points in ascending order (Andrew's monotone chain).
fn hull(points: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    let mut corners: Vec<(i64, i64)> = Vec::new();
    for point in points {
        while let [.., before, last] = corners.as_slice() {
            let turn = (last.0 - before.0) * (point.1 - before.1) - (last.1 - before.1) * (point.0 - before.0);
            if turn > 0 {
                break;
            }
            corners.pop();
        }
        corners.push(point);
    }
    corners
}

/// How much brighter paper must be than the desk beside it, across a few pixels of its edge. Shadows on paper fade more slowly.
const EDGE_STEP_MIN: i16 = 28;

impl Sheet {
    /// Whether brightness falls sharply at every side that has a desk beside it: if not, the "desk" is a shadow on the paper itself.
    fn has_sharp_edges(&self, small: &GrayImage) -> bool {
        let tone = |x: u32, y: u32| small.get_pixel_checked(x, y).and_then(|pixel| pixel.0.first().copied()).map(i16::from);
        let step = |inside: Option<i16>, outside: Option<i16>| Some(inside? - outside?);
        let filled: Vec<(u32, u32, u32)> =
            (0..self.height).zip(&self.spans).filter(|(_, (first, last))| last > first).map(|(row, &(first, last))| (row, first, last)).collect();
        let left = filled
            .iter()
            .filter(|(_, first, _)| *first >= 4)
            .filter_map(|&(row, first, _)| step(tone(first + 3, row), tone(first - 4, row)))
            .collect();
        let right = filled
            .iter()
            .filter(|(_, _, last)| *last + 4 < self.width)
            .filter_map(|&(row, _, last)| step(tone(last.saturating_sub(4), row), tone(last + 3, row)))
            .collect();
        let (Some(&(top, from, to)), Some(&(bottom, last_from, last_to))) = (filled.first(), filled.last()) else { return false };
        let above = (from..to).filter(|_| top >= 4).filter_map(|column| step(tone(column, top + 3), tone(column, top.saturating_sub(4)))).collect();
        let below = (last_from..last_to).filter_map(|column| step(tone(column, bottom.saturating_sub(3)), tone(column, bottom + 4))).collect();
        [left, right, above, below].into_iter().all(|mut steps: Vec<i16>| {
            let middle = steps.len() / 2;
            // A side with hardly any desk beside it proves nothing.
            steps.len() < 8 || *steps.select_nth_unstable(middle).1 >= EDGE_STEP_MIN
        })
    }

    /// Makes everything beside the sheet white, and a narrow rim of it, where the edge casts its shadow.
    pub fn whiten_outside(&self, picture: &mut GrayImage) {
        let (width, height) = (picture.width().max(1), picture.height().max(1));
        let rim = 1_u32;
        for (row, pixels) in (0_u32..).zip(picture.chunks_exact_mut(width as usize)) {
            let small_row = (u64::from(row) * u64::from(self.height) / u64::from(height)) as usize;
            let (first, last) = self.spans.get(small_row).copied().unwrap_or((0, 0));
            let outer_row =
                |offset: isize| small_row.checked_add_signed(offset).and_then(|row| self.spans.get(row)).is_none_or(|span| span.1 <= span.0);
            let at_edge = outer_row(-1) || outer_row(1);
            let at = |column: u32| (u64::from(column) * u64::from(width) / u64::from(self.width.max(1))) as usize;
            let (first, last) = if last <= first || (at_edge && (small_row > 0 && small_row + 1 < self.spans.len())) {
                (0, 0)
            } else {
                (if first == 0 { 0 } else { at(first + rim) }, if last >= self.width { width as usize } else { at(last.saturating_sub(rim)) })
            };
            for (column, value) in pixels.iter_mut().enumerate() {
                if column < first || column >= last {
                    *value = 255;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desk_becomes_white() {
        let mut photo = GrayImage::from_fn(400, 500, |x, y| {
            let sheet = (60..340).contains(&x) && (50..450).contains(&y);
            image::Luma([if !sheet {
                60
            } else if (100..200).contains(&x) && y % 20 == 0 {
                20
            } else {
                220
            }])
        });
        find(&photo).unwrap().whiten_outside(&mut photo);
        assert_eq!(photo.get_pixel(5, 250).0, [255]);
        assert_eq!(photo.get_pixel(150, 260).0, [20]);
        assert!(find(&GrayImage::from_pixel(300, 300, image::Luma([230]))).is_none());
    }
}
