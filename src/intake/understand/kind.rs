//! What kind of document a page belongs to: weighted phrases, the build of the page, and the file's name when the page is silent.
//!
//! Every sign adds to the score of one kind, the strongest in full and each further one less, so that a few telling words beat many
//! incidental ones. Scores are comparable across kinds, like log-odds. Nothing here looks at other pages: see `segment`.

pub mod lexicon;
mod shape;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::domain::document::{DocumentKind, PageText};
use crate::domain::language::Language;
use crate::intake::understand::UnderstandingContext;
use lexicon::{FoldedPage, Hit, Lexicon};

/// Pages with fewer folded letters than this are silent.
const LETTERS_OF_A_SILENT_PAGE: usize = 15;
/// A page with text is `other` unless something speaks for another kind: the score that it has to beat.
const OTHER_UNTIL_SHOWN: f32 = 1.6;
/// Share of a name's weight that remains when the page speaks for itself.
const NAME_BESIDE_TEXT: f32 = 0.3;

/// One reason to take a page for a kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    pub kind: DocumentKind,
    /// Roughly log-odds.
    pub strength: f32,
    /// The language of the phrase, when it is one.
    pub language: Option<Language>,
    pub is_title: bool,
    pub origin: Origin,
    /// What was seen, for a person to read.
    pub words: String,
}

/// Where a sign comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A known phrase in the text.
    Phrase,
    /// The build of the page: rows, figures, labels.
    Shape,
    /// A machine-readable zone.
    MachineZone,
    /// What the picture looks like, without any text.
    Picture,
    /// The name of the file.
    Name,
}

/// One number per kind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct KindScores([f32; DocumentKind::ALL.len()]);

impl KindScores {
    pub fn get(&self, kind: DocumentKind) -> f32 {
        self.0.get(kind as usize).copied().unwrap_or(0.0)
    }

    pub fn add(&mut self, kind: DocumentKind, amount: f32) {
        if let Some(score) = self.0.get_mut(kind as usize) {
            *score += amount;
        }
    }

    /// The kinds from best to worst; equal ones in the order of the dossier.
    pub fn ranked(&self) -> Vec<(DocumentKind, f32)> {
        let mut ranked: Vec<(DocumentKind, f32)> = DocumentKind::ALL.into_iter().map(|kind| (kind, self.get(kind))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}

/// Everything that one page says about its kind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PageEvidence {
    /// Strongest first.
    pub signs: Vec<Sign>,
    pub scores: KindScores,
    /// Folded letters and digits on the page.
    pub letters: usize,
}

impl PageEvidence {
    /// How strongly a title of the page's best kind opens it; 0 without one.
    pub fn title(&self) -> f32 {
        let best = self.scores.ranked().first().map(|(kind, _)| *kind);
        self.signs.iter().filter(|sign| sign.is_title && Some(sign.kind) == best).map(|sign| sign.strength).fold(0.0, f32::max)
    }

    pub fn is_silent(&self) -> bool {
        self.letters < LETTERS_OF_A_SILENT_PAGE
    }
}

fn phrases() -> &'static Lexicon {
    static PHRASES: OnceLock<Lexicon> = OnceLock::new();
    PHRASES.get_or_init(|| Lexicon::parse(include_str!("kind/phrases.txt")).0)
}

fn names() -> &'static Lexicon {
    static NAMES: OnceLock<Lexicon> = OnceLock::new();
    NAMES.get_or_init(|| Lexicon::parse(include_str!("kind/names.txt")).0)
}

/// Weighs one page.
pub fn weigh(page: &PageText, folded: &FoldedPage, context: &UnderstandingContext<'_>) -> PageEvidence {
    let mut evidence = PageEvidence { letters: folded.letters(), ..PageEvidence::default() };
    if evidence.is_silent() {
        evidence.signs = signs_of_a_silent_page(page);
    } else {
        evidence.signs = phrases().search(folded).into_iter().filter_map(|hit| sign_of(&hit)).collect();
        evidence.signs.extend(shape::signs(&page.text, folded, context));
        give_card_fields_to_the_card(&mut evidence.signs);
        doubt_titles_above_a_table_of_marks(&mut evidence.signs);
        evidence.signs.extend(list_of_documents(&evidence.signs, folded));
        evidence.scores.add(DocumentKind::Other, OTHER_UNTIL_SHOWN);
    }
    add_name_signs(&mut evidence, context.file_name);
    evidence.signs.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    let scores = summed(&evidence.signs);
    for kind in DocumentKind::ALL {
        evidence.scores.add(kind, scores.get(kind));
    }
    evidence
}

fn sign_of(hit: &Hit<'_>) -> Option<Sign> {
    let kind = DocumentKind::from_slug(hit.section)?;
    Some(Sign {
        kind,
        strength: hit.strength,
        language: hit.language,
        is_title: hit.is_title,
        origin: Origin::Phrase,
        words: format!("« {} »", hit.phrase),
    })
}

