//! Rust tests compiled to Wasm. A run over files without such tests prints "no tests to run!" and succeeds, so the
//! number of tests that ran is compared with the number that the sources declare.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::project::Project;
use crate::shell;

/// The tests' features in addition to those of the shipped module: the cases are written in YAML.
pub const FEATURES: [&str; 2] = ["--features", "author"];

#[derive(Clone, Copy)]
pub enum Host {
    Node,
    Chromium,
}

/// The command with which cargo runs a Wasm test binary.
pub fn runner(args: &[String]) -> Result<()> {
    // `cargo test -q` passes its flag on, and the runner does not know it.
    let args = args.iter().filter(|arg| *arg != "--quiet").map(OsString::from);
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::iter::once("test-runner".into()).chain(args))
}

pub fn run(project: &Project, host: Host) -> Result<String> {
    let suites = suites(&project.root)?;
    let expected: usize = suites.iter().map(|suite| suite.tests).sum();
    ensure!(expected > 0, "no file declares a Wasm test");
    let mut command = project.cargo(&["test", "--target", "wasm32-unknown-unknown", "--no-fail-fast"]);
    command.args(FEATURES);
    for suite in &suites {
        command.args(&suite.flags);
    }
    if let Host::Chromium = host {
        let driver = shell::which("chromedriver").context("`chromedriver` is not in PATH")?;
        command.env("CHROMEDRIVER", driver).env("WASM_BINDGEN_USE_BROWSER", "1");
        command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", project.root.join("xtask/webdriver.json"));
        // A loaded machine starts a browser slowly; only a hung one takes this long.
        command.env("WASM_BINDGEN_TEST_TIMEOUT", "300").env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    }
    let passed = passed(&shell::tee(&mut command)?);
    if passed != expected {
        bail!("{expected} Wasm tests are declared and {passed} ran: {}", describe(&suites));
    }
    Ok(format!("{passed} tests"))
}

/// Names the test binaries that contain Wasm tests, as arguments of cargo.
pub fn flags(project: &Project) -> Result<Vec<String>> {
    Ok(suites(&project.root)?.into_iter().flat_map(|suite| suite.flags).collect())
}

/// Sums the counts of the lines `test result: ok. 3 passed; …`.
pub fn passed(output: &str) -> usize {
    let results = output.lines().filter_map(|line| line.trim().strip_prefix("test result: "));
    let counts = results.filter_map(|rest| rest.split_once(" passed")?.0.rsplit(' ').next()?.parse::<usize>().ok());
    counts.sum()
}

/// One test binary that contains Wasm tests.
struct Suite {
    flags: Vec<String>,
    tests: usize,
}

fn suites(root: &Path) -> Result<Vec<Suite>> {
    let mut suites = Vec::new();
    let unit = declared_below(&root.join("src"))?;
    if unit > 0 {
        suites.push(Suite { flags: vec!["--lib".to_owned()], tests: unit });
    }
    let mut entries: Vec<_> = fs::read_dir(root.join("tests"))?.collect::<std::io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for path in entries.iter().map(fs::DirEntry::path) {
        let is_suite = path.extension().is_some_and(|e| e == "rs") || path.join("main.rs").is_file();
        let tests = if is_suite { declared_below(&path)? } else { 0 };
        if let (true, Some(name)) = (tests > 0, path.file_stem()) {
            suites.push(Suite { flags: vec!["--test".to_owned(), name.to_string_lossy().into_owned()], tests });
        }
    }
    Ok(suites)
}

fn declared_below(path: &Path) -> Result<usize> {
    if path.is_dir() {
        let mut sum = 0;
        for entry in fs::read_dir(path)? {
            sum += declared_below(&entry?.path())?;
        }
        return Ok(sum);
    }
    if path.extension().is_none_or(|extension| extension != "rs") {
        return Ok(0);
    }
    let source = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(declared(&source))
}

/// Counts the attributes. If a file imports the attribute under the name `test`, that name counts too.
fn declared(source: &str) -> usize {
    let renamed = source.contains("wasm_bindgen_test as test;");
    let is_test = |line: &&str| {
        let attribute = line.starts_with("#[") && line.contains("wasm_bindgen_test") && !line.contains("configure");
        attribute || (renamed && line.starts_with("#[test]"))
    };
    source.lines().map(str::trim).filter(is_test).count()
}

fn describe(suites: &[Suite]) -> String {
    suites.iter().map(|suite| format!("{} {}", suite.flags.join(" "), suite.tests)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_declared() {
        let source = "
            use wasm_bindgen_test::wasm_bindgen_test;
            wasm_bindgen_test_configure!(run_in_browser);
            #[wasm_bindgen_test]
            fn a() {}
            #[cfg_attr(target_arch = \"wasm32\", wasm_bindgen_test)]
            #[test]
            fn b() {}
            // #[wasm_bindgen_test]
            #[wasm_bindgen_test(async)]
            async fn c() {}";
        assert_eq!(declared(source), 3);
        let renamed = "use wasm_bindgen_test::wasm_bindgen_test as test;\n#[test]\nfn a() {}";
        assert_eq!(declared(renamed), 1);
        assert_eq!(declared("#[test]\nfn a() {}"), 0);
    }

    #[test]
    fn counts_what_ran() {
        let output = "\
            running 2 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.01s\n\
            no tests to run!\n    \
            test result: ok. 11 passed; 0 failed; 1 ignored; 0 filtered out\n\
            test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 filtered out\n";
        assert_eq!(passed(output), 14);
        assert_eq!(passed("no tests to run!\n"), 0);
    }
}
