//! The letters about the state of a dossier, as their templates see them: fragments of sentences, ready-made where grammar is at stake.

mod subject;

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::domain::calendar::paris;
use crate::domain::document::DocumentKind;
use crate::domain::finding::Reason;
use crate::domain::letter::{ArchiveProblem, CandidateLetter, InventoryItem, LetterLanguage, MailReceived, StatusLetter, UnreadableItem};
use crate::domain::rules::Rules;
use crate::letters::context::FeeContext;
use crate::letters::typography::{capitalised, printable};
use crate::letters::wording::reasons::{ReasonWords, reason_words};
use crate::letters::wording::{self, English, French, Gender, kinds, languages};

/// File names are printed up to this length, which no honest name reaches.
const FILE_NAME_LENGTH_MAX: usize = 120;
/// Files named for one kind of document, and other files named at the end; the rest is counted.
const FILES_NAMED_MAX: usize = 12;
/// Files of one archive and one reason that are named one by one.
const ENTRIES_NAMED_MAX: usize = 5;

/// What a template about the state of a dossier may use.
#[derive(Serialize)]
pub(crate) struct StatusContext {
    /// `votre courriel du … et les 9 fichiers qu'il contenait`.
    received: String,
    /// The letter answers no mail in particular.
    no_mail: bool,
    /// For the subject: what is expected.
    expectation: String,
    /// A mail came, and no file in it, nor a link, nor an archive.
    no_file: bool,
    archives: Vec<ArchiveContext>,
    has_links: bool,
    /// `vos relevés de notes, …`, each a piece to send.
    missing: Vec<String>,
    translations: Vec<TranslationContext>,
    unreadable: Vec<UnreadableContext>,
    /// `et 12 autres fichiers de « pieces.zip », pour la même raison`.
    unreadable_more: Vec<String>,
    /// Wanted but not blocking.
    welcome: String,
    /// Missing, untranslated and unreadable together.
    n_asked: usize,
    /// The same as words: `deux pièces`.
    asked: String,
    /// Nothing but missing pieces and translations is asked for.
    asks_pieces_only: bool,
    inventory: Vec<InventoryContext>,
    /// `« a.pdf », « b.pdf » et 3 autres fichiers`, or empty.
    other_files: String,
    being_checked: bool,
    documents_complete: bool,
    complete: bool,
    fee: Option<FeeContext>,
    fee_credited: bool,
    /// With its date or "date à confirmer"; empty when no jury is aimed at.
    jury: String,
    /// Without date; empty when no jury is aimed at.
    jury_label: String,
    /// The end of the jury's cut-off day, when it is still ahead.
    cut_off: String,
    /// The announced deadline, when it is still ahead; and whatever it is.
    deadline_ahead: String,
    deadline: String,
    late: bool,
    visa_warning: bool,
}

#[derive(Serialize)]
struct ArchiveContext {
    /// Between quotation marks.
    name: String,
    why: String,
    what_to_do: String,
}

#[derive(Serialize)]
struct TranslationContext {
    /// `votre diplôme « licence.pdf »`.
    document: String,
    /// `en arabe`.
    in_language: String,
}

#[derive(Serialize)]
struct UnreadableContext {
    name: String,
    why: String,
    what_to_do: String,
}

#[derive(Serialize)]
struct InventoryContext {
    label: String,
    files: Vec<String>,
}

/// The unreadable files that a candidate may hear of.
pub(crate) fn speakable(items: &[UnreadableItem]) -> impl Iterator<Item = &UnreadableItem> {
    items.iter().filter(|item| reason_words(item.reason, French).is_some())
}

