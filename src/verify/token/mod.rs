//! The token profile: a token of a trusted issuer, with the proofs that must accompany it, or a refusal with a code.
//!
//! RFC 7515, RFC 7519, RFC 8725, RFC 9068, RFC 9449 and RFC 9901, read narrowly: keys and algorithms come from the
//! ruleset and never from the token, encodings are strict, required claims have exact types, and `now` is an argument.

mod claims;
mod error;
mod fetchable;
mod host_state;
mod jws;
mod possession;
mod sd_jwt;
mod single_use;
mod status;

use crate::base::json::Value;
use crate::base::time::Instant;
use crate::verify::issuer::{TrustedIssuer, of_tenant};
use crate::verify::jose::Key;
pub(crate) use claims::get;
pub use claims::{Claims, Credential, SignedBy, StatusPlace, Withheld};
pub use error::{JwsPart, TokenError};
pub use fetchable::{Fetchable, wanted};
pub use host_state::{HostState, HostStateError, ListedKey};
use jws::{Carries, Jws};
pub use possession::{DpopProof, Possession};
pub use sd_jwt::Hidden;
pub use single_use::SingleUse;

/// The part of a token that its signature is over. One signature can have two forms, and a credential has one presentation
/// for each choice of disclosures: all of them have the same signed part.
pub(crate) fn signed_part(token: &str) -> &str {
    let jwt = token.split('~').next().unwrap_or_default();
    jwt.rsplit_once('.').map_or(jwt, |(signed, _)| signed)
}

/// Verifies a token, its claims, its proof of possession, and that it has not been revoked.
///
/// # Errors
/// The first reason to refuse it, in the order: form, header, issuer, key, signature, disclosures, claims, possession,
/// status.
pub fn verify<'a>(
    token: &str,
    issuers: impl IntoIterator<Item = &'a TrustedIssuer>,
    standing: &HostState,
    possession: &Possession<'_>,
    now: Instant,
) -> Result<Claims, TokenError> {
    let parts = sd_jwt::Parts::of(token)?;
    let jws = Jws::read(parts.jwt, Carries::Nothing)?;
    if jws.header.is_selective() != parts.selective {
        return Err(if parts.selective { TokenError::Typ } else { TokenError::Malformed });
    }
    let entry = IssuerEntry::of(&jws, issuers)?;
    let issuer = entry.issuer;
    let signer = {
        let admitted = |key: &Key| admits(key, &entry.names, entry.tenant.as_deref());
        jws.signed_by(&standing.keys_of(issuer, &admitted, now))?
    };
    let (jws, hidden) = parts.disclose(jws)?;
    let mut claims = claims::check(entry, signer, jws, hidden, now)?;
    possession::check(&mut claims, issuer, token, &parts, possession, now)?;
    let known_until = standing.refuses(issuer, claims.credential(), now)?;
    // A credential without `exp` is accepted as long as it is known not to be revoked.
    claims.accepted().until.or(known_until).ok_or(TokenError::MissingClaim("exp"))?;
    Ok(claims)
}

/// Checks that a token that verified would verify again now by the same entry, except for its proof of possession,
/// whose age is checked once. Returns until when that holds, as far as `standing` bounds it.
///
/// # Errors
/// The first reason to refuse it, in the order of [`verify`].
pub fn still_verifies(
    issuer: &TrustedIssuer,
    credential: &Credential,
    standing: &HostState,
    now: Instant,
) -> Result<Option<Instant>, TokenError> {
    let admitted = |key: &Key| admits(key, &credential.names, credential.tenant.as_deref());
    let key = standing.finds(issuer, &credential.signer, &admitted, now)?;
    claims::timely(credential.not_future_from, credential.accepted, now)?;
    let status = standing.refuses(issuer, credential, now)?;
    Ok(key.into_iter().chain(status).min())
}

/// Returns true if a key may sign for a token's tenant. A provider that has keys for some tenants only names the tenant
/// in the member `issuer` of a JWK.
fn admits(key: &Key, names: &[String], tenant: Option<&str>) -> bool {
    let (Some(tenant), Some(issuer)) = (tenant, key.issuer()) else { return true };
    names.contains(&of_tenant(issuer, tenant))
}

/// The entry of a ruleset for a token: by `iss`, and if several entries have that one, by `typ` and `vct`.
struct IssuerEntry<'a> {
    position: usize,
    issuer: &'a TrustedIssuer,
    /// The token's `iss`, in every spelling of the entry.
    names: Vec<String>,
    /// The token's tenant, if the entry is for tenants.
    tenant: Option<String>,
}

impl<'a> IssuerEntry<'a> {
    fn of(jws: &Jws<'_>, issuers: impl IntoIterator<Item = &'a TrustedIssuer>) -> Result<Self, TokenError> {
        let iss = jws.claim("iss").map(|iss| iss.as_str().ok_or(TokenError::ClaimType("iss"))).transpose()?;
        // A credential need not name its issuer (draft-ietf-oauth-sd-jwt-vc, section 2.2.2). Its type then selects the
        // entry, whose key must verify it.
        if iss.is_none() && !jws.header.is_selective() {
            return Err(TokenError::MissingClaim("iss"));
        }
        let [tenant, vct] = ["tid", "vct"].map(|name| jws.claim(name).and_then(Value::as_str));
        let (mut found, mut refused): (Option<(usize, &TrustedIssuer, bool)>, _) = (None, TokenError::Issuer);
        for (position, issuer) in issuers.into_iter().enumerate() {
            let listed = vct.is_some_and(|vct| issuer.vct.iter().any(|known| known == vct));
            let meant = iss.map_or_else(|| listed && !issuer.has_tenants(), |iss| issuer.issues(iss, tenant));
            if !meant {
                continue;
            }
            if !jws.header.has_typ_of(issuer) {
                refused = TokenError::Typ;
                continue;
            }
            match found {
                Some(_) if iss.is_none() => return Err(TokenError::Issuer),
                Some((.., known)) if known || !listed => {}
                _ => found = Some((position, issuer, listed)),
            }
        }
        let (position, issuer, _) = found.ok_or(refused)?;
        let tenant = tenant.filter(|_| issuer.has_tenants());
        let names = issuer.spellings().map(|iss| of_tenant(iss, tenant.unwrap_or_default())).collect();
        Ok(Self { position, issuer, names, tenant: tenant.map(str::to_owned) })
    }
}
