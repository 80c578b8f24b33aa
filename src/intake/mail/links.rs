//! Links to file stores: where a candidate's documents are when they did not fit into the mail. Seen, never followed.

use super::html;

const LINKS_MAX: usize = 50;

/// Hosts where people put files: a host, or the end of one.
const STORES: &[&str] = &[
    "we.tl",
    "wetransfer.com",
    "drive.google.com",
    "docs.google.com",
    "photos.app.goo.gl",
    "dropbox.com",
    "db.tt",
    "1drv.ms",
    "onedrive.live.com",
    "onedrive.com",
    "sharepoint.com",
    "icloud.com",
    "fromsmash.com",
    "fromsmash.co",
    "swisstransfer.com",
    "mega.nz",
    "mega.co.nz",
    "mega.io",
    "grosfichiers.com",
    "filesender.renater.fr",
    "filesender.org",
    "kdrive.infomaniak.com",
    "pcloud.com",
    "pcloud.link",
    "myairbridge.com",
    "box.com",
    "app.box.com",
    "transfernow.net",
    "hightail.com",
    "disk.yandex.ru",
    "yadi.sk",
    "disk.yandex.com",
    "pan.baidu.com",
    "cloud.mail.ru",
    "mediafire.com",
    "sendspace.com",
    "filemail.com",
    "wormhole.app",
    "gofile.io",
    "4shared.com",
    "sync.com",
    "terabox.com",
    "ufile.io",
    "transferxl.com",
    "send.tresorit.com",
    "sendgb.com",
    "jumpshare.com",
    "dl.free.fr",
    "1fichier.com",
    "zohopublic.com",
    "workdrive.zoho.com",
    "quark.cn",
    "weiyun.com",
    "lanzou.com",
    "aliyundrive.com",
    "uptobox.com",
    "proton.me",
    "file.io",
    "limewire.com",
    "transfert.free.fr",
    "lufi.io",
    "nextcloud.com",
    "framadrop.org",
    "digiposte.fr",
    "cozy.cloud",
    "mycozy.cloud",
    "justbeamit.com",
];

/// Sites whose links have the shape of a share and never are one.
const NEVER: &[&str] = &[
    "linkedin.com",
    "facebook.com",
    "twitter.com",
    "x.com",
    "instagram.com",
    "youtube.com",
    "youtu.be",
    "zoom.us",
    "teams.microsoft.com",
    "meet.google.com",
    "calendly.com",
    "maps.app.goo.gl",
    "google.com/maps",
    "docs.google.com/forms",
    "whatsapp.com",
    "wa.me",
    "t.me",
    "tiktok.com",
    "github.com",
    "gitlab.com",
    "researchgate.net",
    "orcid.org",
    "aka.ms",
    "w3.org",
    "schemas.microsoft.com",
    "doodle.com",
    "indeed.com",
    "imt-nord-europe.fr",
    "apps.apple.com",
    "play.google.com",
    "list-manage.com",
    "sendinblue.com",
    "mailchimp.com",
];

/// The links to file stores of a mail, in order, each once.
///
/// `text` is what is judged; in the HTML only links outside quoted mails count when the mail is a reply.
pub fn file_store_links(text: &str, html_body: &str, is_reply: bool) -> Vec<String> {
    let html_body = if is_reply { before_quoted(html_body) } else { html_body };
    let mut links: Vec<String> = Vec::new();
    for link in links_in_text(text).into_iter().chain(html::link_targets(html_body)) {
        if links.len() >= LINKS_MAX {
            break;
        }
        let link = unwrapped(&link);
        if is_file_store(&link) && !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

fn before_quoted(html_body: &str) -> &str {
    const MARKS: &[&str] =
        &["gmail_quote", "divRplyFwdMsg", "appendonsend", "<blockquote", "yahoo_quoted", "moz-cite-prefix", "OLK_SRC_BODY_SECTION"];
    let end = MARKS.iter().filter_map(|mark| html_body.find(mark)).min();
    end.and_then(|end| html_body.get(..end)).unwrap_or(html_body)
}

fn links_in_text(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for word in text.split(|letter: char| letter.is_whitespace() || "<>\"«»|".contains(letter)) {
        let start = ["https://", "http://"].iter().filter_map(|scheme| word.find(scheme)).min();
        let bare = match start {
            Some(start) => word.get(start..).unwrap_or_default().to_owned(),
            None if word.contains('/') && word.split('/').next().is_some_and(|host| is_listed(&host.to_lowercase(), STORES)) => {
                format!("https://{word}")
            }
            None => continue,
        };
        let bare = bare.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '*', '_']);
        links.push(bare.to_owned());
        if links.len() > LINKS_MAX * 20 {
            break;
        }
    }
    links
}

