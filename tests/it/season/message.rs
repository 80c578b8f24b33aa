//! Mails as four common clients write them (RFC 5322, RFC 2045 to 2047, RFC 2231).

use chrono::{DateTime, FixedOffset};

pub const SCHOOL: &str = "masteres.specialises@imt-nord-europe.fr";

#[derive(Clone, Copy, PartialEq)]
pub enum Client {
    Thunderbird,
    Gmail,
    Outlook,
    AppleMail,
}

pub struct File {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

pub struct Message {
    pub from: (String, String),
    pub subject: String,
    /// RFC 3339, the sender's clock.
    pub date: &'static str,
    pub text: String,
    pub files: Vec<File>,
    pub client: Client,
    /// Further header lines, as `Name: value`.
    pub headers: Vec<String>,
    /// Stands instead of the text part, header and all (reports).
    pub raw_body: Option<String>,
    pub return_path: Option<String>,
}

pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for position in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * position) & 63) as usize];
            text.push(if position <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

fn folded_base64(bytes: &[u8]) -> String {
    base64(bytes).as_bytes().chunks(76).map(|line| format!("{}\r\n", std::str::from_utf8(line).unwrap())).collect()
}

/// A header text, as RFC 2047 encoded words of at most 75 characters when it is not plain ASCII.
fn header_text(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words: Vec<String> = vec![String::new()];
    for letter in text.chars() {
        if words.last().is_some_and(|word| word.len() + letter.len_utf8() > 42) {
            words.push(String::new());
        }
        words.last_mut().unwrap().push(letter);
    }
    let encoded: Vec<String> = words.iter().map(|word| format!("=?UTF-8?B?{}?=", base64(word.as_bytes()))).collect();
    encoded.join("\r\n ")
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

impl Message {
    fn file_headers(&self, file: &File) -> String {
        let rfc2231 = matches!(self.client, Client::Thunderbird | Client::AppleMail);
        if file.name.is_ascii() {
            format!(
                "Content-Type: {};\r\n name=\"{}\"\r\nContent-Disposition: attachment;\r\n filename=\"{}\"\r\n",
                file.media_type, file.name, file.name
            )
        } else if rfc2231 {
            format!("Content-Type: {}\r\nContent-Disposition: attachment;\r\n filename*=UTF-8''{}\r\n", file.media_type, percent(&file.name))
        } else {
            let name = header_text(&file.name);
            format!("Content-Type: {};\r\n name=\"{name}\"\r\nContent-Disposition: attachment;\r\n filename=\"{name}\"\r\n", file.media_type)
        }
    }

    fn text_part(&self) -> String {
        let text = self.text.replace('\n', "\r\n");
        match self.client {
            Client::Thunderbird => {
                format!("Content-Type: text/plain; charset=UTF-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n")
            }
            Client::AppleMail => {
                format!("Content-Type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", folded_base64(text.as_bytes()))
            }
            Client::Gmail | Client::Outlook => {
                let html: String = self.text.lines().map(|line| format!("<div>{}</div>\r\n", if line.is_empty() { "<br>" } else { line })).collect();
                let boundary = format!("alt{:016x}", self.seed());
                format!(
                    "Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--{boundary}\r\nContent-Type: text/html; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--{boundary}--\r\n",
                    folded_base64(text.as_bytes()),
                    folded_base64(format!("<html><body>{html}</body></html>").as_bytes())
                )
            }
        }
    }

    fn seed(&self) -> u64 {
        self.date
            .bytes()
            .chain(self.from.1.bytes())
            .fold(14_695_981_039_346_656_037, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211))
    }

    /// The message as the school's server stored it, with the stamp of its arrival some seconds after the sender's clock.
    pub fn bytes(&self) -> Vec<u8> {
        let date = DateTime::<FixedOffset>::parse_from_rfc3339(self.date).unwrap();
        let seed = self.seed();
        let arrival = (date + chrono::Duration::seconds(7 + (seed % 40) as i64)).with_timezone(&chrono_tz::Europe::Paris);
        let domain = self.from.1.rsplit('@').next().unwrap();
        let return_path = self.return_path.as_ref().unwrap_or(&self.from.1);
        let mut mail = format!(
            "Return-Path: <{return_path}>\r\nDelivered-To: {SCHOOL}\r\nReceived: from relay.{domain} (relay.{domain} [198.51.100.{}])\r\n\tby mx2.imt-nord-europe.fr (Postfix) with ESMTPS id {:010X}\r\n\tfor <{SCHOOL}>; {}\r\n",
            seed % 250 + 1,
            seed % 0xff_ffff_ffff,
            arrival.format("%a, %d %b %Y %H:%M:%S %z")
        );
        let display = if self.from.0.is_empty() { self.from.1.clone() } else { format!("{} <{}>", header_text(&self.from.0), self.from.1) };
        mail += &format!(
            "From: {display}\r\nTo: {SCHOOL}\r\nSubject: {}\r\nDate: {}\r\n",
            header_text(&self.subject),
            date.format("%a, %d %b %Y %H:%M:%S %z")
        );
        mail += &match self.client {
            Client::Gmail => format!("Message-ID: <CAF{seed:016x}@mail.{domain}>\r\n"),
            Client::Thunderbird => format!(
                "Message-ID: <{:08x}-{:04x}-4a0b-8c1d-{:012x}@{domain}>\r\nUser-Agent: Mozilla Thunderbird\r\n",
                seed >> 32,
                seed & 0xffff,
                seed >> 16
            ),
            Client::Outlook => format!("Message-ID: <{:X}.{:X}@{domain}>\r\nX-Mailer: Microsoft Outlook 16.0\r\n", seed >> 20, seed & 0xf_ffff),
            Client::AppleMail => format!("Message-Id: <{:032X}@{domain}>\r\nX-Mailer: Apple Mail (2.3731)\r\n", u128::from(seed) * 0x1_0000_0001),
        };
        for header in &self.headers {
            mail += &format!("{header}\r\n");
        }
        mail += "MIME-Version: 1.0\r\n";
        if let Some(raw) = &self.raw_body {
            return (mail + &raw.replace('\n', "\r\n")).into_bytes();
        }
        if self.files.is_empty() {
            return (mail + &self.text_part()).into_bytes();
        }
        let boundary = format!("----=_part_{seed:016x}");
        mail += &format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n{}", self.text_part());
        for file in &self.files {
            mail +=
                &format!("\r\n--{boundary}\r\n{}Content-Transfer-Encoding: base64\r\n\r\n{}", self.file_headers(file), folded_base64(&file.bytes));
        }
        (mail + &format!("\r\n--{boundary}--\r\n")).into_bytes()
    }
}
