//! Judges the rules of one model and action: the result of each rule, and the outcome that governs.

use super::cause::Cause;
use super::conditions::{Evaluation, Party};
use super::evidence::TestResult;
use super::exceptions::{ExceptionResult, NotLifted, in_force};
use super::truth::Truth;
use crate::base::set::Set;
use crate::check::decision::Outcome;
use crate::check::program::{Cell, CompiledRule};
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::Rule;
use std::cmp::Reverse;

/// The result of the rules of one cell.
pub(crate) struct Judgement<'a> {
    pub(crate) cell: Cell,
    pub(crate) outcome: Outcome,
    /// Index in `findings` of the governing one. `None` if the default governs.
    pub(crate) governing: Option<usize>,
    /// The rules that apply, might apply, or were lifted: strictest first, then by id.
    pub(crate) findings: Vec<RuleResult<'a>>,
    /// With `degrade`, the model and action to serve. With `step_up`, those that may be served meanwhile.
    pub(crate) instead: Option<Cell>,
    /// The models and actions whose rules were judged: the one asked for, and the fallbacks.
    pub(crate) cells: Set<Cell>,
}

/// The cells judged so far, each with the cell that is served for it. `None` while it is being judged, so that circular
/// fallbacks serve nothing.
type VisitedCells = Vec<(Cell, Option<Cell>)>;

/// How strict a rule is. The less capable of two fallbacks is the stricter.
type Rank = (Outcome, Option<Cell>);

/// The result of one rule for one of the parties that it judges.
pub(crate) struct RuleResult<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) compiled: &'a CompiledRule,
    pub(crate) party: Party,
    pub(crate) truth: Truth,
    pub(crate) cause: Option<Cause>,
    /// The outcome that it contributes.
    pub(crate) outcome: Outcome,
    /// The authority enforces the rule now.
    pub(crate) enforced: bool,
    pub(crate) exceptions: Vec<ExceptionResult<'a>>,
}

impl<'a> Evaluation<'a> {
    /// The rules that can matter for a cell.
    fn rules_of(&self, cell: Cell) -> impl Iterator<Item = (&'a Rule, &'a CompiledRule)> {
        let program = self.program;
        program.sieve().in_scope(cell, &self.candidates).filter_map(move |position| program.rule(position))
    }

