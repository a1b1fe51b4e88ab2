/** Organs of the chest, painted from back to front; z = 0 at the carina. */
import type { Stream } from "../core/random.ts";
import { latticeNoise } from "./lattice-noise.ts";
import type { Canvas } from "./painter.ts";
import { capsule, chain, ellipsoid, union, type Point, type Solid } from "./solids.ts";
import {
  clampedNormal,
  growTree,
  paintRibs,
  paintSpine,
  roughened,
  trunkLabels,
  type Habitus,
  type Outlines,
  type Tissue,
} from "./trunk.ts";

/** Label values of the thorax phantom. */
export const thoraxLabels: Readonly<Record<number, string>> = {
  ...trunkLabels,
  8: "heart",
  9: "lung vessel",
  10: "airway",
  11: "liver",
  12: "nodule",
};

export interface ThoraxOptions {
  readonly stream: Stream;
  readonly habitus: Habitus;
  readonly outlines: Outlines;
  readonly tissue: Tissue;
  readonly zPhase: number;
  readonly nodules: { readonly count: number; readonly radiusMm: number; readonly valueHU: number };
}

/** Paints the chest's organs; returns the centres of the nodules. */
export function paintThorax(canvas: Canvas, options: ThoraxOptions): Point[] {
  const { stream, habitus, outlines, tissue, zPhase } = options;
  const [sx, sy] = habitus.scale;
  const at = (x: number, y: number, z: number): Point => [x * sx, y * sy, z];
  const s = stream.child("chest");
  paintRibs(canvas, { habitus, tissue, zPhase, lowest: -100 });
  paintSpine(canvas, { scale: habitus.scale, tissue, zPhase });
  const grain = latticeNoise(stream.child("grain"), { pitch: 5, octaves: 2, gain: 0.7 });

  const lungs = [-1, 1].map((side): Solid => {
    const body = ellipsoid({
      centre: at(side * 68, 2, 5),
      radii: [62 * sx, 100 * sy, 130 + 5 * clampedNormal(s)],
      turn: side * -0.08,
    });
    const heartNotch = ellipsoid({
      centre: at(14, -34, -55),
      radii: [62 * sx, 56 * sy, 62],
      turn: 0.4,
    });
    const dome = ellipsoid({ centre: at(side * 66, -6, -190), radii: [88 * sx, 100 * sy, 108] });
    const middle = ellipsoid({ centre: at(0, 10, 0), radii: [30 * sx, 70 * sy, 1e4] });
    const rough = latticeNoise(stream.child("lung", side), { pitch: 35 });
    return {
      box: body.box,
      distance: roughened(
        (x, y, z) => {
          const own = Math.max(body.distance(x, y, z), outlines.cavity(x, y, z) + 3);
          if (own > 3) return own;
          return Math.max(
            own,
            -heartNotch.distance(x, y, z),
            -dome.distance(x, y, z),
            -middle.distance(x, y, 0),
          );
        },
        rough,
        2,
      ),
    };
  });
  const parenchyma = (x: number, y: number, z: number): number =>
    -850 + 0.35 * y + 18 * tissue.amount * grain(x, y, z) + 0 * z;
  for (const lung of lungs) canvas.paint(lung, parenchyma, 4);

  const heart = ellipsoid({
    centre: at(14, -34, -58),
    radii: [56 * sx, 48 * sy, 54 + 3 * clampedNormal(s)],
    turn: 0.45,
  });
  const chambers = [
    ellipsoid({ centre: at(30, -30, -62), radii: [24 * sx, 17 * sy, 32], turn: 0.5 }),
    ellipsoid({ centre: at(2, -52, -60), radii: [26 * sx, 13 * sy, 34], turn: 0.5 }),
    ellipsoid({ centre: at(-24, -24, -48), radii: [17 * sx, 19 * sy, 26] }),
    ellipsoid({ centre: at(4, -4, -44), radii: [26 * sx, 14 * sy, 22] }),
  ];
  canvas.paint(heart, (x, y, z, d) => (d > -5 ? -60 : 95 + 5 * grain(x, y, z)), 8);
  for (const chamber of chambers) {
    canvas.paint(chamber, (x, y, z) => tissue.arterialHU + 3 * grain(x, y, z), 8);
  }
  for (const side of [-1, 1]) {
    const liver = ellipsoid({ centre: at(side * 66, -6, -196), radii: [86 * sx, 98 * sy, 106] });
    canvas.paint(
      {
        box: liver.box,
        distance: (x, y, z) => Math.max(liver.distance(x, y, z), outlines.cavity(x, y, z) + 3),
      },
      (x, y, z) => (side < 0 ? 108 : 60) + 5 * grain(x, y, z),
      11,
    );
  }
  const blood = (
    points: readonly Point[],
    radii: readonly number[],
    value: number,
    label: number,
  ): void => {
    for (const link of chain(points, radii)) canvas.paint(link, value, label);
  };
  blood([at(-18, -14, 110), at(-22, -20, 40), at(-24, -18, -20)], [8, 9.5, 10], tissue.venousHU, 6);
  blood(
    [at(-4, -34, -20), at(-10, -36, 15), at(-4, -24, 40), at(12, 6, 46), at(20, 36, 30)],
    [15, 15, 14.5, 13.5, 13],
    tissue.arterialHU,
    5,
  );
  blood(
    [at(20, 36, 32), at(18, 40, -60), at(12, 42, -170)],
    [13, 12.5, 11.5],
    tissue.arterialHU,
    5,
  );
  blood([at(8, -38, -15), at(14, -22, 8), at(-30, -8, 2)], [13, 12, 9], tissue.venousHU, 6);
  blood([at(14, -20, 10), at(42, -4, 12)], [11, 9], tissue.venousHU, 6);

  const air = (solids: readonly Solid[]): void => {
    for (const solid of solids) {
      canvas.paint(
        {
          box: solid.box.map((b, i) => b + (i % 2 === 0 ? -2 : 2)) as unknown as Solid["box"],
          distance: (x, y, z) => solid.distance(x, y, z) - 1.6,
        },
        40,
        10,
      );
    }
    for (const solid of solids) canvas.paint(solid, -985, 10);
  };
  air([
    ...chain([at(-2, 2, 130), at(-2, 6, 0)], [8.5, 8.5]),
    ...chain([at(-2, 6, 0), at(-28, 10, -22), at(-44, 12, -44)], [7, 5.5, 3.5]),
    ...chain([at(-2, 6, 0), at(34, 12, -26), at(48, 14, -48)], [6.5, 5, 3.2]),
  ]);

  lungs.forEach((lung, index) => {
    const side = index === 0 ? -1 : 1;
    const inside = (p: Point): boolean => lung.distance(...p) < -2;
    const hilum = at(side * 42, 4, -8);
    const directions: Point[] = [
      [side, -0.3, 0.9],
      [side * 0.7, 0.8, 0.2],
      [side, -0.6, -0.3],
      [side * 0.6, 0.3, -1],
      [side * 0.4, 0.9, -0.8],
    ];
    directions.forEach((direction, n) => {
      const branches = growTree(stream.child("vessels", side, n), {
        start: hilum,
        direction,
        radiusMm: 4.2,
        lengthMm: 30,
        generations: 8,
        inside: (p) => inside(p) || Math.hypot(p[0] - hilum[0], p[1] - hilum[1]) < 18,
      });
      for (const branch of branches) canvas.paint(branch, 50, 9);
    });
  });
  // Breastbone.
  const bone = (x: number, y: number, z: number, d: number): number =>
    tissue.trabecular(x, y, z) + 250 * Math.exp(-(((d + 0.8) / 1.2) ** 2));
  canvas.paint(union(chain([at(0, -98, 70), at(0, -106, -60)], [8, 7])), bone, 3);
  return paintNodules(canvas, options, lungs);
}

function paintNodules(
  canvas: Canvas,
  { stream, nodules }: ThoraxOptions,
  lungs: readonly Solid[],
): Point[] {
  const s = stream.child("nodules");
  const low = canvas.grid.origin[2];
  const high = low + (canvas.grid.shape[0] - 1) * canvas.grid.spacing[0];
  const centres: Point[] = [];
  for (let attempt = 0; attempt < 4000 && centres.length < nodules.count; attempt++) {
    const lung = lungs[s.integer(2)]!;
    const { box } = lung;
    const p: Point = [
      box[0] + (box[1] - box[0]) * s.uniform(),
      box[2] + (box[3] - box[2]) * s.uniform(),
      low + (high - low) * s.uniform(),
    ];
    if (lung.distance(...p) > -nodules.radiusMm - 2) continue;
    centres.push(p);
    canvas.paint(capsule(p, p, [nodules.radiusMm, nodules.radiusMm]), nodules.valueHU, 12);
  }
  return centres;
}
