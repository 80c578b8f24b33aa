//! Sample mail to the school's own people.

use super::day;
use crate::domain::digest::{Digest, DigestBatch, DigestDossier, DigestErasure, DigestJury, DigestQuestion, DigestTask, DigestTransfer, MailAccount};
use crate::domain::money::Cents;
use crate::letters::{BatchAnnouncement, BatchDelivery};

/// A busy day, a quiet day, and a day on which the machine has something to say.
pub fn digests() -> Vec<(&'static str, Digest)> {
    let quiet = Digest { day: day(2024, 3, 10), ..Digest::default() };
    let warning = Digest {
        day: day(2024, 3, 11),
        warnings: vec![String::from("Aucun moteur de reconnaissance de texte n'est installé : les scans attendent votre lecture.")],
        mails: MailAccount { received: 3, processed: 2, applications: 2, ..MailAccount::default() },
        letters_sent: 1,
        letters_in_doubt: 1,
        ..Digest::default()
    };
    vec![("busy", busy()), ("quiet", quiet), ("warning", warning)]
}

fn busy() -> Digest {
    let dossier = |number: &str, name: &str, note: &str| DigestDossier {
        number: number.to_owned(),
        name: name.to_owned(),
        programme: Some(String::from("MCD")),
        note: note.to_owned(),
    };
    let task = |who: &str, sentence: &str, question: Option<&str>| DigestTask {
        who: who.to_owned(),
        sentence: sentence.to_owned(),
        question: question.map(str::to_owned),
    };
    Digest {
        day: day(2024, 3, 7),
        to_do: vec![
            task(
                "Karim Haddad (MS24-0031)",
                "« doc3.pdf » est sans doute son relevé de notes de L3, mais le scan est très flou.",
                Some("L'accepter comme relevé de notes ?   oui / non"),
            ),
            task(
                "Léa Meunier (MS24-0006)",
                "58,50 € reçus le 5 mars au lieu de 60,00 € (frais de banque probables).",
                Some("Considérer comme payé ?   oui / attendre"),
            ),
            task(
                "",
                "Virement de 60,00 € du 6 mars, « CHEN W », sans référence. Deux candidats possibles : Rui Chen (MS24-0051), Wei Chen (MS24-0058).",
                None,
            ),
        ],
        waiting: vec![
            task("Ananya Iyer (MS24-0019)", "« scan_12.jpg » est peut-être sa photo d'identité.", Some("L'accepter comme telle ?")),
            task("Jonas Weber (MS24-0023)", "Voie d'admission à déterminer (de là dépend : attestation d'employeur ou dossier VAPP).", None),
        ],
        next_jury: Some(DigestJury {
            label: String::from("jury de mars"),
            date: Some(day(2024, 3, 21)),
            cut_off: Some(day(2024, 3, 14)),
            n_complete: 18,
            n_nearly: 7,
            n_under_way: 4,
        }),
        batches: vec![DigestBatch { label: String::from("jury de février"), n_candidates: 0 }],
        to_erase: vec![DigestErasure { on: day(2024, 4, 6), n_dossiers: 1, n_identity_papers: 12 }],
        juries_without_date: ["jury d'avril", "jury de mai", "jury de juin"].map(String::from).to_vec(),
        new_dossiers: vec![
            dossier("MS24-0060", "Awa Ndiaye", "il manque une pièce"),
            dossier("MS24-0061", "", "archive protégée par un mot de passe"),
        ],
        changed_dossiers: vec![dossier("MS24-0042", "Tomás Vidal", "relevés de notes reçus")],
        newly_complete: vec![dossier("MS24-0012", "Ines Roux", "")],
        questions: vec![
            DigestQuestion {
                name: String::from("Rui Chen"),
                number: Some(String::from("MS24-0051")),
                subject: String::from("Visa ?"),
                state: Some(String::from("il manque une pièce")),
            },
            DigestQuestion { name: String::from("Marie Petit"), number: None, subject: String::new(), state: None },
        ],
        transfers_matched: vec![DigestTransfer {
            amount: Cents(6000),
            debtor: String::from("M OU MME ROUX"),
            number: String::from("MS24-0012"),
            name: String::from("Ines Roux"),
            why: String::from("référence exacte"),
        }],
        letters_sent: 9,
        letters_held: 1,
        letters_bounced: 1,
        letters_in_doubt: 0,
        mails: MailAccount { received: 14, processed: 14, applications: 8, questions: 2, automatic: 4, for_a_person: 0 },
        warnings: Vec::new(),
        console_url: Some(String::from("http://127.0.0.1:8080/")),
    }
}

/// A batch by mail, one in a shared folder without a date, and a complement.
pub fn batch_announcements() -> Vec<(&'static str, BatchAnnouncement)> {
    let names = ["Synthese.pdf", "Avis et decisions.xlsx", "MS24-0012 ROUX Ines.pdf"].map(String::from).to_vec();
    let attached = BatchAnnouncement {
        session_label: String::from("jury de mars"),
        date: Some(day(2024, 3, 21)),
        n_candidates: 18,
        delivery: BatchDelivery::Attached { file_names: names.clone() },
        addendum: None,
    };
    let folder = BatchAnnouncement {
        session_label: String::from("jury d'avril"),
        date: None,
        delivery: BatchDelivery::Folder { path: String::from(r"\\partage\masteres\jury avril"), file_names: Vec::new() },
        ..attached.clone()
    };
    let complement = BatchAnnouncement { n_candidates: 1, addendum: Some(day(2024, 3, 18)), ..attached.clone() };
    vec![("attached", attached), ("folder", folder), ("complement", complement)]
}
