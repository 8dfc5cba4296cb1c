/**
 * The same for every environment: opens each signed ruleset, decides each case with the token and twice with an
 * identity, and reports each answer that is not, byte for byte, the native core's. Then it calls through `guard`. It
 * runs in browsers and workers, so it imports nothing.
 *
 * @param {typeof import("brightline")} brightline
 * @param {{ suites: import("./parity.mjs").Suite[], signed: Signed }} given
 * @returns {Promise<{ same: number, different: string[], guarded: string[] }>}
 */
export async function exercise(brightline, { suites, signed }) {
  // Two loads at once, as two parts of an app would do.
  await Promise.all([brightline.default(), brightline.default()]);
  const different = [];
  let same = 0;
  for (const { bundle, trustRoot, with: others, cases } of suites) {
    const now = at(cases[0]);
    let ruleset = brightline.openRuleset(bundle, trustRoot, { now });
    for (const other of others) ruleset = ruleset.combine(brightline.openRuleset(other.bundle, other.trustRoot, { now }));
    for (const one of cases) {
      const request = { model: one.model, action: one.action, context: one.context, now: at(one) };
      const whole = JSON.stringify(ruleset.check({ token: one.token, ...request }));
      const identity = ruleset.identify(one.token, { now: at(one) });
      const identified = JSON.stringify(identity.check(request));
      // The identity has cached this answer and does not call the module again.
      const kept = JSON.stringify(identity.check(request));
      identity.free();
      const differing = [whole, identified, kept].find((text) => text !== one.decision);
      if (differing === undefined) same += 1;
      else different.push(`${one.name}: ${difference(differing, one.decision)}`);
    }
    ruleset.free();
  }
  return { same, different, guarded: await exerciseGuard(brightline, signed) };
}

/** The first difference of two texts. @param {string} is @param {string} should */
function difference(is, should) {
  let at = 0;
  while (is[at] === should[at]) at += 1;
  const near = (/** @type {string} */ text) => text.slice(Math.max(0, at - 30), at + 30);
  return `…${near(is)}… instead of …${near(should)}…`;
}

/**
 * The guarded fetch under this environment's own Request and Headers: allowed calls go out unchanged, others are not
 * sent. The fetch below it returns its input.
 *
 * @param {typeof import("brightline")} brightline
 * @typedef {{ bundle: string, trustRoot: import("brightline").TrustRoot, token: string }} Signed
 * @param {Signed} signed with the models `open`, `falls` and `denied`
 * @returns {Promise<string[]>}
 */
async function exerciseGuard({ guard, openRuleset, AccessError }, { bundle, trustRoot, token }) {
  const ruleset = openRuleset(bundle, trustRoot);
  const echo = async (/** @type {Request | string | URL} */ input, /** @type {RequestInit | undefined} */ init) => {
    const request = new Request(input, init);
    return Response.json([request.url, request.method, request.headers.get("x-own"), await request.text()]);
  };
  const guarded = guard(echo, { ruleset, token, base: "https://models.example/v1", fallback: true });
  const init = (/** @type {string} */ model) => ({
    method: "POST", headers: { "content-type": "application/json", "x-own": "1" }, body: JSON.stringify({ model, n: 1 }),
  });
  const url = "https://models.example/v1/chat/completions";
  const said = [];
  for (const model of ["open", "falls", "denied"]) {
    const stream = { ...init(model), body: new Blob([init(model).body]).stream(), duplex: "half" };
    for (const call of [[url, init(model)], [new URL(url), init(model)], [new Request(url, init(model))], [new Request(url, stream)]]) {
      try {
        said.push(await (await guarded(.../** @type {Parameters<typeof fetch>} */ (call))).text());
      } catch (error) {
        said.push(error instanceof AccessError ? error.code : String(error));
      }
    }
  }
  ruleset.free();
  return said;
}

/** @param {import("./parity.mjs").Case | undefined} one */
function at(one) {
  return typeof one?.now === "string" ? Date.parse(one.now) : one?.now;
}
