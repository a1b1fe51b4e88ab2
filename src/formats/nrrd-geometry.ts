/** What the axes of an NRRD are, where its voxels lie, and how much time passes between its frames. */
import type { Geometry } from "../core/image.ts";
import { nrrdFail } from "./nrrd-data.ts";
import type { NrrdHeader } from "./nrrd-header.ts";
import { geometryOf, lpsFromRas } from "./orientation.ts";
import { isPositive, millimetresOf, secondsOf } from "./units-of-measure.ts";

const channelKind =
  /^(complex|.*color|.*vector|.*gradient|.*normal|quaternion|.*matrix|stub|scalar)$/;

export interface NrrdRoles {
  /** A letter of `xyztc` for each axis, fastest first. */
  readonly roles: readonly string[];
  /** Kind of the channel axis, lower case; empty when there is none or it has no kind. */
  readonly component: string;
}

/**
 * Roles by the kinds of the axes; where those are silent, by their directions: in a space, an axis
 * without a direction holds components when it runs fastest, and a series otherwise.
 */
export function nrrdRoles(header: NrrdHeader): NrrdRoles {
  let component = "";
  let spatial = 0;
  const inSpace = header.directions?.some((d) => d !== undefined) ?? false;
  const withTime = hasTime(header.space);
  const roles = header.sizes.map((_, i) => {
    const kind = (header.kinds[i] ?? "").toLowerCase();
    if (channelKind.test(kind)) {
      component = kind;
      return "c";
    }
    if (kind === "time" || kind === "list") return "t";
    const direction = header.directions?.[i];
    if (inSpace && direction === undefined) return i === 0 ? "c" : "t";
    // In a space with time an axis may run along time alone.
    if (withTime && direction?.slice(0, 3).every((v) => v === 0)) return "t";
    spatial++;
    return spatial <= 3 ? "xyz"[spatial - 1]! : "t";
  });
  for (const letter of "tc") {
    if (roles.filter((r) => r === letter).length > 1) {
      nrrdFail(
        `Cannot read an NRRD with axes ${roles.join("")}: found two axes of one meaning, wanted one series and one channel axis at most`,
        "unsupported",
        8,
      );
    }
  }
  if (spatial < 1) nrrdFail("Cannot read an NRRD: found no spatial axis", "unsupported", 8);
  return { roles, component };
}

const hasTime = (space: string) => /-time$|^[a-z]{3}t$/.test(space);

/** Spaces whose axes name sides of the patient, by how they become LPS. */
const anatomical: Readonly<Record<string, (affine: readonly number[]) => readonly number[]>> = {
  "left-posterior-superior": (affine) => affine,
  lps: (affine) => affine,
  "right-anterior-superior": lpsFromRas,
  ras: lpsFromRas,
  "left-anterior-superior": turnedY,
  las: turnedY,
};

const withoutTime = (space: string) => space.replace(/-time$/, "").replace(/^([a-z]{3})t$/, "$1");

/** Whether the axes of a space name sides of the patient. */
export function isAnatomical(space: string): boolean {
  return anatomical[withoutTime(space)] !== undefined;
}

function turnedY(affine: readonly number[]): readonly number[] {
  return affine.map((v, i) => (i >= 4 && i < 8 ? -v || 0 : v));
}

