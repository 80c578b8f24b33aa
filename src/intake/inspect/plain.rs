//! Plain text in any charset, and text out of HTML.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Decodes text: byte order mark, UTF-8, UTF-16 by its zero bytes, then the Windows charset that reads most like words.
pub fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return normal_lines(&encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return normal_lines(text);
    }
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).take(2_000).filter(|&&byte| byte == 0).count() * 6 > bytes.len().min(4_000);
    for (odd, encoding) in [(1, encoding_rs::UTF_16LE), (0, encoding_rs::UTF_16BE)] {
        if zeros(odd) {
            return normal_lines(&encoding.decode_without_bom_handling(bytes).0);
        }
    }
    // One damaged byte in a UTF-8 text does not make it another charset.
    let lossy = UTF_8.decode_without_bom_handling(bytes).0;
    let broken = lossy.matches('\u{fffd}').count();
    let accented = lossy.chars().filter(|&character| character > '\u{7f}' && character != '\u{fffd}').count();
    if broken * 5 < accented {
        return normal_lines(&lossy);
    }
    normal_lines(&best_single_byte(bytes).decode_without_bom_handling(bytes).0)
}

/// Of the usual charsets of one byte a letter, the one in which high bytes make words of one script and one case.
fn best_single_byte(bytes: &[u8]) -> &'static Encoding {
    let high = bytes.iter().filter(|&&byte| byte >= 0x80).count();
    let letters = bytes.iter().filter(|&&byte| byte >= 0x80 || byte.is_ascii_alphabetic()).count();
    // Western and central European text is mostly ASCII letters; where high bytes prevail the script is another.
    if high * 2 < letters {
        return WINDOWS_1252;
    }
    let candidates = [
        encoding_rs::WINDOWS_1251,
        encoding_rs::WINDOWS_1256,
        encoding_rs::WINDOWS_1253,
        encoding_rs::KOI8_R,
        encoding_rs::GB18030,
        encoding_rs::SHIFT_JIS,
    ];
    let score = |encoding: &'static Encoding| {
        let (text, _, broken) = encoding.decode(bytes);
        let mut score = if broken { -1_000_i64 } else { 0 };
        let mut previous = ' ';
        for character in text.chars().take(20_000) {
            score += i64::from(character.is_alphabetic());
            // Capitals after small letters are the mark of a wrong charset.
            score -= 4 * i64::from(previous.is_lowercase() && character.is_uppercase());
            score -= 3 * i64::from(previous.is_alphabetic() && character.is_ascii_punctuation() && character != '.' && character != ',');
            previous = character;
        }
        score
    };
    candidates.into_iter().rev().max_by_key(|encoding| score(encoding)).unwrap_or(WINDOWS_1252)
}

fn normal_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "")
}

/// The text of an HTML page: tags out, blocks on lines of their own, the common entities replaced.
pub fn html_text(html: &str) -> String {
    const BLOCKS: [&str; 16] = ["p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "table", "ul", "ol", "section", "hr", "title"];
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    let mut skipped: Option<&str> = None;
    while let Some((before, after)) = rest.split_once('<') {
        if skipped.is_none() {
            text.push_str(&entities(before));
        }
        let Some((tag, tail)) = after.split_once('>') else {
            rest = "";
            break;
        };
        rest = tail;
        let name = tag.trim_start_matches('/').split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or("").to_ascii_lowercase();
        match (skipped, name.as_str()) {
            (Some(open), closing) if tag.starts_with('/') && closing == open => skipped = None,
            (None, "script") if !tag.starts_with('/') => skipped = Some("script"),
            (None, "style") if !tag.starts_with('/') => skipped = Some("style"),
            (None, "td" | "th") => text.push_str("  "),
            (None, block) if BLOCKS.contains(&block) => text.push('\n'),
            _ => {}
        }
    }
    if skipped.is_none() {
        text.push_str(&entities(rest));
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    const NAMED: [(&str, &str); 16] = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&rsquo;", "’"),
        ("&eacute;", "é"),
        ("&Eacute;", "É"),
        ("&egrave;", "è"),
        ("&agrave;", "à"),
        ("&ecirc;", "ê"),
        ("&ccedil;", "ç"),
        ("&ocirc;", "ô"),
        ("&icirc;", "î"),
        ("&euro;", "€"),
        ("&amp;", "&"),
    ];
    let mut replaced = NAMED.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character));
    let mut position = 0;
    while let Some(start) = replaced.get(position..).and_then(|rest| rest.find("&#")).map(|found| found + position) {
        position = start + 2;
        let Some(end) = replaced.get(position..).and_then(|rest| rest.find(';')).filter(|&length| length <= 8).map(|length| position + length) else {
            continue;
        };
        let digits = replaced.get(position..end).unwrap_or("");
        let code = digits.strip_prefix(['x', 'X']).map_or_else(|| digits.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
        if let Some(character) = code.and_then(char::from_u32) {
            replaced.replace_range(start..=end, character.encode_utf8(&mut [0; 4]));
            position = start + character.len_utf8();
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_charset() {
        assert_eq!(decode("Étude".as_bytes()), "Étude");
        assert_eq!(decode(b"\xc9tude\r\nfran\xe7aise"), "Étude\nfrançaise");
        assert_eq!(decode(b"\xff\xfeB\0\xe9\0"), "Bé");
        let cyrillic = "Уважаемая комиссия, прошу рассмотреть мою заявку";
        assert_eq!(decode(&encoding_rs::WINDOWS_1251.encode(cyrillic).0), cyrillic);
        assert_eq!(decode(&encoding_rs::KOI8_R.encode(cyrillic).0), cyrillic);
    }

    #[test]
    fn html_becomes_lines() {
        assert_eq!(html_text("<html><style>p{}</style><body><p>Une &eacute;tude&#33;</p><p>deux&nbsp;&#x20ac;</body>"), "Une étude!\ndeux €");
    }
}
