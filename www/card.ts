/**
 * Shows a decision to a person as a card: the outcome, the reason, the time until which it is valid, the evidence that would
 * change it, and the alternatives.
 */

import type { Decision, EvidencePath, RuleReason, UpcomingChange } from "brightline";
import { type Child, button, fill, h, icon } from "./dom.js";
import * as words from "./words.js";

export interface CardOptions {
  readonly titleOf: (model: string) => string;
  readonly signedIn: boolean;
  readonly now: number;
  /** True if the decision is for another time than now. */
  readonly otherTime: boolean;
  readonly onChoose: (model: string) => void;
  readonly onSignIn: () => void;
}

export function showCard(card: HTMLElement, decision: Decision, options: CardOptions): void {
  const headline = words.headline(decision, options.titleOf);
  card.dataset["outcome"] = decision.outcome;
  fill(
    card,
    h(
      "div",
      { class: "verdict" },
      h("p", { class: "outcome" }, icon(decision.outcome), words.SHORT[decision.outcome]),
      h("h3", { id: "verdict", tabindex: "-1" }, headline),
      h("p", { class: "message" }, ...prose(decision.message)),
      asOf(decision, options),
      signInOffer(decision, options),
    ),
    needs(decision, options.signedIn),
    instead(decision, options.titleOf, options.onChoose),
    h("dl", { class: "facts" }, ...facts(decision, options.now)),
    obligations(decision),
    upcoming(decision.upcoming, options.now),
    reasons(decision),
    notRead(decision),
    raw("The decision as data", decision),
  );
}

/** Shows the evidence that would change the answer. The answer area uses it too, for the edge's refusals. */
export function needs(decision: Pick<Decision, "needs">, signedIn: boolean): HTMLElement | null {
  const { needs } = decision;
  if (needs.length === 0) return null;
  const several = needs.length > 1;
  return h(
    "section",
    { class: "block" },
    h("h4", {}, "What would change this"),
    several ? h("p", {}, "Any one of these is enough:") : null,
    h("ul", { class: "paths" }, ...needs.map((path) => h("li", {}, evidence(path)))),
    signedIn ? h("p", { class: "aside" }, "Bring it by signing in again once your provider has it.") : null,
  );
}

/** Shows the models that the same person may use now. */
export function instead(
  decision: Pick<Decision, "outcome" | "alternatives" | "fallback" | "interim">,
  titleOf: (model: string) => string,
  onChoose: (model: string) => void,
): HTMLElement | null {
  const { outcome, alternatives, fallback, interim } = decision;
  if (outcome === "allow" || alternatives.length === 0) return null;
  const note = (model: string): string => {
    if (model === fallback?.model) return " (the fallback)";
    return model === interim?.model ? " (meanwhile)" : "";
  };
  return h(
    "section",
    { class: "block" },
    h("h4", {}, "What you may use now"),
    h(
      "ul",
      { class: "choices" },
      ...alternatives.map(({ model, title }) =>
        h("li", {}, button(`Use ${title || titleOf(model)}${note(model)}`, () => onChoose(model), { class: "choice" })),
      ),
    ),
  );
}

export function raw(summary: string, value: unknown): HTMLElement {
  return h("details", { class: "raw" }, h("summary", {}, summary), h("pre", {}, JSON.stringify(value, null, 2)));
}

/** Returns a `<time>` with the local time and its distance from now. `refreshTimes` updates the distance. */
export function time(instant: number, now: number): HTMLElement {
  const relative = h("span", { class: "relative" }, words.relative(instant, now));
  return h("time", { datetime: new Date(instant).toISOString() }, words.dateTime(instant), " (", relative, ")");
}

/** Updates the distances without replacing elements, so that focus and reading position stay. */
export function refreshTimes(root: ParentNode, now: number): void {
  for (const element of root.querySelectorAll("time")) {
    const relative = element.querySelector(".relative");
    const text = words.relative(Date.parse(element.dateTime), now);
    if (relative !== null && relative.textContent !== text) relative.textContent = text;
  }
}

/** Returns a message with its names in backticks as code. */
export function prose(text: string): readonly Child[] {
  return text.split("`").map((piece, index) => (index % 2 === 1 ? h("code", {}, piece) : piece));
}

function asOf({ decided_at }: Decision, { otherTime, now }: CardOptions): Child {
  return otherTime ? h("p", { class: "aside" }, "Decided for ", time(Date.parse(decided_at), now), ", not for now.") : null;
}

