//! Decides the requests of a log again, and sums them by kind of error.

use crate::cli::io::failure::Failure;
use crate::cli::table;
use crate::cli::table::{TableCell, TableFindings};
use brightline::{Brief, Columns, Instant, Outcome, Program, Requests, Row, TableError, WrongCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The period, `[from, until)`.
#[derive(Clone, Copy)]
pub(super) struct LoggedPeriod {
    pub(super) from: Instant,
    pub(super) until: Instant,
}

/// The results of a log.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) rows: u64,
    /// Requests before and after the period.
    pub(super) outside: u64,
    /// Requests within it that were decided again.
    pub(super) within: u64,
    /// Of those, the requests whose outcome is in the log; the served ruleset gives the others.
    pub(super) said: u64,
    /// Requests within it for a model and action that the ruleset does not know.
    pub(super) unknown: BTreeMap<(String, String), u64>,
    pub(super) served_wrongly: WrongAnswers,
    pub(super) refused_wrongly: WrongAnswers,
    /// Requests for which the log has another outcome than the served ruleset, by both outcomes.
    pub(super) differs: BTreeMap<(Outcome, Outcome), u64>,
    /// The requested models and actions.
    pub(super) asked: BTreeSet<(String, String)>,
    /// The columns that occurred, for sources in which each row names its own columns.
    pub(super) seen: BTreeSet<usize>,
}

/// Requests that were answered wrongly.
#[derive(Default)]
pub(super) struct WrongAnswers {
    pub(super) requests: u64,
    pub(super) span: Option<(Instant, Instant)>,
    /// By id, organisation and country.
    pub(super) parties: BTreeMap<(String, String, String), PartyCount>,
    /// By model and action.
    pub(super) items: BTreeMap<(String, String), u64>,
    /// By rule, present outcome and reason.
    pub(super) rules: BTreeMap<(Option<String>, Outcome, String), u64>,
}

/// A party's number of requests, and the first and last of them.
pub(super) struct PartyCount {
    pub(super) requests: u64,
    pub(super) first: Instant,
    pub(super) last: Instant,
}

/// Maximum number of unknown models and actions that are counted separately, and of characters kept of their names.
const UNKNOWN: usize = 1000;
const LETTERS: usize = 64;

/// The reason for which a row is not counted. A wrong cell also names the ruleset.
enum RequestProblem {
    Row(TableError),
    Cell(WrongCell, When),
}

#[derive(Clone, Copy)]
enum When {
    Now,
    Then,
}

struct LoggedRequest {
    at: Instant,
    model: String,
    action: String,
    party: (String, String, String),
    then: Outcome,
}

impl WrongAnswers {
    fn add(&mut self, request: LoggedRequest, now: Brief) {
        let LoggedRequest { at, model, action, party, .. } = request;
        self.requests = self.requests.saturating_add(1);
        self.span = Some(self.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        self.put(party, PartyCount { requests: 1, first: at, last: at });
        add(&mut self.items, (model, action), 1);
        add(&mut self.rules, (now.rule, now.outcome, now.reason), 1);
    }

    fn put(&mut self, who: (String, String, String), more: PartyCount) {
        let known = self.parties.entry(who).or_insert(PartyCount { requests: 0, ..more });
        known.requests = known.requests.saturating_add(more.requests);
        known.first = known.first.min(more.first);
        known.last = known.last.max(more.last);
    }

    fn merge(&mut self, other: Self) {
        self.requests = self.requests.saturating_add(other.requests);
        let spans = self.span.into_iter().chain(other.span);
        self.span = spans.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)));
        other.parties.into_iter().for_each(|(who, more)| self.put(who, more));
        other.items.into_iter().for_each(|(item, more)| add(&mut self.items, item, more));
        other.rules.into_iter().for_each(|(rule, more)| add(&mut self.rules, rule, more));
    }
}

impl Looked {
    /// Counts a request for an unknown model or action, separately up to a bound.
    fn add_unknown(&mut self, (model, action): (String, String)) {
        let short = |name: String| name.chars().take(LETTERS).collect();
        let key = (short(model), short(action));
        let is_kept = self.unknown.len() < UNKNOWN || self.unknown.contains_key(&key);
        add(&mut self.unknown, if is_kept { key } else { Default::default() }, 1);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.rows = self.rows.saturating_add(other.rows);
        self.outside = self.outside.saturating_add(other.outside);
        self.within = self.within.saturating_add(other.within);
        self.said = self.said.saturating_add(other.said);
        other.unknown.into_iter().for_each(|(item, more)| add(&mut self.unknown, item, more));
        self.served_wrongly.merge(other.served_wrongly);
        self.refused_wrongly.merge(other.refused_wrongly);
        other.differs.into_iter().for_each(|(pair, more)| add(&mut self.differs, pair, more));
        self.asked.extend(other.asked);
        self.seen.extend(other.seen);
    }
}

/// True if the ruleset does not know the model or the action, and so does not decide the request.
fn is_unknown(brief: &Brief) -> bool {
    brief.rule.is_none() && brief.reason.starts_with("request.")
}

fn add<K: Ord>(sums: &mut BTreeMap<K, u64>, key: K, more: u64) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(more);
}

/// The worker of one core.
pub(super) struct RequestWorker<'a> {
    columns: &'a Columns,
    programs: Vec<&'a Program>,
    ruleset: Requests<'a>,
    served: Option<Requests<'a>>,
    period: LoggedPeriod,
    row: Row,
    stated_country: Option<usize>,
    /// The indices of the columns that no rule reads.
    places: HashMap<usize, &'static str>,
    looked: Looked,
    findings: TableFindings,
}

/// The columns of a request that no rule reads.
const OF_REQUEST: [&str; 7] = ["id", "organisation", "country", "at", "model", "action", "outcome"];

