/** The recipe of docs/recipes/mdoc.md: an mdoc that a backend verifies, the token that it mints, and the house credential. */

import "reflect-metadata";
import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { before, test } from "node:test";
import { DeviceResponse, Document, MDoc } from "@auth0/mdl";
import { DataItem, cborEncode } from "@auth0/mdl/lib/cbor/index.js";
import * as x509 from "@peculiar/x509";
import * as jose from "jose";
import { openRuleset } from "brightline";
import { attributeToken, nationalitiesOfPid, usPersonCredential } from "../../demo/mint.mjs";
import { AUDIENCE, ruleset, signed } from "./support.mjs";

const PID = "eu.europa.ec.eudi.pid.1";
const ISS = "https://backend.example";
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** The transaction, as OpenID for Verifiable Presentations defines it. */
const TRANSACTION = /** @type {const} */ (["nonce-of-the-wallet", "client", "https://backend.example/response", "nonce-of-the-backend"]);

/** @type {{ root: string, issuer: { key: import("jose").JWK, certificate: string }, device: import("jose").JWK, backend: CryptoKeyPair, holder: CryptoKeyPair }} */
let made;
/** @type {import("brightline").Ruleset} */
let opened;

before(async () => {
  const pair = async () => /** @type {CryptoKeyPair} */ (await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"]));
  const [rootKeys, issuerKeys, device, backend, holder] = [await pair(), await pair(), await pair(), await pair(), await pair()];
  x509.cryptoProvider.set(/** @type {any} */ (webcrypto));
  const dates = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 86_400_000) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01", name: "CN=Root, C=DE", ...dates, keys: /** @type {any} */ (rootKeys), signingAlgorithm: EC,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: "02", subject: "CN=Issuer, C=DE", issuer: root.subject, ...dates, signingAlgorithm: EC,
    publicKey: /** @type {any} */ (issuerKeys.publicKey), signingKey: /** @type {any} */ (rootKeys.privateKey),
  });
  made = {
    root: root.toString("pem"), issuer: { key: await jose.exportJWK(issuerKeys.privateKey), certificate: certificate.toString("pem") },
    device: await jose.exportJWK(device.privateKey), backend, holder,
  };
  const key = { ...(await jose.exportJWK(backend.publicKey)), alg: "ES256", kid: "backend" };
  const { bundle, trustRoot } = await signed(ruleset([
    { id: "backend", iss: ISS, audience: AUDIENCE, keys: [key], max_lifetime: "5m", holder: "dpop", assurance: 3, verified_at: "/checked_at",
      claims: { "subject.nationalities": { claim: "/nationalities", complete: true } } },
    { id: "house", preset: "us-person", iss: "https://house.example", audience: AUDIENCE, vct: "urn:brightline:us-person:1", keys: [key] },
  ]));
  opened = openRuleset(bundle, trustRoot);
});

/** The wallet's presentation in the transaction. @param {string[]} nationality */
async function presented(nationality) {
  const { d: _, ...publicKey } = made.device;
  const document = await new Document(/** @type {any} */ (PID))
    .addIssuerNameSpace(PID, { family_name: "Doe", nationality }).useDigestAlgorithm("SHA-256")
    .addValidityInfo({ signed: new Date() }).addDeviceKeyInfo({ deviceKey: /** @type {any} */ (publicKey) })
    .sign({ issuerPrivateKey: /** @type {any} */ ({ ...made.issuer.key, kid: "issuer" }), issuerCertificate: made.issuer.certificate, alg: "ES256", kid: "issuer" });
  const definition = {
    id: "pid", input_descriptors: [{
      id: PID, format: { mso_mdoc: { alg: ["ES256"] } },
      constraints: { limit_disclosure: "required", fields: [{ path: [`$['${PID}']['nationality']`], intent_to_retain: false }] },
    }],
  };
  const response = await DeviceResponse.from(new MDoc([document])).usingPresentationDefinition(/** @type {any} */ (definition))
    .usingSessionTranscriptForOID4VP(...TRANSACTION).authenticateWithSignature(/** @type {any} */ (made.device), "ES256").sign();
  return response.encode();
}

/** The session transcript of ISO/IEC 18013-7, annex B. @param {readonly string[]} [transaction] */
const transcript = (transaction = TRANSACTION) => cborEncode(DataItem.fromData([null, null, [...transaction]]));

/** @param {string} token */
async function proof(token) {
  const { kty, crv, x, y } = await jose.exportJWK(made.holder.publicKey);
  const jwt = await new jose.SignJWT({ htm: "POST", htu: "https://gate.example/v1", jti: crypto.randomUUID(), ath: createHash("sha256").update(token).digest("base64url") })
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: /** @type {import("jose").JWK} */ ({ kty, crv, x, y }) }).setIssuedAt().sign(made.holder.privateKey);
  return { jwt, method: "POST", url: "https://gate.example/v1" };
}

test("an mdoc becomes an attribute token, and the ruleset judges it", async () => {
  for (const [nationality, reason] of /** @type {[string[], string][]} */ ([[["DE"], "default"], [["DE", "IR"], "not_listed"]])) {
    const nationalities = await nationalitiesOfPid(await presented(nationality), transcript(), [made.root]);
    assert.deepEqual(nationalities, nationality);
    const by = { key: made.backend.privateKey, kid: "backend", iss: ISS, audience: AUDIENCE, subject: "account-7", holder: await jose.exportJWK(made.holder.publicKey) };
    const token = await attributeToken({ nationalities }, by);
    assert.equal(opened.check({ token, proof: await proof(token), model: "not_listed", action: "chat" }).reason, reason);
    // A copy of the token is useless without the key.
    assert.equal(opened.check({ token, model: "not_listed", action: "chat" }).reason, "token.proof_missing");
  }
});

test("a response of another transaction, and one of another root, is none", async () => {
  const response = await presented(["DE"]);
  await assert.rejects(nationalitiesOfPid(response, transcript(["other", "client", "https://backend.example/response", "nonce"]), [made.root]));
  const other = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01", name: "CN=Other, C=DE", notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + 86_400_000), signingAlgorithm: EC,
    keys: /** @type {any} */ (await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"])),
  });
  await assert.rejects(nationalitiesOfPid(response, transcript(), [other.toString("pem")]));
});

test("the house credential says that somebody is a U.S. person, and no nationality", async () => {
  const holder = await jose.exportJWK(made.holder.publicKey);
  const credential = await usPersonCredential("lpr", { key: made.backend.privateKey, kid: "backend", iss: "https://house.example", days: 30, holder });
  assert.ok(!JSON.stringify(jose.decodeJwt(credential.split("~")[0] ?? "")).includes("nationalit"));
  const sd_hash = createHash("sha256").update(credential).digest("base64url");
  const binding = await new jose.SignJWT({ nonce: "n-1", sd_hash }).setProtectedHeader({ alg: "ES256", typ: "kb+jwt" }).setAudience(AUDIENCE).setIssuedAt()
    .sign(made.holder.privateKey);
  const decision = opened.check({ token: credential + binding, nonce: "n-1", model: "us_only", action: "chat" });
  assert.deepEqual([decision.allowed, decision.reason], [true, "default"]);
  assert.equal(opened.check({ token: credential, nonce: "n-1", model: "us_only", action: "chat" }).reason, "token.proof_missing");
  opened.free();
});
