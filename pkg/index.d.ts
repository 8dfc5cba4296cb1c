// For projects whose library does not know `using` yet.
/// <reference lib="esnext.disposable" />

/** What the caller does, strictest first: deny, review, step_up, degrade, allow. */
export type Outcome = "allow" | "degrade" | "step_up" | "review" | "deny";

/** What settled the outcome. `engine`: the module itself failed, so there is no decision and nothing is allowed. */
export type DecidedBy = "rule" | "default" | "token" | "request" | "ruleset" | "engine";

/** The answer to one request: plain data, made for this caller alone. */
export interface Decision {
  readonly outcome: Outcome;
  /** True for `allow` alone, so that a caller who reads one field is safe. */
  readonly allowed: boolean;
  readonly decided_by: DecidedBy;
  /** Stable code, such as `foreign_person`, `token.expired`, `evidence.stale`. */
  readonly reason: string;
  /** A sentence for the person it concerns. */
  readonly message: string;
  /** Which ruleset judged; null where none was asked, as for a call that `guard` could not read. */
  readonly ruleset: { readonly id: string; readonly version: number } | null;
  readonly rule: string | null;
  readonly basis: Basis | null;
  readonly model: string;
  readonly action: string;
  /** RFC 3339, UTC. */
  readonly decided_at: string;
  /** The first instant at which the decision could change with nothing else changing. */
  readonly valid_until: string | null;
  /** With `degrade`: what to serve instead. */
  readonly fallback: Serving | null;
  /** With `step_up`: what may be served meanwhile. */
  readonly interim: Serving | null;
  /** The rules that decided, strictest first, and those that an exception lifted. */
  readonly reasons: readonly RuleReason[];
  /** The smallest sets of evidence that could turn the answer to allow; each is one way. */
  readonly needs: readonly EvidencePath[];
  /** The models on which the same person may do the same action now, most capable first. */
  readonly alternatives: readonly Alternative[];
  /** What the caller must do when it serves. */
  readonly obligations: readonly Obligation[];
  /** Changes inside the ruleset's notice period. */
  readonly upcoming: readonly Change[];
  /** Attributes that were sent and did not matter. */
  readonly not_needed: readonly string[];
}
export interface Basis {
  readonly citation: string;
  readonly url: string | null;
  /** The day on which the author read it, as `YYYY-MM-DD`. */
  readonly as_of: string | null;
}
export interface Serving { readonly model: string; readonly action: string }
export interface RuleReason {
  /** The id of the ruleset that has this rule. */
  readonly ruleset: string;
  readonly rule: string;
  readonly title: string;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly message: string;
  readonly holds: "true" | "unknown" | "conflict";
  /** The role of the party of the chain that was judged; null: the person served. */
  readonly of: string | null;
  /** False while the authority does not act on the rule: it is named, and restricts nothing. */
  readonly enforced: boolean;
  /** Of a sealed rule the SHA-256 that commits to it; its title and exceptions are not told. */
  readonly sealed: string | null;
  readonly basis: Basis;
  readonly exceptions: readonly ExceptionReason[];
}
export interface ExceptionReason {
  /** The exception's id. */
  readonly id: string;
  /** Whether it asks for a licence. */
  readonly licence: boolean;
  /** The number of the licence that it rests on, which is the licence's id. */
  readonly number: string | null;
  readonly lifted: boolean;
  readonly reason: string;
}
export interface EvidencePath { readonly evidence: readonly EvidenceNeed[] }
export interface EvidenceNeed {
  readonly attribute: string;
  /** The role of the party of the chain that it must be about; null: the person served. */
  readonly of: string | null;
  readonly problem: string;
  readonly assurance: number;
  /** Seconds. */
  readonly max_age: number | null;
  readonly issuers: readonly string[];
  /** The values that would help; all of these must be so. */
  readonly wanted: readonly WantedValue[];
}
/** What a value must be like to help, as a condition has it. */
export interface WantedValue {
  readonly matcher: "is" | "in" | "under" | "any_of" | "all_of" | "only" | "has" | "lists" | "range" | "count";
  /** Whether it must match, or must not. */
  readonly holds: boolean;
  /** The values that the matcher names, or the fields of a record; empty for numbers, for names of people, and where there are more than sixteen. */
  readonly values: readonly string[];
}
export interface Alternative { readonly model: string; readonly title: string }
export interface Obligation { readonly id: string; readonly title: string }
export interface Change {
  readonly at: string;
  readonly outcome: Outcome;
  readonly reason: string;
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
  /** `sig`, if it is there. A text, as in a JSON file that is imported. */
  readonly use?: string;
}
/** Whose signatures on which ruleset an app accepts. It ships with the app, never with the ruleset. */
export interface TrustRoot {
  /** The one ruleset id that is accepted. */
  readonly ruleset: string;
  /** The environment that the ruleset must be made for, such as `prod-eu`. */
  readonly audience: string;
  /** How many distinct keys must have signed. */
  readonly threshold: number;
  readonly keys: readonly PublicJwk[];
  /** Grows with each rotation; 0 where absent. */
  readonly version?: number;
}
export interface OpenOptions {
  /** The current instant; the host's clock where absent. Milliseconds since 1970, or a Date. */
  readonly now?: number | Date;
  /** The lowest version that is accepted: what this host has seen before. */
  readonly minimumVersion?: number;
}
/**
 * What this host states of a request. Beside these fields, those that the ruleset declares as `context.NAME`, each of the
 * type that it declares; `ruleset.context` lists them all, and any other is a TypeError.
 */
