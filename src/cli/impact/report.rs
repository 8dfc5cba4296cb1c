//! Sums the counts into the tables of the report. Each number is a number of people.

use super::count::Counted;
use super::count::ONE;
use super::count::PeopleGroup;
use crate::cli::table::{Count, TableFinding};
use brightline::{Brief, Outcome, Program};
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the report's form.
pub(super) const SCHEMA: &str = "brightline-impact-1";

/// The whole report.
#[derive(Debug, Serialize)]
pub(super) struct ImpactReport {
    pub(super) schema: &'static str,
    pub(super) ruleset: ImpactRuleset,
    pub(super) previous: Option<ImpactRuleset>,
    pub(super) at: String,
    pub(super) population: Population,
    pub(super) asked: Vec<ModelAction>,
    pub(super) headline: Headline,
    pub(super) ruleset_outcomes: OutcomeCounts,
    pub(super) previous_outcomes: Option<OutcomeCounts>,
    pub(super) blanket_outcomes: OutcomeCounts,
    /// From the previous ruleset's outcome to this one's; only people for whom it changes.
    pub(super) changes: Vec<OutcomeShift>,
    pub(super) evidence: Vec<EvidenceDemand>,
    pub(super) rules: Vec<RuleImpact>,
    pub(super) previous_rules: Vec<FormerRule>,
    pub(super) countries: Vec<PlaceImpact>,
    pub(super) organisations: Vec<PlaceImpact>,
    pub(super) assumptions: Vec<Assumption>,
}

/// A ruleset's id and version.
#[derive(Debug, Serialize)]
pub(super) struct ImpactRuleset {
    pub(super) id: String,
    pub(super) version: u64,
}

/// The people who were counted.
#[derive(Debug, Serialize)]
pub(super) struct Population {
    /// `file` or `synthetic`.
    pub(super) kind: &'static str,
    pub(super) file: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) rows: u64,
    pub(super) left_out: u64,
    pub(super) people: f64,
    pub(super) findings: Vec<TableFinding>,
    pub(super) counts: Vec<Count>,
}

/// The number of people by outcome.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct OutcomeCounts {
    pub(super) people: f64,
    pub(super) allow: f64,
    pub(super) degrade: f64,
    pub(super) step_up: f64,
    pub(super) review: f64,
    pub(super) deny: f64,
}

/// A model and an action.
#[derive(Debug, Serialize)]
pub(super) struct ModelAction {
    pub(super) model: String,
    pub(super) action: String,
    /// True if a blanket shutdown would close it.
    pub(super) restricted: bool,
    pub(super) ruleset: OutcomeCounts,
    pub(super) previous: Option<OutcomeCounts>,
    pub(super) blanket: OutcomeCounts,
}

/// The headline numbers. A person's outcome is the strictest of all requests.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Headline {
    /// The share of people who keep everything that was requested. `None` if no people were counted.
    pub(super) keep: Option<f64>,
    pub(super) keep_previous: Option<f64>,
    pub(super) keep_blanket: Option<f64>,
    /// People whom the rules target: restricted even if every true fact about them were shown.
    pub(super) about: f64,
    /// Of those, the people who are not allowed now.
    pub(super) about_hit: f64,
    /// People whom the rules do not target.
    pub(super) others: f64,
    /// Of those, the people who are not allowed now.
    pub(super) others_hit: f64,
    /// People about whom the population lacks facts that the rules need.
    pub(super) untold: f64,
    pub(super) untold_hit: f64,
}

/// People whose outcome changes.
#[derive(Debug, Serialize)]
pub(super) struct OutcomeShift {
    pub(super) from: Outcome,
    pub(super) to: Outcome,
    pub(super) people: f64,
}

/// The evidence that people are asked for.
#[derive(Debug, Serialize)]
pub(super) struct EvidenceDemand {
    pub(super) attribute: String,
    pub(super) assurance: u8,
    pub(super) max_age_seconds: Option<i64>,
    pub(super) problem: &'static str,
    pub(super) people: f64,
}

/// A rule that governs, with the outcomes of the former version and of a blanket shutdown for the same people, models
/// and actions.
#[derive(Debug, Serialize)]
pub(super) struct RuleImpact {
    pub(super) rule: String,
    pub(super) title: Option<String>,
    pub(super) citation: Option<String>,
    pub(super) outcomes: OutcomeCounts,
    pub(super) previous: Option<OutcomeCounts>,
    pub(super) blanket: OutcomeCounts,
}

/// A rule that governed in the former version, with the outcomes of this version and of a blanket shutdown there.
#[derive(Debug, Serialize)]
pub(super) struct FormerRule {
    pub(super) rule: String,
    pub(super) title: Option<String>,
    pub(super) citation: Option<String>,
    pub(super) outcomes: OutcomeCounts,
    pub(super) ruleset: OutcomeCounts,
    pub(super) blanket: OutcomeCounts,
}

