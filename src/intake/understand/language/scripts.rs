//! Letters counted by script, and the language that a script gives by itself or by the letters that only one of its languages has.

use std::collections::BTreeMap;

use crate::domain::language::Language;

/// Letters looked at.
const LETTERS_MAX: usize = 20_000;

/// Letters counted by script.
#[derive(Debug, Default)]
pub struct LettersByScript {
    pub latin: usize,
    /// By the commonest language of the script.
    other: BTreeMap<&'static str, usize>,
    kana: usize,
    /// Forms of ideograms that only Japan writes.
    japanese_forms: usize,
    /// Letters that only some languages of the Cyrillic or the Arabic script have, by language.
    telling: BTreeMap<&'static str, usize>,
    /// Vowels that Russian cannot do without and its neighbours do not write.
    russian_vowels: usize,
    /// `ъ`, rare in Russian and a common vowel in Bulgarian.
    hard_signs: usize,
}

/// Languages that share the Cyrillic script, by the letters that Russian has not.
const CYRILLIC: [(&str, &str); 7] =
    [("sr", "ђјљњћџЂЈЉЊЋЏ"), ("mk", "ѓќѕЃЌЅ"), ("be", "ўЎ"), ("kk", "әғқңұһӘҒҚҢҰҺ"), ("tg", "ӣӯҳҷӢӮҲҶ"), ("uk", "іїєґІЇЄҐ"), ("mn", "өүӨҮ")];
/// Languages that share the Arabic script, by the letters that Arabic has not. Persian comes last: Urdu and Pashto have its letters too.
const ARABIC: [(&str, &str); 4] = [("ur", "ٹڈڑںےہھ"), ("ps", "ښږړټډڼې"), ("ku", "ێۆڵڕە"), ("fa", "پچژگکی")];
/// Words that stand in every page of Persian and in none of Arabic: an engine that knows only Arabic loses the letters, not these.
const PERSIAN_WORDS: [&str; 16] =
    ["است", "در", "این", "را", "به", "از", "که", "با", "شد", "شده", "می", "برای", "دانشگاه", "دانشجو", "گردید", "تاریخ"];
const UKRAINIAN_WORDS: [&str; 13] = ["та", "що", "від", "про", "або", "як", "цей", "вищої", "освіти", "навчання", "університет", "роботи", "видана"];
const RUSSIAN_WORDS: [&str; 11] = ["и", "что", "от", "или", "как", "для", "образования", "обучения", "высшего", "работы", "университета"];
const BULGARIAN_WORDS: [&str; 10] = ["на", "се", "от", "за", "със", "във", "като", "е", "през", "че"];

impl LettersByScript {
    pub fn count(text: &str) -> LettersByScript {
        let mut letters = LettersByScript::default();
        for letter in text.chars().filter(|letter| letter.is_alphabetic()).take(LETTERS_MAX) {
            if matches!(letter, 'a'..='z' | 'A'..='Z' | '\u{aa}'..='\u{24f}' | '\u{259}' | '\u{1e00}'..='\u{1eff}' | '\u{fb00}'..='\u{fb06}') {
                letters.latin += 1;
            } else if let Some(language) = letters.common_language(letter) {
                *letters.other.entry(language).or_default() += 1;
            }
        }
        letters
    }

