//! A choice of sayings as somebody whom one can picture, and the decision that they really get.

use super::diagram::{Diagram, Diagrams};
use super::diff::Example;
use super::outcome::Served;
use super::prove::MOST_ALIKE;
use super::question::{Questions, country_of, text_of};
use super::saying::{Claim, Said, Saying, Side, Who, is_empty};
use crate::attribute::{ACTOR, AttributeId, Value};
use crate::decide::{Context, Request, decide, judged, told};
use crate::decision::Decision;
use crate::program::Cell;
use crate::subject::{Fact, Link, Subject, Weight, named_fact, with_implied};
use crate::time::{Instant, Span};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// Somebody who asks for something, and what they are told.
#[derive(Clone, Debug, Serialize)]
pub struct Witness {
    /// Who they are, a line for each thing that is said of them; nothing: nobody says anything.
    pub who: Vec<String>,
    /// What the host states, as a request's context.
    pub context: Json,
    /// The model that they ask for.
    pub model: String,
    /// What they want to do with it.
    pub action: String,
    /// When.
    pub at: Instant,
    /// What they are told, as the engine itself decides it.
    pub decision: Decision,
}

/// How hard it is to picture that something is said: the fewer and plainer, the better.
fn price(questions: &Questions, question: u32) -> u64 {
    match questions.saying(question) {
        Some(Saying::Claim(Claim { said: Said::Value(_), who: Who::Person, .. })) => 10,
        Some(Saying::Claim(Claim { said: Said::Value(_), .. })) => 12,
        Some(Saying::Claim(_)) => 16,
        Some(Saying::Name { .. }) => 8,
        Some(Saying::Place(Some(_)) | Saying::Stated(..)) => 4,
        Some(Saying::Region(Some(_)) | Saying::Member(..) | Saying::Chain) => 5,
        Some(Saying::Place(None) | Saying::Region(None)) => 9,
        Some(Saying::Party(_)) => 14,
        Some(Saying::EndUserUnknown) | None => 20,
    }
}

/// The plainest choice of a region, and what it costs to picture.
pub(super) fn plainest(all: &Diagrams, questions: &Questions, region: Diagram) -> Option<(u64, Vec<u32>)> {
    let chosen = all.cheapest(region, |question| price(questions, question))?;
    let cost = chosen.iter().map(|question| price(questions, *question)).fold(0, u64::saturating_add);
    Some((cost, chosen))
}

/// A choice of sayings as a request that somebody makes.
pub(super) struct Somebody<'a> {
    side: Side<'a>,
    subject: Subject,
    stated: Json,
    context: Context,
    who: Vec<String>,
}

impl<'a> Somebody<'a> {
    pub(super) fn new(questions: &Questions, chosen: &[u32], side: Side<'a>) -> Option<Self> {
        let stated = context(questions, chosen, side);
        let context = Context::parse(side.program.vocabulary(), &[], &stated.to_string()).ok()?;
        let who = chosen.iter().filter_map(|question| said(questions.saying(*question)?, side)).collect();
        Some(Self { side, subject: subject(questions, chosen, side), stated, context, who })
    }

    /// Asks the engine itself.
    pub(super) fn witness(&self, cell: Cell) -> Witness {
        let (model, action) = self.side.program.names(cell);
        let request = Request { model, action, context: &self.context };
        Witness {
            who: self.who.clone(),
            context: self.stated.clone(),
            model: model.to_owned(),
            action: action.to_owned(),
            at: self.side.now,
            decision: decide(self.side.program, &self.subject, request, self.side.now),
        }
    }

    /// What they are told, as if the ruleset were valid: by which rule, for which reason, and what comes of it.
    pub(super) fn told(&self, cell: Cell) -> (Option<String>, String, Served) {
        let told = told(self.side.program, &self.subject, &self.context, self.side.now, cell);
        let instead = told.fallback.map(|served| (served.model, served.action));
        (told.rule, told.reason, Served { outcome: told.outcome, instead })
    }

    /// Who they are.
    pub(super) fn example(&self) -> Example {
        Example { who: self.who.clone(), context: self.stated.to_string() }
    }

