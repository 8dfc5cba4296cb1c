//! `brightline trust`: writes the trust root that an app ships.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::ruleset::not_json;
use crate::cli::io::{streams, terminal};
use brightline::{JsonLimits, Key, TrustRoot};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// Write the trust root that an app ships: the accepted keys, the ruleset and audience, and the threshold
#[derive(Args)]
pub(crate) struct Trust {
    /// Id of the ruleset
    #[arg(long, value_name = "ID")]
    ruleset: String,
    /// Environment, as given to `sign`
    #[arg(long, value_name = "ENV")]
    audience: String,
    /// Number of keys that must have signed
    #[arg(long, value_name = "N")]
    threshold: u32,
    /// Version of the trust root, which grows with each rotation; default: 0
    #[arg(long, value_name = "N")]
    root_version: Option<u32>,
    /// Public key files
    #[arg(required = true, value_name = "KEY.public.jwk")]
    keys: Vec<PathBuf>,
    /// File to write; default: standard output
    #[arg(short, long)]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Root<'a> {
    ruleset: &'a str,
    audience: &'a str,
    threshold: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    keys: Vec<serde_json::Value>,
}

impl Trust {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let inputs = self.keys.iter().map(PathBuf::as_path);
        streams::is_no_input(self.out.as_deref(), inputs)?;
        let mut keys = Vec::new();
        for path in &self.keys {
            let text = streams::read_text(path)?;
            brightline::parse_json(&text).map_err(|findings| not_json(&findings).of(path.display()))?;
            is_public(&text).map_err(|failure| failure.of(path.display()))?;
            let key =
                serde_json::from_str(&text).map_err(|error| Failure::key(error.to_string()).of(path.display()))?;
            keys.push(key);
        }
        let root = Root {
            ruleset: &self.ruleset,
            audience: &self.audience,
            threshold: self.threshold,
            version: self.root_version,
            keys,
        };
        let text = output::pretty(&root)?;
        // Do not write a trust root that no app could read.
        let root = TrustRoot::parse(text.as_bytes())?;
        for (at, key) in root.keys().iter().enumerate() {
            let same = root.keys().iter().take(at).find(|other| other.thumbprint() == key.thumbprint());
            if let (Some(same), Some(kid)) = (same.and_then(Key::kid), key.kid()) {
                let [kid, same] = [kid, same].map(terminal::visible);
                return Err(Failure::other(format!("`{kid}` is the same key as `{same}`, which counts once")));
            }
        }
        output.write(self.out.as_deref(), &text)?;
        Ok(Exit::Done)
    }
}

/// Checks each key separately, so that an error names its file.
fn is_public(jwk: &str) -> Result<(), Failure> {
    let read = brightline::parse_strictly(jwk.as_bytes(), JsonLimits::UNTRUSTED);
    let read = read.map_err(|error| Failure::key(error.to_string()))?;
    Key::from_jwk(read.as_object().ok_or_else(|| Failure::key("a JWK is an object"))?)?;
    Ok(())
}
