//! The season's account in the four formats, with other people's money around the fees.

use chrono::{Datelike, NaiveDate};
use guichet::folding::fold;

/// One movement; credits are positive cents.
#[derive(Clone)]
pub struct Movement {
    pub date: NaiveDate,
    pub cents: i64,
    pub name: String,
    pub remittance: String,
    pub reference: String,
    /// The family name of the candidate it is for, and how it pays: nothing for other people's money.
    pub fee_of: Option<(&'static str, &'static str)>,
}

pub struct StatementFile {
    pub file: String,
    pub movements: Vec<Movement>,
    pub bytes: Vec<u8>,
}

const IBAN: &str = "FR7610071590000000102433444";

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

/// The fees of the invented candidates, as their banks printed them.
fn fees() -> Vec<Movement> {
    let rows: [(&str, i64, &str, &str, &str, &str); 20] = [
        ("2023-10-06", 6000, "M THEO VANHOUTTE", "FRAIS DOSSIER MS", "Théo Vanhoutte", "exact"),
        ("2023-10-20", 6000, "MLLE MAELLE KERBRAT", "FRAIS DE DOSSIER CYBER", "Maëlle Kerbrat", "exact"),
        ("2023-11-22", 6000, "TRAORE YOUSSOUF", "CANDIDATURE MS CONSTRUCTION DURABLE", "Youssouf Traoré", "exact"),
        ("2023-12-04", 6000, "IOANA MUNTEANU", "APPLICATION FEE MASTERE SPECIALISE", "Ioana Munteanu", "exact"),
        ("2024-01-18", 6000, "HANA EL SHERBINI", "FRAIS DE DOSSIER", "Hana El-Sherbini", "exact"),
        ("2024-02-09", 6000, "OMAR AL KHATIB", "APPLICATION FEE", "Omar Al-Khatib", "exact"),
        ("2024-02-14", 6000, "NURLANOVA AIGERIM", "FEE MS PLASTICS", "Aigerim Nurlanova", "exact"),
        ("2024-02-27", 6000, "DENIZ KORKMAZ", "APPLICATION DENIZ KORKMAZ RAILWAY", "Deniz Korkmaz", "exact"),
        ("2024-03-07", 6000, "MLLE INES CARRASCO VIDAL", "FRAIS DOSSIER DATA", "Inès Carrasco-Vidal", "exact"),
        ("2024-03-12", 6000, "KWAME BOATENG", "MS CYBER APPLICATION FEE", "Kwame Boateng", "exact"),
        ("2024-03-18", 5750, "NGUYEN THI MINH CHAU", "APPLICATION FEE 60 EUR LESS CHARGES", "Thị Minh Châu Nguyễn", "short"),
        ("2024-03-29", 6000, "ROBINETTERIE DU VIMEU", "MS QUALITE DELAHAYE BAPTISTE", "Baptiste Delahaye", "employer"),
        ("2024-04-09", 6000, "MME MARIAMA DIALLO", "FRAIS DE DOSSIER", "Mariama Diallo", "exact"),
        ("2024-04-17", 3000, "M PHILIPPE FOURNIER", "MS FERROVIAIRE HUGO FOURNIER 1 SUR 2", "Hugo Fournier", "part"),
        ("2024-04-18", 3000, "MME ANNE LECOQ", "MS FERROVIAIRE HUGO FOURNIER 2 SUR 2", "Hugo Fournier", "part"),
        ("2024-04-22", 6000, "MLLE CLARA FOURNIER", "FRAIS DOSSIER MS ENERGIE", "Clara Fournier", "exact"),
        ("2024-05-15", 6000, "MME GAELLE PRIGENT", "FRAIS DOSSIER QUALITE", "Gaëlle Prigent", "exact"),
        ("2024-05-24", 6000, "ZOE BRANDSTAETTER", "APPLICATION FEE", "Zoë Brandstätter", "exact"),
        ("2024-06-10", 6000, "M JULIEN MASSON CORDIER", "FRAIS DOSSIER MS CYBER", "Julien Masson-Cordier", "exact"),
        ("2024-04-03", 6000, "M OU MME DELVAUX", "FRAIS", "", "unknown payer"),
    ];
    rows.into_iter()
        .map(|(date, cents, name, remittance, candidate, how)| Movement {
            date: day(date),
            cents,
            name: name.to_owned(),
            remittance: remittance.to_owned(),
            reference: String::new(),
            fee_of: (!candidate.is_empty()).then_some((candidate, how)),
        })
        .collect()
}

