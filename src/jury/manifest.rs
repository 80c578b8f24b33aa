//! The manifest that freezes a batch: JSON with every file's size and SHA-256, and every piece that could not be included.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::jury::{Batch, Hindrance};

#[derive(Serialize)]
struct Manifest<'a> {
    session: &'a str,
    season: &'a str,
    date: Option<NaiveDate>,
    built_on: NaiveDate,
    candidates: Vec<&'a str>,
    incomplete: Vec<&'a str>,
    files: &'a [ManifestFile],
    left_out: &'a [LeftOut],
}

/// A file of the batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    pub name: String,
    pub size_bytes: u64,
    pub sha256: String,
}

/// A piece in whose place a sentence stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The dossier's number.
    pub number: String,
    pub title_fr: String,
    pub file_name: String,
    pub hindrance: Hindrance,
}

/// Writes the manifest, files in the order given.
pub fn manifest(batch: &Batch, files: &[ManifestFile], left_out: &[LeftOut]) -> String {
    let manifest = Manifest {
        session: &batch.session_name,
        season: &batch.season,
        date: batch.date,
        built_on: batch.built_on,
        candidates: batch.candidates.iter().map(|candidate| candidate.number.as_str()).collect(),
        incomplete: batch.incomplete.iter().map(|(number, _, _)| number.as_str()).collect(),
        files,
        left_out,
    };
    // Plain strings and numbers only: serde_json has nothing to refuse here.
    serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n"
}

/// The pieces that a manifest says were left out; none when it says nothing of them.
pub fn left_out(manifest_json: &str) -> Vec<LeftOut> {
    #[derive(Deserialize)]
    struct Part {
        #[serde(default)]
        left_out: Vec<LeftOut>,
    }
    serde_json::from_str(manifest_json).map(|part: Part| part.left_out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jury::tests::{batch, candidate};

    #[test]
    fn the_manifest_names_every_file_and_what_is_not_there() {
        let file = ManifestFile { name: "a.pdf".to_owned(), size_bytes: 3, sha256: "ba7816bf".to_owned() };
        let absent = LeftOut {
            number: "MS24-0042".to_owned(),
            title_fr: "diplôme".to_owned(),
            file_name: "diplome.pdf".to_owned(),
            hindrance: Hindrance::Crashed,
        };
        let text = manifest(&batch(vec![candidate("MS24-0042", "Awa", "Ndiaye")]), &[file], std::slice::from_ref(&absent));
        assert!(text.contains("\"sha256\": \"ba7816bf\"") && text.contains("\"size_bytes\": 3"), "{text}");
        assert_eq!(left_out(&text), [absent]);
        assert!(left_out("{\"session\": \"mars\"}").is_empty() && left_out("rubbish").is_empty());
    }
}
