/** The cost of an unauthenticated caller, counted and never timed; and one replay store shared by all. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as jose from "jose";
import { createEdge } from "brightline/edge";
import { signRuleset } from "../../demo/ruleset.mjs";
import { startUpstream } from "../equipment/upstream.mjs";
import { ISSUER, person, problemOf, upstreamAt } from "./support.mjs";

const ADDRESS = "https://gate.example/v1/chat/completions";
const CHUNK = 16 * 1024;
/** @type {string} */ let directory;
/** @type {import("../equipment/upstream.mjs").Upstream} */ let upstream;
/** @type {import("../../demo/ruleset.mjs").Signed} */ let signed;
/** @type {import("jose").GenerateKeyPairResult} */ let holder;
/** @type {import("jose").JWK} */ let jwk;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brightline-before-"));
  upstream = await startUpstream({ pauseMs: 1 });
  const yaml = await readFile(fileURLToPath(new URL("ruleset.yaml", import.meta.url)), "utf8");
  await writeFile(join(directory, "bound.yaml"), yaml.replace("    typ: [at+jwt]\n", "    typ: [at+jwt]\n    holder: dpop\n"));
  signed = await signRuleset(directory, ISSUER, join(directory, "bound.yaml"));
  holder = await jose.generateKeyPair("ES256", { extractable: true });
  const { kty, crv, x, y } = await jose.exportJWK(holder.publicKey);
  jwk = /** @type {import("jose").JWK} */ ({ kty, crv, x, y });
});
after(async () => {
  await upstream.close();
  await rm(directory, { recursive: true });
});

/** @param {Partial<import("brightline/edge").EdgeOptions>} [more] */
const edge = (more) => createEdge({
  bundle: signed.bundle, trustRoot: JSON.parse(signed.trustRoot), upstream: upstreamAt(upstream.url), log: () => {}, ...more,
});

async function token() {
  const [provider] = /** @type {import("jose").JWK[]} */ (signed.providerKeys);
  if (provider === undefined) throw new Error("the provider has no key");
  return new jose.SignJWT({ ...person("citizen"), cnf: { jkt: await jose.calculateJwkThumbprint(jwk) } })
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: String(provider.kid) }).setIssuer(ISSUER).setSubject("somebody")
    .setAudience("https://gate.brightline.example").setIssuedAt().setExpirationTime("5m").sign(await jose.importJWK(provider, "ES256"));
}

/** @param {string} given @param {object} [claims] */
async function proof(given, claims = {}) {
  const ath = jose.base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(given))));
  return new jose.SignJWT({ htm: "POST", htu: ADDRESS, jti: crypto.randomUUID(), ath, ...claims })
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk }).setIssuedAt().sign(holder.privateKey);
}

/**
 * A call whose body counts the bytes read from it.
 * @param {Record<string, string>} headers
 * @param {number} chunks
 */
function counted(headers, chunks) {
  const seen = { bytes: 0, cancelled: false };
  const start = new TextEncoder().encode('{"model":"open","messages":[');
  const fill = new TextEncoder().encode("[],".repeat(CHUNK / 3));
  const end = new TextEncoder().encode("[]]}");
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      const chunk = sent === 0 ? start : sent <= chunks ? fill : end;
      sent += 1;
      seen.bytes += chunk.byteLength;
      controller.enqueue(chunk);
      if (chunk === end) controller.close();
    },
    cancel() {
      seen.cancelled = true;
    },
  }, { highWaterMark: 0 });
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body, duplex: "half" };
  return { request: new Request(ADDRESS, /** @type {RequestInit} */ (init)), seen };
}

it("reads nothing of a body before a token is verified, and lets go of it", async () => {
  const given = await token();
  const dpop = await proof(given);
  /** @type {[string, Record<string, string>, string][]} */
  const cases = [
    ["no token", {}, "token.absent"],
    ["no token, but something else", { authorization: "Basic eDp5" }, "token.absent"],
    ["two tokens", { authorization: "Bearer a, Bearer b" }, "token.header"],
    ["no token at all", { authorization: "Bearer x.y.z" }, "token.encoding"],
    ["a token without its proof", { authorization: `Bearer ${given}` }, "token.proof_missing"],
    ["a changed token", { authorization: `DPoP ${given.slice(0, -4)}AAAA`, dpop }, "token.signature"],
    ["another proof", { authorization: `DPoP ${given}`, dpop: await proof(given, { htu: "https://gate.example/" }) }, "token.proof_target"],
    ["a compressed body", { "content-encoding": "gzip" }, "token.absent"],
  ];
  const own = edge();
  for (const [name, headers, reason] of cases) {
    const { request, seen } = counted(headers, 1_000_000);
    const response = await own.fetch(request);
    assert.equal((await problemOf(response)).reason, reason, name);
    assert.deepEqual(seen, { bytes: 0, cancelled: true }, name);
  }
  // Nor is a body read if the address, the method or the ruleset is refused.
  for (const [other, address, method] of /** @type {const} */ ([[own, "/v1/other", "POST"], [own, "/v1/messages", "PUT"], [edge({ bundle: "{}" }), "/v1/messages", "POST"]])) {
    const { request, seen } = counted({}, 1_000_000);
    await other.fetch(new Request(`https://gate.example${address}`, /** @type {RequestInit} */ ({ method, body: request.body, headers: request.headers, duplex: "half" })));
    assert.deepEqual(seen, { bytes: 0, cancelled: true }, address);
  }
});

