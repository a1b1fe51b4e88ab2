/**
 * Uniformity of a region that ought to be flat.
 *
 * - `ct-peripheral`: largest |mean of a peripheral disk − mean of the central disk| (HU for CT), the four
 *   peripheral disks at 12, 3, 6 and 9 o'clock, each of a tenth of the region's width, inside its edge;
 * - `nema-integral`: 100 (max − min)/(max + min) in per cent after a 3×3 binomial low-pass.
 */
import { resolveParameters } from "../core/parameters.ts";
import { filter3x3 } from "./filters.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import type { Plane } from "./planes.ts";
import { meanOverPlanes } from "./result.ts";

function peripheral({ values, mask, ny, nx }: Plane): number {
  let x0 = nx;
  let x1 = -1;
  let y0 = ny;
  let y1 = -1;
  for (let i = 0; i < values.length; i++) {
    if (mask && mask[i] === 0) continue;
    x0 = Math.min(x0, i % nx);
    x1 = Math.max(x1, i % nx);
    y0 = Math.min(y0, Math.floor(i / nx));
    y1 = Math.max(y1, Math.floor(i / nx));
  }
  const width = Math.min(x1 - x0, y1 - y0) + 1;
  const cx = (x0 + x1) / 2;
  const cy = (y0 + y1) / 2;
  const r = width / 20;
  const mean = (x: number, y: number): number => {
    let sum = 0;
    let n = 0;
    for (let i = 0; i < values.length; i++) {
      if (mask && mask[i] === 0) continue;
      if (((i % nx) - x) ** 2 + (Math.floor(i / nx) - y) ** 2 <= Math.max(1, r) ** 2) {
        sum += values[i]!;
        n++;
      }
    }
    return sum / n;
  };
  const reach = width / 2 - 2 * r;
  const centre = mean(cx, cy);
  return Math.max(
    ...[
      [0, -1],
      [1, 0],
      [0, 1],
      [-1, 0],
    ].map(([a, b]) => Math.abs(mean(cx + a! * reach, cy + b! * reach) - centre)),
  );
}

function integral({ values, mask, ny, nx }: Plane): number {
  const smooth = filter3x3(
    { data: values, ny, nx },
    [1, 2, 1, 2, 4, 2, 1, 2, 1].map((v) => v / 16),
  );
  let max = -Infinity;
  let min = Infinity;
  for (let i = 0; i < smooth.length; i++) {
    if (mask && mask[i] === 0) continue;
    max = Math.max(max, smooth[i]!);
    min = Math.min(min, smooth[i]!);
  }
  return max + min > 0 ? (100 * (max - min)) / (max + min) : NaN;
}

export const uniformity: Metric = {
  name: "uniformity",
  title: "Uniformity",
  summary:
    "How far a region that ought to be flat departs from it: between centre and periphery, or between extremes.",
  references: [],
  reads: "image",
  unit: "intensity",
  better: "lower",
  scaling: "free",
  reach: 1,
  smallest: 3,
  regions: [],
  parameters: {
    definition: {
      type: "choice",
      choices: ["ct-peripheral", "nema-integral"],
      default: "ct-peripheral",
      about: "difference of means in the image's unit, or relative spread of extremes in per cent",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("uniformity", this.parameters, given);
    const { reference: _reference, ...alone } = context;
    const prepared = prepare(image, alone, {
      metric: "uniformity",
      variant,
      reads: "image",
      usesRange: false,
      smallest: 3,
    });
    const nema = variant.definition === "nema-integral";
    return meanOverPlanes(prepared, {
      value: nema ? integral : peripheral,
      unit: nema ? "%" : image.unit,
      undefinedness: nema
        ? {
            cause: "extremes that sum to 0 or less have no relative spread",
            remedy: "use ct-peripheral, or values above 0",
          }
        : {
            cause: "the region holds no peripheral or central disk",
            remedy: "give a disk or rectangle around the flat part",
          },
    });
  },
};
