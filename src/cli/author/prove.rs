//! `brightline prove`: proves a ruleset's guarantees for every possible request, or finds counterexamples.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
use crate::cli::io::progress::{Progress, Size};
use crate::cli::io::ruleset::RulesetOptions;
use crate::cli::io::terminal::{self, bad, good, open};
use brightline::{Budget, Program, ProofResult, Proven, Watch, Witness, compile, prove};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;

/// Prove a ruleset's guarantees for every possible request, or show a counterexample
#[derive(Args)]
pub(crate) struct Prove {
    /// Ruleset in YAML or JSON
    ruleset: PathBuf,
    #[command(flatten)]
    source: RulesetOptions,
    /// Prove only this guarantee, by id; repeat it for several
    #[arg(long = "guarantee", value_name = "ID")]
    only: Vec<String>,
    /// Maximum number of decision-diagram nodes, in thousands; a node takes about 17 bytes
    #[arg(long, value_name = "THOUSANDS", default_value_t = 16_000)]
    budget: usize,
}

impl Prove {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let ruleset = self.source.load_rules(&self.ruleset)?;
        let program = compile(ruleset);
        let nodes = self.budget.saturating_mul(1_000);
        let proofs = proofs(&program, &self.only, Budget { nodes, ..Budget::default() });
        if let Some(unknown) = self.only.iter().find(|id| !proofs.iter().any(|proof| proof.guarantee == **id)) {
            let known: Vec<String> = program.ruleset().guarantees_outline().map(|one| one.id).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let sentence = format!("`{}` has no guarantee `{unknown}`", self.ruleset.display());
            return Err(Failure::unknown(sentence, unknown, &known));
        }
        let nothing = || format!("`{}` guarantees nothing\n", terminal::visible(&self.ruleset.display().to_string()));
        output.say(|| if proofs.is_empty() { nothing() } else { proofs.iter().map(text).collect() }, &proofs)?;
        let is = |wanted: fn(&ProofResult) -> bool| proofs.iter().any(|proof| wanted(&proof.verdict));
        Ok(if is(|verdict| matches!(verdict, ProofResult::Broken(_) | ProofResult::Empty)) {
            Exit::Broken
        } else if is(|verdict| matches!(verdict, ProofResult::TooIntricate { .. })) {
            Exit::Unsettled
        } else {
            Exit::Done
        })
    }
}

/// Proves the guarantees and shows progress.
pub(crate) fn proofs(program: &Program, only: &[String], budget: Budget<'_>) -> Vec<Proven> {
    let progress = Progress::new("proving", Size::Parts(None));
    let watch = Watch(&|done, of| progress.part(done, of));
    prove(program, only, Budget { watch, ..budget })
}

fn text(proof: &Proven) -> String {
    let name = terminal::visible(&proof.guarantee);
    match &proof.verdict {
        ProofResult::Holds => format!("{}    {name}\n", good("holds")),
        ProofResult::Empty => format!(
            "{}    {name}: no possible request satisfies `for` while it and the ruleset are valid\n",
            open("empty")
        ),
        ProofResult::TooIntricate { why } => {
            // Only the diagrams have a budget that the user can raise.
            let more = if *why == "diagrams" { "; a larger `--budget` may suffice" } else { "" };
            format!("{}     {name}: too complex to settle ({why}){more}\n", open("open"))
        }
        ProofResult::Broken(witness) => {
            format!("{}   {name}: does not hold for this request\n{}", bad("BROKEN"), pictured(witness))
        }
    }
}

/// A counterexample, described as a person.
pub(crate) fn pictured(witness: &Witness) -> String {
    let decision = &witness.decision;
    let mut lines = vec![format!("a person asks for {} ({}) at {}", witness.model, witness.action, witness.at)];
    if witness.who.is_empty() {
        lines.push("  about whom there is no evidence".to_owned());
    }
    lines.extend(witness.who.iter().map(|said| format!("  {said}")));
    let stated_by_app = witness.context.as_object().into_iter().flatten();
    lines.extend(stated_by_app.map(|(name, value)| format!("  {}", stated(name, value))));
    let by = match &decision.rule {
        Some(rule) => format!("by rule {rule}"),
        None => "by default".to_owned(),
    };
    let mut lines: Vec<String> = lines.iter().map(|line| terminal::visible(line)).collect();
    let why = terminal::visible(&format!("{by}: {}", decision.reason));
    lines.push(format!("  -> {}, {why}", terminal::outcome(decision.outcome)));
    lines.extend(decision.basis.iter().map(|basis| format!("     {}", terminal::visible(&basis.citation))));
    lines.iter().map(|line| format!("         {line}\n")).collect()
}

/// A fact that the app states, in a line.
fn stated(name: &str, value: &Value) -> String {
    let texts = |field: &str| -> Vec<&str> {
        let items = value.as_array().into_iter().flatten();
        items.filter_map(|item| item.get(field)).filter_map(Value::as_str).collect()
    };
    match name {
        "places" => {
            let parts = [("from ", texts("country")), ("from the region ", texts("region"))];
            let parts = parts.iter().filter(|(_, codes)| !codes.is_empty());
            let parts: Vec<String> = parts.map(|(of, codes)| format!("{of}{}", codes.join(" and from "))).collect();
            format!("the request comes {}", parts.join(", and "))
        }
        "chain" => match texts("role").as_slice() {
            [] => "the app states that there is no party in the chain".to_owned(),
            roles => format!("parties in the chain: {}", roles.join(", ")),
        },
        _ => format!("the app states that `{name}` is {value}"),
    }
}
