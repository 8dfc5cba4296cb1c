//! Runs the command-line program in temporary folders and checks its files, its output and its exit code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a panic is how a check fails"
)]

#[path = "support/sandbox.rs"]
mod sandbox;
mod support;

use sandbox::Sandbox;
use serde_json::{Value, json};
use std::fs;

const RULESET: &str = r#"ruleset: trial
version: 3
language: 1
issued: 2026-01-01T00:00:00Z
expires: 2026-07-01T00:00:00Z
default: allow
actions: [chat]
models:
  - { id: atlas-5, title: Atlas 5, capability: { cyber: 4 } }
issuers:
  - id: idp
    iss: https://idp.example
    audience: [https://gate.example]
    keys: [] # given when signing
    assurance: 2
    claims: { subject.us_status: /us_status }
rules:
  - id: foreign-nationals
    title: Foreign nationals may not use models above the line
    outcome: deny
    reason: foreign_person
    basis: { citation: "Order, section 2", as_of: 2026-01-01 }
    scope: { models: { capability.cyber: { at_least: 4 } } }
    when: { subject.foreign_person: true }
    message: This model is limited to U.S. persons.
"#;
const NOW: &str = "2026-02-01T00:00:00Z";

impl Sandbox {
    /// A sandbox with a ruleset, its issuer's keys, and two key pairs `a` and `b`.
    fn with_keys(name: &str) -> Self {
        let sandbox = Self::new(name);
        sandbox.write("rules.yaml", RULESET);
        let keys = json!({"keys": [support::jwk(&support::key(1), "issuer")]});
        sandbox.write("jwks.json", keys.to_string());
        sandbox.ok(&["keygen", "--kid", "a", "--out", "a"]);
        sandbox.ok(&["keygen", "--alg", "ES256", "--kid", "b", "--out", "b"]);
        sandbox
    }

    /// A sandbox with a bundle signed by `a` and a trust root that requires `threshold` of `a` and `b`.
    fn with_bundle(name: &str, threshold: &str) -> Self {
        let sandbox = Self::with_keys(name);
        sandbox.ok(&sign(&["--key", "a.private.jwk", "-o", "bundle.json"]));
        let trust = ["trust", "--ruleset", "trial", "--audience", "test", "--threshold", threshold];
        sandbox.ok(&[&trust[..], &["a.public.jwk", "b.public.jwk", "-o", "root.json"]].concat());
        sandbox
    }
}

fn sign<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["sign", "rules.yaml", "--jwks", "idp=jwks.json", "--audience", "test"], more].concat()
}

#[test]
fn keygen_makes_a_pair_and_never_overwrites_unasked() {
    let sandbox = Sandbox::new("keygen");
    let kid = sandbox.ok(&["keygen", "--out", "k"]);
    let (private, public) = (sandbox.json("k.private.jwk"), sandbox.json("k.public.jwk"));
    assert_eq!(public["kid"], json!(kid.trim()));
    assert_eq!((&public["alg"], &public["use"], &public["d"]), (&json!("Ed25519"), &json!("sig"), &Value::Null));
    assert_eq!(private["x"], public["x"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| fs::metadata(sandbox.0.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("k.private.jwk"), mode("k.public.jwk") & 0o044), (0o600, 0o044));
    }
    sandbox.fails(&["keygen", "--out", "k"], 1, &["error: `k.private.jwk` already exists", "--force"]);
    fs::remove_file(sandbox.0.join("k.private.jwk")).unwrap();
    sandbox.fails(&["keygen", "--out", "k"], 1, &["`k.public.jwk` already exists"]);
    assert!(!sandbox.0.join("k.private.jwk").exists(), "half a pair was written");
    sandbox.ok(&["keygen", "--out", "k", "--force"]);
    assert_ne!(sandbox.json("k.public.jwk")["x"], public["x"]);
    sandbox.fails(&["keygen", "--out", "no/such/k"], 1, &["cannot write `no/such/k.private.jwk`"]);
    sandbox.fails(&["keygen", "--alg", "RS256", "--out", "r"], 2, &["RS256", "ES256"]);
}

