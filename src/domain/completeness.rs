//! Completeness (*complétude*): the checklist of the rules held against the documents, three-valued throughout.
//!
//! It clears, asks, or doubts; it never refuses. Doubt stands in `to_check` for the assistant and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::document::{DocumentKind, DocumentReading, Financing};
use crate::domain::dossier::{
    Corrections, DocumentState, DocumentStatus, DossierFacts, FileFacts, MissingTranslation, RequirementWord, ToCheck, UnreadableFile,
};
use crate::domain::finding::{Finding, Reason};
use crate::domain::language::Language;
use crate::domain::route::Route;
use crate::domain::rules::{CertaintyRules, Condition, Requirement, Rules};

/// What decides which lines of the checklist apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    pub route: Option<Route>,
    pub degree_in_progress: Option<bool>,
    pub financing: Option<Financing>,
}

/// The checklist's verdict.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checklist {
    pub documents: Vec<DocumentState>,
    pub missing: Vec<DocumentKind>,
    pub missing_not_blocking: Vec<DocumentKind>,
    pub missing_translations: Vec<MissingTranslation>,
    pub unreadable: Vec<UnreadableFile>,
    pub to_check: Vec<ToCheck>,
}

/// One document with the file that holds it and the kind a person may have given it.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    pub file: &'a FileFacts,
    pub reading: &'a DocumentReading,
    pub kind: DocumentKind,
    /// 1 when a person said so.
    pub certainty: f32,
}

/// The documents of a dossier, each content once, with corrections applied.
pub fn placed_documents<'a>(files: &'a [FileFacts], corrections: &Corrections) -> Vec<Placed<'a>> {
    let mut seen = BTreeSet::new();
    let mut placed = Vec::new();
    for file in files {
        if !seen.insert(file.sha256.as_str()) {
            continue;
        }
        for reading in &file.reading.documents {
            let first_page = reading.pages.first().copied().unwrap_or(1);
            let corrected = corrections.kinds.get(&(file.sha256.clone(), first_page)).copied();
            let kind = corrected.unwrap_or(reading.kind);
            placed.push(Placed { file, reading, kind, certainty: if corrected.is_some() { 1.0 } else { reading.certainty } });
        }
    }
    placed
}

/// Holds the checklist against a dossier.
pub fn check(facts: &DossierFacts, situation: Situation, rules: &Rules) -> Checklist {
    let placed = placed_documents(&facts.files, &facts.corrections);
    let mut checklist = Checklist { unreadable: unreadable_files(&facts.files), ..Checklist::default() };
    for requirement in &rules.requirements {
        check_requirement(requirement, &placed, facts, situation, rules, &mut checklist);
    }
    let pairing = pair_translations(&placed, &facts.corrections, &rules.certainty);
    checklist.missing_translations = pairing.missing;
    checklist.to_check.extend(pairing.doubtful);
    checklist.to_check.extend(doubts_about_forms(&placed, rules));
    checklist.to_check.extend(signs_of_fraud(facts, &placed));
    // The assistant's word on a requirement closes what was doubtful about it, and whether it has to be translated.
    let closed = |kind: DocumentKind| matches!(facts.corrections.requirements.get(&kind), Some(RequirementWord::Present | RequirementWord::Waived));
    checklist.to_check.retain(|check| check.reason == Reason::ForeignIban || !closed(check.requirement));
    checklist.missing_translations.retain(|item| !closed(item.kind));
    checklist.documents = document_states(&placed, &pairing.translation_of, &rules.certainty);
    checklist
}

/// Takes away the doubts that a person has looked at.
pub fn without_checked(to_check: &mut Vec<ToCheck>, corrections: &Corrections) {
    let looked_at = |check: &ToCheck| (check.reason.slug(), check.sha256.clone().unwrap_or_default());
    to_check.retain(|check| !corrections.checked.contains(&looked_at(check)));
}

/// Whether a line of the checklist applies: `None` when what decides it is not known.
fn applies(requirement: &Requirement, situation: Situation) -> Option<bool> {
    match requirement.when {
        Condition::Always => Some(true),
        Condition::Never => Some(false),
        Condition::DegreeObtained => situation.degree_in_progress.map(|in_progress| !in_progress),
        Condition::DegreeInProgress => situation.degree_in_progress,
        Condition::ExperienceRoute => situation.route.map(Route::needs_experience),
        Condition::DerogatoryRoute => situation.route.map(Route::is_derogatory),
        Condition::CompanyFunding => Some(situation.financing == Some(Financing::Company)),
    }
}

