/**
 * The packed package, loaded the way each environment loads packages: everywhere it gives the native core's answers.
 */

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import * as esbuild from "esbuild";
import { build as viteBuild } from "vite";
import webpack from "webpack";
import { answerOf, launch, serve } from "./support/browser.mjs";
import { bench } from "../sdk/support.mjs";
import { pack } from "./support/packed.mjs";
import { count, readParity } from "./support/parity.mjs";

// Importing this CommonJS package yields a different value than its types declare.
const { default: workerd, compatibilityDate } = createRequire(import.meta.url)("workerd");
const suites = readParity();
const answer = (/** @type {string} */ model) => JSON.stringify(["https://models.example/v1/chat/completions", "POST", "1", `{"model":"${model}","n":1}`]);
const guarded = ["open", "small"].flatMap((model) => Array(4).fill(answer(model))).concat(Array(4).fill("foreign_person"));
const expected = { same: count(suites), different: [], guarded };
/** The input of each environment: the native answers, and a ruleset and a token that are valid now. @type {string} */
let given;
/** @type {ReturnType<typeof pack>} */
let packed;
/** @type {import("playwright-core").Browser} */
let browser;

const APP = `
import * as brightline from "brightline";
import { exercise } from "./exercise.mjs";
const given = await (await fetch("/given.json")).json();
globalThis.answer = await exercise(brightline, given).catch((error) => String(error.stack));
`;
const page = (/** @type {string} */ head) => `<!doctype html><meta charset="utf-8"><title>test</title>${head}`;

before(async () => {
  packed = pack();
  const b = await bench();
  const { bundle, trustRoot } = b.signed;
  given = JSON.stringify({ suites, signed: { bundle, trustRoot: JSON.parse(trustRoot), token: await b.token("none") } });
  await b.close();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  packed?.remove();
});

/** @param {string} folder */
async function inChromium(folder) {
  const server = await serve(folder, { "/given.json": given });
  try {
    const { answer, errors } = await answerOf(browser, server.url);
    assert.deepEqual(answer, expected);
    assert.deepEqual(errors, []);
  } finally {
    await server.close();
  }
}

test("Node, import", async () => {
  const project = packed.project("node-import");
  const script = `
    import * as brightline from "brightline";
    import { exercise } from "./exercise.mjs";
    let text = "";
    for await (const chunk of process.stdin) text += chunk;
    console.log(JSON.stringify(await exercise(brightline, JSON.parse(text))));`;
  writeFileSync(join(project, "app.mjs"), script);
  assert.deepEqual(await inNode(project, "app.mjs"), expected);
});

test("Node, require", async () => {
  const project = packed.project("node-require");
  const script = `
    const brightline = require("brightline");
    let text = "";
    process.stdin.on("data", (chunk) => (text += chunk)).on("end", async () => {
      const { exercise } = await import("./exercise.mjs");
      console.log(JSON.stringify(await exercise(brightline, JSON.parse(text))));
    });`;
  writeFileSync(join(project, "app.cjs"), script);
  assert.deepEqual(await inNode(project, "app.cjs"), expected);
});

test("Node, built by webpack, as servers of web frameworks are", async () => {
  for (const entry of ["brightline", "brightline/author"]) {
    const project = packed.project(`node-webpack-${entry.replace("/", "-")}`);
    const script = `
      import * as brightline from "${entry}";
      import { exercise } from "./exercise.mjs";
      if ("check" in brightline) console.log(typeof brightline.check("ruleset: x"));
      else {
        let text = "";
        for await (const chunk of process.stdin) text += chunk;
        console.log(JSON.stringify(await exercise(brightline, JSON.parse(text))));
      }`;
    writeFileSync(join(project, "app.mjs"), script);
    await webpacked({
      context: project, entry: "./app.mjs", mode: "production", target: "node20", experiments: { outputModule: true },
      // As in Next.js, which turns addresses of assets into objects that Node does not accept as URLs.
      module: { parser: { javascript: { url: "relative" } } },
      output: { path: join(project, "out"), filename: "app.mjs", module: true, chunkFormat: "module" },
    });
    if (entry === "brightline") assert.deepEqual(await inNode(join(project, "out"), "app.mjs"), expected);
    else assert.equal((await promisify(execFile)(process.execPath, [join(project, "out/app.mjs")])).stdout, "object\n");
  }
});

/** @param {import("webpack").Configuration} configuration */
async function webpacked(configuration) {
  const stats = await new Promise((resolve, reject) => {
    // The size of the module is checked elsewhere.
    const compiler = webpack({ ...configuration, performance: { hints: false } });
    compiler.run((error, result) => compiler.close(() => (error ? reject(error) : resolve(result))));
  });
  assert.deepEqual(stats.toJson().errors, []);
  assert.deepEqual(stats.toJson().warnings, []);
}

/** @param {string} project @param {string} file */
async function inNode(project, file) {
  const running = promisify(execFile)(process.execPath, [file], { cwd: project });
  running.child.stdin?.end(given);
  const { stdout } = await running;
  return JSON.parse(stdout);
}

