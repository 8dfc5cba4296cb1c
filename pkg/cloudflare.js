/**
 * A replay store on Cloudflare Durable Objects. All isolates ask the same object about a key, so the answer "first use" is
 * given to only one of them.
 */

/** The time from a recorded use until the object deletes the uses that have ended. */
const SWEEP_MS = 60_000;

/** The class to export from a Worker and to bind as a Durable Object. */
export class ReplayObject {
  #storage;

  /** @param {import("./cloudflare.js").ReplayObjectState} state */
  constructor(state) {
    this.#storage = state.storage;
  }

  /** @param {Request} request @returns {Promise<Response>} */
  async fetch(request) {
    const { key, until_ms: untilMs, now_ms: nowMs } = await request.json();
    if (typeof key !== "string" || typeof untilMs !== "number" || typeof nowMs !== "number") return new Response(null, { status: 400 });
    // No other request runs in this object between `get` and `put`: storage operations hold back incoming events.
    const endMs = await this.#storage.get(key);
    if (endMs !== undefined && nowMs < endMs) return Response.json(false);
    await this.#storage.put(key, untilMs);
    if ((await this.#storage.getAlarm()) === null) await this.#storage.setAlarm(Date.now() + SWEEP_MS);
    return Response.json(true);
  }

  async alarm() {
    const nowMs = Date.now();
    const used = await this.#storage.list();
    for (const [key, untilMs] of used) if (untilMs <= nowMs) await this.#storage.delete(key);
    const left = [...used.values()].some((untilMs) => untilMs > nowMs);
    if (left) await this.#storage.setAlarm(nowMs + SWEEP_MS);
  }
}

/** @type {typeof import("./cloudflare.js").durableReplayStore} */
export function durableReplayStore(namespace, { shards = 16 } = {}) {
  if (!Number.isSafeInteger(shards) || shards < 1) throw new TypeError("durableReplayStore(): `shards` must be a whole number from 1 on");
  return Object.freeze({
    /** @param {string} key @param {number} untilMs @param {number} nowMs */
    async claim(key, untilMs, nowMs) {
      // Keys are hashes, so their first characters distribute them evenly.
      const shard = (key.charCodeAt(0) * 64 + key.charCodeAt(1)) % shards;
      const stub = namespace.get(namespace.idFromName(`brightline-replay-${shard}`));
      const body = JSON.stringify({ key, until_ms: untilMs, now_ms: nowMs });
      const response = await stub.fetch("https://replay.invalid/claim", { method: "POST", body });
      if (!response.ok) throw new Error(`the replay store answered ${response.status}`);
      return (await response.json()) === true;
    },
  });
}
