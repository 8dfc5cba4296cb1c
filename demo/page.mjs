/** Serves the built page with a strict content security policy, and the documents of this start, such as its settings. */

import { readFile, stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../www/dist/", import.meta.url));

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webmanifest": "application/manifest+json",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/**
 * @param {object} options
 * @param {string} options.origin the page's own origin
 * @param {readonly string[]} options.connect origins that the page may call
 * @param {string} options.signIn origin of the provider's sign-in page
 * @param {Readonly<Record<string, string>>} options.documents path → JSON, such as `/config.json`
 * @returns {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => void}
 */
export function createPage({ origin, connect, signIn, documents }) {
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    `connect-src 'self' ${connect.join(" ")}`,
    `form-action 'self' ${signIn}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ");
  const headers = {
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
  };
  return (request, response) => {
    const url = new URL(request.url ?? "/", origin);
    /** @type {(status: number, type: string, body: string | Buffer) => void} */
    const send = (status, type, body) => {
      response.writeHead(status, { ...headers, "content-type": type });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    if (request.method !== "GET" && request.method !== "HEAD") {
      send(405, "text/plain; charset=utf-8", "Only GET and HEAD.\n");
    } else if (request.headers.host !== new URL(origin).host) {
      // Sign-in returns to one origin only, and no other host name may be pointed at this server.
      response.writeHead(308, { ...headers, location: origin + url.pathname });
      response.end();
    } else if (Object.hasOwn(documents, url.pathname)) {
      send(200, "application/json", documents[url.pathname] ?? "");
    } else {
      file(url.pathname).then(
        (found) => send(200, found.type, found.body),
        () => send(404, "text/plain; charset=utf-8", "There is no such file. Is the page built? `cargo xtask build`\n"),
      );
    }
  };
}

/**
 * @param {string} pathname
 * @returns {Promise<{ type: string, body: Buffer }>}
 */
async function file(pathname) {
  const wanted = normalize(join(DIST, decodeURIComponent(pathname)));
  if (!wanted.startsWith(DIST) && wanted + sep !== DIST) throw new Error("outside");
  const path = (await stat(wanted)).isDirectory() ? join(wanted, "index.html") : wanted;
  return { type: TYPES[extname(path)] ?? "application/octet-stream", body: await readFile(path) };
}
