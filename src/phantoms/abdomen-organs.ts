/** Organs of the abdomen phantom, painted from back to front. */
import type { Stream } from "../core/random.ts";
import { latticeNoise } from "./lattice-noise.ts";
import { rememberedOn, type Canvas } from "./painter.ts";
import {
  blend,
  boxAround,
  capsule,
  chain,
  ellipsoid,
  union,
  type Distance,
  type Point,
  type Solid,
} from "./solids.ts";
import {
  clampedNormal,
  growTree,
  paintSpine,
  roughened,
  trunkLabels,
  type Habitus,
  type Outlines,
  type Tissue,
} from "./trunk.ts";

/** Label values of the abdomen phantom. */
export const abdomenLabels: Readonly<Record<number, string>> = {
  ...trunkLabels,
  8: "liver",
  9: "liver vessel",
  10: "kidney",
  11: "spleen",
  12: "stomach",
  13: "bowel",
  14: "gallbladder",
  15: "pancreas",
  16: "gas",
  17: "lesion",
};

export interface OrganOptions {
  readonly stream: Stream;
  readonly habitus: Habitus;
  readonly outlines: Outlines;
  readonly tissue: Tissue;
  readonly zPhase: number;
  readonly lesions: {
    readonly count: number;
    readonly contrastHU: number;
    readonly radiusMm: number;
  };
}

/** Distance cut down to where `limit` is negative, `gap` mm within it. */
function within(solid: Solid, limit: Distance, gap = 1.5): Solid {
  return {
    box: solid.box,
    distance: (x, y, z) => {
      const d = solid.distance(x, y, z);
      return d > 4 ? d : Math.max(d, limit(x, y, z) + gap);
    },
  };
}

