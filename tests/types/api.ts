// Nothing here runs. It compiles only while the exported types are correct: a type that decays to `any`, a field that
// is lost or a wrong use that becomes possible is an error of `tsc`.

import init, {
  AccessError, Identity, Ruleset, RulesetError, UpdateError, dcqlQuery, guard, initSync, maintain, memoryReplayStore,
  openRuleset,
} from "brightline";
import type {
  AccessRequest, Alternative, Basis, BundleCode, CheckRequest, Context, DcqlQuery, DecidedBy, Decision, DenyListEntry,
  EngineCode, EvidenceCode, EvidenceNeed, EvidencePath, EvidenceRequest, ExceptionCode, ExceptionReason, Fetchable,
  GuardOptions, IdentifyOptions, IssuerDescription, KeyCode, KeyUpdate, Maintenance, MaintenanceCode, MaintenanceOptions,
  MaintenanceProblem, Obligation, OpenOptions, Outcome, Party, PublicJwk, ReasonCode, ReplayStore, RequestCode, RuleReason,
  RulesetDescription, SingleUse, StatusListUpdate, StoredDocument, Substitute, TokenCode, TrustRoot, TrustRootCode,
  UpcomingChange, UpdateCode, UpdateOptions, ValueCondition,
} from "brightline";
import { createEdge } from "brightline/edge";
import type { Edge, EdgeOptions, LogLine, Problem } from "brightline/edge";
import type { Finding, GuaranteeResult } from "brightline/author";
import type { RequestRefusal } from "brightline/model-request";
import wasm from "brightline/brightline_bg.wasm";

type IsAny<T> = 0 extends 1 & T ? true : false;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/**
 * True if T or a field of it, however deep, is `any`. Recursion ends at functions and at values that are not objects.
 */
type HasAny<T> =
  IsAny<T> extends true ? true
  : T extends (...args: infer P) => infer R ? true extends HasAny<P> | HasAny<R> ? true : false
  : T extends PromiseLike<infer R> ? HasAny<R>
  : T extends readonly (infer I)[] ? HasAny<I>
  : T extends string | number | boolean | null | undefined | symbol | URL | Date | Response | ArrayBufferView ? false
  : T extends object ? true extends { [K in keyof T]-?: HasAny<T[K]> }[keyof T] ? true : false
  : false;
declare function no<T extends false>(): T;
declare function yes<T extends true>(): T;

// The guard itself detects `any` at each depth.
yes<HasAny<{ a: { b: any }[] }>>();
yes<HasAny<(a: any) => void>>();
yes<HasAny<any>>();
no<HasAny<{ a: { b: string | null }[] }>>();

no<HasAny<Decision>>();
no<HasAny<RuleReason>>();
no<HasAny<ExceptionReason>>();
no<HasAny<EvidencePath>>();
no<HasAny<EvidenceNeed>>();
no<HasAny<ValueCondition>>();
no<HasAny<Alternative>>();
no<HasAny<Obligation>>();
no<HasAny<UpcomingChange>>();
no<HasAny<Basis>>();
no<HasAny<Substitute>>();
no<HasAny<TrustRoot>>();
no<HasAny<PublicJwk>>();
no<HasAny<OpenOptions>>();
no<HasAny<Context>>();
no<HasAny<AccessRequest>>();
no<HasAny<CheckRequest>>();
no<HasAny<KeyUpdate>>();
no<HasAny<UpdateOptions>>();
no<HasAny<SingleUse>>();
no<HasAny<ReplayStore>>();
no<HasAny<Fetchable>>();
no<HasAny<DenyListEntry>>();
no<HasAny<IdentifyOptions>>();
no<HasAny<IssuerDescription>>();
no<HasAny<RulesetDescription>>();
no<HasAny<EvidenceRequest>>();
no<HasAny<DcqlQuery>>();
no<IsAny<MaintenanceOptions>>();
no<HasAny<MaintenanceProblem>>();
no<IsAny<Maintenance>>();
no<IsAny<typeof dcqlQuery>>();
no<IsAny<typeof maintain>>();
no<IsAny<typeof memoryReplayStore>>();
// `combine` refers to rulesets again, without end.
no<HasAny<Omit<Ruleset, "combine">>>();
yes<Same<Ruleset["combine"], (other: Ruleset) => Ruleset>>();
no<HasAny<Pick<Identity, keyof Identity>>>();
no<HasAny<Pick<AccessError, "name" | "code" | "decision">>>();
no<HasAny<Pick<RulesetError, "name" | "code">>>();
no<HasAny<Pick<UpdateError, "name" | "code">>>();
no<HasAny<StatusListUpdate>>();
no<HasAny<StoredDocument>>();
no<HasAny<Finding>>();
no<HasAny<GuaranteeResult>>();
no<HasAny<Omit<GuardOptions, "ruleset">>>();
no<IsAny<GuardOptions["ruleset"]>>();
no<IsAny<typeof init>>();
no<IsAny<typeof initSync>>();
no<IsAny<typeof openRuleset>>();
no<IsAny<typeof guard>>();
no<IsAny<typeof wasm>>();
no<IsAny<typeof createEdge>>();
no<IsAny<EdgeOptions>>();
no<HasAny<LogLine>>();
no<HasAny<Problem>>();
no<IsAny<Edge>>();

