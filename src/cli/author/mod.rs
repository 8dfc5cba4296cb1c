//! The commands with which an author writes, checks and proves a ruleset.

pub(super) mod check;
pub(super) mod compile;
pub(super) mod diff;
pub(super) mod fmt;
pub(super) mod init;
pub(super) mod prove;
pub(super) mod schema;
