//! Rules, their exceptions, and licences.

use super::Names;
use super::attribute_name::{FOREIGN_PERSON, attribute};
use super::condition::condition;
use super::evidence::evidence;
use super::fields::{Fields, Findings, OUTCOMES, shorten};
use super::scope::{actions, models, scope};
use super::texts::prefixes;
use crate::author::language::{Kind, Node};
use crate::base::set::Set;
use crate::base::time::Window;
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{
    Condition, Effective, EvidencePolicies, Exception, Licence, LicenceRef, Matcher, Provided, Proviso, Rule,
    RuleOutcome, Scope, Unknown,
};
use crate::ruleset::outcome::Outcome;

/// First words of reason codes that are reserved for the engine.
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
    let parties = fields.take("parties").map(|node| parties(findings, node, names)).unwrap_or_default();
    let when = fields.take("when").map(|node| condition(findings, node, names));
    let evidence = policies(findings, fields.take("evidence"), names);
    let absence_clears = fields.take("absence").is_some_and(|node| absence(findings, node));
    let unknown = fields.take("unknown").map(|node| unknown(findings, node, names)).unwrap_or_default();
    let unless: Vec<Exception> =
        fields.take("unless").map(|node| exceptions(findings, node, names)).unwrap_or_default();
    let obligations = obligations(findings, fields.take("obligations"), names);
    let seal = fields.take("sealed").and_then(|node| seal(findings, node));
    fields.done(findings);
    let mut rule = Rule {
        id: id?,
        title: title?,
        outcome: outcome?,
        reason: reason?,
        message: message?,
        basis: basis?,
        effective,
        scope,
        parties,
        when: when.unwrap_or(Condition::ALWAYS),
        evidence,
        absence_clears,
        unknown,
        unless,
        obligations,
        sealed: None,
    };
    rule.sealed = seal.map(|seal| match seal {
        Seal::Salt(salt) => rule.commitment(&salt, &names.vocabulary),
        Seal::Sha256(known) => known,
    });
    Some(rule)
}

/// The ruleset's evidence policies, overridden by those of the entry.
pub(super) fn policies(findings: &mut Findings, node: Option<&Node>, names: &Names) -> EvidencePolicies {
    let mut policies = names.evidence.clone();
    if let Some(node) = node {
        policies.extend(evidence(findings, node, names));
    }
    policies
}

/// Reads roles of the chain. `subject` is the person served, and `all` is every party.
fn parties(findings: &mut Findings, node: &Node, names: &Names) -> Set<String> {
    roles(findings, node, "`parties`", ["subject", "all"].into_iter().chain(names.vocabulary.roles()))
}

/// Reads roles. Unknown roles are reported.
pub(super) fn roles<'a>(
    findings: &mut Findings,
    node: &Node,
    what: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Set<String> {
    let mut roles = Set::default();
    for item in findings.one_or_more(node, what) {
        let Some(role) = findings.text(item, what) else { continue };
        if !known.clone().any(|known| known == role) {
            findings.unknown_role(item.at, role, known.clone());
        }
        roles.insert(role.to_owned());
    }
    roles
}

/// The values of `absence`.
pub(in crate::author::language) const ABSENCE: [&str; 2] = ["clears", "step_up"];

/// Reads `absence`. True if the rule does not apply when there is no evidence about its condition.
fn absence(findings: &mut Findings, node: &Node) -> bool {
    let Some(word) = findings.text(node, "`absence`") else { return false };
    if !ABSENCE.contains(&word) {
        let message = format!("`{}` is not a value of `absence`", shorten(word));
        findings.unknown("ruleset.absence", node.at, message, word, ABSENCE.into_iter());
    }
    word == "clears"
}

/// The commitment to a sealed rule.
enum Seal {
    /// A random text to compute the commitment with. It is known only to those who may read the rule.
    Salt(String),
    /// The commitment itself.
    Sha256(String),
}

fn seal(findings: &mut Findings, node: &Node) -> Option<Seal> {
    if let Kind::Mapping(_) = &node.kind {
        let mut fields = Fields::new(findings, node, "`sealed`")?;
        let sha256 = fields.need(findings, "sha256").and_then(|node| {
            let text = findings.text(node, "`sha256`")?;
            if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                let message = format!("`{}` is not a SHA-256 in hexadecimal", shorten(text));
                findings.add("ruleset.seal", node.at, message);
            }
            Some(text)
        });
        fields.done(findings);
        return sha256.map(|sha256| Seal::Sha256(sha256.to_owned()));
    }
    let salt = findings.text(node, "`sealed`")?;
    if salt.len() < 16 {
        let help = "write at least 16 random characters: if they can be guessed, the rule can be guessed".to_owned();
        findings.add_help("ruleset.seal", node.at, "the seal is too short".to_owned(), help);
    }
    Some(Seal::Salt(salt.to_owned()))
}