#[test]
fn thumbprints_are_those_of_the_library() {
    let sandbox = Sandbox::new("thumbprint");
    for algorithm in ["Ed25519", "ES256"] {
        let kid = sandbox.ok(&["keygen", "--alg", algorithm, "--out", algorithm]);
        let text = sandbox.read(&format!("{algorithm}.public.jwk"));
        let parsed = brightline::base::json::parse(text.as_bytes(), brightline::base::json::Limits::UNTRUSTED).unwrap();
        let key = brightline::Key::from_jwk(parsed.as_object().unwrap()).unwrap();
        assert_eq!(kid.trim(), data_encoding::BASE64URL_NOPAD.encode(&key.thumbprint()));
    }
}

#[test]
fn check_shows_every_finding_with_its_place() {
    let sandbox = Sandbox::with_keys("check");
    let out = sandbox.ok(&["check", "rules.yaml", "--jwks", "idp=jwks.json"]);
    assert_eq!(out, "`rules.yaml`: `trial` version 3 has no findings\n");
    sandbox.write(
        "bad.yaml",
        RULESET.replace("outcome: deny", "outcome: dney").replace("default: allow", "default: alow"),
    );
    let ran = sandbox.run(&["check", "bad.yaml", "rules.yaml", "--jwks", "idp=jwks.json"]);
    assert_eq!((ran.code(), ran.stderr().as_str()), (3, ""));
    for part in
        ["--> bad.yaml:6:10", "6 | default: alow", "^^^^", "did you mean `allow`?", "`dney`", "`rules.yaml`: `trial`"]
    {
        assert!(ran.stdout().contains(part), "no {part:?} in\n{}", ran.stdout());
    }
    let ran = sandbox.run(&["check", "--json", "bad.yaml", "rules.yaml", "--jwks", "idp=jwks.json"]);
    assert_eq!((ran.code(), ran.stderr().as_str()), (3, ""));
    let findings = ran.json();
    assert_eq!(findings.as_array().unwrap().len(), 2);
    let first = json!({"file": "bad.yaml", "line": 6, "column": 10, "end_line": 6, "end_column": 14,
        "severity": "error", "code": "ruleset.unknown_outcome", "message": "`alow` cannot be the default", "help": "did you mean `allow`?"});
    assert_eq!(findings[0], first);
    assert_eq!(sandbox.ok(&["check", "--json", "rules.yaml", "--jwks", "idp=jwks.json"]), "[]\n");

    // A line as long as those of compiled JSON is cut, and its reported position is still the real one.
    let members: Vec<String> = (0..2_000).map(|i| format!("\"kü{i}\":0")).collect();
    sandbox.write("long.json", format!("{{{}}}", members.join(",")));
    let shown = sandbox.run(&["check", "long.json"]).stdout();
    assert!(shown.contains(" --> long.json:1:20881\n") && shown.contains("\"kü1999\":0}\n"), "{shown:.2000}");
    assert!(shown.lines().all(|line| line.len() < 600));

    sandbox.write("torn.json", "{\"ruleset\": \"ü\",}");
    let ran = sandbox.run(&["check", "--json", "torn.json"]);
    let finding = &ran.json()[0];
    assert_eq!((ran.code(), &finding["code"], &finding["column"]), (3, &json!("source.json"), &json!(17)));
    sandbox.write("anchor.yml", "a: &x 1\n");
    assert!(sandbox.run(&["check", "anchor.yml"]).stdout().contains("error[source.anchor]: an anchor is not allowed"));
}

