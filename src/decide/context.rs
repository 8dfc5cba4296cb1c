//! What the host says of a request, read strictly: a misspelt name is an error, never a default.

use crate::attribute::{AttributeId, Complete, Type, Value, Vocabulary};
use crate::country::{Country, CountrySet};
use crate::json::{self, Object};
use crate::limits;
use crate::set::Set;
use crate::subject::{Link, Subject};
use std::borrow::Cow;
use std::fmt;

/// A request's context.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context(pub(super) Stated);

/// What was stated of each attribute, and the parties of the chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stated {
    values: Vec<(AttributeId, Option<Value>)>,
    parties: Vec<Link>,
    end_user_unknown: bool,
}

impl Stated {
    /// What was said of an attribute; `Some(None)`: something that cannot be read.
    #[allow(clippy::option_option, reason = "nothing said is another thing than something unreadable")]
    pub(crate) fn get(&self, attribute: AttributeId) -> Option<Option<&Value>> {
        self.values.iter().find(|(stated, _)| *stated == attribute).map(|(_, value)| value.as_ref())
    }

    /// The parties of the chain.
    pub(crate) fn parties(&self) -> &[Link] {
        &self.parties
    }

    /// The chain has an end user whom nobody knows.
    pub(crate) const fn end_user_unknown(&self) -> bool {
        self.end_user_unknown
    }
}

/// Why a context cannot be read. A misuse by the caller, not something that a person sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextError {
    /// Longer than the limit.
    TooLarge,
    /// Not strict JSON.
    Json(json::JsonError),
    /// Not an object.
    NotAnObject,
    /// No such field.
    UnknownField {
        /// What was written.
        field: String,
        /// What there is.
        known: String,
    },
    /// A field of the wrong type.
    WrongType {
        /// Which.
        field: String,
        /// What it must be.
        expected: &'static str,
    },
}

impl ContextError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "context.too_large",
            Self::Json(_) => "context.json",
            Self::NotAnObject => "context.not_an_object",
            Self::UnknownField { .. } => "context.unknown_field",
            Self::WrongType { .. } => "context.type",
        }
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "the context is longer than {} bytes", limits::CONTEXT_BYTES),
            Self::Json(error) => write!(f, "the context is not strict JSON: {error}"),
            Self::NotAnObject => f.write_str("the context is not an object"),
            Self::UnknownField { field, known } => {
                write!(f, "`{field}` is not a field of the context; known are {known}")
            }
            Self::WrongType { field, expected } => write!(f, "the context's `{field}` must be {expected}"),
        }
    }
}

impl std::error::Error for ContextError {}

impl Context {
    /// Reads a JSON object such as `{"country":"DE"}` by a ruleset's vocabulary. A value that is no known country is
    /// kept as unusable. What only one of the `others` declares, the rulesets that judge too, is passed over.
    ///
    /// # Errors
    /// A field that does not exist or is of the wrong type.
    #[inline(never)]
    pub fn parse(vocabulary: &Vocabulary, others: &[&Vocabulary], text: &str) -> Result<Self, ContextError> {
        if text.len() > limits::CONTEXT_BYTES {
            return Err(ContextError::TooLarge);
        }
        let value = json::parse(text.as_bytes(), json::Limits::UNTRUSTED).map_err(ContextError::Json)?;
        let members = value.as_object().ok_or(ContextError::NotAnObject)?;
        let (mut stated, mut places) = (Stated::default(), Places::default());
        for (name, value) in members.iter() {
            match name {
                "country" | "region" => places.put(members, name)?,
                "places" => {
                    for place in list(name, value)? {
                        let place = place.as_object().ok_or_else(|| wrong(name, "a list of objects"))?;
                        known(place, "places", &["country", "region", "source", "quality"])?;
                        // A signal that its source does not vouch for is none.
                        if text_of(place, "quality")?.is_none_or(|quality| quality == "ok") {
                            places.put(place, "country")?;
                            places.put(place, "region")?;
                        }
                    }
                }
                "chain" => stated.put_chain(list(name, value)?)?,
                _ => match declared(vocabulary, name) {
                    Some((id, kind)) => stated.values.push((id, read(name, kind, value)?)),
                    None if others.iter().any(|other| declared(other, name).is_some()) => {}
                    None => return Err(unknown_field(vocabulary, name)),
                },
            }
        }
        places.state(&mut stated.values);
        Ok(Self(stated))
    }
}

