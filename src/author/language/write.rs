//! Ruleset → canonical JSON, for reading and comparing: names resolved, members sorted, defaults explicit. Countries
//! that change with time are written with their versions, a form that a ruleset's author cannot use.
//!
//! Longer than other files: one function for each construct of the language, in the order of the reference.

use crate::base::country::CountrySet;
use crate::base::json;
use crate::base::set::Set;
use crate::base::time::Window;
use crate::ruleset::area::Area;
use crate::ruleset::attribute::{Attribute, AttributeId, Complete, Source, Type, Vocabulary};
use crate::ruleset::model::{
    Assurance, ClaimMapping, Condition, Convert, Default as DefaultOutcome, Effective, EvidencePolicies, Exception,
    Group, Guarantee, Issuer, Licence, LicenceRef, Matcher, Model, ModelMatch, Range, Rule, RuleOutcome, Ruleset,
    SamePerson, Scope,
};
use crate::verify::issuer::{Holder, KeySource, RemoteKeys, StatusCheck};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

impl Ruleset {
    /// Returns the canonical form as JSON text: names resolved, presets and defaults inserted, members sorted. It is
    /// for reading and comparing; the signature covers the image of the same model.
    pub fn to_json(&self) -> String {
        let obligations: Map<String, Value> =
            self.obligations.iter().map(|o| (o.id.clone(), o.title.as_str().into())).collect();
        let of = &self.vocabulary;
        let mut out = Out::default();
        out.put("ruleset", self.id.as_str());
        out.put("version", self.version);
        out.put("language", 1);
        out.maybe("title", self.title.as_deref());
        if self.development {
            out.put("development", true);
        }
        out.put("issued", self.issued.to_string());
        out.put("expires", self.expires.to_string());
        out.put("notice", self.notice.to_string());
        out.put("default", default(&self.default));
        out.put("actions", strings(&self.actions));
        out.put("models", list(&self.models, model));
        out.put("attributes", attributes(of));
        out.some("roles", strings(of.own_roles().iter()));
        out.put("groups", self.groups.iter().map(|one| (one.id.clone(), group(one))).collect::<Map<_, _>>());
        out.put("issuers", list(&self.issuers, |one| issuer(one, of)));
        let ways = self.same_person.iter().map(|way| match way {
            SamePerson::Subject => Value::from("subject"),
            SamePerson::Key => Value::from("key"),
            SamePerson::Link => Value::from("link"),
        });
        out.some("same_person", Value::Array(ways.collect()));
        out.put("obligations", obligations);
        out.put("licences", list(&self.licences, |one| licence(one, of)));
        out.put("rules", list(&self.rules, |written| rule(written, of)));
        out.some("guarantees", list(&self.guarantees, |one| guarantee(one, of)));
        Value::from(out).to_string()
    }
}