    /// Judges one cell, and the cells to which it falls back.
    pub(crate) fn judge(&self, cell: Cell) -> Judgement<'a> {
        let mut served = VisitedCells::new();
        let judgement = self.judge_among(cell, &mut served);
        Judgement { cells: served.into_iter().map(|(cell, _)| cell).collect(), ..judgement }
    }

    /// True if a cell is allowed. One rule usually settles it.
    pub(crate) fn allows(&self, cell: Cell) -> bool {
        let mut granted = self.program.ruleset().default.outcome == Outcome::Allow;
        let mut findings = Vec::new();
        for (rule, compiled) in self.rules_of(cell) {
            // A grant that is not needed changes nothing.
            if granted && rule.outcome.outcome == Outcome::Allow || !self.is_heard(rule) {
                continue;
            }
            let relief = self.judge_rule(rule, compiled, cell, &mut findings);
            if findings.iter().any(RuleResult::restricts) {
                // The rule applies, or might apply until evidence settles it.
                return false;
            }
            findings.clear();
            granted |= relief == Truth::True;
        }
        granted
    }

    /// True if the rule is in force and announced.
    pub(super) fn is_heard(&self, rule: &Rule) -> bool {
        in_force(&rule.effective, self.now).is_ok() && self.is_announced(rule)
    }

    fn judge_among(&self, cell: Cell, served: &mut VisitedCells) -> Judgement<'a> {
        let place = served.len();
        served.push((cell, None));
        let mut findings: Vec<RuleResult<'a>> = Vec::new();
        let default = self.program.ruleset().default.outcome;
        let mut relief = if default > Outcome::Allow { Truth::False } else { Truth::True };
        for (rule, compiled) in self.rules_of(cell) {
            if self.is_heard(rule) {
                let found = self.judge_rule(rule, compiled, cell, &mut findings);
                // If open rules would refuse too, a default that refuses does so however they turn out.
                if found == Truth::True || rule.outcome.outcome <= Outcome::StepUp {
                    relief = relief.or(found);
                }
            }
        }
        // If the default may apply, less strict rules settle nothing.
        let least = if relief == Truth::True { Outcome::Allow } else { default };
        let certain = findings.iter().filter(|finding| finding.applies());
        let strictest = certain.map(|finding| self.rank(finding, cell)).filter(|(outcome, _)| *outcome >= least).max();
        for finding in &mut findings {
            finding.outcome = self.contribution(finding, cell, strictest);
        }
        let findings = strictest_first(findings);
        let first = findings.first().map_or(Outcome::Allow, |first| first.outcome);
        let (outcome, governing) = match relief {
            // Nothing overrides the default.
            Truth::False if first >= default => (first, Some(0)),
            Truth::False => (default, None),
            // Something might override the default: evidence could settle it.
            Truth::Unknown | Truth::Conflict if first >= Outcome::StepUp => (first, Some(0)),
            Truth::Unknown | Truth::Conflict => {
                (Outcome::StepUp, findings.iter().position(|finding| finding.is_open_grant()))
            }
            Truth::True if first > Outcome::Allow => (first, Some(0)),
            Truth::True => {
                let lifted = || findings.iter().position(RuleResult::is_lifted);
                let granted = || findings.iter().position(RuleResult::applies);
                let governing = if default > Outcome::Allow { granted() } else { lifted().or_else(granted) };
                (Outcome::Allow, governing)
            }
        };
        let judgement = Judgement { cell, outcome, governing, findings, instead: None, cells: Set::default() };
        let judgement = self.with_instead(judgement, strictest, relief, served);
        if let Some((_, known)) = served.get_mut(place) {
            *known = judgement.served();
        }
        judgement
    }

    /// Settles what is served instead: the least capable fallback of the rules that apply or might apply. A rule
    /// without a fallback has nothing served. A fallback that is itself not allowed cannot be served.
    fn with_instead(
        &self,
        mut judgement: Judgement<'a>,
        strictest: Option<Rank>,
        relief: Truth,
        served: &mut VisitedCells,
    ) -> Judgement<'a> {
        if !matches!(judgement.outcome, Outcome::Degrade | Outcome::StepUp) {
            return judgement;
        }
        // If no open rule applies, the default applies, which may serve nothing either.
        let mut nothing = relief != Truth::True;
        let (mut certain, mut open) = (None, Set::default());
        for finding in judgement.findings.iter().filter(|finding| finding.restricts()) {
            match self.program.named_instead(finding.rule, judgement.cell) {
                None => nothing = true,
                named if finding.truth == Truth::True => certain = certain.max(named),
                named => open.extend(named),
            }
        }
        let mut least = None;
        if let Some(cell) = certain {
            let degrades = strictest.is_some_and(|(outcome, _)| outcome == Outcome::Degrade);
            let inner = match served.iter().find(|(known, _)| *known == cell) {
                Some((_, inner)) => Err(*inner),
                None if degrades || !nothing => Ok(self.judge_among(cell, served)),
                None => Err(None),
            };
            least = match &inner {
                Ok(inner) => inner.served(),
                Err(inner) => *inner,
            };
            nothing |= least.is_none();
            match inner {
                Ok(inner) if degrades && inner.outcome > Outcome::Degrade => {
                    judgement = self.stricter(judgement, inner)
                }
                Err(None) if degrades => {
                    judgement.outcome = Outcome::Deny;
                    judgement.governing = judgement.findings.iter().position(|finding| finding.applies());
                }
                _ => {}
            }
            if judgement.outcome > Outcome::StepUp {
                return judgement;
            }
        }
        for cell in open.into_iter().filter(|cell| Some(*cell) > certain) {
            if nothing {
                break;
            }
            let known = served.iter().find(|(known, _)| *known == cell).map(|(_, inner)| *inner);
            let inner = known.unwrap_or_else(|| self.judge_among(cell, served).served());
            least = least.max(inner);
            nothing = inner.is_none();
        }
        judgement.instead = least.filter(|_| !nothing);
        judgement
    }

    fn rank(&self, finding: &RuleResult<'_>, cell: Cell) -> Rank {
        match finding.rule.outcome.outcome {
            Outcome::Degrade => (Outcome::Degrade, self.program.named_instead(finding.rule, cell)),
            own => (own, None),
        }
    }

    /// The outcome that a rule contributes, given the strictest of the rules that certainly apply.
    fn contribution(&self, finding: &RuleResult<'_>, cell: Cell, strictest: Option<Rank>) -> Outcome {
        let own = finding.rule.outcome.outcome;
        if !finding.restricts() {
            return Outcome::Allow;
        }
        if finding.truth == Truth::True {
            return own;
        }
        // If a stricter rule certainly applies, an open one makes no difference.
        let rank = Some(self.rank(finding, cell));
        match own {
            Outcome::Degrade if strictest <= rank => Outcome::StepUp,
            Outcome::Degrade => Outcome::Allow,
            _ if strictest < rank => Outcome::StepUp,
            _ => Outcome::Allow,
        }
    }

    /// A degrade whose fallback is itself refused takes the fallback's outcome and reasons.
    fn stricter(&self, outer: Judgement<'a>, inner: Judgement<'a>) -> Judgement<'a> {
        let mut findings = inner.findings;
        for finding in outer.findings {
            if !findings.iter().any(|known| known.rule.id == finding.rule.id && known.party == finding.party) {
                findings.push(finding);
            }
        }
        Judgement { cell: outer.cell, findings, ..Judgement { findings: Vec::new(), ..inner } }
    }

    /// True if a rule may be named: notice of it was given, or it is in force already.
    fn is_announced(&self, rule: &Rule) -> bool {
        let given = rule.effective.notice.is_none_or(|notice| notice <= self.announced);
        given || in_force(&rule.effective, self.announced).is_ok()
    }

    /// Judges a rule in force: adds its result for each party that it judges. Returns the relief: whether the rule grants,
    /// or overrides a stricter default. A rule relieves only if each of its parties satisfies it, and at least one of them
    /// is vouched for. A rule that only restricts never relieves.
    pub(super) fn judge_rule(
        &self,
        rule: &'a Rule,
        compiled: &'a CompiledRule,
        cell: Cell,
        findings: &mut Vec<RuleResult<'a>>,
    ) -> Truth {
        let from = findings.len();
        if !self.program.is_undone_by_lifting(rule) {
            findings.extend(self.parties(rule).filter_map(|party| self.result_for_party(rule, compiled, party, cell)));
            return Truth::False;
        }
        let (mut relief, mut vouched) = (Truth::True, false);
        for party in self.parties(rule) {
            let finding = self.result_for_party(rule, compiled, party, cell);
            let heeded = finding.as_ref().filter(|finding| finding.enforced && !finding.is_lifted());
            relief = relief.and(heeded.map_or(Truth::False, |finding| finding.truth));
            // Exceptions are not tried for this party. One might lift the rule and so restore the stricter default.
            if self.is_vouched_for(party) {
                vouched = true;
            } else if rule.outcome.outcome > Outcome::Allow && !rule.unless.is_empty() {
                relief = relief.and(Truth::Unknown);
            }
            findings.extend(finding);
        }
        let relief = if vouched { relief } else { Truth::False };
        // Without a full grant, the results of this rule that certainly hold do not explain the outcome.
        if rule.outcome.outcome == Outcome::Allow && relief != Truth::True {
            let mut place = 0_usize;
            findings.retain(|finding| {
                place = place.saturating_add(1);
                let open = relief != Truth::False && !finding.truth.is_known();
                // Results of earlier rules stay.
                place <= from || !finding.enforced || open || finding.is_lifted()
            });
        }
        relief
    }

    /// The result of a rule in force for one party. `None` if its condition is false.
    fn result_for_party(
        &self,
        rule: &'a Rule,
        compiled: &'a CompiledRule,
        party: Party,
        cell: Cell,
    ) -> Option<RuleResult<'a>> {
        let TestResult { truth, cause } = self.node(compiled.when, party);
        if truth == Truth::False || rule.absence_clears && self.nothing_speaks_of(compiled.when, party) {
            return None;
        }
        // For an actor, or a person who might be the party, exceptions can only revoke a grant. They lift no other rule.
        let tried = self.is_vouched_for(party) || rule.outcome.outcome == Outcome::Allow;
        let exceptions = rule.unless.iter().zip(&compiled.exceptions).filter(|_| tried).map(|(exception, lift)| {
            ExceptionResult { exception, lift, result: self.try_lift(exception, lift, party, cell) }
        });
        let enforced = !rule.effective.not_enforced.iter().any(|window| window.contains(self.now));
        let exceptions: Vec<ExceptionResult<'a>> = exceptions.collect();
        let mut finding =
            RuleResult { rule, compiled, party, truth, cause, outcome: Outcome::Allow, enforced, exceptions };
        // A rule that grants, or overrides a stricter default, must not depend on unknown facts. An exception that
        // might undo it leaves it open.
        if self.program.is_undone_by_lifting(rule) && truth == Truth::True && !finding.is_lifted() {
            finding.cause = finding.exceptions.iter().filter_map(|tried| self.left_open(tried, party, cell)).max();
            finding.truth = if finding.cause.is_some() { Truth::Unknown } else { Truth::True };
        }
        Some(finding)
    }
}

