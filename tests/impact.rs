//! Runs `brightline impact` in temporary folders and checks its counts, its findings and its files.

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
use serde_json::{Value, json};
use std::fs;

const ORDER: &str = include_str!("../pkg/rulesets/us-order.yaml");
const AT: &str = "2026-06-20T00:00:00Z";

const PEOPLE: &str = "\
id,organisation,subject.us_status,subject.us_status.assurance,subject.employments,context.country
p-1,lab,citizen,2,,US
p-2,lab,lpr,3,,US
p-3,lab,nonimmigrant,3,,US
p-4,mill,,,,CA
p-5,mill,none,none,,BR
p-6,mill,citizen,1,,US
";

fn sandbox(name: &str) -> Sandbox {
    let sandbox = Sandbox::new(name);
    sandbox.write("order.yaml", ORDER);
    sandbox.write("people.csv", PEOPLE);
    sandbox
}

/// The outcomes of a table of the report, without zeros.
fn outcomes(table: &Value) -> Value {
    let counted = table.as_object().unwrap().iter().filter(|(name, value)| *name != "people" && **value != json!(0.0));
    Value::Object(counted.map(|(name, value)| (name.clone(), value.clone())).collect())
}

#[test]
fn people_are_counted_by_what_they_come_to() {
    let sandbox = sandbox("impact-counts");
    let arguments =
        ["impact", "order.yaml", "--population", "people.csv", "--at", AT, "--model", "mythos-5", "--out", "r.json"];
    assert_eq!(sandbox.ok(&arguments), "");
    let report = sandbox.json("r.json");
    assert_eq!(outcomes(&report["ruleset_outcomes"]), json!({"allow": 2.0, "degrade": 1.0, "step_up": 3.0}));
    assert_eq!(outcomes(&report["blanket_outcomes"]), json!({"deny": 6.0}));
    // Foreign persons: p-3 and p-5. The table does not state it for p-4. All others are citizens or residents.
    let headline = &report["headline"];
    let told = ["about", "about_hit", "others", "others_hit", "untold", "untold_hit", "keep_blanket"];
    assert_eq!(json!(told.map(|name| &headline[name])), json!([2.0, 2.0, 3.0, 1.0, 1.0, 1.0, 0.0]));
    let countries: Vec<&str> =
        report["countries"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(countries, ["US", "BR", "CA"]);
    let lab = &report["organisations"][0];
    assert_eq!((&lab["name"], outcomes(&lab["ruleset"])), (&json!("lab"), json!({"allow": 2.0, "degrade": 1.0})));
    assert_eq!(report["rules"][0]["rule"], "foreign-nationals");
    assert_eq!(outcomes(&report["rules"][0]["outcomes"]), json!({"degrade": 1.0, "step_up": 3.0}));
    let asked: Vec<(&Value, &Value)> =
        report["evidence"].as_array().unwrap().iter().map(|one| (&one["attribute"], &one["people"])).collect();
    assert_eq!(json!(asked), json!([["subject.us_person", 2.0], ["subject.us_person", 1.0]]));
    let left: Vec<_> = fs::read_dir(&sandbox.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing is left beside the report: {left:?}");
}

#[test]
fn the_same_people_in_any_form_come_to_the_same() {
    let sandbox = sandbox("impact-forms");
    let rows = r#"{"id":"p-1","organisation":"lab","subject.us_status":"citizen","subject.us_status.assurance":2,"subject.employments":null,"context.country":"US"}
{"id":"p-2","organisation":"lab","subject.us_status":"lpr","subject.us_status.assurance":3,"context.country":"US"}

{"id":"p-3","organisation":"lab","subject.us_status":"nonimmigrant","context.country":"US"}
{"id":"p-4","organisation":"mill","context.country":"CA"}
{"id":"p-5","organisation":"mill","subject.us_status":"none","subject.us_status.assurance":"none","context.country":"BR"}
{"id":"p-6","organisation":"mill","subject.us_status":"citizen","subject.us_status.assurance":1,"context.country":"US"}
"#;
    sandbox.write("people.ndjson", rows);
    parquet_file(&sandbox.0.join("people.parquet"));
    let tables = |file: &str| {
        let text = sandbox.ok(&[
            "impact",
            "order.yaml",
            "--population",
            file,
            "--at",
            AT,
            "--json",
            "--previous",
            "order.yaml",
        ]);
        let mut report: Value = serde_json::from_str(&text).unwrap();
        report["population"] = Value::Null;
        report
    };
    let csv = tables("people.csv");
    assert_eq!(csv, tables("people.ndjson"));
    assert_eq!(csv, tables("people.parquet"));
    assert_eq!((&csv["previous_outcomes"], &csv["changes"]), (&csv["ruleset_outcomes"], &json!([])));
}

/// The same people as in the other files.
fn parquet_file(path: &std::path::Path) {
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::{properties::WriterProperties, writer::SerializedFileWriter};
    let names = ["organisation", "subject.us_status", "subject.employments", "context.country"];
    let texts = names.map(|name| format!("optional byte_array {name} (utf8);")).concat();
    let schema = format!(
        "message people {{ {texts} optional byte_array subject.us_status.assurance (utf8); optional int64 weight; }}"
    );
    let schema = parquet::schema::parser::parse_message_type(&schema).unwrap();
    let file = fs::File::create(path).unwrap();
    let mut writer =
        SerializedFileWriter::new(file, schema.into(), WriterProperties::builder().build().into()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let rows: Vec<Vec<&str>> = PEOPLE.lines().skip(1).map(|line| line.split(',').collect()).collect();
    for column in [1, 2, 4, 5, 3] {
        let mut out = group.next_column().unwrap().unwrap();
        let cells: Vec<&str> = rows.iter().map(|row| row[column]).collect();
        let levels: Vec<i16> = cells.iter().map(|cell| i16::from(!cell.is_empty())).collect();
        let values: Vec<ByteArray> =
            cells.iter().filter(|cell| !cell.is_empty()).map(|cell| ByteArray::from(*cell)).collect();
        out.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
        out.close().unwrap();
    }
    let mut out = group.next_column().unwrap().unwrap();
    let (weights, levels) = (vec![1; rows.len()], vec![1; rows.len()]);
    out.typed::<Int64Type>().write_batch(&weights, Some(&levels), None).unwrap();
    out.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn no_row_is_dropped_in_silence() {
    let sandbox = sandbox("impact-findings");
    let mut people = PEOPLE.replace("context.country\n", "context.contry\n");
    people.push_str("p-7,mill,citzen,1,,US\n");
    for row in 8..33 {
        people.push_str(&format!("p-{row},mill,citizen,5,,US\n"));
    }
    people.push_str("p-33,mill,cit");
    sandbox.write("people.csv", &people);
    let ran = sandbox.run(&["impact", "order.yaml", "--population", "people.csv", "--at", AT, "--out", "r.json"]);
    assert_eq!(ran.code(), 3);
    let said = ran.stderr();
    for part in [
        "people.csv: [table.unknown_column] no ruleset knows a column `context.contry`, so it is not read; did you mean `context.country`?",
        "people.csv: row 8: [table.value] `citzen` in the column `subject.us_status` is not one of",
        "people.csv: row 9: [table.value] `5` in the column `subject.us_status.assurance`",
        "in all:\n",
        "  25 × table.value in `subject.us_status.assurance`\n",
        "  1 × table.row\n",
        "27 rows are left out\n",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    let report = sandbox.json("r.json");
    assert_eq!((&report["population"]["left_out"], &report["population"]["people"]), (&json!(27), &json!(6.0)));
    assert_eq!(report["population"]["findings"].as_array().unwrap().len(), 20);
    let counted: u64 =
        report["population"]["counts"].as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum();
    assert_eq!(counted, 28);
}

#[test]
fn a_table_says_what_the_rules_read_or_is_told_that_it_does_not() {
    let sandbox = sandbox("impact-missing");
    sandbox.write(
        "people.ndjson",
        "{\"subject.residence\":\"DE\"}\n{\"subject.residence\":\"DE\",\"nationality\":\"DE\"}\n{\"id\":",
    );
    let arguments = ["impact", "order.yaml", "--population", "people.ndjson", "--at", AT, "--out", "r.json"];
    let ran = sandbox.run(&arguments);
    assert_eq!(ran.code(), 3);
    for part in [
        "[table.missing_column] the ruleset reads `subject.us_person`",
        "[table.missing_column] the ruleset reads `subject.employments`",
        "row 2: [table.unknown_column] no ruleset knows a column `nationality`",
        "row 3: [table.row] not one JSON object: ",
    ] {
        assert!(ran.stderr().contains(part), "no {part:?} in\n{}", ran.stderr());
    }
    let population = &sandbox.json("r.json")["population"];
    assert_eq!((&population["left_out"], &population["people"]), (&json!(1), &json!(2.0)));
}

#[test]
fn what_cannot_be_asked_is_said() {
    let sandbox = sandbox("impact-arguments");
    let base = ["impact", "order.yaml", "--population", "people.csv"];
    let with = |more: &[&'static str]| [&base, more].concat();
    sandbox.fails(&with(&["--model", "mythos-6"]), 2, &["has no model `mythos-6`; did you mean `mythos-5`?"]);
    sandbox.fails(&with(&["--action", "dance"]), 2, &["has no action `dance`"]);
    let of = |file: &'static str| ["impact", "order.yaml", "--population", file];
    sandbox.fails(&of("people.txt"), 1, &["error: `people.txt`: a file of people ends in .csv, .ndjson"]);
    sandbox.fails(&of("nobody.csv"), 1, &["error: `nobody.csv`: cannot read it"]);
    sandbox.fails(&with(&["--out", "nowhere/r.json"]), 1, &["there is no folder `nowhere`"]);
    // A model that is named twice is asked for once.
    let twice = sandbox.ok(&with(&["--at", AT, "--json", "--model", "mythos-5", "--model", "mythos-5"]));
    assert_eq!(serde_json::from_str::<Value>(&twice).unwrap()["asked"].as_array().unwrap().len(), 1);
    sandbox.fails(&["impact", "order.yaml"], 2, &[]);
    sandbox.fails(
        &with(&["--at", "2028-01-01T00:00:00Z"]),
        2,
        &["until 2028-01-01T00:00:00Z: give an instant in between"],
    );
}

#[test]
fn a_weight_is_so_many_people() {
    let sandbox = sandbox("impact-weights");
    sandbox.write("people.csv", "weight,subject.us_person,subject.employments\n2.5,true,\n,false,\n0,,\n");
    let report = sandbox.ok(&[
        "impact",
        "order.yaml",
        "--population",
        "people.csv",
        "--at",
        AT,
        "--json",
        "--model",
        "mythos-5",
    ]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(outcomes(&report["ruleset_outcomes"]), json!({"allow": 2.5, "degrade": 1.0}));
}

#[test]
fn synthetic_people_are_the_same_each_time_and_their_assumptions_are_told() {
    let sandbox = sandbox("impact-synthetic");
    let make = |seed: &str, out: &str| {
        let base = ["impact", "order.yaml", "--synthetic", "8000", "--at", AT, "--json", "--model", "mythos-5"];
        assert_eq!(sandbox.ok(&[&base[..], &["--seed", seed, "--out", out]].concat()), "");
        sandbox.read(out)
    };
    let report = make("7", "a.json");
    assert_eq!(report, make("7", "b.json"));
    assert_ne!(report, make("8", "c.json"));
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["population"]["kind"], &report["population"]["people"]), (&json!("synthetic"), &json!(8000.0)));
    // About four in five live elsewhere: the order targets them, except for the few who are citizens.
    let about = report["headline"]["about"].as_f64().unwrap() / 8000.0;
    assert!((0.74..0.82).contains(&about), "{about}");
    // The others are hit only if evidence does not show that they are not foreign persons.
    let others = report["headline"]["others_hit"].as_f64().unwrap() / report["headline"]["others"].as_f64().unwrap();
    assert!((0.80..0.90).contains(&others), "without evidence of level 2: {others}");
    let assumptions = report["assumptions"].as_array().unwrap();
    assert!(assumptions.len() >= 8, "{}", assumptions.len());
    for one in assumptions {
        let levels: Vec<&str> =
            one["values"].as_array().unwrap().iter().map(|value| value["at"].as_str().unwrap()).collect();
        assert_eq!(levels, ["low", "middle", "high"], "{one}");
        assert_eq!(one["values"][1]["headline"], report["headline"]);
    }
    let evidence = assumptions.iter().find(|one| one["key"] == "evidence_share").unwrap();
    let kept = |place: usize| evidence["values"][place]["headline"]["keep"].as_f64().unwrap();
    assert!(kept(0) < kept(1) && kept(1) < kept(2), "more evidence, more people keep access");
    // Employees of the lab are exempt once the letter is in force.
    assert_eq!(report["organisations"][1]["name"], "lab");
}

#[test]
fn a_report_is_a_page_or_a_text_too() {
    let sandbox = sandbox("impact-documents");
    sandbox.write("people.csv", PEOPLE.replace("lab", "<i>lab</i>"));
    for out in ["report.html", "report.md"] {
        let arguments = [
            "impact",
            "order.yaml",
            "--previous",
            "order.yaml",
            "--population",
            "people.csv",
            "--at",
            AT,
            "--out",
            out,
        ];
        assert_eq!(sandbox.ok(&arguments), "");
    }
    let html = sandbox.read("report.html");
    for part in [
        "<h1>Impact of us-order version 1</h1>",
        "<dd>33.3 %</dd>",
        "<title>This ruleset: keeps 2, degraded 1, asked for evidence 3, under review 0, shut out 0</title>",
        "<title>Brazil: 0.0 %</title>",
        "<title>Japan: no people</title>",
        "&lt;i&gt;lab&lt;/i&gt;",
        "Nothing changes for the people",
        // Shares are printed next to the bars, and the steps of the map's shades match those of the numbers.
        "<div class=\"values\">keeps 33.3 %, degraded 16.7 %, asked for evidence 50.0 %</div>",
        "<span>75 %</span>",
        "0.0 %</li>",
        "50.0 %</li>",
        "no people</li>",
        // The heading above a chart is not printed above its table again.
        "<caption class=\"unseen\"><span>The ruleset in comparison</span></caption>",
        "@media print",
        "prefers-color-scheme:dark",
    ] {
        assert!(html.contains(part), "no {part:?}");
    }
    for part in ["<script", "<i>", "http:", "https:", "src=", "@import"] {
        assert!(!html.contains(part), "{part}");
    }
    let markdown = sandbox.read("report.md");
    assert!(markdown.contains("* **33.3 %** keep everything under the ruleset\n"), "{markdown}");
    assert!(markdown.contains("| This ruleset | 6 | 2 | 1 | 3 | 0 | 0 |"), "{markdown}");
    sandbox.fails(
        &["impact", "order.yaml", "--population", "people.csv", "--out", "r.pdf"],
        2,
        &[".html, .md or .json"],
    );
    // If a report cannot be written, the former one is unchanged.
    fs::create_dir(sandbox.0.join("full.json")).unwrap();
    sandbox.fails(&["impact", "order.yaml", "--population", "people.csv", "--out", "full.json"], 1, &["cannot write"]);
    let parts = fs::read_dir(&sandbox.0)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
    assert_eq!(parts.count(), 0);
}

#[test]
fn a_former_version_is_compared_though_it_has_expired() {
    let sandbox = sandbox("impact-former");
    let former = ORDER.replace("expires: 2028-01-01T00:00:00Z", "expires: 2026-06-15T00:00:00Z");
    sandbox.write("former.yaml", former.replace("outcome: { degrade: { model: atlas-4 } }", "outcome: deny"));
    let arguments =
        ["impact", "order.yaml", "--previous", "former.yaml", "--population", "people.csv", "--at", AT, "--json"];
    let report: Value = serde_json::from_str(&sandbox.ok(&arguments)).unwrap();
    assert_eq!(outcomes(&report["previous_outcomes"]), json!({"allow": 2.0, "deny": 1.0, "step_up": 3.0}));
    assert_eq!(report["changes"], json!([{"from": "deny", "to": "degrade", "people": 1.0}]));
}

#[test]
fn standard_input_is_read_as_lines() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let sandbox = sandbox("impact-stdin");
    let mut program = Command::new(env!("CARGO_BIN_EXE_brightline"))
        .args(["impact", "order.yaml", "--population", "-", "--at", AT, "--json", "--model", "mythos-5"])
        .current_dir(&sandbox.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let rows = "{\"subject.us_person\":true,\"subject.employments\":[{\"org\":\"lab\",\"role\":\"employee\"}]}\n"
        .repeat(10_000);
    program.stdin.take().unwrap().write_all(rows.as_bytes()).unwrap();
    let ended = program.wait_with_output().unwrap();
    assert!(ended.status.success());
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(
        (&report["population"]["rows"], outcomes(&report["ruleset_outcomes"])),
        (&json!(10_000), json!({"allow": 10_000.0}))
    );
}

#[test]
fn a_quote_that_is_never_closed_costs_one_row() {
    let sandbox = sandbox("impact-quote");
    let mut people = String::from("id,organisation,subject.us_status,context.country\n");
    for number in 0..500 {
        let organisation = match number {
            // A cell of two lines with a comma and a quote in it, correctly quoted.
            7 => "\"a lab,\nin \"\"two\"\" lines\"",
            50 => "\"open",
            60 => "5\" pipes",
            _ => "lab",
        };
        people += &format!("p-{number},{organisation},citizen,US\n");
    }
    let long = "x".repeat(3 << 20);
    people += &format!("p-500,{long},citizen,US\np-501,\"torn,citizen,US\n");
    sandbox.write("people.csv", people);
    let arguments = ["impact", "order.yaml", "--population", "people.csv", "--at", AT, "--out", "r.json"];
    let says = [
        "row 52: [table.row] torn: it opens a quote that is not closed",
        "row 502: [table.row] longer than a mebibyte",
        "row 503: [table.row] torn",
    ];
    sandbox.fails(&arguments, 3, &says);
    let report = sandbox.json("r.json");
    let told = ["rows", "left_out", "people"].map(|name| report["population"][name].as_f64().unwrap());
    assert_eq!(told, [502.0, 3.0, 499.0]);
    let names: Vec<&str> =
        report["organisations"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

/// However the program ends, the former report stays whole, and no partial file remains next to it.
#[cfg(unix)]
#[test]
fn whoever_stops_it_finds_the_former_report() {
    use std::process::{Command, Stdio};
    let sandbox = sandbox("impact-stopped");
    sandbox.write("r.html", "the former report");
    for signal in ["-INT", "-TERM", "-KILL"] {
        let mut running = Command::new(env!("CARGO_BIN_EXE_brightline"))
            .args(["impact", "order.yaml", "--synthetic", "100000000", "--at", AT, "--out", "r.html"])
            .current_dir(&sandbox.0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(running.try_wait().unwrap().is_none(), "it was to be stopped in the middle");
        let sent = Command::new("kill").args([signal, &running.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert!(!running.wait().unwrap().success());
        let mut left: Vec<String> =
            fs::read_dir(&sandbox.0).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["order.yaml", "people.csv", "r.html"], "{signal}");
        assert_eq!(sandbox.read("r.html"), "the former report");
    }
}

#[test]
fn lines_end_as_any_program_ends_them_and_blank_ones_count() {
    let sandbox = sandbox("impact-lines");
    let people = |name: &str, text: &str| {
        sandbox.write(name, text);
        let ran = sandbox.run(&["impact", "order.yaml", "--population", name, "--at", AT, "--out", "r.json"]);
        (ran.code(), ran.stderr(), sandbox.json("r.json")["population"].clone())
    };
    for end in ["\n", "\r\n", "\r"] {
        let (code, said, population) = people("people.csv", &PEOPLE.replace('\n', end));
        assert_eq!((code, said.as_str(), &population["rows"]), (0, "", &json!(6)), "{end:?}");
        // Blank lines count as row numbers but not as rows; a quoted cell may span lines and belongs to one row.
        let wrong = PEOPLE.replace("p-2,", &format!("{end}\"p{end}2\",")).replace("p-4,mill,", "p-4,mill,citzen");
        let (code, said, population) = people("people.csv", &wrong.replace('\n', end));
        assert_eq!((code, &population["rows"], &population["left_out"]), (3, &json!(6), &json!(1)), "{end:?}");
        assert!(said.contains("people.csv: row 6: [table.value] `citzen`"), "{end:?} {said}");
    }
    // In the middle of a line `\r` is a character of its cell, and the next row keeps its own number.
    let inside = PEOPLE.replace("p-2,lab", "p-2,la\rb").replace("p-4,mill,", "p-4,mill,citzen");
    let (_, said, population) = people("people.csv", &inside);
    assert_eq!((&population["rows"], &population["left_out"]), (&json!(6), &json!(1)));
    assert!(said.contains("people.csv: row 5: [table.value] `citzen`"), "{said}");
}

#[test]
fn nobody_has_no_shares() {
    let sandbox = sandbox("impact-nobody");
    sandbox.write("empty.csv", PEOPLE.lines().next().unwrap());
    sandbox.write("empty.ndjson", "\n");
    sandbox.write("wrong.csv", "subject.us_status,subject.employments\ncitzen,\n");
    for (file, code) in [("empty.csv", "table.empty"), ("empty.ndjson", "table.empty"), ("wrong.csv", "table.value")] {
        let base = ["impact", "order.yaml", "--previous", "order.yaml", "--population", file, "--at", AT];
        sandbox.fails(&[&base[..], &["--out", "r.json"]].concat(), 3, &[&format!("[{code}]")]);
        let report = sandbox.json("r.json");
        for share in ["keep", "keep_previous", "keep_blanket"] {
            assert_eq!(report["headline"][share], Value::Null, "{file} {share}");
        }
        let said = sandbox.run(&base).stdout();
        assert!(said.contains("* **–** keep everything under the ruleset\n"), "{said}");
        assert!(!said.contains(" %") && !said.contains("Nothing changes"), "{said}");
    }
    sandbox.fails(&["impact", "order.yaml", "--synthetic", "0"], 2, &["0 is not in 1.."]);
}

#[test]
fn one_country_is_one_group_however_it_is_written() {
    let sandbox = sandbox("impact-country");
    let header = "country,subject.us_person,subject.employments,context.country\n";
    sandbox
        .write("people.csv", format!("{header}USA,true,,\nUS,true,,\n,true,,USA\n,true,,US\nde,true,,\nde,true,,\n"));
    let arguments = ["impact", "order.yaml", "--population", "people.csv", "--at", AT, "--out", "r.json"];
    let says = "row 6: [table.country] `de` in the column `country` is not a country code (ISO 3166-1), so it is a \
                separate group; did you mean `DE`?";
    sandbox.fails(&arguments, 3, &[says]);
    let report = sandbox.json("r.json");
    let groups: Vec<(&Value, &Value)> =
        report["countries"].as_array().unwrap().iter().map(|one| (&one["name"], &one["ruleset"]["people"])).collect();
    assert_eq!(json!(groups), json!([["US", 4.0], ["de", 2.0]]));
    assert_eq!(report["population"]["counts"], json!([{"column": "country", "code": "table.country", "count": 2}]));
    assert_eq!(
        (&report["population"]["left_out"], report["population"]["findings"].as_array().unwrap().len()),
        (&json!(0), 1)
    );
}

/// A column of Parquet: its definition, and the function that writes its cells.
type Column<'a> = (&'a str, Box<dyn Fn(&mut parquet::file::writer::SerializedColumnWriter<'_>)>);

/// A file with the given number of equal row groups.
fn parquet_of(path: &std::path::Path, compression: parquet::basic::Compression, groups: usize, columns: &[Column<'_>]) {
    use parquet::file::{properties::WriterProperties, writer::SerializedFileWriter};
    let definitions: String = columns.iter().map(|(definition, _)| *definition).collect();
    let schema = parquet::schema::parser::parse_message_type(&format!("message people {{ {definitions} }}")).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).set_dictionary_enabled(false).build();
    let file = fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema.into(), properties.into()).unwrap();
    for _ in 0..groups {
        let mut group = writer.next_row_group().unwrap();
        for (_, write) in columns {
            let mut out = group.next_column().unwrap().unwrap();
            write(&mut out);
            out.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

fn texts(
    cells: Vec<&'static str>,
    levels: Option<Vec<i16>>,
) -> Box<dyn Fn(&mut parquet::file::writer::SerializedColumnWriter<'_>)> {
    use parquet::data_type::{ByteArray, ByteArrayType};
    Box::new(move |out| {
        let cells: Vec<ByteArray> = cells.iter().map(|cell| ByteArray::from(*cell)).collect();
        let repeated = levels.as_ref().map(|levels| vec![0; levels.len()]);
        out.typed::<ByteArrayType>().write_batch(&cells, levels.as_deref(), repeated.as_deref()).unwrap();
    })
}

#[test]
fn parquet_is_read_as_its_usual_writers_write_it() {
    use parquet::basic::Compression;
    use parquet::data_type::{DoubleType, Int64Type};
    let sandbox = sandbox("impact-parquet");
    // 2026-06-01 in nanoseconds, and a much earlier time.
    let times: Vec<i64> = vec![1_780_272_000_000_000_000, 1_000_000_000_000_000_000];
    let columns: [Column<'_>; 4] = [
        ("required byte_array subject.us_status (utf8);", texts(vec!["nonimmigrant", "citizen"], None)),
        (
            "required double subject.us_status.assurance;",
            Box::new(|out| {
                out.typed::<DoubleType>().write_batch(&[2.0, 3.0], None, None).unwrap();
            }),
        ),
        (
            "required int64 subject.us_status.verified_at (timestamp(nanos,true));",
            Box::new(move |out| {
                out.typed::<Int64Type>().write_batch(&times, None, None).unwrap();
            }),
        ),
        (
            "optional group subject.employments (list) { repeated group list { optional group element { \
             optional byte_array org (utf8); optional byte_array role (utf8); } } }",
            texts(vec!["mill", "mill"], Some(vec![4, 4])),
        ),
    ];
    // The second field of the list's records is null.
    let role: Column<'_> = ("", texts(vec![], Some(vec![3, 3])));
    let columns: Vec<Column<'_>> = columns.into_iter().chain([role]).collect();
    for compression in [Compression::LZ4, Compression::LZ4_RAW, Compression::SNAPPY, Compression::UNCOMPRESSED] {
        parquet_of(&sandbox.0.join("people.parquet"), compression, 1, &columns);
        let arguments =
            ["impact", "order.yaml", "--population", "people.parquet", "--at", AT, "--model", "mythos-5", "--json"];
        let report: Value = serde_json::from_str(&sandbox.ok(&arguments)).unwrap();
        // Evidence verified long ago is stale.
        assert_eq!(outcomes(&report["ruleset_outcomes"]), json!({"degrade": 1.0, "step_up": 1.0}), "{compression}");
    }
}

#[test]
fn a_whole_number_may_have_noughts_behind_it() {
    let sandbox = sandbox("impact-whole");
    sandbox.write("people.csv", "subject.us_person,subject.us_person.assurance,subject.employments\ntrue,2.0,\n");
    sandbox.write(
        "people.ndjson",
        r#"{"subject.us_person":true,"subject.us_person.assurance":2.0,"subject.employments":[{"org":"mill","role":null}]}"#,
    );
    for file in ["people.csv", "people.ndjson"] {
        let arguments = ["impact", "order.yaml", "--population", file, "--at", AT, "--model", "mythos-5", "--json"];
        let report: Value = serde_json::from_str(&sandbox.ok(&arguments)).unwrap();
        assert_eq!(outcomes(&report["ruleset_outcomes"]), json!({"allow": 1.0}), "{file}");
    }
    sandbox.write("people.csv", "subject.us_person,subject.us_person.assurance,subject.employments\ntrue,2.5,\n");
    sandbox.fails(
        &["impact", "order.yaml", "--population", "people.csv", "--at", AT, "--out", "r.json"],
        3,
        &["`2.5` in the column `subject.us_person.assurance`"],
    );
}

#[test]
fn of_a_damaged_parquet_what_stands_before_the_damage_counts() {
    use parquet::basic::Compression;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let sandbox = sandbox("impact-damaged");
    let path = sandbox.0.join("people.parquet");
    let columns: [Column<'_>; 2] = [
        ("required byte_array subject.us_status (utf8);", texts(vec!["citizen"; 500], None)),
        ("required byte_array subject.employments (utf8);", texts(vec!["[]"; 500], None)),
    ];
    parquet_of(&path, Compression::SNAPPY, 3, &columns);
    let mut bytes = fs::read(&path).unwrap();
    let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    let place = usize::try_from(reader.metadata().row_group(1).column(0).data_page_offset()).unwrap();
    bytes[place..place + 40].fill(0xff);
    fs::write(&path, &bytes).unwrap();
    let arguments = ["impact", "order.yaml", "--population", "people.parquet", "--at", AT, "--out", "r.json"];
    let says = [
        "people.parquet: row 501: [table.rest] damaged: this row and all rows after it, 1000 in total, cannot be read",
        "1000 rows are left out",
    ];
    sandbox.fails(&arguments, 3, &says);
    let population = &sandbox.json("r.json")["population"];
    let told = ["rows", "left_out", "people"].map(|name| population[name].as_f64().unwrap());
    assert_eq!(told, [1500.0, 1000.0, 500.0]);
    // An unsupported compression is named: here the byte that declares "uncompressed" is replaced.
    parquet_of(&path, Compression::UNCOMPRESSED, 1, &columns);
    let mut bytes = fs::read(&path).unwrap();
    let says = b"subject.us_status\x15\x00";
    let place = bytes.windows(says.len()).rposition(|window| window == says).unwrap();
    bytes[place + says.len() - 1] = 8;
    fs::write(&path, &bytes).unwrap();
    let brotli = "`people.parquet`: its column `subject.us_status` is compressed with Brotli, which is not read";
    sandbox.fails(&arguments, 1, &[brotli]);
    // A file that is not Parquet at all is named.
    fs::write(&path, "PAR1").unwrap();
    sandbox.fails(&arguments, 1, &["`people.parquet`: cannot read it as Parquet"]);
}

#[test]
fn names_are_bounded() {
    let sandbox = sandbox("impact-names");
    sandbox.write("people.csv", PEOPLE.replace("p-4,mill", &format!("p-4,{}", "m".repeat(1025))));
    let arguments = ["impact", "order.yaml", "--population", "people.csv", "--at", AT, "--out", "r.json"];
    sandbox.fails(&arguments, 3, &["in the column `organisation` is not of at most 1024 bytes", "1 row is left out"]);
    // Their number is bounded too, regardless of the detail for each.
    let rows: String = (0..250_000).map(|number| format!("o-{number},true,\n")).collect();
    sandbox.write("people.csv", ["organisation,subject.us_person,subject.employments\n", &rows].concat());
    sandbox.fails(
        &arguments,
        1,
        &["`people.csv`: it names more than 100000 organisations", "leave them out with `--by`"],
    );
    sandbox.ok(&[&arguments[..], &["--by", "country,rule"]].concat());
}

#[test]
fn weights_that_cannot_be_counted_are_refused() {
    let sandbox = sandbox("impact-sums");
    let header = "weight,subject.us_person,subject.employments\n";
    let arguments = ["impact", "order.yaml", "--population", "people.csv", "--at", AT, "--out", "r.json"];
    sandbox.write("people.csv", format!("{header}1000000000000,true,\n1000000000000.000001,true,\n"));
    sandbox.fails(&arguments, 3, &["row 3: [table.value] `1000000000000.000001` in the column `weight`"]);
    assert_eq!(sandbox.json("r.json")["ruleset_outcomes"]["people"], json!(1e12));
    sandbox.write("people.csv", [header.to_owned(), "1000000000000,true,\n".repeat(11)].concat());
    sandbox.fails(&arguments, 1, &["`people.csv`: the weights add up to more than 10000000000000 people"]);
}

#[test]
fn a_file_of_another_form_is_told_with_what_to_do() {
    let sandbox = sandbox("impact-other-forms");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (file, bytes, says) in [
        ("empty.csv", Vec::new(), "`empty.csv`: it is empty: the first row of a CSV names its columns"),
        (
            "semicolons.csv",
            PEOPLE.replace(',', ";").into(),
            "it has semicolons between its columns: write it with commas",
        ),
        ("tabs.csv", PEOPLE.replace(',', "\t").into(), "it has tabs between its columns"),
        ("wide.csv", wide(PEOPLE), "it is UTF-16: write it as UTF-8"),
        ("marked.csv", wide(&format!("\u{feff}{PEOPLE}")), "it is UTF-16"),
        ("wide.ndjson", wide("{}"), "it is UTF-16"),
        ("list.ndjson", "[\n{}]".into(), "it is a JSON list: write one object a line"),
    ] {
        sandbox.write(file, bytes);
        sandbox.fails(&["impact", "order.yaml", "--population", file, "--at", AT], 1, &[says]);
    }
    // The UTF-8 byte order mark is skipped.
    sandbox.write("marked.ndjson", "\u{feff}{\"subject.us_person\":true,\"subject.employments\":[]}\n");
    sandbox.write("marked.csv", format!("\u{feff}{PEOPLE}"));
    for file in ["marked.ndjson", "marked.csv"] {
        sandbox.ok(&["impact", "order.yaml", "--population", file, "--at", AT]);
    }
}

#[test]
fn how_fast_it_was_is_one_line() {
    let sandbox = sandbox("impact-rate");
    let base = ["impact", "order.yaml", "--at", AT, "--rate", "--model", "mythos-5", "--out", "r.md"];
    let said = sandbox.run(&[&base[..], &["--synthetic", "100"]].concat()).stderr();
    let rates: Vec<&str> = said.lines().filter(|line| line.contains(" a second")).collect();
    assert!(rates.len() == 1 && rates[0].contains("1900 rows, 3800 decisions in"), "{said}");
    sandbox.write("people.csv", PEOPLE.lines().take(2).collect::<Vec<_>>().join("\n"));
    let said = sandbox.run(&[&base[..], &["--population", "people.csv"]].concat()).stderr();
    assert!(said.contains("1 row, 2 decisions in"), "{said}");
    assert!(sandbox.read("r.md").contains("over 1 person of the table people.csv"), "{}", sandbox.read("r.md"));
}

#[test]
fn versions_are_compared_by_country_organisation_and_rule() {
    let sandbox = sandbox("impact-compared");
    let rule = "id: foreign-nationals";
    let former =
        ORDER.replace("outcome: { degrade: { model: atlas-4 } }", "outcome: deny").replace(rule, "id: former-rule");
    assert_ne!(former, ORDER);
    sandbox.write("former.yaml", former);
    let base = ["impact", "order.yaml", "--previous", "former.yaml", "--population", "people.csv", "--at", AT];
    let with = |out: &str| {
        sandbox.ok(&[&base[..], &["--model", "mythos-5", "--out", out]].concat());
        sandbox.read(out)
    };
    let report: Value = serde_json::from_str(&with("r.json")).unwrap();
    let rule = &report["rules"][0];
    assert_eq!(outcomes(&rule["outcomes"]), json!({"degrade": 1.0, "step_up": 3.0}));
    assert_eq!(outcomes(&rule["previous"]), json!({"deny": 1.0, "step_up": 3.0}));
    assert_eq!(outcomes(&rule["blanket"]), json!({"deny": 4.0}));
    let former = &report["previous_rules"][0];
    assert_eq!(
        (&former["rule"], outcomes(&former["outcomes"])),
        (&json!("former-rule"), json!({"deny": 1.0, "step_up": 3.0}))
    );
    assert_eq!(outcomes(&former["ruleset"]), json!({"degrade": 1.0, "step_up": 3.0}));
    let markdown = with("r.md");
    for part in [
        "| Country | People | Keeps | Degraded | Asked for evidence | Under review | Shut out | Keeps, former version | Keeps, blanket shutdown |",
        "| United States (US) | 4 | 2 | 1 | 1 | 0 | 0 | 2 | 0 |",
        "| Organisation | People |",
        "| lab | 3 | 2 | 1 | 0 | 0 | 0 | 2 | 0 |",
        "| Rule | People | Keeps | Degraded | Asked for evidence | Under review | Shut out | Keeps, this version | Keeps, blanket shutdown |",
        "| former-rule: ",
    ] {
        assert!(markdown.contains(part), "no {part:?} in\n{markdown}");
    }
    let html = with("r.html");
    assert_eq!(html.matches("Keeps, former version</th>").count(), 4, "models, rules, countries, organisations");
    assert!(html.contains("Where a rule of the former version governed"));
}
