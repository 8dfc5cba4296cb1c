//! The host's statements in a row: values, locations and roles of the chain.

use super::clause::Clause;
use super::columns::ColumnPart;
use super::evidence::of_version;
use super::members::SqlMembers;
use super::reader::RowReader;
use crate::base::set::Set;
use crate::check::program::AttributeTest;
use crate::ruleset::attribute::{AttributeId, AttributeValue, END_USER, Type};
use crate::ruleset::model::Matcher;

impl<'a> RowReader<'a> {
    /// The host's statement.
    pub(super) fn stated(&self, test: &AttributeTest) -> Clause {
        match test.attribute {
            AttributeId::CONTEXT_COUNTRY | AttributeId::CONTEXT_COUNTRIES => self.places(test),
            AttributeId::CONTEXT_REGIONS => self.regions(test),
            attribute => {
                let one = self.program.vocabulary().get(attribute);
                let absent = one.and_then(|one| one.absent);
                let Some(cell) = self.columns.read(attribute, ColumnPart::Value) else {
                    let fits = absent.map(|absent| {
                        crate::check::decide::for_authors::value_fits(&test.matcher, &AttributeValue::Bool(absent)).ok()
                    });
                    return Clause::Known(fits.flatten());
                };
                if crate::check::decide::for_authors::is_set(&test.matcher) {
                    let whole = match attribute {
                        AttributeId::CHAIN_ROLES => Clause::TRUE,
                        _ => Clause::open(format!("{} > 0", self.dialect.length(&cell))),
                    };
                    let there = Clause::settled(format!("{cell} IS NOT NULL"));
                    let (holds, _) = self.matched(test, &self.members(attribute, &cell, false), whole);
                    return Clause::first([(there, holds)]);
                }
                let cell = match absent {
                    Some(absent) => format!("COALESCE({cell}, {})", Clause::Known(Some(absent)).to_sql()),
                    None => cell,
                };
                self.fits(&test.matcher, &cell)
            }
        }
    }

    /// The condition that the row's chain has one of these roles.
    pub(super) fn has_role(&self, roles: &[&str]) -> Clause {
        match self.roles() {
            Some(members) if !roles.is_empty() => members.any_of(roles.iter().copied()).is_true(),
            _ => Clause::FALSE,
        }
    }

    /// The condition that the row's chain has a party other than the end user.
    pub(super) fn has_party(&self) -> Clause {
        self.roles().map_or(Clause::FALSE, |members| members.any_but(std::iter::once(END_USER)).is_true())
    }

    pub(super) fn roles(&self) -> Option<SqlMembers> {
        Some(SqlMembers::plain(self.columns.read(AttributeId::CHAIN_ROLES, ColumnPart::Value)?, self.dialect))
    }

    /// The row's cells for locations: one country and several; and the condition that any is present.
    pub(super) fn countries(&self) -> (Option<String>, Option<String>, Clause) {
        let one = self.columns.read(AttributeId::CONTEXT_COUNTRY, ColumnPart::Value);
        let many = self.columns.read(AttributeId::CONTEXT_COUNTRIES, ColumnPart::Value);
        let there = |cell: &String| Clause::settled(format!("{cell} IS NOT NULL"));
        let there = Clause::any(one.iter().chain(&many).map(there));
        (one, many, there)
    }

    /// The row's countries as one list.
    pub(super) fn country_list(&self) -> Option<String> {
        let (one, many, _) = self.countries();
        let none = self.dialect.empty(&Type::Countries);
        let alone = |one: &String| format!("CASE WHEN {one} IS NULL THEN {none} ELSE {} END", self.dialect.list(one));
        let all = |many: &String| format!("COALESCE({many}, {none})");
        let lists: Vec<String> = one.iter().map(alone).chain(many.iter().map(all)).collect();
        (!lists.is_empty()).then(|| self.dialect.joined(&lists))
    }

