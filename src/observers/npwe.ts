/**
 * Non-prewhitening matched filter with eye filter [burgess1994statistically]: signal and image both pass
 * the eye, so the template is the signal filtered by E². The filter is stated, never left out in silence.
 */
import { resolveParameters } from "../core/parameters.ts";
import { fftN, signedFrequency } from "../math/fft.ts";
import { eyeResponse } from "./eye-filter.ts";
import { linearObserver, signalOf } from "./linear-observer.ts";
import type { Observer } from "./observer.ts";

export const npwe: Observer = {
  name: "npwe",
  title: "NPW with eye filter (NPWE)",
  summary:
    "NPW after a human contrast-sensitivity filter, whose form, distance and display pixel are stated.",
  references: ["burgess1994statistically"],
  kind: "linear",
  dimensions: [2],
  needs: [],
  ideal: false,
  parameters: {
    alpha: {
      type: "number",
      unit: "1",
      min: 0,
      max: 5,
      default: 1.3,
      about: "exponent of the rising part; larger removes low frequencies",
    },
    c: {
      type: "number",
      unit: "1/(cycle/degree)^β",
      min: 0,
      max: 10,
      default: 0.04,
      about: "strength of the fall; larger removes high frequencies",
    },
    beta: {
      type: "number",
      unit: "1",
      min: 0.5,
      max: 5,
      default: 2,
      about: "exponent of the fall",
    },
    distance: {
      type: "number",
      unit: "mm",
      min: 50,
      max: 5000,
      default: 500,
      about: "viewing distance; larger moves the pass band to coarser detail",
    },
    "display-pixel": {
      type: "number",
      unit: "mm",
      min: 0.01,
      max: 10,
      default: 0.42,
      about: "side of a displayed pixel; smaller moves the pass band to coarser detail",
    },
    template: {
      type: "choice",
      choices: ["auto", "signal", "mean-difference"],
      default: "auto",
      about: "known signal, difference of training means, or the known signal where there is one",
    },
  },
  async train(training, given = {}) {
    const p = resolveParameters("npwe", this.parameters, given);
    const signal = signalOf(training, p.template);
    const { shape } = training.absent;
    if (shape.length !== 2)
      return { status: "refused", cause: "the images are volumes", remedy: "judge slices" };
    const [ny, nx] = shape as [number, number];
    const response = eyeResponse({
      alpha: p.alpha as number,
      beta: p.beta as number,
      c: p.c as number,
      distanceMm: p.distance as number,
      displayPixelMm: p["display-pixel"] as number,
    });
    const { re, im } = fftN(signal, new Float64Array(signal.length), { shape: [ny, nx] });
    for (let i = 0; i < re.length; i++) {
      const u = Math.hypot(
        signedFrequency(i % nx, nx) / nx,
        signedFrequency(Math.floor(i / nx), ny) / ny,
      );
      const e2 = response(u) ** 2;
      re[i]! *= e2;
      im[i]! *= e2;
    }
    const template = fftN(re, im, { shape: [ny, nx], inverse: true }).re;
    return linearObserver(template, { training, dimension: 0 });
  },
};
