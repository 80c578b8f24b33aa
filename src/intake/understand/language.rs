//! In which languages a text is written: by script first, then by letter statistics, then by the words that give a document its title.
//!
//! Says nothing rather than guess: below [`LETTERS_NEEDED`] letters, or when OCR has made a foreign script into Latin noise, there is no
//! verdict. A second language is named only when it holds a good part of the text; a title line in English makes no bilingual document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use lingua::{LanguageDetector, LanguageDetectorBuilder};

use crate::domain::language::Language;
use scripts::LettersByScript;

mod rarer;
mod scripts;

/// Letters below which Latin text gets no verdict; half of them do when known phrases or function words back it.
pub const LETTERS_NEEDED: usize = 60;
/// A script that few languages share needs less.
const LETTERS_NEEDED_OF_TELLING_SCRIPT: usize = 14;
/// Letters of running text looked at; more would not change the verdict.
const LETTERS_READ_MAX: usize = 1_200;
/// An engine so unsure of its words has read one script as another, unless known phrases came out.
const OCR_CONFIDENCE_OF_NOISE: f32 = 0.62;
/// Letter statistics are led astray by names (one `ã` makes Portuguese of a page), so they count in part beside words and phrases.
const LETTER_STATISTICS_SHARE: f32 = 0.6;
/// Share of the letters that a second language must hold.
const SHARE_OF_SECOND: f32 = 0.25;

/// The engine names the script of a page; most scripts have one language among candidates.
const CERTAINTY_OF_UNREAD_SCRIPT: f32 = 0.86;

/// The languages of a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LanguageVerdict {
    /// The main one first; empty without a verdict.
    pub languages: Vec<Language>,
    /// Likelihood, 0 to 1, that exactly these are right.
    pub certainty: f32,
}

/// What is known of a text beside its letters.
#[derive(Debug, Clone, Copy)]
pub struct TextTraits<'a> {
    /// Read by an OCR engine, with this mean confidence (0 to 1); `None` for a text layer.
    pub ocr_confidence: Option<f32>,
    /// Languages of the known phrases in it, with their weight.
    pub hints: &'a BTreeMap<Language, f32>,
    /// The language of a script that was seen on the page and that nobody here could read.
    pub unread_script: Option<Language>,
}

impl TextTraits<'_> {
    fn strongest_hint(&self) -> f32 {
        self.hints.values().copied().fold(0.0, f32::max)
    }
}

/// Names the languages of a text.
pub fn languages(text: &str, traits: TextTraits<'_>) -> LanguageVerdict {
    let letters = LettersByScript::count(text);
    let mut shares = letters.telling_scripts(text);
    let total: f32 = letters.weighted_total().max(1.0);
    shares.retain(|(_, weight, count)| *count >= LETTERS_NEEDED_OF_TELLING_SCRIPT && *weight / total >= SHARE_OF_SECOND);
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    if traits.ocr_confidence.is_some_and(|confidence| confidence < OCR_CONFIDENCE_OF_NOISE) && traits.strongest_hint() < 3.0 {
        shares.clear();
    }
    let mut verdict = LanguageVerdict { languages: shares.iter().map(|(language, _, _)| *language).collect(), certainty: 0.97 };
    verdict.languages.truncate(2);
    let mut latin_share = letters.latin as f32 / total;
    if let Some(script) = traits.unread_script.filter(|_| verdict.languages.is_empty()) {
        verdict = LanguageVerdict { languages: vec![script], certainty: CERTAINTY_OF_UNREAD_SCRIPT };
        latin_share = 0.5;
    }
    if verdict.languages.is_empty() {
        return latin_verdict(text, letters.latin, traits);
    }
    // Names and titles are often printed in Latin letters too: beside another script, Latin text must be running text of its own.
    if latin_share >= SHARE_OF_SECOND && letters.latin >= LETTERS_NEEDED {
        let latin = latin_verdict(text, letters.latin, traits);
        let backed = running_words(text) + latin.languages.first().and_then(|main| traits.hints.get(main)).map_or(0, |hint| *hint as usize);
        if latin.certainty >= 0.8 && backed >= 4 {
            let place = if latin_share > 0.6 { 0 } else { verdict.languages.len() };
            if let Some(second) = latin.languages.first() {
                verdict.languages.insert(place, *second);
            }
            verdict.certainty = verdict.certainty.min(0.9);
        }
    }
    verdict
}

