/** Makes the answers that are not the model's: RFC 9457 problem details, with the headers that each status requires. */

import { nonceNow } from "./incoming.js";

/** @typedef {import("../index.js").Decision} Decision */
/** @typedef {import("../edge.js").Problem} Problem */
/** @typedef {import("./options.js").Settings} Settings */

/** @type {Readonly<Record<number, string>>} */
const TITLES = {
  400: "The request cannot be read in one way only",
  401: "Sign in to use this model",
  403: "More is needed before this model can be used",
  404: "There is no such thing here",
  405: "The method is not allowed",
  413: "The request is too large",
  415: "The format of the request is not supported",
  451: "Not available for legal reasons",
  502: "The model could not be reached",
  503: "Nothing can be judged at present",
};

/**
 * @param {number} status
 * @param {string} reason
 * @param {string} detail
 * @param {Record<string, string>} [headers]
 * @param {Decision} [decision]
 * @returns {Response}
 */
export function problem(status, reason, detail, headers = {}, decision) {
  /** @type {Problem} */
  const body = {
    type: `urn:brightline:problem:${reason}`,
    title: TITLES[status] ?? "The call was refused",
    status,
    detail,
    reason,
    ...(decision && {
      decision,
      rule: decision.rule,
      basis: decision.basis,
      needs: decision.needs,
      alternatives: decision.alternatives,
      fallback: decision.fallback,
      interim: decision.interim,
      valid_until: decision.valid_until,
    }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...(decision && { "brightline-outcome": decision.outcome }),
      ...headers,
    },
  });
}

/**
 * Returns the answer to a call that was not allowed.
 * @param {Decision} decision
 * @param {boolean} signedIn whether a token was sent
 * @param {Settings} settings
 * @returns {Response}
 */
export function refusal(decision, signedIn, settings) {
  const { status, headers } = statusOf(decision, signedIn, settings);
  return problem(status, decision.reason, decision.message, headers, decision);
}

/**
 * Returns a `Bearer` challenge (RFC 6750 section 3). It has no error if no token was sent.
 * @param {string} realm
 * @param {Record<string, string | number | null>} [parameters]
 * @returns {{ "www-authenticate": string }}
 */
export function challenge(realm, parameters = {}) {
  const parts = Object.entries({ realm, ...parameters })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}="${headerText(String(value))}"`);
  return { "www-authenticate": `Bearer ${parts.join(", ")}` };
}

/**
 * Returns the challenge for a refused token. For a refused proof it is the challenge of RFC 9449 sections 7.1 and 9.
 * @param {string} reason
 * @param {string} message
 * @param {Pick<Settings, "realm" | "dpopNonce">} settings
 * @returns {Record<string, string>}
 */
export function tokenChallenge(reason, message, { realm, dpopNonce }) {
  const proof = reason.startsWith("token.proof") || reason === "token.replayed";
  if (!proof) return challenge(realm, { error: "invalid_token", error_description: message });
  const nonce = nonceNow(dpopNonce);
  const error = reason === "token.proof_nonce" ? "use_dpop_nonce" : "invalid_dpop_proof";
  const { "www-authenticate": bearer } = challenge(realm, { error, error_description: message });
  return { "www-authenticate": bearer.replace("Bearer", "DPoP"), ...(nonce !== undefined && { "dpop-nonce": headerText(nonce) }) };
}

/**
 * Returns a text that a quoted header value may contain: printable ASCII without quote and backslash (RFC 6750 section 3).
 * @param {string} text
 * @returns {string}
 */
export function headerText(text) {
  return text.replaceAll('"', "'").replace(/[^\x20-\x7e]|\\/gu, "?");
}

/**
 * @param {Decision} decision
 * @param {boolean} signedIn
 * @param {Settings} settings
 * @returns {{ status: number, headers?: Record<string, string> }}
 */
function statusOf(decision, signedIn, { realm, acrValues, dpopNonce }) {
  switch (decision.decided_by) {
    case "token":
      return { status: 401, headers: tokenChallenge(decision.reason, decision.message, { realm, dpopNonce }) };
    case "request":
      return { status: decision.reason === "request.model_unknown" ? 404 : 400 };
    case "rule":
    case "default":
      break;
    default:
      return { status: 503 };
  }
  switch (decision.outcome) {
    case "step_up":
      if (!signedIn) return { status: 401, headers: challenge(realm) };
      return { status: 403, headers: challenge(realm, stepUp(decision, acrValues)) };
    case "review":
      return { status: 403 };
    default:
      return { status: 451, headers: blockedBy(decision) };
  }
}

/**
 * Returns the requirements on a new authentication (RFC 9470). They are those of the first path, the cheapest in privacy.
 * @param {Decision} decision
 * @param {readonly string[]} acrValues
 */
function stepUp(decision, acrValues) {
  const needs = decision.needs[0]?.evidence ?? [];
  const ages = needs.flatMap(({ max_age }) => (max_age === null ? [] : [max_age]));
  const assurance = Math.max(0, ...needs.map((need) => need.assurance));
  return {
    error: "insufficient_user_authentication",
    error_description: decision.message,
    acr_values: acrValues[assurance - 1] ?? null,
    max_age: ages.length > 0 ? Math.min(...ages) : null,
  };
}

/**
 * Returns the link to the legal basis (RFC 7725 section 4).
 * @param {Decision} decision
 * @returns {Record<string, string>}
 */
function blockedBy(decision) {
  const url = decision.basis?.url ?? null;
  // The parser's own form of the URL: nothing in it can end the header or the link.
  if (url === null || !URL.canParse(url)) return {};
  const { protocol, href } = new URL(url);
  return /^https?:$/.test(protocol) ? { link: `<${href}>; rel="blocked-by"` } : {};
}
