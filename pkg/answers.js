/** Caches the decisions of an identity. */

import { EXHAUSTED } from "./engine.js";

/** @typedef {import("./index.js").Decision} Decision */
/** @typedef {import("./glue.js").RawIdentity} RawIdentity */

/** The highest number of answers that are kept for one identity. */
const MOST = 64;

/** The number of fields of a decision. If a decision has fewer, a setter on `Object.prototype` has caught one of them. */
const DECISION_FIELDS = Object.keys(EXHAUSTED).length;

/**
 * The answers for one identity, each kept for as long as the module would give it again. Making a decision's object takes
 * far longer than deciding, and an app asks the same before every call of a model.
 */
export class Answers {
  /** @type {Map<string, { decision: Decision, from: number, until: number }>} */
  #kept = new Map();
  #changes = 0;

  /**
   * @param {RawIdentity} raw
   * @param {number} changes the number of updates (of keys and lists) so far; another number empties the cache
   * @param {string} model
   * @param {string} action
   * @param {string | undefined} context
   * @param {number} now
   * @returns {unknown}
   */
  get(raw, changes, model, action, context, now) {
    if (changes !== this.#changes) {
      this.#kept.clear();
      this.#changes = changes;
    }
    // The lengths come first, so that different requests have different keys.
    const key = `${model.length}/${action.length}/${model}${action}${context ?? ""}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.from <= now && now < kept.until) return again(kept.decision, now);
    const decision = raw.check(model, action, context, now);
    const until = raw.same_until();
    if (until > now && isWhole(decision)) {
      if (this.#kept.size >= MOST) this.#kept.clear();
      // All later answers share the parts, so these are frozen. The decision object itself belongs to this caller.
      for (const part of Object.values(decision)) freezeAll(part);
      this.#kept.set(key, { decision: { ...decision }, from: now, until });
    }
    return decision;
  }
}

/**
 * Returns the same answer for another instant. An object literal, since engines create it in one step.
 * @param {Decision} kept
 * @param {number} now
 * @returns {Decision}
 */
function again(kept, now) {
  return {
    outcome: kept.outcome,
    allowed: kept.allowed,
    decided_by: kept.decided_by,
    reason: kept.reason,
    message: kept.message,
    ruleset: kept.ruleset,
    rule: kept.rule,
    basis: kept.basis,
    model: kept.model,
    action: kept.action,
    decided_at: written(now),
    valid_until: kept.valid_until,
    fallback: kept.fallback,
    interim: kept.interim,
    reasons: kept.reasons,
    needs: kept.needs,
    alternatives: kept.alternatives,
    obligations: kept.obligations,
    upcoming: kept.upcoming,
    not_needed: kept.not_needed,
  };
}

let lastSecond = NaN;
let lastText = "";

/**
 * Writes an instant as the module does: RFC 3339 in UTC, with a fraction only if it is not zero.
 * @param {number} now milliseconds since 1970, within the years 0 to 9999
 */
function written(now) {
  const whole = Math.floor(now);
  const second = Math.floor(whole / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, 19);
    lastSecond = second;
  }
  const fraction = whole - second * 1000;
  if (fraction === 0) return `${lastText}Z`;
  const digits = fraction < 10 ? `00${fraction}` : fraction < 100 ? `0${fraction}` : `${fraction}`;
  return `${lastText}.${fraction % 100 === 0 ? digits.slice(0, 1) : fraction % 10 === 0 ? digits.slice(0, 2) : digits}Z`;
}

/** @param {unknown} value */
function freezeAll(value) {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  for (const part of Object.values(value)) freezeAll(part);
  Object.freeze(value);
}

/**
 * True if a decision has all its fields. The glue assigns each field, and a setter on `Object.prototype` can catch an
 * assignment.
 * @param {unknown} value
 * @returns {value is Decision}
 */
export function isWhole(value) {
  return typeof value === "object" && value !== null && Object.keys(value).length === DECISION_FIELDS;
}
