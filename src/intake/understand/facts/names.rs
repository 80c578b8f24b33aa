//! Whose document it is: labelled names, names after a title (*M.*, *Mme*, *Mr*), lines that are nothing but a name; and e-mail addresses.
//!
//! Names are given as printed. Which of several pieces is believed is decided by the profile, not here.

use crate::domain::document::DocumentKind;
use crate::domain::person::PersonName;
use crate::domain::profile::naming::split_name;
use crate::folding;
use crate::intake::understand::facts::text::{Field, Line};

/// Words that are no part of a person's name, folded. A line with one of them is no name.
#[rustfmt::skip]
const NO_NAMES: &[&str] = &[
    "UNIVERSITE", "UNIVERSITY", "ECOLE", "SCHOOL", "INSTITUT", "INSTITUTE", "REPUBLIQUE", "REPUBLIC", "ROYAUME", "KINGDOM", "MINISTERE", "MINISTRY", "DIPLOME", "DIPLOMA", "DEGREE", "CURRICULUM", "VITAE", "CV", "RESUME", "MASTER", "LICENCE", "BACHELOR",
    "ATTESTATION", "CERTIFICAT", "CERTIFICATE", "RELEVE", "NOTES", "TRANSCRIPT", "LETTRE", "LETTER", "MOTIVATION", "EXPERIENCE", "EXPERIENCES", "FORMATION", "EDUCATION", "PROFIL", "PROFILE", "COMPETENCES", "SKILLS", "LANGUES", "LANGUAGES", "RUE", "STREET",
    "AVENUE", "BOULEVARD", "ROAD", "INGENIEUR", "ENGINEER", "TECHNICIEN", "TECHNICIENNE", "MANAGER", "DIRECTEUR", "DIRECTOR", "PRESIDENT", "RECTEUR", "RECTOR", "DOYEN", "DEAN", "FACULTE", "FACULTY", "TRADUCTION", "TRANSLATION", "CERTIFIED", "CERTIFIEE",
    "ORIGINAL", "PASSEPORT", "PASSPORT", "CARTE", "CARD", "IDENTITE", "IDENTITY", "NATIONALE", "FRANCAISE", "FRANCE", "DOSSIER", "CANDIDATURE", "APPLICATION", "ETUDIANT", "LETUDIANT", "ELEVE", "STUDENT", "CHEF", "RESPONSABLE", "SERVICE", "SARL", "SAS", "SA", "GMBH", "LTD", "SPA", "AG",
    "SOCIETE", "COMPANY", "ENTREPRISE", "MASTERE", "MASTERES", "SPECIALISES", "SPECIALISE", "JUNIOR", "SENIOR", "DEVELOPPEUR", "DEVELOPER", "PROJECT", "PROJET", "TELEPHONE", "EMAIL", "ADRESSE", "ADDRESS", "OBJET", "SUBJECT", "MADAME", "MONSIEUR", "CYCLE", "NATIONAL",
    "ZEUGNIS", "URKUNDE", "HOCHSCHULE", "UNIVERSITAT", "UNIVERSIDAD", "UNIVERSITA", "UNIVERSIDADE", "DES", "ANNEE", "SEMESTRE", "CONSTRUCTION", "MANAGEMENT", "QUALITE", "GENIE", "INFORMATIQUE", "OF", "THE", "AND", "ET", "POUR", "FOR", "WITH", "CONSULTANT", "ASSISTANT", "ASSISTANTE", "ANALYST", "SYSTEMS",
    "IMT", "EUROPE", "NORD", "STAGE", "INTERNATIONAL", "VALIDATION", "ACQUIS", "SURNAME", "NAMES", "NAME", "GIVEN", "PRENOM", "PRENOMS", "NOM", "SEX", "SEXE", "DATE", "BIRTH", "PLACE", "TYPE", "CODE", "PAYS", "COUNTRY", "TITRE", "SEJOUR", "RESIDENCE", "PERMIT",
];

const HONORIFICS: &[&str] = &[
    "M",
    "MR",
    "MRS",
    "MS",
    "MISS",
    "MME",
    "MLLE",
    "MONSIEUR",
    "MADAME",
    "MADEMOISELLE",
    "DON",
    "DONA",
    "HERR",
    "FRAU",
    "HERRN",
    "SIGNOR",
    "SIGNORA",
    "SENHOR",
    "SENHORA",
    "STUDENT",
];

