/**
 * The work of a host around the check: fetching issuers' keys and status lists, caching them by the rules of HTTP, and
 * recording single uses. The module verifies all documents. A check never waits for the renewal of a document that is there.
 */

import { Ruleset } from "./core.js";
import { UpdateError } from "./errors.js";
import { freshUntilMs, validators } from "./http-cache.js";
import { memoryReplayStore } from "./replay.js";
import { kind, readCount, readFields, readFunction, readOptionalBoolean } from "./strict.js";

/** @typedef {import("./index.js").Identity} Identity */
/** @typedef {import("./index.js").MaintenanceOptions} MaintenanceOptions */
/** @typedef {import("./index.js").StoredDocument} StoredDocument */
/**
 * A document that is fetched and passed to the module.
 * @typedef {object} Source
 * @property {(first: boolean) => Promise<{ nextAtMs: number, asked: boolean }>} load fetches the document and passes it on;
 *   returns the instant of the next fetch, and whether the network was asked. The first time, a cached copy is enough.
 * @property {number} nextAtMs the instant of the next fetch; 0 before the first
 * @property {number} triedAtMs
 * @property {Promise<boolean> | null} pending
 */

const OPTIONS = ["fetch", "replayStore", "cache", "onProblem", "minRefetchMs", "timeoutMs", "allowLoopback"];
const JWKS_BYTES = 256 * 1024;
const METADATA_BYTES = 256 * 1024;
const STATUS_LIST_BYTES = 2 * 1024 * 1024;
/** The part of a status list's lifetime after which it is fetched again. */
const EARLY = 0.8;
/** The highest number of rounds of fetches for one identification: keys, then a status list for each of its tokens. */
const ROUNDS = 17;

/** The tolerated difference between clocks (`src/base/limits.rs`). A record from further in the future is from a wrong clock. */
const CLOCK_MS = 60_000;
/** The reasons for passing over a key that is in order. They are not reported. */
const ORDINARY = new Set(["key.algorithm", "key.use", "keys.not_accepted", "keys.pinned", "keys.repeated"]);

/** The refusals after which a fetch may help. */
const MAY_HELP = new Set(["token.key_unknown", "token.algorithm", "token.status_unknown"]);

/** @type {typeof import("./index.js").maintain} */
export function maintain(ruleset, options) {
  const where = "maintain()";
  if (!(ruleset instanceof Ruleset)) throw new TypeError(`${where}: the ruleset must be what openRuleset() returned, not ${kind(ruleset)}`);
  return new Maintenance(ruleset, options === undefined ? Object.create(null) : readFields(where, "the options", options, OPTIONS));
}

class Maintenance {
  #ruleset;
  #fetch;
  /** @type {import("./index.js").ReplayStore} */
  #replayStore;
  /** @type {import("./index.js").DocumentCache} */
  #cache;
  /** @type {(problem: import("./index.js").MaintenanceProblem) => void} */
  #onProblem;
  #minRefetchMs;
  #timeoutMs;
  #allowLoopback;
  /** @type {Map<string, Source>} */
  #sources = new Map();
  #stopped = false;

  /** @param {import("./index.js").Ruleset} ruleset @param {import("./strict.js").Fields} fields */
  constructor(ruleset, fields) {
    const where = "maintain()";
    const own = (/** @type {string} */ name) => (fields[name] === undefined ? null : readFunction(where, name, fields[name]));
    this.#ruleset = ruleset;
    this.#fetch = /** @type {typeof fetch} */ (own("fetch") ?? ((input, init) => fetch(input, init)));
    this.#replayStore = /** @type {any} */ (fields.replayStore ?? memoryReplayStore());
    this.#cache = /** @type {any} */ (fields.cache ?? new Map());
    this.#onProblem = /** @type {any} */ (own("onProblem") ?? (() => {}));
    this.#minRefetchMs = fields.minRefetchMs === undefined ? 30_000 : readCount(where, "minRefetchMs", fields.minRefetchMs, 0);
    this.#timeoutMs = fields.timeoutMs === undefined ? 5_000 : readCount(where, "timeoutMs", fields.timeoutMs, 1);
    this.#allowLoopback = readOptionalBoolean(where, "allowLoopback", fields.allowLoopback) ?? false;
    for (const { iss, keys } of ruleset.issuers) if (keys !== null) this.#keysFrom(iss, keys);
  }

