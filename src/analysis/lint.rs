//! What of a ruleset comes to nothing, rests on something old, or reads more of people than it needs: findings about meaning, each
//! with the law that it rests on where there is one.

use super::diagram::{Diagram, Diagrams};
use super::outcome::{Law, Lifts, instants_of, lifts};
use super::prove::{Budget, epochs, inside, questions, rules};
use super::saying::{Side, Who};
use super::situation::matters;
use crate::attribute::{AttributeId, PROTECTED, Source, Type};
use crate::decision::{Basis, Outcome};
use crate::program::{Cell, NodeId, Program, compile};
use crate::ruleset::model::{Condition, EvidencePolicies, Guarantee, Licence, LicenceRef, Matcher, Rule, Scope};
use crate::ruleset::{Kind, Mark, Node, Ruleset};
use crate::set::Set;
use crate::time::{Instant, Span, Window};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Something that an author should look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lint {
    /// Stable.
    pub code: &'static str,
    /// Where.
    pub place: Place,
    /// What is the matter.
    pub message: String,
    /// What to do, and the law that it rests on.
    pub help: String,
}

/// Where in a ruleset something is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The list, such as `rules`.
    pub list: &'static str,
    /// The id of the entry.
    pub id: String,
    /// Of a rule: the id of its exception. Of an issuer: the attribute among its `claims`.
    pub within: Option<String>,
}

impl Place {
    /// Where it stands in a document: the id, or the name of the claim; nothing, where it does not: what a preset brings, no author
    /// wrote.
    pub fn find(&self, document: &Node) -> Option<Mark> {
        let list = &document.field(self.list)?.value;
        // The ruleset as a whole is where its id is.
        if let Kind::String(_) = &list.kind {
            return Some(list.at);
        }
        // Groups are named by their keys.
        if let Kind::Mapping(_) = &list.kind {
            return list.field(&self.id).map(|entry| entry.key_at);
        }
        let entry = named(list, &self.id)?;
        let found = match (&self.within, self.list) {
            (Some(attribute), "issuers") => {
                return entry.field("claims")?.value.field(attribute).map(|entry| entry.key_at);
            }
            (Some(exception), _) => named(&entry.field("unless")?.value, exception).unwrap_or(entry),
            (None, _) => entry,
        };
        Some(found.field("id").map_or(found.at, |id| id.value.at))
    }
}

