/**
 * Natural image quality evaluator [mittal2013making]: distance between the Gaussian model of patch
 * statistics of an image and that of good images.
 *
 * Deviations: 1. the published model of good images was fitted to photographs and is not shipped here.
 * The model is fitted to the reference image (which need not be aligned with the image, only of the same
 * kind and size), because photographs say little about CT or MRI; values are therefore comparable only
 * against the same reference, and not with published NIQE values. 2. The sharpness selection is relative
 * to the sharpest patch of the reference. 3. Patches of 32 pixels by default, for small medical images.
 */
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { sceneDistance, sceneFeatures, sceneModel, varies } from "./natural-scene.ts";
import { prepare } from "./planes.ts";
import { resultOf } from "./result.ts";

export const niqe: Metric = {
  name: "niqe",
  title: "NIQE",
  summary:
    "Distance of patch statistics from those of a good image of the same kind, which need not be aligned.",
  references: ["mittal2013making"],
  reads: "pair",
  unit: "1",
  better: "lower",
  scaling: "invariant",
  reach: Infinity,
  smallest: 64,
  regions: [],
  parameters: {
    patch: {
      type: "integer",
      unit: "px",
      min: 16,
      max: 256,
      default: 32,
      about: "side of a patch, even; larger patches give steadier features and fewer of them",
    },
    sharpest: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1,
      default: 0.75,
      about: "reference patches must be this sharp against the sharpest; 0 takes all",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("niqe", this.parameters, given);
    const { planes, dataRange, settings, noRange } = prepare(image, context, {
      metric: "niqe",
      variant,
      reads: "pair",
      usesRange: true,
      smallest: 64,
      averaging: "features pooled over patches of all slices",
    });
    if (noRange) return { status: "undefined", ...noRange, settings };
    const side = variant.patch as number;
    if (side % 2 === 1) {
      return {
        status: "undefined",
        cause: `a patch of ${side} pixels cannot be halved`,
        remedy: "use an even patch",
        settings,
      };
    }
    const base = Math.min(
      ...planes.map((p) => p.reference.reduce((m, v) => Math.min(m, v), Infinity)),
    );
    const grey = (v: number) => ((v - base) / dataRange) * 255;
    const rows: Float64Array[] = [];
    const good: Float64Array[] = [];
    for (const { values, reference, ny, nx } of planes) {
      rows.push(...sceneFeatures({ data: values.map(grey), ny, nx }, { side }));
      good.push(
        ...sceneFeatures(
          { data: reference.map(grey), ny, nx },
          { side, sharpest: variant.sharpest as number },
        ),
      );
    }
    if (rows.length < 2 || good.length < 2) {
      return {
        status: "undefined",
        cause: `found ${rows.length} patches in the image and ${good.length} sharp ones in the reference, wanted 2 of each`,
        remedy: "use smaller patches, a smaller value of sharpest, or larger images",
        settings,
      };
    }
    const standard = sceneModel(good, "reference");
    const distance = varies(standard) ? sceneDistance(sceneModel(rows, "image"), standard) : NaN;
    return resultOf(distance, {
      unit: "1",
      settings,
      parts: { patches: rows.length, "reference patches": good.length },
      undefinedness: {
        cause: "the features of the reference do not vary",
        remedy: "use a reference with structure",
      },
    });
  },
};
