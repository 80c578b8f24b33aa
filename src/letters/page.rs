//! The page: a letter as a sequence of blocks, between the template that wrote it and the two forms in which it is read.
//!
//! A template is written once and gives the text part and the HTML part alike, so neither can say what the other does not. Its markup is
//! a few signs at the beginning of a line:
//!
//! ```text
//! Objet : the subject          first line ("Subject:" in English)
//! ## heading                   - bullet            1. numbered item
//! | term | value | value       one row of a table, with one or several values
//! ! the thing to do            a paragraph that stands out in HTML
//! / a line kept as a line      (signature, address)
//! ~ small print                ~- item of a list in small print
//! [qr] alternative text        the QR code, when there is one (HTML only)
//! **strong** and <https://..>  inside a line; two spaces at its beginning continue an item, two spaces and "/ " break its line
//! ```
//!
//! Whatever a value contains is text and never markup (see `typography::shield`).

use crate::letters::typography::unshield;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    Text(String),
    Strong(String),
    /// `https:`, `mailto:` or `tel:`; shown without its scheme when that is not `https:`.
    Link(String),
    /// A forced end of line inside an item.
    Break,
}

/// A line of running text.
pub type Line = Vec<Span>;

/// A block of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Heading(Line),
    Paragraph(Line),
    /// What the reader is asked to do.
    Callout(Line),
    Numbered(Vec<Line>),
    Bullets(Vec<Line>),
    /// Each row: its term, then its values.
    Table(Vec<(Line, Vec<Line>)>),
    /// Lines that stay lines.
    Verse(Vec<Line>),
    Small(Line),
    SmallBullets(Vec<Line>),
    QrCode {
        alternative: String,
    },
}

/// A letter between template and mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub subject: String,
    pub blocks: Vec<Block>,
}

/// What a line of a template begins.
enum Sign {
    Heading,
    Callout,
    Numbered,
    Bullet,
    Row,
    Verse,
    Small,
    SmallBullet,
    QrCode,
    Words,
}

/// Reads what a template rendered. Fails only when the subject is missing.
pub fn parse(source: &str) -> anyhow::Result<Page> {
    let mut lines = source.lines().skip_while(|line| line.trim().is_empty());
    let subject = lines.next().and_then(subject_of).ok_or_else(|| anyhow::anyhow!("the first line must be \"Objet : …\" or \"Subject: …\""))?;
    let mut blocks = Vec::new();
    let mut gathered = Gathered::default();
    for line in lines {
        if line.trim().is_empty() {
            gathered.close(&mut blocks);
        } else if let Some(continued) = line.strip_prefix("  ") {
            gathered.continue_with(continued);
        } else {
            let (sign, rest) = sign_of(line);
            gathered.add(sign, rest, &mut blocks);
        }
    }
    gathered.close(&mut blocks);
    Ok(Page { subject, blocks })
}

fn subject_of(line: &str) -> Option<String> {
    let (label, subject) = line.split_once(':')?;
    let known = matches!(label.trim_matches(|character: char| character.is_whitespace()), "Objet" | "Subject");
    let subject = unshield(subject).split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (known && !subject.is_empty()).then_some(subject)
}

fn sign_of(line: &str) -> (Sign, &str) {
    let signs = [
        ("## ", Sign::Heading),
        ("! ", Sign::Callout),
        ("- ", Sign::Bullet),
        ("| ", Sign::Row),
        ("/ ", Sign::Verse),
        ("~ ", Sign::Small),
        ("~- ", Sign::SmallBullet),
        ("[qr] ", Sign::QrCode),
    ];
    for (prefix, sign) in signs {
        if let Some(rest) = line.strip_prefix(prefix) {
            return (sign, rest);
        }
    }
    match line.split_once(". ") {
        Some((number, rest)) if !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit()) => (Sign::Numbered, rest),
        _ => (Sign::Words, line),
    }
}

/// The block under way: lines of one kind that belong together.
#[derive(Default)]
struct Gathered {
    block: Option<Block>,
}

impl Gathered {
    fn close(&mut self, blocks: &mut Vec<Block>) {
        blocks.extend(self.block.take());
    }

    fn continue_with(&mut self, line: &str) {
        let Some(last) = self.block.as_mut().and_then(last_line) else {
            self.block = Some(Block::Paragraph(spans(line)));
            return;
        };
        match line.trim_start().strip_prefix("/ ") {
            Some(broken) => {
                last.push(Span::Break);
                last.extend(spans(broken));
            }
            None => append(last, line.trim_start()),
        }
    }

