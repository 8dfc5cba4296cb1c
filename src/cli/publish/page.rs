//! The public page of a ruleset: everything that a decision may depend on, and the hashes of sealed rules.

use super::html::Markup;
use super::html::all;
use super::html::anchor;
use super::html::document;
use super::html::element;
use super::html::line;
use super::html::link;
use super::html::list;
use super::html::plain;
use super::html::text;
use crate::cli::signing::envelope::image_sha256;
use brightline::{
    Basis, Effect, ExceptionOutline, GuaranteeOutline, Instant, LicenceOutline, ModelOutline, Outcome, ProofResult,
    Proven, PublicRule, RuleOutline, Ruleset, Statement, TrustedIssuer, to_image,
};

const STYLE: &str = include_str!("page.css");

/// The contents of the page.
pub(super) struct PageContents<'a> {
    pub(super) ruleset: &'a Ruleset,
    /// The results for its guarantees: each holds, or is too intricate to settle.
    pub(super) proofs: &'a [Proven],
    /// The date of the page.
    pub(super) at: Instant,
    /// True if it has every issuer's keys, so that its image is the signed one.
    pub(super) whole: bool,
}

pub(super) fn page(shown: &PageContents<'_>) -> String {
    let PageContents { ruleset, at, .. } = shown;
    let title = ruleset.title().unwrap_or(ruleset.id());
    let (default, message) = ruleset.default_outcome();
    let rules = Rules::of(ruleset, *at);
    let licences: Vec<LicenceOutline> = ruleset.licences_outline().collect();
    let body = all([
        element("header", all([plain("h1", title), warnings(shown), facts(shown)])),
        element(
            "main",
            all([
                rules.contents(),
                guarantees(shown),
                plain("h2", "Where no rule applies"),
                element("p", line([outcome(default), text(" "), text(meaning(default))])),
                message.map(|message| plain("blockquote", message)).unwrap_or_default(),
                plain("h2", "Rules"),
                plain("p class=\"note\"", ORDER),
                rules.articles(ruleset.version()),
                section("Licences", licences.iter().map(licence).collect()),
                plain("h2", "Models"),
                list(ruleset.models_outline().map(|one| model(&one))),
                plain("h2", "Actions"),
                list(ruleset.actions().map(|action| plain("code", action))),
                section("Accepted issuers of evidence", ruleset.issuers().map(issuer).collect()),
            ]),
        ),
        element("footer", plain("p class=\"note\"", FOOTER)),
    ]);
    document(title, STYLE, body)
}

const ORDER: &str = "Rules are grouped by whether they are in force on the date of this page. If several apply, the \
                     strictest governs; their order does not matter.";

const FOOTER: &str = "Instants are in UTC; countries are named by the codes of ISO 3166-1. The ruleset itself \
                      governs; this page only describes it.";

/// A heading with its contents, or nothing if there are none.
fn section(title: &'static str, parts: Vec<Markup>) -> Markup {
    if parts.is_empty() { Markup::default() } else { all([plain("h2", title), all(parts)]) }
}

fn warnings(shown: &PageContents<'_>) -> Markup {
    let development = "This ruleset is for development: anyone can make the evidence that it accepts.";
    let expired = "This ruleset has expired: a later version should replace it.";
    let warnings = [(shown.ruleset.is_development(), development), (shown.ruleset.expires() <= shown.at, expired)];
    all(warnings.into_iter().filter(|(is, _)| *is).map(|(_, warning)| plain("p class=\"warning\"", warning)))
}

fn facts(shown: &PageContents<'_>) -> Markup {
    let PageContents { ruleset, at, whole, .. } = shown;
    let row = |name, value: Markup| all([plain("dt", name), element("dd", value)]);
    let image = match whole {
        true => all([
            plain("code", &image_sha256(&to_image(ruleset))),
            element(
                "p class=\"note\"",
                line([
                    plain("code", "brightline verify"),
                    text(" shows the same hash for the signed ruleset, as its image."),
                ]),
            ),
        ]),
        false => text("not shown: this page was made without the keys of the issuers, which the signed image has."),
    };
    element(
        "dl",
        all([
            row("Ruleset", line([plain("code", ruleset.id()), text(&format!(", version {}", ruleset.version()))])),
            row("Issued", text(&ruleset.issued().to_string())),
            row("Expires", text(&ruleset.expires().to_string())),
            row("As of", text(&at.to_string())),
            row("SHA-256 of its image", image),
        ]),
    )
}

