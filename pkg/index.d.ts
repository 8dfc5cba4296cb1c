// Declares `Symbol.dispose` for projects whose TypeScript `lib` does not have it yet.
/// <reference lib="esnext.disposable" />

// One rule for names. Members of plain data (decisions, contexts, descriptions, results: anything that could be written
// as JSON) are snake_case, because the command line, the edge and logs write the same JSON, and its other members are
// names of JOSE, OpenID Connect and DCQL. Options, methods and members of classes are camelCase, as everywhere in
// JavaScript.
//
// A number that is a duration or an instant has its unit in its name. `now` and `fetchedAt` also accept a Date, so they
// have none: as numbers they are milliseconds since 1970. `max_age` is a name of OpenID Connect, in seconds.

import type {
  BundleCode, EngineCode, EvidenceCode, ExceptionCode, KeyCode, KeySetCode, MaintenanceCode, RequestCode, TokenCode,
  TrustRootCode, UpdateCode, ValidityCode,
} from "./dist/codes.js";

export type * from "./dist/codes.js";
/**
 * The reason of a decision or a rule: a rule's own code, `default` if no rule applies, `licence` if a licence lifted the
 * rule, or one of the other codes. The type accepts every text, because authors choose the codes of their rules.
 */
export type ReasonCode =
  | "default" | "licence" | TokenCode | RequestCode | ValidityCode | EvidenceCode | ExceptionCode | EngineCode
  | (string & {});

/**
 * The outcome, strictest first: `deny` (serve nothing), `review` (serve nothing until a named person has decided),
 * `step_up` (serve nothing yet, or the interim model), `degrade` (serve the fallback), `allow` (serve, and carry out
 * the obligations).
 */
export type Outcome = "allow" | "degrade" | "step_up" | "review" | "deny";

/**
 * The part that settled the outcome. `engine`: the module itself failed, so nothing was decided and nothing is allowed.
 */
export type DecidedBy = "rule" | "default" | "token" | "request" | "ruleset" | "engine";

