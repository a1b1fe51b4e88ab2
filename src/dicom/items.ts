/** Changing elements inside sequences. */
import type { DicomElement, Encoding } from "./elements.ts";

/**
 * A sequence with every element inside it, at any depth, replaced by what `change` gives; undefined
 * leaves the element out. Elements that are kept keep their bytes.
 *
 * @param parent encoding of the data set that the sequence stands in
 */
export function mapItems(
  element: DicomElement,
  parent: Encoding,
  change: (inner: DicomElement) => DicomElement | undefined,
): DicomElement {
  if (!element.items) return element;
  const encoding = element.encoding ?? parent;
  let touched = false;
  const items = element.items.map((item) => {
    const elements = new Map<number, DicomElement>();
    for (const [tag, inner] of item.elements) {
      const next = change(inner);
      if (next !== inner) touched = true;
      if (!next) continue;
      const deep = next === inner ? mapItems(inner, encoding, change) : next;
      if (deep !== inner) touched = true;
      elements.set(tag, deep);
    }
    return { ...item, elements };
  });
  if (!touched) return element;
  return {
    ...element,
    vr: "SQ",
    items,
    value: new Uint8Array(0),
    undefinedLength: true,
    encoding,
  };
}
