//! Translates conditions over a row: when each is true, and when it is unknown although evidence for it exists.
//!
//! The semantics are those of `decide/evidence.rs`, for a row: it has at most one piece of evidence for an attribute,
//! and only its context describes other parties.

use super::clause::Clause;
use super::columns::{Columns, LEVELS, Part, WHOLE};
use super::dialect::Dialect;
use super::members::Members;
use crate::attribute::{AttributeId, END_USER, Type, Value};
use crate::country::{Country, CountrySet, Nationality};
use crate::program::{NodeId, NodeKind, Program, Test};
use crate::ruleset::area::Version;
use crate::ruleset::model::{EvidencePolicy, Matcher, Range};
use crate::set::Set;
use crate::time::Instant;
use std::cell::RefCell;
use std::collections::HashMap;

/// The result of a condition.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) holds: Clause,
    /// It is unknown although evidence for it exists.
    pub(super) noisy: Clause,
}

/// The party that a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// The person of the row.
    Person,
    /// The same person, judged as the party `end_user` of the chain.
    EndUser,
    /// Another party of the chain, about which a row has no evidence.
    Party,
}

/// Reads a ruleset's conditions at one instant, and caches the results.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) program: &'a Program,
    pub(super) now: Instant,
    pub(super) dialect: Dialect,
    pub(super) columns: Columns<'a>,
    /// The expressions evaluated once per row, by name.
    bound: RefCell<Vec<(String, String)>>,
    known: HashMap<(NodeId, Who), Reading>,
}

/// The evidence of a row for an attribute.
struct Evidence {
    /// Its value.
    cell: String,
    /// It exists.
    there: Clause,
    /// It satisfies the policy, if it exists.
    usable: Clause,
}

impl<'a> Reader<'a> {
    pub(super) fn new(program: &'a Program, now: Instant, dialect: Dialect, columns: Columns<'a>) -> Self {
        Self { program, now, dialect, columns, bound: RefCell::default(), known: HashMap::new() }
    }

    /// Names a clause so that it is evaluated once per row. Returns a reference to it.
    fn bind(&self, attribute: AttributeId, clause: Clause) -> Clause {
        let Clause::Sql { text, settled } = clause else { return clause };
        let mut bound = self.bound.borrow_mut();
        let known = bound.iter().find(|(_, known)| *known == text).map(|(name, _)| name.clone());
        let name = known.unwrap_or_else(|| {
            let attribute = self.program.vocabulary().name(attribute);
            let start = format!("{}_", attribute.rsplit('.').next().unwrap_or_default());
            let alike = bound.iter().filter(|(name, _)| name.strip_prefix(&start).is_some_and(is_number)).count();
            let name = format!("{start}{}", alike.saturating_add(1));
            bound.push((name.clone(), text));
            name
        });
        Clause::Sql { text: self.dialect.field("t", &name), settled }
    }

    /// An expression over the named clauses, which it calls `t`.
    pub(super) fn over_bound(&self, expression: &str) -> String {
        let bound = self.bound.borrow();
        if bound.is_empty() { expression.to_owned() } else { self.dialect.with(&bound, expression) }
    }

    /// The result of a condition of the ruleset.
    pub(super) fn node(&mut self, node: NodeId, who: Who) -> Reading {
        if let Some(known) = self.known.get(&(node, who)) {
            return known.clone();
        }
        let conditions = self.program.conditions();
        let reading = match conditions.node(node) {
            Some(NodeKind::Test(test)) => conditions.test(*test).map_or(NOTHING, |test| self.test(test, who)),
            Some(NodeKind::Not(part)) => {
                let inner = self.node(*part, who);
                Reading { holds: inner.holds.not(), noisy: inner.noisy }
            }
            Some(NodeKind::All(parts)) => self.joined(parts, who, Clause::all),
            Some(NodeKind::Any(parts)) => self.joined(parts, who, Clause::any),
            None => NOTHING,
        };
        self.known.insert((node, who), reading.clone());
        reading
    }

