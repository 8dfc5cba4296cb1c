//! Runs files of cases: reads them and their rulesets, and decides each case on the real path of a request.

use super::ask;
use super::ask::Refusal;
use super::compare::Field;
use super::compare::compare;
use super::declared::Declared;
use super::filter::Filter;
use super::stage::Keys;
use super::stage::NamedIssuers;
use super::stage::Stage;
use super::stage::Stopped;
use super::token;
use super::unread;
use crate::cli::io::failure::Failure;
use crate::cli::io::finding::FileFindings;
use crate::cli::io::ruleset;
use brightline::{Case, CaseFile, Decision, Diagnostic};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant as Clock, SystemTime};

/// The settings and keys of a run.
pub(super) struct Runner<'a> {
    rulesets: &'a [(String, PathBuf)],
    filter: Option<&'a Filter>,
    fail_fast: bool,
    /// The only case to run, and the ruleset to use instead of those that it names, if given.
    only: Option<(&'a str, Option<&'a Path>)>,
    keys: Keys,
}

/// The results of one file of cases.
pub(super) struct FileRun {
    pub(super) file: PathBuf,
    /// The cases that were decided, in the order of the file.
    pub(super) cases: Vec<Ran>,
    /// The number of cases that the filter left out.
    pub(super) left_out: usize,
    /// Errors in the file or its rulesets. If there are any, no case was run.
    pub(super) findings: Vec<FileFindings>,
    pub(super) failure: Option<Failure>,
    /// The parts that the rulesets declare, by file.
    pub(super) rulesets: BTreeMap<PathBuf, Declared>,
    /// The files that were read, with their state before.
    pub(super) seen: Vec<(PathBuf, Stamp)>,
}

/// The result of one case.
pub(super) struct Ran {
    pub(super) case: Case,
    /// The files of its rulesets.
    pub(super) rulesets: Vec<PathBuf>,
    pub(super) decision: Result<Decision, Refusal>,
    pub(super) fields: Vec<Field>,
    /// Notes for the reader about how it was run.
    pub(super) notes: Vec<String>,
    pub(super) took: Duration,
}

/// All findings, without the duplicates of a ruleset that several files name.
pub(super) fn findings(runs: &[FileRun]) -> Vec<&FileFindings> {
    let mut all: Vec<&FileFindings> = Vec::new();
    for report in runs.iter().flat_map(|run| &run.findings) {
        if !all.iter().any(|known| known.file == report.file && known.findings == report.findings) {
            all.push(report);
        }
    }
    all
}

/// The ids of a file's cases. Empty if the file is not valid.
pub(super) fn ids(file: &Path) -> Result<Vec<String>, Failure> {
    let document = ruleset::read(file, "a file of cases")?;
    let read = document.ok().and_then(|document| brightline::read_cases(&document.root).ok());
    Ok(read.into_iter().flat_map(|read| read.cases).map(|case| case.id).collect())
}

/// The modification time and length of a file. `None` if there is no file.
pub(super) type Stamp = Option<(SystemTime, u64)>;

/// The present state of a file.
pub(super) fn stamp(path: &Path) -> Stamp {
    let known = std::fs::metadata(path).ok()?;
    Some((known.modified().ok()?, known.len()))
}

