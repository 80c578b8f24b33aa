//! Why something could not be used and what to do about it, in words for the person who sent it.
//!
//! Every [`Reason`] is named here, so that a new one does not compile before somebody has decided whether candidates may hear of it.
//! Doubt, and whatever is the machine's own trouble, gives `None`: the assistant sees it, the candidate does not.

use crate::domain::finding::Reason;
use crate::domain::letter::LetterLanguage;
use crate::letters::typography::french_spaces;
use crate::letters::wording::{English, French};

/// What a letter says of a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonWords {
    /// Goes on after the file's name, without a full stop: `est protégé par un mot de passe`.
    pub why: String,
    /// A sentence: one gesture.
    pub what_to_do: String,
}

/// The words for a reason, or `None` when it must never reach a candidate.
pub fn reason_words(reason: Reason, language: LetterLanguage) -> Option<ReasonWords> {
    let families = [archive_words, entry_words, file_words, page_words, document_words];
    let (why_fr, do_fr, why_en, do_en) = families.iter().find_map(|family| family(reason))?;
    Some(match language {
        French => ReasonWords { why: french_spaces(why_fr), what_to_do: french_spaces(do_fr) },
        English => ReasonWords { why: why_en.to_owned(), what_to_do: do_en.to_owned() },
    })
}

/// The gesture for many files that share a reason.
pub fn what_to_do_with_several(reason: Reason, language: LetterLanguage) -> String {
    let (french, english) = match reason {
        Reason::EntryPassword | Reason::FilePassword => (
            "Répondez à ce message en indiquant le mot de passe, ou renvoyez ces fichiers sans mot de passe.",
            "Please reply to this message with the password, or send these files again without one.",
        ),
        Reason::EntryTooLarge | Reason::FileTooLarge => {
            ("Renvoyez-les dans une version plus légère, si possible en PDF.", "Please send smaller versions of them, as PDFs if you can.")
        }
        Reason::FileUnknownFormat | Reason::FilePreviewOnly | Reason::FileMacroOrExecutable => {
            ("Renvoyez ces documents en PDF.", "Please send these documents as PDFs.")
        }
        Reason::LinkInsteadOfFile => (
            "Joignez les fichiers eux-mêmes à votre réponse\u{a0}: nous n'ouvrons pas les liens.",
            "Please attach the files themselves to your reply: we do not open links.",
        ),
        _ => (
            "Renvoyez ces fichiers, dans une nouvelle archive zip ou tels quels.",
            "Please send these files again, in a new zip archive or as they are.",
        ),
    };
    match language {
        French => french_spaces(french),
        English => english.to_owned(),
    }
}

/// French reason and gesture, English reason and gesture.
type Words = (&'static str, &'static str, &'static str, &'static str);

fn archive_words(reason: Reason) -> Option<Words> {
    Some(match reason {
        Reason::ArchivePassword => (
            "est protégé par un mot de passe, et nous n'avons pas pu lire ce qu'il contient",
            "Répondez à ce message en indiquant le mot de passe, ou renvoyez le fichier sans mot de passe.",
            "is protected by a password, so we could not read what is in it",
            "Please reply to this message with the password, or send the file again without one.",
        ),
        Reason::ArchiveDamaged | Reason::ArchiveOverlapping => (
            "est endommagé et ne s'ouvre pas",
            "Recréez l'archive zip à partir de vos documents et renvoyez-la, ou joignez les documents tels quels.",
            "is damaged and does not open",
            "Please make the zip archive again from your documents and send it, or attach the documents as they are.",
        ),
        Reason::ArchiveTruncated => (
            "est arrivé incomplet : la fin manque",
            "Renvoyez les documents qui ne figurent pas dans la liste ci-dessous, dans une nouvelle archive zip ou tels quels.",
            "arrived incomplete: its end is missing",
            "Please send again the documents that are not in the list below, in a new zip archive or as they are.",
        ),
        Reason::ArchiveUnknownFormat => (
            "est dans un format que nous ne savons pas ouvrir",
            "Renvoyez vos documents dans une archive zip, ou joignez-les tels quels.",
            "is in a format that we cannot open",
            "Please send your documents in a zip archive, or attach them as they are.",
        ),
        Reason::ArchiveFormatNotInstalled => (
            "est une archive d'un autre format que zip, que nous ne pouvons pas ouvrir",
            "Renvoyez vos documents dans une archive zip, ou joignez-les tels quels.",
            "is an archive in a format other than zip, which we cannot open",
            "Please send your documents in a zip archive, or attach them as they are.",
        ),
        Reason::ArchiveTooLarge | Reason::ArchiveBomb => (
            "est trop volumineux une fois ouvert",
            "Renvoyez seulement les pièces de votre dossier, en plusieurs messages si nécessaire.",
            "is too large once opened",
            "Please send only the documents of your application, in several messages if need be.",
        ),
        Reason::ArchiveTooManyEntries => (
            "contient un trop grand nombre de fichiers",
            "Renvoyez une archive zip qui contient seulement les pièces de votre dossier.",
            "contains too many files",
            "Please send a zip archive that contains only the documents of your application.",
        ),
        Reason::ArchiveTooDeep => (
            "contient des archives placées les unes dans les autres, que nous n'avons pas toutes ouvertes",
            "Renvoyez vos documents dans une seule archive zip.",
            "contains archives inside one another, not all of which we could open",
            "Please send your documents in one single zip archive.",
        ),
        Reason::ArchiveEmpty => (
            "ne contient aucun fichier",
            "Recréez l'archive zip avec vos documents et renvoyez-la, ou joignez les documents tels quels.",
            "contains no file",
            "Please make the zip archive again with your documents and send it, or attach the documents as they are.",
        ),
        Reason::ArchiveSpanned => (
            "n'est qu'une partie d'une archive découpée en plusieurs morceaux",
            "Renvoyez vos documents sans les découper, en plusieurs messages si nécessaire.",
            "is only one part of an archive cut into several",
            "Please send your documents without cutting the archive, in several messages if need be.",
        ),
        Reason::ArchiveTooSlow => (
            "n'a pas pu être ouvert",
            "Renvoyez vos documents dans une nouvelle archive zip, ou joignez-les tels quels.",
            "could not be opened",
            "Please send your documents in a new zip archive, or attach them as they are.",
        ),
        _ => return None,
    })
}

