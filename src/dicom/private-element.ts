/** Private attributes: elements of odd groups, in blocks that a creator reserves [nema2024ps35] (7.8). */
import { type DataSet, type DicomElement, textOf } from "./elements.ts";

/**
 * A private element by its group, its creator and its number within the creator's block.
 *
 * @param of.element 0x00 to 0xff
 */
export function privateElement(
  set: DataSet,
  of: { readonly group: number; readonly creator: string; readonly element: number },
): DicomElement | undefined {
  for (let block = 0x10; block <= 0xff; block++) {
    const creator = of.group * 0x10000 + block;
    if (!set.elements.has(creator)) continue;
    if (textOf(set, creator)?.toUpperCase() !== of.creator.toUpperCase()) continue;
    const found = set.elements.get(of.group * 0x10000 + block * 0x100 + of.element);
    if (found !== undefined) return found;
  }
  return undefined;
}
