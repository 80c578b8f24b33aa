//! The EPC QR code of the fee (EPC069-12 version 2.1, *Quick Response Code: Guidelines to Enable Data Capture for the Initiation of
//! a SEPA Credit Transfer*): what a banking app needs to fill in the transfer, as a PNG picture.

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
use thiserror::Error;

use crate::bank::{collapse, compact, reference};
use crate::domain::money::Cents;

/// Quiet zone around the symbol, in modules (ISO/IEC 18004).
const QUIET_MODULES: i32 = 4;
const PIXELS_PER_MODULE: i32 = 6;
/// The payload fits version 13 with error correction M: 331 bytes.
const BYTES_MAX: usize = 331;

/// The transfer a candidate is to order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferOrder<'a> {
    pub beneficiary: &'a str,
    pub iban: &'a str,
    /// Eight or eleven characters, or empty (optional in version 002).
    pub bic: &'a str,
    pub amount: Cents,
    /// A creditor reference, else any text.
    pub reference: &'a str,
}

/// Why no code can be made: the rules file holds something the standard does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QrError {
    #[error("the beneficiary's name must have 1 to 70 characters of the SEPA set")]
    Beneficiary,
    #[error("the IBAN is not valid")]
    Iban,
    #[error("the BIC must have 8 or 11 characters")]
    Bic,
    #[error("the amount must be between 0.01 and 999999999.99 EUR")]
    Amount,
    #[error("the text must have at most 140 characters")]
    Text,
    #[error("the code does not fit")]
    TooLong,
    #[error("the picture could not be encoded")]
    Picture,
}

/// The payload: lines separated by LF, nothing after the last one used.
///
/// The reference stands on the structured line (10) when it is a valid ISO 11649 one, for apps then refuse to let it be altered and
/// banks check it; anything else stands on the free line (11). The standard allows exactly one of the two.
pub fn payload(order: &TransferOrder<'_>) -> Result<String, QrError> {
    let name = sepa_text(order.beneficiary);
    let (iban, bic) = (compact(order.iban), compact(order.bic));
    if name.is_empty() || name.chars().count() > 70 {
        return Err(QrError::Beneficiary);
    }
    if !iban_is_valid(&iban) {
        return Err(QrError::Iban);
    }
    if !matches!(bic.len(), 0 | 8 | 11) {
        return Err(QrError::Bic);
    }
    if !(1..=99_999_999_999).contains(&order.amount.0) {
        return Err(QrError::Amount);
    }
    let mut lines =
        vec!["BCD".to_owned(), "002".to_owned(), "1".to_owned(), "SCT".to_owned(), bic, name, iban, format!("EUR{}", order.amount), String::new()];
    if reference::valid(order.reference) {
        lines.push(compact(order.reference));
    } else {
        let text = sepa_text(order.reference);
        if text.chars().count() > 140 {
            return Err(QrError::Text);
        }
        lines.push(String::new());
        lines.push(text);
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let payload = lines.join("\n");
    if payload.len() > BYTES_MAX { Err(QrError::TooLong) } else { Ok(payload) }
}

/// The payload as a PNG picture, 8-bit gray: error correction M, version 13 at most, quiet zone included.
pub fn png(order: &TransferOrder<'_>) -> Result<Vec<u8>, QrError> {
    let segments = [QrSegment::make_bytes(payload(order)?.as_bytes())];
    let code =
        QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, Version::MIN, Version::new(13), None, false).map_err(|_| QrError::TooLong)?;
    let side = (code.size() + 2 * QUIET_MODULES) * PIXELS_PER_MODULE;
    let mut pixels = Vec::new();
    for y in 0..side {
        for x in 0..side {
            // Outside the symbol `get_module` answers light, which makes the quiet zone.
            let dark = code.get_module(x / PIXELS_PER_MODULE - QUIET_MODULES, y / PIXELS_PER_MODULE - QUIET_MODULES);
            pixels.push(if dark { 0u8 } else { 255u8 });
        }
    }
    let side = u32::try_from(side).map_err(|_| QrError::Picture)?;
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&pixels, side, side, ExtendedColorType::L8).map_err(|_| QrError::Picture)?;
    Ok(bytes)
}

/// The characters every SEPA bank takes (EPC217-08); letters with accents lose them, dashes become hyphens, the rest a space.
pub fn sepa_text(text: &str) -> String {
    let mut kept = String::new();
    for letter in text.chars() {
        match letter {
            _ if letter.is_ascii_alphanumeric() || matches!(letter, '/' | '-' | '?' | ':' | '(' | ')' | '.' | ',' | '\'' | '+') => kept.push(letter),
            '–' | '—' | '‐' | '‑' => kept.push('-'),
            '’' => kept.push('\''),
            _ if letter.is_alphabetic() => {
                kept.push_str(&deunicode::deunicode_char(letter).unwrap_or(" ").replace(|c: char| !c.is_ascii_alphanumeric(), " "))
            }
            _ => kept.push(' '),
        }
    }
    collapse(&kept)
}

