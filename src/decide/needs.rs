//! The smallest sets of evidence that could turn the answer to allow.

use super::evidence::Cause;
use super::judge::{Finding, Judgement, Party, Question};
use super::lift::Failed;
use super::truth::Truth;
use crate::attribute::AttributeId;
use crate::decision::{EvidenceNeed, EvidencePath, Outcome};
use crate::program::{Cell, NodeId, NodeKind};
use crate::ruleset::model::{EvidencePolicy, Issuer, Matcher};
use crate::set::Set;

/// Most paths that are named; the cheapest are kept.
const PATHS: usize = 8;
/// Most paths that are weighed at once.
const WEIGHED: usize = 64;

/// What one piece of evidence is to settle: an attribute of a party, as which truth value if it is one, for those who ask
/// for such evidence, and why what is there does not.
type Piece<'a> = (Party, AttributeId, Option<bool>, &'a EvidencePolicy, Cause);
/// Sets of evidence, each of which is one way to succeed.
type Paths<'a> = Set<Set<Piece<'a>>>;

/// The ways to an allow, cheapest in privacy first.
pub(crate) fn needs(question: &Question<'_>, judgement: &Judgement<'_>) -> Vec<EvidencePath> {
    if judgement.outcome == Outcome::Allow {
        return Vec::new();
    }
    let restricts = |finding: &Finding<'_>| finding.rule.outcome.outcome > Outcome::Allow && finding.enforced;
    let blocks = |finding: &&Finding<'_>| restricts(finding) && !finding.is_lifted();
    // Rules that ask for the same are got past together.
    let mut each: Set<Paths<'_>> = Set::default();
    for finding in judgement.findings.iter().filter(blocks) {
        // What a sealed rule asks for is for those who hold the key.
        if finding.rule.sealed.is_some() {
            return Vec::new();
        }
        let ways = ways_past(question, finding, judgement.cell);
        // Nothing gets past this one.
        if ways.is_empty() {
            return Vec::new();
        }
        each.insert(ways);
    }
    let mut paths = each.iter().fold(nothing_needed(), |paths, ways| both(&paths, ways));
    if question.program.ruleset().default.outcome > Outcome::Allow {
        let open = |finding: &&Finding<'_>| finding.enforced && !finding.is_lifted() && finding.rule.sealed.is_none();
        let grants = judgement.findings.iter().filter(|finding| finding.rule.outcome.outcome == Outcome::Allow);
        let grants = grants.filter(open);
        let ways = grants.map(|finding| ways_to(question, finding.guarded.when, finding.party, true));
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
fn ways_past<'a>(question: &Question<'a>, finding: &Finding<'a>, cell: Cell) -> Paths<'a> {
    let party = finding.party;
    let mut paths = ways_to(question, finding.guarded.when, party, false);
    for tried in &finding.exceptions {
        // Evidence turns what is open; a licence or a date it does not.
        if matches!(tried.result, Err(Failed::Open(_) | Failed::Provided(_))) {
            let mut ways = ways_to(question, tried.lift.when, party, true);
            for node in &tried.lift.provided {
                ways = both(&ways, &ways_to(question, *node, party, true));
            }
            if let Some(wallet) = tried.lift.wallet {
                ways = both(&ways, &ways_to_hold(question, wallet, party, cell));
            }
            paths = either(paths, ways);
        }
    }
    paths
}

/// The ways to show that one holds a licence that would serve, and for a purpose that it covers.
fn ways_to_hold<'a>(question: &Question<'a>, wallet: usize, party: Party, cell: Cell) -> Paths<'a> {
    let few = question.servable(wallet, party, cell).take(PATHS);
    let grants = few.filter_map(|position| question.program.licence(position));
    grants.fold(Paths::default(), |paths, (_, grant)| {
        let held = ways_to(question, grant.holder, party, true);
        let used = grant.end_uses.map_or_else(nothing_needed, |node| ways_to(question, node, party, true));
        either(paths, both(&held, &used))
    })
}

