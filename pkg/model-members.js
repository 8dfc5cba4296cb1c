/**
 * The members of a body that each API knows, and the names that could choose a second model. Only known members pass:
 * servers read more members than their documents list, and gateways add members that can route a call to another model.
 */

/**
 * The way to read a member's value. `content`: the user's own words and data, which may contain any name. `names`: no member
 * inside may name a model, and no text may be a model's id. `format`: like `names`, except for a `schema` of the answer.
 * `tools`: like `names` for each tool, except for the schemas of a function. `text`: words of the user; an object there
 * refers to something stored, which could name a model.
 * @typedef {"content" | "names" | "format" | "tools" | "text"} Reading
 */

/** @type {(reading: Reading, names: string) => Record<string, Reading>} */
const all = (reading, names) => Object.fromEntries(names.split(" ").map((name) => [name, reading]));

/** Words and data of the user, which choose nothing at any address. */
const WORDS = all("content", "messages input instructions system metadata user safety_identifier stop stop_sequences suffix");
const OPENAI = {
  ...all("content", "prompt_cache_key logit_bias"),
  ...all("names", "stream_options service_tier prompt_cache_retention tool_choice include"),
  ...all("tools", "tools"),
};
const CHAT = {
  ...OPENAI,
  ...all("content", "prediction"),
  ...all("names", "audio modalities reasoning_effort verbosity web_search_options function_call"),
  ...all("format", "response_format"),
  ...all("tools", "functions"),
};
const COMPLETIONS = { ...all("content", "logit_bias"), ...all("text", "prompt"), ...all("names", "stream_options") };
const RESPONSES = {
  ...OPENAI,
  ...all("format", "text"),
  ...all("names", "reasoning truncation conversation previous_response_id context_management"),
  ...all("text", "prompt"),
};
const MESSAGES = {
  ...all("names", "tool_choice thinking service_tier container context_management mcp_servers cache_control inference_geo speed"),
  ...all("format", "output_config output_format"),
  ...all("tools", "tools"),
};
const EMBEDDINGS = all("names", "encoding_format");
const IMAGES = { ...all("text", "prompt"), ...all("names", "background moderation output_format quality response_format size style") };
const FINE_TUNING = all("names", "training_file validation_file hyperparameters method integrations");

/**
 * The members that each API accepts, by the path behind the base. Members whose value is a number, true, false or null are
 * not listed.
 */
const APIS = new Map(Object.entries({
  "/chat/completions": CHAT,
  "/completions": COMPLETIONS,
  "/responses": RESPONSES,
  "/messages": MESSAGES,
  "/messages/count_tokens": MESSAGES,
  "/embeddings": EMBEDDINGS,
  "/images/generations": IMAGES,
  "/fine_tuning/jobs": FINE_TUNING,
}));
/** The members for a path without a table. */
const ANY = Object.assign({}, ...APIS.values(), WORDS);

/**
 * Returns the members that are known at a path.
 * @param {string} path
 * @returns {Readonly<Record<string, Reading>>}
 */
export function membersAt(path) {
  const own = APIS.get(path.replace(/^\/v1(?=\/)/, ""));
  return own === undefined ? ANY : { ...WORDS, ...own };
}

/** Parts of names that could name a model, another server or a route to one. */
const NAMING =
  /model|engine|deployment|fallback|rout(?:e|ing)|provider|advisor|upstream|apibase|baseur[il]|endpoint|userconfig|extrabody|override|preset|adapter|checkpoint/;
/** The same for headers, and the parts of names that replace the method, the host or the path of a request. */
const HEADER_NAMING =
  /model|engine|deployment|fallback|rout(?:e|ing)|provider|upstream|apibase|baseur[il]|endpoint|config|override|preset|portkey|helicone|litellm|cfaig|target|host|originalur[il]|rewriteur[il]|httpmethod/;

/**
 * Returns a name as the most lenient reader would compare it: without regard to case, width, accents, signs and spaces.
 * @param {string} name
 */
function folded(name) {
  // To capitals and back, since some readers compare in capitals: `ı` is a small letter already, but its capital is `I`.
  return name.normalize("NFKD").toUpperCase().toLowerCase().replace(/\P{L}/gu, "");
}

/** @param {string} name of a member */
export function couldName(name) {
  return NAMING.test(folded(name));
}

/** @param {string} name of a header */
export function headerCouldName(name) {
  return HEADER_NAMING.test(folded(name));
}

/** Returns true if a lenient reader takes the name for the known one. @param {string} name @param {string} known */
export function reads(name, known) {
  return folded(name) === folded(known);
}

/** Types of tools that a server runs by itself, without a model. */
const HOSTED =
  /^(?:web_search|web_fetch|file_search|code_interpreter|code_execution|computer|computer_use|bash|text_editor|memory|mcp|mcp_toolset|local_shell|shell|apply_patch|tool_search|tool_search_tool_(?:regex|bm25))(?:_preview)?(?:_\d{8}|_\d{4}_\d{2}_\d{2})?$/;

/** Returns true if the user describes tools of this type and the caller runs them. @param {string} type */
export const isOwnTool = (type) => type === "function" || type === "custom";
/** @param {string} type */
export const isHostedTool = (type) => HOSTED.test(type);

/** Members of tools and settings that are words of the user. */
export const TOLD = new Set(["name", "description", "server_label", "server_description"]);
/** Members of a function with schemas and examples of its arguments. A property there may have any name. */
export const SCHEMAS = new Set(["parameters", "input_schema", "output_schema", "input_examples", "format"]);