/** The answer to one request: plain data that belongs to this caller. All instants are RFC 3339 in UTC. */
export interface Decision {
  readonly outcome: Outcome;
  /** True for `allow` alone, so that a caller that reads only this field is safe. */
  readonly allowed: boolean;
  readonly decided_by: DecidedBy;
  /** Stable code, such as `foreign_person`, `token.expired`, `evidence.stale`. */
  readonly reason: ReasonCode;
  /** A sentence for the person it concerns. */
  readonly message: string;
  /** The ruleset that decided; null if none was evaluated, for example because `guard` could not read the call. */
  readonly ruleset: { readonly id: string; readonly version: number } | null;
  /** The id of the rule that decided; null if no rule did. */
  readonly rule: string | null;
  /** The legal basis of that rule. */
  readonly basis: Basis | null;
  readonly model: string;
  readonly action: string;
  /** The instant for which this was decided: RFC 3339, UTC. */
  readonly decided_at: string;
  /** The first instant at which the decision could change if nothing else changes: RFC 3339, UTC. Null if it cannot. */
  readonly valid_until: string | null;
  /** With `degrade`: the model and action to serve instead. */
  readonly fallback: Substitute | null;
  /** With `step_up`: the model and action that may be served meanwhile. */
  readonly interim: Substitute | null;
  /** The rules that decided, strictest first, and those that an exception lifted. */
  readonly reasons: readonly RuleReason[];
  /**
   * The smallest sets of evidence that could turn the answer to allow, cheapest in privacy first. Any one set is
   * enough.
   */
  readonly needs: readonly EvidencePath[];
  /** The models on which the same person may do the same action now, most capable first. */
  readonly alternatives: readonly Alternative[];
  /** The duties of the caller when it serves. */
  readonly obligations: readonly Obligation[];
  /** Changes inside the ruleset's notice period. */
  readonly upcoming: readonly UpcomingChange[];
  /** Attributes for which evidence was sent and that the decision did not need. */
  readonly not_needed: readonly string[];
}
export interface Basis {
  readonly citation: string;
  readonly url: string | null;
  /** The day on which the author read it, as `YYYY-MM-DD`. */
  readonly as_of: string | null;
}
/** A model and an action to serve instead of the requested ones. */
export interface Substitute { readonly model: string; readonly action: string }
export interface RuleReason {
  /** The id of the ruleset that has this rule. */
  readonly ruleset: string;
  readonly rule: string;
  readonly title: string;
  /** The rule's own outcome; `step_up` if the rule is not known to apply, `allow` if an exception lifted it. */
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly message: string;
  /** The truth of the rule's condition. `unknown`: no usable evidence. `conflict`: usable evidence disagrees. */
  readonly holds: "true" | "unknown" | "conflict";
  /** The role of the party of the chain that was evaluated; null for the person served. */
  readonly of: string | null;
  /** False while the authority does not enforce the rule: the rule is listed and restricts nothing. */
  readonly enforced: boolean;
  /** For a sealed rule, the SHA-256 that commits to it: its title and exceptions are not disclosed. Otherwise null. */
  readonly sealed: string | null;
  readonly basis: Basis;
  readonly exceptions: readonly ExceptionReason[];
}
export interface ExceptionReason {
  /** The exception's id. */
  readonly id: string;
  /** True if the exception requires a licence. */
  readonly licence: boolean;
  /** The number of the licence that the exception relies on, which is the licence's id. */
  readonly number: string | null;
  /** True if the exception lifted the rule. */
  readonly lifted: boolean;
  /** Stable code: the reason why the exception did not lift the rule, or its own code if it did. */
  readonly reason: ExceptionCode | EvidenceCode | (string & {});
}
export interface EvidencePath { readonly evidence: readonly EvidenceNeed[] }
export interface EvidenceNeed {
  readonly attribute: string;
  /** The role of the party of the chain that the evidence must be about; null for the person served. */
  readonly of: string | null;
  /** The reason why the evidence so far is not enough, such as `evidence.missing` or `evidence.stale`. */
  readonly problem: EvidenceCode;
  /** The lowest assurance level that is accepted, 0 to 3. */
  readonly assurance: number;
  /** The greatest age that is accepted, in seconds, as `max_age` of OpenID Connect; null for any age. */
  readonly max_age: number | null;
  /** The ids of the issuers that can assert it. */
  readonly issuers: readonly string[];
  /** The conditions that the value must meet, all of them. */
  readonly wanted: readonly ValueCondition[];
}
/** One condition on a value. */
export interface ValueCondition {
  readonly matcher: "is" | "in" | "under" | "any_of" | "all_of" | "only" | "has" | "lists" | "range" | "count";
  /** True if the value must match, false if it must not. */
  readonly holds: boolean;
  /**
   * The values that the matcher names, or the fields of a record. Empty for numbers, for names of people, and for more
   * than sixteen values.
   */
  readonly values: readonly string[];
}
export interface Alternative { readonly model: string; readonly title: string }
export interface Obligation { readonly id: string; readonly title: string }
/** The answer to the same request from a later instant on. */
export interface UpcomingChange {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  readonly rule: string | null;
}

/** A public key: Ed25519 or ES256. */
export interface PublicJwk {
  readonly kty: string;
  readonly alg: string;
  readonly kid: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  /** `sig`, if present. The type is `string` so that an imported JSON file fits. */
  readonly use?: string;
}
/** The ruleset that an app accepts, and the keys that sign it. Ships with the app, never with the ruleset. */
export interface TrustRoot {
  /** The id of the one ruleset that is accepted. */
  readonly ruleset: string;
  /** The environment that the ruleset must be signed for, such as `prod-eu`. */
  readonly audience: string;
  /** The number of distinct keys that must have signed. */
  readonly threshold: number;
  readonly keys: readonly PublicJwk[];
  /** Grows with each rotation. Default 0. */
  readonly version?: number;
}
export interface OpenOptions {
  /** The current instant: milliseconds since 1970, or a Date. Default: the host's clock. */
  readonly now?: number | Date;
  /**
   * The lowest version that is accepted: the highest that this host has seen, so that no rollback succeeds. Default 0.
   */
  readonly minimumVersion?: number;
}
/**
 * The facts that this host states about a request. Besides these fields there are those that the ruleset declares as
 * `context.NAME`, each of its declared type. `ruleset.context` lists all of them; any other field is a TypeError.
 */
