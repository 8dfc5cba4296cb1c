//! Subject, request, program and now → decision. Pure: the same four give the same bytes anywhere.

mod ask;
mod cause;
mod compose;
mod conditions;
mod context;
mod evidence;
mod exceptions;
#[cfg(feature = "author")]
pub(crate) mod for_authors;
mod horizon;
mod instants;
mod memo;
mod needs;
mod rules;
mod sets;
mod truth;

use crate::base::limits;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::decision::{
    Alternative, Basis, DecidedBy, Decision, ExceptionReason, Holds, Obligation, Outcome, RuleReason, RulesetRef,
    Serving,
};
use crate::check::program::{Cell, Program, TestId};
use crate::check::subject::Subject;
use crate::ruleset::model::{Licence, Unknown};
pub use ask::{ClaimPath, EvidenceRequest, RequestedEvidence, RequestedIssuer, asked};
use cause::Cause;
pub use compose::{Answer, Judge, strictest};
use conditions::Evaluation;
pub use context::{Context, ContextError};
use exceptions::ExceptionResult;
use rules::{Judgement, RuleResult};
pub(crate) use truth::Truth;

/// A request to decide.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The model's id.
    pub model: &'a str,
    /// The action.
    pub action: &'a str,
    /// The request's context, as the host states it.
    pub context: &'a Context,
}

/// Decides a request. Total: there is an answer for every request, and it is `allow` only if a rule or the default
/// allows.
#[inline(never)]
pub fn decide(program: &Program, subject: &Subject, request: Request<'_>, now: Instant) -> Decision {
    if let Some(refused) = outside_window(program, request, now) {
        return refused;
    }
    let context = request.context.0.with_chain_of(subject);
    let evaluation = Evaluation::new(program, subject, &context, now);
    let action = program.action_position(request.action);
    let Some(action) = action else {
        let message = format!("The action `{}` is not in this ruleset.", shown(request.action));
        let refused = refusal(program, request, now, DecidedBy::Request, "request.action_unknown", message);
        let until = Some(horizon::end(&evaluation));
        return Decision { valid_until: until, same_until: until, ..refused };
    };
    let Some(model) = program.model_position(request.model) else {
        let message = format!("The model `{}` is not in this ruleset's catalogue.", shown(request.model));
        let refused = refusal(program, request, now, DecidedBy::Request, "request.model_unknown", message);
        let until = Some(horizon::of_action(&evaluation, action));
        let alternatives = alternatives(&evaluation, None, action);
        return Decision { alternatives, valid_until: until, same_until: until, ..refused };
    };
    let cell = program.cell(model, action);
    let judgement = evaluation.judge(cell);
    let decision = answer(&evaluation, &judgement);
    let valid_until = horizon::valid_until(&evaluation, &judgement, &decision);
    let (upcoming, complete_until) = horizon::upcoming(&evaluation, &judgement);
    let same_until = Some(valid_until.min(complete_until));
    Decision { valid_until: Some(valid_until), same_until, upcoming, ..decision }
}

/// The answer to a request whose token was refused. `until` is the instant from which the token might be accepted.
#[inline(never)]
pub fn refuse_token(
    program: &Program,
    request: Request<'_>,
    now: Instant,
    (code, message): (&str, String),
    until: Option<Instant>,
) -> Decision {
    outside_window(program, request, now).unwrap_or_else(|| {
        let refused = refusal(program, request, now, DecidedBy::Token, code, message);
        Decision { valid_until: until.min(refused.valid_until).or(refused.valid_until), ..refused }
    })
}

/// Refuses every request if the ruleset is not yet or no longer valid.
fn outside_window(program: &Program, request: Request<'_>, now: Instant) -> Option<Decision> {
    let ruleset = program.ruleset();
    let (code, message) = if now >= ruleset.expires {
        ("ruleset.expired", format!("The ruleset expired at {}; the app needs a newer one.", ruleset.expires))
    } else if now < ruleset.issued {
        ("ruleset.not_yet_valid", format!("The ruleset is valid from {}.", ruleset.issued))
    } else {
        return None;
    };
    let refused = refusal(program, request, now, DecidedBy::Ruleset, code, message);
    let valid_until = (now < ruleset.issued).then_some(ruleset.issued);
    Some(Decision { valid_until, ..refused })
}

