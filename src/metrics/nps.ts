/** Noise power spectrum of square regions tiled over an image, as a metric: its value is the noise's standard deviation. */
import { layoutOf } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { noisePower, radialNoisePower } from "./noise-power.ts";
import type { Detrend } from "./noise-power.ts";
import { prepare } from "./planes.ts";
import { resultOf } from "./result.ts";
import { tilesOf } from "./tiles.ts";

export const nps: Metric = {
  name: "nps",
  title: "NPS",
  summary:
    "Noise power spectrum of regions tiled over the image or the mask; the value is the root of its integral, the curve its radial mean.",
  references: ["siewerdsen2002framework"],
  reads: "image",
  unit: "intensity",
  better: "neither",
  scaling: "linear",
  reach: 0,
  smallest: 8,
  regions: [],
  parameters: {
    side: {
      type: "integer",
      unit: "px",
      min: 8,
      max: 1024,
      default: 32,
      about:
        "side of the square regions; larger ones resolve lower frequencies and leave fewer regions",
    },
    dimensions: {
      type: "choice",
      choices: ["2", "3"],
      default: "2",
      about: "squares of single slices, or cubes of a volume's consecutive slices",
    },
    detrend: {
      type: "choice",
      choices: ["mean", "plane", "ensemble"],
      default: "plane",
      about: "trend taken from each region before the transform",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("nps", this.parameters, given);
    const { reference, ...alone } = context;
    const { planes, settings } = prepare(image, reference ? context : alone, {
      metric: "nps",
      variant,
      reads: "image",
      usesRange: false,
      averaging: "spectra averaged over regions of all slices",
    });
    const side = Math.min(variant.side as number, planes[0]!.ny, planes[0]!.nx);
    const solid = variant.dimensions === "3";
    const depth = solid ? side : 1;
    const { blocks, volumetric } = layoutOf(image);
    if (solid && (!volumetric || blocks !== 1)) {
      return {
        status: "undefined",
        cause: `the image of axes ${image.axes} is no volume`,
        remedy: "use dimensions=2",
        settings,
      };
    }
    const regions = tilesOf(planes, side, { depth });
    const needed = variant.detrend === "ensemble" ? 2 : 1;
    if (regions.length < needed) {
      return {
        status: "undefined",
        cause: `${regions.length} regions of ${solid ? `${side}×` : ""}${side}×${side} pixels fit inside the mask, ${needed} are needed`,
        remedy: "use a smaller side or a wider mask",
        settings,
      };
    }
    const spectrum = noisePower(regions, {
      shape: solid ? [side, side, side] : [side, side],
      spacing: solid ? image.spacing : image.spacing.slice(1),
      detrend: variant.detrend as Detrend,
    });
    const curve = radialNoisePower(spectrum, image.unit);
    let top = 1;
    for (let b = 1; b < curve.y.length; b++) if (curve.y[b]! > curve.y[top]!) top = b;
    const total = curve.y.reduce((a, b) => a + b, 0);
    return resultOf(Math.sqrt(spectrum.integral), {
      unit: image.unit,
      settings: {
        ...settings,
        variant: { ...variant, side, noise: reference ? "image minus reference" : "image" },
      },
      parts: {
        regions: regions.length,
        "peak frequency (1/mm)": curve.x[top] ?? NaN,
        "mean frequency (1/mm)": curve.y.reduce((a, b, i) => a + b * curve.x[i]!, 0) / total,
      },
      curves: { radial: curve },
      undefinedness: { cause: "no region counts", remedy: "widen the mask" },
    });
  },
};
