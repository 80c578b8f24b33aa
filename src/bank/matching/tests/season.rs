//! Seasons made to mislead: few names for many candidates, homonyms, twins, parents, agencies, charges, slips of the pen, and thousands
//! of movements that are no fees, some of exactly the fee's amount and in a candidate's name.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const FAMILIES: [&str; 34] = [
    "Nguyen",
    "Martin",
    "Diallo",
    "Benali",
    "Dupont",
    "Garcia",
    "El Idrissi",
    "Müller",
    "Ndiaye",
    "Lefèvre",
    "Renault-Picard",
    "Rossi",
    "Çetin",
    "Ivanov",
    "Chen",
    "Haddad",
    "Moreau",
    "Petit",
    "Rousseau",
    "Traoré",
    "Ben Salah",
    "Kowalski",
    "Silva Santos",
    "O'Brien",
    "Schäfer",
    "Bernard",
    "Girard",
    "Mercier",
    "Blanc",
    "Faure",
    "Sow",
    "Tahiri",
    "Li",
    "Zoubi",
];
const GIVENS: [&str; 32] = [
    "Marie",
    "Léa",
    "Jean",
    "Mohamed",
    "Thi Mai",
    "Lucas",
    "Youssef",
    "Yassine",
    "Awa",
    "Omar",
    "Camille",
    "Jean-Paul",
    "Ana",
    "Jürgen",
    "Ece",
    "Wei",
    "Paul",
    "Sarah",
    "Manon",
    "Hugo",
    "Mamadou",
    "Fatima",
    "Piotr",
    "Maria",
    "Chloé",
    "Karim",
    "Inès",
    "Tobias",
    "Rawan",
    "Boris",
    "Louis",
    "Louise",
];
const PROGRAMMES: [&[&str]; 4] =
    [&["MS data", "intelligence artificielle"], &["construction durable", "MS construction"], &["ferroviaire"], &["cybersécurité"]];
const OTHER_PURPOSES: [&str; 12] = [
    "COTISATION ALUMNI",
    "repas de gala",
    "inscription congrès 2024",
    "adhésion BDE",
    "loyer mars",
    "REMBOURSEMENT MISSION",
    "polos de promo",
    "caution badge",
    "week-end d'intégration",
    "FACTURE 2024-118",
    "soirée des anciens",
    "calendrier",
];

/// A credit and the dossiers it truly pays for.
struct Made {
    credit: Credit,
    truth: Vec<String>,
    kind: &'static str,
}

struct Maker {
    random: fastrand::Rng,
    payees: Vec<Payee>,
    made: Vec<Made>,
}

