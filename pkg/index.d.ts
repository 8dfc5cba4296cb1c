/** What the caller does, strictest first: deny, review, step_up, degrade, allow. */
export type Outcome = "allow" | "degrade" | "step_up" | "review" | "deny";

/** What settled the outcome. `engine`: the module itself failed, so there is no decision and nothing is allowed. */
export type DecidedBy = "rule" | "default" | "token" | "request" | "ruleset" | "engine";

export interface Decision {
  readonly outcome: Outcome;
  /** True for `allow` alone, so that a caller who reads one field is safe. */
  readonly allowed: boolean;
  readonly decided_by: DecidedBy;
  /** Stable code, such as `foreign_person`, `token.expired`, `evidence.stale`. */
  readonly reason: string;
  readonly message: string;
  readonly ruleset: { readonly id: string; readonly version: number } | null;
  readonly rule: string | null;
  readonly basis: Basis | null;
  readonly model: string;
  readonly action: string;
  /** RFC 3339, UTC. */
  readonly decided_at: string;
  readonly valid_until: string | null;
  readonly fallback: Serving | null;
  readonly interim: Serving | null;
  readonly reasons: readonly RuleReason[];
  readonly needs: readonly EvidencePath[];
  readonly alternatives: readonly Alternative[];
  readonly obligations: readonly Obligation[];
  readonly upcoming: readonly Change[];
  readonly not_needed: readonly string[];
}
export interface Basis { readonly citation: string; readonly url: string | null }
export interface Serving { readonly model: string; readonly action: string }
export interface RuleReason {
  readonly rule: string;
  readonly title: string;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly message: string;
  readonly holds: "true" | "unknown" | "conflict";
  readonly basis: Basis;
  readonly exceptions: readonly ExceptionReason[];
}
export interface ExceptionReason { readonly id: string; readonly licence: boolean; readonly lifted: boolean; readonly reason: string }
export interface EvidencePath { readonly evidence: readonly EvidenceNeed[] }
export interface EvidenceNeed {
  readonly attribute: string;
  readonly problem: string;
  readonly assurance: number;
  /** Seconds. */
  readonly max_age: number | null;
  readonly issuers: readonly string[];
}
export interface Alternative { readonly model: string; readonly title: string }
export interface Obligation { readonly id: string; readonly title: string }
export interface Change { readonly at: string; readonly outcome: Outcome; readonly reason: string; readonly rule: string | null }

export interface PublicJwk { readonly kty: string; readonly alg: string; readonly kid: string; readonly crv?: string; readonly x?: string; readonly y?: string }
export interface TrustRoot {
  /** The one ruleset id that is accepted. */
  readonly ruleset: string;
  /** The environment that the ruleset must be made for, such as `prod-eu`. */
  readonly audience: string;
  /** How many distinct keys must have signed. */
  readonly threshold: number;
  readonly keys: readonly PublicJwk[];
}
export interface OpenOptions {
  /** The current instant; the host's clock where absent. Milliseconds since 1970, or a Date. */
  readonly now?: number | Date;
  /** The lowest version that is accepted: what this host has seen before. */
  readonly minimumVersion?: number;
}
export interface Context {
  /** ISO 3166-1 alpha-2, as the platform (never the client) states it. */
  readonly country?: string;
  /** What the call is for, such as `general`. */
  readonly purpose?: string;
}
export interface Request {
  readonly model: string;
  readonly action: string;
  readonly context?: Context;
  readonly now?: number | Date;
}
export interface CheckRequest extends Request {
  /** The compact JWS; null or absent: nobody has signed in. */
  readonly token?: string | null;
}

/** An opened ruleset. */
export declare class Ruleset {
  private constructor();
  readonly id: string;
  readonly version: number;
  /** SHA-256 of the signed payload, lower-case hex. */
  readonly sha256: string;
  readonly issued: string;
  readonly expires: string;
  readonly models: readonly { readonly id: string; readonly title: string }[];
  readonly actions: readonly string[];
  /** Never throws for anything in a token or a request; a misspelt or wrongly typed field is a TypeError. */
  check(request: CheckRequest): Decision;
  identify(token: string | null, options?: { readonly now?: number | Date }): Identity;
  free(): void;
  [Symbol.dispose](): void;
}
/** A token verified once, to be checked many times. */
export declare class Identity {
  private constructor();
  /** Whether the token verified; if not, every check denies with `refusal` as its reason. */
  readonly verified: boolean;
  readonly refusal: string | null;
  check(request: Request): Decision;
  free(): void;
  [Symbol.dispose](): void;
}

/** Loads the module. Idempotent. */
declare function init(source?: RequestInfo | URL | Response | BufferSource | WebAssembly.Module | Promise<Response>): Promise<void>;
export default init;
/** Loads the module from bytes or a compiled module, at once. Idempotent. */
export declare function initSync(source: { readonly module: BufferSource | WebAssembly.Module }): void;
/** Opens a signed ruleset against the app's trust root, or throws a RulesetError. */
export declare function openRuleset(bundle: string | Uint8Array, trustRoot: TrustRoot, options?: OpenOptions): Ruleset;

/** The signed ruleset does not open. `code` says why: `bundle.signature`, `bundle.expired`, … */
export declare class RulesetError extends Error { readonly name: "RulesetError"; readonly code: string }
/** The call was not made because the decision was not allow. */
export declare class AccessError extends Error { readonly name: "AccessError"; readonly code: string; readonly decision: Decision }

export interface GuardOptions {
  readonly ruleset: Ruleset;
  /** The caller's token, or how to get it, asked for on each call. */
  readonly token: string | null | (() => string | null | Promise<string | null>);
  readonly context?: Context | (() => Context | Promise<Context>);
  /** Go on with the model that the decision names as fallback (degrade) or interim (step_up). Default: reject. */
  readonly fallback?: boolean;
  /** Told each decision, whatever it is. */
  readonly onDecision?: (decision: Decision) => void;
}
/** Wraps a fetch so that every model call is checked first. */
export declare function guard(fetch: typeof globalThis.fetch, options: GuardOptions): typeof globalThis.fetch;
