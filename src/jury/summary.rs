//! The summary of a session: every candidate on a line, by programme, then the dossiers that are not in the batch.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use krilla::Document;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;

use crate::domain::calendar::french_date;
use crate::jury::cover::{BLUE, GREY, PALE};
use crate::jury::sheet::{A4, BOLD, Face, Fonts, Page, SANS, WHITE, draw};
use crate::jury::{Batch, BatchCandidate, name_in_lists};

const LEFT: f32 = 34.0;
const TOP: f32 = 82.0;
const LAST_BASELINE: f32 = 556.0;
const SIZE: f32 = 8.0;
const LEADING: f32 = 11.0;

/// A table's columns: heading and width in points.
type Columns = [(&'static str, f32)];

const CANDIDATES: [(&str, f32); 7] = [
    ("N°", 62.0),
    ("Candidat", 138.0),
    ("Voie d'admission", 150.0),
    ("Nationalité", 78.0),
    ("Expérience", 74.0),
    ("Financement", 76.0),
    ("Points relevés", 196.0),
];
const INCOMPLETE: [(&str, f32); 3] = [("N°", 62.0), ("Candidat", 212.0), ("Ce qui manque", 500.0)];

/// The summary as PDF bytes, landscape A4.
pub fn summary_pdf(batch: &Batch) -> anyhow::Result<Vec<u8>> {
    let mut table = Table { batch, pages: vec![], y: f32::MAX };
    let mut programmes: BTreeMap<(&str, &str), Vec<&BatchCandidate>> = BTreeMap::new();
    for candidate in &batch.candidates {
        programmes.entry((&candidate.programme_title, &candidate.programme_code)).or_default().push(candidate);
    }
    if programmes.is_empty() {
        table.title("Aucun dossier complet pour cette session", 0.0);
    }
    for ((title, code), mut candidates) in programmes {
        candidates.sort_by_key(|candidate| (name_in_lists(&candidate.name), candidate.number.clone()));
        let plural = if candidates.len() > 1 { "candidats" } else { "candidat" };
        table.title(&format!("{title} ({code}) – {} {plural}", candidates.len()), 40.0);
        table.head(&CANDIDATES);
        for candidate in candidates {
            table.row(&CANDIDATES, &cells(candidate));
        }
        table.y += 14.0;
    }
    if !batch.incomplete.is_empty() {
        table.title("Dossiers incomplets, non joints à cette session", 40.0);
        table.head(&INCOMPLETE);
        for (number, name, missing) in &batch.incomplete {
            table.row(&INCOMPLETE, &[number.clone(), name.clone(), missing.clone()]);
        }
    }
    write(batch, table.pages)
}

fn cells(candidate: &BatchCandidate) -> [String; 7] {
    let in_progress = if candidate.degree_in_progress { " (diplôme en cours)" } else { "" };
    let abroad = if candidate.international { " (international)" } else { "" };
    let experience = super::experience_fr(candidate.experience_months);
    [
        candidate.number.clone(),
        name_in_lists(&candidate.name),
        format!("{}{in_progress}", candidate.route_fr),
        format!("{}{abroad}", candidate.nationality.as_deref().unwrap_or("non établie")),
        experience,
        candidate.financing_fr.clone().unwrap_or_else(|| "non précisé".to_owned()),
        candidate.notes.join(" "),
    ]
}

struct Table<'a> {
    batch: &'a Batch,
    pages: Vec<Page>,
    y: f32,
}

impl Table<'_> {
    fn room(&mut self, needed: f32) -> bool {
        if self.y + needed <= LAST_BASELINE {
            return false;
        }
        let mut page = Page { width: A4.1, height: A4.0, marks: Vec::new() };
        page.fill(0.0, 0.0, A4.1, 50.0, BLUE);
        page.coloured(LEFT, 23.0, BOLD, 12.5, WHITE, &SANS.printable(&self.batch.heading_fr()));
        let counts = format!(
            "IMT Nord Europe · Mastères Spécialisés · session {} · {} dossiers présentés · établi le {}",
            self.batch.season,
            self.batch.candidates.len(),
            french_date(self.batch.built_on)
        );
        page.coloured(LEFT, 40.0, SANS, 8.5, WHITE, &counts);
        self.pages.push(page);
        self.y = TOP;
        true
    }

    fn text(&mut self, x: f32, face: Face, size: f32, colour: (u8, u8, u8), text: &str) {
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            page.coloured(x, y, face, size, colour, text);
        }
    }

    /// A heading, with room for `following` points under it on the same page.
    fn title(&mut self, title: &str, following: f32) {
        self.room(20.0 + following);
        self.text(LEFT, BOLD, 11.0, BLUE, &BOLD.printable(title));
        self.y += 17.0;
    }

    fn head(&mut self, columns: &Columns) {
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            page.fill(LEFT - 4.0, y - 10.0, columns.iter().map(|column| column.1).sum(), 15.0, PALE);
        }
        let mut x = LEFT;
        for (title, width) in columns {
            self.text(x, BOLD, SIZE, GREY, title);
            x += width;
        }
        self.y += 16.0;
    }

    fn row(&mut self, columns: &Columns, cells: &[String]) {
        let wrapped: Vec<Vec<String>> = columns
            .iter()
            .zip(cells)
            .map(|((_, width), cell)| SANS.lines(SIZE, width - 8.0, &SANS.printable(cell)).into_iter().take(8).collect())
            .collect();
        let height = LEADING * wrapped.iter().map(Vec::len).max().unwrap_or(1) as f32;
        if self.room(height) {
            self.head(columns);
        }
        let top = self.y;
        let mut x = LEFT;
        for ((_, width), lines) in columns.iter().zip(&wrapped) {
            for (position, line) in lines.iter().enumerate() {
                self.y = top + LEADING * position as f32;
                self.text(x, SANS, SIZE, (0, 0, 0), line);
            }
            x += width;
        }
        self.y = top + height + 5.0;
        let rule = self.y - 11.0;
        if let Some(page) = self.pages.last_mut() {
            page.line((LEFT - 4.0, rule), (x - 4.0, rule), 0.3, (200, 205, 213));
        }
    }
}

