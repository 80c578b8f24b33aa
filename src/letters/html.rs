//! The HTML part: the same blocks as real headings, lists and tables, inside one shared layout.
//!
//! Well-formed as XML too, so that a second parser can read it back. No script, no remote picture, no attribute taken from a value but
//! the target of a link whose scheme is known.

use crate::letters::page::{Block, Line, Page, Span, shown};

/// The blocks of a page as HTML; the layout supplies everything around them. `qr_content_id` is set when the mail carries the QR code.
pub fn body(page: &Page, qr_content_id: Option<&str>) -> String {
    page.blocks.iter().map(|block| block_html(block, qr_content_id)).collect()
}

fn block_html(block: &Block, qr_content_id: Option<&str>) -> String {
    match block {
        Block::Heading(line) => format!("<h2>{}</h2>\n", line_html(line)),
        Block::Paragraph(line) => format!("<p>{}</p>\n", line_html(line)),
        Block::Callout(line) => format!("<p class=\"do\">{}</p>\n", line_html(line)),
        Block::Numbered(items) => format!("<ol>\n{}</ol>\n", items_html(items)),
        Block::Bullets(items) => format!("<ul>\n{}</ul>\n", items_html(items)),
        Block::SmallBullets(items) => format!("<ul class=\"small\">\n{}</ul>\n", items_html(items)),
        Block::Small(line) => format!("<p class=\"small\">{}</p>\n", line_html(line)),
        Block::Verse(lines) => format!("<p>{}</p>\n", lines.iter().map(line_html).collect::<Vec<_>>().join("<br />\n")),
        Block::Table(rows) => format!("<table>\n{}</table>\n", rows.iter().map(row_html).collect::<String>()),
        Block::QrCode { alternative } => match qr_content_id {
            Some(content_id) => format!(
                "<p><img class=\"qr\" src=\"cid:{}\" alt=\"{alternative}\" width=\"200\" height=\"200\" />\n\
                 <span class=\"small\" aria-hidden=\"true\">{alternative}</span></p>\n",
                escaped(content_id),
                alternative = escaped(alternative)
            ),
            None => String::new(),
        },
    }
}

fn items_html(items: &[Line]) -> String {
    items.iter().map(|item| format!("<li>{}</li>\n", line_html(item))).collect()
}

fn row_html((term, values): &(Line, Vec<Line>)) -> String {
    let values = values.iter().map(line_html).collect::<Vec<_>>().join("<br />\n");
    format!("<tr><th scope=\"row\">{}</th><td>{values}</td></tr>\n", line_html(term))
}

fn line_html(line: &Line) -> String {
    line.iter()
        .map(|span| match span {
            Span::Text(text) => kept_together(text),
            Span::Strong(text) => format!("<strong>{}</strong>", kept_together(text)),
            Span::Link(target) => link_html(target),
            Span::Break => String::from("<br />\n"),
        })
        .collect()
}

/// Escaped text in which a dossier number is not cut at its hyphen at the end of a line.
fn kept_together(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let like_a_number = word.split_once('-').is_some_and(|(before, after)| {
            before.ends_with(|character: char| character.is_ascii_digit()) && after.starts_with(|character: char| character.is_ascii_digit())
        });
        if like_a_number { format!("<span class=\"number\">{}</span>", escaped(word)) } else { escaped(word) }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn link_html(target: &str) -> String {
    let known = ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| target.starts_with(scheme));
    if !known {
        return escaped(shown(target));
    }
    let dialled: String = if target.starts_with("tel:") { target.split_whitespace().collect() } else { target.to_owned() };
    format!("<a href=\"{}\">{}</a>", escaped(&dialled), escaped(shown(target)))
}

/// Text as HTML and XML take it, in an element or in a quoted attribute. Characters that XML 1.0 forbids are left out.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(character),
            _ if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {}
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letters::page::parse;
    use crate::letters::typography::shield;

    #[test]
    fn nothing_from_outside_becomes_a_tag_or_a_script() {
        let page = parse(&format!("Subject: s\n\n{} <{}>\n", shield("<script>\"x\""), shield("javascript:alert(1)"))).unwrap();
        assert_eq!(body(&page, None), "<p>&lt;script&gt;&quot;x&quot; javascript:alert(1)</p>\n");
    }

    #[test]
    fn the_picture_is_there_only_when_the_mail_carries_it() {
        let page = parse("Subject: s\n\n[qr] Code\n").unwrap();
        assert_eq!(body(&page, None), "");
        assert!(body(&page, Some("qr@guichet")).contains("cid:qr@guichet"));
    }
}