    /// The rules that apply to them, or might: each with whom it judges.
    pub(super) fn judged(&self, cell: Cell) -> Vec<(usize, Who, bool)> {
        let judged = judged(self.side.program, &self.subject, &self.context, self.side.now, cell);
        let who = |party: Option<Link>| match party {
            None => Who::Person,
            Some(link) => (0..MOST_ALIKE)
                .map(
                    |copy| {
                        if link.weight == Weight::Act { Who::Actor(copy) } else { Who::Role(link.role.clone(), copy) }
                    },
                )
                .find(|who| who.name().as_ref() == Some(&link.name))
                .unwrap_or(Who::Person),
        };
        judged.into_iter().map(|one| (one.rule, who(one.party), one.applies)).collect()
    }
}

fn subject(questions: &Questions, chosen: &[u32], side: Side<'_>) -> Subject {
    let sayings = || chosen.iter().filter_map(|question| questions.saying(*question));
    let mut facts: Vec<Fact> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut chain: Vec<Link> = Vec::new();
    let (mut unknown, mut stated_unknown) = (false, false);
    for saying in sayings() {
        match saying {
            Saying::Claim(claim) => {
                if let Some(fact) = side.fact(claim, claim.who.name().as_deref()) {
                    with_implied(fact, &mut facts);
                }
            }
            Saying::Name { who: Who::Person, id } => {
                let issuer = |id: &str| id.split(':').next().unwrap_or_default().to_owned();
                if !ids.iter().any(|known| issuer(known) == issuer(id)) {
                    ids.push(id.clone());
                }
            }
            Saying::Name { who, id } => {
                let name = who.name();
                if !facts.iter().any(|fact| fact.attribute == AttributeId::SUBJECT_ID && fact.of == name) {
                    facts.push(Fact { of: name, value: Some(named_value([id.clone()])), ..named_fact() });
                }
            }
            Saying::Party(who @ Who::Actor(_)) => {
                let name = who.name().unwrap_or_default();
                chain.push(Link { weight: Weight::Act, ..Link::of(ACTOR, &name) });
            }
            Saying::Party(Who::Role(role, _)) => stated_unknown |= role == "end_user",
            Saying::EndUserUnknown => unknown = true,
            _ => {}
        }
    }
    if !ids.is_empty() {
        ids.sort();
        facts.push(Fact { value: Some(named_value(ids.clone())), ..named_fact() });
    }
    facts.sort_by_key(|fact| fact.issuer);
    // Whom nobody knows is said by the host of an end user, or by a first hop over nothing.
    let roles = sayings().any(|saying| matches!(saying, Saying::Party(Who::Role(..))));
    Subject::of(facts, ids, chain, unknown && !stated_unknown && roles)
}

fn named_value(ids: impl IntoIterator<Item = String>) -> Value {
    Value::Texts(ids.into_iter().collect(), crate::attribute::Complete::Ever)
}

fn context(questions: &Questions, chosen: &[u32], side: Side<'_>) -> Json {
    let sayings: Vec<&Saying> = chosen.iter().filter_map(|question| questions.saying(*question)).collect();
    let mut context = Map::new();
    let mut places: Vec<Json> = Vec::new();
    let mut chain: Option<Vec<Json>> = None;
    let unknown = sayings.contains(&&Saying::EndUserUnknown);
    let field = |name: &str| name.strip_prefix("context.").unwrap_or(name).to_owned();
    for saying in &sayings {
        match saying {
            Saying::Stated(name, value) if side.attribute(name).is_some() => {
                context.entry(field(name)).or_insert_with(|| value.clone());
            }
            Saying::Member(name, member) if side.attribute(name).is_some() => {
                let members = context.entry(field(name)).or_insert_with(|| Json::Array(Vec::new()));
                if let (Json::Array(members), Some(member)) = (members, member) {
                    members.push(member.clone());
                }
            }
            Saying::Place(country) => {
                places.push(json!({ "country": country.map_or("??", |country| country.code()) }));
            }
            Saying::Region(region) => places.push(json!({ "region": region.as_deref().unwrap_or("?") })),
            Saying::Chain => {
                chain.get_or_insert_default();
            }
            Saying::Party(who @ Who::Role(role, copy)) => {
                let mut party = Map::from_iter([("role".to_owned(), json!(role))]);
                if role == "end_user" && unknown {
                    party.insert("known".to_owned(), false.into());
                }
                if *copy > 0 {
                    party.insert("of".to_owned(), who.name().into());
                }
                chain.get_or_insert_default().push(Json::Object(party));
            }
            _ => {}
        }
    }
    if !places.is_empty() {
        context.insert("places".to_owned(), Json::Array(places));
    }
    if let Some(chain) = chain {
        context.insert("chain".to_owned(), Json::Array(chain));
    }
    Json::Object(context)
}

