//! Passwords that people write beside the archives they protect, in the same mail.
//!
//! Gives candidates to try, the most probable first; a wrong one costs a moment, the whole text is never one.

use crate::folding::fold;

const PASSWORDS_MAX: usize = 30;
const WORD_CHARS_MAX: usize = 64;
/// How many words around the keyword are looked at.
const WORDS_AFTER: usize = 12;
const WORDS_BEFORE: usize = 5;

/// Words that announce a password, folded; several words are a phrase.
const KEYWORDS: &[&str] = &[
    "MOT DE PASSE",
    "MOTS DE PASSE",
    "MOT DE PASS",
    "MOT PASSE",
    "MDP",
    "PASSWORD",
    "PASSWORDS",
    "PASSWORT",
    "PASSCODE",
    "PASSPHRASE",
    "PASSWD",
    "PWD",
    "PW",
    "PASS WORD",
    "KENNWORT",
    "CONTRASENA",
    "CLAVE",
    "SENHA",
    "PALAVRA PASSE",
    "PALAVRA CHAVE",
    "PAROLA",
    "WACHTWOORD",
    "HASLO",
    "PAROL",
    "SIFRE",
    "SIFRESI",
    "PAROLASI",
    "MAT KHAU",
    "MIMA",
    "LOSENORD",
    "HESLO",
];
/// Words that may announce one: their hits come after all of those above.
const WEAK_KEYWORDS: &[&str] = &[
    "CODE",
    "CLE",
    "KEY",
    "CLEF",
    "CODES",
    "PIN",
    "SECRET",
    "PROTEGE",
    "PROTEGEE",
    "PROTECTED",
    "OUVRIR",
    "OPEN",
    "UNLOCK",
    "DEVERROUILLER",
    "PASSE",
    "PASS",
    "CHIFFRE",
    "ENCRYPTED",
];
/// Keywords of scripts that [`fold`] would transliterate too freely; looked for as they are.
const NATIVE_KEYWORDS: &[&str] = &[
    "密码",
    "密碼",
    "解压码",
    "口令",
    "пароль",
    "كلمة السر",
    "كلمة المرور",
    "الرقم السري",
    "パスワード",
    "비밀번호",
    "סיסמה",
    "κωδικός",
    "رمز عبور",
];

/// Words between the keyword and the password.
const FILLERS: &[&str] = &[
    "EST",
    "IS",
    "IST",
    "ES",
    "E",
    "WAS",
    "LAUTET",
    "SERA",
    "LE",
    "LA",
    "LES",
    "THE",
    "DE",
    "DU",
    "DES",
    "D",
    "L",
    "POUR",
    "FOR",
    "TO",
    "OF",
    "A",
    "AU",
    "ARCHIVE",
    "L'ARCHIVE",
    "ZIP",
    "RAR",
    "7Z",
    "FICHIER",
    "FILE",
    "DOSSIER",
    "FOLDER",
    "SUIVANT",
    "FOLLOWING",
    "CI",
    "DESSOUS",
    "BELOW",
    "PAR",
    "BY",
    "AVEC",
    "WITH",
    "MON",
    "MY",
    "CE",
    "CET",
    "CETTE",
    "THIS",
    "DECOMPRESSER",
    "EXTRACT",
    "VOICI",
    "HERE",
    "JOINT",
    "JOINTE",
    "UN",
    "UNE",
    "AN",
    "UND",
    "DER",
    "DAS",
    "LO",
    "EL",
    "EN",
    "ET",
    "AND",
    "QUI",
    "QUE",
    "DOCUMENTS",
    "DOCUMENT",
    "PIECES",
    "SUIT",
    "COMME",
    "AS",
    "FOLLOWS",
    "ACCES",
    "ACCESS",
    "VOTRE",
    "YOUR",
    "NOTRE",
    "MERCI",
    "THANKS",
    "BONJOUR",
    "CORDIALEMENT",
    "MADAME",
    "MONSIEUR",
];

struct Candidates {
    ranked: Vec<(u32, String)>,
}

impl Candidates {
    fn add(&mut self, rank: u32, word: &str) {
        let word = word.trim();
        let length = word.chars().count();
        if (1..=WORD_CHARS_MAX).contains(&length) && self.ranked.len() < 2_000 {
            self.ranked.push((rank, word.to_owned()));
        }
    }

    /// A word with and without what may be punctuation of the sentence or of the password.
    fn add_word(&mut self, rank: u32, word: &str) {
        let unquoted = word.trim_matches(is_quote);
        let bare = unquoted.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '>']).trim_start_matches(['(', '[', '<', ':', '=']);
        let bare = bare.trim_matches(is_quote);
        if bare.chars().count() < 3 {
            self.add(rank + 3, bare);
        } else {
            self.add(rank, bare);
        }
        for other in [unquoted, word, word.trim_matches(['*', '_'])] {
            if other != bare {
                self.add(rank + 1, other);
            }
        }
    }
}

