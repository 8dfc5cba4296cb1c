//! The outline of a ruleset in plain words, as a public page shows it. A sealed rule discloses no more here than in a
//! decision.

mod catalogue;
mod words;

use crate::base::set::Set;
use crate::base::time::{Instant, Window};
use crate::ruleset::attribute::{AttributeId, Type};
use crate::ruleset::model::{ClaimMapping, Condition, Effective, Exception, Licence, LicenceRef, Rule, Ruleset, Scope};
use crate::ruleset::outcome::{Basis, Outcome};
pub use catalogue::ModelOutline;
use words::Words;

/// A condition in plain words: one clause, or several combined.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a caller must show each variant")]
pub enum Statement {
    /// A clause.
    Is(String),
    /// All of these are true.
    All(Vec<Self>),
    /// At least one of these is true.
    Any(Vec<Self>),
    /// This is not true.
    Not(Box<Self>),
}

/// A rule in plain words.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RuleOutline {
    /// Its id. The id of a sealed rule can disclose its subject and is not for the public.
    pub id: String,
    /// Its title. For a sealed rule, a text that says only that it is sealed.
    pub title: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// The model or action that is served instead.
    pub instead: Option<String>,
    /// The message for the person it concerns.
    pub message: String,
    /// Every reason code that it can give.
    pub reasons: Vec<String>,
    /// The parts that a sealed rule does not disclose. `None` if the rule is sealed.
    pub told: Option<PublicRule>,
    /// The SHA-256 that commits to a sealed rule. `None` if the rule is not sealed.
    pub sealed: Option<String>,
}

/// A guarantee in plain words.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GuaranteeOutline {
    /// Its id.
    pub id: String,
    /// The promise, if the author states it.
    pub title: Option<String>,
    /// The people that it is about. `None` if it is about everyone.
    pub whom: Option<Statement>,
    /// The models in scope. `None` if all are.
    pub models: Option<Statement>,
    /// The actions in scope; empty if all are.
    pub actions: Vec<String>,
    /// Its dates, each with a label; empty if it must hold as long as the ruleset is valid.
    pub dates: Vec<(&'static str, String)>,
    /// The outcomes that it permits.
    pub permitted: Vec<Outcome>,
}

/// The parts of a rule that a sealed rule does not disclose.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PublicRule {
    /// Its legal basis.
    pub basis: Basis,
    /// Its dates, each with a label for the event.
    pub dates: Vec<(&'static str, String)>,
    /// The models in scope. `None` if all are.
    pub models: Option<Statement>,
    /// The actions in scope; empty if all are.
    pub actions: Vec<String>,
    /// The roles of the parties that are judged; empty if that is the person served alone.
    pub parties: Vec<String>,
    /// The people that it affects. `None` if it affects everyone.
    pub whom: Option<Statement>,
    /// The requirements on evidence, one sentence per attribute.
    pub evidence: Vec<String>,
    /// Its exceptions.
    pub exceptions: Vec<ExceptionOutline>,
    /// The obligations of a caller that serves the request.
    pub obligations: Vec<String>,
    effective: Effective,
}

/// The status of a rule at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a caller must sort each variant")]
pub enum Effect {
    /// It is in force.
    InForce,
    /// It will come into force, or back into force after a suspension.
    ToCome,
    /// It is no longer in force and will not be again.
    Over,
}

impl PublicRule {
    /// Returns the status of the rule at an instant.
    pub fn effect(&self, at: Instant) -> Effect {
        let Effective { window, lifted, suspended, .. } = &self.effective;
        let in_force = |at: Instant| {
            window.contains(at)
                && lifted.is_none_or(|lifted| at < lifted)
                && !suspended.iter().any(|window| window.contains(at))
        };
        let mut begins = window.from.into_iter().chain(suspended.iter().filter_map(|window| window.until));
        if in_force(at) {
            Effect::InForce
        } else if begins.any(|begin| begin > at && in_force(begin)) {
            Effect::ToCome
        } else {
            Effect::Over
        }
    }
}

/// An exception in plain words.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExceptionOutline {
    /// Its id.
    pub id: String,
    /// Its reason code.
    pub reason: String,
    /// Its legal basis.
    pub basis: Option<Basis>,
    /// Its dates.
    pub dates: Vec<(&'static str, String)>,
    /// The models in scope. `None` if all models of the rule are.
    pub models: Option<Statement>,
    /// The actions in scope; empty if all actions of the rule are.
    pub actions: Vec<String>,
    /// The people that it is for. `None` if it is for everyone that the rule affects.
    pub whom: Option<Statement>,
    /// The licence that it requires.
    pub licence: Option<String>,
    /// Further requirements, each with the reason code for the case that it is not met.
    pub provided: Vec<(Statement, String)>,
}

/// A licence in plain words, without its holders.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LicenceOutline {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: Option<String>,
    /// Its legal basis.
    pub basis: Basis,
    /// Its dates.
    pub dates: Vec<(&'static str, String)>,
    /// The models in scope. `None` if all are.
    pub models: Option<Statement>,
    /// The actions in scope; empty if all are.
    pub actions: Vec<String>,
}