// The exact unions.
yes<Same<Outcome, "allow" | "degrade" | "step_up" | "review" | "deny">>();
yes<Same<DecidedBy, "rule" | "default" | "token" | "request" | "ruleset" | "engine">>();
yes<Same<Decision["allowed"], boolean>>();
yes<Same<Decision["valid_until"], string | null>>();
yes<Same<ReturnType<typeof init>, Promise<void>>>();
yes<Same<ReturnType<typeof guard>, typeof fetch>>();
yes<Same<typeof wasm, WebAssembly.Module>>();
yes<Same<keyof CheckRequest, "token" | "nonce" | "proof" | "model" | "action" | "context" | "now">>();
yes<Same<EvidenceNeed["wanted"], readonly ValueCondition[]>>();
yes<Same<ExceptionReason["number"], string | null>>();
yes<Same<ReturnType<Ruleset["updateKeys"]>, KeyUpdate>>();
yes<Same<Identity["singleUses"], readonly SingleUse[]>>();
yes<Same<keyof SingleUse, "key" | "until_ms" | "holder">>();
yes<Same<Party["role"], string>>();

// Codes are unions of words, and a reason may also be an author's own.
no<string extends TokenCode | RequestCode | EvidenceCode | ExceptionCode | MaintenanceCode | Finding["code"] ? true : false>();
no<string extends RulesetError["code"] | UpdateError["code"] | NonNullable<Identity["refusal"]> ? true : false>();
yes<RequestRefusal["code"] extends RequestCode ? true : false>();
yes<Same<Decision["reason"], ReasonCode>>();
yes<Same<AccessError["code"], ReasonCode>>();
yes<string extends ReasonCode ? true : false>();

export function codes(decision: Decision, ruleset: RulesetError, update: UpdateError, identity: Identity) {
  decision.reason === "foreign_person";
  decision.reason === "token.expired";
  const own: ReasonCode = "export_controlled";
  const expired: TokenCode = "token.expired";
  // @ts-expect-error a misspelt code of a token
  const expird: TokenCode = "token.expird";
  // @ts-expect-error a misspelt code of a bundle
  ruleset.code === "bundle.signatur";
  // @ts-expect-error a ruleset error is about no update
  ruleset.code === "keys.none";
  // @ts-expect-error a misspelt code of an update
  update.code === "keys.non";
  // @ts-expect-error a misspelt refusal
  identity.refusal === "token.key_unknwon";
  // @ts-expect-error a misspelt problem of evidence
  decision.needs[0]?.evidence[0]?.problem === "evidence.mising";
  return [own, expired, expird];
}

export function exhaustive(outcome: Outcome): string {
  switch (outcome) {
    case "allow": case "degrade": case "step_up": case "review": case "deny": return outcome;
    default: return outcome satisfies never;
  }
}