/// The verdict on text in Latin letters.
fn latin_verdict(text: &str, letters: usize, traits: TextTraits<'_>) -> LanguageVerdict {
    let strongest_hint = traits.strongest_hint();
    let backed = strongest_hint >= 3.0 || running_words(text) >= 2;
    let too_short = letters < LETTERS_NEEDED / 2 || (letters < LETTERS_NEEDED && !backed);
    if too_short || is_noise(text, traits, strongest_hint) {
        return LanguageVerdict { languages: Vec::new(), certainty: 0.4 };
    }
    let function_words = function_words_by_language(text);
    let by_words = |language: Language| {
        let hint = traits.hints.get(&language).copied().unwrap_or(0.0).min(5.0);
        0.55 * hint + 0.6 * function_words.get(language.code()).copied().unwrap_or(0.0)
    };
    let rarer = rarer_languages(text, letters, traits);
    let mut scored = match told_by_words(by_words, &rarer) {
        Some(scored) => scored,
        None => scored_by_letters(text, by_words),
    };
    scored.extend(rarer);
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (Some((main, best)), second) = (scored.first().copied(), scored.get(1).map_or(-12.0, |(_, score)| *score)) else {
        return LanguageVerdict::default();
    };
    let margin = (best - second).clamp(0.0, 12.0);
    let mut verdict = LanguageVerdict { languages: vec![main], certainty: (0.55 + 0.09 * margin).min(0.98) };
    if let Some(second) = second_latin_language(text, main) {
        verdict.languages.push(second);
        verdict.certainty = verdict.certainty.min(0.75);
    }
    verdict
}

/// The words' scores, when letter statistics could not change what they say: those cost most of the reading of a plain text.
fn told_by_words(by_words: impl Fn(Language) -> f32, rarer: &[(Language, f32)]) -> Option<Vec<(Language, f32)>> {
    let languages = FUNCTION_WORDS.iter().filter_map(|(code, _)| Language::parse(code));
    let mut scored: Vec<(Language, f32)> = languages.map(|language| (language, by_words(language))).collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (_, best) = scored.first()?;
    let next = scored.get(1).into_iter().chain(rarer).map(|(_, score)| *score).fold(0.0, f32::max);
    (best - next >= MARGIN_THAT_LETTERS_CANNOT_CHANGE).then_some(scored)
}

/// More than [`LETTER_STATISTICS_SHARE`] of the logarithm of the least confidence that is told from none, and enough for full certainty.
const MARGIN_THAT_LETTERS_CANNOT_CHANGE: f32 = 4.8;

fn scored_by_letters(text: &str, by_words: impl Fn(Language) -> f32) -> Vec<(Language, f32)> {
    let confidences = latin_detector().compute_language_confidence_values(running_text(text)).into_iter();
    confidences
        .filter_map(|(language, confidence)| {
            let language = Language::parse(&language.iso_code_639_1().to_string())?;
            Some((language, LETTER_STATISTICS_SHARE * (confidence as f32 + 1e-3).ln() + by_words(language)))
        })
        .collect()
}

/// Languages beyond the detector's, with scores like those of the others.
fn rarer_languages(text: &str, letters: usize, traits: TextTraits<'_>) -> Vec<(Language, f32)> {
    let words: Vec<String> = words_of(text).collect();
    let owners = |word: &str| FUNCTION_WORDS.iter().filter(|(_, known)| known.contains(&word)).count();
    let named = rarer::scores(&words, letters, owners).into_iter();
    named
        .filter_map(|(code, score)| {
            let language = Language::parse(code)?;
            Some((language, score + 0.55 * traits.hints.get(&language).copied().unwrap_or(0.0).min(5.0)))
        })
        .collect()
}

/// How many function words of each language stand in a text; a word that several languages have counts in parts. At most 12 each.
fn function_words_by_language(text: &str) -> BTreeMap<&'static str, f32> {
    static OWNERS: OnceLock<BTreeMap<&'static str, Vec<&'static str>>> = OnceLock::new();
    let owners = OWNERS.get_or_init(|| {
        let mut owners: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
        for (language, words) in FUNCTION_WORDS {
            for word in words {
                owners.entry(word).or_default().push(language);
            }
        }
        owners
    });
    let mut counts: BTreeMap<&'static str, f32> = BTreeMap::new();
    for languages in words_of(text).filter_map(|word| owners.get(word.as_str())) {
        for language in languages {
            *counts.entry(language).or_default() += 1.0 / languages.len() as f32;
        }
    }
    counts.values_mut().for_each(|count| *count = count.min(12.0));
    counts
}