impl Ruleset {
    /// Its title, if it has one.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The outcome if no rule applies, and its message.
    pub fn default_outcome(&self) -> (Outcome, Option<&str>) {
        (self.default.outcome, self.default.message.as_deref())
    }

    /// Outlines each rule.
    pub fn outline(&self) -> impl Iterator<Item = RuleOutline> {
        let words = Words::of(self);
        self.rules.iter().map(move |rule| rule_outline(rule, &words))
    }

    /// Outlines each licence, except those that only sealed rules accept.
    pub fn licences_outline(&self) -> impl Iterator<Item = LicenceOutline> {
        let words = Words::of(self);
        self.told_licences().map(move |licence| licence_outline(licence, &words))
    }

    fn told_licences(&self) -> impl Iterator<Item = &Licence> {
        let asks = |exception: &Exception, licence: &Licence| match &exception.licence {
            Some(LicenceRef::Id(id)) => *id == licence.id,
            Some(LicenceRef::Kind(kind)) => licence.kind.as_ref() == Some(kind),
            None => false,
        };
        let told = move |rule: &Rule, licence: &Licence| {
            rule.sealed.is_none() && rule.unless.iter().any(|exception| asks(exception, licence))
        };
        self.licences.iter().filter(move |licence| self.rules.iter().any(|rule| told(rule, licence)))
    }

    /// The issuers with neither keys nor a source of keys. Their keys are supplied separately.
    pub fn issuers_without_keys(&self) -> impl Iterator<Item = &str> {
        let trusted = self.issuers.iter().map(|issuer| &issuer.trusted);
        trusted.filter(|trusted| trusted.keys.is_empty() && trusted.remote.is_none()).map(|trusted| trusted.id.as_str())
    }

    /// The claims that the ruleset reads from an issuer's tokens, each a JSON Pointer from the token's root without
    /// list indexes. Each has the fields that are read from its records, or no fields if it is not a record.
    pub fn claims_of(&self, issuer: &str) -> Vec<(String, Vec<&str>)> {
        let issuers = self.issuers.iter().filter(|known| known.trusted.id == issuer);
        let read = |mapping: &'_ ClaimMapping| -> Vec<(String, Vec<&str>)> {
            let fields = match self.vocabulary.get(mapping.attribute).map(|attribute| &attribute.kind) {
                Some(Type::Records(fields)) => fields.iter().map(|(name, _)| name.as_str()).collect(),
                Some(Type::Holdings) => vec!["country", "since", "until"],
                _ => Vec::new(),
            };
            let each = mapping.each.as_deref().unwrap_or_default();
            let only = mapping.only.iter().map(|only| ([each, &only.claim].concat(), Vec::new()));
            only.chain([([each, &mapping.claim].concat(), fields)]).collect()
        };
        issuers.flat_map(|issuer| &issuer.claims).flat_map(read).collect()
    }

    /// Outlines each guarantee.
    pub fn guarantees_outline(&self) -> impl Iterator<Item = GuaranteeOutline> {
        let words = Words::of(self);
        self.guarantees.iter().map(move |guarantee| {
            let mut dates = Vec::new();
            window(&mut dates, guarantee.during, ["From", "Until"]);
            GuaranteeOutline {
                id: guarantee.id.clone(),
                title: guarantee.title.clone(),
                whom: words.condition(&guarantee.whom),
                models: models(&guarantee.scope, &words),
                actions: actions(&guarantee.scope),
                dates,
                permitted: guarantee.permitted.iter().copied().collect(),
            }
        })
    }
}

fn rule_outline(rule: &Rule, words: &Words<'_>) -> RuleOutline {
    let told = rule.sealed.is_none();
    let mut reasons = vec![rule.reason.clone()];
    reasons.extend(rule.unknown.iter().map(|unknown| unknown.reason.clone()));
    if told {
        let of = |exception: &Exception| {
            let provided = exception.provided.iter().map(|provided| provided.reason.clone());
            std::iter::once(exception.reason.clone()).chain(provided).collect::<Vec<_>>()
        };
        reasons.extend(rule.unless.iter().flat_map(of));
    }
    let mut seen = Set::default();
    reasons.retain(|reason| seen.insert(reason.clone()));
    let (model, action) = (rule.outcome.model.as_deref(), rule.outcome.action.as_deref());
    let instead = match (model.map(|id| words.model(id)), action) {
        (Some(model), Some(action)) => Some(format!("{model} for {action}")),
        (Some(model), None) => Some(model),
        (None, action) => action.map(str::to_owned),
    };
    RuleOutline {
        id: rule.id.clone(),
        title: if told { rule.title.clone() } else { "A sealed rule".to_owned() },
        outcome: rule.outcome.outcome,
        instead,
        message: rule.message.clone(),
        reasons,
        told: told.then(|| PublicRule {
            basis: rule.basis.clone(),
            dates: dates(&rule.effective),
            models: models(&rule.scope, words),
            actions: actions(&rule.scope),
            parties: rule.parties.iter().cloned().collect(),
            whom: words.condition(&rule.when),
            evidence: evidence(rule, words),
            exceptions: rule.unless.iter().map(|exception| exception_outline(exception, words)).collect(),
            obligations: rule.obligations.iter().map(|id| words.obligation(id)).collect(),
            effective: rule.effective.clone(),
        }),
        sealed: rule.sealed.clone(),
    }
}

