//! Brightline: a policy check that travels with an app.
//!
//! May this person use this model for this action now? If not: by which rule, on what legal basis, until when, what
//! evidence would change the answer, and which models may be used instead. Pure: no I/O, no clock, no randomness.
//!
//! `ARCHITECTURE.md` has the map; start with [`Engine`].

#[cfg(feature = "author")]
pub mod author;
pub mod base;
pub mod check;
pub mod ruleset;
pub mod verify;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

// The public interface is:
#[cfg(feature = "author")]
pub use author::{
    Authorization, BatchDecider, Brief, Budget, Case, CaseContext, CaseEvidence, CaseFile, CasePlace, Columns,
    Diagnostic, Dialect, Difference, Effect, Entry, EvidenceMode, Example, ExceptionOutline, Expectation,
    ExpectedOutcome, GuaranteeOutline, Kind, LicenceOutline, Lint, LintPlace, ModelOutline, Node, OutcomeChange,
    ProofResult, Proven, PublicRule, Query, Reply, Requests, Row, RuleOutline, RulesetWindow, ServedInstead,
    SourceRange, Sql, SqlColumn, SqlRequest, Statement, TableError, Watch, Witness, WrongCell, cases_schema, diff,
    lint, nearest, parse_json, parse_yaml, prove, read_cases, read_rules, read_ruleset, ruleset_schema, to_sql,
};
pub use base::json::{Limits as JsonLimits, parse as parse_strictly, steps as pointer_steps};
pub use base::time::{Instant, Span};
pub use check::decide::{Context, ContextError};
pub use check::decision::{Decision, EvidenceNeed, WantedValue};
pub use check::engine::{CheckInput, Engine, Identity, OpenError, inspect as inspect_ruleset};
pub use check::program::{Program, compile};
pub use ruleset::outcome::{Basis, Outcome};
pub use ruleset::{Ruleset, read_image, to_image};
pub use verify::bundle::{
    BundleError, Contents, ROTATION_SCHEMA, ROTATION_TYP, Rotation, RotationError, SCHEMA as BUNDLE_SCHEMA,
    TYP as BUNDLE_TYP, TrustRoot, Untrusted, broken_signature, inspect as inspect_bundle, inspect_rotation,
    means_production, signed_by,
};
pub use verify::issuer::{DEVELOPMENT, KeySource, RemoteKeys, TENANT, TrustedIssuer};
pub use verify::jose::{Algorithm, Key, KeyError};
pub use verify::token::{DpopProof, Fetchable, HostState, HostStateError, Possession, SingleUse, TokenError};
