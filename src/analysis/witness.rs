//! Turns a choice of assertions into a request that is easy to picture, with the engine's actual decision on it.

use super::diagram::{Diagram, Diagrams};
use super::diff::Example;
use super::outcome::Served;
use super::prove::MOST_ALIKE;
use super::question::{Questions, country_of, text_of};
use super::saying::{Claim, Said, Saying, Side, Who, is_empty};
use crate::attribute::{ACTOR, AttributeId, END_USER, Value, Vocabulary};
use crate::decide::{self, Context, Request, Truth, decide, told};
use crate::decision::Decision;
use crate::program::Cell;
use crate::subject::{Fact, Link, Subject, Weight, named_fact, nameless, with_implied};
use crate::time::{Instant, Span};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// A request, the person who makes it, and the decision on it.
#[derive(Clone, Debug, Serialize)]
pub struct Witness {
    /// The assertions about the person, one per line; empty if there are none.
    pub who: Vec<String>,
    /// The host's statements, as a request's context.
    pub context: Json,
    /// The requested model.
    pub model: String,
    /// The requested action.
    pub action: String,
    /// The instant of the request.
    pub at: Instant,
    /// The engine's decision.
    pub decision: Decision,
}

/// The result of one rule for one party that it judges.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) rule: usize,
    pub(super) who: Who,
    /// It applies; otherwise it is open.
    pub(super) applies: bool,
    /// For all parties that it judges: it grants, or keeps off a stricter default.
    pub(super) relief: Truth,
}

/// The price of an assertion in a counterexample: few and plain assertions are the easiest to picture.
fn price(questions: &Questions, question: u32) -> u64 {
    match questions.saying(question) {
        Some(Saying::Claim(Claim { said: Said::Value(_), who: Who::Person, .. })) => 10,
        Some(Saying::Claim(Claim { said: Said::Value(_), .. })) => 12,
        Some(Saying::Claim(_)) => 16,
        Some(Saying::Name { .. }) => 8,
        Some(Saying::NameHidden) => 18,
        Some(Saying::Place(Some(_), _) | Saying::Stated(..)) => 4,
        Some(Saying::Member(..) | Saying::Chain) => 5,
        Some(Saying::Place(None, _) | Saying::Region) => 9,
        Some(Saying::Party(_)) => 14,
        Some(Saying::EndUserUnknown | Saying::Another | Saying::Unnamed(_) | Saying::Twice | Saying::Unknown(_))
        | None => 20,
    }
}

/// The cheapest choice in a region, and its price.
pub(super) fn plainest(all: &Diagrams, questions: &Questions, region: Diagram) -> Option<(u64, Vec<u32>)> {
    let chosen = all.cheapest(region, |question| price(questions, question))?;
    let cost = chosen.iter().map(|question| price(questions, *question)).fold(0, u64::saturating_add);
    Some((cost, chosen))
}

/// A choice of assertions as a request.
pub(super) struct Somebody<'a> {
    side: Side<'a>,
    subject: Subject,
    stated: Json,
    context: Context,
    who: Vec<String>,
    /// The chain has an end user and states that they are unknown.
    said_unknown: bool,
}

/// The statements of a choice about the chain, as in `Reader::chain`.
struct Chosen<'a> {
    sayings: Vec<&'a Saying>,
    end_user: bool,
    another: bool,
    said_unknown: bool,
    /// The roles of parties without a name.
    unnamed: Vec<&'a str>,
    /// The role of the party that the holder of the tokens must be.
    as_party: Option<&'a str>,
}

impl<'a> Chosen<'a> {
    fn new(questions: &'a Questions, chosen: &[u32]) -> Self {
        let sayings: Vec<&Saying> = chosen.iter().filter_map(|question| questions.saying(*question)).collect();
        let says = |saying: &Saying| sayings.contains(&saying);
        let there = |role: &str| says(&Saying::Party(Who::Role(role.to_owned(), 0)));
        let end_user = there(END_USER);
        let unnamed: Vec<&str> = sayings
            .iter()
            .filter_map(|saying| match saying {
                Saying::Unnamed(role) if there(role) => Some(role.as_str()),
                _ => None,
            })
            .collect();
        let (another, said_unknown) = (end_user && says(&Saying::Another), end_user && says(&Saying::EndUserUnknown));
        let as_party = match unnamed.as_slice() {
            [only] if another && !said_unknown && !says(&Saying::Twice) => Some(*only),
            _ => None,
        };
        Self { end_user, another, said_unknown, unnamed, as_party, sayings }
    }

    fn says(&self, saying: &Saying) -> bool {
        self.sayings.contains(&saying)
    }