fn exception_outline(exception: &Exception, words: &Words<'_>) -> ExceptionOutline {
    ExceptionOutline {
        id: exception.id.clone(),
        reason: exception.reason.clone(),
        basis: exception.basis.clone(),
        dates: dates(&exception.effective),
        models: models(&exception.scope, words),
        actions: actions(&exception.scope),
        whom: words.condition(&exception.when),
        licence: exception.licence.as_ref().map(|licence| match licence {
            LicenceRef::Id(id) => format!("the licence {id}"),
            LicenceRef::Kind(kind) => format!("a licence of the kind {kind}"),
        }),
        provided: exception
            .provided
            .iter()
            .filter_map(|provided| Some((words.condition(&provided.when)?, provided.reason.clone())))
            .collect(),
    }
}

fn licence_outline(licence: &Licence, words: &Words<'_>) -> LicenceOutline {
    let mut dates = Vec::new();
    window(&mut dates, licence.window, ["Valid from", "Valid until"]);
    dates.extend(licence.revoked.map(|at| ("Revoked", at.to_string())));
    LicenceOutline {
        id: licence.id.clone(),
        kind: licence.kind.clone(),
        basis: licence.basis.clone(),
        dates,
        models: models(&licence.scope, words),
        actions: actions(&licence.scope),
    }
}

fn models(scope: &Scope, words: &Words<'_>) -> Option<Statement> {
    scope.models.as_ref().map(|models| words.models(models))
}

fn actions(scope: &Scope) -> Vec<String> {
    scope.actions.iter().flat_map(|actions| actions.iter().cloned()).collect()
}

fn dates(effective: &Effective) -> Vec<(&'static str, String)> {
    let mut dates: Vec<(&'static str, String)> = Vec::new();
    let at = |at: Option<Instant>, what| at.map(|at| (what, at.to_string()));
    dates.extend(at(effective.notice, "Announced"));
    window(&mut dates, effective.window, ["In force from", "In force until"]);
    dates.extend(at(effective.lifted, "Lifted"));
    for (windows, what) in [(&effective.suspended, "Suspended"), (&effective.not_enforced, "Not enforced")] {
        dates.extend(windows.iter().map(|window| (what, between(*window))));
    }
    dates
}

fn window(dates: &mut Vec<(&'static str, String)>, window: Window, [from, until]: [&'static str; 2]) {
    dates.extend(window.from.map(|at| (from, at.to_string())));
    dates.extend(window.until.map(|at| (until, at.to_string())));
}

fn between(window: Window) -> String {
    match (window.from, window.until) {
        (Some(from), Some(until)) => format!("from {from} until {until}"),
        (Some(from), None) => format!("from {from} on"),
        (None, Some(until)) => format!("until {until}"),
        (None, None) => "always".to_owned(),
    }
}

/// Describes the policies for the attributes that this rule reads. A ruleset states its policies once for all rules.
fn evidence(rule: &Rule, words: &Words<'_>) -> Vec<String> {
    const LEVELS: [&str; 4] = ["any assurance", "low assurance", "substantial assurance", "high assurance"];
    let mut used = Set::default();
    attributes(&rule.when, &mut used);
    for exception in &rule.unless {
        attributes(&exception.when, &mut used);
        exception.provided.iter().for_each(|provided| attributes(&provided.when, &mut used));
    }
    let policies = rule.evidence.iter().filter(|(attribute, _)| used.contains(*attribute));
    let policies = policies.map(|(attribute, policy)| {
        let level = LEVELS.get(usize::from(policy.assurance)).copied().unwrap_or("high assurance");
        let mut parts = vec![if policy.assurance == 0 { level.to_owned() } else { format!("at least {level}") }];
        parts.extend(policy.max_age.map(|age| format!("not older than {age}")));
        let ids = |ids: &Set<String>| words::one_of(ids.iter());
        parts.extend(policy.issuers.as_ref().map(|issuers| format!("from {}", ids(issuers))));
        parts.extend(policy.classes.as_ref().map(|classes| format!("from an issuer of the class {}", ids(classes))));
        format!("{}: {}", words.noun(*attribute), parts.join(", "))
    });
    policies.collect()
}

/// Collects the attributes that a condition reads.
fn attributes(condition: &Condition, used: &mut Set<AttributeId>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| attributes(part, used)),
        Condition::Not(part) => attributes(part, used),
        Condition::Test(attribute, _) => {
            used.insert(*attribute);
            used.extend(attribute.read_from().iter().copied());
        }
    }
}