fn refusal(
    program: &Program,
    request: Request<'_>,
    now: Instant,
    decided_by: DecidedBy,
    code: &str,
    message: String,
) -> Decision {
    let ruleset = program.ruleset();
    Decision {
        outcome: Outcome::Deny,
        allowed: false,
        decided_by,
        reason: code.to_owned(),
        message,
        ruleset: RulesetRef { id: ruleset.id.clone(), version: ruleset.version },
        rule: None,
        basis: None,
        model: shown(request.model),
        action: shown(request.action),
        decided_at: now,
        valid_until: Some(ruleset.expires),
        fallback: None,
        interim: None,
        reasons: Vec::new(),
        needs: Vec::new(),
        alternatives: Vec::new(),
        obligations: Vec::new(),
        upcoming: Vec::new(),
        not_needed: Vec::new(),
        same_until: None,
    }
}

/// A name from a request, truncated for repeating it.
fn shown(name: &str) -> String {
    name.chars().take(limits::NAME_BYTES).collect()
}

/// The decision without the parts that look ahead.
fn answer(evaluation: &Evaluation<'_>, judgement: &Judgement<'_>) -> Decision {
    let program = evaluation.program;
    let ruleset = program.ruleset();
    let outcome = judgement.outcome;
    let (model, action) = program.names(judgement.cell);
    let serving = judgement.instead.map(|cell| {
        let (model, action) = program.names(cell);
        Serving { model: model.to_owned(), action: action.to_owned() }
    });
    let (fallback, interim) = match outcome {
        Outcome::Degrade => (serving, None),
        _ => (None, serving),
    };
    let governing = judgement.governing.and_then(|position| judgement.findings.get(position));
    let (reason, message) = governing.map_or_else(|| by_default(evaluation), |finding| spoken(evaluation, finding));
    let (_, action_position) = program.positions(judgement.cell);
    Decision {
        outcome,
        allowed: outcome == Outcome::Allow,
        decided_by: if governing.is_some() { DecidedBy::Rule } else { DecidedBy::Default },
        reason,
        message,
        ruleset: RulesetRef { id: ruleset.id.clone(), version: ruleset.version },
        rule: governing.map(|finding| finding.rule.id.clone()),
        basis: governing.map(|finding| basis(evaluation, finding)),
        model: model.to_owned(),
        action: action.to_owned(),
        decided_at: evaluation.now,
        valid_until: None,
        fallback,
        interim,
        reasons: listed(judgement).map(|finding| rule_reason(evaluation, finding)).collect(),
        needs: needs::needs(evaluation, judgement),
        alternatives: match outcome {
            Outcome::Allow => Vec::new(),
            _ => alternatives(evaluation, Some(judgement.cell), action_position),
        },
        obligations: obligations(evaluation, judgement),
        upcoming: Vec::new(),
        not_needed: not_needed(evaluation, judgement),
        same_until: None,
    }
}

/// The findings that a decision lists: the strictest up to the limit, and always the governing one.
fn listed<'a, 'b>(judgement: &'a Judgement<'b>) -> impl Iterator<Item = &'a RuleResult<'b>> {
    let findings = judgement.findings.iter().enumerate();
    let named = findings.filter(|(place, _)| *place < limits::REASONS || Some(*place) == judgement.governing);
    named.map(|(_, finding)| finding)
}

fn by_default(evaluation: &Evaluation<'_>) -> (String, String) {
    let default = &evaluation.program.ruleset().default;
    let message = match default.outcome {
        Outcome::Allow => "No rule restricts this request.",
        _ => "No rule allows this request.",
    };
    let message = default.message.as_deref().unwrap_or(message);
    (default.reason.as_deref().unwrap_or("default").to_owned(), message.to_owned())
}

