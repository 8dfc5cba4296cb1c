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
  /** @param {Decision} decision @param {unknown} [cause] */
  constructor(decision, cause) {
    super(decision.message);
    if (cause !== undefined) define(this, "cause", cause);
    define(this, "name", "AccessError");
    define(this, "code", decision.reason);
    define(this, "decision", decision);
  }
}

/**
 * Defined, not assigned: an assignment could end in a setter of a polluted prototype, and so could a descriptor's field.
 * @param {object} error
 * @param {string} name
 * @param {unknown} value
 */
function define(error, name, value) {
  const descriptor = Object.create(null);
  descriptor.value = value;
  descriptor.enumerable = name !== "name";
  Object.defineProperty(error, name, descriptor);
}