export interface Context {
  /** ISO 3166-1 alpha-2, as stated by the platform, never by the client. */
  readonly country?: string;
  /** ISO 3166-2, such as `UA-43`. Must be in `country`, if that is given. */
  readonly region?: string;
  /** Several signals of the location of the request. If they disagree, the location is in conflict. */
  readonly places?: readonly Place[];
  /** The parties between the caller and the person served. */
  readonly chain?: readonly Party[];
  /** The purpose of the call, such as `general`: words joined by dots, from the general to the particular. */
  readonly purpose?: string;
  readonly [declared: string]: ContextValue | readonly Place[] | readonly Party[] | undefined;
}
/** A value of a field that a ruleset declares. */
export type ContextValue = string | number | boolean | readonly string[];
/** One signal of the location of a request. */
export interface Place {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** ISO 3166-2. Must be in `country`; if that is absent, the code determines the country. */
  readonly region?: string;
  /** The origin of the signal, such as `ip`. */
  readonly source?: string;
  /** A signal of any other quality than `ok` is ignored. Default `ok`. */
  readonly quality?: string;
}
/** A party of the chain. */
export interface Party {
  /**
   * `end_user`, `agent`, `app`, `integrator`, `reseller`, `actor`, or a role that a ruleset declares. With any other
   * role, `check` denies with the reason `request.context` and `ask` throws a TypeError.
   */
  readonly role: string;
  /**
   * The name that evidence uses for this party. Default: its role. An end user without a name is the person whose
   * tokens these are; an end user with a name is another person.
   */
  readonly of?: string;
  /** False if it is not known who the party is, so that nothing about it is known. Default true. */
  readonly known?: boolean;
}
/** A plain object with exactly these fields; any other is a TypeError. A field that is `undefined` counts as absent. */
export interface AccessRequest {
  readonly model: string;
  readonly action: string;
  readonly context?: Context;
  /** The current instant: milliseconds since 1970, or a Date. Default: the host's clock. */
  readonly now?: number | Date;
}
export interface CheckRequest extends AccessRequest, Possession {
  /** A compact JWS or an SD-JWT, or several of one person. Null or absent if the user has not signed in. */
  readonly token?: string | readonly string[] | null;
}
/** Proof that the sender holds the tokens' keys, if the ruleset requires it. */
export interface Possession {
  /**
   * The nonce that this host gave to the wallet. Each key-binding JWT (RFC 9901, section 4.3) must contain it. An empty
   * text is a TypeError.
   */
  readonly nonce?: string;
  /** A DPoP proof (RFC 9449) for each token that requires one. */
  readonly proof?: DpopProof | readonly DpopProof[];
}
/** A DPoP proof and the request that it must have been made for. */
export interface DpopProof {
  /** The value of the `DPoP` header. */
  readonly jwt: string;
  /** The HTTP method of the request, such as `POST`. */
  readonly method: string;
  /** The URL of the request. */
  readonly url: string;
  /** The nonce that this host issued last, if it issues nonces. An empty text is a TypeError. */
  readonly nonce?: string;
}
/** Options of `updateKeys` and `updateStatusList`. */
export interface UpdateOptions {
  /**
   * The current instant, if the fetch was earlier: milliseconds since 1970, or a Date. Default: the instant of the
   * fetch.
   */
  readonly now?: number | Date;
  /**
   * The source of the keys: `openid`, `oauth` or the `jwks_uri`. Only the issuer's entries with this source take them.
   * Default: every entry of the issuer.
   */
  readonly source?: string;
}
/** The result of `updateKeys`. */
export interface KeyUpdate {
  /** The number of keys that are used. */
  readonly used: number;
  /** The keys that are not used. */
  readonly passed_over: readonly PassedOverKey[];
}
/** A key of a JWK Set that is not used. */
export interface PassedOverKey {
  readonly kid: string | null;
  readonly reason: KeyCode | KeySetCode;
}
/** The result of `updateStatusList`. */
export interface StatusListUpdate {
  readonly uri: string;
  /** The end of its use: milliseconds since 1970. */
  readonly until_ms: number;
}
/** Something that may be used only once, such as a DPoP proof. */
export interface SingleUse {
  /** 43 characters. */
  readonly key: string;
  /** The instant from which it would be refused in any case: milliseconds since 1970. */
  readonly until_ms: number;
  /** The user, as 43 characters: a hash of the issuer and the token's `sub`, or of the holder's key. */
  readonly holder: string;
}
/** Remembers uses. */
export interface ReplayStore {
  /**
   * Records a use. Returns true the first time, and false from then on to the end of the use. `untilMs` and `nowMs` are
   * in milliseconds since 1970. Must be atomic: of any number of concurrent calls with one key, one returns true. A store
   * can divide its capacity by `holder`; if it ignores `holder`, one user can fill it for all.
   */
  claim(key: string, untilMs: number, nowMs: number, holder?: string): boolean | Promise<boolean>;
}
/**
 * A replay store in the memory of this process, for `capacity` uses. Default 100,000. A full store refuses new uses rather
 * than forget old ones. A holder may have as many uses as there is free capacity, so a few holders never fill the
 * store: one alone can take half of it and is then refused, while all others are served.
 *
 * @example
 * ```js
 * const maintenance = maintain(ruleset, { replayStore: memoryReplayStore({ capacity: 1_000_000 }) });
 * ```
 */
