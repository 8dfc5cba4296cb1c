import type { Decision, Outcome, TrustRoot, UpkeepOptions } from "./index.js";

export interface EdgeOptions {
  /** The signed ruleset, as text or bytes. */
  readonly bundle: string | Uint8Array;
  /** Whose signatures on which ruleset are accepted. */
  readonly trustRoot: TrustRoot;
  /** The lowest version that is accepted: what this deployment has seen before. */
  readonly minimumVersion?: number;
  readonly upstream: Upstream;
  /** Where the caller's country comes from; never from the caller. Default `"cf"`. */
  readonly country?: CountrySource;
  /** What the call is for, such as `general`; a fact of this deployment. */
  readonly purpose?: string;
  /** With `degrade`: answer 451 and name the fallback, or let the fallback answer. Default `"refuse"`. */
  readonly degrade?: "refuse" | "serve";
  /** A call without a token: answer 401, or let the ruleset judge it. Default `"refuse"`. */
  readonly anonymous?: "refuse" | "judge";
  /** Path → action. Default `MODEL_PATHS` of `./model-request.js`. */
  readonly actions?: Readonly<Record<string, string>>;
  /** Further members of a body that this upstream takes and that name no model, such as `guided_json`. Default none. */
  readonly members?: readonly string[];
  /** Most bytes of the body of a caller whose token verified. Default 4 MiB. Of any other's, nothing is read. */
  readonly maxBodyBytes?: number;
  /** Most bytes of the body of a call without a token, with `anonymous: "judge"`. Default 64 KiB. */
  readonly anonymousBodyBytes?: number;
  /** Origins of pages that may call, compared exactly, such as `https://chat.example`. Default none. */
  readonly origins?: readonly string[];
  /** Named in `WWW-Authenticate`. Default `brightline`. */
  readonly realm?: string;
  /** `acr_values` for the assurance levels 1, 2 and 3. Default `low`, `substantial`, `high`. */
  readonly acrValues?: readonly [string, string, string];
  /** How issuers' keys and status lists are fetched, and where the uses of proofs are claimed. */
  readonly upkeep?: UpkeepOptions;
  /** The origin that callers know, where a proxy in front of this edge has another: what DPoP proofs are made for. */
  readonly publicOrigin?: string;
  /**
   * The nonce that DPoP proofs must have now (RFC 9449, section 9). If absent, proofs need no nonce. If it returns no
   * text or an empty one, calls with a proof are answered with 503.
   */
  readonly dpopNonce?: () => string;
  /** Takes one line per call. Default: JSON on the console. */
  readonly log?: (line: LogLine) => void;
}

export interface Upstream {
  /** The base address that `/v1/…` follows. */
  readonly url: string;
  /** The header that the upstream knows this edge by, such as `authorization: Bearer …` or `x-api-key: …`. */
  readonly credential: { readonly header: string; readonly value: string };
  /** How long the upstream may take to begin to answer, in milliseconds. Default 60 000. */
  readonly timeoutMs?: number;
  /** Further response headers to pass on, such as `x-my-trace`. */
  readonly responseHeaders?: readonly string[];
}

/**
 * `"cf"`: `request.cf.country`, which Cloudflare sets. `{ header }`: a header that the proxy in front of this edge
 * overwrites; name one only where no call can come past that proxy. A function: what another platform says.
 * `"none"`: nobody says.
 */
export type CountrySource =
  | "cf"
  | "none"
  | { readonly header: string }
  | ((request: Request, platform: unknown) => string | undefined);

/** What is kept of a call: nothing of the person, the token or the body. */
export interface LogLine {
  readonly at: string;
  readonly outcome: Outcome | null;
  readonly reason: string;
  readonly rule: string | null;
  readonly ruleset: string | null;
  readonly version: number | null;
  /** Where it is in the catalogue; else null, since a caller can write anything there. */
  readonly model: string | null;
  readonly action: string | null;
  /** The model that answered. */
  readonly served: string | null;
  readonly status: number;
  /** Only where the ruleset does not open: why, in a sentence. */
  readonly detail?: string;
}

/** RFC 9457, `application/problem+json`. */
export interface Problem {
  /** `urn:brightline:problem:` and the reason. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly reason: string;
  /** The whole decision, where one was made; its main parts stand beside it. */
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
  /** Answers one request. Never rejects. A method that needs no `this`, so that it can be handed over alone. */
  readonly fetch: (request: Request, platform?: unknown) => Promise<Response>;
}

/**
 * Stands before a model API: checks each call and forwards what is allowed. A Worker's `export default`. Throws a
 * TypeError for options that cannot be meant; a ruleset that does not open refuses every call with 503 instead.
 *
 * The order is: address, headers, token, body, decision. Of the body of a caller whose token does not verify nothing is read,
 * so the cost of such a caller is bounded by the limits on a token and a proof.
 */
export declare function createEdge(options: EdgeOptions): Edge;
