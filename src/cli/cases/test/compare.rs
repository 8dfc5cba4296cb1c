//! Compares a decision with the expected one.

use brightline::{Case, Decision, ExpectedOutcome, Outcome};
use serde::Serialize;

/// One field of a decision, with its expected value.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    pub(super) field: &'static str,
    /// `None` if any value is accepted.
    pub(super) expected: Option<String>,
    /// `None` if the decision lacks the field.
    pub(super) got: Option<String>,
    pub(super) differs: bool,
}

/// The expected fields; outcome and reason are always included.
pub(super) fn compare(case: &Case, decision: &Decision) -> Vec<Field> {
    let expect = &case.expect;
    let outcome = outcome(decision);
    let outcome = Field {
        field: "outcome",
        expected: Some(expect.outcome.as_str().to_owned()),
        got: Some(outcome.as_str().to_owned()),
        differs: outcome != expect.outcome,
    };
    let reason = Field {
        field: "reason",
        expected: expect.reason.clone(),
        got: Some(decision.reason.clone()),
        differs: expect.reason.as_ref().is_some_and(|reason| !gives(decision, reason)),
    };
    let fallback = decision.fallback.as_ref();
    let other_model = fallback.filter(|fallback| fallback.model != case.model).map(|fallback| &fallback.model);
    let named = [
        ("fallback", &expect.fallback, other_model),
        ("fallback_action", &expect.fallback_action, fallback.map(|fallback| &fallback.action)),
        ("interim", &expect.interim, decision.interim.as_ref().map(|interim| &interim.model)),
    ];
    let named = named.into_iter().filter(|(_, expected, _)| expected.is_some()).map(|(field, expected, got)| Field {
        field,
        expected: expected.clone(),
        got: got.cloned(),
        differs: expected.as_ref() != got,
    });
    [outcome, reason].into_iter().chain(named).collect()
}

fn outcome(decision: &Decision) -> ExpectedOutcome {
    match decision.outcome {
        Outcome::Allow if decision.obligations.is_empty() => ExpectedOutcome::Allow,
        Outcome::Allow => ExpectedOutcome::AllowWithObligations,
        Outcome::Degrade => ExpectedOutcome::Degrade,
        Outcome::StepUp => ExpectedOutcome::StepUp,
        Outcome::Review => ExpectedOutcome::Review,
        Outcome::Deny => ExpectedOutcome::Deny,
    }
}

/// If several rules have the decision's outcome, the reason of each is right.
fn gives(decision: &Decision, reason: &str) -> bool {
    let mut equal = decision.reasons.iter().filter(|rule| rule.outcome == decision.outcome);
    decision.reason == reason || equal.any(|rule| rule.reason == reason)
}
