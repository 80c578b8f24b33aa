//! Statements that come as attachments of mails from a listed sender.
//!
//! A From line proves nothing: the mail is believed only when our own server's `Authentication-Results` (RFC 8601) says that the sender's
//! domain stands behind it. Without that word the attachments stay where they are, and a person is told.

use crate::bank::sniff::{Sniffed, sniff};
use crate::config::StatementsConfig;
use crate::store::journal;
use crate::tasks::Office;
use crate::tasks::money::import;
use crate::tasks::process::OpenedMail;

/// What is looked at of a mail for its headers, in bytes.
const HEADER_BYTES_MAX: usize = 256 << 10;

/// Nobody vouches for a mail in a listed sender's name.
pub const NOT_AUTHENTICATED: &str = "statement_not_authenticated";

/// Whether a mail names a listed sender. Whether it comes from there is another matter.
pub fn statement_sender(office: &Office, opened: &OpenedMail) -> bool {
    let from = opened.record.parsed.from.as_ref().map(|from| from.key()).unwrap_or_default();
    !from.is_empty() && office.config.statements.senders.iter().any(|sender| sender.trim().eq_ignore_ascii_case(&from))
}

/// Imports the statements of a listed sender's mail. Gives the reason that its record keeps: `statement`,
/// [`NOT_AUTHENTICATED`], or `statement_none` when nothing attached is one.
pub fn take_mail(office: &Office, sha256: &str, opened: &OpenedMail) -> anyhow::Result<&'static str> {
    let bytes = office.blobs.get(sha256)?;
    let from = opened.record.parsed.from.as_ref().map(|from| from.address.clone()).unwrap_or_default();
    if !is_authentic(&bytes, &from, &office.config.statements) {
        tracing::warn!("a mail in the name of a listed sender of statements is not authenticated: nothing was taken from it");
        return Ok(NOT_AUTHENTICATED);
    }
    let mut n_read = 0;
    for attachment in opened.record.attachments.iter().filter(|attachment| !attachment.is_archive) {
        let contents = office.blobs.get(&attachment.sha256)?;
        if matches!(sniff(&contents, &attachment.name), Sniffed::Other(_) | Sniffed::Unknown | Sniffed::Empty) {
            continue;
        }
        import(office, &contents, &attachment.name, journal::PROGRAM)?;
        n_read += 1;
    }
    Ok(if n_read > 0 { "statement" } else { "statement_none" })
}

/// Whether our own server vouches for the sender's domain: the topmost `Authentication-Results` is its own and says that DMARC passed, or that
/// a signature or the envelope of that very domain did. Those further down were written by strangers.
fn is_authentic(mail: &[u8], from: &str, config: &StatementsConfig) -> bool {
    let (Some(own), Some((_, domain))) = (config.authserv_id.as_deref(), from.rsplit_once('@')) else { return false };
    let head = mail.get(..HEADER_BYTES_MAX.min(mail.len())).unwrap_or_default();
    let Some(results) = first_header(&String::from_utf8_lossy(head), "authentication-results") else { return false };
    let results = without_comments(&results).to_ascii_lowercase();
    let mut parts = results.split(';').map(str::trim);
    let server = parts.next().and_then(|part| part.split_whitespace().next()).unwrap_or_default();
    server.eq_ignore_ascii_case(own.trim()) && parts.any(|part| vouches(part, &domain.to_ascii_lowercase()))
}

/// One result, such as `dkim=pass header.d=banque.example`.
fn vouches(result: &str, domain: &str) -> bool {
    let mut words = result.split_whitespace();
    let Some(method) = words.next() else { return false };
    let properties: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
    let of_domain = |names: &[&str]| {
        properties.iter().filter(|(name, _)| names.contains(name)).any(|(_, value)| {
            let value = value.trim_matches(['"', '<', '>']);
            value.rsplit_once('@').map_or(value, |(_, domain)| domain) == domain
        })
    };
    match method {
        "dmarc=pass" => of_domain(&["header.from"]),
        "dkim=pass" => of_domain(&["header.d", "header.i"]),
        "spf=pass" => of_domain(&["smtp.mailfrom"]),
        _ => false,
    }
}

/// The first header of that name (in lower case), unfolded.
fn first_header(head: &str, name: &str) -> Option<String> {
    let mut value: Option<String> = None;
    for line in head.lines().take_while(|line| !line.is_empty()) {
        let continues = line.starts_with([' ', '\t']);
        match &mut value {
            Some(value) if continues => value.push_str(line),
            Some(_) => break,
            None if continues => {}
            None => {
                value = line.split_once(':').filter(|(own, _)| own.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned());
            }
        }
    }
    value
}

/// Comments in parentheses are for people.
fn without_comments(text: &str) -> String {
    let mut depth = 0u32;
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_servers_word_counts() {
        let config = StatementsConfig { authserv_id: Some("mx.ecole.example".to_owned()), ..StatementsConfig::default() };
        let own = "Authentication-Results: mx.ecole.example;\r\n\tdkim=pass (2048-bit) header.d=banque.example; spf=none\r\n";
        let foreign = "Authentication-Results: mx.elsewhere.example; dmarc=pass header.from=banque.example\r\n";
        for (head, expected) in [
            (own.to_owned(), true),
            (format!("Received: by mx\r\n{own}{foreign}"), true),
            // The topmost one is not ours: who knows who wrote the others.
            (format!("{foreign}{own}"), false),
            (foreign.to_owned(), false),
            (own.replace("dkim=pass", "dkim=fail"), false),
            (own.replace("header.d=banque.example", "header.d=banque.example.evil.example"), false),
            ("Authentication-Results: mx.ecole.example; dmarc=pass header.from=banque.example\r\n".to_owned(), true),
            (
                "Authentication-Results: mx.ecole.example; dmarc=fail (spf=pass smtp.mailfrom=banque.example) header.from=banque.example\r\n"
                    .to_owned(),
                false,
            ),
            ("Subject: Authentication-Results: mx.ecole.example; dmarc=pass header.from=banque.example\r\n".to_owned(), false),
            (String::new(), false),
        ] {
            let mail = format!(
                "{head}From: releves@banque.example\r\n\r\nAuthentication-Results: mx.ecole.example; dmarc=pass header.from=banque.example\r\n"
            );
            assert_eq!(is_authentic(mail.as_bytes(), "releves@banque.example", &config), expected, "{head}");
        }
        assert!(!is_authentic(own.as_bytes(), "releves@banque.example", &StatementsConfig::default()));
    }
}