/// The ways to make a condition come out as wanted. No set at all: there is none.
fn ways_to<'a>(question: &Question<'a>, node: NodeId, party: Party, wanted: bool) -> Paths<'a> {
    let truth = question.node(node, party).truth;
    if truth.is_known() {
        return if (truth == Truth::True) == wanted { nothing_needed() } else { Paths::default() };
    }
    match (question.program.conditions().node(node), wanted) {
        (Some(NodeKind::Not(part)), _) => ways_to(question, *part, party, !wanted),
        (Some(NodeKind::Test(id)), _) => question.test_of(*id).map_or_else(Paths::default, |test| {
            let cause = question.node(node, party).cause.unwrap_or(Cause::Missing);
            let truth = match test.matcher {
                Matcher::Is(value) => Some(value == wanted),
                _ => None,
            };
            Set::of(Set::of((party, test.attribute, truth, &test.policy, cause)))
        }),
        (Some(NodeKind::All(parts)), true) | (Some(NodeKind::Any(parts)), false) => {
            parts.iter().fold(nothing_needed(), |paths, part| both(&paths, &ways_to(question, *part, party, wanted)))
        }
        (Some(NodeKind::All(parts)), false) | (Some(NodeKind::Any(parts)), true) => {
            parts.iter().fold(Paths::default(), |paths, part| either(paths, ways_to(question, *part, party, wanted)))
        }
        (None, _) => Paths::default(),
    }
}

fn nothing_needed<'a>() -> Paths<'a> {
    Set::of(Set::default())
}

fn either<'a>(mut a: Paths<'a>, b: Paths<'a>) -> Paths<'a> {
    a.extend(b);
    smallest(a)
}

fn both<'a>(a: &Paths<'a>, b: &Paths<'a>) -> Paths<'a> {
    smallest(a.iter().flat_map(|left| b.iter().map(move |right| left.union(right))).collect())
}

/// Without those that contain another, and not more than can be weighed.
fn smallest(paths: Paths<'_>) -> Paths<'_> {
    let by_size: Set<(usize, Set<Piece<'_>>)> = paths.into_iter().map(|path| (path.as_slice().len(), path)).collect();
    let mut kept: Vec<Set<Piece<'_>>> = Vec::new();
    for (_, path) in by_size {
        if kept.len() < WEIGHED && !kept.iter().any(|smaller| smaller.is_subset(&path)) {
            kept.push(path);
        }
    }
    kept.into_iter().collect()
}

/// A path in the words of a decision, with its cost; `None` where no issuer can assert a part of it.
fn described(question: &Question<'_>, path: &Set<Piece<'_>>) -> Option<(u32, Vec<EvidenceNeed>)> {
    let mut evidence: Vec<(Cause, EvidenceNeed)> = Vec::new();
    let mut cost: u32 = 0;
    for &(party, attribute, truth, policy, cause) in path.as_slice() {
        // No evidence says both.
        let against = |other: &Piece<'_>| {
            (other.0, other.1) == (party, attribute) && other.2.zip(truth).is_some_and(|(a, b)| a != b)
        };
        if path.iter().any(against) {
            return None;
        }
        let need = need(question, attribute, policy, party, cause)?;
        let same = evidence.iter_mut().find(|(_, known)| known.attribute == need.attribute && known.of == need.of);
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
                cost =
                    cost.saturating_add(1).saturating_add(u32::from(question.program.vocabulary().privacy(attribute)));
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

fn need(
    question: &Question<'_>,
    attribute: AttributeId,
    policy: &EvidencePolicy,
    party: Party,
    cause: Cause,
) -> Option<EvidenceNeed> {
    let vocabulary = question.program.vocabulary();
    let issuers = match vocabulary.is_context(attribute) || matches!(cause, Cause::EndUser | Cause::Party) {
        true => Vec::new(),
        false => {
            let issuers = able(question, attribute, policy);
            if issuers.is_empty() {
                return None;
            }
            issuers
        }
    };
    Some(EvidenceNeed {
        attribute: vocabulary.name(attribute).to_owned(),
        of: question.role(party).map(str::to_owned),
        problem: cause.code(),
        assurance: policy.assurance,
        max_age: policy.max_age,
        issuers,
    })
}

/// The issuers that can assert an attribute as strongly as a test asks.
fn able(question: &Question<'_>, attribute: AttributeId, policy: &EvidencePolicy) -> Vec<String> {
    let accepted = |issuer: &&Issuer| {
        let class = |classes: &Set<String>| issuer.class.as_ref().is_some_and(|class| classes.contains(class));
        policy.issuers.as_ref().is_none_or(|accepted| accepted.contains(&issuer.trusted.id))
            && policy.classes.as_ref().is_none_or(class)
    };
    let asserts = |issuer: &&Issuer| {
        // Every trusted issuer says who its token is about.
        attribute == AttributeId::SUBJECT_ID
            || issuer.claims.iter().any(|mapping| {
                attribute.settled_by().any(|source| source == mapping.attribute)
                    && mapping.assurance.highest() >= policy.assurance
            })
    };
    let issuers = question.program.ruleset().issuers.iter();
    issuers.filter(accepted).filter(asserts).map(|issuer| issuer.trusted.id.clone()).collect()
}
