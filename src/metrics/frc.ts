/** Fourier-ring correlation of patches with the reference, as a metric: how fine the structure is that survived. */
import { makeImage, withData } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import { resultOf } from "./result.ts";
import { ringCorrelationMap } from "./ring-correlation.ts";

export const frc: Metric = {
  name: "frc",
  title: "FRC cut-off",
  summary:
    "Mean over patches of the frequency up to which a patch correlates with the reference; patches far below the others may hold invented or erased structure.",
  references: ["kc2024fourier"],
  reads: "pair",
  unit: "1/px",
  better: "higher",
  identity: 0.5,
  scaling: "invariant",
  reach: 0,
  smallest: 32,
  regions: [],
  parameters: {
    side: {
      type: "integer",
      unit: "px",
      min: 8,
      max: 512,
      default: 32,
      about: "side of the square patches; smaller ones place structure better and rings worse",
    },
    level: {
      type: "number",
      unit: "1",
      min: 0.01,
      max: 0.99,
      default: 0.5,
      about: "correlation below which a frequency counts as lost",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("frc", this.parameters, given);
    const side = variant.side as number;
    const { planes, settings } = prepare(image, context, {
      metric: "frc",
      variant,
      reads: "pair",
      usesRange: false,
      smallest: side,
      averaging: "mean over patches of all slices",
    });
    let sum = 0;
    let patches = 0;
    let lowest = { cutoff: Infinity, x: NaN, y: NaN, plane: NaN };
    let suspicious = 0;
    planes.forEach(({ values, reference, mask, ny, nx }, plane) => {
      const own = makeImage(Float32Array.from(values), [ny, nx]);
      const map = ringCorrelationMap(own, withData(own, Float32Array.from(reference)), {
        side,
        level: variant.level as number,
        ...(mask ? { mask } : {}),
      });
      suspicious += map.suspicious.length;
      map.cutoff.forEach((cutoff, i) => {
        if (Number.isNaN(cutoff)) return;
        sum += cutoff;
        patches++;
        if (cutoff >= lowest.cutoff) return;
        const x = (i % map.columns) * map.step;
        lowest = { cutoff, x, y: Math.floor(i / map.columns) * map.step, plane };
      });
    });
    return resultOf(sum / patches, {
      unit: "1/px",
      settings,
      parts: {
        patches,
        "suspicious patches": suspicious,
        "lowest cut-off (1/px)": lowest.cutoff,
        "lowest at x (px)": lowest.x,
        "lowest at y (px)": lowest.y,
        "lowest in plane": lowest.plane,
      },
      undefinedness: {
        cause: `no patch of ${side}×${side} pixels fits inside the mask`,
        remedy: "use a smaller side or a wider mask",
      },
    });
  },
};
