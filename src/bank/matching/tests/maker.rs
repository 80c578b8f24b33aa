//! Makes seasons that mislead: three hundred candidates who share few names, homonyms, swapped names, twins, parents, employers, alumni
//! and congress guests who pay exactly the fee, names cut or transliterated, charges, slips of the pen, and thousands of other movements.
//!
//! What the evidence of a payment settles is judged here without the matching: by the whole name as a bag of letters, which is either one
//! candidate's alone or not.

use std::collections::BTreeMap;

use super::*;

const FAMILIES: [&str; 36] = [
    "Nguyen",
    "Martin",
    "Diallo",
    "Benali",
    "Thomas",
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
    "Simon",
    "Petit",
    "Laurent",
    "Traoré",
    "Ben Salah",
    "Kowalski",
    "Silva Santos",
    "O'Brien",
    "Schäfer",
    "Bernard",
    "Vandenberghe-Delacroix",
    "Mercier",
    "Blanc",
    "de la Fontaine",
    "Sow",
    "Tahiri",
    "Li",
    "Øster",
    "Ali",
    "Rajaonarivelo-Andrianasolo",
];
const GIVENS: [&str; 34] = [
    "Marie",
    "Léa",
    "Martin",
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
    "Thomas",
    "Sarah",
    "Manon",
    "Simon",
    "Mamadou",
    "Fatima Zahra",
    "Piotr",
    "Maria",
    "Chloé",
    "Karim",
    "Inès",
    "Laurent",
    "Rawan",
    "Boris",
    "Louis",
    "Louise",
    "Ali",
    "Marie-Christine",
];
const STRANGERS: [&str; 10] =
    ["Vandenbossche", "Quesnoy", "Delattre", "Wagner", "Bouchez", "Lemaire", "Carpentier", "Okafor", "Delannoy", "Szymanski"];
const PROGRAMMES: [&[&str]; 4] =
    [&["MS data", "intelligence artificielle"], &["construction durable", "MS construction"], &["ferroviaire"], &["cybersécurité"]];
/// Purposes that are no application, as their payers write them; the last ones stand in no list of words.
const OTHER_PURPOSES: [&str; 22] = [
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
    "INSCRIPTION JOURNEES MATERIAUX",
    "REGISTRATION FEE ICCM 2024",
    "Conference fee Lille",
    "frais inscription colloque",
    "AMICALE PROMO 2009",
    "don 2024",
    "CERTIFICATION TOEIC",
    "frais de dossier logement",
    "annuaire",
    "photos remise des diplômes",
];

/// A credit, the dossiers it truly pays for, and whether its evidence leaves no doubt.
pub struct Made {
    pub credit: Credit,
    pub truth: Vec<String>,
    pub kind: &'static str,
    pub settled: bool,
}

pub struct Maker {
    random: fastrand::Rng,
    pub payees: Vec<Payee>,
    pub made: Vec<Made>,
    /// How many candidates bear the same words as a name, in whatever order.
    bearers: BTreeMap<String, usize>,
}

/// Nothing misleading at all: everybody has a name of their own and nobody else pays the fee's amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    Plain,
    Misleading,
}

fn bag(given: &str, family: &str) -> String {
    let mut words = crate::folding::tokens(&format!("{given} {family}"));
    words.sort();
    words.join(" ")
}

