//! ISO 20022 account reports: camt.052, camt.053 and camt.054 of every version in use.
//!
//! Elements are known by their local names and the namespace is only looked at for the version: banks declare prefixes they then forget.
//! DTDs are refused by the parser, so nothing is ever expanded.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::NaiveDate;
use roxmltree::{Document, Node};

use crate::bank::finding::StatementFault;
use crate::bank::{StatementReading, amount, collapse, non_blank};
use crate::domain::money::Cents;
use crate::domain::payment::{Movement, Statement};

/// More nodes than a statement has besides its entries, which are read one by one in a large file; beyond it the file is refused before
/// memory is.
const NODES_MAX: u32 = 4_000_000;

mod source;

use source::Source;

/// The parts of one pooled booking, out of a notification (camt.054) that gives them apart from the statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub booking_date: NaiveDate,
    pub amount: Cents,
    pub currency: String,
    /// Every reference by which the bank names the booking.
    pub references: BTreeSet<String>,
    pub parts: Vec<Movement>,
}

/// Reads a file that begins as XML.
pub fn read(bytes: &[u8]) -> StatementReading {
    read_with(bytes, &[])
}

/// The bookings of a notification whose parts add up to them. Anything else that the bytes may be has none.
pub fn batches(bytes: &[u8]) -> Vec<Batch> {
    let text = decode_xml(bytes);
    let options = roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..roxmltree::ParsingOptions::default() };
    let Ok(document) = Document::parse_with_options(&text, options) else { return Vec::new() };
    let notifications = document.root_element().descendants().filter(|node| name(*node) == "Ntfctn");
    notifications.flat_map(|notification| notification.children().filter(|child| name(*child) == "Ntry").filter_map(batch)).collect()
}

fn batch(entry: Node<'_, '_>) -> Option<Batch> {
    let Entry { movements, unsplit: None } = read_entry(entry, &Statement::default()).ok()? else { return None };
    let first = movements.first()?;
    Some(Batch {
        booking_date: first.booking_date,
        amount: signed(entry)?,
        currency: first.currency.clone(),
        references: references(entry),
        parts: movements,
    })
}

/// The bank's own references of an entry and of the order behind it; those of single transactions name parts.
fn references(entry: Node<'_, '_>) -> BTreeSet<String> {
    let mut references: BTreeSet<String> = ["AcctSvcrRef", "NtryRef"].into_iter().filter_map(|wanted| text_at(entry, &[wanted])).collect();
    for details in entry.children().filter(|child| name(*child) == "NtryDtls") {
        references.extend(["MsgId", "PmtInfId"].into_iter().filter_map(|wanted| text_at(details, &["Btch", wanted])));
    }
    references.retain(|reference| reference.len() >= 3 && reference != "NONREF" && reference != "NOTPROVIDED");
    references
}

/// The details of a pooled booking: by a shared reference and the same amount; without any reference by day and amount, when only one fits.
fn details_of<'a>(whole: &Movement, references: &BTreeSet<String>, details: &'a [Batch]) -> Option<&'a Batch> {
    let same = |batch: &&Batch| batch.amount == whole.amount && batch.currency == whole.currency;
    if let Some(batch) = details.iter().filter(same).find(|batch| !batch.references.is_disjoint(references)) {
        return Some(batch);
    }
    let mut alike = details
        .iter()
        .filter(same)
        .filter(|batch| batch.booking_date == whole.booking_date && (batch.references.is_empty() || references.is_empty()));
    alike.next().filter(|_| alike.next().is_none())
}

