/**
 * The loaded module, and its failure. A trap leaves the module's memory in an undefined state, so none of its later
 * results can be trusted: from the first trap on, every call of every object is refused.
 */

import { load, loadSync } from "./glue.js";

/** @typedef {import("./index.js").Decision} Decision */
/** @typedef {import("./glue.js").RawRuleset | import("./glue.js").RawIdentity} Raw */
/** @typedef {{ readonly id: string, readonly version: number }} RulesetRef */

export const TRAPPED = "engine.trapped";
const TRAPPED_MESSAGE = "The check could not be carried out, so nothing is allowed.";

/** An object, so that a trap can be recorded without a call: there may be no stack left for one. */
export const state = { loaded: false, trapped: false };

/** Objects that must never be freed, since freeing would run the broken module: see `release`. @type {Raw[]} */
const kept = [];

/**
 * Loads the module. Idempotent, also while a first call is pending: the glue shares that call's promise.
 * @param {Parameters<typeof load>[0]["module_or_path"]} source
 * @returns {Promise<void>}
 */
export async function init(source) {
  if (state.loaded) return;
  await load({ module_or_path: source });
  state.loaded = true;
}

/** @type {typeof import("./index.js").initSync} */
export function initSync({ module }) {
  if (state.loaded) return;
  loadSync({ module });
  state.loaded = true;
}

/** @param {string} where the function that was called too early */
export function needLoaded(where) {
  if (!state.loaded) throw new Error(`${where}: Brightline is not loaded yet; call \`await init()\` once before it`);
}

/**
 * Returns the code and message of an error that the module threw on purpose. Null for anything else, which is a trap.
 * @param {unknown} error
 * @returns {{ code: string, message: string } | null}
 */
export function answerIn(error) {
  // The module throws plain errors. A trap, or an error of the host, has another class or no code.
  if (!(error instanceof Error) || Object.getPrototypeOf(error) !== Error.prototype) return null;
  const code = Object.getOwnPropertyDescriptor(error, "code")?.value;
  return typeof code === "string" ? { code, message: error.message } : null;
}

/**
 * Frees a raw object, unless the module has trapped. Then the object is kept, so that the glue's own finalizer does not
 * reach it either: that would run the broken module and throw an error that no caller can catch.
 * @param {Raw} raw
 */
export function release(raw) {
  if (!state.trapped) {
    try {
      raw.free();
      return;
    } catch {
      state.trapped = true;
    }
  }
  kept.push(raw);
}

/** Frees the objects that a caller forgot to free. @type {FinalizationRegistry<Raw> | null} */
export const forgotten = typeof FinalizationRegistry === "function" ? new FinalizationRegistry(release) : null;

/**
 * Returns a refusal, for a request on which the module made no decision.
 * @param {string} model
 * @param {string} action
 * @param {number} now
 * @param {RulesetRef | null} ruleset
 * @param {{ by: Decision["decided_by"], reason: string, message: string }} [why] default: the module trapped
 * @returns {Decision}
 */
export function refusal(model, action, now, ruleset, why = { by: "engine", reason: TRAPPED, message: TRAPPED_MESSAGE }) {
  // The module's own form of an instant: no fraction if it is zero.
  return refusalAt(model, action, new Date(now).toISOString().replace(".000Z", "Z"), ruleset, why);
}

/**
 * @param {string} model
 * @param {string} action
 * @param {string} decidedAt
 * @param {RulesetRef | null} ruleset
 * @param {{ by: Decision["decided_by"], reason: string, message: string }} why
 * @returns {Decision}
 */
function refusalAt(model, action, decidedAt, ruleset, why) {
  return Object.freeze({
    outcome: "deny",
    allowed: false,
    decided_by: why.by,
    reason: why.reason,
    message: why.message,
    ruleset,
    rule: null,
    basis: null,
    model,
    action,
    decided_at: decidedAt,
    valid_until: null,
    fallback: null,
    interim: null,
    reasons: NONE,
    needs: NONE,
    alternatives: NONE,
    obligations: NONE,
    upcoming: NONE,
    not_needed: NONE,
  });
}

/** @type {readonly never[]} */
const NONE = Object.freeze([]);

/**
 * The refusal if there is too little stack left for one that names the request. Made in advance, so it needs no stack.
 * @type {Decision}
 */
export const EXHAUSTED = refusalAt("", "", "1970-01-01T00:00:00Z", null, {
  by: "engine", reason: TRAPPED, message: TRAPPED_MESSAGE,
});
