/** Bundles the worker and runs it on workerd, the runtime of Cloudflare Workers. */

import { spawn } from "node:child_process";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import workerd from "workerd";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const START_MS = 20_000;
const END_MS = 1_000;

/**
 * @typedef {object} WorkerOptions
 * @property {string} directory the directory for the bundled worker and its configuration
 * @property {string} bundle the signed ruleset
 * @property {string} trustRoot as JSON
 * @property {import("./worker.mjs").Bindings["SETTINGS"]} settings
 * @property {number} [port]
 * @property {(line: string) => void} [onLine] receives each line that workerd writes
 */

/**
 * @param {WorkerOptions} options
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function startWorker({ directory, bundle, trustRoot, settings, port = 0, onLine = () => {} }) {
  const config = await prepare(directory, { bundle, trustRoot, settings, port });
  const child = spawn(workerd.default, ["serve", config, "--control-fd=3"], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  /** @type {string[]} */
  const written = [];
  for (const input of [child.stdout, child.stderr]) {
    if (input === null) continue;
    createInterface({ input }).on("line", (line) => {
      written.push(line);
      onLine(line);
    });
  }
  // Ends workerd when this process exits.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const close = async () => {
    process.off("exit", kill);
    child.kill("SIGTERM");
    // workerd waits for open streams, which may take long.
    const timer = setTimeout(kill, END_MS);
    await exited;
    clearTimeout(timer);
  };
  try {
    const at = await listening(child, exited, port);
    return { url: `http://127.0.0.1:${at}`, close };
  } catch (error) {
    await close();
    throw new Error(`workerd did not start: ${written.slice(-3).join(" ") || String(error)}`, { cause: error });
  }
}

/**
 * @param {string} directory
 * @param {{ bundle: string, trustRoot: string, settings: object, port: number }} parts
 * @returns {Promise<string>} the path of the configuration
 */
async function prepare(directory, { bundle, trustRoot, settings, port }) {
  await mkdir(directory, { recursive: true });
  await build({
    entryPoints: [join(HERE, "worker.mjs")],
    outfile: join(directory, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd"],
    loader: { ".wasm": "copy" },
    assetNames: "[name]",
    logLevel: "error",
  });
  const wasm = (await readdir(directory)).find((name) => name.endsWith(".wasm"));
  if (wasm === undefined) throw new Error("the bundle has no .wasm beside it");
  const template = await readFile(join(HERE, "worker.capnp"), "utf8");
  const config = template.replaceAll("@WASM@", wasm).replaceAll("@ADDRESS@", `127.0.0.1:${port}`);
  await Promise.all([
    writeFile(join(directory, "ruleset.jws.json"), bundle),
    writeFile(join(directory, "trust-root.json"), trustRoot),
    writeFile(join(directory, "settings.json"), JSON.stringify(settings)),
    writeFile(join(directory, "worker.capnp"), config),
  ]);
  return join(directory, "worker.capnp");
}

/**
 * Returns the port, which workerd reports on the control pipe.
 * @param {import("node:child_process").ChildProcess} child
 * @param {Promise<unknown>} exited
 * @param {number} port
 * @returns {Promise<number>}
 */
async function listening(child, exited, port) {
  const control = /** @type {import("node:stream").Readable} */ (child.stdio[3]);
  /** @type {Promise<number>} */
  const said = new Promise((resolve) => {
    createInterface({ input: control }).on("line", (line) => {
      /** @type {{ event?: string, port?: number }} */
      const event = JSON.parse(line);
      if (event.event === "listen") resolve(event.port ?? port);
    });
  });
  const ended = exited.then(() => Promise.reject(new Error("it ended")));
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("it took too long")), START_MS)));
  try {
    return /** @type {number} */ (await Promise.race([said, ended, late]));
  } finally {
    clearTimeout(timer);
  }
}