fn check_requirement(
    requirement: &Requirement,
    placed: &[Placed<'_>],
    facts: &DossierFacts,
    situation: Situation,
    rules: &Rules,
    checklist: &mut Checklist,
) {
    match facts.corrections.requirements.get(&requirement.kind) {
        Some(RequirementWord::Present | RequirementWord::Waived) => return,
        Some(RequirementWord::Missing) => {
            checklist.missing.push(requirement.kind);
            return;
        }
        None => {}
    }
    let (finding, evidence) = presence(requirement, placed, &facts.files, &rules.certainty);
    let doubt = |reason, checklist: &mut Checklist| {
        checklist.to_check.push(ToCheck {
            requirement: requirement.kind,
            sha256: evidence.map(|file| file.sha256.clone()),
            file_name: evidence.map(|file| file.name.clone()),
            reason,
        });
    };
    match (applies(requirement, situation), finding) {
        (Some(false), _) | (_, Finding::Passed) => {}
        (Some(true), Finding::Failed(_)) => {
            let route_slug = situation.route.map_or("", Route::slug);
            if requirement.not_blocking || requirement.not_blocking_for.iter().any(|slug| slug == route_slug) {
                checklist.missing_not_blocking.push(requirement.kind);
            }
            checklist.missing.push(requirement.kind);
        }
        (Some(true), Finding::Inconclusive(reason)) => doubt(reason, checklist),
        // With nothing received there is nothing to look at yet.
        (None, Finding::Failed(_)) if placed.is_empty() => {}
        (None, Finding::Failed(_) | Finding::Inconclusive(_)) => doubt(open_question(requirement.when), checklist),
    }
}

/// Why nobody knows whether a line applies.
fn open_question(condition: Condition) -> Reason {
    match condition {
        Condition::DegreeObtained | Condition::DegreeInProgress => Reason::DegreeInProgressUncertain,
        Condition::ExperienceRoute | Condition::DerogatoryRoute => Reason::RouteUndetermined,
        Condition::Always | Condition::CompanyFunding | Condition::Never => Reason::KindUncertain,
    }
}

/// Whether an original of the kind is there, and the file that speaks for it.
fn presence<'a>(
    requirement: &Requirement,
    placed: &[Placed<'a>],
    files: &'a [FileFacts],
    certainty: &CertaintyRules,
) -> (Finding, Option<&'a FileFacts>) {
    let wanted = |kind: DocumentKind| kind == requirement.kind || requirement.or.contains(&kind);
    let originals = || placed.iter().filter(|document| wanted(document.kind) && document.reading.translation.is_none());
    if let Some(best) = originals().filter(|document| document.certainty >= certainty.clear).max_by(|a, b| a.certainty.total_cmp(&b.certainty)) {
        return (Finding::Passed, Some(best.file));
    }
    if let Some(likely) = originals().filter(|document| document.certainty >= certainty.doubt).max_by(|a, b| a.certainty.total_cmp(&b.certainty)) {
        return (Finding::Inconclusive(Reason::KindUncertain), Some(likely.file));
    }
    // A document of an uncertain kind that may be this one; a translation whose original may be hidden in it.
    let possible = placed.iter().find(|document| {
        document.certainty < certainty.clear
            && (wanted(document.kind)
                || document.reading.runner_up.is_some_and(|(kind, probability)| wanted(kind) && probability >= POSSIBLE_PROBABILITY_MIN))
    });
    if let Some(possible) = possible {
        return (Finding::Inconclusive(Reason::KindUncertain), Some(possible.file));
    }
    // A file that bears the name of what lacks, and whose pages do not say plainly that they are something else.
    let bears_the_name = |document: &&Placed<'_>| document.file.reading.name_hint.is_some_and(wanted) && document.certainty < PLAIN_CERTAINTY_MIN;
    if let Some(named) = placed.iter().find(bears_the_name) {
        return (Finding::Inconclusive(Reason::KindUncertain), Some(named.file));
    }
    // A page that nobody could make out may be the card or the portrait, which bear few words.
    if matches!(requirement.kind, DocumentKind::IdentityDocument | DocumentKind::Photo)
        && let Some(unknown) = placed.iter().find(|document| is_unknown_picture(document, certainty))
    {
        return (Finding::Inconclusive(Reason::KindUncertain), Some(unknown.file));
    }
    // A text in which nothing was recognised may be anything: whoever wrote it in words unknown here has still sent it.
    if requirement.kind != DocumentKind::Photo
        && let Some(unknown) = placed.iter().find(|document| is_unknown_text(document, certainty))
    {
        return (Finding::Inconclusive(Reason::KindUncertain), Some(unknown.file));
    }
    let unread = files.iter().find(|file| {
        file.reading.readable
            && file.reading.findings.iter().any(|finding| matches!(finding.reason, Reason::PageNotReadNoEngine | Reason::PageNotRead))
            && file.reading.documents.iter().all(|document| document.certainty < certainty.clear)
    });
    match unread {
        Some(file) => (Finding::Inconclusive(Reason::PageNotRead), Some(file)),
        None => (Finding::Failed(Reason::KindUncertain), None),
    }
}

/// Nothing certain is known of it: its best guess is weak, or is "none of the list" for want of words.
fn is_unknown_picture(document: &Placed<'_>, certainty: &CertaintyRules) -> bool {
    document.certainty < certainty.clear && (document.kind == DocumentKind::Other || document.certainty < certainty.doubt)
}

/// Of no kind known, for want of any word known: nothing speaks for "none of the list" either.
fn is_unknown_text(document: &Placed<'_>, certainty: &CertaintyRules) -> bool {
    document.kind == DocumentKind::Other && document.certainty < certainty.doubt && document.reading.evidence.is_empty()
}

/// From this certainty on a page is what it says, whatever its file is called.
const PLAIN_CERTAINTY_MIN: f32 = 0.95;
/// A second guess below this probability raises no doubt.
const POSSIBLE_PROBABILITY_MIN: f32 = 0.15;

/// Files that could not be opened, each content once.
fn unreadable_files(files: &[FileFacts]) -> Vec<UnreadableFile> {
    let mut unreadable: Vec<UnreadableFile> = Vec::new();
    for file in files.iter().filter(|file| !file.reading.readable) {
        if unreadable.iter().any(|known| known.sha256 == file.sha256 && known.file_name == file.name) {
            continue;
        }
        let reason = file.reading.findings.first().map_or(Reason::FileDamaged, |finding| finding.reason);
        unreadable.push(UnreadableFile { sha256: file.sha256.clone(), file_name: file.name.clone(), reason, name_hint: file.reading.name_hint });
    }
    unreadable
}

/// What a person should see about an application form that is there.
fn doubts_about_forms(placed: &[Placed<'_>], rules: &Rules) -> Vec<ToCheck> {
    let forms: Vec<_> = placed.iter().filter(|document| document.kind == DocumentKind::ApplicationForm).collect();
    let reason_of = |document: &Placed<'_>| {
        let form = document.reading.facts.form.as_ref()?;
        if form.filled == Some(false) {
            Some(Reason::FormEmpty)
        } else if form.season.as_ref().is_some_and(|season| *season != rules.season) {
            Some(Reason::FormOtherSeason)
        } else {
            None
        }
    };
    if forms.iter().any(|document| reason_of(document).is_none()) {
        return Vec::new();
    }
    forms
        .iter()
        .filter_map(|document| {
            Some(ToCheck {
                requirement: DocumentKind::ApplicationForm,
                sha256: Some(document.file.sha256.clone()),
                file_name: Some(document.file.name.clone()),
                reason: reason_of(document)?,
            })
        })
        .collect()
}

/// A mail or a document that announces another IBAN for the school (procedure 5).
fn signs_of_fraud(facts: &DossierFacts, placed: &[Placed<'_>]) -> Vec<ToCheck> {
    let check = |file: Option<&FileFacts>| ToCheck {
        requirement: DocumentKind::PaymentProof,
        sha256: file.map(|file| file.sha256.clone()),
        file_name: file.map(|file| file.name.clone()),
        reason: Reason::ForeignIban,
    };
    let in_documents = placed.iter().filter(|document| document.reading.facts.foreign_iban_for_school).map(|document| check(Some(document.file)));
    let in_mails = facts.mails.iter().filter(|mail| mail.names_foreign_iban).map(|_| check(None));
    in_documents.chain(in_mails).collect()
}

/// What pairing found.
#[derive(Debug, Default)]
struct Pairing {
    /// Index of the original of each translation, by indices into the placed documents.
    translation_of: BTreeMap<usize, usize>,
    missing: Vec<MissingTranslation>,
    doubtful: Vec<ToCheck>,
}

/// Pairs translations with originals: first what follows its original in the same file, then by kind and years, then by kind alone.
fn pair_translations(placed: &[Placed<'_>], corrections: &Corrections, certainty: &CertaintyRules) -> Pairing {
    let waived = |document: &Placed<'_>| {
        let first_page = document.reading.pages.first().copied().unwrap_or(1);
        corrections.translations_waived.contains(&(document.file.sha256.clone(), first_page))
    };
    let foreign = |document: &Placed<'_>| {
        document.kind.needs_translation()
            && document.reading.translation.is_none()
            && !waived(document)
            && !document.reading.languages.is_empty()
            && document.reading.languages.iter().all(|language| !language.is_read_by_the_school())
    };
    let originals: Vec<usize> = indices(placed, foreign);
    let mut translations: BTreeSet<usize> = indices(placed, |document| document.reading.translation.is_some()).into_iter().collect();
    let mut pairing = Pairing::default();
    let mut unpaired = originals;
    for fits in [follows_in_file, same_kind_and_years, same_kind_in_file, same_kind] {
        unpaired.retain(|&original| {
            let found = translations.iter().copied().find(|&translation| match (placed.get(original), placed.get(translation)) {
                (Some(original), Some(translation)) => fits(original, translation),
                _ => false,
            });
            if let Some(translation) = found {
                translations.remove(&translation);
                pairing.translation_of.insert(translation, original);
            }
            found.is_none()
        });
    }
    // A translation left over, or one that covers several originals, may be the one that seems to lack: then a person looks.
    let leftover: Vec<&Placed<'_>> = translations.iter().filter_map(|&index| placed.get(index)).collect();
    for document in unpaired.iter().filter_map(|&index| placed.get(index)) {
        let language = document.reading.languages.first().copied().unwrap_or(Language::FRENCH);
        let maybe = leftover.iter().any(|translation| translation.kind == document.kind || translation.certainty < certainty.clear);
        let unsure = document.certainty < certainty.clear || document.reading.language_certainty < certainty.ask_translation;
        if maybe || unsure {
            pairing.doubtful.push(ToCheck {
                requirement: document.kind,
                sha256: Some(document.file.sha256.clone()),
                file_name: Some(document.file.name.clone()),
                reason: Reason::TranslationUncertain,
            });
        } else if !pairing.missing.iter().any(|known| known.sha256 == document.file.sha256 && known.kind == document.kind) {
            pairing.missing.push(MissingTranslation {
                kind: document.kind,
                sha256: document.file.sha256.clone(),
                file_name: document.file.name.clone(),
                language,
            });
        }
    }
    pairing
}

fn indices(placed: &[Placed<'_>], wanted: impl Fn(&Placed<'_>) -> bool) -> Vec<usize> {
    placed.iter().enumerate().filter(|(_, document)| wanted(document)).map(|(index, _)| index).collect()
}

fn follows_in_file(original: &Placed<'_>, translation: &Placed<'_>) -> bool {
    same_kind_in_file(original, translation)
        && original.reading.pages.last().is_some_and(|last| translation.reading.pages.first() == Some(&(last + 1)))
}

fn same_kind_in_file(original: &Placed<'_>, translation: &Placed<'_>) -> bool {
    original.file.sha256 == translation.file.sha256 && same_kind(original, translation)
}

fn same_kind_and_years(original: &Placed<'_>, translation: &Placed<'_>) -> bool {
    let (years, translated) = (&original.reading.facts.academic_years, &translation.reading.facts.academic_years);
    same_kind(original, translation) && !years.is_empty() && years == translated
}

/// An attestation of success is often translated under the name of the diploma it stands for.
fn same_kind(original: &Placed<'_>, translation: &Placed<'_>) -> bool {
    let degree = |kind| matches!(kind, DocumentKind::Diploma | DocumentKind::SuccessAttestation);
    original.kind == translation.kind || (degree(original.kind) && degree(translation.kind))
}

fn document_states(placed: &[Placed<'_>], translation_of: &BTreeMap<usize, usize>, certainty: &CertaintyRules) -> Vec<DocumentState> {
    let state = |(index, document): (usize, &Placed<'_>)| DocumentState {
        kind: document.kind,
        pages: document.reading.pages.clone(),
        file_pages: document.file.reading.pages,
        sha256: document.file.sha256.clone(),
        file_name: document.file.name.clone(),
        media_type: document.file.reading.media_type.clone(),
        languages: document.reading.languages.clone(),
        is_translation: document.reading.translation.is_some(),
        sworn: document.reading.translation.as_ref().and_then(|translation| translation.sworn),
        translation_of: translation_of.get(&index).and_then(|&original| placed.get(original)).map(|original| original.file.sha256.clone()),
        status: match document.kind {
            _ if document.certainty < certainty.clear => DocumentStatus::Uncertain,
            DocumentKind::Other => DocumentStatus::Kept,
            _ => DocumentStatus::Accepted,
        },
        certainty: document.certainty,
        evidence: document.reading.evidence.clone(),
    };
    placed.iter().enumerate().map(state).collect()
}
