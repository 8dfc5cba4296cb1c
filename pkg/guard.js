/**
 * A fetch that checks each model call before it is made.
 *
 * INVARIANT: the call that is sent is the call that was checked. Address, method and headers are copied before anything
 * is awaited. The body is read once, as bytes, and exactly these bytes are sent. So nothing that the caller still holds
 * (an init object, a buffer, a stream that differs the second time) can change between the check and the call. A body
 * that two readers could read differently, such as one with two `model` members, is refused: the module would evaluate
 * one model, and an upstream might serve the other.
 */

import { readContext } from "./context.js";
import { Ruleset } from "./core.js";
import { refusal } from "./engine.js";
import { AccessError } from "./errors.js";
import { couldName, headerCouldName } from "./model-members.js";
import { MODEL_PATHS, readModelBody, replaceModel } from "./model-request.js";
import { kind, readFields, readFunction, readList, readOptionalBoolean, readString } from "./strict.js";

/** @typedef {import("./index.js").Decision} Decision */
/** @typedef {import("./index.js").GuardOptions} GuardOptions */
/** @typedef {import("./model-request.js").ModelRequest} ModelRequest */
/** @typedef {typeof globalThis.fetch} Fetch */
/** @typedef {{ url: URL, method: string, headers: Headers, request: Request, extras: RequestInit | null }} Call */

const OPTIONS = ["ruleset", "token", "context", "base", "members", "headers", "fallback", "action", "onDecision"];

/** The base URLs of the two APIs. The app names the base URL of any other service. */
const BASES = ["https://api.openai.com/v1", "https://api.anthropic.com/v1"];
/** The action of each path behind a base. */
const PATHS = new Map(
  Object.entries({ ...MODEL_PATHS, "/v1/images/generations": "image" }).map(([path, action]) => [path.slice("/v1".length), action]),
);

/**
 * Paths behind a base that reach no model: the list of models and one entry of it. A colon would introduce a method.
 */
const LISTING = /^\/models(?:\/[\w.-]+)?$/;
/** Paths behind a base without escapes, parameters and empty segments. */
const PLAIN = /^(?:\/[\w.-]+)+$/;
/** Headers of the two clients and of every fetch. No value of them chooses a model. */
const HEADERS =
  /^(?:accept(?:-.+)?|authorization|x-api-key|api-key|content-type|content-length|content-encoding|user-agent|referer|http-referer|cookie|anthropic-(?:version|beta|dangerous-direct-browser-access)|openai-(?:organization|project|beta)|x-stainless-[a-z-]+|idempotency-key|traceparent|tracestate)$/;
/** The queries that clients of the two APIs send. Any other query could carry something that was not checked. */
const QUERY = /^(?:\?(?:beta=true|api-version=[\w.-]{1,40}))?$/;

/** @type {typeof import("./index.js").guard} */
export function guard(fetch, options) {
  const where = "guard()";
  /** @type {Fetch} */
  const send = readFunction(where, "fetch", fetch);
  const settings = readOptions(where, options);
  return async (input, init) => {
    const call = readCall(input, init);
    const path = pathOf(call, settings);
    refuseHeaders(call, settings);
    if (isListing(call, path)) return forward(send, call, null);
    const asked = await readAsked(call, path, settings);
    const ask = await asker(asked.action, settings);
    const decision = ask(asked.model);
    // Do not send a call that the caller has aborted meanwhile.
    call.request.signal?.throwIfAborted();
    if (decision.allowed) return forward(send, call, asked.text);
    const instead = settings.fallback ? servingOf(decision) : null;
    // Another action would be another call, which cannot replace this one. The other model is checked like any model:
    // it is served because it is allowed, not because a rule named it.
    if (instead !== null && instead.action === asked.action && ask(instead.model).allowed) {
      return forward(send, call, new TextDecoder().decode(replaceModel(asked, instead.model)));
    }
    throw new AccessError(decision);
  };
}

/** @param {Decision} decision */
function servingOf({ outcome, fallback, interim }) {
  if (outcome === "degrade") return fallback;
  return outcome === "step_up" ? interim : null;
}

/** @typedef {ReturnType<typeof readOptions>} Settings */