    /// The commonest language of the letter's script; what the letter tells beyond is noted.
    fn common_language(&mut self, letter: char) -> Option<&'static str> {
        Some(match letter {
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => "el",
            '\u{400}'..='\u{52f}' => {
                self.note(&CYRILLIC, letter);
                self.russian_vowels += usize::from("ыэёЫЭЁ".contains(letter));
                self.hard_signs += usize::from("ъЪ".contains(letter));
                "ru"
            }
            '\u{531}'..='\u{58f}' => "hy",
            '\u{590}'..='\u{5ff}' => "he",
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' => {
                self.note(&ARABIC, letter);
                "ar"
            }
            '\u{900}'..='\u{97f}' => "hi",
            '\u{980}'..='\u{9ff}' => "bn",
            '\u{a00}'..='\u{a7f}' => "pa",
            '\u{a80}'..='\u{aff}' => "gu",
            '\u{b80}'..='\u{bff}' => "ta",
            '\u{c00}'..='\u{c7f}' => "te",
            '\u{c80}'..='\u{cff}' => "kn",
            '\u{d00}'..='\u{d7f}' => "ml",
            '\u{d80}'..='\u{dff}' => "si",
            '\u{e00}'..='\u{e7f}' => "th",
            '\u{e80}'..='\u{eff}' => "lo",
            '\u{1000}'..='\u{109f}' => "my",
            '\u{10a0}'..='\u{10ff}' | '\u{1c90}'..='\u{1cbf}' => "ka",
            '\u{1200}'..='\u{139f}' => "am",
            '\u{1780}'..='\u{17ff}' => "km",
            '\u{3040}'..='\u{30ff}' => {
                self.kana += 1;
                "zh"
            }
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}' => {
                self.japanese_forms += usize::from("単験図実検価県円歳発処続読売楽収帰応団囲悪広払戻込働".contains(letter));
                "zh"
            }
            '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}' => "ko",
            _ => return None,
        })
    }

    fn note(&mut self, languages: &[(&'static str, &str)], letter: char) {
        if let Some((language, _)) = languages.iter().find(|(_, letters)| letters.contains(letter)) {
            *self.telling.entry(language).or_default() += 1;
        }
    }

    /// A syllable or an ideogram says as much as several letters.
    fn weight(language: &str, count: usize) -> f32 {
        let factor = if matches!(language, "zh" | "ja" | "ko") { 2.5 } else { 1.0 };
        factor * count as f32
    }

    pub fn weighted_total(&self) -> f32 {
        self.latin as f32 + self.other.iter().map(|(language, count)| LettersByScript::weight(language, *count)).sum::<f32>()
    }

    /// Languages by script: the language, its weight, and its letters (ideograms counted as several).
    pub fn telling_scripts(&self, text: &str) -> Vec<(Language, f32, usize)> {
        let named = self.other.iter().filter_map(|(language, count)| {
            let refined = match *language {
                "zh" if self.kana * 20 > *count || self.japanese_forms * 30 > *count => "ja",
                "ar" => self.of_arabic_script(*count, text),
                "ru" => self.of_cyrillic_script(*count, text),
                same => same,
            };
            let weight = LettersByScript::weight(language, *count);
            Some((Language::parse(refined)?, weight, weight as usize))
        });
        named.collect()
    }

    /// The language of the list whose own letters are more than that share (one in so many) of all.
    fn by_telling_letters(&self, languages: &[(&'static str, &str)], count: usize, one_in: usize) -> Option<&'static str> {
        let own = |language: &str| self.telling.get(language).copied().unwrap_or(0);
        languages.iter().map(|(language, _)| *language).find(|language| own(language) >= 2 && own(language) * one_in > count)
    }

    fn of_arabic_script(&self, count: usize, text: &str) -> &'static str {
        if let Some(language) = self.by_telling_letters(&ARABIC, count, 25) {
            return language;
        }
        let words: Vec<&str> = words(text).filter(|word| word.chars().any(|letter| ('\u{600}'..='\u{6ff}').contains(&letter))).collect();
        let persian = words.iter().filter(|word| PERSIAN_WORDS.contains(word)).count();
        let with_article = words.iter().filter(|word| word.starts_with("ال")).count();
        if persian >= 3 && persian * 8 > words.len() && with_article * 12 < words.len() { "fa" } else { "ar" }
    }

    fn of_cyrillic_script(&self, count: usize, text: &str) -> &'static str {
        if let Some(language) = self.by_telling_letters(&CYRILLIC, count, 60) {
            // Kazakh has the Ukrainian і, Mongolian none of Kazakh's other letters.
            return language;
        }
        if self.russian_vowels > 0 || count < 60 {
            return "ru";
        }
        let lower = text.to_lowercase();
        let of = |known: &[&str]| words(&lower).filter(|word| known.contains(word)).count();
        let (ukrainian, russian, bulgarian) = (of(&UKRAINIAN_WORDS), of(&RUSSIAN_WORDS), of(&BULGARIAN_WORDS));
        if self.hard_signs * 120 > count && bulgarian >= 2 {
            "bg"
        } else if ukrainian > russian {
            "uk"
        } else {
            "ru"
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()).take(4_000)
}
