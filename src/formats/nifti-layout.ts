/** What a NIfTI header says of an image, and the header for an image. */
import { FormatError } from "../core/errors.ts";
import { allAxes, type Axes, type Geometry, sizeOf } from "../core/image.ts";
import { parseRemark } from "./remark.ts";
import { isPositive } from "./units-of-measure.ts";
import {
  type NiftiExtension,
  type NiftiHeader,
  niftiElements,
  qformAffine,
} from "./nifti-header.ts";
import { type Affine, affineOf, geometryOf, lpsFromRas } from "./orientation.ts";

/** A parsed file without its data: what a rewritten one keeps. */
export interface NiftiSource {
  readonly format: "nifti";
  readonly header: NiftiHeader;
  readonly extensions: readonly NiftiExtension[];
}

/** The source of an image when it came from a NIfTI file. */
export function niftiSourceOf(source: unknown): NiftiSource | undefined {
  const found = source as Partial<NiftiSource> | undefined;
  return found?.format === "nifti" ? (found as NiftiSource) : undefined;
}
/** Where the data of a NIfTI file stands and what its elements are; enough to stream it. */
export interface NiftiLayout {
  readonly header: NiftiHeader;
  readonly axes: Axes;
  /** Image shape without components, slowest first. */
  readonly shape: readonly number[];
  /** Whether t and channel must change places between file and image order. */
  readonly swapsSeries: boolean;
}

/** Axes and sizes of an image made from a header. */
export function niftiLayout(header: NiftiHeader): NiftiLayout {
  const [nx = 1, ny = 1, nz = 1, nt = 1, ...rest] = header.dim;
  const channels = sizeOf(rest);
  const element = niftiElements[header.datatype]!;
  const remembered = parseRemark(header.description).axes;
  const components = element.components > 1 || channels > 1;
  const full: [string, number][] = [
    ["t", nt],
    ["c", channels],
    ["z", nz],
    ["y", ny],
    ["x", nx],
  ];
  // Sizes of one are axes only when the rank says so; a rank of four with one time point is a volume.
  const keeps = (axis: string, size: number) => {
    if (remembered !== undefined && allAxes.includes(remembered as Axes)) {
      return remembered.includes(axis) || size > 1;
    }
    if (axis === "z") return nz > 1 || header.rank === 3;
    if (axis === "t") return nt > 1;
    if (axis === "c") return components;
    return true;
  };
  const kept = full.filter(([axis, size]) => keeps(axis, size) || (axis === "c" && components));
  const axes = kept.map(([axis]) => axis).join("") as Axes;
  const shape = kept.filter(([axis]) => axis !== "c" || element.components === 1).map(([, n]) => n);
  return { header, axes, shape, swapsSeries: nt > 1 && channels > 1 };
}

const millimetres = (header: NiftiHeader) =>
  (({ 1: 1000, 3: 0.001 }) as Readonly<Record<number, number>>)[header.xyztUnits & 7] ?? 1;

/** Geometry by either form where its code is above zero and it spans space. */
function formsOf(header: NiftiHeader) {
  const scale = millimetres(header);
  const form = (code: number, affine: Affine | undefined) =>
    code <= 0 || affine === undefined
      ? undefined
      : geometryOf(lpsFromRas(affine.map((v) => v * scale)));
  return {
    s: form(header.sformCode, header.sform),
    q: form(header.qformCode, qformAffine(header)),
  };
}

/** Whether both forms stand and put the corners of the image at different places. */
export function formsDisagree(header: NiftiHeader): boolean {
  const { s, q } = formsOf(header);
  if (s === undefined || q === undefined) return false;
  const [a, b] = [affineOf(s), affineOf(q)];
  const sizes = header.dim.slice(0, 3);
  const longest = Math.max(...sizes);
  const extent = Math.max(...sizes.map((n, i) => n * s.spacing[2 - i]!));
  return a.some((v, i) => Math.abs(v - b[i]!) * (i % 4 === 3 ? 1 : longest) > 1e-3 * extent + 1e-3);
}

