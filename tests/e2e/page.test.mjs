/**
 * The page as a person uses it: sign in, choose, read the decision, ask; with a mouse, with a keyboard, and after
 * failures.
 */

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { answer, ask, assertAccessible, card, models, open, openStage, signInAs } from "./support.mjs";

const stage = await openStage();
const { demo, visit } = stage;
after(stage.close);

const EQUIPMENT = (/** @type {string} */ model) => `This is test equipment, not a model. It answers as ${model}.`;
const ALL_MODELS = ["Mythos 5", "Fable 5", "Atlas 4", "Nimbus 3", "Sprig 1"];

describe("before sign-in", () => {
  test("the rules answer anyway: evidence is needed, and which", visit(async (page) => {
    await open(page, demo);
    const text = await card(page);
    assert.match(text, /More evidence is needed before you can chat with Mythos 5/);
    assert.match(text, /Evidence of whether you are a U\.S\. person\s+Level\s+substantial \(2 of 3\) or higher\s+Checked\s+within the last 365 days\s+Stated by\s+demo-idp/);
    assert.match(text, /Use Atlas 4 \(meanwhile\)/);
    assert.deepEqual(await models(page), {
      "Mythos 5": "Needs evidence", "Fable 5": "Needs evidence", "Atlas 4": "Allowed", "Nimbus 3": "Allowed", "Sprig 1": "Allowed",
    });
    assert.match(await page.title(), /^Needs evidence: Mythos 5 – Brightline$/);
    await assertAccessible(page);
  }));

  test("nothing is sent, and the card’s own button leads to sign-in", visit(async (page) => {
    const before = demo.upstreamRequests.length;
    await open(page, demo);
    await ask(page);
    assert.match(await answer(page), /More evidence is needed[^]*Not sent: this page’s check stopped it/);
    assert.equal(demo.upstreamRequests.length, before);
    await page.getByRole("button", { name: "Sign in to show who you are" }).click();
    await page.getByRole("button", { name: "Dana Whitfield" }).click();
    await page.locator("#person").getByText("Dana Whitfield").waitFor();
    assert.equal(await page.getByLabel("Your prompt").inputValue(), "Is the bright line bright?", "what was typed survives sign-in");
  }));

  test("asked directly, the edge asks for sign-in by itself", visit(async (page) => {
    await open(page, demo);
    await ask(page, "Ask the edge directly");
    assert.match(await answer(page), /Sign in to use this model\s+The edge refused it by itself, with status 401/);
    await assertAccessible(page);
  }));
});

describe("sign-in", () => {
  test("is authorization code with PKCE, for the edge’s resource, and leaves nothing in storage", visit(async (page) => {
    /** @type {URL | undefined} */
    let asked;
    /** @type {URLSearchParams | undefined} */
    let redeemed;
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.searchParams.has("response_type")) asked = url;
      if (request.method() === "POST" && url.pathname === "/token") redeemed = new URLSearchParams(request.postData() ?? "");
    });
    await signInAs(page, demo, "Dana Whitfield");
    const query = asked?.searchParams;
    assert.equal(query?.get("response_type"), "code");
    assert.equal(query?.get("code_challenge_method"), "S256");
    assert.equal(query?.get("resource"), "https://gate.brightline.example");
    for (const name of ["state", "nonce", "code_challenge"]) assert.equal(query?.get(name)?.length, 43, name);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(redeemed?.get("code_verifier") ?? ""));
    assert.equal(Buffer.from(digest).toString("base64url"), query?.get("code_challenge"));
    assert.equal(new URL(page.url()).search, "", "the code is gone from the address");
    assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, ""]);
  }));

  test("refused by the provider is said in words", visit(async (page) => {
    await page.route(`${demo.urls.provider}/auth?*`, (route) => {
      const state = new URL(route.request().url()).searchParams.get("state") ?? "";
      const back = new URLSearchParams({ error: "access_denied", state, iss: demo.urls.provider });
      return route.fulfill({ status: 303, headers: { location: `${demo.urls.page}/?${back}` } });
    });
    await open(page, demo);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("alert").getByText("Sign-in was cancelled.").waitFor();
    await assertAccessible(page);
  }));

  for (const [what, query] of /** @type {const} */ ([
    ["an answer that nobody asked for", "code=stolen&state=guessed"],
    ["an error that nobody asked for", "error=server_error&error_description=Call+555&state=guessed"],
  ])) {
    test(`does not take ${what}`, visit(async (page) => {
      await page.goto(`${demo.urls.page}/?${query}`);
      await page.getByRole("alert").getByText("belongs to no sign-in that was started in this tab").waitFor();
      assert.doesNotMatch(await page.locator("body").innerText(), /555/);
    }));
  }

  test("with a provider that does not answer is said in words", visit(async (page) => {
    await open(page, demo);
    await page.route(`${demo.urls.provider}/**`, (route) => route.abort());
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("alert").getByText("The identity provider does not answer.").waitFor();
  }));

  test("ends with sign-out, and with time", visit(async (page) => {
    await page.clock.install();
    await signInAs(page, demo, "Dana Whitfield");
    assert.match(await card(page), /You may chat with Mythos 5/);
    await page.clock.fastForward("12:00");
    await page.locator("#card").getByText("Your sign-in has expired").waitFor();
    await page.locator("#person").getByText("This sign-in has expired.").waitFor();
    assert.deepEqual(Object.values(await models(page)), ALL_MODELS.map(() => "Refused"));
    await assertAccessible(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator("#card").getByText("More evidence is needed before").waitFor();
    await page.locator("#person").getByText("You are not signed in.").waitFor();
  }));
});

