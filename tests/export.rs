//! The page for the public: which parts of a ruleset it shows, and that no text of a ruleset ever becomes markup.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a panic is how a check fails"
)]

#[path = "support/sandbox.rs"]
mod sandbox;

use sandbox::Sandbox;
use sha2::{Digest, Sha256};

const RULESET: &str = r#"ruleset: trial
version: 3
language: 1
title: Trial & <script>alert(1)</script>
issued: 2026-01-01T00:00:00Z
expires: 2026-07-01T00:00:00Z
default: { outcome: allow, reason: clear, message: Nothing stands in the way. }
actions: [chat, tune]
models: [ { id: atlas-5, title: "Atlas <b>5</b>", capability: { cyber: 4 } }, { id: sprig, title: Sprig } ]
evidence: { subject.us_person: { assurance: substantial, max_age: 365d }, subject.residence: { assurance: high } }
obligations: { log: Keep a record. }
licences:
  - { id: l1, type: deemed, basis: { citation: A licence }, holder: { subject.id: "idp:somebody" }, until: 2027-01-01T00:00:00Z }
rules:
  - id: foreign
    title: "<img src=x onerror=alert(2)>"
    outcome: { degrade: { model: sprig } }
    reason: foreign_person
    message: "Say \"no\" & 'no'."
    basis: { citation: "Order <2>", url: "https://law.example/?a=1&b='2'", as_of: 2026-01-02 }
    effective: { notice: 2026-01-02, from: 2026-02-01, lifted: 2026-06-01, suspended: [ { from: 2026-03-01, until: 2026-04-01 } ] }
    scope: { models: { not: { id: [sprig] } }, actions: [chat] }
    when: { subject.foreign_person: true }
    unless:
      - { id: licensed, reason: licensed, licence: { type: deemed }, obligations: [log] }
      - { id: staff, reason: staff, when: { subject.employments: { has: { org: lab } } }, provided: { reason: not_regular, when: { subject.employments: { has: { org: lab, regular: true } } } } }
  - id: secret
    title: Agents of Ruritania
    outcome: deny
    reason: sealed_reason
    message: This cannot be served.
    basis: { citation: A secret annex }
    when: { subject.residence: [RU] }
    sealed: 5Jd0cCq7bQn2wVtX
"#;

/// The page, and its text without line ends, so that a match does not depend on the wrapping.
fn page(sandbox: &Sandbox, ruleset: &str) -> String {
    sandbox.write("rules.yaml", ruleset);
    let export = ["export", "html", "rules.yaml", "--at", "2026-02-10T00:00:00Z"];
    sandbox.ok(&[&export[..], &["-o", "page.html"]].concat());
    let page = sandbox.read("page.html");
    assert_eq!(sandbox.ok(&export), page);
    page.replace('\n', "")
}

#[test]
fn the_page_tells_what_the_ruleset_says() {
    let sandbox = Sandbox::new("export");
    let page = page(&sandbox, RULESET);
    let document = brightline::parse_yaml(RULESET).unwrap();
    let image = brightline::to_image(&brightline::read_ruleset(&document).unwrap());
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(image));
    for part in [
        "<!doctype html><html lang=\"en\">",
        "<dt>Ruleset</dt><dd><code>trial</code>, version 3</dd>",
        "<dt>Issued</dt><dd>2026-01-01T00:00:00Z</dd><dt>Expires</dt><dd>2026-07-01T00:00:00Z</dd><dt>As of</dt><dd>2026-02-10T00:00:00Z</dd>",
        &format!("<dt>SHA-256 of its image</dt><dd><code>{sha256}</code>"),
        "<span class=\"outcome\">allow</span> It is served.</p><blockquote>Nothing stands in the way.</blockquote>",
        "<span class=\"outcome\">degrade</span> Something else is served. Served instead: Sprig.",
        "<a href=\"https://law.example/?a=1&amp;b=&#39;2&#39;\" rel=\"noreferrer\">Order &lt;2&gt;</a>, as of 2026-01-02",
        "<dt>Applies to</dt><dd>where the person is a foreign person</dd>",
        "<dt>Models</dt><dd>anything but Sprig</dd><dt>Actions</dt><dd><ul><li><code>chat</code></li></ul></dd>",
        "<li>Announced: 2026-01-02T00:00:00Z</li><li>In force from: 2026-02-01T00:00:00Z</li><li>Lifted: \
         2026-06-01T00:00:00Z</li><li>Suspended: from 2026-03-01T00:00:00Z until 2026-04-01T00:00:00Z</li>",
        "at least substantial assurance, not older than 365d",
        "<strong>licensed</strong>",
        "<dt>Needs</dt><dd>a licence of the kind deemed</dd>",
        "regular true (otherwise <code>not_regular</code>)",
        "<li><code>foreign_person</code></li><li><code>licensed</code></li><li><code>staff</code></li>",
        "<h3>l1</h3>",
        "<dt>When</dt><dd><ul><li>Valid until: 2027-01-01T00:00:00Z</li></ul></dd>",
        "<nav aria-label=\"Rules\"><h2>The rules at a glance</h2><h3>In force</h3>",
        "<a href=\"#rule-foreign\"",
        "; announced 2026-01-02T00:00:00Z; in force from 2026-02-01T00:00:00Z; lifted 2026-06-01T00:00:00Z",
        "<h4 id=\"rule-foreign\">",
        "<code>brightline verify</code> shows the same hash for the signed ruleset, as its image.",
    ] {
        assert!(page.contains(part), "no {part} in\n{page}");
    }
    // Licence holders are private; of the policies, only attributes that a rule can ask for are shown.
    assert!(!page.contains("somebody") && !page.contains("country of residence"), "{page}");
    assert!(!page.contains("for development"));
}

