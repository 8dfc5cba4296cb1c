//! The smallest sets of evidence that could turn the answer to allow.

use super::evidence::Cause;
use super::judge::{Failed, Finding, Judgement, Question};
use super::truth::Truth;
use crate::attribute::{AttributeId, Source};
use crate::decision::{EvidenceNeed, EvidencePath, Outcome};
use crate::program::{NodeId, NodeKind, Test, TestId};
use crate::set::Set;

/// Most paths that are named; the cheapest are kept.
const PATHS: usize = 8;
/// Most paths that are weighed at once.
const WEIGHED: usize = 64;

/// Sets of tests, each of which must come out as wanted for one way to succeed.
type Paths = Set<Set<TestId>>;

/// The ways to an allow, cheapest in privacy first.
pub(crate) fn needs(question: &Question<'_>, judgement: &Judgement<'_>) -> Vec<EvidencePath> {
    if judgement.outcome == Outcome::Allow {
        return Vec::new();
    }
    let blocks = |finding: &&Finding<'_>| !finding.is_lifted() && finding.rule.outcome.outcome > Outcome::Allow;
    let mut paths = nothing_needed();
    for finding in judgement.findings.iter().filter(blocks) {
        paths = both(&paths, &ways_past(question, finding));
    }
    if question.program.ruleset().default > Outcome::Allow {
        let grants = judgement.findings.iter().filter(|finding| finding.rule.outcome.outcome == Outcome::Allow);
        let ways = grants.map(|finding| ways_to(question, finding.guarded.when, true));
        paths = both(&paths, &ways.fold(Paths::default(), either));
    }
    let described = paths.iter().filter_map(|path| described(question, path));
    let ranked: Set<(u32, usize, Vec<EvidenceNeed>)> = described
        .filter(|(_, evidence)| !evidence.is_empty())
        .map(|(cost, needs)| (cost, needs.len(), needs))
        .collect();
    ranked.into_iter().take(PATHS).map(|(_, _, evidence)| EvidencePath { evidence }).collect()
}

/// The ways past one rule: its condition does not hold, or one of its exceptions does.
fn ways_past(question: &Question<'_>, finding: &Finding<'_>) -> Paths {
    let open = |result: &Result<(), Failed>| matches!(result, Err(Failed::Open(_)));
    let exceptions = finding.exceptions.iter().filter(|tried| open(&tried.result));
    let exceptions = exceptions.map(|tried| ways_to(question, tried.lift.when, true));
    exceptions.fold(ways_to(question, finding.guarded.when, false), either)
}

/// The ways to make a condition come out as wanted. No set at all: there is none.
fn ways_to(question: &Question<'_>, node: NodeId, wanted: bool) -> Paths {
    let truth = question.node(node).truth;
    if truth.is_known() {
        return if (truth == Truth::True) == wanted { nothing_needed() } else { Paths::default() };
    }
    match (question.program.conditions().node(node), wanted) {
        (Some(NodeKind::Not(part)), _) => ways_to(question, *part, !wanted),
        (Some(NodeKind::Test(test)), _) => Set::of(Set::of(*test)),
        (Some(NodeKind::All(parts)), true) | (Some(NodeKind::Any(parts)), false) => {
            parts.iter().fold(nothing_needed(), |paths, part| both(&paths, &ways_to(question, *part, wanted)))
        }
        (Some(NodeKind::All(parts)), false) | (Some(NodeKind::Any(parts)), true) => {
            parts.iter().fold(Paths::default(), |paths, part| either(paths, ways_to(question, *part, wanted)))
        }
        (None, _) => Paths::default(),
    }
}

fn nothing_needed() -> Paths {
    Set::of(Set::default())
}

fn either(mut a: Paths, b: Paths) -> Paths {
    a.extend(b);
    smallest(a)
}

fn both(a: &Paths, b: &Paths) -> Paths {
    smallest(a.iter().flat_map(|left| b.iter().map(move |right| left.union(right))).collect())
}