describe("a citizen", () => {
  test("may use every model, and the answer streams through the edge", visit(async (page) => {
    await signInAs(page, demo, "Dana Whitfield");
    const text = await card(page);
    assert.match(text, /You may chat with Mythos 5[^]*Valid until\s+\w+ \d+, \d{4}[^]*\(in \d+ minutes\)/);
    assert.match(text, /not read for this: your nationalities/);
    assert.deepEqual(await models(page), Object.fromEntries(ALL_MODELS.map((model) => [model, "Allowed"])));
    await page.evaluate(() => {
      /** @type {string[]} */
      const seen = [];
      Reflect.set(globalThis, "seen", seen);
      new MutationObserver(() => {
        const text = document.querySelector("#answer .text")?.textContent ?? "";
        if (text !== seen.at(-1)) seen.push(text);
      }).observe(document.querySelector("#answer") ?? document, { childList: true, subtree: true, characterData: true });
    });
    await ask(page);
    assert.match(await answer(page), new RegExp(`Mythos 5 answers\\s+${EQUIPMENT("mythos-5")}`));
    const steps = await page.evaluate(() => /** @type {string[]} */ (Reflect.get(globalThis, "seen")));
    assert.ok(steps.length > 3, `it came in ${steps.length} steps`);
    await assertAccessible(page);
  }));

  test("can stop an answer and keep what came", visit(async (page) => {
    await signInAs(page, demo, "Dana Whitfield");
    await page.evaluate(() => {
      const area = document.querySelector("#answer") ?? document;
      new MutationObserver((_, observer) => {
        if (!document.querySelector("#answer .text")?.textContent) return;
        observer.disconnect();
        document.getElementById("stop")?.click();
      }).observe(area, { childList: true, subtree: true });
    });
    await ask(page);
    const text = await answer(page);
    assert.match(text, /Mythos 5 answers\s+This[^]*Stopped\.$/);
    assert.doesNotMatch(text, /mythos-5\./);
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });
    assert.ok(await page.getByRole("button", { name: "Send" }).isEnabled());
  }));

  test("sees another time decided for the card alone", visit(async (page) => {
    await signInAs(page, demo, "Dana Whitfield");
    await page.getByText("Decide for another time").click();
    await page.getByLabel("Date and time").fill("2031-01-01T12:00");
    await page.locator("#card").getByText("not for now.").waitFor();
    assert.match(await card(page), /Refused/);
    await assertAccessible(page);
    await ask(page);
    assert.match(await answer(page), /answers as mythos-5/);
    await page.getByRole("button", { name: "Now", exact: true }).click();
    await page.locator("#card").getByText("You may chat with Mythos 5").waitFor();
  }));

  test("is told that this page sends chats alone", visit(async (page) => {
    await signInAs(page, demo, "Dana Whitfield");
    await page.getByLabel("Fine-tuning").check();
    assert.match(await card(page), /You may fine-tune Mythos 5/);
    assert.ok(await page.getByText("This page sends chats only.").isVisible());
    assert.ok(await page.getByRole("button", { name: "Send" }).isDisabled());
    await assertAccessible(page);
  }));
});