    /// The party of a claim, by the name that the claim uses. `None` if the request has no such party.
    fn of(&self, who: &Who, speaks_of_parties: bool) -> Option<Option<String>> {
        match who {
            Who::Person if !self.another && !self.said_unknown => Some(None),
            Who::Person => speaks_of_parties.then(|| Some(END_USER.to_owned())),
            Who::Role(role, 0) if !speaks_of_parties => (self.as_party == Some(role.as_str())).then_some(None),
            Who::Perhaps(_) => ((self.another || self.said_unknown) && self.as_party.is_none()).then_some(None),
            who => Some(who.name()),
        }
    }
}

impl<'a> Somebody<'a> {
    pub(super) fn new(questions: &Questions, chosen: &[u32], side: Side<'a>) -> Option<Self> {
        let chosen = Chosen::new(questions, chosen);
        let stated = context(&chosen, side);
        // A ruleset evaluated together with this one may declare any other role.
        let mut others = Vocabulary::default();
        let role = |saying: &&Saying| match saying {
            Saying::Party(Who::Role(role, _)) => Some(role.clone()),
            _ => None,
        };
        others.set_roles(chosen.sayings.iter().filter_map(role).collect());
        let context = Context::parse(side.program.vocabulary(), &[&others], &stated.to_string()).ok()?;
        let who = chosen.sayings.iter().filter_map(|saying| said(saying, side)).collect();
        let said_unknown = chosen.said_unknown;
        Some(Self { side, subject: subject(&chosen, side), stated, context, who, said_unknown })
    }

    /// Lets the engine decide.
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

    /// The decision as if the ruleset were valid: the governing rule, its reason and its outcome.
    pub(super) fn told(&self, cell: Cell) -> (Option<String>, String, Served) {
        let told = told(self.side.program, &self.subject, &self.context, self.side.now, cell);
        let instead = told.fallback.map(|served| (served.model, served.action));
        (told.rule, told.reason, Served { outcome: told.outcome, instead })
    }

    /// The request as an example.
    pub(super) fn example(&self) -> Example {
        Example { who: self.who.clone(), context: self.stated.to_string() }
    }

    /// The rules that apply or are open.
    pub(super) fn judged(&self, cell: Cell) -> Vec<Judged> {
        let judged = decide::judged(self.side.program, &self.subject, &self.context, self.side.now, cell);
        let who = |party: Option<Link>| match party {
            None => Who::Person,
            Some(link) if link.weight == Weight::Perhaps => Who::Perhaps(link.role),
            Some(link) if link.role == END_USER && !link.known && !self.said_unknown => Who::Nobody,
            Some(link) => (0..MOST_ALIKE)
                .map(
                    |copy| {
                        if link.weight == Weight::Act { Who::Actor(copy) } else { Who::Role(link.role.clone(), copy) }
                    },
                )
                .find(|who| who.name().as_ref() == Some(&link.name))
                .unwrap_or(Who::Person),
        };
        let judged = judged.into_iter().map(|decide::Judged { rule, party, applies, relief }| Judged {
            rule,
            who: who(party),
            applies,
            relief,
        });
        judged.collect()
    }
}

fn subject(chosen: &Chosen<'_>, side: Side<'_>) -> Subject {
    let mut facts: Vec<Fact> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut chain: Vec<Link> = Vec::new();
    for saying in &chosen.sayings {
        match saying {
            Saying::Claim(claim) => {
                let speaks_of_parties = side.speaks_of_parties(&claim.attribute, &claim.source);
                if let Some(of) = chosen.of(&claim.who, speaks_of_parties)
                    && let Some(fact) = side.fact(claim, of.as_deref())
                {
                    with_implied(fact, &mut facts);
                }
            }
            Saying::Name { who: Who::Person, .. } if chosen.another || chosen.said_unknown => {}
            Saying::Name { who: Who::Person, id } => {
                let issuer = |id: &str| id.split(':').next().unwrap_or_default().to_owned();
                if !ids.iter().any(|known| issuer(known) == issuer(id)) {
                    ids.push(id.clone());
                }
            }
            Saying::Name { who: Who::Role(role, 0), id } if chosen.as_party == Some(role.as_str()) => {
                let first = ids.is_empty().then(|| id.clone());
                ids.extend(first);
            }
            Saying::Name { who, id } => {
                let name = who.name();
                if !facts.iter().any(|fact| fact.attribute == AttributeId::SUBJECT_ID && fact.of == name) {
                    facts.push(Fact { of: name, value: Some(named_value([id.clone()])), ..named_fact() });
                }
            }
            Saying::NameHidden => facts.push(nameless()),
            Saying::Party(who @ Who::Actor(_)) => {
                let name = who.name().unwrap_or_default();
                chain.push(Link { weight: Weight::Act, ..Link::of(ACTOR, &name) });
            }
            _ => {}
        }
    }
    if !ids.is_empty() {
        ids.sort();
        facts.push(Fact { value: Some(named_value(ids.clone())), ..named_fact() });
    }
    facts.sort_by_key(|fact| fact.issuer);
    // An unknown person served is stated by the host for an end user, or follows from a first hop without
    // `over`.
    let other = |saying: &&Saying| matches!(saying, Saying::Party(Who::Role(role, _)) if role != END_USER);
    let over_nothing = chosen.says(&Saying::EndUserUnknown) && !chosen.end_user && chosen.sayings.iter().any(other);
    let has_hops = side.program.ruleset().issuers().any(|issuer| !issuer.hops.is_empty());
    Subject::of(facts, ids, chain, over_nothing && has_hops)
}