#[cfg(feature = "author")]
impl Context {
    /// What is known to be stated, as a table has it: of the attributes that several fields settle, the place and the roles
    /// of the chain as well.
    pub(crate) fn of(stated: Vec<(AttributeId, Value)>) -> Self {
        let mut all = Stated::default();
        let mut countries: Option<CountrySet> = None;
        for (attribute, value) in stated {
            match (attribute, value) {
                (AttributeId::CONTEXT_COUNTRY, Value::Country(country)) => {
                    countries.get_or_insert_default().insert(country);
                }
                (AttributeId::CONTEXT_COUNTRIES, Value::Countries(some, _)) => {
                    countries = Some(countries.unwrap_or_default().union(&some));
                }
                (AttributeId::CHAIN_ROLES, Value::Texts(roles, _)) => {
                    let party = |role: &String| Link { role: role.clone(), name: role.clone(), informational: false };
                    all.parties.extend(roles.iter().map(party));
                    all.values.push((attribute, Some(Value::Texts(roles, Complete::Ever))));
                }
                (_, value) => all.values.push((attribute, Some(value))),
            }
        }
        if let Some(countries) = countries {
            let value = Value::Countries(countries, Complete::Now);
            all.values.push((AttributeId::CONTEXT_COUNTRY, Some(value.clone())));
            all.values.push((AttributeId::CONTEXT_COUNTRIES, Some(value)));
        }
        Self(all)
    }
}

/// What is stated as `places` and `chain`.
const DERIVED: [AttributeId; 4] = [
    AttributeId::CONTEXT_COUNTRY,
    AttributeId::CONTEXT_COUNTRIES,
    AttributeId::CONTEXT_REGIONS,
    AttributeId::CHAIN_ROLES,
];

/// The attribute that a field of the context states.
fn declared<'a>(vocabulary: &'a Vocabulary, name: &str) -> Option<(AttributeId, &'a Type)> {
    let id = vocabulary.lookup(&format!("context.{name}")).filter(|id| !DERIVED.contains(id))?;
    vocabulary.get(id).map(|attribute| (id, &attribute.kind))
}

/// The signals of where a request comes from.
#[derive(Default)]
struct Places {
    countries: CountrySet,
    regions: Set<String>,
    any_country: bool,
    any_region: bool,
    /// One of them names no country or region that there is.
    unreadable_country: bool,
    unreadable_region: bool,
}

impl Places {
    fn put(&mut self, place: &Object, name: &str) -> Result<(), ContextError> {
        let Some(code) = text_of(place, name)? else { return Ok(()) };
        if name == "country" {
            self.any_country = true;
            match Country::parse(code) {
                Some(country) => self.countries.insert(country),
                None => self.unreadable_country = true,
            }
        } else {
            self.any_region = true;
            if crate::country::is_region(code) {
                self.regions.insert(code.to_owned());
            } else {
                self.unreadable_region = true;
            }
        }
        Ok(())
    }

    fn state(self, values: &mut Vec<(AttributeId, Option<Value>)>) {
        let complete = |unreadable: bool| if unreadable { Complete::No } else { Complete::Now };
        if self.any_country {
            let some = !self.countries.is_empty();
            let value = some.then(|| Value::Countries(self.countries, complete(self.unreadable_country)));
            values.push((AttributeId::CONTEXT_COUNTRY, value.clone()));
            values.push((AttributeId::CONTEXT_COUNTRIES, value));
        }
        if self.any_region {
            let some = !self.regions.is_empty();
            let value = some.then(|| Value::Texts(self.regions, complete(self.unreadable_region)));
            values.push((AttributeId::CONTEXT_REGIONS, value));
        }
    }
}

impl Stated {
    fn put_chain(&mut self, parties: &[json::Value]) -> Result<(), ContextError> {
        let mut roles = Set::default();
        for party in parties {
            let party = party.as_object().ok_or_else(|| wrong("chain", "a list of objects"))?;
            known(party, "chain", &["role", "of", "known"])?;
            let role =
                text_of(party, "role")?.ok_or_else(|| wrong("chain", "a list of objects, each with a `role`"))?;
            let unknown = match party.get("known") {
                None | Some(json::Value::Bool(true)) => false,
                Some(json::Value::Bool(false)) => true,
                Some(_) => return Err(wrong("known", "true or false")),
            };
            self.end_user_unknown |= unknown && role == "end_user";
            let name = text_of(party, "of")?.unwrap_or(role).to_owned();
            self.parties.push(Link { role: role.to_owned(), name, informational: false });
            roles.insert(role.to_owned());
        }
        self.values.push((AttributeId::CHAIN_ROLES, Some(Value::Texts(roles, Complete::Ever))));
        Ok(())
    }

