//! A report's text, of which a large one is parsed entry by entry: the tree of a hundred thousand entries would take ten times the file.
//!
//! Entries are never inside one another, so the text is cut at their tags. What is left is the frame: headers, balances, and an empty tag
//! where each entry stood.

use std::borrow::Cow;
use std::ops::Range;

use roxmltree::{Document, Node};

/// Up to this size a report is parsed as a whole.
pub const WHOLE_BYTES_MAX: usize = 1024 * 1024;
/// Nodes of one entry: a batch may have thousands of parts.
const ENTRY_NODES_MAX: u32 = 4_000_000;
/// The attribute by which the frame's empty tags tell which entry stood there.
const PLACE: &str = "guichet-place";

pub struct Source<'a> {
    text: &'a str,
    pub frame: Cow<'a, str>,
    entries: Vec<Range<usize>>,
    /// `<x` and every namespace declaration of the frame: what an entry's prefixes need.
    opening: String,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Source<'a> {
        let entries = if text.len() > WHOLE_BYTES_MAX { entries(text) } else { Vec::new() };
        if entries.is_empty() {
            return Source { text, frame: Cow::Borrowed(text), entries, opening: String::new() };
        }
        let mut frame = String::new();
        let mut from = 0;
        for (place, entry) in entries.iter().enumerate() {
            frame.push_str(text.get(from..entry.start).unwrap_or_default());
            frame.push_str(&format!("<Ntry {PLACE}=\"{place}\"/>"));
            from = entry.end;
        }
        frame.push_str(text.get(from..).unwrap_or_default());
        let opening = format!("<x{}>", declarations(&frame));
        Source { text, frame: Cow::Owned(frame), entries, opening }
    }

    fn range(&self, entry: Node<'_, '_>) -> Option<&Range<usize>> {
        self.entries.get(entry.attribute(PLACE)?.parse::<usize>().ok()?)
    }

    /// Reads an entry of the frame where it really stands.
    pub fn with_entry<T>(&self, entry: Node<'_, '_>, read: impl FnOnce(Node<'_, '_>) -> Result<T, &'static str>) -> Result<T, &'static str> {
        let Some(text) = self.range(entry).and_then(|range| self.text.get(range.clone())) else { return read(entry) };
        let wrapped = format!("{}{text}</x>", self.opening);
        let options = roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: ENTRY_NODES_MAX, ..roxmltree::ParsingOptions::default() };
        let document = Document::parse_with_options(&wrapped, options).map_err(|_| "écriture mal formée")?;
        let entry = document.root_element().first_element_child().ok_or("écriture vide")?;
        read(entry)
    }

    /// The line of the file on which an entry begins, from 1.
    pub fn line_of(&self, entry: Node<'_, '_>) -> u32 {
        match self.range(entry).and_then(|range| self.text.get(..range.start)) {
            Some(before) => u32::try_from(before.matches('\n').count().saturating_add(1)).unwrap_or(u32::MAX),
            None => entry.document().text_pos_at(entry.range().start).row,
        }
    }
}

/// Where the entries stand. None at all when a tag does not close, or when a comment or a CDATA section holds one: then the whole is parsed.
fn entries(text: &str) -> Vec<Range<usize>> {
    if hides_an_entry(text, "<!--", "-->") || hides_an_entry(text, "<![CDATA[", "]]>") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, tag)) = next_opening(text, from) {
        let closing = format!("</{tag}>");
        let Some(end) = text.get(start..).and_then(|rest| rest.find(&closing)).map(|at| start + at + closing.len()) else { return Vec::new() };
        found.push(start..end);
        from = end;
    }
    found
}

fn hides_an_entry(text: &str, opening: &str, closing: &str) -> bool {
    text.match_indices(opening).any(|(at, _)| {
        let rest = text.get(at..).unwrap_or_default();
        rest.get(..rest.find(closing).unwrap_or(rest.len())).is_some_and(|hidden| hidden.contains("Ntry"))
    })
}

/// The next `<Ntry>`, perhaps with a prefix or attributes: where it begins, and its tag.
fn next_opening(text: &str, from: usize) -> Option<(usize, &str)> {
    let mut from = from;
    while let Some(at) = text.get(from..)?.find("Ntry").map(|at| from + at) {
        let after = text.get(at + "Ntry".len()..)?;
        let begins = text.get(..at).and_then(|before| before.rfind('<')).filter(|begins| {
            let prefix = text.get(begins + 1..at).unwrap_or("/");
            prefix.is_empty()
                || (prefix.ends_with(':') && prefix.len() < 40 && prefix.trim_end_matches(':').bytes().all(|byte| byte.is_ascii_alphanumeric()))
        });
        if let Some(begins) = begins.filter(|_| after.starts_with('>') || after.starts_with(char::is_whitespace)) {
            return Some((begins, text.get(begins + 1..at + "Ntry".len())?));
        }
        from = at + "Ntry".len();
    }
    None
}

/// Every `xmlns` declaration of the frame, each name once.
fn declarations(frame: &str) -> String {
    let mut declared: Vec<&str> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for (at, _) in frame.match_indices("xmlns").take(50) {
        let Some(rest) = frame.get(at..) else { continue };
        let Some((name, value)) = rest.split_once('=') else { continue };
        let value = value.trim_start();
        let Some(quote) = value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { continue };
        let Some(length) = value.get(1..).and_then(|value| value.find(quote)) else { continue };
        let end = rest.len() - value.len() + length + 2;
        let name = name.trim_end();
        if name.len() < 60 && !name.contains(char::is_whitespace) && !names.contains(&name) {
            names.push(name);
            declared.extend(rest.get(..end));
        }
    }
    declared.iter().map(|declaration| format!(" {declaration}")).collect()
}
