//! Where one document ends and the next begins, and what each of them is.
//!
//! Pages are weighed one by one (see `kind`), then the most likely sequence of documents is found by dynamic programming (Viterbi): every page
//! has a kind and either begins a document or continues the one before. A translation is always a document of its own.

mod boundary;

use std::collections::BTreeMap;

use crate::domain::document::{DocumentFacts, DocumentKind, DocumentReading, PageText, RawReading, TextSource, Translation};
use crate::domain::language::Language;
use crate::intake::understand::UnderstandingContext;
use crate::intake::understand::certainty::{self, Basis};
use crate::intake::understand::kind::lexicon::FoldedPage;
use crate::intake::understand::kind::{self, KindScores, Origin, PageEvidence};
use crate::intake::understand::language::{self, LanguageVerdict, TextTraits};
use crate::intake::understand::translation::{self, TranslationSigns};

/// Pages understood in one file; what follows belongs to the last document. Real dossiers stay under fifty.
const PAGES_MAX: usize = 300;
/// The best kind of a page scores at most this, the others less by as much as they trail it, so that one page cannot outvote all others.
const PAGE_SCORE_MAX: f32 = 10.0;
/// How much a change of kind costs beside what the boundary itself says.
const CHANGE_OF_KIND: f32 = -1.0;
/// Share of a translation's evidence that speaks for the page before it, its likely original.
const ORIGINAL_BEFORE_TRANSLATION: f32 = 0.35;
/// Phrases shown as evidence.
const EVIDENCE_MAX: usize = 5;

/// One page with all that it says by itself.
pub(crate) struct PageView<'a> {
    pub page: &'a PageText,
    pub folded: FoldedPage,
    pub evidence: PageEvidence,
    pub language: LanguageVerdict,
    pub translation: TranslationSigns,
}

impl PageView<'_> {
    /// Neither text nor picture: the empty back of a sheet.
    fn is_blank(&self) -> bool {
        self.evidence.is_silent() && !self.page.unread && self.page.portrait < 0.5 && self.page.ink < 0.004
    }

    pub fn is_translation(&self) -> bool {
        let best = self.evidence.scores.ranked().first().map_or(DocumentKind::Other, |(kind, _)| *kind);
        self.translation.strength >= translation::ENOUGH && translation::may_be_translated(best)
    }
}

/// Cuts a file into documents, each with its kind, languages and translation; facts are left empty.
pub fn segment(raw: &RawReading, context: &UnderstandingContext<'_>) -> Vec<DocumentReading> {
    let mut views: Vec<PageView<'_>> = raw.pages.iter().take(PAGES_MAX).map(|page| view(page, context)).collect();
    let emissions = emissions(&views);
    let path = most_likely_path(&views, &emissions);
    let mut documents: Vec<DocumentReading> = Vec::new();
    for (first, last, kind) in runs(&path) {
        if let (Some(pages), Some(scores)) = (views.get_mut(first..=last), emissions.get(first..=last)) {
            documents.push(document(kind, pages, scores));
        }
    }
    name_languages_of_originals(&mut documents, &views);
    append_pages_beyond_limit(&mut documents, raw);
    documents
}

fn view<'a>(page: &'a PageText, context: &UnderstandingContext<'_>) -> PageView<'a> {
    let folded = FoldedPage::new(&page.text);
    let evidence = kind::weigh(page, &folded, context);
    let translation = translation::signs(&folded);
    let hints = language_hints(&[&evidence], None);
    let language =
        language::languages(&page.text, TextTraits { ocr_confidence: ocr_confidence(page), hints: &hints, unread_script: page.unread_script });
    PageView { page, folded, evidence, language, translation }
}

fn ocr_confidence(page: &PageText) -> Option<f32> {
    (page.source == TextSource::Ocr).then_some(page.quality)
}

/// Languages of the phrases that were recognised, with their weight; all kinds, or one.
fn language_hints(evidence: &[&PageEvidence], kind: Option<DocumentKind>) -> BTreeMap<Language, f32> {
    let mut hints = BTreeMap::new();
    for sign in evidence.iter().flat_map(|page| page.signs.iter()) {
        if let Some(language) = sign.language.filter(|_| kind.is_none_or(|kind| kind == sign.kind)) {
            *hints.entry(language).or_insert(0.0) += sign.strength.min(6.0) * 0.5;
        }
    }
    hints
}

