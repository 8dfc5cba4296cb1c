//! Checks the code against ARCHITECTURE.md: each room uses only the rooms below it, and no modules form a circle.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::expect_used, clippy::arithmetic_side_effects, clippy::panic, reason = "a panic is how a check fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Room → the rooms that it may use. `None` means the public interface, that is, the re-exports of `lib.rs`.
type Table = BTreeMap<String, Option<BTreeSet<String>>>;

#[test]
fn rooms_use_only_what_the_table_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let table = table(&document);
    assert_eq!(cycle(&table), None, "the table lets rooms use each other in a circle");

    let mut modules = BTreeSet::new();
    let mut problems = Vec::new();
    let mut edges = BTreeSet::new();
    for file in rust_files(&root.join("src")) {
        let place = file.strip_prefix(root.join("src")).unwrap().to_path_buf();
        if place == Path::new("lib.rs") || is_test(&place) {
            continue;
        }
        modules.insert(module_of(&place));
        let source = fs::read_to_string(&file).unwrap();
        problems.extend(problems_in(&place, &source, &table));
        let used = crate_paths(&without_tests(tokens(&source)), depth_of(&place));
        edges.extend(used.into_iter().map(|(_, used)| (module_of(&place), used)));
    }
    let listed: BTreeSet<String> = table.keys().cloned().collect();
    problems.extend(listed.symmetric_difference(&modules).map(|name| match listed.contains(name) {
        true => format!("the table lists `{name}`, which is not in src"),
        false => format!("`{name}` is not in the table"),
    }));
    for (module, used) in
        table.iter().flat_map(|(module, listed)| listed.iter().flatten().map(move |used| (module, used)))
    {
        if !edges.contains(&(module.clone(), used.clone())) {
            problems.push(format!("the table lets `{module}` use `{used}`, which it does not"));
        }
    }
    assert!(problems.is_empty(), "ARCHITECTURE.md, \"Allowed use\":\n{}", problems.join("\n"));
}

/// Two modules of a folder never use each other, directly or through others. A folder counts as one module.
#[test]
fn no_modules_form_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeMap::new();
    for file in rust_files(&root) {
        let place = file.strip_prefix(&root).unwrap().to_path_buf();
        if !is_test(&place) {
            sources.insert(module_path(&place), without_tests(tokens(&fs::read_to_string(&file).unwrap())));
        }
    }
    assert_eq!(circles(&sources), Vec::<String>::new());
    assert!(sources.len() > 100, "{}: modules were not found", sources.len());
}

/// Build outputs are in ignored folders, also those of a target folder with another name.
#[test]
fn no_build_output_is_tracked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = std::process::Command::new("git").args(["ls-files"]).current_dir(root).output();
    // Sources without a repository, such as an archive, have nothing tracked.
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else { return };
    let listed = String::from_utf8(listed.stdout).unwrap();
    const FOLDERS: [&str; 13] =
        [".cargo", ".ci", "benches", "data", "demo", "docs", "examples", "pkg", "src", "tests", "www", "xtask", ""];
    let strange: Vec<&str> = listed
        .lines()
        .filter(|path| !FOLDERS.contains(&path.rsplit_once('/').map_or("", |_| path.split('/').next().unwrap())))
        .collect();
    assert!(strange.is_empty() && listed.contains("src/lib.rs"), "{strange:#?}");
    let large: Vec<&str> =
        listed.lines().filter(|path| fs::metadata(root.join(path)).is_ok_and(|file| file.len() > 1 << 20)).collect();
    assert!(large.is_empty(), "{large:#?}");
}

/// `cfg(feature = "author")` is a door, and few doors keep the rooms apart.
#[test]
fn the_feature_author_has_few_doors() {
    let sources = rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let doors = sources.iter().map(|file| fs::read_to_string(file).unwrap().matches("feature = \"author\"").count());
    assert!(doors.sum::<usize>() <= 16);
}