impl Maker {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.usize(0..from.len())]
    }

    fn push(&mut self, kind: &'static str, cents: i64, debtor: &str, remittance: &str, truth: &[usize]) {
        let on = truth.first().map_or(day("2024-02-01"), |payee| self.payees[*payee].opened_on) + chrono::Days::new(self.random.u64(0..25));
        let id = i64::try_from(self.made.len()).unwrap();
        let truth = truth.iter().map(|payee| self.payees[*payee].dossier.clone()).collect();
        self.made.push(Made { credit: credit(id, on, cents, debtor, remittance), truth, kind });
    }

    fn name(&mut self, payee: usize) -> String {
        let name = self.payees[payee].names[0].clone();
        match self.random.u8(0..6) {
            0 => format!("{} {}", name.family.to_uppercase(), name.given.to_uppercase()),
            1 => format!("{} {}", name.given, name.family),
            2 => crate::folding::fold(&format!("M {} {}", name.given, name.family)),
            3 => crate::folding::fold(&format!("{} {}", name.family, name.given)),
            4 => format!("MLLE {} {}", name.family, name.given),
            _ => format!("{}, {}", name.family, name.given),
        }
    }

    fn fee_words(&mut self, payee: usize) -> String {
        let programme = self.payees[payee].programme_words[0].clone();
        let words = ["", "frais de dossier", "candidature MS", "FRAIS", "60 EUR", &programme, "application fee"];
        words[self.random.usize(0..words.len())].to_owned()
    }

    /// One payment of a fee in one of the ways people have.
    fn fee(&mut self, payee: usize, with_references: bool) {
        let own = self.name(payee);
        let words = self.fee_words(payee);
        let family = self.payees[payee].names[0].family.clone();
        let parent = format!("{} {}", self.pick(&["MME SYLVIANE", "M GONTRAN", "M OU MME"]), family.to_uppercase());
        let reference = self.payees[payee].reference.clone();
        if with_references && self.random.u8(0..3) < 2 {
            let payer = if self.random.bool() { own } else { format!("{} VANDENBOSSCHE", self.pick(&["MME ODILE", "M RENE"])) };
            let cents = if self.random.u8(0..10) == 0 { 5750 } else { 6000 };
            let text = self.damaged(&reference);
            return self.push("reference", cents, &payer, &text, &[payee]);
        }
        let charged = 4_500 + i64::from(self.random.u16(0..14)) * 100;
        match self.random.u8(0..12) {
            0..=3 => self.push("self", 6000, &own, &words, &[payee]),
            4 => self.push("self, named twice", 6000, &own, &format!("{words} {own}"), &[payee]),
            5 => self.push("parent", 6000, &parent, &format!("{words} {own}"), &[payee]),
            6 => self.push("third party", 6000, "MME ODILE VANDENBOSSCHE", &format!("frais de dossier {own}"), &[payee]),
            7 => self.push("agency", 6000, "FLYWIRE PAYMENTS", &format!("candidature {own}"), &[payee]),
            8 => self.push("charges", charged, &own, "frais de dossier", &[payee]),
            9 => self.push("parent, family name only", 6000, &parent, &words, &[payee]),
            10 => {
                let email = self.payees[payee].emails[0].replace('@', " ");
                self.push("e-mail", 6000, &parent, &email, &[payee]);
            }
            _ => {
                let mut letters: Vec<char> = own.chars().collect();
                let at = self.random.usize(0..letters.len());
                letters[at] = 'x';
                let slip: String = letters.into_iter().collect();
                self.push("slip", 6000, &parent, &format!("dossier {slip}"), &[payee]);
            }
        }
    }

    fn damaged(&mut self, reference: &str) -> String {
        let mut letters: Vec<char> = reference.chars().collect();
        match self.random.u8(0..8) {
            0 => reference.chars().enumerate().flat_map(|(at, letter)| (at % 4 == 0 && at > 0).then_some(' ').into_iter().chain([letter])).collect(),
            1 => letters.into_iter().take(11).collect(),
            2 => {
                let at = self.random.usize(4..letters.len() - 1);
                letters.swap(at, at + 1);
                letters.into_iter().collect()
            }
            3 => {
                let at = self.random.usize(4..letters.len());
                letters[at] = *self.random.choice(&['A', 'K', '0', '8', 'I']).unwrap();
                letters.into_iter().collect()
            }
            4 => reference[4..].to_owned(),
            _ => format!("frais {reference}"),
        }
    }

    /// Money that is no fee: of strangers, alumni and candidates, often of exactly the fee's amount.
    fn foreign(&mut self) {
        let stranger = format!("{} {}", self.pick(&GIVENS), self.pick(&["Vandenbossche", "Quesnoy", "Delattre", "Petit", "Wagner"]));
        let purpose = self.pick(&OTHER_PURPOSES);
        let somebody = self.random.usize(0..self.payees.len());
        let somebody = self.name(somebody);
        match self.random.u8(0..20) {
            0 => self.push("foreign", 6000, &stranger, purpose, &[]),
            1 => self.push("foreign", 6000, &somebody, purpose, &[]),
            2 => self.push("foreign", 6000, &stranger, &format!("{purpose} {somebody}"), &[]),
            3 => self.push("foreign", -6000, &stranger, "MISSION 4471", &[]),
            4 => self.push("foreign", 250_000, &somebody, "SCOLARITE 2024", &[]),
            _ => {
                let cents = self.random.i64(10_000..2_000_000) + 1;
                self.push("foreign", cents, self.payer_organisation(), "VIREMENT 118842", &[]);
            }
        }
    }

    fn payer_organisation(&self) -> &'static str {
        "SAS TECHNO"
    }
}

