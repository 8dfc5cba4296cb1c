//! The whole path of a request: open once, then check or identify many times.

use crate::base::time::Instant;
use crate::check::decide::{self, Context, ContextError, EvidenceRequest, Request};
use crate::check::decision::Decision;
use crate::check::presentation::{self, AcceptedTokens, First, SubjectReading};
use crate::check::program::{self, Program};
use crate::check::subject::Subject;
use crate::ruleset::attribute::Vocabulary;
use crate::ruleset::{self, Ruleset};
use crate::verify::bundle::{self, BundleError, Contents, TrustRoot};
use crate::verify::issuer::KeySource;
use crate::verify::issuer::TrustedIssuer;
use crate::verify::token::{self, Fetchable, HostState, HostStateError, ListedKey, Possession, SingleUse, TokenError};
use std::cell::{Ref, RefCell};
use std::fmt;
use std::rc::Rc;

/// One or several opened rulesets, ready to decide. Clones, compositions and identities share each ruleset's keys,
/// status lists and deny list: an update through one of them applies to all.
#[derive(Clone, Debug)]
pub struct Engine {
    parts: Vec<OpenRuleset>,
}

/// Updates the standing of an issuer's entry. `None` if the update is not for that entry.
type PutIn<'a, T> = dyn Fn(&mut HostState, &TrustedIssuer) -> Option<Result<T, HostStateError>> + 'a;

/// An opened ruleset, and the data that the host keeps up to date for it alone.
#[derive(Clone, Debug)]
struct OpenRuleset {
    program: Rc<Program>,
    sha256: [u8; 32],
    standing: Rc<RefCell<HostState>>,
}

impl OpenRuleset {
    fn rank(&self) -> (&str, u64, &[u8; 32]) {
        let ruleset = self.program.ruleset();
        (ruleset.id(), ruleset.version(), &self.sha256)
    }
}

/// A request for [`Engine::check`].
#[derive(Clone, Copy, Debug)]
pub struct CheckInput<'a> {
    /// The tokens of one presentation. Empty if the person has not signed in.
    pub tokens: &'a [&'a str],
    /// The proof that the sender holds them.
    pub possession: Possession<'a>,
    /// The model's id.
    pub model: &'a str,
    /// The action.
    pub action: &'a str,
    /// The host's context, as a JSON object such as `{"country":"DE"}`.
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
    /// The signatures are valid, but this engine cannot read the ruleset inside.
    Image,
    /// The ruleset inside is not the one that the payload names.
    Mismatch,
    /// It is a ruleset for development, which may accept tokens that any caller can mint, but its audience means
    /// production.
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
                "a ruleset for development cannot have an audience that means production: leave `development` out of \
                 it, and sign it again",
            ),
        }
    }
}

impl std::error::Error for OpenError {}

impl Engine {
    /// Opens a signed ruleset against the app's trust root.
    ///
    /// # Errors
    /// The reason why it is not trusted or cannot be read.
    pub fn open(bundle: &[u8], root: &TrustRoot, now: Instant, minimum_version: u64) -> Result<Self, OpenError> {
        let payload = bundle::open(bundle, root, now, minimum_version).map_err(OpenError::Bundle)?;
        let contents = payload.contents();
        let program = Rc::new(program::compile(inspect(contents)?));
        Ok(Self { parts: vec![OpenRuleset { program, sha256: contents.sha256, standing: Rc::default() }] })
    }

    /// Combines these rulesets with those of the other engine. Each judges by its own terms, and the strictest governs.
    /// The composition refuses everything that one of them alone refuses. The order does not matter.
    #[must_use]
    pub fn combine(&self, other: &Self) -> Self {
        let mut parts = self.parts.clone();
        for part in &other.parts {
            // The same ruleset with the same keys and lists adds nothing.
            if !parts.iter().any(|known| Rc::ptr_eq(&known.standing, &part.standing)) {
                parts.push(part.clone());
            }
        }
        Self { parts }
    }

