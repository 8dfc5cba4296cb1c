/** @typedef {import("./index.js").Decision} Decision */

/** The signed ruleset does not open. */
export class RulesetError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    define(this, "name", "RulesetError");
    define(this, "code", code);
  }
}

/** The call was not made, because the decision was not allow. */
export class AccessError extends Error {
  /** @param {Decision} decision */
  constructor(decision) {
    super(decision.message);
    define(this, "name", "AccessError");
    define(this, "code", decision.reason);
    define(this, "decision", decision);
  }
}

/**
 * Defined, not assigned: an assignment would go to a setter of a polluted prototype.
 * @param {object} error
 * @param {string} name
 * @param {unknown} value
 */
function define(error, name, value) {
  Object.defineProperty(error, name, { __proto__: null, value, enumerable: name !== "name" });
}