/// The entry of a list that has an id, or is an exception by a licence of that name.
fn named<'a>(list: &'a Node, id: &str) -> Option<&'a Node> {
    let Kind::Sequence(items) = &list.kind else { return None };
    let text = |node: &Node, name: &str| match &node.field(name)?.value.kind {
        Kind::String(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().find(|item| text(item, "id").or_else(|| text(item, "licence")).as_deref() == Some(id))
}

/// How long a group's source is taken to be right.
const FRESH: Span = Span::from_seconds(2 * 365 * 86_400);

/// Everything that is to be said of a ruleset that reads.
pub fn lint(ruleset: &Ruleset, budget: Budget<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    windows(ruleset, &mut found);
    sources(ruleset, &mut found);
    reading(ruleset, &mut found);
    effects(ruleset, budget, &mut found);
    found.sort();
    found.dedup();
    found
}

fn of_rule(rule: &Rule) -> Place {
    Place { list: "rules", id: rule.id.clone(), within: None }
}

fn of_exception(rule: &Rule, exception: &str) -> Place {
    Place { within: Some(exception.to_owned()), ..of_rule(rule) }
}

/// Windows that contradict each other.
fn windows(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    let whole = Window { from: Some(ruleset.issued), until: Some(ruleset.expires) };
    for rule in &ruleset.rules {
        let window = &rule.effective.window;
        for (what, list) in [("suspended", &rule.effective.suspended), ("not enforced", &rule.effective.not_enforced)] {
            for part in list.iter().filter(|part| part.intersection(window).is_empty()) {
                let from = part.from.map(|from| from.to_string()).unwrap_or_default();
                found.push(Lint {
                    code: "check.windows",
                    place: of_rule(rule),
                    message: format!("the rule `{}` is {what} from {from}, when it is not in force", rule.id),
                    help: "move one of the windows, or leave this one out".to_owned(),
                });
            }
        }
        for exception in &rule.unless {
            let own = exception.effective.window.intersection(window);
            if own.is_empty() && !exception.effective.window.is_empty() {
                found.push(Lint {
                    code: "check.windows",
                    place: of_exception(rule, &exception.id),
                    message: format!("the exception `{}` is never in force while its rule is", exception.id),
                    help: "move one of the windows".to_owned(),
                });
            }
        }
    }
    for licence in &ruleset.licences {
        if licence.window.intersection(&whole).is_empty() {
            found.push(Lint {
                code: "check.windows",
                place: Place { list: "licences", id: licence.id.clone(), within: None },
                message: format!("the licence `{}` is not valid at any time at which the ruleset is", licence.id),
                help: "leave it out, or correct its dates".to_owned(),
            });
        }
    }
}

/// Groups that are old, and citations that nobody can look up.
fn sources(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    for group in &ruleset.groups {
        if ruleset.issued.since(group.as_of) > FRESH {
            found.push(Lint {
                code: "check.stale_group",
                place: Place { list: "groups", id: group.id.clone(), within: None },
                message: format!(
                    "the group `{}` is as of {}, long before the ruleset was issued",
                    group.id, group.as_of
                ),
                help: "read its source again, and write the day on which you did as `as_of`".to_owned(),
            });
        }
    }
    for rule in &ruleset.rules {
        if rule.basis.url.is_none() && rule.basis.as_of.is_none() {
            found.push(Lint {
                code: "check.citation",
                place: of_rule(rule),
                message: format!("the basis of `{}` has neither a `url` nor the day as of which it was read", rule.id),
                help: "add `as_of`, or `url`, so that somebody else can look it up".to_owned(),
            });
        }
    }
}

/// What must not be read, and what need not be.
fn reading(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    for issuer in &ruleset.issuers {
        for mapping in &issuer.claims {
            let name = ruleset.vocabulary.name(mapping.attribute);
            let claims = [Some(mapping.claim.as_str()), mapping.each.as_deref()].into_iter().flatten();
            let paths = claims.chain(mapping.only.iter().map(|only| only.claim.as_str())).chain([name]);
            let Some(kind) = paths.map(words).find_map(|words| Sensitive::of(&words)) else { continue };
            found.push(Lint {
                code: "check.sensitive",
                place: Place { list: "issuers", id: issuer.trusted.id.clone(), within: Some(name.to_owned()) },
                message: format!(
                    "`{}` of `{}` is read as `{name}`: it tells {}",
                    mapping.claim, issuer.trusted.id, kind.what
                ),
                help: kind.law.to_owned(),
            });
        }
    }
    for (_, attribute) in ruleset.vocabulary.iter() {
        let fields = match &attribute.kind {
            Type::Records(fields) => fields.as_slice(),
            _ => &[],
        };
        let names = fields.iter().map(|(field, _)| format!("{}.{field}", attribute.name));
        // What claims say is told where they are read.
        let stated = (attribute.source == Source::Context).then(|| attribute.name.clone());
        let Some(kind) = names.chain(stated).find_map(|name| Sensitive::of(&words(&name))) else { continue };
        found.push(Lint {
            code: "check.sensitive",
            place: Place { list: "attributes", id: attribute.name.clone(), within: None },
            message: format!("`{}` tells {}", attribute.name, kind.what),
            help: kind.law.to_owned(),
        });
    }
    unread(ruleset, found);
    predicates(ruleset, found);
    apart(ruleset, found);
}

/// The words of a path or name, in small letters: `/placeOfBirth/country` has four.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in text.chars() {
        let begins = !letter.is_alphanumeric() || letter.is_uppercase() && before.is_lowercase();
        before = letter;
        if begins {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Something that rules should not be about.
struct Sensitive {
    /// Any of these words, with any of the others if there are some, and none of the third.
    words: [&'static [&'static str]; 3],
    what: &'static str,
    law: &'static str,
}

const SENSITIVE: [Sensitive; 6] = [
    Sensitive {
        words: [&["birthplace", "birth", "born", "cob", "naissance"], &[], &["date", "year", "day", "age", "time"]],
        what: "where somebody was born",
        law: "a place of birth is no nationality; choosing by it is discrimination by national origin (42 U.S.C. 2000e-2(a); 8 \
              U.S.C. 1324b(a)(1)(A); EU Charter, article 21)",
    },
    Sensitive {
        words: [&["ethnicity", "ethnic", "race", "religion", "caste", "ancestry", "tribe", "origin"], &[], &[]],
        what: "ethnicity, race, religion or origin",
        law: "no export rule asks for it, and reading it is prohibited or needs a ground of its own (42 U.S.C. 2000e-2(a); GDPR, \
              article 9)",
    },
    Sensitive {
        words: [
            &["passport", "document", "documents", "issuing"],
            &["country", "issuer", "issuing", "authority", "number"],
            &[],
        ],
        what: "who issued a document, or which it is",
        law: "who issued a document does not say what its holder is, and asking for more or other documents is an unfair practice \
              (8 U.S.C. 1324b(a)(6))",
    },
    Sensitive {
        words: [&["language", "languages", "locale", "accent", "skin", "portrait", "picture", "photo"], &[], &[]],
        what: "language or looks",
        law: "it stands for origin (42 U.S.C. 2000e-2(a); EU Charter, article 21)",
    },
    Sensitive {
        words: [&["gender", "sex"], &[], &[]],
        what: "somebody's sex",
        law: "no export rule asks for it; choosing by it is discrimination (42 U.S.C. 2000e-2(a); EU Charter, article 21)",
    },
    Sensitive {
        words: [
            &["name", "surname", "username", "firstname", "lastname"],
            &[],
            &["organisation", "organization", "org", "company", "employer", "role", "model", "end"],
        ],
        what: "a name",
        law: "a name says nothing about status, and stands for origin (42 U.S.C. 2000e-2(a)); GDPR, article 5(1)(c): read no more \
              than is needed",
    },
];

impl Sensitive {
    fn of(words: &[String]) -> Option<&'static Self> {
        let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
        SENSITIVE.iter().find(|kind| {
            let [one, and, not] = kind.words;
            has(one) && (and.is_empty() || has(and)) && !has(not)
        })
    }
}

