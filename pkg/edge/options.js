/** Checks the edge's options once. A wrong setting stops the start, so that it never loosens the check of a call. */

import { MODEL_PATHS } from "../model-request.js";

/** @typedef {import("../edge.js").EdgeOptions} EdgeOptions */
/** @typedef {ReturnType<typeof readOptions>} Settings */

const KNOWN = [
  "bundle", "trustRoot", "minimumVersion", "upstream", "country", "purpose", "degrade", "anonymous", "actions",
  "maxBodyBytes", "maxAnonymousBodyBytes", "members", "origins", "realm", "acrValues", "log", "maintenance", "publicOrigin", "dpopNonce",
];

/** @param {EdgeOptions} options */
export function readOptions(options) {
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) throw new TypeError(`createEdge: there is no option \`${name}\``);
  }
  const { upstream, country = "cf", degrade = "refuse", anonymous = "refuse", members = [] } = options;
  const { maxBodyBytes = 4 * 1024 * 1024, maxAnonymousBodyBytes = 64 * 1024 } = options;
  oneOf("degrade", degrade, ["refuse", "serve"]);
  oneOf("anonymous", anonymous, ["refuse", "check"]);
  if (typeof country === "string") oneOf("country", country, ["cf", "none"]);
  for (const [name, count] of Object.entries({ maxBodyBytes, maxAnonymousBodyBytes })) {
    if (!Number.isSafeInteger(count) || count < 1) throw new TypeError(`createEdge: ${name} is a count`);
  }
  if (!Array.isArray(members) || !members.every((name) => typeof name === "string")) {
    throw new TypeError("createEdge: members is a list of names");
  }
  if (options.dpopNonce !== undefined && typeof options.dpopNonce !== "function") {
    throw new TypeError("createEdge: dpopNonce is a function");
  }
  const base = new URL(upstream.url);
  if (base.search !== "" || base.hash !== "" || !/^https?:$/.test(base.protocol)) {
    throw new TypeError("createEdge: upstream.url is an http(s) address without query or fragment");
  }
  // Throws a TypeError if the header is not valid: at the start, not at each call.
  new Headers({ [upstream.credential.header]: upstream.credential.value });
  return {
    bundle: options.bundle,
    trustRoot: options.trustRoot,
    minimumVersion: options.minimumVersion,
    upstream: {
      base: base.href.replace(/\/+$/, ""),
      credential: upstream.credential,
      timeoutMs: upstream.timeoutMs ?? 60_000,
      responseHeaders: (upstream.responseHeaders ?? []).map((name) => name.toLowerCase()),
    },
    country,
    purpose: options.purpose,
    degrade,
    anonymous,
    actions: options.actions ?? MODEL_PATHS,
    maxBodyBytes,
    maxAnonymousBodyBytes: Math.min(maxBodyBytes, maxAnonymousBodyBytes),
    members,
    origins: new Set((options.origins ?? []).map(origin)),
    realm: options.realm ?? "brightline",
    acrValues: options.acrValues ?? ["low", "substantial", "high"],
    maintenance: options.maintenance,
    publicOrigin: options.publicOrigin === undefined ? undefined : origin(options.publicOrigin),
    dpopNonce: options.dpopNonce,
    log: options.log ?? ((line) => console.log(JSON.stringify(line))),
  };
}

/**
 * @param {string} name
 * @param {string} value
 * @param {readonly string[]} words
 */
function oneOf(name, value, words) {
  if (!words.includes(value)) throw new TypeError(`createEdge: ${name} is one of ${words.join(", ")}`);
}

/**
 * @param {string} text
 * @returns {string}
 */
function origin(text) {
  // Refuses `*` and `https://a.example/`, which browsers never send, and `null`, which pages of different sites share.
  if (!URL.canParse(text) || new URL(text).origin !== text || text === "null") {
    throw new TypeError(`createEdge: \`${text}\` is not an origin such as https://chat.example`);
  }
  return text;
}
