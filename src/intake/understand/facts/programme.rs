//! Which Mastères Spécialisés a text names: by French title, English title, or the short words candidates use.
//!
//! Used for forms, letters and mails alike. A text that names several gives several; choosing is not done here.

use crate::domain::rules::Programme;
use crate::folding;

/// Codes of the programmes that a text names, the clearest first. A full title silences vaguer hits.
pub fn programmes_named(text: &str, programmes: &[Programme]) -> Vec<String> {
    let folded: Vec<String> = folding::tokens(text).into_iter().take(6_000).collect();
    let mut scored: Vec<(u32, &str)> = programmes
        .iter()
        .filter_map(|programme| {
            let score = score(text, &folded, programme);
            (score > 0).then_some((score, programme.code.as_str()))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let best = scored.first().map_or(0, |(score, _)| *score);
    // Titles share words ("industrie", "construction"): what is much weaker than the best is an echo of it.
    scored.into_iter().filter(|(score, _)| *score * 10 >= best * 8).map(|(_, code)| code.to_owned()).collect()
}

/// 100 for a whole title, 75 for a short word of the catalogue, less for most of a title's words together.
fn score(text: &str, folded: &[String], programme: &Programme) -> u32 {
    let titles = [&programme.title, &programme.title_en];
    if titles.iter().any(|title| contains_run(folded, &folding::tokens(title))) {
        return 100;
    }
    let by_title = titles.iter().map(|title| share_of_title(folded, &folding::tokens(title))).max().unwrap_or(0);
    let by_word = programme.words.iter().any(|word| names_word(text, folded, word));
    let by_code = names_word(text, folded, &programme.code);
    by_title.max(if by_word || by_code { 75 } else { 0 })
}

fn contains_run(folded: &[String], wanted: &[String]) -> bool {
    !wanted.is_empty() && folded.windows(wanted.len()).any(|run| run.iter().zip(wanted).all(|(word, wanted)| alike(word, wanted)))
}

/// OCR and typing spoil one letter in a long word.
fn alike(word: &str, wanted: &str) -> bool {
    word == wanted
        || (wanted.len() >= 6
            && word.len() >= 5
            && word.len().abs_diff(wanted.len()) <= 2
            && strsim::levenshtein(word, wanted) <= 1 + usize::from(wanted.len() >= 10))
}

/// A short word of the catalogue. Acronyms must stand in capitals, so that the Spanish *día* is no programme.
fn names_word(text: &str, folded: &[String], word: &str) -> bool {
    let wanted = folding::tokens(word);
    let is_acronym = word.chars().count() <= 5 && word.chars().all(char::is_uppercase);
    if is_acronym {
        return text.split(|letter: char| !letter.is_alphanumeric()).any(|printed| printed == word);
    }
    // "MS Cyber" may be written "MS en cyber" or "mastère cyber": the telling words suffice.
    let telling: Vec<String> = wanted.iter().filter(|word| !matches!(word.as_str(), "MS" | "MASTERE" | "SPECIALISE")).cloned().collect();
    if telling.len() == wanted.len() {
        return contains_run(folded, &wanted);
    }
    let names_a_mastere = |word: &String| matches!(word.as_str(), "MS" | "MASTERE" | "MASTERES" | "MASTER" | "PROGRAMME" | "FORMATION");
    folded.iter().enumerate().any(|(at, word)| {
        names_a_mastere(word)
            && folded.get(at + 1..).is_some_and(|rest| {
                let near: Vec<String> = rest.iter().take(telling.len() + 3).cloned().collect();
                contains_run(&near, &telling)
            })
    })
}

/// The share of a title's telling words that stand near one another, as a score below a full title's.
fn share_of_title(folded: &[String], title: &[String]) -> u32 {
    let telling: Vec<&String> = title.iter().filter(|word| word.len() >= 4 && !matches!(word.as_str(), "POUR" | "WITH" | "DANS")).collect();
    if telling.len() < 2 {
        return 0;
    }
    let reach = title.len() + 4;
    let best = (0..folded.len())
        .filter(|at| folded.get(*at).is_some_and(|word| telling.iter().any(|wanted| alike(word, wanted))))
        .map(|at| {
            let near = folded.get(at..folded.len().min(at + reach)).unwrap_or_default();
            telling.iter().filter(|wanted| near.iter().any(|word| alike(word, wanted))).count()
        })
        .max()
        .unwrap_or(0);
    let enough = best >= 2 && best * 3 >= telling.len() * 2;
    if enough { u32::try_from(95 * best / telling.len()).unwrap_or(0).saturating_sub(5) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Cents;

    fn catalogue() -> Vec<Programme> {
        let programme = |code: &str, title: &str, title_en: &str, words: &[&str]| Programme {
            code: code.to_owned(),
            title: title.to_owned(),
            title_en: title_en.to_owned(),
            site: "Douai".to_owned(),
            tuition_personal_cents: Cents(0),
            tuition_company_cents: Cents(0),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        vec![
            programme(
                "CYB",
                "Cybersécurité et résilience numérique",
                "Cybersecurity and Digital Resilience",
                &["CYBER", "MS Cyber", "Cybersécurité"],
            ),
            programme(
                "DIA",
                "Données et intelligence artificielle pour l'industrie",
                "Data and Artificial Intelligence for Industry",
                &["DIA", "MS data"],
            ),
        ]
    }

    #[test]
    fn programmes_are_named_in_many_ways() {
        let check = |text: &str, expected: &[&str]| assert_eq!(programmes_named(text, &catalogue()), expected, "{text}");
        check("Mastère : Cybersecurite et resilience numerique", &["CYB"]);
        check("application to Data and Artificial Intelligence for Industry", &["DIA"]);
        check("Donnees et inteligence artificiele pour l'industrie", &["DIA"]);
        check("Candidature MS Data", &["DIA"]);
        check("candidature au mastère spécialisé cyber", &["CYB"]);
        check("buenos dia", &[]);
        check("Bonjour, voici mon dossier", &[]);
    }
}
