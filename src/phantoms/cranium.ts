/** Anatomy of the head, painted as tissue classes that CT and MR phantoms give their own values. */
import type { Stream } from "../core/random.ts";
import { latticeNoise } from "./lattice-noise.ts";
import type { Canvas } from "./painter.ts";
import { capsule, ellipsoid, type Solid } from "./solids.ts";
import { clampedNormal, roughened } from "./trunk.ts";

/** Tissue classes of the head; the key is the label value. */
export const cranialTissues = {
  1: "scalp",
  2: "fat",
  3: "cortical bone",
  4: "marrow",
  5: "cerebrospinal fluid",
  6: "grey matter",
  7: "white matter",
  8: "deep grey matter",
  9: "eye",
  10: "air",
  11: "lesion",
} as const;

export type CranialTissue = (typeof cranialTissues)[keyof typeof cranialTissues];

/** Value of a tissue at a place. */
export type TissueValue = (tissue: CranialTissue, x: number, y: number, z: number) => number;

export interface CranialLesion {
  readonly radiusMm: number;
  readonly count: number;
}

/**
 * Paints a head on the canvas (z = 0 at the bodies of the ventricles, vertex near 75 mm, orbits near
 * −45 mm); returns the centres of the lesions.
 */
export function paintCranium(
  canvas: Canvas,
  { stream, value, lesion }: { stream: Stream; value: TissueValue; lesion: CranialLesion },
): (readonly [number, number, number])[] {
  const s = stream.child("shape");
  const wide = 72 * (1 + 0.05 * clampedNormal(s));
  const deep = 88 * (1 + 0.05 * clampedNormal(s));
  const high = 78 * (1 + 0.04 * clampedNormal(s));
  const scalp = 4.5 + 1.5 * s.uniform();
  const bone = 6 + clampedNormal(s);
  const bumps = latticeNoise(stream.child("bumps"), { pitch: 60 });
  const egg = (grow: number): Solid => {
    const e = ellipsoid({
      centre: [0, 0, 0],
      radii: [wide + grow, deep + grow, high + grow],
    });
    // The brain case narrows forwards.
    const distance = roughened(
      (x, y, z) => e.distance(x * (1 - 0.0011 * y), y, z < 0 ? z * 0.55 : z),
      bumps,
      1.5,
    );
    const reach = wide + grow;
    return {
      distance,
      box: [-reach * 1.15, reach * 1.15, -deep - grow - 3, deep + grow + 3, -1e4, high + grow + 3],
    };
  };
  const paint = (solid: Solid, label: keyof typeof cranialTissues): void => {
    const tissue = cranialTissues[label];
    canvas.paint(solid, (x, y, z) => value(tissue, x, y, z), label);
  };
  paint(egg(bone + scalp), 1);
  paint(egg(bone + scalp - 1.8), 2);
  paint(egg(bone), 3);
  // Marrow between the tables; none at the thin temples.
  const inner = egg(1.8);
  const outer = egg(bone - 1.8);
  paint(
    {
      box: outer.box,
      distance: (x, y, z) =>
        Math.max(
          outer.distance(x, y, z),
          -inner.distance(x, y, z),
          0.7 - 0.012 * Math.abs(y) - 0.4,
        ),
    },
    4,
  );
  const vault = egg(0);
  paint(vault, 5);

  // Cortex: a ribbon that follows the surface and folds inwards along sheets where a noise is zero.
  const folds = latticeNoise(stream.child("folds"), { pitch: 19 });
  const finer = latticeNoise(stream.child("finer"), { pitch: 11 });
  const sheet = (x: number, y: number, z: number): number =>
    Math.abs(folds(x, y, z) + 0.35 * finer(x, y, z)) * 7;
  const falx = (x: number, y: number): number => (Math.abs(y) > 22 ? Math.abs(x) - 0.9 : 1e3);
  const brainDistance = (x: number, y: number, z: number): number => {
    const depth = -vault.distance(x, y, z) - 2.2;
    if (depth < 0) return -depth;
    const open = depth < 20 ? 1.15 - depth * 0.03 - sheet(x, y, z) : -1;
    return Math.max(open, -falx(x, y), -depth);
  };
  paint({ box: vault.box, distance: brainDistance }, 6);
  const white: Solid = {
    box: vault.box,
    distance: (x, y, z) => {
      const depth = -vault.distance(x, y, z) - 2.2;
      if (depth < 0) return 5;
      const ribbon = Math.min(depth - 3.4, depth < 26 ? sheet(x, y, z) - 3.6 : 9);
      return -Math.min(ribbon, Math.abs(y) > 22 ? Math.abs(x) - 4 : 9);
    },
  };
  paint(white, 7);

  const size = 1 + 0.2 * clampedNormal(s);
  for (const side of [-1, 1]) {
    paint(ellipsoid({ centre: [side * 22, -6, 6], radii: [7, 17, 12], turn: side * -0.3 }), 8);
    paint(ellipsoid({ centre: [side * 11, 12, 2], radii: [8, 13, 10], turn: side * -0.35 }), 8);
    const horn = ellipsoid({
      centre: [side * 10, -22, 8],
      radii: [4.5 * size, 15 * size, 10],
      turn: side * 0.3,
    });
    const body = ellipsoid({ centre: [side * 9, 2, 18], radii: [5 * size, 30, 7 * size] });
    const back = ellipsoid({
      centre: [side * 22, 34, 6],
      radii: [5.5 * size, 15, 12],
      turn: side * -0.35,
    });
    for (const part of [horn, body, back]) paint(part, 5);
    paint(ellipsoid({ centre: [side * 31, -76, -46], radii: [15, 15, 14] }), 2);
    paint(ellipsoid({ centre: [side * 31, -80, -46], radii: [12, 12, 12] }), 9);
  }
  paint(ellipsoid({ centre: [0, 8, -2], radii: [1.8 * size, 13, 10] }), 5);
  paint(capsule([0, -84, -60], [0, -66, -40], [13, 8]), 10);

  const centres: (readonly [number, number, number])[] = [];
  const l = stream.child("lesions");
  const low = canvas.grid.origin[2];
  const top = low + (canvas.grid.shape[0] - 1) * canvas.grid.spacing[0];
  for (let attempt = 0; attempt < 2000 && centres.length < lesion.count; attempt++) {
    const p = [
      wide * (2 * l.uniform() - 1),
      deep * (2 * l.uniform() - 1),
      low + (top - low) * l.uniform(),
    ] as const;
    if (vault.distance(...p) > -lesion.radiusMm - 12 || Math.abs(p[0]) < lesion.radiusMm + 5)
      continue;
    centres.push(p);
    const r = lesion.radiusMm;
    paint(ellipsoid({ centre: p, radii: [r, r, r] }), 11);
  }
  return centres;
}
