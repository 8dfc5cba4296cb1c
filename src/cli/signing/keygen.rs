//! `brightline keygen`: makes a key pair that signs rulesets.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::{streams, terminal};
use crate::cli::signing::key_file::PrivateKey;
use brightline::Algorithm;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Make a key pair that signs rulesets
#[derive(Args)]
pub(crate) struct Keygen {
    /// Signature algorithm
    #[arg(long, value_enum, default_value = "Ed25519")]
    alg: Alg,
    /// Name of the key; default: its RFC 7638 thumbprint
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    kid: Option<String>,
    /// Prefix of the files: NAME.private.jwk, readable by its owner alone, and NAME.public.jwk
    #[arg(short, long, value_name = "NAME")]
    out: String,
    /// Replace existing files
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Alg {
    #[value(name = "Ed25519")]
    Ed25519,
    #[value(name = "ES256")]
    Es256,
}

impl Keygen {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let algorithm = match self.alg {
            Alg::Ed25519 => Algorithm::Ed25519,
            Alg::Es256 => Algorithm::Es256,
        };
        let key = PrivateKey::generate(algorithm, self.kid.clone())?;
        let paths = ["private", "public"].map(|part| PathBuf::from(format!("{}.{part}.jwk", self.out)));
        // Check both paths before writing either: half a pair is useless, and an overwritten private key is lost.
        if let Some(path) = paths.iter().find(|path| !self.force && path.symlink_metadata().is_ok()) {
            return Err(Failure::other(format!("`{}` already exists; `--force` replaces it", path.display())));
        }
        let [private, public] = &paths;
        let staged = [
            streams::stage(private, &output::pretty(&key.to_jwk(true))?, true)?,
            streams::stage(public, &output::pretty(&key.to_jwk(false))?, false)?,
        ];
        staged.into_iter().try_for_each(streams::Staged::put)?;
        let made = serde_json::json!({ "kid": key.kid(), "private": private, "public": public });
        output.say(|| format!("{}\n", terminal::visible(key.kid())), &made)?;
        Ok(Exit::Done)
    }
}
