/** Key rotation, status lists and single use, with a real server, real keys and the real module. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";
import * as jose from "jose";
import { RulesetError, UpdateError, dcqlQuery, maintain, memoryReplayStore, openRuleset } from "brightline";
import { AUDIENCE, ruleset, signed } from "./support.mjs";

/** @typedef {{ kid: string, private: CryptoKey, jwk: import("jose").JWK }} Key */

/** @param {string} kid @returns {Promise<Key>} */
async function newKey(kid) {
  const { privateKey, publicKey } = await jose.generateKeyPair("ES256", { extractable: true });
  return { kid, private: privateKey, jwk: { ...(await jose.exportJWK(publicKey)), kid, alg: "ES256" } };
}

/**
 * The server's answers, by path.
 * @type {Map<string, (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => void>}
 */
const routes = new Map();
/** @type {string[]} */
let asked = [];
const server = createServer((request, response) => {
  asked.push(String(request.url));
  const route = routes.get(String(request.url));
  if (route === undefined) response.writeHead(404).end();
  else route(request, response);
});
let origin = "";
/** @type {Key} */ let first;
/** @type {Key} */ let second;
/** @type {{ bundle: string, trustRoot: import("brightline").TrustRoot }} */
let opened;

/** @param {string} path @param {unknown} body @param {Record<string, string>} [headers] */
const answer = (path, body, headers = {}) => routes.set(path, (_request, response) => {
  response.writeHead(200, { "content-type": "application/json", ...headers }).end(typeof body === "string" ? body : JSON.stringify(body));
});
/** @param {...Key} keys */
const serveKeys = (...keys) => answer("/jwks", { keys: keys.map(({ jwk }) => jwk) }, { "cache-control": "max-age=60" });

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  origin = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
  [first, second] = [await newKey("a"), await newKey("b")];
  const common = { audience: AUDIENCE, assurance: 2, claims: { "subject.us_person": "/us_person" } };
  const fetched = (/** @type {string} */ id, /** @type {object} */ more) => ({ id, iss: `${origin}/${id}`, ...common, ...more });
  opened = await signed(ruleset([
    fetched("oidc", { keys_from: { discovery: "openid", stale: "1h" } }),
    fetched("oauth", { keys_from: { discovery: "oauth" } }),
    fetched("pinned", { keys: [first.jwk], holder: "dpop", status_list: "when_present" }),
    { id: "far", iss: "https://far.example", ...common, keys_from: { discovery: "openid" } },
  ]));
});
after(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));

/** A ruleset of its own, and its maintenance. @param {Partial<import("brightline").MaintenanceOptions>} [options] */
function start(options = {}) {
  asked = [];
  routes.clear();
  answer("/oidc/.well-known/openid-configuration", { issuer: `${origin}/oidc`, jwks_uri: `${origin}/jwks` });
  answer("/.well-known/oauth-authorization-server/oauth", { issuer: `${origin}/oauth`, jwks_uri: `${origin}/jwks` });
  serveKeys(first);
  const own = openRuleset(opened.bundle, opened.trustRoot);
  /** @type {import("brightline").MaintenanceProblem[]} */
  const problems = [];
  const maintenance = maintain(own, { allowLoopback: true, minRefetchMs: 60_000, onProblem: (problem) => problems.push(problem), ...options });
  return { own, maintenance, problems };
}

/** @param {Key} key @param {string} issuer @param {object} [claims] */
function token(key, issuer, claims = {}) {
  return new jose.SignJWT({ us_person: true, ...claims }).setProtectedHeader({ alg: "ES256", kid: key.kid, typ: "at+jwt" })
    .setIssuer(issuer === "far" ? "https://far.example" : `${origin}/${issuer}`).setSubject("someone").setAudience(AUDIENCE)
    .setIssuedAt().setExpirationTime("3h").sign(key.private);
}

/** @param {import("brightline").Maintenance} maintenance @param {string} given */
async function refusal(maintenance, given) {
  const identity = await maintenance.identify(given);
  const { refusal } = identity;
  identity.free();
  return refusal;
}

