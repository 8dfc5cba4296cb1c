/** Calls the model API behind the edge. Only known headers pass in each direction, and the answer's body is not changed. */

/** @typedef {import("./options.js").Settings} Settings */

/** The headers that pass to the upstream: no credentials, and none that could choose another account or model. */
const REQUEST_HEADERS = ["accept", "anthropic-version", "anthropic-beta", "openai-beta", "idempotency-key"];
/** The headers that pass back: no cookies, no hop-by-hop headers, no account names. */
const RESPONSE_HEADERS = ["content-type", "retry-after", "retry-after-ms", "request-id", "x-request-id", "openai-version"];
const RESPONSE_PREFIXES = ["x-ratelimit-", "anthropic-ratelimit-"];

/** @typedef {{ ok: true, response: Response } | { ok: false, reason: string, detail: string }} Forwarded */

/**
 * @param {Request} request
 * @param {string} target path and query, as checked
 * @param {Uint8Array} body
 * @param {Settings["upstream"]} upstream
 * @returns {Promise<Forwarded>}
 */
export async function forward(request, target, body, upstream) {
  const headers = new Headers({ "content-type": "application/json", "accept-encoding": "identity" });
  for (const name of REQUEST_HEADERS) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  headers.set(upstream.credential.header, upstream.credential.value);
  const timeout = new AbortController();
  // Limits the time until the answer begins. Its stream may take longer.
  const timer = setTimeout(() => timeout.abort(), upstream.timeoutMs);
  try {
    const signal = AbortSignal.any([request.signal, timeout.signal]);
    // A redirect is not followed: it could carry the credential to another server.
    const init = /** @type {const} */ ({ method: "POST", headers, redirect: "manual", signal });
    return checked(await fetch(upstream.base + target, { ...init, body: /** @type {Uint8Array<ArrayBuffer>} */ (body) }), upstream);
  } catch {
    if (request.signal.aborted) return failed("client.gone", "The client went away.");
    if (timeout.signal.aborted) return failed("upstream.timeout", "The model did not begin to answer in time.");
    return failed("upstream.unreachable", "The model could not be reached.");
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {Response} response
 * @param {Settings["upstream"]} upstream
 * @returns {Forwarded}
 */
function checked(response, upstream) {
  const { status } = response;
  // These statuses are about the edge's credential. A client would think that they are about its own.
  if (status === 401 || status === 403 || status === 407) {
    void response.body?.cancel();
    return failed("upstream.credential", "The model API did not accept this service.");
  }
  if (status === 0 || status < 200 || (status >= 300 && status < 400)) {
    void response.body?.cancel();
    return failed("upstream.answer", "The model API did not answer as it should.");
  }
  const headers = new Headers();
  for (const [name, value] of response.headers) {
    if (passes(name, upstream)) headers.set(name, value);
  }
  return { ok: true, response: new Response(response.body, { status, headers }) };
}

/**
 * @param {string} name
 * @param {Settings["upstream"]} upstream
 */
function passes(name, { responseHeaders }) {
  return (
    RESPONSE_HEADERS.includes(name) ||
    responseHeaders.includes(name) ||
    RESPONSE_PREFIXES.some((prefix) => name.startsWith(prefix))
  );
}

/**
 * @param {string} reason
 * @param {string} detail
 * @returns {Forwarded}
 */
function failed(reason, detail) {
  return { ok: false, reason, detail };
}
