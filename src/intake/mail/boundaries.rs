//! Boundaries put right before parsing: one that is named nowhere is found in the lines, a part that is never closed is closed where the part
//! around it goes on (RFC 2046 §5.1.2). What is in order is left as it came.

use super::headers::header_section_length;

/// A mail that says it has several parts and names no boundary, or one that is nowhere in it, with the boundary that its lines show.
/// `None` for all others.
pub fn with_found_boundary(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, body) = bytes.split_at_checked(header_section_length(bytes))?;
    let fields = String::from_utf8_lossy(head);
    let lower = fields.to_ascii_lowercase();
    let declared = lower.lines().position(|line| line.starts_with("content-type:"))?;
    let field: Vec<&str> = fields
        .lines()
        .skip(declared)
        .enumerate()
        .take_while(|(place, line)| *place == 0 || line.starts_with([' ', '\t']))
        .map(|(_, line)| line)
        .collect();
    let whole = field.join(" ");
    if !whole.to_ascii_lowercase().contains("multipart/") {
        return None;
    }
    if let Some(named) = boundary_of(&whole)
        && body.split(|byte| *byte == b'\n').any(|line| line.strip_prefix(b"--").is_some_and(|rest| rest.starts_with(named.as_bytes())))
    {
        return None;
    }
    let found = found_boundary(body)?;
    let kept = fields.lines().enumerate().filter(|(place, _)| *place < declared || *place >= declared + field.len()).map(|(_, line)| line);
    let mut repaired: Vec<u8> = Vec::with_capacity(bytes.len() + 200);
    for line in kept.filter(|line| !line.trim().is_empty()) {
        repaired.extend_from_slice(line.as_bytes());
        repaired.extend_from_slice(b"\r\n");
    }
    repaired.extend_from_slice(b"Content-Type: multipart/mixed; boundary=\"");
    repaired.extend_from_slice(found);
    repaired.extend_from_slice(b"\"\r\n\r\n");
    repaired.extend_from_slice(body);
    Some(repaired)
}

/// The `boundary` parameter of a folded field, without its quotes.
fn boundary_of(field: &str) -> Option<&str> {
    let at = field.to_ascii_lowercase().find("boundary=")? + "boundary=".len();
    let value = field.get(at..)?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => value.split([';', ' ', '\t']).next()?,
    };
    Some(value.trim_end()).filter(|value| !value.is_empty())
}

/// The first line of the shape `--something` behind which fields of a part begin.
fn found_boundary(body: &[u8]) -> Option<&[u8]> {
    const LINES_MAX: usize = 10_000;
    let mut lines = body.split(|byte| *byte == b'\n').take(LINES_MAX).peekable();
    while let Some(line) = lines.next() {
        let Some(boundary) = line.strip_prefix(b"--").map(<[u8]>::trim_ascii_end) else { continue };
        let is_boundary = (1..=70).contains(&boundary.len()) && boundary.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'"');
        let begins_part = lines.peek().is_some_and(|next| next.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-")));
        if is_boundary && begins_part {
            return Some(boundary);
        }
    }
    None
}

/// Parts in parts in parts: deeper ones are left to the parser's own limits.
const DEPTH_MAX: usize = 64;

/// Where the walk through the lines of a mail stands.
#[derive(Default)]
struct Walk {
    /// Boundaries of the multiparts that are open, the outermost first.
    open: Vec<Vec<u8>>,
    /// The `Content-Type` field of the part whose fields are being read, unfolded.
    content_type: Option<String>,
    last_field_is_content_type: bool,
    in_fields: bool,
    n_closed: usize,
}