for (const name of ["Li Wei", "Samira Haddad"]) {
  test(`${name}, a U.S. person without citizenship, may use every model`, visit(async (page) => {
    await signInAs(page, demo, name);
    assert.deepEqual(Object.values(await models(page)), ALL_MODELS.map(() => "Allowed"));
  }));
}

describe("an H-1B engineer of the lab", () => {
  test("is allowed what the exemption lifts, with its obligations, and offered a fallback for the rest", visit(async (page) => {
    await signInAs(page, demo, "Arjun Mehta");
    assert.match(await card(page), /You may chat with Mythos 5[^]*BIS letter of 2026-06-26[^]*Do not pass outputs on to others/);
    await page.getByRole("radio", { name: "Fable 5" }).check();
    const text = await card(page);
    assert.match(text, /You may not chat with Fable 5, but Atlas 4 can answer instead/);
    assert.match(text, /Use Mythos 5[^]*Use Atlas 4 \(the fallback\)/);
    await page.getByText("Rules and exceptions that were tried").click();
    assert.match(await card(page), /Exception “lab-employees” did not lift it: does not cover this model/);
    await assertAccessible(page);
  }));
});

describe("a French customer", () => {
  test("reads the rule, its legal basis and the models to use instead, and chooses one", visit(async (page) => {
    await signInAs(page, demo, "Camille Durand");
    assert.match(await card(page), /limited to U\.S\. persons under the order of 12 June 2026/);
    const basis = page.getByRole("link", { name: /BIS order of 2026-06-12, section 2/ });
    assert.match((await basis.getAttribute("href")) ?? "", /^https:\/\/www\.ecfr\.gov\//);
    await assertAccessible(page);
    await page.locator("#card").getByRole("button", { name: "Use Nimbus 3" }).click();
    assert.match(await card(page), /You may chat with Nimbus 3/);
    assert.ok(await page.getByRole("radio", { name: "Nimbus 3" }).isChecked());
    assert.equal(await page.evaluate(() => document.activeElement?.id), "verdict", "focus follows to the new decision");
  }));

  test("is refused by the page, and served by the fallback when that is wanted", visit(async (page) => {
    const before = demo.upstreamRequests.length;
    await signInAs(page, demo, "Camille Durand");
    await ask(page);
    assert.match(await answer(page), /Not sent[^]*What you may use now/);
    assert.equal(demo.upstreamRequests.length, before);
    await assertAccessible(page);
    await page.getByLabel("Use the model that the decision names instead").check();
    await ask(page);
    assert.match(await answer(page), new RegExp(`Atlas 4 answers in place of Mythos 5\\s+${EQUIPMENT("atlas-4")}`));
    assert.equal(demo.upstreamRequests.length, before + 1);
  }));

  test("is refused by the edge too, where the page’s check is skipped", visit(async (page) => {
    const before = demo.upstreamRequests.length;
    await signInAs(page, demo, "Camille Durand");
    await ask(page, "Ask the edge directly");
    assert.match(await answer(page), /Not available for legal reasons\s+The edge refused it by itself, with status 451[^]*Use Atlas 4 \(the fallback\)/);
    assert.equal(demo.upstreamRequests.length, before);
    await assertAccessible(page);
    await page.locator("#answer").getByRole("button", { name: "Use Atlas 4" }).click();
    await ask(page, "Ask the edge directly");
    assert.match(await answer(page), /answers as atlas-4/);
  }));
});

test("stale evidence is said to be too old, with what is needed instead", visit(async (page) => {
  await signInAs(page, demo, "Robert Kowalski");
  const text = await card(page);
  assert.match(text, /More evidence is needed before you can chat with Mythos 5/);
  assert.match(text, /Checked\s+within the last 365 days[^]*So far\s+what was shown was checked too long ago/);
  await assertAccessible(page);
}));

test("an edge that cannot be reached is said in words", visit(async (page) => {
  await signInAs(page, demo, "Dana Whitfield");
  await page.route(`${demo.urls.edge}/**`, (route) => route.abort());
  await ask(page);
  assert.match(await answer(page), /The edge could not be reached/);
}));

describe("a ruleset that does not open", () => {
  /**
   * @param {import("playwright-core").Page} page
   * @param {RegExp} sentence
   */
  async function assertSaid(page, sentence) {
    await page.goto(`${demo.urls.page}/`);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    assert.match(await alert.innerText(), sentence);
    assert.ok(await page.locator("#steps").isHidden(), "nothing can be chosen or sent");
    await assertAccessible(page);
  }

  test("because it was changed", visit(async (page) => {
    await page.route("**/ruleset.jws.json", async (route) => {
      const response = await route.fetch();
      const bundle = /** @type {{ payload: string }} */ (await response.json());
      const payload = Buffer.from(bundle.payload, "base64url").toString().replaceAll("atlas-4", "atlas-5");
      await route.fulfill({ response, json: { ...bundle, payload: Buffer.from(payload).toString("base64url") } });
    });
    await assertSaid(page, /The ruleset does not open[^]*may have been changed on its way here[^]*allows nothing and sends nothing/);
  }));

  test("because it has expired", visit(async (page) => {
    await page.clock.install({ time: Date.now() + 400 * 24 * 60 * 60 * 1000 });
    await assertSaid(page, /The ruleset does not open[^]*It has expired, and old rules must not decide/);
  }));

  test("because it is not there", visit(async (page) => {
    await page.route("**/ruleset.jws.json", (route) => route.fulfill({ status: 404, body: "" }));
    await assertSaid(page, /This page cannot work at the moment[^]*could not load the ruleset: the server answered 404/);
  }));

  test("because the module does not load", visit(async (page) => {
    await page.route("**/brightline_bg.wasm", (route) => route.fulfill({ status: 404, body: "" }));
    await assertSaid(page, /This page cannot work at the moment[^]*could not load the part that decides/);
  }));
});

describe("with the keyboard alone", () => {
  /**
   * @param {import("playwright-core").Page} page
   * @param {import("playwright-core").Locator} target
   */
  async function tabTo(page, target) {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press("Tab");
      if (await target.evaluate((element) => element === document.activeElement)) {
        const outline = await target.evaluate((element) => getComputedStyle(element).outlineStyle);
        return assert.notEqual(outline, "none", "focus can be seen");
      }
    }
    assert.fail("the keyboard does not get there");
  }

  test("one can sign in, choose, ask and read", visit(async (page) => {
    await open(page, demo);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to content");
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByRole("button", { name: "Sign in", exact: true }));
    await page.keyboard.press("Enter");
    const camille = page.getByRole("button", { name: "Camille Durand" });
    await camille.waitFor();
    await tabTo(page, camille);
    await page.keyboard.press("Enter");
    await page.locator("#person").getByText("Camille Durand").waitFor();
    await tabTo(page, page.getByRole("radio", { name: "Mythos 5" }));
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.locator("#card").getByText("You may chat with Atlas 4").waitFor();
    await tabTo(page, page.getByLabel("Your prompt"));
    await page.keyboard.type("Bonjour");
    await page.keyboard.press("Control+Enter");
    await page.locator("#answer").getByText(EQUIPMENT("atlas-4")).waitFor();
  }));
});

for (const width of [320, 760]) {
  test(`at ${width} pixels nothing is cut off`, visit(async (page) => {
    await signInAs(page, demo, "Camille Durand");
    await ask(page);
    for (const summary of await page.locator("summary").all()) await summary.click();
    await assertAccessible(page);
  }, { viewport: { width, height: 700 } }));
}

test("the policy allows WebAssembly and nothing looser", visit(async (page) => {
  const response = await page.goto(`${demo.urls.page}/`);
  const policy = (await response?.headerValue("content-security-policy")) ?? "";
  assert.match(policy, /(?:^|; )default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*|strict-dynamic/);
  const html = (await response?.text()) ?? "";
  assert.doesNotMatch(html, /\sstyle=|\son\w+=|<style|<script>/);
}));
