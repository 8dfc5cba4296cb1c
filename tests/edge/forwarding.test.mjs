/** Forwarding to the upstream and back, and attempts of either side to bypass the check. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { UPSTREAM_KEY, bench, person, problemOf, until, upstreamAt } from "./support.mjs";

const MOST = 64 * 1024;

describe("forwarding", () => {
  /** @type {import("./support.mjs").Bench} */ let b;
  /** @type {import("./support.mjs").Edge} */ let edge;
  /** @type {string} */ let token;
  /** @type {() => void} */ let release;
  before(async () => {
    b = await bench({ pauseMs: 20, gate: () => new Promise((resolve) => (release = () => resolve(undefined))) });
    edge = await b.edge({ maxBodyBytes: MOST });
    token = await b.token();
  });
  after(() => b.close());

  it("passes a stream on chunk by chunk, in each protocol", { timeout: 20_000 }, async () => {
    for (const [path, first, last] of [
      ["/v1/chat/completions", '"role":"assistant"', "data: [DONE]"],
      ["/v1/responses", "event: response.created", "event: response.completed"],
      ["/v1/messages", "event: message_start", "event: message_stop"],
    ]) {
      const response = await edge.chat("open", token, { path, body: { stream: true } });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "text/event-stream");
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      const decoder = new TextDecoder();
      let text = decoder.decode((await reader.read()).value);
      // The upstream waits for the release before it sends more, so this part was streamed.
      assert.ok(text.includes(first ?? ""), text);
      assert.ok(!text.includes(last ?? ""));
      release();
      for (let next = await reader.read(); !next.done; next = await reader.read()) text += decoder.decode(next.value);
      assert.ok(text.includes(last ?? ""), text);
    }
  });

  it("serves embeddings", async () => {
    const response = await edge.chat("open", token, { path: "/v1/embeddings", body: { input: "a" } });
    assert.equal((await response.json()).object, "list");
  });

  it("ends the call to the upstream when the client goes away", { timeout: 20_000 }, async () => {
    const leave = new AbortController();
    const response = await edge.chat("open", token, { body: { stream: true }, signal: leave.signal });
    await /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader().read();
    const seen = b.upstream.requests.at(-1);
    leave.abort();
    // workerd notices the disconnected client at the next token.
    release();
    await until(() => seen?.aborted === true);
  });

  it("sends its own credential and of the client's headers only what the APIs define", async () => {
    const headers = {
      "x-api-key": "client",
      "api-key": "client",
      cookie: "session=client",
      "openai-organization": "client",
      "x-model": "denied",
      "x-forwarded-for": "192.0.2.1",
      "anthropic-version": "2023-06-01",
      "transfer-encoding-x": "client",
    };
    const response = await edge.chat("open", token, { headers });
    assert.equal(response.status, 200);
    const sent = b.upstream.requests.at(-1)?.headers ?? {};
    assert.equal(sent.authorization, UPSTREAM_KEY);
    assert.equal(sent["anthropic-version"], "2023-06-01");
    for (const [name, value] of Object.entries(sent)) {
      assert.ok(!String(value).includes("client") && !String(value).includes(token), name);
    }
    for (const name of ["x-model", "x-forwarded-for", "cookie", "x-api-key"]) assert.equal(sent[name], undefined, name);
  });

  it("sends the very bytes that it judged", async () => {
    const body = '{ "model" : "open", "n":1.0, "seed":12345678901234567890, "user":"\\u00e9é", "metadata":{"a":1,"a":2} }';
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json; charset=utf-8" };
    const response = await fetch(`${edge.url}/v1/responses?beta=true`, { method: "POST", headers, body });
    assert.equal(response.status, 200);
    assert.equal(b.upstream.requests.at(-1)?.body, body);
    assert.equal(b.upstream.requests.at(-1)?.headers["content-type"], "application/json");
  });

  it("passes on no cookie and no header that it does not know", async () => {
    const response = await edge.chat("open", token);
    assert.equal(response.headers.get("set-cookie"), null);
    assert.equal(response.headers.get("x-test-equipment"), null);
    assert.match(response.headers.get("x-request-id") ?? "", /^test-/);
    const passing = await b.edge({ upstream: { ...upstreamAt(b.upstream.url), responseHeaders: ["X-Test-Equipment"] } });
    assert.equal((await passing.chat("open", token)).headers.get("x-test-equipment"), "test equipment");
  });

  it("refuses what cannot be read in one way only, and calls nobody", async () => {
    const before = b.upstream.requests.length;
    const json = { "content-type": "application/json" };
    /** @type {[number, string, Record<string, string>, string | Uint8Array<ArrayBuffer>, string?][]} */
    const cases = [
      [400, "request.duplicate_member", json, '{"model":"open","model":"denied"}'],
      [400, "request.model_ambiguous", json, '{"model":"open","Model":"denied"}'],
      [400, "request.model_missing", json, '{"messages":[]}'],
      [400, "request.json", json, "not JSON"],
      [400, "request.json", json, ""],
      [415, "request.content_type", { "content-type": "text/plain" }, '{"model":"open"}'],
      [415, "request.content_encoding", { ...json, "content-encoding": "gzip" }, Uint8Array.from(gzipSync('{"model":"open"}'))],
      [400, "request.member_unknown", json, '{"model":"open","persona":"denied"}'],
      [413, "request.too_large", json, `{"model":"open","user":"${"x".repeat(MOST)}"}`],
      [404, "request.path_unknown", json, '{"model":"open"}', "/v1/images/generations"],
      [404, "request.path_unknown", json, '{"model":"open"}', "/v1/chat/completions/"],
      [400, "request.query", json, '{"model":"open"}', "/v1/chat/completions?model=denied"],
    ];
    for (const [status, reason, headers, body, path = "/v1/chat/completions"] of cases) {
      const all = { ...headers, authorization: `Bearer ${token}` };
      const response = await fetch(edge.url + path, { method: "POST", headers: all, body });
      const problem = await problemOf(response);
      assert.deepEqual([response.status, problem.status, problem.reason], [status, status, reason]);
    }
    const put = await fetch(`${edge.url}/v1/messages`, { method: "PUT", headers: json, body: "{}" });
    assert.deepEqual([put.status, put.headers.get("allow")], [405, "POST"]);
    assert.equal(b.upstream.requests.length, before);
  });

  it("counts a body that does not say its length", { timeout: 20_000 }, async () => {
    const chunk = new TextEncoder().encode(" ".repeat(MOST / 8));
    let left = 9;
    const body = new ReadableStream({
      pull(controller) {
        left -= 1;
        if (left < 0) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = /** @type {RequestInit} */ ({ method: "POST", headers, body, duplex: "half" });
    const response = await fetch(`${edge.url}/v1/messages`, init);
    assert.equal(response.status, 413);
  });

  it("502 where the upstream fails, redirects, refuses the edge or takes too long", async () => {
    let mode = 0;
    const server = createServer((_request, response) => {
      if (mode === 0) return; // no answer
      response.writeHead(mode, { location: `${b.upstream.url}/v1/messages`, "www-authenticate": "Bearer" }).end("inside");
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const failing = await b.edge({ upstream: { ...upstreamAt(`http://127.0.0.1:${port}`), timeoutMs: 300 } });
    const before = b.upstream.requests.length;
    /** @type {[number, string][]} */
    const cases = [[0, "upstream.timeout"], [401, "upstream.credential"], [403, "upstream.credential"], [307, "upstream.answer"]];
    for (const [status, reason] of cases) {
      mode = status;
      const response = await failing.chat("open", token);
      assert.equal(response.status, 502);
      assert.equal(response.headers.get("www-authenticate"), null);
      assert.equal((await problemOf(response)).reason, reason);
    }
    mode = 429;
    assert.equal((await failing.chat("open", token)).status, 429);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const response = await failing.chat("open", token);
    assert.deepEqual([response.status, (await problemOf(response)).reason], [502, "upstream.unreachable"]);
    assert.equal(b.upstream.requests.length, before);
  });
});

describe("the country", () => {
  /** @type {import("./support.mjs").Bench} */ let b;
  before(async () => (b = await bench()));
  after(() => b.close());

  it("is never what the client says", async () => {
    const token = await b.token();
    const spoof = { "cf-ipcountry": "DE", "x-front-country": "DE", "x-vercel-ip-country": "DE", "x-country": "DE" };
    for (const country of /** @type {const} */ (["cf", "none"])) {
      const edge = await b.edge({ country });
      const response = await edge.chat("placed", token, { headers: spoof, body: { metadata: { country: "DE" } } });
      assert.equal(response.status, 403);
      assert.equal((await problemOf(response)).reason, "context.missing");
    }
  });

  it("is what the named header says, set by the proxy in front", async () => {
    const token = await b.token();
    const edge = await b.edge({ country: { header: "x-front-country" } });
    const from = (/** @type {string} */ country) =>
      edge.chat("placed", token, { headers: { "x-front-country": country, "cf-ipcountry": "DE" } });
    assert.equal((await from("DE")).status, 200);
    assert.equal(b.upstream.requests.at(-1)?.headers["x-front-country"], undefined);
    const denied = await from("KP");
    assert.deepEqual([denied.status, (await problemOf(denied)).reason], [451, "embargo"]);
    assert.equal(denied.headers.get("link"), null);
    // Sent in addition to the proxy's own header it arrives as a list, which is not a country.
    const both = await from("DE, KP");
    assert.deepEqual([both.status, (await problemOf(both)).reason], [403, "context.unusable"]);
    assert.equal((await edge.chat("placed", token)).status, 403);
  });
});

describe("pages of other origins", () => {
  /** @type {import("./support.mjs").Bench} */ let b;
  /** @type {import("./support.mjs").Edge} */ let edge;
  before(async () => {
    b = await bench();
    edge = await b.edge({ origins: ["https://chat.example"] });
  });
  after(() => b.close());

  const preflight = (/** @type {string} */ origin) =>
    fetch(`${edge.url}/v1/messages`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-os,x-evil",
      },
    });

  it("may call where they are listed, exactly", async () => {
    const response = await preflight("https://chat.example");
    assert.equal(response.status, 204);
    assert.equal(response.headers.get("access-control-allow-origin"), "https://chat.example");
    assert.equal(response.headers.get("access-control-allow-headers"), "authorization, content-type, x-stainless-os");
    assert.equal(response.headers.get("access-control-allow-credentials"), null);
    assert.equal(response.headers.get("vary"), "Origin");
    for (const origin of ["https://chat.example.evil", "http://chat.example", "https://chat.example:444", "null", "*"]) {
      const refused = await preflight(origin);
      assert.equal(refused.status, 403);
      assert.equal(refused.headers.get("access-control-allow-origin"), null);
    }
  });

  it("may read answers and problems with their headers", async () => {
    for (const claims of [person("citizen"), person("none")]) {
      const response = await edge.chat("denied", await b.token(claims), { headers: { origin: "https://chat.example" } });
      assert.equal(response.headers.get("access-control-allow-origin"), "https://chat.example");
      assert.match(response.headers.get("access-control-expose-headers") ?? "", /www-authenticate.*brightline-outcome/);
      const other = await edge.chat("denied", await b.token(claims), { headers: { origin: "https://evil.example" } });
      assert.equal(other.headers.get("access-control-allow-origin"), null);
    }
  });
});
