//! Tests of sets, from the members in a row.

use super::clause::Clause;
use super::columns::{ColumnPart, WHOLE};
use super::evidence::of_version;
use super::members::SqlMembers;
use super::reader::{ConditionSql, NOTHING, RowReader};
use crate::base::country::Nationality;
use crate::check::program::AttributeTest;
use crate::ruleset::attribute::{AttributeId, Type};
use crate::ruleset::model::{EvidencePolicy, Matcher, Range};

impl<'a> RowReader<'a> {
    /// A set in evidence.
    pub(super) fn set(&self, test: &AttributeTest) -> ConditionSql {
        let source = test.attribute.read_from().first().copied().unwrap_or(test.attribute);
        let Some(said) = self.evidence(source, &test.policy) else { return NOTHING };
        let ever = test.attribute == AttributeId::NATIONALITIES_EVER;
        let members = self.members(source, &said.cell, ever);
        let untold = self.untold(source, &said.cell);
        let whole = match source {
            AttributeId::SUBJECT_ID => Clause::TRUE,
            _ => {
                let told = self.told_whole(source, &said.cell, ever);
                let told = Clause::any([told, self.says_complete(source, &test.policy)]);
                Clause::all([told, untold.clone().not()]).is_true()
            }
        };
        let counts = Clause::all([said.there.clone(), said.usable.clone()]);
        let (holds, in_vain) = self.matched(test, &members, whole);
        let holds = self.bind(test.attribute, Clause::first([(counts.clone(), holds)]));
        // An undisclosed or unmapped member still counts as evidence.
        let vague = Clause::all([counts, Clause::any([in_vain.is_true(), untold]), holds.is_unknown()]);
        let noisy = Clause::any([Clause::all([said.there, said.usable.not()]), vague]);
        ConditionSql { holds, noisy }
    }

    /// The members of a set; for holdings, those held.
    pub(super) fn members(&self, attribute: AttributeId, list: &str, ever: bool) -> SqlMembers {
        let kind = self.program.vocabulary().get(attribute).map(|one| &one.kind);
        match kind {
            Some(Type::Holdings) => SqlMembers::holdings(list.to_owned(), self.dialect, self.now, ever),
            Some(Type::Records(_) | Type::Shares) => SqlMembers::records(list.to_owned(), self.dialect),
            _ => SqlMembers::plain(list.to_owned(), self.dialect),
        }
    }

    /// The condition that the row asserts its set to be complete. An empty set asserts nothing.
    pub(super) fn told_whole(&self, attribute: AttributeId, list: &str, ever: bool) -> Clause {
        let some = Clause::open(format!("{} > 0", self.dialect.length(list)));
        let wanted = WHOLE.into_iter().skip(if ever { WHOLE.len().saturating_sub(1) } else { 0 });
        let told = match self.columns.read(attribute, ColumnPart::Complete) {
            None => Clause::Known(Some(!ever)),
            Some(complete) => {
                let complete = format!("COALESCE({complete}, {})", self.dialect.text("true"));
                Clause::settled(format!("{complete} IN ({})", self.dialect.texts(wanted)))
            }
        };
        Clause::all([some, told])
    }

    /// The condition that the issuer of the nationalities asserts that there are no others and never were.
    pub(super) fn says_complete(&self, source: AttributeId, policy: &EvidencePolicy) -> Clause {
        let complete = AttributeId::NATIONALITIES_COMPLETE;
        if source != AttributeId::NATIONALITIES {
            return Clause::FALSE;
        }
        let Some(said) = self.evidence(complete, policy) else { return Clause::FALSE };
        let first = self.program.first_issuer_of(source).and_then(|first| self.program.issuer(first));
        let first = self.dialect.text(first.map_or("", |first| first.trusted.id.as_str()));
        let by = |attribute| match self.columns.read(attribute, ColumnPart::Issuer) {
            Some(issuer) => format!("COALESCE({issuer}, {first})"),
            None => first.clone(),
        };
        let (of, by) = (by(source), by(complete));
        let same = if of == by { Clause::TRUE } else { Clause::settled(format!("{of} = {by}")) };
        Clause::all([said.there, said.usable, same, Clause::open(said.cell).is_true()])
    }

    /// The condition that a list contains an undisclosed nationality.
    pub(super) fn untold(&self, attribute: AttributeId, list: &str) -> Clause {
        let kind = self.program.vocabulary().get(attribute).map(|one| &one.kind);
        if kind != Some(&Type::Holdings) {
            return Clause::FALSE;
        }
        let so = self.among("x.country", Nationality::untold_codes());
        Clause::open(self.dialect.exists(list, &so.to_sql())).is_true()
    }

