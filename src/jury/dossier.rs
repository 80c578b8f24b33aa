//! One candidate's dossier as one PDF: the cover, then the pieces in the same order for everybody, with bookmarks and a footer on every page.
//!
//! A PDF's pages are merged as they are. Pages with annotations are drawn instead (filled form fields and stamps would be lost), and so are encrypted files.
//! Whatever cannot be merged nor drawn becomes a sentence on a sheet; nothing a candidate sends makes the dossier fail. A piece that kills the process
//! is left out by whoever started it, who learns from [`Stage`] which one it was.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use krilla::Document;
use krilla::destination::XyzDestination;
use krilla::geom::{Point, Size, Transform};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::pdf::{Pdf, PdfDocument};
use krilla::surface::Surface;
use serde::{Deserialize, Serialize};

use crate::domain::document::DocumentKind;
use crate::jury::cover::{Entry, GREY, cover, sentence_sheet, text_sheets};
use crate::jury::picture::{Picture, drawn_pages, for_paper};
use crate::jury::sheet::{A4, Fonts, Page, SANS, draw, open_picture};
use crate::jury::{BatchPiece, Dossier, DossierPdf, Files, Hindrance, name_in_lists, office};

/// Height of the strip that holds the footer, in points.
const FOOTER: f32 = 26.0;
/// White around a picture, in points.
const PICTURE_MARGIN: f32 = 28.0;
/// A picture is not blown up beyond this many points for a pixel (72 dots per inch).
const POINTS_PER_PIXEL_MAX: f32 = 1.0;
/// An identity photograph is shown no wider than this, in points: half as large again as a printed one.
const PHOTO_WIDTH_MAX: f32 = 150.0;
/// Pages shown of one piece; the rest is said to be kept.
const PAGES_PER_PIECE_MAX: usize = 100;

/// One page of the result, before it is drawn.
enum Leaf {
    Sheet(Page),
    Merged { pdf: PdfDocument, index: usize, width: f32, height: f32 },
    Picture { picture: Picture, width_points_max: f32 },
}

struct Section<'a> {
    piece: &'a BatchPiece,
    leaves: Vec<Leaf>,
    left_out: Option<Hindrance>,
}

/// How far the work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The piece at this position among the candidate's is being opened.
    Piece(u32),
    /// All pieces are open; the document is being written.
    Writing,
}

/// The dossier of one candidate. `at` hears of each stage before it begins.
///
/// A piece whose file is not among `files` gets a sentence, as one that cannot be reproduced does.
pub fn candidate_pdf(dossier: &Dossier, files: &Files, at: &mut dyn FnMut(Stage)) -> anyhow::Result<DossierPdf> {
    let candidate = &dossier.candidate;
    let mut pieces: Vec<(u32, &BatchPiece)> = (0..).zip(&candidate.pieces).collect();
    let rank = |kind: DocumentKind| DocumentKind::ALL.iter().position(|known| *known == kind);
    pieces.sort_by_key(|(_, piece)| rank(piece.kind));
    let mut opened = OpenedPdfs::default();
    let mut sections = Vec::with_capacity(pieces.len());
    let mut left_out = Vec::new();
    for (position, piece) in pieces {
        at(Stage::Piece(position));
        let section = section(piece, files, &mut opened);
        left_out.extend(section.left_out.map(|hindrance| (position, hindrance)));
        sections.push(section);
    }
    at(Stage::Writing);
    left_out.sort_by_key(|(position, _)| *position);
    Ok(DossierPdf { bytes: write(dossier, &sections)?, left_out })
}

