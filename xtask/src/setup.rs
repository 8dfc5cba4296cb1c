//! Installs missing tools. Each step checks first, so a second run does nothing.

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
    browser()?;
    warehouses(project)
}

fn wasm_target(project: &Project) -> Result<()> {
    if sysroot(project)?.join("lib/rustlib").join(WASM).join("lib").is_dir() {
        return Ok(());
    }
    println!("The Wasm target is missing.");
    shell::install(project.command("rustup").args(["target", "add", WASM]))
        .with_context(|| format!("Rust's `{WASM}` target is needed and could not be added with rustup"))
}

/// Adds the two components that the tests use and a minimal toolchain lacks.
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
    // A copy of the lock that node_modules was made from: npm's own record there has another text.
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
    apt(&["chromium", "chromium-driver"], there)
        .context("the browser tests need `chromium` and `chromedriver` in PATH, and apt could not install them")
}

/// The engines of two warehouses, in a virtual environment of Python: DuckDB, and Spark, which needs Java.
fn warehouses(project: &Project) -> Result<()> {
    let java = || shell::which("java").is_some();
    if !java() {
        println!("Java is missing.");
        apt(&["default-jre-headless"], java)
            .context("Spark needs `java` (17 or newer), and apt could not install it")?;
    }
    let required = project.root.join("tests/warehouse/requirements.txt");
    let requirements = fs::read(&required).context("tests/warehouse/requirements.txt cannot be read")?;
    let home = project.warehouses();
    let record = home.join("made-from-requirements.txt");
    if fs::read(&record).is_ok_and(|made_from| made_from == requirements) {
        return Ok(());
    }
    println!("{} is not that of tests/warehouse/requirements.txt.", home.display());
    let ensurepip = || shell::capture(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok();
    if !ensurepip() {
        apt(&["python3", "python3-venv"], ensurepip)
            .context("Python's `venv` is needed, and apt could not install it")?;
    }
    shell::install(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    shell::install(Command::new(project.python()).args(pip).arg(required))?;
    fs::write(record, requirements).context("the virtual environment cannot be written to")
}

fn apt(packages: &[&str], there: impl Fn() -> bool) -> Result<()> {
    let apt = |args: &[&str]| {
        // Without root, ask sudo once instead of failing; a container has root and often no sudo.
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
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())?;
    if there() { Ok(()) } else { bail!("the packages brought no such programs") }
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
