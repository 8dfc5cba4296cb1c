/** The model and action that a request to a model API asks for. */
export interface ModelRequest {
  readonly ok: true;
  /** The path as the table has it. */
  readonly path: string;
  readonly action: string;
  readonly model: string;
  /** The body, exactly as it was sent. */
  readonly text: string;
  /** The position of the value of `model` in `text`, in UTF-16 code units: `[from, until)`. */
  readonly model_range: readonly [number, number];
}
/** The reason why a request cannot be read. `status` is the HTTP status to answer with. */
export interface RequestRefusal {
  readonly ok: false;
  readonly status: 400 | 404 | 405 | 415;
  readonly code:
    | "request.path_unknown" | "request.method" | "request.query" | "request.content_type"
    | "request.json" | "request.duplicate_member" | "request.model_ambiguous" | "request.member_unknown"
    | "request.model_missing";
  /** A sentence that names the member at fault. */
  readonly message: string;
}
export interface ReadOptions {
  /**
   * Further members of a body that this service's API accepts and that name no model, such as `guided_json`. Default
   * none.
   */
  readonly members?: readonly string[];
  /** The ids of the ruleset's catalogue. A setting with one of these values names a model. Default none. */
  readonly models?: Iterable<string>;
}
/** The action of each path of the OpenAI and Anthropic APIs whose body names a model. */
export declare const MODEL_PATHS: Readonly<Record<string, string>>;
/**
 * Reads the model and the action that a request asks for. Refuses every part that two readers could read differently,
 * or that could name another model than `model`: a path that is not exactly in the table; a member that the API at this
 * path does not know, unless its value is a number, true, false or null; a name inside settings and tools that could
 * name a model, in any case, width or spelling; a tool that could call a model. The user's text, and schemas of
 * functions and answers, may contain any name. Scans the body once, without building values from it.
 *
 * @example
 * ```js
 * import { readModelRequest } from "brightline/model-request";
 * const bytes = new Uint8Array(await request.arrayBuffer());
 * const read = readModelRequest(request.url, request.method, bytes, request.headers.get("content-type"));
 * if (read.ok) console.log(read.model, read.action);
 * else console.log(read.status, read.code);
 * ```
 */
export declare function readModelRequest(
  url: string | URL, method: string, bytes: Uint8Array, contentType: string | null, paths?: Readonly<Record<string, string>>,
  options?: ReadOptions,
): ModelRequest | RequestRefusal;
/**
 * Like `readModelRequest`, for a known path and action. `path`: as in `MODEL_PATHS`, with or without `/v1`.
 *
 * @example
 * ```js
 * import { readModelBody } from "brightline/model-request";
 * const read = readModelBody(bytes, "application/json", "/v1/chat/completions", "chat");
 * ```
 */
export declare function readModelBody(
  bytes: Uint8Array, contentType: string | null, path: string, action: string, options?: ReadOptions,
): ModelRequest | RequestRefusal;
/**
 * Reads the address alone, for a caller that needs the path and action before it reads a body.
 *
 * @example
 * ```js
 * import { readModelTarget } from "brightline/model-request";
 * const target = readModelTarget("https://gate.example/v1/messages", "POST"); // { ok: true, path: "/v1/messages", action: "chat" }
 * ```
 */
export declare function readModelTarget(
  url: string | URL, method: string, paths?: Readonly<Record<string, string>>,
): { readonly ok: true; readonly path: string; readonly action: string } | RequestRefusal;
/**
 * Returns the body with another model and every other byte unchanged.
 *
 * @example
 * ```js
 * import { readModelBody, replaceModel } from "brightline/model-request";
 * const read = readModelBody(bytes, "application/json", "/v1/messages", "chat");
 * const body = read.ok ? replaceModel(read, "mythos-mini") : null;
 * ```
 */
export declare function replaceModel(request: ModelRequest, model: string): Uint8Array;
