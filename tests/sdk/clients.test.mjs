/** The real clients with a guarded fetch, streams included, against the test upstream. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { AccessError, guard } from "brightline";
import OpenAI from "openai";
import { bench, sentence } from "./support.mjs";

/** @type {Awaited<ReturnType<typeof bench>>} */
let b;
before(async () => {
  b = await bench();
});
after(() => b?.close());

/** @param {string | null} status @param {Partial<import("brightline").GuardOptions>} [options] */
async function openai(status, options) {
  const token = status === null ? null : await b.token(status);
  return new OpenAI({
    apiKey: "unused", baseURL: `${b.upstream.url}/v1`, maxRetries: 0,
    fetch: guard(fetch, { ruleset: b.ruleset, token, base: b.base, ...options }),
  });
}

/** @param {string | null} status @param {Partial<import("brightline").GuardOptions>} [options] */
async function anthropic(status, options) {
  const token = status === null ? null : await b.token(status);
  return new Anthropic({
    apiKey: "unused", baseURL: b.upstream.url, maxRetries: 0,
    fetch: guard(fetch, { ruleset: b.ruleset, token, base: b.base, ...options }),
  });
}

/** @type {import("openai").OpenAI.ChatCompletionMessageParam[]} */
const messages = [{ role: "user", content: "hello" }];

