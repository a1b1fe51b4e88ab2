/** Vessels of the abdomen phantom. */
import type { OrganOptions, Placed } from "./abdomen-parts.ts";
import { latticeNoise } from "./lattice-noise.ts";
import type { Canvas } from "./painter.ts";
import { boxAround, capsule, chain, ellipsoid, union, type Point, type Solid } from "./solids.ts";
import { clampedNormal, growTree } from "./trunk.ts";

/** Aorta with plaque, caval vein and their great branches. */
export function paintGreatVessels(canvas: Canvas, { habitus, tissue, stream }: OrganOptions): void {
  const [sx, sy] = habitus.scale;
  const s = stream.child("great vessels");
  const aortaRadius = 9.5 + 1.2 * clampedNormal(s);
  const plaque = latticeNoise(s, { pitch: 11 });
  const plaqueLevel = 1.3 + 1.2 * s.uniform();
  const aorta = union(
    chain(
      [
        [9 * sx, 36 * sy, -130],
        [8 * sx, 34 * sy, 0],
        [11 * sx, 36 * sy, 140],
      ],
      [aortaRadius * 0.9, aortaRadius, aortaRadius * 1.15],
    ),
  );
  canvas.paint(
    aorta,
    (x, y, z, d) =>
      d > -1.4
        ? plaque(x, y, z) > plaqueLevel
          ? 600
          : 70
        : tissue.arterialHU + 2 * plaque(3 * x, 3 * y, 3 * z),
    5,
  );
  const cava = ellipsoid({
    centre: [-20 * sx, 36 * sy, 0],
    radii: [12.5 * sx, 9.5 * sy, 1e4],
    turn: 0.3,
  });
  canvas.paint(
    { ...cava, box: boxAround([-20 * sx, 36 * sy, 0], [16 * sx, 14 * sy, 140]) },
    tissue.venousHU - 8,
    6,
  );
  const artery = (points: readonly Point[], radii: readonly number[]): void => {
    for (const link of chain(points, radii)) canvas.paint(link, tissue.arterialHU, 5);
  };
  const vein = (points: readonly Point[], radii: readonly number[]): void => {
    for (const link of chain(points, radii)) canvas.paint(link, tissue.venousHU, 6);
  };
  artery(
    [
      [8 * sx, 26 * sy, 22],
      [6 * sx, 12 * sy, 12],
      [2 * sx, 2 * sy, -40],
      [0, -4, -110],
    ],
    [4.2, 3.8, 3.4, 2.6],
  );
  artery(
    [
      [9 * sx, 27 * sy, 40],
      [6 * sx, 10 * sy, 40],
      [40 * sx, 6 * sy, 42],
    ],
    [4, 3.2, 2.6],
  );
  vein(
    [
      [-9 * sx, 2 * sy, -110],
      [-8 * sx, 0, -30],
      [-14 * sx, -4, 8],
      [-30 * sx, -8 * sy, 26],
    ],
    [4.5, 5.5, 6.5, 7],
  );
  vein(
    [
      [-10 * sx, -2, 6],
      [28 * sx, 8 * sy, 18],
      [68 * sx, 24 * sy, 38],
    ],
    [5.5, 4.2, 3.8],
  );
  for (const side of [-1, 1]) {
    artery(
      [
        [9 * sx, 34 * sy, 4],
        [side * 48 * sx, 46 * sy, 0],
      ],
      [3, 2.6],
    );
    vein(
      [
        [-18 * sx, 34 * sy, -2],
        [side * 46 * sx, 42 * sy, -4],
      ],
      [4.5, 4],
    );
  }
}

/** Vessels and knots in the fat of the cavity: small bright dots and strands. */
export function paintFatVessels(canvas: Canvas, { habitus, tissue, stream }: OrganOptions): void {
  const [sx, sy] = habitus.scale;
  const s = stream.child("fat vessels");
  for (let i = 0; i < 220; i++) {
    const angle = 2 * Math.PI * s.uniform();
    const rho = 0.85 * Math.sqrt(s.uniform());
    const from: Point = [
      118 * sx * rho * Math.cos(angle),
      -18 + 70 * sy * rho * Math.sin(angle),
      -130 + 240 * s.uniform(),
    ];
    const to: Point = [
      from[0] + 14 * s.normal(),
      from[1] + 9 * s.normal(),
      from[2] + 16 * s.normal(),
    ];
    const radius = 0.7 + 0.8 * s.exponential();
    canvas.paint(capsule(from, to, [radius, radius * 0.7]), tissue.venousHU - 40, -1);
  }
}

/** Portal and hepatic trees inside the liver. */
export function paintLiverVessels(
  canvas: Canvas,
  { stream, at, tissue, liver }: Omit<Placed, "span"> & { liver: Solid },
): void {
  const inside = (p: Point): boolean => liver.distance(...p) < -3;
  const paintTree = (branches: readonly Solid[], value: number): void => {
    for (const branch of branches) {
      canvas.paint(
        {
          box: branch.box,
          distance: (x, y, z) => {
            const d = branch.distance(x, y, z);
            return d > 1 ? d : Math.max(d, liver.distance(x, y, z) + 1);
          },
        },
        value,
        9,
      );
    }
  };
  const portal = { radiusMm: 5.4, lengthMm: 24, generations: 8, inside };
  paintTree(
    growTree(stream.child("right"), {
      ...portal,
      start: at(-32, -8, 28),
      direction: [-1, 0.15, 0.1],
    }),
    tissue.venousHU,
  );
  paintTree(
    growTree(stream.child("anterior"), {
      ...portal,
      start: at(-52, -6, 34),
      direction: [-0.6, -0.9, 0.3],
    }),
    tissue.venousHU,
  );
  paintTree(
    growTree(stream.child("left"), {
      ...portal,
      start: at(-22, -26, 42),
      direction: [0.6, -1, 0.5],
    }),
    tissue.venousHU,
  );
  const hepatic = { radiusMm: 5, lengthMm: 30, generations: 7, inside };
  for (const [name, direction] of [
    ["right vein", [-1, 0.05, -0.25]],
    ["middle vein", [-0.55, -0.8, -0.35]],
    ["left vein", [0.35, -1, -0.2]],
  ] as const) {
    paintTree(
      growTree(stream.child(name), { ...hepatic, start: at(-22, 14, 90), direction }),
      tissue.venousHU - 6,
    );
  }
}
