//! The words of a text file or of an office file, for a page that shows what the original says without its layout.

use std::io::{Cursor, Read};

/// Most text that is read out of one file; a CV has a few thousand characters.
const TEXT_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// The text of a plain text, docx or odt file; `None` for anything else and for anything broken.
pub fn text(media_type: &str, bytes: &[u8]) -> Option<String> {
    let text = if media_type.starts_with("text/plain") {
        plain(bytes)
    } else if bytes.starts_with(b"PK") {
        paragraphs(bytes, "word/document.xml", "p", &["t"]).or_else(|| paragraphs(bytes, "content.xml", "p", &["span", "p", "a", "h"]))?
    } else {
        return None;
    };
    (!text.trim().is_empty()).then_some(text)
}

fn plain(bytes: &[u8]) -> String {
    let start = bytes.get(..bytes.len().min(TEXT_BYTES_MAX as usize)).unwrap_or(bytes);
    match std::str::from_utf8(start) {
        Ok(text) => text.trim_start_matches('\u{feff}').replace('\r', ""),
        Err(_) => encoding_rs::WINDOWS_1252.decode(start).0.replace('\r', ""),
    }
}

/// The text nodes under `holders`, one line for each paragraph, of an XML part inside a ZIP.
fn paragraphs(bytes: &[u8], part: &str, paragraph: &str, holders: &[&str]) -> Option<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut xml = String::new();
    archive.by_name(part).ok()?.take(TEXT_BYTES_MAX).read_to_string(&mut xml).ok()?;
    let document = roxmltree::Document::parse(&xml).ok()?;
    let mut lines = Vec::new();
    for node in document.descendants().filter(|node| node.tag_name().name() == paragraph) {
        let line: String = node
            .descendants()
            .filter(|inner| inner.is_text() && inner.parent().is_some_and(|parent| holders.contains(&parent.tag_name().name())))
            .filter_map(|inner| inner.text())
            .collect();
        lines.push(line);
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::text;

    fn archive(part: &str, xml: &str) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file(part, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(xml.as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn office_files_give_their_paragraphs() {
        let docx = archive(
            "word/document.xml",
            "<w:document xmlns:w='w'><w:p><w:r><w:t>Curriculum </w:t></w:r><w:r><w:t>vitæ</w:t></w:r></w:p><w:p><w:r><w:t>2021</w:t></w:r></w:p></w:document>",
        );
        let odt = archive(
            "content.xml",
            "<o:d xmlns:o='o' xmlns:text='t'><text:p>Curriculum <text:span>vitæ</text:span></text:p><text:p>2021</text:p></o:d>",
        );
        for (media_type, bytes, expected) in [
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx, Some("Curriculum vitæ\n2021")),
            ("application/vnd.oasis.opendocument.text", odt, Some("Curriculum vitæ\n2021")),
            ("text/plain", b"Exp\xe9rience\r\n".to_vec(), Some("Expérience\n")),
            ("text/plain", b"  ".to_vec(), None),
            ("application/zip", archive("other.xml", "<a/>"), None),
            ("application/zip", archive("word/document.xml", "<a"), None),
        ] {
            assert_eq!(text(media_type, &bytes).as_deref(), expected, "{media_type}");
        }
    }
}
