// The built glue of the module for authors, in one place, so that the rest is checked against the types in author-glue.d.ts.
export { default as load, initSync as loadSync, author_check, author_diff, author_prove } from "./dist/author.js";
