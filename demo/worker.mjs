/** Runs the edge as a Worker. The ruleset, the trust root and the settings are bindings of its configuration. */

import { createEdge } from "brightline/edge";

/**
 * @typedef {object} Bindings
 * @property {string} BUNDLE the signed ruleset
 * @property {import("brightline").TrustRoot} TRUST_ROOT
 * @property {Omit<import("brightline/edge").EdgeOptions, "bundle" | "trustRoot" | "log">} SETTINGS
 */

/** @type {import("brightline/edge").Edge | undefined} */
let edge;

export default {
  /**
   * @param {Request} request
   * @param {Bindings} bindings
   */
  fetch(request, { BUNDLE, TRUST_ROOT, SETTINGS }) {
    edge ??= createEdge({ ...SETTINGS, bundle: BUNDLE, trustRoot: TRUST_ROOT });
    return edge.fetch(request);
  },
};
