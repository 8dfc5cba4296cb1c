/** Each request has exactly one reading or is refused. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { MODEL_PATHS, readModelRequest, replaceModel } from "../../pkg/model-request.js";

const encode = (/** @type {string} */ text) => new TextEncoder().encode(text);
const read = (/** @type {string | Uint8Array} */ body, type = "application/json", path = "/v1/messages", method = "POST") =>
  readModelRequest(`https://gate.example${path}`, method, typeof body === "string" ? encode(body) : body, type);

it("reads the model and the action of each path", () => {
  for (const [path, action] of Object.entries(MODEL_PATHS)) {
    const asked = read('{"model":"a"}', "application/json", path);
    assert.ok(asked.ok);
    assert.deepEqual([asked.model, asked.action, asked.path], ["a", action, path]);
  }
});

it("replaces the model and nothing else", () => {
  for (const [before, after] of [
    ['{"model":"a"}', '{"model":"NEW"}'],
    ['{"metadata":{"model":"a"},"model"  :\n "a\\"}," ,"system":["model"]}', '{"metadata":{"model":"a"},"model"  :\n "NEW" ,"system":["model"]}'],
    ['{"n":1e400,"metadata":{"__proto__":{"model":"b"}},"model":"a","messages":[],"thinking":{}}', '{"n":1e400,"metadata":{"__proto__":{"model":"b"}},"model":"NEW","messages":[],"thinking":{}}'],
    ['{"system":"{\\"model\\":1,}","mod\\u0065l":"a"}', '{"system":"{\\"model\\":1,}","mod\\u0065l":"NEW"}'],
  ]) {
    const asked = read(before ?? "");
    assert.ok(asked.ok, before);
    assert.equal(new TextDecoder().decode(replaceModel(asked, "NEW")), after);
  }
});