fn entry_words(reason: Reason) -> Option<Words> {
    Some(match reason {
        Reason::EntryPassword => (
            "est protégé par un mot de passe",
            "Répondez à ce message en indiquant le mot de passe, ou renvoyez ce fichier sans mot de passe.",
            "is protected by a password",
            "Please reply to this message with the password, or send this file again without one.",
        ),
        Reason::EntryDamaged => {
            ("est endommagé et ne s'ouvre pas", "Renvoyez ce fichier.", "is damaged and does not open", "Please send this file again.")
        }
        Reason::EntryTooLarge => (
            "est trop volumineux",
            "Renvoyez-le dans une version plus légère, si possible en PDF.",
            "is too large",
            "Please send a smaller version of it, as a PDF if you can.",
        ),
        Reason::EntryUnsupported => (
            "n'a pas pu être extrait de l'archive",
            "Joignez ce fichier tel quel à votre réponse.",
            "could not be taken out of the archive",
            "Please attach this file as it is to your reply.",
        ),
        _ => return None,
    })
}

fn file_words(reason: Reason) -> Option<Words> {
    Some(match reason {
        Reason::LinkInsteadOfFile => (
            "est un lien et non un fichier",
            "Joignez le fichier lui-même à votre réponse : nous n'ouvrons pas les liens.",
            "is a link and not a file",
            "Please attach the file itself to your reply: we do not open links.",
        ),
        Reason::FileEmpty => ("est vide", "Renvoyez ce fichier.", "is empty", "Please send this file again."),
        Reason::FileTruncated => {
            ("est arrivé incomplet et ne s'ouvre pas", "Renvoyez ce fichier.", "arrived incomplete and does not open", "Please send this file again.")
        }
        Reason::FilePassword => (
            "est protégé par un mot de passe",
            "Renvoyez-le sans mot de passe, ou indiquez-nous le mot de passe en répondant à ce message.",
            "is protected by a password",
            "Please send it again without a password, or give us the password in your reply.",
        ),
        Reason::FileDamaged => (
            "est endommagé et ne s'ouvre pas",
            "Renvoyez ce fichier, si possible en PDF.",
            "is damaged and does not open",
            "Please send this file again, as a PDF if you can.",
        ),
        Reason::FileUnknownFormat => (
            "est dans un format que nous ne savons pas lire",
            "Renvoyez ce document en PDF.",
            "is in a format that we cannot read",
            "Please send this document as a PDF.",
        ),
        Reason::FilePreviewOnly => (
            "est dans un format que nous ne pouvons pas lire en entier",
            "Renvoyez ce document en PDF.",
            "is in a format that we cannot read completely",
            "Please send this document as a PDF.",
        ),
        Reason::FileTooLarge => (
            "est trop volumineux",
            "Renvoyez-le dans une version plus légère, si possible en PDF.",
            "is too large",
            "Please send a smaller version of it, as a PDF if you can.",
        ),
        Reason::FileTooManyPages => (
            "contient un trop grand nombre de pages",
            "Renvoyez seulement les pages utiles à votre dossier.",
            "has too many pages",
            "Please send only the pages that belong to your application.",
        ),
        Reason::FileMacroOrExecutable => (
            "contient un programme, et nous ne l'ouvrons pas",
            "Renvoyez ce document en PDF.",
            "contains a program, so we do not open it",
            "Please send this document as a PDF.",
        ),
        _ => return None,
    })
}