export interface Context {
  /** ISO 3166-1 alpha-2, as the platform (never the client) states it. */
  readonly country?: string;
  /** ISO 3166-2, such as `UA-43`; of that country. */
  readonly region?: string;
  /** Several signals of where the request comes from. Where they disagree, that is a conflict. */
  readonly places?: readonly Place[];
  /** The parties between the caller and the person served. */
  readonly chain?: readonly Party[];
  /** What the call is for, such as `general`; words joined by dots, from the general to the particular. */
  readonly purpose?: string;
  readonly [declared: string]: Stated | readonly Place[] | readonly Party[] | undefined;
}
/** A value of a field that a ruleset declares. */
export type Stated = string | number | boolean | readonly string[];
/** One signal of where a request comes from. */
export interface Place {
  readonly country?: string;
  /** Of that country; without a country, its code says it. */
  readonly region?: string;
  /** Where the signal is from, such as `ip`. */
  readonly source?: string;
  /** A signal whose quality is not `ok` counts as none. */
  readonly quality?: string;
}
/** A party of the chain. */
export interface Party {
  /**
   * `end_user`, `agent`, `app`, `integrator`, `reseller`, `actor`, or one that a ruleset declares. With any other, `check`
   * denies with the reason `request.context`, and `ask` throws a TypeError.
   */
  readonly role: string;
  /**
   * The name under which evidence speaks of it; absent: its role. An end user without it is the person whose tokens these
   * are, one with it is another.
   */
  readonly of?: string;
  /** False: nobody knows who it is, and nothing is known of it. */
  readonly known?: boolean;
}
/** Read strictly: a plain object of exactly these fields. A field that is absent or `undefined` is not stated. */
export interface Request {
  readonly model: string;
  readonly action: string;
  readonly context?: Context;
  /** The current instant; the host's clock where absent. Milliseconds since 1970, or a Date. */
  readonly now?: number | Date;
}
export interface CheckRequest extends Request, Possession {
  /** The token, a compact JWS or an SD-JWT, or several of one person; null or absent: nobody has signed in. */
  readonly token?: string | readonly string[] | null;
}
/** What shows that the tokens are the sender's, where the ruleset asks for it. */
export interface Possession {
  /** The nonce that this host gave to the wallet; each key-binding JWT (RFC 9901, section 4.3) must have it. */
  readonly nonce?: string;
  /** A DPoP proof (RFC 9449) for each token that needs one. */
  readonly proof?: DpopProof | readonly DpopProof[];
}
/** A DPoP proof and the request that it must be for. */
export interface DpopProof {
  /** The value of the `DPoP` header. */
  readonly jwt: string;
  /** The method of the request, such as `POST`. */
  readonly method: string;
  /** The address of the request. */
  readonly url: string;
  /** The nonce that this host last gave, if it gives any. */
  readonly nonce?: string;
}
/** What else is known of keys or a list that are brought up to date. */
export interface UpdateOptions {
  /** The current instant, where the document was fetched before; the instant of the fetch where absent. */
  readonly now?: number | Date;
  /**
   * Where the keys come from: `openid`, `oauth` or the `jwks_uri`. Only entries whose keys come from there take them; every
   * entry of the issuer where absent.
   */
  readonly source?: string;
}
/** What came of a JWK Set. */
export interface TakenKeys {
  /** How many of its keys are used. */
  readonly taken: number;
  /** The others, each with a code: `key.…`, or `keys.duplicate`, `keys.repeated`, `keys.pinned`, `keys.not_accepted`, `keys.malformed`. */
  readonly passedOver: readonly { readonly kid: string | null; readonly reason: string }[];
}
/** Something that may be used once. */
export interface Use {
  /** A text of 43 letters. */
  readonly key: string;
  /** From when on it would be refused anyhow: milliseconds since 1970. */
  readonly until: number;
  /** Who used it, as a text of 43 letters: a hash of the issuer and the token's `sub`, or of the holder's key. */
  readonly holder: string;
}
/** Remembers what was used. */
export interface ReplayStore {
  /**
   * Notes a use; true the first time, false ever after until its end. Atomic: of any number of calls at once with one key,
   * one is given true. A store can share its room by `holder`; one that ignores it lets one person fill it for all.
   */
  claim(key: string, until: number, now: number, holder?: string): boolean | Promise<boolean>;
}
/**
 * One of this process, of 100,000 uses or `most`. Where it is full it takes nothing more rather than forget. A holder may have
 * as many uses in it as there is room left for all others, so few holders never fill it: one alone can take half of
 * it, and is then refused while all others are served.
 */