/// A country or an organisation.
#[derive(Debug, Serialize)]
pub(super) struct PlaceImpact {
    pub(super) name: String,
    pub(super) ruleset: OutcomeCounts,
    pub(super) previous: Option<OutcomeCounts>,
    pub(super) blanket: OutcomeCounts,
}

/// An assumption, with the headline for each of its values.
#[derive(Debug, Serialize)]
pub(super) struct Assumption {
    pub(super) key: String,
    pub(super) what: String,
    pub(super) source: String,
    pub(super) values: Vec<Swept>,
}

/// One value of an assumption.
#[derive(Debug, Serialize)]
pub(super) struct Swept {
    /// `low`, `middle` or `high`.
    pub(super) at: &'static str,
    pub(super) value: f64,
    pub(super) headline: Headline,
}

/// The inputs of the report.
pub(super) struct ReportInputs<'a> {
    pub(super) ruleset: &'a Program,
    pub(super) previous: Option<&'a Program>,
    pub(super) asked: &'a [(String, String)],
    /// True for each of `asked` that a blanket shutdown would close.
    pub(super) restricted: &'a [bool],
}

/// The sums of a table row.
#[derive(Default)]
struct Sums {
    ruleset: Tally,
    previous: Tally,
    blanket: Tally,
}

/// People by outcome, in millionths.
#[derive(Clone, Copy, Default)]
struct Tally([u64; 5]);

impl Assumption {
    /// The minimum and maximum of a share of the headline. `None` if it has no value.
    pub(super) fn interval(&self, of: impl Fn(&Headline) -> Option<f64>) -> Option<(f64, f64)> {
        let values = self.values.iter().filter_map(|swept| of(&swept.headline));
        values.map(|one| (one, one)).reduce(|(low, high), (one, _)| (low.min(one), high.max(one)))
    }
}

impl Tally {
    fn add(&mut self, outcome: Outcome, weight: u64) {
        let [allow, degrade, step_up, review, deny] = &mut self.0;
        let slot = match outcome {
            Outcome::Allow => allow,
            Outcome::Degrade => degrade,
            Outcome::StepUp => step_up,
            Outcome::Review => review,
            Outcome::Deny => deny,
        };
        *slot = slot.saturating_add(weight);
    }

    fn outcomes(self) -> OutcomeCounts {
        let [allow, degrade, step_up, review, deny] = self.0.map(people);
        let all = self.0.iter().fold(0_u64, |sum, one| sum.saturating_add(*one));
        OutcomeCounts { people: people(all), allow, degrade, step_up, review, deny }
    }
}

/// The tables of a report.
pub(super) struct Tables {
    pub(super) headline: Headline,
    pub(super) asked: Vec<ModelAction>,
    pub(super) all: PlaceImpact,
    pub(super) changes: Vec<OutcomeShift>,
    pub(super) evidence: Vec<EvidenceDemand>,
    pub(super) rules: Vec<RuleImpact>,
    pub(super) previous_rules: Vec<FormerRule>,
    pub(super) countries: Vec<PlaceImpact>,
    pub(super) organisations: Vec<PlaceImpact>,
}

