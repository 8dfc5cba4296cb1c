//! Rules, licences and guarantees, with what they share: scopes, effective dates, legal bases and evidence policies.

use super::issuer::Level;
use super::leaf::{Address, At, Id, Length, List, Number, OneOrMore, Reason, Salt, Sha256, Text};
use super::vocabulary::{Condition, ModelScope, Policies, Unknown};
use schemars::JsonSchema;

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Policy {
    /// The minimum assurance: `self`, `low`, `substantial`, `high`, or 0 to 3.
    assurance: Option<Level>,
    /// The greatest age since verification, such as `365d`.
    max_age: Option<Length>,
    /// The ids of the accepted issuers. Default: every trusted issuer.
    issuers: Option<OneOrMore<Text>>,
    /// The accepted classes of issuers. Default: every class.
    classes: Option<OneOrMore<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Basis {
    /// The legal citation, such as `15 CFR 772.1 (foreign person)`.
    citation: Text,
    /// The address of the text.
    url: Option<Address>,
    /// The day on which the author read it, such as `2026-07-01`.
    as_of: Option<At>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Scope {
    /// The models: ids, or a mapping such as `{ capability.cyber: { at_least: 4 } }`. Default: all.
    models: Option<Models>,
    /// The actions. Default: all.
    actions: Option<OneOrMore<Text>>,
}

/// Ids of models, or a mapping of tests.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Models {
    Ids(OneOrMore<Text>),
    Asked(ModelScope),
}

/// A value or range on the scale of the model's lab. A model without the capability does not match.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Capability {
    /// Exactly this value.
    Exact(Number),
    Range(Range),
}

