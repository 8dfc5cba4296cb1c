//! Differences between two versions that no outcome shows, for a request that verifies under both: the ruleset's id,
//! its validity, the issuers that it trusts, and the obligations of an allow.

use crate::ruleset::Ruleset;
use crate::ruleset::model::Issuer;

/// Returns one line per difference.
pub(super) fn beside(old: &Ruleset, new: &Ruleset) -> Vec<String> {
    let mut found = Vec::new();
    if old.id != new.id {
        found.push(format!("the id of the ruleset is `{}`, formerly `{}`", new.id, old.id));
    }
    if (old.issued, old.expires) != (new.issued, new.expires) {
        let (from, until) = (new.issued, new.expires);
        found.push(format!("valid from {from} until {until}, formerly from {} until {}", old.issued, old.expires));
    }
    if old.development != new.development {
        let now = if new.development { "now for development" } else { "no longer for development" };
        found.push(now.to_owned());
    }
    if old.same_person != new.same_person {
        found.push("tokens of several issuers are linked to one person in a different way".to_owned());
    }
    issuers(old, new, &mut found);
    obligations(old, new, &mut found);
    found
}

fn issuers(old: &Ruleset, new: &Ruleset, found: &mut Vec<String>) {
    let of = |ruleset: &Ruleset, id: &str| ruleset.issuers.iter().any(|issuer| issuer.trusted.id == id);
    for gone in old.issuers.iter().filter(|issuer| !of(new, &issuer.trusted.id)) {
        found.push(format!("the issuer `{}` is no longer trusted", gone.trusted.id));
    }
    for issuer in &new.issuers {
        let id = &issuer.trusted.id;
        let Some(before) = old.issuers.iter().find(|before| before.trusted.id == *id) else {
            found.push(format!("the issuer `{id}` is new"));
            continue;
        };
        let what = trust(before, issuer);
        if !what.is_empty() {
            found.push(format!("the issuer `{id}` has different {}", what.join(", ")));
        }
    }
}

/// The parts of an issuer's token verification that differ.
fn trust(before: &Issuer, after: &Issuer) -> Vec<&'static str> {
    let (old, new) = (&before.trusted, &after.trusted);
    let keys = |keys: &[crate::verify::jose::Key]| {
        let mut keys: Vec<[u8; 32]> = keys.iter().map(crate::verify::jose::Key::thumbprint).collect();
        keys.sort_unstable();
        keys
    };
    let parts = [
        ("`iss`", !old.spellings().eq(new.spellings()) || old.tenants != new.tenants),
        ("`audience`", (&old.audience, &old.audience_claim) != (&new.audience, &new.audience_claim)),
        ("`keys`", keys(&old.keys) != keys(&new.keys) || old.remote != new.remote),
        ("`typ`", old.typ != new.typ),
        ("`vct`", old.vct != new.vct),
        ("`max_lifetime` or `skew`", (old.max_lifetime, old.skew) != (new.max_lifetime, new.skew)),
        ("proofs of possession", (old.holder, old.proof_age) != (new.holder, new.proof_age)),
        ("status lists", old.status_list != new.status_list || keys(&old.status_keys) != keys(&new.status_keys)),
        ("links between tokens", old.link != new.link),
    ];
    parts.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

fn obligations(old: &Ruleset, new: &Ruleset, found: &mut Vec<String>) {
    for rule in &new.rules {
        let Some(before) = old.rules.iter().find(|before| before.id == rule.id) else { continue };
        let lifted = rule.unless.iter().any(|exception| {
            let twin = before.unless.iter().find(|before| before.id == exception.id);
            twin.is_some_and(|twin| twin.obligations != exception.obligations)
        });
        if lifted || before.obligations != rule.obligations {
            found.push(format!("the rule `{}` has different obligations", rule.id));
        }
    }
    for licence in &new.licences {
        let before = old.licences.iter().find(|before| before.id == licence.id);
        if before.is_some_and(|before| before.obligations != licence.obligations) {
            found.push(format!("the licence `{}` has different obligations", licence.id));
        }
    }
    for obligation in &new.obligations {
        if old.obligations.iter().any(|before| before.id == obligation.id && before != obligation) {
            found.push(format!("the obligation `{}` has a different text", obligation.id));
        }
    }
}
