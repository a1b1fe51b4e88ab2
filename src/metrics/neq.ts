/** Noise-equivalent quanta from an edge and a uniform region, as a metric. */
import { InputError } from "../core/errors.ts";
import { resolveParameters } from "../core/parameters.ts";
import {
  boundsOf,
  edgeParameters,
  edgeTransfer,
  partsOfEdge,
  transferCurve,
} from "./edge-transfer.ts";
import type { Metric } from "./metric.ts";
import { noisePower, radialNoisePower } from "./noise-power.ts";
import type { Detrend } from "./noise-power.ts";
import { prepare } from "./planes.ts";
import { resultOf } from "./result.ts";
import { tilesOf } from "./tiles.ts";
import { noiseEquivalentQuanta } from "./transfer.ts";

/** Value of a curve between its points. */
function valueAt(x: Float64Array, y: Float64Array, at: number): number {
  const next = x.findIndex((v) => v >= at);
  if (next < 0 || (next === 0 && x[0] !== at)) return NaN;
  if (next === 0) return y[0]!;
  const share = (at - x[next - 1]!) / (x[next]! - x[next - 1]!);
  return y[next - 1]! + share * (y[next]! - y[next - 1]!);
}

export const neq: Metric = {
  name: "neq",
  title: "NEQ",
  summary:
    "Noise-equivalent quanta, squared transfer of the edge in the mask times squared mean over noise power of the uniform background region; for images on a linear scale.",
  references: ["samei1998method", "siewerdsen2002framework"],
  reads: "image",
  unit: "1/mm²",
  better: "neither",
  scaling: "invariant",
  reach: Infinity,
  smallest: 8,
  regions: ["mask", "background"],
  parameters: {
    ...edgeParameters,
    frequency: {
      type: "number",
      unit: "1/mm",
      min: 0,
      max: 100,
      default: 0,
      about: "frequency at which the value is read; 0 stands for that of half transfer",
    },
    side: {
      type: "integer",
      unit: "px",
      min: 8,
      max: 1024,
      default: 16,
      about:
        "side of the square regions of the background; larger ones resolve lower frequencies and leave fewer regions",
    },
    detrend: {
      type: "choice",
      choices: ["mean", "plane", "ensemble"],
      default: "plane",
      about: "trend taken from each region before the transform",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("neq", this.parameters, given);
    const { reference: _reference, mask, background, ...alone } = context;
    if (!mask || !background) {
      throw new InputError(
        "Cannot measure neq: found no mask or no background region, wanted the edge's and a uniform one",
      );
    }
    const options = {
      metric: "neq",
      variant,
      reads: "image",
      usesRange: false,
      averaging: "slices averaged for the edge, spectra averaged over regions of all slices",
    } as const;
    const edge = prepare(image, { ...alone, mask }, options);
    const flat = prepare(image, { ...alone, mask: background }, options);
    const settings = {
      ...edge.settings,
      mask: { name: `${mask.name}, noise of ${background.name}`, voxels: mask.voxels },
    };
    if (image.unit === "HU") {
      return {
        status: "undefined",
        cause: "Hounsfield units have no zero of the signal, so that a mean squared means nothing",
        remedy: "measure images of attenuation or counts; take nps and mtf of images in HU",
        settings,
      };
    }
    const found = edgeTransfer(image, edge.planes, variant);
    if ("cause" in found) return { status: "undefined", ...found, settings };
    const side = variant.side as number;
    const bounds = flat.planes[0]?.mask ? boundsOf(flat.planes[0].mask, flat.planes[0].nx) : [0, 0];
    const regions = tilesOf(flat.planes, side, { from: [bounds[0]!, bounds[1]!] });
    const needed = variant.detrend === "ensemble" ? 2 : 1;
    if (regions.length < needed) {
      return {
        status: "undefined",
        cause: `${regions.length} regions of ${side}×${side} pixels fit inside the background, ${needed} are needed`,
        remedy: "use a smaller side or a wider background",
        settings,
      };
    }
    const spectrum = noisePower(regions, {
      shape: [side, side],
      spacing: image.spacing.slice(1),
      detrend: variant.detrend as Detrend,
    });
    const mean =
      regions.reduce((sum, r) => sum + r.reduce((a, b) => a + b, 0) / r.length, 0) / regions.length;
    const whole = radialNoisePower(spectrum, image.unit);
    // Zero frequency is what the trend took away: no noise is left there to divide by.
    const radial = { ...whole, x: whole.x.slice(1), y: whole.y.slice(1) };
    const quanta = noiseEquivalentQuanta(
      { frequency: radial.x, power: radial.y },
      { transfer: found, mean },
    );
    const wanted = variant.frequency as number;
    const at = wanted > 0 ? wanted : found.f50;
    return resultOf(valueAt(radial.x, quanta, at), {
      unit: "1/mm²",
      settings,
      parts: {
        "at (1/mm)": at,
        "f50 (1/mm)": found.f50,
        ...partsOfEdge(found, image),
        mean,
        "noise of the background": Math.sqrt(spectrum.integral),
        regions: regions.length,
      },
      curves: {
        neq: { x: radial.x, y: quanta, xLabel: radial.xLabel, yLabel: "NEQ (1/mm²)" },
        transfer: transferCurve(found),
        noise: radial,
      },
      undefinedness: {
        cause:
          "the frequency lies outside the curve, transfer does not fall to one half, or noise power is 0 there",
        remedy: "set frequency, widen side for lower ones, or use a background with noise",
      },
    });
  },
};
