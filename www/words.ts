/** The words that people see for codes, names and instants. A code without an entry is shown as it is. */

import type { Decision, EvidenceNeed, Outcome } from "brightline";

/** The outcome in one or two words, for lists. */
export const SHORT: Readonly<Record<Outcome, string>> = {
  allow: "Allowed",
  degrade: "Fallback",
  step_up: "Needs evidence",
  review: "Needs review",
  deny: "Refused",
};

/** Returns the outcome as a sentence about this model and action. */
export function headline(decision: Decision, titleOf: (model: string) => string): string {
  const { outcome, decided_by, reason } = decision;
  const model = titleOf(decision.model);
  const verb = VERBS[decision.action] ?? `use “${decision.action}” with`;
  if (reason === "token.expired") return "Your sign-in has expired";
  if (decided_by === "token") return "Your sign-in was not accepted";
  if (decided_by === "ruleset") return "The rules may not be used at this time";
  switch (outcome) {
    case "allow":
      return `You may ${verb} ${model}`;
    case "degrade":
      return decision.fallback === null
        ? `You may not ${verb} ${model}`
        : `You may not ${verb} ${model}, but ${titleOf(decision.fallback.model)} can answer instead`;
    case "step_up":
      return `More evidence is needed before you can ${verb} ${model}`;
    case "review":
      return `Someone must look at this before you can ${verb} ${model}`;
    case "deny":
      return `You may not ${verb} ${model}`;
  }
}

export function actionName(action: string): string {
  return ACTIONS[action] ?? capital(spaced(action));
}

export function attribute(name: string): string {
  return ATTRIBUTES[name] ?? spaced(name.split(".").at(-1) ?? name);
}

/** Returns the reason why an exception did not lift a rule. */
export function exception(code: string): string {
  return EXCEPTIONS[code] ?? PROBLEMS[code] ?? code;
}

/** Returns the requirements on a piece of evidence (level, age, issuers), and the problem with the evidence so far. */
export function demands(need: EvidenceNeed): readonly (readonly [term: string, value: string])[] {
  // The assurance level: the ruleset maps the issuer's own terms to these.
  const level = ASSURANCE[need.assurance];
  const demands: (readonly [string, string])[] = [];
  if (level !== undefined) demands.push(["Level", level]);
  if (need.max_age !== null) demands.push(["Checked", `within the last ${duration(need.max_age)}`]);
  if (need.issuers.length > 0) demands.push(["Stated by", list(need.issuers, "or")]);
  demands.push(["So far", PROBLEMS[need.problem] ?? need.problem]);
  return demands;
}

/** Returns the reason why an outcome is going to change. */
export function change(code: string): string {
  return CHANGES[code] ?? `for the reason ${code}`;
}

/** Returns the reason why a ruleset does not open. */
export function bundleProblem(code: string): string {
  return BUNDLES[code] ?? "It is not a ruleset that this page can read.";
}

export function list(words: readonly string[], last: "and" | "or"): string {
  return new Intl.ListFormat(LANGUAGE, { type: last === "and" ? "conjunction" : "disjunction" }).format(words);
}

export function dateTime(instant: number): string {
  return DATE_TIME.format(instant);
}

/** Returns the distance to an instant, such as “in 9 minutes”. */
export function relative(instant: number, now: number): string {
  const seconds = (instant - now) / 1000;
  const size = Math.abs(seconds);
  for (const [unit, length] of UNITS) {
    if (size >= length) return RELATIVE.format(Math.trunc(seconds / length), unit);
  }
  return seconds >= 0 ? "in less than a minute" : "just now";
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function duration(seconds: number): string {
  for (const [unit, length] of UNITS) {
    // Authors write ages in days, so a year is shown as 365 days.
    if (unit === "year" || seconds < length) continue;
    const count = Math.round(seconds / length);
    return `${count} ${unit}${count === 1 ? "" : "s"}`;
  }
  return `${seconds} seconds`;
}

function spaced(name: string): string {
  return name.replaceAll(/[-_]/g, " ");
}

const LANGUAGE = "en";
const DATE_TIME = new Intl.DateTimeFormat(LANGUAGE, {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
});
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "always" });
const UNITS = [["year", 31_557_600], ["day", 86_400], ["hour", 3600], ["minute", 60]] as const;

