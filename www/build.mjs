/**
 * Builds the page into www/dist. TRUST_ROOT=FILE compiles that trust root into the page, as a real app does. Without it the
 * page fetches the trust root that its settings name, for a demonstration that makes new keys at each start.
 */

import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const dist = here("dist");
const trustRoot = process.env["TRUST_ROOT"];

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build({
  entryPoints: [here("app.ts")],
  outdir: dist,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  define: { TRUST_ROOT: trustRoot === undefined ? "null" : JSON.stringify(JSON.parse(await readFile(trustRoot, "utf8"))) },
});
await Promise.all([
  ...["index.html", "style.css", "favicon.svg"].map((name) => copyFile(here(name), `${dist}/${name}`)),
  copyFile(here("../pkg/dist/brightline_bg.wasm"), `${dist}/brightline_bg.wasm`),
]);
