/** Computes how long a response is fresh (RFC 9111), with the rules that small public documents need. */

/** The longest and the shortest time for which a document is fresh. */
const MOST_MS = 24 * 60 * 60 * 1000;
const LEAST_MS = 30 * 1000;

/**
 * Returns the instant until which a response is fresh (sections 4.2.1 and 4.2.3).
 * @param {Headers} headers
 * @param {number} now milliseconds since 1970
 */
export function freshUntilMs(headers, now) {
  return now + Math.min(MOST_MS, Math.max(LEAST_MS, lifetime(headers, now) - age(headers)));
}

/** @param {Headers} headers @param {number} now */
function lifetime(headers, now) {
  const directives = (headers.get("cache-control") ?? "").toLowerCase().split(",").map((one) => one.trim());
  if (directives.includes("no-store") || directives.includes("no-cache")) return 0;
  const most = directives.find((one) => one.startsWith("max-age="));
  const seconds = most === undefined ? NaN : Number(most.slice("max-age=".length).replaceAll('"', ""));
  if (seconds >= 0) return seconds * 1000;
  const expires = Date.parse(headers.get("expires") ?? "");
  const date = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(expires) ? 0 : expires - (Number.isNaN(date) ? now : date);
}

/** @param {Headers} headers */
function age(headers) {
  const seconds = Number(headers.get("age") ?? 0);
  return seconds > 0 ? seconds * 1000 : 0;
}

/**
 * Returns the headers of a conditional request (section 4.3.1).
 * @param {{ etag: string | null, last_modified: string | null } | undefined} known
 * @returns {Record<string, string>}
 */
export function validators(known) {
  return {
    ...(known?.etag ? { "if-none-match": known.etag } : {}),
    ...(known?.last_modified ? { "if-modified-since": known.last_modified } : {}),
  };
}
