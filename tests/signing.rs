//! Rotation of trust roots and separate signers, with the command-line program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a panic is how a check fails"
)]

#[path = "support/sandbox.rs"]
mod sandbox;

use brightline::{BundleError, RotationError, TrustRoot};
use data_encoding::BASE64URL_NOPAD as BASE64URL;
use sandbox::Sandbox;
use serde_json::{Value, json};

const RULESET: &str = "ruleset: trial
version: 3
language: 1
issued: 2026-01-01T00:00:00Z
expires: 2026-07-01T00:00:00Z
default: allow
actions: [chat]
models: [{ id: atlas-5 }]
rules: []
";
const NOW: &str = "2026-02-01T00:00:00Z";

impl Sandbox {
    /// Keys `a` to `d`, a ruleset, and a trust root that requires both `a` and `b`.
    fn with_root(name: &str) -> Self {
        let sandbox = Self::new(name);
        sandbox.write("rules.yaml", RULESET);
        for (kid, alg) in [("a", "Ed25519"), ("b", "ES256"), ("c", "Ed25519"), ("d", "ES256")] {
            sandbox.ok(&["keygen", "--alg", alg, "--kid", kid, "--out", kid]);
        }
        sandbox.root("old.json", "2", "0", &["a", "b"]);
        sandbox
    }

    fn root(&self, out: &str, threshold: &str, version: &str, keys: &[&str]) {
        let keys: Vec<String> = keys.iter().map(|kid| format!("{kid}.public.jwk")).collect();
        let base = ["trust", "--ruleset", "trial", "--audience", "test", "--threshold", threshold, "-o", out];
        let version = if version == "0" { vec![] } else { vec!["--root-version", version] };
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.ok(&[&base[..], &version, &keys].concat());
    }

    fn rotate<'a>(&self, old: &'a str, new: &'a str, keys: &[&str], out: &'a str) -> String {
        let keys: Vec<String> = keys.iter().map(|kid| format!("{kid}.private.jwk")).collect();
        let keys: Vec<&str> = keys.iter().flat_map(|key| ["--key", key]).collect();
        self.ok(&[&["rotate", "--trust", old, "--new", new, "-o", out][..], &keys].concat())
    }

    fn parsed(&self, root: &str) -> TrustRoot {
        TrustRoot::parse(self.read(root).as_bytes()).unwrap()
    }
}

