//! Decides if several tokens are about one person: by `sub` for tokens of one issuer, and as the ruleset declares for
//! those of several.

use crate::base::set::Set;
use crate::ruleset::Ruleset;
use crate::ruleset::model::SamePerson;
use crate::verify::token::Claims;

/// An identifying mark of a token. Two tokens that share a mark are about one person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BindingKey {
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
pub fn marks(ruleset: &Ruleset, claims: &Claims) -> Set<BindingKey> {
    let mut marks = Set::default();
    let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { return marks };
    // In every spelling of the issuer, since another entry may have only some of them. Each tenant has its own names.
    for iss in &claims.credential().names {
        marks.extend(match claims.subject() {
            Some(sub) => Some(BindingKey::Named(iss.clone(), sub.to_owned())),
            None => claims.credential().hides_sub.then(|| BindingKey::Withheld(iss.clone())),
        });
    }
    for way in ruleset.same_person.iter() {
        marks.extend(match way {
            // Tenants never share names, even if issuers do.
            SamePerson::Subject => {
                claims.subject().filter(|_| claims.tenant().is_none()).map(|sub| BindingKey::Subject(sub.to_owned()))
            }
            SamePerson::Key => claims.holder_key().map(BindingKey::Key),
            SamePerson::Link => {
                let link = issuer.trusted.link.as_ref().and_then(|link| claims.get(link).ok().flatten());
                link.and_then(|link| link.as_str())
                    .filter(|link| !link.is_empty())
                    .map(|link| BindingKey::Link(link.to_owned()))
            }
        });
    }
    marks
}

/// True if tokens with these marks are all about one person: each is linked to the others, directly or indirectly, and
/// no issuer has two names for the person.
pub fn is_one_person(tokens: &[Set<BindingKey>]) -> bool {
    let differ = |(place, one): (usize, &Set<BindingKey>)| {
        tokens.iter().skip(place.saturating_add(1)).any(|other| have_two_names(one, other))
    };
    if tokens.iter().enumerate().any(differ) {
        return false;
    }
    let mut open: Vec<&Set<BindingKey>> = tokens.iter().collect();
    let mut known = open.pop().cloned().unwrap_or_default();
    // Each round links one more token, or the tokens cannot all be linked.
    while !open.is_empty() {
        let links = |mark: &BindingKey| !matches!(mark, BindingKey::Withheld(_)) && known.contains(mark);
        let linked = open.iter().position(|marks| marks.iter().any(links));
        let Some(place) = linked else { return false };
        known.extend(open.swap_remove(place).iter().cloned());
    }
    true
}

impl BindingKey {
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
fn have_two_names(one: &Set<BindingKey>, other: &Set<BindingKey>) -> bool {
    let linked = one.iter().any(|mark| matches!(mark, BindingKey::Link(_)) && other.contains(mark));
    one.iter().filter_map(BindingKey::name).any(|(iss, sub)| {
        other.iter().filter_map(BindingKey::name).any(|(issuer, other)| match (sub, other) {
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
        let key = || BindingKey::Key([1; 32]);
        let link = || BindingKey::Link("same".to_owned());
        let of = |marks: &[BindingKey]| -> Set<BindingKey> { marks.iter().cloned().collect() };
        let (named, withheld) = (BindingKey::Named(iss(), "x".to_owned()), BindingKey::Withheld(iss()));
        for first in [&named, &withheld] {
            let pair = |more: BindingKey| [of(&[first.clone(), more.clone()]), of(&[withheld.clone(), more])];
            assert!(!is_one_person(&pair(key())));
            assert!(is_one_person(&pair(link())));
        }
        // The name of another issuer does not matter, and a withheld name links nothing.
        assert!(is_one_person(&[
            of(&[withheld.clone(), key()]),
            of(&[BindingKey::Named("b".to_owned(), iss()), key()])
        ]));
        assert!(!is_one_person(&[of(&[withheld.clone(), link()]), of(&[withheld, key()])]));
    }

    #[test]
    fn an_issuer_has_one_name_for_a_person_whatever_links_the_tokens() {
        let token = |issuer: &str, sub: &str| -> Set<BindingKey> {
            [BindingKey::Named(issuer.to_owned(), sub.to_owned()), BindingKey::Link("same".to_owned())]
                .into_iter()
                .collect()
        };
        assert!(is_one_person(&[token("a", "x"), token("b", "y")]));
        assert!(is_one_person(&[token("a", "x"), token("a", "x")]));
        assert!(!is_one_person(&[token("a", "x"), token("a", "y")]));
        assert!(!is_one_person(&[token("a", "x"), token("b", "y"), token("a", "y")]));
    }
}
