//! The body as text: character sets, flowed lines, and which part of it the sender wrote.

use mail_parser::{Message, MessagePart, MimeHeaders, PartType};

use super::headers::media_type_of;
use super::parts::{decoded_bytes, text_files};
use super::transfer::{UuFile, uudecode};
use super::{TEXT_BYTES_MAX, html};

/// More than this of one text part is not decoded.
const PART_TEXT_BYTES_MAX: usize = 2 << 20;
const BODY_PARTS_MAX: usize = 100;

/// The bodies of a mail.
#[derive(Default)]
pub struct Body {
    pub text: String,
    /// The HTML source, for links and pictures shown in the text; empty when there is none.
    pub html: String,
    pub uuencoded: Vec<UuFile>,
    /// Parts that are text cut off before their boundary, which the parser takes for files.
    pub recovered: Vec<u32>,
}

/// Reads all text and HTML bodies.
pub fn body_of(message: &Message<'_>) -> Body {
    let mut body = Body { recovered: cut_off_texts(message), ..Body::default() };
    // A file is no text of the sender's, unless it is all there is.
    let files = text_files(message);
    let is_text = |id: &&u32| message.text_body.first() == Some(id) || !files.contains(id);
    for id in message.text_body.iter().filter(is_text).chain(&body.recovered).take(BODY_PARTS_MAX) {
        let Some(part) = message.part(*id) else { continue };
        let text = match &part.body {
            PartType::Text(_) if media_type_of(part, "") == "text/html" => html::to_text(&part_text(message, part)),
            PartType::Html(_) => html::to_text(&part_text(message, part)),
            PartType::Text(_) => plain_text(message, part, &mut body.uuencoded),
            _ => continue,
        };
        if !body.text.is_empty() && !body.text.ends_with('\n') {
            body.text.push('\n');
        }
        body.text.push_str(&text);
        if body.text.len() > PART_TEXT_BYTES_MAX {
            break;
        }
    }
    let is_html = |id: &&u32| message.html_body.first() == Some(id) || !files.contains(id);
    for id in message.html_body.iter().filter(is_html).take(BODY_PARTS_MAX) {
        if let Some(part) = message.part(*id).filter(|part| matches!(part.body, PartType::Html(_)))
            && body.html.len() < PART_TEXT_BYTES_MAX
        {
            body.html.push_str(&part_text(message, part));
        }
    }
    if body.text.trim().is_empty() && !body.html.is_empty() {
        body.text = html::to_text(&body.html);
    }
    body
}

/// Text parts without name or disposition whose closing boundary is missing.
fn cut_off_texts(message: &Message<'_>) -> Vec<u32> {
    let is_cut_off = |id: &&u32| {
        message.part(**id).is_some_and(|part| {
            let is_text = matches!(part.body, PartType::Text(_)) && matches!(media_type_of(part, "text/plain").as_str(), "text/plain" | "text/html");
            part.is_encoding_problem
                && is_text
                && part.attachment_name().is_none()
                && !part.content_disposition().is_some_and(|disposition| disposition.is_attachment())
        })
    };
    message.attachments.iter().filter(is_cut_off).take(BODY_PARTS_MAX).copied().collect()
}

fn plain_text(message: &Message<'_>, part: &MessagePart<'_>, uuencoded: &mut Vec<UuFile>) -> String {
    let bytes = decoded_bytes(message, part);
    let attribute = |name: &str| part.content_type().and_then(|content_type| content_type.attribute(name)).unwrap_or_default();
    let has_uuencoded = bytes
        .windows(6)
        .enumerate()
        .any(|(at, mark)| mark == b"begin " && (at == 0 || bytes.get(at - 1) == Some(&b'\n')) && bytes.get(at + 6).is_some_and(u8::is_ascii_digit));
    let bytes = if has_uuencoded {
        let (files, rest) = uudecode(&bytes);
        uuencoded.extend(files);
        rest
    } else {
        bytes
    };
    let text = decode(bytes.get(..bytes.len().min(PART_TEXT_BYTES_MAX)).unwrap_or(&bytes), attribute("charset"));
    if attribute("format").eq_ignore_ascii_case("flowed") { unflow(&text, attribute("delsp").eq_ignore_ascii_case("yes")) } else { text }
}

fn part_text(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    let bytes = decoded_bytes(message, part);
    let declared = part.content_type().and_then(|content_type| content_type.attribute("charset")).unwrap_or_default();
    decode(bytes.get(..bytes.len().min(PART_TEXT_BYTES_MAX)).unwrap_or(&bytes), declared)
}

