//! Paths of the project. Cargo reports them, so that `CARGO_TARGET_DIR` and similar settings are respected.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell;

pub struct Project {
    pub root: PathBuf,
    pub target: PathBuf,
}

impl Project {
    pub fn find() -> Result<Self> {
        let metadata = shell::capture(Command::new(cargo()).args(["metadata", "--no-deps", "--format-version=1"]))?;
        let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata is not JSON")?;
        let path = |key: &str| metadata[key].as_str().map(PathBuf::from).with_context(|| format!("no {key}"));
        Ok(Self { root: path("workspace_root")?, target: path("target_directory")? })
    }

    /// A command that runs in the root of the repository.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("BRIGHTLINE_CLI", self.cli())
            .env("BRIGHTLINE_PARITY", self.target.join("parity.json"));
        command
    }

    pub fn cargo(&self, args: &[&str]) -> Command {
        let mut command = self.command(cargo());
        command.args(args);
        command
    }

    /// A program that `npm ci` installed.
    pub fn npm_bin(&self, name: &str) -> Command {
        self.command(self.root.join("node_modules/.bin").join(name))
    }

    /// The release build of the command-line program; its path is also in `BRIGHTLINE_CLI` for every command run here.
    pub fn cli(&self) -> PathBuf {
        self.target.join("release").join(format!("brightline{}", std::env::consts::EXE_SUFFIX))
    }

    /// The virtual environment with the engines of warehouses.
    pub fn warehouses(&self) -> PathBuf {
        self.target.join("warehouses")
    }

    /// The Python of that environment.
    pub fn python(&self) -> PathBuf {
        self.warehouses().join("bin/python")
    }

    /// The built part of the npm package.
    pub fn dist(&self) -> PathBuf {
        self.root.join("pkg/dist")
    }
}

fn cargo() -> std::ffi::OsString {
    // Cargo sets CARGO for its subcommands: the same toolchain, even if it was chosen with `cargo +name`.
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
