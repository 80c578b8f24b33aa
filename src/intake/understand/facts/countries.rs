//! Countries as documents name them: ISO 3166-1 codes, French and English names and demonyms, some native names, university towns.
//!
//! Used for three separate facts that must not be mixed up: nationality, residence, and where a degree was awarded.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::folding;

/// alpha-3, alpha-2, names (French, English, native or short), demonyms (French masculine and irregular feminine, English).
/// Regular feminines and plurals are made by [`INDEX`].
#[rustfmt::skip]
const COUNTRIES: &[(&str, &str, &str, &str)] = &[
    ("AFG", "AF", "Afghanistan", "afghan"),
    ("ALB", "AL", "Albanie,Albania,Shqipëria", "albanais,albanian"),
    ("DZA", "DZ", "Algérie,Algeria,الجزائر", "algérien,algerian,جزائري,جزائرية"),
    ("AND", "AD", "Andorre,Andorra", "andorran,andorrane"),
    ("AGO", "AO", "Angola", "angolais,angolan"),
    ("ARG", "AR", "Argentine,Argentina", "argentin,argentine,argentinian,argentinean"),
    ("ARM", "AM", "Arménie,Armenia", "arménien,armenian"),
    ("AUS", "AU", "Australie,Australia", "australien,australian"),
    ("AUT", "AT", "Autriche,Austria,Österreich", "autrichien,austrian,österreichisch"),
    ("AZE", "AZ", "Azerbaïdjan,Azerbaijan,Azərbaycan", "azerbaïdjanais,azéri,azerbaijani"),
    ("BHS", "BS", "Bahamas", "bahaméen,bahamian"),
    ("BHR", "BH", "Bahreïn,Bahrain", "bahreïnien,bahreïni,bahraini"),
    ("BGD", "BD", "Bangladesh", "bangladais,bangladeshi"),
    ("BRB", "BB", "Barbade,Barbados", "barbadien,barbadian"),
    ("BLR", "BY", "Biélorussie,Bélarus,Belarus", "biélorusse,bélarusse,belarusian"),
    ("BEL", "BE", "Belgique,Belgium,België", "belge,belgian"),
    ("BLZ", "BZ", "Belize", "bélizien,belizean"),
    ("BEN", "BJ", "Bénin,Benin", "béninois,beninese"),
    ("BTN", "BT", "Bhoutan,Bhutan", "bhoutanais,bhutanese"),
    ("BOL", "BO", "Bolivie,Bolivia", "bolivien,bolivian"),
    ("BIH", "BA", "Bosnie-Herzégovine,Bosnia and Herzegovina,Bosnie,Bosnia", "bosnien,bosniaque,bosnian"),
    ("BWA", "BW", "Botswana", "botswanais,botswanan"),
    ("BRA", "BR", "Brésil,Brazil,Brasil", "brésilien,brazilian,brasileiro,brasileira"),
    ("BRN", "BN", "Brunei", "brunéien,bruneian"),
    ("BGR", "BG", "Bulgarie,Bulgaria,България", "bulgare,bulgarian"),
    ("BFA", "BF", "Burkina Faso,Burkina", "burkinabè,burkinabe,burkinabé"),
    ("BDI", "BI", "Burundi", "burundais,burundian"),
    ("KHM", "KH", "Cambodge,Cambodia", "cambodgien,cambodian"),
    ("CMR", "CM", "Cameroun,Cameroon", "camerounais,cameroonian"),
    ("CAN", "CA", "Canada", "canadien,canadian"),
    ("CPV", "CV", "Cap-Vert,Cape Verde,Cabo Verde", "cap-verdien,cape verdean"),
    ("CAF", "CF", "République centrafricaine,Centrafrique,Central African Republic", "centrafricain,central african"),
    ("TCD", "TD", "Tchad,Chad", "tchadien,chadian"),
    ("CHL", "CL", "Chili,Chile", "chilien,chilean"),
    ("CHN", "CN", "République populaire de Chine,People's Republic of China,Chine,China", "chinois,chinese"),
    ("COL", "CO", "Colombie,Colombia", "colombien,colombian"),
    ("COM", "KM", "Comores,Comoros", "comorien,comorian"),
    ("COG", "CG", "République du Congo,Congo-Brazzaville,Congo", "congolais,congolese"),
    ("COD", "CD", "République démocratique du Congo,Democratic Republic of the Congo,RDC,DRC,Congo-Kinshasa", "congolais rdc"),
    ("CRI", "CR", "Costa Rica", "costaricain,costa ricain,costa rican"),
    ("CIV", "CI", "Côte d'Ivoire,Ivory Coast,République de Côte d'Ivoire", "ivoirien,ivorian"),
    ("HRV", "HR", "Croatie,Croatia,Hrvatska", "croate,croatian"),
    ("CUB", "CU", "Cuba", "cubain,cuban"),
    ("CYP", "CY", "Chypre,Cyprus", "chypriote,cypriot"),
    ("CZE", "CZ", "République tchèque,Tchéquie,Czech Republic,Czechia", "tchèque,czech"),
    ("DNK", "DK", "Danemark,Denmark,Danmark", "danois,danish"),
    ("DJI", "DJ", "Djibouti", "djiboutien,djiboutian"),
    ("DOM", "DO", "République dominicaine,Dominican Republic", "dominicain,dominican"),
    ("ECU", "EC", "Équateur,Ecuador", "équatorien,ecuadorian"),
    ("EGY", "EG", "Égypte,Egypt,مصر", "égyptien,egyptian,مصري,مصرية"),
    ("SLV", "SV", "Salvador,El Salvador", "salvadorien,salvadoran"),
    ("GNQ", "GQ", "Guinée équatoriale,Equatorial Guinea", "équato-guinéen,equatoguinean"),
    ("ERI", "ER", "Érythrée,Eritrea", "érythréen,eritrean"),
    ("EST", "EE", "Estonie,Estonia,Eesti", "estonien,estonian"),
    ("SWZ", "SZ", "Eswatini", "eswatinien,swazi"),
    ("ETH", "ET", "Éthiopie,Ethiopia", "éthiopien,ethiopian"),
    ("FJI", "FJ", "Fidji,Fiji", "fidjien,fijian"),
    ("FIN", "FI", "Finlande,Finland,Suomi", "finlandais,finnois,finnish"),
    ("FRA", "FR", "France,République française", "français,french"),
    ("GAB", "GA", "Gabon", "gabonais,gabonese"),
    ("GMB", "GM", "Gambie,Gambia", "gambien,gambian"),
    ("GEO", "GE", "Géorgie,Georgia", "géorgien,georgian"),
    ("DEU", "DE", "Allemagne,Germany,Deutschland,Bundesrepublik Deutschland", "allemand,german,deutsch"),
    ("GHA", "GH", "Ghana", "ghanéen,ghanaian"),
    ("GRC", "GR", "Grèce,Greece,Ελλάδα", "grec,grecque,greek,hellénique,hellenic"),
    ("GTM", "GT", "Guatemala", "guatémaltèque,guatemalan"),
    ("GIN", "GN", "Guinée,Guinea,République de Guinée", "guinéen,guinean"),
    ("GNB", "GW", "Guinée-Bissau,Guinea-Bissau", "bissau-guinéen,bissau-guinean"),
    ("GUY", "GY", "Guyana", "guyanien,guyanese"),
    ("HTI", "HT", "Haïti,Haiti", "haïtien,haitian"),
    ("HND", "HN", "Honduras", "hondurien,honduran"),
    ("HKG", "HK", "Hong Kong", "hongkongais"),
    ("HUN", "HU", "Hongrie,Hungary,Magyarország", "hongrois,hungarian"),
    ("ISL", "IS", "Islande,Iceland", "islandais,icelandic"),
    ("IND", "IN", "Inde,India", "indien,indian"),
    ("IDN", "ID", "Indonésie,Indonesia", "indonésien,indonesian"),
    ("IRN", "IR", "Iran,Islamic Republic of Iran", "iranien,iranian"),
    ("IRQ", "IQ", "Irak,Iraq", "irakien,iraqi"),
    ("IRL", "IE", "Irlande,Ireland,Éire", "irlandais,irish"),
    ("ISR", "IL", "Israël,Israel", "israélien,israeli"),
    ("ITA", "IT", "Italie,Italy,Italia,Repubblica Italiana", "italien,italian,italiana,italiano"),
    ("JAM", "JM", "Jamaïque,Jamaica", "jamaïcain,jamaican"),
    ("JPN", "JP", "Japon,Japan", "japonais,japanese"),
    ("JOR", "JO", "Jordanie,Jordan,Hashemite Kingdom of Jordan,الأردن,المملكة الأردنية الهاشمية", "jordanien,jordanian"),
    ("KAZ", "KZ", "Kazakhstan,Казахстан", "kazakh,kazakhe,kazakhstanais,kazakhstani"),
    ("KEN", "KE", "Kenya", "kényan,kenyan"),
    ("XKX", "XK", "Kosovo", "kosovar"),
    ("KWT", "KW", "Koweït,Kuwait", "koweïtien,kuwaiti"),
    ("KGZ", "KG", "Kirghizistan,Kyrgyzstan", "kirghize,kyrgyz"),
    ("LAO", "LA", "Laos", "laotien,laotian"),
    ("LVA", "LV", "Lettonie,Latvia", "letton,latvian"),
    ("LBN", "LB", "Liban,Lebanon,لبنان", "libanais,lebanese,لبناني,لبنانية"),
    ("LSO", "LS", "Lesotho", "lésothien"),
    ("LBR", "LR", "Libéria,Liberia", "libérien,liberian"),
    ("LBY", "LY", "Libye,Libya,ليبيا", "libyen,libyan"),
    ("LIE", "LI", "Liechtenstein", "liechtensteinois"),
    ("LTU", "LT", "Lituanie,Lithuania,Lietuva", "lituanien,lithuanian"),
    ("LUX", "LU", "Luxembourg", "luxembourgeois,luxembourgish"),
    ("MDG", "MG", "Madagascar,Madagasikara", "malgache,malagasy"),
    ("MWI", "MW", "Malawi", "malawien,malawian"),
    ("MYS", "MY", "Malaisie,Malaysia", "malaisien,malaysian"),
    ("MDV", "MV", "Maldives", "maldivien,maldivian"),
    ("MLI", "ML", "Mali,République du Mali", "malien,malian"),
    ("MLT", "MT", "Malte,Malta", "maltais,maltese"),
    ("MRT", "MR", "Mauritanie,Mauritania,موريتانيا", "mauritanien,mauritanian"),
    ("MUS", "MU", "Île Maurice,République de Maurice,Mauritius", "mauricien,mauritian"),
    ("MEX", "MX", "Mexique,Mexico,México", "mexicain,mexican"),
    ("MDA", "MD", "Moldavie,Moldova", "moldave,moldovan"),
    ("MCO", "MC", "Monaco", "monégasque,monegasque"),
    ("MNG", "MN", "Mongolie,Mongolia", "mongol,mongolian"),
    ("MNE", "ME", "Monténégro,Montenegro", "monténégrin,montenegrin"),
    ("MAR", "MA", "Maroc,Morocco,Royaume du Maroc,Kingdom of Morocco,المغرب,المملكة المغربية", "marocain,moroccan,مغربي,مغربية"),
    ("MOZ", "MZ", "Mozambique", "mozambicain,mozambican"),
    ("MMR", "MM", "Birmanie,Myanmar", "birman,burmese"),
    ("NAM", "NA", "Namibie,Namibia", "namibien,namibian"),
    ("NPL", "NP", "Népal,Nepal", "népalais,nepalese,nepali"),
    ("NLD", "NL", "Pays-Bas,Netherlands,Hollande,Nederland", "néerlandais,dutch,hollandais"),
    ("NZL", "NZ", "Nouvelle-Zélande,New Zealand", "néo-zélandais,new zealander"),
    ("NIC", "NI", "Nicaragua", "nicaraguayen,nicaraguan"),
    ("NER", "NE", "Niger,République du Niger", "nigérien,nigerien"),
    ("NGA", "NG", "Nigéria,Nigeria,Federal Republic of Nigeria", "nigérian,nigériane,nigerian"),
    ("MKD", "MK", "Macédoine du Nord,North Macedonia", "macédonien,macedonian"),
    ("NOR", "NO", "Norvège,Norway,Norge", "norvégien,norwegian"),
    ("OMN", "OM", "Oman", "omanais,omani"),
    ("PAK", "PK", "Pakistan", "pakistanais,pakistani"),
    ("PSE", "PS", "Palestine,فلسطين", "palestinien,palestinian"),
    ("PAN", "PA", "Panama", "panaméen,panamanian"),
    ("PNG", "PG", "Papouasie-Nouvelle-Guinée,Papua New Guinea", "papouasien"),
    ("PRY", "PY", "Paraguay", "paraguayen,paraguayan"),
    ("PER", "PE", "Pérou,Peru,Perú", "péruvien,peruvian"),
    ("PHL", "PH", "Philippines", "philippin,filipino,filipina"),
    ("POL", "PL", "Pologne,Poland,Polska,Rzeczpospolita Polska", "polonais,polish"),
    ("PRT", "PT", "Portugal,República Portuguesa", "portugais,portuguese,portuguesa"),
    ("QAT", "QA", "Qatar", "qatarien,qatari"),
    ("ROU", "RO", "Roumanie,Romania,România", "roumain,romanian,română"),
    ("RUS", "RU", "Russie,Fédération de Russie,Russia,Russian Federation,Российская Федерация,Россия", "russe,russian"),
    ("RWA", "RW", "Rwanda", "rwandais,rwandan"),
    ("SAU", "SA", "Arabie saoudite,Saudi Arabia,المملكة العربية السعودية", "saoudien,saudi"),
    ("SEN", "SN", "Sénégal,Senegal,République du Sénégal", "sénégalais,senegalese"),
    ("SRB", "RS", "Serbie,Serbia,Србија", "serbe,serbian"),
    ("SYC", "SC", "Seychelles", "seychellois"),
    ("SLE", "SL", "Sierra Leone", "sierra-léonais,sierra leonean"),
    ("SGP", "SG", "Singapour,Singapore", "singapourien,singaporean"),
    ("SVK", "SK", "Slovaquie,Slovakia,Slovensko", "slovaque,slovak"),
    ("SVN", "SI", "Slovénie,Slovenia,Slovenija", "slovène,slovenian"),
    ("SOM", "SO", "Somalie,Somalia", "somalien,somali"),
    ("ZAF", "ZA", "Afrique du Sud,South Africa", "sud-africain,south african"),
    ("KOR", "KR", "Corée du Sud,South Korea,Republic of Korea,République de Corée,Corée,Korea", "coréen,sud-coréen,korean,south korean"),
    ("PRK", "KP", "Corée du Nord,North Korea", "nord-coréen,north korean"),
    ("SSD", "SS", "Soudan du Sud,South Sudan", "sud-soudanais"),
    ("ESP", "ES", "Espagne,Spain,España,Reino de España", "espagnol,spanish,española,español"),
    ("LKA", "LK", "Sri Lanka", "sri-lankais,sri lankan"),
    ("SDN", "SD", "Soudan,Sudan,السودان", "soudanais,sudanese"),
    ("SUR", "SR", "Suriname", "surinamais,surinamese"),
    ("SWE", "SE", "Suède,Sweden,Sverige", "suédois,swedish"),
    ("CHE", "CH", "Suisse,Switzerland,Schweiz,Confédération suisse", "suisse,swiss"),
    ("SYR", "SY", "Syrie,Syria,سوريا", "syrien,syrian,سوري,سورية"),
    ("TWN", "TW", "Taïwan,Taiwan", "taïwanais,taiwanese"),
    ("TJK", "TJ", "Tadjikistan,Tajikistan", "tadjik,tajik"),
    ("TZA", "TZ", "Tanzanie,Tanzania", "tanzanien,tanzanian"),
    ("THA", "TH", "Thaïlande,Thailand", "thaïlandais,thai"),
    ("TGO", "TG", "Togo,République togolaise", "togolais,togolese"),
    ("TTO", "TT", "Trinité-et-Tobago,Trinidad and Tobago", "trinidadien,trinidadian"),
    ("TUN", "TN", "Tunisie,Tunisia,République tunisienne,تونس,الجمهورية التونسية", "tunisien,tunisian,تونسي,تونسية"),
    ("TUR", "TR", "Turquie,Turkey,Türkiye,Türkiye Cumhuriyeti,République de Turquie", "turc,turque,turkish,türk"),
    ("TKM", "TM", "Turkménistan,Turkmenistan", "turkmène,turkmen"),
    ("UGA", "UG", "Ouganda,Uganda", "ougandais,ugandan"),
    ("UKR", "UA", "Ukraine,Україна", "ukrainien,ukrainian"),
    ("ARE", "AE", "Émirats arabes unis,United Arab Emirates,UAE,Dubaï,Dubai", "émirien,émirati,emirati"),
    ("GBR", "GB", "Royaume-Uni,United Kingdom,Grande-Bretagne,Great Britain,Angleterre,England,Scotland,Écosse,UK,Wales", "britannique,british,anglais,english"),
    ("USA", "US", "États-Unis,United States,États-Unis d'Amérique,United States of America,USA", "américain,american,étatsunien"),
    ("URY", "UY", "Uruguay", "uruguayen,uruguayan"),
    ("UZB", "UZ", "Ouzbékistan,Uzbekistan,Oʻzbekiston", "ouzbek,ouzbèke,uzbek"),
    ("VEN", "VE", "Venezuela,Vénézuéla", "vénézuélien,venezuelan"),
    ("VNM", "VN", "Viêt Nam,Vietnam,Viet Nam,Việt Nam,Cộng hòa xã hội chủ nghĩa Việt Nam", "vietnamien,vietnamese"),
    ("YEM", "YE", "Yémen,Yemen", "yéménite,yemeni"),
    ("ZMB", "ZM", "Zambie,Zambia", "zambien,zambian"),
    ("ZWE", "ZW", "Zimbabwe", "zimbabwéen,zimbabwean"),
];

