/** A ruleset that does not open refuses every call; impossible options stop the start; the log names no person. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createEdge } from "brightline/edge";
import { bench, person, problemOf, until, upstreamAt } from "./support.mjs";

describe("a ruleset that does not open", () => {
  /** @type {import("./support.mjs").Bench} */ let b;
  before(async () => (b = await bench()));
  after(() => b.close());

  it("refuses every call with 503 and says so in the log", async () => {
    const { bundle, trustRoot } = b.signed;
    const token = await b.token();
    const tampered = bundle.replace(/"payload":\s*"(.{40})(.)/, (_all, head, char) => `"payload":"${head}${char === "A" ? "B" : "A"}`);
    assert.notEqual(tampered, bundle);
    /** @type {[string, Parameters<typeof b.edge>][]} */
    const cases = [
      ["a changed payload", [{}, { bundle: tampered }]],
      ["no bundle at all", [{}, { bundle: "" }]],
      ["another environment", [{}, { trustRoot: trustRoot.replace(/"audience":\s*"demo"/, '"audience":"prod"') }]],
      ["an older version than seen before", [{ minimumVersion: 4 }]],
    ];
    for (const [name, [settings, signed]] of cases) {
      const edge = await b.edge({ anonymous: "check", ...settings }, signed);
      for (const path of ["/v1/chat/completions", "/v1/models", "/elsewhere"]) {
        const response = await edge.chat("open", token, { path });
        assert.equal(response.status, 503, name);
        assert.match((await problemOf(response)).reason, /^(bundle|trust_root)\./, name);
      }
      await until(() => edge.log.length === 3);
      const line = JSON.parse(edge.log[0] ?? "");
      assert.match(line.detail, /^(the|a|this|\d) .{20,}/);
      assert.deepEqual([line.status, line.outcome, line.ruleset], [503, null, null]);
      assert.match(line.reason, /^(bundle|trust_root)\./);
    }
    assert.equal(b.upstream.requests.length, 0);
  });
});

describe("the log", () => {
  /** @type {import("./support.mjs").Bench} */ let b;
  before(async () => (b = await bench()));
  after(() => b.close());

  it("has one line per call and nothing that identifies a person", async () => {
    const edge = await b.edge({ country: { header: "x-front-country" } });
    const sub = "jane.doe@example.com";
    const headers = { "x-front-country": "FR", "user-agent": sub, cookie: sub };
    const token = await b.token(person("none", { employer: sub }), { sub, email: sub });
    await edge.chat("open", token, { headers, body: { user: sub } });
    await edge.chat("falls", token, { headers });
    await edge.chat(sub, token, { headers });
    await edge.chat("open", `${token.slice(0, -4)}AAAA`, { headers });
    await edge.chat("open", null, { headers, path: `/v1/${sub}` });
    await until(() => edge.log.length >= 5);
    assert.equal(edge.log.length, 5);
    const all = edge.log.join("\n");
    const parts = token.split(".");
    for (const secret of [sub, "FR", "none\"", "us_status", ...parts]) assert.ok(!all.includes(secret), secret);
    /** @type {import("brightline/edge").LogLine[]} */
    const lines = edge.log.map((line) => JSON.parse(line));
    for (const line of lines) {
      assert.deepEqual(Object.keys(line), [
        "at", "outcome", "reason", "rule", "ruleset", "version", "model", "action", "served", "status",
      ]);
    }
    assert.deepEqual(
      lines.map(({ status, reason, model, served }) => [status, reason, model, served]),
      [
        [200, "default", "open", "open"],
        [451, "foreign_person", "falls", null],
        [404, "request.model_unknown", null, null],
        // Nothing of its body was read.
        [401, "token.signature", null, null],
        [404, "request.path_unknown", null, null],
      ],
    );
  });
});

describe("the options", () => {
  const good = {
    bundle: "",
    trustRoot: { ruleset: "a", audience: "b", threshold: 1, keys: [] },
    upstream: upstreamAt("http://127.0.0.1:1"),
  };

  it("are refused where they cannot be meant", () => {
    /** @type {object[]} */
    const cases = [
      { origins: ["*"] },
      { origins: ["null"] },
      { origins: ["https://chat.example/"] },
      { degrade: "sometimes" },
      { anonymous: true },
      { country: "client" },
      { maxBodyBytes: 0 },
      { anonymousBodyBytes: 1.5 },
      { members: "guided_json" },
      { dpopNonce: "n" },
      { upstream: { ...good.upstream, url: "ftp://127.0.0.1" } },
      { upstream: { ...good.upstream, credential: { header: "a b", value: "" } } },
      { minimumVersoin: 3 },
    ];
    for (const change of cases) {
      const options = /** @type {typeof good} */ ({ ...good, ...change });
      assert.throws(() => createEdge(options), TypeError, JSON.stringify(change));
    }
    createEdge({ ...good, origins: ["https://chat.example"] });
  });

  it("let a log that throws not harm the answer", async () => {
    const edge = createEdge({
      ...good,
      log: () => {
        throw new Error("full");
      },
    });
    const response = await edge.fetch(new Request("https://gate.example/v1/models"));
    assert.equal(response.status, 503);
  });
});
