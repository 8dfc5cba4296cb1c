/**
 * The people who can sign in at the demonstration's provider. All are made up. The claims about each are those that a real
 * provider would make after a check of documents, in the form of OpenID Connect for Identity Assurance.
 */

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * @typedef {object} Person
 * @property {string} id the token's `sub`
 * @property {string} name
 * @property {string} blurb a description in one sentence
 * @property {number} verifiedDaysAgo days since the check of the documents
 * @property {{ us_status: string, nationalities: readonly string[], employer?: string }} claims
 */

/** @type {readonly Person[]} */
export const PEOPLE = [
  {
    id: "p-1001",
    name: "Dana Whitfield",
    blurb: "A citizen of the United States.",
    verifiedDaysAgo: 40,
    claims: { us_status: "citizen", nationalities: ["US"] },
  },
  {
    id: "p-1002",
    name: "Li Wei",
    blurb: "A permanent resident of the United States, and a national of China.",
    verifiedDaysAgo: 90,
    claims: { us_status: "lpr", nationalities: ["CN"] },
  },
  {
    id: "p-1003",
    name: "Samira Haddad",
    blurb: "Granted asylum in the United States.",
    verifiedDaysAgo: 120,
    claims: { us_status: "asylee", nationalities: ["SY"] },
  },
  {
    id: "p-1004",
    name: "Arjun Mehta",
    blurb: "An engineer of the lab on an H-1B visa, and a national of India.",
    verifiedDaysAgo: 15,
    claims: { us_status: "nonimmigrant", nationalities: ["IN"], employer: "example-lab" },
  },
  {
    id: "p-1005",
    name: "Camille Durand",
    blurb: "A customer in France, and a national of France.",
    verifiedDaysAgo: 60,
    claims: { us_status: "none", nationalities: ["FR"] },
  },
  {
    id: "p-1006",
    name: "Robert Kowalski",
    blurb: "A citizen of the United States whose papers were last checked two years ago.",
    verifiedDaysAgo: 730,
    claims: { us_status: "citizen", nationalities: ["US"] },
  },
];

/**
 * Returns the claim that the provider sets in a person's tokens.
 * @param {Person} person
 * @param {number} now milliseconds since 1970
 */
export function verifiedClaims(person, now) {
  const time = new Date(now - person.verifiedDaysAgo * DAY_MS).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    verification: { trust_framework: "nist_800_63A", assurance_level: "ial2", time },
    claims: person.claims,
  };
}
