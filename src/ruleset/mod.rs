//! The ruleset that an app carries: typed, with its vocabulary, its groups of countries, and the signed image.

pub(crate) mod area;
pub mod attribute;
mod image;
pub(crate) mod model;
pub mod outcome;

pub use image::{read_image, to_image};
pub use model::Ruleset;
