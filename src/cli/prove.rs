//! `brightline prove`: whether what a ruleset guarantees holds for every possible request.

use super::exit::{Exit, Failure};
use super::files;
use super::report;
use super::ruleset::Source;
use brightline::{Budget, Proven, Verdict, Witness, compile, prove};
use clap::Args;
use std::path::PathBuf;

/// Prove a ruleset's guarantees for every possible request, or show whom one fails
#[derive(Args)]
pub(super) struct Prove {
    /// The ruleset in YAML or JSON
    ruleset: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Only these guarantees, by id
    #[arg(long = "guarantee", value_name = "ID")]
    only: Vec<String>,
    /// Most nodes of the decision diagrams, in thousands; each takes some 40 bytes
    #[arg(long, value_name = "THOUSANDS", default_value_t = 4_000)]
    budget: usize,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

impl Prove {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let ruleset = self.source.load_rules(&self.ruleset)?;
        let program = compile(ruleset);
        let nodes = self.budget.saturating_mul(1_000);
        let proofs = prove(&program, &self.only, Budget { nodes, ..Budget::default() });
        if let Some(unknown) = self.only.iter().find(|id| !proofs.iter().any(|proof| proof.guarantee == **id)) {
            return Err(Failure::new(
                Exit::Usage,
                format!("`{}` has no guarantee `{unknown}`", self.ruleset.display()),
            ));
        }
        if self.json {
            files::print(&report::pretty(&proofs)?)?;
        } else if proofs.is_empty() {
            files::print(&format!("`{}` guarantees nothing\n", self.ruleset.display()))?;
        } else {
            files::print(&proofs.iter().map(text).collect::<String>())?;
        }
        let is = |wanted: fn(&Verdict) -> bool| proofs.iter().any(|proof| wanted(&proof.verdict));
        Ok(if is(|verdict| matches!(verdict, Verdict::Broken(_) | Verdict::ForNobody)) {
            Exit::Broken
        } else if is(|verdict| matches!(verdict, Verdict::TooIntricate { .. })) {
            Exit::Unsettled
        } else {
            Exit::Done
        })
    }
}

fn text(proof: &Proven) -> String {
    let name = report::visible(&proof.guarantee);
    match &proof.verdict {
        Verdict::Holds => format!("holds    {name}\n"),
        Verdict::ForNobody => format!("empty    {name}: there can be nobody whom it is for\n"),
        Verdict::TooIntricate { why } => {
            format!("open     {name}: too intricate to settle ({why}); a greater `--budget` may do\n")
        }
        Verdict::Broken(witness) => format!("BROKEN   {name}: not for this request\n{}", pictured(witness)),
    }
}

/// Somebody whom one can picture.
pub(super) fn pictured(witness: &Witness) -> String {
    let decision = &witness.decision;
    let mut lines = vec![format!("{} asks for {} ({}) at {}", "somebody", witness.model, witness.action, witness.at)];
    if witness.who.is_empty() {
        lines.push("  of whom nobody says anything".to_owned());
    }
    lines.extend(witness.who.iter().map(|said| format!("  {said}")));
    if witness.context.as_object().is_some_and(|context| !context.is_empty()) {
        lines.push(format!("  context {}", witness.context));
    }
    let by = match &decision.rule {
        Some(rule) => format!("by rule {rule}"),
        None => "by default".to_owned(),
    };
    lines.push(format!("  -> {}, {by}: {}", decision.outcome.as_str(), decision.reason));
    lines.extend(decision.basis.iter().map(|basis| format!("     {}", basis.citation)));
    lines.iter().map(|line| format!("         {}\n", report::visible(line))).collect()
}
