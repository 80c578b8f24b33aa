//! A TOML file as an operator wrote it: every mistake in one go, one line each, with its place and what was probably meant.

use std::fmt::{self, Display};

use serde::de::DeserializeOwned;

/// More mistakes than anybody mends in one go.
const MISTAKES_MAX: usize = 50;

/// What is wrong with a file, one line each: `FILE:LINE:COLUMN: what`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Mistakes {}

/// Reads a file's text; `file` is how its mistakes name it. The parser stops at the first mistake: the lines it complains of are left
/// out one by one, until it has nothing more to say.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Mistakes> {
    let mut mistakes = Vec::new();
    let mut remaining = text.to_owned();
    while mistakes.len() < MISTAKES_MAX {
        let error = match toml::from_str(&remaining) {
            Ok(value) if mistakes.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(error) => error,
        };
        let is_missing_key = error.message().starts_with("missing field");
        if is_missing_key && !mistakes.is_empty() {
            break;
        }
        mistakes.push((error.span().map(|span| place(&remaining, span.start)), in_our_words(error.message())));
        // Without a key that must be there, or with text that is no TOML, what else would be said is only a consequence.
        let is_consequential = is_missing_key || remaining.parse::<toml::Table>().is_err();
        let Some(span) = error.span().filter(|_| !is_consequential) else { break };
        remaining = without_lines(&remaining, span);
        if remaining.parse::<toml::Table>().is_err() {
            break;
        }
    }
    mistakes.sort();
    let line = |(place, what): (Option<(usize, usize)>, String)| match place {
        Some((line, column)) => format!("{file}:{line}:{column}: {what}"),
        None => format!("{file}: {what}"),
    };
    Err(Mistakes(mistakes.into_iter().map(line).collect()))
}

/// Line and column, both from 1, the column in characters.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The text with the lines of this span emptied, so that the places of the others stay true.
fn without_lines(text: &str, span: std::ops::Range<usize>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let is_touched = start < span.end.max(span.start + 1) && end > span.start;
        kept.push_str(if !is_touched {
            line
        } else if line.ends_with('\n') {
            "\n"
        } else {
            ""
        });
        start = end;
    }
    kept
}

/// What the parser says, on one line, with a suggestion where one known word is close.
fn in_our_words(message: &str) -> String {
    let message = message.lines().collect::<Vec<_>>().join(" ");
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(found) = quoted.next() else { return message };
    let known: Vec<&str> = quoted.collect();
    let closest = known.iter().min_by_key(|word| strsim::damerau_levenshtein(word, found));
    let meant = closest.filter(|word| strsim::damerau_levenshtein(word, found) * 3 <= found.chars().count().max(3));
    let what = if message.starts_with("unknown field") {
        format!("unknown key \"{found}\"")
    } else if message.starts_with("unknown variant") {
        format!("\"{found}\" is no value of this key")
    } else {
        return message;
    };
    match meant {
        Some(word) => format!("{what}: did you mean \"{word}\"?"),
        None if known.is_empty() => what,
        None => format!("{what}; known here: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Sample {
        host: String,
        port: u16,
        kind: Kind,
        list: Vec<String>,
    }

    impl Default for Sample {
        fn default() -> Self {
            Self { host: String::new(), port: 1, kind: Kind::Imap, list: Vec::new() }
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Imap,
        Maildir,
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let mistakes = parse::<Sample>("f", text).map_or_else(|mistakes| mistakes.0, |_| Vec::new());
        assert_eq!(mistakes, expected, "{text}");
    }

    #[test]
    fn every_mistake_in_one_go_with_its_place() {
        check("host = \"a\"\nport = 3\nkind = \"maildir\"\nlist = []\n", &[]);
        check("hosst = \"a\"\n", &["f:1:1: unknown key \"hosst\": did you mean \"host\"?"]);
        check("é = 1\nport = \"x\"\nkind = \"imapp\"\nhost = \"fine\"", &["f:1:1: invalid unquoted key, expected letters, numbers, `-`, `_`"]);
        check(
            "zzzz = 1\nport = \"x\"\nkind = \"imapp\"\nhost = \"fine\"",
            &[
                "f:1:1: unknown key \"zzzz\"; known here: host, port, kind, list",
                "f:2:8: invalid type: string \"x\", expected u16",
                "f:3:8: \"imapp\" is no value of this key: did you mean \"imap\"?",
            ],
        );
    }

    #[test]
    fn what_cannot_be_left_out_line_by_line_ends_the_search() {
        check("lits = [\n\"a\",\n]\nport = \"x\"\n", &["f:1:1: unknown key \"lits\": did you mean \"list\"?"]);
        check(
            "list = [\n1,\n]\nport = \"x\"\n",
            &["f:2:1: invalid type: integer `1`, expected a string", "f:4:8: invalid type: string \"x\", expected u16"],
        );
    }

    #[test]
    fn text_that_is_no_toml_is_one_mistake() {
        check("[mailbox\nkind = 1", &["f:1:9: unclosed table, expected `]`"]);
    }
}
