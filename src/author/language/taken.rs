//! Records the fields that readers take from mappings, so that tests can check schemas against readers.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The taken fields by kind of mapping.
pub(crate) type Taken = BTreeMap<&'static str, BTreeSet<&'static str>>;

thread_local! {
    static TAKEN: RefCell<Taken> = RefCell::default();
}

pub(crate) fn record(what: &'static str, known: &[&'static str]) {
    TAKEN.with_borrow_mut(|taken| taken.entry(what).or_default().extend(known));
}

/// Returns the fields taken on this thread since the last call.
pub(crate) fn take() -> Taken {
    TAKEN.take()
}
