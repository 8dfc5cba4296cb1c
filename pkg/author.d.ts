import type { Decision, Outcome } from "./index.js";

/** Lines and columns count from 1, columns in UTF-16 code units; the end is exclusive. */
export interface Finding {
  /** `error`: the ruleset does not read. `warning`: it does, and somebody should look at what it means. */
  readonly severity: "error" | "warning";
  /** Stable, such as `ruleset.unknown_country` or `check.dead`. */
  readonly code: string;
  readonly message: string;
  readonly help: string | null;
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  readonly end_column: number;
}

/** What was found of one guarantee. */
export type Proven = { readonly guarantee: string; readonly title: string | null } & (
  | { readonly verdict: "holds" | "for_nobody" }
  | { readonly verdict: "too_intricate"; readonly why: string }
  | {
      readonly verdict: "broken";
      /** Who they are, a line for each thing that is said of them. */
      readonly who: readonly string[];
      readonly context: Readonly<Record<string, unknown>>;
      readonly model: string;
      readonly action: string;
      readonly at: string;
      readonly decision: Decision;
    }
);

export interface Reply {
  readonly outcome: Outcome;
  /** What a degrade serves; a part that is null is as it was asked for. */
  readonly instead: { readonly model: string | null; readonly action: string | null } | null;
  readonly rule: string | null;
  readonly reason: string;
}

/** A class of requests that two versions treat otherwise. */
export interface Change {
  /** Models with actions. */
  readonly requests: readonly (readonly [model: string, action: string])[];
  readonly from: string;
  readonly until: string;
  /** Whom it is about: all of these hold. */
  readonly who: readonly string[];
  /** These do not hold of them alone: which of them it is about would take too many lines to tell. */
  readonly more: boolean;
  readonly old: Reply;
  readonly new: Reply;
  /** One of them; `context` is JSON. */
  readonly example: { readonly who: readonly string[]; readonly context: string };
}

export interface Difference {
  /** What is different and shows in no outcome: which ruleset it is, when it is valid, whom it trusts, obligations. */
  readonly beside: readonly string[];
  /** Models and actions that only the old version knows, and only the new one. */
  readonly gone: readonly string[];
  readonly added: readonly string[];
  /** Disjoint and complete. */
  readonly changes: readonly Change[];
  /** Models with actions of which it could not be settled within the budget. */
  readonly unsettled: readonly (readonly [model: string, action: string])[];
}

export interface Options {
  /** The budget, in nodes of the decision diagrams. Default eight million. */
  readonly nodes?: number;
}

/** Loads the module; once, before anything else. In Node there is nothing left to do. */
export default function init(source?: RequestInfo | URL | Response | BufferSource | WebAssembly.Module): Promise<void>;
/** Every finding of a ruleset in YAML or JSON. Issuers may be without keys. */
export declare function check(ruleset: string): readonly Finding[];
/** Proves the guarantees for every possible request. `proofs` is null where the ruleset does not read. */
export declare function prove(
  ruleset: string,
  options?: Options,
): { readonly findings: readonly Finding[]; readonly proofs: readonly Proven[] | null };
/** Compares two versions. `difference` is null where one does not read. */
export declare function diff(
  before: string,
  after: string,
  options?: Options,
): { readonly findings: readonly Finding[]; readonly difference: Difference | null };
