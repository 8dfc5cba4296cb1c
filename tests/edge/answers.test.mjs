/** Each outcome as its status, its headers and its problem. */

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bench, person, problemOf } from "./support.mjs";

describe("what the edge answers", () => {
  /** @type {import("./support.mjs").Bench} */ let b;
  /** @type {import("./support.mjs").Edge} */ let edge;
  before(async () => {
    b = await bench();
    edge = await b.edge();
  });
  after(() => b.close());

  it("serves what is allowed", async () => {
    const response = await edge.chat("falls", await b.token());
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("brightline-outcome"), "allow");
    assert.equal(response.headers.get("brightline-served-model"), null);
    assert.equal(response.headers.get("brightline-obligations"), null);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("vary"), "Origin");
    assert.equal((await response.json()).model, "falls");
  });

  it("names the obligations of what it serves", async () => {
    const response = await edge.chat("watched", await b.token(person("nonimmigrant", { employer: "example-lab" })));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("brightline-obligations"), "log, no_redistribution");
  });

  it("401 without an error where no token was sent (RFC 6750 section 3.1)", async () => {
    /** @type {Record<string, string>[]} */
    const all = [{}, { authorization: "Basic YTpi" }];
    for (const headers of all) {
      const response = await edge.chat("open", null, { headers });
      assert.equal(response.status, 401);
      assert.equal(response.headers.get("www-authenticate"), 'Bearer realm="brightline"');
      assert.equal((await problemOf(response)).reason, "token.absent");
    }
  });

  it("401 invalid_token for a token that does not verify", async () => {
    const good = await b.token();
    const hourAgo = Math.floor(Date.now() / 1000) - 3600;
    const bad = {
      "token.malformed": "abc",
      "token.signature": good.slice(0, -4) + (good.endsWith("AAAA") ? "BBBB" : "AAAA"),
      "token.expired": await b.token(person("citizen"), { iat: hourAgo, exp: hourAgo + 60 }),
      "token.audience": await b.token(person("citizen"), { aud: "https://elsewhere.example" }),
      "token.issuer": await b.token(person("citizen"), { iss: "https://elsewhere.example" }),
    };
    for (const [reason, token] of Object.entries(bad)) {
      const response = await edge.chat("open", token);
      assert.equal(response.status, 401, reason);
      const challenge = response.headers.get("www-authenticate") ?? "";
      assert.match(challenge, /^Bearer realm="brightline", error="invalid_token", error_description="[^"\\]+"$/);
      const problem = await problemOf(response);
      assert.equal(problem.decision?.decided_by, "token");
      assert.match(problem.reason, /^token\./);
      assert.equal(problem.type, `urn:brightline:problem:${problem.reason}`);
      assert.equal(problem.status, 401);
    }
    assert.equal(b.upstream.requests.some(({ headers }) => headers.authorization?.includes("abc")), false);
  });

  it("400 invalid_request for two tokens", async () => {
    const response = await edge.chat("open", null, { headers: { authorization: "Bearer a, Bearer b" } });
    assert.equal(response.status, 400);
    assert.equal(response.headers.get("www-authenticate"), 'Bearer realm="brightline", error="invalid_request"');
  });

  it("403 naming what is needed for step_up (RFC 9470)", async () => {
    const response = await edge.chat("falls", await b.token(person("citizen", { daysAgo: 800 })));
    assert.equal(response.status, 403);
    assert.match(
      response.headers.get("www-authenticate") ?? "",
      /^Bearer realm="brightline", error="insufficient_user_authentication", error_description="[^"]+", acr_values="substantial", max_age="31536000"$/,
    );
    const problem = await problemOf(response);
    assert.equal(problem.reason, "evidence.stale");
    assert.equal(problem.needs?.[0]?.evidence[0]?.attribute, "subject.us_person");
    assert.deepEqual(problem.interim, { model: "small", action: "chat" });
    assert.equal(problem.decision?.outcome, "step_up");
  });

  it("403 with the reason for review", async () => {
    const response = await edge.chat("reviewed", await b.token(person("none")));
    assert.equal(response.status, 403);
    assert.equal(response.headers.get("www-authenticate"), null);
    const problem = await problemOf(response);
    assert.equal(problem.decision?.outcome, "review");
    assert.equal(problem.detail, "Somebody must decide.");
  });

  it("451 with who says so for deny (RFC 7725)", async () => {
    const response = await edge.chat("denied", await b.token(person("none")));
    assert.equal(response.status, 451);
    assert.equal(response.headers.get("link"), '<https://law.example/section-3>; rel="blocked-by"');
    const problem = await problemOf(response);
    assert.equal(problem.rule, "denied");
    assert.deepEqual(problem.basis, { citation: "Test, section 3", url: "https://law.example/section-3", as_of: null });
    assert.equal(problem.detail, "Not for you.");
    assert.ok(problem.valid_until);
  });

  it("451 with the fallback named for degrade", async () => {
    const response = await edge.chat("falls", await b.token(person("none")));
    assert.equal(response.status, 451);
    assert.equal(response.headers.get("link"), '<https://law.example/section-1?a=b>; rel="blocked-by"');
    const problem = await problemOf(response);
    assert.equal(problem.decision?.outcome, "degrade");
    assert.deepEqual(problem.fallback, { model: "small", action: "chat" });
    assert.deepEqual(problem.alternatives?.map(({ model }) => model), ["open", "small"]);
  });

  it("404 for a model that is not in the catalogue, with those that are", async () => {
    const response = await edge.chat("nothing", await b.token());
    assert.equal(response.status, 404);
    const problem = await problemOf(response);
    assert.equal(problem.reason, "request.model_unknown");
    assert.ok(problem.alternatives?.some(({ model }) => model === "open"));
  });

  it("400 for an action that the ruleset does not know", async () => {
    const response = await edge.chat("open", await b.token(), { path: "/v1/fine_tuning/jobs" });
    assert.equal(response.status, 400);
    assert.equal((await problemOf(response)).reason, "request.action_unknown");
  });

  it("lists the models that this person may use now", async () => {
    const list = async (/** @type {object} */ claims) => {
      const headers = { authorization: `Bearer ${await b.token(claims)}` };
      const response = await fetch(`${edge.url}/v1/models`, { headers });
      assert.equal(response.status, 200);
      /** @type {{ data: { id: string }[] }} */
      const { data } = await response.json();
      return data.map(({ id }) => id);
    };
    assert.deepEqual(await list(person("citizen")), ["open", "small", "falls", "falls-far", "denied", "reviewed", "watched"]);
    assert.deepEqual(await list(person("none")), ["open", "small"]);
    assert.equal((await fetch(`${edge.url}/v1/models`)).status, 401);
    assert.equal((await fetch(`${edge.url}/v1/models`, { headers: { authorization: "Bearer abc" } })).status, 401);
  });
});

