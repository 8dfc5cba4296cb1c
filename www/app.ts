/** Connects the parts of the page: the state, the view, and one function that shows the state in the view. */

import init, { type Decision, type Ruleset, RulesetError, openRuleset } from "brightline";
import { refreshTimes, showCard } from "./card.js";
import { type Answering, CONTEXT, answer } from "./chat.js";
import { type Config, SetupError, fetchText, loadConfig, loadTrustRoot } from "./config.js";
import { fill, h, part } from "./dom.js";
import { isRecord, isText } from "./json.js";
import { markModels, select, showActions, showModels } from "./models.js";
import { type Session, SignInError, completeSignIn, signIn } from "./oidc.js";
import { showPerson } from "./person.js";
import * as words from "./words.js";

interface State {
  session: Session | null;
  /** The reason why the last sign-in failed. Null if it did not. */
  failure: string | null;
  model: string;
  action: string;
  /** The instant for which the page decides. Null for the present. */
  asOf: number | null;
}

/** The interval between updates of everything that depends on the time. */
const TICK_MS = 5_000;

const view = {
  person: part("person", HTMLElement),
  models: part("models", HTMLFieldSetElement),
  actions: part("actions", HTMLFieldSetElement),
  asOf: part("as-of", HTMLInputElement),
  asOfNow: part("as-of-now", HTMLButtonElement),
  asOfNote: part("as-of-note", HTMLElement),
  card: part("card", HTMLElement),
  news: part("news", HTMLElement),
  form: part("ask", HTMLFormElement),
  prompt: part("prompt", HTMLTextAreaElement),
  fallback: part("fallback", HTMLInputElement),
  send: part("send", HTMLButtonElement),
  direct: part("direct", HTMLButtonElement),
  stop: part("stop", HTMLButtonElement),
  onlyChat: part("only-chat", HTMLElement),
  answer: part("answer", HTMLElement),
  ruleset: part("ruleset", HTMLElement),
};

void start().catch(giveUp);

async function start(): Promise<void> {
  const config = await loadConfig();
  const [ruleset, back] = await Promise.all([loadRuleset(config), comeBack(config)]);
  const [model] = ruleset.models;
  const [action] = ruleset.actions;
  if (model === undefined || action === undefined) throw new SetupError("The ruleset names no model and no action, so there is nothing to choose.");
  const state: State = {
    session: back.session,
    failure: back.failure,
    model: ruleset.models.find(({ id }) => id === back.model)?.id ?? model.id,
    action: ruleset.actions.find((known) => known === back.action) ?? action,
    asOf: null,
  };
  view.prompt.value = back.prompt;
  run(config, ruleset, state);
  part("loading", HTMLElement).hidden = true;
  part("steps", HTMLElement).hidden = false;
}

function run(config: Config, ruleset: Ruleset, state: State): void {
  const titleOf = (model: string): string => ruleset.models.find(({ id }) => id === model)?.title ?? model;
  let shown = "";

  /** Shows the state. Cheap enough to do at every change: a check takes microseconds. */
  const show = (): void => {
    const now = Date.now();
    const decisions = judge(ruleset, state, now);
    markModels(view.models, decisions);
    const decision = decisions.get(state.model);
    if (decision !== undefined) showDecision(decision, now);
  };

  const showDecision = (decision: Decision, now: number): void => {
    // Ignores a change of the present instant alone, so that the card keeps its focus and its open details.
    const key = JSON.stringify({ ...decision, decided_at: state.asOf, signed_in: state.session?.subject });
    if (key === shown) return refreshTimes(view.card, now);
    shown = key;
    const options = {
      titleOf, signedIn: state.session !== null, now, otherTime: state.asOf !== null, onChoose: chooseInstead, onSignIn: goSignIn,
    };
    showCard(view.card, decision, options);
    const headline = words.headline(decision, titleOf);
    view.news.textContent = `${words.SHORT[decision.outcome]}. ${headline}.`;
    document.title = `${words.SHORT[decision.outcome]}: ${titleOf(decision.model)} – Brightline`;
  };

  const showWho = (): void => {
    const { session, failure } = state;
    showPerson(view.person, {
      people: config.people, session, failure, now: Date.now(), onSignIn: goSignIn, onSignOut: signOut,
    });
  };

  const choose = (change: Partial<State>): void => {
    Object.assign(state, change);
    const chat = state.action === "chat";
    view.onlyChat.hidden = chat;
    view.send.disabled = view.direct.disabled = !chat;
    show();
  };

  const chooseInstead = (model: string): void => {
    select(view.models, model);
    choose({ model });
    // The pressed button is gone, so the focus moves to the new verdict.
    part("verdict", HTMLElement).focus();
  };

  const goSignIn = (): void => {
    const resume = { model: state.model, action: state.action, prompt: view.prompt.value };
    signIn(config, resume).catch((error: unknown) => {
      state.failure = error instanceof SignInError ? error.message : "Sign-in could not be started.";
      showWho();
    });
  };

  const signOut = (): void => {
    state.session = null;
    state.failure = null;
    fill(view.answer);
    showWho();
    show();
    part("who", HTMLElement).focus();
  };

  const answering: Answering = {
    ruleset,
    edge: config.edge,
    token: () => state.session?.token ?? null,
    model: () => state.model,
    titleOf,
    onDecision: () => show(),
    onChoose: chooseInstead,
  };
  let asking: AbortController | null = null;
  const ask = async (direct: boolean): Promise<void> => {
    if (asking !== null || state.action !== "chat" || !view.form.reportValidity()) return;
    asking = new AbortController();
    busy(true);
    await answer(view.answer, { prompt: view.prompt.value, fallback: view.fallback.checked, direct, signal: asking.signal }, answering);
    asking = null;
    busy(false);
  };

  showModels(view.models, ruleset.models, (model) => choose({ model }));
  showActions(view.actions, ruleset.actions, (action) => choose({ action }));
  select(view.models, state.model);
  select(view.actions, state.action);
  fill(view.ruleset, about(ruleset));

  view.form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask(false);
  });
  view.direct.addEventListener("click", () => void ask(true));
  view.stop.addEventListener("click", () => asking?.abort());
  view.prompt.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void ask(false);
  });

  const decideAsOf = (): void => {
    const asOf = view.asOf.value === "" ? Number.NaN : new Date(view.asOf.value).getTime();
    state.asOf = Number.isNaN(asOf) ? null : asOf;
    view.asOfNote.textContent = state.asOf === null ? "Deciding for now." : `Deciding for ${words.dateTime(state.asOf)}.`;
    show();
  };
  view.asOf.addEventListener("change", decideAsOf);
  view.asOfNow.addEventListener("click", () => {
    view.asOf.value = "";
    decideAsOf();
  });

  let expired = false;
  setInterval(() => {
    show();
    refreshTimes(view.person, Date.now());
    const over = state.session !== null && state.session.expires <= Date.now();
    if (over !== expired) showWho();
    expired = over;
  }, TICK_MS);

  showWho();
  choose({});
}

