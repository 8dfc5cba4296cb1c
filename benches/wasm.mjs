// Compares the built package with jose in Node, in one process and interleaved rounds, so that both see the same machine.
// jose verifies a token; brightline verifies it, identifies the person and decides.
// usage: node --no-turbo-inline-js-wasm-calls benches/wasm.mjs [--quick] [--out FILE]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ACTIONS, MODELS, people, ruleset as scenario } from "./scenario.mjs";

const ALGORITHMS = ["Ed25519", "ES256", "ES384", "RS256", "PS256"];
const ISSUER = "https://idp.example";
const AUDIENCE = "https://gate.example";
const US = { us_status: "citizen", nationalities: ["US"] };
const FOREIGN = { us_status: "none", nationalities: ["FR"] };

const { values: options } = parseArgs({
  options: { quick: { type: "boolean" }, out: { type: "string" }, cold: { type: "string" }, fixtures: { type: "string" } },
});
if (options.cold) {
  console.log(JSON.stringify(await cold(options.cold, JSON.parse(readFileSync(options.fixtures, "utf8")))));
} else {
  await main();
}

async function main() {
  const rounds = options.quick ? 5 : 15;
  const perRound = options.quick ? 20 : 60;
  const warm = options.quick ? 60 : 300;
  const folder = mkdtempSync(join(tmpdir(), "brightline-bench-"));
  try {
    const jose = await import("jose");
    const { openRuleset } = await import("brightline");
    const { keys, fixtures } = await prepare(jose, folder, warm + rounds * perRound);
    const ruleset = openRuleset(fixtures.bundle, fixtures.trustRoot);

    const rows = [];
    for (const alg of ALGORITHMS) {
      const tokens = fixtures.tokens[alg];
      const verify = { issuer: ISSUER, audience: AUDIENCE };
      // Each side sees each token once, so that its cache of earlier calls cannot help.
      const sides = {
        jose: async (token) => (await jose.jwtVerify(token, keys[alg].publicKey, verify)).payload,
        brightline: (token) => expect(ruleset.check({ token, model: "atlas-5", action: "chat" }), "allow"),
      };
      rows.push({ what: `${alg}: verify | verify and decide`, unit: "µs", ...(await race(sides, tokens, warm, rounds, perRound)) });
    }
    rows.push(checkMany(ruleset, fixtures.tokens.Ed25519[0], "allow", "one identity, many checks: allow", rounds));
    rows.push(checkMany(ruleset, fixtures.foreign, "degrade", "one identity, many checks: degrade", rounds));
    rows.push(checkKnown(ruleset, fixtures.tokens.Ed25519[0], "allow", "a known token, each time as a new string: allow", rounds));
    rows.push(checkKnown(ruleset, fixtures.foreign, "degrade", "a known token, each time as a new string: degrade", rounds));
    rows.push({ what: "new process: load, import key | open ruleset, first answer", unit: "ms", ...coldRuns(folder, options.quick ? 3 : 9) });
    ruleset.free();
    rows.push(...(await manyRules(jose, openRuleset, keys, folder, options.quick ? 4 : 12)));
    report(rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes the keys, tokens signed by jose, and the ruleset signed by the command-line program. */
async function prepare(jose, folder, count) {
  const keys = {};
  const tokens = {};
  const jwks = { keys: [] };
  for (const alg of ALGORITHMS) {
    keys[alg] = await jose.generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
    jwks.keys.push({ ...(await jose.exportJWK(keys[alg].publicKey)), alg, kid: alg, use: "sig" });
    tokens[alg] = [];
    for (let n = 0; n < count; n++) tokens[alg].push(await token(jose, keys[alg], alg, n, US));
  }
  const foreign = await token(jose, keys.Ed25519, "Ed25519", "foreign", FOREIGN);
  const { bundle, trustRoot } = sign(folder, jwks);
  const jwk = jwks.keys.find((key) => key.kid === "Ed25519");
  const fixtures = { tokens, foreign, bundle, trustRoot };
  writeFileSync(join(folder, "fixtures.json"), JSON.stringify({ token: tokens.Ed25519[0], jwk, bundle, trustRoot }));
  return { keys, fixtures };
}

function token(jose, key, alg, id, claims) {
  return new jose.SignJWT({ ...claims, scope: "openid profile", client_id: "bench" })
    .setProtectedHeader({ alg, kid: alg, typ: "at+jwt" })
    .setIssuer(ISSUER).setAudience(AUDIENCE).setSubject("person-1").setJti(`token-${id}`)
    .setIssuedAt().setExpirationTime("1h")
    .sign(key.privateKey);
}

function sign(folder, jwks) {
  writeFileSync(join(folder, "jwks.json"), JSON.stringify(jwks));
  const rules = fileURLToPath(new URL("bench-ruleset.yaml", import.meta.url));
  return signFile(folder, rules, "bench", ["--jwks", `idp=${join(folder, "jwks.json")}`]);
}

/** Signs a ruleset's file with the command-line program and a new key. */
function signFile(folder, rules, id, more) {
  const cli = process.env.BRIGHTLINE_CLI ?? fileURLToPath(new URL("../target/release/brightline", import.meta.url));
  const file = (name) => join(folder, name);
  const run = (...args) => execFileSync(cli, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  rmSync(file("key.private.jwk"), { force: true });
  rmSync(file("key.public.jwk"), { force: true });
  run("keygen", "--kid", "bench", "--out", file("key"));
  run("sign", rules, "--key", file("key.private.jwk"), "--audience", "bench", ...more, "--out", file("bundle.json"));
  const key = JSON.parse(readFileSync(file("key.public.jwk"), "utf8"));
  const trustRoot = { ruleset: id, audience: "bench", threshold: 1, keys: [key] };
  return { bundle: readFileSync(file("bundle.json"), "utf8"), trustRoot };
}

/** Runs interleaved rounds. Measures each side's µs per call once per round. */
async function race(sides, tokens, warm, rounds, perRound) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (const side of Object.values(sides)) for (const token of tokens.slice(0, warm)) await side(token);
  for (let round = 0; round < rounds; round++) {
    const from = warm + round * perRound;
    const batch = tokens.slice(from, from + perRound);
    // The side that goes first changes from round to round.
    const order = Object.entries(sides);
    for (const [name, side] of round % 2 ? order : order.reverse()) {
      const begun = performance.now();
      // Even for a value that is no promise, `await` costs a turn of the queue. A synchronous call does not need it.
      if (name === "jose") for (const token of batch) await side(token);
      else for (const token of batch) side(token);
      times[name].push(((performance.now() - begun) * 1000) / batch.length);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, statistics(list)]));
}

/** Measures the whole of `check` for a known token that arrives as a new string with each request. */
function checkKnown(ruleset, token, outcome, what, rounds) {
  const bytes = Buffer.from(token, "latin1");
  const times = [];
  const count = 2000;
  for (let round = 0; round < rounds + 3; round++) {
    const tokens = Array.from({ length: count }, () => bytes.toString("latin1"));
    const begun = performance.now();
    for (const one of tokens) expect(ruleset.check({ token: one, model: "atlas-5", action: "chat" }), outcome);
    // In the first rounds V8 still compiles.
    if (round >= 3) times.push(((performance.now() - begun) / count) * 1000);
  }
  return { what, unit: "µs", brightline: statistics(times) };
}

function checkMany(ruleset, token, outcome, what, rounds) {
  const identity = ruleset.identify(token);
  const calls = 5000;
  const list = [];
  for (let round = 0; round < rounds + 3; round++) {
    const begun = performance.now();
    for (let n = 0; n < calls; n++) expect(identity.check({ model: "atlas-5", action: "chat" }), outcome);
    list.push(((performance.now() - begun) * 1000) / calls);
  }
  identity.free();
  return { what, unit: "µs", brightline: statistics(list.slice(3)) };
}

/**
 * Measures rulesets of 10 to 10,000 rules: opening one, the first answer to each of 2,400 requests of 200 people, and
 * further answers to the same requests, since an app repeats a request before every call of a model. The sizes take turns,
 * so that all see the same machine.
 */
async function manyRules(jose, openRuleset, keys, folder, rounds) {
  const now = Date.now();
  const jwk = { ...(await jose.exportJWK(keys.Ed25519.publicKey)), alg: "Ed25519", kid: "Ed25519" };
  const tokens = [];
  for (const [index, claims] of people(200, now).entries()) tokens.push(await token(jose, keys.Ed25519, "Ed25519", `person-${index}`, claims));
  const sizes = [10, 100, 1_000, 10_000].map((rules) => {
    const file = join(folder, `scenario-${rules}.json`);
    writeFileSync(file, JSON.stringify(scenario(rules, now, jwk)));
    const { bundle, trustRoot } = signFile(folder, file, "scenario", []);
    const bytes = new TextEncoder().encode(bundle);
    const open = [];
    let ruleset;
    for (let n = 0; n < rounds + 4; n++) {
      ruleset?.free();
      const begun = performance.now();
      ruleset = openRuleset(bytes, trustRoot, { now });
      open.push(performance.now() - begun);
    }
    return { rules, ruleset, open: open.slice(2), first: [], again: [], reasons: 0 };
  });
  const context = { country: "DE" };
  for (let round = 0; round < rounds + 1; round++) {
    for (const size of round % 2 ? sizes : [...sizes].reverse()) {
      const identities = tokens.map((text) => size.ruleset.identify(text, { now }));
      const ask = (shift) => {
        let calls = 0;
        for (const identity of identities) {
          for (let n = 0; n < MODELS.length; n++, calls++) {
            const decision = identity.check({ model: MODELS[n], action: ACTIONS[(n * 3) % ACTIONS.length], context, now: now + shift + n });
            if (round === 0) size.reasons += decision.reasons.length;
          }
        }
        return calls;
      };
      const timed = (list, shift) => {
        const begun = performance.now();
        const calls = ask(shift);
        if (round > 0) list.push(((performance.now() - begun) * 1000) / calls);
        return calls;
      };
      const calls = timed(size.first, 0);
      for (let more = 1; more <= 3; more++) timed(size.again, more * 50);
      if (round === 0) size.reasons /= calls * 4;
      for (const identity of identities) identity.free();
    }
  }
  return sizes.flatMap(({ rules, ruleset, open, first, again, reasons }) => {
    ruleset.free();
    const what = `${rules} rules (${reasons.toFixed(1)} in a decision)`;
    return [
      { what: `${what}: open`, unit: "ms", brightline: statistics(open) },
      { what: `${what}: first answer`, unit: "µs", brightline: statistics(first) },
      { what: `${what}: further answer`, unit: "µs", brightline: statistics(again) },
    ];
  });
}

/** Measures the time until the first answer in a new process. */
function coldRuns(folder, count) {
  const times = { jose: [], brightline: [] };
  const flags = ["--no-turbo-inline-js-wasm-calls", fileURLToPath(import.meta.url), "--fixtures", join(folder, "fixtures.json")];
  for (let n = 0; n < count; n++) {
    for (const side of Object.keys(times)) times[side].push(JSON.parse(execFileSync(process.execPath, [...flags, "--cold", side])).ms);
  }
  return { jose: statistics(times.jose), brightline: statistics(times.brightline) };
}

async function cold(side, { token, jwk, bundle, trustRoot }) {
  const begun = performance.now();
  if (side === "jose") {
    const jose = await import("jose");
    await jose.jwtVerify(token, await jose.importJWK(jwk, "Ed25519"), { issuer: ISSUER, audience: AUDIENCE });
  } else {
    const { openRuleset } = await import("brightline");
    expect(openRuleset(bundle, trustRoot).check({ token, model: "atlas-5", action: "chat" }), "allow");
  }
  return { ms: performance.now() - begun };
}

function expect(decision, outcome) {
  if (decision.outcome !== outcome) throw new Error(`${decision.outcome}, not ${outcome}: ${decision.reason}: ${decision.message}`);
  return decision;
}

function statistics(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return { minimum: sorted[0], median: sorted[sorted.length >> 1] };
}

function report(rows) {
  const cell = (value, width) => (value === undefined ? "–" : value.toFixed(value < 10 ? 2 : 1)).padStart(width);
  const width = Math.max(...rows.map((row) => row.what.length));
  console.log(`\nminimum and median of rounds; ratio = brightline / jose, of the minima\n`);
  console.log(`${"".padEnd(width)}      ${"jose".padStart(17)} ${"brightline".padStart(19)}   ratio`);
  for (const { what, unit, jose, brightline } of rows) {
    const ratio = jose ? brightline.minimum / jose.minimum : undefined;
    console.log(
      `${what.padEnd(width)}  ${unit}  ${cell(jose?.minimum, 8)} ${cell(jose?.median, 8)}  ${cell(brightline.minimum, 8)} ${cell(brightline.median, 8)}  ${cell(ratio, 6)}`,
    );
  }
  if (options.out) {
    const machine = { node: process.version, v8: process.versions.v8, cpu: cpus()[0]?.model, cores: cpus().length };
    writeFileSync(options.out, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  }
}
