//! A look-back as a document, with the headings of a narrative account (15 CFR 764.5(c)(3)). Facts that only its author
//! can know are left to fill in.

use super::report::Answers;
use super::report::DecidingRule;
use super::report::ListItem;
use super::report::LookBackReport;
use super::report::LookBackRuleset;
use super::report::PartyReport;
use crate::cli::io::terminal::many;
use crate::cli::publish::document::{Align, Block, Document, Table};

/// Maximum number of parties in the document; the JSON has all.
const PARTIES: usize = 1000;
/// The placeholder for the author's text.
const FILL_IN: &str = "[To be filled in by the author.]";

/// Writes a report as a document.
pub(super) fn tell(report: &LookBackReport) -> Document {
    let wrong = &report.served_wrongly;
    let ruleset = format!("{} version {}", report.ruleset.id, report.ruleset.version);
    let mut blocks = vec![Block::Text(format!(
        "Draft of a narrative account, compiled from the log {} under {ruleset}. It is not legal advice: the person \
         responsible for the disclosure checks and completes it.",
        report.log.file
    ))];

    blocks.push(heading("Course of events"));
    blocks.extend(happened(report, &ruleset).into_iter().map(Block::Text));
    blocks.push(Block::List(
        report
            .revoked
            .iter()
            .map(|one| format!("The licence {} counts as revoked from {} on.", one.licence, one.at))
            .collect(),
    ));
    blocks.push(fill("Cause and discovery: "));

    blocks.push(heading("When"));
    blocks.push(Block::Text(match (&wrong.first, &wrong.last) {
        (Some(first), Some(last)) => format!("The first such request was at {first}, the last at {last}."),
        _ => "There is no such request.".into(),
    }));
    blocks.push(Block::Text(format!("The period is from {} until {}, excluding the end.", report.from, report.until)));

    blocks.push(heading("Parties"));
    blocks.extend(parties("Served parties", wrong));
    blocks.push(fill("Names and addresses, which the log does not have: "));

    blocks.push(heading("Items"));
    blocks.push(items("Models and actions", &wrong.items));
    blocks.push(fill("Classification, value and quantity of each: "));

    blocks.push(heading("Rules"));
    blocks.push(rules("Why the requests are not allowed", wrong));

    blocks.push(heading("Number of requests"));
    blocks.push(numbers(report));

    blocks.push(heading("Requests that were refused and are allowed"));
    blocks.push(Block::Text(format!("{}.", requests(report.refused_wrongly.requests))));
    if report.refused_wrongly.requests > 0 {
        blocks.extend(parties("Refused parties", &report.refused_wrongly));
        blocks.push(items("Models and actions", &report.refused_wrongly.items));
        blocks.push(rules("Why the requests are allowed", &report.refused_wrongly));
    }

    blocks.push(heading("Unknown facts"));
    blocks.extend(unknown(report));

    blocks.push(heading("Mitigating factors and corrective action"));
    blocks.push(fill(""));
    blocks.push(heading("Certification"));
    blocks.push(fill("That all representations are true and correct to the best of the person's knowledge and belief (15 CFR 764.5(c)(5)): "));
    Document { title: "Look-back over requests".into(), blocks }
}

fn heading(text: &str) -> Block {
    Block::Heading(text.to_owned())
}

fn fill(what: &str) -> Block {
    Block::Text(format!("{what}{FILL_IN}"))
}

/// States only facts: the source of each outcome, and that there is nothing to report if that is so.
fn happened(report: &LookBackReport, ruleset: &str) -> Vec<String> {
    let (wrong, log) = (&report.served_wrongly, &report.log);
    if log.within == 0 {
        return vec!["No request of the log was decided again, so there is no result.".into()];
    }
    let of = match wrong.requests {
        1 => "1 of the requests was served and is".to_owned(),
        many => format!("{many} of the requests were served and are"),
    };
    let mut said = vec![format!(
        "{} {} decided again. {of} not allowed under {ruleset}, by the rules that were in force at the instant of each.",
        requests(log.within),
        if log.within == 1 { "was" } else { "were" },
    )];
    let known: Vec<&PartyReport> = wrong.parties.iter().filter(|one| !one.id.is_empty()).collect();
    let unnamed: u64 = wrong.parties.iter().filter(|one| one.id.is_empty()).map(|one| one.requests).sum();
    if !known.is_empty() {
        let count = u64::try_from(known.len()).unwrap_or(u64::MAX);
        said.push(format!("They came from {}.", many(count, "party", "parties")));
    }
    if unnamed > 0 {
        said.push(format!("The log does not name the party of {}.", requests(unnamed)));
    }
    let decided = log.within.saturating_sub(log.outcomes_said);
    said.push(match &report.served {
        Some(LookBackRuleset { id, version }) if log.outcomes_said == 0 => {
            format!("The log has no outcomes; those of {id} version {version} are used.")
        }
        Some(LookBackRuleset { id, version }) if decided > 0 => format!(
            "The log has the outcomes of {}; for {}, those of {id} version {version} are used.",
            requests(log.outcomes_said),
            requests(decided)
        ),
        _ => "The original outcomes are those in the log.".to_owned(),
    });
    if let Some(served) = report.served.as_ref().filter(|_| !report.differs.is_empty()) {
        let count = report.differs.iter().map(|one| one.requests).sum();
        let (id, version) = (&served.id, served.version);
        said.push(format!(
            "For {}, the outcome in the log differs from that of {id} version {version}; the log is used.",
            requests(count)
        ));
    }
    said
}