/**
 * Shows whether a prompt is being answered, since there is one at a time. The buttons are only marked as disabled, because a
 * button that is disabled or hidden loses the focus.
 */
function busy(is: boolean): void {
  for (const button of [view.send, view.direct]) button.setAttribute("aria-disabled", String(is));
  if (!is && document.activeElement === view.stop) view.prompt.focus();
  view.stop.hidden = !is;
}

/** Returns the decision about each model for the person who is signed in. */
function judge(ruleset: Ruleset, { session, action, asOf }: State, clock: number): ReadonlyMap<string, Decision> {
  const now = asOf ?? clock;
  const identity = ruleset.identify(session?.token ?? null, { now });
  try {
    return new Map(ruleset.models.map(({ id }) => [id, identity.check({ model: id, action, context: CONTEXT, now })]));
  } finally {
    identity.free();
  }
}

async function loadRuleset(config: Config): Promise<Ruleset> {
  const [bundle, trustRoot] = await Promise.all([
    fetchText(config.bundle, "the ruleset"),
    loadTrustRoot(config),
    init(new URL("brightline_bg.wasm", import.meta.url)).catch((error: unknown) => {
      throw new SetupError("The page could not load the part that decides. This browser may be too old, or WebAssembly is switched off.", { cause: error });
    }),
  ]);
  return openRuleset(bundle, trustRoot);
}

interface Back {
  readonly session: Session | null;
  readonly failure: string | null;
  readonly model: string | null;
  readonly action: string | null;
  readonly prompt: string;
}

async function comeBack(config: Config): Promise<Back> {
  const nothing: Back = { session: null, failure: null, model: null, action: null, prompt: "" };
  try {
    const back = await completeSignIn(config);
    if (back === null) return nothing;
    const resume = isRecord(back.resume) ? back.resume : {};
    const text = (name: string): string | null => (isText(resume[name]) ? resume[name] : null);
    return { session: back.session, failure: null, model: text("model"), action: text("action"), prompt: text("prompt") ?? "" };
  } catch (error) {
    return { ...nothing, failure: error instanceof SignInError ? error.message : "Sign-in did not work. Please try again." };
  }
}

function about({ id, version, issued, expires, sha256 }: Ruleset): HTMLElement {
  return h(
    "p",
    {},
    `Ruleset ${id}, version ${version}, issued ${words.dateTime(Date.parse(issued))}, valid until ${words.dateTime(Date.parse(expires))}. SHA-256 `,
    h("code", {}, sha256),
    ".",
  );
}

/** Shows why the page does not work. Without rules nothing is allowed. */
function giveUp(error: unknown): void {
  const refused = error instanceof RulesetError;
  const title = refused ? "The ruleset does not open" : "This page cannot work at the moment";
  const sentences = refused
    ? [words.bundleProblem(error.code), "Without rules that can be trusted this page allows nothing and sends nothing."]
    : [error instanceof SetupError ? error.message : "Something went wrong that the page did not expect."];
  part("loading", HTMLElement).hidden = true;
  const box = part("broken", HTMLElement);
  fill(
    box,
    h("h2", { tabindex: "-1" }, title),
    ...sentences.map((sentence) => h("p", {}, sentence)),
    h("p", {}, "Reload the page to try again. If it stays so, tell whoever runs it."),
    refused ? h("p", { class: "aside" }, "For them: ", h("code", {}, error.code), ` (${error.message})`) : null,
  );
  box.hidden = false;
  document.title = `${title} – Brightline`;
}
