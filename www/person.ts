/** Step one: shows the person who is signed in, the end of the session, and the claims of the token. */

import type { Person } from "./config.js";
import { raw, time } from "./card.js";
import { type Child, button, fill, h } from "./dom.js";
import type { Session } from "./oidc.js";

export interface PersonOptions {
  readonly people: readonly Person[];
  readonly session: Session | null;
  /** The reason why the last sign-in failed. Null if it did not. */
  readonly failure: string | null;
  readonly now: number;
  readonly onSignIn: () => void;
  readonly onSignOut: () => void;
}

export function showPerson(area: HTMLElement, options: PersonOptions): void {
  fill(
    area,
    options.failure === null ? null : h("p", { class: "warning", role: "alert" }, options.failure),
    ...(options.session === null ? nobody(options) : somebody(options.session, options)),
  );
}

function nobody({ people, onSignIn }: PersonOptions): readonly Child[] {
  return [
    h("p", {}, "You are not signed in. The rules answer anyway, and say what they would need to know."),
    h("p", {}, button("Sign in", onSignIn, { class: "primary", id: "sign-in" })),
    people.length === 0
      ? null
      : h(
          "details",
          // Closed on a narrow screen, since the open list would push the next steps out of sight.
          { open: matchMedia("(min-width: 46rem)").matches },
          h("summary", {}, "Who you can be"),
          h("p", { class: "aside" }, "People of a demonstration, made up, without passwords. You choose at the provider."),
          h("ul", { class: "people" }, ...people.map(({ name, blurb }) => h("li", {}, h("strong", {}, name), h("span", {}, blurb)))),
        ),
  ];
}

function somebody(session: Session, { people, now, onSignIn, onSignOut }: PersonOptions): readonly Child[] {
  const person = people.find(({ id }) => id === session.subject);
  const over = session.expires <= now;
  return [
    h("p", { class: "who" }, h("strong", {}, person?.name ?? session.subject), h("span", {}, person?.blurb ?? "")),
    over
      ? h("p", { class: "warning" }, "This sign-in has expired. Sign in again to go on.")
      : h("p", { class: "aside" }, "Signed in until ", time(session.expires, now), "."),
    h(
      "div",
      { class: "buttons" },
      button(over ? "Sign in again" : "Be someone else", onSignIn, over ? { class: "primary" } : {}),
      button("Sign out", onSignOut),
    ),
    raw("What the token says", session.claims),
    h("p", { class: "aside" }, "The token stays in this tab’s memory: signing out or reloading forgets it."),
  ];
}