/// In the module, the text of `Debug` is replaced by a trap (`xtask/src/glue.rs`).
#[test]
fn the_module_shows_no_value_as_debug() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in ["base", "verify", "ruleset", "check", "wasm"] {
        for file in rust_files(&root.join(room)) {
            let source = fs::read_to_string(&file).unwrap();
            let shipped = source.split("#[cfg(test)]\nmod ").next().unwrap();
            let shown = shipped.lines().find(|line| !line.trim_start().starts_with("//") && line.contains(":?}"));
            let is_shipped = !is_test(&file) && !file.iter().any(|part| part == "for_authors");
            assert!(!is_shipped || shown.is_none(), "{}: {shown:?}", file.display());
        }
    }
}

/// The tests that ARCHITECTURE.md names for each promise, as pairs of file and function.
#[test]
fn each_test_that_holds_a_promise_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let (_, section) = document.split_once("## What a decision means").unwrap();
    let (section, _) = section.split_once("## Allowed use").unwrap();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert_eq!(rows.len(), 10, "the ten points of the design");
    for row in rows {
        let held = row.split('|').nth(2).unwrap();
        let mut named = 0;
        for part in held.split(';') {
            let mut names = part.split('`').skip(1).step_by(2);
            let file = names.next().unwrap();
            let source = fs::read_to_string(root.join(file)).unwrap_or_else(|_| panic!("{file} is not there"));
            for name in names.filter(|name| !name.contains('/')) {
                assert!(source.contains(&format!("fn {name}(")), "{file} has no test `{name}`");
                named += 1;
            }
        }
        assert!(named > 0, "{row}");
    }
}

/// Every violation in one file.
fn problems_in(place: &Path, source: &str, table: &Table) -> Vec<String> {
    let module = module_of(place);
    let boundary = module == "wasm";
    let outer = ["wasm", "cli", "main"].contains(&module.as_str());
    let tokens = without_tests(tokens(source));
    let mut problems = Vec::new();
    let mut say = |line: usize, text: String| problems.push(format!("src/{}:{line}: {text}", place.display()));

    for (line, used) in crate_paths(&tokens, depth_of(place)) {
        let allowed = match table.get(&module) {
            // A missing row is reported once, for the module.
            None => true,
            Some(None) => used == module || !table.contains_key(&used),
            Some(Some(listed)) => used == module || listed.contains(&used),
        };
        if !allowed && table.contains_key(&used) {
            say(line, format!("`{module}` may not use `{used}`"));
        } else if !allowed {
            say(line, format!("`{module}` uses `{used}` from the crate's root; name the module that it comes from"));
        }
    }
    for (at, token) in tokens.iter().enumerate() {
        let name = token.text.as_str();
        if !boundary && ["JsValue", "js_sys", "wasm_bindgen", "serde_wasm_bindgen", "web_sys"].contains(&name) {
            say(token.line, format!("`{name}` belongs in src/wasm/"));
        }
        let clock = name == "SystemTime" || (name == "now" && text(&tokens, at.wrapping_sub(1)) == "::");
        if !outer && (clock || ["getrandom", "OsRng", "thread_rng"].contains(&name)) {
            say(token.line, format!("`{name}`: the core is handed the time and needs no randomness"));
        }
        if !outer && name == "std" && text(&tokens, at + 1) == "::" {
            for (line, part) in heads(&tokens, at + 2) {
                if ["env", "fs", "io", "net", "process", "thread"].contains(&part.as_str()) {
                    say(line, format!("`std::{part}`: the core neither reads nor writes"));
                }
            }
        }
    }
    problems
}

// ── The document ──