/// One saying in words; what the host states stands in the context.
fn said(saying: &Saying, side: Side<'_>) -> Option<String> {
    match saying {
        Saying::Claim(claim) => Some(claimed(claim, side)),
        Saying::Name { who, id } => Some(format!("{} `{id}`", of(who, "is", "subject.id"))),
        Saying::Party(Who::Role(role, 0)) => Some(format!("there is a party `{role}` in the chain")),
        Saying::Party(Who::Role(role, _)) => Some(format!("there is another party `{role}` in the chain")),
        Saying::Party(Who::Actor(0) | Who::Person) => Some("a token names an actor (`act`)".to_owned()),
        Saying::Party(Who::Actor(_)) => Some("a token names another actor (`act`)".to_owned()),
        Saying::EndUserUnknown => Some("nobody knows whom this is for".to_owned()),
        Saying::Stated(..) | Saying::Member(..) | Saying::Place(_) | Saying::Region(_) | Saying::Chain => None,
    }
}

fn of(who: &Who, verb: &str, attribute: &str) -> String {
    match who.words() {
        None => format!("{attribute} {verb}"),
        Some(role) => format!("{attribute} of the {role} {verb}"),
    }
}

fn claimed(claim: &Claim, side: Side<'_>) -> String {
    let fact = side.fact(claim, None);
    let what = match &claim.said {
        Said::Value(value) => format!("{} {}", of(&claim.who, "is", &claim.attribute), shown(value, side.now)),
        Said::Hidden => format!("something of {} is held back", of(&claim.who, "", &claim.attribute).trim_end()),
        Said::Unusable => format!("a claim of {} cannot be used", of(&claim.who, "", &claim.attribute).trim_end()),
    };
    let mut by = vec![format!("by {}", claim.source.issuer)];
    if let (Said::Value(_), Some(fact)) = (&claim.said, &fact) {
        let levels = ["self-asserted", "low", "substantial", "high"];
        by.push(levels.get(usize::from(fact.assurance)).copied().unwrap_or("high").to_owned());
        by.push(match claim.source.age {
            _ if fact.verified_at.is_none() => "verified at no known time".to_owned(),
            Some(Span::ZERO) => "verified just now".to_owned(),
            Some(age) => format!("verified {age} ago"),
            None => "verified at no known time".to_owned(),
        });
    }
    format!("{what} ({})", by.join(", "))
}

/// A value, or a member of a set, in words.
fn shown(value: &Value, now: Instant) -> String {
    match value {
        empty if is_empty(empty) => "an empty list".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Holdings(held, _) => {
            let one = held.first();
            let mut text = one.map_or_else(String::new, |one| one.country.code().to_owned());
            if one.and_then(|one| one.until).is_some_and(|until| until <= now) {
                text.push_str(", no longer held");
            }
            if let Some(since) = one.and_then(|one| one.since) {
                text.push_str(&format!(", since {}", since.to_string().get(..4).unwrap_or_default()));
            }
            text
        }
        Value::Records(records, _) => {
            let fields = records.first().into_iter().flatten();
            let fields: Vec<String> = fields.map(|(name, value)| format!("{name} {}", shown(value, now))).collect();
            if fields.is_empty() { "a record that says nothing".to_owned() } else { fields.join(", ") }
        }
        Value::Shares(shares, _) => {
            let share = shares.first();
            share.map_or_else(String::new, |(list, share)| format!("{share} percent by somebody on {list}"))
        }
        Value::Text(_) | Value::Texts(..) | Value::Country(_) | Value::Countries(..) => match country_of(value) {
            Some(country) => country.code().to_owned(),
            None => text_of(value).unwrap_or_default().to_owned(),
        },
    }
}
