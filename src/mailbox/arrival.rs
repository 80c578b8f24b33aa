//! When a stored mail arrived, read from its header alone: the topmost `Received:` stamp, which the receiving server wrote,
//! else the sender's `Date:`. Nothing of the body is looked at.

use chrono::{DateTime, Utc};

/// A header block longer than this is not read to its end.
const HEADER_BYTES_MAX: usize = 256 * 1024;

/// The arrival of a mail, or nothing when no stamp can be read (RFC 5322 §3.3, §3.6.7).
pub fn arrival_of(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let header = bytes.get(..HEADER_BYTES_MAX).unwrap_or(bytes);
    let mut sent_at = None;
    for field in unfolded_fields(header) {
        let Some((name, value)) = field.split_once(':') else { continue };
        let name = name.trim_end();
        if name.eq_ignore_ascii_case("Received") {
            // The stamp follows the last semicolon; a top stamp that cannot be read leaves the word to the next one.
            if let Some(received_at) = value.rsplit_once(';').and_then(|(_, stamp)| date_time(stamp)) {
                return Some(received_at);
            }
        } else if name.eq_ignore_ascii_case("Date") && sent_at.is_none() {
            sent_at = date_time(value);
        }
    }
    sent_at
}

/// The fields of a header with their folded lines joined by a space. Ends at the first empty line.
fn unfolded_fields(header: &[u8]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for line in header.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        let text = String::from_utf8_lossy(line);
        match fields.last_mut() {
            Some(field) if text.starts_with([' ', '\t']) => {
                field.push(' ');
                field.push_str(text.trim());
            }
            _ => fields.push(text.into_owned()),
        }
    }
    fields
}

/// RFC 5322 date and time, with what real mails do to it: comments, a missing or wrong day of the week, zone names.
fn date_time(text: &str) -> Option<DateTime<Utc>> {
    let without_comments = match text.split_once('(') {
        Some((before, _)) => before,
        None => text,
    };
    let text = without_comments.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = match text.split_once(',') {
        Some((_, rest)) => rest.trim(),
        None => text.as_str(),
    };
    DateTime::parse_from_rfc2822(text).ok().map(|stamp| stamp.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mail: &str, expected: Option<&str>) {
        let expected = expected.map(|text| text.parse::<DateTime<Utc>>().unwrap());
        assert_eq!(arrival_of(mail.as_bytes()), expected, "{mail:?}");
    }

    #[test]
    fn the_top_received_stamp_wins_then_the_date() {
        check(
            "Received: from a by b\r\n\twith ESMTPS id 1; Thu, 6 Jun 2024 23:59:58 +0200 (CEST)\r\nReceived: x; Thu, 6 Jun 2024 23:00:00 +0200\r\nDate: Wed, 5 Jun 2024 10:00:00 +0200\r\n\r\n",
            Some("2024-06-06T21:59:58Z"),
        );
        check("Date: 5 Jun 2024 10:00:00 GMT\n\nReceived: x; Thu, 6 Jun 2024 23:00:00 +0200\n", Some("2024-06-05T10:00:00Z"));
        check("Received: no stamp here\nReceived: x; Fri, 7 Jun 2024 08:00:00 +0000\n\n", Some("2024-06-07T08:00:00Z"));
        check("Date: Mon,  5 Jun 2024  10:00:00 +0000\n\n", Some("2024-06-05T10:00:00Z"));
        check("Date: yesterday\n\n", None);
        check("", None);
        check("\u{0}\u{0}\u{0}", None);
    }
}
