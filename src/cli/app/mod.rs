//! The commands that do what an app does: open a bundle, read a token, decide.

pub(super) mod decide;
mod request;
pub(super) mod token;