/// Statuses that tell some of those whom the law protects from others of them.
fn apart(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    for (place, attribute, matcher) in tests(ruleset) {
        let (AttributeId::US_STATUS, Matcher::Text(words)) = (attribute, matcher) else { continue };
        let named = PROTECTED.iter().filter(|word| words.contains(**word)).count();
        if named > 0 && named < PROTECTED.len() {
            let left: Vec<&str> = PROTECTED.iter().copied().filter(|word| !words.contains(*word)).collect();
            found.push(Lint {
                code: "check.protected",
                place,
                message: format!("it tells some protected individuals from others, who are {}", left.join(", ")),
                help: "citizens, nationals, permanent residents, refugees and asylees may not be treated otherwise than each \
                       other unless a law says so (8 U.S.C. 1324b(a)(1), (a)(2)(C), (a)(3)): ask for \
                       `subject.foreign_person`, or accept it with `--allow`"
                    .to_owned(),
            });
        }
    }
}

/// Every test of a ruleset, with the place of what asks it.
fn tests(ruleset: &Ruleset) -> Vec<(Place, AttributeId, &Matcher)> {
    fn walk<'a>(condition: &'a Condition, place: &Place, found: &mut Vec<(Place, AttributeId, &'a Matcher)>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| walk(part, place, found)),
            Condition::Not(part) => walk(part, place, found),
            Condition::Test(attribute, matcher) => found.push((place.clone(), *attribute, matcher)),
        }
    }
    let mut found = Vec::new();
    for rule in &ruleset.rules {
        walk(&rule.when, &of_rule(rule), &mut found);
        for exception in &rule.unless {
            let place = of_exception(rule, &exception.id);
            walk(&exception.when, &place, &mut found);
            exception.provided.iter().for_each(|provided| walk(&provided.when, &place, &mut found));
        }
    }
    for licence in &ruleset.licences {
        let place = Place { list: "licences", id: licence.id.clone(), within: None };
        walk(&licence.holder, &place, &mut found);
    }
    found
}

