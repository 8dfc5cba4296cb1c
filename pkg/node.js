/** The entry for Node and Bun. It reads the module at import, so `init` has nothing left to do and `require()` works too. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { initSync } from "./engine.js";

// A path, because bundlers turn `new URL("…", import.meta.url)` into the address of an asset, which cannot be read.
initSync({ module: readFileSync(join(dirname(fileURLToPath(import.meta.url)), "dist", "brightline_bg.wasm")) });

export * from "./api.js";

/** @type {typeof import("./index.js").default} */
export default async function init() {}
