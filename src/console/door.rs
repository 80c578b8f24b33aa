//! Who may come in, and whose forms are taken: host names, the password of a console that other machines reach, the origin of every change.
//!
//! A change is a POST with the token that this process put into its own pages, from those pages (`Origin`, `Sec-Fetch-Site`): a page from
//! elsewhere, open in her other tab, can neither read nor press anything here.

use std::sync::Arc;

use anyhow::Context;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::{Console, pages};
use crate::blobs::hex;
use crate::config::{Config, is_loopback, secret};

/// What is asked of a visitor.
pub struct Door {
    /// Stands in every form of this process, and in no other.
    pub token: String,
    /// SHA-256 of the password, when one is asked for.
    password: Option<[u8; 32]>,
    /// The host it listens on, for the comparison with what browsers say.
    listens_on: String,
}

/// Refuses an address that other machines reach when nobody would be asked for a password.
pub fn check_address(config: &Config) -> anyhow::Result<()> {
    anyhow::ensure!(
        is_loopback(&host_of(&config.console.listen)) || config.console.password_file.is_some(),
        "console.listen: {} can be reached from other machines, which is refused without console.password_file",
        config.console.listen
    );
    Ok(())
}

impl Door {
    pub fn new(config: &Config) -> anyhow::Result<Door> {
        check_address(config)?;
        let mut random = [0_u8; 32];
        let mut source = std::fs::File::open("/dev/urandom").context("open the random source")?;
        std::io::Read::read_exact(&mut source, &mut random).context("read randomness")?;
        let password = match &config.console.password_file {
            Some(file) => {
                let password = secret(config, Some(file), None)?;
                anyhow::ensure!(password.len() >= 8, "console.password_file: the password has fewer than eight characters");
                Some(Sha256::digest(password.as_bytes()).into())
            }
            None => None,
        };
        Ok(Door { token: hex(&random), password, listens_on: host_of(&config.console.listen) })
    }

    /// Names that a browser may know us by. With a password, any: a foreign page has no credentials for that name.
    fn knows_host(&self, host: &str) -> bool {
        let name = host_of(host);
        self.password.is_some() || is_loopback(&name) || name == self.listens_on
    }

    /// The visitor's name, or `None` when she must say the password first.
    pub fn visitor(&self, headers: &HeaderMap) -> Option<String> {
        let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(basic_credentials);
        match (&self.password, said) {
            (None, _) => Some(String::from("assistante")),
            (Some(wanted), Some((user, password))) => {
                // Digests are compared, so the time tells nothing of the password.
                let given: [u8; 32] = Sha256::digest(password.as_bytes()).into();
                let name: String = user.chars().filter(|letter| letter.is_alphanumeric() || "._- ".contains(*letter)).take(40).collect();
                (given == *wanted).then(|| if name.trim().is_empty() { String::from("assistante") } else { name })
            }
            (Some(_), None) => None,
        }
    }

    pub fn knows_token(&self, token: &str) -> bool {
        Sha256::digest(token.as_bytes()) == Sha256::digest(self.token.as_bytes())
    }
}

/// The name in `name:port`, `[::1]:8025` or a bare name.
fn host_of(address: &str) -> String {
    if let Some((inside, _)) = address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside.to_ascii_lowercase();
    }
    address.rsplit_once(':').map_or(address, |(name, _)| name).to_ascii_lowercase()
}

/// RFC 7617: `Basic base64(user:password)`.
fn basic_credentials(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    let bytes = scheme.eq_ignore_ascii_case("basic").then(|| base64(encoded.trim()))??;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// RFC 4648, the standard alphabet; `None` for anything else.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bits = 0_u32;
    let mut n_bits = 0;
    let mut bytes = Vec::new();
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push(u8::try_from(bits >> n_bits & 0xFF).unwrap_or_default());
        }
    }
    Some(bytes)
}

/// Whether a request that would change something comes from our own pages, as far as its headers tell; the token tells the rest.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text("host").unwrap_or_default();
    let by_site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let by_origin = text("origin").is_none_or(|origin| origin.split_once("://").is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host)));
    by_site && by_origin
}

/// Looks at every request before a page does, and puts the house's headers on every answer.
pub async fn guard(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut response = if !console.door.knows_host(host) {
        (StatusCode::MISDIRECTED_REQUEST, "unknown host").into_response()
    } else if console.door.visitor(headers).is_none() {
        let mut response = (StatusCode::UNAUTHORIZED, Html(pages::plain("Le mot de passe de la console est demandé."))).into_response();
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"guichet\", charset=\"UTF-8\""));
        response
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) && !is_from_here(headers) {
        (StatusCode::FORBIDDEN, Html(pages::plain("Cette demande ne vient pas d'une page de la console\u{a0}: rien n'a été fait."))).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_change_anything() {
        let check = |lines: &[(&'static str, &str)], expected: bool| assert_eq!(is_from_here(&headers(lines)), expected, "{lines:?}");
        let host = ("host", "127.0.0.1:8025");
        check(&[host], true);
        check(&[host, ("origin", "http://127.0.0.1:8025"), ("sec-fetch-site", "same-origin")], true);
        check(&[host, ("origin", "http://evil.example")], false);
        check(&[host, ("origin", "null")], false);
        check(&[host, ("origin", "http://127.0.0.1:9999")], false);
        check(&[host, ("sec-fetch-site", "cross-site")], false);
        check(&[host, ("sec-fetch-site", "same-site")], false);
    }

    #[test]
    fn credentials_are_read_as_rfc_7617_writes_them() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            assert_eq!(basic_credentials(text), expected.map(|(user, password)| (user.to_owned(), password.to_owned())), "{text}");
        };
        check("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Some(("Aladdin", "open sesame")));
        check("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", Some(("Aladdin", "open sesame")));
        check("Basic dGVzdDoxMjPCow==", Some(("test", "123£")));
        check("Bearer QWxhZGRpbjpvcGVu", None);
        check("Basic ???", None);
        check("Basic", None);
    }

    #[test]
    fn hosts_are_taken_out_of_addresses() {
        for (address, expected) in
            [("127.0.0.1:8025", "127.0.0.1"), ("[::1]:8025", "::1"), ("LocalHost", "localhost"), ("console.example:443", "console.example")]
        {
            assert_eq!(host_of(address), expected);
        }
    }
}
