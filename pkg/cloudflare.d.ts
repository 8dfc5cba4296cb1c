import type { ReplayStore } from "./index.js";

/** The part of a Durable Object's state that the store uses. Instants are milliseconds since 1970. */
export interface ReplayObjectState {
  readonly storage: {
    get(key: string): Promise<number | undefined>;
    put(key: string, untilMs: number): Promise<void>;
    delete(key: string): Promise<boolean>;
    list(): Promise<Map<string, number>>;
    getAlarm(): Promise<number | null>;
    setAlarm(atMs: number): Promise<void>;
  };
}
/** The part of a binding to Durable Objects that the store uses. */
export interface ReplayObjectNamespace {
  idFromName(name: string): unknown;
  get(id: never): { fetch(url: string, init: { method: string; body: string }): Promise<Response> };
}
/** The class to export from a Worker and to bind as a Durable Object. */
export declare class ReplayObject {
  constructor(state: ReplayObjectState);
  fetch(request: Request): Promise<Response>;
  alarm(): Promise<void>;
}
/**
 * A replay store that all isolates share, for `maintain`. `shards`: the number of objects that share the work; default
 * 16. Do not change it while proofs made under the former number are still valid, because a use could then be claimed
 * twice. Throws a TypeError if `shards` is not a whole number of at least 1.
 *
 * @example
 * ```js
 * import { ReplayObject, durableReplayStore } from "brightline/cloudflare";
 * import { maintain } from "brightline";
 * export { ReplayObject };
 * const maintenance = maintain(ruleset, { replayStore: durableReplayStore(env.REPLAY) });
 * ```
 */
export declare function durableReplayStore(
  namespace: ReplayObjectNamespace,
  options?: { readonly shards?: number },
): ReplayStore;
