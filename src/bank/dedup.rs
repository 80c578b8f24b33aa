//! The same movement, seen twice: in two files that overlap, in one file read again, in two formats that cut its text differently.
//!
//! The rule is the greatest multiplicity: where one file has a movement twice and another once, there are two. So a repetition adds
//! nothing and true twins survive. Nothing here looks at the file's own numbering.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::bank::compact;
use crate::bank::matching::words::{self, WordKind};
use crate::domain::payment::{Movement, Statement};
use crate::folding::fold;

/// A movement's identity within its account and format: equal keys are the same movement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MovementKey {
    pub booking_date: NaiveDate,
    /// SHA-256, in hexadecimal, of the amount, the currency, the dates and the folded texts.
    pub content: String,
    /// Occurrence among equal contents of the day, from 1.
    pub ordinal: u32,
}

/// The keys of a statement's movements, in their order.
pub fn movement_keys(statement: &Statement) -> Vec<MovementKey> {
    let mut seen: BTreeMap<(NaiveDate, String), u32> = BTreeMap::new();
    let mut keys = Vec::with_capacity(statement.entries.len());
    for movement in &statement.entries {
        let content = content(&statement.account, movement);
        let ordinal = seen.entry((movement.booking_date, content.clone())).or_insert(0);
        *ordinal = ordinal.saturating_add(1);
        keys.push(MovementKey { booking_date: movement.booking_date, content, ordinal: *ordinal });
    }
    keys
}

fn content(account: &str, movement: &Movement) -> String {
    let mut hasher = Sha256::new();
    let value_date = movement.value_date.map(|date| date.to_string()).unwrap_or_default();
    let bank_reference = movement.bank_reference.as_deref().and_then(telling_reference).unwrap_or_default();
    for part in [
        compact(account),
        movement.booking_date.to_string(),
        value_date,
        movement.amount.0.to_string(),
        movement.currency.clone(),
        bank_reference,
        folded_text(movement),
    ] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A movement the store already has, with the formats it was seen in. One that two families of formats print differently stands in the
/// list once for each, under the same id.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownMovement {
    pub id: i64,
    pub formats: BTreeSet<String>,
    pub movement: Movement,
}

/// For each incoming movement of one file, the known one it is, or `None` when it is new.
///
/// `known` are the movements of the same account around the days of `incoming` (a day or two more does no harm); `format` is that of the
/// incoming file. No known movement is given twice. Order of either list does not change which movements are new, but among twins.
pub fn reconcile(known: &[KnownMovement], incoming: &[&Movement], format: &str) -> Vec<Option<i64>> {
    let known_faces: Vec<Face<'_>> = known.iter().map(|one| Face::of(&one.movement)).collect();
    // Only movements of one day, or of one reference, can be the same.
    let mut of_day: BTreeMap<(i64, NaiveDate), Vec<usize>> = BTreeMap::new();
    let mut of_reference: BTreeMap<(i64, &str), Vec<usize>> = BTreeMap::new();
    for (position, (one, face)) in known.iter().zip(&known_faces).enumerate() {
        of_day.entry((one.movement.amount.0, one.movement.booking_date)).or_default().push(position);
        if let Some(reference) = &face.reference {
            of_reference.entry((one.movement.amount.0, reference)).or_default().push(position);
        }
    }
    let family = family(format);
    let mut pairs: Vec<(u32, usize, usize)> = Vec::new();
    for (arriving, movement) in incoming.iter().enumerate().filter(|_| !known.is_empty()) {
        let face = Face::of(movement);
        let by_reference = face.reference.as_deref().and_then(|reference| of_reference.get(&(movement.amount.0, reference)));
        let near: BTreeSet<usize> =
            of_day.get(&(movement.amount.0, movement.booking_date)).into_iter().chain(by_reference).flatten().copied().collect();
        for position in near {
            let (Some(one), Some(known_face)) = (known.get(position), known_faces.get(position)) else { continue };
            if one.movement.currency != movement.currency {
                continue;
            }
            let same_format = one.formats.iter().any(|other| self::family(other) == family);
            let likeness = likeness(known_face, &face, same_format);
            if likeness > 0 {
                pairs.push((likeness, position, arriving));
            }
        }
    }
    // Likest first; ties by place, so that the same input gives the same answer.
    pairs.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)).then(one.2.cmp(&other.2)));
    let mut answer: Vec<Option<i64>> = vec![None; incoming.len()];
    let mut used: BTreeSet<i64> = BTreeSet::new();
    for (_, position, arriving) in pairs {
        if let (Some(slot), Some(one)) = (answer.get_mut(arriving), known.get(position))
            && slot.is_none()
            && used.insert(one.id)
        {
            *slot = Some(one.id);
        }
    }
    answer
}

