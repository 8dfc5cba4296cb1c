//! A table of people: a row is one person or request, a column is one attribute or a property of its evidence. Reads
//! rows and decides millions of them; the caller supplies the rows.

mod classes;
mod error;
mod outcomes;
mod person;
mod row;
#[cfg(test)]
mod tests;
mod view;

use crate::base::country::Country;
use crate::base::set::Set;
use crate::check::program::Program;
use crate::ruleset::attribute::{AttributeId, Source, Vocabulary};
pub use error::TableError;
pub use outcomes::{BatchDecider, Requests, WrongCell};
pub use person::EvidenceMode;
pub use row::Row;
pub use view::{Query, RulesetWindow};

/// The meaning of a table's columns, under one ruleset or several.
#[derive(Clone, Debug)]
pub struct Columns {
    names: Vec<String>,
    roles: Vec<Role>,
    /// The names of people in licences and rules. All other names are equivalent.
    named: Set<String>,
}

/// The role of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Role {
    /// One of [`GROUPING`]: no decision depends on it.
    Grouping,
    /// An attribute's value.
    Value,
    /// `subject.id`: a value of which only some are distinguished.
    Name,
    /// The time of verification of an attribute.
    VerifiedAt,
    /// Another property of an attribute's evidence.
    About,
    /// Not a known column.
    Unknown,
}

/// Columns that no rule reads: the row's id, the number of people that it represents, and the groups of a report; and
/// for a request, its instant, what it asked for, and its answer.
pub const GROUPING: [&str; 8] = ["id", "weight", "organisation", "country", "at", "model", "action", "outcome"];

/// The property of an attribute that a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnRole {
    Value,
    Assurance,
    VerifiedAt,
    Issuer,
    Complete,
}

/// The name endings of columns about evidence.
const PARTS: [(&str, ColumnRole); 4] = [
    (".assurance", ColumnRole::Assurance),
    (".verified_at", ColumnRole::VerifiedAt),
    (".issuer", ColumnRole::Issuer),
    (".complete", ColumnRole::Complete),
];

impl Columns {
    /// Reads a table's header. A column that no ruleset knows, or that occurs twice, is reported and ignored.
    pub fn read<'a>(programs: &[&Program], header: impl IntoIterator<Item = &'a str>) -> (Self, Vec<TableError>) {
        let (mut names, mut roles, mut findings) = (Vec::<String>::new(), Vec::new(), Vec::new());
        for name in header.into_iter().map(str::trim) {
            let mut role = role(programs, name);
            if role == Role::Unknown {
                findings.push(TableError::unknown(programs, name));
            } else if names.iter().any(|other| other == name) {
                role = Role::Unknown;
                findings.push(TableError::DuplicateColumn { column: name.to_owned() });
            }
            names.push(name.to_owned());
            roles.push(role);
        }
        (
            Self { names, roles, named: programs.iter().flat_map(|program| program.names_of_people()).collect() },
            findings,
        )
    }

    /// Every possible column, for rows that name their own columns.
    pub fn every(programs: &[&Program]) -> Self {
        Self::read(programs, known(programs).iter().map(String::as_str)).0
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The index of a column. `None` if it is unknown or a duplicate.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().zip(&self.roles).position(|(known, role)| known == name && *role != Role::Unknown)
    }

    /// The country by which a row is grouped, as its two letters. `None` if the text is not a country's code.
    pub fn country(text: &str) -> Option<&'static str> {
        Country::parse(text).map(Country::code)
    }

    /// Adds a cell to a row if a decision can depend on it. An empty cell means no evidence.
    pub fn put(&self, row: &mut Row, place: usize, text: &str) {
        match self.roles.get(place) {
            _ if text.is_empty() => {}
            Some(Role::Value | Role::VerifiedAt | Role::About) => row.push(place, text),
            // All names that no licence and no rule contains are equivalent, so such rows share one cached result.
            Some(Role::Name) if !person::names(text).iter().any(|name| self.named.contains(name)) => {
                row.push(place, "-")
            }
            Some(Role::Name) => row.push(place, text),
            Some(Role::Grouping | Role::Unknown) | None => {}
        }
    }

    /// Returns `true` if a column holds times of verification.
    fn is_instant(&self, place: usize) -> bool {
        self.roles.get(place) == Some(&Role::VerifiedAt)
    }

    /// Returns the columns that rules read to decide these models and actions and that are not `present`.
    pub fn missing(
        programs: &[&Program],
        asked: &[(String, String)],
        present: impl Fn(&str) -> bool,
    ) -> Vec<TableError> {
        let mut missing: Set<&str> = Set::default();
        for program in programs {
            let vocabulary = program.vocabulary();
            for attribute in program.read_by(asked).iter().copied().filter(|read| *read != AttributeId::SUBJECT_ID) {
                let Some(one) = vocabulary.get(attribute) else { continue };
                let places = [AttributeId::CONTEXT_COUNTRY, AttributeId::CONTEXT_COUNTRIES];
                let mut sources: Set<AttributeId> = attribute.settled_by().collect();
                if places.contains(&attribute) {
                    sources.extend(places);
                }
                let said = sources.iter().any(|source| present(vocabulary.name(*source)));
                if !said && one.absent.is_none() {
                    // For a derived attribute, name the first attribute from which it follows.
                    let asserted =
                        |id: &&AttributeId| vocabulary.get(**id).is_some_and(|source| source.source != Source::Derived);
                    let named = Some(&attribute).filter(asserted).or_else(|| sources.iter().find(asserted));
                    missing.extend(named.map(|id| vocabulary.name(*id)));
                }
            }
        }
        missing.iter().map(|column| TableError::MissingColumn { column: (*column).to_owned() }).collect()
    }
}

fn role(programs: &[&Program], name: &str) -> Role {
    if GROUPING.contains(&name) {
        return Role::Grouping;
    }
    let read = programs.iter().find_map(|program| field(program.vocabulary(), name));
    match read {
        Some((AttributeId::SUBJECT_ID, ColumnRole::Value)) => Role::Name,
        Some((_, ColumnRole::Value)) => Role::Value,
        Some((_, ColumnRole::VerifiedAt)) => Role::VerifiedAt,
        Some(_) => Role::About,
        None => Role::Unknown,
    }
}

/// The attribute of a column, and the property of it that the column holds.
fn field(vocabulary: &Vocabulary, name: &str) -> Option<(AttributeId, ColumnRole)> {
    let told = |name: &str| {
        let id = vocabulary.lookup(name)?;
        vocabulary
            .get(id)
            .filter(|attribute| attribute.source != Source::Derived)
            .map(|attribute| (id, attribute.source))
    };
    if let Some((id, _)) = told(name) {
        return Some((id, ColumnRole::Value));
    }
    PARTS.iter().find_map(|(ending, part)| {
        let (id, source) = told(name.strip_suffix(ending)?)?;
        (source == Source::Evidence && id != AttributeId::SUBJECT_ID).then_some((id, *part))
    })
}

/// Every column that one of the rulesets knows.
fn known(programs: &[&Program]) -> Set<String> {
    let mut known: Set<String> = GROUPING.iter().map(|name| (*name).to_owned()).collect();
    for program in programs {
        let vocabulary = program.vocabulary();
        for (_, attribute) in vocabulary.iter() {
            let endings = std::iter::once("").chain(PARTS.iter().map(|(ending, _)| *ending));
            let names = endings.map(|ending| [&attribute.name, ending].concat());
            known.extend(names.filter(|name| field(vocabulary, name).is_some()));
        }
    }
    known
}
