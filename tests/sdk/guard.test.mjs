/** The guarded fetch alone: which calls it reads, which it refuses, and that it sends exactly the evaluated call. */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { after, before, beforeEach, test } from "node:test";
import { AccessError, guard } from "brightline";
import { bench } from "./support.mjs";

/** @type {Awaited<ReturnType<typeof bench>>} */
let b;
/** @type {string} */
let url;
/** @type {string} */
let foreign;
/** @type {typeof fetch} */
let guarded;
/** @type {number} the number of upstream calls before a test */
let seen;
before(async () => {
  b = await bench({ pauseMs: 5 });
  url = `${b.upstream.url}/v1/chat/completions`;
  foreign = await b.token("none");
  guarded = guard(fetch, { base: b.base, ruleset: b.ruleset, token: foreign });
});
after(() => b?.close());
beforeEach(() => {
  seen = b?.upstream.requests.length ?? 0;
});

const JSON_TYPE = { "content-type": "application/json" };
/** @param {string} model @param {object} [more] */
const body = (model, more = {}) => JSON.stringify({ model, messages: [{ role: "user", content: "hello" }], ...more });
/** @param {BodyInit | ReadableStream} content @param {RequestInit} [more] @returns {RequestInit} */
const post = (content, more = {}) => ({ method: "POST", headers: JSON_TYPE, body: /** @type {BodyInit} */ (content), ...more });
const calls = () => b.upstream.requests.length - seen;
/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text);
/** @param {Uint8Array} content */
const stream = (content) => new ReadableStream({
  start(controller) {
    for (let at = 0; at < content.length; at += 7) controller.enqueue(content.subarray(at, at + 7));
    controller.close();
  },
});

/** @param {Promise<Response>} call @param {string} code */
async function refused(call, code) {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof AccessError, String(error));
    assert.equal(error.name, "AccessError");
    assert.equal(error.code, code);
    assert.equal(error.code, error.decision.reason);
    assert.equal(error.decision.allowed, false);
    assert.equal(Object.keys(error.decision).length, 20);
    assert.ok(error.message.length > 5);
    return true;
  });
  assert.equal(calls(), 0, "nothing left");
}

/** All forms of the same call. @param {string} model @returns {Record<string, () => Parameters<typeof fetch>>} */
const ways = (model) => ({
  "a string and a string": () => [url, post(body(model))],
  "a URL": () => [new URL(url), post(body(model))],
  "a Request": () => [new Request(url, post(body(model)))],
  "a Request whose body the init overrides": () => [new Request(url, post(body("open"))), post(body(model))],
  "a Request of GET that the init makes a POST": () => [new Request(url), post(body(model))],
  "bytes": () => [url, post(bytes(body(model)))],
  "a part of a buffer": () => [url, post(bytes(`xx${body(model)}yy`).subarray(2, -2))],
  "an ArrayBuffer": () => [url, post(bytes(body(model)).buffer)],
  "a Blob": () => [url, { method: "POST", body: new Blob([body(model)], { type: "application/json" }) }],
  "a stream": () => [url, /** @type {RequestInit} */ ({ ...post(stream(bytes(body(model)))), duplex: "half" })],
  "a Request with a stream": () => [new Request(url, /** @type {RequestInit} */ ({ ...post(stream(bytes(body(model)))), duplex: "half" }))],
  "headers as a list": () => [url, post(body(model), { headers: [["Content-Type", "application/json; charset=utf-8"]] })],
  "white space and order": () => [url, post(` {\n"messages":[{"role":"user","content":"\\"model\\":\\"open\\""}],\t"model" : "${model}" } `)],
  "an escaped name": () => [url, post(body(model).replace('"model"', '"\\u006dodel"'))],
  "a model inside the user's own data": () => [url, post(body(model, { metadata: { model: "open" } }))],
});
for (const name of Object.keys(ways("open"))) {
  test(`reads ${name}`, async () => {
    const call = (/** @type {string} */ model) => ways(model)[name]?.() ?? assert.fail();
    await refused(guarded(...call("denied")), "foreign_person");
    const response = await guarded(...call("open"));
    assert.equal(response.status, 200);
    assert.equal((await response.json()).model, "open");
    assert.equal(calls(), 1);
  });
}

