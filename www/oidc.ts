/**
 * A small OpenID Connect client: authorization code with PKCE, for one provider. The token is in memory only, so it cannot
 * be stolen from storage. Closing or reloading the tab ends the session.
 */

import { isRecord, isText, parse } from "./json.js";

export interface Client {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** The service that the access token is for (RFC 8707). */
  readonly resource: string;
}

export interface Session {
  /** The access token. Brightline verifies its claims; the page only shows them. */
  readonly token: string;
  readonly subject: string;
  /** The end of the token's lifetime as stated by the provider, in milliseconds since 1970. */
  readonly expires: number;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Reports that sign-in failed, with a sentence for the person. */
export class SignInError extends Error {}

/** Goes to the provider. `resume` is returned with the session, so that the person's input is not lost. */
export async function signIn(client: Client, resume: unknown): Promise<void> {
  const { authorization_endpoint } = await discover(client);
  const pending: Pending = { state: random(), nonce: random(), verifier: random(), resume };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pending.verifier));
  const url = new URL(authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: client.scope,
    resource: client.resource,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
    // The provider may remember the last person. Here each sign-in is a new choice.
    prompt: "login",
  }).toString();
  location.assign(url);
}

export interface Return {
  readonly session: Session;
  readonly resume: unknown;
}

/** Returns the session if the provider has sent the person back. Null on any other visit. */
export async function completeSignIn(client: Client): Promise<Return | null> {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("code") && !answer.has("error")) return null;
  const pending = takePending();
  // Removes the code from the address, so that a reload or a bookmark does not send it again. A code works once.
  history.replaceState(null, "", location.pathname);
  if (pending === null || answer.get("state") !== pending.state) {
    throw new SignInError("This answer belongs to no sign-in that was started in this tab. Please sign in again.");
  }
  const issuer = answer.get("iss");
  if (issuer !== null && issuer !== client.issuer) {
    throw new SignInError("The answer came from another provider than the one that was asked. Please sign in again.");
  }
  const error = answer.get("error");
  if (error !== null) throw new SignInError(refusal(error, answer.get("error_description")));
  const session = await redeem(client, answer.get("code") ?? "", pending);
  return { session, resume: pending.resume };
}

interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly resume: unknown;
}

const PENDING = "brightline.sign-in";

function takePending(): Pending | null {
  const value = parse(sessionStorage.getItem(PENDING) ?? "");
  sessionStorage.removeItem(PENDING);
  if (!isRecord(value)) return null;
  const { state, nonce, verifier, resume } = value;
  return isText(state) && isText(nonce) && isText(verifier) ? { state, nonce, verifier, resume } : null;
}

async function redeem(client: Client, code: string, pending: Pending): Promise<Session> {
  const { token_endpoint } = await discover(client);
  const asked = Date.now();
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    code_verifier: pending.verifier,
    resource: client.resource,
  });
  const { status, value } = await call(token_endpoint, { method: "POST", body });
  if (status !== 200) {
    const error = isText(value["error"]) ? value["error"] : `status ${status}`;
    throw new SignInError(refusal(error, isText(value["error_description"]) ? value["error_description"] : null));
  }
  const { access_token, id_token, expires_in } = value;
  if (!isText(access_token) || !isText(id_token) || typeof expires_in !== "number") {
    throw new SignInError("The provider’s answer lacks a token. Please sign in again.");
  }
  // The ID token came directly from the token endpoint, so TLS replaces its signature (OpenID Connect Core, 3.1.3.7).
  const identity = claimsOf(id_token);
  const audience = identity["aud"];
  const forUs = audience === client.clientId || (Array.isArray(audience) && audience.includes(client.clientId));
  if (identity["iss"] !== client.issuer || !forUs || identity["nonce"] !== pending.nonce || !isText(identity["sub"])) {
    throw new SignInError("The provider’s answer does not belong to this sign-in. Please sign in again.");
  }
  return { token: access_token, subject: identity["sub"], expires: asked + expires_in * 1000, claims: claimsOf(access_token) };
}

interface Endpoints {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

async function discover(client: Client): Promise<Endpoints> {
  const { value } = await call(`${client.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, {});
  const { issuer, authorization_endpoint, token_endpoint } = value;
  if (issuer !== client.issuer || !isText(authorization_endpoint) || !isText(token_endpoint)) {
    throw new SignInError("The identity provider does not describe itself as expected, so sign-in was not started.");
  }
  return { authorization_endpoint, token_endpoint };
}

async function call(url: string, init: RequestInit): Promise<{ status: number; value: Record<string, unknown> }> {
  try {
    const response = await fetch(url, { ...init, credentials: "omit", cache: "no-store" });
    const value = parse(await response.text());
    return { status: response.status, value: isRecord(value) ? value : {} };
  } catch {
    throw new SignInError("The identity provider does not answer. Try again in a moment.");
  }
}

function refusal(error: string, description: string | null): string {
  if (error === "access_denied") return "Sign-in was cancelled. You can try again whenever you like.";
  if (error === "invalid_grant") return "This sign-in took too long or was already used. Please sign in again.";
  return `The identity provider refused the sign-in: ${description ?? error}.`;
}

function claimsOf(jwt: string): Record<string, unknown> {
  const payload = jwt.split(".")[1] ?? "";
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    const value = parse(new TextDecoder().decode(bytes));
    return isRecord(value) ? value : {};
  } catch {
    // An opaque token has no claims to show.
    return {};
  }
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
