//! Which fields each mapping of a document was asked for, so that tests can hold schemas to readers.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// By what the mapping is.
pub(crate) type Taken = BTreeMap<&'static str, BTreeSet<&'static str>>;

thread_local! {
    static TAKEN: RefCell<Taken> = RefCell::default();
}

pub(crate) fn record(what: &'static str, known: &[&'static str]) {
    TAKEN.with_borrow_mut(|taken| taken.entry(what).or_default().extend(known));
}

/// What was taken on this thread since the last time.
pub(crate) fn take() -> Taken {
    TAKEN.take()
}
