/** Reads the tokens of a request and the proof that they belong to the sender, strictly. */

import { cut, kind, readFields, readList, readOptionalString, readString, readTokens } from "./strict.js";

/** A little above the module's limits (`src/base/limits.rs`): the module refuses longer input, and memory stays bounded. */
const MOST = { tokens: 16 + 1, token: 64 * 1024 + 1, proof: 8 * 1024 + 1, text: 8 * 1024 + 1 };

/** The fields of a presentation in addition to the token. */
export const PRESENTED = ["nonce", "proof"];
const PROOF = ["jwt", "method", "url", "nonce"];

/**
 * @typedef {object} Presentation
 * @property {string[]} tokens
 * @property {string | undefined} nonce
 * @property {string[]} proofs four items for each proof: the JWT, the method, the URL and the nonce
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
 * Reads the nonce that this host gave. An empty text is a TypeError, since a host without a nonce would accept every proof.
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