impl StatusContext {
    pub(crate) fn of(status: &StatusLetter, letter: &CandidateLetter, rules: &Rules) -> StatusContext {
        let language = letter.language;
        let archives: Vec<ArchiveContext> = status.archive_problems.iter().filter_map(|problem| archive(problem, language)).collect();
        let EntriesContext { named, more, count: n_entries } = entries(&status.archive_problems, language);
        let n_unreadable = speakable(&status.unreadable).count();
        let mut unreadable: Vec<UnreadableContext> = speakable(&status.unreadable).filter_map(|item| unreadable(item, language)).collect();
        unreadable.extend(named);
        // What a person must look at first is not told; but then nothing may be called complete either.
        let withheld = n_unreadable < status.unreadable.len() || archives.len() + n_entries < status.archive_problems.len();
        let being_checked = status.being_checked || withheld;
        let missing: Vec<String> = asked_kinds(status, false).map(|kind| kinds::asked(kind, rules, language)).collect();
        let n_asked = missing.len() + status.missing_translations.len() + n_unreadable + n_entries;
        let last_arrival = status.mails.last().map(|mail| paris(mail.arrived_at));
        let deadline_ahead = status.deadline.filter(|deadline| !status.late && last_arrival.is_none_or(|arrival| arrival <= *deadline));
        let cut_off_ahead =
            status.jury.as_ref().and_then(|jury| jury.cut_off).filter(|day| last_arrival.is_none_or(|arrival| arrival.date() <= *day));
        StatusContext {
            received: received(&status.mails, language),
            no_mail: status.mails.is_empty(),
            expectation: subject::expectation(status, letter.kind, n_asked, being_checked, language),
            no_file: status.mails.iter().all(|mail| mail.n_files == 0)
                && !status.mails.is_empty()
                && !status.has_links
                && status.archive_problems.is_empty(),
            archives,
            has_links: status.has_links,
            missing,
            translations: status
                .missing_translations
                .iter()
                .map(|item| TranslationContext {
                    document: format!("{} {}", kinds::yours(item.kind, language), file(&item.file_name, language)),
                    in_language: languages::in_language(item.language, language),
                })
                .collect(),
            asks_pieces_only: unreadable.is_empty(),
            unreadable,
            unreadable_more: more,
            welcome: wording::listed(&asked_kinds(status, true).map(|kind| kinds::asked(kind, rules, language)).collect::<Vec<_>>(), language),
            n_asked,
            asked: wording::pieces(n_asked, language),
            inventory: inventory(&status.inventory, language),
            other_files: other_files(&status.other_files, language),
            being_checked,
            documents_complete: status.documents_complete && !being_checked && n_asked == 0,
            complete: status.complete && !being_checked && n_asked == 0,
            fee: status.fee.as_ref().map(|fee| FeeContext::of(fee, rules, language)),
            fee_credited: status.fee_credited,
            jury: status.jury.as_ref().map(|jury| wording::jury(jury, language)).unwrap_or_default(),
            jury_label: status.jury.as_ref().map(|jury| wording::jury_label(jury, language).to_owned()).unwrap_or_default(),
            cut_off: cut_off_ahead.map(|day| wording::end_of(day, language)).unwrap_or_default(),
            deadline_ahead: deadline_ahead.map(|deadline| wording::date_time(deadline, language)).unwrap_or_default(),
            deadline: status.deadline.map(|deadline| wording::date_time(deadline, language)).unwrap_or_default(),
            late: status.late,
            visa_warning: status.visa_warning,
        }
    }
}

fn asked_kinds(status: &StatusLetter, not_blocking: bool) -> impl Iterator<Item = DocumentKind> + '_ {
    status.missing.iter().filter(move |item| item.not_blocking == not_blocking).map(|item| item.kind)
}

fn file(name: &str, language: LetterLanguage) -> String {
    wording::quoted(&printable(name, FILE_NAME_LENGTH_MAX), language)
}

/// A problem of an archive as a whole.
fn archive(problem: &ArchiveProblem, language: LetterLanguage) -> Option<ArchiveContext> {
    let ReasonWords { why, what_to_do } = reason_words(problem.reason, language).filter(|_| problem.entry.is_none())?;
    Some(ArchiveContext { name: file(&problem.archive_name, language), why, what_to_do })
}

/// Files inside archives that could not be read.
struct EntriesContext {
    named: Vec<UnreadableContext>,
    more: Vec<String>,
    count: usize,
}