/** @type {Record<string, [() => Parameters<typeof fetch>, string]>} */
const REFUSED = {
  "a form": [() => [url, { method: "POST", body: new URLSearchParams({ model: "open" }) }], "request.content_type"],
  "a multipart form": [() => {
    const form = new FormData();
    form.set("model", "open");
    return [url, { method: "POST", body: form }];
  }, "request.content_type"],
  "JSON that does not say so": [() => [url, { method: "POST", body: body("open") }], "request.content_type"],
  "another encoding": [() => [url, post(body("open"), { headers: { "content-type": "application/json; charset=utf-16" } })], "request.content_type"],
  "a compressed body": [() => [url, post(gzipSync(body("open")), { headers: { ...JSON_TYPE, "content-encoding": "gzip" } })], "request.unreadable"],
  "a stream that breaks": [() => [url, /** @type {RequestInit} */ ({
    ...post(new ReadableStream({ pull: (controller) => controller.error(new Error("it broke")) })), duplex: "half",
  })], "request.unreadable"],
  "no body": [() => [url, { method: "POST", headers: JSON_TYPE }], "request.json"],
  "no JSON": [() => [url, post("model=open")], "request.json"],
  "a list": [() => [url, post(`[${body("open")}]`)], "request.json"],
  "a body that is not UTF-8": [() => [url, post(Uint8Array.of(...bytes('{"model":"open","x":"'), 0xff, ...bytes('"}')))], "request.json"],
  "a byte order mark": [() => [url, post(`\ufeff${body("open")}`)], "request.json"],
  "no model": [() => [url, post('{"messages":[]}')], "request.model_missing"],
  "a model that is a list": [() => [url, post('{"model":["open"]}')], "request.model_missing"],
  "two models": [() => [url, post('{"model":"open","messages":[],"model":"denied"}')], "request.duplicate_member"],
  "two models, one escaped": [() => [url, post('{"model":"open","mod\\u0065l":"denied"}')], "request.duplicate_member"],
  "a second model in other letters": [() => [url, post('{"model":"open","Model":"denied"}')], "request.model_ambiguous"],
  "a list of models beside": [() => [url, post(body("open", { models: ["denied"] }))], "request.model_ambiguous"],
  "a query": [() => [`${url}?model=denied`, post(body("open"))], "request.query"],
  "an unknown address": [() => [`${b.upstream.url}/v1/audio/speech`, post(body("open"))], "request.path_unknown"],
  "a deployment in the address": [() => [`${b.upstream.url}/openai/deployments/denied/chat/completions`, post(body("open"))], "request.path_unknown"],
  "a slash more": [() => [`${url}/`, post(body("open"))], "request.path_unknown"],
  "an encoded slash": [() => [url.replace("chat/", "chat%2F"), post(body("open"))], "request.path_unknown"],
  "GET of a stored answer": [() => [`${b.upstream.url}/v1/responses/resp_1`], "request.path_unknown"],
  "GET of a model address": [() => [url], "request.method"],
  "PUT": [() => [url, post(body("open"), { method: "PUT" })], "request.method"],
  "DELETE of a model": [() => [`${b.upstream.url}/v1/models/open`, { method: "DELETE" }], "request.path_unknown"],
  "POST to the list of models": [() => [`${b.upstream.url}/v1/models`, post(body("open"))], "request.path_unknown"],
  "another service": [() => ["https://api.openai.com/v1/chat/completions", post(body("open"))], "request.path_unknown"],
  "the same host without the base": [() => [`${b.upstream.url}/chat/completions`, post(body("open"))], "request.path_unknown"],
  "an encoded letter": [() => [url.replace("chat", "%63hat"), post(body("open"))], "request.path_unknown"],
  "other letters": [() => [url.replace("chat", "Chat"), post(body("open"))], "request.path_unknown"],
  "two slashes": [() => [url.replace("/chat", "//chat"), post(body("open"))], "request.path_unknown"],
  "a parameter of a path": [() => [url.replace("/v1/", "/v1;model=denied/"), post(body("open"))], "request.path_unknown"],
  "a parameter at the end": [() => [`${url};model=denied`, post(body("open"))], "request.path_unknown"],
  "an engine in the address": [() => [`${b.base}/engines/denied/completions`, post(body("open"))], "request.path_unknown"],
  "messages of a thread": [() => [`${b.base}/threads/t_1/messages`, post(body("open"))], "request.path_unknown"],
  "GET of a method of a model": [() => [`${b.base}/models/denied:streamGenerateContent`], "request.path_unknown"],
  "GET of a model below a model": [() => [`${b.base}/models/org/denied`], "request.path_unknown"],
  "GET of a model with a query": [() => [`${b.base}/models/denied?inputs=x`], "request.method"],
  "GET of another place's models": [() => [`${b.upstream.url}/ask/models/now`], "request.path_unknown"],
  "GET that a header makes a POST": [() => [`${b.base}/models/denied`, { headers: { "x-http-method-override": "POST" } }], "request.model_ambiguous"],
  "a header with a gateway's settings": [() => [url, post(body("open"), { headers: { ...JSON_TYPE, "x-portkey-config": "{}" } })], "request.model_ambiguous"],
  "a header with fallbacks": [() => [url, post(body("open"), { headers: { ...JSON_TYPE, "helicone-fallbacks": "[]" } })], "request.model_ambiguous"],
  "a header with a path": [() => [url, post(body("open"), { headers: { ...JSON_TYPE, "x-original-url": "/v1/x" } })], "request.model_ambiguous"],
  "a header that is a model's id": [() => [url, post(body("open"), { headers: { ...JSON_TYPE, "x-use": "denied" } })], "request.model_ambiguous"],
  "a header with JSON that names a model": [() => [url, post(body("open"), { headers: { ...JSON_TYPE, "x-use": '{"model":"other"}' } })], "request.model_ambiguous"],
  "a header with escaped JSON": [() => [url, post(body("open"), { headers: { ...JSON_TYPE, "x-use": "%7B%22model%22%3A%22other%22%7D" } })], "request.model_ambiguous"],
  "a member that is not known": [() => [url, post(body("open", { persona: "denied" }))], "request.member_unknown"],
  "an advisor among the tools": [() => [url, post(body("open", { tools: [{ type: "openrouter:advisor", parameters: { model: "denied" } }] }))], "request.model_ambiguous"],
};
for (const [name, [call, code]] of Object.entries(REFUSED)) {
  test(`refuses ${name}: ${code}`, () => refused(guarded(...call()), code));
}

