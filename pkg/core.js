/**
 * The interface of index.d.ts over the module. It reads the input, calls the module and returns the output; it decides
 * nothing.
 */

import { RulesetError, UpdateError } from "./errors.js";
import { Answers, isWhole } from "./answers.js";
import { readContext } from "./context.js";
import { EXHAUSTED, TRAPPED, answerIn, forgotten, needLoaded, refusal, release, state } from "./engine.js";
import { RawRuleset } from "./glue.js";
import { KnownTokens } from "./known.js";
import { PRESENTED, readPresentation } from "./presentation.js";
import { cut, kind, readCount, readFields, readList, readNow, readOptionalString, readString } from "./strict.js";

/** @typedef {import("./index.js").Decision} Decision */
/** @typedef {import("./glue.js").RawIdentity} RawIdentity */
/** @typedef {import("./engine.js").RulesetRef} RulesetRef */

/** Limits a little above those of the module (`src/base/limits.rs`). */
const MOST = { name: 1024, bundle: 32 * 1024 * 1024, jwks: 256 * 1024 + 1, statusList: 2 * 1024 * 1024 + 1 };

const REQUEST = ["model", "action", "context", "now"];
const CHECK_REQUEST = ["token", ...PRESENTED, ...REQUEST];
const DENIED = ["iss", "sub", "not_before", "jti", "sid"];
const IDENTIFY_OPTIONS = [...PRESENTED, "replay", "now"];
const TRUST_ROOT = ["ruleset", "audience", "threshold", "keys", "version"];
const KEY = ["kty", "alg", "kid", "crv", "x", "y", "use"];
const OPEN_OPTIONS = ["now", "minimumVersion"];
const UPDATE_OPTIONS = ["source", "now"];

