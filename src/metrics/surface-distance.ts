/**
 * Average symmetric surface distance in mm: mean over the surface voxels of both segmentations of the
 * distance to the other surface; surfaces by face neighbours, spacing from the image. A label that one image
 * lacks has no distance: the mean is over the labels that both hold, and the count says so.
 */
import { resolveParameters } from "../core/parameters.ts";
import {
  labelPair,
  labelParameter,
  meanOverLabels,
  noSurface,
  surfaceDistances,
} from "./labels.ts";
import type { Metric } from "./metric.ts";
import { meanOf } from "./result.ts";

export const surfaceDistance: Metric = {
  name: "surface-distance",
  title: "Mean surface distance",
  summary: "Mean distance in mm between two segmentations' surfaces, both ways.",
  references: [],
  reads: "labels",
  unit: "mm",
  better: "lower",
  identity: 0,
  scaling: "free",
  reach: Infinity,
  smallest: 1,
  regions: [],
  parameters: labelParameter,
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("surface-distance", this.parameters, given);
    const pair = labelPair(image, context, {
      metric: "surface-distance",
      label: variant.label as number,
    });
    return meanOverLabels(pair, {
      unit: "mm",
      value: (a, b) => {
        const d = surfaceDistances(a, b, pair);
        return d ? meanOf([...d.forward, ...d.backward]) : NaN;
      },
      undefinedness: noSurface,
    });
  },
};
