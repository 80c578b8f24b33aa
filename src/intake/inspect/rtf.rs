//! Rich Text Format (Microsoft, 1.9.1): the text without the formatting.

use encoding_rs::{Encoding, WINDOWS_1252};

/// Groups nested deeper than this are not followed.
const DEPTH_MAX: usize = 400;

#[derive(Clone, Copy)]
struct Group {
    /// Inside a destination that holds no text of the document (fonts, colours, pictures).
    silent: bool,
    /// Bytes that follow a `\u` for readers without Unicode.
    fallback_bytes: usize,
}

/// The text of an RTF file.
pub fn text(bytes: &[u8]) -> String {
    let mut reader = Reader {
        bytes,
        position: 0,
        text: String::new(),
        pending: Vec::new(),
        encoding: WINDOWS_1252,
        groups: vec![Group { silent: false, fallback_bytes: 1 }],
        skip: 0,
    };
    while let Some(byte) = reader.next() {
        reader.step(byte);
    }
    reader.flush();
    let lines: Vec<&str> = reader.text.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    text: String,
    /// Bytes in the file's charset, decoded together so that charsets of two bytes a letter work.
    pending: Vec<u8>,
    encoding: &'static Encoding,
    groups: Vec<Group>,
    skip: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.position).copied()?;
        self.position += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or(Group { silent: false, fallback_bytes: 1 })
    }

    fn step(&mut self, byte: u8) {
        match byte {
            b'{' => {
                let group = self.group();
                if self.groups.len() < DEPTH_MAX {
                    self.groups.push(group);
                }
                self.skip = 0;
            }
            b'}' => {
                if self.groups.len() > 1 {
                    self.groups.pop();
                }
                self.skip = 0;
            }
            b'\\' => self.control(),
            b'\r' | b'\n' => {}
            other => self.byte(other),
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.group().silent {
            self.pending.push(byte);
        }
    }

    fn push(&mut self, addition: &str) {
        if !self.group().silent {
            self.flush();
            self.text.push_str(addition);
        }
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            let decoded = self.encoding.decode_without_bom_handling(&self.pending).0.into_owned();
            self.text.push_str(&decoded);
            self.pending.clear();
        }
    }

    fn control(&mut self) {
        let Some(first) = self.next() else { return };
        match first {
            b'\'' => {
                let digits: String = [self.next(), self.next()].into_iter().flatten().map(char::from).collect();
                if let Ok(byte) = u8::from_str_radix(&digits, 16) {
                    self.byte(byte);
                }
            }
            b'*' => self.silence(),
            b'~' => self.push(" "),
            b'_' => self.push("-"),
            b'\\' | b'{' | b'}' => self.byte(first),
            letter if letter.is_ascii_alphabetic() => self.word(letter),
            _ => {}
        }
    }

    fn silence(&mut self) {
        if let Some(group) = self.groups.last_mut() {
            group.silent = true;
        }
    }

    fn word(&mut self, first: u8) {
        let mut word = String::from(char::from(first));
        while let Some(letter) = self.peek().filter(u8::is_ascii_alphabetic) {
            word.push(char::from(letter));
            self.position += 1;
        }
        let mut number = String::new();
        while let Some(digit) = self.peek().filter(|byte| byte.is_ascii_digit() || (*byte == b'-' && number.is_empty())) {
            number.push(char::from(digit));
            self.position += 1;
        }
        if self.peek() == Some(b' ') {
            self.position += 1;
        }
        let value: Option<i64> = number.parse().ok();
        match word.as_str() {
            "par" | "line" | "row" | "sect" | "page" => self.push("\n"),
            "tab" | "cell" => self.push("  "),
            "emdash" | "endash" => self.push("–"),
            "rquote" | "lquote" => self.push("’"),
            "ldblquote" | "rdblquote" => self.push("\""),
            "bullet" => self.push("•"),
            "u" => self.unicode(value.unwrap_or(0)),
            "uc" => {
                let bytes = value.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(1).min(16);
                if let Some(group) = self.groups.last_mut() {
                    group.fallback_bytes = bytes;
                }
            }
            "ansicpg" => self.encoding = Encoding::for_label(format!("windows-{}", value.unwrap_or(1252)).as_bytes()).unwrap_or(WINDOWS_1252),
            "bin" => self.position = self.position.saturating_add(value.and_then(|length| usize::try_from(length).ok()).unwrap_or(0)),
            "fonttbl" | "colortbl" | "stylesheet" | "info" | "pict" | "object" | "themedata" | "datastore" | "listtable" | "generator"
            | "fldinst" => self.silence(),
            _ => {}
        }
    }

    fn unicode(&mut self, value: i64) {
        // Values above 32,767 are written as negative ones.
        let unit = (value & 0xffff) as u32;
        self.push(&char::from_u32(unit).unwrap_or('\u{fffd}').to_string());
        self.skip = self.group().fallback_bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn formatting_goes_and_words_stay() {
        let table = [
            (r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 \'c9tude \b gras\b0\par suite}", "Étude gras\nsuite"),
            (r"{\rtf1\uc1 prix \u8364?100}", "prix €100"),
            (r"{\rtf1 a{\*\pn secret}b}", "ab"),
            (r"{\rtf1 sans fin", "sans fin"),
        ];
        for (rtf, expected) in table {
            assert_eq!(text(rtf.as_bytes()), expected);
        }
    }
}
