//! From the map of what is print to the lines of the page.

/// From this likelihood on a point is print.
const PRINT_MIN: f32 = 0.3;
/// A line's mean likelihood.
const LINE_MIN: f32 = 0.5;
/// Points of the smallest line.
const POINTS_MIN: usize = 12;
/// The network marks the core of a line; its letters reach further out by this times the area over the outline.
const REACH: f32 = 1.6;
/// Lines that climb more steeply are taken for level ones: too few points to tell.
const SLOPE_MAX: f32 = 0.2;

/// A line of print, in pixels: a band of even height, perhaps climbing.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundLine {
    pub left: f32,
    pub right: f32,
    /// Its middle at the left end.
    middle: f32,
    slope: f32,
    pub height: f32,
}

impl FoundLine {
    pub fn length(&self) -> f32 {
        (self.right - self.left).max(1.0)
    }

    /// The height of its middle on the page, where it has come so far across.
    pub fn middle_at(&self, across: f32) -> f32 {
        self.middle + (across - self.left) * self.slope
    }

    /// Left, top, right, bottom; of a climbing line, about its middle.
    pub fn bounds(&self) -> (f32, f32, f32, f32) {
        let middle = self.middle_at((self.left + self.right) / 2.0);
        (self.left.max(0.0), (middle - self.height / 2.0).max(0.0), self.right, middle + self.height / 2.0)
    }

    /// Into the pixels of a larger picture.
    pub fn enlarge(&mut self, across: f32, down: f32) {
        self.left *= across;
        self.right *= across;
        self.middle *= down;
        self.slope *= down / across.max(f32::EPSILON);
        self.height *= down;
    }
}

/// The points of one line while they are gathered.
#[derive(Debug, Default)]
struct Points {
    points: Vec<(usize, usize)>,
    likelihood: f32,
}

/// The lines on a map of likelihoods, from top to bottom.
pub fn lines_of(likely: &[f32], width: usize, height: usize) -> Vec<FoundLine> {
    let mut is_print: Vec<bool> = likely.iter().take(width * height).map(|&likelihood| likelihood > PRINT_MIN).collect();
    let mut lines = Vec::new();
    for start in 0..is_print.len() {
        if let Some(points) = gather(start, &mut is_print, likely, width, height) {
            lines.extend(line_through(&points));
        }
    }
    lines.sort_by(|one, other| one.bounds().1.total_cmp(&other.bounds().1).then(one.left.total_cmp(&other.left)));
    lines
}

/// Takes the points that hang together with the first one from the map.
fn gather(start: usize, is_print: &mut [bool], likely: &[f32], width: usize, height: usize) -> Option<Points> {
    let mut take = |place: usize| is_print.get_mut(place).is_some_and(std::mem::take);
    if !take(start) {
        return None;
    }
    let mut gathered = Points::default();
    let mut next = vec![start];
    while let Some(place) = next.pop() {
        let (x, y) = (place % width, place / width);
        gathered.points.push((x, y));
        gathered.likelihood += likely.get(place).copied().unwrap_or(0.0);
        for (beside_x, beside_y) in [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)] {
            if beside_x < width && beside_y < height && take(beside_y * width + beside_x) {
                next.push(beside_y * width + beside_x);
            }
        }
    }
    Some(gathered)
}

fn line_through(gathered: &Points) -> Option<FoundLine> {
    let count = gathered.points.len() as f32;
    if gathered.points.len() < POINTS_MIN || gathered.likelihood < LINE_MIN * count {
        return None;
    }
    let (mut left, mut right, mut sum_x, mut sum_y) = (f32::MAX, 0.0_f32, 0.0_f32, 0.0_f32);
    for &(x, y) in &gathered.points {
        let (x, y) = (x as f32, y as f32);
        (left, right) = (left.min(x), right.max(x + 1.0));
        (sum_x, sum_y) = (sum_x + x, sum_y + y);
    }
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut spread, mut climb) = (0.0_f32, 0.0_f32);
    for &(x, y) in &gathered.points {
        let (across, down) = (x as f32 - mean_x, y as f32 - mean_y);
        (spread, climb) = (spread + across * across, climb + across * down);
    }
    let slope = Some(climb / spread.max(1.0)).filter(|slope| slope.abs() <= SLOPE_MAX).unwrap_or(0.0);
    let (mut above, mut below) = (0.0_f32, 0.0_f32);
    for &(x, y) in &gathered.points {
        let off = y as f32 - mean_y - (x as f32 - mean_x) * slope;
        (above, below) = (above.max(-off), below.max(off));
    }
    let (thick, long) = (above + below + 1.0, right - left);
    let reach = REACH * thick * long / (2.0 * (thick + long));
    let middle = mean_y + (below - above) / 2.0 + 0.5;
    let left = left - reach;
    Some(FoundLine { left, right: right + reach, middle: middle + (left - mean_x) * slope, slope, height: thick + 2.0 * reach })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_bars_are_two_lines_and_a_speck_is_none() {
        let mut likely = vec![0.0_f32; 100 * 40];
        for x in 10..90 {
            for y in 5..9 {
                likely[y * 100 + x] = 0.9;
            }
            for y in 0..4 {
                likely[(22 + y + x / 20) * 100 + x] = 0.9;
            }
        }
        likely[15 * 100 + 50] = 0.9;
        let lines = lines_of(&likely, 100, 40);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!((lines[0].middle_at(50.0) - 7.0).abs() < 0.2 && lines[0].slope.abs() < 0.001, "{lines:?}");
        assert!((lines[1].slope - 0.05).abs() < 0.01, "{lines:?}");
        assert!(lines[0].left < 10.0 && lines[0].right > 90.0 && lines[0].height > 8.0, "{lines:?}");
    }
}
