//! Mails that say a letter did not arrive: RFC 3464 reports, and what servers write that do not know it.

use mail_parser::{HeaderName, Message, MessagePart, MimeHeaders, PartType};

use super::bounce_words::{DIAGNOSTICS, SENTENCES, SUBJECTS};
use super::headers::{clean_line, media_type_of, raw_value};
use super::parts::decoded_bytes;
use super::{BounceReport, ParsedMail};

const RECIPIENTS_MAX: usize = 50;
const REPORT_TEXT_BYTES_MAX: usize = 256 << 10;

/// Whether a message is an RFC 3464 (or 6533) report, whatever it reports.
pub fn is_delivery_report(message: &Message<'_>) -> bool {
    let root = message.root_part();
    let is_report = media_type_of(root, "text/plain") == "multipart/report";
    let report_type = root.content_type().and_then(|content_type| content_type.attribute("report-type")).unwrap_or_default().to_ascii_lowercase();
    let has_status = message.parts.iter().take(super::PARTS_MAX).any(|part| is_status(part));
    has_status || (is_report && report_type == "delivery-status")
}

fn is_status(part: &MessagePart<'_>) -> bool {
    matches!(media_type_of(part, "").as_str(), "message/delivery-status" | "message/global-delivery-status")
}

/// Reads a non-delivery report; `None` for all other mails, and for reports of success or delay-free relay.
pub fn read(message: &Message<'_>, mail: &ParsedMail, text: &str) -> Option<BounceReport> {
    let mut report = if is_delivery_report(message) {
        read_report(message, text)?
    } else if looks_like_a_bounce(mail, text) {
        read_wording(mail, text)
    } else {
        return None;
    };
    report.original_message_id = quoted_message_id(message, text).filter(|id| Some(id) != mail.message_id.as_ref());
    report.recipients.truncate(RECIPIENTS_MAX);
    Some(report)
}

