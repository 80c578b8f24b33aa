//! Text folded for comparison: what a bank, a form and a passport print of one name becomes one spelling.
//!
//! Ring 1, a leaf. Folding is for comparing only; it is never shown and never stored as a name.

use unicode_normalization::UnicodeNormalization;

/// Upper-case ASCII letters and digits, words separated by single spaces: `Çetin-Öz, Ece` becomes `CETIN OZ ECE`.
///
/// Letters of other scripts are transliterated; for Arabic and Chinese the result is only good for comparing with itself.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkc() {
        match letter {
            'ß' => folded.push_str("SS"),
            'đ' | 'Đ' | 'ð' | 'Ð' => folded.push('D'),
            'ı' | 'İ' => folded.push('I'),
            _ if letter.is_ascii_alphanumeric() => folded.push(letter.to_ascii_uppercase()),
            '\'' | '’' | 'ʼ' | '`' => {}
            _ if letter.is_ascii() => folded.push(' '),
            _ if letter.is_alphanumeric() => push_transliterated(&mut folded, letter),
            _ if is_combining(letter) => {}
            _ => folded.push(' '),
        }
    }
    let mut spaced = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

/// The folded words of a text.
pub fn tokens(text: &str) -> Vec<String> {
    fold(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn push_transliterated(folded: &mut String, letter: char) {
    let Some(ascii) = deunicode::deunicode_char(letter) else {
        folded.push(' ');
        return;
    };
    folded.extend(ascii.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { ' ' }));
}

fn is_combining(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}')
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn one_name_in_many_spellings_folds_to_one() {
        for spelling in ["Çetin, Ece", "ÇETİN Ece", "C\u{327}etin  ece", "CETIN ECE"] {
            assert_eq!(fold(spelling), "CETIN ECE", "{spelling}");
        }
        assert_eq!(fold("N’Koulou"), "NKOULOU");
        assert_eq!(fold("Bùi Hoàng Nam"), "BUI HOANG NAM");
        assert_eq!(fold("Weiß"), "WEISS");
    }
}
