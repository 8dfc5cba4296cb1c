//! The report as a document: the headline, the comparisons, and the tables below.

use super::recipe::Data;
use super::report::Assumption;
use super::report::FormerRule;
use super::report::Headline;
use super::report::ImpactReport;
use super::report::ModelAction;
use super::report::OutcomeCounts;
use super::report::PlaceImpact;
use super::report::Population;
use super::report::RuleImpact;
use super::report::hit;
use super::report::part;
use super::report::share;
use crate::cli::io::failure::Failure;
use crate::cli::io::terminal::many;
use crate::cli::publish::document::{Align, BarPart, Block, Document, NONE, Table, Tile, number, percent};

/// Maximum number of bars in a chart; tables are complete.
const BARS: usize = 15;

/// The outcomes, in the order of bars and columns.
const PARTS: [BarPart; 5] = [
    BarPart { name: "keeps", class: "allow" },
    BarPart { name: "degraded", class: "degrade" },
    BarPart { name: "asked for evidence", class: "step_up" },
    BarPart { name: "under review", class: "review" },
    BarPart { name: "shut out", class: "deny" },
];

/// Writes a report as a document.
pub(super) fn tell(report: &ImpactReport) -> Result<Document, Failure> {
    let data = Data::read()?;
    let names = data.names();
    let mut blocks = vec![Block::Text(introduction(report))];
    blocks.push(Block::Numbers(numbers(report)));
    blocks.extend(population(&report.population));
    blocks.push(Block::Heading("Outcomes of people".into()));
    blocks.push(Block::Text(
        "A person's outcome is the strictest over all requested models and actions. The blanket shutdown denies all \
         people each model and action that any rule in force restricts."
            .into(),
    ));
    blocks.extend(policies(report));
    blocks.extend(asked(report));
    blocks.extend(changes(report));
    blocks.extend(proportion(&report.headline));
    blocks.extend(evidence(report));
    blocks.extend(rules(report));
    if !report.countries.is_empty() {
        blocks.push(Block::Heading("By country".into()));
        let share_of = |code: &str| {
            report.countries.iter().find(|place| place.name == code).and_then(|place| share(&place.ruleset))
        };
        let mut codes: Vec<(&&str, &&str)> = names.iter().collect();
        codes.sort();
        let tiles = codes.into_iter().map(|(code, name)| Tile {
            code: (*code).to_owned(),
            name: (*name).to_owned(),
            share: share_of(code),
        });
        blocks.push(Block::Map { title: "Share of people who keep everything".into(), tiles: tiles.collect() });
        let called = |code: &str| names.get(code).map_or_else(|| code.to_owned(), |name| format!("{name} ({code})"));
        blocks.extend(places("Countries", "Country", &report.countries, called));
    }
    if !report.organisations.is_empty() {
        blocks.push(Block::Heading("By organisation".into()));
        blocks.extend(places("Organisations", "Organisation", &report.organisations, str::to_owned));
    }
    blocks.extend(assumptions(&report.assumptions));
    Ok(Document { title: format!("Impact of {} version {}", report.ruleset.id, report.ruleset.version), blocks })
}

fn introduction(report: &ImpactReport) -> String {
    let from = match (&report.population.file, report.population.seed) {
        (Some(file), _) => format!("{} of the table {file}", persons(report.population.people)),
        (None, seed) => format!(
            "{} of a synthetic population (seed {}), drawn as described in docs/impact.md: assumptions, not facts",
            persons(report.population.people),
            seed.unwrap_or_default()
        ),
    };
    let former = report
        .previous
        .as_ref()
        .map_or_else(String::new, |previous| format!(" Compared with {} version {}.", previous.id, previous.version));
    format!("At {}, over {from}.{former}", report.at)
}

fn persons(count: f64) -> String {
    format!("{} {}", number(count), if (count - 1.0).abs() < 1e-9 { "person" } else { "people" })
}

