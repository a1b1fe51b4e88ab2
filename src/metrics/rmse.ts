/** Root mean square error. */
import { resolveParameters } from "../core/parameters.ts";
import type { ParameterTable } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import type { Plane } from "./planes.ts";
import { meanOverParts } from "./result.ts";

/** Mean square difference of a plane and its reference over the mask. */
function meanSquareError(plane: Plane): number {
  let sum = 0;
  let n = 0;
  for (let i = 0; i < plane.values.length; i++) {
    if (plane.mask && plane.mask[i] === 0) continue;
    const d = plane.values[i]! - plane.reference[i]!;
    sum += d * d;
    n++;
  }
  return sum / n;
}

/** Parameter that decides whether a volume is one image or a pile of slices. */
export const averagingParameter: ParameterTable = {
  averaging: {
    type: "choice",
    choices: ["slice", "volume"],
    default: "slice",
    about:
      "slice: a value for each slice, then their mean; volume: squares pooled over all voxels first",
  },
};

/** Mean square error of each plane by its name, or one pooled over all counted voxels. */
export function squareErrors(planes: readonly Plane[], averaging: unknown): Map<string, number> {
  if (averaging !== "volume") {
    return new Map(planes.map((p) => [`slice ${p.index}`, meanSquareError(p)]));
  }
  let sum = 0;
  let n = 0;
  for (const plane of planes) {
    const counted = plane.mask ? plane.mask.reduce((a, b) => a + b, 0) : plane.values.length;
    sum += meanSquareError(plane) * counted;
    n += counted;
  }
  return new Map([["volume", sum / n]]);
}

export const rmse: Metric = {
  name: "rmse",
  title: "RMSE",
  summary:
    "Root mean square difference from the reference, in the images' unit; says nothing about where the error lies.",
  references: [],
  reads: "pair",
  unit: "intensity",
  better: "lower",
  identity: 0,
  scaling: "linear",
  reach: 0,
  smallest: 1,
  regions: [],
  parameters: averagingParameter,
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("rmse", this.parameters, given);
    const { planes, settings } = prepare(image, context, {
      metric: "rmse",
      variant,
      reads: "pair",
      usesRange: false,
      ...(variant.averaging === "volume" ? { averaging: "pooled over the volume" } : {}),
    });
    const errors = squareErrors(planes, variant.averaging);
    return meanOverParts(new Map([...errors].map(([name, mse]) => [name, Math.sqrt(mse)])), {
      what: "slices",
      unit: image.unit,
      settings,
      undefinedness: { cause: "no voxel counts", remedy: "widen the mask" },
    });
  },
};
