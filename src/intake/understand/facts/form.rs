//! The application form, of any layout: what is filled in, ticked, signed, and of which season it is.

use crate::domain::document::{Financing, FormFacts};
use crate::folding;
use crate::intake::understand::UnderstandingContext;
use crate::intake::understand::facts::dates;
use crate::intake::understand::facts::programme;
use crate::intake::understand::facts::text::{self, Field, Line};

/// Signs of a box that is ticked, and of one that is not.
const TICKED: [&str; 14] = ["☒", "☑", "✓", "✔", "✗", "✘", "⊠", "▣", "■", "●", "[x]", "[X]", "(x)", "(X)"];
const EMPTY: [&str; 8] = ["☐", "□", "◻", "○", "▢", "[ ]", "( )", "[]"];

/// Facts only a form states.
pub fn facts(lines: &[Line], labelled: &[(Field, String)]) -> FormFacts {
    FormFacts {
        filled: filled(labelled),
        signed: signed(lines),
        season: season(lines),
        financing: financing(lines, labelled),
        last_degree: labelled
            .iter()
            .filter(|(field, value)| *field == Field::LastDegree && value.chars().any(char::is_alphabetic))
            .map(|(_, value)| value.chars().take(200).collect())
            .next(),
    }
}

fn filled(labelled: &[(Field, String)]) -> Option<bool> {
    let asked: Vec<&(Field, String)> = labelled
        .iter()
        .filter(|(field, _)| {
            matches!(
                field,
                Field::FamilyName | Field::GivenName | Field::FullName | Field::BirthDate | Field::Nationality | Field::Address | Field::LastDegree
            )
        })
        .collect();
    let answered = asked.iter().filter(|(_, value)| value.chars().filter(|letter| letter.is_alphanumeric()).count() >= 2).count();
    match (asked.len(), answered) {
        (_, 2..) => Some(true),
        (3.., 0) => Some(false),
        _ => None,
    }
}

/// A date or a word after "signature" is a trace of signing. A drawn signature leaves no text, so nothing is ever concluded from its absence.
fn signed(lines: &[Line]) -> Option<bool> {
    let signature = |line: &&Line| ["SIGNATURE", "SIGNE", "SIGNEE", "SIGNED"].iter().any(|word| line.folded.split(' ').any(|other| other == *word));
    let trace = lines.iter().enumerate().filter(|(_, line)| signature(line)).any(|(at, line)| {
        let next = lines.get(at + 1).map(|line| line.raw.as_str()).unwrap_or_default();
        let electronic = line.folded.contains("SIGNE ELECTRONIQUEMENT")
            || line.folded.contains("ELECTRONICALLY SIGNED")
            || line.folded.contains("DIGITALLY SIGNED")
            || line.folded.contains("LU ET APPROUVE");
        electronic || dates::first_day(&line.raw).is_some() || dates::first_day(next).is_some()
    });
    trace.then_some(true)
}

/// `2024-2025` near the top or beside a word for the session.
fn season(lines: &[Line]) -> Option<String> {
    let beside = lines.iter().filter(|line| {
        ["SESSION", "RENTREE", "CAMPAGNE", "CANDIDATURE", "INTAKE", "ADMISSION", "APPLICATION"]
            .iter()
            .any(|word| line.folded.split(' ').any(|other| other == *word))
    });
    beside.chain(lines.iter().take(6)).find_map(|line| two_years(&line.raw)).map(|first| format!("{first}-{}", first + 1))
}

/// The first of two consecutive years written together: `2024-2025`, `2024/2025`, `2024/25`.
pub fn two_years(text: &str) -> Option<i32> {
    academic_years(text).into_iter().next()
}

/// Every academic year in a text, by the year it begins in, ascending, each once.
pub fn academic_years(text: &str) -> Vec<i32> {
    let tokens = dates::tokenize(text);
    let mut years: Vec<i32> = tokens
        .windows(3)
        .filter_map(|run| match run {
            [
                dates::Token::Number { value: first, digits: 4 },
                dates::Token::Sign('-' | '/' | '–' | '—' | '‑' | '.') | dates::Token::Word(_),
                dates::Token::Number { value: second, digits },
            ] => {
                let follows = (*digits == 4 && *second == first + 1) || (*digits == 2 && *second == (first + 1) % 100);
                (follows && (1950..=2060).contains(first)).then(|| i32::try_from(*first).unwrap_or(0))
            }
            _ => None,
        })
        .collect();
    years.sort_unstable();
    years.dedup();
    years
}

/// What stands after ticked boxes, each up to the next box or the end of its line. `None` when the text has no boxes at all.
pub fn ticked(text: &str) -> Option<Vec<String>> {
    let mut marked = text.to_owned();
    for sign in TICKED {
        marked = marked.replace(sign, "\u{1}");
    }
    for sign in EMPTY {
        marked = marked.replace(sign, "\u{2}");
    }
    if !marked.contains(['\u{1}', '\u{2}']) {
        return None;
    }
    let after =
        marked.lines().flat_map(|line| line.split('\u{1}').skip(1)).map(|after| after.split('\u{2}').next().unwrap_or_default().trim().to_owned());
    Some(after.filter(|after| !after.is_empty()).collect())
}