fn season(seed: u64, with_references: bool) -> Maker {
    let mut maker = Maker { random: fastrand::Rng::with_seed(seed), payees: Vec::new(), made: Vec::new() };
    let mut taken = BTreeSet::new();
    for number in 1..=300u32 {
        let (given, family) = (maker.pick(&GIVENS), maker.pick(&FAMILIES));
        let programme = PROGRAMMES[maker.random.usize(0..PROGRAMMES.len())];
        let mut payee = payee(number, given, family, programme);
        payee.reference = reference::issue("MS24", &[3; 32], u64::from(number), &taken).as_str().to_owned();
        taken.insert(payee.reference.clone());
        payee.opened_on = day("2024-01-05") + chrono::Days::new(maker.random.u64(0..120));
        maker.payees.push(payee);
    }
    for payee in 0..maker.payees.len() {
        maker.fee(payee, with_references);
    }
    for _ in 0..10 {
        let (one, other) = (maker.random.usize(0..150), maker.random.usize(150..300));
        let text = format!("2 dossiers {} + {}", maker.name(one), maker.name(other));
        maker.push("grouped", 12_000, "MME ODILE VANDENBOSSCHE", &text, &[one, other]);
    }
    for _ in 0..3000 {
        maker.foreign();
    }
    maker
}

#[test]
fn misleading_seasons_have_no_wrong_match() {
    let mut tally: BTreeMap<&str, (u32, u32, u32, u32)> = BTreeMap::new();
    let mut reasons: BTreeMap<(&str, String), u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    for seed in 0..20u64 {
        let maker = season(seed, seed % 2 == 0);
        let credits: Vec<Credit> = maker.made.iter().map(|made| made.credit.clone()).collect();
        let outcomes = match_transfers(&credits, &maker.payees, &[], FEE, &vocabulary(), &MatchingOptions::default());
        for (made, outcome) in maker.made.iter().zip(&outcomes) {
            let counts = tally.entry(made.kind).or_default();
            if outcome.state == TransferState::ToReview && !made.truth.is_empty() {
                *reasons.entry((made.kind, outcome.why[0].clone())).or_default() += 1;
            }
            let truth: BTreeSet<&String> = made.truth.iter().collect();
            let answer: BTreeSet<&String> = outcome.dossiers.iter().collect();
            match outcome.state {
                TransferState::Matched if truth == answer => counts.0 += 1,
                TransferState::Matched => wrong.push(format!(
                    "{} | {} | {:?} true {:?} said {:?} {:?}",
                    made.kind, made.credit.movement.remittance, made.credit.movement.debtor, truth, answer, outcome.why
                )),
                TransferState::ToReview if !truth.is_disjoint(&answer) => counts.1 += 1,
                TransferState::ToReview => counts.2 += 1,
                _ => counts.3 += 1,
            }
            assert!(truth.is_empty() || outcome.state != TransferState::Unrelated, "lost from sight: {made:?}", made = made.credit);
        }
    }
    println!("evidence: matched, offered, to review, unrelated");
    for (kind, counts) in &tally {
        println!("{kind:28} {counts:?}");
    }
    for ((kind, why), number) in &reasons {
        println!("{number:5} {kind:28} {why}");
    }
    let matched: u32 = tally.values().map(|counts| counts.0).sum();
    assert!(wrong.is_empty(), "{} wrong of {matched}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(matched >= 3_000, "{matched}");
}

#[test]
fn the_order_of_the_import_is_irrelevant() {
    let maker = season(77, true);
    let mut credits: Vec<Credit> = maker.made.iter().map(|made| made.credit.clone()).collect();
    let mut payees = maker.payees.clone();
    let first = match_transfers(&credits, &payees, &[], FEE, &vocabulary(), &MatchingOptions::default());
    let mut random = fastrand::Rng::with_seed(5);
    random.shuffle(&mut credits);
    random.shuffle(&mut payees);
    assert_eq!(first, match_transfers(&credits, &payees, &[], FEE, &vocabulary(), &MatchingOptions::default()));
}

#[test]
fn a_namesake_may_only_demote() {
    let maker = season(78, false);
    let credits: Vec<Credit> = maker.made.iter().take(400).map(|made| made.credit.clone()).collect();
    let before = match_transfers(&credits, &maker.payees, &[], FEE, &vocabulary(), &MatchingOptions::default());
    let mut payees = maker.payees.clone();
    let mut namesake = payees[10].clone();
    namesake.dossier = "MS24-0999".to_owned();
    namesake.reference = String::new();
    namesake.emails.clear();
    payees.push(namesake);
    let after = match_transfers(&credits, &payees, &[], FEE, &vocabulary(), &MatchingOptions::default());
    for (one, other) in before.iter().zip(&after).filter(|(_, other)| other.state == TransferState::Matched) {
        assert_eq!((one.state, &one.dossiers), (other.state, &other.dossiers));
    }
}
