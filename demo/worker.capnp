# Runs the edge on workerd. `demo/workerd.mjs` writes this file next to the bundled worker and replaces the names in @…@.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    # The upstream is on this machine, so the worker can reach only this machine.
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "@ADDRESS@", http = (), service = "edge")],
);

const edge :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "@WASM@", wasm = embed "@WASM@"),
  ],
  bindings = [
    (name = "BUNDLE", text = embed "ruleset.jws.json"),
    (name = "TRUST_ROOT", json = embed "trust-root.json"),
    (name = "SETTINGS", json = embed "settings.json"),
  ],
  compatibilityDate = "2026-10-01",
  # If the client disconnects, the call to the upstream ends too.
  compatibilityFlags = ["enable_request_signal"],
  globalOutbound = "loopback",
);
