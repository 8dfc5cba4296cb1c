//! The claims that a ruleset reads.

/// The claims of `verified_claims` that rulesets read of one issuer: the names of the path, and the fields of records
/// there.
pub(super) type ReadClaims = Vec<(Vec<String>, Vec<String>)>;

/// The claims that a ruleset reads of an issuer's entries.
pub(super) fn claims(ruleset: &brightline::Ruleset, issuer: &str) -> ReadClaims {
    let read = ruleset.claims_of(issuer).into_iter();
    read.filter_map(|(pointer, fields)| {
        let names = brightline::pointer_steps(&pointer).skip_while(|name| name != "claims").skip(1).collect::<Vec<_>>();
        Some((names, fields.into_iter().map(str::to_owned).collect())).filter(|(names, _)| !names.is_empty())
    })
    .collect()
}
