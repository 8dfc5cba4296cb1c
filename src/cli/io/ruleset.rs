//! Reads a ruleset from its file and inserts issuers' keys that are supplied separately.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::finding::FileFindings;
use crate::cli::io::streams;
use brightline::{Diagnostic, Entry, Instant, Kind, Node, Ruleset, SourceRange};
use clap::Args;
use std::path::Path;

/// Options for reading a ruleset.
#[derive(Args)]
pub(crate) struct RulesetOptions {
    /// Use an issuer's keys from a JWKS file (`{"keys": […]}`) instead of those in the ruleset
    #[arg(long, value_name = "ISSUER_ID=FILE", value_parser = supplied)]
    jwks: Vec<Supplied>,
    /// Use another `iss` for an issuer, such as that of a test environment
    #[arg(long, value_name = "ISSUER_ID=URL", value_parser = supplied)]
    iss: Vec<Supplied>,
}

/// A value supplied for one issuer.
#[derive(Clone)]
struct Supplied {
    issuer: String,
    value: String,
}

/// The result of reading a ruleset.
pub(crate) type Loaded = Result<Ruleset, FileFindings>;

impl RulesetOptions {
    /// The files that are read in addition to the ruleset.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.jwks.iter().map(|supplied| Path::new(&supplied.value))
    }

    /// Reads a ruleset. Errors in its text are returned as a report, all others as a failure.
    pub(crate) fn load(&self, path: &Path) -> Result<Loaded, Failure> {
        Ok(self.load_document(path, brightline::read_ruleset)?.map(|(ruleset, _)| ruleset))
    }

    /// Reads a ruleset for its rules only; issuers' keys may be absent.
    pub(crate) fn load_rules(&self, path: &Path) -> Result<Ruleset, Failure> {
        valid(self.load_document(path, brightline::read_rules)?.map(|(ruleset, _)| ruleset))
    }

    /// Reads a ruleset to show its rules, and reports if it is complete, with every issuer's keys, as signing requires.
    pub(crate) fn load_to_show(&self, path: &Path) -> Result<(Ruleset, bool), Failure> {
        let loaded = self.load_document(path, brightline::read_rules)?;
        let shown =
            |(ruleset, document): (Ruleset, SourceFile)| (ruleset, brightline::read_ruleset(&document.root).is_ok());
        loaded.map(shown).map_err(Failure::found)
    }

    /// Reads a ruleset for its rules, with its text, so that findings have a position.
    pub(crate) fn load_to_check(&self, path: &Path) -> Result<Result<(Ruleset, SourceFile), FileFindings>, Failure> {
        self.load_document(path, brightline::read_rules)
    }

    fn load_document(
        &self,
        path: &Path,
        meaning: impl FnOnce(&Node) -> Result<Ruleset, Vec<Diagnostic>>,
    ) -> Result<Result<(Ruleset, SourceFile), FileFindings>, Failure> {
        let SourceFile { text, mut root } = match read(path, "a ruleset's file")? {
            Ok(document) => document,
            Err(report) => return Ok(Err(report)),
        };
        let known = ids(&root, "issuers");
        let unknown = |issuer: &str| {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Failure::unknown(format!("`{}` has no issuer `{issuer}`", path.display()), issuer, &known)
        };
        // Strict, although an odd key in a fetched set is skipped: an author can mend the file, and a key that is
        // silently left out of a signed ruleset would lock its users out.
        for Supplied { issuer, value } in &self.jwks {
            put(&mut root, issuer, "keys", key_set(Path::new(value))?).ok_or_else(|| unknown(issuer))?;
        }
        for Supplied { issuer, value } in &self.iss {
            put(&mut root, issuer, "iss", Kind::String(value.clone())).ok_or_else(|| unknown(issuer))?;
        }
        Ok(match meaning(&root) {
            Ok(ruleset) => Ok((ruleset, SourceFile { text, root })),
            Err(findings) => Err(FileFindings { file: path.display().to_string(), text, findings, warnings: false }),
        })
    }

    /// Reads a ruleset that must have no findings; they are printed as errors.
    pub(crate) fn load_valid(&self, path: &Path) -> Result<Ruleset, Failure> {
        valid(self.load(path)?)
    }
}

/// Reads a ruleset that verifies no token, so issuers' keys may be absent.
pub(crate) fn load_keyless(path: &Path) -> Result<Ruleset, Failure> {
    load_changed(path, &[])
}

/// Reads the same, with licences revoked at an instant.
pub(crate) fn load_changed(path: &Path, revoked: &[(String, Instant)]) -> Result<Ruleset, Failure> {
    let SourceFile { text, mut root } = match read(path, "a ruleset's file")? {
        Ok(document) => document,
        Err(report) => return valid(Err(report)),
    };
    let known = ids(&root, "licences");
    for (id, at) in revoked {
        let licence = match member(&mut root, "licences").map(|licences| &mut licences.kind) {
            Some(Kind::Sequence(licences)) => licences
                .iter_mut()
                .find_map(|one| matches!(&member(one, "id")?.kind, Kind::String(known) if known == id).then_some(one)),
            _ => None,
        };
        let unknown = || {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Failure::unknown(format!("`{}` has no licence `{id}`", path.display()), id, &known)
        };
        let licence = licence.ok_or_else(unknown)?;
        let value = Node { at: licence.at, kind: Kind::String(at.to_string()) };
        set(licence, "revoked", value).ok_or_else(unknown)?;
    }
    let report = |findings| FileFindings { file: path.display().to_string(), text, findings, warnings: false };
    valid(brightline::read_rules(&root).map_err(report))
}