    /// The rulesets that were opened, each with the SHA-256 of its signed payload.
    pub fn rulesets(&self) -> impl Iterator<Item = (&Ruleset, &[u8; 32])> {
        self.parts.iter().map(|part| (part.program.ruleset(), &part.sha256))
    }

    /// Verifies the tokens and decides.
    ///
    /// # Errors
    /// A context that the host must not send. No token and no request is an error: each gives a decision.
    pub fn check(&self, input: &CheckInput<'_>) -> Result<Decision, ContextError> {
        self.identify(input.tokens, &input.possession, input.now).check(
            input.model,
            input.action,
            input.context_json,
            input.now,
        )
    }

    /// Number of updates by the host. A cached answer is valid only while this number stays the same.
    pub fn changes(&self) -> u32 {
        self.parts.iter().fold(0, |all, part| all.wrapping_add(part.standing.borrow().changes()))
    }

    /// Updates an issuer's keys, fetched at an instant. Each ruleset uses the keys that its own entries accept. If
    /// there is a `source`, only entries whose keys come from it are updated. Returns each key of the set. A key that
    /// any ruleset uses does not count as passed over.
    ///
    /// # Errors
    /// The reason why no ruleset accepts them, the first by code.
    pub fn update_keys(
        &self,
        iss: &str,
        jwks: &[u8],
        source: Option<&KeySource>,
        fetched: Instant,
        now: Instant,
    ) -> Result<Vec<ListedKey>, HostStateError> {
        let put = |standing: &mut HostState, issuer: &TrustedIssuer| {
            let is_from = |source: &KeySource| issuer.remote.as_ref().is_some_and(|remote| remote.source == *source);
            source.is_none_or(is_from).then(|| standing.put_keys(issuer, jwks, fetched, now))
        };
        self.update(iss, &put, &|all, more| {
            for (known, other) in all.iter_mut().zip(more) {
                known.passed_over = known.passed_over.and(other.passed_over);
            }
        })
    }

    /// Updates an issuer's Status List Token, fetched at an instant. Returns its location, and the instant until which
    /// every ruleset that accepted it uses it.
    ///
    /// # Errors
    /// The reason why no ruleset accepts it, the first by code.
    pub fn update_status_list(
        &self,
        iss: &str,
        token: &str,
        fetched: Instant,
        now: Instant,
    ) -> Result<(String, Instant), HostStateError> {
        let put = |standing: &mut HostState, issuer: &TrustedIssuer| {
            Some(standing.put_status_list(issuer, token, fetched, now))
        };
        self.update(iss, &put, &|(_, until), (_, other)| *until = other.min(*until))
    }

    /// Replaces the host's deny list, a JSON list, for every ruleset (docs/identities.md, "Revocation"). Returns the
    /// number of its entries.
    ///
    /// # Errors
    /// The reason why it is not accepted. The former list stays.
    pub fn update_deny_list(&self, list: &[u8]) -> Result<usize, HostStateError> {
        let mut taken = Ok(0);
        for part in &self.parts {
            taken = part.standing.borrow_mut().put_denied(list);
        }
        taken
    }

    /// Applies an update in each ruleset, to each entry that the issuer's tokens may belong to.
    fn update<T>(&self, iss: &str, put: &PutIn<'_, T>, join: &dyn Fn(&mut T, T)) -> Result<T, HostStateError> {
        let mut all: Result<T, HostStateError> = Err(HostStateError::Issuer);
        for part in &self.parts {
            for issuer in part.program.issuers().filter(|issuer| issuer.has_iss(iss)) {
                let Some(taken) = put(&mut part.standing.borrow_mut(), issuer) else { continue };
                match (&mut all, taken) {
                    (Ok(all), Ok(taken)) => join(all, taken),
                    (Ok(_), Err(_)) => {}
                    (Err(HostStateError::Issuer), taken) | (Err(_), taken @ Ok(_)) => all = taken,
                    (Err(known), Err(error)) => *known = if error.code() < known.code() { error } else { *known },
                }
            }
        }
        all
    }