function signInOffer({ outcome, decided_by, reason }: Decision, { signedIn, onSignIn }: CardOptions): Child {
  if (outcome === "allow") return null;
  if (decided_by === "token") {
    const again = reason === "token.expired" ? "Sign in again" : "Sign in anew";
    return h("p", {}, button(again, onSignIn, { class: "primary" }));
  }
  return signedIn ? null : h("p", {}, button("Sign in to show who you are", onSignIn, { class: "primary" }));
}

function facts(decision: Decision, now: number): readonly Child[] {
  const { rule, basis, valid_until, ruleset, decided_by } = decision;
  const title = decision.reasons.find((reason) => reason.rule === rule)?.title;
  const rows: Child[] = [];
  const row = (term: string, ...value: readonly Child[]): void => {
    rows.push(h("div", {}, h("dt", {}, term), h("dd", {}, ...value)));
  };
  if (rule !== null) row("Rule", title ?? rule);
  else if (decided_by === "default") row("Rule", "No rule limits this, so the ruleset’s default applies.");
  if (basis !== null) row("Legal basis", citation(basis.citation, basis.url));
  if (valid_until === null) row("Valid until", "Nothing known will change it.");
  else row("Valid until", time(Date.parse(valid_until), now));
  if (ruleset !== null) row("Judged by", `${ruleset.id}, version ${ruleset.version}`);
  row("Reason code", h("code", {}, decision.reason));
  return rows;
}

function citation(text: string, url: string | null): Child {
  // Refuses any other kind of link, such as `javascript:`, even though the ruleset is signed.
  if (url === null || !/^https?:\/\//.test(url)) return text;
  return h(
    "a",
    { href: url, target: "_blank", rel: "noopener noreferrer" },
    text,
    icon("link"),
    h("span", { class: "unseen" }, " (opens in a new tab)"),
  );
}

function evidence({ evidence }: EvidencePath): HTMLElement {
  return h(
    "ul",
    {},
    ...evidence.map((need) =>
      h(
        "li",
        {},
        h("strong", {}, `Evidence of ${words.attribute(need.attribute)}`),
        h("dl", { class: "demands" }, ...words.demands(need).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))),
      ),
    ),
  );
}

function obligations({ obligations, outcome }: Decision): Child {
  if (obligations.length === 0) return null;
  return h(
    "section",
    { class: "block" },
    h("h4", {}, outcome === "allow" ? "What comes with it" : "What would come with it"),
    h("ul", {}, ...obligations.map(({ title }) => h("li", {}, title))),
  );
}

function upcoming(changes: readonly UpcomingChange[], now: number): Child {
  if (changes.length === 0) return null;
  return h(
    "section",
    { class: "block" },
    h("h4", {}, "What is going to change"),
    h(
      "ul",
      {},
      ...changes.map(({ at, outcome, reason }) =>
        h("li", {}, time(Date.parse(at), now), `: ${words.SHORT[outcome].toLowerCase()}, ${words.change(reason)}.`),
      ),
    ),
  );
}

/** Shows the other rules and the exceptions that were tried, for people who want all details. */
function reasons({ reasons }: Decision): Child {
  const told = reasons.filter(({ exceptions, outcome }) => exceptions.length > 0 || outcome === "allow" || reasons.length > 1);
  if (told.length === 0) return null;
  return h("details", { class: "block" }, h("summary", {}, "Rules and exceptions that were tried"), h("ul", {}, ...told.map(reasonItem)));
}

function reasonItem({ title, outcome, holds, exceptions }: RuleReason): HTMLElement {
  const known = holds === "true" ? "" : holds === "unknown" ? ", not known to apply" : ", with evidence that disagrees";
  return h(
    "li",
    {},
    `${title}: ${words.SHORT[outcome].toLowerCase()}${known}.`,
    exceptions.length === 0
      ? null
      : h(
          "ul",
          {},
          ...exceptions.map(({ id, licence, number, lifted, reason }) =>
            h(
              "li",
              {},
              `${licence ? "Licence" : "Exception"} “${number ?? id}” `,
              lifted ? "lifted it" : `did not lift it: ${words.exception(reason)}`,
              ".",
            ),
          ),
        ),
  );
}

function notRead({ not_needed }: Decision): Child {
  if (not_needed.length === 0) return null;
  return h("p", { class: "aside" }, `In the token, but not read for this: ${words.list(not_needed.map(words.attribute), "and")}.`);
}
