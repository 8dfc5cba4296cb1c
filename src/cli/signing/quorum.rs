//! Signatures compared with a trust root: who signed, how many are missing, and which keys may still sign.

use crate::cli::io::terminal::visible;
use brightline::{Key, TrustRoot};
use serde::Serialize;

/// The keys of a trust root that signed. Their signatures were verified before.
#[derive(Serialize)]
pub(crate) struct Quorum {
    /// The number of distinct keys that signed.
    signed: usize,
    needed: usize,
    pub(crate) missing: usize,
    /// The names of the keys that signed.
    by: Vec<String>,
    /// The names of the keys that may still sign.
    open: Vec<String>,
}

impl Quorum {
    pub(crate) fn new(root: &TrustRoot, signatures: &[(String, String)]) -> Self {
        let has_signed = |key: &&Key| signatures.iter().any(|(kid, _)| key.kid() == Some(kid));
        let mut used: Vec<[u8; 32]> = root.keys().iter().filter(has_signed).map(Key::thumbprint).collect();
        used.sort_unstable();
        used.dedup();
        let names = |keys: &mut dyn Iterator<Item = &Key>| keys.filter_map(Key::kid).map(str::to_owned).collect();
        Self {
            signed: used.len(),
            needed: root.threshold(),
            missing: root.threshold().saturating_sub(used.len()),
            by: names(&mut root.keys().iter().filter(has_signed)),
            // The same key under another name would not count again.
            open: names(&mut root.keys().iter().filter(|key| !used.contains(&key.thumbprint()))),
        }
    }

    /// Formats as `1 of 2: a; 1 missing, open: b, c`.
    pub(crate) fn to_text(&self) -> String {
        let Self { signed, needed, missing, by, open } = self;
        let by = if by.is_empty() { String::new() } else { format!(": {}", names(by)) };
        let missing = match missing {
            0 => String::new(),
            missing => format!("; {missing} missing, open: {}", names(open)),
        };
        format!("{signed} of {needed}{by}{missing}")
    }
}

/// Names of keys, each made visible separately.
pub(crate) fn names(kids: &[String]) -> String {
    kids.iter().map(|kid| visible(kid)).collect::<Vec<_>>().join(", ")
}
