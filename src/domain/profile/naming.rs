//! Names compared and chosen. Two people are never joined on a name alone: only a birth date makes sameness.
//!
//! Ring 0 has no Unicode tables, so the key of a name is made here: Latin letters lose their marks, the rest is lower-cased as it stands.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::document::DocumentKind;
use crate::domain::person::PersonName;
use crate::domain::profile::{MailHint, NameConflict};
use crate::domain::route::Piece;

/// Whether two mentions are of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sameness {
    Same,
    Different,
    /// Not enough is known; a person looks before anything is joined.
    Unknown,
}

/// Compares two mentions. A common name without two birth dates is never `Same`.
pub fn same_person(a: &PersonName, a_birth: Option<NaiveDate>, b: &PersonName, b_birth: Option<NaiveDate>) -> Sameness {
    match (names_agree(a, b), a_birth, b_birth) {
        (Some(true), Some(a_birth), Some(b_birth)) if a_birth == b_birth => Sameness::Same,
        (_, Some(a_birth), Some(b_birth)) if a_birth != b_birth => Sameness::Different,
        (Some(false), _, _) => Sameness::Different,
        _ => Sameness::Unknown,
    }
}

/// Whether two names can be one person's, whatever their order, accents, hyphens and transliteration of umlauts.
/// `None` when one is empty, of one word, or in another script.
pub fn names_agree(a: &PersonName, b: &PersonName) -> Option<bool> {
    let (a, b) = (words(a), words(b));
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    let script = |words: &[String]| words.iter().any(|word| word.is_ascii());
    if short.is_empty() || script(short) != script(long) {
        return None;
    }
    let common = short.iter().filter(|word| long.iter().any(|other| words_agree(word, other))).count();
    match (common, short.len()) {
        (0, 1) => None,
        (0, _) => Some(false),
        (found, all) if found == all && all >= 2 => Some(true),
        // A usual name for a birth name, a second given name left out, one word misread: half of the words in common is no conflict.
        (found, all) if found >= 2 || (all == 2 && found == 1) => None,
        (1, 1) => None,
        _ => Some(false),
    }
}

fn words_agree(a: &str, b: &str) -> bool {
    a == b || without_digraphs(a) == without_digraphs(b) || (a.len() >= 6 && b.len() >= 6 && one_edit_apart(a, b))
}

/// ICAO 9303 writes Ä as AE, Ö as OE, Ü as UE; elsewhere the marks are dropped. Compared without the E, both are one.
fn without_digraphs(word: &str) -> String {
    word.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("ss", "s")
}

/// One letter more, less or other: what OCR does to a name.
fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let before = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let after = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    before + after + 1 >= a.len().max(b.len())
}

/// The words of a name as keys for comparing; particles of one letter are left out.
fn words(name: &PersonName) -> Vec<String> {
    let whole = if name.full.trim().is_empty() { format!("{} {}", name.given, name.family) } else { name.full.clone() };
    let words: BTreeSet<String> = key(&whole)
        .split(' ')
        .filter(|word| word.chars().count() > 1 || !word.is_ascii())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.into_iter().collect()
}

/// Lower-case letters without marks, words separated by single spaces.
pub fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            '\'' | '’' | 'ʼ' | '`' | '\u{300}'..='\u{36f}' => {}
            'ß' => key.push_str("ss"),
            'æ' => key.push_str("ae"),
            'œ' => key.push_str("oe"),
            _ if letter.is_alphanumeric() => key.push(plain_letter(letter)),
            _ if !key.is_empty() && !key.ends_with(' ') => key.push(' '),
            _ => {}
        }
    }
    key.trim_end().to_owned()
}

/// A lower-case Latin letter without its marks (Unicode Latin-1, Extended-A, the parts of Extended-B and Additional that names use).
fn plain_letter(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ'..='ặ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ'..='ệ' | 'ə' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' | 'ǧ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' | 'ỉ' | 'ị' => 'i',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ǒ' | 'ọ'..='ợ' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ŧ' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ǔ' | 'ụ'..='ự' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' | 'ỳ'..='ỹ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        _ => letter,
    }
}

