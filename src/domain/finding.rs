//! What is wrong with a mail, an archive or a file: closed words, never an error text.

use serde::{Deserialize, Serialize};

/// Why something could not be used, or needs a person's eye (*motif*). Letters speak only these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    // whole mails
    /// Not an RFC 5322 message, or 0 bytes.
    MailUnreadable,
    /// A link to a file store stands where the files should be.
    LinkInsteadOfFile,
    /// A mail announces another IBAN for the school.
    ForeignIban,
    // archives
    ArchivePassword,
    ArchiveDamaged,
    /// The entries before the cut were still read.
    ArchiveTruncated,
    ArchiveUnknownFormat,
    /// The format is known but needs an external program that is not installed (RAR).
    ArchiveFormatNotInstalled,
    ArchiveTooLarge,
    ArchiveTooManyEntries,
    ArchiveBomb,
    ArchiveTooDeep,
    ArchiveOverlapping,
    ArchiveEmpty,
    ArchiveSpanned,
    ArchiveTooSlow,
    EntryPassword,
    EntryDamaged,
    EntryTooLarge,
    /// Link, device or other special entry, or a method that nothing here inflates.
    EntryUnsupported,
    /// A name with `..`, a drive or a root, or a second name in the entry's own header; its content is kept under a cleaned name.
    EntryNameUnsafe,
    /// Two entries of one name, or names that differ only in case.
    EntryNameRepeated,
    // files
    FileEmpty,
    FileTruncated,
    FilePassword,
    FileDamaged,
    FileUnknownFormat,
    /// Only the small preview inside could be read (for example Apple Pages).
    FilePreviewOnly,
    FileTooLarge,
    FileTooManyPages,
    FileTooSlow,
    /// The reader was killed or panicked on it.
    FileCrashedReader,
    FileMacroOrExecutable,
    // pages
    PageBlank,
    PageBlurred,
    PageTooSmall,
    PageCutOff,
    /// Text could not be read from a picture because no OCR engine is installed.
    PageNotReadNoEngine,
    PageNotRead,
    // documents
    KindUncertain,
    LanguageUncertain,
    TranslationUncertain,
    NameDiffers,
    DocumentExpired,
    FormUnsigned,
    FormEmpty,
    FormOtherSeason,
    // dossier
    RouteUndetermined,
    ProgrammeUndetermined,
    ExperienceNearThreshold,
    ExperienceInsufficient,
    ExperienceUnknown,
    DegreeInProgressUncertain,
    IdentityUncertain,
    TimelinessGreyZone,
    Corrected,
}

impl Reason {
    /// The closed snake_case word that stands in `--json` output and in the database: the variant's name, as serde writes it.
    pub fn slug(self) -> String {
        let mut word = String::new();
        for (position, letter) in format!("{self:?}").chars().enumerate() {
            if letter.is_ascii_uppercase() && position > 0 {
                word.push('_');
            }
            word.push(letter.to_ascii_lowercase());
        }
        word
    }

    /// Parses what [`Reason::slug`] wrote.
    pub fn from_slug(slug: &str) -> Option<Reason> {
        use serde::de::value::{Error, StrDeserializer};
        Reason::deserialize(StrDeserializer::<Error>::new(slug)).ok()
    }
}

/// A finding about one file, and the page it is about, if one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFinding {
    pub reason: Reason,
    pub page: Option<u32>,
}

/// A finding about one archive, and the entry it is about, if one (the name as the candidate would recognise it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveFinding {
    pub reason: Reason,
    pub entry: Option<String>,
}

/// The three outcomes of every check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    Passed,
    Failed(Reason),
    /// Doubt: it goes to the assistant, never to the candidate.
    Inconclusive(Reason),
}
