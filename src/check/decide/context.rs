//! The request's context as stated by the host. It is parsed strictly: a misspelt name is an error, never a default.

use crate::base::country::{Country, CountrySet};
use crate::base::json::{self, Object};
use crate::base::limits;
use crate::base::set::Set;
use crate::check::subject::{ChainParty, Subject, Weight};
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, END_USER, Type, Vocabulary};
use std::borrow::Cow;
use std::fmt;

/// A request's context.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context(pub(super) Stated);

/// The stated value of each attribute, and the parties of the chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stated {
    pub(super) values: Vec<(AttributeId, Option<AttributeValue>)>,
    /// The countries of signals that state no region.
    regionless: CountrySet,
    pub(super) parties: Vec<ChainParty>,
    /// The parties as the host states them, before `settle`.
    stated_parties: Vec<ChainParty>,
    /// Position of the party that is the person served. `None` if that is the person who presents the tokens, in no
    /// stated role.
    served: Option<usize>,
}

impl Stated {
    /// The stated value of an attribute. `Some(None)` if it was stated but cannot be read.
    #[allow(clippy::option_option, reason = "an absent value differs from an unreadable one")]
    pub(crate) fn get(&self, attribute: AttributeId) -> Option<Option<&AttributeValue>> {
        self.values.iter().find(|(stated, _)| *stated == attribute).map(|(_, value)| value.as_ref())
    }

    /// The countries of signals that state no region.
    pub(super) const fn regionless(&self) -> &CountrySet {
        &self.regionless
    }

    /// The parties of the chain.
    pub(crate) fn parties(&self) -> &[ChainParty] {
        &self.parties
    }

    /// The party that is the person served. `None` if the chain has no such party.
    pub(super) fn served(&self) -> Option<&ChainParty> {
        self.parties.get(self.served?)
    }
}

/// Why a context cannot be read. This is a misuse by the caller, not an error in a person's data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextError {
    /// Longer than the limit.
    TooLarge,
    /// Not strict JSON.
    Json(json::JsonError),
    /// Not an object.
    NotAnObject,
    /// An unknown field.
    UnknownField {
        /// The field as written.
        field: String,
        /// The known fields.
        known: String,
    },
    /// A party of a role that no ruleset declares.
    UnknownRole {
        /// The role as written.
        role: String,
        /// The known roles.
        known: String,
    },
    /// A field of the wrong type.
    WrongType {
        /// The field.
        field: String,
        /// The expected type.
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
            Self::UnknownRole { .. } => "context.unknown_role",
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
            Self::UnknownRole { role, known } => write!(f, "`{role}` is not a role of a party; known are {known}"),
            Self::WrongType { field, expected } => write!(f, "the context's `{field}` must be {expected}"),
        }
    }
}

impl std::error::Error for ContextError {}

impl Context {
    /// Reads a JSON object such as `{"country":"DE"}` with a ruleset's vocabulary. An unknown country is kept as
    /// unusable. A field that only `others` declare, the other rulesets that judge, is skipped.
    ///
    /// # Errors
    /// A field that does not exist or has the wrong type.
    #[inline(never)]
    pub fn parse(vocabulary: &Vocabulary, others: &[&Vocabulary], text: &str) -> Result<Self, ContextError> {
        if text.len() > limits::CONTEXT_BYTES {
            return Err(ContextError::TooLarge);
        }
        let value = json::parse(text.as_bytes(), json::Limits::UNTRUSTED).map_err(ContextError::Json)?;
        let members = value.as_object().ok_or(ContextError::NotAnObject)?;
        let (mut stated, mut places) = (Stated::default(), Locations::default());
        places.put(members)?;
        for (name, value) in members.iter() {
            match name {
                "country" | "region" => {}
                "places" => {
                    for place in list(name, value)? {
                        let place = place.as_object().ok_or_else(|| wrong(name, "a list of objects"))?;
                        known(place, "places", &["country", "region", "source", "quality"])?;
                        // A signal that its source does not vouch for does not count.
                        if text_of(place, "quality")?.is_none_or(|quality| quality == "ok") {
                            places.put(place)?;
                        }
                    }
                }
                "chain" => stated.put_chain(list(name, value)?, vocabulary, others)?,
                _ => match declared(vocabulary, name) {
                    Some((id, kind)) => stated.values.push((id, read(name, kind, value)?)),
                    None if others.iter().any(|other| declared(other, name).is_some()) => {}
                    None => return Err(unknown_field(vocabulary, name)),
                },
            }
        }
        places.state(&mut stated);
        Ok(Self(stated))
    }
}

/// The attributes that are stated through `places` and `chain`.
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