  /** @type {import("./index.js").Maintenance["identify"]} */
  async identify(token, options = {}) {
    this.#freshen();
    let identity = this.#ruleset.identify(token, { ...options, replay: "host" });
    for (let round = 0; round < ROUNDS && identity.missing !== null; round += 1) {
      if (!(await this.#get(identity.missing))) break;
      identity.free();
      identity = this.#ruleset.identify(token, { ...options, replay: "host" });
    }
    const now = Number(options.now ?? Date.now());
    for (const use of identity.singleUses) if (!(await this.#claim(use, now))) identity.markReplayed();
    return identity;
  }

  /** @type {import("./index.js").Maintenance["check"]} */
  async check(whole) {
    const { token = null, nonce, proof, now, ...request } = whole;
    this.#freshen();
    if (nonce === undefined && proof === undefined) {
      // The check without an identity object, which caches verified tokens.
      const decision = this.#ruleset.check(whole);
      if (!MAY_HELP.has(decision.reason)) return decision;
    }
    const given = { ...(nonce === undefined ? {} : { nonce }), ...(proof === undefined ? {} : { proof }), ...(now === undefined ? {} : { now }) };
    const identity = await this.identify(token, given);
    try {
      return identity.check({ ...request, ...(now === undefined ? {} : { now }) });
    } finally {
      identity.free();
    }
  }

  /** @type {import("./index.js").Maintenance["refresh"]} */
  async refresh() {
    await Promise.all([...this.#sources.values()].map((source) => this.#load(source)));
  }

  stop() {
    this.#stopped = true;
    this.#sources.clear();
  }

  /** Starts the fetches that are due. The check does not wait for them. */
  #freshen() {
    const now = Date.now();
    for (const source of this.#sources.values()) {
      // The first fetch is left to an identification that needs it. If a clock was ahead, its times are not used.
      const due = source.nextAtMs > 0 && (now >= source.nextAtMs || isAhead(source.triedAtMs, now));
      if (due && !this.#justTried(source, now)) void this.#load(source);
    }
  }

  /** @param {Source} source @param {number} now */
  #justTried({ triedAtMs }, now) {
    return now - triedAtMs < this.#minRefetchMs && !isAhead(triedAtMs, now);
  }

  /**
   * Fetches the document that an identity lacks. Returns true if that may have helped.
   * @param {import("./index.js").Fetchable} missing
   */
  async #get(missing) {
    if (this.#stopped) return false;
    const sources = missing.keys !== undefined ? this.#keysOf(missing.keys) : [this.#listOf(missing.status_list)];
    const now = Date.now();
    const due = sources.filter((source) => source.pending !== null || !this.#justTried(source, now));
    return (await Promise.all(due.map((source) => this.#load(source)))).includes(true);
  }

  /** Loads a source. Concurrent callers share one load. @param {Source} source @returns {Promise<boolean>} */
  #load(source) {
    source.pending ??= this.#loadOnce(source).finally(() => {
      source.pending = null;
    });
    return source.pending;
  }

  /** @param {Source} source */
  async #loadOnce(source) {
    const before = source.triedAtMs;
    source.triedAtMs = Date.now();
    try {
      const { nextAtMs, asked } = await source.load(source.nextAtMs === 0);
      source.nextAtMs = nextAtMs;
      // A cached document may be older than the wanted one, so the network may be asked at once.
      if (!asked) source.triedAtMs = before;
      return true;
    } catch (error) {
      this.#report(error);
      source.nextAtMs = Date.now() + this.#minRefetchMs;
      return false;
    }
  }

  /** Returns the sources of an issuer's keys: several if combined rulesets name different ones. @param {string} iss */
  #keysOf(iss) {
    return this.#ruleset.issuers.flatMap((issuer) => (issuer.iss === iss && issuer.keys !== null ? [this.#keysFrom(iss, issuer.keys)] : []));
  }

  /**
   * @param {string} iss
   * @param {NonNullable<import("./index.js").IssuerDescription["keys"]>} keys
   */
  #keysFrom(iss, { jwks_uri: jwksUri, discovery }) {
    const source = jwksUri ?? discovery ?? "";
    return this.#source(`keys ${source} ${iss}`, async (first) => {
      const address = jwksUri ?? (await this.#discovered(iss, discovery, first));
      const { document, asked } = await this.#document(address, "application/jwk-set+json, application/json", JWKS_BYTES, first);
      const update = unlessOlder("keys.older", () => this.#ruleset.updateKeys(iss, document.text, document.fetched_at_ms, { source, now: Date.now() }));
      const odd = (update?.passed_over ?? []).filter(({ reason }) => !ORDINARY.has(reason));
      if (odd.length > 0) {
        this.#report(new Problem("upkeep.key_passed_over", address, odd.map(({ kid, reason }) => `${reason}: ${kid ?? "a key without `kid`"}`).join(", ")));
      }
      return { nextAtMs: document.fresh_until_ms, asked };
    });
  }

  /** @param {{ iss: string, uri: string }} list @returns {Source} */
  #listOf({ iss, uri }) {
    return this.#source(`list ${iss} ${uri}`, async (first) => {
      const { document, asked } = await this.#document(uri, "application/statuslist+jwt", STATUS_LIST_BYTES, first);
      const { text, fetched_at_ms: fetchedAt } = document;
      const update = unlessOlder("status.older", () => this.#ruleset.updateStatusList(iss, text.trim(), fetchedAt, { now: Date.now() }));
      if (update === null) return { nextAtMs: document.fresh_until_ms, asked };
      if (update.uri !== uri) throw new Problem("upkeep.status_list", uri, "the status list there says that it is another one");
      return { nextAtMs: fetchedAt + (update.until_ms - fetchedAt) * EARLY, asked };
    });
  }

  /** @param {string} name @param {Source["load"]} load @returns {Source} */
  #source(name, load) {
    let source = this.#sources.get(name);
    if (source === undefined) {
      source = { load, nextAtMs: 0, triedAtMs: -Infinity, pending: null };
      this.#sources.set(name, source);
    }
    return source;
  }