    /// Verifies tokens once, for many checks. Each ruleset reads the tokens whose issuers it trusts. These must all
    /// verify and be about one person and one chain.
    pub fn identify(&self, tokens: &[&str], possession: &Possession<'_>, now: Instant) -> Identity {
        // The order in which rulesets were combined must not matter.
        let mut parts: Vec<OpenRuleset> = Vec::new();
        for part in &self.parts {
            let place = parts.partition_point(|known| known.rank() <= part.rank());
            parts.insert(place, part.clone());
        }
        let standings: Vec<Ref<'_, HostState>> = parts.iter().map(|part| part.standing.borrow()).collect();
        let rulesets: Vec<(&Program, &HostState)> =
            parts.iter().zip(&standings).map(|(part, standing)| (&*part.program, &**standing)).collect();
        let (accepted, refused) = match presentation::identify(&rulesets, tokens, possession, now) {
            Ok(accepted) => (accepted, None),
            Err(refused) => {
                let nothing = |_| SubjectReading { subject: Subject::anonymous(), credentials: Vec::new() };
                let readings = rulesets.iter().map(nothing).collect();
                (AcceptedTokens { readings, uses: Vec::new() }, Some(refused))
            }
        };
        drop(standings);
        let parts = parts.into_iter().zip(accepted.readings).map(|(part, reading)| Held { part, reading }).collect();
        let (refusal, wanted) = refused.map_or((None, None), |refused| (Some(refused.error), refused.wanted));
        let mut identity = Identity { parts, refusal, wanted, uses: accepted.uses, accepted_until: None };
        let ends = identity.parts.iter().filter_map(|held| held.reading.subject.accepted().until);
        let ends = ends.min();
        identity.accepted_until =
            identity.still_verifies(now).ok().and_then(|known| known.into_iter().chain(ends).min());
        identity
    }
}

/// Reads the ruleset of a payload as an app that opens it does, so that a signer does not sign what no app could open.
/// It establishes no trust.
///
/// # Errors
/// The reason why it cannot be read, or must not be used in its environment.
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

/// The result of a presentation: a subject for each ruleset, or the reason of its refusal. A refused identity stays
/// refused.
#[derive(Clone, Debug)]
pub struct Identity {
    parts: Vec<Held>,
    refusal: Option<TokenError>,
    wanted: Option<Fetchable>,
    uses: Vec<SingleUse>,
    accepted_until: Option<Instant>,
}

/// A ruleset, and its reading of the tokens.
#[derive(Clone, Debug)]
struct Held {
    part: OpenRuleset,
    reading: SubjectReading,
}

impl Identity {
    /// Why the tokens were refused. `None` if they were not.
    pub fn refusal(&self) -> Option<&TokenError> {
        self.refusal.as_ref()
    }

    /// The data that the host could fetch so that the refused tokens may be accepted.
    pub const fn missing(&self) -> Option<&Fetchable> {
        self.wanted.as_ref()
    }

    /// The end of its tokens' acceptance, computed when they were verified, from the keys and lists known then. `None`
    /// if there are no tokens, or they were refused.
    pub fn accepted_until(&self) -> Option<Instant> {
        self.accepted_until.filter(|_| self.refusal.is_none())
    }

    /// The single uses that this presentation consumed. Before it serves anything, the host claims each one at a store,
    /// and calls [`Identity::mark_replayed`] if one was used before.
    pub fn single_uses(&self) -> &[SingleUse] {
        &self.uses
    }

    /// Refuses this identity, because a part of its presentation was used before.
    pub const fn mark_replayed(&mut self) {
        self.refusal = Some(TokenError::Replayed);
    }

    /// Number of updates by the host to data on which this identity's answers depend.
    pub fn changes(&self) -> u32 {
        self.parts.iter().fold(0, |all, held| all.wrapping_add(held.part.standing.borrow().changes()))
    }

