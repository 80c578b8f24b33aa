//! Finding known phrases in a page of text, tolerant of what OCR does to letters.
//!
//! A [`Lexicon`] is compiled once from a table of phrases; a page is folded once into a [`FoldedPage`] and can then be searched by several
//! lexicons. A word of six letters or more is recognised with one letter wrong, missing, added or swapped with its neighbour; shorter words
//! must be exact, since one letter makes another word of them. Refuses to know what the phrases mean: sections are only names here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::language::Language;
use crate::folding;

/// No page needs more than this to be recognised, and hostile ones must not cost more.
const LETTERS_READ_MAX: usize = 16_000;
/// Words of this many letters or more may have one letter wrong.
const TOLERANT_FROM_LETTERS: usize = 6;
/// Words of this many letters or more are taken for their feminine and plural too; among shorter ones that meets other languages' words.
const INFLECTED_FROM_LETTERS: usize = 8;
/// How many other words a gap (`..`) may stand for.
const GAP_WORDS_MAX: usize = 14;
/// What one wrong letter costs.
const WRONG_LETTER_FACTOR: f32 = 0.88;

/// A page as words ready to be compared, line by line.
#[derive(Debug, Default)]
pub struct FoldedPage {
    words: Vec<PageWord>,
    lines: Vec<FoldedLine>,
    /// Letters beyond the Latin ones stand on the page.
    has_other_script: bool,
}

#[derive(Debug)]
struct PageWord {
    text: String,
    line: usize,
}

#[derive(Debug, Default)]
struct FoldedLine {
    letters: usize,
}

impl FoldedPage {
    /// Folds the text, dropping empty lines. Words set in spaced letters (`R E L E V É`) are closed up.
    pub fn new(text: &str) -> FoldedPage {
        let mut page = FoldedPage::default();
        let mut letters_read = 0;
        for line in text.lines() {
            if letters_read > LETTERS_READ_MAX {
                break;
            }
            let line: String = line.chars().take(LETTERS_READ_MAX).collect();
            page.has_other_script |= is_in_other_script(&line);
            let words = close_up_spaced_letters(folding::tokens(&line));
            let letters: usize = words.iter().map(String::len).sum();
            if letters == 0 {
                continue;
            }
            letters_read += letters;
            let number = page.lines.len();
            page.lines.push(FoldedLine { letters });
            page.words.extend(words.into_iter().map(|text| PageWord { text, line: number }));
        }
        page
    }

    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.text.as_str())
    }

    /// Number of folded letters and digits.
    pub fn letters(&self) -> usize {
        self.lines.iter().map(|line| line.letters).sum()
    }

    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// The words of one line, counted from 0.
    pub fn words_of_line(&self, line: usize) -> impl Iterator<Item = &str> {
        self.words.iter().filter(move |word| word.line == line).map(|word| word.text.as_str())
    }

    fn line_of(&self, position: usize) -> usize {
        self.words.get(position).map_or(0, |word| word.line)
    }
}

/// Folding makes Latin letters of all: a Greek phrase would otherwise be found in an Italian text.
fn is_in_other_script(text: &str) -> bool {
    text.chars().any(|letter| letter.is_alphabetic() && !matches!(letter, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'))
}

/// Runs of four or more single letters become one word; scripts written without spaces fold to syllables and are not touched.
fn close_up_spaced_letters(words: Vec<String>) -> Vec<String> {
    let mut closed: Vec<String> = Vec::with_capacity(words.len());
    let mut run: Vec<String> = Vec::new();
    for word in words {
        if word.len() == 1 && word.chars().all(|letter| letter.is_ascii_alphabetic()) {
            run.push(word);
            continue;
        }
        flush_run(&mut run, &mut closed);
        closed.push(word);
    }
    flush_run(&mut run, &mut closed);
    closed
}

fn flush_run(run: &mut Vec<String>, closed: &mut Vec<String>) {
    if run.len() >= 4 {
        closed.push(run.concat());
        run.clear();
    } else {
        closed.append(run);
    }
}

/// Where on the page a phrase counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Anywhere,
    /// Only as most of a line among the first of the page.
    Title,
    /// Only as most of a line, wherever.
    Heading,
}

#[derive(Debug)]
struct Phrase {
    section: usize,
    weight: f32,
    place: Place,
    language: Option<Language>,
    steps: Vec<Step>,
    letters: usize,
    shown: String,
    /// Written in letters other than the Latin ones.
    in_other_script: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Word(u32),
    Gap,
}

/// A phrase found on a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit<'a> {
    /// The name of the section that the phrase stands under.
    pub section: &'a str,
    /// The phrase as the table spells it.
    pub phrase: &'a str,
    pub language: Option<Language>,
    /// Weight of the phrase, adjusted for its place on the page and for wrong letters.
    pub strength: f32,
    /// It makes up most of a line among the first of the page.
    pub is_title: bool,
    /// The line it begins on, counted from 0 without the empty ones.
    pub line: usize,
    first_word: usize,
    last_word: usize,
}