test("a body that was read before rejects, and nothing is sent", async () => {
  const request = new Request(url, post(body("open")));
  await request.text();
  await assert.rejects(guarded(request), TypeError);
  assert.equal(calls(), 0);
});

test("what is sent is what was judged, whatever the caller changes meanwhile", async () => {
  const content = bytes(body("open", { user: "judged" }));
  const headers = new Headers({ ...JSON_TYPE, "x-note": "judged" });
  const init = post(content, { headers });
  const call = guard(fetch, {
    base: b.base, ruleset: b.ruleset,
    token: async () => {
      // While the token is fetched, the caller changes everything that it still holds.
      content.set(bytes(body("denied").padEnd(content.length)).subarray(0, content.length));
      headers.set("x-note", "turned");
      init.body = body("denied");
      init.method = "PUT";
      return foreign;
    },
  })(url, init);
  assert.equal((await (await call).json()).model, "open");
  const sent = b.upstream.requests.at(-1);
  assert.equal(sent?.body, body("open", { user: "judged" }));
  assert.equal(sent?.headers["x-note"], "judged");
  assert.equal(sent?.method, "POST");
});

test("a getter that gives another body the second time is read once", async () => {
  let reads = 0;
  const init = { method: "POST", headers: JSON_TYPE, get body() {
    reads += 1;
    return reads === 1 ? body("open") : body("denied");
  } };
  await guarded(url, init);
  assert.match(b.upstream.requests.at(-1)?.body ?? "", /"model":"open"/);
});

test("a polluted Object.prototype sends nothing else", async () => {
  Object.defineProperty(Object.prototype, "fallback", { configurable: true, writable: true, value: true });
  try {
    await refused(guard(fetch, { base: b.base, ruleset: b.ruleset, token: foreign })(url, post(body("falls"))), "foreign_person");
  } finally {
    Reflect.deleteProperty(Object.prototype, "fallback");
  }
});

test("headers, method and credentials go on; the length is counted anew", async () => {
  const guardedWithFallback = guard(fetch, { base: b.base, ruleset: b.ruleset, token: foreign, fallback: true });
  for (const call of /** @type {Parameters<typeof fetch>[]} */ ([
    [url, post(body("falls"), { headers: { ...JSON_TYPE, authorization: "Bearer a", "x-own": "1" } })],
    [new Request(url, post(body("falls"), { headers: { ...JSON_TYPE, authorization: "Bearer a", "x-own": "1" } }))],
  ])) {
    const response = await guardedWithFallback(...call);
    assert.equal((await response.json()).model, "small");
    const sent = b.upstream.requests.at(-1);
    assert.equal(sent?.headers.authorization, "Bearer a");
    assert.equal(sent?.headers["x-own"], "1");
    assert.equal(sent?.headers["content-type"], "application/json");
    assert.equal(sent?.body, body("small"), "every other byte as it was");
    assert.equal(Number(sent?.headers["content-length"]), body("small").length);
  }
});

