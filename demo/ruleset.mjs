/** Makes the demonstration's keys, trust root and signed ruleset with the command-line program, as an author would. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = join(ROOT, "pkg/rulesets/us-model-access.yaml");
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * @typedef {object} Signed
 * @property {string} bundle
 * @property {string} trustRoot
 * @property {readonly object[]} providerKeys private JWKs, for the provider alone
 */

/**
 * @param {string} directory the directory that keeps the keys between starts
 * @param {string} issuer the provider's address
 * @param {string} [source] the ruleset
 * @returns {Promise<Signed>}
 */
export async function signRuleset(directory, issuer, source = SOURCE) {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  const at = (/** @type {string} */ name) => join(directory, name);
  await keypair(at("provider"), "demo-provider");
  await keypair(at("author"), "demo-author");

  const jwks = { keys: [await json(at("provider.public.jwk"))] };
  await writeFile(at("provider.jwks.json"), JSON.stringify(jwks));
  const yaml = await readFile(source, "utf8");
  await writeFile(at("ruleset.yaml"), current(yaml, Date.now()));
  await brightline(
    "sign", at("ruleset.yaml"), "--jwks", `demo-idp=${at("provider.jwks.json")}`, "--iss", `demo-idp=${issuer}`,
    "--audience", "demo", "--key", at("author.private.jwk"), "-o", at("ruleset.jws.json"),
  );
  await brightline(
    "trust", "--ruleset", /^ruleset: (\S+)/m.exec(yaml)?.[1] ?? "", "--audience", "demo", "--threshold", "1", at("author.public.jwk"),
    "-o", at("trust-root.json"),
  );
  return {
    bundle: await readFile(at("ruleset.jws.json"), "utf8"),
    trustRoot: await readFile(at("trust-root.json"), "utf8"),
    providerKeys: [await json(at("provider.private.jwk"))],
  };
}

/**
 * Returns a copy of the ruleset that is valid today. The dates of the example belong to its story.
 * @param {string} yaml
 * @param {number} now
 */
function current(yaml, now) {
  const date = (/** @type {number} */ ms) => `${new Date(ms).toISOString().slice(0, 10)}T00:00:00Z`;
  return yaml
    .replace(/^issued: .*$/m, `issued: ${date(now - DAY_MS)}`)
    .replace(/^expires: .*$/m, `expires: ${date(now + 30 * DAY_MS)}`);
}

/**
 * @param {string} name path without an extension
 * @param {string} kid
 */
async function keypair(name, kid) {
  if (existsSync(`${name}.private.jwk`) && existsSync(`${name}.public.jwk`)) return;
  await brightline("keygen", "--alg", "ES256", "--kid", kid, "--out", name);
}

/**
 * @param {string} path
 * @returns {Promise<object>}
 */
async function json(path) {
  return JSON.parse(await readFile(path, "utf8"));
}

/** @param {...string} args */
async function brightline(...args) {
  const built = ["release", "debug"].map((profile) => join(ROOT, "target", profile, "brightline"));
  const program = process.env["BRIGHTLINE_CLI"] ?? built.find((path) => existsSync(path));
  if (program === undefined) throw new Error("the program `brightline` is not built; run `cargo xtask build`");
  try {
    await promisify(execFile)(program, args);
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new Error(`brightline ${args[0]} failed: ${said || String(error)}`, { cause: error });
  }
}
