/** The package as npm would publish it, installed into new projects in a temporary folder. */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PKG = fileURLToPath(new URL("../../../pkg/", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** @returns {{ tarball: string, files: string[], project: (name: string) => string, remove: () => void }} */
export function pack() {
  const folder = mkdtempSync(join(tmpdir(), "brightline-package-"));
  const output = execFileSync("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", folder, PKG], {
    encoding: "utf8", cwd: PKG,
  });
  // Output of a prepare script may precede the JSON.
  const [packed] = JSON.parse(output.slice(output.search(/^[[{]/m)));
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
  return {
    tarball,
    files: packed.files.map((/** @type {{ path: string }} */ file) => file.path),
    project(name) {
      const project = join(folder, name);
      const installed = join(project, "node_modules/brightline");
      mkdirSync(installed, { recursive: true });
      execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed]);
      writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
      cpSync(join(HERE, "exercise.mjs"), join(project, "exercise.mjs"));
      return project;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
