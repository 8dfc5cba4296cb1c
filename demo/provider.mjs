/**
 * The demonstration's OpenID Provider: the certified `oidc-provider`, on loopback, with the authorization code flow,
 * PKCE and access tokens that are JWTs (RFC 9068). Only the sign-in page is ours: there the user chooses a person.
 */

import { randomBytes } from "node:crypto";
import Provider, { errors } from "oidc-provider";
import { PEOPLE, verifiedClaims } from "./people.mjs";
import { STYLE_SOURCE, failurePage, signInPage } from "./sign-in.mjs";

export const CLIENT_ID = "brightline-page";
export const AUDIENCE = "https://gate.brightline.example";
export const SCOPE = "model";
const TOKEN_SECONDS = 600;

/**
 * @param {object} options
 * @param {string} options.issuer the provider's own address
 * @param {readonly object[]} options.keys the provider's private JWKs
 * @param {string} options.page origin of the page that people sign in for
 * @returns {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => void}
 */
export function createProvider({ issuer, keys, page }) {
  const provider = new Provider(issuer, configuration(keys, page));
  const handle = provider.callback();
  return (request, response) => {
    const { pathname } = new URL(request.url ?? "/", issuer);
    if (!pathname.startsWith("/sign-in/")) {
      void handle(request, response);
      return;
    }
    signIn(provider, request, response, page).catch(() => {
      html(response, 400, failurePage("This sign-in is over. Go back to the page and start again."), page);
    });
  };
}

/**
 * @param {readonly object[]} keys
 * @param {string} page
 * @returns {import("oidc-provider").Configuration}
 */
function configuration(keys, page) {
  return {
    clients: [
      {
        client_id: CLIENT_ID,
        client_name: "Brightline demonstration",
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code"],
        response_types: ["code"],
        redirect_uris: [`${page}/`],
        id_token_signed_response_alg: "ES256",
      },
    ],
    jwks: { keys: [...keys] },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    // The other scope belongs to the resource. Listed here too, it would require consent a second time.
    scopes: ["openid"],
    responseTypes: ["code"],
    pkce: { required: () => true },
    clientBasedCORS: (_context, origin) => origin === page,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== AUDIENCE) throw new errors.InvalidTarget();
          return {
            scope: SCOPE,
            audience: AUDIENCE,
            accessTokenTTL: TOKEN_SECONDS,
            accessTokenFormat: "jwt",
            jwt: { sign: { alg: "ES256" } },
          };
        },
      },
    },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
    interactions: { url: (_context, { uid }) => `/sign-in/${uid}` },
    findAccount: (_context, id) =>
      PEOPLE.some((person) => person.id === id) ? { accountId: id, claims: () => ({ sub: id }) } : undefined,
    extraTokenClaims: (_context, token) => {
      const person = PEOPLE.find(({ id }) => id === token.accountId);
      return person && { verified_claims: verifiedClaims(person, Date.now()) };
    },
    // The page and the provider belong to one demonstration, so signing in counts as consent.
    loadExistingGrant: async ({ oidc }) => {
      if (oidc.client === undefined || oidc.session?.accountId === undefined) return undefined;
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid");
      grant.addResourceScope(AUDIENCE, SCOPE);
      await grant.save();
      return grant;
    },
    renderError: (context, out) => {
      context.type = "html";
      context.set("content-security-policy", policy(page));
      context.body = failurePage(String(out.error_description ?? out.error));
    },
    ttl: {
      AccessToken: TOKEN_SECONDS,
      AuthorizationCode: 60,
      Grant: TOKEN_SECONDS,
      IdToken: TOKEN_SECONDS,
      Interaction: 1800,
      Session: 1800,
    },
  };
}

/**
 * @param {Provider} provider
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {string} page
 */
async function signIn(provider, request, response, page) {
  // Throws unless the request has the cookie of this interaction.
  const { uid } = await provider.interactionDetails(request, response);
  if (request.method !== "POST") {
    html(response, 200, signInPage(`/sign-in/${uid}`, PEOPLE), page);
    return;
  }
  const accountId = new URLSearchParams(await text(request)).get("person");
  if (!PEOPLE.some(({ id }) => id === accountId)) throw new Error("nobody of that name can sign in");
  await provider.interactionFinished(request, response, { login: { accountId: accountId ?? "", remember: false } });
}

/** @param {import("node:http").IncomingMessage} request */
async function text(request) {
  let body = "";
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > 1000) throw new Error("the form is too long");
  }
  return body;
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {number} status
 * @param {string} body
 * @param {string} page
 */
function html(response, status, body, page) {
  if (response.headersSent) return;
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy(page),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  response.end(body);
}

/**
 * Returns the content security policy. It lists the page, because some browsers check redirects against form-action too.
 * @param {string} page
 */
function policy(page) {
  return `default-src 'none'; style-src ${STYLE_SOURCE}; form-action 'self' ${page}; frame-ancestors 'none'; base-uri 'none'`;
}
