/** Checks the content of the package, and that package tools resolve its entries. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openRuleset } from "brightline";
import { pack } from "./support/packed.mjs";
import { readParity } from "./support/parity.mjs";

const MODULES = fileURLToPath(new URL("../../node_modules/", import.meta.url));
/** @type {ReturnType<typeof pack>} */
let packed;
before(() => {
  packed = pack();
});
after(() => packed?.remove());

/** A program of an installed package. @param {string} name @param {string[]} args */
function run(name, args) {
  const folder = join(MODULES, name);
  const { bin } = read(folder);
  const file = typeof bin === "string" ? bin : Object.values(bin)[0];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, file), ...args], { encoding: "utf8" });
  assert.equal(status, 0, `${name}: ${stdout}${stderr}`);
  return stdout;
}

/** @param {string} folder */
const read = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

test("the module, its glue, every entry and its types are packed, and nothing that is not meant to be", () => {
  const files = packed.files.map((file) => file.replaceAll("\\", "/"));
  for (const file of [
    "dist/brightline_bg.wasm", "dist/brightline.js", "dist/author_bg.wasm", "dist/author.js", "dist/inline.js", "dist/codes.d.ts", "dist/ruleset.schema.json", "dist/cases.schema.json", "index.d.ts", "browser.js", "node.js", "workerd.js", "edge.js",
    "edge.d.ts", "package.json", "README.md", "LICENSE-APACHE", "LICENSE-MIT",
  ]) {
    assert.ok(files.includes(file), `${file} is missing`);
  }
  const meant = /^(?:[\w-]+\.(?:js|d\.ts)|edge\/[\w-]+\.js|rulesets\/[\w.-]+\.yaml|dist\/(?:brightline\.js|author\.js|inline\.js|codes\.d\.ts|(?:brightline|author)_bg\.wasm|(?:ruleset|cases)\.schema\.json)|package\.json|README\.md|LICENSE-\w+)$/;
  assert.deepEqual(files.filter((file) => !meant.test(file)), []);
});

test("every address in `exports` leads to a packed file, types first", () => {
  const manifest = read(join(packed.project("exports"), "node_modules/brightline"));
  for (const [name, target] of Object.entries(manifest.exports)) {
    const conditions = typeof target === "string" ? { default: target } : target;
    if (typeof target !== "string") assert.equal(Object.keys(conditions)[0], "types", name);
    for (const file of Object.values(conditions)) assert.ok(packed.files.includes(file.slice(2)), `${name}: ${file}`);
  }
});

test("entries are short, export the same, and no file awaits at its top", async () => {
  const folder = join(packed.project("entries"), "node_modules/brightline");
  const api = ["AccessError", "Identity", "Ruleset", "RulesetError", "UpdateError", "dcqlQuery", "default", "guard", "initSync", "maintain", "memoryReplayStore", "openRuleset"];
  for (const entry of ["browser.js", "node.js", "workerd.js", "dist/inline.js"]) {
    const text = readFileSync(join(folder, entry), "utf8");
    assert.ok(text.trimEnd().split("\n").length <= 20, entry);
    // A module that only workerd can import is not imported here.
    if (entry !== "workerd.js") assert.deepEqual(Object.keys(await import(join(folder, entry))).sort(), api, entry);
  }
  for (const file of packed.files.filter((name) => name.endsWith(".js") && !name.startsWith("dist/"))) {
    assert.doesNotMatch(readFileSync(join(folder, file), "utf8"), /^(?:export |const .* = )?await /m, file);
  }
});

test("the least versions of Node are those whose `require` loads ES modules, and the README says them", () => {
  const folder = join(packed.project("engines"), "node_modules/brightline");
  assert.deepEqual(read(folder).engines, { node: "^20.19.0 || >=22.12.0" });
  assert.match(readFileSync(join(folder, "README.md"), "utf8"), /Node 20\.19, 22\.12 and later/);
});

