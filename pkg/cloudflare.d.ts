import type { ReplayStore } from "./index.js";

/** Of a Durable Object's state, what the store uses. */
export interface ObjectState {
  readonly storage: {
    get(key: string): Promise<number | undefined>;
    put(key: string, until: number): Promise<void>;
    delete(key: string): Promise<boolean>;
    list(): Promise<Map<string, number>>;
    getAlarm(): Promise<number | null>;
    setAlarm(at: number): Promise<void>;
  };
}
/** Of a binding to Durable Objects, what the store uses. */
export interface ObjectNamespace {
  idFromName(name: string): unknown;
  get(id: never): { fetch(url: string, init: { method: string; body: string }): Promise<Response> };
}
/** The class to export from a Worker and to bind as a Durable Object. */
export declare class ReplayObject {
  constructor(state: ObjectState);
  fetch(request: Request): Promise<Response>;
  alarm(): Promise<void>;
}
/**
 * A replay store of all isolates, for `keepUp`. `shards`: how many objects share the work, 16 where absent; a deployment keeps
 * the number that it began with for as long as proofs last.
 */
export declare function durableReplayStore(namespace: ObjectNamespace, options?: { readonly shards?: number }): ReplayStore;
