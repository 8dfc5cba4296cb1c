//! Tokens → subjects: each ruleset reads the tokens whose issuers it trusts, by its own terms alone. It verifies them by its
//! own entries and the keys that it keeps, binds the person's tokens by its own `same_person`, and takes the hops to be one
//! chain.
//!
//! A ruleset refuses a presentation in which it refuses a token or cannot bind the tokens that it reads, and then so does
//! every composition with it. A token of an issuer that a ruleset does not trust says nothing to it; a token that no ruleset
//! reads refuses the presentation.

use crate::limits;
use crate::program::Program;
use crate::set::Set;
use crate::subject::{self, Hop, Mark, Subject};
use crate::time::Instant;
use crate::token::{self, Claims, Credential, Possession, Standing, TokenError, Use, Wanted};

/// A presentation that was accepted.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    /// One for each ruleset, in their order.
    pub(crate) readings: Vec<Reading>,
    /// What may not be used again: each use once.
    pub(crate) uses: Vec<Use>,
}

/// What one ruleset read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) subject: Subject,
    /// Of each token that it read, what decides whether it still verifies later.
    pub(crate) credentials: Vec<Credential>,
}

/// Why a presentation was refused, and what the host could fetch to have it accepted.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: TokenError,
    pub(crate) wanted: Option<Wanted>,
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        Self { error, wanted: None }
    }
}

/// The first of several reasons: by code, by message, and one that could be helped.
#[derive(Debug, Default)]
pub(crate) struct First(Option<Refused>);

impl First {
    #[inline(never)]
    pub(crate) fn add(&mut self, other: Refused) {
        let rank = |one: &Refused| (one.error.code(), one.error.to_string(), one.wanted.is_none(), one.wanted.clone());
        if self.0.as_ref().is_none_or(|known| rank(&other) < rank(known)) {
            self.0 = Some(other);
        }
    }

    /// # Errors
    /// The first reason, if there is one.
    pub(crate) fn finish(self) -> Result<(), Refused> {
        self.0.map_or(Ok(()), Err)
    }
}

/// A token as one ruleset reads it.
struct Token {
    /// Position in the presentation.
    place: usize,
    claims: Claims,
    /// The hop that it is for this ruleset; `None`: it is about the person.
    hop: Option<Hop>,
}

/// Reads a presentation. The order of the tokens changes nothing, nor does that of the rulesets.
///
/// # Errors
/// The first reason, so that neither order changes it.
pub(crate) fn identify(
    rulesets: &[(&Program, &Standing)],
    tokens: &[&str],
    possession: &Possession<'_>,
    now: Instant,
) -> Result<Accepted, Refused> {
    if tokens.len() > limits::TOKENS {
        return Err(TokenError::TooMany.into());
    }
    let mut refused = First::default();
    let mut read: Vec<Vec<Token>> = rulesets.iter().map(|_| Vec::new()).collect();
    for (place, token) in tokens.iter().enumerate() {
        let mut trusted = false;
        for ((program, standing), read) in rulesets.iter().zip(&mut read) {
            let verified = token::verify(token, program.issuers(), standing, possession, now);
            let verified = verified.and_then(|claims| Ok((subject::hop(program.ruleset(), &claims)?, claims)));
            trusted |= !matches!(verified, Err(TokenError::Issuer));
            match verified {
                Ok((hop, claims)) => read.push(Token { place, claims, hop }),
                // It says nothing to this ruleset.
                Err(TokenError::Issuer) => {}
                Err(error) => {
                    let wanted = token::wanted(token, program.issuers(), error);
                    refused.add(Refused { error, wanted });
                }
            }
        }
        if !trusted {
            refused.add(TokenError::Issuer.into());
        }
    }
    refused.finish()?;

    let mut refused = First::default();
    let mut accepted = Accepted::default();
    // Of each token, its marks in every ruleset that takes it to be about the person.
    let mut marks: Vec<Option<Set<Mark>>> = vec![None; tokens.len()];
    for ((program, _), read) in rulesets.iter().zip(&read) {
        match reading(program, read, &mut marks) {
            Ok(reading) => accepted.readings.push(reading),
            Err(error) => refused.add(error.into()),
        }
        for used in read.iter().flat_map(|token| token.claims.uses()) {
            // One proof for two rulesets, or one answer to a nonce for two credentials, is used once; until its last end.
            match accepted.uses.iter_mut().find(|known| known.key == used.key) {
                Some(known) => known.until = known.until.max(used.until),
                None => accepted.uses.push(*used),
            }
        }
    }
    // Tokens that no ruleset reads together must be one person's too.
    let all: Vec<Set<Mark>> = marks.into_iter().flatten().collect();
    if !subject::is_one_person(&all) {
        refused.add(TokenError::Subjects.into());
    }
    refused.finish()?;
    Ok(accepted)
}

/// The subject of one ruleset.
fn reading(program: &Program, read: &[Token], all: &mut [Option<Set<Mark>>]) -> Result<Reading, TokenError> {
    let person: Vec<&Token> = read.iter().filter(|token| token.hop.is_none()).collect();
    let hops: Vec<(&Claims, &Hop)> =
        read.iter().filter_map(|token| Some((&token.claims, token.hop.as_ref()?))).collect();
    let marks: Vec<Set<Mark>> = person.iter().map(|token| subject::marks(program.ruleset(), &token.claims)).collect();
    for (token, marks) in person.iter().zip(&marks) {
        if let Some(known) = all.get_mut(token.place) {
            known.get_or_insert_default().extend(marks.iter().cloned());
        }
    }
    if !subject::is_one_person(&marks) {
        return Err(TokenError::Subjects);
    }
    let claims: Vec<&Claims> = person.iter().map(|token| &token.claims).collect();
    let digests: Vec<[u8; 32]> = claims.iter().map(|claims| claims.digest()).collect();
    let linked: Vec<([u8; 32], Hop)> = hops.iter().map(|(claims, hop)| (claims.digest(), (*hop).clone())).collect();
    let order = subject::order(&digests, &linked)?;
    let chain: Vec<(&Claims, &Hop)> = order.iter().filter_map(|place| hops.get(*place)).copied().collect();
    Ok(Reading {
        subject: subject::identify(program.ruleset(), &claims, &chain),
        credentials: read.iter().map(|token| token.claims.credential().clone()).collect(),
    })
}
