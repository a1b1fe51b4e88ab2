/**
 * What abdomen and thorax share: body outline with fat and muscle wall, spine, ribs, vessel trees.
 * Measures are those of an adult in mm; `Habitus` scales them.
 */
import type { Stream } from "../core/random.ts";
import { latticeNoise, type NoiseFunction } from "./lattice-noise.ts";
import { rememberedOn, type Canvas, type Grid } from "./painter.ts";
import {
  boxAround,
  capsule,
  chain,
  ellipsoid,
  superellipse,
  union,
  type Distance,
  type Point,
  type Solid,
} from "./solids.ts";

/** Size and fatness of the drawn person. */
export interface Habitus {
  /** Half-width (x) and half-depth (y) of the body cavity in mm. */
  readonly cavity: readonly [number, number];
  /** Mean thickness of the fat under the skin in mm. */
  readonly fatMm: number;
  /** Scales of anatomy from the reference person: [x, y]. */
  readonly scale: readonly [number, number];
}

/** Half-axes in mm of the reference person's cavity. */
const referenceCavity = [130, 95] as const;

/** Draws a habitus; `fat` sets the mean thickness of fat when given. */
export function drawHabitus(stream: Stream, { fatMm }: { fatMm?: number } = {}): Habitus {
  const size = 1 + 0.07 * clampedNormal(stream);
  const aspect = 1 + 0.04 * clampedNormal(stream);
  const cavity = [
    referenceCavity[0] * size * aspect,
    (referenceCavity[1] * size) / aspect,
  ] as const;
  const drawn = 6 + 18 * stream.uniform() ** 1.5 + 8 * stream.uniform();
  return {
    cavity,
    fatMm: fatMm ?? drawn,
    scale: [cavity[0] / referenceCavity[0], cavity[1] / referenceCavity[1]],
  };
}

/** A standard normal number held within ±2. */
export function clampedNormal(stream: Stream): number {
  return Math.max(-2, Math.min(2, stream.normal()));
}

/** Adds a smooth bump field to a distance, so that no two organs have the same outline. */
export function roughened(distance: Distance, noise: NoiseFunction, amplitudeMm: number): Distance {
  return (x, y, z) => {
    const d = distance(x, y, z);
    // Far from the surface the bumps cannot matter; skipping them saves most of the time.
    return Math.abs(d) > 3 * amplitudeMm + 2 ? d : d - amplitudeMm * noise(x, y, z);
  };
}

export interface Outlines {
  readonly skin: Distance;
  readonly muscle: Distance;
  readonly cavity: Distance;
  /** Half-width and half-depth of the whole body in mm, about the centre (0, `shiftY`). */
  readonly extent: readonly [number, number];
  readonly shiftY: number;
}

/** Outlines of skin, muscle wall and cavity, fitted into each other. */
export function drawOutlines(stream: Stream, habitus: Habitus): Outlines {
  const [a, b] = habitus.cavity;
  const sy = habitus.scale[1];
  const bumps = latticeNoise(stream.child("outline"), { pitch: 70 });
  const shiftY = 13 * sy;
  const inner = superellipse([0, 0], [a, b], 2.35);
  const wall = superellipse([0, shiftY], [a + 12, b + 25 * sy], 2.3);
  const fat = habitus.fatMm;
  const backFat = 0.9 + 0.5 * stream.uniform();
  const sideFat = 0.9 + 0.4 * stream.uniform();
  const outer = superellipse(
    [0, shiftY],
    [a + 12 + fat * sideFat, b + 25 * sy + fat * 0.5 * (1 + backFat)],
    2.2,
  );
  const cavity = roughened(inner, bumps, 2.5);
  const muscle = roughened(wall, bumps, 2.5);
  const rind = roughened(outer, bumps, 2);
  // The furrow of the back follows the spinous processes.
  const skin: Distance = (x, y, z) =>
    rind(x, y, z) + (y > 0 && Math.abs(x) < 45 ? 7 * Math.exp(-((x / 14) ** 2)) : 0);
  return {
    skin,
    muscle,
    cavity,
    extent: [a + 16 + fat * sideFat, b + 29 * sy + fat * 0.5 * (1 + backFat)],
    shiftY,
  };
}