impl<'a> RuleResult<'a> {
    /// True if its condition holds and it is enforced and not lifted.
    pub(crate) fn applies(&self) -> bool {
        self.truth == Truth::True && self.enforced && !self.is_lifted()
    }

    pub(crate) fn is_lifted(&self) -> bool {
        self.exceptions.iter().any(|tried| tried.result.is_ok())
    }

    /// True if it applies or might apply, and is stricter than `allow`.
    pub(crate) fn restricts(&self) -> bool {
        self.rule.outcome.outcome > Outcome::Allow && self.enforced && !self.is_lifted()
    }

    fn is_open_grant(&self) -> bool {
        self.rule.outcome.outcome == Outcome::Allow && !self.truth.is_known() && self.enforced && !self.is_lifted()
    }

    /// The exception that lifts the rule. Among several, the first by id. `None` if none does.
    pub(crate) fn lifted_by(&self) -> Option<&ExceptionResult<'a>> {
        self.exceptions.iter().filter(|tried| tried.result.is_ok()).min_by_key(|tried| &tried.exception.id)
    }

    /// The exception that came nearest to applying: it was meant for this person and something else failed.
    pub(crate) fn nearest(&self) -> Option<(&ExceptionResult<'a>, NotLifted)> {
        let failed = self.exceptions.iter().filter_map(|tried| Some((tried, tried.result.err()?)));
        let near = failed.filter(|(_, failed)| *failed >= NotLifted::LicenceNotYet);
        near.max_by_key(|(tried, failed)| (*failed, Reverse(&tried.exception.id)))
    }
}

