//! The program's messages to people, in full: each file in `tests/messages/` holds the output of one command. After an
//! intended change, `UPDATE_EXPECT=1 cargo test --all-features --test messages` rewrites them; review the changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a panic is how a check fails"
)]

#[path = "support/sandbox.rs"]
mod sandbox;

use expect_test::{ExpectFile, expect_file};
use sandbox::Sandbox;

const AT: &str = "2026-06-20T00:00:00Z";

fn sandbox(name: &str) -> Sandbox {
    let sandbox = Sandbox::new(name);
    sandbox.write("flawed.yaml", include_str!("messages/flawed.yaml"));
    sandbox.write("small.yaml", include_str!("messages/small.yaml"));
    sandbox.write(
        "stricter.yaml",
        include_str!("messages/small.yaml").replace("[US]", "[US, CA]").replace("version: 1", "version: 2"),
    );
    sandbox.write("wrong.yaml", include_str!("messages/wrong.yaml"));
    sandbox.write("cases.yaml", include_str!("messages/cases.yaml"));
    sandbox
}

/// The command, its streams and its exit code.
fn says(sandbox: &Sandbox, arguments: &[&str], expected: ExpectFile) {
    let ran = sandbox.run(arguments);
    let mut text = format!("$ brightline {}\n{}", arguments.join(" "), ran.stdout());
    if !ran.stderr().is_empty() {
        text += &format!("--- on standard error\n{}", ran.stderr());
    }
    text += &format!("--- ends with {}\n", ran.code());
    // The elapsed time differs from run to run.
    let text: String = text
        .lines()
        .map(|line| format!("{}\n", line.split(" in ").next().filter(|_| line.ends_with(" ms")).unwrap_or(line)))
        .collect();
    assert!(!text.contains(&sandbox.0.display().to_string()), "no path of this machine: {text}");
    expected.assert_eq(&text);
}

#[test]
fn checking() {
    let sandbox = sandbox("messages-check");
    says(&sandbox, &["check", "flawed.yaml"], expect_file!["./messages/check-flawed.txt"]);
    says(&sandbox, &["check", "wrong.yaml"], expect_file!["./messages/check-wrong.txt"]);
    says(&sandbox, &["check", "small.yaml"], expect_file!["./messages/check-clean.txt"]);
}

#[test]
fn proving() {
    let sandbox = sandbox("messages-prove");
    says(&sandbox, &["prove", "small.yaml"], expect_file!["./messages/prove.txt"]);
    says(&sandbox, &["prove", "small.yaml", "--budget", "0"], expect_file!["./messages/prove-budget.txt"]);
    says(&sandbox, &["prove", "small.yaml", "--guarantee", "nothing"], expect_file!["./messages/prove-unknown.txt"]);
}

#[test]
fn comparing() {
    let sandbox = sandbox("messages-diff");
    says(&sandbox, &["diff", "small.yaml", "stricter.yaml"], expect_file!["./messages/diff.txt"]);
    says(&sandbox, &["diff", "small.yaml", "small.yaml"], expect_file!["./messages/diff-same.txt"]);
    let explain = ["diff", "small.yaml", "stricter.yaml", "--explain", "cases.yaml#german"];
    says(&sandbox, &explain, expect_file!["./messages/diff-explain.txt"]);
}

#[test]
fn trying() {
    let sandbox = sandbox("messages-test");
    says(&sandbox, &["test", "cases.yaml", "--ruleset", "small=small.yaml"], expect_file!["./messages/test.txt"]);
    let explain = ["explain", "cases.yaml#resident", "--ruleset", "small.yaml"];
    says(&sandbox, &explain, expect_file!["./messages/explain.txt"]);
    let nobody = ["explain", "cases.yaml#nobody", "--ruleset", "small.yaml"];
    says(&sandbox, &nobody, expect_file!["./messages/explain-needs.txt"]);
}

#[test]
fn looking_at_people() {
    let sandbox = sandbox("messages-impact");
    sandbox.write(
        "people.csv",
        "id,subject.us_status,subject.us_status.assurance,subject.residnce\np-1,citizen,2,\np-2,citzen,2,\np-3,lpr,9,\n\"p-4,lpr",
    );
    let arguments = ["impact", "small.yaml", "--population", "people.csv", "--at", AT, "--out", "report.json"];
    says(&sandbox, &arguments, expect_file!["./messages/impact.txt"]);
    let warehouse = [
        "export",
        "sql",
        "small.yaml",
        "--dialect",
        "spark",
        "--at",
        AT,
        "--model",
        "large",
        "--columns",
        "subject.us_status",
    ];
    says(&sandbox, &warehouse, expect_file!["./messages/export-sql.txt"]);
}

#[test]
fn misusing() {
    let sandbox = sandbox("messages-misuse");
    says(&sandbox, &["--help"], expect_file!["./messages/help.txt"]);
    says(&sandbox, &["chekc", "small.yaml"], expect_file!["./messages/no-command.txt"]);
    says(&sandbox, &["prove", "nothing.yaml"], expect_file!["./messages/no-file.txt"]);
    says(&sandbox, &["check", "small.txt"], expect_file!["./messages/no-ending.txt"]);
}
