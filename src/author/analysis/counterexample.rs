//! Turns a choice of assertions into a request that is easy to picture, with the engine's actual decision on it.

use super::atom::{Atom, AtomValue, ClaimAtom, RulesetAt, Who, is_empty};
use super::diagram::{Diagram, Diagrams};
use super::rules::ServedOutcome;
use super::survey::MOST_ALIKE;
use super::universe::{Universe, country_of, text_of};
use crate::base::time::{Instant, Span};
use crate::check::decide::for_authors::{self, told};
use crate::check::decide::{Context, Request, Truth, decide};
use crate::check::decision::Decision;
use crate::check::program::Cell;
use crate::check::subject::for_authors::{named_fact, with_implied};
use crate::check::subject::{ChainParty, Fact, Subject, Weight, nameless};
use crate::ruleset::attribute::{ACTOR, AttributeId, AttributeValue, END_USER, Vocabulary};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// One request of a class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Example {
    /// The assertions about the person, one per line.
    pub who: Vec<String>,
    /// The host's statements, as a request's context in JSON.
    pub context: String,
}

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
pub(super) struct ScenarioRule {
    pub(super) rule: usize,
    pub(super) who: Who,
    /// It applies; otherwise it is open.
    pub(super) applies: bool,
    /// For all parties that it judges: it grants, or keeps off a stricter default.
    pub(super) relief: Truth,
}

/// The price of an assertion in a counterexample: few and plain assertions are the easiest to picture.
fn price(universe: &Universe, variable: u32) -> u64 {
    match universe.atom(variable) {
        Some(Atom::Claim(ClaimAtom { said: AtomValue::Value(_), who: Who::Person, .. })) => 10,
        Some(Atom::Claim(ClaimAtom { said: AtomValue::Value(_), .. })) => 12,
        Some(Atom::Claim(_)) => 16,
        Some(Atom::Name { .. }) => 8,
        Some(Atom::NameHidden) => 18,
        Some(Atom::Place(Some(_), _) | Atom::Stated(..)) => 4,
        Some(Atom::Member(..) | Atom::Chain) => 5,
        Some(Atom::Place(None, _) | Atom::Region) => 9,
        Some(Atom::Party(_)) => 14,
        Some(Atom::EndUserUnknown | Atom::Another | Atom::Unnamed(_) | Atom::Twice | Atom::Unknown(_)) | None => 20,
    }
}

/// The cheapest choice in a region, and its price.
pub(super) fn plainest(all: &Diagrams, universe: &Universe, region: Diagram) -> Option<(u64, Vec<u32>)> {
    let chosen = all.cheapest(region, |variable| price(universe, variable))?;
    let cost = chosen.iter().map(|variable| price(universe, *variable)).fold(0, u64::saturating_add);
    Some((cost, chosen))
}

/// A choice of assertions as a request.
pub(super) struct Scenario<'a> {
    side: RulesetAt<'a>,
    subject: Subject,
    stated: Json,
    context: Context,
    who: Vec<String>,
    /// The chain has an end user and states that they are unknown.
    said_unknown: bool,
}

/// The statements of a choice about the chain, as in `SymbolicReader::chain`.
struct Chosen<'a> {
    atoms: Vec<&'a Atom>,
    end_user: bool,
    another: bool,
    said_unknown: bool,
    /// The roles of parties without a name.
    unnamed: Vec<&'a str>,
    /// The role of the party that the holder of the tokens must be.
    as_party: Option<&'a str>,
}

