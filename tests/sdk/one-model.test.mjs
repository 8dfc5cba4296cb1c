/**
 * Any model that a server may read from a call is the evaluated one. Good calls are changed at random; several readers,
 * each lenient in its own way, read each call that the guard sends, and none may find another model.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { guard } from "brightline";
import { bench } from "./support.mjs";

const ROUNDS = Number(process.env.BRIGHTLINE_FUZZ ?? 5_000);
/** The seeds of every run, and one of this run, which a failure prints. */
const SEEDS = [1, 2, Number(process.env.BRIGHTLINE_SEED ?? Date.now() % 1e9)];
const BASE = "https://models.example/v1";
const GOOD = "open";
const BAD = "denied";

/** @type {Awaited<ReturnType<typeof bench>>} */
let b;
before(async () => {
  b = await bench();
});
after(() => b?.close());

/** Numbers from 0 to 1 (mulberry32), the same for a seed. @param {number} seed */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @typedef {() => number} Random */
/** @template T @param {Random} next @param {readonly T[]} list @returns {T} */
const pick = (next, list) => /** @type {T} */ (list[Math.floor(next() * list.length)]);
/** Rarely, because calls with several changes would seldom be sent. @param {Random} next */
const rarely = (next) => next() < 0.2;

const NAMES = [
  "model", "models", "model_id", "modelId", "engine", "deployment", "fallback", "fallbacks", "route", "router", "provider", "extra_body", "override_params",
  "advisor", "upstream", "api_base", "persona", "agent", "preset", "x",
];
/** @type {((name: string) => string)[]} */
const SPELLINGS = [
  (name) => name, (name) => name.toUpperCase(), (name) => name[0]?.toUpperCase() + name.slice(1), (name) => name.replace("s", "\u017f"),
  (name) => name.replace("k", "\u212a"), (name) => name.replaceAll(/[a-z]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)),
  (name) => `${name} `, (name) => ` ${name}`, (name) => `${name}\0`, (name) => name.replace("o", "o\u200b"), (name) => name.replace("_", "-"), (name) => `${name}[]`,
  (name) => `${name}\u0301`, (name) => `\u{feff}${name}`,
];
/** A name as JSON, perhaps with escapes. @param {Random} next @param {string} name */
const quoted = (next, name) => (next() < 0.3
  ? `"${[...name].map((letter) => (letter.length === 1 && next() < 0.5 ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : JSON.stringify(letter).slice(1, -1))).join("")}"`
  : JSON.stringify(name));
/** @type {((bad: string) => string)[]} */
const VALUES = [
  (bad) => bad, (bad) => `[${bad}]`, (bad) => `{"model":${bad}}`, (bad) => `[{"model":${bad}}]`, (bad) => `{"a":{"Model":${bad}}}`, (bad) => `{"${GOOD}":[${bad}]}`, () => "true", () => "null",
];
/** Positions where a tool or a setting could name a model. @type {((member: string, next: Random) => string)[]} */
const PLACES = [
  (member) => `"tools":[{"type":"image_generation",${member}}]`, (member) => `"tools":[{"type":"function",${member},"function":{"name":"f"}}]`,
  (member) => `"tools":[{"type":"function","function":{"name":"f",${member}}}]`, (member) => `"tools":[{${member},"type":"openrouter:advisor"}]`,
  (member) => `"tools":[{"type":"openrouter:advisor","parameters":{${member}}}]`, (member) => `"tools":[{"type":"function","parameters":{${member}},"type":"advisor_1"}]`,
  (member) => `"tool_choice":{${member}}`, (member) => `"stream_options":{"a":[{${member}}]}`, (member) => `"extra_body":{${member}}`, (member) => `"__proto__":{${member}}`,
  (member) => `"metadata":{${member}}`, (member) => `"response_format":{${member}}`, (member) => `"temperature":{${member}}`,
];
/** @type {((text: string) => string)[]} */
const FORMS = [
  (text) => `\ufeff${text}`, (text) => text.replace(/\}$/, ",}"), (text) => `${text}{"model":"${BAD}"}`, (text) => `[${text}]`,
  (text) => `${text}\n{"model":"${BAD}"}`, (text) => text.replace(/\}$/, "/**/}"), (text) => text.replaceAll('"', "'"), (text) => text.replace("{", "{\u00a0"), (text) => ` ${text}\t`,
];

/** @param {Random} next */
function bodyOf(next) {
  const members = [`"model":"${GOOD}"`, '"messages":[{"role":"user","content":"hello"}]', '"seed":7'];
  for (let more = Math.floor(next() * 3); more > 0; more -= 1) {
    const name = quoted(next, pick(next, SPELLINGS)(pick(next, NAMES)));
    const member = `${name}:${pick(next, VALUES)(JSON.stringify(next() < 0.5 ? BAD : BAD.toUpperCase()))}`;
    members.splice(Math.floor(next() * (members.length + 1)), 0, next() < 0.5 ? member : pick(next, PLACES)(member, next));
  }
  const text = `{${members.join(",")}}`;
  return rarely(next) ? pick(next, FORMS)(text) : text;
}

