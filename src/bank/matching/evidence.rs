//! What one movement says: references, names, addresses, programmes, and what its words are about.

use std::collections::{BTreeMap, BTreeSet};

use crate::bank::matching::names::{APART, Fit, NameFound, NameIndex, Zone};
use crate::bank::matching::{Payee, words};
use crate::bank::reference::{Found, ReferenceIndex, find_references};
use crate::bank::{compact, without_bank_words};
use crate::domain::money::Cents;
use crate::domain::payment::Movement;
use crate::folding::{fold, tokens};

/// Stands for a programme nobody applied to.
const NO_PROGRAMME: usize = usize::MAX;

/// All dossiers, ready to be looked for.
pub struct Index {
    pub names: NameIndex,
    references: ReferenceIndex,
    by_reference: BTreeMap<String, usize>,
    /// Compact addresses in the manglings that banks make of `@`.
    by_email: BTreeMap<String, BTreeSet<usize>>,
    by_email_start: BTreeMap<String, BTreeSet<usize>>,
    programme_of: Vec<Option<usize>>,
    /// Phrases (folded words) and the programmes they name.
    phrases: BTreeMap<Vec<String>, BTreeSet<usize>>,
    programme_words: BTreeSet<String>,
    hints: BTreeMap<BTreeSet<String>, BTreeSet<usize>>,
}

/// What a text is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Purpose {
    /// A word that names another purpose.
    pub other: Option<String>,
    pub fee_strong: bool,
    pub fee_weak: bool,
    /// Words nothing explains.
    pub unexplained: BTreeSet<String>,
}

/// Everything one credit says.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    pub payer: BTreeMap<usize, NameFound>,
    pub text: BTreeMap<usize, NameFound>,
    pub payer_zones: Vec<Zone>,
    pub text_zone: Zone,
    pub references: Vec<(usize, Found)>,
    /// Found references whose check digits stand in the text as issued.
    pub heads: BTreeSet<usize>,
    pub emails: BTreeSet<usize>,
    pub emails_cut: BTreeSet<usize>,
    pub programmes: BTreeSet<usize>,
    pub programme_places: BTreeSet<usize>,
    pub hinted: BTreeSet<usize>,
    pub intermediary: bool,
    pub organisation: bool,
    /// The text is the payer's label again, not a second witness.
    pub text_is_payer: bool,
    pub foreign: bool,
}

impl Index {
    pub fn new(payees: &[Payee], vocabulary: &[String]) -> Index {
        let mut index = Index {
            names: NameIndex::new(payees),
            references: ReferenceIndex::new(payees.iter().map(|payee| payee.reference.as_str())),
            by_reference: payees.iter().enumerate().map(|(position, payee)| (compact(&payee.reference), position)).collect(),
            by_email: BTreeMap::new(),
            by_email_start: BTreeMap::new(),
            programme_of: Vec::new(),
            phrases: BTreeMap::new(),
            programme_words: BTreeSet::new(),
            hints: BTreeMap::new(),
        };
        for (position, payee) in payees.iter().enumerate() {
            payee.emails.iter().for_each(|email| index.add_email(position, email));
            for hint in &payee.payer_hints {
                let words: BTreeSet<String> = tokens(hint).into_iter().filter(|word| word.len() > 1).collect();
                if words.len() >= 2 {
                    index.hints.entry(words).or_default().insert(position);
                }
            }
        }
        index.add_programmes(payees, vocabulary);
        index
    }

    fn add_email(&mut self, payee: usize, email: &str) {
        let Some((local, domain)) = email.rsplit_once('@') else { return };
        let (local, domain) = (compact(local), compact(domain));
        if local.len() < 3 || domain.len() < 4 {
            return;
        }
        for at in ["", "A", "AT", "AROBASE", "AROBAS"] {
            self.by_email.entry(format!("{local}{at}{domain}")).or_default().insert(payee);
        }
        if local.len() >= 7 {
            self.by_email_start.entry(local).or_default().insert(payee);
        }
    }