/// Names the first files of each archive and reason, and counts the rest: an archive of two hundred locked files is one trouble.
fn entries(problems: &[ArchiveProblem], language: LetterLanguage) -> EntriesContext {
    let mut groups: BTreeMap<(&str, Reason), Vec<&str>> = BTreeMap::new();
    for problem in problems {
        if let Some(entry) = problem.entry.as_deref().filter(|_| reason_words(problem.reason, language).is_some()) {
            groups.entry((problem.archive_name.as_str(), problem.reason)).or_default().push(entry);
        }
    }
    let mut context = EntriesContext { named: Vec::new(), more: Vec::new(), count: groups.values().map(Vec::len).sum() };
    for ((archive_name, reason), names) in groups {
        let archive_name = file(archive_name, language);
        for name in names.iter().take(ENTRIES_NAMED_MAX) {
            let inside = match language {
                French => format!("{} (dans {archive_name})", file(name, language)),
                English => format!("{} (in {archive_name})", file(name, language)),
            };
            context.named.extend(reason_words(reason, language).map(|words| UnreadableContext {
                name: inside,
                why: words.why,
                what_to_do: words.what_to_do,
            }));
        }
        context.more.extend(match (names.len().saturating_sub(ENTRIES_NAMED_MAX), language) {
            (0, _) => None,
            (1, French) => Some(format!("Un autre fichier de {archive_name}, pour la même raison.")),
            (1, English) => Some(format!("One other file in {archive_name}, for the same reason.")),
            (n, French) => Some(format!("{n}\u{a0}autres fichiers de {archive_name}, pour la même raison.")),
            (n, English) => Some(format!("{n}\u{a0}other files in {archive_name}, for the same reason.")),
        });
    }
    context
}

fn unreadable(item: &UnreadableItem, language: LetterLanguage) -> Option<UnreadableContext> {
    let ReasonWords { why, what_to_do } = reason_words(item.reason, language)?;
    Some(UnreadableContext { name: file(&item.file_name, language), why, what_to_do })
}

/// What came, as the object of "nous avons bien reçu".
fn received(mails: &[MailReceived], language: LetterLanguage) -> String {
    let n_files: u32 = mails.iter().map(|mail| mail.n_files).sum();
    let arrivals: Vec<NaiveDateTime> = mails.iter().map(|mail| paris(mail.arrived_at)).collect();
    let times: Vec<String> = arrivals.iter().map(|arrival| wording::date_time(*arrival, language)).collect();
    let (mails_words, several) = match (times.as_slice(), language) {
        ([], French) => return String::from("votre candidature"),
        ([], English) => return String::from("your application"),
        ([only], French) => (format!("votre courriel du {only}"), false),
        ([only], English) => (format!("your e-mail of {only}"), false),
        ([_, .., last], _) if times.len() > 3 => {
            let count = wording::number(times.len(), Gender::Masculine, language);
            let words = match language {
                French => format!("vos {count} courriels, dont le dernier est du {last}"),
                English => format!("your {count} e-mails, the last one of {last}"),
            };
            (words, true)
        }
        _ => {
            let count = wording::number(times.len(), Gender::Masculine, language);
            let words = match language {
                French => format!("vos {count} courriels, du {} (heure de Paris)", days_and_hours(&arrivals, language)),
                English => format!("your {count} e-mails, of {} (Paris time)", days_and_hours(&arrivals, language)),
            };
            (words, true)
        }
    };
    let separator = if several { "," } else { "" };
    match (n_files, several, language) {
        (0, ..) => mails_words,
        (1, false, French) => format!("{mails_words} et le fichier qu'il contenait"),
        (1, true, French) => format!("{mails_words}{separator} et le fichier qu'ils contenaient"),
        (n, false, French) => format!("{mails_words} et les {n}\u{a0}fichiers qu'il contenait"),
        (n, true, French) => format!("{mails_words}{separator} et les {n}\u{a0}fichiers qu'ils contenaient"),
        (1, false, English) => format!("{mails_words} and the file in it"),
        (1, true, English) => format!("{mails_words}{separator} and the file in them"),
        (n, false, English) => format!("{mails_words} and the {n}\u{a0}files in it"),
        (n, true, English) => format!("{mails_words}{separator} and the {n}\u{a0}files in them"),
    }
}

