//! The evidence of one attribute in a row, and tests of one value.

use super::clause::Clause;
use super::columns::{ColumnPart, LEVELS};
use super::reader::{ConditionSql, RowReader};
use crate::base::country::{CLASSES, Country, CountrySet};
use crate::base::time::Instant;
use crate::check::program::AttributeTest;
use crate::ruleset::area::Version;
use crate::ruleset::attribute::{AttributeId, AttributeValue, Type};
use crate::ruleset::model::{EvidencePolicy, Matcher};

/// The evidence of a row for an attribute.
pub(super) struct RowEvidence {
    /// Its value.
    pub(super) cell: String,
    /// It exists.
    pub(super) there: Clause,
    /// It satisfies the policy, if it exists.
    pub(super) usable: Clause,
}

/// 0001-01-01, the earliest instant of the warehouses.
pub(super) const EARLIEST: Option<Instant> = Instant::from_millis(-62_135_596_800_000);

impl<'a> RowReader<'a> {
    /// The evidence of a row for an attribute. `None` if the table has no column for it.
    pub(super) fn evidence(&self, attribute: AttributeId, policy: &EvidencePolicy) -> Option<RowEvidence> {
        let cell = self.columns.read(attribute, ColumnPart::Value)?;
        let present = Clause::settled(format!("{cell} IS NOT NULL"));
        if attribute == AttributeId::SUBJECT_ID {
            // The token itself contains the name, without a time of verification.
            let named = Clause::open(format!("{} > 0", self.dialect.length(&cell)));
            let usable = if policy.max_age.is_none() { Clause::TRUE } else { Clause::FALSE };
            return Some(RowEvidence { cell, there: Clause::all([present, named]).is_true(), usable });
        }
        let level = self.columns.read(attribute, ColumnPart::Assurance);
        let level = level.map(|level| format!("COALESCE({level}, {})", self.dialect.text("3")));
        let shown = level
            .as_ref()
            .map_or(Clause::TRUE, |level| Clause::settled(format!("{level} <> {}", self.dialect.text("none"))));
        let least = usize::from(policy.assurance);
        let strong = level.as_ref().filter(|_| least > 0).map_or(Clause::TRUE, |level| {
            let enough = self.dialect.texts(LEVELS.into_iter().skip(least));
            Clause::settled(format!("{level} IN ({enough})"))
        });
        let usable = Clause::all([strong, self.accepted(attribute, policy), self.fresh(attribute, policy)]);
        Some(RowEvidence { cell, there: Clause::all([present, shown]), usable })
    }

    /// The condition that a policy accepts the issuer.
    pub(super) fn accepted(&self, attribute: AttributeId, policy: &EvidencePolicy) -> Clause {
        if policy.issuers.is_none() && policy.classes.is_none() {
            return Clause::TRUE;
        }
        let issuers = || self.program.ruleset().issuers.iter();
        let accepted = issuers().filter(|issuer| policy.accepts(issuer)).map(|issuer| issuer.trusted.id.as_str());
        let first = self.program.first_issuer_of(attribute).and_then(|first| self.program.issuer(first));
        let otherwise = first.is_some_and(|first| policy.accepts(first));
        match self.columns.read(attribute, ColumnPart::Issuer) {
            None => Clause::Known(Some(otherwise)),
            Some(issuer) => {
                let named = Clause::open(format!("{issuer} IN ({})", self.dialect.texts(accepted))).is_true();
                let unnamed = Clause::settled(format!("{issuer} IS NULL"));
                if otherwise { Clause::any([unnamed, named]) } else { named }
            }
        }
    }

    /// The condition that the evidence was verified, and recently enough.
    pub(super) fn fresh(&self, attribute: AttributeId, policy: &EvidencePolicy) -> Clause {
        // Without a time in the cell, the evidence was verified at this instant.
        let at_once = policy.max_age.is_none_or(|age| self.now < self.now.saturating_add(age));
        let Some(verified) = self.columns.read(attribute, ColumnPart::VerifiedAt) else {
            return Clause::Known(Some(at_once));
        };
        let mut parts = vec![Clause::open(format!("NOT ({})", self.dialect.is_after(&verified, self.now)))];
        if let Some(age) = policy.max_age {
            let since = self.now.saturating_sub(age);
            if Some(since) >= EARLIEST {
                parts.push(Clause::open(self.dialect.is_after(&verified, since)));
            }
        }
        let fresh = Clause::all(parts).is_true();
        let untold = Clause::settled(format!("{verified} IS NULL"));
        if at_once { Clause::any([untold, fresh]) } else { fresh }
    }