/// The signals of a request's location. Country and region belong together, signal by signal.
#[derive(Default)]
pub(super) struct Locations {
    /// At least one signal states a location.
    pub(super) any: bool,
    pub(super) countries: CountrySet,
    pub(super) regions: Set<String>,
    /// The countries of signals without a region.
    pub(super) regionless: CountrySet,
    /// A signal has an unknown country or region, or a region of another country.
    pub(super) unreadable_country: bool,
    pub(super) unreadable_region: bool,
}

impl Locations {
    /// Adds one signal. A region implies its country.
    fn put(&mut self, place: &Object) -> Result<(), ContextError> {
        let (country, region) = (text_of(place, "country")?, text_of(place, "region")?);
        if country.is_none() && region.is_none() {
            return Ok(());
        }
        self.any = true;
        let of_region = region.map(country_of);
        match (country.map(Country::parse), of_region) {
            (None | Some(Some(_)), Some(Some(of))) if country.is_none_or(|code| Country::parse(code) == Some(of)) => {
                self.countries.insert(of);
                self.regions.extend(region.map(str::to_owned));
            }
            (Some(Some(country)), None) => {
                self.countries.insert(country);
                self.regionless.insert(country);
            }
            (Some(Some(country)), Some(None)) => {
                self.countries.insert(country);
                self.unreadable_region = true;
            }
            _ => {
                self.unreadable_country = true;
                self.unreadable_region = true;
            }
        }
        Ok(())
    }

    pub(super) fn state(self, stated: &mut Stated) {
        if !self.any {
            return;
        }
        let complete = |unreadable: bool| if unreadable { Complete::No } else { Complete::Now };
        let countries = AttributeValue::Countries(self.countries, complete(self.unreadable_country));
        let regions = AttributeValue::Texts(self.regions, complete(self.unreadable_region));
        stated.regionless = self.regionless;
        stated.values.extend([
            (AttributeId::CONTEXT_COUNTRY, Some(countries.clone())),
            (AttributeId::CONTEXT_COUNTRIES, Some(countries)),
            (AttributeId::CONTEXT_REGIONS, Some(regions)),
        ]);
    }
}

/// The country at the beginning of a region's code.
pub(super) fn country_of(region: &str) -> Option<Country> {
    region.get(..2).filter(|_| crate::base::country::is_region(region)).and_then(Country::parse)
}

impl Stated {
    fn put_chain(
        &mut self,
        parties: &[json::Value],
        vocabulary: &Vocabulary,
        others: &[&Vocabulary],
    ) -> Result<(), ContextError> {
        let mut roles = Set::default();
        for party in parties {
            let party = party.as_object().ok_or_else(|| wrong("chain", "a list of objects"))?;
            known(party, "chain", &["role", "of", "known"])?;
            let role =
                text_of(party, "role")?.ok_or_else(|| wrong("chain", "a list of objects, each with a `role`"))?;
            // A role that only one ruleset declares is valid for all of them: rules for `all` judge it.
            if !others.iter().copied().chain([vocabulary]).any(|one| one.roles().any(|known| known == role)) {
                let known: Vec<&str> = vocabulary.roles().collect();
                let role = role.chars().take(64).collect();
                return Err(ContextError::UnknownRole { role, known: known.join(", ") });
            }
            let known = match party.get("known") {
                None | Some(json::Value::Bool(true)) => true,
                Some(json::Value::Bool(false)) => false,
                Some(_) => return Err(wrong("known", "true or false")),
            };
            let of = text_of(party, "of")?;
            // An unnamed party may or may not present the tokens: `settle` decides once all parties are known.
            let presents = of.is_none();
            self.parties.push(ChainParty { known, presents, ..ChainParty::of(role, of.unwrap_or(role)) });
            roles.insert(role.to_owned());
        }
        self.values.push((AttributeId::CHAIN_ROLES, Some(AttributeValue::Texts(roles, Complete::Ever))));
        self.settle();
        Ok(())
    }

