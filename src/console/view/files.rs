//! A candidate's file, as a browser may have it: shown when nothing in it can run, handed over as bytes to keep otherwise.

use crate::desk;
use crate::domain::plan::letters::base_name;
use crate::store::mails;
use crate::tasks::Office;

pub struct ServedFile {
    media_type: String,
    name: String,
    pub bytes: Vec<u8>,
}

/// Kinds that a browser shows without running anything of theirs.
const SHOWN: [&str; 6] = ["application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp", "text/plain"];

impl ServedFile {
    fn is_shown(&self) -> bool {
        SHOWN.contains(&self.media_type.as_str())
    }

    pub fn media_type(&self) -> &str {
        match self.media_type.as_str() {
            "text/plain" => "text/plain; charset=utf-8",
            shown if self.is_shown() => shown,
            _ => "application/octet-stream",
        }
    }

    /// RFC 6266, with the name in RFC 8187's way: whatever a candidate calls a file, it is one word of this header.
    pub fn disposition(&self) -> String {
        let mut name = String::new();
        for byte in self.name.bytes() {
            if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
                name.push(char::from(byte));
            } else {
                name.push_str(&format!("%{byte:02X}"));
            }
        }
        format!("{}; filename*=UTF-8''{name}", if self.is_shown() { "inline" } else { "attachment" })
    }

    /// Browsers show no PDF in a sandbox; their PDF reader runs nothing of ours and reaches nothing of ours.
    pub fn policy(&self) -> &'static str {
        match self.media_type.as_str() {
            "application/pdf" => {
                "default-src 'none'; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'; frame-ancestors 'none'"
            }
            _ => "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; sandbox",
        }
    }
}

/// A file, when it belongs to a mail of a dossier.
pub fn file(office: &Office, sha256: &str) -> anyhow::Result<Option<ServedFile>> {
    let known = office.store.read(|connection| {
        for (_, state) in desk::states(connection)?.into_values() {
            if let Some(document) = state.documents.into_iter().find(|document| document.sha256 == sha256) {
                return Ok(Some((document.media_type, base_name(&document.file_name))));
            }
        }
        Ok(mails::name_of_file(connection, sha256)?.map(|name| (String::new(), base_name(&name))))
    })?;
    match known {
        // Identity papers go before the rest of the dossier.
        Some(_) if !office.blobs.contains(sha256) => Ok(None),
        Some((media_type, name)) => Ok(Some(ServedFile { media_type, name, bytes: office.blobs.get(sha256)? })),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_is_kept_and_not_shown() {
        let check = |media_type: &str, name: &str, expected: [&str; 2]| {
            let file = ServedFile { media_type: media_type.to_owned(), name: name.to_owned(), bytes: Vec::new() };
            assert_eq!([file.media_type(), file.disposition().as_str()], expected);
            assert!(file.policy().contains("default-src 'none'"));
        };
        check("text/html", "page.html", ["application/octet-stream", "attachment; filename*=UTF-8''page.html"]);
        check("image/svg+xml", "a.svg", ["application/octet-stream", "attachment; filename*=UTF-8''a.svg"]);
        check("application/pdf", "Relevé \"1\".pdf", ["application/pdf", "inline; filename*=UTF-8''Relev%C3%A9%20%221%22.pdf"]);
        check("text/plain", "a\r\nX: y", ["text/plain; charset=utf-8", "inline; filename*=UTF-8''a%0D%0AX%3A%20y"]);
    }
}
