/**
 * Brightline accepts tokens, proofs and credentials that other libraries made. The same code runs in Node and in a
 * browser, so it uses only what both provide.
 */

import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import * as jose from "jose";

const ISS = "https://idp.example";
const PID = "https://pid.example";
const AUDIENCE = "https://gate.example";
const URL_OF_CALL = "https://gate.example/v1/chat/completions";

/** @typedef {{ alg: string, private: import("jose").JWK, public: import("jose").JWK }} Pair */

/** @param {ArrayBuffer} bytes */
const base64url = (bytes) => jose.base64url.encode(new Uint8Array(bytes));
/** @param {string | ArrayBuffer | Uint8Array} data */
async function sha256(data) {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes)));
}

/**
 * @param {Pair} pair
 * @param {object} claims
 */
async function accessToken({ alg, private: key }, claims) {
  return new jose.SignJWT({ ...claims })
    .setProtectedHeader({ alg, kid: alg, typ: "at+jwt" }).setIssuer(ISS).setSubject("someone").setAudience(AUDIENCE)
    .setIssuedAt().setExpirationTime("5m").sign(await jose.importJWK(key, alg));
}

/**
 * An SD-JWT VC, made and presented by its JavaScript library.
 * @param {Pair} issuer
 * @param {Pair} holder
 */
async function wallet(issuer, holder) {
  const signer = async (/** @type {Pair} */ pair) => {
    const key = /** @type {CryptoKey} */ (await jose.importJWK(pair.private, pair.alg));
    return async (/** @type {string} */ data) =>
      base64url(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, new TextEncoder().encode(data)));
  };
  return new SDJwtVcInstance({
    signAlg: "ES256", signer: await signer(issuer), hashAlg: "sha-256", hasher: sha256,
    saltGenerator: async () => base64url(crypto.getRandomValues(new Uint8Array(16)).buffer),
    kbSignAlg: "ES256", kbSigner: await signer(holder),
  });
}

/**
 * @param {typeof import("brightline")} brightline
 * @param {{ bundle: string, trustRoot: import("brightline").TrustRoot, pairs: Pair[], pid: Pair, holder: Pair }} given
 * @returns {Promise<Record<string, string>>}
 */
export async function exercise(brightline, { bundle, trustRoot, pairs, pid, holder }) {
  await brightline.default();
  const ruleset = brightline.openRuleset(bundle, trustRoot);
  /** @type {Record<string, string>} */
  const found = {};
  const ask = (/** @type {string} */ model, /** @type {Omit<import("brightline").CheckRequest, "model" | "action">} */ given) =>
    ruleset.check({ model, action: "chat", ...given }).reason;

  for (const pair of pairs) {
    const token = await accessToken(pair, { us_person: true });
    found[`jose ${pair.alg}`] = ask("us_only", { token });
    found[`jose ${pair.alg} no`] = ask("us_only", { token: await accessToken(pair, { us_person: false }) });
  }

  // A DPoP proof of the holder for a token of another issuer entry.
  const bound = { cnf: { jkt: await jose.calculateJwkThumbprint(holder.public) } };
  const key = await jose.importJWK(holder.private, "ES256");
  const pair = /** @type {Pair} */ (pairs[0]);
  const token = await new jose.SignJWT({ ...bound, us_person: true })
    .setProtectedHeader({ alg: pair.alg, kid: pair.alg, typ: "at+jwt" }).setIssuer("https://dpop.example").setSubject("someone")
    .setAudience(AUDIENCE).setIssuedAt().setExpirationTime("5m").sign(await jose.importJWK(pair.private, pair.alg));
  const { kty, crv, x, y } = holder.public;
  const jwt = await new jose.SignJWT({ htm: "POST", htu: URL_OF_CALL, jti: crypto.randomUUID(), ath: jose.base64url.encode(await sha256(token)) })
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: /** @type {import("jose").JWK} */ ({ kty, crv, x, y }) }).setIssuedAt().sign(key);
  const proof = { jwt, method: "POST", url: URL_OF_CALL };
  found["dpop missing"] = ask("us_only", { token });
  found["dpop"] = ask("us_only", { token, proof });
  found["dpop again"] = ask("us_only", { token, proof });

  // A credential, presented in parts.
  const library = await wallet(pid, holder);
  const now = Math.floor(Date.now() / 1000);
  const credential = await library.issue(
    { iss: PID, iat: now - 60, exp: now + 600, vct: "urn:eudi:pid:1", cnf: { jwk: /** @type {any} */ (holder.public) },
      nationalities: ["DE", "FR"], address: { country: "DE", locality: "Bonn" } },
    /** @type {any} */ ({ _sd: ["nationalities", "address"], nationalities: { _sd: [0, 1] }, address: { _sd: ["country", "locality"] } }),
    { header: { kid: "pid" } },
  );
  /** @param {object} frame @param {string} nonce */
  const present = (frame, nonce) => library.present(credential, /** @type {any} */ (frame), {
    kb: { payload: { iat: Math.floor(Date.now() / 1000), aud: AUDIENCE, nonce } },
  });
  /** @type {[string, object][]} */
  const frames = [
    ["all", { nationalities: { 0: true, 1: true } }], ["one", { nationalities: { 0: true } }], ["empty", { nationalities: true }],
    ["nothing", {}], ["address", { address: { country: true } }],
  ];
  for (const [name, frame] of frames) {
    const nonce = `nonce-${name}`;
    found[`credential ${name}`] = ask("not_listed", { token: await present(frame, nonce), nonce });
  }
  const again = await present({}, "once");
  found["credential once"] = ask("open", { token: again, nonce: "once" });
  found["credential twice"] = ask("open", { token: again, nonce: "once" });
  found["credential unbound"] = ask("open", { token: credential, nonce: "once" });
  const query = brightline.dcqlQuery(ruleset.ask({ model: "not_listed", action: "chat" }));
  found["dcql"] = JSON.stringify(query);
  ruleset.free();
  return found;
}
