//! The letters about the state of a dossier, as their templates see them: fragments of sentences, ready-made where grammar is at stake.

mod subject;

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

use crate::domain::calendar::paris;
use crate::domain::document::DocumentKind;
use crate::domain::finding::Reason;
use crate::domain::letter::{ArchiveProblem, CandidateLetter, InventoryItem, LetterLanguage, MailReceived, StatusLetter, UnreadableItem};
use crate::domain::money::Cents;
use crate::domain::rules::Rules;
use crate::letters::context::FeeContext;
use crate::letters::file_names::{self, FileNames, path_of_entry};
use crate::letters::status::subject::Asked;
use crate::letters::typography::capitalised;
use crate::letters::wording::reasons::{ReasonWords, reason_words, what_to_do_with_several};
use crate::letters::wording::{self, English, French, Gender, kinds, languages};

/// Files named for one kind of document, and other files named at the end; the rest is counted.
const FILES_NAMED_MAX: usize = 12;
/// Closed files of one place and one reason that are named one by one; more than that are one trouble, told once.
const CLOSED_NAMED_MAX: usize = 5;
/// Of that one trouble, this many files are named.
const EXAMPLES: usize = 2;

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
    unreadable: Vec<ClosedContext>,
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
    after_last_jury: bool,
    late: bool,
    visa_warning: bool,
    /// The date for international candidates, where nobody knows whether this is one.
    international_date: String,
}

/// The state of a dossier whose fee has come.
#[derive(Serialize)]
pub(crate) struct FeeReceivedContext {
    #[serde(flatten)]
    status: StatusContext,
    amount: String,
    booked_on: String,
}

impl FeeReceivedContext {
    pub(crate) fn of(received: Cents, booked_on: NaiveDate, status: &StatusLetter, letter: &CandidateLetter, rules: &Rules) -> FeeReceivedContext {
        FeeReceivedContext {
            status: StatusContext::of(status, letter, rules),
            amount: wording::amount(received, letter.language),
            booked_on: wording::date(booked_on, letter.language),
        }
    }
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

/// A file that stayed closed, or many of them.
#[derive(Serialize)]
struct ClosedContext {
    /// `« acte.pdf »`, `113 fichiers de « pieces.zip », par exemple …`.
    name: String,
    /// `qui est endommagé`, `dont chacun est endommagé`.
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
        let names = FileNames::of(status);
        let closed = closed_files(status, &names, language);
        // What a person must look at first is not told; but then nothing may be called complete either.
        let n_told = closed.n_named + closed.n_together + archives.len();
        let withheld = n_told < status.unreadable.len() + status.archive_problems.len();
        let being_checked = status.being_checked || withheld;
        let missing: Vec<String> = asked_kinds(status, false).map(|kind| kinds::asked(kind, rules, language)).collect();
        let n_pieces = missing.len() + status.missing_translations.len() + closed.n_named;
        let n_asked = n_pieces + closed.n_together;
        let last_arrival = status.mails.last().map(|mail| paris(mail.arrived_at));
        let deadline_ahead = status.deadline.filter(|deadline| !status.late && last_arrival.is_none_or(|arrival| arrival <= *deadline));
        let cut_off_ahead =
            status.jury.as_ref().and_then(|jury| jury.cut_off).filter(|day| last_arrival.is_none_or(|arrival| arrival.date() <= *day));
        StatusContext {
            received: received(&status.mails, language),
            no_mail: status.mails.is_empty(),
            expectation: subject::expectation(status, letter.kind, &Asked { n_pieces, n_files_together: closed.n_together, being_checked }, language),
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
                    document: format!("{} {}", kinds::yours(item.kind, language), names.quoted(&item.file_name, language)),
                    in_language: languages::in_language(item.language, language),
                })
                .collect(),
            asks_pieces_only: closed.lines.is_empty(),
            unreadable: closed.lines,
            welcome: wording::listed(&asked_kinds(status, true).map(|kind| kinds::asked(kind, rules, language)).collect::<Vec<_>>(), language),
            n_asked,
            asked: wording::pieces(n_asked, language),
            inventory: inventory(&status.inventory, &names, language),
            other_files: other_files(&status.other_files, &names, language),
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
            after_last_jury: status.after_last_jury,
            late: status.late,
            visa_warning: status.visa_warning,
            international_date: status.international_date.map(|date| wording::date_time(date, language)).unwrap_or_default(),
        }
    }
}

fn asked_kinds(status: &StatusLetter, not_blocking: bool) -> impl Iterator<Item = DocumentKind> + '_ {
    status.missing.iter().filter(move |item| item.not_blocking == not_blocking).map(|item| item.kind)
}

/// A problem of an archive as a whole.
fn archive(problem: &ArchiveProblem, language: LetterLanguage) -> Option<ArchiveContext> {
    let ReasonWords { why, what_to_do } = reason_words(problem.reason, language).filter(|_| problem.entry.is_none())?;
    Some(ArchiveContext { name: file_names::quoted(&problem.archive_name, language), why, what_to_do })
}

/// Files that stayed closed, loose or inside archives.
#[derive(Default)]
struct ClosedFiles {
    lines: Vec<ClosedContext>,
    n_named: usize,
    /// Files that share a line with others.
    n_together: usize,
}