/** Seconds of one unit of the fourth dimension; undefined when it is no time. */
export function timeUnit(xyztUnits: number): { seconds: number; named: boolean } | undefined {
  const unit = xyztUnits & 56;
  const seconds = ({ 0: 1, 8: 1, 16: 1e-3, 24: 1e-6 } as Readonly<Record<number, number>>)[unit];
  return seconds === undefined ? undefined : { seconds, named: unit > 0 };
}

/** Geometry of a header in LPS, with what a reader should know about it. */
export function niftiGeometry(header: NiftiHeader): {
  options: Partial<Geometry>;
  notes: string[];
} {
  const notes: string[] = [];
  const spatial = header.xyztUnits & 7;
  if (spatial === 1 || spatial === 3) {
    notes.push(`spacing was in ${spatial === 1 ? "metres" : "micrometres"} and is now in mm`);
  }
  const { s, q } = formsOf(header);
  for (const { name, code, found } of [
    { name: "sform", code: header.sformCode, found: s },
    { name: "qform", code: header.qformCode, found: q },
  ]) {
    if (code > 0 && found === undefined)
      notes.push(`${name} (code ${code}) does not span space and was passed over`);
  }
  if (formsDisagree(header)) notes.push("sform and qform disagree; the sform was taken");
  const chosen = s ?? q;
  if (chosen !== undefined) {
    const spacingKnown = parseRemark(header.description).spacingKnown ?? true;
    return { options: { ...chosen, spacingKnown, orientationKnown: true }, notes };
  }
  notes.push("the file does not say how the image lies in the patient; the identity is assumed");
  const spacing = [3, 2, 1].map((i) => {
    const p = Math.abs(header.pixdim[i]!) * millimetres(header);
    return isPositive(p) ? p : 1;
  }) as [number, number, number];
  // Writers that know no spacing put 1 and no unit.
  const spacingKnown = spatial > 0 || spacing.some((s) => Math.abs(s - 1) > 1e-5);
  return { options: { spacing, spacingKnown, orientationKnown: false }, notes };
}

/**
 * Seconds from one volume of a series to the next. All readers take a step without a unit as seconds;
 * but 1 without a unit is what writers put that know none.
 */
export function niftiTimeStep(header: NiftiHeader, notes: string[]): number | undefined {
  // A header of version 1 holds 2.1 as 2.0999999 in single precision.
  const exact = (value: number) => (header.version === 1 ? Number(value.toPrecision(7)) : value);
  const step = header.pixdim[4];
  if (header.rank < 4 || !isPositive(step)) return undefined;
  const unit = timeUnit(header.xyztUnits);
  if (unit === undefined) {
    const code = header.xyztUnits & 56;
    const name = ({ 32: "Hz", 40: "ppm", 48: "rad/s" } as Readonly<Record<number, string>>)[code];
    notes.push(`the fourth dimension is no time: its step is ${step} ${name ?? `of unit ${code}`}`);
    return undefined;
  }
  if (!unit.named && step === 1) return undefined;
  if (!unit.named) {
    notes.push("the file names no unit for the time between volumes; seconds are assumed");
  }
  return exact(step * unit.seconds);
}

/** Slope and intercept to apply; notes what they are. @throws FormatError when they are not finite */
export function niftiScaling(
  header: NiftiHeader,
  notes: string[],
): { slope: number; intercept: number } {
  const { slope, intercept, version } = header;
  const none = { slope: 1, intercept: 0 };
  if (niftiElements[header.datatype]!.kind.startsWith("rgb")) return none;
  if (slope === 0 || Number.isNaN(slope)) return none;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept)) {
    throw new FormatError(
      `Cannot scale NIfTI values: found slope ${slope} and intercept ${intercept}, wanted finite numbers`,
      { format: "nifti", kind: "corrupt", offset: version === 1 ? 112 : 176 },
    );
  }
  if (slope !== 1 || intercept !== 0) notes.push(`values are ${slope} · stored + ${intercept}`);
  return { slope, intercept };
}
