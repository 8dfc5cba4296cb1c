//! Ruleset → canonical JSON: what is signed. Reading it gives the same ruleset; members are sorted, defaults explicit.

use super::model::{
    Assurance, ClaimMapping, Condition, Effective, EvidencePolicies, Exception, ExceptionCase, Issuer, Licence,
    Matcher, Model, ModelMatch, Range, Rule, RuleOutcome, Ruleset, Scope,
};
use crate::country::CountrySet;
use crate::json;
use crate::time::Window;
use serde_json::{Map, Value};

impl Ruleset {
    /// The canonical form, as JSON text.
    pub fn to_json(&self) -> String {
        let obligations: Map<String, Value> =
            self.obligations.iter().map(|o| (o.id.clone(), o.title.as_str().into())).collect();
        let mut out = Out::default();
        out.put("ruleset", self.id.as_str());
        out.put("version", self.version);
        out.put("language", 1);
        out.maybe("title", self.title.as_deref());
        out.put("issued", self.issued.to_string());
        out.put("expires", self.expires.to_string());
        out.put("notice", self.notice.to_string());
        out.put("default", self.default.as_str());
        out.put("actions", strings(&self.actions));
        out.put("models", list(&self.models, model));
        out.put("issuers", list(&self.issuers, issuer));
        out.put("obligations", obligations);
        out.put("licences", list(&self.licences, licence));
        // By id: what is signed does not depend on the order in which rules were written, and so nothing later does.
        let mut rules: Vec<&Rule> = self.rules.iter().collect();
        rules.sort_by_key(|rule| &rule.id);
        out.put("rules", list(&rules, |written| rule(written)));
        Value::from(out).to_string()
    }
}

/// A JSON object in the making.
#[derive(Default)]
struct Out(Map<String, Value>);

impl Out {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn maybe(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    fn window(&mut self, window: &Window) {
        self.maybe("from", window.from.map(|instant| instant.to_string()));
        self.maybe("until", window.until.map(|instant| instant.to_string()));
    }
}

impl From<Out> for Value {
    fn from(out: Out) -> Self {
        Self::Object(out.0)
    }
}

fn list<T>(items: &[T], write: impl Fn(&T) -> Value) -> Value {
    items.iter().map(write).collect()
}

fn strings<'a>(items: impl IntoIterator<Item = &'a String>) -> Value {
    items.into_iter().map(|item| Value::from(item.as_str())).collect()
}

fn model(model: &Model) -> Value {
    let capability: Map<String, Value> =
        model.capability.iter().map(|(name, value)| (name.clone(), number(*value))).collect();
    let mut out = Out::default();
    out.put("id", model.id.as_str());
    out.put("title", model.title.as_str());
    out.put("capability", capability);
    out.into()
}

/// A whole number without a fraction, so that what an author wrote as `4` stays `4`.
fn number(value: f64) -> Value {
    let whole = format!("{value:.0}").parse::<i64>().ok().filter(|whole| whole.to_string() == value.to_string());
    whole.map_or_else(|| Value::from(value), Value::from)
}

fn issuer(issuer: &Issuer) -> Value {
    let claims: Map<String, Value> =
        issuer.claims.iter().map(|mapping| (mapping.attribute.name().to_owned(), claim(mapping))).collect();
    let mut out = Out::default();
    out.put("id", issuer.id.as_str());
    out.put("iss", issuer.iss.as_str());
    out.put("audience", strings(&issuer.audience));
    out.put("typ", strings(&issuer.typ));
    out.put("keys", list(&issuer.jwks, |jwk| plain(&json::Value::Object(jwk.clone()))));
    out.maybe("max_lifetime", issuer.max_lifetime.map(|span| span.to_string()));
    out.put("skew", issuer.skew.to_string());
    // Each mapping states its own; this is only the default that the reader asks for.
    out.put("assurance", 0);
    out.put("claims", claims);
    out.into()
}