export declare function memoryReplayStore(options?: { readonly most?: number }): {
  claim(key: string, until: number, now: number, holder?: string): boolean;
};
/** What a host could fetch so that a token that was refused may be accepted: an issuer's keys, or a status list. */
export type Wanted =
  | { readonly keys: string; readonly statusList?: undefined }
  | { readonly keys?: undefined; readonly statusList: { readonly iss: string; readonly uri: string } };
/** An issuer that a ruleset trusts. */
export interface IssuerDescription {
  readonly id: string;
  /** By which a host names it: the first spelling in the ruleset, or a template with `{tenantid}` in it. */
  readonly iss: string;
  /** Where the host fetches its keys; null: all of them are in the ruleset. */
  readonly keys: null | {
    /** The address of its JWK Set; null: discovery says. */
    readonly jwksUri: string | null;
    readonly discovery: "openid" | "oauth" | null;
    /** For how long after a fetch its keys are used: milliseconds. */
    readonly stale: number;
  };
}
/** One way to an allow: all of its evidence is needed. */
export interface Asked {
  readonly evidence: readonly AskedEvidence[];
}
/** One piece of evidence, and who can assert it. */
export interface AskedEvidence {
  /** The attribute that it must assert. */
  readonly attribute: string;
  /** The role of the party that it must be about; null: the person served. */
  readonly of: string | null;
  /** Empty: the host states it as context. */
  readonly issuers: readonly AskedIssuer[];
}
/** What to ask of one issuer. */
export interface AskedIssuer {
  /** The ruleset's name for it. */
  readonly id: string;
  readonly iss: string;
  /** The types of its credentials; empty: its tokens are no SD-JWT VCs. */
  readonly vct: readonly string[];
  /** The claims that would do, one set or another, cheapest in privacy first. */
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
/** What was asked for as a query for a wallet; null: nothing of it is in a credential. */
export declare function dcqlQuery(asked: readonly Asked[]): DcqlQuery | null;
/** Tokens that are denied: of a subject, of all of an issuer, one, or those of a session. `not_before` is RFC 3339 or seconds since 1970. */
export type DeniedEntry =
  | { readonly iss: string; readonly sub?: string; readonly not_before: string | number }
  | { readonly jti: string; readonly iss?: string }
  | { readonly iss: string; readonly sid: string };
export interface IdentifyOptions extends Possession {
  readonly now?: number | Date;
  /** `host`: the caller claims each of the identity's `uses` itself. Otherwise this ruleset's own memory is the store. */
  readonly replay?: "host";
}

/**
 * An opened ruleset. Free it when it is no longer used, or let `using` do so; the garbage collector does in the end.
 *
 * If the module itself fails (a trap, or no stack left), that call and every later one of every object is refused with
 * `decided_by: "engine"` and `reason: "engine.trapped"`, until the app is loaded anew.
 */
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
  /** The fields that a request's `context` may have. */
  readonly context: readonly string[];
  /** What judges: this ruleset alone, or all that were put together. */
  readonly rulesets: readonly RulesetDescription[];
  /** Whose tokens are read. */
  readonly issuers: readonly IssuerDescription[];
  /**
   * Verifies the token and decides. Never throws for anything in a token or a request; a misspelt or wrongly typed field
   * is a TypeError.
   */
  check(request: CheckRequest): Decision;
  /** Verifies a token once. The identity stays usable when the ruleset is freed. */
  identify(token: string | readonly string[] | null, options?: IdentifyOptions): Identity;
  /**
   * Which claims could turn the answer to allow, cheapest in privacy first: what a page asks a wallet for, and no more. Empty
   * where it is allow already, or nothing would help. Uses nothing up.
   */
  ask(request: CheckRequest): readonly Asked[];
  /**
   * Takes the JWK Set of an issuer whose keys the host fetches, as it was at an instant (milliseconds since 1970; now where
   * absent). Each ruleset takes the keys that its own entries accept. Throws a RulesetError (`keys.…`) if none takes it: the
   * former keys stay then, unless the code is `keys.none`. `keys.older`: a set that was fetched later is kept already, which
   * is no fault.
   */
  updateKeys(iss: string, jwks: string | Uint8Array, fetchedAt?: number | Date, options?: UpdateOptions): TakenKeys;
  /**
   * Takes a Status List Token of an issuer, as it was fetched at an instant (milliseconds since 1970; now where absent).
   * Returns where it is, and until when it is used in milliseconds since 1970. Throws a RulesetError (`status.…`); the former
   * list stays then. `status.older`: a list that was issued later is kept already, which is no fault.
   */
  updateStatusList(iss: string, token: string, fetchedAt?: number | Date, options?: Pick<UpdateOptions, "now">): { readonly uri: string; readonly until: number };
  /**
   * Takes the host's deny list, in the place of the former one, for this ruleset, the rulesets that it is put together with
   * or of, and the identities that they made. Returns how many entries it has. Throws a RulesetError (`denied.…`); the former list stays then.
   */
  updateDenied(entries: readonly DeniedEntry[]): number;
  /**
   * A ruleset that judges by this one and the other, each by its own terms, keys and lists: the strictest outcome governs, and
   * what is served instead must be allowed by both. An update of one of the three holds for all that share the keys and lists.
   * Its own fields are those of this one. The order changes no decision; both stay usable and are freed apart.
   */
  with(other: Ruleset): Ruleset;
  /** Once is enough, more is harmless; any other call after it is an Error. */
  free(): void;
  [Symbol.dispose](): void;
}
/** One ruleset that judges. */
export interface RulesetDescription {
  readonly id: string;
  readonly version: number;
  /** SHA-256 of the signed payload, lower-case hex. */
  readonly sha256: string;
  readonly issued: string;
  readonly expires: string;
}
/** A token verified once, to be checked many times. */
export declare class Identity {
  private constructor();
  /** Whether the token verified; if not, every check denies with `refusal` as its reason. */
  readonly verified: boolean;
  readonly refusal: string | null;
  /** What could be fetched so that tokens that were refused may be accepted. */
  readonly wants: Wanted | null;
  /** What its proofs used up. */
  readonly uses: readonly Use[];
  /** Refuses this identity: one of its `uses` had been claimed before. */
  replayed(): void;
  /** Decides for this identity; a token that has expired since is refused. */
  check(request: Request): Decision;
  /** Once is enough, more is harmless; any other call after it is an Error. */
  free(): void;
  [Symbol.dispose](): void;
}

