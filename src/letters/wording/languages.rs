//! Names of languages in French and in English, by ISO 639-1 code.

use crate::domain::language::Language;
use crate::domain::letter::LetterLanguage;
use crate::letters::wording::{English, French};

/// `en arabe` / `in Arabic`; a language without a name here is only called another one.
pub fn in_language(language: Language, letter: LetterLanguage) -> String {
    let named = NAMES.iter().find(|(code, ..)| *code == language.code());
    match (named, letter) {
        (Some((_, name, _)), French) => format!("en {name}"),
        (Some((.., name)), English) => format!("in {name}"),
        (None, French) => String::from("dans une autre langue que le français ou l'anglais"),
        (None, English) => String::from("in a language other than French or English"),
    }
}

/// ISO 639-1 code, French name, English name.
const NAMES: [(&str, &str, &str); 88] = [
    ("af", "afrikaans", "Afrikaans"),
    ("am", "amharique", "Amharic"),
    ("ar", "arabe", "Arabic"),
    ("az", "azéri", "Azerbaijani"),
    ("be", "biélorusse", "Belarusian"),
    ("bg", "bulgare", "Bulgarian"),
    ("bm", "bambara", "Bambara"),
    ("bn", "bengali", "Bengali"),
    ("bo", "tibétain", "Tibetan"),
    ("br", "breton", "Breton"),
    ("bs", "bosnien", "Bosnian"),
    ("ca", "catalan", "Catalan"),
    ("cs", "tchèque", "Czech"),
    ("cy", "gallois", "Welsh"),
    ("da", "danois", "Danish"),
    ("de", "allemand", "German"),
    ("dv", "maldivien", "Dhivehi"),
    ("el", "grec", "Greek"),
    ("en", "anglais", "English"),
    ("eo", "espéranto", "Esperanto"),
    ("es", "espagnol", "Spanish"),
    ("et", "estonien", "Estonian"),
    ("eu", "basque", "Basque"),
    ("fa", "persan", "Persian"),
    ("ff", "peul", "Fulah"),
    ("fi", "finnois", "Finnish"),
    ("fo", "féroïen", "Faroese"),
    ("fr", "français", "French"),
    ("ga", "irlandais", "Irish"),
    ("gl", "galicien", "Galician"),
    ("gu", "gujarati", "Gujarati"),
    ("ha", "haoussa", "Hausa"),
    ("he", "hébreu", "Hebrew"),
    ("hi", "hindi", "Hindi"),
    ("hr", "croate", "Croatian"),
    ("ht", "créole haïtien", "Haitian Creole"),
    ("hu", "hongrois", "Hungarian"),
    ("hy", "arménien", "Armenian"),
    ("id", "indonésien", "Indonesian"),
    ("ig", "igbo", "Igbo"),
    ("is", "islandais", "Icelandic"),
    ("it", "italien", "Italian"),
    ("ja", "japonais", "Japanese"),
    ("ka", "géorgien", "Georgian"),
    ("kk", "kazakh", "Kazakh"),
    ("km", "khmer", "Khmer"),
    ("kn", "kannada", "Kannada"),
    ("ko", "coréen", "Korean"),
    ("ku", "kurde", "Kurdish"),
    ("ky", "kirghize", "Kyrgyz"),
    ("la", "latin", "Latin"),
    ("lb", "luxembourgeois", "Luxembourgish"),
    ("ln", "lingala", "Lingala"),
    ("lo", "lao", "Lao"),
    ("lt", "lituanien", "Lithuanian"),
    ("lv", "letton", "Latvian"),
    ("mg", "malgache", "Malagasy"),
    ("mk", "macédonien", "Macedonian"),
    ("ml", "malayalam", "Malayalam"),
    ("mn", "mongol", "Mongolian"),
    ("mr", "marathi", "Marathi"),
    ("ms", "malais", "Malay"),
    ("mt", "maltais", "Maltese"),
    ("my", "birman", "Burmese"),
    ("nb", "norvégien", "Norwegian"),
    ("ne", "népalais", "Nepali"),
    ("nl", "néerlandais", "Dutch"),
    ("no", "norvégien", "Norwegian"),
    ("pl", "polonais", "Polish"),
    ("ps", "pachto", "Pashto"),
    ("pt", "portugais", "Portuguese"),
    ("ro", "roumain", "Romanian"),
    ("ru", "russe", "Russian"),
    ("rw", "kinyarwanda", "Kinyarwanda"),
    ("sk", "slovaque", "Slovak"),
    ("sl", "slovène", "Slovenian"),
    ("so", "somali", "Somali"),
    ("sq", "albanais", "Albanian"),
    ("sr", "serbe", "Serbian"),
    ("sv", "suédois", "Swedish"),
    ("sw", "swahili", "Swahili"),
    ("ta", "tamoul", "Tamil"),
    ("th", "thaï", "Thai"),
    ("tr", "turc", "Turkish"),
    ("uk", "ukrainien", "Ukrainian"),
    ("ur", "ourdou", "Urdu"),
    ("vi", "vietnamien", "Vietnamese"),
    ("zh", "chinois", "Chinese"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_named() {
        let language = |code| Language::parse(code).unwrap();
        assert_eq!(in_language(language("ar"), French), "en arabe");
        assert_eq!(in_language(language("zh"), English), "in Chinese");
        assert_eq!(in_language(language("xx"), English), "in a language other than French or English");
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0), "sorted, and each code once");
    }
}
