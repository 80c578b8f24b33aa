//! From pages of text to documents: kind, page ranges, languages, translations, and the facts they state.
//!
//! Pure and quick (milliseconds a file), so it is computed again whenever it is needed; only the costly raw reading is cached.

pub mod language;
pub mod kind;
pub mod certainty;
pub mod translation;
pub mod segment;
pub mod facts;

use crate::domain::document::{FileReading, RawReading};
use crate::domain::rules::Programme;

/// What understanding may know besides the pages: the file's name (weak evidence) and the season's own words.
#[derive(Debug, Clone, Copy)]
pub struct UnderstandingContext<'a> {
    /// The name as the candidate gave it, with the path in its archive.
    pub file_name: &'a str,
    pub programmes: &'a [Programme],
    /// The season as the form prints it: `2024-2025`.
    pub season: &'a str,
    /// The school's own IBAN, compact.
    pub school_iban: &'a str,
}

/// Says what documents a file holds and what they state.
pub fn understand(raw: &RawReading, context: &UnderstandingContext<'_>) -> FileReading {
    let mut documents = if raw.readable { segment::segment(raw, context) } else { Vec::new() };
    for document in &mut documents {
        let pages: Vec<_> = raw.pages.iter().filter(|page| document.pages.contains(&page.number)).collect();
        document.facts = facts::extract(document, &pages, context);
    }
    FileReading {
        sha256: raw.sha256.clone(),
        media_type: raw.media_type.clone(),
        pages: u32::try_from(raw.pages.len()).unwrap_or(u32::MAX).max(1),
        readable: raw.readable,
        findings: raw.findings.clone(),
        name_hint: kind::named(context.file_name),
        documents,
    }
}
