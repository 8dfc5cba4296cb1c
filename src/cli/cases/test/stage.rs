//! Prepares the rulesets of one file of cases: replaces the issuers' keys with throw-away keys, adds the cases' issuers
//! and licences, then compiles, signs and opens them as an app does. This is done once per set of licences, not per
//! case.

use super::ask;
use super::ask::ACCOUNT;
use super::ask::Refusal;
use super::read_claims;
use super::read_claims::ReadClaims;
use crate::cli::io::failure::Failure;
use crate::cli::io::finding::FileFindings;
use crate::cli::io::ruleset::{SourceFile, member, place, set};
use crate::cli::signing::key_file::PrivateKey;
use crate::cli::signing::sign;
use brightline::{Algorithm, Case, DEVELOPMENT, Diagnostic, Engine, Entry, Kind, Node, SourceRange, TENANT, TrustRoot};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// The keys of a run: one that signs rulesets, and one for each `iss`, shared by the rulesets that trust it.
pub(super) struct Keys {
    author: PrivateKey,
    issuers: BTreeMap<String, PrivateKey>,
}

/// An issuer as a ruleset trusts it.
#[derive(Debug)]
pub(super) struct Trusted {
    pub(super) iss: String,
    pub(super) audience: String,
}

/// The reason for which cases cannot be run.
pub(super) enum Stopped {
    Findings(FileFindings),
    Failure(Failure),
}

/// The rulesets of one file of cases.
pub(super) struct Stage {
    file: PathBuf,
    text: String,
    rulesets: BTreeMap<String, StagedRuleset>,
    engines: HashMap<String, Engine>,
}

struct StagedRuleset {
    path: PathBuf,
    document: SourceFile,
    trusted: BTreeMap<String, Trusted>,
    /// The claims that the ruleset reads, by issuer.
    claims: BTreeMap<String, ReadClaims>,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Keys {
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self { author: throw_away()?, issuers: BTreeMap::new() })
    }

    pub(super) fn of(&self, iss: &str) -> Option<&PrivateKey> {
        self.issuers.get(iss)
    }

    fn make(&mut self, iss: &str) -> Result<&PrivateKey, Failure> {
        if !self.issuers.contains_key(iss) {
            self.issuers.insert(iss.to_owned(), throw_away()?);
        }
        self.of(iss).ok_or_else(|| Failure::other("a key was lost"))
    }
}

impl Stage {
    /// Prepares a stage for a file of cases with that text.
    pub(super) fn new(file: &Path, text: &str) -> Self {
        let (file, text) = (file.to_path_buf(), text.to_owned());
        Self { file, text, rulesets: BTreeMap::new(), engines: HashMap::new() }
    }

    /// Adds a ruleset under the name that cases use for it.
    pub(super) fn add(
        &mut self,
        name: &str,
        path: &Path,
        mut document: SourceFile,
        named: &NamedIssuers<'_>,
        keys: &mut Keys,
    ) -> Result<(), Stopped> {
        let trusted = give_issuers(&mut document.root, named, keys)?;
        // Report its own findings before licences of a case can cause others.
        let ruleset = match brightline::read_ruleset(&document.root) {
            Ok(ruleset) => ruleset,
            Err(findings) => {
                let (file, text) = (path.display().to_string(), document.text);
                return Err(Stopped::Findings(FileFindings { file, text, findings, warnings: false }));
            }
        };
        let claims = trusted.keys().map(|issuer| (issuer.clone(), read_claims::claims(&ruleset, issuer))).collect();
        self.rulesets.insert(name.to_owned(), StagedRuleset { path: path.to_path_buf(), document, trusted, claims });
        Ok(())
    }

    /// The files of the rulesets that a case names.
    pub(super) fn paths(&self, case: &Case) -> Vec<PathBuf> {
        case.ruleset.iter().filter_map(|name| Some(self.rulesets.get(name)?.path.clone())).collect()
    }

    /// The entries for an issuer in the rulesets of a case that trust it.
    pub(super) fn trusted(&self, case: &Case, issuer: &str) -> Vec<&Trusted> {
        case.ruleset.iter().filter_map(|name| self.rulesets.get(name)?.trusted.get(issuer)).collect()
    }

    /// The claims of an issuer that the rulesets of a case read.
    pub(super) fn claims(&self, case: &Case, issuer: &str) -> impl Iterator<Item = &(Vec<String>, Vec<String>)> {
        let rulesets = case.ruleset.iter().filter_map(|name| self.rulesets.get(name));
        rulesets.filter_map(|staged| staged.claims.get(issuer)).flatten().collect::<Vec<_>>().into_iter()
    }

