use super::*;
use crate::base::json;

/// Returns the code of each finding and the text at its location.
fn refused(text: &str, findings: Result<Node, Vec<Diagnostic>>) -> Vec<(&'static str, &str)> {
    let Err(findings) = findings else { panic!("{text:?} was read") };
    assert!(!findings.is_empty(), "{text:?}");
    findings
        .iter()
        .map(|found| {
            assert!(found.message.starts_with(|c: char| !c.is_uppercase()) && !found.message.ends_with('.'));
            (found.code, text.get(found.at.start..found.at.end).expect("a place in the text"))
        })
        .collect()
}

fn yaml(text: &str) -> Vec<(&'static str, &str)> {
    refused(text, parse_yaml(text))
}

fn entries(node: &Node) -> &[Entry] {
    let Kind::Mapping(entries) = &node.kind else { panic!("{node:?}") };
    entries
}

#[test]
fn yaml_that_hides_meaning_is_refused_where_it_stands() {
    for (text, expected) in [
        ("a: &x 1\nb: 2\n", ("source.anchor", "&x 1")),
        ("a: !!str 1\n", ("source.tag", "!!str 1")),
        ("a: ! 1\n", ("source.tag", "! 1")),
        ("a: [!x {}]\n", ("source.tag", "!x {")),
        ("a: *x\n", ("source.alias", "*x")),
        ("<<: {a: 1}\n", ("source.merge_key", "<<")),
        ("a: 1\nb: 2\na: 3\n", ("source.duplicate_key", "a")),
        ("a: 1\n\"\\x61\": 3\n", ("source.duplicate_key", "\"\\x61\"")),
        ("é: 1\nb: {é: 2, é: 3}\n", ("source.duplicate_key", "é")),
        ("1: 2\n", ("source.key", "1")),
        ("true: 2\n", ("source.key", "true")),
        ("~: 2\n", ("source.key", "~")),
        ("? [a, b]\n: 2\n", ("source.key", "[a, b]")),
        ("a: 1\n--- \nb: 2\n", ("source.documents", "---")),
        ("%YAML 1.1\n---\na: 1\n", ("source.directive", "%YAML 1.1")),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", ("source.directive", "%TAG ! tag:x,2000:")),
        ("a: .nan\n", ("source.number", ".nan")),
        ("a: -.inf\n", ("source.number", "-.inf")),
        ("a: 1e999\n", ("source.number", "1e999")),
        ("a: 9223372036854775808\n", ("source.number", "9223372036854775808")),
        ("a: 0xffffffffffffffff\n", ("source.number", "0xffffffffffffffff")),
        ("a: x\0y\n", ("source.character", "\0")),
        ("a: x # y\rb: 2\n", ("source.character", "\r")),
        ("a: x\u{202e}y\n", ("source.character", "\u{202e}")),
        ("a: x\u{feff}y\n", ("source.character", "\u{feff}")),
        ("a: x # y\u{2028}b: 2\n", ("source.character", "\u{2028}")),
    ] {
        assert_eq!(yaml(text), [expected], "{text:?}");
    }
    for nothing in ["", "# a comment\n", " \n\n", "\u{feff}"] {
        assert_eq!(yaml(nothing), [("source.empty", "")], "{nothing:?}");
    }
    for broken in ["a: [1, 2\n", "a: b: c\n", "a:\n\t- 1\n", "{", "]", "a: \"x\n", "- a\nb: c\n", "@a: 1\n", "a: *"] {
        assert!(yaml(broken).iter().any(|(code, _)| *code == "source.yaml"), "{broken:?}");
    }
}

#[test]
fn all_that_is_wrong_is_told_in_the_order_of_the_text() {
    let text = "a: &x 1\nb: *x\na: {1: 2, c: !!int 3}\nd: .inf\n<<: {}\n";
    let codes: Vec<&str> = yaml(text).into_iter().map(|(code, _)| code).collect();
    assert_eq!(
        codes,
        [
            "source.anchor",
            "source.alias",
            "source.duplicate_key",
            "source.key",
            "source.tag",
            "source.number",
            "source.merge_key"
        ]
    );
    let text = r#"{"a": 1, "b": {"c": 1, "c": 2}, "a": 3, "d": [}"#;
    let codes = refused(text, parse_json(text));
    assert_eq!(codes, [("source.duplicate_key", "\"c\""), ("source.duplicate_key", "\"a\""), ("source.json", "")]);
}