/// The names a document is about, the surest first, at most four.
pub fn of_document(kind: DocumentKind, lines: &[Line], labelled: &[(Field, String)]) -> Vec<PersonName> {
    let mut names = Vec::new();
    names.extend(from_labels(labelled));
    match kind {
        DocumentKind::ApplicationForm | DocumentKind::IdentityDocument | DocumentKind::ResidencePermit | DocumentKind::Transcript => {}
        DocumentKind::Cv | DocumentKind::MotivationLetter => names.extend(lines.iter().take(12).find_map(|line| lone_name(line, false))),
        _ => {
            names.extend(lines.iter().filter_map(after_honorific).take(2));
            // A signatory also stands alone on a line: such lines are only heard when nothing better is printed.
            if names.is_empty() && kind != DocumentKind::RecommendationLetter {
                names.extend(lines.iter().find_map(|line| lone_name(line, true)));
            }
        }
    }
    let mut kept: Vec<PersonName> = Vec::new();
    for name in names {
        if !name.is_empty() && !kept.iter().any(|other| folding::fold(&other.full) == folding::fold(&name.full)) {
            kept.push(name);
        }
    }
    kept.truncate(4);
    kept
}

fn from_labels(labelled: &[(Field, String)]) -> Option<PersonName> {
    let value =
        |wanted: Field| labelled.iter().filter(|(field, _)| *field == wanted).map(|(_, value)| as_name(value)).find(|value| !value.is_empty());
    let family = value(Field::UsualName).or_else(|| value(Field::FamilyName));
    match (value(Field::GivenName), family) {
        (Some(given), Some(family)) => Some(PersonName::new(&given, &family)),
        (given, family) => match value(Field::FullName) {
            Some(full) => Some(split_name(&full)),
            // "Nom : MOREL Jeanne" where the form has no line for the given name.
            None => family.filter(|family| given.is_none() && family.contains(' ')).map(|family| split_name(&family)),
        },
    }
}

/// A printed value as a name: letters, up to a date, a bracket or a comma with more behind it.
fn as_name(value: &str) -> String {
    let upto = value
        .find(|letter: char| letter.is_ascii_digit() || matches!(letter, '(' | '/' | '<' | ':' | ';' | '@'))
        .map_or(value, |at| value.get(..at).unwrap_or_default());
    let words: Vec<&str> = upto.split_whitespace().take(7).filter(|word| word.chars().any(char::is_alphabetic)).collect();
    let words: Vec<&str> = match words.split_first() {
        Some((first, rest)) if !rest.is_empty() && is_honorific(first) => rest.to_vec(),
        _ => words,
    };
    let name = words.join(" ");
    let plausible = name.chars().filter(|letter| letter.is_alphabetic()).count() >= 2
        && !words.iter().any(|word| NO_NAMES.contains(&folding::fold(word).as_str()));
    if plausible { name.trim_matches(|letter: char| !letter.is_alphabetic()).to_owned() } else { String::new() }
}

fn is_honorific(word: &str) -> bool {
    HONORIFICS.contains(&folding::fold(word).as_str()) && word.chars().next().is_some_and(char::is_uppercase)
}

/// `certifie que Mme MOREL Jeanne, née le …`: the capitalised words after a title.
fn after_honorific(line: &Line) -> Option<PersonName> {
    let words: Vec<&str> = line.raw.split_whitespace().collect();
    let at = words.iter().position(|word| is_honorific(word) || word.eq_ignore_ascii_case("student"))?;
    let mut name = Vec::new();
    for word in words.get(at + 1..)?.iter().take(6) {
        let bare = word.trim_matches(|letter: char| !letter.is_alphabetic());
        let capital = bare.chars().next().is_some_and(char::is_uppercase);
        let particle = matches!(bare, "de" | "du" | "da" | "di" | "van" | "von" | "der" | "el" | "al" | "ben" | "dos" | "del");
        if !(capital || particle) || NO_NAMES.contains(&folding::fold(bare).as_str()) || is_honorific(word) {
            break;
        }
        name.push(bare);
        if word.ends_with([',', '.', ';', ')', ':']) && bare.chars().count() > 1 {
            break;
        }
    }
    (name.len() >= 2).then(|| split_name(&name.join(" ")))
}

