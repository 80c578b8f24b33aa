//! (being written)

use crate::domain::document::{DocumentFacts, DocumentReading, PageText};
use crate::intake::understand::UnderstandingContext;

/// Reads the facts that a document of this kind states.
pub fn extract(_document: &DocumentReading, _pages: &[&PageText], _context: &UnderstandingContext<'_>) -> DocumentFacts {
    DocumentFacts::default()
}
