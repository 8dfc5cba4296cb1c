//! `brightline diff`: the requests whose outcome differs between two versions of a ruleset.

use crate::cli::cases::explain::{self, CaseId, explained};
use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
use crate::cli::io::progress::{Progress, Size};
use crate::cli::io::ruleset::RulesetOptions;
use crate::cli::io::terminal::{self, dim, good, open};
use brightline::{Budget, Difference, OutcomeChange, Reply, Watch, compile, diff};
use clap::Args;
use std::path::PathBuf;

/// Show which people, models and times change outcome between two versions of a ruleset, exactly and completely
#[derive(Args)]
pub(crate) struct Diff {
    /// Old version, in YAML or JSON
    old: PathBuf,
    /// New version
    new: PathBuf,
    #[command(flatten)]
    source: RulesetOptions,
    /// Show how both versions decide one case of a file, instead of the table
    #[arg(long, value_name = "CASES#ID")]
    explain: Option<CaseId>,
    /// Maximum number of decision-diagram nodes, in thousands; a node takes about 17 bytes
    #[arg(long, value_name = "THOUSANDS", default_value_t = 16_000)]
    budget: usize,
}

impl Diff {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        if let Some(case) = &self.explain {
            return self.explain(case, output);
        }
        let old = compile(self.source.load_rules(&self.old)?);
        let new = compile(self.source.load_rules(&self.new)?);
        let nodes = self.budget.saturating_mul(1_000);
        let progress = Progress::new("comparing", Size::Parts(None));
        let watch = Watch(&|done, of| progress.part(done, of));
        let found = diff(&old, &new, Budget { nodes, watch, ..Budget::default() });
        drop(progress);
        output.say(|| text(&found), &found)?;
        let names = found.beside.is_empty() && found.gone.is_empty() && found.added.is_empty();
        let differs = !(names && found.changes.is_empty());
        Ok(match (found.unsettled.is_empty(), differs) {
            (false, _) => Exit::Unsettled,
            (true, true) => Exit::Differs,
            (true, false) => Exit::Done,
        })
    }

    fn explain(&self, case: &CaseId, output: Output) -> Result<Exit, Failure> {
        let (presented, old) = case.decide_under(Some(&self.old))?;
        let (_, new) = case.decide_under(Some(&self.new))?;
        let same = old.outcome == new.outcome && old.fallback == new.fallback;
        let part = |name: &str, decision| format!("{}\n{}", dim(name), explained(decision));
        let presented = explain::presented(&presented);
        let text = || [part("old version", &old), part("new version", &new), presented].join("\n");
        output.say(text, &serde_json::json!({ "old": old, "new": new }))?;
        Ok(if same { Exit::Done } else { Exit::Differs })
    }
}

fn text(found: &Difference) -> String {
    let mut text: String = found.beside.iter().map(|line| terminal::visible(line) + "\n").collect();
    for (names, what) in [(&found.gone, "no longer known, so refused"), (&found.added, "new; refused before")] {
        for name in names {
            text.push_str(&format!("{}: {what}\n", terminal::visible(name)));
        }
    }
    for (number, change) in found.changes.iter().enumerate() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&row(number.saturating_add(1), change));
    }
    for (model, action) in &found.unsettled {
        let name = terminal::visible(&[model.as_str(), " ", action].concat());
        text.push_str(&format!("{name}: {}; a larger `--budget` may suffice\n", open("too complex to settle")));
    }
    if found.changes.is_empty() && found.unsettled.is_empty() {
        text.push_str(&format!("{}\n", good("no request has a different outcome")));
    }
    text
}

fn row(number: usize, change: &OutcomeChange) -> String {
    let first = format!("{number}. {} -> {}\n", told(&change.old), told(&change.new));
    let mut lines = vec![format!("   who    {}", change.who.first().map_or("everyone", String::as_str))];
    lines.extend(change.who.iter().skip(1).map(|who| format!("          {who}")));
    if change.more {
        lines.push("          and more, too many to list".to_owned());
    }
    lines.push(format!("   what   {}", requests(&change.requests)));
    lines.push(format!("   when   {} to {}", change.from, change.until));
    let example = &change.example;
    let mut said: Vec<String> = example.who.clone();
    if example.context != "{}" {
        said.push(format!("context {}", example.context));
    }
    if said.is_empty() {
        said.push("a person about whom there is no evidence".to_owned());
    }
    for (place, line) in said.iter().enumerate() {
        lines.push(format!("   {}{line}", if place == 0 { "such as " } else { "        " }));
    }
    first + &lines.iter().map(|line| terminal::visible(line) + "\n").collect::<String>()
}

fn told(told: &Reply) -> String {
    let instead = told.instead.as_ref().map_or_else(String::new, |served| match (&served.model, &served.action) {
        (Some(model), Some(action)) => format!(" to {model} ({action})"),
        (Some(model), None) => format!(" to {model}"),
        (None, Some(action)) => format!(" to {action}"),
        (None, None) => String::new(),
    });
    let rule = told.rule.as_ref().map_or_else(|| "default".to_owned(), |rule| format!("rule {rule}"));
    let why = terminal::visible(&format!("{instead} [{rule}, {}]", told.reason));
    format!("{}{why}", terminal::outcome(told.outcome))
}

/// The models, each with its actions; models with the same actions are grouped.
fn requests(requests: &[(String, String)]) -> String {
    let mut by_model: Vec<(&str, Vec<&str>)> = Vec::new();
    for (model, action) in requests {
        match by_model.iter_mut().find(|(known, _)| known == model) {
            Some((_, actions)) => actions.push(action),
            None => by_model.push((model, vec![action])),
        }
    }
    let mut groups: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for (model, actions) in by_model {
        match groups.iter_mut().find(|(_, known)| *known == actions) {
            Some((models, _)) => models.push(model),
            None => groups.push((vec![model], actions)),
        }
    }
    let group = |(models, actions): &(Vec<&str>, Vec<&str>)| format!("{} ({})", models.join(", "), actions.join(", "));
    groups.iter().map(group).collect::<Vec<_>>().join("; ")
}
