//! The contents of a ruleset as `verify` shows them: counts, and each rule in brief. Read from the canonical form.

use crate::cli::io::failure::Failure;
use brightline::Ruleset;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The contents of a ruleset.
#[derive(Serialize)]
pub(crate) struct Listing {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// True if it can accept made-up people.
    development: bool,
    counts: ListedCounts,
    issuers: Vec<ListedIssuer>,
    rules: Vec<ListedRule>,
}

#[derive(Serialize)]
struct ListedCounts {
    rules: usize,
    licences: usize,
    models: usize,
    issuers: usize,
}

/// The members of the canonical form that are shown.
#[derive(Deserialize)]
struct Canonical {
    title: Option<String>,
    models: Vec<Value>,
    licences: Vec<Value>,
    issuers: Vec<ListedIssuer>,
    rules: Vec<ListedRule>,
}

#[derive(Serialize, Deserialize)]
struct ListedIssuer {
    id: String,
    /// A string, or a list of its spellings.
    iss: Value,
    /// The accepted tenants, if `iss` is a template. `None` if every tenant is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenants: Option<Vec<String>>,
}

impl ListedIssuer {
    fn line(&self) -> String {
        let spellings = match &self.iss {
            Value::Array(spellings) => spellings.iter().filter_map(Value::as_str).collect::<Vec<&str>>().join(", "),
            one => one.as_str().unwrap_or_default().to_owned(),
        };
        let tenants = self.tenants.as_ref().map(|tenants| format!(", of {}", tenants.join(", "))).unwrap_or_default();
        format!("  issuer    {}: {spellings}{tenants}", self.id)
    }
}

#[derive(Serialize, Deserialize)]
struct ListedRule {
    id: String,
    title: String,
    /// A word, or a word with the alternative that is served.
    outcome: Value,
    reason: String,
    basis: ListedBasis,
    /// The rule's window. `None` if it is always in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    effective: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<Value>,
}

#[derive(Serialize, Deserialize)]
struct ListedBasis {
    citation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl Listing {
    pub(crate) fn new(ruleset: &Ruleset) -> Result<Self, Failure> {
        let read: Canonical =
            serde_json::from_str(&ruleset.to_json()).map_err(|error| Failure::other(error.to_string()))?;
        let Canonical { title, models, licences, issuers, rules } = read;
        let counts =
            ListedCounts { rules: rules.len(), licences: licences.len(), models: models.len(), issuers: issuers.len() };
        Ok(Self { title, development: ruleset.is_development(), counts, issuers, rules })
    }

    pub(crate) const fn is_development(&self) -> bool {
        self.development
    }

    pub(crate) fn to_lines(&self) -> Vec<String> {
        let ListedCounts { rules, licences, models, issuers } = &self.counts;
        let count = |count: &usize, one: &str| format!("{count} {one}{}", if *count == 1 { "" } else { "s" });
        let counts =
            [count(rules, "rule"), count(licences, "licence"), count(models, "model"), count(issuers, "issuer")];
        let mut lines: Vec<String> = self.title.iter().map(|title| format!("  title     {title}")).collect();
        lines.push(format!("  contains  {}", counts.join(", ")));
        lines.extend(self.issuers.iter().map(ListedIssuer::line));
        lines.extend(self.rules.iter().flat_map(ListedRule::to_lines));
        lines
    }
}

impl ListedRule {
    fn to_lines(&self) -> [String; 2] {
        let Self { id, outcome, reason, basis, effective, sealed, .. } = self;
        let outcome = match outcome {
            Value::Object(instead) => instead.iter().map(|(word, instead)| format!("{word} {instead}")).collect(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        let sealed = if sealed.is_some() { ", sealed" } else { "" };
        let window = effective.as_ref().map(window).unwrap_or_default();
        [format!("  rule      {id}: {outcome} ({reason}{sealed})"), format!("            {}{window}", basis.citation)]
    }
}

/// A rule's window, in a few words.
fn window(effective: &Value) -> String {
    const WORDS: [(&str, &str); 4] =
        [("notice", "announced"), ("from", "from"), ("until", "until"), ("lifted", "lifted")];
    let words = WORDS.iter().filter_map(|(member, word)| Some(format!("{word} {}", effective.get(member)?.as_str()?)));
    let more = [("suspended", "suspended"), ("not_enforced", "not enforced")];
    let more =
        more.iter().filter(|(member, _)| effective.get(member).is_some()).map(|(_, word)| format!("{word} at times"));
    let parts: Vec<String> = words.chain(more).collect();
    if parts.is_empty() { String::new() } else { format!("; {}", parts.join(", ")) }
}
