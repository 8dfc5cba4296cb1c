/** Reads a request: its token, its body and its country. The platform states the country, never the caller. */

/** @typedef {import("./options.js").Settings} Settings */

/**
 * Reads the token and its proof from the headers (RFC 6750 section 2.1, RFC 9449 section 7.1). A token anywhere else is
 * ignored.
 * @param {Request} request
 * @param {Settings} settings
 * @returns {{ ok: true, token: string | null, proof: import("../index.js").DpopProof | null } | { ok: false }}
 */
export function credentials({ headers, method, url }, { publicOrigin, dpopNonce }) {
  const value = headers.get("authorization");
  if (value === null || !/^(?:bearer|dpop)(?: |$)/i.test(value)) return { ok: true, token: null, proof: null };
  // Two headers arrive as one value with a comma, which no token and no proof contains.
  const [, scheme, token] = /^(bearer|dpop) +([A-Za-z0-9._~+/-]+=*)$/i.exec(value) ?? [];
  if (scheme === undefined || token === undefined) return { ok: false };
  if (scheme.toLowerCase() === "bearer") return { ok: true, token, proof: null };
  const jwt = headers.get("dpop");
  if (jwt === null || !/^[A-Za-z0-9._-]+$/.test(jwt)) return { ok: false };
  const { origin, pathname } = new URL(url);
  const nonce = nonceNow(dpopNonce);
  return { ok: true, token, proof: { jwt, method, url: `${publicOrigin ?? origin}${pathname}`, ...(nonce !== undefined && { nonce }) } };
}

/**
 * Returns the nonce that proofs must have now. Throws if the host has lost its nonce, since it must not accept every proof.
 * @param {Settings["dpopNonce"]} dpopNonce
 * @returns {string | undefined} undefined if the host asks for no nonce
 */
export function nonceNow(dpopNonce) {
  if (dpopNonce === undefined) return undefined;
  const nonce = dpopNonce();
  if (typeof nonce !== "string" || nonce === "") throw new TypeError("createEdge: dpopNonce() must return a nonce, a text that is not empty");
  return nonce;
}

/**
 * @param {Request} request
 * @param {number} most
 * @returns {Promise<Uint8Array | null>} null if the body has more than `most` bytes
 */
export async function readBytes(request, most) {
  if (Number(request.headers.get("content-length") ?? 0) > most) return null;
  if (request.body === null) return new Uint8Array();
  const chunks = [];
  let length = 0;
  const reader = /** @type {ReadableStream<Uint8Array>} */ (request.body).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.byteLength;
    if (length > most) {
      await reader.cancel();
      return null;
    }
    chunks.push(next.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/**
 * @param {Request} request
 * @param {unknown} platform
 * @param {Settings} settings
 * @returns {{ country?: string, purpose?: string }}
 */
export function contextOf(request, platform, { country: source, purpose }) {
  const country = countryOf(request, platform, source);
  return { ...(typeof country === "string" && { country }), ...(purpose !== undefined && { purpose }) };
}

/**
 * @param {Request} request
 * @param {unknown} platform
 * @param {Settings["country"]} source
 * @returns {unknown}
 */
function countryOf(request, platform, source) {
  if (typeof source === "function") return source(request, platform);
  if (source === "none") return undefined;
  if (source === "cf") {
    /** @type {unknown} */
    const cf = "cf" in request ? request.cf : undefined;
    return typeof cf === "object" && cf !== null && "country" in cf ? cf.country : undefined;
  }
  // A header sent twice arrives as one value with a comma, which is no country. So a caller cannot override the proxy's.
  return request.headers.get(source.header) ?? undefined;
}