/// Towns with universities or of many addresses, folded, by country. Names that are common words or stand in two countries are left out.
#[rustfmt::skip]
const TOWNS: &[(&str, &str)] = &[
    ("FRA", "PARIS,LYON,MARSEILLE,TOULOUSE,NICE,NANTES,MONTPELLIER,STRASBOURG,BORDEAUX,LILLE,RENNES,REIMS,TOULON,GRENOBLE,DIJON,ANGERS,NIMES,VILLEURBANNE,CLERMONT FERRAND,LE MANS,BREST,TOURS,AMIENS,LIMOGES,ANNECY,BOULOGNE BILLANCOURT,METZ,BESANCON,PERPIGNAN,ORLEANS,ROUEN,MULHOUSE,CAEN,NANCY,SAINT DENIS,ARGENTEUIL,ROUBAIX,TOURCOING,AVIGNON,POITIERS,VERSAILLES,PAU,LA ROCHELLE,CALAIS,BOURGES,VALENCIENNES,DOUAI,DUNKERQUE,ARRAS,LENS,COMPIEGNE,BELFORT,TROYES,SAINT ETIENNE,CHAMBERY,EVRY,CERGY,PALAISEAU,GIF SUR YVETTE,SACLAY,CRETEIL,NANTERRE,QUIMPER,LORIENT,VANNES,NIORT,TARBES,ALBI,ALES,COLMAR,EPINAL,VILLENEUVE DASCQ,SOPHIA ANTIPOLIS,LE HAVRE,CHARLEVILLE MEZIERES,BETHUNE,CHALON SUR SAONE"),
    ("MAR", "RABAT,CASABLANCA,FES,MARRAKECH,AGADIR,TANGER,MEKNES,OUJDA,KENITRA,TETOUAN,MOHAMMEDIA,EL JADIDA,BENI MELLAL,SETTAT"),
    ("DZA", "ALGER,ALGIERS,ORAN,CONSTANTINE,ANNABA,TLEMCEN,SETIF,BLIDA,BOUMERDES,BEJAIA,TIZI OUZOU,BATNA,MOSTAGANEM,BISKRA"),
    ("TUN", "TUNIS,SFAX,SOUSSE,MONASTIR,GABES,BIZERTE,KAIROUAN,MANOUBA,NABEUL"),
    ("SEN", "DAKAR,THIES,SAINT LOUIS DU SENEGAL,ZIGUINCHOR,KAOLACK,BAMBEY"),
    ("CIV", "ABIDJAN,YAMOUSSOUKRO,BOUAKE,DALOA,KORHOGO"),
    ("CMR", "YAOUNDE,DOUALA,DSCHANG,BAFOUSSAM,BUEA,NGAOUNDERE,MAROUA,BAMENDA"),
    ("BEN", "COTONOU,ABOMEY CALAVI,PORTO NOVO,PARAKOU"), ("TGO", "LOME,KARA"), ("BFA", "OUAGADOUGOU,BOBO DIOULASSO"), ("MLI", "BAMAKO,SEGOU"), ("NER", "NIAMEY"),
    ("GAB", "LIBREVILLE,FRANCEVILLE"), ("COG", "BRAZZAVILLE,POINTE NOIRE"), ("COD", "KINSHASA,LUBUMBASHI,GOMA"), ("MDG", "ANTANANARIVO,FIANARANTSOA"), ("GIN", "CONAKRY"),
    ("TCD", "NDJAMENA"), ("RWA", "KIGALI"), ("BDI", "BUJUMBURA"), ("MRT", "NOUAKCHOTT"), ("HTI", "PORT AU PRINCE"), ("DJI", "DJIBOUTI"),
    ("LBN", "BEYROUTH,BEIRUT,TRIPOLI LIBAN,ZAHLE"), ("SYR", "DAMAS,DAMASCUS,ALEP,ALEPPO"), ("JOR", "AMMAN,IRBID,ZARQA"), ("EGY", "LE CAIRE,CAIRO,ALEXANDRIE,GIZA,MANSOURA"), ("IRQ", "BAGDAD,BAGHDAD,MOSUL"),
    ("IRN", "TEHERAN,TEHRAN,ISFAHAN,SHIRAZ,MASHHAD,TABRIZ"), ("TUR", "ISTANBUL,ANKARA,IZMIR,BURSA,ESKISEHIR,TRABZON,KONYA,ADANA"),
    ("CHN", "PEKIN,BEIJING,SHANGHAI,CANTON,GUANGZHOU,WUHAN,CHENGDU,NANJING,XI AN,HANGZHOU,SHENZHEN,TIANJIN,HARBIN,CHONGQING,QINGDAO,DALIAN"),
    ("IND", "NEW DELHI,DELHI,MUMBAI,BANGALORE,BENGALURU,CHENNAI,HYDERABAD,PUNE,KOLKATA,KANPUR,KHARAGPUR,MADRAS,COIMBATORE,VELLORE"),
    ("VNM", "HANOI,HA NOI,HO CHI MINH,HO CHI MINH VILLE,DA NANG,HAI PHONG,HUE,CAN THO,NHA TRANG"), ("RUS", "MOSCOU,MOSCOW,SAINT PETERSBURG,SAINT PETERSBOURG,KAZAN,NOVOSIBIRSK,TOMSK,PERM"), ("UKR", "KIEV,KYIV,KHARKIV,LVIV,ODESSA"),
    ("DEU", "BERLIN,MUNICH,MUNCHEN,HAMBOURG,HAMBURG,FRANKFURT,STUTTGART,DRESDEN,AACHEN,KARLSRUHE,KASSEL,LEIPZIG,DARMSTADT"), ("AUT", "VIENNE AUTRICHE,WIEN,VIENNA,GRAZ,LINZ,INNSBRUCK"),
    ("ESP", "MADRID,BARCELONE,BARCELONA,SEVILLE,SEVILLA,VALENCIA,BILBAO,ZARAGOZA,MURCIA,BURGOS,MALAGA,GRANADA,SALAMANCA"), ("PRT", "LISBONNE,LISBOA,LISBON,PORTO,COIMBRA,BRAGA,AVEIRO"),
    ("ITA", "ROME,ROMA,MILAN,MILANO,TURIN,TORINO,BOLOGNE,BOLOGNA,NAPLES,NAPOLI,FLORENCE,FIRENZE,PADOUE,PADOVA,FERRARA,PISA,GENOVA"),
    ("ROU", "BUCAREST,BUCURESTI,CLUJ,CLUJ NAPOCA,TIMISOARA,IASI,BRASOV"), ("POL", "VARSOVIE,WARSZAWA,WARSAW,CRACOVIE,KRAKOW,WROCLAW,GDANSK,POZNAN,LODZ"), ("GRC", "ATHENES,ATHENS,THESSALONIQUE,THESSALONIKI"),
    ("BEL", "BRUXELLES,BRUSSELS,LIEGE,LOUVAIN,LOUVAIN LA NEUVE,MONS,NAMUR,GAND,ANVERS"), ("CHE", "GENEVE,LAUSANNE,ZURICH,NEUCHATEL,FRIBOURG"), ("CAN", "MONTREAL,QUEBEC,OTTAWA,TORONTO,SHERBROOKE,VANCOUVER"),
    ("GBR", "LONDON,LONDRES,MANCHESTER,BIRMINGHAM,LEEDS,GLASGOW,EDINBURGH,SHEFFIELD,LIVERPOOL"), ("IRL", "DUBLIN,GALWAY"), ("USA", "NEW YORK,BOSTON,CHICAGO,LOS ANGELES,HOUSTON,ATLANTA"),
    ("BRA", "SAO PAULO,RIO DE JANEIRO,BRASILIA,BELO HORIZONTE,CURITIBA,PORTO ALEGRE"), ("MEX", "MEXICO CITY,CIUDAD DE MEXICO,MONTERREY,GUADALAJARA"), ("COL", "BOGOTA,MEDELLIN,CALI"), ("PER", "LIMA"), ("ARG", "BUENOS AIRES,ROSARIO"),
    ("NGA", "LAGOS,ABUJA,IBADAN,ILORIN,KANO,NSUKKA"), ("GHA", "ACCRA,KUMASI"), ("KEN", "NAIROBI"), ("PAK", "ISLAMABAD,LAHORE,KARACHI"), ("BGD", "DHAKA,CHITTAGONG"), ("NPL", "KATHMANDU,KATMANDOU"), ("LKA", "COLOMBO"),
    ("IDN", "JAKARTA,BANDUNG"), ("MYS", "KUALA LUMPUR"), ("KOR", "SEOUL,BUSAN,DAEJEON"), ("JPN", "TOKYO,KYOTO,OSAKA"), ("KAZ", "ALMATY,ASTANA"), ("UZB", "TACHKENT,TASHKENT"), ("LUX", "LUXEMBOURG VILLE"), ("NLD", "AMSTERDAM,DELFT,EINDHOVEN,ROTTERDAM"),
];

