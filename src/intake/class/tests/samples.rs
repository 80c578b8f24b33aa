//! Invented mails in the shapes that mail systems write, and mails of people that look like them.

use super::judge;
use crate::domain::mail::MailClass;

/// Each is headers, an empty line, and a body.
#[track_caller]
fn check_all(samples: &[&str], class: MailClass) {
    let wrong: Vec<_> =
        samples.iter().map(|sample| (judge(sample), sample)).filter(|(judged, _)| (judged.class, judged.may_answer) != (class, false)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn bounces_that_are_no_proper_reports() {
    check_all(
        &[
            "From: System Administrator <sysadmin@mail.b.example>\nSubject: Undeliverable: Candidature MS24-0042\n\nYour message did not reach some or all of the intended recipients.\n\n      Subject: Candidature\n\nThe following recipient(s) could not be reached:\n\n      zoe@b.example on 01/02/2024 10:00\n            The e-mail account does not exist at the organization this message was sent to.\n            <mail.b.example #5.1.1>\n",
            "From: Administrateur système <admin@b.example>\nSubject: Non remis : Candidature\nContent-Type: text/plain; charset=utf-8\n\nVotre message n'a pas atteint certains ou tous les destinataires désirés.\n",
            "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@b.onmicrosoft.example>\nSubject: Non remis : Candidature\nContent-Type: text/html; charset=utf-8\n\n<p>Échec de la remise à ces destinataires ou groupes :</p><p>zoe@b.example<br>L'adresse e-mail que vous avez entrée est introuvable.</p>\n",
            "From: postmaster@b.onmicrosoft.example\nSubject: Undeliverable: Candidature\n\nYour message to zoe@b.example couldn't be delivered.\nzoe wasn't found at b.example.\n",
            "From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\nSubject: Delivery Status Notification (Failure)\n\nAddress not found. Your message wasn't delivered to zoe@b.example because the address couldn't be found, or is unable to receive mail.\n",
            "From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\nSubject: Delivery Status Notification (Delay)\n\nThere was a temporary problem delivering your message to zoe@b.example. Gmail will retry for 46 more hours.\n",
            "From: MAILER-DAEMON@mx.orange.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\n\nThis is the mail system at host mx.orange.example.\n\nI'm sorry to have to inform you that your message could not be delivered to one or more recipients.\n\n<zoe@wanadoo.example>: host smtp-in.orange.example said: 550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient.\n",
            "From: MAILER-DAEMON@free.example\nSubject: failure notice\n\nHi. This is the qmail-send program at free.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<zoe@free.example>:\nRemote host said: 550 5.2.1 This mailbox is disabled\n",
            "From: MAILER-DAEMON@yahoo.example\nSubject: Failure Notice\n\nSorry, we were unable to deliver your message to the following address.\n\n<zoe@yahoo.example>:\n554: delivery error: dd This user doesn't have a yahoo.example account\n\n--- Below this line is a copy of the message.\n",
            "From: Mail Delivery System <Mailer-Daemon@exim.b.example>\nX-Failed-Recipients: zoe@b.example\nSubject: Mail delivery failed: returning message to sender\n\nThis message was created automatically by mail delivery software.\n",
            "From: Mail Delivery System <Mailer-Daemon@exim.b.example>\nSubject: Warning: message 1rVx-0002 delayed 24 hours\n\nA message that you sent has not yet been delivered to one or more of its recipients.\n",
            "From: Postmaster <Postmaster@b.example>\nSubject: DELIVERY FAILURE: User zoe (zoe@b.example) not listed in Domino Directory\n\nYour message\n\n  Subject: Candidature\n\nwas not delivered to:\n\n  zoe@b.example\n",
            "From: Postmaster@ime.b.example\nSubject: Undeliverable Mail\n\nUser mailbox exceeds allowed size: zoe@b.example\n\nOriginal message follows.\n",
            "From: Courier mail server at b.example <@b.example>\nSubject: NOTICE: mail delivery status.\n\nThis is a delivery status notification from b.example, running the Courier mail server.\nThe original message was received on Thu\nFAILED TO DELIVER TO: zoe@b.example\n<<< 550 User unknown.\n",
            "From: MailMarshal <mailmarshal@b.example>\nSubject: Undeliverable Mail: Candidature\n\nYour message could not be delivered.\n",
            "From: InterScan MSS <iscan@b.example>\nSubject: Mail could not be delivered\n\n****** Message from InterScan Messaging Security Suite ******\n\nSent <<< RCPT TO:<zoe@b.example>\nReceived >>> 550 5.1.1 unknown\n\nUnable to deliver message to <zoe@b.example>.\n",
            "From: Mail Administrator <postmaster@b.example>\nSubject: Mail System Error - Returned Mail\n\nThis Message was undeliverable due to the following reason:\n\nYour message was not delivered because the return address was refused.\n",
            "From: Mail Administrator <Postmaster@b.example>\nReturn-Path: <>\nSubject: Candidature\n\nDelivery failed for zoe@b.example: mailbox full\n",
            "From: b.example mail <serveur@b.example>\nSubject: Re: Candidature\n\nReporting-MTA: dns; mx.b.example\n\nFinal-Recipient: rfc822; zoe@b.example\nAction: failed\nStatus: 5.1.1\n",
            "From: \"Service Messagerie\" <messagerie@b.example>\nSubject: Message non distribué\nContent-Type: text/plain; charset=utf-8\n\nVotre message n'a pas pu être remis à zoe@b.example : la boîte aux lettres du destinataire est pleine.\n",
            "From: <>\nReturn-Path: <>\nSubject: Candidature\n\nzoe@b.example: user unknown\n",
            "From: postmaster@b.example\nSubject: =?utf-8?Q?Unzustellbar=3A?= Bewerbung\n\nDie Nachricht konnte nicht zugestellt werden.\n",
            "From: postmaster@b.example\nSubject: =?utf-8?B?6YWN5L+h5LiN6IO9OiB4?=\n\nx\n",
        ],
        MailClass::Bounce,
    );
}

#[test]
fn absences_and_other_answers_of_machines() {
    check_all(
        &[
            "From: a@b.example\nSubject: Réponse automatique : Candidature\nContent-Type: text/plain; charset=utf-8\n\nJe suis absente.\n",
            "From: a@b.example\nSubject: Automatic reply: Candidature\nX-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n\nOut.\n",
            "From: a@b.example\nSubject: Re: Candidature\nAuto-Submitted: auto-replied (zimbra; vacation)\nPrecedence: bulk\n\nAbsent.\n",
            "From: a@b.example\nSubject: Re: Candidature\nAuto-Submitted: auto-replied (vacation)\n\nx\n",
            "From: Anne Dupont <a@b.example>\nSubject: Anne Dupont est absente (retour 12/02/2024)\nContent-Type: text/plain; charset=utf-8\n\nJe serai absente.\n",
            "From: Anne Dupont <a@b.example>\nSubject: Anne Dupont is out of the office (returning 12/02/2024)\n\nI am out.\n",
            "From: a@b.example\nSubject: AUTO: Anne Dupont est absente\n\nx\n",
            "From: a@b.example\nSubject: Auto: Candidature\n\nx\n",
            "From: a@b.example\nSubject: Out of Office AutoReply: Candidature\n\nx\n",
            "From: a@b.example\nSubject: Absence du bureau : Candidature\n\nx\n",
            "From: a@b.example\nSubject: Absence\n\nBonjour, je suis en congés jusqu'au 3 mars. En cas d'urgence, écrivez à mon collègue.\n",
            "From: a@b.example\nSubject: Abwesenheitsnotiz: Bewerbung\n\nx\n",
            "From: a@b.example\nSubject: Respuesta automática: solicitud\nContent-Type: text/plain; charset=utf-8\n\nx\n",
            "From: a@b.example\nSubject: =?utf-8?B?6Ieq5Yqo562U5aSNOiB4?=\n\nx\n",
            "From: a@b.example\nSubject: Re: Candidature\nX-Autoreply: yes\n\nx\n",
            "From: a@b.example\nSubject: Re: Candidature\nX-Apple-Action: OOF/VACATION\n\nx\n",
            "From: a@b.example\nSubject: Re: Candidature\nX-FC-MachineGenerated: true\n\nx\n",
            "From: a@b.example\nSubject: Re: Candidature\nX-POST-MessageClass: 9; Autoresponder\n\nx\n",
            "From: a@b.example\nSubject: Re: Candidature\nDelivered-To: Autoresponder\n\nx\n",
            "From: a@b.example\nSubject: Re: Candidature\nPrecedence: auto_reply\n\nx\n",
            "From: a@b.example\nSubject: Re: Candidature MS24-0042\nIn-Reply-To: <1@guichet.ecole.example>\n\nJe suis actuellement en congés, de retour le 12 février. Pour toute urgence, voyez mon collègue.\n",
            "From: a@b.example\nSubject: Re: Candidature\nIn-Reply-To: <1@guichet.ecole.example>\n\nI am out of the office until Monday.\n",
            "From: support@b.example\nSubject: [Ticket 1234] Re: Candidature\nIn-Reply-To: <1@guichet.ecole.example>\nContent-Type: text/plain; charset=utf-8\n\nBonjour, votre demande a bien été enregistrée. Numéro de ticket : 1234.\n",
            "From: support@b.example\nSubject: Re: Candidature\nIn-Reply-To: <1@guichet.ecole.example>\n\nThank you for contacting us. We have received your request and will get back to you.\n",
            "From: a@b.example\nSubject: Re: Candidature\nIn-Reply-To: <1@guichet.ecole.example>\nContent-Type: text/plain; charset=utf-8\n\nCeci est un message automatique, merci de ne pas y répondre.\n",
            "From: a@b.example\nSubject: Re: Candidature\nIn-Reply-To: <1@guichet.ecole.example>\n\nYour message is on hold. Please click the link to prove you are human.\n",
            "From: a@b.example\nReturn-Path: <>\nSubject: Candidature\n\nBonjour\n",
        ],
        MailClass::AutomaticReply,
    );
}

#[test]
fn receipts_invitations_and_reports() {
    check_all(
        &[
            "From: a@b.example\nSubject: Lu : Candidature MS24-0042\nContent-Type: text/plain; charset=utf-8\n\nVotre message\n\n   À : MS\n   Objet : Candidature\n\na été lu le 1 février 2024 10:00:00.\n",
            "From: a@b.example\nSubject: Non lu : Candidature\nContent-Type: text/plain; charset=utf-8\n\nVotre message a été supprimé sans avoir été lu le 1 février.\n",
            "From: a@b.example\nSubject: Read: Application\n\nYour message was read on Thursday.\n",
            "From: a@b.example\nSubject: Return Receipt (displayed) - Application\n\nThis is a Return Receipt for the mail that you sent. Note: this Return Receipt only acknowledges that the message was displayed.\n",
            "From: a@b.example\nSubject: Accepté : Entretien\nContent-Type: text/plain; charset=utf-8\n\n\n",
            "From: a@b.example\nSubject: Declined: Interview @ Thu 1 Feb\n\n\n",
            "From: feedback@isp.example\nSubject: Abuse report\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--\n",
            "From: staff@hotmail.example\nSubject: complaint about message from 192.0.2.1\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\nContent-Disposition: inline\n\nFrom: ms@ecole.example\nSubject: Candidature\n\nBonjour\n--b--\n",
            "From: a@b.example\nSubject: Disposition\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
        ],
        MailClass::Report,
    );
}

#[test]
fn lists_and_trackers() {
    check_all(
        &[
            "From: a@b.example\nSubject: [dev] x\nX-BeenThere: dev@lists.example\n\nBonjour\n",
            "From: a@b.example\nSubject: x\nSender: owner-dev@lists.example\n\nHello\n",
            "From: a@b.example\nSubject: x\nReturn-Path: <dev-bounces+ms=ecole.example@lists.example>\n\nHello\n",
            "From: a@b.example\nSubject: x\nErrors-To: dev-admin@lists.example\nX-Sympa-To: dev@lists.example\n\nHello\n",
            "From: a@b.example\nSubject: x\nMailing-List: contact dev-help@lists.example; run by ezmlm\n\nHello\n",
            "From: a@b.example\nSubject: x\nDelivered-To: mailing list dev@lists.example\n\nHello\n",
            "From: a@b.example\nSubject: x\nX-ML-Name: dev\n\nHello\n",
        ],
        MailClass::List,
    );
    check_all(
        &[
            "From: bugs@b.example\nSubject: [Bug 1] x\nX-Bugzilla-Type: changed\n\nx\n",
            "From: jira@b.example\nSubject: [JIRA] x\nX-JIRA-FingerPrint: 1\n\nx\n",
            "From: rt@b.example\nSubject: [b #1] x\nX-RT-Loop-Prevention: b\n\nx\n",
            "From: a@b.example\nSubject: Re: x\nX-Precedence: bulk\n\nx\n",
        ],
        MailClass::Bulk,
    );
}

/// What people write, in words and headers that machines use too.
#[test]
fn people_are_not_taken_for_machines() {
    let samples = [
        "Subject: TR: Undelivered Mail Returned to Sender\n\nBonjour, mon envoi est revenu :\n\nReporting-MTA: dns; mx.b.example\nFinal-Recipient: rfc822; ms@ecole.example\nAction: failed\n",
        "Subject: Fwd: Delivery Status Notification (Failure)\n\nHello, I got this, is your address right?\n\n550 5.1.1 user unknown\n",
        "Subject: Mon dossier n'a pas pu être remis ?\n\nBonjour, j'ai reçu un message d'erreur disant que mon envoi n'a pas pu être remis. Que faire ?\n",
        "Subject: Problème de livraison\n\nBonjour, le formulaire en ligne n'existe pas à l'adresse indiquée. Merci de votre aide.\n",
        "Subject: Re: Candidature MS24-0042\nIn-Reply-To: <1@guichet.ecole.example>\n\nBonjour, je serai de retour le 12 février, je vous envoie le relevé ce jour-là. Cordialement, Zoé\n",
        "Subject: Absence\n\nBonjour Madame, je serai absente à l'entretien de mardi, peut-on le déplacer ?\n",
        "Subject: Vacation\n\nHello, does the programme run during the summer vacation?\n",
        "Subject: Auto-école\n\nBonjour, mon permis de conduire vaut-il pièce d'identité ?\n",
        "Subject: Automatic control course\n\nHello, is the automatic control course part of the programme?\n",
        "Subject: Re: your offer\nIn-Reply-To: <2@ecole.example>\n\nHello, what is the price? I have no money now, is there a loan, a discount or free housing? Best offer please.\n",
        "Subject: Question\nX-Mailer: iPhone Mail\n\nBonjour, merci de me répondre. En cas d'urgence, mon numéro est le 06.\n",
        "Subject: Undelivered parcel\n\nHello, I sent my diploma by post. The parcel was not delivered yet. Did you receive it?\n",
        "Subject: Bounce rate project\nPrecedence: normal\n\nHello, my master thesis is on bounce rates. Is this in scope?\n",
        "Subject: Accepté : et maintenant ?\n\nBonjour, j'ai reçu la lettre qui dit que je suis accepté. Je voudrais savoir quelles sont les démarches à suivre maintenant, quand je dois payer l'acompte, et s'il est possible de loger sur le campus dès la fin du mois d'août avec mon frère.\n",
        "Subject: Lu : le programme\n\nBonjour, j'ai lu le programme, il me plaît beaucoup. Quand commence-t-il ?\n",
        "Subject: candidature\nSender: zoe.vasseur@gmail.example\nReturn-Path: <zoe@etu.example>\n\nBonjour, ai-je bien tout envoyé ?\n",
        "Subject: ticket number\n\nHello, I lost the ticket number of my appointment.\n",
        "Subject: Re: Re: dossier\nIn-Reply-To: <2@ecole.example>\n\nBonjour, j'ai oublié de joindre le CV, je le renvoie ce soir. Merci !\n",
    ];
    let judged = samples
        .iter()
        .map(|sample| (judge(&format!("From: Zoé Vasseur <zoe@etu.example>\nContent-Type: text/plain; charset=utf-8\n{sample}")), sample));
    let wrong: Vec<_> = judged.filter(|(judged, _)| (judged.class, judged.may_answer) != (MailClass::Question, true)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A bounce that a person passes on holds our letter and the zip it answered: it opens no dossier.
#[test]
fn a_bounce_passed_on_with_its_zip_opens_no_dossier() {
    let zip = "--b\nContent-Type: application/zip; name=dossier.zip\nContent-Disposition: attachment; filename=dossier.zip\nContent-Transfer-Encoding: base64\n\nUEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==\n";
    let passed_on = format!(
        "From: zoe@etu.example\nSubject: TR: Undelivered Mail Returned to Sender\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nVoir ci-dessous.\n{zip}--b--\n"
    );
    assert_eq!(judge(&passed_on).class, MailClass::Question);
    let attached = "From: zoe@etu.example\nSubject: Message d'erreur\nContent-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n\nBonjour, que faire ?\n--a\nContent-Type: message/rfc822\n\nFrom: mailer-daemon@b.example\nSubject: Undelivered Mail Returned to Sender\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nThis is the mail system.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ms@ecole.example\nAction: failed\nStatus: 5.1.1\n--b\nContent-Type: message/rfc822\n\nFrom: zoe@etu.example\nSubject: Candidature\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: application/zip; name=dossier.zip\nContent-Disposition: attachment; filename=dossier.zip\n\nPK\n--c--\n--b--\n--a--\n";
    assert_eq!(judge(attached).class, MailClass::Question, "{:?}", judge(attached).reasons);
}

/// People who tell of machines, quote them, or are away themselves.
#[test]
fn a_persons_voice_outweighs_the_words_of_machines() {
    let samples = [
        "Subject: erreur\n\nBonjour, j'ai essayé de vous écrire et j'ai eu ceci :\n\n552 5.2.2 mailbox full\nDiagnostic-Code: smtp; 552 5.2.2 over quota\n\nQue faire ?\n",
        "Subject: Mail delivery failed\n\nHello, my first e-mail was returned (user unknown, permanent error), so I am sending it again.\n",
        "Subject: Re: Convocation\nIn-Reply-To: <1@ecole.example>\n\nBonjour, je suis en congés jusqu'au 20 avril, je vous enverrai le relevé à mon retour.\n",
        "Subject: Re: Interview\nIn-Reply-To: <1@ecole.example>\n\nI am out of the office on Friday and away until Monday. Could we take Tuesday?\n",
        "Subject: Mon relevé est absent du dossier\n\nBonjour, je l'avais oublié. Faut-il tout renvoyer ?\n",
        "Subject: Message automatique\n\nBonjour, j'ai reçu une réponse automatique. Mon dossier est-il complet ?\n",
        "Subject: Question\n\nBonjour, votre lettre dit « merci de ne pas répondre à ce message ». Où puis-je écrire ?\n",
        "Subject: unsubscribe\n\nHello, please unsubscribe me from the letter. Did you receive my file?\n",
        "Subject: Refusé : mon virement\n\nBonjour, la banque a refusé mon virement.\n",
    ];
    let judged = samples
        .iter()
        .map(|sample| (judge(&format!("From: Zoé Vasseur <zoe@etu.example>\nContent-Type: text/plain; charset=utf-8\n{sample}")), sample));
    let wrong: Vec<_> = judged.filter(|(judged, _)| (judged.class, judged.may_answer) != (MailClass::Question, true)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn machines_of_other_languages() {
    let subjects = [
        "Automatiskt svar: x",
        "Samodejni odgovor: x",
        "Автоматичен отговор: x",
        "Frånvaro: x",
        "[Auto-Reply] x",
        "Fuori ufficio: x",
        "Arpus: automātiskā atbilde: x",
    ];
    for subject in subjects {
        let judged = judge(&format!("From: a@b.example\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\nx\n"));
        assert_eq!((judged.class, judged.may_answer), (MailClass::AutomaticReply, false), "{subject} {:?}", judged.reasons);
    }
    check_all(
        &[
            "From: a@b.example\nSubject: Re: x\nIn-Reply-To: <1@guichet.ecole.example>\nContent-Type: text/plain; charset=utf-8\n\nIch bin bis zum 12. nicht im Büro. In dringenden Fällen hilft die Zentrale.\n",
            "From: a@b.example\nSubject: Re: x\nIn-Reply-To: <1@guichet.ecole.example>\n\nAna has left the company. This mailbox is no longer monitored.\n",
            "From: a@b.example\nSubject: RE: x\n\nTo have your address added to the list of allowed senders and to ensure delivery of your email, follow the link.\n",
        ],
        MailClass::AutomaticReply,
    );
    check_all(
        &[
            "From: mail@b.example\nSubject: RE: Candidature : non remis (delivery failed)\n\nVotre message n'a pas pu etre delivre a zoe@b.example\n\nYour message could not be delivered to zoe@b.example\n",
            "From: postmaster@b.example\nSubject: Kan ikke leveres: x\n\nMeddelelsen kunne ikke leveres\n",
        ],
        MailClass::Bounce,
    );
}
