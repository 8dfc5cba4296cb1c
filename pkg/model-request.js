/**
 * Reads the model and the action that an HTTP request to a model API asks for. The check must be about the same model that
 * the API reads. So every part that two readers could read differently is refused, not interpreted.
 */

import { scan, stringAt } from "./json-scan.js";
import { SCHEMAS, TOLD, couldName, isHostedTool, isOwnTool, membersAt, reads } from "./model-members.js";

/** @typedef {import("./model-request.js").ModelRequest} ModelRequest */
/** @typedef {import("./model-request.js").RequestRefusal} RequestRefusal */
/** @typedef {import("./model-request.js").ReadOptions} ReadOptions */

/** The action of each path of the OpenAI and Anthropic APIs whose body names a model. */
export const MODEL_PATHS = Object.freeze({
  "/v1/chat/completions": "chat",
  "/v1/completions": "chat",
  "/v1/responses": "chat",
  "/v1/messages": "chat",
  "/v1/messages/count_tokens": "chat",
  "/v1/embeddings": "embed",
  "/v1/fine_tuning/jobs": "fine-tune",
});

/** The highest number of members at the top of a body, and the deepest nesting. */
const MEMBERS = 256;
const DEPTH = 128;

/**
 * @param {string | URL} url
 * @param {string} method
 * @param {Uint8Array} bytes the body, as it will be sent
 * @param {string | null} contentType
 * @param {Readonly<Record<string, string>>} [paths] path → action
 * @param {ReadOptions} [options]
 * @returns {ModelRequest | RequestRefusal}
 */
export function readModelRequest(url, method, bytes, contentType, paths = MODEL_PATHS, options = {}) {
  return readTarget(url, method, paths, (path, action) => readModelBody(bytes, contentType, path, action, options));
}

/**
 * Reads the address alone, for a caller that needs the path and action before it reads a body.
 * @param {string | URL} url
 * @param {string} method
 * @param {Readonly<Record<string, string>>} [paths]
 * @returns {{ readonly ok: true, readonly path: string, readonly action: string } | RequestRefusal}
 */
export function readModelTarget(url, method, paths = MODEL_PATHS) {
  return readTarget(url, method, paths, (path, action) => ({ ok: true, path, action }));
}

/**
 * Returns the body with another model and every other byte unchanged.
 * @param {ModelRequest} request
 * @param {string} model
 * @returns {Uint8Array}
 */
export function replaceModel(request, model) {
  const [start, end] = request.model_range;
  return new TextEncoder().encode(request.text.slice(0, start) + JSON.stringify(model) + request.text.slice(end));
}

/**
 * @template T
 * @param {string | URL} url
 * @param {string} method
 * @param {Readonly<Record<string, string>>} paths
 * @param {(path: string, action: string) => T} then
 * @returns {T | RequestRefusal}
 */
function readTarget(url, method, paths, then) {
  const { pathname, search } = new URL(url);
  // Own members only: `/constructor` is not a path.
  const action = Object.hasOwn(paths, pathname) ? paths[pathname] : undefined;
  if (action === undefined) return refuse(404, "request.path_unknown", "There is no model API at this path.");
  if (method !== "POST") return refuse(405, "request.method", "A model is called with POST.");
  // Anthropic's clients send `?beta=true`. Any other query could carry something that was not checked.
  if (search !== "" && search !== "?beta=true") {
    return refuse(400, "request.query", "A model call takes no query string; put everything in the body.");
  }
  return then(pathname, action);
}

/**
 * @param {Uint8Array} bytes
 * @param {string | null} contentType
 * @param {string} path
 * @param {string} action
 * @param {ReadOptions} [options]
 * @returns {ModelRequest | RequestRefusal}
 */