export declare function memoryReplayStore(options?: { readonly capacity?: number }): {
  claim(key: string, untilMs: number, nowMs: number, holder?: string): boolean;
};
/** A document that a host could fetch so that a refused token may be accepted: an issuer's keys, or a status list. */
export type Fetchable =
  | { readonly keys: string; readonly status_list?: undefined }
  | { readonly keys?: undefined; readonly status_list: { readonly iss: string; readonly uri: string } };
/** An issuer that a ruleset trusts. */
export interface IssuerDescription {
  readonly id: string;
  /** The name that a host uses for it: the first spelling in the ruleset, or a template that contains `{tenantid}`. */
  readonly iss: string;
  /** The source from which the host fetches its keys; null if all of them are in the ruleset. */
  readonly keys: null | {
    /** The URL of its JWK Set; null if discovery finds it. */
    readonly jwks_uri: string | null;
    readonly discovery: "openid" | "oauth" | null;
    /** The time for which its keys are used after a fetch, in milliseconds. */
    readonly stale_ms: number;
  };
}
/** One way to an allow: all of its evidence is needed. */
export interface EvidenceRequest {
  readonly evidence: readonly RequestedEvidence[];
}
/** One piece of evidence, and the issuers that can assert it. */
export interface RequestedEvidence {
  /** The attribute that it must assert. */
  readonly attribute: string;
  /** The role of the party that it must be about; null for the person served. */
  readonly of: string | null;
  /** Empty if the host states it as context. */
  readonly issuers: readonly RequestedIssuer[];
}
/** The claims to request from one issuer. */
export interface RequestedIssuer {
  /** Its id in the ruleset. */
  readonly id: string;
  readonly iss: string;
  /** The types of its credentials. Empty if its tokens are not SD-JWT VCs. */
  readonly vct: readonly string[];
  /** Sets of claims, cheapest in privacy first. Any one set is enough. */
  readonly options: readonly (readonly ClaimPath[])[];
}
/** Names of members, and null for every entry of a list: `["nationalities", null]`. */
export type ClaimPath = readonly (string | null)[];
/** A query in DCQL (OpenID for Verifiable Presentations 1.0, section 6). */
export interface DcqlQuery {
  readonly credentials: readonly DcqlCredential[];
  readonly credential_sets?: readonly { readonly options: readonly (readonly string[])[] }[];
}
export interface DcqlCredential {
  readonly id: string;
  readonly format: "dc+sd-jwt";
  readonly meta: { readonly vct_values: readonly string[] };
  readonly claims: readonly DcqlClaim[];
  readonly claim_sets?: readonly (readonly string[])[];
}
export interface DcqlClaim {
  readonly id: string;
  readonly path: ClaimPath;
}
/**
 * Turns the result of `ask` into a query for a wallet, with at most 16 ways. Null if credentials alone complete no way.
 *
 * @example
 * ```js
 * const query = dcqlQuery(ruleset.ask({ model: "mythos-5", action: "chat" }));
 * if (query !== null) console.log(JSON.stringify({ response_type: "vp_token", nonce, dcql_query: query }));
 * ```
 */