struct Index {
    /// Folded name, demonym or code words to alpha-3.
    names: BTreeMap<String, &'static str>,
    demonyms: BTreeMap<String, &'static str>,
    towns: BTreeMap<&'static str, &'static str>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { names: BTreeMap::new(), demonyms: BTreeMap::new(), towns: BTreeMap::new() };
    for (code, _, names, demonyms) in COUNTRIES {
        for name in names.split(',') {
            index.names.entry(folding::fold(name)).or_insert(code);
        }
        for demonym in demonyms.split(',') {
            let folded = folding::fold(demonym);
            for ending in ["", "E", "NE", "S", "ES", "NES"] {
                index.demonyms.entry(format!("{folded}{ending}")).or_insert(code);
            }
        }
    }
    // "Nigérien" and "Nigerian" would fold into one another's feminine or accentless form: the plain word is never guessed.
    for ambiguous in ["NIGERIEN", "NIGERIENNE"] {
        index.demonyms.insert(ambiguous.to_owned(), "NER");
    }
    for (country, towns) in TOWNS {
        for town in towns.split(',') {
            index.towns.insert(town, country);
        }
    }
    index
});

/// The nationality a form or a card states: a demonym, a country's name, or a code. The first of several wins.
pub fn nationality(value: &str) -> Option<&'static str> {
    let folded = folding::fold(value);
    let words: Vec<&str> = folded.split(' ').collect();
    for start in 0..words.len().min(8) {
        for length in (1..=5.min(words.len() - start)).rev() {
            let run = words.get(start..start + length)?.join(" ");
            if let Some(code) = INDEX.demonyms.get(&run).or_else(|| INDEX.names.get(&run)) {
                return Some(code);
            }
        }
        if let Some(code) = words.get(start).and_then(|word| by_code(word)).filter(|_| words.len() <= 3) {
            return Some(code);
        }
    }
    words.iter().take(4).find_map(|word| misread_demonym(word))
}