/// The ids in a document's list.
fn ids(document: &Node, list: &str) -> Vec<String> {
    let items = match document.field(list).map(|entry| &entry.value.kind) {
        Some(Kind::Sequence(items)) => items.as_slice(),
        _ => &[],
    };
    let id = |item: &Node| match &item.field("id")?.value.kind {
        Kind::String(id) => Some(id.clone()),
        _ => None,
    };
    items.iter().filter_map(id).collect()
}

/// Checks that a ruleset has the requested models and actions.
pub(crate) fn knows<'a>(
    ruleset: &Ruleset,
    models: impl IntoIterator<Item = &'a String>,
    actions: impl IntoIterator<Item = &'a String>,
) -> Result<(), Failure> {
    let known = |what: &str, name: &String, all: &[&str]| {
        let sentence = || format!("the ruleset `{}` has no {what} `{name}`", ruleset.id());
        if all.contains(&name.as_str()) { Ok(()) } else { Err(Failure::unknown(sentence(), name, all)) }
    };
    let all: Vec<&str> = ruleset.models().map(|(id, _)| id).collect();
    models.into_iter().try_for_each(|model| known("model", model, &all))?;
    let all: Vec<&str> = ruleset.actions().collect();
    actions.into_iter().try_for_each(|action| known("action", action, &all))
}

/// Checks that an instant is inside a ruleset's period of validity.
pub(crate) fn within_window(ruleset: &Ruleset, at: Instant) -> Result<(), Failure> {
    let (issued, expires) = (ruleset.issued(), ruleset.expires());
    if issued <= at && at < expires {
        return Ok(());
    }
    let message = format!("the ruleset is valid from {issued} until {expires}: give an instant in between with `--at`");
    Err(Failure::new(Exit::Usage, message))
}

fn valid(loaded: Loaded) -> Result<Ruleset, Failure> {
    loaded.map_err(Failure::found)
}

/// A parsed file in YAML or JSON, not yet interpreted.
pub(crate) struct SourceFile {
    pub(crate) text: String,
    pub(crate) root: Node,
}

/// Reads a file in the format of its extension. Errors in its text are in the report.
pub(crate) fn read(path: &Path, what: &str) -> Result<Result<SourceFile, FileFindings>, Failure> {
    if path == Path::new("-") {
        let message = format!("`-`: {what} is not read from standard input, since its format is known from its ending");
        return Err(Failure::new(Exit::Usage, message));
    }
    let text = streams::read_text(path)?;
    let parse = match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml" | "yml") => brightline::parse_yaml,
        Some("json") => brightline::parse_json,
        _ => {
            let message = format!("`{}`: {what} ends in .yaml, .yml or .json", path.display());
            return Err(Failure::other(message));
        }
    };
    Ok(match parse(&text) {
        Ok(root) => Ok(SourceFile { text, root }),
        Err(findings) => Err(FileFindings { file: path.display().to_string(), text, findings, warnings: false }),
    })
}

/// The `keys` of a JWKS file.
fn key_set(path: &Path) -> Result<Kind, Failure> {
    let text = streams::read_text(path)?;
    let mut document = brightline::parse_json(&text).map_err(|findings| not_json(&findings).of(path.display()))?;
    match member(&mut document, "keys").map(|keys| keys.kind.clone()) {
        Some(keys @ Kind::Sequence(_)) => Ok(keys),
        _ => Err(Failure::key("a JWKS file is an object with a list `keys`").of(path.display())),
    }
}

/// A key or key set that is not strict JSON.
pub(crate) fn not_json(findings: &[Diagnostic]) -> Failure {
    let problem = findings.first().map_or("no reason was given", |first| first.message.as_str());
    Failure::key(format!("not strict JSON: {problem}"))
}

/// Sets a field of the issuer with that id. Findings about it point at the position of the replaced value.
fn put(document: &mut Node, issuer: &str, field: &str, kind: Kind) -> Option<()> {
    let Kind::Sequence(issuers) = &mut member(document, "issuers")?.kind else { return None };
    let issuer = issuers.iter_mut().find_map(|node| {
        let named = matches!(&member(node, "id")?.kind, Kind::String(id) if id == issuer);
        named.then_some(node)
    })?;
    let whole = issuer.at;
    let at = member(issuer, field).map_or(whole, |replaced| replaced.at);
    let mut value = Node { at, kind };
    place(&mut value, at);
    set(issuer, field, value)
}

/// Sets a field of a mapping, replacing one of the same name.
pub(crate) fn set(mapping: &mut Node, field: &str, value: Node) -> Option<()> {
    let Kind::Mapping(fields) = &mut mapping.kind else { return None };
    fields.retain(|entry| entry.key != field);
    fields.push(Entry { key: field.to_owned(), key_at: value.at, value });
    Some(())
}

/// The value of a mapping's field.
pub(crate) fn member<'a>(node: &'a mut Node, name: &str) -> Option<&'a mut Node> {
    let Kind::Mapping(entries) = &mut node.kind else { return None };
    entries.iter_mut().find(|entry| entry.key == name).map(|entry| &mut entry.value)
}

/// Sets the position of a value and of everything in it.
pub(crate) fn place(node: &mut Node, at: SourceRange) {
    node.at = at;
    match &mut node.kind {
        Kind::Sequence(items) => items.iter_mut().for_each(|item| place(item, at)),
        Kind::Mapping(entries) => entries.iter_mut().for_each(|entry| {
            entry.key_at = at;
            place(&mut entry.value, at);
        }),
        _ => {}
    }
}

fn supplied(argument: &str) -> Result<Supplied, String> {
    match argument.split_once('=') {
        Some((issuer, value)) if !issuer.is_empty() && !value.is_empty() => {
            Ok(Supplied { issuer: issuer.to_owned(), value: value.to_owned() })
        }
        _ => Err("write it with the issuer's id, `=` and the value".to_owned()),
    }
}
