/** The interface of index.d.ts over the module. It reads what comes in, calls and hands back; it decides nothing. */

import { RulesetError } from "./errors.js";
import { EXHAUSTED, TRAPPED, answerIn, forgotten, needLoaded, refusal, release, state } from "./engine.js";
import { RawRuleset } from "./glue.js";
import { readCount, readFields, readList, readNow, readOptionalBoolean, readOptionalString, readString, readTokens, kind } from "./strict.js";

/** @typedef {import("./index.js").Decision} Decision */
/** @typedef {import("./glue.js").RawIdentity} RawIdentity */
/** @typedef {import("./engine.js").RulesetRef} RulesetRef */

/**
 * What crosses into the module is cut to a little more than it reads of it (`src/limits.rs`): the answer is the same, and
 * nothing that a person sends makes its memory grow.
 */
const MOST = { token: 16 * 1024 + 1, tokens: 16 + 1, name: 1024, context: 16 * 1024 + 1, bundle: 32 * 1024 * 1024, answers: 64 };

const REQUEST = ["model", "action", "context", "now"];
const CHECK_REQUEST = ["token", ...REQUEST];
/** The fields of the context's lists. */
const PLACE = ["country", "region", "source", "quality"];
const PARTY = ["role", "of", "known"];
const TRUST_ROOT = ["ruleset", "audience", "threshold", "keys"];
const KEY = ["kty", "alg", "kid", "crv", "x", "y", "use"];
const OPEN_OPTIONS = ["now", "minimumVersion"];

/** Fields of a decision: fewer mean that something in this realm swallowed one. */
const DECISION_FIELDS = Object.keys(EXHAUSTED).length;

/** Where a runtime has none, what compilers of `using` look for. @type {typeof Symbol.dispose} */
const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");
/** Known to this module alone, so that only it can construct. */
const INTERNAL = Symbol("internal");

/** @type {typeof import("./index.js").openRuleset} */
export function openRuleset(bundle, trustRoot, options) {
  const where = "openRuleset()";
  needLoaded(where);
  const fields = options === undefined ? Object.create(null) : readFields(where, "the options", options, OPEN_OPTIONS);
  const now = readNow(where, fields.now);
  const minimum = fields.minimumVersion === undefined ? 0 : readCount(where, "minimumVersion", fields.minimumVersion, 0);
  const root = readTrustRoot(where, trustRoot);
  const bytes = readBundle(where, bundle);
  if (state.trapped) throw new RulesetError(TRAPPED, "the module has failed before; load the app anew");
  try {
    const raw = RawRuleset.open(bytes, root, now, minimum);
    return new Ruleset(INTERNAL, raw, readDescriptions(raw.describe()));
  } catch (error) {
    state.trapped = true;
    const answer = answerIn(error);
    if (answer === null) throw new RulesetError(TRAPPED, "the module failed while opening the ruleset");
    state.trapped = false;
    throw new RulesetError(answer.code, answer.message);
  }
}

/** @typedef {ReturnType<typeof readDescriptions>} Descriptions */

export class Ruleset {
  /** @type {RawRuleset | null} */
  #raw;
  /** @type {RulesetRef} */
  #ref;
  id;
  version;
  sha256;
  issued;
  expires;
  models;
  actions;
  context;
  rulesets;

  /** @param {typeof INTERNAL} key @param {RawRuleset} raw @param {Descriptions} descriptions */
  constructor(key, raw, descriptions) {
    if (key !== INTERNAL) throw new TypeError("Ruleset: a ruleset is opened with openRuleset(), not constructed");
    const { description, context, rulesets } = descriptions;
    this.#raw = raw;
    this.#ref = Object.freeze({ id: description.id, version: description.version });
    this.id = description.id;
    this.version = description.version;
    this.sha256 = description.sha256;
    this.issued = description.issued;
    this.expires = description.expires;
    this.models = description.models;
    this.actions = description.actions;
    this.context = context;
    this.rulesets = rulesets;
    forgotten?.register(this, raw, this);
    Object.freeze(this);
  }

