//! The creditor reference of a dossier (ISO 11649): issued once, printed in groups, found again in what banks leave of it.
//!
//! `RF`, two check digits, the season's prefix (`MS24`), six letters of an alphabet without look-alikes. The check digits alone are
//! no proof (modulo 97 over letters misses a substitution in three hundred): only membership in the set of issued references is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bank::compact;

/// No `1 I`, no `0 O`, one of each pair `2 Z`, `4 A`, `5 S`, `6 G`, `8 B`.
const ALPHABET: &[u8; 27] = b"ABCDEFGHJKLMNPQRSTUVWXYZ379";
const CODE_LENGTH: usize = 6;
/// Leading characters a cut reference must still have to be proposed.
const CUT_CHARACTERS_MIN: usize = 9;

/// An issued reference, compact: `RF47MS24A7K3Q9`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(String);

impl Reference {
    /// A reference written by a person or kept in the store. `None` when it is no ISO 11649 reference.
    pub fn parse(text: &str) -> Option<Reference> {
        let compact = compact(text);
        valid(&compact).then_some(Reference(compact))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Issues the reference of the dossier with this ordinal: the same for the same secret, ordinal and set of references already issued,
/// and not to be guessed from its neighbours.
///
/// The code differs in at least three places from every code issued before, whatever its prefix, so that one wrong character never
/// leads to another dossier; it holds a digit, so that it is never a word or a name.
pub fn issue(prefix: &str, secret: &[u8; 32], ordinal: u64, taken: &BTreeSet<String>) -> Reference {
    let mut last = String::new();
    // Three differences are always found before tens of thousands of dossiers; beyond, two and then one still tell them apart.
    for distance_min in [3usize, 2, 1] {
        for attempt in 0..4_000u32 {
            last = derived_code(prefix, secret, ordinal, attempt);
            let has_digit = last.bytes().any(|byte| byte.is_ascii_digit());
            if has_digit && taken.iter().all(|other| code_distance(&last, other) >= distance_min) {
                return with_check_digits(prefix, &last);
            }
        }
    }
    with_check_digits(prefix, &last)
}

fn derived_code(prefix: &str, secret: &[u8; 32], ordinal: u64, attempt: u32) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"guichet reference 1\0");
    hasher.update(secret);
    hasher.update(prefix.as_bytes());
    hasher.update(ordinal.to_be_bytes());
    hasher.update(attempt.to_be_bytes());
    let digest = hasher.finalize();
    let mut number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let mut code = String::with_capacity(CODE_LENGTH);
    for _ in 0..CODE_LENGTH {
        let letter = usize::try_from(number % 27).ok().and_then(|index| ALPHABET.get(index)).copied().unwrap_or(b'A');
        code.push(char::from(letter));
        number /= 27;
    }
    code
}

fn code_of(reference: &str) -> &str {
    reference.len().checked_sub(CODE_LENGTH).and_then(|start| reference.get(start..)).unwrap_or(reference)
}

fn code_distance(code: &str, reference: &str) -> usize {
    code.bytes().zip(code_of(reference).bytes()).filter(|(one, other)| one != other).count()
}

fn with_check_digits(prefix: &str, code: &str) -> Reference {
    let body = compact(&format!("{prefix}{code}"));
    let check = 98 - modulo_97(&format!("{body}RF00")).unwrap_or(0);
    Reference(format!("RF{check:02}{body}"))
}

/// The number that letters (A = 10 … Z = 35) and digits spell, modulo 97.
fn modulo_97(text: &str) -> Option<u32> {
    text.chars().try_fold(0u32, |rest, letter| {
        let value = letter.to_digit(36)?;
        Some(if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 })
    })
}

/// Whether a text is an ISO 11649 reference with right check digits; spaces are allowed.
pub fn valid(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let well_formed = (5..=25).contains(&text.len()) && text.starts_with("RF") && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let Some((head, body)) = text.split_at_checked(4).filter(|_| well_formed) else { return false };
    head.bytes().skip(2).all(|byte| byte.is_ascii_digit()) && modulo_97(&format!("{body}{head}")) == Some(1)
}