/// The reading that says most, whatever order they came in: a structured reference, then the longest texts.
pub fn richest<'a>(readings: impl IntoIterator<Item = &'a Movement>) -> Option<&'a Movement> {
    readings.into_iter().max_by_key(|movement| {
        let texts = [Some(&movement.remittance), movement.debtor.as_ref(), movement.ultimate_debtor.as_ref(), movement.end_to_end_id.as_ref()];
        let letters: usize = texts.into_iter().flatten().map(|text| text.chars().count()).sum();
        (movement.structured_reference.is_some(), letters, movement.remittance.clone(), movement.debtor.clone())
    })
}

/// Versions of one format cut texts alike.
pub fn family(format: &str) -> &str {
    format.split('.').next().unwrap_or(format)
}

/// What movements are compared by, made once for each.
struct Face<'a> {
    movement: &'a Movement,
    text: String,
    payer: String,
    reference: Option<String>,
}

impl Face<'_> {
    fn of(movement: &Movement) -> Face<'_> {
        Face {
            movement,
            text: folded_text(movement),
            payer: fold(movement.debtor.as_deref().unwrap_or_default()),
            reference: movement.bank_reference.as_deref().and_then(telling_reference),
        }
    }

    fn payer_words(&self) -> Vec<&str> {
        telling_words(&self.payer)
    }
}

/// 0 when two movements of equal amount cannot be one; more the surer they are.
fn likeness(known: &Face<'_>, incoming: &Face<'_>, same_format: bool) -> u32 {
    let (one, other) = (known.movement, incoming.movement);
    let same_day = one.booking_date == other.booking_date;
    let same_text = known.text == incoming.text;
    let exact = u32::from(same_text) * 50 + u32::from(one.value_date == other.value_date) * 20;
    match known.reference.as_deref().zip(incoming.reference.as_deref()) {
        Some((one, other)) if same_reference(one, other) && (same_day || one == other) => {
            return 1_000 + similarity(&known.text, &incoming.text) + exact + u32::from(same_day) * 200;
        }
        // One bank numbers one movement once: other numbers of the same make are other movements.
        Some((one, other)) if same_format || shape(one) == shape(other) => return 0,
        _ => {}
    }
    if !same_day {
        return 0;
    }
    if same_format {
        return if same_text { 500 + exact } else { 0 };
    }
    if same_text {
        return 200 + exact;
    }
    let similar = similarity(&known.text, &incoming.text);
    if similar >= 60 && same_payer(known, incoming) { 100 + similar + exact } else { 0 }
}

/// Whether two formats can speak of one payer. Wordings such as "frais de dossier" stand on everybody's transfer, and a given name on many:
/// it is the whole name that tells. A payer that one format does not print is looked for in its text.
fn same_payer(one: &Face<'_>, other: &Face<'_>) -> bool {
    let (one_payer, other_payer) = (one.payer_words(), other.payer_words());
    let stand_in = |words: &[&str], text: &str| words.iter().filter(|word| stands_in(word, text)).count();
    match (one_payer.is_empty(), other_payer.is_empty()) {
        (false, false) => {
            let (words, text) = if one_payer.len() <= other_payer.len() { (one_payer, &other.text) } else { (other_payer, &one.text) };
            stand_in(&words, text) == words.len()
        }
        (false, true) => stand_in(&one_payer, &other.text) * 10 >= one_payer.len() * 6,
        (true, false) => stand_in(&other_payer, &one.text) * 10 >= other_payer.len() * 6,
        (true, true) => {
            let (words, text) = (telling_words(&one.text), &other.text);
            !words.is_empty() && stand_in(&words, text) == words.len()
        }
    }
}