/** Label values shared by the trunk phantoms. */
export const trunkLabels = {
  1: "fat",
  2: "muscle",
  3: "bone",
  4: "lung",
  5: "aorta",
  6: "vein",
  7: "spinal canal",
} as const;

/** Outlines whose distances are remembered at the grid's places. */
export function remembered(outlines: Outlines, grid: Grid): Outlines {
  return {
    ...outlines,
    skin: rememberedOn(grid, outlines.skin),
    muscle: rememberedOn(grid, outlines.muscle),
    cavity: rememberedOn(grid, outlines.cavity),
  };
}

/** Paints skin, fat under the skin, muscle wall and the fat that fills the cavity. */
export function paintBody(canvas: Canvas, outlines: Outlines, tissue: Tissue): void {
  const { skin, muscle, cavity } = outlines;
  const strands = latticeNoise(tissue.stream.child("strands"), { pitch: 9 });
  canvas.paintEverywhere(
    skin,
    (x, y, z, d) =>
      d > -1.8 ? 20 : tissue.fat(x, y, z) + Math.max(0, strands(x, y, z) - 1.6) * 25,
    1,
  );
  canvas.paintEverywhere(
    (x, y, z) => {
      if (skin(x, y, z) > 0) return 1e3;
      const m = muscle(x, y, z);
      return m > 3 ? m : Math.max(m, -cavity(x, y, z));
    },
    (x, y, z, d) => {
      // Thin fat planes part the layers of the wall.
      const depth = -muscle(x, y, z);
      const plane = d < -3 && depth < 9 ? Math.exp(-(((depth - 5) / 0.9) ** 2)) : 0;
      return tissue.muscle(x, y, z) - plane * 70;
    },
    2,
  );
}

/** Textures of the tissues, in HU. */
export interface Tissue {
  readonly stream: Stream;
  readonly fat: NoiseFunction;
  readonly muscle: NoiseFunction;
  readonly trabecular: NoiseFunction;
  /** Contrast medium: HU of arterial and of venous blood. */
  readonly arterialHU: number;
  readonly venousHU: number;
  /** Multiplier of all texture amplitudes. */
  readonly amount: number;
}

/** Draws the tissues' textures and the phase of the contrast medium. */
export function drawTissue(stream: Stream, { texture }: { texture: number }): Tissue {
  const fatBlobs = latticeNoise(stream.child("fat"), { pitch: 10, octaves: 2, gain: 0.7 });
  const fibres = latticeNoise(stream.child("muscle"), { pitch: 7, octaves: 2, gain: 0.7 });
  const sponge = latticeNoise(stream.child("bone"), { pitch: 4, octaves: 2, gain: 0.8 });
  const fatBase = -105 + 5 * clampedNormal(stream);
  const muscleBase = 58 + 4 * clampedNormal(stream);
  const marrow = 190 + 35 * clampedNormal(stream);
  return {
    stream,
    fat: (x, y, z) => fatBase + texture * 6 * fatBlobs(x, y, z),
    muscle: (x, y, z) => {
      const f = fibres(x, y * 0.5, z * 0.3);
      return muscleBase + texture * (5 * f - Math.max(0, f - 1.3) * 45);
    },
    trabecular: (x, y, z) => marrow + texture * 35 * sponge(x, y, z * 0.6),
    arterialHU: 165 + 15 * clampedNormal(stream),
    venousHU: 150 + 12 * clampedNormal(stream),
    amount: texture,
  };
}

/** Height in mm from one vertebra to the next. */
const vertebraPeriod = 37;

