//! The smallest sets of evidence that could turn the answer to allow.

use super::cause::Cause;
use super::conditions::{Evaluation, Party};
use super::exceptions::NotLifted;
use super::rules::{Judgement, RuleResult};
use super::truth::Truth;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::decision::{EvidenceNeed, EvidencePath, Outcome, WantedValue};
use crate::check::program::{AttributeTest, Cell, NodeId, NodeKind, TestId};
use crate::ruleset::area::Area;
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{EvidencePolicy, Issuer, Matcher};

/// Maximum number of paths in a decision. The cheapest are kept.
const PATHS: usize = 8;
/// Maximum number of paths that are considered at once.
const WEIGHED: usize = 64;
/// Maximum number of values that are listed.
const VALUES: usize = 16;

/// One piece of evidence: the party, the attribute, the test that it settles, the required result of that test, and why
/// present evidence does not settle it.
type Piece = (Party, AttributeId, TestId, bool, Cause);
/// Sets of evidence, each of which is one way to succeed.
type Paths = Set<Set<Piece>>;

/// The ways to an allow, cheapest in privacy first.
pub(crate) fn needs(evaluation: &Evaluation<'_>, judgement: &Judgement<'_>) -> Vec<EvidencePath> {
    if judgement.outcome == Outcome::Allow {
        return Vec::new();
    }
    // Rules with the same requirements are satisfied together.
    let mut each: Set<Paths> = Set::default();
    for finding in judgement.findings.iter().filter(|finding| finding.restricts()) {
        // The requirements of a sealed rule are only for those who hold the key.
        if finding.rule.sealed.is_some() {
            return Vec::new();
        }
        let ways = ways_past(evaluation, finding, judgement.cell);
        // No evidence gets past this rule.
        if ways.is_empty() {
            return Vec::new();
        }
        each.insert(ways);
    }
    let mut paths = each.iter().fold(nothing_needed(), |paths, ways| both(&paths, ways));
    if evaluation.program.ruleset().default.outcome > Outcome::Allow {
        let open =
            |finding: &&RuleResult<'_>| finding.enforced && !finding.is_lifted() && finding.rule.sealed.is_none();
        // A grant is given only if each party that it judges satisfies it.
        let mut granted = Paths::default();
        for grant in judgement.findings.chunk_by(|one, other| one.rule.id == other.rule.id) {
            let mut parties =
                grant.iter().filter(open).filter(|finding| finding.rule.outcome.outcome == Outcome::Allow).peekable();
            if parties.peek().is_some() {
                let ways = parties.map(|finding| ways_to_be_granted(evaluation, finding, judgement.cell));
                granted = either(granted, ways.fold(nothing_needed(), |paths, ways| both(&paths, &ways)));
            }
        }
        paths = both(&paths, &granted);
    }
    let described = paths.iter().filter_map(|path| described(evaluation, path));
    let ranked: Set<(u32, usize, Vec<EvidenceNeed>)> = described
        .filter(|(_, evidence)| !evidence.is_empty())
        .map(|(cost, needs)| (cost, needs.len(), needs))
        .collect();
    ranked.into_iter().take(PATHS).map(|(_, _, evidence)| EvidencePath { evidence }).collect()
}

/// The ways past one rule: its condition does not hold, or one of its exceptions does.
fn ways_past(evaluation: &Evaluation<'_>, finding: &RuleResult<'_>, cell: Cell) -> Paths {
    let party = finding.party;
    let mut paths = ways_to(evaluation, finding.compiled.when, party, false);
    for tried in &finding.exceptions {
        // Evidence can settle an open exception, but not change a licence or a date.
        if matches!(tried.result, Err(NotLifted::Open(_) | NotLifted::Provided(_))) {
            let mut ways = ways_to(evaluation, tried.lift.when, party, true);
            for node in &tried.lift.provided {
                ways = both(&ways, &ways_to(evaluation, *node, party, true));
            }
            if let Some(licence_index) = tried.lift.licence_index {
                ways = both(&ways, &ways_to_hold(evaluation, licence_index, party, cell));
            }
            paths = either(paths, ways);
        }
    }
    paths
}

/// The ways to make a grant apply: its condition holds, and no exception is left that might undo it.
fn ways_to_be_granted(evaluation: &Evaluation<'_>, finding: &RuleResult<'_>, cell: Cell) -> Paths {
    let party = finding.party;
    let open = finding.exceptions.iter().filter(|tried| evaluation.left_open(tried, party, cell).is_some());
    open.fold(ways_to(evaluation, finding.compiled.when, party, true), |paths, tried| {
        let nodes = std::iter::once(&tried.lift.when).chain(&tried.lift.provided);
        both(&paths, &nodes.map(|node| ways_to(evaluation, *node, party, false)).fold(Paths::default(), either))
    })
}

