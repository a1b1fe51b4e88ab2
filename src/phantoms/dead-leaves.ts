/**
 * Dead leaves: shapes that fall on each other until the last ones hide the first, with radii of density ∝ r⁻³
 * between two limits. Occlusion with that law has the scale-invariant statistics of natural images [lee2001occlusion],
 * and denoisers that learn from it alone come near to those trained on photographs [achddou2021synthetic].
 *
 * Beside the published model every leaf has a slope, a texture (a power-law field or stripes) and edges of its own
 * width, because organs are neither flat nor sharp everywhere; `outline` lays the leaves into a body with nothing
 * around it, and `shading` multiplies a coil's or beam's slow change of strength.
 */
import { makeImage } from "../core/image.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { type ParameterTable, resolveParameters } from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";
import type { Phantom } from "./phantom.ts";
import { drawField, powerLawSpectrum } from "./power-law-field.ts";
import { sizeRow } from "./shared-parameters.ts";

const parameters: ParameterTable = {
  size: sizeRow(256),
  leaves: wholeRow("leaves", [0, 400, 20_000], "Shapes that fall; more hide more of each other"),
  leastPx: numberRow("px", [1, 4, 500], "Radius of the smallest leaves"),
  mostPx: numberRow("px", [1, 100, 4000], "Radius of the largest leaves"),
  texture: numberRow("1", [0, 1, 5], "Multiplier of the leaves' textures; 0 makes them smooth"),
  slope: numberRow("1", [0, 0.3, 2], "Largest relative change of a leaf's value over its radius"),
  blurPx: numberRow("px", [0, 1.5, 20], "Largest width of an edge; every leaf draws its own"),
  decades: numberRow(
    "1",
    [0, 0, 6],
    "Values spread over so many powers of ten below 1; 0 spreads them evenly from 0 to 1",
  ),
  dark: numberRow("1", [0, 0.15, 1], "Share of leaves without any signal"),
  shading: numberRow(
    "1",
    [0, 0, 0.9],
    "Relative amplitude of a slow change over the field of view",
  ),
  outline: {
    type: "boolean",
    default: false,
    about: "Whether the leaves lie in a body with nothing around it",
  },
};

/**
 * A radius of density ∝ r⁻³ between two limits: 1/r² is uniform between their inverse squares.
 *
 * @param options.least, options.most in px, 0 < least ≤ most
 */
export function leafRadius(
  stream: Stream,
  { least, most }: { least: number; most: number },
): number {
  const [a, b] = [least ** -2, most ** -2];
  return (b + (a - b) * stream.uniform()) ** -0.5;
}

/** Signed distance in px to a leaf's edge, negative inside; about right near the edge. */
type Outline = (dx: number, dy: number) => number;

/** An ellipse, a convex polygon, or a circle with waves on it, that fits into a circle of radius r. */
function drawOutline(stream: Stream, r: number): Outline {
  const angle = Math.PI * stream.uniform();
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const kind = stream.integer(3);
  if (kind === 0) {
    const ratio = 0.3 + 0.7 * stream.uniform();
    return (dx, dy) => {
      const [u, v] = [c * dx + s * dy, (c * dy - s * dx) / ratio];
      return (Math.hypot(u, v) - r) * ratio;
    };
  }
  if (kind === 1) {
    const sides = 3 + stream.integer(5);
    const normals = Array.from({ length: sides }, (_, k) => {
      const at = angle + (2 * Math.PI * (k + 0.7 * (stream.uniform() - 0.5))) / sides;
      return [Math.cos(at), Math.sin(at), r * (0.5 + 0.4 * stream.uniform())] as const;
    });
    // Wide angles between normals would leave points far out: the circle closes them.
    return (dx, dy) =>
      normals.reduce(
        (d, [nx, ny, far]) => Math.max(d, nx * dx + ny * dy - far),
        Math.hypot(dx, dy) - r,
      );
  }
  const waves = Array.from({ length: 4 }, (_, k) => ({
    k: k + 2,
    size: (0.16 * stream.uniform()) / (k + 1),
    phase: 2 * Math.PI * stream.uniform(),
  }));
  return (dx, dy) => {
    const at = Math.atan2(dy, dx);
    const reach = waves.reduce((sum, w) => sum - w.size * (1 + Math.cos(w.k * at + w.phase)), 1);
    return Math.hypot(dx, dy) - r * Math.max(0.3, reach);
  };
}