/// Phrases by section, compiled for searching.
#[derive(Debug, Default)]
pub struct Lexicon {
    sections: Vec<String>,
    phrases: Vec<Phrase>,
    words: Vec<String>,
    word_ids: HashMap<String, u32>,
    /// A tolerant word with one letter removed → the words it may come from (the symmetric-delete index of SymSpell).
    shortened: HashMap<String, Vec<u32>>,
    /// By first word: the phrases that begin with it.
    beginning_with: HashMap<u32, Vec<usize>>,
}

impl Lexicon {
    /// Compiles a table: `[section]` lines, then `language weight[T|H]: phrase; phrase`; `#` opens a comment.
    ///
    /// Lines that are no such thing are listed in the second value; the shipped tables are tested to have none.
    pub fn parse(table: &str) -> (Lexicon, Vec<String>) {
        let mut lexicon = Lexicon::default();
        let mut rejected = Vec::new();
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                lexicon.sections.push(section.to_owned());
            } else if lexicon.add_line(line).is_none() {
                rejected.push(line.to_owned());
            }
        }
        lexicon.forget_shared_languages();
        lexicon.index_shortened_words();
        (lexicon, rejected)
    }

    pub fn sections(&self) -> &[String] {
        &self.sections
    }

    fn add_line(&mut self, line: &str) -> Option<()> {
        let section = self.sections.len().checked_sub(1)?;
        let (head, phrases) = line.split_once(':')?;
        let (language, weight) = head.trim().split_once(' ')?;
        let (place, weight) = match weight.strip_suffix('T') {
            Some(number) => (Place::Title, number),
            None => weight.strip_suffix('H').map_or((Place::Anywhere, weight), |number| (Place::Heading, number)),
        };
        let weight: f32 = weight.parse().ok()?;
        let language = if language == "xx" { None } else { Some(Language::parse(language)?) };
        for shown in phrases.split(';').map(str::trim).filter(|phrase| !phrase.is_empty()) {
            self.add_phrase(shown, section, weight, place, language);
        }
        Some(())
    }

    fn add_phrase(&mut self, shown: &str, section: usize, weight: f32, place: Place, language: Option<Language>) {
        let mut steps = Vec::new();
        let mut words = Vec::new();
        for (index, part) in shown.split("..").enumerate() {
            if index > 0 {
                steps.push(Step::Gap);
            }
            for word in folding::tokens(part) {
                steps.push(Step::Word(self.word_id(&word)));
                words.push(word);
            }
        }
        let letters = words.iter().map(String::len).sum();
        let in_other_script = is_in_other_script(shown);
        // OCR and spaced titles run words together: the phrase written as one word is the same phrase.
        if words.len() > 1 && letters >= 10 && !steps.contains(&Step::Gap) {
            let joined = Step::Word(self.word_id(&words.concat()));
            self.push_phrase(Phrase { section, weight, place, language, steps: vec![joined], letters, shown: shown.to_owned(), in_other_script });
        }
        self.push_phrase(Phrase { section, weight, place, language, steps, letters, shown: shown.to_owned(), in_other_script });
    }

    fn push_phrase(&mut self, phrase: Phrase) {
        if let Some(Step::Word(first)) = phrase.steps.first() {
            self.beginning_with.entry(*first).or_default().push(self.phrases.len());
            self.phrases.push(phrase);
        }
    }

    fn word_id(&mut self, word: &str) -> u32 {
        if let Some(id) = self.word_ids.get(word) {
            return *id;
        }
        let id = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.words.push(word.to_owned());
        self.word_ids.insert(word.to_owned(), id);
        id
    }

    /// A phrase that several languages share (`diploma`) tells none of them.
    fn forget_shared_languages(&mut self) {
        let mut languages: HashMap<Vec<u32>, Vec<Option<Language>>> = HashMap::new();
        let key = |phrase: &Phrase| phrase.steps.iter().map(|step| if let Step::Word(id) = step { *id } else { u32::MAX }).collect::<Vec<u32>>();
        for phrase in &self.phrases {
            languages.entry(key(phrase)).or_default().push(phrase.language);
        }
        for phrase in &mut self.phrases {
            if languages.get(&key(phrase)).is_some_and(|all| all.iter().any(|other| *other != phrase.language)) {
                phrase.language = None;
            }
        }
    }

    fn index_shortened_words(&mut self) {
        for (word, id) in &self.word_ids {
            if word.len() >= TOLERANT_FROM_LETTERS {
                for shortened in one_letter_less(word) {
                    self.shortened.entry(shortened).or_default().push(*id);
                }
            }
        }
        for ids in self.shortened.values_mut() {
            ids.sort_unstable();
            ids.dedup();
        }
    }

    /// The known words that a word of a page may be: itself and its feminine or plural, or else those that are one wrong letter away.
    fn candidates(&self, word: &str) -> Vec<(u32, bool)> {
        let mut found: Vec<(u32, bool)> = self.word_ids.get(word).map(|id| (*id, true)).into_iter().collect();
        if word.len() < TOLERANT_FROM_LETTERS - 1 || word.chars().any(|letter| letter.is_ascii_digit()) {
            return found;
        }
        if !found.is_empty() && word.len() < INFLECTED_FROM_LETTERS {
            return found;
        }
        if !found.is_empty() {
            let inflected = [format!("{word}E"), format!("{word}S")];
            let shorter = word.strip_suffix(['E', 'S']).filter(|stem| stem.len() >= TOLERANT_FROM_LETTERS - 1);
            let same_word = inflected.iter().map(String::as_str).chain(shorter);
            found.extend(same_word.filter_map(|form| self.word_ids.get(form)).map(|id| (*id, true)));
            return found;
        }
        let mut near: Vec<u32> = self.shortened.get(word).into_iter().flatten().copied().collect();
        for shortened in one_letter_less(word) {
            if let Some(id) = self.word_ids.get(&shortened) {
                near.push(*id);
            }
            near.extend(self.shortened.get(&shortened).into_iter().flatten());
        }
        near.sort_unstable();
        near.dedup();
        for id in near {
            let known = self.words.get(id as usize).map_or("", String::as_str);
            if known.len() >= TOLERANT_FROM_LETTERS && strsim::osa_distance(known, word) <= 1 {
                found.push((id, false));
            }
        }
        found
    }

    /// Every phrase found, strongest first; of phrases of one section that overlap only the strongest is kept, and of repeated ones the first.
    pub fn search<'a>(&'a self, page: &FoldedPage) -> Vec<Hit<'a>> {
        let mut known: HashMap<&str, Vec<(u32, bool)>> = HashMap::new();
        for word in page.words() {
            known.entry(word).or_insert_with(|| self.candidates(word));
        }
        let meanings: Vec<&[(u32, bool)]> = page.words().map(|word| known.get(word).map_or(&[][..], Vec::as_slice)).collect();
        let mut hits = Vec::new();
        for (position, meaning) in meanings.iter().enumerate() {
            for (id, _) in meaning.iter() {
                for phrase in self.beginning_with.get(id).into_iter().flatten().filter_map(|index| self.phrases.get(*index)) {
                    if let Some((last, wrong_letters)) = match_steps(&phrase.steps, &meanings, position) {
                        hits.extend(self.weigh(phrase, page, position, last, wrong_letters));
                    }
                }
            }
        }
        keep_strongest(hits)
    }

    fn weigh<'a>(&'a self, phrase: &'a Phrase, page: &FoldedPage, first: usize, last: usize, wrong_letters: i32) -> Option<Hit<'a>> {
        let line = page.line_of(first);
        let line_letters = page.lines.get(line).map_or(1, |found| found.letters).max(1);
        let fills_line = phrase.letters as f32 / line_letters as f32;
        let lines = page.line_count();
        let near_top = line < 5.max(lines.min(60) * 3 / 10);
        let is_title = near_top && fills_line >= 0.4;
        if phrase.in_other_script && !page.has_other_script {
            return None;
        }
        let factor = match phrase.place {
            Place::Title if !is_title => return None,
            Place::Heading if fills_line < 0.55 => return None,
            Place::Title | Place::Heading => 1.0,
            Place::Anywhere if is_title => 1.5,
            Place::Anywhere if near_top => 1.1,
            Place::Anywhere if lines > 25 && line * 2 > lines => 0.85,
            Place::Anywhere => 1.0,
        };
        let strength = phrase.weight * factor * WRONG_LETTER_FACTOR.powi(wrong_letters);
        let section = self.sections.get(phrase.section)?;
        Some(Hit { section, phrase: &phrase.shown, language: phrase.language, strength, is_title, line, first_word: first, last_word: last })
    }
}

