//! Marks of ink on a page, and which of them are letters: the ground for telling how the lines run, at what angle, and how large print is.
//!
//! Marks that touch are one mark; letters are small marks with a like neighbour close by. Portraits, frames, stamps and wood grain make
//! marks too, but hardly any that stand in rows.

use image::GrayImage;

/// A connected mark, by its bounds in pixels (right and bottom exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
    pub pixels: u32,
}

impl Mark {
    pub fn width(&self) -> u32 {
        self.right - self.left
    }

    pub fn height(&self) -> u32 {
        self.bottom - self.top
    }

    fn middle(&self) -> (f32, f32) {
        ((self.left + self.right) as f32 / 2.0, (self.top + self.bottom) as f32 / 2.0)
    }

    fn size(&self) -> f32 {
        self.width().max(self.height()) as f32
    }

    fn join(&mut self, other: &Mark) {
        self.left = self.left.min(other.left);
        self.top = self.top.min(other.top);
        self.right = self.right.max(other.right);
        self.bottom = self.bottom.max(other.bottom);
        self.pixels += other.pixels;
    }
}

/// Marks beyond this number are noise: a page of small print has 6,000 letters.
const MARKS_MAX: usize = 60_000;

struct Run {
    from: u32,
    to: u32,
    mark: usize,
}

/// Finds the marks: stretches of ink in each row, joined where they touch those of the row before.
pub fn marks(picture: &GrayImage, threshold: u8) -> Vec<Mark> {
    let width = picture.width().max(1) as usize;
    let mut found: Vec<Mark> = Vec::new();
    let mut parents: Vec<usize> = Vec::new();
    let mut above: Vec<Run> = Vec::new();
    for (row, pixels) in (0_u32..).zip(picture.as_raw().chunks_exact(width)) {
        let mut here: Vec<Run> = Vec::new();
        let mut candidates = above.iter().peekable();
        for (from, to) in dark_runs(pixels, threshold) {
            let mut mark = None;
            while candidates.peek().is_some_and(|run| run.to < from) {
                candidates.next();
            }
            let mut touching = candidates.clone();
            while let Some(run) = touching.next_if(|run| run.from <= to) {
                let other = root(&mut parents, run.mark);
                mark = Some(match mark {
                    None => other,
                    Some(mine) => unite(&mut parents, mine, other),
                });
            }
            let mark = mark.unwrap_or_else(|| {
                parents.push(parents.len());
                found.push(Mark { left: from, top: row, right: to, bottom: row + 1, pixels: 0 });
                parents.len() - 1
            });
            if let Some(slot) = found.get_mut(mark) {
                slot.join(&Mark { left: from, top: row, right: to, bottom: row + 1, pixels: to - from });
            }
            here.push(Run { from, to, mark });
        }
        above = here;
        if found.len() > MARKS_MAX {
            break;
        }
    }
    gather(&found, &mut parents)
}

