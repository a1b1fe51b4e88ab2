/** Where the pixels lie: positions, orientations and spacings, classic and by functional groups. */
import { type Geometry, identityDirection } from "../core/image.ts";
import type { DataSet } from "./elements.ts";
import { itemsOf, numberOf, numbersOf, textOf } from "./elements.ts";

export type Vector = readonly [number, number, number];

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** One frame's plane in LPS millimetres. */
export interface Plane {
  /** Unit vectors along a row (to the next column) and along a column (to the next row). */
  readonly rowDirection: Vector;
  readonly columnDirection: Vector;
  /** Centre of the first pixel. */
  readonly position: Vector;
}

function vector(values: readonly number[], from = 0): Vector | undefined {
  const part = values.slice(from, from + 3);
  return part.length === 3 && part.every(Number.isFinite) ? (part as unknown as Vector) : undefined;
}

/** Plane of a classic single-frame object; undefined when it states none. */
export function planeOfObject(set: DataSet): Plane | undefined {
  return planeOf(numbersOf(set, tags.orientation), numbersOf(set, tags.position));
}

/** Plane from an orientation and a position; undefined when one is missing or no plane. */
function planeOf(orientation: readonly number[], position: readonly number[]): Plane | undefined {
  const row = vector(orientation);
  const column = vector(orientation, 3);
  const origin = vector(position);
  if (!row || !column || !origin) return undefined;
  const lengths = [Math.hypot(...row), Math.hypot(...column)] as const;
  // Direction cosines are written with few digits; a hundredth leaves room for that alone.
  if (Math.abs(lengths[0] - 1) > 0.01 || Math.abs(lengths[1] - 1) > 0.01) return undefined;
  if (Math.abs(dot(row, column)) > 0.01) return undefined;
  return { rowDirection: row, columnDirection: column, position: origin };
}

const tags = {
  position: 0x00200032,
  orientation: 0x00200037,
  spacing: 0x00280030,
  imagerSpacing: 0x00181164,
  scannedSpacing: 0x00182010,
  thickness: 0x00180050,
  betweenSlices: 0x00180088,
  shared: 0x52009229,
  perFrame: 0x52009230,
  planePosition: 0x00209113,
  planeOrientation: 0x00209116,
  pixelMeasures: 0x00289110,
  detectorInformation: 0x00540022,
  frameIncrement: 0x00280009,
  gridOffsets: 0x3004000c,
} as const;

/** A functional group macro of every frame: the frame's own before the shared one. */
export function functionalGroups(
  set: DataSet,
  frames: number,
  tag: number,
): (DataSet | undefined)[] {
  const perFrame = itemsOf(set, tags.perFrame);
  const shared = itemsOf(set, tags.shared)[0];
  const common = shared && itemsOf(shared, tag)[0];
  return Array.from({ length: frames }, (_, frame) => {
    const own = perFrame[frame];
    return (own && itemsOf(own, tag)[0]) ?? common;
  });
}

/** Whether an object describes its frames by functional groups. */
export function hasFunctionalGroups(set: DataSet): boolean {
  return set.elements.has(tags.perFrame) || set.elements.has(tags.shared);
}

/** Planes of all frames where the file states them. */
function planesOf(set: DataSet, frames: number): (Plane | undefined)[] {
  if (hasFunctionalGroups(set)) {
    const orientations = functionalGroups(set, frames, tags.planeOrientation);
    const positions = functionalGroups(set, frames, tags.planePosition);
    return orientations.map((orientation, frame) => {
      const position = positions[frame];
      if (!orientation || !position) return undefined;
      return planeOf(numbersOf(orientation, tags.orientation), numbersOf(position, tags.position));
    });
  }
  const detector = itemsOf(set, tags.detectorInformation)[0];
  const of = (tag: number) => {
    const own = numbersOf(set, tag);
    return own.length > 0 ? own : detector ? numbersOf(detector, tag) : [];
  };
  return [planeOf(of(tags.orientation), of(tags.position))];
}

