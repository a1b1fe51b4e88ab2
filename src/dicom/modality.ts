/** Samples to what they mean: rescale, lookup table, dose grid or real world values, and which are padding. */
import type { IntensityUnit } from "../core/image.ts";
import { type DataSet, itemsOf, numberOf, textOf } from "./elements.ts";
import { functionalGroups, hasFunctionalGroups } from "./geometry.ts";
import { paddingMask, paddingRanges } from "./padding.ts";
import type { PixelLayout } from "./pixels.ts";
import { type RealWorldMapping, realWorldValues } from "./real-world-values.ts";
import { lookupTable, type Samples } from "./samples.ts";

/** Which attributes say what stored values mean. */
export type ScaledBy = "nothing" | "rescale" | "table" | "real world values" | "dose grid";

export interface Rescale {
  readonly slope: Float64Array;
  readonly intercept: Float64Array;
  readonly varies: boolean;
  readonly by: ScaledBy;
  /** Rescale Type, Modality LUT Type, or the unit of what else gives the values. */
  readonly type: string | undefined;
  readonly findings: readonly string[];
}

const transformation = 0x00289145;

/** Samples with their meaning. */
export interface Meant {
  readonly samples: Samples;
  readonly rescale: Rescale;
  /** 1 for each sample that is no measurement; absent where all are. */
  readonly padded?: Uint8Array;
}

/** Slope and intercept of every frame, or the modality lookup table applied. */
export function modality(samples: Samples, set: DataSet, layout: PixelLayout): Meant {
  const padded = paddingMask(samples.data, paddingRanges(set, layout));
  return { ...scaled(samples, set, layout), ...(padded ? { padded } : {}) };
}

function scaled(samples: Samples, set: DataSet, layout: PixelLayout): Omit<Meant, "padded"> {
  const lut = itemsOf(set, 0x00283000)[0];
  const unity = {
    slope: new Float64Array([1]),
    intercept: new Float64Array([0]),
    varies: false,
    by: "nothing" as const,
    type: undefined,
    findings: [],
  };
  if (samples.components !== 1) return { samples, rescale: unity };
  if (
    lut &&
    !set.elements.has(0x00281053) &&
    samples.type !== "float32" &&
    samples.type !== "float64"
  ) {
    const table = lookupTable(lut, {
      descriptor: 0x00283002,
      data: 0x00283006,
      signed: layout.signed,
      offset: layout.element.offset,
    });
    const last = table.values.length - 1;
    const data = new Uint16Array(samples.data.length);
    for (let i = 0; i < data.length; i++) {
      data[i] = table.values[Math.max(0, Math.min(last, samples.data[i]! - table.first))]!;
    }
    return {
      samples: { ...samples, data, type: "uint16", bits: Math.min(16, table.bits || 16) },
      rescale: {
        ...unity,
        by: "table",
        type: textOf(lut, 0x00283004),
        findings: ["the modality lookup table has been applied; the stored values are its output"],
      },
    };
  }
  return { samples, rescale: meaningOf(samples, set, layout) };
}

