/** Makes a query to a wallet in DCQL (OpenID for Verifiable Presentations 1.0, section 6). */

/** @typedef {import("./index.js").RequestedIssuer} RequestedIssuer */
/** @typedef {import("./index.js").ClaimPath} ClaimPath */
/** @typedef {import("./index.js").DcqlCredential} DcqlCredential */

/** The highest number of options in one query. The first are the cheapest in privacy. */
const MOST = 16;

/** @type {typeof import("./index.js").dcqlQuery} */
export function dcqlQuery(requests) {
  /** @type {DcqlCredential[]} */
  const credentials = [];
  /** @type {string[][]} */
  const options = [];
  for (const { evidence } of requests) {
    // A wallet has credentials of its holder only: no evidence about another party, and no facts that the host states.
    const held = evidence.map(({ of, issuers }) => (of === null ? issuers.filter(({ vct }) => vct.length > 0) : []));
    for (const issuers of combined(held)) {
      if (options.length < MOST) options.push(credentialsOf(issuers).map((query) => idOf(credentials, query)));
    }
  }
  if (options.length === 0) return null;
  return options.length === 1 ? { credentials } : { credentials, credential_sets: [{ options }] };
}

/**
 * Returns a query for one credential of each issuer, with the claims that the evidence needs.
 * @param {RequestedIssuer[]} issuers
 * @returns {DcqlCredential[]}
 */
function credentialsOf(issuers) {
  const distinct = [...new Map(issuers.map((issuer) => [issuer.iss, issuer])).values()];
  return distinct.map(({ id, iss, vct }) => {
    const options = issuers.filter((issuer) => issuer.iss === iss).map((issuer) => [...issuer.options]);
    /** @type {import("./index.js").DcqlClaim[]} */
    const claims = [];
    const sets = combined(options).map((paths) => [...new Set(paths.flat().map((path) => claimId(claims, path)))]);
    const query = { id: word(id), format: /** @type {const} */ ("dc+sd-jwt"), meta: { vct_values: vct }, claims };
    return sets.length > 1 ? { ...query, claim_sets: sets } : query;
  });
}

/**
 * Returns the id of a credential query. Adds the query if it is new.
 * @param {DcqlCredential[]} credentials
 * @param {DcqlCredential} query
 */
function idOf(credentials, query) {
  const text = JSON.stringify({ ...query, id: "" });
  const same = credentials.find((known) => JSON.stringify({ ...known, id: "" }) === text);
  if (same !== undefined) return same.id;
  const id = unused(query.id, credentials.map((known) => known.id));
  credentials.push({ ...query, id });
  return id;
}

/**
 * Returns the id of a claim. Adds the claim if it is new.
 * @param {import("./index.js").DcqlClaim[]} claims
 * @param {ClaimPath} path
 */
function claimId(claims, path) {
  const text = JSON.stringify(path);
  const same = claims.find((claim) => JSON.stringify(claim.path) === text);
  if (same !== undefined) return same.id;
  const id = unused(word(path.filter((step) => step !== null).join("-")), claims.map((claim) => claim.id));
  claims.push({ id, path: [...path] });
  return id;
}

/**
 * Returns the ways to take one item from each list, up to the limit. The first way takes the first item of each.
 * @template T
 * @param {T[][]} lists
 * @returns {T[][]}
 */
function combined(lists) {
  /** @type {T[][]} */
  let ways = lists.length === 0 ? [] : [[]];
  for (const list of lists) ways = ways.flatMap((way) => list.map((one) => [...way, one])).slice(0, MOST);
  return ways;
}

/** Returns the text as an id, which may have letters, digits, `_` and `-`. @param {string} text */
function word(text) {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, "_") || "_";
}

/** @param {string} id @param {string[]} taken */
function unused(id, taken) {
  let free = id;
  for (let number = 2; taken.includes(free); number += 1) free = `${id}-${number}`;
  return free;
}
