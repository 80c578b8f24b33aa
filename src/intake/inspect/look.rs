//! What a page looks like before it is read: ink, blankness, sharpness, where its print is, and whether it is a portrait.

use image::{GrayImage, RgbImage, imageops};

use super::binarise::{flatten, histogram, otsu, percentile};
use super::components::{Lettering, lettering, marks};
use super::prepare::Origin;
use super::{paper, portrait};
use crate::domain::finding::{FileFinding, Reason};

/// A page is blank below this share of ink.
const BLANK_INK_MAX: f32 = 0.0006;
/// A picture whose longer side is smaller cannot show a legible page.
const SIDE_PIXELS_MIN: u32 = 420;
/// A page is taken for a portrait, and not read, from this likelihood on.
const PORTRAIT_MIN: f32 = 0.6;
/// The longer side at which pages are measured.
const WORKING_SIDE_PIXELS: u32 = 1_100;

/// The measures of one page picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Share of the area that is darker than the paper around it, 0 to 1.
    pub ink: f32,
    /// Width in pixels, at the working size, over which a typical strong edge spreads: about 1 to 2 when sharp.
    pub edge_width: f32,
    pub portrait: f32,
    pub longest_side: u32,
    /// Difference between paper and the darkest ink, 0 to 255.
    pub contrast: u8,
    /// The print, in pixels of the working size.
    pub lettering: Lettering,
    /// Width and height of the working size.
    pub working_size: (u32, u32),
    /// The sheet, when it lies on a darker desk.
    pub sheet: Option<paper::Sheet>,
}

impl Look {
    /// Measures a page. `full` is the same picture in gray.
    pub fn of(picture: &RgbImage, full: &GrayImage, origin: Origin) -> Look {
        let longest_side = picture.width().max(picture.height());
        let gray = imageops::thumbnail(full, scaled(picture.width(), longest_side), scaled(picture.height(), longest_side));
        let sheet = if origin == Origin::Photographed { paper::find(&gray) } else { None };
        let mut flat = flatten(&gray, 32);
        if let Some(sheet) = &sheet {
            sheet.whiten_outside(&mut flat);
        }
        let counts = histogram(&flat);
        let contrast = percentile(&counts, 0.97).saturating_sub(percentile(&counts, 0.001));
        let threshold = otsu(&counts).clamp(100, 185);
        let ink = flat.as_raw().iter().filter(|&&value| value < threshold).count() as f32 / flat.as_raw().len().max(1) as f32;
        let lettering = lettering(&marks(&flat, threshold));
        Look {
            ink: if contrast < 40 { 0.0 } else { ink },
            // The grain of a desk is sharp or not whatever the page is.
            edge_width: edge_width(if sheet.is_some() { &flat } else { &gray }),
            portrait: portrait::likelihood(picture, lettering.letters.len()),
            longest_side,
            contrast,
            lettering,
            working_size: flat.dimensions(),
            sheet,
        }
    }

    /// Whether there is anything on the page.
    pub fn is_blank(&self) -> bool {
        self.ink < BLANK_INK_MAX
    }

    /// Whether an OCR engine should spend its time on it.
    pub fn worth_reading(&self) -> bool {
        !self.is_blank() && self.portrait < PORTRAIT_MIN
    }
}

fn scaled(side: u32, longest: u32) -> u32 {
    if longest <= WORKING_SIDE_PIXELS { side.max(1) } else { (u64::from(side) * u64::from(WORKING_SIDE_PIXELS) / u64::from(longest)).max(1) as u32 }
}

/// How wide strong edges are: the height of a step over its steepest slope, in the median.
///
/// Unlike the plain variance of a Laplacian this depends neither on how much text there is nor on the contrast.
fn edge_width(picture: &GrayImage) -> f32 {
    let width = picture.width() as usize;
    if width < 16 {
        return 0.0;
    }
    let mut widths: Vec<f32> = Vec::new();
    for row in picture.as_raw().chunks_exact(width).step_by(4) {
        for window in row.windows(9).step_by(3) {
            let (low, high) = window.iter().fold((255_u8, 0_u8), |(low, high), &value| (low.min(value), high.max(value)));
            if high - low > 70 {
                let steepest = window.iter().zip(window.iter().skip(1)).map(|(&left, &right)| right.abs_diff(left)).max().unwrap_or(1);
                widths.push(f32::from(high - low) / f32::from(steepest.max(1)));
            }
        }
    }
    if widths.len() < 200 {
        return 0.0;
    }
    let middle = widths.len() / 2;
    *widths.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Adds what a person should know about the page as a picture.
pub fn add_findings(look: &Look, origin: Origin, number: u32, findings: &mut Vec<FileFinding>) {
    let mut add = |reason| findings.push(FileFinding { reason, page: Some(number) });
    if look.is_blank() {
        add(Reason::PageBlank);
        return;
    }
    if look.portrait >= 0.4 {
        return;
    }
    if look.longest_side < SIDE_PIXELS_MIN && origin == Origin::Photographed {
        add(Reason::PageTooSmall);
    }
    if look.edge_width > 4.6 {
        add(Reason::PageBlurred);
    }
}
