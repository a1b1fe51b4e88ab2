/** Slices in space: which of them stand evenly spaced together, and what is irregular about the others. */
import { cross, difference, dot, normalOf, type Plane, unitVector, type Vector } from "./plane.ts";

export interface Placed<T> {
  readonly value: T;
  readonly plane: Plane;
  readonly instance: number;
}

/** Slices that make one volume, or volumes in time. */
export interface Stack<T> {
  /** From the lowest to the highest along the normal; volumes in time one after the other. */
  readonly slices: readonly Placed<T>[];
  /** Volumes in time: how often every place occurs. */
  readonly volumes: number;
  /** Distance of neighbours in mm, measured between their origins; 0 for a single place. */
  readonly step: number;
  /** Unit vector from slice to slice; differs from the normal under gantry tilt. */
  readonly direction: Vector;
  readonly findings: readonly string[];
}

export interface Stacks<T> {
  /** One where all steps are even, more where gaps or uneven steps part them; from the lowest on. */
  readonly stacks: readonly Stack<T>[];
  /** Slices at a place that another one has, where places do not all occur equally often. */
  readonly duplicates: readonly Placed<T>[];
  /** Usual distance of neighbours in mm, which gaps are multiples of; 0 for a single place. */
  readonly usualStep: number;
  /** What is irregular, one sentence each. */
  readonly findings: readonly string[];
}

// Positions are written to a thousandth of a millimetre or better.
const samePlace = 1e-3;

const millimetres = (value: number) => `${Number(value.toFixed(3))} mm`;

/**
 * How far a slice may lie from its place in an even stack: positions are often rounded to a tenth of a
 * millimetre.
 */
const tolerance = (step: number): number => Math.min(0.1, 0.2 * step);

/**
 * Orders parallel slices along their normal and names gaps, duplicates, uneven steps and tilt.
 *
 * @param placed at least one slice; all of one orientation
 */
export function stacksOf<T>(placed: readonly Placed<T>[]): Stacks<T> {
  const findings: string[] = [];
  const normal = normalOf(placed[0]!.plane);
  const places = placesOf(placed, normal);
  const even = places.every((place) => place.length === places[0]!.length);
  const volumes = even ? places[0]!.length : 1;
  const duplicates = even ? [] : places.flatMap((place) => place.slice(1));
  if (duplicates.length > 0) {
    findings.push(
      `${duplicates.length} slice${duplicates.length > 1 ? "s" : ""} at a place that another one has; the one with the lowest instance number is used`,
    );
  }
  if (volumes > 1)
    findings.push(
      `every place occurs ${volumes} times: read as ${volumes} volumes, in the order of instance numbers`,
    );
  const points = places.map((place) => place[0]!.plane.position);
  const runs = evenRuns(points);
  if (points.length === 1) {
    return {
      stacks: [stackAt(places, { volumes, normal })],
      duplicates,
      usualStep: 0,
      findings,
    };
  }
  const steps = points.slice(1).map((point, i) => dot(difference(point, points[i]!), normal));
  const usualStep = [...steps].sort((a, b) => a - b)[Math.floor((steps.length - 1) / 2)]!;
  if (runs.length > 1) nameIrregularities(steps, usualStep, findings);
  return {
    stacks: runs.map(([from, to]) => stackAt(places.slice(from, to), { volumes, normal })),
    duplicates,
    usualStep,
    findings,
  };
}

/** Slices by place, from the lowest on; those of one place by their instance numbers. */
function placesOf<T>(placed: readonly Placed<T>[], normal: Vector): Placed<T>[][] {
  const height = (slice: Placed<T>) => dot(slice.plane.position, normal);
  const sorted = [...placed].sort((a, b) => height(a) - height(b) || a.instance - b.instance);
  const places: Placed<T>[][] = [];
  for (const slice of sorted) {
    const last = places.at(-1);
    if (last && height(slice) - height(last[0]!) < samePlace) last.push(slice);
    else places.push([slice]);
  }
  for (const place of places) place.sort((a, b) => a.instance - b.instance);
  return places;
}

function stackAt<T>(
  places: readonly (readonly Placed<T>[])[],
  of: { readonly volumes: number; readonly normal: Vector },
): Stack<T> {
  const { volumes, normal } = of;
  const slices = Array.from({ length: volumes }, (_, t) => places.map((place) => place[t]!)).flat();
  const points = places.map((place) => place[0]!.plane.position);
  if (points.length === 1) return { slices, volumes, step: 0, direction: normal, findings: [] };
  return { slices, volumes, ...spacingOf(points, normal) };
}

/**
 * Distance and direction from point to point, by the first and the last. The direction is that of the normal
 * unless the points leave it, as under a tilted gantry, which is said.
 */