/// Follows the steps of a phrase from a position: the last word's position and the number of words with a wrong letter.
fn match_steps(steps: &[Step], meanings: &[&[(u32, bool)]], position: usize) -> Option<(usize, i32)> {
    let mut at = position;
    let mut wrong_letters = 0;
    let mut gap = false;
    let mut last = position;
    for step in steps {
        let Step::Word(wanted) = step else {
            gap = true;
            continue;
        };
        let reach = if gap { GAP_WORDS_MAX + 1 } else { 1 };
        let (found, exact) = (at..at + reach).find_map(|place| {
            let meaning = meanings.get(place)?;
            meaning.iter().find(|(id, _)| id == wanted).map(|(_, exact)| (place, *exact))
        })?;
        wrong_letters += i32::from(!exact);
        last = found;
        at = found + 1;
        gap = false;
    }
    Some((last, wrong_letters))
}

fn keep_strongest(mut hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    hits.sort_by(|a, b| b.strength.total_cmp(&a.strength).then(a.first_word.cmp(&b.first_word)).then(a.phrase.cmp(b.phrase)));
    let mut taken: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut kept: Vec<Hit<'_>> = Vec::new();
    for hit in hits {
        let spans = taken.entry(hit.section).or_default();
        let overlaps = spans.iter().any(|(first, last)| hit.first_word <= *last && *first <= hit.last_word);
        if !overlaps && seen.insert((hit.section, hit.phrase)) {
            spans.push((hit.first_word, hit.last_word));
            kept.push(hit);
        }
    }
    kept
}