    /// The rulesets of a case, with its licences, composed into one engine.
    pub(super) fn engine(&mut self, case: &Case, keys: &Keys) -> Result<Result<Engine, Refusal>, Stopped> {
        let mut engines = Vec::new();
        for name in &case.ruleset {
            let licences: Vec<Value> = case.authorizations.iter().map(ask::licence).collect();
            let key = format!("{name} {}", Value::Array(licences));
            if let Some(engine) = self.engines.get(&key) {
                engines.push(engine.clone());
                continue;
            }
            let engine = self.open(name, case, keys)?;
            self.engines.insert(key, engine.clone());
            engines.push(engine);
        }
        Ok(ask::together(engines))
    }

    fn open(&self, name: &str, case: &Case, keys: &Keys) -> Result<Engine, Stopped> {
        let staged = self.rulesets.get(name).ok_or_else(|| Failure::other(format!("there is no ruleset `{name}`")))?;
        let mut root = staged.document.root.clone();
        give_licences(&mut root, case)?;
        // The ruleset alone is valid, so findings are due to the licences and their position is in the file of cases.
        let here = |findings: Vec<Diagnostic>| {
            Stopped::Findings(FileFindings {
                file: self.file.display().to_string(),
                text: self.text.clone(),
                findings,
                warnings: false,
            })
        };
        let ruleset = brightline::read_ruleset(&root).map_err(here)?;
        let bundle = sign::bundle(&ruleset, AUDIENCE, &keys.author)?;
        let trust = json!({ "ruleset": ruleset.id(), "audience": AUDIENCE, "threshold": 1,
                            "keys": [keys.author.to_jwk(false)] });
        let trust = TrustRoot::parse(trust.to_string().as_bytes()).map_err(Failure::from)?;
        Ok(Engine::open(bundle.as_bytes(), &trust, ruleset.issued(), 0).map_err(Failure::from)?)
    }
}

const AUDIENCE: &str = "cases";

/// The issuers that a file of cases names, with their class if it is given.
pub(super) type NamedIssuers<'a> = BTreeMap<&'a str, Option<&'a str>>;

/// The `typ` of the run's tokens.
pub(super) const TYP: &str = "at+jwt";
/// The fields of an issuer's entry about verification, which the run replaces.
const VERIFICATION: [&str; 11] = [
    "tenants",
    "audience_claim",
    "max_lifetime",
    "vct",
    "keys_from",
    "holder",
    "proof_age",
    "status_list",
    "status_keys",
    "link",
    "hops",
];

/// Adds the issuers that the cases name and the account issuer, gives every issuer a key of the run, and returns the
/// named issuers that are trusted. A document that is not a ruleset is left unchanged; reading it reports the error.
fn give_issuers(
    root: &mut Node,
    named: &NamedIssuers<'_>,
    keys: &mut Keys,
) -> Result<BTreeMap<String, Trusted>, Failure> {
    let mut trusted = BTreeMap::new();
    if member(root, "issuers").is_none() {
        let at = root.at;
        let _ = set(root, "issuers", Node { at, kind: Kind::Sequence(Vec::new()) });
    }
    // Every token of a case is about one person, or names its subject.
    let at = root.at;
    let _ = set(root, "same_person", Node { at, kind: Kind::String("subject".to_owned()) });
    let Some(Node { kind: Kind::Sequence(issuers), .. }) = member(root, "issuers") else { return Ok(trusted) };
    let mut added = Vec::new();
    for (name, class) in named {
        if has(issuers, "id", name) {
            continue;
        }
        let template = issuers.iter().find(|issuer| class.is_some() && text(issuer, "class") == *class);
        if let Some(mut issuer) = template.cloned() {
            let at = issuer.at;
            let iss = format!("urn:brightline:cases:{name}");
            for (field, value) in [("id", (*name).to_owned()), ("iss", iss)] {
                let _ = set(&mut issuer, field, Node { at, kind: Kind::String(value) });
            }
            added.push(issuer);
        }
    }
    if !has(issuers, "id", ACCOUNT) {
        let account = json!({ "id": ACCOUNT, "iss": "urn:brightline:account", "audience": "urn:brightline:app",
                              "assurance": "self" });
        added.push(node(&account, SourceRange::default())?);
    }
    issuers.extend(added);
    let mut met = BTreeSet::new();
    for issuer in issuers {
        // A case states facts about a person; the run decides how tokens show them.
        remove(issuer, |field| VERIFICATION.contains(&field));
        let _ = set(issuer, "typ", Node { at: issuer.at, kind: Kind::String(TYP.to_owned()) });
        let Some(mut iss) = one(issuer, "iss").map(str::to_owned) else { continue };
        // The run's own tokens are not development tokens, and have one form and no tenant.
        if iss.ends_with(DEVELOPMENT) || iss.contains(TENANT) || !met.insert(iss.clone()) {
            iss = format!("urn:brightline:cases:{}", text(issuer, "id").unwrap_or_default());
        }
        let _ = set(issuer, "iss", Node { at: issuer.at, kind: Kind::String(iss.clone()) });
        let whole = issuer.at;
        let at = member(issuer, "keys").map_or(whole, |keys| keys.at);
        let key = keys.make(&iss)?.to_jwk(false);
        let _ = set(issuer, "keys", node(&json!([key]), at)?);
        if let (Some(id), Some(audience)) = (text(issuer, "id"), one(issuer, "audience")) {
            trusted.insert(id.to_owned(), Trusted { iss, audience: audience.to_owned() });
        }
    }
    Ok(trusted)
}