/// The headline numbers; for synthetic people, with the interval due to the assumptions.
fn numbers(report: &ImpactReport) -> Vec<(String, String)> {
    let head = &report.headline;
    let interval = |of: fn(&Headline) -> Option<f64>| {
        let each = report.assumptions.iter().filter_map(|one| one.interval(of));
        let all = each.reduce(|(low, high), (lower, higher)| (low.min(lower), high.max(higher)));
        all.map_or_else(String::new, |(low, high)| format!(" (assumed: {} to {})", percent(low), percent(high)))
    };
    let mut numbers =
        vec![(said(head.keep), format!("keep everything under the ruleset{}", interval(|head| head.keep)))];
    if report.previous.is_some() {
        numbers.push((said(head.keep_previous), "kept everything under the former version".to_owned()));
    }
    numbers.push((said(head.keep_blanket), "would keep everything under a blanket shutdown".to_owned()));
    numbers
        .push((said(about(head)), format!("of the {} targeted people are hit{}", number(head.about), interval(about))));
    numbers
        .push((said(others(head)), format!("of the {} others are also hit{}", number(head.others), interval(others))));
    numbers
}

fn about(head: &Headline) -> Option<f64> {
    part(head.about_hit, head.about)
}

fn others(head: &Headline) -> Option<f64> {
    part(head.others_hit, head.others)
}

/// A share, or a dash if there are no people.
fn said(share: Option<f64>) -> String {
    share.map_or_else(|| NONE.to_owned(), percent)
}

/// The rows that were left out, and the problems of the table.
fn population(population: &Population) -> Vec<Block> {
    if population.counts.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Heading("Missing from these numbers".into())];
    blocks.push(Block::Text(if population.left_out > 0 {
        let (left, rows) = (population.left_out, population.rows);
        let (them, they) = if left == 1 { ("is", "it") } else { ("are", "they") };
        format!("{left} of {} {them} left out, because {they} cannot be read.", many(rows, "row", "rows"))
    } else if population.rows == 0 {
        "The table has no rows, so no people were counted.".into()
    } else {
        "All rows are counted. A value that the table does not state counts as no evidence.".into()
    }));
    let count = |one: &crate::cli::table::Count| {
        vec![one.column.clone().unwrap_or_default(), one.code.to_owned(), one.count.to_string()]
    };
    blocks.push(Block::Table(Table {
        caption: "Findings".into(),
        columns: vec![("Column".into(), Align::Text), ("Code".into(), Align::Text), ("Count".into(), Align::Number)],
        rows: population.counts.iter().map(count).collect(),
        under_chart: false,
    }));
    let told = |one: &crate::cli::table::TableFinding| {
        one.row.map_or_else(|| one.message.clone(), |row| format!("Row {row}: {}", one.message))
    };
    blocks.push(Block::List(population.findings.iter().map(told).collect()));
    blocks
}

fn columns(first: &str) -> Vec<(String, Align)> {
    let people = [(first.to_owned(), Align::Text), ("People".to_owned(), Align::Number)];
    people.into_iter().chain(PARTS.map(|part| (capital(part.name), Align::Number))).collect()
}

/// The comparisons of a line: the name of each column, and its outcomes.
type Others<'a> = Vec<(&'static str, &'a OutcomeCounts)>;

const FORMER: &str = "Keeps, former version";
const CURRENT: &str = "Keeps, this version";
const BLANKET: &str = "Keeps, blanket shutdown";

fn others_of<'a>(previous: Option<&'a OutcomeCounts>, blanket: &'a OutcomeCounts) -> Others<'a> {
    previous.map(|one| (FORMER, one)).into_iter().chain([(BLANKET, blanket)]).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn values(outcomes: &OutcomeCounts) -> Vec<f64> {
    vec![outcomes.allow, outcomes.degrade, outcomes.step_up, outcomes.review, outcomes.deny]
}

/// A line of a table: its label, its outcomes, and the outcomes that it is compared with.
struct Line<'a> {
    label: String,
    outcomes: &'a OutcomeCounts,
    others: Others<'a>,
}

impl Line<'_> {
    fn cells(&self) -> Vec<String> {
        let numbers = std::iter::once(self.outcomes.people).chain(values(self.outcomes));
        let others = self.others.iter().map(|(_, other)| other.allow);
        std::iter::once(self.label.clone()).chain(numbers.chain(others).map(number)).collect()
    }
}