    fn joined(&mut self, parts: &[NodeId], who: Who, join: fn(Vec<Clause>) -> Clause) -> Reading {
        let (holds, noisy): (Vec<Clause>, Vec<Clause>) = parts
            .iter()
            .map(|part| {
                let Reading { holds, noisy } = self.node(*part, who);
                (holds, noisy)
            })
            .unzip();
        let holds = join(holds);
        let noisy = Clause::all([holds.is_unknown(), Clause::any(noisy)]);
        Reading { holds, noisy }
    }

    fn test(&self, test: &Test, who: Who) -> Reading {
        let vocabulary = self.program.vocabulary();
        if vocabulary.is_context(test.attribute) {
            let holds = self.bind(test.attribute, self.stated(test));
            return Reading { noisy: holds.is_unknown(), holds };
        }
        match test.attribute {
            _ if who == Who::Party => NOTHING,
            AttributeId::MOST_RECENT => self.most_recent(test),
            _ if crate::decide::is_set(&test.matcher) => self.set(test),
            _ => self.scalar(test),
        }
    }

    /// The evidence of a row for an attribute. `None` if the table has no column for it.
    fn evidence(&self, attribute: AttributeId, policy: &EvidencePolicy) -> Option<Evidence> {
        let cell = self.columns.read(attribute, Part::Value)?;
        let present = Clause::settled(format!("{cell} IS NOT NULL"));
        if attribute == AttributeId::SUBJECT_ID {
            // The token itself contains the name, without a time of verification.
            let named = Clause::open(format!("{} > 0", self.dialect.length(&cell)));
            let usable = if policy.max_age.is_none() { Clause::TRUE } else { Clause::FALSE };
            return Some(Evidence { cell, there: Clause::all([present, named]).is_true(), usable });
        }
        let level = self.columns.read(attribute, Part::Assurance);
        let level = level.map(|level| format!("COALESCE({level}, {})", self.dialect.text("3")));
        let shown = level
            .as_ref()
            .map_or(Clause::TRUE, |level| Clause::settled(format!("{level} <> {}", self.dialect.text("none"))));
        let least = usize::from(policy.assurance);
        let strong = level.as_ref().filter(|_| least > 0).map_or(Clause::TRUE, |level| {
            let enough = self.dialect.texts(LEVELS.into_iter().skip(least));
            Clause::settled(format!("{level} IN ({enough})"))
        });
        let usable = Clause::all([strong, self.accepted(attribute, policy), self.fresh(attribute, policy)]);
        Some(Evidence { cell, there: Clause::all([present, shown]), usable })
    }

    /// The condition that a policy accepts the issuer.
    fn accepted(&self, attribute: AttributeId, policy: &EvidencePolicy) -> Clause {
        if policy.issuers.is_none() && policy.classes.is_none() {
            return Clause::TRUE;
        }
        let issuers = || self.program.ruleset().issuers.iter();
        let accepted = issuers().filter(|issuer| policy.accepts(issuer)).map(|issuer| issuer.trusted.id.as_str());
        let first = self.program.first_issuer_of(attribute).and_then(|first| self.program.issuer(first));
        let otherwise = first.is_some_and(|first| policy.accepts(first));
        match self.columns.read(attribute, Part::Issuer) {
            None => Clause::Known(Some(otherwise)),
            Some(issuer) => {
                let named = Clause::open(format!("{issuer} IN ({})", self.dialect.texts(accepted))).is_true();
                let unnamed = Clause::settled(format!("{issuer} IS NULL"));
                if otherwise { Clause::any([unnamed, named]) } else { named }
            }
        }
    }