export interface FrameGeometry {
  readonly geometry: Geometry;
  /** How the frames stand: a volume, a time series, volumes in time, or one plane. */
  readonly arrangement: "plane" | "volume" | "series" | "volumes";
  /** Slices of each volume; 1 for planes and series. */
  readonly slices: number;
  /** Frame of the file at each place of the image, where the file has them in another order. */
  readonly order?: readonly number[];
  readonly findings: readonly string[];
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 && Number.isFinite(value) ? value : undefined;
}

function inPlaneSpacing(set: DataSet): { pair: [number, number]; source: string } | undefined {
  const [measures] = functionalGroups(set, 1, tags.pixelMeasures);
  const candidates: [DataSet | undefined, number, string][] = [
    [measures, tags.spacing, "pixel measures"],
    [set, tags.spacing, "pixel spacing"],
    [set, tags.imagerSpacing, "detector"],
    [set, tags.scannedSpacing, "film"],
  ];
  for (const [from, tag, source] of candidates) {
    if (!from) continue;
    const [row, column] = numbersOf(from, tag);
    if (positive(row) && positive(column)) return { pair: [row!, column!], source };
  }
  return undefined;
}

/** Geometry of the frames of one object. */
export function frameGeometry(set: DataSet, frames: number): FrameGeometry {
  const findings: string[] = [];
  const spacing = inPlaneSpacing(set);
  if (spacing?.source === "detector")
    findings.push("the pixel spacing is the detector's, not the patient's");
  if (spacing?.source === "film")
    findings.push("the pixel spacing is the scanned film's, not the patient's");
  const [measures] = functionalGroups(set, 1, tags.pixelMeasures);
  const thickness =
    positive(measures && numberOf(measures, tags.betweenSlices)) ??
    positive(numberOf(set, tags.betweenSlices)) ??
    positive(measures && numberOf(measures, tags.thickness)) ??
    positive(numberOf(set, tags.thickness));
  const spacings = functionalGroups(set, frames, tags.pixelMeasures).map((group) =>
    group ? numbersOf(group, tags.spacing).join() : "",
  );
  if (spacings.some((one) => one !== spacings[0])) {
    findings.push("the pixel spacing differs between frames; that of the first one is used");
  }
  const planes = planesOf(set, frames);
  const first = planes[0];
  if (!first && numbersOf(set, tags.orientation).length > 0) {
    findings.push(
      "the orientation or position is no valid plane and is taken as axial at the origin",
    );
  }
  const [row, column] = spacing?.pair ?? [1, 1];
  const base = (step: number, normal?: Vector): Geometry => {
    const x = first?.rowDirection ?? [1, 0, 0];
    const y = first?.columnDirection ?? [0, 1, 0];
    const z = normal ?? cross(x, y);
    return {
      spacing: [step, row, column],
      origin: first?.position ?? [0, 0, 0],
      direction: first ? [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]] : identityDirection,
      spacingKnown: spacing !== undefined,
      orientationKnown: first !== undefined,
    };
  };
  if (frames === 1) {
    return { geometry: base(thickness ?? 1), arrangement: "plane", slices: 1, findings };
  }
  const stack = stackOf(set, planes, frames);
  if (stack) {
    if (stack.uneven) findings.push("the slices are not evenly spaced; the mean distance is used");
    const { order } = stack;
    if (order) findings.push("the frames are not in the order of their places and were sorted");
    const placed = base(stack.step, stack.normal);
    return {
      geometry: order ? { ...placed, origin: planes[order[0]!]!.position } : placed,
      arrangement: stack.slices === frames ? "volume" : "volumes",
      slices: stack.slices,
      ...(order ? { order } : {}),
      findings,
    };
  }
  const places = planes.filter((plane) => plane !== undefined);
  if (places.some((plane) => !samePlane(plane, places[0]!))) {
    findings.push(
      "the frames lie in different places but are no regular volume: they are a series",
    );
  }
  return { geometry: base(thickness ?? 1), arrangement: "series", slices: 1, findings };
}

function samePlane(a: Plane, b: Plane): boolean {
  const of = (plane: Plane) => [...plane.position, ...plane.rowDirection, ...plane.columnDirection];
  const other = of(b);
  return of(a).every((value, i) => Math.abs(value - other[i]!) < 1e-3);
}

