use super::segment;
use crate::domain::document::DocumentKind::{self, *};
use crate::domain::document::{DocumentReading, PageText, RawReading, TextSource};
use crate::intake::understand::UnderstandingContext;

fn page(number: u32, text: &str) -> PageText {
    PageText {
        number,
        text: text.to_owned(),
        source: TextSource::Layer,
        quality: 1.0,
        width: 595,
        height: 842,
        ink: 0.05,
        portrait: 0.0,
        unread: false,
        unread_script: None,
    }
}

fn file(pages: Vec<PageText>) -> RawReading {
    RawReading { sha256: "0".repeat(64), media_type: "application/pdf".to_owned(), pages, readable: true, findings: Vec::new() }
}

fn read(pages: Vec<PageText>, file_name: &str) -> Vec<DocumentReading> {
    let context = UnderstandingContext { file_name, programmes: &[], season: "2024-2025", school_iban: "FR7610071590000000102433444" };
    segment(&file(pages), &context)
}

#[track_caller]
fn check(texts: &[&str], expected: &[(DocumentKind, &[u32], &[&str], bool)]) {
    let pages = texts.iter().zip(1..).map(|(text, number)| page(number, text)).collect();
    let found = read(pages, "dossier.pdf");
    let summary: Vec<_> = found
        .iter()
        .map(|document| {
            let languages: Vec<&str> = document.languages.iter().map(|language| language.code()).collect();
            (document.kind, document.pages.clone(), languages, document.translation.is_some())
        })
        .collect();
    let expected: Vec<_> =
        expected.iter().map(|(kind, pages, languages, translation)| (*kind, pages.to_vec(), languages.to_vec(), *translation)).collect();
    assert_eq!(summary, expected, "{found:#?}");
}

const GERMAN_TRANSCRIPT: &str = "Hochschule Musterstadt\nNotenspiegel\nName der Studentin: Anna Beispiel\nStudiengang Maschinenbau\nMathematik für Ingenieure 5 1,7 bestanden\nTechnische Mechanik 5 2,3 bestanden\nWerkstoffkunde und Chemie 4 1,0 bestanden\nDas Prüfungsamt bestätigt die Richtigkeit der Angaben";
const ITS_TRANSLATION: &str = "Traduction certifiée conforme de l’allemand\nRelevé de notes\nNom de l’étudiante : Anna Beispiel\nFilière génie mécanique\nMathématiques pour ingénieurs 5 1,7 validé\nMécanique technique 5 2,3 validé\nScience des matériaux et chimie 4 1,0 validé\nLe service des examens confirme l’exactitude des données\nTraducteur assermenté";
const LETTER: &str = "Anna Beispiel\nMadame, Monsieur,\nJe vous adresse ma candidature à votre formation. Mon parcours et mes stages m’ont donné le goût de la recherche, et je souhaite intégrer votre école.\nJe vous prie d’agréer, Madame, Monsieur, mes salutations distinguées.\nPage 1/2";
const LETTER_CONTINUED: &str = "Mes études m’ont appris à travailler en équipe et à tenir mes engagements dans la durée.\nPage 2/2";

#[test]
fn an_original_and_its_translation_are_two_documents() {
    check(&[GERMAN_TRANSCRIPT, ITS_TRANSLATION], &[(Transcript, &[1], &["de"], false), (Transcript, &[2], &["fr"], true)]);
}

#[test]
fn one_file_holding_everything_is_cut() {
    check(
        &[LETTER, LETTER_CONTINUED, GERMAN_TRANSCRIPT, ITS_TRANSLATION, ""],
        &[(MotivationLetter, &[1, 2], &["fr"], false), (Transcript, &[3], &["de"], false), (Transcript, &[4, 5], &["fr"], true)],
    );
}

#[test]
fn portraits_blank_and_unread_pages() {
    let portrait = PageText { portrait: 0.9, source: TextSource::None, ..page(1, "") };
    assert_eq!(read(vec![portrait], "IMG_0001.jpg").first().map(|document| document.kind), Some(Photo));
    let unread = PageText { unread: true, ink: 0.1, ..page(1, "") };
    let guessed = read(vec![unread], "Passeport de Rose.pdf");
    assert!(guessed.iter().all(|document| document.kind == IdentityDocument && document.certainty < 0.6), "{guessed:?}");
    let blank = PageText { ink: 0.0, ..page(1, "") };
    assert_eq!(read(vec![blank], "x.pdf").first().map(|document| document.kind), Some(Other));
    assert!(read(Vec::new(), "x.pdf").is_empty());
}