    /// The result for a set, and the condition that a member is evidence but does not settle it: an unmapped country,
    /// or a record that lacks a required field. Possibly missing members settle nothing.
    pub(super) fn matched(&self, test: &AttributeTest, members: &SqlMembers, whole: Clause) -> (Clause, Clause) {
        let shown_or_whole = |shown: Clause| Clause::first([(shown, Clause::TRUE), (whole.clone(), Clause::FALSE)]);
        let other_or_whole = |other: Clause| Clause::first([(other, Clause::FALSE), (whole.clone(), Clause::TRUE)]);
        let never = Clause::FALSE;
        match &test.matcher {
            Matcher::AnyText(wanted) => (shown_or_whole(members.any_of(wanted.iter().map(String::as_str))), never),
            Matcher::AllText(wanted) => (shown_or_whole(members.all_of(wanted.iter().map(String::as_str))), never),
            Matcher::OnlyText(wanted) => (other_or_whole(members.any_but(wanted.iter().map(String::as_str))), never),
            Matcher::AllCountry(area) => {
                let [inside, _, _] = of_version(area.at(self.now));
                (shown_or_whole(members.all_of(inside.into_iter())), never)
            }
            Matcher::AnyCountry(area) => {
                let [inside, _, unmapped] = of_version(area.at(self.now));
                let shown = members.any_of(inside.into_iter());
                let unmapped = members.any_of(unmapped.into_iter());
                let cases = [(shown, Clause::TRUE), (unmapped.clone(), Clause::UNKNOWN), (whole, Clause::FALSE)];
                (Clause::first(cases), unmapped)
            }
            Matcher::OnlyCountry(area) => {
                let [_, outside, unmapped] = of_version(area.at(self.now));
                let other = members.any_of(outside.into_iter());
                let unmapped = members.any_of(unmapped.into_iter());
                let cases = [(other, Clause::FALSE), (unmapped.clone(), Clause::UNKNOWN), (whole, Clause::TRUE)];
                (Clause::first(cases), unmapped)
            }
            Matcher::Record(fields) => {
                let each = fields.iter().map(|(name, matcher)| self.fits(matcher, &self.dialect.field("x", name)));
                let fits = Clause::all(each);
                let shown = members.any(&fits.is_true());
                let open = members.any(&fits.is_unknown());
                let cases = [(shown, Clause::TRUE), (open.clone(), Clause::UNKNOWN), (whole, Clause::FALSE)];
                (Clause::first(cases), open)
            }
            Matcher::Count(range) => (self.ranged(*range, &members.count(), whole), never),
            Matcher::Share(lists, range) => {
                let on = self.among("x.list", lists.iter().map(String::as_str));
                let sum = self.dialect.sum(&members.each_of(&on, "y.pct"));
                // Shares are decimal fractions: the result must not depend on errors of binary addition.
                let billionths = self.dialect.number(1e9);
                let sum = format!("({} / {billionths})", self.dialect.rounded(&format!("{sum} * {billionths}")));
                (self.ranged(*range, &sum, whole), never)
            }
            _ => (Clause::UNKNOWN, never),
        }
    }

    /// The condition that an amount, which undisclosed members could only increase, is in a range.
    pub(super) fn ranged(&self, range: Range, amount: &str, whole: Clause) -> Clause {
        let bound = |sign: &str, bound: f64| Clause::open(format!("{amount} {sign} {}", self.dialect.number(bound)));
        let least = range.at_least.map_or(Clause::TRUE, |least| bound(">=", least.0));
        let most = range.at_most.map_or(Clause::TRUE, |most| bound("<=", most.0));
        let sure = if range.at_most.is_none() { least.clone() } else { Clause::FALSE };
        Clause::first([(most.clone().not(), Clause::FALSE), (sure, Clause::TRUE), (whole, Clause::all([least, most]))])
    }

    /// 15 CFR 734.13(b): of the citizenships and permanent residencies held, the one acquired last.
    pub(super) fn most_recent(&self, test: &AttributeTest) -> ConditionSql {
        let Matcher::Country(area) = &test.matcher else { return NOTHING };
        let (mut lists, mut weak, mut untold) = (Vec::new(), Vec::new(), Vec::new());
        for source in test.attribute.read_from() {
            let Some(said) = self.evidence(*source, &test.policy) else { continue };
            let counts = Clause::all([said.there.clone(), said.usable.clone()]);
            let held = self.members(*source, &said.cell, false).held();
            lists.push(format!(
                "CASE WHEN {} THEN {held} ELSE {} END",
                counts.to_sql(),
                self.dialect.empty(&Type::Holdings)
            ));
            weak.push(Clause::all([said.there, said.usable.not()]));
            untold.push(Clause::all([counts, self.untold(*source, &said.cell)]));
        }
        if lists.is_empty() {
            return NOTHING;
        }
        let held = self.dialect.joined(&lists);
        let (weak, untold) = (Clause::any(weak), Clause::any(untold));
        let some = Clause::settled(format!("{} > 0", self.dialect.length(&held)));
        let countries = self.dialect.each(&held, "y.country");
        let only = format!("{} = 1", self.dialect.length(&self.dialect.distinct(&countries)));
        let [mine, others] = ["x.since", "y.since"].map(|since| self.dialect.in_millis(since));
        let latest = self.dialect.greatest(&self.dialect.each(&held, &others));
        let last = self.dialect.filtered(&held, &format!("({only} OR x.since IS NULL OR {mine} = {latest})"));
        let all = |place: usize| {
            let version = of_version(area.at(self.now));
            let others =
                version.into_iter().enumerate().filter(|(other, _)| *other != place).flat_map(|(_, codes)| codes);
            let other = self.among("x.country", others);
            Clause::open(self.dialect.exists(&last, &other.to_sql())).is_true().not()
        };
        let settled = Clause::all([weak.clone().not(), untold.clone().not(), some.clone()]);
        let cases = [(all(0), Clause::TRUE), (all(1), Clause::FALSE)];
        let holds = self.bind(test.attribute, Clause::first([(settled, Clause::first(cases))]));
        // Evidence that does not settle the test is not absent evidence.
        let noisy = Clause::all([holds.is_unknown(), Clause::any([weak, some, untold])]);
        ConditionSql { holds, noisy }
    }
}
