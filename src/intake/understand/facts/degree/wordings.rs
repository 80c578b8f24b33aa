//! The words for degrees, in many languages: data only.
//!
//! Levels as ENIC-NARIC France compares them. A word that is also something else (*grade*, *but*, *Diplom*) stands among those that count
//! only where a degree is asked for.

use std::sync::LazyLock;

use crate::domain::document::{DegreeFamily, DegreeLevel};

/// What a wording says: level, and the French family it would be of if the school is French.
pub(super) type Meaning = (Option<DegreeLevel>, DegreeFamily);

pub(super) const BELOW: Meaning = (Some(DegreeLevel::BelowBac3), DegreeFamily::Unknown);
pub(super) const BACHELOR: Meaning = (Some(DegreeLevel::Bac3), DegreeFamily::FrenchBachelor);
pub(super) const BACHELOR_ABROAD: Meaning = (Some(DegreeLevel::Bac3), DegreeFamily::Foreign);
pub(super) const M1: Meaning = (Some(DegreeLevel::Bac4), DegreeFamily::FrenchM1);
pub(super) const MASTER: Meaning = (Some(DegreeLevel::Bac5), DegreeFamily::FrenchMaster);
pub(super) const MASTER_ABROAD: Meaning = (Some(DegreeLevel::Bac5), DegreeFamily::Foreign);
pub(super) const ENGINEER: Meaning = (Some(DegreeLevel::Bac5), DegreeFamily::CtiEngineer);
pub(super) const RNCP7: Meaning = (Some(DegreeLevel::Bac5), DegreeFamily::Rncp7);
pub(super) const DOCTORATE: Meaning = (Some(DegreeLevel::Doctorate), DegreeFamily::Unknown);
/// A degree word that hides a level.
pub(super) const VAGUE_ABROAD: Meaning = (None, DegreeFamily::Foreign);