/// The proved guarantees and, separately, those that are too intricate to prove.
fn guarantees(shown: &PageContents<'_>) -> Markup {
    let held = |one: &GuaranteeOutline| {
        shown.proofs.iter().any(|proof| proof.guarantee == one.id && matches!(proof.verdict, ProofResult::Holds))
    };
    let (proved, claimed): (Vec<_>, Vec<_>) = shown.ruleset.guarantees_outline().partition(held);
    let claim = |one| {
        let mut parts =
            vec![plain("p class=\"note\"", "The ruleset is too complex to settle this: it may or may not hold.")];
        parts.push(guarantee(one));
        all(parts)
    };
    all([
        section("Guarantees for every request", proved.iter().map(guarantee).collect()),
        section("Claimed, but not proved", claimed.iter().map(claim).collect()),
    ])
}

/// A guarantee: the permitted outcomes of all rules together.
fn guarantee(guarantee: &GuaranteeOutline) -> Markup {
    let permitted: Vec<&str> = guarantee.permitted.iter().map(|outcome| outcome.as_str()).collect();
    let mut rows =
        vec![("Always", text(&permitted.join(" or "))), ("Applies to", whom(guarantee.whom.as_ref(), "everyone"))];
    rows.extend(scope(guarantee.models.as_ref(), &guarantee.actions, "all models", "all actions"));
    rows.push(("When", dates(&guarantee.dates)));
    let title = guarantee.title.as_deref().unwrap_or(&guarantee.id);
    element("article", all([plain("h3", title), definitions(rows)]))
}

fn issuer(issuer: &TrustedIssuer) -> Markup {
    let spellings: Vec<&str> = issuer.spellings().collect();
    element("p", line([plain("code", &issuer.id), text(": "), text(&spellings.join(", "))]))
}

fn model(model: &ModelOutline) -> Markup {
    let facts = if model.facts.is_empty() { String::new() } else { format!(": {}", model.facts.join(", ")) };
    line([text(&model.title), text(" "), plain("code", &model.id), text(&facts)])
}