    /// With the parties that the tokens name before those that the host states.
    pub(super) fn with_chain_of(&self, subject: &Subject) -> Cow<'_, Self> {
        if subject.chain().is_empty() && !subject.end_user_unknown() {
            return Cow::Borrowed(self);
        }
        let mut all = self.clone();
        all.parties = subject.chain().iter().chain(&self.parties).cloned().collect();
        all.end_user_unknown |= subject.end_user_unknown();
        // Actors that nobody vouches for are no part of what a condition may rest on.
        let vouched = all.parties.iter().filter(|link| !link.informational);
        let roles: Set<String> = vouched.map(|link| link.role.clone()).collect();
        if !roles.is_empty() {
            all.values.retain(|(attribute, _)| *attribute != AttributeId::CHAIN_ROLES);
            all.values.push((AttributeId::CHAIN_ROLES, Some(Value::Texts(roles, Complete::Ever))));
        }
        Cow::Owned(all)
    }
}

fn read(name: &str, kind: &Type, value: &json::Value) -> Result<Option<Value>, ContextError> {
    match (kind, value) {
        (Type::Bool, json::Value::Bool(value)) => Ok(Some(Value::Bool(*value))),
        (Type::Bool, _) => Err(wrong(name, "true or false")),
        (Type::Number, json::Value::Integer(_) | json::Value::Float(_)) => Ok(value.as_f64().map(Value::Number)),
        (Type::Number, _) => Err(wrong(name, "a number")),
        (Type::Country, json::Value::String(code)) => Ok(Country::parse(code).map(Value::Country)),
        (Type::Country, _) => Err(wrong(name, "a country code, such as \"DE\"")),
        (Type::Word(words), json::Value::String(word)) => Ok(words.contains(word).then(|| Value::Text(word.clone()))),
        (Type::Texts, json::Value::Array(items)) => {
            let mut members = Set::default();
            for item in items {
                members.insert(item.as_str().ok_or_else(|| wrong(name, "a list of texts"))?.to_owned());
            }
            Ok(Some(Value::Texts(members, Complete::Now)))
        }
        (Type::Texts, _) => Err(wrong(name, "a list of texts")),
        (Type::Countries, json::Value::Array(items)) => {
            // One that is no country could be the decisive one.
            let mut members = Some(CountrySet::default());
            for item in items {
                let code = item.as_str().ok_or_else(|| wrong(name, "a list of country codes"))?;
                members = members.zip(Country::parse(code)).map(|(mut members, country)| {
                    members.insert(country);
                    members
                });
            }
            Ok(members.map(|members| Value::Countries(members, Complete::Now)))
        }
        (Type::Countries, _) => Err(wrong(name, "a list of country codes")),
        (_, json::Value::String(text)) => Ok((!text.is_empty()).then(|| Value::Text(text.clone()))),
        _ => Err(wrong(name, "text")),
    }
}

/// A value as the host states it, of an attribute's type.
#[cfg(feature = "author")]
pub(crate) fn stated(kind: &Type, value: &serde_json::Value) -> Option<Value> {
    let value = json::parse(value.to_string().as_bytes(), json::Limits::UNTRUSTED).ok()?;
    read("", kind, &value).ok().flatten()
}

fn list<'a>(name: &str, value: &'a json::Value) -> Result<&'a [json::Value], ContextError> {
    let items = value.as_array().filter(|items| items.len() <= limits::CONTEXT_ENTRIES);
    items.ok_or_else(|| wrong(name, "a list, of at most 32"))
}

fn text_of<'a>(members: &'a Object, name: &str) -> Result<Option<&'a str>, ContextError> {
    match members.get(name) {
        None => Ok(None),
        Some(json::Value::String(text)) => Ok(Some(text)),
        Some(_) if name == "country" => Err(wrong(name, "a country code, such as \"DE\"")),
        Some(_) => Err(wrong(name, "text")),
    }
}

fn known(members: &Object, what: &str, names: &[&str]) -> Result<(), ContextError> {
    match members.iter().find(|(name, _)| !names.contains(name)) {
        Some((name, _)) => {
            let field = format!("{what}/{}", name.chars().take(64).collect::<String>());
            Err(ContextError::UnknownField { field, known: names.join(", ") })
        }
        None => Ok(()),
    }
}

fn unknown_field(vocabulary: &Vocabulary, name: &str) -> ContextError {
    let mut known = vec!["country", "region", "places", "chain"];
    let named = vocabulary.iter().filter(|(id, _)| !DERIVED.contains(id));
    known.extend(named.filter_map(|(_, attribute)| attribute.name.strip_prefix("context.")));
    ContextError::UnknownField { field: name.chars().take(64).collect(), known: known.join(", ") }
}

fn wrong(field: &str, expected: &'static str) -> ContextError {
    ContextError::WrongType { field: field.chars().take(64).collect(), expected }
}