/// Wordings in Latin letters, folded. Tried in this order, and what one has matched the later ones no longer see.
#[rustfmt::skip]
pub(super) const WORDINGS: &[(&str, Meaning)] = &[
    // Below the licence, and words that only look like degrees.
    ("ON LISANS", BELOW), ("BACCALAUREAT", BELOW), ("BREVET DE TECHNICIEN SUPERIEUR", BELOW), ("BTS", BELOW), ("DUT", BELOW), ("DEUG", BELOW), ("DEUST", BELOW), ("HIGHER NATIONAL DIPLOMA", BELOW), ("ASSOCIATE DEGREE", BELOW),
    ("DIPLOME UNIVERSITAIRE DE TECHNOLOGIE", BELOW), ("CLASSES PREPARATOIRES", BELOW), ("CLASSE PREPARATOIRE", BELOW),
    // Doctorates: only where a person cannot be meant.
    ("DIPLOME DE DOCTORAT", DOCTORATE), ("GRADE DE DOCTEUR", DOCTORATE), ("DOCTORAT EN", DOCTORATE), ("DOCTOR OF PHILOSOPHY", DOCTORATE), ("PHD IN", DOCTORATE),
    // Engineers. State engineers and "ingénieurs de conception" are titles of the Maghreb and of West Africa.
    ("INGENIEUR D ETAT", MASTER_ABROAD), ("STATE ENGINEER", MASTER_ABROAD), ("INGENIEUR DE CONCEPTION", MASTER_ABROAD), ("DESIGN ENGINEER DEGREE", MASTER_ABROAD), ("DIPLOME NATIONAL D INGENIEUR", MASTER_ABROAD),
    ("INGENIEUR CIVIL", MASTER_ABROAD), ("DIPLOM INGENIEUR", MASTER_ABROAD), ("DIPLOM INGENIEURIN", MASTER_ABROAD), ("DIPL ING", MASTER_ABROAD), ("INGENIERO SUPERIOR", MASTER_ABROAD), ("QUALIFICATION D INGENIEUR", MASTER_ABROAD), ("QUALIFICATION OF ENGINEER", MASTER_ABROAD),
    ("DIPLOME D INGENIEUR", ENGINEER), ("TITRE D INGENIEUR", ENGINEER), ("INGENIEUR DIPLOME", ENGINEER), ("INGENIEURE DIPLOMEE", ENGINEER), ("CYCLE INGENIEUR", ENGINEER), ("CYCLE D INGENIEUR", ENGINEER), ("ELEVE INGENIEUR", ENGINEER), ("ENGINEERING CYCLE", ENGINEER),
    // First year of a master.
    ("MASTER 1", M1), ("MASTER I", M1), ("M1", M1), ("MASTER 1RE ANNEE", M1), ("MASTER 1ERE ANNEE", M1), ("MASTER PREMIERE ANNEE", M1), ("PREMIERE ANNEE DE MASTER", M1), ("PREMIERE ANNEE MASTER", M1), ("1RE ANNEE DE MASTER", M1), ("1ERE ANNEE DE MASTER", M1), ("1ERE ANNEE MASTER", M1),
    ("MAITRISE", M1), ("MASTER YEAR 1", M1), ("FIRST YEAR OF MASTER", M1), ("FIRST YEAR OF THE MASTER", M1), ("FIRST YEAR MASTER", M1), ("BAC 4", M1),
    // Registered titles.
    ("RNCP NIVEAU 7", RNCP7), ("RNCP NIVEAU I", RNCP7), ("RNCP DE NIVEAU 7", RNCP7), ("RNCP LEVEL 7", RNCP7), ("TITRE RNCP", RNCP7), ("NIVEAU 7 RNCP", RNCP7), ("NIVEAU 7 DU RNCP", RNCP7), ("TITRE CERTIFIE DE NIVEAU 7", RNCP7), ("TITRE PROFESSIONNEL DE NIVEAU 7", RNCP7), ("TITRE CERTIFIE NIVEAU 7", RNCP7), ("TITRE DE NIVEAU 7", RNCP7), ("TITRE NIVEAU 7", RNCP7),
    ("CERTIFICATION PROFESSIONNELLE DE NIVEAU 7", RNCP7), ("CERTIFICATION DE NIVEAU 7", RNCP7), ("REPERTOIRE NATIONAL DES CERTIFICATIONS PROFESSIONNELLES", RNCP7),
    // Masters.
    ("LAUREA MAGISTRALE", MASTER_ABROAD), ("LAUREA SPECIALISTICA", MASTER_ABROAD), ("DOTTORE MAGISTRALE", MASTER_ABROAD), ("DOTTORESSA MAGISTRALE", MASTER_ABROAD), ("YUKSEK LISANS", MASTER_ABROAD), ("MESTRADO", MASTER_ABROAD), ("MESTRE EM", MASTER_ABROAD), ("GRAU DE MESTRE", MASTER_ABROAD), ("MAESTRIA EN", MASTER_ABROAD),
    ("MAGISTER", MASTER_ABROAD), ("MAGISTRA", MASTER_ABROAD), ("MAGISTR", MASTER_ABROAD), ("MGR INZ", MASTER_ABROAD), ("THAC SI", MASTER_ABROAD), ("MASTERAT", MASTER_ABROAD), ("GRADE DE SPECIALISTE", MASTER_ABROAD), ("SPECIALIST DEGREE", MASTER_ABROAD), ("QUALIFICATION DE SPECIALISTE", MASTER_ABROAD), ("DIPLOMA DE SPECIALIST", MASTER_ABROAD),
    ("MASTER 2", MASTER), ("MASTER II", MASTER), ("M2", MASTER), ("MASTER", MASTER), ("MASTERS", MASTER), ("MSC", MASTER), ("M SC", MASTER), ("MENG", MASTER), ("M ENG", MASTER), ("MTECH", MASTER), ("M TECH", MASTER), ("MBA", MASTER), ("DESS", MASTER), ("DEA", MASTER), ("BAC 5", MASTER),
    // First cycle.
    ("LAUREA TRIENNALE", BACHELOR_ABROAD), ("LAUREA IN", BACHELOR_ABROAD), ("LAUREA", BACHELOR_ABROAD), ("DOTTORE", BACHELOR_ABROAD), ("DOTTORESSA", BACHELOR_ABROAD), ("LICENCIATURA", BACHELOR_ABROAD), ("LICENCIADO", BACHELOR_ABROAD), ("LICENCIADA", BACHELOR_ABROAD), ("LICENCIE", BACHELOR_ABROAD), ("LICENCIEE", BACHELOR_ABROAD), ("LICENTIATE", BACHELOR_ABROAD),
    ("DIPLOMA DE LICENTA", BACHELOR_ABROAD), ("LICENTA", BACHELOR_ABROAD), ("LICENTIAT", BACHELOR_ABROAD), ("GRADUADO EN", BACHELOR_ABROAD), ("GRADUADA EN", BACHELOR_ABROAD), ("GRADUADO O GRADUADA EN", BACHELOR_ABROAD), ("GRADO EN", BACHELOR_ABROAD), ("TITULO DE GRADO", BACHELOR_ABROAD), ("INZYNIER", BACHELOR_ABROAD), ("LICENCJAT", BACHELOR_ABROAD),
    ("BACHAREL", BACHELOR_ABROAD), ("BACHELIER", BACHELOR_ABROAD), ("BACHELIERE", BACHELOR_ABROAD), ("LISANS", BACHELOR_ABROAD), ("LISANSI", BACHELOR_ABROAD), ("CU NHAN", BACHELOR_ABROAD), ("BAKALAVR", BACHELOR_ABROAD), ("KY SU", VAGUE_ABROAD),
    ("LICENCE PROFESSIONNELLE", BACHELOR), ("LICENCE", BACHELOR), ("BACHELOR UNIVERSITAIRE DE TECHNOLOGIE", BACHELOR), ("BACHELOR", BACHELOR), ("BACHELORS", BACHELOR), ("BSC", BACHELOR), ("B SC", BACHELOR), ("BENG", BACHELOR), ("B ENG", BACHELOR), ("BTECH", BACHELOR), ("B TECH", BACHELOR), ("BAC 3", BACHELOR),
];

