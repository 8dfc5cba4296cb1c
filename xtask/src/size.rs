//! The module's size is a promise: every app that imports the package downloads it.

use anyhow::{Context, Result, bail};

use crate::project::Project;
use crate::shell;

/// Bytes after brotli at its strongest, which is how a CDN sends it.
const MOST: u64 = 172_000;

// Node has both compressors, so the tools need none.
const MEASURE: &str = "
const { brotliCompressSync, gzipSync, constants: c } = require('node:zlib');
const raw = require('node:fs').readFileSync(process.argv[1]);
const brotli = brotliCompressSync(raw, { params: { [c.BROTLI_PARAM_QUALITY]: 11, [c.BROTLI_PARAM_LGWIN]: 22, [c.BROTLI_PARAM_SIZE_HINT]: raw.length } });
console.log(raw.length, gzipSync(raw, { level: 9 }).length, brotli.length);
";

pub fn check(project: &Project) -> Result<String> {
    let module = project.dist().join("brightline_bg.wasm");
    let sizes = shell::capture(project.command("node").args(["-e", MEASURE]).arg(&module))?;
    let (raw, gzip, brotli) = read(&sizes).context("the module's size could not be measured")?;
    let note = format!("{raw} bytes, gzip {gzip}, brotli {brotli}");
    println!("module: {note} (at most {MOST})");
    if brotli > MOST {
        bail!("the module is {brotli} bytes after brotli; at most {MOST} are allowed");
    }
    Ok(note)
}

fn read(sizes: &str) -> Option<(u64, u64, u64)> {
    let mut sizes = sizes.split_whitespace().map(str::parse);
    let mut next = || sizes.next()?.ok();
    Some((next()?, next()?, next()?))
}
