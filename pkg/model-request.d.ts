/** What a request to a model API asks for. */
export interface ModelRequest {
  readonly ok: true;
  /** The path as the table has it. */
  readonly path: string;
  readonly action: string;
  readonly model: string;
  /** The body, exactly as it was sent. */
  readonly text: string;
  /** Where the value of `model` stands in `text`: `[from, until)`. */
  readonly modelAt: readonly [number, number];
}
/** Why it cannot be told. `status` is the HTTP status that says so. */
export interface RequestRefusal {
  readonly ok: false;
  readonly status: 400 | 404 | 405 | 415;
  readonly code:
    | "request.path_unknown" | "request.method" | "request.query" | "request.content_type"
    | "request.json" | "request.duplicate_member" | "request.model_ambiguous" | "request.member_unknown"
    | "request.model_missing";
  /** Names the member that is at fault. */
  readonly message: string;
}
export interface ReadOptions {
  /** Further members of a body that this service's API takes and that name no model, such as `guided_json`. */
  readonly members?: readonly string[];
  /** The ids of the ruleset's catalogue: a setting whose text is one of them names a model. */
  readonly models?: Iterable<string>;
}
/** The paths of the OpenAI and Anthropic APIs that name a model in their body, and the action that each is. */
export declare const MODEL_PATHS: Readonly<Record<string, string>>;
/**
 * Reads which model and action a request asks for. Refused is every part that two readers could read in two ways, or that
 * could name another model than `model`: a path that is not in the table to the letter; a member that the API at this path
 * does not know, unless its value is a number, true, false or null; a name inside settings and tools that could name a model,
 * in any case, width or spelling; a tool that could call a model. Text of the user, and schemas of functions and
 * answers, may hold any name. One pass over the body, without making values of it.
 */
export declare function readModelRequest(
  url: string | URL, method: string, bytes: Uint8Array, contentType: string | null, paths?: Readonly<Record<string, string>>,
  options?: ReadOptions,
): ModelRequest | RequestRefusal;
/** The same for a body whose path and action are known already. `path`: as in `MODEL_PATHS`, with or without `/v1`. */
export declare function readModelBody(
  bytes: Uint8Array, contentType: string | null, path: string, action: string, options?: ReadOptions,
): ModelRequest | RequestRefusal;
/** What the address alone says, for a caller that must know before it reads a body. */
export declare function readModelTarget(
  url: string | URL, method: string, paths?: Readonly<Record<string, string>>,
): { readonly ok: true; readonly path: string; readonly action: string } | RequestRefusal;
/** The body with another model in the place of the first and every other byte as it was. */
export declare function withModel(request: ModelRequest, model: string): Uint8Array;