#[test]
fn a_sealed_rule_keeps_its_conditions() {
    let sandbox = Sandbox::new("export-sealed");
    let page = page(&sandbox, RULESET);
    let sealed = page.split("<article>").find(|article| article.contains("id=\"sealed-")).unwrap();
    let hash = brightline::read_ruleset(&brightline::parse_yaml(RULESET).unwrap()).unwrap();
    let hash = hash.outline().find_map(|rule| rule.sealed).unwrap();
    for part in ["A sealed rule", "<code>sealed_reason</code>", &hash, "<dt>Version of the ruleset</dt><dd>3</dd>"] {
        assert!(sealed.contains(part), "no {part} in\n{sealed}");
    }
    // Nor its id, its time in force, or the licences and capabilities that only this rule reads.
    let more = RULESET.replace("capability: { cyber: 4 }", "capability: { cyber: 4, bio: 7 }").replace(
        "rules:\n",
        "  - { id: hushed, basis: { citation: A hushed licence }, holder: { subject.id: \"idp:x\" } }\nrules:\n",
    ) + "    scope: { models: { capability.bio: { at_least: 5 } } }\n    effective: { from: 2026-05-05 }\n    \
           unless: [ { id: hushedly, reason: hushedly, licence: hushed } ]\n";
    for page in [page, self::page(&sandbox, &more)] {
        for part in ["Ruritania", "RU<", "annex", "5Jd0cCq7bQn2wVtX", "secret", "hushed", "2026-05-05", "bio"] {
            assert!(!page.contains(part), "{part}");
        }
    }
}

#[test]
fn rules_stand_by_their_effect_and_models_with_what_scopes_look_at() {
    let sandbox = Sandbox::new("export-effect");
    let rule = |id: &str, effective: &str| {
        format!(
            "  - {{ id: {id}, title: {id}, outcome: deny, reason: r, message: M, basis: {{ citation: C }}, \
             effective: {effective}, scope: {{ models: {{ derived_from: [atlas-5] }} }} }}\n"
        )
    };
    let rules = [
        rule("past", "{ until: 2026-02-01 }"),
        rule("next", "{ from: 2026-03-01 }"),
        rule("paused", "{ suspended: [ { from: 2026-02-01, until: 2026-02-20 } ] }"),
        rule("now", "{ from: 2026-02-01 }"),
        rule("gone", "{ lifted: 2026-02-02 }"),
    ];
    let before = RULESET.split("rules:\n").next().unwrap().split("licences:").next().unwrap().to_owned();
    let before = before.replace("title: Sprig", "title: Sprig, derived_from: atlas-5");
    let page = page(&sandbox, &(before + "rules:\n" + &rules.concat()));
    let places =
        ["<h3>In force", "rule-now", "<h3>To come", "rule-next", "rule-paused", "<h3>Over", "rule-gone", "rule-past"];
    for part in page.split("<h2>Rules</h2>") {
        let found: Vec<usize> = places.iter().map(|place| part.find(place).expect(place)).collect();
        assert!(found.is_sorted(), "{found:?} in {part}");
    }
    assert!(page.contains("<code>sprig</code>: derived from Atlas &lt;b&gt;5&lt;/b&gt;</li>"), "{page}");
    // No scope reads this capability.
    assert!(!page.contains("cyber"));
}