/// A mail in which a part is left open when the part around it goes on, with the missing ends put in. `None` when none is missing.
///
/// Parsers look for the end of the innermost part and swallow the files behind it.
pub fn with_ends(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut walk = Walk { in_fields: true, ..Walk::default() };
    let mut closed: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let bare = rest.get(..length).unwrap_or_default().trim_ascii_end();
        if let Some(ends) = walk.boundary_line(bare) {
            closed.extend(ends.into_iter().map(|boundary| (at, boundary)));
        } else if walk.in_fields {
            walk.field_line(bare);
        }
        at += length;
    }
    if walk.n_closed == 0 {
        return None;
    }
    let mut repaired = Vec::with_capacity(bytes.len() + 100 * closed.len());
    let mut from = 0;
    for (at, boundary) in closed {
        repaired.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        repaired.extend_from_slice(b"--");
        repaired.extend_from_slice(&boundary);
        repaired.extend_from_slice(b"--\r\n");
        from = at;
    }
    repaired.extend_from_slice(bytes.get(from..).unwrap_or_default());
    Some(repaired)
}

impl Walk {
    /// The boundaries that a line leaves open although it belongs to a part around them; `None` when it is no boundary line.
    fn boundary_line(&mut self, bare: &[u8]) -> Option<Vec<Vec<u8>>> {
        let said = bare.strip_prefix(b"--")?;
        let is_of = |boundary: &Vec<u8>| said == boundary.as_slice() || said.strip_suffix(b"--").is_some_and(|said| said == boundary.as_slice());
        let depth = self.open.iter().rposition(is_of)?;
        let ends_it = self.open.get(depth).is_some_and(|boundary| said != boundary.as_slice());
        let mut left_open = self.open.split_off(depth + 1);
        left_open.reverse();
        self.n_closed += left_open.len();
        if ends_it {
            self.open.truncate(depth);
        }
        self.in_fields = !ends_it;
        self.content_type = None;
        self.last_field_is_content_type = false;
        Some(left_open)
    }

    /// A line among the fields of a part; the empty one opens what the fields announced.
    fn field_line(&mut self, bare: &[u8]) {
        const FIELD_BYTES_MAX: usize = 4 << 10;
        let text = String::from_utf8_lossy(bare);
        if bare.is_empty() {
            let content_type = self.content_type.take().unwrap_or_default();
            let lower = content_type.to_ascii_lowercase();
            self.last_field_is_content_type = false;
            // A mail in a mail begins with fields of its own.
            self.in_fields = lower.contains("message/rfc822");
            if let Some(boundary) = boundary_of(&content_type).filter(|_| lower.contains("multipart/") && self.open.len() < DEPTH_MAX) {
                self.open.push(boundary.as_bytes().to_vec());
            }
        } else if text.starts_with([' ', '\t']) {
            if let Some(content_type) = self.content_type.as_mut().filter(|field| self.last_field_is_content_type && field.len() < FIELD_BYTES_MAX) {
                content_type.push_str(&text);
            }
        } else {
            self.last_field_is_content_type = text.get(..13).is_some_and(|start| start.eq_ignore_ascii_case("content-type:"));
            if self.last_field_is_content_type {
                self.content_type = Some(text.into_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mail: &str, expected: Option<&str>) {
        let repaired = with_ends(mail.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap().replace("\r\n", "\n"));
        assert_eq!(repaired.as_deref(), expected);
    }

    #[test]
    fn what_is_left_open_is_closed_where_the_part_around_it_goes_on() {
        let outer = "Content-Type: multipart/mixed;\n boundary=\"out\"\n\n--out\n";
        let inner = "Content-Type: multipart/alternative; boundary=in\n\n";
        check(&format!("{outer}{inner}--in\n\na\n--in--\n--out--\n"), None);
        check(&format!("{outer}{inner}--in\n\na\n"), None);
        check(&format!("{outer}{inner}--in\n\na\n--out\n\nb\n--out--\n"), Some(&format!("{outer}{inner}--in\n\na\n--in--\n--out\n\nb\n--out--\n")));
        let mail = "Content-Type: message/rfc822\n\nSubject: x\nContent-Type: multipart/mixed; boundary=in\n\n";
        check(&format!("{outer}{mail}--out\n\nb\n--out--\n"), Some(&format!("{outer}{mail}--in--\n--out\n\nb\n--out--\n")));
        // A longer boundary that begins like the inner one is another one.
        check(&format!("{}--inn\n\na\n--inn--\n", "Content-Type: multipart/mixed; boundary=inn\n\n"), None);
    }
}