fn plain(value: &json::Value) -> Value {
    match value {
        json::Value::Null => Value::Null,
        json::Value::Bool(value) => Value::from(*value),
        json::Value::Integer(value) => Value::from(*value),
        json::Value::Float(value) => Value::from(*value),
        json::Value::String(text) => Value::from(text.as_str()),
        json::Value::Array(items) => list(items, plain),
        json::Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.to_owned(), plain(value))).collect())
        }
    }
}

fn claim(mapping: &ClaimMapping) -> Value {
    let mut out = Out::default();
    out.put("claim", mapping.claim.as_str());
    out.put("complete", mapping.complete);
    match &mapping.assurance {
        Assurance::Level(level) => out.put("assurance", *level),
        Assurance::Claim { claim, levels } => {
            let levels: Map<String, Value> =
                levels.iter().map(|(name, level)| (name.clone(), Value::from(*level))).collect();
            let mut assurance = Out::default();
            assurance.put("claim", claim.as_str());
            assurance.put("levels", levels);
            out.put("assurance", assurance);
        }
    }
    out.maybe("verified_at", mapping.verified_at.as_deref());
    out.maybe("expires_at", mapping.expires_at.as_deref());
    out.into()
}

fn rule(rule: &Rule) -> Value {
    let mut out = Out::default();
    out.put("id", rule.id.as_str());
    out.put("title", rule.title.as_str());
    out.put("outcome", outcome(&rule.outcome));
    out.put("reason", rule.reason.as_str());
    out.put("message", rule.message.as_str());
    out.put("basis", basis(&rule.basis));
    out.maybe("effective", effective(&rule.effective));
    out.put("scope", scope(&rule.scope));
    if rule.when != Condition::All(Vec::new()) {
        out.put("when", condition(&rule.when));
    }
    out.put("evidence", evidence(&rule.evidence));
    if !rule.unless.is_empty() {
        out.put("unless", list(&rule.unless, exception));
    }
    out.put("obligations", strings(&rule.obligations));
    some_obligations(out)
}

/// An empty list of names is not written: the reader takes one for a slip.
fn some_obligations(mut out: Out) -> Value {
    if out.0.get("obligations").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        out.0.remove("obligations");
    }
    out.into()
}

fn outcome(outcome: &RuleOutcome) -> Value {
    if outcome.model.is_none() && outcome.action.is_none() {
        return outcome.outcome.as_str().into();
    }
    let mut instead = Out::default();
    instead.maybe("model", outcome.model.as_deref());
    instead.maybe("action", outcome.action.as_deref());
    let mut out = Out::default();
    out.put(outcome.outcome.as_str(), instead);
    out.into()
}

fn basis(basis: &crate::decision::Basis) -> Value {
    let mut out = Out::default();
    out.put("citation", basis.citation.as_str());
    out.maybe("url", basis.url.as_deref());
    out.into()
}

fn effective(effective: &Effective) -> Option<Value> {
    if *effective == Effective::default() {
        return None;
    }
    let mut out = Out::default();
    out.maybe("notice", effective.notice.map(|instant| instant.to_string()));
    out.window(&effective.window);
    if !effective.suspended.is_empty() {
        out.put(
            "suspended",
            list(&effective.suspended, |window| {
                let mut out = Out::default();
                out.window(window);
                out.into()
            }),
        );
    }
    Some(out.into())
}

fn scope(scope: &Scope) -> Value {
    let mut out = Out::default();
    out.maybe("models", scope.models.as_ref().map(model_match));
    out.maybe("actions", scope.actions.as_ref().map(strings));
    out.into()
}

