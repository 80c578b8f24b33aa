//! `:86:`, information to the account owner, in its dialects.

use crate::bank::{collapse, non_blank};
use crate::domain::payment::Movement;

/// Puts what the lines say into the movement.
pub fn apply(lines: &[String], movement: &mut Movement) {
    let first = lines.first().map(String::as_str).unwrap_or_default();
    if let Some(delimiter) = german_delimiter(first) {
        german(&lines.concat(), delimiter, movement);
        return;
    }
    let joined = join(lines);
    let parts = slash_parts(&joined);
    if parts.is_empty() {
        movement.remittance = collapse(&joined);
    } else {
        slash(&parts, movement);
    }
}

/// Lines are cut anywhere when full (65 characters); a shorter line ended where the bank wanted it to.
fn join(lines: &[String]) -> String {
    let mut joined = String::new();
    let mut previous_is_full = true;
    for line in lines {
        if !previous_is_full && !line.starts_with('/') {
            joined.push(' ');
        }
        joined.push_str(line);
        previous_is_full = line.chars().count() >= 64;
    }
    joined
}

/// Three digits (*Geschäftsvorfallcode*), then a mark and two digits: the mark is the delimiter, not always `?`.
fn german_delimiter(text: &str) -> Option<char> {
    let letters: Vec<char> = text.chars().take(6).collect();
    let [a, b, c, mark, d, e] = letters.as_slice() else { return None };
    let digits = [a, b, c, d, e].iter().all(|letter| letter.is_ascii_digit());
    (digits && !mark.is_alphanumeric() && *mark != ' ' && *mark != '/').then_some(*mark)
}

fn german(text: &str, delimiter: char, movement: &mut Movement) {
    let mut purpose = String::new();
    let mut name = String::new();
    let mut posting = None;
    let mut parts = text.split(delimiter);
    let code: String = parts.next().unwrap_or_default().chars().take(3).collect();
    for part in parts {
        let Some((key, value)) = part.split_at_checked(2) else { continue };
        match key {
            "00" => posting = non_blank(value),
            "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "28" | "29" | "60" | "61" | "62" | "63" => push_purpose(&mut purpose, value),
            "31" | "38" => movement.debtor_iban = non_blank(value).or_else(|| movement.debtor_iban.take()),
            "32" | "33" => name.push_str(value),
            _ => {}
        }
    }
    // 159 and its neighbours are returns of SEPA transfers.
    movement.is_return |= matches!(code.as_str(), "108" | "109" | "159");
    movement.debtor = non_blank(&name);
    let sepa = sepa_parts(&purpose);
    let get = |wanted: &str| sepa.iter().find(|(key, _)| *key == wanted).and_then(|(_, value)| non_blank(value));
    movement.ultimate_debtor = get("ABWA");
    movement.end_to_end_id = get("EREF").filter(|id| id != "NOTPROVIDED").or_else(|| movement.end_to_end_id.take());
    movement.original_amount = get("OAMT").or_else(|| movement.original_amount.take());
    movement.debtor_iban = get("IBAN").or_else(|| movement.debtor_iban.take());
    let text = if sepa.iter().any(|(key, _)| *key == "SVWZ") {
        get("SVWZ")
    } else {
        sepa.first().filter(|(key, _)| key.is_empty()).and_then(|(_, value)| non_blank(value))
    };
    movement.remittance = text.or(posting).unwrap_or_default();
}

/// Parts of 27 characters are pieces of one text cut anywhere; a codeword at a part's start begins a new one.
fn push_purpose(purpose: &mut String, value: &str) {
    if value.chars().count() < 27 && !value.ends_with(' ') {
        purpose.push_str(value);
        purpose.push(' ');
    } else {
        purpose.push_str(value);
    }
}

