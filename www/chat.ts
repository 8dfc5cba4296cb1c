/** Sends the prompt and shows the answer: through the guard, or directly to the edge, which has its own check. */

import { AccessError, type Decision, type Ruleset, guard } from "brightline";
import { instead, needs, prose, raw } from "./card.js";
import { type Child, fill, h, icon } from "./dom.js";
import { isRecord, isText, parse } from "./json.js";
import { events } from "./sse.js";
import * as words from "./words.js";

/** The context of this page's check. The edge states its own context and ignores the page's. */
export const CONTEXT = { purpose: "general" } as const;

export interface Answering {
  readonly ruleset: Ruleset;
  readonly edge: string;
  readonly token: () => string | null;
  readonly model: () => string;
  readonly titleOf: (model: string) => string;
  readonly onDecision: (decision: Decision) => void;
  readonly onChoose: (model: string) => void;
}

export interface Ask {
  readonly prompt: string;
  /** True to continue with the model that the decision names instead. */
  readonly fallback: boolean;
  /** True to skip this page's own check, so that the edge's check is seen. */
  readonly direct: boolean;
  readonly signal: AbortSignal;
}

/** Sends a prompt and shows the answer in `area`. Never rejects: an error is shown there too. */
export async function answer(area: HTMLElement, ask: Ask, to: Answering): Promise<void> {
  const model = to.model();
  // A screen reader reads the answer when it is complete, not word by word.
  area.setAttribute("aria-busy", "true");
  fill(area, note(ask.direct ? "Asking the edge directly…" : `Asking ${to.titleOf(model)}…`));
  try {
    const response = await send(model, ask, to);
    if (response.ok) await stream(area, response, model, to);
    else fill(area, ...problem(await response.text(), response.status, to));
  } catch (error) {
    if (ask.signal.aborted) area.append(note("Stopped."));
    else if (error instanceof AccessError) fill(area, ...refusal(error.decision, to));
    else fill(area, failure("The edge could not be reached", "Nothing was answered. Try again in a moment."));
  } finally {
    area.setAttribute("aria-busy", "false");
  }
}

async function send(model: string, ask: Ask, to: Answering): Promise<Response> {
  const token = to.token();
  const call = ask.direct
    ? fetch
    : guard(fetch, {
        ruleset: to.ruleset,
        token,
        base: `${to.edge}/v1`,
        context: CONTEXT,
        fallback: ask.fallback,
        onDecision: to.onDecision,
      });
  return call(`${to.edge}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== null && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: ask.prompt }] }),
    signal: ask.signal,
  });
}

async function stream(area: HTMLElement, response: Response, asked: string, to: Answering): Promise<void> {
  const text = h("p", { class: "text" });
  let served: string | null = response.headers.get("brightline-served-model");
  const by = h("p", { class: "by" });
  const name = (): void => {
    const model = served ?? asked;
    by.textContent = model === asked ? `${to.titleOf(model)} answers` : `${to.titleOf(model)} answers in place of ${to.titleOf(asked)}`;
  };
  name();
  fill(area, by, text);
  if (response.body === null) throw new Error("an answer without a body");
  for await (const data of events(response.body)) {
    if (data === "[DONE]") break;
    const chunk = read(data);
    if (chunk.model !== null && chunk.model !== served) {
      served = chunk.model;
      name();
    }
    text.append(chunk.text);
  }
}

/** Reads one event of the OpenAI chat protocol. Other members are not shown. */
function read(data: string): { text: string; model: string | null } {
  const value = parse(data);
  if (!isRecord(value)) return { text: "", model: null };
  const choices: readonly unknown[] = Array.isArray(value["choices"]) ? value["choices"] : [];
  const [choice] = choices;
  const delta = isRecord(choice) && isRecord(choice["delta"]) ? choice["delta"] : {};
  return { text: isText(delta["content"]) ? delta["content"] : "", model: isText(value["model"]) ? value["model"] : null };
}

/** Shows a call that the guard did not send. */
function refusal(decision: Decision, to: Answering): readonly Child[] {
  return [
    verdict(decision, words.headline(decision, to.titleOf), "Not sent: this page’s check stopped it before it left."),
    h("p", {}, ...prose(decision.message)),
    ...rest(decision, to),
  ];
}

/** Shows a call that the edge refused (RFC 9457). */
function problem(body: string, status: number, to: Answering): readonly Child[] {
  const value = parse(body);
  if (!isRecord(value) || !isText(value["title"])) {
    return [failure(`The edge answered with status ${status}`, "It did not say why.")];
  }
  const detail = isText(value["detail"]) ? value["detail"] : "";
  const decision = isDecision(value["decision"]) ? value["decision"] : null;
  const said = `The edge refused it by itself, with status ${status}.`;
  return [
    decision === null ? failure(value["title"], said) : verdict(decision, value["title"], said),
    h("p", {}, ...prose(detail)),
    ...(decision === null ? [] : rest(decision, to)),
    raw("The edge’s answer as data", value),
  ];
}

function rest(decision: Decision, to: Answering): readonly Child[] {
  return [needs(decision, to.token() !== null), instead(decision, to.titleOf, to.onChoose)];
}

function verdict(decision: Decision, title: string, said: string): HTMLElement {
  return h(
    "div",
    { class: "refused", "data-outcome": decision.outcome },
    h("p", { class: "outcome" }, icon(decision.outcome), words.SHORT[decision.outcome]),
    h("h4", {}, title),
    note(said),
  );
}

function failure(title: string, said: string): HTMLElement {
  return h("div", { class: "refused", "data-outcome": "deny" }, h("h4", {}, title), note(said));
}

function note(text: string): HTMLElement {
  return h("p", { class: "aside" }, text);
}

const OUTCOMES: readonly unknown[] = ["allow", "degrade", "step_up", "review", "deny"] satisfies Decision["outcome"][];

/** Checks the fields that the page reads of a decision from the network. */
function isDecision(value: unknown): value is Decision {
  if (!isRecord(value)) return false;
  const { outcome, message, model, action, needs, alternatives } = value;
  return (
    OUTCOMES.includes(outcome) &&
    typeof message === "string" &&
    isText(model) &&
    isText(action) &&
    Array.isArray(needs) &&
    needs.every((path: unknown) => isRecord(path) && Array.isArray(path["evidence"]) && path["evidence"].every(isNeed)) &&
    Array.isArray(alternatives) &&
    alternatives.every((other: unknown) => isRecord(other) && isText(other["model"]) && typeof other["title"] === "string")
  );
}

function isNeed(value: unknown): boolean {
  return isRecord(value) && isText(value["attribute"]) && isText(value["problem"]) && Array.isArray(value["issuers"]);
}
