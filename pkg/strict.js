/**
 * Reads a caller's input strictly: a misspelt, inherited or wrongly typed field is a TypeError, never a default. Each value
 * is read once, from its property's descriptor, so that no getter runs and no second read can differ.
 */

/** @typedef {Readonly<Record<string, unknown>>} Fields own data fields, on an object without a prototype */

/** The range of instants that the module accepts: the years 0 to 9999. */
const FIRST_INSTANT = Date.parse("0000-01-01T00:00:00Z");
const LAST_INSTANT = Date.parse("9999-12-31T23:59:59.999Z");
/** The range of numbers that look like seconds: the years 2001 to 2286. As milliseconds they are in early 1970. */
const FIRST_IN_SECONDS = 1e9;
const LAST_IN_SECONDS = 1e10;
const dateValue = Date.prototype.getTime;

/**
 * Copies the fields of a plain object. A message begins with `where` and calls the object `what`.
 * @param {string} where such as `check()`
 * @param {string} what such as `a request`
 * @param {unknown} value
 * @param {readonly string[]} known
 * @returns {Fields}
 */
export function readFields(where, what, value, known) {
  const article = what.replace(/^an? /, "the ");
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${where}: ${what} must be an object, not ${kind(value)}`);
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`${where}: ${what} must be a plain object, because an inherited field would be easy to miss`);
  }
  /** @type {Record<string, unknown>} */
  const fields = Object.create(null);
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === "symbol" || !known.includes(key)) throw new TypeError(unknownField(where, what, key, known));
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    // An own `value`, because a polluted Object.prototype gives every descriptor an inherited one.
    if (descriptor === undefined || !Object.hasOwn(descriptor, "value") || descriptor.enumerable !== true) {
      throw new TypeError(`${where}: \`${key}\` of ${article} must be an ordinary property, not a getter or a hidden one`);
    }
    fields[key] = descriptor.value;
  }
  return fields;
}

/**
 * Copies the items of an array.
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @returns {unknown[]}
 */
export function readList(where, name, value) {
  if (!Array.isArray(value)) throw new TypeError(`${where}: \`${name}\` must be an array, not ${kind(value)}`);
  const items = [];
  for (let index = 0; index < value.length; index += 1) {
    const descriptor = Object.getOwnPropertyDescriptor(value, index);
    if (descriptor === undefined || !Object.hasOwn(descriptor, "value")) {
      throw new TypeError(`${where}: \`${name}\` must have an ordinary item at ${index}`);
    }
    items.push(descriptor.value);
  }
  return items;
}

/**
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @returns {string}
 */
export function readString(where, name, value) {
  if (typeof value === "string") return value;
  throw new TypeError(`${where}: \`${name}\` must be a string, not ${kind(value)}`);
}

/**
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @returns {string | undefined}
 */
export function readOptionalString(where, name, value) {
  return value === undefined ? undefined : readString(where, name, value);
}

/**
 * Reads the tokens of a presentation: one or a list. Null or absent if the user has not signed in.
 * @param {string} where
 * @param {unknown} value
 * @returns {string[]}
 */
export function readTokens(where, value) {
  if (value === null || value === undefined) return [];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) {
    throw new TypeError(`${where}: \`token\` must be a string, a list of strings or null, not ${kind(value)}`);
  }
  return readList(where, "token", value).map((token) => readString(where, "token", token));
}

/**
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @returns {boolean | undefined}
 */
export function readOptionalBoolean(where, name, value) {
  if (value === undefined || typeof value === "boolean") return value;
  throw new TypeError(`${where}: \`${name}\` must be true or false, not ${kind(value)}`);
}

/**
 * Reads a whole number from `least` on, up to the largest exact one.
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @param {number} least
 * @returns {number}
 */
export function readCount(where, name, value, least) {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw new TypeError(`${where}: \`${name}\` must be a whole number from ${least} on, not ${kind(value)}`);
}

/**
 * Reads an instant in milliseconds since 1970. Default: the host's clock.
 * @param {string} where
 * @param {unknown} value
 * @returns {number}
 */
export function readNow(where, value) {
  if (value === undefined) return Date.now();
  const millis = typeof value === "number" ? value : dateMillis(value);
  if (millis === null) {
    throw new TypeError(`${where}: \`now\` must be milliseconds since 1970 or a Date, not ${kind(value)}`);
  }
  // Written so that NaN, the value of an invalid Date, fails too.
  if (!(millis >= FIRST_INSTANT && millis <= LAST_INSTANT)) {
    throw new TypeError(`${where}: \`now\` must be an instant between the years 0 and 9999`);
  }
  if (typeof value === "number" && millis >= FIRST_IN_SECONDS && millis < LAST_IN_SECONDS) {
    throw new TypeError(`${where}: \`now\` must be in milliseconds since 1970, and this number looks like seconds; multiply it by 1000`);
  }
  return millis;
}

/**
 * Cuts a text for the module to `most` characters. The limits are above the module's own, so the module refuses a cut text.
 * @template {string | undefined} S
 * @param {S} text
 * @param {number} most
 * @returns {S}
 */
export function cut(text, most) {
  return text !== undefined && text.length > most ? /** @type {S} */ (text.slice(0, most)) : text;
}

/**
 * @template {(...args: never[]) => unknown} F
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @returns {F}
 */
export function readFunction(where, name, value) {
  if (typeof value === "function") return /** @type {F} */ (value);
  throw new TypeError(`${where}: \`${name}\` must be a function, not ${kind(value)}`);
}

/**
 * Describes a value's type for a message, without running or quoting any part of the value.
 * @param {unknown} value
 */
export function kind(value) {
  if (value === null) return "null";
  if (value === undefined) return "undefined";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" && Number.isNaN(value)) return "NaN";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * Returns a real Date's value, even if its methods were replaced. Null for anything else.
 * @param {unknown} value
 * @returns {number | null}
 */
function dateMillis(value) {
  try {
    return Reflect.apply(dateValue, value, []);
  } catch {
    return null;
  }
}

/**
 * @param {string} where
 * @param {string} what
 * @param {string | symbol} key
 * @param {readonly string[]} known
 */
function unknownField(where, what, key, known) {
  if (typeof key === "symbol") return `${where}: ${what} has no symbols as fields`;
  const named = key.length > 64 ? `${key.slice(0, 64)}…` : key;
  const near = nearest(key, known);
  const hint = near === null ? `known are ${known.map((name) => `\`${name}\``).join(", ")}` : `did you mean \`${near}\`?`;
  return `${where}: \`${named}\` is not a field of ${what}; ${hint}`;
}

/**
 * Returns the known name that is nearest to a misspelt one. Null if none is near.
 * @param {string} name
 * @param {readonly string[]} known
 * @returns {string | null}
 */
function nearest(name, known) {
  if (name.length < 3 || name.length > 32) return null;
  let best = null;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const steps = distance(name.toLowerCase(), candidate.toLowerCase());
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}

/**
 * Returns Levenshtein's distance: the number of characters to insert, delete or change.
 * @param {string} from
 * @param {string} to
 */
function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const change = (row[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
