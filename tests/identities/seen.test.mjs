/**
 * A decision never depends on earlier requests. Known tokens, cached answers and existing identities give the answers
 * of a newly opened ruleset with the same updates, with the clock going forwards or backwards, and through any handle.
 * `BRIGHTLINE_PRESENTATIONS` sets the number of presentations, `BRIGHTLINE_SEED` the seed.
 */

import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { before, test } from "node:test";
import { deflateSync } from "node:zlib";
import { openRuleset } from "brightline";
import { AUDIENCE, ruleset, signed } from "./support.mjs";

/** @typedef {{ kid: string, private: import("node:crypto").KeyObject, jwk: Record<string, string> }} Key */
/** @typedef {import("brightline").Ruleset} Ruleset */
/** @typedef {(handles: Ruleset[]) => void} Update */

const ISS = "https://idp.example";
const LIST = "https://idp.example/list";
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const START = Date.now();

/** Numbers that are the same for the same seed. @param {number} seed */
function chance(seed) {
  let state = seed >>> 0 || 1;
  const below = (/** @type {number} */ most) => {
    state ^= state << 13; state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5; state >>>= 0;
    return state % most;
  };
  return { below, of: (/** @type {any[]} */ several) => several[below(several.length)] };
}

/** @param {string} kid @returns {Key} */
function newKey(kid) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { kid, private: privateKey, jwk: { .../** @type {any} */ (publicKey.export({ format: "jwk" })), kid, alg: "Ed25519" } };
}

