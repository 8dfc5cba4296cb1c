/** The boundary of the module as `src/wasm.rs` has it. Not for use outside this package. */
type Source = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;
export declare function load(source: { module_or_path: Source | Promise<Response> }): Promise<unknown>;
export declare function loadSync(source: { module: BufferSource | WebAssembly.Module }): unknown;
export declare class RawRuleset {
  private constructor();
  static open(bundle: Uint8Array, trustRoot: string, now: number, minimumVersion: number): RawRuleset;
  with(other: RawRuleset): RawRuleset;
  describe(): unknown;
  check(tokens: string[], model: string, action: string, context: string | undefined, now: number): unknown;
  identify(tokens: string[], now: number): RawIdentity;
  free(): void;
}
export declare class RawIdentity {
  private constructor();
  readonly verified: boolean;
  readonly refusal: string | undefined;
  check(model: string, action: string, context: string | undefined, now: number): unknown;
  same_until(): number;
  free(): void;
}