/// Inserts a case's licences, replacing the ruleset's own with the same id.
fn give_licences(root: &mut Node, case: &Case) -> Result<(), Failure> {
    let mut licences = items(root, "licences").to_vec();
    licences.retain(|licence| case.authorizations.iter().all(|held| text(licence, "id") != Some(&held.number)));
    for authorization in &case.authorizations {
        // Skip a licence that no rule of this ruleset asks for, by id or by type.
        let asked = items(root, "rules").iter().flat_map(|rule| items(rule, "unless")).any(|exception| {
            let of = entries(exception).iter().find(|entry| entry.key == "licence").map(|entry| &entry.value);
            of.is_some_and(|licence| match &licence.kind {
                Kind::String(id) => *id == authorization.number,
                _ => text(licence, "type") == Some(&authorization.kind),
            })
        });
        if asked {
            licences.push(node(&ask::licence(authorization), authorization.place)?);
        }
    }
    if licences.is_empty() {
        remove(root, |field| field == "licences");
    } else {
        let at = case.place;
        let _ = set(root, "licences", Node { at, kind: Kind::Sequence(licences) });
    }
    Ok(())
}

fn throw_away() -> Result<PrivateKey, Failure> {
    PrivateKey::generate(Algorithm::Ed25519, Some("cases".to_owned()))
}

/// JSON as a part of a document, all of it at one position.
fn node(value: &Value, at: SourceRange) -> Result<Node, Failure> {
    let mut node = brightline::parse_json(&value.to_string()).map_err(|findings| {
        Failure::other(findings.first().map_or("not strict JSON", |finding| finding.message.as_str()))
    })?;
    place(&mut node, at);
    Ok(node)
}

fn has(nodes: &[Node], field: &str, value: &str) -> bool {
    nodes.iter().any(|node| text(node, field) == Some(value))
}

/// A mapping's members. Empty if it is not a mapping.
pub(super) fn entries(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Mapping(entries) => entries,
        _ => &[],
    }
}

/// A field's string.
pub(super) fn text<'a>(node: &'a Node, field: &str) -> Option<&'a str> {
    match &entries(node).iter().find(|entry| entry.key == field)?.value.kind {
        Kind::String(text) => Some(text),
        _ => None,
    }
}

/// A field's integer. 0 if it is not an integer.
pub(super) fn integer(node: &Node, field: &str) -> i64 {
    match entries(node).iter().find(|entry| entry.key == field).map(|entry| &entry.value.kind) {
        Some(Kind::Integer(value)) => *value,
        _ => 0,
    }
}

/// A field's items. Empty if it is not a list.
pub(super) fn items<'a>(node: &'a Node, field: &str) -> &'a [Node] {
    match entries(node).iter().find(|entry| entry.key == field).map(|entry| &entry.value.kind) {
        Some(Kind::Sequence(items)) => items,
        _ => &[],
    }
}

/// A field's string, or the first of its strings.
fn one<'a>(node: &'a Node, field: &str) -> Option<&'a str> {
    text(node, field).or_else(|| match &items(node, field).first()?.kind {
        Kind::String(text) => Some(text),
        _ => None,
    })
}

fn remove(node: &mut Node, unwanted: impl Fn(&str) -> bool) {
    if let Kind::Mapping(entries) = &mut node.kind {
        entries.retain(|entry| !unwanted(&entry.key));
    }
}