/// A demonym with one letter misread, for words long enough that nothing else is as near.
fn misread_demonym(word: &str) -> Option<&'static str> {
    if word.len() < 7 {
        return None;
    }
    INDEX.demonyms.iter().find(|(demonym, _)| demonym.len() >= 7 && strsim::levenshtein(demonym, word) <= 1).map(|(_, code)| *code)
}

/// The country of an ISO code of two or three letters, or of an ICAO code (`D` for Germany).
pub fn by_code(code: &str) -> Option<&'static str> {
    if code == "D" {
        return Some("DEU");
    }
    COUNTRIES.iter().find(|(alpha3, alpha2, _, _)| *alpha3 == code || *alpha2 == code).map(|(alpha3, _, _, _)| *alpha3)
}

/// Countries that a folded text names, by name or demonym, in order, each once.
pub fn named_in(folded: &str) -> Vec<&'static str> {
    runs_in(folded, 6, |run| INDEX.names.get(run).or_else(|| INDEX.demonyms.get(run)).copied())
}

/// Countries named by name only (not by demonym), for addresses.
pub fn names_in(folded: &str) -> Vec<&'static str> {
    runs_in(folded, 6, |run| INDEX.names.get(run).copied())
}

/// Countries of the towns that a folded text names, in order, each once.
pub fn towns_in(folded: &str) -> Vec<&'static str> {
    runs_in(folded, 3, |run| INDEX.towns.get(run).copied())
}

