/** The entry for authors in Node. It reads the module at import, so `init` has nothing left to do. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadSync } from "./author-glue.js";

// A path, because bundlers turn `new URL("…", import.meta.url)` into the address of an asset, which cannot be read.
loadSync({ module: readFileSync(join(dirname(fileURLToPath(import.meta.url)), "dist", "author_bg.wasm")) });

export * from "./author-api.js";

/** @type {typeof import("./author.js").default} */
export default async function init() {}
