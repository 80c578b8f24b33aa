//! Imports as properties: once and twice, in any order, in several formats, cut anywhere, taken back.

use std::collections::BTreeSet;

use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::transfers::TransferRow;
use crate::tasks::OfficeOptions;

struct Desk {
    office: Office,
    _folder: tempfile::TempDir,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed("2024-03-20T10:00:00Z".parse().unwrap());
    let office = Office::open(OfficeOptions { config: Config::default(), data: folder.path().to_owned(), clock, rehearsal: true }).unwrap();
    Desk { office, _folder: folder }
}

/// One movement of an invented account day: day of March 2024, cents, payer, text.
type Line = (u32, i64, &'static str, &'static str);

const LINES: [Line; 8] = [
    (4, 6000, "DUPONT ELODIE", "FRAIS DE DOSSIER"),
    (4, 6000, "DUPONT ELODIE", "FRAIS DE DOSSIER"),
    (4, -24_666, "ENGIE", "GAZ"),
    (5, 6000, "MARTIN MARIE-CHRISTINE DE LA FONTAINE", "FRAIS DE CANDIDATURE MASTERE SPECIALISE"),
    (5, 5750, "BENALI YOUSSEF", "RF47MS24A7K3Q9"),
    (6, 12_000, "LECOMTE PAUL", "2 DOSSIERS"),
    (6, -6000, "DUPONT ELODIE", "REJET VIR DUPONT ELODIE"),
    (7, 250_000, "REGION HDF", "SUBV 52073"),
];

fn lines_of(days: std::ops::RangeInclusive<u32>) -> Vec<Line> {
    LINES.into_iter().filter(|line| days.contains(&line.0)).collect()
}

/// The balance at the end of a day.
fn balance(day: u32) -> i64 {
    100_000 + LINES.iter().filter(|line| line.0 <= day).map(|line| line.1).sum::<i64>()
}

fn overpunched(cents: i64) -> String {
    let digits = format!("{:014}", cents.abs());
    let (head, last) = digits.split_at(13);
    let place: usize = last.parse().unwrap();
    let signs = if cents < 0 { "}JKLMNOPQR" } else { "{ABCDEFGHI" };
    format!("{head}{}", signs.chars().nth(place).unwrap())
}

fn cfonb(days: std::ops::RangeInclusive<u32>) -> Vec<u8> {
    let record = |code: &str, day: u32, rest: String| format!("{:<120}\r\n", format!("{code}10071    59000EUR2 00001024334  {day:02}0324{rest}"));
    let mut text = record("01", days.start() - 1, format!("{:50}{}", "", overpunched(balance(days.start() - 1))));
    let end = *days.end();
    for (day, cents, payer, remittance) in lines_of(days) {
        let label: String = payer.chars().take(31).collect();
        text += &record("04", day, format!("  {day:02}0324{label:<31}  0000000  {}", overpunched(cents))).replace("00001024334  ", "0000102433418");
        text += &record("05", day, format!("     LIB{}", remittance.chars().take(30).collect::<String>())).replace("00001024334  ", "0000102433418");
    }
    (text + &record("07", end, format!("{:50}{}", "", overpunched(balance(end))))).into_bytes()
}

fn decimal(cents: i64) -> String {
    format!("{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

fn sign(cents: i64) -> &'static str {
    if cents < 0 { "DBIT" } else { "CRDT" }
}

fn camt(days: std::ops::RangeInclusive<u32>) -> Vec<u8> {
    let bal = |code: &str, day: u32, cents: i64| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{}</Amt><CdtDbtInd>{}</CdtDbtInd><Dt><Dt>2024-03-{day:02}</Dt></Dt></Bal>",
            decimal(cents),
            sign(cents)
        )
    };
    let mut entries = String::new();
    for (day, cents, payer, remittance) in lines_of(days.clone()) {
        let party = if cents < 0 { "Cdtr" } else { "Dbtr" };
        entries += &format!(
            "<Ntry><Amt Ccy='EUR'>{}</Amt><CdtDbtInd>{}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-03-{day:02}</Dt></BookgDt><ValDt><Dt>2024-03-{day:02}</Dt></ValDt>\
             <NtryDtls><TxDtls><RltdPties><{party}><Nm>{payer}</Nm></{party}></RltdPties><RmtInf><Ustrd>{remittance}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>",
            decimal(cents),
            sign(cents)
        );
    }
    format!(
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt><Stmt><Acct><Id><IBAN>FR7610071590000000102433444</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}{entries}</Stmt></BkToCstmrStmt></Document>",
        bal("OPBD", *days.start(), balance(days.start() - 1)),
        bal("CLBD", *days.end(), balance(*days.end())),
    )
    .into_bytes()
}