it("refuses what two readers could read in two ways", () => {
  /** @type {[string, string | Uint8Array][]} */
  const cases = [
    ["request.duplicate_member", '{"model":"a","model":"b"}'],
    ["request.duplicate_member", '{"model":"a","mod\\u0065l":"b"}'],
    ["request.duplicate_member", '{"model":"a","stream":true,"stream":false}'],
    ["request.model_ambiguous", '{"model":"a","Model":"b"}'],
    ["request.model_ambiguous", '{"MODEL":"b"}'],
    ["request.model_ambiguous", '{"model":"a","models":["b"]}'],
    ["request.model_ambiguous", '{"model":"a","fallbacks":[{"model":"b"}]}'],
    ["request.model_missing", "{}"],
    ["request.model_missing", '{"model":null}'],
    ["request.model_missing", '{"model":["a"]}'],
    ["request.model_missing", '{"model":""}'],
    ["request.model_missing", '{"model":"\\ud800"}'],
    ["request.member_unknown", '{"__proto__":{"model":"a"}}'],
    ["request.json", ""],
    ["request.json", "[]"],
    ["request.json", "null"],
    ["request.json", '{"model":"a"}{"model":"b"}'],
    ["request.json", '{"model":"a",}'],
    ["request.json", '{"model":"a"/**/}'],
    ["request.json", '\ufeff{"model":"a"}'],
    ["request.json", Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["request.json", Uint8Array.from([0, 0x7b, 0, 0x7d])],
  ];
  for (const [code, body] of cases) {
    const asked = read(body);
    assert.equal(asked.ok ? "read" : asked.code, code, String(body));
  }
});

it("refuses other addresses, methods, queries and types", () => {
  /** @type {[string, string, string, string][]} */
  const cases = [
    ["request.path_unknown", "application/json", "/constructor", "POST"],
    ["request.path_unknown", "application/json", "/v1/messages/", "POST"],
    ["request.path_unknown", "application/json", "/v1//messages", "POST"],
    ["request.path_unknown", "application/json", "/v1%2fmessages", "POST"],
    ["request.path_unknown", "application/json", "/V1/messages", "POST"],
    ["request.method", "application/json", "/v1/messages", "GET"],
    ["request.query", "application/json", "/v1/messages?model=b", "POST"],
    ["request.query", "application/json", "/v1/messages?beta=true&model=b", "POST"],
    ["request.content_type", "text/plain", "/v1/messages", "POST"],
    ["request.content_type", "application/json; charset=utf-16", "/v1/messages", "POST"],
    ["request.content_type", "application/json, text/plain", "/v1/messages", "POST"],
    ["request.content_type", "multipart/form-data; boundary=application/json", "/v1/messages", "POST"],
  ];
  for (const [code, type, path, method] of cases) {
    const asked = read('{"model":"a"}', type, path, method);
    assert.equal(asked.ok ? "read" : asked.code, code, `${method} ${path} ${type}`);
  }
  assert.ok(read('{"model":"a"}', "Application/JSON; Charset=UTF-8").ok);
  assert.ok(read('{"model":"a"}', "application/json", "/v1/messages?beta=true").ok);
});

/** @type {[string, string, string, string][]} name, path, body, code */
const SECOND = [
  ["a folded letter", "/v1/chat/completions", '{"model":"a","model\u017f":["b"]}', "request.model_ambiguous"],
  ["a folded letter of a list", "/v1/chat/completions", '{"model":"a","fallback\u017f":["b"]}', "request.model_ambiguous"],
  ["wide letters", "/v1/chat/completions", '{"model":"a","\uff4d\uff4f\uff44\uff45\uff4c":"b"}', "request.model_ambiguous"],
  ["the Kelvin sign", "/v1/chat/completions", '{"model":"a","fallbac\u212a":"b"}', "request.model_ambiguous"],
  ["a dotless letter", "/v1/chat/completions", '{"model":"a","prov\u0131der":"b"}', "request.model_ambiguous"],
  ["NUL in the name", "/v1/chat/completions", '{"model":"a","model\\u0000":"b"}', "request.model_ambiguous"],
  ["a letter without width", "/v1/chat/completions", '{"model":"a","mo\u200bdel":"b"}', "request.model_ambiguous"],
  ["a space in the name", "/v1/chat/completions", '{"model":"a","model ":"b"}', "request.model_ambiguous"],
  ...["model_id", "modelId", "model_name", "engine", "deployment", "deployment_id", "router", "route", "provider", "api_base", "base_url", "user_config", "extra_body", "context_window_fallbacks", "override_params", "upstream"].map(
    (name) => /** @type {[string, string, string, string]} */ ([name, "/v1/chat/completions", `{"model":"a","${name}":"b"}`, "request.model_ambiguous"]),
  ),
  ["a yes for fallbacks", "/v1/chat/completions", '{"model":"a","use_fallbacks":true}', "request.model_ambiguous"],
  ["a preset nobody knows", "/v1/chat/completions", '{"model":"a","persona":"big"}', "request.member_unknown"],
  ["plugins", "/v1/chat/completions", '{"model":"a","plugins":[{"id":"x"}]}', "request.member_unknown"],
  ["__proto__", "/v1/chat/completions", '{"model":"a","__proto__":{"model":"b"}}', "request.member_unknown"],
  ["a setting that is an object", "/v1/chat/completions", '{"model":"a","temperature":{"model":"b"}}', "request.member_unknown"],
  ["a known name in other letters", "/v1/chat/completions", '{"model":"a","Tools":[{"type":"x"}]}', "request.member_unknown"],
  ["a member of another API", "/v1/embeddings", '{"model":"a","tools":[]}', "request.member_unknown"],
  ["a stored prompt", "/v1/responses", '{"model":"a","prompt":{"id":"p"}}', "request.model_ambiguous"],
  ["a model of a setting", "/v1/responses", '{"model":"a","reasoning":{"summary":{"model":"b"}}}', "request.model_ambiguous"],
  ["a model of a choice", "/v1/chat/completions", '{"model":"a","tool_choice":{"model":"b"}}', "request.model_ambiguous"],
  ["a model's id in a setting", "/v1/chat/completions", '{"model":"a","stream_options":{"by":["b"]}}', "request.model_ambiguous"],
  ["an accent", "/v1/chat/completions", '{"model":"a","model\u0301":"b"}', "request.model_ambiguous"],
  ["a model of a format", "/v1/chat/completions", '{"model":"a","response_format":{"type":"json_schema","model":"b"}}', "request.model_ambiguous"],
  ["a model of a grader", "/v1/fine_tuning/jobs", '{"model":"a","method":{"reinforcement":{"grader":{"model":"b"}}}}', "request.model_ambiguous"],
  ["an advisor", "/v1/messages", '{"model":"a","tools":[{"type":"advisor_20260301","name":"advisor","model":"b"}]}', "request.model_ambiguous"],
  ["an advisor without a model", "/v1/messages", '{"model":"a","tools":[{"type":"advisor_20260301","name":"advisor"}]}', "request.model_ambiguous"],
  ["a router's advisor", "/v1/chat/completions", '{"model":"a","tools":[{"type":"openrouter:advisor","parameters":{"model":"b"}}]}', "request.model_ambiguous"],
  ["the same, typed last", "/v1/chat/completions", '{"model":"a","tools":[{"parameters":{"model":"b"},"type":"openrouter:advisor"}]}', "request.model_ambiguous"],
  ["the same, typed twice", "/v1/chat/completions", '{"model":"a","tools":[{"type":"function","parameters":{"model":"b"},"type":"openrouter:advisor"}]}', "request.model_ambiguous"],
  ["the same, typed in other letters", "/v1/chat/completions", '{"model":"a","tools":[{"type":"function","parameters":{"model":"b"},"Type":"openrouter:advisor"}]}', "request.model_ambiguous"],
  ["a type that is a list", "/v1/chat/completions", '{"model":"a","tools":[{"type":["function"],"parameters":{"model":"b"}}]}', "request.model_ambiguous"],
  ["a tool that is no list", "/v1/chat/completions", '{"model":"a","tools":{"type":"openrouter:advisor"}}', "request.model_ambiguous"],
  ["images with a model", "/v1/responses", '{"model":"a","tools":[{"type":"image_generation","model":"b"}]}', "request.model_ambiguous"],
  ["images by whichever model", "/v1/responses", '{"model":"a","tools":[{"type":"image_generation"}]}', "request.model_ambiguous"],
  ["a model of a hosted tool", "/v1/responses", '{"model":"a","tools":[{"type":"web_search","deep":{"model":"b"}}]}', "request.model_ambiguous"],
  ["a model's id in a hosted tool", "/v1/responses", '{"model":"a","tools":[{"type":"web_search","by":" B "}]}', "request.model_ambiguous"],
  ["a model of a function", "/v1/chat/completions", '{"model":"a","tools":[{"type":"function","model":"b","function":{"name":"f"}}]}', "request.model_ambiguous"],
  ["a model inside a function", "/v1/chat/completions", '{"model":"a","tools":[{"type":"function","function":{"name":"f","model":"b"}}]}', "request.model_ambiguous"],
  ["a server's model", "/v1/messages", '{"model":"a","mcp_servers":[{"url":"https://x","model":"b"}]}', "request.model_ambiguous"],
];
for (const [name, path, body, code] of SECOND) {
  it(`refuses ${name} by its name`, () => {
    const asked = readModelRequest(`https://gate.example${path}`, "POST", encode(body), "application/json", MODEL_PATHS, { models: ["a", "b"] });
    assert.ok(!asked.ok, body);
    assert.equal(asked.code, code, asked.message);
    assert.match(asked.message, /`.+`/);
  });
}

it("lets the words of the user and schemas hold any name", () => {
  const schema = { type: "object", properties: { model: { type: "string" }, fallbacks: { enum: ["b"] } } };
  const called = { name: "b", description: "model: b", parameters: schema };
  /** @type {[string, object][]} */
  const cases = [
    ["/v1/chat/completions", {
      messages: [{ role: "user", content: [{ type: "text", text: '{"model":"b"}' }], model: "b" }], metadata: { model: "b" }, user: "b", stop: ["b"],
      tools: [{ type: "function", function: called }, { type: "custom", custom: { name: "b", format: { type: "grammar", grammar: { definition: "model" } } } }],
      tool_choice: { type: "function", function: { name: "b" } }, functions: [called], seed: 7, temperature: 0.5, stream: true, n: null, logit_bias: { 5: 1 },
      response_format: { type: "json_schema", json_schema: { name: "b", schema } }, stream_options: { include_usage: true },
    }],
    ["/v1/responses", {
      input: [{ role: "user", content: "b", model: "b" }], instructions: "Say which model you are.", prompt: "b", text: { format: { type: "json_schema", name: "b", schema } },
      tools: [{ type: "function", ...called, strict: true }, { type: "web_search_preview_2025_03_11" }, { type: "mcp", server_label: "b", server_url: "https://x" }],
      reasoning: { effort: "low" }, include: ["message.output_text.logprobs"], previous_response_id: "r",
    }],
    ["/v1/messages", {
      max_tokens: 5, system: [{ type: "text", text: "model" }], messages: [{ role: "assistant", content: [{ type: "tool_use", input: { model: "b" } }] }],
      tools: [{ name: "b", description: "model", input_schema: schema, cache_control: { type: "ephemeral" } }, { type: "web_search_20250305", name: "web_search", max_uses: 2 }],
      tool_choice: { type: "tool", name: "b" }, thinking: { type: "enabled", budget_tokens: 1024 }, stop_sequences: ["b"], metadata: { user_id: "b" },
    }],
    ["/v1/completions", { prompt: ["b", "model"], suffix: "b", best_of: 1 }],
    ["/v1/embeddings", { input: ["b"], encoding_format: "float", dimensions: 4 }],
    ["/v1/fine_tuning/jobs", { training_file: "f", suffix: "b", method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 2 } } } }],
  ];
  for (const [path, members] of cases) {
    const asked = readModelRequest(`https://gate.example${path}`, "POST", encode(JSON.stringify({ model: "a", ...members })), "application/json", MODEL_PATHS, { models: ["a", "b"] });
    assert.ok(asked.ok, JSON.stringify(asked));
    assert.equal(asked.model, "a");
  }
});