test("keys are fetched by discovery once, however many wait, and a known key waits for nothing", async () => {
  const { maintenance } = start();
  const tokens = await Promise.all(Array.from({ length: 50 }, (_, n) => token(first, "oidc", { n })));
  const refusals = await Promise.all(tokens.map((one) => refusal(maintenance, one)));
  assert.ok(refusals.every((one) => one === null));
  assert.deepEqual(asked, ["/oidc/.well-known/openid-configuration", "/jwks"]);
  assert.equal(await refusal(maintenance, await token(first, "oauth")), null);
  assert.ok(asked.includes("/.well-known/oauth-authorization-server/oauth"));
  const decision = await maintenance.check({ token: await token(first, "oidc"), model: "us_only", action: "chat" });
  assert.equal(decision.reason, "default");
});

test("an unknown key is looked for, with a floor between tries", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const { maintenance } = start();
  assert.equal(await refusal(maintenance, await token(first, "oidc")), null);
  serveKeys(second);
  const before = asked.length;
  // Too soon after the first try.
  assert.equal(await refusal(maintenance, await token(second, "oidc")), "token.key_unknown");
  assert.equal(asked.length, before);
  t.mock.timers.tick(61_000);
  assert.equal(await refusal(maintenance, await token(second, "oidc")), null);
  // The former key is gone, also for tokens that were verified before.
  assert.equal(await refusal(maintenance, await token(first, "oidc", { fresh: 1 })), "token.key_unknown");
});

test("what is due is fetched behind a check, which a cached key answers even while the server hangs", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const { maintenance, problems } = start({ minRefetchMs: 0 });
  assert.equal(await refusal(maintenance, await token(first, "oidc")), null);
  /** @type {import("node:http").ServerResponse | undefined} */
  let hanging;
  const reached = new Promise((resolve) => routes.set("/jwks", (_request, response) => resolve(hanging = response)));
  t.mock.timers.tick(120_000);
  assert.equal(await refusal(maintenance, await token(first, "oidc", { n: 1 })), null);
  // The check is answered before the server has responded.
  await reached;
  assert.equal(hanging?.writableEnded, false);
  const failed = maintenance.refresh();
  hanging?.destroy();
  await failed;
  assert.ok(problems.some(({ code }) => code === "upkeep.fetch"));
  routes.set("/jwks", (_request, response) => void response.destroy());
  // Stale keys are used within the ruleset's limit of an hour, and no longer.
  t.mock.timers.tick(50 * 60_000);
  assert.equal(await refusal(maintenance, await token(first, "oidc", { n: 2 })), null);
  t.mock.timers.tick(20 * 60_000);
  assert.equal(await refusal(maintenance, await token(first, "oidc", { n: 3 })), "token.key_unknown");
});

test("documents are asked for by their validators, and shared by a cache", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  /** @type {Map<string, import("brightline").StoredDocument>} */
  const cache = new Map();
  const { maintenance } = start({ cache, minRefetchMs: 0 });
  let validated = 0;
  routes.set("/jwks", (request, response) => {
    if (request.headers["if-none-match"] === '"v1"') {
      validated += 1;
      return void response.writeHead(304).end();
    }
    response.writeHead(200, { etag: '"v1"', "cache-control": "max-age=60" }).end(JSON.stringify({ keys: [first.jwk] }));
  });
  assert.equal(await refusal(maintenance, await token(first, "oidc")), null);
  t.mock.timers.tick(61_000);
  await maintenance.refresh();
  assert.equal(validated, 2);
  assert.equal(await refusal(maintenance, await token(first, "oidc", { n: 1 })), null);
  // Another process with the same cache makes no request.
  const other = maintain(openRuleset(opened.bundle, opened.trustRoot), { allowLoopback: true, cache });
  const before = asked.length;
  assert.equal(await refusal(other, await token(first, "oidc", { n: 2 })), null);
  assert.equal(asked.length, before);
});