/// Link checkers (Outlook Safe Links, Google redirects) put the real address into a query value.
fn unwrapped(link: &str) -> String {
    let lower = link.to_lowercase();
    if lower.contains("safelinks.protection.outlook.com") || lower.contains("google.com/url?") || lower.contains("urldefense.") {
        let inner =
            link.split(['?', '&']).find_map(|pair| pair.strip_prefix("url=").or_else(|| pair.strip_prefix("q=")).or_else(|| pair.strip_prefix("u=")));
        if let Some(inner) = inner {
            return percent_decoded(inner);
        }
    }
    link.to_owned()
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut pieces = text.split('%');
    decoded.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        match piece.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                decoded.extend(piece.bytes().skip(2));
            }
            None => {
                decoded.push(b'%');
                decoded.extend(piece.bytes());
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The general shape first (a share with a token that nobody types), then the list.
pub fn is_file_store(link: &str) -> bool {
    let Some((_, rest)) = link.split_once("://") else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.split('@').next_back().unwrap_or_default().split(':').next().unwrap_or_default().to_lowercase();
    let lower_path = path.to_lowercase();
    let whole = format!("{host}/{lower_path}");
    if NEVER.iter().any(|never| if never.contains('/') { whole.contains(never) } else { is_listed(&host, &[never]) }) {
        return false;
    }
    (has_share_shape(&host, path) && !lower_path.contains("unsubscribe")) || (is_listed(&host, STORES) && !is_plain_site(&host, path))
}

fn is_listed(host: &str, list: &[&str]) -> bool {
    list.iter().any(|listed| host == *listed || host.strip_suffix(listed).is_some_and(|before| before.ends_with('.')))
}

/// The front page of a store, as it stands in the footer of its own mails.
fn is_plain_site(host: &str, path: &str) -> bool {
    let bare = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    let has_token = path.split(['/', '?', '#', '=', '&', '!']).any(is_token);
    if host == "proton.me" || host.ends_with(".proton.me") {
        return !host.starts_with("drive.");
    }
    bare.is_empty() && !has_token || (!has_token && !bare.contains('/') && !is_listed(host, &["we.tl", "1drv.ms", "db.tt", "yadi.sk"]))
}

/// `/s/xxxx` of Nextcloud, `/share/…`, `/download/…`, `/transfer/…`: a word of sharing in host or path and a random token.
fn has_share_shape(host: &str, path: &str) -> bool {
    let segments: Vec<&str> = path.split(['/', '?', '#', '=', '&', '!']).filter(|segment| !segment.is_empty()).collect();
    let Some(token) = segments.iter().position(|segment| is_token(segment)) else { return false };
    let shares = [
        "s",
        "share",
        "shared",
        "sharing",
        "public",
        "partage",
        "partages",
        "download",
        "downloads",
        "dl",
        "transfer",
        "transfert",
        "drop",
        "telecharger",
        "telechargement",
        "file",
        "files",
        "d",
        "f",
    ];
    let cloud_words = [
        "cloud",
        "drive",
        "transfer",
        "transfert",
        "filez",
        "filesender",
        "share",
        "partage",
        "dropbox",
        "nas",
        "files",
        "fichiers",
        "depot",
        "upload",
        "seafile",
        "nextcloud",
        "owncloud",
        "synology",
        "quickconnect",
    ];
    let host_shares = host.split(['.', '-']).any(|label| cloud_words.iter().any(|word| label.contains(word)));
    let before_token = segments.iter().take(token).map(|segment| segment.to_lowercase());
    let path_words: Vec<String> = before_token.collect();
    let nextcloud = path_words.last().is_some_and(|word| word == "s") && segments.get(token).is_some_and(|token| token.len() >= 10);
    let path_shares = path_words.iter().any(|word| shares.contains(&word.as_str()));
    nextcloud || (host_shares && path_shares)
}

/// A word no person writes: ten characters or more, of two sorts at least (digits, capitals, small letters), not a dated or worded slug.
fn is_token(segment: &str) -> bool {
    if segment.len() < 10 || !segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_~".contains(&byte)) {
        return false;
    }
    let has_digit = segment.bytes().any(|byte| byte.is_ascii_digit());
    let has_upper = segment.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
    let has_lower = segment.bytes().any(|byte| byte.is_ascii_lowercase());
    let words = segment.split(['-', '_']).filter(|word| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase())).count();
    [has_digit, has_upper, has_lower].iter().filter(|sort| **sort).count() >= 2 && words < 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_told_from_sites() {
        let cases = [
            ("https://we.tl/t-AbCdEf12gH", true),
            ("https://wetransfer.com/downloads/0123456789abcdef0123456789abcdef20240301/ab12", true),
            ("https://drive.google.com/drive/folders/1AbCdEfGhIjKlMnOp?usp=sharing", true),
            ("https://docs.google.com/forms/d/e/1FAIpQLSabcdef123456/viewform", false),
            ("https://ecole365-my.sharepoint.com/:f:/g/personal/x_y_z/EabcDEF123", true),
            ("https://nuage.mon-association.example/s/9fJkQpXyZ2aBcDe", true),
            ("https://cloud.example.org/index.php/s/aB3dE6fG9hJ2kL5", true),
            ("https://transfert.u-ville.example/download/6f9619ff-8b86-d011-b42d-00cf4fc964ff", true),
            ("https://www.linkedin.com/in/jean-dupont-1234567890ab", false),
            ("https://www.mon-entreprise.example/notre-histoire-depuis-1920", false),
            ("https://wetransfer.com/", false),
            ("https://www.dropbox.com/scl/fo/abcd1234efgh/h?rlkey=x", true),
            ("https://www.swisstransfer.com/d/6f9619ff-8b86-d011-b42d-00cf4fc964ff", true),
            ("https://mega.nz/folder/AbC1dEfG#hIjKlMnOp", true),
            ("https://pan.baidu.com/s/1AbCdEfGh", true),
            ("https://www.imt-nord-europe.fr/s/AbCdEfGh1234", false),
        ];
        for (link, expected) in cases {
            assert_eq!(is_file_store(link), expected, "{link}");
        }
    }

    #[test]
    fn links_are_found_in_text_and_html() {
        let html_body =
            r#"<a href="https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2F1drv.ms%2Ff%2Fs%21Abc123&amp;data=05">dossier</a>"#;
        let links = file_store_links("Mon dossier : <https://we.tl/t-AbCdEf12gH>. Merci\nwe.tl/t-ZyXwVu98tS", html_body, false);
        assert_eq!(links, ["https://we.tl/t-AbCdEf12gH", "https://we.tl/t-ZyXwVu98tS", "https://1drv.ms/f/s!Abc123"]);
    }
}
