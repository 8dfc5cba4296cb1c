/** Input is read strictly: no default replaces a value that is misspelt, inherited, hidden or of the wrong type. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AccessError, Identity, Ruleset, RulesetError, guard, initSync, openRuleset } from "brightline";
import init from "brightline";
import { readParity } from "./support/parity.mjs";

const [suite] = readParity();
assert.ok(suite);
const [known] = suite.cases;
assert.ok(known);
const now = typeof known.now === "string" ? Date.parse(known.now) : known.now;
const { bundle, trustRoot } = suite;
const ruleset = openRuleset(bundle, trustRoot, { now });
const { token, model, action } = known;
assert.ok(typeof token === "string");
const request = { token, model, action, now };
after(() => ruleset.free());

/** @param {object} extra @returns {any} for input that the types already forbid */
const wrong = (extra) => ({ ...request, ...extra });
const hidden = Object.defineProperty({ ...request }, "now", { value: now, enumerable: false });
const getter = Object.defineProperty({ ...request }, "model", { get: () => assert.fail("a getter ran"), enumerable: true });
const revoked = Proxy.revocable({}, {});
revoked.revoke();

/** @type {readonly [string, () => unknown, RegExp][]} */
const MISUSES = [
  ["a misspelt model", () => ruleset.check(wrong({ modle: model })), /^check\(\): `modle` is not a field of a request; did you mean `model`\?$/],
  ["a misspelt token", () => ruleset.check(wrong({ tokn: token })), /did you mean `token`\?/],
  ["a name near nothing", () => ruleset.check(wrong({ certificate: 1 })), /known are `token`, `nonce`, `proof`, `model`/],
  ["a symbol", () => ruleset.check(wrong({ [Symbol("model")]: 1 })), /no symbols/],
  ["no model", () => ruleset.check(wrong({ model: undefined })), /`model` must be a string, not undefined/],
  ["a model that is an object with toString", () => ruleset.check(wrong({ model: { toString: () => model } })), /`model` must be a string, not an object/],
  ["a String object", () => ruleset.check(wrong({ model: new String(model) })), /`model` must be a string/],
  ["a list of one model", () => ruleset.check(wrong({ model: [model] })), /not an array/],
  ["a token that is a number", () => ruleset.check(wrong({ token: 1 })), /`token` must be a string, a list of strings or null, not a number/],
  ["a token that is false", () => ruleset.check(wrong({ token: false })), /not a boolean/],
  ["a proxy for a token", () => ruleset.check(wrong({ token: new Proxy(new String("a"), {}) })), /`token` must be a string/],
  ["a list of tokens with a number", () => ruleset.check(wrong({ token: [token, 1] })), /`token` must be a string, not a number/],
  ["a list of tokens with a hole", () => ruleset.check(wrong({ token: Array(1) })), /`token` must have an ordinary item at 0/],
  ["now as text", () => ruleset.check(wrong({ now: "2026-06-13" })), /`now` must be milliseconds since 1970 or a Date, not a string/],
  ["now as null", () => ruleset.check(wrong({ now: null })), /not null/],
  ["now as NaN", () => ruleset.check(wrong({ now: Number.NaN })), /between the years 0 and 9999/],
  ["an invalid Date", () => ruleset.check(wrong({ now: new Date(Number.NaN) })), /between the years 0 and 9999/],
  ["a Date in the year 10000", () => ruleset.check(wrong({ now: new Date(253402300800000) })), /between the years/],
  ["now as an endless number", () => ruleset.check(wrong({ now: Infinity })), /between the years/],
  ["what only looks like a Date", () => ruleset.check(wrong({ now: { getTime: () => now, valueOf: () => now } })), /not an object/],
  ["a heir of Date's prototype", () => ruleset.check(wrong({ now: Object.create(Date.prototype) })), /not an object/],
  ["now in seconds", () => ruleset.check(wrong({ now: Math.floor(now / 1000) })), /`now` must be in milliseconds since 1970, and this number looks like seconds/],
  ["an empty nonce", () => ruleset.check(wrong({ nonce: "" })), /`nonce` must not be empty/],
  ["an empty nonce of a proof", () => ruleset.identify(token, { now, proof: { jwt: "a.b.c", method: "POST", url: "https://a.example", nonce: "" } }), /`nonce` must not be empty/],
  ["a bundle that was parsed", () => openRuleset(/** @type {any} */ (JSON.parse(bundle)), trustRoot), /not an object; hand over the file's text/],
  ["a guard whose base is no address", () => guard(fetch, { ruleset, token: null, base: "api.example" }), /`base` must be the address/],
  ["a guard whose members are no list", () => guard(fetch, /** @type {any} */ ({ ruleset, token: null, members: "a" })), /`members` must be an array/],
  ["context as text", () => ruleset.check(wrong({ context: '{"country":"DE"}' })), /a context must be an object, not a string/],
  ["context as null", () => ruleset.check(wrong({ context: null })), /not null/],
  ["a misspelt context", () => ruleset.check(wrong({ context: { contry: "DE" } })), /`contry` is not a field of a context; did you mean `country`/],
  ["a country that is a number", () => ruleset.check(wrong({ context: { country: 49 } })), /`country` must be a string/],
  ["places that are no list", () => ruleset.check(wrong({ context: { places: { country: "DE" } } })), /`places` must be an array/],
  ["a misspelt place", () => ruleset.check(wrong({ context: { places: [{ contry: "DE" }] } })), /`contry` is not a field of a place; did you mean `country`/],
  ["a party that is known in words", () => ruleset.check(wrong({ context: { chain: [{ role: "end_user", known: "no" }] } })), /`known` must be true or false/],
  ["a context field that the ruleset does not declare", () => ruleset.check(wrong({ context: { red_flag: true } })), /`red_flag` is not a field of a context/],
  ["another thing than a ruleset to judge with", () => ruleset.combine(/** @type {any} */ ({})), /must be what openRuleset\(\) returned, not an object/],
  ["an inherited request", () => ruleset.check(Object.create(request)), /must be a plain object/],
  ["a request of a class", () => ruleset.check(Object.setPrototypeOf({ ...request }, class {}.prototype)), /must be a plain object/],
  ["a hidden field", () => ruleset.check(hidden), /`now` of the request must be an ordinary property/],
  ["a getter", () => ruleset.check(getter), /`model` of the request must be an ordinary property/],
  ["a Map", () => ruleset.check(/** @type {any} */ (new Map(Object.entries(request)))), /must be a plain object/],
  ["a list", () => ruleset.check(/** @type {any} */ ([request])), /must be a plain object/],
  ["nothing", () => ruleset.check(/** @type {any} */ (undefined)), /a request must be an object, not undefined/],
  ["a dead proxy", () => ruleset.check(/** @type {any} */ (revoked.proxy)), /./],
  ["no token to identify", () => ruleset.identify(/** @type {any} */ (undefined)), /null where nobody has signed in/],
  ["a misspelt option to identify", () => ruleset.identify(null, /** @type {any} */ ({ noww: 1 })), /did you mean `now`/],
  ["a bundle that is an ArrayBuffer", () => openRuleset(/** @type {any} */ (new ArrayBuffer(8)), trustRoot), /must be a string or a Uint8Array/],
  ["a bundle that is a wider view", () => openRuleset(/** @type {any} */ (new Uint16Array(8)), trustRoot), /must be a string or a Uint8Array/],
  ["a trust root as text", () => openRuleset(bundle, /** @type {any} */ (JSON.stringify(trustRoot))), /the trust root must be an object/],
  ["a misspelt trust root", () => openRuleset(bundle, /** @type {any} */ ({ ...trustRoot, treshold: 1 })), /did you mean `threshold`/],
  ["a threshold of none", () => openRuleset(bundle, { ...trustRoot, threshold: 0 }), /`threshold` must be a whole number from 1 on/],
  ["a version of the trust root as text", () => openRuleset(bundle, /** @type {any} */ ({ ...trustRoot, version: "1" })), /`version` must be a whole number from 0 on/],
  ["a threshold as text", () => openRuleset(bundle, /** @type {any} */ ({ ...trustRoot, threshold: "1" })), /not a string/],
  ["keys that are no list", () => openRuleset(bundle, /** @type {any} */ ({ ...trustRoot, keys: { 0: {}, length: 1 } })), /`keys` must be an array/],
  ["a private key", () => openRuleset(bundle, /** @type {any} */ ({ ...trustRoot, keys: [{ ...trustRoot.keys[0], d: "…" }] })), /ship the public key only/],
  ["a misspelt option", () => openRuleset(bundle, trustRoot, /** @type {any} */ ({ minimunVersion: 3 })), /did you mean `minimumVersion`/],
  ["half a version", () => openRuleset(bundle, trustRoot, { minimumVersion: 1.5 }), /`minimumVersion` must be a whole number/],
  ["a version as text", () => openRuleset(bundle, trustRoot, /** @type {any} */ ({ minimumVersion: "3" })), /not a string/],
  ["a guard without a token", () => guard(fetch, /** @type {any} */ ({ ruleset })), /`token` must be a string, a list of strings, null or a function, not undefined/],
  ["a guard with a misspelt option", () => guard(fetch, /** @type {any} */ ({ ruleset, token: null, fallbak: true })), /did you mean `fallback`/],
  ["a guard whose fallback is text", () => guard(fetch, /** @type {any} */ ({ ruleset, token: null, fallback: "false" })), /`fallback` must be true or false/],
  ["a guard with something like a ruleset", () => guard(fetch, /** @type {any} */ ({ ruleset: { check: () => ({ allowed: true }) }, token: null })), /must be what openRuleset\(\) returned/],
  ["a guard around no function", () => guard(/** @type {any} */ ("fetch"), { ruleset, token: null }), /`fetch` must be a function/],
  ["a ruleset constructed", () => new /** @type {any} */ (Ruleset)(), /opened with openRuleset\(\)/],
  ["an identity constructed", () => new /** @type {any} */ (Identity)(), /made with ruleset\.identify\(\)/],
];
for (const [name, act, message] of MISUSES) {
  test(`a TypeError with a sentence: ${name}`, () => {
    assert.throws(act, (error) => error instanceof TypeError && message.test(error.message) && !error.message.includes("\n"));
  });
}

test("a token with `Bearer`, a space or a line end is refused with a sentence that says so", () => {
  for (const odd of [`Bearer ${token}`, `${token}\n`, ` ${token}`]) {
    const { reason, message } = ruleset.check({ ...request, token: odd });
    assert.match(`${reason} ${message}`, /^token\.encoding .* send the token alone, without `Bearer` and white space\.$/, odd.slice(0, 9));
  }
  const { reason, message } = ruleset.check({ ...request, token: "Bearer" });
  assert.match(`${reason} ${message}`, /^token\.malformed .*three parts with two dots/);
});

test("a role that no ruleset knows is a refusal, and of `ask` a TypeError", () => {
  const asked = { ...request, context: { chain: [{ role: "end-user", known: false }] } };
  const { outcome, decided_by, reason, message } = ruleset.check(asked);
  assert.deepEqual([outcome, decided_by, reason], ["deny", "request", "request.context"]);
  assert.match(message, /^`end-user` is not a role of a party; known are .*end_user/);
  assert.throws(() => ruleset.ask(asked), { name: "TypeError", message: /^ask\(\): `end-user` is not a role of a party/ });
});

test("what is absent may be said as undefined, and an object without a prototype is plain", () => {
  const expected = JSON.stringify(ruleset.check(request));
  assert.equal(JSON.stringify(ruleset.check({ ...request, context: undefined })), expected);
  assert.equal(JSON.stringify(ruleset.check({ ...request, context: {} })), expected);
  assert.equal(JSON.stringify(ruleset.check({ ...request, now: new Date(now) })), expected);
  assert.equal(JSON.stringify(ruleset.check(Object.assign(Object.create(null), request))), expected);
  const anonymous = JSON.stringify(ruleset.check({ ...request, token: null }));
  assert.equal(JSON.stringify(ruleset.check({ model, action, now })), anonymous);
});

test("a Date counts by its value, whatever its methods say", () => {
  const date = new Date(now);
  date.getTime = date.valueOf = () => 0;
  assert.equal(ruleset.check({ ...request, now: date }).decided_at, ruleset.check(request).decided_at);
});

test("no content of a token or a request makes a check throw", () => {
  const long = "x".repeat(5_000_000);
  const texts = ["", " ", "\0", "\ud800", "\uffff", "💥".repeat(400), long, "__proto__", "constructor", "a.b.c", `${token}x`, "..", "e30.e30.e30"];
  for (const text of texts) {
    for (const odd of [{ token: text }, { model: text }, { action: text }, { context: { country: text } }, { context: { purpose: text } }, { context: { places: [{ country: text }] } }, { context: { chain: [{ role: text }] } }, { token: [text, text] }]) {
      const decision = ruleset.check({ ...request, ...odd });
      assert.equal(Object.keys(decision).length, 20);
      assert.ok(JSON.stringify(decision).length < 50_000, "an answer does not repeat what it was sent");
      if ("token" in odd || "model" in odd || "action" in odd) assert.equal(decision.allowed, false, JSON.stringify(odd).slice(0, 80));
    }
    const identity = ruleset.identify(text, { now });
    assert.equal(identity.verified, false);
    assert.match(identity.refusal ?? "", /^token\./);
    assert.equal(identity.check({ model, action, now }).reason, identity.refusal);
    identity.free();
  }
  assert.equal(ruleset.check({ ...request, token: long }).reason, "token.too_large");
  assert.equal(ruleset.check({ ...request, context: { purpose: long } }).reason, "request.context");
  // Nothing of the above has broken the module.
  assert.equal(JSON.stringify(ruleset.check(request)), known.decision);
});

test("a polluted Object.prototype changes nothing, or refuses", () => {
  /** @type {[string, PropertyDescriptor][]} */
  const pollutions = [
    ["token", { value: "x", writable: true }], ["context", { value: { country: "DE" }, writable: true }],
    ["now", { value: 0, writable: true }], ["value", { value: "x", writable: true }], ["get", { value: () => "x", writable: true }],
    ["toJSON", { value: () => ({ country: "KP" }), writable: true }], ["enumerable", { value: true, writable: true }],
    ["allowed", { value: true, writable: true }], ["country", { value: "KP", writable: true }], ["d", { value: "x", writable: true }],
  ];
  for (const [name, descriptor] of pollutions) {
    Object.defineProperty(Object.prototype, name, { configurable: true, ...descriptor });
    let text;
    try {
      const decision = ruleset.check(Object.assign(Object.create(null), request));
      openRuleset(bundle, trustRoot, { now }).free();
      Reflect.deleteProperty(Object.prototype, name);
      text = JSON.stringify(decision);
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
    assert.equal(text, known.decision, name);
  }
  // A setter catches an assignment of the glue's: the decision would have the getter's `allowed`. Of a ruleset that has given
  // no answer yet, since one that is kept is not made anew.
  const fresh = openRuleset(bundle, trustRoot, { now });
  Object.defineProperty(Object.prototype, "allowed", { configurable: true, get: () => true, set: () => {} });
  try {
    const { outcome, allowed, reason } = fresh.check(request);
    assert.deepEqual({ outcome, allowed, reason }, { outcome: "deny", allowed: false, reason: "engine.trapped" });
  } finally {
    Reflect.deleteProperty(Object.prototype, "allowed");
    fresh.free();
  }
  assert.equal(JSON.stringify(ruleset.check(request)), known.decision);
});

test("what does not open says why, with a code", () => {
  const cases = [
    ["{}", "bundle.malformed"], ["", "bundle.malformed"], [new Uint8Array([255, 0]), "bundle.malformed"],
    [bundle.replace(/"signature":"./, (found) => `${found.slice(0, -1)}${found.endsWith("A") ? "B" : "A"}`), "bundle.signature"],
    ["x".repeat(33 * 1024 * 1024), "bundle.too_large"],
  ];
  for (const [bad, code] of cases) {
    assert.throws(() => openRuleset(bad ?? "", trustRoot, { now }), (error) => {
      assert.ok(error instanceof RulesetError && error instanceof Error && !(error instanceof AccessError));
      assert.equal(error.name, "RulesetError");
      assert.equal(error.code, code);
      assert.ok(error.message.length > 10);
      return true;
    });
  }
  assert.throws(() => openRuleset(bundle, trustRoot, { now, minimumVersion: ruleset.version + 1 }), { code: "bundle.rollback" });
  assert.throws(() => openRuleset(bundle, { ...trustRoot, audience: "elsewhere" }, { now }), { code: "bundle.audience" });
  assert.throws(() => openRuleset(bundle, trustRoot, { now: Date.parse(ruleset.expires) }), { code: "bundle.expired" });
});

test("text and bytes open the same, and a ruleset describes itself read-only", () => {
  const bytes = openRuleset(new TextEncoder().encode(bundle), trustRoot, { now });
  assert.deepEqual({ ...bytes }, { ...ruleset });
  assert.match(ruleset.sha256, /^[0-9a-f]{64}$/);
  assert.ok(ruleset.models.length > 0 && ruleset.actions.includes("chat") && ruleset.version >= 1);
  for (const value of [ruleset, ruleset.models, ruleset.models[0], ruleset.actions]) assert.ok(Object.isFrozen(value));
  bytes.free();
});

test("after free: an Error with a sentence; twice is harmless; identities live on", () => {
  const mine = openRuleset(bundle, trustRoot, { now });
  const identity = mine.identify(token, { now });
  const other = mine.identify(null, { now });
  mine.free();
  mine.free();
  mine[Symbol.dispose]();
  assert.throws(() => mine.check(request), /^Error: check\(\): this ruleset has been freed/);
  assert.throws(() => mine.identify(null), /identify\(\): this ruleset has been freed/);
  assert.equal(JSON.stringify(identity.check({ model, action, now })), known.decision);
  identity[Symbol.dispose]();
  identity.free();
  assert.throws(() => identity.check({ model, action, now }), /this identity has been freed/);
  assert.equal(other.verified, true);
  other.free();
  assert.equal(JSON.stringify(ruleset.check(request)), known.decision);
});

test("loading again does nothing, whatever it is given", async () => {
  await Promise.all([init(), init(), init(new Uint8Array([1]))]);
  initSync({ module: new Uint8Array([1]) });
  assert.equal(JSON.stringify(ruleset.check(request)), known.decision);
});

test("rulesets that judge together: by both, in either order, each still by itself", () => {
  const together = readParity().find((one) => one.with.length > 0);
  const [other] = together?.with ?? [];
  const [first] = together?.cases ?? [];
  assert.ok(together && other && first);
  const at = typeof first.now === "string" ? Date.parse(first.now) : first.now;
  const [one, two] = [openRuleset(together.bundle, together.trustRoot, { now: at }), openRuleset(other.bundle, other.trustRoot, { now: at })];
  const [both, reversed] = [one.combine(two), two.combine(one)];
  assert.deepEqual(both.rulesets.map(({ id }) => id), [one.id, two.id]);
  assert.deepEqual([both.id, both.version, both.sha256], [one.id, one.version, one.sha256]);
  assert.deepEqual([...both.context].sort(), [...new Set([...one.context, ...two.context])].sort());
  for (const value of [both, both.rulesets, both.rulesets[0], both.context]) assert.ok(Object.isFrozen(value));
  const asked = { token: first.token, model: first.model, action: first.action, now: at };
  assert.equal(JSON.stringify(both.check(asked)), first.decision);
  assert.equal(JSON.stringify(reversed.check(asked)), first.decision);
  assert.equal(one.combine(one).rulesets.length, 1);
  one.free();
  two.free();
  assert.throws(() => one.combine(both), /combine\(\): this ruleset has been freed/);
  assert.throws(() => both.combine(two), /combine\(\): this ruleset has been freed/);
  assert.equal(JSON.stringify(both.check(asked)), first.decision);
  both.free();
  reversed.free();
});

test("several tokens are one presentation, and a list of one is that one", () => {
  const whole = JSON.stringify(ruleset.check(request));
  assert.equal(JSON.stringify(ruleset.check({ ...request, token: [token] })), whole);
  assert.equal(JSON.stringify(ruleset.check({ ...request, token: [] })), JSON.stringify(ruleset.check({ ...request, token: null })));
  assert.equal(ruleset.check({ ...request, token: [token, "x.y.z"] }).decided_by, "token");
  assert.equal(ruleset.check({ ...request, token: Array(1_000_000).fill(token) }).reason, "token.too_many");
  const identity = ruleset.identify([token], { now });
  assert.equal(JSON.stringify(identity.check({ model, action, now })), whole);
  identity.free();
});
