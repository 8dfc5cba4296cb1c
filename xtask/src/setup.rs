//! Installing what is missing. Each step looks first, so a second run does nothing.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::project::Project;
use crate::shell;

const WASM: &str = "wasm32-unknown-unknown";
const OLDEST_NODE: u32 = 20;

pub fn for_building(project: &Project) -> Result<()> {
    wasm_target(project)?;
    node(project)?;
    npm_packages(project)
}

pub fn for_testing(project: &Project) -> Result<()> {
    for_building(project)?;
    components(project)?;
    browser()
}

fn wasm_target(project: &Project) -> Result<()> {
    if sysroot(project)?.join("lib/rustlib").join(WASM).join("lib").is_dir() {
        return Ok(());
    }
    println!("The Wasm target is missing.");
    shell::install(project.command("rustup").args(["target", "add", WASM]))
        .with_context(|| format!("Rust's `{WASM}` target is needed and could not be added with rustup"))
}

/// A minimal toolchain comes without the two that the tests use.
fn components(project: &Project) -> Result<()> {
    let bin = sysroot(project)?.join("bin");
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if !bin.join(program).is_file() && shell::which(program).is_none() {
            println!("Rust's {component} is missing.");
            shell::install(project.command("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

fn sysroot(project: &Project) -> Result<std::path::PathBuf> {
    Ok(shell::capture(project.command("rustc").args(["--print", "sysroot"]))?.trim().into())
}

fn node(project: &Project) -> Result<()> {
    let version = shell::capture(project.command("node").arg("--version")).context("Node is needed")?;
    match major(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!("Node {OLDEST_NODE} or newer is needed; this one is {}", version.trim()),
    }
}

fn npm_packages(project: &Project) -> Result<()> {
    let lock = fs::read(project.root.join("package-lock.json")).context("package-lock.json cannot be read")?;
    // A copy of the lock that node_modules was made from: npm's own record there is not the same text.
    let record = project.root.join("node_modules/.made-from-lock.json");
    if fs::read(&record).is_ok_and(|made_from| made_from == lock) {
        return Ok(());
    }
    println!("node_modules is not that of package-lock.json.");
    shell::install(project.command("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    fs::write(record, lock).context("node_modules was not made by npm ci")
}

fn browser() -> Result<()> {
    let there = || shell::which("chromium").is_some() && shell::which("chromedriver").is_some();
    if there() {
        return Ok(());
    }
    println!("Chromium or its driver is missing.");
    let apt = |args: &[&str]| {
        // Without root, ask sudo once rather than fail; a container has root and often no sudo.
        let mut command = match shell::which("sudo") {
            Some(sudo) if !is_root() => {
                let mut command = Command::new(sudo);
                command.arg("apt-get");
                command
            }
            _ => Command::new("apt-get"),
        };
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        shell::install(&mut command)
    };
    apt(&["update", "-qq"])
        .and_then(|()| apt(&["install", "-y", "-qq", "--no-install-recommends", "chromium", "chromium-driver"]))
        .and_then(|()| if there() { Ok(()) } else { bail!("the packages brought no such programs") })
        .context("the browser tests need `chromium` and `chromedriver` in PATH, and apt could not install them")
}

fn is_root() -> bool {
    shell::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_node_versions() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20"), None);
    }
}
