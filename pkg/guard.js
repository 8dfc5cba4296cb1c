/**
 * A fetch that checks each model call before it is made.
 *
 * What is sent is what was judged. The call is read once, at once: address, method, headers and body are copied before
 * anything is awaited, the body is read as bytes, and those very bytes go out, so that nothing that the caller still
 * holds (an init object, a buffer, a stream that gives something else the second time) can change between the check and
 * the call. A body that two readers could read in two ways, such as one with two `model` members, is refused: the module
 * would judge one and an upstream might serve the other.
 */

import { readContext } from "./context.js";
import { Ruleset } from "./core.js";
import { refusal } from "./engine.js";
import { AccessError } from "./errors.js";
import { MODEL_PATHS, readModelRequest, withModel } from "./model-request.js";
import { kind, readFields, readFunction, readOptionalBoolean, readString } from "./strict.js";

/** @typedef {import("./index.js").Decision} Decision */
/** @typedef {import("./index.js").GuardOptions} GuardOptions */
/** @typedef {import("./model-request.js").ModelRequest} ModelRequest */
/** @typedef {typeof globalThis.fetch} Fetch */
/** @typedef {{ url: URL, method: string, headers: Headers, request: Request, extras: RequestInit | null }} Call */

const OPTIONS = ["ruleset", "token", "context", "fallback", "action", "onDecision"];

/** By how an address ends, since each service has its own beginning. */
const ENDINGS = Object.entries({ ...MODEL_PATHS, "/v1/images/generations": "image" }).map(
  ([path, action]) => /** @type {const} */ ([path.slice("/v1".length), action]),
);

/** Calls that reach no model: the list of models and one entry of it. */
const LISTING = /\/models(?:\/[^/]+)?\/?$/;
/** What clients of the two APIs put behind an address; anything else could say something that was not judged. */
const QUERY = /^(?:\?(?:beta=true|api-version=[\w.-]{1,40}))?$/;

/** @type {typeof import("./index.js").guard} */
export function guard(fetch, options) {
  const where = "guard()";
  /** @type {Fetch} */
  const send = readFunction(where, "fetch", fetch);
  const settings = readOptions(where, options);
  return async (input, init) => {
    const call = readCall(input, init);
    if (isListing(call)) return forward(send, call, null);
    const asked = await readAsked(call, settings);
    const ask = await asker(asked.action, settings);
    const decision = ask(asked.model);
    // Not sent for a caller who has given up meanwhile.
    call.request.signal?.throwIfAborted();
    if (decision.allowed) return forward(send, call, asked.text);
    const instead = settings.fallback ? servingOf(decision) : null;
    // Another action would be another call, which cannot be made in the place of this one. And the other model is judged
    // like any: it is served because it is allowed, not because a rule named it.
    if (instead !== null && instead.action === asked.action && ask(instead.model).allowed) {
      return forward(send, call, new TextDecoder().decode(withModel(asked, instead.model)));
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
  // A context that stays the same is read now, so that a mistake shows when the app starts.
  if (typeof context !== "function") readContext(where, context, ruleset.context);
  /** @type {NonNullable<GuardOptions["action"]> | undefined} */
  const action = fields.action === undefined ? undefined : readFunction(where, "action", fields.action);
  /** @type {NonNullable<GuardOptions["onDecision"]> | undefined} */
  const onDecision = fields.onDecision === undefined ? undefined : readFunction(where, "onDecision", fields.onDecision);
  const fallback = readOptionalBoolean(where, "fallback", fields.fallback) ?? false;
  return { ruleset, token, context, fallback, action, onDecision };
}

/**
 * Copies the call. `Request` merges an input and an init as fetch itself does.
 * @param {Parameters<Fetch>[0]} input
 * @param {Parameters<Fetch>[1]} init
 * @returns {Call}
 */
function readCall(input, init) {
  const request = new Request(input, init);
  // Options that only this host's fetch knows (a dispatcher, an agent, caching) are handed on. A Request keeps its own.
  const extras = isRequest(input) ? null : { ...init };
  return { url: new URL(request.url), method: request.method, headers: new Headers(request.headers), request, extras };
}

/** @param {unknown} input @returns {input is Request} */
function isRequest(input) {
  return typeof input === "object" && input !== null && !(input instanceof URL) && "url" in input;
}

/** @param {Call} call */
function isListing({ url, method }) {
  return method === "GET" && LISTING.test(url.pathname) && !url.pathname.includes("/deployments/");
}

/**
 * Which model and action the call asks for.
 * @param {Call} call
 * @param {Settings} settings
 * @returns {Promise<ModelRequest>}
 */
async function readAsked(call, settings) {
  const { url, method, headers } = call;
  const known = knownAction(url);
  if (known === null && settings.action === undefined) {
    const message = `No model API is known at ${shown(url)}, so what it does cannot be judged; name its action with \`action\`.`;
    throw refuse("request.path_unknown", message);
  }
  if (!QUERY.test(url.search)) {
    throw refuse("request.query", "A model call takes no query string; put everything in the body.");
  }
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw refuse("request.unreadable", "The body is compressed, so what it asks for cannot be read.");
  }
  const bytes = await readBytes(call.request);
  const address = url.origin + url.pathname;
  /** @type {Record<string, string>} */
  const paths = Object.create(null);
  paths[url.pathname] = known ?? "";
  const asked = readModelRequest(address, method, bytes, headers.get("content-type"), paths);
  if (!asked.ok) throw refuse(asked.code, asked.message);
  const named = settings.action?.(new URL(url), structuredClone(asked.json)) ?? known;
  if (named === null) throw refuse("request.path_unknown", `\`action\` named no action for ${shown(url)}.`);
  return { ...asked, action: readString("guard()", "action", named) };
}

/**
 * The action at an address. One that names a deployment says a second time which model it is for, and is not known.
 * @param {URL} url
 * @returns {string | null}
 */
function knownAction({ pathname }) {
  if (pathname.includes("/deployments/")) return null;
  return ENDINGS.find(([ending]) => pathname.endsWith(ending))?.[1] ?? null;
}

/** @param {Request} request */
async function readBytes(request) {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    // Given up, which is not unreadable.
    request.signal?.throwIfAborted();
    throw refuse("request.unreadable", "The body cannot be read, so what it asks for cannot be judged.", error);
  }
}

/**
 * Asks for the token and the context once a call, and then for as many models as need be.
 * @param {string} action
 * @param {Settings} settings
 * @returns {Promise<(model: string) => Decision>}
 */
async function asker(action, { ruleset, token: tokenOption, context: contextOption, onDecision }) {
  const token = typeof tokenOption === "function" ? await tokenOption() : tokenOption;
  // Nobody is said with null: what a function forgot to return is a mistake.
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
 * Makes the call, with the body that was judged.
 * @param {Fetch} send
 * @param {Call} call
 * @param {string | null} body null: there is none
 * @returns {Promise<Response>}
 */
function forward(send, { request, url, method, headers, extras }, body) {
  // Counted anew, and no longer a stream.
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

/** @param {URL} url the address without what may be secret in it */
function shown(url) {
  return url.origin + url.pathname;
}