/** Share of a pixel that a shape of smooth edge covers. */
function cover(distance: number, width: number): number {
  const t = Math.min(1, Math.max(0, 0.5 - distance / width));
  return t * t * (3 - 2 * t);
}

/** Fields of unit standard deviation that leaves take their textures from, from coarse to fine. */
const exponents = [3.2, 2.4, 1.4];

export const deadLeaves: Phantom = {
  name: "dead-leaves",
  title: "Dead leaves",
  summary:
    "Shapes of all sizes hiding each other, with slopes, textures and edges of their own: an object of no organ, for training.",
  references: ["lee2001occlusion", "achddou2021synthetic"],
  unit: "normalised",
  acquisition: "direct",
  dimensions: [2],
  labels: {},
  parameters,
  draw(stream, given) {
    const p = resolveParameters("dead-leaves", parameters, given);
    const n = p.size as number;
    const number = (name: string) => p[name] as number;
    const shapes = stream.child("shapes");
    const fields = exponents.map((exponent) => {
      const spectrum = powerLawSpectrum({ shape: [n, n], exponent, convention: "power" });
      return drawField(stream.child("field", exponent), { spectrum, shape: [n, n] });
    });
    const decades = number("decades");
    const valueOf = (u: number): number => (decades === 0 ? u : 10 ** (-decades * u));
    const values = new Float64Array(n * n).fill(p.outline === true ? 0 : valueOf(shapes.uniform()));
    const body = drawOutline(stream.child("body"), n * (0.36 + 0.12 * shapes.uniform()));
    const most = Math.max(number("leastPx"), number("mostPx"));
    for (let leaf = 0; leaf < number("leaves"); leaf++) {
      const r = leafRadius(shapes, { least: number("leastPx"), most });
      const [x0, y0] = [n * shapes.uniform(), n * shapes.uniform()];
      const outline = drawOutline(shapes, r);
      const value = shapes.uniform() < number("dark") ? 0 : valueOf(shapes.uniform());
      const width = 1 + number("blurPx") * shapes.uniform();
      const tilt = 2 * Math.PI * shapes.uniform();
      const slope = (number("slope") * shapes.uniform()) / r;
      const [gx, gy] = [slope * Math.cos(tilt), slope * Math.sin(tilt)];
      const kind = shapes.integer(exponents.length + 3);
      const amount = number("texture") * 0.25 * shapes.uniform() ** 2;
      const [shiftY, shiftX] = [shapes.integer(n), shapes.integer(n)];
      const wave = (2 * Math.PI) / (3 + 20 * shapes.uniform());
      const grain = (y: number, x: number): number => {
        const field = fields[kind];
        if (field !== undefined) return field[((y + shiftY) % n) * n + ((x + shiftX) % n)]!;
        if (kind > exponents.length) return 0;
        return Math.sin(wave * (x * Math.cos(tilt) + y * Math.sin(tilt)));
      };
      const far = r + width;
      for (let y = Math.max(0, Math.ceil(y0 - far)); y <= Math.min(n - 1, y0 + far); y++) {
        for (let x = Math.max(0, Math.ceil(x0 - far)); x <= Math.min(n - 1, x0 + far); x++) {
          const [dx, dy] = [x - x0, y - y0];
          const share = cover(outline(dx, dy), width);
          if (share === 0) continue;
          const own = value * Math.max(0, 1 + gx * dx + gy * dy + amount * grain(y, x));
          const at = y * n + x;
          values[at] = values[at]! + share * (own - values[at]!);
        }
      }
    }
    const [phase, turn] = [2 * Math.PI * shapes.uniform(), 2 * Math.PI * shapes.uniform()];
    const waves = 0.5 + shapes.uniform();
    const middle = (n - 1) / 2;
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++) {
        const at = y * n + x;
        const along = (x * Math.cos(turn) + y * Math.sin(turn)) / n;
        values[at]! *= 1 + number("shading") * Math.sin(2 * Math.PI * waves * along + phase);
        if (p.outline === true) values[at]! *= cover(body(x - middle, y - middle), 1.5);
      }
    }
    return {
      image: makeImage(Float32Array.from(values), [n, n], { unit: "normalised" }),
      truth: {},
    };
  },
};
