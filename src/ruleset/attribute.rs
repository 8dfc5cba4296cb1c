//! The vocabulary: the attributes, their types and the form of their values.

use crate::base::country::{Country, CountrySet};
use crate::base::set::Set;
use crate::base::time::Instant;

/// An attribute, as its position in a ruleset's vocabulary: the built-in ones first, then its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeId(u16);

/// One typed fact that a condition can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its full name, such as `subject.us_person`.
    pub name: String,
    /// The type of its values.
    pub kind: Type,
    /// The source of its values.
    pub source: Source,
    /// How much it reveals about a person: 0 is a yes or no, 9 a document. Cheaper paths are offered first.
    pub privacy: u8,
    /// Default of a `Bool` that the host states, for a request that does not state it.
    pub absent: Option<bool>,
}

/// The type of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// Any text, compared exactly.
    Text,
    /// One of these words.
    Word(Vec<String>),
    /// A number.
    Number,
    /// A country.
    Country,
    /// A set of texts.
    Texts,
    /// A set of countries.
    Countries,
    /// A set of subdivisions of countries (ISO 3166-2).
    Regions,
    /// Countries that are or were held, each with its known dates.
    Holdings,
    /// A set of records with these fields, each `Bool`, `Text` or `Word`.
    Records(Vec<(String, Self)>),
    /// Shares of a whole, each with the list that its owner is on.
    Shares,
}

/// The source of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Claims of a verified token, with their evidence.
    Evidence,
    /// Derived from other attributes: no claim asserts it by itself.
    Derived,
    /// Stated by the host that calls the check, which is trusted for it.
    Context,
}

impl Type {
    /// True if its values are sets.
    pub const fn is_set(&self) -> bool {
        match self {
            Self::Texts | Self::Countries | Self::Regions | Self::Holdings | Self::Records(_) | Self::Shares => true,
            Self::Bool | Self::Text | Self::Word(_) | Self::Number | Self::Country => false,
        }
    }
}

/// How complete an issuer asserts a set to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Complete {
    /// There is at least one more member, which the issuer does not disclose.
    Untold,
    /// There may be more members.
    #[default]
    No,
    /// The set is complete now. There may have been more members before.
    Now,
    /// There are no more members and never were.
    Ever,
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// Of `Type::Bool`.
    Bool(bool),
    /// Of `Type::Text` or `Type::Word`.
    Text(String),
    /// Of `Type::Number`.
    Number(f64),
    /// Of `Type::Country`.
    Country(Country),
    /// Of `Type::Texts` or `Type::Regions`: the known members.
    Texts(Set<String>, Complete),
    /// Of `Type::Countries`: the known members.
    Countries(CountrySet, Complete),
    /// Of `Type::Holdings`: the known present and past holdings.
    Holdings(Vec<Holding>, Complete),
    /// Of `Type::Records`: the known records.
    Records(Vec<Record>, Complete),
    /// Of `Type::Shares`: the list of each owner, and the share in percent.
    Shares(Vec<(String, f64)>, Complete),
}

/// A country that is or was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The country.
    pub country: Country,
    /// The start, if known.
    pub since: Option<Instant>,
    /// First instant at which it was no longer held.
    pub until: Option<Instant>,
}

/// Fields by name, each a `Bool` or a `Text`.
pub type Record = Vec<(String, AttributeValue)>;

/// The values of a person's status in the United States.
const US_STATUSES: &[&str] = &[
    "citizen",
    "national",
    "lpr",
    "asylee",
    "refugee",
    "temporary_resident",
    "nonimmigrant",
    "parolee",
    "asylum_applicant",
    "none",
];

/// 15 CFR 772.1, the exclusions of "foreign person"; the protected individuals are those of 8 U.S.C. 1324b(a)(3).
pub const PROTECTED: &[&str] = &["citizen", "national", "lpr", "asylee", "refugee", "temporary_resident"];

impl AttributeId {
    /// `subject.id`: the issuer's id and `sub` of each token.
    pub const SUBJECT_ID: Self = Self(0);
    /// `subject.us_person`: true for a citizen, national, permanent resident or protected individual.
    pub const US_PERSON: Self = Self(1);
    /// `subject.us_status`
    pub const US_STATUS: Self = Self(2);
    /// `subject.nationalities`: the present ones.
    pub const NATIONALITIES: Self = Self(6);
    /// `subject.nationalities_ever`: the present and past ones.
    pub const NATIONALITIES_EVER: Self = Self(7);
    /// `subject.nationalities_complete`: true if the asserted nationalities are all that the person ever held.
    pub const NATIONALITIES_COMPLETE: Self = Self(8);
    /// `subject.permanent_residencies`
    pub const PERMANENT_RESIDENCIES: Self = Self(9);
    /// `subject.most_recent_nationality`: the most recently acquired citizenship or permanent residency.
    pub const MOST_RECENT: Self = Self(10);
    /// `context.country`: the country on which all signals agree.
    pub const CONTEXT_COUNTRY: Self = Self(16);
    /// `context.countries`: the countries of all signals.
    pub const CONTEXT_COUNTRIES: Self = Self(17);
    /// `context.regions`
    pub const CONTEXT_REGIONS: Self = Self(18);
    /// `context.purpose`
    pub const PURPOSE: Self = Self(19);
    /// `context.chain_roles`: the roles of the parties between the caller and the person served.
    pub const CHAIN_ROLES: Self = Self(20);

