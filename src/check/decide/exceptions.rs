//! Exceptions and licences: what lifts a rule, or the reason why nothing does.

use super::cause::Cause;
use super::conditions::{Evaluation, Party};
use super::evidence::TestResult;
use super::truth::Truth;
use crate::base::time::Instant;
use crate::check::program::{Cell, CompiledException, LicenceIndex, NodeId};
use crate::ruleset::model::{Effective, Exception, Licence, Proviso};

/// The result of one exception.
pub(crate) struct ExceptionResult<'a> {
    pub(crate) exception: &'a Exception,
    pub(crate) lift: &'a CompiledException,
    /// The licence that it rests on, `None` if it needs no licence. An error is the reason why it does not lift.
    pub(crate) result: Result<Option<usize>, NotLifted>,
}

/// Why an exception does not lift the rule. The nearer to applying, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NotLifted {
    /// Not for this model.
    Model,
    /// Not for this action.
    Action,
    /// Not in force yet.
    NotYet,
    /// No longer in force.
    Over,
    /// Suspended.
    Suspended,
    /// Its condition is false.
    Condition,
    /// There is no licence, or its holder is another person.
    Holder,
    /// The licence is for other models.
    LicenceModel,
    /// The licence is for other actions.
    LicenceAction,
    /// The licence is for other purposes.
    EndUse,
    /// Its condition, or the licence's holder, is unknown.
    Open(Cause),
    /// The person holds the licence, but it is not valid yet.
    LicenceNotYet,
    /// The person holds the licence, but it has expired.
    LicenceOver,
    /// The licence was revoked.
    Revoked,
    /// A proviso is not satisfied, or no longer.
    Proviso,
    /// It is meant for this person, but its requirement at this index is not satisfied.
    Provided(usize),
}

impl Evaluation<'_> {
    /// Evaluates one exception of a rule for a party. Returns the licence that it rests on, `None` if it needs no
    /// licence.
    pub(super) fn try_lift(
        &self,
        exception: &Exception,
        lift: &CompiledException,
        party: Party,
        cell: Cell,
    ) -> Result<Option<usize>, NotLifted> {
        let (model, action) = self.program.positions(cell);
        if !self.program.lifts_model(lift, model) {
            return Err(NotLifted::Model);
        }
        if !self.program.lifts_action(lift, action) {
            return Err(NotLifted::Action);
        }
        in_force(&exception.effective, self.now)?;
        self.holds(lift.when, party, NotLifted::Condition)?;
        let licence =
            lift.licence_index.map(|licence_index| self.find_licence(licence_index, party, cell)).transpose()?;
        for (position, node) in lift.provided.iter().enumerate() {
            self.holds(*node, party, NotLifted::Provided(position)).map_err(|_| NotLifted::Provided(position))?;
        }
        Ok(licence)
    }

    /// Why an exception might still lift the rule. `None` if it lifts, or certainly does not.
    pub(super) fn left_open(&self, tried: &ExceptionResult<'_>, party: Party, cell: Cell) -> Option<Cause> {
        // An exception that is not in force, or is for other models, actions or persons, certainly does not lift.
        tried.result.err().filter(|failed| *failed >= NotLifted::Holder)?;
        let cause = std::cell::Cell::new(Cause::Missing);
        let possible = |node: NodeId| {
            let verdict = self.node(node, party);
            cause.set(cause.get().max(verdict.cause.unwrap_or(Cause::Missing)));
            verdict.truth != Truth::False
        };
        let held = |licence_index: usize| {
            let mut grants =
                self.servable(licence_index, party, cell).filter_map(|position| self.program.licence(position));
            grants.any(|(_, grant)| possible(grant.holder))
        };
        let lift = tried.lift;
        let open =
            possible(lift.when) && lift.provided.iter().copied().all(possible) && lift.licence_index.is_none_or(held);
        open.then(|| cause.get())
    }

    /// The licence that fits. If none fits, the reason of the one that is nearest to fitting.
    fn find_licence(&self, licence_index: usize, party: Party, cell: Cell) -> Result<usize, NotLifted> {
        let Some(licence_index) = self.program.licence_index(licence_index) else { return Err(NotLifted::Holder) };
        let mut nearest = NotLifted::Holder;
        let mut look = |position: usize| match self.licence_serves(position, party, cell) {
            Ok(()) => Some(position),
            Err(failed) => {
                nearest = nearest.max(failed);
                None
            }
        };
        let ids = self.subject.ids();
        let mut found = licence_index.held_by(ids).find_map(&mut look);
        // A name of the presenter is unknown, so any licence that would fit might be the presenter's. Other parties cannot
        // hold the presenter's licence.
        if found.is_none() && self.subject.lacks_a_name() && self.presents(party) {
            let one = licence_index.iter().find(|position| self.could_serve(*position, party, cell));
            found = one.or_else(|| licence_index.iter().next()).and_then(&mut look);
        }
        found.ok_or(nearest)
    }

    /// The licences of a wallet that would fit if this party were their holder, as far as it might be.
    pub(super) fn servable(&self, licence_index: usize, party: Party, cell: Cell) -> impl Iterator<Item = usize> {
        let licence_index = self.program.licence_index(licence_index);
        let anybody = self.subject.lacks_a_name() && self.presents(party);
        let all = licence_index.filter(|_| anybody).into_iter().flat_map(LicenceIndex::iter);
        let own = licence_index
            .filter(|_| !anybody)
            .into_iter()
            .flat_map(|licence_index| licence_index.held_by(self.subject.ids()));
        all.chain(own).filter(move |position| self.could_serve(*position, party, cell))
    }

    fn licence_serves(&self, position: usize, party: Party, cell: Cell) -> Result<(), NotLifted> {
        let (licence, grant) = self.program.licence(position).ok_or(NotLifted::Holder)?;
        let holder = self.holds(grant.holder, party, NotLifted::Holder);
        if holder == Err(NotLifted::Holder) {
            return holder;
        }
        let (model, action) = self.program.positions(cell);
        // The holder does not matter if the licence is for something else.
        if !grant.covers_model(model) {
            return Err(NotLifted::LicenceModel);
        }
        if !grant.covers_action(action) {
            return Err(NotLifted::LicenceAction);
        }
        let end_use = grant.end_uses.map_or(Ok(()), |node| self.holds(node, party, NotLifted::EndUse));
        if end_use == Err(NotLifted::EndUse) {
            return end_use;
        }
        holder?;
        end_use?;
        licence_in_force(licence, self.now)
    }

    /// True if a licence would fit if this party were its holder: nothing else that is known excludes it.
    pub(crate) fn could_serve(&self, position: usize, party: Party, cell: Cell) -> bool {
        self.program.licence(position).is_some_and(|(licence, grant)| {
            let (model, action) = self.program.positions(cell);
            grant.covers_model(model)
                && grant.covers_action(action)
                && grant.end_uses.is_none_or(|node| self.node(node, party).truth != Truth::False)
                && licence_in_force(licence, self.now).is_ok()
        })
    }

    fn holds(&self, node: NodeId, party: Party, failed: NotLifted) -> Result<(), NotLifted> {
        match self.node(node, party) {
            TestResult { truth: Truth::True, .. } => Ok(()),
            TestResult { truth: Truth::False, .. } => Err(failed),
            TestResult { cause, .. } => Err(NotLifted::Open(cause.unwrap_or(Cause::Missing))),
        }
    }
}