/** Rescale, dose grid or real world values: the first that says more than that values are what they are. */
function meaningOf(samples: Samples, set: DataSet, layout: PixelLayout): Rescale {
  const rescale = rescaleOf(set, layout.frames);
  const identity = !rescale.varies && rescale.slope[0] === 1 && rescale.intercept[0] === 0;
  const dose = numberOf(set, 0x3004000e);
  if (dose !== undefined && dose > 0 && identity) {
    const unit = textOf(set, 0x30040002)?.toUpperCase() === "GY" ? "Gy" : "relative dose";
    return {
      ...rescale,
      slope: new Float64Array([dose]),
      by: "dose grid",
      type: unit,
      findings: [`the values are dose in ${unit}: stored values times the Dose Grid Scaling`],
    };
  }
  const real = realWorldValues(set, { frames: layout.frames, signed: layout.signed });
  if (!real) return rescale;
  const units = real.units.join(", ") || "no stated unit";
  const said = (finding: string): Rescale => ({
    ...rescale,
    findings: [...rescale.findings, finding],
  });
  const unscaled = identity && (rescale.type === undefined || rescale.type === "US");
  const { mappings } = real;
  if (!mappings) {
    return said(`a real world value mapping (${units}) is not applied: ${real.reason}`);
  }
  const slope = Float64Array.from(mappings, (one) => one.slope);
  const intercept = Float64Array.from(mappings, (one) => one.intercept);
  if (!unscaled) {
    const same = slope.every(
      (m, i) =>
        m === rescale.slope[Math.min(i, rescale.slope.length - 1)] &&
        intercept[i] === rescale.intercept[Math.min(i, rescale.intercept.length - 1)],
    );
    return same
      ? rescale
      : said(`a real world value mapping (${units}) is not applied: the rescale is`);
  }
  if (mappings.every((one) => one.slope === 1 && one.intercept === 0)) {
    return units === "[hnsf'U]" ? { ...rescale, by: "real world values", type: "HU" } : rescale;
  }
  // Some frames of many are not judged.
  const whole = samples.data.length === layout.rows * layout.columns * layout.frames;
  const outside = whole ? countOutside(samples, mappings, layout.frames) : 0;
  const label = mappings[0]!.label;
  return {
    slope,
    intercept,
    varies: slope.some((m) => m !== slope[0]) || intercept.some((b) => b !== intercept[0]),
    by: "real world values",
    type: units === "[hnsf'U]" ? "HU" : units,
    findings: [
      ...rescale.findings,
      `the values are in ${units} by the real world value mapping${label ? ` ${label}` : ""}`,
      ...(outside > 0
        ? [`${outside} stored values lie outside those for which the mapping is stated`]
        : []),
    ],
  };
}

function countOutside(
  samples: Samples,
  mappings: readonly RealWorldMapping[],
  frames: number,
): number {
  const { data } = samples;
  const size = data.length / frames;
  let outside = 0;
  for (let i = 0; i < data.length; i++) {
    const { from, to } = mappings[mappings.length === 1 ? 0 : Math.floor(i / size)]!;
    if (data[i]! < from || data[i]! > to) outside++;
  }
  return outside;
}

function rescaleOf(set: DataSet, frames: number): Rescale {
  const findings: string[] = [];
  const perFrame = hasFunctionalGroups(set);
  const groups = perFrame ? functionalGroups(set, frames, transformation) : [];
  const count = perFrame ? frames : 1;
  const slope = new Float64Array(count).fill(1);
  const intercept = new Float64Array(count);
  let type = textOf(set, 0x00281054);
  let stated = set.elements.has(0x00281053) || set.elements.has(0x00281052);
  for (let frame = 0; frame < count; frame++) {
    const from = groups[frame] ?? set;
    if (from !== set) {
      stated = true;
      type ??= textOf(from, 0x00281054);
    }
    const m = numberOf(from, 0x00281053);
    const b = numberOf(from, 0x00281052);
    // A slope of zero would erase the image; such files mean "no rescaling".
    if (m === 0) findings.push("a rescale slope of 0 is ignored");
    slope[frame] = m === undefined || m === 0 ? 1 : m;
    intercept[frame] = b ?? 0;
  }
  const varies = slope.some((m) => m !== slope[0]) || intercept.some((b) => b !== intercept[0]);
  return { slope, intercept, varies, by: stated ? "rescale" : "nothing", type, findings };
}

const ctStorage = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.2(\.|$)/;

/** Unit that the file states or implies. */
export function unitOf(set: DataSet, rescale: Rescale): IntensityUnit | undefined {
  if (rescale.type?.toUpperCase() === "HU") return "HU";
  const ct = textOf(set, 0x00080060) === "CT" || ctStorage.test(textOf(set, 0x00080016) ?? "");
  if (!ct || rescale.by === "nothing") return undefined;
  return rescale.type === undefined || rescale.type === "" ? "HU" : undefined;
}
