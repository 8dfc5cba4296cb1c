//! The whole way of a request in one place: open once, then check or identify many times.

use crate::bundle::{self, BundleError, TrustRoot};
use crate::decide::{self, Context, ContextError, Request};
use crate::decision::Decision;
use crate::program::{self, Program};
use crate::ruleset::{self, Diagnostic, Node, Ruleset};
use crate::subject::{self, Subject};
use crate::time::Instant;
use crate::token::{self, TokenError};
use std::fmt;
use std::rc::Rc;

/// An opened ruleset, ready to decide.
#[derive(Clone, Debug)]
pub struct Engine {
    program: Rc<Program>,
    sha256: [u8; 32],
}

/// A request for [`Engine::check`].
#[derive(Clone, Copy, Debug)]
pub struct CheckInput<'a> {
    /// The compact JWS; none: nobody has signed in.
    pub token: Option<&'a str>,
    /// The model's id.
    pub model: &'a str,
    /// The action.
    pub action: &'a str,
    /// What the host says, as a JSON object such as `{"country":"DE"}`.
    pub context_json: Option<&'a str>,
    /// The current instant.
    pub now: Instant,
}

/// Why a bundle does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The signed form is refused.
    Bundle(BundleError),
    /// The ruleset inside is not one that this engine reads; signed all the same.
    Ruleset(Vec<Diagnostic>),
    /// The ruleset inside is not the one that the payload says.
    Mismatch,
}

impl OpenError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bundle(error) => error.code(),
            Self::Ruleset(_) => "bundle.ruleset",
            Self::Mismatch => "bundle.mismatch",
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(error) => error.fmt(f),
            Self::Ruleset(findings) => {
                f.write_str("the signed ruleset cannot be read by this version: ")?;
                f.write_str(findings.first().map_or("no reason was given", |first| &first.message))
            }
            Self::Mismatch => f.write_str(
                "the signed payload and the ruleset inside it disagree on id, version or window: compile and sign it again",
            ),
        }
    }
}

impl std::error::Error for OpenError {}

impl Engine {
    /// Opens a signed ruleset against the app's trust root.
    ///
    /// # Errors
    /// Whatever keeps it from being trusted, or from being read.
    pub fn open(bundle: &[u8], root: &TrustRoot, now: Instant, minimum_version: u64) -> Result<Self, OpenError> {
        let payload = bundle::open(bundle, root, now, minimum_version).map_err(OpenError::Bundle)?;
        let ruleset = ruleset::read(&Node::from(payload.ruleset)).map_err(OpenError::Ruleset)?;
        let same = ruleset.id() == payload.ruleset_id
            && ruleset.version() == payload.version
            && ruleset.issued() == payload.issued
            && ruleset.expires() == payload.expires;
        if !same {
            return Err(OpenError::Mismatch);
        }
        Ok(Self { program: Rc::new(program::compile(ruleset)), sha256: payload.sha256 })
    }

    /// The ruleset that was opened.
    pub fn ruleset(&self) -> &Ruleset {
        self.program.ruleset()
    }

    /// SHA-256 of the signed payload.
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Verifies the token and decides.
    ///
    /// # Errors
    /// A context that is not what the host should send. Whatever a token or a request holds gives a decision.
    pub fn check(&self, input: &CheckInput<'_>) -> Result<Decision, ContextError> {
        self.identify(input.token, input.now).check(input.model, input.action, input.context_json, input.now)
    }

    /// Verifies a token once, to check it many times.
    pub fn identify(&self, token: Option<&str>, now: Instant) -> Identity {
        let subject = match token {
            None => Ok(Subject::anonymous()),
            Some(token) => token::verify(token, self.program.issuers(), now)
                .map(|claims| subject::identify(self.program.ruleset(), &claims)),
        };
        Identity { program: Rc::clone(&self.program), subject }
    }
}

/// What came of a token: a subject, or why it was refused.
#[derive(Clone, Debug)]
pub struct Identity {
    program: Rc<Program>,
    subject: Result<Subject, TokenError>,
}

impl Identity {
    /// Why the token was refused, if it was.
    pub fn refusal(&self) -> Option<&TokenError> {
        self.subject.as_ref().err()
    }

    /// Decides for this identity. A token that has expired since is refused.
    ///
    /// # Errors
    /// A context that is not what the host should send.
    pub fn check(
        &self,
        model: &str,
        action: &str,
        context_json: Option<&str>,
        now: Instant,
    ) -> Result<Decision, ContextError> {
        let context = context_json.map_or_else(|| Ok(Context::default()), Context::parse)?;
        let request = Request { model, action, context: &context };
        let refused = |error: &TokenError| {
            let said = (error.code(), error.to_string());
            decide::refuse_token(&self.program, request, now, said, error.accepted_from())
        };
        Ok(match &self.subject {
            Err(error) => refused(error),
            Ok(subject) => match token::lapsed(subject.accepted(), now) {
                Some(error) => refused(&error),
                None => decide::decide(&self.program, subject, request, now),
            },
        })
    }
}
