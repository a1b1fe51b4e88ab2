/** Organs of the abdomen phantom, painted from back to front. */
import type { Stream } from "../core/random.ts";
import { paintBowel, paintStomach } from "./abdomen-gut.ts";
import { within, type OrganOptions, type Placed } from "./abdomen-parts.ts";
import { paintFatVessels, paintGreatVessels, paintLiverVessels } from "./abdomen-vessels.ts";
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
  paintSpine,
  roughened,
  trunkLabels,
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