fn write(dossier: &Dossier, sections: &[Section<'_>]) -> anyhow::Result<Vec<u8>> {
    let candidate = &dossier.candidate;
    // The cover's own length moves the pieces, and the pieces' places stand on it: its length does not depend on the numbers it prints.
    let cover_length = cover(dossier, &entries(sections, 0)).len();
    let covers = cover(dossier, &entries(sections, cover_length));
    let total = cover_length + sections.iter().map(|section| section.leaves.len()).sum::<usize>();

    let mut document = Document::new();
    let mut fonts = Fonts::default();
    let mut outline = Outline::new();
    let mut footer = Footer { left: format!("{} · {}", candidate.number, name_in_lists(&candidate.name)), page: 0, total };
    bookmark(&mut outline, "Fiche du candidat", 0);
    for page in covers {
        lay(&mut document, &mut fonts, &mut footer, "", &Leaf::Sheet(page))?;
    }
    for section in sections {
        if !section.leaves.is_empty() {
            bookmark(&mut outline, &section.piece.title_fr, footer.page);
        }
        for leaf in &section.leaves {
            lay(&mut document, &mut fonts, &mut footer, &section.piece.title_fr, leaf)?;
        }
    }
    document.set_outline(outline);
    let title = format!("{} – {}", candidate.number, name_in_lists(&candidate.name));
    document.set_metadata(Metadata::new().title(title).language("fr".to_owned()).creator("guichet".to_owned()));
    document.finish().map_err(|error| anyhow!("the dossier {} cannot be written: {error:?}", candidate.number))
}

fn bookmark(outline: &mut Outline, title: &str, page: usize) {
    outline.push_child(OutlineNode::new(title.to_owned(), XyzDestination::new(page, Point::from_xy(0.0, 0.0))));
}

/// The lines of the cover's table: where each piece begins, after `before` pages.
fn entries(sections: &[Section], before: usize) -> Vec<Entry> {
    let mut next = before + 1;
    let mut entries = Vec::new();
    for Section { piece, leaves, left_out } in sections {
        let place = match leaves.len() {
            _ if left_out.is_some() => format!("page {next} (non reproduite)"),
            0 => "vue par le service, non jointe".to_owned(),
            1 => format!("page {next}"),
            count => format!("pages {next} à {}", next + count - 1),
        };
        let note = piece.note.as_ref().map(|note| format!(" – {note}")).unwrap_or_default();
        entries.push(Entry { title: format!("{}{note}", piece.title_fr), place });
        next += leaves.len();
    }
    entries
}

/// The PDFs opened so far, so that a file that holds several pieces is opened, and embedded, once.
#[derive(Default)]
struct OpenedPdfs(BTreeMap<String, (Arc<Pdf>, PdfDocument)>);

impl OpenedPdfs {
    fn open(&mut self, sha256: &str, bytes: &Arc<Vec<u8>>) -> Option<(Arc<Pdf>, PdfDocument)> {
        if let Some(known) = self.0.get(sha256) {
            return Some(known.clone());
        }
        let pdf = Arc::new(Pdf::new(Arc::clone(bytes)).ok()?);
        let opened = (Arc::clone(&pdf), PdfDocument::new(pdf));
        self.0.insert(sha256.to_owned(), opened.clone());
        Some(opened)
    }
}

/// The pages of one piece. A panic of a parser on a hostile file ends here, as a sentence.
fn section<'a>(piece: &'a BatchPiece, files: &Files, opened: &mut OpenedPdfs) -> Section<'a> {
    if piece.is_kept_from_the_jury() {
        return Section { piece, leaves: Vec::new(), left_out: None };
    }
    let read = |bytes: &Arc<Vec<u8>>, opened: &mut OpenedPdfs| match piece.media_type.as_str() {
        "application/pdf" => pdf_leaves(piece, bytes, opened),
        media_type if media_type.starts_with("image/") => {
            for_paper(bytes).filter(|picture| open_picture(&Arc::new(picture.bytes.clone())).is_ok()).map(|picture| {
                vec![Leaf::Picture { picture, width_points_max: if piece.kind == DocumentKind::Photo { PHOTO_WIDTH_MAX } else { f32::MAX } }]
            })
        }
        media_type => office::text(media_type, bytes).map(|text| sheets(text_sheets(piece, &text))),
    };
    let leaves = match (piece.hindrance, files.get(&piece.sha256)) {
        (Some(hindrance), _) => Err(hindrance),
        (None, None) => Err(Hindrance::Lost),
        (None, Some(bytes)) => {
            let leaves = catch_unwind(AssertUnwindSafe(|| read(bytes, opened))).ok().flatten();
            leaves.filter(|leaves| !leaves.is_empty()).ok_or(Hindrance::Unreadable)
        }
    };
    let mut leaves = match leaves {
        Ok(leaves) => leaves,
        Err(hindrance) => {
            let sentence = format!(
                "{} L'original, tel que le candidat l'a envoyé, est conservé par le service des Mastères Spécialisés, qui peut le communiquer.",
                hindrance.french()
            );
            return Section { piece, leaves: vec![Leaf::Sheet(sentence_sheet(piece, &sentence))], left_out: Some(hindrance) };
        }
    };
    if leaves.len() > PAGES_PER_PIECE_MAX {
        leaves.truncate(PAGES_PER_PIECE_MAX);
        let sentence =
            format!("Seules les {PAGES_PER_PIECE_MAX} premières pages de cette pièce sont reproduites. L'original est conservé par le service.");
        leaves.push(Leaf::Sheet(sentence_sheet(piece, &sentence)));
    }
    Section { piece, leaves, left_out: None }
}

