//! Decides if several tokens are about one person: by `sub` for tokens of one issuer, and as the ruleset declares for
//! those of several.

use crate::ruleset::Ruleset;
use crate::ruleset::model::SamePerson;
use crate::set::Set;
use crate::token::Claims;

/// An identifying mark of a token. Two tokens that share a mark are about one person.
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
    /// An issuer's name for a person that the holder may not have disclosed. It links nothing.
    Withheld(String),
}

/// The marks of a token under one ruleset.
pub fn marks(ruleset: &Ruleset, claims: &Claims) -> Set<Mark> {
    let mut marks = Set::default();
    let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { return marks };
    // In every spelling of the issuer, since another entry may have only some of them. Each tenant has its own names.
    for iss in &claims.credential().names {
        marks.extend(match claims.subject() {
            Some(sub) => Some(Mark::Named(iss.clone(), sub.to_owned())),
            None => claims.credential().hides_sub.then(|| Mark::Withheld(iss.clone())),
        });
    }
    for way in ruleset.same_person.iter() {
        marks.extend(match way {
            // Tenants never share names, even if issuers do.
            SamePerson::Subject => {
                claims.subject().filter(|_| claims.tenant().is_none()).map(|sub| Mark::Subject(sub.to_owned()))
            }
            SamePerson::Key => claims.holder_key().map(Mark::Key),
            SamePerson::Link => {
                let link = issuer.trusted.link.as_ref().and_then(|link| claims.get(link).ok().flatten());
                link.and_then(|link| link.as_str())
                    .filter(|link| !link.is_empty())
                    .map(|link| Mark::Link(link.to_owned()))
            }
        });
    }
    marks
}

/// True if tokens with these marks are all about one person: each is linked to the others, directly or indirectly, and
/// no issuer has two names for the person.
pub fn is_one_person(tokens: &[Set<Mark>]) -> bool {
    let differ = |(place, one): (usize, &Set<Mark>)| {
        tokens.iter().skip(place.saturating_add(1)).any(|other| have_two_names(one, other))
    };
    if tokens.iter().enumerate().any(differ) {
        return false;
    }
    let mut open: Vec<&Set<Mark>> = tokens.iter().collect();
    let mut known = open.pop().cloned().unwrap_or_default();
    // Each round links one more token, or the tokens cannot all be linked.
    while !open.is_empty() {
        let links = |mark: &Mark| !matches!(mark, Mark::Withheld(_)) && known.contains(mark);
        let linked = open.iter().position(|marks| marks.iter().any(links));
        let Some(place) = linked else { return false };
        known.extend(open.swap_remove(place).iter().cloned());
    }
    true
}

impl Mark {
    /// An issuer, and its name for the person. `None` instead of a name that may be withheld.
    fn name(&self) -> Option<(&String, Option<&String>)> {
        match self {
            Self::Named(iss, sub) => Some((iss, Some(sub))),
            Self::Withheld(iss) => Some((iss, None)),
            _ => None,
        }
    }
}

/// True if an issuer has, or could have, two names for the subjects of two tokens. One key may hold the credentials of
/// a parent and of a child. If a name is withheld, only a linking text that the issuer set in both tokens shows that it
/// is the same person.
fn have_two_names(one: &Set<Mark>, other: &Set<Mark>) -> bool {
    let linked = one.iter().any(|mark| matches!(mark, Mark::Link(_)) && other.contains(mark));
    one.iter().filter_map(Mark::name).any(|(iss, sub)| {
        other.iter().filter_map(Mark::name).any(|(issuer, other)| match (sub, other) {
            _ if iss != issuer => false,
            (Some(sub), Some(other)) => sub != other,
            _ => !linked,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_held_back_is_another_one_unless_the_issuer_links_the_two() {
        let iss = || "a".to_owned();
        let key = || Mark::Key([1; 32]);
        let link = || Mark::Link("same".to_owned());
        let of = |marks: &[Mark]| -> Set<Mark> { marks.iter().cloned().collect() };
        let (named, withheld) = (Mark::Named(iss(), "x".to_owned()), Mark::Withheld(iss()));
        for first in [&named, &withheld] {
            let pair = |more: Mark| [of(&[first.clone(), more.clone()]), of(&[withheld.clone(), more])];
            assert!(!is_one_person(&pair(key())));
            assert!(is_one_person(&pair(link())));
        }
        // The name of another issuer does not matter, and a withheld name links nothing.
        assert!(is_one_person(&[of(&[withheld.clone(), key()]), of(&[Mark::Named("b".to_owned(), iss()), key()])]));
        assert!(!is_one_person(&[of(&[withheld.clone(), link()]), of(&[withheld, key()])]));
    }

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
