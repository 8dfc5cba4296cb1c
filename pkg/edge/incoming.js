/** What a request brings: its token, its body, and the country that the platform, never the caller, states. */

/** @typedef {import("./options.js").Settings} Settings */

/**
 * RFC 6750 section 2.1; a token anywhere else is not looked for.
 * @param {Headers} headers
 * @returns {{ ok: true, token: string | null } | { ok: false }}
 */
export function bearer(headers) {
  const value = headers.get("authorization");
  if (value === null || !/^bearer(?: |$)/i.test(value)) return { ok: true, token: null };
  // Two headers arrive as one with a comma, which no token holds.
  const token = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(value)?.[1];
  return token === undefined ? { ok: false } : { ok: true, token };
}

/**
 * @param {Request} request
 * @param {number} most
 * @returns {Promise<Uint8Array | null>} null where there is more than that
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
  // Sent twice it arrives with a comma and is no country, so an addition beside the proxy's own cannot choose.
  return request.headers.get(source.header) ?? undefined;
}
