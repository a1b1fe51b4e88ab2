/**
 * Real world values: what stored values mean by the mapping of their own [nema2024ps33] (C.7.6.16.2.11),
 * which stands beside the modality transform or in its place.
 */
import { type DataSet, itemsOf, numberOf, textOf } from "./elements.ts";

export const realWorldSequence = 0x00409096;

const tags = {
  shared: 0x52009229,
  perFrame: 0x52009230,
  intercept: 0x00409224,
  slope: 0x00409225,
  first: 0x00409216,
  last: 0x00409211,
  firstDouble: 0x00409214,
  lastDouble: 0x00409213,
  label: 0x00409210,
  units: 0x004008ea,
} as const;

/** A linear mapping: the real world value is slope · stored value + intercept. */
export interface RealWorldMapping {
  readonly slope: number;
  readonly intercept: number;
  /** Stored values for which it is stated. */
  readonly from: number;
  readonly to: number;
  /** Code of the unit, such as `um2/s`; empty where none is stated. */
  readonly unit: string;
  readonly label: string;
}

/** Mappings of every frame, one entry for all frames where they have none of their own. */
export interface RealWorldValues {
  /** Absent where there is none, or no single linear one for every frame. */
  readonly mappings?: readonly RealWorldMapping[];
  /** All units that are stated, in their order. */
  readonly units: readonly string[];
  /** Why there is no mapping to apply although some are stated. */
  readonly reason?: string;
}

/** What a data set states of real world values; undefined where it states nothing. */
export function realWorldValues(
  set: DataSet,
  of: { readonly frames: number; readonly signed: boolean },
): RealWorldValues | undefined {
  const perFrame = itemsOf(set, tags.perFrame);
  const shared = itemsOf(set, tags.shared)[0];
  const own = perFrame.some((frame) => frame.elements.has(realWorldSequence));
  const common = shared ? itemsOf(shared, realWorldSequence) : [];
  const whole = common.length > 0 ? common : itemsOf(set, realWorldSequence);
  const frames = own
    ? Array.from({ length: of.frames }, (_, frame) => {
        const items = perFrame[frame] ? itemsOf(perFrame[frame], realWorldSequence) : [];
        return items.length > 0 ? items : whole;
      })
    : [whole];
  const all = frames.flat();
  if (all.length === 0) return undefined;
  const units = [...new Set(all.map((item) => unitOf(item)).filter((unit) => unit !== ""))];
  const mappings: RealWorldMapping[] = [];
  for (const items of frames) {
    const linear = items.map((item) => mappingOf(item, of.signed));
    const [first] = linear;
    if (items.length === 0) return { units, reason: "not every frame has one" };
    if (first === undefined || linear.includes(undefined)) {
      return { units, reason: "it is no line but a table" };
    }
    if (linear.some((one) => one!.slope !== first.slope || one!.intercept !== first.intercept)) {
      return { units, reason: `there are ${items.length} of them to choose from` };
    }
    mappings.push(first);
  }
  return { mappings, units };
}

function unitOf(item: DataSet): string {
  const code = itemsOf(item, tags.units)[0];
  return (code && (textOf(code, 0x00080100) ?? textOf(code, 0x00080104))) ?? "";
}

function mappingOf(item: DataSet, signed: boolean): RealWorldMapping | undefined {
  const slope = numberOf(item, tags.slope);
  const intercept = numberOf(item, tags.intercept);
  if (slope === undefined || slope === 0 || intercept === undefined) return undefined;
  const vr = signed ? "SS" : "US";
  return {
    slope,
    intercept,
    from: numberOf(item, tags.firstDouble) ?? numberOf(item, tags.first, vr) ?? -Infinity,
    to: numberOf(item, tags.lastDouble) ?? numberOf(item, tags.last, vr) ?? Infinity,
    unit: unitOf(item),
    label: textOf(item, tags.label) ?? "",
  };
}
