//! What a candidate's dossier is made of, as it travels to the worker that puts it together: pieces by the SHA-256 of their files, and the files.
//!
//! The files are strangers' bytes. Nothing here opens one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::document::DocumentKind;
use crate::jury::BatchCandidate;

/// The contents of the files that pieces lie in, by SHA-256. Several pieces may lie in one file.
pub type Files = BTreeMap<String, Arc<Vec<u8>>>;

/// One document of a dossier: a file, or some pages of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPiece {
    pub kind: DocumentKind,
    pub title_fr: String,
    /// The candidate's own name for the file, shown where the file itself cannot be.
    pub file_name: String,
    /// By content, for example `application/pdf`.
    pub media_type: String,
    /// Of the file's contents, in lower-case hexadecimal.
    pub sha256: String,
    /// 1-based; `None` means all.
    pub pages: Option<Vec<u32>>,
    pub note: Option<String>,
    /// Why the file is not even tried.
    pub hindrance: Option<Hindrance>,
}

impl BatchPiece {
    /// Kinds whose pages print identity or account numbers: the service has seen them, the jury does not need them.
    pub fn is_kept_from_the_jury(&self) -> bool {
        matches!(self.kind, DocumentKind::IdentityDocument | DocumentKind::ResidencePermit | DocumentKind::PaymentProof)
    }
}

/// Why a piece is not in its dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hindrance {
    /// Damaged, locked, or of a format that cannot be laid on paper.
    Unreadable,
    /// The worker that opened it crashed or was ended by a limit on its memory.
    Crashed,
    /// Opening it took longer than a file may.
    TooSlow,
    /// Larger than what one dossier may hold.
    TooLarge,
    /// Its file is not among those that are kept.
    Lost,
}

impl Hindrance {
    /// The beginning of the sentence that stands in the place of the piece, for the jury.
    pub fn french(self) -> &'static str {
        match self {
            Hindrance::Unreadable => "Cette pièce ne peut pas être reproduite ici.",
            Hindrance::Crashed => "Cette pièce n'a pas pu être jointe\u{a0}: le programme n'est pas parvenu à ouvrir le fichier.",
            Hindrance::TooSlow => "Cette pièce n'a pas pu être jointe\u{a0}: son ouverture prend trop de temps.",
            Hindrance::TooLarge => "Cette pièce n'a pas pu être jointe\u{a0}: le fichier est trop volumineux.",
            Hindrance::Lost => "Cette pièce n'a pas pu être jointe\u{a0}: le fichier est introuvable.",
        }
    }
}

/// One candidate's dossier before it is put together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    /// As [`Batch::heading_fr`](crate::jury::Batch::heading_fr) says it.
    pub heading_fr: String,
    pub season: String,
    pub candidate: BatchCandidate,
}

impl Dossier {
    /// The files that are needed, each once, in the order of the pieces.
    pub fn files_wanted(&self) -> Vec<String> {
        let mut wanted: Vec<String> = Vec::new();
        for piece in self.candidate.pieces.iter().filter(|piece| piece.hindrance.is_none() && !piece.is_kept_from_the_jury()) {
            if !wanted.contains(&piece.sha256) {
                wanted.push(piece.sha256.clone());
            }
        }
        wanted
    }

    /// Gives up a file: no piece in it is tried any more.
    pub fn leave_out(&mut self, sha256: &str, hindrance: Hindrance) {
        for piece in self.candidate.pieces.iter_mut().filter(|piece| piece.sha256 == sha256 && !piece.is_kept_from_the_jury()) {
            piece.hindrance = piece.hindrance.or(Some(hindrance));
        }
    }
}

/// A dossier that was put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierPdf {
    pub bytes: Vec<u8>,
    /// Pieces of which a sentence stands in the place, by their position among the candidate's pieces, and why.
    pub left_out: Vec<(u32, Hindrance)>,
}