/// As printed for people: groups of four, `RF47 MS24 A7K3 Q9`.
pub fn printed(reference: &Reference) -> String {
    let letters: Vec<char> = reference.0.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// How a reference was found, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// As issued.
    Exact,
    /// As issued but for spaces and punctuation.
    Spaced,
    /// Without `RF` and check digits, or with wrong ones.
    BodyOnly,
    /// One character wrong, missing, added or swapped with its neighbour, or look-alikes; one issued reference only fits.
    Repaired,
    /// At least nine leading characters, then cut; one issued reference only begins so. Never more than a proposal.
    Partial,
    /// The six letters alone. Never more than a proposal.
    CodeOnly,
    /// Damaged so that several fit. Never more than a proposal.
    Ambiguous,
}

/// A reference that a text holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FoundReference {
    pub reference: String,
    pub how: Found,
}

/// All references issued, ready to be looked for.
#[derive(Debug, Clone, Default)]
pub struct ReferenceIndex {
    /// Compact references in order; all other tables hold positions in it.
    references: Vec<String>,
    by_body: BTreeMap<String, usize>,
    by_code: BTreeMap<String, usize>,
    /// Every body with one character left out (and whole): one slip of the pen away, two texts share one of these.
    by_deletion: BTreeMap<String, BTreeSet<usize>>,
    /// The season prefixes in use: `MS24`.
    prefixes: BTreeSet<String>,
}

impl ReferenceIndex {
    /// Indexes issued references; others (and repetitions) are left aside.
    pub fn new<'a>(issued: impl IntoIterator<Item = &'a str>) -> ReferenceIndex {
        let mut index = ReferenceIndex::default();
        let sorted: BTreeSet<String> =
            issued.into_iter().map(compact).filter(|text| text.len() >= 4 + CODE_LENGTH && text.starts_with("RF")).collect();
        for (position, reference) in sorted.iter().enumerate() {
            let body = reference.get(4..).unwrap_or_default();
            index.by_body.insert(body.to_owned(), position);
            index.by_code.insert(code_of(reference).to_owned(), position);
            index.prefixes.insert(body.get(..body.len() - CODE_LENGTH).unwrap_or_default().to_owned());
            for shorter in deletions(body).chain([body.to_owned()]) {
                index.by_deletion.entry(shorter).or_default().insert(position);
            }
        }
        index.prefixes.remove("");
        index.references = sorted.into_iter().collect();
        index
    }

    fn reference(&self, position: usize) -> &str {
        self.references.get(position).map(String::as_str).unwrap_or_default()
    }
}

fn deletions(text: &str) -> impl Iterator<Item = String> + '_ {
    text.char_indices().map(|(at, letter)| {
        let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
        format!("{before}{}", rest.get(letter.len_utf8()..).unwrap_or_default())
    })
}

/// Finds the issued references that texts hold, each once, by the strongest way it was found; in order of strength, then of reference.
pub fn find_references(texts: &[&str], issued: &ReferenceIndex) -> Vec<FoundReference> {
    let mut found: BTreeMap<usize, Found> = BTreeMap::new();
    if issued.references.is_empty() {
        return Vec::new();
    }
    let zones: Vec<String> = texts.iter().map(|text| compact(text)).collect();
    // A reference may be cut in two by the edge between zones.
    let joined = zones.concat();
    for zone in zones.iter().chain((zones.len() > 1).then_some(&joined)) {
        search(zone, texts, issued, &mut found);
    }
    for text in texts {
        cut_references(text, issued, &mut found);
    }
    let mut found: Vec<FoundReference> =
        found.into_iter().map(|(position, how)| FoundReference { reference: issued.reference(position).to_owned(), how }).collect();
    found.sort_by(|one, other| (one.how, &one.reference).cmp(&(other.how, &other.reference)));
    // A damaged reading beside a whole one is usually the same characters read twice.
    if found.iter().any(|reference| reference.how <= Found::BodyOnly) {
        found.retain(|reference| reference.how <= Found::BodyOnly);
    }
    found
}

fn record(found: &mut BTreeMap<usize, Found>, position: usize, how: Found) {
    found.entry(position).and_modify(|before| *before = how.min(*before)).or_insert(how);
}

