//! `brightline explain`: decides one case of a file and shows every reason for the decision.

use crate::cli::cases::test;
use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
use crate::cli::io::terminal;
use brightline::{Case, CaseEvidence, Decision, EvidenceNeed};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use std::str::FromStr;

/// Decide one case of a file and show every rule, exception and piece of evidence that the decision depends on
#[derive(Args)]
pub(crate) struct Explain {
    /// File of cases and id of the case, as FILE#ID
    case: CaseId,
    /// Ruleset to use instead of those that the case names
    #[arg(long, value_name = "FILE")]
    ruleset: Option<PathBuf>,
}

/// A case, given as FILE#ID.
#[derive(Clone)]
pub(crate) struct CaseId {
    file: PathBuf,
    id: String,
}

impl FromStr for CaseId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('#') {
            Some((file, id)) if !file.is_empty() && !id.is_empty() => {
                Ok(Self { file: PathBuf::from(file), id: id.to_owned() })
            }
            _ => Err("write it as FILE#ID, such as cases.yaml#C-01".to_owned()),
        }
    }
}

impl CaseId {
    /// Decides the case, under `ruleset` instead of the rulesets that the case names, if given.
    pub(crate) fn decide_under(&self, ruleset: Option<&PathBuf>) -> Result<(Case, Decision), Failure> {
        test::decide_one(&self.file, &self.id, ruleset.map(PathBuf::as_path))
    }
}

impl Explain {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let (case, decision) = self.case.decide_under(self.ruleset.as_ref())?;
        output.say(|| explained(&decision) + &presented(&case), &decision)?;
        Ok(if decision.allowed { Exit::Done } else { Exit::NotAllowed })
    }
}

/// A decision and its reasons, for a person.
pub(crate) fn explained(decision: &Decision) -> String {
    let asked = terminal::visible(&format!("for {} ({})", decision.model, decision.action));
    let first = format!("{} {asked}\n", terminal::outcome(decision.outcome));
    let mut lines = vec![format!("  {}", decision.message)];
    let by = decision.rule.as_ref().map_or_else(|| "the default".to_owned(), |rule| format!("rule {rule}"));
    lines.push(format!(
        "  by {by} of {} version {}: {}",
        decision.ruleset.id, decision.ruleset.version, decision.reason
    ));
    lines.extend(decision.basis.iter().map(|basis| format!("  {}", basis.citation)));
    for (what, served) in [("served instead", &decision.fallback), ("meanwhile", &decision.interim)] {
        lines.extend(served.iter().map(|served| format!("  {what}: {} ({})", served.model, served.action)));
    }
    lines.extend(decision.valid_until.map(|until| format!("  valid until {until}")));
    for reason in &decision.reasons {
        let holds = serde_json::to_value(reason.holds).ok().and_then(|holds| holds.as_str().map(str::to_owned));
        let of = reason.of.as_ref().map(|role| format!(", of the {role}")).unwrap_or_default();
        lines.push(format!(
            "rule {}{of}: {} ({}, condition {})",
            reason.rule,
            reason.outcome.as_str(),
            reason.reason,
            holds.unwrap_or_default()
        ));
        for exception in &reason.exceptions {
            let lifted = if exception.lifted { "lifts it" } else { "does not lift it" };
            lines.push(format!("  exception {}: {lifted} ({})", exception.id, exception.reason));
        }
    }
    if !decision.needs.is_empty() {
        lines.push("any of these could change it".to_owned());
        let path = |path: &[EvidenceNeed]| path.iter().map(piece).collect::<Vec<_>>().join(", and ");
        lines.extend(decision.needs.iter().map(|need| format!("  {}", path(&need.evidence))));
    }
    if !decision.alternatives.is_empty() {
        let models: Vec<&str> = decision.alternatives.iter().map(|model| model.model.as_str()).collect();
        lines.push(format!("may be used instead: {}", models.join(", ")));
    }
    for obligation in &decision.obligations {
        lines.push(format!("obligation {}: {}", obligation.id, obligation.title));
    }
    first + &lines.iter().map(|line| terminal::visible(line) + "\n").collect::<String>()
}

/// The presented evidence, one line for each claim of an issuer.
pub(crate) fn presented(case: &Case) -> String {
    if case.evidence.is_empty() {
        return "presented: nothing\n".to_owned();
    }
    let line = |evidence: &CaseEvidence| {
        let value = match test::plain(&evidence.value) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let of = evidence.of.as_ref().map(|of| format!(" of {of}")).unwrap_or_default();
        let mut by = vec![format!("by {}", evidence.issuer)];
        by.extend(evidence.assurance.map(|assurance| assurance.as_str().to_owned()));
        by.extend(evidence.verified_at.map(|at| format!("verified {at}")));
        by.extend(evidence.expires_at.map(|at| format!("until {at}")));
        by.extend(evidence.status.clone());
        terminal::visible(&format!("  {}{of} {value} ({})", evidence.path, by.join(", "))) + "\n"
    };
    case.evidence.iter().map(line).fold("presented\n".to_owned(), |text, line| text + &line)
}

/// One piece of evidence, in a line.
fn piece(need: &EvidenceNeed) -> String {
    let mut text = need.attribute.clone();
    if let Some(of) = &need.of {
        text += &format!(" of the {of}");
    }
    for wanted in need.wanted.iter().filter(|wanted| !wanted.values.is_empty()) {
        let not = if wanted.holds { "" } else { " not" };
        text += &format!("{not} {} {}", wanted.matcher, terminal::visible(&wanted.values.join(", ")));
    }
    if need.assurance > 0 {
        text += &format!(", assurance {} or more", need.assurance);
    }
    if let Some(age) = need.max_age {
        text += &format!(", no older than {age}");
    }
    match need.issuers.as_slice() {
        [] => text += ", which no issuer of this ruleset can give",
        issuers => text += &format!(", by {}", issuers.join(" or ")),
    }
    format!("{text} ({})", need.problem)
}