/// The causes for which a condition can be open.
pub(in crate::author::language) const CAUSES: [&str; 14] = [
    "missing",
    "undisclosed",
    "unusable",
    "not_yet_valid",
    "insufficient",
    "revoked",
    "expired",
    "stale",
    "unmapped",
    "undated",
    "incomplete",
    "conflict",
    "end_user_unknown",
    "party_unknown",
];

/// Reads reason codes by the attribute that leaves the condition open, and optionally by cause.
fn unknown(findings: &mut Findings, node: &Node, names: &Names) -> Vec<Unknown> {
    let Kind::Mapping(entries) = &node.kind else {
        let message = "expected a mapping of attributes to reason codes for `unknown`".to_owned();
        findings.add("ruleset.type", node.at, message);
        return Vec::new();
    };
    let mut codes = Vec::new();
    for entry in entries {
        let attributes: Vec<AttributeId> = match names.together.get(&entry.key) {
            Some(parts) => parts.clone(),
            None if entry.key == FOREIGN_PERSON => vec![AttributeId::US_PERSON],
            None => attribute(findings, entry, names, &[]).into_iter().collect(),
        };
        let by_cause: Vec<(Option<&str>, &Node)> = match &entry.value.kind {
            Kind::Mapping(causes) => {
                for cause in causes.iter().filter(|cause| !CAUSES.contains(&cause.key.as_str())) {
                    let message = format!("`{}` is not a reason why a value is unknown", shorten(&cause.key));
                    findings.unknown("ruleset.unknown_cause", cause.key_at, message, &cause.key, CAUSES.into_iter());
                }
                causes.iter().map(|cause| (Some(cause.key.as_str()), &cause.value)).collect()
            }
            _ => vec![(None, &entry.value)],
        };
        for (cause, value) in by_cause {
            let Some(reason) = reason(findings, value) else { continue };
            for &attribute in &attributes {
                codes.push(Unknown { attribute, cause: cause.map(str::to_owned), reason: reason.clone() });
            }
        }
    }
    codes
}

/// Reads an outcome, or an outcome and what it serves instead: `deny`, `{ degrade: { model: atlas-4 } }`.
fn outcome(findings: &mut Findings, node: &Node, names: &Names) -> Option<RuleOutcome> {
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
        if !matches!(outcome, Outcome::Degrade | Outcome::StepUp) {
            let message = format!("`{word}` has no substitute: only `degrade` and `step_up` serve something instead");
            findings.add_help("ruleset.outcome", details.at, message, format!("write `outcome: {word}`"));
            return None;
        }
        if let Kind::String(name) = &details.kind {
            let field = if names.actions.contains(name) { "action" } else { "model" };
            let help = format!("write `{{ {word}: {{ {field}: {} }} }}`", shorten(name));
            findings.needs_mapping(details, "an outcome", &help);
            return None;
        }
        let mut fields = Fields::new(findings, details, "an outcome")?;
        let (named_model, named_action) = (fields.take("model"), fields.take("action"));
        says_what = named_model.is_some() || named_action.is_some();
        model = named_model.and_then(|node| findings.name(node, "model", "ruleset.unknown_model", &names.models));
        action = named_action.and_then(|node| findings.name(node, "action", "ruleset.unknown_action", &names.actions));
        fields.done(findings);
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

pub(super) fn reason(findings: &mut Findings, node: &Node) -> Option<String> {
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
        let message = format!("reason codes that begin with `{first}` are reserved for the engine");
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
        let message = "the rule is in force before its notice".to_owned();
        findings.add("ruleset.notice", node.at, message);
    }
    let lifted = fields.take("lifted");
    let lifted_at = lifted.and_then(|node| findings.instant(node, "`lifted`"));
    if let (Some(node), Some(at)) = (lifted, lifted_at)
        && window.from.is_some_and(|from| at <= from)
    {
        findings.add("ruleset.window", node.at, "it is lifted before it is in force".to_owned());
    }
    let suspended = fields.take("suspended").map(|node| windows(findings, node, "`suspended`")).unwrap_or_default();
    let not_enforced =
        fields.take("not_enforced").map(|node| windows(findings, node, "`not_enforced`")).unwrap_or_default();
    fields.done(findings);
    Effective { notice, window, lifted: lifted_at, suspended, not_enforced }
}

fn windows(findings: &mut Findings, node: &Node, what: &'static str) -> Vec<Window> {
    let mut windows = Vec::new();
    for item in findings.one_or_more(node, what) {
        let Some(mut fields) = Fields::new(findings, item, "a window") else { continue };
        let (from, until) = (fields.need(findings, "from"), fields.take("until"));
        windows.push(findings.window(from, until));
        fields.done(findings);
    }
    windows
}

fn exceptions(findings: &mut Findings, node: &Node, names: &Names) -> Vec<Exception> {
    let mut exceptions: Vec<Exception> = Vec::new();
    for item in findings.list(node, "`unless`").unwrap_or_default() {
        let Some(exception) = exception(findings, item, names) else { continue };
        if exceptions.iter().any(|other| other.id == exception.id) {
            let message = format!("the rule has two exceptions `{}`", shorten(&exception.id));
            findings.add("ruleset.duplicate", item.at, message);
        }
        exceptions.push(exception);
    }
    exceptions
}