it("takes further members that the host names, and still no model in them", () => {
  const options = { members: ["guided_json", "chat_mode"], models: ["a", "b"] };
  const read = (/** @type {string} */ body) => readModelRequest("https://gate.example/v1/chat/completions", "POST", encode(body), "application/json", MODEL_PATHS, options);
  assert.ok(read('{"model":"a","guided_json":{"type":"object"},"chat_mode":"fast"}').ok);
  for (const body of ['{"model":"a","guided_json":{"model":"c"}}', '{"model":"a","chat_mode":"b"}', '{"model":"a","guided_json":["B"]}', '{"model":"a","other":"x"}']) {
    assert.ok(!read(body).ok, body);
  }
});

it("agrees with JSON.parse on what is JSON", () => {
  const texts = [
    "1", "-0", "-", "01", "1.", ".5", "1.5e+9", "1e", "1E-2", "+1", "0x1", "NaN", "true", "tru", "null", "nulll", '"a"', '"\\u00e9"', '"\\u00g0"', '"\\x"', '"\t"', '"\\ud800"',
    '"', '"\\', '"\\u12', "[]", "[1]", "[1,]", "[,1]", "[1 2]", "[[]]", "[}", "{}", '{"a":1}', '{"a":1,}', "{,}", '{"a"}', '{"a":}', "{a:1}", "{'a':1}", '{"a":1 "b":2}', '{"a":[{"b":{}}]}', "\u00a0[]",
    " [ 1 , { \"a\" : [ ] } ]\r\n\t", "[]]", "[] []", "[1]//", "", " ", "[1,2", '{"a":1', "\ufeff1", "[tru\\u0065]", "[\u2028]", '"\u2028"', '"\u007f"', '"\u0000"',
  ];
  for (const text of texts) {
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    const asked = read(`{"model":"a","messages":${text}}`);
    // A value that ends the body early would produce another body.
    assert.equal(asked.ok || asked.code !== "request.json", valid, JSON.stringify(text));
  }
});

