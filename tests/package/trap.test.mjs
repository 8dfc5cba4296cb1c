/** A module that traps gives no decision: the call is refused, and so is every later one. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { pack } from "./support/packed.mjs";
import { readParity } from "./support/parity.mjs";
import { withTrap } from "./support/trap.mjs";

const [suite] = readParity();
assert.ok(suite);
const { bundle, trustRoot } = suite;
const known = suite.cases[0];
assert.ok(known);
const now = typeof known.now === "string" ? Date.parse(known.now) : known.now;
const { token, model, action } = known;
const request = { model, action, now };
const REFUSED = {
  outcome: "deny", allowed: false, decided_by: "engine", reason: "engine.trapped",
  ruleset: { id: trustRoot.ruleset, version: JSON.parse(known.decision).ruleset.version }, model, action,
};

/** @type {ReturnType<typeof pack>} */
let packed;
before(() => {
  packed = pack();
});
after(() => packed?.remove());

/** A package of its own, so that it does not share its module with another test. @param {string} name */
function install(name) {
  const folder = join(packed.project(name), "node_modules/brightline");
  return {
    folder,
    wasm: readFileSync(join(folder, "dist/brightline_bg.wasm")),
    /** @returns {Promise<typeof import("brightline")>} */
    load: () => import(pathToFileURL(join(folder, "browser.js")).href),
  };
}

/** @param {import("brightline").Decision} decision @param {object} [differing] */
function assertRefused(decision, differing = {}) {
  assert.deepEqual(Object.keys(decision), Object.keys(JSON.parse(known?.decision ?? "")));
  const { outcome, allowed, decided_by, reason, ruleset, model: asked, action: done } = decision;
  assert.deepEqual({ outcome, allowed, decided_by, reason, ruleset, model: asked, action: done }, { ...REFUSED, ...differing });
  assert.ok(Object.isFrozen(decision) && Object.isFrozen(decision.reasons) && Object.isFrozen(decision.ruleset));
}

test("before the module is there, everything says what to do", async () => {
  const { load, wasm } = install("early");
  const { openRuleset, initSync, default: init } = await load();
  assert.throws(() => openRuleset(bundle, trustRoot), /^Error: openRuleset\(\): Brightline is not loaded yet; call `await init\(\)` once before it$/);
  // A failed load can be tried again, and two loads at once become one.
  await assert.rejects(init(new Uint8Array([1, 2, 3])), WebAssembly.CompileError);
  await Promise.all([init(wasm), init(wasm)]);
  initSync({ module: wasm });
  const ruleset = openRuleset(bundle, trustRoot, { now });
  assert.equal(JSON.stringify(ruleset.check({ token, ...request })), known.decision);
  ruleset.free();
});

for (const [trapping, act] of /** @type {const} */ ([
  ["rawidentity_check", "check"], ["rawidentity_check", "identity"], ["rawruleset_identify", "identify"],
  ["rawidentity_missing", "identify"], ["rawidentity_accepted_until", "check"], ["__wbg_rawidentity_free", "free"],
])) {
  test(`a trap in ${trapping}, met by ${act}, refuses this call and every later one of every object`, async () => {
    const { load, wasm } = install(`${trapping}-${act}`);
    const { initSync, openRuleset } = await load();
    initSync({ module: withTrap(wasm, trapping) });
    const ruleset = openRuleset(bundle, trustRoot, { now });
    const second = openRuleset(bundle, trustRoot, { now });
    const identity = act === "identify" ? null : ruleset.identify(token, { now });
    // The module works until the trap.
    if (act === "free") assert.equal(JSON.stringify(identity?.check(request)), known.decision);

    if (act === "check") assertRefused(ruleset.check({ token, ...request }));
    if (act === "identity" && identity) assertRefused(identity.check(request));
    if (act === "identify") assertIdentityRefused(ruleset.identify(token, { now }));
    if (act === "free") ruleset.identify(null, { now }).free();

    assertRefused(ruleset.check({ token, ...request }));
    assertRefused(second.check({ token: null, ...request }));
    if (identity) assertRefused(identity.check(request));
    assertIdentityRefused(second.identify(token, { now }));
    assertRefused(ruleset.check({ ...request, model: "another" }), { model: "another" });
    assert.equal(ruleset.check(request).decided_at, JSON.parse(known.decision).decided_at);
    assert.throws(() => openRuleset(bundle, trustRoot, { now }), { name: "RulesetError", code: "engine.trapped" });
    // Misuse is still reported, and the ruleset's properties are still available.
    assert.throws(() => ruleset.check(/** @type {any} */ ({ modle: model })), TypeError);
    assert.equal(ruleset.id, trustRoot.ruleset);
    identity?.free();
    ruleset.free();
    ruleset.free();
    assert.throws(() => ruleset.check(request), /has been freed/);
  });
}

/** @param {import("brightline").Identity} identity */
function assertIdentityRefused(identity) {
  assert.equal(identity.verified, false);
  assert.equal(identity.refusal, "engine.trapped");
  assertRefused(identity.check(request));
  identity.free();
}