#[test]
fn a_ruleset_whose_keys_are_kept_apart_is_shown_without_its_hash() {
    let sandbox = Sandbox::new("export-keyless");
    let text = include_str!("../pkg/rulesets/us-order.yaml");
    sandbox.write("order.yaml", text);
    let page = sandbox.ok(&["export", "html", "order.yaml"]);
    assert!(page.contains("not shown: this page was made without the keys"), "{page}");
    assert!(page.contains("capability cyber ") && page.contains("derived from "), "{page}");
    for name in ["eu-dual-use", "itar-enclave", "us-baseline", "us-model-access", "us-model-weights"] {
        let path = format!("{}/pkg/rulesets/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        assert!(sandbox.ok(&["export", "html", &path]).contains("Guarantees for every request"), "{name}");
    }
}

#[test]
fn the_page_and_the_signed_ruleset_have_one_hash_in_common() {
    let sandbox = Sandbox::new("export-hash");
    sandbox.write("rules.yaml", RULESET);
    sandbox.ok(&["keygen", "--kid", "a", "--out", "a"]);
    let sign = ["sign", "rules.yaml", "--audience", "test", "--key", "a.private.jwk", "-o", "bundle.json", "--json"];
    let hash = sandbox.run(&sign).json()["image_sha256"].as_str().unwrap().to_owned();
    assert!(sandbox.ok(&["export", "html", "rules.yaml"]).contains(&format!("<code>{hash}</code>")));
    assert!(sandbox.ok(&["verify", "bundle.json"]).contains(&format!("  image     {hash}\n")));
    assert_eq!(sandbox.run(&["verify", "bundle.json", "--json"]).json()["image_sha256"], hash.as_str());
}

#[test]
fn only_what_is_proved_is_published_as_a_promise() {
    let sandbox = Sandbox::new("export-guarantees");
    let with = |guarantee: &str| format!("{RULESET}guarantees: [ {guarantee} ]\n");
    let html = page(&sandbox, &with("{ id: something, title: Some answer, never: review }"));
    assert!(html.contains("<h2>Guarantees for every request</h2><article><h3>Some answer</h3>"), "{html}");
    for (guarantee, says) in [
        (
            "{ id: all-may, always: allow }",
            "the guarantee `all-may` does not hold; `brightline prove` shows a counterexample",
        ),
        (
            "{ id: for-none, for: { all: [ { subject.us_person: true }, { subject.us_person: false } ] }, always: allow }",
            "`for-none` promises nothing",
        ),
    ] {
        sandbox.write("rules.yaml", with(guarantee));
        sandbox.fails(&["export", "html", "rules.yaml", "-o", "no.html"], 7, &[says, "`rules.yaml`"]);
        assert!(!sandbox.0.join("no.html").exists());
    }
}

#[test]
fn nothing_of_a_ruleset_is_markup_and_nothing_is_fetched() {
    let sandbox = Sandbox::new("export-escaped");
    let page = page(&sandbox, RULESET);
    assert!(page.contains("<title>Trial &amp; &lt;script&gt;alert(1)&lt;/script&gt;</title>"));
    assert!(page.contains("Atlas &lt;b&gt;5&lt;/b&gt;") && page.contains("&lt;img src=x onerror=alert(2)&gt;"));
    for markup in ["<script", "<img", "<b>", "<link", "src=\"", "url(", "@import"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
    // Every element that is opened is closed.
    let mut open: Vec<&str> = Vec::new();
    let body = page.split("</head>").nth(1).unwrap().trim_end_matches("</html>");
    for tag in body.split('<').skip(1) {
        let name = tag.split(['>', ' ']).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => open.push(name),
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn every_colour_can_be_read() {
    let style = include_str!("../src/cli/publish/page.css");
    let blocks: Vec<&str> = style.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(blocks.len(), 3, "light, dark and print");
    for block in blocks {
        let colour =
            |name: &str| luminance(block.split(&format!("--{name}: #")).nth(1).unwrap().split(';').next().unwrap());
        let contrast = |name: &str| {
            let (a, b) = (colour(name), colour("ground"));
            (a.max(b) + 0.05) / (a.min(b) + 0.05)
        };
        // WCAG 2.2, 1.4.3 and 1.4.11.
        for (name, least) in [("ink", 4.5), ("quiet", 4.5), ("link", 4.5), ("line", 3.0)] {
            assert!(contrast(name) >= least, "{name} in {block}: {}", contrast(name));
        }
    }
}

/// WCAG's relative luminance of `rgb` or `rrggbb`.
fn luminance(hex: &str) -> f64 {
    let step = hex.len() / 3;
    let channel = |at: usize| {
        let digits = hex.get(at * step..(at + 1) * step).unwrap();
        let value = u32::from_str_radix(&digits.repeat(3 - step), 16).unwrap();
        let part = f64::from(value) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2)
}

#[test]
fn a_ruleset_for_development_says_so_on_the_page() {
    let sandbox = Sandbox::new("export-development");
    let page = page(&sandbox, &RULESET.replace("language: 1", "language: 1\ndevelopment: true"));
    assert!(page.contains("<p class=\"warning\">This ruleset is for development"));
    sandbox.write("bad.yaml", "ruleset: x\n");
    sandbox.fails(&["export", "html", "bad.yaml", "-o", "no.html"], 3, &["`bad.yaml` has"]);
    assert!(!sandbox.0.join("no.html").exists());
    sandbox.fails(&["export"], 2, &[]);
}

#[test]
fn sql_names_what_it_reads_and_what_a_table_does_not_have() {
    let sandbox = Sandbox::new("export-sql");
    sandbox.write("rules.yaml", RULESET.replace("    sealed: 5Jd0cCq7bQn2wVtX\n", ""));
    let base = ["export", "sql", "rules.yaml", "--dialect", "duckdb", "--at", "2026-02-10T00:00:00Z"];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    let text = sandbox.ok(&base);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("-- trial, version 3, at 2026-02-10T00:00:00Z, for DuckDB."));
    assert_eq!(lines.next(), Some("-- The rules are the same until 2026-03-01T00:00:00Z. Reads:"));
    assert!(text.contains("--   subject.us_person BOOLEAN\n") && text.contains("THEN struct_pack("), "{text}");
    sandbox.ok(&with(&["--out", "rules.sql"]));
    assert_eq!(sandbox.read("rules.sql"), text);

    let json: serde_json::Value = serde_json::from_str(&sandbox.ok(&with(&["--json", "--model", "atlas-5"]))).unwrap();
    assert_eq!((&json["until"], &json["dialect"]), (&"2026-03-01T00:00:00Z".into(), &"DuckDB".into()));
    let names: Vec<&str> =
        json["columns"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"action") && !names.contains(&"model"), "{names:?}");

    // The expression includes sealed rules, with a warning; unknown and missing columns are reported.
    sandbox.write("rules.yaml", RULESET);
    let run = sandbox.run(&with(&["--columns", "subject.residence,subject.us_persn"]));
    let told = run.stderr();
    for wanted in [
        "warning[export.sealed]: the expression discloses the sealed rules",
        "warning[table.unknown_column]: no ruleset knows a column `subject.us_persn`",
        "warning[table.missing_column]: the ruleset reads `subject.us_person`",
    ] {
        assert!(told.contains(wanted), "{told}");
    }
    assert!(!run.stdout().contains("subject.us_person"));

    sandbox.fails(&with(&["--model", "atlas-6"]), 2, &["has no model `atlas-6`"]);
    sandbox.fails(&with(&["--action", "sing"]), 2, &["has no action `sing`"]);
    sandbox.fails(
        &["export", "sql", "rules.yaml", "--dialect", "spark", "--at", "2027-02-10T00:00:00Z"],
        2,
        &["valid from 2026-01-01T00:00:00Z until 2026-07-01T00:00:00Z"],
    );
    sandbox.fails(&["export", "sql", "rules.yaml", "--dialect", "oracle"], 2, &["duckdb", "spark"]);
}