impl Maker {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.usize(0..from.len())]
    }

    fn push(&mut self, kind: &'static str, settled: bool, cents: i64, debtor: &str, remittance: &str, truth: &[usize]) {
        let on = truth.first().map_or(day("2024-02-01"), |payee| self.payees[*payee].opened_on) + chrono::Days::new(self.random.u64(0..25));
        let id = i64::try_from(self.made.len()).unwrap();
        let truth = truth.iter().map(|payee| self.payees[*payee].dossier.clone()).collect();
        self.made.push(Made { credit: credit(id, on, cents, debtor, remittance), truth, kind, settled });
    }

    /// A candidate's name as some bank or person writes it.
    fn name(&mut self, payee: usize) -> String {
        let name = self.payees[payee].names[0].clone();
        match self.random.u8(0..8) {
            0 => format!("{} {}", name.family.to_uppercase(), name.given.to_uppercase()),
            1 => format!("{} {}", name.given, name.family),
            2 => crate::folding::fold(&format!("M {} {}", name.given, name.family)),
            3 => crate::folding::fold(&format!("{} {}", name.family, name.given)),
            4 => format!("MLLE {} {}", name.family, name.given),
            5 => transliterated(&format!("{} {}", name.given, name.family)).to_uppercase(),
            6 => format!("{} {}", name.family.replace(['-', ' ', '\''], "").to_uppercase(), name.given.to_uppercase()),
            _ => format!("{}, {}", name.family, name.given),
        }
    }

    fn fee_words(&mut self) -> &'static str {
        self.pick(&["", "frais de dossier", "candidature MS", "FRAIS", "60 EUR", "application fee", "Frais de candidature Mastere Specialise"])
    }

    fn alone(&self, payee: usize) -> bool {
        let name = &self.payees[payee].names[0];
        self.bearers.get(&bag(&name.given, &name.family)) == Some(&1)
    }

    /// Nobody else of that name applied to the same programme.
    fn alone_in_programme(&self, payee: usize) -> bool {
        let own = &self.payees[payee];
        let name = |payee: &Payee| bag(&payee.names[0].given, &payee.names[0].family);
        self.payees.iter().filter(|other| name(other) == name(own) && other.programme_words == own.programme_words).count() == 1
    }

    /// A parent of the candidate, with a given name that may well be another candidate's.
    fn parent(&mut self, payee: usize) -> String {
        let family = self.payees[payee].names[0].family.clone();
        let given = self.pick(&["SYLVIANE", "GONTRAN", "OU MME", "HENRI", "MARIE", "THOMAS", "MOHAMED"]);
        format!("{} {} {given}", self.pick(&["MME", "M", ""]), family.to_uppercase()).trim().to_owned()
    }

    fn is_somebody(&self, payer: &str) -> bool {
        self.bearers.contains_key(&bag("", payer.trim_start_matches("MME ").trim_start_matches("M ")))
    }

    fn stranger(&mut self) -> String {
        format!("{} {}", self.pick(&["MME ODILE", "M RENE", "Brigitte"]), self.pick(&STRANGERS))
    }

    /// One payment of a fee in one of the ways people have.
    fn fee(&mut self, payee: usize, with_references: bool) {
        if with_references && self.random.u8(0..3) < 2 {
            return self.fee_with_reference(payee);
        }
        let own = self.name(payee);
        let words = self.fee_words();
        let (parent, stranger) = (self.parent(payee), self.stranger());
        let alone = self.alone(payee);
        let charged = 4_500 + i64::from(self.random.u16(0..14)) * 100;
        match self.random.u8(0..18) {
            0..=3 => self.push("self", alone, 6000, &own, words, &[payee]),
            4 => self.push("self, named twice", alone, 6000, &own, &format!("{words} {own}"), &[payee]),
            5 => {
                let settled = alone && !self.is_somebody(&parent);
                self.push("parent", settled, 6000, &parent, &format!("frais de dossier {own}"), &[payee]);
            }
            6 => self.push("third party", alone, 6000, &stranger, &format!("frais de dossier {own}"), &[payee]),
            7 => self.push("agency", alone, 6000, "FLYWIRE PAYMENTS", &format!("candidature {own}"), &[payee]),
            8 => self.push("charges", alone, charged, &own, "frais de dossier", &[payee]),
            9 => self.push("parent, family name only", false, 6000, &parent, words, &[payee]),
            10 => {
                let email = self.payees[payee].emails[0].replace('@', " ");
                self.push("e-mail", true, 6000, &stranger, &email, &[payee]);
            }
            11 => {
                let settled = self.alone_in_programme(payee);
                let programme = self.payees[payee].programme_words[0].clone();
                self.push("self and programme", settled, 6000, &own, &format!("candidature {programme}"), &[payee]);
            }
            12 => {
                let cut: String = format!("FRAIS DE DOSSIER {own}").chars().take(35).collect();
                self.push("cut", false, 6000, &stranger, &cut, &[payee]);
            }
            13 => {
                let company = format!("SAS {} INDUSTRIE", self.pick(&STRANGERS));
                self.push("employer", alone, 6000, &company, &format!("frais candidature {own}"), &[payee]);
            }
            14 => {
                let name = self.payees[payee].names[0].clone();
                let initial: String = name.given.chars().take(1).collect();
                self.push("initial", false, 6000, &format!("{} {initial}", name.family), words, &[payee]);
            }
            15 => self.push("over", alone, 6500, &own, "frais de dossier", &[payee]),
            16 => {
                let second = self.pick(&["OLIVIER", "ROSE", "DAVID"]);
                let mixed = format!("{} {second}", self.payees[payee].names[0].full);
                self.push("self, second given name", false, 6000, &mixed, "frais de dossier", &[payee]);
            }
            _ => {
                let mut letters: Vec<char> = own.chars().collect();
                let at = self.random.usize(0..letters.len());
                letters[at] = 'x';
                let slip: String = letters.into_iter().collect();
                self.push("slip", false, 6000, &parent, &format!("dossier {slip}"), &[payee]);
            }
        }
    }

    fn fee_with_reference(&mut self, payee: usize) {
        let reference = self.payees[payee].reference.clone();
        let (own, parent, stranger) = (self.name(payee), self.parent(payee), self.stranger());
        let cents = if self.random.u8(0..10) == 0 { 5750 } else { 6000 };
        let (text, whole) = self.damaged(&reference);
        let (payer, family) = match self.random.u8(0..4) {
            0 | 1 => (own, true),
            2 => (parent, true),
            _ => (stranger, false),
        };
        // What is left of a reference is settled by a name beside it.
        let settled = if whole { !self.is_somebody(&payer) || self.alone(payee) } else { family && cents == 6000 && !self.is_somebody(&payer) };
        self.push(if whole { "reference" } else { "reference, damaged" }, settled, cents, &payer, &text, &[payee]);
    }

    /// A reference as it arrives, and whether all of it did.
    fn damaged(&mut self, reference: &str) -> (String, bool) {
        let mut letters: Vec<char> = reference.chars().collect();
        match self.random.u8(0..9) {
            0 => {
                let spaced =
                    reference.chars().enumerate().flat_map(|(at, letter)| (at % 4 == 0 && at > 0).then_some(' ').into_iter().chain([letter]));
                (spaced.collect(), true)
            }
            1 => (letters.into_iter().take(11).collect(), false),
            2 => {
                let at = self.random.usize(4..letters.len() - 1);
                letters.swap(at, at + 1);
                (letters.into_iter().collect(), false)
            }
            3 => {
                let at = self.random.usize(4..letters.len());
                letters[at] = *self.random.choice(&['A', 'K', '0', '8', 'I']).unwrap();
                (letters.into_iter().collect(), false)
            }
            4 => (reference[4..].to_owned(), true),
            5 => (format!("Frais dossier ref {}", reference.to_lowercase()), true),
            _ => (format!("frais {reference}"), true),
        }
    }

    /// Money that is no fee: of strangers, alumni, employers and candidates, often of exactly the fee's amount.
    fn foreign(&mut self) {
        let stranger = format!("{} {}", self.pick(&GIVENS), self.pick(&STRANGERS));
        let relative = format!("{} {}", self.pick(&["SYLVIE", "GASTON", "ODETTE"]), self.pick(&FAMILIES).to_uppercase());
        let purpose = self.pick(&OTHER_PURPOSES);
        let somebody = self.random.usize(0..self.payees.len());
        let (somebody, number) = (self.name(somebody), self.random.u32(1000..99_999));
        match self.random.u8(0..22) {
            0 => self.push("foreign", false, 6000, &stranger, purpose, &[]),
            1 => self.push("foreign", false, 6000, &somebody, purpose, &[]),
            2 => self.push("foreign", false, 6000, &stranger, &format!("{purpose} {somebody}"), &[]),
            3 => self.push("foreign", false, -6000, &stranger, "MISSION 4471", &[]),
            4 => self.push("foreign", false, 250_000, &somebody, "SCOLARITE 2024", &[]),
            5 => self.push("foreign", false, 6000, &relative, "", &[]),
            6 => self.push("foreign", false, 6000, &relative, purpose, &[]),
            7 => self.push("foreign", false, -6000, &somebody, "VIREMENT SALAIRE", &[]),
            _ => {
                let cents = self.random.i64(10_000..2_000_000) + 1;
                self.push("foreign", false, cents, "SAS TECHNO", &format!("VIREMENT {number}"), &[]);
            }
        }
    }
}

