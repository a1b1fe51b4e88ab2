/** Markdown's inline syntax in a report's paragraphs: code, strong, emphasis, links. */

/** A run of a paragraph; `parts` of what stands inside strong, emphasis or a link. */
export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "strong"; readonly parts: readonly Inline[] }
  | { readonly kind: "emphasis"; readonly parts: readonly Inline[] }
  | { readonly kind: "link"; readonly href: string; readonly parts: readonly Inline[] };

const pattern =
  /(?<code>`[^`]+`)|\*\*(?<strong>[^*]+(?:\*[^*]+\*[^*]*)*)\*\*|(?<![\p{L}\p{N}*])\*(?<star>[^*\s](?:[^*]*[^*\s])?)\*(?!\*)|(?<![\p{L}\p{N}_])_(?<bar>[^_\s](?:[^_]*[^_\s])?)_(?![\p{L}\p{N}_])|\[(?<label>[^\]]+)\]\((?<href>[^()\s]+)\)|\\(?<plain>[\\`*_[\]()|])/u;

/** Addresses that a reader may be led to: the web, mail, and places beside or within the report. */
const safeAddress = /^(https?:\/\/|mailto:|#|\.{0,2}\/|[\w-]+(?:[/.#?]|$))/i;

/** Parts of a paragraph. What is no such syntax stays text; links to other schemes lose their address. */
export function inlineOf(text: string): Inline[] {
  const parts: Inline[] = [];
  const say = (plain: string) => {
    const last = parts.at(-1);
    if (plain === "") return;
    if (last?.kind === "text") parts[parts.length - 1] = { kind: "text", text: last.text + plain };
    else parts.push({ kind: "text", text: plain });
  };
  let rest = text;
  for (;;) {
    const found = pattern.exec(rest);
    if (found === null) break;
    say(rest.slice(0, found.index));
    const { code, strong, star, bar, label, href, plain } = found.groups as Record<
      string,
      string | undefined
    >;
    if (code !== undefined) parts.push({ kind: "code", text: code.slice(1, -1) });
    else if (strong !== undefined) parts.push({ kind: "strong", parts: inlineOf(strong) });
    else if (label !== undefined && href !== undefined) {
      if (safeAddress.test(href)) parts.push({ kind: "link", href, parts: inlineOf(label) });
      else parts.push(...inlineOf(label));
    } else if (plain !== undefined) say(plain);
    else parts.push({ kind: "emphasis", parts: inlineOf(star ?? bar ?? "") });
    rest = rest.slice(found.index + found[0].length);
  }
  say(rest);
  return parts;
}

/** The words alone. */
export function plainText(parts: readonly Inline[]): string {
  return parts.map((part) => ("text" in part ? part.text : plainText(part.parts))).join("");
}
