//! Exit codes and failures. Each code has one meaning, so that scripts can tell them apart.

use crate::cli::io::finding::FileFindings;
use brightline::{BundleError, KeyError, OpenError, RotationError, TrustRoot, broken_signature};
use std::fmt::Display;
use std::process::{ExitCode, Termination};

/// The exit codes, as `--help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; for `decide`: allow.
    Done,
    /// A file cannot be read or written, or something else went wrong.
    Failure,
    /// The arguments are wrong.
    Usage,
    /// A ruleset, a file of cases or a table of people has findings.
    Findings,
    /// A bundle, a trust root or a key does not open.
    NotOpened,
    /// The decision is not allow.
    NotAllowed,
    /// A case's decision is not the expected one, or two rulesets differ.
    Differs,
    /// A guarantee does not hold.
    Broken,
    /// A guarantee could not be settled within the budget.
    Unsettled,
}

impl Exit {
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::NotOpened => 4,
            Self::NotAllowed => 5,
            Self::Differs => 6,
            Self::Broken => 7,
            Self::Unsettled => 8,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.number())
    }
}

/// The reason for which a command stops.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// A stable code, if the library gave one.
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    /// The findings that are the cause, if a file has any.
    pub(crate) found: Option<Box<FileFindings>>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, code: None, message: message.into(), found: None }
    }

    /// A typed name that does not exist. The message suggests the nearest name, or lists the names if they are few.
    pub(crate) fn unknown(sentence: String, name: &str, known: &[&str]) -> Self {
        const FEW: usize = 8;
        let help = match (brightline::nearest(name, known.iter().copied()), known) {
            (Some(near), _) => format!("; did you mean `{near}`?"),
            (None, [_, ..]) if known.len() <= FEW => {
                format!("; there is {}", known.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", "))
            }
            _ => String::new(),
        };
        Self::new(Exit::Usage, sentence + &help)
    }

    /// A file that has findings and must have none.
    pub(crate) fn found(report: FileFindings) -> Self {
        let count = report.findings.len();
        let findings = if count == 1 { "finding" } else { "findings" };
        let message = format!("`{}` has {count} {findings}", report.file);
        Self { found: Some(Box::new(report)), ..Self::new(Exit::Findings, message) }
    }

    /// A failure of input or output, or any other without a code of its own.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::new(Exit::Failure, message)
    }

    /// Prepends the file that the failure is about.
    pub(crate) fn of(mut self, file: impl Display) -> Self {
        self.message = format!("`{file}`: {}", self.message);
        self
    }

    /// Names the signer whose signature does not verify.
    pub(crate) fn by(mut self, signed: &[u8], root: &TrustRoot) -> Self {
        let is_broken = matches!(self.code, Some("bundle.signature" | "trust_root.signature"));
        if let Some(kid) = broken_signature(signed, root).filter(|_| is_broken) {
            self.message.push_str(&format!("; it is the signature of `{kid}`"));
        }
        self
    }

    /// A malformed key file.
    pub(crate) fn key(message: impl Into<String>) -> Self {
        Self { code: Some("key.malformed"), ..Self::new(Exit::NotOpened, message) }
    }
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        Self { code: Some(error.code()), ..Self::new(Exit::NotOpened, error.to_string()) }
    }
}

impl From<RotationError> for Failure {
    fn from(error: RotationError) -> Self {
        Self { code: Some(error.code()), ..Self::new(Exit::NotOpened, error.to_string()) }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self { code: Some(error.code()), ..Self::new(Exit::NotOpened, error.to_string()) }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self { code: Some(error.code()), ..Self::new(Exit::NotOpened, error.to_string()) }
    }
}