/// Candidate passwords in a mail's text and subject, most probable first, at most 30.
pub fn passwords_in(text: &str, subject: &str) -> Vec<String> {
    const LINES_MAX: usize = 2_000;
    let mut candidates = Candidates { ranked: Vec::new() };
    let lines: Vec<&str> = text.lines().take(LINES_MAX).chain(std::iter::once(subject)).collect();
    for (position, line) in lines.iter().enumerate() {
        let next = lines.iter().skip(position + 1).take(2).find(|line| !line.trim().is_empty()).copied().unwrap_or_default();
        let next = if position + 1 == lines.len() { "" } else { next };
        read_line(line, next, &mut candidates);
    }
    candidates.ranked.sort_by_key(|(rank, _)| *rank);
    let mut passwords: Vec<String> = Vec::new();
    for (_, word) in candidates.ranked {
        if !passwords.contains(&word) {
            passwords.push(word);
        }
        if passwords.len() == PASSWORDS_MAX {
            break;
        }
    }
    passwords
}

fn read_line(line: &str, next: &str, candidates: &mut Candidates) {
    const LINE_CHARS_MAX: usize = 4_000;
    let line: String = line.chars().take(LINE_CHARS_MAX).map(|letter| if matches!(letter, '\u{a0}' | '\u{202f}') { ' ' } else { letter }).collect();
    for native in NATIVE_KEYWORDS {
        if let Some((before, after)) = line.split_once(native) {
            read_around(before, after, next, 0, candidates);
        }
    }
    let words: Vec<(usize, usize, String)> = word_spans(&line);
    for (rank, keywords) in [(0, KEYWORDS), (200, WEAK_KEYWORDS)] {
        for position in 0..words.len() {
            let Some(n_words) = keyword_at(&words, position, keywords) else { continue };
            let (Some(first), Some(last)) = (words.get(position), words.get(position + n_words - 1)) else { continue };
            let before = line.get(..first.0).unwrap_or_default();
            let after = line.get(last.1..).unwrap_or_default();
            read_around(before, after, next, rank, candidates);
        }
    }
}

/// Words of letters and digits with their places; apostrophes and hyphens part them.
fn word_spans(line: &str) -> Vec<(usize, usize, String)> {
    let mut spans = Vec::new();
    let mut start = None;
    for (position, letter) in line.char_indices().chain(std::iter::once((line.len(), ' '))) {
        if letter.is_alphanumeric() || matches!(letter, '\u{300}'..='\u{36f}') {
            start.get_or_insert(position);
        } else if let Some(begin) = start.take() {
            spans.push((begin, position, fold(line.get(begin..position).unwrap_or_default())));
        }
    }
    spans
}

fn keyword_at(words: &[(usize, usize, String)], position: usize, keywords: &[&str]) -> Option<usize> {
    keywords
        .iter()
        .filter_map(|keyword| {
            let n_words = keyword.split(' ').count();
            let found = words.get(position..position + n_words)?;
            found.iter().map(|(_, _, word)| word.as_str()).eq(keyword.split(' ')).then_some(n_words)
        })
        .max()
}

fn read_around(before: &str, after: &str, next: &str, rank: u32, candidates: &mut Candidates) {
    let first_words: String = after.chars().take(160).collect();
    for quoted in quoted_in(&first_words) {
        candidates.add(rank, &quoted);
    }
    let mark = first_words.find([':', '=', '→', '：']).or_else(|| first_words.find("->").map(|at| at + 1));
    if let Some((_, value)) = mark.and_then(|at| first_words.split_at_checked(at)) {
        let value = value.trim_start_matches([':', '=', '→', '：', '>', ' ', '\t']);
        read_value(value, rank + 2, candidates);
    }
    let remainder = after.trim_matches(|letter: char| letter.is_whitespace() || ":=.)-–".contains(letter));
    if remainder.is_empty() || (mark.is_some() && first_words.trim_end().ends_with([':', '：'])) || remainder.split_whitespace().all(is_filler) {
        read_value(next, rank + 4, candidates);
    }
    for (position, word) in after.split_whitespace().take(WORDS_AFTER).enumerate() {
        let step = u32::try_from(position).unwrap_or(u32::MAX);
        if is_filler(word) {
            continue;
        }
        let odd = is_odd(word);
        candidates.add_word(rank + if odd { 10 } else { 60 } + step, word);
    }
    for (position, word) in before.split_whitespace().rev().take(WORDS_BEFORE).enumerate().filter(|(_, word)| is_odd(word)) {
        candidates.add_word(rank + 40 + u32::try_from(position).unwrap_or(u32::MAX), word);
    }
    for quoted in quoted_in(before) {
        candidates.add(rank + 45, &quoted);
    }
    for word in next.split_whitespace().take(WORDS_AFTER).filter(|word| is_odd(word)) {
        candidates.add_word(rank + 70, word);
    }
}

