//! Keeps comments, documents and messages in plain English: sentences begin with a noun or a verb, and name who acts.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a panic is how a check fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// No comment, heading or paragraph begins with these: they put a clause in place of a noun.
const OPENINGS: [&str; 12] = [
    "What ",
    "Whatever ",
    "Whom ",
    "Whose ",
    "Whoever ",
    "Of which ",
    "Of whom ",
    "Of what ",
    "That which ",
    "Nobody ",
    "Somebody ",
    "Whether ",
];

/// Words without an actor, and idioms of which the field has a term.
const WORDS: [&str; 12] = [
    "whoever",
    "whomever",
    "somebody",
    "nobody",
    "everybody",
    "anybody",
    "comes to",
    "taken back",
    "kept apart",
    "hangs on",
    "held to",
    "at work",
];

/// Sentences that need such a word, with the reason.
const EXCEPTIONS: [(&str, &str); 4] = [
    ("comes to the same", "arithmetic"),
    ("cannot promise", "a title that readers look for"),
    ("nobody can", "no person at all is meant"),
    ("What a decision means", "a title that readers look for"),
];

#[test]
fn comments_are_plain() {
    let mut problems = Vec::new();
    let mut lines = 0;
    for folder in ["src", "tests", "xtask/src", "benches", "examples", "pkg", "www", "demo"] {
        for file in files(&root().join(folder), &["rs", "js", "mjs", "ts"]) {
            let text = fs::read_to_string(&file).unwrap();
            let mut starts = true;
            for (number, line) in text.lines().enumerate() {
                let Some(comment) = comment(line) else {
                    starts = true;
                    continue;
                };
                lines += 1;
                problems.extend(problem(comment, starts).map(|word| found(&file, number, word, comment)));
                starts = comment.is_empty() || comment.ends_with(['.', ':']);
            }
        }
    }
    assert!(lines > 5_000, "{lines}: comments were not found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn documents_are_plain() {
    let mut problems = Vec::new();
    let mut all = files(&root().join("docs"), &["md"]);
    all.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "pkg/README.md"].map(|name| root().join(name)));
    for file in all {
        let text = fs::read_to_string(&file).unwrap();
        let mut in_code = false;
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            let prose = line.trim_start_matches(['#', '*', '-', '|', '>', ' ']);
            if !in_code {
                problems.extend(problem(prose, true).map(|word| found(&file, number, word, prose)));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn messages_are_plain() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for file in files(&root().join("src"), &["rs"]) {
        let text = fs::read_to_string(&file).unwrap();
        let shipped = text.split("#[cfg(test)]\nmod ").next().unwrap();
        if file.file_stem().is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests")) {
            continue;
        }
        for (number, message) in strings(shipped).filter(|(_, text)| text.contains(' ')) {
            seen += 1;
            problems.extend(problem(message, true).map(|word| found(&file, number, word, message)));
        }
    }
    assert!(seen > 1_000, "{seen}: messages were not found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["node_modules", "dist"].contains(&name.as_str()) {
            found.extend(files(&path, extensions));
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known)) {
            found.push(path);
        }
    }
    found
}

/// The text of a line that is a comment.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim();
    let text = ["//!", "///", "//", "/**", "*"].iter().find_map(|start| line.strip_prefix(start))?;
    Some(text.trim_end_matches("*/").trim())
}

/// The string literals of Rust code with their line numbers, without those in comments.
fn strings(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.lines().enumerate().filter(|(_, line)| comment(line).is_none()).flat_map(|(number, line)| {
        // Every second part of the split is between quotes. Escaped quotes only cut a message in two.
        line.split('"').skip(1).step_by(2).map(move |text| (number, text))
    })
}

/// The banned opening or word in a text.
fn problem(text: &str, starts: bool) -> Option<&'static str> {
    if EXCEPTIONS.iter().any(|(sentence, _)| text.contains(sentence)) {
        return None;
    }
    let opening = OPENINGS.iter().find(|opening| starts && text.starts_with(*opening)).copied();
    let lower = text.to_lowercase();
    let is_word = |word: &&&str| {
        lower.match_indices(**word).any(|(at, _)| {
            let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
            let (before, after) = lower.split_at_checked(at).unwrap();
            !letter(before.chars().last()) && !letter(after.chars().nth(word.chars().count()))
        })
    };
    opening.or_else(|| WORDS.iter().find(is_word).copied())
}

fn found(file: &Path, line: usize, word: &str, text: &str) -> String {
    let file = file.strip_prefix(root()).unwrap().display();
    format!("{file}:{}: `{}` in: {text}", line + 1, word.trim())
}

#[test]
fn the_words_are_found_and_no_others() {
    for bad in ["What it is.", "Read by whoever asks.", "It was taken back.", "Nobody knows."] {
        assert!(problem(bad, true).is_some(), "{bad}");
    }
    for good in ["Whatsoever", "the nobody-is-denied rule", "Outcomes to choose", "It holds today.", "A whole list"] {
        assert_eq!(problem(good, true), None, "{good}");
    }
    assert_eq!(problem("What it is.", false), None, "in the middle of a sentence");
}