/// Words of a folded text that are neither the bank's, nor the fee's, nor too short to tell anybody by.
fn telling_words(text: &str) -> Vec<&str> {
    text.split(' ').filter(|word| !NOISE.contains(word) && words::kind(word) == WordKind::Unexplained).collect()
}

/// Whether a word stands in a folded text: whole, cut short, glued to others, or with one letter spelt otherwise.
fn stands_in(word: &str, text: &str) -> bool {
    let near = |other: &str| {
        other == word
            || (word.len() >= 3 && other.starts_with(word))
            || (other.len() >= 3 && word.starts_with(other))
            || (word.len() >= 5 && other.len() >= 5 && strsim::damerau_levenshtein(word, other) <= 1)
    };
    text.split(' ').any(near) || (word.len() >= 5 && text.replace(' ', "").contains(word))
}

/// A bank's reference without decoration; zeros and very short ones say nothing.
fn telling_reference(text: &str) -> Option<String> {
    let compact = compact(text);
    let bare = compact.trim_start_matches('0');
    (bare.len() >= 4 && !matches!(bare, "NONREF" | "NOTPROVIDED")).then(|| bare.to_owned())
}

/// A narrow field cuts a long reference.
fn same_reference(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short == long || (short.len() >= 8 && (long.starts_with(short) || long.ends_with(short)))
}

/// Digits and letters as they alternate: two references of one shape come from one numbering.
fn shape(reference: &str) -> String {
    reference.chars().map(|c| if c.is_ascii_digit() { '9' } else { 'A' }).collect()
}

fn folded_text(movement: &Movement) -> String {
    fold(&format!("{} {}", movement.debtor.as_deref().unwrap_or_default(), movement.remittance))
}

/// What banks and titles put before a name.
const NOISE: [&str; 10] = ["VIR", "SEPA", "RECU", "EMIS", "DE", "VIREMENT", "INST", "M", "MME", "MR"];