/// Sums the counts.
pub(super) fn tables(counted: &Counted, basis: &ReportInputs<'_>) -> Tables {
    let cells = basis.asked.len();
    let mut all = Sums::default();
    let mut each: Vec<Sums> = basis.asked.iter().map(|_| Sums::default()).collect();
    let (mut countries, mut organisations) = (BTreeMap::<&str, Sums>::new(), BTreeMap::<&str, Sums>::new());
    let mut changes: BTreeMap<(Outcome, Outcome), u64> = BTreeMap::new();
    let (mut rules, mut former_rules) = (BTreeMap::<&str, Sums>::new(), BTreeMap::<&str, Sums>::new());
    let mut evidence = BTreeMap::new();
    let mut head = Heads::default();
    let closed = if basis.restricted.contains(&true) { Outcome::Deny } else { Outcome::Allow };
    for (PeopleGroup { country, organisation, answers }, weight) in &counted.groups {
        let weight = *weight;
        let mut views = answers.chunks(cells.max(1));
        let (now, truth, before) = (views.next().unwrap_or_default(), views.next().unwrap_or_default(), views.next());
        let (outcome, meant, former) = (strictest(now), strictest(truth), before.map(strictest));
        let put = |sums: &mut Sums| {
            sums.ruleset.add(outcome, weight);
            sums.blanket.add(closed, weight);
            former.iter().for_each(|former| sums.previous.add(*former, weight));
        };
        put(&mut all);
        put(countries.entry(country).or_default());
        put(organisations.entry(organisation).or_default());
        for (place, (sums, restricted)) in each.iter_mut().zip(basis.restricted).enumerate() {
            let at = |answers: &[Brief]| answers.get(place).map_or(Outcome::Deny, |brief| brief.outcome);
            sums.ruleset.add(at(now), weight);
            before.iter().for_each(|before| sums.previous.add(at(before), weight));
            sums.blanket.add(if *restricted { Outcome::Deny } else { Outcome::Allow }, weight);
        }
        if let Some(former) = former.filter(|former| *former != outcome) {
            let sum = changes.entry((former, outcome)).or_default();
            *sum = sum.saturating_add(weight);
        }
        head.add(outcome, meant, weight);
        // A person counts once for each rule and each piece of evidence, with the strictest outcome.
        let mut wanted = BTreeMap::new();
        for brief in now {
            for need in &brief.asks {
                let max_age = need.max_age.map(|age| age.as_seconds());
                wanted.insert((need.attribute.as_str(), need.assurance, max_age, need.problem), ());
            }
        }
        for (rule, [own, other, closed]) in governing(now, before.unwrap_or_default(), basis.restricted) {
            rules.entry(rule).or_default().add(own, other, closed, weight);
        }
        for (rule, [own, other, closed]) in governing(before.unwrap_or_default(), now, basis.restricted) {
            former_rules.entry(rule).or_default().add(other, own, closed, weight);
        }
        for key in wanted.into_keys() {
            let sum: &mut u64 = evidence.entry(key).or_default();
            *sum = sum.saturating_add(weight);
        }
    }
    let compared = basis.previous.is_some();
    let restricted = |(place, sums): (usize, Sums)| {
        let (model, action) = basis.asked.get(place).cloned().unwrap_or_default();
        let restricted = basis.restricted.get(place) == Some(&true);
        let (ruleset, previous, blanket) = sums.tables(compared);
        ModelAction { model, action, restricted, ruleset, previous, blanket }
    };
    let mut rules: Vec<RuleImpact> = rules.into_iter().map(|(rule, sums)| about_rule(basis, rule, &sums)).collect();
    let former = former_rules.into_iter().filter_map(|(rule, sums)| about_former(basis.previous?, rule, &sums));
    let mut previous_rules: Vec<FormerRule> = former.collect();
    previous_rules.sort_by(|a, b| hit(&b.outcomes).total_cmp(&hit(&a.outcomes)).then_with(|| a.rule.cmp(&b.rule)));
    rules.sort_by(|a, b| hit(&b.outcomes).total_cmp(&hit(&a.outcomes)).then_with(|| a.rule.cmp(&b.rule)));
    Tables {
        headline: head.headline(&all, compared),
        asked: each.into_iter().enumerate().map(restricted).collect(),
        changes: changes.into_iter().map(|((from, to), sum)| OutcomeShift { from, to, people: people(sum) }).collect(),
        evidence: asked_for(evidence),
        rules,
        previous_rules,
        countries: places(countries, compared),
        organisations: places(organisations, compared),
        all: place("", all, compared),
    }
}

type WantedEvidence<'a> = (&'a str, u8, Option<i64>, &'static str);

fn asked_for(evidence: BTreeMap<WantedEvidence<'_>, u64>) -> Vec<EvidenceDemand> {
    let one = |((attribute, assurance, max_age_seconds, problem), sum): (WantedEvidence<'_>, u64)| EvidenceDemand {
        attribute: attribute.to_owned(),
        assurance,
        max_age_seconds,
        problem,
        people: people(sum),
    };
    let mut all: Vec<EvidenceDemand> = evidence.into_iter().map(one).collect();
    all.sort_by(|a, b| b.people.total_cmp(&a.people));
    all
}

/// For each rule that governs, the strictest outcome that a person has there in this version, in the other version and
/// in a blanket shutdown.
fn governing<'a>(own: &'a [Brief], other: &[Brief], restricted: &[bool]) -> BTreeMap<&'a str, [Outcome; 3]> {
    let mut all: BTreeMap<&str, [Outcome; 3]> = BTreeMap::new();
    for (place, brief) in own.iter().enumerate() {
        let Some(rule) = brief.rule.as_deref() else { continue };
        let other = other.get(place).map_or(Outcome::Allow, |other| other.outcome);
        let closed = if restricted.get(place) == Some(&true) { Outcome::Deny } else { Outcome::Allow };
        let known = all.entry(rule).or_insert([Outcome::Allow; 3]);
        known.iter_mut().zip([brief.outcome, other, closed]).for_each(|(known, one)| *known = (*known).max(one));
    }
    all
}