export function nrrdGeometry(
  header: NrrdHeader,
  roles: readonly string[],
  notes: string[],
): Partial<Geometry> {
  const axes = ["x", "y", "z"].map((letter) => roles.indexOf(letter));
  const columns = axes.map((at) => (at < 0 ? undefined : header.directions?.[at]));
  if (columns.every((c) => c === undefined)) return spacingAlone(header, axes, notes);
  const flat = columns.every((c) => c === undefined || c.length === 2);
  const embed = (v: readonly number[] | undefined) =>
    v === undefined ? undefined : flat ? [v[0] ?? NaN, v[1] ?? NaN, 0] : v;
  const [x, y, z] = columns.map(embed);
  if (x === undefined || y === undefined) {
    notes.push("space directions do not span space; the identity is assumed");
    return {};
  }
  // A planar image in space: the third direction is the normal, one millimetre long.
  const scales = [0, 1, 2].map((r) => scaleOf(header.spaceUnits[r] ?? ""));
  if (scales.some((s) => s === undefined)) {
    notes.push(
      `space units ${header.spaceUnits.map((u) => `"${u}"`).join(" ")} are no lengths; spacing and orientation are unknown`,
    );
    return {};
  }
  const scaled = (v: readonly number[]) => [0, 1, 2].map((r) => v[r]! * scales[r]!);
  const [sx, sy] = [scaled(x), scaled(y)];
  const normal = z === undefined ? unitNormal(sx, sy) : scaled(z);
  const origin = scaled(embed(header.origin) ?? [0, 0, 0]);
  const affine = [0, 1, 2].flatMap((r) => [sx[r]!, sy[r]!, normal[r]!, origin[r]!]);
  const toLps = anatomical[withoutTime(header.space)];
  const geometry = geometryOf((toLps ?? ((a) => a))(affine));
  if (geometry === undefined) {
    notes.push("space directions do not span space; the identity is assumed");
    return {};
  }
  if (scales.some((s) => s !== 1)) {
    notes.push(`lengths were in ${header.spaceUnits[0]} and are now in mm`);
  }
  if (toLps !== undefined) return geometry;
  notes.push(
    header.space === ""
      ? "the file does not name its space; orientation is unknown"
      : `space "${header.space}" is not anatomical; orientation is unknown`,
  );
  return { spacing: geometry.spacing };
}

/** Millimetres of a unit; 1 where none is named; undefined where it is no length. */
function scaleOf(unit: string): number | undefined {
  return unit === "" ? 1 : millimetresOf(unit);
}

function spacingAlone(
  header: NrrdHeader,
  axes: readonly number[],
  notes: string[],
): Partial<Geometry> {
  const found = [...axes].reverse().map((at) => {
    const value = header.spacings?.[at];
    const scale = scaleOf(header.units[at] ?? "");
    return isPositive(value) && scale !== undefined ? value * scale : undefined;
  });
  const unit = axes.map((at) => header.units[at] ?? "").find((u) => ![1].includes(scaleOf(u) ?? 0));
  if (unit !== undefined) {
    notes.push(
      millimetresOf(unit) === undefined
        ? `the unit "${unit}" of an axis is no length; its spacing is unknown`
        : `spacing was in ${unit} and is now in mm`,
    );
  }
  return {
    spacing: found.map((value) => value ?? 1) as [number, number, number],
    spacingKnown: found.some((value) => value !== undefined),
  };
}

function unitNormal(x: readonly number[], y: readonly number[]): number[] {
  const n = [
    x[1]! * y[2]! - x[2]! * y[1]!,
    x[2]! * y[0]! - x[0]! * y[2]!,
    x[0]! * y[1]! - x[1]! * y[0]!,
  ];
  const length = Math.hypot(...n) || 1;
  return n.map((v) => v / length);
}

/**
 * Seconds from one entry of the series axis to the next: its direction along the time of a space with
 * time, else its spacing. A spacing of 1 without a unit says nothing.
 */
export function nrrdTimeStep(header: NrrdHeader, roles: readonly string[]): number | undefined {
  const at = roles.indexOf("t");
  if (at < 0) return undefined;
  const along = hasTime(header.space) ? header.directions?.[at]?.[3] : undefined;
  const value = along ?? header.spacings?.[at];
  const unit = (along === undefined ? header.units[at] : header.spaceUnits[3]) ?? "";
  if (!isPositive(value) || (unit === "" && value === 1)) return undefined;
  const scale = unit === "" ? 1 : secondsOf(unit);
  return scale === undefined ? undefined : value * scale;
}
