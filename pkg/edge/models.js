/** Answers the list of models in the form of both APIs, with the models that the caller may use now. */

import { problem, tokenChallenge } from "./problem.js";

/** @typedef {import("./options.js").Settings} Settings */

/**
 * @param {import("../index.js").Ruleset} ruleset
 * @param {import("../index.js").Identity} identity
 * @param {import("../index.js").Context} context
 * @param {Settings} settings
 * @returns {{ response: Response, reason: string }}
 */
export function listModels(ruleset, identity, context, settings) {
  const now = Date.now();
  if (!identity.verified) {
    const detail = "The token was not accepted.";
    const reason = identity.refusal ?? "token.refused";
    return { response: problem(401, reason, detail, tokenChallenge(reason, detail, settings)), reason };
  }
  const actions = [...new Set(Object.values(settings.actions))];
  const usable = ruleset.models.filter(({ id }) =>
    actions.some((action) => identity.check({ model: id, action, context, now }).allowed),
  );
  const since = { created: Date.parse(ruleset.issued) / 1000, created_at: ruleset.issued };
  const data = usable.map(({ id, title }) => ({
    id, object: "model", type: "model", display_name: title, owned_by: ruleset.id, ...since,
  }));
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return { response: Response.json({ object: "list", data, has_more: false, ...ends }), reason: "models.listed" };
}
