use super::*;

fn mail(text: &str) -> ParsedMail {
    parse(text.replace('\n', "\r\n").as_bytes()).unwrap()
}

/// A multipart mail of the parts given, each with its own headers.
fn multipart(kind: &str, headers: &str, parts: &[&str]) -> String {
    let mut text = format!(
        "From: Zoé Martin <zoe@etu.example>\nTo: ms@ecole.example\nSubject: Candidature\nMessage-ID: <a1@etu.example>\nMIME-Version: 1.0\n{headers}Content-Type: multipart/{kind}; boundary=\"lim\"\n\n"
    );
    for part in parts {
        text.push_str(&format!("--lim\n{part}\n"));
    }
    text.push_str("--lim--\n");
    text
}

fn files(mail: &ParsedMail) -> Vec<(&str, bool)> {
    mail.attachments.iter().map(|file| (file.name.as_str(), file.inline)).collect()
}

const BODY: &str = "Content-Type: text/plain; charset=utf-8\n\nBonjour, ci-joint.\n";

#[test]
fn what_is_no_mail_is_refused_and_what_is_broken_is_read() {
    for no_mail in [&b""[..], b"\r\n\r\n", b"\x00\x01\x02\x03", b"%PDF-1.4\n%abc", b"just a text: with a colon\nand lines\n", b"PK\x03\x04\x14\x00"] {
        assert_eq!(parse(no_mail), Err(Reason::MailUnreadable), "{no_mail:?}");
    }
    let broken = mail("Subject: =?utf-8?q?Dossier_=C3=A9?=\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nBonjour");
    assert_eq!((broken.subject.as_str(), broken.text.trim()), ("Dossier é", "Bonjour"));
    assert_eq!(mail("From zoe@x.example Mon Mar 4\nFrom: zoe@x.example\n\nSalut").from.unwrap().address, "zoe@x.example");
    let raw = parse(b"From: a@b.example\r\nSubject: Relev\xe9 de notes\r\n\r\nOk").unwrap();
    assert_eq!(raw.subject, "Relevé de notes");
}

#[test]
fn the_envelope() {
    let mail = mail(
        "Return-Path: <>\nReceived: from b by mx.ecole.example with ESMTP; Mon, 4 Mar 2024 10:12:13 +0100\nReceived: from c by b; Mon, 4 Mar 2024 09:00:00 +0100\nFrom: \"Martin, Zoé\" <zoe@etu.example>\nReply-To: z2@etu.example\nTo: a@x.example, b@x.example\nDate: Mon, 4 Mar 2024 10:00:00 +0100\nMessage-ID: <id@etu.example>\nIn-Reply-To: <r1@x.example>\nReferences: <r0@x.example> <r1@x.example>\nAuto-Submitted: no\nSubject: Re: x\n\nOui.\n",
    );
    assert_eq!(mail.return_path.as_deref(), Some(""));
    assert_eq!(mail.received_at.unwrap().to_rfc3339(), "2024-03-04T09:12:13+00:00");
    assert_eq!(mail.date.unwrap().to_rfc3339(), "2024-03-04T09:00:00+00:00");
    assert_eq!(mail.from.unwrap().name.as_deref(), Some("Martin, Zoé"));
    assert_eq!((mail.to.len(), mail.message_id.as_deref()), (2, Some("id@etu.example")));
    assert_eq!(mail.references, ["r0@x.example", "r1@x.example"]);
    assert!(mail.signs.contains(&("auto-submitted".to_owned(), "no".to_owned())));
}

#[test]
fn names_of_files_in_every_spelling() {
    let parts = [
        BODY,
        "Content-Type: application/pdf; name*=utf-8''Dipl%C3%B4me.pdf\nContent-Disposition: attachment; filename*0*=utf-8''Dipl%C3%B4; filename*1*=me.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n",
        "Content-Type: application/pdf; name=\"=?iso-8859-1?Q?Relev=E9.pdf?=\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n",
        "Content-Type: image/jpeg\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n/9j/\n",
        "Content-Type: text/plain; charset=iso-8859-1; name=note.txt\nContent-Disposition: attachment; filename=note.txt\nContent-Transfer-Encoding: quoted-printable\n\nd=E9j=E0",
    ];
    let mail = mail(&multipart("mixed", "", &parts));
    assert_eq!(files(&mail), [("Diplôme.pdf", false), ("Relevé.pdf", false), ("image-3.jpg", false), ("note.txt", false)]);
    assert_eq!(mail.attachments[0].contents, b"%PDF-");
    assert_eq!(mail.attachments[3].contents, b"d\xe9j\xe0", "a file keeps its own bytes, whatever its character set");
    assert_eq!(mail.text.trim(), "Bonjour, ci-joint.");
}