/// What stands after a colon: its first word, and the whole when it is short (a phrase).
fn read_value(value: &str, rank: u32, candidates: &mut Candidates) {
    let value = value.trim();
    if let Some(word) = value.split_whitespace().next() {
        candidates.add_word(if is_filler(word) { rank + 50 } else { rank }, word);
    }
    if value.contains(' ') && value.chars().count() <= 40 {
        candidates.add(rank + 3, value.trim_matches(is_quote));
        candidates.add(rank + 4, value.trim_end_matches(['.', '!', ',']).trim_matches(is_quote));
    }
    if let Some((first, _)) = value.split_once(['.', ',', '(']).filter(|(first, _)| first.contains(' ') && first.chars().count() <= 40) {
        candidates.add(rank + 5, first);
    }
}

fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '`' | '«' | '»' | '“' | '”' | '„' | '‘' | '’' | '*' | ' ')
}

/// Everything in quotation marks.
fn quoted_in(text: &str) -> Vec<String> {
    const PAIRS: &[(char, char)] = &[('"', '"'), ('«', '»'), ('“', '”'), ('„', '“'), ('`', '`'), ('‘', '’'), ('\'', '\''), ('*', '*'), ('「', '」')];
    let mut quoted = Vec::new();
    for (open, close) in PAIRS {
        let mut rest = text;
        for _ in 0..5 {
            let Some((before, after)) = rest.split_once(*open) else { break };
            let Some((inside, following)) = after.split_once(*close) else { break };
            // An apostrophe inside a word (« l'archive ») opens nothing.
            let opens = *open != '\'' || !before.ends_with(char::is_alphanumeric);
            rest = if opens { following } else { after };
            if opens && !inside.trim().is_empty() && inside.chars().count() <= 40 {
                quoted.push(inside.trim().to_owned());
            }
        }
    }
    quoted
}

fn is_filler(word: &str) -> bool {
    let folded = fold(word);
    folded.is_empty() && !word.chars().any(|letter| "@#$%&!*+".contains(letter))
        || FILLERS.contains(&folded.as_str())
        || KEYWORDS.contains(&folded.as_str())
}

/// A word no sentence needs: digits in it, capitals inside, or signs inside.
fn is_odd(word: &str) -> bool {
    let bare = word.trim_matches(|letter: char| ".,;:!?()[]«»\"'".contains(letter));
    let has_digit = bare.chars().any(|letter| letter.is_ascii_digit());
    let capital_inside = bare.chars().skip(1).any(char::is_uppercase) && bare.chars().any(char::is_lowercase);
    let sign_inside = bare.chars().any(|letter| "@#$%&!*+_=?".contains(letter));
    bare.chars().count() >= 3 && (has_digit || capital_inside || sign_inside)
}

#[cfg(test)]
mod tests {
    use super::passwords_in;

    #[test]
    fn the_password_is_among_the_first() {
        let cases = [
            ("Bonjour,\nLe mot de passe de l'archive est : Nantes2024!\nCordialement", "", "Nantes2024!"),
            ("Le mot de passe est Tulipe-77.", "", "Tulipe-77"),
            ("mdp: zebre", "", "zebre"),
            ("The password is \"open sesame\".", "", "open sesame"),
            ("the zip is protected, password = q1w2e3", "", "q1w2e3"),
            ("Mot de passe :\n\n   Azerty#9\n", "", "Azerty#9"),
            ("Archive protégée (mdp « 14071998 »)", "", "14071998"),
            ("Ci-joint mon dossier.", "Candidature - mdp : Lune42", "Lune42"),
            ("Xk9-22 is the password for the file", "", "Xk9-22"),
            ("Das Passwort lautet Regen7", "", "Regen7"),
            ("la contraseña es lluvia", "", "lluvia"),
            ("解压密码：abc888", "", "abc888"),
            ("Le fichier s'ouvre avec le code 4711.", "", "4711"),
            ("MOT DE PASSE -> toto", "", "toto"),
            ("pwd: it's:me", "", "it's:me"),
        ];
        for (text, subject, expected) in cases {
            let found = passwords_in(text, subject);
            let place = found.iter().position(|word| word == expected);
            assert!(place.is_some_and(|place| place < 6), "{text}: {found:?}");
        }
    }

    #[test]
    fn no_keyword_no_password() {
        assert!(passwords_in("Bonjour, veuillez trouver ci-joint mon CV 2024.", "Candidature").is_empty());
        assert!(passwords_in(&"mot de passe abc1 ".repeat(5_000), "").len() <= 30);
    }
}