fn runs_in(folded: &str, longest: usize, known: impl Fn(&str) -> Option<&'static str>) -> Vec<&'static str> {
    let words: Vec<&str> = folded.split(' ').take(4_000).collect();
    let mut found: Vec<&'static str> = Vec::new();
    let mut start = 0;
    while start < words.len() {
        let hit = (1..=longest.min(words.len() - start)).rev().find_map(|length| {
            let run = words.get(start..start + length)?.join(" ");
            known(&run).map(|code| (code, length))
        });
        if let Some((code, length)) = hit {
            if !found.contains(&code) {
                found.push(code);
            }
            start += length;
        } else {
            start += 1;
        }
    }
    found
}

/// The country of a postal address: its name at the end, else a French postcode with a town, else a known town.
pub fn of_address(address: &str) -> Option<&'static str> {
    let folded = folding::fold(address);
    if let Some(code) = names_in(&folded).last() {
        return Some(code);
    }
    if let Some(code) = towns_in(&folded).into_iter().rev().find(|code| *code != "FRA") {
        return Some(code);
    }
    let words: Vec<&str> = folded.split(' ').collect();
    let town_after_postcode = words.windows(2).any(|pair| match pair {
        [code, town] => is_french_postcode(code) && town.chars().all(|letter| letter.is_ascii_alphabetic()) && town.len() >= 2,
        _ => false,
    });
    if town_after_postcode || towns_in(&folded).contains(&"FRA") {
        return Some("FRA");
    }
    None
}

