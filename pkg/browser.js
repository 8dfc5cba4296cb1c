/** Browsers, bundlers and every runtime with fetch. No top-level await: it stops service workers and loses messages. */
import { init as load } from "./engine.js";

export * from "./api.js";

/** @type {typeof import("./index.js").default} */
export default function init(source = new URL("./dist/brightline_bg.wasm", import.meta.url)) {
  return load(source);
}
