//! Whether a page is itself a translation of another document, by whom, and from which language.
//!
//! Goes by what translators write (headings, formulas, stamps). Refuses to take every mention of a translation for one: a candidate who
//! lists translations in a CV or asks about them in a letter has not sent one.

use std::sync::OnceLock;

use crate::domain::document::DocumentKind;
use crate::domain::language::Language;
use crate::intake::understand::kind::lexicon::{FoldedPage, Lexicon};

/// Strength from which a page counts as a translation.
pub const ENOUGH: f32 = 3.0;

/// What a page says of being a translation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TranslationSigns {
    /// See [`ENOUGH`].
    pub strength: f32,
    /// By a sworn translator; `None` when nothing tells.
    pub sworn: Option<bool>,
    /// The language translated from, when it is named.
    pub source: Option<Language>,
    /// What was seen, for a person to read.
    pub evidence: Vec<String>,
}

fn phrases() -> &'static Lexicon {
    static PHRASES: OnceLock<Lexicon> = OnceLock::new();
    PHRASES.get_or_init(|| Lexicon::parse(include_str!("translation/phrases.txt")).0)
}

/// Looks for the signs of a translation on a page.
pub fn signs(page: &FoldedPage) -> TranslationSigns {
    let mut found = TranslationSigns::default();
    let (mut sworn, mut free) = (0.0_f32, 0.0_f32);
    let mut conventions = 0.0_f32;
    let mut source_lines = Vec::new();
    for hit in phrases().search(page) {
        match hit.section {
            "convention" => conventions = (conventions + 0.4 * hit.strength).min(1.2),
            section => {
                found.strength += if found.strength == 0.0 { hit.strength } else { 0.4 * hit.strength };
                sworn = if section == "sworn" { sworn.max(hit.strength) } else { sworn };
                free = if section == "free" { free.max(hit.strength) } else { free };
                found.evidence.push(format!("« {} »", hit.phrase));
                source_lines.push(hit.line);
            }
        }
    }
    if found.strength > 0.0 {
        found.strength += conventions;
    }
    found.sworn = if free > 0.0 && free >= sworn { Some(false) } else { (sworn > 0.0).then_some(true) };
    found.source = source_lines.into_iter().find_map(|line| language_named(page, line));
    found.evidence.truncate(3);
    found
}

/// Whether documents of this kind come as translations; elsewhere the words are only talked of.
pub fn may_be_translated(kind: DocumentKind) -> bool {
    match kind {
        DocumentKind::ApplicationForm
        | DocumentKind::Cv
        | DocumentKind::MotivationLetter
        | DocumentKind::VappFile
        | DocumentKind::PaymentProof
        | DocumentKind::Photo => false,
        DocumentKind::IdentityDocument
        | DocumentKind::Diploma
        | DocumentKind::SuccessAttestation
        | DocumentKind::EnrolmentCertificate
        | DocumentKind::Transcript
        | DocumentKind::EmploymentCertificate
        | DocumentKind::FundingCommitment
        | DocumentKind::LanguageCertificate
        | DocumentKind::RecommendationLetter
        | DocumentKind::ResidencePermit
        | DocumentKind::Other => true,
    }
}