/// ISO 13616: the first four characters moved to the end spell a number that leaves 1 when divided by 97.
pub fn iban_is_valid(iban: &str) -> bool {
    let iban = compact(iban);
    let Some((head, tail)) = iban.split_at_checked(4).filter(|_| (15..=34).contains(&iban.len())) else { return false };
    let shaped = head.bytes().take(2).all(|byte| byte.is_ascii_uppercase()) && head.bytes().skip(2).all(|byte| byte.is_ascii_digit());
    let rest = format!("{tail}{head}").chars().try_fold(0u32, |rest, letter| {
        let value = letter.to_digit(36)?;
        Some(if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 })
    });
    shaped && rest == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: TransferOrder<'_> = TransferOrder {
        beneficiary: "ÉCOLE D’ESSAI – AGENCE COMPTABLE",
        iban: "FR76 3000 6000 0112 3456 7890 189",
        bic: "AGRIFRPP",
        amount: Cents(6000),
        reference: "RF18 5390 0754 7034",
    };

    #[test]
    fn a_creditor_reference_stands_on_line_ten_and_nothing_follows() {
        assert_eq!(
            payload(&ORDER).unwrap(),
            "BCD\n002\n1\nSCT\nAGRIFRPP\nECOLE D'ESSAI - AGENCE COMPTABLE\nFR7630006000011234567890189\nEUR60.00\n\nRF18539007547034"
        );
    }

    #[test]
    fn any_other_text_stands_on_line_eleven() {
        let payload = payload(&TransferOrder { reference: "Dossier 12", ..ORDER }).unwrap();
        assert_eq!(payload.split('\n').nth(9), Some(""));
        assert_eq!(payload.split('\n').nth(10), Some("Dossier 12"));
    }

    #[test]
    fn what_the_standard_forbids_is_refused() {
        for (order, error) in [
            (TransferOrder { iban: "FR7630006000011234567890188", ..ORDER }, QrError::Iban),
            (TransferOrder { bic: "AGRI", ..ORDER }, QrError::Bic),
            (TransferOrder { amount: Cents(0), ..ORDER }, QrError::Amount),
            (TransferOrder { beneficiary: " ", ..ORDER }, QrError::Beneficiary),
            (TransferOrder { reference: &"x".repeat(141), ..ORDER }, QrError::Text),
        ] {
            assert_eq!(payload(&order), Err(error));
        }
    }

    /// An independent reader gives back what was put in, to the byte.
    #[test]
    fn another_program_reads_the_picture() {
        let folder = tempfile::tempdir().unwrap();
        let longest = TransferOrder { reference: &"Frais de dossier ".repeat(8), beneficiary: &"ECOLE ".repeat(11), ..ORDER };
        for (number, order) in [ORDER, TransferOrder { bic: "", ..ORDER }, longest].into_iter().enumerate() {
            let file = folder.path().join(format!("{number}.png"));
            std::fs::write(&file, png(&order).unwrap()).unwrap();
            let answer = std::process::Command::new("zbarimg").args(["--quiet", "--raw", "--oneshot"]).arg(&file).output();
            let Ok(answer) = answer else {
                eprintln!("zbarimg is not installed: the picture was not read by another program");
                return;
            };
            assert_eq!(String::from_utf8(answer.stdout).unwrap().trim_end_matches('\n'), payload(&order).unwrap());
        }
    }

    /// EPC069-12, table 2: lengths of each line, the whole within 331 bytes, one of lines 10 and 11.
    #[test]
    fn the_payload_keeps_to_the_limits() {
        for reference in ["RF18539007547034", "RF471234567890123456789", "Dossier MS24-0042", ""] {
            let payload = payload(&TransferOrder { reference, ..ORDER }).unwrap();
            let lines: Vec<&str> = payload.split('\n').collect();
            let limits = [3, 3, 1, 3, 11, 70, 34, 15, 4, 35, 140, 70];
            assert!(payload.len() <= BYTES_MAX && lines.len() <= limits.len());
            assert!(lines.iter().zip(limits).all(|(line, limit)| line.chars().count() <= limit), "{payload}");
            assert_eq!(&lines[..4], ["BCD", "002", "1", "SCT"]);
            assert!(lines[7].starts_with("EUR") && matches!(lines[4].len(), 0 | 8 | 11));
            assert!(lines.get(9).is_none_or(|line| line.is_empty()) || lines.get(10).is_none());
            assert!(!payload.ends_with('\n') && !payload.contains('\r'));
        }
    }

    #[test]
    fn the_picture_is_a_gray_png_with_its_quiet_zone() {
        let picture = image::load_from_memory(&png(&ORDER).unwrap()).unwrap();
        assert_eq!(picture.color(), image::ColorType::L8);
        let gray = picture.to_luma8();
        assert_eq!(gray.width(), gray.height());
        assert!((0..24).all(|x| (0..gray.height()).all(|y| gray.get_pixel(x, y).0[0] == 255)));
        assert_eq!(gray.get_pixel(24, 24).0[0], 0);
    }
}
