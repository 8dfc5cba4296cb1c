//! The demonstration: provider, upstream, worker and page, all on this machine.

use anyhow::Result;

use crate::project::Project;
use crate::{build, setup};

pub fn start(project: &Project) -> Result<()> {
    setup::for_building(project)?;
    build::all(project)?;
    let mut node = project.command("node");
    node.arg("demo/start.mjs");
    become_it(node)
}

/// Replaces this process, so that Ctrl-C reaches the demonstration and nothing else.
#[cfg(unix)]
fn become_it(mut command: std::process::Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    println!("$ node demo/start.mjs");
    Err(anyhow::Error::new(command.exec()).context("node cannot be started"))
}

#[cfg(not(unix))]
fn become_it(mut command: std::process::Command) -> Result<()> {
    crate::shell::run(&mut command)
}
