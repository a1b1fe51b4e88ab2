/** Where the pixels lie: positions, orientations and spacings, classic and by functional groups. */
import { type Geometry, identityDirection } from "../core/image.ts";
import type { DataSet } from "./elements.ts";
import { itemsOf, numberOf, numbersOf, textOf } from "./elements.ts";
import { type Mosaic, mosaicOf } from "./mosaic.ts";
import { cross, dot, normalOf, type Plane, type Vector } from "./plane.ts";
import { areEven, lineThrough, spacingOf, type Stack, stacksOf } from "./stack.ts";

function vector(values: readonly number[], from = 0): Vector | undefined {
  const part = values.slice(from, from + 3);
  return part.length === 3 && part.every(Number.isFinite) ? (part as unknown as Vector) : undefined;
}

/** Plane of an object's first frame, classic or by functional groups; undefined when it states none. */
export function planeOfObject(set: DataSet): Plane | undefined {
  return planesOf(set, 1)[0];
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

/** Where some frames of an object stand, as an image of their own. */
export interface FramePart {
  readonly geometry: Geometry;
  /** How the frames stand: a volume, a time series, volumes in time, or one plane. */
  readonly arrangement: "plane" | "volume" | "series" | "volumes";
  /** Slices of each volume; 1 for planes and series. */
  readonly slices: number;
  /** Frames of the file in the order of the image. */
  readonly frames: readonly number[];
  readonly findings: readonly string[];
}

/** Frames of one volume in which some are missing or unevenly spaced. */
export interface UnevenFrames {
  /** In the order of their places, volumes in time one after the other. */
  readonly frames: readonly number[];
  readonly volumes: number;
  /** mm from the first place, of every place. */
  readonly along: readonly number[];
  readonly usualStep: number;
  readonly geometry: Geometry;
}

export interface FrameGeometry extends Omit<FramePart, "frames"> {
  /** Frame of the file at each place of the image, where the file has them in another order. */
  readonly order?: readonly number[];
  /** For planes that hold the slices of a volume side by side; the arrangement is that of the slices. */
  readonly mosaic?: Mosaic;
  /** Where frames stand in different places that make no regular volume: what they make in parts. */
  readonly parts?: readonly FramePart[];
  /** The same frames, where they are parallel and only their distances are uneven. */
  readonly uneven?: UnevenFrames;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 && Number.isFinite(value) ? value : undefined;
}

function inPlaneSpacing(
  set: DataSet,
  measures: DataSet | undefined,
): { pair: [number, number]; source: string } | undefined {
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

/** What is known of the frames before their arrangement. */
interface Scene {
  readonly set: DataSet;
  readonly planes: readonly (Plane | undefined)[];
  readonly measures: readonly (DataSet | undefined)[];
  /** Whether the planes lie where the file says, and not where they would by default. */
  readonly oriented: boolean;
}

/** Geometry of an image that begins with a frame; `way` from slice to slice where there are several. */
function geometryFrom(
  { set, planes, measures, oriented }: Scene,
  frame: number,
  way?: { readonly step: number; readonly direction: Vector },
): Geometry {
  const spacing = inPlaneSpacing(set, measures[frame]);
  const [row, column] = spacing?.pair ?? [1, 1];
  const plane = planes[frame];
  const own = measures[frame];
  const thickness =
    positive(own && numberOf(own, tags.betweenSlices)) ??
    positive(numberOf(set, tags.betweenSlices)) ??
    positive(own && numberOf(own, tags.thickness)) ??
    positive(numberOf(set, tags.thickness));
  const x = plane?.rowDirection ?? [1, 0, 0];
  const y = plane?.columnDirection ?? [0, 1, 0];
  const z = way?.direction ?? cross(x, y);
  return {
    spacing: [way && way.step > 0 ? way.step : (thickness ?? 1), row, column],
    origin: plane?.position ?? [0, 0, 0],
    direction: plane ? [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]] : identityDirection,
    spacingKnown: spacing !== undefined,
    orientationKnown: oriented && plane !== undefined,
  };
}

/**
 * Geometry of the frames of one object.
 *
 * @throws FormatError for a mosaic of slices whose headers do not tell how they lie
 */
export function frameGeometry(
  set: DataSet,
  size: {
    readonly frames: number;
    readonly rows: number;
    readonly columns: number;
    /** Of the pixels, for errors. */
    readonly offset: number;
  },
): FrameGeometry {
  const { frames } = size;
  const findings: string[] = [];
  const measures = functionalGroups(set, frames, tags.pixelMeasures);
  const spacing = inPlaneSpacing(set, measures[0]);
  if (spacing?.source === "detector")
    findings.push("the pixel spacing is the detector's, not the patient's");
  if (spacing?.source === "film")
    findings.push("the pixel spacing is the scanned film's, not the patient's");
  const stated = planesOf(set, frames);
  const offsets = numbersOf(set, tags.gridOffsets);
  const grid =
    frames > 1 &&
    stated.length < frames &&
    offsets.length === frames &&
    offsets.every(Number.isFinite);
  const planes = grid ? alongNormal(stated[0], offsets) : stated;
  const scene: Scene = { set, planes, measures, oriented: stated[0] !== undefined };
  if (!stated[0] && numbersOf(set, tags.orientation).length > 0) {
    findings.push(
      "the orientation or position is no valid plane and is taken as axial at the origin",
    );
  }
  if (frames === 1) {
    const place = { plane: planes[0], spacing: spacing?.pair };
    const mosaic = mosaicOf(set, size, place);
    if (!mosaic) {
      return { geometry: geometryFrom(scene, 0), arrangement: "plane", slices: 1, findings };
    }
    const { step, normal: direction, slices, plane } = mosaic;
    const { spacing: pitch, ...rest } = geometryFrom(scene, 0, { step, direction });
    return {
      geometry: { ...rest, spacing: pitch, origin: plane.position },
      arrangement: slices > 1 ? "volume" : "plane",
      slices,
      mosaic,
      findings: [...findings, ...mosaic.findings],
    };
  }
  const spacings = measures.map((group) => (group ? numbersOf(group, tags.spacing).join() : ""));
  if (spacings.some((one) => one !== spacings[0])) {
    findings.push("the pixel spacing differs between frames; that of the first one is used");
  }
  const volume = volumeOf(scene, frames);
  if (volume) {
    const { order, slices } = volume;
    if (order) findings.push("the frames are not in the order of their places and were sorted");
    return {
      geometry: geometryFrom(scene, order?.[0] ?? 0, volume),
      arrangement: slices === frames ? "volume" : "volumes",
      slices,
      ...(order ? { order } : {}),
      findings: [...findings, ...volume.findings],
    };
  }
  const series = { geometry: geometryFrom(scene, 0), arrangement: "series", slices: 1 } as const;
  const scattered = scatteredFrames(scene);
  if (!scattered) return { ...series, findings };
  const { parts, uneven } = scattered;
  findings.push(...scattered.findings, scatteredNote);
  return { ...series, findings, ...(parts ? { parts } : {}), ...(uneven ? { uneven } : {}) };
}

interface Volume {
  readonly slices: number;
  readonly step: number;
  readonly direction: Vector;
  /** Frame of the file at each place; absent where that is the file's order. */
  readonly order?: readonly number[];
  readonly findings: readonly string[];
}

/** The frames as slices of one volume, or of volumes repeated in time; undefined where they are not. */
function volumeOf(scene: Scene, frames: number): Volume | undefined {
  const { set, planes } = scene;
  const [first] = planes;
  const complete = planes.filter((plane) => plane !== undefined);
  if (first && complete.length === frames) {
    if (!areParallel(complete)) return undefined;
    return inFileOrder(complete) ?? sorted(complete);
  }
  const direction = first ? normalOf(first) : ([0, 0, 1] as const);
  const step = positive(numberOf(set, tags.betweenSlices));
  const pointer = numbersOf(set, tags.frameIncrement)[0];
  // Frames counted by slice, or a stated distance between them, make a volume; by time, a series.
  const bySlice = pointer === 0x00540080;
  const byTime = pointer === 0x00181063 || pointer === 0x00181065;
  if (bySlice || (step && !byTime && textOf(set, 0x00080060) !== "US")) {
    const distance = step ?? positive(numberOf(set, tags.thickness)) ?? 1;
    return { slices: frames, step: distance, direction, findings: [] };
  }
  return undefined;
}

/** Planes of a dose grid: its offsets from the first along the normal. */
function alongNormal(first: Plane | undefined, offsets: readonly number[]): Plane[] {
  const plane = first ?? {
    rowDirection: [1, 0, 0] as const,
    columnDirection: [0, 1, 0] as const,
    position: [0, 0, 0] as const,
  };
  const normal = normalOf(plane);
  return offsets.map((offset) => {
    const way = offset - offsets[0]!;
    const at = (i: 0 | 1 | 2) => plane.position[i] + way * normal[i];
    return { ...plane, position: [at(0), at(1), at(2)] };
  });
}

function areParallel(planes: readonly Plane[]): boolean {
  return planes.every((plane) => isAlong(plane, planes[0]!));
}

/** Whether two planes have the same directions, up to the digits in which they are written. */
export function isAlong(a: Plane, b: Plane): boolean {
  return (
    dot(a.rowDirection, b.rowDirection) > alike && dot(a.columnDirection, b.columnDirection) > alike
  );
}

/** Cosine of half a degree: more than the noise of written direction cosines, less than any scan's steps. */
const alike = Math.cos((0.5 * Math.PI) / 180);

/** Places that rise or fall evenly, once or in repeats. */
function inFileOrder(planes: readonly Plane[]): Volume | undefined {
  const points = planes.map((plane) => plane.position);
  const same = (a: Vector, b: Vector) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < 1e-3;
  const period = points.findIndex((point, i) => i > 0 && same(point, points[0]!));
  const slices = period === -1 ? points.length : period;
  if (slices < 2 || points.length % slices !== 0) return undefined;
  if (points.some((point, i) => !same(point, points[i % slices]!))) return undefined;
  const one = points.slice(0, slices);
  return areEven(one) ? { slices, ...spacingOf(one, normalOf(planes[0]!)) } : undefined;
}

function placed(planes: readonly Plane[]) {
  return stacksOf(planes.map((plane, frame) => ({ value: frame, plane, instance: frame })));
}

/** Places in any order, each the same number of times: repeats of one place are in the file's order. */
function sorted(planes: readonly Plane[]): Volume | undefined {
  const { stacks, duplicates } = placed(planes);
  const [stack] = stacks;
  if (!stack || stacks.length > 1 || duplicates.length > 0 || stack.step === 0) return undefined;
  const { slices, volumes, step, direction, findings } = stack;
  const order = slices.map(({ value }) => value);
  return { slices: order.length / volumes, step, direction, order, findings };
}

/** Said of frames that are read one by one although they lie in different places. */
export const scatteredNote =
  "the frames lie in different places but are no regular volume: they are a series";

/** More parts than this are told apart by no one. */
const mostParts = 64;

/** Frames that stand in different places; undefined where they do not, or where one has no place. */
function scatteredFrames(scene: Scene):
  | {
      readonly findings: readonly string[];
      readonly parts?: readonly FramePart[];
      readonly uneven?: UnevenFrames;
    }
  | undefined {
  const planes = scene.planes.filter((plane) => plane !== undefined);
  const [first] = planes;
  if (!first || planes.every((plane) => samePlane(plane, first))) return undefined;
  if (planes.length < scene.planes.length) return { findings: [] };
  const groups: { readonly plane: Plane; readonly frames: number[] }[] = [];
  for (const [frame, plane] of planes.entries()) {
    const group = groups.find((one) => isAlong(one.plane, plane));
    if (group) group.frames.push(frame);
    else groups.push({ plane, frames: [frame] });
  }
  const findings: string[] = [];
  const parts: FramePart[] = [];
  let uneven: UnevenFrames | undefined;
  for (const { frames } of groups) {
    const found = placed(frames.map((frame) => planes[frame]!));
    // Frames at one place that are not repeats of a volume tell nothing by their places.
    if (found.duplicates.length > 0) return { findings: [] };
    findings.push(...found.findings);
    parts.push(...found.stacks.map((stack) => partOf(scene, stack, frames)));
    if (groups.length === 1 && found.stacks.length > 1) {
      uneven = unevenOf(scene, found.stacks, found.usualStep);
    }
  }
  if (parts.length > Math.min(mostParts, Math.max(8, planes.length / 2))) return { findings };
  return { findings, parts, ...(uneven ? { uneven } : {}) };
}

function partOf(scene: Scene, stack: Stack<number>, of: readonly number[]): FramePart {
  const frames = stack.slices.map(({ value }) => of[value]!);
  const slices = frames.length / stack.volumes;
  return {
    geometry: geometryFrom(scene, frames[0]!, stack),
    arrangement:
      slices > 1
        ? stack.volumes > 1
          ? "volumes"
          : "volume"
        : stack.volumes > 1
          ? "series"
          : "plane",
    slices,
    frames,
    findings: stack.findings,
  };
}

function unevenOf(
  scene: Scene,
  stacks: readonly Stack<number>[],
  usualStep: number,
): UnevenFrames | undefined {
  const { volumes } = stacks[0]!;
  const frames = Array.from({ length: volumes }, (_, t) =>
    stacks.flatMap(({ slices }) => {
      const count = slices.length / volumes;
      return slices.slice(t * count, (t + 1) * count).map(({ value }) => value);
    }),
  ).flat();
  const points = frames.slice(0, frames.length / volumes).map((f) => scene.planes[f]!.position);
  const way = lineThrough(points, normalOf(scene.planes[0]!));
  if (!way) return undefined;
  const geometry = geometryFrom(scene, frames[0]!, { step: usualStep, direction: way.direction });
  return { frames, volumes, along: way.along, usualStep, geometry };
}

function samePlane(a: Plane, b: Plane): boolean {
  const of = (plane: Plane) => [...plane.position, ...plane.rowDirection, ...plane.columnDirection];
  const other = of(b);
  return of(a).every((value, i) => Math.abs(value - other[i]!) < 1e-3);
}