    /// Its position.
    pub fn position(self) -> usize {
        usize::from(self.0)
    }

    /// The id at that position. `None` if the position exceeds 16 bits.
    pub fn from_position(position: usize) -> Option<Self> {
        u16::try_from(position).ok().map(Self)
    }

    /// The predicates that a value of this attribute settles.
    pub fn implied(self, value: &AttributeValue) -> Option<(Self, AttributeValue)> {
        match value {
            AttributeValue::Text(status) if self == Self::US_STATUS => {
                Some((Self::US_PERSON, AttributeValue::Bool(PROTECTED.contains(&status.as_str()))))
            }
            _ => None,
        }
    }

    /// The predicates that any value of this attribute settles.
    pub fn settles(self) -> impl Iterator<Item = Self> {
        (self == Self::US_STATUS).then_some(Self::US_PERSON).into_iter()
    }

    /// The attributes whose facts a test of this one reads.
    pub fn read_from(self) -> &'static [Self] {
        match self {
            Self::NATIONALITIES | Self::NATIONALITIES_EVER => &[Self::NATIONALITIES],
            Self::MOST_RECENT => &[Self::NATIONALITIES, Self::PERMANENT_RESIDENCIES],
            _ => &[],
        }
    }

    /// The asserted attributes whose evidence settles this one, itself first.
    pub fn settled_by(self) -> impl Iterator<Item = Self> {
        let others: &[Self] = match self {
            Self::US_PERSON => &[Self::US_STATUS],
            Self::NATIONALITIES | Self::NATIONALITIES_EVER => &[Self::NATIONALITIES, Self::NATIONALITIES_COMPLETE],
            Self::MOST_RECENT => &[Self::NATIONALITIES, Self::PERMANENT_RESIDENCIES],
            _ => &[],
        };
        std::iter::once(self).chain(others.iter().copied().filter(move |other| *other != self))
    }
}

/// The role of the person served, as a party of the chain.
pub const END_USER: &str = "end_user";
/// The role of a party that is named in `act` (RFC 8693) alone.
pub const ACTOR: &str = "actor";
/// The roles that every ruleset knows, sorted.
const ROLES: [&str; 6] = [ACTOR, "agent", "app", END_USER, "integrator", "reseller"];

/// The attributes of a ruleset, and the roles that parties of a chain can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    attributes: Vec<Attribute>,
    roles: Set<String>,
}

impl Default for Vocabulary {
    /// The built-in attributes, in the order of their ids.
    fn default() -> Self {
        use Source::{Context, Derived, Evidence};
        let words = |words: &[&str]| Type::Word(words.iter().map(|word| (*word).to_owned()).collect());
        let record = |fields: &[(&str, Type)]| {
            Type::Records(fields.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect())
        };
        let employment = [("org", Type::Text), ("role", Type::Text), ("regular", Type::Bool), ("nda", Type::Bool)];
        let hit = [("list", Type::Text), ("status", words(&["confirmed", "possible", "cleared"]))];
        let built_in = [
            ("subject.id", Type::Texts, Evidence, 6),
            ("subject.us_person", Type::Bool, Evidence, 0),
            ("subject.us_status", words(US_STATUSES), Evidence, 2),
            ("subject.employer", Type::Texts, Evidence, 3),
            ("subject.employments", record(&employment), Evidence, 4),
            ("subject.residence", Type::Country, Evidence, 3),
            ("subject.nationalities", Type::Holdings, Evidence, 5),
            ("subject.nationalities_ever", Type::Holdings, Derived, 6),
            ("subject.nationalities_complete", Type::Bool, Evidence, 2),
            ("subject.permanent_residencies", Type::Holdings, Evidence, 4),
            ("subject.most_recent_nationality", Type::Country, Derived, 5),
            ("subject.organisation.headquarters", Type::Country, Evidence, 1),
            ("subject.organisation.parent", Type::Country, Evidence, 1),
            ("subject.organisation.established", Type::Country, Evidence, 1),
            ("subject.organisation.listed_owners", Type::Shares, Evidence, 2),
            ("subject.list_hits", record(&hit), Evidence, 4),
            ("context.country", Type::Country, Context, 0),
            ("context.countries", Type::Countries, Context, 0),
            ("context.regions", Type::Regions, Context, 0),
            ("context.purpose", Type::Text, Context, 0),
            ("context.chain_roles", Type::Texts, Context, 0),
        ];
        let attribute = |(name, kind, source, privacy): (&str, Type, Source, u8)| Attribute {
            name: name.to_owned(),
            kind,
            source,
            privacy,
            absent: None,
        };
        Self { attributes: built_in.into_iter().map(attribute).collect(), roles: Set::default() }
    }
}