/// [`read`] with the details of pooled bookings that came in files of their own.
pub fn read_with(bytes: &[u8], details: &[Batch]) -> StatementReading {
    let text = decode_xml(bytes);
    let source = Source::new(&text);
    let text = source.frame.as_ref();
    let options = roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..roxmltree::ParsingOptions::default() };
    let document = match Document::parse_with_options(text, options) {
        Ok(document) => document,
        Err(error) => return StatementReading::refused(parse_fault(text, &error)),
    };
    let root = document.root_element();
    let Some((message, kind)) = root.descendants().filter(Node::is_element).take(8).find_map(|node| Some((node, message_kind(name(node))?))) else {
        return StatementReading::refused(other_xml(root));
    };
    let Kind::Report { number, item, is_final } = kind else {
        let Kind::Other(name) = kind else { return StatementReading::refused(StatementFault::UnknownFormat) };
        return StatementReading::refused(StatementFault::OtherFormat { name: name.to_owned() });
    };
    let mut reading = StatementReading { format: format!("camt.{number}{}", version(text, number)), ..StatementReading::default() };
    if !is_final {
        reading.note(StatementFault::NotFinal, None, None);
    }
    for statement in message.children().filter(|node| name(*node) == item) {
        read_statement(statement, &mut reading, is_final, &source, details);
    }
    reading.finish()
}

enum Kind {
    Report { number: &'static str, item: &'static str, is_final: bool },
    Other(&'static str),
}

/// What the message's own element says it is.
fn message_kind(name: &str) -> Option<Kind> {
    Some(match name {
        "BkToCstmrStmt" | "BkToCstmrStmtV01" => Kind::Report { number: "053.001", item: "Stmt", is_final: true },
        "BkToCstmrAcctRpt" | "BkToCstmrAcctRptV01" => Kind::Report { number: "052.001", item: "Rpt", is_final: false },
        "BkToCstmrDbtCdtNtfctn" | "BkToCstmrDbtCdtNtfctnV01" => Kind::Report { number: "054.001", item: "Ntfctn", is_final: false },
        "CstmrCdtTrfInitn" => Kind::Other("pain.001 (ordre de virement)"),
        "CstmrPmtStsRpt" => Kind::Other("pain.002 (compte rendu d'ordre)"),
        "CstmrDrctDbtInitn" => Kind::Other("pain.008 (ordre de prélèvement)"),
        "FIToFICstmrCdtTrf" => Kind::Other("pacs.008"),
        "PmtRtr" => Kind::Other("pacs.004"),
        "RsltnOfInvstgtn" => Kind::Other("camt.029"),
        "FIToFIPmtCxlReq" => Kind::Other("camt.056"),
        "AcctRptgReq" => Kind::Other("camt.060"),
        _ => return None,
    })
}

fn other_xml(root: Node<'_, '_>) -> StatementFault {
    let namespace = root.tag_name().namespace().unwrap_or_default();
    let name = match namespace.rsplit(':').next().filter(|tail| namespace.starts_with("urn:iso") && !tail.is_empty()) {
        Some(message) => message.to_owned(),
        None => format!("XML ({})", root.tag_name().name().chars().take(40).collect::<String>()),
    };
    StatementFault::OtherFormat { name }
}

/// An XML file cut off is told from one that was never well-formed by where the parser stopped.
fn parse_fault(text: &str, error: &roxmltree::Error) -> StatementFault {
    let complete = text.trim_end().ends_with('>') && ["Document>", "Stmt>"].iter().any(|end| text.trim_end().ends_with(end));
    match error {
        roxmltree::Error::NodesLimitReached => StatementFault::TooLarge,
        _ if !complete && text.contains("BkToCstmr") => StatementFault::Truncated,
        _ => StatementFault::Unreadable { what: error.to_string() },
    }
}

/// XML says its own encoding; Windows-1252 is taken where it says Latin-1 or nothing that holds.
fn decode_xml(bytes: &[u8]) -> Cow<'_, str> {
    let leading = |c: char| c.is_whitespace() || c == '\u{feff}';
    match crate::bank::sniff::decode(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches(leading)),
        Cow::Owned(text) => Cow::Owned(text.trim_start_matches(leading).to_owned()),
    }
}