describe("an edge that serves the fallback", () => {
  /** @type {import("./support.mjs").Bench} */ let b;
  /** @type {import("./support.mjs").Edge} */ let edge;
  before(async () => {
    b = await bench();
    edge = await b.edge({ degrade: "serve" });
  });
  after(() => b.close());

  it("lets it answer, marks the answer, and changes nothing else of the body", async () => {
    const body = '{ "temperature" : 1e0, "model":\n"falls" ,"seed":12345678901234567890, "messages":[{"model":"falls"}]}';
    const headers = { authorization: `Bearer ${await b.token(person("none"))}`, "content-type": "application/json" };
    const response = await fetch(`${edge.url}/v1/chat/completions`, { method: "POST", headers, body });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("brightline-outcome"), "degrade");
    assert.equal(response.headers.get("brightline-served-model"), "small");
    assert.equal(response.headers.get("brightline-reason"), "foreign_person");
    assert.equal((await response.json()).model, "small");
    assert.equal(b.upstream.requests.at(-1)?.body, body.replace('"falls" ,', '"small" ,'));
  });

  it("does not serve a fallback that is denied itself", async () => {
    const before = b.upstream.requests.length;
    const response = await edge.chat("falls-far", await b.token(person("none")));
    assert.equal(response.status, 451);
    assert.equal(b.upstream.requests.length, before);
  });

  it("serves no interim model for step_up", async () => {
    assert.equal((await edge.chat("falls", await b.token(person("citizen", { daysAgo: 800 })))).status, 403);
  });
});

describe("an edge that lets the ruleset judge those who have not signed in", () => {
  /** @type {import("./support.mjs").Bench} */ let b;
  before(async () => (b = await bench()));
  after(() => b.close());

  it("serves what needs no evidence and asks for a token for what does", async () => {
    const edge = await b.edge({ anonymous: "check" });
    assert.equal((await edge.chat("open")).status, 200);
    const response = await edge.chat("falls");
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("www-authenticate"), 'Bearer realm="brightline"');
    assert.equal((await problemOf(response)).decision?.outcome, "step_up");
  });
});