fn table(document: &str) -> Table {
    let section = document.split("\n## ").find(|section| section.starts_with("Allowed use")).expect("no such section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let table: Table = rows
        .map(|row| {
            let (module, allowed) = row.split_once("` | ").expect("a row is | `module` | `a`, `b` |");
            // In `a`, `b`, every second part of the split is between backticks.
            let listed = || allowed.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            (module.to_owned(), (!allowed.contains("the public interface")).then(listed))
        })
        .collect();
    for (module, allowed) in &table {
        for used in allowed.iter().flatten() {
            assert!(table.contains_key(used), "the row `{module}` lists `{used}`, which has no row");
        }
    }
    assert!(!table.is_empty(), "the table is empty");
    table
}

/// Returns a module that can reach itself, if there is one.
fn cycle(table: &Table) -> Option<&String> {
    table.keys().find(|start| {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&String> = table[*start].iter().flatten().collect();
        while let Some(module) = next.pop() {
            if reached.insert(module) {
                next.extend(table[module].iter().flatten());
            }
        }
        reached.contains(start)
    })
}

/// The circles among the modules of each folder, as `folder: a → b → a`.
fn circles(sources: &BTreeMap<Vec<String>, Vec<Token>>) -> Vec<String> {
    let mut folders: BTreeMap<Vec<String>, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for (module, tokens) in sources {
        for mut path in paths(tokens, module) {
            while !path.is_empty() && !sources.contains_key(&path) {
                path.pop();
            }
            let same = module.iter().zip(&path).take_while(|(one, other)| one == other).count();
            if let (Some(user), Some(used)) = (module.get(same), path.get(same)) {
                let folder = folders.entry(module.iter().take(same).cloned().collect()).or_default();
                folder.entry(user).or_default().insert(used.clone());
            }
        }
    }
    let mut found = Vec::new();
    for (folder, uses) in folders {
        for start in uses.keys() {
            // The shortest way from a module back to itself.
            let mut ways: Vec<Vec<&str>> = vec![vec![start]];
            let mut reached = BTreeSet::new();
            while !ways.is_empty() {
                let way = ways.remove(0);
                for next in uses.get(way.last().expect("a way has a start")).into_iter().flatten() {
                    if next == start {
                        found.push(format!("{}: {} → {start}", folder.join("::"), way.join(" → ")));
                        ways.clear();
                        break;
                    }
                    if reached.insert(next.as_str()) {
                        ways.push(way.iter().copied().chain([next.as_str()]).collect());
                    }
                }
            }
        }
    }
    found
}

// ── Files ──

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("src can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// A file that only tests compile.
fn is_test(place: &Path) -> bool {
    place
        .file_stem()
        .is_some_and(|stem| stem == "tests" || stem == "dice" || stem.to_string_lossy().ends_with("_tests"))
}

/// The room that a file belongs to.
fn module_of(place: &Path) -> String {
    let first = place.iter().next().expect("a file has a name").to_string_lossy();
    first.strip_suffix(".rs").unwrap_or(&first).to_owned()
}

/// The names of a file's module from the root on, which is empty for `lib.rs` and `main.rs`.
fn module_path(place: &Path) -> Vec<String> {
    let names = place.with_extension("");
    let names = names.iter().map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| !["mod", "lib", "main"].contains(&name.as_str())).collect()
}

/// Module depth of the file itself: 0 for `main.rs`, 1 for `json.rs` and `token/mod.rs`, 2 for `token/claims.rs`.
fn depth_of(place: &Path) -> usize {
    if place == Path::new("main.rs") {
        return 0;
    }
    place.iter().count() - usize::from(place.ends_with("mod.rs"))
}

// ── Source ──

#[derive(Clone)]
struct Token {
    line: usize,
    text: String,
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| &token.text)
}

/// Names, `::` and single characters; comments, strings and numbers are left out.
fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = string(rest) {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            tokens.push(Token { line, text: rest.split_at(length).0.to_owned() });
            length
        } else if rest.starts_with("::") {
            tokens.push(Token { line, text: "::".to_owned() });
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(Token { line, text: first.to_string() });
            }
            first.len_utf8()
        };
        let (passed, left) = rest.split_at(length);
        line += passed.matches('\n').count();
        rest = left;
    }
    tokens
}

fn block_comment(source: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(found) = source.get(at..).and_then(|rest| rest.find(['/', '*'])) {
        at += found;
        let rest = source.get(at..).unwrap_or_default();
        let step = if rest.starts_with("/*") { 1 } else { -i32::from(rest.starts_with("*/")) };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            return at;
        }
    }
    source.len()
}