fn exception(findings: &mut Findings, node: &Node, names: &Names) -> Option<Exception> {
    let mut fields = Fields::new(findings, node, "an exception")?;
    let licence = fields.take("licence").map(|node| licence_ref(findings, node, names));
    let (id, code) = match &licence {
        // With a licence, both are optional. The defaults are the name of the licence and the reason `licence`.
        Some(of) => {
            let id = fields.take("id").and_then(|node| findings.id(node, "an exception")).map(str::to_owned);
            let named = match of {
                Some(LicenceRef::Id(name) | LicenceRef::Kind(name)) => Some(name.clone()),
                None => None,
            };
            let own = fields.take("reason").map(|node| reason(findings, node));
            (id.or(named), own.unwrap_or_else(|| Some("licence".to_owned())))
        }
        None => {
            let id = fields.need(findings, "id").and_then(|node| findings.id(node, "an exception"));
            (id.map(str::to_owned), fields.need(findings, "reason").and_then(|node| reason(findings, node)))
        }
    };
    let basis = fields.take("basis").and_then(|node| findings.basis(node));
    let effective = fields.take("effective").map(|node| effective(findings, node)).unwrap_or_default();
    let scope = fields.take("scope").map(|node| scope(findings, node, names)).unwrap_or_default();
    let when = match &licence {
        Some(_) => fields.take("when"),
        None => fields.need(findings, "when"),
    };
    let when = when.map(|node| condition(findings, node, names));
    let mut provided = Vec::new();
    if let Some(node) = fields.take("provided") {
        for item in findings.one_or_more(node, "`provided`") {
            let Some(mut fields) = Fields::new(findings, item, "a requirement") else { continue };
            let code = fields.need(findings, "reason").and_then(|node| reason(findings, node));
            let when = fields.need(findings, "when").map(|node| condition(findings, node, names));
            fields.done(findings);
            provided.extend(code.zip(when).map(|(reason, when)| Provided { reason, when }));
        }
    }
    let evidence = policies(findings, fields.take("evidence"), names);
    let obligations = obligations(findings, fields.take("obligations"), names);
    fields.done(findings);
    Some(Exception {
        id: id?,
        reason: code?,
        basis,
        effective,
        scope,
        when: when.unwrap_or(Condition::ALWAYS),
        licence: match licence {
            Some(of) => Some(of?),
            None => None,
        },
        provided,
        evidence,
        obligations,
    })
}

/// Reads the id of a licence, or `{ type: KIND }` for any licence of that kind.
fn licence_ref(findings: &mut Findings, node: &Node, names: &Names) -> Option<LicenceRef> {
    if !matches!(node.kind, Kind::Mapping(_)) {
        return findings.name(node, "licence", "ruleset.unknown_licence", &names.licences).map(LicenceRef::Id);
    }
    let mut fields = Fields::new(findings, node, "`licence`")?;
    let kind = fields.need(findings, "type").and_then(|node| findings.id(node, "a type of licence"));
    fields.done(findings);
    kind.map(|kind| LicenceRef::Kind(kind.to_owned()))
}

pub(super) fn licence(findings: &mut Findings, node: &Node, names: &Names) -> Option<Licence> {
    let mut fields = Fields::new(findings, node, "a licence")?;
    let id = fields.need(findings, "id").and_then(|node| findings.id(node, "a licence")).map(str::to_owned);
    let kind = fields.take("type").and_then(|node| findings.id(node, "a type of licence")).map(str::to_owned);
    let basis = fields.need(findings, "basis").and_then(|node| findings.basis(node));
    let holder = fields.need(findings, "holder").map(|node| condition(findings, node, names));
    let evidence = policies(findings, fields.take("evidence"), names);
    let scope = Scope {
        models: fields.take("models").map(|node| models(findings, node, names)),
        actions: fields.take("actions").map(|node| actions(findings, node, names)),
    };
    let end_uses = fields.take("end_uses").map(|node| prefixes(findings, node, "`end_uses`", names));
    let end_uses = end_uses.map(|purposes| Condition::Test(AttributeId::PURPOSE, Matcher::Under(purposes)));
    let (from, until) = (fields.take("from"), fields.take("until"));
    let window = findings.window(from, until);
    let revoked = fields.take("revoked").and_then(|node| findings.instant(node, "`revoked`"));
    let mut provisos = Vec::new();
    for item in fields.take("provisos").and_then(|node| findings.list(node, "`provisos`")).unwrap_or_default() {
        provisos.extend(proviso(findings, item));
    }
    let obligations = obligations(findings, fields.take("obligations"), names);
    fields.done(findings);
    Some(Licence {
        id: id?,
        kind,
        basis: basis?,
        holder: holder?,
        evidence,
        scope,
        end_uses,
        window,
        revoked,
        provisos,
        obligations,
    })
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
