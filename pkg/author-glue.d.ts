/** The boundary of the module for authors, as declared in `src/wasm/author.rs`. Not for use outside this package. */
type Source = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;
export declare function load(source: { module_or_path: Source | Promise<Response> }): Promise<unknown>;
export declare function loadSync(source: { module: BufferSource | WebAssembly.Module }): unknown;
export declare function author_check(ruleset: string): string;
export declare function author_prove(ruleset: string, nodes: number): string;
export declare function author_diff(before: string, after: string, nodes: number): string;