impl Vocabulary {
    /// The attribute with that id.
    pub fn get(&self, id: AttributeId) -> Option<&Attribute> {
        self.attributes.get(id.position())
    }

    /// Its name; empty for an id of another vocabulary.
    pub fn name(&self, id: AttributeId) -> &str {
        self.get(id).map_or("", |attribute| attribute.name.as_str())
    }

    /// How much it reveals about a person.
    pub fn privacy(&self, id: AttributeId) -> u8 {
        self.get(id).map_or(9, |attribute| attribute.privacy)
    }

    /// True if the host states it.
    pub fn is_context(&self, id: AttributeId) -> bool {
        self.get(id).is_some_and(|attribute| attribute.source == Source::Context)
    }

    /// The attribute with that name.
    pub fn lookup(&self, name: &str) -> Option<AttributeId> {
        self.attributes.iter().position(|attribute| attribute.name == name).and_then(AttributeId::from_position)
    }

    /// All attributes.
    pub fn iter(&self) -> impl Iterator<Item = (AttributeId, &Attribute)> {
        (0..=u16::MAX).map(AttributeId).zip(&self.attributes)
    }

    /// The ruleset's own attributes.
    pub fn own(&self) -> &[Attribute] {
        self.attributes.get(usize::from(BUILT_IN)..).unwrap_or_default()
    }

    /// Adds one of the ruleset's own attributes. `None` if its name is taken or there are too many.
    pub fn add(&mut self, attribute: Attribute) -> Option<AttributeId> {
        let id = AttributeId::from_position(self.attributes.len())?;
        if self.lookup(&attribute.name).is_some() {
            return None;
        }
        self.attributes.push(attribute);
        Some(id)
    }

    /// The roles that parties of a chain can have: those that every ruleset knows, and the ruleset's own.
    pub fn roles(&self) -> impl Iterator<Item = &str> + Clone {
        ROLES.into_iter().chain(self.roles.iter().map(String::as_str))
    }

    /// The roles that the ruleset declares.
    pub const fn own_roles(&self) -> &Set<String> {
        &self.roles
    }

    /// Declares roles.
    pub fn set_roles(&mut self, roles: Set<String>) {
        self.roles = roles;
    }

    /// The fields of a record attribute, for adding more.
    pub fn fields_mut(&mut self, id: AttributeId) -> Option<&mut Vec<(String, Type)>> {
        match self.attributes.get_mut(id.position()).map(|attribute| &mut attribute.kind) {
            Some(Type::Records(fields)) => Some(fields),
            _ => None,
        }
    }
}

/// Number of attributes in every ruleset.
const BUILT_IN: u16 = 21;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_unique() {
        let vocabulary = Vocabulary::default();
        assert!(vocabulary.own().is_empty());
        for (id, attribute) in vocabulary.iter() {
            assert_eq!(vocabulary.lookup(&attribute.name), Some(id));
        }
        for (id, name) in [
            (AttributeId::SUBJECT_ID, "subject.id"),
            (AttributeId::US_PERSON, "subject.us_person"),
            (AttributeId::US_STATUS, "subject.us_status"),
            (AttributeId::NATIONALITIES, "subject.nationalities"),
            (AttributeId::NATIONALITIES_EVER, "subject.nationalities_ever"),
            (AttributeId::NATIONALITIES_COMPLETE, "subject.nationalities_complete"),
            (AttributeId::PERMANENT_RESIDENCIES, "subject.permanent_residencies"),
            (AttributeId::MOST_RECENT, "subject.most_recent_nationality"),
            (AttributeId::CONTEXT_COUNTRY, "context.country"),
            (AttributeId::CONTEXT_COUNTRIES, "context.countries"),
            (AttributeId::CONTEXT_REGIONS, "context.regions"),
            (AttributeId::PURPOSE, "context.purpose"),
            (AttributeId::CHAIN_ROLES, "context.chain_roles"),
        ] {
            assert_eq!(vocabulary.name(id), name);
        }
        assert_eq!(vocabulary.lookup("subject.us_persn"), None);
    }

    #[test]
    fn a_status_settles_the_predicate_and_no_status_is_left_out() {
        let person = |status: &str| AttributeId::US_STATUS.implied(&AttributeValue::Text(status.into())).unwrap().1;
        for status in US_STATUSES {
            let expected = !matches!(*status, "nonimmigrant" | "parolee" | "asylum_applicant" | "none");
            assert_eq!(person(status), AttributeValue::Bool(expected), "{status}");
        }
    }
}