/// Every further sign of one kind counts for less: it seldom says something new.
fn summed(signs: &[Sign]) -> KindScores {
    const WEIGHT_BY_RANK: [f32; 10] = [1.0, 0.8, 0.65, 0.5, 0.4, 0.4, 0.3, 0.3, 0.2, 0.2];
    let mut scores = KindScores::default();
    for kind in DocumentKind::ALL {
        let strongest_first = signs.iter().filter(|sign| sign.kind == kind);
        scores.add(kind, strongest_first.zip(WEIGHT_BY_RANK).map(|(sign, weight)| sign.strength * weight).sum());
    }
    scores
}

/// A residence permit has the fields of an identity card; once the page says that it is a permit they speak for the permit.
fn give_card_fields_to_the_card(signs: &mut [Sign]) {
    let strongest = |kind: DocumentKind, signs: &[Sign]| signs.iter().filter(|sign| sign.kind == kind).map(|sign| sign.strength).fold(0.0, f32::max);
    let permit = strongest(DocumentKind::ResidencePermit, signs);
    let identity = strongest(DocumentKind::IdentityDocument, signs);
    if permit >= 4.5 && permit >= identity {
        for sign in signs.iter_mut().filter(|sign| sign.kind == DocumentKind::IdentityDocument && sign.strength < 3.0) {
            sign.kind = DocumentKind::ResidencePermit;
        }
    }
}

/// A short page that names four kinds of documents lists what the archive holds, or, with the words of a form, what the form asks for.
fn list_of_documents(signs: &[Sign], folded: &FoldedPage) -> Option<Sign> {
    let named: BTreeSet<DocumentKind> =
        signs.iter().filter(|sign| sign.origin == Origin::Phrase && sign.strength >= 4.0).map(|sign| sign.kind).collect();
    let form = signs.iter().any(|sign| sign.kind == DocumentKind::ApplicationForm);
    let short_lines = folded.letters() < 40 * folded.line_count();
    (named.len() >= 4 && short_lines && folded.line_count() <= 40).then(|| Sign {
        kind: if form { DocumentKind::ApplicationForm } else { DocumentKind::Other },
        strength: 8.0,
        language: None,
        is_title: false,
        origin: Origin::Shape,
        words: format!("liste de pièces ({} natures citées)", named.len()),
    })
}

/// A page with many rows of marks is a transcript, whatever certificate its title says it is.
fn doubt_titles_above_a_table_of_marks(signs: &mut [Sign]) {
    let table = signs.iter().any(|sign| sign.kind == DocumentKind::Transcript && sign.origin == Origin::Shape && sign.strength >= 1.7);
    let certificates = [DocumentKind::Diploma, DocumentKind::SuccessAttestation, DocumentKind::EnrolmentCertificate];
    for sign in signs.iter_mut().filter(|sign| table && certificates.contains(&sign.kind)) {
        sign.strength *= 0.45;
    }
}

/// A page without text: a portrait, a blank page, a picture, or a page that nobody could read.
fn signs_of_a_silent_page(page: &PageText) -> Vec<Sign> {
    let sign =
        |kind, strength, words: &str| Sign { kind, strength, language: None, is_title: false, origin: Origin::Picture, words: words.to_owned() };
    if page.portrait >= 0.5 {
        return vec![sign(DocumentKind::Photo, 3.0 + 3.0 * page.portrait, "un portrait, sans texte")];
    }
    if is_small_picture(page) {
        return vec![sign(DocumentKind::Photo, 2.5, "une petite image sans texte, au format d’une photo d’identité")];
    }
    if page.unread {
        return vec![sign(DocumentKind::Other, 0.3, "page non lue")];
    }
    if page.ink < 0.004 {
        return vec![sign(DocumentKind::Other, 4.0, "page blanche")];
    }
    vec![sign(DocumentKind::Other, 1.6, "image sans texte lisible"), sign(DocumentKind::Photo, 1.2 * page.portrait, "une image, sans texte")]
}

/// Identity photographs are 35 mm by 45 (ISO/IEC 19794-5), a little more or less, and come in few pixels; scanned sheets are larger.
fn is_small_picture(page: &PageText) -> bool {
    let (short, long) = (page.width.min(page.height) as f32, page.width.max(page.height) as f32);
    let inked_throughout = page.ink >= 0.12;
    inked_throughout && short >= 90.0 && long <= 900.0 && (0.72..=0.86).contains(&(short / long))
}

