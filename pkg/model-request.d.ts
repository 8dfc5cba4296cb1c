/** What a request to a model API asks for. */
export interface ModelRequest {
  readonly ok: true;
  /** The path as the table has it. */
  readonly path: string;
  readonly action: string;
  readonly model: string;
  readonly json: Readonly<Record<string, unknown>>;
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
    | "request.json" | "request.duplicate_member" | "request.model_ambiguous" | "request.model_missing";
  readonly message: string;
}
/** The paths of the OpenAI and Anthropic APIs that name a model in their body, and the action that each is. */
export declare const MODEL_PATHS: Readonly<Record<string, string>>;
/** Reads which model and action a request asks for; whatever two readers could read in two ways is refused. */
export declare function readModelRequest(
  url: string | URL, method: string, bytes: Uint8Array, contentType: string | null, paths?: Readonly<Record<string, string>>,
): ModelRequest | RequestRefusal;
/** What the address alone says, for a caller that must know before it reads a body. */
export declare function readModelTarget(
  url: string | URL, method: string, paths?: Readonly<Record<string, string>>,
): { readonly ok: true; readonly path: string; readonly action: string } | RequestRefusal;
/** The body with another model in the place of the first and every other byte as it was. */
export declare function withModel(request: ModelRequest, model: string): Uint8Array;