impl Judgement<'_> {
    /// The model and action that are served.
    fn served(&self) -> Option<Cell> {
        match self.outcome {
            Outcome::Allow => Some(self.cell),
            Outcome::Degrade | Outcome::StepUp => self.instead,
            Outcome::Review | Outcome::Deny => None,
        }
    }
}

/// Sorts by strictness, then those that certainly apply first, then by id. They are already in the order of their ids.
fn strictest_first(findings: Vec<RuleResult<'_>>) -> Vec<RuleResult<'_>> {
    let mut buckets: [Vec<RuleResult<'_>>; 10] = Default::default();
    for finding in findings {
        let strictness: usize = match finding.outcome {
            Outcome::Deny => 0,
            Outcome::Review => 2,
            Outcome::StepUp => 4,
            Outcome::Degrade => 6,
            Outcome::Allow => 8,
        };
        let place = if finding.truth == Truth::True { strictness } else { strictness | 1 };
        if let Some(bucket) = buckets.get_mut(place) {
            bucket.push(finding);
        }
    }
    buckets.into_iter().flatten().collect()
}

/// Adds the attributes that the rules in force read. An exception is read only if its rule might apply.
pub(crate) fn consulted(evaluation: &Evaluation<'_>, cell: Cell, found: &mut Set<AttributeId>) {
    for family in evaluation.program.sieve().families() {
        found.insert(family.attribute);
    }
    for (rule, compiled) in evaluation.rules_of(cell) {
        if in_force(&rule.effective, evaluation.now).is_err() {
            continue;
        }
        let open = evaluation.parties(rule).any(|party| evaluation.node(compiled.when, party).truth != Truth::False);
        let asked = if open { &compiled.asks } else { &compiled.when_asks };
        found.extend(asked.iter().copied());
    }
}
