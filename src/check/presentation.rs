//! Tokens → subjects. Each ruleset reads the tokens whose issuers it trusts, only by its own terms. It verifies them
//! with its own entries and keys, binds the person's tokens by its own `same_person`, and requires the hops to form one
//! chain.
//!
//! A ruleset refuses a presentation if it refuses a token or cannot bind the tokens that it reads. Every composition
//! with it then refuses too. A ruleset ignores tokens of issuers that it does not trust. A token that no ruleset reads
//! refuses the presentation.

use crate::base::limits;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::program::Program;
use crate::check::subject::{self, BindingKey, Hop, Subject};
use crate::verify::token::{self, Claims, Credential, Fetchable, HostState, Possession, SingleUse, TokenError};

/// An accepted presentation.
#[derive(Debug, Default)]
pub(crate) struct AcceptedTokens {
    /// One reading for each ruleset, in their order.
    pub(crate) readings: Vec<SubjectReading>,
    /// The single uses that it consumed, without duplicates.
    pub(crate) uses: Vec<SingleUse>,
}

/// One ruleset's reading of a presentation.
#[derive(Clone, Debug)]
pub(crate) struct SubjectReading {
    pub(crate) subject: Subject,
    /// For each token that it read, the data that decides if it still verifies later.
    pub(crate) credentials: Vec<Credential>,
}

/// Why a presentation was refused, and the data that the host could fetch to have it accepted.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: TokenError,
    pub(crate) wanted: Option<Fetchable>,
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        Self { error, wanted: None }
    }
}

/// The first of several reasons: by code, then by message, then one that the host could help.
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
struct PresentedToken {
    /// Position in the presentation.
    place: usize,
    claims: Claims,
    /// The hop that it is for this ruleset. `None` if it is about the person.
    hop: Option<Hop>,
}

/// Reads a presentation. Neither the order of the tokens nor that of the rulesets matters.
///
/// # Errors
/// The first reason, so that neither order matters.
pub(crate) fn identify(
    rulesets: &[(&Program, &HostState)],
    tokens: &[&str],
    possession: &Possession<'_>,
    now: Instant,
) -> Result<AcceptedTokens, Refused> {
    if tokens.len() > limits::TOKENS {
        return Err(TokenError::TooMany.into());
    }
    let mut refused = First::default();
    let mut read: Vec<Vec<PresentedToken>> = rulesets.iter().map(|_| Vec::new()).collect();
    for (place, token) in tokens.iter().enumerate() {
        let mut trusted = false;
        for ((program, standing), read) in rulesets.iter().zip(&mut read) {
            let verified = token::verify(token, program.issuers(), standing, possession, now);
            let verified = verified.and_then(|claims| Ok((subject::hop(program.ruleset(), &claims)?, claims)));
            trusted |= !matches!(verified, Err(TokenError::Issuer));
            match verified {
                Ok((hop, claims)) => {
                    let token = PresentedToken { place, claims, hop };
                    // A token counts once, however often it is presented, or its evidence would count several times. Of
                    // a credential's several presentations the same one is kept in any order.
                    let signed = |place: usize| tokens.get(place).map_or("", |token| token::signed_part(token));
                    match read.iter_mut().find(|known| signed(known.place) == signed(place)) {
                        Some(known) if tokens.get(known.place) < tokens.get(place) => *known = token,
                        Some(_) => {}
                        None => read.push(token),
                    }
                }
                // This ruleset ignores it.
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
    let mut accepted = AcceptedTokens::default();
    // For each token, its marks in every ruleset that reads it as the person's.
    let mut marks: Vec<Option<Set<BindingKey>>> = vec![None; tokens.len()];
    for ((program, _), read) in rulesets.iter().zip(&read) {
        match reading(program, read, &mut marks) {
            Ok(reading) => accepted.readings.push(reading),
            Err(error) => refused.add(error.into()),
        }
        for used in read.iter().flat_map(|token| token.claims.single_uses()) {
            // A proof for two rulesets, or an answer to a nonce for two credentials, is one use, until the latest of
            // their ends.
            match accepted.uses.iter_mut().find(|known| known.key == used.key) {
                Some(known) => known.until = known.until.max(used.until),
                None => accepted.uses.push(*used),
            }
        }
    }
    // Tokens that no single ruleset reads together must be about one person, too.
    let all: Vec<Set<BindingKey>> = marks.into_iter().flatten().collect();
    if !subject::is_one_person(&all) {
        refused.add(TokenError::Subjects.into());
    }
    refused.finish()?;
    Ok(accepted)
}

/// The subject of one ruleset.
fn reading(
    program: &Program,
    read: &[PresentedToken],
    all: &mut [Option<Set<BindingKey>>],
) -> Result<SubjectReading, TokenError> {
    let person: Vec<&PresentedToken> = read.iter().filter(|token| token.hop.is_none()).collect();
    let hops: Vec<(&Claims, &Hop)> =
        read.iter().filter_map(|token| Some((&token.claims, token.hop.as_ref()?))).collect();
    let marks: Vec<Set<BindingKey>> =
        person.iter().map(|token| subject::marks(program.ruleset(), &token.claims)).collect();
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
    Ok(SubjectReading {
        subject: subject::identify(program.ruleset(), &claims, &chain),
        credentials: read.iter().map(|token| token.claims.credential().clone()).collect(),
    })
}
