/** In Node the module is read at import, so `init` has nothing left to do. */
import { readFileSync } from "node:fs";
import { loadSync } from "./author-glue.js";

loadSync({ module: readFileSync(new URL("./dist/author_bg.wasm", import.meta.url)) });

export * from "./author-api.js";

/** @type {typeof import("./author.js").default} */
export default async function init() {}