/** Paints all organs; returns the centres of the lesions. */
export function paintOrgans(canvas: Canvas, options: OrganOptions): Point[] {
  const { stream, habitus, outlines, tissue } = options;
  const [sx, sy] = habitus.scale;
  /** Place of the reference person moved to this one. */
  const at = (x: number, y: number, z: number): Point => [x * sx, y * sy, z];
  const span = (x: number, y: number, z: number): Point => [x * sx, y * sy, z];
  const jitter = (s: Stream, amount: number): number => amount * clampedNormal(s);

  const domeNoise = latticeNoise(stream.child("dome"), { pitch: 60 });
  /** Negative below the diaphragm. */
  const domeAt: Distance = (x, y, z) => {
    // Two domes and between them, before the spine, the tendon on which the heart rests.
    const cap = (cx: number, cy: number, top: number, wide: number, fall: number): number => {
      const u = (x - cx * sx) / (wide * sx);
      const v = (y - cy * sy) / (wide * sy);
      return top - fall * (u * u + v * v);
    };
    const height = Math.max(
      cap(-62, -8, 118, 90, 60),
      cap(66, -2, 107, 88, 58),
      cap(5, -50, 98, 70, 34),
    );
    return 0.7 * (z - height - 3 * domeNoise(x, y, 0));
  };
  const dome = rememberedOn(canvas.grid, domeAt);
  const limit: Distance = (x, y, z) => Math.max(outlines.cavity(x, y, z), dome(x, y, z));

  paintLungBases(canvas, {
    stream: stream.child("lung"),
    outlines,
    dome,
    tissue,
    scale: habitus.scale,
  });
  paintBackMuscles(canvas, options);
  paintSpine(canvas, { scale: habitus.scale, tissue, zPhase: options.zPhase });
  paintGreatVessels(canvas, options);
  paintFatVessels(canvas, options);
  paintBowel(canvas, { ...options, limit });

  const s = stream.child("solid");
  const rough = (name: string, pitch: number) => latticeNoise(stream.child(name), { pitch });
  const parenchyma = (name: string, mean: number, sd: number) => {
    const fine = latticeNoise(stream.child(name, "fine"), { pitch: 4, octaves: 2, gain: 0.9 });
    const broad = latticeNoise(stream.child(name, "broad"), { pitch: 30 });
    return (x: number, y: number, z: number): number =>
      mean + tissue.amount * sd * (0.75 * fine(x, y, z) + 0.6 * broad(x, y, z));
  };

  const pancreas = union(
    chain(
      [at(-28, 2, -18), at(-24, -8, 0), at(2, -14, 10), at(35, -2, 20), at(72, 18, 34)],
      [13, 13, 9.5, 9.5, 8],
    ),
  );
  canvas.paint(
    within(
      { ...pancreas, distance: roughened(pancreas.distance, rough("pancreas", 8), 2.2) },
      limit,
    ),
    parenchyma("pancreas", 98 + jitter(s, 8), 12),
    15,
  );

  paintStomach(canvas, { stream: stream.child("stomach"), at, span, limit, tissue });

  const spleenBody = ellipsoid({
    centre: at(98 + jitter(s, 3), 34 + jitter(s, 4), 48 + jitter(s, 8)),
    radii: span(38 + jitter(s, 4), 50 + jitter(s, 4), 52 + jitter(s, 6)),
    turn: 0.35,
  });
  const spleenHilum = ellipsoid({ centre: at(62, 14, 46), radii: span(30, 42, 80), turn: 0.35 });
  const spleen: Solid = {
    box: spleenBody.box,
    distance: roughened(
      (x, y, z) => Math.max(spleenBody.distance(x, y, z), -spleenHilum.distance(x, y, z)),
      rough("spleen", 22),
      2,
    ),
  };
  canvas.paint(within(spleen, limit), parenchyma("spleen", 122 + jitter(s, 8), 6), 11);

  for (const side of [-1, 1]) {
    paintKidney(canvas, { stream: stream.child("kidney", side), side, at, span, tissue });
  }

  const right = ellipsoid({
    centre: at(-72 + jitter(s, 4), -6 + jitter(s, 4), 30 + jitter(s, 6)),
    radii: span(72, 82, 96 + jitter(s, 6)),
  });
  const left = ellipsoid({
    centre: at(2 + jitter(s, 8), -52 + jitter(s, 4), 56 + jitter(s, 5)),
    radii: span(68 + jitter(s, 10), 34 + jitter(s, 3), 52 + jitter(s, 5)),
    turn: -0.12,
  });
  const caudate = ellipsoid({ centre: at(-14, 10, 48), radii: span(24, 20, 30) });
  const fissure = ellipsoid({ centre: at(-12, -28, 20), radii: span(16, 22, 34), turn: 0.5 });
  const renal = ellipsoid({ centre: at(-59, 54, -15), radii: span(36, 38, 55) });
  const liverRough = rough("liver", 28);
  const liver: Solid = {
    box: boxAround(at(-40, -10, 35), span(118, 96, 112)),
    distance: roughened(
      (x, y, z) => {
        const lobes = blend(right.distance(x, y, z), left.distance(x, y, z), 18);
        const whole = blend(lobes, caudate.distance(x, y, z), 8);
        return Math.max(whole, -fissure.distance(x, y, z), -renal.distance(x, y, z));
      },
      liverRough,
      2.5,
    ),
  };
  const liverWithin = within(liver, limit, 2);
  const liverCut: Solid = {
    box: liver.box,
    distance: rememberedOn(canvas.grid, liverWithin.distance),
  };
  const liverMean = 108 + jitter(s, 9);
  canvas.paint(liverCut, parenchyma("liver", liverMean, 6.5), 8);
  paintLiverVessels(canvas, { stream: stream.child("liver vessels"), at, tissue, liver: liverCut });

  const bladder = ellipsoid({
    centre: at(-48 + jitter(s, 5), -50 + jitter(s, 4), -6 + jitter(s, 6)),
    radii: span(15 + jitter(s, 3), 17 + jitter(s, 3), 26 + jitter(s, 4)),
    turn: 0.4,
  });
  canvas.paint(within(bladder, outlines.cavity, 6), (_x, _y, _z, d) => (d > -1.6 ? 75 : 9), 14);

  return paintLesions(canvas, { ...options, liver: liverCut });
}

