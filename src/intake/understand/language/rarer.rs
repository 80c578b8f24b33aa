//! Languages in Latin letters that the letter statistics do not know: recognised by letters that few others have and by their small words.
//!
//! Without them a Hungarian page would be given to whichever known language it resembles least badly.

use std::collections::BTreeSet;

/// A language's code, its telling letters (lower case), its articles, prepositions and conjunctions, and the words of
/// diplomas and tables of marks, which hold few of those. Loanwords that better-known languages share are left out.
type Rarer = (&'static str, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const RARER: [Rarer; 19] = [
    ("hu", "őű", &["és", "az", "egy", "hogy", "nem", "szerint", "valamint", "által", "részére", "hallgató", "volt", "illetve", "évi", "melyet", "aki", "napján", "született", "tanév", "szakon", "karon", "egyetem", "oklevél", "oklevelet", "tantárgy", "érdemjegy", "tanulmányi", "tanulmányait", "óraszám", "igazoljuk", "munkakörben"]),
    ("cs", "řěů", &["je", "že", "na", "se", "pro", "jako", "byl", "byla", "dne", "podle", "který", "která", "nebo", "jeho", "ve", "roku", "narozen", "narozena", "předmět", "známka", "akademický", "akademickém", "fakulta", "ročníku", "potvrzení", "univerzita"]),
    ("sk", "ľĺŕ", &["je", "že", "na", "sa", "pre", "ako", "bol", "bola", "dňa", "podľa", "ktorý", "ktorá", "alebo", "roku", "štúdia", "narodený", "narodená", "známka", "akademický", "akademickom", "fakulta", "ročníka", "potvrdenie", "univerzita"]),
    ("hr", "", &["je", "se", "na", "za", "od", "da", "koji", "koja", "koje", "ili", "ovim", "kao", "prema", "iz", "sveučilište", "sveučilišta", "studija", "rođen", "rođena", "ocjena", "predmet", "potvrda", "akademske"]),
    ("sr", "", &["je", "se", "na", "za", "od", "da", "koji", "koja", "koje", "ili", "ovim", "kao", "prema", "iz", "univerzitet", "univerziteta", "fakultet", "rođen", "rođena", "predmet", "potvrda", "školske"]),
    ("sl", "", &["je", "se", "na", "za", "ki", "ali", "iz", "pri", "kot", "bil", "bila", "dne", "ter", "univerza", "študija", "rojen", "rojena", "fakulteta", "potrdilo", "študijsko"]),
    ("sv", "", &["och", "att", "är", "som", "för", "av", "det", "den", "med", "har", "till", "på", "om", "ett", "från", "enligt", "född", "betyg", "högskolepoäng", "intyg"]),
    ("da", "", &["og", "at", "er", "som", "for", "af", "det", "den", "med", "har", "til", "på", "fra", "et", "ved", "efter", "født", "eksamen", "uddannelse"]),
    ("no", "", &["og", "er", "som", "for", "av", "det", "den", "med", "har", "til", "på", "fra", "et", "ved", "etter", "ikke", "født", "emne", "studiepoeng", "vitnemål"]),
    ("fi", "", &["ja", "on", "että", "sekä", "joka", "ovat", "mukaan", "hän", "tämä", "oli", "tai", "kuin", "yliopisto", "yliopiston", "syntynyt", "opintojakso", "arvosana", "opintopistettä", "todistus", "tutkinto"]),
    ("id", "", &["yang", "dan", "dengan", "untuk", "dari", "pada", "adalah", "ini", "telah", "dalam", "sebagai", "oleh", "atas", "bahwa", "kepada", "kuliah", "lahir", "nilai", "jurusan", "ijazah", "fakultas"]),
    ("sq", "ë", &["dhe", "të", "në", "për", "me", "është", "nga", "që", "ka", "së", "një", "si", "universiteti", "lindur", "lënda", "fakulteti", "kredite"]),
    ("lt", "ėįų", &["ir", "yra", "kad", "su", "iš", "pagal", "už", "buvo", "metų", "universitetas", "studijų", "gimęs", "gimusi", "dalykas", "kreditai", "pažymys", "fakultetas"]),
    ("lv", "āēīūķļņģ", &["un", "ir", "ka", "ar", "no", "par", "uz", "gada", "kas", "universitāte", "studiju", "dzimis", "dzimusi", "atzīme", "kredītpunkti", "fakultāte"]),
    ("et", "", &["ja", "on", "et", "või", "kui", "ning", "oma", "mis", "aasta", "ülikool", "ülikooli", "sündinud", "õppeaine", "hinne", "õppeaasta"]),
    ("ca", "", &["els", "les", "amb", "que", "per", "ha", "dels", "una", "aquest", "aquesta", "als", "pel", "universitat", "assignatura", "crèdits", "qualificació", "nascut", "nascuda"]),
    ("az", "ə", &["və", "bu", "üçün", "ilə", "bir", "olan", "tərəfindən", "universiteti", "haqqında", "fənn", "kredit", "anadan", "ixtisas", "fakültəsi"]),
    ("uz", "", &["va", "bilan", "uchun", "bu", "berilgan", "ushbu", "davlat", "hamda", "universiteti", "tomonidan", "oliy", "fanlar", "baho", "mutaxassislik", "fakulteti", "talaba"]),
    ("la", "", &["et", "in", "cum", "huius", "rei", "omnibus", "quorum", "hoc", "ad", "per", "nos", "qui", "universitatis", "anno", "domini", "gradum", "has", "litteras"]),
];

/// Where a rarer language starts beside one that the letter statistics are sure of.
const HANDICAP: f32 = -2.4;
/// What telling letters can give at most, and how their share of all letters counts.
const LETTERS_GIVE_AT_MOST: f32 = 4.0;
const PER_SHARE_OF_TELLING_LETTERS: f32 = 250.0;

/// The rarer languages that a text may be in, with scores on the scale of the Latin verdict. `owners` counts the better-known languages
/// that share a word.
pub fn scores(words: &[String], letters: usize, owners: impl Fn(&str) -> usize) -> Vec<(&'static str, f32)> {
    RARER.iter().filter_map(|rarer| Some((rarer.0, score(rarer, words, letters, &owners)?))).collect()
}

fn score((_, telling, small_words): &Rarer, words: &[String], letters: usize, owners: &impl Fn(&str) -> usize) -> Option<f32> {
    let telling_letters = words.iter().flat_map(|word| word.chars()).filter(|letter| telling.contains(*letter)).count();
    let mut weight = 0.0_f32;
    let mut own_words: BTreeSet<&str> = BTreeSet::new();
    for word in words.iter().map(String::as_str).filter(|word| small_words.contains(word)) {
        // Neighbours among the rarer ones (Croatian and Serbian) share most words: those only break the tie between them.
        let neighbours = RARER.iter().filter(|(_, _, words)| words.contains(&word)).count();
        weight += 0.8 / (1 + owners(word)) as f32 + 0.2 / neighbours.max(1) as f32;
        if owners(word) == 0 && word.chars().count() >= 2 {
            own_words.insert(word);
        }
    }
    // One foreign name has a telling letter, one misread word is a small word: several of them make a language.
    let shown = own_words.len() >= 3 || (telling_letters >= 3 && own_words.len() >= 2);
    let by_letters = (telling_letters as f32 / letters.max(1) as f32 * PER_SHARE_OF_TELLING_LETTERS).min(LETTERS_GIVE_AT_MOST);
    shown.then(|| HANDICAP + 0.6 * weight.min(14.0) + by_letters)
}