  /**
   * Reads the address of an issuer's keys from its metadata (OpenID Connect Discovery 1.0, section 4; RFC 8414, section 3).
   * @param {string} iss
   * @param {"openid" | "oauth" | null} discovery
   * @param {boolean} first
   */
  async #discovered(iss, discovery, first) {
    // A provider with many tenants has one configuration for all of them. Its `issuer` is the template.
    const url = this.#address(iss.replace("{tenantid}", "organizations"));
    const path = url.pathname.replace(/\/$/, "");
    url.pathname = discovery === "oauth" ? `/.well-known/oauth-authorization-server${path}` : `${path}/.well-known/openid-configuration`;
    const { document } = await this.#document(url.href, "application/json", METADATA_BYTES, first);
    let metadata;
    try {
      metadata = JSON.parse(document.text);
    } catch {
      throw new Problem("upkeep.discovery", url.href, "the issuer's metadata are not JSON");
    }
    if (metadata?.issuer !== iss) throw new Problem("upkeep.discovery", url.href, "the metadata there are of another issuer");
    if (typeof metadata.jwks_uri !== "string") throw new Problem("upkeep.discovery", url.href, "the issuer's metadata have no `jwks_uri`");
    return /** @type {string} */ (metadata.jwks_uri);
  }

  /**
   * Returns a document. The first time, a cached one if it is fresh; otherwise it is fetched. If that fails, returns the
   * cached one, and the module decides whether it is too old.
   * @param {string} address
   * @param {string} accept
   * @param {number} most bytes
   * @param {boolean} first
   * @returns {Promise<{ document: StoredDocument, asked: boolean }>}
   */
  async #document(address, accept, most, first) {
    const url = this.#address(address).href;
    const known = await this.#cache.get(url);
    const now = Date.now();
    const usable = known !== undefined && !isAhead(known.fetched_at_ms, now);
    if (usable && first && now < known.fresh_until_ms) return { document: known, asked: false };
    try {
      const document = await this.#fetched(url, accept, most, known);
      await this.#cache.set(url, document);
      return { document, asked: true };
    } catch (error) {
      if (!usable) throw error;
      this.#report(error);
      return { document: { ...known, fresh_until_ms: Date.now() + this.#minRefetchMs }, asked: true };
    }
  }

  /**
   * @param {string} url
   * @param {string} accept
   * @param {number} most
   * @param {StoredDocument | undefined} known
   * @returns {Promise<StoredDocument>}
   */
  async #fetched(url, accept, most, known) {
    let response;
    try {
      response = await this.#fetch(url, {
        headers: { accept, ...validators(known) }, redirect: "manual", signal: AbortSignal.timeout(this.#timeoutMs),
      });
    } catch (error) {
      throw new Problem("upkeep.fetch", url, error instanceof Error ? error.message : "the fetch failed");
    }
    const now = Date.now();
    const until = freshUntilMs(response.headers, now);
    if (response.status === 304 && known !== undefined) return { ...known, fetched_at_ms: now, fresh_until_ms: until };
    if (!response.ok) throw new Problem("upkeep.status", url, `the answer was ${response.status}`);
    return {
      text: await textOf(response, most, url), fetched_at_ms: now, fresh_until_ms: until,
      etag: response.headers.get("etag"), last_modified: response.headers.get("last-modified"),
    };
  }

  /** @param {string} text */
  #address(text) {
    const url = URL.canParse(text) ? new URL(text) : null;
    const loopback = this.#allowLoopback && url?.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
    if (url === null || (url.protocol !== "https:" && !loopback)) throw new Problem("upkeep.address", text, "the address does not begin with https://");
    return url;
  }

  /** @param {import("./index.js").SingleUse} use @param {number} now */
  async #claim({ key, until_ms: untilMs, holder }, now) {
    try {
      return (await this.#replayStore.claim(key, untilMs, now, holder)) === true;
    } catch (error) {
      // If the store cannot answer, the use counts as repeated.
      this.#report(new Problem("upkeep.replay_store", null, error instanceof Error ? error.message : "the store failed"));
      return false;
    }
  }

  /** @param {unknown} error */
  #report(error) {
    const { code, address, message } = error instanceof Problem ? error
      : { code: /** @type {const} */ ("upkeep.refused"), address: null, message: error instanceof Error ? error.message : "it was refused" };
    const cause = error instanceof Error && "code" in error && code === "upkeep.refused" ? `${error.code}: ` : "";
    try {
      this.#onProblem(Object.freeze({ code, address, message: `${cause}${message}` }));
    } catch {
      // An error in the host's callback must not stop a check.
    }
  }
}

class Problem extends Error {
  /** @param {import("./index.js").MaintenanceProblem["code"]} code @param {string | null} address @param {string} message */
  constructor(code, address, message) {
    super(message);
    this.code = code;
    this.address = address;
  }
}

/** True if an instant was set by a clock that was ahead. @param {number} at @param {number} now */
function isAhead(at, now) {
  return at > now + CLOCK_MS;
}

/**
 * Runs an update. Null if the module already has a newer document.
 * @template T
 * @param {string} code
 * @param {() => T} update
 */
function unlessOlder(code, update) {
  try {
    return update();
  } catch (error) {
    if (error instanceof UpdateError && "code" in error && error.code === code) return null;
    throw error;
  }
}

/**
 * Reads a response's text, up to the limit.
 * @param {Response} response
 * @param {number} most
 * @param {string} url
 */
async function textOf(response, most, url) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let length = 0;
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > most) throw new Problem("upkeep.too_large", url, `the answer is longer than ${most} bytes`);
      text += decoder.decode(value, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    await reader?.cancel().catch(() => {});
    throw error instanceof Problem ? error : new Problem("upkeep.fetch", url, "the answer broke off, or is not UTF-8");
  }
}