/// A range with at least one end. Both ends are inclusive.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub(super) struct Range {
    /// The inclusive minimum.
    at_least: Option<Number>,
    /// The inclusive maximum.
    at_most: Option<Number>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Effective {
    /// The instant of publication. Decisions do not announce it before.
    notice: Option<At>,
    /// The first instant at which it is in force.
    from: Option<At>,
    /// The first instant at which it is no longer in force.
    until: Option<At>,
    /// The instant at which a later act ended it.
    lifted: Option<At>,
    /// The times at which it is suspended.
    suspended: Option<OneOrMore<Window>>,
    /// The times at which the authority does not enforce it. Decisions list it, but it restricts nothing.
    not_enforced: Option<OneOrMore<Window>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Window {
    /// The first instant of the window.
    from: At,
    /// The first instant after the window.
    until: Option<At>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Rule {
    /// The rule's id, such as `foreign-nationals`.
    id: Id,
    /// A title of one line.
    title: Text,
    /// The outcome: a word, or a word with the model or action to serve instead, such as `{ degrade: { model: atlas-4 }
    /// }`.
    outcome: Outcome,
    /// A stable reason code for programs, such as `foreign_person`.
    reason: Reason,
    /// A sentence for the person it concerns.
    message: Text,
    /// The legal basis. A rule must have a citation.
    basis: Basis,
    /// The times at which the rule is in force. Default: always.
    effective: Option<Effective>,
    /// The models and actions in scope. Default: all.
    scope: Option<Scope>,
    /// The parties that the rule judges, by role in the chain, such as `reseller`. `subject` is the person served,
    /// `all` is every party. Default: `subject`.
    parties: Option<OneOrMore<Id>>,
    /// The rule's condition. Default: always true.
    when: Option<Condition>,
    /// The requirements on evidence, per attribute. They override the ruleset's own.
    evidence: Option<Policies>,
    /// The effect if there is no evidence for or against the condition. Default: `step_up`.
    absence: Option<Absence>,
    /// The rule's own reason codes for an unknown condition, per attribute and optionally per cause.
    unknown: Option<Unknown>,
    /// The rule's exceptions. Any one of them lifts it.
    unless: Option<List<Exception>>,
    /// The caller's obligations if the rule applies and the request is allowed.
    obligations: Option<OneOrMore<Text>>,
    /// Hides the rule's title and exceptions in decisions. The value is a random salt of at least 16 characters, or the
    /// SHA-256 that commits to the rule.
    sealed: Option<Seal>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Outcome {
    Word(OutcomeWord),
    Instead(Instead),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum OutcomeWord {
    /// The request is allowed.
    Allow,
    /// Nothing is served until more evidence arrives.
    StepUp,
    /// Nothing is served until a named person has decided.
    Review,
    /// Nothing is served.
    Deny,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct Instead {
    /// Another model or action is served: `{ model: ID }`, `{ action: NAME }`, or both.
    degrade: Option<Degrade>,
    /// More evidence is required. Meanwhile only this is served.
    step_up: Option<Meanwhile>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub(super) struct Degrade {
    /// The model that is served instead.
    model: Option<Text>,
    /// The action that is served instead.
    action: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Meanwhile {
    /// The model that may be served meanwhile.
    model: Option<Text>,
    /// The action that may be served meanwhile.
    action: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Absence {
    /// The rule does not apply. For red flags that were not raised.
    Clears,
    /// The rule might apply, so evidence is required.
    StepUp,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum ReasonOrCauses {
    Reason(Reason),
    Causes(Causes),
}

/// A reason code for each cause.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Causes {
    /// No trusted issuer asserts the attribute, or the host does not state it.
    missing: Option<Reason>,
    /// The holder of a credential did not disclose it.
    undisclosed: Option<Reason>,
    /// There is a value, but it cannot be read as this attribute.
    unusable: Option<Reason>,
    /// The time of verification is in the future.
    not_yet_valid: Option<Reason>,
    /// The assurance is too low, or the rule does not accept the issuer.
    insufficient: Option<Reason>,
    /// The issuer revoked it.
    revoked: Option<Reason>,
    /// The evidence has expired.
    expired: Option<Reason>,
    /// It was verified too long ago, or at an unknown time.
    stale: Option<Reason>,
    /// A country that no group of the ruleset maps.
    unmapped: Option<Reason>,
    /// Dates are missing, so the most recent value is unknown.
    undated: Option<Reason>,
    /// The set may have other members.
    incomplete: Option<Reason>,
    /// Usable evidence disagrees.
    conflict: Option<Reason>,
    /// The chain states that its end user is unknown.
    end_user_unknown: Option<Reason>,
    /// The chain states that this party is unknown.
    party_unknown: Option<Reason>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Seal {
    /// A random salt. People who may read the rule keep it with the rule.
    Salt(Salt),
    Commitment(Commitment),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Commitment {
    /// The SHA-256 that commits to the rule, in hexadecimal.
    sha256: Sha256,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [{ "required": ["licence"] }, { "required": ["id", "reason", "when"] }]))]
pub(super) struct Exception {
    /// The exception's id. Default for a licence: the licence's id.
    id: Option<Id>,
    /// The reason code if the exception lifts the rule. Default for a licence: `licence`.
    reason: Option<Reason>,
    /// The legal basis. Default: the licence's, else the rule's.
    basis: Option<Basis>,
    /// The times at which the exception is in force. Default: always.
    effective: Option<Effective>,
    /// The models and actions in scope. Default: all of the rule's.
    scope: Option<Scope>,
    /// The people that the exception is for.
    when: Option<Condition>,
    /// Further requirements for the people that it is for, each with the reason code if it is not met.
    provided: Option<OneOrMore<Requirement>>,
    /// The required licence: an id, or `{ type: KIND }` for any licence of that kind.
    licence: Option<LicenceRef>,
    /// The requirements on evidence, per attribute. They override the ruleset's own.
    evidence: Option<Policies>,
    /// The caller's obligations if the exception lifts the rule.
    obligations: Option<OneOrMore<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["always"] }, { "required": ["never"] }]))]
pub(super) struct Guarantee {
    /// The guarantee's id, such as `us-persons-keep-access`.
    id: Id,
    /// The promise, in one line.
    title: Option<Text>,
    /// The people that it is about. Default: everyone, even without any evidence.
    #[schemars(rename = "for")]
    whom: Option<Condition>,
    /// The requirements on that evidence, per attribute. They override the ruleset's own.
    evidence: Option<Policies>,
    /// The models and actions in scope. Default: all.
    scope: Option<Scope>,
    /// The time during which it must hold. Default: as long as the ruleset is valid.
    during: Option<During>,
    /// The outcome, or the outcomes, that are permitted. Every other outcome violates the guarantee.
    always: Option<OneOrMore<AnyOutcome>>,
    /// The outcome, or the outcomes, that violate the guarantee.
    never: Option<OneOrMore<AnyOutcome>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct During {
    /// The first instant of the time.
    from: Option<At>,
    /// The first instant after the time.
    until: Option<At>,
}

/// An outcome of a decision.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum AnyOutcome {
    /// The request is allowed.
    Allow,
    /// Another model or action is served.
    Degrade,
    /// More evidence is required.
    StepUp,
    /// A named person must decide.
    Review,
    /// Nothing is served.
    Deny,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Requirement {
    /// The reason code if the requirement is not met, such as `exemption.not_employee`.
    reason: Reason,
    /// The condition that must be true.
    when: Condition,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum LicenceRef {
    /// The id of a licence.
    Id(Text),
    Kind(LicenceKind),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct LicenceKind {
    /// Any licence of this kind.
    #[schemars(rename = "type")]
    kind: Id,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Licence {
    /// The licence's number.
    id: Id,
    /// The kind of licence, for exceptions that name a kind.
    #[schemars(rename = "type")]
    kind: Option<Id>,
    /// The act that granted the licence.
    basis: Basis,
    /// The holder, such as `{ subject.id: "my-idp:user-1" }`.
    holder: Condition,
    /// The requirements on evidence of the holder, per attribute. They override the ruleset's own.
    evidence: Option<Policies>,
    /// The models in scope. Default: all.
    models: Option<Models>,
    /// The actions in scope. Default: all.
    actions: Option<OneOrMore<Text>>,
    /// The purposes in scope. `context.purpose` must be one of these, or begin with one of these and a dot. Default:
    /// all.
    end_uses: Option<OneOrMore<Text>>,
    /// The first instant at which it is valid.
    from: Option<At>,
    /// The first instant at which it is no longer valid.
    until: Option<At>,
    /// The instant at which it was revoked.
    revoked: Option<At>,
    /// Conditions that are satisfied outside the check. If one is not satisfied, the licence lifts nothing.
    provisos: Option<List<Proviso>>,
    /// The caller's obligations if the licence lifts a rule.
    obligations: Option<OneOrMore<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Proviso {
    /// The proviso's name, such as `status-report`.
    id: Id,
    /// True if it is satisfied.
    satisfied: bool,
    /// The first instant at which it is no longer satisfied.
    until: Option<At>,
}