/** @type {((url: string) => string)[]} */
const ADDRESSES = [
  (url) => url.replace("/chat", `/engines/${BAD}/chat`), (url) => url.replace("/chat", `/deployments/${BAD}/chat`),
  (url) => url.replace("/v1", `/v1;model=${BAD}`), (url) => `${url};model=${BAD}`, (url) => `${url}?model=${BAD}`, (url) => url.replace("/chat", "//chat"), (url) => url.replace("chat", "%63hat"),
  (url) => url.replace("chat/", "chat%2F"), (url) => url.replace("/chat", `/x/../${BAD}/chat`), (url) => url.replace("/chat", "/./chat"), (url) => `${url}#${BAD}`, (url) => url.toUpperCase(),
  (url) => url.replace("v1", `v1/models/${BAD}`), (url) => url.replace("//models", `//${BAD}.models`), (url) => url.replace("/chat", "\\chat"), (url) => `${url}/`, (url) => url.replace("chat", "c\that"),
];
/** @type {(Record<string, string>)[]} */
const HEADERS = [
  { "x-model": BAD }, { "x-portkey-config": "{}" }, { "x-http-method-override": "PUT" }, { "helicone-model-override": BAD }, { "x-any": BAD }, { "x-any": `{"model":"${BAD}"}` },
  { "x-any": `a, ${BAD}` }, { "cf-aig-fallback": BAD }, { "x-stainless-lang": "js" }, { "x-original-url": `/v1/engines/${BAD}` }, { "x-target-url": `https://${BAD}.example` },
];

/** JSON text as a very lenient reader parses it: pairs of names and values, with repetitions. */
class Lenient {
  #text;
  #at = 0;

  /** @param {string} text */
  constructor(text) {
    this.#text = text.replace(/^\ufeff/, "");
  }

  /** @returns {unknown} a Pairs for an object */
  value() {
    this.#space();
    const char = this.#text[this.#at];
    if (char === "{" || char === "[") return this.#all(char === "{");
    if (char === '"') return this.#string();
    const scalar = /^[^,\]}\s]*/.exec(this.#text.slice(this.#at))?.[0] ?? "";
    this.#at += Math.max(1, scalar.length);
    return null;
  }

  /** @param {boolean} object */
  #all(object) {
    this.#at += 1;
    const pairs = new Pairs();
    /** @type {unknown[]} */
    const items = [];
    for (;;) {
      this.#space();
      const char = this.#text[this.#at];
      if (char === undefined || char === "}" || char === "]") {
        this.#at += 1;
        return object ? pairs : items;
      }
      if (char === ",") {
        this.#at += 1;
      } else if (object) {
        const name = char === '"' ? this.#string() : String(this.value());
        this.#space();
        if (this.#text[this.#at] === ":") this.#at += 1;
        pairs.list.push([name, this.value()]);
      } else {
        items.push(this.value());
      }
    }
  }

  #string() {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    const written = this.#text.slice(this.#at, end + 1);
    this.#at = end + 1;
    try {
      return String(JSON.parse(written));
    } catch {
      return written.slice(1, -1);
    }
  }

  #space() {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }
}
class Pairs {
  /** @type {[string, unknown][]} */
  list = [];

  /** @param {(name: string) => string} fold @param {string} wanted */
  all(fold, wanted) {
    return this.list.filter(([name]) => fold(name) === wanted).map(([, value]) => value);
  }
}

const exact = (/** @type {string} */ name) => name;
// As encoding/json of Go compares names: simple case folding.
const go = (/** @type {string} */ name) => name.toLowerCase().replaceAll("\u017f", "s").replaceAll("\u212a", "k");
const wide = (/** @type {string} */ name) => name.normalize("NFKC").toLowerCase().replaceAll(/[^a-z]/g, "");
const ended = (/** @type {string} */ name) => (name.split("\0")[0] ?? "").trim();

