/** Findings, proofs and differences for an author's editor. They are in a separate module, which no check needs. */
import { load } from "./author-glue.js";

export * from "./author-api.js";

/** @type {typeof import("./author.js").default} */
export default async function init(source = new URL("./dist/author_bg.wasm", import.meta.url)) {
  await load({ module_or_path: source });
}