/** Lung above the diaphragm, and the heart that rests on it. */
function paintLungBases(
  canvas: Canvas,
  {
    stream,
    outlines,
    dome,
    tissue,
    scale,
  }: {
    stream: Stream;
    outlines: Outlines;
    dome: Distance;
    tissue: Tissue;
    scale: readonly [number, number];
  },
): void {
  const vessels = latticeNoise(stream, { pitch: 6, octaves: 2, gain: 0.8 });
  const mediastinum = ellipsoid({ centre: [0, 68, 0], radii: [30 * scale[0], 34, 1e4] });
  canvas.paintEverywhere(
    (x, y, z) => {
      const above = 2 - dome(x, y, z);
      if (above > 3) return above;
      return Math.max(outlines.cavity(x, y, z) + 2, above, -mediastinum.distance(x, y, 0));
    },
    (x, y, z) => {
      const v = vessels(x, y, z);
      return Math.min(60, -865 + 22 * v + Math.max(0, v - 1.35) * 1100);
    },
    4,
  );
  const heart = ellipsoid({
    centre: [18 * scale[0], -34 * scale[1], 118],
    radii: [62 * scale[0], 52 * scale[1], 34],
    turn: 0.3,
  });
  canvas.paint(
    {
      box: heart.box,
      distance: (x, y, z) => Math.max(heart.distance(x, y, z), outlines.cavity(x, y, z) + 5),
    },
    (x, y, z, d) => (d > -9 ? 105 : tissue.venousHU) + 3 * vessels(x, y, z),
    2,
  );
}

function paintBackMuscles(canvas: Canvas, { habitus, tissue, stream }: OrganOptions): void {
  const [sx, sy] = habitus.scale;
  const bumps = latticeNoise(stream.child("back muscles"), { pitch: 16 });
  const tall = 1e4;
  for (const side of [-1, 1]) {
    const back = ellipsoid({
      centre: [side * 30 * sx, 104 * sy, 0],
      radii: [26 * sx, 19 * sy, tall],
      turn: side * 0.25,
    });
    const lumbar = ellipsoid({
      centre: [side * 66 * sx, 88 * sy, -60],
      radii: [20 * sx, 10 * sy, 110],
      turn: side * -0.35,
    });
    // The psoas thickens downwards and is gone above the renal hilum's height plus 60 mm.
    const psoas: Solid = {
      box: [-70 * sx, 70 * sx, 30 * sy, 100 * sy, -1e4, 70],
      distance: (x, y, z) => {
        const r = Math.max(0, 12 - 0.13 * z);
        return Math.hypot((x - side * (33 - 0.05 * z) * sx) / 1, (y - 66 * sy) / 1.15) - r;
      },
    };
    for (const muscle of [back, lumbar, psoas]) {
      canvas.paint(
        { box: muscle.box, distance: roughened(muscle.distance, bumps, 1.6) },
        (x, y, z) => tissue.muscle(x, y, z),
        2,
      );
    }
    // Crura of the diaphragm beside the aorta.
    canvas.paint(
      capsule([side * 16 * sx, 44 * sy, -25], [side * 20 * sx, 34 * sy, 80], [3.2, 4.5]),
      (x, y, z) => tissue.muscle(x, y, z),
      2,
    );
  }
}