/// Claims that are mapped and that nothing asks for.
fn unread(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    let asked: Set<AttributeId> = tests(ruleset)
        .into_iter()
        .flat_map(|(_, attribute, _)| attribute.settled_by().chain([attribute]).collect::<Vec<_>>())
        .collect();
    for issuer in &ruleset.issuers {
        let mut said = BTreeSet::new();
        for mapping in &issuer.claims {
            if !asked.contains(&mapping.attribute) && said.insert(mapping.attribute) {
                let name = ruleset.vocabulary.name(mapping.attribute);
                found.push(Lint {
                    code: "check.unread",
                    place: Place { list: "issuers", id: issuer.trusted.id.clone(), within: Some(name.to_owned()) },
                    message: format!(
                        "`{name}` is read from the tokens of `{}`, and no rule asks for it",
                        issuer.trusted.id
                    ),
                    help: "leave the mapping out: what is not read cannot leak (GDPR, article 5(1)(c))".to_owned(),
                });
            }
        }
    }
}

/// Values that are read where a yes or no would do.
fn predicates(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    const LAW: &str =
        "(GDPR, article 5(1)(c), data minimisation; 8 U.S.C. 1324b(a)(6), no more documents than are needed)";
    let us = crate::country::Country::parse("US");
    for (place, attribute, matcher) in tests(ruleset) {
        let message = match (attribute, matcher) {
            (AttributeId::NATIONALITIES, Matcher::AnyCountry(area) | Matcher::OnlyCountry(area))
                if area
                    .always()
                    .is_some_and(|all| all.members.len() == 1 && us.is_some_and(|us| all.members.contains(us))) =>
            {
                "a nationality is read to know whether it is that of the United States"
            }
            (AttributeId::US_STATUS, Matcher::Text(words)) if is_us_person(words) => {
                "a status is read to know whether somebody is a foreign person"
            }
            _ => continue,
        };
        found.push(Lint {
            code: "check.predicate",
            place,
            message: message.to_owned(),
            help: format!(
                "ask for the predicate `subject.foreign_person`, which an issuer or a wallet can answer alone {LAW}"
            ),
        });
    }
    for (_, attribute) in ruleset.vocabulary.iter().filter(|(_, attribute)| attribute.kind == Type::Number) {
        if attribute.source != Source::Evidence {
            continue;
        }
        let id = ruleset.vocabulary.lookup(&attribute.name);
        let asked: Vec<(Place, &Matcher)> = tests(ruleset)
            .into_iter()
            .filter(|(_, asked, _)| Some(*asked) == id)
            .map(|(place, _, matcher)| (place, matcher))
            .collect();
        if let [(place, Matcher::Number(range))] = asked.as_slice()
            && (range.at_least.is_none() || range.at_most.is_none())
        {
            found.push(Lint {
                code: "check.predicate",
                place: place.clone(),
                message: format!("the number `{}` is read to know whether it passes one line", attribute.name),
                help: format!("ask the issuer for that as a truth value, such as `age_over_18` {LAW}"),
            });
        }
    }
}

/// Those who are no foreign persons, or all others: what the predicate says.
fn is_us_person(words: &Set<String>) -> bool {
    words.iter().all(|word| PROTECTED.contains(&word.as_str())) && PROTECTED.iter().all(|word| words.contains(*word))
}

