/** A Worker that claims uses in the store on Durable Objects, as an edge would. */

import { ReplayObject, durableReplayStore } from "brightline/cloudflare";

export { ReplayObject };

export default {
  /** @param {Request} request @param {{ REPLAY: import("brightline/cloudflare").ReplayObjectNamespace }} bindings */
  async fetch(request, bindings) {
    const store = durableReplayStore(bindings.REPLAY, { shards: 4 });
    const { keys, untilMs, nowMs } = await request.json();
    const claims = keys.map((/** @type {string} */ key) => store.claim(key, untilMs, nowMs));
    return Response.json(await Promise.all(claims));
  },
};
