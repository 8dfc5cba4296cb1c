/** Brightline accepts the output of other libraries, and they accept its output. In Node and in Chromium. */

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as brightline from "brightline";
import esbuild from "esbuild";
import * as jose from "jose";
import Provider from "oidc-provider";
import * as client from "openid-client";
import { answerOf, launch, serve } from "../package/support/browser.mjs";
import { exercise } from "./exercise.mjs";
import { AUDIENCE, ruleset, signed } from "./support.mjs";

/** @typedef {import("./exercise.mjs").Pair} Pair */

/** @param {string} alg @returns {Promise<Pair>} */
async function pair(alg) {
  const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
  return { alg, private: await jose.exportJWK(privateKey), public: await jose.exportJWK(publicKey) };
}

/** @type {Parameters<typeof exercise>[1]} */
let given;

before(async () => {
  const pairs = await Promise.all(["Ed25519", "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map(pair));
  const [pid, holder] = [await pair("ES256"), await pair("ES256")];
  const keys = pairs.map((one) => ({ ...one.public, alg: one.alg, kid: one.alg }));
  const common = { audience: AUDIENCE, keys, assurance: 2, claims: { "subject.us_person": "/us_person" } };
  const document = ruleset([
    { id: "idp", iss: "https://idp.example", ...common },
    { id: "dpop", iss: "https://dpop.example", holder: "dpop", ...common },
    { id: "pid", preset: "eudi-pid", iss: "https://pid.example", audience: AUDIENCE, vct: "urn:eudi:pid:1",
      keys: [{ ...pid.public, alg: "ES256", kid: "pid" }], claims: { "subject.nationalities": { claim: "/nationalities", complete: true } } },
  ]);
  given = { ...(await signed(document)), pairs, pid, holder };
});

/** The expected result of each. @param {Record<string, string>} found */
function assertFound({ dcql, ...found }) {
  const expected = {
    "dpop missing": "token.proof_missing", dpop: "default", "dpop again": "token.replayed",
    "credential all": "default", "credential one": "evidence.incomplete", "credential empty": "evidence.undisclosed",
    "credential nothing": "evidence.undisclosed", "credential address": "evidence.undisclosed",
    "credential once": "default", "credential twice": "token.replayed", "credential unbound": "token.proof_missing",
  };
  const jwts = given.pairs.flatMap(({ alg }) => [[`jose ${alg}`, "default"], [`jose ${alg} no`, "us_only"]]);
  assert.deepEqual(found, { ...Object.fromEntries(jwts), ...expected });
  assert.deepEqual(JSON.parse(String(dcql)), {
    credentials: [{ id: "pid", format: "dc+sd-jwt", meta: { vct_values: ["urn:eudi:pid:1"] }, claims: [{ id: "nationalities", path: ["nationalities", null] }] }],
  });
}

test("in Node: jose and @sd-jwt/sd-jwt-vc", async () => {
  assertFound(await exercise(brightline, given));
});

test("in Chromium: jose and @sd-jwt/sd-jwt-vc", async () => {
  const folder = mkdtempSync(join(tmpdir(), "brightline-interop-"));
  const browser = await launch();
  try {
    const entry = `import * as brightline from "brightline";
      import { exercise } from "./exercise.mjs";
      await brightline.default(fetch("/brightline_bg.wasm"));
      globalThis.answer = await exercise(brightline, await (await fetch("/given.json")).json());`;
    await esbuild.build({
      stdin: { contents: entry, resolveDir: fileURLToPath(new URL(".", import.meta.url)) }, bundle: true, format: "esm",
      outfile: join(folder, "app.js"), logLevel: "silent", platform: "browser",
    });
    copyFileSync(fileURLToPath(import.meta.resolve("brightline/brightline_bg.wasm")), join(folder, "brightline_bg.wasm"));
    writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="/app.js"></script>');
    const server = await serve(folder, { "/given.json": JSON.stringify(given) });
    try {
      const { answer, errors } = await answerOf(browser, server.url);
      assert.deepEqual(errors, []);
      assertFound(answer);
    } finally {
      await server.close();
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});

test("a signed ruleset is a JWS that jose verifies", async () => {
  const key = await jose.importJWK(/** @type {any} */ (given.trustRoot.keys[0]));
  const { protectedHeader } = await jose.generalVerify(JSON.parse(given.bundle), key);
  assert.equal(protectedHeader?.typ, "brightline-ruleset+jws");
});

/** A provider, and a client that requests a token bound to its key. */
test("oidc-provider and openid-client: discovery, a DPoP-bound access token and its proofs", async () => {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  const issuer = `http://127.0.0.1:${address.port}`;
  after(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
  const keys = await pair("ES256");
  const provider = new Provider(issuer, /** @type {any} */ ({
    clients: [{ client_id: "app", client_secret: "secret-of-the-test", grant_types: ["client_credentials"], redirect_uris: [], response_types: [],
      id_token_signed_response_alg: "ES256" }],
    jwks: { keys: [/** @type {any} */ ({ ...keys.private, alg: "ES256", kid: "provider", use: "sig" })] },
    extraTokenClaims: () => ({ us_person: true }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true, defaultResource: () => AUDIENCE, useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "model", audience: AUDIENCE, accessTokenFormat: "jwt", accessTokenTTL: 300, jwt: { sign: { alg: "ES256" } } }),
      },
    },
  }));
  server.on("request", provider.callback());
  const config = await client.discovery(new URL(issuer), "app", "secret-of-the-test", undefined, { execute: [client.allowInsecureRequests] });
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256", { extractable: true }));
  const { access_token: token, token_type: type } = await client.clientCredentialsGrant(config, { scope: "model" }, { DPoP });
  assert.equal(type.toLowerCase(), "dpop");

  // The client's own request to a resource, intercepted for its headers.
  const url = new URL("https://gate.example/v1/chat/completions");
  /** @type {Headers | undefined} */
  let sent;
  config[client.customFetch] = async (_url, options) => {
    sent = new Headers(/** @type {any} */ (options.headers));
    return new Response("{}", { headers: { "content-type": "application/json" } });
  };
  await client.fetchProtectedResource(config, token, url, "POST", "{}", new Headers(), { DPoP });
  assert.equal(sent?.get("authorization"), `DPoP ${token}`);
  const jwt = String(sent?.get("dpop"));

  const document = ruleset([
    { id: "provider", iss: issuer, audience: AUDIENCE, typ: ["at+jwt"], holder: "dpop", assurance: 2, claims: { "subject.us_person": "/us_person" },
      keys_from: { discovery: "openid", algorithms: ["ES256"] } },
  ]);
  const { bundle, trustRoot } = await signed(document);
  const opened = brightline.openRuleset(bundle, trustRoot);
  const request = { token, model: "us_only", action: "chat", proof: { jwt, method: "POST", url: url.href } };
  // Its keys are not in the ruleset: `missing` names the key set to fetch, and the host supplies it.
  const unknown = opened.identify(token, { proof: request.proof, replay: "host" });
  assert.deepEqual([unknown.refusal, unknown.missing], ["token.key_unknown", { keys: issuer }]);
  const jwks = await (await fetch(`${issuer}/jwks`)).text();
  assert.equal(opened.updateKeys(issuer, jwks).used, 1);
  assert.deepEqual(opened.check(request).reason, "default");
  assert.equal(opened.check(request).reason, "token.replayed");
  assert.equal(opened.check({ ...request, proof: { ...request.proof, method: "GET" } }).reason, "token.proof_target");
  opened.free();
});
