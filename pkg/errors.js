/** @typedef {import("./index.js").Decision} Decision */

/** Reports that a ruleset, its signatures or its trust root are refused. */
export class RulesetError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    define(this, "name", "RulesetError");
    define(this, "code", code);
  }
}

/** Reports that keys, a status list or a deny list are refused. */
export class UpdateError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    define(this, "name", "UpdateError");
    define(this, "code", code);
  }
}

/** Reports that a call was not made, because the decision was not allow. */
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
 * Defines a property. An assignment could reach a setter of a polluted prototype. The descriptor has no prototype, for the
 * same reason.
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