interface Stack {
  readonly slices: number;
  readonly step: number;
  readonly normal?: Vector;
  readonly uneven: boolean;
  /** Frame of the file at each place; absent where that is the file's order. */
  readonly order?: readonly number[];
}

/** The frames as slices of one volume, or of volumes repeated in time. */
function stackOf(
  set: DataSet,
  planes: readonly (Plane | undefined)[],
  frames: number,
): Stack | undefined {
  const first = planes[0];
  const complete = planes.filter((plane) => plane !== undefined);
  if (first && complete.length === frames) {
    const normal = cross(first.rowDirection, first.columnDirection);
    const parallel = complete.every(
      (p) => dot(cross(p.rowDirection, p.columnDirection), normal) > 0.999,
    );
    if (!parallel) return undefined;
    const at = complete.map((plane) => dot(plane.position, normal));
    return inFileOrder(at, normal) ?? sorted(at, normal);
  }
  const offsets = numbersOf(set, tags.gridOffsets);
  if (offsets.length === frames && offsets.every(Number.isFinite)) {
    const plane = first ?? {
      rowDirection: [1, 0, 0] as const,
      columnDirection: [0, 1, 0] as const,
    };
    return evenly(offsets, cross(plane.rowDirection, plane.columnDirection));
  }
  const step = positive(numberOf(set, tags.betweenSlices));
  const pointer = numbersOf(set, tags.frameIncrement)[0];
  // Frames counted by slice, or a stated distance between them, make a volume; by time, a series.
  const bySlice = pointer === 0x00540080;
  const byTime = pointer === 0x00181063 || pointer === 0x00181065;
  if (bySlice || (step && !byTime && textOf(set, 0x00080060) !== "US")) {
    return {
      slices: frames,
      step: step ?? positive(numberOf(set, tags.thickness)) ?? 1,
      uneven: false,
    };
  }
  return undefined;
}

/** Places that rise or fall evenly, once or in repeats. */
function inFileOrder(at: readonly number[], normal: Vector): Stack | undefined {
  const period = at.findIndex((z, i) => i > 0 && Math.abs(z - at[0]!) < 1e-3);
  const slices = period === -1 ? at.length : period;
  if (slices < 2 || at.length % slices !== 0) return undefined;
  if (at.some((z, i) => Math.abs(z - at[i % slices]!) > 1e-3)) return undefined;
  return evenly(at.slice(0, slices), normal);
}

/** Places in any order, each the same number of times: repeats of one place are in the file's order. */
function sorted(at: readonly number[], normal: Vector): Stack | undefined {
  const byPlace = at.map((_, i) => i).sort((a, b) => at[a]! - at[b]! || a - b);
  const groups: number[][] = [];
  for (const i of byPlace) {
    const group = groups.at(-1);
    if (group && Math.abs(at[group[0]!]! - at[i]!) < 1e-3) group.push(i);
    else groups.push([i]);
  }
  const times = groups[0]!.length;
  if (groups.length < 2 || groups.some((group) => group.length !== times)) return undefined;
  for (const group of groups) group.sort((a, b) => a - b);
  const stack = evenly(
    groups.map((group) => at[group[0]!]!),
    normal,
  );
  const order = Array.from({ length: times }, (_, t) => groups.map((group) => group[t]!)).flat();
  return stack && { ...stack, order };
}

function evenly(at: readonly number[], normal: Vector): Stack | undefined {
  const steps = at.slice(1).map((z, i) => z - at[i]!);
  const mean = (at.at(-1)! - at[0]!) / steps.length;
  if (!(Math.abs(mean) > 0) || steps.some((step) => step * mean <= 0)) return undefined;
  const flip = mean < 0 ? -1 : 1;
  return {
    slices: at.length,
    step: Math.abs(mean),
    normal: [flip * normal[0], flip * normal[1], flip * normal[2]],
    uneven: steps.some((step) => Math.abs(step - mean) > 0.01 * Math.abs(mean) + 1e-3),
  };
}