/// The length of the string or character literal at the start. `None` if there is none.
fn string(source: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|prefix| {
        let after = source.strip_prefix(prefix).unwrap_or_default();
        after.starts_with('"') || (prefix.ends_with('r') && after.trim_start_matches('#').starts_with('"'))
    });
    let prefix = prefix.unwrap_or_default();
    let body = source.strip_prefix(prefix)?;
    if prefix.ends_with('r') {
        let hashes = body.chars().take_while(|c| *c == '#').count();
        let end = format!("\"{}", "#".repeat(hashes));
        let start = hashes + 1;
        return Some(prefix.len() + start + body.get(start..)?.find(&end)? + end.len());
    }
    let quote = body.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    // `'a` is a lifetime unless a quote follows one character or an escape.
    let mut chars = body.char_indices().skip(1);
    if quote == '\'' && !body.starts_with("'\\") && body.chars().nth(2) != Some('\'') {
        return None;
    }
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            _ if c == quote => return Some(prefix.len() + at + 1),
            _ => {}
        }
    }
    None
}

/// Leaves out every item under `#[cfg(test)]`, because tests may use any module.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if text(&tokens, at) == "#" && text(&tokens, at + 1) == "[" && text(&tokens, at + 2) == "cfg" {
            let end = close(&tokens, at + 1);
            let names: Vec<&str> = (at + 2..end).map(|at| text(&tokens, at)).collect();
            if names.contains(&"test") && !names.contains(&"not") {
                at = item_end(&tokens, end);
                continue;
            }
        }
        kept.extend(tokens.get(at).cloned());
        at += 1;
    }
    kept
}

/// The index after the item that begins at `at`: after its `;` or its closing brace.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        match text(tokens, at) {
            ";" => return at + 1,
            "{" => return close(tokens, at),
            "[" | "(" => at = close(tokens, at),
            _ => at += 1,
        }
    }
    at
}

/// The index after the bracket that closes the one at `open`.
fn close(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for at in open..tokens.len() {
        match text(tokens, at) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The top-level names that a file declares, or uses by `crate::`, by the crate's name or by enough `super::`.
fn crate_paths(tokens: &[Token], depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // The end of each inline `mod name {` around the current index.
    let mut inline: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        inline.retain(|end| at < *end);
        if text(tokens, at) == "mod" && text(tokens, at + 2) == "{" {
            inline.push(close(tokens, at + 2));
        }
        let mut after = at;
        let mut supers = 0;
        while text(tokens, after) == "super" && text(tokens, after + 1) == "::" {
            supers += 1;
            after += 2;
        }
        if text(tokens, at) == "mod" && text(tokens, at + 2) == ";" && depth == 0 && inline.is_empty() {
            found.extend(heads(tokens, at + 1));
        }
        let by_name = ["crate", "brightline"].contains(&text(tokens, at)) && text(tokens, at + 1) == "::";
        if by_name {
            found.extend(heads(tokens, at + 2));
        } else if supers > 0 && supers == depth + inline.len() {
            found.extend(heads(tokens, after));
        }
        at = after.max(at + 1);
    }
    found
}

/// The paths that a module names, from the root on: those that begin with `crate` or `super`.
fn paths(tokens: &[Token], module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut inline: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        inline.retain(|end| at < *end);
        if text(tokens, at) == "mod" && text(tokens, at + 2) == "{" {
            inline.push(close(tokens, at + 2));
        }
        let mut after = at;
        let mut supers = 0;
        while text(tokens, after) == "super" && text(tokens, after + 1) == "::" {
            supers += 1;
            after += 2;
        }
        let is_path_start = text(tokens, at.wrapping_sub(1)) != "::";
        if is_path_start && text(tokens, at) == "crate" && text(tokens, at + 1) == "::" {
            found.extend(tails(tokens, at + 2));
        } else if is_path_start && supers > 0 {
            // `super` of an inline module is the file's module itself.
            let up = usize::saturating_sub(supers, inline.len());
            let base: Vec<String> = module.iter().take(module.len().saturating_sub(up)).cloned().collect();
            found.extend(tails(tokens, after).into_iter().map(|tail| [base.clone(), tail].concat()));
        }
        at = after.max(at + 1);
    }
    found
}

