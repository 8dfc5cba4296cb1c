//! Counts people by result: batches of rows on every core, each with a cache of its own, then merged.

use crate::cli::io::failure::Failure;
use crate::cli::io::progress::Progress;
use crate::cli::table;
use crate::cli::table::{RowSource, TableCell, TableFindings};
use brightline::{BatchDecider, Brief, Columns, Program, Query, Row, TableError, WrongCell};
use std::collections::HashMap;

/// People with the same results, in one country and organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PeopleGroup {
    pub(super) country: String,
    pub(super) organisation: String,
    /// For each view, for each model and action.
    pub(super) answers: Vec<Brief>,
}

/// The counts of a source.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// People of each group, in millionths, so that the order of addition changes no digit.
    pub(super) groups: HashMap<PeopleGroup, u64>,
    pub(super) findings: TableFindings,
    pub(super) rows: u64,
    /// The columns of attributes that occurred, for sources in which each row names its own columns.
    pub(super) seen: Vec<bool>,
}

/// The columns by which people are grouped.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupColumns {
    pub(super) country: bool,
    pub(super) organisation: bool,
}

/// Counts all rows of a source.
pub(super) fn count(
    source: &mut dyn RowSource,
    columns: &Columns,
    views: &[Query<'_>],
    by: GroupColumns,
    progress: &Progress,
) -> Result<Counted, Failure> {
    let new = || PersonWorker::new(columns, views, by);
    let mut all = Counted { seen: vec![false; columns.names().len()], ..Counted::default() };
    for worker in table::share_out(source, columns, &new, &PersonWorker::row, progress)? {
        all.merge(worker.finish());
    }
    // Each sum of the report is a part of this one, so no counter overflows.
    let sum = all.groups.values().try_fold(0_u64, |sum, weight| sum.checked_add(*weight));
    if sum.is_none_or(|sum| sum > SUM) {
        return Err(Failure::other(
            "the weights add up to more than 10000000000000 people, which cannot be counted exactly",
        ));
    }
    Ok(all)
}

impl Counted {
    fn merge(&mut self, other: Self) {
        for (group, more) in other.groups {
            let sum = self.groups.entry(group).or_default();
            *sum = sum.saturating_add(more);
        }
        self.findings.merge(other.findings);
        self.rows = self.rows.saturating_add(other.rows);
        self.seen.iter_mut().zip(other.seen).for_each(|(seen, also)| *seen |= also);
    }
}

/// The weight of one person, in millionths.
pub(super) const ONE: u64 = 1_000_000;
/// The greatest weight and the greatest total: more people than exist, and exact to the millionth in a counter.
const WEIGHT: u64 = 1_000_000_000_000 * ONE;
const SUM: u64 = 10 * WEIGHT;

struct PersonWorker<'a> {
    columns: &'a Columns,
    programs: Vec<&'a Program>,
    outcomes: BatchDecider<'a>,
    row: Row,
    places: GroupIndices,
    countries: GroupNames,
    organisations: GroupNames,
    /// By country, organisation and verdict.
    sums: HashMap<(u32, u32, u32), u64>,
    findings: TableFindings,
    rows: u64,
    seen: Vec<bool>,
}

/// Maximum number of groups of one kind, since a column that differs for each person would be kept whole.
const GROUPS: usize = 100_000;

/// The reason for which a row is not counted.
enum PersonProblem {
    Row(TableError),
    Cell(WrongCell),
}

/// The indices of the columns for grouping.
struct GroupIndices {
    weight: Option<usize>,
    organisation: Option<usize>,
    country: Option<usize>,
    stated_country: Option<usize>,
}

