/**
 * Runs the demonstration on this machine alone: a real provider, the edge on real workerd, the page, and a test upstream
 * instead of a model. `node demo/start.mjs [--ports N]`: N is the first of four ports; 0 for any free ports.
 */

import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startUpstream } from "../tests/equipment/upstream.mjs";
import { createPage } from "./page.mjs";
import { PEOPLE } from "./people.mjs";
import { AUDIENCE, CLIENT_ID, SCOPE, createProvider } from "./provider.mjs";
import { signRuleset } from "./ruleset.mjs";
import { startWorker } from "./workerd.mjs";

const HOST = "127.0.0.1";
const FIRST_PORT = 8787;
const DIRECTORY = fileURLToPath(new URL("../target/demo", import.meta.url));

/**
 * @typedef {object} Urls
 * @property {string} page
 * @property {string} provider
 * @property {string} edge
 * @property {string} upstream
 *
 * @typedef {object} Demo
 * @property {Urls} urls
 * @property {import("../tests/equipment/upstream.mjs").Seen[]} upstreamRequests
 * @property {() => Promise<void>} close
 */

/**
 * @param {object} [options]
 * @param {number} [options.firstPort] the page's port; provider, edge and upstream have the next three. 0 for any free ports
 * @param {string} [options.directory] the directory for keys and generated files
 * @param {"refuse" | "serve"} [options.degrade]
 * @param {(line: string) => void} [options.onLine] receives each line of the edge's log
 * @returns {Promise<Demo>}
 */
export async function startDemo({ firstPort = FIRST_PORT, directory = DIRECTORY, degrade = "refuse", onLine } = {}) {
  /** @type {(() => Promise<void>)[]} */
  const closers = [];
  const close = async () => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  const port = (/** @type {number} */ nth) => (firstPort === 0 ? 0 : firstPort + nth);
  try {
    const page = await listen("page", port(0), closers);
    const provider = await listen("provider", port(1), closers);
    const upstream = await startUpstream({ port: port(3), host: HOST }).catch((error) => {
      throw taken("upstream", port(3), error);
    });
    closers.push(upstream.close);

    const { bundle, trustRoot, providerKeys } = await signRuleset(directory, provider.url);
    provider.answer(createProvider({ issuer: provider.url, keys: providerKeys, page: page.url }));
    const edge = await startWorker({
      directory: join(directory, "worker"),
      bundle,
      trustRoot,
      port: port(2),
      ...(onLine && { onLine }),
      settings: {
        upstream: {
          url: upstream.url,
          credential: { header: "authorization", value: "Bearer upstream-of-the-demonstration" },
          responseHeaders: ["x-test-equipment"],
        },
        // There is no proxy in front of the edge that could state a country.
        country: "none",
        purpose: "general",
        degrade,
        origins: [page.url],
      },
    }).catch((error) => {
      throw taken("edge", port(2), error);
    });
    closers.push(edge.close);

    const urls = { page: page.url, provider: provider.url, edge: edge.url, upstream: upstream.url };
    const config = {
      issuer: provider.url,
      client_id: CLIENT_ID,
      redirect_uri: `${page.url}/`,
      scope: `openid ${SCOPE}`,
      resource: AUDIENCE,
      edge: edge.url,
      bundle: "/ruleset.jws.json",
      trust_root: "/trust-root.json",
      people: PEOPLE.map(({ id, name, blurb }) => ({ id, name, blurb })),
    };
    page.answer(
      createPage({
        origin: page.url,
        connect: [provider.url, edge.url],
        signIn: provider.url,
        documents: {
          "/config.json": JSON.stringify(config),
          "/ruleset.jws.json": bundle,
          "/trust-root.json": trustRoot,
        },
      }),
    );
    await healthy(urls);
    return { urls, upstreamRequests: upstream.requests, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Starts a server before it has a handler, since each server needs the addresses of the others.
 * @param {string} name
 * @param {number} port
 * @param {(() => Promise<void>)[]} closers
 */
async function listen(name, port, closers) {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once("error", (error) => reject(taken(name, port, error)));
    server.listen(port, HOST, () => resolve(undefined));
  });
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`the ${name} has no port`);
  return {
    url: `http://${HOST}:${address.port}`,
    answer: (/** @type {import("node:http").RequestListener} */ handler) => server.on("request", handler),
  };
}

/**
 * @param {string} name
 * @param {number} port
 * @param {unknown} error
 */
function taken(name, port, error) {
  // Node's servers report the first text, workerd the second.
  const inUse = /EADDRINUSE|address already in use/i.test(String(error));
  const message = inUse
    ? `Port ${port}, for the ${name}, is taken by another program. Stop that, or choose others: BRIGHTLINE_PORT=9000.`
    : `The ${name} does not start: ${String(error)}`;
  return new Error(message, { cause: error });
}

/** @param {Urls} urls */
async function healthy({ page, provider, edge, upstream }) {
  const expected = [
    { name: "page", url: `${page}/config.json`, status: 200 },
    { name: "provider", url: `${provider}/.well-known/openid-configuration`, status: 200 },
    // Without a token: 401 if the ruleset is open, 503 if it is not.
    { name: "edge", url: `${edge}/v1/models`, status: 401 },
    { name: "upstream", url: `${upstream}/`, status: 404 },
  ];
  for (const { name, url, status } of expected) {
    const response = await fetch(url);
    if (response.status !== status) {
      throw new Error(`The ${name} answers ${response.status} at ${url}: ${(await response.text()).slice(0, 300)}`);
    }
    await response.body?.cancel();
  }
}

/** @param {readonly string[]} args */
async function main(args) {
  const [flag, value] = args[0] === "--ports" ? args : ["--ports", process.env["BRIGHTLINE_PORT"] ?? String(FIRST_PORT)];
  const firstPort = Number(value);
  if (flag !== "--ports" || args.length > 2 || !Number.isInteger(firstPort) || firstPort < 0 || firstPort > 65_532) {
    throw new Error("usage: node demo/start.mjs [--ports N], N from 0 to 65532");
  }
  const degrade = process.env["BRIGHTLINE_DEGRADE"] === "serve" ? "serve" : "refuse";
  const started = startDemo({ firstPort, degrade, onLine: (line) => console.log(`edge      ${line}`) });
  // Registered before the start is complete, so that a signal during it also stops everything.
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.once(signal, () => {
      void started.then((demo) => demo.close()).then(() => process.exit(0));
    });
  }
  const demo = await started;
  const { urls } = demo;
  console.log(`
Brightline runs on this machine. Open

    ${urls.page}/

page      ${urls.page}
provider  ${urls.provider}   an OpenID Provider for this demonstration; choose who to be:
${PEOPLE.map(({ name, blurb }) => `            ${name.padEnd(18)} ${blurb}`).join("\n")}
edge      ${urls.edge}   workerd; a call that is not allowed gets ${degrade === "serve" ? "the fallback, or a problem" : "a problem"}
upstream  ${urls.upstream}   test equipment in the place of a model

Ctrl-C ends it.
`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
