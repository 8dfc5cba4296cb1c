//! The tests, in order: cheap and likely failures first, uses of the built package after its build.

use anyhow::{Context, Result};

use crate::project::Project;
use crate::suite::Step;
use crate::wasm_tests::{self, Host};
use crate::{build, javascript, shell};

pub const STEPS: &[Step] = &[
    Step { name: "fmt", about: "the code is formatted", run: |p| quiet(p, &["fmt", "--all", "--check"]) },
    Step { name: "clippy", about: "no lint complains", run: clippy },
    Step { name: "doc", about: "the documentation builds and its links hold", run: doc },
    Step { name: "native", about: "Rust tests on this machine", run: native },
    Step { name: "warehouse", about: "rulesets as SQL decide alike in DuckDB and in Spark", run: warehouse },
    Step { name: "wasm-node", about: "Rust tests compiled to Wasm, in Node", run: |p| wasm_tests::run(p, Host::Node) },
    Step { name: "wasm-chromium", about: "the same in Chromium", run: |p| wasm_tests::run(p, Host::Chromium) },
    Step { name: "build", about: "package, program and page build; the module is small enough", run: build::all },
    Step { name: "parity", about: "answers of the native core, for the package tests to compare", run: parity },
    Step { name: "types", about: "the hand-written types hold", run: javascript::types },
    Step { name: "js", about: "package, SDK, edge and page tests", run: javascript::test },
];

fn clippy(project: &Project) -> Result<String> {
    quiet(project, &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])?;
    // The JavaScript boundary exists on this target alone.
    let mut wasm = project.cargo(&["clippy", "--target", "wasm32-unknown-unknown", "--lib"]);
    wasm.args(wasm_tests::FEATURES).args(wasm_tests::flags(project)?).args(["--", "-D", "warnings"]);
    shell::run(&mut wasm)?;
    Ok(String::new())
}

fn doc(project: &Project) -> Result<String> {
    shell::run(project.cargo(&["doc", "--all-features", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(String::new())
}

fn native(project: &Project) -> Result<String> {
    let own = shell::tee(&mut project.cargo(&["test", "--all-features", "--no-fail-fast"]));
    // Run separately, because together cargo would build the tools' many crates once more with other features.
    let tools = shell::tee(&mut project.cargo(&["test", "--package", "xtask"]));
    let passed = wasm_tests::passed(&(own? + &tools?));
    anyhow::ensure!(passed > 0, "no test ran");
    fresh(project)?;
    Ok(format!("{passed} tests"))
}

/// Tests every property again, on new random cases.
fn fresh(project: &Project) -> Result<()> {
    let mut own = project.cargo(&["test", "--all-features", "--no-fail-fast"]);
    for entry in std::fs::read_dir(project.root.join("tests"))? {
        let path = entry?.path();
        let is_property = path.is_file() && std::fs::read_to_string(&path)?.contains("proptest_config(property(");
        if let Some(name) = path.file_stem().filter(|_| is_property) {
            own.arg("--test").arg(name);
        }
    }
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs().to_string();
    println!("Fresh cases. The same again: PROPTEST_RNG_SEED={seed}");
    for mut command in [own, project.cargo(&["test", "--all-features", "--lib", "--", "properties::"])] {
        let repeat = || format!("a property fails; for the same cases again set PROPTEST_RNG_SEED={seed}");
        shell::run(command.env("PROPTEST_RNG_SEED", &seed)).with_context(repeat)?;
    }
    Ok(())
}

fn warehouse(project: &Project) -> Result<String> {
    let mut command =
        project.cargo(&["test", "--all-features", "--lib", "--", "--ignored", "--nocapture", "warehouses_"]);
    let said = shell::tee(command.env("BRIGHTLINE_WAREHOUSE", project.python()))?;
    anyhow::ensure!(wasm_tests::passed(&said) == 1, "the test did not run");
    Ok(String::new())
}

fn parity(project: &Project) -> Result<String> {
    let file = project.target.join("parity.json").display().to_string();
    quiet(project, &["run", "--all-features", "--example", "parity", "--", &file])
}

fn quiet(project: &Project, args: &[&str]) -> Result<String> {
    shell::run(&mut project.cargo(args))?;
    Ok(String::new())
}
