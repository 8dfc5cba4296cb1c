//! Rules, their exceptions, and licences.

use super::Names;
use super::condition::{actions, condition, evidence, models, scope};
use super::fields::{Fields, Findings, shorten};
use crate::decision::Outcome;
use crate::ruleset::model::{
    Condition, Effective, EvidencePolicies, Exception, ExceptionCase, Licence, Proviso, Rule, RuleOutcome, Scope,
};
use crate::ruleset::{Kind, Node};

/// Reason codes that begin so are the engine's own.
const RESERVED: [&str; 6] = ["token", "request", "ruleset", "engine", "evidence", "context"];

pub(super) fn rule(findings: &mut Findings, node: &Node, names: &Names) -> Option<Rule> {
    let mut fields = Fields::new(findings, node, "a rule")?;
    let id = fields.need(findings, "id").and_then(|node| findings.id(node, "a rule")).map(str::to_owned);
    let title = fields.need(findings, "title").and_then(|node| findings.text(node, "`title`")).map(str::to_owned);
    let outcome = fields.need(findings, "outcome").and_then(|node| outcome(findings, node, names));
    let reason = fields.need(findings, "reason").and_then(|node| reason(findings, node));
    let message = fields.need(findings, "message").and_then(|node| findings.text(node, "`message`")).map(str::to_owned);
    let basis = fields.need(findings, "basis").and_then(|node| findings.basis(node));
    let effective = fields.take("effective").map(|node| effective(findings, node)).unwrap_or_default();
    let scope = fields.take("scope").map(|node| scope(findings, node, names)).unwrap_or_default();
    let when = fields.take("when").map(|node| condition(findings, node));
    let evidence = fields.take("evidence").map(|node| evidence(findings, node, names)).unwrap_or_default();
    let unless: Vec<Exception> =
        fields.take("unless").map(|node| exceptions(findings, node, names)).unwrap_or_default();
    let obligations = obligations(findings, fields.take("obligations"), names);
    fields.done(findings);
    Some(Rule {
        id: id?,
        title: title?,
        outcome: outcome?,
        reason: reason?,
        message: message?,
        basis: basis?,
        effective,
        scope,
        when: when.unwrap_or(Condition::All(Vec::new())),
        evidence,
        unless,
        obligations,
    })
}

/// A word, or a word with what is served instead: `deny`, `{ degrade: { model: atlas-4 } }`.
fn outcome(findings: &mut Findings, node: &Node, names: &Names) -> Option<RuleOutcome> {
    const OUTCOMES: [Outcome; 5] = [Outcome::Allow, Outcome::Degrade, Outcome::StepUp, Outcome::Review, Outcome::Deny];
    let (word, at, details) = match &node.kind {
        Kind::Mapping(entries) => match entries.as_slice() {
            [entry] => (entry.key.as_str(), entry.key_at, Some(&entry.value)),
            _ => {
                findings.add("ruleset.outcome", node.at, "expected exactly one outcome".to_owned());
                return None;
            }
        },
        _ => (findings.text(node, "`outcome`")?, node.at, None),
    };
    let Some(outcome) = OUTCOMES.into_iter().find(|outcome| outcome.as_str() == word) else {
        let message = format!("`{}` is not an outcome", shorten(word));
        let known = OUTCOMES.iter().map(|outcome| outcome.as_str());
        findings.unknown("ruleset.unknown_outcome", at, message, word, known);
        return None;
    };
    let (mut model, mut action, mut says_what) = (None, None, false);
    if let Some(details) = details {
        let mut fields = Fields::new(findings, details, "an outcome")?;
        let (named_model, named_action) = (fields.take("model"), fields.take("action"));
        says_what = named_model.is_some() || named_action.is_some();
        model = named_model.and_then(|node| findings.name(node, "model", "ruleset.unknown_model", &names.models));
        action = named_action.and_then(|node| findings.name(node, "action", "ruleset.unknown_action", &names.actions));
        fields.done(findings);
        if !matches!(outcome, Outcome::Degrade | Outcome::StepUp) {
            let message = format!("`{word}` serves nothing instead: only `degrade` and `step_up` do");
            findings.add("ruleset.outcome", details.at, message);
        }
    }
    if outcome == Outcome::Degrade && !says_what {
        findings.add_help(
            "ruleset.outcome",
            node.at,
            "`degrade` must say what is served instead".to_owned(),
            "write `{ degrade: { model: ID } }` or `{ degrade: { action: NAME } }`".to_owned(),
        );
    }
    Some(RuleOutcome { outcome, model, action })
}

fn reason(findings: &mut Findings, node: &Node) -> Option<String> {
    let text = findings.text(node, "`reason`")?;
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !text.split('.').all(word) {
        findings.add_help(
            "ruleset.reason",
            node.at,
            format!("`{}` is not a reason code", shorten(text)),
            "use lower-case words with underscores, joined by dots, such as `foreign_person`".to_owned(),
        );
        return None;
    }
    let first = text.split('.').next().unwrap_or_default();
    if RESERVED.contains(&first) || text == "default" {
        let message = format!("reason codes that begin with `{first}` are the engine's own");
        findings.add("ruleset.reason", node.at, message);
    }
    Some(text.to_owned())
}

