// Makes rulesets and people of any number for the benchmarks: capability thresholds, sets of nationalities and residences,
// assurance, exceptions and windows, drawn with a fixed seed. The same arguments give the same result on every machine.

const COUNTRIES = [
  "AD", "AE", "AF", "AL", "AM", "AO", "AR", "AT", "AU", "AZ", "BA", "BD", "BE", "BG", "BH", "BR", "BY", "CA", "CD", "CF", "CH", "CL",
  "CN", "CO", "CU", "CY", "CZ", "DE", "DK", "DZ", "EC", "EE", "EG", "ER", "ES", "ET", "FI", "FR", "GB", "GE", "GR", "HK", "HR", "HT",
  "HU", "ID", "IE", "IL", "IN", "IQ", "IR", "IS", "IT", "JO", "JP", "KE", "KG", "KH", "KP", "KR", "KW", "KZ", "LB", "LK", "LT", "LU",
  "LV", "LY", "MA", "MD", "ME", "MG", "MK", "MM", "MN", "MO", "MT", "MX", "MY", "NG", "NI", "NL", "NO", "NP", "NZ", "OM", "PA", "PE",
  "PH", "PK", "PL", "PT", "QA", "RO", "RS", "RU", "SA", "SD", "SE", "SG", "SI", "SK", "SN", "SO", "SS", "SY", "TH", "TJ", "TM", "TN",
  "TR", "TW", "TZ", "UA", "UG", "US", "UY", "UZ", "VE", "VN", "YE", "ZA", "ZW",
];
export const MODELS = Array.from({ length: 12 }, (_, n) => `model-${12 - n}`);
export const ACTIONS = ["chat", "embed", "agent", "fine-tune"];
const DAY = 86_400_000;

/** Returns a generator of pseudorandom numbers that are the same on every machine (mulberry32). */
function draws(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (most) => Math.floor(next() * most);
  const one = (list) => list[below(list.length)];
  const some = (list, most) => [...new Set(Array.from({ length: 1 + below(most) }, () => one(list)))].sort();
  return { next, below, one, some };
}

/** Returns a ruleset with this number of rules, valid around `now` (milliseconds since 1970). */
export function ruleset(rules, now, jwk) {
  const draw = draws(rules + 1);
  const at = (days) => new Date(now + days * DAY).toISOString();
  return {
    ruleset: "scenario",
    version: 1,
    language: 1,
    issued: at(-400).replace(/\.\d+/, ""),
    expires: at(400).replace(/\.\d+/, ""),
    notice: "7d",
    default: "allow",
    actions: ACTIONS,
    models: MODELS.map((id, n) => ({ id, capability: { cyber: Math.floor((11 - n) / 2), bio: (n * 5) % 6 } })),
    issuers: [{
      id: "idp", class: "idv", iss: "https://idp.example", audience: "https://gate.example", keys: [jwk], verified_at: "/verified_at",
      assurance: { claim: "/assurance", levels: { low: "low", substantial: "substantial", high: "high" } },
      claims: {
        "subject.us_status": "/us_status",
        "subject.nationalities": { claim: "/nationalities", complete: true },
        "subject.residence": "/residence",
        "subject.employer": "/employer",
      },
    }],
    obligations: { log: "Keep a record." },
    rules: Array.from({ length: rules }, (_, n) => rule(draw, n, at)),
  };
}

function rule(draw, n, at) {
  const kind = draw.below(10);
  const outcome = kind < 4 ? "deny" : kind < 7 ? { degrade: { model: MODELS.at(-1) } } : kind < 8 ? "review" : "step_up";
  const line = { [`capability.${draw.one(["cyber", "bio"])}`]: { at_least: 1 + draw.below(5) } };
  const when = {};
  // Most rules of a long list test both nationality and residence. One in twenty tests only one of them.
  const alone = draw.below(40);
  if (alone !== 0) when["subject.nationalities"] = { any_of: draw.some(COUNTRIES, 6) };
  if (alone !== 1) when["subject.residence"] = { in: draw.some(COUNTRIES, 6) };
  if (draw.below(4) === 0) when["subject.foreign_person"] = true;
  const policy = { assurance: draw.one(["low", "low", "substantial"]), max_age: draw.one(["365d", "730d"]) };
  const evidence = {};
  for (const name of Object.keys(when)) evidence[name] = policy;
  const window = draw.below(4);
  return {
    id: `rule-${n}`,
    title: `Rule ${n}`,
    outcome,
    reason: `reason_${n % 50}`,
    message: "This model is limited under the order.",
    basis: { citation: `Order of 2026, annex ${n % 20}, entry ${n}` },
    ...(window === 0 && { effective: { from: at(-draw.below(300)), until: at(1 + draw.below(300)) } }),
    ...(window === 1 && { effective: { from: at(draw.below(20)) } }),
    scope: { models: line, ...(draw.below(2) === 0 && { actions: draw.some(ACTIONS, 3) }) },
    when,
    evidence,
    ...(draw.below(3) === 0 && {
      unless: [{
        id: "employer",
        reason: "exemption.employer",
        when: { "subject.employer": [`org-${draw.below(40)}`] },
        evidence: { "subject.employer": { assurance: "low" } },
        obligations: ["log"],
      }],
    }),
  };
}

/** Returns the claims of `count` people. */
export function people(count, now) {
  const draw = draws(7);
  return Array.from({ length: count }, () => {
    const nationality = draw.one(COUNTRIES);
    return {
      nationalities: draw.below(5) === 0 ? [nationality, draw.one(COUNTRIES)] : [nationality],
      residence: draw.below(2) === 0 ? nationality : draw.one(COUNTRIES),
      us_status: nationality === "US" ? "citizen" : draw.one(["none", "none", "nonimmigrant", "lpr"]),
      assurance: draw.one(["substantial", "substantial", "high"]),
      employer: `org-${draw.below(60)}`,
      verified_at: new Date(now - (1 + draw.below(300)) * DAY).toISOString(),
    };
  });
}
