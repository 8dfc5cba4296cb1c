/** What an author's editor asks for: findings, proofs and differences. A module of its own, which no check needs. */
import { load } from "./author-glue.js";

export * from "./author-api.js";

/** @type {typeof import("./author.js").default} */
export default async function init(source = new URL("./dist/author_bg.wasm", import.meta.url)) {
  await load({ module_or_path: source });
}