    /// The condition that the evidence was verified, and recently enough.
    fn fresh(&self, attribute: AttributeId, policy: &EvidencePolicy) -> Clause {
        // Without a time in the cell, the evidence was verified at this instant.
        let at_once = policy.max_age.is_none_or(|age| self.now < self.now.saturating_add(age));
        let Some(verified) = self.columns.read(attribute, Part::VerifiedAt) else {
            return Clause::Known(Some(at_once));
        };
        let mut parts = vec![Clause::open(format!("NOT ({})", self.dialect.is_after(&verified, self.now)))];
        if let Some(age) = policy.max_age {
            let since = self.now.saturating_sub(age);
            if Some(since) >= EARLIEST {
                parts.push(Clause::open(self.dialect.is_after(&verified, since)));
            }
        }
        let fresh = Clause::all(parts).is_true();
        let untold = Clause::settled(format!("{verified} IS NULL"));
        if at_once { Clause::any([untold, fresh]) } else { fresh }
    }

    fn scalar(&self, test: &Test) -> Reading {
        let (mut holds, mut there) = (Clause::UNKNOWN, Clause::FALSE);
        let own = self.evidence(test.attribute, &test.policy).map(|own| {
            let fits = self.fits(&test.matcher, &own.cell);
            (test.attribute, own, fits)
        });
        // A U.S. status settles if a person is a U.S. person; other evidence settles only its own attribute.
        let implying = test.attribute.settled_by().filter(|source| *source != test.attribute);
        let implied = implying.filter_map(|source| {
            let said = self.evidence(source, &test.policy)?;
            let fits = self.implied(source, &test.matcher, &said.cell)?;
            Some((source, said, fits))
        });
        for (source, said, fits) in own.into_iter().chain(implied) {
            let one = Clause::first([(Clause::all([said.there.clone(), said.usable]), fits)]);
            let one = self.bind(source, one);
            holds = holds.agreed(one);
            there = Clause::any([there, said.there]);
        }
        let noisy = Clause::all([there, holds.is_unknown()]);
        Reading { holds, noisy }
    }

    /// The truth that follows from the words of another attribute.
    fn implied(&self, source: AttributeId, matcher: &Matcher, cell: &str) -> Option<Clause> {
        let Type::Word(words) = &self.program.vocabulary().get(source)?.kind else { return None };
        let so = words.iter().filter(|word| {
            let implied = source.implied(&Value::Text((*word).clone()));
            implied.is_some_and(|(_, value)| crate::decide::value_fits(matcher, &value) == Ok(true))
        });
        Some(self.among(cell, so.map(String::as_str)))
    }

