/** The entry for Workers. They may not compile Wasm, so the module arrives compiled, through an import. */
import module from "./dist/brightline_bg.wasm";
import { initSync } from "./engine.js";

initSync({ module });

export * from "./api.js";

/** @type {typeof import("./index.js").default} */
export default async function init() {}
