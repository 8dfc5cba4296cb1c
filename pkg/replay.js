/** Remembers uses in this process, each until its proof would be refused for its age. */

import { readCount, readFields } from "./strict.js";

/** @typedef {{ key: string, untilMs: number, holder: string | undefined }} Used */

/** @type {typeof import("./index.js").memoryReplayStore} */
export function memoryReplayStore(options) {
  const where = "memoryReplayStore()";
  const fields = options === undefined ? Object.create(null) : readFields(where, "the options", options, ["capacity"]);
  const capacity = fields.capacity === undefined ? 100_000 : readCount(where, "capacity", fields.capacity, 1);
  /** @type {Map<string, Used>} */
  const used = new Map();
  /** The number of remembered uses of each holder. @type {Map<string, number>} */
  const held = new Map();
  const ends = new Ends();
  return Object.freeze({
    /** @param {string} key @param {number} untilMs @param {number} nowMs @param {string} [holder] */
    claim(key, untilMs, nowMs, holder) {
      for (let old = ends.takeBy(nowMs); old !== undefined; old = ends.takeBy(nowMs)) {
        used.delete(old.key);
        if (old.holder !== undefined) count(held, old.holder, -1);
      }
      if (used.has(key)) return false;
      // A forgotten use could be repeated, so a full store accepts no more. A holder may have as many uses as there is free
      // capacity, so a holder with many uses is refused before the others are.
      const left = capacity - used.size;
      if (left < 1 || (holder !== undefined && (held.get(holder) ?? 0) >= left)) return false;
      const use = { key, untilMs, holder };
      used.set(key, use);
      ends.add(use);
      if (holder !== undefined) count(held, holder, 1);
      return true;
    },
  });
}

/** @param {Map<string, number>} counts @param {string} name @param {number} more */
function count(counts, name, more) {
  const sum = (counts.get(name) ?? 0) + more;
  if (sum > 0) counts.set(name, sum);
  else counts.delete(name);
}

/** Uses ordered by their ends, the earliest first: a binary heap, so that no claim walks through all of them. */
class Ends {
  /** @type {Used[]} */
  #heap = [];

  /** @param {Used} use */
  add(use) {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = /** @type {Used} */ (heap[above]);
      if (parent.untilMs <= use.untilMs) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = use;
  }

  /**
   * Removes a use that has ended and returns it. Undefined if none has ended.
   * @param {number} nowMs
   * @returns {Used | undefined}
   */
  takeBy(nowMs) {
    const heap = this.#heap;
    const [first] = heap;
    if (first === undefined || nowMs < first.untilMs) return undefined;
    const last = /** @type {Used} */ (heap.pop());
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  /** Replaces the first use by this one and restores the order. @param {Used} use */
  #sink(use) {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left !== undefined && right !== undefined && right.untilMs < left.untilMs) below += 1;
      const child = heap[below];
      if (child === undefined || use.untilMs <= child.untilMs) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = use;
  }
}
