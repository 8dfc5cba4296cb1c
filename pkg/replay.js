/** What was used once and must not be used again, remembered in this process until it would be refused anyhow. */

import { readCount, readFields } from "./strict.js";

/** @type {typeof import("./index.js").memoryReplayStore} */
export function memoryReplayStore(options) {
  const where = "memoryReplayStore()";
  const fields = options === undefined ? Object.create(null) : readFields(where, "the options", options, ["most"]);
  const most = fields.most === undefined ? 100_000 : readCount(where, "most", fields.most, 1);
  /** @type {Map<string, number>} */
  const used = new Map();
  let nextSweep = 0;
  return Object.freeze({
    /** @param {string} key @param {number} until @param {number} now */
    claim(key, until, now) {
      const end = used.get(key);
      if (end !== undefined && now < end) return false;
      if (used.size >= most || now >= nextSweep) {
        for (const [old, ends] of used) if (now >= ends) used.delete(old);
        nextSweep = now + 60_000;
      }
      // One that was forgotten could be used again: when there is no room, nothing is taken.
      if (used.size >= most && !used.has(key)) return false;
      used.set(key, until);
      return true;
    },
  });
}