/// RFC 3464 §2.3: one group of fields per recipient.
fn read_report(message: &Message<'_>, text: &str) -> Option<BounceReport> {
    let mut report = BounceReport::default();
    let mut actions: Vec<String> = Vec::new();
    for part in message.parts.iter().filter(|part| is_status(part)).take(10) {
        let bytes = decoded_bytes(message, part);
        let status_text = String::from_utf8_lossy(bytes.get(..bytes.len().min(REPORT_TEXT_BYTES_MAX)).unwrap_or(&bytes)).into_owned();
        for line in status_text.lines() {
            let Some((field, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match field.trim().to_ascii_lowercase().as_str() {
                "final-recipient" | "original-recipient" | "x-actual-recipient" => {
                    add_recipient(&mut report, value.rsplit_once(';').map_or(value, |(_, address)| address))
                }
                "action" => actions.push(value.to_ascii_lowercase()),
                "status" => report.status = worse_status(report.status.take(), status_code(value)),
                _ => {}
            }
        }
    }
    let fails = |action: &String| action.starts_with("failed");
    let waits = |action: &String| action.starts_with("delayed");
    if !actions.is_empty() && !actions.iter().any(|action| fails(action) || waits(action)) {
        return None;
    }
    if report.status.is_none() {
        report.status = find_status(text);
    }
    report.hard = match report.status.as_deref() {
        Some(status) => status.starts_with('5') && !actions.iter().all(waits_only(&actions)),
        None => actions.iter().any(fails) || (actions.is_empty() && !says_temporary(&text.to_lowercase())),
    };
    if report.recipients.is_empty() {
        collect_addresses(&mut report, text);
    }
    Some(report)
}

fn waits_only(actions: &[String]) -> impl Fn(&String) -> bool + use<> {
    let any = !actions.is_empty();
    move |action| any && action.starts_with("delayed")
}

fn worse_status(known: Option<String>, found: Option<String>) -> Option<String> {
    match (known, found) {
        (Some(known), Some(found)) => Some(if known.starts_with('5') || !found.starts_with('5') { known } else { found }),
        (known, found) => known.or(found),
    }
}

/// Servers' own words: a subject and a sender of theirs, or one of them and sentences of theirs.
fn looks_like_a_bounce(mail: &ParsedMail, text: &str) -> bool {
    let has_sign = |name: &str| mail.signs.iter().any(|(sign, _)| sign == name);
    if has_sign("x-failed-recipients") || has_sign("x-ms-embedded-report") {
        return true;
    }
    let subject = comparable(&mail.subject);
    let begins = comparable(text.get(..text.floor_char_boundary(6_000)).unwrap_or_default());
    let n_said = |text: &str, phrases: &[&str]| phrases.iter().filter(|words| text.contains(&comparable(words))).count();
    let subject_says = n_said(&subject, SUBJECTS) > 0;
    let n_sentences = n_said(&begins, SENTENCES);
    let n_diagnostics = n_said(&begins, DIAGNOSTICS);
    let from_server = from_mail_server(mail);
    let passed_on = is_forwarded(&subject) && !subject.starts_with("re");
    let is_no_answer = !is_forwarded(&subject) || (!passed_on && text.len() < 1_500);
    if !from_server && speaks_for_themselves(&begins) {
        return false;
    }
    if n_diagnostics >= 2 && !passed_on && (from_server || mail.in_reply_to.is_empty()) {
        return true;
    }
    match (subject_says, from_server) {
        (true, true) => true,
        (false, true) => n_sentences + n_diagnostics >= 1 && !subject.starts_with("re:"),
        // People speak of what was not delivered, too: one sentence of a server's is not enough. Some servers answer under `RE:`.
        (true, false) => n_sentences + 2 * n_diagnostics >= 2 && mail.in_reply_to.is_empty() && is_no_answer,
        (false, false) => false,
    }
}

/// Lower case, straight apostrophes, French letters without accents: servers write them either way.
fn comparable(text: &str) -> String {
    let bare = |letter: char| match letter {
        '’' => '\'',
        'à' | 'â' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' => 'o',
        'û' | 'ù' => 'u',
        'ç' => 'c',
        letter => letter,
    };
    text.to_lowercase().chars().map(bare).collect()
}

/// Whether a person speaks before the first words of a server: a candidate who tells of a bounce, or quotes it.
fn speaks_for_themselves(begins: &str) -> bool {
    const PERSONS: &[&str] = &[
        "mon dossier",
        "ma candidature",
        "mon mail",
        "mon message",
        "mon envoi",
        "mon email",
        "j'ai essaye",
        "j'ai recu",
        "j'ai eu",
        "j'ai envoye",
        "pouvez-vous",
        "pourriez-vous",
        "puis-je",
        "que faire",
        "my application",
        "my documents",
        "my mail",
        "my e-mail",
        "my email",
        "my last mail",
        "my first",
        "i tried",
        "i got",
        "i received",
        "i have sent",
        "i am sending",
        "could you",
        "can you",
        "should i",
        "may i",
        "meine bewerbung",
        "ich habe",
        "mi solicitud",
        "he intentado",
        "la mia candidatura",
        "minha candidatura",
    ];
    const LETTER_BYTES: usize = 400;
    let quote = DIAGNOSTICS.iter().filter_map(|words| begins.find(&comparable(words))).min().unwrap_or(begins.len());
    let before = begins.get(..begins.floor_char_boundary(quote.min(LETTER_BYTES))).unwrap_or_default();
    PERSONS.iter().any(|words| before.contains(words))
}

/// Whether the sender is a mail server, by address, by name, or by the null return path.
fn from_mail_server(mail: &ParsedMail) -> bool {
    const LOCAL_PARTS: &[&str] = &[
        "mailer-daemon",
        "mailerdaemon",
        "mailer_daemon",
        "postmaster",
        "post_master",
        "microsoftexchange",
        "mail-daemon",
        "maildaemon",
        "mdaemon",
        "bounce",
        "bounces",
        "mail-delivery",
        "maildelivery",
        "email-delivery",
        "delivery-",
        "mailadmin",
        "nondelivery",
        "non-delivery",
        "smtp-daemon",
        "mmdf",
        "pmdf",
        "amavis",
        "mailscanner",
        "mailmarshal",
        "interscan",
    ];
    const NAMES: &[&str] = &[
        "mail delivery",
        "mailer-daemon",
        "mailer daemon",
        "mail administrator",
        "mail system",
        "system administrator",
        "administrateur système",
        "administrateur systeme",
        "systemadministrator",
        "postmaster",
        "mail server",
        "message delivery",
        "delivery system",
        "delivery subsystem",
        "interscan",
        "mailmarshal",
        "bounce",
        "yahoo! mail deliver",
    ];
    if mail.return_path.as_deref() == Some("") || mail.return_path.as_deref().is_some_and(|path| path.to_lowercase().starts_with("mailer-daemon")) {
        return true;
    }
    let Some(from) = &mail.from else { return false };
    let key = from.key();
    let local = key.split('@').next().unwrap_or_default();
    let name = from.name.as_deref().unwrap_or_default().to_lowercase();
    LOCAL_PARTS.iter().any(|server| local.starts_with(server)) || NAMES.iter().any(|words| name.contains(words))
}

/// Whether a subject says that a person passes a mail on.
pub fn is_forwarded(subject: &str) -> bool {
    let subject = subject.trim_start().to_lowercase();
    ["tr:", "tr :", "fwd:", "fw:", "fwd :", "fw :", "re:", "re :", "wg:", "rv:", "i:"].iter().any(|prefix| subject.starts_with(prefix))
}

/// Whether a subject is one that servers give to bounces.
pub fn is_bounce_subject(subject: &str) -> bool {
    let subject = comparable(subject);
    SUBJECTS.iter().any(|words| subject.contains(&comparable(words)))
}

fn read_wording(mail: &ParsedMail, text: &str) -> BounceReport {
    let mut report = BounceReport { status: find_status(text), ..BounceReport::default() };
    for (_, value) in mail.signs.iter().filter(|(name, _)| name == "x-failed-recipients") {
        value.split([',', ' ']).for_each(|address| add_recipient(&mut report, address));
    }
    if report.recipients.is_empty() {
        collect_addresses(&mut report, text);
    }
    let lower = format!("{} {}", mail.subject, text).to_lowercase();
    report.hard = match report.status.as_deref() {
        Some(status) => status.starts_with('5') && !says_full(&lower),
        None => !says_temporary(&lower),
    };
    report
}

fn says_full(lower: &str) -> bool {
    ["mailbox is full", "mailbox full", "over quota", "quota exceeded", "boîte pleine", "boite pleine", "boîte aux lettres pleine"]
        .iter()
        .any(|words| lower.contains(words))
}

fn says_temporary(lower: &str) -> bool {
    const WORDS: &[&str] = &[
        "delayed",
        "will retry",
        "will be retried",
        "will keep trying",
        "temporar",
        "différée",
        "retard",
        "n'a pas encore",
        "not yet been",
        "try again",
        "greylist",
        "réessay",
        "could not send message for the past",
        "do not need to resend",
        "you do not need to",
    ];
    says_full(lower) || WORDS.iter().any(|words| lower.contains(words))
}

/// The first RFC 3463 status written anywhere, for example `#5.1.1` or `550 5.1.1`.
fn find_status(text: &str) -> Option<String> {
    let window = text.get(..text.floor_char_boundary(20_000)).unwrap_or_default();
    let words = || window.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.').map(|word| word.trim_matches('.'));
    if let Some(status) = words().find_map(status_code) {
        return Some(status);
    }
    words().find_map(|word| match word {
        "550" | "551" | "553" | "554" => Some("5.0.0".to_owned()),
        "552" => Some("5.2.2".to_owned()),
        "421" | "450" | "451" | "452" => Some("4.0.0".to_owned()),
        _ => None,
    })
}

fn status_code(word: &str) -> Option<String> {
    let word = word.split_whitespace().next()?;
    let fields: Vec<&str> = word.split('.').collect();
    let [class, subject, detail] = fields.as_slice() else { return None };
    let is_number = |field: &str| (1..=3).contains(&field.len()) && field.bytes().all(|digit| digit.is_ascii_digit());
    (matches!(*class, "2" | "4" | "5") && is_number(subject) && is_number(detail)).then(|| word.to_owned())
}

fn add_recipient(report: &mut BounceReport, address: &str) {
    let address = clean_line(address.trim_matches(|letter: char| letter.is_whitespace() || "<>()[]:;,.\"'".contains(letter)));
    let is_address = address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    if is_address && !report.recipients.iter().any(|known| known.eq_ignore_ascii_case(&address)) && report.recipients.len() < RECIPIENTS_MAX {
        report.recipients.push(address);
    }
}

/// The address a server names first is the one it could not reach; of the rest (postmasters, quoted headers) nothing is known.
fn collect_addresses(report: &mut BounceReport, text: &str) {
    let window = text.get(..text.floor_char_boundary(20_000)).unwrap_or_default();
    for word in window.split(|letter: char| letter.is_whitespace() || "<>()[];,\"'".contains(letter)) {
        let word = word.trim_start_matches("mailto:").trim_end_matches([':', '.']);
        let local = word.split('@').next().unwrap_or_default().to_lowercase();
        if word.contains('@') && !local.contains("postmaster") && !local.contains("mailer-daemon") {
            add_recipient(report, word);
            if !report.recipients.is_empty() {
                return;
            }
        }
    }
}

/// The Message-ID of the letter that came back: of the quoted message, of its quoted headers, or written in the text.
fn quoted_message_id(message: &Message<'_>, text: &str) -> Option<String> {
    for part in message.parts.iter().take(super::PARTS_MAX) {
        if let PartType::Message(quoted) = &part.body
            && let Some(id) = quoted.message_id()
        {
            return Some(id.to_owned());
        }
        if media_type_of(part, "") == "text/rfc822-headers" {
            let quoted = String::from_utf8_lossy(&decoded_bytes(message, part)).into_owned();
            if let Some(id) = message_id_in(&quoted) {
                return Some(id);
            }
        }
    }
    let references = message
        .headers()
        .iter()
        .find(|header| matches!(header.name, HeaderName::InReplyTo) || header.name.as_str().eq_ignore_ascii_case("X-Original-Message-ID"));
    message_id_in(text).or_else(|| references.map(|header| raw_value(message, header)).and_then(|value| first_identifier(&value)))
}

fn message_id_in(text: &str) -> Option<String> {
    const LINES_MAX: usize = 5_000;
    let lines: Vec<&str> = text.lines().take(LINES_MAX).collect();
    lines.iter().enumerate().find_map(|(position, line)| {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        let is_field = line.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("message-id:"));
        if !is_field {
            return None;
        }
        first_identifier(line).or_else(|| first_identifier(lines.get(position + 1)?))
    })
}

fn first_identifier(line: &str) -> Option<String> {
    let (_, after) = line.split_once('<')?;
    let (id, _) = after.split_once('>')?;
    (id.contains('@') && !id.contains(char::is_whitespace)).then(|| id.to_owned())
}
