//! The members of a list in a row.

use super::clause::Clause;
use super::dialect::Dialect;
use crate::time::Instant;

/// A list in a row, in whose members' clauses a member is `x`.
#[derive(Debug)]
pub(super) struct Members {
    dialect: Dialect,
    list: String,
    /// Where the code of a member stands.
    code: &'static str,
    /// Which members count.
    counts: Clause,
    /// The same twice is one.
    is_set: bool,
}

impl Members {
    /// All that are in a list.
    pub(super) const fn plain(list: String, dialect: Dialect) -> Self {
        Self { dialect, list, code: "x", counts: Clause::TRUE, is_set: true }
    }

    /// All that are in a list of records, each of which counts.
    pub(super) const fn records(list: String, dialect: Dialect) -> Self {
        Self { dialect, list, code: "x", counts: Clause::TRUE, is_set: false }
    }

    /// Of countries with the dates of holding them, those that are told, and that are held at an instant, or ever were.
    pub(super) fn holdings(list: String, dialect: Dialect, at: Instant, ever: bool) -> Self {
        let untold = |date: &str| Clause::settled(format!("{date} IS NULL"));
        let begun = Clause::any([untold("x.since"), Clause::open(dialect.is_after("x.since", at)).not()]);
        let lasts = Clause::any([untold("x.until"), Clause::open(dialect.is_after("x.until", at))]);
        let held = [begun].into_iter().chain((!ever).then_some(lasts));
        let untold = dialect.texts(crate::country::Nationality::untold_codes());
        let told = Clause::open(format!("x.country NOT IN ({untold})"));
        Self { dialect, list, code: "x.country", counts: Clause::all(held.chain([told])), is_set: true }
    }

    /// Those that count, as a list.
    pub(super) fn held(&self) -> String {
        self.those(&Clause::TRUE)
    }

    fn those(&self, so: &Clause) -> String {
        match Clause::all([self.counts.clone(), so.clone()]) {
            Clause::Known(Some(true)) => self.list.clone(),
            so => self.dialect.filtered(&self.list, &so.to_sql()),
        }
    }

    /// Whether something is so of one of them.
    pub(super) fn any(&self, so: &Clause) -> Clause {
        match Clause::all([self.counts.clone(), so.clone()]) {
            Clause::Known(Some(true)) => Clause::open(format!("{} > 0", self.dialect.length(&self.list))),
            Clause::Known(_) => Clause::FALSE,
            so => Clause::open(self.dialect.exists(&self.list, &so.to_sql())),
        }
    }

    /// Whether one of these texts is a member.
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

    /// Whether there is a member that is none of these texts.
    pub(super) fn any_but<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Clause {
        self.any(&Clause::open(format!("{} NOT IN ({})", self.code, self.dialect.texts(texts))))
    }

    /// How many different ones there are; of records, how many.
    pub(super) fn count(&self) -> String {
        let held = self.held();
        if !self.is_set {
            return self.dialect.length(&held);
        }
        let codes = if self.code == "x" { held } else { self.dialect.each(&held, "y.country") };
        self.dialect.length(&self.dialect.distinct(&codes))
    }

    /// Something of each of which something is so.
    pub(super) fn each_of(&self, so: &Clause, what: &str) -> String {
        self.dialect.each(&self.those(so), what)
    }
}
