//! The countries that a condition names, at each instant.

use crate::base::country::{Country, CountrySet};
use crate::base::set::Set;
use crate::base::time::Instant;

/// A set of countries that may change with time, and for which the membership of some countries is unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Area {
    /// Each version is in force until the next one. Before the first one the membership of every country is unknown.
    pub(crate) versions: Vec<Version>,
}

/// The members from one instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Version {
    pub(crate) from: Instant,
    pub(crate) members: CountrySet,
    /// The countries whose membership is known: the members, and the countries that another group maps.
    pub(crate) mapped: CountrySet,
}

impl Area {
    /// These countries and no others, at all times.
    pub(crate) fn of(members: CountrySet) -> Self {
        Self { versions: vec![Version { from: Instant::MIN, members, mapped: CountrySet::ALL }] }
    }

    /// The version in force at an instant.
    pub(crate) fn at(&self, now: Instant) -> Version {
        let nothing = Version { from: Instant::MIN, members: CountrySet::default(), mapped: CountrySet::default() };
        self.versions.iter().rev().find(|version| version.from <= now).copied().unwrap_or(nothing)
    }

    /// The instants at which it changes.
    pub(crate) fn boundaries(&self) -> impl Iterator<Item = Instant> {
        self.versions.iter().map(|version| version.from).filter(|from| *from > Instant::MIN)
    }

    /// The only version, in force at all times. `None` if the set changes.
    pub(crate) fn always(&self) -> Option<Version> {
        match self.versions.as_slice() {
            [only] if only.from == Instant::MIN => Some(*only),
            _ => None,
        }
    }

    /// The union of both. A country is outside only if it is outside both.
    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut instants: Set<Instant> = Set::default();
        instants.extend(self.versions.iter().chain(&other.versions).map(|version| version.from));
        let versions = instants.into_iter().map(|from| {
            let (a, b) = (self.at(from), other.at(from));
            let members = a.members.union(&b.members);
            Version { from, members, mapped: a.mapped.intersection(&b.mapped).union(&members) }
        });
        Self { versions: versions.collect() }
    }
}

impl Version {
    /// Returns true if a country is a member, false if it is not. `None` if that is unknown.
    pub(crate) fn contains(&self, country: Country) -> Option<bool> {
        if self.members.contains(country) {
            return Some(true);
        }
        self.mapped.contains(country).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_group_maps_is_unknown_and_never_outside() {
        let set = |codes: &[&str]| codes.iter().filter_map(|code| Country::parse(code)).collect::<CountrySet>();
        let day = |text: &str| Instant::parse(text).unwrap();
        let country = |code| Country::parse(code).unwrap();
        let area = Area {
            versions: vec![
                Version { from: day("2025-01-01"), members: set(&["KH"]), mapped: set(&["KH", "DE"]) },
                Version { from: day("2025-11-07"), members: set(&[]), mapped: set(&["KH", "DE"]) },
            ],
        };
        assert_eq!(area.at(day("2024-01-01")).contains(country("KH")), None, "before there was a version");
        assert_eq!(area.at(day("2025-06-01")).contains(country("KH")), Some(true));
        assert_eq!(area.at(day("2025-11-07")).contains(country("KH")), Some(false));
        assert_eq!(area.at(day("2025-06-01")).contains(country("DE")), Some(false));
        assert_eq!(area.at(day("2025-06-01")).contains(country("PS")), None);
        let both = area.union(&Area::of(set(&["PS"])));
        assert_eq!(both.at(day("2026-01-01")).contains(country("PS")), Some(true));
        assert_eq!(both.at(day("2026-01-01")).contains(country("EH")), None, "a list beside a group maps no more");
        assert_eq!(both.boundaries().count(), 2);
    }
}
