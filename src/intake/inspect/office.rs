//! Office files in zip containers (ECMA-376, OASIS OpenDocument): the words in reading order, tables row by row.

use roxmltree::{Document, Node, ParsingOptions};

use super::container::Container;
use super::media::Media;
use super::{Opened, pdf, picture_file};
use crate::domain::finding::Reason;

/// Elements deeper than this are left out: no office program nests so far.
const DEPTH_MAX: usize = 200;
/// Worksheets and slides beyond this number are left out.
const SHEETS_MAX: usize = 60;

/// Opens a word-processor, spreadsheet or presentation file.
pub fn open(bytes: &[u8], media: Media) -> Opened {
    let media_type = media.media_type();
    let Some(mut container) = Container::open(bytes) else { return Opened::unreadable(media_type, Reason::FileDamaged) };
    let pages = match media {
        Media::Docx => word(&mut container),
        Media::Xlsx => workbook(&mut container),
        Media::Pptx => slides(&mut container),
        _ => open_document(&mut container),
    };
    let Some(pages) = pages else {
        let encrypted = container.part("META-INF/manifest.xml").is_some_and(|manifest| super::media::find(&manifest, b"encryption-data").is_some());
        return Opened::unreadable(media_type, if encrypted { Reason::FilePassword } else { Reason::FileDamaged });
    };
    let macros = container.names().iter().any(|name| name.ends_with("vbaProject.bin"));
    let opened = Opened::texts(media_type, pages);
    // The text is shown all the same; the macros are never run.
    if macros { opened.with_finding(Reason::FileMacroOrExecutable) } else { opened }
}

/// Apple's own format is not published; what can be had is the preview inside.
pub fn open_iwork(bytes: &[u8]) -> Opened {
    let media_type = Media::IWork.media_type();
    let Some(mut container) = Container::open(bytes) else { return Opened::unreadable(media_type, Reason::FileDamaged) };
    for name in ["preview.pdf", "QuickLook/Preview.pdf"] {
        if let Some(preview) = container.part(name) {
            let mut opened = pdf::open(&preview);
            opened.media_type = media_type;
            if opened.readable {
                return opened;
            }
        }
    }
    for name in ["preview.jpg", "preview-web.jpg", "QuickLook/Thumbnail.jpg"] {
        if let Some(preview) = container.part(name) {
            return picture_file::open_preview(&preview, Media::Jpeg, media_type);
        }
    }
    Opened::unreadable(media_type, Reason::FilePreviewOnly)
}

/// Parses a part and hands its tree over. Entities and document types are refused by the parser's defaults.
fn with_xml<T>(contents: &[u8], use_tree: impl FnOnce(Node<'_, '_>) -> T) -> Option<T> {
    let text = super::plain::decode(contents);
    let options = ParsingOptions { nodes_limit: 4_000_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).ok()?;
    Some(use_tree(document.root_element()))
}

fn word(container: &mut Container<'_>) -> Option<Vec<String>> {
    let names = container.names();
    let main = if names.iter().any(|name| name == "word/document.xml") {
        "word/document.xml".to_owned()
    } else {
        names.iter().find(|name| name.starts_with("word/document") && name.ends_with(".xml"))?.clone()
    };
    let body = container.part(&main)?;
    let mut text = String::new();
    append_parts(container, &names, "word/header", &mut text);
    text.push_str(&with_xml(&body, |root| written(root, word_piece))?);
    append_parts(container, &names, "word/footnotes", &mut text);
    append_parts(container, &names, "word/footer", &mut text);
    Some(vec![tidy(&text)])
}

/// Headers and footers: an office file has up to three of each, often the same.
fn append_parts(container: &mut Container<'_>, names: &[String], prefix: &str, text: &mut String) {
    let mut seen: Vec<String> = Vec::new();
    for name in names.iter().filter(|name| name.starts_with(prefix) && name.ends_with(".xml")).take(12) {
        let Some(part) = container.part(name).and_then(|contents| with_xml(&contents, |root| written(root, word_piece))) else { continue };
        if !part.trim().is_empty() && !seen.contains(&part) {
            text.push('\n');
            text.push_str(&part);
            text.push('\n');
            seen.push(part);
        }
    }
}

fn open_document(container: &mut Container<'_>) -> Option<Vec<String>> {
    let body = container.part("content.xml")?;
    let mut text = String::new();
    if let Some(styles) = container.part("styles.xml") {
        let headers = with_xml(&styles, |root| {
            let masters = root.descendants().filter(|node| matches!(node.tag_name().name(), "header" | "footer"));
            masters.map(|node| written(node, open_piece)).collect::<Vec<String>>().join("\n")
        });
        text.push_str(headers.as_deref().unwrap_or(""));
        text.push('\n');
    }
    text.push_str(&with_xml(&body, |root| {
        let body = root.children().find(|node| node.tag_name().name() == "body").unwrap_or(root);
        written(body, open_piece)
    })?);
    Some(vec![tidy(&text)])
}

fn workbook(container: &mut Container<'_>) -> Option<Vec<String>> {
    let shared: Vec<String> = container.part("xl/sharedStrings.xml").and_then(|part| with_xml(&part, shared_strings)).unwrap_or_default();
    let sheets: Vec<String> =
        container.names().into_iter().filter(|name| name.starts_with("xl/worksheets/") && name.ends_with(".xml")).take(SHEETS_MAX).collect();
    let pages: Vec<String> =
        sheets.iter().filter_map(|name| container.part(name)).filter_map(|part| with_xml(&part, |root| sheet_text(root, &shared))).collect();
    (!sheets.is_empty() && !pages.is_empty()).then_some(pages)
}

