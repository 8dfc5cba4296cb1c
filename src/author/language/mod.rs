//! The language that an author writes: text → `Node` (`source`) → typed `Ruleset` (`read`) → canonical JSON (`write`).

mod diagnostic;
mod node;
mod outline;
mod read;
pub(crate) mod schema;
mod source;
pub(crate) mod suggest;
#[cfg(test)]
pub(crate) mod taken;
mod write;

use crate::ruleset::model::Condition;
pub use diagnostic::Diagnostic;
pub use node::{Entry, Kind, Node, SourceRange};
pub use outline::{
    Effect, ExceptionOutline, GuaranteeOutline, LicenceOutline, ModelOutline, PublicRule, RuleOutline, Statement,
};
pub(crate) use read::FOREIGN_PERSON;
pub use read::{read, read_rules};
pub use schema::schema;
pub use source::{parse_json, parse_yaml};
pub use suggest::nearest;

impl Condition {
    /// A condition that always holds.
    pub(crate) const ALWAYS: Self = Self::All(Vec::new());
}