/** The models that each reader finds, first to last. @type {Record<string, (body: Pairs) => unknown[]>} */
const READERS = {
  "the last of a name": (body) => body.all(exact, "model").slice(-1),
  "the first of a name": (body) => body.all(exact, "model").slice(0, 1),
  "Go, the last": (body) => body.all(go, "model").slice(-1),
  "Go, the first": (body) => body.all(go, "model").slice(0, 1),
  "names in any width": (body) => body.all(wide, "model"),
  "names up to a NUL": (body) => body.all(ended, "model"),
  "lists and fallbacks": (body) => ["models", "fallback", "fallbacks", "modelid", "engine", "deployment", "provider", "route", "router", "advisor", "apibase", "upstream"]
    .flatMap((name) => body.all(wide, name)).flatMap((value) => (value === null ? [] : texts(value))),
  "presets and agents": (body) => ["persona", "agent", "preset"].flatMap((name) => body.all(wide, name)).flatMap(texts),
  "what is merged in": (body) => ["extrabody", "overrideparams", "proto"].flatMap((name) => body.all(wide, name)).flatMap(texts),
  "tools": (body) => body.all(wide, "tools").flatMap((tools) => (Array.isArray(tools) ? tools : [tools])).flatMap((tool) => {
    if (!(tool instanceof Pairs)) return [];
    // A function's schema belongs to the caller if every reader takes the tool for a function.
    const own = tool.all(wide, "type").every((type) => type === "function");
    return tool.list.flatMap(([name, value]) => (own && (name === "parameters" || name === "function") ? named(value) : texts(value).filter((text) => text !== "function")));
  }).filter((text) => isBad(text)),
  "settings": (body) => body.list.filter(([name]) => !["messages", "metadata", "tools"].includes(name)).flatMap(([, value]) => texts(value)).filter(isBad),
};

/** @param {unknown} value */
const isBad = (value) => typeof value === "string" && value.toLowerCase() === BAD;

/** All texts in a value. @param {unknown} value @returns {string[]} */
function texts(value) {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(texts);
  return value instanceof Pairs ? value.list.flatMap(([name, inside]) => [name, ...texts(inside)].filter((text) => text === name ? isBad(text) : true)) : [];
}

/** The texts of a function outside its schema. @param {unknown} value */
function named(value) {
  return value instanceof Pairs ? value.list.filter(([name]) => !["parameters", "name", "description"].includes(name)).flatMap(([, inside]) => texts(inside)) : [];
}

/** The names that servers may read in addresses and headers. @param {Request} request @returns {string[]} */
function around(request) {
  const { pathname, search, host } = new URL(request.url);
  const whole = decodeURIComponent(pathname + search);
  return [
    ...(whole.toLowerCase().includes(BAD) || host !== "models.example" ? [whole] : []),
    ...(pathname === "/v1/chat/completions" ? [] : [pathname]),
    ...[...request.headers].filter(([name, value]) => `${name}${value}`.toLowerCase().includes(BAD) || /override|config|original|target/.test(name)).map(([name]) => name),
  ];
}

for (const seed of SEEDS) {
  test(`nothing that is sent names another model: BRIGHTLINE_SEED=${seed}`, async () => {
    const next = random(seed);
    /** @type {Request | null} */
    let sent = null;
    let passed = 0;
    const guarded = guard(async (input, init) => {
      sent = new Request(input, init);
      return new Response("{}");
    }, { ruleset: b.ruleset, token: null, base: BASE });
    for (let round = 0; round < ROUNDS; round += 1) {
      const body = bodyOf(next);
      const good = `${BASE}/chat/completions`;
      const url = rarely(next) ? pick(next, ADDRESSES)(good) : good;
      const headers = { "content-type": "application/json", ...(rarely(next) ? pick(next, HEADERS) : {}) };
      sent = null;
      await guarded(url, { method: "POST", headers, body }).catch(() => {});
      const request = /** @type {Request | null} */ (sent);
      if (request === null) continue;
      passed += 1;
      const about = `seed ${seed}, round ${round}: ${url} ${JSON.stringify(headers)} ${body}`;
      const read = new Lenient(await request.text()).value();
      assert.ok(read instanceof Pairs, about);
      assert.deepEqual(around(request), [], about);
      for (const [name, reader] of Object.entries(READERS)) {
        for (const model of reader(read)) assert.equal(model, GOOD, `${name}; ${about}`);
      }
    }
    // The test must not pass because everything is refused.
    assert.ok(passed > ROUNDS / 20, `${passed} of ${ROUNDS} were sent`);
  });
}

test("the readers find what the guard refuses", () => {
  /** @type {[string, string][]} */
  const cases = [
    ["the last of a name", `{"model":"${GOOD}","model":"${BAD}"}`],
    ["the first of a name", `{"model":"${BAD}","model":"${GOOD}"}`],
    ["Go, the last", `{"model":"${GOOD}","Model":"${BAD}"}`],
    ["names in any width", `{"model":"${GOOD}","\uff4dodel":"${BAD}"}`],
    ["names up to a NUL", `{"model":"${GOOD}","model\\u0000x":"${BAD}"}`],
    ["lists and fallbacks", `{"model":"${GOOD}","models":["${BAD}"]}`],
    ["presets and agents", `{"model":"${GOOD}","persona":"${BAD}"}`],
    ["what is merged in", `{"model":"${GOOD}","extra_body":{"model":"${BAD}"}}`],
    ["tools", `{"model":"${GOOD}","tools":[{"type":"x","model":"${BAD}"}]}`],
    ["settings", `{"model":"${GOOD}","tool_choice":{"model":"${BAD}"}}`],
  ];
  for (const [name, body] of cases) {
    const read = new Lenient(body).value();
    assert.ok(read instanceof Pairs && READERS[name]?.(read).includes(BAD), name);
  }
});
