//! Measurements: the core natively, and the built package in Node compared with a JavaScript library.

use anyhow::Result;

use crate::project::Project;
use crate::{build, setup, shell};

pub fn bench(project: &Project, args: &[String]) -> Result<()> {
    setup::for_building(project)?;
    build::package(project)?;
    build::cli(project)?;
    shell::run(&mut project.cargo(&["bench", "--bench", "native", "--features", "author"]))?;
    let mut node = project.command("node");
    // Without the flag, Node 20 can crash when it inlines calls into Wasm; it is set for both libraries alike.
    node.args(["--no-turbo-inline-js-wasm-calls", "benches/wasm.mjs", "--out"]).arg(project.target.join("bench.json"));
    shell::run(node.args(args))
}