const VERBS: Readonly<Record<string, string>> = {
  chat: "chat with",
  embed: "make embeddings with",
  agent: "run an agent on",
  "fine-tune": "fine-tune",
  weights: "have the weights of",
};

const ACTIONS: Readonly<Record<string, string>> = {
  chat: "Chat",
  embed: "Embeddings",
  agent: "Agent",
  "fine-tune": "Fine-tuning",
  weights: "Weights",
};

const ATTRIBUTES: Readonly<Record<string, string>> = {
  "subject.id": "who you are",
  "subject.us_person": "whether you are a U.S. person",
  "subject.us_status": "your status in the United States",
  "subject.employer": "who employs you",
  "subject.residence": "where you live",
  "subject.nationalities": "your nationalities",
  "subject.nationalities_ever": "the nationalities that you have or had",
  "subject.permanent_residencies": "where you are a permanent resident",
  "subject.most_recent_nationality": "which nationality you acquired last",
  "subject.employments": "where and how you are employed",
  "subject.organisation.headquarters": "where your organisation has its headquarters",
  "subject.organisation.parent": "where your organisation's parent is",
  "subject.organisation.established": "where your organisation is established",
  "subject.organisation.listed_owners": "who owns your organisation",
  "subject.list_hits": "whether you are on a list",
  "context.country": "the country you are calling from",
  "context.countries": "the countries you are calling from",
  "context.regions": "the region you are calling from",
  "context.chain_roles": "who stands between you and the model",
  "context.purpose": "what the call is for",
};

const PROBLEMS: Readonly<Record<string, string>> = {
  "evidence.missing": "nothing was shown",
  "evidence.insufficient": "what was shown was not checked thoroughly enough",
  "evidence.stale": "what was shown was checked too long ago",
  "evidence.expired": "what was shown has expired",
  "evidence.not_yet_valid": "what was shown is not valid yet",
  "evidence.revoked": "what was shown was revoked",
  "evidence.undated": "what was shown does not show which is the most recent",
  "evidence.conflict": "what was shown contradicts itself",
  "evidence.incomplete": "what was shown may not be complete",
  "evidence.undisclosed": "the credential did not disclose it",
  "evidence.unusable": "what was shown cannot be read",
  "context.missing": "the service did not state it",
  "context.unusable": "what the service stated cannot be read",
  "country.unmapped": "the rules do not assign this country to a group",
  "chain.end_user_unknown": "the service did not state who the end user is",
  "chain.party_unknown": "the service does not know one of the parties in the chain",
};

const EXCEPTIONS: Readonly<Record<string, string>> = {
  "exception.model": "does not cover this model",
  "exception.action": "does not cover this action",
  "exception.not_yet": "is not in force yet",
  "exception.over": "is over",
  "exception.suspended": "is suspended",
  "exception.condition": "does not apply to you",
  "licence.holder": "is held by another person",
  "licence.model": "does not cover this model",
  "licence.action": "does not cover this action",
  "licence.expired": "has expired",
  "licence.not_yet_valid": "is not valid yet",
  "licence.proviso": "has a condition that is not met",
  "licence.end_use": "does not cover this purpose",
  "licence.revoked": "was revoked",
};

const CHANGES: Readonly<Record<string, string>> = {
  default: "since no rule limits it any more",
  "ruleset.expired": "since these rules expire",
  "token.expired": "since your sign-in expires",
  "evidence.expired": "since your evidence expires",
  "evidence.stale": "since your evidence becomes too old",
};

const ASSURANCE: Readonly<Record<number, string>> = {
  1: "low (1 of 3) or higher",
  2: "substantial (2 of 3) or higher",
  3: "high (3 of 3)",
};

const BUNDLES: Readonly<Record<string, string>> = {
  "bundle.signature": "Its signature is not right, so it may have been changed on its way here.",
  "bundle.threshold": "Too few of the keys that this page trusts have signed it.",
  "bundle.expired": "It has expired, and old rules must not decide.",
  "bundle.not_yet_valid": "It is not valid yet. If that surprises you, see whether the clock of this device is right.",
  "bundle.rollback": "It is older than one that was used before.",
  "bundle.id": "It is another ruleset than the one this page was made for.",
  "bundle.audience": "It was made for another environment than this one.",
  "bundle.development": "It is for development, and must not decide for people.",
  "bundle.too_large": "It is too large.",
};
