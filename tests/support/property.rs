//! Configuration of property tests: every run tries the same random cases, so that a failure never depends on luck.
//!
//! `PROPTEST_CASES` tries more cases, `PROPTEST_RNG_SEED` tries others. `cargo xtask test native` runs every property a
//! second time with a fresh seed and prints the command that repeats it. A case that once failed becomes a test of its
//! own.

use proptest::test_runner::{Config, RngSeed};

/// The seed of an ordinary run.
const SEED: u64 = 20_261_130;

/// The given number of cases, the same in every run.
pub(crate) fn property(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(SEED), failure_persistence: None, ..Config::default() }
}