export declare function dcqlQuery(requests: readonly EvidenceRequest[]): DcqlQuery | null;
/**
 * Tokens to deny: those of a subject or of a whole issuer that were issued before `not_before` (RFC 3339, or seconds
 * since 1970), a single token, or those of a session. A token that does not state its time of issue counts as issued
 * before.
 */
export type DenyListEntry =
  | { readonly iss: string; readonly sub?: string; readonly not_before: string | number }
  | { readonly jti: string; readonly iss?: string }
  | { readonly iss: string; readonly sid: string };
export interface IdentifyOptions extends Possession {
  /** The current instant: milliseconds since 1970, or a Date. Default: the host's clock. */
  readonly now?: number | Date;
  /**
   * `host`: the caller claims each of the identity's `singleUses` itself. Default: this ruleset's own memory is the store.
   */
  readonly replay?: "host";
}

/**
 * An opened ruleset. Call `free` when it is no longer used, or declare it with `using`; otherwise the garbage collector
 * frees it eventually.
 *
 * If the module itself fails (a trap, or no stack left), that call and every later call on every object is refused with
 * `decided_by: "engine"` and `reason: "engine.trapped"`, until the app is reloaded.
 */
export declare class Ruleset {
  private constructor();
  readonly id: string;
  readonly version: number;
  /** SHA-256 of the signed payload, lower-case hex. */
  readonly sha256: string;
  /** RFC 3339, UTC. */
  readonly issued: string;
  /** RFC 3339, UTC. From this instant on, every check is refused. */
  readonly expires: string;
  readonly models: readonly { readonly id: string; readonly title: string }[];
  readonly actions: readonly string[];
  /** The fields that a request's `context` may have. */
  readonly context: readonly string[];
  /** The rulesets that are evaluated: this one alone, or all that were combined. */
  readonly rulesets: readonly RulesetDescription[];
  /** The trusted issuers. */
  readonly issuers: readonly IssuerDescription[];
  /**
   * Verifies the token and decides. The content of a token or a request never makes it throw. Throws a TypeError for a
   * misspelt or wrongly typed field, and an Error after `free`.
   *
   * @example
   * ```js
   * const decision = ruleset.check({ token, model: "mythos-5", action: "chat", context: { country: "DE" } });
   * if (!decision.allowed) console.log(decision.reason, decision.message);
   * ```
   */
  check(request: CheckRequest): Decision;
  /**
   * Verifies a token once. The identity stays usable after the ruleset is freed. A token that does not verify gives an
   * identity that is refused. Throws a TypeError for a misspelt or wrongly typed option, and an Error after `free`.
   *
   * @example
   * ```js
   * using identity = ruleset.identify(token);
   * const usable = ruleset.models.filter(({ id }) => identity.check({ model: id, action: "chat" }).allowed);
   * ```
   */
  identify(token: string | readonly string[] | null, options?: IdentifyOptions): Identity;
  /**
   * Returns the claims that could turn the answer to allow, cheapest in privacy first: exactly the claims that a page
   * requests from a wallet. Empty if the answer is allow already, or if nothing would help. Claims no use. Throws a
   * TypeError for a misspelt or wrongly typed field, and an Error after `free`.
   *
   * @example
   * ```js
   * for (const { evidence } of ruleset.ask({ token, model: "mythos-5", action: "chat" })) {
   *   console.log(evidence.map(({ attribute }) => attribute));
   * }
   * ```
   */
  ask(request: CheckRequest): readonly EvidenceRequest[];
  /**
   * Takes the JWK Set of an issuer whose keys the host fetches. `fetchedAt`: milliseconds since 1970, or a Date;
   * default now. Each ruleset takes the keys that its own entries accept. Throws an UpdateError (`keys.…`,
   * `standing.issuer`) if no ruleset takes the set. The former keys then stay, unless the code is `keys.none`.
   * `keys.older` is not a fault: a set that was fetched later is in use already.
   *
   * @example
   * ```js
   * const response = await fetch("https://idp.example/jwks");
   * const { used, passed_over } = ruleset.updateKeys("https://idp.example", await response.text());
   * for (const { kid, reason } of passed_over) console.warn(kid, reason);
   * ```
   */
  updateKeys(iss: string, jwks: string | Uint8Array, fetchedAt?: number | Date, options?: UpdateOptions): KeyUpdate;
  /**
   * Takes a Status List Token of an issuer. `fetchedAt`: milliseconds since 1970, or a Date; default now. Throws an
   * UpdateError (`status.…`, `standing.issuer`); the former list then stays. `status.older` is not a fault: a list that
   * was issued later is in use already.
   *
   * @example
   * ```js
   * const response = await fetch("https://idp.example/status/1", { headers: { accept: "application/statuslist+jwt" } });
   * const { uri, until_ms } = ruleset.updateStatusList("https://idp.example", await response.text());
   * ```
   */
  updateStatusList(
    iss: string, token: string, fetchedAt?: number | Date, options?: Pick<UpdateOptions, "now">,
  ): StatusListUpdate;
  /**
   * Replaces the host's deny list, of at most 10,000 entries. The list applies to this ruleset, to the rulesets that
   * are combined with it or in it, and to the identities that they made. Returns the number of entries. Throws an
   * UpdateError (`denied.…`); the former list then stays.
   *
   * @example
   * ```js
   * ruleset.updateDenyList([
   *   { iss: "https://idp.example", sub: "user-7", not_before: "2026-03-01T00:00:00Z" },
   *   { jti: "token-1" },
   * ]);
   * ```
   */
  updateDenyList(entries: readonly DenyListEntry[]): number;
  /**
   * Combines this ruleset and the other. Each is evaluated by its own terms, keys and lists. The strictest outcome
   * governs, and both must allow a model that is served instead. An update of one of the three applies to all that
   * share the keys and lists. The result's `context`, `rulesets` and `issuers` cover both; its other fields are those
   * of this ruleset. The order changes no decision. Both stay usable and are freed separately. Throws a TypeError if
   * `other` is not a Ruleset.
   *
   * @example
   * ```js
   * using both = baseline.combine(order);
   * const decision = both.check({ token, model: "mythos-5", action: "chat" });
   * ```
   */
  combine(other: Ruleset): Ruleset;
  /**
   * Frees the module's memory. A second call has no effect; any other call afterwards throws an Error.
   *
   * @example
   * ```js
   * const ruleset = openRuleset(bundle, trustRoot);
   * try {
   *   ruleset.check({ token, model: "mythos-5", action: "chat" });
   * } finally {
   *   ruleset.free();
   * }
   * ```
   */
  free(): void;
  /**
   * @example
   * ```js
   * using ruleset = openRuleset(bundle, trustRoot);
   * ```
   */
  [Symbol.dispose](): void;
}
/** One of the rulesets that are evaluated. */
export interface RulesetDescription {
  readonly id: string;
  readonly version: number;
  /** SHA-256 of the signed payload, lower-case hex. */
  readonly sha256: string;
  /** RFC 3339, UTC. */
  readonly issued: string;
  /** RFC 3339, UTC. From this instant on, every check is refused. */
  readonly expires: string;
}
/** A token verified once, to be checked many times. */
export declare class Identity {
  private constructor();
  /** True if the token verified. Otherwise every check denies with `refusal` as its reason. */
  readonly verified: boolean;
  /** Stable code, such as `token.expired`; null if the token verified. */
  readonly refusal: TokenCode | EngineCode | null;
  /** The document that could be fetched so that refused tokens may be accepted; null if nothing could. */
  readonly missing: Fetchable | null;
  /** The single uses that its proofs take up. */
  readonly singleUses: readonly SingleUse[];
  /**
   * Refuses this identity from now on, because one of its `singleUses` was claimed before. Throws an Error after `free`.
   *
   * @example
   * ```js
   * const now = Date.now();
   * for (const { key, until_ms, holder } of identity.singleUses) {
   *   if (!(await store.claim(key, until_ms, now, holder))) identity.markReplayed();
   * }
   * ```
   */
  markReplayed(): void;
  /**
   * Decides for this identity. A token that has expired since is refused. Throws a TypeError for a misspelt or wrongly
   * typed field, and an Error after `free`.
   *
   * @example
   * ```js
   * const { allowed } = identity.check({ model: "mythos-5", action: "chat" });
   * ```
   */
  check(request: AccessRequest): Decision;
  /**
   * Frees the module's memory. A second call has no effect; any other call afterwards throws an Error.
   *
   * @example
   * ```js
   * const identity = ruleset.identify(token);
   * console.log(identity.verified, identity.refusal);
   * identity.free();
   * ```
   */
  free(): void;
  /**
   * @example
   * ```js
   * using identity = ruleset.identify(token);
   * ```
   */
  [Symbol.dispose](): void;
}

