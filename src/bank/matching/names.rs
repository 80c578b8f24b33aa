//! Names on transfers: which candidates a text names, fully or in part.
//!
//! A name is found token by token and never by the likeness of whole strings, for that takes brothers for one another. Every token of the
//! family name and one whole given name, near each other, make a full name.

use std::collections::{BTreeMap, BTreeSet};

use crate::bank::matching::{Payee, words};
use crate::domain::person::PersonName;
use crate::folding;

/// How a token was found, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    Exact,
    /// Another spelling of the same sounds (`Mohammed`, `Müller` and `Mueller`).
    Spelling,
    /// One slip of the hand.
    Slip,
    /// The text stops within the token.
    Cut,
}

/// How much of a person's name stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    Given,
    Family,
    /// The family name and the given name's first letter.
    FamilyInitial,
    /// A given name and a part of a family name of several words.
    Near,
    Full,
}

/// A person found in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameFound {
    pub fit: Fit,
    pub sureness: Sureness,
    /// Places of the zone's words taken by the family name, and by the given name.
    pub family_places: BTreeSet<usize>,
    pub given_places: BTreeSet<usize>,
}

/// Stands, often enough, for a `+` or `&`: what is left of it and what is right of it are no one name.
pub const APART: &str = "+";

/// Words of one zone of a movement (payer, text), folded.
#[derive(Debug, Clone, Default)]
pub struct Zone {
    pub raw: String,
    pub words: Vec<String>,
}

impl Zone {
    pub fn new(raw: &str) -> Zone {
        let mut words = Vec::new();
        for (number, side) in raw.split(['+', '&']).enumerate() {
            if number > 0 {
                words.extend(std::iter::repeat_n(APART.to_owned(), GAP_WORDS_MAX + 2));
            }
            words.extend(folding::tokens(side));
        }
        Zone { raw: raw.to_owned(), words }
    }

    /// A field this full may have cut its last word.
    fn may_be_cut(&self) -> bool {
        self.raw.chars().count() >= 18
    }
}

type TokenId = usize;

/// One spelling of one payee's name.
struct Spelling {
    payee: usize,
    family: Vec<TokenId>,
    given: Vec<TokenId>,
    /// The parts written as one word; the same id as the token where the part has one.
    family_joined: TokenId,
    given_joined: TokenId,
    given_initial: Option<char>,
}

/// Every payee's names, ready to be looked for.
#[derive(Default)]
pub struct NameIndex {
    tokens: BTreeMap<String, TokenId>,
    token_texts: Vec<String>,
    by_sound: BTreeMap<String, Vec<TokenId>>,
    by_deletion: BTreeMap<String, Vec<TokenId>>,
    spellings: Vec<Spelling>,
    /// Family and given name written as one word, either way round, and whose name it is. Apart from the tokens, for every family
    /// name is the beginning of one.
    glued: BTreeMap<String, Vec<usize>>,
    /// Which spellings use a token.
    uses: BTreeMap<TokenId, Vec<usize>>,
}

/// What a zone's words are among all name tokens: token, how surely, at which places (several when it was written apart).
type Hits = BTreeMap<TokenId, Vec<(Sureness, BTreeSet<usize>)>>;

impl NameFound {
    /// Whether this name explains every word of the other one and more: `Marie-Christine` where the other is a `Marie` of that family.
    pub fn exceeds(&self, other: &NameFound) -> bool {
        let all = |found: &NameFound| -> BTreeSet<usize> { found.family_places.union(&found.given_places).copied().collect() };
        let (own, others) = (all(self), all(other));
        self.sureness <= Sureness::Spelling && own.len() > others.len() && others.is_subset(&own)
    }
}

impl NameIndex {
    pub fn new(payees: &[Payee]) -> NameIndex {
        let mut index = NameIndex::default();
        for (position, payee) in payees.iter().enumerate() {
            for name in &payee.names {
                for (family, given) in readings(name) {
                    index.add(position, &family, &given);
                }
            }
        }
        index
    }

