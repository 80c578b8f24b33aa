//! The signs by which machines are known: RFC 3834, RFC 2919 and 2369, RFC 3464, RFC 8098, RFC 5965, and what practice added.

use super::ClassContext;
use super::machine_words::MACHINE_SENTENCES;
use super::person_words::PERSON_SENTENCES;
use super::words::{CIVILITIES, count, folded};
use crate::intake::mail::ParsedMail;

pub(super) fn values<'m>(mail: &'m ParsedMail, name: &'m str) -> impl Iterator<Item = &'m str> {
    mail.signs.iter().filter(move |(sign, _)| sign == name).map(|(_, value)| value.as_str())
}

fn has(mail: &ParsedMail, name: &str) -> bool {
    values(mail, name).next().is_some()
}

pub(super) fn has_word(mail: &ParsedMail, name: &str, words: &[&str]) -> bool {
    values(mail, name).any(|value| {
        let value = value.to_ascii_lowercase();
        value.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_').any(|word| words.contains(&word))
    })
}

/// Our own letter come back as a copy.
pub fn own_mark(mail: &ParsedMail, context: &ClassContext<'_>) -> Option<&'static str> {
    if has(mail, "x-guichet") {
        return Some("own_mark");
    }
    let domain = context.own_message_id_domain.trim().to_lowercase();
    let id = mail.message_id.as_deref()?.to_lowercase();
    (!domain.is_empty() && id.ends_with(&format!("@{domain}"))).then_some("own_message_id")
}

/// Reports of machines that are no bounce.
pub fn report(mail: &ParsedMail) -> Option<&'static str> {
    if has(mail, "part message/disposition-notification") || has_word(mail, "content-type report-type", &["disposition-notification"]) {
        return Some("read_receipt");
    }
    if has(mail, "part message/feedback-report") || has_word(mail, "content-type report-type", &["feedback-report"]) {
        return Some("feedback_report");
    }
    if mail.media_type == "multipart/report" || has(mail, "part message/delivery-status") || has(mail, "part message/global-delivery-status") {
        return Some("multipart_report");
    }
    let is_calendar_reply = |value: &str| matches!(value, "reply" | "counter" | "declinecounter");
    if values(mail, "part text/calendar").any(is_calendar_reply)
        || (mail.media_type == "text/calendar" && values(mail, "content-type method").any(is_calendar_reply))
    {
        return Some("calendar_reply");
    }
    let subject = mail.subject.to_lowercase();
    let invitation_answers = [
        "accepté :",
        "accepté:",
        "acceptée :",
        "accepted:",
        "refusé :",
        "refusé:",
        "declined:",
        "provisoire :",
        "provisoire:",
        "tentative:",
        "tentatively accepted:",
        "zugesagt:",
        "abgelehnt:",
        "aceptado:",
        "accettato:",
        "nouvelle heure proposée :",
        "new time proposed:",
    ];
    let spaced = subject.replace(['\u{a0}', '\u{202f}'], " ");
    let says_little = mail.own_text.chars().count() < 200
        && mail.attachments.iter().all(|attachment| attachment.inline || attachment.media_type == "text/calendar");
    let words = format!(" {} ", folded(&mail.own_text));
    let is_addressed = count(&words, CIVILITIES) + count(&words, PERSON_SENTENCES) > 0;
    if invitation_answers.iter().any(|start| spaced.starts_with(start)) && says_little && !is_addressed {
        return Some("calendar_reply");
    }
    let carries_a_mail = mail.attachments.iter().any(|attachment| attachment.media_type == "message/rfc822");
    let complaints = ["complaint about message from", "email feedback report", "abuse report", "spam report", "feedback loop", "fbl report"];
    if carries_a_mail && complaints.iter().any(|words| subject.contains(words)) {
        return Some("feedback_report");
    }
    if subject.contains("report domain:") && subject.contains("submitter:") {
        return Some("dmarc_report");
    }
    let receipt_subjects = [
        "lu :",
        "lu:",
        "lu : ",
        "read:",
        "gelesen:",
        "leído:",
        "not read:",
        "non lu :",
        "accusé de lecture",
        "confirmation de lecture",
        "read receipt",
        "return receipt",
        "accusé de réception (affiché)",
        "return receipt (displayed)",
        "accusé de réception :",
        "accusé réception :",
        "letto:",
        "leido:",
        "lida:",
        "gelezen:",
        "supprimé :",
        "supprimé:",
        "deleted:",
        "non lu:",
    ];
    let is_short = mail.own_text.chars().count() < 600 && mail.attachments.iter().all(|attachment| attachment.inline);
    let body = mail.text.to_lowercase();
    let says_read = [
        "a été lu le",
        "was read on",
        "was displayed",
        "a été affiché",
        "a été lu",
        "wurde am",
        "the message was read",
        "sans avoir été lu",
        "sans être lu",
        "deleted without being read",
        "was deleted",
        "has been read",
        "this is a receipt for",
        "ceci est un accusé",
        "ceci est une confirmation",
        "accusé de réception pour",
        "no guarantee that the message has been read",
        "ne garantit pas",
        "fue leído",
        "è stato letto",
    ]
    .iter()
    .any(|words| body.contains(words));
    (receipt_subjects.iter().any(|start| subject.replace('\u{a0}', " ").starts_with(start)) && is_short && says_read).then_some("read_receipt")
}

