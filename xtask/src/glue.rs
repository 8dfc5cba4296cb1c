//! The JavaScript glue, made by the library behind the wasm-bindgen command: its version is that of Cargo.lock,
//! and nothing is installed on the machine.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

/// Returns the names and contents of what was made: the glue and the module, both called by a name.
pub fn make(module: &Path, name: &str, scratch: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    println!("$ wasm-bindgen --target web");
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name(name)
        // The module is the same for every target; this glue is the one that every environment can load.
        .web(true)?
        // The types are written by hand in pkg/index.d.ts, and the entries hand over the module themselves.
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.generate(scratch).context("wasm-bindgen could not make the glue")?;
    let read = |file: String| {
        let bytes = fs::read(scratch.join(&file)).with_context(|| format!("wasm-bindgen made no {file}"))?;
        Ok((file, bytes))
    };
    [format!("{name}.js"), format!("{name}_bg.wasm")].into_iter().map(read).collect()
}
