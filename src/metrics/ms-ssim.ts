/**
 * Multi-scale structural similarity [wang2003multiscale]: mean contrast-and-structure terms of five
 * scales (2×2 block means between them) and the luminance term of the last, to the published powers.
 *
 * Deviations: 1. a negative mean term makes the product undefined; it is set to 0 and said so in `parts`.
 */
import { resolveParameters } from "../core/parameters.ts";
import { halve } from "./filters.ts";
import type { Field } from "./filters.ts";
import type { Metric } from "./metric.ts";
import { cropMask, meanOverMask, prepare } from "./planes.ts";
import type { Plane } from "./planes.ts";
import { meanOverPlanes } from "./result.ts";
import { ssimMaps, ssimParameters, windowSize } from "./ssim.ts";
import type { SsimOptions } from "./ssim.ts";

const powers = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

function scaleTerms(plane: Plane, options: SsimOptions & { scales: number }): number[] {
  let a: Field = { data: plane.values, ny: plane.ny, nx: plane.nx };
  let b: Field = { ...a, data: plane.reference };
  let mask = plane.mask;
  const r = (windowSize(options.window) - 1) / 2;
  const terms: number[] = [];
  for (let s = 0; s < options.scales; s++) {
    const maps = ssimMaps(a, b, options);
    const inside = cropMask(mask, { ny: a.ny, nx: a.nx, before: r, after: r });
    const last = s === options.scales - 1;
    terms.push(
      meanOverMask(
        last ? maps.contrast.map((c, i) => c * maps.luminance[i]!) : maps.contrast,
        inside,
      ),
    );
    if (!last) {
      if (mask) {
        const half = halve({ data: Float64Array.from(mask), ny: a.ny, nx: a.nx });
        mask = Uint8Array.from(half.data, (v) => (v >= 0.5 ? 1 : 0));
      }
      a = halve(a);
      b = halve(b);
    }
  }
  return terms;
}

export const msSsim: Metric = {
  name: "ms-ssim",
  title: "MS-SSIM",
  summary:
    "SSIM's terms over five octaves of detail, so that errors count at the scale where they are seen.",
  references: ["wang2003multiscale"],
  reads: "pair",
  unit: "1",
  better: "higher",
  identity: 1,
  scaling: "invariant",
  reach: Infinity,
  smallest: 16,
  regions: [],
  parameters: {
    ...ssimParameters,
    scales: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 5,
      default: 5,
      about: "number of octaves; fewer than five renormalises the published powers to sum 1",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("ms-ssim", this.parameters, given);
    const prepared = prepare(image, context, {
      metric: "ms-ssim",
      variant,
      reads: "pair",
      usesRange: true,
    });
    const { planes, dataRange, settings } = prepared;
    const scales = variant.scales as number;
    const size = windowSize(variant["window-shape"]);
    const side = Math.min(planes[0]!.ny, planes[0]!.nx);
    const fits = Math.floor(Math.log2(side / size)) + 1;
    if (fits < scales) {
      return {
        status: "undefined",
        cause: `planes of ${side} pixels hold ${Math.max(0, fits)} scales of a window of ${size}, not ${scales}`,
        remedy: fits > 0 ? `set scales to ${fits}` : "use larger images",
        settings,
      };
    }
    const used = powers.slice(0, scales);
    const total = scales === 5 ? 1 : used.reduce((a, b) => a + b, 0);
    const parts = { "negative terms set to 0": 0 };
    const value = (plane: Plane): number =>
      scaleTerms(plane, {
        scales,
        window: variant["window-shape"] as SsimOptions["window"],
        dataRange: dataRange * (variant["range-factor"] as number),
        k1: variant.k1 as number,
        k2: variant.k2 as number,
      }).reduce((all, term, s) => {
        if (term < 0) parts["negative terms set to 0"]++;
        return all * Math.max(0, term) ** (used[s]! / total);
      }, 1);
    return meanOverPlanes(prepared, {
      value,
      unit: "1",
      parts,
      undefinedness: {
        cause: "the mask vanishes at a coarse scale",
        remedy: "widen the mask or use fewer scales",
      },
    });
  },
};
