//! Analyses a ruleset over all possible requests: proofs of guarantees, differences between versions, and rules without
//! effect. For authors only; a check never runs it.

mod beside;
mod classes;
mod diagram;
mod diff;
mod lint;
mod outcome;
mod prove;
mod question;
mod reading;
mod saying;
mod situation;
mod sources;
#[cfg(test)]
mod tests;
mod value;
mod witness;
mod words;

pub use diff::{Change, Difference, Example, Instead, Reply, diff};
pub use lint::{Lint, Place as LintPlace, lint};
pub(crate) use outcome::{Lifts, lifts};
pub use prove::{Budget, Proven, Verdict, Watch, prove};
pub use witness::Witness;