    /// Regions of the row's countries. A region and its country are one location; a country without a region is a
    /// location whose region is unknown. A row with a region of another country is not valid (`wrong_region`).
    pub(super) fn regions(&self, test: &AttributeTest) -> Clause {
        let (_, _, there) = self.countries();
        let Some(countries) = self.country_list() else { return Clause::UNKNOWN };
        let none = self.dialect.empty(&Type::Regions);
        let cell = self.columns.read(AttributeId::CONTEXT_REGIONS, ColumnPart::Value);
        let list = cell.as_ref().map_or_else(|| none.clone(), |cell| format!("COALESCE({cell}, {none})"));
        let all = SqlMembers::plain(list.clone(), self.dialect);
        let places = SqlMembers::plain(countries.clone(), self.dialect);
        let named: Set<&str> = match &test.matcher {
            Matcher::AnyText(wanted) | Matcher::AllText(wanted) | Matcher::OnlyText(wanted) => {
                wanted.iter().filter_map(|region| region.get(..2)).collect()
            }
            _ => Set::default(),
        };
        // A country of a wanted region for which the row names no region.
        let untold = named.iter().map(|code| {
            let told = all.any(&Clause::open(self.dialect.begins("x", &format!("{code}-"))));
            Clause::all([places.any_of(std::iter::once(*code)), told.not()])
        });
        let untold = match &test.matcher {
            Matcher::Count(_) => {
                let distinct = |list: &str| self.dialect.length(&self.dialect.distinct(list));
                let of = distinct(&self.dialect.each(&list, "substring(y, 1, 2)"));
                Clause::open(format!("{} > {of}", distinct(&countries)))
            }
            _ => Clause::any(untold.collect::<Vec<_>>()),
        };
        // An empty list may be incomplete.
        let empty =
            cell.map_or(Clause::FALSE, |cell| Clause::open(format!("{} = 0", self.dialect.length(&cell))).is_true());
        let whole = Clause::all([untold.not(), empty.not()]);
        let (holds, _) = self.matched(test, &all, whole);
        let holds = match &test.matcher {
            // A location in another country is in none of those regions.
            Matcher::OnlyText(_) => {
                Clause::first([(places.any_but(named.iter().copied()), Clause::FALSE), (Clause::TRUE, holds)])
            }
            _ => holds,
        };
        Clause::first([(there, holds)])
    }

    /// The condition that the row names a region of a country that it does not name.
    pub(super) fn wrong_region(&self) -> Clause {
        if !self.columns.is_read(AttributeId::CONTEXT_REGIONS) {
            return Clause::FALSE;
        }
        let Some(cell) = self.columns.read(AttributeId::CONTEXT_REGIONS, ColumnPart::Value) else {
            return Clause::FALSE;
        };
        let codes = self.dialect.each(&cell, "substring(y, 1, 2)");
        match self.country_list() {
            None => Clause::open(format!("{} > 0", self.dialect.length(&cell))).is_true(),
            Some(countries) => {
                let both = self.dialect.joined(&[
                    countries.clone(),
                    format!("COALESCE({codes}, {})", self.dialect.empty(&Type::Countries)),
                ]);
                let distinct = |list: &str| self.dialect.length(&self.dialect.distinct(list));
                Clause::open(format!("{} > {}", distinct(&both), distinct(&countries))).is_true()
            }
        }
    }

    /// Tests several signals of one location, which may disagree.
    pub(super) fn places(&self, test: &AttributeTest) -> Clause {
        let (one, many, there) = self.countries();
        if there == Clause::FALSE {
            return Clause::UNKNOWN;
        }
        let Matcher::Country(area) = &test.matcher else {
            let list = self.country_list().unwrap_or_default();
            let members = SqlMembers::plain(list, self.dialect);
            return Clause::first([(there, self.matched(test, &members, Clause::TRUE).0)]);
        };
        let [inside, outside, unmapped] = of_version(area.at(self.now)).map(|codes| {
            let of_one = one.as_ref().map(|one| self.among(one, codes.iter().copied()).is_true());
            let of_many = many
                .as_ref()
                .map(|many| SqlMembers::plain(many.clone(), self.dialect).any_of(codes.iter().copied()).is_true());
            // An empty list of codes matches nothing.
            let codes = !codes.is_empty();
            Clause::any(of_one.into_iter().chain(of_many).filter(|_| codes))
        });
        let agree = Clause::all([there, Clause::all([inside.clone(), outside]).not(), unmapped.not()]);
        Clause::first([(agree, inside)])
    }
}