/// A line that is nothing but a name. `strict`: one word must be in capitals and another not, as on diplomas.
fn lone_name(line: &Line, strict: bool) -> Option<PersonName> {
    let raw = line.raw.trim_matches(|letter: char| !letter.is_alphabetic());
    let words: Vec<&str> = raw.split_whitespace().collect();
    if !(2..=5).contains(&words.len()) || raw.chars().count() > 50 {
        return None;
    }
    let particle = |word: &&str| {
        matches!(*word, "de" | "du" | "da" | "di" | "van" | "von" | "der" | "el" | "al" | "ben" | "dos" | "del" | "la" | "le" | "e" | "y")
    };
    let is_name_word = |word: &&str| {
        particle(word)
            || (word.chars().next().is_some_and(char::is_uppercase)
                && word.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '-' | '\'' | '’' | '.' | '\u{300}'..='\u{36f}'))
                && !NO_NAMES.contains(&folding::fold(word).as_str()))
    };
    if !words.iter().all(is_name_word) {
        return None;
    }
    let upper = |word: &&str| word.chars().count() >= 2 && !word.chars().any(char::is_lowercase);
    let capitals = words.iter().filter(|word| upper(word)).count();
    let told_apart = capitals > 0 && capitals < words.len();
    let begins_well =
        words.first().is_some_and(|word| !particle(word) && word.chars().count() >= 2) && words.iter().any(|word| word.chars().count() >= 4);
    (begins_well && (!strict || told_apart)).then(|| split_name(raw))
}

/// E-mail addresses, lower-case, each once, without the school's own.
pub fn emails(lines: &[Line]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in lines.iter().flat_map(|line| {
        line.raw.split(|letter: char| letter.is_whitespace() || matches!(letter, '|' | '<' | '>' | '(' | ')' | ',' | ';' | '—' | '·' | '/'))
    }) {
        let word = word.rsplit(':').next().unwrap_or_default();
        let address = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()).to_lowercase();
        let Some((user, domain)) = address.split_once('@') else { continue };
        let allowed = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '+'));
        let plausible = user.len() >= 2 && domain.contains('.') && !domain.contains('@') && allowed(user) && allowed(domain);
        if plausible && !domain.ends_with("imt-nord-europe.fr") && !found.contains(&address) {
            found.push(address);
        }
        if found.len() >= 10 {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{PageText, TextSource};
    use crate::intake::understand::facts::text;

    fn check(kind: DocumentKind, text: &str, given: &str, family: &str) {
        let page = PageText {
            number: 1,
            text: text.to_owned(),
            source: TextSource::Layer,
            quality: 1.0,
            width: 0,
            height: 0,
            ink: 0.0,
            portrait: 0.0,
            unread: false,
            unread_script: None,
        };
        let lines = text::lines(&[&page]);
        let names = of_document(kind, &lines, &text::labelled(&lines));
        let first = names.first().cloned().unwrap_or_default();
        assert_eq!((first.given.as_str(), first.family.as_str()), (given, family), "{text}");
    }

    #[test]
    fn names_are_read_where_documents_print_them() {
        check(DocumentKind::ApplicationForm, "Nom de naissance : VIDAL\nNom d’usage : MOREL\nPrénom(s) : Jeanne", "Jeanne", "MOREL");
        check(DocumentKind::ApplicationForm, "Family name: Morel\nGiven names: Jeanne Marie", "Jeanne Marie", "Morel");
        check(DocumentKind::Diploma, "Université du Test\ncertifie que Mme MOREL Jeanne, née le 4 mars 1999 à Lille", "Jeanne", "MOREL");
        check(DocumentKind::Diploma, "Zeugnis\nJürgen GROSS\ngeboren am 4. März 1999", "Jürgen", "GROSS");
        check(DocumentKind::Cv, "CURRICULUM VITAE\nJeanne Morel\nIngénieure qualité", "Jeanne", "Morel");
    }

    #[test]
    fn addresses_are_found_in_running_text() {
        let page = PageText {
            number: 1,
            text: "jeanne.morel@example.org — +33 6 00\nmasteres.specialises@imt-nord-europe.fr".to_owned(),
            source: TextSource::Layer,
            quality: 1.0,
            width: 0,
            height: 0,
            ink: 0.0,
            portrait: 0.0,
            unread: false,
            unread_script: None,
        };
        assert_eq!(emails(&text::lines(&[&page])), ["jeanne.morel@example.org"]);
    }
}
