//! (being written)

use crate::domain::document::{DocumentReading, RawReading};
use crate::intake::understand::UnderstandingContext;

/// Cuts a file into documents, each with its kind, languages and translation; facts are left empty.
pub fn segment(_raw: &RawReading, _context: &UnderstandingContext<'_>) -> Vec<DocumentReading> {
    Vec::new()
}
