# The edge on workerd. `demo/workerd.mjs` puts this beside the bundled worker and fills in what is between @…@.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    # The upstream is on this machine, so this machine is all that the worker can reach.
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
  # A client that goes away ends the call to the upstream too.
  compatibilityFlags = ["enable_request_signal"],
  globalOutbound = "loopback",
);