it("reads of a body without a token as much as its own limit says, and of one with a token more", async () => {
  const judging = edge({ anonymous: "check" });
  const { request, seen } = counted({}, 1_000_000);
  const response = await judging.fetch(request);
  assert.equal((await problemOf(response)).reason, "request.too_large");
  assert.ok(seen.bytes <= 64 * 1024 + CHUNK, `${seen.bytes} bytes were read`);
  assert.ok(seen.cancelled);
  const small = counted({}, 2);
  assert.equal((await judging.fetch(small.request)).status, 200);
  const tiny = counted({}, 2);
  assert.equal((await edge({ anonymous: "check", maxAnonymousBodyBytes: 1024 }).fetch(tiny.request)).status, 413);

  const given = await token();
  const known = counted({ authorization: `DPoP ${given}`, dpop: await proof(given) }, 100);
  assert.equal((await judging.fetch(known.request)).status, 200);
  const long = counted({ authorization: `DPoP ${given}`, dpop: await proof(given) }, 1_000_000);
  assert.equal((await problemOf(await judging.fetch(long.request))).reason, "request.too_large");
  assert.ok(long.seen.bytes <= 4 * 1024 * 1024 + CHUNK);
});

it("makes no value of a body that it judges", async (t) => {
  let letters = 0;
  const parse = JSON.parse;
  const given = await token();
  const headers = { authorization: `DPoP ${given}`, dpop: await proof(given) };
  const own = edge();
  await own.fetch(counted({}, 1).request);
  t.mock.method(JSON, "parse", (/** @type {string} */ text) => {
    letters += text.length;
    return parse(text);
  });
  const { request } = counted(headers, 250);
  // The upstream of this test parses in the same process, so the count ends when it is called.
  let parsed = -1;
  t.mock.method(globalThis, "fetch", async () => {
    parsed = letters;
    return new Response("{}", { headers: { "content-type": "application/json" } });
  });
  assert.equal((await own.fetch(request)).status, 200);
  assert.ok(parsed >= 0 && parsed < 16 * 1024, `${parsed} letters were parsed`);
});

it("refuses a token that has expired while the body came", async (t) => {
  const given = await token();
  const headers = { authorization: `DPoP ${given}`, dpop: await proof(given), "content-type": "application/json" };
  const own = edge();
  await own.fetch(counted({}, 1).request);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const body = new ReadableStream({
    pull(controller) {
      t.mock.timers.tick(10 * 60_000);
      controller.enqueue(new TextEncoder().encode('{"model":"open"}'));
      controller.close();
    },
  }, { highWaterMark: 0 });
  const called = upstream.requests.length;
  const response = await own.fetch(new Request(ADDRESS, /** @type {RequestInit} */ ({ method: "POST", headers, body, duplex: "half" })));
  assert.equal((await problemOf(response)).reason, "token.expired");
  assert.equal(upstream.requests.length, called);
});

it("opens once for all who come first, so that a proof is used once", async () => {
  const own = edge();
  const given = await token();
  const dpop = await proof(given);
  const body = JSON.stringify({ model: "open", messages: [] });
  const call = () => new Request(ADDRESS, { method: "POST", headers: { authorization: `DPoP ${given}`, dpop, "content-type": "application/json" }, body });
  const answers = await Promise.all(Array.from({ length: 20 }, () => own.fetch(call())));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(19).fill(401)]);
});

it("does not take an empty nonce for one", async () => {
  const given = await token();
  for (const nonce of ["", undefined, null, 7]) {
    const own = edge({ dpopNonce: () => /** @type {string} */ (nonce) });
    for (const claims of [{}, { nonce: "" }]) {
      const headers = { authorization: `DPoP ${given}`, dpop: await proof(given, claims), "content-type": "application/json" };
      const response = await own.fetch(new Request(ADDRESS, { method: "POST", headers, body: '{"model":"open"}' }));
      assert.deepEqual([response.status, (await problemOf(response)).reason], [503, "engine.failed"]);
    }
  }
  for (const dpopNonce of [null, "n"]) assert.throws(() => edge({ dpopNonce: /** @type {any} */ (dpopNonce) }), TypeError);
});