/// Without those that contain another, and not more than can be weighed.
fn smallest(paths: Paths) -> Paths {
    let by_size: Set<(usize, Set<TestId>)> = paths.into_iter().map(|path| (path.as_slice().len(), path)).collect();
    let mut kept: Vec<Set<TestId>> = Vec::new();
    for (_, path) in by_size {
        if kept.len() < WEIGHED && !kept.iter().any(|smaller| smaller.is_subset(&path)) {
            kept.push(path);
        }
    }
    kept.into_iter().collect()
}

/// A path in the words of a decision, with its cost; `None` where no issuer can assert a part of it.
fn described(question: &Question<'_>, path: &Set<TestId>) -> Option<(u32, Vec<EvidenceNeed>)> {
    let mut evidence: Vec<(Cause, EvidenceNeed)> = Vec::new();
    let mut cost: u32 = 0;
    for &id in path.as_slice() {
        let test = question.test_of(id)?;
        let cause = question.test(id).cause.unwrap_or(Cause::Missing);
        let need = need(question, test, cause)?;
        let same = evidence.iter_mut().find(|(_, known)| known.attribute == need.attribute);
        match same {
            // Two rules that ask for one attribute are served by the stronger evidence.
            Some((worst, known)) => {
                *worst = cause.max(*worst);
                known.problem = worst.code();
                known.assurance = known.assurance.max(need.assurance);
                known.max_age = match (known.max_age, need.max_age) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
                known.issuers.retain(|issuer| need.issuers.contains(issuer));
            }
            None => {
                cost = cost.saturating_add(1).saturating_add(u32::from(test.attribute.attribute().privacy));
                evidence.push((cause, need));
            }
        }
    }
    // Two rules that accept no issuer in common cannot be served at once.
    if evidence.iter().any(|(_, need)| need.issuers.is_empty() && need.problem.starts_with("evidence.")) {
        return None;
    }
    let sorted: Set<EvidenceNeed> = evidence.into_iter().map(|(_, need)| need).collect();
    Some((cost, sorted.into_vec()))
}

fn need(question: &Question<'_>, test: &Test, cause: Cause) -> Option<EvidenceNeed> {
    let attribute = test.attribute;
    let issuers = match attribute.attribute().source {
        Source::Context => Vec::new(),
        Source::Evidence => {
            let issuers = able(question, test);
            if issuers.is_empty() {
                return None;
            }
            issuers
        }
    };
    Some(EvidenceNeed {
        attribute: attribute.name().to_owned(),
        problem: cause.code(),
        assurance: test.policy.assurance,
        max_age: test.policy.max_age,
        issuers,
    })
}

/// The issuers that can assert an attribute as strongly as a test asks.
fn able(question: &Question<'_>, test: &Test) -> Vec<String> {
    let accepted = |id: &String| test.policy.issuers.as_ref().is_none_or(|accepted| accepted.contains(id));
    let asserts = |attribute: AttributeId| {
        let sources: Vec<AttributeId> = attribute.settled_by().collect();
        question
            .program
            .ruleset()
            .issuers
            .iter()
            .filter(|issuer| accepted(&issuer.id))
            .filter(|issuer| {
                issuer.claims.iter().any(|mapping| {
                    sources.contains(&mapping.attribute) && mapping.assurance.highest() >= test.policy.assurance
                })
            })
            .map(|issuer| issuer.id.clone())
            .collect::<Vec<String>>()
    };
    // Every trusted issuer says who its token is about.
    if test.attribute == AttributeId::SUBJECT_ID {
        return question.program.ruleset().issuers.iter().map(|issuer| issuer.id.clone()).filter(accepted).collect();
    }
    asserts(test.attribute)
}

impl crate::ruleset::model::Assurance {
    /// The highest level that it can grant.
    fn highest(&self) -> u8 {
        match self {
            Self::Level(level) => *level,
            Self::Claim { levels, .. } => levels.values().copied().max().unwrap_or(0),
        }
    }
}
