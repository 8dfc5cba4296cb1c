//! The chain between the person and the model: signed hops, each linked by a hash to the tokens that it passes on, and
//! the actors of `act` (RFC 8693, section 4.1), which are not vouched for.
//!
//! A hop is a token of a trusted issuer about a party, with the claim `hop`. Its members are `role` and `over`, the
//! SHA-256 in base64url of the issuer-signed JWT that it passes on (a list of them, if the person presented several).
//! The first hop is over the person's tokens. Without `over` it serves an unknown person.

use crate::base::json::Value;
use crate::base::limits;
use crate::base::set::Set;
use crate::ruleset::Ruleset;
use crate::ruleset::attribute::ACTOR;
use crate::verify::jose::decode;
use crate::verify::token::{Claims, TokenError, Withheld};

/// A party of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChainParty {
    /// The role, such as `reseller`.
    pub(crate) role: String,
    /// The name of the party in evidence.
    pub(crate) name: String,
    /// It is the person whose tokens these are, so evidence that names no party is about it, too.
    pub(crate) presents: bool,
    /// The party's identity is known to the host or to an issuer.
    pub(crate) known: bool,
    pub(crate) weight: Weight,
}

/// How much a party counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// The host or a signature asserts that it is there.
    Full,
    /// The person whose tokens these are, who might be this party. It can make an outcome stricter, never looser.
    Perhaps,
    /// Named in `act` alone. It can make an outcome stricter, never looser, and only if a rule names its role.
    Act,
}

impl ChainParty {
    /// A party of that role and name that is vouched for.
    pub(crate) fn of(role: &str, name: &str) -> Self {
        let (role, name) = (role.to_owned(), name.to_owned());
        Self { role, name, presents: false, known: true, weight: Weight::Full }
    }

    /// True if evidence that names `of`, or no party if `None`, is about this party.
    pub(crate) fn is_of(&self, of: Option<&str>) -> bool {
        of.map_or(self.presents, |of| of == self.name)
    }
}

/// A token's claims about the party of its hop.
#[derive(Clone, Debug)]
pub struct Hop {
    role: String,
    /// The hashes of the tokens that it passes on. Empty if it serves an unknown person.
    over: Set<[u8; 32]>,
}

/// The hop that a token is. `None` if it is not one.
///
/// # Errors
/// A claim `hop` that cannot be read, or a role that its issuer may not vouch for. Also a claim that the holder may
/// have withheld, if it decides which party the token adds.
pub fn hop(ruleset: &Ruleset, claims: &Claims) -> Result<Option<Hop>, TokenError> {
    let shown =
        |name: &'static str| claims.get(name).map_err(|Withheld| TokenError::Concealed(name.trim_start_matches('/')));
    let judges_actors = || ruleset.rules.iter().any(|rule| rule.parties.contains(ACTOR));
    if claims.get("/act").is_err() && judges_actors() {
        return Err(TokenError::Concealed("act"));
    }
    let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { return Ok(None) };
    // The claim is ignored if its issuer may not vouch for hops.
    if issuer.trusted.hops.is_empty() {
        return Ok(None);
    }
    let Some(hop) = shown("/hop")? else { return Ok(None) };
    // The name of a party is the subject of its token.
    shown("/sub")?;
    let role = hop.pointer("/role").and_then(Value::as_str).ok_or(TokenError::ClaimType("hop"))?;
    if !issuer.trusted.hops.iter().any(|known| known == role) {
        return Err(TokenError::Chain("one has a role that its issuer may not assert"));
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

/// The hops in order, from the person to the caller, as positions in the given list.
///
/// # Errors
/// Hops that do not form one chain.
pub fn order(person: &[[u8; 32]], hops: &[([u8; 32], Hop)]) -> Result<Vec<usize>, TokenError> {
    if hops.len() > limits::HOPS {
        return Err(TokenError::Chain("there are too many hops"));
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
            (Some(_), Some(_)) => return Err(TokenError::Chain("two pass on the same tokens")),
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
pub(super) fn actors(claims: &Claims, links: &mut Vec<ChainParty>) {
    let mut next = claims.payload().pointer("/act");
    while let Some(actor) = next.filter(|actor| **actor != Value::Null) {
        // An actor with an unreadable name still counts.
        let name = |member: &str| actor.pointer(member).and_then(Value::as_str).unwrap_or_default();
        // Names of hops begin with an issuer's id, so a leading colon keeps the names of actors distinct.
        let name = [":", name("/iss"), ":", name("/sub")].concat();
        let link = ChainParty { weight: Weight::Act, ..ChainParty::of(ACTOR, &name) };
        if !links.contains(&link) {
            links.push(link);
        }
        next = actor.pointer("/act");
    }
}