/// The rest of a path: its names, or those of each member of a `{…}` group.
fn tails(tokens: &[Token], at: usize) -> Vec<Vec<String>> {
    let Some(token) = tokens.get(at) else { return Vec::new() };
    if token.text != "{" {
        if text(tokens, at + 1) != "::" {
            return vec![vec![token.text.clone()]];
        }
        let tails = tails(tokens, at + 2);
        return tails.into_iter().map(|tail| [vec![token.text.clone()], tail].concat()).collect();
    }
    let end = close(tokens, at) - 1;
    let mut all = Vec::new();
    let mut next = at + 1;
    while next < end {
        all.extend(tails(tokens, next));
        while next < end && text(tokens, next) != "," {
            next = if text(tokens, next) == "{" { close(tokens, next) } else { next + 1 };
        }
        next += 1;
    }
    all
}

/// The names that follow in a path: one, or those of a `{…}` group.
fn heads(tokens: &[Token], at: usize) -> Vec<(usize, String)> {
    let Some(token) = tokens.get(at) else { return Vec::new() };
    if token.text != "{" {
        return vec![(token.line, token.text.clone())];
    }
    let end = close(tokens, at) - 1;
    let mut names = Vec::new();
    let mut next = at + 1;
    while next < end {
        names.extend(tokens.get(next).map(|token| (token.line, token.text.clone())));
        while next < end && text(tokens, next) != "," {
            next = if text(tokens, next) == "{" { close(tokens, next) } else { next + 1 };
        }
        next += 1;
    }
    names
}