test("Chromium, <script type=module> without a bundler", async () => {
  const project = packed.project("plain");
  const map = { imports: { brightline: "/node_modules/brightline/browser.js" } };
  writeFileSync(join(project, "app.js"), APP);
  writeFileSync(join(project, "index.html"), page(
    `<script type="importmap">${JSON.stringify(map)}</script><script type="module" src="/app.js"></script>`,
  ));
  await inChromium(project);
});

test("Chromium, built by Vite", async () => {
  const project = packed.project("vite");
  writeFileSync(join(project, "app.js"), APP);
  writeFileSync(join(project, "index.html"), page('<script type="module" src="/app.js"></script>'));
  await viteBuild({ root: project, configFile: false, logLevel: "warn" });
  await inChromium(join(project, "dist"));
});

test("Chromium, built by webpack", async () => {
  const project = packed.project("webpack");
  writeFileSync(join(project, "app.js"), APP);
  await webpacked({ context: project, entry: "./app.js", mode: "production", output: { path: join(project, "out"), publicPath: "/" } });
  writeFileSync(join(project, "out/index.html"), page('<script defer src="/main.js"></script>'));
  await inChromium(join(project, "out"));
});

test("Chromium, built by esbuild, with the module copied beside the bundle", async () => {
  const project = packed.project("esbuild");
  writeFileSync(join(project, "app.js"), APP);
  const { warnings } = await esbuild.build({
    absWorkingDir: project, entryPoints: ["app.js"], bundle: true, minify: true, format: "esm", outdir: "out",
    platform: "browser", logLevel: "silent",
  });
  assert.deepEqual(warnings, []);
  mkdirSync(join(project, "out/dist"));
  cpSync(join(project, "node_modules/brightline/dist/brightline_bg.wasm"), join(project, "out/dist/brightline_bg.wasm"));
  writeFileSync(join(project, "out/index.html"), page('<script type="module" src="/app.js"></script>'));
  await inChromium(join(project, "out"));
});

test("Chromium, built by esbuild into one file with the module inside", async () => {
  const project = packed.project("inline");
  writeFileSync(join(project, "app.js"), APP.replace('"brightline"', '"brightline/inline"'));
  await esbuild.build({
    absWorkingDir: project, entryPoints: ["app.js"], bundle: true, format: "esm", outdir: "out", logLevel: "silent",
  });
  assert.deepEqual(readdirSync(join(project, "out")), ["app.js"]);
  writeFileSync(join(project, "out/index.html"), page('<script type="module" src="/app.js"></script>'));
  await inChromium(join(project, "out"));
});

test("workerd, which may not compile at run time", async () => {
  const project = packed.project("workerd");
  const worker = `
    import * as brightline from "brightline";
    import { exercise } from "./exercise.mjs";
    export default {
      async fetch(request) {
        return Response.json(await exercise(brightline, await request.json()));
      },
    };`;
  writeFileSync(join(project, "worker.js"), worker);
  await esbuild.build({
    absWorkingDir: project, entryPoints: ["worker.js"], bundle: true, format: "esm", outdir: "out",
    conditions: ["workerd"], loader: { ".wasm": "copy" }, assetNames: "[name]", logLevel: "silent",
  });
  const modules = readdirSync(join(project, "out")).map((name) => `(name = "${name}", ${name.endsWith(".wasm") ? "wasm" : "esModule"} = embed "out/${name}")`);
  // The first module is the worker.
  modules.sort((a, b) => Number(b.includes("worker.js")) - Number(a.includes("worker.js")));
  writeFileSync(join(project, "config.capnp"), `
    using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [(name = "main", worker = .worker)],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
    );
    const worker :Workerd.Worker = (modules = [${modules.join(", ")}], compatibilityDate = "${compatibilityDate}");`);
  const child = spawn(workerd, ["serve", "config.capnp", "--control-fd=3"], {
    cwd: project, stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  try {
    const control = /** @type {import("node:stream").Readable} */ (child.stdio[3]);
    const said = new Promise((resolve) => createInterface({ input: control }).on("line", (line) => resolve(JSON.parse(line))));
    const { port } = await Promise.race([said, exited.then(() => Promise.reject(new Error("workerd ended")))]);
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: given });
    assert.deepEqual(await response.json(), expected);
  } finally {
    child.kill("SIGTERM");
    await exited;
  }
});

test("what the package leaves out, bundlers leave out", async () => {
  const project = packed.project("shaken");
  writeFileSync(join(project, "app.js"), `import { AccessError } from "brightline"; globalThis.kept = AccessError;`);
  const { outputFiles } = await esbuild.build({
    absWorkingDir: project, entryPoints: ["app.js"], bundle: true, minify: true, format: "esm", write: false, logLevel: "silent",
  });
  const size = outputFiles[0]?.contents.length ?? 0;
  assert.ok(size > 0 && size < 2000, `${size} bytes for one error class`);
});

test("the packed files are importable by address, as a page without a bundler does", async () => {
  const project = packed.project("address");
  const { AccessError } = await import(pathToFileURL(join(project, "node_modules/brightline/browser.js")).href);
  assert.equal(typeof AccessError, "function");
});
