/**
 * Brightline at the edge: the model's credential lives here, so this is where the check is enforced. The steps of a call are
 * its address, headers, token and body, then the decision, then the upstream. A call that is refused at any step is answered
 * with a problem. The body is not read before the token verifies, so the limits on tokens bound the work and memory for an
 * unknown caller. A call without a token, if the settings allow such calls, has a small limit on its body.
 */

import { contextOf, credentials, readBytes } from "./edge/incoming.js";
import { finish, preflight } from "./edge/cors.js";
import { forward } from "./edge/upstream.js";
import { listModels } from "./edge/models.js";
import { opener } from "./edge/opener.js";
import { readOptions } from "./edge/options.js";
import { challenge, headerText, problem, refusal } from "./edge/problem.js";
import { readModelRequest, readModelTarget, replaceModel } from "./model-request.js";

/** @typedef {import("./index.js").Decision} Decision */
/** @typedef {import("./edge/options.js").Settings} Settings */
/** @typedef {import("./edge/opener.js").Opened} Opened */
/** @typedef {import("./model-request.js").ModelRequest} ModelRequest */

/** The path of the list of models, which the edge answers itself. */
const MODELS = "/v1/models";

/**
 * The answer to one call, and the facts about it for the log.
 * @typedef {{ response: Response, reason?: string, decision?: Decision, served?: string }} Answer
 */

/**
 * @param {import("./edge.js").EdgeOptions} options
 * @returns {import("./edge.js").Edge}
 */
export function createEdge(options) {
  const settings = readOptions(options);
  const open = opener(settings);
  return {
    async fetch(request, platform) {
      const early = preflight(request, settings.origins);
      if (early !== null) return finish(early, request, settings.origins);
      const opened = await open();
      const answer = await answered(request, platform, opened, settings);
      discard(request);
      const response = finish(answer.response, request, settings.origins);
      report(answer, opened, settings);
      return response;
    },
  };
}

/**
 * Cancels a body that was not read.
 * @param {Request} request
 */
function discard({ body, bodyUsed }) {
  if (body !== null && !bodyUsed && !body.locked) void body.cancel().catch(() => {});
}

/**
 * @param {Request} request
 * @param {unknown} platform
 * @param {Opened} opened
 * @param {Settings} settings
 * @returns {Promise<Answer>}
 */
async function answered(request, platform, opened, settings) {
  if (!opened.ok) return said(503, opened.code, "This service has no ruleset that it can trust, so it serves nothing.");
  try {
    return await judged(request, platform, opened, settings);
  } catch {
    // Nothing has been allowed. The error could quote the request, so it is not logged.
    return said(503, "engine.failed", "The check could not be carried out, so nothing is served.");
  }
}

/**
 * @param {Request} request
 * @param {unknown} platform
 * @param {Extract<Opened, { ok: true }>} opened
 * @param {Settings} settings
 * @returns {Promise<Answer>}
 */
async function judged(request, platform, { ruleset, maintenance, models }, settings) {
  const { pathname } = new URL(request.url);
  const listing = pathname === MODELS && request.method === "GET";
  const target = readModelTarget(request.url, request.method, settings.actions);
  if (!listing && !target.ok) {
    return said(target.status, target.code, target.message, target.status === 405 ? { allow: "POST" } : {});
  }

  const sent = credentials(request, settings);
  if (!sent.ok) {
    const header = challenge(settings.realm, { error: "invalid_request" });
    return said(400, "token.header", "The Authorization header must hold one bearer token, or one DPoP token with its DPoP header.", header);
  }
  const { token, proof } = sent;
  if (token === null && settings.anonymous === "refuse") {
    return said(401, "token.absent", "Sign in and send the token as a bearer token.", challenge(settings.realm));
  }

  const context = contextOf(request, platform, settings);
  const now = Date.now();
  // A DPoP proof can be used once, so a request with one is identified once. A token alone is cached between requests.
  const identified = () => maintenance.identify(token, { now, ...(proof !== null && { proof }) });
  if (listing) {
    const identity = await identified();
    const answer = listModels(ruleset, identity, context, settings);
    identity.free();
    return answer;
  }

  const identity = proof === null ? null : await identified();
  /** @param {import("./index.js").AccessRequest} asked */
  const check = async (asked) => (identity === null ? maintenance.check({ ...asked, token }) : identity.check(asked));
  try {
    if (token !== null) {
      // Checks the token alone. No model has an empty name, so with an accepted token the request is refused. Any other
      // decision is final.
      const accepted = await check({ model: "", action: "", now });
      if (accepted.decided_by !== "request") return { response: refusal(accepted, true, settings), decision: accepted };
    }
    const asked = await readAsked(request, models, token === null ? settings.maxAnonymousBodyBytes : settings.maxBodyBytes, settings);
    if ("response" in asked) return asked;
    // A body can take long to arrive. The token must still be valid when the model is called.
    const then = Date.now();
    return await decided(request, token, asked, settings, (model, action) => check({ model, action, context, now: then }));
  } finally {
    identity?.free();
  }
}

