//! The JavaScript glue, made by the library behind the wasm-bindgen command: its version is that of Cargo.lock,
//! and nothing is installed on the machine.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module};
use wasm_bindgen_cli_support::Bindgen;

/// The functions that every panic of Rust's ends in, by what their symbols have in them. They format a message, print it
/// where there is no output, and trap.
const PANICS: [&str; 3] =
    ["4core9panicking9panic_fmt", "4core9panicking18panic_nounwind_fmt", "3str19slice_error_fail_rt"];

/// Makes the glue and its module in a folder, both called by a name.
pub fn make(module: &Path, name: &str, scratch: &Path) -> Result<()> {
    println!("$ wasm-bindgen --target web");
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes(name, without_messages(module)?)
        .out_name(name)
        // The module is the same for every target; this glue is the one that every environment can load.
        .web(true)?
        // The types are written by hand in pkg/index.d.ts, and the entries hand over the module themselves.
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.generate(scratch).context("wasm-bindgen could not make the glue")
}

/// Lets a panic trap at once: nobody can read its message, so wasm-opt can leave out all that makes it.
fn without_messages(module: &Path) -> Result<Vec<u8>> {
    let mut module = Module::from_file(module).with_context(|| format!("{} is not a module", module.display()))?;
    let is_panic = |name: &str| PANICS.iter().any(|panic| name.contains(panic));
    let panics = module.funcs.iter_local().map(|(id, _)| id);
    let panics: Vec<FunctionId> =
        panics.filter(|id| module.funcs.get(*id).name.as_deref().is_some_and(is_panic)).collect();
    ensure!(!panics.is_empty(), "the module has no function that panics: have their names changed?");
    for id in panics {
        let (params, results) = module.types.params_results(module.funcs.get(id).ty());
        let (params, results) = (params.to_vec(), results.to_vec());
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        builder.func_body().unreachable();
        let args = params.iter().map(|of| module.locals.add(*of)).collect();
        module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(args));
    }
    Ok(module.emit_wasm())
}
