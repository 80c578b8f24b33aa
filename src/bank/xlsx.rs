//! Statements as spreadsheets (.xlsx): the first sheet that holds a table, as rows of text.
//!
//! Hostile files are met with limits counted while reading: what the archive really unpacks to, and cells beyond which no statement goes.
//! Formulas are not computed; the values that the spreadsheet program left are read.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};

use crate::bank::collapse;
use crate::bank::finding::StatementFault;

/// What the parts of a workbook may unpack to, together.
const UNPACKED_BYTES_MAX: u64 = 128 * 1024 * 1024;
const PARTS_MAX: usize = 2_000;
const COLUMNS_MAX: u32 = 200;
const ROWS_MAX: u32 = 300_000;
const SHEETS_MAX: usize = 20;

/// A row of a table with its number in the sheet, from 1.
pub type Row = (u32, Vec<String>);

/// The rows of every sheet that holds any, in order.
pub fn sheets(bytes: &[u8]) -> Result<Vec<Vec<Row>>, StatementFault> {
    check_size(bytes)?;
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|error: calamine::XlsxError| unreadable(&error))?;
    let names: Vec<String> = workbook.sheet_names().into_iter().take(SHEETS_MAX).collect();
    let mut sheets = Vec::new();
    for name in names {
        let rows = rows_of(&mut workbook, &name)?;
        if !rows.is_empty() {
            sheets.push(rows);
        }
    }
    Ok(sheets)
}

fn unreadable(error: &calamine::XlsxError) -> StatementFault {
    StatementFault::Unreadable { what: error.to_string() }
}

/// Unpacks everything once without keeping it: what an archive says about its own size is not believed.
fn check_size(bytes: &[u8]) -> Result<(), StatementFault> {
    let broken = |error: zip::result::ZipError| StatementFault::Unreadable { what: error.to_string() };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > PARTS_MAX {
        return Err(StatementFault::TooLarge);
    }
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(broken)?;
        let unpacked = std::io::copy(&mut part.take(left.saturating_add(1)), &mut std::io::sink())
            .map_err(|error| StatementFault::Unreadable { what: error.to_string() })?;
        left = left.checked_sub(unpacked).ok_or(StatementFault::TooLarge)?;
    }
    Ok(())
}

fn rows_of(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Row>, StatementFault> {
    // A sheet that is no table of cells (a chart) has nothing to read.
    let Ok(mut cells) = workbook.worksheet_cells_reader(name) else { return Ok(Vec::new()) };
    let mut rows: Vec<Row> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(|error| unreadable(&error))? {
        let (row, column) = cell.get_position();
        let text = written(cell.get_value());
        if text.is_empty() {
            continue;
        }
        if column >= COLUMNS_MAX || rows.len() >= usize::try_from(ROWS_MAX).unwrap_or(usize::MAX) {
            return Err(StatementFault::TooLarge);
        }
        let line = row.saturating_add(1);
        if rows.last().is_none_or(|(last, _)| *last != line) {
            rows.push((line, Vec::new()));
        }
        let Some((_, texts)) = rows.last_mut() else { continue };
        let place = usize::try_from(column).unwrap_or(0);
        if texts.len() <= place {
            texts.resize(place + 1, String::new());
        }
        if let Some(slot) = texts.get_mut(place) {
            *slot = text;
        }
    }
    Ok(rows)
}

/// A cell as a statement's table would print it. A number keeps its cents exactly or is shown with all it has, and then refused as an amount.
fn written(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => written_number(*number),
        DataRef::String(text) => collapse(text),
        DataRef::SharedString(text) => collapse(text),
        DataRef::DateTime(instant) if instant.is_datetime() => {
            let (year, month, day, ..) = instant.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::DateTimeIso(text) => text.chars().take(10).collect(),
        DataRef::DateTime(_) | DataRef::DurationIso(_) | DataRef::Bool(_) | DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// Binary fractions are not cents: within a millionth of one they are meant as one.
fn written_number(number: f64) -> String {
    let cents = number * 100.0;
    if !number.is_finite() || number.abs() > 1e15 {
        String::new()
    } else if number.fract() == 0.0 {
        format!("{number:.0}")
    } else if (cents - cents.round()).abs() < 1e-4 {
        format!("{number:.2}")
    } else {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{CsvColumns, read_statement};

    fn workbook(fill: impl Fn(&mut rust_xlsxwriter::Worksheet) -> Result<(), rust_xlsxwriter::XlsxError>) -> Vec<u8> {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().write(0, 0, "Notice").unwrap();
        fill(book.add_worksheet()).unwrap();
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn a_spreadsheet_is_read_like_a_table() {
        let bytes = workbook(|sheet| {
            let date = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
            sheet.write(0, 0, "Solde initial")?.write(0, 3, 1000.0)?;
            for (column, title) in ["Date opération", "Libellé", "Débit", "Crédit"].into_iter().enumerate() {
                sheet.write(2, u16::try_from(column).unwrap(), title)?;
            }
            sheet.write_with_format(3, 0, rust_xlsxwriter::ExcelDateTime::from_ymd(2024, 3, 4).unwrap(), &date)?;
            sheet.write(3, 1, "VIR DUPONT ELODIE frais de dossier")?.write(3, 3, 60.1)?;
            sheet.write(4, 0, "05/03/2024")?.write(4, 1, "GAZ")?.write(4, 2, 246.66)?;
            sheet.write(6, 0, "Solde final")?.write(6, 3, 813.44)?;
            Ok(())
        });
        let reading = read_statement(&bytes, "releve.xlsx", &CsvColumns::default());
        assert_eq!((reading.format.as_str(), reading.findings.as_slice()), ("xlsx", [].as_slice()));
        let seen: Vec<_> = reading.movements().map(|movement| (movement.booking_date.to_string(), movement.amount.0)).collect();
        assert_eq!(seen, [("2024-03-04".to_owned(), 6010), ("2024-03-05".to_owned(), -24_666)]);
    }

    #[test]
    fn a_spreadsheet_that_is_no_statement_or_too_large_is_refused() {
        let names = workbook(|sheet| sheet.write(0, 0, "Nom").map(|_| ()));
        assert_eq!(read_statement(&names, "x.xlsx", &CsvColumns::default()).findings[0].fault.slug(), "unknown_format");
        let wide = workbook(|sheet| sheet.write(0, 0, "Date")?.write(1_048_575, 16_383, 1.0).map(|_| ()));
        assert_eq!(read_statement(&wide, "x.xlsx", &CsvColumns::default()).findings[0].fault, StatementFault::TooLarge);
        assert_eq!(sheets(&names[..names.len() / 2]).unwrap_err().slug(), "unreadable");
    }

    #[test]
    fn numbers_keep_their_cents() {
        for (number, text) in [(60.0, "60"), (60.1, "60.10"), (0.1 + 0.2, "0.30"), (1.234, "1.234"), (2_401_044_882_188.0, "2401044882188")] {
            assert_eq!(written_number(number), text);
        }
    }
}
