//! What passes between the program and a worker: a length-prefixed JSON header, then the bytes that belong to it.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::Confinement;
use crate::domain::document::PageText;
use crate::domain::finding::{FileFinding, Reason};
use crate::intake::inspect::PictureHints;
use crate::intake::mail::ParsedMail;
use crate::intake::unpack::{UnpackLimits, Unpacked};
use crate::jury::{Dossier, Hindrance, Stage};

/// No header is longer: a mail's text, a page's text, or lists of names.
const HEADER_BYTES_MAX: u64 = 64 << 20;
/// No body is longer: the largest mail or entry.
const BODY_BYTES_MAX: u64 = 1 << 30;

/// What the program asks.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// The first one: give up everything but this much.
    Start { memory_bytes_max: u64, seconds_max: u32 },
    /// The body is the mail. Answered by attachments, then the mail.
    ParseMail,
    /// The body is the archive. Answered by entries, then what became of it.
    Unpack { archive_name: String, passwords: Vec<String>, limits: UnpackLimits },
    /// The body is a file. It stays open until another one is.
    Open,
    /// A page of the open file.
    Page { number: u32 },
    /// The body is the second OCR engine's network that finds lines. Not answered.
    LineFinder,
    /// The body is its network that reads a line. Answered by whether both can be used.
    LineReader,
    /// The body is a gray picture, for the second engine.
    Reread { width: u32, height: u32 },
    /// The body is a file of the next dossier for the jury. Not answered.
    JuryFile { sha256: String },
    /// Answered by stages, the parts of the PDF, and what was left out. The files are forgotten then.
    JuryDossier { dossier: Box<Dossier> },
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    Started(Confinement),
    /// The body is the contents of the next attachment.
    Attachment,
    Mail(Result<Box<ParsedMail>, Reason>),
    /// The body is the contents of the entry.
    Entry {
        name: String,
    },
    Unpacked(Unpacked),
    Opened(OpenedFile),
    /// The body is the pixels of the picture, if there is one.
    Page {
        page: PageText,
        findings: Vec<FileFinding>,
        picture: Option<PictureShape>,
    },
    RereaderReady(bool),
    /// The body is a table of words; no body, nothing read.
    Reread,
    /// What is begun now.
    JuryStage(Stage),
    /// The body is the next part of the PDF.
    JuryPart,
    JuryWritten {
        left_out: Vec<(u32, Hindrance)>,
    },
    /// The request made the reader panic; the worker goes on.
    Panicked,
}

/// A file as it was opened, before its pages are asked for.
#[derive(Debug, Serialize, Deserialize)]
pub struct OpenedFile {
    pub media_type: String,
    pub readable: bool,
    pub findings: Vec<FileFinding>,
    pub pages: u32,
    /// How many of the pages will probably come as pictures.
    pub pictures: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct PictureShape {
    pub width: u32,
    pub height: u32,
    pub hints: PictureHints,
}

/// Writes one message.
pub fn write_message(out: &mut impl Write, header: &impl Serialize, body: &[u8]) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&(body.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    out.write_all(body)?;
    out.flush()
}

/// Reads one message; `None` at the end of the stream.
pub fn read_message<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<(T, Vec<u8>)>> {
    let mut lengths = [0_u8; 16];
    if let Err(error) = from.read_exact(&mut lengths) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let (header_length, body_length) = lengths.split_at(8);
    let header = read_exactly(from, header_length, HEADER_BYTES_MAX)?;
    let body = read_exactly(from, body_length, BODY_BYTES_MAX)?;
    Ok(Some((serde_json::from_slice(&header)?, body)))
}

fn read_exactly(from: &mut impl Read, length: &[u8], length_max: u64) -> io::Result<Vec<u8>> {
    let length = length.iter().rev().fold(0_u64, |value, &byte| (value << 8) | u64::from(byte));
    if length > length_max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is longer than any should be"));
    }
    let mut contents = Vec::with_capacity(length as usize);
    let read = from.take(length).read_to_end(&mut contents)?;
    if read as u64 == length { Ok(contents) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_the_pipe() {
        let mut pipe = Vec::new();
        write_message(&mut pipe, &Request::Page { number: 7 }, b"abc").unwrap();
        let (request, body): (Request, _) = read_message(&mut pipe.as_slice()).unwrap().unwrap();
        assert!(matches!(request, Request::Page { number: 7 }));
        assert_eq!(body, b"abc");
        assert!(read_message::<Request>(&mut [].as_slice()).unwrap().is_none());
        pipe.truncate(20);
        assert!(read_message::<Request>(&mut pipe.as_slice()).is_err());
    }
}