impl<'a> Chosen<'a> {
    fn new(universe: &'a Universe, chosen: &[u32]) -> Self {
        let atoms: Vec<&Atom> = chosen.iter().filter_map(|variable| universe.atom(*variable)).collect();
        let says = |atom: &Atom| atoms.contains(&atom);
        let there = |role: &str| says(&Atom::Party(Who::Role(role.to_owned(), 0)));
        let end_user = there(END_USER);
        let unnamed: Vec<&str> = atoms
            .iter()
            .filter_map(|atom| match atom {
                Atom::Unnamed(role) if there(role) => Some(role.as_str()),
                _ => None,
            })
            .collect();
        let (another, said_unknown) = (end_user && says(&Atom::Another), end_user && says(&Atom::EndUserUnknown));
        let as_party = match unnamed.as_slice() {
            [only] if another && !said_unknown && !says(&Atom::Twice) => Some(*only),
            _ => None,
        };
        Self { end_user, another, said_unknown, unnamed, as_party, atoms }
    }

    fn says(&self, atom: &Atom) -> bool {
        self.atoms.contains(&atom)
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

impl<'a> Scenario<'a> {
    pub(super) fn new(universe: &Universe, chosen: &[u32], side: RulesetAt<'a>) -> Option<Self> {
        let chosen = Chosen::new(universe, chosen);
        let stated = context(&chosen, side);
        // A ruleset evaluated together with this one may declare any other role.
        let mut others = Vocabulary::default();
        let role = |atom: &&Atom| match atom {
            Atom::Party(Who::Role(role, _)) => Some(role.clone()),
            _ => None,
        };
        others.set_roles(chosen.atoms.iter().filter_map(role).collect());
        let context = Context::parse(side.program.vocabulary(), &[&others], &stated.to_string()).ok()?;
        let who = chosen.atoms.iter().filter_map(|atom| said(atom, side)).collect();
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
    pub(super) fn told(&self, cell: Cell) -> (Option<String>, String, ServedOutcome) {
        let told = told(self.side.program, &self.subject, &self.context, self.side.now, cell);
        let instead = told.fallback.map(|served| (served.model, served.action));
        (told.rule, told.reason, ServedOutcome { outcome: told.outcome, instead })
    }

    /// The request as an example.
    pub(super) fn example(&self) -> Example {
        Example { who: self.who.clone(), context: self.stated.to_string() }
    }

    /// The rules that apply or are open.
    pub(super) fn judged(&self, cell: Cell) -> Vec<ScenarioRule> {
        let judged = for_authors::judged(self.side.program, &self.subject, &self.context, self.side.now, cell);
        let who = |party: Option<ChainParty>| match party {
            None => Who::Person,
            Some(link) if link.weight == Weight::Perhaps => Who::Perhaps(link.role),
            Some(link) if link.role == END_USER && !link.known && !self.said_unknown => Who::UnstatedEndUser,
            Some(link) => (0..MOST_ALIKE)
                .map(
                    |copy| {
                        if link.weight == Weight::Act { Who::Actor(copy) } else { Who::Role(link.role.clone(), copy) }
                    },
                )
                .find(|who| who.name().as_ref() == Some(&link.name))
                .unwrap_or(Who::Person),
        };
        let judged = judged.into_iter().map(|for_authors::Judged { rule, party, applies, relief }| ScenarioRule {
            rule,
            who: who(party),
            applies,
            relief,
        });
        judged.collect()
    }
}

fn subject(chosen: &Chosen<'_>, side: RulesetAt<'_>) -> Subject {
    let mut facts: Vec<Fact> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut chain: Vec<ChainParty> = Vec::new();
    for atom in &chosen.atoms {
        match atom {
            Atom::Claim(claim) => {
                let speaks_of_parties = side.speaks_of_parties(&claim.attribute, &claim.source);
                if let Some(of) = chosen.of(&claim.who, speaks_of_parties)
                    && let Some(fact) = side.fact(claim, of.as_deref())
                {
                    with_implied(fact, &mut facts);
                }
            }
            Atom::Name { who: Who::Person, .. } if chosen.another || chosen.said_unknown => {}
            Atom::Name { who: Who::Person, id } => {
                let issuer = |id: &str| id.split(':').next().unwrap_or_default().to_owned();
                if !ids.iter().any(|known| issuer(known) == issuer(id)) {
                    ids.push(id.clone());
                }
            }
            Atom::Name { who: Who::Role(role, 0), id } if chosen.as_party == Some(role.as_str()) => {
                let first = ids.is_empty().then(|| id.clone());
                ids.extend(first);
            }
            Atom::Name { who, id } => {
                let name = who.name();
                if !facts.iter().any(|fact| fact.attribute == AttributeId::SUBJECT_ID && fact.of == name) {
                    facts.push(Fact { of: name, value: Some(named_value([id.clone()])), ..named_fact() });
                }
            }
            Atom::NameHidden => facts.push(nameless()),
            Atom::Party(who @ Who::Actor(_)) => {
                let name = who.name().unwrap_or_default();
                chain.push(ChainParty { weight: Weight::Act, ..ChainParty::of(ACTOR, &name) });
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
    let other = |atom: &&Atom| matches!(atom, Atom::Party(Who::Role(role, _)) if role != END_USER);
    let over_nothing = chosen.says(&Atom::EndUserUnknown) && !chosen.end_user && chosen.atoms.iter().any(other);
    let has_hops = side.program.ruleset().issuers().any(|issuer| !issuer.hops.is_empty());
    Subject::of(facts, ids, chain, over_nothing && has_hops)
}

fn named_value(ids: impl IntoIterator<Item = String>) -> AttributeValue {
    AttributeValue::Texts(ids.into_iter().collect(), crate::ruleset::attribute::Complete::Ever)
}

fn context(chosen: &Chosen<'_>, side: RulesetAt<'_>) -> Json {
    let mut context = Map::new();
    let mut places: Vec<Json> = Vec::new();
    let mut chain: Option<Vec<Json>> = None;
    let some_country = chosen.atoms.iter().find_map(|atom| match atom {
        Atom::Place(Some(country), _) => Some(country.code()),
        _ => None,
    });
    let field = |name: &str| name.strip_prefix("context.").unwrap_or(name).to_owned();
    for atom in &chosen.atoms {
        match atom {
            Atom::Stated(name, value) if side.attribute(name).is_some() => {
                context.entry(field(name)).or_insert_with(|| value.clone());
            }
            Atom::Member(name, member) if side.attribute(name).is_some() => {
                let members = context.entry(field(name)).or_insert_with(|| Json::Array(Vec::new()));
                if let (Json::Array(members), Some(member)) = (members, member) {
                    members.push(member.clone());
                }
            }
            Atom::Place(country, region) => {
                let mut place = json!({ "country": country.map_or("??", |country| country.code()) });
                if let (Json::Object(place), Some(region)) = (&mut place, region) {
                    place.insert("region".to_owned(), json!(region));
                }
                places.push(place);
            }
            // It adds no country that another signal does not state.
            Atom::Region => places.push(match some_country {
                Some(country) => json!({ "country": country, "region": "?" }),
                None => json!({ "region": "?" }),
            }),
            Atom::Chain => {
                chain.get_or_insert_default();
            }
            Atom::Party(Who::Role(role, 1..)) if role == END_USER && !chosen.end_user => {}
            Atom::Party(who @ Who::Role(role, _)) => {
                let parties = chain.get_or_insert_default();
                let mut party = Map::from_iter([("role".to_owned(), json!(role))]);
                let is_end_user = role == END_USER;
                if is_end_user && chosen.said_unknown || chosen.says(&Atom::Unknown((*who).clone())) {
                    party.insert("known".to_owned(), false.into());
                }
                let unnamed = match who {
                    Who::Role(_, 0) if is_end_user => !chosen.another,
                    Who::Role(_, 0) => chosen.unnamed.contains(&role.as_str()),
                    _ => false,
                };
                if !unnamed {
                    party.insert("of".to_owned(), who.name().into());
                } else if !is_end_user && chosen.says(&Atom::Twice) {
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
fn said(atom: &Atom, side: RulesetAt<'_>) -> Option<String> {
    match atom {
        Atom::Claim(claim) => Some(claimed(claim, side)),
        Atom::Name { who, id } => Some(format!("{} `{id}`", of(who, "is", "subject.id"))),
        Atom::NameHidden => Some("an id of the person is withheld (`sub`)".to_owned()),
        Atom::Party(Who::Role(role, 0)) => Some(format!("there is a party `{role}` in the chain")),
        Atom::Party(Who::Role(role, _)) => Some(format!("there is another party `{role}` in the chain")),
        Atom::Party(Who::Actor(0) | Who::Person) => Some("a token names an actor (`act`)".to_owned()),
        Atom::Party(Who::Actor(_)) => Some("a token names another actor (`act`)".to_owned()),
        Atom::EndUserUnknown => Some("the end user is unknown".to_owned()),
        Atom::Another => Some("the end user is not the token holder".to_owned()),
        Atom::Unknown(who) => Some(format!("the service does not know the {}", who.words().unwrap_or_default())),
        Atom::Stated(..)
        | Atom::Member(..)
        | Atom::Place(..)
        | Atom::Region
        | Atom::Chain
        | Atom::Party(_)
        | Atom::Unnamed(_)
        | Atom::Twice => None,
    }
}

fn of(who: &Who, verb: &str, attribute: &str) -> String {
    match who.words() {
        None => format!("{attribute} {verb}"),
        Some(role) => format!("{attribute} of the {role} {verb}"),
    }
}

fn claimed(claim: &ClaimAtom, side: RulesetAt<'_>) -> String {
    let fact = side.fact(claim, None);
    let what = match &claim.said {
        AtomValue::Value(value) => format!("{} {}", of(&claim.who, "is", &claim.attribute), shown(value, side.now)),
        AtomValue::Hidden => format!("part of {} is withheld", of(&claim.who, "", &claim.attribute).trim_end()),
        AtomValue::Unusable => format!("a claim of {} cannot be used", of(&claim.who, "", &claim.attribute).trim_end()),
    };
    let mut by = vec![format!("by {}", claim.source.issuer)];
    if let (AtomValue::Value(_), Some(fact)) = (&claim.said, &fact) {
        let levels = ["self-asserted", "low", "substantial", "high"];
        by.push(levels.get(usize::from(fact.assurance)).copied().unwrap_or("high").to_owned());
        by.push(match claim.source.age {
            _ if fact.verified_at.is_none() => "verified at an unknown time".to_owned(),
            Some(Span::ZERO) => "verified just now".to_owned(),
            Some(age) => format!("verified {age} ago"),
            None => "verified at an unknown time".to_owned(),
        });
    }
    format!("{what} ({})", by.join(", "))
}

/// Describes a value, or a member of a set.
fn shown(value: &AttributeValue, now: Instant) -> String {
    match value {
        empty if is_empty(empty) => "an empty list".to_owned(),
        AttributeValue::Bool(value) => value.to_string(),
        AttributeValue::Number(value) => value.to_string(),
        AttributeValue::Holdings(held, _) => {
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
        AttributeValue::Records(records, _) => {
            let fields = records.first().into_iter().flatten();
            let fields: Vec<String> = fields.map(|(name, value)| format!("{name} {}", shown(value, now))).collect();
            if fields.is_empty() { "an empty record".to_owned() } else { fields.join(", ") }
        }
        AttributeValue::Shares(shares, _) => {
            let share = shares.first();
            share.map_or_else(String::new, |(list, share)| format!("{share} percent owned by parties on {list}"))
        }
        AttributeValue::Text(_)
        | AttributeValue::Texts(..)
        | AttributeValue::Country(_)
        | AttributeValue::Countries(..) => match country_of(value) {
            Some(country) => country.code().to_owned(),
            None => text_of(value).unwrap_or_default().to_owned(),
        },
    }
}