test("the declared types nowhere say `any`", () => {
  const folder = join(packed.project("types"), "node_modules/brightline");
  for (const file of packed.files.filter((name) => name.endsWith(".d.ts"))) {
    const code = readFileSync(join(folder, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(code, /\bany\b/, file);
  }
});

/** The names that the examples use and do not declare. */
const GIVEN = `
  import type * as given from "brightline";
  import type { ReplayObjectNamespace } from "brightline/cloudflare";
  declare const bundle: string, token: string, nonce: string, text: string, before: string, after: string, body: string;
  declare const bytes: Uint8Array, request: Request, headers: Headers, trustRoot: given.TrustRoot;
  declare const ruleset: given.Ruleset, baseline: given.Ruleset, order: given.Ruleset, identity: given.Identity;
  declare const store: given.ReplayStore, env: { REPLAY: ReplayObjectNamespace }, session: { accessToken(): string };`;

test("every function and method has an example, and every example compiles", () => {
  const project = packed.project("examples");
  const folder = join(project, "node_modules/brightline");
  /** @type {string[]} */
  const files = [];
  for (const file of ["index.d.ts", "edge.d.ts", "author.d.ts", "cloudflare.d.ts", "model-request.d.ts"]) {
    const code = readFileSync(join(folder, file), "utf8");
    // A function, or a method of a class, and the comment before it.
    const declared = /(\/\*\*(?:(?!\*\/)[^])*\*\/\n)?(?:(?:export )?(?:declare|default) function (\w+)| {2}(?!constructor|claim|fetch|alarm)(\w+|\[Symbol\.dispose\])\()/g;
    const classes = code.replaceAll(/export interface [^]*?\n\}/g, "");
    for (const [, comment, name, method] of classes.matchAll(declared)) {
      const example = /@example\n *\* ```js\n([^]*?)\n *\* ```/.exec(comment ?? "")?.[1];
      assert.ok(example, `${file}: ${name ?? method} has no example`);
      const lines = example.split("\n").map((line) => line.replace(/^ *\* ?/, ""));
      const imports = lines.filter((line) => /^(?:import|export \{)/.test(line));
      const rest = lines.filter((line) => !imports.includes(line)).join("\n").replace("export default", "return");
      const all = `import { dcqlQuery, maintain, memoryReplayStore, openRuleset } from "brightline";`;
      const own = `example-${files.length}.ts`;
      // In a function of its own, an example can declare a name that others are given.
      writeFileSync(join(project, own), `${GIVEN}\n${(imports.length > 0 ? imports : [all]).join("\n")}\nexport async function example() {\n${rest}\n}\n`);
      files.push(own);
    }
  }
  assert.ok(files.length > 25, `${files.length} examples`);
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({
    compilerOptions: { module: "nodenext", target: "es2022", lib: ["es2022", "dom", "dom.iterable"], types: [], strict: true, noEmit: true },
    files,
  }));
  run("typescript", ["-p", project]);
});

test("what the module answers has exactly the fields that the types declare", () => {
  const decisions = new Set();
  const asked = new Set();
  for (const { bundle, trustRoot, with: others, cases } of readParity()) {
    const now = (/** @type {{ now: number | string }} */ one) => (typeof one.now === "string" ? Date.parse(one.now) : one.now);
    const [first] = cases;
    assert.ok(first);
    let ruleset = openRuleset(bundle, trustRoot, { now: now(first) });
    for (const other of others) ruleset = ruleset.combine(openRuleset(other.bundle, other.trustRoot, { now: now(first) }));
    for (const one of cases) {
      const request = { token: one.token, model: one.model, action: one.action, context: one.context, now: now(one) };
      decisions.add(JSON.stringify(ruleset.check(request)));
      for (const way of ruleset.ask(request)) asked.add(JSON.stringify(way));
    }
  }
  assert.ok(decisions.size > 100 && asked.size > 10, `${decisions.size} decisions, ${asked.size} ways`);
  const project = packed.project("answers");
  // Literals: a surplus field is as much an error as a missing one.
  const list = (/** @type {string} */ type, /** @type {Set<string>} */ all) => `export const all${type}: readonly ${type}[] = [\n${[...all].join(",\n")}\n];\n`;
  writeFileSync(join(project, "answers.ts"), `import type { Decision, EvidenceRequest } from "brightline";\n${list("Decision", decisions)}${list("EvidenceRequest", asked)}`);
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({
    compilerOptions: { module: "nodenext", target: "es2022", lib: ["es2022", "dom"], types: [], strict: true, noEmit: true },
    files: ["answers.ts"],
  }));
  run("typescript", ["-p", project]);
});

test("publint finds nothing, warnings and suggestions included", () => {
  assert.match(run("publint", ["run", packed.tarball, "--strict"]), /All good/);
});

test("are-the-types-wrong finds nothing for an ES module", () => {
  run("@arethetypeswrong/cli", [packed.tarball, "--profile", "esm-only"]);
});

for (const [module, moduleResolution] of [["nodenext", "nodenext"], ["node16", "node16"], ["esnext", "bundler"]]) {
  test(`a strict TypeScript project with an older library finds the types: ${moduleResolution}`, () => {
    const project = packed.project(`typescript-${moduleResolution}`);
    writeFileSync(join(project, "app.ts"), `
      import init, { AccessError, guard, openRuleset, type Decision, type TrustRoot } from "brightline";
      import trustRoot from "./trust-root.json"${module === "nodenext" || module === "esnext" ? ' with { type: "json" }' : ""};
      import { createEdge } from "brightline/edge";
      import module from "brightline/brightline_bg.wasm";
      export async function use(bundle: string, root: TrustRoot): Promise<Decision> {
        await init(module);
        // A file that is imported has texts where the types could have had one word.
        openRuleset(bundle, trustRoot).free();
        const ruleset = openRuleset(bundle, root);
        const guarded: typeof fetch = guard(fetch, { ruleset, token: null });
        return ruleset.check({ model: "m", action: "chat" });
      }
      export const seen = [AccessError, createEdge];`);
    const key = { kty: "OKP", crv: "Ed25519", alg: "Ed25519", kid: "k", x: "x", use: "sig" };
    writeFileSync(join(project, "trust-root.json"), JSON.stringify({ ruleset: "r", audience: "a", threshold: 1, keys: [key, { ...key, kty: "EC", y: "y" }], version: 0 }));
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({
      compilerOptions: {
        resolveJsonModule: true, module, moduleResolution, target: "es2022", lib: ["es2022", "dom"], types: [], strict: true,
        exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true,
      },
      files: ["app.ts"],
    }));
    run("typescript", ["-p", project]);
  });
}