/// Mailing lists, but not the school's own address when it is one.
pub fn list(mail: &ParsedMail, context: &ClassContext<'_>) -> Vec<&'static str> {
    if is_own_list(mail, context) {
        return Vec::new();
    }
    let mut signs = Vec::new();
    if [
        "list-id",
        "list-post",
        "mailing-list",
        "x-mailing-list",
        "x-beenthere",
        "x-mailman-version",
        "x-google-group-id",
        "list-subscribe",
        "list-archive",
    ]
    .iter()
    .any(|name| has(mail, name))
    {
        signs.push("list_header");
    }
    if has(mail, "x-ml-name") || has(mail, "x-mlserver") || has(mail, "x-sympa-to") || has_prefix(mail, &["x-egroups-", "x-yahoogroups-"]) {
        signs.push("list_header");
    }
    if values(mail, "delivered-to").any(|value| value.to_ascii_lowercase().starts_with("mailing list")) {
        signs.push("list_header");
    }
    if ["precedence", "x-precedence"].iter().any(|name| has_word(mail, name, &["list"])) {
        signs.push("precedence");
    }
    let paths = values(mail, "sender").chain(values(mail, "errors-to")).chain(mail.return_path.as_deref());
    if paths.map(bare_local_part).any(|local| is_list_path(&local)) {
        signs.push("list_path");
    }
    signs
}

fn has_prefix(mail: &ParsedMail, prefixes: &[&str]) -> bool {
    mail.signs.iter().any(|(name, _)| prefixes.iter().any(|prefix| name.starts_with(prefix)))
}

/// What stands before the `@` of the address in a field, in lower case.
fn bare_local_part(field: &str) -> String {
    let address = field.rsplit('<').next().unwrap_or_default();
    address.split('@').next().unwrap_or_default().trim().to_lowercase()
}

/// Where list servers want bounces to come: no person sends from there.
fn is_list_path(local: &str) -> bool {
    let ends = ["-bounces", "-bounce", "-owner", "-request", "-return", "-admin-list", "-errors"];
    local.starts_with("owner-")
        || ends.iter().any(|end| local.ends_with(end))
        || ["-bounces+", "-bounces-", "-return-", "-owner+"].iter().any(|part| local.contains(part))
}

/// Whether the list is the mailbox itself: many schools' shared addresses are Sympa lists or Google groups, and mark all mail so.
fn is_own_list(mail: &ParsedMail, context: &ClassContext<'_>) -> bool {
    let listed: Vec<String> =
        ["list-id", "list-post", "x-beenthere", "mailing-list"].iter().flat_map(|name| values(mail, name)).map(str::to_lowercase).collect();
    context.own_addresses.iter().map(|address| address.trim().to_lowercase()).filter(|own| own.contains('@')).any(|own| {
        let as_identifier = own.replace('@', ".");
        listed.iter().any(|value| value.contains(&own) || value.contains(&as_identifier))
    })
}

/// Newsletters, notifications, and other mail to many.
pub fn bulk(mail: &ParsedMail, context: &ClassContext<'_>) -> Vec<&'static str> {
    let own_list = is_own_list(mail, context);
    let mut signs = Vec::new();
    if ["precedence", "x-precedence"].iter().any(|name| has_word(mail, name, &["bulk", "junk"])) && !own_list {
        signs.push("precedence");
    }
    let families =
        ["x-bugzilla-", "x-jira-", "x-redmine-", "x-trac-", "x-gitlab-", "x-github-", "x-zendesk-", "x-freshdesk-", "x-launchpad-", "x-osticket-"];
    if has_prefix(mail, &families) || has(mail, "x-rt-loop-prevention") || has(mail, "x-otrs-loop") {
        signs.push("tracker_header");
    }
    let names_other_list = |name: &str| (name.starts_with("list-") || name.starts_with("x-list")) && !own_list;
    if mail.signs.iter().any(|(name, _)| names_other_list(name)) {
        signs.push("list_unsubscribe");
    }
    if [
        "feedback-id",
        "x-fbl",
        "x-msfbl",
        "x-csa-complaints",
        "x-mc-user",
        "x-bulkmail",
        "x-campaign",
        "x-campaignid",
        "x-facebook-notify",
        "x-linkedin-class",
        "x-github-reason",
        "x-report-abuse",
    ]
    .iter()
    .any(|name| has(mail, name))
    {
        signs.push("bulk_sender_header");
    }
    if values(mail, "auto-submitted")
        .any(|value| value.split([';', ' ']).next().is_some_and(|word| !word.eq_ignore_ascii_case("no") && !word.is_empty()))
    {
        signs.push("auto_submitted");
    }
    if ["x-autogenerated", "auto-generated", "x-cron-env"].iter().any(|name| has(mail, name)) {
        signs.push("auto_generated");
    }
    if has(mail, "x-loop") {
        signs.push("x_loop");
    }
    if mail.return_path.as_deref() == Some("") {
        signs.push("null_return_path");
    }
    if from_machine(mail) {
        signs.push("machine_sender");
    }
    let has_files = mail.attachments.iter().any(|attachment| !attachment.inline);
    let text = format!(" {} ", folded(mail.own_text.get(..mail.own_text.floor_char_boundary(8_000)).unwrap_or_default()));
    if signs.is_empty() && !has_files && !is_forwarded(&mail.subject) && count(&text, PERSON_SENTENCES) == 0 {
        let machine_says = count(&text, MACHINE_SENTENCES) > 0;
        let unsubscribes = count(
            &text,
            &[
                "UNSUBSCRIBE",
                "SE DESINSCRIRE",
                "SE DESABONNER",
                "VOUS DESABONNER",
                "VOUS DESINSCRIRE",
                "ME DESABONNER",
                "VIEW IN BROWSER",
                "VOIR DANS LE NAVIGATEUR",
                "VERSION EN LIGNE",
                "ABMELDEN",
                "NEWSLETTER ABBESTELLEN",
            ],
        ) > 0;
        if machine_says || unsubscribes {
            signs.push(if machine_says { "automatic_wording" } else { "unsubscribe_wording" });
        }
    }
    signs
}

/// Senders nobody reads.
pub fn from_machine(mail: &ParsedMail) -> bool {
    const WHOLE: &[&str] = &[
        "mailer-daemon",
        "mailerdaemon",
        "mail-daemon",
        "postmaster",
        "noreply",
        "nepasrepondre",
        "donotreply",
        "dontreply",
        "noresponse",
        "root",
        "daemon",
        "notification",
        "notifications",
        "newsletter",
        "newsletters",
        "listserv",
        "majordomo",
        "sympa",
        "mailman",
        "autoreply",
        "autoresponder",
        "robot",
        "bounce",
        "bounces",
        "automailer",
        "alerts",
        "nobody",
        "unsubscribe",
        "abuse",
        "microsoftexchange",
        "nonrispondere",
        "noresponder",
        "keineantwort",
        "nicht-antworten",
        "mdaemon",
        "system",
    ];
    const PARTS: &[&str] = &[
        "noreply",
        "nepasrepondre",
        "nerepondezpas",
        "donotreply",
        "dontreply",
        "mailerdaemon",
        "autoreply",
        "noresponder",
        "nonrispondere",
        "nepasrpondre",
        "norespond",
        "naorespond",
    ];
    let Some(from) = &mail.from else { return false };
    let key = from.key();
    let local = key.split('@').next().unwrap_or_default();
    let base = local.split('+').next().unwrap_or_default();
    let squeezed: String = local.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let is_bounce_path = ["bounces+", "bounce-", "bounces-", "owner-", "msprvs1", "prvs="].iter().any(|start| local.starts_with(start))
        || local.ends_with("-bounces")
        || local.ends_with("-request")
        || local.starts_with("microsoftexchange");
    WHOLE.contains(&base) || PARTS.iter().any(|part| squeezed.contains(part)) || is_bounce_path
}

/// Signs in a person's mail that forbid an automatic answer all the same.
///
/// `X-Auto-Response-Suppress` is set by Exchange on people's mail too, so it changes no class; but it asks for silence, and is heard.
pub fn forbids_answer(mail: &ParsedMail) -> Vec<&'static str> {
    let mut signs = Vec::new();
    if has_word(mail, "x-auto-response-suppress", &["all", "oof", "autoreply"]) {
        signs.push("auto_response_suppress");
    }
    if mail.from.as_ref().is_none_or(|from| !from.address.contains('@')) {
        signs.push("no_sender");
    }
    if spam_flag(mail) {
        signs.push("spam_flag");
    }
    if has(mail, "part text/calendar") || mail.media_type == "text/calendar" {
        signs.push("calendar_invitation");
    }
    if mail.return_path.as_deref() == Some("") {
        signs.push("null_return_path");
    }
    signs
}

/// The verdict of a filter on the way.
pub fn spam_flag(mail: &ParsedMail) -> bool {
    let begins_yes = |name: &str| values(mail, name).any(|value| value.trim_start().to_ascii_lowercase().starts_with("yes"));
    begins_yes("x-spam-flag") || begins_yes("x-spam-status") || begins_yes("x-spam") || has_word(mail, "x-ovh-spam-status", &["spam"])
}

/// Answers go to another domain than the sender's.
pub fn answers_go_elsewhere(mail: &ParsedMail) -> bool {
    let domain = |key: String| key.split_once('@').map(|(_, domain)| domain.to_owned());
    match (&mail.from, &mail.reply_to) {
        (Some(from), Some(reply_to)) => domain(from.key()) != domain(reply_to.key()),
        _ => false,
    }
}

pub(super) fn is_forwarded(subject: &str) -> bool {
    let subject = subject.trim_start().to_lowercase();
    ["tr:", "tr :", "fwd:", "fw:", "fwd :", "fw :", "wg:", "rv:"].iter().any(|prefix| subject.starts_with(prefix))
}

/// A person passes on a bounce: it may quote our letter, and the zip it answered.
pub fn is_forwarded_bounce(mail: &ParsedMail) -> bool {
    is_forwarded(&mail.subject) && crate::intake::mail::is_bounce_subject(&mail.subject)
}
