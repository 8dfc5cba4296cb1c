/** Decisions that an identity was given, kept for as long as each would be given again. */

import { EXHAUSTED } from "./engine.js";

/** @typedef {import("./index.js").Decision} Decision */
/** @typedef {import("./glue.js").RawIdentity} RawIdentity */

/** Most answers that one identity keeps. */
const MOST = 64;

/** Fields of a decision: fewer mean that something in this realm swallowed one. */
const DECISION_FIELDS = Object.keys(EXHAUSTED).length;

/**
 * Answers that one identity was given, for as long as each would be given again. Making a decision's object takes far longer
 * than deciding, and an app asks the same before every call of a model.
 */
export class Answers {
  /** @type {Map<string, { decision: Decision, from: number, until: number }>} */
  #kept = new Map();
  #changes = 0;

  /**
   * @param {RawIdentity} raw
   * @param {number} changes how often the host has brought up to date what answers rest on
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
    // The lengths stand first, so that no two requests have one key.
    const key = `${model.length}/${action.length}/${model}${action}${context ?? ""}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.from <= now && now < kept.until) return again(kept.decision, now);
    const decision = raw.check(model, action, context, now);
    const until = raw.same_until();
    if (until > now && isWhole(decision)) {
      if (this.#kept.size >= MOST) this.#kept.clear();
      // The parts are shared by all answers to come; the decision itself is this caller's own.
      for (const part of Object.values(decision)) freezeAll(part);
      this.#kept.set(key, { decision: { ...decision }, from: now, until });
    }
    return decision;
  }
}

/**
 * The same answer at another instant. Written out, so that engines make it in one go.
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
 * An instant as the module writes it: RFC 3339 in UTC, with a fraction only where there is one.
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
 * The glue assigns each field of a decision, and an assignment can be caught by a setter on Object.prototype.
 * @param {unknown} value
 * @returns {value is Decision}
 */
export function isWhole(value) {
  return typeof value === "object" && value !== null && Object.keys(value).length === DECISION_FIELDS;
}
