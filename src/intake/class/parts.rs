//! Whether a mail says that it is one part of several: mailboxes bound the size of a mail, so dossiers come in two.

use crate::folding::fold;

/// Words, folded, by which people announce that more is to come or that this is a part.
const PHRASES: [&str; 16] = [
    "PARTIE 1",
    "PART 1",
    "1ERE PARTIE",
    "PREMIERE PARTIE",
    "FIRST PART",
    "PREMIER ENVOI",
    "PREMIER MAIL",
    "PREMIER COURRIEL",
    "DEUX MAILS",
    "DEUX COURRIELS",
    "DEUX ENVOIS",
    "TWO EMAILS",
    "TWO MAILS",
    "TWO E MAILS",
    "SECOND MAIL",
    "SUITE DANS UN",
];

/// `1/2` and the like in subject or text, an announcement in words, or an attachment numbered as the first of several.
pub fn is_part<'a>(text: &str, mut attachment_names: impl Iterator<Item = &'a str>) -> bool {
    let folded = fold(text);
    PHRASES.iter().any(|phrase| folded.contains(phrase)) || has_fraction(text) || attachment_names.any(is_first_volume)
}

/// A first part of a few: `1/2`, `(1/3)`, `1 sur 2`, `1 of 2`; not a date such as `1/2/2024` nor a score.
fn has_fraction(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | '[' | ']' | ',' | '.' | ';' | ':')).collect();
    let is_first_of_few = |part: &str, all: &str| part == "1" && matches!(all, "2" | "3" | "4" | "5");
    words.iter().any(|word| word.split_once('/').is_some_and(|(part, all)| is_first_of_few(part, all)))
        || words.windows(3).any(|three| matches!(three, [part, "sur" | "of" | "de", all] if is_first_of_few(part, all)))
}

/// `dossier_1.zip`, `documents (part1).zip`: an archive whose name ends in one.
fn is_first_volume(name: &str) -> bool {
    let lower = name.to_lowercase();
    let Some((stem, extension)) = lower.rsplit_once('.') else { return false };
    let archive = matches!(extension, "zip" | "7z" | "rar" | "tar" | "tgz" | "gz");
    let stem = stem.trim_end_matches([')', ']', ' ']);
    archive
        && stem
            .strip_suffix('1')
            .is_some_and(|before| before.ends_with(['_', '-', ' ', '(']) || before.ends_with("part") || before.ends_with("partie"))
}

#[cfg(test)]
mod tests {
    use super::is_part;

    #[track_caller]
    fn check(text: &str, name: &str, expected: bool) {
        assert_eq!(is_part(text, std::iter::once(name)), expected, "{text} {name}");
    }

    #[test]
    fn parts_are_told_from_dates_and_lone_archives() {
        check("Candidature (1/2)", "a.zip", true);
        check("Dossier 1 sur 2", "a.zip", true);
        check("Je vous l'envoie en deux mails.", "a.zip", true);
        check("Candidature", "dossier_1.zip", true);
        check("Candidature", "docs part1.zip", true);
        check("Disponible le 1/2/2024", "a.zip", false);
        check("Candidature", "CV1.pdf", false);
        check("Candidature MS 2024", "dossier.zip", false);
        check("Candidature", "dossier2021.zip", false);
    }
}