/// The ladder: declared, UTF-8, windows-1252 (which contains iso-8859-1).
///
/// A text declared as ASCII or Latin-1 that is well-formed multi-byte UTF-8 is UTF-8: real Latin-1 text never is by accident.
pub fn decode(bytes: &[u8], declared: &str) -> String {
    let declared = encoding_rs::Encoding::for_label(declared.trim().trim_matches('"').as_bytes());
    if let Ok(text) = std::str::from_utf8(bytes)
        && declared.is_none_or(|encoding| encoding == encoding_rs::WINDOWS_1252 || encoding == encoding_rs::UTF_8)
    {
        return text.trim_start_matches('\u{feff}').to_owned();
    }
    if let Some(encoding) = declared {
        let (text, _, had_errors) = encoding.decode(bytes);
        if !had_errors {
            return text.into_owned();
        }
        // A multi-byte text cut at a limit ends in half a letter; a few bad bytes are no reason to leave the declared set either.
        let n_bad = text.chars().filter(|letter| *letter == '\u{fffd}').count();
        if n_bad * 50 < text.chars().count() {
            return text.into_owned();
        }
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
    }
}

/// RFC 3676: a line that ends in a space goes on in the next one.
fn unflow(text: &str, delete_space: bool) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        let goes_on = line.ends_with(' ') && line != "-- " && !line.starts_with('>');
        if goes_on {
            joined.push_str(if delete_space { line.trim_end_matches(' ') } else { line });
        } else {
            joined.push_str(line);
            joined.push('\n');
        }
    }
    joined
}

/// At most [`TEXT_BYTES_MAX`] bytes, cut between letters.
pub fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
}

/// What the sender wrote: without quoted earlier mails and without signature.
pub fn own_part(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut own: Vec<&str> = Vec::new();
    let mut position = 0;
    while let Some(line) = lines.get(position) {
        let rest = lines.get(position..).unwrap_or_default();
        if let Some(n_marker_lines) = reply_marker(rest) {
            match bottom_posted(rest.get(n_marker_lines..).unwrap_or_default()) {
                Some(n_quoted) => {
                    position += n_marker_lines + n_quoted;
                    continue;
                }
                None => break,
            }
        }
        if is_signature_mark(line) {
            break;
        }
        if !line.trim_start().starts_with('>') {
            own.push(line.trim_end());
        }
        position += 1;
    }
    own.join("\n").trim().to_owned()
}

/// After "… wrote:", a history marked with `>` may be followed by the answer; an unmarked one goes on to the end.
fn bottom_posted(rest: &[&str]) -> Option<usize> {
    let n_quoted = rest.iter().take_while(|line| line.trim().is_empty() || line.trim_start().starts_with('>')).count();
    rest.iter().take(n_quoted).any(|line| line.trim_start().starts_with('>')).then_some(n_quoted)
}

/// How many lines introduce a quoted mail here, if any do.
fn reply_marker(rest: &[&str]) -> Option<usize> {
    let line = plain(rest.first()?);
    if is_divider(&line) {
        return Some(1);
    }
    if let Some(n_lines) = attribution_lines(rest) {
        return Some(n_lines);
    }
    let starts_block = ["de :", "de:", "from:", "from :", "von:", "da:", "expéditeur :", "expéditeur:", "발신:", "发件人:", "от:", "من:"];
    if starts_block.iter().any(|start| line.starts_with(start)) {
        let other_fields = [
            "envoyé", "sent", "date", "à :", "à:", "to:", "to :", "objet", "subject", "gesendet", "an:", "cc", "asunto", "enviado", "para", "inviato",
        ];
        let n_fields = rest.iter().skip(1).take(6).filter(|line| other_fields.iter().any(|field| plain(line).starts_with(field))).count();
        return (n_fields >= 2).then_some(1);
    }
    None
}

fn is_divider(line: &str) -> bool {
    let words = line.trim_matches(|letter: char| "-_=*>~ ".contains(letter));
    let n_marks = line.chars().filter(|letter| "-_=".contains(*letter)).count();
    if n_marks < 2 {
        return words == "début du message transféré :" || words == "begin forwarded message:";
    }
    const DIVIDERS: &[&str] = &[
        "message d'origine",
        "message original",
        "original message",
        "mail original",
        "original mail",
        "message transféré",
        "forwarded message",
        "message initial",
        "ursprüngliche nachricht",
        "original-nachricht",
        "mensaje original",
        "mensaje reenviado",
        "messaggio originale",
        "mensagem original",
        "reply message",
        "message de réponse",
        "e-mail d'origine",
        "weitergeleitete nachricht",
        "original appointment",
    ];
    DIVIDERS.iter().any(|divider| words.starts_with(divider)) || (words.is_empty() && n_marks >= 25 && line.starts_with('_'))
}