/// `EREF+…SVWZ+…`: codewords of four letters and a plus. What stands before the first has the empty key.
fn sepa_parts(purpose: &str) -> Vec<(&'static str, String)> {
    const KEYS: [&str; 12] = ["EREF", "KREF", "MREF", "CRED", "DEBT", "SVWZ", "ABWA", "ABWE", "IBAN", "BIC", "COAM", "OAMT"];
    let mut starts: Vec<(usize, &'static str)> = Vec::new();
    for key in KEYS {
        let word = format!("{key}+");
        starts.extend(purpose.match_indices(&word).map(|(at, _)| (at, key)));
    }
    starts.sort_unstable();
    let mut parts = Vec::new();
    let first = starts.first().map_or(purpose.len(), |(at, _)| *at);
    parts.push(("", purpose.get(..first).unwrap_or_default().to_owned()));
    for (position, (at, key)) in starts.iter().enumerate() {
        let end = starts.get(position + 1).map_or(purpose.len(), |(next, _)| *next);
        parts.push((*key, purpose.get(at + key.len() + 1..end).unwrap_or_default().to_owned()));
    }
    parts
}

const CODEWORDS: [&str; 26] = [
    "ORDP", "BENM", "REMI", "EREF", "MARF", "CSID", "ISDT", "RTRN", "PREF", "TRCD", "ULTD", "ULTB", "ULTC", "PURP", "CHGS", "OCMT", "EXCH", "IREF",
    "TRTP", "BANK", "UDTR", "BUSP", "ACCW", "KREF", "CNTP", "SUBID",
];

/// Splits at known codewords only: a candidate may well write `MS/IA` in the text.
fn slash_parts(text: &str) -> Vec<(&'static str, String)> {
    let mut starts: Vec<(usize, &'static str)> = Vec::new();
    for key in CODEWORDS {
        let word = format!("/{key}/");
        starts.extend(text.match_indices(&word).map(|(at, _)| (at, key)));
    }
    starts.sort_unstable();
    let mut parts = Vec::new();
    if let Some((first, _)) = starts.first()
        && let Some(before) = text.get(..*first).and_then(non_blank)
    {
        parts.push(("", before));
    }
    for (position, (at, key)) in starts.iter().enumerate() {
        let end = starts.get(position + 1).map_or(text.len(), |(next, _)| *next);
        parts.push((*key, text.get(at + key.len() + 2..end).unwrap_or_default().to_owned()));
    }
    parts
}

fn slash(parts: &[(&'static str, String)], movement: &mut Movement) {
    let get = |wanted: &str| parts.iter().find(|(key, _)| *key == wanted).map(|(_, value)| value.as_str());
    let party = if movement.amount.0 < 0 { get("BENM").or_else(|| get("ORDP")) } else { get("ORDP").or_else(|| get("BENM")) };
    if let Some(party) = party {
        movement.debtor = subfield(party, "NAME").or_else(|| non_blank(party.trim_matches('/')));
        movement.debtor_iban = subfield(party, "IBAN").or_else(|| subfield(party, "ACCT"));
    } else if let Some(counterparty) = get("CNTP") {
        // `/CNTP/account/BIC/name/city/`
        let pieces: Vec<&str> = counterparty.split('/').collect();
        movement.debtor_iban = pieces.first().and_then(|piece| non_blank(piece));
        movement.debtor = pieces.get(2).and_then(|piece| non_blank(piece));
    }
    movement.ultimate_debtor =
        ["ULTD", "UDTR"].iter().find_map(|key| get(key)).and_then(|value| subfield(value, "NAME").or_else(|| non_blank(value.trim_matches('/'))));
    movement.end_to_end_id =
        get("EREF").and_then(|value| non_blank(value.trim_matches('/'))).filter(|id| id != "NOTPROVIDED").or_else(|| movement.end_to_end_id.take());
    movement.is_return |= get("RTRN").is_some();
    let remittance = get("REMI").unwrap_or_default();
    let text = match remittance.strip_prefix("STRD/").or_else(|| remittance.strip_prefix("/STRD/")) {
        Some(structured) => {
            movement.structured_reference = structured.trim_matches('/').rsplit('/').next().and_then(non_blank);
            String::new()
        }
        None => remittance.strip_prefix("USTD//").or_else(|| remittance.strip_prefix("/USTD/")).unwrap_or(remittance).to_owned(),
    };
    let before = parts.first().filter(|(key, _)| key.is_empty()).map(|(_, value)| value.as_str()).unwrap_or_default();
    let text = text.trim_end_matches('/');
    movement.remittance = collapse(if text.trim().is_empty() { before } else { text });
}

/// `/NAME/…` and the like inside a party.
fn subfield(party: &str, wanted: &str) -> Option<String> {
    let word = format!("/{wanted}/");
    let padded = format!("/{}", party.trim_start_matches('/'));
    let value = padded.split_once(&word)?.1;
    let end = ["/NAME/", "/IBAN/", "/ACCT/", "/ADDR/", "/BIC/", "/ID/", "/CITY/", "/CNTR/"]
        .iter()
        .filter_map(|key| value.find(key))
        .min()
        .unwrap_or(value.len());
    non_blank(value.get(..end)?.trim_matches('/'))
}