fn sheets(pages: Vec<Page>) -> Vec<Leaf> {
    pages.into_iter().map(Leaf::Sheet).collect()
}

/// The wanted pages, 0-based, in ascending order.
fn wanted(piece: &BatchPiece, count: usize) -> Vec<usize> {
    let all = || (0..count).collect::<Vec<_>>();
    let mut pages = piece
        .pages
        .as_ref()
        .map_or_else(all, |pages| pages.iter().filter_map(|page| usize::try_from(*page).ok()?.checked_sub(1)).filter(|page| *page < count).collect());
    pages.sort_unstable();
    pages.dedup();
    pages.truncate(PAGES_PER_PIECE_MAX + 1);
    pages
}

fn pdf_leaves(piece: &BatchPiece, bytes: &Arc<Vec<u8>>, opened: &mut OpenedPdfs) -> Option<Vec<Leaf>> {
    let (pdf, document) = opened.open(&piece.sha256, bytes)?;
    let pages = wanted(piece, pdf.pages().len());
    let annotated = |index: &usize| pdf.pages().get(*index).is_some_and(|page| page.raw().contains_key(b"Annots".as_slice()));
    let is_encrypted = bytes.windows(8).any(|window| window == b"/Encrypt");
    let to_draw: Vec<usize> = pages.iter().copied().filter(|index| is_encrypted || annotated(index)).collect();
    let mergeable: Vec<usize> = pages.iter().copied().filter(|index| !to_draw.contains(index)).collect();
    let to_draw = if mergeable.is_empty() || merges(&document, &pdf, &mergeable) { to_draw } else { pages.clone() };
    let drawn = if to_draw.is_empty() { Vec::new() } else { drawn_pages(bytes, &to_draw).unwrap_or_default() };
    let mut drawn = drawn.into_iter();
    let mut leaves = Vec::new();
    for index in pages {
        if to_draw.contains(&index) {
            let sentence = format!("La page {} de cette pièce ne peut pas être reproduite ici. L'original est conservé par le service.", index + 1);
            leaves.push(drawn.next().flatten().map_or_else(|| Leaf::Sheet(sentence_sheet(piece, &sentence)), drawn_page));
        } else if let Some(page) = pdf.pages().get(index) {
            let (width, height) = page.render_dimensions();
            leaves.push(Leaf::Merged { pdf: document.clone(), index, width, height });
        }
    }
    Some(leaves)
}

fn drawn_page(picture: Picture) -> Leaf {
    Leaf::Picture { picture, width_points_max: f32::MAX }
}

/// Whether these pages can be merged: tried on a scratch document, since an error would otherwise show only when the dossier is finished.
fn merges(document: &PdfDocument, pdf: &Pdf, pages: &[usize]) -> bool {
    let attempt = || {
        let mut scratch = Document::new();
        for index in pages {
            let (width, height) = pdf.pages().get(*index)?.render_dimensions();
            let size = Size::from_wh(width, height)?;
            let mut page = scratch.start_page_with(PageSettings::from_wh(width, height)?);
            let mut surface = page.surface();
            surface.draw_pdf_page(document, size, *index);
            surface.finish();
            page.finish();
        }
        let bytes = scratch.finish().ok()?;
        Pdf::new(bytes).ok().filter(|merged| merged.pages().len() == pages.len())
    };
    catch_unwind(AssertUnwindSafe(attempt)).ok().flatten().is_some()
}

struct Footer {
    left: String,
    /// Pages laid so far.
    page: usize,
    total: usize,
}

