/** The native core's answers, which every environment is compared with. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ name: string, token: string | readonly string[] | null, model: string, action: string, context?: import("brightline").Context, now: number | string, decision: string }} Case
 * @typedef {{ bundle: string, trustRoot: import("brightline").TrustRoot, with: { bundle: string, trustRoot: import("brightline").TrustRoot }[], cases: Case[] }} Suite
 */

const FILE = process.env.BRIGHTLINE_PARITY ?? fileURLToPath(new URL("../../../target/parity.json", import.meta.url));

/** @returns {Suite[]} */
export function readParity() {
  if (!existsSync(FILE)) throw new Error(`${FILE} is not there; \`cargo xtask test parity\` makes it`);
  const suites = [JSON.parse(readFileSync(FILE, "utf8"))].flat();
  if (suites.length === 0 || suites.some(({ cases }) => cases.length === 0)) throw new Error(`${FILE} holds no cases`);
  return suites;
}

/** The number of decisions that `exercise.mjs` must return. @param {Suite[]} suites */
export const count = (suites) => suites.reduce((sum, { cases }) => sum + cases.length, 0);
