/** Stomach and bowel of the abdomen phantom. */
import type { OrganOptions, Placed } from "./abdomen-parts.ts";
import { within } from "./abdomen-parts.ts";
import { latticeNoise } from "./lattice-noise.ts";
import type { Canvas } from "./painter.ts";
import { blend, chain, ellipsoid, union, type Distance, type Point, type Solid } from "./solids.ts";
import { clampedNormal, roughened } from "./trunk.ts";

/** Stomach with folds, contents and a level of gas. */
export function paintStomach(
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

/** Small bowel as short loops, colon as four parts with faeces and gas. */
export function paintBowel(
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