    fn add(&mut self, payee: usize, family: &[String], given: &[String]) {
        if family.is_empty() || given.is_empty() {
            return;
        }
        let (family_text, given_text) = (family.concat(), given.concat());
        let spelling = Spelling {
            payee,
            family: family.iter().map(|token| self.token(token)).collect(),
            given: given.iter().map(|token| self.token(token)).collect(),
            family_joined: self.token(&family_text),
            given_joined: self.token(&given_text),
            given_initial: given_text.chars().next(),
        };
        let position = self.spellings.len();
        let all: BTreeSet<TokenId> =
            spelling.family.iter().chain(&spelling.given).chain([&spelling.family_joined, &spelling.given_joined]).copied().collect();
        for token in all {
            self.uses.entry(token).or_default().push(position);
        }
        for text in [format!("{family_text}{given_text}"), format!("{given_text}{family_text}")] {
            self.glued.entry(text).or_default().push(position);
        }
        self.spellings.push(spelling);
    }

    fn token(&mut self, text: &str) -> TokenId {
        if let Some(id) = self.tokens.get(text) {
            return *id;
        }
        let id = self.token_texts.len();
        self.tokens.insert(text.to_owned(), id);
        self.token_texts.push(text.to_owned());
        self.by_sound.entry(sound(text)).or_default().push(id);
        if text.len() >= 5 {
            for shorter in deletions(text).into_iter().chain([text.to_owned()]) {
                self.by_deletion.entry(shorter).or_default().push(id);
            }
        }
        id
    }

    /// The people a zone names, by payee. With `whole_names_only` those named by one token alone are left out, which is quick.
    pub fn find(&self, zone: &Zone, whole_names_only: bool) -> BTreeMap<usize, NameFound> {
        let hits = self.hits(zone, whole_names_only);
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for token in hits.keys() {
            for spelling in self.uses.get(token).into_iter().flatten() {
                *counts.entry(*spelling).or_insert(0) += 1;
            }
        }
        let mut found: BTreeMap<usize, NameFound> = BTreeMap::new();
        for (position, count) in counts {
            let Some(spelling) = self.spellings.get(position) else { continue };
            if whole_names_only && count < 2 {
                continue;
            }
            let Some(name) = fit(spelling, &hits, zone) else { continue };
            match found.get(&spelling.payee) {
                Some(before) if (before.fit, std::cmp::Reverse(before.sureness)) >= (name.fit, std::cmp::Reverse(name.sureness)) => {}
                _ => {
                    found.insert(spelling.payee, name);
                }
            }
        }
        for (place, word) in zone.words.iter().enumerate() {
            for payee in
                self.glued.get(word).into_iter().flatten().filter_map(|spelling| self.spellings.get(*spelling)).map(|spelling| spelling.payee)
            {
                let places = BTreeSet::from([place]);
                found.insert(payee, NameFound { fit: Fit::Full, sureness: Sureness::Exact, family_places: places.clone(), given_places: places });
            }
        }
        found
    }

    /// Others who share a family name, or whose given name is this family name.
    pub fn relatives(&self, payee: usize) -> BTreeSet<usize> {
        let mut relatives = BTreeSet::new();
        for spelling in self.spellings.iter().filter(|spelling| spelling.payee == payee) {
            for token in spelling.family.iter().chain([&spelling.family_joined]) {
                let users = self.uses.get(token).into_iter().flatten().filter_map(|position| self.spellings.get(*position));
                relatives.extend(users.map(|spelling| spelling.payee));
            }
        }
        relatives.remove(&payee);
        relatives
    }