#[test]
fn logos_are_shown_and_photographs_are_sent() {
    let html = "Content-Type: text/html\n\n<p>Bonjour</p><img src=\"cid:logo@x\">\n";
    let logo = "Content-Type: image/png; name=image001.png\nContent-ID: <logo@x>\nContent-Disposition: inline; filename=image001.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n";
    let apple =
        "Content-Type: application/pdf; name=CV.pdf\nContent-Disposition: inline; filename=CV.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n";
    let large = format!(
        "Content-Type: image/jpeg; name=image0.jpeg\nContent-Disposition: inline; filename=image0.jpeg\nContent-Transfer-Encoding: base64\n\n{}\n",
        "/9j/AAAA".repeat(20_000)
    );
    let portrait = "Content-Type: image/jpeg; name=\"photo identite.jpg\"\nContent-Disposition: inline; filename=\"photo identite.jpg\"\nContent-Transfer-Encoding: base64\n\n/9j/\n";
    let double = "Content-Type: application/applefile; name=CV.pdf\nContent-Transfer-Encoding: base64\n\nAAUWBwAC\n";
    let mail = mail(&multipart("mixed", "", &[html, logo, apple, &large, portrait, double]));
    assert_eq!(files(&mail), [("image001.png", true), ("CV.pdf", false), ("image0.jpeg", false), ("photo identite.jpg", false)]);
}

#[test]
fn a_forwarded_mail_brings_its_files_and_a_bounce_does_not() {
    let inner = "From: x@y.example\nSubject: mon dossier\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=in\n\n--in\nContent-Type: text/plain\n\nvoici\n--in\nContent-Type: application/zip; name=dossier.zip\nContent-Disposition: attachment; filename=dossier.zip\nContent-Transfer-Encoding: base64\n\nUEsDBA==\n--in--\n";
    let forwarded = mail(&multipart("mixed", "", &[BODY, &format!("Content-Type: message/rfc822\n\n{inner}")]));
    assert_eq!(files(&forwarded), [("mon dossier.eml", false), ("dossier.zip", false)]);
    let status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nOriginal-Recipient: rfc822; lea@etu.example\nFinal-Recipient: rfc822; lea@etu.example\nAction: failed\nStatus: 5.1.1\n";
    let quoted = format!("Content-Type: message/rfc822\n\nMessage-ID: <ack-1@guichet.example>\n{inner}");
    let report = multipart("report; report-type=delivery-status", "", &["Content-Type: text/plain\n\nUser unknown\n", status, &quoted]);
    let bounce = mail(&report);
    assert!(bounce.attachments.is_empty());
    let expected = BounceReport {
        original_message_id: Some("ack-1@guichet.example".to_owned()),
        recipients: vec!["lea@etu.example".to_owned()],
        status: Some("5.1.1".to_owned()),
        hard: true,
    };
    assert_eq!(bounce.bounce, Some(expected));
    let passed_on = mail(&multipart("mixed", "", &[BODY, &format!("Content-Type: message/rfc822\n\n{report}").replace("lim", "dedans")]));
    assert_eq!(files(&passed_on), [("Candidature.eml", false)], "nothing of a bounce that a person passes on is news");
}

