//! The tests that use the built package as an app does.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::project::Project;
use crate::shell;

/// Every `*.test.mjs` below these.
const SUITES: &[&str] = &["tests/package", "tests/identities", "tests/sdk", "tests/edge", "tests/e2e"];
const TYPES: &[&str] =
    &["tests/types/tsconfig.json", "tests/types/tests.json", "tests/edge/tsconfig.json", "www/tsconfig.json"];

pub fn test(project: &Project) -> Result<String> {
    let mut files = Vec::new();
    for suite in SUITES {
        let before = files.len();
        collect(&project.root.join(suite), &mut files)?;
        ensure!(files.len() > before, "{suite} holds no test");
    }
    files.sort();
    // One at a time: each starts servers and browsers, and the machine may have only two cores.
    let mut command = project.command("node");
    command.args(["--test", "--test-concurrency=1", "--test-reporter=spec", "--test-timeout=300000"]);
    command.args(files.iter().map(|file| file.strip_prefix(&project.root).unwrap_or(file)));
    let output = shell::tee(&mut command)?;
    let passed = count(&output, "pass").context("node's test summary is missing")?;
    ensure!(passed > 0, "no JavaScript test ran");
    let skipped = count(&output, "skipped").unwrap_or(0);
    Ok(if skipped == 0 { format!("{passed} tests") } else { format!("{passed} tests, {skipped} skipped") })
}

pub fn types(project: &Project) -> Result<String> {
    for config in TYPES {
        shell::run(project.npm_bin("tsc").args(["-p", config]))?;
    }
    Ok(String::new())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} is not there", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "node_modules" {
            collect(&path, files)?;
        } else if name.ends_with(".test.mjs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Reads `ℹ pass 12`.
fn count(output: &str, word: &str) -> Option<usize> {
    let mut lines = output.lines().rev();
    lines.find_map(|line| line.trim_start_matches(['ℹ', '#', ' ']).strip_prefix(word)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_summary() {
        let output = "✔ pass 99 is a name (1 ms)\nℹ tests 5\nℹ suites 1\nℹ pass 4\nℹ fail 0\nℹ skipped 1\n";
        assert_eq!((count(output, "pass"), count(output, "skipped"), count(output, "todo")), (Some(4), Some(1), None));
    }
}