    fn hits(&self, zone: &Zone, quick: bool) -> Hits {
        let mut hits = Hits::new();
        let mut hit = |token: TokenId, sureness: Sureness, places: BTreeSet<usize>| {
            let entry = hits.entry(token).or_default();
            if !entry.iter().any(|(_, before)| *before == places) {
                entry.push((sureness, places));
            }
        };
        for (place, word) in zone.words.iter().enumerate().take(60) {
            let mut joined = String::new();
            for (more, next) in zone.words.iter().skip(place).take(4).enumerate() {
                joined.push_str(next);
                let places: BTreeSet<usize> = (place..=place + more).collect();
                // Words written apart only count together when they make a longer one.
                if (more == 0 || joined.len() >= 5)
                    && let Some(token) = self.tokens.get(&joined)
                {
                    hit(*token, Sureness::Exact, places);
                }
            }
            if quick || word.len() < 3 || words::kind(word) < words::WordKind::Silent {
                continue;
            }
            for token in self.by_sound.get(&sound(word)).into_iter().flatten() {
                hit(*token, Sureness::Spelling, BTreeSet::from([place]));
            }
            if word.len() >= 5 {
                for shorter in deletions(word).into_iter().chain([word.clone()]) {
                    for token in self.by_deletion.get(&shorter).into_iter().flatten() {
                        if self.token_texts.get(*token).is_some_and(|text| strsim::osa_distance(text, word) <= 1) {
                            hit(*token, Sureness::Slip, BTreeSet::from([place]));
                        }
                    }
                }
            }
            let is_last = place + 1 == zone.words.len();
            if is_last && zone.may_be_cut() {
                let longer = self.tokens.range(word.clone()..).take_while(|(text, _)| text.starts_with(word.as_str())).take(200);
                for (_, token) in longer.filter(|_| word.len() >= 3) {
                    hit(*token, Sureness::Cut, BTreeSet::from([place]));
                }
            }
        }
        hits
    }
}

/// How a name may be split into family and given part. One that is only known as a whole is tried with its first and with its last word as given name.
fn readings(name: &PersonName) -> Vec<(Vec<String>, Vec<String>)> {
    let (family, given) = (name_tokens(&name.family), name_tokens(&name.given));
    let mut readings = Vec::new();
    if family.is_empty() || given.is_empty() {
        let all = name_tokens(&name.full);
        if all.len() >= 2 {
            for given_at in [0, all.len() - 1] {
                let rest = all.iter().enumerate().filter(|(place, _)| *place != given_at).map(|(_, token)| token.clone()).collect();
                readings.push((rest, all.get(given_at).cloned().into_iter().collect()));
            }
        }
        return readings;
    }
    readings.push((family, given));
    // German banks write the umlaut out, Danish ones the ring and the stroke.
    let (family, given) = (name_tokens(&written_out(&name.family)), name_tokens(&written_out(&name.given)));
    if readings.iter().all(|(one, other)| (one, other) != (&family, &given)) {
        readings.push((family, given));
    }
    readings
}

fn name_tokens(text: &str) -> Vec<String> {
    const TITLES: [&str; 8] = ["M", "MR", "MME", "MLLE", "MRS", "DR", "EPOUSE", "NEE"];
    let tokens: Vec<String> = folding::tokens(text).into_iter().filter(|token| !TITLES.contains(&token.as_str())).collect();
    if tokens.len() > 8 { Vec::new() } else { tokens }
}

fn written_out(text: &str) -> String {
    let mut written = String::new();
    for letter in text.chars() {
        match letter {
            'ä' | 'Ä' | 'æ' | 'Æ' => written.push_str("AE"),
            'ö' | 'Ö' | 'ø' | 'Ø' | 'œ' | 'Œ' => written.push_str("OE"),
            'ü' | 'Ü' => written.push_str("UE"),
            'å' | 'Å' => written.push_str("AA"),
            other => written.push(other),
        }
    }
    written
}