/// Lays one page down, with its footer.
fn lay(document: &mut Document, fonts: &mut Fonts, footer: &mut Footer, title: &str, leaf: &Leaf) -> anyhow::Result<()> {
    let (wide, tall) = match leaf {
        Leaf::Sheet(page) => (page.width, page.height),
        Leaf::Merged { width, height, .. } => (*width, *height),
        Leaf::Picture { picture, .. } => (picture.width as f32, picture.height as f32),
    };
    let (width, height) = if wide > tall * 1.05 { (A4.1, A4.0) } else { A4 };
    let mut page = document.start_page_with(PageSettings::from_wh(width, height).context("A4 is a page size")?);
    let mut surface = page.surface();
    match leaf {
        Leaf::Sheet(sheet) => draw(&mut surface, fonts, sheet)?,
        Leaf::Merged { pdf, index, .. } => {
            let scale = (width / wide).min((height - FOOTER) / tall).min(1.0);
            if let Some((place, size)) = placed((wide, tall), scale, (width, height)) {
                surface.push_transform(&place);
                surface.draw_pdf_page(pdf, size, *index);
                surface.pop();
            }
        }
        Leaf::Picture { picture, width_points_max } => lay_picture(&mut surface, picture, *width_points_max, (width, height)),
    }
    footer.page += 1;
    draw(&mut surface, fonts, &footer_marks(footer, title, (width, height)))?;
    surface.finish();
    page.finish();
    Ok(())
}

fn lay_picture(surface: &mut Surface, picture: &Picture, width_points_max: f32, paper: (f32, f32)) {
    let (wide, tall) = (picture.width as f32, picture.height as f32);
    let room = ((paper.0 - 2.0 * PICTURE_MARGIN).min(width_points_max), paper.1 - FOOTER - PICTURE_MARGIN);
    let scale = (room.0 / wide).min(room.1 / tall).min(POINTS_PER_PIXEL_MAX);
    if let (Some((place, size)), Ok(image)) = (placed((wide, tall), scale, paper), open_picture(&Arc::new(picture.bytes.clone()))) {
        surface.push_transform(&place);
        surface.draw_image(image, size);
        surface.pop();
    }
}

/// Centred above the footer.
fn placed(source: (f32, f32), scale: f32, paper: (f32, f32)) -> Option<(Transform, Size)> {
    let size = Size::from_wh(source.0 * scale, source.1 * scale)?;
    let place = Transform::from_translate((paper.0 - size.width()) / 2.0, (paper.1 - FOOTER - size.height()) / 2.0);
    Some((place, size))
}