/// The ways to show that the party holds a fitting licence, for a purpose that it covers.
fn ways_to_hold(evaluation: &Evaluation<'_>, licence_index: usize, party: Party, cell: Cell) -> Paths {
    let few = evaluation.servable(licence_index, party, cell).take(PATHS);
    let grants = few.filter_map(|position| evaluation.program.licence(position));
    grants.fold(Paths::default(), |paths, (_, grant)| {
        let held = ways_to(evaluation, grant.holder, party, true);
        let used = grant.end_uses.map_or_else(nothing_needed, |node| ways_to(evaluation, node, party, true));
        either(paths, both(&held, &used))
    })
}

/// The ways to make a condition evaluate to `wanted`. Empty if there is none.
fn ways_to(evaluation: &Evaluation<'_>, node: NodeId, party: Party, wanted: bool) -> Paths {
    let truth = evaluation.node(node, party).truth;
    if truth.is_known() {
        return if (truth == Truth::True) == wanted { nothing_needed() } else { Paths::default() };
    }
    match (evaluation.program.conditions().node(node), wanted) {
        (Some(NodeKind::Not(part)), _) => ways_to(evaluation, *part, party, !wanted),
        (Some(NodeKind::Test(id)), _) => evaluation.test_of(*id).map_or_else(Paths::default, |test| {
            let cause = evaluation.node(node, party).cause.unwrap_or(Cause::Missing);
            Set::of(Set::of((party, test.attribute, *id, wanted, cause)))
        }),
        (Some(NodeKind::All(parts)), true) | (Some(NodeKind::Any(parts)), false) => {
            parts.iter().fold(nothing_needed(), |paths, part| both(&paths, &ways_to(evaluation, *part, party, wanted)))
        }
        (Some(NodeKind::All(parts)), false) | (Some(NodeKind::Any(parts)), true) => {
            parts.iter().fold(Paths::default(), |paths, part| either(paths, ways_to(evaluation, *part, party, wanted)))
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

/// Removes paths that contain another path, and keeps at most `WEIGHED`.
fn smallest(paths: Paths) -> Paths {
    let by_size: Set<(usize, Set<Piece>)> = paths.into_iter().map(|path| (path.as_slice().len(), path)).collect();
    let mut kept: Vec<Set<Piece>> = Vec::new();
    for (_, path) in by_size {
        if kept.len() < WEIGHED && !kept.iter().any(|smaller| smaller.is_subset(&path)) {
            kept.push(path);
        }
    }
    kept.into_iter().collect()
}

/// A path as a decision lists it, with its cost. `None` if no issuer can assert a part of it.
fn described(evaluation: &Evaluation<'_>, path: &Set<Piece>) -> Option<(u32, Vec<EvidenceNeed>)> {
    let mut evidence: Vec<(Cause, EvidenceNeed)> = Vec::new();
    let mut cost: u32 = 0;
    for piece in path.iter() {
        let &(party, attribute, id, wanted, cause) = piece;
        let test = evaluation.test_of(id)?;
        // No evidence satisfies both.
        if path.iter().any(|other| (other.0, other.1) == (party, attribute) && excludes(evaluation, piece, other)) {
            return None;
        }
        let need = need(evaluation, test, wanted, party, cause)?;
        let same = evidence.iter_mut().find(|(_, known)| known.attribute == need.attribute && known.of == need.of);
        match same {
            // If two rules read one attribute, the stronger evidence satisfies both.
            Some((worst, known)) => {
                *worst = cause.max(*worst);
                known.problem = worst.code();
                known.assurance = known.assurance.max(need.assurance);
                known.max_age = match (known.max_age, need.max_age) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
                known.issuers.retain(|issuer| need.issuers.contains(issuer));
                known.wanted.extend(need.wanted);
            }
            None => {
                cost = cost
                    .saturating_add(1)
                    .saturating_add(u32::from(evaluation.program.vocabulary().privacy(attribute)));
                evidence.push((cause, need));
            }
        }
    }
    // Two rules that accept no common issuer cannot be satisfied at once.
    if evidence.iter().any(|(_, need)| need.issuers.is_empty() && need.problem.starts_with("evidence.")) {
        return None;
    }
    let sorted: Set<EvidenceNeed> = evidence.into_iter().map(|(_, need)| need).collect();
    Some((cost, sorted.into_vec()))
}

/// True if no value of an attribute gives two tests their required results.
fn excludes(evaluation: &Evaluation<'_>, a: &Piece, b: &Piece) -> bool {
    let matcher = |piece: &Piece| evaluation.test_of(piece.2).map(|test| &test.matcher);
    match (matcher(a), matcher(b)) {
        (Some(Matcher::Is(one)), Some(Matcher::Is(other))) => (*one == a.3) != (*other == b.3),
        (Some(Matcher::Country(one)), Some(Matcher::Country(other))) => {
            let side = |area: &Area, inside: bool| {
                let version = area.at(evaluation.now);
                if inside { version.members } else { version.mapped.without(&version.members) }
            };
            !side(one, a.3).intersects(&side(other, b.3))
        }
        _ => a.2 == b.2 && a.3 != b.3,
    }
}

fn need(
    evaluation: &Evaluation<'_>,
    test: &AttributeTest,
    holds: bool,
    party: Party,
    cause: Cause,
) -> Option<EvidenceNeed> {
    let vocabulary = evaluation.program.vocabulary();
    let (attribute, policy) = (test.attribute, &test.policy);
    let issuers = match vocabulary.is_context(attribute) || matches!(cause, Cause::EndUser | Cause::Party) {
        true => Vec::new(),
        false => {
            let issuers = able(evaluation, attribute, policy);
            if issuers.is_empty() {
                return None;
            }
            issuers
        }
    };
    let mut wanted = wanted(&test.matcher, holds, evaluation.now);
    if attribute == AttributeId::SUBJECT_ID {
        // A decision names no other person, such as a licence's holder.
        wanted.values.clear();
    }
    Some(EvidenceNeed {
        attribute: vocabulary.name(attribute).to_owned(),
        of: evaluation.role(party).map(str::to_owned),
        problem: cause.code(),
        assurance: policy.assurance,
        max_age: policy.max_age,
        issuers,
        wanted: vec![wanted],
    })
}

/// The values that would help, with the matcher of the condition.
fn wanted(matcher: &Matcher, holds: bool, now: Instant) -> WantedValue {
    let countries = |area: &Area| -> Vec<String> {
        let members = area.at(now).members;
        members.iter().take(VALUES.saturating_add(1)).map(|country| country.code().to_owned()).collect()
    };
    let (matcher, values) = match matcher {
        Matcher::Is(value) => {
            let value = if *value == holds { "true" } else { "false" };
            return WantedValue { matcher: "is", holds: true, values: vec![value.to_owned()] };
        }
        Matcher::Text(texts) => ("in", texts.as_slice().to_vec()),
        Matcher::Under(texts) => ("under", texts.as_slice().to_vec()),
        Matcher::AnyText(texts) => ("any_of", texts.as_slice().to_vec()),
        Matcher::AllText(texts) => ("all_of", texts.as_slice().to_vec()),
        Matcher::OnlyText(texts) => ("only", texts.as_slice().to_vec()),
        Matcher::Share(lists, _) => ("lists", lists.as_slice().to_vec()),
        Matcher::Country(area) => ("in", countries(area)),
        Matcher::AnyCountry(area) => ("any_of", countries(area)),
        Matcher::AllCountry(area) => ("all_of", countries(area)),
        Matcher::OnlyCountry(area) => ("only", countries(area)),
        Matcher::Record(fields) => ("has", fields.iter().map(|(name, _)| name.clone()).collect()),
        Matcher::Number(_) => ("range", Vec::new()),
        Matcher::Count(_) => ("count", Vec::new()),
    };
    WantedValue { matcher, holds, values: if values.len() > VALUES { Vec::new() } else { values } }
}

/// The issuers that can assert an attribute with the assurance that a test requires.
fn able(evaluation: &Evaluation<'_>, attribute: AttributeId, policy: &EvidencePolicy) -> Vec<String> {
    let accepted = |issuer: &&Issuer| {
        let class = |classes: &Set<String>| issuer.class.as_ref().is_some_and(|class| classes.contains(class));
        policy.issuers.as_ref().is_none_or(|accepted| accepted.contains(&issuer.trusted.id))
            && policy.classes.as_ref().is_none_or(class)
    };
    let asserts = |issuer: &&Issuer| {
        // Every trusted issuer asserts the subject of its tokens.
        attribute == AttributeId::SUBJECT_ID
            || issuer.claims.iter().any(|mapping| {
                attribute.settled_by().any(|source| source == mapping.attribute)
                    && mapping.assurance.highest() >= policy.assurance
            })
    };
    let issuers = evaluation.program.ruleset().issuers.iter();
    issuers.filter(accepted).filter(asserts).map(|issuer| issuer.trusted.id.clone()).collect()
}
