/** Node and Bun: the module is read at import, so `init` has nothing left to do and `require()` works too. */
import { readFileSync } from "node:fs";
import { initSync } from "./engine.js";

initSync({ module: readFileSync(new URL("./dist/brightline_bg.wasm", import.meta.url)) });

export * from "./api.js";

/** @type {typeof import("./index.js").default} */
export default async function init() {}