#[test]
fn files_that_cannot_be_read_are_failures() {
    let sandbox = Sandbox::with_keys("files");
    sandbox.fails(&["check", "nothing.yaml"], 1, &["error: cannot read `nothing.yaml`"]);
    sandbox.write("latin.yaml", b"ruleset: caf\xe9\n");
    sandbox.fails(&["check", "latin.yaml"], 1, &["`latin.yaml` is not UTF-8", "byte 12"]);
    sandbox.fails(&["check", "jwks"], 1, &["cannot read `jwks`"]);
    sandbox.write("rules.txt", RULESET);
    sandbox.fails(&["check", "rules.txt"], 1, &["ends in .yaml, .yml or .json"]);
    fs::create_dir(sandbox.0.join("folder.yaml")).unwrap();
    sandbox.fails(&["check", "folder.yaml"], 1, &["cannot read `folder.yaml`"]);
    sandbox.fails(&["compile", "rules.yaml", "--jwks", "ipd=jwks.json"], 2, &["no issuer `ipd`; did you mean `idp`?"]);
    sandbox.fails(&["compile", "rules.yaml", "--jwks", "idp=a.public.jwk"], 4, &["key.malformed", "list `keys`"]);
    // The other files are checked nevertheless.
    let ran = sandbox.run(&["check", "nothing.yaml", "rules.yaml", "--jwks", "idp=jwks.json"]);
    assert_eq!((ran.code(), ran.stdout().contains("no findings")), (1, true));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(sandbox.0.join("rules.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
        // The superuser can read every file.
        if fs::read(sandbox.0.join("rules.yaml")).is_err() {
            sandbox.fails(&["check", "rules.yaml"], 1, &["cannot read `rules.yaml`"]);
        }
    }
}

#[test]
fn with_json_an_error_is_one_line_of_json() {
    let sandbox = Sandbox::with_keys("json-errors");
    let error = |arguments: &[&str]| -> Value {
        let ran = sandbox.run(arguments);
        assert_eq!((ran.stdout().as_str(), ran.stderr().lines().count()), ("", 1), "{arguments:?}");
        let said: Value = serde_json::from_str(&ran.stderr()).unwrap();
        assert_eq!(said["error"]["exit"], json!(ran.code()));
        said
    };
    let missing = error(&["prove", "nothing.yaml", "--json"]);
    assert!(missing["error"]["message"].as_str().unwrap().contains("nothing.yaml"));
    let usage = error(&["prove", "--json"]);
    assert_eq!(usage["error"]["exit"], 2);
    sandbox.write("wrong.yaml", RULESET.replace("default: allow", "default: maybe"));
    let found = error(&["--json", "diff", "wrong.yaml", "rules.yaml"]);
    assert_eq!((&found["error"]["exit"], &found["findings"][0]["file"]), (&json!(3), &json!("wrong.yaml")));
    // Each command accepts `--json`.
    for command in ["init", "fmt", "check", "test", "explain", "impact", "look-back", "keygen", "schema", "man"] {
        assert!(sandbox.ok(&[command, "--help"]).contains("--json"), "{command}");
    }
}

#[test]
fn colours_are_as_the_terminal_and_the_reader_want_them() {
    let sandbox = Sandbox::with_keys("colours");
    let check = |name: &str, value: &str| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_brightline"));
        program.args(["check", "rules.yaml"]).current_dir(&sandbox.0).env_remove("NO_COLOR").env(name, value);
        String::from_utf8(program.output().unwrap().stdout).unwrap()
    };
    assert!(check("CLICOLOR_FORCE", "1").contains('\u{1b}'));
    // No colours into a pipe, nor if the user turns them off.
    assert!(!check("TERM", "xterm-256color").contains('\u{1b}'));
    assert!(!check("NO_COLOR", "1").contains('\u{1b}'));
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read_to_the_end() {
    let sandbox = Sandbox::with_keys("endless");
    sandbox.fails(&["verify", "/dev/zero"], 1, &["is longer than 64 MiB"]);
}

#[test]
fn wrong_arguments_end_with_2_and_help_with_0() {
    let sandbox = Sandbox::new("usage");
    for arguments in [
        &[][..],
        &["what"],
        &["check"],
        &["sign", "rules.yaml", "--key", "k", "-o", "o"],
        &["sign", "--key", "k", "-o", "o"],
        &["compile", "a.yaml", "--jwks", "idp"],
        &["verify", "b.json", "--now", "yesterday"],
        &["trust", "--ruleset", "r", "--audience", "a", "--threshold", "many", "k"],
    ] {
        sandbox.fails(arguments, 2, &[]);
    }
    let help = sandbox.ok(&["--help"]);
    for part in ["Exit codes:", "keygen", "check", "compile", "sign", "trust", "verify", "decide"] {
        assert!(help.contains(part), "{part}");
    }
}

#[test]
fn compile_gives_a_form_that_compiles_to_itself() {
    let sandbox = Sandbox::with_keys("compile");
    let canonical = sandbox.ok(&["compile", "rules.yaml", "--jwks", "idp=jwks.json"]);
    sandbox.ok(&["compile", "rules.yaml", "--jwks", "idp=jwks.json", "-o", "rules.json"]);
    assert_eq!(sandbox.read("rules.json"), canonical);
    assert_eq!(sandbox.ok(&["compile", "rules.json"]), canonical);
    let other = sandbox.ok(&["compile", "rules.yaml", "--jwks", "idp=jwks.json", "--iss", "idp=https://test.example"]);
    assert_eq!(other, canonical.replace("https://idp.example", "https://test.example"));
    sandbox.fails(&["compile", "rules.yaml"], 3, &["rules.yaml:14:11", "`rules.yaml` has 1 finding"]);
}

#[test]
fn signing_is_reproducible_and_in_the_profile() {
    let sandbox = Sandbox::with_keys("sign");
    let keys = ["--key", "a.private.jwk", "--key", "b.private.jwk"];
    sandbox.ok(&sign(&[&keys[..], &["-o", "one.json"]].concat()));
    sandbox.ok(&sign(&[&keys[..], &["-o", "two.json"]].concat()));
    assert_eq!(sandbox.read("one.json"), sandbox.read("two.json"));
    let bundle = sandbox.json("one.json");
    let bytes = |value: &Value| data_encoding::BASE64URL_NOPAD.decode(value.as_str().unwrap().as_bytes()).unwrap();
    // The JSON line of a payload.
    let decode = |value: &Value| {
        serde_json::from_slice::<Value>(bytes(value).split(|byte| *byte == b'\n').next().unwrap()).unwrap()
    };
    let headers = bundle["signatures"].as_array().unwrap().iter().map(|entry| decode(&entry["protected"]));
    let typ = "brightline-ruleset+jws";
    let expected = [json!({"alg": "Ed25519", "kid": "a", "typ": typ}), json!({"alg": "ES256", "kid": "b", "typ": typ})];
    assert_eq!(headers.collect::<Vec<_>>(), expected);
    let payload = decode(&bundle["payload"]);
    let fields = ["schema", "aud", "ruleset_id", "version", "prev_sha256", "iat", "nbf", "exp"];
    let fields: Vec<&Value> = fields.iter().map(|name| &payload[*name]).collect();
    assert_eq!(json!(fields), json!([2, "test", "trial", 3, null, 1_767_225_600, 1_767_225_600, 1_782_864_000]));
    let signed = bytes(&bundle["payload"]);
    let image = signed.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    assert_eq!(brightline::read_image(&signed[image..]).unwrap().id(), "trial");

    // A second person adds a signature, with or without the ruleset at hand.
    sandbox.ok(&sign(&["--key", "a.private.jwk", "-o", "first.json"]));
    sandbox.ok(&["sign", "--add-signature", "first.json", "--key", "b.private.jwk", "-o", "both.json"]);
    assert_eq!(sandbox.read("both.json"), sandbox.read("one.json"));
    sandbox.ok(&sign(&["--add-signature", "first.json", "--key", "b.private.jwk", "-o", "both.json"]));
    assert_eq!(sandbox.read("both.json"), sandbox.read("one.json"));
    let again = ["sign", "--add-signature", "first.json", "--key", "a.private.jwk", "-o", "x.json"];
    sandbox.fails(&again, 1, &["the key `a` has signed already"]);
    sandbox.write("rules.yaml", RULESET.replace("version: 3", "version: 4"));
    let other = sign(&["--add-signature", "first.json", "--key", "b.private.jwk", "-o", "x.json"]);
    sandbox.fails(&other, 1, &["`first.json`", "does not compile to the payload"]);

    // The next version names the previous one.
    sandbox.ok(&sign(&["--previous", "one.json", "--key", "a.private.jwk", "-o", "next.json"]));
    let hash = sandbox.run(&["verify", "one.json", "--json"]).json()["sha256"].clone();
    assert_eq!(decode(&sandbox.json("next.json")["payload"])["prev_sha256"], hash);
    let backward = sign(&["--previous", "next.json", "--key", "a.private.jwk", "-o", "x.json"]);
    sandbox.fails(&backward, 1, &["not an earlier version"]);

    sandbox.fails(&sign(&["--key", "a.public.jwk", "-o", "x.json"]), 4, &["`a.public.jwk`", "key.malformed", "`d`"]);
    sandbox.fails(
        &["sign", "--add-signature", "jwks.json", "--key", "a.private.jwk", "-o", "x"],
        4,
        &["bundle.malformed"],
    );
    assert!(!sandbox.0.join("x.json").exists());
}

#[test]
fn trust_writes_only_what_an_app_can_read() {
    let sandbox = Sandbox::with_bundle("trust", "2");
    let root = sandbox.json("root.json");
    assert_eq!((&root["ruleset"], &root["audience"], &root["threshold"]), (&json!("trial"), &json!("test"), &json!(2)));
    assert_eq!(root["keys"][1]["kid"], "b");
    let trust = |threshold, key| ["trust", "--ruleset", "r", "--audience", "a", "--threshold", threshold, key];
    sandbox.fails(&trust("2", "a.public.jwk"), 4, &["error[trust_root.threshold]"]);
    sandbox.fails(&trust("1", "a.private.jwk"), 4, &["error[key.secret]: `a.private.jwk`"]);
    sandbox.fails(&trust("1", "rules.yaml"), 4, &["`rules.yaml`: not strict JSON"]);
    sandbox.fails(&trust("1", "nothing.jwk"), 1, &["cannot read `nothing.jwk`"]);
}

#[test]
fn verify_opens_as_an_app_does_or_says_that_it_did_not() {
    let sandbox = Sandbox::with_bundle("verify", "1");
    let out = sandbox.ok(&["verify", "bundle.json", "--trust", "root.json", "--now", NOW]);
    for part in [
        "verified against",
        "trial version 3",
        "from 2026-01-01T00:00:00Z until 2026-07-01T00:00:00Z",
        "by a (Ed25519)\n",
    ] {
        assert!(out.contains(part), "no {part:?} in\n{out}");
    }
    let json = sandbox.run(&["verify", "bundle.json", "--trust", "root.json", "--now", NOW, "--json"]).json();
    assert_eq!(
        (&json["verified"], &json["version"], &json["signatures"][0]["verified"]),
        (&json!(true), &json!(3), &json!(true))
    );

    let out = sandbox.ok(&["verify", "bundle.json"]);
    assert!(out.starts_with("NOT VERIFIED") && out.contains("by a (Ed25519), not verified"), "{out}");
    assert_eq!(sandbox.run(&["verify", "bundle.json", "--json"]).json()["verified"], json!(false));

    let verify = |more: &[&'static str]| [&["verify", "bundle.json", "--trust", "root.json"], more].concat();
    sandbox.fails(&verify(&["--now", "2026-07-01T00:00:00Z"]), 4, &["error[bundle.expired]"]);
    sandbox.fails(&verify(&["--now", NOW, "--minimum-version", "4"]), 4, &["error[bundle.rollback]"]);
    let bundle = sandbox.read("bundle.json");
    sandbox.write("bundle.json", bundle.replace("\"signature\":\"", "\"signature\":\"AAAA"));
    sandbox.fails(&verify(&["--now", NOW]), 4, &["error[bundle.signature]"]);
    sandbox.write("bundle.json", bundle.get(..bundle.len() / 2).unwrap());
    sandbox.fails(&["verify", "bundle.json"], 4, &["error[bundle.malformed]"]);
    sandbox.write("root.json", "{}");
    sandbox.fails(&verify(&[]), 4, &["error[trust_root.malformed]: `root.json`"]);

    let sandbox = Sandbox::with_bundle("verify-threshold", "2");
    let arguments = ["verify", "bundle.json", "--trust", "root.json", "--now", NOW];
    sandbox.fails(&arguments, 4, &["error[bundle.threshold]"]);
    sandbox.ok(&["sign", "--add-signature", "bundle.json", "--key", "b.private.jwk", "-o", "bundle.json"]);
    sandbox.ok(&arguments);
}

#[test]
fn decide_prints_the_decision_and_ends_by_it() {
    let sandbox = Sandbox::with_bundle("decide", "1");
    let base =
        ["decide", "--bundle", "bundle.json", "--trust", "root.json", "--now", NOW, "--action", "chat", "--model"];
    let decide = |more: &[&'static str]| sandbox.run(&[&base[..], more].concat());
    let token = |status: &str| {
        let now = 1_769_904_000;
        let claims = json!({"iss": "https://idp.example", "aud": "https://gate.example", "sub": "someone",
            "client_id": "app", "jti": "1", "iat": now - 10, "exp": now + 300, "us_status": status});
        let header = json!({"alg": "Ed25519", "kid": "issuer", "typ": "at+jwt"});
        support::sign_jws(&header, &claims.to_string(), &support::key(1)) + "\n"
    };
    sandbox.write("us.jwt", token("citizen"));
    sandbox.write("other.jwt", token("none"));
    let allowed = decide(&["atlas-5", "--token", "us.jwt", "--context", r#"{"country":"US"}"#]);
    assert_eq!((allowed.code(), &allowed.json()["outcome"]), (0, &json!("allow")), "{}", allowed.stderr());
    let denied = decide(&["atlas-5", "--token", "other.jwt"]);
    assert_eq!((denied.code(), denied.stderr().as_str()), (5, ""));
    assert_eq!((&denied.json()["outcome"], &denied.json()["rule"]), (&json!("deny"), &json!("foreign-nationals")));
    assert_eq!(decide(&["atlas-5"]).code(), 5, "nobody has signed in");
    assert_eq!(decide(&["no-such-model", "--token", "us.jwt"]).code(), 5);
    let compact = decide(&["atlas-5", "--token", "other.jwt", "--compact"]);
    assert!(!compact.stdout().contains('\n'));
    assert_eq!(compact.json(), denied.json());

    for (context, says) in [("{", "context.json"), (r#"{"contry":"DE"}"#, "context.unknown_field")] {
        sandbox.fails(&[&base[..], &["atlas-5", "--context", context]].concat(), 2, &[says]);
    }
    sandbox.fails(&[&base[..], &["atlas-5", "--token", "nothing.jwt"]].concat(), 1, &["cannot read `nothing.jwt`"]);
    sandbox.fails(&[&base[..], &["atlas-5", "--minimum-version", "9"]].concat(), 4, &["bundle.rollback"]);
}

#[test]
fn what_is_written_is_whole_or_not_and_never_over_what_is_read() {
    let sandbox = Sandbox::with_bundle("outputs", "1");
    let before: Vec<(String, String)> = ["rules.yaml", "jwks.json", "a.private.jwk", "a.public.jwk", "root.json"]
        .map(|name| (name.to_owned(), sandbox.read(name)))
        .into();
    for out in ["rules.yaml", "./jwks.json", "a.private.jwk", "root.json"] {
        let trust = ["--key", "a.private.jwk", "--trust", "root.json", "-o", out];
        sandbox.fails(&sign(&trust), 2, &[&format!("error: `{out}` would overwrite")]);
    }
    let jwks = ["--jwks", "idp=jwks.json", "-o"];
    for (command, out) in [
        (&["compile", "rules.yaml"][..], "jwks.json"),
        (&["export", "html", "rules.yaml"], "rules.yaml"),
        (&["compile", "rules.yaml"], "rules.yaml"),
    ] {
        sandbox.fails(&[command, &jwks, &[out]].concat(), 2, &["would overwrite the input"]);
    }
    let trust =
        ["trust", "--ruleset", "r", "--audience", "a", "--threshold", "1", "a.public.jwk", "-o", "a.public.jwk"];
    sandbox.fails(&trust, 2, &["`a.public.jwk` would overwrite"]);
    sandbox.ok(&["compile", "rules.yaml", "--jwks", "idp=jwks.json", "-o", "rules.json"]);
    let rules = sandbox.read("rules.json");
    sandbox.fails(
        &["impact", "rules.json", "--synthetic", "10", "-o", "rules.json"],
        2,
        &["would overwrite the input"],
    );
    let look_back =
        ["look-back", "log.ndjson", "--ruleset", "rules.json", "--from", NOW, "--until", "2026-03-01T00:00:00Z"];
    sandbox.fails(&[&look_back[..], &["-o", "rules.json"]].concat(), 2, &["would overwrite the input"]);
    assert_eq!(sandbox.read("rules.json"), rules);
    sandbox.fails(&sign(&["--key", "a.private.jwk", "-o", "-"]), 2, &["does not write to standard output"]);
    sandbox.fails(
        &["sign", "-", "--audience", "test", "--key", "a.private.jwk", "-o", "x"],
        2,
        &["`-`: a ruleset's file is not read from standard input"],
    );
    sandbox.fails(&["verify", "-", "--trust", "-"], 2, &["standard input (`-`) is read once"]);
    assert!(!sandbox.0.join("-").exists());
    // Commands that print accept `-o -`.
    assert_eq!(
        sandbox.ok(&["compile", "rules.yaml", "--jwks", "idp=jwks.json", "-o", "-"]),
        sandbox.ok(&["compile", "rules.yaml", "--jwks", "idp=jwks.json"])
    );
    assert!(!sandbox.0.join("-").exists());
    for (name, text) in before {
        assert_eq!(sandbox.read(&name), text, "{name}");
    }
    // In place, if a signature is added.
    sandbox.ok(&["sign", "--add-signature", "bundle.json", "--key", "b.private.jwk", "-o", "bundle.json"]);
    assert_eq!(sandbox.json("bundle.json")["signatures"].as_array().unwrap().len(), 2);
    // If one half of a pair cannot be written, the other is unchanged.
    fs::create_dir(sandbox.0.join("k.public.jwk")).unwrap();
    sandbox.write("k.private.jwk", "precious");
    sandbox.fails(&["keygen", "--out", "k", "--force"], 1, &["cannot write `k.public.jwk`"]);
    assert_eq!(sandbox.read("k.private.jwk"), "precious");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let mode = |name: &str| fs::metadata(sandbox.0.join(name)).unwrap().permissions().mode() & 0o777;
        fs::set_permissions(sandbox.0.join("bundle.json"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("bundle.json", sandbox.0.join("link.json")).unwrap();
        sandbox.ok(&sign(&["--key", "a.private.jwk", "-o", "link.json"]));
        assert_eq!(
            (mode("bundle.json"), sandbox.json("bundle.json")["signatures"].as_array().unwrap().len()),
            (0o640, 1)
        );
        assert!(sandbox.0.join("link.json").is_symlink());
        sandbox.ok(&sign(&["--key", "a.private.jwk", "-o", "/dev/null"]));
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
    let left = fs::read_dir(&sandbox.0)
        .unwrap()
        .filter(|file| file.as_ref().unwrap().path().extension() == Some("part".as_ref()));
    assert_eq!(left.count(), 0);
}

#[test]
fn json_is_laid_out_as_json_and_a_key_in_yaml_too() {
    let sandbox = Sandbox::new("fmt-json");
    sandbox.write("a.json", "{\"b\":[1.50,{},[],\"\\u00e9 é\"],\n\n \"a\":{\"x\":null}}");
    assert_eq!(sandbox.run(&["fmt", "--check", "a.json"]).code(), 3);
    sandbox.ok(&["fmt", "a.json"]);
    let laid_out =
        "{\n  \"b\": [\n    1.50,\n    {},\n    [],\n    \"\\u00e9 é\"\n  ],\n  \"a\": {\n    \"x\": null\n  }\n}\n";
    assert_eq!(sandbox.read("a.json"), laid_out);
    assert_eq!(sandbox.ok(&["fmt", "--check", "a.json"]), "");
    // A file that is not strict JSON is left alone, even if it is YAML.
    for text in ["{a: 1}", "{\"a\": 1, \"a\": 2}", "{\"a\": 1,}"] {
        sandbox.write("b.json", text);
        sandbox.fails(&["fmt", "b.json"], 3, &["`b.json`", "`brightline check` shows where"]);
        assert_eq!(sandbox.read("b.json"), text);
    }
    sandbox.write("a.txt", "a: 1");
    sandbox.fails(&["fmt", "a.txt"], 1, &["ends in .yaml, .yml or .json"]);

    // A key as `keygen` writes it, longer than a line.
    sandbox.ok(&["keygen", "--kid", "a-key-with-a-name-that-is-rather-long", "--out", "k"]);
    let key = sandbox.json("k.public.jwk").to_string();
    sandbox.write("long.yaml", format!("issuers:\n  - id:   idp\n    keys: [{key}]\n"));
    sandbox.ok(&["fmt", "long.yaml"]);
    let laid_out = sandbox.read("long.yaml");
    assert!(laid_out.contains("  - id: idp\n    keys: [{ \"") && laid_out.lines().count() == 3, "{laid_out}");
    assert_eq!(sandbox.ok(&["fmt", "--check", "long.yaml"]), "");
}

/// Runs the commands of `docs/cli.md`: from a folder that `init` makes to a signed ruleset that decides, on any day.
#[test]
fn the_first_commands_work_as_they_are_written() {
    let sandbox = Sandbox::new("readme");
    let page = include_str!("../docs/cli.md");
    let block = page.split("brightline init my-order").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(block.matches("\nbrightline ").count(), 15, "{block}");
    let script = format!("brightline init my-order{block}").replace("1000000", "1000");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_brightline")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = std::process::Command::new("sh");
    let ran = shell.args(["-ec", &script]).current_dir(&sandbox.0).env("PATH", path).output().unwrap();
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let ruleset = sandbox.read("my-order/ruleset.yaml");
    let instant = |field: &str| {
        let text = ruleset.split(&format!("\n{field}: ")).nth(1).unwrap().split_whitespace().next().unwrap();
        brightline::Instant::parse(text).unwrap().as_millis() / 86_400_000
    };
    let today = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 86_400;
    assert!((0..=1).contains(&(i64::try_from(today).unwrap() - instant("issued"))));
    assert_eq!(instant("expires") - instant("issued"), 365);
}
