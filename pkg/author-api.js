/** The interface of author.d.ts over the module for authors. It passes texts on and returns plain objects. */
import { author_check, author_diff, author_prove } from "./author-glue.js";

/** The default limit on the nodes of the decision diagrams. A node takes about 17 bytes. */
const NODES = 8_000_000;

/** @type {typeof import("./author.js").check} */
export function check(ruleset) {
  return JSON.parse(author_check(text("check", ruleset))).findings;
}

/** @type {typeof import("./author.js").prove} */
export function prove(ruleset, options = {}) {
  const { findings, answer } = JSON.parse(author_prove(text("prove", ruleset), maxNodes("prove", options)));
  return { findings, proofs: answer };
}

/** @type {typeof import("./author.js").diff} */
export function diff(before, after, options = {}) {
  const texts = [text("diff", before), text("diff", after)];
  const { findings, answer } = JSON.parse(author_diff(texts[0] ?? "", texts[1] ?? "", maxNodes("diff", options)));
  return { findings, difference: answer };
}

/** @param {string} where @param {unknown} value */
function text(where, value) {
  if (typeof value !== "string") throw new TypeError(`${where}(): a ruleset is a text, in YAML or JSON`);
  return value;
}

/** @param {string} where @param {unknown} options */
function maxNodes(where, options) {
  const unknown = Object.keys(Object(options)).find((name) => name !== "maxNodes");
  if (unknown !== undefined) throw new TypeError(`${where}(): \`${unknown}\` is not an option; there is \`maxNodes\``);
  const value = /** @type {{ maxNodes?: unknown }} */ (options).maxNodes ?? NODES;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new TypeError(`${where}(): \`maxNodes\` is a whole number of diagram nodes`);
  }
  return value;
}