/// One line for each file; but many files of one place that share a reason are one trouble and one line.
fn closed_files(status: &StatusLetter, names: &FileNames, language: LetterLanguage) -> ClosedFiles {
    let mut groups: BTreeMap<(Option<&str>, Reason), Vec<String>> = BTreeMap::new();
    for item in speakable(&status.unreadable) {
        groups.entry((None, item.reason)).or_default().push(item.file_name.clone());
    }
    for problem in status.archive_problems.iter().filter(|problem| reason_words(problem.reason, language).is_some()) {
        if let Some(entry) = problem.entry.as_deref() {
            let path = path_of_entry(&problem.archive_name, entry);
            groups.entry((Some(problem.archive_name.as_str()), problem.reason)).or_default().push(path);
        }
    }
    let mut closed = ClosedFiles::default();
    for ((archive_name, reason), paths) in groups {
        if paths.len() > CLOSED_NAMED_MAX {
            closed.n_together += paths.len();
            closed.lines.extend(closed_together(archive_name, reason, &paths, names, language));
        } else {
            closed.n_named += paths.len();
            closed.lines.extend(paths.iter().filter_map(|path| closed_alone(names.quoted(path, language), reason, language)));
        }
    }
    closed
}

fn closed_alone(name: String, reason: Reason, language: LetterLanguage) -> Option<ClosedContext> {
    let ReasonWords { why, what_to_do } = reason_words(reason, language)?;
    let why = match language {
        French => format!("qui {why}"),
        English => format!("which {why}"),
    };
    Some(ClosedContext { name, why, what_to_do })
}

fn closed_together(
    archive_name: Option<&str>,
    reason: Reason,
    paths: &[String],
    names: &FileNames,
    language: LetterLanguage,
) -> Option<ClosedContext> {
    let why = reason_words(reason, language)?.why;
    let count = paths.len();
    let examples: Vec<String> = paths.iter().take(EXAMPLES).map(|path| names.quoted(path, language)).collect();
    let examples = wording::listed(&examples, language);
    let archive = archive_name.map(|name| file_names::quoted(name, language));
    let (name, why) = match (archive, language) {
        (Some(archive), French) => (format!("{count}\u{a0}fichiers de {archive}, par exemple {examples}"), format!("dont chacun {why}")),
        (None, French) => (format!("{count}\u{a0}fichiers, par exemple {examples}"), format!("dont chacun {why}")),
        (Some(archive), English) => (format!("{count}\u{a0}files in {archive}, for example {examples}"), format!("each of which {why}")),
        (None, English) => (format!("{count}\u{a0}files, for example {examples}"), format!("each of which {why}")),
    };
    Some(ClosedContext { name, why, what_to_do: what_to_do_with_several(reason, language) })
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

/// `vendredi 1er mars 2024 à 13 h 32, 13 h 41 et 13 h 50`; a day is said once.
fn days_and_hours(arrivals: &[NaiveDateTime], language: LetterLanguage) -> String {
    let mut days: Vec<(NaiveDate, Vec<String>)> = Vec::new();
    for arrival in arrivals {
        let hour = wording::hour(*arrival, language);
        match days.last_mut().filter(|(day, _)| *day == arrival.date()) {
            Some((_, hours)) => hours.push(hour),
            None => days.push((arrival.date(), vec![hour])),
        }
    }
    let days = days.into_iter().map(|(day, hours)| {
        let (day, hours) = (wording::date(day, language), wording::listed(&hours, language));
        match language {
            French => format!("{day} à\u{a0}{hours}"),
            English => format!("{day}, {hours}"),
        }
    });
    let between = match language {
        French => " et du ",
        English => " and of ",
    };
    days.collect::<Vec<_>>().join(between)
}

/// One row for each nature of document, in the order given.
fn inventory(items: &[InventoryItem], names: &FileNames, language: LetterLanguage) -> Vec<InventoryContext> {
    let mut rows: Vec<InventoryContext> = Vec::new();
    for item in items {
        let label = inventory_label(item, language);
        let line = inventory_file(item, names, language);
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

fn inventory_file(item: &InventoryItem, names: &FileNames, language: LetterLanguage) -> String {
    let name = names.plain(&item.file_name, language);
    match (item.pages, language) {
        (None, _) => name,
        (Some((first, last)), _) if first == last => format!("{name}, page\u{a0}{first}"),
        (Some((first, last)), French) => format!("{name}, pages\u{a0}{first}\u{a0}à\u{a0}{last}"),
        (Some((first, last)), English) => format!("{name}, pages\u{a0}{first}\u{a0}to\u{a0}{last}"),
    }
}

fn other_files(paths: &[String], names: &FileNames, language: LetterLanguage) -> String {
    let mut named: Vec<String> = paths.iter().take(FILES_NAMED_MAX).map(|path| names.quoted(path, language)).collect();
    match (paths.len().saturating_sub(FILES_NAMED_MAX), language) {
        (0, _) => {}
        (1, French) => named.push(String::from("un autre fichier")),
        (1, English) => named.push(String::from("one other file")),
        (n, French) => named.push(format!("{n}\u{a0}autres fichiers")),
        (n, English) => named.push(format!("{n}\u{a0}other files")),
    }
    wording::listed(&named, language)
}