fn table(caption: &str, first: &str, lines: &[Line<'_>], under_chart: bool) -> Block {
    let others = lines.first().into_iter().flat_map(|line| &line.others);
    let others = others.map(|(name, _)| ((*name).to_owned(), Align::Number));
    Block::Table(Table {
        caption: caption.to_owned(),
        columns: columns(first).into_iter().chain(others).collect(),
        rows: lines.iter().map(Line::cells).collect(),
        under_chart,
    })
}

/// Bars, and the table with the same numbers.
fn bars(title: &str, first: &str, lines: &[Line<'_>]) -> Vec<Block> {
    let drawn = lines.iter().take(BARS).map(|line| (line.label.clone(), values(line.outcomes)));
    // Say so if not all bars are drawn.
    let drawn: Vec<(String, Vec<f64>)> = drawn.collect();
    let some = if drawn.len() < lines.len() { format!(": the first {BARS} of {}", lines.len()) } else { String::new() };
    let bars = Block::Bars { title: format!("{title}{some}"), parts: PARTS.to_vec(), bars: drawn };
    vec![bars, table(title, first, lines, some.is_empty())]
}

fn policies(report: &ImpactReport) -> Vec<Block> {
    let line = |label: &str, outcomes| Line { label: label.to_owned(), outcomes, others: Vec::new() };
    let mut all = vec![line("This ruleset", &report.ruleset_outcomes)];
    all.extend(report.previous_outcomes.as_ref().map(|one| line("Its former version", one)));
    all.push(line("A blanket shutdown", &report.blanket_outcomes));
    bars("The ruleset in comparison", "Policy", &all)
}

fn asked(report: &ImpactReport) -> Vec<Block> {
    let lines: Vec<Line<'_>> = report.asked.iter().map(asked_line).collect();
    bars("Models and actions under this ruleset", "Model and action", &lines)
}

fn asked_line(one: &ModelAction) -> Line<'_> {
    let closed = if one.restricted { "" } else { " (no rule restricts it)" };
    let label = format!("{} {}{closed}", one.model, one.action);
    Line { label, outcomes: &one.ruleset, others: others_of(one.previous.as_ref(), &one.blanket) }
}

fn changes(report: &ImpactReport) -> Vec<Block> {
    let Some(previous) = &report.previous else { return Vec::new() };
    let heading = Block::Heading(format!("Changes from version {}", previous.version));
    if report.changes.is_empty() {
        let nobody = report.population.people <= 0.0;
        let said = if nobody { "No people were counted." } else { "Nothing changes for the people who were counted." };
        return vec![heading, Block::Text(said.into())];
    }
    let word = |outcome: brightline::Outcome| {
        let part = PARTS.iter().find(|part| part.class == outcome.as_str());
        part.map_or("", |part| part.name).to_owned()
    };
    let rows = report.changes.iter().map(|one| vec![word(one.from), word(one.to), number(one.people)]);
    let names = [("From", Align::Text), ("To", Align::Text), ("People", Align::Number)];
    let columns = names.map(|(name, align)| (name.to_owned(), align)).to_vec();
    vec![
        heading,
        Block::Table(Table {
            caption: "People for whom the outcome changes".into(),
            columns,
            rows: rows.collect(),
            under_chart: false,
        }),
    ]
}

fn proportion(head: &Headline) -> Vec<Block> {
    let row = |label: &str, all: f64, hit: f64| vec![label.to_owned(), number(all), number(hit), number(all - hit)];
    let names = [("People", Align::Text), ("All", Align::Number), ("Hit", Align::Number), ("Not hit", Align::Number)];
    vec![
        Block::Heading("Proportion".into()),
        Block::Text(
            "Targeted people would be restricted even if every value of their row were proven. People are hit if \
             they do not keep everything. Others are hit only because they cannot prove their values."
                .into(),
        ),
        Block::Table(Table {
            caption: "Targeted people, and people who are hit".into(),
            columns: names.map(|(name, align)| (name.to_owned(), align)).to_vec(),
            rows: vec![
                row("Targeted", head.about, head.about_hit),
                row("Others", head.others, head.others_hit),
                row("Not stated in the table", head.untold, head.untold_hit),
            ],
            under_chart: false,
        }),
    ]
}

fn evidence(report: &ImpactReport) -> Vec<Block> {
    if report.evidence.is_empty() {
        return Vec::new();
    }
    let rows = report.evidence.iter().map(|one| {
        let age = one.max_age_seconds.map_or_else(String::new, |seconds| format!("{} days", seconds / 86_400));
        vec![one.attribute.clone(), one.assurance.to_string(), age, one.problem.to_owned(), number(one.people)]
    });
    let names = [
        ("Attribute", Align::Text),
        ("Least assurance", Align::Number),
        ("Greatest age", Align::Number),
        ("Because", Align::Text),
        ("People", Align::Number),
    ];
    vec![
        Block::Heading("Evidence that people are asked for".into()),
        Block::Table(Table {
            caption: "Evidence that could change the answer and that discloses the least about a person".into(),
            columns: names.map(|(name, align)| (name.to_owned(), align)).to_vec(),
            rows: rows.collect(),
            under_chart: false,
        }),
    ]
}

fn rules(report: &ImpactReport) -> Vec<Block> {
    if report.rules.is_empty() && report.previous_rules.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Heading("By rule".into())];
    let lines: Vec<Line<'_>> = report.rules.iter().map(rule_line).collect();
    if !lines.is_empty() {
        blocks.extend(bars("Where a rule governs", "Rule", &lines));
    }
    let former: Vec<Line<'_>> = report.previous_rules.iter().map(former_line).collect();
    if !former.is_empty() {
        blocks.push(table("Where a rule of the former version governed", "Rule", &former, false));
    }
    blocks
}