fn decoded(text: &Value) -> Value {
    serde_json::from_slice(&BASE64URL.decode(text.as_str().unwrap().as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_rotation_is_signed_by_both_roots_and_followed() {
    let sandbox = Sandbox::with_root("rotate");
    sandbox.root("new.json", "2", "1", &["b", "c"]);
    let said = sandbox.rotate("old.json", "new.json", &["a", "b", "c"], "rotation.json");
    let hex = |root: &str| data_encoding::HEXLOWER.encode(&sandbox.parsed(root).fingerprint());
    let key = |kid: &str| {
        let text = sandbox.read(&format!("{kid}.public.jwk"));
        let jwk = brightline::base::json::parse(text.as_bytes(), brightline::base::json::Limits::UNTRUSTED).unwrap();
        let key = brightline::Key::from_jwk(jwk.as_object().unwrap()).unwrap();
        format!("{kid} ({}, {})", key.algorithm().as_str(), BASE64URL.encode(&key.thumbprint()))
    };
    let shows = format!(
        "rotation from version 0 to version 1, complete: apps with the former trust root follow it\n  \
         ruleset    trial for test\n  replaces   {}\n  by         {}\n  threshold  2 before, 2 from now on\n  \
         stays      {}\n  comes      {}\n  goes       {}\n  \
         signed     of the former root 2 of 2: a, b\n  signed     of the new root 2 of 2: b, c\n",
        hex("old.json"),
        hex("new.json"),
        key("b"),
        key("c"),
        key("a"),
    );
    assert_eq!(said, shows);
    let shown = sandbox.ok(&["verify", "rotation.json", "--trust", "old.json"]);
    assert_eq!(shown, format!("verified against the trust root\n{shows}"));
    let shown = sandbox.ok(&["verify", "rotation.json"]);
    let key = format!("rotation to version 1\n  ruleset    trial for test\n  replaces   {}\n", hex("old.json"));
    assert!(shown.starts_with("NOT VERIFIED: no trust root") && shown.contains(&key), "{shown}");
    assert!(shown.contains("  key        b (") && shown.contains("  key        c ("), "{shown}");
    sandbox.fails(
        &["verify", "rotation.json", "--trust", "new.json"],
        4,
        &["error[trust_root.previous]: `rotation.json`"],
    );
    sandbox.fails(&["verify", "rotation.json", "--trust", "old.json", "--now", NOW], 2, &["`--now`"]);
    let statement = sandbox.json("rotation.json");
    let header = decoded(&statement["signatures"][0]["protected"]);
    assert_eq!(header, json!({"alg": "Ed25519", "kid": "a", "typ": "brightline-trust-root+jws"}));
    let payload = decoded(&statement["payload"]);
    assert_eq!((&payload["schema"], &payload["root"]), (&json!(1), &sandbox.json("new.json")));

    // A bundle that the new keys signed opens with the old root and the statement, but not with the old root alone.
    let sign = ["sign", "rules.yaml", "--audience", "test", "--key", "b.private.jwk", "--key", "c.private.jwk"];
    sandbox.ok(&[&sign[..], &["-o", "bundle.json"]].concat());
    let verify = ["verify", "bundle.json", "--trust", "old.json", "--now", NOW];
    sandbox.fails(&verify, 4, &["error[bundle.threshold]"]);
    sandbox.ok(&[&verify[..], &["--rotation", "rotation.json"]].concat());
    let decide = ["decide", "--bundle", "bundle.json", "--trust", "old.json", "--rotation", "rotation.json"];
    sandbox.ok(&[&decide[..], &["--now", NOW, "--model", "atlas-5", "--action", "chat", "--compact"]].concat());

    // A second rotation follows the first, in this order only.
    sandbox.root("newer.json", "1", "5", &["d"]);
    sandbox.rotate("new.json", "newer.json", &["b", "c", "d"], "second.json");
    sandbox.ok(&["sign", "rules.yaml", "--audience", "test", "--key", "d.private.jwk", "-o", "bundle.json"]);
    sandbox.ok(&[&verify[..], &["--rotation", "rotation.json", "--rotation", "second.json"]].concat());
    let swapped = [&verify[..], &["--rotation", "second.json", "--rotation", "rotation.json"]].concat();
    sandbox.fails(
        &swapped,
        4,
        &["error[trust_root.previous]: `second.json`: the rotation does not replace this trust root"],
    );
    sandbox.fails(&verify, 4, &["error[bundle.threshold]: `bundle.json`"]);
    let mut broken = sandbox.json("rotation.json");
    broken["signatures"][2]["signature"] = json!("AA");
    sandbox.write("broken.json", broken.to_string());
    let follow = [&verify[..], &["--rotation", "broken.json"]].concat();
    sandbox.fails(&follow, 4, &["error[trust_root.signature]: `broken.json`", "the signature of `c`"]);
    sandbox.fails(&["verify", "bundle.json", "--rotation", "second.json"], 2, &["--trust"]);
    // The same statement a second time would replace a root that is no longer current.
    let twice = [&verify[..], &["--rotation", "rotation.json", "--rotation", "rotation.json"]].concat();
    sandbox.fails(&twice, 4, &["trust_root."]);
}

#[test]
fn signers_of_a_rotation_sign_one_after_the_other() {
    let sandbox = Sandbox::with_root("rotate-add");
    sandbox.root("new.json", "2", "1", &["c", "d"]);
    let said = sandbox.rotate("old.json", "new.json", &["a"], "r.json");
    assert!(
        said.contains("former root 1 of 2: a; 1 missing, open: b\n")
            && said.contains("new root 0 of 2; 2 missing, open: c, d\n"),
        "{said}"
    );
    let shown = sandbox.run(&["verify", "r.json", "--trust", "old.json"]);
    assert_eq!(shown.code(), 4);
    assert!(shown.stdout().starts_with("NOT VERIFIED: signatures are missing\nrotation from "), "{}", shown.stdout());
    let old = sandbox.parsed("old.json");
    let statement = |sandbox: &Sandbox| sandbox.read("r.json").into_bytes();
    assert_eq!(old.rotate(&statement(&sandbox)).err(), Some(RotationError::TooFewFormer { signed: 1, needed: 2 }));
    let add = |key: &str, more: &[&str]| {
        let key = format!("{key}.private.jwk");
        let base = ["rotate", "--trust", "old.json", "--add-signature", "r.json", "--key", &key, "-o", "r.json"];
        sandbox.run(&[&base[..], more].concat())
    };
    assert_eq!(add("b", &["--new", "new.json"]).code(), 0);
    assert_eq!(old.rotate(&statement(&sandbox)).err(), Some(RotationError::TooFewNew { signed: 0, needed: 2 }));
    assert!(add("a", &[]).stderr().contains("has signed already"));
    assert_eq!(add("c", &["--new", "old.json"]).code(), 1);
    let said = add("c", &["--json"]).json();
    let former =
        json!({"version": 0, "threshold": 2, "signed": 2, "needed": 2, "missing": 0, "by": ["a", "b"], "open": []});
    let new = json!({"signed": 1, "needed": 2, "missing": 1, "by": ["c"], "open": ["d"]});
    assert_eq!((&said["former"], &said["new"], &said["complete"]), (&former, &new, &json!(false)));
    assert_eq!((&said["come"][0]["kid"], &said["go"][1]["kid"]), (&json!("c"), &json!("b")));
    assert_eq!(add("d", &["--json"]).json()["complete"], json!(true));
    assert_eq!(old.rotate(&statement(&sandbox)).unwrap().kids().collect::<Vec<_>>(), ["c", "d"]);
    // A key of neither root is a mistake.
    sandbox.ok(&["keygen", "--kid", "e", "--out", "e"]);
    assert!(add("e", &[]).stderr().contains("`e` is in neither trust root"));
}

#[test]
fn what_is_not_the_next_root_is_refused_by_its_code() {
    let sandbox = Sandbox::with_root("rotate-refused");
    let refused = |root: Value, says: &str| {
        sandbox.write("new.json", root.to_string());
        let rotate = ["rotate", "--trust", "old.json", "--new", "new.json", "--key", "a.private.jwk", "-o", "no.json"];
        sandbox.fails(&rotate, 4, &[&format!("error[{says}]: `new.json`")]);
        assert!(!sandbox.0.join("no.json").exists());
    };
    let root = |name: &str, value: Value| {
        let mut root = sandbox.json("old.json");
        root["version"] = json!(1);
        root[name] = value;
        root
    };
    refused(root("ruleset", json!("other")), "trust_root.id");
    refused(root("audience", json!("prod")), "trust_root.audience");
    refused(root("version", json!(0)), "trust_root.version");
    refused(root("version", json!(-1)), "trust_root.malformed");
    refused(root("version", json!("1")), "trust_root.malformed");
    refused(root("threshold", json!(3)), "trust_root.threshold");
    refused(root("note", json!("more")), "trust_root.malformed");
    let mut renamed = sandbox.json("c.public.jwk");
    renamed["kid"] = json!("a");
    refused(root("keys", json!([renamed, sandbox.json("b.public.jwk")])), "trust_root.kid");
}

#[test]
fn a_statement_that_was_changed_is_refused() {
    let sandbox = Sandbox::with_root("rotate-changed");
    sandbox.root("new.json", "1", "1", &["c"]);
    sandbox.rotate("old.json", "new.json", &["a", "b", "c"], "r.json");
    let (old, good) = (sandbox.parsed("old.json"), sandbox.json("r.json"));
    assert_eq!(old.rotate(good.to_string().as_bytes()).unwrap().version(), 1);
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut statement = good.clone();
        change(&mut statement);
        old.rotate(statement.to_string().as_bytes()).unwrap_err()
    };
    let payload = |change: &dyn Fn(&mut Value)| {
        let mut payload = decoded(&good["payload"]);
        change(&mut payload);
        json!(BASE64URL.encode(payload.to_string().as_bytes()))
    };
    assert_eq!(refused(&|s| s["payload"] = payload(&|p| p["root"]["version"] = json!(9))), RotationError::Signature);
    assert_eq!(refused(&|s| s["signatures"] = json!([])), RotationError::Malformed);
    assert_eq!(refused(&|s| s["header"] = json!({})), RotationError::Malformed);
    assert_eq!(refused(&|s| s["signatures"][0]["signature"] = json!("AA")), RotationError::Signature);
    assert_eq!(refused(&|s| s["signatures"][2]["signature"] = json!("AA")), RotationError::Signature);
    // A duplicate signature counts once.
    let twice = refused(&|s| s["signatures"][1] = s["signatures"][0].clone());
    assert_eq!(twice, RotationError::TooFewFormer { signed: 1, needed: 2 });
    // A bundle is not a rotation, and a rotation is not a bundle.
    sandbox.ok(&["sign", "rules.yaml", "--audience", "test", "--key", "a.private.jwk", "-o", "bundle.json"]);
    assert_eq!(old.rotate(sandbox.read("bundle.json").as_bytes()).err(), Some(RotationError::Malformed));
    let opened = brightline::signed_by(sandbox.read("r.json").as_bytes(), &old);
    assert_eq!(opened.err(), Some(BundleError::Typ));
    assert_eq!(old.rotate(&vec![b' '; 200_000]).err(), Some(RotationError::Malformed));
}

#[test]
fn a_root_has_one_fingerprint_however_it_is_written() {
    let sandbox = Sandbox::with_root("fingerprint");
    let mut root = sandbox.json("old.json");
    let first = sandbox.parsed("old.json").fingerprint();
    root["keys"].as_array_mut().unwrap().reverse();
    root["version"] = json!(0);
    sandbox.write("other.json", root.to_string());
    assert_eq!(sandbox.parsed("other.json").fingerprint(), first);
    for (name, value) in
        [("version", json!(1)), ("threshold", json!(1)), ("audience", json!("x")), ("ruleset", json!("x"))]
    {
        let mut other = root.clone();
        other[name] = value;
        sandbox.write("other.json", other.to_string());
        assert_ne!(sandbox.parsed("other.json").fingerprint(), first, "{name}");
    }
    // The thumbprint as docs/signing.md defines it.
    let thumbprint = |kid: &str| {
        let text = sandbox.read(&format!("{kid}.public.jwk"));
        let jwk = brightline::base::json::parse(text.as_bytes(), brightline::base::json::Limits::UNTRUSTED).unwrap();
        BASE64URL.encode(&brightline::Key::from_jwk(jwk.as_object().unwrap()).unwrap().thumbprint())
    };
    let text = format!(
        r#"{{"audience":"test","keys":[["a","{}"],["b","{}"]],"ruleset":"trial","threshold":2,"version":0}}"#,
        thumbprint("a"),
        thumbprint("b")
    );
    let digest: [u8; 32] =
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), text)).into();
    assert_eq!(first, digest);
}