/// Looks at every place of a compact text where a reference may begin.
fn search(zone: &str, texts: &[&str], issued: &ReferenceIndex, found: &mut BTreeMap<usize, Found>) {
    for start in 0..zone.len() {
        let Some(rest) = zone.get(start..) else { continue };
        if let Some(position) = rest.get(..CODE_LENGTH).and_then(|code| issued.by_code.get(code)) {
            whole_code(zone, start, *position, texts, issued, found);
        }
        let begins_reference = rest.starts_with("RF");
        let begins_body = issued.prefixes.iter().any(|prefix| rest.starts_with(prefix.as_str()));
        if begins_reference {
            // The check digits may be whole, one short or one too many.
            for skipped in [4usize, 3, 5] {
                damaged_body(rest.get(skipped..).unwrap_or_default(), issued, found);
            }
        }
        if begins_body {
            damaged_body(rest, issued, found);
        }
    }
}

/// The six letters stand in the text: what stands before them says how much of the reference is there.
fn whole_code(zone: &str, start: usize, position: usize, texts: &[&str], issued: &ReferenceIndex, found: &mut BTreeMap<usize, Found>) {
    let reference = issued.reference(position);
    let head = reference.len() - CODE_LENGTH;
    let before = |length: usize| start.checked_sub(length).and_then(|from| zone.get(from..start));
    let how = if before(head) == reference.get(..head) {
        if texts.iter().any(|text| text.to_ascii_uppercase().contains(reference)) { Found::Exact } else { Found::Spaced }
    } else if before(head - 4) == reference.get(4..head) {
        Found::BodyOnly
    } else if before(head - 4).zip(reference.get(4..head)).is_some_and(|(seen, prefix)| slips(seen, prefix) <= 1) {
        Found::Repaired
    } else {
        Found::CodeOnly
    };
    record(found, position, how);
}

fn slips(one: &str, other: &str) -> usize {
    strsim::osa_distance(one, other)
}

/// The characters after the head are almost an issued body: one slip away from one, or equal to it but for look-alikes.
fn damaged_body(rest: &str, issued: &ReferenceIndex, found: &mut BTreeMap<usize, Found>) {
    let mut near: BTreeSet<usize> = BTreeSet::new();
    for prefix in &issued.prefixes {
        let length = prefix.len() + CODE_LENGTH;
        for window in [length, length - 1, length + 1].into_iter().filter_map(|length| rest.get(..length)) {
            for shorter in deletions(window).chain([window.to_owned()]) {
                let Some(positions) = issued.by_deletion.get(&shorter) else { continue };
                near.extend(positions.iter().filter(|position| slips(window, issued.reference(**position).get(4..).unwrap_or_default()) <= 1));
            }
        }
        let alike = rest.get(..length).and_then(|window| window.get(prefix.len()..)).map(without_look_alikes);
        if let Some(position) = alike.and_then(|code| issued.by_body.get(&format!("{prefix}{code}"))) {
            near.insert(*position);
        }
    }
    let how = if near.len() == 1 { Found::Repaired } else { Found::Ambiguous };
    for position in near {
        record(found, position, how);
    }
}

/// What the hand may have written for the letter the alphabet keeps.
fn without_look_alikes(code: &str) -> String {
    code.chars()
        .map(|letter| match letter {
            '2' => 'Z',
            '4' => 'A',
            '5' => 'S',
            '6' => 'G',
            '8' => 'B',
            other => other,
        })
        .collect()
}