/// A finding's reason code and sentence.
fn spoken(evaluation: &Evaluation<'_>, finding: &RuleResult<'_>) -> (String, String) {
    let reason = reason(evaluation, finding).to_owned();
    if let Some(tried) = finding.lifted_by() {
        if finding.rule.sealed.is_some() {
            return (reason, "Allowed under an exception of a sealed rule.".to_owned());
        }
        let licence = licence(evaluation, tried).map(|licence| ("licence", &licence.id));
        let (kind, id) = licence.unwrap_or(("exception", &tried.exception.id));
        return (reason, format!("Allowed under the {kind} `{id}`."));
    }
    let rule = finding.rule;
    if finding.truth == Truth::True {
        return (reason, rule.message.clone());
    }
    let cause = finding.cause.unwrap_or(Cause::Missing);
    let ask = match cause {
        Cause::Undisclosed | Cause::Incomplete | Cause::Partial if rule.sealed.is_none() => {
            undisclosed(evaluation, finding, cause)
        }
        _ => None,
    };
    let ask = ask.map_or_else(String::new, |path| ["; ask the wallet for ", &path].concat());
    (reason, format!("More evidence is needed: {}{ask}. {}", cause.sentence(), rule.message))
}

/// A finding's reason code.
fn reason<'a>(evaluation: &Evaluation<'_>, finding: &RuleResult<'a>) -> &'a str {
    if let Some(tried) = finding.lifted_by() {
        return &tried.exception.reason;
    }
    if finding.truth == Truth::True {
        return finding.nearest().map_or(finding.rule.reason.as_str(), |(tried, failed)| failed.code(tried.exception));
    }
    own_code(evaluation, finding).unwrap_or_else(|| finding.cause.unwrap_or(Cause::Missing).code())
}

/// The claim path to request from a wallet, if a credential withholds what a rule needs.
fn undisclosed(evaluation: &Evaluation<'_>, finding: &RuleResult<'_>, cause: Cause) -> Option<String> {
    let mut open = Vec::new();
    evaluation.open_tests(finding.compiled.when, finding.party, &mut open);
    let (test, _) = open.into_iter().find(|(_, why)| *why == cause)?;
    ask::hint(evaluation.program.ruleset(), evaluation.test_of(test)?.attribute)
}

/// The rule's own reason code for what leaves it open. `None` unless each attribute that leaves it open has one; among
/// several, the first.
fn own_code<'a>(evaluation: &Evaluation<'_>, finding: &RuleResult<'a>) -> Option<&'a str> {
    let known = &finding.rule.unknown;
    if known.is_empty() {
        return None;
    }
    let mut open = Vec::new();
    evaluation.open_tests(finding.compiled.when, finding.party, &mut open);
    let code = |(test, cause): &(TestId, Cause)| {
        let attribute = evaluation.test_of(*test)?.attribute;
        let of = |unknown: &&Unknown| unknown.attribute == attribute;
        let exact = known.iter().filter(of).find(|unknown| unknown.cause.as_deref() == Some(cause.word()));
        exact.or_else(|| known.iter().filter(of).find(|unknown| unknown.cause.is_none()))
    };
    let codes: Option<Vec<&Unknown>> = open.iter().map(code).collect();
    let codes = codes?;
    // In the author's order, because the author knows which matters more.
    let first = known.iter().find(|unknown| codes.contains(unknown))?;
    Some(first.reason.as_str())
}

/// The basis of a finding: that of the lifting exception, else of its licence, else of the rule. The exceptions of a
/// sealed rule are not disclosed.
fn basis(evaluation: &Evaluation<'_>, finding: &RuleResult<'_>) -> Basis {
    let lifted = finding.lifted_by().filter(|_| finding.rule.sealed.is_none());
    let own = lifted.and_then(|tried| tried.exception.basis.clone());
    let licence = lifted.and_then(|tried| licence(evaluation, tried));
    own.or_else(|| licence.map(|licence| licence.basis.clone())).unwrap_or_else(|| finding.rule.basis.clone())
}

/// The licence on which a lifting exception rests.
fn licence<'a>(evaluation: &Evaluation<'a>, tried: &ExceptionResult<'_>) -> Option<&'a Licence> {
    let position = tried.result.ok().flatten()?;
    evaluation.program.licence(position).map(|(licence, _)| licence)
}