/// Names of languages in folded French, English and German.
const LANGUAGE_NAMES: [(&str, &[&str]); 47] = [
    ("ar", &["ARABE", "LARABE", "ARABIC", "ARABISCHEN"]),
    ("zh", &["CHINOIS", "CHINOISE", "CHINESE", "MANDARIN", "CHINESISCHEN"]),
    ("ru", &["RUSSE", "RUSSIAN", "RUSSISCHEN"]),
    ("uk", &["UKRAINIEN", "UKRAINIENNE", "LUKRAINIEN", "UKRAINIAN"]),
    ("es", &["ESPAGNOL", "ESPAGNOLE", "LESPAGNOL", "SPANISH", "SPANISCHEN"]),
    ("it", &["ITALIEN", "ITALIENNE", "LITALIEN", "ITALIAN", "ITALIENISCHEN"]),
    ("pt", &["PORTUGAIS", "PORTUGAISE", "PORTUGUESE", "PORTUGIESISCHEN"]),
    ("de", &["ALLEMAND", "ALLEMANDE", "LALLEMAND", "GERMAN"]),
    ("ro", &["ROUMAIN", "ROUMAINE", "ROMANIAN", "RUMANISCHEN"]),
    ("tr", &["TURC", "TURQUE", "TURKISH", "TURKISCHEN"]),
    ("vi", &["VIETNAMIEN", "VIETNAMIENNE", "VIETNAMESE"]),
    ("pl", &["POLONAIS", "POLONAISE", "POLISH"]),
    ("nl", &["NEERLANDAIS", "NEERLANDAISE", "DUTCH"]),
    ("el", &["GREC", "GRECQUE", "GREEK"]),
    ("fa", &["PERSAN", "PERSANE", "FARSI", "PERSIAN"]),
    ("ja", &["JAPONAIS", "JAPONAISE", "JAPANESE"]),
    ("ko", &["COREEN", "COREENNE", "KOREAN"]),
    ("hu", &["HONGROIS", "HONGROISE", "HUNGARIAN"]),
    ("cs", &["TCHEQUE", "CZECH"]),
    ("bg", &["BULGARE", "BULGARIAN"]),
    ("sr", &["SERBE", "SERBIAN"]),
    ("he", &["HEBREU", "HEBREW"]),
    ("th", &["THAI", "THAIE"]),
    ("hi", &["HINDI"]),
    ("sk", &["SLOVAQUE", "SLOVAK"]),
    ("sl", &["SLOVENE", "SLOVENIAN"]),
    ("hr", &["CROATE", "CROATIAN"]),
    ("mk", &["MACEDONIEN", "MACEDONIENNE", "MACEDONIAN"]),
    ("sq", &["ALBANAIS", "ALBANAISE", "ALBANIAN"]),
    ("sv", &["SUEDOIS", "SUEDOISE", "SWEDISH"]),
    ("da", &["DANOIS", "DANOISE", "DANISH"]),
    ("no", &["NORVEGIEN", "NORVEGIENNE", "NORWEGIAN"]),
    ("fi", &["FINNOIS", "FINNOISE", "FINNISH"]),
    ("lt", &["LITUANIEN", "LITUANIENNE", "LITHUANIAN"]),
    ("lv", &["LETTON", "LETTONNE", "LATVIAN"]),
    ("et", &["ESTONIEN", "ESTONIENNE", "ESTONIAN"]),
    ("ka", &["GEORGIEN", "GEORGIENNE", "GEORGIAN"]),
    ("hy", &["ARMENIEN", "ARMENIENNE", "ARMENIAN"]),
    ("az", &["AZERI", "AZERBAIDJANAIS", "AZERBAIJANI"]),
    ("kk", &["KAZAKH", "KAZAKHE"]),
    ("uz", &["OUZBEK", "OUZBEKE", "UZBEK"]),
    ("mn", &["MONGOL", "MONGOLE", "MONGOLIAN"]),
    ("id", &["INDONESIEN", "INDONESIENNE", "INDONESIAN"]),
    ("ur", &["OURDOU", "URDU"]),
    ("bn", &["BENGALI"]),
    ("ca", &["CATALAN", "CATALANE"]),
    ("am", &["AMHARIQUE", "AMHARIC"]),
];

fn language_named(page: &FoldedPage, line: usize) -> Option<Language> {
    page.words_of_line(line).find_map(|word| {
        let (code, _) = LANGUAGE_NAMES
            .iter()
            .find(|(_, names)| names.iter().any(|name| *name == word || strsim::osa_distance(name, word) <= usize::from(name.len() >= 7)))?;
        Language::parse(code)
    })
}

#[cfg(test)]
mod tests {
    use super::{ENOUGH, Lexicon, signs};
    use crate::intake::understand::kind::lexicon::FoldedPage;

    #[track_caller]
    fn check(text: &str, translation: bool, sworn: Option<bool>, source: Option<&str>) {
        let found = signs(&FoldedPage::new(text));
        assert_eq!(found.strength >= ENOUGH, translation, "{text}: {found:?}");
        assert_eq!(found.sworn, sworn, "{text}");
        assert_eq!(found.source.as_ref().map(|language| language.code()), source, "{text}");
    }

    #[test]
    fn the_table_is_well_formed() {
        assert!(Lexicon::parse(include_str!("translation/phrases.txt")).1.is_empty());
    }

    #[test]
    fn translations_say_so() {
        check("Traduction de l’arabe\nDiplôme\ncachet rond", true, None, Some("ar"));
        check("DIPLOMA\nI, the undersigned sworn translator, certify the above.\nTranslated from Turkish", true, Some(true), Some("tr"));
        check("Relevé de notes\n(traduction libre, original en langue chinoise)", true, Some(false), Some("zh"));
        check("Beglaubigte Übersetzung aus dem Arabischen", true, Some(true), Some("ar"));
        check("Relevé de notes\nAlgèbre 12\nAnalyse 14\nsigné : le doyen", false, None, None);
    }
}