fn named_value(ids: impl IntoIterator<Item = String>) -> Value {
    Value::Texts(ids.into_iter().collect(), crate::attribute::Complete::Ever)
}

fn context(chosen: &Chosen<'_>, side: Side<'_>) -> Json {
    let mut context = Map::new();
    let mut places: Vec<Json> = Vec::new();
    let mut chain: Option<Vec<Json>> = None;
    let some_country = chosen.sayings.iter().find_map(|saying| match saying {
        Saying::Place(Some(country), _) => Some(country.code()),
        _ => None,
    });
    let field = |name: &str| name.strip_prefix("context.").unwrap_or(name).to_owned();
    for saying in &chosen.sayings {
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
            Saying::Place(country, region) => {
                let mut place = json!({ "country": country.map_or("??", |country| country.code()) });
                if let (Json::Object(place), Some(region)) = (&mut place, region) {
                    place.insert("region".to_owned(), json!(region));
                }
                places.push(place);
            }
            // It adds no country that another signal does not state.
            Saying::Region => places.push(match some_country {
                Some(country) => json!({ "country": country, "region": "?" }),
                None => json!({ "region": "?" }),
            }),
            Saying::Chain => {
                chain.get_or_insert_default();
            }
            Saying::Party(Who::Role(role, 1..)) if role == END_USER && !chosen.end_user => {}
            Saying::Party(who @ Who::Role(role, _)) => {
                let parties = chain.get_or_insert_default();
                let mut party = Map::from_iter([("role".to_owned(), json!(role))]);
                let is_end_user = role == END_USER;
                if is_end_user && chosen.said_unknown || chosen.says(&Saying::Unknown((*who).clone())) {
                    party.insert("known".to_owned(), false.into());
                }
                let unnamed = match who {
                    Who::Role(_, 0) if is_end_user => !chosen.another,
                    Who::Role(_, 0) => chosen.unnamed.contains(&role.as_str()),
                    _ => false,
                };
                if !unnamed {
                    party.insert("of".to_owned(), who.name().into());
                } else if !is_end_user && chosen.says(&Saying::Twice) {
                    parties.push(Json::Object(party.clone()));
                }
                parties.push(Json::Object(party));
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

/// Describes one assertion. The host's statements are in the context instead.
fn said(saying: &Saying, side: Side<'_>) -> Option<String> {
    match saying {
        Saying::Claim(claim) => Some(claimed(claim, side)),
        Saying::Name { who, id } => Some(format!("{} `{id}`", of(who, "is", "subject.id"))),
        Saying::NameHidden => Some("a name of the person is held back (`sub`)".to_owned()),
        Saying::Party(Who::Role(role, 0)) => Some(format!("there is a party `{role}` in the chain")),
        Saying::Party(Who::Role(role, _)) => Some(format!("there is another party `{role}` in the chain")),
        Saying::Party(Who::Actor(0) | Who::Person) => Some("a token names an actor (`act`)".to_owned()),
        Saying::Party(Who::Actor(_)) => Some("a token names another actor (`act`)".to_owned()),
        Saying::EndUserUnknown => Some("nobody knows whom this is for".to_owned()),
        Saying::Another => Some("the end user is another than the person whose tokens these are".to_owned()),
        Saying::Unknown(who) => Some(format!("the service does not know the {}", who.words().unwrap_or_default())),
        Saying::Stated(..)
        | Saying::Member(..)
        | Saying::Place(..)
        | Saying::Region
        | Saying::Chain
        | Saying::Party(_)
        | Saying::Unnamed(_)
        | Saying::Twice => None,
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

/// Describes a value, or a member of a set.
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