/// `.02` and the like from the namespace or the schema location, empty when neither tells.
fn version(text: &str, number: &str) -> String {
    let head: String = text.chars().take(4096).collect();
    let marker = format!("camt.{number}.");
    let digits: String = head.split(&marker).nth(1).unwrap_or_default().chars().take_while(char::is_ascii_digit).take(2).collect();
    if digits.len() == 2 { format!(".{digits}") } else { String::new() }
}

fn name<'a>(node: Node<'a, '_>) -> &'a str {
    node.tag_name().name()
}

fn child<'a, 'd>(node: Node<'a, 'd>, wanted: &str) -> Option<Node<'a, 'd>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == wanted)
}

fn at<'a, 'd>(node: Node<'a, 'd>, path: &[&str]) -> Option<Node<'a, 'd>> {
    path.iter().try_fold(node, |node, step| child(node, step))
}

fn text_at(node: Node<'_, '_>, path: &[&str]) -> Option<String> {
    at(node, path).and_then(|node| non_blank(&text_of(node)))
}

fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter_map(|child| child.is_text().then(|| child.text()).flatten()).collect()
}

fn read_statement(node: Node<'_, '_>, reading: &mut StatementReading, is_final: bool, source: &Source<'_>, details: &[Batch]) {
    let index = reading.statements.len();
    let mut statement = Statement {
        account: text_at(node, &["Acct", "Id", "IBAN"]).or_else(|| text_at(node, &["Acct", "Id", "Othr", "Id"])).unwrap_or_default(),
        currency: text_at(node, &["Acct", "Ccy"]).unwrap_or_default(),
        ..Statement::default()
    };
    balances(node, &mut statement);
    if is_final && (statement.opening_balance.is_none() || statement.closing_balance.is_none()) {
        reading.note(StatementFault::NoControlTotal, Some(index), None);
    }
    let mut pending = 0u32;
    for entry in node.children().filter(|child| name(*child) == "Ntry") {
        match source.with_entry(entry, |entry| read_one(entry, &statement, details)) {
            Ok(None) => pending = pending.saturating_add(1),
            Ok(Some(Entry { movements, unsplit })) => {
                for movement in &movements {
                    if statement.currency.is_empty() {
                        statement.currency.clone_from(&movement.currency);
                    } else if movement.currency != statement.currency {
                        reading.note(StatementFault::MixedCurrencies { found: movement.currency.clone() }, Some(index), None);
                    }
                }
                if let Some(entry_amount) = unsplit {
                    reading.note(StatementFault::BatchNotSplit { entry_amount }, Some(index), None);
                }
                statement.entries.extend(movements);
            }
            Err(what) => {
                reading.note(StatementFault::MalformedRecord { what: what.to_owned() }, Some(index), Some(source.line_of(entry)));
            }
        }
    }
    if pending > 0 {
        reading.note(StatementFault::PendingEntries { number: pending }, Some(index), None);
    }
    reading.statements.push(statement);
}

/// `None` for an entry that is not booked yet.
fn read_one(entry: Node<'_, '_>, statement: &Statement, details: &[Batch]) -> Result<Option<Entry>, &'static str> {
    let status = text_at(entry, &["Sts", "Cd"]).or_else(|| text_at(entry, &["Sts"])).unwrap_or_else(|| "BOOK".to_owned());
    if matches!(status.as_str(), "PDNG" | "INFO" | "FUTR") {
        return Ok(None);
    }
    Ok(Some(joined(read_entry(entry, statement)?, entry, details)))
}

