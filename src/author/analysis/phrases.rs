//! Describes tests in words, for people.

use super::atom::{RulesetAt, Who};
use crate::base::country::CountrySet;
use crate::base::set::Set;
use crate::check::program::AttributeTest;
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{EvidencePolicy, Matcher, Range};

/// The truth values that a statement takes in a region: true, false, unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shades {
    pub(super) yes: bool,
    pub(super) no: bool,
    pub(super) open: bool,
}

impl Shades {
    pub(super) const fn or(self, other: Self) -> Self {
        Self { yes: self.yes || other.yes, no: self.no || other.no, open: self.open || other.open }
    }

    /// Describes the truth values of the statement `what`.
    pub(super) fn of(self, what: &str) -> String {
        match (self.yes, self.no, self.open) {
            (true, false, false) => what.to_owned(),
            (false, true, false) => format!("not: {what}"),
            (false, false, true) => format!("it is not known whether {what}"),
            (true, true, false) => format!("it is known whether {what}"),
            (false, true, true) => format!("it is not shown that {what}"),
            (true, false, true) => format!("it is not ruled out that {what}"),
            _ => String::new(),
        }
    }
}

/// Describes a test as a statement.
pub(super) fn statement(side: RulesetAt<'_>, test: &AttributeTest, who: &Who) -> String {
    let of = who.words().map_or_else(String::new, |role| format!(" of the {role}"));
    // As the author writes it: `subject.us_person` in a condition is a different test.
    let (name, what) = match (test.attribute, &test.matcher) {
        (AttributeId::US_PERSON, Matcher::Is(us_person)) => ("subject.foreign_person", format!("is {}", !us_person)),
        (attribute, matcher) => (side.program.vocabulary().name(attribute), asked(side, matcher)),
    };
    format!("{name}{of} {what}{}", by(&test.policy))
}

fn asked(side: RulesetAt<'_>, matcher: &Matcher) -> String {
    match matcher {
        Matcher::Is(wanted) => format!("is {wanted}"),
        Matcher::Text(texts) => format!("is {}", one_of(texts)),
        Matcher::Under(texts) => format!("is under {}", one_of(texts)),
        Matcher::Number(range) => format!("is {}", ranged(*range)),
        Matcher::Country(area) => format!("is {}", countries(&area.at(side.now).members, "one of ")),
        Matcher::AnyText(texts) => format!("has {}", one_of(texts)),
        Matcher::AllText(texts) => format!("has all of {}", list(texts)),
        Matcher::OnlyText(texts) => format!("has nothing but {}", list(texts)),
        Matcher::AnyCountry(area) => format!("has {}", countries(&area.at(side.now).members, "one of ")),
        Matcher::AllCountry(area) => format!("has {}", countries(&area.at(side.now).members, "all of ")),
        Matcher::OnlyCountry(area) => format!("has nothing but {}", countries(&area.at(side.now).members, "")),
        Matcher::Count(range) => format!("has {}", ranged(*range)),
        Matcher::Record(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, matcher)| format!("{name} {}", asked(side, matcher))).collect();
            format!("has a record whose {}", fields.join(" and "))
        }
        Matcher::Share(lists, range) => format!("of parties on {} add up to {} percent", one_of(lists), ranged(*range)),
    }
}

fn list(texts: &Set<String>) -> String {
    texts.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn one_of(texts: &Set<String>) -> String {
    match texts.as_slice() {
        [only] => only.clone(),
        _ => format!("one of {}", list(texts)),
    }
}

/// Lists at most `SHOWN` countries, then the number of the others.
fn countries(set: &CountrySet, several: &str) -> String {
    const SHOWN: usize = 12;
    let codes: Vec<&str> = set.iter().map(crate::base::country::Country::code).collect();
    match codes.as_slice() {
        [only] => (*only).to_owned(),
        _ if codes.len() <= SHOWN => format!("{several}{}", codes.join(", ")),
        _ => {
            let first: Vec<&str> = codes.iter().take(SHOWN).copied().collect();
            format!("{several}{} and {} more", first.join(", "), codes.len().saturating_sub(SHOWN))
        }
    }
}

fn ranged(range: Range) -> String {
    match (range.at_least, range.at_most) {
        (Some(least), Some(most)) => format!("{} to {}", least.0, most.0),
        (Some(least), None) => format!("at least {}", least.0),
        (None, Some(most)) => format!("at most {}", most.0),
        (None, None) => "anything".to_owned(),
    }
}

/// Describes the evidence that a policy requires.
fn by(policy: &EvidencePolicy) -> String {
    let mut parts = Vec::new();
    let levels = ["", "low", "substantial", "high"];
    if policy.assurance > 0 {
        parts.push(format!("assurance {}", levels.get(usize::from(policy.assurance)).copied().unwrap_or_default()));
    }
    parts.extend(policy.max_age.map(|age| format!("no older than {age}")));
    parts.extend(policy.issuers.as_ref().map(|issuers| format!("by {}", one_of(issuers))));
    parts.extend(policy.classes.as_ref().map(|classes| format!("by a source of class {}", one_of(classes))));
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}
