//! The cover sheet of a candidate's dossier, and the sheets of words that stand where a piece cannot be shown.

use crate::domain::calendar::french_date;
use crate::jury::sheet::{A4, BOLD, Colour, Page, SANS, WHITE};
use crate::jury::{BatchCandidate, BatchPiece, Dossier, experience_fr, name_in_lists};

pub(super) const BLUE: Colour = (23, 52, 94);
pub(super) const GREY: Colour = (105, 112, 122);
pub(super) const PALE: Colour = (233, 238, 245);
const LEFT: f32 = 48.0;
const RIGHT: f32 = A4.0 - 48.0;
const LAST_BASELINE: f32 = 772.0;
const LINES_PER_SHEET: usize = 48;
const TEXT_SHEETS_MAX: usize = 12;

/// What the cover says of one piece: its title and where it begins, or why it is not there.
pub(super) struct Entry {
    pub title: String,
    pub place: String,
}

/// The cover, continued on further sheets when notes and pieces are many.
pub(super) fn cover(dossier: &Dossier, entries: &[Entry]) -> Vec<Page> {
    let candidate = &dossier.candidate;
    let mut pages = vec![Page::default()];
    let mut y = heading(&mut pages, dossier);
    y = facts(&mut pages, y, candidate);
    if !candidate.notes.is_empty() {
        y = section(&mut pages, y, "Points relevés par le service");
        for note in &candidate.notes {
            y = bullet(&mut pages, y, note);
        }
        y += 10.0;
    }
    y = section(&mut pages, y, "Pièces du dossier");
    for entry in entries {
        y = room(&mut pages, y, 18.0);
        if let Some(page) = pages.last_mut() {
            let title = SANS.lines(9.5, 350.0, &SANS.printable(&entry.title)).into_iter().next().unwrap_or_default();
            page.text(LEFT + 6.0, y, SANS, 9.5, &title);
            let width = SANS.width(9.0, &entry.place);
            page.coloured(RIGHT - width, y, SANS, 9.0, GREY, &entry.place);
            page.line((LEFT, y + 5.0), (RIGHT, y + 5.0), 0.3, (205, 210, 218));
        }
        y += 17.0;
    }
    opinion(&mut pages, y + 14.0);
    pages
}

fn heading(pages: &mut [Page], dossier: &Dossier) -> f32 {
    let candidate = &dossier.candidate;
    let Some(page) = pages.last_mut() else { return 0.0 };
    page.fill(0.0, 0.0, A4.0, 58.0, BLUE);
    page.coloured(LEFT, 27.0, BOLD, 12.5, WHITE, &SANS.printable(&dossier.heading_fr));
    page.coloured(LEFT, 44.0, SANS, 9.0, WHITE, &format!("IMT Nord Europe · Mastères Spécialisés · session {}", dossier.season));
    page.coloured(LEFT, 92.0, SANS, 11.0, GREY, &format!("Dossier {}", candidate.number));
    let mut y = 118.0;
    for line in BOLD.lines(20.0, RIGHT - LEFT, &BOLD.printable(&name_in_lists(&candidate.name))).iter().take(3) {
        page.text(LEFT, y, BOLD, 20.0, line);
        y += 26.0;
    }
    let programme = match (candidate.programme_title.trim(), candidate.programme_code.trim()) {
        ("", "") => "Formation demandée non établie".to_owned(),
        (title, "") => format!("Mastère Spécialisé {title}"),
        (title, code) => format!("Mastère Spécialisé {title} ({code})"),
    };
    page.paragraph(LEFT, y, RIGHT - LEFT, SANS, 11.5, &SANS.printable(&programme)) + 12.0
}

fn facts(pages: &mut [Page], top: f32, candidate: &BatchCandidate) -> f32 {
    let yes_or_no = |value: bool| if value { "oui" } else { "non" };
    let unknown = || "non établie".to_owned();
    let rows = [
        ("Voie d'admission", candidate.route_fr.clone()),
        (
            "Diplôme en cours",
            if candidate.degree_in_progress {
                "oui\u{a0}: le diplôme reste à fournir pour l'admission définitive".to_owned()
            } else {
                "non".to_owned()
            },
        ),
        ("Nationalité", candidate.nationality.clone().unwrap_or_else(unknown)),
        ("Candidature internationale", yes_or_no(candidate.international).to_owned()),
        ("Expérience professionnelle", experience_fr(candidate.experience_months)),
        ("Financement", candidate.financing_fr.clone().unwrap_or_else(|| "non précisé".to_owned())),
        ("Première réception", french_date(candidate.arrived_on)),
    ];
    let mut y = top;
    for (label, value) in rows {
        let lines = SANS.lines(10.0, RIGHT - LEFT - 170.0, &SANS.printable(&value));
        if let Some(page) = pages.last_mut() {
            let height = 8.0 + 13.0 * lines.len() as f32;
            page.fill(LEFT, y - 13.0, 158.0, height - 2.0, PALE);
            page.coloured(LEFT + 6.0, y, SANS, 9.5, GREY, label);
            for (position, line) in lines.iter().enumerate() {
                page.text(LEFT + 168.0, y + 13.0 * position as f32, SANS, 10.0, line);
            }
            y += height;
        }
    }
    y + 16.0
}