fn requests(count: u64) -> String {
    many(count, "request", "requests")
}

fn table(caption: &str, columns: &[(&str, Align)], rows: Vec<Vec<String>>) -> Block {
    let columns = columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect();
    Block::Table(Table { caption: caption.to_owned(), columns, rows, under_chart: false })
}

fn parties(caption: &str, answers: &Answers) -> Vec<Block> {
    let said = |text: &str| if text.is_empty() { "not stated".to_owned() } else { text.to_owned() };
    let rows = answers.parties.iter().take(PARTIES).map(|one| {
        let (first, last) = (one.first.clone(), one.last.clone());
        vec![said(&one.id), said(&one.organisation), said(&one.country), one.requests.to_string(), first, last]
    });
    let columns = [
        ("Id", Align::Text),
        ("Organisation", Align::Text),
        ("Country", Align::Text),
        ("Requests", Align::Number),
        ("First", Align::Text),
        ("Last", Align::Text),
    ];
    let mut blocks = vec![table(caption, &columns, rows.collect())];
    let more = answers.parties.len().saturating_sub(PARTIES);
    if more > 0 {
        blocks.push(Block::Text(format!(
            "{} in the report as JSON.",
            many(u64::try_from(more).unwrap_or(u64::MAX), "more party is", "more parties are")
        )));
    }
    blocks
}

fn items(caption: &str, items: &[ListItem]) -> Block {
    let said = |text: &str| if text.is_empty() { "others".to_owned() } else { text.to_owned() };
    let rows = items.iter().map(|one| vec![said(&one.model), said(&one.action), one.requests.to_string()]);
    table(caption, &[("Model", Align::Text), ("Action", Align::Text), ("Requests", Align::Number)], rows.collect())
}

fn rules(caption: &str, answers: &Answers) -> Block {
    let row = |one: &DecidingRule| {
        let name = one.rule.clone().unwrap_or_else(|| "no rule: the ruleset's default".to_owned());
        let title = one.title.as_ref().map_or_else(String::new, |title| format!(": {title}"));
        let cited = [one.citation.clone(), one.url.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        vec![
            format!("{name}{title}"),
            cited,
            one.outcome.as_str().to_owned(),
            one.reason.clone(),
            one.requests.to_string(),
        ]
    };
    let columns = [
        ("Rule", Align::Text),
        ("Citation", Align::Text),
        ("Outcome", Align::Text),
        ("Reason", Align::Text),
        ("Requests", Align::Number),
    ];
    table(caption, &columns, answers.rules.iter().map(row).collect())
}

fn numbers(report: &LookBackReport) -> Block {
    let log = &report.log;
    let rows = [
        ("Rows of the log", log.rows),
        ("Left out, because they cannot be read", log.left_out),
        ("Before or after the period", log.outside),
        ("For a model or action that the ruleset does not know", log.unknown),
        ("Decided again", log.within),
        ("Served then, and not allowed", report.served_wrongly.requests),
        ("Refused then, and allowed", report.refused_wrongly.requests),
    ];
    let rows = rows.map(|(what, many)| vec![what.to_owned(), many.to_string()]).to_vec();
    table("Requests", &[("Kind", Align::Text), ("Requests", Align::Number)], rows)
}

fn unknown(report: &LookBackReport) -> Vec<Block> {
    let mut blocks = Vec::new();
    let log = &report.log;
    if log.rows == 0 {
        blocks.push(Block::Text("The log has no rows, so nothing is known about any request.".into()));
    } else if log.left_out == 0 {
        blocks.push(Block::Text("Every row of the log was read.".into()));
    }
    if log.unknown > 0 {
        let (id, version) = (&report.ruleset.id, report.ruleset.version);
        let them = many(log.unknown, "request asks", "requests ask");
        blocks.push(Block::Text(format!(
            "{them} for a model or action that {id} version {version} does not know, so they were not decided again."
        )));
        blocks.push(items("Models and actions that the ruleset does not know", &report.unknown));
    }
    if !log.counts.is_empty() {
        let rows = log
            .counts
            .iter()
            .map(|one| vec![one.column.clone().unwrap_or_default(), one.code.to_owned(), one.count.to_string()]);
        let columns = [("Column", Align::Text), ("Code", Align::Text), ("Count", Align::Number)];
        blocks.push(table("Findings in the log", &columns, rows.collect()));
        let told = log.findings.iter();
        let told =
            told.map(|one| one.row.map_or_else(|| one.message.clone(), |row| format!("Row {row}: {}", one.message)));
        blocks.push(Block::List(told.collect()));
    }
    if !report.differs.is_empty() {
        let rows = report
            .differs
            .iter()
            .map(|one| vec![one.log.as_str().to_owned(), one.served.as_str().to_owned(), one.requests.to_string()]);
        let columns =
            [("In the log", Align::Text), ("By the ruleset that was served", Align::Text), ("Requests", Align::Number)];
        blocks.push(table(
            "Differences between the log and the ruleset that was served; the log is used",
            &columns,
            rows.collect(),
        ));
    }
    blocks
}