/// Opening: OPBD, or PRCD (the closing of the day before), or the first interim balance of a page. Closing: CLBD, or the last interim one.
fn balances(node: Node<'_, '_>, statement: &mut Statement) {
    let mut interim = Vec::new();
    for balance in node.children().filter(|child| name(*child) == "Bal") {
        let code = text_at(balance, &["Tp", "CdOrPrtry", "Cd"]).or_else(|| text_at(balance, &["Tp", "Cd"])).unwrap_or_default();
        let Some(amount) = signed(balance) else { continue };
        let day = date_of(balance, "Dt");
        match code.as_str() {
            "OPBD" => (statement.opening_balance, statement.opening_date) = (Some(amount), day),
            "PRCD" if statement.opening_balance.is_none() => (statement.opening_balance, statement.opening_date) = (Some(amount), day),
            "CLBD" => (statement.closing_balance, statement.closing_date) = (Some(amount), day),
            "ITBD" => interim.push((amount, day)),
            _ => {}
        }
        if statement.currency.is_empty() {
            statement.currency = child(balance, "Amt").and_then(|amount| amount.attribute("Ccy")).unwrap_or_default().to_owned();
        }
    }
    let paged = interim.len() > 1 || statement.opening_balance.is_some() || statement.closing_balance.is_some();
    if paged && statement.opening_balance.is_none() {
        (statement.opening_balance, statement.opening_date) = interim.first().map_or((None, None), |(amount, day)| (Some(*amount), *day));
    }
    if paged && statement.closing_balance.is_none() {
        (statement.closing_balance, statement.closing_date) = interim.last().map_or((None, None), |(amount, day)| (Some(*amount), *day));
    }
}

/// `Amt` with the sign of `CdtDbtInd`.
fn signed(node: Node<'_, '_>) -> Option<Cents> {
    let amount = amount::iso_decimal(&text_at(node, &["Amt"])?)?;
    match text_at(node, &["CdtDbtInd"])?.as_str() {
        "CRDT" => Some(amount),
        "DBIT" => Some(Cents(-amount.0)),
        _ => None,
    }
}

/// `Dt` or `DtTm` below the named element; a time zone behind the day is left aside, the bank's own day counts.
fn date_of(node: Node<'_, '_>, wanted: &str) -> Option<NaiveDate> {
    let node = child(node, wanted)?;
    let text = text_at(node, &["Dt"]).or_else(|| text_at(node, &["DtTm"])).or_else(|| non_blank(&text_of(node)))?;
    let day: String = text.chars().take(10).collect();
    amount::written_date(&day)
}

struct Entry {
    movements: Vec<Movement>,
    /// The amount of a batch that could not be split.
    unsplit: Option<Cents>,
}

/// An entry of which the statement gives one sum, with the parts that a notification gives.
fn joined(read: Entry, entry: Node<'_, '_>, details: &[Batch]) -> Entry {
    let ([whole], false) = (read.movements.as_slice(), details.is_empty()) else { return read };
    if whole.debtor.is_some() && read.unsplit.is_none() {
        return read;
    }
    let Some(batch) = details_of(whole, &references(entry), details) else { return read };
    let movements =
        batch.parts.iter().map(|part| Movement { booking_date: whole.booking_date, value_date: whole.value_date, ..part.clone() }).collect();
    Entry { movements, unsplit: None }
}

fn read_entry(entry: Node<'_, '_>, statement: &Statement) -> Result<Entry, &'static str> {
    let amount = signed(entry).ok_or("montant d'écriture illisible")?;
    let booking_date = date_of(entry, "BookgDt").or_else(|| date_of(entry, "ValDt")).or(statement.closing_date).ok_or("écriture sans date")?;
    let details: Vec<Node<'_, '_>> = entry
        .children()
        .filter(|child| name(*child) == "NtryDtls")
        .flat_map(|details| details.children().filter(|child| name(*child) == "TxDtls"))
        .collect();
    let whole = Movement {
        entry: 0,
        booking_date,
        value_date: date_of(entry, "ValDt"),
        amount,
        currency: child(entry, "Amt").and_then(|amount| amount.attribute("Ccy")).unwrap_or(&statement.currency).to_owned(),
        debtor: None,
        ultimate_debtor: None,
        debtor_iban: None,
        remittance: String::new(),
        end_to_end_id: None,
        structured_reference: None,
        bank_reference: text_at(entry, &["AcctSvcrRef"]).or_else(|| text_at(entry, &["NtryRef"])),
        operation: operation(entry),
        is_return: text_at(entry, &["RvslInd"]).is_some_and(|flag| flag == "true" || flag == "1"),
        original_amount: None,
    };
    let additional = text_at(entry, &["AddtlNtryInf"]);
    match details.as_slice() {
        [] => Ok(Entry { movements: vec![with_label(whole, additional)], unsplit: None }),
        [one] => Ok(Entry { movements: vec![with_label(detailed(&whole, *one, amount), additional)], unsplit: None }),
        several => Ok(split(&whole, several, additional)),
    }
}