impl NotLifted {
    /// Stable code.
    pub(crate) fn code(self, exception: &Exception) -> &str {
        match self {
            Self::Model => "exception.model",
            Self::Action => "exception.action",
            Self::NotYet => "exception.not_yet",
            Self::Over => "exception.over",
            Self::Suspended => "exception.suspended",
            Self::Condition => "exception.condition",
            Self::Holder => "licence.holder",
            Self::LicenceModel => "licence.model",
            Self::LicenceAction => "licence.action",
            Self::EndUse => "licence.end_use",
            Self::LicenceNotYet => "licence.not_yet_valid",
            Self::LicenceOver => "licence.expired",
            Self::Revoked => "licence.revoked",
            Self::Proviso => "licence.proviso",
            Self::Open(cause) => cause.code(),
            Self::Provided(position) => {
                exception.provided.get(position).map_or("exception.condition", |item| &item.reason)
            }
        }
    }
}

pub(crate) fn in_force(effective: &Effective, now: Instant) -> Result<(), NotLifted> {
    if effective.window.is_before(now) {
        return Err(NotLifted::NotYet);
    }
    if effective.window.is_over(now) || effective.lifted.is_some_and(|lifted| now >= lifted) {
        return Err(NotLifted::Over);
    }
    if effective.suspended.iter().any(|window| window.contains(now)) {
        return Err(NotLifted::Suspended);
    }
    Ok(())
}

pub(crate) fn licence_in_force(licence: &Licence, now: Instant) -> Result<(), NotLifted> {
    if licence.revoked.is_some_and(|revoked| now >= revoked) {
        return Err(NotLifted::Revoked);
    }
    if licence.window.is_before(now) {
        return Err(NotLifted::LicenceNotYet);
    }
    if licence.window.is_over(now) {
        return Err(NotLifted::LicenceOver);
    }
    let kept = |proviso: &Proviso| proviso.satisfied && proviso.until.is_none_or(|until| now < until);
    if !licence.provisos.iter().all(kept) {
        return Err(NotLifted::Proviso);
    }
    Ok(())
}
