//! Presets: settings for the tokens of well-known providers, written in the ruleset language.

use super::fields::{Findings, shorten};
use crate::author::language::{Entry, Kind, Node, parse_yaml};

/// Each preset's name and text.
pub(in crate::author::language) const PRESETS: [(&str, &str); 12] = [
    ("oidc", include_str!("presets/oidc.yaml")),
    ("verified-claims", include_str!("presets/verified-claims.yaml")),
    ("evidence", include_str!("presets/evidence.yaml")),
    ("entra", include_str!("presets/entra.yaml")),
    ("okta", include_str!("presets/okta.yaml")),
    ("auth0", include_str!("presets/auth0.yaml")),
    ("keycloak", include_str!("presets/keycloak.yaml")),
    ("google", include_str!("presets/google.yaml")),
    ("cloudflare-access", include_str!("presets/cloudflare-access.yaml")),
    ("house", include_str!("presets/house.yaml")),
    ("eudi-pid", include_str!("presets/eudi-pid.yaml")),
    ("us-person", include_str!("presets/us-person.yaml")),
];

/// Returns an issuer's entry, completed with its preset. The entry overrides the preset.
pub(super) fn applied(findings: &mut Findings, issuer: &Node) -> Node {
    let named = match &issuer.kind {
        Kind::Mapping(entries) => entries.iter().find(|entry| entry.key == "preset"),
        _ => None,
    };
    let Some(named) = named else { return issuer.clone() };
    let Some(name) = findings.text(&named.value, "`preset`") else { return issuer.clone() };
    let Some((_, text)) = PRESETS.iter().find(|(known, _)| *known == name) else {
        let message = format!("there is no preset `{}`", shorten(name));
        let known = PRESETS.iter().map(|(known, _)| *known);
        findings.unknown("ruleset.unknown_preset", named.value.at, message, name, known);
        return issuer.clone();
    };
    let mut whole = issuer.clone();
    // INVARIANT: a test parses all presets.
    if let Ok(mut preset) = parse_yaml(text) {
        // Findings about the preset's fields are located where the entry names the preset.
        preset.place(named.value.at);
        fill(&mut whole, preset);
    }
    whole
}

/// Adds the fields that are absent. `claims` are completed attribute by attribute.
fn fill(whole: &mut Node, preset: Node) {
    let (Kind::Mapping(known), Kind::Mapping(more)) = (&mut whole.kind, preset.kind) else { return };
    for entry in more {
        match known.iter_mut().find(|own| own.key == entry.key) {
            Some(Entry { key, value, .. }) if key == "claims" => fill(value, entry.value),
            Some(_) => {}
            None => known.push(entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_mapping_of_what_an_issuer_has() {
        for (name, text) in PRESETS {
            let preset = parse_yaml(text).unwrap_or_else(|findings| panic!("{name}: {findings:?}"));
            let Kind::Mapping(entries) = preset.kind else { panic!("{name}") };
            assert!(entries.iter().any(|entry| entry.key == "claims"), "{name}");
        }
    }
}
