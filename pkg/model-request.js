/**
 * Reads which model and action an HTTP request to a model API asks for. What is judged must be what the API reads, so
 * anything that two readers could read in two ways is refused rather than interpreted.
 */

/** @typedef {import("./model-request.js").ModelRequest} ModelRequest */
/** @typedef {import("./model-request.js").RequestRefusal} RequestRefusal */

/** The paths of the OpenAI and Anthropic APIs that name a model in their body, and the action that each is. */
export const MODEL_PATHS = Object.freeze({
  "/v1/chat/completions": "chat",
  "/v1/completions": "chat",
  "/v1/responses": "chat",
  "/v1/messages": "chat",
  "/v1/messages/count_tokens": "chat",
  "/v1/embeddings": "embed",
  "/v1/fine_tuning/jobs": "fine-tune",
});

/** Members by which an API could be told of a second model: fallback lists and routing. */
const OTHER_MODELS = ["models", "fallback", "fallbacks", "fallback_model", "route"];

/**
 * @param {string | URL} url
 * @param {string} method
 * @param {Uint8Array} bytes the body, as it will be sent
 * @param {string | null} contentType
 * @param {Readonly<Record<string, string>>} [paths] path → action
 * @returns {ModelRequest | RequestRefusal}
 */
export function readModelRequest(url, method, bytes, contentType, paths = MODEL_PATHS) {
  return readTarget(url, method, paths, (path, action) => readBody(bytes, contentType, path, action));
}

/**
 * What the address alone says, for a caller that must know before it reads a body.
 * @param {string | URL} url
 * @param {string} method
 * @param {Readonly<Record<string, string>>} [paths]
 * @returns {{ readonly ok: true, readonly path: string, readonly action: string } | RequestRefusal}
 */
export function readModelTarget(url, method, paths = MODEL_PATHS) {
  return readTarget(url, method, paths, (path, action) => ({ ok: true, path, action }));
}

/**
 * The body with another model in the place of the first and every other byte as it was.
 * @param {ModelRequest} request
 * @param {string} model
 * @returns {Uint8Array}
 */
export function withModel(request, model) {
  const [start, end] = request.modelAt;
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
  // Own members only: `/constructor` is no path.
  const action = Object.hasOwn(paths, pathname) ? paths[pathname] : undefined;
  if (action === undefined) return refuse(404, "request.path_unknown", "There is no model API at this path.");
  if (method !== "POST") return refuse(405, "request.method", "A model is called with POST.");
  // Anthropic's clients send `?beta=true`; any other query could say something that was not judged.
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
 * @returns {ModelRequest | RequestRefusal}
 */
function readBody(bytes, contentType, path, action) {
  if (!/^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(contentType ?? "")) {
    return refuse(415, "request.content_type", "The body must be application/json in UTF-8.");
  }
  const parsed = parse(bytes);
  if (parsed === null) return refuse(400, "request.json", "The body is not a JSON object in UTF-8.");
  const { text, json } = parsed;
  const members = topLevel(text);
  const names = new Set();
  for (const { name } of members) {
    if (names.has(name)) {
      return refuse(400, "request.duplicate_member", "A member of the body is there twice; send each once.");
    }
    names.add(name);
    // Some servers match names without regard to case and would read `Model`.
    const folded = name.toLowerCase();
    if ((folded === "model" && name !== "model") || OTHER_MODELS.includes(folded)) {
      return refuse(400, "request.model_ambiguous", "The body must name one model, in `model` alone.");
    }
  }
  const at = members.find(({ name }) => name === "model");
  const model = json["model"];
  if (at === undefined || typeof model !== "string" || model === "" || !model.isWellFormed()) {
    return refuse(400, "request.model_missing", "The body must name the model as text in `model`.");
  }
  return { ok: true, path, action, model, json, text, modelAt: [at.start, at.end] };
}

/**
 * @param {Uint8Array} bytes
 * @returns {{ text: string, json: Record<string, unknown> } | null}
 */
function parse(bytes) {
  try {
    // A byte order mark stays in the text, where JSON.parse refuses it.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    /** @type {unknown} */
    const json = JSON.parse(text);
    if (typeof json !== "object" || json === null || Array.isArray(json)) return null;
    return { text, json: /** @type {Record<string, unknown>} */ (json) };
  } catch {
    return null;
  }
}

/**
 * The members of an object, with repetitions, which JSON.parse hides. The text is known to be a JSON object, so a scan
 * for strings, brackets, colons and commas is enough; a loop, since a regular expression can run out of stack here.
 * @param {string} text
 * @returns {{ name: string, start: number, end: number }[]} where the value of each stands
 */
function topLevel(text) {
  const members = [];
  let depth = 0;
  let from = 0;
  let name = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at);
    else if (char === "{" || char === "[") depth += 1;
    if (depth === 1 && char === ":") {
      name = String(JSON.parse(text.slice(from, at)));
      from = at + 1;
    } else if (depth === 1 && (char === "," || char === "}")) {
      // An empty object has a closing brace and no member.
      const value = text.slice(from, at);
      const start = from + value.length - value.trimStart().length;
      if (value.trim() !== "") members.push({ name, start, end: start + value.trim().length });
      from = at + 1;
    } else if (depth === 1 && char === "{") {
      from = at + 1;
    }
    if (char === "}" || char === "]") depth -= 1;
  }
  return members;
}

/**
 * @param {string} text
 * @param {number} at its opening quote
 * @returns {number} its closing quote
 */
function stringEnd(text, at) {
  let end = at + 1;
  while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end;
}

/**
 * @param {400 | 404 | 405 | 415} status
 * @param {string} code
 * @param {string} message
 * @returns {RequestRefusal}
 */
function refuse(status, code, message) {
  return { ok: false, status, code, message };
}