  /** @type {import("./index.js").Ruleset["check"]} */
  check(request) {
    const raw = this.#raw;
    if (raw === null) throw freed("check()", "ruleset");
    try {
      const fields = readFields("check()", "a request", request, CHECK_REQUEST);
      const tokens = cutTokens(readTokens("check()", fields.token));
      return judge(fields, this.#ref, this.context, (model, action, context, now) => raw.check(tokens, model, action, context, now));
    } catch (error) {
      if (error instanceof TypeError) throw error;
      return EXHAUSTED;
    }
  }

  /** @type {import("./index.js").Ruleset["identify"]} */
  identify(token, options) {
    const where = "identify()";
    const raw = this.#raw;
    if (raw === null) throw freed(where, "ruleset");
    if (token === undefined) throw new TypeError(`${where}: the token must be a string, a list of strings, or null where nobody has signed in`);
    const read = cutTokens(readTokens(where, token));
    const fields = options === undefined ? Object.create(null) : readFields(where, "the options", options, ["now"]);
    const now = readNow(where, fields.now);
    if (state.trapped) return new Identity(INTERNAL, null, this.#ref, this.context);
    try {
      return new Identity(INTERNAL, raw.identify(read, now), this.#ref, this.context);
    } catch {
      // Whatever a token holds is an answer, not an error.
      state.trapped = true;
      return new Identity(INTERNAL, null, this.#ref, this.context);
    }
  }

  /** @type {import("./index.js").Ruleset["with"]} */
  with(other) {
    const where = "with()";
    if (!(other instanceof Ruleset)) {
      throw new TypeError(`${where}: the other must be what openRuleset() returned, not ${kind(other)}`);
    }
    const [raw, more] = [this.#raw, other.#raw];
    if (raw === null || more === null) throw freed(where, "ruleset");
    if (state.trapped) throw new RulesetError(TRAPPED, "the module has failed before; load the app anew");
    try {
      const both = raw.with(more);
      return new Ruleset(INTERNAL, both, readDescriptions(both.describe()));
    } catch {
      state.trapped = true;
      throw new RulesetError(TRAPPED, "the module failed while putting rulesets together");
    }
  }

  free() {
    const raw = this.#raw;
    if (raw === null) return;
    this.#raw = null;
    forgotten?.unregister(this);
    release(raw);
  }

  [DISPOSE]() {
    this.free();
  }
}

export class Identity {
  /** Null where the module failed while reading the token. @type {RawIdentity | null} */
  #raw;
  /** @type {RulesetRef} */
  #ref;
  /** @type {readonly string[]} */
  #context;
  #answers = new Answers();
  #freed = false;
  verified = false;
  /** @type {string | null} */
  refusal = TRAPPED;

  /** @param {typeof INTERNAL} key @param {RawIdentity | null} raw @param {RulesetRef} ref @param {readonly string[]} context */
  constructor(key, raw, ref, context) {
    if (key !== INTERNAL) throw new TypeError("Identity: an identity is made with ruleset.identify(), not constructed");
    this.#raw = raw;
    this.#ref = ref;
    this.#context = context;
    if (raw !== null) {
      this.verified = raw.verified;
      this.refusal = raw.refusal ?? null;
      forgotten?.register(this, raw, this);
    }
    Object.freeze(this);
  }

  /** @type {import("./index.js").Identity["check"]} */
  check(request) {
    if (this.#freed) throw freed("check()", "identity");
    const raw = this.#raw;
    try {
      const fields = readFields("check()", "a request", request, REQUEST);
      return judge(fields, this.#ref, this.#context, (model, action, context, now) => {
        if (raw === null) throw new Error(TRAPPED);
        return this.#answers.get(raw, model, action, context, now);
      });
    } catch (error) {
      if (error instanceof TypeError) throw error;
      return EXHAUSTED;
    }
  }

  free() {
    const raw = this.#raw;
    this.#freed = true;
    this.#raw = null;
    if (raw === null) return;
    forgotten?.unregister(this);
    release(raw);
  }

  [DISPOSE]() {
    this.free();
  }
}

/**
 * Answers that one identity was given, for as long as each would be given again. Making a decision's object takes far longer
 * than deciding, and an app asks the same before every call of a model.
 */
class Answers {
  /** @type {Map<string, { decision: Decision, from: number, until: number }>} */
  #kept = new Map();

  /**
   * @param {RawIdentity} raw
   * @param {string} model
   * @param {string} action
   * @param {string | undefined} context
   * @param {number} now
   * @returns {unknown}
   */
  get(raw, model, action, context, now) {
    // The lengths stand first, so that no two requests have one key.
    const key = `${model.length}/${action.length}/${model}${action}${context ?? ""}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.from <= now && now < kept.until) return again(kept.decision, now);
    const decision = raw.check(model, action, context, now);
    const until = raw.same_until();
    if (until > now && isWhole(decision)) {
      if (this.#kept.size >= MOST.answers) this.#kept.clear();
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
 * Reads the rest of a request, asks the module, and refuses where it fails. Near the end of the stack even this fails with
 * a RangeError; its callers then answer with what was made beforehand, and without a call, since a function that has
 * never run must first be compiled, which takes more stack than anything here.
 * @param {import("./strict.js").Fields} fields
 * @param {RulesetRef} ref
 * @param {readonly string[]} known the fields that a context may have
 * @param {(model: string, action: string, context: string | undefined, now: number) => unknown} ask
 * @returns {Decision}
 */
function judge(fields, ref, known, ask) {
  const model = cut(readString("check()", "model", fields.model), MOST.name);
  const action = cut(readString("check()", "action", fields.action), MOST.name);
  const context = readContext("check()", fields.context, known);
  const now = readNow("check()", fields.now);
  if (state.trapped) return refusal(model, action, now, ref);
  let decision;
  try {
    decision = ask(model, action, context, now);
  } catch (error) {
    state.trapped = true;
    const answer = answerIn(error);
    if (answer === null) return refusal(model, action, now, ref);
    state.trapped = false;
    return refusal(model, action, now, ref, { by: "request", reason: "request.context", message: answer.message });
  }
  return isWhole(decision) ? decision : refusal(model, action, now, ref);
}

/**
 * The glue assigns each field of a decision, and an assignment can be caught by a setter on Object.prototype.
 * @param {unknown} value
 * @returns {value is Decision}
 */
function isWhole(value) {
  return typeof value === "object" && value !== null && Object.keys(value).length === DECISION_FIELDS;
}

/**
 * @param {string} where
 * @param {string} what
 */
function freed(where, what) {
  return new Error(`${where}: this ${what} has been freed; keep it for as long as it is used`);
}

/**
 * @template {string | undefined} S
 * @param {S} text
 * @param {number} most
 * @returns {S}
 */
function cut(text, most) {
  return text !== undefined && text.length > most ? /** @type {S} */ (text.slice(0, most)) : text;
}

/** @param {string[]} tokens */
function cutTokens(tokens) {
  if (tokens.length > MOST.tokens) tokens.length = MOST.tokens;
  for (let index = 0; index < tokens.length; index += 1) tokens[index] = cut(tokens[index] ?? "", MOST.token);
  return tokens;
}

/**
 * @param {string} where
 * @param {unknown} value
 * @param {readonly string[]} known the fields that it may have
 * @returns {string | undefined} JSON
 */
export function readContext(where, value, known) {
  if (value === undefined) return undefined;
  const fields = readFields(where, "a context", value, known);
  // Put together by hand, as the trust root is.
  let text = "";
  for (const name of known) {
    const stated = fields[name];
    if (stated !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${stateOf(where, name, stated)}`;
  }
  return cut(`{${text}}`, MOST.context);
}

/**
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @returns {string} JSON
 */
function stateOf(where, name, value) {
  if (name === "country" || name === "region" || name === "purpose") return textOf(where, name, value);
  if (name === "places") return listOf(where, name, value, (item) => membersOf(where, "a place", item, PLACE));
  if (name === "chain") return listOf(where, name, value, (item) => membersOf(where, "a party of the chain", item, PARTY));
  if (Array.isArray(value)) return listOf(where, name, value, (item) => textOf(where, name, item));
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return `${value}`;
  if (typeof value === "string") return textOf(where, name, value);
  throw new TypeError(`${where}: \`${name}\` must be true, false, a number, a string or a list of strings, not ${kind(value)}`);
}

/**
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 */
function textOf(where, name, value) {
  return JSON.stringify(cut(readString(where, name, value), MOST.context));
}

/**
 * @param {string} where
 * @param {string} name
 * @param {unknown} value
 * @param {(item: unknown) => string} read
 */
function listOf(where, name, value, read) {
  let text = "";
  for (const item of readList(where, name, value)) {
    // What is longer already is refused however it goes on.
    if (text.length < MOST.context) text += `${text === "" ? "" : ","}${read(item)}`;
  }
  return `[${text}]`;
}

/**
 * @param {string} where
 * @param {string} what
 * @param {unknown} value
 * @param {readonly string[]} known
 */
function membersOf(where, what, value, known) {
  const fields = readFields(where, what, value, known);
  let text = "";
  for (const name of known) {
    const stated = fields[name];
    if (stated === undefined) continue;
    const member = name === "known" ? `${readOptionalBoolean(where, name, stated)}` : textOf(where, name, stated);
    text += `${text === "" ? "" : ","}"${name}":${member}`;
  }
  return `{${text}}`;
}

/**
 * @param {string} where
 * @param {unknown} value
 * @returns {Uint8Array}
 */
function readBundle(where, value) {
  let bytes;
  if (typeof value === "string") {
    if (value.length <= MOST.bundle) bytes = new TextEncoder().encode(value);
  } else if (isBytes(value)) {
    // A copy, which nothing changes while it is read and whose length is its own.
    bytes = new Uint8Array(value);
  } else {
    throw new TypeError(`${where}: the bundle must be a string or a Uint8Array, not ${kind(value)}`);
  }
  if (bytes === undefined || bytes.length > MOST.bundle) {
    throw new RulesetError("bundle.too_large", `the signed ruleset is longer than ${MOST.bundle} bytes`);
  }
  return bytes;
}

const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

/**
 * @param {unknown} value
 * @returns {value is Uint8Array}
 */
function isBytes(value) {
  return ArrayBuffer.isView(value) && tagOf !== undefined && Reflect.apply(tagOf, value, []) === "Uint8Array";
}

/**
 * @param {string} where
 * @param {unknown} value
 * @returns {string} JSON
 */
function readTrustRoot(where, value) {
  const root = readFields(where, "the trust root", value, TRUST_ROOT);
  const keys = readList(where, "keys", root.keys).map((key) => readKey(where, key));
  const ruleset = JSON.stringify(readString(where, "ruleset", root.ruleset));
  const audience = JSON.stringify(readString(where, "audience", root.audience));
  const threshold = readCount(where, "threshold", root.threshold, 1);
  // Put together by hand: JSON.stringify asks an array for `toJSON`, which a polluted prototype could have.
  return `{"ruleset":${ruleset},"audience":${audience},"threshold":${threshold},"keys":[${keys.join(",")}]}`;
}

/**
 * @param {string} where
 * @param {unknown} value
 * @returns {string} JSON
 */
function readKey(where, value) {
  if (typeof value === "object" && value !== null && Object.hasOwn(value, "d")) {
    throw new TypeError(`${where}: a key of the trust root has the private part \`d\`; ship the public key only`);
  }
  const fields = readFields(where, "a key of the trust root", value, KEY);
  const copy = Object.create(null);
  for (const name of KEY) copy[name] = readOptionalString(where, name, fields[name]);
  return JSON.stringify(copy);
}

/** @param {unknown} value what the module says of its rulesets */
function readDescriptions(value) {
  const where = "openRuleset()";
  const described = readList(where, "rulesets", value).map((item) => readDescription(where, item));
  const [description] = described;
  if (description === undefined) throw new TypeError(`${where}: the module describes no ruleset`);
  const context = [...new Set(described.flatMap((one) => one.context))];
  const rulesets = described.map(({ id, version, sha256, issued, expires }) => Object.freeze({ id, version, sha256, issued, expires }));
  return { description, context: Object.freeze(context), rulesets: Object.freeze(rulesets) };
}

/** @param {string} where @param {unknown} value what the module says of one ruleset */
function readDescription(where, value) {
  const known = ["id", "version", "sha256", "issued", "expires", "models", "actions", "context"];
  const fields = readFields(where, "a description", value, known);
  const models = readList(where, "models", fields.models).map((item) => {
    const model = readFields(where, "a model", item, ["id", "title"]);
    return Object.freeze({ id: readString(where, "id", model.id), title: readString(where, "title", model.title) });
  });
  const actions = readList(where, "actions", fields.actions).map((action) => readString(where, "actions", action));
  const context = readList(where, "context", fields.context).map((name) => readString(where, "context", name));
  return {
    id: readString(where, "id", fields.id),
    version: readCount(where, "version", fields.version, 0),
    sha256: readString(where, "sha256", fields.sha256),
    issued: readString(where, "issued", fields.issued),
    expires: readString(where, "expires", fields.expires),
    models: Object.freeze(models),
    actions: Object.freeze(actions),
    context,
  };
}
