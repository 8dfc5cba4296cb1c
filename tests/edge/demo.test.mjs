/** The demonstration as it starts: each person signs in at the real provider and calls the real edge. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { PEOPLE } from "../../demo/people.mjs";
import { startDemo } from "../../demo/start.mjs";
import { problemOf } from "./support.mjs";

/** The status and reason for each person who asks for `mythos-5`. */
const EXPECTED = [
  ["p-1001", 200, "allow"],
  ["p-1002", 200, "allow"],
  ["p-1003", 200, "allow"],
  ["p-1004", 200, "allow"],
  ["p-1005", 451, "foreign_person"],
  ["p-1006", 403, "evidence.stale"],
];

describe("the demonstration", () => {
  /** @type {import("../../demo/start.mjs").Demo} */ let demo;
  /** @type {string} */ let directory;
  /** @type {Record<string, string>} */ let config;
  /** @type {string[]} */ const log = [];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "brightline-demo-"));
    demo = await startDemo({ firstPort: 0, directory, onLine: (line) => log.push(line) });
    config = await (await fetch(`${demo.urls.page}/config.json`)).json();
  });
  after(async () => {
    await demo.close();
    await rm(directory, { recursive: true });
  });

  it("answers each person as the order says", async () => {
    for (const [id, status, reason] of EXPECTED) {
      const token = await signIn(config, String(id));
      assert.equal(decodeProtectedHeader(token).typ, "at+jwt");
      assert.equal(decodeJwt(token).sub, id);
      const response = await fetch(`${config["edge"]}/v1/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "mythos-5", max_tokens: 10, messages: [{ role: "user", content: "hello" }] }),
      });
      assert.equal(response.status, status, String(id));
      if (status === 200) {
        assert.equal(response.headers.get("brightline-outcome"), reason);
        assert.equal(response.headers.get("x-test-equipment"), "test equipment");
        assert.equal(response.headers.get("brightline-obligations"), id === "p-1004" ? "log, no_redistribution" : null);
      } else {
        assert.equal((await problemOf(response)).reason, reason);
      }
    }
    for (const { id, name } of PEOPLE) assert.ok(!log.join("\n").includes(id) && !log.join("\n").includes(name));
  });

  it("gives no code without PKCE and no token without its verifier", async () => {
    const query = authorization(config, { code_challenge: "", code_challenge_method: "" });
    const refused = await fetch(`${config["issuer"]}/auth?${query}`, { redirect: "manual" });
    assert.match(refused.headers.get("location") ?? "", /error=invalid_request/);
    await assert.rejects(signIn(config, "p-1001", { code_verifier: "x".repeat(43) }), /invalid_grant/);
  });

  it("gives no token for another audience or another page", async () => {
    const other = authorization(config, { resource: "https://other.example" });
    const refused = await fetch(`${config["issuer"]}/auth?${other}`, { redirect: "manual" });
    assert.match(refused.headers.get("location") ?? "", /error=invalid_target/);
    const page = authorization(config, { redirect_uri: "https://evil.example/" });
    const response = await fetch(`${config["issuer"]}/auth?${page}`, { redirect: "manual" });
    assert.equal(response.status, 400);
    assert.equal(response.headers.get("location"), null);
  });

  it("serves the page's documents under a strict policy and under one name", async () => {
    const response = await fetch(`${demo.urls.page}/config.json`);
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';/);
    assert.ok(policy.includes(`connect-src 'self' ${demo.urls.provider} ${demo.urls.edge};`), policy);
    assert.ok(!policy.includes("unsafe-inline") && !policy.includes("'unsafe-eval'"));
    for (const path of ["/../package.json", "/%2e%2e/package.json", "/..%2f..%2fpackage.json", "/%00", "/%"]) {
      assert.equal((await fetch(demo.urls.page + path)).status, 404, path);
    }
    const renamed = await fetch(demo.urls.page.replace("127.0.0.1", "localhost"), { redirect: "manual" });
    assert.equal(renamed.headers.get("location"), `${demo.urls.page}/`);
  });

  it("says which port is taken", async () => {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    await assert.rejects(startDemo({ firstPort: port, directory }), new RegExp(`^Error: Port ${port}, for the page, is taken`));
    await new Promise((resolve) => server.close(resolve));
  });
});

const VERIFIER = randomBytes(32).toString("base64url");

/**
 * @param {Record<string, string>} config
 * @param {Record<string, string>} [change]
 */
function authorization(config, change = {}) {
  const query = new URLSearchParams({
    client_id: config["client_id"] ?? "",
    redirect_uri: config["redirect_uri"] ?? "",
    response_type: "code",
    scope: config["scope"] ?? "",
    resource: config["resource"] ?? "",
    code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
    code_challenge_method: "S256",
    state: "state",
    ...change,
  });
  for (const [name, value] of [...query]) if (value === "") query.delete(name);
  return query;
}

/**
 * Acts as a browser: follows redirects, keeps cookies, presses one button.
 * @param {Record<string, string>} config
 * @param {string} id
 * @param {Record<string, string>} [change]
 * @returns {Promise<string>} the access token
 */
async function signIn(config, id, change = {}) {
  const jar = new Map();
  let location = `${config["issuer"]}/auth?${authorization(config)}`;
  /** @type {RequestInit} */
  let init = {};
  for (let steps = 0; !location.startsWith(config["redirect_uri"] ?? ""); steps += 1) {
    assert.ok(steps < 10, "sign-in goes in circles");
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(location, { ...init, redirect: "manual", headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [name, value] = (set.split(";")[0] ?? "").split(/=(.*)/s);
      jar.set(name, value);
    }
    if (response.status === 200) {
      const page = await response.text();
      assert.ok(page.includes("This is a demonstration"), page);
      assert.match(response.headers.get("content-security-policy") ?? "", /style-src 'sha256-/);
      init = { method: "POST", body: new URLSearchParams({ person: id }) };
    } else {
      location = new URL(response.headers.get("location") ?? "", location).href;
      init = {};
    }
  }
  const { searchParams } = new URL(location);
  assert.equal(searchParams.get("iss"), config["issuer"]);
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: config["client_id"] ?? "",
    redirect_uri: config["redirect_uri"] ?? "",
    code: searchParams.get("code") ?? "",
    code_verifier: VERIFIER,
    ...change,
  });
  const origin = new URL(config["redirect_uri"] ?? "").origin;
  const response = await fetch(`${config["issuer"]}/token`, { method: "POST", headers: { origin }, body });
  /** @type {{ access_token?: string, error?: string }} */
  const answer = await response.json();
  if (answer.access_token === undefined) throw new Error(answer.error);
  assert.equal(response.headers.get("access-control-allow-origin"), origin);
  return answer.access_token;
}