/// As a bank without accents writes it, the umlaut in two letters.
fn transliterated(text: &str) -> String {
    text.replace('ü', "ue").replace('ä', "ae").replace('Ø', "Oe").replace('ö', "oe").replace('ß', "ss")
}

/// A season of three hundred candidates and three thousand movements that are none of theirs.
pub fn season(seed: u64, with_references: bool, temper: Temper) -> Maker {
    let mut maker = Maker { random: fastrand::Rng::with_seed(seed), payees: Vec::new(), made: Vec::new(), bearers: BTreeMap::new() };
    let mut taken = BTreeSet::new();
    for number in 1..=300u32 {
        let (mut given, mut family) = (maker.pick(&GIVENS).to_owned(), maker.pick(&FAMILIES).to_owned());
        if temper == Temper::Plain {
            // A second family name makes each name one person's.
            family = format!("{family}-{}", distinct_word(number));
        } else if maker.random.u8(0..12) == 0 && !maker.payees.is_empty() {
            let other = maker.payees[maker.random.usize(0..maker.payees.len())].names[0].clone();
            (given, family) = if maker.random.bool() { (other.family, other.given) } else { (other.given, other.family) };
        }
        let programme = PROGRAMMES[maker.random.usize(0..PROGRAMMES.len())];
        let mut payee = payee(number, &given, &family, programme);
        payee.reference = reference::issue("MS24", &[3; 32], u64::from(number), &taken).as_str().to_owned();
        taken.insert(payee.reference.clone());
        payee.opened_on = day("2024-01-05") + chrono::Days::new(maker.random.u64(0..120));
        *maker.bearers.entry(bag(&given, &family)).or_insert(0) += 1;
        maker.payees.push(payee);
    }
    for payee in 0..maker.payees.len() {
        maker.fee(payee, with_references);
    }
    for _ in 0..10 {
        let (one, other) = (maker.random.usize(0..150), maker.random.usize(150..300));
        let text = format!("2 dossiers {} + {}", maker.name(one), maker.name(other));
        let settled = maker.alone(one) && maker.alone(other);
        maker.push("grouped", settled, 12_000, "MME ODILE VANDENBOSSCHE", &text, &[one, other]);
    }
    for _ in 0..if temper == Temper::Plain { 0 } else { 3000 } {
        maker.foreign();
    }
    maker
}

/// An invented word of its own for every number.
fn distinct_word(number: u32) -> String {
    const SYLLABLES: [&str; 12] = ["bar", "cel", "dom", "fur", "gav", "hil", "jon", "kem", "lor", "mip", "ner", "pud"];
    let syllable = |rank: u32| SYLLABLES[usize::try_from(number / 12u32.pow(rank) % 12).unwrap()];
    format!("{}{}{}", syllable(0), syllable(1), syllable(2))
}
