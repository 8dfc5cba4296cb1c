/** The author's tools in WebAssembly give the results of the command line. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import init, { check, diff, prove } from "brightline/author";
import { answerOf, launch, serve } from "./support/browser.mjs";

const NAMES = ["us-order", "us-model-weights", "us-baseline", "eu-dual-use", "itar-enclave", "us-model-access"];
const cli = process.env["BRIGHTLINE_CLI"] ?? "";

/** @param {string} name */
const path = (name) => fileURLToPath(new URL(`../../pkg/rulesets/${name}.yaml`, import.meta.url));
/** @param {string} name */
const shipped = (name) => readFileSync(path(name), "utf8");

await init();

for (const name of NAMES) {
  test(`${name} is proved as on the command line`, () => {
    const { findings, proofs } = prove(shipped(name));
    assert.deepEqual(findings, []);
    assert.deepEqual(proofs, JSON.parse(execFileSync(cli, ["prove", path(name), "--json"], { encoding: "utf8" })));
    assert.ok((proofs?.length ?? 0) > 1 && proofs?.every((proof) => proof.verdict === "holds"));
  });
}

test("a broken guarantee has the same counterexample, and a difference the same rows", () => {
  const folder = mkdtempSync(join(tmpdir(), "brightline-author-"));
  try {
    const text = shipped("us-order").replace("evidence:   ", "evidence: ");
    const weaker = text.replace("subject.us_person:   { assurance: substantial", "subject.us_person:   { assurance: high");
    assert.notEqual(weaker, text);
    const broken = weaker.replace("always: allow", "evidence: { subject.foreign_person: { assurance: low } }\n    always: allow");
    writeFileSync(join(folder, "old.yaml"), text);
    writeFileSync(join(folder, "new.yaml"), broken);
    /** @param {string[]} args */
    const run = (args) => JSON.parse(spawnSync(cli, args, { cwd: folder, encoding: "utf8" }).stdout);
    const { proofs } = prove(broken);
    assert.equal(proofs?.[0]?.verdict, "broken");
    assert.deepEqual(proofs, run(["prove", "new.yaml", "--json"]));
    const { difference } = diff(text, broken);
    assert.ok((difference?.changes.length ?? 0) > 0);
    assert.deepEqual(difference, run(["diff", "old.yaml", "new.yaml", "--json"]));
    assert.deepEqual(diff(text, text).difference, { beside: [], gone: [], added: [], changes: [], unsettled: [] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("findings have their place, errors before warnings", () => {
  const [first] = check(shipped("us-order").replace("default: {", "# ü\ndefault: { outcom: x,"));
  assert.equal(first?.severity, "error");
  const line = shipped("us-order").split("\n").findIndex((text) => text.startsWith("default: {")) + 2;
  assert.ok(check(shipped("us-order").replace("default: {", "# ü\ndefault: { outcom: x,")).some((one) => one.line === line));
  const [warning] = check(shipped("us-model-access"));
  assert.deepEqual([warning?.severity, warning?.code], ["warning", "check.unread"]);
  assert.deepEqual(check("ruleset: ["), check("ruleset: ["));
  assert.ok(check("ruleset: [").length > 0);
  assert.equal(prove("{}").proofs, null);
});

test("a misuse is a TypeError, and what is too intricate says so", () => {
  // @ts-expect-error: not a text
  assert.throws(() => check(7), { name: "TypeError", message: /a ruleset is a text/ });
  // @ts-expect-error: no such option
  assert.throws(() => prove("", { budget: 1 }), { name: "TypeError", message: /`budget` is not an option/ });
  const { proofs } = prove(shipped("us-order"), { maxNodes: 10 });
  assert.ok(proofs?.some((proof) => proof.verdict === "too_intricate"));
});

test("a browser proves and compares as Node does", async () => {
  const text = shipped("us-order");
  const other = text.replace("default: { outcome: allow", "default: { outcome: review");
  assert.notEqual(other, text);
  const here = { proved: prove(text), broken: prove(other), difference: diff(text, other), same: diff(text, text) };
  assert.ok(here.broken.proofs?.some((proof) => proof.verdict === "broken"));
  assert.ok((here.difference.difference?.changes.length ?? 0) > 0);
  const page = '<!doctype html><meta charset="utf-8"><title>author</title><script type="module" src="/app.js"></script>';
  const app = `
    import init, { diff, prove } from "/author.js";
    const [text, other] = await (await fetch("/given.json")).json();
    await init();
    globalThis.answer = { proved: prove(text), broken: prove(other), difference: diff(text, other), same: diff(text, text) };`;
  const root = fileURLToPath(new URL("../../pkg", import.meta.url));
  const server = await serve(root, { "/index.html": page, "/app.js": app, "/given.json": JSON.stringify([text, other]) });
  const browser = await launch();
  try {
    const { answer, errors } = await answerOf(browser, server.url);
    assert.deepEqual(errors, []);
    assert.deepEqual(answer, JSON.parse(JSON.stringify(here)));
  } finally {
    await browser.close();
    await server.close();
  }
});
