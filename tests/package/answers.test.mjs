/** An identity caches each answer for as long as it would be given again, and no longer. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openRuleset } from "brightline";
import { readParity } from "./support/parity.mjs";

/** @typedef {import("./support/parity.mjs").Case} Case */

/**
 * Every case of the native core, with its ruleset. @param {(ruleset: import("brightline").Ruleset, one: Case, now:
 * number) => void} each
 */
function forEachCase(each) {
  for (const { bundle, trustRoot, with: others, cases } of readParity()) {
    const [earliest] = cases;
    if (earliest === undefined) continue;
    const opened = at(earliest);
    let ruleset = openRuleset(bundle, trustRoot, { now: opened });
    for (const other of others) ruleset = ruleset.combine(openRuleset(other.bundle, other.trustRoot, { now: opened }));
    for (const one of cases) each(ruleset, one, at(one));
    ruleset.free();
  }
}

/** @param {Case} one */
const at = (one) => (typeof one.now === "number" ? one.now : Date.parse(one.now));

/** @param {Case} one @param {number} now */
const asked = (one, now) => ({ model: one.model, action: one.action, context: one.context, now });

test("a kept answer is the one that a fresh identity gets, at any later instant", () => {
  let compared = 0;
  forEachCase((ruleset, one, now) => {
    const { token } = one;
    const kept = ruleset.identify(token, { now });
    const first = kept.check(asked(one, now));
    const until = first.valid_until === null ? now + 1000 : Date.parse(first.valid_until);
    for (const later of [now, now + 1, now + 20, now + 500, now + 61_000, until - 1, until, until + 1]) {
      const fresh = ruleset.identify(token, { now });
      assert.equal(JSON.stringify(kept.check(asked(one, later))), JSON.stringify(fresh.check(asked(one, later))), `${one.name} at ${later}`);
      fresh.free();
      compared += 1;
    }
    // Also at an earlier instant.
    const before = ruleset.identify(token, { now });
    assert.equal(JSON.stringify(kept.check(asked(one, now - 1))), JSON.stringify(before.check(asked(one, now - 1))), one.name);
    before.free();
    kept.free();
  });
  assert.ok(compared > 100);
});

test("what answers share cannot be changed, and an answer itself is its caller's own", () => {
  forEachCase((ruleset, one, now) => {
    const identity = ruleset.identify(one.token, { now });
    const [first, second] = [identity.check(asked(one, now)), identity.check(asked(one, now))];
    assert.deepEqual(first, second);
    // A refusal is made anew each time.
    if (first.decided_by !== "rule" && first.decided_by !== "default") return identity.free();
    for (const decision of [first, second]) {
      assert.throws(() => /** @type {any} */ (decision.reasons).push({}), TypeError);
      assert.throws(() => { /** @type {any} */ (decision.ruleset).id = "other"; }, TypeError);
      /** @type {any} */ (decision).allowed = "changed";
    }
    assert.notEqual(identity.check(asked(one, now)).allowed, "changed");
    identity.free();
  });
});

test("more requests than are kept are answered all the same", () => {
  let done = false;
  forEachCase((ruleset, one, now) => {
    if (done || one.token === null) return;
    done = true;
    const identity = ruleset.identify(one.token, { now });
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 700; n += 1) {
        const decision = identity.check({ ...asked(one, now), model: `no-such-model-${n}` });
        assert.equal(decision.reason, "request.model_unknown");
        assert.equal(decision.model, `no-such-model-${n}`);
      }
    }
    assert.equal(JSON.stringify(identity.check(asked(one, now))), one.decision);
    identity.free();
  });
  assert.ok(done);
});
