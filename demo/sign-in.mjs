/** The provider's own pages, in plain HTML: they work without script, with a keyboard and with a screen reader. */

import { createHash } from "node:crypto";

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 1.05rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem; }
  p.note { border-left: .3rem solid; padding-left: .8rem; }
  ul { list-style: none; padding: 0; }
  button { font: inherit; text-align: left; width: 100%; margin: .3rem 0; padding: .7rem 1rem; cursor: pointer; }
  button:focus-visible { outline: .2rem solid; outline-offset: .15rem; }
  button span { display: block; }
  button span:first-child { font-weight: 600; }
`;

/** The source of a content security policy that allows only this style. */
export const STYLE_SOURCE = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;

/**
 * @param {string} action
 * @param {readonly import("./people.mjs").Person[]} people
 */
export function signInPage(action, people) {
  const choices = people.map(
    ({ id, name, blurb }) =>
      `<li><button name="person" value="${escape(id)}"><span>${escape(name)}</span> <span>${escape(blurb)}</span></button></li>`,
  );
  return document(
    "Sign in",
    `<p class="note">This is a demonstration. The people are made up and there are no passwords; the tokens are real.</p>
<form method="post" action="${escape(action)}" aria-label="Choose who to sign in as">
<p id="ask">Who do you want to be?</p>
<ul aria-labelledby="ask">${choices.join("\n")}</ul>
</form>`,
  );
}

/** @param {string} message */
export function failurePage(message) {
  return document("Sign-in did not work", `<p role="alert">${escape(message)}</p>`);
}

/**
 * @param {string} title
 * @param {string} body
 */
function document(title, body) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – demonstration provider</title>
<style>${STYLE}</style>
</head>
<body><main>
<h1>${title}</h1>
${body}
</main></body>
</html>
`;
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
