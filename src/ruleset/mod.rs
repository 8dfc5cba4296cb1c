//! What an author writes: read from a document, checked, typed.

mod diagnostic;
mod node;

pub use diagnostic::Diagnostic;
pub use node::{Entry, Kind, Mark, Node};
