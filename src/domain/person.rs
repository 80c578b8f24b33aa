//! People: the candidate's names as pieces print them.

use serde::{Deserialize, Serialize};

/// A person's name as one document prints it. Either part may be empty when the document does not tell them apart;
/// then `full` alone holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct PersonName {
    /// Given name or names (*prénom*).
    pub given: String,
    /// Family name as used (*nom d'usage*), else the birth name.
    pub family: String,
    /// The whole as printed, for a person to read.
    pub full: String,
}

impl PersonName {
    /// A name whose two parts are known.
    pub fn new(given: &str, family: &str) -> PersonName {
        PersonName {
            given: given.trim().to_owned(),
            family: family.trim().to_owned(),
            full: format!("{} {}", given.trim(), family.trim()).trim().to_owned(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.full.trim().is_empty()
    }
}