/// A batch becomes its parts only when every part has an amount and they add up to it.
fn split(whole: &Movement, details: &[Node<'_, '_>], additional: Option<String>) -> Entry {
    let parts: Option<Vec<Cents>> = details.iter().map(|part| part_amount(*part, whole)).collect();
    let parts = parts.filter(|parts| parts.iter().fold(0i64, |sum, part| sum.saturating_add(part.0)) == whole.amount.0);
    if let Some(parts) = parts {
        let movements = details.iter().zip(parts).map(|(part, amount)| with_label(detailed(whole, *part, amount), additional.clone())).collect();
        return Entry { movements, unsplit: None };
    }
    let mut kept = whole.clone();
    let texts: Vec<String> = details
        .iter()
        .map(|part| detailed(whole, *part, whole.amount))
        .map(|part| format!("{} {}", part.debtor.unwrap_or_default(), part.remittance))
        .collect();
    kept.remittance = collapse(&texts.join(" "));
    Entry { movements: vec![with_label(kept, additional)], unsplit: Some(whole.amount) }
}

fn part_amount(part: Node<'_, '_>, whole: &Movement) -> Option<Cents> {
    let node = [child(part, "Amt"), at(part, &["AmtDtls", "TxAmt", "Amt"]), at(part, &["AmtDtls", "InstdAmt", "Amt"])]
        .into_iter()
        .flatten()
        .find(|amount| amount.attribute("Ccy").is_none_or(|currency| currency == whole.currency))?;
    let cents = amount::iso_decimal(&text_of(node))?;
    let debit = text_at(part, &["CdtDbtInd"]).map_or(whole.amount.0 < 0, |sign| sign == "DBIT");
    Some(Cents(if debit { -cents.0 } else { cents.0 }))
}

/// A movement with what its transaction details say.
fn detailed(whole: &Movement, part: Node<'_, '_>, amount: Cents) -> Movement {
    let mut movement = Movement { amount, ..whole.clone() };
    let (party, account) = if amount.0 < 0 { ("Cdtr", "CdtrAcct") } else { ("Dbtr", "DbtrAcct") };
    let parties = child(part, "RltdPties");
    let named = |wanted: &str| parties.and_then(|parties| child(parties, wanted)).and_then(party_name);
    movement.debtor = named(party).or_else(|| named("InitgPty"));
    movement.ultimate_debtor = named(if amount.0 < 0 { "UltmtCdtr" } else { "UltmtDbtr" });
    movement.debtor_iban =
        parties.and_then(|parties| text_at(parties, &[account, "Id", "IBAN"]).or_else(|| text_at(parties, &[account, "Id", "Othr", "Id"])));
    movement.end_to_end_id = text_at(part, &["Refs", "EndToEndId"]).filter(|id| id != "NOTPROVIDED" && id != "NONREF");
    movement.bank_reference = text_at(part, &["Refs", "AcctSvcrRef"]).or_else(|| movement.bank_reference.clone());
    movement.is_return |= child(part, "RtrInf").is_some();
    movement.operation = operation(part).or_else(|| movement.operation.clone());
    movement.original_amount = original_amount(part, &movement.currency);
    let mut texts: Vec<String> = Vec::new();
    if let Some(remittance) = child(part, "RmtInf") {
        texts.extend(remittance.children().filter(|child| name(*child) == "Ustrd").filter_map(|line| non_blank(&text_of(line))));
        for structured in remittance.children().filter(|child| name(*child) == "Strd") {
            if movement.structured_reference.is_none() {
                movement.structured_reference =
                    text_at(structured, &["CdtrRefInf", "Ref"]).or_else(|| text_at(structured, &["CdtrRefInf", "CdtrRef"]));
            }
            texts.extend(structured.children().filter(|child| name(*child) == "AddtlRmtInf").filter_map(|line| non_blank(&text_of(line))));
        }
    }
    texts.extend(text_at(part, &["RtrInf", "AddtlInf"]));
    if texts.is_empty() {
        texts.extend(text_at(part, &["AddtlTxInf"]));
    }
    movement.remittance = collapse(&texts.join(" "));
    movement
}

