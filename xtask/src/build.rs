//! Builds the shipped parts: the module and its glue, the command-line program, the page.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::project::Project;
use crate::{codes, glue, shell, size};

const WASM: &str = "wasm32-unknown-unknown";

/// The options of the last step: a smaller module, with only the Wasm features that the compiler already uses.
const SMALL: [&str; 9] = [
    "-Oz",
    "--one-caller-inline-max-function-size=0",
    // The first kilobyte is the end of the stack. An address that wraps around to it would now trap, as an overflow does.
    "--low-memory-unused",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Builds the parts named, or everything.
pub fn build(project: &Project, parts: &[String]) -> Result<()> {
    if parts.is_empty() {
        return all(project).map(drop);
    }
    for part in parts {
        match part.as_str() {
            "package" => package(project).and_then(|()| size::check(project).map(drop))?,
            "cli" => cli(project)?,
            "page" => page(project)?,
            "codes" => codes::write(project)?,
            _ => bail!("`{part}` is not a part; the parts are package, cli, page and codes"),
        }
    }
    Ok(())
}

pub fn all(project: &Project) -> Result<String> {
    // This also builds the command-line program, which writes the schemas.
    package(project)?;
    page(project)?;
    size::check(project)
}

/// Builds `pkg/dist`: one module for every environment, the glue that the hand-written entries import, the schemas and
/// the types of the codes; and the module for authors, which proves and compares.
pub fn package(project: &Project) -> Result<()> {
    module(project, "author", &["--features", "author"])?;
    module(project, "brightline", &[])?;
    codes::write(project)?;
    schemas(project)
}

fn module(project: &Project, name: &str, features: &[&str]) -> Result<()> {
    // Only the cdylib, since cargo does no link-time optimisation if an rlib is built with it.
    let only = ["--lib", "--crate-type", "cdylib", "--target", WASM];
    // Passed in the environment, since a folder's name may contain a space.
    let flags = without_places(project)?.join("\x1f");
    shell::run(
        project.cargo(&["rustc", "--profile", "wasm"]).args(only).args(features).env("CARGO_ENCODED_RUSTFLAGS", flags),
    )?;
    let module = project.target.join(WASM).join("wasm/brightline.wasm");
    let scratch = project.target.join("glue");
    glue::make(&module, name, &scratch)?;
    let (glue, made) = (format!("{name}.js"), format!("{name}_bg.wasm"));
    shell::run(
        project.npm_bin("wasm-opt").args(SMALL).arg(scratch.join(&made)).arg("-o").arg(scratch.join("small.wasm")),
    )?;
    for (from, to) in [(glue.as_str(), &glue), ("small.wasm", &made)] {
        let bytes = fs::read(scratch.join(from)).with_context(|| format!("{from} was not made"))?;
        write_if_changed(&project.dist().join(to), &bytes)?;
    }
    Ok(())
}

/// The JSON Schemas with which editors check rulesets and files of cases.
fn schemas(project: &Project) -> Result<()> {
    cli(project)?;
    for of in ["ruleset", "cases"] {
        let schema = shell::capture(project.command(project.cli()).args(["schema", of]))?;
        write_if_changed(&project.dist().join(format!("{of}.schema.json")), schema.as_bytes())?;
    }
    Ok(())
}

/// Panic messages contain the paths of source files. These flags remove the machine's folders from them, so that every
/// machine builds the same bytes.
fn without_places(project: &Project) -> Result<Vec<String>> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => project.root.join(home),
        None => std::env::home_dir().context("there is no home folder, and CARGO_HOME is not set")?.join(".cargo"),
    };
    let mut places = vec![project.root.clone()];
    // One folder per registry, named after it.
    for entry in fs::read_dir(home.join("registry/src")).into_iter().flatten() {
        places.push(entry?.path());
    }
    Ok(places.iter().map(|place| format!("--remap-path-prefix={}=.", place.display())).collect())
}

pub fn cli(project: &Project) -> Result<()> {
    shell::run(&mut project.cargo(&["build", "--release", "--features", "cli", "--bin", "brightline"]))
}

pub fn page(project: &Project) -> Result<()> {
    shell::run(project.command("node").arg("www/build.mjs"))
}

/// Leaves the file's time alone if nothing changed, so that watchers and dependent builds are not triggered.
pub fn write_if_changed(file: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, bytes).with_context(|| format!("{} cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_file_is_not_written_again() {
        let folder = std::env::temp_dir().join(format!("brightline-xtask-{}", std::process::id()));
        let file = folder.join("a/b");
        write_if_changed(&file, b"1").unwrap();
        let written = fs::metadata(&file).unwrap().modified().unwrap();
        write_if_changed(&file, b"1").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
        write_if_changed(&file, b"2").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"2");
        fs::remove_dir_all(folder).unwrap();
    }
}