/// Everything on the account, in order, with the bank's references.
fn movements() -> Vec<Movement> {
    let others = [
        ("ENERGIES DU HAINAUT", "GAZ SITE BOURSEUL FACT", -1),
        ("TELECOM DES BEFFROIS", "ABONNEMENT", -1),
        ("RECTORAT DE LILLE", "CVEC REVERSEMENT", 1),
        ("LAMINOIRS DE L ESCAUT SA", "TAXE APPRENTISSAGE", 1),
        ("M GUSTAVE ALLARD", "REMBT MISSION", -1),
        ("MME SOLENE BARBIER", "SCOLARITE ECHEANCE 2", 1),
        ("CLUB DE VOLLEY DU MARAIS", "LOCATION GYMNASE", 1),
    ];
    let mut random = fastrand::Rng::with_seed(20_240);
    let mut all = fees();
    let mut date = day("2023-10-02");
    while date < day("2024-06-28") {
        let (name, remittance, sign) = others[random.usize(0..others.len())];
        let cents = if name.starts_with("CLUB") { 6000 } else { sign * random.i64(8_000..420_000) };
        let remittance = format!("{remittance} {}", random.u32(1000..9999));
        all.push(Movement { date, cents, name: name.to_owned(), remittance, reference: String::new(), fee_of: None });
        date += chrono::Duration::days(random.i64(2..6));
        while date.weekday().number_from_monday() > 5 {
            date += chrono::Duration::days(1);
        }
    }
    all.sort_by_key(|movement| movement.date);
    for (position, movement) in all.iter_mut().enumerate() {
        movement.reference = format!("{}{:07}", movement.date.format("%y%j"), position * 7919 % 9_999_991);
    }
    all
}

type Writer = fn(&[Movement], (NaiveDate, NaiveDate), (i64, i64)) -> Vec<u8>;

/// The four formats in turn.
const FORMATS: [(&str, Writer); 4] = [("camt053.xml", camt), ("cfonb.txt", cfonb), ("sta", mt940), ("csv", csv)];

/// A file for each week of the bank, as accountants draw them; the first of each four begins on the Thursday before, so that some days stand
/// in two files of two formats.
pub fn statements() -> Vec<StatementFile> {
    let all = movements();
    let mut files = Vec::new();
    let mut monday = day("2023-10-02");
    while monday < day("2024-06-28") {
        let (format, write) = FORMATS[files.len() % FORMATS.len()];
        let overlap = if files.len() % FORMATS.len() == 0 && !files.is_empty() { 4 } else { 0 };
        let period = (monday - chrono::Duration::days(overlap), monday + chrono::Duration::days(4));
        let inside: Vec<Movement> = all.iter().filter(|movement| (period.0..=period.1).contains(&movement.date)).cloned().collect();
        if inside.iter().any(|movement| movement.date >= monday) {
            let opening = 4_218_340 + all.iter().filter(|movement| movement.date < period.0).map(|movement| movement.cents).sum::<i64>();
            let closing = opening + inside.iter().map(|movement| movement.cents).sum::<i64>();
            let bytes = write(&inside, period, (opening, closing));
            files.push(StatementFile { file: format!("releve-{}.{format}", period.1), movements: inside, bytes });
        }
        monday += chrono::Duration::days(7);
    }
    files
}

fn euros(cents: i64, point: char) -> String {
    format!("{}{point}{:02}", cents.abs() / 100, cents.abs() % 100)
}

fn side(cents: i64) -> &'static str {
    if cents < 0 { "DBIT" } else { "CRDT" }
}

/// ISO 20022 camt.053.001.08.
fn camt(movements: &[Movement], period: (NaiveDate, NaiveDate), balances: (i64, i64)) -> Vec<u8> {
    let balance = |code: &str, cents: i64, date: NaiveDate| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{}</Amt><CdtDbtInd>{}</CdtDbtInd><Dt><Dt>{date}</Dt></Dt></Bal>\n",
            euros(cents, '.'),
            side(cents)
        )
    };
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\n<GrpHdr><MsgId>REL{}</MsgId><CreDtTm>{}T06:10:00</CreDtTm></GrpHdr>\n<Stmt><Id>REL{}</Id><CreDtTm>{}T06:10:00</CreDtTm>\n<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n",
        period.1.format("%Y%m%d"),
        period.1,
        period.1.format("%y%j"),
        period.1
    );
    xml += &balance("OPBD", balances.0, period.0);
    xml += &balance("CLBD", balances.1, period.1);
    for movement in movements {
        let (party, other) = if movement.cents < 0 { ("Cdtr", "ICDT") } else { ("Dbtr", "RCDT") };
        xml += &format!(
            "<Ntry><NtryRef>{r}</NtryRef><Amt Ccy=\"EUR\">{a}</Amt><CdtDbtInd>{s}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{d}</Dt></BookgDt><ValDt><Dt>{d}</Dt></ValDt><AcctSvcrRef>{r}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{other}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy=\"EUR\">{a}</Amt><CdtDbtInd>{s}</CdtDbtInd><RltdPties><{party}><Pty><Nm>{n}</Nm></Pty></{party}></RltdPties><RmtInf><Ustrd>{m}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n",
            r = movement.reference,
            a = euros(movement.cents, '.'),
            s = side(movement.cents),
            d = movement.date,
            n = movement.name,
            m = movement.remittance
        );
    }
    (xml + "</Stmt></BkToCstmrStmt></Document>\n").into_bytes()
}

