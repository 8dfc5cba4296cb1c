//! The licences on which an exception can rest, by holder.

use crate::base::set::Set;
use crate::ruleset::Ruleset;
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{Condition, LicenceRef, Matcher};

/// Licences, as positions.
#[derive(Debug, Default)]
pub(crate) struct LicenceIndex {
    /// Licences whose holder is named by `subject.id`, sorted by that id. There may be thousands of one kind.
    by_subject: Set<(String, usize)>,
    /// Licences with any other holder.
    others: Vec<usize>,
    /// The attributes that the holders and the end uses of all licences read.
    pub(super) asks: Set<AttributeId>,
    /// The evidence that the holders and the end uses read.
    pub(super) watches: Set<u32>,
}

impl LicenceIndex {
    pub(super) fn of(ruleset: &Ruleset, wanted: &LicenceRef) -> Self {
        let mut licence_index = Self::default();
        for (position, licence) in ruleset.licences.iter().enumerate() {
            let serves = match wanted {
                LicenceRef::Id(id) => licence.id == *id,
                LicenceRef::Kind(kind) => licence.kind.as_ref() == Some(kind),
            };
            if !serves {
                continue;
            }
            match &licence.holder {
                Condition::Test(AttributeId::SUBJECT_ID, Matcher::AnyText(ids)) => {
                    licence_index.by_subject.extend(ids.iter().map(|id| (id.clone(), position)));
                }
                _ => licence_index.others.push(position),
            }
        }
        licence_index
    }

    /// The licences that one of these subjects may hold.
    pub(crate) fn held_by<'a>(&'a self, subjects: &'a [String]) -> impl Iterator<Item = usize> + 'a {
        let named = subjects.iter().flat_map(|subject| {
            let all = self.by_subject.as_slice();
            let start = all.partition_point(|(id, _)| id < subject);
            all.iter().skip(start).take_while(move |(id, _)| id == subject).map(|(_, position)| *position)
        });
        named.chain(self.others.iter().copied())
    }

    /// All licences.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.by_subject.iter().map(|(_, position)| *position).chain(self.others.iter().copied())
    }
}