/** The symbol of `using`; in older runtimes, the one that compilers of `using` look for. @type {typeof Symbol.dispose} */
const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");
/** Private to this file, so that no other code can construct the classes. */
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
  issuers;
  #known = new KnownTokens();

  /** @param {typeof INTERNAL} key @param {RawRuleset} raw @param {Descriptions} descriptions */
  constructor(key, raw, descriptions) {
    if (key !== INTERNAL) throw new TypeError("Ruleset: a ruleset is opened with openRuleset(), not constructed");
    const { description, context, rulesets, issuers } = descriptions;
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
    this.issuers = issuers;
    forgotten?.register(this, raw, this);
    Object.freeze(this);
  }

  /** @type {import("./index.js").Ruleset["check"]} */
  check(request) {
    const raw = this.#raw;
    if (raw === null) throw freed("check()", "ruleset");
    try {
      const fields = readFields("check()", "a request", request, CHECK_REQUEST);
      const presentation = readPresentation("check()", fields.token, fields);
      return judge(fields, this.#ref, this.context, (model, action, context, now) =>
        this.#known.check(raw, presentation, model, action, context, now));
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
    const fields = options === undefined ? Object.create(null) : readFields(where, "the options", options, IDENTIFY_OPTIONS);
    const presentation = readPresentation(where, token, fields);
    if (fields.replay !== undefined && fields.replay !== "host") throw new TypeError(`${where}: \`replay\` can only be "host"`);
    const now = readNow(where, fields.now);
    if (state.trapped) return new Identity(INTERNAL, null, this.#ref, this.context);
    try {
      const identified = this.#known.identify(raw, presentation, now, fields.replay === undefined);
      return new Identity(INTERNAL, identified, this.#ref, this.context);
    } catch {
      // The content of a token never results in an error, so the module has failed.
      state.trapped = true;
      return new Identity(INTERNAL, null, this.#ref, this.context);
    }
  }

  /** @type {import("./index.js").Ruleset["ask"]} */
  ask(request) {
    const where = "ask()";
    const raw = this.#raw;
    if (raw === null) throw freed(where, "ruleset");
    const fields = readFields(where, "a request", request, CHECK_REQUEST);
    const presentation = readPresentation(where, fields.token, fields);
    const model = cut(readString(where, "model", fields.model), MOST.name);
    const action = cut(readString(where, "action", fields.action), MOST.name);
    const context = readContext(where, fields.context, this.context);
    const now = readNow(where, fields.now);
    if (state.trapped) return [];
    try {
      const identity = this.#known.identify(raw, presentation, now, false);
      const asked = identity.ask(model, action, context, now);
      release(identity);
      return /** @type {import("./index.js").EvidenceRequest[]} */ (asked);
    } catch (error) {
      const answer = answerIn(error);
      if (answer !== null) throw new TypeError(`${where}: ${answer.message}`);
      state.trapped = true;
      return [];
    }
  }

  /** @type {import("./index.js").Ruleset["updateKeys"]} */
  updateKeys(iss, jwks, fetchedAt, options) {
    const where = "updateKeys()";
    const issuer = readString(where, "iss", iss);
    if (typeof jwks !== "string" && !isBytes(jwks)) throw new TypeError(`${where}: the keys must be a string or a Uint8Array, not ${kind(jwks)}`);
    const bytes = typeof jwks === "string" ? new TextEncoder().encode(cut(jwks, MOST.jwks)) : new Uint8Array(jwks.subarray(0, MOST.jwks));
    const fetched = readNow(where, fetchedAt);
    const { source, now } = readUpdate(where, options, fetched);
    const flat = this.#update(where, (raw) => raw.update_keys(issuer, bytes, source, fetched, now));
    const passedOver = [];
    let used = 0;
    for (let index = 0; index + 1 < flat.length; index += 2) {
      const [kid, reason] = [flat[index], flat[index + 1]];
      if (typeof reason === "string") passedOver.push(passedOverKey(kid, reason));
      else used += 1;
    }
    return Object.freeze({ used, passed_over: Object.freeze(passedOver) });
  }

  /** @type {import("./index.js").Ruleset["updateStatusList"]} */
  updateStatusList(iss, token, fetchedAt, options) {
    const where = "updateStatusList()";
    const issuer = readString(where, "iss", iss);
    const list = cut(readString(where, "token", token), MOST.statusList);
    const fetched = readNow(where, fetchedAt);
    const { now } = readUpdate(where, options, fetched);
    const [uri, until] = this.#update(where, (raw) => raw.update_status_list(issuer, list, fetched, now));
    return Object.freeze({ uri: `${uri}`, until_ms: Number(until) });
  }

  /** @type {import("./index.js").Ruleset["updateDenyList"]} */
  updateDenyList(entries) {
    const where = "updateDenyList()";
    const list = readList(where, "entries", entries).map((entry) => {
      const fields = readFields(where, "an entry", entry, DENIED);
      const copy = Object.create(null);
      for (const name of DENIED) copy[name] = fields[name];
      return JSON.stringify(copy);
    });
    return this.#update(where, (raw) => raw.update_deny_list(`[${list.join(",")}]`));
  }

  /**
   * Passes an update to the module.
   * @template T
   * @param {string} where
   * @param {(raw: RawRuleset) => T} update
   * @returns {T}
   */
  #update(where, update) {
    const raw = this.#raw;
    if (raw === null) throw freed(where, "ruleset");
    if (state.trapped) throw new UpdateError(TRAPPED, "the module has failed before; load the app anew");
    try {
      return update(raw);
    } catch (error) {
      const answer = answerIn(error);
      if (answer !== null) throw new UpdateError(answer.code, answer.message);
      state.trapped = true;
      throw new UpdateError(TRAPPED, "the module failed while taking it");
    }
  }

  /** @type {import("./index.js").Ruleset["combine"]} */
  combine(other) {
    const where = "combine()";
    if (!(other instanceof Ruleset)) {
      throw new TypeError(`${where}: the other must be what openRuleset() returned, not ${kind(other)}`);
    }
    const [raw, more] = [this.#raw, other.#raw];
    if (raw === null || more === null) throw freed(where, "ruleset");
    if (state.trapped) throw new RulesetError(TRAPPED, "the module has failed before; load the app anew");
    try {
      const both = raw.combine(more);
      return new Ruleset(INTERNAL, both, readDescriptions(both.describe()));
    } catch {
      state.trapped = true;
      throw new RulesetError(TRAPPED, "the module failed while combining rulesets");
    }
  }

  free() {
    const raw = this.#raw;
    if (raw === null) return;
    this.#raw = null;
    forgotten?.unregister(this);
    this.#known.clear();
    release(raw);
  }

  [DISPOSE]() {
    this.free();
  }
}

export class Identity {
  /** Null if the module failed while reading the token. @type {RawIdentity | null} */
  #raw;
  /** @type {RulesetRef} */
  #ref;
  /** @type {readonly string[]} */
  #context;
  #answers = new Answers();
  #freed = false;
  /** @type {import("./index.js").Identity["refusal"]} */
  #refusal = TRAPPED;
  /** @type {import("./index.js").Fetchable | null} */
  missing = null;
  /** @type {readonly import("./index.js").SingleUse[]} */
  singleUses = Object.freeze([]);

  /**
   * @param {typeof INTERNAL} key
   * @param {RawIdentity | null} raw
   * @param {RulesetRef} ref
   * @param {readonly string[]} context
   */
  constructor(key, raw, ref, context) {
    if (key !== INTERNAL) throw new TypeError("Identity: an identity is made with ruleset.identify(), not constructed");
    this.#raw = raw;
    this.#ref = ref;
    this.#context = context;
    if (raw !== null) {
      this.#refusal = raw.refusal ?? null;
      this.missing = missingOf(raw);
      this.singleUses = singleUsesOf(raw);
      forgotten?.register(this, raw, this);
    }
    Object.freeze(this);
  }

  get verified() {
    return this.#refusal === null;
  }

  get refusal() {
    return this.#refusal;
  }

  markReplayed() {
    if (this.#freed) throw freed("markReplayed()", "identity");
    const raw = this.#raw;
    // If the module has failed, the identity is refused already.
    if (raw === null || state.trapped) return;
    raw.mark_replayed();
    this.#refusal = raw.refusal ?? null;
    this.#answers = new Answers();
  }

  /** @type {import("./index.js").Identity["check"]} */
  check(request) {
    if (this.#freed) throw freed("check()", "identity");
    const raw = this.#raw;
    try {
      const fields = readFields("check()", "a request", request, REQUEST);
      return judge(fields, this.#ref, this.#context, (model, action, context, now) => {
        if (raw === null) throw new Error(TRAPPED);
        return this.#answers.get(raw, raw.changes(), model, action, context, now);
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
 * Reads the rest of a request, asks the module, and refuses if the module fails. Near the end of the stack even this
 * fails with a RangeError. Its callers then return a decision made in advance, without a call: a function that has
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
 * @param {string} where
 * @param {string} what
 */
function freed(where, what) {
  return new Error(`${where}: this ${what} has been freed; keep it for as long as it is used`);
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
    // A copy, so that nothing changes it while it is read and its `length` cannot be overridden.
    bytes = new Uint8Array(value);
  } else {
    const hint = typeof value === "object" && value !== null && "payload" in value ? "; hand over the file's text, not what JSON.parse makes of it" : "";
    throw new TypeError(`${where}: the bundle must be a string or a Uint8Array, not ${kind(value)}${hint}`);
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
  const version = root.version === undefined ? "" : `,"version":${readCount(where, "version", root.version, 0)}`;
  // Written by hand: JSON.stringify looks for `toJSON` on an array, which a polluted prototype could have.
  return `{"ruleset":${ruleset},"audience":${audience},"threshold":${threshold},"keys":[${keys.join(",")}]${version}}`;
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

/** @param {unknown} value the module's description of its rulesets */
function readDescriptions(value) {
  const where = "openRuleset()";
  const described = readList(where, "rulesets", value).map((item) => readDescription(where, item));
  const [description] = described;
  if (description === undefined) throw new TypeError(`${where}: the module describes no ruleset`);
  const context = [...new Set(described.flatMap((one) => one.context))];
  const rulesets = described.map(({ id, version, sha256, issued, expires }) => Object.freeze({ id, version, sha256, issued, expires }));
  const issuers = described.flatMap((one) => one.issuers);
  return { description, context: Object.freeze(context), rulesets: Object.freeze(rulesets), issuers: Object.freeze(issuers) };
}

/** @param {string} where @param {unknown} value the module's description of one ruleset */
function readDescription(where, value) {
  const known = ["id", "version", "sha256", "issued", "expires", "models", "actions", "context", "issuers"];
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
    issuers: readList(where, "issuers", fields.issuers).map((issuer) => readIssuer(where, issuer)),
  };
}

/** @param {string} where @param {unknown} value the module's description of one issuer */
function readIssuer(where, value) {
  const fields = readFields(where, "an issuer", value, ["id", "iss", "keys"]);
  const keys = fields.keys === null ? null : readFields(where, "its keys", fields.keys, ["jwksUri", "discovery", "stale"]);
  return Object.freeze({
    id: readString(where, "id", fields.id),
    iss: readString(where, "iss", fields.iss),
    keys: keys && Object.freeze({
      jwks_uri: keys.jwksUri === null ? null : readString(where, "jwksUri", keys.jwksUri),
      discovery: /** @type {"openid" | "oauth" | null} */ (keys.discovery === null ? null : readString(where, "discovery", keys.discovery)),
      stale_ms: readCount(where, "stale", keys.stale, 0),
    }),
  });
}

/**
 * The module writes the reasons of keys in full, so each one is a code.
 * @param {unknown} kid
 * @param {string} reason
 * @returns {import("./index.js").PassedOverKey}
 */
function passedOverKey(kid, reason) {
  const code = /** @type {import("./index.js").PassedOverKey["reason"]} */ (reason);
  return Object.freeze({ kid: typeof kid === "string" ? kid : null, reason: code });
}

/**
 * Reads the options of an update.
 * @param {string} where
 * @param {unknown} value
 * @param {number} fetched the instant of the fetch, which is the default of `now`
 */
function readUpdate(where, value, fetched) {
  const fields = value === undefined ? Object.create(null) : readFields(where, "the options", value, UPDATE_OPTIONS);
  return { source: readOptionalString(where, "source", fields.source), now: fields.now === undefined ? fetched : readNow(where, fields.now) };
}

/** @param {RawIdentity} raw @returns {import("./index.js").Fetchable | null} */
function missingOf(raw) {
  const [iss, uri] = raw.missing();
  if (iss === undefined) return null;
  return Object.freeze(uri === undefined ? { keys: iss } : { status_list: Object.freeze({ iss, uri }) });
}

/** @param {RawIdentity} raw @returns {readonly import("./index.js").SingleUse[]} */
function singleUsesOf(raw) {
  const flat = raw.single_uses();
  const uses = [];
  for (let index = 0; index + 2 < flat.length; index += 3) {
    uses.push(Object.freeze({ key: `${flat[index]}`, until_ms: Number(flat[index + 1]), holder: `${flat[index + 2]}` }));
  }
  return Object.freeze(uses);
}
