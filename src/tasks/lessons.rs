//! What the assistant's corrections teach: the same file is never asked about twice, and a file of the same make less often.
//!
//! A lesson is her word on the kind of one document, with the words of that document's first page. It speaks only where the program itself
//! doubts or recognises nothing, only where it made the same guess as then, and only when nearly all words are the same; what it did stands in the evidence, with
//! the dossier she spoke about. Two lessons that contradict each other silence both.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use rusqlite::{Connection, Transaction};

use crate::domain::document::{DocumentKind, DocumentReading, PageText, RawReading};
use crate::domain::dossier::FileFacts;
use crate::folding::tokens;
use crate::store::{decided, mails};
use crate::wording;

/// From this share of common words on, her word is applied.
const SAME_MAKE: f32 = 0.75;
/// From this share on, it is offered.
const LIKE_MAKE: f32 = 0.5;
/// A page of fewer words has no make to be known by.
const N_WORDS_MIN: usize = 14;
const N_WORDS_MAX: usize = 400;

/// Everything taught so far.
#[derive(Debug, Default)]
pub struct Lessons {
    by_content: BTreeMap<(String, u32), (DocumentKind, String)>,
    by_make: Vec<Lesson>,
}

#[derive(Debug)]
struct Lesson {
    number: String,
    sha256: String,
    /// What the program had taken it for.
    guessed: DocumentKind,
    kind: DocumentKind,
    words: BTreeSet<String>,
}

/// What the lessons say of one document.
#[derive(Debug, Clone, PartialEq)]
enum Advice {
    Apply { kind: DocumentKind, why: String },
    Offer { kind: DocumentKind, why: String },
}

/// How what a lesson did begins in the evidence.
const AS_YOU_SAID: &str = "comme vous l'avez dit pour";

/// Whether a sign of the evidence is a lesson's.
pub fn is_ours(sign: &str) -> bool {
    sign.starts_with(AS_YOU_SAID)
}

/// Reads what was taught.
pub fn load(connection: &Connection) -> anyhow::Result<Lessons> {
    let mut lessons = Lessons::default();
    for taught in decided::taught_kinds(connection)? {
        if let Some((guessed, words)) = decided::document_shape(connection, &taught.sha256, taught.first_page)?
            && let Some(guessed) = DocumentKind::from_slug(&guessed)
        {
            let words: BTreeSet<String> = words.into_iter().collect();
            lessons.by_make.push(Lesson { number: taught.number.clone(), sha256: taught.sha256.clone(), guessed, kind: taught.kind, words });
        }
        lessons.by_content.insert((taught.sha256, taught.first_page), (taught.kind, taught.number));
    }
    Ok(lessons)
}

/// Keeps the shape of a document that a person has just named, so that it can teach.
pub fn learn(transaction: &Transaction<'_>, file: &mails::MailFileRow, first_page: u32) -> anyhow::Result<()> {
    let Some(document) = file.reading.documents.iter().find(|document| document.pages.first().copied().unwrap_or(1) == first_page) else {
        return Ok(());
    };
    let Some(raw) = mails::any_raw_reading(transaction, &file.sha256)? else { return Ok(()) };
    let words: Vec<String> = shape(&raw, document).into_iter().collect();
    decided::keep_document_shape(transaction, &file.sha256, first_page, document.kind.slug(), &words).context("learn a document's make")
}

/// The words of a document's first page that its make consists of: no figures, no names of people, each once.
fn shape(raw: &RawReading, document: &DocumentReading) -> BTreeSet<String> {
    let first_page = document.pages.first().copied().unwrap_or(1);
    let text = raw.pages.iter().find(|page: &&PageText| page.number == first_page).map_or("", |page| page.text.as_str());
    let names: BTreeSet<String> =
        document.facts.names.iter().flat_map(|name| tokens(&format!("{} {} {}", name.full, name.given, name.family))).collect();
    let is_of_the_make = |word: &String| word.len() >= 3 && !word.chars().any(|letter| letter.is_ascii_digit()) && !names.contains(word);
    tokens(text).into_iter().filter(is_of_the_make).take(N_WORDS_MAX).collect()
}

