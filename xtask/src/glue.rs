//! The JavaScript glue, made by the library behind the wasm-bindgen command: its version is that of Cargo.lock, and
//! nothing is installed on the machine.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use walrus::ir::Value;
use walrus::{ConstExpr, DataId, DataKind, FunctionBuilder, FunctionId, FunctionKind, Module};
use wasm_bindgen_cli_support::Bindgen;

/// Functions that a panic ends in, by a part of their symbols. They format a message, print it to no output, and trap.
const PANICS: [&str; 5] = [
    "4core9panicking9panic_fmt",
    "4core9panicking18panic_nounwind_fmt",
    "3str19slice_error_fail_rt",
    "5alloc18handle_alloc_error",
    "9panicking15panic_with_hook",
];
/// Functions that only the message of a panic calls, since no other text of the module shows a value as `Debug` does.
const DEBUG: [&str; 3] = ["5Debug3fmt", "core..fmt..Debug$GT$3fmt", "PadAdapter"];

/// Makes the glue and its module in a folder, both under the given name.
pub fn make(module: &Path, name: &str, scratch: &Path) -> Result<()> {
    println!("$ wasm-bindgen --target web");
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes(name, without_messages(module, name)?)
        .out_name(name)
        // The module is the same for every target; this glue is the one that every environment can load.
        .web(true)?
        // The types are written by hand in pkg/index.d.ts, and the entries pass the module themselves.
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.generate(scratch).context("wasm-bindgen could not make the glue")
}

/// Makes a panic trap at once. Its message could not be read, so wasm-opt can remove the code that makes it.
fn without_messages(module: &Path, name: &str) -> Result<Vec<u8>> {
    let mut module = Module::from_file(module).with_context(|| format!("{} is not a module", module.display()))?;
    let author = name == "author";
    let of_panics = PANICS.into_iter().chain(DEBUG.into_iter().filter(|_| !author));
    let is_panic = |name: &str| of_panics.clone().any(|panic| name.contains(panic));
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
    let segments: Vec<DataId> = module.data.iter().map(|segment| segment.id()).collect();
    for segment in segments {
        let segment = module.data.get_mut(segment);
        if let DataKind::Active { offset: ConstExpr::Value(Value::I32(start)), .. } = segment.kind {
            clear_locations(&mut segment.value, start.cast_unsigned());
        }
    }
    Ok(module.emit_wasm())
}

/// Clears the source locations of panics, which only their messages use: the address of a file's name, its length, a
/// line and a column; and the names themselves.
fn clear_locations(data: &mut [u8], start: u32) {
    let word = |data: &[u8], at: usize| {
        data.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
    };
    let mut names = Vec::new();
    let mut at = start.wrapping_neg() as usize % 4;
    while at + 16 <= data.len() {
        let begin = word(data, at).wrapping_sub(start) as usize;
        let name = begin..begin.saturating_add(word(data, at + 4) as usize);
        let is_file = |name: &[u8]| {
            // A zero ends it. It belongs to the standard library, to a dependency (`without_places`), or to this crate.
            let name = name.strip_suffix(b"\0").unwrap_or(name);
            name.ends_with(b".rs") && ["/rust", "./", "src/"].iter().any(|from| name.starts_with(from.as_bytes()))
        };
        if data.get(name.clone()).is_some_and(is_file) {
            data[at..at + 16].fill(0);
            names.push(name);
            at += 12;
        }
        at += 4;
    }
    for name in names {
        data[name].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_cleared_and_nothing_else() {
        let mut data = b"src/a.rs\0src/b.rs...".to_vec();
        let words = [1024_u32, 9, 7, 3, 1033, 8, 1, 2, 1033, 5, 1, 2];
        data.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        clear_locations(&mut data, 1024);
        let mut left = vec![0; 17];
        left.extend(b"...");
        left.extend([0; 32]);
        left.extend(words[8..].iter().flat_map(|word| word.to_le_bytes()));
        assert_eq!(data, left);
    }
}