    fn add(&mut self, sign: Sign, rest: &str, blocks: &mut Vec<Block>) {
        let line = spans(rest);
        match (sign, &mut self.block) {
            (Sign::Words, Some(Block::Paragraph(last) | Block::Callout(last) | Block::Small(last))) => append(last, rest),
            (Sign::Numbered, Some(Block::Numbered(items))) => items.push(line),
            (Sign::Bullet, Some(Block::Bullets(items))) => items.push(line),
            (Sign::SmallBullet, Some(Block::SmallBullets(items))) => items.push(line),
            (Sign::Verse, Some(Block::Verse(items))) => items.push(line),
            (Sign::Row, Some(Block::Table(rows))) => rows.extend(row(rest)),
            (sign, _) => {
                self.close(blocks);
                self.block = Some(match sign {
                    Sign::Heading => Block::Heading(line),
                    Sign::Callout => Block::Callout(line),
                    Sign::Numbered => Block::Numbered(vec![line]),
                    Sign::Bullet => Block::Bullets(vec![line]),
                    Sign::Row => Block::Table(row(rest).into_iter().collect()),
                    Sign::Verse => Block::Verse(vec![line]),
                    Sign::Small => Block::Small(line),
                    Sign::SmallBullet => Block::SmallBullets(vec![line]),
                    Sign::QrCode => Block::QrCode { alternative: unshield(rest) },
                    Sign::Words => Block::Paragraph(line),
                });
            }
        }
    }
}

fn last_line(block: &mut Block) -> Option<&mut Line> {
    match block {
        Block::Heading(line) | Block::Paragraph(line) | Block::Callout(line) | Block::Small(line) => Some(line),
        Block::Numbered(items) | Block::Bullets(items) | Block::Verse(items) | Block::SmallBullets(items) => items.last_mut(),
        Block::Table(rows) => rows.last_mut().and_then(|(_, values)| values.last_mut()),
        Block::QrCode { .. } => None,
    }
}

fn append(line: &mut Line, words: &str) {
    line.push(Span::Text(String::from(" ")));
    line.extend(spans(words));
}

fn row(source: &str) -> Option<(Line, Vec<Line>)> {
    let mut cells = source.split('|').map(|cell| spans(cell.trim_matches(' ')));
    let term = cells.next()?;
    Some((term, cells.collect()))
}

/// Reads `**strong**` and `<link>`; a sign without its partner is an ordinary character.
fn spans(source: &str) -> Line {
    let mut line = Line::new();
    let mut rest = source.trim_end_matches(' ');
    loop {
        let strong = rest.split_once("**").and_then(|(before, after)| after.split_once("**").map(|(inside, behind)| (before, inside, behind)));
        let link = rest.split_once('<').and_then(|(before, after)| after.split_once('>').map(|(inside, behind)| (before, inside, behind)));
        let strong_first = match (&strong, &link) {
            (Some(strong), Some(link)) => strong.0.len() < link.0.len(),
            (strong, _) => strong.is_some(),
        };
        let Some((before, inside, behind)) = (if strong_first { strong } else { link }) else {
            if !rest.is_empty() {
                line.push(Span::Text(unshield(rest)));
            }
            return line;
        };
        if !before.is_empty() {
            line.push(Span::Text(unshield(before)));
        }
        let inside = unshield(inside);
        line.push(if strong_first { Span::Strong(inside) } else { Span::Link(inside) });
        rest = behind;
    }
}

/// What a link shows: its target, without `mailto:` and `tel:`.
pub fn shown(target: &str) -> &str {
    target.strip_prefix("mailto:").or_else(|| target.strip_prefix("tel:")).unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letters::typography::shield;

    #[test]
    fn values_never_become_markup() {
        let name = shield("## <b>**x** | y");
        let page = parse(&format!("Objet : n° {name}\n\n{name}\n\n| Nom | {name}\n")).unwrap();
        assert_eq!(page.subject, "n° ## <b>**x** | y");
        let text = vec![Span::Text(String::from("## <b>**x** | y"))];
        assert_eq!(page.blocks, vec![Block::Paragraph(text.clone()), Block::Table(vec![(vec![Span::Text(String::from("Nom"))], vec![text])])]);
    }

    #[test]
    fn a_page_without_subject_is_refused() {
        assert!(parse("Bonjour,\n").is_err());
        assert!(parse("Objet :\n").is_err());
    }

    #[test]
    fn items_go_on_and_break() {
        let page = parse("Subject: s\n\n1. a **b**\n  c\n  / d\n2. e <https://x.fr>\n").unwrap();
        let text = |words: &str| Span::Text(words.to_owned());
        assert_eq!(
            page.blocks,
            vec![Block::Numbered(vec![
                vec![text("a "), Span::Strong(String::from("b")), text(" "), text("c"), Span::Break, text("d")],
                vec![text("e "), Span::Link(String::from("https://x.fr"))],
            ])]
        );
    }
}