/// An amount of CFONB 120: fourteen characters, the last one over-punched with the sign.
fn over_punched(cents: i64) -> String {
    let digits = format!("{:014}", cents.abs());
    let (head, last) = digits.split_at(13);
    let unit = last.parse::<usize>().unwrap();
    let sign = if cents < 0 { b"}JKLMNOPQR"[unit] } else { b"{ABCDEFGHI"[unit] };
    format!("{head}{}", char::from(sign))
}

/// CFONB 120: records 01, 04 with 05, 07 of 120 characters.
fn cfonb(movements: &[Movement], period: (NaiveDate, NaiveDate), balances: (i64, i64)) -> Vec<u8> {
    let figures = |date: NaiveDate| date.format("%d%m%y").to_string();
    let balance = |code: &str, date: NaiveDate, cents: i64| {
        format!("{code}10071    59000EUR2 00001024334  {}{:50}{}{:16}\r\n", figures(date), "", over_punched(cents), "")
    };
    let mut text = balance("01", period.0, balances.0);
    for (position, movement) in movements.iter().enumerate() {
        let (operation, label) = if movement.cents < 0 { ("06", "VIR SEPA EMIS") } else { ("05", "VIR SEPA RECU") };
        let date = figures(movement.date);
        let head = format!("10071    59000EUR2 00001024334{operation}{date}");
        let label: String = format!("{label} {}", movement.name).chars().take(31).collect();
        let reference: String = movement.reference.chars().take(16).collect();
        text += &format!("04{head}  {date}{label:<31}  {:07}  {}{reference:<16}\r\n", position + 1, over_punched(movement.cents));
        let party = if movement.cents < 0 { "NBE" } else { "NPY" };
        for (qualifier, value) in [(party, &movement.name), ("LCC", &movement.remittance)] {
            text += &format!("05{head}     {qualifier}{:<70}  \r\n", fold(value).chars().take(70).collect::<String>());
        }
    }
    text += &balance("07", period.1, balances.1);
    text.into_bytes()
}

/// MT940 in the slash dialect.
fn mt940(movements: &[Movement], period: (NaiveDate, NaiveDate), balances: (i64, i64)) -> Vec<u8> {
    let mark = |cents: i64| if cents < 0 { 'D' } else { 'C' };
    let mut text = format!(
        ":20:REL{}\r\n:25:{IBAN}\r\n:28C:00003/001\r\n:60F:{}{}EUR{}\r\n",
        period.1.format("%y%m%d"),
        mark(balances.0),
        period.0.format("%y%m%d"),
        euros(balances.0, ',')
    );
    for movement in movements {
        let party = if movement.cents < 0 { "BENM" } else { "ORDP" };
        text += &format!(
            ":61:{}{}{}{}NTRFNONREF//{}\r\n",
            movement.date.format("%y%m%d"),
            movement.date.format("%m%d"),
            mark(movement.cents),
            euros(movement.cents, ','),
            movement.reference
        );
        let details = format!("/EREF/NOTPROVIDED/{party}//NAME/{}/REMI/{}", movement.name, movement.remittance);
        for (position, line) in details.as_bytes().chunks(65).enumerate() {
            text += &format!("{}{}\r\n", if position == 0 { ":86:" } else { "" }, std::str::from_utf8(line).unwrap());
        }
    }
    text += &format!(":62F:{}{}EUR{}\r\n-\r\n", mark(balances.1), period.1.format("%y%m%d"), euros(balances.1, ','));
    text.into_bytes()
}

/// A French bank's spreadsheet export: code page 1252, semicolons, decimal commas, debits and credits in two columns.
fn csv(movements: &[Movement], period: (NaiveDate, NaiveDate), balances: (i64, i64)) -> Vec<u8> {
    let french = |date: NaiveDate| date.format("%d/%m/%Y").to_string();
    let mut text = format!(
        "Relevé du compte;{IBAN}\r\nPériode;{} - {}\r\nSolde initial;{} EUR\r\nSolde final;{} EUR\r\n\r\nDate opération;Date valeur;Donneur d'ordre / bénéficiaire;Libellé;Débit;Crédit;Référence\r\n",
        french(period.0),
        french(period.1),
        euros(balances.0, ','),
        euros(balances.1, ',')
    );
    for movement in movements {
        let (debit, credit) = if movement.cents < 0 {
            (format!("-{}", euros(movement.cents, ',')), String::new())
        } else {
            (String::new(), euros(movement.cents, ','))
        };
        let date = french(movement.date);
        text += &format!("{date};{date};{};{};{debit};{credit};{}\r\n", movement.name, movement.remittance, movement.reference);
    }
    encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
}