fn write(batch: &Batch, pages: Vec<Page>) -> anyhow::Result<Vec<u8>> {
    let mut document = Document::new();
    let mut fonts = Fonts::default();
    let total = pages.len();
    for (position, mut page) in pages.into_iter().enumerate() {
        let footer = format!("{} · page {}/{total}", batch.heading_fr(), position + 1);
        page.coloured(LEFT, A4.0 - 14.0, SANS, 7.5, GREY, &SANS.printable(&footer));
        let mut sheet = document.start_page_with(PageSettings::from_wh(page.width, page.height).context("A4 is a page size")?);
        let mut surface = sheet.surface();
        draw(&mut surface, &mut fonts, &page)?;
        surface.finish();
        sheet.finish();
    }
    document.set_metadata(Metadata::new().title(batch.heading_fr()).language("fr".to_owned()).creator("guichet".to_owned()));
    document.finish().map_err(|error| anyhow!("the summary cannot be written: {error:?}"))
}

#[cfg(test)]
mod tests {
    use super::summary_pdf;
    use crate::jury::tests::{batch, candidate};

    #[test]
    fn a_summary_takes_as_many_pages_as_it_needs() {
        for (count, at_least) in [(0, 1), (3, 1), (80, 2)] {
            let candidates = (0..count).map(|place| candidate(&format!("MS24-{place:04}"), "Awa", "Ndiaye")).collect();
            let bytes = summary_pdf(&batch(candidates)).unwrap();
            assert!(krilla::pdf::Pdf::new(bytes).unwrap().pages().len() >= at_least, "{count}");
        }
    }
}
