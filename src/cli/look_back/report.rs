//! The report of a look-back, for programs.

use super::request::LoggedPeriod;
use super::request::Looked;
use super::request::WrongAnswers;
use crate::cli::table::{Count, TableFinding, TableFindings};
use brightline::{Outcome, Program};
use serde::Serialize;

/// The version of the report's form.
const SCHEMA: &str = "brightline-look-back-1";

/// The whole report.
#[derive(Serialize)]
pub(super) struct LookBackReport {
    schema: &'static str,
    pub(super) ruleset: LookBackRuleset,
    pub(super) served: Option<LookBackRuleset>,
    pub(super) revoked: Vec<Revoked>,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) log: Log,
    pub(super) served_wrongly: Answers,
    pub(super) refused_wrongly: Answers,
    /// Requests for which the log has another outcome than the served ruleset.
    pub(super) differs: Vec<Differs>,
    /// The requested models and actions that the ruleset does not know, so that it decides none of those requests.
    pub(super) unknown: Vec<ListItem>,
}

/// A ruleset's id and version.
#[derive(Serialize)]
pub(super) struct LookBackRuleset {
    pub(super) id: String,
    pub(super) version: u64,
}

/// A revoked licence.
#[derive(Serialize)]
pub(super) struct Revoked {
    pub(super) licence: String,
    pub(super) at: String,
}

/// The rows of the log.
#[derive(Serialize)]
pub(super) struct Log {
    pub(super) file: String,
    pub(super) rows: u64,
    pub(super) left_out: u64,
    pub(super) outside: u64,
    /// Within the period, and decided again.
    pub(super) within: u64,
    /// Of those, the number whose outcome is in the log; the served ruleset gives the others.
    pub(super) outcomes_said: u64,
    /// Within the period, for a model or action that the ruleset does not know.
    pub(super) unknown: u64,
    pub(super) findings: Vec<TableFinding>,
    pub(super) counts: Vec<Count>,
}

/// Requests that were answered wrongly.
#[derive(Serialize)]
pub(super) struct Answers {
    pub(super) requests: u64,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    pub(super) parties: Vec<PartyReport>,
    pub(super) items: Vec<ListItem>,
    pub(super) rules: Vec<DecidingRule>,
}

/// A person or workload that made such requests.
#[derive(Serialize)]
pub(super) struct PartyReport {
    pub(super) id: String,
    pub(super) organisation: String,
    pub(super) country: String,
    pub(super) requests: u64,
    pub(super) first: String,
    pub(super) last: String,
}

/// A model with an action.
#[derive(Serialize)]
pub(super) struct ListItem {
    pub(super) model: String,
    pub(super) action: String,
    pub(super) requests: u64,
}

/// A rule that decides now, with its outcome.
#[derive(Serialize)]
pub(super) struct DecidingRule {
    pub(super) rule: Option<String>,
    pub(super) title: Option<String>,
    pub(super) citation: Option<String>,
    pub(super) url: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) reason: String,
    pub(super) requests: u64,
}

/// An outcome of the log that differs from that of the served ruleset.
#[derive(Serialize)]
pub(super) struct Differs {
    pub(super) log: Outcome,
    pub(super) served: Outcome,
    pub(super) requests: u64,
}

/// The inputs of the report.
pub(super) struct Made<'a> {
    pub(super) ruleset: &'a Program,
    pub(super) served: Option<&'a Program>,
    pub(super) revoked: Vec<(String, String)>,
    pub(super) period: LoggedPeriod,
    pub(super) file: String,
    pub(super) findings: TableFindings,
}

/// Assembles the report.
pub(super) fn report(looked: &Looked, made: &Made<'_>) -> LookBackReport {
    let named = |program: &Program| LookBackRuleset {
        id: program.ruleset().id().to_owned(),
        version: program.ruleset().version(),
    };
    let differs = looked.differs.iter();
    LookBackReport {
        schema: SCHEMA,
        ruleset: named(made.ruleset),
        served: made.served.map(named),
        revoked: made
            .revoked
            .iter()
            .map(|(licence, at)| Revoked { licence: licence.clone(), at: at.clone() })
            .collect(),
        from: made.period.from.to_string(),
        until: made.period.until.to_string(),
        log: Log {
            file: made.file.clone(),
            rows: looked.rows,
            left_out: made.findings.left_out(),
            outside: looked.outside,
            within: looked.within,
            outcomes_said: looked.said,
            unknown: looked.unknown.values().sum(),
            findings: made.findings.detailed(),
            counts: made.findings.counts(),
        },
        served_wrongly: answers(&looked.served_wrongly, made.ruleset),
        refused_wrongly: answers(&looked.refused_wrongly, made.ruleset),
        differs: differs
            .map(|((log, served), requests)| Differs { log: *log, served: *served, requests: *requests })
            .collect(),
        unknown: looked.unknown.iter().map(item).collect(),
    }
}

fn item(((model, action), requests): (&(String, String), &u64)) -> ListItem {
    ListItem { model: model.clone(), action: action.clone(), requests: *requests }
}

fn answers(side: &WrongAnswers, program: &Program) -> Answers {
    let party =
        |((id, organisation, country), party): (&(String, String, String), &super::request::PartyCount)| PartyReport {
            id: id.clone(),
            organisation: organisation.clone(),
            country: country.clone(),
            requests: party.requests,
            first: party.first.to_string(),
            last: party.last.to_string(),
        };
    let rule = |((rule, outcome, reason), requests): (&(Option<String>, Outcome, String), &u64)| {
        let known = rule.as_deref().and_then(|rule| program.ruleset().basis(rule));
        DecidingRule {
            rule: rule.clone(),
            title: known.map(|(title, _)| title.to_owned()),
            citation: known.map(|(_, basis)| basis.citation.clone()),
            url: known.and_then(|(_, basis)| basis.url.clone()),
            outcome: *outcome,
            reason: reason.clone(),
            requests: *requests,
        }
    };
    Answers {
        requests: side.requests,
        first: side.span.map(|(first, _)| first.to_string()),
        last: side.span.map(|(_, last)| last.to_string()),
        parties: side.parties.iter().map(party).collect(),
        items: side.items.iter().map(item).collect(),
        rules: side.rules.iter().map(rule).collect(),
    }
}