/// A reference cut short at a word's or the text's end.
fn cut_references(text: &str, issued: &ReferenceIndex, found: &mut BTreeMap<usize, Found>) {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).map(compact);
    let zone = compact(text);
    let tails = zone.match_indices("RF").filter_map(|(at, _)| zone.get(at..)).map(str::to_owned);
    let bodies =
        issued.prefixes.iter().flat_map(|prefix| zone.match_indices(prefix.as_str()).filter_map(|(at, _)| zone.get(at..))).map(str::to_owned);
    for piece in words.chain(tails).chain(bodies).filter(|piece| piece.len() >= CUT_CHARACTERS_MIN - 4) {
        let matching: Vec<usize> = if piece.starts_with("RF") {
            if piece.len() < CUT_CHARACTERS_MIN {
                continue;
            }
            let from = issued.references.partition_point(|reference| reference.as_str() < piece.as_str());
            (from..issued.references.len()).take_while(|position| issued.reference(*position).starts_with(&piece)).take(2).collect()
        } else {
            // Without `RF` the prefix and two letters are too little to stand alone; three must be there.
            if !issued.prefixes.iter().any(|prefix| piece.starts_with(prefix.as_str()) && piece.len() >= prefix.len() + 3) {
                continue;
            }
            issued.by_body.range(piece.clone()..).take_while(|(body, _)| body.starts_with(&piece)).map(|(_, position)| *position).take(2).collect()
        };
        if let [only] = matching.as_slice() {
            record(found, *only, Found::Partial);
        }
    }
}

#[cfg(test)]
#[allow(clippy::string_slice)] // references are ASCII
mod tests {
    use super::*;

    fn issued(number: u64) -> BTreeSet<String> {
        let mut taken = BTreeSet::new();
        for ordinal in 0..number {
            taken.insert(issue("MS24", &[7; 32], ordinal, &taken).as_str().to_owned());
        }
        taken
    }

    #[test]
    fn references_are_stable_valid_and_far_apart() {
        let references = issued(400);
        assert_eq!(references, issued(400));
        assert_eq!(references.len(), 400);
        for one in &references {
            assert!(valid(one), "{one}");
            for other in references.iter().filter(|other| *other != one) {
                assert!(code_distance(code_of(one), other) >= 3);
            }
        }
        assert!(valid("RF18 5390 0754 7034"));
        assert!(!valid("RF19539007547034"));
        assert_eq!(printed(&Reference("RF47MS24A7K3Q9".to_owned())), "RF47 MS24 A7K3 Q9");
    }

    #[test]
    fn damaged_references_are_found_again() {
        let references = issued(300);
        let index = ReferenceIndex::new(references.iter().map(String::as_str));
        let reference = references.iter().next().unwrap().clone();
        let code = code_of(&reference).to_owned();
        let letters: Vec<char> = code.chars().collect();
        let check = &reference[2..4];
        let swapped: String = [letters[1], letters[0]].iter().chain(&letters[2..]).collect();
        let grouped = printed(&Reference(reference.clone())).to_lowercase();
        for (text, how) in [
            (format!("frais {reference} merci"), Found::Exact),
            (grouped, Found::Spaced),
            (format!("RF{check}-MS24-{code}"), Found::Spaced),
            (format!("MS24 {code}"), Found::BodyOnly),
            (format!("RF{check}MS24{swapped}"), Found::Repaired),
            (format!("RF{check}MS24{}", &code[1..]), Found::Repaired),
            (format!("RF{check}MS42{code}"), Found::Repaired),
            (format!("RF{check}MS24{}", &code[..3]), Found::Partial),
            (format!("dossier {code}"), Found::CodeOnly),
        ] {
            let found = find_references(&[&text], &index);
            assert_eq!(found, [FoundReference { reference: reference.clone(), how }], "{text}");
        }
        assert!(find_references(&["FRAIS DE DOSSIER MS24 DUPONT MARTIN"], &index).is_empty());
        let (one, other) = reference.split_at(9);
        assert_eq!(find_references(&[one, other], &index).first().map(|found| found.how), Some(Found::Spaced));
    }

    #[test]
    fn one_wrong_character_never_leads_elsewhere() {
        let references = issued(500);
        let index = ReferenceIndex::new(references.iter().map(String::as_str));
        for reference in references.iter().take(60) {
            for at in 0..reference.len() {
                for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".chars() {
                    let mut damaged: Vec<char> = reference.chars().collect();
                    damaged[at] = letter;
                    let text: String = damaged.iter().collect();
                    for found in find_references(&[&text], &index) {
                        assert!(found.reference == *reference || found.how > Found::Repaired, "{text} read as {} ({:?})", found.reference, found.how);
                    }
                }
            }
        }
    }
}
