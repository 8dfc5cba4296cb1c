//! `brightline check`: reports every error in rulesets, and warnings about rules that an author should review.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::finding::FileFindings;
use crate::cli::io::output::{self, Output};
use crate::cli::io::progress::{Progress, Size};
use crate::cli::io::ruleset::{RulesetOptions, SourceFile};
use crate::cli::io::streams;
use crate::cli::io::terminal::{self, dim, good};
use brightline::{Budget, Diagnostic, Lint, Watch, lint};
use clap::Args;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Check rulesets and show every finding with its position
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Check {
    /// Rulesets in YAML or JSON
    #[arg(required = true)]
    rulesets: Vec<PathBuf>,
    #[command(flatten)]
    source: RulesetOptions,
    /// Accept a reviewed warning, everywhere or for one rule, group or issuer
    #[arg(long, value_name = "CODE[@ID]")]
    allow: Vec<AcceptedWarning>,
}

const AFTER_HELP: &str = "\
Errors are about the form of a ruleset. Warnings are about its meaning: rules that can never apply or that change \
nothing, exceptions that can lift nothing, windows that exclude each other, old groups, citations that cannot be \
looked up, claims that are read and not needed, and possible discrimination, with the law in question. docs/codes.md \
lists the codes.";

/// A warning that the author has reviewed and accepts.
#[derive(Clone)]
struct AcceptedWarning {
    code: String,
    id: Option<String>,
}

impl FromStr for AcceptedWarning {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (code, id) = text.split_once('@').map_or((text, None), |(code, id)| (code, Some(id.to_owned())));
        match code.starts_with("check.") {
            true => Ok(Self { code: code.to_owned(), id }),
            false => Err("only warnings, whose codes begin with `check.`, can be accepted".to_owned()),
        }
    }
}

impl AcceptedWarning {
    fn is(&self, lint: &Lint) -> bool {
        self.code == lint.code && self.id.as_ref().is_none_or(|id| *id == lint.place.id)
    }
}

impl Check {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let (mut reports, mut failed) = (Vec::new(), None);
        for path in &self.rulesets {
            match self.check(path, output) {
                Ok(report) => {
                    if output == Output::Text {
                        streams::show(&report.to_text())?;
                    }
                    reports.extend((!report.findings.is_empty()).then_some(report));
                }
                // Go on with the other files.
                Err(failure) => {
                    output::failure(&failure, output);
                    failed = Some(failure.exit);
                }
            }
        }
        if output == Output::Json {
            streams::print(&output::json(&reports)?)?;
        }
        Ok(failed.unwrap_or(if reports.is_empty() { Exit::Done } else { Exit::Findings }))
    }

    fn check(&self, path: &Path, output: Output) -> Result<FileFindings, Failure> {
        let (ruleset, document) = match self.source.load_to_check(path)? {
            Ok(loaded) => loaded,
            Err(report) => return Ok(report),
        };
        let apart: Vec<String> = ruleset.issuers_without_keys().map(terminal::visible).collect();
        if !apart.is_empty() && output == Output::Text {
            let note =
                format!("the keys of {} are supplied separately; give them to `sign` with `--jwks`", apart.join(", "));
            streams::show_error(&format!("{} {note}\n", dim(&format!("`{}`:", path.display()))));
        }
        let progress = Progress::new("checking", Size::Parts(None));
        let watch = Watch(&|done, of| progress.part(done, of));
        let lints = lint(&ruleset, &document.root, Budget { watch, ..Budget::default() });
        drop(progress);
        let lints = lints.into_iter().filter(|lint| !self.allow.iter().any(|accepted| accepted.is(lint)));
        let findings: Vec<Diagnostic> = lints.filter_map(|lint| diagnostic(lint, &document)).collect();
        if findings.is_empty() && output == Output::Text {
            let (id, clean) = (terminal::visible(ruleset.id()), good("has no findings"));
            let file = terminal::visible(&path.display().to_string());
            streams::show(&format!("`{file}`: `{id}` version {} {clean}\n", ruleset.version()))?;
        }
        Ok(FileFindings { file: path.display().to_string(), text: document.text, findings, warnings: true })
    }
}

/// A warning with its position. `None` if the document has no node at the lint's path.
fn diagnostic(lint: Lint, document: &SourceFile) -> Option<Diagnostic> {
    let at = lint.place.find(&document.root)?;
    Some(Diagnostic { code: lint.code, at, message: lint.message, help: Some(lint.help) })
}
