/**
 * Scans JSON (RFC 8259) strictly and in one pass, without building values. In addition to the text it needs only two entries
 * for each level of nesting. It is a loop, since recursion and regular expressions can run out of stack.
 */

/**
 * Receives the parts of the text. A state is the visitor's knowledge about a position. If it is null, nothing inside that
 * position is reported.
 * @template S
 * @typedef {object} Visitor
 * @property {(state: S, from: number, until: number) => S | null} member receives the name of an object's member, with its
 *   quotes; returns the state of the member's value
 * @property {(state: S, object: boolean) => S | null} open receives the start of an object or array; returns the state of
 *   its content
 * @property {(state: S, from: number, until: number, text: boolean) => void} scalar receives a string, number, true, false
 *   or null
 * @property {(content: S) => void} close receives the end of an object or array, with the state of its content
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING = { object: 0x7b, array: 0x5b };
const CLOSING = { object: 0x7d, array: 0x5d };

/**
 * Returns true if the text is one JSON value.
 * @template S
 * @param {string} text
 * @param {number} depth the deepest nesting that is accepted
 * @param {S} root the state of the whole text
 * @param {Visitor<S>} visitor
 * @returns {boolean}
 */
export function scan(text, depth, root, visitor) {
  // For each open level: true for an object, and the state of its content.
  /** @type {boolean[]} */
  const objects = [];
  /** @type {(S | null)[]} */
  const contents = [];
  /** @type {S | null} */
  let state = root;
  let at = pastSpace(text, 0);
  for (;;) {
    const first = text.charCodeAt(at);
    let ended = true;
    if (first === OPENING.object || first === OPENING.array) {
      if (objects.length >= depth) return false;
      const object = first === OPENING.object;
      objects.push(object);
      contents.push(state === null ? null : visitor.open(state, object));
      at = pastSpace(text, at + 1);
      ended = text.charCodeAt(at) === (object ? CLOSING.object : CLOSING.array);
    } else {
      const until = first === QUOTE ? stringEnd(text, at) : scalarEnd(text, at);
      if (until < 0) return false;
      if (state !== null) visitor.scalar(state, at, until, first === QUOTE);
      at = pastSpace(text, until);
    }
    // Ends values and levels, up to the next value.
    for (let next = !ended; ; next = false) {
      if (objects.length === 0) return at === text.length;
      const object = objects[objects.length - 1];
      const content = contents[contents.length - 1] ?? null;
      const char = text.charCodeAt(at);
      if (!next && char === (object ? CLOSING.object : CLOSING.array)) {
        objects.pop();
        contents.pop();
        if (content !== null) visitor.close(content);
        at = pastSpace(text, at + 1);
        continue;
      }
      if (!next) {
        if (char !== COMMA) return false;
        at = pastSpace(text, at + 1);
      }
      state = content;
      if (object) {
        const until = text.charCodeAt(at) === QUOTE ? stringEnd(text, at) : -1;
        if (until < 0) return false;
        if (state !== null) state = visitor.member(state, at, until);
        at = pastSpace(text, until);
        if (text.charCodeAt(at) !== COLON) return false;
        at = pastSpace(text, at + 1);
      }
      break;
    }
  }
}

/**
 * Returns the value of a string, with its escapes resolved.
 * @param {string} text
 * @param {number} from the index of its opening quote
 * @param {number} until the index past its closing quote
 * @returns {string}
 */
export function stringAt(text, from, until) {
  const inside = text.slice(from + 1, until - 1);
  return inside.includes("\\") ? String(JSON.parse(text.slice(from, until))) : inside;
}

/** @param {string} text @param {number} at */
function pastSpace(text, at) {
  for (;;) {
    const char = text.charCodeAt(at);
    if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return at;
    at += 1;
  }
}

/**
 * @param {string} text
 * @param {number} at the index of its opening quote
 * @returns {number} the index past its closing quote; less than 0 if the string is not valid
 */
function stringEnd(text, at) {
  for (at += 1; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) return at + 1;
    if (char < 0x20) return -1;
    if (char !== BACKSLASH) continue;
    at += 1;
    if (text[at] === "u") {
      for (const last = at + 4; at < last; ) if (!isHex(text.charCodeAt((at += 1)))) return -1;
    } else if (at >= text.length || !'"\\/bfnrt'.includes(text[at] ?? " ")) {
      return -1;
    }
  }
  return -1;
}

/** @param {number} char */
function isHex(char) {
  return isDigit(char) || (char >= 0x41 && char <= 0x46) || (char >= 0x61 && char <= 0x66);
}

/** @param {number} char */
function isDigit(char) {
  return char >= 0x30 && char <= 0x39;
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {number} the index past a number, true, false or null; less than 0 if there is no such value
 */
function scalarEnd(text, at) {
  if (text.startsWith("true", at) || text.startsWith("null", at)) return at + 4;
  if (text.startsWith("false", at)) return at + 5;
  if (text[at] === "-") at += 1;
  let end = text[at] === "0" ? at + 1 : pastDigits(text, at);
  if (end > at && text[end] === ".") end = pastSome(text, end + 1);
  if (end > at && (text[end] === "e" || text[end] === "E")) {
    end = pastSome(text, text[end + 1] === "+" || text[end + 1] === "-" ? end + 2 : end + 1);
  }
  return end > at ? end : -1;
}

/** @param {string} text @param {number} at */
function pastDigits(text, at) {
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

/** @param {string} text @param {number} at @returns {number} the index past the digits; less than 0 if there is no digit */
function pastSome(text, at) {
  const end = pastDigits(text, at);
  return end > at ? end : -1;
}