/**
 * Loads the module. It is loaded once, also by repeated or concurrent calls. In Node and in Workers, importing the
 * package has loaded it already. `source`: the location or the bytes of the module. Default: the file in this package.
 *
 * @example
 * ```js
 * import init, { openRuleset } from "brightline";
 * await init();
 * const ruleset = openRuleset(bundle, trustRoot);
 * ```
 */
declare function init(
  source?: RequestInfo | URL | Response | BufferSource | WebAssembly.Module | Promise<Response>,
): Promise<void>;
export default init;
/**
 * Loads the module synchronously, from bytes or a compiled module. Idempotent.
 *
 * @example
 * ```js
 * import { initSync } from "brightline";
 * import module from "brightline/brightline_bg.wasm";
 * initSync({ module });
 * ```
 */
export declare function initSync(source: { readonly module: BufferSource | WebAssembly.Module }): void;
/**
 * Opens a signed ruleset against the app's trust root. Throws a RulesetError (`bundle.…`, `trust_root.…`) if the
 * ruleset does not open, a TypeError for a misspelt or wrongly typed argument, and an Error if the module is not loaded
 * yet.
 *
 * @example
 * ```js
 * import init, { RulesetError, openRuleset } from "brightline";
 * await init();
 * try {
 *   const ruleset = openRuleset(await (await fetch("/ruleset.jws.json")).text(), trustRoot, { minimumVersion: 7 });
 * } catch (error) {
 *   if (error instanceof RulesetError) console.error(error.code); // such as `bundle.signature`
 * }
 * ```
 */
