//! The whole way of a request in one place: open once, then check or identify many times.

use crate::attribute::Vocabulary;
use crate::bundle::{self, BundleError, Contents, TrustRoot};
use crate::decide::{self, Asked, Context, ContextError, Request};
use crate::decision::Decision;
use crate::issuer::TrustedIssuer;
use crate::presentation::{self, Accepted};
use crate::program::{self, Program};
use crate::ruleset::{self, Ruleset};
use crate::subject::Subject;
use crate::time::Instant;
use crate::token::{self, Credential, Possession, Standing, StandingError, TokenError, Use, Wanted};
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
    /// Anybody can mint tokens that it may accept, and its environment is one that people depend on.
    Development,
}

impl OpenError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bundle(error) => error.code(),
            Self::Image => "bundle.ruleset",
            Self::Mismatch => "bundle.mismatch",
            Self::Development => "bundle.development",
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
            Self::Development => f.write_str(
                "a ruleset for development is not for an audience that means production: leave `development` out of it, and sign it again",
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
        let contents = payload.contents();
        let part = Part { program: Rc::new(program::compile(inspect(contents)?)), sha256: contents.sha256 };
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
        Self { parts, standing: self.standing.merged(&other.standing) }
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
            &self.standing,
            input.now,
        )
    }

    /// What the host keeps up to date.
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Takes the keys of an issuer, fetched at an instant. Returns how many are used.
    ///
    /// # Errors
    /// Why they are not taken; the former ones stay.
    pub fn update_keys(&mut self, iss: &str, jwks: &[u8], fetched: Instant) -> Result<usize, StandingError> {
        let standing = &mut self.standing;
        update(&self.parts, iss, |issuer| standing.put_keys(issuer, jwks, fetched))
    }

    /// Takes a Status List Token of an issuer, fetched just now. Returns where it is and until when it is used.
    ///
    /// # Errors
    /// Why it is not taken; the former one stays.
    pub fn update_status_list(
        &mut self,
        iss: &str,
        token: &str,
        now: Instant,
    ) -> Result<(String, Instant), StandingError> {
        let standing = &mut self.standing;
        update(&self.parts, iss, |issuer| standing.put_status_list(issuer, token, now))
    }

    /// Takes the host's deny list, a JSON list (docs/identities.md, "Taking back"). Returns how many entries it has.
    ///
    /// # Errors
    /// Why it is not taken; the former one stays.
    pub fn update_denied(&mut self, list: &[u8]) -> Result<usize, StandingError> {
        self.standing.put_denied(list)
    }

    /// Verifies tokens once, to check them many times. All must verify and be about one person and one chain; each is read
    /// by the rulesets that trust its issuer.
    pub fn identify(&self, tokens: &[&str], possession: &Possession<'_>, now: Instant) -> Identity {
        let programs: Vec<&Program> = self.parts.iter().map(|part| &*part.program).collect();
        let (accepted, refused) = match presentation::identify(&programs, tokens, &self.standing, possession, now) {
            Ok(accepted) => (accepted, None),
            Err(refused) => {
                let subjects = programs.iter().map(|_| Subject::anonymous()).collect();
                (Accepted { subjects, credentials: Vec::new(), uses: Vec::new() }, Some(refused))
            }
        };
        let parts = self.parts.iter().map(|part| Rc::clone(&part.program)).zip(accepted.subjects).collect();
        let (refusal, wanted) = refused.map_or((None, None), |refused| (Some(refused.error), refused.wanted));
        Identity { parts, refusal, wanted, credentials: accepted.credentials, uses: accepted.uses }
    }
}

/// The ruleset of a payload, as an app reads that opens it; so that what no app could open is not signed. It trusts nothing.
///
/// # Errors
/// Whatever keeps it from being read, or from being used in its environment.
pub fn inspect(contents: &Contents) -> Result<Ruleset, OpenError> {
    let ruleset = ruleset::read_image(&contents.ruleset).ok_or(OpenError::Image)?;
    let same = ruleset.id() == contents.ruleset_id
        && ruleset.version() == contents.version
        && ruleset.issued() == contents.issued
        && ruleset.expires() == contents.expires;
    if !same {
        return Err(OpenError::Mismatch);
    }
    if ruleset.is_development() && bundle::means_production(&contents.audience) {
        return Err(OpenError::Development);
    }
    Ok(ruleset)
}