/// How the candidate means to pay: the ticked box, else the words beside the label.
fn financing(lines: &[Line], labelled: &[(Field, String)]) -> Option<Financing> {
    let at = lines.iter().position(|line| {
        line.folded.contains("FINANCEMENT")
            || line.folded.contains("FUNDING")
            || line.folded.contains("FINANCING")
            || line.folded.contains("PRISE EN CHARGE")
            || line.folded.contains("TUITION PAID")
    });
    if let Some(at) = at {
        let near: Vec<&str> = lines.iter().skip(at).take(6).map(|line| line.raw.as_str()).collect();
        if let Some(ticks) = ticked(&near.join("\n")) {
            let said: Vec<Financing> = ticks.iter().filter_map(|tick| financing_named(tick)).collect();
            if let Some(first) = said.first() {
                return said.iter().all(|other| other == first).then_some(*first);
            }
            return None;
        }
    }
    labelled.iter().filter(|(field, _)| *field == Field::Financing).find_map(|(_, value)| financing_named(value))
}

/// The financing that words name; `None` when they name two.
pub fn financing_named(words: &str) -> Option<Financing> {
    let folded = folding::fold(words);
    let names = |wordings: &[&str]| wordings.iter().any(|wording| folded.contains(wording));
    let jobseeker = names(&[
        "DEMANDEUR DEMPLOI",
        "DEMANDEUSE DEMPLOI",
        "DEMANDEUR D EMPLOI",
        "POLE EMPLOI",
        "FRANCE TRAVAIL",
        "JOBSEEKER",
        "JOB SEEKER",
        "UNEMPLOY",
        "CHOMAGE",
        "SE FORMER DANS LENSEIGNEMENT",
    ]);
    let company =
        names(&["ENTREPRISE", "EMPLOYEUR", "SOCIETE", "COMPANY", "EMPLOYER", "OPCO", "TRANSITION PRO", "CORPORATE", "SPONSOR", "PLAN DE FORMATION"]);
    let personal = names(&[
        "PERSONNEL",
        "PERSONAL",
        "INDIVIDUEL",
        "SELF",
        "FONDS PROPRES",
        "FAMIL",
        "PARENTS",
        "OWN FUNDS",
        "PRIVATE",
        "AUTOFINANCEMENT",
        "PARTICULIER",
        "INDIVIDUAL",
        "BOURSE",
        "SCHOLARSHIP",
    ]);
    let misread = |wording: &str| folded.split(' ').any(|word| word.len() >= 8 && strsim::levenshtein(word, wording) <= 2);
    let personal = personal || misread("PERSONNEL");
    let company = company || misread("ENTREPRISE") || misread("EMPLOYEUR");
    match (personal, jobseeker, company) {
        (true, false, false) => Some(Financing::Personal),
        (false, true, false) => Some(Financing::Jobseeker),
        (false, false, true) => Some(Financing::Company),
        // "Financement personnel ou demandeur d'emploi" is one line of the notice, at one price.
        (true, true, false) => Some(Financing::Personal),
        _ => None,
    }
}

/// The programme asked for: beside its label, else the ticked box, else the only one the form names.
pub fn programmes(lines: &[Line], labelled: &[(Field, String)], context: &UnderstandingContext<'_>) -> Vec<String> {
    let whole = text::joined(lines);
    if let Some(ticks) = ticked(&whole) {
        let codes: Vec<String> = ticks.iter().flat_map(|tick| programme::programmes_named(tick, context.programmes)).collect();
        if !codes.is_empty() {
            return unique(codes);
        }
    }
    let beside: Vec<String> = labelled
        .iter()
        .filter(|(field, _)| *field == Field::Programme)
        .flat_map(|(_, value)| programme::programmes_named(value, context.programmes))
        .collect();
    if !beside.is_empty() {
        return unique(beside);
    }
    programme::programmes_named(&whole, context.programmes)
}

fn unique(codes: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for code in codes {
        if !kept.contains(&code) {
            kept.push(code);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_are_ticked_speak() {
        assert_eq!(ticked("☐ Personnel ☒ Entreprise ☐ Pôle emploi"), Some(vec!["Entreprise".to_owned()]));
        assert_eq!(ticked("[x] Self-funded  [ ] Company"), Some(vec!["Self-funded".to_owned()]));
        assert_eq!(ticked("Personnel"), None);
    }

    #[test]
    fn financing_has_three_words() {
        for (words, expected) in [
            ("Personnel", Some(Financing::Personal)),
            ("Prise en charge par mon employeur", Some(Financing::Company)),
            ("Demandeur d'emploi (France Travail)", Some(Financing::Jobseeker)),
            ("Personnel / Entreprise", None),
        ] {
            assert_eq!(financing_named(words), expected, "{words}");
        }
    }

    #[test]
    fn academic_years_are_pairs() {
        assert_eq!(academic_years("2021/2022, 2022-23 et le 12/03/2020-2025"), [2021, 2022]);
    }
}
