/** The boundary of the module, as declared in `src/wasm/mod.rs`. Not for use outside this package. */
import type { TokenCode } from "./index.js";

type Source = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;
export declare function load(source: { module_or_path: Source | Promise<Response> }): Promise<unknown>;
export declare function loadSync(source: { module: BufferSource | WebAssembly.Module }): unknown;
export declare class RawRuleset {
  private constructor();
  static open(bundle: Uint8Array, trustRoot: string, now: number, minimumVersion: number): RawRuleset;
  combine(other: RawRuleset): RawRuleset;
  describe(): unknown;
  update_keys(iss: string, jwks: Uint8Array, source: string | undefined, fetched: number, now: number): unknown[];
  update_status_list(iss: string, token: string, fetched: number, now: number): unknown[];
  update_deny_list(list: string): number;
  changes(): number;
  identify(tokens: string[], nonce: string | undefined, proofs: string[], now: number): RawIdentity;
  free(): void;
}
export declare class RawIdentity {
  private constructor();
  readonly refusal: TokenCode | undefined;
  missing(): string[];
  single_uses(): unknown[];
  mark_replayed(): void;
  changes(): number;
  accepted_until(): number;
  check(model: string, action: string, context: string | undefined, now: number): unknown;
  ask(model: string, action: string, context: string | undefined, now: number): unknown;
  same_until(): number;
  free(): void;
}