/**
 * @param {string} where
 * @param {unknown} options
 */
function readOptions(where, options) {
  const fields = readFields(where, "the options", options, OPTIONS);
  const { ruleset, token, context } = fields;
  if (!(ruleset instanceof Ruleset)) {
    throw new TypeError(`${where}: \`ruleset\` must be what openRuleset() returned, not ${kind(ruleset)}`);
  }
  if (token !== null && typeof token !== "string" && !Array.isArray(token) && typeof token !== "function") {
    throw new TypeError(`${where}: \`token\` must be a string, a list of strings, null or a function, not ${kind(token)}`);
  }
  // A constant context is read now, so that a mistake shows when the app starts.
  if (typeof context !== "function") readContext(where, context, ruleset.context);
  /** @type {NonNullable<GuardOptions["action"]> | undefined} */
  const action = fields.action === undefined ? undefined : readFunction(where, "action", fields.action);
  /** @type {NonNullable<GuardOptions["onDecision"]> | undefined} */
  const onDecision = fields.onDecision === undefined ? undefined : readFunction(where, "onDecision", fields.onDecision);
  const fallback = readOptionalBoolean(where, "fallback", fields.fallback) ?? false;
  const bases = (fields.base === undefined ? BASES : Array.isArray(fields.base) ? readList(where, "base", fields.base) : [fields.base])
    .map((base) => readBase(where, base));
  const [members, headers] = ["members", "headers"].map((name) =>
    fields[name] === undefined ? [] : readList(where, name, fields[name]).map((item) => readString(where, name, item)));
  return {
    ruleset, token, context, bases, members: members ?? [], headers: new Set(headers?.map((name) => name.toLowerCase())),
    models: new Set(ruleset.models.map(({ id }) => id.toLowerCase())), fallback, action, onDecision,
  };
}

/**
 * Reads the base URL of a model API.
 * @param {string} where
 * @param {unknown} value
 * @returns {{ origin: string, path: string }}
 */
function readBase(where, value) {
  const text = readString(where, "base", value);
  const url = URL.canParse(text) ? new URL(text) : null;
  const path = url?.pathname.replace(/\/$/, "") ?? "";
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username + url.password === "";
  if (!plain || (path !== "" && !/^(?:\/[\w.~@-]+)+$/.test(path))) {
    throw new TypeError(`${where}: \`base\` must be the address that a model API's paths follow, such as https://api.openai.com/v1`);
  }
  if (/deployment|engine/i.test(path)) {
    throw new TypeError(`${where}: \`base\` must not name a deployment or an engine, since that chooses the model and the body is judged`);
  }
  return { origin: url.origin, path };
}

/**
 * Copies the call. `Request` merges an input and an init exactly as fetch does.
 * @param {Parameters<Fetch>[0]} input
 * @param {Parameters<Fetch>[1]} init
 * @returns {Call}
 */
function readCall(input, init) {
  const request = new Request(input, init);
  // Options that only this host's fetch knows (a dispatcher, an agent, caching) are passed on. A Request keeps its own.
  const extras = isRequest(input) ? null : { ...init };
  return { url: new URL(request.url), method: request.method, headers: new Headers(request.headers), request, extras };
}

/** @param {unknown} input @returns {input is Request} */
function isRequest(input) {
  return typeof input === "object" && input !== null && !(input instanceof URL) && "url" in input;
}

/**
 * Returns the path behind the base, compared exactly.
 * @param {Call} call
 * @param {Settings} settings
 * @returns {string}
 */
function pathOf({ url, method }, { bases, action, models }) {
  for (const { origin, path: base } of bases) {
    if (url.origin !== origin || !url.pathname.startsWith(`${base}/`)) continue;
    const path = url.pathname.slice(base.length);
    if (PATHS.has(path) || (LISTING.test(path) && method === "GET")) return path;
    // At an address that only the app knows, no segment may name a model in addition to the body.
    const plain = PLAIN.test(path) && !path.split("/").some((part) => couldName(part) || models.has(part.toLowerCase()));
    if (action !== undefined && plain) return path;
  }
  const help = action === undefined ? "name the service's `base`, or the `action` that it is" : "name the service's `base`";
  throw refuse("request.path_unknown", `No model API is known at ${shown(url)}, so the call cannot be judged; ${help}.`);
}