/// Up to .07 the name stands in the party, from .08 in `Pty`, or the party is a bank (`Agt`).
fn party_name(party: Node<'_, '_>) -> Option<String> {
    text_at(party, &["Nm"]).or_else(|| text_at(party, &["Pty", "Nm"])).or_else(|| text_at(party, &["Agt", "FinInstnId", "Nm"]))
}

/// The bank's own words stand for the text where no transaction gives one.
fn with_label(mut movement: Movement, additional: Option<String>) -> Movement {
    if let Some(label) = additional
        && movement.remittance.is_empty()
    {
        if movement.debtor.is_none() {
            movement.debtor = non_blank(&crate::bank::without_bank_words(&label)).filter(|name| *name != label);
        }
        movement.remittance = label;
    }
    movement
}

fn operation(node: Node<'_, '_>) -> Option<String> {
    let code = child(node, "BkTxCd")?;
    if let Some(domain) = child(code, "Domn") {
        let parts = [text_at(domain, &["Cd"]), text_at(domain, &["Fmly", "Cd"]), text_at(domain, &["Fmly", "SubFmlyCd"])];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            return Some(parts.join("/"));
        }
    }
    text_at(code, &["Prtry", "Cd"])
}

/// The amount the payer ordered, when it was in another currency.
fn original_amount(part: Node<'_, '_>, booked_currency: &str) -> Option<String> {
    let node = at(part, &["AmtDtls", "InstdAmt", "Amt"])?;
    let currency = node.attribute("Ccy").filter(|currency| *currency != booked_currency)?;
    Some(format!("{currency} {}", non_blank(&text_of(node))?))
}

#[cfg(test)]
mod tests {
    use super::source::WHOLE_BYTES_MAX;
    use super::*;

    #[test]
    fn a_large_file_is_read_as_a_small_one() {
        let parts = format!("{}{}", part("60.00", "<Nm>A B</Nm>"), part("60.00", "<Nm>C D</Nm>"));
        let text = document("08", &format!("{}\n{}", entry("120.00", "CRDT", &parts), entry("x", "CRDT", "")));
        let prefixed = text.replace("<Ntry>", "<n:Ntry>").replace("</Ntry>", "</n:Ntry>");
        for text in [text, prefixed] {
            let whole = read(text.as_bytes());
            let padded = format!("{text}{}", " ".repeat(WHOLE_BYTES_MAX));
            assert_eq!((whole.movements().count(), whole.findings.len()), (2, 1));
            assert_eq!(read(padded.as_bytes()), whole);
        }
    }

    fn document(version: &str, entries: &str) -> String {
        format!(
            "<?xml version='1.0'?><n:Document xmlns:n='urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}'><BkToCstmrStmt><GrpHdr/><Stmt><Id>1</Id><Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id><Ccy>EUR</Ccy></Acct>\
             <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-03-04</Dt></Dt></Bal>\
             <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>220</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-03-04</Dt></Dt></Bal>\
             {entries}</Stmt></BkToCstmrStmt></n:Document>"
        )
    }

    fn entry(amount: &str, sign: &str, details: &str) -> String {
        format!(
            "<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>2024-03-04T10:00:00</DtTm></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>\
             <NtryDtls>{details}</NtryDtls><AddtlNtryInf>VIR RECU DE X</AddtlNtryInf></Ntry>"
        )
    }