impl Rule {
    /// The SHA-256 of a salt and the rule's canonical form, in hexadecimal. It commits to the rule without disclosing
    /// it.
    pub(super) fn commitment(&self, salt: &str, vocabulary: &Vocabulary) -> String {
        let mut hash = Sha256::new();
        hash.update(salt.as_bytes());
        hash.update([0]);
        hash.update(rule(self, vocabulary).to_string().as_bytes());
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A JSON object under construction.
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

    /// Inserts a list unless it is empty.
    fn some(&mut self, name: &str, list: Value) {
        if list.as_array().is_some_and(|items| !items.is_empty()) {
            self.put(name, list);
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

fn default(default: &DefaultOutcome) -> Value {
    if default.reason.is_none() && default.message.is_none() {
        return default.outcome.as_str().into();
    }
    let mut out = Out::default();
    out.put("outcome", default.outcome.as_str());
    out.maybe("reason", default.reason.as_deref());
    out.maybe("message", default.message.as_deref());
    out.into()
}

/// The ruleset's own attributes, and the fields that it adds to built-in records.
fn attributes(vocabulary: &Vocabulary) -> Value {
    let built_in = Vocabulary::default();
    let mut out = Out::default();
    for ((_, attribute), (_, known)) in vocabulary.iter().zip(built_in.iter()) {
        if let (Type::Records(fields), Type::Records(known)) = (&attribute.kind, &known.kind)
            && fields != known
        {
            let mut more = Out::default();
            more.put("fields", record_fields(fields.get(known.len()..).unwrap_or_default()));
            out.put(&attribute.name, more);
        }
    }
    for attribute in vocabulary.own() {
        out.put(&attribute.name, own_attribute(attribute));
    }
    out.into()
}

fn own_attribute(attribute: &Attribute) -> Value {
    let mut out = Out::default();
    let kind = match &attribute.kind {
        Type::Bool => "bool",
        Type::Text => "text",
        Type::Word(words) => {
            out.put("values", strings(words));
            "word"
        }
        Type::Number => "number",
        Type::Country => "country",
        Type::Texts | Type::Regions | Type::Shares => "texts",
        Type::Countries => "countries",
        Type::Holdings => "dated_countries",
        Type::Records(fields) => {
            out.put("fields", record_fields(fields));
            "records"
        }
    };
    out.put("type", kind);
    if attribute.source == Source::Evidence {
        out.put("privacy", attribute.privacy);
    }
    out.maybe("absent", attribute.absent);
    out.into()
}

fn record_fields(fields: &[(String, Type)]) -> Value {
    let kind = |kind: &Type| match kind {
        Type::Bool => Value::from("bool"),
        Type::Word(words) => strings(words),
        _ => Value::from("text"),
    };
    Value::Object(fields.iter().map(|(name, of)| (name.clone(), kind(of))).collect())
}

fn group(group: &Group) -> Value {
    let mut out = Out::default();
    out.maybe("title", group.title.as_deref());
    out.put("citation", group.citation.as_str());
    out.maybe("source", group.source.as_deref());
    out.put("as_of", group.as_of.to_string());
    out.put(
        "versions",
        list(&group.versions, |(from, members)| {
            let mut out = Out::default();
            out.put("from", from.to_string());
            out.put("members", countries(members));
            out.into()
        }),
    );
    out.into()
}

fn model(model: &Model) -> Value {
    let capability: Map<String, Value> =
        model.capability.iter().map(|(name, value)| (name.clone(), number(*value))).collect();
    let mut out = Out::default();
    out.put("id", model.id.as_str());
    out.put("title", model.title.as_str());
    out.put("capability", capability);
    out.maybe("lab", model.lab.as_deref());
    if model.published {
        out.put("published", true);
    }
    out.maybe("derived_from", model.derived_from.as_deref());
    if !model.tags.is_empty() {
        out.put("tags", strings(model.tags.iter()));
    }
    out.into()
}

/// Writes a whole number without a fraction, so that an author's `4` remains `4`.
fn number(value: f64) -> Value {
    let whole = format!("{value:.0}").parse::<i64>().ok().filter(|whole| whole.to_string() == value.to_string());
    whole.map_or_else(|| Value::from(value), Value::from)
}

fn issuer(issuer: &Issuer, of: &Vocabulary) -> Value {
    let mut claims: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for mapping in &issuer.claims {
        claims.entry(of.name(mapping.attribute)).or_default().push(claim(mapping));
    }
    let claims: Map<String, Value> =
        claims.into_iter().map(|(name, mappings)| (name.to_owned(), Value::Array(mappings))).collect();
    let mut out = Out::default();
    out.put("id", issuer.trusted.id.as_str());
    out.maybe("class", issuer.class.as_deref());
    let trusted = &issuer.trusted;
    match trusted.other_iss.as_slice() {
        [] => out.put("iss", trusted.iss.as_str()),
        _ => out.put("iss", trusted.spellings().map(Value::from).collect::<Value>()),
    }
    out.some("tenants", strings(&trusted.tenants));
    out.put("audience", strings(&trusted.audience));
    out.maybe("audience_claim", trusted.audience_claim.as_deref());
    out.put("typ", strings(&trusted.typ));
    out.some("vct", strings(&trusted.vct));
    let jwks = |jwks| list(jwks, |jwk: &json::Object| plain(&json::Value::Object(jwk.clone())));
    if trusted.remote.is_none() || !issuer.jwks.is_empty() {
        out.put("keys", jwks(&issuer.jwks));
    }
    out.maybe("keys_from", trusted.remote.as_ref().map(remote));
    out.maybe("max_lifetime", trusted.max_lifetime.map(|span| span.to_string()));
    out.put("skew", trusted.skew.to_string());
    out.put(
        "holder",
        match trusted.holder {
            Holder::Bearer => "none",
            Holder::Dpop => "dpop",
            Holder::KeyBinding => "key_binding",
        },
    );
    out.put("proof_age", trusted.proof_age.to_string());
    out.put(
        "status_list",
        match trusted.status_list {
            StatusCheck::WhenPresent => "when_present",
            StatusCheck::Required => "required",
            StatusCheck::Ignored => "ignored",
        },
    );
    out.some("status_keys", jwks(&issuer.status_jwks));
    out.maybe("link", trusted.link.as_deref());
    out.some("hops", strings(&trusted.hops));
    // Each mapping states its own level. This is only the default, which the reader requires.
    out.put("assurance", 0);
    out.put("claims", claims);
    out.into()
}

fn remote(keys: &RemoteKeys) -> Value {
    let mut out = Out::default();
    match &keys.source {
        KeySource::JwksUri(at) => out.put("jwks_uri", at.as_str()),
        KeySource::OpenId => out.put("discovery", "openid"),
        KeySource::OAuth => out.put("discovery", "oauth"),
    }
    out.some("thumbprints", strings(&keys.thumbprints));
    out.some("algorithms", list(&keys.algorithms, |algorithm| Value::from(algorithm.as_str())));
    out.put("stale", keys.stale.to_string());
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
    match mapping.complete {
        Complete::Now => out.put("complete", true),
        Complete::Ever => out.put("complete", "ever"),
        Complete::No | Complete::Untold => {}
    }
    match &mapping.assurance {
        Assurance::Level(level) => out.put("assurance", *level),
        Assurance::Claim(claim, levels) => {
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
    out.maybe("each", mapping.each.as_deref());
    out.maybe("status", mapping.status.as_deref());
    out.maybe("of", mapping.of.as_deref());
    if !mapping.only.is_empty() {
        let only = mapping.only.iter().map(|only| (only.claim.clone(), strings(only.texts.iter())));
        out.put("only", only.collect::<Map<_, _>>());
    }
    if !mapping.aliases.is_empty() {
        let aliases = mapping.aliases.iter().map(|(name, code)| (name.clone(), Value::from(code.as_str())));
        out.put("country_aliases", aliases.collect::<Map<_, _>>());
    }
    match &mapping.convert {
        None => {}
        Some(Convert::Not) => out.put("not", true),
        Some(Convert::Is(wanted)) => out.put("is", list(wanted, plain)),
        Some(Convert::Has(wanted)) => out.put("has", list(wanted, plain)),
        Some(Convert::Values(meanings)) => {
            let meanings = meanings.iter().map(|(name, value)| (name.clone(), plain(value)));
            out.put("values", meanings.collect::<Map<_, _>>());
        }
        Some(Convert::Split(between)) => out.put("split", between.as_str()),
    }
    out.into()
}

fn rule(rule: &Rule, of: &Vocabulary) -> Value {
    let mut out = Out::default();
    out.put("id", rule.id.as_str());
    out.put("title", rule.title.as_str());
    out.put("outcome", outcome(&rule.outcome));
    out.put("reason", rule.reason.as_str());
    out.put("message", rule.message.as_str());
    out.put("basis", basis(&rule.basis));
    out.maybe("effective", effective(&rule.effective));
    out.put("scope", scope(&rule.scope));
    if !rule.parties.is_empty() {
        out.put("parties", strings(rule.parties.iter()));
    }
    if rule.when != Condition::ALWAYS {
        out.put("when", condition(&rule.when, of));
    }
    out.put("evidence", evidence(&rule.evidence, of));
    if rule.absence_clears {
        out.put("absence", "clears");
    }
    if !rule.unknown.is_empty() {
        out.put("unknown", unknown(rule, of));
    }
    if !rule.unless.is_empty() {
        out.put("unless", list(&rule.unless, |one| exception(one, of)));
    }
    out.put("obligations", strings(&rule.obligations));
    if let Some(sha256) = &rule.sealed {
        let mut sealed = Out::default();
        sealed.put("sha256", sha256.as_str());
        out.put("sealed", sealed);
    }
    some_obligations(out)
}

fn guarantee(guarantee: &Guarantee, of: &Vocabulary) -> Value {
    let mut out = Out::default();
    out.put("id", guarantee.id.as_str());
    out.maybe("title", guarantee.title.as_deref());
    if guarantee.whom != Condition::ALWAYS {
        out.put("for", condition(&guarantee.whom, of));
    }
    out.put("evidence", evidence(&guarantee.evidence, of));
    out.put("scope", scope(&guarantee.scope));
    if guarantee.during != Window::default() {
        let mut during = Out::default();
        during.window(&guarantee.during);
        out.put("during", during);
    }
    out.put("always", guarantee.permitted.iter().map(|outcome| Value::from(outcome.as_str())).collect::<Value>());
    out.into()
}

fn unknown(rule: &Rule, of: &Vocabulary) -> Value {
    let mut codes: Map<String, Value> = Map::new();
    for unknown in &rule.unknown {
        let name = of.name(unknown.attribute).to_owned();
        match &unknown.cause {
            None => {
                codes.insert(name, unknown.reason.as_str().into());
            }
            Some(cause) => {
                let by_cause = codes.entry(name).or_insert_with(|| Value::Object(Map::new()));
                if let Some(by_cause) = by_cause.as_object_mut() {
                    by_cause.insert(cause.clone(), unknown.reason.as_str().into());
                }
            }
        }
    }
    Value::Object(codes)
}

/// Removes an empty list of obligations, because the reader refuses empty lists.
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

fn basis(basis: &crate::ruleset::outcome::Basis) -> Value {
    let mut out = Out::default();
    out.put("citation", basis.citation.as_str());
    out.maybe("url", basis.url.as_deref());
    out.maybe("as_of", basis.as_of.as_deref());
    out.into()
}

fn effective(effective: &Effective) -> Option<Value> {
    if *effective == Effective::default() {
        return None;
    }
    let mut out = Out::default();
    out.maybe("notice", effective.notice.map(|instant| instant.to_string()));
    out.window(&effective.window);
    out.maybe("lifted", effective.lifted.map(|instant| instant.to_string()));
    for (name, windows) in [("suspended", &effective.suspended), ("not_enforced", &effective.not_enforced)] {
        if !windows.is_empty() {
            out.put(
                name,
                list(windows, |window| {
                    let mut out = Out::default();
                    out.window(window);
                    out.into()
                }),
            );
        }
    }
    Some(out.into())
}

fn scope(scope: &Scope) -> Value {
    let mut out = Out::default();
    out.maybe("models", scope.models.as_ref().map(model_match));
    out.maybe("actions", scope.actions.as_ref().map(|set| strings(set.iter())));
    out.into()
}

fn model_match(models: &ModelMatch) -> Value {
    let mut out = Out::default();
    match models {
        ModelMatch::All(parts) => out.put("all", list(parts, model_match)),
        ModelMatch::Any(parts) => out.put("any", list(parts, model_match)),
        ModelMatch::Not(part) => out.put("not", model_match(part)),
        ModelMatch::Id(ids) => out.put("id", strings(ids.iter())),
        ModelMatch::DerivedFrom(ids) => out.put("derived_from", strings(ids.iter())),
        ModelMatch::Lab(labs) => out.put("lab", strings(labs.iter())),
        ModelMatch::Tag(tags) => out.put("tag", strings(tags.iter())),
        ModelMatch::Published(is) => out.put("published", *is),
        ModelMatch::Capability(name, range) => out.put(&format!("capability.{name}"), self::range(*range)),
    }
    out.into()
}

fn range(range: Range) -> Out {
    let mut out = Out::default();
    out.maybe("at_least", range.at_least.map(|least| number(least.0)));
    out.maybe("at_most", range.at_most.map(|most| number(most.0)));
    out
}

fn condition(condition: &Condition, of: &Vocabulary) -> Value {
    let mut out = Out::default();
    match condition {
        Condition::All(parts) => out.put("all", list(parts, |part| self::condition(part, of))),
        Condition::Any(parts) => out.put("any", list(parts, |part| self::condition(part, of))),
        Condition::Not(part) => out.put("not", self::condition(part, of)),
        // Claims assert the opposite of the predicate in the regulation, so the value is negated.
        Condition::Test(AttributeId::US_PERSON, Matcher::Is(value)) => out.put("subject.foreign_person", !value),
        Condition::Test(attribute, matcher) => out.put(of.name(*attribute), test(matcher)),
    }
    out.into()
}

fn test(matcher: &Matcher) -> Value {
    let mut out = Out::default();
    match matcher {
        Matcher::Is(value) => out.put("is", *value),
        Matcher::Text(set) => out.put("in", strings(set.iter())),
        Matcher::Under(set) => out.put("under", strings(set.iter())),
        Matcher::Number(of) => return range(*of).into(),
        Matcher::Country(of) => out.put("in", area(of)),
        Matcher::AnyText(set) => out.put("any_of", strings(set.iter())),
        Matcher::AllText(set) => out.put("all_of", strings(set.iter())),
        Matcher::OnlyText(set) => out.put("only", strings(set.iter())),
        Matcher::AnyCountry(of) => out.put("any_of", area(of)),
        Matcher::AllCountry(of) => out.put("all_of", area(of)),
        Matcher::OnlyCountry(of) => out.put("only", area(of)),
        Matcher::Count(of) => out.put("count", range(*of)),
        Matcher::Record(fields) => {
            let field = |matcher: &Matcher| match matcher {
                Matcher::Is(value) => Value::from(*value),
                Matcher::Text(set) => strings(set.iter()),
                _ => Value::Null,
            };
            let fields = fields.iter().map(|(name, matcher)| (name.clone(), field(matcher)));
            out.put("has", fields.collect::<Map<_, _>>());
        }
        Matcher::Share(lists, of) => {
            out = range(*of);
            out.put("lists", strings(lists.iter()));
        }
    }
    out.into()
}

/// The codes, if they are the same at all times and exact. Otherwise each version with the countries that it maps.
fn area(area: &Area) -> Value {
    match area.always() {
        Some(version) if version.mapped == CountrySet::ALL => countries(&version.members),
        _ => list(&area.versions, |version| {
            let mut out = Out::default();
            out.put("from", version.from.to_string());
            out.put("members", countries(&version.members));
            out.put("mapped", countries(&version.mapped));
            out.into()
        }),
    }
}

fn countries(set: &CountrySet) -> Value {
    set.iter().map(|country| Value::from(country.code())).collect()
}

fn evidence(policies: &EvidencePolicies, of: &Vocabulary) -> Value {
    let names = |set: &Option<Set<String>>| set.as_ref().map(|set| strings(set.iter()));
    let mut out = Out::default();
    for (attribute, policy) in policies.iter() {
        let mut entry = Out::default();
        entry.put("assurance", policy.assurance);
        entry.maybe("max_age", policy.max_age.map(|span| span.to_string()));
        entry.maybe("issuers", names(&policy.issuers));
        entry.maybe("classes", names(&policy.classes));
        out.put(of.name(*attribute), entry);
    }
    out.into()
}

fn exception(exception: &Exception, of: &Vocabulary) -> Value {
    let mut out = Out::default();
    out.put("id", exception.id.as_str());
    out.put("reason", exception.reason.as_str());
    out.maybe("basis", exception.basis.as_ref().map(basis));
    out.maybe("effective", effective(&exception.effective));
    out.put("scope", scope(&exception.scope));
    if exception.when != Condition::ALWAYS || exception.licence.is_none() {
        out.put("when", condition(&exception.when, of));
    }
    match &exception.licence {
        None => {}
        Some(LicenceRef::Id(id)) => out.put("licence", id.as_str()),
        Some(LicenceRef::Kind(kind)) => {
            let mut licence = Out::default();
            licence.put("type", kind.as_str());
            out.put("licence", licence);
        }
    }
    if !exception.provided.is_empty() {
        out.put(
            "provided",
            list(&exception.provided, |item| {
                let mut out = Out::default();
                out.put("reason", item.reason.as_str());
                out.put("when", condition(&item.when, of));
                out.into()
            }),
        );
    }
    out.put("evidence", evidence(&exception.evidence, of));
    out.put("obligations", strings(&exception.obligations));
    some_obligations(out)
}

fn licence(licence: &Licence, of: &Vocabulary) -> Value {
    let mut out = Out::default();
    out.put("id", licence.id.as_str());
    out.maybe("type", licence.kind.as_deref());
    out.put("basis", basis(&licence.basis));
    out.put("holder", condition(&licence.holder, of));
    out.put("evidence", evidence(&licence.evidence, of));
    out.maybe("models", licence.scope.models.as_ref().map(model_match));
    out.maybe("actions", licence.scope.actions.as_ref().map(|set| strings(set.iter())));
    if let Some(Condition::Test(_, Matcher::Under(purposes))) = &licence.end_uses {
        out.put("end_uses", strings(purposes.iter()));
    }
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
