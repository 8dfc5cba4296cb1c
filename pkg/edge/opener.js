/** Opens the ruleset at the first call, since a Worker has no clock before it. Tries again later if it does not open. */

import init, { maintain, openRuleset } from "brightline";

/** @typedef {import("../index.js").Ruleset} Ruleset */
/** @typedef {{ ok: true, ruleset: Ruleset, maintenance: import("../index.js").Maintenance, models: ReadonlySet<string>, actions: ReadonlySet<string> }} Open */
/** @typedef {Open | { ok: false, code: string, detail: string }} Opened */

/** The time until the next try. By then a wrong clock may be corrected, or a ruleset may have become valid. */
const RETRY_AFTER_MS = 10_000;

/**
 * @param {Pick<import("./options.js").Settings, "bundle" | "trustRoot" | "minimumVersion" | "maintenance">} settings
 * @returns {() => Promise<Opened>}
 */
export function opener({ bundle, trustRoot, minimumVersion, maintenance }) {
  /** @type {Opened | null} */
  let last = null;
  let tried = 0;
  const settled = () => last !== null && (last.ok || Date.now() - tried < RETRY_AFTER_MS);
  return async () => {
    if (last !== null && settled()) return last;
    try {
      await init();
      // Several first calls can be pending here. There is no `await` from here on, so one call opens the ruleset for all of
      // them, and there is only one replay store.
      if (last !== null && settled()) return last;
      tried = Date.now();
      const ruleset = openRuleset(bundle, trustRoot, { now: tried, ...(minimumVersion !== undefined && { minimumVersion }) });
      const models = new Set(ruleset.models.map(({ id }) => id));
      last = { ok: true, ruleset, maintenance: maintain(ruleset, maintenance), models, actions: new Set(ruleset.actions) };
    } catch (error) {
      if (last?.ok) return last;
      tried = Date.now();
      last = { ok: false, code: codeOf(error), detail: error instanceof Error ? error.message : String(error) };
    }
    return last;
  };
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function codeOf(error) {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "ruleset.not_opened";
}
