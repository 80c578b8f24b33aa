//! The invented candidates. Nobody here exists; neither do their schools and employers.

/// A stretch of work: from and to as year and month.
pub struct Job {
    pub from: (i32, u32),
    pub to: (i32, u32),
    pub title: &'static str,
    pub company: &'static str,
    pub city: &'static str,
}

pub struct Person {
    pub given: &'static str,
    pub family: &'static str,
    pub native: &'static str,
    pub woman: bool,
    pub born: (i32, u32, u32),
    pub birthplace: &'static str,
    /// ISO 3166-1 alpha-3.
    pub nationality: &'static str,
    pub nationality_word: &'static str,
    pub address: [&'static str; 2],
    pub country: &'static str,
    pub telephone: &'static str,
    pub email: &'static str,
    pub programme: &'static str,
    pub english: bool,
    pub degree: &'static str,
    pub speciality: &'static str,
    pub school: &'static str,
    pub school_city: &'static str,
    pub degree_year: i32,
    pub jobs: &'static [Job],
    pub financing: &'static str,
    pub document_number: &'static str,
    /// What is this person's own in the letter of motivation.
    pub story: &'static str,
}

impl Person {
    pub fn full(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    pub fn printed(&self) -> String {
        format!("{} {}", self.given, self.family.to_uppercase())
    }

    pub fn born_figures(&self) -> String {
        format!("{:02}/{:02}/{}", self.born.2, self.born.1, self.born.0)
    }

    pub fn title(&self) -> (&'static str, &'static str) {
        self.programme_words().0
    }

    /// Titles in French and English, and why one would want it, in both.
    fn programme_words(&self) -> ((&'static str, &'static str), (&'static str, &'static str)) {
        match self.programme {
            "CYB" => (
                ("Cybersécurité et résilience numérique", "Cybersecurity and Digital Resilience"),
                (
                    "La place que votre programme donne à la réponse aux incidents et à la continuité d'activité correspond exactement à ce qui manque aux équipes que j'ai côtoyées.",
                    "The weight your programme gives to incident response and business continuity is exactly what the teams I have worked with are missing.",
                ),
            ),
            "MCD" => (
                ("Management de la construction durable", "Sustainable Construction Management"),
                (
                    "Les matériaux biosourcés, la réhabilitation et la conduite de chantier sobre sont au cœur des enseignements, et c'est là que se joue l'avenir du bâtiment dans ma région.",
                    "Bio-based materials, renovation and frugal site management stand at the centre of the courses, and this is where the future of building lies in my region.",
                ),
            ),
            "EEB" => (
                ("Efficacité énergétique et bâtiments bas carbone", "Energy Efficiency and Low-Carbon Buildings"),
                (
                    "Je souhaite maîtriser la simulation thermique dynamique et l'audit énergétique, que je n'ai jusqu'ici abordés que par petits projets.",
                    "I want to master dynamic thermal simulation and energy auditing, which I have so far met only in small projects.",
                ),
            ),
            "QPI" => (
                ("Qualité, performance et excellence industrielle", "Quality and Industrial Excellence"),
                (
                    "Les méthodes d'amélioration continue enseignées à Douai, du diagnostic d'atelier au management visuel, sont celles que je veux conduire moi-même.",
                    "The methods of continuous improvement taught in Douai, from the shop-floor diagnosis to visual management, are those I want to lead myself.",
                ),
            ),
            "IFG" => (
                ("Ingénierie ferroviaire et mobilités guidées", "Railway Engineering and Guided Mobility"),
                (
                    "La signalisation, la voie et le matériel roulant y sont enseignés ensemble, par des gens du métier, ce que je n'ai trouvé nulle part ailleurs.",
                    "Signalling, track and rolling stock are taught together there, by people of the trade, which I have found nowhere else.",
                ),
            ),
            "DIA" => (
                ("Données et intelligence artificielle pour l'industrie", "Data and Artificial Intelligence for Industry"),
                (
                    "Le lien constant entre les données et l'atelier, avec des cas apportés par des industriels, m'a convaincu que c'était la bonne formation.",
                    "The constant link between the data and the shop floor, with cases brought by manufacturers, convinced me that this is the right course.",
                ),
            ),
            _ => (
                ("Plasturgie, composites et économie circulaire", "Plastics, Composites and Circular Economy"),
                (
                    "Le recyclage des composites est un problème que peu d'écoles abordent de front, et votre plateforme d'essais permet de le travailler vraiment.",
                    "The recycling of composites is a problem few schools face squarely, and your test platform makes it possible to work on it for real.",
                ),
            ),
        }
    }

    pub fn why(&self) -> &'static str {
        let words = self.programme_words().1;
        if self.english { words.1 } else { words.0 }
    }
}

/// Fields shared by those who live in France and write French.
const BASE: Person = Person {
    given: "",
    family: "",
    native: "",
    woman: false,
    born: (1999, 1, 1),
    birthplace: "",
    nationality: "FRA",
    nationality_word: "française",
    address: ["", ""],
    country: "France",
    telephone: "",
    email: "",
    programme: "",
    english: false,
    degree: "",
    speciality: "",
    school: "",
    school_city: "",
    degree_year: 2023,
    jobs: &[],
    financing: "personnel",
    document_number: "",
    story: "",
};

pub const THEO: Person = Person {
    given: "Théo",
    family: "Vanhoutte",
    born: (2001, 3, 14),
    birthplace: "Cambrai",
    address: ["12 rue des Foulons", "59500 Douai"],
    telephone: "06 39 98 21 04",
    email: "theo.vanhoutte@univ-scarpe.example",
    programme: "QPI",
    degree: "Master mention Génie industriel",
    speciality: "parcours Qualité et logistique",
    school: "Université de la Scarpe",
    school_city: "Arras",
    degree_year: 2024,
    document_number: "T7X2K9P41",
    story: "Je suis actuellement en seconde année de master et j'effectuerai mon stage de fin d'études dans une fonderie de la région, où l'on m'a confié le suivi des rebuts d'une ligne de moulage.",
    ..BASE
};

pub const MAELLE: Person = Person {
    given: "Maëlle",
    family: "Kerbrat",
    woman: true,
    born: (1998, 7, 2),
    birthplace: "Morlaix",
    address: ["4 venelle du Port-au-Vin", "29600 Morlaix"],
    telephone: "06 39 98 55 17",
    email: "maelle.kerbrat@courriel.example",
    programme: "CYB",
    degree: "Diplôme d'ingénieur",
    speciality: "spécialité Réseaux et télécommunications",
    school: "École supérieure d'ingénieurs du Ponant",
    school_city: "Lorient",
    degree_year: 2021,
    jobs: &[Job { from: (2021, 10), to: (2023, 9), title: "Ingénieure réseaux", company: "Armor Télécom", city: "Brest" }],
    document_number: "D4H8M2R60",
    story: "Depuis deux ans, j'exploite le réseau d'un opérateur régional. Une attaque par rançongiciel chez l'un de nos clients m'a fait mesurer combien la préparation compte davantage que les outils.",
    ..BASE
};

pub const YOUSSOUF: Person = Person {
    given: "Youssouf",
    family: "Traoré",
    born: (1996, 11, 23),
    birthplace: "Ségou",
    nationality: "MLI",
    nationality_word: "malienne",
    address: ["Rue 224, porte 318, Hippodrome", "Bamako"],
    country: "Mali",
    telephone: "+223 70 00 41 26",
    email: "ytraore.btp@courriel.example",
    programme: "MCD",
    degree: "Master en Génie civil",
    speciality: "option Bâtiments et travaux publics",
    school: "Institut supérieur des Techniques du Djoliba",
    school_city: "Bamako",
    degree_year: 2020,
    jobs: &[Job { from: (2020, 9), to: (2023, 8), title: "Conducteur de travaux", company: "Sahel Bâtisseurs", city: "Bamako" }],
    document_number: "AA0419273",
    story: "Sur mes chantiers de Bamako, la brique de terre comprimée a fait baisser de moitié les achats de ciment ; je voudrais savoir le démontrer par le calcul et le faire accepter par un bureau de contrôle.",
    ..BASE
};

pub const IOANA: Person = Person {
    given: "Ioana",
    family: "Munteanu",
    woman: true,
    born: (1997, 2, 9),
    birthplace: "Iași",
    nationality: "ROU",
    nationality_word: "Romanian",
    address: ["Strada Teilor 27, ap. 6", "700312 Iași"],
    country: "Romania",
    telephone: "+40 700 318 224",
    email: "ioana.munteanu@posta.example",
    programme: "DIA",
    english: true,
    degree: "Master of Science in Applied Computing",
    speciality: "Data Engineering",
    school: "Technical University of the Lower Prut",
    school_city: "Galați",
    degree_year: 2021,
    jobs: &[Job { from: (2021, 9), to: (2023, 10), title: "Data analyst", company: "Moldavia Motion Parts", city: "Iași" }],
    financing: "personal",
    document_number: "059318472",
    story: "At a maker of gearbox parts I built the first dashboards that the operators really looked at, and I saw how far a model in a notebook is from a machine that stops in time.",
    ..BASE
};

pub const HANA: Person = Person {
    given: "Hana",
    family: "El-Sherbini",
    native: "هناء محمود الشربيني",
    woman: true,
    born: (1995, 5, 30),
    birthplace: "Mansourah",
    nationality: "EGY",
    nationality_word: "égyptienne",
    address: ["18 rue El-Gomhoreya", "35511 Mansourah"],
    country: "Égypte",
    telephone: "+20 100 555 3182",
    email: "hana.elsherbini@barid.example",
    programme: "EEB",
    degree: "Master en génie énergétique",
    speciality: "Énergies renouvelables",
    school: "Université du Delta oriental",
    school_city: "Mansourah",
    degree_year: 2019,
    jobs: &[Job { from: (2020, 1), to: (2023, 12), title: "Ingénieure d'études thermiques", company: "Nil Énergie Conseil", city: "Le Caire" }],
    document_number: "A28811430",
    story: "J'ai dimensionné la climatisation de deux hôpitaux du Delta. À chaque fois, l'enveloppe du bâtiment était décidée avant nous, et la machine devait tout rattraper.",
    ..BASE
};

pub const OMAR: Person = Person {
    given: "Omar",
    family: "Al-Khatib",
    native: "عمر سليم الخطيب",
    born: (1998, 9, 12),
    birthplace: "Irbid",
    nationality: "JOR",
    nationality_word: "Jordanian",
    address: ["41 Hashmi Street", "Irbid 21110"],
    country: "Jordan",
    telephone: "+962 7 9000 4417",
    email: "omar.alkhatib@barid.example",
    programme: "EEB",
    english: true,
    degree: "Master of Science in Mechanical Engineering",
    speciality: "Thermal Systems",
    school: "University of the Northern Badia",
    school_city: "Irbid",
    degree_year: 2022,
    financing: "personal",
    document_number: "P614207",
    story: "My master's thesis compared three ways of cooling school buildings in the Jordan valley without electricity, and the ministry has begun to test one of them.",
    ..BASE
};

pub const AIGERIM: Person = Person {
    given: "Aigerim",
    family: "Nurlanova",
    native: "Нурланова Айгерим Ерлановна",
    woman: true,
    born: (1999, 12, 5),
    birthplace: "Karaganda",
    nationality: "KAZ",
    nationality_word: "Kazakhstani",
    address: ["Bukhar Zhyrau avenue 54, flat 11", "Karaganda 100012"],
    country: "Kazakhstan",
    telephone: "+7 700 555 2093",
    email: "a.nurlanova@pochta.example",
    programme: "PEC",
    english: true,
    degree: "Master of Technical Sciences",
    speciality: "Chemical Technology of Polymers",
    school: "Saryarka Technological University",
    school_city: "Karaganda",
    degree_year: 2023,
    financing: "personal",
    document_number: "N11930582",
    story: "In the laboratory of my university I worked on polypropylene filled with fly ash from our power stations, and I learnt to distrust a sample that looks too good.",
    ..BASE
};

pub const DENIZ: Person = Person {
    given: "Deniz",
    family: "Korkmaz",
    born: (1997, 4, 18),
    birthplace: "Eskişehir",
    nationality: "TUR",
    nationality_word: "Turkish",
    address: ["Porsuk Bulvarı No: 63/8", "26010 Eskişehir"],
    country: "Türkiye",
    telephone: "+90 555 000 71 38",
    email: "deniz.korkmaz@eposta.example",
    programme: "IFG",
    english: true,
    degree: "Master of Science in Rail Systems Engineering",
    speciality: "Vehicle Dynamics",
    school: "Anadolu Demiryolu Üniversitesi",
    school_city: "Eskişehir",
    degree_year: 2022,
    jobs: &[Job { from: (2022, 9), to: (2024, 1), title: "Bogie test engineer", company: "Frigya Rail Works", city: "Eskişehir" }],
    financing: "personal",
    document_number: "U21740936",
    story: "I measure bogies on a test bench all week and ride the night train home on Friday: the difference between the two is the subject I want to understand.",
    ..BASE
};

pub const INES: Person = Person {
    given: "Inès",
    family: "Carrasco-Vidal",
    woman: true,
    born: (2000, 8, 21),
    birthplace: "Perpignan",
    nationality: "ESP",
    nationality_word: "espagnole",
    address: ["7 rue du Molinel", "59800 Lille"],
    telephone: "06 39 98 70 42",
    email: "ines.carrasco@courriel.example",
    programme: "DIA",
    degree: "Master mention Mathématiques appliquées, statistique",
    speciality: "parcours Science des données",
    school: "Université du Roussillon-Maritime",
    school_city: "Perpignan",
    degree_year: 2023,
    document_number: "PAF482915",
    story: "Mon stage de master, dans une conserverie de Collioure, portait sur la prévision des arrêts de ligne. Le modèle marchait ; personne ne l'a utilisé, et je voudrais comprendre pourquoi.",
    ..BASE
};

pub const KWAME: Person = Person {
    given: "Kwame",
    family: "Boateng",
    born: (1994, 6, 11),
    birthplace: "Kumasi",
    nationality: "GHA",
    nationality_word: "Ghanaian",
    address: ["House 12, Adum Road", "Kumasi"],
    country: "Ghana",
    telephone: "+233 20 555 0164",
    email: "kwame.boateng@postbox.example",
    programme: "CYB",
    english: true,
    degree: "Master of Science in Information Security",
    speciality: "Network Defence",
    school: "Ashanti University of Technology",
    school_city: "Kumasi",
    degree_year: 2020,
    jobs: &[Job { from: (2020, 10), to: (2024, 2), title: "Security analyst", company: "Gold Coast Savings Bank", city: "Accra" }],
    financing: "personal",
    document_number: "G2081934",
    story: "I watch the alarms of a savings bank at night, and I have come to know that most of them could have been a conversation with the branch in the morning.",
    ..BASE
};

pub const SOFIA: Person = Person {
    given: "Sofia",
    family: "Lindqvist",
    woman: true,
    nationality: "SWE",
    email: "sofia.lindqvist@epost.example",
    programme: "EEB",
    english: true,
    ..BASE
};

pub const BAPTISTE: Person = Person {
    given: "Baptiste",
    family: "Delahaye",
    born: (1990, 1, 27),
    birthplace: "Abbeville",
    address: ["3 impasse des Tanneurs", "80100 Abbeville"],
    telephone: "06 39 98 13 66",
    email: "b.delahaye@courriel.example",
    programme: "QPI",
    degree: "Titre certifié « Manager de la performance industrielle »",
    speciality: "enregistré au RNCP au niveau 7",
    school: "Institut picard de management industriel",
    school_city: "Amiens",
    degree_year: 2016,
    jobs: &[Job { from: (2016, 9), to: (2024, 2), title: "Responsable d'atelier", company: "Robinetterie du Vimeu", city: "Friville" }],
    financing: "entreprise",
    document_number: "X9C5B7L38",
    story: "Je dirige depuis sept ans un atelier de robinetterie de quarante personnes. Mon employeur souhaite que je prenne la direction de l'amélioration continue et finance cette année de formation.",
    ..BASE
};

pub const MARIAMA: Person = Person {
    given: "Mariama",
    family: "Diallo",
    woman: true,
    born: (1999, 10, 8),
    birthplace: "Labé",
    nationality: "GIN",
    nationality_word: "guinéenne",
    address: ["88 cours Albert-Thomas", "69008 Lyon"],
    telephone: "07 56 78 12 90",
    email: "mariama.diallo@courriel.example",
    programme: "MCD",
    degree: "Master mention Génie civil",
    speciality: "parcours Structures et matériaux",
    school: "Université Rhône-Alpines",
    school_city: "Lyon",
    degree_year: 2023,
    document_number: "O00718264",
    story: "J'ai grandi dans une maison de banco que ma grand-mère réparait chaque année après les pluies ; mon mémoire de master porte sur la tenue à l'eau de ces enduits.",
    ..BASE
};

pub const HUGO: Person = Person {
    given: "Hugo",
    family: "Fournier",
    born: (2000, 5, 3),
    birthplace: "Tours",
    address: ["21 quai Paul-Bert", "37100 Tours"],
    telephone: "06 39 98 47 75",
    email: "hugo.fournier@courriel.example",
    programme: "IFG",
    degree: "Diplôme d'ingénieur",
    speciality: "spécialité Mécanique",
    school: "École d'ingénieurs du Val de Loire",
    school_city: "Tours",
    degree_year: 2023,
    document_number: "F3N6V1Q72",
    story: "Enfant, je relevais les numéros des locomotives qui passaient le pont de Saint-Pierre-des-Corps. J'ai gardé l'habitude, et j'y ai ajouté la résistance des matériaux.",
    ..BASE
};

pub const CLARA: Person = Person {
    given: "Clara",
    family: "Fournier",
    woman: true,
    born: (1999, 2, 25),
    birthplace: "Épinal",
    address: ["9 place des Vosges", "88000 Épinal"],
    telephone: "06 39 98 28 31",
    email: "clara.fournier@messagerie.example",
    programme: "EEB",
    degree: "Master mention Physique appliquée et ingénierie",
    speciality: "parcours Thermique du bâtiment",
    school: "Université de la Haute-Moselle",
    school_city: "Épinal",
    degree_year: 2022,
    jobs: &[Job { from: (2022, 10), to: (2024, 3), title: "Chargée d'études thermiques", company: "Bureau Ballon d'Alsace", city: "Remiremont" }],
    document_number: "K8J4S5W19",
    story: "Je réalise des diagnostics de maisons anciennes dans les Vosges. Beaucoup de rénovations échouent par défaut d'ensemble : on change la chaudière, puis les fenêtres, puis l'on s'étonne de l'humidité.",
    ..BASE
};

pub const CHAU: Person = Person {
    given: "Thị Minh Châu",
    family: "Nguyễn",
    woman: true,
    born: (1998, 3, 19),
    birthplace: "Huế",
    nationality: "VNM",
    nationality_word: "Vietnamese",
    address: ["52 Lê Lợi Street", "Huế"],
    country: "Vietnam",
    telephone: "+84 90 555 4471",
    email: "minhchau.nguyen@hopthu.example",
    programme: "PEC",
    english: true,
    degree: "Master of Engineering in Materials Science",
    speciality: "Polymer Composites",
    school: "Perfume River University of Engineering",
    school_city: "Huế",
    degree_year: 2022,
    financing: "personal",
    document_number: "C9035127",
    story: "Our village boats were made of bamboo and resin long before I heard the word composite. I would like to make them last without making them waste.",
    ..BASE
};

pub const GAELLE: Person = Person {
    given: "Gaëlle",
    family: "Prigent",
    woman: true,
    born: (1993, 12, 1),
    birthplace: "Quimper",
    address: ["15 rue de l'Odet", "29000 Quimper"],
    telephone: "06 39 98 90 08",
    email: "gaelle.prigent@courriel.example",
    programme: "QPI",
    degree: "Master 1 mention Gestion de production",
    speciality: "première année de master (60 crédits, bac+4)",
    school: "Université de Cornouaille",
    school_city: "Quimper",
    degree_year: 2016,
    jobs: &[
        Job { from: (2016, 10), to: (2019, 8), title: "Technicienne qualité", company: "Conserveries de l'Odet", city: "Quimper" },
        Job { from: (2019, 9), to: (2024, 4), title: "Responsable qualité", company: "Biscuits du Steïr", city: "Quimper" },
    ],
    document_number: "L2Z7E8A53",
    story: "Après ma maîtrise, j'ai choisi l'usine. Huit années dans l'agroalimentaire m'ont appris à faire vivre un système qualité ; il me manque la méthode pour transformer un site entier.",
    ..BASE
};

pub const ZOE: Person = Person {
    given: "Zoë",
    family: "Brandstätter",
    woman: true,
    born: (1999, 9, 28),
    birthplace: "Linz",
    nationality: "AUT",
    nationality_word: "Austrian",
    address: ["Landstraße 40", "4020 Linz"],
    country: "Austria",
    telephone: "+43 660 555 1297",
    email: "zoe.brandstaetter@postfach.example",
    programme: "DIA",
    english: true,
    degree: "Master of Science in Industrial Mathematics",
    speciality: "Optimisation",
    school: "Danube University of Applied Sciences",
    school_city: "Linz",
    degree_year: 2023,
    financing: "personal",
    document_number: "P5503817",
    story: "For my thesis I scheduled the furnaces of a steel mill with integer programming, and then spent as long persuading the foreman as solving the problem.",
    ..BASE
};

pub const JULIEN: Person = Person {
    given: "Julien",
    family: "Masson-Cordier",
    born: (1997, 6, 6),
    birthplace: "Nevers",
    address: ["30 rue Saint-Étienne", "58000 Nevers"],
    telephone: "06 39 98 62 59",
    email: "julien.masson-cordier@courriel.example",
    programme: "CYB",
    degree: "Master mention Informatique",
    speciality: "parcours Sécurité des systèmes",
    school: "Université du Nivernais",
    school_city: "Nevers",
    degree_year: 2022,
    jobs: &[Job { from: (2022, 9), to: (2024, 5), title: "Administrateur systèmes", company: "Faïences de la Loire", city: "Nevers" }],
    document_number: "V6G1Y3D84",
    story: "J'administre seul le parc informatique d'une faïencerie. Je sais maintenant tout ce que je ne sais pas défendre.",
    ..BASE
};