test("options that only the host's fetch knows are handed on, and the fetch is called like fetch", async () => {
  /** @type {unknown[][]} */
  const given = [];
  const own = /** @type {typeof fetch} */ ((...args) => {
    given.push(args);
    return fetch(...args);
  });
  await guard(own, { base: b.base, ruleset: b.ruleset, token: foreign })(url, /** @type {RequestInit} */ ({ ...post(body("open")), priority: "low", dispatcher: undefined, own: 1 }));
  const [address, init] = given[0] ?? [];
  assert.equal(address, url);
  assert.equal(/** @type {Record<string, unknown>} */ (init)["own"], 1);
});

test("without `fallback` a degrade rejects; with it, whatever has no fallback that is allowed rejects still", async () => {
  await refused(guarded(url, post(body("falls"))), "foreign_person");
  /** @type {[string, string][]} */
  const decisions = [];
  const onDecision = (/** @type {import("brightline").Decision} */ { outcome, model }) => void decisions.push([outcome, model]);
  await refused(guard(fetch, { base: b.base, ruleset: b.ruleset, token: foreign, fallback: true, onDecision })(url, post(body("falls-far"))), "foreign_person");
  // The module has already checked the fallback: a fallback that is denied makes the call denied.
  assert.deepEqual(decisions, [["deny", "falls-far"]]);
  await refused(guard(fetch, { base: b.base, ruleset: b.ruleset, token: foreign, fallback: true })(url, post(body("reviewed"))), "foreign_person");
});

test("the token and the context are asked for on each call", async () => {
  const citizen = await b.token("citizen");
  const tokens = [foreign, citizen, null];
  const countries = ["DE", "IR"];
  const own = guard(fetch, { base: b.base, ruleset: b.ruleset, token: () => tokens.shift() ?? null });
  await refused(own(url, post(body("denied"))), "foreign_person");
  assert.equal((await own(url, post(body("denied")))).status, 200);
  seen = b.upstream.requests.length;
  await refused(own(url, post(body("denied"))), "evidence.missing");
  const placed = guard(fetch, { base: b.base, ruleset: b.ruleset, token: citizen, context: async () => ({ country: countries.shift() ?? "" }) });
  assert.equal((await placed(url, post(body("placed")))).status, 200);
  seen = b.upstream.requests.length;
  await refused(placed(url, post(body("placed"))), "embargo");
  const still = guard(fetch, { base: b.base, ruleset: b.ruleset, token: citizen, context: { country: "IR" } });
  await refused(still(url, post(body("placed"))), "embargo");
});