fn rule_line(rule: &RuleImpact) -> Line<'_> {
    Line {
        label: rule_label(&rule.rule, rule.title.as_deref(), rule.citation.as_deref()),
        outcomes: &rule.outcomes,
        others: others_of(rule.previous.as_ref(), &rule.blanket),
    }
}

fn former_line(rule: &FormerRule) -> Line<'_> {
    Line {
        label: rule_label(&rule.rule, rule.title.as_deref(), rule.citation.as_deref()),
        outcomes: &rule.outcomes,
        others: vec![(CURRENT, &rule.ruleset), (BLANKET, &rule.blanket)],
    }
}

fn rule_label(rule: &str, title: Option<&str>, citation: Option<&str>) -> String {
    let title = title.map_or_else(String::new, |title| format!(": {title}"));
    let citation = citation.map_or_else(String::new, |citation| format!(" ({citation})"));
    format!("{rule}{title}{citation}")
}

/// Bars of the countries or organisations with the most restricted people, and a table of all.
fn places(title: &str, first: &str, all: &[PlaceImpact], called: impl Fn(&str) -> String) -> Vec<Block> {
    let label = |place: &PlaceImpact| if place.name.is_empty() { "not stated".to_owned() } else { called(&place.name) };
    let lines: Vec<Line<'_>> = all
        .iter()
        .map(|place| Line {
            label: label(place),
            outcomes: &place.ruleset,
            others: others_of(place.previous.as_ref(), &place.blanket),
        })
        .collect();
    let mut most: Vec<&Line<'_>> = lines.iter().filter(|line| hit(line.outcomes) > 0.0).collect();
    most.sort_by(|a, b| hit(b.outcomes).total_cmp(&hit(a.outcomes)));
    let drawn: Vec<(String, Vec<f64>)> =
        most.into_iter().take(BARS).map(|line| (line.label.clone(), values(line.outcomes))).collect();
    let mut blocks = Vec::new();
    if !drawn.is_empty() {
        let title = format!("{title} where most people are hit");
        blocks.push(Block::Bars { title, parts: PARTS.to_vec(), bars: drawn });
    }
    blocks.push(table(title, first, &lines, false));
    blocks
}

fn assumptions(all: &[Assumption]) -> Vec<Block> {
    if all.is_empty() {
        return Vec::new();
    }
    let text = |interval: Option<(f64, f64)>| {
        interval.map_or_else(|| NONE.to_owned(), |(low, high)| format!("{} to {}", percent(low), percent(high)))
    };
    let value = |value: f64| if value >= 1000.0 { number(value) } else { format!("{value}") };
    let rows = all.iter().map(|one| {
        let values: Vec<String> = one.values.iter().map(|swept| value(swept.value)).collect();
        vec![
            format!("{}: {}", one.key, one.what),
            values.join(", "),
            text(one.interval(|head| head.keep)),
            text(one.interval(about)),
            text(one.interval(others)),
            one.source.clone(),
        ]
    });
    let names = [
        ("Assumption", Align::Text),
        ("Low, middle, high", Align::Number),
        ("Keep", Align::Number),
        ("Hit of the targeted", Align::Number),
        ("Hit of others", Align::Number),
        ("Source", Align::Text),
    ];
    vec![
        Block::Heading("Assumptions".into()),
        Block::Text(
            "These values are not known exactly. Each was tried low, middle and high with the others in the middle. \
             The intervals show only how the numbers change with the assumptions."
                .into(),
        ),
        Block::Table(Table {
            caption: "Assumptions, one at a time".into(),
            columns: names.map(|(name, align)| (name.to_owned(), align)).to_vec(),
            rows: rows.collect(),
            under_chart: false,
        }),
    ]
}
