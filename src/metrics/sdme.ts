/**
 * Second-derivative-like measure of enhancement [panetta2011nonlinear], without a reference:
 *
 *   SDME = −(1/B) Σ_blocks 20 ln | (I_max − 2 I_c + I_min) / (I_max + 2 I_c + I_min) |,
 *
 * I_c being the block's centre. It rewards contrast, not fidelity: noise raises or lowers it.
 * Values are shifted so that the window's (or the image's) lower end is 0, because the denominator
 * only makes sense for non-negative grey values; `floor` keeps both terms away from 0.
 */
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import type { Plane } from "./planes.ts";
import { meanOverPlanes } from "./result.ts";

export const sdme: Metric = {
  name: "sdme",
  title: "SDME",
  summary:
    "Contrast of small blocks without any reference; a measure of enhancement, not of fidelity.",
  references: ["panetta2011nonlinear"],
  reads: "image",
  unit: "1",
  better: "neither",
  scaling: "invariant",
  reach: 7,
  smallest: 7,
  regions: [],
  parameters: {
    block: {
      type: "integer",
      unit: "px",
      min: 3,
      max: 15,
      default: 5,
      about: "side of a block, odd; larger blocks see coarser contrast",
    },
    floor: {
      type: "number",
      unit: "1",
      min: 0,
      max: 0.1,
      default: 1e-4,
      about: "added to numerator and denominator, as a part of the data range",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("sdme", this.parameters, given);
    const { reference: _unused, ...alone } = context;
    const prepared = prepare(image, alone, {
      metric: "sdme",
      variant,
      reads: "image",
      usesRange: false,
      smallest: 7,
    });
    const { planes, settings } = prepared;
    const block = variant.block as number;
    if (block % 2 === 0) {
      return {
        status: "undefined",
        cause: `a block of ${block} pixels has no centre pixel`,
        remedy: "use an odd block",
        settings,
      };
    }
    let low = context.window?.low ?? Infinity;
    let high = context.window?.high ?? -Infinity;
    if (!context.window) {
      for (const p of planes) {
        for (const v of p.values) {
          if (v < low) low = v;
          if (v > high) high = v;
        }
      }
    }
    const floor = (variant.floor as number) * (high > low ? high - low : 1);
    const value = (p: Plane): number => {
      let sum = 0;
      let n = 0;
      const half = (block - 1) / 2;
      for (let j = 0; j + block <= p.ny; j += block) {
        for (let i = 0; i + block <= p.nx; i += block) {
          const centre = (j + half) * p.nx + i + half;
          if (p.mask && p.mask[centre] === 0) continue;
          let max = -Infinity;
          let min = Infinity;
          for (let b = 0; b < block; b++) {
            for (let a = 0; a < block; a++) {
              const v = p.values[(j + b) * p.nx + i + a]! - low;
              if (v > max) max = v;
              if (v < min) min = v;
            }
          }
          const c = p.values[centre]! - low;
          sum +=
            20 *
            Math.log((Math.abs(max - 2 * c + min) + floor) / (Math.abs(max + 2 * c + min) + floor));
          n++;
        }
      }
      return -sum / n;
    };
    return meanOverPlanes(prepared, {
      value,
      unit: "1",
      parts: { "grey value taken as 0": low },
      undefinedness: {
        cause: "no block centre lies inside the mask, or floor is 0 on a flat block",
        remedy: "widen the mask, or raise floor",
      },
    });
  },
};
