/** What a request brings: its tokens, and what shows that they are the sender's. Read strictly. */

import { cut, kind, readFields, readList, readOptionalString, readString, readTokens } from "./strict.js";

/** A little more than the module reads (`src/limits.rs`): what is longer is refused there, and makes no memory grow. */
const MOST = { tokens: 16 + 1, token: 64 * 1024 + 1, proof: 8 * 1024 + 1, text: 8 * 1024 + 1 };

/** The fields beside the token. */
export const PRESENTED = ["nonce", "proof"];
const PROOF = ["jwt", "method", "url", "nonce"];

/**
 * @typedef {object} Presentation
 * @property {string[]} tokens
 * @property {string | undefined} nonce
 * @property {string[]} proofs of each the JWT, the method, the address and the nonce, in turn
 */

/**
 * @param {string} where
 * @param {unknown} token
 * @param {import("./strict.js").Fields} fields
 * @returns {Presentation}
 */
export function readPresentation(where, token, fields) {
  const tokens = readTokens(where, token);
  if (tokens.length > MOST.tokens) tokens.length = MOST.tokens;
  for (let index = 0; index < tokens.length; index += 1) tokens[index] = cut(tokens[index] ?? "", MOST.token);
  const nonce = cut(readNonce(where, fields.nonce), MOST.text);
  return { tokens, nonce, proofs: fields.proof === undefined ? [] : readProofs(where, fields.proof) };
}

/**
 * The nonce that this host gave. An empty text is not a nonce: a host that has lost its own must not accept every proof.
 * @param {string} where
 * @param {unknown} value
 */
function readNonce(where, value) {
  const nonce = readOptionalString(where, "nonce", value);
  if (nonce === "") throw new TypeError(`${where}: \`nonce\` must not be empty; leave it out where this host gave none`);
  return nonce;
}

/**
 * @param {string} where
 * @param {unknown} value one proof or a list of them
 * @returns {string[]}
 */
function readProofs(where, value) {
  const list = Array.isArray(value) ? readList(where, "proof", value).slice(0, MOST.tokens) : [value];
  return list.flatMap((item) => {
    if (typeof item !== "object" || item === null) {
      throw new TypeError(`${where}: \`proof\` must be an object with \`jwt\`, \`method\` and \`url\`, not ${kind(item)}`);
    }
    const fields = readFields(where, "a proof", item, PROOF);
    return [
      cut(readString(where, "jwt", fields.jwt), MOST.proof),
      cut(readString(where, "method", fields.method), MOST.text),
      cut(readString(where, "url", fields.url), MOST.text),
      cut(readNonce(where, fields.nonce) ?? "", MOST.text),
    ];
  });
}