/// The score of every kind on every page, with what neighbouring pages lend.
fn emissions(views: &[PageView<'_>]) -> Vec<KindScores> {
    let mut all = Vec::with_capacity(views.len());
    for (index, view) in views.iter().enumerate() {
        let mut scores = KindScores::default();
        if index > 0 && view.is_blank() {
            all.push(scores);
            continue;
        }
        let next = views.get(index + 1).filter(|next| next.is_translation() && !view.is_translation());
        for kind in DocumentKind::ALL {
            scores.add(kind, capped(&view.evidence.scores, kind));
            if let Some(next) = next.filter(|_| kind.needs_translation() && !view.evidence.is_silent()) {
                scores.add(kind, ORIGINAL_BEFORE_TRANSLATION * capped(&next.evidence.scores, kind));
            }
        }
        all.push(scores);
    }
    all
}

fn capped(scores: &KindScores, kind: DocumentKind) -> f32 {
    let best = scores.ranked().first().map_or(0.0, |(_, score)| *score);
    (scores.get(kind) - (best - PAGE_SCORE_MAX).max(0.0)).max(0.0)
}

/// What the best path up to a page, ending in one kind, scores and where it came from.
#[derive(Debug, Clone, Copy)]
struct Step {
    kind: DocumentKind,
    score: f32,
    previous: DocumentKind,
    begins: bool,
}

/// The kind of every page and whether it begins a document.
fn most_likely_path(views: &[PageView<'_>], emissions: &[KindScores]) -> Vec<(DocumentKind, bool)> {
    let mut table: Vec<Vec<Step>> = Vec::with_capacity(views.len());
    let mut before: Option<&PageView<'_>> = None;
    for (view, scores) in views.iter().zip(emissions) {
        let row = match (before, table.last()) {
            (Some(before), Some(last)) => next_row(last, boundary::log_odds(before, view), scores),
            _ => DocumentKind::ALL.into_iter().map(|kind| Step { kind, score: scores.get(kind), previous: kind, begins: true }).collect(),
        };
        table.push(row);
        before = Some(view);
    }
    let mut path = Vec::with_capacity(table.len());
    let mut wanted =
        table.last().and_then(|row| row.iter().max_by(|a, b| a.score.total_cmp(&b.score).then(b.kind.cmp(&a.kind)))).map(|step| step.kind);
    for row in table.iter().rev() {
        let Some(step) = row.iter().find(|step| Some(step.kind) == wanted) else { break };
        path.push((step.kind, step.begins));
        wanted = Some(step.previous);
    }
    path.reverse();
    path
}

/// How much a kind tends to run over several pages.
fn continuation(kind: DocumentKind) -> f32 {
    match kind {
        DocumentKind::VappFile => 2.5,
        DocumentKind::ApplicationForm => 1.5,
        DocumentKind::Cv | DocumentKind::MotivationLetter | DocumentKind::RecommendationLetter | DocumentKind::IdentityDocument => 0.6,
        _ => 0.0,
    }
}

fn next_row(last: &[Step], boundary: f32, scores: &KindScores) -> Vec<Step> {
    let arrivals = |kind: DocumentKind| {
        last.iter().map(move |from| {
            let same = from.kind == kind;
            let begins = !same || boundary > continuation(kind) - boundary;
            let transition = if !same {
                boundary + CHANGE_OF_KIND
            } else if begins {
                boundary
            } else {
                continuation(kind) - boundary
            };
            Step { kind, score: from.score + transition + scores.get(kind), previous: from.kind, begins }
        })
    };
    let best = |kind| arrivals(kind).max_by(|a, b| a.score.total_cmp(&b.score).then(b.previous.cmp(&a.previous)));
    DocumentKind::ALL.into_iter().filter_map(best).collect()
}

/// First page, last page (both from 0) and kind of every document.
fn runs(path: &[(DocumentKind, bool)]) -> Vec<(usize, usize, DocumentKind)> {
    let mut runs: Vec<(usize, usize, DocumentKind)> = Vec::new();
    for (index, (kind, begins)) in path.iter().enumerate() {
        match runs.last_mut().filter(|_| !begins) {
            Some(run) => run.1 = index,
            None => runs.push((index, index, *kind)),
        }
    }
    runs
}

fn document(kind: DocumentKind, pages: &[PageView<'_>], emissions: &[KindScores]) -> DocumentReading {
    let mut scores = KindScores::default();
    for page in emissions {
        for kind in DocumentKind::ALL {
            scores.add(kind, page.get(kind));
        }
    }
    let (certainty, runner_up) = certainty::of_kind(kind, &scores, basis(kind, pages));
    let verdict = languages_of(kind, pages);
    let signs = strongest_translation(pages);
    let translated = translation::may_be_translated(kind) && signs.is_some_and(|signs| signs.strength >= translation::ENOUGH);
    let main = verdict.languages.first().copied();
    let translation = signs
        .filter(|signs| translated && (signs.source.is_none() || signs.source != main))
        .map(|signs| Translation { target: main.unwrap_or(Language::FRENCH), sworn: signs.sworn });
    let mut languages = verdict.languages;
    if translation.is_some() {
        languages.truncate(1);
    }
    let mut evidence: Vec<String> = Vec::new();
    if let Some(signs) = signs.filter(|_| translation.is_some()) {
        evidence.extend(signs.evidence.iter().take(2).map(|words| format!("traduction : {words}")));
    }
    let signs_of_kind = pages.iter().flat_map(|page| page.evidence.signs.iter()).filter(|sign| sign.kind == kind && sign.strength > 0.0);
    for sign in signs_of_kind {
        if evidence.len() < EVIDENCE_MAX && !evidence.contains(&sign.words) {
            evidence.push(sign.words.clone());
        }
    }
    DocumentReading {
        kind,
        pages: pages.iter().map(|view| view.page.number).collect(),
        languages,
        translation,
        certainty,
        runner_up,
        language_certainty: verdict.certainty,
        evidence,
        facts: DocumentFacts::default(),
    }
}

fn basis(kind: DocumentKind, pages: &[PageView<'_>]) -> Basis {
    if pages.iter().any(|view| !view.evidence.is_silent() && view.evidence.signs.iter().any(|sign| sign.kind == kind && sign.origin != Origin::Name))
    {
        return Basis::Pages;
    }
    if kind == DocumentKind::Photo
        && pages.iter().any(|view| view.evidence.signs.iter().any(|sign| sign.kind == kind && sign.origin == Origin::Picture && sign.strength >= 2.0))
    {
        return Basis::Portrait;
    }
    if kind == DocumentKind::Other && pages.iter().all(PageView::is_blank) {
        return Basis::Blank;
    }
    Basis::NameOnly
}

fn strongest_translation<'a>(pages: &'a [PageView<'_>]) -> Option<&'a TranslationSigns> {
    pages.iter().map(|view| &view.translation).max_by(|a, b| a.strength.total_cmp(&b.strength))
}

/// The languages of the document's whole text, helped by the phrases that gave its kind.
fn languages_of(kind: DocumentKind, pages: &[PageView<'_>]) -> LanguageVerdict {
    if let [only] = pages {
        let same_hints = only.evidence.signs.iter().all(|sign| sign.kind == kind || sign.language.is_none());
        if same_hints {
            return only.language.clone();
        }
    }
    let evidence: Vec<&PageEvidence> = pages.iter().map(|view| &view.evidence).collect();
    let hints = language_hints(&evidence, Some(kind));
    let text: String = pages.iter().map(|view| view.page.text.as_str()).collect::<Vec<_>>().join("\n");
    let ocr_confidence = pages.iter().filter_map(|view| ocr_confidence(view.page)).min_by(f32::total_cmp);
    let unread_script = pages.iter().find_map(|view| view.page.unread_script);
    language::languages(&text, TextTraits { ocr_confidence, hints: &hints, unread_script })
}

/// An original that could not be read (a script that the OCR engine does not know) is in the language that the translation after it names.
fn name_languages_of_originals(documents: &mut [DocumentReading], views: &[PageView<'_>]) {
    let source_named_on = |pages: &[u32]| {
        let on_these = views.iter().filter(|view| pages.contains(&view.page.number));
        on_these.filter_map(|view| view.translation.source).next()
    };
    let sources: Vec<Option<Language>> =
        documents.iter().map(|document| document.translation.as_ref().and_then(|_| source_named_on(&document.pages))).collect();
    for (document, source) in documents.iter_mut().zip(sources.into_iter().skip(1)) {
        let Some(source) = source else { continue };
        let undecided = document.languages.is_empty() || document.language_certainty < 0.75;
        if document.translation.is_none() && undecided && document.kind.needs_translation() {
            document.languages = vec![source];
            document.language_certainty = 0.8;
        }
    }
}

fn append_pages_beyond_limit(documents: &mut [DocumentReading], raw: &RawReading) {
    if let Some(last) = documents.last_mut() {
        last.pages.extend(raw.pages.iter().skip(PAGES_MAX).map(|page| page.number));
    }
}

#[cfg(test)]
mod tests;