/// A key pair made by OpenSSL, whose private part only OpenSSL reads: `NAME.pem`, and `NAME.public.jwk` with that
/// `kid`.
fn hardware(sandbox: &Sandbox, name: &str, algorithm: &str) {
    let openssl = |arguments: &[&str]| {
        let output = std::process::Command::new("openssl").args(arguments).current_dir(&sandbox.0).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let pem = format!("{name}.pem");
    let make: &[&str] = match algorithm {
        "Ed25519" => &["genpkey", "-algorithm", "ed25519"],
        _ => &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    };
    openssl(&[make, &["-out", &pem]].concat());
    // The key's bytes are at the end of its DER.
    let der = openssl(&["pkey", "-in", &pem, "-pubout", "-outform", "DER"]);
    let end = |from_end: usize, length: usize| BASE64URL.encode(&der[der.len() - from_end..][..length]);
    let jwk = match algorithm {
        "Ed25519" => json!({"kty": "OKP", "crv": "Ed25519", "alg": algorithm, "kid": name, "x": end(32, 32)}),
        _ => json!({"kty": "EC", "crv": "P-256", "alg": algorithm, "kid": name, "x": end(64, 32), "y": end(32, 32)}),
    };
    sandbox.write(&format!("{name}.public.jwk"), jwk.to_string());
}

/// `openssl pkeyutl` needs a file whose length it knows.
const ED25519: &str = "e.public.jwk=sh -c 'cat >e.in; openssl pkeyutl -sign -rawin -inkey e.pem -in e.in'";
const ES256: &str = "h.public.jwk=openssl dgst -sha256 -sign h.pem";

#[test]
fn keys_that_never_leave_their_hardware_sign_by_a_command() {
    let sandbox = Sandbox::with_root("external");
    hardware(&sandbox, "e", "Ed25519");
    hardware(&sandbox, "h", "ES256");
    sandbox.root("root.json", "3", "1", &["e", "h", "a"]);
    let sign = ["sign", "rules.yaml", "--audience", "test", "-o", "bundle.json"];
    sandbox.ok(&[&sign[..], &["--key", "a.private.jwk", "--signer", ED25519, "--signer", ES256]].concat());
    sandbox.ok(&["verify", "bundle.json", "--trust", "root.json", "--now", NOW]);
    let rotate = ["rotate", "--trust", "old.json", "--new", "root.json", "-o", "r.json", "--key", "a.private.jwk"];
    let keys = ["--key", "b.private.jwk", "--signer", ED25519, "--signer", ES256, "--json"];
    assert_eq!(sandbox.run(&[&rotate[..], &keys].concat()).json()["complete"], json!(true));
    // In base64 too, as services answer, and with the line ends of tools.
    for flag in ["-A", ""] {
        let base64 = format!("h.public.jwk=sh -c 'openssl dgst -sha256 -sign h.pem | openssl base64 {flag}'");
        sandbox.ok(&[&sign[..], &["--signer", &base64]].concat());
    }
    // A path may contain `=`, the character that ends it.
    std::fs::create_dir(sandbox.0.join("slot=2")).unwrap();
    std::fs::copy(sandbox.0.join("h.public.jwk"), sandbox.0.join("slot=2/h.jwk")).unwrap();
    sandbox.ok(&[&sign[..], &["--signer", "slot=2/h.jwk=openssl dgst -sha256 -sign h.pem"]].concat());
    // A user who waits is shown the reason.
    let slow = "h.public.jwk=sh -c 'sleep 4; openssl dgst -sha256 -sign h.pem'";
    let told = sandbox.run(&[&sign[..], &["--signer", slow]].concat()).stderr();
    assert!(told.contains("waiting for the command `sh` that signs as `h`\n"), "{told}");
}

#[test]
fn a_command_that_does_not_sign_writes_nothing() {
    let sandbox = Sandbox::with_root("external-refused");
    hardware(&sandbox, "e", "Ed25519");
    hardware(&sandbox, "h", "ES256");
    let sign = ["sign", "rules.yaml", "--audience", "test", "-o", "no.json", "--signer"];
    let refused = |signer: &str, code: i32, says: &str| {
        sandbox.fails(&[&sign[..], &[signer]].concat(), code, &[says]);
        assert!(!sandbox.0.join("no.json").exists(), "{signer}");
    };
    refused("h.public.jwk=no-such-program", 1, "`no-such-program` that signs as `h` cannot be run");
    refused("h.public.jwk=false", 1, "failed: exit status: 1");
    refused("h.public.jwk=sh -c 'echo the card is locked >&2; exit 3'", 1, "the card is locked");
    refused("h.public.jwk=true", 1, "did not answer with a signature");
    refused("h.public.jwk=echo hello", 1, "did not answer with a signature");
    refused("h.public.jwk=head -c 2000 /dev/zero", 1, "more than 1024 bytes");
    let began = std::time::Instant::now();
    refused("h.public.jwk=sh -c 'head -c 2000 /dev/zero; exec sleep 60'", 1, "more than 1024 bytes");
    refused("h.public.jwk=yes", 1, "more than 1024 bytes");
    assert!(began.elapsed().as_secs() < 30, "it is not waited for");
    refused("h.public.jwk=head -c 64 /dev/zero", 4, "does not verify by the public key");
    // Another key's signature, and a signature over other bytes.
    refused("h.public.jwk=openssl dgst -sha256 -sign e.pem", 1, "failed");
    refused("h.public.jwk=sh -c 'echo other | openssl dgst -sha256 -sign h.pem'", 4, "does not verify");
    // No shell unless the command asks for one.
    refused("h.public.jwk=openssl dgst -sha256 -sign h.pem; touch no.json", 1, "failed");
    refused("h.public.jwk=echo $HOME", 1, "did not answer with a signature");
    refused("h.pem=true", 4, "`h.pem`");
    refused("h.public.jwk", 2, "PUBLIC.jwk=COMMAND");
}

#[test]
fn sign_says_who_signed_and_how_many_are_missing() {
    let sandbox = Sandbox::with_root("m-of-n");
    sandbox.root("root.json", "2", "0", &["a", "b", "c"]);
    let sign = ["sign", "rules.yaml", "--audience", "test", "-o", "one.json", "--key", "a.private.jwk"];
    let said = sandbox.ok(&[&sign[..], &["--trust", "root.json"]].concat());
    assert!(said.starts_with("signed `trial` version 3 for `test`, sha256 "), "{said}");
    let end = "\n  1 signature: a (Ed25519)\n  not enough for the trust root: 1 of 2: a; 1 missing, open: b, c\n";
    assert!(said.ends_with(end), "{said}");
    let add = |key: &str, more: &[&str]| {
        let key = format!("{key}.private.jwk");
        let base = ["sign", "--add-signature", "one.json", "--trust", "root.json", "-o", "two.json", "--key", &key];
        sandbox.run(&[&base[..], more].concat())
    };
    let end = "\n  2 signatures: a (Ed25519), b (ES256)\n  enough for the trust root: 2 of 2: a, b\n";
    assert!(add("b", &[]).stdout().ends_with(end));
    let json = add("d", &["--json"]).json();
    let trust = json!({"signed": 1, "needed": 2, "missing": 1, "by": ["a"], "open": ["b", "c"], "not_counted": ["d"]});
    assert_eq!((&json["trust"], &json["signatures"][1]), (&trust, &json!({"kid": "d", "alg": "ES256"})));

    // One person's key under another name.
    for part in ["private", "public"] {
        let renamed = sandbox.read(&format!("a.{part}.jwk")).replace("\"kid\": \"a\"", "\"kid\": \"z\"");
        sandbox.write(&format!("z.{part}.jwk"), renamed);
    }
    let both = ["--key", "z.private.jwk", "--trust", "root.json"];
    sandbox.fails(&[&sign[..], &both].concat(), 1, &["`z` is the same key as `a`, which counts once"]);
    let twice =
        ["trust", "--ruleset", "trial", "--audience", "test", "--threshold", "1", "a.public.jwk", "z.public.jwk"];
    sandbox.fails(&twice, 1, &["`z` is the same key as `a`"]);
    // Added later, when only the trust root can reveal it.
    let mut root = sandbox.json("root.json");
    root["keys"].as_array_mut().unwrap().push(sandbox.json("z.public.jwk"));
    sandbox.write("root.json", root.to_string());
    let json = add("z", &["--json"]).json();
    assert_eq!((&json["trust"]["signed"], &json["trust"]["open"]), (&json!(1), &json!(["b", "c"])));

    // A trust root that does not match this bundle.
    for (name, code) in [("ruleset", "bundle.id"), ("audience", "bundle.audience")] {
        let mut other = sandbox.json("old.json");
        other[name] = json!("other");
        sandbox.write("other.json", other.to_string());
        sandbox.fails(&[&sign[..], &["--trust", "other.json"]].concat(), 4, &[&format!("error[{code}]: `other.json`")]);
    }
}

#[test]
fn nobody_adds_a_signature_to_what_no_app_can_open() {
    let sandbox = Sandbox::with_root("add-mismatch");
    let sign = ["sign", "rules.yaml", "--audience", "test", "-o", "draft.json", "--key", "a.private.jwk"];
    // The ruleset has expired by the clock, which gives a warning and stops nothing.
    let ran = sandbox.run(&sign);
    let says = "warning[bundle.expired]: the ruleset expired at 2026-07-01T00:00:00Z: no app opens it\n";
    assert_eq!((ran.code(), ran.stderr().as_str()), (0, says));
    let ran = sandbox.run(&[&sign[..], &["--json"]].concat());
    assert_eq!((&ran.json()["expired"], ran.stderr().as_str()), (&json!(true), ""));
    let draft = sandbox.json("draft.json");
    let add = ["sign", "--add-signature", "changed.json", "--key", "b.private.jwk", "-o", "no.json"];
    for (from, to, code) in [
        ("\"version\":3", "\"version\":4", "bundle.mismatch"),
        ("\"trial\"", "\"other\"", "bundle.mismatch"),
        ("\"exp\":1782864000", "\"exp\":1982864000", "bundle.mismatch"),
        ("\"nbf\":1767225600", "\"nbf\":1767225601", "bundle.mismatch"),
        ("\nB", "\nC", "bundle.ruleset"),
        // The same properties, but not the payload that was signed.
        ("\"prev_sha256\":null", &format!("\"prev_sha256\":\"{}\"", "a".repeat(64)), ""),
    ] {
        let payload = BASE64URL.decode(draft["payload"].as_str().unwrap().as_bytes()).unwrap();
        let at = payload.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let payload = [&payload[..at], to.as_bytes(), &payload[at + from.len()..]].concat();
        let mut changed = draft.clone();
        changed["payload"] = json!(BASE64URL.encode(&payload));
        sandbox.write("changed.json", changed.to_string());
        let trust = [&add[..], &["--trust", "old.json"]].concat();
        if code.is_empty() {
            sandbox.fails(&trust, 4, &["error[bundle.signature]: `changed.json`", "`a`"]);
        } else {
            sandbox.fails(&add, 4, &[&format!("error[{code}]: `changed.json`")]);
        }
    }
    assert!(!sandbox.0.join("no.json").exists());
}

#[test]
fn no_value_prints_a_line_of_its_own() {
    let sandbox = Sandbox::with_root("forged");
    let kid = "k\n  enough for the trust root: 2 of 2\u{202e}";
    let said = sandbox.ok(&["keygen", "--kid", kid, "--out", "k"]);
    assert_eq!(said, "k\\u{a}  enough for the trust root: 2 of 2\\u{202e}\n");
    let audience = "test\nverified";
    let sign = ["sign", "rules.yaml", "--audience", audience, "-o", "one.json", "--key", "k.private.jwk"];
    let said = sandbox.ok(&sign);
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(said.contains("for `test\\u{a}verified`") && said.contains(": k\\u{a}  enough"), "{said}");
    let json = sandbox.ok(&[&sign[..], &["--json"]].concat());
    assert!(json.contains("2 of 2\\u202e"), "{json}");
    let trust = ["trust", "--ruleset", "trial", "--audience", audience, "--threshold", "1", "k.public.jwk", "-o"];
    sandbox.ok(&[&trust[..], &["forged.json"]].concat());
    let signed = ["--trust", "forged.json"];
    for arguments in [&[&sign[..], &signed].concat()[..], &["verify", "one.json"]] {
        let said = sandbox.ok(arguments);
        assert!(!said.lines().any(|line| line.starts_with("  enough for the trust root: 2")), "{said}");
        assert!(!said.lines().any(|line| line.starts_with("verified")), "{said}");
    }
}

const LISTED: &str = r#"ruleset: trial
version: 3
language: 1
title: A trial
issued: 2026-01-01T00:00:00Z
expires: 2026-07-01T00:00:00Z
default: allow
actions: [chat]
models: [{ id: atlas-5 }]
issuers:
  - { id: idp, iss: https://idp.example, audience: [x], keys: [KEY], assurance: 2, claims: { subject.us_status: /us_status } }
rules:
  - id: foreign-nationals
    title: Foreign nationals
    outcome: deny
    reason: foreign_person
    basis: { citation: "Order, section 2" }
    effective: { notice: 2026-01-02, from: 2026-02-01, until: 2026-05-01 }
    when: { subject.foreign_person: true }
    message: This model is limited.
"#;

#[test]
fn verify_shows_what_a_bundle_contains_verified_or_not() {
    let sandbox = Sandbox::with_root("listing");
    sandbox.write("rules.yaml", LISTED.replace("KEY", &sandbox.json("c.public.jwk").to_string()));
    sandbox.root("root.json", "1", "0", &["a"]);
    let keys = ["--key", "a.private.jwk", "--key", "d.private.jwk"];
    sandbox.ok(&[&["sign", "rules.yaml", "--audience", "test", "-o", "bundle.json"][..], &keys].concat());
    let contains = "  title     A trial\n  contains  1 rule, 0 licences, 1 model, 1 issuer\n  issuer    idp: https://idp.example\n  \
                    rule      foreign-nationals: deny (foreign_person)\n            Order, section 2; announced \
                    2026-01-02T00:00:00Z, from 2026-02-01T00:00:00Z, until 2026-05-01T00:00:00Z\n";
    let shown = sandbox.ok(&["verify", "bundle.json"]);
    assert!(shown.starts_with("NOT VERIFIED: ") && shown.ends_with(contains), "{shown}");
    assert!(shown.lines().nth(1) == Some("  EXPIRED   at 2026-07-01T00:00:00Z: no app opens it any more"), "{shown}");
    // An option that only applies to opening is not ignored.
    for option in ["--now", "--minimum-version", "--rotation"] {
        let value = if option == "--now" { NOW } else { "1" };
        sandbox.fails(&["verify", "bundle.json", option, value], 2, &["--trust"]);
    }
    assert!(shown.contains("  signed    by a (Ed25519), not verified\n  signed    by d (ES256), not verified\n"));
    let verify = ["verify", "bundle.json", "--trust", "root.json", "--now", NOW];
    let shown = sandbox.ok(&verify);
    assert!(shown.starts_with("verified against the trust root\n") && shown.ends_with(contains), "{shown}");
    assert!(shown.contains("  trust     1 of 1 signatures; version 0 of the trust root\n"), "{shown}");
    let json = sandbox.run(&[&verify[..], &["--json"]].concat()).json();
    assert_eq!(json["trust"], json!({"version": 0, "signed": 1, "needed": 1}));
    let contents = &json["contents"];
    assert_eq!(contents["counts"], json!({"rules": 1, "licences": 0, "models": 1, "issuers": 1}));
    assert_eq!(contents["rules"][0]["effective"]["until"], json!("2026-05-01T00:00:00Z"));
    let untrusted = sandbox.run(&["verify", "bundle.json", "--json"]).json();
    assert_eq!((&untrusted["verified"], &untrusted["trust"]), (&json!(false), &Value::Null));
    assert_eq!(&untrusted["contents"], contents);
}

#[test]
fn every_code_of_a_rotation_is_listed_and_says_what_is_wrong() {
    let errors = [
        RotationError::Malformed,
        RotationError::Schema,
        RotationError::Signature,
        RotationError::TooFewFormer { signed: 1, needed: 2 },
        RotationError::TooFewNew { signed: 1, needed: 2 },
        RotationError::Id,
        RotationError::Audience,
        RotationError::Previous,
        RotationError::Version { version: 1, former: 2 },
        RotationError::Kid,
    ];
    let mut codes: Vec<&str> = errors.iter().map(|error| error.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, RotationError::CODES);
    for error in errors {
        assert!(error.to_string().contains("rotation") || error.to_string().contains("trust root"), "{error}");
    }
    let root = RotationError::Root(BundleError::TrustRootThreshold);
    assert_eq!((root.code(), root.to_string().contains("refused")), ("trust_root.threshold", true));
}

#[test]
fn the_commands_of_the_documentation_work_as_they_are_written() {
    let sandbox = Sandbox::new("signing-docs");
    let ruleset = RULESET.replace("trial", "my-ruleset").replace("expires: 2026", "expires: 2126");
    sandbox.write("ruleset.yaml", ruleset);
    let page = include_str!("../docs/signing.md");
    let blocks = page.split("## Keys that never leave").next().unwrap().split("```sh\n").skip(1);
    let script: String = blocks.map(|block| block.split("```").next().unwrap()).collect();
    assert_eq!(script.matches("brightline ").count(), 14, "{script}");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_brightline")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = std::process::Command::new("sh");
    let ran = shell.args(["-ec", &script]).current_dir(&sandbox.0).env("PATH", path).output().unwrap();
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
}
