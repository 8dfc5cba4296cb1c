/** What the host states of a request, read strictly and written as the JSON that the module reads. */

import { cut, kind, readFields, readList, readOptionalBoolean, readString } from "./strict.js";

/** A little more than the module reads (`src/limits.rs`): what is longer is refused there, and makes no memory grow. */
const MOST = 16 * 1024 + 1;
/** The fields of the context's lists. */
const PLACE = ["country", "region", "source", "quality"];
const PARTY = ["role", "of", "known"];

/**
 * @param {string} where
 * @param {unknown} value
 * @param {readonly string[]} known the fields that it may have
 * @returns {string | undefined} JSON
 */
export function readContext(where, value, known) {
  if (value === undefined) return undefined;
  const fields = readFields(where, "a context", value, known);
  // Put together by hand, as the trust root is.
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
    // What is longer already is refused however it goes on.
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
