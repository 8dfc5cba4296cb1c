//! Whether several tokens are about one person: those of one issuer by `sub`, those of several as the ruleset says.

use crate::ruleset::Ruleset;
use crate::ruleset::model::SamePerson;
use crate::set::Set;
use crate::token::Claims;

/// What a token is known by: two that share a mark are about one person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// An issuer's name for a person.
    Named(String, String),
    /// A name that issuers share.
    Subject(String),
    /// A key that the tokens are bound to.
    Key([u8; 32]),
    /// A text that links them.
    Link(String),
}

/// The marks of a token under one ruleset.
pub fn marks(ruleset: &Ruleset, claims: &Claims) -> Set<Mark> {
    let mut marks = Set::default();
    let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { return marks };
    if let Some(sub) = claims.subject() {
        // Each tenant of a provider has names of its own.
        let iss = claims.credential().names.first().cloned().unwrap_or_default();
        marks.insert(Mark::Named(iss, sub.to_owned()));
    }
    for way in ruleset.same_person.iter() {
        marks.extend(match way {
            // Tenants share no names, whatever issuers share theirs.
            SamePerson::Subject => {
                claims.subject().filter(|_| claims.tenant().is_none()).map(|sub| Mark::Subject(sub.to_owned()))
            }
            SamePerson::Key => claims.holder_key().map(Mark::Key),
            SamePerson::Link => {
                let link = issuer.trusted.link.as_ref().and_then(|link| claims.payload().pointer(link));
                link.and_then(|link| link.as_str())
                    .filter(|link| !link.is_empty())
                    .map(|link| Mark::Link(link.to_owned()))
            }
        });
    }
    marks
}

/// Whether tokens with these marks are all about one person: each is linked to the others, directly or by way of them, and no
/// issuer has two names for them.
pub fn is_one_person(tokens: &[Set<Mark>]) -> bool {
    let named = || tokens.iter().flat_map(|marks| marks.iter()).filter(|mark| matches!(mark, Mark::Named(..)));
    let is_another =
        |one: &Mark, other: &Mark| matches!((one, other), (Mark::Named(a, x), Mark::Named(b, y)) if a == b && x != y);
    if named().any(|one| named().any(|other| is_another(one, other))) {
        return false;
    }
    let mut open: Vec<&Set<Mark>> = tokens.iter().collect();
    let mut known = open.pop().cloned().unwrap_or_default();
    // Each round links one more token, or none can be.
    while !open.is_empty() {
        let linked = open.iter().position(|marks| marks.iter().any(|mark| known.contains(mark)));
        let Some(place) = linked else { return false };
        known.extend(open.swap_remove(place).iter().cloned());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_has_one_name_for_a_person_whatever_links_the_tokens() {
        let token = |issuer: &str, sub: &str| -> Set<Mark> {
            [Mark::Named(issuer.to_owned(), sub.to_owned()), Mark::Link("same".to_owned())].into_iter().collect()
        };
        assert!(is_one_person(&[token("a", "x"), token("b", "y")]));
        assert!(is_one_person(&[token("a", "x"), token("a", "x")]));
        assert!(!is_one_person(&[token("a", "x"), token("a", "y")]));
        assert!(!is_one_person(&[token("a", "x"), token("b", "y"), token("a", "y")]));
    }
}
