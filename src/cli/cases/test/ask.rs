//! The interface between cases and the library: a case's context and licences are converted, several rulesets become
//! one, and a presentation is decided. A change of the library's interface changes only this file.

use brightline::{Authorization, Case, CasePlace, CheckInput, ContextError, Decision, Engine, Kind, Node, nearest};
use serde_json::{Map, Value, json};

/// The id of the caller at the app's account issuer.
pub(super) const CALLER: &str = "caller";
/// The id of the app's account issuer.
pub(super) const ACCOUNT: &str = "account";

/// The reason for which there is no decision to compare.
#[derive(Debug)]
pub(super) struct Refusal {
    /// A stable code.
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// Rulesets that apply together.
pub(super) fn together(engines: Vec<Engine>) -> Result<Engine, Refusal> {
    let none = || Refusal { code: "case.no_ruleset", message: "the case names no ruleset".to_owned() };
    engines.into_iter().reduce(|all, one| all.combine(&one)).ok_or_else(none)
}

/// Verifies the tokens, identifies the caller and decides.
pub(super) fn decide(engine: &Engine, tokens: &[String], case: &Case) -> Result<Decision, Refusal> {
    let context = context(case).to_string();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let input = CheckInput {
        tokens: &tokens,
        possession: brightline::Possession::default(),
        model: &case.model,
        action: &case.action,
        context_json: Some(&context),
        now: case.at,
    };
    engine.check(&input).map_err(|error| {
        let near = match &error {
            ContextError::UnknownField { field, known } => nearest(field, known.split(", ")),
            ContextError::UnknownRole { role, known } => nearest(role, known.split(", ")),
            _ => None,
        };
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Refusal { code: error.code(), message: [error.to_string(), near].concat() }
    })
}

/// The context that the host states.
fn context(case: &Case) -> Value {
    let mut context: Map<String, Value> =
        case.context.attributes.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
    if let Some(geo) = &case.context.geo {
        context.insert("places".to_owned(), std::iter::once(&geo.place).chain(&geo.others).map(place).collect());
    }
    if let Some(purpose) = &case.purpose {
        context.insert("purpose".to_owned(), json!(purpose));
    }
    if !case.chain.is_empty() {
        context.insert("chain".to_owned(), case.chain.iter().map(plain).collect());
    }
    Value::Object(context)
}

/// One signal of a request's origin.
fn place(place: &CasePlace) -> Value {
    let members = [
        ("country", Some(&place.country)),
        ("region", place.region.as_ref()),
        ("source", place.source.as_ref()),
        ("quality", place.quality.as_ref()),
    ];
    let stated = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    Value::Object(stated.collect())
}

/// An authorization as a licence of the ruleset, held by the caller.
pub(super) fn licence(authorization: &Authorization) -> Value {
    let Authorization { kind, number, models, actions, end_uses, valid_from, valid_until, revoked, provisos, .. } =
        authorization;
    let mut licence = json!({
        "id": number,
        "type": kind,
        "basis": { "citation": "case" },
        "holder": { "subject.id": [format!("{ACCOUNT}:{CALLER}")] },
    });
    let names = [("models", models), ("actions", actions), ("end_uses", end_uses)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty());
    let instants = [("from", valid_from), ("until", valid_until), ("revoked", revoked)];
    let names = names.map(|(field, names)| (field, json!(names)));
    let instants = instants.into_iter().filter_map(|(field, at)| Some((field, json!(at.as_ref()?))));
    for (field, value) in names.chain(instants) {
        put(&mut licence, field, value);
    }
    if !provisos.is_empty() {
        let provisos = provisos.iter().map(|proviso| {
            let mut written = json!({ "id": proviso.id, "satisfied": proviso.satisfied });
            if let Some(until) = proviso.until {
                put(&mut written, "until", json!(until));
            }
            written
        });
        let provisos = provisos.collect();
        put(&mut licence, "provisos", provisos);
    }
    licence
}

fn put(object: &mut Value, field: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(field.to_owned(), value);
    }
}

/// A node of a file as JSON.
pub(crate) fn plain(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(value) => json!(value),
        Kind::Integer(value) => json!(value),
        Kind::Float(value) => json!(value),
        Kind::String(text) => json!(text),
        Kind::Sequence(items) => items.iter().map(plain).collect(),
        Kind::Mapping(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), plain(&entry.value))).collect())
        }
    }
}