/// Share of common words among all words of both.
fn likeness(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f32 {
    if one.len() < N_WORDS_MIN || other.len() < N_WORDS_MIN {
        return 0.0;
    }
    let common = one.intersection(other).count();
    let all = one.len() + other.len() - common;
    // Counts of words of a page are exact in an f32.
    common as f32 / all as f32
}

impl Lessons {
    /// Applies what was taught to the files of a dossier. Her word on this very dossier comes after, and wins.
    pub fn apply(&self, connection: &Connection, number: &str, file: &mut FileFacts, clear: f32) -> anyhow::Result<()> {
        if self.by_content.is_empty() {
            return Ok(());
        }
        let mut raw = None;
        for document in &mut file.reading.documents {
            let first_page = document.pages.first().copied().unwrap_or(1);
            if let Some((kind, of)) = self.by_content.get(&(file.sha256.clone(), first_page)) {
                if of != number {
                    document.kind = *kind;
                    document.certainty = 1.0;
                    document.evidence.insert(0, format!("{AS_YOU_SAID} {of} (même fichier)"));
                }
                continue;
            }
            // "None of the list" is no knowledge, however sure of it the program is.
            let knows = document.certainty >= clear && document.kind != DocumentKind::Other;
            if knows || !self.by_make.iter().any(|lesson| lesson.guessed == document.kind) {
                continue;
            }
            if raw.is_none() {
                raw = mails::any_raw_reading(connection, &file.sha256)?;
            }
            let Some(raw) = &raw else { continue };
            match self.advice(&file.sha256, document.kind, &shape(raw, document)) {
                Some(Advice::Apply { kind, why }) => {
                    document.kind = kind;
                    document.certainty = document.certainty.max(clear);
                    document.evidence.insert(0, why);
                }
                Some(Advice::Offer { kind, why }) => {
                    document.runner_up = (kind != document.kind).then_some((kind, OFFERED_PROBABILITY)).or(document.runner_up);
                    document.evidence.insert(0, why);
                }
                None => {}
            }
        }
        Ok(())
    }

    fn advice(&self, sha256: &str, guessed: DocumentKind, words: &BTreeSet<String>) -> Option<Advice> {
        let mut alike: Vec<(f32, &Lesson)> = self
            .by_make
            .iter()
            .filter(|lesson| lesson.guessed == guessed && lesson.sha256 != sha256)
            .map(|lesson| (likeness(&lesson.words, words), lesson))
            .filter(|(likeness, _)| *likeness >= LIKE_MAKE)
            .collect();
        alike.sort_by(|one, other| other.0.total_cmp(&one.0));
        let (best, lesson) = alike.first()?;
        if alike.iter().any(|(_, other)| other.kind != lesson.kind) {
            return None;
        }
        let percent = (best * 100.0).round();
        let of = &lesson.number;
        Some(if *best >= SAME_MAKE {
            Advice::Apply { kind: lesson.kind, why: format!("{AS_YOU_SAID} {of} (même modèle de document, {percent}\u{a0}% des mots)") }
        } else {
            let named = wording::small_kind(lesson.kind);
            Advice::Offer {
                kind: lesson.kind,
                why: format!("ressemble à ce que vous avez nommé «\u{a0}{named}\u{a0}» pour {of} ({percent}\u{a0}% des mots)"),
            }
        })
    }
}

/// A second guess worth naming, no more.
const OFFERED_PROBABILITY: f32 = 0.3;

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> BTreeSet<String> {
        tokens(text).into_iter().collect()
    }

    const FORM: &str = "universite de tlemcen faculte des sciences attestation provisoire de reussite le doyen certifie que etudiant a subi avec succes \
         les epreuves sessions modules examens";

    fn lessons(kinds: &[(&str, DocumentKind, &str)]) -> Lessons {
        let by_make = kinds
            .iter()
            .map(|(number, kind, text)| Lesson {
                number: (*number).to_owned(),
                sha256: format!("file-of-{number}"),
                guessed: DocumentKind::Transcript,
                kind: *kind,
                words: words(text),
            })
            .collect();
        Lessons { by_content: BTreeMap::new(), by_make }
    }

    #[track_caller]
    fn check(lessons: &Lessons, text: &str, guessed: DocumentKind, expected: Option<(DocumentKind, bool)>) {
        let found = lessons.advice("another", guessed, &words(text)).map(|advice| match advice {
            Advice::Apply { kind, .. } => (kind, true),
            Advice::Offer { kind, .. } => (kind, false),
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_same_make_is_applied_a_similar_one_offered_another_left_alone() {
        let taught = lessons(&[("MS24-0001", DocumentKind::SuccessAttestation, FORM)]);
        let same = format!("{FORM} mention tres bien");
        check(&taught, &same, DocumentKind::Transcript, Some((DocumentKind::SuccessAttestation, true)));
        let similar: String = FORM.split_whitespace().take(16).collect::<Vec<_>>().join(" ") + " baccalaureat lycee annee scolaire";
        check(&taught, &similar, DocumentKind::Transcript, Some((DocumentKind::SuccessAttestation, false)));
        check(
            &taught,
            "curriculum vitae experience professionnelle competences langues loisirs formation objectif profil contact projets stages references permis",
            DocumentKind::Transcript,
            None,
        );
    }

    #[test]
    fn another_guess_is_another_question() {
        let taught = lessons(&[("MS24-0001", DocumentKind::SuccessAttestation, FORM)]);
        check(&taught, FORM, DocumentKind::Diploma, None);
    }

    #[test]
    fn a_page_of_few_words_teaches_nothing() {
        let taught = lessons(&[("MS24-0001", DocumentKind::Photo, "photo didentite couleur")]);
        check(&taught, "photo didentite couleur", DocumentKind::Transcript, None);
    }

    #[test]
    fn lessons_that_contradict_each_other_are_silent() {
        let taught = lessons(&[("MS24-0001", DocumentKind::SuccessAttestation, FORM), ("MS24-0002", DocumentKind::Diploma, FORM)]);
        check(&taught, FORM, DocumentKind::Transcript, None);
    }
}
