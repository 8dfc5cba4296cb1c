//! The terminal, files, findings and failures. Each module may use those before it:
//! `terminal` ← `finding` ← `failure` ← `parts` ← `streams` ← `output` ← `progress`, `ruleset`.

pub(crate) mod failure;
pub(crate) mod finding;
pub(crate) mod output;
mod parts;
pub(crate) mod progress;
pub(crate) mod ruleset;
pub(crate) mod streams;
pub(crate) mod terminal;