#[test]
fn plain_scalars_follow_the_core_schema_and_no_other() {
    let kind = |text: &str| parse_yaml(text).unwrap().kind;
    for text in ["2026-06-12T00:00:00Z", "2026-06-12", "NO", "no", "yes", "on", "off", "y", "12:30:45", "1_000"] {
        assert_eq!(kind(text), Kind::String(text.to_owned()));
    }
    for text in ["0b1", "1.2.3", "1e", "e1", "+", "--1", "0x", "0xg", "-0x1", "inf", "nan", "Infinity", "TrUe"] {
        assert_eq!(kind(text), Kind::String(text.to_owned()));
    }
    for text in ["'1'", "\"1\"", "|-\n  1", ">-\n  1"] {
        assert_eq!(kind(text), Kind::String("1".to_owned()), "{text}");
    }
    for (text, value) in [("-9223372036854775808", i64::MIN), ("+5", 5), ("010", 10), ("0o10", 8), ("0x1F", 31)] {
        assert_eq!(kind(text), Kind::Integer(value), "{text}");
    }
    for (text, value) in [(".5", 0.5), ("5.", 5.0), ("-1.5e+3", -1500.0), ("1E-1", 0.1), ("12e03", 12_000.0)] {
        assert_eq!(kind(text), Kind::Float(value), "{text}");
    }
    assert_eq!(kind("TRUE"), Kind::Bool(true));
    assert_eq!(entries(&parse_yaml("a:\n").unwrap())[0].value.kind, Kind::Null);
    assert_eq!(entries(&parse_yaml("\"<<\": 1\n").unwrap()).len(), 1, "in quotes it is text");
}

#[test]
fn places_are_bytes_and_end_where_the_value_ends() {
    let text =
        "\u{feff}é: [ü, 'x' ] # ö\r\nb:\r\n  c: ß\r\n  d: |\r\n    1\r\n\r\ne: plain text  # c\r\nf: {g: 1 }\r\n";
    let root = parse_yaml(text).unwrap();
    let slice = |at: SourceRange| text.get(at.start..at.end).unwrap();
    let found: Vec<(&str, &str)> =
        entries(&root).iter().map(|entry| (slice(entry.key_at), slice(entry.value.at))).collect();
    assert_eq!(found.first(), Some(&("é", "[ü, 'x' ]")));
    assert!(found[1].1.starts_with("c: ß") && found[1].1.contains("d: |"), "{found:?}");
    assert_eq!(found.get(2..), Some(&[("e", "plain text"), ("f", "{g: 1 }")][..]));
    let inner = &entries(&root)[1].value;
    assert_eq!(slice(entries(inner)[0].value.at), "ß");

    let text = " { \"é\\u00e9\" : [ -0.5e1 ,\n \"\\ud83d\\ude00\\\"]\" , { } ] } ";
    let root = parse_json(text).unwrap();
    let slice = |at: SourceRange| text.get(at.start..at.end).unwrap();
    assert_eq!(slice(root.at), text.trim());
    let entry = &entries(&root)[0];
    assert_eq!((entry.key.as_str(), slice(entry.key_at)), ("éé", "\"é\\u00e9\""));
    let Kind::Sequence(items) = &entry.value.kind else { panic!() };
    let items: Vec<&str> = items.iter().map(|item| slice(item.at)).collect();
    assert_eq!(items, ["-0.5e1", "\"\\ud83d\\ude00\\\"]\"", "{ }"]);
}

#[test]
fn json_is_strict_and_says_where() {
    for (text, rest) in [
        ("{\"a\": 1,}", "}"),
        ("[1, 2,\n // no\n]", "// no\n]"),
        ("{a: 1}", "a: 1}"),
        ("{\"a\": 01}", "1}"),
        ("[1] [2]", "[2]"),
        ("['a']", "'a']"),
        ("[NaN]", "NaN]"),
        ("", ""),
    ] {
        let Err(findings) = parse_json(text) else { panic!("{text}") };
        assert_eq!(findings.len(), 1, "{text}: {findings:?}");
        assert_eq!(findings[0].code, "source.json");
        // serde_json points at the offending character or at the one before it.
        let at = findings[0].at.start;
        assert!(text.len() - at <= rest.len() + 1 && text.len() - at + 1 >= rest.len(), "{text}: {at}");
    }
    let text = "{\"a\": 1, \"\\u0061\": 2}";
    assert_eq!(refused(text, parse_json(text)), [("source.duplicate_key", "\"\\u0061\"")]);
    // JSON that a reader could refuse by mistake.
    for text in ["{\n\t\"a\":\t1\n}", "{\"a\"\n:1}", "\"\\/\"", "\"\\ud83d\\ude00\"", "{\"<<\": 1}", "[\"a\u{7f}\"]"] {
        assert!(parse_json(text).is_ok() || text.contains('\u{7f}'), "{text}");
    }
    let long = format!("{{\"{}\": 1}}", "k".repeat(5_000));
    assert!(parse_json(&long).is_ok());
}

