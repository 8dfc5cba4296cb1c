//! The vocabulary: which attributes there are, of what type, and what a value of each looks like.

use crate::country::{Country, CountrySet};
use std::collections::BTreeSet;

/// An attribute, as its position in the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeId(u8);

/// One typed fact that a condition can ask for.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Its full name, such as `subject.us_person`.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Type,
    /// Who says it.
    pub source: Source,
    /// How much it tells about a person: 0 a yes or no, 9 a document. Cheaper paths are offered first.
    pub privacy: u8,
}

/// The type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// Any text, compared exactly.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A country.
    Country,
    /// A set of texts.
    Texts,
    /// A set of countries.
    Countries,
}

/// Who says what an attribute's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Claims of a verified token, with their evidence.
    Evidence,
    /// The host that calls the check, which is trusted for it.
    Context,
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of `Type::Bool`.
    Bool(bool),
    /// Of `Type::Text` or `Type::Word`.
    Text(String),
    /// Of `Type::Country`.
    Country(Country),
    /// Of `Type::Texts`.
    Texts {
        /// The known members.
        members: BTreeSet<String>,
        /// Whether there are no others.
        complete: bool,
    },
    /// Of `Type::Countries`.
    Countries {
        /// The known members.
        members: CountrySet,
        /// Whether there are no others.
        complete: bool,
    },
}

/// What a status of residence says of being a U.S. person (15 CFR 772.1, the exclusions of "foreign person").
pub const US_STATUSES: &[&str] = &["citizen", "national", "lpr", "asylee", "refugee", "nonimmigrant", "none"];
const US_PERSON_STATUSES: &[&str] = &["citizen", "national", "lpr", "asylee", "refugee"];

const VOCABULARY: &[Attribute] = &[
    evidence("subject.id", Type::Text, 6),
    evidence("subject.us_person", Type::Bool, 0),
    evidence("subject.us_status", Type::Word(US_STATUSES), 2),
    evidence("subject.employer", Type::Texts, 3),
    evidence("subject.residence", Type::Country, 3),
    evidence("subject.nationalities", Type::Countries, 5),
    context("context.country", Type::Country),
    context("context.purpose", Type::Text),
];

const NONE: Attribute = context("context.none", Type::Text);

const fn evidence(name: &'static str, kind: Type, privacy: u8) -> Attribute {
    Attribute { name, kind, source: Source::Evidence, privacy }
}

const fn context(name: &'static str, kind: Type) -> Attribute {
    Attribute { name, kind, source: Source::Context, privacy: 0 }
}

impl AttributeId {
    /// `subject.id`: the token's issuer and `sub`.
    pub const SUBJECT_ID: Self = Self(0);
    const US_PERSON: Self = Self(1);
    const US_STATUS: Self = Self(2);

    /// The attribute of that name.
    pub fn lookup(name: &str) -> Option<Self> {
        Self::all().find(|id| id.name() == name)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self).take(VOCABULARY.len())
    }

    /// Its entry in the vocabulary.
    pub fn attribute(self) -> &'static Attribute {
        // INVARIANT: an id is only made from a position in the vocabulary, so there is always an entry.
        VOCABULARY.get(usize::from(self.0)).unwrap_or(&NONE)
    }

    /// Its full name.
    pub fn name(self) -> &'static str {
        self.attribute().name
    }

    /// The predicates that a value of this attribute settles.
    pub fn implied(self, value: &Value) -> Option<(Self, Value)> {
        match value {
            Value::Text(status) if self == Self::US_STATUS => {
                Some((Self::US_PERSON, Value::Bool(US_PERSON_STATUSES.contains(&status.as_str()))))
            }
            _ => None,
        }
    }

    /// The predicates that any value of this attribute settles.
    pub fn settles(self) -> impl Iterator<Item = Self> {
        (self == Self::US_STATUS).then_some(Self::US_PERSON).into_iter()
    }

    /// The attributes whose evidence settles this one, itself first.
    pub fn settled_by(self) -> impl Iterator<Item = Self> {
        std::iter::once(self).chain((self == Self::US_PERSON).then_some(Self::US_STATUS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_unique() {
        for id in AttributeId::all() {
            assert_eq!(AttributeId::lookup(id.name()), Some(id));
        }
        assert_eq!(AttributeId::SUBJECT_ID.name(), "subject.id");
        assert_eq!(AttributeId::US_PERSON.name(), "subject.us_person");
        assert_eq!(AttributeId::US_STATUS.name(), "subject.us_status");
        assert_eq!(AttributeId::lookup("subject.us_persn"), None);
    }

    #[test]
    fn a_status_settles_the_predicate_and_no_status_is_left_out() {
        let person = |status: &str| AttributeId::US_STATUS.implied(&Value::Text(status.into())).unwrap().1;
        for status in US_STATUSES {
            let expected = !matches!(*status, "nonimmigrant" | "none");
            assert_eq!(person(status), Value::Bool(expected), "{status}");
        }
    }
}
