//! What holds of a ruleset for every request there could be: proofs, differences, and rules that come to nothing. Authors' work,
//! and no part of a check.

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
