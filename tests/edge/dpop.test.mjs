/** Tokens that are bound to a key (RFC 9449, section 7): the scheme, the proof, the nonce, and their refusals. */

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

const URL_OF_CALL = "https://gate.example/v1/chat/completions";
/** @type {string} */ let directory;
/** @type {import("../equipment/upstream.mjs").Upstream} */ let upstream;
/** @type {import("../../demo/ruleset.mjs").Signed} */ let signed;
/** @type {import("jose").GenerateKeyPairResult} */ let holder;
/** @type {import("jose").JWK} */ let jwk;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brightline-dpop-"));
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
  return new jose.SignJWT({ htm: "POST", htu: URL_OF_CALL, jti: crypto.randomUUID(), ath, ...claims })
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk }).setIssuedAt().sign(holder.privateKey);
}

/** @param {Record<string, string>} headers @param {string} [model] @param {string} [url] */
const call = (headers, model = "open", url = URL_OF_CALL) => new Request(url, {
  method: "POST", headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }] }),
});

it("serves a bound token with its proof, once, also where a fallback is judged too", async () => {
  const own = edge({ degrade: "serve" });
  for (const model of ["open", "falls"]) {
    const given = await token();
    const dpop = await proof(given);
    const headers = { authorization: `DPoP ${given}`, dpop };
    assert.equal((await own.fetch(call(headers, model))).status, 200, model);
    const again = await own.fetch(call(headers, model));
    assert.equal(again.status, 401);
    assert.match(String(again.headers.get("www-authenticate")), /^DPoP realm="brightline", error="invalid_dpop_proof"/);
    assert.equal((await problemOf(again)).reason, "token.replayed");
  }
});

it("refuses it without a proof, with another's, and for another address", async () => {
  const given = await token();
  const bearer = await edge().fetch(call({ authorization: `Bearer ${given}` }));
  assert.equal((await problemOf(bearer)).reason, "token.proof_missing");
  assert.match(String(bearer.headers.get("www-authenticate")), /^DPoP /);
  for (const [reason, dpop] of [["token.proof_target", await proof(given, { htu: "https://gate.example/other" })], ["token.proof", "a.b.c"]]) {
    const response = await edge().fetch(call({ authorization: `DPoP ${given}`, dpop: String(dpop) }));
    assert.equal((await problemOf(response)).reason, reason);
  }
  // No proof, then two proofs.
  for (const more of /** @type {Record<string, string>[]} */ ([{}, { dpop: `${await proof(given)}, ${await proof(given)}` }])) {
    const response = await edge().fetch(call({ authorization: `DPoP ${given}`, ...more }));
    assert.deepEqual([response.status, (await problemOf(response)).reason], [400, "token.header"]);
  }
});

it("knows the origin that callers know", async () => {
  const given = await token();
  const inside = "http://10.0.0.7:8080/v1/chat/completions";
  const headers = async () => ({ authorization: `DPoP ${given}`, dpop: await proof(given) });
  assert.equal((await edge({ publicOrigin: "https://gate.example" }).fetch(call(await headers(), "open", inside))).status, 200);
  assert.equal((await edge().fetch(call(await headers(), "open", inside))).status, 401);
});

it("asks for its nonce and takes the answer (RFC 9449, section 9)", async () => {
  const own = edge({ dpopNonce: () => "nonce-of-now" });
  const given = await token();
  const first = await own.fetch(call({ authorization: `DPoP ${given}`, dpop: await proof(given) }));
  assert.match(String(first.headers.get("www-authenticate")), /^DPoP .*error="use_dpop_nonce"/);
  const nonce = first.headers.get("dpop-nonce");
  assert.equal(nonce, "nonce-of-now");
  const second = await own.fetch(call({ authorization: `DPoP ${given}`, dpop: await proof(given, { nonce }) }));
  assert.equal(second.status, 200);
});

it("lists models for a bound token", async () => {
  const given = await token();
  const headers = async (/** @type {object} */ claims) => ({ authorization: `DPoP ${given}`, dpop: await proof(given, claims) });
  const list = async (/** @type {object} */ claims) =>
    edge().fetch(new Request("https://gate.example/v1/models", { headers: await headers(claims) }));
  assert.equal((await list({ htm: "GET", htu: "https://gate.example/v1/models" })).status, 200);
  assert.equal((await list({})).status, 401);
});
