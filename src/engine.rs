//! The whole way of a request in one place: open once, then check or identify many times.

use crate::attribute::Vocabulary;
use crate::bundle::{self, BundleError, TrustRoot};
use crate::decide::{self, Context, ContextError, Request};
use crate::decision::Decision;
use crate::limits;
use crate::program::{self, Program};
use crate::ruleset::{self, Ruleset};
use crate::subject::{self, Subject};
use crate::time::Instant;
use crate::token::{self, Claims, Possession, Standing, TokenError};
use std::fmt;
use std::rc::Rc;

/// One or several opened rulesets, ready to decide.
#[derive(Clone, Debug)]
pub struct Engine {
    parts: Vec<Part>,
    standing: Standing,
}

#[derive(Clone, Debug)]
struct Part {
    program: Rc<Program>,
    sha256: [u8; 32],
}

/// A request for [`Engine::check`].
#[derive(Clone, Copy, Debug)]
pub struct CheckInput<'a> {
    /// The tokens of one presentation; none: nobody has signed in.
    pub tokens: &'a [&'a str],
    /// What shows that they are the sender's.
    pub possession: Possession<'a>,
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
    Image,
    /// The ruleset inside is not the one that the payload says.
    Mismatch,
}

impl OpenError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bundle(error) => error.code(),
            Self::Image => "bundle.ruleset",
            Self::Mismatch => "bundle.mismatch",
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundle(error) => error.fmt(f),
            Self::Image => f.write_str(
                "the signed ruleset cannot be read by this version: sign it with the program of this version",
            ),
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
        let ruleset = ruleset::read_image(&payload.ruleset).ok_or(OpenError::Image)?;
        let same = ruleset.id() == payload.ruleset_id
            && ruleset.version() == payload.version
            && ruleset.issued() == payload.issued
            && ruleset.expires() == payload.expires;
        if !same {
            return Err(OpenError::Mismatch);
        }
        let part = Part { program: Rc::new(program::compile(ruleset)), sha256: payload.sha256 };
        Ok(Self { parts: vec![part], standing: Standing::default() })
    }

    /// These rulesets and those of the other: each judges, the strictest governs. The order changes nothing.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut parts = self.parts.clone();
        for part in &other.parts {
            // The same bytes twice say nothing more.
            if !parts.iter().any(|known| known.sha256 == part.sha256) {
                parts.push(part.clone());
            }
        }
        Self { parts, standing: self.standing.clone() }
    }

    /// The rulesets that were opened, each with the SHA-256 of its signed payload.
    pub fn rulesets(&self) -> impl Iterator<Item = (&Ruleset, &[u8; 32])> {
        self.parts.iter().map(|part| (part.program.ruleset(), &part.sha256))
    }

    /// Verifies the tokens and decides.
    ///
    /// # Errors
    /// A context that is not what the host should send. Whatever a token or a request holds gives a decision.
    pub fn check(&self, input: &CheckInput<'_>) -> Result<Decision, ContextError> {
        self.identify(input.tokens, &input.possession, input.now).check(
            input.model,
            input.action,
            input.context_json,
            input.now,
        )
    }

    /// Verifies tokens once, to check them many times. All must verify and name the same subject; each is read by the
    /// rulesets that trust its issuer.
    pub fn identify(&self, tokens: &[&str], possession: &Possession<'_>, now: Instant) -> Identity {
        let refused = |error: TokenError| {
            let parts = self.parts.iter().map(|part| (Rc::clone(&part.program), Subject::anonymous())).collect();
            Identity { parts, refusal: Some(error) }
        };
        if tokens.len() > limits::TOKENS {
            return refused(TokenError::TooMany);
        }
        let mut claims: Vec<Vec<Claims>> = self.parts.iter().map(|_| Vec::new()).collect();
        let mut refusal: Option<TokenError> = None;
        // Of several reasons, the first by code: neither the order of tokens nor that of rulesets changes it.
        let first = |a: TokenError, b: TokenError| if a.code() <= b.code() { a } else { b };
        for token in tokens {
            let (mut trusted, mut error) = (false, None);
            for (part, accepted) in self.parts.iter().zip(&mut claims) {
                match token::verify(token, part.program.issuers(), &self.standing, possession, now) {
                    Ok(one) => {
                        trusted = true;
                        accepted.push(one);
                    }
                    // Another ruleset may trust the issuer.
                    Err(TokenError::Issuer) => {}
                    Err(other) => error = Some(error.map_or(other, |known| first(known, other))),
                }
            }
            let error = error.or((!trusted).then_some(TokenError::Issuer));
            refusal = match (refusal, error) {
                (Some(a), Some(b)) => Some(first(a, b)),
                (a, b) => a.or(b),
            };
        }
        if let Some(error) = refusal {
            return refused(error);
        }
        let mut subjects = claims.iter().flatten().map(Claims::subject);
        let first = subjects.next();
        if subjects.any(|other| Some(other) != first) {
            return refused(TokenError::Subjects);
        }
        let parts = self.parts.iter().zip(claims);
        let parts =
            parts.map(|(part, claims)| (Rc::clone(&part.program), subject::identify(part.program.ruleset(), &claims)));
        Identity { parts: parts.collect(), refusal: None }
    }
}

/// What came of a presentation: a subject for each ruleset, or why it was refused.
#[derive(Clone, Debug)]
pub struct Identity {
    parts: Vec<(Rc<Program>, Subject)>,
    refusal: Option<TokenError>,
}

impl Identity {
    /// Why the tokens were refused, if they were.
    pub fn refusal(&self) -> Option<&TokenError> {
        self.refusal.as_ref()
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
        let read = |program: &Program| {
            let all: Vec<&Vocabulary> = self.parts.iter().map(|(other, _)| &other.ruleset().vocabulary).collect();
            let parse = |text| Context::parse(&program.ruleset().vocabulary, &all, text);
            context_json.map_or_else(|| Ok(Context::default()), parse)
        };
        if let [(program, subject)] = self.parts.as_slice() {
            let context = read(program)?;
            return Ok(self.answer(program, subject, Request { model, action, context: &context }, now));
        }
        let mut answers: Vec<Box<decide::Answer<'_>>> = Vec::new();
        for (program, subject) in &self.parts {
            let context = read(program)?;
            answers.push(Box::new(move |model, action| {
                self.answer(program, subject, Request { model, action, context: &context }, now)
            }));
        }
        // INVARIANT: an engine has at least one ruleset.
        decide::strictest(&answers, model, action).ok_or(ContextError::NotAnObject)
    }

    fn answer(&self, program: &Program, subject: &Subject, request: Request<'_>, now: Instant) -> Decision {
        let lapsed = || token::lapsed(subject.accepted(), now);
        match self.refusal.or_else(lapsed) {
            Some(error) => {
                let said = (error.code(), error.to_string());
                decide::refuse_token(program, request, now, said, error.accepted_from())
            }
            None => decide::decide(program, subject, request, now),
        }
    }
}