/// The rules by effect. Sealed rules have a section of their own, since their effect is not disclosed.
struct Rules(Vec<(&'static str, Vec<RuleOutline>)>);

impl Rules {
    fn of(ruleset: &Ruleset, at: Instant) -> Self {
        let place = |rule: &RuleOutline| rule.told.as_ref().map(|told| told.effect(at));
        let titles = [
            (Some(Effect::InForce), "In force"),
            (Some(Effect::ToCome), "To come"),
            (Some(Effect::Over), "Over"),
            (None, "Sealed"),
        ];
        let of = |wanted| {
            let mut rules: Vec<RuleOutline> = ruleset.outline().filter(|rule| place(rule) == wanted).collect();
            // The outline is ordered by id. Order sealed rules by hash, so that their order does not depend on their
            // ids.
            rules.sort_by(|one, other| one.sealed.cmp(&other.sealed));
            rules
        };
        let groups = titles.into_iter().map(|(wanted, title)| (title, of(wanted)));
        Self(groups.filter(|(_, rules)| !rules.is_empty()).collect())
    }

    /// The table of contents.
    fn contents(&self) -> Markup {
        let item = |rule: &RuleOutline| {
            let dates = rule.told.iter().flat_map(|told| &told.dates);
            let dates: String = dates.map(|(what, when)| format!("; {} {when}", what.to_lowercase())).collect();
            let name = link(&format!("#{}", place(rule)), text(&rule.title));
            line([name, text(": "), outcome(rule.outcome), text(&dates)])
        };
        let groups = self.0.iter().map(|(title, rules)| all([plain("h3", title), list(rules.iter().map(item))]));
        element("nav aria-label=\"Rules\"", all([plain("h2", "The rules at a glance"), all(groups)]))
    }

    fn articles(&self, version: u64) -> Markup {
        let groups = self
            .0
            .iter()
            .map(|(title, rules)| all([plain("h3", title), all(rules.iter().map(|rule| self::rule(rule, version)))]));
        all(groups)
    }
}

/// A rule's anchor on the page. A sealed rule's id could disclose its subject, so its hash is used.
fn place(rule: &RuleOutline) -> String {
    match &rule.sealed {
        Some(hash) => format!("sealed-{hash}"),
        None => format!("rule-{}", rule.id),
    }
}

fn rule(rule: &RuleOutline, version: u64) -> Markup {
    let served = match (&rule.instead, rule.outcome) {
        (Some(instead), Outcome::Degrade) => format!(" Served instead: {instead}."),
        (Some(instead), _) => format!(" Served meanwhile: {instead}."),
        (None, _) => String::new(),
    };
    let mut rows: Vec<(&str, Markup)> = Vec::new();
    match (&rule.told, &rule.sealed) {
        (Some(told), _) => rows.extend(self::told(told)),
        (None, sealed) => {
            let hash = sealed.as_deref().unwrap_or_default();
            rows.push((
                "Sealed",
                text(
                    "Its conditions are not public. This hash commits to them, so that they can be \
                                       verified once they are disclosed.",
                ),
            ));
            rows.push(("SHA-256", plain("code", hash)));
            rows.push(("Version of the ruleset", text(&version.to_string())));
        }
    }
    rows.push(("Reason codes", list(rule.reasons.iter().map(|reason| plain("code", reason)))));
    element(
        "article",
        all([
            anchor("h4", &place(rule), text(&rule.title)),
            element("p", line([outcome(rule.outcome), text(" "), text(meaning(rule.outcome)), text(&served)])),
            plain("blockquote", &rule.message),
            definitions(rows),
        ]),
    )
}

fn told(told: &PublicRule) -> Vec<(&'static str, Markup)> {
    let mut rows = vec![("Basis", basis(&told.basis)), ("Applies to", whom(told.whom.as_ref(), "everyone"))];
    if !told.parties.is_empty() {
        rows.push(("In the role of", text(&told.parties.join(", "))));
    }
    rows.extend(scope(told.models.as_ref(), &told.actions, "all models", "all actions"));
    rows.push(("When", dates(&told.dates)));
    rows.extend(some("Evidence that counts", told.evidence.iter().map(|evidence| text(evidence)).collect()));
    rows.extend(some("Exceptions", told.exceptions.iter().map(exception).collect()));
    rows.extend(some("Obligations", told.obligations.iter().map(|obligation| text(obligation)).collect()));
    rows
}

fn exception(exception: &ExceptionOutline) -> Markup {
    let mut rows = Vec::new();
    rows.extend(exception.basis.as_ref().map(|basis| ("Basis", self::basis(basis))));
    rows.push(("Applies to", whom(exception.whom.as_ref(), "everyone whom the rule affects")));
    rows.extend(exception.licence.as_ref().map(|licence| ("Needs", text(licence))));
    let provided = exception
        .provided
        .iter()
        .map(|(said, reason)| line([self::said(said, NOT_SO), text(" (otherwise "), plain("code", reason), text(")")]));
    rows.extend(some("Provided that", provided.collect()));
    if exception.models.is_some() || !exception.actions.is_empty() {
        rows.extend(scope(exception.models.as_ref(), &exception.actions, "those of the rule", "those of the rule"));
    }
    if !exception.dates.is_empty() {
        rows.push(("When", dates(&exception.dates)));
    }
    rows.push(("Reason code", plain("code", &exception.reason)));
    all([plain("strong", &exception.id), definitions(rows)])
}

fn licence(licence: &LicenceOutline) -> Markup {
    let mut rows = vec![("Basis", basis(&licence.basis))];
    rows.extend(licence.kind.as_ref().map(|kind| ("Kind", plain("code", kind))));
    rows.extend(scope(licence.models.as_ref(), &licence.actions, "all models", "all actions"));
    rows.push(("When", dates(&licence.dates)));
    element("article", all([plain("h3", &licence.id), definitions(rows)]))
}

fn scope(
    models: Option<&Statement>,
    actions: &[String],
    all_models: &str,
    all_actions: &str,
) -> [(&'static str, Markup); 2] {
    let actions = match actions {
        [] => text(all_actions),
        actions => list(actions.iter().map(|action| plain("code", action))),
    };
    let models = models.map_or_else(|| text(all_models), |models| said(models, "anything but "));
    [("Models", models), ("Actions", actions)]
}

/// A condition, as nested lists if it has several parts. `not` introduces its negation.
fn said(said: &Statement, not: &str) -> Markup {
    let items = |parts: &[Statement]| list(parts.iter().map(|part| self::said(part, not)));
    match said {
        Statement::Is(clause) => text(clause),
        Statement::All(parts) => all([text("all of these:"), items(parts)]),
        Statement::Any(parts) => all([text("at least one of these:"), items(parts)]),
        Statement::Not(part) => match &**part {
            Statement::Any(parts) => all([text("none of these:"), items(parts)]),
            part => line([text(not), self::said(part, not)]),
        },
    }
}

fn whom(condition: Option<&Statement>, everybody: &str) -> Markup {
    condition.map_or_else(|| text(everybody), |condition| line([text("where "), said(condition, NOT_SO)]))
}

const NOT_SO: &str = "it is not the case that ";

fn basis(basis: &Basis) -> Markup {
    let citation = text(&basis.citation);
    let citation = basis.url.as_deref().map_or(citation.clone(), |url| link(url, citation));
    let as_of = basis.as_of.as_ref().map(|as_of| text(&format!(", as of {as_of}"))).unwrap_or_default();
    line([citation, as_of])
}

fn dates(dates: &[(&'static str, String)]) -> Markup {
    match dates {
        [] => text("always, as long as the ruleset is valid"),
        dates => list(dates.iter().map(|(what, when)| text(&format!("{what}: {when}")))),
    }
}

fn some(name: &'static str, items: Vec<Markup>) -> Option<(&'static str, Markup)> {
    (!items.is_empty()).then(|| (name, list(items)))
}

fn definitions(rows: Vec<(&str, Markup)>) -> Markup {
    element("dl", all(rows.into_iter().map(|(name, value)| all([plain("dt", name), element("dd", value)]))))
}

fn outcome(outcome: Outcome) -> Markup {
    plain("span class=\"outcome\"", outcome.as_str())
}

const fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Deny => "Nothing is served.",
        Outcome::Review => "Nothing is served until a person has decided.",
        Outcome::StepUp => "Nothing is served until better evidence is available.",
        Outcome::Degrade => "Something else is served.",
        Outcome::Allow => "It is served.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_settled_is_told_apart() {
        let text =
            include_str!("../author/init/ruleset.yaml").replace("{{id}}", "r").replace("  - {{issuer}}\n", "  []\n");
        let text = text.replace("{{today}}", "2026-01-01").replace("{{expires}}", "2027-01-01");
        let ruleset = brightline::read_rules(&brightline::parse_yaml(&text).unwrap()).unwrap();
        let program = brightline::compile(ruleset);
        let budget = brightline::Budget { nodes: 0, ..brightline::Budget::default() };
        let proofs = brightline::prove(&program, &[], budget);
        assert!(proofs.iter().any(|proof| matches!(proof.verdict, ProofResult::TooIntricate { .. })), "{proofs:?}");
        let at = Instant::parse("2026-02-01T00:00:00Z").unwrap();
        let page = page(&PageContents { ruleset: program.ruleset(), proofs: &proofs, at, whole: true });
        assert!(page.contains("<h2>Claimed, but not proved</h2>") && !page.contains("Guarantees for every"), "{page}");
    }
}