fn footer_marks(footer: &Footer, title: &str, paper: (f32, f32)) -> Page {
    let mut page = Page { width: paper.0, height: paper.1, marks: Vec::new() };
    let y = paper.1 - 10.0;
    page.fill(0.0, paper.1 - FOOTER + 4.0, paper.0, FOOTER - 4.0, (250, 250, 251));
    let who = SANS.lines(7.5, paper.0 * 0.45, &SANS.printable(&footer.left)).into_iter().next().unwrap_or_default();
    page.coloured(28.0, y, SANS, 7.5, GREY, &format!("{who} · page {}/{}", footer.page, footer.total));
    let title = SANS.lines(7.5, paper.0 * 0.32, &SANS.printable(title)).into_iter().next().unwrap_or_default();
    let width = SANS.width(7.5, &title);
    page.coloured(paper.0 - 28.0 - width, y, SANS, 7.5, GREY, &title);
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jury::sheet::pdf;
    use crate::jury::tests::{batch, candidate};

    /// A piece and the file that it is all of.
    type Sent = (BatchPiece, Vec<u8>);

    fn piece(kind: DocumentKind, media_type: &str, bytes: Vec<u8>) -> Sent {
        let piece = BatchPiece {
            kind,
            title_fr: format!("Pièce {}", kind.slug()),
            file_name: "fichier du candidat.bin".to_owned(),
            media_type: media_type.to_owned(),
            sha256: format!("{:08x}-{}", bytes.iter().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte))), bytes.len()),
            pages: None,
            note: None,
            hindrance: None,
        };
        (piece, bytes)
    }

    fn build(sent: Vec<Sent>) -> DossierPdf {
        let mut person = candidate("MS24-0042", "Айгерім", "Θεοδώρου");
        let mut files = Files::new();
        for (piece, bytes) in sent {
            files.insert(piece.sha256.clone(), Arc::new(bytes));
            person.pieces.push(piece);
        }
        let dossier = batch(vec![]).dossier(&person);
        let pdf = candidate_pdf(&dossier, &files, &mut |_| ()).unwrap();
        assert_eq!(pdf, candidate_pdf(&dossier, &files, &mut |_| ()).unwrap(), "the same batch gives the same bytes");
        pdf
    }

    fn page(text: &str, width: f32, height: f32) -> Page {
        let mut page = Page { width, height, marks: Vec::new() };
        page.text(40.0, 60.0, SANS, 12.0, text);
        page
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbaImage::from_pixel(width, height, image::Rgba([10, 120, 200, 128])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn page_count(sent: Vec<Sent>) -> usize {
        Pdf::new(build(sent).bytes).unwrap().pages().len()
    }

    #[test]
    fn every_kind_of_piece_takes_its_pages() {
        let three = pdf(&[page("un", 595.0, 842.0), page("deux", 842.0, 595.0), page("trois", 300.0, 200.0)]).unwrap();
        let mut chosen = piece(DocumentKind::Transcript, "application/pdf", three.clone());
        chosen.0.pages = Some(vec![3, 1, 9, 0]);
        for (pieces, expected) in [
            (vec![], 1),
            (vec![piece(DocumentKind::Diploma, "application/pdf", three.clone())], 4),
            (vec![chosen], 3),
            (vec![piece(DocumentKind::Photo, "image/png", png(400, 500))], 2),
            (vec![piece(DocumentKind::Cv, "text/plain", "Expérience\n".repeat(100).into_bytes())], 4),
            (
                ["a", "b", "c", "d", "e"]
                    .map(|text| piece(DocumentKind::Transcript, "application/pdf", pdf(&[page(text, 595.0, 842.0)]).unwrap()))
                    .to_vec(),
                6,
            ),
            (vec![piece(DocumentKind::IdentityDocument, "application/pdf", three.clone())], 1),
            (vec![piece(DocumentKind::PaymentProof, "application/pdf", three)], 1),
        ] {
            assert_eq!(page_count(pieces), expected);
        }
    }

    #[test]
    fn broken_pieces_become_a_sentence() {
        let whole = pdf(&[page("un", 595.0, 842.0)]).unwrap();
        for (media_type, bytes) in [
            ("application/pdf", Vec::new()),
            ("application/pdf", b"%PDF-1.7 rubbish".to_vec()),
            ("application/pdf", whole[..whole.len() / 3].to_vec()),
            ("image/jpeg", vec![0xff, 0xd8, 0xff, 0xe0]),
            ("image/png", png(4, 4)[..30].to_vec()),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04".to_vec()),
            ("application/octet-stream", vec![0; 64]),
        ] {
            let built = build(vec![piece(DocumentKind::Diploma, media_type, bytes)]);
            assert_eq!(Pdf::new(built.bytes).unwrap().pages().len(), 2, "{media_type}");
            assert_eq!(built.left_out, [(0, Hindrance::Unreadable)], "{media_type}");
        }
    }

    #[test]
    fn what_is_left_out_is_a_page_and_said() {
        let whole = pdf(&[page("un", 595.0, 842.0)]).unwrap();
        let mut person = candidate("MS24-0042", "Awa", "Ndiaye");
        let mut files = Files::new();
        // In the order of the pieces: one that is there, one that crashed its reader, one whose file is lost, one that the jury does not see.
        for (number, kind) in
            [DocumentKind::Transcript, DocumentKind::Diploma, DocumentKind::Cv, DocumentKind::IdentityDocument].into_iter().enumerate()
        {
            let (mut piece, bytes) = piece(kind, "application/pdf", whole.clone());
            piece.sha256 = number.to_string();
            if number != 2 {
                files.insert(piece.sha256.clone(), Arc::new(bytes));
            }
            person.pieces.push(piece);
        }
        let mut dossier = batch(vec![]).dossier(&person);
        assert_eq!(dossier.files_wanted(), ["0", "1", "2"]);
        dossier.leave_out("1", Hindrance::Crashed);
        assert_eq!(dossier.files_wanted(), ["0", "2"]);
        let mut stages = Vec::new();
        let built = candidate_pdf(&dossier, &files, &mut |stage| stages.push(stage)).unwrap();
        assert_eq!(built.left_out, [(1, Hindrance::Crashed), (2, Hindrance::Lost)]);
        assert_eq!(stages.len(), 5);
        assert_eq!(stages.last(), Some(&Stage::Writing));
        assert_eq!(Pdf::new(built.bytes).unwrap().pages().len(), 4);
    }

    #[test]
    fn pieces_in_one_file_embed_it_once() {
        let noise: Vec<String> = (0..400_u32).map(|number| format!("{:x}", number.wrapping_mul(2_654_435_761))).collect();
        let sheets: Vec<Page> = (0..6).map(|_| page(&noise.join(" "), 595.0, 842.0)).collect();
        let file = pdf(&sheets).unwrap();
        let part = |pages: Vec<u32>| {
            let mut part = piece(DocumentKind::Transcript, "application/pdf", file.clone());
            part.0.pages = Some(pages);
            part
        };
        let together = build(vec![part(vec![1, 2, 3, 4, 5, 6])]).bytes.len();
        let apart = build((1..=6).map(|number| part(vec![number])).collect()).bytes.len();
        assert!(apart < together + together / 4, "{apart} against {together}");
    }

    #[test]
    fn pages_with_annotations_are_drawn() {
        let annotated = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 300]/Annots[4 0 R]>>endobj\n4 0 obj<</Type/Annot/Subtype/Widget/Rect[10 10 110 40]/AP<</N 5 0 R>>>>endobj\n5 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 100 30]/Length 22>>stream\n1 0 0 rg 0 0 100 30 re f\nendstream endobj\ntrailer<</Root 1 0 R>>\n";
        let (form, bytes) = piece(DocumentKind::ApplicationForm, "application/pdf", annotated.to_vec());
        let files = Files::from([(form.sha256.clone(), Arc::new(bytes))]);
        let section = section(&form, &files, &mut OpenedPdfs::default());
        let [Leaf::Picture { picture, .. }] = section.leaves.as_slice() else { panic!("one drawn page") };
        let pixels = image::load_from_memory(&picture.bytes).unwrap().to_rgb8();
        let [red, green, _] = pixels.get_pixel(picture.width * 60 / 200, picture.height * 275 / 300).0;
        assert!(red > 200 && green < 80, "the field's appearance shows");
    }

    #[test]
    fn turned_pages_stay_turned() {
        let turned = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 300]/Rotate 90/Contents 4 0 R>>endobj\n4 0 obj<</Length 22>>stream\n1 0 0 rg 0 0 50 50 re f\nendstream endobj\ntrailer<</Root 1 0 R>>\n";
        let bytes = build(vec![piece(DocumentKind::Diploma, "application/pdf", turned.to_vec())]).bytes;
        let pages = drawn_pages(&Arc::new(bytes), &[1]).unwrap();
        let picture = pages[0].as_ref().unwrap();
        let pixels = image::load_from_memory(&picture.bytes).unwrap().to_rgb8();
        // The lower left corner of a page turned clockwise is its upper left one; the page lies in the middle of landscape A4, above the footer.
        let at = |x: f32, y: f32| pixels.get_pixel((x / A4.1 * picture.width as f32) as u32, (y / A4.0 * picture.height as f32) as u32).0;
        assert!(picture.width > picture.height);
        assert!(at(271.0 + 25.0, 185.0 + 25.0)[0] > 200 && at(271.0 + 25.0, 185.0 + 25.0)[1] < 80);
        assert!(at(271.0 + 25.0, 185.0 + 175.0)[1] > 200);
    }

    #[test]
    fn long_covers_run_over() {
        let mut person = candidate("MS24-0042", "Awa", "Ndiaye");
        person.notes = vec!["Une remarque du service sur une pièce du dossier. ".repeat(6); 40];
        let built = candidate_pdf(&batch(vec![]).dossier(&person), &Files::new(), &mut |_| ()).unwrap();
        assert!(Pdf::new(built.bytes).unwrap().pages().len() > 2);
    }
}