/** Paints the spine: bodies and discs, pedicles, canal with cord, processes. */
export function paintSpine(
  canvas: Canvas,
  { scale, tissue, zPhase }: { scale: readonly [number, number]; tissue: Tissue; zPhase: number },
): void {
  const [sx, sy] = scale;
  const s = (sx + sy) / 2;
  const centreY = 62 * sy;
  const canalY = centreY + 25 * s;
  const body = superellipse([0, centreY], [23 * s, 17 * s], 2.3);
  const notch = ellipsoid({ centre: [0, canalY - 1, 0], radii: [11 * s, 8 * s, 1e4] });
  const rough = latticeNoise(tissue.stream.child("vertebra"), { pitch: 12 });
  /** Place within the period: 0 at mid body, ±0.5 in the disc. */
  const phase = (z: number): number => {
    const t = (z - zPhase) / vertebraPeriod;
    return t - Math.round(t);
  };
  const waist = (z: number): number => 1.8 * Math.cos(2 * Math.PI * phase(z));
  const column: Solid = {
    distance: (x, y, z) =>
      Math.max(body(x, y, z) + waist(z), -notch.distance(x, y, 0) - 1) - 0.6 * rough(x, y, z),
    box: [-26 * s, 26 * s, centreY - 20 * s, centreY + 20 * s, -1e4, 1e4],
  };
  canvas.paint(
    column,
    (x, y, z, d) => {
      const edge = Math.abs(phase(z)) * vertebraPeriod;
      const disc = edge > 14.5;
      if (disc) return 85 + (d > -5 ? 20 : 0);
      const plate = edge > 13 ? 1 : 0;
      const shell = Math.max(plate, Math.exp(-((Math.min(0, d) / 1.6) ** 2)));
      return tissue.trabecular(x, y, z) + shell * (620 - 190);
    },
    3,
  );
  const arch: Solid = {
    distance: (x, y, z) => {
      const ring =
        Math.abs(Math.hypot(x / (13.5 * s), (y - canalY) / (12 * s)) - 1) * 12 * s - 3.4 * s;
      const open = Math.abs(phase(z) - 0.12) * vertebraPeriod - 12;
      // Between the arches only the laminae at the back remain.
      return y < canalY + 4 * s ? Math.max(ring, open) : ring;
    },
    box: boxAround([0, canalY, 0], [18 * s, 16 * s, 1e4]),
  };
  const bone = (x: number, y: number, z: number, d: number): number =>
    tissue.trabecular(x, y, z) + 60 + 380 * Math.exp(-((Math.min(0, d) / 1.4) ** 2));
  canvas.paint(arch, bone, 3);
  const [nz] = canvas.grid.shape;
  const low = canvas.grid.origin[2];
  const high = low + (nz - 1) * canvas.grid.spacing[0];
  const from = Math.floor((low - zPhase - 40) / vertebraPeriod);
  const to = Math.ceil((high - zPhase + 40) / vertebraPeriod);
  for (let v = from; v <= to; v++) {
    const z = zPhase + v * vertebraPeriod;
    const spinous = union([
      capsule([0, canalY + 12 * s, z], [0, canalY + 36 * s, z - 14], [3.2 * s, 4.2 * s]),
      capsule([0, canalY + 12 * s, z - 8], [0, canalY + 34 * s, z - 20], [2.6 * s, 3.4 * s]),
    ]);
    canvas.paint(spinous, bone, 3);
    for (const side of [-1, 1]) {
      canvas.paint(
        capsule(
          [side * 13 * s, canalY, z + 4],
          [side * 38 * s, canalY + 7 * s, z + 6],
          [4.2 * s, 3 * s],
        ),
        bone,
        3,
      );
      // Facet joints behind the canal.
      canvas.paint(
        ellipsoid({ centre: [side * 16 * s, canalY + 9 * s, z - 15], radii: [6 * s, 7 * s, 12] }),
        bone,
        3,
      );
    }
  }
  canvas.paint(
    {
      distance: notch.distance,
      box: boxAround([0, canalY - 1, 0], [11 * s, 8 * s, 1e4]),
    },
    (x, y) => 18 + 26 * (Math.hypot(x / (5.5 * s), (y - canalY) / (4.5 * s)) < 1 ? 1 : 0),
    7,
  );
}