/** @typedef {(model: string, action: string) => Promise<Decision>} Check */

/**
 * @param {Request} request
 * @param {string | null} token
 * @param {ModelRequest} asked
 * @param {Settings} settings
 * @param {Check} check
 * @returns {Promise<Answer>}
 */
async function decided(request, token, asked, settings, check) {
  const decision = await check(asked.model, asked.action);
  if (decision.allowed) return serve(request, asked, decision, decision, settings);
  if (decision.outcome === "degrade" && settings.degrade === "serve" && decision.fallback?.action === asked.action) {
    // The fallback is checked like any model: it is served because it is allowed, not because a rule named it.
    const second = await check(decision.fallback.model, decision.fallback.action);
    if (second.allowed) return serve(request, asked, decision, second, settings);
  }
  return { response: refusal(decision, token !== null, settings), decision };
}

/**
 * @param {Request} request
 * @param {ReadonlySet<string>} models the catalogue
 * @param {number} most bytes
 * @param {Settings} settings
 * @returns {Promise<ModelRequest | Answer>}
 */
async function readAsked(request, models, most, { actions, members }) {
  const { headers } = request;
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    return said(415, "request.content_encoding", "The body must not be compressed.", { "accept-encoding": "identity" });
  }
  const bytes = await readBytes(request, most);
  if (bytes === null) return said(413, "request.too_large", `The body may have ${most} bytes at most.`);
  const asked = readModelRequest(request.url, request.method, bytes, headers.get("content-type"), actions, { members, models });
  return asked.ok ? asked : said(asked.status, asked.code, asked.message);
}

/**
 * Forwards the call with the allowed model: the requested one, or the fallback if the decision was to degrade.
 * @param {Request} request
 * @param {ModelRequest} asked
 * @param {Decision} decision
 * @param {Decision} allowed
 * @param {Settings} settings
 * @returns {Promise<Answer>}
 */
async function serve(request, asked, decision, allowed, settings) {
  const instead = decision !== allowed;
  const body = instead ? replaceModel(asked, allowed.model) : new TextEncoder().encode(asked.text);
  const forwarded = await forward(request, asked.path + new URL(request.url).search, body, settings.upstream);
  if (!forwarded.ok) return { ...said(502, forwarded.reason, forwarded.detail), decision };
  const { response } = forwarded;
  response.headers.set("brightline-outcome", decision.outcome);
  if (instead) {
    response.headers.set("brightline-served-model", headerText(allowed.model));
    response.headers.set("brightline-reason", headerText(decision.reason));
  }
  if (allowed.obligations.length > 0) {
    response.headers.set("brightline-obligations", headerText(allowed.obligations.map(({ id }) => id).join(", ")));
  }
  return { response, decision, served: allowed.model };
}

/**
 * @param {number} status
 * @param {string} reason
 * @param {string} detail
 * @param {Record<string, string>} [headers]
 * @returns {Answer & { reason: string }}
 */
function said(status, reason, detail, headers) {
  return { response: problem(status, reason, detail, headers), reason };
}

/**
 * @param {Answer} answer
 * @param {Opened} opened
 * @param {Settings} settings
 */
function report({ response, reason, decision, served }, opened, { log }) {
  const known = opened.ok && decision !== undefined && opened.models.has(decision.model);
  const acted = opened.ok && decision !== undefined && opened.actions.has(decision.action);
  try {
    log({
      at: new Date().toISOString(),
      outcome: decision?.outcome ?? null,
      reason: reason ?? decision?.reason ?? "none",
      rule: decision?.rule ?? null,
      ruleset: opened.ok ? opened.ruleset.id : null,
      version: opened.ok ? opened.ruleset.version : null,
      model: known ? decision.model : null,
      action: acted ? decision.action : null,
      served: served ?? null,
      status: response.status,
      // This detail is about the deployment, never about a caller.
      ...(!opened.ok && { detail: opened.detail }),
    });
  } catch {
    // A failing log must not turn the answer into an error, since the client would then retry a call that was served.
  }
}