fn rule_reason(evaluation: &Evaluation<'_>, finding: &RuleResult<'_>) -> RuleReason {
    let (reason, message) = spoken(evaluation, finding);
    let rule = finding.rule;
    let told = rule.sealed.is_none();
    let exceptions = finding.exceptions.iter().filter(|_| told).map(|tried| ExceptionReason {
        id: tried.exception.id.clone(),
        licence: tried.lift.licence_index.is_some(),
        number: licence(evaluation, tried).map(|licence| licence.id.clone()),
        lifted: tried.result.is_ok(),
        reason: match tried.result {
            Ok(_) => tried.exception.reason.clone(),
            Err(failed) => failed.code(tried.exception).to_owned(),
        },
    });
    RuleReason {
        ruleset: evaluation.program.ruleset().id.clone(),
        rule: rule.id.clone(),
        title: if told { rule.title.clone() } else { "A sealed rule".to_owned() },
        outcome: finding.outcome,
        reason,
        message,
        holds: match finding.truth {
            Truth::Conflict => Holds::Conflict,
            Truth::Unknown => Holds::Unknown,
            Truth::True | Truth::False => Holds::True,
        },
        of: evaluation.role(finding.party).map(str::to_owned),
        enforced: finding.enforced,
        sealed: rule.sealed.clone(),
        basis: rule.basis.clone(),
        exceptions: exceptions.collect(),
    }
}

/// The models on which the same subject may do the same action now.
fn alternatives(evaluation: &Evaluation<'_>, asked: Option<Cell>, action: usize) -> Vec<Alternative> {
    let program = evaluation.program;
    let models = program.ruleset().models.iter().enumerate();
    let allowed = models.filter(|(model, _)| {
        let cell = program.cell(*model, action);
        asked != Some(cell) && evaluation.allows(cell)
    });
    allowed.map(|(_, model)| Alternative { model: model.id.clone(), title: model.title.clone() }).collect()
}

/// The caller's obligations when it serves what is allowed, or what is served instead.
fn obligations(evaluation: &Evaluation<'_>, judgement: &Judgement<'_>) -> Vec<Obligation> {
    if let Some(cell) = judgement.instead {
        let instead = evaluation.judge(cell);
        return named_obligations(evaluation, &instead);
    }
    match judgement.outcome {
        Outcome::Allow => named_obligations(evaluation, judgement),
        _ => Vec::new(),
    }
}

fn named_obligations(evaluation: &Evaluation<'_>, judgement: &Judgement<'_>) -> Vec<Obligation> {
    let mut names: Set<&str> = Set::default();
    for finding in &judgement.findings {
        if finding.applies() {
            names.extend(finding.rule.obligations.iter().map(String::as_str));
        }
        for tried in &finding.exceptions {
            if tried.result.is_ok() {
                names.extend(tried.exception.obligations.iter().map(String::as_str));
            }
            let licence = licence(evaluation, tried);
            names.extend(licence.into_iter().flat_map(|licence| &licence.obligations).map(String::as_str));
        }
    }
    names.into_iter().filter_map(|name| evaluation.program.obligation(name).cloned()).collect()
}

/// The attributes that were asserted, but that no rule in force reads.
fn not_needed(evaluation: &Evaluation<'_>, judgement: &Judgement<'_>) -> Vec<String> {
    let mut asked = Set::default();
    for cell in judgement.cells.iter() {
        rules::consulted(evaluation, *cell, &mut asked);
    }
    let facts = evaluation.subject.facts().iter();
    let unread: Set<&str> = facts
        .filter(|fact| {
            fact.attribute == fact.asserted && fact.attribute != crate::ruleset::attribute::AttributeId::SUBJECT_ID
        })
        .filter(|fact| !asked.iter().any(|attribute| attribute.settled_by().any(|source| source == fact.attribute)))
        .map(|fact| evaluation.program.vocabulary().name(fact.attribute))
        .collect();
    unread.into_iter().map(str::to_owned).collect()
}
