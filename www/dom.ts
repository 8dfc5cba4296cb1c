/** Builds elements. Text is inserted as text only, so nothing in a ruleset or in a model's answer becomes markup. */

export type Child = Node | string | null;

type Attributes = Readonly<Record<string, string | boolean | null>>;

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function button(label: string, onClick: () => void, attributes: Attributes = {}, ...before: readonly Child[]): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, ...before, label);
  element.addEventListener("click", onClick);
  return element;
}

/** Replaces the content of an element. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren(...children.filter((child) => child !== null));
}

/** Returns an element of index.html. If it is missing, the build is broken, and the error names it. */
export function part<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`index.html has no #${id}`);
  return element;
}

export type IconName = "allow" | "degrade" | "step_up" | "review" | "deny" | "link";

/** Returns an icon. It is decoration next to a word with the same meaning, never alone. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  set(svg, { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" });
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
}

const SVG = "http://www.w3.org/2000/svg";

// Each icon has its own shape, so that they can be distinguished without colour.
const CIRCLE = "M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 0 1 0-15z";
const PATHS: Readonly<Record<IconName, readonly string[]>> = {
  allow: [CIRCLE, "M6.6 10.3l2.4 2.4l4.5-5"],
  degrade: ["M3 4.5h4.5c4 0 2.5 11 6.5 11h3", "M14.5 12.5l3 3l-3 3", "M11.5 4.5h6"],
  step_up: ["M5 2.5h7l3.5 3.5v11.5h-10.5z", "M10 7.5v6", "M7 10.5h6"],
  review: ["M10 3a3 3 0 1 1 0 6a3 3 0 0 1 0-6z", "M3.5 17.5c.5-4 3-5.5 6.5-5.5s6 1.5 6.5 5.5"],
  deny: [CIRCLE, "M5 5l10 10"],
  link: ["M8 4.5h-4v11.5h11.5v-4", "M11.5 3h5.5v5.5", "M17 3l-8 8"],
};