/// How much of the shorter text stands in the longer one, in hundredths; a word may be cut short or glued.
fn similarity(one: &str, other: &str) -> u32 {
    let words =
        |text: &str| -> BTreeSet<String> { text.split(' ').filter(|word| !word.is_empty() && !NOISE.contains(word)).map(str::to_owned).collect() };
    let (one_words, other_words) = (words(one), words(other));
    let (short, long, long_text) =
        if one_words.len() <= other_words.len() { (&one_words, &other_words, other) } else { (&other_words, &one_words, one) };
    if short.is_empty() {
        return 0;
    }
    let glued: String = long_text.chars().filter(|c| *c != ' ').collect();
    let there = |word: &String| {
        long.contains(word)
            || (word.len() >= 5 && glued.contains(word.as_str()))
            || long
                .iter()
                .any(|other| (word.len() >= 3 && other.starts_with(word.as_str())) || (other.len() >= 3 && word.starts_with(other.as_str())))
    };
    let shared = short.iter().filter(|word| there(word)).count();
    u32::try_from(shared * 100 / short.len()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Cents;

    fn movement(day: u32, cents: i64, debtor: &str, remittance: &str, bank_reference: Option<&str>) -> Movement {
        let date = NaiveDate::from_ymd_opt(2024, 3, day).unwrap();
        Movement {
            entry: 0,
            booking_date: date,
            value_date: Some(date),
            amount: Cents(cents),
            currency: "EUR".to_owned(),
            debtor: Some(debtor.to_owned()),
            ultimate_debtor: None,
            debtor_iban: None,
            remittance: remittance.to_owned(),
            end_to_end_id: None,
            structured_reference: None,
            bank_reference: bank_reference.map(str::to_owned),
            operation: None,
            is_return: false,
            original_amount: None,
        }
    }

    fn known(format: &str, movements: &[Movement]) -> Vec<KnownMovement> {
        movements
            .iter()
            .enumerate()
            .map(|(id, movement)| KnownMovement {
                id: i64::try_from(id).unwrap(),
                formats: BTreeSet::from([format.to_owned()]),
                movement: movement.clone(),
            })
            .collect()
    }

    #[test]
    fn reading_again_adds_nothing_and_twins_survive() {
        let twins = [movement(4, 6000, "DUPONT JEAN", "FRAIS", None), movement(4, 6000, "DUPONT JEAN", "FRAIS", None)];
        assert_eq!(reconcile(&known("camt.053.001.02", &twins), &[&twins[0], &twins[1]], "camt.053.001.08"), [Some(0), Some(1)]);
        assert_eq!(reconcile(&known("csv", &twins[..1]), &[&twins[0], &twins[1]], "csv"), [Some(0), None]);
    }

    #[test]
    fn one_movement_in_two_formats_is_one() {
        let camt = [movement(4, 6000, "Élodie de la Fontaine-Martin", "Frais de dossier MS construction durable", Some("2406410159801"))];
        for (other, expected) in [
            (movement(4, 6000, "ELODIE DE LA FONTAINE-MARTIN", "FRAIS DE DOSSIER MS CONSTRUC", Some("2406410159801")), Some(0)),
            (movement(4, 6000, "ELODIE DE LA FONTAI", "VIR ELODIE DE LA FONTAI", None), Some(0)),
            (movement(4, 6000, "ELODIE DE LA FONTAINE", "", Some("2406410159802")), None),
            (movement(5, 6000, "ELODIE DE LA FONTAINE", "", None), None),
            (movement(4, 6000, "MARTIN PAUL", "COTISATION", None), None),
            (movement(4, 6000, "", "VIR SEPA RECU ELODIE DE LA FONTAINE MARTIN", None), Some(0)),
            (movement(4, 6000, "VIR SEPA RECU", "FRAIS DE DOSSIER", None), None),
            // Everybody pays for a dossier, and many bear her given name.
            (movement(4, 6000, "BRUNET ELODIE ROUX", "FRAIS DE DOSSIER MS CONSTRUCTION DURABLE", None), None),
        ] {
            assert_eq!(reconcile(&known("camt.053.001.02", &camt), &[&other], "cfonb120"), [expected], "{other:?}");
        }
    }

    #[test]
    fn a_day_of_payers_who_share_names_and_wordings_is_in_two_formats_what_it_is_in_one() {
        let families = ["OBEIDAT", "FAURE", "DIALLO", "N GUESSAN", "DE BRUYNE", "MULLER"];
        let given = ["OMAR", "ALINE", "JEAN MARC"];
        let payers: Vec<String> = families.iter().flat_map(|family| given.iter().map(move |given| format!("{family} {given}"))).collect();
        let wordings = ["FRAIS DE DOSSIER MASTERE", "DOSSIER", "CANDIDATURE MASTERE SPECIALISE", ""];
        let paid = |title: &str, length_max: usize| -> Vec<Movement> {
            let one = |(place, payer): (usize, &String)| {
                let debtor: String = format!("{title}{payer}").chars().take(length_max).collect();
                movement(4, 6000, &debtor, wordings[place % wordings.len()], None)
            };
            payers.iter().enumerate().map(one).collect()
        };
        let camt = paid("M ", 70);
        let cut = paid("", 31);
        let incoming: Vec<&Movement> = cut.iter().collect();
        let expected: Vec<Option<i64>> = (0..).take(payers.len()).map(Some).collect();
        assert_eq!(reconcile(&known("camt.053.001.02", &camt), &incoming, "cfonb120"), expected);
        // Without half of them, the others are new.
        let every_other: Vec<Movement> = camt.iter().step_by(2).cloned().collect();
        let answer = reconcile(&known("camt.053.001.02", &every_other), &incoming, "cfonb120");
        let expected: Vec<Option<i64>> = (0..).take(payers.len()).map(|place: i64| (place % 2 == 0).then_some(place / 2)).collect();
        assert_eq!(answer, expected);
    }

    #[test]
    fn keys_count_occurrences_within_the_day() {
        let one = movement(4, 6000, "A B", "X", None);
        let statement = Statement { entries: vec![one.clone(), one.clone(), movement(5, 6000, "A B", "X", None)], ..Statement::default() };
        let ordinals: Vec<u32> = movement_keys(&statement).iter().map(|key| key.ordinal).collect();
        assert_eq!(ordinals, [1, 2, 1]);
    }
}
