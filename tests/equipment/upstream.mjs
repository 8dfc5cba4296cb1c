/**
 * TEST EQUIPMENT, not a model. A small server on loopback that speaks the streaming protocols of the OpenAI and
 * Anthropic APIs, so that everything in front of a model can run for real. Each answer and its headers identify it.
 */

import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Requests that arrived, for tests to inspect.
 * @typedef {{ method: string, path: string, headers: import("node:http").IncomingHttpHeaders, body: string, aborted: boolean }} Seen
 * @typedef {{ url: string, requests: Seen[], close: () => Promise<void> }} Upstream
 */

const NOTE = "test equipment";
const WORDS = ["This", " is", " test", " equipment,", " not", " a", " model.", " It", " answers", " as", " "];

/**
 * @param {{ port?: number, host?: string, pauseMs?: number, gate?: () => Promise<unknown> }} [options] The first token
 * of a stream is followed by a wait for `gate`, so that a test can see which part arrives before the rest is sent
 * @returns {Promise<Upstream>}
 */
export async function startUpstream({ port = 0, host = "127.0.0.1", pauseMs = 20, gate } = {}) {
  /** @type {Seen[]} */
  const requests = [];
  const server = createServer((request, response) => {
    answer(request, response, requests, { pauseMs, gate }).catch(() => response.destroy());
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(undefined));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the test upstream has no port");
  return {
    url: `http://${host}:${address.port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {Seen[]} requests
 * @param {{ pauseMs: number, gate: (() => Promise<unknown>) | undefined }} options
 */
async function answer(request, response, requests, options) {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const path = new URL(request.url ?? "/", "http://upstream").pathname;
  const seen = { method: request.method ?? "", path, headers: request.headers, body, aborted: false };
  requests.push(seen);
  response.on("close", () => (seen.aborted = !response.writableFinished));
  response.setHeader("x-test-equipment", NOTE);
  response.setHeader("x-request-id", `test-${requests.length}`);
  // Headers of a careless upstream, so that a test can check that they are not forwarded.
  response.setHeader("set-cookie", "upstream=1");
  const { model, stream } = read(body);
  const protocol = PROTOCOLS[path];
  if (protocol === undefined || typeof model !== "string") {
    json(response, 404, { error: { type: "not_found", message: `${NOTE}: nothing at ${path}` } });
  } else if (model === "") {
    json(response, 400, { error: { type: "invalid_request_error", message: `${NOTE}: no model` } });
  } else if (stream === true && protocol.stream !== undefined) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    let first = true;
    for (const event of protocol.stream(model)) {
      response.write(event);
      if (response.destroyed) return;
      if (first && options.gate !== undefined) await options.gate();
      else await pause(options.pauseMs);
      first = false;
    }
    response.end();
  } else {
    json(response, 200, protocol.whole(model));
  }
}

/**
 * @param {string} body
 * @returns {{ model?: unknown, stream?: unknown }}
 */
function read(body) {
  try {
    /** @type {unknown} */
    const value = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {number} status
 * @param {object} value
 */
function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** @param {string} model */
const tokens = (model) => [...WORDS, model, "."];
/** @param {string} model */
const sentence = (model) => tokens(model).join("");
/** @param {object} data */
const data = (data) => `data: ${JSON.stringify(data)}\n\n`;
/** @param {{ type: string }} event */
const typed = (event) => `event: ${event.type}\n${data(event)}`;

/** @type {Readonly<Record<string, { whole: (model: string) => object, stream?: (model: string) => Iterable<string> }>>} */
const PROTOCOLS = {
  "/v1/chat/completions": {
    whole: (model) => ({
      id: "chatcmpl-test", object: "chat.completion", created: 0, model, note: NOTE,
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: sentence(model) } }],
      usage: { prompt_tokens: 1, completion_tokens: WORDS.length + 2, total_tokens: WORDS.length + 3 },
    }),
    *stream(model) {
      const chunk = (/** @type {object} */ delta, /** @type {string | null} */ finish_reason) =>
        data({
          id: "chatcmpl-test", object: "chat.completion.chunk", created: 0, model,
          choices: [{ index: 0, delta, finish_reason }],
        });
      yield chunk({ role: "assistant", content: "" }, null);
      for (const content of tokens(model)) yield chunk({ content }, null);
      yield chunk({}, "stop");
      yield "data: [DONE]\n\n";
    },
  },
  "/v1/responses": {
    whole: (model) => responseOf(model, "completed"),
    *stream(model) {
      let sequence_number = 0;
      yield typed({ type: "response.created", ...{ sequence_number: sequence_number++, response: responseOf(model, "in_progress") } });
      for (const delta of tokens(model)) {
        const at = { item_id: "msg_test", output_index: 0, content_index: 0 };
        yield typed({ type: "response.output_text.delta", ...{ sequence_number: sequence_number++, ...at, delta } });
      }
      yield typed({ type: "response.completed", ...{ sequence_number, response: responseOf(model, "completed") } });
    },
  },
  "/v1/messages": {
    whole: (model) => ({
      id: "msg_test", type: "message", role: "assistant", model, note: NOTE,
      content: [{ type: "text", text: sentence(model) }],
      stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 1, output_tokens: WORDS.length + 2 },
    }),
    *stream(model) {
      const message = {
        id: "msg_test", type: "message", role: "assistant", model, content: [],
        stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 },
      };
      yield typed({ type: "message_start", ...{ message } });
      yield typed({ type: "content_block_start", ...{ index: 0, content_block: { type: "text", text: "" } } });
      for (const text of tokens(model)) {
        yield typed({ type: "content_block_delta", ...{ index: 0, delta: { type: "text_delta", text } } });
      }
      yield typed({ type: "content_block_stop", ...{ index: 0 } });
      const delta = { stop_reason: "end_turn", stop_sequence: null };
      yield typed({ type: "message_delta", ...{ delta, usage: { output_tokens: WORDS.length + 2 } } });
      yield typed({ type: "message_stop" });
    },
  },
  "/v1/embeddings": {
    whole: (model) => ({
      object: "list", model, note: NOTE, data: [{ object: "embedding", index: 0, embedding: [0, 0, 0, 0] }],
      usage: { prompt_tokens: 1, total_tokens: 1 },
    }),
  },
};

/**
 * @param {string} model
 * @param {"in_progress" | "completed"} status
 */
function responseOf(model, status) {
  const content = [{ type: "output_text", text: sentence(model), annotations: [] }];
  const output = status === "completed" ? [{ id: "msg_test", type: "message", status, role: "assistant", content }] : [];
  return { id: "resp_test", object: "response", created_at: 0, status, model, output, metadata: { note: NOTE } };
}
