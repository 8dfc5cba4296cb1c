/** A Worker that claims uses in the store on Durable Objects, as an edge would. */

import { ReplayObject, durableReplayStore } from "brightline/cloudflare";

export { ReplayObject };

export default {
  /** @param {Request} request @param {{ REPLAY: import("brightline/cloudflare").ObjectNamespace }} bindings */
  async fetch(request, bindings) {
    const store = durableReplayStore(bindings.REPLAY, { shards: 4 });
    const { keys, until, now } = await request.json();
    const claims = keys.map((/** @type {string} */ key) => store.claim(key, until, now));
    return Response.json(await Promise.all(claims));
  },
};