    fn part(amount: &str, party: &str) -> String {
        format!(
            "<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy='EUR'>{amount}</Amt><RltdPties><Dbtr>{party}</Dbtr></RltdPties>\
             <RmtInf><Ustrd>frais</Ustrd><Ustrd>de dossier</Ustrd><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"
        )
    }

    #[test]
    fn both_ways_to_name_a_party_and_all_texts_are_read() {
        for (version, party) in [("02", "<Nm>Élodie Dupont</Nm>"), ("08", "<Pty><Nm>Élodie Dupont</Nm></Pty>")] {
            let reading = read(document(version, &entry("120.00000", "CRDT", &part("120.00", party))).as_bytes());
            assert_eq!((reading.format.as_str(), reading.findings.as_slice()), (format!("camt.053.001.{version}").as_str(), [].as_slice()));
            let movement = &reading.statements[0].entries[0];
            assert_eq!(
                (movement.amount, movement.debtor.as_deref(), movement.remittance.as_str()),
                (Cents(12_000), Some("Élodie Dupont"), "frais de dossier")
            );
            assert_eq!((movement.structured_reference.as_deref(), movement.end_to_end_id.as_deref()), (Some("RF18539007547034"), None));
        }
    }

    #[test]
    fn a_batch_is_split_only_when_its_parts_add_up() {
        let parts = |second: &str| format!("{}{}", part("60.00", "<Nm>A B</Nm>"), part(second, "<Nm>C D</Nm>"));
        let split = read(document("08", &entry("120.00", "CRDT", &parts("60.00"))).as_bytes());
        assert_eq!(split.movements().map(|movement| (movement.entry, movement.amount.0)).collect::<Vec<_>>(), [(0, 6000), (1, 6000)]);
        let whole = read(document("08", &entry("120.00", "CRDT", &parts("50.00"))).as_bytes());
        assert_eq!(whole.movements().count(), 1);
        assert_eq!(whole.findings[0].fault, StatementFault::BatchNotSplit { entry_amount: Cents(12_000) });
    }

    #[test]
    fn a_notification_gives_the_parts_of_a_pooled_booking() {
        let pooled = "<Ntry><Amt Ccy='EUR'>120.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2024-03-04</Dt></BookgDt><AcctSvcrRef>POOL1</AcctSvcrRef></Ntry>";
        let parts = format!("{}{}", part("60.00", "<Nm>A B</Nm>"), part("60.00", "<Nm>C D</Nm>"));
        let notification = |reference: &str, amount: &str| {
            let entry = entry(amount, "CRDT", &parts).replace("B1", reference);
            format!(
                "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.054.001.04'><BkToCstmrDbtCdtNtfctn><Ntfctn>{entry}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
            )
        };
        for (reference, amount, number) in [("POOL1", "120.00", 2), ("OTHER", "120.00", 1), ("POOL1", "130.00", 1)] {
            let details = batches(notification(reference, amount).as_bytes());
            let reading = read_with(document("02", pooled).as_bytes(), &details);
            assert_eq!(reading.movements().count(), number, "{reference} {amount}");
            assert_eq!(reading.findings, []);
        }
    }

    #[test]
    fn what_is_no_good_statement_is_named() {
        let wrong = read(document("02", &entry("60.00", "DBIT", "")).as_bytes());
        assert_eq!(wrong.findings[0].fault, StatementFault::ControlTotalMismatch { difference: Cents(18_000) });
        let text = document("02", &entry("120.00", "CRDT", ""));
        assert_eq!(read(&text.as_bytes()[..text.len() - 60]).findings[0].fault, StatementFault::Truncated);
        let order = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'><CstmrCdtTrfInitn/></Document>";
        assert_eq!(read(order.as_bytes()).findings[0].fault.slug(), "other_format");
    }
}
