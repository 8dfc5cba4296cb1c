//! The claims of each issuer that could turn an answer to allow. A wallet is asked for these and no more.

use crate::base::json;
use crate::base::time::Span;
use crate::check::decision::{EvidenceNeed, EvidencePath};
use crate::ruleset::Ruleset;
use crate::ruleset::attribute::{AttributeId, Type, Vocabulary};
use crate::ruleset::model::{Assurance, ClaimMapping, Issuer};
use serde::Serialize;

/// The path of a claim (OpenID4VP 1.0, section 7): names of members, and `None` for every entry of a list.
pub type ClaimPath = Vec<Option<String>>;

/// One way to an allow: all of its evidence is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceRequest {
    /// The evidence to request.
    pub evidence: Vec<RequestedEvidence>,
}

/// One piece of evidence, and the issuers that can assert it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestedEvidence {
    /// The attribute that it must assert.
    pub attribute: String,
    /// The role of the party that it must be about. `None` if that is the person served.
    pub of: Option<String>,
    /// The issuers that can assert it, in the ruleset's order. Empty if the host states it.
    pub issuers: Vec<RequestedIssuer>,
}

/// The request to one issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestedIssuer {
    /// The ruleset's name for it.
    pub id: String,
    /// Its `iss`.
    pub iss: String,
    /// The types of its credentials. Empty if its tokens are not SD-JWT VCs.
    pub vct: Vec<String>,
    /// Alternative sets of claims, cheapest in privacy first. Any one set suffices.
    pub options: Vec<Vec<ClaimPath>>,
}

/// Translates the needs of a decision to the issuers' claims.
pub fn asked<'a>(needs: &[EvidencePath], rulesets: impl Iterator<Item = &'a Ruleset> + Clone) -> Vec<EvidenceRequest> {
    let evidence = |need: &EvidenceNeed| RequestedEvidence {
        attribute: need.attribute.clone(),
        of: need.of.clone(),
        issuers: rulesets.clone().flat_map(|ruleset| issuers(ruleset, need)).collect(),
    };
    needs.iter().map(|path| EvidenceRequest { evidence: path.evidence.iter().map(evidence).collect() }).collect()
}

fn issuers<'a>(ruleset: &'a Ruleset, need: &'a EvidenceNeed) -> impl Iterator<Item = RequestedIssuer> + 'a {
    let named = ruleset.issuers.iter().filter(|issuer| need.issuers.contains(&issuer.trusted.id));
    named.map(|issuer| RequestedIssuer {
        id: issuer.trusted.id.clone(),
        iss: issuer.trusted.iss.clone(),
        vct: issuer.trusted.vct.clone(),
        options: options(&ruleset.vocabulary, issuer, need),
    })
}

/// The claims of an issuer that settle an attribute with the required assurance, cheapest in privacy first.
fn options(vocabulary: &Vocabulary, issuer: &Issuer, need: &EvidenceNeed) -> Vec<Vec<ClaimPath>> {
    let Some(attribute) = vocabulary.lookup(&need.attribute) else { return Vec::new() };
    let mut found: Vec<(u8, Vec<ClaimPath>)> = Vec::new();
    for mapping in &issuer.claims {
        let settles = attribute.settled_by().any(|source| source == mapping.attribute);
        if settles && mapping.assurance.highest() >= need.assurance {
            let cost = vocabulary.privacy(mapping.attribute);
            let place = found.partition_point(|(known, _)| *known <= cost);
            found.insert(place, (cost, claims(vocabulary, mapping, need.max_age)));
        }
    }
    found.into_iter().map(|(_, claims)| claims).collect()
}

/// A mapping's claim, and the other claims that must be shown for it to count.
fn claims(vocabulary: &Vocabulary, mapping: &ClaimMapping, max_age: Option<Span>) -> Vec<ClaimPath> {
    let mut claims = vec![claim_path(vocabulary, mapping)];
    let mut also = |pointer: &str| {
        let path = path(mapping, pointer);
        if !claims.contains(&path) {
            claims.push(path);
        }
    };
    if let Assurance::Claim(pointer, _) = &mapping.assurance {
        also(pointer);
    }
    let dated = mapping.verified_at.iter().filter(|_| max_age.is_some());
    for pointer in dated.chain(&mapping.expires_at).chain(&mapping.status).chain(&mapping.of) {
        also(pointer);
    }
    for only in &mapping.only {
        also(&only.claim);
    }
    claims
}

/// The path of a mapping's claim. For a list, the path of every entry.
pub(super) fn claim_path(vocabulary: &Vocabulary, mapping: &ClaimMapping) -> ClaimPath {
    let mut path = path(mapping, &mapping.claim);
    let kind = vocabulary.get(mapping.attribute).map(|attribute| &attribute.kind);
    let list = !matches!(kind, Some(Type::Bool | Type::Text | Type::Word(_) | Type::Number | Type::Country));
    if list && mapping.convert.is_none() {
        path.push(None);
    }
    path
}

fn path(mapping: &ClaimMapping, pointer: &str) -> ClaimPath {
    let mut path = ClaimPath::new();
    if let Some(each) = &mapping.each {
        path.extend(json::steps(each).map(Some));
        path.push(None);
    }
    path.extend(json::steps(pointer).map(Some));
    path
}

/// The claim path to request from a wallet, as JSON, if a credential did not disclose an attribute.
pub(super) fn hint(ruleset: &Ruleset, attribute: AttributeId) -> Option<String> {
    let credentials = ruleset.issuers.iter().filter(|issuer| !issuer.trusted.vct.is_empty());
    let mut mappings = credentials.flat_map(|issuer| &issuer.claims);
    let mapping = mappings.find(|mapping| attribute.settled_by().any(|source| source == mapping.attribute))?;
    let mut text = String::from("[");
    for (place, step) in claim_path(&ruleset.vocabulary, mapping).iter().enumerate() {
        if place > 0 {
            text.push_str(", ");
        }
        match step {
            Some(name) => text.push_str(&["\"", name, "\""].concat()),
            None => text.push_str("null"),
        }
    }
    text.push(']');
    Some(text)
}