export declare function openRuleset(bundle: string | Uint8Array, trustRoot: TrustRoot, options?: OpenOptions): Ruleset;

/**
 * A ruleset, its signatures or its trust root are refused. `code` is the reason, such as `bundle.signature`; `key.…` for
 * a key of the trust root.
 */
export declare class RulesetError extends Error {
  private constructor();
  readonly name: "RulesetError";
  readonly code: BundleCode | TrustRootCode | KeyCode | EngineCode;
}
/** Keys, a status list or a deny list are refused. `code` is the reason, such as `keys.none`. */
export declare class UpdateError extends Error {
  private constructor();
  readonly name: "UpdateError";
  readonly code: UpdateCode | EngineCode;
}
/** The call was not made because the decision was not allow. `code` is the decision's reason. */
export declare class AccessError extends Error {
  private constructor();
  readonly name: "AccessError";
  readonly code: ReasonCode;
  readonly decision: Decision;
}

/** A fetched document. Plain data, so that any store can keep it. */
export interface StoredDocument {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly fetched_at_ms: number;
  /** The end of its freshness (RFC 9111), until which it is used without a request: milliseconds since 1970. */
  readonly fresh_until_ms: number;
  readonly etag: string | null;
  readonly last_modified: string | null;
}
/** Keeps documents by URL, so that a new process or isolate need not fetch the documents of another. A Map is one. */
export interface DocumentCache {
  get(url: string): StoredDocument | undefined | Promise<StoredDocument | undefined>;
  set(url: string, document: StoredDocument): unknown;
}
/** A problem of the maintenance. It stops no check: the check goes on with the keys and lists at hand. */
export interface MaintenanceProblem {
  readonly code: MaintenanceCode;
  readonly address: string | null;
  readonly message: string;
}
export interface MaintenanceOptions {
  /** The function that fetches. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** The store in which uses are claimed. Default: the memory of this process. */
  readonly replayStore?: ReplayStore;
  /** The store of documents. Default: the memory of this object. */
  readonly cache?: DocumentCache;
  /** Receives each problem. Default: problems are dropped. */
  readonly onProblem?: (problem: MaintenanceProblem) => void;
  /** Least time between two attempts to fetch the same document, in milliseconds. Default 30,000. */
  readonly minRefetchMs?: number;
  /** Most time that a fetch may take, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
  /** Also allows `http://` on this machine, for development. Default false. */
  readonly allowLoopback?: boolean;
}
/** Keeps a ruleset's keys and status lists up to date, and accepts each proof once. */
export interface Maintenance {
  /** Verifies tokens. Waits only for keys and status lists that are missing. Rejects only for misuse. */
  identify(token: Tokens, options?: Omit<IdentifyOptions, "replay">): Promise<Identity>;
  /** Verifies the tokens and decides. Rejects only for misuse. */
  check(request: CheckRequest): Promise<Decision>;
  /** Fetches all keys and known status lists now. */
  refresh(): Promise<void>;
  /** Stops fetching for good. */
  stop(): void;
}
/**
 * Starts to keep a ruleset up to date. Throws a TypeError for a misspelt or wrongly typed option.
 *
 * @example
 * ```js
 * const maintenance = maintain(ruleset, { onProblem: ({ code, message }) => console.warn(code, message) });
 * const decision = await maintenance.check({ token, model: "mythos-5", action: "chat" });
 * maintenance.stop();
 * ```
 */
