//! Analyses a ruleset over all possible requests: proofs of guarantees, differences between versions, and rules without
//! effect. For authors only; a check never runs it.

mod atom;
mod budget;
mod classes;
mod comparison;
mod conditions;
mod context;
mod counterexample;
mod diagram;
mod diff;
mod evidence;
mod exceptions;
mod lint;
mod metadata_diff;
mod phrases;
mod prove;
mod reader;
mod representatives;
mod rules;
mod search;
mod sets;
mod sources;
mod survey;
mod symbolic_ruleset;
#[cfg(test)]
mod tests;
mod universe;

pub use budget::{Budget, Watch};
pub use comparison::{Reply, ServedInstead};
pub use counterexample::{Example, Witness};
pub use diff::{Difference, OutcomeChange, diff};
pub(crate) use exceptions::lifts;
pub use lint::{Lint, LintPlace, lint};
pub use prove::{ProofResult, Proven, prove};
pub(crate) use symbolic_ruleset::Lifts;
