/** The replay store on Cloudflare's own runtime, with Durable Objects. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import workerd from "workerd";

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = .main) ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "main") ],
);
const main :Workerd.Worker = (
  modules = [ (name = "worker.js", esModule = embed "worker.js") ],
  compatibilityDate = "2026-10-01",
  durableObjectNamespaces = [ (className = "ReplayObject", uniqueKey = "replay-of-the-test") ],
  durableObjectStorage = (inMemory = void),
  bindings = [ (name = "REPLAY", durableObjectNamespace = "ReplayObject") ],
);
`;

let url = "";
/** @type {import("node:child_process").ChildProcess} */
let child;
const folder = mkdtempSync(join(tmpdir(), "brightline-durable-"));

before(async () => {
  await esbuild.build({
    entryPoints: [fileURLToPath(new URL("worker.mjs", import.meta.url))], outfile: join(folder, "worker.js"), bundle: true, format: "esm",
    conditions: ["workerd"], logLevel: "silent",
  });
  writeFileSync(join(folder, "config.capnp"), CONFIG);
  child = spawn(workerd.default, ["serve", join(folder, "config.capnp"), "--control-fd=3"], { stdio: ["ignore", "inherit", "inherit", "pipe"] });
  const control = /** @type {import("node:stream").Readable} */ (child.stdio[3]);
  const port = await new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("workerd ended")));
    createInterface({ input: control }).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.event === "listen") resolve(event.port);
    });
  });
  url = `http://127.0.0.1:${port}/`;
});
after(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** @param {string[]} keys @param {number} [nowMs] @returns {Promise<boolean[]>} */
async function claim(keys, nowMs = 1000) {
  const response = await fetch(url, { method: "POST", body: JSON.stringify({ keys, untilMs: 2000, nowMs }) });
  return /** @type {Promise<boolean[]>} */ (response.json());
}

test("of a hundred claims of one key at once, from several requests, one is the first", async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => claim(Array(10).fill("key-of-a-proof"))));
  assert.equal(answers.flat().filter(Boolean).length, 1);
  assert.equal(answers.flat().length, 100);
});

test("other keys are others, in every shard, and a key that has ended may come again", async () => {
  const keys = Array.from({ length: 64 }, (_, n) => `${String.fromCharCode(65 + (n % 26))}${String.fromCharCode(97 + (n % 23))}-${n}`);
  assert.ok((await claim(keys)).every((first) => first));
  assert.ok((await claim(keys)).every((first) => !first));
  assert.ok((await claim(keys, 1999)).every((first) => !first));
  assert.ok((await claim(keys, 2000)).every((first) => first));
});