    /// Determines which party the host's chain serves, and which party is the person who presents the tokens.
    ///
    /// An unnamed end user is that person. If the end user has a name, that person is the only other unnamed party. If
    /// there is no such party, or several, or the end user is unknown, that person could be each of them. Such parties
    /// are judged with `Weight::Perhaps`.
    pub(super) fn settle(&mut self) {
        self.stated_parties = self.parties.clone();
        let end_users = self.parties.iter().enumerate().filter(|(_, link)| link.role == END_USER);
        let end_users: Vec<(usize, ChainParty)> = end_users.map(|(place, link)| (place, link.clone())).collect();
        self.served = end_users.first().map(|(place, _)| *place);
        // Several different end users, some perhaps unknown: it is not stated which of them is served.
        let first = end_users.first().map(|(_, link)| link);
        if end_users.iter().any(|(_, link)| Some(link) != first) {
            self.serve_nobody_known();
        }
        let presents = end_users.iter().any(|(_, link)| link.presents && link.known);
        let another = !end_users.is_empty() && !presents;
        let unknown = end_users.iter().any(|(_, link)| !link.known);
        let mut unnamed = Vec::new();
        for link in self.parties.iter_mut().filter(|link| link.role != END_USER && link.presents) {
            link.presents = false;
            unnamed.push(link);
        }
        match unnamed.as_mut_slice() {
            _ if !another => {}
            [only] if !unknown => only.presents = true,
            several => {
                let roles = several.iter().map(|link| link.role.clone());
                let roles: Vec<String> = if several.is_empty() { vec![String::new()] } else { roles.collect() };
                let perhaps = |role: &String| ChainParty {
                    presents: true,
                    weight: Weight::Perhaps,
                    ..ChainParty::of(role, role)
                };
                self.parties.extend(roles.iter().map(perhaps));
            }
        }
    }

    /// Serves an unknown end user.
    fn serve_nobody_known(&mut self) {
        self.served = Some(self.parties.len());
        self.parties.push(ChainParty { known: false, ..ChainParty::of(END_USER, END_USER) });
    }

    /// Prepends the parties that the tokens name to those that the host states.
    pub(super) fn with_chain_of(&self, subject: &Subject) -> Cow<'_, Self> {
        if subject.chain().is_empty() && !subject.end_user_unknown() {
            return Cow::Borrowed(self);
        }
        let mut all = self.clone();
        // A signed hop may name the end user, who is then the person served. The presenter can then be a party.
        let is_named = subject.chain().iter().any(|link| link.role == END_USER);
        let stated = if is_named { &self.stated_parties } else { &self.parties };
        all.parties = subject.chain().iter().chain(stated).cloned().collect();
        all.served = self.served.map(|place| place.saturating_add(subject.chain().len()));
        // A condition must not rely on actors that are not vouched for.
        let vouched = all.parties.iter().filter(|link| link.weight == Weight::Full);
        let roles: Set<String> = vouched.map(|link| link.role.clone()).collect();
        if !roles.is_empty() {
            all.values.retain(|(attribute, _)| *attribute != AttributeId::CHAIN_ROLES);
            all.values.push((AttributeId::CHAIN_ROLES, Some(AttributeValue::Texts(roles, Complete::Ever))));
        }
        if is_named {
            all.settle();
        }
        if subject.end_user_unknown() {
            all.serve_nobody_known();
        }
        Cow::Owned(all)
    }
}

pub(super) fn read(name: &str, kind: &Type, value: &json::Value) -> Result<Option<AttributeValue>, ContextError> {
    match (kind, value) {
        (Type::Bool, json::Value::Bool(value)) => Ok(Some(AttributeValue::Bool(*value))),
        (Type::Bool, _) => Err(wrong(name, "true or false")),
        (Type::Number, json::Value::Integer(_) | json::Value::Float(_)) => {
            Ok(value.as_f64().map(AttributeValue::Number))
        }
        (Type::Number, _) => Err(wrong(name, "a number")),
        (Type::Country, json::Value::String(code)) => Ok(Country::parse(code).map(AttributeValue::Country)),
        (Type::Country, _) => Err(wrong(name, "a country code, such as \"DE\"")),
        (Type::Word(words), json::Value::String(word)) => {
            Ok(words.contains(word).then(|| AttributeValue::Text(word.clone())))
        }
        (Type::Texts, json::Value::Array(items)) => {
            let mut members = Set::default();
            for item in items {
                members.insert(item.as_str().ok_or_else(|| wrong(name, "a list of texts"))?.to_owned());
            }
            Ok(Some(AttributeValue::Texts(members, Complete::Now)))
        }
        (Type::Texts, _) => Err(wrong(name, "a list of texts")),
        (Type::Countries, json::Value::Array(items)) => {
            // An entry that is no country could be the decisive one.
            let mut members = Some(CountrySet::default());
            for item in items {
                let code = item.as_str().ok_or_else(|| wrong(name, "a list of country codes"))?;
                members = members.zip(Country::parse(code)).map(|(mut members, country)| {
                    members.insert(country);
                    members
                });
            }
            Ok(members.map(|members| AttributeValue::Countries(members, Complete::Now)))
        }
        (Type::Countries, _) => Err(wrong(name, "a list of country codes")),
        (_, json::Value::String(text)) => Ok((!text.is_empty()).then(|| AttributeValue::Text(text.clone()))),
        _ => Err(wrong(name, "text")),
    }
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
