//! The columns that an expression reads: their types, and the cells in them that are not valid.

use super::clause::Clause;
use super::dialect::Dialect;
use crate::base::country::{CLASSES, Country, Nationality};
use crate::base::limits;
use crate::base::set::Set;
use crate::check::program::Program;
use crate::ruleset::attribute::{AttributeId, Type, Vocabulary};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A column that an expression reads, by the names of docs/table.md.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SqlColumn {
    /// Its name.
    pub name: String,
    /// Its type in the dialect.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The property of an attribute that a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ColumnPart {
    /// The attribute's value.
    Value,
    Assurance,
    Complete,
    Issuer,
    VerifiedAt,
}

impl ColumnPart {
    const fn ending(self) -> &'static str {
        match self {
            Self::Value => "",
            Self::Assurance => ".assurance",
            Self::Complete => ".complete",
            Self::Issuer => ".issuer",
            Self::VerifiedAt => ".verified_at",
        }
    }
}

/// The columns of a table, and those that were read.
#[derive(Debug)]
pub(super) struct RowColumns<'a> {
    program: &'a Program,
    dialect: Dialect,
    /// The columns of the table, if specified.
    present: Option<&'a Set<String>>,
    read: RefCell<BTreeMap<(AttributeId, ColumnPart), String>>,
}

/// The values that mark a set as complete, now and ever.
pub(super) const WHOLE: [&str; 4] = ["true", "True", "TRUE", "ever"];
const NOT_WHOLE: [&str; 3] = ["false", "False", "FALSE"];
/// Assurance levels, the weakest first; and the value for a fact without evidence.
pub(super) const LEVELS: [&str; 4] = ["0", "1", "2", "3"];
const NOT_SHOWN: &str = "none";

impl<'a> RowColumns<'a> {
    pub(super) const fn new(program: &'a Program, dialect: Dialect, present: Option<&'a Set<String>>) -> Self {
        Self { program, dialect, present, read: RefCell::new(BTreeMap::new()) }
    }