export function spacingOf(
  points: readonly Vector[],
  normal: Vector,
): { step: number; direction: Vector; findings: string[] } {
  const way = difference(points.at(-1)!, points[0]!);
  const step = Math.hypot(...way) / (points.length - 1);
  const direction = unitVector(way);
  // By the sine: the cosine of a small angle is 1 to all digits.
  const sine = Math.hypot(...cross(direction, normal));
  if (sine * Math.hypot(...way) <= 0.1 * tolerance(step)) {
    return {
      step,
      direction: dot(direction, normal) < 0 ? negative(normal) : normal,
      findings: [],
    };
  }
  const degrees = (Math.asin(Math.min(1, sine)) * 180) / Math.PI;
  return {
    step,
    direction,
    findings:
      degrees < 0.1
        ? []
        : [
            `gantry tilt: the slices are shifted by ${Number(degrees.toFixed(2))}° against their normal; the slice axis of the volume is oblique`,
          ],
  };
}

function negative(v: Vector): Vector {
  return [0 - v[0], 0 - v[1], 0 - v[2]];
}

/** Whether points stand in a line, evenly spaced and without a gap. */
export function areEven(points: readonly Vector[]): boolean {
  if (points.length < 3) return true;
  const whole = difference(points.at(-1)!, points[0]!);
  const step = Math.hypot(...whole) / (points.length - 1);
  if (!(step > 0)) return false;
  const direction = unitVector(whole);
  const most = tolerance(step);
  let before = 0;
  return points.every((point, i) => {
    const way = difference(point, points[0]!);
    const along = dot(way, direction);
    const gap = along - before;
    before = along;
    if (i === 0) return true;
    const off = difference(way, direction.map((d) => d * step * i) as unknown as Vector);
    return Math.hypot(...off) <= most && gap > 0.5 * step && gap < 1.5 * step;
  });
}

/**
 * Places of points on the line through the first and the last, in mm from the first.
 *
 * @returns undefined where some points are beside the line
 */
export function lineThrough(
  points: readonly Vector[],
  normal: Vector,
): { along: readonly number[]; direction: Vector } | undefined {
  const { direction } = spacingOf(points, normal);
  const along = points.map((point) => dot(difference(point, points[0]!), direction));
  const beside = points.some((point, i) => {
    const way = difference(point, points[0]!);
    const on = direction.map((d) => d * along[i]!) as unknown as Vector;
    return Math.hypot(...difference(way, on)) > tolerance(Infinity);
  });
  return beside ? undefined : { along, direction };
}

/** Ranges of points, from one to before the other, that are evenly spaced; they cover all. */
function evenRuns(points: readonly Vector[]): [number, number][] {
  if (areEven(points)) return [[0, points.length]];
  const steps = points.slice(1).map((point, i) => difference(point, points[i]!));
  const alike: { from: number; to: number; step: number }[] = [];
  for (let from = 0; from < steps.length; ) {
    const step = Math.hypot(...steps[from]!);
    let to = from + 1;
    while (
      to < steps.length &&
      Math.hypot(...difference(steps[to]!, steps[from]!)) <= 2 * tolerance(step)
    )
      to++;
    alike.push({ from, to: to + 1, step });
    from = to;
  }
  // Neighbouring runs share a point: the longer has it, and of equal ones that with the smaller step.
  alike.sort((a, b) => b.to - b.from - (a.to - a.from) || a.step - b.step || a.from - b.from);
  const taken = new Uint8Array(points.length);
  const runs: [number, number][] = [];
  for (const run of alike) {
    let { from, to } = run;
    while (from < to && taken[from] === 1) from++;
    while (to > from && taken[to - 1] === 1) to--;
    if (to - from < 2) continue;
    taken.fill(1, from, to);
    runs.push(...halved(points, from, to));
  }
  for (const [i, mark] of taken.entries()) if (mark === 0) runs.push([i, i + 1]);
  return runs.sort((a, b) => a[0] - b[0]);
}

function halved(points: readonly Vector[], from: number, to: number): [number, number][] {
  if (areEven(points.slice(from, to))) return [[from, to]];
  const middle = (from + to) >> 1;
  return [...halved(points, from, middle), ...halved(points, middle, to)];
}

function nameIrregularities(steps: readonly number[], usual: number, findings: string[]): void {
  const most = 2 * tolerance(usual);
  let missing = 0;
  let uneven = 0;
  const where: string[] = [];
  for (const [i, step] of steps.entries()) {
    if (Math.abs(step - usual) <= most) continue;
    const count = Math.round(step / usual);
    if (count >= 2 && Math.abs(step - count * usual) <= most * count) {
      missing += count - 1;
      where.push(`between slices ${i + 1} and ${i + 2}`);
    } else uneven++;
  }
  if (missing > 0) {
    findings.push(
      `gap: ${missing} slice${missing > 1 ? "s are" : " is"} missing (${where.slice(0, 3).join(", ")}${where.length > 3 ? ", …" : ""})`,
    );
  }
  if (uneven > 0) {
    findings.push(
      `uneven steps: ${uneven} of ${steps.length} differ from ${millimetres(usual)}, from ${millimetres(Math.min(...steps))} to ${millimetres(Math.max(...steps))}`,
    );
  }
  if (missing === 0 && uneven === 0) {
    findings.push("the slices do not stand in a line: some are shifted in their plane");
  }
}
