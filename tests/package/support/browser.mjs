/** Chromium with an empty profile of its own, and a loopback server for what it loads. */

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json",
  ".wasm": "application/wasm",
};

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
}

/**
 * @param {string} root the folder that is served
 * @param {Readonly<Record<string, string>>} [extra] further paths and their text
 */
export async function serve(root, extra = {}) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://page").pathname).replace(/\/$/, "/index.html");
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    const text = extra[path];
    if (text !== undefined) return void response.writeHead(200, { "content-type": type }).end(text);
    const file = join(root, path);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": type });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve(undefined));
      server.closeAllConnections();
    }),
  };
}

/**
 * Opens a page and returns the value that it assigns to `globalThis.answer`, or throws the page's errors.
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 */
export async function answerOf(browser, url) {
  const page = await browser.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    // No page here has an icon.
    if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) errors.push(message.text());
  });
  try {
    await page.goto(url);
    await page.waitForFunction(() => "answer" in globalThis, undefined, { timeout: 30_000 });
    return { answer: await page.evaluate(() => Reflect.get(globalThis, "answer")), errors };
  } catch (error) {
    throw new Error(`${url}: ${errors.join("; ")}`, { cause: error });
  } finally {
    await page.close();
  }
}