/// Words with digits, addresses of mail and the web, single letters and proper names say nothing of the language.
fn running_text(text: &str) -> String {
    let mut running = String::with_capacity(LETTERS_READ_MAX + 64);
    let mut with_names = String::with_capacity(LETTERS_READ_MAX + 64);
    for line in text.lines() {
        for (place, word) in line.split_whitespace().enumerate() {
            let telling = word.chars().count() >= 2
                && !word.contains(['@', '/', '<', '_'])
                && !word.chars().any(char::is_numeric)
                && word.chars().any(is_latin);
            if !telling || with_names.len() >= LETTERS_READ_MAX {
                continue;
            }
            let letters: String = word.chars().filter(|letter| is_latin(*letter) || matches!(letter, '\'' | '’' | '-')).chain([' ']).collect();
            with_names.push_str(&letters);
            if place == 0 || !is_capitalised(&letters) {
                running.push_str(&letters);
            }
        }
    }
    if running.len() >= LETTERS_NEEDED + 20 { running } else { with_names }
}

/// Names of people, towns and firms begin with a capital within the line, and are of any language.
fn is_capitalised(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
}

fn is_latin(letter: char) -> bool {
    matches!(letter, 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{300}'..='\u{323}')
}

/// OCR of a script that its engine does not know gives short, meaningless Latin words.
fn is_noise(text: &str, traits: TextTraits<'_>, strongest_hint: f32) -> bool {
    let Some(confidence) = traits.ocr_confidence else { return false };
    let words: Vec<&str> = text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let count = words.len().max(1) as f32;
    let long = words.iter().filter(|word| word.chars().count() >= 4 && is_cased_like_a_word(word)).count() as f32 / count;
    let function_words = running_words(text) as f32 / count;
    // Clean pages have half of their words long, or a tenth of them articles and prepositions.
    let sense = long + 2.0 * function_words + 0.1 * strongest_hint.min(5.0) + 0.4 * (confidence - 0.7);
    sense < 0.42
}

/// `Word`, `WORD` or `word`, with a vowel; not `wOrD`.
fn is_cased_like_a_word(word: &str) -> bool {
    let mut rest = word.chars();
    let first_is_upper = rest.next().is_some_and(char::is_uppercase);
    let upper = rest.clone().filter(|letter| letter.is_uppercase()).count();
    let consistent = upper == 0 || (first_is_upper && upper == rest.count());
    let vowel = word.chars().any(|letter| matches!(letter.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y') || !letter.is_ascii());
    consistent && vowel
}

/// Articles, prepositions and the like of the Latin languages, those that only one or two of them have.
const FUNCTION_WORDS: [(&str, &[&str]); 11] = [
    (
        "fr",
        &[
            "le", "les", "des", "du", "et", "est", "dans", "pour", "une", "au", "aux", "sur", "avec", "par", "votre", "nous", "je", "que", "qui",
            "son", "sa", "mon", "ma", "été", "cette",
        ],
    ),
    (
        "en",
        &[
            "the", "of", "and", "to", "in", "is", "for", "this", "that", "with", "has", "was", "his", "her", "by", "on", "be", "my", "have", "from",
            "your", "are", "at", "which", "it",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "und", "ist", "im", "den", "dem", "mit", "für", "von", "wird", "hat", "an", "zu", "auf", "ein", "eine", "zum",
            "zur", "am", "des", "bei", "nach", "herr",
        ],
    ),
    (
        "es",
        &["el", "los", "las", "del", "y", "por", "para", "con", "una", "ha", "al", "su", "en", "se", "como", "sus", "este", "esta", "doña", "don"],
    ),
    (
        "it",
        &[
            "il", "di", "della", "del", "che", "per", "con", "gli", "dei", "nel", "al", "alla", "è", "ha", "delle", "degli", "dal", "sono", "si",
            "una",
        ],
    ),
    ("pt", &["do", "da", "dos", "das", "em", "para", "com", "uma", "ao", "no", "na", "os", "as", "foi", "pela", "pelo", "é", "nos", "nas", "seu"]),
    ("ro", &["în", "și", "cu", "din", "este", "pentru", "pe", "care", "ale", "domnul", "doamna", "prin", "anul", "cea", "lui"]),
    ("tr", &["ve", "bir", "bu", "ile", "için", "olan", "olarak", "tarihinde", "yılında", "dir", "tarafından"]),
    ("vi", &["là", "của", "và", "cho", "ngày", "tháng", "năm", "tại", "có", "được", "học", "sinh", "viên", "đại", "trường", "ông", "bà", "đã"]),
    ("pl", &["na", "do", "jest", "się", "nie", "oraz", "dla", "przez", "od", "za", "po", "roku"]),
    ("nl", &["het", "een", "van", "en", "in", "is", "voor", "met", "op", "aan", "te", "bij", "heeft", "door", "dat"]),
];

/// Number of words that are function words of some language.
fn running_words(text: &str) -> usize {
    static WORDS: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    let known = WORDS.get_or_init(|| FUNCTION_WORDS.iter().flat_map(|(_, words)| words.iter().copied()).collect());
    words_of(text).filter(|word| known.contains(word.as_str())).count()
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.len() > 1).take(4_000).map(str::to_lowercase)
}

/// A second Latin language: it must hold whole lines, several of them, with a good share of the running text.
fn second_latin_language(text: &str, main: Language) -> Option<Language> {
    let mut letters_by_language: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for line in text.lines().take(200) {
        if let Some(language) = language_of_line(line) {
            let entry = letters_by_language.entry(language).or_default();
            entry.0 += line.chars().filter(|letter| letter.is_alphabetic()).count();
            entry.1 += 1;
        }
    }
    let assigned: usize = letters_by_language.values().map(|(letters, _)| letters).sum();
    let others = letters_by_language.iter().filter(|(language, _)| **language != main.code());
    let (language, (letters, lines)) = others.max_by_key(|(_, (letters, _))| *letters)?;
    let enough = *lines >= 4 && *letters >= 160 && *letters as f32 >= 0.35 * assigned as f32;
    if enough { Language::parse(language) } else { None }
}

/// The language whose function words stand in a line, when there are at least two and no other language has as many.
fn language_of_line(line: &str) -> Option<&'static str> {
    let words: Vec<String> = words_of(line).collect();
    if words.len() < 5 {
        return None;
    }
    let mut counts: Vec<(usize, &'static str)> =
        FUNCTION_WORDS.iter().map(|(language, known)| (words.iter().filter(|word| known.contains(&word.as_str())).count(), *language)).collect();
    counts.sort_by(|a, b| b.cmp(a));
    match (counts.first(), counts.get(1)) {
        (Some((best, language)), Some((next, _))) if *best >= 2 && best > next => Some(language),
        _ => None,
    }
}

/// Built once; its models are loaded as they are first needed.
fn latin_detector() -> &'static LanguageDetector {
    static DETECTOR: OnceLock<LanguageDetector> = OnceLock::new();
    DETECTOR.get_or_init(|| {
        use lingua::Language::{Dutch, English, French, German, Italian, Polish, Portuguese, Romanian, Spanish, Turkish, Vietnamese};
        LanguageDetectorBuilder::from_languages(&[
            Dutch, English, French, German, Italian, Polish, Portuguese, Romanian, Spanish, Turkish, Vietnamese,
        ])
        .build()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{TextTraits, languages};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let hints = BTreeMap::new();
        let verdict = languages(text, TextTraits { ocr_confidence: None, hints: &hints, unread_script: None });
        let codes: Vec<&str> = verdict.languages.iter().map(|language| language.code()).collect();
        assert_eq!(codes, expected, "{text}");
    }

    #[test]
    fn scripts_tell_at_once() {
        check("某某大学 成绩单 高等数学 大学物理 机械制图", &["zh"]);
        check("Справка выдана студенту в том, что он действительно обучается", &["ru"]);
        check("Довідка видана студентці, що вона дійсно навчається в університеті", &["uk"]);
        check("تشهد الجامعة أن الطالب مسجل بصفة نظامية", &["ar"]);
        check("گواهی می‌شود که دانشجوی این دانشگاه است و در رشته مهندسی برق", &["fa"]);
        check("上記の者は本学に在学していることを証明する", &["ja"]);
        check(
            "Удостоверява се, че студентката е записана във втори курс на университета през учебната година, със специалност строителство",
            &["bg"],
        );
        check("Овим се потврђује да је студенткиња уписана на другу годину студија на факултету", &["sr"]);
        check("یہ تصدیق کی جاتی ہے کہ طالب علم اس یونیورسٹی میں زیر تعلیم ہے", &["ur"]);
        check("प्रमाणित किया जाता है कि छात्रा इस विश्वविद्यालय में अध्ययनरत है", &["hi"]);
        check("Βεβαιώνεται ότι η φοιτήτρια είναι εγγεγραμμένη στο δεύτερο έτος", &["el"]);
        check("האוניברסיטה מאשרת בזאת כי התלמידה רשומה ללימודים", &["he"]);
        check("재학증명서 위 학생은 본교에 재학하고 있음을 증명합니다", &["ko"]);
        check("ขอรับรองว่านักศึกษาผู้นี้กำลังศึกษาอยู่ในมหาวิทยาลัย", &["th"]);
    }

    #[test]
    fn latin_languages_are_told_apart() {
        check("Nous soussignés attestons que Madame Martin est inscrite dans notre établissement pour l'année en cours.", &["fr"]);
        check("This is to certify that the student named above is enrolled in the second year of the programme.", &["en"]);
        check("Hiermit wird bescheinigt, dass die genannte Person im laufenden Semester an unserer Hochschule eingeschrieben ist.", &["de"]);
        check("Giấy chứng nhận sinh viên hệ chính quy ngành kỹ thuật phần mềm năm học này của trường đại học", &["vi"]);
    }

    #[test]
    fn engines_that_know_one_language_of_a_script_lose_letters_not_words() {
        check("دانشكاه صنعتى نمونه در تاريخ به خانم از اين دانشكده مدرك را با معدل براى دوره است", &["fa"]);
        check("Университет. Довидка видана студентци про те, що вона навчаеться на другому курси та отримуе стипендию вид факультету", &["uk"]);
    }

    #[test]
    fn rarer_latin_languages_are_not_given_to_their_neighbours() {
        check(
            "Igazoljuk, hogy a hallgató az egyetem nappali tagozatos képzésén tanul, és az előírt tanulmányi kötelezettségeit teljesítette a tanév során.",
            &["hu"],
        );
        check(
            "Potvrzujeme, že studentka je zapsána ke studiu na fakultě strojní a že podle studijního plánu byla řádně přijata pro tento akademický rok.",
            &["cs"],
        );
        check(
            "Härmed intygas att studenten är registrerad på programmet och har godkänts i alla kurser som krävs för examen enligt utbildningsplanen.",
            &["sv"],
        );
        check(
            "Dengan ini menerangkan bahwa mahasiswa yang tersebut di atas telah menyelesaikan pendidikan pada program studi teknik sipil dan dinyatakan lulus.",
            &["id"],
        );
        check(
            "Ovim se potvrđuje da je studentica koja je upisana na sveučilište položila sve ispite predviđene planom studija za ovu godinu.",
            &["hr"],
        );
        check(
            "Nos rector universitatis omnibus has litteras inspecturis notum facimus dominum examinatum et approbatum gradum baccalaurei cum laude hoc anno accepisse",
            &["la"],
        );
        check(
            "Vertetohet se studentja është e regjistruar në vitin e dytë dhe ka kryer të gjitha detyrimet për këtë vit nga fakulteti i inxhinierisë",
            &["sq"],
        );
    }

    #[test]
    fn diplomas_and_tables_in_rarer_languages_have_few_small_words() {
        check("Oklevél\nKovács Péter, aki 1997 május 4 napján született, a mérnöki karon, építőmérnöki szakon tanulmányait befejezte.", &["hu"]);
        check("Předmět Kredity Známka\nPružnost a pevnost\nŘízení výroby\nnarozen v akademickém roce, fakulta strojní", &["cs"]);
    }

    #[test]
    fn a_script_that_nobody_could_read_still_gives_its_language() {
        let hints = BTreeMap::new();
        let verdict = |text: &str| {
            let traits = TextTraits { ocr_confidence: Some(0.4), hints: &hints, unread_script: crate::domain::language::Language::parse("zh") };
            languages(text, traits).languages.iter().map(|language| language.code().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(verdict(""), ["zh"]);
        assert_eq!(verdict("Lo A BE ik"), ["zh"]);
    }

    #[test]
    fn no_verdict_on_little_text() {
        check("Martin 2024", &[]);
        check("", &[]);
    }

    #[test]
    fn an_english_title_makes_no_bilingual_page() {
        check(
            "Transcript of records\nL'étudiante a suivi les cours de la première année dans notre établissement et les a validés avec la mention bien.",
            &["fr"],
        );
    }

    #[test]
    fn two_languages_need_a_good_share_each() {
        let arabic = "تشهد رئاسة الجامعة أن الطالبة المذكورة أعلاه قد نالت شهادة الإجازة في الهندسة بميزة حسن جدا";
        check(
            &format!("{arabic}\nLe président de l'université atteste que Madame a obtenu le diplôme de licence avec la mention bien"),
            &["ar", "fr"],
        );
    }
}
