/** Shared by the tests of the edge: a ruleset and tokens signed for real, workerd, and the test upstream. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SignJWT, importJWK } from "jose";
import { signRuleset } from "../../demo/ruleset.mjs";
import { startWorker } from "../../demo/workerd.mjs";
import { startUpstream } from "../equipment/upstream.mjs";

/** @typedef {import("node:test").TestContext | import("node:test").SuiteContext} Context */
/** @typedef {Partial<import("../../demo/worker.mjs").Bindings["SETTINGS"]>} Settings */

export const ISSUER = "http://127.0.0.1:9";
export const UPSTREAM_KEY = "Bearer key-of-the-upstream";
const RULESET = fileURLToPath(new URL("ruleset.yaml", import.meta.url));

/**
 * @typedef {object} Bench
 * @property {string} directory
 * @property {import("../../demo/ruleset.mjs").Signed} signed
 * @property {import("../equipment/upstream.mjs").Upstream} upstream
 * @property {(settings?: Settings, signed?: Partial<import("../../demo/ruleset.mjs").Signed>) => Promise<Edge>} edge
 * @property {(claims?: object, change?: object) => Promise<string>} token
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Edge
 * @property {string} url
 * @property {string[]} log
 * @property {(model: string, token?: string | null, init?: CallInit) => Promise<Response>} chat
 *
 * @typedef {object} CallInit
 * @property {Record<string, string>} [headers]
 * @property {string} [path]
 * @property {object} [body]
 * @property {AbortSignal} [signal]
 */

/**
 * @param {Parameters<typeof startUpstream>[0]} [equipment]
 * @returns {Promise<Bench>}
 */
export async function bench(equipment) {
  const directory = await mkdtemp(join(tmpdir(), "brightline-edge-"));
  const upstream = await startUpstream({ pauseMs: 1, ...equipment });
  const signed = await signRuleset(directory, ISSUER, RULESET);
  const key = /** @type {import("jose").JWK} */ (signed.providerKeys[0]);
  /** @type {(() => Promise<void>)[]} */
  const closers = [upstream.close];
  let workers = 0;
  return {
    directory,
    signed,
    upstream,
    token: async (claims = person("citizen"), change = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const registered = { iss: ISSUER, sub: "sub-of-a-person", aud: "https://gate.brightline.example", iat: now, exp: now + 300 };
      return new SignJWT({ ...registered, ...claims, ...change })
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: String(key.kid) })
        .sign(await importJWK(key, "ES256"));
    },
    edge: async (settings = {}, { bundle = signed.bundle, trustRoot = signed.trustRoot } = {}) => {
      /** @type {string[]} */
      const log = [];
      workers += 1;
      const worker = await startWorker({
        directory: join(directory, `worker-${workers}`),
        bundle,
        trustRoot,
        settings: { upstream: upstreamAt(upstream.url), ...settings },
        onLine: (line) => log.push(line),
      });
      closers.push(worker.close);
      return { url: worker.url, log, chat: (model, token, init) => chat(worker.url, model, token, init) };
    },
    close: async () => {
      for (const close of closers.reverse()) await close();
      await rm(directory, { recursive: true });
    },
  };
}

/**
 * @param {string} url
 * @returns {import("brightline/edge").Upstream}
 */
export function upstreamAt(url) {
  return { url, credential: { header: "authorization", value: UPSTREAM_KEY } };
}

/**
 * @param {string} us_status
 * @param {{ level?: string, daysAgo?: number, employer?: string }} [evidence]
 */
export function person(us_status, { level = "ial2", daysAgo = 30, employer } = {}) {
  const time = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
  const verification = { trust_framework: "nist_800_63A", assurance_level: level, time };
  return { verified_claims: { verification, claims: { us_status, ...(employer !== undefined && { employer }) } } };
}

/**
 * @param {string} url
 * @param {string} model
 * @param {string | null} [token]
 * @param {CallInit} [init]
 */
function chat(url, model, token = null, { headers = {}, path = "/v1/chat/completions", body = {}, signal } = {}) {
  return fetch(url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }], ...body }),
    ...(signal && { signal }),
  });
}

/**
 * @param {Response} response
 * @returns {Promise<import("brightline/edge").Problem>}
 */
export async function problemOf(response) {
  if (response.headers.get("content-type") !== "application/problem+json") {
    throw new Error(`no problem but ${response.status} ${await response.text()}`);
  }
  return /** @type {import("brightline/edge").Problem} */ (await response.json());
}

/**
 * Waits until the condition holds, for output of another process.
 * @param {() => boolean} so
 */
export async function until(so) {
  for (let tries = 0; tries < 250 && !so(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  if (!so()) throw new Error("it did not come about");
}
