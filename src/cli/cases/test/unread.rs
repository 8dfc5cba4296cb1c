//! Evidence that no ruleset of its case reads: a misspelt claim, or evidence for another ruleset.

use super::stage::Stage;
use super::stage::entries;
use super::token::claim_of;
use brightline::{Case, CaseEvidence, Diagnostic, nearest};
use std::collections::BTreeSet;

/// Reports the evidence that no ruleset of a case reads: as findings if the name resembles a claim that is read,
/// otherwise as notes.
pub(super) fn look(stage: &Stage, case: &Case) -> (Vec<Diagnostic>, Vec<String>) {
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    for evidence in &case.evidence {
        let read: Vec<&(Vec<String>, Vec<String>)> = stage.claims(case, &evidence.issuer).collect();
        let unread = unread(evidence, &read);
        for (name, known) in unread {
            let message = format!("nothing reads `{name}` of the issuer `{}`", evidence.issuer);
            match nearest(&name, known.iter().copied()) {
                Some(near) => findings.push(Diagnostic {
                    code: "case.unread",
                    at: evidence.value.at,
                    message,
                    help: Some(format!("did you mean `{near}`?")),
                }),
                None => notes.push(message),
            }
        }
    }
    (findings, notes)
}

/// The names in a piece of evidence that are not read, each with the names that are read at the same level.
fn unread<'a>(evidence: &CaseEvidence, read: &[&'a (Vec<String>, Vec<String>)]) -> Vec<(String, BTreeSet<&'a str>)> {
    // An issuer that no ruleset trusts already has a note.
    if read.is_empty() {
        return Vec::new();
    }
    let claim = claim_of(evidence);
    let of: Vec<_> = read.iter().filter(|(names, _)| names.first().is_some_and(|name| name == claim)).collect();
    if of.is_empty() {
        return vec![(
            evidence.path.clone(),
            read.iter().filter_map(|(names, _)| Some(names.first()?.as_str())).collect(),
        )];
    }
    // The whole value is read, and it is not a record, so its members are irrelevant.
    if of.iter().any(|(names, fields)| names.len() == 1 && fields.is_empty()) {
        return Vec::new();
    }
    let known: BTreeSet<&str> = of
        .iter()
        .flat_map(|(names, fields)| {
            names.get(1).map(String::as_str).into_iter().chain(fields.iter().map(String::as_str))
        })
        .collect();
    let members = entries(&evidence.value).iter().map(|entry| entry.key.as_str());
    let missing = members.filter(|member| !known.contains(member));
    missing.map(|member| (member.to_owned(), known.clone())).collect()
}
