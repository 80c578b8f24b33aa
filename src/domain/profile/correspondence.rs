//! In which language the candidate is answered: the one they write to us in, French or English.

use crate::domain::document::DocumentKind;
use crate::domain::language::Language;
use crate::domain::profile::MailHint;
use crate::domain::profile::naming::key;
use crate::domain::route::Piece;

/// Words that only French mails use. Letters without marks, as [`key`] writes them.
const FRENCH_WORDS: &[&str] = &[
    "bonjour",
    "bonsoir",
    "madame",
    "monsieur",
    "cordialement",
    "merci",
    "veuillez",
    "trouver",
    "joint",
    "jointe",
    "jointes",
    "joints",
    "ci",
    "je",
    "vous",
    "votre",
    "mon",
    "ma",
    "mes",
    "dossier",
    "candidature",
    "pieces",
    "bien",
    "le",
    "la",
    "les",
    "des",
    "est",
    "et",
    "pour",
    "avec",
    "suis",
    "candidat",
    "candidate",
    "envoie",
    "salutations",
    "distinguees",
    "complement",
    "manquantes",
    "manquants",
    "virement",
    "justificatif",
    "voici",
    "au",
    "aux",
    "du",
    "une",
    "un",
    "dans",
    "j",
    "ai",
    "nous",
    "sur",
    "mastere",
    "specialise",
    "formation",
    "recevoir",
    "agreer",
    "ne",
    "pas",
    "que",
    "qui",
];

/// Words that only English mails use.
const ENGLISH_WORDS: &[&str] = &[
    "hello",
    "hi",
    "dear",
    "sir",
    "madam",
    "please",
    "find",
    "attached",
    "enclosed",
    "regards",
    "sincerely",
    "faithfully",
    "thank",
    "thanks",
    "you",
    "your",
    "my",
    "i",
    "am",
    "the",
    "and",
    "for",
    "with",
    "of",
    "to",
    "is",
    "are",
    "application",
    "applying",
    "documents",
    "missing",
    "payment",
    "proof",
    "file",
    "files",
    "would",
    "like",
    "have",
    "this",
    "here",
    "master",
    "programme",
    "program",
    "we",
    "it",
    "be",
    "best",
    "kind",
    "files",
    "apply",
    "sent",
    "transfer",
    "in",
    "on",
    "not",
];

/// French or English. The candidate's own words decide; then the languages of form, letter and CV; then what their mail program prefers;
/// else French.
///
/// `pieces` are (kind, main language); `preferred` is the language of `Accept-Language` or of the browser's header, if any.
pub fn correspondence_language(mails: &[MailHint<'_>], pieces: &[(Piece<'_>, Option<Language>)], preferred: Option<Language>) -> Language {
    let mut balance = 0_i32;
    for mail in mails {
        // The text weighs more than a subject, which often only repeats the French words of the notice.
        balance += 2 * words_balance(mail.own_text) + words_balance(mail.subject).signum();
    }
    if balance.abs() >= 2 {
        return of_balance(balance);
    }
    let read = |kind: DocumentKind| {
        pieces
            .iter()
            .filter(|(piece, _)| piece.kind == kind)
            .filter_map(|(_, language)| *language)
            .find(|language| *language == Language::FRENCH || *language == Language::ENGLISH)
    };
    if let Some(language) = read(DocumentKind::MotivationLetter).or_else(|| read(DocumentKind::Cv)) {
        return language;
    }
    if balance != 0 {
        return of_balance(balance);
    }
    match preferred {
        Some(language) if language == Language::ENGLISH => Language::ENGLISH,
        _ => Language::FRENCH,
    }
}

fn of_balance(balance: i32) -> Language {
    if balance > 0 { Language::FRENCH } else { Language::ENGLISH }
}

/// French words minus English words among the first 400.
fn words_balance(text: &str) -> i32 {
    let folded = key(&text.replace(['\'', '’'], " "));
    folded.split(' ').take(400).map(|word| i32::from(FRENCH_WORDS.contains(&word)) - i32::from(ENGLISH_WORDS.contains(&word))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_mails_are_answered_in_their_own_language() {
        let check = |subject: &str, own_text: &str, expected: Language| {
            let mail = MailHint { from_name: None, from_address: "a@example.org", subject, own_text, programmes: &[] };
            assert_eq!(correspondence_language(&[mail], &[], None), expected, "{subject} / {own_text}");
        };
        check("Candidature", "Bonjour,", Language::FRENCH);
        check("Candidature", "Please find my documents attached.", Language::ENGLISH);
        check("Application MS Cyber", "Dear Sir or Madam,", Language::ENGLISH);
        check("", "", Language::FRENCH);
    }
}