fn effective(findings: &mut Findings, node: &Node) -> Effective {
    let Some(mut fields) = Fields::new(findings, node, "`effective`") else { return Effective::default() };
    let notice = fields.take("notice").and_then(|node| findings.instant(node, "`notice`"));
    let (from, until) = (fields.take("from"), fields.take("until"));
    let window = findings.window(from, until);
    if let (Some(given), Some(start), Some(node)) = (notice, window.from, from)
        && given > start
    {
        let message = "the rule is in force before notice of it is given".to_owned();
        findings.add("ruleset.notice", node.at, message);
    }
    let mut suspended = Vec::new();
    if let Some(node) = fields.take("suspended") {
        for item in findings.one_or_more(node, "`suspended`") {
            let Some(mut fields) = Fields::new(findings, item, "a suspension") else { continue };
            let (from, until) = (fields.need(findings, "from"), fields.take("until"));
            suspended.push(findings.window(from, until));
            fields.done(findings);
        }
    }
    fields.done(findings);
    Effective { notice, window, suspended }
}

fn exceptions(findings: &mut Findings, node: &Node, names: &Names) -> Vec<Exception> {
    let mut exceptions: Vec<Exception> = Vec::new();
    for item in findings.list(node, "`unless`").unwrap_or_default() {
        let Some(exception) = exception(findings, item, names) else { continue };
        if exceptions.iter().any(|other| other.id() == exception.id()) {
            let message = format!("the rule has two exceptions `{}`", shorten(exception.id()));
            findings.add("ruleset.duplicate", item.at, message);
        }
        exceptions.push(exception);
    }
    exceptions
}

fn exception(findings: &mut Findings, node: &Node, names: &Names) -> Option<Exception> {
    let mut fields = Fields::new(findings, node, "an exception")?;
    if let Some(licence) = fields.take("licence") {
        let id = findings.name(licence, "licence", "ruleset.unknown_licence", &names.licences);
        fields.done(findings);
        return id.map(Exception::Licence);
    }
    let id = fields.need(findings, "id").and_then(|node| findings.id(node, "an exception")).map(str::to_owned);
    let reason = fields.need(findings, "reason").and_then(|node| reason(findings, node));
    let basis = fields.take("basis").and_then(|node| findings.basis(node));
    let effective = fields.take("effective").map(|node| effective(findings, node)).unwrap_or_default();
    let scope = fields.take("scope").map(|node| scope(findings, node, names)).unwrap_or_default();
    let when = fields.need(findings, "when").map(|node| condition(findings, node));
    let evidence = fields.take("evidence").map(|node| evidence(findings, node, names)).unwrap_or_default();
    let obligations = obligations(findings, fields.take("obligations"), names);
    fields.done(findings);
    Some(Exception::Case(Box::new(ExceptionCase {
        id: id?,
        reason: reason?,
        basis,
        effective,
        scope,
        when: when?,
        evidence,
        obligations,
    })))
}

pub(super) fn licence(findings: &mut Findings, node: &Node, names: &Names) -> Option<Licence> {
    let mut fields = Fields::new(findings, node, "a licence")?;
    let id = fields.need(findings, "id").and_then(|node| findings.id(node, "a licence")).map(str::to_owned);
    let basis = fields.need(findings, "basis").and_then(|node| findings.basis(node));
    let holder = fields.need(findings, "holder").map(|node| condition(findings, node));
    let evidence: EvidencePolicies =
        fields.take("evidence").map(|node| evidence(findings, node, names)).unwrap_or_default();
    let scope = Scope {
        models: fields.take("models").map(|node| models(findings, node, names)),
        actions: fields.take("actions").map(|node| actions(findings, node, names)),
    };
    let (from, until) = (fields.take("from"), fields.take("until"));
    let window = findings.window(from, until);
    let revoked = fields.take("revoked").and_then(|node| findings.instant(node, "`revoked`"));
    let mut provisos = Vec::new();
    for item in fields.take("provisos").and_then(|node| findings.list(node, "`provisos`")).unwrap_or_default() {
        provisos.extend(proviso(findings, item));
    }
    let obligations = obligations(findings, fields.take("obligations"), names);
    fields.done(findings);
    Some(Licence { id: id?, basis: basis?, holder: holder?, evidence, scope, window, revoked, provisos, obligations })
}

fn proviso(findings: &mut Findings, node: &Node) -> Option<Proviso> {
    let mut fields = Fields::new(findings, node, "a proviso")?;
    let id = fields.need(findings, "id").and_then(|node| findings.id(node, "a proviso")).map(str::to_owned);
    let satisfied = fields.need(findings, "satisfied").and_then(|node| findings.bool(node, "`satisfied`"));
    let until = fields.take("until").and_then(|node| findings.instant(node, "`until`"));
    fields.done(findings);
    Some(Proviso { id: id?, satisfied: satisfied?, until })
}

fn obligations(findings: &mut Findings, node: Option<&Node>, names: &Names) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    findings.names(node, "obligation", "ruleset.unknown_obligation", &names.obligations).into_iter().collect()
}

impl Exception {
    /// Its id, or the licence's.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Licence(id) => id,
            Self::Case(case) => &case.id,
        }
    }
}
