// The built glue, in one place, so that the rest is checked against the types in glue.d.ts.
export { default as load, initSync as loadSync, RawRuleset } from "./dist/brightline.js";