    fn vocabulary(&self) -> &'a Vocabulary {
        self.program.vocabulary()
    }

    /// A column as SQL. `None` if the table does not have it.
    pub(super) fn read(&self, attribute: AttributeId, part: ColumnPart) -> Option<String> {
        let name = [self.vocabulary().name(attribute), part.ending()].concat();
        if self.present.is_some_and(|present| !present.contains(&name)) {
            return None;
        }
        let sql = self.dialect.name(&name);
        self.read.borrow_mut().insert((attribute, part), name);
        let kind = self.vocabulary().get(attribute).map(|one| &one.kind);
        Some(match (part, kind) {
            // An empty text means no evidence.
            (ColumnPart::Value, Some(Type::Text | Type::Word(_) | Type::Country)) => format!("NULLIF({sql}, '')"),
            (ColumnPart::Value | ColumnPart::VerifiedAt, _) => sql,
            // A CSV reader may infer numbers for levels and booleans for completeness.
            (ColumnPart::Assurance | ColumnPart::Complete | ColumnPart::Issuer, _) => {
                format!("NULLIF({}, '')", self.dialect.as_text(&sql))
            }
        })
    }

    /// Returns `true` if the expression reads an attribute's value.
    pub(super) fn is_read(&self, attribute: AttributeId) -> bool {
        self.read.borrow().contains_key(&(attribute, ColumnPart::Value))
    }

    /// The columns read, by name.
    pub(super) fn listed(&self) -> Vec<SqlColumn> {
        let read = self.read.borrow();
        let mut all: Vec<SqlColumn> = read
            .iter()
            .map(|((attribute, part), name)| {
                let kind = match part {
                    ColumnPart::Value => self.vocabulary().get(*attribute).map(|one| self.dialect.of_type(&one.kind)),
                    ColumnPart::VerifiedAt => Some(self.dialect.instant_type().to_owned()),
                    ColumnPart::Assurance | ColumnPart::Complete | ColumnPart::Issuer => {
                        Some(self.dialect.of_type(&Type::Text))
                    }
                };
                SqlColumn { name: name.clone(), kind: kind.unwrap_or_default() }
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The condition that a cell of a column read is not valid.
    pub(super) fn wrong(&self) -> Clause {
        let read: Vec<(AttributeId, ColumnPart)> = self.read.borrow().keys().copied().collect();
        let wrong = read.into_iter().map(|(attribute, part)| {
            let Some(cell) = self.read(attribute, part) else { return Clause::FALSE };
            let unlike = |known: &mut dyn Iterator<Item = &str>| {
                Clause::open(format!("{cell} NOT IN ({})", self.dialect.texts(known)))
            };
            match part {
                ColumnPart::VerifiedAt => Clause::FALSE,
                ColumnPart::Assurance => unlike(&mut LEVELS.into_iter().chain([NOT_SHOWN])),
                ColumnPart::Complete => unlike(&mut WHOLE.into_iter().chain(NOT_WHOLE)),
                ColumnPart::Issuer => unlike(&mut self.program.issuers().map(|issuer| issuer.id.as_str())),
                ColumnPart::Value => {
                    let kind = self.vocabulary().get(attribute).map(|one| &one.kind);
                    match kind {
                        Some(Type::Texts) if attribute == AttributeId::CHAIN_ROLES => {
                            let roles = self.dialect.texts(self.vocabulary().roles());
                            self.wrong_list(&cell, limits::SET_ENTRIES, Clause::open(format!("x NOT IN ({roles})")))
                        }
                        Some(kind) => self.wrong_value(kind, &cell),
                        None => Clause::FALSE,
                    }
                }
            }
        });
        Clause::any(wrong.collect::<Vec<_>>())
    }

    /// The condition that a list is too long, or has a member that is null or not valid.
    fn wrong_list(&self, cell: &str, most: usize, member: Clause) -> Clause {
        let long = Clause::open(format!("{} > {most}", self.dialect.length(cell)));
        let bad = Clause::any([Clause::settled("x IS NULL".to_owned()), member]);
        Clause::any([long, Clause::open(self.dialect.exists(cell, &bad.to_sql()))])
    }

    fn wrong_value(&self, kind: &Type, cell: &str) -> Clause {
        let dialect = self.dialect;
        let none_of = |of: &str, known: &mut dyn Iterator<Item = &str>| {
            Clause::open(format!("{of} NOT IN ({})", dialect.texts(known)))
        };
        let empty = |of: &str| Clause::open(format!("{of} = ''"));
        let missing = |of: &str| Clause::settled(format!("{of} IS NULL"));
        let listed = |most: usize, member: Clause| self.wrong_list(cell, most, member);
        match kind {
            Type::Bool => Clause::FALSE,
            // Only for a field of a record: an empty cell means no evidence.
            Type::Text => empty(cell),
            Type::Word(words) => none_of(cell, &mut words.iter().map(String::as_str)),
            Type::Country => none_of(cell, &mut Country::all()),
            Type::Number => {
                let (least, most) = (dialect.number(f64::MIN), dialect.number(f64::MAX));
                Clause::open(format!("{cell} NOT BETWEEN {least} AND {most}"))
            }
            Type::Texts => listed(limits::SET_ENTRIES, empty("x")),
            Type::Countries => listed(limits::COUNTRY_ENTRIES, none_of("x", &mut Country::all())),
            Type::Regions => {
                let form = format!("{} NOT IN ({})", "substring(x, 1, 2)", dialect.texts(Country::all()));
                let rest = dialect.matches("x", "^[A-Z]{2}-[A-Z0-9]{1,3}$");
                listed(limits::SET_ENTRIES, Clause::any([Clause::open(form), Clause::open(rest).not()]))
            }
            Type::Holdings => {
                let codes = none_of("x.country", &mut Country::all().chain(CLASSES).chain(Nationality::untold_codes()));
                listed(limits::COUNTRY_ENTRIES, Clause::any([missing("x.country"), codes]))
            }
            Type::Records(fields) => {
                let wrong = fields.iter().map(|(name, kind)| self.wrong_value(kind, &dialect.field("x", name)));
                listed(limits::SET_ENTRIES, Clause::any(wrong.collect::<Vec<_>>()))
            }
            Type::Shares => {
                let share = Clause::open("x.pct NOT BETWEEN 0 AND 100".to_owned());
                let parts = [missing("x.list"), empty("x.list"), missing("x.pct"), share];
                listed(limits::SET_ENTRIES, Clause::any(parts))
            }
        }
    }
}
