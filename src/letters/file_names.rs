//! File names as the candidate knows them: the last part of the path, and where it lies only when two files bear the same name.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::letter::{LetterLanguage, StatusLetter};
use crate::letters::typography::printable;
use crate::letters::wording::{self, English, French};

/// File names are printed up to this length, which no honest name reaches.
const LENGTH_MAX: usize = 120;

/// What parts an archive from what lies in it, in the path of a nested file.
const INSIDE: &str = "!/";

/// The names of one letter, so that it is known which of them need a place beside them.
pub(crate) struct FileNames {
    shared: BTreeSet<String>,
}

impl FileNames {
    /// All files that a letter about a dossier's state may name.
    pub(crate) fn of(status: &StatusLetter) -> FileNames {
        let inventory = status.inventory.iter().map(|item| item.file_name.clone());
        let translations = status.missing_translations.iter().map(|item| item.file_name.clone());
        let unreadable = status.unreadable.iter().map(|item| item.file_name.clone());
        let entries = status.archive_problems.iter().filter_map(|problem| Some(path_of_entry(&problem.archive_name, problem.entry.as_deref()?)));
        let all = inventory.chain(translations).chain(unreadable).chain(entries).chain(status.other_files.iter().cloned());
        let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in all {
            paths.entry(own_name(&path).to_owned()).or_default().insert(path);
        }
        FileNames { shared: paths.into_iter().filter(|(_, paths)| paths.len() > 1).map(|(name, _)| name).collect() }
    }

    /// `acte.pdf`, or `acte.pdf (dans Etat civil.zip)`.
    pub(crate) fn plain(&self, path: &str, language: LetterLanguage) -> String {
        let name = printable(own_name(path), LENGTH_MAX);
        match (self.place(path), language) {
            (None, _) => name,
            (Some(place), French) => format!("{name} (dans {place})"),
            (Some(place), English) => format!("{name} (in {place})"),
        }
    }

    /// `« acte.pdf »`, or `« acte.pdf » (dans Etat civil.zip)`.
    pub(crate) fn quoted(&self, path: &str, language: LetterLanguage) -> String {
        let name = quoted(own_name(path), language);
        match (self.place(path), language) {
            (None, _) => name,
            (Some(place), French) => format!("{name} (dans {place})"),
            (Some(place), English) => format!("{name} (in {place})"),
        }
    }

    /// The folder or archive that holds the file, when its name alone would not tell it from another.
    fn place(&self, path: &str) -> Option<String> {
        let (before, name) = path.rsplit_once(['/', '\\'])?;
        let place = own_name(before.strip_suffix('!').unwrap_or(before));
        (self.shared.contains(name) && !place.is_empty()).then(|| printable(place, LENGTH_MAX))
    }
}

/// Any name between quotation marks.
pub(crate) fn quoted(name: &str, language: LetterLanguage) -> String {
    wording::quoted(&printable(name, LENGTH_MAX), language)
}

/// The path of a file in an archive, told apart from the same path in another archive.
pub(crate) fn path_of_entry(archive_name: &str, entry: &str) -> String {
    if entry.contains(INSIDE) { entry.to_owned() } else { format!("{archive_name}{INSIDE}{entry}") }
}

fn own_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[&str]) -> FileNames {
        FileNames::of(&StatusLetter { other_files: paths.iter().map(|path| (*path).to_owned()).collect(), ..StatusLetter::default() })
    }

    #[test]
    fn a_place_is_named_only_where_two_files_bear_one_name() {
        let alone = names(&["pieces/Etat civil.zip!/acte.pdf", "CV.pdf"]);
        assert_eq!(alone.plain("pieces/Etat civil.zip!/acte.pdf", French), "acte.pdf");
        let two = names(&["Etat civil.zip!/acte.pdf", "famille/acte.pdf", "acte.pdf"]);
        assert_eq!(two.plain("Etat civil.zip!/acte.pdf", French), "acte.pdf (dans Etat civil.zip)");
        assert_eq!(two.quoted("famille/acte.pdf", English), "“acte.pdf” (in famille)");
        assert_eq!(two.plain("acte.pdf", French), "acte.pdf");
    }
}
