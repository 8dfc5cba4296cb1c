/** A module that really traps: the real one, with the body of one exported function replaced by `unreachable`. */

/** The ids of the sections that are read here (WebAssembly core specification, section 5.5). */
const IMPORTS = 2;
const EXPORTS = 7;
const CODE = 10;
/** No locals, `unreachable`, `end`; valid for a function of any type. */
const BODY = [3, 0x00, 0x00, 0x0b];

/**
 * @param {Uint8Array} bytes
 * @param {string} name the exported function
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function withTrap(bytes, name) {
  const imported = sections(bytes).find(({ id }) => id === IMPORTS);
  // The code section counts from the first function that is not imported.
  const index = exportedIndex(bytes, name) - (imported === undefined ? 0 : importedFunctions(bytes, imported.start));
  const code = sections(bytes).find(({ id }) => id === CODE);
  if (code === undefined) throw new Error("the module has no code");
  const reader = new Reader(bytes, code.start);
  const count = reader.u32();
  const first = reader.at;
  for (let body = 0; body < index; body += 1) reader.skip(reader.u32());
  const from = reader.at;
  reader.skip(reader.u32());
  const content = join(u32(count), bytes.subarray(first, from), BODY, bytes.subarray(reader.at, code.end));
  return join(bytes.subarray(0, code.head), [CODE], u32(content.length), content, bytes.subarray(code.end));
}

/** @param {Uint8Array} bytes */
function sections(bytes) {
  const found = [];
  const reader = new Reader(bytes, 8);
  while (reader.at < bytes.length) {
    const head = reader.at;
    const id = reader.byte();
    const size = reader.u32();
    found.push({ id, head, start: reader.at, end: reader.at + size });
    reader.skip(size);
  }
  return found;
}

/** @param {Uint8Array} bytes @param {string} name */
function exportedIndex(bytes, name) {
  const section = sections(bytes).find(({ id }) => id === EXPORTS);
  if (section === undefined) throw new Error("the module has no exports");
  const reader = new Reader(bytes, section.start);
  for (let left = reader.u32(); left > 0; left -= 1) {
    const found = reader.text();
    const kind = reader.byte();
    const index = reader.u32();
    if (found === name && kind === 0) return index;
  }
  throw new Error(`the module exports no function ${name}`);
}

/** @param {Uint8Array} bytes @param {number} start */
function importedFunctions(bytes, start) {
  const reader = new Reader(bytes, start);
  const count = reader.u32();
  for (let left = count; left > 0; left -= 1) {
    reader.text();
    reader.text();
    if (reader.byte() !== 0) throw new Error("the module imports more than functions");
    reader.u32();
  }
  return count;
}

class Reader {
  /** @param {Uint8Array} bytes @param {number} at */
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }
  byte() {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new Error("the module ends early");
    this.at += 1;
    return byte;
  }
  u32() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
  text() {
    const size = this.u32();
    this.skip(size);
    return new TextDecoder().decode(this.bytes.subarray(this.at - size, this.at));
  }
  /** @param {number} size */
  skip(size) {
    this.at += size;
  }
}

/** @param {readonly ArrayLike<number>[]} parts */
function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {number} value @returns {number[]} */
function u32(value) {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...u32(Math.floor(value / 0x80))];
}