fn take(desk: &Desk, bytes: &[u8]) -> Import {
    let outcome = import(&desk.office, bytes, "releve", "test").unwrap();
    reconcile(&desk.office).unwrap();
    outcome
}

fn rows(desk: &Desk) -> Vec<TransferRow> {
    desk.office.store.read(transfers::all).unwrap()
}

/// What is in the books, without numbers that depend on the order of import.
fn books(desk: &Desk) -> Vec<String> {
    let mut lines: Vec<String> = rows(desk)
        .iter()
        .map(|row| {
            format!("{} {} {:?} {} {:?}", row.movement.booking_date, row.movement.amount.0, row.movement.debtor, row.movement.remittance, row.state)
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn cuts_formats_and_orders_make_one_set_of_books() {
    let files = [cfonb(4..=5), camt(4..=7), cfonb(5..=6), cfonb(6..=7), camt(5..=5)];
    let whole = desk();
    take(&whole, &camt(4..=7));
    assert_eq!(rows(&whole).len(), LINES.len());
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..8 {
        let mut order: Vec<usize> = (0..files.len()).collect();
        random.shuffle(&mut order);
        let cut = desk();
        for place in &order {
            let outcome = take(&cut, &files[*place]);
            assert_eq!(outcome.refusal(), Vec::<String>::new(), "{order:?}");
            assert!(matches!(take(&cut, &files[*place]), Import::AlreadyKnown { .. }));
        }
        assert_eq!(books(&cut), books(&whole), "{order:?}");
        let sum: i64 = rows(&cut).iter().map(|row| row.movement.amount.0).sum();
        assert_eq!(sum, LINES.iter().map(|line| line.1).sum::<i64>());
    }
}

#[test]
fn an_import_taken_back_leaves_what_was_before() {
    for (first, second) in [(cfonb(4..=5), camt(4..=7)), (camt(4..=6), cfonb(5..=7)), (camt(4..=4), cfonb(5..=6))] {
        let desk = desk();
        take(&desk, &first);
        let before = rows(&desk);
        take(&desk, &second);
        let both = rows(&desk);
        let row = desk.office.store.read(crate::store::statements::all).unwrap().pop().unwrap();
        assert_eq!(undo(&desk.office, &row.sha256, "test").unwrap(), Some(both.len() - before.len()));
        reconcile(&desk.office).unwrap();
        assert_eq!(rows(&desk), before);
        assert_eq!(undo(&desk.office, &row.sha256, "test").unwrap(), None);
        // What comes back is the same movement, with its old number.
        take(&desk, &second);
        let numbers = |rows: &[TransferRow]| rows.iter().map(|row| row.transfer_id).collect::<BTreeSet<i64>>();
        assert_eq!(numbers(&rows(&desk)), numbers(&both));
    }
}

#[test]
fn a_preview_changes_nothing() {
    let desk = desk();
    let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
    let Import::Done { n_new, .. } = import_with(&desk.office, &camt(4..=7), "x", "test", &options).unwrap() else { panic!("known already") };
    assert_eq!((n_new, rows(&desk).len()), (LINES.len(), 0));
    assert!(desk.office.store.read(crate::store::statements::all).unwrap().is_empty());
}

#[test]
fn what_contradicts_its_neighbour_waits_for_the_missing_statement() {
    let desk = desk();
    take(&desk, &cfonb(4..=4));
    // The 6th after the 4th: a whole day is missing, which is shown; the movements count.
    let Import::Done { reading, .. } = take(&desk, &cfonb(6..=6)) else { panic!("known already") };
    assert_eq!(reading.findings.iter().map(|finding| finding.fault.slug()).collect::<Vec<_>>(), ["balance_gap"]);
    // A statement of the 7th that begins elsewhere than the 6th ended.
    let wrong = String::from_utf8(cfonb(7..=7)).unwrap().replace(&overpunched(balance(6)), &overpunched(balance(6) + 100));
    let wrong = wrong.replace(&overpunched(balance(7)), &overpunched(balance(7) + 100));
    let n_before = rows(&desk).len();
    let refusal = take(&desk, wrong.as_bytes()).refusal();
    assert!(refusal.iter().any(|sentence| sentence.contains("1,00")), "{refusal:?}");
    assert_eq!(rows(&desk).len(), n_before);
    // What ends where it begins comes late: now it counts by itself.
    let late = format!(
        "{:<120}\n{:<120}\n{:<120}\n",
        format!("0110071    59000EUR2 00001024334  060324{:50}{}", "", overpunched(balance(6))),
        format!("0410071    59000EUR2 0000102433418060324  060324{:<31}  0000000  {}", "VIR OUBLIE", overpunched(100)),
        format!("0710071    59000EUR2 00001024334  060324{:50}{}", "", overpunched(balance(6) + 100)),
    );
    take(&desk, late.as_bytes());
    assert_eq!(rows(&desk).len(), n_before + 2);
}

#[test]
fn a_table_without_balances_is_confirmed_once() {
    let desk = desk();
    let table = |day: u32| format!("Date;Montant;Libellé\n{day:02}/03/2024;60,00;VIR DUPONT ELODIE\n").into_bytes();
    assert!(take(&desk, &table(4)).refusal().iter().any(|sentence| sentence.contains("«\u{a0}Montant\u{a0}»\u{a0}: montant signé")));
    assert!(rows(&desk).is_empty());
    let confirmed = ImportOptions { columns_confirmed: true, ..ImportOptions::default() };
    import_with(&desk.office, &table(4), "x.csv", "test", &confirmed).unwrap();
    take(&desk, &table(5));
    assert_eq!(rows(&desk).len(), 2);
}

#[test]
fn the_details_of_a_pooled_booking_find_it_before_or_after() {
    let pooled = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt><Stmt><Acct><Id><IBAN>FR7610071590000000102433444</IBAN></Id><Ccy>EUR</Ccy></Acct>\
        <Ntry><Amt Ccy='EUR'>120.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-03-04</Dt></BookgDt><AcctSvcrRef>POOL1</AcctSvcrRef></Ntry></Stmt></BkToCstmrStmt></Document>";
    let part = |payer: &str| format!("<TxDtls><Amt Ccy='EUR'>60.00</Amt><RltdPties><Dbtr><Nm>{payer}</Nm></Dbtr></RltdPties></TxDtls>");
    let details = format!(
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.054.001.02'><BkToCstmrDbtCdtNtfctn><Ntfctn><Acct><Id><IBAN>FR7610071590000000102433444</IBAN></Id></Acct>\
         <Ntry><Amt Ccy='EUR'>120.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-03-04</Dt></BookgDt><AcctSvcrRef>POOL1</AcctSvcrRef><NtryDtls>{}{}</NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>",
        part("A B"),
        part("C D")
    );
    let seen =
        |desk: &Desk| rows(desk).iter().map(|row| (row.movement.amount.0, row.movement.debtor.clone().unwrap_or_default())).collect::<Vec<_>>();
    let split = vec![(6000, "A B".to_owned()), (6000, "C D".to_owned())];
    for files in [[pooled, details.as_str()], [details.as_str(), pooled]] {
        let desk = desk();
        files.iter().for_each(|file| drop(take(&desk, file.as_bytes())));
        assert_eq!(seen(&desk), split);
        undo(&desk.office, &sha256_hex(details.as_bytes()), "test").unwrap();
        assert_eq!(seen(&desk), [(12_000, String::new())]);
    }
}