    /// Dossiers with the same words are of one programme; a single long word names it when no other programme has it.
    fn add_programmes(&mut self, payees: &[Payee], vocabulary: &[String]) {
        let mut groups: BTreeMap<BTreeSet<String>, usize> = BTreeMap::new();
        for payee in payees {
            let phrases: BTreeSet<String> = payee.programme_words.iter().map(|words| fold(words)).filter(|words| !words.is_empty()).collect();
            let next = groups.len();
            let group = (!phrases.is_empty()).then(|| *groups.entry(phrases).or_insert(next));
            self.programme_of.push(group);
        }
        let mut word_groups: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        let all = groups
            .iter()
            .flat_map(|(phrases, group)| phrases.iter().map(move |phrase| (phrase.clone(), Some(*group))))
            .chain(vocabulary.iter().map(|phrase| (fold(phrase), None)));
        for (phrase, group) in all {
            let words: Vec<String> = phrase.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
            self.programme_words.extend(words.iter().filter(|word| word.len() >= 3).cloned());
            for word in words.iter().filter(|word| word.len() >= 5 && words::kind(word) == words::WordKind::Unexplained) {
                word_groups.entry(word.clone()).or_default().extend(group);
            }
            let telling = words.iter().any(|word| word.len() >= 3 && words::kind(word) >= words::WordKind::Silent);
            if telling {
                self.phrases.entry(words).or_default().extend(group);
            }
        }
        for (word, groups) in word_groups.into_iter().filter(|(_, groups)| groups.len() <= 1) {
            self.phrases.entry(vec![word]).or_default().extend(groups);
        }
    }

    pub fn programme(&self, payee: usize) -> Option<usize> {
        self.programme_of.get(payee).copied().flatten()
    }

    /// Reads a credit. Where the amount is far from any fee, only references and whole names are looked for.
    pub fn read(&self, movement: &Movement, fee: Cents) -> Evidence {
        let debtor = movement.debtor.as_deref().unwrap_or_default();
        let folded_debtor = fold(debtor);
        let mut evidence = Evidence { text_zone: Zone::new(&movement.remittance), ..Evidence::default() };
        evidence.intermediary = words::is_intermediary(&folded_debtor);
        evidence.foreign = movement.original_amount.is_some();
        evidence.text_is_payer = fold(&without_bank_words(&movement.remittance)) == folded_debtor && !folded_debtor.is_empty();
        if !evidence.intermediary {
            evidence.payer_zones.push(Zone::new(debtor));
        }
        evidence.payer_zones.extend(movement.ultimate_debtor.as_deref().map(Zone::new));
        evidence.organisation = evidence.payer_zones.iter().any(|zone| words::is_organisation(&zone.words));
        self.read_references(movement, &mut evidence);
        let far = movement.amount.0 > fee.0.saturating_mul(4);
        evidence.text = self.names.find(&evidence.text_zone, far);
        for zone in &evidence.payer_zones {
            for (payee, found) in self.names.find(zone, far) {
                match evidence.payer.get(&payee) {
                    Some(before) if before.fit >= found.fit => {}
                    _ => {
                        evidence.payer.insert(payee, found);
                    }
                }
            }
        }
        if !far {
            self.read_emails(&mut evidence);
            self.read_programmes(&mut evidence);
            let payer_words: BTreeSet<String> = evidence.payer_zones.iter().flat_map(|zone| zone.words.iter().cloned()).collect();
            for (hint, payees) in &self.hints {
                if hint.is_subset(&payer_words) {
                    evidence.hinted.extend(payees);
                }
            }
        }
        evidence
    }