/** Points of a rib in the plane of the wall, from the spine round to the front. */
function ribPoints(side: number, zHead: number, habitus: Habitus, reach: number): Point[] {
  const [a, b] = habitus.cavity;
  const [, sy] = habitus.scale;
  const points: Point[] = [];
  const steps = 26;
  for (let i = 0; i <= steps; i++) {
    const t = (i / steps) * reach;
    // Angle from the back (spine) round the side to the front.
    const angle = Math.PI / 2 - 0.32 - t * (Math.PI - 0.75);
    const x = side * (a + 5.5) * Math.cos(angle) * (1 - 0.03 * Math.cos(angle) ** 4);
    const y = 6 * sy + (b + 13 * sy) * Math.sin(angle);
    points.push([x, y, zHead - 70 * t + 8 * t * t]);
  }
  return points;
}

/** Paints ribs whose heads stand at the vertebrae above `lowest` mm. */
export function paintRibs(
  canvas: Canvas,
  options: { habitus: Habitus; tissue: Tissue; zPhase: number; lowest: number },
): void {
  const { habitus, tissue, zPhase, lowest } = options;
  const low = canvas.grid.origin[2];
  const high = low + (canvas.grid.shape[0] - 1) * canvas.grid.spacing[0];
  const bone = (x: number, y: number, z: number, d: number): number =>
    tissue.trabecular(x, y, z) + 420 * Math.exp(-(((d + 0.8) / 1.1) ** 2));
  const first = Math.ceil((lowest - zPhase) / vertebraPeriod);
  for (let v = first; v <= first + 9; v++) {
    const zHead = zPhase + v * vertebraPeriod + 12;
    if (zHead < low - 10 || zHead - 80 > high) continue;
    const reach = v - first < 2 ? 0.45 + 0.25 * (v - first) : 0.92;
    for (const side of [-1, 1]) {
      const points = ribPoints(side, zHead, habitus, reach);
      canvas.paint(union(chain(points, [5.2])), bone, 3);
    }
  }
}

export interface TreeOptions {
  readonly start: Point;
  /** Direction of the first branch; any length. */
  readonly direction: Point;
  readonly radiusMm: number;
  readonly lengthMm: number;
  readonly generations: number;
  /** Branches whose end fails this are not grown. */
  readonly inside: (p: Point) => boolean;
}

/** A vessel tree by repeated forking; lengths shrink by about 0.75 and radii by 2^(−1/3) at each fork. */
export function growTree(stream: Stream, options: TreeOptions): Solid[] {
  const branches: Solid[] = [];
  const grow = (from: Point, along: Point, radius: number, length: number, left: number): void => {
    const norm = Math.hypot(...along) || 1;
    const to: Point = [
      from[0] + (along[0] / norm) * length,
      from[1] + (along[1] / norm) * length,
      from[2] + (along[2] / norm) * length,
    ];
    // Both forks draw first, so that a branch cut off does not change the numbers of the others.
    const turns = [0, 1].map(() => [stream.normal(), stream.normal(), stream.normal()] as const);
    const lengths = [0, 1].map(() => 0.62 + 0.3 * stream.uniform());
    const near: Point = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2, (from[2] + to[2]) / 2];
    const end = options.inside(to) ? to : near;
    if (!options.inside(end)) return;
    branches.push(capsule(from, end, [radius, radius * 0.8]));
    if (left <= 1) return;
    for (const fork of [0, 1]) {
      const t = turns[fork]!;
      const spread = 0.62;
      const next: Point = [
        along[0] / norm + spread * t[0],
        along[1] / norm + spread * t[1],
        along[2] / norm + spread * t[2],
      ];
      grow(end, next, radius * 0.8, length * lengths[fork]!, left - 1);
    }
  };
  grow(options.start, options.direction, options.radiusMm, options.lengthMm, options.generations);
  return branches;
}