export function readModelBody(bytes, contentType, path, action, options = {}) {
  if (!/^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(contentType ?? "")) {
    return refuse(415, "request.content_type", "The body must be application/json in UTF-8.");
  }
  const text = decoded(bytes);
  const body = text === null ? null : new Body(text, path, options);
  if (text === null || body === null || !scan(text, DEPTH, TOP, body) || !body.whole) {
    const limits = `with at most ${MEMBERS} members and ${DEPTH} levels`;
    return refuse(400, "request.json", `The body is not one JSON object in UTF-8 ${limits}.`);
  }
  if (body.refusal !== null) return body.refusal;
  const [start, end] = body.modelRange;
  const model = text[start] === '"' ? stringAt(text, start, end) : "";
  if (model === "" || !model.isWellFormed()) {
    return refuse(400, "request.model_missing", "The body must name the model as text in `model`.");
  }
  return { ok: true, path, action, model, text, model_range: [start, end] };
}

/** @param {Uint8Array} bytes */
function decoded(bytes) {
  try {
    // A byte order mark stays in the text, where the scan refuses it.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * The reader's knowledge about a part of a body. `top`: the whole; `value`: the value of a member at the top; `names`: no
 * member may name a model, and no text may be a model's id; `tools`: a list of tools; `tool`: one of them;
 * `function`: a tool's `function` or `custom`; `type`: a tool's type; `schema`: a schema, in which names are free if
 * the tool is the user's.
 * @typedef {{ is: "top" | "value" | "names" | "tools" | "tool" | "function" | "type" | "schema", of: string,
 *   reading: import("./model-members.js").Reading | "model" | "unknown" | "named", tool: Tool | null }} State
 * @typedef {{ types: string[], hidden: string | null }} Tool its types, and the first member of its schemas that could name a model
 */

/** @type {State} */
const TOP = { is: "top", of: "", reading: "unknown", tool: null };

/** Reads a body while it is scanned: finds its model, and the first reason to refuse it. */
class Body {
  /** True if the body is an object with a permitted number of members. */
  whole = false;
  /** @type {RequestRefusal | null} */
  refusal = null;
  /** The position of the value of `model`. @type {[number, number]} */
  modelRange = [0, 0];
  #text;
  #path;
  #known;
  /** Further members that the host names. @type {ReadonlySet<string>} */
  #named;
  /** The ids of the catalogue, as `plain` writes them. @type {ReadonlySet<string>} */
  #models;
  /** @type {Set<string>} */
  #names = new Set();

  /** @param {string} text @param {string} path @param {ReadOptions} options */
  constructor(text, path, { members = [], models = [] }) {
    this.#text = text;
    this.#path = path;
    this.#known = membersAt(path);
    this.#named = new Set(members);
    this.#models = new Set(Array.from(models, plain));
  }

  /** @param {State} state @param {number} from @param {number} until @returns {State | null} */
  member(state, from, until) {
    const name = stringAt(this.#text, from, until);
    switch (state.is) {
      case "top":
        return this.#atTop(name);
      case "schema":
        if (state.tool !== null && state.tool.hidden === null && couldName(name)) state.tool.hidden = name;
        return state;
      case "tool":
        if (name === "type") return { ...state, is: "type" };
        if (name === "function" || name === "custom") return { ...state, is: "function" };
        if (reads(name, "type")) this.#ambiguous(name, state.of);
        break;
      case "function":
        break;
      default:
        // The user's words, or a schema of the answer, in which a property may have any name.
        if (TOLD.has(name) || (name === "schema" && state.reading === "format")) return null;
        this.#inside(name, state.of);
        return state;
    }
    if (TOLD.has(name)) return null;
    if (SCHEMAS.has(name)) return { ...state, is: "schema" };
    this.#inside(name, state.of);
    return { ...state, is: "names" };
  }

  /** @param {State} state @param {boolean} object @returns {State | null} */
  open(state, object) {
    switch (state.is) {
      case "top":
        // A list is not a body, so its content is not read.
        this.whole = object;
        return object ? state : null;
      case "value":
        return this.#opened(state, object);
      case "tools":
        return object ? { ...state, is: "tool", tool: { types: [], hidden: null } } : state;
      case "type":
        state.tool?.types.push("");
        return null;
      default:
        return state;
    }
  }

  /** @param {State} state @param {number} from @param {number} until @param {boolean} text */
  scalar(state, from, until, text) {
    if (state.is === "value") {
      if (state.reading === "model") this.modelRange = [from, until];
      // A number, true, false or null names no model.
      if (state.reading === "unknown" && text) this.#unknown(state.of);
      if (state.reading === "named" && text) this.#value(from, until, state.of);
    } else if (state.is === "type") {
      state.tool?.types.push(text ? stringAt(this.#text, from, until) : "");
    } else if ((state.is === "names" || state.is === "tools") && text) {
      this.#value(from, until, state.of);
    }
  }

  /** @param {State} content */
  close({ is, of, tool }) {
    if (is !== "tool" || tool === null || (tool.types.length < 2 && tool.types.every(isOwnTool))) return;
    if (tool.hidden !== null) this.#ambiguous(tool.hidden, of);
    if (tool.types.length > 1) this.#ambiguous("type", of);
    for (const type of tool.types) {
      if (isOwnTool(type) || isHostedTool(type)) continue;
      this.#refuse("request.model_ambiguous", `A tool of the type ${shown(type)} in \`${of}\` could call another model; ${ONE}`);
    }
  }

  /** @param {string} name @returns {State | null} */
  #atTop(name) {
    if (this.#names.has(name)) {
      this.#refuse("request.duplicate_member", `The member ${shown(name)} of the body is there twice; send each once.`);
      return null;
    }
    if (this.#names.size >= MEMBERS) {
      this.whole = false;
      return null;
    }
    this.#names.add(name);
    if (name === "model") return { ...TOP, is: "value", reading: "model", of: name };
    const reading = Object.hasOwn(this.#known, name) ? this.#known[name] : undefined;
    if (reading === "content") return null;
    if (reading === undefined && couldName(name)) {
      this.#refuse("request.model_ambiguous", `${shown(name)} in the body could name another model; ${ONE}`);
      return null;
    }
    return { ...TOP, is: "value", of: name, reading: reading ?? (this.#named.has(name) ? "named" : "unknown") };
  }

  /** @param {State} state of the value of a member at the top @param {boolean} object @returns {State | null} */
  #opened(state, object) {
    switch (state.reading) {
      case "unknown":
        this.#unknown(state.of);
        return null;
      case "text":
        if (object) this.#refuse("request.model_ambiguous", `${shown(state.of)} refers to something stored, which could name another model; ${ONE}`);
        return null;
      case "tools":
        return object ? { ...state, is: "tool", tool: { types: [], hidden: null } } : { ...state, is: "tools" };
      case "named":
      case "names":
      case "format":
        return { ...state, is: "names" };
      default:
        return null;
    }
  }

  /** @param {number} from @param {number} until @param {string} of */
  #value(from, until, of) {
    if (this.#models.size === 0 || !this.#models.has(plain(stringAt(this.#text, from, until)))) return;
    this.#refuse("request.model_ambiguous", `\`${cut(of)}\` in the body names a model; ${ONE}`);
  }

  /** @param {string} name @param {string} of */
  #inside(name, of) {
    if (couldName(name)) this.#ambiguous(name, of);
  }

  /** @param {string} name @param {string} of */
  #ambiguous(name, of) {
    this.#refuse("request.model_ambiguous", `${shown(name)} inside \`${cut(of)}\` could name another model; ${ONE}`);
  }

  /** @param {string} name */
  #unknown(name) {
    this.#refuse("request.member_unknown", `${shown(name)} is not known at ${this.#path}, so it could choose another model.`);
  }

  /** @param {RequestRefusal["code"]} code @param {string} message */
  #refuse(code, message) {
    this.refusal ??= refuse(400, code, message);
  }
}

const ONE = "name one, in `model` alone.";

/** Returns a model's id as a lenient reader would compare it. @param {string} id */
function plain(id) {
  return id.normalize("NFKC").trim().toLowerCase();
}

/** Quotes a caller's text for a message. @param {string} text */
function shown(text) {
  return `\`${cut(text)}\``;
}

/** @param {string} text */
function cut(text) {
  const short = text.slice(0, 64).replace(/[\p{C}`]/gu, "?");
  return text.length > 64 ? `${short}…` : short;
}

/**
 * @param {400 | 404 | 405 | 415} status
 * @param {RequestRefusal["code"]} code
 * @param {string} message
 * @returns {RequestRefusal}
 */
function refuse(status, code, message) {
  return { ok: false, status, code, message };
}