test("what is wrong with a document is told, and no key comes of it", async () => {
  const config = "/oidc/.well-known/openid-configuration";
  /** @type {[string, () => void][]} */
  const cases = [
    ["upkeep.status", () => routes.delete("/jwks")],
    ["upkeep.status", () => routes.set("/jwks", (_request, response) => void response.writeHead(302, { location: "/other" }).end())],
    ["upkeep.too_large", () => answer("/jwks", " ".repeat(256 * 1024 + 1))],
    ["upkeep.refused", () => answer("/jwks", "{}")],
    ["upkeep.refused", () => answer("/jwks", { keys: [{ kty: "oct", k: "AA" }] })],
    ["upkeep.fetch", () => routes.set("/jwks", () => {})],
    ["upkeep.fetch", () => routes.set("/jwks", (_request, response) => void response.destroy())],
    ["upkeep.fetch", () => routes.set("/jwks", (_request, response) => void response.end(Buffer.from([0xff, 0xfe])))],
    ["upkeep.discovery", () => answer(config, { issuer: `${origin}/other`, jwks_uri: `${origin}/jwks` })],
    ["upkeep.discovery", () => answer(config, "not JSON")],
    ["upkeep.discovery", () => answer(config, { issuer: `${origin}/oidc` })],
    ["upkeep.address", () => answer(config, { issuer: `${origin}/oidc`, jwks_uri: "http://example.com/jwks" })],
  ];
  const mine = await token(first, "oidc");
  for (const [code, spoil] of cases) {
    const { maintenance, problems } = start({ timeoutMs: 300 });
    spoil();
    assert.equal(await refusal(maintenance, mine), "token.key_unknown", code);
    assert.equal(problems[0]?.code, code, JSON.stringify(problems));
    assert.ok(!JSON.stringify(problems).includes(mine.slice(0, 40)));
    maintenance.stop();
  }
  const { maintenance, problems } = start({ allowLoopback: false });
  assert.equal(await refusal(maintenance, mine), "token.key_unknown");
  assert.deepEqual([problems[0]?.code, asked], ["upkeep.address", []]);
});

/** @param {number} value @param {object} [claims] */
function statusList(value, claims = {}) {
  const lst = deflateSync(Buffer.from([value])).toString("base64url");
  return new jose.SignJWT({ sub: `${origin}/list`, ttl: 60, status_list: { bits: 1, lst }, ...claims })
    .setProtectedHeader({ alg: "ES256", kid: first.kid, typ: "statuslist+jwt" }).setIssuedAt().sign(first.private);
}

/** A token of the issuer whose tokens are bound, with a proof. @param {object} [claims] */
async function bound(claims = {}) {
  const holder = await newKey("holder");
  const { kty, crv, x, y } = holder.jwk;
  const jkt = await jose.calculateJwkThumbprint(holder.jwk);
  const given = await token(first, "pinned", { cnf: { jkt }, ...claims });
  const ath = Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(given))).toString("base64url");
  const prove = async (jti = crypto.randomUUID()) => ({
    jwt: await new jose.SignJWT({ htm: "POST", htu: "https://gate.example/v1", jti, ath }).setIssuedAt()
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: /** @type {import("jose").JWK} */ ({ kty, crv, x, y }) }).sign(holder.private),
    method: "POST", url: "https://gate.example/v1",
  });
  return { token: given, prove };
}

test("a status list is fetched when a token has a place in it, and anew before it ends", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const { maintenance } = start({ minRefetchMs: 0 });
  const { token: given, prove } = await bound({ status: { status_list: { idx: 0, uri: `${origin}/list` } } });
  const check = async () => (await maintenance.check({ token: given, proof: await prove(), model: "us_only", action: "chat" })).reason;
  answer("/list", await statusList(0));
  assert.equal(await check(), "default");
  assert.equal(await check(), "default");
  assert.deepEqual(asked, ["/list"]);
  answer("/list", await statusList(1));
  t.mock.timers.tick(50_000);
  assert.equal(await check(), "default");
  await maintenance.refresh();
  assert.equal(await check(), "token.revoked");
  // The list can no longer be fetched, so the status is unknown.
  routes.delete("/list");
  t.mock.timers.tick(10 * 60_000);
  assert.equal(await check(), "token.status_unknown");
  // A list whose `sub` names another list.
  const other = start({ minRefetchMs: 0 });
  answer("/list", await statusList(0, { sub: `${origin}/other` }));
  const decision = await other.maintenance.check({ token: given, proof: await prove(), model: "us_only", action: "chat" });
  assert.deepEqual([decision.reason, other.problems[0]?.code], ["token.status_unknown", "upkeep.status_list"]);
});

