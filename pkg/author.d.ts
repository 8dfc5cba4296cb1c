import type { Decision, FindingCode, KeyCode, Outcome, ReasonCode } from "./index.js";

/**
 * A finding in a ruleset's text. Lines and columns count from 1, columns in UTF-16 code units. The end is exclusive.
 */
export interface Finding {
  /** `error`: the ruleset cannot be read. `warning`: it can, but its meaning needs a review by its author. */
  readonly severity: "error" | "warning";
  /** Stable, such as `ruleset.unknown_country` or `check.dead`. */
  readonly code: FindingCode | KeyCode;
  readonly message: string;
  readonly help: string | null;
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  readonly end_column: number;
}

/**
 * The result for one guarantee. `holds`: for every possible request. `for_nobody`: no possible request is within its
 * `for`, so it promises nothing. `too_intricate`: not settled within the budget, which is no proof either way.
 * `broken`: the fields describe one request for which the guarantee fails.
 */
export type GuaranteeResult = { readonly guarantee: string; readonly title: string | null } & (
  | { readonly verdict: "holds" | "for_nobody" }
  | { readonly verdict: "too_intricate"; readonly why: string }
  | {
      readonly verdict: "broken";
      /** The person of the request, one line for each fact. */
      readonly who: readonly string[];
      readonly context: Readonly<Record<string, unknown>>;
      readonly model: string;
      readonly action: string;
      /** The instant of the request: RFC 3339, UTC. */
      readonly at: string;
      readonly decision: Decision;
    }
);

/** The answer of one version. */
export interface VersionAnswer {
  readonly outcome: Outcome;
  /** The model and action that a degrade serves. A part that is null stays as requested. */
  readonly instead: { readonly model: string | null; readonly action: string | null } | null;
  readonly rule: string | null;
  readonly reason: ReasonCode;
}

/** A class of requests that the two versions answer differently. */
export interface ChangedRequests {
  /** Models with actions. */
  readonly requests: readonly (readonly [model: string, action: string])[];
  /** The first instant of the change: RFC 3339, UTC. */
  readonly from: string;
  /** The first instant after it: RFC 3339, UTC. */
  readonly until: string;
  /** The facts that all requests of the class have in common. */
  readonly who: readonly string[];
  /** True if other requests have these facts as well, because a complete description would be too long. */
  readonly more: boolean;
  readonly old: VersionAnswer;
  readonly new: VersionAnswer;
  /** One request of the class; `context` is JSON. */
  readonly example: { readonly who: readonly string[]; readonly context: string };
}

export interface Difference {
  /** Differences that change no outcome: the id, the validity, the trusted issuers, obligations. */
  readonly beside: readonly string[];
  /** Models and actions that only the old version has. */
  readonly gone: readonly string[];
  /** Models and actions that only the new version has. */
  readonly added: readonly string[];
  /** The classes that change, disjoint and complete, but for those in `unsettled`. */
  readonly changes: readonly ChangedRequests[];
  /** Models with actions that could not be settled within the budget. */
  readonly unsettled: readonly (readonly [model: string, action: string])[];
}

export interface AnalysisOptions {
  /** The budget, in nodes of the decision diagrams, each about 17 bytes. Default 8,000,000. */
  readonly maxNodes?: number;
}

/**
 * Loads the module. Call it once before any other function; in Node, importing the package has loaded it already.
 * `source`: the location or the bytes of the module. Default: the file in this package.
 *
 * @example
 * ```js
 * import init, { check } from "brightline/author";
 * await init();
 * const findings = check("ruleset: my-rules");
 * ```
 */
export default function init(source?: RequestInfo | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;
/**
 * Returns every finding of a ruleset in YAML or JSON. Issuers may be without keys.
 *
 * @example
 * ```js
 * import { check } from "brightline/author";
 * for (const { line, column, code, message } of check(text)) console.log(`${line}:${column} ${code} ${message}`);
 * ```
 */
export declare function check(ruleset: string): readonly Finding[];
/**
 * Proves the guarantees for every possible request. `proofs` is null if the ruleset cannot be read.
 *
 * @example
 * ```js
 * import { prove } from "brightline/author";
 * const broken = prove(text).proofs?.filter(({ verdict }) => verdict === "broken");
 * ```
 */
export declare function prove(
  ruleset: string,
  options?: AnalysisOptions,
): { readonly findings: readonly Finding[]; readonly proofs: readonly GuaranteeResult[] | null };
/**
 * Compares two versions over the validity of the new one. `difference` is null if one of them cannot be read.
 *
 * @example
 * ```js
 * import { diff } from "brightline/author";
 * for (const change of diff(before, after).difference?.changes ?? []) {
 *   console.log(change.requests, change.old.outcome, change.new.outcome);
 * }
 * ```
 */
export declare function diff(
  before: string,
  after: string,
  options?: AnalysisOptions,
): { readonly findings: readonly Finding[]; readonly difference: Difference | null };
