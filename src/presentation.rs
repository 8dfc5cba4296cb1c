//! Tokens → subjects: each token is verified by the rulesets that trust its issuer, the person's tokens are held to be one
//! person's, and the hops to be one chain.

use crate::limits;
use crate::program::Program;
use crate::set::Set;
use crate::subject::{self, Hop, Mark, Subject};
use crate::time::Instant;
use crate::token::{self, Claims, Credential, Possession, Standing, TokenError, Use, Wanted};

/// A presentation that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// One for each ruleset, in their order.
    pub(crate) subjects: Vec<Subject>,
    /// What of the tokens can be taken back.
    pub(crate) credentials: Vec<Credential>,
    /// What may not be used again.
    pub(crate) uses: Vec<Use>,
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

/// A token and what each ruleset makes of it.
struct Read {
    /// By ruleset; `None`: it does not trust the issuer.
    claims: Vec<Option<Claims>>,
    digest: [u8; 32],
    hop: Option<Hop>,
}

/// Reads a presentation. The order of the tokens changes nothing.
///
/// # Errors
/// The first reason by code, so that the order changes nothing either.
pub(crate) fn identify(
    programs: &[&Program],
    tokens: &[&str],
    standing: &Standing,
    possession: &Possession<'_>,
    now: Instant,
) -> Result<Accepted, Refused> {
    if tokens.len() > limits::TOKENS {
        return Err(TokenError::TooMany.into());
    }
    let mut refused: Option<Refused> = None;
    let (mut person, mut hops) = (Vec::new(), Vec::new());
    for token in tokens {
        match read(programs, token, standing, possession, now) {
            Ok(read) if read.hop.is_some() => hops.push(read),
            Ok(read) => person.push(read),
            Err(error) => refused = Some(first(refused, error)),
        }
    }
    if let Some(refused) = refused {
        return Err(refused);
    }
    let marks: Vec<Set<Mark>> = person.iter().map(|token| token.marks(programs)).collect();
    if !subject::is_one_person(&marks) {
        return Err(TokenError::Subjects.into());
    }
    let digests: Vec<[u8; 32]> = person.iter().map(|token| token.digest).collect();
    let linked: Vec<([u8; 32], Hop)> =
        hops.iter().filter_map(|token| Some((token.digest, token.hop.clone()?))).collect();
    let order = subject::order(&digests, &linked)?;
    let subjects = programs.iter().enumerate().map(|(place, program)| {
        let claims: Vec<&Claims> = person.iter().filter_map(|token| token.of(place)).collect();
        let hops: Vec<(&Claims, &Hop)> = order
            .iter()
            .filter_map(|hop| hops.get(*hop))
            .filter_map(|token| Some((token.of(place)?, token.hop.as_ref()?)))
            .collect();
        subject::identify(program.ruleset(), &claims, &hops)
    });
    let subjects = subjects.collect();
    let (mut credentials, mut uses): (Vec<Credential>, Vec<Use>) = (Vec::new(), Vec::new());
    for claims in person.iter().chain(&hops).flat_map(|token| token.claims.iter().flatten()) {
        credentials.push(claims.credential().clone());
        // Two rulesets that ask for the same proof use it once.
        for used in claims.uses() {
            if !uses.contains(used) {
                uses.push(*used);
            }
        }
    }
    Ok(Accepted { subjects, credentials, uses })
}

/// Of several reasons, the first by code.
fn first(known: Option<Refused>, other: Refused) -> Refused {
    match known {
        Some(known) if known.error.code() <= other.error.code() => known,
        _ => other,
    }
}

fn read(
    programs: &[&Program],
    token: &str,
    standing: &Standing,
    possession: &Possession<'_>,
    now: Instant,
) -> Result<Read, Refused> {
    let mut refused: Option<Refused> = None;
    let mut claims: Vec<Option<Claims>> = Vec::new();
    let mut hop = None;
    for program in programs {
        let accepted = token::verify(token, program.issuers(), standing, possession, now);
        let accepted = accepted.and_then(|accepted| Ok((subject::hop(program.ruleset(), &accepted)?, accepted)));
        claims.push(match accepted {
            Ok((found, accepted)) => {
                hop = hop.or(found);
                Some(accepted)
            }
            // Another ruleset may trust the issuer.
            Err(TokenError::Issuer) => None,
            Err(error) => {
                let wanted = token::wanted(token, program.issuers(), error);
                refused = Some(first(refused, Refused { error, wanted }));
                None
            }
        });
    }
    if let Some(refused) = refused {
        return Err(refused);
    }
    let digest = claims.iter().flatten().map(Claims::digest).next().ok_or(TokenError::Issuer)?;
    Ok(Read { claims, digest, hop })
}

impl Read {
    fn of(&self, place: usize) -> Option<&Claims> {
        self.claims.get(place)?.as_ref()
    }

    fn marks(&self, programs: &[&Program]) -> Set<Mark> {
        let marked = programs
            .iter()
            .zip(&self.claims)
            .filter_map(|(program, claims)| claims.as_ref().map(|claims| subject::marks(program.ruleset(), claims)));
        marked.flatten().collect()
    }
}