/// `vendredi 1er mars 2024 à 13 h 32 et à 13 h 41`; a day is said once.
fn days_and_hours(arrivals: &[NaiveDateTime], language: LetterLanguage) -> String {
    let mut words = String::new();
    let mut day_before = None;
    for arrival in arrivals {
        let hour = wording::hour(*arrival, language);
        let day = (day_before != Some(arrival.date())).then(|| wording::date(arrival.date(), language));
        let joined = match (day, day_before.is_some(), language) {
            (Some(day), false, French) => format!("{day} à\u{a0}{hour}"),
            (Some(day), true, French) => format!(" et du {day} à\u{a0}{hour}"),
            (None, _, French) => format!(" et à\u{a0}{hour}"),
            (Some(day), false, English) => format!("{day}, {hour}"),
            (Some(day), true, English) => format!(" and of {day}, {hour}"),
            (None, _, English) => format!(" and {hour}"),
        };
        words.push_str(&joined);
        day_before = Some(arrival.date());
    }
    words
}

/// One row for each nature of document, in the order given.
fn inventory(items: &[InventoryItem], language: LetterLanguage) -> Vec<InventoryContext> {
    let mut rows: Vec<InventoryContext> = Vec::new();
    for item in items {
        let label = inventory_label(item, language);
        let line = inventory_file(item, language);
        match rows.iter_mut().find(|row| row.label == label) {
            Some(row) => row.files.push(line),
            None => rows.push(InventoryContext { label, files: vec![line] }),
        }
    }
    for row in &mut rows {
        if row.files.len() > FILES_NAMED_MAX + 1 {
            let left_out = row.files.len() - FILES_NAMED_MAX;
            row.files.truncate(FILES_NAMED_MAX);
            row.files.push(match language {
                French => format!("et {left_out}\u{a0}autres fichiers"),
                English => format!("and {left_out}\u{a0}other files"),
            });
        }
    }
    rows
}

fn inventory_label(item: &InventoryItem, language: LetterLanguage) -> String {
    let noun = kinds::noun(item.kind, language);
    let named_language = item.language.map(|written_in| languages::in_language(written_in, language));
    match (item.is_translation, named_language, language) {
        (true, Some(target), French) => format!("{} (traduction {target})", capitalised(noun)),
        (true, Some(target), English) => format!("{} (translation {})", capitalised(noun), target.replacen("in ", "into ", 1)),
        (true, None, French) => format!("{} (traduction)", capitalised(noun)),
        (true, None, English) => format!("{} (translation)", capitalised(noun)),
        (false, Some(written_in), _) => format!("{} ({written_in})", capitalised(noun)),
        (false, None, _) => capitalised(noun),
    }
}

fn inventory_file(item: &InventoryItem, language: LetterLanguage) -> String {
    let name = printable(&item.file_name, FILE_NAME_LENGTH_MAX);
    match (item.pages, language) {
        (None, _) => name,
        (Some((first, last)), _) if first == last => format!("{name}, page\u{a0}{first}"),
        (Some((first, last)), French) => format!("{name}, pages\u{a0}{first}\u{a0}à\u{a0}{last}"),
        (Some((first, last)), English) => format!("{name}, pages\u{a0}{first}\u{a0}to\u{a0}{last}"),
    }
}

fn other_files(names: &[String], language: LetterLanguage) -> String {
    let mut named: Vec<String> = names.iter().take(FILES_NAMED_MAX).map(|name| file(name, language)).collect();
    match (names.len().saturating_sub(FILES_NAMED_MAX), language) {
        (0, _) => {}
        (1, French) => named.push(String::from("un autre fichier")),
        (1, English) => named.push(String::from("one other file")),
        (n, French) => named.push(format!("{n}\u{a0}autres fichiers")),
        (n, English) => named.push(format!("{n}\u{a0}other files")),
    }
    wording::listed(&named, language)
}