fn model_match(models: &ModelMatch) -> Value {
    let mut out = Out::default();
    match models {
        ModelMatch::All(parts) => out.put("all", list(parts, model_match)),
        ModelMatch::Any(parts) => out.put("any", list(parts, model_match)),
        ModelMatch::Not(part) => out.put("not", model_match(part)),
        ModelMatch::Id(ids) => out.put("id", strings(ids)),
        ModelMatch::Capability { name, range: Range { at_least, at_most } } => {
            let mut range = Out::default();
            range.maybe("at_least", at_least.map(number));
            range.maybe("at_most", at_most.map(number));
            out.put(&format!("capability.{name}"), range);
        }
    }
    out.into()
}

fn condition(condition: &Condition) -> Value {
    let mut out = Out::default();
    match condition {
        Condition::All(parts) => out.put("all", list(parts, self::condition)),
        Condition::Any(parts) => out.put("any", list(parts, self::condition)),
        Condition::Not(part) => out.put("not", self::condition(part)),
        Condition::Test(attribute, matcher) => out.put(attribute.name(), test(matcher)),
    }
    out.into()
}

fn test(matcher: &Matcher) -> Value {
    let (name, value) = match matcher {
        Matcher::Is(value) => ("is", Value::from(*value)),
        Matcher::Text(set) => ("in", strings(set)),
        Matcher::Country(set) => ("in", countries(set)),
        Matcher::AnyText(set) => ("any_of", strings(set)),
        Matcher::AllText(set) => ("all_of", strings(set)),
        Matcher::OnlyText(set) => ("only", strings(set)),
        Matcher::AnyCountry(set) => ("any_of", countries(set)),
        Matcher::AllCountry(set) => ("all_of", countries(set)),
        Matcher::OnlyCountry(set) => ("only", countries(set)),
    };
    let mut out = Out::default();
    out.put(name, value);
    out.into()
}

fn countries(set: &CountrySet) -> Value {
    set.iter().map(|country| Value::from(country.alpha2())).collect()
}

fn evidence(policies: &EvidencePolicies) -> Value {
    let mut out = Out::default();
    for (attribute, policy) in policies {
        let mut entry = Out::default();
        entry.put("assurance", policy.assurance);
        entry.maybe("max_age", policy.max_age.map(|span| span.to_string()));
        entry.maybe("issuers", policy.issuers.as_ref().map(strings));
        out.put(attribute.name(), entry);
    }
    out.into()
}

fn exception(exception: &Exception) -> Value {
    let mut out = Out::default();
    let case = match exception {
        Exception::Licence(id) => {
            out.put("licence", id.as_str());
            return out.into();
        }
        Exception::Case(case) => case,
    };
    let ExceptionCase { id, reason, basis: of, effective: force, scope: over, when, evidence: proof, obligations } =
        &**case;
    out.put("id", id.as_str());
    out.put("reason", reason.as_str());
    out.maybe("basis", of.as_ref().map(basis));
    out.maybe("effective", effective(force));
    out.put("scope", scope(over));
    out.put("when", condition(when));
    out.put("evidence", evidence(proof));
    out.put("obligations", strings(obligations));
    some_obligations(out)
}

fn licence(licence: &Licence) -> Value {
    let mut out = Out::default();
    out.put("id", licence.id.as_str());
    out.put("basis", basis(&licence.basis));
    out.put("holder", condition(&licence.holder));
    out.put("evidence", evidence(&licence.evidence));
    out.maybe("models", licence.scope.models.as_ref().map(model_match));
    out.maybe("actions", licence.scope.actions.as_ref().map(strings));
    out.window(&licence.window);
    out.maybe("revoked", licence.revoked.map(|instant| instant.to_string()));
    if !licence.provisos.is_empty() {
        out.put(
            "provisos",
            list(&licence.provisos, |proviso| {
                let mut out = Out::default();
                out.put("id", proviso.id.as_str());
                out.put("satisfied", proviso.satisfied);
                out.maybe("until", proviso.until.map(|instant| instant.to_string()));
                out.into()
            }),
        );
    }
    out.put("obligations", strings(&licence.obligations));
    some_obligations(out)
}
