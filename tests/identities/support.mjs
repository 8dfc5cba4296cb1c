/** Shared by the tests of identities: a ruleset signed by the command-line program, with issuer keys of the test. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const CLI = process.env.BRIGHTLINE_CLI ?? fileURLToPath(new URL("../../target/release/brightline", import.meta.url));
const run = promisify(execFile);

export const AUDIENCE = "https://gate.example";

/**
 * A model for each question: is the person a U.S. person, and are the nationalities none of two.
 * @param {object[]} issuers
 * @param {object} [more]
 */
export function ruleset(issuers, more = {}) {
  const rule = (/** @type {string} */ model, /** @type {object} */ when) => ({
    id: model, title: "T", outcome: "deny", reason: model, message: "Not for you.", basis: { citation: "C" }, scope: { models: [model] }, when,
  });
  const day = (/** @type {number} */ from) => `${new Date(Date.now() + from * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;
  return {
    ruleset: "identities", version: 1, language: 1, issued: day(-1), expires: day(30), default: "allow", actions: ["chat"],
    models: [{ id: "us_only" }, { id: "not_listed" }, { id: "open" }],
    issuers,
    rules: [rule("us_only", { "subject.foreign_person": true }), rule("not_listed", { "subject.nationalities": { any_of: ["IR", "KP"] } })],
    ...more,
  };
}

/**
 * @param {object} document
 * @returns {Promise<{ bundle: string, trustRoot: import("brightline").TrustRoot }>}
 */
export async function signed(document) {
  const folder = await mkdtemp(join(tmpdir(), "brightline-identities-"));
  const at = (/** @type {string} */ name) => join(folder, name);
  try {
    await writeFile(at("ruleset.json"), JSON.stringify(document));
    await run(CLI, ["keygen", "--kid", "author", "--out", at("author")]);
    await run(CLI, ["sign", at("ruleset.json"), "--audience", "test", "--key", at("author.private.jwk"), "--out", at("bundle.json")]);
    const key = JSON.parse(await readFile(at("author.public.jwk"), "utf8"));
    const trustRoot = { ruleset: "identities", audience: "test", threshold: 1, keys: [key] };
    return { bundle: await readFile(at("bundle.json"), "utf8"), trustRoot };
  } finally {
    await rm(folder, { recursive: true });
  }
}