/**
 * Refuses a call whose headers could choose another model, another method or another address.
 * @param {Call} call
 * @param {Settings} settings
 */
function refuseHeaders({ headers }, settings) {
  for (const [name, value] of headers) {
    if (settings.headers.has(name) || HEADERS.test(name)) continue;
    if (!headerCouldName(name) && !valueCouldName(value, settings.models)) continue;
    throw refuse("request.model_ambiguous", `The header \`${name}\` could choose another model; leave it out, or name it in \`headers\`.`);
  }
}

/**
 * @param {string} value of a header
 * @param {ReadonlySet<string>} models
 */
function valueCouldName(value, models) {
  // The value may be JSON, or have escapes.
  if (/[[{%]/.test(value)) return couldName(value);
  return value.toLowerCase().split(/[\s,;="']+/).some((part) => models.has(part));
}

/** @param {Call} call @param {string} path behind the base */
function isListing({ url, method }, path) {
  return method === "GET" && LISTING.test(path) && QUERY.test(url.search);
}

/**
 * Reads the model and action that the call asks for.
 * @param {Call} call
 * @param {string} path behind the base
 * @param {Settings} settings
 * @returns {Promise<ModelRequest>}
 */
async function readAsked(call, path, { members, models, ...settings }) {
  const { url, method, headers } = call;
  if (method !== "POST") throw refuse("request.method", "A model is called with POST.");
  if (!QUERY.test(url.search)) {
    throw refuse("request.query", "A model call takes no query string; put everything in the body.");
  }
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw refuse("request.unreadable", "The body is compressed, so what it asks for cannot be read.");
  }
  const bytes = await readBytes(call.request);
  const known = PATHS.get(path) ?? null;
  const asked = readModelBody(bytes, headers.get("content-type"), path, known ?? "", { members, models });
  if (!asked.ok) throw refuse(asked.code, asked.message);
  const named = settings.action?.(new URL(url), JSON.parse(asked.text)) ?? known;
  if (named === null) throw refuse("request.path_unknown", `\`action\` named no action for ${shown(url)}.`);
  return { ...asked, action: readString("guard()", "action", named) };
}

/** @param {Request} request */
async function readBytes(request) {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    // An aborted call is not an unreadable one.
    request.signal?.throwIfAborted();
    throw refuse("request.unreadable", "The body cannot be read, so what it asks for cannot be judged.", error);
  }
}

/**
 * Gets the token and the context once per call. Returns the check of one model.
 * @param {string} action
 * @param {Settings} settings
 * @returns {Promise<(model: string) => Decision>}
 */
async function asker(action, { ruleset, token: tokenOption, context: contextOption, onDecision }) {
  const token = typeof tokenOption === "function" ? await tokenOption() : tokenOption;
  // A user who has not signed in is `null`. `undefined` is a function that forgot to return.
  if (token !== null && !Array.isArray(token)) readString("guard()", "the token", token);
  const context = typeof contextOption === "function" ? await contextOption() : contextOption;
  const now = Date.now();
  return (model) => {
    const decision = ruleset.check({ token, model, action, context, now });
    onDecision?.(decision);
    return decision;
  };
}

/**
 * Makes the call with the body that was checked.
 * @param {Fetch} send
 * @param {Call} call
 * @param {string | null} body null if the call has none
 * @returns {Promise<Response>}
 */
function forward(send, { request, url, method, headers, extras }, body) {
  // The body may have another length, and is no longer a stream.
  headers.delete("content-length");
  if (extras === null) return send(body === null ? request : new Request(request, { method, headers, body }));
  return send(url.href, body === null ? { ...extras, method, headers } : { ...extras, method, headers, body });
}

/**
 * @param {string} code
 * @param {string} message
 * @param {unknown} [cause]
 */
function refuse(code, message, cause) {
  return new AccessError(refusal("", "", Date.now(), null, { by: "request", reason: code, message }), cause);
}

/** Returns the address without the parts that may be secret. @param {URL} url */
function shown(url) {
  return url.origin + url.pathname;
}
