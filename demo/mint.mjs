/**
 * An example of an app's own backend, for an identity that the module does not read. It verifies an mdoc (ISO 18013-5) with
 * a library and signs only the attributes that the ruleset asks for. docs/recipes/mdoc.md explains it.
 */

import { randomUUID } from "node:crypto";
import { Verifier } from "@auth0/mdl";
import { SignJWT, calculateJwkThumbprint } from "jose";

/** The type of the EU's person identification data as an mdoc, and the namespace of its elements (PID Rulebook). */
const PID = "eu.europa.ec.eudi.pid.1";
/** The lifetime of an attribute token: five minutes, since it is for immediate use. */
const SECONDS = 300;

/**
 * Returns the nationalities of a PID that a wallet presented.
 * @param {Uint8Array} deviceResponse
 * @param {Uint8Array} sessionTranscript the transcript of this backend's transaction; binds the response to the transaction
 * @param {string[]} roots certificates of the trusted issuers, in PEM
 * @returns {Promise<string[]>}
 */
export async function nationalitiesOfPid(deviceResponse, sessionTranscript, roots) {
  const response = await new Verifier(roots).verify(deviceResponse, { encodedSessionTranscript: Buffer.from(sessionTranscript) });
  const document = response.documents.find(({ docType }) => docType === PID);
  const nationality = document?.getIssuerNameSpace(PID)?.["nationality"];
  if (!Array.isArray(nationality) || !nationality.every((code) => typeof code === "string")) throw new Error("the response has no nationality");
  return nationality;
}

/**
 * Signs an attribute token: the verified attributes, for one audience, bound to the key that the app holds.
 * @param {object} claims such as `{ nationalities: ["DE"] }`
 * @param {{ key: CryptoKey, kid: string, iss: string, audience: string, subject: string, holder: import("jose").JWK }} by
 */
export async function attributeToken(claims, { key, kid, iss, audience, subject, holder }) {
  const checked_at = new Date().toISOString();
  return new SignJWT({ ...claims, checked_at, method: "mdoc", jti: randomUUID(), cnf: { jkt: await calculateJwkThumbprint(holder) } })
    .setProtectedHeader({ alg: "ES256", kid, typ: "at+jwt" }).setIssuer(iss).setSubject(subject).setAudience(audience)
    .setIssuedAt().setExpirationTime(`${SECONDS}s`).sign(key);
}

/**
 * Signs the house credential. It asserts that a person is a U.S. person and on which basis, without a nationality. It is an
 * SD-JWT VC without disclosures, since none of its claims needs to be hidden.
 * @param {"citizen" | "national" | "lpr" | "protected" | "entity"} basis
 * @param {{ key: CryptoKey, kid: string, iss: string, days: number, holder: import("jose").JWK }} by
 */
export async function usPersonCredential(basis, { key, kid, iss, days, holder: { kty, crv, x, y } }) {
  const jwt = await new SignJWT({
    vct: "urn:brightline:us-person:1", us_person: true, us_person_basis: basis, checked_at: new Date().toISOString(), method: "documents",
    cnf: { jwk: { kty, crv, x, y } },
  }).setProtectedHeader({ alg: "ES256", kid, typ: "dc+sd-jwt" }).setIssuer(iss).setIssuedAt().setExpirationTime(`${days}d`).sign(key);
  return `${jwt}~`;
}