/// The word with each of its letters left out in turn; folded words are ASCII.
fn one_letter_less(word: &str) -> impl Iterator<Item = String> + '_ {
    word.char_indices().map(|(skipped, _)| word.char_indices().filter(|(index, _)| *index != skipped).map(|(_, letter)| letter).collect())
}

#[cfg(test)]
mod tests {
    use super::{FoldedPage, Lexicon};

    const TABLE: &str = "[record]\nfr 6: relevé de notes\nen 3T: transcript\n[work]\nfr 3: certifie .. est employé";

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let (lexicon, rejected) = Lexicon::parse(TABLE);
        assert!(rejected.is_empty());
        let page = FoldedPage::new(text);
        let found: Vec<_> = lexicon.search(&page).iter().map(|hit| (hit.section.to_owned(), hit.phrase.to_owned())).collect();
        let expected: Vec<_> = expected.iter().map(|(section, phrase)| ((*section).to_owned(), (*phrase).to_owned())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn phrases_are_found_whatever_ocr_did_to_one_letter() {
        check("RELEVÉ DE NOTES", &[("record", "relevé de notes")]);
        check("Releve de notes", &[("record", "relevé de notes")]);
        check("RELEVF DE NOTES", &[("record", "relevé de notes")]);
        check("RELEVÉDENOTES", &[("record", "relevé de notes")]);
        check("R E L E V E D E N O T E S", &[("record", "relevé de notes")]);
        check("relevé de comptes", &[]);
        check("REVELE DE NOTES", &[]);
    }

    #[test]
    fn titles_count_only_as_titles() {
        check("Transcript\nof Ms Doe", &[("record", "transcript")]);
        check("The candidate sent us a transcript of her studies last week by post", &[]);
    }

    #[test]
    fn a_gap_stands_for_a_few_words() {
        check("Je certifie que Mme Rose Martin est employée chez nous", &[("work", "certifie .. est employé")]);
        check("certifie aa bb cc dd ee ff gg hh ii jj kk ll mm nn oo pp qq est employé", &[]);
    }

    #[test]
    fn a_huge_page_is_cut() {
        let page = FoldedPage::new(&"mot ".repeat(100_000));
        assert!(page.letters() <= 16_000);
    }
}