/// Spellings that one name takes in Latin letters, made one.
fn sound(token: &str) -> String {
    let mut text = token.to_owned();
    for (from, to) in [
        ("AE", "A"),
        ("OE", "O"),
        ("UE", "U"),
        ("OU", "U"),
        ("OO", "U"),
        ("EE", "I"),
        ("KS", "X"),
        ("PH", "F"),
        ("CK", "K"),
        ("DJ", "J"),
        ("TCH", "CH"),
        ("KH", "H"),
        ("GH", "G"),
        ("Y", "I"),
        ("W", "V"),
    ] {
        text = text.replace(from, to);
    }
    let mut squeezed = String::with_capacity(text.len());
    for letter in text.chars() {
        if !squeezed.ends_with(letter) {
            squeezed.push(letter);
        }
    }
    squeezed
}

fn deletions(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    (0..letters.len()).map(|gone| letters.iter().enumerate().filter(|(place, _)| *place != gone).map(|(_, letter)| *letter).collect()).collect()
}

/// A part of a name in a zone: how surely, and where. The surest readings first.
fn part(tokens: &[TokenId], joined: TokenId, hits: &Hits, all_needed: bool) -> Vec<(Sureness, BTreeSet<usize>)> {
    let mut found: Vec<(Sureness, BTreeSet<usize>)> = hits.get(&joined).cloned().unwrap_or_default();
    if all_needed {
        let mut worst = Sureness::Exact;
        let mut places = BTreeSet::new();
        let complete = tokens.iter().all(|token| {
            // The surest place not yet taken: two equal tokens need two places.
            let best = hits.get(token).into_iter().flatten().filter(|(_, at)| at.is_disjoint(&places)).min_by_key(|(sureness, _)| *sureness);
            best.is_some_and(|(sureness, at)| {
                worst = worst.max(*sureness);
                places.extend(at.iter().copied());
                true
            })
        });
        if complete && tokens.len() > 1 {
            found.push((worst, places));
        }
    } else {
        for token in tokens {
            found.extend(hits.get(token).cloned().unwrap_or_default());
        }
    }
    found.sort();
    found
}

/// Words between the two parts at most: a second given name, a particle.
const GAP_WORDS_MAX: usize = 2;

fn near_each_other(one: &BTreeSet<usize>, other: &BTreeSet<usize>) -> bool {
    if !one.is_disjoint(other) {
        return false;
    }
    one.iter().any(|a| other.iter().any(|b| a.abs_diff(*b) <= GAP_WORDS_MAX + 1))
}

fn fit(spelling: &Spelling, hits: &Hits, zone: &Zone) -> Option<NameFound> {
    let families = part(&spelling.family, spelling.family_joined, hits, true);
    let givens = part(&spelling.given, spelling.given_joined, hits, false);
    let named = |fit: Fit, sureness: Sureness, family: &BTreeSet<usize>, given: &BTreeSet<usize>| NameFound {
        fit,
        sureness,
        family_places: family.clone(),
        given_places: given.clone(),
    };
    let best_pair = |families: &[(Sureness, BTreeSet<usize>)]| {
        let pairs = families.iter().flat_map(|family| givens.iter().map(move |given| (family.clone(), given.clone())));
        pairs.filter(|(family, given)| near_each_other(&family.1, &given.1)).min_by_key(|(family, given)| (family.0.max(given.0), family.0, given.0))
    };
    if let Some((family, given)) = best_pair(&families) {
        let given_places = with_further_given_names(spelling, hits, &family.1, &given.1);
        return Some(named(Fit::Full, family.0.max(given.0), &family.1, &given_places));
    }
    if spelling.family.len() > 1 {
        let partial: Vec<_> =
            spelling.family.iter().filter_map(|token| hits.get(token)).flatten().filter(|(_, places)| long_enough(zone, places)).cloned().collect();
        if let Some((family, given)) = best_pair(&partial) {
            return Some(named(Fit::Near, family.0.max(given.0), &family.1, &given.1));
        }
    }
    let none = BTreeSet::new();
    if let Some((sureness, places)) = families.first() {
        let initial = places.iter().flat_map(|place| [place.checked_sub(1), place.checked_add(1)]).flatten().find(|place| {
            let word = zone.words.get(*place).map(String::as_str).unwrap_or_default();
            word.len() == 1 && word.chars().next() == spelling.given_initial && !(word == "M" && *place == 0)
        });
        return Some(match initial {
            Some(place) => named(Fit::FamilyInitial, *sureness, places, &BTreeSet::from([place])),
            None => named(Fit::Family, *sureness, places, &none),
        });
    }
    if spelling.family.len() > 1 {
        let longest = spelling
            .family
            .iter()
            .filter_map(|token| hits.get(token))
            .flatten()
            .filter(|(_, places)| long_enough(zone, places))
            .min_by_key(|(sureness, _)| *sureness);
        if let Some((sureness, places)) = longest {
            return Some(named(Fit::Family, (*sureness).max(Sureness::Slip), places, &none));
        }
    }
    givens.first().map(|(sureness, places)| named(Fit::Given, *sureness, &none, places))
}