    fn among<'t>(&self, value: &str, texts: impl Iterator<Item = &'t str>) -> Clause {
        Clause::open(format!("{value} IN ({})", self.dialect.texts(texts)))
    }

    /// The condition that one value matches; unknown if the value is absent.
    pub(super) fn fits(&self, matcher: &Matcher, value: &str) -> Clause {
        let number = |number: f64| self.dialect.number(number);
        match matcher {
            Matcher::Is(true) => Clause::open(value.to_owned()),
            Matcher::Is(false) => Clause::open(value.to_owned()).not(),
            Matcher::Text(wanted) => self.among(value, wanted.iter().map(String::as_str)),
            Matcher::Under(wanted) => {
                let under = |word: &String| {
                    let below = Clause::open(self.dialect.begins(value, &format!("{word}.")));
                    [self.among(value, std::iter::once(word.as_str())), below]
                };
                Clause::any(wanted.iter().flat_map(under))
            }
            Matcher::Number(range) => {
                let least = range.at_least.map(|least| Clause::open(format!("{value} >= {}", number(least.0))));
                let most = range.at_most.map(|most| Clause::open(format!("{value} <= {}", number(most.0))));
                Clause::all(least.into_iter().chain(most))
            }
            Matcher::Country(area) => {
                let [inside, outside, unmapped] = of_version(area.at(self.now));
                let inside = self.among(value, inside.into_iter());
                match unmapped.as_slice() {
                    [] => inside,
                    _ => {
                        let outside = self.among(value, outside.into_iter());
                        Clause::first([(inside, Clause::TRUE), (outside, Clause::FALSE)])
                    }
                }
            }
            _ => Clause::UNKNOWN,
        }
    }

    /// The condition that the person of the row has one of these names.
    pub(super) fn has_name(&self, names: &Matcher) -> Clause {
        let policy = EvidencePolicy::default();
        self.set(&Test { attribute: AttributeId::SUBJECT_ID, matcher: names.clone(), policy }).holds.is_true()
    }

    /// Whether a row names its person.
    pub(super) fn is_named(&self) -> Clause {
        let named = self.evidence(AttributeId::SUBJECT_ID, &EvidencePolicy::default());
        named.map_or(Clause::FALSE, |named| named.there)
    }

    /// A set in evidence.
    fn set(&self, test: &Test) -> Reading {
        let source = test.attribute.read_from().first().copied().unwrap_or(test.attribute);
        let Some(said) = self.evidence(source, &test.policy) else { return NOTHING };
        let ever = test.attribute == AttributeId::NATIONALITIES_EVER;
        let members = self.members(source, &said.cell, ever);
        let untold = self.untold(source, &said.cell);
        let whole = match source {
            AttributeId::SUBJECT_ID => Clause::TRUE,
            _ => {
                let told = self.told_whole(source, &said.cell, ever);
                let told = Clause::any([told, self.says_complete(source, &test.policy)]);
                Clause::all([told, untold.clone().not()]).is_true()
            }
        };
        let counts = Clause::all([said.there.clone(), said.usable.clone()]);
        let (holds, in_vain) = self.matched(test, &members, whole);
        let holds = self.bind(test.attribute, Clause::first([(counts.clone(), holds)]));
        // An undisclosed or unmapped member still counts as evidence.
        let vague = Clause::all([counts, Clause::any([in_vain.is_true(), untold]), holds.is_unknown()]);
        let noisy = Clause::any([Clause::all([said.there, said.usable.not()]), vague]);
        Reading { holds, noisy }
    }

    /// The members of a set; for holdings, those held.
    fn members(&self, attribute: AttributeId, list: &str, ever: bool) -> Members {
        let kind = self.program.vocabulary().get(attribute).map(|one| &one.kind);
        match kind {
            Some(Type::Holdings) => Members::holdings(list.to_owned(), self.dialect, self.now, ever),
            Some(Type::Records(_) | Type::Shares) => Members::records(list.to_owned(), self.dialect),
            _ => Members::plain(list.to_owned(), self.dialect),
        }
    }

    /// The condition that the row asserts its set to be complete. An empty set asserts nothing.
    fn told_whole(&self, attribute: AttributeId, list: &str, ever: bool) -> Clause {
        let some = Clause::open(format!("{} > 0", self.dialect.length(list)));
        let wanted = WHOLE.into_iter().skip(if ever { WHOLE.len().saturating_sub(1) } else { 0 });
        let told = match self.columns.read(attribute, Part::Complete) {
            None => Clause::Known(Some(!ever)),
            Some(complete) => {
                let complete = format!("COALESCE({complete}, {})", self.dialect.text("true"));
                Clause::settled(format!("{complete} IN ({})", self.dialect.texts(wanted)))
            }
        };
        Clause::all([some, told])
    }

    /// The condition that the issuer of the nationalities asserts that there are no others and never were.
    fn says_complete(&self, source: AttributeId, policy: &EvidencePolicy) -> Clause {
        let complete = AttributeId::NATIONALITIES_COMPLETE;
        if source != AttributeId::NATIONALITIES {
            return Clause::FALSE;
        }
        let Some(said) = self.evidence(complete, policy) else { return Clause::FALSE };
        let first = self.program.first_issuer_of(source).and_then(|first| self.program.issuer(first));
        let first = self.dialect.text(first.map_or("", |first| first.trusted.id.as_str()));
        let by = |attribute| match self.columns.read(attribute, Part::Issuer) {
            Some(issuer) => format!("COALESCE({issuer}, {first})"),
            None => first.clone(),
        };
        let (of, by) = (by(source), by(complete));
        let same = if of == by { Clause::TRUE } else { Clause::settled(format!("{of} = {by}")) };
        Clause::all([said.there, said.usable, same, Clause::open(said.cell).is_true()])
    }

    /// The condition that a list contains an undisclosed nationality.
    fn untold(&self, attribute: AttributeId, list: &str) -> Clause {
        let kind = self.program.vocabulary().get(attribute).map(|one| &one.kind);
        if kind != Some(&Type::Holdings) {
            return Clause::FALSE;
        }
        let so = self.among("x.country", Nationality::untold_codes());
        Clause::open(self.dialect.exists(list, &so.to_sql())).is_true()
    }

    /// The result for a set, and the condition that a member is evidence but does not settle it: an unmapped country,
    /// or a record that lacks a required field. Possibly missing members settle nothing.
    fn matched(&self, test: &Test, members: &Members, whole: Clause) -> (Clause, Clause) {
        let shown_or_whole = |shown: Clause| Clause::first([(shown, Clause::TRUE), (whole.clone(), Clause::FALSE)]);
        let other_or_whole = |other: Clause| Clause::first([(other, Clause::FALSE), (whole.clone(), Clause::TRUE)]);
        let never = Clause::FALSE;
        match &test.matcher {
            Matcher::AnyText(wanted) => (shown_or_whole(members.any_of(wanted.iter().map(String::as_str))), never),
            Matcher::AllText(wanted) => (shown_or_whole(members.all_of(wanted.iter().map(String::as_str))), never),
            Matcher::OnlyText(wanted) => (other_or_whole(members.any_but(wanted.iter().map(String::as_str))), never),
            Matcher::AllCountry(area) => {
                let [inside, _, _] = of_version(area.at(self.now));
                (shown_or_whole(members.all_of(inside.into_iter())), never)
            }
            Matcher::AnyCountry(area) => {
                let [inside, _, unmapped] = of_version(area.at(self.now));
                let shown = members.any_of(inside.into_iter());
                let unmapped = members.any_of(unmapped.into_iter());
                let cases = [(shown, Clause::TRUE), (unmapped.clone(), Clause::UNKNOWN), (whole, Clause::FALSE)];
                (Clause::first(cases), unmapped)
            }
            Matcher::OnlyCountry(area) => {
                let [_, outside, unmapped] = of_version(area.at(self.now));
                let other = members.any_of(outside.into_iter());
                let unmapped = members.any_of(unmapped.into_iter());
                let cases = [(other, Clause::FALSE), (unmapped.clone(), Clause::UNKNOWN), (whole, Clause::TRUE)];
                (Clause::first(cases), unmapped)
            }
            Matcher::Record(fields) => {
                let each = fields.iter().map(|(name, matcher)| self.fits(matcher, &self.dialect.field("x", name)));
                let fits = Clause::all(each);
                let shown = members.any(&fits.is_true());
                let open = members.any(&fits.is_unknown());
                let cases = [(shown, Clause::TRUE), (open.clone(), Clause::UNKNOWN), (whole, Clause::FALSE)];
                (Clause::first(cases), open)
            }
            Matcher::Count(range) => (self.ranged(*range, &members.count(), whole), never),
            Matcher::Share(lists, range) => {
                let on = self.among("x.list", lists.iter().map(String::as_str));
                let sum = self.dialect.sum(&members.each_of(&on, "y.pct"));
                // Shares are decimal fractions: the result must not depend on errors of binary addition.
                let billionths = self.dialect.number(1e9);
                let sum = format!("({} / {billionths})", self.dialect.rounded(&format!("{sum} * {billionths}")));
                (self.ranged(*range, &sum, whole), never)
            }
            _ => (Clause::UNKNOWN, never),
        }
    }

    /// The condition that an amount, which undisclosed members could only increase, is in a range.
    fn ranged(&self, range: Range, amount: &str, whole: Clause) -> Clause {
        let bound = |sign: &str, bound: f64| Clause::open(format!("{amount} {sign} {}", self.dialect.number(bound)));
        let least = range.at_least.map_or(Clause::TRUE, |least| bound(">=", least.0));
        let most = range.at_most.map_or(Clause::TRUE, |most| bound("<=", most.0));
        let sure = if range.at_most.is_none() { least.clone() } else { Clause::FALSE };
        Clause::first([(most.clone().not(), Clause::FALSE), (sure, Clause::TRUE), (whole, Clause::all([least, most]))])
    }

    /// 15 CFR 734.13(b): of the citizenships and permanent residencies held, the one acquired last.
    fn most_recent(&self, test: &Test) -> Reading {
        let Matcher::Country(area) = &test.matcher else { return NOTHING };
        let (mut lists, mut weak, mut untold) = (Vec::new(), Vec::new(), Vec::new());
        for source in test.attribute.read_from() {
            let Some(said) = self.evidence(*source, &test.policy) else { continue };
            let counts = Clause::all([said.there.clone(), said.usable.clone()]);
            let held = self.members(*source, &said.cell, false).held();
            lists.push(format!(
                "CASE WHEN {} THEN {held} ELSE {} END",
                counts.to_sql(),
                self.dialect.empty(&Type::Holdings)
            ));
            weak.push(Clause::all([said.there, said.usable.not()]));
            untold.push(Clause::all([counts, self.untold(*source, &said.cell)]));
        }
        if lists.is_empty() {
            return NOTHING;
        }
        let held = self.dialect.joined(&lists);
        let (weak, untold) = (Clause::any(weak), Clause::any(untold));
        let some = Clause::settled(format!("{} > 0", self.dialect.length(&held)));
        let countries = self.dialect.each(&held, "y.country");
        let only = format!("{} = 1", self.dialect.length(&self.dialect.distinct(&countries)));
        let [mine, others] = ["x.since", "y.since"].map(|since| self.dialect.in_millis(since));
        let latest = self.dialect.greatest(&self.dialect.each(&held, &others));
        let last = self.dialect.filtered(&held, &format!("({only} OR x.since IS NULL OR {mine} = {latest})"));
        let all = |place: usize| {
            let version = of_version(area.at(self.now));
            let others =
                version.into_iter().enumerate().filter(|(other, _)| *other != place).flat_map(|(_, codes)| codes);
            let other = self.among("x.country", others);
            Clause::open(self.dialect.exists(&last, &other.to_sql())).is_true().not()
        };
        let settled = Clause::all([weak.clone().not(), untold.clone().not(), some.clone()]);
        let cases = [(all(0), Clause::TRUE), (all(1), Clause::FALSE)];
        let holds = self.bind(test.attribute, Clause::first([(settled, Clause::first(cases))]));
        // Evidence that does not settle the test is not absent evidence.
        let noisy = Clause::all([holds.is_unknown(), Clause::any([weak, some, untold])]);
        Reading { holds, noisy }
    }

    /// The host's statement.
    fn stated(&self, test: &Test) -> Clause {
        match test.attribute {
            AttributeId::CONTEXT_COUNTRY | AttributeId::CONTEXT_COUNTRIES => self.places(test),
            AttributeId::CONTEXT_REGIONS => self.regions(test),
            attribute => {
                let one = self.program.vocabulary().get(attribute);
                let absent = one.and_then(|one| one.absent);
                let Some(cell) = self.columns.read(attribute, Part::Value) else {
                    let fits = absent.map(|absent| crate::decide::value_fits(&test.matcher, &Value::Bool(absent)).ok());
                    return Clause::Known(fits.flatten());
                };
                if crate::decide::is_set(&test.matcher) {
                    let whole = match attribute {
                        AttributeId::CHAIN_ROLES => Clause::TRUE,
                        _ => Clause::open(format!("{} > 0", self.dialect.length(&cell))),
                    };
                    let there = Clause::settled(format!("{cell} IS NOT NULL"));
                    let (holds, _) = self.matched(test, &self.members(attribute, &cell, false), whole);
                    return Clause::first([(there, holds)]);
                }
                let cell = match absent {
                    Some(absent) => format!("COALESCE({cell}, {})", Clause::Known(Some(absent)).to_sql()),
                    None => cell,
                };
                self.fits(&test.matcher, &cell)
            }
        }
    }

    /// The condition that the row's chain has one of these roles.
    pub(super) fn has_role(&self, roles: &[&str]) -> Clause {
        match self.roles() {
            Some(members) if !roles.is_empty() => members.any_of(roles.iter().copied()).is_true(),
            _ => Clause::FALSE,
        }
    }

    /// The condition that the row's chain has a party other than the end user.
    pub(super) fn has_party(&self) -> Clause {
        self.roles().map_or(Clause::FALSE, |members| members.any_but(std::iter::once(END_USER)).is_true())
    }

    fn roles(&self) -> Option<Members> {
        Some(Members::plain(self.columns.read(AttributeId::CHAIN_ROLES, Part::Value)?, self.dialect))
    }

    /// The row's cells for locations: one country and several; and the condition that any is present.
    fn countries(&self) -> (Option<String>, Option<String>, Clause) {
        let one = self.columns.read(AttributeId::CONTEXT_COUNTRY, Part::Value);
        let many = self.columns.read(AttributeId::CONTEXT_COUNTRIES, Part::Value);
        let there = |cell: &String| Clause::settled(format!("{cell} IS NOT NULL"));
        let there = Clause::any(one.iter().chain(&many).map(there));
        (one, many, there)
    }

    /// The row's countries as one list.
    fn country_list(&self) -> Option<String> {
        let (one, many, _) = self.countries();
        let none = self.dialect.empty(&Type::Countries);
        let alone = |one: &String| format!("CASE WHEN {one} IS NULL THEN {none} ELSE {} END", self.dialect.list(one));
        let all = |many: &String| format!("COALESCE({many}, {none})");
        let lists: Vec<String> = one.iter().map(alone).chain(many.iter().map(all)).collect();
        (!lists.is_empty()).then(|| self.dialect.joined(&lists))
    }

    /// Regions of the row's countries. A region and its country are one location; a country without a region is a
    /// location whose region is unknown. A row with a region of another country is not valid (`wrong_region`).
    fn regions(&self, test: &Test) -> Clause {
        let (_, _, there) = self.countries();
        let Some(countries) = self.country_list() else { return Clause::UNKNOWN };
        let none = self.dialect.empty(&Type::Regions);
        let cell = self.columns.read(AttributeId::CONTEXT_REGIONS, Part::Value);
        let list = cell.as_ref().map_or_else(|| none.clone(), |cell| format!("COALESCE({cell}, {none})"));
        let all = Members::plain(list.clone(), self.dialect);
        let places = Members::plain(countries.clone(), self.dialect);
        let named: Set<&str> = match &test.matcher {
            Matcher::AnyText(wanted) | Matcher::AllText(wanted) | Matcher::OnlyText(wanted) => {
                wanted.iter().filter_map(|region| region.get(..2)).collect()
            }
            _ => Set::default(),
        };
        // A country of a wanted region for which the row names no region.
        let untold = named.iter().map(|code| {
            let told = all.any(&Clause::open(self.dialect.begins("x", &format!("{code}-"))));
            Clause::all([places.any_of(std::iter::once(*code)), told.not()])
        });
        let untold = match &test.matcher {
            Matcher::Count(_) => {
                let distinct = |list: &str| self.dialect.length(&self.dialect.distinct(list));
                let of = distinct(&self.dialect.each(&list, "substring(y, 1, 2)"));
                Clause::open(format!("{} > {of}", distinct(&countries)))
            }
            _ => Clause::any(untold.collect::<Vec<_>>()),
        };
        // An empty list may be incomplete.
        let empty =
            cell.map_or(Clause::FALSE, |cell| Clause::open(format!("{} = 0", self.dialect.length(&cell))).is_true());
        let whole = Clause::all([untold.not(), empty.not()]);
        let (holds, _) = self.matched(test, &all, whole);
        let holds = match &test.matcher {
            // A location in another country is in none of those regions.
            Matcher::OnlyText(_) => {
                Clause::first([(places.any_but(named.iter().copied()), Clause::FALSE), (Clause::TRUE, holds)])
            }
            _ => holds,
        };
        Clause::first([(there, holds)])
    }

    /// The condition that the row names a region of a country that it does not name.
    pub(super) fn wrong_region(&self) -> Clause {
        if !self.columns.is_read(AttributeId::CONTEXT_REGIONS) {
            return Clause::FALSE;
        }
        let Some(cell) = self.columns.read(AttributeId::CONTEXT_REGIONS, Part::Value) else { return Clause::FALSE };
        let codes = self.dialect.each(&cell, "substring(y, 1, 2)");
        match self.country_list() {
            None => Clause::open(format!("{} > 0", self.dialect.length(&cell))).is_true(),
            Some(countries) => {
                let both = self.dialect.joined(&[
                    countries.clone(),
                    format!("COALESCE({codes}, {})", self.dialect.empty(&Type::Countries)),
                ]);
                let distinct = |list: &str| self.dialect.length(&self.dialect.distinct(list));
                Clause::open(format!("{} > {}", distinct(&both), distinct(&countries))).is_true()
            }
        }
    }

    /// Tests several signals of one location, which may disagree.
    fn places(&self, test: &Test) -> Clause {
        let (one, many, there) = self.countries();
        if there == Clause::FALSE {
            return Clause::UNKNOWN;
        }
        let Matcher::Country(area) = &test.matcher else {
            let list = self.country_list().unwrap_or_default();
            let members = Members::plain(list, self.dialect);
            return Clause::first([(there, self.matched(test, &members, Clause::TRUE).0)]);
        };
        let [inside, outside, unmapped] = of_version(area.at(self.now)).map(|codes| {
            let of_one = one.as_ref().map(|one| self.among(one, codes.iter().copied()).is_true());
            let of_many = many
                .as_ref()
                .map(|many| Members::plain(many.clone(), self.dialect).any_of(codes.iter().copied()).is_true());
            // An empty list of codes matches nothing.
            let codes = !codes.is_empty();
            Clause::any(of_one.into_iter().chain(of_many).filter(|_| codes))
        });
        let agree = Clause::all([there, Clause::all([inside.clone(), outside]).not(), unmapped.not()]);
        Clause::first([(agree, inside)])
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The table has no evidence.
const NOTHING: Reading = Reading { holds: Clause::UNKNOWN, noisy: Clause::FALSE };

/// 0001-01-01, the earliest instant of the warehouses.
const EARLIEST: Option<Instant> = Instant::from_millis(-62_135_596_800_000);

/// The codes inside an area, outside it, and unmapped.
fn of_version(version: Version) -> [Vec<&'static str>; 3] {
    let every: CountrySet = Country::all().filter_map(Country::parse).chain(classes()).collect();
    let inside = version.members.intersection(&every);
    let outside = every.without(&inside).intersection(&version.mapped);
    let unmapped = every.without(&inside).without(&outside);
    [inside, outside, unmapped].map(|some| some.iter().map(Country::code).collect())
}

fn classes() -> impl Iterator<Item = Country> {
    Nationality::other_codes().filter_map(Country::parse_class)
}
