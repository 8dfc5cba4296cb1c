/** The whole demonstration and a browser, with a watch for everything that must not happen on any page. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDemo } from "../../demo/start.mjs";
import { launch } from "../package/support/browser.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** @typedef {import("playwright-core").Page} Page */

/**
 * @typedef {object} Stage
 * @property {import("../../demo/start.mjs").Demo} demo
 * @property {(test: (page: Page) => Promise<void>, options?: import("playwright-core").BrowserContextOptions) => () => Promise<void>} visit
 * @property {() => Promise<void>} close
 */

/** @returns {Promise<Stage>} */
export async function openStage() {
  const directory = await mkdtemp(join(tmpdir(), "brightline-e2e-"));
  const demo = await startDemo({ firstPort: 0, directory });
  const browser = await launch();
  return {
    demo,
    visit: (test, options) => async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-US", ...options });
      const page = await context.newPage();
      const wrong = await watch(page);
      try {
        await test(page);
        assert.deepEqual(wrong, [], "what must not happen on any page");
      } finally {
        await context.close();
      }
    },
    close: async () => {
      await browser.close();
      await demo.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Notes requests that leave this machine, breaches of the content security policy, errors, and console messages.
 * @param {Page} page
 */
async function watch(page) {
  /** @type {string[]} */
  const wrong = [];
  await page.context().route("**/*", async (route) => {
    const { hostname, protocol } = new URL(route.request().url());
    if (protocol === "data:" || hostname === "127.0.0.1") return route.fallback();
    wrong.push(`a request to ${hostname}`);
    return route.abort();
  });
  page.on("pageerror", (error) => wrong.push(`an error: ${error.message}`));
  page.on("console", (message) => {
    // The browser itself logs every answer of 400 and above, which some tests cause on purpose.
    if (!message.text().startsWith("Failed to load resource")) wrong.push(`on the console: ${message.text()}`);
  });
  await page.exposeFunction("noteBreach", (/** @type {string} */ breach) => wrong.push(`policy: ${breach}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
      const note = /** @type {(breach: string) => void} */ (Reflect.get(globalThis, "noteBreach"));
      note(`${effectiveDirective} ${blockedURI}`);
    });
  });
  return wrong;
}

/**
 * Checks the page in its current state, in light and in dark.
 * @param {Page} page
 */
export async function assertAccessible(page) {
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Through the debugger, which the page's policy does not restrict.
    await page.evaluate(AXE);
    const violations = await page.evaluate(async (rules) => {
      const axe = /** @type {Pick<typeof import("axe-core"), "run">} */ (Reflect.get(globalThis, "axe"));
      const { violations } = await axe.run(document, { runOnly: rules });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
    }, RULES);
    assert.deepEqual(violations, [], `accessibility in ${colorScheme}`);
  }
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(beyond, 0, "scrolls sideways");
}

/**
 * @param {Page} page
 * @param {Stage["demo"]} demo
 */
export async function open(page, demo) {
  await page.goto(`${demo.urls.page}/`);
  await page.locator("#verdict").waitFor();
}

/**
 * Signs in through the provider's own pages.
 * @param {Page} page
 * @param {Stage["demo"]} demo
 * @param {string} name
 */
export async function signInAs(page, demo, name) {
  await open(page, demo);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name }).click();
  await page.locator("#person").getByText(name).waitFor();
}

/**
 * The text of the card.
 * @param {Page} page
 */
export async function card(page) {
  return page.locator("#card").innerText();
}

/**
 * The outcome that the list shows for each model.
 * @param {Page} page
 */
export async function models(page) {
  const rows = await page.locator(".model").allInnerTexts();
  return Object.fromEntries(rows.map((row) => row.split("\n").map((text) => text.trim())));
}

/**
 * @param {Page} page
 * @param {string} [button]
 */
export async function ask(page, button = "Send") {
  await page.getByLabel("Your prompt").fill("Is the bright line bright?");
  await page.getByRole("button", { name: button }).click();
  await page.locator("#answer[aria-busy=false] > *").first().waitFor();
}

/** @param {Page} page */
export async function answer(page) {
  return page.locator("#answer").innerText();
}
