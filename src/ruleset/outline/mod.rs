//! A ruleset told in plain words: what a page for the public shows. Of a sealed rule nothing is told but what a decision tells.

mod catalogue;
mod words;

use super::model::{Condition, Effective, Exception, Licence, LicenceRef, Rule, Ruleset, Scope};
use crate::attribute::AttributeId;
use crate::decision::{Basis, Outcome};
use crate::set::Set;
use crate::time::{Instant, Window};
pub use catalogue::ModelOutline;
use words::Words;

/// What holds, as a sentence or as several together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "whoever shows it shows all of it")]
pub enum Said {
    /// A clause.
    Is(String),
    /// All of them hold.
    All(Vec<Self>),
    /// At least one of them holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
}

/// A rule in plain words.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RuleOutline {
    /// Its id; that of a sealed rule may say what it is about, and is not for the public.
    pub id: String,
    /// Its title; of a sealed rule that it is one.
    pub title: String,
    /// What it comes to.
    pub outcome: Outcome,
    /// What is served in place of what was asked for.
    pub instead: Option<String>,
    /// What a person is told.
    pub message: String,
    /// Every reason code that it gives.
    pub reasons: Vec<String>,
    /// What a sealed rule keeps to itself.
    pub told: Option<Told>,
    /// Of a sealed rule, the SHA-256 that commits to it.
    pub sealed: Option<String>,
}

/// A guarantee in plain words.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GuaranteeOutline {
    /// Its id.
    pub id: String,
    /// What it promises, where that is said.
    pub title: Option<String>,
    /// Whom it is for; none: everybody.
    pub whom: Option<Said>,
    /// Which models; none: all.
    pub models: Option<Said>,
    /// Which actions; none: all.
    pub actions: Vec<String>,
    /// When; none: as long as the ruleset is valid.
    pub dates: Vec<(&'static str, String)>,
    /// The outcomes of which it promises one.
    pub permitted: Vec<Outcome>,
}

/// What a rule that is not sealed says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Told {
    /// The law behind it.
    pub basis: Basis,
    /// What is known of its dates, each with what happens then.
    pub dates: Vec<(&'static str, String)>,
    /// Which models; none: all.
    pub models: Option<Said>,
    /// Which actions; none: all.
    pub actions: Vec<String>,
    /// Whose part in a chain of parties is judged; none: the person served.
    pub parties: Vec<String>,
    /// Whom it affects; none: everybody.
    pub whom: Option<Said>,
    /// What evidence counts.
    pub evidence: Vec<String>,
    /// What lifts it.
    pub exceptions: Vec<ExceptionOutline>,
    /// What must be done about what is served.
    pub obligations: Vec<String>,
    effective: Effective,
}

/// Where a rule stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "whoever sorts by it sorts all of it")]
pub enum Effect {
    /// It is in force.
    InForce,
    /// It comes into force, or does so again after it was suspended.
    ToCome,
    /// It is in force no more.
    Over,
}

impl Told {
    /// Where the rule stands at an instant.
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
    /// The law behind it.
    pub basis: Option<Basis>,
    /// Its dates.
    pub dates: Vec<(&'static str, String)>,
    /// Which models; none: all of the rule's.
    pub models: Option<Said>,
    /// Which actions; none: all of the rule's.
    pub actions: Vec<String>,
    /// Whom it is for; none: everybody whom the rule affects.
    pub whom: Option<Said>,
    /// The licence that it asks for.
    pub licence: Option<String>,
    /// What else must hold, each with the reason code where it does not.
    pub provided: Vec<(Said, String)>,
}

/// A licence in plain words, without its holders.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LicenceOutline {
    /// Its id.
    pub id: String,
    /// What kind it is.
    pub kind: Option<String>,
    /// The law behind it.
    pub basis: Basis,
    /// Its dates.
    pub dates: Vec<(&'static str, String)>,
    /// Which models; none: all.
    pub models: Option<Said>,
    /// Which actions; none: all.
    pub actions: Vec<String>,
}

impl Ruleset {
    /// What it is, in a line.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// What holds where no rule applies, and what a person is told then.
    pub fn default_outcome(&self) -> (Outcome, Option<&str>) {
        (self.default.outcome, self.default.message.as_deref())
    }

    /// Each rule in plain words.
    pub fn outline(&self) -> impl Iterator<Item = RuleOutline> {
        let words = Words::of(self);
        self.rules.iter().map(move |rule| rule_outline(rule, &words))
    }

    /// Each licence in plain words, but for those that sealed rules alone ask for.
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

    /// Each guarantee in plain words.
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
        told: told.then(|| Told {
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

fn models(scope: &Scope, words: &Words<'_>) -> Option<Said> {
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

/// Of the policies those that this rule can ask for: an author states them once for all rules.
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

/// The attributes that a condition reads.
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