/// The words of the file's name, its folders counting less than the name itself.
fn add_name_signs(evidence: &mut PageEvidence, file_name: &str) {
    let (folders, name) = file_name.rsplit_once('/').unwrap_or(("", file_name));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let spoken = summed(&evidence.signs).ranked().first().map_or(0.0, |(_, score)| *score);
    let beside_text = if evidence.is_silent() || spoken < 1.5 { 1.0 } else { NAME_BESIDE_TEXT };
    for (text, share) in [(stem, 1.0), (folders, 0.5)] {
        for hit in names().search(&FoldedPage::new(&with_words_apart(text))).iter().take(2) {
            if let Some(kind) = DocumentKind::from_slug(hit.section) {
                let strength = hit.strength.min(3.0) * share * beside_text;
                let words = format!("nom du fichier : « {} »", hit.phrase);
                evidence.signs.push(Sign { kind, strength, language: None, is_title: false, origin: Origin::Name, words });
            }
        }
    }
}

/// The kind that a file's name alone speaks of, for files that cannot be opened.
pub fn named(file_name: &str) -> Option<DocumentKind> {
    let mut evidence = PageEvidence::default();
    add_name_signs(&mut evidence, file_name);
    let ranked = summed(&evidence.signs).ranked();
    ranked.first().filter(|(_, strength)| *strength >= 1.0).map(|(kind, _)| *kind)
}

/// `ReleveNotes2021` becomes `Releve Notes 2021`.
fn with_words_apart(name: &str) -> String {
    let mut apart = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    for letter in name.chars().take(300) {
        let begins_word =
            (letter.is_uppercase() && before.is_lowercase()) || (letter.is_ascii_digit() && before.is_alphabetic() && before.is_lowercase());
        if begins_word {
            apart.push(' ');
        }
        apart.push(letter);
        before = letter;
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::TextSource;

    fn page(text: &str) -> PageText {
        PageText {
            number: 1,
            text: text.to_owned(),
            source: TextSource::Layer,
            quality: 1.0,
            width: 595,
            height: 842,
            ink: 0.05,
            portrait: 0.0,
            unread: false,
            unread_script: None,
        }
    }

    fn best(page: &PageText, file_name: &str) -> DocumentKind {
        let context = UnderstandingContext { file_name, programmes: &[], season: "2024-2025", school_iban: "FR7610071590000000102433444" };
        let evidence = weigh(page, &FoldedPage::new(&page.text), &context);
        evidence.scores.ranked().first().map_or(DocumentKind::Other, |(kind, _)| *kind)
    }

    #[test]
    fn the_tables_are_well_formed() {
        for table in [include_str!("kind/phrases.txt"), include_str!("kind/names.txt")] {
            let (lexicon, rejected) = Lexicon::parse(table);
            assert!(rejected.is_empty(), "{rejected:?}");
            for section in lexicon.sections() {
                assert!(DocumentKind::from_slug(section).is_some(), "{section}");
            }
        }
    }

    #[track_caller]
    fn check(text: &str, expected: DocumentKind) {
        assert_eq!(best(&page(text), "scan0001.pdf"), expected, "{text}");
    }

    #[test]
    fn pages_are_known_in_many_languages() {
        use DocumentKind::*;
        check("UNIVERSITÉ DU LITTORAL\nRELEVÉ DE NOTES\nAnalyse 5 12,5 acquis\nChimie 4 9,0 acquis\nMécanique 6 14 acquis", Transcript);
        check("Hochschule Musterstadt\nNotenspiegel\nMathematik 5 1,7\nPhysik 5 2,3\nChemie 4 1,0", Transcript);
        check("某某大学\n成绩单\n高等数学 4 88\n大学物理 3 91\n机械制图 2 79", Transcript);
        check("جامعة المدينة\nكشف النقاط\nالرياضيات 4 12\nالفيزياء 3 14", Transcript);
        check(
            "Example Works Ltd\nTo whom it may concern\nThis is to certify that Ms Ann Example has been employed with us as a welder since 2019.\nHuman Resources",
            EmploymentCertificate,
        );
        check("École du Nord\nCERTIFICAT DE SCOLARITÉ\nMme Rose Martin est régulièrement inscrite en 2e année", EnrolmentCertificate);
        check("Universitatea Exemplu\nDiplomă de inginer\nse conferă doamnei Ana Popescu titlul de inginer", Diploma);
        check(
            "University of Example\nProvisional certificate\nAnn Example has successfully completed the degree of Bachelor of Science. The diploma will be issued later.",
            SuccessAttestation,
        );
        check("Quittance de loyer\nReçu de Mme Martin la somme de 420,00 € au titre du loyer de mars", Other);
        check("Bonjour\nvoici ce que j'ai trouvé hier sous la table de la cuisine", Other);
    }

    #[test]
    fn a_name_speaks_only_when_the_page_is_silent() {
        let silent = page("");
        assert_eq!(best(&silent, "dossier/Passeport.pdf"), DocumentKind::IdentityDocument);
        let transcript = page("Transcript of records\nAlgebra 4 B\nPhysics 3 A\nChemistry 3 C");
        assert_eq!(best(&transcript, "diplome.pdf"), DocumentKind::Transcript);
        assert_eq!(with_words_apart("ReleveNotes2021"), "Releve Notes 2021");
    }
}