test("a proof is used once, also where many use it at the same time", async () => {
  const { maintenance } = start();
  const { token: given, prove } = await bound();
  const proof = await prove();
  const once = await Promise.all(Array.from({ length: 20 }, () => maintenance.check({ token: given, proof, model: "open", action: "chat" })));
  assert.deepEqual(once.map(({ reason }) => reason).sort(), ["default", ...Array(19).fill("token.replayed")]);
  assert.equal((await maintenance.check({ token: given, proof: await prove(), model: "open", action: "chat" })).reason, "default");
  assert.equal((await maintenance.check({ token: given, model: "open", action: "chat" })).reason, "token.proof_missing");
  // A store that fails, and one that returns anything but true, refuse.
  for (const claim of [() => { throw new Error("down"); }, () => Promise.reject(new Error("down")), () => /** @type {any} */ ("yes")]) {
    const { maintenance: failing } = start({ replayStore: { claim } });
    assert.equal((await failing.check({ token: given, proof: await prove(), model: "open", action: "chat" })).reason, "token.replayed");
  }
});

test("the store in memory forgets what has ended, and takes nothing more where it is full", () => {
  const store = memoryReplayStore({ capacity: 2 });
  assert.deepEqual([store.claim("a", 100, 0), store.claim("a", 100, 99), store.claim("a", 200, 100)], [true, false, true]);
  assert.deepEqual([store.claim("b", 150, 100), store.claim("c", 300, 120), store.claim("c", 300, 160)], [true, false, true]);
});

test("a holder who fills the store in memory is refused, and no other", () => {
  const store = memoryReplayStore({ capacity: 1000 });
  const claim = (/** @type {string} */ holder, /** @type {number} */ index, now = 0) => store.claim(`${holder} ${index}`, 1000, now, holder);
  const most = (/** @type {string} */ holder) => {
    let taken = 0;
    for (let index = 0; index < 2000; index += 1) taken += claim(holder, index) ? 1 : 0;
    return taken;
  };
  assert.equal(most("mallory"), 500);
  // Later holders are served, even after a second one has filled its share.
  for (const holder of ["victim", "other"]) assert.ok(claim(holder, 0));
  assert.ok(most("trudy") <= 500);
  for (let index = 0; index < 100; index += 1) assert.ok(claim(`victim ${index}`, 0), String(index));
  // A claimed use is still known, and forgotten only at its end.
  assert.ok(!claim("mallory", 0, 999));
  assert.ok(claim("mallory", 0, 1000));
  assert.equal(most("late"), 500);
});

test("the store in memory agrees with one that looks at everything", () => {
  const store = memoryReplayStore({ capacity: 50 });
  /** @type {Map<string, number>} */
  const simple = new Map();
  let state = 7;
  const next = (/** @type {number} */ below) => (state = (state * 48271) % 2147483647) % below;
  for (let now = 0; now < 20_000; now += next(3)) {
    const [key, until] = [`k${next(120)}`, now + next(100)];
    for (const [old, end] of simple) if (end <= now) simple.delete(old);
    const taken = !simple.has(key) && simple.size < 50;
    if (taken) simple.set(key, until);
    assert.equal(store.claim(key, until, now), taken, `${key} at ${now}`);
  }
});