/// Of each kind of licence that exceptions ask for and of which there is none yet, one that somebody holds: they come later.
fn to_come(ruleset: &Ruleset) -> Vec<Licence> {
    let issuer = ruleset.issuers.first().map_or("nobody", |issuer| issuer.trusted.id.as_str());
    let holder = Set::of([issuer, ":a licensee"].concat());
    let exceptions = ruleset.rules.iter().flat_map(|rule| &rule.unless);
    let kinds: BTreeSet<&String> = exceptions
        .filter_map(|exception| match &exception.licence {
            Some(LicenceRef::Kind(kind)) => Some(kind),
            _ => None,
        })
        .filter(|kind| !ruleset.licences.iter().any(|licence| licence.kind.as_ref() == Some(*kind)))
        .collect();
    let licence = |kind: &String| Licence {
        id: format!("a licence of kind {kind}"),
        kind: Some(kind.clone()),
        basis: Basis { citation: String::new(), url: None, as_of: None },
        holder: Condition::Test(AttributeId::SUBJECT_ID, Matcher::AnyText(holder.clone())),
        evidence: EvidencePolicies::default(),
        scope: Scope::default(),
        end_uses: None,
        window: Window::default(),
        revoked: None,
        provisos: Vec::new(),
        obligations: Vec::new(),
    };
    kinds.into_iter().map(licence).collect()
}

/// What rules and exceptions come to, for every request.
fn effects(ruleset: &Ruleset, budget: Budget<'_>, found: &mut Vec<Lint>) {
    // The same ruleset, asked also whether somebody is surely a U.S. person.
    let mut asking = ruleset.clone();
    asking.guarantees = vec![Guarantee {
        id: "protected".to_owned(),
        title: None,
        whom: Condition::Test(AttributeId::US_PERSON, Matcher::Is(true)),
        evidence: EvidencePolicies::default(),
        scope: Scope::default(),
        during: Window::default(),
        permitted: Set::default(),
    }];
    asking.licences.extend(to_come(ruleset));
    let program = compile(asking);
    let Some(protected) = program.guarantees().next() else { return };
    let instants = epochs(&[&program]);
    let questions = questions(&[&program], &[protected], &instants);
    if !questions.are_whole() {
        found.push(too_intricate(ruleset));
        return;
    }
    let windows: Vec<Window> = instants
        .iter()
        .enumerate()
        .map(|(place, from)| {
            let until = instants.get(place.saturating_add(1)).copied().unwrap_or(ruleset.expires);
            Window { from: Some(*from), until: Some(until) }
        })
        .collect();
    let fresh = || {
        let mut all = Diagrams::new(questions.count(), budget.nodes);
        let laws = instants.iter().map(|from| Law::new(&mut all, Side::of(&program, *from), &questions)).collect();
        (all, laws)
    };
    let mut effects = Effects::default();
    let (mut all, mut laws): (_, Vec<Law<'_, '_>>) = fresh();
    let of = program.ruleset().rules.len();
    // The last first: of several that cover each other, the first by name stays.
    for (done, position) in (0..of).rev().enumerate() {
        (budget.watch.0)(done, of);
        effects.look(&mut all, &mut laws, position, protected, &windows);
        if all.is_exhausted() {
            // What was made for others counts for nothing: each rule has the whole budget, once.
            (all, laws) = fresh();
            effects.look(&mut all, &mut laws, position, protected, &windows);
            if all.is_exhausted() {
                effects.unsettled.insert(position);
                (all, laws) = fresh();
            }
        }
        effects.settle(&program, position);
    }
    let Effects { live, lifting, hits, idle, unsettled, .. } = effects;
    if !unsettled.is_empty() {
        found.push(too_intricate(ruleset));
    }
    for (position, rule) in program.ruleset().rules.iter().enumerate() {
        // What was not looked at to the end is not accused.
        if unsettled.contains(&position) {
            continue;
        }
        if !live.contains(&position) {
            found.push(dead(&program, rule));
            continue;
        }
        if idle.contains(&position) {
            found.push(Lint {
                code: "check.shadowed",
                place: of_rule(rule),
                message: format!(
                    "the rule `{}` changes no outcome: wherever it applies, others are as strict",
                    rule.id
                ),
                help: "leave it out, or see what it was meant to add".to_owned(),
            });
        }
        for (place, exception) in rule.unless.iter().enumerate() {
            if !lifting.contains(&(position, place)) {
                found.push(Lint {
                    code: "check.never_lifts",
                    place: of_exception(rule, &exception.id),
                    message: format!("the exception `{}` can lift `{}` for nobody", exception.id, rule.id),
                    help:
                        "no issuer can give the evidence that it asks for, its licences are for others or over, or its \
                           conditions exclude each other"
                            .to_owned(),
                });
            }
        }
        if hits.contains(&position) && rule.outcome.outcome > Outcome::Allow && reads_nationality(rule) {
            found.push(Lint {
                code: "check.protected",
                place: of_rule(rule),
                message: format!("`{}` reads nationality or status and hits people who have shown to be protected", rule.id),
                help: "citizens, nationals, permanent residents, refugees and asylees may not be treated otherwise for their \
                       citizenship or origin unless a law says so (8 U.S.C. 1324b(a)(1), (a)(2)(C), (a)(3)): add \
                       `subject.foreign_person: true` to its condition, or accept it with `--allow`"
                    .to_owned(),
            });
        }
    }
}

