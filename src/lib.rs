//! Brightline: a policy check that travels with an app.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod bundle;
pub mod decision;
pub mod jose;
pub mod json;
pub mod limits;
pub mod ruleset;
pub mod time;
pub mod token;
