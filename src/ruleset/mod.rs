//! What an author writes: read from a document, checked, typed, and made into the image that is signed.

pub(crate) mod area;
#[cfg(feature = "author")]
mod diagnostic;
mod image;
pub(crate) mod model;
#[cfg(feature = "author")]
mod node;
#[cfg(feature = "author")]
mod outline;
#[cfg(feature = "author")]
mod read;
#[cfg(feature = "author")]
pub(crate) mod schema;
#[cfg(feature = "author")]
mod source;
#[cfg(feature = "author")]
pub(crate) mod suggest;
#[cfg(test)]
pub(crate) mod taken;
#[cfg(feature = "author")]
mod write;

#[cfg(feature = "author")]
pub use diagnostic::Diagnostic;
pub use image::{read_image, to_image};
pub use model::Ruleset;
#[cfg(feature = "author")]
pub use node::{Entry, Kind, Mark, Node};
#[cfg(feature = "author")]
pub use outline::{Effect, ExceptionOutline, GuaranteeOutline, LicenceOutline, ModelOutline, RuleOutline, Said, Told};
#[cfg(feature = "author")]
pub(crate) use read::FOREIGN_PERSON;
#[cfg(feature = "author")]
pub use read::{read, read_rules};
#[cfg(feature = "author")]
pub use schema::schema;
#[cfg(feature = "author")]
pub use source::{parse_json, parse_yaml};
#[cfg(feature = "author")]
pub use suggest::nearest;
