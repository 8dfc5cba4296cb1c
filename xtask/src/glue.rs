//! The JavaScript glue, made by the library behind the wasm-bindgen command: its version is that of Cargo.lock,
//! and nothing is installed on the machine.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

const FILES: [&str; 2] = ["brightline.js", "brightline_bg.wasm"];

/// Returns the names and contents of what was made.
pub fn make(module: &Path, scratch: &Path) -> Result<Vec<(&'static str, Vec<u8>)>> {
    println!("$ wasm-bindgen --target web");
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name("brightline")
        // The module is the same for every target; this glue is the one that every environment can load.
        .web(true)?
        // The types are written by hand in pkg/index.d.ts, and the entries hand over the module themselves.
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.generate(scratch).context("wasm-bindgen could not make the glue")?;
    let read = |name| Ok((name, fs::read(scratch.join(name)).with_context(|| format!("wasm-bindgen made no {name}"))?));
    FILES.into_iter().map(read).collect()
}