/** @param {Key} key @param {string} typ @param {object} claims */
function jws(key, typ, claims) {
  const part = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: "Ed25519", kid: key.kid, typ })}.${part(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), key.private).toString("base64url")}`;
}

const keys = [newKey("k1"), newKey("k2")];
/** @type {string[]} */
let tokens = [];
/** @type {{ bundle: string, trustRoot: import("brightline").TrustRoot }[]} */
let bundles = [];

before(async () => {
  const issuer = (/** @type {object} */ more) => ({
    id: "idp", iss: ISS, audience: AUDIENCE, assurance: 2, claims: { "subject.us_person": "/us_person" }, ...more,
  });
  const [base, order] = await Promise.all([
    signed(ruleset([issuer({ keys_from: { discovery: "openid", stale: "24h" } })])),
    signed(ruleset([issuer({ keys_from: { discovery: "openid", stale: "1h" }, status_list: "ignored" })], { ruleset: "order" })),
  ]);
  bundles = [base, { ...order, trustRoot: { ...order.trustRoot, ruleset: "order" } }];
  const iat = Math.floor(START / SECOND) - 60;
  for (const key of keys) {
    for (const exp of [iat + 600, iat + 20 * 86_400]) {
      for (const more of [{}, { jti: "t1" }, { status: { status_list: { idx: 0, uri: LIST } } }]) {
        tokens.push(jws(key, "at+jwt", { iss: ISS, aud: AUDIENCE, sub: "someone", iat, exp, us_person: true, ...more }));
      }
    }
  }
});

const open = () => bundles.map(({ bundle, trustRoot }) => openRuleset(bundle, trustRoot, { now: START }));

/** A change that the host makes, through one of the handles. @param {ReturnType<typeof chance>} by @param {number} now @returns {Update} */
function update(by, now) {
  const handle = by.below(3);
  const attempt = (/** @type {(ruleset: Ruleset) => unknown} */ change) => (/** @type {Ruleset[]} */ handles) => {
    try {
      change(/** @type {Ruleset} */ (handles[handle]));
    } catch (error) {
      // Refused updates are part of the test; an error without a code is not.
      assert.equal(/** @type {Error} */ (error).name, "UpdateError");
    }
  };
  const kind = by.below(4);
  if (kind < 2) {
    const jwks = JSON.stringify({ keys: by.of([[keys[0]], [keys[1]], keys, keys, []]).map((/** @type {Key} */ key) => key.jwk) });
    const fetched = now - by.of([0, 0, 10 * SECOND, 2 * HOUR]);
    return attempt((one) => one.updateKeys(ISS, jwks, fetched, { now }));
  }
  if (kind === 2) {
    const lst = deflateSync(Buffer.from([by.below(2)])).toString("base64url");
    const list = jws(by.of(keys), "statuslist+jwt", { sub: LIST, iat: Math.floor(now / SECOND) - by.below(100), ttl: by.of([60, 7200]), status_list: { bits: 1, lst } });
    return attempt((one) => one.updateStatusList(ISS, list, now));
  }
  const denied = by.of([[], [], [{ jti: "t1" }], [{ iss: ISS, sub: "someone", not_before: Math.floor(START / SECOND) }]]);
  return attempt((one) => one.updateDenyList(denied));
}

/** @param {number} seed @param {number} many */
function tryOn(seed, many) {
  const by = chance(seed);
  const reasons = new Set();
  let tried = 0;
  while (tried < many) {
    const [base, order] = open();
    const handles = [/** @type {Ruleset} */ (base), /** @type {Ruleset} */ (order), /** @type {Ruleset} */ (base).combine(/** @type {Ruleset} */ (order))];
    /** @type {Update[]} */
    const updates = [];
    /** @type {{ token: string, handle: number, identity: import("brightline").Identity }[]} */
    const held = [];
    let now = START;
    for (let step = 0; step < 60; step += 1) {
      if (by.below(3) === 0) {
        const change = update(by, now);
        change(handles);
        updates.push(change);
      }
      now += by.of([1, SECOND, 40 * SECOND, 30 * 60 * SECOND, 2 * HOUR, 25 * HOUR, -1, -30 * SECOND, -100 * SECOND, -3 * HOUR, -26 * HOUR]);
      now = Math.max(START - HOUR, Math.min(now, START + 15 * 24 * HOUR));
      const fresh = open();
      const anew = [...fresh, /** @type {Ruleset} */ (fresh[0]).combine(/** @type {Ruleset} */ (fresh[1]))];
      for (const change of updates) change(anew);
      const request = (/** @type {string} */ token) => ({ token, model: by.of(["us_only", "open"]), action: "chat", now });
      for (let n = 0; n < 6; n += 1) {
        const [token, handle] = [by.of(tokens), by.below(3)];
        const asked = request(token);
        const expected = /** @type {Ruleset} */ (anew[handle]).check(asked);
        // Twice: the second time the token is known.
        for (let time = 0; time < 2; time += 1) {
          assert.deepEqual(/** @type {Ruleset} */ (handles[handle]).check(asked), expected, `seed ${seed}`);
        }
        reasons.add(expected.reason);
        tried += 1;
      }
      const [token, handle] = [by.of(tokens), by.below(3)];
      const identity = /** @type {Ruleset} */ (handles[handle]).identify(token, { now });
      if (identity.verified) held.push({ token, handle, identity });
      else identity.free();
      if (held.length > 6) held.shift()?.identity.free();
      for (const { token, handle, identity } of held) {
        const { token: _, ...asked } = request(token);
        assert.deepEqual(identity.check(asked), /** @type {Ruleset} */ (anew[handle]).check({ ...asked, token }), `seed ${seed}`);
        tried += 1;
      }
      for (const one of anew) one.free();
    }
    for (const one of [...handles, ...held.map(({ identity }) => identity)]) one.free();
  }
  return reasons;
}

test("an answer never depends on what was seen before", () => {
  const many = Number(process.env.BRIGHTLINE_PRESENTATIONS ?? 4000);
  const seeds = process.env.BRIGHTLINE_SEED === undefined ? [1, 2, Date.now() % 1_000_000] : [Number(process.env.BRIGHTLINE_SEED)];
  const reasons = new Set();
  for (const seed of seeds) {
    try {
      for (const reason of tryOn(seed, Math.ceil(many / seeds.length))) reasons.add(reason);
    } catch (error) {
      console.error(`to repeat: BRIGHTLINE_SEED=${seed} node --test tests/identities/seen.test.mjs`);
      throw error;
    }
  }
  for (const reason of ["default", "token.key_unknown", "token.revoked", "token.status_unknown", "token.expired"]) assert.ok(reasons.has(reason), reason);
});
