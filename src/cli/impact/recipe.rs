//! The distributions of synthetic people: `data/people.json`, and the values of its assumptions.

use crate::cli::io::failure::Failure;
use serde::Deserialize;
use std::collections::HashMap;

/// The data in the form of the file.
#[derive(Deserialize)]
pub(super) struct Data {
    usage: HashMap<String, f64>,
    index: HashMap<String, f64>,
    us: UnitedStates,
    pub(super) assumptions: Vec<Assumed>,
    countries: Vec<(String, String, f64)>,
}

#[derive(Deserialize)]
struct UnitedStates {
    population: f64,
    naturalised: f64,
    lpr: f64,
}

/// A value that is not known exactly.
#[derive(Clone, Deserialize)]
pub(super) struct Assumed {
    pub(super) key: String,
    pub(super) what: String,
    pub(super) low: f64,
    pub(super) middle: f64,
    pub(super) high: f64,
    pub(super) source: String,
}

/// One of an assumption's three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EducationLevel {
    Low,
    Middle,
    High,
}

impl EducationLevel {
    pub(super) const ALL: [Self; 3] = [Self::Low, Self::Middle, Self::High];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Middle => "middle",
            Self::High => "high",
        }
    }
}

impl Assumed {
    pub(super) const fn at(&self, level: EducationLevel) -> f64 {
        match level {
            EducationLevel::Low => self.low,
            EducationLevel::Middle => self.middle,
            EducationLevel::High => self.high,
        }
    }
}

impl Data {
    pub(super) fn read() -> Result<Self, Failure> {
        serde_json::from_str(include_str!("../../../data/people.json"))
            .map_err(|error| Failure::other(format!("the data of synthetic people cannot be read: {error}")))
    }

    /// The name of every country, by code.
    pub(super) fn names(&self) -> HashMap<&str, &str> {
        self.countries.iter().map(|(code, name, _)| (code.as_str(), name.as_str())).collect()
    }
}

/// Shares, ready to draw from.
pub(super) struct Recipe {
    pub(super) codes: Vec<String>,
    /// By country of use, and by country of residence.
    pub(super) by_use: Wheel,
    pub(super) by_population: Wheel,
    /// By country of residence, without the United States.
    pub(super) abroad: Wheel,
    /// Statuses of residents of the United States, in the order of [`STATUSES`].
    pub(super) statuses: Wheel,
    /// Assurance of evidence, in the order of [`MIX`].
    pub(super) evidence: Wheel,
    pub(super) dual: f64,
    pub(super) vpn: f64,
    pub(super) lab: f64,
    pub(super) lab_foreign: f64,
    pub(super) us: usize,
    pub(super) employer: String,
    pub(super) employment: String,
}

/// The statuses of residents of the United States: born there, naturalised, and four kinds of non-citizens.
pub(super) const STATUSES: [&str; 6] = ["citizen", "citizen", "lpr", "refugee", "nonimmigrant", "none"];
/// The assurance of evidence.
pub(super) const MIX: [&str; 5] = ["none", "0", "1", "2", "3"];
/// The share of each level, among those with evidence.
const LEVELS: [f64; 4] = [20.0 / 45.0, 10.0 / 45.0, 13.0 / 45.0, 2.0 / 45.0];

impl Recipe {
    /// Sets one assumption to a given level, and all others to the middle.
    pub(super) fn new(data: &Data, swept: Option<(&str, EducationLevel)>, employer: &str) -> Result<Self, Failure> {
        let value = |key: &str| {
            let known = data.assumptions.iter().find(|one| one.key == key);
            let level = swept.filter(|(of, _)| *of == key).map_or(EducationLevel::Middle, |(_, level)| level);
            known.map(|one| one.at(level)).ok_or_else(|| Failure::other(format!("there is no assumption `{key}`")))
        };
        let codes: Vec<String> = data.countries.iter().map(|(code, _, _)| code.clone()).collect();
        let us = codes.iter().position(|code| code == "US").ok_or_else(|| Failure::other("there is no `US`"))?;
        // Countries of unknown share divide the rest, weighted by population and usage per person.
        let other = value("usage.other_index")?;
        let weight = |(code, _, people): &(String, String, f64)| {
            if data.usage.contains_key(code) { 0.0 } else { people * data.index.get(code).copied().unwrap_or(other) }
        };
        let known: f64 = data.usage.values().sum();
        let rest: f64 = data.countries.iter().map(weight).sum();
        let used = |country: &(String, String, f64)| {
            data.usage.get(&country.0).copied().unwrap_or_else(|| weight(country) / rest * (1.0 - known))
        };
        let UnitedStates { population, naturalised, lpr } = data.us;
        let (nonimmigrants, unauthorised) = (value("us.resident_nonimmigrants")?, value("us.unauthorised")?);
        let foreign = [naturalised, lpr, value("us.protected_not_lpr")? * population, nonimmigrants, unauthorised];
        let born = population - foreign.iter().sum::<f64>();
        let some = value("evidence_share")?;
        let role = "\"role\":\"employee\",\"regular\":true,\"nda\":true";
        Ok(Self {
            by_use: Wheel::new(data.countries.iter().map(used)),
            by_population: Wheel::new(data.countries.iter().map(|(_, _, people)| *people)),
            abroad: Wheel::new(data.countries.iter().map(|(code, _, people)| if code == "US" { 0.0 } else { *people })),
            statuses: Wheel::new(std::iter::once(born).chain(foreign)),
            evidence: Wheel::new(std::iter::once(1.0 - some).chain(LEVELS.map(|level| level * some))),
            dual: value("dual_citizens_share")?,
            vpn: value("vpn_or_tor_share")?,
            lab: value("lab.staff_share")?,
            lab_foreign: value("lab.foreign_person_share")?,
            us,
            employment: format!("[{{\"org\":{},{role}}}]", serde_json::Value::from(employer)),
            employer: employer.to_owned(),
            codes,
        })
    }
}

/// Cumulative shares: a draw falls into one of them.
pub(super) struct Wheel(Vec<f64>);

impl Wheel {
    fn new(shares: impl Iterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let mut ends: Vec<f64> = shares
            .map(|share| {
                sum += share;
                sum
            })
            .collect();
        ends.iter_mut().for_each(|end| *end /= sum);
        Self(ends)
    }

    /// The index of the share that a draw from 0 to 1 falls into.
    pub(super) fn place(&self, draw: f64) -> usize {
        self.0.partition_point(|end| *end <= draw).min(self.0.len().saturating_sub(1))
    }
}