/// What is known of rules, by position, and of exceptions, by their place in them.
#[derive(Default)]
struct Effects {
    /// Can apply to somebody.
    live: BTreeSet<usize>,
    lifting: BTreeSet<(usize, usize)>,
    /// Can apply to somebody who is surely a U.S. person.
    hits: BTreeSet<usize>,
    /// Without it, some request would come to something else.
    matter: BTreeSet<usize>,
    /// It restricts, and no request would come to anything else without it.
    idle: BTreeSet<usize>,
    /// Too intricate to settle.
    unsettled: BTreeSet<usize>,
    /// The rules at work, by instant, model and action.
    active: BTreeMap<(Instant, Cell), Rc<Active>>,
}

/// Rules, each with what could lift it and what is served in its place.
type Active = BTreeSet<(usize, Lifts, Option<Cell>)>;

impl Effects {
    /// Looks at one rule, stretch by stretch of time in which no group of countries changes.
    fn look(
        &mut self,
        all: &mut Diagrams,
        laws: &mut [Law<'_, '_>],
        position: usize,
        protected: NodeId,
        windows: &[Window],
    ) {
        for (law, window) in laws.iter_mut().zip(windows) {
            let program = law.program();
            let Some((rule, _)) = program.rule(position) else { return };
            let mut changes = Set::default();
            instants_of(program, rule, &mut changes);
            let us_person = law.reader.node(all, protected, &Who::Person).yes;
            let mut covered = Vec::new();
            for now in inside(changes, window) {
                law.set_now(now);
                for cell in program.cells_of(&rule.scope) {
                    let states = law.states_of(all, position, cell);
                    let hits = states.iter().any(|state| !all.and(state.applies, us_person).is_none());
                    let lifting = what_lifts(all, law, position, cell);
                    let matters =
                        self.matter.contains(&position) || self.matters(all, law, position, cell, &mut covered);
                    // What was made past the budget means nothing.
                    if all.is_exhausted() {
                        return;
                    }
                    self.live.extend(states.iter().any(|state| !state.applies.is_none()).then_some(position));
                    self.hits.extend(hits.then_some(position));
                    self.lifting.extend(lifting.into_iter().map(|place| (position, place)));
                    self.matter.extend(matters.then_some(position));
                }
            }
        }
        for (law, window) in laws.iter_mut().zip(windows) {
            self.look_at_others(all, law, position, window);
        }
    }

