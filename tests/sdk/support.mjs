/** Shared by the tests of the guarded fetch: a ruleset and tokens signed for real, and the test upstream. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SignJWT, importJWK } from "jose";
import { openRuleset } from "brightline";
import { signRuleset } from "../../demo/ruleset.mjs";
import { startUpstream } from "../equipment/upstream.mjs";

const ISSUER = "http://127.0.0.1:9";
/** Its models are named after their result for a person who is not a U.S. person. */
const RULESET = fileURLToPath(new URL("../edge/ruleset.yaml", import.meta.url));

/** @param {Parameters<typeof startUpstream>[0]} [equipment] */
export async function bench(equipment) {
  const directory = await mkdtemp(join(tmpdir(), "brightline-sdk-"));
  const signed = await signRuleset(directory, ISSUER, RULESET);
  const [jwk] = /** @type {import("jose").JWK[]} */ (signed.providerKeys);
  if (jwk === undefined) throw new Error("the provider has no key");
  const key = await importJWK(jwk, "ES256");
  const upstream = await startUpstream({ pauseMs: 1, ...equipment });
  const ruleset = openRuleset(signed.bundle, JSON.parse(signed.trustRoot));
  return {
    signed,
    ruleset,
    upstream,
    /** The prefix of the model API's paths. */
    base: `${upstream.url}/v1`,
    /** @param {string} us_status `citizen`, or `none` for a person who is not a U.S. person */
    token(us_status) {
      const now = Math.floor(Date.now() / 1000);
      const verification = { assurance_level: "ial2", time: new Date(Date.now() - 86_400_000).toISOString() };
      return new SignJWT({ verified_claims: { verification, claims: { us_status } } })
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: String(jwk.kid) })
        .setIssuer(ISSUER).setSubject("somebody").setAudience("https://gate.brightline.example")
        .setIssuedAt(now).setExpirationTime(now + 300)
        .sign(key);
    },
    async close() {
      ruleset.free();
      await upstream.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** The sentence in which a model names itself. @param {string} model */
export const sentence = (model) => `This is test equipment, not a model. It answers as ${model}.`;
