/**
 * Caches tokens that verified, by their bytes, so that they are not verified again before they expire. Emptied when the host
 * updates the keys or lists that verification depends on.
 */

import { Answers } from "./answers.js";
import { answerIn, forgotten, release, state } from "./engine.js";
import { memoryReplayStore } from "./replay.js";

/** @typedef {import("./glue.js").RawRuleset} RawRuleset */
/** @typedef {import("./glue.js").RawIdentity} RawIdentity */
/** @typedef {import("./presentation.js").Presentation} Presentation */
/** @typedef {{ bytes: string, count: number, raw: RawIdentity, answers: Answers, from: number, until: number }} Known */

/** The highest number of presentations that are kept. The oldest is removed first. */
const MOST = 256;
/**
 * The number of last characters by which a presentation is looked up. They are part of a signature, so a long token need not
 * be hashed.
 */
const TAIL = 43;

export class KnownTokens {
  /** @type {Map<string, Known>} */
  #kept = new Map();
  #changes = 0;
  /** The store for hosts without their own. */
  #replays = memoryReplayStore();

  /**
   * Decides about a request. Verifies the tokens first unless they are cached.
   * @param {RawRuleset} raw
   * @param {Presentation} presentation
   * @param {string} model
   * @param {string} action
   * @param {string | undefined} context
   * @param {number} now
   * @returns {unknown}
   */
  check(raw, presentation, model, action, context, now) {
    // The module counts the updates, since rulesets can share keys and lists: an update of one is an update of all.
    const changes = raw.changes();
    if (changes !== this.#changes) this.clear();
    this.#changes = changes;
    const { tokens, nonce, proofs } = presentation;
    // A presentation with a nonce or a proof was made for one request, so it is not cached.
    const keeps = nonce === undefined && proofs.length === 0;
    const bytes = bytesOf(tokens);
    const tail = bytes.slice(-TAIL);
    const known = keeps ? this.#kept.get(tail) : undefined;
    if (known !== undefined && known.bytes === bytes && known.count === tokens.length && known.from <= now && now < known.until) {
      return known.answers.get(known.raw, changes, model, action, context, now);
    }
    const fresh = this.identify(raw, presentation, now, true);
    const until = tokens.length === 0 ? Infinity : fresh.accepted_until();
    if (keeps && now < until && fresh.single_uses().length === 0) {
      this.#makeRoom(tail);
      const entry = { bytes, count: tokens.length, raw: fresh, answers: new Answers(), from: now, until };
      this.#kept.set(tail, entry);
      forgotten?.register(this, fresh, entry);
      return entry.answers.get(fresh, changes, model, action, context, now);
    }
    try {
      return fresh.check(model, action, context, now);
    } catch (error) {
      // Records a trap before `release`, which must not run the broken module.
      if (answerIn(error) === null) state.trapped = true;
      throw error;
    } finally {
      release(fresh);
    }
  }

  /**
   * @param {RawRuleset} raw
   * @param {Presentation} presentation
   * @param {number} now
   * @param {boolean} claims true to record the uses here; otherwise that is left to the caller
   * @returns {RawIdentity}
   */
  identify(raw, { tokens, nonce, proofs }, now, claims) {
    const identity = raw.identify(tokens, nonce, proofs, now);
    const uses = claims ? identity.single_uses() : [];
    for (let index = 0; index + 2 < uses.length; index += 3) {
      if (!this.#replays.claim(`${uses[index]}`, Number(uses[index + 1]), now, `${uses[index + 2]}`)) identity.mark_replayed();
    }
    return identity;
  }

  clear() {
    for (const entry of this.#kept.values()) free(entry);
    this.#kept.clear();
  }

  /** @param {string} tail */
  #makeRoom(tail) {
    const first = this.#kept.size >= MOST ? this.#kept.keys().next().value : undefined;
    for (const gone of [tail, first]) {
      const old = gone === undefined ? undefined : this.#kept.get(gone);
      if (gone === undefined || old === undefined) continue;
      this.#kept.delete(gone);
      free(old);
    }
  }
}

/** @param {Known} entry */
function free(entry) {
  forgotten?.unregister(entry);
  release(entry.raw);
}

/**
 * Returns a text that identifies a list of tokens among lists of the same length. A single token is used as it is. For
 * several, the text contains their lengths too.
 * @param {string[]} tokens
 */
function bytesOf(tokens) {
  const [only] = tokens;
  if (only !== undefined && tokens.length === 1) return only;
  let text = "\n";
  for (const token of tokens) text += `${token.length}:${token}`;
  return text;
}
