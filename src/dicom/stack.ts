/** Slices in space: their order, and what is irregular about it. */
import { cross, dot, type Plane, type Vector } from "./geometry.ts";

export interface Placed<T> {
  readonly value: T;
  readonly plane: Plane;
  readonly instance: number;
}

export interface Stack<T> {
  /** Slices from the lowest to the highest along the normal; duplicates left out. */
  readonly slices: readonly Placed<T>[];
  readonly duplicates: readonly Placed<T>[];
  /** Volumes in time when every position occurs equally often; then `slices` holds them one after the other. */
  readonly volumes: number;
  /** Mean distance of neighbours in mm, measured between their origins. */
  readonly step: number;
  /** Unit vector from slice to slice; differs from the normal under gantry tilt. */
  readonly direction: Vector;
  /** Whether slices are evenly spaced, without gaps. */
  readonly regular: boolean;
  readonly findings: readonly string[];
}

// Positions are written to a thousandth of a millimetre or better.
const sameplace = 1e-3;

function subtract(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function normalOf(plane: Plane): Vector {
  const n = cross(plane.rowDirection, plane.columnDirection);
  const length = Math.hypot(...n);
  return [n[0] / length, n[1] / length, n[2] / length];
}

const millimetres = (value: number) => `${Number(value.toFixed(3))} mm`;

/**
 * Orders parallel slices along their normal and names gaps, duplicates, uneven steps and tilt.
 *
 * @param placed at least one slice; all of one orientation
 */
export function stackOf<T>(placed: readonly Placed<T>[]): Stack<T> {
  const findings: string[] = [];
  const normal = normalOf(placed[0]!.plane);
  const height = (slice: Placed<T>) => dot(slice.plane.position, normal);
  const sorted = [...placed].sort((a, b) => height(a) - height(b) || a.instance - b.instance);
  const places: Placed<T>[][] = [];
  for (const slice of sorted) {
    const last = places.at(-1);
    if (last && height(slice) - height(last[0]!) < sameplace) last.push(slice);
    else places.push([slice]);
  }
  for (const place of places) place.sort((a, b) => a.instance - b.instance);
  const volumes = places.every((p) => p.length === places[0]!.length) ? places[0]!.length : 1;
  const duplicates = volumes > 1 ? [] : places.flatMap((place) => place.slice(1));
  if (duplicates.length > 0) {
    findings.push(
      `${duplicates.length} slice${duplicates.length > 1 ? "s" : ""} at a place that another one has; the one with the lowest instance number is used`,
    );
  }
  if (volumes > 1)
    findings.push(
      `every place occurs ${volumes} times: read as ${volumes} volumes, in the order of instance numbers`,
    );
  const first = places.map((place) => place[0]!);
  const slices = Array.from({ length: volumes }, (_, t) => places.map((place) => place[t]!)).flat();
  if (first.length === 1) {
    return { slices, duplicates, volumes, step: 0, direction: normal, regular: true, findings };
  }
  const way = subtract(first.at(-1)!.plane.position, first[0]!.plane.position);
  const distance = Math.hypot(...way);
  const direction: Vector = [way[0] / distance, way[1] / distance, way[2] / distance];
  const tilt = (Math.acos(Math.min(1, dot(direction, normal))) * 180) / Math.PI;
  if (tilt > 0.5) {
    findings.push(
      `gantry tilt: the slices are shifted by ${Number(tilt.toFixed(2))}° against their normal; the slice axis of the volume is oblique`,
    );
  }
  const steps = first.slice(1).map((slice, i) => height(slice) - height(first[i]!));
  const regular = irregularities(steps, findings);
  return {
    slices,
    duplicates,
    volumes,
    step: distance / (first.length - 1),
    direction: tilt > 0.5 ? direction : normal,
    regular,
    findings,
  };
}

function irregularities(steps: readonly number[], findings: string[]): boolean {
  const usual = [...steps].sort((a, b) => a - b)[Math.floor((steps.length - 1) / 2)]!;
  const tolerance = 0.01 * usual + sameplace;
  let missing = 0;
  let uneven = 0;
  const where: string[] = [];
  for (const [i, step] of steps.entries()) {
    if (Math.abs(step - usual) <= tolerance) continue;
    const count = Math.round(step / usual);
    if (count >= 2 && Math.abs(step - count * usual) <= tolerance * count) {
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
  return missing === 0 && uneven === 0;
}
