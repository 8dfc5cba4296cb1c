//! What an author writes: read from a document, checked, typed.

mod diagnostic;
pub(crate) mod model;
mod node;
mod read;
#[cfg(feature = "author")]
mod source;
pub(crate) mod suggest;
mod write;

pub use diagnostic::Diagnostic;
pub use model::Ruleset;
pub use node::{Entry, Kind, Mark, Node};
pub use read::read;
#[cfg(feature = "author")]
pub use source::{parse_json, parse_yaml};
