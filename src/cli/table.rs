//! What commands print: JSON lines for programs, aligned columns for people.

use std::io::Write;

use anyhow::Context;

/// Prints one object a line.
pub fn json_lines(rows: impl IntoIterator<Item = serde_json::Value>) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for row in rows {
        if !wrote(writeln!(out, "{row}"))? {
            return Ok(());
        }
    }
    wrote(out.flush()).map(|_| ())
}

/// A reader that has seen enough (`| head`) is no failure.
fn wrote(result: std::io::Result<()>) -> anyhow::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).context("print"),
    }
}

/// Prints aligned columns under a heading; the last column may be as long as it likes.
pub fn columns(headings: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
    let width = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count().min(WIDTH_MAX));
        cells.chain(headings.get(index).map(|heading| heading.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let heading: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    for row in std::iter::once(&heading).chain(rows) {
        let mut line = String::new();
        for (index, cell) in row.iter().enumerate() {
            let last = index + 1 == row.len();
            let width = widths.get(index).copied().unwrap_or(0);
            let shown: String = if last { cell.clone() } else { cell.chars().take(width).collect() };
            line.push_str(&shown);
            if !last {
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(shown.chars().count()) + 2));
            }
        }
        if !wrote(writeln!(out, "{}", line.trim_end()))? {
            return Ok(());
        }
    }
    wrote(out.flush()).map(|_| ())
}

const WIDTH_MAX: usize = 44;