impl Ran {
    pub(super) fn passed(&self) -> bool {
        self.decision.is_ok() && self.fields.iter().all(|field| !field.differs)
    }
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        rulesets: &'a [(String, PathBuf)],
        filter: Option<&'a Filter>,
        fail_fast: bool,
    ) -> Result<Self, Failure> {
        Ok(Self { rulesets, filter, fail_fast, only: None, keys: Keys::new()? })
    }

    /// Runs only the case with this id, under `ruleset` instead of the rulesets that it names, if given.
    pub(super) fn only(mut self, id: &'a str, ruleset: Option<&'a Path>) -> Self {
        self.only = Some((id, ruleset));
        self
    }

    /// Runs files in order, and stops at the first case that differs if `fail_fast` is set.
    pub(super) fn run_all(&mut self, files: &[PathBuf]) -> Vec<FileRun> {
        let mut runs = Vec::new();
        for file in files {
            let run = self.run(file);
            let differs = run.cases.iter().any(|case| !case.passed());
            runs.push(run);
            if self.fail_fast && differs {
                break;
            }
        }
        runs
    }

    pub(super) fn run(&mut self, file: &Path) -> FileRun {
        let mut run = FileRun {
            file: file.to_path_buf(),
            cases: Vec::new(),
            left_out: 0,
            findings: Vec::new(),
            failure: None,
            rulesets: BTreeMap::new(),
            seen: Vec::new(),
        };
        match self.fill(&mut run) {
            Ok(()) => {}
            Err(Stopped::Findings(report)) => run.findings.push(report),
            Err(Stopped::Failure(failure)) => run.failure = Some(failure),
        }
        run
    }

    fn fill(&mut self, run: &mut FileRun) -> Result<(), Stopped> {
        let file = run.file.clone();
        run.seen.push((file.clone(), stamp(&file)));
        let document = ruleset::read(&file, "a file of cases")?.map_err(Stopped::Findings)?;
        let here = |findings| FileFindings {
            file: file.display().to_string(),
            text: document.text.clone(),
            findings,
            warnings: false,
        };
        let read = brightline::read_cases(&document.root).map_err(|findings| Stopped::Findings(here(findings)))?;
        let read = match self.only {
            Some((id, _)) => CaseFile { cases: read.cases.into_iter().filter(|case| case.id == id).collect(), ..read },
            None => read,
        };
        let paths = self.paths(&file, &read).map_err(|findings| Stopped::Findings(here(findings)))?;
        let named = named(&read);
        let all = read.cases.len();
        let chosen: Vec<&Case> =
            read.cases.iter().filter(|case| self.filter.is_none_or(|filter| filter.takes(case))).collect();
        run.left_out = all.saturating_sub(chosen.len());

        let mut stage = Stage::new(&file, &document.text);
        let used: BTreeSet<&String> = chosen.iter().flat_map(|case| &case.ruleset).collect();
        for name in used {
            let Some(path) = paths.get(name.as_str()) else { continue };
            run.seen.push((path.clone(), stamp(path)));
            let added = match ruleset::read(path, "a ruleset's file")? {
                Ok(document) => {
                    run.rulesets.insert(path.clone(), Declared::of(&document.root));
                    stage.add(name, path, document, &named, &mut self.keys)
                }
                Err(report) => Err(Stopped::Findings(report)),
            };
            collect(run, added)?;
        }
        // Collect all findings at once, including those about each case's licences.
        if run.findings.is_empty() {
            for case in &chosen {
                let opened = stage.engine(case, &self.keys).map(|_| ());
                collect(run, opened)?;
                let (unread, _) = unread::look(&stage, case);
                if !unread.is_empty() {
                    collect(run, Err(Stopped::Findings(here(unread))))?;
                }
            }
        }
        if !run.findings.is_empty() {
            return Ok(());
        }
        for case in chosen {
            let ran = self.case(&mut stage, case)?;
            let stop = self.fail_fast && !ran.passed();
            run.cases.push(ran);
            if stop {
                break;
            }
        }
        Ok(())
    }

    fn case(&self, stage: &mut Stage, case: &Case) -> Result<Ran, Stopped> {
        let started = Clock::now();
        let engine = stage.engine(case, &self.keys)?;
        let (mut tokens, (_, mut notes)) = (Vec::new(), unread::look(stage, case));
        for issuer in token::issuers(case) {
            let mut trusted = stage.trusted(case, issuer);
            if trusted.is_empty() {
                notes.push(format!("no ruleset trusts the issuer `{issuer}`: its token is not presented"));
            }
            // Rulesets may trust it under several `iss`, each of which needs a token.
            while let Some(iss) = trusted.first().map(|first| first.iss.clone()) {
                let (same, others) = trusted.into_iter().partition::<Vec<_>, _>(|trusted| trusted.iss == iss);
                tokens.extend(token::mint(case, issuer, &same, &self.keys));
                trusted = others;
            }
        }
        let decision = engine.and_then(|engine| ask::decide(&engine, &tokens, case));
        let took = started.elapsed();
        let fields = decision.as_ref().map(|decision| compare(case, decision)).unwrap_or_default();
        Ok(Ran { case: case.clone(), rulesets: stage.paths(case), decision, fields, notes, took })
    }

    /// The file of each ruleset that a case names.
    fn paths(&self, file: &Path, read: &CaseFile) -> Result<BTreeMap<String, PathBuf>, Vec<Diagnostic>> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut paths: BTreeMap<String, PathBuf> =
            read.rulesets.iter().map(|(name, path)| (name.clone(), folder.join(path))).collect();
        paths.extend(self.rulesets.iter().cloned());
        if let Some((_, Some(ruleset))) = self.only {
            let named = read.cases.iter().flat_map(|case| case.ruleset.iter());
            paths.extend(named.map(|name| (name.clone(), ruleset.to_path_buf())));
        }
        let mut findings = Vec::new();
        for case in &read.cases {
            for name in case.ruleset.iter().filter(|name| !paths.contains_key(*name)) {
                findings.push(Diagnostic {
                    code: "case.unknown_ruleset",
                    at: case.ruleset_place,
                    message: format!("there is no ruleset `{name}`"),
                    help: Some("name its file under `rulesets`, or with `--ruleset NAME=FILE`".to_owned()),
                });
            }
        }
        if findings.is_empty() { Ok(paths) } else { Err(findings) }
    }
}

/// Every issuer that a file names, with its class if any case gives it.
fn named(file: &CaseFile) -> NamedIssuers<'_> {
    let mut named = NamedIssuers::new();
    for evidence in file.cases.iter().flat_map(|case| &case.evidence) {
        let class = named.entry(evidence.issuer.as_str()).or_default();
        *class = class.or(evidence.class.as_deref());
    }
    named
}

/// Collects findings and goes on, so that all of them are shown, but stops at a failure. Findings that several cases
/// share are shown once.
fn collect(run: &mut FileRun, result: Result<(), Stopped>) -> Result<(), Stopped> {
    match result {
        Err(Stopped::Findings(report)) => match run.findings.iter_mut().find(|known| known.file == report.file) {
            Some(known) => {
                let new = report.findings.into_iter().filter(|finding| !known.findings.contains(finding));
                let new: Vec<Diagnostic> = new.collect();
                known.findings.extend(new);
            }
            None => run.findings.push(report),
        },
        other => return other,
    }
    Ok(())
}
