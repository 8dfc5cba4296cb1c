/** Cross-origin calls (CORS): pages of exactly the listed origins may call the edge and read its answers. */

import { problem } from "./problem.js";

/** Request headers that the clients of both APIs send from a page. */
const ALLOWED = /^(?:authorization|dpop|content-type|accept|anthropic-(?:version|beta|dangerous-direct-browser-access)|openai-beta|idempotency-key|x-stainless-[a-z-]{1,40})$/;
const EXPOSED = [
  "www-authenticate", "dpop-nonce", "link", "retry-after", "request-id", "x-request-id", "brightline-outcome",
  "brightline-reason", "brightline-obligations", "brightline-served-model",
];

/**
 * Returns the answer to a preflight. Null for any other request.
 * @param {Request} request
 * @param {ReadonlySet<string>} origins
 * @returns {Response | null}
 */
export function preflight(request, origins) {
  const { headers } = request;
  if (request.method !== "OPTIONS" || !headers.has("access-control-request-method")) return null;
  if (!origins.has(headers.get("origin") ?? "")) {
    return problem(403, "origin.not_listed", "Pages of this origin may not call this service.");
  }
  const asked = (headers.get("access-control-request-headers") ?? "").toLowerCase().split(",").map((name) => name.trim());
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": asked.filter((name) => ALLOWED.test(name)).join(", "),
      "access-control-max-age": "600",
    },
  });
}

/**
 * Sets the headers that every answer has. Changes the response itself, since a copy would have another body stream.
 * @param {Response} response
 * @param {Request} request
 * @param {ReadonlySet<string>} origins
 * @returns {Response}
 */
export function finish(response, request, origins) {
  response.headers.set("cache-control", "no-store");
  response.headers.set("vary", "Origin");
  response.headers.set("x-content-type-options", "nosniff");
  const origin = request.headers.get("origin") ?? "";
  if (origins.has(origin)) {
    response.headers.set("access-control-allow-origin", origin);
    response.headers.set("access-control-expose-headers", EXPOSED.join(", "));
  }
  return response;
}
