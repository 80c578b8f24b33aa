//! What can still be had of a mail that cannot be parsed: who sent it, which mail it is, and whether a machine wrote it.
//!
//! Lines that look like header fields are read one by one, wherever they stand near the beginning; nothing else is understood.

use super::headers::{clean_line, is_sign};
use super::{ParsedMail, text};
use crate::domain::mail::MailAddress;

/// Fields farther down belong to something that the mail carries.
const BYTES_SEARCHED: usize = 32 << 10;
const LINES_MAX: usize = 2_000;

/// A mail of which only traces are known. Empty when there are none.
pub fn salvage(bytes: &[u8]) -> ParsedMail {
    let window = bytes.get(..bytes.len().min(BYTES_SEARCHED)).unwrap_or(bytes);
    let (decoded, _, _) = encoding_rs::WINDOWS_1252.decode(window);
    let readable = std::str::from_utf8(window).map_or_else(|_| decoded.into_owned(), str::to_owned);
    let mut mail = ParsedMail::default();
    let mut from = None;
    let mut others = Vec::new();
    for field in unfolded(&readable) {
        if let Some(address) = field.strip_prefix("From ").and_then(first_address) {
            others.push(address);
        }
        let Some((name, value)) = field.split_once(':') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let value = clean_line(value);
        match name.as_str() {
            "return-path" => mail.return_path = mail.return_path.or_else(|| Some(value.trim_matches(['<', '>', ' ']).to_owned())),
            "message-id" => mail.message_id = mail.message_id.or_else(|| first_identifier(&value)),
            "subject" if mail.subject.is_empty() => mail.subject.clone_from(&value),
            "from" if from.is_none() => from = first_address(&value),
            "sender" | "reply-to" | "x-envelope-from" | "envelope-from" | "x-sender" => others.extend(first_address(&value)),
            _ => {}
        }
        if is_sign(&name) {
            mail.signs.push((name, value));
        }
    }
    let envelope = mail.return_path.as_deref().and_then(first_address);
    mail.from = from.or(envelope).or_else(|| others.into_iter().next()).map(|address| MailAddress { name: None, address });
    if is_mostly_text(&readable) {
        mail.text = text::cut(readable);
        mail.own_text = text::own_part(&mail.text);
    }
    mail
}

/// Lines, with those that go on with a blank joined to the one before.
fn unfolded(readable: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for line in readable.lines().take(LINES_MAX) {
        match fields.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) && last.contains(':') => last.push_str(line),
            _ => fields.push(line.trim_start_matches('\u{feff}').to_owned()),
        }
    }
    fields
}

/// The first thing in a text that has the shape of an address.
fn first_address(text: &str) -> Option<String> {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control() || "<>()[],;\"'".contains(letter));
    let is_address = |word: &&str| {
        let Some((local, domain)) = word.split_once('@') else { return false };
        let is_plain = |letter: char| letter.is_alphanumeric() || ".-_+=%&#~!^/".contains(letter);
        let labels = domain.split('.').count();
        !local.is_empty()
            && word.len() <= 254
            && labels >= 2
            && domain.split('.').all(|label| !label.is_empty())
            && word.chars().filter(|letter| *letter != '@').all(is_plain)
    };
    words.map(|word| word.trim_start_matches("mailto:").trim_end_matches(['.', ':'])).find(is_address).map(str::to_owned)
}

fn first_identifier(value: &str) -> Option<String> {
    let (_, after) = value.split_once('<')?;
    let (identifier, _) = after.split_once('>')?;
    (identifier.contains('@') && identifier.chars().all(|letter| letter.is_ascii_graphic())).then(|| identifier.to_owned())
}

fn is_mostly_text(readable: &str) -> bool {
    let (mut n_letters, mut n_strange) = (0_usize, 0_usize);
    for letter in readable.chars().take(4_000) {
        n_letters += 1;
        n_strange += usize::from(letter.is_control() && !letter.is_whitespace() || letter == '\u{fffd}');
    }
    n_letters > 0 && n_strange * 50 <= n_letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], from: Option<&str>, return_path: Option<&str>) {
        let mail = salvage(bytes);
        assert_eq!(mail.from.map(|from| from.address).as_deref(), from);
        assert_eq!(mail.return_path.as_deref(), return_path);
    }

    #[test]
    fn a_sender_is_found_wherever_it_stands() {
        check(b"", None, None);
        check(b"\x00\x01\x02 nothing here", None, None);
        check(b"Return-Path: <zoe@etu.example>\r\n\r\n\x00\xff\xfe", Some("zoe@etu.example"), Some("zoe@etu.example"));
        check(b"Return-Path: <>\r\n\r\n\x00\xff", None, Some(""));
        check(b"junk\x00\nFrom: =?utf-8?q?Zo=C3=A9?=\n <zoe@etu.example>\n", Some("zoe@etu.example"), None);
        check(b"From zoe@etu.example Mon Jan  8 10:00:00 2024\n\x00\x00", Some("zoe@etu.example"), None);
        check(b"Return-Path: <bounce@list.example>\nFrom: Ana <ana@etu.example>\n", Some("ana@etu.example"), Some("bounce@list.example"));
        check(b"From: not an address\n", None, None);
    }

    #[test]
    fn the_signs_of_machines_are_kept() {
        let mail = salvage(b"\x00\x01\nAuto-Submitted: auto-replied\nFrom: a@b.example\nMessage-ID: <1@b.example>\n");
        assert_eq!(mail.signs, [("auto-submitted".to_owned(), "auto-replied".to_owned())]);
        assert_eq!(mail.message_id.as_deref(), Some("1@b.example"));
    }
}
