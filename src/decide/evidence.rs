//! One test of one attribute: what the usable evidence says, and until when it says so.

use super::truth::Truth;
use crate::attribute::{AttributeId, Source, Value};
use crate::program::Test;
use crate::ruleset::model::Matcher;
use crate::set::Set;
use crate::subject::{Fact, Subject};
use crate::time::Instant;

/// Why a test is not settled, the least helpful first, so that the greatest is the one to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cause {
    /// No trusted issuer asserts it.
    Missing,
    /// The host did not say.
    ContextMissing,
    /// A claim was there that cannot be read as this attribute.
    Unusable,
    /// The host said something that cannot be read.
    ContextUnusable,
    /// Verified only later than now.
    NotYetValid,
    /// Below the assurance that the rule asks for, or from an issuer that it does not accept.
    Insufficient,
    /// Its own end has passed.
    Expired,
    /// Verified too long ago, or at no known time.
    Stale,
    /// The set may have other members.
    Incomplete,
    /// Usable evidence disagrees.
    Conflict,
}

impl Cause {
    /// Stable code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Missing => "evidence.missing",
            Self::ContextMissing => "context.missing",
            Self::Unusable => "evidence.unusable",
            Self::ContextUnusable => "context.unusable",
            Self::NotYetValid => "evidence.not_yet_valid",
            Self::Insufficient => "evidence.insufficient",
            Self::Expired => "evidence.expired",
            Self::Stale => "evidence.stale",
            Self::Incomplete => "evidence.incomplete",
            Self::Conflict => "evidence.conflict",
        }
    }

    /// What is wrong, to follow the name of what it is wrong with.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "no trusted issuer has confirmed it",
            Self::ContextMissing => "the service did not state it",
            Self::Unusable => "what was sent cannot be read",
            Self::ContextUnusable => "what the service stated is not a known value",
            Self::NotYetValid => "the evidence is dated in the future",
            Self::Insufficient => "the evidence is not strong enough",
            Self::Expired => "the evidence has expired",
            Self::Stale => "the evidence is too old",
            Self::Incomplete => "the evidence may leave something out",
            Self::Conflict => "the evidence disagrees",
        }
    }
}

/// What a test came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) truth: Truth,
    /// Where it is not settled, why.
    pub(crate) cause: Option<Cause>,
}

/// A request's context, as the host states it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stated(pub(crate) Vec<(AttributeId, Option<Value>)>);

/// Tests one attribute.
pub(crate) fn test(test: &Test, subject: &Subject, context: &Stated, issuers: &[&str], now: Instant) -> Verdict {
    if test.attribute.attribute().source == Source::Context {
        return stated(test, context);
    }
    let mut says = [false, false];
    let mut nearest = Cause::Missing;
    for fact in facts(subject, test.attribute) {
        match usable(test, fact, issuers, now).and_then(|value| matches(&test.matcher, value)) {
            Ok(true) => says = [says[0], true],
            Ok(false) => says = [true, says[1]],
            Err(cause) => nearest = nearest.max(cause),
        }
    }
    match says {
        [true, true] => Verdict { truth: Truth::Conflict, cause: Some(Cause::Conflict) },
        [false, true] => Verdict { truth: Truth::True, cause: None },
        [true, false] => Verdict { truth: Truth::False, cause: None },
        [false, false] => Verdict { truth: Truth::Unknown, cause: Some(nearest) },
    }
}

/// The instants at which time alone could change what a test comes to.
pub(crate) fn boundaries(test: &Test, subject: &Subject, found: &mut Set<Instant>) {
    for fact in facts(subject, test.attribute) {
        found.extend(fact.expires_at);
        found.extend(fact.verified_at);
        if let (Some(verified), Some(age)) = (fact.verified_at, test.policy.max_age) {
            found.insert(verified.saturating_add(age));
        }
    }
}

pub(crate) fn facts(subject: &Subject, attribute: AttributeId) -> impl Iterator<Item = &Fact> {
    subject.facts().iter().filter(move |fact| fact.attribute == attribute)
}

fn stated(test: &Test, context: &Stated) -> Verdict {
    let found = context.0.iter().find(|(attribute, _)| *attribute == test.attribute);
    let unsettled = |cause| Verdict { truth: Truth::Unknown, cause: Some(cause) };
    match found {
        None => unsettled(Cause::ContextMissing),
        Some((_, None)) => unsettled(Cause::ContextUnusable),
        Some((_, Some(value))) => match matches(&test.matcher, value) {
            Ok(true) => Verdict { truth: Truth::True, cause: None },
            Ok(false) => Verdict { truth: Truth::False, cause: None },
            Err(_) => unsettled(Cause::ContextUnusable),
        },
    }
}

/// The value, if the evidence is what the rule asks for.
fn usable<'a>(test: &Test, fact: &'a Fact, issuers: &[&str], now: Instant) -> Result<&'a Value, Cause> {
    let value = fact.value.as_ref().ok_or(Cause::Unusable)?;
    let policy = &test.policy;
    let accepted = policy
        .issuers
        .as_ref()
        .is_none_or(|accepted| issuers.get(fact.issuer).is_some_and(|issuer| accepted.contains(*issuer)));
    if !accepted || fact.assurance < policy.assurance {
        return Err(Cause::Insufficient);
    }
    if fact.expires_at.is_some_and(|end| now >= end) {
        return Err(Cause::Expired);
    }
    if fact.verified_at.is_some_and(|verified| verified > now) {
        return Err(Cause::NotYetValid);
    }
    if let Some(age) = policy.max_age {
        let fresh = fact.verified_at.is_some_and(|verified| now < verified.saturating_add(age));
        if !fresh {
            return Err(Cause::Stale);
        }
    }
    Ok(value)
}

/// Whether a value is as wanted. A set that may have other members settles only what those cannot change.
fn matches(matcher: &Matcher, value: &Value) -> Result<bool, Cause> {
    match (matcher, value) {
        (Matcher::Is(wanted), Value::Bool(value)) => Ok(wanted == value),
        (Matcher::Text(wanted), Value::Text(value)) => Ok(wanted.contains(value)),
        (Matcher::Country(wanted), Value::Country(value)) => Ok(wanted.contains(*value)),
        (Matcher::AnyText(wanted), Value::Texts { members, complete }) => {
            shown_or_complete(!wanted.is_disjoint(members), *complete)
        }
        (Matcher::AllText(wanted), Value::Texts { members, complete }) => {
            shown_or_complete(wanted.is_subset(members), *complete)
        }
        (Matcher::OnlyText(wanted), Value::Texts { members, complete }) => {
            shown_or_complete(!members.is_subset(wanted), *complete).map(|other| !other)
        }
        (Matcher::AnyCountry(wanted), Value::Countries { members, complete }) => {
            shown_or_complete(wanted.intersects(members), *complete)
        }
        (Matcher::AllCountry(wanted), Value::Countries { members, complete }) => {
            shown_or_complete(wanted.is_subset(members), *complete)
        }
        (Matcher::OnlyCountry(wanted), Value::Countries { members, complete }) => {
            shown_or_complete(!members.is_subset(wanted), *complete).map(|other| !other)
        }
        // INVARIANT: the reader types matchers and the identification types values by the same vocabulary.
        _ => Err(Cause::Unusable),
    }
}

/// What the known members show holds whatever the others are; what they do not show needs them all.
fn shown_or_complete(shown: bool, complete: bool) -> Result<bool, Cause> {
    if shown || complete { Ok(shown) } else { Err(Cause::Incomplete) }
}
