/**
 * Segmented palettes: the data of a lookup table as discrete, linear and indirect segments
 * [nema2024ps33] (C.7.9.2).
 */

/** Most entries of a table: its descriptor counts in 16 bits, with 0 for 65536. */
const most = 65536;

/** What is wrong with the data, for an error that names the table. */
export interface SegmentFailure {
  /** Number of the first word that is no part of a segment. */
  readonly at: number;
  readonly reason: string;
}

/**
 * The entries that segments stand for.
 *
 * @param words of 8 or 16 bits, as the entries of the table
 * @param wide whether they have 16 bits: offsets of indirect segments are two words then, four otherwise
 * @returns entries, or what is wrong
 */
export function expandedSegments(
  words: ArrayLike<number>,
  wide: boolean,
): Uint16Array | SegmentFailure {
  const entries: number[] = [];
  const failed = expand(words, { at: 0, segments: Infinity, wide, nested: false }, entries);
  return failed ?? Uint16Array.from(entries);
}

interface Part {
  readonly at: number;
  readonly segments: number;
  readonly wide: boolean;
  /** Within an indirect segment, in which there must be no other. */
  readonly nested: boolean;
}

function expand(
  words: ArrayLike<number>,
  part: Part,
  entries: number[],
): SegmentFailure | undefined {
  const { segments, wide, nested } = part;
  let { at } = part;
  // Values of 8 bits are padded to an even number.
  const padding = wide ? 0 : 1;
  for (let done = 0; done < segments; done++) {
    if (at >= words.length || (!nested && done > 0 && at + padding >= words.length)) {
      return nested ? { at, reason: "the end of the data within an indirect segment" } : undefined;
    }
    const [opcode, length] = [words[at]!, words[at + 1]];
    const start = at;
    at += 2;
    if (length === undefined) return { at: start, reason: "a segment without a length" };
    if (opcode === 0) {
      if (at + length > words.length) return { at: start, reason: "a discrete segment cut short" };
      for (let i = 0; i < length; i++) entries.push(words[at + i]!);
      at += length;
    } else if (opcode === 1) {
      const [from, to] = [entries.at(-1), words[at]];
      if (from === undefined) return { at: start, reason: "a linear segment without a beginning" };
      if (to === undefined) return { at: start, reason: "a linear segment cut short" };
      at += 1;
      for (let i = 1; i <= length; i++) entries.push(Math.round(from + ((to - from) * i) / length));
    } else if (opcode === 2) {
      const size = wide ? 2 : 4;
      if (nested) return { at: start, reason: "an indirect segment within another" };
      if (at + size > words.length) return { at: start, reason: "an indirect segment cut short" };
      let offset = 0;
      for (let i = size - 1; i >= 0; i--) offset = offset * (wide ? 65536 : 256) + words[at + i]!;
      at += size;
      // Offsets count bytes.
      const target = wide ? offset / 2 : offset;
      if (!Number.isInteger(target) || target >= words.length) {
        return { at: start, reason: `an indirect segment to byte ${offset}` };
      }
      const failed = expand(words, { at: target, segments: length, wide, nested: true }, entries);
      if (failed) return failed;
    } else return { at: start, reason: `segment type ${opcode}` };
    if (entries.length > most) return { at: start, reason: `more than ${most} entries` };
  }
  return undefined;
}