test("openai: chat completions, whole and streamed", async () => {
  const client = await openai("citizen");
  const whole = await client.chat.completions.create({ model: "falls", messages });
  assert.equal(whole.choices[0]?.message.content, sentence("falls"));
  let text = "";
  let chunks = 0;
  for await (const chunk of await client.chat.completions.create({ model: "falls", messages, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? "";
    chunks += 1;
  }
  assert.equal(text, sentence("falls"));
  assert.ok(chunks > 5);
});

test("openai: responses, whole and streamed", async () => {
  const client = await openai("citizen");
  const whole = await client.responses.create({ model: "falls", input: "hello" });
  assert.equal(whole.output_text, sentence("falls"));
  let text = "";
  for await (const event of await client.responses.create({ model: "falls", input: "hello", stream: true })) {
    if (event.type === "response.output_text.delta") text += event.delta;
  }
  assert.equal(text, sentence("falls"));
});

test("openai: embeddings are the action `embed`", async () => {
  /** @type {string[]} */
  const actions = [];
  const client = await openai("citizen", { onDecision: ({ action }) => void actions.push(action) });
  const { data } = await client.embeddings.create({ model: "open", input: "hello", encoding_format: "float" });
  assert.equal(data.length, 1);
  assert.deepEqual(actions, ["embed"]);
});

test("openai: a refused call does not leave, and its decision is the error's cause", async () => {
  const client = await openai("none");
  const before = b.upstream.requests.length;
  for (const stream of [false, true]) {
    await assert.rejects(client.chat.completions.create({ model: "denied", messages, stream }), (error) => {
      assert.ok(error instanceof OpenAI.APIConnectionError);
      assert.ok(error.cause instanceof AccessError);
      assert.equal(error.cause.code, "foreign_person");
      assert.equal(error.cause.decision.rule, "denied");
      assert.equal(error.cause.decision.basis?.citation, "Test, section 3");
      assert.ok(error.cause.decision.alternatives.some(({ model }) => model === "open"));
      return true;
    });
  }
  await assert.rejects(client.images.generate({ model: "open", prompt: "a door" }), (error) => {
    assert.ok(error instanceof Error && error.cause instanceof AccessError);
    assert.equal(error.cause.decision.decided_by, "request");
    return true;
  });
  // Every other way to reach a model is refused as well.
  await assert.rejects(client.moderations.create({ model: "open", input: "hello" }), hasCode("request.path_unknown"));
  await assert.rejects(client.batches.create({ input_file_id: "f", endpoint: "/v1/responses", completion_window: "24h" }), hasCode("request.path_unknown"));
  await assert.rejects(client.responses.create({ prompt: { id: "stored" }, input: "hello" }), hasCode("request.model_ambiguous"));
  await assert.rejects(client.responses.create({ model: "open", input: "hello", tools: [{ type: "image_generation" }] }), hasCode("request.model_ambiguous"));
  assert.equal(b.upstream.requests.length, before);
});

/** @param {string} code @returns {(error: unknown) => boolean} */
const hasCode = (code) => (error) => error instanceof Error && error.cause instanceof AccessError && error.cause.code === code;

test("openai: with `fallback` the decision's fallback answers, whole and streamed", async () => {
  /** @type {[string, string][]} */
  const seen = [];
  const client = await openai("none", { fallback: true, onDecision: ({ outcome, model }) => void seen.push([outcome, model]) });
  const whole = await client.chat.completions.create({ model: "falls", messages });
  assert.equal(whole.choices[0]?.message.content, sentence("small"));
  let text = "";
  for await (const chunk of await client.chat.completions.create({ model: "falls", messages, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  assert.equal(text, sentence("small"));
  assert.deepEqual(seen.slice(0, 2), [["degrade", "falls"], ["allow", "small"]]);
});

test("openai: the list of models passes unchecked", async () => {
  const client = await openai(null, { onDecision: () => assert.fail("it was checked") });
  await assert.rejects(client.models.list(), (error) => error instanceof OpenAI.APIError && error.status === 404);
  assert.equal(b.upstream.requests.at(-1)?.path, "/v1/models");
});

test("openai: a client that retries asks anew each time, and nothing is sent", async () => {
  let asked = 0;
  const client = new OpenAI({
    apiKey: "unused", baseURL: `${b.upstream.url}/v1`, maxRetries: 1,
    fetch: guard(fetch, { ruleset: b.ruleset, token: await b.token("none"), base: b.base, onDecision: () => void (asked += 1) }),
  });
  const before = b.upstream.requests.length;
  await assert.rejects(client.chat.completions.create({ model: "denied", messages }), hasCode("foreign_person"));
  assert.equal(asked, 2);
  assert.equal(b.upstream.requests.length, before);
});

test("openai: an abort ends a stream that has begun", async () => {
  const client = await openai("citizen");
  const stream = await client.chat.completions.create({ model: "open", messages, stream: true });
  for await (const chunk of stream) {
    assert.ok(chunk);
    stream.controller.abort();
  }
  assert.ok(stream.controller.signal.aborted);
});

test("anthropic: messages, whole and streamed", async () => {
  const client = await anthropic("citizen");
  const body = /** @type {const} */ ({ model: "falls", max_tokens: 64, messages: [{ role: "user", content: "hello" }] });
  const whole = await client.messages.create({ ...body, messages: [...body.messages] });
  assert.deepEqual(whole.content.map((block) => (block.type === "text" ? block.text : "")), [sentence("falls")]);
  const stream = client.messages.stream({ ...body, messages: [...body.messages] });
  assert.equal(await stream.finalText(), sentence("falls"));
  let text = "";
  for await (const event of await client.messages.create({ ...body, messages: [...body.messages], stream: true })) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") text += event.delta.text;
  }
  assert.equal(text, sentence("falls"));
  // The beta address has a query.
  const beta = await client.beta.messages.create({ ...body, messages: [...body.messages] });
  assert.equal(beta.model, "falls");
});

test("anthropic: refused, and served by the fallback or the interim model", async () => {
  const body = { model: "falls", max_tokens: 64, messages: [{ role: /** @type {const} */ ("user"), content: "hello" }] };
  const before = b.upstream.requests.length;
  await assert.rejects((await anthropic("none")).messages.create(body), (error) => {
    assert.ok(error instanceof Anthropic.APIConnectionError && error.cause instanceof AccessError);
    assert.equal(error.cause.decision.outcome, "degrade");
    assert.deepEqual(error.cause.decision.fallback, { model: "small", action: "chat" });
    return true;
  });
  await assert.rejects((await anthropic("none")).messages.countTokens({ ...body, model: "denied" }), hasCode("foreign_person"));
  assert.equal(b.upstream.requests.length, before);

  const degraded = await (await anthropic("none", { fallback: true })).messages.create(body);
  assert.equal(degraded.model, "small");
  // No user has signed in: evidence is missing, and an interim model is available.
  /** @type {string[]} */
  const outcomes = [];
  const anonymous = await anthropic(null, { fallback: true, onDecision: ({ outcome }) => void outcomes.push(outcome) });
  assert.equal((await anonymous.messages.create(body)).model, "small");
  assert.deepEqual(outcomes, ["step_up", "allow"]);
});