/// "On …, X wrote:" over at most three lines.
fn attribution_lines(rest: &[&str]) -> Option<usize> {
    const OPENERS: &[&str] = &["le ", "on ", "am ", "el ", "il ", "em ", "w dniu ", "op ", "в ", "den ", "в"];
    const CLOSERS: &[&str] = &[
        "a écrit :",
        "a écrit:",
        "a ecrit :",
        "a ecrit:",
        "wrote:",
        "wrote :",
        "schrieb:",
        "escribió:",
        "ha scritto:",
        "escreveu:",
        "napisał:",
        "schreef:",
        "пишет:",
        "написал:",
        "napisał(a):",
    ];
    let first = plain(rest.first()?);
    let closes = |text: &str| CLOSERS.iter().any(|closer| text.trim_end().ends_with(closer));
    if closes(&first)
        && first.chars().count() < 300
        && (OPENERS.iter().any(|opener| first.starts_with(opener)) || first.contains('@') || first.starts_with('<'))
    {
        return Some(1);
    }
    if !OPENERS.iter().any(|opener| first.starts_with(opener)) || !first.chars().any(|letter| letter.is_ascii_digit()) {
        return None;
    }
    let mut joined = first;
    for n_lines in 2..=4_usize {
        joined.push(' ');
        joined.push_str(&plain(rest.get(n_lines - 1)?));
        if closes(&joined) && joined.chars().count() < 400 {
            return Some(n_lines);
        }
    }
    None
}

fn is_signature_mark(line: &str) -> bool {
    const MARKS: &[&str] = &[
        "envoyé de mon ",
        "envoyé depuis mon ",
        "envoyé à partir de ",
        "envoyé depuis ",
        "sent from my ",
        "sent from outlook",
        "sent from yahoo",
        "sent from mail for",
        "get outlook for ",
        "télécharger outlook",
        "obtenez outlook",
        "obtenir outlook",
        "von meinem ",
        "enviado desde mi ",
        "enviado do meu ",
        "envoyé avec la messagerie",
        "sent with proton",
        "provenance : courrier",
        "inviato da",
    ];
    let bare = plain(line);
    let short = bare.chars().count() < 120;
    line.trim_end() == "--" || (short && MARKS.iter().any(|mark| bare.starts_with(mark)))
}

/// A line for comparing: lower case, plain spaces and apostrophes, without Markdown stars.
fn plain(line: &str) -> String {
    line.chars()
        .filter(|letter| *letter != '*' && *letter != '\u{200e}')
        .map(|letter| match letter {
            '\u{a0}' | '\u{202f}' | '\t' => ' ',
            '’' => '\'',
            letter => letter,
        })
        .collect::<String>()
        .trim()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_of_character_sets() {
        assert_eq!(decode("é".as_bytes(), "utf-8"), "é");
        assert_eq!(decode("é".as_bytes(), "us-ascii"), "é");
        assert_eq!(decode(b"\xe9\x80", ""), "é€");
        assert_eq!(decode(b"caf\xe9", "utf-8"), "café");
        assert_eq!(decode(b"\xc4\xe3\xba\xc3", "gb2312"), "你好");
        assert_eq!(decode(b"\xe9", "x-unknown"), "é");
    }

    #[test]
    fn quoted_history_and_signature_go() {
        let cases = [
            ("Voici le relevé.\n\nLe lun. 4 mars 2024 à 10:12, Service <a@b.example> a écrit :\n> Bonjour\n> il manque", "Voici le relevé."),
            ("Here it is.\n\nOn Mon, 4 Mar 2024 at 10:12, A Very Long Name\n<a@b.example> wrote:\n\nBonjour", "Here it is."),
            ("> question ?\nRéponse.", "Réponse."),
            ("Le 4 mars 2024, X a écrit :\n> question ?\n\nRéponse dessous.", "Réponse dessous."),
            ("Bonjour\n-- \nJean\nIngénieur", "Bonjour"),
            ("Bonjour\n\nDe : École\nEnvoyé : lundi\nÀ : moi\nObjet : RE", "Bonjour"),
            ("Ok\n-----Message d’origine-----\nDe : x", "Ok"),
            ("Merci\nEnvoyé de mon iPhone", "Merci"),
            ("De : 2019 à 2021, j'ai travaillé.", "De : 2019 à 2021, j'ai travaillé."),
        ];
        for (text, own) in cases {
            assert_eq!(own_part(text), own);
        }
    }

    #[test]
    fn flowed_lines_are_joined() {
        assert_eq!(unflow("une phrase \nsur deux lignes\n fin", false), "une phrase sur deux lignes\nfin\n");
    }
}
