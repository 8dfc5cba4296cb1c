import type { Decision, EdgeCode, MaintenanceOptions, Outcome, ReasonCode, TrustRoot } from "./index.js";

export interface EdgeOptions {
  /** The signed ruleset, as text or bytes. */
  readonly bundle: string | Uint8Array;
  /** The ruleset that is accepted, and the keys that sign it. */
  readonly trustRoot: TrustRoot;
  /** The lowest version that is accepted: the highest that this deployment has seen. Default 0. */
  readonly minimumVersion?: number;
  readonly upstream: Upstream;
  /** The source of the caller's country, which is never the caller. Default `"cf"`. */
  readonly country?: CountrySource;
  /** The purpose of the calls, such as `general`; a fact of this deployment. */
  readonly purpose?: string;
  /** With `degrade`: answer 451 and name the fallback, or let the fallback answer. Default `"refuse"`. */
  readonly degrade?: "refuse" | "serve";
  /** A call without a token: answer 401, or let the ruleset decide. Default `"refuse"`. */
  readonly anonymous?: "refuse" | "check";
  /** Path → action. Default `MODEL_PATHS` of `./model-request.js`. */
  readonly actions?: Readonly<Record<string, string>>;
  /**
   * Further members of a body that this upstream accepts and that name no model, such as `guided_json`. Default none.
   */
  readonly members?: readonly string[];
  /** Most bytes of the body of a caller with a verified token. Default 4 MiB. No other caller's body is read. */
  readonly maxBodyBytes?: number;
  /** Most bytes of the body of a call without a token, with `anonymous: "check"`. Default 64 KiB. */
  readonly maxAnonymousBodyBytes?: number;
  /** Origins of pages that may call, compared exactly, such as `https://chat.example`. Default none. */
  readonly origins?: readonly string[];
  /** Named in `WWW-Authenticate`. Default `brightline`. */
  readonly realm?: string;
  /** `acr_values` for the assurance levels 1, 2 and 3. Default `low`, `substantial`, `high`. */
  readonly acrValues?: readonly [string, string, string];
  /** Options for fetching issuers' keys and status lists, and for claiming the uses of proofs. */
  readonly maintenance?: MaintenanceOptions;
  /** The origin for which callers make DPoP proofs, if a proxy before this edge has another. Default: the request's. */
  readonly publicOrigin?: string;
  /**
   * The nonce that DPoP proofs must have now (RFC 9449, section 9). If absent, proofs need no nonce. If it does not
   * return a string, or returns an empty one, calls with a proof are answered with 503.
   */
  readonly dpopNonce?: () => string;
  /** Receives one line per call. Default: JSON on the console. */
  readonly log?: (line: LogLine) => void;
}

export interface Upstream {
  /** The base address that `/v1/…` follows. */
  readonly url: string;
  /** The header that authenticates this edge to the upstream, such as `authorization: Bearer …` or `x-api-key: …`. */
  readonly credential: { readonly header: string; readonly value: string };
  /** Most time until the upstream begins to answer, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number;
  /** Further response headers to pass on, such as `x-my-trace`. */
  readonly responseHeaders?: readonly string[];
}

/**
 * `"cf"`: `request.cf.country`, which Cloudflare sets. `{ header }`: a header that the proxy in front of this edge
 * overwrites; use it only if no call can bypass that proxy. A function: returns the country that another platform
 * states. `"none"`: the country is not known.
 */
export type CountrySource =
  | "cf"
  | "none"
  | { readonly header: string }
  | ((request: Request, platform: unknown) => string | undefined);

/** The log entry of one call. It contains nothing of the person, the token or the body. */
export interface LogLine {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly outcome: Outcome | null;
  readonly reason: ReasonCode | EdgeCode;
  readonly rule: string | null;
  readonly ruleset: string | null;
  readonly version: number | null;
  /** The requested model if it is in the catalogue; otherwise null, because a caller can write anything there. */
  readonly model: string | null;
  /** Likewise for the action. */
  readonly action: string | null;
  /** The model that answered. */
  readonly served: string | null;
  readonly status: number;
  /** Only if the ruleset does not open: the reason, in a sentence. */
  readonly detail?: string;
}

/** RFC 9457, `application/problem+json`. */
export interface Problem {
  /** `urn:brightline:problem:` and the reason. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly reason: ReasonCode | EdgeCode;
  /** The whole decision, if one was made. The members below repeat its main parts. */
  readonly decision?: Decision;
  readonly rule?: Decision["rule"];
  readonly basis?: Decision["basis"];
  readonly needs?: Decision["needs"];
  readonly alternatives?: Decision["alternatives"];
  readonly fallback?: Decision["fallback"];
  readonly interim?: Decision["interim"];
  readonly valid_until?: Decision["valid_until"];
}

export interface Edge {
  /** Answers one request. Never rejects. Needs no `this`, so that it can be passed as a function. */
  readonly fetch: (request: Request, platform?: unknown) => Promise<Response>;
}

/**
 * Makes a handler in front of a model API that checks each call and forwards the allowed ones. It can be a Worker's
 * `export default`. Throws a TypeError for invalid options. If the ruleset does not open, every call is answered with
 * 503.
 *
 * The order is: address, headers, token, body, decision. The body of a caller whose token does not verify is not read,
 * so the cost of such a caller is bounded by the limits on a token and a proof.
 *
 * @example
 * ```js
 * import { createEdge } from "brightline/edge";
 * export default createEdge({
 *   bundle,
 *   trustRoot,
 *   upstream: { url: "https://api.model.example", credential: { header: "authorization", value: "Bearer …" } },
 * });
 * ```
 */
export declare function createEdge(options: EdgeOptions): Edge;
