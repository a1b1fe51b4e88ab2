/**
 * Channelised Hotelling observer [myers1987addition] with Gabor, Laguerre–Gauss, difference-of-Gaussians
 * or partial-least-squares channels, in two dimensions, volumetric, or multi-slice (planar channels in
 * every slice, one covariance over channels and slices [platisa2011channelized]).
 */
import { resolveParameters } from "../core/parameters.ts";
import { channelisedHotelling } from "./channelised.ts";
import { checkAlike } from "./cases.ts";
import type { ChannelSet } from "./channels/channel-set.ts";
import { centreOf } from "./channels/channel-set.ts";
import {
  denseGaussians,
  differenceOfGaussians,
  sparseGaussians,
} from "./channels/difference-of-gaussians.ts";
import { gabor } from "./channels/gabor.ts";
import { laguerreGauss } from "./channels/laguerre-gauss.ts";
import { partialLeastSquares } from "./channels/partial-least-squares.ts";
import type { Observer, TrainingSet } from "./observer.ts";

/** Planar channels repeated in every slice of a volume: count × slices rows. */
function inEverySlice(plane: ChannelSet, slices: number): ChannelSet {
  const size = plane.size * slices;
  const rows = new Float64Array(plane.count * slices * size);
  for (let k = 0; k < slices; k++) {
    for (let c = 0; c < plane.count; c++) {
      rows.set(
        plane.rows.subarray(c * plane.size, (c + 1) * plane.size),
        (k * plane.count + c) * size + k * plane.size,
      );
    }
  }
  return { name: plane.name, count: plane.count * slices, size, rows };
}

function channelsFor(training: TrainingSet, p: Readonly<Record<string, unknown>>): ChannelSet {
  const { shape, spacing } = training.absent;
  const multi = shape.length === 3 && p.volume === "multi-slice";
  const used = multi ? shape.slice(1) : shape;
  const centre = centreOf(used);
  const radius = training.known?.radius;
  const width =
    (p.width as number | undefined) ??
    (radius === undefined ? Math.min(...shape.slice(-2)) / 4 : (4 / 3) * radius);
  const pitch = spacing.slice(3 - used.length);
  const make = (): ChannelSet => {
    switch (p.channels) {
      case "gabor":
        return gabor(used, {
          centre,
          lowest: 1 / 64,
          bands: p.bands as number,
          angles: p.angles as number,
          phases: p.phases === "even" ? [0] : [0, Math.PI / 2],
        });
      case "dense-gaussians":
        return differenceOfGaussians(used, { centre, ...denseGaussians });
      case "sparse-gaussians":
        return differenceOfGaussians(used, { centre, ...sparseGaussians });
      case "partial-least-squares":
        return partialLeastSquares(training, { count: p.count as number });
      default:
        return laguerreGauss(used, {
          centre,
          count: p.count as number,
          width,
          aspect: pitch.map((s) => s / pitch[pitch.length - 1]!),
        });
    }
  };
  const set = make();
  return multi && p.channels !== "partial-least-squares" ? inEverySlice(set, shape[0]!) : set;
}

export const cho: Observer = {
  name: "cho",
  title: "Channelised Hotelling observer",
  summary:
    "Hotelling observer that sees an image only through a few channels, and so needs few images; centred on the array's middle pixel.",
  references: ["myers1987addition", "platisa2011channelized"],
  kind: "channelised",
  dimensions: [2, 3],
  needs: [],
  ideal: false,
  parameters: {
    channels: {
      type: "choice",
      choices: [
        "laguerre-gauss",
        "gabor",
        "dense-gaussians",
        "sparse-gaussians",
        "partial-least-squares",
      ],
      default: "laguerre-gauss",
      about:
        "channel set; Laguerre–Gauss for round signals, Gabor and Gaussians after human vision, the last learned from the images",
    },
    count: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 60,
      default: 5,
      about: "number of Laguerre–Gauss or partial-least-squares channels; more need more images",
    },
    width: {
      type: "number",
      unit: "px",
      min: 0.5,
      max: 10000,
      about:
        "Laguerre–Gauss width h; two thirds of the signal's diameter when that is known, else a quarter of the image",
    },
    bands: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 8,
      default: 4,
      about: "octave bands of Gabor channels, from 1/64 cycle per pixel upward",
    },
    angles: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 16,
      default: 5,
      about: "orientations of Gabor channels",
    },
    phases: {
      type: "choice",
      choices: ["even", "both"],
      default: "both",
      about: "phases of Gabor channels: 0, or 0 and a quarter turn",
    },
    volume: {
      type: "choice",
      choices: ["volumetric", "multi-slice"],
      default: "volumetric",
      about: "channels over the volume, or planar ones in every slice",
    },
    "internal-noise": {
      type: "number",
      unit: "1",
      min: 0,
      max: 1000,
      default: 0,
      about: "variance added to each channel as a multiple of its own; larger lowers the AUC",
    },
    template: {
      type: "choice",
      choices: ["mean-difference", "signal"],
      default: "mean-difference",
      about: "difference of training means, or the known signal, through the channels",
    },
  },
  async train(training, given = {}) {
    const p = resolveParameters("cho", this.parameters, given);
    checkAlike(training.present, training.absent, "train an observer");
    const signal = training.known?.signal;
    if (p.template === "signal" && !signal) {
      return {
        status: "refused",
        cause: "no signal is known",
        remedy: "give the signal, or use template mean-difference",
      };
    }
    return channelisedHotelling(training, {
      channels: channelsFor(training, p),
      internalNoise: p["internal-noise"] as number,
      learned: p.channels === "partial-least-squares",
      ...(p.template === "signal" && signal ? { signal } : {}),
    });
  },
};
