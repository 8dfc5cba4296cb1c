/** Server-sent events are the same events however the network cuts the bytes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("../../www/sse.ts", import.meta.url))],
  format: "esm",
  write: false,
});
/** @type {typeof import("../../www/sse.js")} */
const { events } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? "")}`);

/** @type {readonly (readonly [what: string, text: string, expected: readonly string[]])[]} */
const CASES = [
  ["two events", "data: one\n\ndata: two\n\n", ["one", "two"]],
  ["without the space, and with two", "data:one\n\ndata:  two\n\n", ["one", " two"]],
  ["lines of one event", "data: one\ndata: two\n\n", ["one\ntwo"]],
  ["carriage returns", "data: one\r\rdata: two\r\n\r\ndata: three\r\r", ["one", "two", "three"]],
  ["comments and other fields", ": ping\n\nevent: delta\nid: 7\ndata: one\nretry: 1\n\n", ["one"]],
  ["empty data is an event, no data is none", "data:\n\n\n\n", [""]],
  ["an event that is cut off is none", "data: one\n\ndata: tw", ["one"]],
  ["letters of several bytes", "data: 中文 é 🙂\n\n", ["中文 é 🙂"]],
];

for (const [what, text, expected] of CASES) {
  test(what, async () => {
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const body = new ReadableStream({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
          controller.close();
        },
      });
      /** @type {string[]} */
      const seen = [];
      for await (const data of events(body)) seen.push(data);
      assert.deepEqual(seen, expected, `in pieces of ${size} bytes`);
    }
  });
}

test("stopping to read ends the stream", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("data: one\n\ndata: two\n\n")),
    cancel: () => void (cancelled = true),
  });
  for await (const data of events(body)) {
    assert.equal(data, "one");
    break;
  }
  assert.ok(cancelled);
});