/// The places of a whole given name: what stands beside the word that was found and is a word of the same given name belongs to it.
fn with_further_given_names(spelling: &Spelling, hits: &Hits, family: &BTreeSet<usize>, given: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut places = given.clone();
    for _ in 1..spelling.given.len() {
        for at in spelling.given.iter().filter_map(|token| hits.get(token)).flatten().map(|(_, at)| at) {
            let beside = at.iter().any(|place| places.iter().any(|own| own.abs_diff(*place) == 1));
            if beside && at.is_disjoint(family) {
                places.extend(at);
            }
        }
    }
    places
}

/// A part of a compound family name must be more than a particle.
fn long_enough(zone: &Zone, places: &BTreeSet<usize>) -> bool {
    places.iter().any(|place| zone.words.get(*place).is_some_and(|word| word.len() >= 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payee(given: &str, family: &str) -> Payee {
        Payee { names: vec![PersonName::new(given, family)], ..Payee::default() }
    }

    fn fit_of(given: &str, family: &str, text: &str) -> Option<(Fit, Sureness)> {
        let index = NameIndex::new(&[payee(given, family)]);
        index.find(&Zone::new(text), false).get(&0).map(|found| (found.fit, found.sureness))
    }

    #[test]
    fn one_name_as_banks_print_it() {
        for (given, family, text, expected) in [
            ("Élodie", "Dupont", "MME DUPONT ELODIE", Some((Fit::Full, Sureness::Exact))),
            ("Élodie", "Dupont", "dossier Elodie Dupont", Some((Fit::Full, Sureness::Exact))),
            ("Jürgen", "Müller", "MUELLER JUERGEN", Some((Fit::Full, Sureness::Exact))),
            ("Hicham", "El Idrissi", "ELIDRISSI HICHAM", Some((Fit::Full, Sureness::Exact))),
            ("Anh", "Nguyen", "NGUYENANH", Some((Fit::Full, Sureness::Exact))),
            ("Mohammed", "Ben Salah", "BENSALAH MOHAMED", Some((Fit::Full, Sureness::Spelling))),
            ("Camille", "Renault-Picard", "FRAIS RENAULT-PICARD CAMILL", Some((Fit::Full, Sureness::Slip))),
            ("Camille", "Renault-Picard", "CAMILLE RENAULT", Some((Fit::Near, Sureness::Exact))),
            ("Bertille", "Fontanel", "VIREMENT MASTERE FONTANEL BER", Some((Fit::Full, Sureness::Cut))),
            ("Youssef", "Benali", "BENALI YASSINE", Some((Fit::Family, Sureness::Exact))),
            ("Youssef", "Benali", "BENALI Y", Some((Fit::FamilyInitial, Sureness::Exact))),
            ("Youssef", "Benali", "M OU MME BENALI", Some((Fit::Family, Sureness::Exact))),
            ("Marie", "Dupont", "DUPONT JEAN OU MME DURAND MARIE", Some((Fit::Family, Sureness::Exact))),
            ("Marie", "Dupont", "DURAND PAUL", None),
        ] {
            assert_eq!(fit_of(given, family, text), expected, "{text}");
        }
    }
}