    /// Decides for this identity, with the host's present keys and lists. A token that would not verify now is refused,
    /// as if it were presented now. Only its proof of possession is not checked again, since its age was checked once.
    ///
    /// # Errors
    /// A context that the host must not send.
    pub fn check(
        &self,
        model: &str,
        action: &str,
        context_json: Option<&str>,
        now: Instant,
    ) -> Result<Decision, ContextError> {
        let standing = self.still_verifies(now);
        let read = |program: &Program| {
            let all: Vec<&Vocabulary> = self.programs().map(|other| &other.ruleset().vocabulary).collect();
            let parse = |text| Context::parse(&program.ruleset().vocabulary, &all, text);
            context_json.map_or_else(|| Ok(Context::default()), parse)
        };
        if let [held] = self.parts.as_slice() {
            let context = read(&held.part.program)?;
            return Ok(self.answer(held, Request { model, action, context: &context }, standing, now));
        }
        let mut judges = Vec::new();
        for held in &self.parts {
            let context = read(&held.part.program)?;
            let answer: Box<decide::Answer<'_>> = Box::new(move |model, action| {
                self.answer(held, Request { model, action, context: &context }, standing, now)
            });
            judges.push((&*held.part.program, answer));
        }
        // INVARIANT: an engine has at least one ruleset.
        decide::strictest(&judges, model, action).ok_or(ContextError::NotAnObject)
    }

    /// The claims that could turn the answer to allow, which a page requests from a wallet.
    ///
    /// # Errors
    /// A context that the host must not send.
    pub fn ask(
        &self,
        model: &str,
        action: &str,
        context_json: Option<&str>,
        now: Instant,
    ) -> Result<Vec<EvidenceRequest>, ContextError> {
        let decision = self.check(model, action, context_json, now)?;
        Ok(decide::asked(&decision.needs, self.programs().map(Program::ruleset)))
    }

    fn programs(&self) -> impl Iterator<Item = &Program> + Clone {
        self.parts.iter().map(|held| &*held.part.program)
    }

    /// The instant until which its tokens would be accepted, as far as keys and lists bound it. An error if they would
    /// be refused now.
    fn still_verifies(&self, now: Instant) -> Result<Option<Instant>, TokenError> {
        if let Some(error) = self.refusal {
            return Err(error);
        }
        let mut until: Option<Instant> = None;
        let mut refused = First::default();
        for Held { part, reading } in &self.parts {
            let standing = part.standing.borrow();
            for credential in &reading.credentials {
                let issuer = part.program.issuers().nth(credential.entry).ok_or(TokenError::Issuer);
                match issuer.and_then(|issuer| token::still_verifies(issuer, credential, &standing, now)) {
                    Ok(known) => until = until.into_iter().chain(known).min(),
                    Err(error) => refused.add(error.into()),
                }
            }
        }
        refused.finish().map_err(|refused| refused.error)?;
        Ok(until)
    }

    fn answer(
        &self,
        held: &Held,
        request: Request<'_>,
        standing: Result<Option<Instant>, TokenError>,
        now: Instant,
    ) -> Decision {
        let program = &held.part.program;
        let known_until = match standing {
            Ok(until) => until,
            Err(error) => {
                let said = (error.code(), error.to_string());
                // The start or end of keys and lists could change it.
                let changes = self.parts.iter().filter_map(|held| held.part.standing.borrow().next_change(now));
                let until = error.accepted_from().into_iter().chain(changes).min();
                return decide::refuse_token(program, request, now, said, until);
            }
        };
        let mut decision = decide::decide(program, &held.reading.subject, request, now);
        // From then on it is unknown if the tokens verify or are revoked.
        for until in [&mut decision.valid_until, &mut decision.same_until] {
            *until = until.map(|until| known_until.map_or(until, |known| until.min(known)));
        }
        decision
    }
}
