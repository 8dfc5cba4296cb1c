/** Reads the page's settings, strictly: a page that fails with a reason is better than a page that half-works. */

import type { PublicJwk, TrustRoot } from "brightline";
import { isRecord, isText, parse } from "./json.js";

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly blurb: string;
}

export interface Config {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly resource: string;
  readonly edge: string;
  readonly bundle: string;
  readonly trustRoot: string | null;
  readonly people: readonly Person[];
}

/** Set by www/build.mjs: the trust root that it was given, or null. */
declare const TRUST_ROOT: unknown;

export class SetupError extends Error {}

export async function loadConfig(): Promise<Config> {
  const raw = await fetchJson("config.json", "its settings");
  const text = (name: string): string => {
    const value = raw[name];
    if (!isText(value)) throw new SetupError(`The page’s settings lack “${name}”.`);
    return value;
  };
  return {
    issuer: text("issuer"),
    clientId: text("client_id"),
    redirectUri: text("redirect_uri"),
    scope: text("scope"),
    resource: text("resource"),
    edge: text("edge").replace(/\/+$/, ""),
    bundle: text("bundle"),
    trustRoot: isText(raw["trust_root"]) ? raw["trust_root"] : null,
    people: Array.isArray(raw["people"]) ? raw["people"].filter(isPerson) : [],
  };
}

/**
 * Returns the trust root: the keys that may sign a ruleset. A real app compiles it in, since an attacker who can replace a
 * fetched one can replace the ruleset too. Only a demonstration that makes new keys at each start fetches it.
 */
export async function loadTrustRoot(config: Config): Promise<TrustRoot> {
  const raw: unknown = TRUST_ROOT ?? (config.trustRoot === null ? null : await fetchJson(config.trustRoot, "the trust root"));
  if (!isTrustRoot(raw)) throw new SetupError("The page has no trust root, so it cannot tell a genuine ruleset from a forged one.");
  return raw;
}

export async function fetchText(url: string, what: string): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { cache: "no-store", credentials: "same-origin" });
  } catch {
    throw new SetupError(`The page could not load ${what}: the server does not answer.`);
  }
  if (!response.ok) throw new SetupError(`The page could not load ${what}: the server answered ${response.status}.`);
  return response.text();
}

async function fetchJson(url: string, what: string): Promise<Record<string, unknown>> {
  const value = parse(await fetchText(url, what));
  if (!isRecord(value)) throw new SetupError(`The page could not load ${what}: what the server sent cannot be read.`);
  return value;
}

function isPerson(value: unknown): value is Person {
  return isRecord(value) && isText(value["id"]) && isText(value["name"]) && isText(value["blurb"]);
}

function isTrustRoot(value: unknown): value is TrustRoot {
  if (!isRecord(value)) return false;
  const { ruleset, audience, threshold, keys } = value;
  return isText(ruleset) && isText(audience) && typeof threshold === "number" && Array.isArray(keys) && keys.every(isKey);
}

function isKey(value: unknown): value is PublicJwk {
  return isRecord(value) && isText(value["kty"]) && isText(value["alg"]) && isText(value["kid"]);
}
