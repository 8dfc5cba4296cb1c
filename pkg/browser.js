/**
 * The entry for browsers, bundlers and every runtime with fetch. It has no top-level await: service workers do not allow it,
 * and other workers lose messages that arrive meanwhile.
 */
import { init as load } from "./engine.js";

export * from "./api.js";

/** @type {typeof import("./index.js").default} */
export default function init(source = new URL("./dist/brightline_bg.wasm", import.meta.url)) {
  return load(source);
}