/// Wordings in other scripts, found as they stand in lower case.
#[rustfmt::skip]
pub(super) const NATIVE_WORDINGS: &[(&str, Meaning)] = &[
    ("магистр", MASTER_ABROAD), ("магістр", MASTER_ABROAD), ("специалист", MASTER_ABROAD), ("спеціаліст", MASTER_ABROAD), ("бакалавр", BACHELOR_ABROAD), ("квалификация инженер", MASTER_ABROAD), ("инженер", VAGUE_ABROAD),
    ("硕士", MASTER_ABROAD), ("碩士", MASTER_ABROAD), ("修士", MASTER_ABROAD), ("석사", MASTER_ABROAD), ("博士", DOCTORATE), ("学士", BACHELOR_ABROAD), ("學士", BACHELOR_ABROAD), ("학사", BACHELOR_ABROAD), ("本科", BACHELOR_ABROAD), ("专科", BELOW),
    ("كارشناسی ارشد", MASTER_ABROAD), ("کارشناسی ارشد", MASTER_ABROAD), ("کارشناسی", BACHELOR_ABROAD), ("ماجستير", MASTER_ABROAD), ("الماستر", MASTER_ABROAD), ("ماستر", MASTER_ABROAD), ("مهندس دولة", MASTER_ABROAD), ("مهندس الدولة", MASTER_ABROAD), ("بكالوريوس", BACHELOR_ABROAD), ("البكالوريوس", BACHELOR_ABROAD), ("إجازة", BACHELOR_ABROAD), ("الإجازة", BACHELOR_ABROAD), ("ليسانس", BACHELOR_ABROAD),
    ("μεταπτυχιακ", MASTER_ABROAD), ("πτυχίο", BACHELOR_ABROAD),
];

/// Wordings that mean a degree only in a place where a degree is asked for (a form's line, a CV's education).
#[rustfmt::skip]
pub(super) const WORDINGS_IN_PLACE: &[(&str, Meaning)] = &[
    ("INGENIEUR", ENGINEER), ("INGENIEURE", ENGINEER), ("ENGINEERING DEGREE", ENGINEER), ("ENGINEER DEGREE", ENGINEER), ("ENGINEERS DEGREE", ENGINEER), ("NIVEAU 7", RNCP7), ("RNCP 7", RNCP7), ("RNCP", RNCP7), ("GRADO", BACHELOR_ABROAD), ("GRADE", BACHELOR_ABROAD), ("BUT", BACHELOR),
    ("DIPLOM", MASTER_ABROAD), ("SPECIALIST", MASTER_ABROAD), ("SPECIALISTE", MASTER_ABROAD), ("MESTRE", MASTER_ABROAD), ("DOCTORAT", DOCTORATE), ("PHD", DOCTORATE), ("LICENCE DE", BACHELOR),
];

/// All wordings as words, the longer first, so that "Master 1" is no master; and whether a wording counts only in place.
pub(super) static SORTED_WORDINGS: LazyLock<Vec<(Vec<&'static str>, Meaning, bool)>> = LazyLock::new(|| {
    let split = |wordings: &'static [(&'static str, Meaning)], in_place: bool| {
        wordings.iter().map(move |(wording, meaning)| (wording.split(' ').collect::<Vec<_>>(), *meaning, in_place))
    };
    let mut sorted: Vec<_> = split(WORDINGS, false).chain(split(WORDINGS_IN_PLACE, true)).collect();
    sorted.sort_by_key(|(words, _, _)| std::cmp::Reverse(words.len()));
    sorted
});
