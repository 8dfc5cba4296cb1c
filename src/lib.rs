//! Brightline: a policy check that travels with an app.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod attribute;
pub mod bundle;
pub mod country;
pub mod decision;
pub mod jose;
pub mod json;
pub mod limits;
pub mod program;
pub mod ruleset;
pub mod subject;
pub mod time;
pub mod token;
