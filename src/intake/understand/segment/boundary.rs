//! How likely a page begins a document, whatever its kind: titles, page numbers, running headers, languages, translations.

use crate::intake::understand::kind::Origin;
use crate::intake::understand::segment::PageView;

/// Before anything is known, the next page of a file rather continues the document.
const PRIOR: f32 = -0.5;

/// Above zero when the second page rather begins a document than continues the first.
pub fn log_odds(before: &PageView<'_>, this: &PageView<'_>) -> f32 {
    if this.is_blank() {
        return -3.0;
    }
    PRIOR + numbering(this) + titles(before, this) + languages(before, this) + translations(before, this) + looks(before, this)
}

/// `1/2`, `page 2 sur 3`: what the page says of its own place.
fn numbering(this: &PageView<'_>) -> f32 {
    match page_of_pages(&this.page.text) {
        Some((1, total)) if total > 1 => 3.0,
        Some((1, _)) => 1.5,
        Some(_) => -4.0,
        None => 0.0,
    }
}

/// A title opens a document, unless the page before bears the very same first line as a running header.
fn titles(before: &PageView<'_>, this: &PageView<'_>) -> f32 {
    let same_header = first_words(this).len() > 8 && first_words(before) == first_words(this);
    match this.evidence.title() {
        strength if strength >= 4.5 && !same_header => 2.0,
        strength if strength >= 4.5 => 0.8,
        strength if strength >= 3.0 && !same_header => 0.4,
        _ if same_header => -1.5,
        _ if this.evidence.letters < 150 => -0.3,
        _ => 0.0,
    }
}

fn first_words(view: &PageView<'_>) -> String {
    view.folded.words_of_line(0).collect::<Vec<_>>().join(" ")
}

fn languages(before: &PageView<'_>, this: &PageView<'_>) -> f32 {
    let known = before.language.certainty >= 0.7 && this.language.certainty >= 0.7;
    match (before.language.languages.first(), this.language.languages.first()) {
        (Some(one), Some(other)) if known && one != other => 3.0,
        _ => 0.0,
    }
}

/// A page that presents itself as a translation begins one, unless the page before is part of the same translation.
fn translations(before: &PageView<'_>, this: &PageView<'_>) -> f32 {
    match (before.is_translation(), this.is_translation()) {
        (false, true) => 4.0,
        (true, false) => 0.5,
        _ => 0.0,
    }
}

fn looks(before: &PageView<'_>, this: &PageView<'_>) -> f32 {
    let differs = |one: u32, other: u32| one.abs_diff(other) * 20 > one.max(other);
    let size = if differs(before.page.width, this.page.width) || differs(before.page.height, this.page.height) { 0.5 } else { 0.0 };
    let source = if before.page.source == this.page.source { 0.0 } else { 0.6 };
    let two_cards = has_machine_zone(before) && has_machine_zone(this);
    size + source + if two_cards { 2.0 } else { 0.0 }
}

fn has_machine_zone(view: &PageView<'_>) -> bool {
    view.evidence.signs.iter().any(|sign| sign.origin == Origin::MachineZone)
}

/// The page's own number and their total, where a short line says so: `2/3`, `Page 2 of 3`, `page 2 sur 3`, `Seite 2 von 3`.
fn page_of_pages(text: &str) -> Option<(u32, u32)> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let edges = lines.iter().rev().take(4).chain(lines.iter().take(3));
    edges.filter(|line| line.chars().count() <= 60).find_map(|line| numbered_line(line))
}

fn numbered_line(line: &str) -> Option<(u32, u32)> {
    let lower = line.to_lowercase();
    let named =
        ["page", "pag", "seite", "sayfa", "strona", "trang", "страница", "стр", "σελίδα", "pagina", "página"].iter().any(|word| lower.contains(word));
    let alone = lower.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '/' | ' ' | '-' | '–' | '(' | ')'));
    if !named && !alone {
        return None;
    }
    let after_name = if named { lower.find("pag").or_else(|| lower.find("sei")).and_then(|at| lower.get(at..)).unwrap_or(&lower) } else { &lower };
    let separated = after_name.replace([',', '.', ':', '(', ')', '-', '–'], " ").replace('/', " / ");
    let words: Vec<&str> = separated.split_whitespace().collect();
    words.windows(3).find_map(|window| match window {
        [number, "/" | "of" | "sur" | "de" | "von" | "di" | "van" | "z" | "din" | "из" | "από", total] => {
            let (number, total) = (number.parse().ok()?, total.parse().ok()?);
            (number >= 1 && number <= total && total <= 60).then_some((number, total))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::numbered_line;

    #[test]
    fn page_numbers() {
        for (line, expected) in [
            ("Page 2 sur 3", Some((2, 3))),
            ("page 1/2", Some((1, 2))),
            ("2/2", Some((2, 2))),
            ("Seite 1 von 4", Some((1, 4))),
            ("Université X – Page 1 of 2", Some((1, 2))),
            ("12/20", Some((12, 20))),
            ("né le 12/04/1985", None),
            ("14 sur 20", None),
            ("3/2", None),
        ] {
            assert_eq!(numbered_line(line), expected, "{line}");
        }
    }
}