    /// Looks whether a rule matters where others change while it does not.
    fn look_at_others(&mut self, all: &mut Diagrams, law: &mut Law<'_, '_>, position: usize, window: &Window) {
        let program = law.program();
        let Some((rule, _)) = program.rule(position).filter(|(rule, _)| rule.outcome.outcome > Outcome::Allow) else {
            return;
        };
        let mut covered = Vec::new();
        for cell in program.cells_of(&rule.scope) {
            let mut changes = Set::default();
            for (other, guarded) in rules(program) {
                if program.is_in_scope(guarded, cell) {
                    instants_of(program, other, &mut changes);
                }
            }
            for now in inside(changes, window) {
                law.set_now(now);
                if self.matter.contains(&position) || all.is_exhausted() {
                    return;
                }
                if self.matters(all, law, position, cell, &mut covered) && !all.is_exhausted() {
                    self.matter.insert(position);
                }
            }
        }
    }

    /// Whether a rule matters to a model and action now. `covered`: rules that were found to cover it; with others beside them
    /// they still do.
    fn matters(
        &mut self,
        all: &mut Diagrams,
        law: &mut Law<'_, '_>,
        position: usize,
        cell: Cell,
        covered: &mut Vec<Rc<Active>>,
    ) -> bool {
        let (program, now) = (law.program(), law.reader.side.now);
        let active = || -> Rc<Active> {
            let instead = |rule: usize| program.rule(rule).and_then(|(rule, _)| program.named_instead(rule, cell));
            Rc::new(law.active(cell).into_iter().map(|(rule, lifts)| (rule, lifts, instead(rule))).collect())
        };
        let active = Rc::clone(self.active.entry((now, cell)).or_insert_with(active));
        let is_at_work = active.iter().any(|(rule, ..)| *rule == position);
        if !is_at_work || covered.iter().any(|known| known.is_subset(&active)) {
            return false;
        }
        let matters = matters(all, law, position, cell, &self.idle);
        if !matters {
            covered.push(active);
        }
        matters
    }

    /// What was found of a rule, once it was looked at to the end.
    fn settle(&mut self, program: &Program, position: usize) {
        let restricts = program.rule(position).is_some_and(|(rule, _)| rule.outcome.outcome > Outcome::Allow);
        let known = self.live.contains(&position) && !self.unsettled.contains(&position);
        if restricts && known && !self.matter.contains(&position) {
            self.idle.insert(position);
        }
    }
}

fn too_intricate(ruleset: &Ruleset) -> Lint {
    Lint {
        code: "check.too_intricate",
        place: Place { list: "ruleset", id: ruleset.id.clone(), within: None },
        message: "it is too intricate to tell which of its rules and exceptions come to nothing".to_owned(),
        help: "everything else was looked at; to have this looked at too, check parts of it as rulesets of their own"
            .to_owned(),
    }
}

/// The exceptions of a rule that lift it for somebody, by their place.
fn what_lifts(all: &mut Diagrams, law: &mut Law<'_, '_>, position: usize, cell: Cell) -> Vec<usize> {
    let program = law.program();
    let mut lifting = Vec::new();
    let Some((rule, guarded)) = program.rule(position) else { return lifting };
    for (place, licences) in lifts(program, rule, guarded, cell, law.reader.side.now) {
        let (Some(exception), Some(lift)) = (rule.unless.get(place), guarded.exceptions.get(place)) else { continue };
        let lifts = law.judged(rule).into_iter().any(|(who, present)| {
            let when = law.reader.node(all, guarded.when, &who);
            let lifted = law.lifts(all, exception, lift, &licences, &who);
            // It lifts something only where there is something to lift.
            let could = all.without(lifted, when.no);
            all.and(could, present) != Diagram::NONE
        });
        lifting.extend(lifts.then_some(place));
    }
    lifting
}