fn page_words(reason: Reason) -> Option<Words> {
    Some(match reason {
        Reason::PageBlank => (
            "ne contient que des pages blanches",
            "Numérisez de nouveau le document et renvoyez-le.",
            "contains only blank pages",
            "Please scan the document again and send it.",
        ),
        Reason::PageBlurred => (
            "est trop flou pour être lu",
            "Refaites la photo ou la numérisation, bien à plat et bien éclairée, et renvoyez-la.",
            "is too blurred to be read",
            "Please take the picture or scan again, flat and in good light, and send it.",
        ),
        Reason::PageTooSmall => (
            "est une image trop petite pour être lue",
            "Refaites la photo de plus près, ou numérisez le document, et renvoyez-le.",
            "is a picture too small to be read",
            "Please take the picture from closer, or scan the document, and send it.",
        ),
        Reason::PageCutOff => (
            "est une image coupée : une partie du document manque",
            "Refaites la photo ou la numérisation avec la page entière, et renvoyez-la.",
            "is a picture cut off: a part of the document is missing",
            "Please take the picture or scan again with the whole page, and send it.",
        ),
        _ => return None,
    })
}

/// The last family; what is not worded here or above is named as withheld.
fn document_words(reason: Reason) -> Option<Words> {
    match reason {
        Reason::FormUnsigned => {
            Some(("n'est pas signé", "Datez-le, signez-le et renvoyez-le.", "is not signed", "Please date it, sign it and send it again."))
        }
        Reason::FormEmpty => Some((
            "n'est pas rempli",
            "Remplissez-le, signez-le et renvoyez-le.",
            "is not filled in",
            "Please fill it in, sign it and send it again.",
        )),
        Reason::FormOtherSeason => Some((
            "est le formulaire d'une autre année",
            "Remplissez celui de cette session, signez-le et renvoyez-le.",
            "is the form of another year",
            "Please fill in and sign the form of this session, and send it.",
        )),
        // The mail as a whole has its own letter; the fraud warning is the assistant's.
        Reason::MailUnreadable | Reason::ForeignIban => None,
        // The content was kept all the same.
        Reason::EntryNameUnsafe | Reason::EntryNameRepeated => None,
        // The machine's own trouble: a person looks at the file.
        Reason::FileTooSlow | Reason::FileCrashedReader | Reason::PageNotReadNoEngine | Reason::PageNotRead => None,
        // Doubt, or a judgement that belongs to a person.
        Reason::KindUncertain
        | Reason::LanguageUncertain
        | Reason::TranslationUncertain
        | Reason::NameDiffers
        | Reason::DocumentExpired
        | Reason::RouteUndetermined
        | Reason::ProgrammeUndetermined
        | Reason::ExperienceNearThreshold
        | Reason::ExperienceInsufficient
        | Reason::ExperienceUnknown
        | Reason::DegreeInProgressUncertain
        | Reason::IdentityUncertain
        | Reason::TimelinessGreyZone
        | Reason::Corrected => None,
        // Worded by the families above.
        Reason::LinkInsteadOfFile
        | Reason::ArchivePassword
        | Reason::ArchiveDamaged
        | Reason::ArchiveTruncated
        | Reason::ArchiveUnknownFormat
        | Reason::ArchiveFormatNotInstalled
        | Reason::ArchiveTooLarge
        | Reason::ArchiveTooManyEntries
        | Reason::ArchiveBomb
        | Reason::ArchiveTooDeep
        | Reason::ArchiveOverlapping
        | Reason::ArchiveEmpty
        | Reason::ArchiveSpanned
        | Reason::ArchiveTooSlow
        | Reason::EntryPassword
        | Reason::EntryDamaged
        | Reason::EntryTooLarge
        | Reason::EntryUnsupported
        | Reason::FileEmpty
        | Reason::FileTruncated
        | Reason::FilePassword
        | Reason::FileDamaged
        | Reason::FileUnknownFormat
        | Reason::FilePreviewOnly
        | Reason::FileTooLarge
        | Reason::FileTooManyPages
        | Reason::FileMacroOrExecutable
        | Reason::PageBlank
        | Reason::PageBlurred
        | Reason::PageTooSmall
        | Reason::PageCutOff => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_never_reaches_a_candidate() {
        for reason in [Reason::KindUncertain, Reason::PageNotReadNoEngine, Reason::ForeignIban, Reason::IdentityUncertain, Reason::FileCrashedReader]
        {
            assert_eq!(reason_words(reason, French), None);
        }
    }

    #[test]
    fn every_reason_about_material_has_a_why_and_a_gesture() {
        for reason in [Reason::ArchivePassword, Reason::EntryDamaged, Reason::FileEmpty, Reason::PageBlurred, Reason::FormUnsigned] {
            for language in [French, English] {
                let words = reason_words(reason, language).unwrap();
                assert!(words.what_to_do.ends_with('.') && !words.why.ends_with('.'), "{reason:?}");
            }
        }
    }
}