it("reads a large body in one pass, and nothing deeper or broader than its limits", () => {
  for (const filling of [`"${"\\\"".repeat(2e6)}"`, `[${"[],".repeat(1e6)}1]`, `[${"1,".repeat(1e6)}1]`, `${"[".repeat(126)}${"]".repeat(126)}`]) {
    assert.ok(read(`{"messages":${filling},"model":"a"}`).ok);
  }
  const many = (/** @type {number} */ count) => `{"model":"a"${Array.from({ length: count - 1 }, (_, i) => `,"m${i}":0`).join("")}}`;
  assert.ok(read(many(256)).ok);
  for (const body of [many(257), `{"messages":${"[".repeat(128)}${"]".repeat(128)},"model":"a"}`, `{"messages":${"[".repeat(2e6)}`]) {
    const asked = read(body);
    assert.equal(asked.ok ? "read" : asked.code, "request.json");
  }
});

it("makes no value of what it passes over", (t) => {
  let letters = 0;
  const parse = JSON.parse;
  t.mock.method(JSON, "parse", (/** @type {string} */ text) => {
    letters += text.length;
    return parse(text);
  });
  assert.ok(read(`{"messages":[${"[],{},\"\\u0041\",".repeat(2e5)}0],"model":"a"}`).ok);
  assert.ok(letters < 100, `${letters} letters were parsed`);
});
