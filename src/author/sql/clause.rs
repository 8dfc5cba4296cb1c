//! Truth values of SQL. Its `NULL` is our unknown, and `AND`, `OR` and `NOT` treat it identically (Kleene), so
//! conditions translate directly. Values known at translation are folded.

/// A truth value: true, false or unknown (`NULL`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// The same for all rows.
    Known(Option<bool>),
    /// An expression over a row.
    Sql {
        text: String,
        /// It is never `NULL`.
        settled: bool,
    },
}

use Clause::{Known, Sql};

impl Clause {
    pub(super) const TRUE: Self = Known(Some(true));
    pub(super) const FALSE: Self = Known(Some(false));
    pub(super) const UNKNOWN: Self = Known(None);

    pub(super) fn open(text: String) -> Self {
        Sql { text, settled: false }
    }

    pub(super) fn settled(text: String) -> Self {
        Sql { text, settled: true }
    }

    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        join(parts, true)
    }

    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        join(parts, false)
    }

    pub(super) fn not(self) -> Self {
        match self {
            Known(value) => Known(value.map(|value| !value)),
            Sql { text, settled } => Sql { text: format!("NOT ({text})"), settled },
        }
    }

    /// True if the value is true; false if it is false or unknown.
    pub(super) fn is_true(&self) -> Self {
        match self {
            Known(value) => Known(Some(*value == Some(true))),
            Sql { settled: true, .. } => self.clone(),
            Sql { text, .. } => Self::settled(format!("({text}) IS TRUE")),
        }
    }

    /// True if the value is unknown.
    pub(super) fn is_unknown(&self) -> Self {
        match self {
            Known(value) => Known(Some(value.is_none())),
            Sql { settled: true, .. } => Self::FALSE,
            Sql { text, .. } => Self::settled(format!("({text}) IS NULL")),
        }
    }

    /// The value of the first case whose condition is true; unknown if there is none.
    pub(super) fn first(cases: impl IntoIterator<Item = (Self, Self)>) -> Self {
        let mut whens = Vec::new();
        let mut otherwise = Self::UNKNOWN;
        for (when, then) in cases {
            match when {
                Known(Some(true)) => {
                    otherwise = then;
                    break;
                }
                Known(_) => {}
                Sql { text, .. } => whens.push((text, then)),
            }
        }
        if whens.is_empty() || whens.iter().all(|(_, then)| *then == otherwise) {
            return otherwise;
        }
        let settled = otherwise.is_settled() && whens.iter().all(|(_, then)| then.is_settled());
        let whens: Vec<String> =
            whens.iter().map(|(when, then)| format!("WHEN {when} THEN {}", then.to_sql())).collect();
        let otherwise =
            if otherwise == Self::UNKNOWN { String::new() } else { format!(" ELSE {}", otherwise.to_sql()) };
        Sql { text: format!("CASE {}{otherwise} END", whens.join(" ")), settled }
    }

    /// The value that both or only one of them has; unknown if they disagree.
    pub(super) fn agreed(self, other: Self) -> Self {
        match (self, other) {
            (Known(None), one) | (one, Known(None)) => one,
            (one, other) => {
                let (a, b) = (one.to_sql(), other.to_sql());
                Self::open(format!("CASE WHEN ({a}) <> ({b}) THEN NULL ELSE COALESCE({a}, {b}) END"))
            }
        }
    }

    const fn is_settled(&self) -> bool {
        matches!(self, Known(Some(_)) | Sql { settled: true, .. })
    }

    pub(super) fn to_sql(&self) -> String {
        match self {
            Known(Some(true)) => "TRUE".to_owned(),
            Known(Some(false)) => "FALSE".to_owned(),
            Known(None) => "CAST(NULL AS BOOLEAN)".to_owned(),
            Sql { text, .. } => text.clone(),
        }
    }
}

fn join(parts: impl IntoIterator<Item = Clause>, all: bool) -> Clause {
    let mut kept: Vec<Clause> = Vec::new();
    for part in parts {
        if part == Known(Some(!all)) {
            return part;
        }
        if part != Known(Some(all)) && !kept.contains(&part) {
            kept.push(part);
        }
    }
    match kept.as_slice() {
        [] => Known(Some(all)),
        [only] => only.clone(),
        several => {
            let texts: Vec<String> = several.iter().map(Clause::to_sql).collect();
            let text = format!("({})", texts.join(if all { " AND " } else { " OR " }));
            Sql { text, settled: several.iter().all(Clause::is_settled) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Clause {
        Clause::open(name.to_owned())
    }

    #[test]
    fn what_is_known_is_folded_away() {
        let a = || column("a");
        assert_eq!(Clause::all([Clause::TRUE, a(), a()]), a());
        assert_eq!(Clause::all([a(), Clause::FALSE]), Clause::FALSE);
        assert_eq!(Clause::any([a(), Clause::TRUE]), Clause::TRUE);
        assert_eq!(Clause::any([]), Clause::FALSE);
        assert_eq!(Clause::UNKNOWN.not(), Clause::UNKNOWN);
        assert_eq!(Clause::UNKNOWN.is_true(), Clause::FALSE);
        assert_eq!(Clause::first([(Clause::FALSE, a()), (Clause::TRUE, column("b"))]), column("b"));
        assert_eq!(a().is_true().is_unknown(), Clause::FALSE);
    }

    #[test]
    fn what_binds_weaker_is_in_brackets() {
        let (a, b) = (column("a = 1"), column("b = 2"));
        let either = Clause::any([a.clone(), b]);
        assert_eq!(Clause::all([a.clone(), either.clone().not()]).to_sql(), "(a = 1 AND NOT ((a = 1 OR b = 2)))");
        assert_eq!(either.is_unknown().to_sql(), "((a = 1 OR b = 2)) IS NULL");
        assert_eq!(Clause::first([(a, Clause::TRUE)]).to_sql(), "CASE WHEN a = 1 THEN TRUE END");
    }
}
