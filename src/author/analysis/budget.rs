//! The limit of work for proofs and comparisons.

/// The limit of work for a proof. The same budget gives the same result on every machine.
#[derive(Clone, Copy, Debug)]
pub struct Budget<'a> {
    /// The maximum number of diagram nodes. Each takes about 17 bytes, with its cached results.
    pub nodes: usize,
    /// The maximum number of rules examined, counted once for each model, action and instant at which something
    /// changes.
    pub steps: usize,
    /// Receives the progress.
    pub watch: Watch<'a>,
}

impl Default for Budget<'_> {
    fn default() -> Self {
        Self { nodes: 16_000_000, steps: 20_000_000, watch: Watch(&|_, _| {}) }
    }
}

/// Called repeatedly with the number of parts done and the total.
#[derive(Clone, Copy)]
pub struct Watch<'a>(pub &'a dyn Fn(usize, usize));

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}
