//! The text part: the page in lines of at most [`COLUMNS_MAX`] columns, readable in any mail client since 1982 (RFC 5322 § 2.1.1).

use crate::letters::page::{Block, Line, Page, Span, shown};
use crate::letters::typography::columns;

/// Lines are folded here; only a single word longer than that (an address, a file name) goes beyond.
pub const COLUMNS_MAX: usize = 76;
/// A table's first column is never wider than this.
const TERM_COLUMNS_MAX: usize = 34;

/// The text part of a letter, lines ended by `\n`.
pub fn render(page: &Page) -> String {
    let mut text = String::new();
    for block in &page.blocks {
        let lines = block_lines(block);
        if lines.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        for line in lines {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

fn block_lines(block: &Block) -> Vec<String> {
    match block {
        Block::Heading(line) | Block::Paragraph(line) | Block::Callout(line) | Block::Small(line) => folded(line, "", ""),
        Block::Numbered(items) => {
            let width = items.len().to_string().len() + 1;
            let hanging = " ".repeat(width + 3);
            let numbered = items.iter().enumerate();
            numbered.flat_map(|(position, item)| folded(item, &format!("{:>1$}. ", position + 1, width + 1), &hanging)).collect()
        }
        Block::Bullets(items) => items.iter().flat_map(|item| folded(item, "  - ", "    ")).collect(),
        Block::SmallBullets(items) => items.iter().flat_map(|item| folded(item, "- ", "  ")).collect(),
        Block::Verse(lines) => lines.iter().flat_map(|line| folded(line, "", "  ")).collect(),
        Block::Table(rows) => table_lines(rows),
        Block::QrCode { .. } => Vec::new(),
    }
}

fn table_lines(rows: &[(Line, Vec<Line>)]) -> Vec<String> {
    let terms: Vec<String> = rows.iter().map(|(term, _)| words(term)).collect();
    let width = terms.iter().map(|term| columns(term)).filter(|width| *width <= TERM_COLUMNS_MAX).max().unwrap_or(0);
    let hanging = " ".repeat(width + 5);
    let mut lines = Vec::new();
    for (term, (_, values)) in terms.iter().zip(rows) {
        let padding = width.saturating_sub(columns(term)) + 3;
        let mut first = format!("  {term}{}", " ".repeat(padding));
        if columns(term) > width {
            lines.push(first.trim_end().to_owned());
            first.clone_from(&hanging);
        }
        for value in values {
            lines.extend(folded(value, &first, &hanging));
            first.clone_from(&hanging);
        }
        if values.is_empty() {
            lines.push(first);
        }
    }
    lines
}

fn words(line: &Line) -> String {
    line.iter()
        .map(|span| match span {
            Span::Text(text) | Span::Strong(text) => text.as_str(),
            Span::Link(target) => shown(target),
            Span::Break => "\n",
        })
        .collect()
}

/// Folds a line at ordinary spaces; `first` and `hanging` begin the first and the further lines.
fn folded(line: &Line, first: &str, hanging: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut begun = first.to_owned();
    for part in words(line).split('\n') {
        let mut current = std::mem::replace(&mut begun, hanging.to_owned());
        let mut empty = true;
        for word in part.split(' ').filter(|word| !word.is_empty()) {
            if !empty && columns(&current) + 1 + columns(word) > COLUMNS_MAX {
                lines.push(std::mem::replace(&mut current, hanging.to_owned()));
                empty = true;
            }
            if !empty {
                current.push(' ');
            }
            current.push_str(word);
            empty = false;
        }
        if !empty {
            lines.push(current);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letters::page::parse;

    #[test]
    fn blocks_are_laid_out_in_columns() {
        let page = parse("Subject: s\n\nHello,\n\n1. One\n  / two\n\n| Account | FR76\n| To | a | b\n\n/ Someone\n/ <tel:00>\n").unwrap();
        assert_eq!(render(&page), "Hello,\n\n  1. One\n     two\n\n  Account   FR76\n  To        a\n            b\n\nSomeone\n00\n");
    }

    #[test]
    fn lines_fold_before_the_limit() {
        let page = parse(&format!("Subject: s\n\n- {}\n", "mot ".repeat(60))).unwrap();
        assert!(render(&page).lines().all(|line| columns(line) <= COLUMNS_MAX && line.starts_with("  ")));
    }
}