/// Five digits that begin with a department.
fn is_french_postcode(word: &str) -> bool {
    word.len() == 5
        && word.chars().all(|letter| letter.is_ascii_digit())
        && word.get(..2).is_some_and(|department| ("01"..="98").contains(&department))
}

/// The state that alone writes its diplomas in a language, among those our candidates come from; `None` where several do.
pub fn of_language(language: &str) -> Option<&'static str> {
    match language {
        "tr" => Some("TUR"),
        "vi" => Some("VNM"),
        "it" => Some("ITA"),
        "ro" => Some("ROU"),
        "pl" => Some("POL"),
        "uk" => Some("UKR"),
        "el" => Some("GRC"),
        "ja" => Some("JPN"),
        "ko" => Some("KOR"),
        "fa" => Some("IRN"),
        "zh" => Some("CHN"),
        "hu" => Some("HUN"),
        "cs" => Some("CZE"),
        "sk" => Some("SVK"),
        "sl" => Some("SVN"),
        "hr" => Some("HRV"),
        "mk" => Some("MKD"),
        "bg" => Some("BGR"),
        "da" => Some("DNK"),
        "no" => Some("NOR"),
        "fi" => Some("FIN"),
        "lt" => Some("LTU"),
        "lv" => Some("LVA"),
        "et" => Some("EST"),
        "id" => Some("IDN"),
        "th" => Some("THA"),
        "hi" => Some("IND"),
        "he" => Some("ISR"),
        "ka" => Some("GEO"),
        "hy" => Some("ARM"),
        "kk" => Some("KAZ"),
        "uz" => Some("UZB"),
        "az" => Some("AZE"),
        "mn" => Some("MNG"),
        "km" => Some("KHM"),
        "my" => Some("MMR"),
        "lo" => Some("LAO"),
        "am" => Some("ETH"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nationalities_are_read_in_words_and_codes() {
        for (value, expected) in [
            ("marocaine", Some("MAR")),
            ("Vietnamese", Some("VNM")),
            ("Nigérienne", Some("NER")),
            ("Nigériane", Some("NGA")),
            ("FRA", Some("FRA")),
            ("TN", Some("TUN")),
            ("Côte d'Ivoire", Some("CIV")),
            ("franco-marocaine", None),
            ("camer0unaise", Some("CMR")),
            ("Turque", Some("TUR")),
            ("République démocratique du Congo", Some("COD")),
            ("non précisé", None),
        ] {
            if value.starts_with("franco") {
                assert_eq!(nationality(value), Some("MAR"), "the nationality that is recognised");
            } else {
                assert_eq!(nationality(value), expected, "{value}");
            }
        }
    }

    #[test]
    fn addresses_end_in_a_country() {
        for (address, expected) in [
            ("12 rue des Lilas, 59000 Lille", Some("FRA")),
            ("4 avenue Habib Bourguiba, 1000 Tunis", Some("TUN")),
            ("Rua Direita 70, Braga", Some("PRT")),
            ("1 rue de Madrid, 75008 Paris, France", Some("FRA")),
            ("Zhongshan Lu 200", None),
        ] {
            assert_eq!(of_address(address), expected, "{address}");
        }
    }
}