test("a known token is not verified again, until something is brought up to date", async () => {
  const { own } = start();
  own.updateKeys(`${origin}/oidc`, JSON.stringify({ keys: [first.jwk] }));
  const given = await token(first, "oidc", { jti: "t-1" });
  const check = () => own.check({ token: given, model: "us_only", action: "chat" }).reason;
  assert.deepEqual([check(), check()], ["default", "default"]);
  const identity = own.identify(given);
  assert.equal(identity.check({ model: "us_only", action: "chat" }).reason, "default");
  // A token that differs in one character is another token.
  const other = `${given.slice(0, 50)}${given[50] === "A" ? "B" : "A"}${given.slice(51)}`;
  assert.notEqual(own.check({ token: other, model: "us_only", action: "chat" }).reason, "default");
  assert.equal(own.updateDenyList([{ jti: "t-1" }]), 1);
  assert.equal(check(), "token.revoked");
  // Existing identities are refused too.
  assert.equal(identity.check({ model: "us_only", action: "chat" }).reason, "token.revoked");
  own.updateDenyList([]);
  assert.equal(check(), "default");
  own.updateKeys(`${origin}/oidc`, JSON.stringify({ keys: [second.jwk] }));
  assert.equal(check(), "token.key_unknown");
  assert.throws(() => own.updateDenyList(/** @type {any} */ ([{ jit: "x" }])), TypeError);
  assert.throws(() => own.updateDenyList(/** @type {any} */ ([{ iss: "x" }])), { name: "UpdateError", code: "denied.malformed" });
  assert.throws(() => own.updateKeys("https://nobody.example", "{}"), { code: "standing.issuer" });
  assert.throws(() => own.updateStatusList(`${origin}/pinned`, "x"), { code: "status.refused" });
  identity.free();
});

test("descriptions and results are plain data with snake_case members, and a refused update is an UpdateError", async () => {
  const { own } = start();
  assert.deepEqual(own.issuers[0], {
    id: "oidc", iss: `${origin}/oidc`, keys: { jwks_uri: null, discovery: "openid", stale_ms: 3_600_000 },
  });
  const keys = { keys: [first.jwk, { ...second.jwk, use: "enc" }] };
  assert.deepEqual(own.updateKeys(`${origin}/oidc`, JSON.stringify(keys)), { used: 1, passed_over: [{ kid: "b", reason: "key.use" }] });
  const now = Date.now();
  const list = own.updateStatusList(`${origin}/pinned`, await statusList(0), now);
  assert.equal(list.uri, `${origin}/list`);
  assert.ok(list.until_ms > now && list.until_ms <= now + 61_000);
  const { token: given, prove } = await bound({ status: { status_list: { idx: 0, uri: `${origin}/other` } } });
  const identity = own.identify(given, { proof: await prove(), replay: "host" });
  assert.deepEqual([identity.refusal, identity.missing], [
    "token.status_unknown", { status_list: { iss: `${origin}/pinned`, uri: `${origin}/other` } },
  ]);
  identity.free();
  const { token: other, prove: again } = await bound();
  const used = own.identify(other, { proof: await again(), replay: "host" });
  assert.deepEqual(used.singleUses.map((use) => Object.keys(use)), [["key", "until_ms", "holder"]]);
  used.free();
  assert.throws(() => own.updateKeys(`${origin}/oidc`, "{}"), (error) => {
    return error instanceof UpdateError && !(error instanceof RulesetError) && error.code === "keys.malformed";
  });
  own.free();
});

test("more presentations than are kept are checked all the same", async () => {
  const { own } = start();
  own.updateKeys(`${origin}/oidc`, JSON.stringify({ keys: [first.jwk] }));
  const tokens = await Promise.all(Array.from({ length: 300 }, (_, n) => token(first, "oidc", { n, us_person: n % 2 === 0 })));
  for (let round = 0; round < 2; round += 1) {
    tokens.forEach((given, n) => {
      assert.equal(own.check({ token: given, model: "us_only", action: "chat" }).allowed, n % 2 === 0);
    });
  }
  own.free();
});

test("ask tells what is missing, and nothing of it is a credential's here", () => {
  const { own } = start();
  const asked = own.ask({ model: "us_only", action: "chat" });
  const [path] = asked;
  assert.equal(path?.evidence[0]?.attribute, "subject.us_person");
  assert.deepEqual(path?.evidence[0]?.issuers[0]?.options[0], [["us_person"]]);
  assert.equal(dcqlQuery(asked), null);
  assert.deepEqual(own.ask({ model: "open", action: "chat" }), []);
  own.free();
});
