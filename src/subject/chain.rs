//! The chain between the person and the model: signed hops, each linked to what it passes on by its hash, and the actors
//! of `act` (RFC 8693, section 4.1), which nobody vouches for.
//!
//! A hop is a token of a trusted issuer about a party, with the claim `hop`: `role`, and `over`, the SHA-256 in base64url
//! of the issuer-signed JWT that it passes on (a list of them, where the person presented several). The first hop is over
//! the person's tokens; without `over` it serves somebody whom nobody knows.

use crate::attribute::ACTOR;
use crate::jose::decode;
use crate::json::Value;
use crate::limits;
use crate::ruleset::Ruleset;
use crate::set::Set;
use crate::token::{Claims, TokenError, Withheld};

/// A party of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Such as `reseller`.
    pub(crate) role: String,
    /// The name under which evidence speaks of it.
    pub(crate) name: String,
    /// It is the person whose tokens these are: evidence that names nobody is about it, too.
    pub(crate) presents: bool,
    /// Somebody knows who it is.
    pub(crate) known: bool,
    pub(crate) weight: Weight,
}

/// What a party counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// The host or a signature says that it is there.
    Full,
    /// The person whose tokens these are, who could be this party: that can make an outcome stricter, never looser.
    Perhaps,
    /// Named in `act` alone: it can make an outcome stricter, never looser, and only where a rule names its role.
    Act,
}

impl Link {
    /// A party of that role and name that somebody vouches for.
    pub(crate) fn of(role: &str, name: &str) -> Self {
        let (role, name) = (role.to_owned(), name.to_owned());
        Self { role, name, presents: false, known: true, weight: Weight::Full }
    }

    /// Whether evidence that names this party, or nobody, is about it.
    pub(crate) fn is_of(&self, of: Option<&str>) -> bool {
        of.map_or(self.presents, |of| of == self.name)
    }
}

/// What a token says of the party that it is a hop of.
#[derive(Clone, Debug)]
pub struct Hop {
    role: String,
    /// What it passes on; nothing: it serves somebody whom nobody knows.
    over: Set<[u8; 32]>,
}

/// The hop that a token is, if it is one.
///
/// # Errors
/// A claim `hop` that cannot be read, or of a role that its issuer may not vouch for; or a claim that decides whom the token
/// makes a party, and that its holder may have held back.
pub fn hop(ruleset: &Ruleset, claims: &Claims) -> Result<Option<Hop>, TokenError> {
    let shown =
        |name: &'static str| claims.get(name).map_err(|Withheld| TokenError::Concealed(name.trim_start_matches('/')));
    let judges_actors = || ruleset.rules.iter().any(|rule| rule.parties.contains(ACTOR));
    if claims.get("/act").is_err() && judges_actors() {
        return Err(TokenError::Concealed("act"));
    }
    let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { return Ok(None) };
    // Of an issuer that may not vouch for hops the claim does not exist.
    if issuer.trusted.hops.is_empty() {
        return Ok(None);
    }
    let Some(hop) = shown("/hop")? else { return Ok(None) };
    // The name of a party is that of its token's subject.
    shown("/sub")?;
    let role = hop.pointer("/role").and_then(Value::as_str).ok_or(TokenError::ClaimType("hop"))?;
    if !issuer.trusted.hops.iter().any(|known| known == role) {
        return Err(TokenError::Chain("one has a role that its issuer may not vouch for"));
    }
    let mut over = Set::default();
    let hashes = match hop.pointer("/over") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(several)) => several.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    for hash in hashes {
        let hash = hash.as_str().and_then(decode).and_then(|hash| hash.try_into().ok());
        over.insert(hash.ok_or(TokenError::ClaimType("hop"))?);
    }
    Ok(Some(Hop { role: role.to_owned(), over }))
}

/// The hops in order, from the person to whoever calls, as positions in the list that was given.
///
/// # Errors
/// Hops that do not make one chain.
pub fn order(person: &[[u8; 32]], hops: &[([u8; 32], Hop)]) -> Result<Vec<usize>, TokenError> {
    if hops.len() > limits::HOPS {
        return Err(TokenError::Chain("there are too many"));
    }
    let mut passed_on: Set<[u8; 32]> = person.iter().copied().collect();
    let mut order = Vec::new();
    while order.len() < hops.len() {
        let mut next =
            hops.iter().enumerate().filter(|(place, (_, hop))| !order.contains(place) && hop.over == passed_on);
        match (next.next(), next.next()) {
            (Some((place, (digest, _))), None) => {
                passed_on = Set::of(*digest);
                order.push(place);
            }
            (Some(_), Some(_)) => return Err(TokenError::Chain("two pass on the same")),
            (None, _) => return Err(TokenError::Chain("one is not linked to the others")),
        }
    }
    Ok(order)
}

impl Hop {
    pub(crate) fn role(&self) -> &str {
        &self.role
    }
}

/// The actors that a token names, the current one first.
pub(super) fn actors(claims: &Claims, links: &mut Vec<Link>) {
    let mut next = claims.payload().pointer("/act");
    while let Some(actor) = next.filter(|actor| **actor != Value::Null) {
        // One whose name cannot be read is an actor all the same.
        let name = |member: &str| actor.pointer(member).and_then(Value::as_str).unwrap_or_default();
        // Names of hops begin with an issuer's id: no actor has the name of one.
        let name = [":", name("/iss"), ":", name("/sub")].concat();
        let link = Link { weight: Weight::Act, ..Link::of(ACTOR, &name) };
        if !links.contains(&link) {
            links.push(link);
        }
        next = actor.pointer("/act");
    }
}
