//! The members of a list in a row.

use super::clause::Clause;
use super::dialect::Dialect;
use crate::base::time::Instant;

/// A list in a row. Clauses about a member call it `x`.
#[derive(Debug)]
pub(super) struct SqlMembers {
    dialect: Dialect,
    list: String,
    /// The expression for a member's code.
    code: &'static str,
    /// The condition under which a member counts.
    counts: Clause,
    /// Equal members count once.
    is_set: bool,
}

impl SqlMembers {
    /// All members of a list.
    pub(super) const fn plain(list: String, dialect: Dialect) -> Self {
        Self { dialect, list, code: "x", counts: Clause::TRUE, is_set: true }
    }

    /// All members of a list of records, each of which counts.
    pub(super) const fn records(list: String, dialect: Dialect) -> Self {
        Self { dialect, list, code: "x", counts: Clause::TRUE, is_set: false }
    }

    /// The disclosed members of a list of countries with dates that are held at an instant or, if `ever`, were ever
    /// held.
    pub(super) fn holdings(list: String, dialect: Dialect, at: Instant, ever: bool) -> Self {
        let untold = |date: &str| Clause::settled(format!("{date} IS NULL"));
        let begun = Clause::any([untold("x.since"), Clause::open(dialect.is_after("x.since", at)).not()]);
        let lasts = Clause::any([untold("x.until"), Clause::open(dialect.is_after("x.until", at))]);
        let held = [begun].into_iter().chain((!ever).then_some(lasts));
        let untold = dialect.texts(crate::base::country::Nationality::untold_codes());
        let told = Clause::open(format!("x.country NOT IN ({untold})"));
        Self { dialect, list, code: "x.country", counts: Clause::all(held.chain([told])), is_set: true }
    }

    /// The members that count, as a list.
    pub(super) fn held(&self) -> String {
        self.those(&Clause::TRUE)
    }

    fn those(&self, so: &Clause) -> String {
        match Clause::all([self.counts.clone(), so.clone()]) {
            Clause::Known(Some(true)) => self.list.clone(),
            so => self.dialect.filtered(&self.list, &so.to_sql()),
        }
    }

    /// The condition that `so` is true for some member.
    pub(super) fn any(&self, so: &Clause) -> Clause {
        match Clause::all([self.counts.clone(), so.clone()]) {
            Clause::Known(Some(true)) => Clause::open(format!("{} > 0", self.dialect.length(&self.list))),
            Clause::Known(_) => Clause::FALSE,
            so => Clause::open(self.dialect.exists(&self.list, &so.to_sql())),
        }
    }

    /// The condition that one of these texts is a member.
    pub(super) fn any_of<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Clause {
        let mut texts = texts.peekable();
        if texts.peek().is_none() {
            return Clause::FALSE;
        }
        let texts = self.dialect.texts(texts);
        if self.counts == Clause::TRUE {
            return Clause::open(self.dialect.overlap(&self.list, &texts));
        }
        self.any(&Clause::open(format!("{} IN ({texts})", self.code)))
    }

    pub(super) fn all_of<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Clause {
        Clause::all(texts.map(|text| self.any_of(std::iter::once(text))))
    }

    /// The condition that some member is not one of these texts.
    pub(super) fn any_but<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Clause {
        self.any(&Clause::open(format!("{} NOT IN ({})", self.code, self.dialect.texts(texts))))
    }

    /// The number of distinct members; for records, of all.
    pub(super) fn count(&self) -> String {
        let held = self.held();
        if !self.is_set {
            return self.dialect.length(&held);
        }
        let codes = if self.code == "x" { held } else { self.dialect.each(&held, "y.country") };
        self.dialect.length(&self.dialect.distinct(&codes))
    }

    /// Maps each member for which `so` is true.
    pub(super) fn each_of(&self, so: &Clause, what: &str) -> String {
        self.dialect.each(&self.those(so), what)
    }
}
