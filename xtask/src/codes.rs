//! Writes `pkg/dist/codes.d.ts`: the codes of `docs/codes.md` as TypeScript unions. `tests/docs.rs` checks that page
//! against the source, so the types have exactly the codes that exist.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, ensure};

use crate::build;
use crate::project::Project;

/// A union of codes.
struct Group {
    name: &'static str,
    about: &'static str,
    /// The lists of the page that it takes its codes from. Each is named by one of its codes, since headings change.
    /// The second text is the prefix of the codes that are taken; it is empty if all of them are.
    lists: &'static [(&'static str, &'static str)],
}

const GROUPS: &[Group] = &[
    Group { name: "TokenCode", about: "The reason why a token was refused.", lists: &[("token.malformed", "")] },
    Group {
        name: "RequestCode",
        about: "The reason why a request could not be decided.",
        lists: &[("request.model_unknown", ""), ("request.json", "request")],
    },
    Group {
        name: "ValidityCode",
        about: "The reason why a ruleset was not in force.",
        lists: &[("ruleset.expired", "")],
    },
    Group {
        name: "EvidenceCode",
        about: "The reason why evidence was not usable.",
        lists: &[("evidence.missing", "")],
    },
    Group {
        name: "ExceptionCode",
        about: "The reason why an exception or a licence did not lift a rule.",
        lists: &[("exception.model", "")],
    },
    Group { name: "EngineCode", about: "The module itself failed.", lists: &[("engine.trapped", "")] },
    Group {
        name: "BundleCode",
        about: "The reason why a signed ruleset did not open.",
        lists: &[("bundle.signature", "bundle")],
    },
    Group {
        name: "TrustRootCode",
        about: "The reason why a trust root, or its rotation, was refused.",
        lists: &[("bundle.signature", "trust_root"), ("trust_root.rotation", "")],
    },
    Group {
        name: "UpdateCode",
        about: "The reason why keys, a status list or a deny list were refused.",
        lists: &[("standing.issuer", "")],
    },
    Group { name: "KeyCode", about: "The reason why a key cannot be used.", lists: &[("key.malformed", "")] },
    Group {
        name: "KeySetCode",
        about: "The reason why a key of a JWK Set is not used, although the key itself is in order.",
        lists: &[("keys.pinned", "")],
    },
    Group {
        name: "MaintenanceCode",
        about: "A problem of the fetching of keys and status lists.",
        lists: &[("upkeep.fetch", "")],
    },
    Group {
        name: "EdgeCode",
        about: "The reason why the edge refused a call before a decision, in addition to `RequestCode` and `TokenCode`.",
        lists: &[
            ("request.json", "token"),
            ("request.json", "ruleset"),
            ("request.json", "origin"),
            ("request.json", "upstream"),
            ("request.json", "client"),
            ("request.json", "models"),
        ],
    },
    Group {
        name: "FindingCode",
        about: "A finding in the text of a ruleset, except those of its keys, which have a `KeyCode`.",
        lists: &[("source.yaml", ""), ("check.dead", "")],
    },
];

/// Lists whose codes do not reach JavaScript: of a context, which is checked there; of files of cases; of tables.
const OTHERS: &[&str] = &["context.json", "case.id", "table.row"];

pub fn write(project: &Project) -> Result<()> {
    let page = project.root.join("docs/codes.md");
    let page = fs::read_to_string(&page).with_context(|| format!("{} cannot be read", page.display()))?;
    build::write_if_changed(&project.dist().join("codes.d.ts"), types(&page)?.as_bytes())
}

fn types(page: &str) -> Result<String> {
    let lists = lists(page);
    let mut left: Vec<BTreeSet<&str>> = lists.iter().map(|list| list.iter().copied().collect()).collect();
    let find = |code: &str| {
        let at = lists.iter().position(|list| list.contains(&code));
        at.with_context(|| format!("docs/codes.md has no list with `{code}`: which list does xtask/src/codes.rs mean?"))
    };
    let mut text = "// Made from docs/codes.md by `cargo xtask build codes`. Do not edit.\n".to_owned();
    for Group { name, about, lists: parts } in GROUPS {
        write!(text, "\n/** {about} */\nexport type {name} =")?;
        let mut seen = BTreeSet::new();
        for (code, prefix) in *parts {
            let list = find(code)?;
            let taken = lists[list].iter().filter(|code| prefix.is_empty() || prefix_of(code) == *prefix);
            for code in taken {
                left[list].remove(code);
                if seen.insert(code) {
                    write!(text, "\n  | \"{code}\"")?;
                }
            }
        }
        ensure!(!seen.is_empty(), "`{name}` would have no code");
        text.push_str(";\n");
    }
    for code in OTHERS {
        left[find(code)?].clear();
    }
    let left: Vec<&str> = left.into_iter().flatten().collect();
    ensure!(left.is_empty(), "codes of docs/codes.md that are in no group of xtask/src/codes.rs: {left:?}");
    Ok(text)
}

/// The codes of each table, in its first column, and of each run of paragraphs between headings and tables.
fn lists(page: &str) -> Vec<Vec<&str>> {
    let mut lists = vec![Vec::new()];
    let mut in_table = false;
    for line in page.lines() {
        let row = line.strip_prefix('|').and_then(|row| row.split('|').next());
        if line.starts_with('#') || row.is_some() != in_table {
            lists.push(Vec::new());
        }
        in_table = row.is_some();
        // Every second part of the split is between backticks.
        let quoted = row.unwrap_or(line).split('`').skip(1).step_by(2);
        if let Some(list) = lists.last_mut() {
            list.extend(quoted.filter(|word| is_code(word)));
        }
    }
    lists.retain(|list| !list.is_empty());
    lists
}

/// True if a word has the form of a code, and the prefix of one.
fn is_code(word: &str) -> bool {
    let known = GROUPS.iter().flat_map(|group| group.lists.iter().flat_map(|(code, prefix)| [prefix_of(code), prefix]));
    let more = ["check", "chain", "country", "denied", "keys", "licence", "ruleset", "status"];
    let (prefix, rest) = word.split_once('.').unwrap_or_default();
    let form = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    form && known.chain(OTHERS.iter().map(|code| prefix_of(code))).chain(more).any(|known| known == prefix)
}

fn prefix_of(code: &str) -> &str {
    code.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../docs/codes.md");

    #[test]
    fn the_page_has_a_group_for_each_code() {
        let types = types(PAGE).unwrap();
        assert!(types.contains("export type UpdateCode =\n  | \"standing.issuer\"\n"), "{types}");
        assert!(types.contains("export type KeySetCode =\n  | \"keys.duplicate\"\n"), "{types}");
        assert!(!types.contains("decision.reason"));
    }

    #[test]
    fn a_code_without_a_group_is_an_error() {
        let error = types(&format!("{PAGE}\n## New\n`token.new`\n")).unwrap_err().to_string();
        assert!(error.contains("token.new"), "{error}");
    }

    #[test]
    fn a_table_is_read_by_its_first_column() {
        let page =
            "# A\nText of `key.use`.\n\n| code | meaning |\n|---|---|\n| `token.typ` | not `key.weak` |\n\n`key.roca`";
        assert_eq!(lists(page), [vec!["key.use"], vec!["token.typ"], vec!["key.roca"]]);
    }
}
