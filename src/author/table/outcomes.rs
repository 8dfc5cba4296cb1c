//! Decides millions of rows: each distinct row is decided once, and its result is cached.

use super::classes::Classes;
use super::person::{EvidenceMode, PersonReader, Wrong};
use super::view::{Query, RulesetWindow};
use super::{Columns, Row, TableError};
use crate::base::intern::Interned;
use crate::base::set::Set;
use crate::base::time::{Instant, Span};
use crate::check::decide::for_authors::{self, Brief};
use crate::check::program::Program;
use std::collections::HashMap;

/// The maximum number of cached rows, and of their bytes. Beyond, the cache is cleared, so memory stays bounded for any
/// table.
const REMEMBERED: usize = 1 << 18;
const REMEMBERED_BYTES: usize = 32 << 20;

/// A cell that is not of its column's type. Most such cells are only counted, so its description is made on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongCell {
    /// Index of the view in which it is wrong.
    view: usize,
    cell: Wrong,
}

impl WrongCell {
    /// The index of its column.
    pub const fn place(self) -> usize {
        self.cell.place
    }
}

/// Decides rows under several views at once.
#[derive(Debug)]
pub struct BatchDecider<'a> {
    columns: &'a Columns,
    views: Vec<(Query<'a>, PersonReader<'a>)>,
    ages: Ages,
    classes: Classes,
    memo: HashMap<Box<[u8]>, Result<u32, WrongCell>>,
    remembered: usize,
    briefs: Interned<Brief>,
    verdicts: Interned<Vec<u32>>,
}

impl<'a> BatchDecider<'a> {
    /// Creates the cache for tables with these columns.
    pub fn new(views: Vec<Query<'a>>, columns: &'a Columns) -> Self {
        let ages = Ages::new(&views);
        let views = views.into_iter().map(|view| {
            let reader = PersonReader::new(view.program, columns);
            (view, reader)
        });
        Self {
            columns,
            views: views.collect(),
            ages,
            classes: Classes::new(columns.names().len()),
            memo: HashMap::default(),
            remembered: 0,
            briefs: Interned::default(),
            verdicts: Interned::default(),
        }
    }

    /// Adds a cell to a row, as [`Columns::put`] does. Times of verification that no policy distinguishes become equal,
    /// and so do values that no test distinguishes, so that rows which are otherwise equal share one cached result.
    pub fn put(&mut self, row: &mut Row, place: usize, text: &str) {
        if self.columns.is_instant(place) {
            return self.columns.put(row, place, self.ages.same(text).unwrap_or(text));
        }
        // Groups of countries change with time.
        let same = if self.ages.now.is_some() && !text.is_empty() {
            self.classes.same(&self.views, place, text)
        } else {
            None
        };
        self.columns.put(row, place, same.unwrap_or(text));
    }

    /// Decides a row under all views. Returns a number for [`BatchDecider::verdict`].
    ///
    /// # Errors
    /// A cell that is not of its column's type.
    pub fn outcome(&mut self, row: &Row) -> Result<u32, WrongCell> {
        if let Some(known) = self.memo.get(row.bytes()) {
            return *known;
        }
        let new = self.decide(row);
        self.remembered = self.remembered.saturating_add(row.bytes().len());
        if self.memo.len() >= REMEMBERED || self.remembered > REMEMBERED_BYTES {
            self.memo.clear();
            self.remembered = row.bytes().len();
        }
        self.memo.insert(row.bytes().into(), new);
        new
    }

    /// Describes the error in a cell of a row.
    pub fn tell(&self, wrong: WrongCell, row: &Row) -> TableError {
        match self.views.get(wrong.view) {
            Some((_, reader)) => reader.tell(wrong.cell, row),
            None => TableError::Row { problem: "a cell is wrong".to_owned() },
        }
    }

    /// The answers of a verdict: for each view, one per requested model and action.
    pub fn verdict(&self, number: u32) -> impl Iterator<Item = &Brief> {
        self.verdicts.get(number).into_iter().flatten().filter_map(|brief| self.briefs.get(*brief))
    }

    fn decide(&mut self, row: &Row) -> Result<u32, WrongCell> {
        let mut answers = Vec::new();
        for (number, (view, reader)) in self.views.iter().enumerate() {
            let person = reader.person(row, view.belief, view.now);
            let (subject, context) = person.map_err(|cell| WrongCell { view: number, cell })?;
            let briefs = match view.window {
                RulesetWindow::Counts => for_authors::briefs,
                RulesetWindow::Ignored => for_authors::briefs_at_any_time,
            };
            let briefs = briefs(view.program, &subject, &context, &view.asked, view.now);
            answers.extend(briefs.into_iter().map(|brief| self.briefs.add(brief)));
        }
        Ok(self.verdicts.add(answers))
    }
}