fn dark_runs(pixels: &[u8], threshold: u8) -> Vec<(u32, u32)> {
    let mut runs = Vec::new();
    let mut start = None;
    for (column, &value) in (0_u32..).zip(pixels) {
        match (value < threshold, start) {
            (true, None) => start = Some(column),
            (false, Some(from)) => {
                runs.push((from, column));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        runs.push((from, pixels.len() as u32));
    }
    runs
}

/// The representative of a mark, halving the path on the way.
fn root(parents: &mut [usize], mut mark: usize) -> usize {
    while let Some(&parent) = parents.get(mark) {
        if parent == mark {
            return mark;
        }
        let grandparent = parents.get(parent).copied().unwrap_or(parent);
        if let Some(slot) = parents.get_mut(mark) {
            *slot = grandparent;
        }
        mark = grandparent;
    }
    mark
}

/// Joins two marks under the smaller number, so that parents always come first.
fn unite(parents: &mut [usize], left: usize, right: usize) -> usize {
    let (left, right) = (root(parents, left), root(parents, right));
    let (smaller, larger) = (left.min(right), left.max(right));
    if let Some(slot) = parents.get_mut(larger) {
        *slot = smaller;
    }
    smaller
}

fn gather(found: &[Mark], parents: &mut [usize]) -> Vec<Mark> {
    let mut joined: Vec<Option<Mark>> = vec![None; found.len()];
    for (index, mark) in found.iter().enumerate() {
        let root = root(parents, index);
        if let Some(slot) = joined.get_mut(root) {
            match slot {
                Some(whole) => whole.join(mark),
                None => *slot = Some(*mark),
            }
        }
    }
    joined.into_iter().flatten().collect()
}

/// What the letters of a page tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lettering {
    /// Marks that stand beside others of their size, as letters do.
    pub letters: Vec<Mark>,
    /// Whether the lines run up and down the picture.
    pub sideways: bool,
    /// The middle size of a letter in pixels.
    pub letter_pixels: f32,
}

/// Picks the letters out of the marks and says how their lines run.
pub fn lettering(marks: &[Mark]) -> Lettering {
    let mut candidates: Vec<Mark> = marks
        .iter()
        .copied()
        .filter(|mark| mark.size() >= 4.0 && mark.size() <= 48.0 && mark.pixels >= 8 && mark.pixels * 12 >= mark.width() * mark.height())
        .collect();
    candidates.truncate(20_000);
    candidates.sort_by_key(|mark| (mark.top, mark.left));
    let mut letters = Vec::new();
    let (mut across, mut down) = (0_u32, 0_u32);
    for (index, mark) in candidates.iter().enumerate() {
        let Some((dx, dy)) = nearest_like(&candidates, index, mark) else { continue };
        if dx > 1.6 * dy {
            across += 1;
        } else if dy > 1.6 * dx {
            down += 1;
        }
        letters.push(*mark);
    }
    let mut sizes: Vec<u32> = letters.iter().map(|mark| mark.width().max(mark.height())).collect();
    let middle = sizes.len() / 2;
    let letter_pixels = if sizes.is_empty() { 0.0 } else { *sizes.select_nth_unstable(middle).1 as f32 };
    Lettering { letters, sideways: down > across + across / 4 && down >= 12, letter_pixels }
}

/// The way, along and across, to the closest mark of a like size, when one is close enough to belong to the same word or line.
fn nearest_like(sorted: &[Mark], index: usize, mark: &Mark) -> Option<(f32, f32)> {
    let (x, y) = mark.middle();
    let size = mark.size();
    let reach = size * 2.2;
    let mut best: Option<(f32, f32, f32)> = None;
    let mut consider = |other: &Mark| {
        let (other_x, other_y) = other.middle();
        let (dx, dy) = ((other_x - x).abs(), (other_y - y).abs());
        let alike = other.size() < size * 1.9 && size < other.size() * 1.9;
        let distance = dx * dx + dy * dy;
        if alike && dx.max(dy) <= reach && dx.max(dy) > size * 0.25 && best.is_none_or(|(_, _, closest)| distance < closest) {
            best = Some((dx, dy, distance));
        }
    };
    // The marks are sorted by their tops: only those within reach are looked at, and never more than a few rows of them.
    for other in sorted.iter().skip(index + 1).take_while(|other| other.top as f32 <= mark.top as f32 + reach).take(1_500) {
        consider(other);
    }
    for other in sorted.iter().take(index).rev().take_while(|other| other.top as f32 >= mark.top as f32 - reach).take(1_500) {
        consider(other);
    }
    best.map(|(dx, dy, _)| (dx, dy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of_letters() -> GrayImage {
        GrayImage::from_fn(400, 300, |x, y| image::Luma([if x % 10 < 7 && y % 24 < 9 && x > 20 && y > 20 { 0 } else { 255 }]))
    }

    #[test]
    fn marks_that_touch_are_one() {
        // A U: two legs that meet at the bottom.
        let picture =
            GrayImage::from_fn(9, 9, |x, y| image::Luma([if (y < 8 && (x == 1 || x == 7)) || (y == 7 && (1..=7).contains(&x)) { 0 } else { 255 }]));
        let found = marks(&picture, 128);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].left, found[0].top, found[0].right, found[0].bottom), (1, 0, 8, 8));
    }

    #[test]
    fn lines_run_across_or_down() {
        let upright = lettering(&marks(&rows_of_letters(), 128));
        assert!(!upright.sideways && upright.letters.len() > 300, "{}", upright.letters.len());
        assert!(lettering(&marks(&image::imageops::rotate90(&rows_of_letters()), 128)).sideways);
    }
}