function paintGreatVessels(canvas: Canvas, { habitus, tissue, stream }: OrganOptions): void {
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
function paintFatVessels(canvas: Canvas, { habitus, tissue, stream }: OrganOptions): void {
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

interface Placed {
  readonly stream: Stream;
  readonly at: (x: number, y: number, z: number) => Point;
  readonly span: (x: number, y: number, z: number) => Point;
  readonly tissue: Tissue;
}

function paintStomach(
  canvas: Canvas,
  { stream, at, span, limit, tissue }: Placed & { limit: Distance },
): void {
  const fill = 0.75 + 0.35 * stream.uniform();
  const fundus = ellipsoid({ centre: at(62, -18, 66), radii: span(44 * fill, 42 * fill, 46) });
  const antrum = union(
    chain([at(52, -46, 45), at(24, -58, 18), at(-14, -46, 4)], [26 * fill, 20 * fill, 13]),
  );
  const folds = latticeNoise(stream, { pitch: 9 });
  const level = at(0, -62 + 40 * stream.uniform(), 0)[1];
  const contents = 20 + 30 * stream.uniform();
  const food = latticeNoise(stream, { pitch: 6, octaves: 2 });
  const solid: Solid = {
    box: union([fundus, antrum]).box,
    distance: (x, y, z) => blend(fundus.distance(x, y, z), antrum.distance(x, y, z), 16),
  };
  const shape = within({ box: solid.box, distance: solid.distance }, limit, 4);
  canvas.paint(shape, (x, y, z) => 78 + 5 * tissue.amount * folds(x, y, z), 12);
  const lumen: Solid = {
    box: shape.box,
    distance: (x, y, z) => shape.distance(x, y, z) + 5 + 2.2 * folds(x, y, z),
  };
  canvas.paint(lumen, (x, y, z) => contents + 10 * tissue.amount * food(x, y, z), 12);
  canvas.paint(
    { box: lumen.box, distance: (x, y, z) => Math.max(lumen.distance(x, y, z) + 0.3, y - level) },
    -985,
    16,
  );
}

function paintKidney(
  canvas: Canvas,
  { stream, side, at, span, tissue }: Placed & { side: number },
): void {
  const j = (amount: number): number => amount * clampedNormal(stream);
  const z0 = (side < 0 ? -14 : 0) + j(6);
  const centre = at(side * (60 + j(3)), 50 + j(3), z0);
  const radii = span(27 + j(2), 31 + j(2), 55 + j(4));
  const turn = side * 0.5;
  const body = ellipsoid({ centre, radii, turn });
  const lobes = latticeNoise(stream.child("lobes"), { pitch: 18 });
  const pyramids = latticeNoise(stream.child("pyramids"), { pitch: 13 });
  const grain = latticeNoise(stream.child("grain"), { pitch: 4 });
  const distance = roughened(body.distance, lobes, 1.5);
  const cortex = 178 + j(12);
  const medulla = 128 + j(10);
  // Fat about the kidney, with its thin fascia, sets it apart from liver and spleen.
  canvas.paint(
    {
      box: boxAround(centre, [radii[0] + 14, radii[1] + 14, radii[2] + 12]),
      distance: (x, y, z) => body.distance(x, y, z) - 5,
    },
    (x, y, z) => tissue.fat(x, y, z),
    1,
  );
  canvas.paint(
    { box: boxAround(centre, [radii[0] + 8, radii[1] + 8, radii[2] + 4]), distance },
    (x, y, z, d) => {
      const depth = -d - 6.5 - 1.5 * lobes(y, z, x);
      const share = Math.max(0, Math.min(1, depth / 1.5)) * (pyramids(x, y, z) > -0.45 ? 1 : 0.15);
      return cortex + share * (medulla - cortex) + tissue.amount * 5 * grain(x, y, z);
    },
    10,
  );
  const inward: Point = [centre[0] - side * 17, centre[1] - 9, z0];
  const sinusRough = latticeNoise(stream.child("sinus"), { pitch: 9 });
  const sinus = ellipsoid({ centre: inward, radii: [15, 9, 30], turn });
  canvas.paint(
    { box: sinus.box, distance: roughened(sinus.distance, sinusRough, 3) },
    (x, y, z) => tissue.fat(x, y, z) + 20,
    1,
  );
  canvas.paint(ellipsoid({ centre: inward, radii: [10, 4, 14], turn }), 8, 10);
  for (let v = 0; v < 6; v++) {
    const tip: Point = [centre[0] + side * j(8), centre[1] + j(12), z0 + j(26)];
    canvas.paint(capsule(inward, tip, [1.7, 1]), tissue.venousHU, 6);
  }
}

function paintLiverVessels(
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

function paintLesions(canvas: Canvas, options: OrganOptions & { liver: Solid }): Point[] {
  const { lesions, liver, stream } = options;
  const s = stream.child("lesions");
  const low = canvas.grid.origin[2];
  const high = low + (canvas.grid.shape[0] - 1) * canvas.grid.spacing[0];
  const { box } = liver;
  const centres: Point[] = [];
  for (let attempt = 0; attempt < 4000 && centres.length < lesions.count; attempt++) {
    const r = lesions.radiusMm;
    const p: Point = [
      box[0] + (box[1] - box[0]) * s.uniform(),
      box[2] + (box[3] - box[2]) * s.uniform(),
      low + (high - low) * s.uniform(),
    ];
    if (liver.distance(...p) > -r - 2) continue;
    if (centres.some((c) => Math.hypot(c[0] - p[0], c[1] - p[1], c[2] - p[2]) < 2.5 * r)) continue;
    centres.push(p);
    const [nz, ny, nx] = canvas.grid.shape;
    const before = canvas.values.slice();
    const [dz, dy, dx] = canvas.grid.spacing;
    const [ox, oy, oz] = canvas.grid.origin;
    // The lesion adds to what is there, so that vessels and texture run on beneath it.
    const paintAdded = (x: number, y: number, z: number): number => {
      const i = Math.round((x - ox) / dx);
      const j = Math.round((y - oy) / dy);
      const k = Math.round((z - oz) / dz);
      return (
        before[(Math.min(nz - 1, k) * ny + Math.min(ny - 1, j)) * nx + Math.min(nx - 1, i)]! +
        lesions.contrastHU
      );
    };
    canvas.paint(ellipsoid({ centre: p, radii: [r, r, r] }), paintAdded, 17);
  }
  return centres;
}

function paintBowel(
  canvas: Canvas,
  { stream, habitus, tissue, limit }: OrganOptions & { limit: Distance },
): void {
  const [sx, sy] = habitus.scale;
  const s = stream.child("bowel");
  const folds = latticeNoise(s.child("folds"), { pitch: 10 });
  const stuff = latticeNoise(s.child("stuff"), { pitch: 7, octaves: 2, gain: 0.8 });
  const loop = (
    points: readonly Point[],
    radius: number,
    kind: { wall: number; gas: number; faeces: boolean },
  ): void => {
    const solid = union(
      chain(
        points,
        points.map(() => radius),
      ),
    );
    const outer = within(
      { box: solid.box, distance: roughened(solid.distance, folds, 1.6) },
      limit,
      2,
    );
    canvas.paint(outer, (x, y, z) => 88 + 6 * tissue.amount * folds(x, y, z), 13);
    const lumen: Solid = {
      box: outer.box,
      distance: (x, y, z) => outer.distance(x, y, z) + kind.wall,
    };
    canvas.paint(
      lumen,
      (x, y, z) =>
        kind.faeces
          ? 30 + 45 * stuff(x, y, z) - Math.max(0, stuff(x, y, z) - 0.9) * 700
          : 28 + 8 * stuff(x, y, z),
      13,
    );
    if (kind.gas > 0) {
      const middle = points[Math.floor(points.length / 2)]!;
      const level = middle[1] - radius * (1 - 2 * kind.gas);
      canvas.paint(
        {
          box: lumen.box,
          distance: (x, y, z) => Math.max(lumen.distance(x, y, z) + 0.4, y - level),
        },
        -990,
        16,
      );
    }
  };
  const top = 18 + 8 * clampedNormal(s);
  for (let n = 0; n < 34; n++) {
    const angle = 2 * Math.PI * s.uniform();
    const rho = Math.sqrt(s.uniform());
    let p: Point = [
      14 * sx + 82 * sx * rho * Math.cos(angle),
      -32 * sy + 46 * sy * rho * Math.sin(angle),
      top - 14 - 120 * s.uniform(),
    ];
    const points: Point[] = [p];
    for (let k = 0; k < 3; k++) {
      p = [p[0] + 17 * s.normal(), p[1] + 12 * s.normal(), Math.min(top, p[2] + 12 * s.normal())];
      points.push(p);
    }
    const gas = s.uniform() < 0.25 ? 0.3 * s.uniform() : 0;
    loop(points, 9 + 4 * s.uniform(), { wall: 2.4, gas, faeces: false });
  }
  const colonGas = (): number => (s.uniform() < 0.55 ? 0.15 + 0.5 * s.uniform() : 0);
  const hepaticFlexure: Point = [-92 * sx, -12 * sy, -30];
  const splenicFlexure: Point = [104 * sx, 2 * sy, 30];
  loop([[-102 * sx, 14 * sy, -140], [-100 * sx, 8 * sy, -85], hepaticFlexure], 21, {
    wall: 2.2,
    gas: colonGas(),
    faeces: true,
  });
  loop([hepaticFlexure, [-50 * sx, -62 * sy, -42], [-5 * sx, -72 * sy, -38]], 17, {
    wall: 2.2,
    gas: colonGas(),
    faeces: true,
  });
  loop([[-5 * sx, -72 * sy, -38], [55 * sx, -64 * sy, -8], splenicFlexure], 17, {
    wall: 2.2,
    gas: colonGas(),
    faeces: true,
  });
  loop([splenicFlexure, [112 * sx, 28 * sy, -30], [108 * sx, 30 * sy, -140]], 15, {
    wall: 2.2,
    gas: colonGas(),
    faeces: true,
  });
}