#[test]
fn bounces_of_all_makers() {
    let cases = [
        (
            "MAILER-DAEMON@qmail.example",
            "failure notice",
            "Hi. This is the qmail-send program at qmail.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<lea@etu.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <ack-2@guichet.example>\n",
            Some("5.1.1"),
            true,
        ),
        (
            "Mailer-Daemon@exim.example",
            "Mail delivery failed: returning message to sender",
            "This message was created automatically by mail delivery software.\n  lea@etu.example\n    Unrouteable address\nMessage-ID: <ack-2@guichet.example>\n",
            None,
            true,
        ),
        (
            "postmaster@outlook.example",
            "Non remis : Votre dossier",
            "Votre message à lea@etu.example n’a pas pu être remis.\nRemote Server returned '550 5.7.1'\nMessage-ID:\n <ack-2@guichet.example>\n",
            Some("5.7.1"),
            true,
        ),
        (
            "mailer-daemon@googlemail.example",
            "Delivery Status Notification (Delay)",
            "There was a temporary problem delivering your message to lea@etu.example. Gmail will retry.\nMessage-ID: <ack-2@guichet.example>",
            None,
            false,
        ),
        (
            "MAILER-DAEMON@orange.example",
            "Message non distribué",
            "La boîte aux lettres pleine de lea@etu.example : 552 5.2.2 over quota\nMessage-ID: <ack-2@guichet.example>",
            Some("5.2.2"),
            false,
        ),
    ];
    for (from, subject, text, status, hard) in cases {
        let mail = mail(&format!("Return-Path: <>\nFrom: {from}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}"));
        let bounce = mail.bounce.unwrap_or_else(|| panic!("{subject}"));
        assert_eq!((bounce.status.as_deref(), bounce.hard), (status, hard), "{subject}");
        assert_eq!(bounce.recipients, ["lea@etu.example"], "{subject}");
        assert_eq!(bounce.original_message_id.as_deref(), Some("ack-2@guichet.example"), "{subject}");
    }
    for (subject, text) in [
        ("TR: Undelivered Mail Returned to Sender", "Que faire ?"),
        ("Question", "Mon mail n'a pas pu être remis hier."),
        ("Re: Delivery Status Notification", "user unknown?"),
    ] {
        assert_eq!(mail(&format!("From: zoe@etu.example\nSubject: {subject}\n\n{text}")).bounce, None, "{subject}");
    }
}

#[test]
fn winmail_dat_is_opened() {
    let encoded: String = crate::intake::tnef::tests::base64(&crate::intake::tnef::tests::sample());
    let part = format!(
        "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Disposition: attachment; filename=winmail.dat\nContent-Transfer-Encoding: base64\n\n{encoded}\n"
    );
    let mail = mail(&multipart("mixed", "", &[&part]));
    assert_eq!(files(&mail), [("Relevé de notes.pdf", false), ("cvé.txt", false)]);
    assert_eq!((mail.text.as_str(), mail.findings.as_slice()), ("Bonjour", &[][..]));
}

#[test]
fn a_link_stands_for_files_only_where_there_are_none() {
    let with_link = "Content-Type: text/plain\n\nMon dossier : https://we.tl/t-AbCdEf12gH\n";
    assert_eq!(mail(&multipart("mixed", "", &[with_link])).findings, [Reason::LinkInsteadOfFile]);
    let pdf = "Content-Type: application/pdf; name=CV.pdf\nContent-Disposition: attachment; filename=CV.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n";
    assert!(mail(&multipart("mixed", "", &[with_link, pdf])).findings.is_empty());
    let quoted =
        "From: a@b.example\nIn-Reply-To: <x@y.example>\nSubject: Re: x\n\nMerci\n\nLe lundi 4 mars 2024, X a écrit :\n> https://we.tl/t-AbCdEf12gH\n";
    assert!(mail(quoted).file_store_links.is_empty());
}

#[test]
fn html_alone_is_text_too() {
    let mail = mail("From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n<html><body><p>Bonjour Madame,</p><p>Voici.</p></body></html>");
    assert_eq!(mail.text, "Bonjour Madame,\nVoici.");
}

#[test]
fn hostile_mails_end_well() {
    let nested = format!("From: a@b.example\n{}", "Content-Type: message/rfc822\n\n".repeat(50_000));
    assert!(parse(nested.as_bytes()).is_ok());
    let mut boundaries = String::from("From: a@b.example\nContent-Type: multipart/mixed; boundary=b0\n\n");
    for level in 0..3_000 {
        boundaries.push_str(&format!("--b{level}\nContent-Type: multipart/mixed; boundary=b{}\n\n", level + 1));
    }
    assert!(parse(boundaries.as_bytes()).is_ok());
    let many = multipart("mixed", "", &vec!["Content-Type: application/pdf\n\nx\n"; PARTS_MAX + 50]);
    let many = mail(&many);
    assert_eq!((many.attachments.len(), many.findings.as_slice()), (PARTS_MAX, &[Reason::ArchiveTooManyEntries][..]));
    let styles = format!("From: a@b.example\nContent-Type: text/html\n\n{}", "<style>".repeat(100_000));
    assert!(parse(styles.as_bytes()).is_ok());
}