fn shared_strings(root: Node<'_, '_>) -> Vec<String> {
    root.children()
        .filter(Node::is_element)
        .map(|item| item.descendants().filter(|node| node.tag_name().name() == "t").filter_map(|node| node.text()).collect())
        .collect()
}

fn sheet_text(root: Node<'_, '_>, shared: &[String]) -> String {
    let mut text = String::new();
    for row in root.descendants().filter(|node| node.tag_name().name() == "row") {
        let cells: Vec<String> =
            row.children().filter(|node| node.tag_name().name() == "c").map(|cell| cell_text(cell, shared)).filter(|cell| !cell.is_empty()).collect();
        text.push_str(&cells.join("  "));
        text.push('\n');
    }
    tidy(&text)
}

fn cell_text(cell: Node<'_, '_>, shared: &[String]) -> String {
    let value: String = cell.descendants().filter(|node| matches!(node.tag_name().name(), "v" | "t")).filter_map(|node| node.text()).collect();
    if cell.attribute("t") == Some("s") {
        value.parse::<usize>().ok().and_then(|index| shared.get(index)).cloned().unwrap_or_default()
    } else {
        value
    }
}

fn slides(container: &mut Container<'_>) -> Option<Vec<String>> {
    let number = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u32>().unwrap_or(0);
    let mut names: Vec<String> =
        container.names().into_iter().filter(|name| name.starts_with("ppt/slides/slide") && name.ends_with(".xml")).collect();
    names.sort_by_key(|name| number(name));
    let pages: Vec<String> = names
        .iter()
        .take(SHEETS_MAX)
        .filter_map(|name| container.part(name))
        .filter_map(|part| with_xml(&part, |root| tidy(&written(root, word_piece))))
        .collect();
    (!pages.is_empty()).then_some(pages)
}

/// What an element means for the text.
enum Piece {
    /// Its content is not text of the document.
    Silent,
    Text,
    Written(&'static str),
    /// Followed by the end of a line.
    Line,
    /// Followed by a column gap.
    Cell,
    Through,
}

fn word_piece(name: &str) -> Piece {
    match name {
        "t" => Piece::Text,
        "tab" | "ptab" => Piece::Written("  "),
        "br" | "cr" => Piece::Written("\n"),
        "noBreakHyphen" => Piece::Written("-"),
        "p" | "tr" => Piece::Line,
        "tc" => Piece::Cell,
        // Old forms of drawings repeat the text of the new ones; deleted text is not there any more.
        "Fallback" | "del" | "delText" | "instrText" | "pPr" | "rPr" | "tblPr" | "sectPr" => Piece::Silent,
        _ => Piece::Through,
    }
}

fn open_piece(name: &str) -> Piece {
    match name {
        "s" => Piece::Written(" "),
        "tab" => Piece::Written("  "),
        "line-break" => Piece::Written("\n"),
        "p" | "h" | "table-row" => Piece::Line,
        "table-cell" => Piece::Cell,
        "annotation" | "tracked-changes" | "forms" | "scripts" | "font-face-decls" | "automatic-styles" => Piece::Silent,
        _ => Piece::Through,
    }
}

/// Walks the tree in document order.
fn written(root: Node<'_, '_>, piece: fn(&str) -> Piece) -> String {
    let mut text = String::new();
    // OpenDocument holds text in its paragraphs directly, Word in elements of their own.
    let any_text = matches!(piece("t"), Piece::Through);
    walk(root, piece, any_text, false, 0, &mut text);
    text
}

fn walk(node: Node<'_, '_>, piece: fn(&str) -> Piece, any_text: bool, in_cell: bool, depth: usize, text: &mut String) {
    if depth > DEPTH_MAX {
        return;
    }
    for child in node.children() {
        if child.is_text() {
            if any_text && matches!(node.tag_name().name(), "p" | "h" | "span" | "a") {
                text.push_str(&child.text().unwrap_or("").replace(['\n', '\r', '\t'], " "));
            }
            continue;
        }
        let cell = matches!(piece(child.tag_name().name()), Piece::Cell);
        match piece(child.tag_name().name()) {
            Piece::Silent => {}
            Piece::Text => text.push_str(child.text().unwrap_or("")),
            Piece::Written(addition) => text.push_str(addition),
            Piece::Line => {
                walk(child, piece, any_text, in_cell, depth + 1, text);
                // Inside a table cell, paragraphs follow each other on the row's line.
                text.push_str(if in_cell && matches!(child.tag_name().name(), "p" | "h") { " " } else { "\n" });
            }
            Piece::Cell => {
                walk(child, piece, any_text, cell, depth + 1, text);
                text.push_str("  ");
            }
            Piece::Through => walk(child, piece, any_text, in_cell, depth + 1, text),
        }
    }
}

/// Drops trailing spaces and runs of empty lines.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut empty_lines = 0;
    for line in text.lines().map(|line| line.trim_end().trim_start_matches([' ', '\u{a0}'])) {
        if line.is_empty() {
            empty_lines += 1;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if empty_lines > 0 { "\n\n" } else { "\n" });
        }
        empty_lines = 0;
        tidied.push_str(line);
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_paragraphs_and_tables() {
        let xml = "<w:document xmlns:w='w'><w:body><w:p><w:r><w:t>Un</w:t><w:tab/><w:t>deux</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>\
                   <w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>";
        let text = with_xml(xml.as_bytes(), |root| tidy(&written(root, word_piece)));
        assert_eq!(text.as_deref(), Some("Un  deux\na   b"));
    }
}
