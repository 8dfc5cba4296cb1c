//! Claims → decision: presentation, subject, program, evaluation, and the engine that does all of it.

pub mod decide;
pub mod decision;
pub(crate) mod engine;
pub(crate) mod presentation;
pub mod program;
pub mod subject;
