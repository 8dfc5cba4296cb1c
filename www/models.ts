/** Shows the catalogue as a radio group, with the decision about each model for the person who is signed in. */

import type { Decision } from "brightline";
import { fill, h, icon } from "./dom.js";
import * as words from "./words.js";

interface Entry {
  readonly id: string;
  readonly title: string;
}

/** Builds the group once, so that the focus stays. `markModels` changes only the outcome next to each model. */
export function showModels(fieldset: HTMLElement, models: readonly Entry[], onChoose: (model: string) => void): void {
  fieldset.append(
    ...models.map(({ id, title }) =>
      h(
        "label",
        { class: "model" },
        radio("model", id, onChoose),
        h("span", { class: "name" }, title),
        h("span", { class: "badge", "data-model": id }),
      ),
    ),
  );
}

export function showActions(fieldset: HTMLElement, actions: readonly string[], onChoose: (action: string) => void): void {
  const row = h("div", { class: "actions" });
  row.append(
    ...actions.map((action) =>
      h("label", { class: "action" }, radio("action", action, onChoose), h("span", {}, words.actionName(action))),
    ),
  );
  fieldset.append(row);
}

export function markModels(fieldset: HTMLElement, decisions: ReadonlyMap<string, Decision>): void {
  for (const badge of fieldset.querySelectorAll<HTMLElement>(".badge")) {
    const outcome = decisions.get(badge.dataset["model"] ?? "")?.outcome;
    if (outcome === undefined || badge.dataset["outcome"] === outcome) continue;
    badge.dataset["outcome"] = outcome;
    fill(badge, icon(outcome), words.SHORT[outcome]);
  }
}

export function select(fieldset: HTMLElement, value: string): void {
  for (const input of fieldset.querySelectorAll("input")) input.checked = input.value === value;
}

function radio(name: string, value: string, onChoose: (value: string) => void): HTMLInputElement {
  const input = h("input", { type: "radio", name, value });
  input.addEventListener("change", () => onChoose(value));
  return input;
}
