/**
 * Prewhitening matched filter from a noise power spectrum [wagner1985unified]:
 * W(k) = S(k)/(NPS(k) + floor), the spectrum measured on the training images of both classes about
 * their means. It takes the noise for stationary; use a Hotelling observer where it is not.
 */
import { resolveParameters } from "../core/parameters.ts";
import { fftN } from "../math/fft.ts";
import { frequencyLength, radialMean } from "../metrics/noise-power.ts";
import { hotellingFourier } from "./fourier-template.ts";
import { linearObserver, signalOf } from "./linear-observer.ts";
import type { Observer } from "./observer.ts";
import { centredRows } from "./sample-covariance.ts";

export const pwmf: Observer = {
  name: "pwmf",
  title: "Prewhitening matched filter",
  summary:
    "Matched filter after whitening with a measured noise power spectrum; right where noise is stationary.",
  references: ["wagner1985unified"],
  kind: "linear",
  dimensions: [2, 3],
  needs: [],
  ideal: false,
  parameters: {
    radial: {
      type: "boolean",
      default: true,
      about: "average the spectrum over rings: steadier, right only for isotropic noise",
    },
    floor: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1,
      default: 1e-3,
      about: "added to the spectrum, as a part of its mean; larger whitens less",
    },
    template: {
      type: "choice",
      choices: ["auto", "signal", "mean-difference"],
      default: "auto",
      about: "known signal, difference of training means, or the known signal where there is one",
    },
  },
  async train(training, given = {}) {
    const p = resolveParameters("pwmf", this.parameters, given);
    const signal = signalOf(training, p.template);
    const { absent, present } = training;
    const shape = [...absent.shape];
    if (absent.count + present.count < 4) {
      return {
        status: "refused",
        cause: `${absent.count + present.count} images give no noise power spectrum`,
        remedy: "train on at least four images",
      };
    }
    const z = centredRows([absent, present]);
    const rows = Array.from({ length: z.count }, (_, r) =>
      z.rows.subarray(r * z.size, (r + 1) * z.size),
    );
    // Pixel units: eigenvalues of the covariance, not mm².
    const spacing = shape.map(() => 1);
    // Class means cost degrees of freedom, and the mean of each image is noise that the filter must see.
    const power = new Float64Array(z.size);
    for (const r of rows) {
      const f = fftN(Float64Array.from(r), new Float64Array(z.size), { shape });
      for (let i = 0; i < z.size; i++)
        power[i]! += (f.re[i]! ** 2 + f.im[i]! ** 2) / z.size / z.free;
    }
    let spectrum: Float64Array = power;
    if (p.radial) {
      const rings = radialMean(power, { shape, spacing });
      const length = frequencyLength(shape, spacing);
      const step = Math.max(...shape.map((s) => 1 / s));
      spectrum = length.map(
        (f) => rings.mean[Math.min(rings.mean.length - 1, Math.round(f / step))]!,
      );
    }
    const mean = spectrum.reduce((s, v) => s + v, 0) / spectrum.length;
    if (!(mean > 0)) {
      return {
        status: "refused",
        cause: "the training images of a class do not differ: there is no noise to whiten",
        remedy: "use images with noise",
      };
    }
    const { template } = hotellingFourier({
      signal,
      powerSpectrum: spectrum.map((v) => v + (p.floor as number) * mean),
      sigma: 0,
      shape,
    });
    return linearObserver(template, {
      training,
      dimension: 0,
      figures: { "noise variance": mean },
    });
  },
};