test("a trap while opening is a RulesetError, and stays", async () => {
  const { load, wasm } = install("opening");
  const { initSync, openRuleset } = await load();
  initSync({ module: withTrap(wasm, "rawruleset_open") });
  for (let time = 0; time < 2; time += 1) {
    assert.throws(() => openRuleset(bundle, trustRoot, { now }), { name: "RulesetError", code: "engine.trapped" });
  }
});

test("at the edge of the stack a check refuses; it never allows, and the module is not believed again", async () => {
  const { load, wasm } = install("stack");
  const { initSync, openRuleset } = await load();
  initSync({ module: wasm });
  const ruleset = openRuleset(bundle, trustRoot, { now });
  const identity = ruleset.identify(token, { now });
  const whole = { token, ...request };
  const attempt = () => {
    try {
      return ruleset.check(whole);
    } catch (error) {
      return error;
    }
  };
  // One call beforehand: a function that has never run must be compiled, for which the deep stack has no room.
  assert.equal(JSON.stringify(attempt()), known.decision);
  /** @type {unknown[]} */
  const answers = [];
  /** Recurses to the end of the stack, then makes an attempt from each frame on the way up. */
  const dive = () => {
    try {
      dive();
    } catch {
      // The end of the stack, or a frame without room for an attempt.
    }
    if (answers.length < 3000) answers.push(attempt());
  };
  dive();
  // If there is no room for the call at all, the engine throws; nothing else is thrown.
  const decisions = answers.filter((answer) => !(answer instanceof RangeError));
  assert.ok(decisions.length > 1000, `${decisions.length} decisions`);
  for (const decision of decisions) {
    const { outcome, allowed, reason } = /** @type {import("brightline").Decision} */ (decision);
    assert.deepEqual({ outcome, allowed, reason }, { outcome: "deny", allowed: false, reason: "engine.trapped" });
    assert.ok(Object.isFrozen(decision));
  }
  assertRefused(ruleset.check(whole));
  assertRefused(identity.check(request));
});

test("after a trap the garbage collector does not run the broken module", async () => {
  const { folder, wasm } = install("garbage");
  const here = dirname(fileURLToPath(import.meta.url));
  cpSync(join(here, "support/trap.mjs"), join(folder, "trap.mjs"));
  writeFileSync(join(folder, "suite.json"), JSON.stringify({ bundle, trustRoot, token, request }));
  writeFileSync(join(folder, "module.wasm"), withTrap(withTrap(withTrap(wasm, "rawidentity_check"), "__wbg_rawidentity_free"), "__wbg_rawruleset_free"));
  writeFileSync(join(folder, "garbage.mjs"), `
    import { readFileSync } from "node:fs";
    import { setTimeout } from "node:timers/promises";
    import { initSync, openRuleset } from "./browser.js";
    const read = (name) => readFileSync(new URL(name, import.meta.url));
    const { bundle, trustRoot, token, request } = JSON.parse(read("suite.json"));
    initSync({ module: read("module.wasm") });
    let collected = 0;
    const registry = new FinalizationRegistry(() => (collected += 1));
    (() => {
      for (let count = 0; count < 50; count += 1) {
        const ruleset = openRuleset(bundle, trustRoot, { now: request.now });
        const identity = ruleset.identify(token, { now: request.now });
        registry.register(ruleset);
        registry.register(identity);
        if (count === 49) console.log(ruleset.check(request).reason);
      }
    })();
    for (let count = 0; count < 20; count += 1) {
      globalThis.gc();
      await setTimeout(5);
    }
    console.log(collected > 0 ? "collected" : "kept");`);
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", join(folder, "garbage.mjs")]);
  assert.deepEqual(stdout.trim().split("\n"), ["engine.trapped", "collected"]);
});

test("forgotten objects are freed: memory stays bounded", async () => {
  const { folder } = install("forgotten");
  writeFileSync(join(folder, "suite.json"), JSON.stringify({ bundle, trustRoot, token, request }));
  writeFileSync(join(folder, "forgotten.mjs"), `
    import { readFileSync } from "node:fs";
    import { setTimeout } from "node:timers/promises";
    import { openRuleset } from "./node.js";
    const { bundle, trustRoot, token, request } = JSON.parse(readFileSync(new URL("suite.json", import.meta.url)));
    const ruleset = openRuleset(bundle, trustRoot, { now: request.now });
    const sizes = [];
    for (let round = 0; round < 4; round += 1) {
      for (let count = 0; count < 3000; count += 1) ruleset.identify(token, { now: request.now });
      globalThis.gc();
      await setTimeout(20);
      globalThis.gc();
      await setTimeout(20);
      sizes.push(process.memoryUsage().arrayBuffers + process.memoryUsage().external);
    }
    console.log(JSON.stringify(sizes));`);
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", join(folder, "forgotten.mjs")]);
  const sizes = /** @type {number[]} */ (JSON.parse(stdout));
  const [first, last] = [sizes[0] ?? 0, sizes.at(-1) ?? Infinity];
  assert.ok(last - first < 1_000_000, `grew by ${last - first} bytes`);
});
