/** Writes `dist/inline.js`, the entry that contains the module. npm runs this before it packs. */

import { readFileSync, writeFileSync } from "node:fs";

const at = (/** @type {string} */ name) => new URL(`dist/${name}`, import.meta.url);
const base64 = readFileSync(at("brightline_bg.wasm")).toString("base64");

writeFileSync(at("inline.js"), `/** Where no second file can be loaded: the module is in this one, a third larger. */
import { init as load } from "../engine.js";

export * from "../api.js";

const bytes = () => Uint8Array.from(atob(BASE64), (letter) => letter.charCodeAt(0));

export default function init(source = bytes()) {
  return load(source);
}

const BASE64 = "${base64}";
`);