#[test]
fn garbage_and_huge_files_are_survived() {
    let noise: String = (0..200_000_u32).filter_map(|n| char::from_u32(n.wrapping_mul(2_654_435_761) % 0x11_0000)).collect();
    let pages = (1..=400).map(|number| page(number, if number == 7 { &noise } else { "x <<<< 12 ,,, ﷽" })).collect();
    let found = read(pages, "…/….pdf");
    assert_eq!(found.iter().map(|document| document.pages.len()).sum::<usize>(), 400);
}

#[test]
fn the_same_pages_give_the_same_answer() {
    let pages = || vec![page(1, GERMAN_TRANSCRIPT), page(2, ITS_TRANSLATION)];
    assert_eq!(read(pages(), "a.pdf"), read(pages(), "a.pdf"));
}

/// Pieces as the offices of many countries write them, none of them like those the tables were first made from.
#[test]
fn pieces_of_many_countries_are_recognised() {
    #[rustfmt::skip]
    let cases: [(&str, DocumentKind, &[&str]); 26] = [
        ("Politecnico di Esempio\nCertificato di laurea\nSi certifica che la dott.ssa Bianca Prova, nata a Bari il 3 maggio 1998, ha conseguito la laurea magistrale in Ingegneria civile con voti 108 su 110", SuccessAttestation, &["it"]),
        ("Università di Esempio\nPiano di studi e voti\nAnalisi matematica 9 CFU 28\nFisica generale 6 CFU 30\nScienza delle costruzioni 9 CFU 25\nTopografia 6 CFU 27\nIl responsabile della segreteria studenti della facoltà certifica che gli esami sono stati sostenuti", Transcript, &["it"]),
        ("Hochschule Beispielstadt\nMasterurkunde\nDie Hochschule verleiht Frau Klara Muster, geboren am 3. Mai 1998, nach bestandener Masterprüfung den akademischen Grad Master of Science", Diploma, &["de"]),
        ("Muster Bau GmbH\nArbeitszeugnis\nFrau Klara Muster war vom 1. März 2019 bis zum 31. August 2022 als Bauingenieurin in unserem Unternehmen beschäftigt. Wir bedanken uns für die gute Zusammenarbeit.", EmploymentCertificate, &["de"]),
        ("Instituto Exemplo\nCertidão de conclusão de curso\nCertifica-se que Rita Modelo concluiu com aproveitamento a licenciatura em Engenharia Civil, com a classificação final de quinze valores, no ano letivo de 2020", SuccessAttestation, &["pt"]),
        ("Örnek Üniversitesi\nÖğrenci belgesi\nAşağıda kimlik bilgileri yazılı öğrenci üniversitemizin mühendislik fakültesinde kayıtlı olarak öğrenimine devam etmektedir. Bu belge ilgilinin isteği üzerine verilmiştir.", EnrolmentCertificate, &["tr"]),
        ("Công ty Cổ phần Ví Dụ\nGiấy xác nhận công tác\nCông ty chúng tôi xác nhận ông Trần Văn Mẫu đã làm việc tại công ty với chức vụ kỹ sư từ ngày 1 tháng 3 năm 2019 đến nay", EmploymentCertificate, &["vi"]),
        ("Politechnika Przykładowa\nZaświadczenie o ukończeniu studiów\nZaświadcza się, że pani Ewa Wzór ukończyła studia drugiego stopnia na kierunku budownictwo i uzyskała tytuł zawodowy magistra inżyniera", SuccessAttestation, &["pl"]),
        ("Universitatea Exemplu\nFoaie matricolă\nSe certifică situația școlară a studentei pentru anul universitar încheiat\nAnaliză matematică 5 9\nFizică 4 8\nGeometrie descriptivă 4 10\nMecanică 6 7", Transcript, &["ro"]),
        ("Зразковий університет\nДодаток до диплома\nНазва дисципліни, кредити, оцінка\nВища математика 6 90\nФізика 5 85\nОпір матеріалів 7 78\nБудівельна механіка 5 92", Transcript, &["uk"]),
        ("دانشگاه نمونه\nگواهی اشتغال به تحصیل\nگواهی می‌شود که خانم سارا نمونه دانشجوی دوره کارشناسی ارشد این دانشگاه است و در رشته مهندسی عمران مشغول به تحصیل می‌باشد", EnrolmentCertificate, &["fa"]),
        ("उदाहरण विश्वविद्यालय\nअंक पत्र\nविषय पूर्णांक प्राप्तांक\nगणित 100 78\nभौतिकी 100 69\nरसायन विज्ञान 100 74\nकुल योग और परीक्षाफल उत्तीर्ण", Transcript, &["hi"]),
        ("Példa Egyetem\nHallgatói jogviszony igazolás\nIgazoljuk, hogy Minta Anna az egyetem nappali tagozatos hallgatója, és a jelen tanévben hallgatói jogviszonyban áll.", EnrolmentCertificate, &["hu"]),
        ("Vzorová univerzita\nVysokoškolský diplom\nUniverzita uděluje titul magistr studentce, která ukončila studium podle zákona a byla jako absolventka zapsána dne 3. května 2021", Diploma, &["cs"]),
        ("Primjer d.o.o.\nPotvrda o zaposlenju\nOvim se potvrđuje da je Ana Primjer zaposlena u našem društvu kao inženjerka od 1. ožujka 2019. te da radi na neodređeno vrijeme koje traje", EmploymentCertificate, &["hr"]),
        ("Примерен университет\nУверение\nУдостоверява се, че Ана Примерова е студентка във втори курс на университета през учебната година със специалност строителство на сгради", EnrolmentCertificate, &["bg"]),
        ("Exempelhögskolan\nResultatintyg\nHärmed intygas att studenten har genomgått följande kurser som ingår i programmet\nMatematik 7,5 4\nFysik 7,5 5\nMekanik 15 3\nKemi 7,5 4", Transcript, &["sv"]),
        ("Universitas Contoh\nIjazah\nDengan ini menyatakan bahwa yang tersebut di bawah ini telah menyelesaikan pendidikan dengan baik dan memperoleh gelar Sarjana Teknik dari universitas", Diploma, &["id"]),
        ("אוניברסיטת הדוגמה\nאישור לימודים\nהרינו לאשר כי הסטודנטית רשומה ולומדת במוסדנו בשנת הלימודים הנוכחית בפקולטה להנדסה", EnrolmentCertificate, &["he"]),
        ("มหาวิทยาลัยตัวอย่าง\nใบแสดงผลการศึกษา\nรายวิชา หน่วยกิต เกรด\nคณิตศาสตร์ 3 A\nฟิสิกส์ 3 B\nเคมี 3 C\nกลศาสตร์ 4 B", Transcript, &["th"]),
        ("예시대학교\n재학증명서\n위 학생은 본교 공과대학 토목공학과에 재학하고 있음을 증명합니다", EnrolmentCertificate, &["ko"]),
        ("例示大学\n卒業証明書\n上記の者は本学工学部を卒業したことを証明する\n学長", SuccessAttestation, &["ja"]),
        ("Παράδειγμα Α.Ε.\nΒεβαίωση εργασίας\nΒεβαιώνεται ότι η κυρία Άννα Δείγμα εργάζεται στην εταιρεία μας ως μηχανικός με πλήρη απασχόληση από το 2019", EmploymentCertificate, &["el"]),
        ("Universidad Ejemplo\nCertificación académica personal\nDoña Ana Muestra ha cursado las asignaturas siguientes del grado en ingeniería con las calificaciones que se indican\nCálculo 6 7,5\nFísica 6 8,2\nMecánica 9 6,1\nTopografía 6 9,0", Transcript, &["es"]),
        ("جامعة المثال\nشهادة عمل\nنشهد نحن الموقعين أسفله أن السيدة مريم مثال تعمل لدينا بصفة مهندسة منذ شهر مارس إلى الآن وقد سلمت لها هذه الشهادة بطلب منها", EmploymentCertificate, &["ar"]),
        ("示例科技有限公司\n在职证明\n兹证明李样本女士自二〇一九年三月起在我公司任职，担任结构工程师，工作认真负责，特此证明。", EmploymentCertificate, &["zh"]),
    ];
    let mut wrong = Vec::new();
    for (text, kind, languages) in cases {
        let found = read(vec![page(1, text)], "scan.pdf");
        let got: Vec<(DocumentKind, Vec<&str>)> =
            found.iter().map(|document| (document.kind, document.languages.iter().map(|language| language.code()).collect())).collect();
        if got != [(kind, languages.to_vec())] {
            wrong.push(format!("{:?} {languages:?} read as {got:?}: {}", kind, text.lines().take(2).collect::<Vec<_>>().join(" / ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