    fn read_references(&self, movement: &Movement, evidence: &mut Evidence) {
        let zones = [
            movement.structured_reference.as_deref(),
            Some(movement.remittance.as_str()),
            movement.end_to_end_id.as_deref(),
            movement.debtor.as_deref(),
            movement.ultimate_debtor.as_deref(),
        ];
        let texts: Vec<&str> = zones.into_iter().flatten().collect();
        let found = find_references(&texts, &self.references);
        if found.is_empty() {
            return;
        }
        let written = compact(&texts.join(" "));
        for reference in found {
            let Some(payee) = self.by_reference.get(&reference.reference) else { continue };
            if reference.reference.get(..4).is_some_and(|head| written.contains(head)) {
                evidence.heads.insert(*payee);
            }
            evidence.references.push((*payee, reference.how));
        }
    }

    /// An address begins and ends where words do: `eve.dupont@…` is not in `steve.dupont@…`.
    fn read_emails(&self, evidence: &mut Evidence) {
        let words = &evidence.text_zone.words;
        for start in 0..words.len().min(60) {
            let mut joined = String::new();
            for word in words.iter().skip(start).filter(|word| *word != APART).take(10) {
                joined.push_str(word);
                evidence.emails.extend(self.by_email.get(&joined).into_iter().flatten());
                evidence.emails_cut.extend(self.by_email_start.get(&joined).into_iter().flatten());
            }
        }
    }

    fn read_programmes(&self, evidence: &mut Evidence) {
        let words = &evidence.text_zone.words;
        for start in 0..words.len().min(60) {
            for length in 1..=6usize {
                let Some(window) = words.get(start..start + length) else { break };
                if let Some(programmes) = self.phrases.get(window) {
                    evidence.programmes.extend(programmes);
                    if programmes.is_empty() {
                        evidence.programmes.insert(NO_PROGRAMME);
                    }
                    evidence.programme_places.extend(start..start + length);
                }
            }
        }
    }

    /// What the text is about, the names of these payees and of the payer set aside.
    pub fn purpose(&self, evidence: &Evidence, payees: &[usize]) -> Purpose {
        let mut purpose = Purpose { fee_strong: !evidence.programmes.is_empty(), ..Purpose::default() };
        let mut own: BTreeSet<usize> = evidence.programme_places.clone();
        for found in payees.iter().filter_map(|payee| evidence.text.get(payee)) {
            own.extend(found.family_places.iter().chain(&found.given_places));
        }
        let payer_words: BTreeSet<&String> = evidence.payer_zones.iter().flat_map(|zone| zone.words.iter()).collect();
        for (place, word) in evidence.text_zone.words.iter().enumerate() {
            if own.contains(&place) {
                continue;
            }
            match words::kind(word) {
                words::WordKind::OtherPurpose => purpose.other = purpose.other.take().or_else(|| Some(word.to_lowercase())),
                words::WordKind::FeeStrong => purpose.fee_strong = true,
                words::WordKind::FeeWeak => purpose.fee_weak = true,
                words::WordKind::Neutral | words::WordKind::Silent => {}
                words::WordKind::Unexplained if payer_words.contains(word) || self.programme_words.contains(word) => {}
                words::WordKind::Unexplained => {
                    purpose.unexplained.insert(word.clone());
                }
            }
        }
        purpose
    }
}

impl Evidence {
    /// Payees named at least so fully in the text, or by the payer.
    pub fn in_text(&self, fit: Fit) -> BTreeSet<usize> {
        self.text.iter().filter(|(_, found)| found.fit >= fit).map(|(payee, _)| *payee).collect()
    }

    pub fn of_payer(&self, fit: Fit) -> BTreeSet<usize> {
        self.payer.iter().filter(|(_, found)| found.fit >= fit).map(|(payee, _)| *payee).collect()
    }

    /// The fullest this payee is named anywhere.
    pub fn best(&self, payee: usize) -> Option<&NameFound> {
        let both = [self.text.get(&payee), self.payer.get(&payee)];
        both.into_iter()
            .flatten()
            .max_by(|one, other| (one.fit, std::cmp::Reverse(one.sureness)).cmp(&(other.fit, std::cmp::Reverse(other.sureness))))
    }
}