#[test]
fn every_cut_of_a_mail_is_survived() {
    let whole = multipart(
        "mixed",
        "",
        &[BODY, "Content-Type: application/pdf; name=\"=?utf-8?B?w6k=?=\"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQ=\n"],
    );
    for end in 0..whole.len() {
        let outcome = parse(&whole.as_bytes()[..end]);
        assert!(end < 60 || outcome.is_ok(), "{end}");
    }
}

#[test]
fn files_come_out_byte_for_byte_however_they_are_wrapped() {
    let part = |encoding: &str, data: &str| {
        format!(
            "Content-Type: application/pdf; name=CV.pdf\nContent-Disposition: attachment; filename=CV.pdf\nContent-Transfer-Encoding: {encoding}\n\n{data}\n"
        )
    };
    let whole = |parts: &[&str]| multipart("mixed", "", parts);
    let base64 = "JVBERi0xLjQK\nAAECA//+";
    let expected: &[u8] = b"%PDF-1.4\n\x00\x01\x02\x03\xff\xfe";
    let usual = whole(&[BODY, &part("base64", base64)]);
    let boundary = usual.split("boundary=").nth(1).unwrap().lines().next().unwrap().trim_matches(['"', ';', ' ']).to_owned();
    let wrapped = [
        ("as usual", usual.clone()),
        ("capitals", whole(&[BODY, &part("BASE64", base64)])),
        ("quotes", whole(&[BODY, &part("\"base64\"", base64)])),
        ("a comment", whole(&[BODY, &part("base64 (wrapped)", base64)])),
        ("a semicolon", whole(&[BODY, &part("base64;", base64)])),
        ("words below", whole(&[BODY, &part("base64", &format!("{base64}\n\n-- \nscanned, no virus found"))])),
        ("junk between", whole(&[BODY, &part("base64", "JVBE!Ri0x\n  LjQK\n\tAAECA//+")])),
        ("no empty line", whole(&[BODY, &part("base64", base64).replacen("base64\n\n", "base64\n", 1)])),
        ("no end", usual.replace(&format!("--{boundary}--"), "")),
        (
            "no boundary named",
            usual.lines().map(|line| if line.contains("boundary=") { "Content-Type: multipart/mixed" } else { line }).collect::<Vec<_>>().join("\n"),
        ),
        (
            "another boundary named",
            usual.replacen(&format!("boundary={boundary}"), "boundary=nowhere", 1).replacen(
                &format!("boundary=\"{boundary}\""),
                "boundary=nowhere",
                1,
            ),
        ),
        ("blanks behind the boundary", usual.replace(&format!("--{boundary}\n"), &format!("--{boundary} \t\n"))),
    ];
    for (how, text) in wrapped {
        let mail = mail(&text);
        let files: Vec<_> = mail.attachments.iter().map(|file| (file.name.as_str(), file.contents.as_slice())).collect();
        assert_eq!(files, [("CV.pdf", expected)], "{how}\n{text}");
    }
    let open = "Content-Type: multipart/alternative; boundary=never-closed\n\n--never-closed\nContent-Type: text/plain\n\nBonjour\n";
    let swallowed = mail(&whole(&[open, &part("base64", base64)]));
    assert_eq!(swallowed.attachments.iter().map(|file| file.contents.as_slice()).collect::<Vec<_>>(), [expected]);
    let letter = "Content-Type: message/rfc822\n\nFrom: x@y.example\nSubject: empty\nContent-Type: multipart/mixed; boundary=nothing\n\n";
    let swallowed = mail(&whole(&[BODY, letter, &part("base64", base64)]));
    assert_eq!(swallowed.attachments.last().map(|file| file.contents.as_slice()), Some(expected));
    let old_macintosh = usual.replace('\n', "\r");
    let mail = parse(old_macintosh.as_bytes()).unwrap();
    assert_eq!(mail.attachments[0].contents, expected, "carriage returns alone");
}

#[test]
fn texts_with_names_and_signatures_are_listed() {
    let mail = parse(
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: inline; filename=lettre.txt\r\n\r\nMa lettre\r\n--b\r\nContent-Type: application/pgp-signature; name=\r\n \"signature.asc\"\r\n\r\nseal\r\n--b--\r\n",
    )
    .unwrap();
    let listed: Vec<_> = mail.attachments.iter().map(|file| (file.name.as_str(), file.contents.as_slice(), file.inline)).collect();
    assert_eq!(listed, [("lettre.txt", b"Ma lettre".as_slice(), false), ("signature.asc", b"seal".as_slice(), true)]);
    assert_eq!(mail.text.trim(), "Bonjour");
}