/// The name to show, and where it comes from.
pub(super) fn best_name(pieces: &[Piece<'_>], mails: &[MailHint<'_>]) -> Option<(PersonName, String)> {
    let heard = || pieces.iter().filter(|piece| piece.certainty >= 0.35);
    let of = |kind: DocumentKind, checked: bool| {
        heard()
            .filter(move |piece| piece.kind == kind && (!checked || piece.facts.mrz_checked))
            .flat_map(|piece| piece.facts.names.iter())
            .find(|name| !name.is_empty() && is_latin(&name.full))
    };
    let form = of(DocumentKind::ApplicationForm, false).filter(|name| words(name).len() >= 2);
    let cv = of(DocumentKind::Cv, false);
    if let Some(machine) = of(DocumentKind::IdentityDocument, true) {
        // The machine-readable zone has no accents; a spelling of the same name that has them is the better one to show.
        let spelt = [form, cv].into_iter().flatten().find(|name| names_agree(name, machine) == Some(true) && !name.family.is_empty());
        let basis = "pièce d'identité (zone de lecture automatique vérifiée)";
        return Some(match spelt {
            Some(name) => (shown(name), format!("{basis}, orthographe du candidat")),
            None => (shown(machine), basis.to_owned()),
        });
    }
    if let Some(name) = form.filter(|name| !is_misread(name, pieces)) {
        return Some((shown(name), "formulaire de candidature".to_owned()));
    }
    if let Some(name) = of(DocumentKind::IdentityDocument, false).or_else(|| of(DocumentKind::ResidencePermit, false)) {
        return Some((shown(name), "pièce d'identité (lecture visuelle)".to_owned()));
    }
    if let Some(name) = commonest(pieces) {
        return Some((shown(name), "CV, diplômes et relevés".to_owned()));
    }
    let sender =
        mails.iter().filter_map(|mail| mail.from_name).map(str::trim).find(|name| name.split_whitespace().count() >= 2 && !name.contains('@'))?;
    Some((shown(&split_name(sender)), "nom de l'expéditeur".to_owned()))
}

/// A handwritten form is read badly: when no other piece spells the name so and two others agree on a similar one, they are right.
fn is_misread(name: &PersonName, pieces: &[Piece<'_>]) -> bool {
    let supported = pieces.iter().filter(|piece| piece.kind != DocumentKind::ApplicationForm).flat_map(|piece| piece.facts.names.iter());
    let supported = supported.filter(|other| names_agree(name, other) == Some(true) && words(other).len() >= words(name).len()).count();
    let better = commonest(pieces);
    supported == 0
        && better.is_some_and(|better| {
            let support = pieces.iter().flat_map(|piece| piece.facts.names.iter()).filter(|other| names_agree(better, other) == Some(true)).count();
            support >= 2 && names_agree(name, better) != Some(false)
        })
}

fn is_latin(text: &str) -> bool {
    key(text).chars().any(|letter| letter.is_ascii_alphabetic())
}

/// The name that most other pieces agree with; the first of the best.
fn commonest<'a>(pieces: &[Piece<'a>]) -> Option<&'a PersonName> {
    let names: Vec<&PersonName> = pieces
        .iter()
        .filter(|piece| {
            matches!(
                piece.kind,
                DocumentKind::Cv
                    | DocumentKind::Diploma
                    | DocumentKind::SuccessAttestation
                    | DocumentKind::Transcript
                    | DocumentKind::EnrolmentCertificate
                    | DocumentKind::MotivationLetter
                    | DocumentKind::VappFile
            )
        })
        .flat_map(|piece| piece.facts.names.iter())
        .filter(|name| words(name).len() >= 2 && is_latin(&name.full))
        .collect();
    let support = |name: &PersonName| names.iter().filter(|other| names_agree(name, other) == Some(true)).count();
    let most = names.iter().map(|name| support(name)).max()?;
    let told_apart = names.iter().find(|name| support(name) == most && !name.family.is_empty() && !name.given.is_empty());
    told_apart.or_else(|| names.iter().find(|name| support(name) == most)).copied()
}

