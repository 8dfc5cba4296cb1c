//! `cargo xtask`: the tasks of this repository beyond plain cargo.

mod bench;
mod build;
mod codes;
mod glue;
mod javascript;
mod project;
mod setup;
mod shell;
mod size;
mod start;
mod steps;
mod suite;
mod wasm_tests;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use project::Project;

const HELP: &str = "\
usage: cargo xtask <command>

  start                       build everything and run the demonstration on this machine; Ctrl-C ends it
  test [--fail-fast] [STEP…]  run every test, or the steps named; `test --list` names them
  build [PART…]               the npm package, the command-line program and the page: package, cli, page;
                              codes: only the types of the codes, after a change of docs/codes.md
  bench [--quick]             measure natively and in Node beside jose
  setup                       install what is missing for the above
";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let Some((command, rest)) = args.split_first() else {
        print!("{HELP}");
        bail!("no command given");
    };
    let project = || Project::find().context("the workspace was not found");
    match (command.as_str(), rest) {
        ("help" | "--help" | "-h", _) => print!("{HELP}"),
        ("start", []) => start::start(&project()?)?,
        ("test", [list]) if list == "--list" => suite::list(steps::STEPS),
        ("test", rest) => suite::test(&project()?, steps::STEPS, rest)?,
        ("build", parts) => {
            let project = project()?;
            setup::for_building(&project)?;
            build::build(&project, parts)?;
        }
        ("bench", rest) => bench::bench(&project()?, rest)?,
        ("setup", []) => setup::for_testing(&project()?)?,
        // Cargo calls this one, through `runner` in .cargo/config.toml.
        ("test-runner", rest) => wasm_tests::runner(rest)?,
        ("start" | "setup", [extra, ..]) => bail!("`{command}` takes no argument such as `{extra}`"),
        _ => bail!("there is no command `{command}`; `cargo xtask help` lists them"),
    }
    Ok(())
}
