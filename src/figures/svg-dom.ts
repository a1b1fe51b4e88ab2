/**
 * The little of a document that Observable Plot and d3-selection need to build SVG, in place of a
 * browser or jsdom (0.7 s to import).
 */
import { escapeXml } from "./svg.ts";

const svgSpace = "http://www.w3.org/2000/svg";

interface Owner {
  readonly documentElement: { readonly namespaceURI: string; readonly ownerDocument: Owner };
  readonly defaultView: undefined;
  createElementNS(space: string, name: string): SvgNode;
  createElement(name: string): SvgNode;
  createTextNode(text: string): SvgText;
}

interface SvgText {
  readonly text: string;
  parentNode: SvgNode | null;
}

type Child = SvgNode | SvgText;

export interface SvgNode {
  readonly tagName: string;
  readonly namespaceURI: string;
  readonly ownerDocument: Owner;
  readonly childNodes: Child[];
  readonly style: { setProperty(name: string, value: string): void };
  readonly outerHTML: string;
  parentNode: SvgNode | null;
  textContent: string;
  readonly firstChild: Child | null;
  readonly nextSibling: Child | null;
  setAttribute(name: string, value: unknown): void;
  setAttributeNS(space: string, name: string, value: unknown): void;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  removeAttribute(name: string): void;
  appendChild<C extends Child>(child: C): C;
  insertBefore<C extends Child>(child: C, next: Child | null): C;
  removeChild<C extends Child>(child: C): C;
  append(...children: (Child | string)[]): void;
  addEventListener(): void;
  querySelector(): null;
  querySelectorAll(): never[];
}

/** A document that creates such nodes. */
export function svgOwner(): Owner {
  const owner: Owner = {
    documentElement: {
      namespaceURI: "http://www.w3.org/1999/xhtml",
      get ownerDocument() {
        return owner;
      },
    },
    defaultView: undefined,
    createElementNS: (space, name) => node(owner, space, name),
    createElement: (name) => node(owner, svgSpace, name),
    createTextNode: (text) => ({ text: String(text), parentNode: null }),
  };
  return owner;
}

function node(owner: Owner, namespaceURI: string, tagName: string): SvgNode {
  const attributes = new Map<string, string>();
  const styles = new Map<string, string>();
  const childNodes: Child[] = [];
  const detach = (child: Child): void => {
    const siblings = child.parentNode?.childNodes;
    if (siblings !== undefined) siblings.splice(siblings.indexOf(child), 1);
  };
  const self: SvgNode = {
    tagName,
    namespaceURI,
    ownerDocument: owner,
    childNodes,
    style: { setProperty: (name, value) => void styles.set(name, value) },
    parentNode: null,
    get firstChild() {
      return childNodes[0] ?? null;
    },
    get nextSibling() {
      const siblings = self.parentNode?.childNodes;
      return siblings?.[siblings.indexOf(self) + 1] ?? null;
    },
    get textContent() {
      return childNodes.map((c) => ("text" in c ? c.text : c.textContent)).join("");
    },
    set textContent(text: string) {
      childNodes.length = 0;
      if (text !== "" && text !== null) self.appendChild(owner.createTextNode(text));
    },
    get outerHTML() {
      const style = [...styles].map(([name, value]) => `${name}: ${value};`).join(" ");
      const all = style === "" ? [...attributes] : [...attributes, ["style", style] as const];
      const opening = all.map(([name, value]) => ` ${name}="${escapeXml(value)}"`).join("");
      const inner = childNodes
        .map((c) => ("text" in c ? textOf(tagName, c) : c.outerHTML))
        .join("");
      return `<${tagName}${opening}>${inner}</${tagName}>`;
    },
    setAttribute: (name, value) => void attributes.set(name, String(value)),
    setAttributeNS: (_space, name, value) => void attributes.set(name, String(value)),
    getAttribute: (name) => attributes.get(name) ?? null,
    hasAttribute: (name) => attributes.has(name),
    removeAttribute: (name) => void attributes.delete(name),
    appendChild: (child) => self.insertBefore(child, null),
    insertBefore(child, next) {
      detach(child);
      const at = next === null ? -1 : childNodes.indexOf(next);
      if (at < 0) childNodes.push(child);
      else childNodes.splice(at, 0, child);
      child.parentNode = self;
      return child;
    },
    removeChild(child) {
      detach(child);
      child.parentNode = null;
      return child;
    },
    append(...children) {
      for (const child of children) {
        self.appendChild(typeof child === "string" ? owner.createTextNode(child) : child);
      }
    },
    addEventListener() {},
    querySelector: () => null,
    querySelectorAll: () => [],
  };
  return self;
}

/** Style sheets are taken as they are; a browser would read `&gt;` in them as text. */
function textOf(parent: string, { text }: SvgText): string {
  return parent === "style" ? text : escapeXml(text);
}
