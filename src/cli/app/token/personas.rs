//! The personas of development tokens. All of them are made up.

use serde_json::{Map, Value, json};

/// A persona, with the claims that the issuer makes about them.
pub(super) struct Persona {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// The U.S. person status, and its basis.
    us_person: Option<(bool, Option<&'static str>)>,
    us_status: Option<&'static str>,
    citizenships: &'static [&'static str],
    residence: Option<&'static str>,
    permanent_residencies: &'static [&'static str],
    /// True for an employee of the lab who signed a non-disclosure agreement.
    employee: bool,
    assurance: &'static str,
    days_ago: i64,
}

/// A persona without evidence; the others state the differences.
const NOBODY: Persona = Persona {
    name: "no-evidence",
    about: "a person who has signed in, about whom nothing is known",
    us_person: None,
    us_status: None,
    citizenships: &[],
    residence: None,
    permanent_residencies: &[],
    employee: false,
    assurance: "substantial",
    days_ago: 30,
};
const CITIZEN: Persona = Persona {
    name: "us-citizen",
    about: "a citizen of the United States at home",
    us_person: Some((true, Some("citizen"))),
    us_status: Some("citizen"),
    citizenships: &["US"],
    residence: Some("US"),
    ..NOBODY
};
const FOREIGN: Persona = Persona { us_person: Some((false, None)), us_status: Some("none"), ..NOBODY };

/// All personas.
pub(super) static PERSONAS: [Persona; 13] = [
    CITIZEN,
    Persona {
        name: "us-citizen-abroad",
        about: "a citizen of the United States who lives in France",
        residence: Some("FR"),
        ..CITIZEN
    },
    Persona {
        name: "us-dual-citizen",
        about: "a citizen of the United States and of Iran, in the United States",
        citizenships: &["US", "IR"],
        ..CITIZEN
    },
    Persona {
        name: "permanent-resident",
        about: "a citizen of China, lawful permanent resident of the United States",
        us_person: Some((true, Some("lpr"))),
        us_status: Some("lpr"),
        citizenships: &["CN"],
        permanent_residencies: &["US"],
        ..CITIZEN
    },
    Persona {
        name: "refugee",
        about: "a citizen of Syria, admitted to the United States as a refugee",
        us_person: Some((true, Some("protected"))),
        us_status: Some("refugee"),
        citizenships: &["SY"],
        ..CITIZEN
    },
    Persona {
        name: "h1b-dual-citizen",
        about: "a citizen of the United Kingdom and of India, in the United States on an H-1B",
        us_status: Some("nonimmigrant"),
        citizenships: &["GB", "IN"],
        residence: Some("US"),
        ..FOREIGN
    },
    Persona {
        name: "chinese-in-germany",
        about: "a citizen of China, permanent resident of Germany",
        citizenships: &["CN"],
        residence: Some("DE"),
        permanent_residencies: &["DE"],
        ..FOREIGN
    },
    Persona {
        name: "german",
        about: "a citizen of Germany at home",
        citizenships: &["DE"],
        residence: Some("DE"),
        ..FOREIGN
    },
    Persona {
        name: "employee-abroad",
        about: "a citizen of the United Kingdom at home, employed by the lab under its agreements",
        citizenships: &["GB"],
        residence: Some("GB"),
        employee: true,
        ..FOREIGN
    },
    Persona {
        name: "iranian",
        about: "a citizen of Iran at home",
        citizenships: &["IR"],
        residence: Some("IR"),
        ..FOREIGN
    },
    NOBODY,
    Persona {
        name: "stale-evidence",
        about: "a citizen of the United States whose documents were checked five years ago",
        days_ago: 5 * 365,
        ..CITIZEN
    },
    Persona {
        name: "weak-evidence",
        about: "a person who claims, without proof, to be a citizen of the United States",
        assurance: "self",
        ..CITIZEN
    },
];

impl Persona {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        PERSONAS.iter().find(|persona| persona.name == name)
    }

    /// The age of the check of their documents, in days.
    pub(super) const fn days_ago(&self) -> i64 {
        self.days_ago
    }

    /// The issuer's claims, in the forms of the presets `house` and `evidence`.
    pub(super) fn claims(&self, checked_at: &str) -> Map<String, Value> {
        let mut claims = Map::new();
        let facts = self.facts();
        if facts.is_empty() {
            return claims;
        }
        // In the preset `house`, the issuer asserts a status only if it has checked documents.
        if let Some((us_person, basis)) = self.us_person.filter(|_| self.assurance != "self") {
            claims.insert("us_person".to_owned(), json!(us_person));
            claims.extend(basis.map(|basis| ("us_person_basis".to_owned(), json!(basis))));
        }
        claims.insert("checked_at".to_owned(), json!(checked_at));
        claims.insert("method".to_owned(), json!(if self.assurance == "self" { "self" } else { "documents" }));
        let verification =
            json!({ "trust_framework": "development", "assurance_level": self.assurance, "time": checked_at });
        claims.insert("verified_claims".to_owned(), json!([{ "verification": verification, "claims": facts }]));
        claims
    }

    fn facts(&self) -> Map<String, Value> {
        let countries = |codes: &[&str]| match codes {
            [] => None,
            codes => Some(codes.iter().map(|code| json!({ "country": code })).collect::<Value>()),
        };
        let job = json!([{ "org": "lab", "role": "researcher", "regular": true, "nda": true }]);
        let facts = [
            ("us_person", self.us_person.map(|(us_person, _)| json!(us_person))),
            ("us_status", self.us_status.map(Value::from)),
            ("citizenships", countries(self.citizenships)),
            ("residence", self.residence.map(Value::from)),
            ("permanent_residencies", countries(self.permanent_residencies)),
            ("employments", self.employee.then_some(job)),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?))).collect()
    }
}