declare const root: TrustRoot;
export async function callers() {
  await init();
  await init(new URL("https://app.example/brightline_bg.wasm"));
  await init(fetch("/brightline_bg.wasm"));
  initSync({ module: wasm });
  using ruleset = openRuleset("{}", root, { now: new Date(), minimumVersion: 3 });
  openRuleset(new Uint8Array(), root).free();
  const decision = ruleset.check({ token: null, model: "m", action: "chat", context: { country: "DE" }, now: 0 });
  using both = ruleset.combine(openRuleset("{}", root));
  both.check({
    token: ["…", "…"], model: "m", action: "chat",
    context: { places: [{ country: "DE", quality: "ok" }], chain: [{ role: "end_user", known: false }], red_flag: true, tools: ["a"] },
  });
  const { used, passed_over } = ruleset.updateKeys("https://idp.example", "{}", new Date(), { source: "openid", now: 0 });
  for (const { kid, reason } of passed_over) [kid, reason] satisfies [string | null, string];
  using identity = ruleset.identify("…", { now: 0, replay: "host" });
  const store: ReplayStore = memoryReplayStore({ capacity: 10 });
  for (const { key, until_ms, holder } of identity.singleUses) if (!(await store.claim(key, until_ms, 0, holder))) identity.markReplayed();
  identity.check({ model: "m", action: "chat" });
  const fetching: typeof fetch = guard(fetch, {
    ruleset, token: async () => null, context: () => ({ purpose: "general" }), fallback: true,
    action: (url, body) => (url.pathname === "/run" && typeof body["model"] === "string" ? "agent" : null),
    onDecision: ({ outcome }) => exhaustive(outcome),
  });
  try {
    await fetching("/v1/chat/completions");
  } catch (error) {
    if (error instanceof AccessError) error.decision.needs[0]?.evidence[0]?.attribute satisfies string | undefined;
    if (error instanceof RulesetError) error.code satisfies BundleCode | TrustRootCode | KeyCode | EngineCode;
    if (error instanceof UpdateError) error.code satisfies UpdateCode | EngineCode;
  }
  return [decision, used];
}

export function misuses(ruleset: Ruleset, identity: Identity, decision: Decision) {
  // @ts-expect-error a misspelt field
  ruleset.check({ modle: "m", action: "chat" });
  // @ts-expect-error no model
  ruleset.check({ action: "chat" });
  // @ts-expect-error a token that is not a string
  ruleset.check({ token: 1, model: "m", action: "chat" });
  // @ts-expect-error a country that is not a string
  ruleset.check({ model: "m", action: "chat", context: { country: 49 } });
  // @ts-expect-error an unknown field of a location
  ruleset.check({ model: "m", action: "chat", context: { places: [{ contry: "DE" }] } });
  // @ts-expect-error a party without a role
  ruleset.check({ model: "m", action: "chat", context: { chain: [{ known: true }] } });
  // @ts-expect-error a misspelt option
  ruleset.updateKeys("https://idp.example", "{}", 0, { sorce: "openid" });
  // @ts-expect-error the result has no length
  ruleset.updateKeys("https://idp.example", "{}").length;
  // @ts-expect-error rulesets are opened, not described
  ruleset.combine({ id: "r", version: 1 });
  // @ts-expect-error `now` is not a string
  ruleset.check({ model: "m", action: "chat", now: "2026-01-01" });
  // @ts-expect-error an identity has its token already
  identity.check({ token: "…", model: "m", action: "chat" });
  // @ts-expect-error an absent user is passed as null
  ruleset.identify();
  // @ts-expect-error a decision is read, not written
  decision.allowed = true;
  // @ts-expect-error so are its lists
  decision.reasons.push();
  // @ts-expect-error no such outcome
  decision.outcome === "allowed";
  // @ts-expect-error opened, not constructed
  new Ruleset();
  // @ts-expect-error identified, not constructed
  new Identity();
  // @ts-expect-error a bundle is text or bytes
  openRuleset(new ArrayBuffer(1), root);
  // @ts-expect-error a trust root is an object
  openRuleset("{}", "{}");
  // @ts-expect-error a version is a number
  openRuleset("{}", root, { minimumVersion: "3" });
  // @ts-expect-error the token must be given, if only as null
  guard(fetch, { ruleset });
  // @ts-expect-error no such option
  guard(fetch, { ruleset, token: null, fallbak: true });
  // @ts-expect-error an object with `module`
  initSync(new Uint8Array());
}