export declare function maintain(ruleset: Ruleset, options?: MaintenanceOptions): Maintenance;

/** One token, several of one person, or null if the user has not signed in. */
export type Tokens = string | readonly string[] | null;
export interface GuardOptions {
  readonly ruleset: Ruleset;
  /** The user's token or tokens, or a function that returns them and is called for each call. */
  readonly token: Tokens | (() => Tokens | Promise<Tokens>);
  /** The facts that this host states about a call, or a function that returns them and is called for each call. */
  readonly context?: Context | (() => Context | Promise<Context>);
  /**
   * The base URL of the model API, or several: `https://gate.example/v1` for calls to
   * `https://gate.example/v1/chat/completions`. Default: those of OpenAI and Anthropic. Every other call is refused.
   */
  readonly base?: string | readonly string[];
  /** Further members of a body that this API accepts and that name no model, such as `guided_json`. Default none. */
  readonly members?: readonly string[];
  /**
   * Headers that pass although their names suggest that they could choose a model, such as `helicone-auth`. Default
   * none.
   */
  readonly headers?: readonly string[];
  /**
   * Returns the action of a call, for paths behind `base` that `guard` does not know or maps to another action. Null:
   * the action that `guard` knows. Receives copies.
   */
  readonly action?: (url: URL, body: Readonly<Record<string, unknown>>) => string | null;
  /**
   * If true, the call goes on with the model that the decision names as fallback (degrade) or interim (step_up),
   * provided that this model is allowed. Default false: the call is rejected.
   */
  readonly fallback?: boolean;
  /** Receives each decision before it is acted on, also the decision on a fallback. If it throws, nothing is sent. */
  readonly onDecision?: (decision: Decision) => void;
}
/**
 * Wraps a fetch so that every model call is checked first. Pass the result as the `fetch` option of the `openai` and
 * `@anthropic-ai/sdk` clients, or call it directly. Rejects with an AccessError unless the decision is allow. Throws a
 * TypeError for a misspelt or wrongly typed option.
 *
 * The known paths behind a `base`, compared exactly, are `/chat/completions`, `/completions`, `/responses`,
 * `/messages`, `/messages/count_tokens` (action `chat`), `/embeddings` (`embed`), `/fine_tuning/jobs` (`fine-tune`) and
 * `/images/generations` (`image`). GET of `/models` and `/models/ID` reaches no model and passes unchecked. Everything
 * else is refused.
 *
 * A body is refused if it is not JSON or could name another model than its `model`, by the rules of `readModelRequest`
 * of `brightline/model-request`. A header is refused if its name refers to models, routes, providers or overrides, or
 * if its value is a model's id or JSON that could name one.
 *
 * @example
 * ```js
 * import { AccessError, guard } from "brightline";
 * const guarded = guard(fetch, { ruleset, token: () => session.accessToken() });
 * try {
 *   await guarded("https://api.openai.com/v1/chat/completions", { method: "POST", headers, body });
 * } catch (error) {
 *   if (error instanceof AccessError) console.log(error.decision.message);
 * }
 * ```
 */
export declare function guard(fetch: typeof globalThis.fetch, options: GuardOptions): typeof globalThis.fetch;