/// Starts another sheet when `needed` points do not fit any more.
fn room(pages: &mut Vec<Page>, y: f32, needed: f32) -> f32 {
    if y + needed <= LAST_BASELINE {
        return y;
    }
    pages.push(Page::default());
    64.0
}

fn section(pages: &mut Vec<Page>, y: f32, title: &str) -> f32 {
    let y = room(pages, y, 44.0);
    if let Some(page) = pages.last_mut() {
        page.coloured(LEFT, y, BOLD, 11.5, BLUE, title);
        page.line((LEFT, y + 5.0), (RIGHT, y + 5.0), 0.9, BLUE);
    }
    y + 23.0
}

fn bullet(pages: &mut Vec<Page>, top: f32, text: &str) -> f32 {
    let mut y = top;
    for (position, line) in SANS.lines(9.5, RIGHT - LEFT - 18.0, &SANS.printable(text)).iter().enumerate() {
        y = room(pages, y, 14.0);
        if let Some(page) = pages.last_mut() {
            if position == 0 {
                page.text(LEFT + 4.0, y, SANS, 9.5, "•");
            }
            page.text(LEFT + 16.0, y, SANS, 9.5, line);
        }
        y += 14.0;
    }
    y + 2.0
}

fn opinion(pages: &mut Vec<Page>, top: f32) {
    let y = section(pages, if top + 96.0 > LAST_BASELINE { LAST_BASELINE } else { top }, "Avis du responsable pédagogique");
    if let Some(page) = pages.last_mut() {
        page.text(LEFT + 6.0, y, SANS, 10.0, "☐ favorable      ☐ défavorable      ☐ à entendre en entretien");
        page.coloured(LEFT + 6.0, y + 26.0, SANS, 9.0, GREY, "Observations\u{a0}:");
        for line in 0..2 {
            let rule = y + 30.0 + 20.0 * line as f32;
            page.line((LEFT + 82.0, rule), (RIGHT, rule), 0.4, GREY);
        }
    }
}

/// One sheet in the place of a piece that cannot be laid on paper.
pub(super) fn sentence_sheet(piece: &BatchPiece, sentence: &str) -> Page {
    let mut page = titled(piece);
    page.paragraph(LEFT, 150.0, RIGHT - LEFT, SANS, 11.0, sentence);
    page
}

/// The words of a text or office file, on as many sheets as they take.
pub(super) fn text_sheets(piece: &BatchPiece, text: &str) -> Vec<Page> {
    let lines = SANS.lines(9.5, RIGHT - LEFT, &SANS.printable(&text.replace('\t', "    ")));
    let mut pages = Vec::new();
    for part in lines.chunks(LINES_PER_SHEET).take(TEXT_SHEETS_MAX) {
        let mut page = titled(piece);
        page.coloured(LEFT, 118.0, SANS, 8.5, GREY, "Texte seul, sans mise en page\u{a0}; l'original est conservé par le service.");
        for (position, line) in part.iter().enumerate() {
            page.text(LEFT, 142.0 + 13.3 * position as f32, SANS, 9.5, line);
        }
        pages.push(page);
    }
    pages
}

fn titled(piece: &BatchPiece) -> Page {
    let mut page = Page::default();
    page.coloured(LEFT, 74.0, BOLD, 14.0, BLUE, &BOLD.printable(&piece.title_fr));
    let name: String = piece.file_name.chars().take(90).collect();
    page.coloured(LEFT, 94.0, SANS, 9.0, GREY, &SANS.printable(&format!("Fichier reçu\u{a0}: {name}")));
    page.line((LEFT, 102.0), (RIGHT, 102.0), 0.6, BLUE);
    page
}
