//! The sources of evidence for an attribute: of all that issuers could assert, as many as some policy distinguishes.

use super::atom::ReadTest;
use super::atom::{AtomValue, ClaimAtom, ClaimSource, RulesetAt, Who, mappings};
use crate::base::time::Span;
use crate::check::subject::Fact;
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete};
use crate::ruleset::model::{Assurance, ClaimMapping, EvidencePolicy};
use std::collections::BTreeSet;

/// The sources of an attribute's claims that some policy distinguishes. With each: it counts under some policy, and it
/// can assert facts about parties.
pub(super) fn sources(
    who: &Who,
    name: &str,
    readers: &[ReadTest<'_>],
    by_issuer: bool,
) -> Vec<(ClaimSource, bool, bool)> {
    let (mut sides, mut policies): (Vec<RulesetAt<'_>>, Vec<(RulesetAt<'_>, &EvidencePolicy)>) = Default::default();
    for ReadTest { side, test } in readers.iter().copied() {
        if !sides.iter().any(|known| known.place == side.place) {
            sides.push(side);
        }
        if !policies.iter().any(|(known, policy)| known.place == side.place && **policy == test.policy) {
            policies.push((side, &test.policy));
        }
    }
    // The freshest first: it is the easiest to picture. Each maximum age is also tried just exceeded.
    let ages: BTreeSet<Span> = policies.iter().filter_map(|(_, policy)| policy.max_age).chain([Span::ZERO]).collect();
    let issuers: BTreeSet<&str> =
        sides.iter().flat_map(|side| side.program.ruleset().issuers()).map(|issuer| issuer.id.as_str()).collect();
    type SourceKind = (String, [bool; 2], Vec<bool>, Vec<Option<Complete>>, [bool; 2]);
    let mut known: BTreeSet<SourceKind> = BTreeSet::new();
    let mut found = Vec::new();
    for issuer in issuers {
        let all = [0, 1].map(|place| {
            let side = sides.iter().find(|side| side.place == place);
            side.map(|side| mappings_of(side, name, issuer)).unwrap_or_default()
        });
        for mapping in together(&all) {
            let read = all.iter().zip(mapping).map(|(all, place)| all.get(place?).copied());
            let read: Vec<Option<&ClaimMapping>> = read.collect();
            for level in levels(&read) {
                for age in ages.iter().copied().map(Some).chain([None]) {
                    let source = ClaimSource { issuer: issuer.to_owned(), mapping, level: level.clone(), age };
                    let claim = ClaimAtom {
                        who: who.clone(),
                        attribute: name.to_owned(),
                        said: AtomValue::Unusable,
                        source: source.clone(),
                    };
                    let is_read = |place: usize| {
                        sides.iter().any(|side| side.place == place && side.fact(&claim, None).is_some())
                    };
                    let readers = [0, 1].map(is_read);
                    if readers == [false; 2] {
                        continue;
                    }
                    let counts = |(side, policy): &(RulesetAt<'_>, &EvidencePolicy)| {
                        side.fact(&claim, None).is_some_and(|fact| side.counts(policy, &readable(fact)))
                    };
                    let counts: Vec<bool> = policies.iter().map(counts).collect();
                    let ever = counts.contains(&true);
                    // For a set, the issuer and the completeness matter.
                    let key = if by_issuer { issuer.to_owned() } else { String::new() };
                    let complete = read.iter().map(|mapping| mapping.map(|mapping| mapping.complete));
                    let complete = if ever && by_issuer { complete.collect() } else { Vec::new() };
                    let parties = [0, 1].map(|place| {
                        sides.iter().any(|side| side.place == place && side.speaks_of_parties(name, &source))
                    });
                    if known.insert((key, readers, counts, complete, parties)) {
                        found.push((source, ever, parties.contains(&true)));
                    }
                }
            }
        }
    }
    // Sources that count come first, so that they represent their issuer.
    found.sort_by_key(|(source, ever, _)| (source.issuer.clone(), !ever));
    found
}

/// The mappings by which a ruleset reads an attribute from the claims of an issuer.
fn mappings_of<'a>(side: &RulesetAt<'a>, name: &str, issuer: &str) -> Vec<&'a ClaimMapping> {
    let issuer = side.program.ruleset().issuers.iter().find(|known| known.trusted.id == issuer);
    let found = side.attribute(name).zip(issuer).map(|(attribute, issuer)| mappings(issuer, attribute).collect());
    found.unwrap_or_default()
}

/// The values that an assurance claim can have; `None` for any other value.
fn levels(read: &[Option<&ClaimMapping>]) -> BTreeSet<Option<String>> {
    let mut levels = BTreeSet::from([None]);
    for mapping in read.iter().flatten() {
        if let Assurance::Claim(_, known) = &mapping.assurance {
            levels.extend(known.iter().map(|(level, _)| Some(level.clone())));
        }
    }
    levels
}

/// Pairs the mappings of two rulesets that read the same claim in the same way. A claim read in another way is other
/// evidence.
fn together(all: &[Vec<&ClaimMapping>; 2]) -> Vec<[Option<usize>; 2]> {
    let [old, new] = all;
    let alike = |one: &ClaimMapping, other: &ClaimMapping| {
        let way = |of: &ClaimMapping| ClaimMapping {
            attribute: AttributeId::SUBJECT_ID,
            complete: Complete::No,
            assurance: Assurance::Level(0),
            verified_at: None,
            ..of.clone()
        };
        way(one) == way(other)
    };
    let mut left: Vec<usize> = (0..new.len()).collect();
    let mut pairs = Vec::new();
    for (place, one) in old.iter().enumerate() {
        let twin = left.iter().position(|other| new.get(*other).is_some_and(|other| alike(one, other)));
        pairs.push([Some(place), twin.map(|twin| left.remove(twin))]);
    }
    pairs.extend(left.into_iter().map(|place| [None, Some(place)]));
    pairs
}

/// The mappings of an attribute that convert values.
pub(super) fn translating<'a>(name: &str, readers: &[ReadTest<'a>]) -> Vec<&'a ClaimMapping> {
    let mut found: Vec<&ClaimMapping> = Vec::new();
    for side in readers.iter().map(|one| one.side) {
        let Some(attribute) = side.attribute(name) else { continue };
        for issuer in &side.program.ruleset().issuers {
            let new = mappings(issuer, attribute).filter(|mapping| mapping.convert.is_some());
            let new: Vec<_> = new.filter(|mapping| !found.iter().any(|known| std::ptr::eq(*known, *mapping))).collect();
            found.extend(new);
        }
    }
    found
}

/// The same fact with some value: which one does not affect if it counts.
fn readable(fact: Fact) -> Fact {
    Fact { value: Some(AttributeValue::Bool(true)), ..fact }
}