/**
 * Loads the module: once, however often and from however many places it is called. In Node and in Workers importing the
 * package has done so already. `source` is where the module is, if not beside this package.
 */
declare function init(
  source?: RequestInfo | URL | Response | BufferSource | WebAssembly.Module | Promise<Response>,
): Promise<void>;
export default init;
/** Loads the module from bytes or a compiled module, at once. Idempotent. */
export declare function initSync(source: { readonly module: BufferSource | WebAssembly.Module }): void;
/** Opens a signed ruleset against the app's trust root, or throws a RulesetError. */
export declare function openRuleset(bundle: string | Uint8Array, trustRoot: TrustRoot, options?: OpenOptions): Ruleset;

/** The signed ruleset does not open. `code` says why: `bundle.signature`, `bundle.expired`, … */
export declare class RulesetError extends Error {
  private constructor();
  readonly name: "RulesetError";
  readonly code: string;
}
/** The call was not made because the decision was not allow. `code` is the decision's reason. */
export declare class AccessError extends Error {
  private constructor();
  readonly name: "AccessError";
  readonly code: string;
  readonly decision: Decision;
}

/** A document as it was fetched. Plain data, so that any store can keep it. */
export interface StoredDocument {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly fetchedAt: number;
  /** Until when HTTP's rules let it be used unasked; milliseconds since 1970. */
  readonly freshUntil: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
}
/** Keeps documents by their address, so that a new process or isolate need not fetch what another has. A Map is one. */
export interface DocumentCache {
  get(url: string): StoredDocument | undefined | Promise<StoredDocument | undefined>;
  set(url: string, document: StoredDocument): unknown;
}
/** Something that went wrong beside a check, which went on with what there was. */
export interface UpkeepProblem {
  /** `upkeep.address`, `upkeep.fetch`, `upkeep.status`, `upkeep.too_large`, `upkeep.discovery`, `upkeep.status_list`, `upkeep.key_passed_over`, `upkeep.refused`, `upkeep.replay_store`. */
  readonly code: string;
  readonly address: string | null;
  readonly message: string;
}
export interface UpkeepOptions {
  /** What fetches; the global `fetch` where absent. */
  readonly fetch?: typeof globalThis.fetch;
  /** Where uses are claimed; the memory of this process where absent. */
  readonly replay?: ReplayStore;
  /** Where documents are kept; the memory of this object where absent. */
  readonly cache?: DocumentCache;
  readonly onProblem?: (problem: UpkeepProblem) => void;
  /** Least time between two tries to fetch the same thing, in milliseconds; 30,000 where absent. */
  readonly floorMs?: number;
  /** Most time that a fetch may take, in milliseconds; 5,000 where absent. */
  readonly timeoutMs?: number;
  /** Also `http://` on this machine, for development. Default false. */
  readonly allowLoopback?: boolean;
}
/** Keeps a ruleset's keys and status lists up to date, and lets each proof be used once. */
export interface Upkeep {
  /**
   * Identifies; fetches what is wanted and not there, and waits for nothing else. Rejects only for misuse.
   */
  identify(token: Tokens, options?: Omit<IdentifyOptions, "replay">): Promise<Identity>;
  /** Identifies and decides. */
  check(request: CheckRequest): Promise<Decision>;
  /** Fetches everything that is kept up to date, now. */
  refresh(): Promise<void>;
  /** Nothing is fetched any more. */
  stop(): void;
}
export declare function keepUp(ruleset: Ruleset, options?: UpkeepOptions): Upkeep;