#[test]
fn depth_is_bounded_and_the_rest_is_still_read() {
    let limit = limits::RULESET_DEPTH;
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    for parse in [parse_yaml, parse_json] {
        assert!(parse(&nested(limit)).is_ok());
        assert!(parse(&nested(limit + 1)).is_err());
        assert!(parse(&nested(100_000)).is_err());
    }
    let text = format!("a: {}\nb: &x 1\n", nested(limit + 5));
    assert_eq!(yaml(&text), [("source.depth", "["), ("source.anchor", "&x 1")]);
    let text = format!("{}1", "- ".repeat(2_000));
    assert_eq!(yaml(&text).first().map(|found| found.0), Some("source.depth"));
    let text = format!(r#"{{"a":1,"a":{}}}"#, nested(limit));
    assert_eq!(refused(&text, parse_json(&text)), [("source.depth", "[")]);
}

#[test]
fn torn_texts_are_read_or_refused() {
    let text = "a: [1, {b: 'é'}]\nc: |\n  x\n\n  y\n? d\n: - 1\n  - \"\\u00e9\\\n    z\"\ne: !!x &y *z\n---\n%A\n";
    let json = r#"{"a":[1,-2.5e3,{"b":"\u00e9\\\""}],"c":null,"c":{}}"#;
    for source in [text, json] {
        for (at, c) in source.char_indices() {
            for part in [source.get(..at), source.get(at + c.len_utf8()..)] {
                let _ = (parse_yaml(part.unwrap()), parse_json(part.unwrap()));
            }
        }
    }
    for text in [
        "\u{feff}\u{feff}",
        "\r",
        "\u{85}",
        "- - -",
        "? ? ?",
        "::",
        "|",
        ">",
        "|9",
        "{,}",
        "[,]",
        "*",
        "&",
        "!",
        "%",
        "---",
        "...",
    ] {
        let _ = (parse_yaml(text), parse_json(text));
    }
    let large = " ".repeat(limits::BUNDLE_BYTES + 1);
    assert_eq!(yaml(&large), [("source.too_large", "")]);
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// Texts made of parts that are difficult to parse.
    fn knotty() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            4 => prop::sample::select(vec![
                "a", "é", "😀", "1", "-1.5e3", "~", "true", ":", ": ", "- ", "? ", ", ", "[", "]", "{", "}", "\n", "\r\n",
                "  ", "\t", "\"", "'", "\\", "\\u0061", "|", ">", "|-", "&a ", "*a", "!t ", "!!str ", "<<", "---", "...",
                "%YAML 1.2", "#", " #", "\u{feff}", "\0", "\u{2028}", "null", "\\ud800", "@", "`", "\n---\n", "\n  ",
            ]).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![knotty(), any::<String>()]
    }

    fn json_value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn inside(node: &Node, text: &str) {
        assert!(text.get(node.at.start..node.at.end).is_some(), "{:?} in {text:?}", node.at);
        match &node.kind {
            Kind::Sequence(items) => items.iter().for_each(|item| inside(item, text)),
            Kind::Mapping(entries) => entries.iter().for_each(|entry| {
                assert!(text.get(entry.key_at.start..entry.key_at.end).is_some());
                inside(&entry.value, text);
            }),
            _ => {}
        }
    }

    proptest! {
        // The same settings as in tests/support/property.rs.
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(20_261_130), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_or_refused_with_places_inside_it(text in any_text()) {
            for read in [parse_yaml(&text), parse_json(&text)] {
                match read {
                    Ok(node) => inside(&node, &text),
                    Err(findings) => {
                        prop_assert!(!findings.is_empty());
                        for found in findings {
                            prop_assert!(text.get(found.at.start..found.at.end).is_some(), "{:?}", found);
                        }
                    }
                }
            }
        }

        #[test]
        fn json_is_read_as_the_core_reads_it(value in json_value(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assume!(places::readable(&text).is_ok());
            let core = json::parse(text.as_bytes(), json::Limits::RULESET).unwrap();
            prop_assert_eq!(json::Value::from(parse_json(&text).unwrap()), core);
        }
    }
}
