/**
 * The same for every environment: opens each signed ruleset, decides each case twice, once with the token and once with
 * an identity, and says where the answer is not, byte for byte, what the native core said. Runs in browsers and workers,
 * so it imports nothing.
 *
 * @param {typeof import("brightline")} brightline
 * @param {import("./parity.mjs").Suite[]} suites
 * @returns {Promise<{ same: number, different: string[] }>}
 */
export async function exercise(brightline, suites) {
  // Twice at once, as two parts of an app would.
  await Promise.all([brightline.default(), brightline.default()]);
  const different = [];
  let same = 0;
  for (const { bundle, trustRoot, cases } of suites) {
    const ruleset = brightline.openRuleset(bundle, trustRoot, { now: at(cases[0]) });
    for (const one of cases) {
      const request = { model: one.model, action: one.action, context: one.context, now: at(one) };
      const whole = JSON.stringify(ruleset.check({ token: one.token, ...request }));
      const identity = ruleset.identify(one.token, { now: at(one) });
      const identified = JSON.stringify(identity.check(request));
      identity.free();
      if (whole === one.decision && identified === one.decision) same += 1;
      else different.push(`${one.name}: ${whole} ${identified} instead of ${one.decision}`);
    }
    ruleset.free();
  }
  return { same, different };
}

/** @param {import("./parity.mjs").Case | undefined} one */
function at(one) {
  return typeof one?.now === "string" ? Date.parse(one.now) : one?.now;
}
