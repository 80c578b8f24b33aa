//! Opening files: bytes to pages of text and pictures. Runs in the sandbox worker, for its input is hostile.
//!
//! A file is recognised by its content, never by its name. Opening it gives the text of every page that holds text, and for the
//! others a gray picture made ready for an OCR engine. Nothing here executes anything, and nothing here says what a document *is*:
//! that is [`crate::intake::understand`]'s. Whatever cannot be opened is a finding beside what could.

use serde::{Deserialize, Serialize};

use crate::domain::document::{PageText, TextSource};
use crate::domain::finding::{FileFinding, Reason};

pub mod binarise;
pub mod components;
pub mod container;
pub mod decode;
pub mod gate;
pub mod layout;
pub mod look;
pub mod media;
pub mod office;
pub mod ole;
pub mod paper;
pub mod pdf;
pub mod picture_file;
pub mod plain;
pub mod portrait;
pub mod prepare;
pub mod rtf;
pub mod script;

use media::Media;

/// Pages beyond this number are not read; the file gets [`Reason::FileTooManyPages`].
pub const PAGES_MAX: u32 = 200;
/// Characters kept of one page: far more than print can hold, so only nonsense is cut.
pub const PAGE_CHARACTERS_MAX: usize = 200_000;

/// A picture of a page, made upright, straight and even, for an OCR engine: 8-bit gray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePicture {
    pub width: u32,
    pub height: u32,
    /// `width × height` bytes, row by row, 255 for paper.
    pub pixels: Vec<u8>,
    pub hints: PictureHints,
}

/// What the preparation knows about the picture that can save the engine a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PictureHints {
    /// The picture may well be upside down: worth a second try when the first yields little.
    pub maybe_upside_down: bool,
    /// Roughly how many letters the page holds, from the marks on it: an engine that reads far fewer has missed some.
    pub letters: u32,
    /// The page also has a text layer, in [`PageText::text`], which may be the better of the two.
    pub has_layer: bool,
}

/// One page, opened.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedPage {
    pub page: PageText,
    pub findings: Vec<FileFinding>,
    /// Set when the page ought to be read by an OCR engine.
    pub picture: Option<PagePicture>,
}

/// A file, opened. Its pages are drawn on demand, one at a time, so that memory stays flat.
pub struct Opened {
    pub media_type: &'static str,
    pub readable: bool,
    pub findings: Vec<FileFinding>,
    content: Content,
}

enum Content {
    Nothing,
    /// Files without pictures: the text of their pages.
    Texts(Vec<String>),
    Pdf(Box<pdf::PdfFile>),
    Picture(Box<picture_file::PictureFile>),
}

impl Opened {
    fn unreadable(media_type: &'static str, reason: Reason) -> Opened {
        Opened { media_type, readable: false, findings: vec![FileFinding { reason, page: None }], content: Content::Nothing }
    }

    fn texts(media_type: &'static str, pages: Vec<String>) -> Opened {
        Opened { media_type, readable: true, findings: Vec::new(), content: Content::Texts(pages) }
    }

    fn with_finding(mut self, reason: Reason) -> Opened {
        self.findings.push(FileFinding { reason, page: None });
        self
    }

    /// How many pages can be asked for.
    pub fn page_count(&self) -> u32 {
        match &self.content {
            Content::Nothing => 0,
            Content::Texts(pages) => u32::try_from(pages.len()).unwrap_or(u32::MAX),
            Content::Pdf(file) => file.page_count(),
            Content::Picture(file) => file.page_count(),
        }
    }

    /// How many of the pages will probably come as pictures.
    pub fn picture_count(&self) -> u32 {
        match &self.content {
            Content::Nothing | Content::Texts(_) => 0,
            Content::Pdf(file) => file.picture_count(),
            Content::Picture(file) => file.page_count(),
        }
    }

    /// Opens the page of that 1-based number; a number out of range gives an empty page.
    pub fn page(&self, number: u32) -> OpenedPage {
        let mut opened = match &self.content {
            Content::Nothing => empty_page(number),
            Content::Texts(pages) => text_page(number, pages.get(number.saturating_sub(1) as usize).map_or("", String::as_str)),
            Content::Pdf(file) => file.page(number),
            Content::Picture(file) => file.page(number),
        };
        truncate_characters(&mut opened.page.text, PAGE_CHARACTERS_MAX);
        opened
    }
}

fn truncate_characters(text: &mut String, characters_max: usize) {
    if let Some((position, _)) = text.char_indices().nth(characters_max) {
        text.truncate(position);
    }
}

/// A page about which nothing is known.
pub fn empty_page(number: u32) -> OpenedPage {
    let page = PageText {
        number,
        text: String::new(),
        source: TextSource::None,
        quality: 0.0,
        width: 0,
        height: 0,
        ink: 0.0,
        portrait: 0.0,
        unread: false,
        unread_script: None,
    };
    OpenedPage { page, findings: Vec::new(), picture: None }
}

fn text_page(number: u32, text: &str) -> OpenedPage {
    let mut opened = empty_page(number);
    if text.trim().is_empty() {
        opened.findings.push(FileFinding { reason: Reason::PageBlank, page: Some(number) });
        return opened;
    }
    opened.page.text = text.to_owned();
    opened.page.source = TextSource::Layer;
    opened.page.quality = 1.0;
    // Lines of ink on an imagined A4 page: enough to tell a full page from an empty one.
    opened.page.ink = (text.chars().filter(|letter| !letter.is_whitespace()).count() as f32 * 2.5e-5).min(0.25);
    opened
}

/// Opens a file. Never fails: what cannot be read is a finding.
pub fn open(bytes: &[u8]) -> Opened {
    let media = media::sniff(bytes);
    let media_type = media.media_type();
    match media {
        Media::Empty => Opened::unreadable(media_type, Reason::FileEmpty),
        Media::Pdf => pdf::open(bytes),
        Media::Jpeg | Media::Png | Media::Tiff | Media::Gif | Media::Bmp | Media::WebP | Media::Heic => picture_file::open(bytes, media),
        Media::Docx | Media::Odt | Media::Xlsx | Media::Ods | Media::Pptx | Media::Odp => office::open(bytes, media),
        Media::IWork => office::open_iwork(bytes),
        Media::Ole => ole::open(bytes),
        Media::Rtf => Opened::texts(media_type, vec![rtf::text(bytes)]),
        Media::Html => Opened::texts(media_type, vec![plain::html_text(&plain::decode(bytes))]),
        Media::Text => Opened::texts(media_type, vec![plain::decode(bytes)]),
        Media::Executable => Opened::unreadable(media_type, Reason::FileMacroOrExecutable),
        Media::Archive | Media::Unknown => Opened::unreadable(media_type, Reason::FileUnknownFormat),
        Media::EncryptedOffice => Opened::unreadable(media_type, Reason::FilePassword),
        Media::DamagedZip => Opened::unreadable(media_type, Reason::FileDamaged),
    }
}