/// Pieces about somebody whose name has nothing in common with the candidate's.
pub(super) fn conflicts(name: &PersonName, pieces: &[Piece<'_>]) -> Vec<NameConflict> {
    pieces
        .iter()
        .filter(|piece| {
            piece.certainty >= 0.8
                && matches!(
                    piece.kind,
                    DocumentKind::IdentityDocument
                        | DocumentKind::Diploma
                        | DocumentKind::SuccessAttestation
                        | DocumentKind::EnrolmentCertificate
                        | DocumentKind::Transcript
                        | DocumentKind::ApplicationForm
                        | DocumentKind::Cv
                )
        })
        .filter(|piece| !piece.facts.names.is_empty() && piece.facts.names.iter().all(|other| names_agree(name, other) == Some(false)))
        .filter_map(|piece| piece.facts.names.first().map(|other| NameConflict { kind: piece.kind, name: other.clone() }))
        .collect()
}

/// Tells given and family name apart where upper case or a comma does; otherwise the first word is taken as the given name.
pub fn split_name(full: &str) -> PersonName {
    let full = full.trim();
    if let Some((family, given)) = full.split_once(',') {
        return PersonName { given: given.trim().to_owned(), family: family.trim().to_owned(), full: full.to_owned() };
    }
    let words: Vec<&str> = full.split_whitespace().collect();
    let is_upper = |word: &&&str| word.chars().filter(|letter| letter.is_alphabetic()).count() >= 2 && !word.chars().any(char::is_lowercase);
    let upper: Vec<&str> = words.iter().filter(is_upper).copied().collect();
    let (given, family) = if !upper.is_empty() && upper.len() < words.len() {
        // Particles in lower case ("de", "van der", "El") go with the upper-case words that follow them.
        let first = words.iter().position(|word| is_upper(&word)).unwrap_or(0);
        let particles = words.iter().take(first).rev().take_while(|word| is_particle(word)).count();
        let start = first - particles;
        let family: Vec<&str> =
            words.iter().enumerate().filter(|(at, word)| *at >= start && (*at < first || is_upper(word))).map(|(_, word)| *word).collect();
        let given: Vec<&str> =
            words.iter().enumerate().filter(|(at, word)| *at < start || (*at >= first && !is_upper(word))).map(|(_, word)| *word).collect();
        (given.join(" "), family.join(" "))
    } else {
        match words.split_first() {
            Some((first, rest)) if !rest.is_empty() => ((*first).to_owned(), rest.join(" ")),
            _ => (String::new(), full.to_owned()),
        }
    };
    PersonName { given, family, full: full.to_owned() }
}

fn is_particle(word: &str) -> bool {
    matches!(
        key(word).as_str(),
        "de" | "du"
            | "des"
            | "d"
            | "la"
            | "le"
            | "da"
            | "das"
            | "do"
            | "dos"
            | "di"
            | "del"
            | "della"
            | "van"
            | "von"
            | "der"
            | "den"
            | "ten"
            | "ter"
            | "zu"
            | "el"
            | "al"
            | "ben"
            | "bin"
            | "ould"
            | "ait"
            | "mac"
    )
}

/// A name as letters print it: `Prénom Nom`, upper case words made `Jean-Pierre de La Tour`, the candidate's own mixed case kept.
pub fn shown(name: &PersonName) -> PersonName {
    let (given, family) = (capitalised(&name.given), capitalised(&name.family));
    if given.is_empty() || family.is_empty() {
        let split = split_name(&name.full);
        return PersonName::new(&capitalised(&split.given), &capitalised(&split.family));
    }
    PersonName::new(&given, &family)
}

fn capitalised(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().enumerate().map(|(at, word)| capitalised_word(word, at > 0)).collect();
    words.join(" ")
}

fn capitalised_word(word: &str, inside: bool) -> String {
    let letters = || word.chars().filter(|letter| letter.is_alphabetic());
    let (upper, lower) = (letters().any(char::is_uppercase), letters().any(char::is_lowercase));
    if upper && lower {
        return word.to_owned();
    }
    let lowered = word.to_lowercase();
    if inside && matches!(lowered.as_str(), "de" | "du" | "des" | "da" | "dos" | "di" | "del" | "van" | "von" | "der" | "den" | "y" | "e" | "et") {
        return lowered;
    }
    let mut shown = String::with_capacity(word.len());
    let mut at_start = true;
    for letter in lowered.chars() {
        if at_start {
            shown.extend(letter.to_uppercase());
        } else {
            shown.push(letter);
        }
        at_start = matches!(letter, '-' | '\'' | '’');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(full: &str) -> PersonName {
        split_name(full)
    }

    #[test]
    fn given_and_family_are_told_apart_by_case() {
        for (full, given, family) in [
            ("Jeanne MOREL", "Jeanne", "MOREL"),
            ("MOREL Jeanne", "Jeanne", "MOREL"),
            ("Pieter van der BERG", "Pieter", "van der BERG"),
            ("Morel, Jeanne", "Jeanne", "Morel"),
            ("Jeanne Morel Vidal", "Jeanne", "Morel Vidal"),
        ] {
            let name = named(full);
            assert_eq!((name.given.as_str(), name.family.as_str()), (given, family), "{full}");
        }
    }

    #[test]
    fn names_are_shown_as_letters_print_them() {
        for (full, expected) in [
            ("MOREL Jean-pierre", "Jean-pierre Morel"),
            ("DE LA TOUR, JEAN-PIERRE", "Jean-Pierre De La Tour"),
            ("McKay, Fiona", "Fiona McKay"),
            ("D'ALMEIDA, INÊS", "Inês D'Almeida"),
        ] {
            assert_eq!(shown(&named(full)).full, expected, "{full}");
        }
    }

    #[test]
    fn a_name_alone_joins_nobody() {
        let day = NaiveDate::from_ymd_opt(1999, 5, 4);
        let other_day = NaiveDate::from_ymd_opt(1998, 5, 4);
        let check =
            |a: &str, a_birth, b: &str, b_birth, expected| assert_eq!(same_person(&named(a), a_birth, &named(b), b_birth), expected, "{a} / {b}");
        check("Jürgen Groß", day, "GROSS JUERGEN", day, Sameness::Same);
        check("Bùi Hoàng Nam", day, "BUI HOANG NAM", day, Sameness::Same);
        check("Ana Silva", day, "Ana Silva", None, Sameness::Unknown);
        check("Ana Silva", day, "Ana Silva", other_day, Sameness::Different);
        check("Ana Silva", None, "Boris Ndong", None, Sameness::Different);
        check("Иванов Пётр", None, "Ivanov Piotr", None, Sameness::Unknown);
    }
}
