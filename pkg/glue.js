// The only import of the built glue, so that all other code is checked against the types in glue.d.ts.
export { default as load, initSync as loadSync, RawRuleset } from "./dist/brightline.js";
