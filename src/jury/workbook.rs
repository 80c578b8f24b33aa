//! The spreadsheet in which opinions and decisions are entered: one line for each candidate, read back by `decisions`.
//!
//! Everything is written as text or number, never as a formula: a name that begins with `=` stays a name.

use rust_xlsxwriter::{Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::jury::{Batch, BatchCandidate, Decision};

/// Headings and widths, in characters. The reader finds columns by these words.
const COLUMNS: [(&str, f64); 15] = [
    ("N° de dossier", 13.0),
    ("Nom", 20.0),
    ("Prénom", 16.0),
    ("Formation", 9.5),
    ("Voie d'admission", 24.0),
    ("Diplôme en cours", 10.0),
    ("Nationalité", 11.0),
    ("International", 12.0),
    ("Financement", 13.0),
    ("Expérience (mois)", 11.0),
    ("Reçu le", 11.0),
    ("Points relevés", 36.0),
    ("Avis", 14.0),
    ("Décision", 24.0),
    ("Commentaire", 30.0),
];
const OPINION: u16 = 12;
const DECISION: u16 = 13;
const COMMENT: u16 = 14;
/// Lines under the last candidate that also get the lists, for an addendum.
const SPARE_LINES: u32 = 10;
const OPINIONS: [&str; 3] = ["Favorable", "Défavorable", "Entretien"];

/// The spreadsheet of a session, as xlsx bytes.
pub fn batch_xlsx(batch: &Batch) -> anyhow::Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::parse_from_str(&batch.built_on.to_string())?;
    workbook.set_properties(&DocProperties::new().set_title(batch.heading_fr()).set_creation_datetime(&created));
    let sheet = workbook.add_worksheet();
    sheet.set_name("Jury")?;
    set_up(sheet, batch)?;
    let cell = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_border(FormatBorder::Hair);
    for (row, candidate) in (1u32..).zip(&batch.candidates) {
        write_candidate(sheet, row, candidate, &cell)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn set_up(sheet: &mut Worksheet, batch: &Batch) -> Result<(), XlsxError> {
    let head = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter)
        .set_font_color(Color::White)
        .set_background_color(Color::RGB(0x0017_345e))
        .set_border(FormatBorder::Thin);
    for (column, (title, width)) in (0u16..).zip(COLUMNS) {
        sheet.write_string_with_format(0, column, title, &head)?;
        sheet.set_column_width(column, width)?;
    }
    sheet.set_row_height(0, 32)?;
    sheet.set_freeze_panes(1, 3)?;
    let last = u32::try_from(batch.candidates.len()).unwrap_or(u32::MAX);
    sheet.autofilter(0, 0, last.max(1), COMMENT)?;
    // A4, landscape, one page wide.
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    sheet.set_margins(0.4, 0.4, 0.6, 0.6, 0.3, 0.3);
    sheet.set_header(format!("&L{}&R{}", batch.heading_fr().replace('&', "&&"), batch.season));
    sheet.set_footer("&LDocument confidentiel&Rpage &P / &N");
    let labels: Vec<&str> = Decision::ALL.iter().map(|decision| decision.label_fr()).collect();
    let decisions = DataValidation::new()
        .allow_list_strings(&labels)?
        .set_error_title("Décision")?
        .set_error_message("Choisissez une décision dans la liste, ou laissez la case vide.")?;
    sheet.add_data_validation(1, DECISION, last + SPARE_LINES, DECISION, &decisions)?;
    let opinions = DataValidation::new()
        .allow_list_strings(&OPINIONS)?
        .set_error_style(rust_xlsxwriter::DataValidationErrorStyle::Information)
        .set_error_title("Avis")?
        .set_error_message("Les avis proposés sont dans la liste\u{a0}; un autre texte est conservé tel quel.")?;
    sheet.add_data_validation(1, OPINION, last + SPARE_LINES, OPINION, &opinions)?;
    Ok(())
}

fn write_candidate(sheet: &mut Worksheet, row: u32, candidate: &BatchCandidate, cell: &Format) -> Result<(), XlsxError> {
    let yes_or_no = |value: bool| if value { "oui" } else { "non" };
    let name = &candidate.name;
    let (family, given) = if name.family.trim().is_empty() { (name.full.clone(), "") } else { (name.family.to_uppercase(), name.given.as_str()) };
    let notes = candidate.notes.join("\n");
    let texts = [
        (0, candidate.number.as_str()),
        (1, &family),
        (2, given),
        (3, &candidate.programme_code),
        (4, &candidate.route_fr),
        (5, yes_or_no(candidate.degree_in_progress)),
        (6, candidate.nationality.as_deref().unwrap_or("")),
        (7, yes_or_no(candidate.international)),
        (8, candidate.financing_fr.as_deref().unwrap_or("")),
        (11, &notes),
        (OPINION, ""),
        (DECISION, ""),
        (COMMENT, ""),
    ];
    for (column, text) in texts {
        // Excel refuses cells of more than 32 767 characters.
        let text: String = text.chars().take(8_000).collect();
        if text.is_empty() {
            sheet.write_blank(row, column, cell)?;
        } else {
            sheet.write_string_with_format(row, column, text, cell)?;
        }
    }
    sheet.write_number_with_format(row, 9, f64::from(candidate.experience_months), cell)?;
    let date = ExcelDateTime::parse_from_str(&candidate.arrived_on.to_string())?;
    sheet.write_datetime_with_format(row, 10, &date, &cell.clone().set_num_format("dd/mm/yyyy"))?;
    Ok(())
}