    pub(super) fn scalar(&self, test: &AttributeTest) -> ConditionSql {
        let (mut holds, mut there) = (Clause::UNKNOWN, Clause::FALSE);
        let own = self.evidence(test.attribute, &test.policy).map(|own| {
            let fits = self.fits(&test.matcher, &own.cell);
            (test.attribute, own, fits)
        });
        // A U.S. status settles if a person is a U.S. person; other evidence settles only its own attribute.
        let implying = test.attribute.settled_by().filter(|source| *source != test.attribute);
        let implied = implying.filter_map(|source| {
            let said = self.evidence(source, &test.policy)?;
            let fits = self.implied(source, &test.matcher, &said.cell)?;
            Some((source, said, fits))
        });
        for (source, said, fits) in own.into_iter().chain(implied) {
            let one = Clause::first([(Clause::all([said.there.clone(), said.usable]), fits)]);
            let one = self.bind(source, one);
            holds = holds.agreed(one);
            there = Clause::any([there, said.there]);
        }
        let noisy = Clause::all([there, holds.is_unknown()]);
        ConditionSql { holds, noisy }
    }

    /// The truth that follows from the words of another attribute.
    pub(super) fn implied(&self, source: AttributeId, matcher: &Matcher, cell: &str) -> Option<Clause> {
        let Type::Word(words) = &self.program.vocabulary().get(source)?.kind else { return None };
        let so = words.iter().filter(|word| {
            let implied = source.implied(&AttributeValue::Text((*word).clone()));
            implied.is_some_and(|(_, value)| crate::check::decide::for_authors::value_fits(matcher, &value) == Ok(true))
        });
        Some(self.among(cell, so.map(String::as_str)))
    }

    pub(super) fn among<'t>(&self, value: &str, texts: impl Iterator<Item = &'t str>) -> Clause {
        Clause::open(format!("{value} IN ({})", self.dialect.texts(texts)))
    }

    /// The condition that one value matches; unknown if the value is absent.
    pub(super) fn fits(&self, matcher: &Matcher, value: &str) -> Clause {
        let number = |number: f64| self.dialect.number(number);
        match matcher {
            Matcher::Is(true) => Clause::open(value.to_owned()),
            Matcher::Is(false) => Clause::open(value.to_owned()).not(),
            Matcher::Text(wanted) => self.among(value, wanted.iter().map(String::as_str)),
            Matcher::Under(wanted) => {
                let under = |word: &String| {
                    let below = Clause::open(self.dialect.begins(value, &format!("{word}.")));
                    [self.among(value, std::iter::once(word.as_str())), below]
                };
                Clause::any(wanted.iter().flat_map(under))
            }
            Matcher::Number(range) => {
                let least = range.at_least.map(|least| Clause::open(format!("{value} >= {}", number(least.0))));
                let most = range.at_most.map(|most| Clause::open(format!("{value} <= {}", number(most.0))));
                Clause::all(least.into_iter().chain(most))
            }
            Matcher::Country(area) => {
                let [inside, outside, unmapped] = of_version(area.at(self.now));
                let inside = self.among(value, inside.into_iter());
                match unmapped.as_slice() {
                    [] => inside,
                    _ => {
                        let outside = self.among(value, outside.into_iter());
                        Clause::first([(inside, Clause::TRUE), (outside, Clause::FALSE)])
                    }
                }
            }
            _ => Clause::UNKNOWN,
        }
    }

    /// The condition that the person of the row has one of these names.
    pub(super) fn has_name(&self, names: &Matcher) -> Clause {
        let policy = EvidencePolicy::default();
        self.set(&AttributeTest { attribute: AttributeId::SUBJECT_ID, matcher: names.clone(), policy }).holds.is_true()
    }

    /// True if a row names its person.
    pub(super) fn is_named(&self) -> Clause {
        let named = self.evidence(AttributeId::SUBJECT_ID, &EvidencePolicy::default());
        named.map_or(Clause::FALSE, |named| named.there)
    }
}

/// The codes inside an area, outside it, and unmapped.
pub(super) fn of_version(version: Version) -> [Vec<&'static str>; 3] {
    let every: CountrySet = Country::all().filter_map(Country::parse).chain(classes()).collect();
    let inside = version.members.intersection(&every);
    let outside = every.without(&inside).intersection(&version.mapped);
    let unmapped = every.without(&inside).without(&outside);
    [inside, outside, unmapped].map(|some| some.iter().map(Country::code).collect())
}

pub(super) fn classes() -> impl Iterator<Item = Country> {
    CLASSES.into_iter().filter_map(Country::parse_class)
}