fn about_rule(basis: &ReportInputs<'_>, rule: &str, sums: &Sums) -> RuleImpact {
    let known = basis.ruleset.ruleset().basis(rule);
    let (outcomes, previous, blanket) = sums.tables(basis.previous.is_some());
    RuleImpact {
        rule: rule.to_owned(),
        title: known.map(|(title, _)| title.to_owned()),
        citation: known.map(|(_, basis)| basis.citation.clone()),
        outcomes,
        previous,
        blanket,
    }
}

fn about_former(program: &Program, rule: &str, sums: &Sums) -> Option<FormerRule> {
    let known = program.ruleset().basis(rule);
    let (ruleset, outcomes, blanket) = sums.tables(true);
    Some(FormerRule {
        rule: rule.to_owned(),
        title: known.map(|(title, _)| title.to_owned()),
        citation: known.map(|(_, basis)| basis.citation.clone()),
        outcomes: outcomes?,
        ruleset,
        blanket,
    })
}

impl Sums {
    fn add(&mut self, ruleset: Outcome, previous: Outcome, blanket: Outcome, weight: u64) {
        self.ruleset.add(ruleset, weight);
        self.previous.add(previous, weight);
        self.blanket.add(blanket, weight);
    }

    fn tables(&self, compared: bool) -> (OutcomeCounts, Option<OutcomeCounts>, OutcomeCounts) {
        (self.ruleset.outcomes(), compared.then(|| self.previous.outcomes()), self.blanket.outcomes())
    }
}

fn place(name: &str, sums: Sums, compared: bool) -> PlaceImpact {
    let (ruleset, previous, blanket) = sums.tables(compared);
    PlaceImpact { name: name.to_owned(), ruleset, previous, blanket }
}

/// Sorted by number of people, largest first. Empty if the only group has no name, since nothing was grouped.
fn places(sums: BTreeMap<&str, Sums>, compared: bool) -> Vec<PlaceImpact> {
    if sums.keys().all(|name| name.is_empty()) {
        return Vec::new();
    }
    let mut all: Vec<PlaceImpact> = sums.into_iter().map(|(name, sums)| place(name, sums, compared)).collect();
    all.sort_by(|a, b| b.ruleset.people.total_cmp(&a.ruleset.people).then_with(|| a.name.cmp(&b.name)));
    all
}

/// Sums for the headline: targeted people and others, and those restricted.
#[derive(Default)]
struct Heads {
    about: u64,
    about_hit: u64,
    others: u64,
    others_hit: u64,
    untold: u64,
    untold_hit: u64,
}

impl Heads {
    fn add(&mut self, outcome: Outcome, truth: Outcome, weight: u64) {
        let (all, hit) = match truth {
            Outcome::Allow => (&mut self.others, &mut self.others_hit),
            Outcome::StepUp => (&mut self.untold, &mut self.untold_hit),
            Outcome::Degrade | Outcome::Review | Outcome::Deny => (&mut self.about, &mut self.about_hit),
        };
        *all = all.saturating_add(weight);
        if outcome != Outcome::Allow {
            *hit = hit.saturating_add(weight);
        }
    }

    fn headline(&self, all: &Sums, compared: bool) -> Headline {
        let keep = |tally: Tally| share(&tally.outcomes());
        Headline {
            keep: keep(all.ruleset),
            keep_previous: compared.then(|| keep(all.previous)).flatten(),
            keep_blanket: keep(all.blanket),
            about: people(self.about),
            about_hit: people(self.about_hit),
            others: people(self.others),
            others_hit: people(self.others_hit),
            untold: people(self.untold),
            untold_hit: people(self.untold_hit),
        }
    }
}

/// The strictest of some answers.
fn strictest(answers: &[Brief]) -> Outcome {
    answers.iter().map(|brief| brief.outcome).max().unwrap_or(Outcome::Allow)
}

/// The share of people who keep everything. `None` if there are no people.
pub(super) fn share(outcomes: &OutcomeCounts) -> Option<f64> {
    part(outcomes.allow, outcomes.people)
}

/// A part as a share. `None` if the whole is zero.
pub(super) fn part(part: f64, all: f64) -> Option<f64> {
    (all > 0.0).then(|| part / all)
}

/// The number of people who do not keep everything.
pub(super) fn hit(outcomes: &OutcomeCounts) -> f64 {
    outcomes.people - outcomes.allow
}

/// Converts a whole number to a float; beyond 2^53, to the nearest.
pub(super) fn whole(number: u64) -> f64 {
    let (high, low) = (number >> 32, number & u64::from(u32::MAX));
    f64::from(u32::try_from(high).unwrap_or(u32::MAX)) * 4_294_967_296.0 + f64::from(u32::try_from(low).unwrap_or(0))
}

/// Converts millionths to people.
fn people(millionths: u64) -> f64 {
    whole(millionths / ONE) + whole(millionths % ONE) / 1e6
}