fn dead(program: &Program, rule: &Rule) -> Lint {
    let whole = Window { from: Some(program.ruleset().issued), until: Some(program.ruleset().expires) };
    let (message, help) = if program.cells_of(&rule.scope).is_empty() {
        ("has a scope without any model or action of the catalogue", "widen its scope, or leave it out")
    } else if rule.effective.window.intersection(&whole).is_empty() {
        ("is not in force at any time at which the ruleset is valid", "correct its dates, or leave it out")
    } else {
        (
            "can apply to nobody for sure",
            "its conditions exclude each other, no issuer can give the evidence that it asks for, or its exceptions lift it for \
             everyone",
        )
    };
    Lint {
        code: "check.dead",
        place: of_rule(rule),
        message: format!("the rule `{}` {message}", rule.id),
        help: help.to_owned(),
    }
}

fn reads_nationality(rule: &Rule) -> bool {
    fn walk(condition: &Condition) -> bool {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().any(walk),
            Condition::Not(part) => walk(part),
            Condition::Test(attribute, _) => [
                AttributeId::NATIONALITIES,
                AttributeId::NATIONALITIES_EVER,
                AttributeId::MOST_RECENT,
                AttributeId::PERMANENT_RESIDENCIES,
                AttributeId::US_STATUS,
            ]
            .contains(attribute),
        }
    }
    walk(&rule.when)
}

#[cfg(test)]
mod tests {
    use super::super::diff::diff;
    use super::super::tests::{Dice, compiled, ruleset};
    use super::*;
    use crate::ruleset::{parse_json, read};
    use serde_json::{Value as Json, json};

    fn budget() -> Budget<'static> {
        Budget { nodes: 500_000, ..Budget::default() }
    }

    /// The rules of which a warning is given, by id; nothing where it is too intricate to tell.
    fn warned(document: &Json, code: &str) -> Option<BTreeSet<String>> {
        let ruleset = read(&parse_json(&document.to_string()).unwrap()).unwrap();
        let found = lint(&ruleset, budget());
        let is_told = found.iter().all(|lint| lint.code != "check.too_intricate");
        is_told.then(|| found.into_iter().filter(|lint| lint.code == code).map(|lint| lint.place.id).collect())
    }

    /// All but some rules; the last is what the licences are for.
    fn without(document: &Json, left_out: &BTreeSet<String>) -> Json {
        let mut new = document.clone();
        let rules = new["rules"].as_array_mut().unwrap();
        rules.retain(|rule| rule["id"] == "last" || !left_out.contains(rule["id"].as_str().unwrap()));
        new
    }

    #[test]
    fn without_the_rules_that_change_nothing_nothing_changes_and_without_any_other_something_does() {
        let mut dice = Dice(23);
        let (mut changing, mut none) = (0, 0);
        for _ in 0..60 {
            let rules = 2 + dice.below(2);
            let mut document = ruleset(&mut dice, rules, true);
            // So that some cover each other.
            let copy = document["rules"][0].clone();
            document["rules"][1]["when"] = copy["when"].clone();
            document["rules"][1]["evidence"] = copy["evidence"].clone();
            document["default"] = json!("allow");
            // What is too intricate for that counts for nothing.
            let same = |one: &Json, other: &Json| {
                let found = diff(&compiled(one), &compiled(other), budget());
                found.unsettled.is_empty().then_some(found.changes.is_empty())
            };
            let (Some(idle), Some(dead)) = (warned(&document, "check.shadowed"), warned(&document, "check.dead"))
            else {
                continue;
            };
            none += idle.len();
            let needed = without(&document, &idle);
            assert!(same(&document, &needed) != Some(false), "{idle:?} {document:#}");
            for rule in needed["rules"].as_array().unwrap() {
                let id = rule["id"].as_str().unwrap().to_owned();
                if rule["outcome"] != "allow" && id != "last" && !dead.contains(&id) {
                    let same = same(&needed, &without(&needed, &BTreeSet::from([id.clone()])));
                    changing += usize::from(same == Some(false));
                    assert!(same != Some(true), "{id} {needed:#}");
                }
            }
        }
        assert!(changing > 50 && none > 3, "{changing} {none}");
    }
}
