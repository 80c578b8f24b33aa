//! HTML bodies: their text, the addresses they link to, the pictures they show.
//!
//! Not a browser: tags are skipped, a few of them end a line, entities are decoded. Nothing is fetched and nothing is run.

use std::collections::BTreeSet;

const TAGS_MAX: usize = 200_000;

/// The readable text of an HTML body.
pub fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    let mut unclosed = BTreeSet::new();
    for _ in 0..TAGS_MAX {
        let Some((before, from_tag)) = rest.split_once('<') else {
            push_text(&mut text, rest);
            break;
        };
        push_text(&mut text, before);
        if let Some(comment) = from_tag.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        if !from_tag.starts_with(|first: char| first.is_ascii_alphabetic() || "/!?".contains(first)) {
            text.push('<');
            rest = from_tag;
            continue;
        }
        let Some((tag, after)) = from_tag.split_once('>') else { break };
        rest = after;
        let closing = tag.starts_with('/');
        let name = tag.trim_start_matches('/').split(|end: char| !end.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "style" | "script" | "head" | "title" if !closing && !unclosed.contains(&name) => match skip_past_end(rest, &name) {
                Some(after) => rest = after,
                // An element that is never closed hides nothing, and is not searched for again.
                None => _ = unclosed.insert(name),
            },
            "br" => text.push('\n'),
            "p" | "div" | "tr" | "li" | "ul" | "ol" | "table" | "h1" | "h2" | "h3" | "h4" | "blockquote" | "pre" | "hr" => end_line(&mut text),
            "td" | "th" if closing => text.push(' '),
            _ => {}
        }
    }
    tidy(&text)
}

/// The text after the end tag of an element whose content is no text; `None` when it is never closed.
fn skip_past_end<'a>(rest: &'a str, name: &str) -> Option<&'a str> {
    rest.match_indices("</").find_map(|(position, _)| {
        let tail = rest.get(position + 2..)?;
        let is_end = tail.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        is_end.then(|| tail.split_once('>').map_or("", |(_, after)| after))
    })
}

fn end_line(text: &mut String) {
    while text.ends_with(' ') {
        text.pop();
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

fn push_text(text: &mut String, raw: &str) {
    for letter in decode_entities(raw).chars() {
        if letter.is_whitespace() {
            if !text.is_empty() && !text.ends_with([' ', '\n']) {
                text.push(' ');
            }
        } else if !matches!(letter, '\u{200b}' | '\u{200c}' | '\u{feff}' | '\u{ad}') {
            text.push(letter);
        }
    }
}

fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut n_empty = 0;
    for line in text.lines().map(str::trim) {
        n_empty = if line.is_empty() { n_empty + 1 } else { 0 };
        if n_empty < 2 {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    tidied.trim().to_owned()
}

/// Decodes the entities that mails use; others stand as they are.
pub fn decode_entities(raw: &str) -> String {
    if !raw.contains('&') {
        return raw.to_owned();
    }
    let mut decoded = String::with_capacity(raw.len());
    let mut pieces = raw.split('&');
    decoded.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        match piece.split_once(';').filter(|(name, _)| name.len() <= 10).and_then(|(name, after)| Some((entity(name)?, after))) {
            Some((letter, after)) => {
                decoded.push(letter);
                decoded.push_str(after);
            }
            None => {
                decoded.push('&');
                decoded.push_str(piece);
            }
        }
    }
    decoded
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    const ENTITIES: &[(&str, char)] = &[
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("eacute", 'é'),
        ("egrave", 'è'),
        ("ecirc", 'ê'),
        ("euml", 'ë'),
        ("agrave", 'à'),
        ("acirc", 'â'),
        ("aacute", 'á'),
        ("ccedil", 'ç'),
        ("icirc", 'î'),
        ("iuml", 'ï'),
        ("iacute", 'í'),
        ("ocirc", 'ô'),
        ("ouml", 'ö'),
        ("oacute", 'ó'),
        ("ugrave", 'ù'),
        ("ucirc", 'û'),
        ("uuml", 'ü'),
        ("uacute", 'ú'),
        ("ntilde", 'ñ'),
        ("auml", 'ä'),
        ("Eacute", 'É'),
        ("Egrave", 'È'),
        ("Agrave", 'À'),
        ("Ccedil", 'Ç'),
        ("laquo", '«'),
        ("raquo", '»'),
        ("rsquo", '’'),
        ("lsquo", '‘'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("euro", '€'),
        ("deg", '°'),
        ("hellip", '…'),
        ("ndash", '–'),
        ("mdash", '—'),
        ("bull", '•'),
        ("szlig", 'ß'),
        ("oelig", 'œ'),
        ("aelig", 'æ'),
        ("copy", '©'),
        ("reg", '®'),
        ("middot", '·'),
        ("zwnj", ' '),
    ];
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter)
}

/// Every value of `href=`, decoded, in order.
pub fn link_targets(html: &str) -> Vec<String> {
    attribute_values(html, "href=").map(|value| decode_entities(value).trim().to_owned()).collect()
}

/// The Content-IDs of pictures that the HTML shows.
pub fn shown_content_ids(html: &str) -> BTreeSet<String> {
    let lower = html.to_ascii_lowercase();
    let mut shown = BTreeSet::new();
    for (position, mark) in lower.match_indices("cid:").take(5_000) {
        let rest = html.get(position + mark.len()..).unwrap_or_default();
        let id = rest.split(['"', '\'', '>', ' ', ')', '&']).next().unwrap_or_default();
        shown.insert(id.replace("%40", "@"));
    }
    shown
}

fn attribute_values<'a>(html: &'a str, attribute: &'static str) -> impl Iterator<Item = &'a str> {
    const VALUES_MAX: usize = 5_000;
    let lower = html.to_ascii_lowercase();
    let positions: Vec<usize> = lower.match_indices(attribute).map(|(position, _)| position + attribute.len()).take(VALUES_MAX).collect();
    positions.into_iter().filter_map(move |position| {
        let rest = html.get(position..)?.trim_start();
        let quote = rest.chars().next()?;
        if quote == '"' || quote == '\'' { rest.get(1..)?.split(quote).next() } else { rest.split([' ', '>']).next() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_out_in_lines() {
        let html = "<html><head><style>p {color:red}</style></head><body><p>Bonjour&nbsp;Madame,</p><div>ci-joint : 3 &lt; 4<br>merci</div><!-- x --><script>no()</script></body>";
        assert_eq!(to_text(html), "Bonjour Madame,\nci-joint : 3 < 4\nmerci");
        assert_eq!(to_text("a < b et <b>gras"), "a < b et gras");
        assert_eq!(to_text("&#233;&#xe9;&inconnu;"), "éé&inconnu;");
    }

    #[test]
    fn links_and_pictures() {
        let html = r#"<a HREF="https://a.example/?x=1&amp;y=2">x</a><img src='cid:logo%40x'><img src=cid:b@c>"#;
        assert_eq!(link_targets(html), ["https://a.example/?x=1&y=2"]);
        assert!(shown_content_ids(html).contains("logo@x") && shown_content_ids(html).contains("b@c"));
    }
}
