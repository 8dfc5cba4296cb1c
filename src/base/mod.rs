//! Code that knows nothing of the domain: bounds, time, strict JSON, sets, interning, country codes.

pub mod country;
#[cfg(all(test, feature = "author"))]
pub(crate) mod dice;
pub(crate) mod intern;
pub mod json;
pub mod limits;
pub mod set;
pub mod time;
