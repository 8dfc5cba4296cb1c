/** One reading of each request, or none. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { MODEL_PATHS, readModelRequest, withModel } from "../../pkg/model-request.js";

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
    ['{"x":{"model":"a"},"model"  :\n "a\\"}," ,"model2":["model"]}', '{"x":{"model":"a"},"model"  :\n "NEW" ,"model2":["model"]}'],
    ['{"n":1e400,"__proto__":{"model":"b"},"model":"a","e":{},"l":[]}', '{"n":1e400,"__proto__":{"model":"b"},"model":"NEW","e":{},"l":[]}'],
    ['{"m":"{\\"model\\":1,}","mod\\u0065l":"a"}', '{"m":"{\\"model\\":1,}","mod\\u0065l":"NEW"}'],
  ]) {
    const asked = read(before ?? "");
    assert.ok(asked.ok, before);
    assert.equal(new TextDecoder().decode(withModel(asked, "NEW")), after);
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
    ["request.model_missing", '{"__proto__":{"model":"a"}}'],
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

it("reads a large or deep body in one pass and without running out of stack", () => {
  for (const filling of [`"${"\\\"".repeat(2e6)}"`, `${"[".repeat(2e5)}${"]".repeat(2e5)}`, `[${"1,".repeat(1e6)}1]`]) {
    assert.ok(read(`{"x":${filling},"model":"a"}`).ok);
  }
});
