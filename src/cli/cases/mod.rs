//! The commands that decide the cases of a file.

pub(super) mod explain;
pub(super) mod test;