test("a token, a context, an action or a listener that fails rejects the call, and nothing is sent", async () => {
  const failure = new Error("signed out");
  const fail = () => {
    throw failure;
  };
  const is = (/** @type {unknown} */ error) => error === failure;
  const base = { ruleset: b.ruleset, token: foreign, base: b.base };
  await assert.rejects(guard(fetch, { ...base, token: fail })(url, post(body("open"))), is);
  await assert.rejects(guard(fetch, { ...base, token: async () => fail() })(url, post(body("open"))), is);
  await assert.rejects(guard(fetch, { ...base, context: fail })(url, post(body("open"))), is);
  await assert.rejects(guard(fetch, { ...base, action: fail })(url, post(body("open"))), is);
  await assert.rejects(guard(fetch, { ...base, onDecision: fail })(url, post(body("open"))), is);
  await assert.rejects(guard(fetch, { ...base, token: () => /** @type {any} */ (undefined) })(url, post(body("open"))), /the token` must be a string, not undefined/);
  await assert.rejects(guard(fetch, { ...base, token: () => /** @type {any} */ ({}) })(url, post(body("open"))), TypeError);
  await assert.rejects(guard(fetch, { ...base, context: () => /** @type {any} */ ({ contry: "DE" }) })(url, post(body("open"))), /did you mean `country`/);
  assert.equal(calls(), 0);
});

test("a token that does not verify refuses", () =>
  refused(guard(fetch, { base: b.base, ruleset: b.ruleset, token: "e30.e30.e30" })(url, post(body("open"))), "token.algorithm"));

test("without a base only the two APIs themselves are known", async () => {
  /** @type {string[]} */
  const sent = [];
  const own = guard(async (input) => {
    sent.push(String(input));
    return new Response("{}");
  }, { ruleset: b.ruleset, token: foreign });
  for (const base of ["https://api.openai.com/v1", "https://api.anthropic.com/v1"]) {
    await own(`${base}/messages`, post(body("open")));
    await own(`${base}/models`);
    await refused(own(`${base}/messages`, post(body("denied"))), "foreign_person");
  }
  for (const url of [`${b.base}/messages`, "https://api.openai.com.example/v1/messages", "http://api.openai.com/v1/messages", "https://api.openai.com:444/v1/messages"]) {
    await refused(own(url, post(body("open"))), "request.path_unknown");
  }
  assert.equal(sent.length, 4);
});

test("several bases, and headers and members that the app names", async () => {
  const own = guard(fetch, { ruleset: b.ruleset, token: foreign, base: ["https://other.example/x", `${b.base}/`], headers: ["Helicone-Auth"], members: ["guided_json"] });
  const init = post(body("open", { guided_json: { type: "object" } }), { headers: { ...JSON_TYPE, "helicone-auth": "Bearer x" } });
  assert.equal((await own(url, init)).status, 200);
  for (const base of ["", "api.openai.com", "https://a.example/v1?x", "https://u@a.example/", "ftp://a.example", "https://a.example/%76", "https://a.example//v1", "https://a.example/v1;x"]) {
    assert.throws(() => guard(fetch, { ruleset: b.ruleset, token: foreign, base }), /`base` must be the address/, base);
  }
  for (const base of ["https://x.example/openai/deployments/big", "https://x.example/v1/engines/big"]) {
    assert.throws(() => guard(fetch, { ruleset: b.ruleset, token: foreign, base }), /must not name a deployment/, base);
  }
});

test("`action` names what is done at other addresses, and otherwise at known ones", async () => {
  /** @type {unknown[]} */
  const given = [];
  const own = guard(fetch, {
    base: b.base, ruleset: b.ruleset, token: foreign,
    action: (address, content) => {
      given.push(address.pathname, content["model"]);
      // It is given copies: what it does to them changes nothing.
      address.pathname = "/v1/elsewhere";
      Reflect.set(content, "model", "open");
      if (given[0] === "/v1/audio/speech") return null;
      return given[0] === "/v1/embeddings" ? "chat" : "embed";
    },
  });
  await refused(own(`${b.upstream.url}/v1/run`, post(body("denied"))), "foreign_person");
  assert.deepEqual(given.splice(0), ["/v1/run", "denied"]);
  await refused(own(`${b.upstream.url}/v1/audio/speech`, post(body("open"))), "request.path_unknown");
  given.splice(0);
  // Nor does the app answer for an address that names a model itself.
  for (const path of ["deployments/denied/chat/completions", "engines/x/completions", "denied/run", "run%2f", "run;model=x", "run//"]) {
    await refused(own(`${b.base}/${path}`, post(body("open"))), "request.path_unknown");
  }
  assert.deepEqual(given, []);
  assert.equal((await own(url, post(body("open")))).status, 200);
  assert.equal(b.upstream.requests.at(-1)?.path, "/v1/chat/completions");
  seen = b.upstream.requests.length;
  const unknown = guard(fetch, { base: b.base, ruleset: b.ruleset, token: foreign, action: () => "no-such-action" });
  await assert.rejects(unknown(url, post(body("open"))), { name: "AccessError" });
  assert.equal(calls(), 0);
});

test("an abort before the call, while it is judged and while it streams", async () => {
  const reason = new Error("given up");
  const is = (/** @type {unknown} */ error) => error === reason;
  await assert.rejects(guarded(url, post(body("open"), { signal: AbortSignal.abort(reason) })), is);
  const judging = new AbortController();
  const slow = guard(fetch, { base: b.base, ruleset: b.ruleset, token: async () => {
    judging.abort(reason);
    return foreign;
  } });
  await assert.rejects(slow(url, post(body("open"), { signal: judging.signal })), is);
  assert.equal(calls(), 0);
  const streaming = new AbortController();
  const response = await guarded(url, post(body("open", { stream: true }), { signal: streaming.signal }));
  const reader = response.body?.getReader();
  await reader?.read();
  streaming.abort(reason);
  await assert.rejects(async () => {
    for (;;) if ((await reader?.read())?.done !== false) return;
  }, is);
});

test("the response is the upstream's own, untouched", async () => {
  /** @type {Response | undefined} */
  let original;
  const own = /** @type {typeof fetch} */ (async (...args) => (original = await fetch(...args)));
  const response = await guard(own, { base: b.base, ruleset: b.ruleset, token: foreign })(url, post(body("open", { stream: true })));
  assert.equal(response, original);
  assert.match(await response.text(), /data: \[DONE\]\n\n$/);
});

test("after the ruleset is freed every call rejects", async () => {
  const { openRuleset } = await import("brightline");
  assert.equal(typeof openRuleset, "function");
  const other = await bench();
  const own = guard(fetch, { base: b.base, ruleset: other.ruleset, token: null });
  other.ruleset.free();
  await assert.rejects(own(url, post(body("open"))), /has been freed/);
  assert.equal(calls(), 0);
  await other.close();
});
