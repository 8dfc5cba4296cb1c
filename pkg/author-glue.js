// The only import of the built glue for authors, so that all other code is checked against the types in author-glue.d.ts.
export { default as load, initSync as loadSync, author_check, author_diff, author_prove } from "./dist/author.js";