/** One token, several of one person, or nobody. */
export type Tokens = string | readonly string[] | null;
export interface GuardOptions {
  readonly ruleset: Ruleset;
  /** The caller's token or tokens, or how to get it, asked for on each call. */
  readonly token: Tokens | (() => Tokens | Promise<Tokens>);
  /** What this host states of a call, or how to get it, asked for on each call. */
  readonly context?: Context | (() => Context | Promise<Context>);
  /**
   * The address that the paths of the model API follow, or several: `https://gate.example/v1` for calls to
   * `https://gate.example/v1/chat/completions`. Default: those of OpenAI and Anthropic. Every other call is refused.
   */
  readonly base?: string | readonly string[];
  /** Further members of a body that this API takes and that name no model, such as `guided_json`. Default none. */
  readonly members?: readonly string[];
  /** Headers that pass although their names say that they could choose a model, such as `helicone-auth`. Default none. */
  readonly headers?: readonly string[];
  /**
   * Which action a call is, for paths behind `base` that `guard` does not know or knows otherwise; null: as `guard` knows it.
   * It is given copies.
   */
  readonly action?: (url: URL, body: Readonly<Record<string, unknown>>) => string | null;
  /**
   * Go on with the model that the decision names as fallback (degrade) or interim (step_up), if that model is allowed.
   * Default false: reject.
   */
  readonly fallback?: boolean;
  /** Told each decision before it is acted on, whatever it is, also that on a fallback. If it throws, nothing is sent. */
  readonly onDecision?: (decision: Decision) => void;
}
/**
 * Wraps a fetch so that every model call is checked first: as the `fetch` option of the `openai` and `@anthropic-ai/sdk`
 * clients, or alone. Rejects with an AccessError unless the decision is allow.
 *
 * Known are, behind a `base` and to the letter, `/chat/completions`, `/completions`, `/responses`, `/messages`,
 * `/messages/count_tokens` (action `chat`), `/embeddings` (`embed`), `/fine_tuning/jobs` (`fine-tune`) and
 * `/images/generations` (`image`). GET of `/models` and `/models/ID` reaches no model and passes unchecked. Everything else
 * is refused. So is a body that is not JSON or could name another model than its `model`, as `readModelRequest` of
 * `brightline/model-request` has it, and so is a header that could: its name speaks of models, routes, providers or
 * overrides, or its value is a model's id or JSON that could name one.
 */
export declare function guard(fetch: typeof globalThis.fetch, options: GuardOptions): typeof globalThis.fetch;
