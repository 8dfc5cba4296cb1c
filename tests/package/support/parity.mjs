/** What the native core answered, for every environment to be compared with. */

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ name: string, token: string | null, model: string, action: string, context?: object, now: number | string, decision: string }} Case
 * @typedef {{ bundle: string, trustRoot: import("brightline").TrustRoot, cases: Case[] }} Suite
 */

const TARGET = fileURLToPath(new URL("../../../target/", import.meta.url));

/** A file or a folder of files; `cargo xtask test parity` writes it. @returns {Suite[]} */
export function readParity() {
  const here = [join(TARGET, "parity.json"), join(TARGET, "parity")].find((place) => existsSync(place));
  const path = process.env.BRIGHTLINE_PARITY ?? here;
  if (path === undefined) throw new Error("the native answers are not there; `cargo xtask test parity` makes them");
  const files = statSync(path).isDirectory() ? readdirSync(path).sort().map((name) => join(path, name)) : [path];
  const suites = files.flatMap((file) => JSON.parse(readFileSync(file, "utf8")));
  if (suites.length === 0 || suites.some(({ cases }) => cases.length === 0)) throw new Error(`${path} holds no cases`);
  return suites;
}

/** How many decisions `exercise.mjs` must hand back. @param {Suite[]} suites */
export const count = (suites) => suites.reduce((sum, { cases }) => sum + cases.length, 0);
