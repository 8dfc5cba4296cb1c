/** The exports of every entry, in addition to `init`. */
export { initSync } from "./engine.js";
export { Identity, Ruleset, openRuleset } from "./core.js";
export { AccessError, RulesetError, UpdateError } from "./errors.js";
export { guard } from "./guard.js";
export { dcqlQuery } from "./dcql.js";
export { memoryReplayStore } from "./replay.js";
export { maintain } from "./maintenance.js";
