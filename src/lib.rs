//! Brightline: a policy check that travels with an app.
//!
//! May this person use this model for this action now? If not: by which rule, on what legal basis, until when, what
//! evidence would change the answer, and which models may be used instead. Pure: no I/O, no clock, no randomness.
//!
//! `ARCHITECTURE.md` has the map; start with [`Engine`].

#[cfg(feature = "author")]
pub mod analysis;
pub mod attribute;
pub mod bundle;
#[cfg(feature = "author")]
pub mod cases;
pub mod country;
pub mod decide;
pub mod decision;
mod engine;
mod intern;
pub mod issuer;
pub mod jose;
pub mod json;
pub mod limits;
mod presentation;
pub mod program;
pub mod ruleset;
pub mod set;
#[cfg(feature = "author")]
pub mod sql;
pub mod subject;
#[cfg(feature = "author")]
pub mod table;
pub mod time;
pub mod token;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

// The public interface is:
#[cfg(feature = "author")]
pub use analysis::{
    Budget, Change, Difference, Example, Instead, Lint, LintPlace, Proven, Reply, Verdict, Watch, Witness, diff, lint,
    prove,
};
pub use bundle::{
    BundleError, Contents, ROTATION_SCHEMA, ROTATION_TYP, Rotation, RotationError, SCHEMA as BUNDLE_SCHEMA,
    TYP as BUNDLE_TYP, TrustRoot, Untrusted, broken_signature, inspect as inspect_bundle, inspect_rotation,
    means_production, signed_by,
};
#[cfg(feature = "author")]
pub use cases::{
    Authorization, Case, CaseFile, Context as CaseContext, Evidence, Expectation, ExpectedOutcome, Place,
    read as read_cases, schema as cases_schema,
};
#[cfg(feature = "author")]
pub use decide::Brief;
pub use decide::{Context, ContextError};
pub use decision::{Basis, Decision, EvidenceNeed, Outcome, WantedValue};
pub use engine::{CheckInput, Engine, Identity, OpenError, inspect as inspect_ruleset};
pub use issuer::{DEVELOPMENT, KeySource, RemoteKeys, TENANT, TrustedIssuer};
pub use jose::{Algorithm, Key, KeyError};
pub use json::{Limits as JsonLimits, parse as parse_strictly, steps as pointer_steps};
pub use program::{Program, compile};
#[cfg(feature = "author")]
pub use ruleset::{
    Diagnostic, Effect, Entry, ExceptionOutline, GuaranteeOutline, Kind, LicenceOutline, Mark, ModelOutline, Node,
    RuleOutline, Said, Told, nearest, parse_json, parse_yaml, read as read_ruleset, read_rules,
    schema as ruleset_schema,
};
pub use ruleset::{Ruleset, read_image, to_image};
#[cfg(feature = "author")]
pub use sql::{Dialect, Sql, SqlColumn, SqlRequest, to_sql};
#[cfg(feature = "author")]
pub use table::{Belief, Columns, Outcomes, Requests, Row, RulesetWindow, TableError, View, WrongCell};
pub use time::{Instant, Span};
pub use token::{Possession, Proof, Standing, StandingError, TokenError, Use, Wanted};