/// Classes of times of verification that the policies of all views do not distinguish.
#[derive(Debug, Default)]
struct Ages {
    now: Option<Instant>,
    ages: Vec<Span>,
    /// One example of each class, as text.
    kinds: Vec<(u64, String)>,
}

impl Ages {
    fn new(views: &[Query<'_>]) -> Self {
        let ages: Set<Span> = views.iter().flat_map(|view| view.program.greatest_ages()).collect();
        let now = views.first().map(|view| view.now).filter(|now| views.iter().all(|view| view.now == *now));
        // One bit per age, and one for future instants.
        let Some(now) = now.filter(|_| ages.iter().count() < 63) else { return Self::default() };
        let mut all = Self { now: Some(now), ages: ages.into_vec(), kinds: Vec::new() };
        let ahead = now.saturating_add(Span::from_millis(1));
        let ends = all.ages.iter().map(|age| now.saturating_sub(*age));
        let examples: Vec<Instant> = [now, ahead].into_iter().chain(ends).collect();
        for at in examples {
            let kind = all.kind(now, at);
            if !all.kinds.iter().any(|(known, _)| *known == kind) {
                all.kinds.push((kind, at.to_string()));
            }
        }
        all
    }

    /// An equivalent instant. `None` if none is known or the text is not an instant.
    fn same(&self, text: &str) -> Option<&str> {
        let (now, at) = (self.now?, Instant::parse(text)?);
        let kind = self.kind(now, at);
        self.kinds.iter().find(|(known, _)| *known == kind).map(|(_, text)| text.as_str())
    }

    /// The class of an instant: in the future or not, and fresh or not for each age. Tests depend on nothing else.
    fn kind(&self, now: Instant, at: Instant) -> u64 {
        let fresh = |age: &Span| now < at.saturating_add(*age);
        self.ages.iter().fold(u64::from(at > now), |kind, age| kind << 1 | u64::from(fresh(age)))
    }
}

/// Decides rows that are requests, each at its own instant, without a cache.
#[derive(Debug)]
pub struct Requests<'a> {
    program: &'a Program,
    reader: PersonReader<'a>,
}

impl<'a> Requests<'a> {
    /// Creates a reader for tables with these columns.
    pub fn new(program: &'a Program, columns: &'a Columns) -> Self {
        Self { program, reader: PersonReader::new(program, columns) }
    }

    /// Evaluates a request under the rules in force at its instant. The ruleset's own window is ignored: a correction
    /// is issued after what it corrects.
    ///
    /// # Errors
    /// A cell that is not of its column's type.
    pub fn outcome(&self, row: &Row, asked: &(String, String), at: Instant) -> Result<Brief, WrongCell> {
        let person = self.reader.person(row, EvidenceMode::AsShown, at);
        let (subject, context) = person.map_err(|cell| WrongCell { view: 0, cell })?;
        Ok(for_authors::brief_at_any_time(self.program, &subject, &context, asked, at))
    }

    /// Describes the error in a cell of a row.
    pub fn tell(&self, wrong: WrongCell, row: &Row) -> TableError {
        self.reader.tell(wrong.cell, row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded_by_bytes_too() {
        let document =
            crate::author::language::parse_yaml(include_str!("../../../pkg/rulesets/us-order.yaml")).unwrap();
        let program = crate::check::program::compile(crate::author::language::read_rules(&document).unwrap());
        let (columns, _) = Columns::read(&[&program], ["subject.employer"]);
        let (now, belief) = (Instant::parse("2026-06-20T00:00:00Z").unwrap(), EvidenceMode::AsShown);
        let view = Query { program: &program, now, belief, asked: Vec::new(), window: RulesetWindow::Counts };
        let mut outcomes = BatchDecider::new(vec![view], &columns);
        let mut row = Row::default();
        for number in 0..100 {
            row.clear();
            outcomes.put(&mut row, 0, &[number.to_string(), "x".repeat(1 << 20)].concat());
            let _ = outcomes.outcome(&row);
        }
        let kept: usize = outcomes.memo.keys().map(|row| row.len()).sum();
        assert!(kept <= REMEMBERED_BYTES && !outcomes.memo.is_empty(), "{kept}");
    }
}