// ── The checker itself ──

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# A\n\n## Allowed use\n| module | may use |\n|---|---|\n| `json` | `limits` |\n\
        | `limits` | – |\n| `token` | `json` |\n| `main` | – |\n\
        | `wasm` | the public interface |\n\n## After\n| `x` | `y` |\n";

    fn check(place: &str, source: &str) -> Vec<String> {
        problems_in(Path::new(place), source, &table(DOCUMENT))
    }

    #[test]
    fn the_table_is_read() {
        let table = table(DOCUMENT);
        assert_eq!(table.len(), 5);
        assert_eq!(table["wasm"], None);
        assert_eq!(table["limits"], Some(BTreeSet::new()));
        assert_eq!(cycle(&table), None);
        let circle = super::table(&DOCUMENT.replace("| `limits` | – |", "| `limits` | `token` |"));
        assert!(cycle(&circle).is_some());
    }

    #[test]
    fn an_edge_that_is_not_listed_is_found() {
        let bad = "src/json.rs:1: `json` may not use `token`";
        for source in [
            "use crate::token::Token;",
            "use crate::{limits, token::{self, Token}};",
            "fn f() -> crate::token::Token {}",
            "use super::token;",
            "mod a { use super::super::token; }",
            "use brightline::token;",
            "#[cfg(not(test))] use crate::token;",
        ] {
            assert_eq!(check("json.rs", source), [bad], "{source}");
        }
        assert_eq!(
            check("json/text.rs", "use super::super::token;"),
            ["src/json/text.rs:1: `json` may not use `token`"]
        );
        assert_eq!(check("json/mod.rs", "use super::token;").len(), 1);
        assert_eq!(check("limits.rs", "use crate::Token;").len(), 1, "the root hides where a name comes from");
        assert_eq!(check("main.rs", "mod token;").len(), 1, "declared by a program, so part of it");
        assert_eq!(check("wasm/mod.rs", "use crate::token::Token;").len(), 1, "not what the root re-exports");
    }

    #[test]
    fn what_is_listed_or_does_not_count_passes() {
        for source in [
            "use crate::limits::{DEPTH, SIZE};",
            "use crate::json::Value;",
            "// crate::token\n/* a /* crate::token */ crate::token */",
            "const A: &str = \"crate::token \\\" crate::token\"; const B: char = '\"'; fn f<'a>(a: &'a str) {}",
            "const A: &str = r#\"\" crate::token\"#;",
            "#[cfg(test)]\nmod tests { use crate::token; fn f() { crate::token::verify() } }",
            "#[cfg(test)]\n#[path = \"x.rs\"]\nmod tests;",
            "mod a { use super::token; }",
            "fn now() {} struct S { now: Instant }",
        ] {
            assert_eq!(check("json.rs", source), [""; 0], "{source}");
        }
        assert_eq!(
            check("wasm/mod.rs", "use crate::Token; use wasm_bindgen::JsValue; fn f() { js_sys::Date::now(); }"),
            [""; 0]
        );
    }

    #[test]
    fn the_outside_world_stays_outside() {
        for source in [
            "use wasm_bindgen::prelude::*;",
            "fn f(value: JsValue) {}",
            "let t = std::time::Instant::now();",
            "use std::time::SystemTime;",
            "getrandom::fill(&mut bytes);",
            "use std::{collections::BTreeMap, fs::{self, File}};",
            "std::env::var(\"HOME\");",
        ] {
            assert_eq!(check("json.rs", source).len(), 1, "{source}");
        }
    }

    #[test]
    fn a_circle_is_found() {
        let circles_of = |files: &[(&str, &str)]| {
            let file = |(place, source): &(&str, &str)| (module_path(Path::new(place)), tokens(source));
            circles(&files.iter().map(file).collect())
        };
        let b = ("a/b.rs", "use super::c::{self, C};");
        for back in [
            "use super::b::B;",
            "use crate::a::{b, d::D};",
            "fn f() -> super::b::B {}",
            "mod x { use super::super::b::B; }",
        ] {
            assert_eq!(circles_of(&[b, ("a/c.rs", back)]), ["a: b → c → b", "a: c → b → c"], "{back}");
        }
        let through = [b, ("a/c/mod.rs", "mod e;"), ("a/c/e.rs", "use crate::a::d;"), ("a/d.rs", "use super::b;")];
        assert_eq!(circles_of(&through).len(), 3, "{:?}", circles_of(&through));
        let none = [b, ("a/c.rs", "use super::d;"), ("a/mod.rs", "use b::B;"), ("a/d.rs", "use super::Parent;")];
        assert_eq!(circles_of(&none), [""; 0]);
    }

    #[test]
    fn a_problem_names_its_line() {
        let source = "const A: &str = \"\n\n\";\n\nuse crate::token;";
        assert_eq!(check("json.rs", source), ["src/json.rs:5: `json` may not use `token`"]);
    }
}

#[test]
fn the_map_names_each_file_of_the_package_and_each_folder_of_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let names = |folder: &str| {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path.is_dir()))
            .collect::<Vec<_>>()
    };
    let code = |(name, _): &(String, bool)| name.ends_with(".js") || name.ends_with(".mjs");
    let files = names("pkg").into_iter().filter(code).map(|(name, _)| format!("`{name}`"));
    let folders =
        names("tests").into_iter().chain(names("pkg")).filter(|(name, is_folder)| *is_folder && name != "node_modules");
    for name in files.chain(folders.map(|(name, _)| format!("`{name}/`"))).chain(["`data/`".to_owned()]) {
        assert!(map.contains(&name), "{name} is not in ARCHITECTURE.md");
    }
}

#[test]
fn each_file_that_a_comment_or_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> =
        ["src", "tests", "xtask"].iter().flat_map(|name| rust_files(&root.join(name))).collect();
    for folder in [root.to_path_buf(), root.join("docs")] {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    let mut named = 0_usize;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for path in text.split('`').filter(|word| is_path_of_the_checkout(word)) {
            named += 1;
            assert!(root.join(path).exists(), "{} names {path}, which is not there", file.display());
        }
    }
    assert!(named > 20, "{named}: no paths were looked at");
}

/// True if a word is the path of a file under version control. Build outputs do not exist before a build.
fn is_path_of_the_checkout(word: &str) -> bool {
    let kept = ["src/", "tests/", "docs/", "xtask/", "pkg/rulesets/"].iter().any(|folder| word.starts_with(folder));
    kept && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter))
}
