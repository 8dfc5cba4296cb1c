//! The short answer about many people: only the outcome, rule and reason of a decision.

use crate::base::time::Instant;
use crate::check::decide::conditions::Evaluation;
use crate::check::decide::{Context, by_default, needs, reason};
use crate::check::decision::{EvidenceNeed, Outcome, Serving};
use crate::check::program::Program;
use crate::check::subject::Subject;

/// A decision's result, in short.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Brief {
    /// As in the decision.
    pub outcome: Outcome,
    /// As in the decision: the governing rule, if a rule governed.
    pub rule: Option<String>,
    /// As in the decision.
    pub reason: String,
    /// As in the decision.
    pub fallback: Option<Serving>,
    /// With `step_up`: the first of the decision's `needs`.
    pub asks: Vec<EvidenceNeed>,
}

/// The result of [`crate::check::decide::decide`] for each model and action, in short.
pub(crate) fn briefs(
    program: &Program,
    subject: &Subject,
    context: &Context,
    asked: &[(String, String)],
    now: Instant,
) -> Vec<Brief> {
    let ruleset = program.ruleset();
    if now >= ruleset.expires || now < ruleset.issued {
        let reason = if now < ruleset.issued { "ruleset.not_yet_valid" } else { "ruleset.expired" };
        return asked.iter().map(|_| refused(reason)).collect();
    }
    briefs_at_any_time(program, subject, context, asked, now)
}

/// The same, even if the ruleset itself is not valid at the instant.
pub(crate) fn briefs_at_any_time(
    program: &Program,
    subject: &Subject,
    context: &Context,
    asked: &[(String, String)],
    now: Instant,
) -> Vec<Brief> {
    let context = context.0.with_chain_of(subject);
    let evaluation = Evaluation::new(program, subject, &context, now);
    asked.iter().map(|asked| brief(&evaluation, asked)).collect()
}

/// The same for one model and action.
pub(crate) fn brief_at_any_time(
    program: &Program,
    subject: &Subject,
    context: &Context,
    asked: &(String, String),
    now: Instant,
) -> Brief {
    let context = context.0.with_chain_of(subject);
    brief(&Evaluation::new(program, subject, &context, now), asked)
}

fn brief(evaluation: &Evaluation<'_>, (model, action): &(String, String)) -> Brief {
    let program = evaluation.program;
    let Some(action) = program.action_position(action) else { return refused("request.action_unknown") };
    let Some(model) = program.model_position(model) else { return refused("request.model_unknown") };
    let judgement = evaluation.judge(program.cell(model, action));
    let governing = judgement.governing.and_then(|position| judgement.findings.get(position));
    let asks = match judgement.outcome {
        Outcome::StepUp => needs::needs(evaluation, &judgement).into_iter().next(),
        _ => None,
    };
    let instead = judgement.instead.filter(|_| judgement.outcome == Outcome::Degrade).map(|cell| program.names(cell));
    let fallback = instead.map(|(model, action)| Serving { model: model.to_owned(), action: action.to_owned() });
    let reason = governing.map(|finding| reason(evaluation, finding).to_owned());
    Brief {
        outcome: judgement.outcome,
        rule: governing.map(|finding| finding.rule.id.clone()),
        reason: reason.unwrap_or_else(|| by_default(evaluation).0),
        fallback,
        asks: asks.map(|path| path.evidence).unwrap_or_default(),
    }
}

fn refused(reason: &str) -> Brief {
    Brief { outcome: Outcome::Deny, rule: None, reason: reason.to_owned(), fallback: None, asks: Vec::new() }
}