/// Brings something of an issuer up to date, by the entry of a ruleset that takes it.
fn update<T>(
    parts: &[Part],
    iss: &str,
    mut put: impl FnMut(&TrustedIssuer) -> Result<T, StandingError>,
) -> Result<T, StandingError> {
    let mut refused = StandingError::Issuer;
    let entries = parts.iter().flat_map(|part| part.program.issuers()).filter(|issuer| issuer.has_iss(iss));
    for issuer in entries {
        match put(issuer) {
            Ok(taken) => return Ok(taken),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// What came of a presentation: a subject for each ruleset, or why it was refused.
#[derive(Clone, Debug)]
pub struct Identity {
    parts: Vec<(Rc<Program>, Subject)>,
    refusal: Option<TokenError>,
    wanted: Option<Wanted>,
    credentials: Vec<Credential>,
    uses: Vec<Use>,
}

impl Identity {
    /// Why the tokens were refused, if they were.
    pub fn refusal(&self) -> Option<&TokenError> {
        self.refusal.as_ref()
    }

    /// What the host could fetch so that tokens that were refused may be accepted.
    pub const fn wanted(&self) -> Option<&Wanted> {
        self.wanted.as_ref()
    }

    /// Until when its tokens are accepted, if nobody takes them back; `None`: there is none, or it was refused.
    pub fn accepted_until(&self) -> Option<Instant> {
        let ends = self.parts.iter().filter_map(|(_, subject)| subject.accepted().until);
        ends.min().filter(|_| self.refusal.is_none())
    }

    /// What this presentation used up. The host claims each at a store before it serves anything, and calls
    /// [`Identity::replayed`] where one was used before.
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// Refuses this identity: something of its presentation had been used before.
    pub const fn replayed(&mut self) {
        self.refusal = Some(TokenError::Replayed);
    }

    /// Decides for this identity, by what the host has learnt since. A token that has expired or was taken back since is
    /// refused.
    ///
    /// # Errors
    /// A context that is not what the host should send.
    pub fn check(
        &self,
        model: &str,
        action: &str,
        context_json: Option<&str>,
        standing: &Standing,
        now: Instant,
    ) -> Result<Decision, ContextError> {
        let standing = self.standing(standing, now);
        let read = |program: &Program| {
            let all: Vec<&Vocabulary> = self.parts.iter().map(|(other, _)| &other.ruleset().vocabulary).collect();
            let parse = |text| Context::parse(&program.ruleset().vocabulary, &all, text);
            context_json.map_or_else(|| Ok(Context::default()), parse)
        };
        if let [(program, subject)] = self.parts.as_slice() {
            let context = read(program)?;
            return Ok(self.answer(program, subject, Request { model, action, context: &context }, standing, now));
        }
        let mut answers: Vec<Box<decide::Answer<'_>>> = Vec::new();
        for (program, subject) in &self.parts {
            let context = read(program)?;
            answers.push(Box::new(move |model, action| {
                self.answer(program, subject, Request { model, action, context: &context }, standing, now)
            }));
        }
        // INVARIANT: an engine has at least one ruleset.
        decide::strictest(&answers, model, action).ok_or(ContextError::NotAnObject)
    }

    /// Which claims could turn the answer to allow: what a page asks a wallet for.
    ///
    /// # Errors
    /// A context that is not what the host should send.
    pub fn ask(
        &self,
        model: &str,
        action: &str,
        context_json: Option<&str>,
        standing: &Standing,
        now: Instant,
    ) -> Result<Vec<Asked>, ContextError> {
        let decision = self.check(model, action, context_json, standing, now)?;
        Ok(decide::asked(&decision.needs, self.parts.iter().map(|(program, _)| program.ruleset())))
    }

    /// Why its tokens are refused, as things stand now; otherwise, until when that can be told.
    fn standing(&self, standing: &Standing, now: Instant) -> Result<Option<Instant>, TokenError> {
        if let Some(error) = self.refusal {
            return Err(error);
        }
        let mut until: Option<Instant> = None;
        for credential in &self.credentials {
            let known = standing.refuses(credential, now)?;
            until = until.into_iter().chain(known).min();
        }
        Ok(until)
    }

    fn answer(
        &self,
        program: &Program,
        subject: &Subject,
        request: Request<'_>,
        standing: Result<Option<Instant>, TokenError>,
        now: Instant,
    ) -> Decision {
        let lapsed = |until| token::lapsed(subject.accepted(), now).map_or(Ok(until), Err);
        let known_until = match standing.and_then(lapsed) {
            Ok(until) => until,
            Err(error) => {
                let said = (error.code(), error.to_string());
                return decide::refuse_token(program, request, now, said, error.accepted_from());
            }
        };
        let mut decision = decide::decide(program, subject, request, now);
        // From then on nobody can tell whether the tokens have been taken back.
        for until in [&mut decision.valid_until, &mut decision.same_until] {
            *until = until.map(|until| known_until.map_or(until, |known| until.min(known)));
        }
        decision
    }
}
