//! The report for a build server: JUnit XML, with a suite per file and a test case per case.

use super::run::FileRun;
use super::run::Ran;
use super::text::CaseCounts;
use super::text::details;
use std::fmt::Write as _;
use std::time::Duration;

pub(super) fn report(runs: &[FileRun], took: Duration) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = attributes(runs);
    let _ = writeln!(out, "<testsuites name=\"brightline\" {counts} time=\"{}\">", seconds(took));
    for run in runs {
        let name = escape(&run.file.display().to_string());
        let time = seconds(run.cases.iter().map(|ran| ran.took).sum());
        let counts = attributes(std::slice::from_ref(run));
        let _ = writeln!(out, "  <testsuite name=\"{name}\" {counts} time=\"{time}\">");
        for ran in &run.cases {
            case(&mut out, &name, ran);
        }
        for message in problems(run) {
            let _ = writeln!(out, "    <testcase classname=\"{name}\" name=\"{name}\" time=\"0.000\">");
            let _ = writeln!(out, "      <error message=\"{}\"/>", escape(&message));
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, file: &str, ran: &Ran) {
    let title = ran.case.title.iter().map(|title| format!(": {title}"));
    let name = escape(&std::iter::once(ran.case.id.clone()).chain(title).collect::<String>());
    let _ = write!(out, "    <testcase classname=\"{file}\" name=\"{name}\" time=\"{}\"", seconds(ran.took));
    if ran.passed() {
        out.push_str("/>\n");
        return;
    }
    let (kind, message) = match &ran.decision {
        Err(refusal) => ("error", format!("[{}] {}", refusal.code, refusal.message)),
        Ok(_) => {
            let differing = ran.fields.iter().filter(|field| field.differs).map(|field| {
                let [expected, got] = [&field.expected, &field.got].map(|value| value.as_deref().unwrap_or("none"));
                format!("{}: expected {expected}, got {got}", field.field)
            });
            ("failure", differing.collect::<Vec<_>>().join("; "))
        }
    };
    let (message, text) = (escape(&message), escape_text(&details(ran)));
    let _ = write!(out, ">\n      <{kind} message=\"{message}\">{text}</{kind}>\n    </testcase>\n");
}

/// The reasons for which a file was not run.
fn problems(run: &FileRun) -> Vec<String> {
    let findings = run
        .findings
        .iter()
        .flat_map(|report| report.to_json().into_iter().map(|finding| finding.to_line()).collect::<Vec<_>>());
    findings.chain(run.failure.iter().map(|failure| failure.message.clone())).collect()
}

fn attributes(runs: &[FileRun]) -> String {
    let CaseCounts { passed, failed, .. } = CaseCounts::of(runs);
    let refused = runs.iter().flat_map(|run| &run.cases).filter(|ran| ran.decision.is_err()).count();
    let problems: usize = runs.iter().map(|run| problems(run).len()).sum();
    let tests = passed.saturating_add(failed).saturating_add(problems);
    let failures = failed.saturating_sub(refused);
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{}\"", problems.saturating_add(refused))
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Escapes an attribute's value, in which a parser would replace line ends by spaces.
fn escape(text: &str) -> String {
    escape_text(text).replace('\n', "&#10;").replace('\t', "&#9;")
}

/// Escapes an element's text. Characters that XML 1.0 excludes (section 2.2) become the replacement character.
fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A parser would turn it into a line feed.
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_say_is_replaced_and_the_rest_escaped() {
        assert_eq!(escape("a<b> & \"c\" 'd'\r\n\t"), "a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;&#13;&#10;&#9;");
        assert_eq!(escape("\0\u{1b}[2J\u{ffff}\u{85}ü"), "\u{fffd}\u{fffd}[2J\u{fffd}\u{85}ü");
        assert_eq!(escape_text("a\nb\tc]]>"), "a\nb\tc]]&gt;");
    }
}
