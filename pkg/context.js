/** Reads the facts that the host states about a request, strictly. Writes them as JSON for the module. */

import { cut, kind, readFields, readList, readOptionalBoolean, readString } from "./strict.js";

/** A little above the module's limit (`src/base/limits.rs`): the module refuses a longer text, and memory stays bounded. */
const MOST = 16 * 1024 + 1;
/** The fields of the context's lists. */
const PLACE = ["country", "region", "source", "quality"];
const PARTY = ["role", "of", "known"];

/**
 * @param {string} where
 * @param {unknown} value
 * @param {readonly string[]} known the fields that a context may have
 * @returns {string | undefined} JSON
 */
export function readContext(where, value, known) {
  if (value === undefined) return undefined;
  const fields = readFields(where, "a context", value, known);
  // Written by hand, for the same reason as the trust root in core.js.
  let text = "";
  for (const name of known) {
    const stated = fields[name];
    if (stated !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${stateOf(where, name, stated)}`;
  }
  return cut(`{${text}}`, MOST);
}

/**
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @returns {string} JSON
 */
function stateOf(where, name, value) {
  if (name === "country" || name === "region" || name === "purpose") return textOf(where, name, value);
  if (name === "places") return listOf(where, name, value, (item) => membersOf(where, "a place", item, PLACE));
  if (name === "chain") return listOf(where, name, value, (item) => membersOf(where, "a party of the chain", item, PARTY));
  if (Array.isArray(value)) return listOf(where, name, value, (item) => textOf(where, name, item));
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return `${value}`;
  if (typeof value === "string") return textOf(where, name, value);
  throw new TypeError(`${where}: \`${name}\` must be true, false, a number, a string or a list of strings, not ${kind(value)}`);
}

/**
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 */
function textOf(where, name, value) {
  return JSON.stringify(cut(readString(where, name, value), MOST));
}

/**
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @param {(item: unknown) => string} read
 */
function listOf(where, name, value, read) {
  let text = "";
  for (const item of readList(where, name, value)) {
    // A text that is already too long is refused, so further items do not matter.
    if (text.length < MOST) text += `${text === "" ? "" : ","}${read(item)}`;
  }
  return `[${text}]`;
}

/**
 * @param {string} where
 * @param {string} what
 * @param {unknown} value
 * @param {readonly string[]} known
 */
function membersOf(where, what, value, known) {
  const fields = readFields(where, what, value, known);
  let text = "";
  for (const name of known) {
    const stated = fields[name];
    if (stated === undefined) continue;
    const member = name === "known" ? `${readOptionalBoolean(where, name, stated)}` : textOf(where, name, stated);
    text += `${text === "" ? "" : ","}"${name}":${member}`;
  }
  return `{${text}}`;
}