impl<'a> PersonWorker<'a> {
    fn new(columns: &'a Columns, views: &[Query<'a>], by: GroupColumns) -> Self {
        Self {
            columns,
            programs: views.iter().map(|view| view.program).collect(),
            outcomes: BatchDecider::new(views.to_vec(), columns),
            row: Row::default(),
            places: GroupIndices {
                weight: columns.place("weight"),
                organisation: columns.place("organisation").filter(|_| by.organisation),
                country: columns.place("country").filter(|_| by.country),
                stated_country: columns.place("context.country").filter(|_| by.country),
            },
            countries: GroupNames::default(),
            organisations: GroupNames::default(),
            sums: HashMap::default(),
            findings: TableFindings::default(),
            rows: 0,
            seen: vec![false; columns.names().len()],
        }
    }

    fn row(
        &mut self,
        number: u64,
        cells: Result<&[TableCell<'_>], TableError>,
        unknown: &[String],
    ) -> Result<(), Failure> {
        self.rows = self.rows.saturating_add(cells.as_ref().map_or_else(TableError::rows, |_| 1));
        for name in unknown {
            self.findings.of_name(number, name, || TableError::unknown(&self.programs, name));
        }
        let counted = cells.map_err(PersonProblem::Row).and_then(|cells| self.person(number, cells));
        match counted {
            Ok((group, weight)) => {
                let sum = self.sums.entry(group).or_default();
                *sum = sum.saturating_add(weight);
            }
            Err(PersonProblem::Row(error)) => self.findings.of_row(number, error),
            Err(PersonProblem::Cell(wrong)) => {
                let column = self.columns.names().get(wrong.place()).map_or("", String::as_str);
                self.findings.of_cell(number, column, || self.outcomes.tell(wrong, &self.row));
            }
        }
        for (what, names) in [("countries", &self.countries), ("organisations", &self.organisations)] {
            if names.names.len() > GROUPS {
                return Err(Failure::other(format!(
                    "it names more than {GROUPS} {what}, which no report can list: leave them out with `--by`"
                )));
            }
        }
        Ok(())
    }

    /// The group of a row, and its weight.
    fn person(&mut self, number: u64, cells: &[TableCell<'_>]) -> Result<((u32, u32, u32), u64), PersonProblem> {
        self.row.clear();
        let GroupIndices { weight, organisation, country, stated_country } = self.places;
        let (mut count, mut org, mut own, mut stated) = (ONE, "", "", "");
        for (place, text) in cells {
            self.outcomes.put(&mut self.row, *place, text);
            if let Some(seen) = self.seen.get_mut(*place) {
                *seen = true;
            }
            let place = Some(*place);
            if place == weight {
                count = millionths(text.trim()).ok_or_else(|| no_weight(text))?;
            } else if place == organisation {
                org = table::name("organisation", text.trim()).map_err(PersonProblem::Row)?;
            } else if place == country {
                own = table::name("country", text.trim()).map_err(PersonProblem::Row)?;
            } else if place == stated_country {
                stated = text.trim();
            }
        }
        let verdict = self.outcomes.outcome(&self.row).map_err(PersonProblem::Cell)?;
        let country = if own.is_empty() { stated } else { own };
        let (country, is_code) = self.countries.number(country, Columns::country);
        if !is_code && !own.is_empty() {
            self.findings.of_country(number, own);
        }
        let (organisation, _) = self.organisations.number(org, |_| None);
        Ok(((country, organisation, verdict), count))
    }

    fn finish(self) -> Counted {
        let mut groups: HashMap<PeopleGroup, u64> = HashMap::default();
        for ((country, organisation, verdict), weight) in &self.sums {
            let group = PeopleGroup {
                country: self.countries.name(*country),
                organisation: self.organisations.name(*organisation),
                answers: self.outcomes.verdict(*verdict).cloned().collect(),
            };
            let sum = groups.entry(group).or_default();
            *sum = sum.saturating_add(*weight);
        }
        Counted { groups, findings: self.findings, rows: self.rows, seen: self.seen }
    }
}

/// Interned names of groups. Synonyms share a number.
#[derive(Default)]
struct GroupNames {
    /// The number of each spelling, with true if the name is a known one.
    numbers: HashMap<String, (u32, bool)>,
    names: Vec<String>,
}

impl GroupNames {
    fn number(&mut self, name: &str, one_name: impl Fn(&str) -> Option<&'static str>) -> (u32, bool) {
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        let one = one_name(name);
        let known = match one.filter(|one| *one != name) {
            Some(one) => self.number(one, one_name),
            None => {
                let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
                self.names.push(name.to_owned());
                (number, one.is_some())
            }
        };
        self.numbers.insert(name.to_owned(), known);
        known
    }

    fn name(&self, number: u32) -> String {
        usize::try_from(number).ok().and_then(|place| self.names.get(place)).cloned().unwrap_or_default()
    }
}

fn no_weight(text: &str) -> PersonProblem {
    PersonProblem::Row(TableError::Value {
        column: "weight".to_owned(),
        value: text.chars().take(60).collect(),
        expected: "a number with at most six decimals, not negative, and at most 1000000000000".to_owned(),
        nearest: None,
    })
}

/// Parses a decimal number to millionths; an empty cell is one.
fn millionths(text: &str) -> Option<u64> {
    if text.is_empty() {
        return Some(ONE);
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(ONE)?.checked_add(part).filter(|weight| *weight <= WEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_exact() {
        for (text, expected) in [
            ("", Some(ONE)),
            ("1", Some(ONE)),
            ("2.5", Some(2_500_000)),
            ("0.000001", Some(1)),
            ("1000000", Some(1_000_000 * ONE)),
        ] {
            assert_eq!(millionths(text), expected, "{text}");
        }
        for text in ["-1", "1e3", "1.", ".5", "0.0000001", "1,5", "NaN", "99999999999999"] {
            assert_eq!(millionths(text), None, "{text}");
        }
    }
}
