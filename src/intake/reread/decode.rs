//! From the likelihoods along a line to its words.

/// A word of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadWord {
    pub text: String,
    /// Where it begins and ends, as shares of the line.
    pub start: f32,
    pub end: f32,
    /// 0 to 1.
    pub confidence: f32,
}

/// What the network's classes stand for: 0 for no letter, then the letters, then the space.
pub struct Vocabulary {
    /// The classes that may be chosen: the thousands of ideographs would only be noise in the scripts that are read here.
    used: Vec<(usize, char)>,
}

impl Vocabulary {
    /// From the list that comes with the network, one a line.
    pub fn new(listed: &str) -> Vocabulary {
        let entries: Vec<&str> = listed.split('\n').collect();
        let mut used: Vec<(usize, char)> = vec![(0, '\0')];
        for (position, entry) in entries.iter().enumerate() {
            let mut letters = entry.chars();
            if let (Some(letter), None) = (letters.next(), letters.next())
                && is_used(letter)
            {
                used.push((position + 1, letter));
            }
        }
        used.push((entries.len() + 1, ' '));
        Vocabulary { used }
    }

    /// The likeliest class at every step; repeated ones are one letter, the space ends a word.
    pub fn words(&self, likely: &[f32], steps: usize, classes: usize) -> Vec<ReadWord> {
        let mut words: Vec<ReadWord> = Vec::new();
        let mut in_word = false;
        let mut previous = 0;
        let mut confidences: Vec<Vec<f32>> = Vec::new();
        for (step, row) in likely.chunks_exact(classes.max(1)).take(steps).enumerate() {
            let at = |class: usize| row.get(class).copied().unwrap_or(0.0);
            let Some(&(class, letter)) = self.used.iter().max_by(|one, other| at(one.0).total_cmp(&at(other.0)).then(other.0.cmp(&one.0))) else {
                continue;
            };
            let (start, end) = (step as f32 / steps as f32, (step + 1) as f32 / steps as f32);
            let is_new = class != previous;
            previous = class;
            if class == 0 || letter == ' ' {
                in_word = in_word && letter != ' ';
                continue;
            }
            if !in_word {
                words.push(ReadWord { text: String::new(), start, end, confidence: 0.0 });
                confidences.push(Vec::new());
                in_word = true;
            }
            if let (Some(word), Some(confidence)) = (words.last_mut(), confidences.last_mut()) {
                word.end = end;
                if is_new {
                    word.text.push(letter);
                    confidence.push(at(class));
                }
            }
        }
        for (word, confidence) in words.iter_mut().zip(confidences) {
            word.confidence = confidence.iter().sum::<f32>() / confidence.len().max(1) as f32;
        }
        words
    }
}

/// Latin letters with their accents, digits, and the signs that are printed among them.
fn is_used(letter: char) -> bool {
    matches!(letter, '!'..='~' | '\u{a1}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{2010}'..='\u{203a}' | '€' | '№' | '™')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_classes_are_one_letter_and_spaces_part_words() {
        let vocabulary = Vocabulary::new("a\nb\n学");
        // Classes: none, a, b, an ideograph, the space.
        let steps = [1, 1, 0, 1, 2, 4, 4, 3, 2];
        let likely: Vec<f32> = steps.iter().flat_map(|&likeliest| (0..5).map(move |class| if class == likeliest { 0.9 } else { 0.025 })).collect();
        let words = vocabulary.words(&likely, 9, 5);
        assert_eq!(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["aab", "b"]);
        assert!((words[0].confidence - 0.9).abs() < 0.01 && words[0].start == 0.0 && words[1].end == 1.0, "{words:?}");
    }
}