impl<'a> RequestWorker<'a> {
    pub(super) fn new(
        program: &'a Program,
        served: Option<&'a Program>,
        columns: &'a Columns,
        period: LoggedPeriod,
    ) -> Self {
        Self {
            columns,
            programs: std::iter::once(program).chain(served).collect(),
            ruleset: Requests::new(program, columns),
            served: served.map(|served| Requests::new(served, columns)),
            period,
            row: Row::default(),
            stated_country: columns.place("context.country"),
            places: OF_REQUEST.into_iter().filter_map(|name| Some((columns.place(name)?, name))).collect(),
            looked: Looked::default(),
            findings: TableFindings::default(),
        }
    }

    pub(super) fn row(
        &mut self,
        number: u64,
        cells: Result<&[TableCell<'_>], TableError>,
        unknown: &[String],
    ) -> Result<(), Failure> {
        self.looked.rows = self.looked.rows.saturating_add(cells.as_ref().map_or_else(TableError::rows, |_| 1));
        for name in unknown {
            self.findings.of_name(number, name, || TableError::unknown(&self.programs, name));
        }
        match cells.map_err(RequestProblem::Row).and_then(|cells| self.request(number, cells)) {
            Ok(()) => {}
            Err(RequestProblem::Row(error)) => self.findings.of_row(number, error),
            Err(RequestProblem::Cell(wrong, when)) => {
                let by = match when {
                    When::Now => &self.ruleset,
                    When::Then => self.served.as_ref().unwrap_or(&self.ruleset),
                };
                let column = self.columns.names().get(wrong.place()).map_or("", String::as_str);
                self.findings.of_cell(number, column, || by.tell(wrong, &self.row));
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> (Looked, TableFindings) {
        (self.looked, self.findings)
    }

    fn request(&mut self, number: u64, cells: &[TableCell<'_>]) -> Result<(), RequestProblem> {
        self.row.clear();
        let (mut said, mut stated): (HashMap<&'static str, &str>, _) = (HashMap::new(), "");
        for (place, text) in cells {
            self.looked.seen.insert(*place);
            match self.places.get(place) {
                Some(name) => {
                    said.insert(*name, text.trim());
                }
                None => self.columns.put(&mut self.row, *place, text),
            }
            if Some(*place) == self.stated_country {
                stated = text.trim();
            }
        }
        let text = |name: &str| said.get(name).copied().unwrap_or_default();
        let wrong = |column: &str, expected: &str| {
            RequestProblem::Row(TableError::Value {
                column: column.to_owned(),
                value: text(column).chars().take(60).collect(),
                expected: expected.to_owned(),
                nearest: None,
            })
        };
        let instant = || wrong("at", "an instant with a zone (RFC 3339), such as 2026-06-12T22:51:00Z");
        // A date without a time could be before or after a change.
        let at = Instant::parse(text("at")).filter(|_| text("at").len() > 10).ok_or_else(instant)?;
        if at < self.period.from || at >= self.period.until {
            self.looked.outside = self.looked.outside.saturating_add(1);
            return Ok(());
        }
        let named = |name: &str| match text(name) {
            "" => Err(wrong(name, &format!("the requested {name}"))),
            some => Ok(some.to_owned()),
        };
        let asked = (named("model")?, named("action")?);
        for column in ["id", "organisation", "country"] {
            table::name(column, text(column)).map_err(RequestProblem::Row)?;
        }
        let given = match text("outcome") {
            "" => None,
            word => Some(outcome(word).ok_or_else(|| wrong("outcome", OUTCOMES))?),
        };
        // Decide under both rulesets before summing, so that a row counts entirely or not at all.
        let now =
            self.ruleset.outcome(&self.row, &asked, at).map_err(|wrong| RequestProblem::Cell(wrong, When::Now))?;
        if is_unknown(&now) {
            self.looked.add_unknown(asked);
            return Ok(());
        }
        if !self.looked.asked.contains(&asked) {
            self.looked.asked.insert(asked.clone());
        }
        let served = self.served.as_ref().map(|served| served.outcome(&self.row, &asked, at)).transpose();
        let served = served.map_err(|wrong| RequestProblem::Cell(wrong, When::Then))?;
        let then = given.or(served.as_ref().map(|brief| brief.outcome)).ok_or_else(|| wrong("outcome", OUTCOMES))?;
        if let Some((said, decided)) = given.zip(served.map(|brief| brief.outcome)).filter(|(said, by)| said != by) {
            add(&mut self.looked.differs, (said, decided), 1);
        }
        self.looked.said = self.looked.said.saturating_add(u64::from(given.is_some()));
        let country = match text("country") {
            "" => stated,
            own => own,
        };
        let code = Columns::country(country);
        if code.is_none() && !country.is_empty() {
            self.findings.of_country(number, country);
        }
        let country = code.unwrap_or(country).to_owned();
        let [id, organisation] = ["id", "organisation"].map(|name| text(name).to_owned());
        let (model, action) = asked;
        let request = LoggedRequest { at, model, action, party: (id, organisation, country), then };
        self.looked.within = self.looked.within.saturating_add(1);
        match (request.then == Outcome::Allow, now.outcome == Outcome::Allow) {
            (true, false) => self.looked.served_wrongly.add(request, now),
            (false, true) => self.looked.refused_wrongly.add(request, now),
            _ => {}
        }
        Ok(())
    }
}

const OUTCOMES: &str =
    "one of allow, degrade, step_up, review, deny; or give the ruleset that was served with `--served`";

fn outcome(word: &str) -> Option<Outcome> {
    let all = [Outcome::Allow, Outcome::Degrade, Outcome::StepUp, Outcome::Review, Outcome::Deny];
    all.into_iter().find(|outcome| outcome.as_str() == word)
}
