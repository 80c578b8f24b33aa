//! Picture files to pixels, upright as their EXIF orientation says, never larger than a page needs.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage};

use super::media::Media;

/// Pictures of more pixels are refused: telephones reach 50 million by default, 100 million in special modes.
pub const PIXELS_MAX: u64 = 110_000_000;
/// What one decoder may allocate.
const DECODER_BYTES_MAX: u64 = 340 << 20;
/// The longest side kept: more than an OCR engine uses of an A4 page.
const SIDE_PIXELS_MAX: u32 = 2_600;

/// Why a picture could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    TooLarge,
    Damaged,
}

/// Decodes a picture. The size returned beside it is that of the original, after orientation.
pub fn decode(bytes: &[u8], media: Media) -> Result<(RgbImage, (u32, u32)), DecodeError> {
    let picture = if media == Media::Heic { decode_heic(bytes)? } else { decode_common(bytes)? };
    let (width, height) = (picture.width(), picture.height());
    Ok((shrink(picture), (width, height)))
}

fn decode_common(bytes: &[u8]) -> Result<DynamicImage, DecodeError> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| DecodeError::Damaged)?;
    let mut decoder = reader.into_decoder().map_err(|_| DecodeError::Damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(DecodeError::TooLarge);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    decoder.set_limits(limits).map_err(|_| DecodeError::TooLarge)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| DecodeError::Damaged)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn decode_heic(bytes: &[u8]) -> Result<DynamicImage, DecodeError> {
    let options = heic_rs::DecodeOptions { max_pixels: Some(PIXELS_MAX), threads: Some(1), ..heic_rs::DecodeOptions::default() };
    let decoded = heic_rs::decode(bytes, &options).map_err(|error| match error {
        heic_rs::Error::PixelLimit { .. } => DecodeError::TooLarge,
        _ => DecodeError::Damaged,
    })?;
    RgbImage::from_raw(decoded.width, decoded.height, decoded.data).map(DynamicImage::ImageRgb8).ok_or(DecodeError::Damaged)
}

/// Flattens transparency onto paper and brings the picture down to [`SIDE_PIXELS_MAX`].
fn shrink(picture: DynamicImage) -> RgbImage {
    let longest = picture.width().max(picture.height());
    let picture = if longest > SIDE_PIXELS_MAX { picture.thumbnail(SIDE_PIXELS_MAX, SIDE_PIXELS_MAX) } else { picture };
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let source = picture.into_rgba8();
    let (width, height) = source.dimensions();
    let blend = |value: u8, alpha: u8| ((u16::from(value) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255) as u8;
    let pixels: Vec<u8> =
        source.pixels().flat_map(|&image::Rgba([red, green, blue, alpha])| [blend(red, alpha), blend(green, alpha), blend(blue, alpha)]).collect();
    RgbImage::from_raw(width, height, pixels).unwrap_or_default()
}
